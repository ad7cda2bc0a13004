package mmtest

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// The space of the cases: 64 KiB to 2^47, addresses chosen below top.
const (
	low  = 0x10000
	high = 1<<47 - page
	top  = 0x7f0000000000

	none = linux.PROT_NONE
	r    = linux.PROT_READ
	rw   = linux.PROT_READ | linux.PROT_WRITE
	rx   = linux.PROT_READ | linux.PROT_EXEC

	anon   = linux.MAP_PRIVATE | linux.MAP_ANONYMOUS
	shared = linux.MAP_SHARED
	fixed  = linux.MAP_FIXED

	inf = ^uint64(0)
)

// unlimited are limits that bind nothing.
var unlimited = mmapi.Limits{As: inf, Data: inf, Stack: inf, Memlock: inf}

// rig is one space, the host that does its ops, and the count of references;
// after each call it checks that all three agree.
type rig struct {
	t     *testing.T
	mm    mmapi.MM
	space uint64
	host  *Host
	refs  map[uint64]int64
	ops   []mmapi.Op // of the last call
}

func newRig(t *testing.T, mm mmapi.MM) *rig { return newRigWith(t, mm, unlimited) }

func newRigWith(t *testing.T, mm mmapi.MM, limits mmapi.Limits) *rig {
	t.Helper()
	var rep mmapi.NewSpaceReply
	e := mm.NewSpace(&mmapi.NewSpaceRequest{Low: low, High: high, MmapTop: top, Limits: limits}, &rep)
	if e != 0 {
		t.Fatalf("NewSpace = %v", e)
	}
	return &rig{t: t, mm: mm, space: rep.Space, host: NewHost(), refs: make(map[uint64]int64)}
}

func (g *rig) done(call string, ops []mmapi.Op, files []mmapi.FileRef) {
	g.t.Helper()
	g.ops = ops
	if err := g.host.Do(ops); err != nil {
		g.t.Fatalf("%s: %v", call, err)
	}
	g.count(files)
	g.check(call)
}

func (g *rig) count(files []mmapi.FileRef) {
	for _, f := range files {
		g.refs[f.File] += f.Delta
		if g.refs[f.File] == 0 {
			delete(g.refs, f.File)
		}
	}
}

// check compares areas, host and references.
func (g *rig) check(call string) {
	g.t.Helper()
	areas := g.areas()
	var spare mmapi.Range
	u := g.usage()
	if u.BrkStart != 0 {
		spare = mmapi.Range{Addr: (u.Brk + page - 1) &^ (page - 1), Length: 2 << 20}
	}
	if err := g.host.Check(areas, spare); err != nil {
		g.t.Fatalf("after %s: %v\n%v", call, err, areas)
	}
	named := make(map[uint64]int64)
	total := uint64(0)
	for i := range areas {
		if areas[i].File != 0 {
			named[areas[i].File]++
		}
		total += areas[i].Length
	}
	if total != u.Total {
		g.t.Errorf("after %s: Usage says %d bytes, Areas %d", call, u.Total, total)
	}
	if len(named) != len(g.refs) {
		g.t.Errorf("after %s: references %v, want %v", call, g.refs, named)
	}
	for f, n := range named {
		if g.refs[f] != n {
			g.t.Errorf("after %s: %d references to file %d, want %d", call, g.refs[f], f, n)
		}
	}
}

func (g *rig) areas() []mmapi.Area {
	g.t.Helper()
	var rep mmapi.AreasReply
	if e := g.mm.Areas(&mmapi.AreasRequest{Space: g.space}, &rep); e != 0 {
		g.t.Fatalf("Areas = %v", e)
	}
	return rep.Areas
}

func (g *rig) usage() mmapi.UsageReply {
	g.t.Helper()
	var rep mmapi.UsageReply
	if e := g.mm.Usage(&mmapi.UsageRequest{Space: g.space}, &rep); e != 0 {
		g.t.Fatalf("Usage = %v", e)
	}
	return rep
}

// want is the result of a call that gives an address.
func (g *rig) want(call string, addr uint64, e linux.Errno, wantAddr uint64, want linux.Errno) {
	g.t.Helper()
	if e != want || e == 0 && addr != wantAddr {
		g.t.Errorf("%s = %#x, %v, want %#x, %v", call, addr, e, wantAddr, want)
	}
}

func (g *rig) mapReq(req mmapi.MapRequest) (uint64, linux.Errno) {
	g.t.Helper()
	req.Space = g.space
	var rep mmapi.MapReply
	e := g.mm.Map(&req, &rep)
	g.done("map", rep.Ops, rep.Files)
	return rep.Addr, e
}

// mmap maps anonymous memory, or file 7 when flags lack MAP_ANONYMOUS.
func (g *rig) mmap(addr, length uint64, prot, flags uint32) (uint64, linux.Errno) {
	g.t.Helper()
	req := mmapi.MapRequest{Addr: addr, Length: length, Prot: prot, Flags: flags, MaxProt: rw | rx}
	if flags&linux.MAP_ANONYMOUS == 0 || flags&linux.MAP_TYPE == linux.MAP_SHARED {
		req.File = 7
	}
	return g.mapReq(req)
}

// mustMap maps and gives the address.
func (g *rig) mustMap(addr, length uint64, prot, flags uint32) uint64 {
	g.t.Helper()
	got, e := g.mmap(addr, length, prot, flags)
	if e != 0 {
		g.t.Fatalf("map(%#x, %#x, %d, %#x) = %v", addr, length, prot, flags, e)
	}
	return got
}

func (g *rig) wantMap(addr, length uint64, prot, flags uint32, wantAddr uint64, want linux.Errno) {
	g.t.Helper()
	got, e := g.mmap(addr, length, prot, flags)
	if e != want || e == 0 && got != wantAddr {
		g.t.Errorf("map(%#x, %#x, %d, %#x) = %#x, %v, want %#x, %v", addr, length, prot, flags, got, e, wantAddr, want)
	}
}

func (g *rig) munmap(addr, length uint64) linux.Errno {
	g.t.Helper()
	var rep mmapi.UnmapReply
	e := g.mm.Unmap(&mmapi.UnmapRequest{Space: g.space, Addr: addr, Length: length}, &rep)
	g.done("unmap", rep.Ops, rep.Files)
	return e
}

func (g *rig) mprotect(addr, length uint64, prot uint32) linux.Errno {
	g.t.Helper()
	var rep mmapi.ProtectReply
	e := g.mm.Protect(&mmapi.ProtectRequest{Space: g.space, Addr: addr, Length: length, Prot: prot}, &rep)
	g.done("protect", rep.Ops, rep.Files)
	return e
}

func (g *rig) mremap(addr, oldLen, newLen uint64, flags uint32, to uint64) (uint64, linux.Errno) {
	g.t.Helper()
	var rep mmapi.RemapReply
	e := g.mm.Remap(&mmapi.RemapRequest{Space: g.space, Addr: addr, OldLength: oldLen, NewLength: newLen, Flags: flags, NewAddr: to}, &rep)
	g.done("remap", rep.Ops, rep.Files)
	return rep.Addr, e
}

func (g *rig) brk(start, addr uint64) uint64 {
	g.t.Helper()
	var rep mmapi.BrkReply
	if e := g.mm.Brk(&mmapi.BrkRequest{Space: g.space, Start: start, Addr: addr}, &rep); e != 0 {
		g.t.Fatalf("Brk = %v", e)
	}
	g.done("brk", rep.Ops, rep.Files)
	return rep.Addr
}

func (g *rig) madvise(addr, length uint64, advice uint32) linux.Errno {
	g.t.Helper()
	var rep mmapi.AdviseReply
	e := g.mm.Advise(&mmapi.AdviseRequest{Space: g.space, Addr: addr, Length: length, Advice: advice}, &rep)
	g.done("advise", rep.Ops, rep.Files)
	return e
}

func (g *rig) lock(req mmapi.LockRequest) linux.Errno {
	g.t.Helper()
	req.Space = g.space
	var rep mmapi.LockReply
	e := g.mm.Lock(&req, &rep)
	g.done("lock", rep.Ops, rep.Files)
	return e
}

func (g *rig) fault(addr uint64, tried uint32) (int32, linux.Errno) {
	g.t.Helper()
	var rep mmapi.FaultReply
	e := g.mm.Fault(&mmapi.FaultRequest{Space: g.space, Addr: addr, Access: tried, Sp: addr}, &rep)
	if e != 0 && rep.Signo != linux.SIGSEGV {
		g.t.Errorf("fault at %#x gives signal %d, want SIGSEGV", addr, rep.Signo)
	}
	g.done("fault", rep.Ops, nil)
	return rep.Code, e
}

func (g *rig) wantErrno(call string, got, want linux.Errno) {
	g.t.Helper()
	if got != want {
		g.t.Errorf("%s = %v, want %v", call, got, want)
	}
}

// wantAreas compares the areas with start and length pairs.
func (g *rig) wantAreas(call string, want ...mmapi.Range) {
	g.t.Helper()
	var got []mmapi.Range
	for _, a := range g.areas() {
		got = append(got, mmapi.Range{Addr: a.Addr, Length: a.Length})
	}
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == want[i]
	}
	if !same {
		g.t.Errorf("after %s the areas are %#x, want %#x", call, got, want)
	}
}

// wantOps compares kind, address, length and advice of the last call's ops.
func (g *rig) wantOps(call string, want ...mmapi.Op) {
	g.t.Helper()
	same := len(g.ops) == len(want)
	for i := 0; same && i < len(want); i++ {
		got := g.ops[i]
		same = got.Kind == want[i].Kind && got.Addr == want[i].Addr && got.Length == want[i].Length && got.Advice == want[i].Advice
	}
	if !same {
		g.t.Errorf("%s orders %+v, want %+v", call, g.ops, want)
	}
}

func span(addr, pages uint64) mmapi.Range { return mmapi.Range{Addr: addr, Length: pages * page} }
