package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// Unmap implements mmapi.MM: do_vmi_munmap. ENOMEM only when one area would
// become two and there are too many.
func (m *MM) Unmap(req *mmapi.UnmapRequest, rep *mmapi.UnmapReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	e = s.munmap(req.Addr, req.Length)
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

func (s *space) munmap(addr, length uint64) linux.Errno {
	if addr%pageSize != 0 || addr > taskSize || length > taskSize-addr || length == 0 {
		return linux.EINVAL
	}
	end := addr + (length+pageSize-1)&^(pageSize-1)
	switch o := s.overlap(addr, end); {
	case s.full() && o.splits:
		return linux.ENOMEM
	case o.sealed:
		return linux.EPERM
	}
	s.unmap(addr, end)
	return 0
}
