package strace

import (
	"bytes"
	"strconv"

	"adyton.dev/adyton/core/linux"
)

// quote appends s in C quotes as strace does: printable ASCII as it is, the
// short escapes of C, else octal with as few digits as the next byte allows.
func (p *printer) quote(s []byte) {
	p.str(`"`)
	for i, c := range s {
		switch c {
		case '"', '\\':
			p.b = append(p.b, '\\', c)
		case '\f':
			p.str(`\f`)
		case '\n':
			p.str(`\n`)
		case '\r':
			p.str(`\r`)
		case '\t':
			p.str(`\t`)
		case '\v':
			p.str(`\v`)
		default:
			if c >= ' ' && c <= '~' {
				p.b = append(p.b, c)
				continue
			}
			p.str(`\`)
			digits := strconv.FormatUint(uint64(c), 8)
			if i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
				for n := len(digits); n < 3; n++ {
					p.str("0")
				}
			}
			p.str(digits)
		}
	}
	p.str(`"`)
}

// quoteHex appends s with every byte as \xNN: data that is no text.
func (p *printer) quoteHex(s []byte) {
	const hex = "0123456789abcdef"
	p.str(`"`)
	for _, c := range s {
		p.b = append(p.b, '\\', 'x', hex[c>>4], hex[c&15])
	}
	p.str(`"`)
}

// buffer prints the first bytes of a buffer of n bytes.
func (p *printer) buffer(addr, n uint64) { p.bufferBy(addr, n, p.quote) }

func (p *printer) bufferBy(addr, n uint64, quote func([]byte)) {
	var buf [maxString]byte
	b := buf[:min(n, maxString)]
	if addr == 0 || p.mem.Read(addr, b) < len(b) {
		p.pointer(addr)
		return
	}
	quote(b)
	if n > maxString {
		p.str("...")
	}
}

// text prints a string that ends with NUL, of which at most longest bytes are
// shown; its address when it cannot be read.
func (p *printer) text(addr uint64, longest int) {
	s, ended := p.cstring(addr, longest+1)
	if s == nil && !ended {
		p.pointer(addr)
		return
	}
	if len(s) > longest {
		p.quote(s[:longest])
		p.str("...")
		return
	}
	p.quote(s)
	if !ended {
		p.str("...")
	}
}

// cstring reads up to longest bytes before a NUL. Memory is read piece by
// piece, as a string may end just before memory that is not there.
func (p *printer) cstring(addr uint64, longest int) (s []byte, ended bool) {
	if addr == 0 {
		return nil, false
	}
	const page = 4096
	var buf [512]byte
	for len(s) < longest {
		at := addr + uint64(len(s))
		piece := buf[:min(uint64(len(buf)), page-at%page, uint64(longest-len(s)))]
		n := p.mem.Read(at, piece)
		if i := bytes.IndexByte(piece[:n], 0); i >= 0 {
			return append(s, piece[:i]...), true
		}
		s = append(s, piece[:n]...)
		if n < len(piece) {
			break
		}
	}
	return s, false
}

// path prints a path whole.
func (p *printer) path(addr uint64) { p.text(addr, linux.PATH_MAX-1) }

// read returns n bytes of the app's memory, or nil.
func (p *printer) read(addr uint64, n int) []byte {
	b := make([]byte, n)
	if addr == 0 || p.mem.Read(addr, b) < n {
		return nil
	}
	return b
}

func (p *printer) pointer(addr uint64) {
	if addr == 0 {
		p.str("NULL")
		return
	}
	p.hex(addr)
}

// hex prints v in hexadecimal, zero without "0x", as %#x does.
func (p *printer) hex(v uint64) {
	if v != 0 {
		p.str("0x")
	}
	p.b = strconv.AppendUint(p.b, v, 16)
}

func (p *printer) int(v int64)   { p.b = strconv.AppendInt(p.b, v, 10) }
func (p *printer) uint(v uint64) { p.b = strconv.AppendUint(p.b, v, 10) }
