package strace

import (
	"encoding/binary"
)

// selects is whether a call is one of select's.
func selects(name string) bool { return name == "select" || name == "pselect6" }

// fdSet reads one of select's sets; nil when there is none, or it cannot be
// read.
func (p *printer) fdSet(addr uint64) (fds []int64) {
	n := int32(p.a[0])
	if n < 0 || addr == 0 {
		return nil
	}
	n = min(n, 1024) // FD_SETSIZE, as strace has it
	words := p.read(addr, int(n+63)/64*8)
	if words == nil && n > 0 {
		return nil
	}
	fds = []int64{}
	for fd := range n {
		if binary.LittleEndian.Uint64(words[fd/64*8:])>>(fd%64)&1 != 0 {
			fds = append(fds, int64(fd))
		}
	}
	return fds
}

// fdsIn prints a set as it was asked.
func (p *printer) fdsIn(addr uint64) {
	fds := p.fdSet(addr)
	if fds == nil {
		p.pointer(addr)
		return
	}
	p.fds(fds)
}

func (p *printer) fds(fds []int64) {
	p.str("[")
	for i, fd := range fds {
		if i > 0 {
			p.str(" ")
		}
		p.int(fd)
	}
	p.str("]")
}

// selectMask prints the last argument of pselect6: the mask and its size.
func (p *printer) selectMask(addr uint64) {
	b := p.read(addr, 16)
	if b == nil {
		p.pointer(addr)
		return
	}
	p.str("{sigmask=")
	p.structure(5, SigSetIn, binary.LittleEndian.Uint64(b))
	p.number("sigsetsize", binary.LittleEndian.Uint64(b[8:]))
	p.str("}")
}

// selected says behind the result of a select what is ready, and how much of
// the time is left.
func (p *printer) selected() {
	if p.failed() {
		return
	}
	if p.ret == 0 {
		p.aux = []byte("Timeout")
		return
	}
	q := printer{mem: p.mem, a: p.a, args: p.args}
	for i, name := range []string{"in ", "out ", "except "} {
		if fds := p.fdSet(p.a[1+i]); len(fds) > 0 {
			q.next()
			q.str(name)
			q.fds(fds)
		}
	}
	if p.a[4] != 0 {
		q.next()
		q.str("left ")
		k := TimespecIn
		if p.name == "select" {
			k = TimevalIn
		}
		q.structure(4, k, p.a[4])
	}
	p.aux = q.b
}

// next separates what follows from what is there.
func (p *printer) next() {
	if len(p.b) > 0 {
		p.str(", ")
	}
}
