package fuzz

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
)

// compare finds the first call that two sides answered differently.
func compare(p *program, native, adyton string) *Difference {
	if native == adyton {
		return nil
	}
	n, a := strings.Split(native, "\n"), strings.Split(adyton, "\n")
	for i := 0; i < max(len(n), len(a)); i++ {
		nl, al := at(n, i), at(a, i)
		if nl == al || faults(nl) && faults(al) {
			continue // how far a copy came before its fault is nobody's to say
		}
		d := &Difference{Program: p, Native: nl, Adyton: al}
		d.Signature = fmt.Sprintf("%s: native %s, adyton %s", p.what(nl, al), kindOf(nl, al), kindOf(al, nl))
		return d
	}
	return nil
}

// faults says that a line tells of EFAULT.
func faults(line string) bool {
	head, _, _ := strings.Cut(line, " @")
	return strings.HasSuffix(head, " = -14")
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// what names the call of a line of output, with its command if it has one.
func (p *program) what(lines ...string) string {
	for _, line := range lines {
		id, err := strconv.Atoi(strings.SplitN(line, " ", 2)[0])
		if strings.HasPrefix(line, "= ") {
			f := strings.Fields(line)
			id, err = strconv.Atoi(f[len(f)-1])
		}
		if c := p.find(id); err == nil && c != nil {
			return c.label()
		}
	}
	return "end"
}

var rowsByName = func() map[string]*syscalls.Row {
	m := map[string]*syscalls.Row{}
	rows := syscalls.Rows()
	for i := range rows {
		m[rows[i].Name] = &rows[i]
	}
	return m
}()

// label is a call's name, with the command that says what it does.
func (c *call) label() string {
	r := rowsByName[c.Name]
	if r == nil {
		return c.Name
	}
	var words []string
	for i, a := range r.Args {
		if a.Kind == strace.Enum && c.Args[i].Kind == 'i' {
			v := uint64(uint32(c.Args[i].V))
			if a.Name == "type" {
				v &^= linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK
			}
			words = append(words, linux.ValueName(a.Flags, v))
		}
	}
	if len(words) == 0 {
		return c.Name
	}
	return c.Name + "(" + strings.Join(words, ",") + ")"
}

// kindOf says in a word what a line of output is, against the other's.
func kindOf(line, other string) string {
	if line == "" {
		return "nothing"
	}
	if line[0] == '!' || line[0] == '=' {
		f := strings.Fields(line)
		if line[0] == '=' && len(f) > 2 && f[1] != "gone:" {
			f = f[:len(f)-2]
		}
		return strings.Join(f, " ")
	}
	result := resultOf(line)
	if result != resultOf(other) {
		return result
	}
	return result + " with other memory"
}

// resultOf is the errno's name, or "ok" and what is no plain number.
func resultOf(line string) string {
	_, r, ok := strings.Cut(line, " = ")
	if !ok {
		return line
	}
	r, _, _ = strings.Cut(r, " @")
	if n, err := strconv.Atoi(r); err == nil && n < 0 {
		return linux.Errno(-n).Error()
	} else if err == nil && n > 0 {
		return "number"
	}
	return r
}

// confirm runs a program again, twice, with more time: stable says that the
// host answers the same each time, and the difference is there still.
func (j *jail) confirm(ctx context.Context, p *program, d *Difference) (*Difference, bool) {
	list := []*program{p, p}
	native, adyton, err := j.both(ctx, list, 2*time.Second)
	if err != nil || native[0] != native[1] {
		if err == nil && j.cfg.Verbose {
			u := compare(p, native[0], native[1])
			fmt.Fprintf(j.cfg.Out, "unstable: seed %d, %s\n", p.Seed, cmp.Or(u, d).Signature)
		}
		return d, false
	}
	for _, a := range adyton {
		if compare(p, native[0], a) == nil {
			if j.cfg.Verbose {
				fmt.Fprintf(j.cfg.Out, "gone when alone: seed %d, %s\n   native: %s\n   adyton: %s\n", p.Seed, d.Signature, d.Native, d.Adyton)
			}
			return nil, false
		}
	}
	return compare(p, native[0], adyton[0]), true
}

// shrink leaves out what the difference does not need: calls, then arguments.
func (j *jail) shrink(ctx context.Context, d *Difference) *Difference {
	d = j.reduce(ctx, d, func(p *program) (cuts []cut) {
		for _, c := range p.Calls {
			cuts = append(cuts, cut{id: c.ID, arg: -1})
		}
		return cuts
	})
	return j.reduce(ctx, d, func(p *program) (cuts []cut) {
		for _, c := range p.Calls {
			for k, a := range c.Args {
				if a.Kind != 'i' || a.V != 0 {
					cuts = append(cuts, cut{c.ID, k})
				}
			}
		}
		return cuts
	})
}

// cut is one thing to leave out: an argument of a call, or with -1 the call.
type cut struct{ id, arg int }

func (p *program) without(cuts ...cut) *program {
	q := p.clone()
	for _, x := range cuts {
		for i := range q.Calls {
			if q.Calls[i].ID != x.id {
				continue
			}
			if x.arg >= 0 {
				q.Calls[i].Args[x.arg] = num(0)
			} else {
				q.Calls = append(q.Calls[:i], q.Calls[i+1:]...)
			}
			break
		}
	}
	return q
}

// reduce tries each cut alone, then all that keep the difference together, and
// if that is too much, half of them.
func (j *jail) reduce(ctx context.Context, d *Difference, cuts func(*program) []cut) *Difference {
	for range 8 {
		all := cuts(d.Program)
		var list []*program
		for _, x := range all {
			list = append(list, d.Program.without(x))
		}
		var good []cut
		kept := map[int]*Difference{}
		for i, e := range j.keep(ctx, d, list) {
			if e != nil {
				kept[len(good)] = e
				good = append(good, all[i])
			}
		}
		if len(good) == 0 {
			return d
		}
		next := kept[0]
		for n := len(good); n > 1; n /= 2 {
			if e := j.keep(ctx, d, []*program{d.Program.without(good[:n]...)}); e != nil && e[0] != nil {
				next = e[0]
				break
			}
		}
		d = next
	}
	return d
}

// keep gives for each program the difference, if it is still that of d.
func (j *jail) keep(ctx context.Context, d *Difference, list []*program) []*Difference {
	if len(list) == 0 || ctx.Err() != nil {
		return nil
	}
	native, adyton, err := j.both(ctx, list, time.Second)
	if err != nil {
		return nil
	}
	out := make([]*Difference, len(list))
	for i := range list {
		if e := compare(list[i], native[i], adyton[i]); e != nil && e.Signature == d.Signature {
			out[i] = e
		}
	}
	return out
}
