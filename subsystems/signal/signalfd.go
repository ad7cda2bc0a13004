package signal

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/signal/internal/siginfo"
)

// signalfd reads signals of whichever thread reads it.
type signalfd struct {
	id         uint64
	mask       uint64
	generation uint64
}

// OpenSignalfd implements signalapi.Signal. Errors: EBADF, EINVAL (not a
// signalfd).
func (s *Signal) OpenSignalfd(req *signalapi.OpenSignalfdRequest, rep *signalapi.OpenSignalfdReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	mask := req.Mask &^ setKernelOnly
	if req.Handle == 0 {
		fd := &signalfd{mask: mask}
		fd.id = s.newHandle(fd)
		s.signalfds = append(s.signalfds, fd)
		s.wanted |= mask
		rep.Handle = fd.id
		return 0
	}
	h := s.handles[req.Handle]
	if h == nil {
		return linux.EBADF
	}
	fd, ok := h.(*signalfd)
	if !ok {
		return linux.EINVAL
	}
	fd.mask = mask
	s.countWanted()
	fd.changed(&rep.Ready)
	rep.Handle = fd.id
	return 0
}

func (s *Signal) countWanted() {
	s.wanted = 0
	for _, fd := range s.signalfds {
		s.wanted |= fd.mask
	}
}

func (fd *signalfd) close(s *Signal) {
	i := slices.Index(s.signalfds, fd)
	s.signalfds = slices.Delete(s.signalfds, i, i+1)
	s.countWanted()
}

// changed reports that somebody may be able to read.
func (fd *signalfd) changed(ready *[]signalapi.Ready) {
	fd.generation++
	*ready = append(*ready, signalapi.Ready{Handle: fd.id, Level: linux.POLLIN, Generation: fd.generation})
}

// notify tells those who read a signal by descriptor that one is coming.
func (s *Signal) notify(signo int32, o out) {
	if s.wanted&bit(signo) == 0 || o.ready == nil {
		return
	}
	for _, fd := range s.signalfds {
		if fd.mask&bit(signo) != 0 {
			fd.changed(o.ready)
		}
	}
}

// read takes as many signals as there are and as fit.
func (fd *signalfd) read(s *Signal, req *signalapi.ReadRequest, rep *signalapi.ReadReply) linux.Errno {
	n := req.Count / siginfo.Size
	if n == 0 {
		return linux.EINVAL
	}
	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	before := len(rep.Data)
	for range n {
		var info signalapi.Info
		if s.dequeue(t, ^fd.mask, &info) == 0 {
			break
		}
		rep.Data = siginfo.AppendFD(rep.Data, &info)
	}
	if len(rep.Data) == before {
		return linux.EWAIT
	}
	return 0
}

// Read implements signalapi.Signal. Errors: EBADF, EINVAL (count too small),
// EWAIT, ECANCELED (the clock was set), ESRCH.
func (s *Signal) Read(req *signalapi.ReadRequest, rep *signalapi.ReadReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	e := linux.EBADF
	switch fd := s.handles[req.Handle].(type) {
	case *timerfd:
		e = fd.read(s, req, rep)
	case *signalfd:
		e = fd.read(s, req, rep)
	}
	rep.DeadlineNs = s.deadline()
	return e
}

// Poll implements signalapi.Signal. Errors: EBADF.
func (s *Signal) Poll(req *signalapi.PollRequest, rep *signalapi.PollReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	switch fd := s.handles[req.Handle].(type) {
	case *timerfd:
		rep.Level, rep.Generation = fd.level(), fd.generation
	case *signalfd:
		rep.Generation = fd.generation
		if t := s.threads[req.Thread]; t != nil && (t.pending.set|t.group.shared.set)&fd.mask != 0 {
			rep.Level = linux.POLLIN
		}
	default:
		return linux.EBADF
	}
	return 0
}

// Close implements signalapi.Signal. Errors: EBADF.
func (s *Signal) Close(req *signalapi.CloseRequest, _ *signalapi.CloseReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	h := s.handles[req.Handle]
	if h == nil {
		return linux.EBADF
	}
	h.close(s)
	delete(s.handles, req.Handle)
	return 0
}
