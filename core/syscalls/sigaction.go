package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var sigactionRows = []Row{
	{"rt_sigaction", Signal, args(signo("signum"), kind("act", strace.SigActionIn), kind("oldact", strace.SigActionOut), uinteger("sigsetsize")), sysRtSigaction},
	{"rt_sigprocmask", Signal, args(enum("how", linux.SigprocmaskHow), kind("set", strace.SigSetIn), kind("oldset", strace.SigSetOut), uinteger("sigsetsize")), sysRtSigprocmask},
	{"rt_sigpending", Signal, args(kind("set", strace.SigSetOut), uinteger("sigsetsize")), sysRtSigpending},
	{"rt_sigsuspend", Signal, args(kind("mask", strace.SigSetIn), uinteger("sigsetsize")), sysRtSigsuspend},
	{"rt_sigreturn", Signal, nil, sysRtSigreturn},
	{"sigaltstack", Signal, args(ptr("ss"), ptr("old_ss")), sysSigaltstack},
	{"kill", Signal, args(integer("pid"), signo("sig")), sysKill},
	{"tkill", Signal, args(integer("tid"), signo("sig")), sysTkill},
	{"tgkill", Signal, args(integer("tgid"), integer("tid"), signo("sig")), sysTgkill},
	{"pause", Signal, nil, sysPause},
}

func sysRtSigaction(c *Call) (int64, linux.Errno) {
	if c.Args[3] != 8 {
		return 0, linux.EINVAL
	}
	q := signalapi.ActionRequest{Group: c.P.Pid, Signo: c.Int(0)}
	var b [linux.SizeofSigAction]byte
	if c.Args[1] != 0 {
		if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
		var a linux.SigAction
		a.Decode(b[:])
		q.Set, q.Handler, q.Flags, q.Restorer, q.Mask = true, a.Handler, a.Flags, a.Restorer, uint64(a.Mask)
	}
	var r signalapi.ActionReply
	if e := c.Signal.Action(&q, &r); e != 0 {
		return 0, e
	}
	c.effects(r.Effects)
	c.signalReady(r.Ready)
	if c.Args[2] != 0 {
		a := linux.SigAction{Handler: r.Handler, Flags: r.Flags, Restorer: r.Restorer, Mask: linux.SigSet(r.Mask)}
		a.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofSigAction)
	}
	return 0, 0
}

func sysRtSigprocmask(c *Call) (int64, linux.Errno) {
	if c.Args[3] != 8 {
		return 0, linux.EINVAL
	}
	q, r := &c.frame.mask, &c.frame.maskR
	*q = signalapi.MaskRequest{Thread: c.T.Tid}
	if c.Args[1] != 0 {
		b := c.frame.buf[:8]
		if e := c.CopyIn(c.Args[1], b); e != 0 {
			return 0, e
		}
		q.Set, q.How, q.Mask = true, c.Int(0), binary.LittleEndian.Uint64(b)
	}
	r.Effects = r.Effects[:0]
	if e := c.Signal.Mask(q, r); e != 0 {
		return 0, e
	}
	c.effects(r.Effects)
	if r.Deliverable {
		c.T.Sleep.Interrupt()
	}
	if c.Args[2] != 0 {
		binary.LittleEndian.PutUint64(c.Out(), r.Old)
		c.Return(c.Args[2], 8)
	}
	return 0, 0
}

func sysRtSigpending(c *Call) (int64, linux.Errno) {
	if c.Args[1] > 8 {
		return 0, linux.EINVAL
	}
	var r signalapi.PendingReply
	if e := c.Signal.Pending(&signalapi.PendingRequest{Thread: c.T.Tid}, &r); e != 0 {
		return 0, e
	}
	binary.LittleEndian.PutUint64(c.Out(), r.Set)
	c.Return(c.Args[0], int(c.Args[1]))
	return 0, 0
}

func sysRtSigsuspend(c *Call) (int64, linux.Errno) {
	if c.Args[1] != 8 {
		return 0, linux.EINVAL
	}
	if c.Args[0] == 0 {
		return 0, linux.EFAULT
	}
	if e := c.suspendMask(c.Args[0], c.Args[1]); e != 0 {
		return 0, e
	}
	for !c.T.Sleep.Interrupted() {
		if c.sleep(0, true) == 3 && c.T.Sleep.Dying() {
			break
		}
	}
	return 0, linux.ERESTARTNOHAND
}

func sysPause(c *Call) (int64, linux.Errno) {
	for !c.T.Sleep.Interrupted() && !c.T.Sleep.Dying() {
		c.sleep(0, true)
	}
	return 0, linux.ERESTARTNOHAND
}

// sigreturnFrame is how much of the stack a frame takes: siginfo and ucontext.
const sigreturnFrame = 440

func sysRtSigreturn(c *Call) (int64, linux.Errno) {
	r := &c.frame.regs
	c.T.Platform.Regs(r)
	if cap(c.frame.ret.Frame) < sigreturnFrame {
		c.frame.ret.Frame = make([]byte, sigreturnFrame)
	}
	q, rep := &c.frame.ret, &c.frame.retR
	q.Thread, q.Frame, q.FrameAddr = c.T.Tid, q.Frame[:sigreturnFrame], r.Rsp-8
	effects := rep.Effects[:0]
	*rep = signalapi.ReturnReply{Effects: effects}
	e := linux.Errno(0)
	if in, ok := c.T.Platform.In(q.FrameAddr); ok && len(in) >= sigreturnFrame {
		copy(q.Frame, in)
	} else {
		e = c.CopyIn(q.FrameAddr, q.Frame)
	}
	if e == 0 {
		e = c.Signal.Return(q, rep)
	}
	c.effects(rep.Effects)
	if e != 0 {
		c.signalForced(linux.SIGSEGV, linux.SI_KERNEL, 0, 0, 0)
		c.regs = r
		c.Nr = ^uint64(0)
		return 0, 0
	}
	fromSignalRegs(&rep.Regs, r)
	c.restart = nil
	c.regs, c.xstate = r, rep.XstateAddr
	c.Nr = ^uint64(0)
	if rep.Deliverable {
		c.T.Sleep.Interrupt()
	}
	return 0, 0
}

func sysSigaltstack(c *Call) (int64, linux.Errno) {
	q := signalapi.AltStackRequest{Thread: c.T.Tid}
	var b [linux.SizeofSignalStack]byte
	var s linux.SignalStack
	if c.Args[0] != 0 {
		if e := c.CopyIn(c.Args[0], b[:]); e != 0 {
			return 0, e
		}
		s.Decode(b[:])
		q.Set, q.Sp, q.Flags, q.Size = true, s.Sp, s.Flags, s.Size
	}
	c.T.Platform.Regs(&c.frame.regs)
	q.CurrentSp = c.frame.regs.Rsp
	var r signalapi.AltStackReply
	if e := c.Signal.AltStack(&q, &r); e != 0 {
		return 0, e
	}
	if c.Args[1] != 0 {
		s = linux.SignalStack{Sp: r.Sp, Flags: r.Flags, Size: r.Size}
		s.Encode(b[:])
		return 0, c.CopyOut(c.Args[1], b[:])
	}
	return 0, 0
}

// mayKill checks the permission to signal: kernel/signal.c,
// check_kill_permission.
func (c *Call) mayKill(p *task.Process, signo int32) linux.Errno {
	if p == c.P || c.T.Cred.MayKill(p.Leader.Cred) {
		return 0
	}
	if signo == linux.SIGCONT && p.Group.Session == c.P.Group.Session {
		return 0
	}
	return linux.EPERM
}

func (c *Call) killOne(p *task.Process, info signalapi.Info) linux.Errno {
	if e := c.mayKill(p, info.Signo); e != 0 {
		return e
	}
	if info.Signo == 0 || p.Zombie {
		return 0
	}
	return c.send(p, nil, info, false)
}

func sysKill(c *Call) (int64, linux.Errno) {
	pid, sig := c.Int(0), c.Int(1)
	if sig < 0 || sig > 64 {
		return 0, linux.EINVAL
	}
	info := signalapi.Info{Signo: sig, Code: linux.SI_USER, Pid: c.P.Pid, Uid: c.T.Cred.UID}
	if pid > 0 {
		p := c.Tasks.Process(pid)
		if p == nil {
			// kill of a thread's id signals its process.
			if t := c.Tasks.Thread(pid); t != nil {
				p = t.Process
			}
		}
		if p == nil {
			return 0, linux.ESRCH
		}
		return 0, c.killOne(p, info)
	}
	if pid == -1<<31 {
		return 0, linux.ESRCH
	}
	found, ok, last := false, false, linux.Errno(0)
	one := func(p *task.Process) {
		found = true
		if e := c.killOne(p, info); e == 0 {
			ok = true
		} else {
			last = e
		}
	}
	if pid == -1 {
		for _, p := range c.Tasks.Processes() {
			if p != c.P && p != c.Tasks.Init {
				one(p)
			}
		}
		if !found {
			return 0, linux.ESRCH
		}
		if ok {
			return 0, 0
		}
		return 0, last
	}
	pgid := -pid
	if pid == 0 {
		pgid = c.P.Group.Pgid
	}
	g := c.Tasks.Group(pgid)
	if g == nil {
		return 0, linux.ESRCH
	}
	return 0, c.killGroup(g, info)
}

// killGroup signals all members of a process group. It succeeds when one got
// it: kernel/signal.c, __kill_pgrp_info.
func (c *Call) killGroup(g *task.Group, info signalapi.Info) linux.Errno {
	var members []*task.Process
	for _, p := range g.Members {
		if p != c.Tasks.Init {
			members = append(members, p)
		}
	}
	found, last := false, linux.ESRCH
	for _, p := range members {
		if e := c.killOne(p, info); e == 0 {
			found = true
		} else {
			last = e
		}
	}
	if found {
		return 0
	}
	return last
}

func sysTkill(c *Call) (int64, linux.Errno) {
	if c.Int(0) <= 0 {
		return 0, linux.EINVAL
	}
	return c.tgkill(0, c.Int(0), c.Int(1))
}

func sysTgkill(c *Call) (int64, linux.Errno) {
	if c.Int(0) <= 0 || c.Int(1) <= 0 {
		return 0, linux.EINVAL
	}
	return c.tgkill(c.Int(0), c.Int(1), c.Int(2))
}

func (c *Call) tgkill(tgid, tid, sig int32) (int64, linux.Errno) {
	t := c.Tasks.Thread(tid)
	if t == nil || tgid != 0 && t.Process.Pid != tgid {
		return 0, linux.ESRCH
	}
	if sig < 0 || sig > 64 {
		return 0, linux.EINVAL
	}
	if e := c.mayKill(t.Process, sig); e != 0 {
		return 0, e
	}
	if sig == 0 || t.Exited {
		return 0, 0
	}
	return 0, c.send(t.Process, t, signalapi.Info{Signo: sig, Code: linux.SI_TKILL, Pid: c.P.Pid, Uid: c.T.Cred.UID}, false)
}
