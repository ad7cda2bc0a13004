package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func init() {
	register(map[string]func(*client){
		"ConnectAndAccept": func(c *client) {
			srv := c.server(stream, "/srv", 5)
			cl := c.socket(stream)
			_, _, e := c.accept(srv)
			is(c, "accept of nothing", e, linux.EWAIT)
			c.wantWait(srv, linux.POLLIN)
			is(c, "connect", c.connect(cl, "/srv", false), 0)
			c.wantReady(srv, in)
			c.wantLevel(srv, in)
			c.wantWrite(cl, "early", 5, 0) // before accept
			h, name, e := c.accept(srv)
			is(c, "accept errno", e, 0)
			is(c, "peer of accept", name, string(unix("")))
			c.wantRead(h, 9, "early", 0)
			c.wantWrite(h, "hello", 5, 0)
			c.wantRead(cl, 9, "hello", 0)
			c.wantLevel(srv, 0)
			name, _ = c.name(h, false)
			is(c, "getsockname of the accepted", name, string(unix("/srv"))+"\x00")
			name, _ = c.name(cl, true)
			is(c, "getpeername", name, string(unix("/srv"))+"\x00")
		},
		"AcceptShowsTheClientsName": func(c *client) {
			srv, cl := c.server(stream, "@srv", 5), c.socket(stream)
			c.bind(cl, "@cl")
			c.connect(cl, "@srv", false)
			_, name, _ := c.accept(srv)
			is(c, "peer of accept", name, string(unix("@cl")))
		},
		"ConnectRefused": func(c *client) {
			cl := c.socket(stream)
			is(c, "no name", c.connect(cl, "@none", false), linux.ECONNREFUSED)
			is(c, "no socket at the node", c.connect(cl, "/none", false), linux.ECONNREFUSED)
			h := c.socket(stream)
			c.bind(h, "/bound")
			is(c, "not listening", c.connect(cl, "/bound", false), linux.ECONNREFUSED)
			c.server(seqpacket, "/seq", 1)
			is(c, "another type by path", c.connect(cl, "/seq", false), linux.EPROTOTYPE)
			c.server(seqpacket, "@seq", 1)
			is(c, "another type by abstract name", c.connect(cl, "@seq", false), linux.ECONNREFUSED)
			srv := c.server(stream, "@srv", 1)
			c.close(srv)
			is(c, "closed", c.connect(cl, "@srv", false), linux.ECONNREFUSED)
			srv = c.server(stream, "@srv", 1)
			c.shutdown(srv, linux.SHUT_RD)
			is(c, "shut down", c.connect(cl, "@srv", false), linux.ECONNREFUSED)
			_, _, e := c.accept(srv)
			is(c, "accept when shut down", e, linux.EINVAL)
		},
		"ConnectAddressIsChecked": func(c *client) {
			cl := c.socket(stream)
			for _, a := range [][]byte{nil, {1}, {1, 0}, {2, 0, 1, 1}, {0, 0}, append([]byte{1, 0}, make([]byte, 109)...)} {
				e := c.s.Connect(&ipcapi.ConnectRequest{Handle: cl, Address: a}, &ipcapi.ConnectReply{})
				if e != linux.EINVAL {
					c.Errorf("connect(%x) = %v, want EINVAL", a, e)
				}
			}
		},
		"ConnectTwiceIsEISCONN": func(c *client) {
			c.server(stream, "@srv", 5)
			cl := c.socket(stream)
			c.connect(cl, "@srv", false)
			is(c, "connect again", c.connect(cl, "@srv", false), linux.EISCONN)
			is(c, "connect to nowhere", c.connect(cl, "@none", false), linux.ECONNREFUSED) // asked first
			l := c.server(stream, "@other", 5)
			is(c, "connect of a listener", c.connect(l, "@srv", false), linux.EINVAL)
		},
		"BacklogIsOneMore": func(c *client) {
			srv := c.server(stream, "@srv", 1)
			for range 2 {
				is(c, "connect", c.connect(c.socket(stream), "@srv", true), 0)
			}
			cl := c.socket(stream)
			is(c, "connect to a full one", c.connect(cl, "@srv", true), linux.EAGAIN)
			is(c, "connect to a full one", c.connect(cl, "@srv", false), linux.EWAIT)
			is(c, "wait handle", c.wait.Handle, cl)
			events := c.wait.Events
			_, _, e := c.accept(srv)
			is(c, "accept", e, 0)
			c.wantReady(cl, events)
			is(c, "connect", c.connect(cl, "@srv", false), 0)
		},
		"BacklogZeroTakesOne": func(c *client) {
			c.server(stream, "@srv", 0)
			is(c, "connect", c.connect(c.socket(stream), "@srv", true), 0)
			is(c, "connect", c.connect(c.socket(stream), "@srv", true), linux.EAGAIN)
		},
		"BacklogRaisedWakesWaiters": func(c *client) {
			srv := c.server(stream, "@srv", 0)
			c.connect(c.socket(stream), "@srv", true)
			cl := c.socket(stream)
			is(c, "connect", c.connect(cl, "@srv", false), linux.EWAIT)
			events := c.wait.Events
			is(c, "listen", c.listen(srv, -1), 0)
			c.wantReady(cl, events)
			is(c, "connect", c.connect(cl, "@srv", false), 0)
		},
		"ConnectWaitHasTheSendTimeout": func(c *client) {
			c.server(stream, "@srv", 0)
			c.connect(c.socket(stream), "@srv", true)
			cl := c.socket(stream)
			c.setopt(cl, linux.SO_SNDTIMEO, timeval(5, 0), cred)
			is(c, "connect", c.connect(cl, "@srv", false), linux.EWAIT)
			if c.wait.DeadlineNs < 5e9 || linux.Errno(c.wait.DeadlineErrno) != linux.EAGAIN {
				c.Errorf("wait = %+v, want EAGAIN in 5 s", c.wait)
			}
		},
		"ListenerClosedResetsWaitingClients": func(c *client) {
			srv := c.server(stream, "@srv", 5)
			cl := c.socket(stream)
			c.connect(cl, "@srv", false)
			c.wantSend(cl, "x", 0, 1, 0, 71)
			wantTokens(c, c.close(srv), 71)
			c.wantReady(cl, hup)
			c.wantRead(cl, 1, "", linux.ECONNRESET)
			c.wantRead(cl, 1, "", 0)
		},
		"ListenRules": func(c *client) {
			h := c.socket(stream)
			is(c, "listen without a name", c.listen(h, 1), linux.EINVAL)
			a, _ := c.pair(stream)
			c.bind(a, "@a")
			is(c, "listen when connected", c.listen(a, 1), linux.EINVAL)
			c.bind(h, "@h")
			_, _, e := c.accept(h)
			is(c, "accept without listen", e, linux.EINVAL)
			is(c, "listen", c.listen(h, 1), 0)
			is(c, "listen again", c.listen(h, 9), 0)
			is(c, "SO_ACCEPTCONN", c.intopt(h, linux.SO_ACCEPTCONN), 1)
			is(c, "SO_ACCEPTCONN", c.intopt(a, linux.SO_ACCEPTCONN), 0)
			c.wantLevel(h, 0)
			_, e = c.ioctl(h, linux.SIOCINQ)
			is(c, "SIOCINQ of a listener", e, linux.EINVAL)
			c.wantRead(h, 1, "", linux.EINVAL)
			c.wantWrite(h, "x", 0, linux.ENOTCONN)
		},
		"PeercredIsTheListeners": func(c *client) {
			srv, cl := c.server(stream, "@srv", 5), c.socket(stream)
			c.connect(cl, "@srv", false)
			h, _, _ := c.accept(srv)
			v, _ := c.getopt(cl, linux.SO_PEERCRED, 12)
			is(c, "the client sees", string(v), string(ucred(1, 0, 0)[16:28]))
			v, _ = c.getopt(h, linux.SO_PEERCRED, 12)
			is(c, "the server sees", string(v), string(ucred(42, 1000, 100)[16:28]))
		},
		"AcceptInheritsPasscred": func(c *client) {
			srv, cl := c.server(stream, "@srv", 5), c.socket(stream)
			c.setint(srv, linux.SO_PASSCRED, 1)
			c.connect(cl, "@srv", false)
			c.wantWrite(cl, "x", 1, 0)
			h, _, _ := c.accept(srv)
			rep, _ := c.recv(h, 9, 0)
			is(c, "control", string(rep.Control), string(ucred(42, 1000, 100)))
		},
		"BindRules": func(c *client) {
			a, b := c.socket(stream), c.socket(stream)
			is(c, "bind", c.bind(a, "@x"), 0)
			is(c, "bind again", c.bind(a, "@y"), linux.EINVAL)
			is(c, "bind to a taken name", c.bind(b, "@x"), linux.EADDRINUSE)
			is(c, "bind of another type", c.bind(c.socket(dgram), "@x"), 0)
			c.close(a)
			is(c, "bind to a freed name", c.bind(b, "@x"), 0)
			long := append([]byte{1, 0}, make([]byte, 108)...)
			is(c, "bind to 108 bytes", c.s.Bind(&ipcapi.BindRequest{Handle: c.socket(stream), Address: long}, &ipcapi.BindReply{}), 0)
			for _, bad := range [][]byte{nil, {1}, {2, 0, 0}, append(long, 0)} {
				e := c.s.Bind(&ipcapi.BindRequest{Handle: c.socket(stream), Address: bad}, &ipcapi.BindReply{})
				if e != linux.EINVAL {
					c.Errorf("bind(%x) = %v, want EINVAL", bad, e)
				}
			}
		},
		"BindAbstractNamesAreExact": func(c *client) {
			a, b := c.socket(dgram), c.socket(dgram)
			is(c, "bind", c.bind(a, "@x\x00"), 0)
			is(c, "bind", c.bind(b, "@x"), 0)
			name, _ := c.name(a, false)
			is(c, "name", name, "\x01\x00\x00x\x00")
		},
		"BindPathEndsAtNul": func(c *client) {
			h := c.socket(stream)
			is(c, "bind", c.bind(h, "/a\x00junk"), 0)
			name, _ := c.name(h, false)
			is(c, "name", name, "\x01\x00/a\x00")
		},
		"BindPathOfOneGoneIsFree": func(c *client) {
			a, b := c.socket(stream), c.socket(stream)
			c.bind(a, "/x")
			c.bind(b, "/x") // the node number was given to a new file
			c.listen(b, 1)
			c.close(a)
			is(c, "connect", c.connect(c.socket(stream), "/x", true), 0)
		},
		"AutobindChoosesFiveDigits": func(c *client) {
			a, b := c.socket(dgram), c.socket(dgram)
			is(c, "bind", c.bind(a, ""), 0)
			is(c, "bind again", c.bind(a, ""), 0)
			is(c, "bind", c.bind(b, ""), 0)
			x, _ := c.name(a, false)
			y, _ := c.name(b, false)
			if len(x) != 8 || x[:3] != "\x01\x00\x00" || x == y {
				c.Errorf("names %q and %q", x, y)
			}
		},
		"AutobindByPasscred": func(c *client) {
			srv, cl := c.server(stream, "@srv", 5), c.socket(stream)
			c.setint(cl, linux.SO_PASSCRED, 1)
			is(c, "connect", c.connect(cl, "@srv", false), 0)
			name, _ := c.name(cl, false)
			is(c, "length of the name", len(name), 8)
			h, peer, _ := c.accept(srv)
			is(c, "peer", peer, name)
			c.close(h)
		},
		"NameOfTheNameless": func(c *client) {
			a, _ := c.pair(stream)
			for _, peer := range []bool{false, true} {
				name, e := c.name(a, peer)
				is(c, "errno", e, 0)
				is(c, "name", name, "\x01\x00")
			}
		},
		"StreamReceiveShowsTheSendersName": func(c *client) {
			srv, cl := c.server(stream, "@srv", 5), c.socket(stream)
			c.connect(cl, "@srv", false)
			h, _, _ := c.accept(srv)
			c.wantWrite(h, "x", 1, 0)
			rep, _ := c.recv(cl, 9, 0)
			is(c, "address", string(rep.Address), string(unix("@srv")))
		},
		"SeqpacketConnects": func(c *client) {
			srv, cl := c.server(seqpacket, "@srv", 5), c.socket(seqpacket)
			c.wantLevel(cl, out|band|hup)
			is(c, "connect", c.connect(cl, "@srv", false), 0)
			h, _, e := c.accept(srv)
			is(c, "accept", e, 0)
			c.wantWrite(cl, "a", 1, 0)
			c.wantWrite(cl, "b", 1, 0)
			c.wantRead(h, 9, "a", 0)
			c.wantLevel(cl, out|band)
		},
		"OptionsThatAreFlags": func(c *client) {
			a, _ := c.pair(stream)
			for _, o := range []int32{
				linux.SO_REUSEADDR, linux.SO_KEEPALIVE, linux.SO_BROADCAST, linux.SO_DONTROUTE, linux.SO_OOBINLINE,
				linux.SO_NO_CHECK, linux.SO_PASSCRED, linux.SO_PASSSEC, linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS,
			} {
				is(c, "get "+itoa(int(o)), c.intopt(a, o), 0)
				is(c, "set "+itoa(int(o)), c.setint(a, o, 7), 0)
				is(c, "get "+itoa(int(o)), c.intopt(a, o), 1)
				is(c, "clear "+itoa(int(o)), c.setint(a, o, 0), 0)
				is(c, "get "+itoa(int(o)), c.intopt(a, o), 0)
			}
		},
		"OptionsThatCannotBeSet": func(c *client) {
			a, _ := c.pair(stream)
			for _, o := range []int32{
				linux.SO_TYPE, linux.SO_DOMAIN, linux.SO_PROTOCOL, linux.SO_ERROR, linux.SO_PEERCRED, linux.SO_SNDLOWAT,
				linux.SO_ACCEPTCONN, linux.SO_COOKIE, 0, 54, 200, -1,
			} {
				is(c, "set "+itoa(int(max(o, 0))), c.setint(a, o, 1), linux.ENOPROTOOPT)
			}
			_, e := c.getopt(a, 54, 4)
			is(c, "get 54", e, linux.ENOPROTOOPT)
			is(c, "short value", c.setopt(a, linux.SO_REUSEADDR, []byte{1, 0, 0}, cred), linux.EINVAL)
			is(c, "SO_REUSEPORT", c.setint(a, linux.SO_REUSEPORT, 1), linux.EOPNOTSUPP)
			is(c, "SO_DEBUG", c.setint(a, linux.SO_DEBUG, 1), linux.EACCES)
			is(c, "SO_DEBUG by root", c.setopt(a, linux.SO_DEBUG, i32(1), root), 0)
			is(c, "SO_MARK", c.setint(a, linux.SO_MARK, 1), linux.EPERM)
			is(c, "SO_PRIORITY 7", c.setint(a, linux.SO_PRIORITY, 7), linux.EPERM)
			is(c, "SO_PRIORITY 6", c.setint(a, linux.SO_PRIORITY, 6), 0)
			is(c, "SO_PRIORITY", c.intopt(a, linux.SO_PRIORITY), 6)
		},
		"OptionsThatTell": func(c *client) {
			a, _ := c.pair(seqpacket)
			is(c, "SO_TYPE", c.intopt(a, linux.SO_TYPE), seqpacket)
			is(c, "SO_DOMAIN", c.intopt(a, linux.SO_DOMAIN), linux.AF_UNIX)
			is(c, "SO_PROTOCOL", c.intopt(a, linux.SO_PROTOCOL), 0)
			is(c, "SO_RCVLOWAT", c.intopt(a, linux.SO_RCVLOWAT), 1)
			is(c, "SO_SNDLOWAT", c.intopt(a, linux.SO_SNDLOWAT), 1)
			v, e := c.getopt(a, linux.SO_TYPE, 2)
			is(c, "short SO_TYPE", string(v), "\x05\x00")
			is(c, "short SO_TYPE", e, 0)
			v, _ = c.getopt(a, linux.SO_TYPE, 100)
			is(c, "long SO_TYPE", len(v), 4)
		},
		"OptionsOfOtherLevelsAreEOPNOTSUPP": func(c *client) {
			a, _ := c.pair(stream)
			for _, level := range []int32{linux.SOL_TCP, linux.SOL_IP, 77} {
				var get ipcapi.GetOptionReply
				is(c, "get", c.s.GetOption(&ipcapi.GetOptionRequest{Handle: a, Level: level, Option: 1, Size: 4}, &get), linux.EOPNOTSUPP)
				var set ipcapi.SetOptionReply
				is(c, "set", c.s.SetOption(&ipcapi.SetOptionRequest{Handle: a, Level: level, Option: 1, Value: i32(1)}, &set), linux.EOPNOTSUPP)
			}
		},
		"BufferSizesAreDoubled": func(c *client) {
			a, _ := c.pair(stream)
			is(c, "SO_SNDBUF", c.intopt(a, linux.SO_SNDBUF), 212992)
			is(c, "SO_RCVBUF", c.intopt(a, linux.SO_RCVBUF), 212992)
			for _, v := range []struct{ set, snd, rcv int }{
				{10000, 20000, 20000}, {0, 4608, 2304}, {-1, 8 << 20, 8 << 20}, {1 << 30, 8 << 20, 8 << 20},
			} {
				is(c, "set SO_SNDBUF", c.setint(a, linux.SO_SNDBUF, int32(v.set)), 0)
				is(c, "SO_SNDBUF", c.intopt(a, linux.SO_SNDBUF), v.snd)
				is(c, "set SO_RCVBUF", c.setint(a, linux.SO_RCVBUF, int32(v.set)), 0)
				is(c, "SO_RCVBUF", c.intopt(a, linux.SO_RCVBUF), v.rcv)
			}
			is(c, "SO_SNDBUFFORCE", c.setint(a, linux.SO_SNDBUFFORCE, 1<<26), linux.EPERM)
			is(c, "SO_SNDBUFFORCE by root", c.setopt(a, linux.SO_SNDBUFFORCE, i32(1<<26), root), 0)
			is(c, "SO_SNDBUF", c.intopt(a, linux.SO_SNDBUF), 1<<27)
			is(c, "SO_RCVBUFFORCE by root", c.setopt(a, linux.SO_RCVBUFFORCE, i32(-5), root), 0)
			is(c, "SO_RCVBUF", c.intopt(a, linux.SO_RCVBUF), 2304)
		},
		"SmallSendBufferLimitsWrites": func(c *client) {
			a, b := c.pair(stream)
			c.setint(a, linux.SO_SNDBUF, 0)
			c.wantWrite(a, text(10000), 2*2240, 0) // 2 of sndbuf/2-64 bytes, measured natively
			c.wantRead(b, 99999, text(10000)[:2*2240], 0)
		},
		"SendBufferGrownWakesTheWriter": func(c *client) {
			a, _ := c.pair(stream)
			c.setint(a, linux.SO_SNDBUF, 0)
			c.write(a, text(10000))
			c.wantLevel(a, 0)
			c.setint(a, linux.SO_SNDBUF, 1<<20)
			c.wantReady(a, out)
		},
		"LingerIsRemembered": func(c *client) {
			a, _ := c.pair(stream)
			is(c, "set short", c.setint(a, linux.SO_LINGER, 1), linux.EINVAL)
			is(c, "set", c.setopt(a, linux.SO_LINGER, append(i32(1), i32(9)...), cred), 0)
			v, _ := c.getopt(a, linux.SO_LINGER, 8)
			is(c, "get", string(v), string(append(i32(1), i32(9)...)))
		},
		"TimeoutsRoundUpToTicks": func(c *client) {
			a, _ := c.pair(stream)
			for _, v := range []struct{ sec, usec, wantSec, wantUsec int64 }{
				{0, 1, 0, 4000}, {1, 4000, 1, 4000}, {2, 999999, 3, 0}, {0, 0, 0, 0}, {-1, 0, 0, 0}, {1 << 60, 0, 0, 0},
			} {
				is(c, "set", c.setopt(a, linux.SO_RCVTIMEO, timeval(v.sec, v.usec), cred), 0)
				got, _ := c.getopt(a, linux.SO_RCVTIMEO, 16)
				is(c, "get", string(got), string(timeval(v.wantSec, v.wantUsec)))
			}
			is(c, "usec too large", c.setopt(a, linux.SO_SNDTIMEO, timeval(0, 1e6), cred), linux.EDOM)
			is(c, "short", c.setopt(a, linux.SO_SNDTIMEO, make([]byte, 8), cred), linux.EINVAL)
		},
	})
}
