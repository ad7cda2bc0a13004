package mm

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// The window of addresses in which TestAgainstHost plays. Go maps nothing
// there.
const (
	windowLow   = 0x1000000000
	windowPages = 48
	windowHigh  = windowLow + windowPages*pageSize
)

// TestAgainstHost makes the same random calls in this process and in a space of
// mm, and compares errors and what is mapped page by page. It leaves out what
// would reach beyond the window.
func TestAgainstHost(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mlock needs a known limit: run as root")
	}
	if n := len(windowMaps(t)); n != 0 {
		t.Skipf("the window is in use: %d mappings", n)
	}
	file := memfd(t)
	seeds, err := strconv.ParseUint(os.Getenv("MM_SEEDS"), 10, 64)
	if err != nil {
		seeds = 3 // each takes a second, most of it for /proc
	}
	for seed := uint64(0); seed < seeds; seed++ {
		playAgainstHost(t, seed, file)
		if t.Failed() {
			return
		}
	}
}

func memfd(t *testing.T) uintptr {
	t.Helper()
	f, err := os.CreateTemp("/dev/shm", "mm")
	if err != nil {
		t.Skipf("no shared memory: %v", err)
	}
	os.Remove(f.Name())
	if err := f.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f.Fd()
}

func playAgainstHost(t *testing.T, seed uint64, file uintptr) {
	r := rand.New(rand.NewPCG(seed, 7))
	m, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	inf := ^uint64(0)
	var space mmapi.NewSpaceReply
	m.NewSpace(&mmapi.NewSpaceRequest{Low: 65536, High: taskSize, MmapTop: taskSize, Limits: mmapi.Limits{As: inf, Data: inf, Stack: inf, Memlock: inf, IpcLock: true}}, &space)
	id := space.Space

	defer syscall.Syscall(syscall.SYS_MUNMAP, windowLow, windowPages*pageSize, 0)
	var log []string
	for step := 0; step < 400; step++ {
		addr := windowLow + r.Uint64N(windowPages)*pageSize
		length := 1 + r.Uint64N(min(8*pageSize, windowHigh-addr))
		if r.IntN(40) == 0 {
			addr++
		}
		if r.IntN(60) == 0 {
			length = []uint64{0, ^uint64(0), ^uint64(0) - 2*pageSize}[r.IntN(3)]
		}
		var call string
		before := ourMaps(m, id)
		var host syscall.Errno
		var ours linux.Errno
		switch r.IntN(12) {
		case 0, 1, 2, 3:
			// PROT_EXEC alone is left out: whether it can be locked depends on
			// the processor's protection keys.
			prot := []uint32{0, 1, 3, 5, 2, 7}[r.IntN(6)]
			flags := []uint32{linux.MAP_PRIVATE | linux.MAP_ANONYMOUS, linux.MAP_PRIVATE, linux.MAP_SHARED, linux.MAP_SHARED_VALIDATE, linux.MAP_ANONYMOUS, 0}[r.IntN(6)]
			if r.IntN(3) == 0 {
				flags = linux.MAP_PRIVATE | linux.MAP_ANONYMOUS
			}
			flags |= linux.MAP_FIXED << (16 * (r.IntN(5) / 4)) // MAP_FIXED, sometimes MAP_FIXED_NOREPLACE
			for _, f := range []uint32{linux.MAP_NORESERVE, linux.MAP_GROWSDOWN, linux.MAP_LOCKED, linux.MAP_STACK, linux.MAP_NONBLOCK, linux.MAP_DENYWRITE} {
				if r.IntN(12) == 0 {
					flags |= f
				}
			}
			offset := r.Uint64N(64) * pageSize
			req := mmapi.MapRequest{Space: id, Addr: addr, Length: length, Prot: prot, Flags: flags, FileOffset: offset, MaxProt: 7}
			fd := ^uintptr(0)
			if flags&linux.MAP_ANONYMOUS == 0 {
				req.File, fd = 1, file
			}
			var rep mmapi.MapReply
			ours = m.Map(&req, &rep)
			_, _, host = syscall.Syscall6(syscall.SYS_MMAP, uintptr(addr), uintptr(length), uintptr(prot), uintptr(flags), fd, uintptr(offset))
			call = fmt.Sprintf("mmap(%#x, %#x, %d, %#x, %d, %#x)", addr, length, prot, flags, req.File, offset)
		case 4:
			var rep mmapi.UnmapReply
			ours = m.Unmap(&mmapi.UnmapRequest{Space: id, Addr: addr, Length: length}, &rep)
			_, _, host = syscall.Syscall(syscall.SYS_MUNMAP, uintptr(addr), uintptr(length), 0)
			call = fmt.Sprintf("munmap(%#x, %#x)", addr, length)
		case 5, 6:
			prot := []uint32{0, 1, 3, 5, 2, 8, 16, linux.PROT_GROWSDOWN | 1, linux.PROT_GROWSUP | 1}[r.IntN(9)]
			var rep mmapi.ProtectReply
			ours = m.Protect(&mmapi.ProtectRequest{Space: id, Addr: addr, Length: length, Prot: prot}, &rep)
			_, _, host = syscall.Syscall(syscall.SYS_MPROTECT, uintptr(addr), uintptr(length), uintptr(prot))
			call = fmt.Sprintf("mprotect(%#x, %#x, %#x)", addr, length, prot)
		case 7, 8:
			// Older kernels unlock all of an area when a part is moved away by
			// MREMAP_DONTUNMAP.
			call, ours, host = remapBoth(m, r, id, addr, length, !strings.Contains(before, "+lo"))
		case 9:
			advice := uint32(r.IntN(27))
			if advice == linux.MADV_COLLAPSE || advice == linux.MADV_PAGEOUT {
				continue // how full memory is decides
			}
			var rep mmapi.AdviseReply
			ours = m.Advise(&mmapi.AdviseRequest{Space: id, Addr: addr, Length: length, Advice: advice}, &rep)
			_, _, host = syscall.Syscall(syscall.SYS_MADVISE, uintptr(addr), uintptr(length), uintptr(advice))
			call = fmt.Sprintf("madvise(%#x, %#x, %d)", addr, length, advice)
		case 10:
			flags := uint32(r.IntN(9))
			var rep mmapi.SyncReply
			ours = m.Sync(&mmapi.SyncRequest{Space: id, Addr: addr, Length: length, Flags: flags}, &rep)
			_, _, host = syscall.Syscall(syscall.SYS_MSYNC, uintptr(addr), uintptr(length), uintptr(flags))
			call = fmt.Sprintf("msync(%#x, %#x, %d)", addr, length, flags)
		case 11:
			unlock := r.IntN(2) == 0
			nr := uintptr(syscall.SYS_MLOCK)
			if unlock {
				nr = syscall.SYS_MUNLOCK
			}
			var rep mmapi.LockReply
			ours = m.Lock(&mmapi.LockRequest{Space: id, Addr: addr, Length: length, Unlock: unlock}, &rep)
			_, _, host = syscall.Syscall(nr, uintptr(addr), uintptr(length), 0)
			call = fmt.Sprintf("mlock %v(%#x, %#x)", unlock, addr, length)
		}
		log = append(log, call)
		if uint64(host) != uint64(ours) {
			t.Errorf("seed %d: %s = %v, the host gives %v\n%s\n%s", seed, call, ours, host, strings.Join(log[max(0, len(log)-12):], "\n"), before)
			return
		}
		got, want := ourMaps(m, id), pagewise(windowMaps(t))
		if got != want {
			t.Errorf("seed %d: after %s = %v they differ:\n%s%s", seed, call, ours, difference(got, want), strings.Join(log[max(0, len(log)-8):], "\n"))
			return
		}
	}
}

func remapBoth(m *MM, r *rand.Rand, id, addr, length uint64, keeps bool) (string, linux.Errno, syscall.Errno) {
	flags := []uint32{0, 0, 3, 3, 7, 2, 4, 8}[r.IntN(8)]
	if !keeps {
		flags &^= linux.MREMAP_DONTUNMAP
	}
	to := windowLow + r.Uint64N(windowPages)*pageSize
	newLength := length
	if flags&4 == 0 || r.IntN(10) == 0 {
		newLength = r.Uint64N(8*pageSize) + uint64(r.IntN(2))
	}
	if flags&2 != 0 {
		newLength = min(newLength, windowHigh-to)
	} else {
		newLength = min(newLength, windowHigh-min(addr, windowHigh))
	}
	if r.IntN(30) == 0 {
		length = 0
	}
	var rep mmapi.RemapReply
	ours := m.Remap(&mmapi.RemapRequest{Space: id, Addr: addr, OldLength: length, NewLength: newLength, Flags: flags, NewAddr: to}, &rep)
	_, _, host := syscall.Syscall6(syscall.SYS_MREMAP, uintptr(addr), uintptr(length), uintptr(newLength), uintptr(flags), uintptr(to), 0)
	return fmt.Sprintf("mremap(%#x, %#x, %#x, %d, %#x)", addr, length, newLength, flags, to), ours, host
}

// windowMaps are the mappings in the window: the line of /proc/self/smaps, and
// the flags that we know.
func windowMaps(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	inside := false
	for _, line := range strings.Split(string(data), "\n") {
		var lo, hi uint64
		if n, _ := fmt.Sscanf(line, "%x-%x", &lo, &hi); n == 2 {
			if inside = lo < windowHigh && hi > windowLow; inside {
				out = append(out, line)
			}
		} else if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			for _, f := range strings.Fields(flags) {
				if slices.ContainsFunc(smapsFlags, func(x smapsFlag) bool { return x.name == f }) {
					out[len(out)-1] += " +" + f
				}
			}
		}
	}
	return out
}

type smapsFlag struct {
	name string
	flag areas.Flag
}

// smapsFlags are in the order of fs/proc/task_mmu.c. Account (ac) is left out:
// it depends on what was touched.
var smapsFlags = []smapsFlag{
	{"gd", areas.GrowsDown}, {"lo", areas.Locked}, {"sr", areas.Sequential}, {"rr", areas.Random}, {"dc", areas.DontFork},
	{"nr", areas.NoReserve}, {"wf", areas.WipeOnFork}, {"dd", areas.DontDump}, {"hg", areas.HugePage}, {"nh", areas.NoHugePage}, {"mg", areas.Mergeable},
}

// pagewise is one line a page: how the host divides areas depends on what was
// touched.
func pagewise(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		var lo, hi, offset uint64
		var prot string
		fmt.Sscanf(line, "%x-%x %s %x", &lo, &hi, &prot, &offset)
		_, flags, _ := strings.Cut(line, " +")
		flags = strings.TrimSuffix("+"+flags, "+")
		for ; lo < hi; lo += pageSize {
			if strings.Contains(line, "/dev/shm") {
				fmt.Fprintf(&b, "%x %s %x %s\n", lo-windowLow, prot, offset, flags)
				offset += pageSize
			} else {
				fmt.Fprintf(&b, "%x %s 0 %s\n", lo-windowLow, prot, flags)
			}
		}
	}
	return b.String()
}

// ourMaps is pagewise of the space.
func ourMaps(m *MM, id uint64) string {
	var b strings.Builder
	s := m.spaces[id]
	for p := s.list.First(); s.list.At(p) != nil; p = s.list.Next(p) {
		a := s.list.At(p)
		prot := []byte("---p")
		for i, c := range "rwx" {
			if a.Prot>>i&1 != 0 {
				prot[i] = byte(c)
			}
		}
		if a.Flags&areas.Shared != 0 {
			prot[3] = 's'
		}
		var flags []string
		for _, f := range smapsFlags {
			if a.Flags&f.flag != 0 {
				flags = append(flags, "+"+f.name)
			}
		}
		for n := uint64(0); n < a.Len(); n += pageSize {
			offset := uint64(0)
			if a.File != 0 {
				offset = a.Offset + n
			}
			fmt.Fprintf(&b, "%x %s %x %s\n", a.Start+n-windowLow, prot, offset, strings.Join(flags, " "))
		}
	}
	return b.String()
}

// difference is the lines that only one of two texts has.
func difference(got, want string) string {
	var b strings.Builder
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range g {
		if !slices.Contains(w, line) {
			b.WriteString("  mm:   " + line + "\n")
		}
	}
	for _, line := range w {
		if !slices.Contains(g, line) {
			b.WriteString("  host: " + line + "\n")
		}
	}
	return b.String()
}
