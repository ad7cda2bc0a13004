package hostproc

import (
	"testing"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// kernel is a core of a few lines: each test says what events do.
type kernel struct {
	event func(platform.Thread, *platform.Event)
	death func(platform.Space)
}

func (k *kernel) Event(t platform.Thread, ev *platform.Event) { k.event(t, ev) }
func (k *kernel) Death(s platform.Space) {
	if k.death != nil {
		k.death(s)
	}
}

const codeAt = 0x400000

// run runs machine code in a fresh space until a handler calls stop.
func run(t *testing.T, code []byte, event func(p *Platform, th platform.Thread, ev *platform.Event, stop func())) *Platform {
	t.Helper()
	return runOn(t, theShim, code, 10*time.Second, event)
}

func runOn(t *testing.T, shim image, code []byte, limit time.Duration, event func(p *Platform, th platform.Thread, ev *platform.Event, stop func())) *Platform {
	t.Helper()
	p, err := newPlatform(shim)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	k := &kernel{}
	stop := func() { stopped = true; p.Stop() }
	k.event = func(th platform.Thread, ev *platform.Event) { event(p, th, ev, stop) }
	k.death = func(platform.Space) { t.Error("the app process died"); stop() }
	timer := time.AfterFunc(limit, func() { p.leader.Post(p.Stop) })
	defer timer.Stop()
	p.Run(k, func() {
		s, th, err := p.NewSpace("test")
		if err != nil {
			t.Error(err)
			p.Stop()
			return
		}
		n, e := s.Apply(th, []platform.Op{
			{Kind: platform.OpMapAnon, Addr: codeAt, Length: 0x1000, Prot: linux.PROT_READ | linux.PROT_WRITE, Flags: linux.MAP_PRIVATE},
			{Kind: platform.OpMapAnon, Addr: 0x800000, Length: 0x10000, Prot: linux.PROT_READ | linux.PROT_WRITE, Flags: linux.MAP_PRIVATE},
		})
		if n != 2 || e != 0 {
			t.Errorf("Apply = %d, %v", n, e)
		}
		if n := s.Write(codeAt, code); n != len(code) {
			t.Errorf("Write = %d", n)
		}
		s.Apply(th, []platform.Op{{Kind: platform.OpProtect, Addr: codeAt, Length: 0x1000, Prot: linux.PROT_READ | linux.PROT_EXEC}})
		th.Resume(&platform.Regs{Rip: codeAt, Rsp: 0x810000, Rbx: 7})
	})
	if !stopped {
		t.Error("the program did not come to its end")
	}
	return p
}

// mov $1000,%eax; syscall; mov %rax,%rdi; mov $1001,%eax; syscall; hlt
var twoCalls = []byte{0xb8, 0xe8, 3, 0, 0, 0x0f, 5, 0x48, 0x89, 0xc7, 0xb8, 0xe9, 3, 0, 0, 0x0f, 5, 0xf4}

func TestSyscallsTrapAndReturn(t *testing.T) {
	var nrs []uint64
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		if ev.Kind != platform.EventSyscall {
			t.Errorf("event %+v", *ev)
			stop()
			return
		}
		nrs = append(nrs, ev.Nr)
		switch ev.Nr {
		case 1000:
			var r platform.Regs
			th.Regs(&r)
			if r.Rbx != 7 || r.Rip != codeAt+7 || r.Rsp != 0x810000 {
				t.Errorf("regs %+v", r)
			}
			th.Return(42)
		case 1001:
			if ev.Args[0] != 42 {
				t.Errorf("result was %d, want 42", ev.Args[0])
			}
			stop()
		}
	})
	if len(nrs) != 2 {
		t.Errorf("calls %v", nrs)
	}
}

func TestFaultsAreEvents(t *testing.T) {
	// mov 0x10,%al: a read of page 0
	run(t, []byte{0x8a, 0x04, 0x25, 0x10, 0, 0, 0}, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		if ev.Kind != platform.EventFault || ev.Fault.Signo != 11 || ev.Fault.Addr != 0x10 || ev.Fault.Code != 1 {
			t.Errorf("event %+v", *ev)
		}
		stop()
	})
}

// fork: call 1000 forks in the core; then call 1001 with the result.
func TestForkCopiesTheSpace(t *testing.T) {
	var got []uint64
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		switch ev.Nr {
		case 1000:
			var r platform.Regs
			th.Regs(&r)
			r.Rax = 0
			s, ct, e := th.Space().Fork(th, &r)
			if e != 0 {
				t.Errorf("Fork: %v", e)
				stop()
				return
			}
			_ = s
			ct.Resume(&r)
			th.Return(1)
		case 1001:
			got = append(got, ev.Args[0])
			th.Blocked()
			if len(got) == 2 {
				stop()
			}
		}
	})
	if len(got) != 2 || got[0]+got[1] != 1 {
		t.Errorf("results %v, want 0 and 1", got)
	}
}

func TestCloneMakesAThread(t *testing.T) {
	var got []uint64
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		switch ev.Nr {
		case 1000:
			var r platform.Regs
			th.Regs(&r)
			r.Rax = 0
			r.Rsp = 0x808000
			ct, e := th.Space().Clone(th, &r, 0, false)
			if e != 0 {
				t.Errorf("Clone: %v", e)
				stop()
				return
			}
			ct.Resume(&r)
			th.Return(1)
		case 1001:
			got = append(got, ev.Args[0])
			if len(got) == 2 {
				stop()
			}
		}
	})
}

// An endless loop is brought in by a kick.
func TestKickInterruptsUserCode(t *testing.T) {
	// mov $1000,%eax; syscall; jmp .
	run(t, []byte{0xb8, 0xe8, 3, 0, 0, 0x0f, 5, 0xeb, 0xfe}, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		switch ev.Kind {
		case platform.EventSyscall:
			th.Return(0)
			th.Kick()
		case platform.EventKick:
			stop()
		default:
			t.Errorf("event %+v", *ev)
			stop()
		}
	})
}
