package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Protect implements mmapi.MM: do_mprotect_pkey. On an error half-way the ops
// hold what came before it, and are to be done.
func (m *MM) Protect(req *mmapi.ProtectRequest, rep *mmapi.ProtectReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	e = s.mprotect(req.Addr, req.Length, req.Prot)
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

func (s *space) mprotect(start, length uint64, prot uint32) linux.Errno {
	const grows = linux.PROT_GROWSDOWN | linux.PROT_GROWSUP
	if prot&grows == grows || start%pageSize != 0 {
		return linux.EINVAL
	}
	if length == 0 {
		return 0
	}
	end := start + (length+pageSize-1)&^(pageSize-1)
	if end <= start {
		return linux.ENOMEM
	}
	if prot&^(grows|access|linux.PROT_SEM) != 0 {
		return linux.EINVAL // arch_validate_prot
	}

	a := s.list.At(s.list.Find(start))
	switch {
	case a == nil || a.Start >= end:
		return linux.ENOMEM
	case prot&linux.PROT_GROWSDOWN != 0:
		if a.Flags&areas.GrowsDown == 0 {
			return linux.EINVAL
		}
		start = a.Start
	case a.Start > start:
		return linux.ENOMEM
	case prot&linux.PROT_GROWSUP != 0:
		return linux.EINVAL // nothing grows up on amd64
	}

	for start < end {
		a := s.list.At(s.list.Find(start))
		if a == nil || a.Start > start {
			return linux.ENOMEM
		}
		stop := min(end, a.End)
		if e := s.protectPart(*a, start, stop, uint8(prot&access)); e != 0 {
			return e
		}
		start = stop
	}
	return 0
}

// protectPart is mprotect_fixup for a part of one area.
func (s *space) protectPart(a areas.Area, lo, hi uint64, prot uint8) linux.Errno {
	if prot&^a.MaxProt != 0 || !s.mayRun(&a, a.Prot, prot) {
		return linux.EACCES
	}
	if a.Flags&areas.Sealed != 0 {
		return linux.EPERM
	}
	if prot == a.Prot {
		return 0
	}
	attr := a.Attr
	attr.Prot = prot
	if prot&linux.PROT_WRITE != 0 {
		if !s.mayExpand(prot, attr.Flags, hi-lo, 0) && s.mayExpand(a.Prot, a.Flags, hi-lo, 0) {
			return linux.ENOMEM
		}
		if a.Prot&linux.PROT_WRITE == 0 && a.Flags&areas.Account == 0 && s.accounts(a.Flags) {
			if !s.enough(hi - lo) {
				return linux.ENOMEM
			}
			attr.Flags |= areas.Account
		}
	}
	if !s.maySet(&a, lo, hi) {
		return linux.ENOMEM
	}

	// One op for all that touches, whatever it was before.
	last := s.lastOp()
	if last != nil && last.Addr+last.Length == lo {
		s.saveFor(len(s.done)-1, lo, hi)
		last.Length += hi - lo
	} else {
		s.save(lo, hi)
		s.op(mmapi.Op{Kind: mmapi.OpKindProtect, Addr: lo, Length: hi - lo, Prot: uint32(prot)})
	}
	s.list.Set(lo, hi, attr, s)
	return 0
}

// maySet says whether there is room for the areas that changing a part of a
// makes. It errs on the careful side of split_vma, as a part that joins its
// neighbour needs none.
func (s *space) maySet(a *areas.Area, lo, hi uint64) bool {
	return !s.full() || lo == a.Start && hi == a.End
}
