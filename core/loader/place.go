package loader

import "adyton.dev/adyton/core/linux"

// Where images go on amd64 (arch/x86/include/asm/elf.h, page_64_types.h).
const (
	// TaskSize is the end of an app's address space.
	TaskSize = 1<<47 - linux.PAGE_SIZE
	// DynBase is where a program that has an interpreter and may be placed
	// anywhere goes when addresses are not random, before it is rounded.
	DynBase = TaskSize / 3 * 2

	brkRange = 1 << 30 // bytes over which a random break is spread
)

// Map is what one segment becomes. The three parts are done in this order, and
// the segments in theirs, for each replaces what was mapped there before.
// Addresses and lengths are in bytes; a length of 0 means no such part.
type Map struct {
	// The pages of the file: private, of Len bytes from FileOff, at Addr.
	// Addr, Len and FileOff are whole pages; the last one may hold bytes of
	// the file behind the segment.
	Addr, Len, FileOff uint64
	Prot               uint32
	// NoReplace asks for MAP_FIXED_NOREPLACE, EEXIST being a late error. The
	// other maps are MAP_FIXED.
	NoReplace bool
	// Bytes to clear behind the file's, up to the end of their page. There
	// are none in a segment that is not writable: Linux ignores the fault.
	ZeroAddr, ZeroLen uint64
	// Whole anonymous pages. They can be written even where the segment
	// cannot be (vm_brk_flags).
	BssAddr, BssLen uint64
	BssProt         uint32
}

// Span is the length of the image in memory in bytes, whole pages with the
// holes counted, from the page of its lowest segment to that of its highest.
// Errors, late: EINVAL (no segment, or none with a byte); ENOMEM (more than an
// address space).
func (img *Image) Span() (uint64, linux.Errno) {
	low, high := ^uint64(0), uint64(0)
	for _, s := range img.Segments {
		end := s.Vaddr + s.MemSize
		if end < s.Vaddr {
			return 0, linux.ENOMEM
		}
		low = min(low, pageStart(s.Vaddr))
		high = max(high, end)
	}
	if len(img.Segments) == 0 || high == low {
		return 0, linux.EINVAL
	}
	if high-low > TaskSize {
		return 0, linux.ENOMEM
	}
	return pageAlign(high - low), 0
}

// LoadBias says where the image goes. An ET_EXEC has a bias of 0. An ET_DYN
// with an interpreter goes to DynBase and rndPages pages above it, rounded down
// to its Align; rndPages is 0 without randomization. For another ET_DYN, which
// is a static program or an interpreter, fixed is false: mm finds Span free
// bytes, and BiasAt gives the bias for them.
//
// Errors, late: those of Span; EPERM (an interpreter that is neither ET_EXEC
// nor ET_DYN).
func (img *Image) LoadBias(rndPages uint64) (bias uint64, fixed bool, e linux.Errno) {
	if img.badType {
		return 0, false, linux.EPERM
	}
	if !img.Dyn {
		if img.interp {
			_, e = img.Span()
		}
		return 0, true, e
	}
	if len(img.Segments) == 0 && !img.interp {
		return 0, true, 0 // nothing to place, and so nothing to object to
	}
	if _, e := img.Span(); e != 0 {
		return 0, false, e
	}
	if !img.HasInterp {
		return 0, false, 0
	}
	at := img.roundDown(DynBase + rndPages<<linux.PAGE_SHIFT)
	return pageStart(at - img.Segments[0].Vaddr), true, 0
}

// BiasAt gives the bias of an image that mm places, which found Span free
// bytes at base. A program that asks for an Align above a page moves down from
// base to keep it; then the pages below base may be taken, and Maps says
// NoReplace. An interpreter's Align is not looked at. Call it only when
// LoadBias left the choice open.
func (img *Image) BiasAt(base uint64) uint64 {
	first := img.Segments[0].Vaddr
	if img.realigned() {
		return pageStart(img.roundDown(base) - first)
	}
	return base - pageStart(first)
}

// Maps lists what is mapped for the image with this bias, one entry a segment.
// Everything lies below TaskSize.
//
// Errors, late: EINVAL (more bytes in the file than in memory, an offset that
// is not in step with its address, an address or a length beyond the end;
// ENOMEM for the latter in an interpreter); ENOMEM (the bias moves it beyond
// the end); EOVERFLOW (an offset that no file has); EFAULT (the page to clear
// is not in the file); EPERM (as LoadBias). Several faults in one file may give
// another of these than in Linux, where nobody sees which.
func (img *Image) Maps(bias uint64) ([]Map, linux.Errno) {
	if img.badType {
		return nil, linux.EPERM
	}
	maps := make([]Map, 0, len(img.Segments))
	for i, s := range img.Segments {
		m, e := img.mapSegment(s, bias)
		if e != 0 {
			return nil, e
		}
		m.NoReplace = i == 0 && !img.interp && (!img.Dyn || img.HasInterp || img.realigned())
		maps = append(maps, m)
	}
	return maps, 0
}

// mapSegment is elf_load, with the checks that its callers make after it.
func (img *Image) mapSegment(s Segment, bias uint64) (m Map, e linux.Errno) {
	addr := bias + s.Vaddr // may wrap: the bias of an image can be negative
	k, bad := s.Vaddr, linux.EINVAL
	if img.interp {
		k, bad = addr, linux.ENOMEM
	}
	if k >= TaskSize || s.FileSize > s.MemSize || s.MemSize > TaskSize || TaskSize-s.MemSize < k {
		return m, bad
	}
	if addr >= TaskSize || TaskSize-addr < s.MemSize {
		return m, linux.ENOMEM
	}

	if s.FileSize > 0 {
		if pageOffset(s.FileOff) != pageOffset(s.Vaddr) {
			return m, linux.EINVAL
		}
		m.Addr = pageStart(addr)
		m.Len = pageAlign(addr+s.FileSize) - m.Addr
		m.FileOff = pageStart(s.FileOff)
		m.Prot = s.Prot
		if m.FileOff > 1<<63-1-m.Len {
			return m, linux.EOVERFLOW
		}
	}
	if s.MemSize == s.FileSize {
		return m, 0
	}

	zero := addr + s.FileSize
	if s.FileSize > 0 && pageOffset(zero) != 0 && s.Prot&linux.PROT_WRITE != 0 {
		if int64(pageStart(s.FileOff+s.FileSize)) >= img.fileSize {
			return m, linux.EFAULT
		}
		m.ZeroAddr, m.ZeroLen = zero, linux.PAGE_SIZE-pageOffset(zero)
	}
	if s.FileSize == 0 {
		zero = pageStart(addr)
	}
	if start, end := pageAlign(zero), pageAlign(addr+s.MemSize); end > start {
		m.BssAddr, m.BssLen = start, end-start
		m.BssProt = linux.PROT_READ | linux.PROT_WRITE | s.Prot&linux.PROT_EXEC
	}
	return m, 0
}

// Start gives the address of the image's first instruction. Errors, late:
// EINVAL (beyond the end).
func (img *Image) Start(bias uint64) (uint64, linux.Errno) {
	if at := img.Entry + bias; at < TaskSize {
		return at, 0
	}
	return 0, linux.EINVAL
}

// Brk gives the address where the heap starts: behind the program or, for a
// static program that may be placed anywhere, at DynBase, where it has room.
// With random it moves up by rndPages pages, taken within 1 GiB, and one more
// behind a program.
func (img *Image) Brk(bias uint64, random bool, rndPages uint64) uint64 {
	moved := img.Dyn && !img.HasInterp
	at := pageAlign(DynBase)
	if !moved {
		end := uint64(0)
		for _, s := range img.Segments {
			end = max(end, s.Vaddr+s.MemSize)
		}
		at = pageAlign(end + bias)
	}
	if random {
		if !moved {
			at += linux.PAGE_SIZE
		}
		at += rndPages % (brkRange >> linux.PAGE_SHIFT) << linux.PAGE_SHIFT
	}
	return at
}

// Extent gives the spans of code and data that /proc/PID/stat shows.
func (img *Image) Extent(bias uint64) (startCode, endCode, startData, endData uint64) {
	startCode = ^uint64(0)
	for _, s := range img.Segments {
		end := s.Vaddr + s.FileSize
		if s.Prot&linux.PROT_EXEC != 0 {
			startCode = min(startCode, s.Vaddr)
			endCode = max(endCode, end)
		}
		startData = max(startData, s.Vaddr)
		endData = max(endData, end)
	}
	return startCode + bias, endCode + bias, startData + bias, endData + bias
}

// realigned tells that a static program asks for more than mm gives.
func (img *Image) realigned() bool {
	return img.Dyn && !img.interp && !img.HasInterp && img.Align > linux.PAGE_SIZE
}

func (img *Image) roundDown(addr uint64) uint64 {
	if img.Align == 0 {
		return addr
	}
	return addr &^ (img.Align - 1)
}

func pageStart(addr uint64) uint64  { return addr &^ (linux.PAGE_SIZE - 1) }
func pageOffset(addr uint64) uint64 { return addr & (linux.PAGE_SIZE - 1) }
func pageAlign(addr uint64) uint64  { return pageStart(addr + linux.PAGE_SIZE - 1) }
