package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

const (
	// MAP_32BIT looks between 1 and 2 GiB (arch/x86/kernel/sys_x86_64.c).
	low32, high32 = 0x40000000, 0x80000000
	// bottomUp is where the search starts that follows a failed one downwards:
	// a third of user space.
	bottomUp = (taskSize/3 + pageSize - 1) &^ (pageSize - 1)
)

// place chooses or checks the address of a mapping of length bytes, a multiple
// of pages: get_unmapped_area. align is a power of two, or 0 for a page; it
// is given up when nothing fits.
func (s *space) place(addr, length uint64, flags uint32, align uint64) (uint64, linux.Errno) {
	if length > taskSize {
		return 0, linux.ENOMEM
	}
	if flags&linux.MAP_FIXED == 0 {
		var ok bool
		if addr, ok = s.search(addr, length, flags, align); !ok {
			return 0, linux.ENOMEM
		}
	}
	switch {
	case length > s.high || addr > s.high-length:
		return 0, linux.ENOMEM
	case addr%pageSize != 0:
		return 0, linux.EINVAL
	case addr < s.low:
		// EPERM: security_mmap_addr, for those without CAP_SYS_RAWIO.
		return 0, linux.EPERM
	case s.reservedIn(addr, addr+length) != nil:
		return 0, linux.ENOMEM
	}
	return addr, 0
}

// search finds an address, at the hint if that is free, else as high as
// possible: arch_get_unmapped_area_topdown.
func (s *space) search(hint, length uint64, flags uint32, align uint64) (uint64, bool) {
	if flags&linux.MAP_32BIT != 0 {
		if hint != 0 && hint <= high32-min(length, high32) && s.free(hint, length) {
			return hint, true
		}
		return s.up(low32, high32, length)
	}
	if hint != 0 && s.free(hint, length) {
		return hint, true
	}
	low := uint64(pageSize)
	if flags&linux.MAP_ABOVE4G != 0 {
		low = 1 << 32
	}
	if align > pageSize && hint == 0 {
		if addr, ok := s.down(low, s.mmapTop, length, align); ok {
			return addr, true
		}
	}
	if addr, ok := s.down(low, s.mmapTop, length, pageSize); ok {
		return addr, true
	}
	return s.up(bottomUp, s.high, length)
}

// free says whether a mapping may lie at a hint.
func (s *space) free(addr, length uint64) bool {
	if addr < s.low || length > s.high || addr > s.high-length || s.reservedIn(addr, addr+length) != nil {
		return false
	}
	a := s.list.At(s.list.Find(addr))
	return a == nil || addr+length <= a.GapStart()
}

func (s *space) down(low, high, length, align uint64) (uint64, bool) {
	low = max(low, s.low)
	for {
		addr, ok := s.list.HoleDown(low, high, length, align)
		if !ok {
			return 0, false
		}
		r := s.reservedIn(addr, addr+length)
		if r == nil {
			return addr, true
		}
		high = r.start
	}
}

func (s *space) up(low, high, length uint64) (uint64, bool) {
	low, high = max(low, s.low), min(high, s.high)
	for {
		addr, ok := s.list.HoleUp(low, high, length, pageSize)
		if !ok {
			return 0, false
		}
		r := s.reservedIn(addr, addr+length)
		if r == nil {
			return addr, true
		}
		low = r.end
	}
}

// hugeAlign is the alignment of memory of such a length: what can hold a huge
// page starts where one can. Linux 6.7 and later align lengths that are a
// multiple of it, hinted memory is aligned in any case.
func hugeAlign(length uint64, f areas.Flag) uint64 {
	if f&areas.Hinted != 0 || length%hugePageSize == 0 {
		return hugePageSize
	}
	return pageSize
}
