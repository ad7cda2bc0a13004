package syscalls

import (
	"fmt"
	"slices"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
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
					m, masked := c.Flags[a.Name]
					v, listed := c.Values[a.Name]
					if !masked && !listed {
						continue
					}
					// With both, the flags are or-ed to one of the values.
					k := check{arg: i, mask: m, values: v, isMask: !listed, bits: width(a.Kind), errno: linux.EINVAL}
					if e, ok := refusals[name+"/"+a.Name]; ok {
						k.errno = e
					}
					x.checks = append(x.checks, k)
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

// refusals are the errnos for what no claim names where Linux has one that
// programs know as "not here"; else it is EINVAL.
var refusals = map[string]linux.Errno{
	"socket/domain":      linux.EAFNOSUPPORT,
	"socketpair/domain":  linux.EAFNOSUPPORT,
	"getsockopt/optname": linux.ENOPROTOOPT,
	"setsockopt/optname": linux.ENOPROTOOPT,
	"ioctl/cmd":          linux.ENOTTY,
	"fallocate/mode":     linux.EOPNOTSUPP,
	"preadv2/flags":      linux.EOPNOTSUPP,
	"pwritev2/flags":     linux.EOPNOTSUPP,
}

// refusal finds the first argument that the claims do not let through, and
// what of it they do not; nil when all pass.
func (x *entry) refusal(a *[6]uint64) (*check, uint64) {
	for i := range x.checks {
		k := &x.checks[i]
		v := a[k.arg]
		if k.bits == 32 {
			v = uint64(uint32(v))
		}
		if k.isMask {
			if bad := v &^ k.mask; bad != 0 {
				return k, bad
			}
			continue
		}
		if v &^= k.mask; !slices.Contains(k.values, v) {
			return k, v
		}
	}
	return nil, 0
}

// maxNotes bounds what is remembered of refused arguments of one call: an app
// chooses them.
const maxNotes = 16

// note remembers a refused argument for the report and gives its words.
func (x *entry) note(k *check, v uint64) string {
	arg := &x.row.Args[k.arg]
	what := fmt.Sprintf("%s %#x", arg.Name, v)
	switch {
	case arg.Kind == strace.OpenFlags:
		what = arg.Name + " " + linux.FlagNames(linux.OpenFlags, v)
	case arg.Flags != nil && k.isMask:
		what = arg.Name + " " + linux.FlagNames(arg.Flags, v)
	case arg.Flags != nil:
		what = arg.Name + " " + linux.ValueName(arg.Flags, v)
	}
	if x.notes == nil {
		x.notes = map[string]uint64{}
	}
	if _, known := x.notes[what]; known || len(x.notes) < maxNotes {
		x.notes[what]++
	}
	return what
}
