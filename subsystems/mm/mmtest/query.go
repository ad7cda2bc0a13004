package mmtest

import (
	"slices"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

func syncListsFiles(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	sync := func(addr, length uint64, flags uint32, want linux.Errno, files ...uint64) {
		t.Helper()
		var rep mmapi.SyncReply
		e := mm.Sync(&mmapi.SyncRequest{Space: g.space, Addr: addr, Length: length, Flags: flags}, &rep)
		if e != want || !slices.Equal(rep.Files, files) {
			t.Errorf("sync(%#x, %#x, %d) = %v, files %v, want %v, %v", addr, length, flags, e, rep.Files, want, files)
		}
	}
	g.mustMap(a, 2*page, rw, shared|fixed)
	g.mustMap(a+2*page, page, r, shared|fixed)
	g.mustMap(a+3*page, page, rw, linux.MAP_PRIVATE|fixed)
	g.mapReq(mmapi.MapRequest{Addr: a + 6*page, Length: page, Prot: rw, Flags: shared | fixed, File: 8, MaxProt: rw})
	sync(a, 4*page, linux.MS_SYNC, 0, 7)
	sync(a, 4*page, linux.MS_ASYNC, 0)
	sync(a, 4*page, 0, 0)
	sync(a, 7*page, linux.MS_SYNC, linux.ENOMEM, 7, 8)
	sync(a+4*page, 2*page, linux.MS_SYNC, linux.ENOMEM)
	sync(a, 8*page, linux.MS_SYNC, linux.ENOMEM, 7, 8)
	sync(a, 0, linux.MS_SYNC, 0)
	sync(a+1, 0, linux.MS_SYNC, linux.EINVAL)
	sync(a, page, 8, linux.EINVAL)
	sync(a, page, linux.MS_SYNC|linux.MS_ASYNC, linux.EINVAL)
	sync(a, inf-page, linux.MS_SYNC, linux.ENOMEM)
	sync(a, inf, linux.MS_SYNC, 0) // rounds up to nothing
	g.lock(mmapi.LockRequest{Addr: a + page, Length: page})
	sync(a, 2*page, linux.MS_SYNC|linux.MS_INVALIDATE, linux.EBUSY, 7)
}

func checkRange(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, anon|fixed)
	g.mustMap(a+2*page, page, r, anon|fixed)
	for _, c := range []struct {
		addr, length uint64
		prot         uint32
		want         linux.Errno
	}{
		{a, 3 * page, 0, 0}, {a, 3*page + 1, 0, linux.ENOMEM}, {a - page, page, 0, linux.ENOMEM},
		{a + 1, page, 0, linux.EINVAL}, {a, 0, 0, 0}, {a, inf, 0, linux.ENOMEM}, {1, inf, 0, linux.EINVAL},
		{a + 1, page, r, 0}, {a, 2 * page, rw, 0}, {a, 2*page + 1, rw, linux.EFAULT}, {a + 3*page, 1, r, linux.EFAULT},
	} {
		var rep mmapi.CheckReply
		e := mm.Check(&mmapi.CheckRequest{Space: g.space, Addr: c.addr, Length: c.length, Prot: c.prot}, &rep)
		if e != c.want {
			t.Errorf("check(%#x, %#x, %d) = %v, want %v", c.addr, c.length, c.prot, e, c.want)
		}
	}
}

func lockLimits(t *testing.T, mm mmapi.MM) {
	limits := unlimited
	limits.Memlock = 2 * page
	g := newRigWith(t, mm, limits)
	const a = 0x10000000
	g.mustMap(a, 4*page, rw, anon|fixed)
	g.wantErrno("unknown flag", g.lock(mmapi.LockRequest{Addr: a, Length: page, Flags: 2}), linux.EINVAL)
	g.wantErrno("lock", g.lock(mmapi.LockRequest{Addr: a + 1, Length: page}), 0)
	if u := g.usage(); u.Locked != 2*page {
		t.Errorf("%d bytes locked, want two pages", u.Locked)
	}
	g.wantErrno("lock again", g.lock(mmapi.LockRequest{Addr: a, Length: 2 * page}), 0)
	g.wantErrno("lock too much", g.lock(mmapi.LockRequest{Addr: a, Length: 3 * page}), linux.ENOMEM)
	g.wantErrno("mlockall", g.lock(mmapi.LockRequest{All: true, Flags: linux.MCL_CURRENT}), linux.ENOMEM)
	g.wantErrno("mlockall of the future", g.lock(mmapi.LockRequest{All: true, Flags: linux.MCL_FUTURE}), 0)
	if _, e := g.mmap(0, page, r, anon); e != linux.EAGAIN {
		t.Errorf("map with all locked = %v, want EAGAIN", e)
	}
	limits.Memlock = 0
	g = newRigWith(t, mm, limits)
	g.wantErrno("no limit, no right", g.lock(mmapi.LockRequest{Addr: a, Length: page}), linux.EPERM)
	g.wantErrno("mlockall", g.lock(mmapi.LockRequest{All: true, Flags: linux.MCL_FUTURE}), linux.EPERM)
	g.wantErrno("munlock", g.lock(mmapi.LockRequest{Addr: a, Length: page, Unlock: true}), linux.ENOMEM)
	g.wantErrno("munlockall", g.lock(mmapi.LockRequest{All: true, Unlock: true}), 0)
}

func lockCounts(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 4*page, rw, anon|fixed)
	g.mustMap(a+4*page, page, r, shared|fixed)
	g.wantErrno("lock", g.lock(mmapi.LockRequest{Addr: a + page, Length: 4 * page}), 0)
	g.wantOps("lock", advice(a+page, 3*page, linux.MADV_POPULATE_WRITE), advice(a+4*page, page, linux.MADV_POPULATE_READ))
	g.wantAreas("lock", span(a, 1), span(a+page, 3), span(a+4*page, 1))
	g.wantErrno("lock on fault", g.lock(mmapi.LockRequest{Addr: a, Length: page, Flags: linux.MLOCK_ONFAULT}), 0)
	g.wantOps("lock on fault")
	if u := g.usage(); u.Locked != 5*page {
		t.Errorf("%d bytes locked, want five pages", u.Locked)
	}
	g.wantErrno("unlock", g.lock(mmapi.LockRequest{Addr: a, Length: 5 * page, Unlock: true}), 0)
	g.wantAreas("unlock", span(a, 4), span(a+4*page, 1))
	g.wantErrno("over a hole", g.lock(mmapi.LockRequest{Addr: a + 4*page, Length: 2 * page}), linux.ENOMEM)
	if u := g.usage(); u.Locked != page {
		t.Errorf("%d bytes locked, want one page", u.Locked)
	}
	g.mprotect(a, page, none)
	g.wantErrno("without access", g.lock(mmapi.LockRequest{Addr: a, Length: page}), linux.ENOMEM)
	if u := g.usage(); u.Locked != 2*page {
		t.Errorf("%d bytes locked, want two pages", u.Locked)
	}
	g.wantErrno("length wraps", g.lock(mmapi.LockRequest{Addr: a, Length: inf}), 0)
	g.munmap(a, 5*page)
	if u := g.usage(); u.Locked != 0 {
		t.Errorf("%d bytes locked, want none", u.Locked)
	}
}

func lockAll(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, 2*page, rw, anon|fixed)
	for _, flags := range []uint32{0, 8, linux.MCL_ONFAULT} {
		g.wantErrno("bad flags", g.lock(mmapi.LockRequest{All: true, Flags: flags}), linux.EINVAL)
	}
	g.wantErrno("future", g.lock(mmapi.LockRequest{All: true, Flags: linux.MCL_FUTURE}), 0)
	g.mustMap(a+2*page, page, rw, anon|fixed)
	if u := g.usage(); u.Locked != page {
		t.Errorf("%d bytes locked, want the new page", u.Locked)
	}
	g.wantErrno("current", g.lock(mmapi.LockRequest{All: true, Flags: linux.MCL_CURRENT}), 0)
	g.mustMap(a+3*page, page, rw, anon|fixed)
	if u := g.usage(); u.Locked != 3*page {
		t.Errorf("%d bytes locked, want three pages", u.Locked)
	}
	g.wantErrno("munlockall", g.lock(mmapi.LockRequest{All: true, Unlock: true}), 0)
	g.wantAreas("munlockall", span(a, 4))
	if u := g.usage(); u.Locked != 0 {
		t.Errorf("%d bytes locked, want none", u.Locked)
	}
}

func faultCodes(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	g.mustMap(a, page, rw, anon|fixed)
	g.mustMap(a+page, page, none, anon|fixed)
	g.mustMap(a+2*page, page, r, anon|fixed)
	g.mustMap(a+3*page, page, linux.PROT_EXEC, anon|fixed)
	for _, c := range []struct {
		addr  uint64
		tried uint32
		code  int32
	}{
		{a, linux.PROT_WRITE, 0}, {a, r, 0}, {a, linux.PROT_EXEC, linux.SEGV_ACCERR},
		{a + page, r, linux.SEGV_ACCERR}, {a + 2*page, linux.PROT_WRITE, linux.SEGV_ACCERR},
		{a + 2*page + 5, r, 0}, {a + 3*page, r, 0}, {a + 3*page, linux.PROT_EXEC, 0},
		{a - 1, r, linux.SEGV_MAPERR}, {a + 4*page, r, linux.SEGV_MAPERR}, {inf, r, linux.SEGV_MAPERR},
	} {
		code, e := g.fault(c.addr, c.tried)
		if code != c.code || (e == 0) != (code == 0) || e != 0 && e != linux.EFAULT {
			t.Errorf("fault(%#x, %d) = %v, code %d, want code %d", c.addr, c.tried, e, code, c.code)
		}
		g.wantOps("fault")
	}
}

func faultGrowsStack(t *testing.T, mm mmapi.MM) {
	limits := unlimited
	limits.Stack = 1 << 20
	g := newRigWith(t, mm, limits)
	const end, size = 0x7ffe00000000, 33 * page
	if _, e := g.mapReq(mmapi.MapRequest{Addr: end - size, Length: size, Prot: rw, Flags: anon | fixed | linux.MAP_GROWSDOWN | linux.MAP_STACK, Kind: mmapi.AreaKindStack}); e != 0 {
		t.Fatalf("map the stack = %v", e)
	}
	if got := g.areas()[0].Kind; got != mmapi.AreaKindStack {
		t.Errorf("the stack is of kind %v", got)
	}
	for _, addr := range []uint64{end - size - 1, end - 1<<19, end - 1<<20} {
		if code, e := g.fault(addr, linux.PROT_WRITE); e != 0 {
			t.Errorf("fault at %#x = %v, code %d", addr, e, code)
		}
		if got := g.areas(); len(got) != 1 || got[0].Addr > addr {
			t.Errorf("after a fault at %#x the areas are %+v", addr, got)
		}
	}
	if code, _ := g.fault(end-1<<20-1, linux.PROT_WRITE); code != linux.SEGV_MAPERR {
		t.Errorf("fault below RLIMIT_STACK gives code %d", code)
	}
	if u := g.usage(); u.Stack != 1<<20 {
		t.Errorf("Usage says a stack of %d", u.Stack)
	}

	// An area of an app's grows by what is touched, and not near another one.
	const a = 0x10000000
	g.mustMap(a, page, r, anon|fixed|linux.MAP_GROWSDOWN)
	g.mustMap(a-300*page, page, rw, anon|fixed)
	if code, _ := g.fault(a-2*page, linux.PROT_WRITE); code != linux.SEGV_ACCERR {
		t.Errorf("a write below a read-only area gives code %d", code)
	}
	if code, e := g.fault(a-43*page, r); e != 0 {
		t.Errorf("fault up to the guard gap = %v, code %d", e, code)
	}
	if code, _ := g.fault(a-44*page, r); code != linux.SEGV_MAPERR {
		t.Errorf("fault in the guard gap gives code %d", code)
	}
	g.mprotect(a-300*page, page, none)
	if code, e := g.fault(a-44*page, r); e != 0 {
		t.Errorf("fault above an area without access = %v, code %d", e, code)
	}
}

func areasPages(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a = 0x10000000
	for i := uint64(0); i < 200; i++ {
		g.mustMap(a+2*i*page, page, rw, anon|fixed)
	}
	for _, c := range []struct {
		from uint64
		max  uint32
		addr uint64
		n    int
	}{{0, 0, a, 200}, {a + 1, 3, a, 3}, {a + page, 3, a + 2*page, 3}, {a + 397*page, 9, a + 398*page, 1}, {a + 399*page, 9, 0, 0}} {
		var rep mmapi.AreasReply
		e := mm.Areas(&mmapi.AreasRequest{Space: g.space, From: c.from, Max: c.max}, &rep)
		if e != 0 || len(rep.Areas) != c.n || c.n > 0 && rep.Areas[0].Addr != c.addr {
			t.Errorf("areas(from %#x, max %d) = %v, %d areas, want %d from %#x", c.from, c.max, e, len(rep.Areas), c.n, c.addr)
		}
	}
}

func revertTakesBack(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const a, start = 0x10000000, 0x5550000000
	g.mustMap(a, 4*page, rw, shared|fixed)
	g.mustMap(a+4*page, 4*page, rw, anon|fixed)
	g.mustMap(a+12*page, 4*page, r, anon|fixed)
	g.brk(start, start+page)
	before := g.areas()

	refuse := func(name string, ops []mmapi.Op, files []mmapi.FileRef) {
		t.Helper()
		g.count(files)
		var rep mmapi.RevertReply
		if e := mm.Revert(&mmapi.RevertRequest{Space: g.space, Ops: ops}, &rep); e != 0 {
			t.Fatalf("revert of %s = %v", name, e)
		}
		g.count(rep.Files)
		if got := g.areas(); !slices.Equal(got, before) {
			t.Errorf("after the revert of %s the areas are %+v, want %+v", name, got, before)
		}
		g.check("revert of " + name)
	}
	var m mmapi.MapReply
	mm.Map(&mmapi.MapRequest{Space: g.space, Addr: a + page, Length: 12 * page, Prot: r, Flags: anon | fixed}, &m)
	refuse("map", m.Ops, m.Files)
	var u mmapi.UnmapReply
	mm.Unmap(&mmapi.UnmapRequest{Space: g.space, Addr: a + page, Length: 12 * page}, &u)
	refuse("unmap", u.Ops, u.Files)
	var p mmapi.ProtectReply
	mm.Protect(&mmapi.ProtectRequest{Space: g.space, Addr: a + page, Length: 12 * page, Prot: none}, &p)
	refuse("protect", p.Ops, p.Files)
	var x mmapi.RemapReply
	mm.Remap(&mmapi.RemapRequest{Space: g.space, Addr: a + page, OldLength: 2 * page, NewLength: 3 * page, Flags: linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED, NewAddr: a + 11*page}, &x)
	refuse("remap", x.Ops, x.Files)
	var b mmapi.BrkReply
	mm.Brk(&mmapi.BrkRequest{Space: g.space, Addr: start + 9*page}, &b)
	refuse("brk", b.Ops, b.Files)
	if u := g.usage(); u.Brk != start+page {
		t.Errorf("after the revert the break is %#x", u.Brk)
	}

	// Only the ops not done are taken back.
	x = mmapi.RemapReply{}
	mm.Remap(&mmapi.RemapRequest{Space: g.space, Addr: a + page, OldLength: 2 * page, NewLength: 3 * page, Flags: linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED, NewAddr: a + 12*page}, &x)
	if len(x.Ops) != 2 {
		t.Fatalf("remap orders %+v, want two ops", x.Ops)
	}
	g.count(x.Files)
	if err := g.host.Do(x.Ops[:1]); err != nil {
		t.Fatal(err)
	}
	var rep mmapi.RevertReply
	if e := mm.Revert(&mmapi.RevertRequest{Space: g.space, Ops: x.Ops[1:]}, &rep); e != 0 {
		t.Fatalf("revert = %v", e)
	}
	g.count(rep.Files)
	g.check("half a revert")
	g.wantAreas("half a revert", span(a, 4), span(a+4*page, 4), span(a+15*page, 1), span(start, 1))
	if e := mm.Revert(&mmapi.RevertRequest{Space: g.space, Ops: x.Ops[1:]}, &rep); e != linux.EINVAL {
		t.Errorf("revert again = %v, want EINVAL", e)
	}
}

func unknownSpace(t *testing.T, mm mmapi.MM) {
	var rep mmapi.MapReply
	if e := mm.Map(&mmapi.MapRequest{Space: 1 << 40, Length: page, Flags: anon}, &rep); e != linux.EBADF {
		t.Errorf("map in no space = %v, want EBADF", e)
	}
	var s mmapi.NewSpaceReply
	for _, req := range []mmapi.NewSpaceRequest{{}, {Low: 1, High: high, MmapTop: top}, {Low: low, High: 1 << 48, MmapTop: top}, {Low: low, High: top, MmapTop: high}} {
		if e := mm.NewSpace(&req, &s); e != linux.EINVAL {
			t.Errorf("NewSpace(%+v) = %v, want EINVAL", req, e)
		}
	}
}
