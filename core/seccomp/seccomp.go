// Package seccomp checks and runs the filters of seccomp(2): classic BPF over
// struct seccomp_data, in a chain to which each new filter is put in front. It is
// pure; what becomes of an answer is its caller's.
package seccomp

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// Filter is a program and those that were there before. It does not change.
type Filter struct {
	prev  *Filter
	prog  []linux.SockFilter
	cost  int // length of the whole chain, with 4 more a filter
	depth int
}

// maxPath is MAX_INSNS_PER_PATH.
const maxPath = 1 << 18 / 8

// Attach puts a program in front of a chain, which may be nil. Errors: EINVAL (no
// program for a filter), ENOMEM (the chain is too long).
func Attach(prev *Filter, prog []linux.SockFilter) (*Filter, linux.Errno) {
	if e := check(prog); e != 0 {
		return nil, e
	}
	f := &Filter{prev: prev, prog: prog, cost: length(prog) + 4, depth: 1}
	if prev != nil {
		f.cost += prev.cost
		f.depth += prev.depth
	}
	if f.cost-4 > maxPath {
		return nil, linux.ENOMEM
	}
	return f, 0
}

// Depth is how many filters the chain has; f may be nil.
func (f *Filter) Depth() int {
	if f == nil {
		return 0
	}
	return f.depth
}

// Follows reports whether f is of, or was put in front of it. A chain of none is
// followed by every one.
func (f *Filter) Follows(of *Filter) bool {
	for ; f != of; f = f.prev {
		if f == nil {
			return false
		}
	}
	return true
}

// Run asks every filter of the chain and gives the answer that goes first, and
// whose it is: the newest of those with the same action.
func (f *Filter) Run(data *[linux.SizeofSeccompData]byte) (uint32, *Filter) {
	ret, match := uint32(linux.SECCOMP_RET_ALLOW), f
	for ; f != nil; f = f.prev {
		// Actions are ordered as signed numbers: KILL_PROCESS is negative.
		if r := run(f.prog, data); int32(r&linux.SECCOMP_RET_ACTION_FULL) < int32(ret&linux.SECCOMP_RET_ACTION_FULL) {
			ret, match = r, f
		}
	}
	return ret, match
}

// length is how many instructions Linux turns a program into, which is what it
// counts: bpf_convert_filter of net/core/filter.c.
func length(prog []linux.SockFilter) int {
	n := 3
	for i := range prog {
		switch f := &prog[i]; {
		case f.Code == linux.BPF_RET|linux.BPF_K:
			n += 2
		case f.Code == linux.BPF_ALU|linux.BPF_DIV|linux.BPF_X:
			n += 5
		case conditional(f.Code):
			n++
			if f.Code&linux.BPF_X == 0 && int32(f.K) < 0 {
				n++
			}
			if f.Jf != 0 && (f.Jt != 0 || f.Code&^linux.BPF_X == linux.BPF_JMP|linux.BPF_JSET) {
				n++
			}
		default:
			n++
		}
	}
	return n
}

// check is what the kernel wants of a program: bpf_check_classic of
// net/core/filter.c and seccomp_check_filter.
func check(prog []linux.SockFilter) linux.Errno {
	for pc := range prog {
		i := &prog[pc]
		left := uint32(len(prog) - pc - 1) // instructions behind this one
		switch i.Code {
		case linux.BPF_LD | linux.BPF_W | linux.BPF_ABS:
			if i.K >= linux.SizeofSeccompData || i.K&3 != 0 {
				return linux.EINVAL
			}
		case linux.BPF_ALU | linux.BPF_DIV | linux.BPF_K:
			if i.K == 0 {
				return linux.EINVAL
			}
		case linux.BPF_ALU | linux.BPF_LSH | linux.BPF_K, linux.BPF_ALU | linux.BPF_RSH | linux.BPF_K:
			if i.K >= 32 {
				return linux.EINVAL
			}
		case linux.BPF_LD | linux.BPF_MEM, linux.BPF_LDX | linux.BPF_MEM, linux.BPF_ST, linux.BPF_STX:
			if i.K >= linux.BPF_MEMWORDS {
				return linux.EINVAL
			}
		case linux.BPF_JMP | linux.BPF_JA:
			if i.K >= left {
				return linux.EINVAL
			}
		default:
			switch {
			case conditional(i.Code):
				if uint32(i.Jt) >= left || uint32(i.Jf) >= left {
					return linux.EINVAL
				}
			case !plain[i.Code]:
				return linux.EINVAL
			}
		}
	}
	switch prog[len(prog)-1].Code {
	case linux.BPF_RET | linux.BPF_K, linux.BPF_RET | linux.BPF_A:
		return checkMemory(prog)
	}
	return linux.EINVAL
}

// conditional reports a jump that looks at the accumulator.
func conditional(code uint16) bool {
	switch code &^ linux.BPF_X {
	case linux.BPF_JMP | linux.BPF_JEQ, linux.BPF_JMP | linux.BPF_JGT, linux.BPF_JMP | linux.BPF_JGE, linux.BPF_JMP | linux.BPF_JSET:
		return true
	}
	return false
}

// plain are the other instructions that need no look at their operands.
var plain = map[uint16]bool{
	linux.BPF_RET | linux.BPF_K: true, linux.BPF_RET | linux.BPF_A: true,
	linux.BPF_LD | linux.BPF_W | linux.BPF_LEN: true, linux.BPF_LDX | linux.BPF_W | linux.BPF_LEN: true,
	linux.BPF_LD | linux.BPF_IMM: true, linux.BPF_LDX | linux.BPF_IMM: true,
	linux.BPF_ALU | linux.BPF_ADD | linux.BPF_K: true, linux.BPF_ALU | linux.BPF_ADD | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_SUB | linux.BPF_K: true, linux.BPF_ALU | linux.BPF_SUB | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_MUL | linux.BPF_K: true, linux.BPF_ALU | linux.BPF_MUL | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_DIV | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_AND | linux.BPF_K: true, linux.BPF_ALU | linux.BPF_AND | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_OR | linux.BPF_K: true, linux.BPF_ALU | linux.BPF_OR | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_XOR | linux.BPF_K: true, linux.BPF_ALU | linux.BPF_XOR | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_LSH | linux.BPF_X: true, linux.BPF_ALU | linux.BPF_RSH | linux.BPF_X: true,
	linux.BPF_ALU | linux.BPF_NEG: true, linux.BPF_MISC | linux.BPF_TAX: true, linux.BPF_MISC | linux.BPF_TXA: true,
}

// checkMemory wants each word to be stored on every way to where it is loaded.
func checkMemory(prog []linux.SockFilter) linux.Errno {
	masks := make([]uint16, len(prog))
	for i := range masks {
		masks[i] = 0xffff
	}
	valid := uint16(0)
	for pc := range prog {
		i := &prog[pc]
		valid &= masks[pc]
		switch {
		case i.Code == linux.BPF_ST, i.Code == linux.BPF_STX:
			valid |= 1 << i.K
		case i.Code == linux.BPF_LD|linux.BPF_MEM, i.Code == linux.BPF_LDX|linux.BPF_MEM:
			if valid>>i.K&1 == 0 {
				return linux.EINVAL
			}
		case i.Code == linux.BPF_JMP|linux.BPF_JA:
			masks[pc+1+int(i.K)] &= valid
			valid = 0xffff
		case conditional(i.Code):
			masks[pc+1+int(i.Jt)] &= valid
			masks[pc+1+int(i.Jf)] &= valid
			valid = 0xffff
		}
	}
	return 0
}

// run runs a checked program.
func run(prog []linux.SockFilter, data *[linux.SizeofSeccompData]byte) uint32 {
	var a, x uint32
	var mem [linux.BPF_MEMWORDS]uint32
	for pc := 0; ; pc++ {
		i := &prog[pc]
		operand := i.K
		if i.Code&linux.BPF_X != 0 {
			operand = x
		}
		switch i.Code &^ linux.BPF_X {
		case linux.BPF_RET | linux.BPF_K:
			return i.K
		case linux.BPF_RET | linux.BPF_A:
			return a
		case linux.BPF_LD | linux.BPF_W | linux.BPF_ABS:
			a = binary.LittleEndian.Uint32(data[i.K:])
		case linux.BPF_LD | linux.BPF_W | linux.BPF_LEN:
			a = linux.SizeofSeccompData
		case linux.BPF_LDX | linux.BPF_W | linux.BPF_LEN:
			x = linux.SizeofSeccompData
		case linux.BPF_LD | linux.BPF_IMM:
			a = i.K
		case linux.BPF_LDX | linux.BPF_IMM:
			x = i.K
		case linux.BPF_LD | linux.BPF_MEM:
			a = mem[i.K]
		case linux.BPF_LDX | linux.BPF_MEM:
			x = mem[i.K]
		case linux.BPF_ST:
			mem[i.K] = a
		case linux.BPF_STX:
			mem[i.K] = x
		case linux.BPF_ALU | linux.BPF_ADD:
			a += operand
		case linux.BPF_ALU | linux.BPF_SUB:
			a -= operand
		case linux.BPF_ALU | linux.BPF_MUL:
			a *= operand
		case linux.BPF_ALU | linux.BPF_DIV:
			if operand == 0 {
				return 0 // KILL_THREAD, as the kernel ends a program that divides by 0
			}
			a /= operand
		case linux.BPF_ALU | linux.BPF_AND:
			a &= operand
		case linux.BPF_ALU | linux.BPF_OR:
			a |= operand
		case linux.BPF_ALU | linux.BPF_XOR:
			a ^= operand
		case linux.BPF_ALU | linux.BPF_LSH:
			a <<= operand & 31
		case linux.BPF_ALU | linux.BPF_RSH:
			a >>= operand & 31
		case linux.BPF_ALU | linux.BPF_NEG:
			a = -a
		case linux.BPF_MISC | linux.BPF_TAX:
			x = a
		case linux.BPF_MISC | linux.BPF_TXA:
			a = x
		case linux.BPF_JMP | linux.BPF_JA:
			pc += int(i.K)
		default:
			pc += int(jump(i, a, operand))
		}
	}
}

// jump is how far a conditional jump goes.
func jump(i *linux.SockFilter, a, operand uint32) uint8 {
	yes := false
	switch i.Code &^ linux.BPF_X {
	case linux.BPF_JMP | linux.BPF_JEQ:
		yes = a == operand
	case linux.BPF_JMP | linux.BPF_JGT:
		yes = a > operand
	case linux.BPF_JMP | linux.BPF_JGE:
		yes = a >= operand
	case linux.BPF_JMP | linux.BPF_JSET:
		yes = a&operand != 0
	}
	if yes {
		return i.Jt
	}
	return i.Jf
}
