package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func init() {
	register(map[string]func(*client){
		"DgramKeepsMessages": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(a, "one", 0, 3, 0)
			c.wantSend(a, "", 0, 0, 0)
			c.wantSend(a, "three", 0, 5, 0)
			c.wantRecv(b, 99, 0, "one", 0)
			c.wantRecv(b, 99, 0, "", 0)
			c.wantRecv(b, 99, 0, "three", 0)
			c.wantRecv(b, 99, 0, "", linux.EWAIT)
		},
		"DgramCutOffIsTold": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(a, "abcdef", 0, 6, 0)
			c.wantSend(a, "next", 0, 4, 0)
			rep, _ := c.recv(b, 2, linux.MSG_TRUNC)
			is(c, "data", string(rep.Data), "ab")
			is(c, "full", rep.Full, 6)
			is(c, "flags", rep.Flags, linux.MSG_TRUNC)
			rep, _ = c.recv(b, 4, 0)
			is(c, "data", string(rep.Data), "next") // the rest was dropped
			is(c, "flags", rep.Flags, 0)
		},
		"DgramPlainReadCutsToo": func(c *client) {
			a, b := c.pair(dgram)
			c.wantWrite(a, "abcdef", 6, 0)
			c.wantRead(b, 2, "ab", 0)
			c.wantRead(b, 2, "", linux.EWAIT)
		},
		"DgramInqIsTheNextMessage": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(a, "abc", 0, 3, 0)
			c.wantSend(a, "defgh", 0, 5, 0)
			n, _ := c.ioctl(b, linux.SIOCINQ)
			is(c, "SIOCINQ", n, 3)
			a, b = c.pair(seqpacket)
			c.wantSend(a, "abc", 0, 3, 0)
			c.wantSend(a, "defgh", 0, 5, 0)
			n, _ = c.ioctl(b, linux.SIOCINQ)
			is(c, "SIOCINQ of seqpacket", n, 8)
		},
		"DgramTrueSizes": func(c *client) {
			for _, v := range []struct{ n, want int }{
				{1, 768}, {192, 768}, {193, 1280}, {3776, 4352}, {3777, 8448}, {8192, 16640}, {16064, 16640}, {16384, 20736},
				{30000, 33024}, {65536, 69888}, {100000, 102656}, {106432, 135424}, {200000, 200960},
			} {
				a, _ := c.pair(dgram)
				c.wantWrite(a, text(v.n), v.n, 0)
				q, _ := c.ioctl(a, linux.SIOCOUTQ)
				if q != v.want {
					c.Errorf("SIOCOUTQ after %d bytes = %d, want %d", v.n, q, v.want)
				}
			}
		},
		"DgramTooLargeIsEMSGSIZE": func(c *client) {
			a, _ := c.pair(dgram)
			c.wantWrite(a, text(212992-31), 0, linux.EMSGSIZE)
			c.wantWrite(a, text(212992-32), 212992-32, 0)
		},
		"DgramPairIsNotLimitedByBacklog": func(c *client) {
			a, _ := c.pair(dgram)
			n := 0
			for ; n < 1000; n++ {
				if _, e := c.send(a, "x", linux.MSG_DONTWAIT); e != 0 {
					is(c, "errno", e, linux.EAGAIN)
					break
				}
			}
			is(c, "messages", n, 278)
			c.wantSend(a, "x", 0, 0, linux.EWAIT)
			c.wantWait(a, linux.POLLOUT)
		},
		"DgramSendToName": func(c *client) {
			srv, cl := c.socket(dgram), c.socket(dgram)
			is(c, "bind", c.bind(srv, "/srv"), 0)
			is(c, "bind", c.bind(cl, "@cl"), 0)
			n, e := c.sendTo(cl, "/srv", "hi", 0)
			is(c, "sendto errno", e, 0)
			is(c, "sendto", n, 2)
			c.wantReady(srv, in)
			rep, _ := c.recv(srv, 9, 0)
			is(c, "from", string(rep.Address), string(unix("@cl")))
			_, e = c.sendTo(srv, "@cl", "ho", 0)
			is(c, "sendto errno", e, 0)
			rep, _ = c.recv(cl, 9, 0)
			is(c, "from", string(rep.Address), string(unix("/srv"))+"\x00")
		},
		"DgramFromNamelessHasNoAddress": func(c *client) {
			srv, cl := c.socket(dgram), c.socket(dgram)
			c.bind(srv, "@srv")
			c.sendTo(cl, "@srv", "hi", 0)
			rep, _ := c.recv(srv, 9, 0)
			is(c, "from", string(rep.Address), "")
		},
		"DgramSendErrors": func(c *client) {
			h := c.socket(dgram)
			c.wantSend(h, "x", 0, 0, linux.ENOTCONN)
			for _, v := range []struct {
				path string
				want linux.Errno
			}{{"@none", linux.ECONNREFUSED}, {"/none", linux.ECONNREFUSED}} {
				_, e := c.sendTo(h, v.path, "x", 0)
				is(c, "sendto "+v.path, e, v.want)
			}
			e := c.s.Send(&ipcapi.SendRequest{Handle: h, Data: []byte("x"), Address: []byte{2, 0, 1, 1}}, &ipcapi.SendReply{})
			is(c, "sendto AF_INET", e, linux.EINVAL)
			c.server(stream, "/stream", 1)
			_, e = c.sendTo(h, "/stream", "x", 0)
			is(c, "sendto a stream", e, linux.EPROTOTYPE)
			c.wantSend(h, "x", linux.MSG_OOB, 0, linux.EOPNOTSUPP)
			_, e = c.recv(h, 1, linux.MSG_OOB)
			is(c, "recv OOB", e, linux.EOPNOTSUPP)
		},
		"DgramConnectChoosesThePeer": func(c *client) {
			srv, cl, third := c.socket(dgram), c.socket(dgram), c.socket(dgram)
			c.bind(srv, "@srv")
			c.bind(cl, "@cl")
			is(c, "connect", c.connect(cl, "@srv", false), 0)
			c.wantWrite(cl, "x", 1, 0)
			c.wantRead(srv, 9, "x", 0)
			// cl now hears srv only.
			_, e := c.sendTo(third, "@cl", "x", 0)
			is(c, "sendto a connected one", e, linux.EPERM)
			is(c, "connect to a connected one", c.connect(third, "@cl", false), linux.EPERM)
			_, e = c.sendTo(srv, "@cl", "y", 0)
			is(c, "sendto from the peer", e, 0)
			name, e := c.name(cl, true)
			is(c, "getpeername errno", e, 0)
			is(c, "getpeername", name, string(unix("@srv")))
		},
		"DgramConnectToNobodyUndoes": func(c *client) {
			srv, cl := c.socket(dgram), c.socket(dgram)
			c.bind(srv, "@srv")
			c.connect(cl, "@srv", false)
			var rep ipcapi.ConnectReply
			e := c.s.Connect(&ipcapi.ConnectRequest{Handle: cl, Address: []byte{0, 0}}, &rep)
			is(c, "connect AF_UNSPEC", e, 0)
			c.wantWrite(cl, "x", 0, linux.ENOTCONN)
			e = c.s.Connect(&ipcapi.ConnectRequest{Handle: cl, Address: []byte{0}}, &rep)
			is(c, "connect without family", e, linux.EINVAL)
		},
		"DgramDisconnectDropsWhatCame": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(b, "lost", 0, 4, 0, 71)
			var rep ipcapi.ConnectReply
			c.must("Connect", c.s.Connect(&ipcapi.ConnectRequest{Handle: a, Address: []byte{0, 0}}, &rep))
			wantTokens(c, rep.Tokens, 71)
			c.wantRead(a, 9, "", linux.EWAIT)
			c.wantRead(b, 9, "", linux.ECONNRESET)
			c.wantRead(b, 9, "", linux.EWAIT)
		},
		"DgramPeerGoneIsECONNREFUSEDOnce": func(c *client) {
			a, b := c.pair(dgram)
			c.close(b)
			c.wantLevel(a, out|band)
			c.wantWrite(a, "x", 0, linux.ECONNREFUSED)
			c.wantWrite(a, "x", 0, linux.ENOTCONN)
		},
		"DgramFullServerMakesSendersWait": func(c *client) {
			srv, cl := c.socket(dgram), c.socket(dgram)
			c.bind(srv, "@srv")
			for i := range 11 { // max_dgram_qlen and one
				_, e := c.sendTo(cl, "@srv", "x", 0)
				is(c, "sendto "+itoa(i), e, 0)
			}
			_, e := c.sendTo(cl, "@srv", "x", linux.MSG_DONTWAIT)
			is(c, "sendto a full one", e, linux.EAGAIN)
			_, e = c.sendTo(cl, "@srv", "x", 0)
			is(c, "sendto a full one", e, linux.EWAIT)
			is(c, "wait handle", c.wait.Handle, cl)
			events := c.wait.Events
			var rep ipcapi.PollReply
			c.must("Poll", c.s.Poll(&ipcapi.PollRequest{Handle: cl, Events: events}, &rep))
			if rep.Level&events != 0 {
				c.Errorf("level %#x says that there is room", rep.Level)
			}
			c.wantRead(srv, 9, "x", 0)
			c.wantReady(cl, events)
			_, e = c.sendTo(cl, "@srv", "x", 0)
			is(c, "sendto", e, 0)
		},
		"DgramFullServerShowsInPollout": func(c *client) {
			srv, cl := c.socket(dgram), c.socket(dgram)
			c.bind(srv, "@srv")
			c.connect(cl, "@srv", false)
			for range 11 {
				c.wantWrite(cl, "x", 1, 0)
			}
			c.wantLevel(cl, 0)
			c.wantRead(srv, 9, "x", 0)
			c.wantReady(cl, out)
			c.wantLevel(cl, out|band)
		},
		"DgramFullServerThatClosesFreesSenders": func(c *client) {
			srv, cl := c.socket(dgram), c.socket(dgram)
			c.bind(srv, "@srv")
			for range 11 {
				c.sendTo(cl, "@srv", "x", 0)
			}
			_, e := c.sendTo(cl, "@srv", "x", 0)
			is(c, "sendto", e, linux.EWAIT)
			events := c.wait.Events
			c.close(srv)
			c.wantReady(cl, events)
			_, e = c.sendTo(cl, "@srv", "x", 0)
			is(c, "sendto", e, linux.ECONNREFUSED)
		},
		"DgramToOneself": func(c *client) {
			h := c.socket(dgram)
			c.bind(h, "@me")
			is(c, "connect", c.connect(h, "@me", false), 0)
			c.wantWrite(h, "x", 1, 0)
			c.wantRead(h, 9, "x", 0)
		},
		"DgramShutdown": func(c *client) {
			a, b := c.pair(dgram)
			c.shutdown(a, linux.SHUT_WR)
			c.wantWrite(a, "x", 0, linux.EPIPE)
			c.wantLevel(b, out|band) // a datagram peer is not told
			c.shutdown(b, linux.SHUT_RD)
			c.wantRead(b, 1, "", 0)
			c.wantRecv(b, 1, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			a, b = c.pair(dgram)
			c.shutdown(b, linux.SHUT_RD)
			c.wantWrite(a, "x", 0, linux.EPIPE)
		},
		"DgramHasNoListeners": func(c *client) {
			h := c.socket(dgram)
			is(c, "listen", c.listen(h, 1), linux.EOPNOTSUPP)
			_, _, e := c.accept(h)
			is(c, "accept", e, linux.EOPNOTSUPP)
		},
		"DgramRights": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(a, "", 0, 0, 0, 71)
			c.wantRecv(b, 9, linux.MSG_PEEK, "", 0, 71)
			c.wantRecv(b, 9, 0, "", 0, 71)
		},
		"DgramPeekOffsetWalks": func(c *client) {
			a, b := c.pair(dgram)
			c.setint(b, linux.SO_PEEK_OFF, 0)
			c.wantSend(a, "abc", 0, 3, 0)
			c.wantSend(a, "de", 0, 2, 0)
			c.wantRecv(b, 2, linux.MSG_PEEK, "ab", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK, "c", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK, "de", 0)
			c.wantRecv(b, 9, linux.MSG_PEEK|linux.MSG_DONTWAIT, "", linux.EAGAIN)
			c.wantRecv(b, 9, 0, "abc", 0)
			is(c, "SO_PEEK_OFF", c.intopt(b, linux.SO_PEEK_OFF), 2)
		},
		"DgramTimestamps": func(c *client) {
			a, b := c.pair(dgram)
			is(c, "SO_TIMESTAMPNS", c.setint(b, linux.SO_TIMESTAMPNS, 1), 0)
			is(c, "SO_TIMESTAMP", c.intopt(b, linux.SO_TIMESTAMP), 0)
			c.wantSend(a, "x", 0, 1, 0)
			rep, _ := c.recv(b, 9, 0)
			if len(rep.Control) != 32 || le32(rep.Control[12:]) != linux.SCM_TIMESTAMPNS {
				c.Errorf("control = %x, want one SCM_TIMESTAMPNS", rep.Control)
			}
		},
		"SeqpacketKeepsMessagesAndConnections": func(c *client) {
			a, b := c.pair(seqpacket)
			c.wantWrite(a, "one", 3, 0)
			c.wantWrite(a, "two", 3, 0)
			rep, _ := c.recv(b, 2, 0)
			is(c, "data", string(rep.Data), "on")
			is(c, "flags", rep.Flags, linux.MSG_TRUNC)
			c.close(a)
			c.wantReady(b, hup)
			c.wantRead(b, 9, "two", 0)
			c.wantRead(b, 9, "", 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "", 0)
			c.wantWrite(b, "x", 0, linux.EPIPE)
		},
		"SeqpacketReset": func(c *client) {
			a, b := c.pair(seqpacket)
			c.wantWrite(a, "x", 1, 0)
			c.close(b)
			c.wantWrite(a, "x", 0, linux.ECONNRESET)
			c.wantWrite(a, "x", 0, linux.EPIPE)
			h := c.socket(seqpacket)
			c.wantWrite(h, "x", 0, linux.ENOTCONN)
			c.wantRead(h, 1, "", linux.ENOTCONN)
		},
		"SeqpacketIgnoresTheAddress": func(c *client) {
			a, b := c.pair(seqpacket)
			n, e := c.sendTo(a, "@none", "x", 0)
			is(c, "sendto errno", e, 0)
			is(c, "sendto", n, 1)
			c.wantRead(b, 9, "x", 0)
		},
	})
}
