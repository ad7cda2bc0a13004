package mmtest

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// Advise implements mmapi.MM.
func (m *Model) Advise(req *mmapi.AdviseRequest, rep *mmapi.AdviseReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	e := b.madvise(req.Addr, req.Length, req.Advice)
	rep.Files = b.news()
	return e
}

func (b *book) madvise(addr, length uint64, advice uint32) linux.Errno {
	known := advice <= 4 || advice >= 8 && advice <= 25 || advice == 100 || advice == 101
	end := addr + round(length)
	if !known || addr%page != 0 || length != 0 && round(length) == 0 || end < addr {
		return linux.EINVAL
	}
	if addr == end {
		return 0
	}
	if advice >= 100 {
		return linux.EPERM
	}
	holes := linux.Errno(0)
	for addr < end {
		s, ok := b.from(addr)
		if !ok {
			return linux.ENOMEM
		}
		if s.start > addr {
			holes = linux.ENOMEM
			if addr = s.start; addr >= end || advice == linux.MADV_POPULATE_READ || advice == linux.MADV_POPULATE_WRITE {
				break
			}
		}
		hi := min(end, s.end)
		if e := b.adviseArea(&s, addr, hi, advice); e != 0 {
			return e
		}
		addr = hi
	}
	return holes
}

// marksOf are the marks that an advice sets and clears.
var marksOf = map[uint32]struct{ set, clear mark }{
	linux.MADV_NORMAL:      {0, mRandom | mSequential},
	linux.MADV_RANDOM:      {mRandom, mSequential},
	linux.MADV_SEQUENTIAL:  {mSequential, mRandom},
	linux.MADV_DONTFORK:    {mDontFork, 0},
	linux.MADV_DOFORK:      {0, mDontFork},
	linux.MADV_WIPEONFORK:  {mWipe, 0},
	linux.MADV_KEEPONFORK:  {0, mWipe},
	linux.MADV_DONTDUMP:    {mDontDump, 0},
	linux.MADV_DODUMP:      {0, mDontDump},
	linux.MADV_MERGEABLE:   {mMergeable, 0},
	linux.MADV_UNMERGEABLE: {0, mMergeable},
	linux.MADV_HUGEPAGE:    {mHuge, mNoHuge},
	linux.MADV_NOHUGEPAGE:  {mNoHuge, mHuge},
}

func (b *book) adviseArea(s *stretch, lo, hi uint64, advice uint32) linux.Errno {
	if s.marks&mSealed != 0 && s.marks&mShared == 0 && s.prot&linux.PROT_WRITE == 0 {
		switch advice {
		case linux.MADV_FREE, linux.MADV_DONTNEED, linux.MADV_DONTNEED_LOCKED, linux.MADV_REMOVE, linux.MADV_DONTFORK, linux.MADV_WIPEONFORK:
			return linux.EPERM
		}
	}
	is := func(m mark) bool { return s.marks&m != 0 }
	refuse := linux.Errno(0)
	switch advice {
	case linux.MADV_REMOVE:
		if is(mLocked) || s.file == 0 {
			refuse = linux.EINVAL
		} else if !is(mShared) || s.max&linux.PROT_WRITE == 0 {
			refuse = linux.EACCES
		}
	case linux.MADV_DONTNEED, linux.MADV_COLD, linux.MADV_PAGEOUT:
		if is(mLocked) {
			refuse = linux.EINVAL
		}
	case linux.MADV_FREE:
		if is(mLocked) || s.file != 0 {
			refuse = linux.EINVAL
		}
	case linux.MADV_POPULATE_READ:
		if s.prot&linux.PROT_READ == 0 {
			refuse = linux.EINVAL
		}
	case linux.MADV_POPULATE_WRITE:
		if s.prot&linux.PROT_WRITE == 0 {
			refuse = linux.EINVAL
		}
	case linux.MADV_WIPEONFORK:
		if s.file != 0 || is(mShared) {
			refuse = linux.EINVAL
		}
	case linux.MADV_KEEPONFORK, linux.MADV_DODUMP:
		if is(mDroppable) {
			refuse = linux.EINVAL
		}
	case linux.MADV_MERGEABLE:
		if is(mShared | mDroppable) {
			return 0
		}
	}
	if refuse != 0 {
		return refuse
	}
	x := marksOf[advice]
	if s.marks&^x.clear|x.set == s.marks {
		return 0
	}
	if b.full() && b.cuts(lo, hi) {
		return linux.EAGAIN
	}
	b.set(lo, hi, func(l *leaf) { l.marks = l.marks&^x.clear | x.set })
	return 0
}

// Sync implements mmapi.MM.
func (m *Model) Sync(req *mmapi.SyncRequest, rep *mmapi.SyncReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	end := req.Addr + round(req.Length)
	if req.Flags > 7 || req.Addr%page != 0 || req.Flags&5 == 5 {
		return linux.EINVAL
	}
	if end < req.Addr {
		return linux.ENOMEM
	}
	holes := linux.Errno(0)
	for addr := req.Addr; addr < end; {
		s, ok := b.from(addr)
		switch {
		case !ok, s.start >= end, s.start > addr && req.Flags == linux.MS_ASYNC:
			return linux.ENOMEM
		case req.Flags&linux.MS_INVALIDATE != 0 && s.marks&mLocked != 0:
			return linux.EBUSY
		case s.start > addr:
			holes = linux.ENOMEM
		}
		if req.Flags&linux.MS_SYNC != 0 && s.file != 0 && s.marks&mShared != 0 && !slices.Contains(rep.Files, s.file) {
			rep.Files = append(rep.Files, s.file)
		}
		addr = s.end
	}
	return holes
}

// Lock implements mmapi.MM.
func (m *Model) Lock(req *mmapi.LockRequest, rep *mmapi.LockReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	e := b.mlock(req)
	rep.Files = b.news()
	return e
}

func (b *book) mlock(req *mmapi.LockRequest) linux.Errno {
	barred := b.limits.Memlock == 0 && !b.limits.IpcLock
	limit := b.limits.Memlock &^ (page - 1)
	add := mLocked
	if req.All {
		f := req.Flags
		if !req.Unlock {
			switch {
			case f == 0 || f > 7 || f == linux.MCL_ONFAULT:
				return linux.EINVAL
			case barred:
				return linux.EPERM
			case f&linux.MCL_CURRENT != 0 && b.total() > limit && !b.limits.IpcLock:
				return linux.ENOMEM
			}
		} else {
			f = 0
		}
		if f&linux.MCL_ONFAULT != 0 {
			add |= mOnFault
		}
		b.lockNew = 0
		if f&linux.MCL_FUTURE != 0 {
			b.lockNew = add
		}
		if f&linux.MCL_CURRENT == 0 {
			add = 0
		}
		if f&linux.MCL_CURRENT != 0 || f&linux.MCL_FUTURE == 0 {
			b.set(0, b.high, func(l *leaf) { l.marks = l.marks&^(mLocked|mOnFault) | add })
		}
		return 0
	}
	start := req.Addr &^ (page - 1)
	length := round(req.Length + req.Addr%page)
	end := start + length
	if req.Unlock {
		add = 0
	} else {
		if req.Flags > 1 {
			return linux.EINVAL
		}
		if barred {
			return linux.EPERM
		}
		if req.Flags == 1 {
			add |= mOnFault
		}
		already := uint64(0)
		for a := start; a < b.high && (a < end || end < start); a += page {
			if l := b.leaf(a); l != nil && l.marks&mLocked != 0 {
				already += page
			}
		}
		if !b.limits.IpcLock && length+b.locked() > limit && length+b.locked()-already > limit {
			return linux.ENOMEM
		}
	}
	if end < start {
		return linux.EINVAL
	}
	for at := start; at < end; {
		s, ok := b.at(at)
		if !ok {
			return linux.ENOMEM
		}
		hi := min(end, s.end)
		if s.marks&^(mLocked|mOnFault)|add != s.marks {
			if b.full() && b.cuts(at, hi) {
				return linux.ENOMEM
			}
			b.set(at, hi, func(l *leaf) { l.marks = l.marks&^(mLocked|mOnFault) | add })
		}
		at = hi
	}
	if add == mLocked {
		for at := start; at < end; at += page {
			if b.leaf(at).prot == 0 {
				return linux.ENOMEM
			}
		}
	}
	return 0
}

// Check implements mmapi.MM.
func (m *Model) Check(req *mmapi.CheckRequest, _ *mmapi.CheckReply) linux.Errno {
	missing := linux.EFAULT
	if req.Prot == 0 {
		missing = linux.ENOMEM
		if req.Addr%page != 0 {
			return linux.EINVAL
		}
	}
	const all = 1<<47 - page
	if req.Length > all || req.Addr > all-req.Length {
		return missing
	}
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	for a := req.Addr &^ (page - 1); a < req.Addr+req.Length && req.Length > 0; a += page {
		if l := b.leaf(a); l == nil || req.Prot&^l.prot != 0 {
			return missing
		}
	}
	return 0
}

// Fault implements mmapi.MM.
func (m *Model) Fault(req *mmapi.FaultRequest, rep *mmapi.FaultReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.remember()
	if code := b.fault(req.Addr, req.Access); code != 0 {
		rep.Signo, rep.Code = linux.SIGSEGV, code
		return linux.EFAULT
	}
	return 0
}

func (b *book) fault(addr uint64, tried uint32) int32 {
	s, ok := b.from(addr)
	if !ok {
		return linux.SEGV_MAPERR
	}
	if to := addr &^ (page - 1); to < s.start {
		bottom := b.low
		for _, prev := range b.stretches() {
			if prev.end <= s.start {
				bottom = max(b.low, prev.end)
				if prev.marks&mGrows == 0 && prev.prot != 0 {
					bottom = max(bottom, prev.end+256*page)
				}
			}
		}
		can := func(to uint64) bool {
			more := s.start - to
			return to >= bottom && b.room(s.prot, s.marks, more, 0) && s.end-to <= b.limits.Stack && b.lockable(s.marks, more) && !b.blocked(to, s.start)
		}
		if s.marks&mGrows == 0 || s.start-to > s.offset || !can(to) {
			return linux.SEGV_MAPERR
		}
		if step := s.start - min(s.start, 128<<10); s.end == b.stackTop && step < to && can(step) {
			to = step
		}
		l := s.leaf
		l.offset -= s.start - to
		b.put(to, s.start, l)
	}
	if tried&(linux.PROT_WRITE|linux.PROT_EXEC)&^s.prot != 0 || s.prot == 0 {
		return linux.SEGV_ACCERR
	}
	return 0
}

// Areas implements mmapi.MM.
func (m *Model) Areas(req *mmapi.AreasRequest, rep *mmapi.AreasReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	for _, s := range b.stretches() {
		if s.end <= req.From {
			continue
		}
		if req.Max != 0 && len(rep.Areas) == int(req.Max) {
			break
		}
		a := mmapi.Area{Addr: s.start, Length: s.end - s.start, Prot: s.prot, Flags: linux.MAP_PRIVATE, File: s.file, Kind: mmapi.AreaKindAnon}
		if s.marks&mShared != 0 {
			a.Flags = linux.MAP_SHARED
		}
		if s.marks&mGrows != 0 {
			a.Flags |= linux.MAP_GROWSDOWN
		}
		if s.marks&mLocked != 0 {
			a.Flags |= linux.MAP_LOCKED
		}
		if s.marks&mNoReserve != 0 {
			a.Flags |= linux.MAP_NORESERVE
		}
		switch {
		case s.file != 0:
			a.Kind, a.FileOffset = mmapi.AreaKindFile, s.offset
		case s.start < b.brk && s.end > b.brkStart:
			a.Kind = mmapi.AreaKindHeap
		case s.start < b.stackTop && s.end >= b.stackTop:
			a.Kind = mmapi.AreaKindStack
		}
		rep.Areas = append(rep.Areas, a)
	}
	return 0
}

// Usage implements mmapi.MM.
func (m *Model) Usage(req *mmapi.UsageRequest, rep *mmapi.UsageReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	rep.Total, rep.Data, rep.Locked = b.total(), b.data(), b.locked()
	rep.Stack = b.sum(func(l *leaf) bool { return l.marks&mGrows != 0 })
	rep.Text = b.sum(func(l *leaf) bool {
		return l.marks&mGrows == 0 && l.prot&linux.PROT_EXEC != 0 && l.prot&linux.PROT_WRITE == 0
	})
	rep.Shared = b.sum(func(l *leaf) bool { return l.marks&mShared != 0 })
	rep.BrkStart, rep.Brk = b.brkStart, b.brk
	return 0
}
