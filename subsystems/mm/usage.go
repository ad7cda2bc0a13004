package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Areas implements mmapi.MM: the lines of /proc/PID/maps, from the area that
// holds or follows from.
func (m *MM) Areas(req *mmapi.AreasRequest, rep *mmapi.AreasReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	given := 0
	for p := s.fusedStart(s.list.Find(req.From)); ; {
		a := s.list.At(p)
		if a == nil || req.Max != 0 && given == int(req.Max) {
			return 0
		}
		end := s.fusedEnd(p)
		rep.Areas = append(rep.Areas, s.report(a, end))
		given++
		p = s.list.Find(end)
	}
}

// fusedStart is the first of the areas that are one for the app with that
// at p.
func (s *space) fusedStart(p areas.Pos) areas.Pos {
	for {
		prev, ok := s.list.Prev(p)
		if !ok || s.list.At(p) == nil || !s.list.At(prev).Fuses(s.list.At(p)) {
			return p
		}
		p = prev
	}
}

// fusedEnd is the end of the areas that are one for the app, from that at p on.
func (s *space) fusedEnd(p areas.Pos) uint64 {
	for {
		a := s.list.At(p)
		p = s.list.Next(p)
		if n := s.list.At(p); n == nil || !a.Fuses(n) {
			return a.End
		}
	}
}

func (s *space) report(a *areas.Area, end uint64) mmapi.Area {
	r := mmapi.Area{Addr: a.Start, Length: end - a.Start, Prot: uint32(a.Prot), Flags: linux.MAP_PRIVATE, File: a.File, Kind: mmapi.AreaKindAnon}
	if a.Flags&areas.Shared != 0 {
		r.Flags = linux.MAP_SHARED
	}
	for _, f := range []struct {
		flag areas.Flag
		bit  uint32
	}{{areas.GrowsDown, linux.MAP_GROWSDOWN}, {areas.Locked, linux.MAP_LOCKED}, {areas.NoReserve, linux.MAP_NORESERVE}} {
		if a.Flags&f.flag != 0 {
			r.Flags |= f.bit
		}
	}
	switch {
	case a.Flags&areas.Special != 0:
		r.Kind = mmapi.AreaKindVdso
	case a.File != 0:
		r.Kind, r.FileOffset = mmapi.AreaKindFile, a.Offset
	case a.Start < s.brk && end > s.brkStart:
		r.Kind = mmapi.AreaKindHeap // vma_is_initial_heap
	case a.Start < s.stackTop && end >= s.stackTop:
		r.Kind = mmapi.AreaKindStack
	}
	return r
}

// Usage implements mmapi.MM.
func (m *MM) Usage(req *mmapi.UsageRequest, rep *mmapi.UsageReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	rep.Total, rep.Data, rep.Stack, rep.Text = s.total, s.data, s.stack, s.text
	rep.Shared, rep.Locked = s.shared, s.locked
	rep.BrkStart, rep.Brk = s.brkStart, s.brk
	return 0
}

// Check implements mmapi.MM: mincore's look at the range when prot is 0
// (EINVAL, ENOMEM), else whether the app could access all of it so (EFAULT).
func (m *MM) Check(req *mmapi.CheckRequest, _ *mmapi.CheckReply) linux.Errno {
	missing := linux.EFAULT
	if req.Prot == 0 {
		missing = linux.ENOMEM
		if req.Addr%pageSize != 0 {
			return linux.EINVAL
		}
	}
	if req.Length > taskSize || req.Addr > taskSize-req.Length {
		return missing
	}
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	addr, end := req.Addr, req.Addr+req.Length
	for p := s.list.Find(addr); addr < end; p = s.list.Next(p) {
		a := s.list.At(p)
		if a == nil || a.Start > addr || req.Prot&^uint32(a.Prot) != 0 {
			return missing
		}
		addr = a.End
	}
	return 0
}
