package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Mask implements signalapi.Signal. Errors: EINVAL, ESRCH.
func (s *Signal) Mask(req *signalapi.MaskRequest, rep *signalapi.MaskReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	rep.Old = t.blocked
	if req.Set {
		mask := req.Mask &^ setKernelOnly
		switch req.How {
		case linux.SIG_BLOCK:
			mask |= t.blocked
		case linux.SIG_UNBLOCK:
			mask = t.blocked &^ mask
		case linux.SIG_SETMASK:
		default:
			return linux.EINVAL
		}
		s.block(t, mask, out{effects: &rep.Effects})
	}
	rep.Deliverable = t.deliverable()
	return 0
}

// block sets a thread's mask. Signals of the group that it no longer takes go
// to other threads.
func (s *Signal) block(t *thread, mask uint64, o out) {
	if newly := mask &^ t.blocked; newly != 0 {
		s.retarget(t, newly, o)
	}
	t.blocked = mask
}

// retarget makes other threads look at those of the group's pending signals in
// which that t will not take (retarget_shared_pending).
func (s *Signal) retarget(t *thread, which uint64, o out) {
	which &= t.group.shared.set
	if which == 0 || t.group.exitSignal != 0 {
		return
	}
	for _, other := range t.group.threads {
		if other == t || which&^other.blocked == 0 {
			continue
		}
		o.wake(other, 0)
		if which &= other.blocked; which == 0 {
			return
		}
	}
}

// Pending implements signalapi.Signal. Errors: ESRCH.
func (s *Signal) Pending(req *signalapi.PendingRequest, rep *signalapi.PendingReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	rep.Set = (t.pending.set | t.group.shared.set) & t.blocked
	return 0
}

// Suspend implements signalapi.Signal. Errors: ESRCH.
func (s *Signal) Suspend(req *signalapi.SuspendRequest, rep *signalapi.SuspendReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	if !t.suspended {
		t.suspended, t.saved = true, t.blocked
	}
	s.block(t, req.Mask&^setKernelOnly, out{effects: &rep.Effects})
	rep.Deliverable = t.deliverable()
	return 0
}

// Restore implements signalapi.Signal. It does nothing when a delivery has put
// the mask into a frame since. Errors: ESRCH.
func (s *Signal) Restore(req *signalapi.RestoreRequest, rep *signalapi.RestoreReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	s.unsuspend(t, out{effects: &rep.Effects})
	rep.Deliverable = t.deliverable()
	return 0
}

func (s *Signal) unsuspend(t *thread, o out) {
	if t.suspended {
		t.suspended = false
		s.block(t, t.saved, o)
	}
}
