package main

// sourceParts is the generated code that draws values from bytes. It is text
// and not a package, because the <x>api packages import core/linux alone.
var sourceParts = []struct{ name, text string }{
	{"", `// source is a stream of bytes: data, then noise if that is not 0, then zeros.
type source struct {
	data  []byte
	noise uint64
}

func (s *source) byte() byte {
	if len(s.data) > 0 {
		b := s.data[0]
		s.data = s.data[1:]
		return b
	}
	if s.noise == 0 {
		return 0
	}
	s.noise ^= s.noise << 13 // xorshift64, Marsaglia 2003
	s.noise ^= s.noise >> 7
	s.noise ^= s.noise << 17
	return byte(s.noise >> 32)
}

func (s *source) errno() linux.Errno {
	switch b := s.byte(); {
	case b < 0xa0:
		return 0
	case b < 0xb0:
		return linux.EWAIT
	default:
		return 1 + linux.Errno(s.byte()%133)
	}
}
`},
	{"bool", `func (s *source) bool() bool { return s.byte()&1 != 0 }
`},
	{"count", `// count draws the length of a list.
func (s *source) count() int { return max(0, int(s.byte()%8)-3) }
`},
	{"number", `// edges are numbers at which kernels go wrong.
var edges = [...]uint64{
	0xff, 0x100, 0x1ff, 0x200, 0xfff, 0x1000, 0x1001, 0x2000, 0xffff, 0x10000, 0x1fffff, 0x200000,
	1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<47 - 0x1000, 1 << 47, 1<<63 - 1, 1 << 63,
	1<<64 - 0x1000, 1<<64 - 100, 1<<64 - 2, 1<<64 - 1,
}

func (s *source) number() uint64 {
	switch b := s.byte(); {
	case b < 0x40:
		return 0
	case b < 0xb0:
		return uint64(b & 7)
	case b < 0xd0:
		return uint64(s.byte())
	case b < 0xe0:
		return uint64(s.byte()) << 12 // whole pages
	case b < 0xf8:
		return edges[int(s.byte())%len(edges)]
	default:
		var v uint64
		for range 8 {
			v = v<<8 | uint64(s.byte())
		}
		return v
	}
}
`},
	{"bits", `// bits draws a set of flags: none, one, two, a low few or any.
func (s *source) bits() uint64 {
	switch b := s.byte(); {
	case b < 0x50:
		return 0
	case b < 0x90:
		return 1 << (b & 31)
	case b < 0xc0:
		return 1<<(b&31) | 1<<(s.byte()&31)
	case b < 0xf0:
		return uint64(b & 7)
	default:
		return s.number()
	}
}
`},
	{"float", `func (s *source) float() float64 { return float64(int32(s.number())) / 8 }
`},
	{"path", `var (
	pathNames = [...]string{"a", "b", "c", "d", "e", "f", ".", ".."}
	pathOdd   = [...]string{
		"", ".", "..", "/", "//", "/..", "a//b", "a/./b/../c", "../../a", "\xff\xfe", "a b\n", ".hidden",
		strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("a/", 2047) + "b", strings.Repeat("a/", 2048),
	}
)

// path draws up to four names of few, with or without slashes around, or
// something odd.
func (s *source) path() string {
	b := s.byte()
	if b >= 0xf0 {
		return pathOdd[b&15]
	}
	var p []byte
	if b&4 != 0 {
		p = append(p, '/')
	}
	for i := range b&3 + 1 {
		if i > 0 {
			p = append(p, '/')
		}
		p = append(p, pathNames[s.byte()&7]...)
		if b&0x20 != 0 {
			break // one name is the most common path
		}
	}
	if b&0xc8 == 0xc8 {
		p = append(p, '/')
	}
	return string(p)
}
`},
	{"bytes", `var dataSizes = [...]int{255, 511, 512, 513, 4095, 4096, 4097, 65536}

// bytes draws data: none, a few bytes, or a run of one byte.
func (s *source) bytes() []byte {
	b := s.byte()
	switch {
	case b < 0x40:
		return nil
	case b < 0xc0:
		p := make([]byte, b&15+1)
		for i := range p {
			p[i] = s.byte()
		}
		return p
	case b < 0xf0:
		return bytes.Repeat([]byte{s.byte()}, int(s.byte()))
	default:
		return bytes.Repeat([]byte{s.byte()}, dataSizes[b&7])
	}
}
`},
}
