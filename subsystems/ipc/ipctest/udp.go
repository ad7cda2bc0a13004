package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func init() {
	register(map[string]func(*client){
		"UDPSendsAndReceives": func(c *client) {
			a, b := c.udp(), c.udp()
			is(c, "bind", c.bindIn(b, "127.0.0.1:7000"), 0)
			n, e := c.sendIn(a, "127.0.0.1:7000", "hello")
			is(c, "sendto errno", e, 0)
			is(c, "sendto", n, 5)
			c.wantReady(b, in)
			rep, e := c.recv(b, 99, 0)
			is(c, "recv errno", e, 0)
			is(c, "data", string(rep.Data), "hello")
			got := c.where(a, false)
			is(c, "from", addrText(string(rep.Address)), "127.0.0.1"+got[len("0.0.0.0"):])
			c.sendIn(a, "127.0.0.1:7000", "")
			c.sendIn(a, "127.0.0.1:7000", "abcdef")
			c.wantRecv(b, 99, 0, "", 0)
			rep, _ = c.recv(b, 2, linux.MSG_PEEK)
			is(c, "flags", rep.Flags, linux.MSG_TRUNC)
			is(c, "full", rep.Full, 6)
			c.wantRead(b, 2, "ab", 0)
			c.wantRead(b, 2, "", linux.EWAIT)
			c.wantWait(b, linux.POLLIN)
		},
		"UDPErrorQueue": func(c *client) {
			u := c.udp()
			is(c, "IP_RECVERR", c.setlevel(u, linux.SOL_IP, linux.IP_RECVERR, 1), 0)
			c.wantRecv(u, 9, linux.MSG_ERRQUEUE, "", linux.EAGAIN)
			c.sendIn(u, "127.0.0.1:1", "payload")
			c.wantReady(u, linux.POLLERR)
			c.sendIn(u, "127.0.0.1:1", "second") // is told of the first
			rep, e := c.recv(u, 4, linux.MSG_ERRQUEUE)
			is(c, "recv errno", e, 0)
			is(c, "data", string(rep.Data), "payl")
			is(c, "flags", rep.Flags, linux.MSG_ERRQUEUE|linux.MSG_TRUNC)
			is(c, "to", addrText(string(rep.Address)), "127.0.0.1:1")
			if len(rep.Control) < 24 {
				c.Fatalf("control = %x", rep.Control)
			}
			is(c, "errno", le32(rep.Control[16:]), uint32(linux.ECONNREFUSED))
			is(c, "origin, type, code", string(rep.Control[20:23]), "\x02\x03\x03")
			c.wantLevel(u, out|band)
		},
		"UDPCorkGlues": func(c *client) {
			a, b := c.udp(), c.udp()
			is(c, "bind", c.bindIn(b, "127.0.0.1:7000"), 0)
			is(c, "connect", c.connectIn(a, "127.0.0.1:7000", false), 0)
			c.wantSend(a, "one ", linux.MSG_MORE, 4, 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			c.wantSend(a, "two", 0, 3, 0)
			c.wantRecv(b, 9, 0, "one two", 0)
			is(c, "UDP_CORK", c.setlevel(a, linux.SOL_UDP, linux.UDP_CORK, 1), 0)
			c.wantSend(a, "three", 0, 5, 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			is(c, "UDP_CORK", c.setlevel(a, linux.SOL_UDP, linux.UDP_CORK, 0), 0)
			c.wantRecv(b, 9, 0, "three", 0)
			is(c, "UDP_SEGMENT", c.setlevel(a, linux.SOL_UDP, linux.UDP_SEGMENT, 2), 0)
			c.wantSend(a, "abc", 0, 3, 0)
			c.wantRecv(b, 9, 0, "ab", 0)
			c.wantRecv(b, 9, 0, "c", 0)
		},
		"UDPMulticastReachesMembers": func(c *client) {
			a, b := c.udp(), c.udp()
			is(c, "bind", c.bindIn(b, "0.0.0.0:7000"), 0)
			set := func(h uint64, option int32, group, device byte) linux.Errno {
				v := []byte{group, 1, 2, 3, 127, 0, 0, 1, device, 0, 0, 0}
				return c.s.SetOption(&ipcapi.SetOptionRequest{Handle: h, Level: linux.SOL_IP, Option: option, Value: v, Cred: cred}, &ipcapi.SetOptionReply{})
			}
			is(c, "join", set(b, linux.IP_ADD_MEMBERSHIP, 239, 1), 0)
			is(c, "join again", set(b, linux.IP_ADD_MEMBERSHIP, 239, 1), linux.EADDRINUSE)
			is(c, "join what is no group", set(b, linux.IP_ADD_MEMBERSHIP, 10, 1), linux.EINVAL)
			is(c, "join elsewhere", set(b, linux.IP_ADD_MEMBERSHIP, 238, 9), linux.ENODEV)
			is(c, "IP_MULTICAST_IF", set(a, linux.IP_MULTICAST_IF, 239, 1), 0)
			n, e := c.sendIn(a, "239.1.2.3:7000", "all")
			is(c, "sendto errno", e, 0)
			is(c, "sendto", n, 3)
			c.wantRecv(b, 9, 0, "all", 0)
			is(c, "leave", set(b, linux.IP_DROP_MEMBERSHIP, 239, 1), 0)
			is(c, "leave again", set(b, linux.IP_DROP_MEMBERSHIP, 239, 1), linux.EADDRNOTAVAIL)
			c.sendIn(a, "239.1.2.3:7000", "all")
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
		},
		"UDPUnconnected": func(c *client) {
			u := c.udp()
			c.wantLevel(u, out|band)
			c.wantWrite(u, "x", 0, linux.EDESTADDRREQ)
			c.wantRecv(u, 1, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			is(c, "getpeername", c.where(u, true), "ENOTCONN")
			n, e := c.sendIn(u, "127.0.0.1:1", "x")
			is(c, "sendto nobody errno", e, 0)
			is(c, "sendto nobody", n, 1)
			c.wantRecv(u, 1, linux.MSG_DONTWAIT, "", linux.EAGAIN) // not told
			is(c, "listen", c.listen(u, 1), linux.EOPNOTSUPP)
			_, _, e = c.accept(u)
			is(c, "accept", e, linux.EOPNOTSUPP)
			_, e = c.sendIn(u, "127.0.0.1:0", "x")
			is(c, "sendto port 0", e, linux.EINVAL)
			_, e = c.sendIn(u, "10.1.2.3:9", "x")
			is(c, "sendto elsewhere", e, linux.ENETUNREACH)
			_, e = c.sendIn(u, "[::1]:9", "x")
			is(c, "sendto IPv6", e, linux.EAFNOSUPPORT)
			_, e = c.sendIn(u, "127.0.0.1:1", text(65508))
			is(c, "sendto too much", e, linux.EMSGSIZE)
			is(c, "shutdown", c.shutdown(u, linux.SHUT_RD), linux.ENOTCONN)
		},
		"UDPConnectedHearsOfRefusal": func(c *client) {
			u := c.udp()
			is(c, "connect", c.connectIn(u, "127.0.0.1:1", false), 0)
			c.wantWrite(u, "x", 1, 0)
			c.wantReady(u, linux.POLLERR)
			c.wantLevel(u, out|band|linux.POLLERR)
			c.wantWrite(u, "x", 0, linux.ECONNREFUSED)
			c.wantWrite(u, "x", 1, 0)
			c.wantRecv(u, 1, linux.MSG_DONTWAIT, "", linux.ECONNREFUSED)
		},
		"UDPConnectFilters": func(c *client) {
			a, b, third := c.udp(), c.udp(), c.udp()
			c.bindIn(a, "127.0.0.1:7000")
			c.bindIn(b, "127.0.0.1:7001")
			is(c, "connect", c.connectIn(a, "127.0.0.1:7001", false), 0)
			is(c, "getpeername", c.where(a, true), "127.0.0.1:7001")
			c.sendIn(third, "127.0.0.1:7000", "stranger")
			c.sendIn(b, "127.0.0.1:7000", "friend")
			c.wantRead(a, 99, "friend", 0)
			c.wantRead(a, 99, "", linux.EWAIT)
			c.must("Connect", c.s.Connect(&ipcapi.ConnectRequest{Handle: a, Address: make([]byte, 16)}, &ipcapi.ConnectReply{}))
			c.sendIn(third, "127.0.0.1:7000", "stranger")
			c.wantRead(a, 99, "stranger", 0)
			is(c, "getsockname", c.where(a, false), "127.0.0.1:7000")
		},
		"UDPBindsAndWildcards": func(c *client) {
			w, x := c.udp(), c.udp()
			is(c, "bind", c.bindIn(w, "0.0.0.0:7000"), 0)
			is(c, "bind in use", c.bindIn(x, "127.0.0.2:7000"), linux.EADDRINUSE)
			c.setint(w, linux.SO_REUSEADDR, 1)
			c.setint(x, linux.SO_REUSEADDR, 1)
			is(c, "bind, both reuse", c.bindIn(x, "127.0.0.2:7000"), 0)
			u := c.udp()
			c.sendIn(u, "127.0.0.2:7000", "exact")
			c.sendIn(u, "127.0.0.1:7000", "any")
			c.wantRead(x, 9, "exact", 0)
			c.wantRead(w, 9, "any", 0)
		},
		"UDPFullBufferDrops": func(c *client) {
			a, b := c.udp(), c.udp()
			c.bindIn(b, "127.0.0.1:7000")
			for range 300 {
				_, e := c.sendIn(a, "127.0.0.1:7000", "x")
				is(c, "sendto", e, 0)
			}
			n := 0
			for {
				if _, e := c.recv(b, 9, linux.MSG_DONTWAIT); e != 0 {
					break
				}
				n++
			}
			is(c, "received", n, 256) // measured natively
		},
		"UDPShutdown": func(c *client) {
			u := c.udp()
			c.connectIn(u, "127.0.0.1:1", false)
			is(c, "shutdown", c.shutdown(u, linux.SHUT_RD), 0)
			c.wantLevel(u, in|out|band|rhup)
			c.wantRead(u, 1, "", 0)
			c.wantRecv(u, 1, linux.MSG_DONTWAIT, "", linux.EAGAIN)
			c.shutdown(u, linux.SHUT_WR)
			c.wantLevel(u, in|out|band|rhup|hup)
			c.wantWrite(u, "x", 0, linux.EPIPE)
		},
		"UDPOverIPv6": func(c *client) {
			a, b := c.inet(linux.AF_INET6, dgram), c.inet(linux.AF_INET6, dgram)
			is(c, "bind", c.bindIn(b, "[::]:7000"), 0)
			_, e := c.sendIn(a, "[::1]:7000", "six")
			is(c, "sendto", e, 0)
			rep, _ := c.recv(b, 9, 0)
			is(c, "from", addrText(string(rep.Address))[:6], "[::1]:")
			u := c.udp()
			c.sendIn(u, "127.0.0.1:7000", "four")
			rep, _ = c.recv(b, 9, 0)
			is(c, "data", string(rep.Data), "four")
			is(c, "from", addrText(string(rep.Address))[:19], "[::ffff:127.0.0.1]:")
			_, e = c.sendIn(b, addrText(string(rep.Address)), "back")
			is(c, "sendto mapped", e, 0)
			c.wantRead(u, 9, "back", 0)
		},
		"UDPPacketInfo": func(c *client) {
			a, b := c.udp(), c.udp()
			c.bindIn(b, "0.0.0.0:7000")
			is(c, "IP_PKTINFO", c.setlevel(b, linux.SOL_IP, linux.IP_PKTINFO, 1), 0)
			is(c, "IP_RECVTTL", c.setlevel(b, linux.SOL_IP, linux.IP_RECVTTL, 1), 0)
			c.sendIn(a, "127.0.0.2:7000", "x")
			rep, _ := c.recv(b, 9, 0)
			if len(rep.Control) != 32+24 {
				c.Fatalf("control = %x", rep.Control)
			}
			is(c, "index", le32(rep.Control[16:]), 1)
			is(c, "address", string(rep.Control[24:28]), "\x7f\x00\x00\x02")
			is(c, "TTL", le32(rep.Control[32+16:]), 64)
		},
		"UDPTimestamps": func(c *client) {
			a, b := c.udp(), c.udp()
			c.bindIn(b, "127.0.0.1:7000")
			c.setint(b, linux.SO_TIMESTAMP, 1)
			c.sendIn(a, "127.0.0.1:7000", "x")
			rep, _ := c.recv(b, 9, 0)
			if len(rep.Control) != 32 || le32(rep.Control[12:]) != linux.SCM_TIMESTAMP {
				c.Errorf("control = %x, want one SCM_TIMESTAMP", rep.Control)
			}
		},
		"DeviceIoctls": func(c *client) {
			ask := func(h uint64, command uint32, name string) (string, linux.Errno) {
				b := make([]byte, 40)
				copy(b, name)
				var rep ipcapi.IoctlReply
				e := c.s.Ioctl(&ipcapi.IoctlRequest{Handle: h, Command: command, In: b}, &rep)
				return string(rep.Out), e
			}
			for _, h := range []uint64{c.udp(), c.tcp(), c.socket(stream)} {
				got, e := ask(h, linux.SIOCGIFINDEX, "lo")
				is(c, "SIOCGIFINDEX errno", e, 0)
				is(c, "SIOCGIFINDEX", got[16], 1)
				got, _ = ask(h, linux.SIOCGIFADDR, "lo")
				is(c, "SIOCGIFADDR", got[16:24], "\x02\x00\x00\x00\x7f\x00\x00\x01")
				_, e = ask(h, linux.SIOCGIFFLAGS, "eth0")
				is(c, "SIOCGIFFLAGS of eth0", e, linux.ENODEV)
				_, e = ask(h, linux.SIOCSIFFLAGS, "lo")
				is(c, "SIOCSIFFLAGS", e, linux.EPERM)
				_, e = ask(h, 0x5402, "lo")
				is(c, "TCSETS", e, linux.ENOTTY)
				got, _ = ask(h, linux.SIOCGIFCONF, "")
				is(c, "SIOCGIFCONF", got[:3], "lo\x00")
			}
		},
	})
}
