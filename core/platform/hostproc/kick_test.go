package hostproc

import (
	"encoding/binary"
	"testing"
	"time"

	"adyton.dev/adyton/core/platform"
)

// wideShim has windows of some microseconds where a kick could get lost.
var wideShim = image{wideText[:], wideStart, wideEntry, wideHandler, wideRestorer}

// viaEntry assembles a call of number nr as a jump does it.
func viaEntry(b []byte, at uint64, nr uint32, entry uint64) []byte {
	le := binary.LittleEndian
	b = append(b, 0xb8)
	b = le.AppendUint32(b, nr)
	ret := at + uint64(len(b)) + 7 + 10 + 3
	b = append(b, 0x48, 0x8d, 0x0d) // lea ret(%rip),%rcx
	b = le.AppendUint32(b, uint32(ret-(at+uint64(len(b))+4)))
	b = append(b, 0x49, 0xbb) // movabs $entry,%r11
	b = le.AppendUint64(b, shimShimBase+entry)
	return append(b, 0x41, 0xff, 0xe3) // jmp *%r11
}

// kickAtRandom runs code and kicks its thread again and again, at random times
// after the last kick has arrived. A kick that gets lost is a hang.
func kickAtRandom(t *testing.T, code []byte, kicks int, answer func(platform.Thread, *platform.Event)) {
	n, outstanding, began := 0, false, time.Now()
	seed := uint64(1)
	kick := func(th platform.Thread) {
		if outstanding {
			return
		}
		n++
		outstanding = true
		seed = seed*6364136223846793005 + 1442695040888963407
		for end := rdtsc() + seed>>33%8000; rdtsc() < end; {
		}
		th.Kick()
	}
	runOn(t, wideShim, code, 60*time.Second, func(_ *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		arrived := ev.Kind == platform.EventKick
		answer(th, ev)
		if arrived || ev.Kind == platform.EventSyscall && ev.Nr == 202 {
			outstanding = false
		}
		// On a busy machine a kick takes milliseconds: then fewer must do.
		if !outstanding && (n == kicks || time.Since(began) > 20*time.Second) {
			stop()
			return
		}
		kick(th)
	})
	if outstanding {
		t.Errorf("kick %d was lost", n)
	}
	t.Logf("%d kicks", n)
}

const kicks = 20000

// A thread that calls all the time is met on the ways out.
func TestHammerKickOnTheWayOut(t *testing.T) {
	code := viaEntry(nil, codeAt, 1000, wideEntry)
	code = append(code, 0xeb, byte(-2-len(code)))
	kickAtRandom(t, code, kicks, func(th platform.Thread, ev *platform.Event) {
		switch ev.Kind {
		case platform.EventSyscall:
			th.Return(7)
		case platform.EventKick:
			var r platform.Regs
			th.Regs(&r)
			th.Resume(&r)
		default:
			t.Errorf("event %+v", *ev)
		}
	})
}

// A thread that sleeps in a futex of the host is woken by every kick.
func TestHammerKickInHostFutex(t *testing.T) {
	// mov $0x800000,%edi; xor %esi,%esi; xor %edx,%edx; xor %r10d,%r10d; futex; jmp
	pre := []byte{0xbf, 0, 0, 0x80, 0, 0x31, 0xf6, 0x31, 0xd2, 0x45, 0x31, 0xd2}
	code := viaEntry(append(viaEntry(nil, codeAt, 1000, wideEntry), pre...), codeAt, 202, wideEntry)
	code = append(code, 0xeb, byte(-2-len(code)))
	kickAtRandom(t, code, kicks, func(th platform.Thread, ev *platform.Event) {
		switch ev.Kind {
		case platform.EventSyscall:
			th.Return(0)
		case platform.EventKick:
			var r platform.Regs
			th.Regs(&r)
			th.Resume(&r)
		default:
			t.Errorf("event %+v", *ev)
		}
	})
}

// A thread that computes keeps its registers through every kick.
func TestHammerKickKeepsRegisters(t *testing.T) {
	// 1: inc %rbx; mov %rbx,%r12; xor %r12,%rbx... : rbx and r12 stay equal;
	// cmp %rbx,%r12; jne bad; movq %rbx,%xmm3; movq %xmm3,%r13; cmp; jne bad; jmp 1b; bad: ud2
	code := append(viaEntry(nil, codeAt, 1000, wideEntry), []byte{
		0x48, 0xff, 0xc3, // inc %rbx
		0x49, 0x89, 0xdc, // mov %rbx,%r12
		0x66, 0x48, 0x0f, 0x6e, 0xdb, // movq %rbx,%xmm3
		0x66, 0x49, 0x0f, 0x7e, 0xdd, // movq %xmm3,%r13
		0x4c, 0x39, 0xe3, // cmp %r12,%rbx
		0x75, 0x07, // jne bad
		0x4c, 0x39, 0xeb, // cmp %r13,%rbx
		0x75, 0x02, // jne bad
		0xeb, 0xe4, // jmp to the start
		0x0f, 0x0b, // bad: ud2
	}...)
	last := uint64(0)
	kickAtRandom(t, code, kicks, func(th platform.Thread, ev *platform.Event) {
		if ev.Kind == platform.EventSyscall {
			th.Return(0)
			return
		}
		if ev.Kind != platform.EventKick {
			t.Errorf("event %+v", *ev)
			return
		}
		var r platform.Regs
		th.Regs(&r)
		if r.Rbx < last {
			t.Errorf("rbx went from %d to %d", last, r.Rbx)
		}
		last = r.Rbx
		th.Resume(&r)
	})
}

// A call that the shim answers posts nothing, so a kick on its way out is the
// first that the core hears of it: the registers are those of the call, not
// of the event before.
func TestHammerKickOutOfAnsweredCall(t *testing.T) {
	code := viaEntry(nil, codeAt, 1000, wideEntry)
	loop := len(code)
	code = append(code,
		0x48, 0xff, 0xc3, // inc %rbx
		0x48, 0x89, 0xdf, // mov %rbx,%rdi
	)
	code = viaEntry(code, codeAt, 39, wideEntry) // getpid
	code = append(code,
		0x48, 0x39, 0xdf, // cmp %rbx,%rdi
		0x75, 0x08, // jne bad
		0x48, 0x83, 0xf8, 77, // cmp $77,%rax
		0x75, 0x02, // jne bad
		0xeb, 0, // jmp loop
		0x0f, 0x0b, // bad: ud2
	)
	code[len(code)-3] = byte(loop - (len(code) - 2))
	kickAtRandom(t, code, kicks, func(th platform.Thread, ev *platform.Event) {
		switch ev.Kind {
		case platform.EventSyscall:
			th.SetIdent(&platform.Ident{Pid: 77})
			th.Return(0)
		case platform.EventKick:
			var r platform.Regs
			th.Regs(&r)
			th.Resume(&r)
		default:
			t.Fatalf("event %+v", *ev)
		}
	})
}
