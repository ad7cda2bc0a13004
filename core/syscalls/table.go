package syscalls

import (
	"fmt"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/strace"
)

// Rows gives all rows, family by family.
func Rows() []Row {
	var out []Row
	for _, f := range families {
		out = append(out, f...)
	}
	return out
}

// Numbers gives each system call's number on this architecture, those without
// a row too.
func Numbers() map[string]uint64 { return numbers }

func nameOf(nr uint64) string {
	for n, x := range numbers {
		if x == nr {
			return n
		}
	}
	return fmt.Sprintf("syscall_%d", nr)
}

func (e *Env) build(all [][]coverage.Claim) error {
	rows := Rows()
	byName := map[string]*entry{}
	for i := range rows {
		r := &rows[i]
		nr, ok := numbers[r.Name]
		if !ok {
			return fmt.Errorf("syscalls: row %s has no number", r.Name)
		}
		if e.table[nr].row != nil {
			return fmt.Errorf("syscalls: two rows for %s", r.Name)
		}
		e.table[nr].row = r
		e.table[nr].level = coverage.Unsupported
		byName[r.Name] = &e.table[nr]
	}
	for _, claims := range all {
		for i := range claims {
			c := &claims[i]
			for _, name := range c.Syscalls {
				x := byName[name]
				if x == nil {
					continue // claimed by a subsystem, not yet decoded: stays unsupported
				}
				if x.level != coverage.Unsupported {
					return fmt.Errorf("syscalls: %s is claimed twice", name)
				}
				x.level = c.Level
				for i, a := range x.row.Args {
					if m, ok := c.Flags[a.Name]; ok {
						x.checks = append(x.checks, check{arg: i, mask: m, isMask: true, bits: width(a.Kind)})
					}
					if v, ok := c.Values[a.Name]; ok {
						x.checks = append(x.checks, check{arg: i, values: v, bits: width(a.Kind)})
					}
				}
			}
		}
	}
	return nil
}

// width is how many bits of a register count for an argument: flags and
// commands are int but where a row says Long or Hex.
func width(k strace.Kind) uint {
	switch k {
	case strace.Long, strace.Hex, strace.CloneFlags, strace.MmapFlags:
		return 64
	}
	return 32
}

// allowed says whether the claims let these arguments through.
func (x *entry) allowed(a *[6]uint64) bool {
	for i := range x.checks {
		c := &x.checks[i]
		v := a[c.arg]
		if c.bits == 32 {
			v = uint64(uint32(v))
		}
		if c.isMask {
			if v&^c.mask != 0 {
				return false
			}
			continue
		}
		ok := false
		for _, w := range c.values {
			if v == w {
				ok = true
				break
			}
		}
		if !ok {
			return false
		}
	}
	return true
}
