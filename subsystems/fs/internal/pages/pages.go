// Package pages stores the bytes of a regular file in memory: sparse, in chunks
// that grow with the file, over an optional base that gives the bytes nobody
// changed yet. So a file of the host is changed without being copied first.
//
// A page is data, a hole, or the base's. Once a file is to be mapped its bytes
// move to a memfd (package filemem), which mappings share.
//
// The caller holds the mutex of the tree.
package pages

import (
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/filemem"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// Size is that of a page in bytes: the grain of holes.
const Size = 4096

const (
	chunkPages = 16
	chunkSize  = chunkPages * Size
)

// MaxSize is the largest file in bytes, as of a 64-bit Linux.
const MaxSize = 1<<63 - 1

// Base gives bytes that were there before the first change.
type Base interface {
	// ReadBase fills p from offset off, with zeros beyond the end. It returns
	// outside.Missed when the bytes are not here yet.
	ReadBase(op *outside.Op, p []byte, off int64) linux.Errno
}

// Quota bounds the pages of one file system. A nil quota bounds nothing.
type Quota struct {
	// Used and Max count pages; Max 0 means no bound.
	Used, Max int64
}

// Has reports whether n more pages fit.
func (q *Quota) Has(n int64) bool { return q == nil || q.Max == 0 || q.Used+n <= q.Max }

func (q *Quota) charge(n int64) {
	if q != nil {
		q.Used += n
	}
}

// File is the contents of one regular file. The zero value is empty.
type File struct {
	// Sealable is set for files that SealWrite may be called for.
	Sealable bool

	size     int64
	first    *chunk
	rest     map[int64]*chunk
	resident int64 // pages that are data
	base     Base
	baseSize int64 // the base counts up to here
	quota    *Quota
	mem      *filemem.File
	version  uint64
	// lastIndex and last remember the chunk used last.
	lastIndex int64
	last      *chunk
}

// chunk holds 16 pages. Bytes past len(data) in a page that is present are 0.
type chunk struct {
	present uint16 // pages that are data
	hole    uint16 // pages that are holes though the base has them
	data    []byte
}

// New gives an empty file that charges q.
func New(q *Quota) *File { return &File{quota: q} }

// NewOver gives a file that shows size bytes of base until it is changed.
func NewOver(q *Quota, base Base, size int64) *File {
	return &File{quota: q, base: base, baseSize: size, size: size}
}

// Len is the size in bytes.
func (f *File) Len() int64 { return f.size }

// Version changes with every change of the bytes.
func (f *File) Version() uint64 { return f.version }

// Base gives the base when the file still shows exactly its bytes, else nil.
func (f *File) Base() Base {
	if f.base == nil || f.mem != nil || f.version != 0 {
		return nil
	}
	return f.base
}

// Blocks counts the 512-byte blocks that the file's own pages take. Those of
// the base are not counted.
func (f *File) Blocks() uint64 {
	if f.mem != nil {
		return f.mem.Blocks()
	}
	return uint64(f.resident) * (Size / 512)
}

// BaseLeft is the number of bytes up to which the base still shows through.
func (f *File) BaseLeft() int64 {
	if f.base == nil || f.mem != nil {
		return 0
	}
	return f.baseSize
}

func (f *File) chunk(i int64) *chunk {
	if i == 0 {
		return f.first
	}
	if f.last != nil && f.lastIndex == i {
		return f.last
	}
	c := f.rest[i]
	if c != nil {
		f.lastIndex, f.last = i, c
	}
	return c
}

func (f *File) makeChunk(i int64) *chunk {
	if c := f.chunk(i); c != nil {
		return c
	}
	c := new(chunk)
	if i == 0 {
		f.first = c
		return c
	}
	if f.rest == nil {
		f.rest = make(map[int64]*chunk)
	}
	f.rest[i] = c
	f.lastIndex, f.last = i, c
	return c
}

func (f *File) dropChunk(i int64) {
	if i == 0 {
		f.first = nil
		return
	}
	delete(f.rest, i)
	if f.lastIndex == i {
		f.last = nil
	}
}

// chunks calls fn for every chunk there is, in no order.
func (f *File) chunks(fn func(i int64, c *chunk)) {
	if f.first != nil {
		fn(0, f.first)
	}
	for i, c := range f.rest {
		fn(i, c)
	}
}

// fromBase reports whether the page at offset off (a multiple of Size) is the
// base's.
func (f *File) fromBase(c *chunk, off int64) bool {
	if f.base == nil || off >= f.baseSize {
		return false
	}
	bit := uint16(1) << (off / Size % chunkPages)
	return c == nil || (c.present|c.hole)&bit == 0
}

// Read appends at most n bytes from offset off to dst. Less is the end of the
// file. It returns outside.Missed when the base lacks some.
func (f *File) Read(op *outside.Op, off int64, n int, dst []byte) ([]byte, linux.Errno) {
	if off >= f.size || n <= 0 {
		return dst, 0
	}
	if int64(n) > f.size-off {
		n = int(f.size - off)
	}
	start := len(dst)
	dst = grow(dst, n)
	p := dst[start:]
	if f.mem != nil {
		got, e := f.mem.ReadAt(p, off)
		if e != 0 {
			return dst[:start], e
		}
		clear(p[got:])
		return dst, 0
	}
	if e := f.fill(op, p, off); e != 0 {
		return dst[:start], e
	}
	return dst, 0
}

// fill copies the bytes at off to p; all of them lie before the end.
func (f *File) fill(op *outside.Op, p []byte, off int64) linux.Errno {
	for len(p) > 0 {
		i := off / chunkSize
		within := int(off % chunkSize)
		n := min(len(p), chunkSize-within)
		c := f.chunk(i)
		switch {
		case c == nil && (f.base == nil || off >= f.baseSize):
			clear(p[:n])
		case f.base == nil || i*chunkSize >= f.baseSize:
			c.copyTo(p[:n], within)
		default:
			if e := f.fillMixed(op, c, p[:n], off); e != 0 {
				return e
			}
		}
		p = p[n:]
		off += int64(n)
	}
	return 0
}

// fillMixed serves a span of one chunk in which some pages are the base's.
func (f *File) fillMixed(op *outside.Op, c *chunk, p []byte, off int64) linux.Errno {
	for len(p) > 0 {
		fromBase := f.fromBase(c, off&^(Size-1))
		n := min(len(p), int(Size-off%Size))
		// One read of the base for as many pages as follow each other.
		for n < len(p) && f.fromBase(c, off+int64(n)) == fromBase {
			n = min(len(p), n+Size)
		}
		if !fromBase {
			if c == nil {
				clear(p[:n])
			} else {
				c.copyTo(p[:n], int(off%chunkSize))
			}
		} else {
			m := int(min(int64(n), f.baseSize-off))
			if m > 0 {
				if e := f.base.ReadBase(op, p[:m], off); e != 0 {
					return e
				}
			}
			clear(p[max(m, 0):n])
		}
		p = p[n:]
		off += int64(n)
	}
	return 0
}

func (c *chunk) copyTo(p []byte, within int) {
	n := 0
	if within < len(c.data) {
		n = copy(p, c.data[within:])
	}
	clear(p[n:])
}

// extend makes data at least n bytes long.
func (c *chunk) extend(n int) {
	if n <= len(c.data) {
		return
	}
	if n <= cap(c.data) {
		old := len(c.data)
		c.data = c.data[:n]
		clear(c.data[old:])
		return
	}
	size := max(2*cap(c.data), n, 256)
	switch {
	case size > chunkSize/2:
		size = chunkSize
	default:
		size = (size + 255) &^ 255
	}
	old := c.data
	if size == chunkSize {
		c.data = *chunkPool.Get().(*[]byte)
		c.data = c.data[:n]
		clear(c.data[len(old):])
	} else {
		c.data = make([]byte, n, size)
	}
	copy(c.data, old)
}

// chunkPool recycles whole chunks: big files come and go, and a fresh one costs
// a page fault every 4 KiB.
var chunkPool = sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}

func (c *chunk) free() {
	if cap(c.data) == chunkSize {
		b := c.data[:chunkSize]
		chunkPool.Put(&b)
	}
	c.data = nil
}

// grow makes dst n bytes longer; the new bytes are arbitrary.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst[:len(dst)+n]
	}
	out := make([]byte, len(dst)+n)
	copy(out, dst)
	return out
}
