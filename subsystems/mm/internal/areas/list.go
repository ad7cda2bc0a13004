package areas

import (
	"slices"
	"sort"
)

// blockMax is how many areas a block holds; half of it are moved on the
// average when one is put in.
const blockMax = 64

// List holds areas in order of address, none overlapping. The zero List is
// empty. A search is two binary searches, a change moves at most one block, and
// neither allocates once the blocks are there.
type List struct {
	blocks []*block
	// holes has for each block the largest hole that ends at the start of one
	// of its areas, or unknown. The first one's begins at the end of the block
	// before.
	holes []uint64
	spare []*block
	count int
}

type block struct{ areas []Area }

// unknown is a hole to be measured; it is larger than all that are asked for.
const unknown = ^uint64(0)

// Pos is the place of an area in a List until the next change.
type Pos struct{ block, index int }

// Len is the number of areas.
func (l *List) Len() int { return l.count }

// First is the place of the lowest area.
func (l *List) First() Pos { return Pos{} }

// Find is the place of the lowest area that ends above addr: the one that
// holds addr, or the next (find_vma).
func (l *List) Find(addr uint64) Pos {
	n := len(l.blocks)
	b := 0
	if n > 1 {
		b = sort.Search(n, func(i int) bool {
			areas := l.blocks[i].areas
			return areas[len(areas)-1].End > addr
		})
	}
	if b >= n {
		return Pos{n, 0}
	}
	areas := l.blocks[b].areas
	lo, hi := 0, len(areas)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if areas[mid].End > addr {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == len(areas) {
		return Pos{b + 1, 0}
	}
	return Pos{b, lo}
}

// At is the area at p, nil past the last one. It may be changed only through
// the methods of List.
func (l *List) At(p Pos) *Area {
	if p.block >= len(l.blocks) {
		return nil
	}
	return &l.blocks[p.block].areas[p.index]
}

// Next is the place after p.
func (l *List) Next(p Pos) Pos {
	if p.block >= len(l.blocks) {
		return p
	}
	if p.index+1 < len(l.blocks[p.block].areas) {
		return Pos{p.block, p.index + 1}
	}
	return Pos{p.block + 1, 0}
}

// Prev is the place before p, and false if p is the first.
func (l *List) Prev(p Pos) (Pos, bool) {
	if p.index > 0 {
		return Pos{p.block, p.index - 1}, true
	}
	if p.block == 0 {
		return p, false
	}
	return Pos{p.block - 1, len(l.blocks[p.block-1].areas) - 1}, true
}

// Lookup is the area that holds addr, or nil.
func (l *List) Lookup(addr uint64) *Area {
	a := l.At(l.Find(addr))
	if a == nil || a.Start > addr {
		return nil
	}
	return a
}

// insert puts a at p, before what is there.
func (l *List) insert(p Pos, a Area) {
	l.count++
	if len(l.blocks) == 0 {
		l.blocks, l.holes = append(l.blocks, l.newBlock()), append(l.holes, unknown)
		p = Pos{}
	} else if p.block == len(l.blocks) {
		last := p.block - 1
		p = Pos{last, len(l.blocks[last].areas)}
	}
	b := l.blocks[p.block]
	if len(b.areas) == blockMax {
		right := l.newBlock()
		// An append at the very end starts a new block: areas made in order
		// of address leave full blocks behind.
		half := blockMax / 2
		if p.index == blockMax {
			half = blockMax
		}
		right.areas = append(right.areas, b.areas[half:]...)
		b.areas = b.areas[:half]
		l.holes[p.block] = unknown
		l.blocks = slices.Insert(l.blocks, p.block+1, right)
		l.holes = slices.Insert(l.holes, p.block+1, unknown)
		if p.index >= half {
			p = Pos{p.block + 1, p.index - half}
			b = right
		}
	}
	b.areas = append(b.areas, Area{})
	copy(b.areas[p.index+1:], b.areas[p.index:])
	b.areas[p.index] = a
	l.stale(p.block)
}

// remove takes out the area at p.
func (l *List) remove(p Pos) {
	l.count--
	b := l.blocks[p.block]
	copy(b.areas[p.index:], b.areas[p.index+1:])
	b.areas = b.areas[:len(b.areas)-1]
	l.stale(p.block)
	switch {
	case len(b.areas) == 0:
		l.drop(p.block)
	case len(b.areas) < blockMax/4:
		if p.block+1 < len(l.blocks) && len(b.areas)+len(l.blocks[p.block+1].areas) <= blockMax*3/4 {
			b.areas = append(b.areas, l.blocks[p.block+1].areas...)
			l.drop(p.block + 1)
		} else if p.block > 0 && len(b.areas)+len(l.blocks[p.block-1].areas) <= blockMax*3/4 {
			left := l.blocks[p.block-1]
			left.areas = append(left.areas, b.areas...)
			l.holes[p.block-1] = unknown
			l.drop(p.block)
		}
	}
}

// stale forgets the hole sizes that a change in the block may have changed:
// its own, and that of the next one's first area.
func (l *List) stale(block int) {
	l.holes[block] = unknown
	if block+1 < len(l.blocks) {
		l.holes[block+1] = unknown
	}
}

func (l *List) newBlock() *block {
	if n := len(l.spare); n > 0 {
		b := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return b
	}
	return &block{areas: make([]Area, 0, blockMax)}
}

func (l *List) drop(i int) {
	b := l.blocks[i]
	b.areas = b.areas[:0]
	l.blocks = slices.Delete(l.blocks, i, i+1)
	l.holes = slices.Delete(l.holes, i, i+1)
	if i < len(l.blocks) {
		l.holes[i] = unknown
	}
	if len(l.spare) < 2 {
		l.spare = append(l.spare, b)
	}
}
