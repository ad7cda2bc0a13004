package hostproc

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
)

// A site that traps often becomes a jump: the instruction before the `syscall`,
// a `mov $n,%eax` mostly, is overwritten by a jump to a slot that does the same
// and enters the shim. The `syscall` itself stays, so that whoever stands on it
// or jumps to it traps as before.

// patchAfter is how many traps of one site make it worth the 140-360 us that a
// patch costs.
const patchAfter = 64

// futexTraps is how many futexes a thread makes by trap, which the shim answers,
// until it brings one for the core to count.
const futexTraps = 16

// jumpSlotSize is the size of a slot: the instruction, of five bytes; lea
// ret(%rip),%rcx; movabs $entry,%r11; jmp *%r11.
const jumpSlotSize = 32

// jumpArea is a span of a process that holds slots.
type jumpArea struct {
	addr, length uint64
	used         uint64 // bytes of slots
	mapped       uint64 // bytes that are mapped
}

// Jumps implements platform.Space.
func (pr *process) Jumps(ranges []platform.Range) {
	old := pr.jumps
	pr.jumps = nil
	for _, r := range ranges {
		if i := slices.IndexFunc(old, func(a jumpArea) bool { return a.addr == r.Addr && a.length == r.Length }); i >= 0 {
			pr.jumps = append(pr.jumps, old[i])
			old = slices.Delete(old, i, i+1)
			continue
		}
		if r.Addr >= 0x10000 && r.Length >= pageSize && r.Addr+r.Length <= shimShimBase {
			pr.jumps = append(pr.jumps, jumpArea{addr: r.Addr, length: r.Length})
		}
	}
	for i := range old {
		if a := &old[i]; a.mapped > 0 {
			pr.strays = append(pr.strays, a.unmap())
		}
	}
}

// unmap gives up the area's slots.
func (a *jumpArea) unmap() platform.Op {
	op := platform.Op{Kind: platform.OpUnmap, Addr: a.addr, Length: a.mapped}
	a.used, a.mapped = 0, 0
	return op
}

// countTrap counts a trap of the site before rip, and makes it a jump when it
// has come often enough and nobody else can be running there.
func (t *thread) countTrap(rip uint64) {
	pr := t.proc
	weight, n := 1, pr.patches[rip]
	if pr.p.ro.host(t.ev.Nr) {
		weight = futexTraps
		if n < 0 {
			weight = 1 << 12
		}
		t.mb.store32(shimMbTrapLeft, uint32(weight-1))
	}
	if n < 0 {
		return // cannot be done
	}
	pr.patches[rip] = n + weight
	if (n+weight)/patchAfter == n/patchAfter {
		return
	}
	if pr.freeze != nil || !t.alone() {
		return // again after as many traps more
	}
	ok := t.patch(rip)
	t.thaw()
	if !ok {
		pr.patches[rip] = -1
	}
}

// freeze is a process whose threads stand still while text is changed.
type freeze struct {
	missing int // threads that run and have been kicked
	all     leader.Waiter
	came    []*thread // came in meanwhile; what they brought waits
	held    []held    // were answered meanwhile; the answer waits
}

type held struct {
	t      *thread
	action uint32
}

// alone brings all other threads of the process in. False when it ended.
func (t *thread) alone() bool {
	pr := t.proc
	f := &freeze{}
	for _, o := range pr.threads {
		if o != t && o.waiting {
			return false // carries out orders
		}
	}
	pr.freeze = f
	for _, o := range pr.threads {
		o.awaited = false
		if o == t || !o.running {
			continue
		}
		// One that sleeps in a futex of the host runs no text, and must not be
		// woken: its waker would miss it. The flag stops it on its way out.
		atomic.StoreUint32(o.mb.u32(shimMbKick), 1)
		if atomic.LoadUint32(o.mb.u32(shimMbInHost)) == 1 {
			continue
		}
		o.awaited = true
		f.missing++
		o.Kick()
	}
	if f.missing > 0 {
		pr.p.leader.Park(&f.all)
	}
	return !pr.dead && !pr.ending
}

// thaw lets the threads go on with what they brought and were told.
func (t *thread) thaw() {
	pr := t.proc
	f := pr.freeze
	pr.freeze = nil
	for _, h := range f.held {
		h.t.runApp(h.action)
	}
	for _, o := range f.came {
		pr.p.leader.Post(func() {
			if o.deferred && !pr.dead && !pr.ending {
				o.running, o.deferred = true, false
				o.handle()
			}
		})
	}
}

// site describes a system call instruction that can become a jump.
type site struct {
	at   uint64  // where the jump goes
	size int     // bytes of the instruction there
	body [5]byte // the same for a slot
}

// decodeSite recognises what compilers and libcs put before `syscall`: the two
// forms of mov, and the last step of libc's syscall(2). The bytes of a number
// could also be the end of another instruction (`mov $8,%r8d` is one byte more
// than `mov $8,%eax`), but they would not be the number nr that was called.
func (pr *process) decodeSite(rip, nr uint64) (site, bool) {
	var b [9]byte
	if rip < 0x10000 || pr.Read(rip-9, b[:]) != 9 || b[7] != 0x0f || b[8] != 0x05 {
		return site{}, false
	}
	n := binary.LittleEndian.Uint32(b[3:])
	s := site{rip - 7, 5, [5]byte(b[2:])}
	switch {
	case s.body == [5]byte{0x4c, 0x8b, 0x4c, 0x24, 8}: // mov 8(%rsp),%r9
		return s, true
	case nr >= 512 || uint64(n) != nr:
	case b[2] == 0xb8 && b[1]&0xf1 != 0x41: // mov $n,%eax, not %r8d
		return s, true
	case b[0] == 0x48 && b[1] == 0xc7 && b[2] == 0xc0: // mov $n,%rax
		s.at, s.size, s.body[0] = rip-9, 7, 0xb8
		return s, true
	}
	return site{}, false
}

func (t *thread) patch(rip uint64) bool {
	pr := t.proc
	s, ok := pr.decodeSite(rip, t.ev.Nr)
	if !ok || !pr.plainText(s.at, rip) {
		return false
	}
	a := pr.areaNear(s.at)
	if a == nil {
		return false
	}
	slot := a.addr + a.used
	var code [jumpSlotSize]byte
	le := binary.LittleEndian
	copy(code[:], s.body[:])
	copy(code[5:], []byte{0x48, 0x8d, 0x0d}) // lea rel(%rip),%rcx
	le.PutUint32(code[8:], uint32(rip-(slot+12)))
	copy(code[12:], []byte{0x49, 0xbb}) // movabs $entry,%r11
	le.PutUint64(code[14:], shimShimBase+pr.p.shim.entry)
	copy(code[22:], []byte{0x41, 0xff, 0xe3}) // jmp *%r11

	jump := make([]byte, s.size)
	jump[0] = 0xe9
	le.PutUint32(jump[1:], uint32(slot-(s.at+5)))
	for i := 5; i < s.size; i++ {
		jump[i] = 0x90
	}

	const rw, rx = unix.PROT_READ | unix.PROT_WRITE, unix.PROT_READ | unix.PROT_EXEC
	slotPage := slot &^ (pageSize - 1)
	first, last := s.at&^(pageSize-1), (s.at+uint64(s.size)-1)&^(pageSize-1)
	text := last + pageSize - first
	if slotPage >= a.addr+a.mapped {
		t.mb.order(0, unix.SYS_MMAP, slotPage, pageSize, rw, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_ANONYMOUS, ^uint64(0), 0)
	} else {
		t.mb.order(0, unix.SYS_MPROTECT, slotPage, pageSize, rw)
	}
	t.mb.order(1, unix.SYS_MPROTECT, first, text, rw)
	if n, e := t.run(2); e != 0 {
		if n > 0 {
			t.mb.order(0, unix.SYS_MPROTECT, slotPage, pageSize, rx)
			t.run(1)
		}
		return false
	}
	a.mapped = max(a.mapped, slotPage+pageSize-a.addr)
	ok = pr.Write(slot, code[:]) == len(code) && pr.Write(s.at, jump) == len(jump)
	t.mb.order(0, unix.SYS_MPROTECT, slotPage, pageSize, rx)
	t.mb.order(1, unix.SYS_MPROTECT, first, text, rx)
	if _, e := t.run(2); e != 0 || !ok {
		return false
	}
	a.used += jumpSlotSize
	pr.sites[slot] = s.at
	pr.p.counts.Patched++
	return true
}

// areaNear finds an area with room whose slots a 32-bit jump reaches.
func (pr *process) areaNear(at uint64) *jumpArea {
	const reach = 1<<31 - 1<<20
	for i := range pr.jumps {
		a := &pr.jumps[i]
		d := int64(a.addr - at)
		if a.used+jumpSlotSize <= a.length && d < reach && d > -reach {
			return a
		}
	}
	return nil
}

// plainText reports whether the bytes from lo to hi are a private mapping of a
// file that is executable and not writable: what a loader maps as text. The
// protection is put back as that.
func (pr *process) plainText(lo, hi uint64) bool {
	f, err := os.Open(fmt.Sprintf("/proc/%d/maps", pr.pid))
	if err != nil {
		return false
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var from, to, off, ino uint64
		var prot, dev string
		if n, _ := fmt.Sscanf(sc.Text(), "%x-%x %s %x %s %d", &from, &to, &prot, &off, &dev, &ino); n != 6 {
			continue
		}
		if lo >= from && hi <= to {
			return prot == "r-xp" && ino != 0
		}
	}
	return false
}

// visible turns an address in a slot into the site's, so that no app sees a
// slot. A slot has only loaded registers that the call destroys anyway.
func (pr *process) visible(rip uint64) uint64 {
	if len(pr.sites) == 0 {
		return rip
	}
	for i := range pr.jumps {
		a := &pr.jumps[i]
		if rip >= a.addr && rip < a.addr+a.used {
			slot := a.addr + (rip-a.addr)/jumpSlotSize*jumpSlotSize
			if s, ok := pr.sites[slot]; ok {
				return s
			}
		}
	}
	return rip
}
