// Package ring keeps the bytes of pipes and sockets: queues that start small,
// grow as they fill and give their memory back to a pool. It has no locks; the
// owner of a Pool serialises the use of it and of the buffers made from it.
package ring

// minSize is the first size of a buffer in bytes, classes the number of sizes
// (each twice the one before) that a Pool keeps (4 KiB to 1 MiB), keepEach how many
// of the first; of the larger ones it keeps fewer, at least two.
const (
	minSize  = 4096
	classes  = 9
	keepEach = 32
)

// Pool keeps released memory for reuse.
type Pool struct {
	free [classes][][]byte
}

// class returns the index of the smallest size that holds n bytes, or classes
// if none does.
func class(n int) int {
	c := 0
	for size := minSize; size < n && c < classes; size <<= 1 {
		c++
	}
	return c
}

func (p *Pool) get(n int) []byte {
	c := class(n)
	if c == classes {
		size := minSize << (classes - 1)
		for size < n {
			size <<= 1
		}
		return make([]byte, size)
	}
	if list := p.free[c]; len(list) > 0 {
		b := list[len(list)-1]
		p.free[c] = list[:len(list)-1]
		return b
	}
	return make([]byte, minSize<<c)
}

func (p *Pool) put(b []byte) {
	if b == nil {
		return
	}
	if c := class(len(b)); c < classes && len(p.free[c]) < max(keepEach>>c, 2) {
		p.free[c] = append(p.free[c], b)
	}
}

// Buffer is a queue of bytes. The zero value is empty and holds no memory. Its
// size is always a power of two.
type Buffer struct {
	data []byte
	head int
	n    int
}

// Len returns the number of bytes in the queue.
func (b *Buffer) Len() int { return b.n }

// Append adds data at the end, with memory from p when there is no room.
func (b *Buffer) Append(p *Pool, data []byte) {
	if b.n+len(data) > len(b.data) {
		b.grow(p, b.n+len(data))
	}
	if b.n == 0 {
		b.head = 0
	}
	tail := (b.head + b.n) & (len(b.data) - 1)
	n := copy(b.data[tail:], data)
	copy(b.data, data[n:])
	b.n += len(data)
}

// Prepend adds data before the first byte, with memory from p when there is no
// room.
func (b *Buffer) Prepend(p *Pool, data []byte) {
	if b.n+len(data) > len(b.data) {
		b.grow(p, b.n+len(data))
	}
	b.head = (b.head - len(data)) & (len(b.data) - 1)
	b.n += len(data)
	first, second := b.span(0, len(data))
	copy(second, data[copy(first, data):])
}

func (b *Buffer) grow(p *Pool, n int) {
	next := p.get(n)
	first, second := b.span(0, b.n)
	copy(next, first)
	copy(next[len(first):], second)
	p.put(b.data)
	b.data, b.head = next, 0
}

// span returns the n bytes from off on, in two parts.
func (b *Buffer) span(off, n int) (first, second []byte) {
	if n == 0 {
		return nil, nil
	}
	at := (b.head + off) & (len(b.data) - 1)
	if end := at + n; end <= len(b.data) {
		return b.data[at:end], nil
	}
	return b.data[at:], b.data[:at+n-len(b.data)]
}

// Peek appends n bytes from off on to dst. The caller sees to it that they are
// there.
func (b *Buffer) Peek(dst []byte, off, n int) []byte {
	first, second := b.span(off, n)
	return append(append(dst, first...), second...)
}

// Move appends n bytes of from, from off on, to b.
func (b *Buffer) Move(p *Pool, from *Buffer, off, n int) {
	first, second := from.span(off, n)
	b.Append(p, first)
	b.Append(p, second)
}

// Discard drops the first n bytes.
func (b *Buffer) Discard(n int) {
	b.head = (b.head + n) & (len(b.data) - 1)
	b.n -= n
}

// Release empties b and gives its memory to p.
func (b *Buffer) Release(p *Pool) {
	p.put(b.data)
	*b = Buffer{}
}
