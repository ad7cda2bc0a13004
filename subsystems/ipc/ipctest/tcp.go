package ipctest

import (
	"net/netip"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func (c *client) inet(domain, typ uint32) uint64 {
	c.Helper()
	var rep ipcapi.SocketReply
	c.must("Socket", c.s.Socket(&ipcapi.SocketRequest{Domain: domain, Type: typ, Cred: cred}, &rep))
	return rep.Handle
}

func (c *client) tcp() uint64 { c.Helper(); return c.inet(linux.AF_INET, stream) }
func (c *client) udp() uint64 { c.Helper(); return c.inet(linux.AF_INET, dgram) }

// sockaddr makes "127.0.0.1:80" or "[::1]:80" a sockaddr.
func sockaddr(text string) []byte {
	a := netip.MustParseAddrPort(text)
	p := a.Port()
	if a.Addr().Is4() {
		ip := a.Addr().As4()
		return append([]byte{linux.AF_INET, 0, byte(p >> 8), byte(p), ip[0], ip[1], ip[2], ip[3]}, make([]byte, 8)...)
	}
	ip := a.Addr().As16()
	return append(append([]byte{linux.AF_INET6, 0, byte(p >> 8), byte(p), 0, 0, 0, 0}, ip[:]...), 0, 0, 0, 0)
}

// addrText is the way back.
func addrText(b string) string {
	if len(b) < 8 {
		return "short " + b
	}
	p := uint16(b[2])<<8 | uint16(b[3])
	if b[0] == linux.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte([]byte(b[4:8]))), p).String()
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte([]byte(b[8:24]))), p).String()
}

func (c *client) bindIn(h uint64, address string) linux.Errno {
	return c.s.Bind(&ipcapi.BindRequest{Handle: h, Address: sockaddr(address), Cred: cred}, &ipcapi.BindReply{})
}

func (c *client) connectIn(h uint64, address string, nonblock bool) linux.Errno {
	var rep ipcapi.ConnectReply
	e := c.s.Connect(&ipcapi.ConnectRequest{Handle: h, Address: sockaddr(address), Cred: cred, Nonblock: nonblock}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return e
}

func (c *client) sendIn(h uint64, address, data string) (int, linux.Errno) {
	var rep ipcapi.SendReply
	e := c.s.Send(&ipcapi.SendRequest{Handle: h, Data: []byte(data), Address: sockaddr(address), Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return int(rep.Count), e
}

func (c *client) where(h uint64, peer bool) string {
	name, e := c.name(h, peer)
	if e != 0 {
		return e.Error()
	}
	return addrText(name)
}

// listenIn makes a listening socket at an address.
func (c *client) listenIn(address string, backlog int32) uint64 {
	c.Helper()
	h := c.inet(linux.AF_INET, stream)
	if address[0] == '[' {
		h = c.inet(linux.AF_INET6, stream)
	}
	c.must("Bind", c.bindIn(h, address))
	c.must("Listen", c.listen(h, backlog))
	return h
}

// conn makes a connection over loopback.
func (c *client) conn() (a, b uint64) {
	c.Helper()
	l := c.listenIn("127.0.0.1:0", 5)
	a = c.tcp()
	c.must("Connect", c.connectIn(a, c.where(l, false), false))
	b, _, e := c.accept(l)
	c.must("Accept", e)
	c.close(l)
	return a, b
}

// The levels below are those that poll(2) shows natively.
func init() {
	register(map[string]func(*client){
		"InetRefusesUnknownKinds": func(c *client) {
			for _, v := range []struct {
				domain, typ, protocol uint32
				want                  linux.Errno
			}{
				{linux.AF_INET, stream, linux.IPPROTO_TCP, 0},
				{linux.AF_INET6, dgram, linux.IPPROTO_UDP, 0},
				{linux.AF_INET, stream, linux.IPPROTO_UDP, linux.EPROTONOSUPPORT},
				{linux.AF_INET, dgram, linux.IPPROTO_TCP, linux.EPROTONOSUPPORT},
				{linux.AF_INET, seqpacket, 0, linux.ESOCKTNOSUPPORT},
				{linux.AF_INET, linux.SOCK_RAW, linux.IPPROTO_ICMP, linux.EPERM},
				{linux.AF_INET, stream, 1000, linux.EINVAL},
			} {
				var rep ipcapi.SocketReply
				got := c.s.Socket(&ipcapi.SocketRequest{Domain: v.domain, Type: v.typ, Protocol: v.protocol}, &rep)
				if got != v.want {
					c.Errorf("socket(%d, %d, %d) = %v, want %v", v.domain, v.typ, v.protocol, got, v.want)
				}
			}
			var rep ipcapi.SocketPairReply
			e := c.s.SocketPair(&ipcapi.SocketPairRequest{Domain: linux.AF_INET, Type: stream}, &rep)
			is(c, "socketpair", e, linux.EOPNOTSUPP)
		},
		"TCPConnectsAndCarriesBytes": func(c *client) {
			l := c.listenIn("127.0.0.1:8080", 5)
			a := c.tcp()
			_, _, e := c.accept(l)
			is(c, "accept of nothing", e, linux.EWAIT)
			c.wantWait(l, linux.POLLIN)
			is(c, "connect", c.connectIn(a, "127.0.0.1:8080", false), 0)
			c.wantReady(l, in)
			c.wantLevel(l, in)
			c.wantWrite(a, "early", 5, 0)
			b, from, e := c.accept(l)
			is(c, "accept errno", e, 0)
			is(c, "peer", addrText(from), c.where(a, false))
			is(c, "getpeername", c.where(a, true), "127.0.0.1:8080")
			is(c, "getsockname of the accepted", c.where(b, false), "127.0.0.1:8080")
			is(c, "getpeername of the accepted", c.where(b, true), c.where(a, false))
			c.wantRead(b, 9, "early", 0)
			c.wantWrite(b, "one", 3, 0)
			c.wantReady(a, in)
			c.wantWrite(b, "two", 3, 0)
			c.wantRead(a, 4, "onet", 0)
			c.wantRead(a, 4, "wo", 0)
			c.wantRead(a, 4, "", linux.EWAIT)
			c.wantWait(a, linux.POLLIN)
			c.wantLevel(a, out)
			c.wantLevel(l, 0)
		},
		"TCPUnconnected": func(c *client) {
			h := c.tcp()
			c.wantLevel(h, out|hup)
			c.wantWrite(h, "x", 0, linux.EPIPE)
			c.wantRead(h, 1, "", linux.ENOTCONN)
			is(c, "shutdown", c.shutdown(h, linux.SHUT_RD), linux.ENOTCONN)
			is(c, "getpeername", c.where(h, true), "ENOTCONN")
			is(c, "getsockname", c.where(h, false), "0.0.0.0:0")
			_, _, e := c.accept(h)
			is(c, "accept", e, linux.EINVAL)
			is(c, "listen", c.listen(h, 1), 0)
			if got := c.where(h, false); got == "0.0.0.0:0" {
				c.Errorf("listen chose no port: %s", got)
			}
		},
		"TCPListenerIsNoConnection": func(c *client) {
			l := c.listenIn("127.0.0.1:0", 5)
			c.wantLevel(l, 0)
			c.wantWrite(l, "x", 0, linux.EPIPE)
			c.wantRead(l, 1, "", linux.ENOTCONN)
			is(c, "connect", c.connectIn(l, "127.0.0.1:9", false), linux.EISCONN)
			is(c, "shutdown WR", c.shutdown(l, linux.SHUT_WR), 0)
			c.wantLevel(l, 0)
			is(c, "SO_ACCEPTCONN", c.intopt(l, linux.SO_ACCEPTCONN), 1)
			is(c, "shutdown RD", c.shutdown(l, linux.SHUT_RD), 0)
			c.wantLevel(l, out|hup)
			_, _, e := c.accept(l)
			is(c, "accept", e, linux.EINVAL)
		},
		"TCPRefused": func(c *client) {
			h := c.tcp()
			is(c, "connect", c.connectIn(h, "127.0.0.1:1", false), linux.ECONNREFUSED)
			c.wantLevel(h, out|hup)
			is(c, "connect again", c.connectIn(h, "127.0.0.1:1", false), linux.ECONNREFUSED)
			l := c.listenIn("127.0.0.1:0", 1)
			is(c, "connect elsewhere", c.connectIn(h, c.where(l, false), false), 0)
		},
		"TCPRefusedWithoutWaiting": func(c *client) {
			h := c.tcp()
			is(c, "connect", c.connectIn(h, "127.0.0.1:1", true), linux.EINPROGRESS)
			c.wantReady(h, linux.POLLERR|linux.POLLOUT|hup)
			c.wantLevel(h, in|out|hup|rhup|linux.POLLERR)
			is(c, "connect again", c.connectIn(h, "127.0.0.1:1", true), linux.ECONNREFUSED)
			c.wantLevel(h, out|hup)
			is(c, "connect anew", c.connectIn(h, "127.0.0.1:1", true), linux.EINPROGRESS)
			is(c, "SO_ERROR", c.intopt(h, linux.SO_ERROR), int(linux.ECONNREFUSED))
			is(c, "connect after SO_ERROR", c.connectIn(h, "127.0.0.1:1", true), linux.ECONNABORTED)
			c.connectIn(h, "127.0.0.1:1", true)
			c.wantWrite(h, "x", 0, linux.ECONNREFUSED)
			c.wantWrite(h, "x", 0, linux.EPIPE)
			c.wantRead(h, 1, "", 0)
		},
		"TCPConnectWithoutWaiting": func(c *client) {
			l := c.listenIn("127.0.0.1:0", 1)
			h := c.tcp()
			is(c, "connect", c.connectIn(h, c.where(l, false), true), linux.EINPROGRESS)
			c.wantReady(h, linux.POLLOUT)
			c.wantLevel(h, out)
			is(c, "SO_ERROR", c.intopt(h, linux.SO_ERROR), 0)
			is(c, "connect again", c.connectIn(h, c.where(l, false), true), 0)
			is(c, "and again", c.connectIn(h, c.where(l, false), true), linux.EISCONN)
		},
		"TCPBacklogMakesWait": func(c *client) {
			l := c.listenIn("127.0.0.1:0", 0)
			is(c, "connect", c.connectIn(c.tcp(), c.where(l, false), false), 0)
			h, n := c.tcp(), c.tcp()
			is(c, "connect to a full one", c.connectIn(h, c.where(l, false), false), linux.EWAIT)
			c.wantWait(h, linux.POLLOUT)
			c.wantLevel(h, 0)
			is(c, "connect without waiting", c.connectIn(n, c.where(l, false), true), linux.EINPROGRESS)
			is(c, "and again", c.connectIn(n, c.where(l, false), true), linux.EALREADY)
			c.wantWrite(n, "x", 0, linux.EWAIT)
			_, _, e := c.accept(l)
			is(c, "accept", e, 0)
			c.wantReady(h, linux.POLLOUT)
			c.wantQuiet(n)
			is(c, "connect", c.connectIn(h, c.where(l, false), false), 0)
			c.close(l)
			c.wantReady(n, linux.POLLERR)
			c.wantRead(h, 1, "", linux.ECONNRESET)
			is(c, "SO_ERROR", c.intopt(n, linux.SO_ERROR), int(linux.ECONNREFUSED))
		},
		"TCPAddresses": func(c *client) {
			h := c.tcp()
			is(c, "bind elsewhere", c.bindIn(h, "1.2.3.4:0"), linux.EADDRNOTAVAIL)
			is(c, "bind to a low port", c.bindIn(h, "127.0.0.1:80"), linux.EACCES)
			is(c, "connect elsewhere", c.connectIn(h, "10.1.2.3:80", false), linux.ENETUNREACH)
			is(c, "bind IPv6", c.bindIn(h, "[::1]:0"), linux.EAFNOSUPPORT)
			is(c, "connect IPv6", c.connectIn(h, "[::1]:80", false), linux.EAFNOSUPPORT)
			is(c, "short bind", c.s.Bind(&ipcapi.BindRequest{Handle: h, Address: sockaddr("127.0.0.1:0")[:15]}, &ipcapi.BindReply{}), linux.EINVAL)
			is(c, "bind", c.bindIn(h, "127.0.0.2:0"), 0)
			is(c, "bind again", c.bindIn(h, "127.0.0.2:0"), linux.EINVAL)
			l := c.listenIn("0.0.0.0:7000", 5)
			for _, to := range []string{"127.0.0.1:7000", "127.9.9.9:7000", "0.0.0.0:7000"} {
				a := c.tcp()
				is(c, "connect "+to, c.connectIn(a, to, false), 0)
				b, _, _ := c.accept(l)
				is(c, "source", c.where(a, false)[:10], "127.0.0.1:")
				is(c, "seen as", c.where(b, false), c.where(a, true))
			}
			l = c.listenIn("127.0.0.1:7001", 5)
			is(c, "connect to another address", c.connectIn(c.tcp(), "127.0.0.2:7001", false), linux.ECONNREFUSED)
		},
		"TCPExactListenerComesFirst": func(c *client) {
			reuse := func(address string) uint64 {
				h := c.tcp()
				c.setint(h, linux.SO_REUSEADDR, 1)
				c.must("Bind", c.bindIn(h, address))
				return h
			}
			anyAddr, exact := reuse("0.0.0.0:7000"), reuse("127.0.0.2:7000")
			is(c, "listen", c.listen(exact, 5), 0)
			a := c.tcp()
			is(c, "connect", c.connectIn(a, "127.0.0.2:7000", false), 0)
			c.wantReady(exact, in)
			is(c, "connect past it", c.connectIn(c.tcp(), "127.0.0.1:7000", false), linux.ECONNREFUSED)
			is(c, "listen on all", c.listen(anyAddr, 5), linux.EADDRINUSE)
		},
		"TCPPortRules": func(c *client) {
			a, b := c.tcp(), c.tcp()
			is(c, "bind", c.bindIn(a, "127.0.0.1:7000"), 0)
			is(c, "bind in use", c.bindIn(b, "127.0.0.1:7000"), linux.EADDRINUSE)
			is(c, "bind all in use", c.bindIn(b, "0.0.0.0:7000"), linux.EADDRINUSE)
			is(c, "bind another address", c.bindIn(c.tcp(), "127.0.0.2:7000"), 0)
			is(c, "UDP has its own", c.bindIn(c.udp(), "127.0.0.1:7000"), 0)
			c.setint(a, linux.SO_REUSEADDR, 1)
			is(c, "bind, one reuses", c.bindIn(b, "127.0.0.1:7000"), linux.EADDRINUSE)
			c.setint(b, linux.SO_REUSEADDR, 1)
			is(c, "bind, both reuse", c.bindIn(b, "127.0.0.1:7000"), 0)
			is(c, "listen", c.listen(a, 1), 0)
			is(c, "listen in use", c.listen(b, 1), linux.EADDRINUSE)
			d := c.tcp()
			c.setint(d, linux.SO_REUSEADDR, 1)
			is(c, "bind beside a listener", c.bindIn(d, "127.0.0.1:7000"), linux.EADDRINUSE)
			c.close(a)
			is(c, "listen when free", c.listen(b, 1), 0)
		},
		"TCPReuseportShares": func(c *client) {
			var all []uint64
			for range 2 {
				h := c.tcp()
				c.setint(h, linux.SO_REUSEPORT, 1)
				is(c, "bind", c.bindIn(h, "127.0.0.1:7000"), 0)
				is(c, "listen", c.listen(h, 100), 0)
				all = append(all, h)
			}
			for range 20 {
				is(c, "connect", c.connectIn(c.tcp(), "127.0.0.1:7000", false), 0)
			}
			for _, h := range all {
				_, _, e := c.accept(h)
				is(c, "accept", e, 0)
			}
			is(c, "bind without it", c.bindIn(c.tcp(), "127.0.0.1:7000"), linux.EADDRINUSE)
		},
		"TCPTimeWaitKeepsThePort": func(c *client) {
			l := c.listenIn("127.0.0.1:7000", 5)
			a := c.tcp()
			c.connectIn(a, "127.0.0.1:7000", false)
			b, _, _ := c.accept(l)
			c.close(b) // the server ends first
			c.close(a)
			c.close(l)
			h := c.tcp()
			is(c, "bind", c.bindIn(h, "127.0.0.1:7000"), linux.EADDRINUSE)
			c.setint(h, linux.SO_REUSEADDR, 1)
			is(c, "bind with SO_REUSEADDR", c.bindIn(h, "127.0.0.1:7000"), linux.EADDRINUSE) // the old one had it not
		},
		"TCPTimeWaitOfReusersIsFree": func(c *client) {
			serve := func() uint64 {
				h := c.tcp()
				c.setint(h, linux.SO_REUSEADDR, 1)
				c.must("Bind", c.bindIn(h, "127.0.0.1:7000"))
				c.must("Listen", c.listen(h, 5))
				return h
			}
			l := serve()
			a := c.tcp()
			c.connectIn(a, "127.0.0.1:7000", false)
			b, _, _ := c.accept(l)
			c.close(l)
			l = serve() // beside the connection
			c.close(b)
			c.close(a)
			c.close(l)
			serve()
		},
		"TCPPeerClosed": func(c *client) {
			a, b := c.conn()
			c.wantWrite(b, "bye", 3, 0)
			c.close(b)
			c.wantReady(a, in|rhup)
			c.wantLevel(a, in|out|rhup)
			c.wantRead(a, 9, "bye", 0)
			c.wantRead(a, 9, "", 0)
			c.wantWrite(a, "x", 1, 0) // brings the reset
			c.wantReady(a, linux.POLLERR|hup)
			c.wantLevel(a, in|out|hup|rhup|linux.POLLERR)
			c.wantWrite(a, "x", 0, linux.EPIPE)
			c.wantLevel(a, in|out|hup|rhup)
			c.wantRead(a, 9, "", 0)
			is(c, "SO_ERROR", c.intopt(a, linux.SO_ERROR), 0)
			is(c, "getpeername", c.where(a, true), "ENOTCONN")
		},
		"TCPCloseWithUnreadDataResets": func(c *client) {
			a, b := c.conn()
			c.wantWrite(a, "abc", 3, 0)
			c.wantWrite(b, "zz", 2, 0)
			c.close(b)
			c.wantLevel(a, in|out|hup|rhup|linux.POLLERR)
			c.wantRead(a, 9, "zz", 0)
			c.wantRead(a, 9, "", linux.ECONNRESET)
			c.wantRead(a, 9, "", 0)
			c.wantWrite(a, "x", 0, linux.EPIPE)
			is(c, "getpeername", c.where(a, true), "ENOTCONN")
		},
		"TCPLingerZeroResets": func(c *client) {
			a, b := c.conn()
			c.setopt(b, linux.SO_LINGER, append(i32(1), i32(0)...), cred)
			c.close(b)
			c.wantRead(a, 9, "", linux.ECONNRESET)
		},
		"TCPShutdownWrite": func(c *client) {
			a, b := c.conn()
			is(c, "shutdown", c.shutdown(a, linux.SHUT_WR), 0)
			c.wantReady(b, in|rhup)
			c.wantLevel(a, out)
			c.wantLevel(b, in|out|rhup)
			c.wantWrite(a, "x", 0, linux.EPIPE)
			c.wantRead(b, 9, "", 0)
			c.wantWrite(b, "still", 5, 0)
			c.wantRead(a, 9, "still", 0)
			is(c, "shutdown of the other", c.shutdown(b, linux.SHUT_WR), 0)
			for _, h := range []uint64{a, b} {
				c.wantLevel(h, in|out|hup|rhup)
				is(c, "getpeername", c.where(h, true), "ENOTCONN")
				is(c, "shutdown again", c.shutdown(h, linux.SHUT_WR), linux.ENOTCONN)
				c.wantRead(h, 9, "", 0)
				c.wantWrite(h, "x", 0, linux.EPIPE)
			}
		},
		"TCPShutdownReadIsLocal": func(c *client) {
			a, b := c.conn()
			is(c, "shutdown", c.shutdown(a, linux.SHUT_RD), 0)
			c.wantLevel(a, in|out|rhup)
			c.wantLevel(b, out)
			c.wantRead(a, 9, "", 0)
			c.wantWrite(b, "hi", 2, 0)
			c.wantRead(a, 9, "hi", 0)
			c.wantRead(a, 9, "", 0)
		},
		"TCPFullBufferWaits": func(c *client) {
			a, b := c.conn()
			sent, data := 0, text(1<<20)
			for range 100 {
				n, e := c.write(a, data)
				if sent += n; e == linux.EWAIT {
					break
				}
				is(c, "write", e, 0)
			}
			c.wantWait(a, linux.POLLOUT)
			if sent < 1<<20 || sent > 8<<20 {
				c.Errorf("%d bytes went in", sent)
			}
			c.wantLevel(a, 0)
			got := 0
			for got < sent {
				part, e := c.read(b, 1<<20)
				if e != 0 || len(part) == 0 {
					c.Fatalf("read = %d bytes, %v", len(part), e)
				}
				got += len(part)
			}
			is(c, "bytes read", got, sent)
			c.wantLevel(a, out)
		},
		"TCPSendBufferLimits": func(c *client) {
			a, b := c.conn()
			c.setint(a, linux.SO_SNDBUF, 4096)
			c.setint(b, linux.SO_RCVBUF, 4096)
			n, _ := c.write(a, text(1<<20))
			if n > 64<<10 {
				c.Errorf("%d bytes went into buffers of 8 KiB", n)
			}
			c.wantRead(b, 1, text(1), 0)
			c.wantQuiet(a)
			c.wantRead(b, n, text(n)[1:], 0)
			c.wantReady(a, out)
		},
		"TCPUrgentByte": func(c *client) {
			a, b := c.conn()
			c.wantRecv(b, 1, linux.MSG_OOB, "", linux.EINVAL)
			c.wantSend(a, "abc", linux.MSG_OOB, 3, 0)
			c.wantReady(b, in|linux.POLLPRI)
			c.wantSend(a, "de", 0, 2, 0)
			n, _ := c.ioctl(b, linux.SIOCINQ)
			is(c, "up to the mark", n, 2)
			c.wantRecv(b, 9, linux.MSG_OOB|linux.MSG_PEEK, "c", 0)
			c.wantRecv(b, 9, 0, "ab", 0)
			n, _ = c.ioctl(b, linux.SIOCATMARK)
			is(c, "at the mark", n, 1)
			c.wantRecv(b, 9, linux.MSG_OOB, "c", 0)
			c.wantRecv(b, 9, linux.MSG_OOB, "", linux.EINVAL)
			c.wantLevel(b, in|out)
			c.wantRecv(b, 9, 0, "de", 0)
			// One that nobody read is passed over, and a second takes its place.
			c.wantSend(a, "x", linux.MSG_OOB, 1, 0)
			c.wantSend(a, "fg", linux.MSG_OOB, 2, 0)
			c.wantRecv(b, 9, linux.MSG_OOB, "g", 0)
			c.wantRecv(b, 9, 0, "f", 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			is(c, "SO_OOBINLINE", c.setint(b, linux.SO_OOBINLINE, 1), 0)
			c.wantSend(a, "hi", linux.MSG_OOB, 2, 0)
			c.wantRecv(b, 9, 0, "h", 0)
			c.wantRecv(b, 9, 0, "i", 0)
		},
		"TCPPeekAndWaitall": func(c *client) {
			a, b := c.conn()
			c.wantWrite(a, "abc", 3, 0)
			c.wantRecv(b, 2, linux.MSG_PEEK, "ab", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK|linux.MSG_WAITALL, "abc", 0)
			c.wantRecv(b, 5, linux.MSG_WAITALL, "abc", 0)
			c.wantWait(b, linux.POLLIN)
			c.wantRecv(b, 5, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			c.wantWrite(a, "defg", 4, 0)
			rep, e := c.recv(b, 3, linux.MSG_TRUNC)
			is(c, "recv errno", e, 0)
			is(c, "dropped", rep.Full, 3)
			is(c, "data", len(rep.Data), 0)
			c.wantRead(b, 9, "g", 0)
		},
		"TCPRcvlowatDelaysPollin": func(c *client) {
			a, b := c.conn()
			c.setint(b, linux.SO_RCVLOWAT, 3)
			c.wantWrite(a, "ab", 2, 0)
			c.wantLevel(b, out)
			c.wantWrite(a, "c", 1, 0)
			c.wantReady(b, in)
			c.wantLevel(b, in|out)
		},
		"TCPIoctls": func(c *client) {
			a, b := c.conn()
			c.wantWrite(a, "abc", 3, 0)
			n, e := c.ioctl(b, linux.SIOCINQ)
			is(c, "SIOCINQ errno", e, 0)
			is(c, "SIOCINQ", n, 3)
			n, _ = c.ioctl(a, linux.SIOCOUTQ)
			is(c, "SIOCOUTQ", n, 0)
			l := c.listenIn("127.0.0.1:0", 1)
			_, e = c.ioctl(l, linux.SIOCINQ)
			is(c, "SIOCINQ of a listener", e, linux.EINVAL)
		},
		"TCPDisconnect": func(c *client) {
			a, b := c.conn()
			c.must("Connect", c.s.Connect(&ipcapi.ConnectRequest{Handle: a, Address: make([]byte, 16)}, &ipcapi.ConnectReply{}))
			c.wantRead(b, 1, "", linux.ECONNRESET)
			c.wantLevel(a, out|hup)
			l := c.listenIn("127.0.0.1:0", 1)
			is(c, "connect", c.connectIn(a, c.where(l, false), false), 0)
		},
		"TCPOverIPv6": func(c *client) {
			l := c.listenIn("[::1]:7000", 5)
			a := c.inet(linux.AF_INET6, stream)
			is(c, "connect", c.connectIn(a, "[::1]:7000", false), 0)
			b, from, _ := c.accept(l)
			is(c, "peer", addrText(from), c.where(a, false))
			is(c, "local", c.where(a, false)[:6], "[::1]:")
			c.wantWrite(a, "six", 3, 0)
			c.wantRead(b, 9, "six", 0)
			is(c, "IPv4 does not reach it", c.connectIn(c.tcp(), "127.0.0.1:7000", false), linux.ECONNREFUSED)
			is(c, "getsockname of a new one", c.where(c.inet(linux.AF_INET6, stream), false), "[::]:0")
		},
		"TCPDualStack": func(c *client) {
			l := c.listenIn("[::]:7000", 5)
			a := c.tcp()
			is(c, "connect by IPv4", c.connectIn(a, "127.0.0.1:7000", false), 0)
			b, from, _ := c.accept(l)
			is(c, "peer", addrText(from), "[::ffff:"+c.where(a, false)[:9]+"]"+c.where(a, false)[9:])
			is(c, "local", c.where(b, false), "[::ffff:127.0.0.1]:7000")
			m := c.inet(linux.AF_INET6, stream)
			is(c, "connect mapped", c.connectIn(m, "[::ffff:127.0.0.1]:7000", false), 0)
			is(c, "local", c.where(m, false)[:19], "[::ffff:127.0.0.1]:")
			is(c, "bind by IPv4", c.bindIn(c.tcp(), "0.0.0.0:7000"), linux.EADDRINUSE)
			o := c.inet(linux.AF_INET6, stream)
			is(c, "V6ONLY", c.setlevel(o, linux.SOL_IPV6, linux.IPV6_V6ONLY, 1), 0)
			is(c, "connect mapped when V6ONLY", c.connectIn(o, "[::ffff:127.0.0.1]:7000", false), linux.ENETUNREACH)
			is(c, "bind when V6ONLY", c.bindIn(o, "[::]:7001"), 0)
			is(c, "V6ONLY when bound", c.setlevel(o, linux.SOL_IPV6, linux.IPV6_V6ONLY, 0), linux.EINVAL)
			is(c, "bind by IPv4 beside", c.bindIn(c.tcp(), "0.0.0.0:7001"), 0)
		},
		"TCPOptions": func(c *client) {
			a, b := c.conn()
			for _, v := range []struct{ level, option, value, set, got int32 }{
				{linux.SOL_TCP, linux.TCP_NODELAY, 0, 5, 1}, {linux.SOL_TCP, linux.TCP_KEEPIDLE, 7200, 60, 60},
				{linux.SOL_TCP, linux.TCP_KEEPINTVL, 75, 10, 10}, {linux.SOL_TCP, linux.TCP_KEEPCNT, 9, 3, 3},
				{linux.SOL_TCP, linux.TCP_USER_TIMEOUT, 0, 1000, 1000}, {linux.SOL_IP, linux.IP_TTL, 64, 9, 9},
				{linux.SOL_IP, linux.IP_TOS, 0, 16, 16}, {linux.SOL_TCP, linux.TCP_QUICKACK, 1, 0, 0},
			} {
				is(c, "before", c.getlevel(a, v.level, v.option), v.value)
				is(c, "set", c.setlevel(a, v.level, v.option, v.set), 0)
				is(c, "after", c.getlevel(a, v.level, v.option), v.got)
				is(c, "of the other", c.getlevel(b, v.level, v.option), v.value)
			}
			is(c, "KEEPCNT 200", c.setlevel(a, linux.SOL_TCP, linux.TCP_KEEPCNT, 200), linux.EINVAL)
			is(c, "IP_TTL 0", c.setlevel(a, linux.SOL_IP, linux.IP_TTL, 0), linux.EINVAL)
			is(c, "IP_TTL -1", c.setlevel(a, linux.SOL_IP, linux.IP_TTL, -1), 0)
			is(c, "IP_TTL", c.getlevel(a, linux.SOL_IP, linux.IP_TTL), 64)
			is(c, "unknown", c.setlevel(a, linux.SOL_TCP, 99, 1), linux.ENOPROTOOPT)
			is(c, "another level", c.setlevel(a, linux.SOL_UDP, 1, 1), linux.ENOPROTOOPT)
			is(c, "IPv6 on IPv4", c.setlevel(a, linux.SOL_IPV6, linux.IPV6_V6ONLY, 1), linux.ENOPROTOOPT)
			is(c, "SO_PROTOCOL", c.intopt(a, linux.SO_PROTOCOL), linux.IPPROTO_TCP)
			is(c, "SO_DOMAIN", c.intopt(a, linux.SO_DOMAIN), linux.AF_INET)
			is(c, "SO_SNDBUF", c.intopt(c.tcp(), linux.SO_SNDBUF), 16384)
			is(c, "SO_RCVBUF", c.intopt(c.tcp(), linux.SO_RCVBUF), 131072)
			var rep ipcapi.GetOptionReply
			c.must("TCP_INFO", c.s.GetOption(&ipcapi.GetOptionRequest{Handle: a, Level: linux.SOL_TCP, Option: linux.TCP_INFO, Size: 300}, &rep))
			is(c, "tcpi_state", rep.Value[0], 1)
		},
		"TCPOptionsAreInherited": func(c *client) {
			l := c.listenIn("127.0.0.1:0", 5)
			c.setlevel(l, linux.SOL_TCP, linux.TCP_NODELAY, 1)
			c.setint(l, linux.SO_KEEPALIVE, 1)
			c.connectIn(c.tcp(), c.where(l, false), false)
			b, _, _ := c.accept(l)
			is(c, "TCP_NODELAY", c.getlevel(b, linux.SOL_TCP, linux.TCP_NODELAY), 1)
			is(c, "SO_KEEPALIVE", c.intopt(b, linux.SO_KEEPALIVE), 1)
		},
	})
}

func (c *client) setlevel(h uint64, level, option, v int32) linux.Errno {
	return c.s.SetOption(&ipcapi.SetOptionRequest{Handle: h, Level: level, Option: option, Value: i32(v), Cred: cred}, &ipcapi.SetOptionReply{})
}

func (c *client) getlevel(h uint64, level, option int32) int32 {
	c.Helper()
	var rep ipcapi.GetOptionReply
	e := c.s.GetOption(&ipcapi.GetOptionRequest{Handle: h, Level: level, Option: option, Size: 4}, &rep)
	if e != 0 || len(rep.Value) != 4 {
		c.Errorf("getsockopt(%d, %d) = %x, %v", level, option, rep.Value, e)
		return -1
	}
	return int32(le32(rep.Value))
}
