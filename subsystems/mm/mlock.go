package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Lock implements mmapi.MM: mlock, mlock2, munlock, mlockall, munlockall of
// mm/mlock.c. Locked memory is populated by advice; should that fail, mlock
// and mlock2 give ENOMEM and the memory stays locked, mlockall succeeds.
func (m *MM) Lock(req *mmapi.LockRequest, rep *mmapi.LockReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	switch {
	case req.All && req.Unlock:
		s.lockAll(0)
	case req.All:
		e = s.mlockall(req.Flags)
	case req.Unlock:
		start, length := spread(req.Addr, req.Length)
		_, e = s.lockRange(start, length, 0)
	default:
		e = s.mlock(req.Addr, req.Length, req.Flags)
	}
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

// spread makes whole pages of a range that need not be aligned. The sum wraps,
// as on Linux.
func spread(addr, length uint64) (uint64, uint64) {
	in := addr % pageSize
	return addr - in, (length + in + pageSize - 1) &^ (pageSize - 1)
}

func (s *space) mlock(addr, length uint64, flags uint32) linux.Errno {
	if flags&^linux.MLOCK_ONFAULT != 0 {
		return linux.EINVAL
	}
	if !s.canLock() {
		return linux.EPERM
	}
	add := areas.Locked
	if flags&linux.MLOCK_ONFAULT != 0 {
		add |= areas.LockOnFault
	}
	start, length := spread(addr, length)
	if !s.limits.IpcLock && !within(s.locked+length, s.limits.Memlock) {
		// What is locked already does not count twice.
		if !within(s.locked+length-s.lockedIn(start, length), s.limits.Memlock) {
			return linux.ENOMEM
		}
	}
	dead, e := s.lockRange(start, length, add)
	if e == 0 && dead {
		return linux.ENOMEM // memory without access cannot be populated
	}
	return e
}

// lockedIn is how much is locked of a range.
func (s *space) lockedIn(start, length uint64) uint64 {
	end := start + length
	if end < start {
		end = ^uint64(0)
	}
	sum := uint64(0)
	for p := s.list.Find(start); ; p = s.list.Next(p) {
		a := s.list.At(p)
		if a == nil || a.Start >= end {
			return sum
		}
		if a.Flags&areas.Locked != 0 {
			sum += min(a.End, end) - max(a.Start, start)
		}
	}
}

// lockRange is apply_vma_lock_flags. It reports whether there was memory that
// cannot be populated; up to there it orders that.
func (s *space) lockRange(start, length uint64, add areas.Flag) (dead bool, e linux.Errno) {
	end := start + length
	if end < start {
		return false, linux.EINVAL
	}
	for at := start; at < end; {
		a := s.list.Lookup(at)
		if a == nil {
			return dead, linux.ENOMEM
		}
		stop := min(end, a.End)
		if e := s.relock(*a, at, stop, add); e != 0 {
			return dead, e
		}
		at = stop
	}
	if add != areas.Locked {
		return false, 0
	}
	for at := start; at < end; {
		a := s.list.Lookup(at)
		stop := min(end, a.End)
		if a.Prot == 0 {
			return true, 0
		}
		s.populate(a, at, stop)
		at = stop
	}
	return false, 0
}

// relock is mlock_fixup: it sets the lock of a part of a.
func (s *space) relock(a areas.Area, lo, hi uint64, add areas.Flag) linux.Errno {
	attr := a.Attr
	attr.Flags = attr.Flags&^(areas.Locked|areas.LockOnFault) | add
	if attr == a.Attr || a.Flags&areas.Special != 0 {
		return 0
	}
	if !s.maySet(&a, lo, hi) {
		return linux.ENOMEM
	}
	s.list.Set(lo, hi, attr, s)
	return 0
}

func (s *space) mlockall(flags uint32) linux.Errno {
	if flags == 0 || flags&^(linux.MCL_CURRENT|linux.MCL_FUTURE|linux.MCL_ONFAULT) != 0 || flags == linux.MCL_ONFAULT {
		return linux.EINVAL
	}
	if !s.canLock() {
		return linux.EPERM
	}
	if flags&linux.MCL_CURRENT != 0 && !within(s.total, s.limits.Memlock) && !s.limits.IpcLock {
		return linux.ENOMEM
	}
	s.lockAll(flags)
	return 0
}

// lockAll is apply_mlockall_flags; munlockall is all of it with no flags.
func (s *space) lockAll(flags uint32) {
	add := areas.Locked
	if flags&linux.MCL_ONFAULT != 0 {
		add |= areas.LockOnFault
	}
	s.lockNew = 0
	if flags&linux.MCL_FUTURE != 0 {
		s.lockNew = add
		if flags&linux.MCL_CURRENT == 0 {
			return
		}
	}
	if flags&linux.MCL_CURRENT == 0 {
		add = 0
	}
	for at := uint64(0); ; {
		a := s.list.At(s.list.Find(at))
		if a == nil {
			return
		}
		part := *a
		at = part.End
		s.relock(part, part.Start, part.End, add)
		if add == areas.Locked && part.Prot != 0 && part.Flags&areas.Special == 0 {
			s.populate(&part, part.Start, part.End)
		}
	}
}

// populate orders that a part of a be populated as populate_vma_page_range
// does: for writing where that makes a private copy. What cannot be read but
// can be run or written is left alone: the advice would be refused.
func (s *space) populate(a *areas.Area, lo, hi uint64) {
	switch {
	case a.Prot&linux.PROT_WRITE != 0 && (a.Flags&areas.Shared == 0 || a.Prot&linux.PROT_READ == 0):
		s.advise(lo, hi, linux.MADV_POPULATE_WRITE)
	case a.Prot&linux.PROT_READ != 0:
		s.advise(lo, hi, linux.MADV_POPULATE_READ)
	}
}
