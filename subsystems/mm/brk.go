package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// brkPopulate is up to which step of the heap is populated at once.
const brkPopulate = 256 << 10

// Brk implements mmapi.MM. It never fails: the reply has the break in force.
//
// With Config.HugePages a heap of 2 MiB and more is mapped on the host up to
// the next multiple of 2 MiB, so that huge pages fit; ahead is where that
// ends. Growing into it needs no op. It is zero until the break passes it, as
// far as the app keeps to its heap, and is given back when the heap shrinks.
func (m *MM) Brk(req *mmapi.BrkRequest, rep *mmapi.BrkReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	if req.Start != 0 {
		s.brkStart, s.brk, s.ahead = req.Start, req.Start, 0
	}
	s.setBrk(req.Addr)
	rep.Ops = s.end()
	rep.Addr = s.brk
	rep.Files = s.files(rep.Files)
	return 0
}

func (s *space) setBrk(brk uint64) {
	if brk < s.brkStart || s.brkStart == 0 || brk > taskSize || brk-s.brkStart > s.limits.Data {
		return
	}
	from, to := (s.brk+pageSize-1)&^(pageSize-1), (brk+pageSize-1)&^(pageSize-1)
	switch {
	case from == to:
		s.brk = brk
	case brk < s.brk:
		s.shrinkHeap(from, to, brk)
	default:
		s.growHeap(from, to, brk)
	}
}

func (s *space) shrinkHeap(from, to, brk uint64) {
	a := s.list.At(s.list.Find(to))
	o := s.overlap(to, from)
	if a == nil || a.Start >= from || s.full() && o.splits || o.sealed {
		return
	}
	// The part ahead goes with it, whatever of the heap the app has unmapped.
	s.unmapHost(max(to, a.Start), max(from, s.ahead))
	s.brk, s.ahead = brk, 0
}

func (s *space) growHeap(from, to, brk uint64) {
	if _, e := s.place(from, to-from, linux.MAP_FIXED, 0); e != 0 || !s.mayLock(s.lockNew, to-from) {
		return
	}
	// A page stays free below the next area, and the guard below a stack.
	next := s.list.At(s.list.Find(from))
	if next != nil && to+pageSize > next.GapStart() {
		return
	}
	a := areas.Area{Start: from, End: to, Offset: from, Attr: areas.Attr{Prot: linux.PROT_READ | linux.PROT_WRITE, MaxProt: access,
		Flags: areas.Account | s.lockNew, Family: s.family}}
	if !s.mayExpand(a.Prot, a.Flags, to-from, 0) || s.list.Len() > s.mm.cfg.MaxAreas || !s.enough(to-from) {
		return
	}
	mapped, ahead := from, s.ahead
	if ahead > from {
		mapped = min(ahead, to) // zeroed already
	}
	hint := s.mm.cfg.HugePages && s.lockNew == 0 && to-s.brkStart >= hugePageSize
	if hint {
		a.Flags |= areas.Hinted
	}
	s.save(from, to)
	s.list.Put(a, s)
	s.brk = brk
	if mapped == to && to <= ahead {
		return
	}
	end := to
	if hint {
		end = s.aheadEnd(to, next)
	}
	s.ahead = end
	op := mmapi.Op{Kind: mmapi.OpKindMapAnon, Addr: mapped, Length: end - mapped, Prot: uint32(a.Prot), Flags: linux.MAP_PRIVATE}
	if a.Flags&areas.Locked != 0 || s.mm.cfg.PopulateSmall && !hint && op.Length <= brkPopulate {
		op.Flags |= linux.MAP_POPULATE
	}
	s.op(op)
	if hint {
		s.advise(mapped, end, linux.MADV_HUGEPAGE)
	}
}

// aheadEnd is up to where the host maps a heap that ends at to.
func (s *space) aheadEnd(to uint64, next *areas.Area) uint64 {
	end := (to + hugePageSize - 1) &^ (hugePageSize - 1)
	if end > s.high || next != nil && end > next.GapStart() || s.reservedIn(to, end) != nil {
		return to
	}
	return end
}

// dropAhead takes the part ahead of the heap from the host when something else
// is about to be mapped in it.
func (s *space) dropAhead(lo, hi uint64) {
	end := (s.brk + pageSize - 1) &^ (pageSize - 1)
	if s.ahead > end && lo < s.ahead && hi > end {
		s.unmapHost(end, s.ahead)
		s.ahead = 0
	}
}
