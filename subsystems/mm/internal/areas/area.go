// Package areas keeps the areas of one address space in order of address. It
// knows when two of them are one (as /proc/PID/maps shows them) and where holes
// are; it knows nothing of calls, limits or the platform. It has no locks.
package areas

// PageSize is the size of a page in bytes, and of everything here a multiple.
const PageSize = 4096

// StackGuard is the gap in bytes that is kept below an area that grows down:
// 256 pages, mm/mmap.c stack_guard_gap.
const StackGuard = 256 * PageSize

// Flag is a set of properties of an area beside its protection.
type Flag uint32

// The flags. All but Hinted are Linux's own and divide areas in /proc/PID/maps.
const (
	// Shared is MAP_SHARED.
	Shared Flag = 1 << iota
	// GrowsDown is MAP_GROWSDOWN.
	GrowsDown
	// Locked and LockOnFault are mlock and MLOCK_ONFAULT.
	Locked
	LockOnFault
	// NoReserve is MAP_NORESERVE.
	NoReserve
	// Account marks memory that counts as committed: private and writable, or
	// once so.
	Account
	// DontFork, WipeOnFork, DontDump, Random, Sequential, Mergeable, HugePage
	// and NoHugePage are the advices of madvise that last.
	DontFork
	WipeOnFork
	DontDump
	Random
	Sequential
	Mergeable
	HugePage
	NoHugePage
	// Droppable is MAP_DROPPABLE.
	Droppable
	// Sealed is mseal: what would change or discard the area is refused.
	Sealed
	// Special areas (the vdso) do not merge, lock or expand.
	Special
	// Hinted marks memory for which this kernel, not the app, asked for huge
	// pages. The host splits its areas there; the app does not see it.
	Hinted
)

// Attr is what two areas must have in common to be one.
type Attr struct {
	// File is the core's reference, 0 for anonymous memory.
	File uint64
	// Prot and MaxProt are PROT_READ, PROT_WRITE and PROT_EXEC.
	Prot, MaxProt uint8
	Flags         Flag
	// Family tells memory that a fork child has inherited from newer memory:
	// Linux merges neither with the other, since their pages belong to
	// different reverse maps (mm/vma.c is_mergeable_anon_vma).
	Family uint32
}

// Area is the pages from Start up to End, both page aligned.
type Area struct {
	Start, End uint64
	// Offset is the offset in the file, or for anonymous memory the address at
	// which it was first mapped (vm_pgoff); it divides moved memory from new.
	Offset uint64
	Attr
}

// Len is the length in bytes.
func (a *Area) Len() uint64 { return a.End - a.Start }

// GapStart is where the hole below the area ends: lower than Start when the
// area grows down.
func (a *Area) GapStart() uint64 {
	if a.Flags&GrowsDown == 0 {
		return a.Start
	}
	if a.Start < StackGuard {
		return 0
	}
	return a.Start - StackGuard
}

// joins says whether b, which starts where a ends, is the same area as a.
func (a *Area) joins(b *Area) bool {
	return a.Attr == b.Attr && a.Offset+a.Len() == b.Offset && a.Flags&Special == 0
}

// Fuses says whether a and b are the same area for the app: they touch and
// differ in nothing but Hinted.
func (a *Area) Fuses(b *Area) bool {
	if a.End != b.Start || a.Offset+a.Len() != b.Offset || a.Flags&Special != 0 {
		return false
	}
	x, y := a.Attr, b.Attr
	x.Flags &^= Hinted
	y.Flags &^= Hinted
	return x == y
}

// clip is the part of a inside lo and hi, which it must meet.
func (a *Area) clip(lo, hi uint64) Area {
	c := *a
	if c.Start < lo {
		c.Offset += lo - c.Start
		c.Start = lo
	}
	if c.End > hi {
		c.End = hi
	}
	return c
}
