package pages

import (
	"maps"
	"math/bits"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// Collapse takes the bytes from start to end out; what follows moves down. Both
// are multiples of Size and lie before the end of the file.
func (f *File) Collapse(op *outside.Op, start, end int64) linux.Errno {
	if f.base != nil {
		if e := f.ownAll(op); e != 0 {
			return e
		}
		f.base, f.baseSize = nil, 0
	}
	size := f.size - (end - start)
	if f.mem != nil {
		for off := end; off < f.size; {
			n, e := f.moveMapped(off, off-(end-start))
			if e != 0 {
				return e
			}
			off += n
		}
		return f.Truncate(op, size)
	}
	f.movePages(func(page int64) (int64, bool) {
		switch off := page * Size; {
		case off < start:
			return page, true
		case off < end:
			return 0, false
		}
		return page - (end-start)/Size, true
	})
	f.size = size
	f.version++
	return 0
}

// Insert moves the bytes from start on up by length; a hole comes there. Both
// are multiples of Size.
func (f *File) Insert(op *outside.Op, start, length int64) linux.Errno {
	if f.base != nil {
		if e := f.ownAll(op); e != 0 {
			return e
		}
		f.base, f.baseSize = nil, 0
	}
	if f.mem != nil {
		old := f.size
		if e := f.Truncate(op, old+length); e != 0 {
			return e
		}
		for end := old; end > start; {
			off := max(start, (end-1)/copyStep*copyStep)
			if _, e := f.moveMapped(off, off+length); e != 0 {
				return e
			}
			end = off
		}
		return f.Punch(op, start, start+length)
	}
	f.movePages(func(page int64) (int64, bool) {
		if page*Size < start {
			return page, true
		}
		return page + length/Size, true
	})
	f.size += length
	f.version++
	return 0
}

// moveMapped copies at most copyStep bytes of the memfd, up to the next
// multiple of it, and gives their number.
func (f *File) moveMapped(from, to int64) (int64, linux.Errno) {
	n := min(copyStep-from%copyStep, f.size-from)
	buf := make([]byte, n)
	if _, e := f.mem.ReadAt(buf, from); e != 0 {
		return 0, e
	}
	_, e := f.mem.WriteAt(buf, to)
	return n, e
}

// movePages gives every page that is there a new place, or drops it.
func (f *File) movePages(place func(page int64) (int64, bool)) {
	old := maps.Clone(f.rest)
	if old == nil {
		old = map[int64]*chunk{}
	}
	if f.first != nil {
		old[0] = f.first
	}
	f.first, f.rest, f.last = nil, nil, nil
	for _, i := range slices.Sorted(maps.Keys(old)) {
		c := old[i]
		for left := c.present; left != 0; left &= left - 1 {
			bit := int64(bits.TrailingZeros16(left))
			to, keep := place(i*chunkPages + bit)
			if !keep {
				f.resident--
				f.quota.charge(-1)
				continue
			}
			t := f.makeChunk(to / chunkPages)
			within := int(to%chunkPages) * Size
			t.present |= 1 << (to % chunkPages)
			t.extend(within + Size)
			c.copyTo(t.data[within:within+Size], int(bit)*Size)
		}
		c.free()
	}
}
