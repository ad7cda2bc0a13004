package ipctest

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// netlink makes a bound socket.
func (c *client) netlink() uint64 {
	c.Helper()
	h := c.inet(linux.AF_NETLINK, linux.SOCK_RAW)
	c.must("Bind", c.bindNl(h, 0))
	return h
}

func (c *client) bindNl(h uint64, port uint32) linux.Errno {
	a := binary.LittleEndian.AppendUint32([]byte{linux.AF_NETLINK, 0, 0, 0}, port)
	return c.s.Bind(&ipcapi.BindRequest{Handle: h, Address: append(a, 0, 0, 0, 0), Cred: cred}, &ipcapi.BindReply{})
}

// ask sends a request of NETLINK_ROUTE.
func (c *client) ask(h uint64, typ, flags uint16, body []byte) {
	c.Helper()
	b := binary.LittleEndian.AppendUint32(nil, uint32(linux.SizeofNlmsghdr+len(body)))
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, typ), flags|linux.NLM_F_REQUEST)
	b = append(append(b, 7, 0, 0, 0, 0, 0, 0, 0), body...)
	c.wantSend(h, string(b), 0, len(b), 0)
}

// answer receives one datagram and gives the type of its first message and
// what follows the header.
func (c *client) answer(h uint64) (typ uint16, body string) {
	c.Helper()
	rep, e := c.recv(h, 1<<16, linux.MSG_DONTWAIT)
	if e != 0 || len(rep.Data) < linux.SizeofNlmsghdr {
		c.Errorf("recv = %d bytes, %v, want a message", len(rep.Data), e)
		return 0, ""
	}
	is(c, "sequence", le32(rep.Data[8:]), 7)
	return binary.LittleEndian.Uint16(rep.Data[4:]), string(rep.Data[linux.SizeofNlmsghdr:])
}

func init() {
	link := make([]byte, 16) // struct ifinfomsg
	register(map[string]func(*client){
		"NetlinkDumpsTheLoopbackDevice": func(c *client) {
			h := c.netlink()
			c.ask(h, linux.RTM_GETLINK, linux.NLM_F_DUMP, link)
			c.wantReady(h, in)
			typ, body := c.answer(h)
			is(c, "type", typ, linux.RTM_NEWLINK)
			is(c, "index", body[4], 1)
			typ, _ = c.answer(h)
			is(c, "type", typ, linux.NLMSG_DONE)
			c.ask(h, linux.RTM_GETADDR, linux.NLM_F_DUMP, []byte{linux.AF_INET, 0, 0, 0, 0, 0, 0, 0})
			typ, body = c.answer(h)
			is(c, "type", typ, linux.RTM_NEWADDR)
			is(c, "family and prefix", body[:2], "\x02\x08")
			is(c, "address", body[8:16], "\x08\x00\x01\x00\x7f\x00\x00\x01")
			c.answer(h)
			c.wantRecv(h, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
		},
		"NetlinkTellsErrors": func(c *client) {
			h := c.netlink()
			wanted := func(what string, want linux.Errno) {
				c.Helper()
				typ, body := c.answer(h)
				is(c, what+": type", typ, linux.NLMSG_ERROR)
				if len(body) >= 4 {
					is(c, what, linux.Errno(-int32(le32([]byte(body)))), want)
				}
			}
			other := append([]byte(nil), link...)
			other[4] = 9
			c.ask(h, linux.RTM_GETLINK, 0, other)
			wanted("no such device", linux.ENODEV)
			c.ask(h, linux.RTM_NEWLINK, 0, link)
			wanted("not privileged", linux.EPERM)
			c.ask(h, 999, 0, link)
			wanted("unknown", linux.EOPNOTSUPP)
			c.ask(h, linux.NLMSG_NOOP, linux.NLM_F_ACK, nil)
			wanted("acknowledged", 0)
			c.wantSend(h, "short", 0, 5, 0)
			c.wantSend(h, "\xff\xff\xff\xff\x12\x00\x01\x03\x00\x00\x00\x00\x00\x00\x00\x00", 0, 16, 0)
			c.wantRecv(h, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
		},
		"NetlinkPortsAreOnesOwn": func(c *client) {
			h, o := c.netlink(), c.inet(linux.AF_NETLINK, linux.SOCK_RAW)
			name, _ := c.name(h, false)
			is(c, "port", le32([]byte(name)[4:]), uint32(cred.Pid))
			is(c, "bind to one in use", c.bindNl(o, uint32(cred.Pid)), linux.EADDRINUSE)
			is(c, "bind again", c.bindNl(h, 5), linux.EINVAL)
			is(c, "bind to any", c.bindNl(o, 0), 0)
			name, _ = c.name(o, false)
			is(c, "another port", le32([]byte(name)[4:]) != uint32(cred.Pid), true)
			c.close(h)
			is(c, "bind to one that is free", c.bindNl(c.inet(linux.AF_NETLINK, linux.SOCK_RAW), uint32(cred.Pid)), 0)
			_, e := c.send(o, "x", 0)
			is(c, "send", e, 0)
			is(c, "listen", c.listen(o, 1), linux.EOPNOTSUPP)
			is(c, "shutdown", c.shutdown(o, linux.SHUT_WR), linux.EOPNOTSUPP)
		},
	})
}
