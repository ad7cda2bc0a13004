package mmtest

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

func advice(addr, length uint64, advice uint32) mmapi.Op {
	return mmapi.Op{Kind: mmapi.OpKindAdvise, Addr: addr, Length: length, Advice: advice}
}

func adviseOps(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, anon|fixed)
	g.mustMap(a+2*page, 2*page, r, anon|fixed)
	g.mustMap(a+8*page, 2*page, rw, shared|fixed)
	for _, op := range []uint32{linux.MADV_DONTNEED, linux.MADV_FREE, linux.MADV_COLD, linux.MADV_PAGEOUT, linux.MADV_COLLAPSE, linux.MADV_POPULATE_READ} {
		g.wantErrno("advise", g.madvise(a+page, 2*page+1, op), 0)
		g.wantOps("one advice over two areas", advice(a+page, 3*page, op))
	}
	g.wantErrno("over a hole", g.madvise(a, 9*page, linux.MADV_DONTNEED), linux.ENOMEM)
	g.wantOps("over a hole", advice(a, 4*page, linux.MADV_DONTNEED), advice(a+8*page, page, linux.MADV_DONTNEED))
	g.wantErrno("populate over a hole", g.madvise(a, 9*page, linux.MADV_POPULATE_READ), linux.ENOMEM)
	g.wantOps("populate over a hole", advice(a, 4*page, linux.MADV_POPULATE_READ))
	g.wantErrno("populate write", g.madvise(a, 4*page, linux.MADV_POPULATE_WRITE), linux.EINVAL)
	g.wantOps("populate write", advice(a, 2*page, linux.MADV_POPULATE_WRITE))
	g.wantErrno("willneed", g.madvise(a, page, linux.MADV_WILLNEED), 0)
	g.wantOps("willneed of memory")
	g.wantErrno("willneed", g.madvise(a+8*page, page, linux.MADV_WILLNEED), 0)
	g.wantOps("willneed of a file", advice(a+8*page, page, linux.MADV_WILLNEED))
	g.wantErrno("remove", g.madvise(a+8*page, page, linux.MADV_REMOVE), 0)
	g.wantOps("remove", advice(a+8*page, page, linux.MADV_REMOVE))
	g.wantErrno("beyond all", g.madvise(top+page, page, linux.MADV_DONTNEED), linux.ENOMEM)
}

func adviseRefusals(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a, b, c = 0x10000000, 0x20000000, 0x30000000
	g.mustMap(a, 4*page, rw, anon|fixed)
	g.mustMap(b, 4*page, rw, linux.MAP_PRIVATE|fixed)
	g.mustMap(c, 4*page, rw, shared|fixed)
	g.lock(mmapi.LockRequest{Addr: a + 2*page, Length: page})
	for _, x := range []struct {
		name      string
		addr, len uint64
		advice    uint32
		want      linux.Errno
	}{
		{"unknown", a, page, 42, linux.EINVAL},
		{"unknown before address", a + 1, page, 42, linux.EINVAL},
		{"odd address", a + 1, page, linux.MADV_NORMAL, linux.EINVAL},
		{"length wraps", a, inf, linux.MADV_NORMAL, linux.EINVAL},
		{"end wraps", a, inf - 2*page, linux.MADV_NORMAL, linux.EINVAL},
		{"nothing", a + 64*page, 0, linux.MADV_NORMAL, 0},
		{"dontneed of locked", a, 4 * page, linux.MADV_DONTNEED, linux.EINVAL},
		{"dontneed_locked", a, 4 * page, linux.MADV_DONTNEED_LOCKED, 0},
		{"free of locked", a + 2*page, page, linux.MADV_FREE, linux.EINVAL},
		{"free of a file", b, page, linux.MADV_FREE, linux.EINVAL},
		{"cold of locked", a + 2*page, page, linux.MADV_COLD, linux.EINVAL},
		{"remove of memory", a, page, linux.MADV_REMOVE, linux.EINVAL},
		{"remove of private", b, page, linux.MADV_REMOVE, linux.EACCES},
		{"wipeonfork of a file", b, page, linux.MADV_WIPEONFORK, linux.EINVAL},
		{"wipeonfork of shared", c, page, linux.MADV_WIPEONFORK, linux.EINVAL},
		{"hwpoison", a, page, linux.MADV_HWPOISON, linux.EINVAL},
	} {
		if e := g.madvise(x.addr, x.len, x.advice); e != x.want {
			t.Errorf("%s: advise = %v, want %v", x.name, e, x.want)
		}
	}
	g.madvise(a, 4*page, linux.MADV_DONTNEED)
	g.wantOps("dontneed up to locked", advice(a, 2*page, linux.MADV_DONTNEED))
}

func adviseDivides(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 6*page, rw, anon|fixed)
	for _, x := range []struct{ set, clear uint32 }{
		{linux.MADV_RANDOM, linux.MADV_NORMAL}, {linux.MADV_SEQUENTIAL, linux.MADV_NORMAL},
		{linux.MADV_DONTFORK, linux.MADV_DOFORK}, {linux.MADV_WIPEONFORK, linux.MADV_KEEPONFORK},
		{linux.MADV_DONTDUMP, linux.MADV_DODUMP}, {linux.MADV_MERGEABLE, linux.MADV_UNMERGEABLE},
	} {
		g.wantErrno("set", g.madvise(a+2*page, 2*page, x.set), 0)
		g.wantAreas("set", span(a, 2), span(a+2*page, 2), span(a+4*page, 2))
		g.wantErrno("clear", g.madvise(a, 6*page, x.clear), 0)
		g.wantAreas("clear", span(a, 6))
	}
	g.wantErrno("hugepage", g.madvise(a+2*page, 2*page, linux.MADV_HUGEPAGE), 0)
	g.wantOps("hugepage", advice(a+2*page, 2*page, linux.MADV_HUGEPAGE))
	g.wantErrno("nohugepage", g.madvise(a, 6*page, linux.MADV_NOHUGEPAGE), 0)
	g.wantAreas("nohugepage", span(a, 6))
}

// forked forks the space of g and gives the rig of the child.
func forked(g *rig) *rig {
	g.t.Helper()
	var rep mmapi.ForkSpaceReply
	if e := g.mm.ForkSpace(&mmapi.ForkSpaceRequest{Space: g.space}, &rep); e != 0 {
		g.t.Fatalf("ForkSpace = %v", e)
	}
	c := &rig{t: g.t, mm: g.mm, space: rep.Space, host: g.host.Fork(), refs: make(map[uint64]int64)}
	c.done("fork", rep.Ops, rep.Files)
	return c
}

func forkAdvice(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, anon|fixed)
	g.mustMap(a+2*page, 2*page, rw, shared|fixed)
	g.mustMap(a+8*page, 2*page, rw, anon|fixed)
	g.madvise(a+page, 2*page, linux.MADV_DONTFORK)
	g.madvise(a+9*page, page, linux.MADV_WIPEONFORK)
	c := forked(g)
	c.wantOps("fork", mmapi.Op{Kind: mmapi.OpKindUnmap, Addr: a + page, Length: page}, mmapi.Op{Kind: mmapi.OpKindUnmap, Addr: a + 2*page, Length: page}, advice(a+9*page, page, linux.MADV_DONTNEED))
	c.wantAreas("fork", span(a, 1), span(a+3*page, 1), span(a+8*page, 1), span(a+9*page, 1))
	g.madvise(a, 4*page, linux.MADV_DOFORK)
	g.madvise(a+8*page, 2*page, linux.MADV_KEEPONFORK)
	c = forked(g)
	c.wantOps("fork")
	c.wantAreas("fork", span(a, 2), span(a+2*page, 2), span(a+8*page, 2))
}

func forkCopies(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a, start = 0x10000000, 0x5550000000
	g.mustMap(a, 2*page, rw, shared|fixed)
	g.brk(start, start+3*page)
	g.lock(mmapi.LockRequest{All: true, Flags: linux.MCL_CURRENT | linux.MCL_FUTURE})
	c := forked(g)
	if u := c.usage(); u.Locked != 0 || u.Total != 5*page || u.Brk != start+3*page || u.BrkStart != start {
		t.Errorf("the child has %+v", u)
	}
	c.wantMap(a+4*page, page, rw, anon|fixed, a+4*page, 0)
	if u := c.usage(); u.Locked != 0 {
		t.Errorf("mlockall(MCL_FUTURE) is inherited: %+v", u)
	}
	// New memory does not join inherited memory: its pages have other owners.
	if got := c.brk(0, start+4*page); got != start+4*page {
		t.Errorf("brk in the child = %#x", got)
	}
	c.wantAreas("brk in the child", span(a, 2), span(a+4*page, 1), span(start, 3), span(start+3*page, 1))
	g.wantAreas("the child's brk", span(a, 2), span(start, 3))
}

func freeReleases(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	g.mustMap(0, 2*page, rw, shared)
	g.mustMap(0, 2*page, r, shared)
	var rep mmapi.FreeSpaceReply
	if e := mm.FreeSpace(&mmapi.FreeSpaceRequest{Space: g.space}, &rep); e != 0 {
		t.Fatalf("FreeSpace = %v", e)
	}
	if g.count(rep.Files); len(g.refs) != 0 {
		t.Errorf("references left: %v", g.refs)
	}
	if e := mm.FreeSpace(&mmapi.FreeSpaceRequest{Space: g.space}, &rep); e != linux.EBADF {
		t.Errorf("FreeSpace again = %v, want EBADF", e)
	}
}
