package tty

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// processed is output ready for the port.
type processed struct {
	bytes []byte
	taken int // input bytes that it stands for
	ends  []int
}

// inputs says how many input bytes the first n output bytes stand for; a byte
// that was sent in part counts, since sending it again would be worse.
func (p *processed) inputs(n int) int {
	if p.ends == nil {
		return n
	}
	for i, end := range p.ends {
		if end >= n {
			return i + 1
		}
	}
	return len(p.ends)
}

// process makes of p what the output modes ask for, at most room bytes, and
// gives the column where the cursor is then: do_output_char.
func (t *Tty) process(p []byte, room int) (processed, int) {
	s := &t.set
	if s.Oflag&linux.OPOST == 0 {
		n := min(len(p), room)
		return processed{bytes: p[:n], taken: n}, t.column
	}
	column := t.column
	out := processed{bytes: make([]byte, 0, len(p)+len(p)/8+8), ends: make([]int, 0, len(p))}
	var one [8]byte
	for _, b := range p {
		x, next := t.expand(b, column, one[:0])
		if len(out.bytes)+len(x) > room {
			break
		}
		column = next
		out.bytes = append(out.bytes, x...)
		out.taken++
		out.ends = append(out.ends, len(out.bytes))
	}
	return out, column
}

// expand gives what one byte becomes.
func (t *Tty) expand(b byte, column int, dst []byte) ([]byte, int) {
	o := t.set.Oflag
	switch b {
	case '\n':
		if o&linux.ONLRET != 0 {
			column = 0
		}
		if o&linux.ONLCR != 0 {
			return append(dst, '\r', '\n'), 0
		}
	case '\r':
		if o&linux.ONOCR != 0 && column == 0 {
			return dst, column
		}
		if o&linux.OCRNL != 0 {
			if o&linux.ONLRET != 0 {
				column = 0
			}
			return append(dst, '\n'), column
		}
		return append(dst, '\r'), 0
	case '\t':
		spaces := 8 - column&7
		if o&linux.TABDLY == linux.XTABS {
			for range spaces {
				dst = append(dst, ' ')
			}
			return dst, column + spaces
		}
		column += spaces
	case 8:
		column = max(0, column-1)
	default:
		if !control(b) {
			if o&linux.OLCUC != 0 && b >= 'a' && b <= 'z' {
				b -= 'a' - 'A'
			}
			if t.set.Iflag&linux.IUTF8 == 0 || b&0xc0 != 0x80 {
				column++
			}
		}
	}
	return append(dst, b), column
}

// emit sends echo; what finds no room is lost.
func (t *Tty) emit(c *vfs.Ctx, p []byte) {
	out, column := t.process(p, t.port.Room())
	t.column = column
	if len(out.bytes) > 0 {
		t.port.Put(c, out.bytes)
	}
}
