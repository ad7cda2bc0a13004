package mmtest

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

func mapPlacesTopDown(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	g.wantMap(0, page, r, anon, top-page, 0)
	g.wantMap(0, page, rw, anon, top-2*page, 0)
	g.wantMap(0, 3*page, r, anon, top-5*page, 0)
	g.wantErrno("unmap", g.munmap(top-2*page, page), 0)
	g.wantMap(0, 2*page, r, anon, top-7*page, 0) // too large for the hole
	g.wantMap(0, 1, rx, anon, top-2*page, 0)     // fills it
	g.wantMap(0x200000, page, r, anon, 0x200000, 0)
	g.wantMap(0x200001, page, rw, anon, top-8*page, 0) // hint taken
	g.wantMap(page, page, none, anon, low, 0)          // hint lifted
	g.wantMap(1<<47, page, rx, anon, top-9*page, 0)    // hint out of space
	// A mapping that grows down keeps 256 pages below it free.
	g.wantMap(0x100000000, page, rw, anon|linux.MAP_GROWSDOWN, 0x100000000, 0)
	g.wantMap(0x100000000-257*page, page, r, anon, 0x100000000-257*page, 0)
	g.wantMap(0x100000000-2*page, page, r, anon, top-10*page, 0)
}

func mapChecksInLinuxOrder(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	for _, c := range []struct {
		name string
		req  mmapi.MapRequest
		want linux.Errno
	}{
		{"length 0", mmapi.MapRequest{Flags: anon}, linux.EINVAL},
		{"odd offset before length", mmapi.MapRequest{Length: inf, FileOffset: 1, Flags: anon}, linux.EINVAL},
		{"length wraps", mmapi.MapRequest{Length: inf, Flags: anon}, linux.ENOMEM},
		{"length wraps before type", mmapi.MapRequest{Length: inf}, linux.ENOMEM},
		{"no type", mmapi.MapRequest{Length: page, Flags: linux.MAP_ANONYMOUS}, linux.EINVAL},
		{"validate is not for memory", mmapi.MapRequest{Length: page, Flags: linux.MAP_SHARED_VALIDATE | linux.MAP_ANONYMOUS, File: 7}, linux.EINVAL},
		{"larger than space", mmapi.MapRequest{Length: 1 << 47, Flags: anon}, linux.ENOMEM},
		{"all of space", mmapi.MapRequest{Length: high, Flags: anon}, linux.ENOMEM},
		{"fixed, odd address", mmapi.MapRequest{Addr: 0x200001, Length: page, Flags: anon | fixed}, linux.EINVAL},
		{"fixed, odd address out of space", mmapi.MapRequest{Addr: 1<<47 + 1, Length: page, Flags: anon | fixed}, linux.ENOMEM},
		{"fixed, below the lowest", mmapi.MapRequest{Addr: low - page, Length: page, Flags: anon | fixed}, linux.EPERM},
		{"fixed, at 0", mmapi.MapRequest{Length: page, Flags: anon | fixed}, linux.EPERM},
		{"fixed, at the end", mmapi.MapRequest{Addr: high, Length: page, Flags: anon | fixed}, linux.ENOMEM},
		{"placement before type", mmapi.MapRequest{Length: page, Flags: linux.MAP_ANONYMOUS | fixed}, linux.EPERM},
		{"shared cannot grow down", mmapi.MapRequest{Length: page, Flags: shared | linux.MAP_ANONYMOUS | linux.MAP_GROWSDOWN, File: 7}, linux.EINVAL},
		{"droppable cannot be locked", mmapi.MapRequest{Length: page, Flags: linux.MAP_DROPPABLE | linux.MAP_ANONYMOUS | linux.MAP_LOCKED}, linux.EINVAL},
		{"unknown flags are ignored", mmapi.MapRequest{Length: page, Flags: anon | 1<<25, Prot: 1 << 20}, 0},
		{"droppable", mmapi.MapRequest{Length: page, Flags: linux.MAP_DROPPABLE | linux.MAP_ANONYMOUS}, 0},
	} {
		if _, e := g.mapReq(c.req); e != c.want {
			t.Errorf("%s: map = %v, want %v", c.name, e, c.want)
		}
	}
	if _, e := g.mmap(high-page, page, r, anon|fixed); e != 0 {
		t.Errorf("map of the last page = %v", e)
	}
}

func mapFixedReplaces(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	a := g.mustMap(0, 5*page, rw, shared)
	g.wantMap(a+page, 3*page, r, anon|fixed, a+page, 0)
	g.wantAreas("fixed map", span(a, 1), span(a+page, 3), span(a+4*page, 1))
	if got := g.areas()[2].FileOffset; got != 4*page {
		t.Errorf("the part behind has offset %#x, want %#x", got, 4*page)
	}
	g.wantMap(a, 5*page, rw, shared|fixed, a, 0)
	g.wantAreas("mapping all again", span(a, 5))
}

func mapNoReplace(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	a := g.mustMap(0x200000, 2*page, rw, anon)
	const flags = anon | linux.MAP_FIXED_NOREPLACE
	g.wantMap(a+page, 2*page, rw, flags, 0, linux.EEXIST)
	g.wantMap(a-page, 4*page, rw, flags, 0, linux.EEXIST)
	g.wantMap(a+2*page, 2*page, rw, flags, a+2*page, 0)
	g.wantMap(a+1, page, rw, flags, 0, linux.EINVAL)
	g.wantMap(0, page, rw, flags, 0, linux.EPERM)
}

func mapFileChecks(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	for _, c := range []struct {
		name      string
		prot, max uint32
		flags     uint32
		length    uint64
		offset    uint64
		want      linux.Errno
	}{
		{"shared write of a read-only file", rw, rx, shared, page, 0, linux.EACCES},
		{"shared read of a read-only file", r, rx, shared, page, 0, 0},
		{"private write of a read-only file", rw, rx, linux.MAP_PRIVATE, page, 0, 0},
		{"write-only file", none, linux.PROT_WRITE, linux.MAP_PRIVATE, page, 0, linux.EACCES},
		{"run from noexec", rx, rw, linux.MAP_PRIVATE, page, 0, linux.EPERM},
		{"write before noexec", rx | rw, r, shared, page, 0, linux.EACCES},
		{"grows down", r, rx, linux.MAP_PRIVATE | linux.MAP_GROWSDOWN, page, 0, linux.EINVAL},
		{"no type", r, rx, 0, page, 0, linux.EINVAL},
		{"offset too large", r, rx, shared, page, 1<<63 - page, linux.EOVERFLOW},
		{"end too large", r, rx, shared, 2 * page, 1<<63 - 2*page, linux.EOVERFLOW},
		{"largest offset", r, rx, shared, page, 1<<63 - 2*page, 0},
		{"validate", r, rx, linux.MAP_SHARED_VALIDATE, page, 0, 0},
		{"validate with MAP_SYNC", r, rx, linux.MAP_SHARED_VALIDATE | linux.MAP_SYNC, page, 0, linux.EOPNOTSUPP},
		{"shared with MAP_SYNC", r, rx, shared | linux.MAP_SYNC, page, 0, 0},
	} {
		_, e := g.mapReq(mmapi.MapRequest{Length: c.length, Prot: c.prot, MaxProt: c.max, Flags: c.flags, File: 9, FileOffset: c.offset})
		if e != c.want {
			t.Errorf("%s: map = %v, want %v", c.name, e, c.want)
		}
	}
	a, _ := g.mapReq(mmapi.MapRequest{Length: page, Prot: r, MaxProt: r, Flags: linux.MAP_PRIVATE, File: 9})
	g.wantErrno("protect private for write", g.mprotect(a, page, rw), 0)
	g.wantErrno("protect private of noexec for run", g.mprotect(a, page, rx), linux.EACCES)
	a, _ = g.mapReq(mmapi.MapRequest{Length: page, Prot: r, MaxProt: r, Flags: shared, File: 9})
	g.wantErrno("protect shared read-only for write", g.mprotect(a, page, rw), linux.EACCES)
}

func mapMergesNeighbours(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, page, rw, anon|fixed)
	g.mustMap(a+2*page, page, rw, anon|fixed)
	g.mustMap(a+page, page, rw, anon|fixed)
	g.wantAreas("filling a hole", span(a, 3))
	g.mustMap(a+3*page, page, rw, anon|fixed|linux.MAP_NORESERVE)
	g.mustMap(a+4*page, page, r, anon|fixed)
	g.mustMap(a+5*page, page, rw, shared|linux.MAP_ANONYMOUS|fixed)
	g.wantAreas("mapping others", span(a, 3), span(a+3*page, 1), span(a+4*page, 1), span(a+5*page, 1))
	g.munmap(a, 6*page)

	for i, offset := range []uint64{0, page, 3 * page} {
		g.mapReq(mmapi.MapRequest{Addr: a + uint64(i)*page, Length: page, Prot: r, Flags: shared | fixed, File: 7, FileOffset: offset, MaxProt: rw})
	}
	g.wantAreas("mapping a file on", span(a, 2), span(a+2*page, 1))
	g.mapReq(mmapi.MapRequest{Addr: a + page, Length: page, Prot: r, Flags: shared | fixed, File: 8, FileOffset: page, MaxProt: rw})
	g.wantAreas("mapping another file", span(a, 1), span(a+page, 1), span(a+2*page, 1))
}

func map32BitAndAbove4G(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	g.wantMap(0, page, r, anon|linux.MAP_32BIT, 0x40000000, 0)
	g.wantMap(0, page, rw, anon|linux.MAP_32BIT, 0x40001000, 0)
	g.wantMap(0x50000000, page, rw, anon|linux.MAP_32BIT, 0x50000000, 0)
	g.wantMap(0x100000000, page, rx, anon|linux.MAP_32BIT, 0x40002000, 0)
	g.wantMap(0, 0x40000001, rx, anon|linux.MAP_32BIT, 0, linux.ENOMEM)
	// When all below the top is taken, the search goes upwards from a third.
	g.mustMap(low, 0x40000000-low, none, anon|fixed)
	g.mustMap(0x40003000, 0xfffd000, none, anon|fixed)
	g.mustMap(0x50001000, top-0x50001000, none, anon|fixed)
	g.wantMap(0, page, r, anon, top, 0)
	g.wantMap(0, page, r, anon|linux.MAP_ABOVE4G, top+page, 0)
}

func mapLocked(t *testing.T, mm mmapi.MM) {
	limits := unlimited
	limits.Memlock = 3 * page
	g := newRigWith(t, mm, limits)
	a := g.mustMap(0, 2*page, rw, anon|linux.MAP_LOCKED)
	if g.areas()[0].Flags&linux.MAP_LOCKED == 0 || g.usage().Locked != 2*page {
		t.Errorf("not locked: %+v, %+v", g.areas(), g.usage())
	}
	if g.ops[0].Flags&linux.MAP_POPULATE == 0 {
		t.Errorf("locked memory is not populated: %+v", g.ops)
	}
	g.wantMap(0, 2*page, rw, anon|linux.MAP_LOCKED, 0, linux.EAGAIN)
	g.munmap(a, page)
	g.wantMap(0, 2*page, rw, anon|linux.MAP_LOCKED, a-page, 0)
	limits.Memlock = 0
	g = newRigWith(t, mm, limits)
	g.wantMap(0, page, rw, anon|linux.MAP_LOCKED, 0, linux.EPERM)
	limits.IpcLock = true
	g = newRigWith(t, mm, limits)
	g.wantMap(0, page, rw, anon|linux.MAP_LOCKED, top-page, 0)
}

func mapHugeTLB(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const huge = anon | linux.MAP_HUGETLB
	g.wantMap(0, 2<<20, rw, huge, 0, linux.ENOMEM)
	g.wantMap(0, 2<<20, rw, huge|21<<linux.MAP_HUGE_SHIFT, 0, linux.ENOMEM)
	g.wantMap(0, 2<<20, rw, huge|22<<linux.MAP_HUGE_SHIFT, 0, linux.EINVAL)
	g.wantMap(0, 0, rw, huge, 0, linux.EINVAL)
	g.wantMap(0, 2<<20, rw, linux.MAP_PRIVATE|linux.MAP_HUGETLB, 0, linux.EINVAL)
}

func mapLimits(t *testing.T, mm mmapi.MM) {
	limits := unlimited
	limits.As = 10*page + 1
	limits.Data = 4 * page
	g := newRigWith(t, mm, limits)
	a := g.mustMap(0, 4*page, rw, anon)
	g.wantMap(0, page, rw, anon, 0, linux.ENOMEM)
	g.wantMap(0, page, rw, shared, a-page, 0)
	g.wantMap(0, page, r, anon, a-2*page, 0)
	g.wantErrno("protect for write", g.mprotect(a-2*page, page, rw), linux.ENOMEM)
	g.wantMap(0, 5*page, r, anon, 0, linux.ENOMEM)
	g.wantMap(0, 4*page, r, anon, a-6*page, 0)
	g.wantMap(0, page, r, anon, 0, linux.ENOMEM)
	g.wantMap(a, 4*page, rw, anon|fixed, a, 0) // replaces as much
	g.wantMap(a-page, page, r, anon|fixed, a-page, 0)

	var rep mmapi.SetLimitsReply
	if e := mm.SetLimits(&mmapi.SetLimitsRequest{Space: g.space, Limits: unlimited}, &rep); e != 0 {
		t.Fatalf("SetLimits = %v", e)
	}
	g.wantMap(0, page, rw, anon, a-7*page, 0)
}

func mapAlignsHuge(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const huge = 2 << 20
	g.mustMap(0, page, r, anon)
	g.wantMap(0, huge, none, anon, top-2*huge, 0)
	g.wantMap(0, huge, none, shared, top-3*huge, 0)
	// The rest below the first page is still the highest hole.
	g.wantMap(0, page, rw, anon, top-2*page, 0)
}

func mapAvoidsReserved(t *testing.T, mm mmapi.MM) {
	var rep mmapi.NewSpaceReply
	if e := mm.NewSpace(&mmapi.NewSpaceRequest{Low: low, High: high, MmapTop: top, Limits: unlimited,
		Reserved: []mmapi.Range{span(top-4*page, 2), span(top-20*page, 10)}}, &rep); e != 0 {
		t.Fatalf("NewSpace = %v", e)
	}
	g := &rig{t: t, mm: mm, space: rep.Space, host: NewHost(), refs: make(map[uint64]int64)}
	g.wantMap(0, 3*page, r, anon, top-7*page, 0)
	g.wantMap(0, 4*page, r, anon, top-24*page, 0)
	g.wantMap(0, 2*page, r, anon, top-2*page, 0)
	g.wantMap(top-4*page, page, rw, anon, top-8*page, 0)
	g.wantMap(top-4*page, page, rw, anon|fixed, 0, linux.ENOMEM)
	g.wantErrno("unmap across", g.munmap(top-24*page, 24*page), 0)
	for _, op := range g.ops {
		if op.Addr < top-2*page && op.Addr+op.Length > top-4*page || op.Addr < top-10*page && op.Addr+op.Length > top-20*page {
			t.Errorf("unmaps reserved memory: %+v", op)
		}
	}
	g.wantAreas("unmap across")
}
