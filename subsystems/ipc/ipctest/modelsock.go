package ipctest

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

type mMsg struct {
	from   *mSock
	data   []byte
	size   int
	cred   [3]uint32
	peeked bool
	tokens []uint64
}

// mSock is a socket of the model.
type mSock struct {
	handle          uint64
	typ             uint32
	listens         bool
	connected       bool
	gone            bool
	noRead, noWrite bool
	err             linux.Errno
	peer            *mSock
	name            []byte
	node            uint64
	msgs            []*mMsg
	charged         int
	backlog         int
	queue           []*mSock

	sndbuf, lowat, peekOff int
	passcred               bool
	rcvTimeo               int64
}

func (k *mSock) full() bool { return len(k.msgs)+len(k.queue) > k.backlog }

func (k *mSock) takeErr() linux.Errno {
	e := k.err
	k.err = 0
	return e
}

func newSock(typ uint32) *mSock {
	return &mSock{typ: typ, backlog: 10, sndbuf: 212992, lowat: 1, peekOff: -1}
}

func (m *Model) addSock(k *mSock) uint64 {
	k.handle = m.add(k)
	return k.handle
}

func (m *Model) make(domain, typ, protocol uint32) (*mSock, linux.Errno) {
	switch {
	case domain >= 46:
		return nil, linux.EAFNOSUPPORT
	case typ >= 11:
		return nil, linux.EINVAL
	case domain != linux.AF_UNIX:
		return nil, linux.EAFNOSUPPORT
	case protocol > 1:
		return nil, linux.EPROTONOSUPPORT
	case typ == linux.SOCK_RAW:
		typ = dgram
	case typ != stream && typ != dgram && typ != seqpacket:
		return nil, linux.ESOCKTNOSUPPORT
	}
	return newSock(typ), 0
}

// Socket implements ipcapi.IPC.
func (m *Model) Socket(q *ipcapi.SocketRequest, a *ipcapi.SocketReply) linux.Errno {
	k, e := m.make(q.Domain, q.Type, q.Protocol)
	if e == 0 {
		a.Handle = m.addSock(k)
	}
	return e
}

// SocketPair implements ipcapi.IPC.
func (m *Model) SocketPair(q *ipcapi.SocketPairRequest, a *ipcapi.SocketPairReply) linux.Errno {
	x, e := m.make(q.Domain, q.Type, q.Protocol)
	if e != 0 {
		return e
	}
	y := newSock(x.typ)
	x.peer, y.peer, x.connected, y.connected = y, x, true, true
	a.First, a.Second = m.addSock(x), m.addSock(y)
	return 0
}

func (m *Model) sock(h uint64) (*mSock, linux.Errno) {
	switch k := m.files[h].(type) {
	case nil:
		return nil, linux.EBADF
	case *mSock:
		return k, 0
	}
	return nil, linux.ENOTSOCK
}

func badName(a []byte) bool { return len(a) < 3 || len(a) > 110 || a[0] != 1 || a[1] != 0 }

func nameKey(typ uint32, a []byte, node uint64) string {
	if a[2] == 0 {
		return itoa(int(typ)) + ":" + string(a[3:])
	}
	return "node " + u64(node)
}

func (m *Model) bindTo(k *mSock, a []byte, node uint64) linux.Errno {
	key := nameKey(k.typ, a, node)
	if a[2] == 0 && m.names[key] != nil {
		return linux.EADDRINUSE
	}
	k.name, k.node = slices.Clone(a), node
	if a[2] != 0 {
		if i := slices.Index(a[2:], 0); i >= 0 {
			k.name = k.name[:2+i]
		}
		k.name = append(k.name, 0)
	}
	if a[2] == 0 || node != 0 {
		m.names[key] = k
	}
	return 0
}

func (m *Model) autobind(k *mSock) linux.Errno {
	for k.name == nil {
		m.autos++
		digits := []byte("00000")
		for i, n := 4, m.autos; n > 0; i, n = i-1, n/16 {
			digits[i] = "0123456789abcdef"[n%16]
		}
		m.bindTo(k, append([]byte{1, 0, 0}, digits...), 0)
	}
	return 0
}

// Bind implements ipcapi.IPC.
func (m *Model) Bind(q *ipcapi.BindRequest, _ *ipcapi.BindReply) linux.Errno {
	k, e := m.sock(q.Handle)
	switch {
	case e != 0:
		return e
	case len(q.Address) == 2 && q.Address[0] == 1 && q.Address[1] == 0:
		return m.autobind(k)
	case badName(q.Address) || k.name != nil:
		return linux.EINVAL
	}
	return m.bindTo(k, q.Address, q.Node)
}

func (m *Model) find(typ uint32, a []byte, node uint64) (*mSock, linux.Errno) {
	k := m.names[nameKey(typ, a, node)]
	if k == nil {
		return nil, linux.ECONNREFUSED
	}
	if k.typ != typ {
		return nil, linux.EPROTOTYPE
	}
	return k, 0
}

// Listen implements ipcapi.IPC.
func (m *Model) Listen(q *ipcapi.ListenRequest, _ *ipcapi.ListenReply) linux.Errno {
	k, e := m.sock(q.Handle)
	switch {
	case e != 0:
		return e
	case k.typ == dgram:
		return linux.EOPNOTSUPP
	case k.name == nil || k.connected:
		return linux.EINVAL
	}
	k.listens, k.backlog = true, int(q.Backlog)
	if q.Backlog < 0 || q.Backlog > 4096 {
		k.backlog = 4096
	}
	return 0
}

// Connect implements ipcapi.IPC.
func (m *Model) Connect(q *ipcapi.ConnectRequest, a *ipcapi.ConnectReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	forget := k.typ == dgram && len(q.Address) >= 2 && q.Address[0] == 0 && q.Address[1] == 0
	var other *mSock
	if !forget {
		if badName(q.Address) {
			return linux.EINVAL
		}
		if k.passcred {
			m.autobind(k)
		}
		if other, e = m.find(k.typ, q.Address, q.Node); e != 0 {
			return e
		}
	}
	if k.typ == dgram {
		if other != nil && other.peer != nil && other.peer != k {
			return linux.EPERM
		}
		old := k.peer
		k.peer = other
		if old != nil && old != other && len(k.msgs) > 0 {
			a.Tokens = k.flush()
			if !old.gone && old.peer == k {
				old.err = linux.ECONNRESET
			}
		}
		return 0
	}
	switch {
	case !other.listens || other.noRead:
		return linux.ECONNREFUSED
	case other.full() && q.Nonblock:
		return linux.EAGAIN
	case other.full():
		a.Wait = ipcapi.Wait{Handle: q.Handle}
		return linux.EWAIT
	case k.connected:
		return linux.EISCONN
	case k.listens:
		return linux.EINVAL
	}
	c := newSock(k.typ)
	c.peer, k.peer, c.connected, k.connected = k, c, true, true
	c.name = other.name
	other.queue = append(other.queue, c)
	return 0
}

// Accept implements ipcapi.IPC.
func (m *Model) Accept(q *ipcapi.AcceptRequest, a *ipcapi.AcceptReply) linux.Errno {
	k, e := m.sock(q.Handle)
	switch {
	case e != 0:
		return e
	case k.typ == dgram:
		return linux.EOPNOTSUPP
	case !k.listens:
		return linux.EINVAL
	case len(k.queue) == 0 && k.noRead:
		return linux.EINVAL
	case len(k.queue) == 0:
		return m.wait(k, &a.Wait, linux.POLLIN)
	}
	c := k.queue[0]
	k.queue = k.queue[1:]
	c.passcred = k.passcred
	a.Handle = m.addSock(c)
	a.Address = []byte{1, 0}
	if c.peer != nil && c.peer.name != nil {
		a.Address = c.peer.name
	}
	return 0
}

// wait is for what SO_RCVTIMEO limits.
func (m *Model) wait(k *mSock, w *ipcapi.Wait, events uint32) linux.Errno {
	if k.rcvTimeo < 0 {
		return linux.EAGAIN
	}
	*w = ipcapi.Wait{Handle: k.handle, Events: events}
	if k.rcvTimeo > 0 {
		w.DeadlineNs, w.DeadlineErrno = m.Now+k.rcvTimeo, uint32(linux.EAGAIN)
	}
	return linux.EWAIT
}

// Name implements ipcapi.IPC.
func (m *Model) Name(q *ipcapi.NameRequest, a *ipcapi.NameReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	if q.Peer {
		if k = k.peer; k == nil {
			return linux.ENOTCONN
		}
	}
	if a.Address = k.name; k.name == nil {
		a.Address = []byte{1, 0}
	}
	return 0
}

// Shutdown implements ipcapi.IPC.
func (m *Model) Shutdown(q *ipcapi.ShutdownRequest, _ *ipcapi.ShutdownReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	if q.How > 2 {
		return linux.EINVAL
	}
	rd, wr := q.How != linux.SHUT_WR, q.How != linux.SHUT_RD
	k.noRead, k.noWrite = k.noRead || rd, k.noWrite || wr
	if p := k.peer; p != nil && k.typ != dgram {
		p.noRead, p.noWrite = p.noRead || wr, p.noWrite || rd
	}
	return 0
}

func (k *mSock) flush() []uint64 {
	var tokens []uint64
	for _, msg := range k.msgs {
		msg.from.charged -= msg.size
		tokens = append(tokens, msg.tokens...)
	}
	k.msgs = nil
	return tokens
}

func (m *Model) closeSock(k *mSock, unaccepted bool, tokens *[]uint64) {
	for key, o := range m.names {
		if o == k {
			delete(m.names, key)
		}
	}
	if p := k.peer; p != nil && k.typ != dgram {
		p.noRead, p.noWrite = true, true
		if len(k.msgs) > 0 || unaccepted {
			p.err = linux.ECONNRESET
		}
	}
	k.gone, k.noRead, k.noWrite, k.listens, k.connected, k.peer = true, true, true, false, false, nil
	*tokens = append(*tokens, k.flush()...)
	for _, c := range k.queue {
		m.closeSock(c, true, tokens)
	}
	k.queue = nil
}

// Send implements ipcapi.IPC.
func (m *Model) Send(q *ipcapi.SendRequest, a *ipcapi.SendReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	return m.send(k, q, a)
}

func (m *Model) send(k *mSock, q *ipcapi.SendRequest, a *ipcapi.SendReply) linux.Errno {
	address := q.Address
	if k.typ == seqpacket {
		if e := k.takeErr(); e != 0 {
			return e
		}
		if !k.connected {
			return linux.ENOTCONN
		}
		address = nil
	}
	if q.Flags&linux.MSG_OOB != 0 {
		return linux.EOPNOTSUPP
	}
	block := func(events uint32) linux.Errno {
		if q.Nonblock || q.Flags&linux.MSG_DONTWAIT != 0 {
			return linux.EAGAIN
		}
		a.Wait = ipcapi.Wait{Handle: q.Handle, Events: events}
		return linux.EWAIT
	}
	put := func(to *mSock, data []byte, tokens []uint64) {
		msg := &mMsg{from: k, data: slices.Clone(data), tokens: slices.Clone(tokens), cred: [3]uint32{0, 65534, 65534}}
		if k.passcred || to.passcred || to.handle == 0 {
			msg.cred = [3]uint32{uint32(q.Cred.Pid), q.Cred.Uid, q.Cred.Gid}
		}
		msg.size = modelSize(k.typ, len(data))
		k.charged += msg.size
		to.msgs = append(to.msgs, msg)
	}
	if k.typ == stream {
		switch {
		case len(address) > 0 && k.connected:
			return linux.EISCONN
		case len(address) > 0:
			return linux.EOPNOTSUPP
		case k.peer == nil:
			return linux.ENOTCONN
		case k.noWrite:
			return linux.EPIPE
		case len(q.Data) == 0:
			a.Tokens = q.Tokens
			return 0
		}
		tokens := q.Tokens
		for rest := q.Data; len(rest) > 0; {
			e := k.takeErr()
			if e == 0 && k.charged >= k.sndbuf {
				e = block(linux.POLLOUT)
			}
			if e == 0 && (k.peer.gone || k.peer.noRead) {
				e = linux.EPIPE
			}
			if e != 0 {
				if a.Count == 0 {
					return e
				}
				a.Wait = ipcapi.Wait{}
				return 0
			}
			n := min(len(rest), k.sndbuf/2-64, 36544)
			put(k.peer, rest[:n], tokens)
			tokens = nil
			rest = rest[n:]
			a.Count += uint32(n)
		}
		return 0
	}

	other := k.peer
	if len(address) > 0 && badName(address) {
		return linux.EINVAL
	}
	if len(address) == 0 && other == nil {
		return linux.ENOTCONN
	}
	if k.passcred {
		m.autobind(k)
	}
	if len(q.Data) > k.sndbuf-32 {
		return linux.EMSGSIZE
	}
	if e := k.takeErr(); e != 0 {
		return e
	}
	if k.noWrite {
		return linux.EPIPE
	}
	if k.charged >= k.sndbuf {
		return block(linux.POLLOUT)
	}
	if len(address) > 0 {
		var e linux.Errno
		if other, e = m.find(k.typ, address, q.Node); e != 0 {
			return e
		}
	}
	switch {
	case other.peer != nil && other.peer != k:
		return linux.EPERM
	case other.gone && k.typ == seqpacket:
		return linux.EPIPE
	case other.gone:
		k.peer = nil
		a.Tokens = k.flush()
		return linux.ECONNREFUSED
	case other.noRead:
		return linux.EPIPE
	case other != k && other.peer != k && other.full():
		return block(0)
	}
	put(other, q.Data, q.Tokens)
	a.Count = uint32(len(q.Data))
	return 0
}

// modelSize is what n bytes are charged: tables of what SIOCOUTQ shows natively
// would be long, so this is the kernel's rule once more.
func modelSize(typ uint32, n int) int {
	paged := 0
	if typ == stream && n > 3776 {
		paged = (n - 3776 + 4095) / 4096 * 4096
	}
	if typ != stream && n > 16064 {
		paged = min((n-16064+4095)/4096*4096, 17*4096)
	}
	head := 512
	for head < n-min(n, paged)+320 {
		head *= 2
	}
	return 256 + head + paged
}

// Receive implements ipcapi.IPC.
func (m *Model) Receive(q *ipcapi.ReceiveRequest, a *ipcapi.ReceiveReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	return m.receive(k, q, a)
}

func (m *Model) receive(k *mSock, q *ipcapi.ReceiveRequest, a *ipcapi.ReceiveReply) linux.Errno {
	peek, oob, dontwait := q.Flags&linux.MSG_PEEK != 0, q.Flags&linux.MSG_OOB != 0, q.Nonblock || q.Flags&linux.MSG_DONTWAIT != 0
	block := func() linux.Errno {
		if dontwait {
			return linux.EAGAIN
		}
		if len(k.msgs) > 0 {
			return m.wait(k, &a.Wait, 0)
		}
		return m.wait(k, &a.Wait, linux.POLLIN)
	}
	show := func(cred [3]uint32) {
		if k.passcred {
			a.Control = ucred(cred[0], cred[1], cred[2])
		}
	}
	skip := 0
	if peek && k.peekOff > 0 {
		skip = k.peekOff
	}
	moved := func(n int) { // by peeking, or back by reading
		if k.peekOff >= 0 && peek {
			k.peekOff += n
		} else if k.peekOff >= 0 {
			k.peekOff = max(0, k.peekOff-n)
		}
	}
	if k.typ != stream {
		if k.typ == seqpacket && !k.connected {
			return linux.ENOTCONN
		}
		if oob {
			return linux.EOPNOTSUPP
		}
		if e := k.takeErr(); e != 0 {
			return e
		}
		i := 0
		for peek && k.peekOff >= 0 && i < len(k.msgs) && skip >= len(k.msgs[i].data) && (skip > 0 || k.msgs[i].peeked) {
			skip -= len(k.msgs[i].data)
			i++
		}
		if i == len(k.msgs) {
			if k.noRead && (k.typ == seqpacket || !dontwait) {
				return 0
			}
			return block()
		}
		msg := k.msgs[i]
		a.Full = uint32(len(msg.data) - skip)
		a.Data = slices.Clone(msg.data[skip:min(len(msg.data), skip+int(q.Count))])
		if len(a.Data) < int(a.Full) {
			a.Flags = linux.MSG_TRUNC
		}
		a.Tokens, a.Address = msg.tokens, msg.from.name
		show(msg.cred)
		if peek {
			moved(len(a.Data))
			msg.peeked = msg.peeked || len(msg.data) == 0
		} else {
			moved(len(msg.data))
			k.msgs = k.msgs[1:]
			msg.from.charged -= msg.size
		}
		return 0
	}

	if !k.connected || oob {
		return linux.EINVAL
	}
	want := max(1, min(int(q.Count), k.lowat))
	if q.Flags&linux.MSG_WAITALL != 0 {
		want = max(1, int(q.Count))
	}
	var cred [3]uint32
	parts := 0
	for i := 0; ; {
		for i < len(k.msgs) && skip >= len(k.msgs[i].data) {
			skip -= len(k.msgs[i].data)
			i++
		}
		if i == len(k.msgs) {
			if len(a.Data) >= want || peek && len(a.Data) > 0 {
				break
			}
			e := k.takeErr()
			if e == 0 && !k.noRead {
				e = block()
			}
			if e != 0 && len(a.Data) == 0 {
				return e
			}
			break
		}
		msg := k.msgs[i]
		if k.passcred && parts > 0 && msg.cred != cred {
			break
		}
		cred = msg.cred
		if parts++; parts == 1 {
			a.Address = msg.from.name
		}
		n := min(len(msg.data)-skip, int(q.Count)-len(a.Data))
		a.Data = append(a.Data, msg.data[skip:skip+n]...)
		a.Tokens = append(a.Tokens, msg.tokens...)
		rights := len(msg.tokens) > 0
		moved(n)
		if peek {
			skip = 0
			i++
		} else {
			msg.data, msg.tokens = msg.data[n:], nil
			if len(msg.data) > 0 {
				break
			}
			k.msgs = k.msgs[1:]
			msg.from.charged -= msg.size
		}
		if rights || len(a.Data) == int(q.Count) {
			break
		}
	}
	a.Full = uint32(len(a.Data))
	show(cred)
	return 0
}

// GetOption implements ipcapi.IPC for the options that Fuzz asks for.
func (m *Model) GetOption(q *ipcapi.GetOptionRequest, a *ipcapi.GetOptionReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	v := 0
	yes := map[bool]int{true: 1}
	switch q.Option {
	case linux.SO_TYPE:
		v = int(k.typ)
	case linux.SO_ERROR:
		v = int(k.takeErr())
	case linux.SO_SNDBUF:
		v = k.sndbuf
	case linux.SO_RCVLOWAT:
		v = k.lowat
	case linux.SO_PEEK_OFF:
		v = k.peekOff
	case linux.SO_PASSCRED:
		v = yes[k.passcred]
	case linux.SO_ACCEPTCONN:
		v = yes[k.listens]
	default:
		return linux.ENOPROTOOPT
	}
	a.Value = i32(int32(v))
	a.Value = a.Value[:min(4, q.Size)]
	return 0
}

// SetOption implements ipcapi.IPC for the options that Fuzz sets.
func (m *Model) SetOption(q *ipcapi.SetOptionRequest, _ *ipcapi.SetOptionReply) linux.Errno {
	k, e := m.sock(q.Handle)
	if e != 0 {
		return e
	}
	if len(q.Value) < 4 {
		return linux.EINVAL
	}
	v := int(int32(le32(q.Value)))
	switch q.Option {
	case linux.SO_SNDBUF:
		if v < 0 || v > 4<<20 {
			v = 4 << 20
		}
		k.sndbuf = max(4608, 2*v)
	case linux.SO_RCVLOWAT:
		if k.lowat = v; v < 0 {
			k.lowat = 1<<31 - 1
		} else if v == 0 {
			k.lowat = 1
		}
	case linux.SO_PEEK_OFF:
		k.peekOff = max(v, -1)
	case linux.SO_PASSCRED:
		k.passcred = v != 0
	default:
		return linux.ENOPROTOOPT
	}
	return 0
}
