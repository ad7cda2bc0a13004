package mm

import (
	"fmt"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// busy is a space with n areas, the heap begun, and its number.
func busy(tb testing.TB, n int) (*MM, uint64) {
	tb.Helper()
	m, err := New(fast)
	if err != nil {
		tb.Fatal(err)
	}
	inf := ^uint64(0)
	var space mmapi.NewSpaceReply
	if e := m.NewSpace(&mmapi.NewSpaceRequest{Low: 65536, High: taskSize, MmapTop: 0x7f0000000000, Limits: mmapi.Limits{As: inf, Data: inf, Stack: inf, Memlock: inf}}, &space); e != 0 {
		tb.Fatal(e)
	}
	for i := 0; i < n; i++ {
		var rep mmapi.MapReply
		prot := uint32(linux.PROT_READ | i&1<<2)
		if e := m.Map(&mmapi.MapRequest{Space: space.Space, Length: 8192, Prot: prot, Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS}, &rep); e != 0 {
			tb.Fatal(e)
		}
	}
	var rep mmapi.BrkReply
	m.Brk(&mmapi.BrkRequest{Space: space.Space, Start: 0x555500000000, Addr: 0x555500021000}, &rep)
	return m, space.Space
}

// hot are the calls that programs make often, each a pair that leaves the space
// as it was.
func hot(m *MM, space uint64) map[string]func() {
	var mapRep mmapi.MapReply
	var unmapRep mmapi.UnmapReply
	var brkRep mmapi.BrkReply
	var faultRep mmapi.FaultReply
	var protectRep mmapi.ProtectReply
	var adviseRep mmapi.AdviseReply
	pair := func(length uint64) func() {
		req := mmapi.MapRequest{Space: space, Length: length, Prot: linux.PROT_READ | linux.PROT_WRITE, Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS}
		return func() {
			mapRep = mmapi.MapReply{Ops: mapRep.Ops[:0], Files: mapRep.Files[:0]}
			m.Map(&req, &mapRep)
			unmapRep = mmapi.UnmapReply{Ops: unmapRep.Ops[:0], Files: unmapRep.Files[:0]}
			m.Unmap(&mmapi.UnmapRequest{Space: space, Addr: mapRep.Addr, Length: length}, &unmapRep)
		}
	}
	own := mmapi.MapRequest{Space: space, Addr: 0x10000000, Length: 1 << 20, Prot: linux.PROT_READ | linux.PROT_WRITE, Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS}
	m.Map(&own, &mapRep)
	return map[string]func(){
		"MapUnmap4K": pair(4096),
		"MapUnmap1M": pair(1 << 20),
		"MapUnmap4M": pair(4 << 20),
		"Brk": func() {
			brkRep.Ops = brkRep.Ops[:0]
			m.Brk(&mmapi.BrkRequest{Space: space, Addr: 0x555500042000}, &brkRep)
			brkRep.Ops = brkRep.Ops[:0]
			m.Brk(&mmapi.BrkRequest{Space: space, Addr: 0x555500021000}, &brkRep)
		},
		"Fault": func() {
			faultRep = mmapi.FaultReply{Ops: faultRep.Ops[:0]}
			m.Fault(&mmapi.FaultRequest{Space: space, Addr: 0x10000000, Access: linux.PROT_WRITE}, &faultRep)
		},
		"Check": func() {
			m.Check(&mmapi.CheckRequest{Space: space, Addr: 0x10000000, Length: 1 << 20}, &mmapi.CheckReply{})
		},
		"Protect": func() {
			for _, prot := range []uint32{linux.PROT_READ, linux.PROT_READ | linux.PROT_WRITE} {
				protectRep = mmapi.ProtectReply{Ops: protectRep.Ops[:0], Files: protectRep.Files[:0]}
				m.Protect(&mmapi.ProtectRequest{Space: space, Addr: 0x10004000, Length: 8192, Prot: prot}, &protectRep)
			}
		},
		"Advise": func() {
			adviseRep = mmapi.AdviseReply{Ops: adviseRep.Ops[:0]}
			m.Advise(&mmapi.AdviseRequest{Space: space, Addr: 0x10000000, Length: 65536, Advice: linux.MADV_DONTNEED}, &adviseRep)
		},
	}
}

func TestHotCallsDoNotAllocate(t *testing.T) {
	m, space := busy(t, 200)
	for name, call := range hot(m, space) {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s allocates %v times, want none", name, n)
		}
	}
}

func BenchmarkHot(b *testing.B) {
	for _, n := range []int{30, 1000, 60000} {
		m, space := busy(b, n)
		for name, call := range hot(m, space) {
			b.Run(fmt.Sprintf("%s/areas=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					call()
				}
			})
		}
	}
}
