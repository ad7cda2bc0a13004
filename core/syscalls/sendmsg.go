package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var sendmsgRows = []Row{
	{"sendto", IPC, args(fd("sockfd"), in("buf", 2), uinteger("len"), flags("flags", linux.MsgFlags), vec("dest_addr", strace.Sockaddr, 5), integer("addrlen")), sysSendto},
	{"sendmsg", IPC, args(fd("sockfd"), ptr("msg"), flags("flags", linux.MsgFlags)), sysSendmsg},
	{"sendmmsg", IPC, args(fd("sockfd"), ptr("msgvec"), uinteger("vlen"), flags("flags", linux.MsgFlags)), sysSendmmsg},
}

const (
	// maxDatagram is the most bytes of a message that is sent whole: more
	// than any send buffer holds.
	maxDatagram = 64 << 20
	// maxControl is net.core.optmem_max.
	maxControl = 131072
	// internalSend are the flags that only the kernel may give.
	internalSend = 0x8000000 | 0x10000 | 0x100000 // MSG_SPLICE_PAGES, MSG_SENDPAGE_*
)

// outgoing is a message on its way out.
type outgoing struct {
	flags   uint32
	address []byte
	control []byte
	// tokens are references of the message until it is sent.
	tokens []uint64
	v      []linux.Iovec
	total  int64
	// captured are the bytes, when the platform has them.
	captured []byte
}

func sysSendto(c *Call) (int64, linux.Errno) {
	addr, n := c.Args[1], c.Args[2]
	if n > 1<<47 || addr > 1<<47 || addr+n > 1<<47 {
		return 0, linux.EFAULT // access_ok comes before the descriptor
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	n = min(n, maxRW)
	m := outgoing{flags: c.Uint(3) &^ internalSend, v: []linux.Iovec{{Base: addr, Len: n}}, total: int64(n)}
	if b, ok := c.T.Platform.In(addr); ok && uint64(len(b)) == n {
		m.captured = b
	}
	if c.Args[4] != 0 {
		if m.address, e = c.sockaddr(c.Args[4], c.Int(5)); e != 0 {
			return 0, e
		}
	}
	return c.sendMessage(f, &m)
}

func sysSendmsg(c *Call) (int64, linux.Errno) {
	if c.Uint(2)&linux.MSG_CMSG_COMPAT != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	return c.sendAt(f, c.Args[1], c.Uint(2))
}

// sysSendmmsg stops at the first message that fails, and tells of it only when
// none was sent.
func sysSendmmsg(c *Call) (int64, linux.Errno) {
	if c.Uint(3)&linux.MSG_CMSG_COMPAT != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	n := int64(0)
	for most := min(c.Uint(2), linux.UIO_MAXIOV); n < int64(most); n++ {
		at := c.Args[1] + uint64(n)*linux.SizeofMmsghdr
		var sent int64
		if sent, e = c.sendAt(f, at, c.Uint(3)|linux.MSG_BATCH); e != 0 {
			break
		}
		var b [4]byte
		le.PutUint32(b[:], uint32(sent))
		if e = c.CopyOut(at+linux.SizeofMsghdr, b[:]); e != 0 {
			break
		}
	}
	if n > 0 {
		e = 0
	}
	return n, e
}

// msghdr reads struct msghdr: copy_msghdr_from_user.
func (c *Call) msghdr(addr uint64) (h linux.Msghdr, v []linux.Iovec, total int64, e linux.Errno) {
	var b [linux.SizeofMsghdr]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return h, nil, 0, e
	}
	h.Decode(b[:])
	if h.Name == 0 {
		h.Namelen = 0
	}
	if h.Namelen < 0 {
		return h, nil, 0, linux.EINVAL
	}
	h.Namelen = min(h.Namelen, linux.SizeofSockaddrStorage)
	if h.Iovlen > linux.UIO_MAXIOV {
		return h, nil, 0, linux.EMSGSIZE
	}
	v, total, e = c.iovecs(h.Iov, int32(h.Iovlen))
	return h, v, total, e
}

// sendAt sends the message whose header is at addr.
func (c *Call) sendAt(f *fdtable.File, addr uint64, fl uint32) (int64, linux.Errno) {
	h, v, total, e := c.msghdr(addr)
	if e != 0 {
		return 0, e
	}
	m := outgoing{flags: fl &^ internalSend, v: v, total: total}
	if h.Namelen > 0 {
		if m.address, e = c.sockaddr(h.Name, h.Namelen); e != 0 {
			return 0, e
		}
	}
	if h.Controllen > maxControl {
		return 0, linux.ENOBUFS
	}
	if h.Controllen > 0 {
		b := make([]byte, h.Controllen)
		if e := c.CopyIn(h.Control, b); e != 0 {
			return 0, e
		}
		if e := c.takeControl(f, &m, b); e != 0 {
			return 0, e
		}
	}
	return c.sendMessage(f, &m)
}

// sendMessage sends m and gives its references back when nobody took them.
func (c *Call) sendMessage(f *fdtable.File, m *outgoing) (int64, linux.Errno) {
	n, e := c.transmit(f, m)
	c.dropTokens(m.tokens)
	if e == linux.EPIPE && f.Type == linux.SOCK_STREAM && m.flags&linux.MSG_NOSIGNAL == 0 {
		c.signalSelf(linux.SIGPIPE)
	}
	return n, e
}

// transmit sends a stream in parts and anything else whole.
func (c *Call) transmit(f *fdtable.File, m *outgoing) (int64, linux.Errno) {
	q, r := &c.frame.ipcSend, &c.frame.ipcSendR
	q.Handle, q.Flags, q.Address, q.Control, q.Cred, q.Node = f.Handle, m.flags, m.address, m.control, c.ipcCred(), 0
	stream := f.Type == linux.SOCK_STREAM
	if !stream && f.Type != linux.SOCK_SEQPACKET && len(m.address) > 0 {
		var e linux.Errno
		if q.Node, e = c.unixNode(f, m.address); e != 0 {
			return 0, e
		}
	}
	var whole []byte
	var done, until int64
	for {
		data := m.captured
		switch {
		case m.captured != nil:
			data = m.captured[done:]
		case stream:
			data = c.outgoing()[:min(m.total-done, bounceSize)]
			if n := c.gather(m.v, done, data); n < len(data) {
				if data = data[:n]; n == 0 {
					c.sent()
					return sentSoFar(done, linux.EFAULT)
				}
			}
		default:
			if m.total > maxDatagram {
				return 0, linux.EMSGSIZE
			}
			if whole == nil {
				whole = make([]byte, m.total)
				if c.gather(m.v, 0, whole) < len(whole) {
					return 0, linux.EFAULT
				}
			}
			data = whole
		}
		q.Data, q.Tokens, q.Nonblock = data, m.tokens, f.Flags.Load()&linux.O_NONBLOCK != 0
		r.Wait, r.Count, r.Ready, r.Tokens = ipcapi.Wait{}, 0, r.Ready[:0], r.Tokens[:0]
		e := c.IPC.Send(q, r)
		q.Data, q.Tokens = nil, nil
		c.sent()
		c.ipcReady(r.Ready)
		if e == 0 {
			m.tokens = nil
			q.Flags &^= linux.MSG_FASTOPEN // it is connected now
			done += int64(r.Count)
		}
		c.dropTokens(r.Tokens)
		switch {
		case e == 0:
			if !stream || done >= m.total || r.Count == 0 {
				return done, 0
			}
		case e == linux.EWAIT:
			if e := c.blockIPC(f, &r.Wait, &until); e != 0 {
				return sentSoFar(done, e)
			}
		default:
			return sentSoFar(done, e)
		}
	}
}

// sentSoFar gives the bytes that went before an error, which then is not told.
func sentSoFar(done int64, e linux.Errno) (int64, linux.Errno) {
	if done > 0 {
		return done, 0
	}
	return 0, e
}

// gather reads what the vector holds from offset off on, and stops where it
// cannot be read.
func (c *Call) gather(v []linux.Iovec, off int64, b []byte) int {
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
		m := c.P.Space.Platform.Read(x.Base+uint64(off), part)
		n += m
		if m < len(part) {
			break
		}
		off = 0
	}
	return n
}
