package fake

import (
	"encoding/binary"
	"sort"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

const (
	pageSize = 4096
	low      = 1 << 16
	high     = 1 << 46
)

// Space is an address space: areas that do not overlap, and those of their
// pages that were touched. A shared mapping is private to the space.
type Space struct {
	p     *Platform
	areas []area // by address
	pages map[uint64]*[pageSize]byte
}

type area struct {
	start, end uint64
	prot       uint32
}

var _ platform.Space = (*Space)(nil)

func newSpace(p *Platform) *Space { return &Space{p: p, pages: make(map[uint64]*[pageSize]byte)} }

// find gives the area of an address, or nil.
func (s *Space) find(addr uint64) *area {
	i := sort.Search(len(s.areas), func(i int) bool { return s.areas[i].end > addr })
	if i < len(s.areas) && s.areas[i].start <= addr {
		return &s.areas[i]
	}
	return nil
}

// page gives the page at an address that may be used as prot says, or nil.
func (s *Space) page(addr uint64, prot uint32) *[pageSize]byte {
	a := s.find(addr)
	if a == nil || a.prot&prot == 0 {
		return nil
	}
	at := addr &^ (pageSize - 1)
	b := s.pages[at]
	if b == nil {
		b = new([pageSize]byte)
		s.pages[at] = b
	}
	return b
}

func (s *Space) move(addr uint64, b []byte, prot uint32, one func(page, b []byte) int) int {
	n := 0
	for n < len(b) {
		p := s.page(addr, prot)
		if p == nil {
			break
		}
		m := one(p[addr%pageSize:], b[n:])
		n += m
		addr += uint64(m)
	}
	return n
}

// Read implements platform.Space.
func (s *Space) Read(addr uint64, b []byte) int {
	return s.move(addr, b, linux.PROT_READ|linux.PROT_WRITE, func(p, b []byte) int { return copy(b, p) })
}

// Write implements platform.Space.
func (s *Space) Write(addr uint64, b []byte) int {
	return s.move(addr, b, linux.PROT_WRITE, func(p, b []byte) int { return copy(p, b) })
}

// CompareAndSwap implements platform.Space.
func (s *Space) CompareAndSwap(t platform.Thread, addr uint64, old, new uint32) (uint32, linux.Errno) {
	p := s.page(addr, linux.PROT_WRITE)
	switch {
	case !t.Alive():
		return 0, linux.ESRCH
	case addr%4 != 0:
		return 0, linux.EINVAL
	case p == nil:
		return 0, linux.EFAULT
	}
	word := p[addr%pageSize:]
	was := binary.LittleEndian.Uint32(word)
	if was == old {
		binary.LittleEndian.PutUint32(word, new)
	}
	return was, 0
}

// Apply implements platform.Space.
func (s *Space) Apply(_ platform.Thread, ops []platform.Op) (int, linux.Errno) {
	for i := range ops {
		if e := s.apply(&ops[i]); e != 0 {
			return i, e
		}
	}
	return len(ops), 0
}

func (s *Space) apply(op *platform.Op) linux.Errno {
	if (op.Addr|op.Length)%pageSize != 0 || op.Addr+op.Length < op.Addr {
		return linux.EINVAL
	}
	switch op.Kind {
	case platform.OpMapAnon, platform.OpMapFile:
		s.cut(op.Addr, op.Length, true)
		a := area{start: op.Addr, end: op.Addr + op.Length, prot: op.Prot}
		s.add(a)
		if op.Kind == platform.OpMapFile {
			return s.fill(&a, op.FD, op.Offset)
		}
	case platform.OpUnmap:
		s.cut(op.Addr, op.Length, true)
	case platform.OpProtect:
		for _, a := range s.cut(op.Addr, op.Length, false) {
			a.prot = op.Prot
			s.add(a)
		}
	case platform.OpRemap:
		s.remap(op)
	}
	return 0
}

// fill reads a file's pages at once, so that no descriptor need be kept.
func (s *Space) fill(a *area, fd int, offset uint64) linux.Errno {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return linux.EBADF
	}
	for at := a.start; at < a.end && int64(offset+at-a.start) < st.Size; at += pageSize {
		b := new([pageSize]byte)
		unix.Pread(fd, b[:], int64(offset+at-a.start))
		s.pages[at] = b
	}
	return 0
}

func (s *Space) add(a area) {
	i := sort.Search(len(s.areas), func(i int) bool { return s.areas[i].start >= a.start })
	s.areas = append(s.areas, area{})
	copy(s.areas[i+1:], s.areas[i:])
	s.areas[i] = a
}

// cut takes a range out of the areas and gives the parts that lay in it. With
// drop their pages go.
func (s *Space) cut(start, length uint64, drop bool) (parts []area) {
	end := start + length
	var kept []area
	for _, a := range s.areas {
		if a.end <= start || a.start >= end {
			kept = append(kept, a)
			continue
		}
		if a.start < start {
			b := a
			b.end = start
			kept = append(kept, b)
		}
		if a.end > end {
			b := a
			b.start = end
			kept = append(kept, b)
		}
		a.start, a.end = max(a.start, start), min(a.end, end)
		parts = append(parts, a)
	}
	s.areas = kept
	if drop {
		for at := range s.pages {
			if at >= start && at < end {
				delete(s.pages, at)
			}
		}
	}
	return parts
}

func (s *Space) remap(op *platform.Op) {
	parts := s.cut(op.Addr, op.Length, false)
	moved := make(map[uint64]*[pageSize]byte)
	for at, b := range s.pages {
		if at >= op.Addr && at < op.Addr+min(op.Length, op.NewLength) {
			moved[at-op.Addr+op.NewAddr] = b
		}
		if at >= op.Addr && at < op.Addr+op.Length {
			delete(s.pages, at)
		}
	}
	prot := uint32(0)
	if len(parts) > 0 {
		prot = parts[0].prot
	}
	s.cut(op.NewAddr, op.NewLength, true)
	s.add(area{start: op.NewAddr, end: op.NewAddr + op.NewLength, prot: prot})
	for at, b := range moved {
		s.pages[at] = b
	}
}

// Clone implements platform.Space.
func (s *Space) Clone(_ platform.Thread, r *platform.Regs, fs uint64, setTLS bool) (platform.Thread, linux.Errno) {
	t := s.p.newThread(s)
	t.regs = *r
	if setTLS {
		t.tls = fs
	}
	return t, 0
}

// Fork implements platform.Space.
func (s *Space) Fork(t platform.Thread, r *platform.Regs) (platform.Space, platform.Thread, linux.Errno) {
	n := newSpace(s.p)
	n.areas = append(n.areas, s.areas...)
	for at, b := range s.pages {
		c := *b
		n.pages[at] = &c
	}
	child := s.p.newThread(n)
	child.regs, child.tls = *r, t.TLS()
	return n, child, 0
}

// Jumps implements platform.Space.
func (s *Space) Jumps([]platform.Range) {}

// Clear implements platform.Space.
func (s *Space) Clear(platform.Thread) linux.Errno {
	s.areas = nil
	clear(s.pages)
	return 0
}

// Kill implements platform.Space.
func (s *Space) Kill() {
	for _, t := range s.p.Threads {
		if t.s == s {
			t.alive = false
		}
	}
}

// Resident implements platform.Space.
func (s *Space) Resident() (all, private uint64) {
	n := uint64(len(s.pages)) * pageSize
	return n, n
}

// Limits implements platform.Space.
func (s *Space) Limits() (uint64, uint64) { return low, high }

// ResidentPages implements platform.Space.
func (s *Space) ResidentPages(addr uint64, pages []byte) {
	for i := range pages {
		pages[i] = 0
		if s.pages[addr+uint64(i)*pageSize] != nil {
			pages[i] = 1
		}
	}
}

// CPUTime implements platform.Space.
func (s *Space) CPUTime() (userNs, systemNs int64) { return 0, 0 }

// PeakBytes implements platform.Space.
func (s *Space) PeakBytes() uint64 { return uint64(len(s.pages)) * pageSize }
