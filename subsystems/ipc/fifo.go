package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// OpenFifo implements ipcapi.IPC, fifo_open of fs/pipe.c. An open that waits
// counts as a reader or writer meanwhile; it ends when the other side was
// opened, even if that has been closed since. A handle instead of a node opens
// that pipe once more. Errors: ENXIO (write only,
// O_NONBLOCK, no reader), EINVAL (access mode), EBADF (pending is not a waiting
// open).
func (s *IPC) OpenFifo(req *ipcapi.OpenFifoRequest, rep *ipcapi.OpenFifoReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Pending != 0 {
		return s.resumeFifo(req, rep)
	}
	if req.Cancel {
		return linux.EBADF
	}
	mode := req.Flags & linux.O_ACCMODE
	if mode == linux.O_ACCMODE {
		return linux.EINVAL
	}
	nonblock := req.Flags&linux.O_NONBLOCK != 0
	p := s.fifos[req.Node]
	if req.Handle != 0 {
		e, ok := s.files.get(req.Handle).(*pipeEnd)
		if !ok || e.pending {
			return linux.EBADF
		}
		p = e.p
	}
	// An anonymous pipe never waits for the other side: is_pipe in fifo_open.
	anonymous := p != nil && p.node == 0
	if !anonymous && mode == linux.O_WRONLY && nonblock && (p == nil || p.readers == 0) {
		return linux.ENXIO
	}
	if p == nil {
		p = s.newPipe(&req.Cred)
		p.node = req.Node
		s.fifos[req.Node] = p
	}
	e := &pipeEnd{
		p:      p,
		read_:  mode != linux.O_WRONLY,
		write_: mode != linux.O_RDONLY,
		packet: req.Flags&linux.O_DIRECT != 0,
	}
	first := e.read_ && p.readers == 0 || e.write_ && p.writers == 0
	if e.read_ {
		p.readers++
		p.rOpened++
	}
	if e.write_ {
		p.writers++
		p.wOpened++
	}
	if first {
		p.wakeReaders(&rep.Ready)
	}
	switch {
	case anonymous:
	case mode == linux.O_RDONLY && p.writers == 0 && nonblock:
		// No POLLHUP until a writer was seen.
		e.noHangUntil = p.wOpened + 1
	case mode == linux.O_RDONLY && p.writers == 0:
		e.pending, e.seen = true, p.wOpened
	case mode == linux.O_WRONLY && p.readers == 0:
		e.pending, e.seen = true, p.rOpened
	}
	p.ends = append(p.ends, e)
	i := p.ends[0].inode // that of an anonymous pipe; fstat of a FIFO is fs's
	handle := s.open(e, i)
	if e.pending {
		return e.await(rep)
	}
	rep.Handle = handle
	return 0
}

// met reports whether the other side has been opened since e began to wait.
func (e *pipeEnd) met() bool {
	if e.read_ {
		return e.p.wOpened != e.seen
	}
	return e.p.rOpened != e.seen
}

func (e *pipeEnd) await(rep *ipcapi.OpenFifoReply) linux.Errno {
	rep.Pending = e.handle
	rep.Wait = ipcapi.Wait{Handle: e.handle, Events: linux.POLLIN}
	return linux.EWAIT
}

func (s *IPC) resumeFifo(req *ipcapi.OpenFifoRequest, rep *ipcapi.OpenFifoReply) linux.Errno {
	e, ok := s.files.get(req.Pending).(*pipeEnd)
	if !ok || !e.pending {
		return linux.EBADF
	}
	if req.Cancel {
		s.files.remove(e.handle)
		var done ipcapi.CloseReply
		done.Ready = rep.Ready
		e.close(s, &done)
		rep.Ready = done.Ready
		return 0
	}
	if !e.met() {
		return e.await(rep)
	}
	e.pending = false
	rep.Handle = e.handle
	return 0
}
