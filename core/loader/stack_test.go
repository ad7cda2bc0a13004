package loader

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"adyton.dev/adyton/core/linux"
)

// TestStackAsTheKernel builds this process's own first stack again and
// compares all bytes with those that the kernel made.
func TestStackAsTheKernel(t *testing.T) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	sp, _ := strconv.ParseUint(fields[28-3], 10, 64)
	maps, _ := os.ReadFile("/proc/self/maps")
	var top uint64
	for _, l := range strings.Split(string(maps), "\n") {
		if strings.HasSuffix(l, "[stack]") {
			var low uint64
			fmt.Sscanf(l, "%x-%x", &low, &top)
		}
	}
	if sp == 0 || top <= sp {
		t.Fatalf("no stack found: %#x to %#x", sp, top)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skipf("own memory cannot be read here: %v", err)
	}
	defer mem.Close()
	want := make([]byte, top-sp)
	if _, err := mem.ReadAt(want, int64(sp)); err != nil {
		t.Fatal(err)
	}
	at := func(addr uint64) []byte { return want[addr-sp:] }

	argv, _ := os.ReadFile("/proc/self/cmdline")
	env, _ := os.ReadFile("/proc/self/environ")
	raw, _ := os.ReadFile("/proc/self/auxv")
	aux := map[uint64]uint64{}
	var order []uint64
	for b := raw; len(b) >= 16; b = b[16:] {
		aux[le.Uint64(b)] = le.Uint64(b[8:])
		order = append(order, le.Uint64(b))
	}
	spec := StackSpec{
		Top: top, Argv: split(argv), Envp: split(env),
		ExecFn: cString(at(aux[linux.AT_EXECFN])),
		Auxv: Auxv(AuxSpec{
			VDSO: aux[linux.AT_SYSINFO_EHDR], MinSigStack: aux[linux.AT_MINSIGSTKSZ],
			HWCap: aux[linux.AT_HWCAP], HWCap2: aux[linux.AT_HWCAP2],
			Phdr: aux[linux.AT_PHDR], PhNum: int(aux[linux.AT_PHNUM]), Base: aux[linux.AT_BASE],
			Flags: aux[linux.AT_FLAGS], Entry: aux[linux.AT_ENTRY],
			UID: uint32(aux[linux.AT_UID]), EUID: uint32(aux[linux.AT_EUID]),
			GID: uint32(aux[linux.AT_GID]), EGID: uint32(aux[linux.AT_EGID]),
			Secure:   aux[linux.AT_SECURE] != 0,
			RseqSize: aux[linux.AT_RSEQ_FEATURE_SIZE], RseqAlign: aux[linux.AT_RSEQ_ALIGN],
		}),
		RlimitStack: 8 << 20,
	}
	copy(spec.Random[:], at(aux[linux.AT_RANDOM]))
	// The platform's name ends where the shifted stack begins.
	argStart := le.Uint64(want[8:])
	spec.Shift = argStart - (aux[linux.AT_PLATFORM] + uint64(len("x86_64")) + 1)
	if spec.Shift > 8191+15 {
		t.Fatalf("shift of %d bytes, want at most 8191 and rounding", spec.Shift)
	}

	got, l, e := BuildStack(&spec)
	if e != 0 {
		t.Fatalf("BuildStack = %v, want 0", e)
	}
	if l.SP != sp || l.ArgStart != argStart {
		t.Fatalf("SP %#x, arguments at %#x, want %#x, %#x; keys %v", l.SP, l.ArgStart, sp, argStart, order)
	}
	if !bytes.Equal(got, want) {
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("byte at %#x is %#x, want %#x", sp+uint64(i), got[i], want[i])
			}
		}
	}
	if !bytes.Equal(l.AuxvBytes, raw) {
		t.Errorf("auxv\n%x\nwant\n%x", l.AuxvBytes, raw)
	}
	for i, f := range []struct {
		name      string
		got, want uint64
	}{
		{"ArgStart", l.ArgStart, field(fields, 48)}, {"ArgEnd", l.ArgEnd, field(fields, 49)},
		{"EnvStart", l.EnvStart, field(fields, 50)}, {"EnvEnd", l.EnvEnd, field(fields, 51)},
	} {
		if f.got != f.want {
			t.Errorf("%d: %s = %#x, want %#x", i, f.name, f.got, f.want)
		}
	}
}

// field is a field of /proc/self/stat, counted as proc(5) does.
func field(fields []string, n int) uint64 {
	v, _ := strconv.ParseUint(fields[n-3], 10, 64)
	return v
}

func split(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	return strings.Split(string(b[:len(b)-1]), "\x00")
}

func TestStackIsAligned(t *testing.T) {
	spec := StackSpec{Top: 0x7ffffffff000, ExecFn: "/x", RlimitStack: 8 << 20, Auxv: Auxv(AuxSpec{})}
	for n := range 40 {
		spec.Argv = append(spec.Argv, strings.Repeat("a", n))
		spec.Shift = uint64(n * 211)
		stack, l, e := BuildStack(&spec)
		if e != 0 || l.SP%16 != 0 || l.SP+uint64(len(stack)) != spec.Top {
			t.Fatalf("BuildStack with %d arguments = %d bytes at %#x, %v", n, len(stack), l.SP, e)
		}
		if argc := le.Uint64(stack); argc != uint64(n+1) {
			t.Errorf("argc = %d, want %d", argc, n+1)
		}
	}
}

func TestEmptyArgvGetsOneString(t *testing.T) {
	spec := StackSpec{Top: 0x7ffffffff000, ExecFn: "/x", Envp: []string{"A=1"}, RlimitStack: 8 << 20}
	stack, l, e := BuildStack(&spec)
	if e != 0 {
		t.Fatalf("BuildStack = %v, want 0", e)
	}
	if argc, arg := le.Uint64(stack), le.Uint64(stack[8:]); argc != 1 || arg != l.ArgStart || stack[arg-l.SP] != 0 {
		t.Errorf("argc %d, argv[0] at %#x, want 1 and an empty string at %#x", argc, arg, l.ArgStart)
	}
	if l.ArgEnd != l.ArgStart+1 || l.EnvStart != l.ArgEnd {
		t.Errorf("layout %+v, want one byte of arguments", l)
	}
}

func TestNoRoomForStack(t *testing.T) {
	for _, top := range []uint64{0, 0x1000, TaskSize + 0x1000, math.MaxUint64 &^ 0xfff} {
		spec := StackSpec{Top: top, ExecFn: strings.Repeat("x", 4000), RlimitStack: 8 << 20, Shift: 8191}
		if _, _, e := BuildStack(&spec); e != linux.ENOMEM {
			t.Errorf("BuildStack below %#x = %v, want ENOMEM", top, e)
		}
	}
}

// TestArgsAsTheKernel finds the most bytes that CheckArgs takes under several
// limits, and asks the kernel for that many and for one more.
func TestArgsAsTheKernel(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_STACK, &old); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_STACK, &old)
	const path = "/bin/true"
	env := []string{"A=1", "B="}

	for _, limit := range []uint64{48 << 10, 96 << 10, 256 << 10, 512 << 10, 1 << 20, 2<<20 + 4100, 8 << 20, 64 << 20, math.MaxUint64} {
		if limit > old.Max {
			continue
		}
		low, high := 0, 8<<20 // low is taken, high is not
		for low+1 < high {
			if mid := (low + high) / 2; CheckArgs(path, args(mid), env, limit) == 0 {
				low = mid
			} else {
				high = mid
			}
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_STACK, &syscall.Rlimit{Cur: limit, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		for n, want := range map[int]error{low: nil, high: syscall.E2BIG} {
			if got := run(path, args(n), env); got != want {
				t.Errorf("execve natively with %d bytes under a limit of %d = %v, want %v", n, limit, got, want)
			}
		}
	}
}

func TestLongestArgument(t *testing.T) {
	const path = "/bin/true"
	for n, want := range map[int]linux.Errno{MaxArgStrlen - 1: 0, MaxArgStrlen: linux.E2BIG} {
		argv := []string{path, strings.Repeat("a", n)}
		if got := CheckArgs(path, argv, nil, 8<<20); got != want {
			t.Errorf("CheckArgs with %d bytes = %v, want %v", n, got, want)
		}
		if got := run(path, argv, nil); (got == nil) != (want == 0) {
			t.Errorf("execve natively with %d bytes = %v, want %v", n, got, want)
		}
	}
}

// args are arguments of n bytes with their NULs, at least one.
func args(n int) (list []string) {
	for n > MaxArgStrlen {
		list = append(list, strings.Repeat("a", MaxArgStrlen-1))
		n -= MaxArgStrlen
	}
	return append(list, strings.Repeat("b", max(n-1, 0)))
}

// run gives what execve returned; how the program fares does not matter.
func run(path string, argv, env []string) error {
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{Env: env})
	if err != nil {
		return err
	}
	_, err = syscall.Wait4(pid, nil, 0, nil)
	return err
}
