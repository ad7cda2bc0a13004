package fuzz

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
)

// argFn makes one argument of the call that is being made.
type argFn func(g *gen, c *call) value

// spec is what a family knows of a call beyond its row: arguments by index,
// and what the result is.
type spec struct {
	args   map[int]argFn
	result byte
	fd     bool          // the result is a descriptor
	after  func(c *call) // masks
	weight int
}

// maker makes programs of some families.
type maker struct {
	rows   map[string]*syscalls.Row
	nr     map[string]uint64
	claims map[string]coverage.Entry
	calls  []string // drawn from, some more than once
	open   []string // drawn from first
	probe  bool
	one    bool // no ids but one's own can be named
}

func newMaker(entries []coverage.Entry, fams []string, only []string) (*maker, error) {
	m := &maker{rows: map[string]*syscalls.Row{}, nr: syscalls.Numbers(), claims: map[string]coverage.Entry{}}
	rows := syscalls.Rows()
	for i := range rows {
		m.rows[rows[i].Name] = &rows[i]
	}
	for _, e := range entries {
		m.claims[e.Syscall] = e
	}
	for _, name := range fams {
		f, ok := families[name]
		if !ok {
			return nil, errorf("no family %q: want %s", name, Families())
		}
		m.probe = m.probe || name == "mm"
		m.open = append(m.open, f.open...)
		for _, c := range f.calls {
			if len(only) > 0 && !slices.Contains(only, c) {
				continue
			}
			for range max(1, specs[c].weight) {
				m.calls = append(m.calls, c)
			}
		}
	}
	for _, c := range only {
		if !slices.Contains(m.calls, c) {
			return nil, errorf("%s is in no family that was named", c)
		}
	}
	return m, nil
}

// make makes the program of a seed.
func (m *maker) make(seed uint64) *program {
	g := &gen{m: m, r: rand.New(rand.NewPCG(seed, 0xad710)), p: &program{Seed: seed}}
	for range g.r.IntN(4) + 1 {
		if len(m.open) > 0 {
			g.calm = true
			g.call(m.open[g.r.IntN(len(m.open))])
		}
	}
	g.calm = false
	for range g.r.IntN(8) + 1 {
		g.call(m.calls[g.r.IntN(len(m.calls))])
	}
	if m.probe {
		g.p.Calls = append(g.p.Calls, call{ID: len(g.p.Calls), Name: "probe", Nr: callProbe})
	}
	return g.p
}

// gen makes one program.
type gen struct {
	m    *maker
	r    *rand.Rand
	p    *program
	c    *call
	next int     // what is free of the arena
	fds  []value // descriptors that calls may have made
	ids  map[string][]value
	kids int
	calm bool // no odd arguments
	row  *syscalls.Row
	size int // of the buffer made last
}

func (g *gen) chance(percent int) bool { return g.r.IntN(100) < percent }

// odd says whether to do something that hardly succeeds.
func (g *gen) odd() bool { return !g.calm && g.chance(7) }

func pick[T any](g *gen, list ...T) T { return list[g.r.IntN(len(list))] }

// call adds one call.
func (g *gen) call(name string) {
	c := call{ID: len(g.p.Calls), Name: name, Nr: g.m.nr[name]}
	for nr, own := range ownCalls {
		if own == name {
			c.Nr = nr
		}
	}
	s := specs[name]
	g.row = g.m.rows[name]
	n := len(s.args)
	if g.row != nil {
		n = len(g.row.Args)
	}
	c.Args = slices.Repeat([]value{num(0)}, n)
	g.c = &c
	done := make([]bool, n)
	// Buffers first: lengths follow them.
	for pass := range 2 {
		for i := range n {
			var k strace.Kind
			if g.row != nil {
				k = g.row.Args[i].Kind
			}
			if done[i] || pass == 0 && !(k == strace.In || k == strace.Out || k == strace.Sockaddr || k == strace.IovecIn ||
				k == strace.IovecOut || k == strace.PollFds) {
				continue
			}
			if fn := s.args[i]; fn != nil {
				c.Args[i] = fn(g, &c)
			} else if g.row != nil {
				c.Args[i] = g.byKind(i, &c, done)
			}
			done[i] = true
		}
	}
	if s.after != nil {
		s.after(&c)
	}
	c.Result = s.result
	if !g.claimed(&c) {
		return
	}
	if s.fd {
		g.fds = append(g.fds, value{'r', uint64(c.ID)})
	}
	if s.result == 'n' {
		if g.ids == nil {
			g.ids = map[string][]value{}
		}
		g.ids[name] = append(g.ids[name], value{'r', uint64(c.ID)})
	}
	if name == "child" {
		g.kids++
	}
	if len(g.p.Calls) < 60 {
		g.p.Calls = append(g.p.Calls, c)
	}
}

// claimed says that no claim makes the core refuse the call: a difference
// there is known.
func (g *gen) claimed(c *call) bool {
	e, ok := g.m.claims[c.Name]
	if !ok || g.row == nil {
		return true
	}
	if e.Level == coverage.Unsupported.String() {
		return false
	}
	for i, a := range g.row.Args {
		if c.Args[i].Kind != 'i' {
			continue
		}
		v := c.Args[i].V
		if a.Kind != strace.Long && a.Kind != strace.Hex && a.Kind != strace.MmapFlags {
			v = uint64(uint32(v))
		}
		m, masked := e.Flags[a.Name]
		list, listed := e.Values[a.Name]
		known := uint64(0)
		for _, f := range a.Flags {
			known |= f.Value
		}
		switch {
		case masked && listed:
			if !slices.Contains(list, v&^m) {
				return false
			}
		case masked:
			if v&^m&known != 0 {
				return false
			}
		case listed:
			if !slices.Contains(list, v) {
				return false
			}
		}
	}
	return true
}

// alloc gives n bytes of the arena, some of it used before when it is full.
func (g *gen) alloc(n int) int {
	n = (n + 15) &^ 15
	if g.next+n+64 > arenaLen-256 {
		g.next = g.r.IntN(1024) &^ 15
	}
	at := g.next
	g.next += n + 16
	return at
}

// odds are addresses that cannot be used, or in part only.
func (g *gen) badPointer(n int) value {
	switch g.r.IntN(8) {
	case 0, 1:
		return num(0)
	case 2:
		return num(pick[uint64](g, 1, 4096, 0xffff888000000000, 0x0000888000000000, ^uint64(0), ^uint64(7)))
	case 3: // begins where it can be written and ends where not
		return value{'p', uint64(arenaLen - g.r.IntN(n+1))}
	case 4: // begins where it can be read and ends where not
		return value{'p', uint64(arenaLen + pageSize - g.r.IntN(n+1))}
	case 5: // to be read only
		return value{'p', uint64(arenaLen + g.r.IntN(64))}
	case 6: // not aligned
		return value{'p', uint64(g.alloc(n+8) + 1 + g.r.IntN(7))}
	}
	return value{'p', arenaLen + pageSize}
}

// out is a pointer to n bytes that a call writes.
func (g *gen) out(n int) value {
	g.size = n
	if g.odd() {
		return g.badPointer(n)
	}
	return value{'p', uint64(g.alloc(n))}
}

// in is a pointer to data.
func (g *gen) in(data []byte) value {
	g.size = len(data)
	if g.odd() {
		return g.badPointer(len(data))
	}
	return g.data(data)
}

// data is a pointer to data that is surely there.
func (g *gen) data(data []byte) value {
	at := g.alloc(len(data))
	g.c.Setup = append(g.c.Setup, setup{Off: at, Data: data})
	return value{'p', uint64(at)}
}

// masked adds masks to what a pointer of the arena shows; layout lists
// operation, offset and length.
func masked(c *call, p value, layout ...mask) {
	if p.Kind != 'p' {
		return
	}
	for _, m := range layout {
		if m.Off += int(p.V); m.Off+m.Len <= arenaLen && m.Off+4 <= arenaLen {
			c.Masks = append(c.Masks, m)
		}
	}
}

func words(v ...uint64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

func ints(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// addr of the arena as the programs see it.
func addr(v value) uint64 {
	switch v.Kind {
	case 'p':
		return 0x10000000000 + v.V
	case 'g':
		return 0x20000000000 + v.V
	}
	return v.V
}

// edge is a number at a limit.
func (g *gen) edge() uint64 {
	return pick[uint64](g, 0, 1, ^uint64(0), ^uint64(1), 1<<31-1, 1<<31, 1<<32-1, 1<<32, 1<<63-1, 1<<63, 4095, 4096, 4097, 65536)
}

// length is a length for a buffer of n bytes.
func (g *gen) length(n int) value {
	if g.calm || g.chance(60) {
		return num(uint64(n))
	}
	if g.chance(60) {
		return num(uint64(g.r.IntN(n + 2)))
	}
	return num(pick[uint64](g, 0, 1, 3, 4, 7, 8, 255, 4096, 5000, 65536, 1<<31-1, 1<<31, 1<<63-1, ^uint64(0)))
}

// offset is one in a file.
func (g *gen) offset() value {
	if g.calm || g.chance(85) {
		return num(pick[uint64](g, 0, 1, 5, 100, 4096, 4999, 5000, 5001, 8192, 70000))
	}
	return num(pick[uint64](g, ^uint64(0), ^uint64(4095), 1<<63-1, 1<<63-4096, 1<<63, 1<<31, 1<<32, 16<<20-1, 16<<20, 16<<20+1))
}

// fd is a descriptor, mostly one that is open.
func (g *gen) fd() value {
	if g.odd() || len(g.fds) == 0 && g.chance(50) {
		return num(pick[uint64](g, 0, 1, 2, 3, 4, 5, ^uint64(0), ^uint64(99), 127, 128, 1<<31-1, 1<<32))
	}
	if len(g.fds) == 0 {
		return num(uint64(g.r.IntN(6)))
	}
	return g.fds[g.r.IntN(len(g.fds))]
}

const atFdcwd = 1<<32 - 100

func (g *gen) dirfd() value {
	if g.calm || g.chance(75) {
		return num(atFdcwd)
	}
	return g.fd()
}

var paths = []string{"a", "e", "r", "x", "s", "d", "d/x", "nx", "nx/y", "ed", "q", "l", "dl", "ll", "n", "sd", "sd/x", "st/x", "sd/new",
	"st/new", "new", "new2", "d/new", "ed/new", "a/", "d/", "dl/", "l/", "new/", "a/x", "none/x", "ll/x", "dl/x", "..", ".", "", "/", "/w/a",
	"d/..", "d/../a", "./a", "/dev/null", "/dev/zero", "a/.", "d/.", "dl/..", "dl/new", "n/", "n/x", "q/", "//w//d//x", "s/x"}

func (g *gen) path() value {
	if g.odd() {
		return g.badPointer(5)
	}
	s := ""
	switch {
	case g.calm:
		s = pick(g, "a", "e", "d", "x", "new", "d/x", "l", "q", "/dev/null", "ed")
	case g.chance(40):
		s = pick(g, "a", "e", "d", "x", "new", "new2", "d/x", "l", "dl", "ed", "d/new")
	case g.chance(4):
		s = string(slices.Repeat([]byte("n"), pick(g, 254, 255, 256, 4095, 4096, 5000)))
	case g.chance(4):
		s = string(slices.Repeat([]byte("./"), pick(g, 2046, 2047, 2048))) + "a"
	default:
		s = paths[g.r.IntN(len(paths))]
	}
	return g.data(append([]byte(s), 0))
}

func (g *gen) flags(table []linux.Flag, mask uint64, bounded bool) value {
	v := uint64(0)
	for range g.r.IntN(3) {
		if len(table) > 0 {
			f := table[g.r.IntN(len(table))].Value
			if !bounded || f&^mask == 0 {
				v |= f
			}
		}
	}
	if g.odd() {
		v |= 1 << g.r.IntN(32)
	}
	return num(v)
}

func (g *gen) mode() value {
	if g.odd() {
		return num(pick[uint64](g, ^uint64(0), 0o7777, 0o4755, 0o2755, 0o1777, 0o10644, 0o100644, 0o40755, 1<<32|0o644))
	}
	return num(pick[uint64](g, 0, 0o644, 0o755, 0o600, 0o400, 0o777, 0o111, 0o200, 0o6755))
}

func (g *gen) signo() value {
	if g.odd() {
		return num(pick[uint64](g, 0, 65, 64, 32, 33, ^uint64(0), 1<<32|10, 31, 9, 19))
	}
	return num(pick[uint64](g, 10, 12, 14, 17, 34, 35, 64, 1, 18, 28, 23, 13))
}

// bytes is data that can be told apart.
func (g *gen) bytes(n int) []byte {
	b := make([]byte, n)
	first := g.r.IntN(10)
	for i := range b {
		b[i] = byte('0' + (first+i)%10)
	}
	return b
}

func (g *gen) sigset() []byte {
	v := uint64(0)
	for range g.r.IntN(4) {
		v |= 1 << (pick(g, 10, 12, 14, 17, 34, 35, 64, 1, 18, 13) - 1)
	}
	if g.chance(10) {
		v = ^uint64(0) &^ (1 << 10) // all but SIGSEGV, which the interpreter needs
	}
	return words(v)
}

// size is that of a buffer to read or write.
func (g *gen) bufferSize() int {
	return pick(g, 0, 1, 4, 8, 16, 100, 128, 1000, 4096, 5000, 6000)
}

// iovecs makes an array of buffers; the count follows in g.size.
func (g *gen) iovecs(out bool) value {
	n := pick(g, 0, 1, 1, 2, 2, 3, 5)
	var v []uint64
	for range n {
		size := pick(g, 0, 1, 5, 100, 1000)
		var p value
		if out {
			p = g.out(size)
		} else {
			p = g.in(g.bytes(size))
		}
		l := uint64(size)
		if g.odd() {
			l = g.edge()
		}
		v = append(v, addr(p), l)
	}
	p := g.in(words(v...))
	g.size = n
	return p
}

func (g *gen) timespec() value {
	sec, ns := uint64(0), pick[uint64](g, 0, 1, 1000000)
	if g.odd() {
		sec, ns = pick[uint64](g, 0, 1, ^uint64(0), 1<<62), pick[uint64](g, 999999999, 1000000000, ^uint64(0), 1<<62)
		if sec == 1 || int64(sec) > 1 {
			ns = 1000000000
		}
	}
	return g.in(words(sec, ns))
}

// byKind makes an argument from what the row says alone.
func (g *gen) byKind(i int, c *call, done []bool) value {
	a := &g.row.Args[i]
	setLength := func(v value) {
		if a.LenArg > i && specs[c.Name].args[a.LenArg] == nil {
			c.Args[a.LenArg] = v
			done[a.LenArg] = true
		}
	}
	e := g.m.claims[c.Name]
	switch a.Kind {
	case strace.FD:
		return g.fd()
	case strace.DirFD:
		return g.dirfd()
	case strace.Path:
		return g.path()
	case strace.String:
		return g.in(append([]byte(pick(g, "user.a", "user.b", "name", "")), 0))
	case strace.In, strace.Out:
		n := g.bufferSize()
		p := value{}
		if a.Kind == strace.In {
			p = g.in(g.bytes(n))
		} else {
			p = g.out(n)
		}
		setLength(g.length(n))
		return p
	case strace.IovecIn, strace.IovecOut:
		p := g.iovecs(a.Kind == strace.IovecOut)
		n := num(uint64(g.size))
		if g.odd() {
			n = num(pick[uint64](g, 0, ^uint64(0), 1024, 1025, 1<<31, 1<<32|1))
		}
		setLength(n)
		return p
	case strace.PollFds:
		p := g.pollfds()
		n := num(uint64(g.size))
		if g.odd() {
			n = num(pick[uint64](g, 0, 128, 129, 1<<31, ^uint64(0)))
		}
		setLength(n)
		return p
	case strace.Flags:
		m, ok := e.Flags[a.Name]
		return g.flags(a.Flags, m, ok)
	case strace.Enum:
		if list := e.Values[a.Name]; len(list) > 0 {
			return num(list[g.r.IntN(len(list))])
		}
		if g.odd() || len(a.Flags) == 0 {
			return num(g.edge())
		}
		return num(a.Flags[g.r.IntN(len(a.Flags))].Value)
	case strace.Octal:
		return g.mode()
	case strace.Long:
		return g.offset()
	case strace.Signal:
		return g.signo()
	case strace.OpenFlags:
		return g.openFlags()
	case strace.StatOut:
		p := g.out(144)
		masked(c, p, statMasks...)
		return p
	case strace.SigSetIn:
		if g.chance(15) {
			return num(0)
		}
		return g.in(g.sigset())
	case strace.SigSetOut:
		if g.chance(15) {
			return num(0)
		}
		return g.out(8)
	case strace.TimespecIn, strace.TimevalIn:
		return g.timespec()
	case strace.TimespecOut, strace.TimevalOut:
		return g.out(16)
	case strace.RlimitOut:
		if g.chance(20) {
			return num(0)
		}
		return g.out(16)
	case strace.RlimitIn:
		if g.chance(20) {
			return num(0)
		}
		v := func() uint64 { return pick[uint64](g, 0, 1, 10, 64, 128, 129, 4096, 65536, 1<<30, ^uint64(0)) }
		return g.in(words(v(), v()))
	case strace.WaitStatus, strace.IntOut:
		if g.chance(10) {
			return num(0)
		}
		return g.out(4)
	case strace.FDPair:
		p := g.out(8)
		if p.Kind == 'p' && p.V+8 <= arenaLen {
			g.fds = append(g.fds, value{'m', p.V}, value{'m', p.V + 4})
		}
		return p
	case strace.Uint, strace.Int:
		if g.odd() {
			return num(g.edge())
		}
		return num(uint64(g.r.IntN(9)))
	case strace.Pointer:
		return g.out(256)
	}
	if g.odd() {
		return num(g.edge())
	}
	return num(uint64(g.r.IntN(4)))
}
