package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Seal implements mmapi.MM: do_mseal of mm/mseal.c. A range with a hole is not
// sealed at all.
func (m *MM) Seal(req *mmapi.SealRequest, rep *mmapi.SealReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	e = s.seal(req.Addr, req.Length)
	rep.Files = s.files(rep.Files)
	return e
}

func (s *space) seal(start, length uint64) linux.Errno {
	rounded := (length + pageSize - 1) &^ (pageSize - 1)
	end := start + rounded
	if start%pageSize != 0 || length != 0 && rounded == 0 || end < start {
		return linux.EINVAL
	}
	for at := start; at < end; {
		a := s.list.Lookup(at)
		if a == nil {
			return linux.ENOMEM
		}
		at = a.End
	}
	for start < end {
		a := *s.list.Lookup(start)
		stop := min(end, a.End)
		attr := a.Attr
		attr.Flags |= areas.Sealed
		if attr != a.Attr {
			if !s.maySet(&a, start, stop) {
				return linux.ENOMEM
			}
			s.list.Set(start, stop, attr, s)
		}
		start = stop
	}
	return 0
}

// discards says whether an advice takes contents away: is_discard of
// mm/madvise.c. Only memory that is sealed, private and not writable is kept from
// it.
func discards(advice uint32) bool {
	switch advice {
	case linux.MADV_FREE, linux.MADV_DONTNEED, linux.MADV_DONTNEED_LOCKED, linux.MADV_REMOVE, linux.MADV_DONTFORK, linux.MADV_WIPEONFORK:
		return true
	}
	return false
}
