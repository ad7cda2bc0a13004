package pages

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/filemem"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// copyStep is how much moves to the memfd at once, in bytes.
const copyStep = 1 << 18

// Descriptor gives a host descriptor whose bytes are the file's from then on:
// what is written by either side is seen by both. Holes stay holes. Errors:
// outside.Missed, those of memfd_create(2).
func (f *File) Descriptor(op *outside.Op) (int, linux.Errno) {
	if f.mem != nil {
		return f.mem.Fd(), 0
	}
	// All that the base must give comes first, since no step may be undone.
	if f.base != nil {
		if e := f.ownAll(op); e != 0 {
			return -1, e
		}
	}
	m, e := filemem.Create("adyton-file", f.Sealable)
	if e != 0 {
		return -1, e
	}
	if e := m.Truncate(f.size); e != 0 {
		m.Close()
		return -1, e
	}
	f.chunks(func(i int64, c *chunk) {
		for page := 0; page < chunkPages; page++ {
			if c.present&(1<<page) == 0 {
				continue
			}
			off := i*chunkSize + int64(page)*Size
			n := min(Size, f.size-off)
			if n <= 0 {
				continue
			}
			var buf [Size]byte
			c.copyTo(buf[:n], page*Size)
			if _, err := m.WriteAt(buf[:n], off); err != 0 && e == 0 {
				e = err
			}
		}
	})
	if e != 0 {
		m.Close()
		return -1, e
	}
	f.chunks(func(_ int64, c *chunk) { c.free() })
	f.first, f.rest, f.last, f.base = nil, nil, nil, nil
	f.mem = m
	return m.Fd(), 0
}

// SealWrite is told that nothing changes the bytes any more. Errors: EBUSY
// while a mapping can.
func (f *File) SealWrite() linux.Errno {
	if f.mem == nil {
		return 0
	}
	return f.mem.SealWrite()
}

// ownAll makes every page that is the base's the file's own.
func (f *File) ownAll(op *outside.Op) linux.Errno {
	for off := int64(0); off < f.baseSize; off += Size {
		if e := f.ownPage(op, off); e != 0 {
			return e
		}
	}
	return 0
}
