package ipctest

import (
	"encoding/binary"
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Model is an ipcapi.IPC that is slow and plain: every page and message is a
// slice of its own, every handle a new number. It reports nobody ready (Fuzz
// works that out from the levels), has no clock but Now, and knows the options
// that Fuzz uses.
type Model struct {
	ipcapi.Unimplemented
	// Now is the time, in nanoseconds.
	Now int64

	last  uint64
	files map[uint64]any
	fifos map[uint64]*mPipe
	pages map[uint32]int
	names map[string]*mSock // key: type and address, or "node" and number
	autos int
}

// NewModel returns an empty model.
func NewModel() *Model {
	return &Model{
		files: map[uint64]any{}, fifos: map[uint64]*mPipe{}, pages: map[uint32]int{}, names: map[string]*mSock{},
	}
}

func (m *Model) add(f any) uint64 {
	m.last++
	m.files[m.last] = f
	return m.last
}

type mPage struct {
	data          []byte
	off           int // bytes read off its start
	merge, packet bool
}

type mPipe struct {
	pages            []mPage
	max              int
	readers, writers int
	rOpens, wOpens   int
	ends             int
	node             uint64
	uid              uint32
}

type mEnd struct {
	p                            *mPipe
	read, write, packet, pending bool
	seen                         int
	quietUntil                   int // wOpens at a nonblocking open, or -1
}

type mEvent struct {
	n         uint64
	semaphore bool
}

func (m *Model) newPipe(c *ipcapi.Cred) *mPipe {
	p := &mPipe{uid: c.Uid, max: 16}
	if m.pages[c.Uid]+16 > 16384 && c.Caps&(1<<linux.CAP_SYS_RESOURCE|1<<linux.CAP_SYS_ADMIN) == 0 {
		p.max = 2
	}
	m.pages[c.Uid] += p.max
	return p
}

// OpenPipe implements ipcapi.IPC.
func (m *Model) OpenPipe(q *ipcapi.OpenPipeRequest, a *ipcapi.OpenPipeReply) linux.Errno {
	if q.Flags&^(linux.O_DIRECT|linux.O_NONBLOCK|linux.O_CLOEXEC) != 0 {
		return linux.EINVAL
	}
	p := m.newPipe(&q.Cred)
	p.readers, p.writers, p.ends = 1, 1, 2
	a.ReadHandle = m.add(&mEnd{p: p, read: true, quietUntil: -1})
	a.WriteHandle = m.add(&mEnd{p: p, write: true, packet: q.Flags&linux.O_DIRECT != 0, quietUntil: -1})
	return 0
}

// OpenFifo implements ipcapi.IPC.
func (m *Model) OpenFifo(q *ipcapi.OpenFifoRequest, a *ipcapi.OpenFifoReply) linux.Errno {
	if q.Pending != 0 {
		e, ok := m.files[q.Pending].(*mEnd)
		switch {
		case !ok || !e.pending:
			return linux.EBADF
		case q.Cancel:
			delete(m.files, q.Pending)
			m.closeEnd(e)
			return 0
		case !e.met():
			a.Pending, a.Wait = q.Pending, ipcapi.Wait{Handle: q.Pending, Events: linux.POLLIN}
			return linux.EWAIT
		}
		e.pending = false
		a.Handle = q.Pending
		return 0
	}
	mode, nonblock := q.Flags&3, q.Flags&linux.O_NONBLOCK != 0
	p := m.fifos[q.Node]
	named, bad := true, false
	if q.Handle != 0 {
		e, ok := m.files[q.Handle].(*mEnd)
		if bad = !ok || e.pending; !bad {
			p, named = e.p, e.p.node != 0
		}
	}
	switch {
	case q.Cancel:
		return linux.EBADF
	case mode == 3:
		return linux.EINVAL
	case bad:
		return linux.EBADF
	case named && mode == linux.O_WRONLY && nonblock && (p == nil || p.readers == 0):
		return linux.ENXIO
	}
	if p == nil {
		p = m.newPipe(&q.Cred)
		p.node = q.Node
		m.fifos[q.Node] = p
	}
	e := &mEnd{p: p, read: mode != 1, write: mode != 0, packet: q.Flags&linux.O_DIRECT != 0, quietUntil: -1}
	p.ends++
	if e.read {
		p.readers++
		p.rOpens++
	}
	if e.write {
		p.writers++
		p.wOpens++
	}
	h := m.add(e)
	if !named {
		a.Handle = h
		return 0
	}
	if mode == 0 && p.writers == 0 && nonblock {
		e.quietUntil = p.wOpens
	} else if mode == 0 && p.writers == 0 {
		e.pending, e.seen = true, p.wOpens
	} else if mode == 1 && p.readers == 0 {
		e.pending, e.seen = true, p.rOpens
	}
	if e.pending {
		a.Pending, a.Wait = h, ipcapi.Wait{Handle: h, Events: linux.POLLIN}
		return linux.EWAIT
	}
	a.Handle = h
	return 0
}

func (e *mEnd) met() bool {
	if e.read {
		return e.p.wOpens != e.seen
	}
	return e.p.rOpens != e.seen
}

func (m *Model) closeEnd(e *mEnd) {
	p := e.p
	p.ends--
	if e.read {
		p.readers--
	}
	if e.write {
		p.writers--
	}
	if p.ends == 0 {
		m.pages[p.uid] -= p.max
		if p.node != 0 || m.fifos[0] == p {
			delete(m.fifos, p.node)
		}
	}
}

// PipeSize implements ipcapi.IPC.
func (m *Model) PipeSize(q *ipcapi.PipeSizeRequest, a *ipcapi.PipeSizeReply) linux.Errno {
	e, ok := m.files[q.Handle].(*mEnd)
	if !ok || e.pending {
		return linux.EBADF
	}
	if q.Size > 1<<31 {
		return linux.EINVAL
	}
	if q.Size > 0 {
		n := 1
		for uint64(n)*4096 < uint64(q.Size) {
			n *= 2
		}
		more := n > e.p.max && !q.Privileged
		if more && (n > 256 || m.pages[e.p.uid]-e.p.max+n > 16384) {
			return linux.EPERM
		}
		if len(e.p.pages) > n {
			return linux.EBUSY
		}
		m.pages[e.p.uid] += n - e.p.max
		e.p.max = n
	}
	a.Size = uint32(e.p.max) * 4096
	a.Room = uint32(e.p.max-len(e.p.pages)) * 4096
	return 0
}

// Splice implements ipcapi.IPC.
func (m *Model) Splice(q *ipcapi.SpliceRequest, a *ipcapi.SpliceReply) linux.Errno {
	if q.Count == 0 {
		return 0
	}
	if m.files[q.From] == nil || m.files[q.To] == nil {
		return linux.EBADF
	}
	from, ok1 := m.files[q.From].(*mEnd)
	to, ok2 := m.files[q.To].(*mEnd)
	if !ok1 || !ok2 {
		return linux.EINVAL
	}
	if !from.read || !to.write || from.pending || to.pending {
		return linux.EBADF
	}
	in, out := from.p, to.p
	switch {
	case in == out:
		return linux.EINVAL
	case len(in.pages) == 0 && in.writers > 0:
		a.Wait = ipcapi.Wait{Handle: q.From, Events: linux.POLLIN}
		return linux.EWAIT
	case out.readers == 0:
		return linux.EPIPE
	case len(out.pages) >= out.max:
		a.Wait = ipcapi.Wait{Handle: q.To, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	left := int(q.Count)
	for i := 0; left > 0 && len(out.pages) < out.max && i < len(in.pages); i++ {
		page := in.pages[i]
		n := min(left, len(page.data))
		whole := n == len(page.data) && !q.Keep
		out.pages = append(out.pages, mPage{
			data: append([]byte(nil), page.data[:n]...), off: page.off, merge: page.merge && whole, packet: page.packet,
		})
		left -= n
		if whole {
			in.pages = in.pages[1:]
			i--
		} else if !q.Keep {
			in.pages[i].data = page.data[n:]
			in.pages[i].off += n
		}
	}
	a.Count = q.Count - uint32(left)
	return 0
}

// OpenEventfd implements ipcapi.IPC.
func (m *Model) OpenEventfd(q *ipcapi.OpenEventfdRequest, a *ipcapi.OpenEventfdReply) linux.Errno {
	a.Handle = m.add(&mEvent{q.Value, q.Semaphore})
	return 0
}

// Read implements ipcapi.IPC.
func (m *Model) Read(q *ipcapi.ReadRequest, a *ipcapi.ReadReply) linux.Errno {
	switch f := m.files[q.Handle].(type) {
	case *mEnd:
		return f.readPipe(q, a)
	case *mEvent:
		if q.Count < 8 {
			return linux.EINVAL
		}
		if f.n == 0 {
			a.Wait = ipcapi.Wait{Handle: q.Handle, Events: linux.POLLIN}
			return linux.EWAIT
		}
		n := f.n
		if f.semaphore {
			n = 1
		}
		f.n -= n
		a.Data = binary.LittleEndian.AppendUint64(a.Data, n)
		return 0
	case *mSock:
		if q.Count == 0 {
			return 0
		}
		var r ipcapi.ReceiveReply
		e := m.receive(f, &ipcapi.ReceiveRequest{Handle: q.Handle, Count: q.Count}, &r)
		a.Data, a.Wait, a.Tokens = r.Data, r.Wait, r.Tokens
		return e
	}
	return linux.EBADF
}

func (f *mEnd) readPipe(q *ipcapi.ReadRequest, a *ipcapi.ReadReply) linux.Errno {
	p := f.p
	if !f.read || f.pending {
		return linux.EBADF
	}
	if q.Count > 0 && len(p.pages) == 0 && p.writers > 0 {
		a.Wait = ipcapi.Wait{Handle: q.Handle, Events: linux.POLLIN}
		return linux.EWAIT
	}
	if q.Mode == ipcapi.ReadModePeek {
		for _, page := range p.pages {
			a.Data = append(a.Data, page.data[:min(int(q.Count)-len(a.Data), len(page.data))]...)
		}
		return 0
	}
	drop := q.Mode == ipcapi.ReadModeDrop
	for left := int(q.Count); left > 0 && len(p.pages) > 0; {
		page := &p.pages[0]
		n := min(left, len(page.data))
		if !drop {
			a.Data = append(a.Data, page.data[:n]...)
		}
		page.data = page.data[n:]
		page.off += n
		left -= n
		packet := page.packet && !drop
		if len(page.data) == 0 || packet {
			p.pages = p.pages[1:]
		}
		if packet {
			break
		}
	}
	return 0
}

// Write implements ipcapi.IPC.
func (m *Model) Write(q *ipcapi.WriteRequest, a *ipcapi.WriteReply) linux.Errno {
	switch f := m.files[q.Handle].(type) {
	case *mEnd:
		return f.writePipe(q, a)
	case *mEvent:
		if len(q.Data) != 8 {
			return linux.EINVAL
		}
		n := binary.LittleEndian.Uint64(q.Data)
		if n == math.MaxUint64 {
			return linux.EINVAL
		}
		if f.n+n < f.n || f.n+n == math.MaxUint64 {
			a.Wait = ipcapi.Wait{Handle: q.Handle}
			return linux.EWAIT
		}
		f.n += n
		a.Count = 8
		return 0
	case *mSock:
		var r ipcapi.SendReply
		e := m.send(f, &ipcapi.SendRequest{Handle: q.Handle, Data: q.Data, Cred: q.Cred}, &r)
		a.Count, a.Wait, a.Tokens = r.Count, r.Wait, r.Tokens
		return e
	}
	return linux.EBADF
}

func (f *mEnd) writePipe(q *ipcapi.WriteRequest, a *ipcapi.WriteReply) linux.Errno {
	p, data := f.p, q.Data
	switch {
	case !f.write || f.pending:
		return linux.EBADF
	case len(data) == 0:
		return 0
	case p.readers == 0:
		return linux.EPIPE
	}
	if q.Spliced {
		return f.takePages(q, a)
	}
	odd := len(data) % 4096
	if n := len(p.pages); n > 0 && odd > 0 {
		last := &p.pages[n-1]
		if last.merge && last.off+len(last.data)+odd <= 4096 {
			last.data = append(append([]byte(nil), last.data...), data[:odd]...)
			data = data[odd:]
		}
	}
	for len(data) > 0 && len(p.pages) < p.max {
		n := min(4096, len(data))
		p.pages = append(p.pages, mPage{data: append([]byte(nil), data[:n]...), merge: !f.packet, packet: f.packet})
		data = data[n:]
	}
	a.Count = uint32(len(q.Data) - len(data))
	if a.Count == 0 {
		a.Wait = ipcapi.Wait{Handle: q.Handle, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	return 0
}

func (f *mEnd) takePages(q *ipcapi.WriteRequest, a *ipcapi.WriteReply) linux.Errno {
	p, off := f.p, int(q.PageOffset)
	switch {
	case off >= 4096:
		return linux.EINVAL
	case len(p.pages) >= p.max:
		a.Wait = ipcapi.Wait{Handle: q.Handle, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	for data := q.Data; len(data) > 0 && len(p.pages) < p.max; off = 0 {
		n := min(4096-off, len(data))
		p.pages = append(p.pages, mPage{data: append([]byte(nil), data[:n]...), off: off})
		data = data[n:]
		a.Count += uint32(n)
	}
	return 0
}

// Poll implements ipcapi.IPC.
func (m *Model) Poll(q *ipcapi.PollRequest, a *ipcapi.PollReply) linux.Errno {
	set := func(when bool, bits uint32) {
		if when {
			a.Level |= bits
		}
	}
	switch f := m.files[q.Handle].(type) {
	case *mEnd:
		if f.pending {
			set(f.met(), linux.POLLIN)
			return 0
		}
		set(f.read && len(f.p.pages) > 0, in)
		set(f.read && f.p.writers == 0 && f.quietUntil != f.p.wOpens, hup)
		set(f.write && len(f.p.pages) < f.p.max, out)
		set(f.write && f.p.readers == 0, linux.POLLERR)
	case *mEvent:
		set(f.n > 0, linux.POLLIN)
		set(f.n == math.MaxUint64, linux.POLLERR)
		set(f.n < math.MaxUint64-1, linux.POLLOUT)
	case *mSock:
		set(f.err != 0, linux.POLLERR)
		set(f.noRead && f.noWrite, hup)
		set(f.noRead, in|rhup)
		set(len(f.msgs)+len(f.queue) > 0, in)
		set(f.typ != dgram && !f.listens && !f.connected, hup)
		blocked := f.typ != stream && f.peer != nil && f.peer.peer != f && f.peer.full() && !f.peer.gone
		set(!f.listens && f.charged*4 <= f.sndbuf && !blocked, out|band)
	default:
		return linux.EBADF
	}
	return 0
}

// Ioctl implements ipcapi.IPC.
func (m *Model) Ioctl(q *ipcapi.IoctlRequest, a *ipcapi.IoctlReply) linux.Errno {
	n := 0
	switch f := m.files[q.Handle].(type) {
	case nil:
		return linux.EBADF
	case *mEnd:
		if q.Command != linux.FIONREAD {
			return linux.ENOTTY
		}
		for _, page := range f.p.pages {
			n += len(page.data)
		}
	case *mSock:
		switch {
		case q.Command == linux.SIOCOUTQ:
			n = f.charged
		case q.Command != linux.SIOCINQ:
			return linux.ENOTTY
		case f.listens:
			return linux.EINVAL
		default:
			for i, msg := range f.msgs {
				if i == 0 || f.typ != dgram {
					n += len(msg.data)
				}
			}
		}
	default:
		return linux.ENOTTY
	}
	a.Out = append(a.Out, i32(int32(n))...)
	return 0
}

// Close implements ipcapi.IPC.
func (m *Model) Close(q *ipcapi.CloseRequest, a *ipcapi.CloseReply) linux.Errno {
	f := m.files[q.Handle]
	delete(m.files, q.Handle)
	switch f := f.(type) {
	case nil:
		return linux.EBADF
	case *mEnd:
		m.closeEnd(f)
	case *mSock:
		m.closeSock(f, false, &a.Tokens)
	}
	return 0
}

// Expire implements ipcapi.IPC.
func (m *Model) Expire(*ipcapi.ExpireRequest, *ipcapi.ExpireReply) linux.Errno { return 0 }
