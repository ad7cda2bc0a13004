package mmtest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// Map implements mmapi.MM.
func (m *Model) Map(req *mmapi.MapRequest, rep *mmapi.MapReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.remember()
	addr, e := b.mmap(req)
	if e == 0 {
		rep.Addr = addr
	}
	rep.Files = b.news()
	return e
}

func (b *book) mmap(req *mmapi.MapRequest) (uint64, linux.Errno) {
	flags, kind := req.Flags, req.Flags&linux.MAP_TYPE
	memory := req.File == 0 && req.Refused == 0 || flags&linux.MAP_ANONYMOUS != 0
	if req.FileOffset%page != 0 {
		return 0, linux.EINVAL
	}
	if flags&linux.MAP_HUGETLB != 0 {
		size := flags >> linux.MAP_HUGE_SHIFT & linux.MAP_HUGE_MASK
		if !memory || size != 0 && size != 21 && size != 30 || req.Length == 0 {
			return 0, linux.EINVAL
		}
		return 0, linux.ENOMEM
	}
	if req.Length == 0 {
		return 0, linux.EINVAL
	}
	fixed := flags&(linux.MAP_FIXED|linux.MAP_FIXED_NOREPLACE) != 0
	addr, length := req.Addr, round(req.Length)
	if !fixed {
		addr &^= page - 1
		if addr != 0 {
			addr = max(addr, b.low)
		}
	} else {
		flags |= linux.MAP_FIXED
	}
	if length == 0 || b.count() > b.model.MaxAreas {
		return 0, linux.ENOMEM
	}

	l := leaf{file: req.File, prot: req.Prot & 7, max: 7, marks: b.lockNew, family: b.family}
	for _, x := range []struct {
		bit uint32
		m   mark
	}{{linux.MAP_GROWSDOWN, mGrows}, {linux.MAP_LOCKED, mLocked}, {linux.MAP_NORESERVE, mNoReserve}, {linux.MAP_STACK, mNoHuge}} {
		if flags&x.bit != 0 {
			l.marks |= x.m
		}
	}
	switch kind {
	case linux.MAP_SHARED, linux.MAP_SHARED_VALIDATE:
		l.marks |= mShared
	case linux.MAP_DROPPABLE:
		l.marks |= mDroppable | mNoReserve | mWipe | mDontDump
	}
	align := uint64(page)
	const huge = 2 << 20
	if req.File == 0 && l.marks&mShared == 0 {
		hint := b.model.Align && length >= huge && l.prot&linux.PROT_WRITE != 0 && l.marks&(mGrows|mNoHuge|mDroppable) == 0
		if hint || length%huge == 0 {
			align = huge
		}
	}
	addr, e := b.place(addr, length, flags, align)
	if e != 0 {
		return 0, e
	}
	end := addr + length
	covered := uint64(0)
	for a := addr; a < end; a += page {
		if b.leaf(a) != nil {
			covered += page
		}
	}
	switch {
	case flags&linux.MAP_FIXED_NOREPLACE != 0 && covered != 0:
		return 0, linux.EEXIST
	case flags&linux.MAP_LOCKED != 0 && b.limits.Memlock == 0 && !b.limits.IpcLock:
		return 0, linux.EPERM
	case !b.lockable(l.marks, length):
		return 0, linux.EAGAIN
	}
	if memory {
		l.offset = addr
		bad := linux.Errno(0)
		switch kind {
		case linux.MAP_PRIVATE:
			l.file = 0
		case linux.MAP_DROPPABLE:
			l.file = 0
			if flags&linux.MAP_LOCKED != 0 || l.marks&mGrows != 0 {
				bad = linux.EINVAL
			}
		case linux.MAP_SHARED:
			l.offset, l.max = 0, req.MaxProt&7
			bad = linux.Errno(req.Refused)
			if req.File == 0 && bad == 0 || l.marks&mGrows != 0 {
				bad = linux.EINVAL
			}
		default:
			bad = linux.EINVAL
		}
		if bad != 0 {
			return 0, bad
		}
	} else {
		l.offset, l.max = req.FileOffset, req.MaxProt&7
		if e := fileErrno(req, flags, kind, length, &l); e != 0 {
			return 0, e
		}
		if kind == linux.MAP_PRIVATE {
			l.max |= linux.PROT_WRITE
		}
	}
	if b.full() && b.splits(addr, end) {
		return 0, linux.ENOMEM
	}
	if b.sealed(addr, end) {
		return 0, linux.EPERM
	}
	if !b.room(l.prot, l.marks, length, covered) {
		return 0, linux.ENOMEM
	}
	if l.prot&linux.PROT_WRITE != 0 && l.marks&(mNoReserve|mShared) == 0 {
		l.marks |= mAccount
	}
	b.put(addr, end, l)
	if req.Kind == mmapi.AreaKindStack {
		b.stackTop = end
	}
	return addr, 0
}

func fileErrno(req *mmapi.MapRequest, flags, kind uint32, length uint64, l *leaf) linux.Errno {
	end := uint64(1<<63 - 1)
	if req.FileLimit != 0 {
		end = req.FileLimit
	}
	const good = 0x0f | linux.MAP_FIXED | linux.MAP_ANONYMOUS | linux.MAP_GROWSDOWN | linux.MAP_DENYWRITE | linux.MAP_EXECUTABLE | linux.MAP_LOCKED |
		linux.MAP_NORESERVE | linux.MAP_POPULATE | linux.MAP_NONBLOCK | linux.MAP_STACK | linux.MAP_32BIT | linux.MAP_ABOVE4G |
		linux.MAP_UNINITIALIZED | linux.MAP_HUGETLB | linux.MAP_HUGE_2MB | linux.MAP_HUGE_1GB
	writes, runs := l.prot&linux.PROT_WRITE != 0, l.prot&linux.PROT_EXEC != 0
	switch {
	case length > end || req.FileOffset > end-length:
		return linux.EOVERFLOW
	case kind != linux.MAP_PRIVATE && kind != linux.MAP_SHARED && kind != linux.MAP_SHARED_VALIDATE:
		return linux.EINVAL
	case kind == linux.MAP_SHARED_VALIDATE && flags&^good != 0:
		return linux.EOPNOTSUPP
	case kind != linux.MAP_PRIVATE && writes && l.max&linux.PROT_WRITE == 0, l.max&linux.PROT_READ == 0:
		return linux.EACCES
	case runs && l.max&linux.PROT_EXEC == 0:
		return linux.EPERM
	case req.Refused != 0:
		return linux.Errno(req.Refused)
	case l.marks&mGrows != 0:
		return linux.EINVAL
	}
	return 0
}

// Unmap implements mmapi.MM.
func (m *Model) Unmap(req *mmapi.UnmapRequest, rep *mmapi.UnmapReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.remember()
	e := b.munmap(req.Addr, req.Length)
	rep.Files = b.news()
	return e
}

func (b *book) munmap(addr, length uint64) linux.Errno {
	const all = 1<<47 - page
	if addr%page != 0 || addr > all || length > all-addr || length == 0 {
		return linux.EINVAL
	}
	if end := addr + round(length); b.full() && b.splits(addr, end) {
		return linux.ENOMEM
	} else if b.sealed(addr, end) {
		return linux.EPERM
	} else {
		b.clear(addr, end)
	}
	return 0
}

// Protect implements mmapi.MM.
func (m *Model) Protect(req *mmapi.ProtectRequest, rep *mmapi.ProtectReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.remember()
	e := b.mprotect(req.Addr, req.Length, req.Prot)
	rep.Files = b.news()
	return e
}

func (b *book) mprotect(addr, length uint64, prot uint32) linux.Errno {
	down, up := prot&linux.PROT_GROWSDOWN != 0, prot&linux.PROT_GROWSUP != 0
	if down && up || addr%page != 0 {
		return linux.EINVAL
	}
	if length == 0 {
		return 0
	}
	end := addr + round(length)
	if end <= addr {
		return linux.ENOMEM
	}
	if prot&^(linux.PROT_GROWSDOWN|linux.PROT_GROWSUP|15) != 0 {
		return linux.EINVAL
	}
	first, ok := b.from(addr)
	if !ok || first.start >= end || !down && first.start > addr {
		return linux.ENOMEM
	}
	if down && first.marks&mGrows == 0 || up {
		return linux.EINVAL
	}
	if down {
		addr = first.start
	}
	prot &= 7
	for addr < end {
		s, ok := b.at(addr)
		if !ok {
			return linux.ENOMEM
		}
		hi := min(end, s.end)
		if prot&^s.max != 0 {
			return linux.EACCES
		}
		if s.marks&mSealed != 0 {
			return linux.EPERM
		}
		if prot != s.prot {
			writes := prot&linux.PROT_WRITE != 0
			if writes && !b.room(prot, s.marks, hi-addr, 0) && b.room(s.prot, s.marks, hi-addr, 0) {
				return linux.ENOMEM
			}
			if b.full() && b.cuts(addr, hi) {
				return linux.ENOMEM
			}
			b.set(addr, hi, func(l *leaf) {
				if writes && l.prot&linux.PROT_WRITE == 0 && l.marks&(mShared|mNoReserve) == 0 {
					l.marks |= mAccount
				}
				l.prot = prot
			})
		}
		addr = hi
	}
	return 0
}

// Seal implements mmapi.MM.
func (m *Model) Seal(req *mmapi.SealRequest, rep *mmapi.SealReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	e := b.mseal(req.Addr, req.Length)
	rep.Files = b.news()
	return e
}

func (b *book) mseal(addr, length uint64) linux.Errno {
	end := addr + round(length)
	if addr%page != 0 || length != 0 && round(length) == 0 || end < addr {
		return linux.EINVAL
	}
	for a := addr; a < end; a += page {
		if b.leaf(a) == nil {
			return linux.ENOMEM
		}
	}
	for addr < end {
		s, _ := b.at(addr)
		hi := min(end, s.end)
		if s.marks&mSealed == 0 {
			if b.full() && b.cuts(addr, hi) {
				return linux.ENOMEM
			}
			b.set(addr, hi, func(l *leaf) { l.marks |= mSealed })
		}
		addr = hi
	}
	return 0
}

// Remap implements mmapi.MM.
func (m *Model) Remap(req *mmapi.RemapRequest, rep *mmapi.RemapReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.remember()
	addr, e := b.mremap(req.Addr, round(req.OldLength), round(req.NewLength), req.Flags, req.NewAddr)
	if e == 0 {
		rep.Addr = addr
	}
	rep.Files = b.news()
	return e
}

func (b *book) mremap(addr, oldLen, newLen uint64, flags uint32, to uint64) (uint64, linux.Errno) {
	const all = 1<<47 - page
	move, fixed, keep := flags&linux.MREMAP_MAYMOVE != 0, flags&linux.MREMAP_FIXED != 0, flags&linux.MREMAP_DONTUNMAP != 0
	if flags > 7 || addr%page != 0 || newLen == 0 || newLen > all {
		return 0, linux.EINVAL
	}
	if fixed || keep {
		if to > all-newLen || to%page != 0 || !move || keep && oldLen != newLen || addr+oldLen > to && to+newLen > addr {
			return 0, linux.EINVAL
		}
		if b.count()+2 >= b.model.MaxAreas-3 {
			return 0, linux.ENOMEM
		}
	}
	if fixed && oldLen == newLen {
		// Area by area, holes and all.
		if _, ok := b.at(addr); !ok {
			return 0, linux.EFAULT
		}
		for n := uint64(0); n < oldLen; {
			s, ok := b.from(addr + n)
			if !ok || s.start >= addr+oldLen {
				break
			}
			lo, hi := max(addr+n, s.start), min(addr+oldLen, s.end)
			if s.marks&mSealed != 0 {
				return 0, linux.EPERM
			}
			if _, e := b.moveTo(lo, hi-lo, hi-lo, to+(lo-addr), fixed, keep); e != 0 {
				return 0, e
			}
			n = hi - addr
		}
		return to, 0
	}
	s, ok := b.at(addr)
	if !ok {
		return 0, linux.EFAULT
	}
	if s.marks&mSealed != 0 {
		return 0, linux.EPERM
	}
	if newLen > oldLen || fixed || keep {
		used := min(oldLen, newLen)
		switch {
		case oldLen == 0 && s.marks&mShared == 0:
			return 0, linux.EINVAL
		case used > s.end-addr:
			return 0, linux.EFAULT
		case newLen > oldLen && !b.lockable(s.marks, newLen-oldLen):
			return 0, linux.EAGAIN
		case newLen > oldLen && !b.room(s.prot, s.marks, newLen-oldLen, 0):
			return 0, linux.ENOMEM
		}
	}
	switch {
	case fixed || keep:
		return b.moveTo(addr, oldLen, newLen, to, fixed, keep)
	case newLen == oldLen:
		return addr, 0
	case newLen < oldLen:
		return addr, b.munmap(addr+newLen, oldLen-newLen)
	}
	if addr+oldLen == s.end && newLen-oldLen <= b.high && s.end <= b.high-(newLen-oldLen) && !b.blocked(s.end, addr+newLen) {
		if next, ok := b.from(s.end); !ok || next.start >= addr+newLen {
			l := s.leaf
			l.offset += s.end - s.start
			b.put(s.end, addr+newLen, l)
			return addr, 0
		}
	}
	if !move {
		return 0, linux.ENOMEM
	}
	return b.moveTo(addr, oldLen, newLen, 0, false, false)
}

func (b *book) moveTo(addr, oldLen, newLen, to uint64, fixed, keep bool) (uint64, linux.Errno) {
	if fixed {
		if e := b.munmap(to, newLen); e != 0 {
			return 0, e
		}
		if b.leaf(addr) == nil {
			return 0, linux.EFAULT
		}
	}
	if oldLen > newLen {
		if e := b.munmap(addr+newLen, oldLen-newLen); e != 0 {
			return 0, e
		}
		oldLen = newLen
	}
	s, _ := b.at(addr)
	if keep && !b.room(s.prot, s.marks, oldLen, 0) {
		return 0, linux.ENOMEM
	}
	flags, align := uint32(0), uint64(page)
	if fixed {
		flags = linux.MAP_FIXED
	} else if s.file == 0 && newLen%(2<<20) == 0 {
		align = 2 << 20
	}
	to, e := b.place(to, newLen, flags, align)
	if e != 0 {
		return 0, e
	}
	if b.count() >= b.model.MaxAreas-3 {
		return 0, linux.ENOMEM
	}
	l := s.leaf
	l.offset += addr - s.start
	if l.file == 0 && !l.touched() {
		l.offset = to
	}
	if keep {
		b.set(addr, addr+oldLen, func(l *leaf) { l.marks &^= mLocked | mOnFault })
	} else {
		b.clear(addr, addr+oldLen)
	}
	b.put(to, to+newLen, l)
	return to, 0
}

// Brk implements mmapi.MM.
func (m *Model) Brk(req *mmapi.BrkRequest, rep *mmapi.BrkReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	if req.Start != 0 {
		b.brkStart, b.brk = req.Start, req.Start
	}
	b.remember()
	if b.heap(req.Addr) {
		b.brk = req.Addr
	}
	rep.Addr, rep.Files = b.brk, b.news()
	return 0
}

// heap makes room up to brk, and says whether it could.
func (b *book) heap(brk uint64) bool {
	if b.brkStart == 0 || brk < b.brkStart || brk >= 1<<47 || brk-b.brkStart > b.limits.Data {
		return false
	}
	from, to := round(b.brk), round(brk)
	if from == to {
		return true
	}
	if to < from {
		s, ok := b.from(to)
		if !ok || s.start >= from || b.full() && b.splits(to, from) || b.sealed(to, from) {
			return false
		}
		b.clear(to, from)
		return true
	}
	if _, e := b.place(from, to-from, linux.MAP_FIXED, page); e != 0 || !b.lockable(b.lockNew, to-from) {
		return false
	}
	if s, ok := b.from(from); ok && to+page > s.gap() {
		return false
	}
	l := leaf{prot: rw, max: 7, offset: from, marks: mAccount | b.lockNew, family: b.family}
	if !b.room(l.prot, l.marks, to-from, 0) || b.count() > b.model.MaxAreas {
		return false
	}
	b.put(from, to, l)
	return true
}
