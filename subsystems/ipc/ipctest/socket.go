package ipctest

import (
	"bytes"
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

const (
	stream    = linux.SOCK_STREAM
	dgram     = linux.SOCK_DGRAM
	seqpacket = linux.SOCK_SEQPACKET
)

// The calls on sockets, short.

func (c *client) socket(typ uint32) uint64 {
	c.Helper()
	var rep ipcapi.SocketReply
	c.must("Socket", c.s.Socket(&ipcapi.SocketRequest{Domain: linux.AF_UNIX, Type: typ, Cred: cred}, &rep))
	return rep.Handle
}

func (c *client) pair(typ uint32) (a, b uint64) {
	c.Helper()
	var rep ipcapi.SocketPairReply
	c.must("SocketPair", c.s.SocketPair(&ipcapi.SocketPairRequest{Domain: linux.AF_UNIX, Type: typ, Cred: cred}, &rep))
	return rep.First, rep.Second
}

// unix makes an address: "" for none, "@x" for an abstract name.
func unix(path string) []byte {
	b := []byte{linux.AF_UNIX, 0}
	if path != "" && path[0] == '@' {
		path = "\x00" + path[1:]
	}
	return append(b, path...)
}

// node numbers the path names of a case.
func node(path string) uint64 {
	if path == "" || path[0] == '@' {
		return 0
	}
	n := uint64(0)
	for _, r := range path {
		n = n*131 + uint64(r)
	}
	return n
}

func (c *client) bind(h uint64, path string) linux.Errno {
	return c.s.Bind(&ipcapi.BindRequest{Handle: h, Address: unix(path), Node: node(path), Cred: cred}, &ipcapi.BindReply{})
}

func (c *client) listen(h uint64, backlog int32) linux.Errno {
	var rep ipcapi.ListenReply
	e := c.s.Listen(&ipcapi.ListenRequest{Handle: h, Backlog: backlog, Cred: root}, &rep)
	c.ready = rep.Ready
	return e
}

func (c *client) connect(h uint64, path string, nonblock bool) linux.Errno {
	var rep ipcapi.ConnectReply
	e := c.s.Connect(&ipcapi.ConnectRequest{
		Handle: h, Address: unix(path), Node: node(path), Cred: cred, Nonblock: nonblock,
	}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return e
}

func (c *client) accept(h uint64) (uint64, string, linux.Errno) {
	var rep ipcapi.AcceptReply
	e := c.s.Accept(&ipcapi.AcceptRequest{Handle: h}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return rep.Handle, string(rep.Address), e
}

func (c *client) shutdown(h uint64, how uint32) linux.Errno {
	var rep ipcapi.ShutdownReply
	e := c.s.Shutdown(&ipcapi.ShutdownRequest{Handle: h, How: how}, &rep)
	c.ready = rep.Ready
	return e
}

func (c *client) name(h uint64, peer bool) (string, linux.Errno) {
	var rep ipcapi.NameReply
	e := c.s.Name(&ipcapi.NameRequest{Handle: h, Peer: peer}, &rep)
	return string(rep.Address), e
}

func (c *client) send(h uint64, data string, flags uint32, tokens ...uint64) (int, linux.Errno) {
	var rep ipcapi.SendReply
	e := c.s.Send(&ipcapi.SendRequest{Handle: h, Data: []byte(data), Flags: flags, Tokens: tokens, Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return int(rep.Count), e
}

func (c *client) sendTo(h uint64, path, data string, flags uint32) (int, linux.Errno) {
	var rep ipcapi.SendReply
	e := c.s.Send(&ipcapi.SendRequest{
		Handle: h, Data: []byte(data), Flags: flags, Address: unix(path), Node: node(path), Cred: cred,
	}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return int(rep.Count), e
}

func (c *client) recv(h uint64, n int, flags uint32) (ipcapi.ReceiveReply, linux.Errno) {
	var rep ipcapi.ReceiveReply
	e := c.s.Receive(&ipcapi.ReceiveRequest{Handle: h, Count: uint32(n), Flags: flags}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return rep, e
}

func (c *client) wantRecv(h uint64, n int, flags uint32, want string, wantErr linux.Errno, tokens ...uint64) {
	c.Helper()
	rep, e := c.recv(h, n, flags)
	if string(rep.Data) != want || e != wantErr {
		c.Errorf("recv(%d, %d, %#x) = %s, %v, want %s, %v", h, n, flags, brief(string(rep.Data)), e, brief(want), wantErr)
	}
	wantTokens(c, rep.Tokens, tokens...)
}

func wantTokens(c *client, got []uint64, want ...uint64) {
	c.Helper()
	if len(got) != len(want) {
		c.Errorf("tokens %v, want %v", got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			c.Errorf("tokens %v, want %v", got, want)
			return
		}
	}
}

func (c *client) wantSend(h uint64, data string, flags uint32, want int, wantErr linux.Errno, tokens ...uint64) {
	c.Helper()
	n, e := c.send(h, data, flags, tokens...)
	if n != want || e != wantErr {
		c.Errorf("send(%d, %s, %#x) = %d, %v, want %d, %v", h, brief(data), flags, n, e, want, wantErr)
	}
}

func (c *client) getopt(h uint64, option int32, size uint32) ([]byte, linux.Errno) {
	var rep ipcapi.GetOptionReply
	e := c.s.GetOption(&ipcapi.GetOptionRequest{Handle: h, Level: linux.SOL_SOCKET, Option: option, Size: size}, &rep)
	return rep.Value, e
}

func (c *client) intopt(h uint64, option int32) int {
	c.Helper()
	v, e := c.getopt(h, option, 4)
	if e != 0 || len(v) != 4 {
		c.Errorf("getsockopt(%d) = %x, %v", option, v, e)
		return -1
	}
	return int(int32(le32(v)))
}

func (c *client) setopt(h uint64, option int32, value []byte, who ipcapi.Cred) linux.Errno {
	var rep ipcapi.SetOptionReply
	e := c.s.SetOption(&ipcapi.SetOptionRequest{
		Handle: h, Level: linux.SOL_SOCKET, Option: option, Value: value, Cred: who,
	}, &rep)
	c.ready = rep.Ready
	return e
}

func (c *client) setint(h uint64, option int32, v int32) linux.Errno {
	return c.setopt(h, option, i32(v), cred)
}

func i32(v int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(v)) }

func timeval(sec, usec int64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(sec)), uint64(usec))
}

// ucred is the control message with these credentials.
func ucred(pid, uid, gid uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, 28)
	for _, v := range []uint32{linux.SOL_SOCKET, linux.SCM_CREDENTIALS, pid, uid, gid, 0} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// server makes a listening socket with a name.
func (c *client) server(typ uint32, path string, backlog int32) uint64 {
	c.Helper()
	h := c.socket(typ)
	c.must("Bind", c.bind(h, path))
	c.must("Listen", c.listen(h, backlog))
	return h
}

func init() {
	register(map[string]func(*client){
		"SocketRefusesUnknownKinds": func(c *client) {
			for _, v := range []struct {
				domain, typ, protocol uint32
				want                  linux.Errno
			}{
				{46, stream, 0, linux.EAFNOSUPPORT},
				{linux.AF_UNIX, 11, 0, linux.EINVAL},
				{linux.AF_BLUETOOTH, stream, 0, linux.EAFNOSUPPORT},
				{linux.AF_UNIX, stream, 2, linux.EPROTONOSUPPORT},
				{linux.AF_UNIX, linux.SOCK_RDM, 0, linux.ESOCKTNOSUPPORT},
				{linux.AF_UNIX, linux.SOCK_RDM, 2, linux.EPROTONOSUPPORT},
				{linux.AF_UNIX, stream, 1, 0},
				{linux.AF_UNIX, linux.SOCK_RAW, 0, 0},
			} {
				var rep ipcapi.SocketReply
				got := c.s.Socket(&ipcapi.SocketRequest{Domain: v.domain, Type: v.typ, Protocol: v.protocol}, &rep)
				if got != v.want {
					c.Errorf("socket(%d, %d, %d) = %v, want %v", v.domain, v.typ, v.protocol, got, v.want)
				}
			}
		},
		"SocketRawIsDatagram": func(c *client) {
			a, b := c.pair(linux.SOCK_RAW)
			is(c, "SO_TYPE", c.intopt(a, linux.SO_TYPE), dgram)
			c.wantWrite(a, "x", 1, 0)
			c.wantRead(b, 9, "x", 0)
		},
		"SocketGetattr": func(c *client) {
			a, b := c.pair(stream)
			x, y := c.getattr(a), c.getattr(b)
			is(c, "mode", x.Mode, linux.S_IFSOCK|0o777)
			is(c, "uid", x.Uid, 1000)
			if x.Ino == y.Ino || x.Ino == 0 {
				c.Errorf("inodes %d and %d of a pair", x.Ino, y.Ino)
			}
		},
		"SocketCallsOnAPipeAreENOTSOCK": func(c *client) {
			r, _ := c.pipe(0)
			is(c, "bind", c.bind(r, "@x"), linux.ENOTSOCK)
			is(c, "listen", c.listen(r, 1), linux.ENOTSOCK)
			is(c, "connect", c.connect(r, "@x", false), linux.ENOTSOCK)
			_, _, e := c.accept(r)
			is(c, "accept", e, linux.ENOTSOCK)
			_, e = c.name(r, false)
			is(c, "getsockname", e, linux.ENOTSOCK)
			is(c, "shutdown", c.shutdown(r, 9), linux.ENOTSOCK)
			c.wantSend(r, "x", 0, 0, linux.ENOTSOCK)
			c.wantRecv(r, 1, 0, "", linux.ENOTSOCK)
			_, e = c.getopt(r, linux.SO_TYPE, 4)
			is(c, "getsockopt", e, linux.ENOTSOCK)
			is(c, "setsockopt", c.setint(r, linux.SO_DEBUG, 0), linux.ENOTSOCK)
			is(c, "listen on nothing", c.listen(999, 1), linux.EBADF)
		},
		"StreamCarriesBytesBothWays": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "ping", 4, 0)
			c.wantReady(b, in)
			c.wantWrite(a, "ping", 4, 0)
			c.wantWrite(b, "pong", 4, 0)
			c.wantRead(b, 6, "pingpi", 0)
			c.wantRead(b, 6, "ng", 0)
			c.wantRead(a, 6, "pong", 0)
			c.wantRead(a, 6, "", linux.EWAIT)
			c.wantWait(a, linux.POLLIN)
		},
		"StreamLevels": func(c *client) {
			a, b := c.pair(stream)
			c.wantLevel(a, out|band)
			c.wantWrite(a, "x", 1, 0)
			c.wantLevel(b, in|out|band)
			h := c.socket(stream)
			c.wantLevel(h, out|band|hup)
		},
		"StreamHolds278SingleBytes": func(c *client) {
			a, b := c.pair(stream)
			n := 0
			for {
				k, e := c.send(a, "x", linux.MSG_DONTWAIT)
				if e == linux.EAGAIN || n > 1000 {
					break
				}
				n += k
			}
			is(c, "bytes sent", n, 278) // (212992+767)/768, measured natively
			q, _ := c.ioctl(a, linux.SIOCOUTQ)
			is(c, "SIOCOUTQ", q, 278*768)
			q, _ = c.ioctl(b, linux.SIOCINQ)
			is(c, "SIOCINQ", q, 278)
			c.wantLevel(a, 0)
			c.wantWrite(a, "x", 0, linux.EWAIT)
			c.wantWait(a, linux.POLLOUT)
			c.wantRead(b, 208, string(bytes.Repeat([]byte("x"), 208)), 0)
			c.wantLevel(a, 0) // 70 of them: more than a quarter
			c.wantRead(b, 1, "x", 0)
			c.wantReady(a, out)
			c.wantLevel(a, out|band)
		},
		"StreamLargeWriteIsPartial": func(c *client) {
			a, b := c.pair(stream)
			data := text(1_000_000)
			n, e := c.write(a, data)
			is(c, "write errno", e, 0)
			is(c, "write", n, 219264) // measured natively
			q, _ := c.ioctl(a, linux.SIOCOUTQ)
			is(c, "SIOCOUTQ", q, 222720)
			c.wantRead(b, 300_000, data[:219264], 0)
			c.wantReady(a, out)
		},
		"StreamTrueSizes": func(c *client) {
			for _, v := range []struct{ n, want int }{
				{1, 768}, {192, 768}, {193, 1280}, {704, 1280}, {705, 2304}, {1728, 2304}, {1729, 4352}, {3776, 4352},
				{3777, 4864}, {4096, 4864}, {5000, 6400}, {8192, 8960}, {12000, 13056}, {36544, 37120}, {40000, 41472},
				{65536, 67072}, {100000, 103168}, {200000, 204288},
			} {
				a, _ := c.pair(stream)
				c.wantWrite(a, text(v.n), v.n, 0)
				q, _ := c.ioctl(a, linux.SIOCOUTQ)
				if q != v.want {
					c.Errorf("SIOCOUTQ after %d bytes = %d, want %d", v.n, q, v.want)
				}
			}
		},
		"StreamCloseGivesEndOfFile": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "bye", 3, 0)
			c.close(a)
			c.wantReady(b, in|hup|rhup)
			c.wantLevel(b, in|out|band|hup|rhup)
			c.wantRead(b, 10, "bye", 0)
			c.wantRead(b, 10, "", 0)
			c.wantWrite(b, "x", 0, linux.EPIPE)
		},
		"StreamCloseWithUnreadDataIsECONNRESET": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "lost", 4, 0)
			c.wantWrite(b, "found", 5, 0)
			c.close(b)
			c.wantLevel(a, in|out|band|hup|rhup|linux.POLLERR)
			c.wantRead(a, 10, "found", 0) // data first, then the error, then end of file
			c.wantRead(a, 10, "", linux.ECONNRESET)
			c.wantRead(a, 10, "", 0)
			c.wantWrite(a, "x", 0, linux.EPIPE)
		},
		"StreamResetShowsInSoError": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "lost", 4, 0)
			c.close(b)
			is(c, "SO_ERROR", c.intopt(a, linux.SO_ERROR), int(linux.ECONNRESET))
			is(c, "SO_ERROR again", c.intopt(a, linux.SO_ERROR), 0)
		},
		"ShutdownWriteIsThePeersEndOfFile": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "last", 4, 0)
			is(c, "shutdown", c.shutdown(a, linux.SHUT_WR), 0)
			c.wantReady(b, in|rhup)
			c.wantReady(a, out)
			c.wantWrite(a, "x", 0, linux.EPIPE)
			c.wantRead(b, 10, "last", 0)
			c.wantRead(b, 10, "", 0)
			c.wantWrite(b, "still", 5, 0)
			c.wantRead(a, 10, "still", 0)
			c.wantLevel(b, in|out|band|rhup)
			c.wantLevel(a, out|band)
		},
		"ShutdownReadStopsThePeersWrites": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(b, "x", 1, 0)
			is(c, "shutdown", c.shutdown(a, linux.SHUT_RD), 0)
			c.wantWrite(b, "y", 0, linux.EPIPE)
			c.wantRead(a, 10, "x", 0)
			c.wantRead(a, 10, "", 0)
			c.wantLevel(a, in|out|band|rhup)
		},
		"ShutdownBothHangsUpBoth": func(c *client) {
			a, b := c.pair(stream)
			is(c, "shutdown", c.shutdown(a, linux.SHUT_RDWR), 0)
			for _, h := range []uint64{a, b} {
				c.wantLevel(h, in|out|band|hup|rhup)
				c.wantRead(h, 1, "", 0)
				c.wantWrite(h, "x", 0, linux.EPIPE)
			}
		},
		"ShutdownHowIsChecked": func(c *client) {
			a, _ := c.pair(stream)
			is(c, "shutdown(3)", c.shutdown(a, 3), linux.EINVAL)
			is(c, "shutdown(-1)", c.shutdown(a, 1<<32-1), linux.EINVAL)
		},
		"StreamUnconnected": func(c *client) {
			h := c.socket(stream)
			c.wantRead(h, 1, "", linux.EINVAL)
			c.wantWrite(h, "x", 0, linux.ENOTCONN)
			_, e := c.sendTo(h, "@x", "x", 0)
			is(c, "sendto", e, linux.EOPNOTSUPP)
			_, e = c.name(h, true)
			is(c, "getpeername", e, linux.ENOTCONN)
			is(c, "shutdown", c.shutdown(h, linux.SHUT_RD), 0)
		},
		"StreamSendToConnectedIsEISCONN": func(c *client) {
			a, _ := c.pair(stream)
			_, e := c.sendTo(a, "@x", "x", 0)
			is(c, "sendto", e, linux.EISCONN)
		},
		"PeekLeavesTheBytes": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "abc", 3, 0)
			c.wantWrite(a, "def", 3, 0)
			c.wantRecv(b, 2, linux.MSG_PEEK, "ab", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK, "abcdef", 0)
			c.wantRead(b, 1, "a", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK, "bcdef", 0)
			c.wantRead(b, 9, "bcdef", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK, "", linux.EWAIT)
		},
		"PeekOffsetMoves": func(c *client) {
			a, b := c.pair(stream)
			is(c, "SO_PEEK_OFF", c.intopt(b, linux.SO_PEEK_OFF), -1)
			is(c, "set SO_PEEK_OFF", c.setint(b, linux.SO_PEEK_OFF, 1), 0)
			c.wantWrite(a, "abcd", 4, 0)
			c.wantRecv(b, 2, linux.MSG_PEEK, "bc", 0)
			c.wantRecv(b, 2, linux.MSG_PEEK, "d", 0)
			c.wantRecv(b, 2, linux.MSG_PEEK, "", linux.EWAIT)
			events := c.wait.Events
			c.wantWrite(a, "ef", 2, 0)
			c.wantReady(b, events)
			c.wantRead(b, 3, "abc", 0)
			is(c, "SO_PEEK_OFF", c.intopt(b, linux.SO_PEEK_OFF), 1)
			c.wantRecv(b, 9, linux.MSG_PEEK, "ef", 0)
		},
		"DontwaitIsEAGAIN": func(c *client) {
			_, b := c.pair(stream)
			c.wantRecv(b, 1, linux.MSG_DONTWAIT, "", linux.EAGAIN)
		},
		"WaitallGivesPartAndWait": func(c *client) {
			a, b := c.pair(stream)
			c.wantWrite(a, "abc", 3, 0)
			c.wantRecv(b, 5, linux.MSG_WAITALL, "abc", 0)
			c.wantWait(b, linux.POLLIN)
			c.wantWrite(a, "defg", 4, 0)
			c.wantRecv(b, 2, linux.MSG_WAITALL, "de", 0)
			is(c, "wait", c.wait.Handle, 0)
			c.wantRecv(b, 5, linux.MSG_WAITALL|linux.MSG_DONTWAIT, "fg", 0)
			is(c, "wait", c.wait.Handle, 0)
			c.close(a)
			c.wantRecv(b, 5, linux.MSG_WAITALL, "", 0)
		},
		"RcvlowatWaitsForMore": func(c *client) {
			a, b := c.pair(stream)
			is(c, "SO_RCVLOWAT", c.setint(b, linux.SO_RCVLOWAT, 3), 0)
			c.wantWrite(a, "ab", 2, 0)
			c.wantRecv(b, 9, 0, "ab", 0)
			c.wantWait(b, linux.POLLIN)
			c.wantWrite(a, "abc", 3, 0)
			c.wantRecv(b, 9, 0, "abc", 0)
			is(c, "wait", c.wait.Handle, 0)
		},
		"TimeoutsBecomeDeadlines": func(c *client) {
			a, b := c.pair(stream)
			is(c, "SO_RCVTIMEO", c.setopt(b, linux.SO_RCVTIMEO, timeval(2, 0), cred), 0)
			c.wantRead(b, 1, "", linux.EWAIT)
			is(c, "deadline errno", linux.Errno(c.wait.DeadlineErrno), linux.EAGAIN)
			if c.wait.DeadlineNs < 2e9 {
				c.Errorf("deadline %d, want 2 s from now", c.wait.DeadlineNs)
			}
			is(c, "SO_SNDTIMEO", c.setopt(a, linux.SO_SNDTIMEO, timeval(3, 0), cred), 0)
			c.write(a, text(400_000))
			c.wantWrite(a, "x", 0, linux.EWAIT)
			if c.wait.DeadlineNs < 3e9 {
				c.Errorf("deadline %d, want 3 s from now", c.wait.DeadlineNs)
			}
			is(c, "negative SO_RCVTIMEO", c.setopt(a, linux.SO_RCVTIMEO, timeval(-1, 0), cred), 0)
			c.wantRead(a, 1, "", linux.EAGAIN)
		},
		"RightsComeWithTheirBytes": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "xy", 0, 2, 0, 71, 72)
			c.wantRecv(b, 9, 0, "xy", 0, 71, 72)
			c.wantSend(a, "xy", 0, 2, 0, 73)
			c.wantRecv(b, 1, 0, "x", 0, 73)
			c.wantRecv(b, 9, 0, "y", 0)
		},
		"RightsEndAReceive": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "ab", 0, 2, 0)
			c.wantSend(a, "cd", 0, 2, 0, 71)
			c.wantSend(a, "ef", 0, 2, 0, 72)
			c.wantSend(a, "gh", 0, 2, 0)
			c.wantRecv(b, 99, 0, "abcd", 0, 71)
			c.wantRecv(b, 99, 0, "ef", 0, 72)
			c.wantRecv(b, 99, 0, "gh", 0)
		},
		"RightsPeekedStay": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "ab", 0, 2, 0, 71)
			c.wantRecv(b, 9, linux.MSG_PEEK, "ab", 0, 71)
			c.wantRecv(b, 9, 0, "ab", 0, 71)
		},
		"RightsOfAPlainReadComeBack": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "ab", 0, 2, 0, 71)
			var rep ipcapi.ReadReply
			c.must("Read", c.s.Read(&ipcapi.ReadRequest{Handle: b, Count: 9}, &rep))
			wantTokens(c, rep.Tokens, 71)
		},
		"RightsInTheQueueComeBackAtClose": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "ab", 0, 2, 0, 71)
			c.wantSend(a, "cd", 0, 2, 0, 72, 73)
			wantTokens(c, c.close(a))
			wantTokens(c, c.close(b), 71, 72, 73)
		},
		"RightsWithoutBytesOnAStreamComeBack": func(c *client) {
			a, _ := c.pair(stream)
			var rep ipcapi.SendReply
			c.must("Send", c.s.Send(&ipcapi.SendRequest{Handle: a, Tokens: []uint64{71}}, &rep))
			wantTokens(c, rep.Tokens, 71)
		},
		"RightsOfAPartialSendAreTakenOnce": func(c *client) {
			a, b := c.pair(stream)
			n, e := c.send(a, text(400_000), linux.MSG_DONTWAIT, 71)
			if e != 0 || n <= 36544 {
				c.Fatalf("send = %d, %v", n, e)
			}
			rep, _ := c.recv(b, 400_000, 0)
			is(c, "first receive", len(rep.Data), 36544)
			wantTokens(c, rep.Tokens, 71)
			rep, _ = c.recv(b, 400_000, 0)
			wantTokens(c, rep.Tokens)
		},
		"PasscredShowsTheSender": func(c *client) {
			a, b := c.pair(stream)
			is(c, "SO_PASSCRED", c.setint(b, linux.SO_PASSCRED, 1), 0)
			c.wantSend(a, "x", 0, 1, 0)
			rep, _ := c.recv(b, 9, 0)
			is(c, "control", string(rep.Control), string(ucred(42, 1000, 100)))
		},
		"PasscredTooLateShowsNobody": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "x", 0, 1, 0)
			c.setint(b, linux.SO_PASSCRED, 1)
			rep, _ := c.recv(b, 9, 0)
			is(c, "control", string(rep.Control), string(ucred(0, 65534, 65534)))
		},
		"PasscredKeepsWritersApart": func(c *client) {
			a, b := c.pair(stream)
			c.setint(b, linux.SO_PASSCRED, 1)
			c.wantSend(a, "ab", 0, 2, 0)
			c.must("Send", c.s.Send(&ipcapi.SendRequest{Handle: a, Data: []byte("cd"), Cred: root}, &ipcapi.SendReply{}))
			c.wantRecv(b, 9, 0, "ab", 0)
			rep, _ := c.recv(b, 9, 0)
			is(c, "data", string(rep.Data), "cd")
			is(c, "control", string(rep.Control), string(ucred(1, 0, 0)))
		},
		"CredentialsMayOnlyBeOnesOwn": func(c *client) {
			a, b := c.pair(stream)
			c.setint(b, linux.SO_PASSCRED, 1)
			try := func(control []byte, who ipcapi.Cred) linux.Errno {
				return c.s.Send(&ipcapi.SendRequest{Handle: a, Data: []byte("x"), Control: control, Cred: who}, &ipcapi.SendReply{})
			}
			is(c, "own", try(ucred(42, 1000, 100), cred), 0)
			is(c, "another pid", try(ucred(43, 1000, 100), cred), linux.EPERM)
			is(c, "another uid", try(ucred(42, 0, 100), cred), linux.EPERM)
			is(c, "another gid", try(ucred(42, 1000, 0), cred), linux.EPERM)
			is(c, "uid -1", try(ucred(42, 1<<32-1, 0), cred), linux.EINVAL)
			is(c, "root", try(ucred(7, 8, 9), root), 0)
			rep, _ := c.recv(b, 9, 0)
			is(c, "control", string(rep.Control), string(ucred(42, 1000, 100)))
			rep, _ = c.recv(b, 9, 0)
			is(c, "control", string(rep.Control), string(ucred(7, 8, 9)))
			short := ucred(42, 1000, 100)
			short[0] = 24
			is(c, "short", try(short, cred), linux.EINVAL)
			short[0] = 15
			is(c, "shorter than a header", try(short, cred), linux.EINVAL)
			short[0], short[8] = 200, 0
			is(c, "longer than there is", try(short, cred), linux.EINVAL)
			other := ucred(42, 1000, 100)
			other[8] = linux.SOL_TCP
			is(c, "another level", try(other, cred), 0)
		},
		"PeercredOfAPair": func(c *client) {
			a, b := c.pair(stream)
			for _, h := range []uint64{a, b} {
				v, e := c.getopt(h, linux.SO_PEERCRED, 12)
				is(c, "SO_PEERCRED errno", e, 0)
				is(c, "SO_PEERCRED", string(v), string(ucred(42, 1000, 100)[16:28]))
			}
			v, e := c.getopt(a, linux.SO_PEERGROUPS, 100)
			is(c, "SO_PEERGROUPS errno", e, 0)
			is(c, "SO_PEERGROUPS", string(v), string(append(i32(100), i32(27)...)))
			_, e = c.getopt(a, linux.SO_PEERGROUPS, 4)
			is(c, "short SO_PEERGROUPS", e, linux.ERANGE)
		},
		"PeercredUnconnected": func(c *client) {
			h := c.socket(stream)
			v, _ := c.getopt(h, linux.SO_PEERCRED, 12)
			is(c, "SO_PEERCRED", string(v), string(append(append(i32(0), i32(-1)...), i32(-1)...)))
			_, e := c.getopt(h, linux.SO_PEERGROUPS, 100)
			is(c, "SO_PEERGROUPS", e, linux.ENODATA)
		},
	})
}
