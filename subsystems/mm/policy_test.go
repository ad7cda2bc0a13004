package mm

import (
	"slices"
	"sync"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

const (
	testAnon = linux.MAP_PRIVATE | linux.MAP_ANONYMOUS
	testRW   = linux.PROT_READ | linux.PROT_WRITE
)

// newSpace makes a space without limits.
func newSpace(t *testing.T, m *MM) uint64 {
	t.Helper()
	inf := ^uint64(0)
	var rep mmapi.NewSpaceReply
	if e := m.NewSpace(&mmapi.NewSpaceRequest{Low: 65536, High: taskSize, MmapTop: 0x7f0000000000, Limits: mmapi.Limits{As: inf, Data: inf, Stack: inf, Memlock: inf}}, &rep); e != 0 {
		t.Fatalf("NewSpace = %v", e)
	}
	return rep.Space
}

// TestOpsForSpeed says which maps are populated and which advised for huge
// pages.
func TestOpsForSpeed(t *testing.T) {
	m, err := New(fast)
	if err != nil {
		t.Fatal(err)
	}
	space := newSpace(t, m)
	const kib = 1 << 10
	for _, c := range []struct {
		name           string
		length         uint64
		prot, flags    uint32
		file           uint64
		populate, huge bool
	}{
		{"60 KiB", 60 * kib, testRW, testAnon, 0, false, false},
		{"64 KiB", 64 * kib, testRW, testAnon, 0, true, false},
		{"below 2 MiB", 2048*kib - 1, testRW, testAnon, 0, false, true}, // rounds up to 2 MiB
		{"one page below 2 MiB", 2044 * kib, testRW, testAnon, 0, true, false},
		{"2 MiB", 2048 * kib, testRW, testAnon, 0, false, true},
		{"without access", 1024 * kib, 0, testAnon, 0, false, false},
		{"read-only", 1024 * kib, linux.PROT_READ, testAnon, 0, false, false},
		{"noreserve", 1024 * kib, testRW, testAnon | linux.MAP_NORESERVE, 0, false, false},
		{"stack", 1024 * kib, testRW, testAnon | linux.MAP_STACK, 0, false, false},
		{"large stack", 8192 * kib, testRW, testAnon | linux.MAP_STACK, 0, false, false},
		{"large without access", 8192 * kib, 0, testAnon, 0, false, false},
		{"asked for", 4 * kib, testRW, testAnon | linux.MAP_POPULATE, 0, true, false},
		{"asked for, not now", 4 * kib, testRW, testAnon | linux.MAP_POPULATE | linux.MAP_NONBLOCK, 0, false, false},
		{"text", 1400 * kib, linux.PROT_READ | linux.PROT_EXEC, linux.MAP_PRIVATE, 3, true, false},
		{"large text", 2052 * kib, linux.PROT_READ | linux.PROT_EXEC, linux.MAP_PRIVATE, 3, false, false},
		{"data of a file", 100 * kib, testRW, linux.MAP_PRIVATE, 3, false, false},
		{"shared file", 100 * kib, linux.PROT_READ, linux.MAP_SHARED, 3, false, false},
	} {
		var rep mmapi.MapReply
		if e := m.Map(&mmapi.MapRequest{Space: space, Length: c.length, Prot: c.prot, Flags: c.flags, File: c.file, MaxProt: 7}, &rep); e != 0 {
			t.Errorf("%s: map = %v", c.name, e)
			continue
		}
		populate := rep.Ops[0].Flags&linux.MAP_POPULATE != 0
		huge := len(rep.Ops) == 2 && rep.Ops[1].Kind == mmapi.OpKindAdvise && rep.Ops[1].Advice == linux.MADV_HUGEPAGE
		if populate != c.populate || huge != c.huge || huge && rep.Addr%hugePageSize != 0 {
			t.Errorf("%s: at %#x, ops %+v, want populate %v, huge %v", c.name, rep.Addr, rep.Ops, c.populate, c.huge)
		}
	}
}

// TestHeapAhead says what the host has above the break.
func TestHeapAhead(t *testing.T) {
	m, err := New(fast)
	if err != nil {
		t.Fatal(err)
	}
	space := newSpace(t, m)
	const start, mib = 0x5555_0000_0000, 1 << 20
	brk := func(size uint64) []mmapi.Op {
		t.Helper()
		var rep mmapi.BrkReply
		m.Brk(&mmapi.BrkRequest{Space: space, Addr: start + size}, &rep)
		if rep.Addr != start+size {
			t.Fatalf("brk to %#x more = %#x", size, rep.Addr-start)
		}
		return rep.Ops
	}
	var first mmapi.BrkReply
	m.Brk(&mmapi.BrkRequest{Space: space, Start: start}, &first)
	one := func(name string, ops []mmapi.Op, kind mmapi.OpKind, addr, length uint64) {
		t.Helper()
		if len(ops) == 0 || ops[0].Kind != kind || ops[0].Addr != start+addr || ops[0].Length != length {
			t.Errorf("%s: ops %+v, want kind %v at %#x, length %#x", name, ops, kind, addr, length)
		}
	}
	ops := brk(132 << 10)
	one("small step", ops, mmapi.OpKindMapAnon, 0, 132<<10)
	if ops[0].Flags&linux.MAP_POPULATE == 0 {
		t.Errorf("a small step is not populated: %+v", ops)
	}
	ops = brk(mib)
	if ops[0].Flags&linux.MAP_POPULATE != 0 {
		t.Errorf("a large step is populated: %+v", ops)
	}
	ops = brk(2*mib + pageSize)
	one("past 2 MiB", ops, mmapi.OpKindMapAnon, mib, 3*mib)
	if len(ops) != 2 || ops[1].Advice != linux.MADV_HUGEPAGE {
		t.Errorf("no advice: %+v", ops)
	}
	if ops = brk(3 * mib); len(ops) != 0 {
		t.Errorf("growing into what is mapped takes ops: %+v", ops)
	}
	one("down", brk(mib), mmapi.OpKindUnmap, mib, 3*mib)
	brk(5 * mib)
	one("up again", brk(7*mib), mmapi.OpKindMapAnon, 6*mib, 2*mib)

	// Something else above the heap takes what was ahead.
	var rep mmapi.MapReply
	m.Map(&mmapi.MapRequest{Space: space, Addr: start + 7*mib + 64<<10, Length: pageSize, Prot: testRW, Flags: testAnon | linux.MAP_FIXED}, &rep)
	one("map ahead", rep.Ops, mmapi.OpKindUnmap, 7*mib, mib)
	if len(rep.Ops) != 2 || rep.Ops[1].Kind != mmapi.OpKindMapAnon {
		t.Errorf("ops %+v, want the map second", rep.Ops)
	}
	// And when that is refused, the heap is as before.
	var back mmapi.RevertReply
	if e := m.Revert(&mmapi.RevertRequest{Space: space, Ops: rep.Ops}, &back); e != 0 {
		t.Fatalf("revert = %v", e)
	}
	if ops = brk(8 * mib); len(ops) != 0 {
		t.Errorf("after the revert growing takes ops: %+v", ops)
	}
}

func TestMemoryLimitRefusesTheImpossible(t *testing.T) {
	m, err := New(Config{MemoryLimit: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	space := newSpace(t, m)
	for _, c := range []struct {
		length      uint64
		prot, flags uint32
		want        linux.Errno
	}{
		{1 << 30, testRW, testAnon, 0},
		{1 << 30, testRW, testAnon, 0}, // together more: that may go well
		{1<<30 + 1, testRW, testAnon, linux.ENOMEM},
		{1<<30 + 1, testRW, testAnon | linux.MAP_NORESERVE, 0},
		{1<<30 + 1, linux.PROT_READ, testAnon, 0},
	} {
		var rep mmapi.MapReply
		if e := m.Map(&mmapi.MapRequest{Space: space, Length: c.length, Prot: c.prot, Flags: c.flags}, &rep); e != c.want {
			t.Errorf("map(%#x, prot %d, flags %#x) = %v, want %v", c.length, c.prot, c.flags, e, c.want)
		}
	}
}

// TestMaxAreas fills a space with areas.
func TestMaxAreas(t *testing.T) {
	m, err := New(Config{MaxAreas: 1000})
	if err != nil {
		t.Fatal(err)
	}
	space := newSpace(t, m)
	n := 0
	for ; n < 5000; n++ {
		var rep mmapi.MapReply
		prot := uint32(linux.PROT_READ | n&1<<1)
		if e := m.Map(&mmapi.MapRequest{Space: space, Length: 3 * pageSize, Prot: prot, Flags: testAnon}, &rep); e == linux.ENOMEM {
			break
		}
	}
	// Linux checks for more than the maximum, so that one more fits.
	if n != 1001 {
		t.Errorf("%d areas fit, want 1001", n)
	}
	var rep mmapi.UnmapReply
	if e := m.Unmap(&mmapi.UnmapRequest{Space: space, Addr: 0x7f0000000000 - 2*pageSize, Length: pageSize}, &rep); e != linux.ENOMEM {
		t.Errorf("unmap that splits = %v, want ENOMEM", e)
	}
	if e := m.Unmap(&mmapi.UnmapRequest{Space: space, Addr: 0x7f0000000000 - pageSize, Length: pageSize}, &rep); e != 0 {
		t.Errorf("unmap at an end = %v", e)
	}
	var p mmapi.ProtectReply
	if e := m.Protect(&mmapi.ProtectRequest{Space: space, Addr: 0x7f0000000000 - 5*pageSize, Length: pageSize, Prot: 0}, &p); e != linux.ENOMEM {
		t.Errorf("protect that splits = %v, want ENOMEM", e)
	}
}

// TestHammer makes calls on the same and on other spaces at once.
func TestHammer(t *testing.T) {
	m, err := New(fast)
	if err != nil {
		t.Fatal(err)
	}
	shared := newSpace(t, m)
	var wg sync.WaitGroup
	for g := 0; g < 4; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 300; i++ {
				var f mmapi.ForkSpaceReply
				if e := m.ForkSpace(&mmapi.ForkSpaceRequest{Space: shared}, &f); e != 0 {
					t.Errorf("fork = %v", e)
					return
				}
				for _, space := range []uint64{shared, f.Space} {
					var rep mmapi.MapReply
					var un mmapi.UnmapReply
					var areas mmapi.AreasReply
					if e := m.Map(&mmapi.MapRequest{Space: space, Length: 5 * pageSize, Prot: testRW, Flags: testAnon}, &rep); e != 0 {
						t.Errorf("map = %v", e)
					}
					m.Protect(&mmapi.ProtectRequest{Space: space, Addr: rep.Addr + pageSize, Length: pageSize}, &mmapi.ProtectReply{})
					m.Areas(&mmapi.AreasRequest{Space: space}, &areas)
					if !slices.IsSortedFunc(areas.Areas, func(a, b mmapi.Area) int { return int(a.Addr>>12) - int(b.Addr>>12) }) {
						t.Error("areas out of order")
					}
					if e := m.Unmap(&mmapi.UnmapRequest{Space: space, Addr: rep.Addr, Length: 5 * pageSize}, &un); e != 0 {
						t.Errorf("unmap = %v", e)
					}
				}
				m.FreeSpace(&mmapi.FreeSpaceRequest{Space: f.Space}, &mmapi.FreeSpaceReply{})
			}
		}()
	}
	wg.Wait()
	var rep mmapi.UsageReply
	if m.Usage(&mmapi.UsageRequest{Space: shared}, &rep); rep.Total != 0 {
		t.Errorf("%d bytes are left", rep.Total)
	}
}
