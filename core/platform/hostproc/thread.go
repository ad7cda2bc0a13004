package hostproc

import (
	"encoding/binary"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
)

// thread is one host thread. It implements platform.Thread.
type thread struct {
	proc *process
	mb   mailbox
	slot int
	tid  int // host thread id, as the app's clone said: only for tgkill in its own group
	fs   uint64

	owner    any
	hotIndex int
	running  bool
	// deferred: what it posted is not handled yet, since its process was
	// frozen.
	deferred bool
	// awaited: a freeze waits for it.
	awaited bool
	// blank: the FS base is 0, and no app has run since that was so.
	blank bool
	// full: the context area holds all registers (a trap, or a start), so
	// that the thread must go on by Resume.
	full bool
	// exitKick: a kick met the thread on its way out; rax is the result.
	exitKick bool

	order   leader.Waiter // a handler waits for what the shim was ordered to do
	waiting bool

	cpuNs int64 // CPU time when last asked for
	delay delay

	ev platform.Event
}

// posted takes what the thread has posted and hands it on; while the process
// is frozen it stands still with it.
func (t *thread) posted() {
	atomic.StoreUint32(t.mb.u32(shimMbState), shimStateIdle)
	if f := t.proc.freeze; f != nil && !t.waiting && t.running {
		t.proc.p.cool(t)
		t.running, t.deferred = false, true
		f.came = append(f.came, t)
		if t.awaited {
			t.awaited = false
			if f.missing--; f.missing == 0 {
				t.proc.p.leader.Wake(&f.all)
			}
		}
		return
	}
	t.handle()
}

// handle hands on what the thread has posted.
func (t *thread) handle() {
	typ := atomic.LoadUint32(t.mb.u32(shimMbType))
	p := t.proc.p
	if t.waiting {
		if typ != shimTypeDone && typ != shimTypeHello {
			t.proc.violate("posted type %d while it had orders", typ)
			return
		}
		t.waiting = false
		p.leader.Wake(&t.order)
		return
	}
	if !t.running {
		t.proc.violate("posted while it was being answered")
		return
	}
	t.running = false
	ev := &t.ev
	switch typ {
	case shimTypeCall:
		p.counts.Calls++
		t.full, t.exitKick = false, false
		t.takeCall(ev)
	case shimTypeTrap:
		t.full, t.exitKick = true, false
		switch signo := unix.Signal(t.mb.load(shimMbSigno)); signo {
		case unix.SIGSYS:
			p.counts.Traps++
			t.takeCall(ev)
			t.countTrap(t.mb.load(shimCtxRip))
		case unix.SIGURG:
			ev.Kind = platform.EventKick
		default:
			ev.Kind = platform.EventFault
			ev.Fault = platform.Fault{
				Signo: int32(signo), Code: int32(t.mb.load(shimMbCode)), Addr: t.mb.load(shimMbAddr),
				Trapno: t.mb.load(shimMbTrapno), Err: t.mb.load(shimMbErr),
			}
		}
	case shimTypeExitKick:
		// Not full, whatever the last event was: calls that the shim answers
		// post nothing.
		t.full, t.exitKick = false, true
		for i := range ev.Args {
			ev.Args[i] = t.mb.load(uintptr(shimMbArgs + 8*i))
		}
		ev.Kind = platform.EventKick
	case shimTypeDone:
		ev.Kind = platform.EventFrameFault
	case shimTypeOutFault:
		ev.Kind = platform.EventOutFault // full is what ReturnOut found
	default:
		t.proc.violate("posted an event of type %d", typ)
		return
	}
	p.kernel.Event(t, ev)
}

func (t *thread) takeCall(ev *platform.Event) {
	ev.Kind = platform.EventSyscall
	ev.Nr = t.mb.load(shimMbNr)
	for i := range ev.Args {
		ev.Args[i] = t.mb.load(uintptr(shimMbArgs + 8*i))
	}
}

// violate ends a process whose shim did what ours cannot do.
func (pr *process) violate(format string, args ...any) {
	operatorError("process %d "+format+"; killed", append([]any{pr.pid}, args...)...)
	if pr.pidfd >= 0 {
		unix.PidfdSendSignal(pr.pidfd, unix.SIGKILL, nil, 0) // Death follows
	}
}

// reply answers what the thread waits for.
func (t *thread) reply(action uint32) {
	t.proc.still = false
	t.mb.store32(shimMbAction, action)
	if atomic.SwapUint32(t.mb.u32(shimMbReply), shimReplyReady) == shimReplyAsleep {
		futexWake(t.mb.u32(shimMbReply), 0)
	}
}

// runApp lets the app go on.
func (t *thread) runApp(action uint32) {
	if t.proc.dead || t.proc.ending {
		return
	}
	if f := t.proc.freeze; f != nil {
		f.held = append(f.held, held{t, action})
		return
	}
	t.running, t.blank = true, false
	t.proc.p.tickClock()
	t.proc.p.tickGear()
	t.proc.p.warm(t)
	t.reply(action)
}

// act orders one thing of the shim and parks until it is done. False when the
// process ended instead.
func (t *thread) act(action uint32) bool {
	if t.proc.dead || t.proc.ending {
		return false
	}
	t.proc.p.warm(t)
	t.waiting = true
	t.reply(action)
	t.proc.p.leader.Park(&t.order)
	return !t.proc.dead && !t.proc.ending
}

// awaitHello parks until a new process's shim is there.
func (t *thread) awaitHello() bool {
	t.proc.p.warm(t)
	t.waiting = true
	t.proc.p.leader.Park(&t.order)
	return !t.proc.dead
}

// run has the shim make the first n orders and parks meanwhile. It gives how
// many were done and why the next was not.
func (t *thread) run(n int) (int, linux.Errno) {
	t.mb.store32(shimMbOrderCount, uint32(n))
	if !t.act(shimActOrders) {
		return 0, linux.ESRCH
	}
	done := int(atomic.LoadUint32(t.mb.u32(shimMbOrderDone)))
	if done >= n {
		return n, 0
	}
	if r := int64(t.mb.result(done)); r < 0 && r >= -4095 {
		return done, linux.Errno(-r)
	}
	return done, linux.EIO
}

// Space implements platform.Thread.
func (t *thread) Space() platform.Space { return t.proc }

// SetOwner implements platform.Thread.
func (t *thread) SetOwner(o any) { t.owner = o }

// Owner implements platform.Thread.
func (t *thread) Owner() any { return t.owner }

// Running implements platform.Thread.
func (t *thread) Running() bool { return t.running }

// Regs implements platform.Thread.
func (t *thread) Regs(r *platform.Regs) {
	*r = *t.mb.regs()
	if t.full {
		r.Rip = t.proc.visible(r.Rip)
		return
	}
	a := &t.ev.Args
	r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9 = a[0], a[1], a[2], a[3], a[4], a[5]
	r.Rax = t.ev.Nr
	if t.exitKick {
		r.Rax = t.mb.load(shimMbRet)
	}
	r.Rcx = r.Rip
	r.Eflags = 0x246
	r.R11 = r.Eflags
}

// Return implements platform.Thread.
func (t *thread) Return(ret uint64) {
	if t.full {
		r := t.mb.regs()
		r.Rax, r.Rcx, r.R11 = ret, r.Rip, r.Eflags
		t.runApp(shimActResume)
		return
	}
	t.mb.store(shimMbRet, ret)
	t.runApp(shimActReturn)
}

// Out implements platform.Thread.
func (t *thread) Out() []byte { return t.mb.bytes(shimMbData, shimDataSize) }

// ReturnOut implements platform.Thread.
func (t *thread) ReturnOut(ret, dst uint64, n int) {
	if n == 0 {
		t.Return(ret)
		return
	}
	if dst >= shimShimBase-1<<30 || n > shimDataSize {
		t.Return(efault)
		return
	}
	t.mb.store(shimMbCopyDst, dst)
	t.mb.store32(shimMbCopyLen, uint32(n))
	full := uint32(0)
	if t.full {
		full = 1
		r := t.mb.regs()
		r.Rax, r.Rcx, r.R11 = ret, r.Rip, r.Eflags
	}
	t.mb.store32(shimMbFull, full)
	t.mb.store(shimMbRet, ret)
	t.runApp(shimActCopyOut)
}

// In implements platform.Thread.
func (t *thread) In(addr uint64) ([]byte, bool) {
	n := atomic.LoadUint32(t.mb.u32(shimMbInLen))
	if n == 0 || n > shimDataSize || t.mb.load(shimMbInAddr) != addr {
		return nil, false
	}
	return t.mb.bytes(shimMbData, uintptr(n)), true
}

// Resume implements platform.Thread.
func (t *thread) Resume(r *platform.Regs) {
	t.load(r)
	t.runApp(shimActResume)
}

// load writes the context that the thread is to go on with.
func (t *thread) load(r *platform.Regs) {
	m := t.mb.regs()
	*m = *r
	m.Eflags = r.Eflags&userFlags | 0x202
	t.full = true
}

// userFlags are the bits of rflags that an app may set; TF is not among them,
// since a trap would hit the shim.
const userFlags = 0x240cd5

// Deliver implements platform.Thread.
func (t *thread) Deliver(r *platform.Regs, addr uint64, frame []byte, xstate uint64) {
	t.load(r)
	n := copy(t.Out(), frame)
	t.mb.store(shimMbCopyDst, addr)
	t.mb.store32(shimMbCopyLen, uint32(n))
	t.mb.store(shimMbXAddr, xstate)
	t.runApp(shimActDeliver)
}

// Restore implements platform.Thread.
func (t *thread) Restore(r *platform.Regs, xstate uint64) {
	if xstate == 0 {
		t.Resume(r)
		return
	}
	t.load(r)
	t.mb.store(shimMbXAddr, xstate)
	t.runApp(shimActRestore)
}

// XState implements platform.Thread.
func (t *thread) XState(b []byte) []byte {
	if t.proc.p.xsize > shimDataSize || !t.act(shimActSave) {
		return b
	}
	n := len(b)
	b = append(b, t.mb.bytes(shimMbData, uintptr(t.proc.p.xsize))...)
	clear(b[n+464 : n+512])
	binary.LittleEndian.PutUint64(b[n+464:], t.proc.p.features)
	return b
}

// Blocked implements platform.Thread.
func (t *thread) Blocked() {
	t.proc.p.cool(t)
	atomic.CompareAndSwapUint32(t.mb.u32(shimMbReply), shimReplyNone, shimReplyBlocked)
}

// Kick implements platform.Thread. One that stands still finds the flag on its
// way out.
func (t *thread) Kick() {
	if t.proc.dead || t.proc.ending {
		return
	}
	if !t.running {
		t.mb.store32(shimMbKick, 1)
		return
	}
	unix.RawSyscall(unix.SYS_TGKILL, uintptr(t.proc.pid), uintptr(t.tid), uintptr(unix.SIGURG))
}

// Waiting implements platform.Thread.
func (t *thread) Waiting() bool {
	return t.running && atomic.LoadUint32(t.mb.u32(shimMbInHost)) == 1
}

// Alive implements platform.Thread.
func (t *thread) Alive() bool { return !t.proc.dead && !t.proc.ending }

// WakeFutex implements platform.Thread.
func (t *thread) WakeFutex(addr uint64, n int) {
	if addr >= shimShimBase {
		return
	}
	const wake, private = 1, 128
	t.mb.order(0, unix.SYS_FUTEX, addr, wake, uint64(n))
	t.mb.order(1, unix.SYS_FUTEX, addr, wake|private, uint64(n))
	t.run(2)
}

// Exit implements platform.Thread.
func (t *thread) Exit(clearTid uint64) {
	if t.proc.dead || t.proc.ending {
		return
	}
	if clearTid >= shimShimBase-1<<30 {
		clearTid = 0
	}
	pr := t.proc
	if t.tid == pr.pid && len(pr.threads) > 1 {
		t.stay(clearTid)
		return
	}
	t.mb.store(shimMbCopyDst, clearTid)
	t.running = false
	pr.p.cool(t)
	t.reply(shimActExit)
	delete(pr.threads, t.slot)
	if len(pr.threads) == 0 {
		pr.ending = true
		if pr.firstStays && pr.pidfd >= 0 {
			unix.PidfdSendSignal(pr.pidfd, unix.SIGKILL, nil, 0)
		}
		return
	}
	pr.exiting = append(pr.exiting, t)
}

// stay ends a process's first thread for the app, while the host's sleeps on in
// the shim: process_vm_readv and /proc know no memory by the id of a process
// whose first thread has gone, and no other id can be trusted.
func (t *thread) stay(clearTid uint64) {
	pr := t.proc
	if clearTid != 0 && pr.Write(clearTid, make([]byte, 4)) == 4 {
		t.WakeFutex(clearTid, 1)
	}
	t.running = false
	t.Blocked()
	delete(pr.threads, t.slot)
	pr.firstStays = true
}

// SetIdent implements platform.Thread.
func (t *thread) SetIdent(id *platform.Ident) {
	for i, v := range [...]uint64{id.Pid, id.Tid, id.Ppid, id.Uid, id.Euid, id.Gid, id.Egid} {
		t.mb.store(uintptr(shimMbIdent+8*i), v)
	}
}

// Answer implements platform.Thread. The word is the app's to change: what it
// gains by that, it has anyway.
func (t *thread) Answer(which platform.Answers) {
	t.mb.store32(shimMbAnswer, uint32(which))
}

// SetTLS implements platform.Thread.
func (t *thread) SetTLS(fs uint64) linux.Errno {
	if fs >= 1<<47-pageSize {
		return linux.EPERM
	}
	if fs == 0 && t.blank {
		return 0
	}
	t.mb.order(0, unix.SYS_ARCH_PRCTL, 0x1002, fs)
	_, e := t.run(1)
	if e == 0 {
		t.fs = fs
	}
	return e
}

// efault is -EFAULT in a result register.
const efault = ^uint64(linux.EFAULT) + 1

// TLS implements platform.Thread.
func (t *thread) TLS() uint64 { return t.fs }
