package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Bits of a segment's mode besides the permissions (linux/shm.h), and the most
// bytes of one.
const (
	shmDest   = 0o1000
	shmLocked = 0o2000
	shmMax    = 1<<64 - 1 - 1<<24
)

// segment is a shared memory segment: ipc/shm.c. Its memory is a file of the
// core's, backing.
type segment struct {
	sysvPerm
	size                        uint64
	backing                     uint64
	attached                    uint64
	attachSec, detachSec, ctime int64
	creator, last               int32
}

// ShmGet implements ipcapi.IPC: newseg, shm_more_checks. Errors: EINVAL (size),
// ENOENT, EEXIST, EACCES, ENOSPC, ENOMEM (SHM_HUGETLB: there are no huge pages).
func (s *IPC) ShmGet(req *ipcapi.ShmGetRequest, rep *ipcapi.ShmGetReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, e := s.shms.get(req.Key, req.Flags, &req.Cred, func(g *segment) linux.Errno {
		if g.size < req.Size {
			return linux.EINVAL
		}
		return 0
	}, func() (*segment, linux.Errno) {
		if req.Size < 1 || req.Size > s.limits.shmMax {
			return nil, linux.EINVAL
		}
		if pages := (req.Size + pageSize - 1) / pageSize; pages+s.shmPages > s.limits.shmAll || pages+s.shmPages < pages {
			return nil, linux.ENOSPC
		}
		if req.Size > 1<<63-1 {
			return nil, linux.EINVAL // no file is as long
		}
		if req.Flags&linux.SHM_HUGETLB != 0 {
			switch req.Flags >> linux.MAP_HUGE_SHIFT & linux.MAP_HUGE_MASK {
			case 0, 21, 30:
			default:
				return nil, linux.EINVAL // hstate_sizelog
			}
			if req.Cred.Caps&(1<<linux.CAP_IPC_LOCK) == 0 && !inGroup(&req.Cred, 0) && req.Size > req.LockLimit {
				return nil, linux.EPERM // can_do_hugetlb_shm, user_shm_lock
			}
			return nil, linux.ENOMEM
		}
		g := &segment{size: req.Size, ctime: s.seconds(), creator: req.Cred.Pid}
		if e := s.shms.add(g, req.Key, req.Flags, &req.Cred, int(s.limits.shmNumber)); e != 0 {
			return nil, e
		}
		s.shmPages += g.pages()
		return g, 0
	})
	rep.Id = id
	return e
}

// ShmAttach implements ipcapi.IPC: do_shmat as far as it is not memory, and
// shm_open. Errors: EINVAL, EIDRM, EACCES.
func (s *IPC) ShmAttach(req *ipcapi.ShmAttachRequest, rep *ipcapi.ShmAttachReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.shms.byID(req.Id)
	if e != 0 {
		return e
	}
	want := uint32(0o666)
	if req.Flags&linux.SHM_RDONLY != 0 {
		want = 0o444
	}
	if req.Flags&linux.SHM_EXEC != 0 {
		want |= 0o111
	}
	if !req.Inherit && !g.allows(&req.Cred, want) {
		return linux.EACCES
	}
	g.attached++
	g.attachSec, g.last = s.seconds(), req.Cred.Pid
	rep.Backing, rep.Size = g.backing, g.size
	return 0
}

// ShmBack implements ipcapi.IPC.
func (s *IPC) ShmBack(req *ipcapi.ShmBackRequest, rep *ipcapi.ShmBackReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.shms.byID(req.Id)
	if e != 0 {
		return e
	}
	if g.backing == 0 {
		g.backing = req.Backing
	}
	rep.Backing = g.backing
	return 0
}

// ShmDetach implements ipcapi.IPC: shm_close. Errors: EINVAL (also when nobody
// is attached), EIDRM.
func (s *IPC) ShmDetach(req *ipcapi.ShmDetachRequest, rep *ipcapi.ShmDetachReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.shms.byID(req.Id)
	if e != 0 {
		return e
	}
	if g.attached == 0 {
		return linux.EINVAL
	}
	g.attached--
	g.detachSec, g.last = s.seconds(), req.Cred.Pid
	rep.Released = s.dropSegment(g)
	return 0
}

// dropSegment frees a removed segment that nobody has attached, and returns
// its file.
func (s *IPC) dropSegment(g *segment) uint64 {
	if g.mode&shmDest == 0 || g.attached > 0 {
		return 0
	}
	s.shms.remove(g)
	s.shmPages -= g.pages()
	return g.backing
}

// ShmControl implements ipcapi.IPC: ksys_shmctl. Errors: EINVAL, EIDRM, EACCES,
// EPERM.
func (s *IPC) ShmControl(req *ipcapi.ShmControlRequest, rep *ipcapi.ShmControlReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch req.Command {
	case linux.IPC_INFO, linux.SHM_INFO:
		if req.Id < 0 {
			return linux.EINVAL
		}
		rep.Pages = s.shmPages
		rep.LimitBytes, rep.LimitPages, rep.LimitSegments = s.limits.shmMax, s.limits.shmAll, uint32(s.limits.shmNumber)
		rep.Used, rep.Result = uint32(len(s.shms.objects)), s.shms.highest()
		return 0
	case linux.SHM_STAT, linux.SHM_STAT_ANY:
		g, e := s.shms.byIndex(req.Id)
		if e != 0 {
			return e
		}
		if req.Command == linux.SHM_STAT && !g.allows(&req.Cred, 0o444) {
			return linux.EACCES
		}
		g.show(rep)
		rep.Result = g.id
		return 0
	}
	g, e := s.shms.byID(req.Id)
	if e != 0 {
		return e
	}
	switch req.Command {
	case linux.IPC_STAT:
		if !g.allows(&req.Cred, 0o444) {
			return linux.EACCES
		}
		g.show(rep)
	case linux.IPC_SET:
		if !g.owns(&req.Cred) {
			return linux.EPERM
		}
		if e := g.set(&req.Perm); e != 0 {
			return e
		}
		g.ctime = s.seconds()
	case linux.IPC_RMID:
		if !g.owns(&req.Cred) {
			return linux.EPERM
		}
		g.mode |= shmDest
		s.shms.forgetKey(g) // do_shm_rmid
		rep.Released = s.dropSegment(g)
	case linux.SHM_LOCK, linux.SHM_UNLOCK:
		if req.Cred.Caps&(1<<linux.CAP_IPC_LOCK) == 0 && req.Cred.Uid != g.uid && req.Cred.Uid != g.cuid {
			return linux.EPERM
		}
		g.mode &^= shmLocked
		if req.Command == linux.SHM_LOCK {
			g.mode |= shmLocked
		}
	default:
		return linux.EINVAL
	}
	return 0
}

// pages is how many pages a segment has.
func (g *segment) pages() uint64 { return (g.size + pageSize - 1) / pageSize }

func (g *segment) show(rep *ipcapi.ShmControlReply) {
	rep.Perm = g.sysvPerm.show()
	rep.Size, rep.Attached = g.size, g.attached
	rep.AttachSec, rep.DetachSec, rep.ChangeSec = g.attachSec, g.detachSec, g.ctime
	rep.CreatorPid, rep.LastPid = g.creator, g.last
}
