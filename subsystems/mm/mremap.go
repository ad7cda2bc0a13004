package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Remap implements mmapi.MM: mm/mremap.c of Linux 6.17 and later, which can
// move several areas at once and looks at the source before it unmaps the
// target. The ops of OpKindRemap have the MREMAP_* flags to use. On an error
// half-way the ops hold what came before it, and are to be done.
func (m *MM) Remap(req *mmapi.RemapRequest, rep *mmapi.RemapReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	r := remap{addr: req.Addr, to: req.NewAddr, flags: req.Flags}
	r.oldLen = (req.OldLength + pageSize - 1) &^ (pageSize - 1)
	r.newLen = (req.NewLength + pageSize - 1) &^ (pageSize - 1)
	if rep.Addr, e = s.mremap(&r); e != 0 {
		rep.Addr = 0
	}
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

// remap is a request with lengths in whole pages.
type remap struct {
	addr, oldLen, newLen, to uint64
	flags                    uint32
}

// targeted says that the memory moves in any case, and to is looked at.
func (r *remap) targeted() bool {
	return r.flags&(linux.MREMAP_FIXED|linux.MREMAP_DONTUNMAP) != 0
}

func (r *remap) mayMove() bool { return r.flags&linux.MREMAP_MAYMOVE != 0 }
func (r *remap) fixed() bool   { return r.flags&linux.MREMAP_FIXED != 0 }
func (r *remap) keeps() bool   { return r.flags&linux.MREMAP_DONTUNMAP != 0 }

func (s *space) mremap(r *remap) (uint64, linux.Errno) {
	if e := s.remapParams(r); e != 0 {
		return 0, e
	}
	if r.fixed() && r.oldLen == r.newLen {
		return s.moveAll(r)
	}
	a, end, e := s.remapSource(r)
	if e != 0 {
		return 0, e
	}
	switch {
	case r.targeted():
		return s.remapTo(r)
	case r.oldLen == r.newLen:
		return r.addr, 0
	case r.oldLen > r.newLen:
		return r.addr, s.munmap(r.addr+r.newLen, r.oldLen-r.newLen)
	case r.oldLen == end-r.addr && s.expandable(end, r.newLen-r.oldLen):
		return r.addr, s.expand(end, r.newLen-r.oldLen)
	case !r.mayMove():
		return 0, linux.ENOMEM
	}
	to, e := s.place(0, r.newLen, 0, s.remapAlign(&a, r.newLen))
	if e != 0 {
		return 0, e
	}
	r.to = to
	return s.move(r)
}

// remapParams is check_mremap_params.
func (s *space) remapParams(r *remap) linux.Errno {
	const known = linux.MREMAP_FIXED | linux.MREMAP_MAYMOVE | linux.MREMAP_DONTUNMAP
	if r.flags&^known != 0 || r.addr%pageSize != 0 || r.newLen == 0 || r.newLen > taskSize {
		return linux.EINVAL
	}
	if !r.targeted() {
		return 0
	}
	switch {
	case r.to > taskSize-r.newLen, r.to%pageSize != 0, !r.mayMove(),
		r.keeps() && r.oldLen != r.newLen,
		r.addr+r.oldLen > r.to && r.to+r.newLen > r.addr: // overlap
		return linux.EINVAL
	case s.list.Len()+2 >= s.mm.cfg.MaxAreas-3:
		// Both ranges may need two splits, which must not fail half-way.
		return linux.ENOMEM
	}
	return 0
}

// remapSource is check_prep_vma: the area at the source and where it ends for
// the app.
func (s *space) remapSource(r *remap) (a areas.Area, end uint64, e linux.Errno) {
	p := s.list.Find(r.addr)
	found := s.list.At(p)
	if found == nil || found.Start > r.addr {
		return a, 0, linux.EFAULT
	}
	a, end = *found, s.fusedEnd(p)
	if a.Flags&areas.Sealed != 0 {
		return a, end, linux.EPERM
	}
	if r.oldLen >= r.newLen && !r.targeted() {
		return a, end, 0
	}
	special := a.Flags&areas.Special != 0
	oldLen := min(r.oldLen, r.newLen) // what a shrinking one unmaps may be anything
	more := r.newLen - oldLen
	switch {
	case r.oldLen == 0 && a.Flags&areas.Shared == 0, r.keeps() && special:
		return a, end, linux.EINVAL
	case oldLen > end-r.addr:
		return a, end, linux.EFAULT
	case more == 0:
		return a, end, 0
	case special:
		return a, end, linux.EFAULT
	case !s.mayLock(a.Flags, more):
		return a, end, linux.EAGAIN
	case !s.mayExpand(a.Prot, a.Flags, more, 0):
		return a, end, linux.ENOMEM
	}
	return a, end, 0
}

// moveAll is remap_move: it moves all areas of a range and keeps the holes
// between them, as far as it comes.
func (s *space) moveAll(r *remap) (uint64, linux.Errno) {
	end := r.addr + r.oldLen
	for at := r.addr; ; {
		a := s.list.At(s.list.Find(at))
		if a == nil || a.Start >= end {
			if at == r.addr {
				return 0, linux.EFAULT
			}
			return r.to, 0
		}
		if at == r.addr && a.Start > at {
			return 0, linux.EFAULT
		}
		lo, hi := max(at, a.Start), min(end, a.End)
		one := remap{addr: lo, oldLen: hi - lo, newLen: hi - lo, to: r.to + (lo - r.addr), flags: r.flags}
		if _, _, e := s.remapSource(&one); e != 0 {
			return 0, e
		}
		if _, e := s.remapTo(&one); e != 0 {
			return 0, e
		}
		at = hi
		if at == end {
			return r.to, 0
		}
	}
}

// remapTo is mremap_to: the target is chosen by the app, or the source stays.
func (s *space) remapTo(r *remap) (uint64, linux.Errno) {
	if r.fixed() {
		if e := s.munmap(r.to, r.newLen); e != 0 {
			return 0, e
		}
		if s.list.Lookup(r.addr) == nil {
			// An old length that wraps hides that the two overlap.
			return 0, linux.EFAULT
		}
	}
	if r.oldLen > r.newLen {
		if e := s.munmap(r.addr+r.newLen, r.oldLen-r.newLen); e != 0 {
			return 0, e
		}
		r.oldLen = r.newLen
	}
	a := s.list.Lookup(r.addr)
	if r.keeps() && !s.mayExpand(a.Prot, a.Flags, r.oldLen, 0) {
		return 0, linux.ENOMEM
	}
	placing, align := uint32(linux.MAP_FIXED), uint64(0)
	if !r.fixed() {
		placing, align = 0, s.remapAlign(a, r.newLen)
	}
	to, e := s.place(r.to, r.newLen, placing, align)
	if e != 0 {
		return 0, e
	}
	r.to = to
	return s.move(r)
}

// expandable is vma_expandable: whether the area that ends at end has room.
func (s *space) expandable(end, more uint64) bool {
	if more > s.high || end > s.high-more || s.reservedIn(end, end+more) != nil {
		return false
	}
	n := s.list.At(s.list.Find(end))
	return n == nil || n.Start >= end+more
}

// expand makes the area that ends at end longer in place. The op moves nothing
// and names the last page alone, so that it holds however the host has divided
// the area.
func (s *space) expand(end, more uint64) linux.Errno {
	a := *s.list.At(s.list.Find(end - 1))
	if a.Flags&areas.Account != 0 && !s.enough(more) {
		return linux.ENOMEM
	}
	part := a
	part.Start, part.End, part.Offset = end, end+more, a.Offset+a.Len()
	s.dropAhead(part.Start, part.End)
	s.save(part.Start, part.End)
	s.list.Put(part, s)
	last := end - pageSize
	s.op(mmapi.Op{Kind: mmapi.OpKindRemap, Addr: last, Length: pageSize, NewAddr: last, NewLength: pageSize + more})
	s.populateLocked(&part)
	return 0
}

// move is move_vma. The host may have divided the source where the app sees
// one area, so each of our areas is an op; the last one takes the growth.
func (s *space) move(r *remap) (uint64, linux.Errno) {
	if s.list.Len() >= s.mm.cfg.MaxAreas-3 {
		return 0, linux.ENOMEM
	}
	addr, oldLen, newLen, to, keep := r.addr, r.oldLen, r.newLen, r.to, r.keeps()
	src := *s.list.Lookup(addr)
	account := newLen - oldLen
	if keep {
		account = newLen
	}
	if src.Flags&areas.Account != 0 && !s.enough(account) {
		return 0, linux.ENOMEM
	}
	s.dropAhead(to, to+newLen)
	if oldLen == 0 {
		s.duplicate(&src, addr, to, newLen)
		return to, 0
	}

	opFlags := uint32(linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED)
	if keep {
		opFlags |= linux.MREMAP_DONTUNMAP
	}
	for done := uint64(0); done < oldLen; {
		a := *s.list.Lookup(addr + done)
		lo, hi := addr+done, min(addr+oldLen, a.End)
		n := hi - lo
		m := n
		if hi == addr+oldLen {
			m = newLen - done
		}
		moved := a
		moved.Start, moved.End, moved.Offset = to+done, to+done+m, a.Offset+(lo-a.Start)
		if a.File == 0 && !touched(&a) {
			moved.Offset = moved.Start
		}
		s.save(lo, hi)
		s.save(moved.Start, moved.End)
		if keep {
			// The old pages stay as new, untouched and unlocked ones.
			attr := a.Attr
			attr.Flags &^= areas.Locked | areas.LockOnFault
			s.list.Set(lo, hi, attr, s)
		} else {
			s.list.Clear(lo, hi, s)
		}
		s.list.Put(moved, s)
		s.op(mmapi.Op{Kind: mmapi.OpKindRemap, Addr: lo, Length: n, NewAddr: moved.Start, NewLength: m, Flags: opFlags})
		done += n
	}
	if newLen > oldLen {
		grown := src
		grown.Start, grown.End = to+oldLen, to+newLen
		s.populateLocked(&grown)
	}
	return to, 0
}

// duplicate maps the pages of a shared area a second time: old_len 0.
func (s *space) duplicate(src *areas.Area, addr, to, length uint64) {
	copied := *src
	copied.Start, copied.End, copied.Offset = to, to+length, src.Offset+(addr-src.Start)
	s.save(copied.Start, copied.End)
	s.list.Put(copied, s)
	s.op(mmapi.Op{Kind: mmapi.OpKindMapFile, Addr: to, Length: length, Prot: uint32(src.Prot), Flags: linux.MAP_SHARED, File: src.File, FileOffset: copied.Offset})
	s.populateLocked(&copied)
}

// populateLocked has memory that is locked and new populated.
func (s *space) populateLocked(a *areas.Area) {
	if a.Flags&(areas.Locked|areas.LockOnFault) == areas.Locked {
		s.populate(a, a.Start, a.End)
	}
}

// remapAlign keeps moved memory where huge pages fit.
func (s *space) remapAlign(a *areas.Area, length uint64) uint64 {
	if a.File != 0 {
		return 0
	}
	if a.Flags&areas.Hinted != 0 && length >= hugePageSize {
		return hugePageSize
	}
	return hugeAlign(length, 0)
}
