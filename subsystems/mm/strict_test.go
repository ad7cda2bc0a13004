package mm

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/mmtest"
)

const testRX = linux.PROT_READ | linux.PROT_EXEC

func newStrict(t *testing.T, limit uint64) *MM {
	t.Helper()
	m, err := New(Config{Strict: true, MemoryLimit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestStrict plays all cases: none of them writes what it runs.
func TestStrict(t *testing.T) {
	mmtest.Run(t, func(t *testing.T) mmapi.MM { return newStrict(t, 1<<46) })
}

func TestStrictNeedsALimit(t *testing.T) {
	if _, err := New(Config{Strict: true}); err == nil {
		t.Error("New without a limit gives no error")
	}
}

func TestStrictWritesOrRuns(t *testing.T) {
	const file, file2 = 3, 4
	for _, c := range []struct {
		name             string
		prot, flags      uint32
		file             uint64
		maxProt          uint32
		mapped, then     linux.Errno
		first, protected uint32 // mprotect before, and the one looked at
	}{
		{name: "both", prot: testRW | linux.PROT_EXEC, flags: testAnon, mapped: linux.EACCES},
		{name: "written, then run", prot: testRW, flags: testAnon, protected: testRX, then: linux.EACCES},
		{name: "written, made read-only, then run", prot: testRW, flags: testAnon, first: linux.PROT_READ, protected: testRX, then: linux.EACCES},
		{name: "never written, then run", prot: linux.PROT_READ, flags: testAnon, protected: testRX},
		{name: "text made writable and run again", prot: testRX, flags: linux.MAP_PRIVATE, file: file, maxProt: 7, first: testRW, protected: testRX, then: linux.EACCES},
		{name: "text", prot: testRX, flags: linux.MAP_PRIVATE, file: file, maxProt: 7},
		{name: "a shared file that can be written", prot: testRX, flags: linux.MAP_SHARED, file: file2, maxProt: 7, mapped: linux.EACCES},
		{name: "a shared file that cannot", prot: testRX, flags: linux.MAP_SHARED, file: file2, maxProt: 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newStrict(t, 1<<30)
			space := newSpace(t, m)
			var rep mmapi.MapReply
			e := m.Map(&mmapi.MapRequest{Space: space, Length: pageSize, Prot: c.prot, Flags: c.flags, File: c.file, MaxProt: c.maxProt}, &rep)
			if e != c.mapped {
				t.Fatalf("Map = %v, want %v", e, c.mapped)
			}
			for i, prot := range []uint32{c.first, c.protected} {
				if prot == 0 {
					continue
				}
				want := linux.Errno(0)
				if i == 1 {
					want = c.then
				}
				if e := m.Protect(&mmapi.ProtectRequest{Space: space, Addr: rep.Addr, Length: pageSize, Prot: prot}, &mmapi.ProtectReply{}); e != want {
					t.Errorf("Protect(%d) = %v, want %v", prot, e, want)
				}
			}
		})
	}
}

func TestStrictCountsWhatIsPromised(t *testing.T) {
	const mib = 1 << 20
	m := newStrict(t, 10*mib)
	space := newSpace(t, m)
	mapBytes := func(n uint64, prot, flags uint32, want linux.Errno) uint64 {
		t.Helper()
		var rep mmapi.MapReply
		if e := m.Map(&mmapi.MapRequest{Space: space, Length: n, Prot: prot, Flags: flags}, &rep); e != want {
			t.Fatalf("Map of %d MiB = %v, want %v", n/mib, e, want)
		}
		return rep.Addr
	}
	a := mapBytes(4*mib, testRW, testAnon|linux.MAP_NORESERVE, 0)
	mapBytes(100*mib, linux.PROT_READ, testAnon, 0) // cannot be written: promises nothing
	mapBytes(7*mib, testRW, testAnon, linux.ENOMEM)
	mapBytes(2*mib, testRW, testAnon, 0)

	var fork mmapi.ForkSpaceReply
	if e := m.ForkSpace(&mmapi.ForkSpaceRequest{Space: space}, &fork); e != linux.ENOMEM {
		t.Fatalf("ForkSpace with 6 of 10 MiB taken = %v, want ENOMEM", e)
	}
	if e := m.Unmap(&mmapi.UnmapRequest{Space: space, Addr: a, Length: 2 * mib}, &mmapi.UnmapReply{}); e != 0 {
		t.Fatal(e)
	}
	if e := m.ForkSpace(&mmapi.ForkSpaceRequest{Space: space}, &fork); e != 0 {
		t.Fatalf("ForkSpace with 4 of 10 MiB taken = %v", e)
	}
	mapBytes(3*mib, testRW, testAnon, linux.ENOMEM)
	if e := m.FreeSpace(&mmapi.FreeSpaceRequest{Space: fork.Space}, &mmapi.FreeSpaceReply{}); e != 0 {
		t.Fatal(e)
	}
	mapBytes(6*mib, testRW, testAnon, 0)
	mapBytes(pageSize, testRW, testAnon, linux.ENOMEM)
}
