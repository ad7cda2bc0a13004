package hostproc

import (
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// onOneCPU runs f with this process on the first of its CPUs alone.
func onOneCPU(t *testing.T, f func()) {
	t.Helper()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for i := range len(all) * 64 {
		if all.IsSet(i) {
			one.Set(i)
			break
		}
	}
	confine("self", &one)
	defer confine("self", &all)
	f()
}

// crowd is code of n threads, each of which has its own call 1001 again and
// again, with the loops between that the word at 0x800000 asks for.
var crowd = []byte{
	0xb8, 0xe8, 3, 0, 0, 0x0f, 5, // mov $1000,%eax; syscall: the core clones
	0x8b, 0x0c, 0x25, 0, 0, 0x80, 0, // 1: mov 0x800000,%ecx
	0xff, 0xc9, // 2: dec %ecx
	0x7f, 0xfc, // jg 2b
	0xb8, 0xe9, 3, 0, 0, 0x0f, 5, // mov $1001,%eax; syscall
	0xeb, 0xec, // jmp 1b
}

// runCrowd runs n threads in each of two spaces until event stops it.
func runCrowd(t *testing.T, n int, limit time.Duration, set func(*Platform), event func(p *Platform, th platform.Thread, stop func())) *Platform {
	t.Helper()
	p, err := newPlatform(theShim)
	if err != nil {
		t.Fatal(err)
	}
	set(p)
	stopped := false
	stop := func() { stopped = true; p.Stop() }
	k := &kernel{death: func(platform.Space) { t.Error("the app process died"); stop() }}
	k.event = func(th platform.Thread, ev *platform.Event) {
		var r platform.Regs
		switch {
		case ev.Kind == platform.EventKick: // its text is being changed
			th.Regs(&r)
			th.Resume(&r)
		case ev.Kind != platform.EventSyscall:
			t.Errorf("event %+v", *ev)
			stop()
		case ev.Nr == 1000:
			th.Regs(&r)
			for range n - 1 {
				ct, e := th.Space().Clone(th, &r, 0, false)
				if e != 0 {
					t.Errorf("Clone: %v", e)
					stop()
					return
				}
				ct.Resume(&r)
			}
			th.Return(0)
		default:
			event(p, th, stop)
			th.Return(0)
		}
	}
	timer := time.AfterFunc(limit, func() { p.leader.Post(p.Stop) })
	defer timer.Stop()
	p.Run(k, func() {
		for range 2 {
			s, th, err := p.NewSpace("test")
			if err != nil {
				t.Error(err)
				p.Stop()
				return
			}
			s.Apply(th, []platform.Op{
				{Kind: platform.OpMapAnon, Addr: codeAt, Length: 0x1000, Prot: linux.PROT_READ | linux.PROT_WRITE, Flags: linux.MAP_PRIVATE},
				{Kind: platform.OpMapAnon, Addr: 0x800000, Length: 0x10000, Prot: linux.PROT_READ | linux.PROT_WRITE, Flags: linux.MAP_PRIVATE},
			})
			s.Write(codeAt, crowd)
			s.Apply(th, []platform.Op{{Kind: platform.OpProtect, Addr: codeAt, Length: 0x1000, Prot: linux.PROT_READ | linux.PROT_EXEC}})
			th.Resume(&platform.Regs{Rip: codeAt, Rsp: 0x810000})
		}
	})
	if !stopped {
		t.Error("the program did not come to its end: a wake was lost")
	}
	return p
}

// No call is lost while the gear changes all the time, and the last threads
// that still go by the old one call as well.
func TestHammerShift(t *testing.T) {
	calls, shifts := 0, 0
	event := func(p *Platform, th platform.Thread, stop func()) {
		if calls++; calls%300 == 0 {
			shifts++
			p.shift(!p.gear.shared)
		}
		if calls == 20000 {
			stop()
		}
	}
	runCrowd(t, 3, 60*time.Second, func(p *Platform) { p.gear.fixed = true }, event)
	t.Logf("%d calls, %d shifts", calls, shifts)
}

// In the shared gear every call finds a root that sleeps.
func TestHammerSharedGear(t *testing.T) {
	shared := func(p *Platform) { p.gear.fixed, p.gear.shared = true, true; p.cpus.unclaim() }
	calls := 0
	event := func(p *Platform, th platform.Thread, stop func()) {
		if calls++; calls == 20000 {
			stop()
		}
	}
	for _, n := range []int{1, 4} {
		calls = 0
		runCrowd(t, n, 60*time.Second, shared, event)
		calls = 0
		onOneCPU(t, func() { runCrowd(t, n, 60*time.Second, shared, event) })
	}
}

// With one CPU the leader never spins.
func TestOneCPUIsShared(t *testing.T) {
	onOneCPU(t, func() {
		p, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if !p.gear.shared || p.gear.several() || p.Spin(0) {
			t.Errorf("shared %v, several CPUs %v, spins %v", p.gear.shared, p.gear.several(), p.Spin(0))
		}
	})
}

// Threads that compute get the leader's CPU, and give it back when they call.
func TestGearFollowsTheWork(t *testing.T) {
	if plan := planCPUs(); len(plan.list(2)) < 2 {
		t.Skip("with one CPU there is one gear")
	} else {
		plan.unclaim()
	}
	const computing, calling = 1, 2
	state, began := computing, time.Now()
	var skip string
	runCrowd(t, 2, 60*time.Second, func(p *Platform) {
		p.gear.few, p.gear.many = 5000, 6000
		if !p.cpus.spin {
			skip = "another Adyton has the CPU, or there is but one"
			p.cpus.spin = true // as if: the gears do not need it
			p.gear.shared = false
		}
	}, func(p *Platform, th platform.Thread, stop func()) {
		loops := uint32(3e6)
		switch {
		case state == computing && p.gear.shared:
			state = calling
			t.Logf("shared after %v", time.Since(began))
		case state == calling && !p.gear.shared:
			stop()
		}
		if state == calling {
			loops = 0
			p.cpus.spin = true
		}
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], loops)
		th.Space().Write(0x800000, b[:])
	})
	if skip != "" {
		t.Log(skip)
	}
}
