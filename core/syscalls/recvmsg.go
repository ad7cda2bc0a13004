package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var recvmsgRows = []Row{
	{"recvfrom", IPC, args(fd("sockfd"), out("buf", 2), uinteger("size"), flags("flags", linux.MsgFlags), ptr("src_addr"), ptr("addrlen")), sysRecvfrom},
	{"recvmsg", IPC, args(fd("sockfd"), ptr("msg"), flags("flags", linux.MsgFlags)), sysRecvmsg},
	{"recvmmsg", IPC, args(fd("sockfd"), ptr("msgvec"), uinteger("vlen"), flags("flags", linux.MsgFlags), kind("timeout", strace.TimespecIn)), sysRecvmmsg},
}

// incoming is what a receive brings beside the bytes, which lie in app memory.
type incoming struct {
	address []byte
	control []byte
	// tokens are the message's own with MSG_PEEK, else they are the call's.
	tokens []uint64
	flags  uint32
}

func sysRecvfrom(c *Call) (int64, linux.Errno) {
	addr, n := c.Args[1], min(c.Args[2], maxRW) // import_ubuf
	if !accessOK(addr, n) {
		return 0, linux.EFAULT
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	fl := c.Uint(3)
	var m incoming
	got, e := c.receive(f, []linux.Iovec{{Base: addr, Len: n}}, int64(n), fl, &m, true)
	if fl&linux.MSG_PEEK == 0 {
		c.dropTokens(m.tokens)
	}
	if e == 0 && c.Args[4] != 0 {
		e = c.putSockaddr(m.address, c.Args[4], c.Args[5])
	}
	return got, e
}

func sysRecvmsg(c *Call) (int64, linux.Errno) {
	if c.Uint(2)&linux.MSG_CMSG_COMPAT != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	n, _, e := c.receiveAt(f, c.Args[1], c.Uint(2))
	return n, e
}

// sysRecvmmsg is do_recvmmsg: the time-out is only looked at after a message.
func sysRecvmmsg(c *Call) (int64, linux.Errno) {
	if c.Uint(3)&linux.MSG_CMSG_COMPAT != 0 {
		return 0, linux.EINVAL
	}
	deadline, e := c.deadlineAt(c.Args[4], false)
	if e != 0 {
		return 0, e
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	n, fl := int64(0), c.Uint(3)
	for n < int64(c.Uint(2)) {
		at := c.Args[1] + uint64(n)*linux.SizeofMmsghdr
		var got int64
		var shown uint32
		if got, shown, e = c.receiveAt(f, at, fl&^linux.MSG_WAITFORONE); e != 0 {
			break
		}
		var b [4]byte
		le.PutUint32(b[:], uint32(got))
		if e = c.CopyOut(at+linux.SizeofMsghdr, b[:]); e != 0 {
			break
		}
		n++
		if fl&linux.MSG_WAITFORONE != 0 {
			fl |= linux.MSG_DONTWAIT
		}
		if deadline == noWait || deadline != forever && c.Leader.Now() >= deadline || shown&linux.MSG_OOB != 0 {
			break
		}
	}
	if n == 0 {
		return 0, e
	}
	if c.Args[4] != 0 {
		left := int64(0)
		if deadline > 0 {
			left = max(deadline-c.Leader.Now(), 0)
		}
		t := linux.NsToTimespec(left)
		var b [linux.SizeofTimespec]byte
		t.Encode(b[:])
		if e := c.CopyOut(c.Args[4], b[:]); e != 0 {
			return 0, e
		}
	}
	return n, 0
}

// The places in struct msghdr that a receive writes.
const (
	msghdrNamelen    = 8
	msghdrControllen = 40
	msghdrFlags      = 48
)

// receiveAt receives into the message whose header is at addr:
// ____sys_recvmsg. It gives msg_flags, too.
func (c *Call) receiveAt(f *fdtable.File, addr uint64, fl uint32) (int64, uint32, linux.Errno) {
	h, v, total, e := c.msghdr(addr)
	if e != 0 {
		return 0, 0, e
	}
	var m incoming
	n, e := c.receive(f, v, total, fl, &m, false)
	if e != 0 {
		if fl&linux.MSG_PEEK == 0 {
			c.dropTokens(m.tokens)
		}
		return 0, 0, e
	}
	shown := m.flags | fl&linux.MSG_CMSG_CLOEXEC
	used, lost := c.giveControl(&m, h.Control, h.Controllen, fl)
	if lost {
		shown |= linux.MSG_CTRUNC
	}
	if h.Name != 0 {
		if e := c.putSockaddr(m.address, h.Name, addr+msghdrNamelen); e != 0 {
			return 0, 0, e
		}
	}
	var b [8]byte
	le.PutUint32(b[:], shown)
	if e := c.CopyOut(addr+msghdrFlags, b[:4]); e != 0 {
		return 0, 0, e
	}
	le.PutUint64(b[:], used)
	if e := c.CopyOut(addr+msghdrControllen, b[:]); e != 0 {
		return 0, 0, e
	}
	return n, shown, 0
}

// receive puts bytes into the vector, in parts when ipc gives them so
// (MSG_WAITALL). last says that nothing is written to app memory after it by
// c.Return.
func (c *Call) receive(f *fdtable.File, v []linux.Iovec, total int64, fl uint32, m *incoming, last bool) (int64, linux.Errno) {
	q, r := &c.frame.ipcReceive, &c.frame.ipcReceiveR
	var done, until int64
	for {
		buf := c.Out()
		small := total <= int64(len(buf))
		if !small {
			buf = c.bounceBuf()
		}
		q.Handle, q.Count, q.Flags, q.Nonblock = f.Handle, uint32(total-done), fl, f.Flags.Load()&linux.O_NONBLOCK != 0
		*r = ipcapi.ReceiveReply{Data: buf[:0], Address: r.Address[:0], Control: r.Control[:0], Ready: r.Ready[:0]}
		e := c.IPC.Receive(q, r)
		c.ipcReady(r.Ready)
		data := r.Data
		r.Data = nil
		if e != 0 && e != linux.EWAIT {
			return sentSoFar(done, e)
		}
		if e == 0 {
			part := r.Wait.Handle != 0 || r.Wait.Ticket != 0
			m.tokens, m.flags = append(m.tokens, r.Tokens...), m.flags|r.Flags
			if done == 0 {
				m.address, m.control = r.Address, r.Control
			}
			n := len(data)
			if last && small && done == 0 && !part && len(v) == 1 {
				if fl&linux.MSG_PEEK == 0 {
					c.moved = moved{f, -1}
				}
				c.Return(v[0].Base, n)
			} else if x := c.scatter(v, done, data); x < n {
				if fl&linux.MSG_PEEK == 0 {
					x, m.tokens = c.unread(f, data, x, m.tokens)
				}
				return sentSoFar(done+int64(x), linux.EFAULT)
			}
			done += int64(n)
			if !part {
				if fl&linux.MSG_TRUNC != 0 && int64(r.Full) > done {
					return int64(r.Full), 0
				}
				return done, 0
			}
			m.address, m.control = append([]byte(nil), m.address...), append([]byte(nil), m.control...)
		}
		if e := c.blockIPC(f, &r.Wait, &until); e != 0 {
			return sentSoFar(done, e)
		}
	}
}

// scatter writes b into the vector from offset off on, and stops where it
// cannot be written.
func (c *Call) scatter(v []linux.Iovec, off int64, b []byte) int {
	n := 0
	for _, x := range v {
		if off >= int64(x.Len) {
			off -= int64(x.Len)
			continue
		}
		part := b[n:]
		if room := int64(x.Len) - off; int64(len(part)) > room {
			part = part[:room]
		}
		if len(part) == 0 {
			break
		}
		m := c.P.Space.Platform.Write(x.Base+uint64(off), part)
		n += m
		if m < len(part) {
			break
		}
		off = 0
	}
	return n
}
