package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// Remap implements mmapi.MM: mm/mremap.c. The ops of OpKindRemap have the
// MREMAP_* flags to use. On an error after the target of MREMAP_FIXED or the
// end of a shrinking area was unmapped, as on Linux, the ops hold that and are
// to be done.
func (m *MM) Remap(req *mmapi.RemapRequest, rep *mmapi.RemapReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	rep.Addr, e = s.mremap(req)
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

func (s *space) mremap(req *mmapi.RemapRequest) (uint64, linux.Errno) {
	const known = linux.MREMAP_FIXED | linux.MREMAP_MAYMOVE | linux.MREMAP_DONTUNMAP
	flags, addr := req.Flags, req.Addr
	mayMove := flags&linux.MREMAP_MAYMOVE != 0
	switch {
	case flags&^known != 0,
		flags&linux.MREMAP_FIXED != 0 && !mayMove,
		flags&linux.MREMAP_DONTUNMAP != 0 && (!mayMove || req.OldLength != req.NewLength),
		addr%pageSize != 0:
		return 0, linux.EINVAL
	}
	oldLen := (req.OldLength + pageSize - 1) &^ (pageSize - 1)
	newLen := (req.NewLength + pageSize - 1) &^ (pageSize - 1)
	if newLen == 0 {
		return 0, linux.EINVAL
	}
	if s.list.Lookup(addr) == nil {
		return 0, linux.EFAULT
	}
	if flags&(linux.MREMAP_FIXED|linux.MREMAP_DONTUNMAP) != 0 {
		return s.mremapTo(addr, oldLen, req.NewAddr, newLen, flags)
	}
	if oldLen >= newLen {
		if oldLen > newLen {
			if e := s.munmap(addr+newLen, oldLen-newLen); e != 0 {
				return 0, e
			}
		}
		return addr, 0
	}

	a, end, e := s.toResize(addr, oldLen, newLen, flags)
	if e != 0 {
		return 0, e
	}
	if oldLen == end-addr && s.expandable(&a, addr, end, newLen-oldLen) {
		if e := s.expand(end, newLen-oldLen); e != 0 {
			return 0, e
		}
		return addr, 0
	}
	if !mayMove {
		return 0, linux.ENOMEM
	}
	to, e := s.place(0, newLen, 0, s.remapAlign(&a, newLen))
	if e != 0 {
		return 0, e
	}
	return s.move(addr, oldLen, to, newLen, flags)
}

// mremapTo is mremap_to: the target is chosen by the app, or the source stays.
func (s *space) mremapTo(addr, oldLen, to, newLen uint64, flags uint32) (uint64, linux.Errno) {
	switch {
	case to%pageSize != 0, newLen > taskSize, to > taskSize-newLen:
		return 0, linux.EINVAL
	case addr+oldLen > to && to+newLen > addr:
		return 0, linux.EINVAL
	case s.list.Len()+2 >= s.mm.cfg.MaxAreas-3:
		// Both ranges may need two splits; Linux wants to know before it has
		// unmapped anything.
		return 0, linux.ENOMEM
	}
	if flags&linux.MREMAP_FIXED != 0 {
		if e := s.munmap(to, newLen); e != 0 {
			return 0, e
		}
	}
	if oldLen > newLen {
		if e := s.munmap(addr+newLen, oldLen-newLen); e != 0 {
			return 0, e
		}
		oldLen = newLen
	}
	a, _, e := s.toResize(addr, oldLen, newLen, flags)
	if e != 0 {
		return 0, e
	}
	if flags&linux.MREMAP_DONTUNMAP != 0 && !s.mayExpand(a.Prot, a.Flags, oldLen, 0) {
		return 0, linux.ENOMEM
	}
	placing := uint32(0)
	if flags&linux.MREMAP_FIXED != 0 {
		placing = linux.MAP_FIXED
	}
	align := uint64(0)
	if to == 0 {
		align = s.remapAlign(&a, newLen)
	}
	to, e = s.place(to&^(pageSize-1), newLen, placing, align)
	if e != 0 {
		return 0, e
	}
	return s.move(addr, oldLen, to, newLen, flags)
}

// toResize is vma_to_resize: the area at addr and where it ends for the app.
func (s *space) toResize(addr, oldLen, newLen uint64, flags uint32) (areas.Area, uint64, linux.Errno) {
	p := s.list.Find(addr)
	a := s.list.At(p)
	if a == nil || a.Start > addr {
		return areas.Area{}, 0, linux.EFAULT
	}
	end := s.fusedEnd(p)
	special := a.Flags&areas.Special != 0
	switch {
	case oldLen == 0 && a.Flags&areas.Shared == 0:
		return *a, end, linux.EINVAL
	case flags&linux.MREMAP_DONTUNMAP != 0 && special:
		return *a, end, linux.EINVAL
	case oldLen > end-addr:
		return *a, end, linux.EFAULT
	case newLen == oldLen:
		return *a, end, 0
	case special:
		return *a, end, linux.EFAULT
	}
	// The differences are as wide as Linux's: a shrinking one wraps there.
	grow := newLen - min(newLen, oldLen)
	switch {
	case !s.mayLock(a.Flags, grow):
		return *a, end, linux.EAGAIN
	case !s.mayExpand(a.Prot, a.Flags, grow, 0):
		return *a, end, linux.ENOMEM
	}
	return *a, end, 0
}

// expandable is vma_expandable: whether the area that ends at end has room.
func (s *space) expandable(a *areas.Area, addr, end, more uint64) bool {
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
func (s *space) move(addr, oldLen, to, newLen uint64, flags uint32) (uint64, linux.Errno) {
	if s.list.Len() >= s.mm.cfg.MaxAreas-3 {
		return 0, linux.ENOMEM
	}
	src := *s.list.Lookup(addr)
	keep := flags&linux.MREMAP_DONTUNMAP != 0
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
