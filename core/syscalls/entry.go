package syscalls

import (
	"fmt"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/task"
)

// Event implements platform.Kernel: the way in from an app, and out again.
func (e *Env) Event(pt platform.Thread, ev *platform.Event) {
	t, ok := pt.Owner().(*task.Thread)
	if !ok {
		return
	}
	c := t.Local.(*Call)
	outN := c.outN
	c.outN, c.regs, c.xstate, c.gone, c.suspended = 0, nil, 0, false, false
	t.InCall = true
	if ev.Kind != platform.EventFrameFault {
		c.delivered = false
	}
	if ev.Kind != platform.EventOutFault {
		c.moved.file = nil
	}
	switch ev.Kind {
	case platform.EventSyscall:
		c.Nr, c.Args = uint64(int32(ev.Nr)), ev.Args // the low half counts, with its sign
		c.since = e.Ready.Seq()
		began := e.sample()
		p, waits := c.P, t.Waits
		c.leave(c.dispatch())
		if began != 0 && waits == t.Waits {
			e.sampled(p, t, began)
		}
	case platform.EventOutFault:
		c.leave(c.copyRest(outN))
	case platform.EventFault:
		c.fault(&ev.Fault)
	case platform.EventKick:
		c.Nr = ^uint64(0)
		c.resumeAfterKick()
	case platform.EventFrameFault:
		c.Nr = ^uint64(0)
		if c.delivered {
			c.frameFailed = true
		} else {
			c.signalForced(linux.SIGSEGV, linux.SI_KERNEL, 0, 0, 0)
		}
		c.resumeAfterKick()
	}
	t.InCall = false
}

// dispatch checks the claim and calls the handler.
func (c *Call) dispatch() (int64, linux.Errno) {
	if c.P.Exiting || c.T.Sleep.Dying() {
		return 0, 0
	}
	if c.T.SeccompMode != 0 {
		c.T.Platform.Answer(platform.AnswerNone)
		if allowed, ret, e := c.secure(); !allowed {
			return ret, e
		}
		if c.gone || c.P.Exiting || c.T.Sleep.Dying() {
			return 0, 0
		}
	}
	if c.Nr >= maxNr {
		c.unknown[c.Nr]++
		return c.unsupported(&Row{Name: nameOf(c.Nr)}, "", linux.ENOSYS)
	}
	x := &c.table[c.Nr]
	x.count++
	if x.row == nil || x.level == coverage.Unsupported {
		x.refused++
		return c.unsupported(&Row{Name: nameOf(c.Nr)}, "", linux.ENOSYS)
	}
	if len(x.checks) > 0 {
		if k, v := x.refusal(&c.Args); k != nil {
			x.refused++
			return c.unsupported(x.row, x.note(k, v), k.errno)
		}
	}
	if c.Config.Trace != nil {
		args := c.Args
		c.Config.Trace.Enter(c.T, x.row, &args, traced{c})
		ret, e := x.row.Handler(c)
		if !c.gone {
			c.Config.Trace.Call(c.T, x.row, &args, ret, e, traced{c})
		}
		return ret, e
	}
	ret, e := x.row.Handler(c)
	if e != 0 {
		x.failed++
	}
	return ret, e
}

// unsupported answers a call that no claim names, or whose argument what is
// in none.
func (c *Call) unsupported(row *Row, what string, e linux.Errno) (int64, linux.Errno) {
	if c.Config.Trace != nil {
		c.Config.Trace.Call(c.T, row, &c.Args, 0, e, traced{c})
	}
	if c.Config.KillUnsupported {
		if what != "" {
			what = " with " + what
		}
		c.Config.Operator("unsupported: %s (%d)%s by pid %d %q: stopped; see `adyton coverage %s`", row.Name, c.Nr, what, c.P.Pid, c.T.Name, row.Name)
		c.exitGroup(int32(linux.SIGSYS))
	}
	return 0, e
}

// leave answers a call, after the signals that are to be looked at.
func (c *Call) leave(ret int64, e linux.Errno) {
	if c.gone {
		return
	}
	t := c.T
	if c.P.Exiting || t.Sleep.Dying() {
		c.endThread()
		return
	}
	if c.suspended && e != linux.EINTR && !e.Internal() {
		c.restoreMask() // restore_saved_sigmask_unless
	}
	if c.xstate != 0 {
		// A signal that comes next finds the extended state of the frame.
		if t.Sleep.Interrupted() {
			t.Platform.Kick()
		}
		t.Platform.Restore(c.regs, c.xstate)
		return
	}
	if !t.Sleep.Interrupted() && !e.Internal() {
		if c.regs != nil {
			t.Platform.Resume(c.regs)
			return
		}
		if e != 0 {
			ret = -int64(e)
		}
		if c.outN > 0 && e == 0 {
			t.Platform.ReturnOut(uint64(ret), c.outDst, c.outN)
		} else {
			t.Platform.Return(uint64(ret))
		}
		return
	}
	// The slow way: all registers.
	r := &c.frame.regs
	if c.regs != nil {
		*r = *c.regs
	} else {
		t.Platform.Regs(r)
	}
	if c.outN > 0 && e == 0 {
		if c.CopyOut(c.outDst, c.Out()[:c.outN]) != 0 {
			ret, e = c.copyRest(c.outN)
		}
		c.outN = 0
	}
	interrupted := linux.Errno(0)
	switch {
	case e.Internal():
		interrupted = e
	case c.regs == nil && e != 0:
		r.Rax = uint64(-int64(e))
	case c.regs == nil:
		r.Rax = uint64(ret)
	}
	c.deliver(r, interrupted)
}

// resumeAfterKick goes on with a thread that came in by itself.
func (c *Call) resumeAfterKick() {
	if c.P.Exiting || c.T.Sleep.Dying() {
		c.endThread()
		return
	}
	c.T.Platform.Regs(&c.frame.regs)
	c.deliver(&c.frame.regs, 0)
}

// Death implements platform.Kernel: the host ended an app process. Its
// processes end as if by SIGKILL.
func (e *Env) Death(s platform.Space) {
	for _, p := range e.Tasks.Processes() {
		if p.Space != nil && p.Space.Platform == s && !p.Zombie {
			e.killProcess(p, int32(linux.SIGKILL))
		}
	}
}

func (e *Env) operator(format string, args ...any) {
	if e.Config.Operator != nil {
		e.Config.Operator(format, args...)
		return
	}
	fmt.Printf(format+"\n", args...)
}

// traced is the app's memory with what the return will write to it.
type traced struct{ c *Call }

// Read implements strace.Memory.
func (m traced) Read(addr uint64, b []byte) int {
	c := m.c
	if c.P.Space == nil {
		return 0
	}
	n := c.P.Space.Platform.Read(addr, b)
	if c.outN > 0 && addr < c.outDst+uint64(c.outN) && c.outDst < addr+uint64(n) {
		out := c.Out()[:c.outN]
		if addr >= c.outDst {
			copy(b[:n], out[addr-c.outDst:])
		} else {
			copy(b[c.outDst-addr:n], out)
		}
	}
	return n
}
