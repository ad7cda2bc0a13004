package mmtest

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

func unmapSplits(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	a := g.mustMap(0, 6*page, r, shared)
	g.wantErrno("unmap", g.munmap(a+2*page, page+1), 0)
	g.wantAreas("unmap", span(a, 2), span(a+4*page, 2))
	g.wantErrno("unmap over the hole", g.munmap(a+page, 4*page), 0)
	g.wantAreas("unmap over the hole", span(a, 1), span(a+5*page, 1))
	g.wantErrno("unmap of nothing", g.munmap(a+page, 4*page), 0)
	g.wantOps("unmap of nothing")
	g.wantErrno("unmap of all", g.munmap(0, high), 0)
	g.wantAreas("unmap of all")
}

func unmapChecks(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	a := g.mustMap(0, page, r, anon)
	g.wantErrno("odd address", g.munmap(a+1, page), linux.EINVAL)
	g.wantErrno("length 0", g.munmap(a, 0), linux.EINVAL)
	g.wantErrno("beyond space", g.munmap(high, page), linux.EINVAL)
	g.wantErrno("length beyond space", g.munmap(a, high), linux.EINVAL)
	g.wantErrno("length wraps", g.munmap(a, inf), linux.EINVAL)
	g.wantAreas("failing", span(a, 1))
}

func protectSplitsAndMerges(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	a := g.mustMap(0, 6*page, rw, anon)
	g.wantErrno("protect", g.mprotect(a+2*page, 2*page, r), 0)
	g.wantAreas("protect", span(a, 2), span(a+2*page, 2), span(a+4*page, 2))
	g.wantErrno("protect again", g.mprotect(a+2*page, 2*page, r), 0)
	g.wantOps("protect again")
	g.wantErrno("protect more", g.mprotect(a+page, 4*page, r), 0)
	g.wantAreas("protect more", span(a, 1), span(a+page, 4), span(a+5*page, 1))
	g.wantErrno("protect back", g.mprotect(a, 6*page, rw), 0)
	g.wantAreas("protect back", span(a, 6))
	g.wantErrno("odd address", g.mprotect(a+1, page, r), linux.EINVAL)
	g.wantErrno("length 0", g.mprotect(a, 0, r), 0)
	g.wantErrno("length wraps to 0", g.mprotect(a, inf, r), linux.ENOMEM)
	g.wantErrno("end wraps", g.mprotect(a, inf-page, r), linux.ENOMEM)
	g.wantErrno("unknown bits", g.mprotect(a, page, 0x10), linux.EINVAL)
	g.wantErrno("PROT_SEM", g.mprotect(a, 6*page, linux.PROT_SEM|r), 0)
	if got := g.areas()[0].Prot; got != r {
		t.Errorf("prot is %d, want %d", got, r)
	}
}

func protectStopsAtHole(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	a := g.mustMap(0, 4*page, rw, anon)
	g.munmap(a+2*page, page)
	g.wantErrno("protect over a hole", g.mprotect(a, 4*page, r), linux.ENOMEM)
	areas := g.areas()
	if len(areas) != 2 || areas[0].Prot != r || areas[1].Prot != rw {
		t.Errorf("areas are %+v, want the first read-only", areas)
	}
	g.wantErrno("protect from a hole", g.mprotect(a+2*page, 2*page, r), linux.ENOMEM)
	g.wantErrno("protect of nothing", g.mprotect(a+8*page, page, r), linux.ENOMEM)
	g.wantErrno("protect to a hole", g.mprotect(a, 3*page, none), linux.ENOMEM)
}

func protectGrowsDown(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 4*page, rw, anon|fixed|linux.MAP_GROWSDOWN)
	g.mustMap(a+4*page, page, rw, anon|fixed)
	g.wantErrno("grows down", g.mprotect(a+2*page, page, r|linux.PROT_GROWSDOWN), 0)
	areas := g.areas()
	if areas[0].Addr != a || areas[0].Length != 3*page || areas[0].Prot != r {
		t.Errorf("the first area is %+v, want three pages read-only", areas[0])
	}
	g.wantErrno("on a plain area", g.mprotect(a+4*page, page, r|linux.PROT_GROWSDOWN), linux.EINVAL)
	g.wantErrno("grows up", g.mprotect(a, page, r|linux.PROT_GROWSUP), linux.EINVAL)
	g.wantErrno("both", g.mprotect(a, page, r|linux.PROT_GROWSUP|linux.PROT_GROWSDOWN), linux.EINVAL)
}

func remapGrowsInPlace(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, anon|fixed)
	addr, e := g.mremap(a, 2*page, 4*page, 0, 0)
	g.want("grow", addr, e, a, 0)
	g.wantAreas("grow", span(a, 4))
	addr, e = g.mremap(a, 4*page, 3*page, 0, 0)
	g.want("shrink", addr, e, a, 0)
	g.wantAreas("shrink", span(a, 3))
	addr, e = g.mremap(a, 3*page, 3*page, 0, 0)
	g.want("same size", addr, e, a, 0)
	addr, e = g.mremap(a+page, page, 2*page, 0, 0)
	g.want("grow of the middle", addr, e, 0, linux.ENOMEM)
	g.mustMap(a+3*page, page, r, anon|fixed)
	addr, e = g.mremap(a, 3*page, 4*page, 0, 0)
	g.want("no room", addr, e, 0, linux.ENOMEM)
	g.mustMap(a+0x100000, page, r, shared|fixed)
	addr, e = g.mremap(a+0x100000, page, 3*page, linux.MREMAP_MAYMOVE, 0)
	g.want("file", addr, e, a+0x100000, 0)
}

func remapMoves(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 4*page, rw, shared|fixed)
	addr, e := g.mremap(a+page, page, 2*page, linux.MREMAP_MAYMOVE, 0)
	g.want("move the middle", addr, e, top-2*page, 0)
	g.wantAreas("move the middle", span(a, 1), span(a+2*page, 2), span(top-2*page, 2))
	if got := g.areas()[2].FileOffset; got != page {
		t.Errorf("the moved part has offset %#x, want %#x", got, page)
	}
	g.mustMap(a+page, page, none, anon|fixed)
	addr, e = g.mremap(a, page, 2*page, linux.MREMAP_MAYMOVE, 0)
	g.want("move the first", addr, e, top-4*page, 0)
	addr, e = g.mremap(a+2*page, 3*page, 4*page, linux.MREMAP_MAYMOVE, 0)
	g.want("beyond the area", addr, e, 0, linux.EFAULT)

	// A large private area with a small neighbour is one area for the app.
	const huge = 2 << 20
	big := g.mustMap(0, huge, rw, anon)
	g.mustMap(big-page, page, rw, anon|fixed)
	g.mustMap(big+huge, page, none, anon|fixed)
	addr, e = g.mremap(big-page, huge+page, huge+3*page, linux.MREMAP_MAYMOVE, 0)
	if e != 0 {
		t.Errorf("moving a large area = %v", e)
	}
	g.wantErrno("its pages", g.mprotect(addr, huge+3*page, r), 0)
}

func remapFixed(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a, b = 0x10000000, 0x20000000
	const flags = linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED
	g.mustMap(a, 4*page, rw, shared|fixed)
	g.mustMap(b, 4*page, r, anon|fixed)
	addr, e := g.mremap(a, 2*page, 2*page, flags, b+page)
	g.want("fixed", addr, e, b+page, 0)
	g.wantAreas("fixed", span(a+2*page, 2), span(b, 1), span(b+page, 2), span(b+3*page, 1))
	addr, e = g.mremap(a+2*page, 2*page, page, flags, b)
	g.want("fixed and shrink", addr, e, b, 0)
	addr, e = g.mremap(b, page, page, flags, b)
	g.want("onto itself", addr, e, 0, linux.EINVAL)
	addr, e = g.mremap(b, page, page, flags, b+1)
	g.want("odd target", addr, e, 0, linux.EINVAL)
	addr, e = g.mremap(b, page, page, flags, high)
	g.want("target beyond space", addr, e, 0, linux.EINVAL)
	addr, e = g.mremap(b, page, page, flags, low-page)
	g.want("target too low", addr, e, 0, linux.EPERM)
	// The source is looked at before the target goes.
	g.mustMap(a, page, rw, anon|fixed)
	addr, e = g.mremap(a, 2*page, 3*page, flags, b)
	g.want("source too long", addr, e, 0, linux.EFAULT)
	g.wantAreas("source too long", span(a, 1), span(b, 1), span(b+page, 2), span(b+3*page, 1))
	g.munmap(b+page, page)
	// A move that keeps the size takes all areas of a range, and holes too.
	addr, e = g.mremap(b, 4*page, 4*page, flags, a+8*page)
	g.want("several", addr, e, a+8*page, 0)
	g.wantAreas("several", span(a, 1), span(a+8*page, 1), span(a+10*page, 1), span(a+11*page, 1))
	addr, e = g.mremap(a+9*page, 2*page, 2*page, flags, b)
	g.want("from a hole", addr, e, 0, linux.EFAULT)
}

func remapDontUnmap(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	const flags = linux.MREMAP_MAYMOVE | linux.MREMAP_DONTUNMAP
	g.mustMap(a, 2*page, rw, anon|fixed)
	addr, e := g.mremap(a, 2*page, 2*page, flags, 0)
	g.want("dontunmap", addr, e, top-2*page, 0)
	g.wantAreas("dontunmap", span(a, 2), span(top-2*page, 2))
	addr, e = g.mremap(a, 2*page, 3*page, flags, 0)
	g.want("dontunmap and grow", addr, e, 0, linux.EINVAL)
	addr, e = g.mremap(a, 2*page, 2*page, linux.MREMAP_DONTUNMAP, 0)
	g.want("without maymove", addr, e, 0, linux.EINVAL)
	addr, e = g.mremap(a, 2*page, 2*page, flags|linux.MREMAP_FIXED, a+8*page)
	g.want("fixed", addr, e, a+8*page, 0)
}

func remapDuplicatesShared(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, shared|fixed)
	addr, e := g.mremap(a+page, 0, page, linux.MREMAP_MAYMOVE, 0)
	g.want("old length 0", addr, e, top-page, 0)
	if got := g.areas()[1]; got.File != 7 || got.FileOffset != page {
		t.Errorf("the copy is %+v, want file 7 from one page on", got)
	}
	g.mustMap(a, 2*page, rw, anon|fixed)
	addr, e = g.mremap(a, 0, page, linux.MREMAP_MAYMOVE, 0)
	g.want("private, old length 0", addr, e, 0, linux.EINVAL)
}

func remapChecks(t *testing.T, mm mmapi.MM) {
	limits := unlimited
	limits.As = 4 * page
	limits.Memlock = 2 * page
	g := newRigWith(t, mm, limits)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, anon|fixed)
	for _, c := range []struct {
		name         string
		addr, old, n uint64
		flags        uint32
		to           uint64
		want         linux.Errno
	}{
		{"unknown flag", a, page, page, 8, 0, linux.EINVAL},
		{"fixed without maymove", a, page, page, linux.MREMAP_FIXED, 0, linux.EINVAL},
		{"odd address", a + 1, page, page, 0, 0, linux.EINVAL},
		{"new length 0", a, page, 0, 0, 0, linux.EINVAL},
		{"new length wraps", a, page, inf, 0, 0, linux.EINVAL},
		{"nothing there", a + 2*page, page, page, 0, 0, linux.EFAULT},
		{"over the limit", a, 2 * page, 5 * page, linux.MREMAP_MAYMOVE, 0, linux.ENOMEM},
		{"shrink beyond the area", a, 4 * page, 3 * page, 0, 0, 0},
	} {
		addr, e := g.mremap(c.addr, c.old, c.n, c.flags, c.to)
		g.want(c.name, addr, e, c.addr, c.want)
	}
	g.lock(mmapi.LockRequest{Addr: a, Length: 2 * page})
	addr, e := g.mremap(a, 2*page, 3*page, 0, 0)
	g.want("over the locked limit", addr, e, 0, linux.EAGAIN)
}

func brkGrowsAndShrinks(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const start = 0x5550000000
	wantBrk := func(got, want uint64) {
		t.Helper()
		if got != want {
			t.Errorf("brk = %#x, want %#x", got, want)
		}
	}
	wantBrk(g.brk(0, start), 0)
	wantBrk(g.brk(start, 0), start)
	wantBrk(g.brk(0, start-1), start)
	wantBrk(g.brk(0, start+10), start+10)
	g.wantAreas("first growth", span(start, 1))
	if got := g.areas()[0]; got.Kind != mmapi.AreaKindHeap || got.Prot != rw {
		t.Errorf("the heap is %+v", got)
	}
	wantBrk(g.brk(0, start+page), start+page)
	g.wantOps("growth inside the page")
	wantBrk(g.brk(0, start+0x21000), start+0x21000)
	g.wantAreas("growth", span(start, 0x21))
	wantBrk(g.brk(0, start+1), start+1)
	g.wantAreas("shrinking", span(start, 1))
	for _, size := range []uint64{3 << 20, 3<<20 + 5*page, 7 << 20, 4 << 20, 4<<20 + 1, 100, 2 << 20} {
		wantBrk(g.brk(0, start+size), start+size)
		g.wantAreas("growing by steps", span(start, (size+page-1)/page))
	}
	wantBrk(g.brk(0, start+5<<20), start+5<<20)
	// What is mapped right above the heap is not the heap's.
	g.mustMap(start+5<<20+3*page, page, r, anon|fixed)
	wantBrk(g.brk(0, start+5<<20+page), start+5<<20+page)
	wantBrk(g.brk(0, start+5<<20+3*page), start+5<<20+page)
	wantBrk(g.brk(0, start), start)
	g.wantAreas("shrinking to nothing", span(start+5<<20+3*page, 1))
}

func brkRefuses(t *testing.T, mm mmapi.MM) {
	limits := unlimited
	limits.Data = 8 * page
	limits.As = 10 * page
	g := newRigWith(t, mm, limits)
	const start = 0x5550000000
	g.brk(start, start+4*page)
	if got := g.brk(0, start+9*page); got != start+4*page {
		t.Errorf("brk over RLIMIT_DATA = %#x", got)
	}
	g.mustMap(start+6*page, page, r, anon|fixed)
	if got := g.brk(0, start+6*page); got != start+4*page {
		t.Errorf("brk up to an area = %#x", got)
	}
	if got := g.brk(0, start+5*page); got != start+5*page {
		t.Errorf("brk up to a page below an area = %#x", got)
	}
	g.munmap(start+4*page, page)
	if got := g.brk(0, start+4*page); got != start+5*page {
		t.Errorf("brk down over a hole = %#x", got)
	}
	g.munmap(start+6*page, page)
	g.mustMap(0x10000000, 6*page, r, anon|fixed)
	if got := g.brk(0, start+6*page); got != start+5*page {
		t.Errorf("brk over RLIMIT_AS = %#x", got)
	}
	if got := g.brk(0, inf); got != start+5*page {
		t.Errorf("brk of all = %#x", got)
	}
}
