package hostproc

import (
	"encoding/binary"
	"testing"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// One thread counts a word up by itself, the core counts the same word up by
// another: nothing is lost.
func TestHammerCompareAndSwap(t *testing.T) {
	const word, own, core = 0x800000, 30_000_000, 5000
	code := []byte{
		0xb8, 0xe8, 3, 0, 0, 0x0f, 5, // mov $1000,%eax; syscall
		0x48, 0x85, 0xc0, // test %rax,%rax
		0x74, 0x18, // jz child
		0xb9, 0, 0, 0, 0, // mov $own,%ecx
		0xf0, 0xff, 0x04, 0x25, 0, 0, 0x80, 0, // 1: lock incl word
		0xff, 0xc9, // dec %ecx
		0x75, 0xf4, // jnz 1b
		0xb8, 0xe9, 3, 0, 0, 0x0f, 5, // mov $1001,%eax; syscall
		0xb8, 0xea, 3, 0, 0, 0x0f, 5, // child: mov $1002,%eax; syscall
		0xf4,
	}
	binary.LittleEndian.PutUint32(code[13:], own)
	left, races := 2, 0
	runOn(t, theShim, code, time.Minute, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		s := th.Space()
		switch ev.Nr {
		case 1000:
			var r platform.Regs
			th.Regs(&r)
			r.Rax = 0
			r.Rsp = 0x808000
			ct, e := s.Clone(th, &r, 0, false)
			if e != 0 {
				t.Errorf("Clone: %v", e)
				stop()
				return
			}
			ct.Resume(&r)
			th.Return(1)
			return
		case 1002:
			v := uint32(0)
			for range core {
				for {
					now, e := s.CompareAndSwap(th, word, v, v+1)
					if e != 0 {
						t.Errorf("CompareAndSwap: %v", e)
						stop()
						return
					}
					v++
					if now == v-1 {
						break
					}
					races++
					v = now
				}
			}
		}
		if left--; left > 0 {
			return
		}
		var b [4]byte
		s.Read(word, b[:])
		if n := binary.LittleEndian.Uint32(b[:]); n != own+core {
			t.Errorf("the word is %d, want %d", n, own+core)
		}
		stop()
	})
	t.Logf("%d swaps came too late", races)
}

func TestCompareAndSwapFaults(t *testing.T) {
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		s := th.Space()
		for _, x := range []struct {
			addr uint64
			want linux.Errno
		}{
			{0x800000, 0}, {0x800002, linux.EINVAL}, {codeAt, linux.EFAULT}, {0x10000, linux.EFAULT},
			{1 << 63, linux.EFAULT}, {shimShimBase + shimRoOff, linux.EFAULT},
		} {
			if now, e := s.CompareAndSwap(th, x.addr, 0, 5); e != x.want || now != 0 {
				t.Errorf("CompareAndSwap(%#x) = %d, %v, want 0, %v", x.addr, now, e, x.want)
			}
		}
		if now, e := s.CompareAndSwap(th, 0x800000, 0, 6); e != 0 || now != 5 {
			t.Errorf("CompareAndSwap of a word that is not old = %d, %v, want 5", now, e)
		}
		stop()
	})
}
