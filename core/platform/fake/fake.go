// Package fake is a platform without host processes: app memory is a map of
// pages, and what an app would do is a script of the test's, run as a handler.
// It tests the core's system calls alone, and drives them with fuzzed input.
//
// It runs no code: a thread stands still until its script makes a call. Like
// every platform it is used with the leader's token.
package fake

import (
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
)

// Platform is one instance.
type Platform struct {
	leader *leader.Leader
	kernel platform.Kernel
	wake   chan struct{}
	// deadline is how long Sleep may take, in monotonic ns; 0 is for ever.
	deadline int64

	// Idle, when set, is called as a handler instead of sleeping: every script
	// waits for something.
	Idle func()
	// Threads are all that were made, in order.
	Threads []*Thread
}

var _ platform.Platform = (*Platform)(nil)

// New makes a platform.
func New() *Platform {
	p := &Platform{wake: make(chan struct{}, 1)}
	p.leader = leader.New((*source)(p))
	return p
}

// Leader is who runs the handlers.
func (p *Platform) Leader() *leader.Leader { return p.leader }

// Run implements platform.Platform.
func (p *Platform) Run(k platform.Kernel, start func()) error {
	p.kernel = k
	p.leader.Run(start)
	return nil
}

// Stop implements platform.Platform.
func (p *Platform) Stop() { p.leader.Stop() }

// NewSpace implements platform.Platform.
func (p *Platform) NewSpace(string) (platform.Space, platform.Thread, error) {
	s := newSpace(p)
	return s, p.newThread(s), nil
}

func (p *Platform) newThread(s *Space) *Thread {
	t := &Thread{p: p, s: s, out: make([]byte, 64<<10), alive: true}
	p.Threads = append(p.Threads, t)
	return t
}

// Retire implements platform.Platform.
func (p *Platform) Retire(t platform.Thread) { t.(*Thread).alive = false }

// XStateSize implements platform.Platform.
func (p *Platform) XStateSize() uint32 { return 576 }

// VDSO implements platform.Platform.
func (p *Platform) VDSO() (fd int, length uint64) { return -1, 0 }

// SetRealtimeOffset implements platform.Platform.
func (p *Platform) SetRealtimeOffset(int64) {}

// FreeBytes implements platform.Platform.
func (p *Platform) FreeBytes() uint64 { return 1 << 30 }

// source is the leader's view: there are no events but what scripts bring.
type source Platform

// Poll implements leader.Source.
func (s *source) Poll() bool { return false }

// Take implements leader.Source.
func (s *source) Take() {}

// Spin implements leader.Source.
func (s *source) Spin(int64) bool { return false }

// Prepare implements leader.Source. There is one root.
func (s *source) Prepare(_ int, deadline int64, pending func() bool) bool {
	if pending() {
		return false
	}
	if s.Idle != nil {
		s.Idle()
		return false
	}
	s.deadline = deadline
	return true
}

// Sleep implements leader.Source.
func (s *source) Sleep(int) {
	var late <-chan time.Time
	if s.deadline != 0 {
		late = time.After(time.Duration(s.deadline - s.leader.Now()))
	}
	select {
	case <-s.wake:
	case <-late:
	}
}

// Await implements leader.Source.
func (s *source) Await(_ int, ready func() bool) {
	if !ready() {
		<-s.wake
	}
}

// Awake implements leader.Source.
func (s *source) Awake(int) {}

// Wake implements leader.Source.
func (s *source) Wake(int) {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Thread is a thread whose code is a script.
type Thread struct {
	p     *Platform
	s     *Space
	owner any
	regs  platform.Regs
	tls   uint64
	out   []byte
	alive bool
	kick  bool
	// answered: it would run app code now.
	answered bool
	ret      int64
	ev       platform.Event // of Call, which allocates nothing
}

var _ platform.Thread = (*Thread)(nil)

// Call makes a system call and gives its result. It parks while the call
// waits. ok is false when the thread does not go on from there: it has ended,
// or runs a signal handler or another program.
func (t *Thread) Call(nr uint64, args ...uint64) (ret int64, ok bool) {
	t.ev = platform.Event{Kind: platform.EventSyscall, Nr: nr}
	copy(t.ev.Args[:], args)
	return t.Event(&t.ev)
}

// Event hands an event to the kernel, and kicks that were sent meanwhile.
func (t *Thread) Event(ev *platform.Event) (ret int64, ok bool) {
	if !t.alive || t.owner == nil {
		return 0, false
	}
	at := t.regs.Rip
	t.regs.Rax = ev.Nr
	for {
		t.answered, t.kick = false, false
		t.p.kernel.Event(t, ev)
		if !t.alive || !t.answered {
			return 0, false
		}
		if !t.kick {
			return t.ret, t.regs.Rip == at
		}
		ev = &platform.Event{Kind: platform.EventKick}
	}
}

// Alive implements platform.Thread.
func (t *Thread) Alive() bool { return t.alive }

// Space implements platform.Thread.
func (t *Thread) Space() platform.Space { return t.s }

// Memory is the space, for scripts.
func (t *Thread) Memory() *Space { return t.s }

// SetOwner implements platform.Thread.
func (t *Thread) SetOwner(o any) { t.owner = o }

// Owner implements platform.Thread.
func (t *Thread) Owner() any { return t.owner }

// Regs implements platform.Thread.
func (t *Thread) Regs(r *platform.Regs) { *r = t.regs }

// Return implements platform.Thread.
func (t *Thread) Return(ret uint64) {
	t.regs.Rax, t.ret, t.answered = ret, int64(ret), true
}

// Out implements platform.Thread.
func (t *Thread) Out() []byte { return t.out }

// ReturnOut implements platform.Thread.
func (t *Thread) ReturnOut(ret, dst uint64, n int) {
	if t.s.Write(dst, t.out[:n]) == n {
		t.Return(ret)
		return
	}
	t.p.kernel.Event(t, &platform.Event{Kind: platform.EventOutFault})
}

// In implements platform.Thread: nothing comes with a call.
func (t *Thread) In(uint64) ([]byte, bool) { return nil, false }

// Resume implements platform.Thread.
func (t *Thread) Resume(r *platform.Regs) {
	t.regs, t.ret, t.answered = *r, int64(r.Rax), true
}

// Deliver implements platform.Thread.
func (t *Thread) Deliver(r *platform.Regs, addr uint64, frame []byte, xstate uint64) {
	if t.s.Write(addr, frame) != len(frame) {
		t.p.kernel.Event(t, &platform.Event{Kind: platform.EventFrameFault})
		return
	}
	t.Resume(r)
}

// Restore implements platform.Thread.
func (t *Thread) Restore(r *platform.Regs, xstate uint64) {
	var b [1]byte
	if t.s.Read(xstate, b[:]) != 1 {
		t.p.kernel.Event(t, &platform.Event{Kind: platform.EventFrameFault})
		return
	}
	t.Resume(r)
}

// Blocked implements platform.Thread.
func (t *Thread) Blocked() {}

// Kick implements platform.Thread.
func (t *Thread) Kick() { t.kick = true }

// Running implements platform.Thread.
func (t *Thread) Running() bool { return t.alive && t.answered }

// Waiting implements platform.Thread.
func (t *Thread) Waiting() bool { return false }

// WakeFutex implements platform.Thread.
func (t *Thread) WakeFutex(uint64, int) {}

// Exit implements platform.Thread.
func (t *Thread) Exit(clearTid uint64) {
	if clearTid != 0 {
		t.s.Write(clearTid, make([]byte, 4))
	}
	t.alive = false
}

// SetIdent implements platform.Thread.
func (t *Thread) SetIdent(*platform.Ident) {}

// XState implements platform.Thread.
func (t *Thread) XState(b []byte) []byte { return b }

// Answer implements platform.Thread.
func (t *Thread) Answer(platform.Answers) {}

// SetTLS implements platform.Thread.
func (t *Thread) SetTLS(fs uint64) linux.Errno {
	t.tls = fs
	return 0
}

// TLS implements platform.Thread.
func (t *Thread) TLS() uint64 { return t.tls }

// Membarrier implements platform.Thread.
func (t *Thread) Membarrier(uint32) (int64, linux.Errno) { return 0, linux.ENOSYS }

// CPUTime implements platform.Thread.
func (t *Thread) CPUTime() (userNs, systemNs int64) { return 0, 0 }
