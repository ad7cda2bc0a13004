package hostproc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// textFile makes a file with one page of code, of which the first byte is b.
func textFile(t *testing.T, b byte) *os.File {
	t.Helper()
	page := make([]byte, pageSize)
	page[0] = b
	name := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(name, page, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// mapped gives the lines of a space's maps that lie below addr.
func mapped(s platform.Space, addr uint64) []string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", s.(*process).pid))
	var out []string
	for line := range strings.Lines(string(b)) {
		var from uint64
		fmt.Sscanf(line, "%x-", &from)
		if from < addr {
			out = append(out, line)
		}
	}
	return out
}

func TestTextStaysForTheSameProgram(t *testing.T) {
	one, two := textFile(t, 1), textFile(t, 2)
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		defer stop()
		s := th.Space()
		const at = 0x500000
		text := func(f *os.File) platform.Op {
			return platform.Op{Kind: platform.OpMapFile, Addr: at, Length: pageSize, FD: int(f.Fd()),
				Prot: linux.PROT_READ | linux.PROT_EXEC, Flags: linux.MAP_PRIVATE}
		}
		heap := platform.Op{Kind: platform.OpMapAnon, Addr: 0x700000, Length: pageSize,
			Prot: linux.PROT_READ, Flags: linux.MAP_PRIVATE}
		apply := func(ops ...platform.Op) {
			t.Helper()
			if n, e := s.Apply(th, ops); n != len(ops) || e != 0 {
				t.Errorf("Apply = %d, %v", n, e)
			}
		}
		first := func(want byte) {
			t.Helper()
			var b [1]byte
			if s.Read(at, b[:]) != 1 || b[0] != want {
				t.Errorf("text begins with %d, want %d", b[0], want)
			}
		}
		left := func(want int) {
			t.Helper()
			if m := mapped(s, keepBelow); len(m) != want {
				t.Errorf("mapped: %q, want %d", m, want)
			}
		}

		s.Clear(th)
		apply(text(one), heap)
		s.Clear(th)
		left(1)
		apply(heap, text(one)) // the same program
		first(1)
		left(2)
		s.Clear(th)
		apply(heap, text(two)) // another at the same place
		first(2)
		left(2)
		s.Clear(th)
		apply(heap) // one without it
		left(1)

		// What an app changed is not kept.
		apply(text(one))
		s.Apply(th, []platform.Op{{Kind: platform.OpProtect, Addr: at, Length: pageSize, Prot: linux.PROT_READ}})
		s.Clear(th)
		left(0)

		// Nor what the file's owner changed.
		apply(text(one))
		s.Clear(th)
		left(1)
		was := s.(*process).kept[0].file
		ts := []unix.Timespec{{Sec: 1}, {Sec: 1}}
		unix.UtimesNanoAt(unix.AT_FDCWD, one.Name(), ts, 0)
		apply(text(one))
		if k := s.(*process).kept; len(k) != 1 || k[0].file == was {
			t.Errorf("kept %+v, want the new version", k)
		}
		// A failure counts what is in place; a bad descriptor fails its whole trip.
		s.Clear(th)
		bad := platform.Op{Kind: platform.OpMapFile, Addr: 0x600000, Length: pageSize, FD: -1, Prot: linux.PROT_READ, Flags: linux.MAP_PRIVATE}
		if n, e := s.Apply(th, []platform.Op{text(one), heap, bad, heap}); n != 1 || e != linux.EBADF {
			t.Errorf("Apply with a bad descriptor = %d, %v, want 1, EBADF", n, e)
		}
	})
}

// Data and bss stay mapped, but not what was written there, nor how it was
// protected.
func TestDataIsWrittenAnewForTheSameProgram(t *testing.T) {
	one, two := textFile(t, 1), textFile(t, 2)
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		defer stop()
		s := th.Space()
		const data, bss, rw = 0x600000, 0x602000, linux.PROT_READ | linux.PROT_WRITE
		begin := func(f *os.File) {
			t.Helper()
			ops := []platform.Op{
				{Kind: platform.OpMapFile, Addr: data, Length: pageSize, FD: int(f.Fd()), Prot: rw, Flags: linux.MAP_PRIVATE},
				{Kind: platform.OpMapAnon, Addr: bss, Length: 2 * pageSize, Prot: rw, Flags: linux.MAP_PRIVATE},
			}
			if n, e := s.Apply(th, ops); n != len(ops) || e != 0 {
				t.Errorf("Apply = %d, %v", n, e)
			}
		}
		check := func(first byte) {
			t.Helper()
			want := make([]byte, pageSize)
			want[0] = first
			got := make([]byte, pageSize)
			if s.Read(data, got); !bytes.Equal(got, want) {
				t.Errorf("data begins with %x, want %d and zeros", got[:16], first)
			}
			for _, at := range []uint64{bss, bss + pageSize} {
				if n := s.Read(at, got); n != pageSize || !bytes.Equal(got, make([]byte, pageSize)) {
					t.Errorf("bss at %x has %d bytes that begin with %x, want zeros", at, n, got[:16])
				}
			}
		}
		use := func() {
			t.Helper()
			for _, at := range []uint64{data, data + pageSize - 8, bss, bss + 2*pageSize - 8} {
				if s.Write(at, []byte("scribble")) != 8 {
					t.Errorf("cannot write at %x", at)
				}
			}
		}
		s.Clear(th)
		begin(one)
		check(1)
		use()
		s.Apply(th, []platform.Op{{Kind: platform.OpProtect, Addr: data, Length: pageSize, Prot: linux.PROT_READ}})
		s.Clear(th)
		if m := mapped(s, keepBelow); len(m) != 2 {
			t.Errorf("mapped: %q, want data and bss", m)
		}
		begin(one)
		check(1)
		use()
		s.Clear(th)
		begin(two)
		check(2)
		use()
		// A hole in it: it is not what the next one would be.
		s.Apply(th, []platform.Op{{Kind: platform.OpUnmap, Addr: bss, Length: pageSize}})
		s.Clear(th)
		begin(two)
		check(2)
		use()
	})
}

// A site that became a jump is one still when the program is run again.
func TestJumpsStayForTheSameProgram(t *testing.T) {
	// nop; nop; 1: mov $500,%eax; syscall; jmp 1b
	code := []byte{0x90, 0x90, 0xb8, 0xf4, 1, 0, 0, 0x0f, 5, 0xeb, 0xf7}
	name := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(name, append(code, make([]byte, pageSize-len(code))...), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const at, slots = 0x500000, 0x4f0000
	begin := func(s platform.Space, th platform.Thread) {
		s.Jumps([]platform.Range{{Addr: 0x7f0000000000, Length: 0x10000}, {Addr: slots, Length: 0x10000}})
		n, e := s.Apply(th, []platform.Op{{Kind: platform.OpMapFile, Addr: at, Length: pageSize, FD: int(f.Fd()),
			Prot: linux.PROT_READ | linux.PROT_EXEC, Flags: linux.MAP_PRIVATE}})
		if n != 1 || e != 0 {
			t.Errorf("Apply = %d, %v", n, e)
		}
		th.Resume(&platform.Regs{Rip: at, Rsp: 0x810000})
	}
	runs, calls := 0, 0
	var first, traps uint64
	run(t, twoCalls, func(p *Platform, th platform.Thread, ev *platform.Event, stop func()) {
		s := th.Space()
		if runs == 0 {
			runs++
			s.Clear(th)
			begin(s, th)
			return
		}
		if calls++; calls < 200 {
			th.Return(0)
			return
		}
		switch runs++; runs {
		case 2:
			first, traps = p.counts.Patched, p.counts.Traps
			calls = 0
			s.Clear(th)
			begin(s, th)
		case 3:
			if first != 1 || p.counts.Patched != 1 || p.counts.Traps != traps {
				t.Errorf("%d sites made jumps, then %d; %d traps more, want 1, 1, 0", first, p.counts.Patched, p.counts.Traps-traps)
			}
			// Another program: neither jump nor slot is left.
			s.Clear(th)
			s.Jumps([]platform.Range{{Addr: 0x7e0000000000, Length: 0x10000}})
			s.Apply(th, []platform.Op{{Kind: platform.OpMapAnon, Addr: 0x700000, Length: pageSize, Prot: linux.PROT_READ, Flags: linux.MAP_PRIVATE}})
			if m := mapped(s, keepBelow); len(m) != 1 {
				t.Errorf("mapped: %q, want the new program's alone", m)
			}
			stop()
		}
	})
}
