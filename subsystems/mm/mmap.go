package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

const (
	// populateFrom and populateTo bound the private memory that is populated
	// at once: below, a fault or two is cheaper, above, a huge page is.
	populateFrom, populateTo = 64 << 10, hugePageSize
	// populateText is up to which length text of a file is populated.
	populateText = 2 << 20
	// maxFileOffset is MAX_LFS_FILESIZE.
	maxFileOffset = 1<<63 - 1
	// legacyFlags are those that MAP_SHARED_VALIDATE knows
	// (include/linux/mman.h LEGACY_MAP_MASK).
	legacyFlags = linux.MAP_SHARED | linux.MAP_PRIVATE | linux.MAP_FIXED | linux.MAP_ANONYMOUS | linux.MAP_DENYWRITE |
		linux.MAP_EXECUTABLE | linux.MAP_UNINITIALIZED | linux.MAP_GROWSDOWN | linux.MAP_LOCKED | linux.MAP_NORESERVE |
		linux.MAP_POPULATE | linux.MAP_NONBLOCK | linux.MAP_STACK | linux.MAP_HUGETLB | linux.MAP_32BIT |
		linux.MAP_ABOVE4G | linux.MAP_HUGE_2MB | linux.MAP_HUGE_1GB
)

// Map implements mmapi.MM: do_mmap of mm/mmap.c, in its order of checks. A file
// with MAP_ANONYMOUS is the memory file that the core made for shared
// anonymous memory. What the core must have checked itself: the descriptor
// (EBADF).
func (m *MM) Map(req *mmapi.MapRequest, rep *mmapi.MapReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	rep.Addr, e = s.mmap(req)
	rep.Ops = s.end()
	rep.Files = s.files(rep.Files)
	return e
}

func (s *space) mmap(req *mmapi.MapRequest) (uint64, linux.Errno) {
	flags, addr := req.Flags, req.Addr
	if req.FileOffset%pageSize != 0 {
		return 0, linux.EINVAL // before all else: sys_mmap of arch/x86
	}
	if flags&linux.MAP_HUGETLB != 0 {
		return 0, hugeErrno(req)
	}
	if req.Length == 0 {
		return 0, linux.EINVAL
	}
	if flags&linux.MAP_FIXED_NOREPLACE != 0 {
		flags |= linux.MAP_FIXED
	}
	if flags&linux.MAP_FIXED == 0 {
		// A hint is lifted to the lowest address, and only a hint.
		addr &^= pageSize - 1
		if addr != 0 && addr < s.low {
			addr = s.low
		}
	}
	length := (req.Length + pageSize - 1) &^ (pageSize - 1)
	if length == 0 || s.list.Len() > s.mm.cfg.MaxAreas {
		return 0, linux.ENOMEM
	}

	a := areas.Area{Attr: areas.Attr{File: req.File, Prot: uint8(req.Prot & access), MaxProt: access, Family: s.family}}
	a.Flags = s.lockNew | lasting(req)
	align := uint64(0)
	if a.File == 0 && a.Flags&areas.Shared == 0 {
		if s.hints(&a, length) {
			a.Flags |= areas.Hinted
		}
		align = hugeAlign(length, a.Flags)
	}
	addr, e := s.place(addr, length, flags, align)
	if e != 0 {
		return 0, e
	}
	a.Start, a.End = addr, addr+length

	var old overlap
	if flags&linux.MAP_FIXED != 0 {
		old = s.overlap(addr, addr+length)
	}
	if flags&linux.MAP_FIXED_NOREPLACE != 0 && old.bytes != 0 {
		return 0, linux.EEXIST
	}
	if flags&linux.MAP_LOCKED != 0 && !s.canLock() {
		return 0, linux.EPERM
	}
	if !s.mayLock(a.Flags, length) {
		return 0, linux.EAGAIN
	}
	if e := typed(req, flags, &a); e != 0 {
		return 0, e
	}
	if !s.mayRun(&a, 0, a.Prot) {
		return 0, linux.EACCES
	}
	if e := s.region(&a, old); e != 0 {
		return 0, e
	}
	s.order(req, &a)
	return addr, 0
}

// hugeErrno is the answer to MAP_HUGETLB: as on a Linux with no huge pages set
// aside, which has the sizes of 2 MiB and 1 GiB.
func hugeErrno(req *mmapi.MapRequest) linux.Errno {
	if req.File != 0 && req.Flags&linux.MAP_ANONYMOUS == 0 {
		return linux.EINVAL
	}
	switch req.Flags >> linux.MAP_HUGE_SHIFT & linux.MAP_HUGE_MASK {
	case 0, 21, 30:
	default:
		return linux.EINVAL
	}
	if req.Length == 0 {
		return linux.EINVAL
	}
	return linux.ENOMEM
}

// lasting is what the area keeps of the flags of mmap.
func lasting(req *mmapi.MapRequest) areas.Flag {
	var f areas.Flag
	switch req.Flags & linux.MAP_TYPE {
	case linux.MAP_SHARED, linux.MAP_SHARED_VALIDATE:
		f |= areas.Shared
	case linux.MAP_DROPPABLE:
		f |= areas.Droppable | areas.NoReserve | areas.WipeOnFork | areas.DontDump
	}
	if req.Flags&linux.MAP_GROWSDOWN != 0 {
		f |= areas.GrowsDown
	}
	if req.Flags&linux.MAP_LOCKED != 0 {
		f |= areas.Locked
	}
	if req.Flags&linux.MAP_NORESERVE != 0 {
		f |= areas.NoReserve
	}
	if req.Flags&linux.MAP_STACK != 0 {
		f |= areas.NoHugePage
	}
	if req.Kind == mmapi.AreaKindVdso {
		f |= areas.Special
	}
	return f
}

// hints says whether memory that is about to be mapped shall be advised for
// huge pages. What is reserved without access will be when it gets access.
func (s *space) hints(a *areas.Area, length uint64) bool {
	return s.mm.cfg.HugePages && length >= hugePageSize && a.Prot&linux.PROT_WRITE != 0 &&
		a.Flags&(areas.GrowsDown|areas.NoHugePage|areas.Droppable) == 0
}

// typed checks what depends on the type of mapping and sets the rest of the
// area.
func typed(req *mmapi.MapRequest, flags uint32, a *areas.Area) linux.Errno {
	kind := flags & linux.MAP_TYPE
	if req.File == 0 && req.Refused == 0 || flags&linux.MAP_ANONYMOUS != 0 {
		switch {
		case kind == linux.MAP_SHARED && (req.File != 0 || req.Refused != 0):
			if a.Flags&areas.GrowsDown != 0 {
				return linux.EINVAL
			}
			a.MaxProt = uint8(req.MaxProt & access) // /dev/zero may be open for reading only
			return linux.Errno(req.Refused)
		case kind == linux.MAP_DROPPABLE:
			if flags&linux.MAP_LOCKED != 0 || a.Flags&areas.GrowsDown != 0 {
				return linux.EINVAL
			}
			fallthrough
		case kind == linux.MAP_PRIVATE:
			a.File = 0
			a.Offset = a.Start
		default:
			return linux.EINVAL
		}
		return 0
	}

	a.Offset = req.FileOffset
	a.MaxProt = uint8(req.MaxProt & access)
	// file_mmap_ok, whose error is EOVERFLOW.
	limit := req.FileLimit
	if limit == 0 {
		limit = maxFileOffset
	}
	if a.Len() > limit || req.FileOffset > limit-a.Len() {
		return linux.EOVERFLOW
	}
	switch kind {
	case linux.MAP_SHARED_VALIDATE:
		if flags&^legacyFlags != 0 {
			return linux.EOPNOTSUPP
		}
		fallthrough
	case linux.MAP_SHARED:
		if a.Prot&linux.PROT_WRITE != 0 && a.MaxProt&linux.PROT_WRITE == 0 {
			return linux.EACCES
		}
	case linux.MAP_PRIVATE:
	default:
		return linux.EINVAL
	}
	switch {
	case a.MaxProt&linux.PROT_READ == 0:
		return linux.EACCES // not open for reading
	case a.Prot&linux.PROT_EXEC != 0 && a.MaxProt&linux.PROT_EXEC == 0:
		return linux.EPERM // mounted noexec
	case req.Refused != 0:
		return linux.Errno(req.Refused) // ENODEV: no mmap of its own
	case a.Flags&areas.GrowsDown != 0:
		return linux.EINVAL
	}
	if kind == linux.MAP_PRIVATE {
		a.MaxProt |= linux.PROT_WRITE // writes go to a copy
	}
	return 0
}

// overlap is what a fixed mapping replaces.
type overlap struct {
	bytes, accounted uint64
	// splits says that one area lies on both sides, sealed that one is.
	splits, sealed bool
}

func (s *space) overlap(lo, hi uint64) overlap {
	var o overlap
	for p := s.list.Find(lo); ; p = s.list.Next(p) {
		a := s.list.At(p)
		if a == nil || a.Start >= hi {
			return o
		}
		n := min(hi, a.End) - max(lo, a.Start)
		o.bytes += n
		if a.Flags&areas.Account != 0 {
			o.accounted += n
		}
		o.splits = a.Start < lo && a.End > hi
		o.sealed = o.sealed || a.Flags&areas.Sealed != 0
	}
}

// region puts a new area in its place: the checks of mmap_region.
func (s *space) region(a *areas.Area, old overlap) linux.Errno {
	if old.splits && s.full() {
		return linux.ENOMEM
	}
	if old.sealed {
		return linux.EPERM
	}
	if !s.mayExpand(a.Prot, a.Flags, a.Len(), old.bytes) {
		return linux.ENOMEM
	}
	if a.Prot&linux.PROT_WRITE != 0 && s.accounts(a.Flags) {
		if !s.enough(a.Len() - min(a.Len(), old.accounted)) {
			return linux.ENOMEM
		}
		a.Flags |= areas.Account
	}
	if a.Flags&areas.Special != 0 {
		a.Flags &^= areas.Locked | areas.LockOnFault
	}
	s.dropAhead(a.Start, a.End)
	s.save(a.Start, a.End)
	if old.bytes != 0 {
		s.list.Clear(a.Start, a.End, s)
	}
	s.list.Put(*a, s)
	return 0
}

// order has the platform map a.
func (s *space) order(req *mmapi.MapRequest, a *areas.Area) {
	if req.Kind == mmapi.AreaKindStack {
		s.stackTop = a.End
	}
	op := mmapi.Op{Kind: mmapi.OpKindMapAnon, Addr: a.Start, Length: a.Len(), Prot: uint32(a.Prot), Flags: linux.MAP_PRIVATE}
	if a.Flags&areas.Shared != 0 {
		op.Flags = linux.MAP_SHARED
	}
	op.Flags |= req.Flags & (linux.MAP_NORESERVE | linux.MAP_STACK)
	if a.Flags&areas.Droppable != 0 {
		op.Flags |= linux.MAP_NORESERVE
	}
	if a.File != 0 {
		op.Kind, op.File, op.FileOffset = mmapi.OpKindMapFile, a.File, a.Offset
	}
	if a.Flags&(areas.Locked|areas.LockOnFault) == areas.Locked || req.Flags&(linux.MAP_POPULATE|linux.MAP_NONBLOCK) == linux.MAP_POPULATE || s.populates(a) {
		op.Flags |= linux.MAP_POPULATE
	}
	s.op(op)
	if a.Flags&areas.Hinted != 0 {
		s.advise(a.Start, a.End, linux.MADV_HUGEPAGE)
	}
}

// populates says whether a new area is populated without the app asking.
func (s *space) populates(a *areas.Area) bool {
	if a.Flags&areas.Shared != 0 {
		return false
	}
	if a.File != 0 {
		return s.mm.cfg.PopulateText && a.Len() <= populateText && a.Prot&linux.PROT_READ != 0 && a.Prot&linux.PROT_WRITE == 0
	}
	const rw = linux.PROT_READ | linux.PROT_WRITE
	return s.mm.cfg.PopulateSmall && a.Len() >= populateFrom && a.Len() < populateTo && a.Prot&rw == rw &&
		a.Flags&(areas.NoReserve|areas.NoHugePage|areas.GrowsDown) == 0
}
