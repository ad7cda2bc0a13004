package mmtest

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

func (g *rig) seal(addr, length uint64) linux.Errno {
	g.t.Helper()
	var rep mmapi.SealReply
	e := g.mm.Seal(&mmapi.SealRequest{Space: g.space, Addr: addr, Length: length}, &rep)
	g.done("seal", nil, rep.Files)
	return e
}

// sealRefuses: what would change or discard sealed memory gives EPERM and does
// nothing, also where only a part is sealed.
func sealRefuses(t *testing.T, mm mmapi.MM) {
	g := newRig(t, mm)
	const anonymous = linux.MAP_PRIVATE | linux.MAP_ANONYMOUS
	a := g.mustMap(0, 8*page, rw, anonymous)
	for _, c := range []struct {
		addr, length uint64
		want         linux.Errno
	}{
		{a + 1, page, linux.EINVAL}, {a, ^uint64(0), linux.EINVAL}, {a, ^uint64(0) - 8*page, linux.EINVAL},
		{a, 0, 0}, {a, 9 * page, linux.ENOMEM}, {a - page, 2 * page, linux.ENOMEM},
		{a + 2*page, 2*page - 5, 0}, {a + 2*page, 2 * page, 0},
	} {
		if e := g.seal(c.addr, c.length); e != c.want {
			t.Errorf("seal(%#x, %#x) = %v, want %v", c.addr, c.length, e, c.want)
		}
	}
	want := func(what string, got, e linux.Errno) {
		t.Helper()
		if got != e {
			t.Errorf("%s = %v, want %v", what, got, e)
		}
	}
	want("munmap of all", g.munmap(a, 8*page), linux.EPERM)
	want("munmap of the sealed", g.munmap(a+3*page, page), linux.EPERM)
	want("mprotect of it", g.mprotect(a+2*page, page, r1), linux.EPERM)
	want("mprotect to what it is", g.mprotect(a+2*page, page, rw), linux.EPERM)
	_, e := g.mmap(a+2*page, page, r1, anonymous|linux.MAP_FIXED)
	want("mmap over it", e, linux.EPERM)
	_, e = g.mremap(a+2*page, page, 2*page, linux.MREMAP_MAYMOVE, 0)
	want("mremap of it", e, linux.EPERM)
	_, e = g.mremap(a+2*page, 2*page, page, 0, 0)
	want("mremap that shrinks it", e, linux.EPERM)
	_, e = g.mremap(a, page, page, linux.MREMAP_MAYMOVE|linux.MREMAP_FIXED, a+2*page)
	want("mremap onto it", e, linux.EPERM)
	want("munmap beside it", g.munmap(a+4*page, 4*page), 0)
	want("mprotect beside it", g.mprotect(a, 2*page, r1), 0)
	// Parts in front of the sealed one are done.
	want("mprotect of both", g.mprotect(a, 4*page, rw), linux.EPERM)

	b := g.mustMap(0, 2*page, r1, anonymous)
	want("seal", g.seal(b, 2*page), 0)
	for _, advice := range []uint32{linux.MADV_DONTNEED, linux.MADV_FREE, linux.MADV_DONTFORK, linux.MADV_WIPEONFORK} {
		want("discard of read-only memory", g.madvise(b, page, advice), linux.EPERM)
		want("discard of writable memory", g.madvise(a+2*page, page, advice), 0)
	}
	want("an advice that discards nothing", g.madvise(b, page, linux.MADV_WILLNEED), 0)
}
