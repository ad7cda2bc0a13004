package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/signal/internal/frame"
)

// delivery is what the last Deliver of a handler changed, for the case that its
// frame cannot be written.
type delivery struct {
	signo          int32
	blocked, saved uint64
	suspended      bool
	alt            altStack
	regs           signalapi.Regs
}

// Deliver implements signalapi.Signal: get_signal, handle_signal and
// arch_do_signal_or_restart. A thread that is told to stop calls again when its
// group continues; after TERMINATE and CORE the group is ending and its other
// threads get TERMINATE too. Errors: ESRCH.
func (s *Signal) Deliver(req *signalapi.DeliverRequest, rep *signalapi.DeliverReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil || t.ended {
		return linux.ESRCH
	}
	o := out{effects: &rep.Effects}
	rep.Regs = req.Regs
	interrupted := linux.Errno(req.Interrupted)
	if req.FrameFailed && t.last.signo != 0 {
		rep.Regs, interrupted = t.last.regs, 0
		s.undo(t, o)
	}
	t.last.signo = 0

	rep.Disposition = s.next(t, req, rep, interrupted, o)
	rep.More = t.deliverable()
	rep.DeadlineNs = s.deadline()
	return 0
}

// next takes signals until one does something.
func (s *Signal) next(t *thread, req *signalapi.DeliverRequest, rep *signalapi.DeliverReply,
	interrupted linux.Errno, o out) signalapi.Disposition {
	g := t.group
	for {
		switch {
		case g.exitSignal != 0:
			t.pending.set &^= bit(linux.SIGKILL)
			rep.Info = signalapi.Info{Signo: g.exitSignal}
			return signalapi.DispositionTerminate
		case t.stopPending:
			t.stopped = true
			rep.GroupStopped = g.participate(t)
			fallthrough
		case t.stopped:
			rep.Info = signalapi.Info{Signo: g.stopSignal}
			return signalapi.DispositionStop
		}

		signo := s.dequeueSync(t, &rep.Info)
		if signo == 0 {
			signo = s.dequeue(t, t.blocked, &rep.Info)
		}
		if signo == 0 {
			rep.Info = signalapi.Info{} // of signals that did nothing
			restart(&rep.Regs, interrupted, req.Syscall)
			s.unsuspend(t, o)
			return signalapi.DispositionNone
		}

		a := g.actions.of(signo)
		switch a.handler {
		case linux.SIG_IGN:
			continue
		case linux.SIG_DFL:
		default:
			chosen := *a
			if a.flags&linux.SA_RESETHAND != 0 {
				a.handler = linux.SIG_DFL
			}
			interrupt(&rep.Regs, interrupted, req.Syscall, chosen.flags)
			interrupted = 0
			if s.enter(t, &chosen, req.XstateSize, rep, o) {
				return signalapi.DispositionHandler
			}
			s.frameFault(t, signo, o)
			continue
		}

		switch {
		case bit(signo)&setIgnore != 0:
			continue
		case g.unkillable && bit(signo)&setKernelOnly == 0:
			continue
		case bit(signo)&setStop != 0:
			if signo != linux.SIGSTOP && req.Orphaned {
				continue
			}
			rep.GroupStopped = g.startStop(t, signo, o)
			return signalapi.DispositionStop
		}
		s.end(g, signo)
		t.pending.set &^= bit(linux.SIGKILL)
		if bit(signo)&setCore != 0 {
			return signalapi.DispositionCore
		}
		return signalapi.DispositionTerminate
	}
}

// interrupt ends or repeats an interrupted call before a handler runs.
func interrupt(r *signalapi.Regs, why linux.Errno, nr, flags uint64) {
	switch why {
	case linux.ERESTART_RESTARTBLOCK, linux.ERESTARTNOHAND:
		frame.Fail(r, uint64(linux.EINTR))
	case linux.ERESTARTSYS:
		if flags&linux.SA_RESTART == 0 {
			frame.Fail(r, uint64(linux.EINTR))
			return
		}
		frame.Restart(r, nr)
	case linux.ERESTARTNOINTR:
		frame.Restart(r, nr)
	}
}

// restart repeats an interrupted call when no handler runs.
func restart(r *signalapi.Regs, why linux.Errno, nr uint64) {
	switch why {
	case linux.ERESTARTNOHAND, linux.ERESTARTSYS, linux.ERESTARTNOINTR:
		frame.Restart(r, nr)
	case linux.ERESTART_RESTARTBLOCK:
		frame.Restart(r, frame.RestartSyscall)
	}
}

// enter builds the frame of a handler and changes the thread as its delivery
// does. It reports false when there is no place for the frame, and changes
// nothing then (get_sigframe, x64_setup_rt_frame, signal_delivered).
func (s *Signal) enter(t *thread, a *action, xstate uint32, rep *signalapi.DeliverReply, o out) bool {
	if a.flags&linux.SA_RESTORER == 0 {
		return false // amd64 has no other way back
	}
	regs := &rep.Regs
	onAlt := t.alt.uses(regs.Rsp)
	sp := frame.Below(regs.Rsp)
	if a.flags&linux.SA_ONSTACK != 0 && t.alt.state(sp) == 0 {
		sp = t.alt.sp + t.alt.size
		onAlt = true
	}
	addr, fp, ok := frame.Place(sp, xstate)
	if !ok || onAlt && !t.alt.has(addr) {
		return false
	}

	c := frame.Context{
		Restorer: a.restorer,
		AltSP:    t.alt.sp,
		AltFlags: t.alt.flags,
		AltSize:  t.alt.size,
		Regs:     *regs,
		Err:      t.err,
		Trapno:   t.trapno,
		CR2:      t.cr2,
		FPState:  fp,
		Mask:     t.blocked,
	}
	if t.suspended {
		c.Mask = t.saved
	}
	info := &rep.Info
	if a.flags&linux.SA_SIGINFO == 0 {
		info = nil
	}
	rep.Frame = frame.Append(rep.Frame, &c, info)
	rep.FrameAddr, rep.XstateAddr = addr, fp

	signo := rep.Info.Signo
	t.last = delivery{
		signo:     signo,
		blocked:   t.blocked,
		saved:     t.saved,
		suspended: t.suspended,
		alt:       t.alt,
		regs:      *regs,
	}
	frame.Enter(regs, a.handler, addr, signo)

	t.suspended = false
	mask := t.blocked | a.mask
	if a.flags&linux.SA_NODEFER == 0 {
		mask |= bit(signo)
	}
	s.block(t, mask, o)
	if t.alt.flags&linux.SS_AUTODISARM != 0 {
		t.alt = noAltStack
	}
	return true
}

// undo takes the last delivery back, and makes its fault the next signal.
func (s *Signal) undo(t *thread, o out) {
	d := &t.last
	t.saved, t.suspended, t.alt = d.saved, d.suspended, d.alt
	s.block(t, d.blocked, o)
	s.frameFault(t, d.signo, o)
}

// frameFault is force_sigsegv: a frame for SIGSEGV itself that cannot be written
// ends the process.
func (s *Signal) frameFault(t *thread, signo int32, o out) {
	fault := signalapi.Info{Signo: linux.SIGSEGV, Code: linux.SI_KERNEL}
	var fx []signalapi.Effect // the thread is looking already
	s.force(t, &fault, signo == linux.SIGSEGV, t.group.user, out{effects: &fx})
}

// Return implements signalapi.Signal. The mask is set even when the rest of the
// frame is bad, as in Linux. Errors: EFAULT, ESRCH.
func (s *Signal) Return(req *signalapi.ReturnRequest, rep *signalapi.ReturnReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil || t.ended {
		return linux.ESRCH
	}
	var c frame.Context
	if !frame.Parse(req.Frame, &c) {
		return linux.EFAULT
	}
	s.block(t, c.Mask&^setKernelOnly, out{effects: &rep.Effects})
	// Errors do not count: restore_altstack.
	t.alt.set(c.AltSP, c.AltSize, c.AltFlags, req.FrameAddr+8)
	rep.Deliverable = t.deliverable()
	if !frame.Segments(req.Frame) {
		return linux.EFAULT
	}
	rep.Regs, rep.XstateAddr = c.Regs, c.FPState
	return 0
}
