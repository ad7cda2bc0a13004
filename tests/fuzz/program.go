package fuzz

import (
	"fmt"
	"strings"
)

// The arena is the memory of a program: 64 KiB at a fixed address, then a page
// that can only be read, then nothing. The region is where it maps.
const (
	arenaLen   = 0x10000
	regionPage = 32
	pageSize   = 4096
)

// Calls of the interpreter's own, numbered as c/interp.c does.
const (
	callLoad = 10000 + iota
	callStore
	callProbe
	callChild
	callNap
)

var ownCalls = map[uint64]string{callLoad: "load", callStore: "store", callProbe: "probe", callChild: "child", callNap: "nap"}

// value is an argument: Kind is a letter of c/interp.c ('i' a number, 'r' the
// result of call V, 'm' the int at V of the arena, 'p' address V of the arena,
// 'g' address V of the region, 's' 'q' 'k' the pid of the program, its parent,
// its child V).
type value struct {
	Kind byte
	V    uint64
}

func num(v uint64) value { return value{'i', v} }

func (v value) String() string {
	switch v.Kind {
	case 's', 'q':
		return string(v.Kind)
	case 'r', 'k':
		return fmt.Sprintf("%c%d", v.Kind, v.V)
	}
	return fmt.Sprintf("%c%x", v.Kind, v.V)
}

// setup puts something into the arena before a call: Data at Off, or with Op
// 'v' a value as an int, with 'h' the addresses of a signal handler.
type setup struct {
	Op   byte
	Off  int
	Data []byte
	From value
}

// mask says what of the arena cannot be compared after a call.
type mask struct {
	Op       byte // x u d a, see c/interp.c
	Off, Len int
}

// call is one call of a program. ID names it for values of kind 'r'.
type call struct {
	ID     int
	Name   string
	Nr     uint64
	Args   []value
	Setup  []setup
	Masks  []mask
	Result byte // 0, or n t o of c/interp.c
}

// program is what one child of the interpreter runs.
type program struct {
	Seed  uint64
	Calls []call
}

// append writes the program as c/interp.c reads it.
func (p *program) append(b *strings.Builder, seq int) {
	fmt.Fprintf(b, "P %d\n", seq)
	for i := range p.Calls {
		c := &p.Calls[i]
		for _, s := range c.Setup {
			switch s.Op {
			case 'v':
				fmt.Fprintf(b, "v %x %s\n", s.Off, s.From)
			case 'h':
				fmt.Fprintf(b, "h %x\n", s.Off)
			default:
				fmt.Fprintf(b, "w %x %x\n", s.Off, s.Data)
			}
		}
		for _, m := range c.Masks {
			fmt.Fprintf(b, "%c %x %x\n", m.Op, m.Off, m.Len)
		}
		if c.Result != 0 {
			fmt.Fprintf(b, "%c\n", c.Result)
		}
		fmt.Fprintf(b, "c %d %d", c.ID, c.Nr)
		for _, a := range c.Args {
			b.WriteString(" " + a.String())
		}
		b.WriteByte('\n')
	}
	b.WriteString("E\n")
}

// clone copies what shrinking changes.
func (p *program) clone() *program {
	q := &program{Seed: p.Seed, Calls: append([]call{}, p.Calls...)}
	for i := range q.Calls {
		c := &q.Calls[i]
		c.Args = append([]value{}, c.Args...)
		c.Setup = append([]setup{}, c.Setup...)
	}
	return q
}

// find gives the call with an id.
func (p *program) find(id int) *call {
	for i := range p.Calls {
		if p.Calls[i].ID == id {
			return &p.Calls[i]
		}
	}
	return nil
}
