package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// effects does what signals cause beyond their queues.
func (e *Env) effects(list []signalapi.Effect) {
	for i := range list {
		x := &list[i]
		switch x.Kind {
		case signalapi.EffectKindWake:
			if t := e.Tasks.Thread(x.Thread); t != nil && !t.Exited {
				e.interrupt(t)
			}
		case signalapi.EffectKindContinue:
			if p := e.Tasks.Process(x.Group); p != nil {
				e.continueGroup(p, x.Signo)
			}
		case signalapi.EffectKindKill:
			if p := e.Tasks.Process(x.Group); p != nil {
				e.killProcess(p, x.Signo)
			}
		}
	}
}

// interrupt has a thread look at its signals.
func (e *Env) interrupt(t *task.Thread) {
	if t.Sleep.Interrupt() || t.Lent {
		return
	}
	if t.Platform != nil && t.Platform.Running() {
		t.Platform.Kick()
	}
}

// send queues a signal to a process (thread nil) or thread.
func (e *Env) send(p *task.Process, t *task.Thread, info signalapi.Info, forced bool) linux.Errno {
	if p == e.Tasks.Init {
		return 0 // it has no handler, so it gets none: sig_task_ignored
	}
	req := signalapi.SendRequest{Group: p.Pid, Info: info, Forced: forced, Limit: p.Limits[linux.RLIMIT_SIGPENDING].Cur,
		User: p.Leader.Cred.UID}
	if t != nil {
		req.Thread, req.User = t.Tid, t.Cred.UID
	}
	var rep signalapi.SendReply
	er := e.Signal.Send(&req, &rep)
	e.effects(rep.Effects)
	e.signalReady(rep.Ready)
	return er
}

// signalSelf raises what the kernel sends a thread for its own doing.
func (c *Call) signalSelf(signo int32) {
	c.send(c.P, c.T, signalapi.Info{Signo: signo, Code: linux.SI_USER, Pid: c.P.Pid, Uid: c.T.Cred.UID}, false)
}

// signalForced raises a fault of the thread itself.
func (c *Call) signalForced(signo, code int32, addr, trapno, err uint64) {
	c.send(c.P, c.T, signalapi.Info{Signo: signo, Code: code, Value: addr, Trapno: trapno, Err: err}, true)
}

// sendKernel sends a process (thread nil) or thread what the kernel alone can
// send: SEND_SIG_PRIV.
func (e *Env) sendKernel(p *task.Process, t *task.Thread, signo int32) {
	e.send(p, t, signalapi.Info{Signo: signo, Code: linux.SI_KERNEL}, false)
}

// raise does what a line discipline asks for.
func (e *Env) raise(list []fsapi.Raise) {
	for _, r := range list {
		if g := e.Tasks.Group(r.Pgid); g != nil {
			e.sendGroup(g, signalapi.Info{Signo: r.Signo, Code: linux.SI_KERNEL})
		}
	}
}

// sendGroup queues a signal to all members of a process group.
func (e *Env) sendGroup(g *task.Group, info signalapi.Info) {
	var members []*task.Process
	for _, p := range g.Members {
		members = append(members, p)
	}
	for _, p := range members {
		if !p.Zombie && p != e.Tasks.Init {
			e.send(p, nil, info, false)
		}
	}
}

// deliver looks at the thread's signals until one changes where it goes on,
// then lets it go on with r.
func (c *Call) deliver(r *platform.Regs, interrupted linux.Errno) {
	t := c.T
	for {
		q, rep := &c.frame.deliver, &c.frame.deliverR
		frame := rep.Frame[:0]
		effects := rep.Effects[:0]
		*q = signalapi.DeliverRequest{Thread: t.Tid, Regs: toSignalRegs(r), XstateSize: c.Platform.XStateSize(),
			Interrupted: uint32(interrupted), Syscall: c.Nr, FrameFailed: c.frameFailed,
			Orphaned: c.Tasks.Orphaned(c.P.Group, nil)}
		c.frameFailed = false
		*rep = signalapi.DeliverReply{Frame: frame, Effects: effects}
		t.Sleep.Calm()
		if e := c.Signal.Deliver(q, rep); e != 0 {
			rep.Disposition = signalapi.DispositionNone
			rep.Regs = q.Regs
			if interrupted != 0 {
				rep.Regs.Rax = ^uint64(linux.EINTR) + 1
			}
		}
		c.effects(rep.Effects)
		c.armSignal(rep.DeadlineNs)
		if rep.Disposition != signalapi.DispositionNone && c.Config.Trace != nil {
			c.Config.Trace.Signal(t, &rep.Info)
		}
		switch rep.Disposition {
		case signalapi.DispositionHandler:
			fromSignalRegs(&rep.Regs, r)
			c.delivered = true
			if rep.More {
				// Its frame comes on top of this one before the handler begins.
				t.Sleep.Interrupt()
				t.Platform.Kick()
			}
			t.Platform.Deliver(r, rep.FrameAddr, rep.Frame, rep.XstateAddr)
			return
		case signalapi.DispositionTerminate:
			c.exitGroup(rep.Info.Signo)
		case signalapi.DispositionCore:
			c.endWithCore(r, &rep.Info)
		case signalapi.DispositionStop:
			// Whether the call runs again is open until it continues.
			fromSignalRegs(&rep.Regs, r)
			c.P.StopSignal = rep.Info.Signo
			if rep.GroupStopped {
				c.groupStopped(c.P, rep.Info.Signo)
			}
			c.waitContinued()
			if !c.P.Exiting && !t.Sleep.Dying() {
				continue
			}
		default:
			fromSignalRegs(&rep.Regs, r)
			c.suspended = false // the mask is back
			if rep.More {
				interrupted = 0
				continue
			}
			t.Platform.Resume(r)
			return
		}
		if c.P.Exiting || t.Sleep.Dying() {
			c.endThread()
			return
		}
	}
}

// restoreMask puts the mask back that sigsuspend or ppoll replaced.
func (c *Call) restoreMask() {
	c.suspended = false
	var rep signalapi.RestoreReply
	c.Signal.Restore(&signalapi.RestoreRequest{Thread: c.T.Tid}, &rep)
	c.effects(rep.Effects)
	if rep.Deliverable {
		c.T.Sleep.Interrupt()
	}
}

// suspendMask replaces the mask for the rest of the call. The address is that
// of a set of size bytes, 0 leaves the mask. Errors: EINVAL, EFAULT.
func (c *Call) suspendMask(addr, size uint64) linux.Errno {
	if addr == 0 {
		return 0
	}
	if size != 8 {
		return linux.EINVAL
	}
	var b [8]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return e
	}
	var set linux.SigSet
	set.Decode(b[:])
	var rep signalapi.SuspendReply
	if e := c.Signal.Suspend(&signalapi.SuspendRequest{Thread: c.T.Tid, Mask: uint64(set)}, &rep); e != 0 {
		return e
	}
	c.suspended = true
	c.effects(rep.Effects)
	if rep.Deliverable {
		c.T.Sleep.Interrupt()
	}
	return 0
}

func toSignalRegs(r *platform.Regs) signalapi.Regs {
	return signalapi.Regs{R15: r.R15, R14: r.R14, R13: r.R13, R12: r.R12, Rbp: r.Rbp, Rbx: r.Rbx, R11: r.R11, R10: r.R10,
		R9: r.R9, R8: r.R8, Rax: r.Rax, Rcx: r.Rcx, Rdx: r.Rdx, Rsi: r.Rsi, Rdi: r.Rdi, Rip: r.Rip, Rsp: r.Rsp, Eflags: r.Eflags}
}

func fromSignalRegs(s *signalapi.Regs, r *platform.Regs) {
	*r = platform.Regs{R15: s.R15, R14: s.R14, R13: s.R13, R12: s.R12, Rbp: s.Rbp, Rbx: s.Rbx, R11: s.R11, R10: s.R10,
		R9: s.R9, R8: s.R8, Rax: s.Rax, Rcx: s.Rcx, Rdx: s.Rdx, Rsi: s.Rsi, Rdi: s.Rdi, Rip: s.Rip, Rsp: s.Rsp, Eflags: s.Eflags}
}

// fault answers an exception: by memory that comes now (a stack that grows),
// or by a signal.
func (c *Call) fault(f *platform.Fault) {
	c.Nr = ^uint64(0)
	if c.P.Exiting || c.T.Sleep.Dying() {
		c.endThread()
		return
	}
	r := &c.frame.regs
	c.T.Platform.Regs(r)
	signo, code := f.Signo, f.Code
	// Bits of the error code of a page fault: 1 write, 4 instruction fetch.
	if signo == linux.SIGSEGV && f.Trapno == 14 {
		access := uint32(linux.PROT_READ)
		switch {
		case f.Err&16 != 0:
			access = linux.PROT_EXEC
		case f.Err&2 != 0:
			access = linux.PROT_WRITE
		}
		var rep mmapi.FaultReply
		c.P.Space.Change.Lock(&c.T.Sleep)
		e := c.MM.Fault(&mmapi.FaultRequest{Space: c.P.Space.MM, Addr: f.Addr, Access: access, Sp: r.Rsp}, &rep)
		if e == 0 && len(rep.Ops) > 0 {
			e = c.apply(rep.Ops)
		}
		c.P.Space.Change.Unlock()
		if e == 0 {
			c.deliver(r, 0)
			return
		}
		if rep.Signo != 0 {
			signo, code = rep.Signo, rep.Code
		}
	}
	c.signalForced(signo, code, f.Addr, f.Trapno, f.Err)
	c.deliver(r, 0)
}

// armSignal has Expire called at the subsystem's next deadline.
func (e *Env) armSignal(deadline int64) {
	if deadline != 0 {
		e.Leader.Arm(e.signalTimer, deadline)
	}
}

// startTimers makes the timers behind the subsystems' deadlines.
func (e *Env) startTimers() {
	e.signalTimer = leader.NewTimer(e.expireSignal)
}

// expireSignal runs the subsystem's timers that are due. Those on CPU time want
// to know how much has passed.
func (e *Env) expireSignal() {
	var req signalapi.ExpireRequest
	for {
		req.NowNs = e.Leader.Now()
		var rep signalapi.ExpireReply
		e.Signal.Expire(&req, &rep)
		e.effects(rep.Effects)
		e.signalReady(rep.Ready)
		e.armSignal(rep.DeadlineNs)
		req.Cpu = req.Cpu[:0]
		for i := range rep.Wanted {
			if e.sampleCPU(&rep.Wanted[i]) {
				req.Cpu = append(req.Cpu, rep.Wanted[i])
			}
		}
		if len(req.Cpu) == 0 {
			return
		}
	}
}
