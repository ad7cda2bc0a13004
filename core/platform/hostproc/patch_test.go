package hostproc

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// libc's syscall(2) has no number before the instruction, but a load that fits;
// what only looks like a number stays as it is.
func TestLoadsBecomeJumpsAndOtherMovesDoNot(t *testing.T) {
	code := []byte{
		0xb8, 0xf4, 1, 0, 0, // 1: mov $500,%eax
		0x4c, 0x8b, 0x4c, 0x24, 8, // mov 8(%rsp),%r9
		0x0f, 5, // syscall
		0xb8, 8, 0, 0, 0, // mov $8,%eax
		0x41, 0xb8, 8, 0, 0, 0, // mov $8,%r8d
		0x0f, 5, // syscall
		0x45, 0x31, 0xc0, // xor %r8d,%r8d
		0x45, 0x31, 0xc9, // xor %r9d,%r9d
		0xeb, 0xdf, // jmp 1b
	}
	name := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(name, append(code, make([]byte, pageSize-len(code))...), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const at, slots, sp, ninth = 0x500000, 0x4f0000, 0x80f000, 0x1234567
	began, calls := false, 0
	p := run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		s := th.Space()
		if !began {
			began = true
			s.Jumps([]platform.Range{{Addr: slots, Length: 0x10000}})
			s.Apply(th, []platform.Op{{Kind: platform.OpMapFile, Addr: at, Length: pageSize, FD: int(f.Fd()),
				Prot: linux.PROT_READ | linux.PROT_EXEC, Flags: linux.MAP_PRIVATE}})
			s.Write(sp+8, binary.LittleEndian.AppendUint64(nil, ninth))
			th.Resume(&platform.Regs{Rip: at, Rsp: sp})
			return
		}
		var r platform.Regs
		th.Regs(&r)
		switch {
		case ev.Nr == 500 && r.Rip == at+12 && r.R9 == ninth && ev.Args[5] == ninth && r.Rsp == sp:
		case ev.Nr == 8 && r.Rip == at+25 && r.R8 == 8 && ev.Args[4] == 8:
		default:
			t.Errorf("event %+v, regs %+v", *ev, r)
			stop()
			return
		}
		if calls++; calls == 400 {
			stop()
			return
		}
		th.Return(0)
	})
	if p.counts.Patched != 1 || p.counts.Calls != 200-patchAfter {
		t.Errorf("%d sites made jumps, %d calls came by them, want 1, %d", p.counts.Patched, p.counts.Calls, 200-patchAfter)
	}
}
