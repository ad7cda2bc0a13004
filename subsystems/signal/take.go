package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Take implements signalapi.Signal. The thread waits from the first EWAIT until
// it gets another answer; while it waits, its mask lets the set through. EINTR
// says that a signal outside of the set wants to be looked at, EAGAIN that a
// cancelled wait found nothing. Errors: ESRCH.
func (s *Signal) Take(req *signalapi.TakeRequest, rep *signalapi.TakeReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	if t.taking {
		t.taking = false
		mask := t.real
		t.real = 0
		s.block(t, mask, out{effects: &rep.Effects})
	}
	except := ^(req.Set &^ setKernelOnly)
	if s.dequeue(t, except, &rep.Info) != 0 {
		rep.DeadlineNs = s.deadline()
		return 0
	}
	if req.Cancel {
		return linux.EAGAIN
	}
	if t.deliverable() {
		return linux.EINTR
	}
	t.taking = true
	t.real = t.blocked
	t.blocked &= except
	return linux.EWAIT
}
