package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Send implements signalapi.Signal. Signal 0 asks only whether the target is
// there. A signal to a process or thread that is ending is dropped without an
// error, as in Linux. Errors: EINVAL, ESRCH, EAGAIN.
func (s *Signal) Send(req *signalapi.SendRequest, rep *signalapi.SendReply) linux.Errno {
	signo := req.Info.Signo
	if signo < 0 || signo > linux.NSIG {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	var t *thread
	if req.Thread != 0 {
		t = s.threads[req.Thread]
	} else if g := s.groups[req.Group]; g != nil {
		t = g.leader
	}
	if t == nil || req.Group != 0 && t.group.id != req.Group {
		return linux.ESRCH
	}
	if signo == 0 {
		return 0
	}
	o := out{&rep.Effects, &rep.Ready}
	t.group.user = req.User
	if req.Forced {
		if t.ended {
			return linux.ESRCH
		}
		t.trapno, t.err = req.Info.Trapno, req.Info.Err
		if t.trapno == trapPageFault {
			t.cr2 = req.Info.Value
		}
		s.force(t, &req.Info, false, req.User, o)
		return 0
	}
	return s.send(t, &req.Info, sending{
		shared: req.Thread == 0,
		kernel: req.Info.Code == linux.SI_KERNEL,
		limit:  req.Limit,
		user:   req.User,
	}, o)
}

// sending says how a signal is sent.
type sending struct {
	// shared: to the group, not to the one thread.
	shared bool
	// kernel: init cannot ignore it, and a full queue loses the siginfo.
	kernel bool
	limit  uint64
	user   uint32
}

// send is __send_signal_locked: it queues the signal and chooses who takes it.
// Errors: EAGAIN.
func (s *Signal) send(t *thread, info *signalapi.Info, how sending, o out) linux.Errno {
	signo := info.Signo
	if !s.prepare(signo, t, how.kernel, o) {
		return 0
	}
	q := &t.pending
	if how.shared {
		q = &t.group.shared
	}
	realtime := signo >= linux.SIGRTMIN
	if !realtime && q.set&bit(signo) != 0 {
		return 0 // one of each is enough: legacy_queue
	}
	if signo != linux.SIGKILL {
		// Only what sigqueue or the like sends counts as something to refuse; a
		// kill is delivered without siginfo when the queue is full.
		exempt := !realtime && info.Code >= 0
		if exempt || s.queued[how.user] < how.limit {
			e := s.newEntry(how.user)
			e.info = *info
			q.push(e)
		} else if realtime && info.Code != linux.SI_USER && !how.kernel {
			return linux.EAGAIN
		}
	}
	s.raise(t, q, signo, o)
	return 0
}

// raise makes a signal pending and finds a thread for it.
func (s *Signal) raise(t *thread, q *queue, signo int32, o out) {
	s.notify(signo, o)
	q.set |= bit(signo)
	s.complete(signo, t, q == &t.group.shared, o)
}

// prepare does what stop and continue signals do when they are sent, and reports
// whether the signal is to be queued at all (prepare_signal).
func (s *Signal) prepare(signo int32, t *thread, kernel bool, o out) bool {
	g := t.group
	switch {
	case g.exitSignal != 0:
		return false
	case bit(signo)&setStop != 0:
		s.flushGroup(g, bit(linux.SIGCONT))
	case signo == linux.SIGCONT:
		s.flushGroup(g, setStop)
		s.resume(g, o)
	}
	return !t.ignores(signo, kernel)
}

// ignores is sig_ignored: a blocked signal is kept, as the disposition may
// change.
func (t *thread) ignores(signo int32, kernel bool) bool {
	if (t.blocked|t.real)&bit(signo) != 0 {
		return false
	}
	g := t.group
	if g.unkillable && g.actions.of(signo).handler == linux.SIG_DFL &&
		!(kernel && bit(signo)&setKernelOnly != 0) {
		return true
	}
	return g.actions.ignores(signo)
}

// wants reports whether the thread would take the signal now.
func (t *thread) wants(signo int32) bool {
	if t.blocked&bit(signo) != 0 || t.ended {
		return false
	}
	return signo == linux.SIGKILL || !t.stopped
}

// busy reports whether the thread has a signal to look at already.
func (t *thread) busy() bool {
	return (t.pending.set|t.group.shared.set)&^t.blocked != 0
}

// complete wakes a thread for a signal that became pending, or ends the group
// (complete_signal). For a signal to the group, the leader comes first.
func (s *Signal) complete(signo int32, t *thread, shared bool, o out) {
	g := t.group
	to := t
	if !t.wants(signo) {
		if !shared {
			return
		}
		if to = g.taker(signo); to == nil {
			return
		}
	}

	if g.actions.fatal(signo) && t.real&bit(signo) == 0 && bit(signo)&setCore == 0 {
		s.end(g, signo)
		o.group(signalapi.EffectKindKill, g, signo)
		return
	}
	o.wake(to, signo)
}

// taker finds a thread other than the leader that wants a signal.
func (g *group) taker(signo int32) *thread {
	for i := range g.threads {
		at := (g.next + i) % len(g.threads)
		if g.threads[at].wants(signo) {
			g.next = at
			return g.threads[at]
		}
	}
	return nil
}

// end marks a group as ending by a signal: each thread finds a SIGKILL.
func (s *Signal) end(g *group, signo int32) {
	g.exitSignal = signo
	g.stopCount, g.stopped = 0, false
	for _, t := range g.threads {
		t.stopPending, t.counted, t.stopped = false, false, false
		t.pending.set |= bit(linux.SIGKILL)
	}
}

// force sends a signal that the thread can neither block nor ignore: it is
// unblocked, and gets its default disposition if it was blocked or ignored, or
// if byDefault says so (force_sig_info_to_task).
func (s *Signal) force(t *thread, info *signalapi.Info, byDefault bool, user uint32, o out) {
	a := t.group.actions.of(info.Signo)
	blocked := t.blocked&bit(info.Signo) != 0
	if blocked || byDefault || a.handler == linux.SIG_IGN {
		a.handler = linux.SIG_DFL
		t.blocked &^= bit(info.Signo)
	}
	if a.handler == linux.SIG_DFL {
		t.group.unkillable = false
	}
	before := len(*o.effects)
	s.send(t, info, sending{user: user, kernel: info.Code == linux.SI_KERNEL, limit: ^uint64(0)}, o)
	// It may have been pending and blocked.
	if len(*o.effects) == before {
		o.wake(t, info.Signo)
	}
}

// trapPageFault is the number of the page fault, whose address cr2 holds.
const trapPageFault = 14
