package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Advise implements mmapi.MM: do_madvise of mm/madvise.c. Holes are stepped
// over and give ENOMEM at the end; an area that refuses ends the walk. In both
// cases the ops hold what came before, and are to be done. When the platform
// refuses an op, its error is the app's.
func (m *MM) Advise(req *mmapi.AdviseRequest, rep *mmapi.AdviseReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	e = s.madvise(req.Addr, req.Length, req.Advice)
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

func (s *space) madvise(start, length uint64, advice uint32) linux.Errno {
	if !knownAdvice(advice) || start%pageSize != 0 {
		return linux.EINVAL
	}
	rounded := (length + pageSize - 1) &^ (pageSize - 1)
	end := start + rounded
	if length != 0 && rounded == 0 || end < start {
		return linux.EINVAL
	}
	if end == start {
		return 0
	}
	switch advice {
	case linux.MADV_POPULATE_READ, linux.MADV_POPULATE_WRITE:
		return s.advisePopulate(start, end, advice)
	}
	holes := linux.Errno(0)
	for start < end {
		a := s.list.At(s.list.Find(start))
		if a == nil {
			return linux.ENOMEM
		}
		if start < a.Start {
			holes = linux.ENOMEM
			start = a.Start
			if start >= end {
				break
			}
		}
		stop := min(end, a.End)
		if e := s.adviseOne(*a, start, stop, advice); e != 0 {
			return e
		}
		start = stop
	}
	return holes
}

// advisePopulate is madvise_populate: as far as all is mapped so.
func (s *space) advisePopulate(start, end uint64, advice uint32) linux.Errno {
	need := uint8(linux.PROT_READ)
	if advice == linux.MADV_POPULATE_WRITE {
		need = linux.PROT_WRITE
	}
	for start < end {
		a := s.list.Lookup(start)
		if a == nil {
			return linux.ENOMEM
		}
		if a.Prot&need == 0 {
			return linux.EINVAL
		}
		stop := min(end, a.End)
		s.advise(start, stop, advice)
		start = stop
	}
	return 0
}

func knownAdvice(advice uint32) bool {
	switch advice {
	case linux.MADV_NORMAL, linux.MADV_RANDOM, linux.MADV_SEQUENTIAL, linux.MADV_WILLNEED, linux.MADV_DONTNEED,
		linux.MADV_FREE, linux.MADV_REMOVE, linux.MADV_DONTFORK, linux.MADV_DOFORK, linux.MADV_MERGEABLE,
		linux.MADV_UNMERGEABLE, linux.MADV_HUGEPAGE, linux.MADV_NOHUGEPAGE, linux.MADV_DONTDUMP, linux.MADV_DODUMP,
		linux.MADV_WIPEONFORK, linux.MADV_KEEPONFORK, linux.MADV_COLD, linux.MADV_PAGEOUT, linux.MADV_POPULATE_READ,
		linux.MADV_POPULATE_WRITE, linux.MADV_DONTNEED_LOCKED, linux.MADV_COLLAPSE:
		return true
	}
	return false
}

// adviseOne is madvise_vma_behavior for a part of one area.
func (s *space) adviseOne(a areas.Area, lo, hi uint64, advice uint32) linux.Errno {
	anon := a.File == 0
	locked := a.Flags&areas.Locked != 0
	special := a.Flags&areas.Special != 0
	var set, clear areas.Flag
	order := false
	if a.Flags&areas.Sealed != 0 && a.Flags&areas.Shared == 0 && a.Prot&linux.PROT_WRITE == 0 && discards(advice) {
		return linux.EPERM
	}

	switch advice {
	case linux.MADV_REMOVE:
		switch {
		case locked || anon:
			return linux.EINVAL
		case a.Flags&areas.Shared == 0 || a.MaxProt&linux.PROT_WRITE == 0:
			return linux.EACCES
		}
		s.advise(lo, hi, advice)
		return 0
	case linux.MADV_WILLNEED:
		if !anon {
			s.advise(lo, hi, advice)
		}
		return 0
	case linux.MADV_COLD, linux.MADV_PAGEOUT:
		if locked || special {
			return linux.EINVAL
		}
		s.advise(lo, hi, advice)
		return 0
	case linux.MADV_DONTNEED, linux.MADV_DONTNEED_LOCKED, linux.MADV_FREE:
		switch {
		case special, locked && advice != linux.MADV_DONTNEED_LOCKED, advice == linux.MADV_FREE && !anon:
			return linux.EINVAL
		}
		s.advise(lo, hi, advice)
		return 0
	case linux.MADV_COLLAPSE:
		if special {
			return linux.EINVAL
		}
		s.advise(lo, hi, advice)
		return 0
	case linux.MADV_NORMAL:
		clear, order = areas.Random|areas.Sequential, true
	case linux.MADV_RANDOM:
		clear, set, order = areas.Sequential, areas.Random, true
	case linux.MADV_SEQUENTIAL:
		clear, set, order = areas.Random, areas.Sequential, true
	case linux.MADV_DONTFORK:
		set = areas.DontFork
	case linux.MADV_DOFORK:
		clear = areas.DontFork
	case linux.MADV_WIPEONFORK:
		if !anon || a.Flags&areas.Shared != 0 {
			return linux.EINVAL
		}
		set = areas.WipeOnFork
	case linux.MADV_KEEPONFORK:
		if a.Flags&areas.Droppable != 0 {
			return linux.EINVAL
		}
		clear = areas.WipeOnFork
	case linux.MADV_DONTDUMP:
		set = areas.DontDump
	case linux.MADV_DODUMP:
		if special || a.Flags&areas.Droppable != 0 {
			return linux.EINVAL
		}
		clear = areas.DontDump
	case linux.MADV_MERGEABLE:
		if a.Flags&(areas.Shared|areas.Special|areas.Droppable) != 0 {
			return 0 // ksm_compatible: nothing to do, and no error
		}
		set = areas.Mergeable
	case linux.MADV_UNMERGEABLE:
		clear = areas.Mergeable
	case linux.MADV_HUGEPAGE:
		clear, set, order = areas.NoHugePage, areas.HugePage, true
	case linux.MADV_NOHUGEPAGE:
		clear, set, order = areas.HugePage|areas.Hinted, areas.NoHugePage, true
	}

	attr := a.Attr
	attr.Flags = attr.Flags&^clear | set
	if attr == a.Attr {
		return 0
	}
	if !s.maySet(&a, lo, hi) {
		return linux.EAGAIN // ENOMEM of the split, which madvise calls so
	}
	s.list.Set(lo, hi, attr, s)
	// Read-ahead means nothing to memory; the host would only divide areas.
	if order && (!anon || set&(areas.HugePage|areas.NoHugePage) != 0) {
		s.advise(lo, hi, advice)
	}
	return 0
}
