package mm

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Sync implements mmapi.MM: the checks of msync(2), and for MS_SYNC the files
// of shared areas, each once. Holes give ENOMEM after all that is there has
// been listed; the files are to be synced all the same.
func (m *MM) Sync(req *mmapi.SyncRequest, rep *mmapi.SyncReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	const known = linux.MS_ASYNC | linux.MS_INVALIDATE | linux.MS_SYNC
	if req.Flags&^known != 0 || req.Addr%pageSize != 0 || req.Flags&linux.MS_ASYNC != 0 && req.Flags&linux.MS_SYNC != 0 {
		return linux.EINVAL
	}
	start := req.Addr
	end := start + (req.Length+pageSize-1)&^(pageSize-1)
	if end < start {
		return linux.ENOMEM
	}
	given := len(rep.Files)
	holes := linux.Errno(0)
	for p := s.list.Find(start); start < end; p = s.list.Next(p) {
		a := s.list.At(p)
		if a == nil {
			return linux.ENOMEM
		}
		if start < a.Start {
			if req.Flags == linux.MS_ASYNC || a.Start >= end {
				return linux.ENOMEM
			}
			holes = linux.ENOMEM
		}
		if req.Flags&linux.MS_INVALIDATE != 0 && a.Flags&areas.Locked != 0 {
			return linux.EBUSY
		}
		start = a.End
		if req.Flags&linux.MS_SYNC != 0 && a.File != 0 && a.Flags&areas.Shared != 0 && !slices.Contains(rep.Files[given:], a.File) {
			rep.Files = append(rep.Files, a.File)
		}
	}
	return holes
}
