package pages

import (
	"math/bits"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// Write puts p at offset off and gives how much was taken: less than len(p)
// only when the quota ran out after some. Errors: ENOSPC, outside.Missed.
func (f *File) Write(op *outside.Op, p []byte, off int64) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	if f.mem != nil {
		n, e := f.mem.WriteAt(p, off)
		if n == 0 && e != 0 {
			return 0, e
		}
		f.version++
		f.size = max(f.size, off+int64(n))
		return n, 0
	}
	end := off + int64(len(p))
	if e := f.own(op, off, end); e != 0 {
		return 0, e
	}
	done := 0
	for done < len(p) {
		i := off / chunkSize
		within := int(off % chunkSize)
		n := min(len(p)-done, chunkSize-within)
		c := f.makeChunk(i)
		mask := pageMask(within, within+n)
		fresh := int64(bits.OnesCount16(mask &^ c.present))
		if !f.quota.Has(fresh) {
			// Page by page: those that there is room for.
			n = f.fitting(c, within, n)
			if n == 0 {
				if c.present|c.hole == 0 {
					f.dropChunk(i)
				}
				break
			}
			mask = pageMask(within, within+n)
			fresh = int64(bits.OnesCount16(mask &^ c.present))
		}
		f.quota.charge(fresh)
		f.resident += fresh
		c.present |= mask
		c.hole &^= mask
		c.extend(within + n)
		copy(c.data[within:], p[done:done+n])
		done += n
		off += int64(n)
	}
	if done == 0 {
		return 0, linux.ENOSPC
	}
	f.version++
	f.size = max(f.size, off)
	return done, 0
}

// fitting gives how many of n bytes from within a chunk on the quota has pages
// for.
func (f *File) fitting(c *chunk, within, n int) int {
	room := f.quota.Max - f.quota.Used
	for page := within / Size; page*Size < within+n; page++ {
		if c.present>>page&1 != 0 {
			continue
		}
		if room <= 0 {
			return max(0, page*Size-within)
		}
		room--
	}
	return n
}

// own makes the pages at both ends of a change the file's, when the change
// covers them only in part and they are the base's. It has no effect when it
// returns Missed but that some pages moved.
func (f *File) own(op *outside.Op, start, end int64) linux.Errno {
	if f.base == nil {
		return 0
	}
	first := start &^ (Size - 1)
	if start != first || end < min(first+Size, f.baseSize) {
		if e := f.ownPage(op, first); e != 0 {
			return e
		}
	}
	if last := end &^ (Size - 1); last != first && end != last && end < f.baseSize {
		return f.ownPage(op, last)
	}
	return 0
}

func (f *File) ownPage(op *outside.Op, off int64) linux.Errno {
	if !f.fromBase(f.chunk(off/chunkSize), off) {
		return 0
	}
	if !f.quota.Has(1) {
		return linux.ENOSPC
	}
	var page [Size]byte
	n := min(Size, f.baseSize-off)
	if e := f.base.ReadBase(op, page[:n], off); e != 0 {
		return e
	}
	c := f.makeChunk(off / chunkSize)
	within := int(off % chunkSize)
	c.extend(within + int(n))
	copy(c.data[within:], page[:n])
	clear(c.data[within+int(n) : min(len(c.data), within+Size)])
	c.present |= 1 << (within / Size)
	f.resident++
	f.quota.charge(1)
	return 0
}

// Truncate sets the size in bytes; new bytes are zeros.
func (f *File) Truncate(op *outside.Op, size int64) linux.Errno {
	if size == f.size {
		return 0
	}
	if f.mem != nil {
		if e := f.mem.Truncate(size); e != 0 {
			return e
		}
		f.size = size
		f.version++
		return 0
	}
	f.version++
	if size < f.size {
		f.baseSize = min(f.baseSize, size)
		f.chunks(func(i int64, c *chunk) {
			f.cut(i, c, int(max(0, min(chunkSize, size-i*chunkSize))))
		})
	}
	f.size = size
	return 0
}

// cut drops what lies past byte keep of a chunk.
func (f *File) cut(i int64, c *chunk, keep int) {
	gone := ^pageMask(0, keep)
	n := int64(bits.OnesCount16(c.present & gone))
	c.present &^= gone
	c.hole &^= gone
	f.resident -= n
	f.quota.charge(-n)
	if keep < len(c.data) {
		c.data = c.data[:keep]
	}
	if c.present|c.hole == 0 {
		f.dropChunk(i)
		c.free()
	}
}

// Punch makes a hole from start to end; the size stays.
func (f *File) Punch(op *outside.Op, start, end int64) linux.Errno {
	end = min(end, (f.size+Size-1)&^(Size-1))
	if start >= end {
		return 0
	}
	f.version++
	if f.mem != nil {
		return f.mem.Punch(start, end-start)
	}
	if e := f.own(op, start, end); e != 0 {
		return e
	}
	// Whole chunks that are neither there nor the base's are holes already.
	if limit := f.punchLimit(); end > limit {
		end = limit
	}
	for off := start; off < end; {
		within := int(off % chunkSize)
		n := int(min(end-off, int64(chunkSize-within)))
		f.punchChunk(off/chunkSize, within, within+n)
		off += int64(n)
	}
	return 0
}

// punchLimit is the end of the last chunk that is there or the base's.
func (f *File) punchLimit() int64 {
	limit := f.baseSize
	f.chunks(func(i int64, _ *chunk) { limit = max(limit, (i+1)*chunkSize) })
	return limit
}

func (f *File) punchChunk(i int64, from, to int) {
	inBase := f.base != nil && i*chunkSize < f.baseSize
	c := f.chunk(i)
	if c == nil {
		if !inBase {
			return
		}
		c = f.makeChunk(i)
	}
	if from < len(c.data) {
		clear(c.data[from:min(to, len(c.data))])
	}
	whole := wholeMask(from, to)
	n := int64(bits.OnesCount16(c.present & whole))
	f.resident -= n
	f.quota.charge(-n)
	c.present &^= whole
	if inBase {
		c.hole |= whole
	}
	if c.present|c.hole == 0 {
		f.dropChunk(i)
		c.free()
	}
}

// Allocate makes every page from start to end data. The size stays. Errors:
// ENOSPC, with nothing done.
func (f *File) Allocate(op *outside.Op, start, end int64) linux.Errno {
	if f.mem != nil {
		return f.mem.Allocate(start, end-start)
	}
	const most = 1 << 36 // bytes; beyond it no machine has the memory
	if end-start > most {
		return linux.ENOSPC
	}
	pagesWanted := (end+Size-1)/Size - start/Size
	if q := f.quota; q != nil && q.Max != 0 && !q.Has(pagesWanted-f.resident) {
		return linux.ENOSPC
	}
	for off := start &^ (Size - 1); off < end; off += Size {
		c := f.makeChunk(off / chunkSize)
		bit := uint16(1) << (off / Size % chunkPages)
		if c.present&bit != 0 || f.fromBase(c, off) {
			continue
		}
		c.present |= bit
		c.hole &^= bit
		f.resident++
		f.quota.charge(1)
	}
	return 0
}

// Find looks for the first data (or hole) at or after off. There is a hole at the
// end of every file. Errors: ENXIO.
func (f *File) Find(off int64, hole bool) (int64, linux.Errno) {
	if off < 0 || off >= f.size {
		return 0, linux.ENXIO
	}
	if f.mem != nil {
		return f.mem.Find(off, hole)
	}
	for off < f.size {
		i := off / chunkSize
		c := f.chunk(i)
		if c == nil && (f.base == nil || i*chunkSize >= f.baseSize) {
			if hole {
				return off, 0
			}
			next := f.nextChunk(i)
			if next < 0 {
				return 0, linux.ENXIO
			}
			off = next * chunkSize
			continue
		}
		page := off &^ (Size - 1)
		bit := uint16(1) << (page / Size % chunkPages)
		isData := c != nil && c.present&bit != 0 || f.fromBase(c, page)
		if isData != hole {
			return off, 0
		}
		off = page + Size
	}
	if hole {
		return f.size, 0
	}
	return 0, linux.ENXIO
}

func (f *File) nextChunk(after int64) int64 {
	best := int64(-1)
	for i := range f.rest {
		if i > after && (best < 0 || i < best) {
			best = i
		}
	}
	return best
}

// Free gives everything back: the file has no name and no user any more.
func (f *File) Free() {
	f.chunks(func(_ int64, c *chunk) { c.free() })
	f.quota.charge(-f.resident)
	f.resident, f.size, f.first, f.rest, f.last, f.base = 0, 0, nil, nil, nil, nil
	if f.mem != nil {
		f.mem.Close()
		f.mem = nil
	}
}

// pageMask has a bit for every page that the bytes [from, to) touch.
func pageMask(from, to int) uint16 {
	if from >= to {
		return 0
	}
	lo, hi := from/Size, (to-1)/Size
	return uint16(uint32(1)<<(hi+1) - uint32(1)<<lo)
}

// wholeMask has a bit for every page that lies wholly in [from, to).
func wholeMask(from, to int) uint16 {
	lo, hi := (from+Size-1)/Size, to/Size
	if lo >= hi {
		return 0
	}
	return uint16(uint32(1)<<hi - uint32(1)<<lo)
}
