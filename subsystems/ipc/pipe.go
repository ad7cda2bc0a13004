package ipc

import (
	"math/bits"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/internal/ring"
)

// Limits of pipes: fs/pipe.c, /proc/sys/fs/pipe-*.
const (
	pageSize        = 4096
	pipeSlots       = 16      // of a new pipe
	pipeSlotsPoor   = 2       // of a new pipe of a user above pipeUserPages
	pipeMaxSize     = 1 << 20 // bytes, for the unprivileged
	pipeUserPages   = 16384   // pipe-user-pages-soft
	pipeSizeTooMuch = 1 << 31
)

// slot describes one of Linux's pipe buffers: a page with len bytes from off
// on. The bytes lie in the pipe's ring, one slot's after the other's; the
// slots decide when a pipe is full and where packets end, as on Linux.
type slot struct {
	off, len uint16
	flags    uint8
}

const (
	slotMerge  = 1 << iota // the next write may add to it
	slotPacket             // a read ends with it and drops the rest
)

// pipe is the object behind the ends of a pipe or FIFO.
type pipe struct {
	data  ring.Buffer
	slots []slot // a ring of max
	first int
	used  int

	readers, writers int
	rOpened, wOpened uint32 // how often a side was opened
	ends             []*pipeEnd
	node             uint64 // of a FIFO
	uid              uint32
	inline           [pipeSlots]slot
	inlineEnds       [2]*pipeEnd

	// taken are the pages, or their parts, that the last read took; takenRest
	// says that some of the last one is still there. For Unread.
	taken     []slot
	takenRest bool
}

// pipeEnd is one open file description of a pipe.
type pipeEnd struct {
	fileBase
	p           *pipe
	read_       bool
	write_      bool
	packet      bool
	pending     bool   // an OpenFifo that waits
	seen        uint32 // pending: the other side's count at the start
	noHangUntil uint32 // no POLLHUP while wOpened is this (0: never)
}

// newPipe makes a pipe without ends, charged to cred.
func (s *IPC) newPipe(cred *ipcapi.Cred) *pipe {
	p := &pipe{uid: cred.Uid}
	n := pipeSlots
	if s.pipePages[cred.Uid]+n > pipeUserPages && !mayExceedPipes(cred.Caps) {
		n = pipeSlotsPoor
	}
	s.pipePages[cred.Uid] += n
	p.slots = p.inline[:n]
	p.ends = p.inlineEnds[:0]
	return p
}

func mayExceedPipes(caps uint64) bool {
	return caps&(1<<linux.CAP_SYS_RESOURCE|1<<linux.CAP_SYS_ADMIN) != 0
}

// OpenPipe implements ipcapi.IPC. Errors: EINVAL (flags other than O_DIRECT,
// O_NONBLOCK and O_CLOEXEC).
func (s *IPC) OpenPipe(req *ipcapi.OpenPipeRequest, rep *ipcapi.OpenPipeReply) linux.Errno {
	if req.Flags&^(linux.O_DIRECT|linux.O_NONBLOCK|linux.O_CLOEXEC) != 0 {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.newPipe(&req.Cred)
	p.readers, p.writers = 1, 1
	r := &pipeEnd{p: p, read_: true}
	w := &pipeEnd{p: p, write_: true, packet: req.Flags&linux.O_DIRECT != 0}
	rep.ReadHandle = s.open(r, s.newInode(&req.Cred))
	rep.WriteHandle = s.open(w, r.inode)
	p.ends = append(p.ends, r, w)
	return 0
}

func (p *pipe) full() bool { return p.used >= len(p.slots) }

func (p *pipe) at(i int) *slot {
	i += p.first
	if i >= len(p.slots) {
		i -= len(p.slots)
	}
	return &p.slots[i]
}

func (p *pipe) push(v slot) {
	p.used++
	*p.at(p.used - 1) = v
}

func (p *pipe) pop() {
	p.first++
	if p.first == len(p.slots) {
		p.first = 0
	}
	p.used--
}

// polledAny reports whether any end was polled: then each write is an event.
func (p *pipe) polledAny() bool {
	for _, e := range p.ends {
		if e.polled {
			return true
		}
	}
	return false
}

func (p *pipe) wakeReaders(ready *[]ipcapi.Ready) {
	for _, e := range p.ends {
		if e.read_ || e.pending {
			wake(e, ready)
		}
	}
}

func (p *pipe) wakeWriters(ready *[]ipcapi.Ready) {
	for _, e := range p.ends {
		if e.write_ {
			wake(e, ready)
		}
	}
}

// level is pipe_poll of fs/pipe.c. An open that waits shows POLLIN when it need
// not wait any more.
func (e *pipeEnd) level(uint32) uint32 {
	p, mask := e.p, uint32(0)
	if e.pending {
		if e.met() {
			mask = linux.POLLIN
		}
		return mask
	}
	if e.read_ {
		if p.used > 0 {
			mask |= linux.POLLIN | linux.POLLRDNORM
		}
		if p.writers == 0 && e.noHangUntil != p.wOpened+1 {
			mask |= linux.POLLHUP
		}
	}
	if e.write_ {
		if !p.full() {
			mask |= linux.POLLOUT | linux.POLLWRNORM
		}
		if p.readers == 0 {
			mask |= linux.POLLERR
		}
	}
	return mask
}

// read is pipe_read of fs/pipe.c.
func (e *pipeEnd) read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	p := e.p
	if !e.read_ || e.pending {
		return linux.EBADF
	}
	if req.Count == 0 {
		return 0
	}
	if p.used == 0 {
		if p.writers == 0 {
			return 0
		}
		rep.Wait = ipcapi.Wait{Handle: e.handle, Events: linux.POLLIN}
		return linux.EWAIT
	}
	if req.Mode == ipcapi.ReadModePeek {
		rep.Data = p.data.Peek(rep.Data, 0, min(p.data.Len(), int(req.Count)))
		return 0
	}
	freed := false
	p.taken = p.taken[:0]
	for left := int(req.Count); left > 0 && p.used > 0; {
		b := p.at(0)
		n := min(int(b.len), left)
		if req.Mode != ipcapi.ReadModeDrop {
			rep.Data = p.data.Peek(rep.Data, 0, n)
		}
		left -= n
		p.taken = append(p.taken, slot{b.off, uint16(n), b.flags})
		if b.flags&slotPacket != 0 && req.Mode != ipcapi.ReadModeDrop {
			n, left = int(b.len), 0
		}
		p.data.Discard(n)
		b.off += uint16(n)
		b.len -= uint16(n)
		p.takenRest = b.len > 0
		if b.len == 0 {
			freed = freed || p.full()
			p.pop()
		}
	}
	if freed {
		p.wakeWriters(&rep.Ready)
	}
	return 0
}

// write is pipe_write of fs/pipe.c: small writes add to the last page, the
// rest goes into whole pages, so that up to PIPE_BUF bytes go in at once or not
// at all.
func (e *pipeEnd) write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	p, data := e.p, req.Data
	if !e.write_ || e.pending {
		return linux.EBADF
	}
	if len(data) == 0 {
		return 0
	}
	if p.readers == 0 {
		return linux.EPIPE
	}
	wasEmpty := p.used == 0
	if req.Spliced {
		return e.take(s, req, rep)
	}
	if odd := len(data) % pageSize; odd != 0 && !wasEmpty {
		b := p.at(p.used - 1)
		if b.flags&slotMerge != 0 && int(b.off)+int(b.len)+odd <= pageSize {
			p.data.Append(&s.pool, data[:odd])
			b.len += uint16(odd)
			data = data[odd:]
		}
	}
	flags := uint8(slotMerge)
	if e.packet {
		flags = slotPacket
	}
	for len(data) > 0 && !p.full() {
		n := min(len(data), pageSize)
		p.data.Append(&s.pool, data[:n])
		p.push(slot{len: uint16(n), flags: flags})
		data = data[n:]
	}
	rep.Count = uint32(len(req.Data) - len(data))
	if rep.Count == 0 {
		rep.Wait = ipcapi.Wait{Handle: e.handle, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	if wasEmpty || p.polledAny() {
		p.wakeReaders(&rep.Ready)
	}
	return 0
}

func (e *pipeEnd) ioctl(_ *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	if req.Command != linux.FIONREAD {
		return linux.ENOTTY
	}
	rep.Out = appendInt(rep.Out, e.p.data.Len())
	return 0
}

func (e *pipeEnd) mode() uint32 { return linux.S_IFIFO | 0o600 }

// close is pipe_release of fs/pipe.c.
func (e *pipeEnd) close(s *IPC, rep *ipcapi.CloseReply) {
	p := e.p
	p.drop(e)
	if e.read_ {
		p.readers--
	}
	if e.write_ {
		p.writers--
	}
	if (p.readers == 0) != (p.writers == 0) {
		for _, o := range p.ends {
			wake(o, &rep.Ready)
		}
	}
	s.release(p)
}

func (p *pipe) drop(e *pipeEnd) {
	for i, o := range p.ends {
		if o == e {
			p.ends = slices.Delete(p.ends, i, i+1)
			return
		}
	}
}

// release frees the pipe when its last end is gone; what it holds is lost.
func (s *IPC) release(p *pipe) {
	if len(p.ends) > 0 {
		return
	}
	p.data.Release(&s.pool)
	if s.pipePages[p.uid] -= len(p.slots); s.pipePages[p.uid] == 0 {
		delete(s.pipePages, p.uid)
	}
	if p.node != 0 {
		delete(s.fifos, p.node)
	}
}

// PipeSize implements ipcapi.IPC, pipe_set_size of fs/pipe.c. Errors: EBADF
// (not a pipe), EINVAL (above 2 GiB), EPERM (above the limits and not
// privileged), EBUSY (more pages in use).
func (s *IPC) PipeSize(req *ipcapi.PipeSizeRequest, rep *ipcapi.PipeSizeReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.files.get(req.Handle).(*pipeEnd)
	if !ok || e.pending {
		return linux.EBADF
	}
	p := e.p
	if req.Size != 0 {
		if req.Size > pipeSizeTooMuch {
			return linux.EINVAL
		}
		pages := 1 << bits.Len32((max(req.Size, pageSize)-1)/pageSize)
		if pages > len(p.slots) && !req.Privileged &&
			(pages*pageSize > pipeMaxSize || s.pipePages[p.uid]-len(p.slots)+pages > pipeUserPages) {
			return linux.EPERM
		}
		if pages < p.used {
			return linux.EBUSY
		}
		s.pipePages[p.uid] += pages - len(p.slots)
		p.resize(pages)
		p.wakeWriters(&rep.Ready)
	}
	rep.Size = uint32(len(p.slots) * pageSize)
	rep.Room = uint32(max(0, len(p.slots)-p.used) * pageSize)
	return 0
}

func (p *pipe) resize(pages int) {
	slots := make([]slot, pages)
	for i := range p.used {
		slots[i] = *p.at(i)
	}
	p.slots, p.first = slots, 0
}
