package areas

// HoleDown finds the highest address, a multiple of align, at which length
// bytes are free between low and high. It keeps StackGuard below areas that
// grow down (mm/mmap.c unmapped_area_topdown).
func (l *List) HoleDown(low, high, length, align uint64) (uint64, bool) {
	if length == 0 || high < length || high-length < low {
		return 0, false
	}
	// The lowest area at or above high bounds the first hole with its guard.
	p := l.Find(high - 1)
	top := high
	if a := l.At(p); a != nil {
		top = min(top, a.GapStart())
	}
	for {
		// Step over blocks that have no hole large enough.
		if p.block < len(l.blocks) && p.index == len(l.blocks[p.block].areas)-1 && l.holeOf(p.block) < length {
			b := p.block - 1
			for b >= 0 && l.holes[b] < length {
				b--
			}
			if b < 0 {
				return 0, false
			}
			p = Pos{b + 1, 0}
		} else if addr, ok := fitDown(max(low, l.endBefore(p)), top, length, align); ok {
			return addr, true
		}
		prev, ok := l.Prev(p)
		if !ok {
			return 0, false
		}
		p = prev
		a := l.At(p)
		if a.Start < low || a.Start-low < length {
			return 0, false
		}
		top = a.GapStart()
	}
}

// endBefore is the end of the area before p, 0 if there is none.
func (l *List) endBefore(p Pos) uint64 {
	prev, ok := l.Prev(p)
	if !ok {
		return 0
	}
	return l.At(prev).End
}

// HoleUp finds the lowest address, a multiple of align, at which length bytes
// are free between low and high.
func (l *List) HoleUp(low, high, length, align uint64) (uint64, bool) {
	if length == 0 || high < length || high-length < low {
		return 0, false
	}
	p := l.Find(low)
	bottom := low
	for {
		for p.index == 0 && p.block < len(l.blocks) && l.holeOf(p.block) < length {
			areas := l.blocks[p.block].areas
			bottom = max(low, areas[len(areas)-1].End)
			p = Pos{p.block + 1, 0}
		}
		a := l.At(p)
		top := high
		if a != nil {
			top = min(top, a.GapStart())
		}
		if addr := (bottom + align - 1) &^ (align - 1); addr >= bottom && addr < top && top-addr >= length {
			return addr, true
		}
		if a == nil || a.End >= high {
			return 0, false
		}
		bottom = max(low, a.End)
		p = l.Next(p)
	}
}

func fitDown(bottom, top, length, align uint64) (uint64, bool) {
	if top < bottom || top-bottom < length {
		return 0, false
	}
	addr := (top - length) &^ (align - 1)
	return addr, addr >= bottom
}

// holeOf is the largest hole that ends at an area of the block.
func (l *List) holeOf(i int) uint64 {
	if l.holes[i] != unknown {
		return l.holes[i]
	}
	end, hole := uint64(0), uint64(0)
	if i > 0 {
		prev := l.blocks[i-1].areas
		end = prev[len(prev)-1].End
	}
	areas := l.blocks[i].areas
	for k := range areas {
		a := &areas[k]
		if top := a.GapStart(); top > end && top-end > hole {
			hole = top - end
		}
		end = a.End
	}
	l.holes[i] = hole
	return hole
}
