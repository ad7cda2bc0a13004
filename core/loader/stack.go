package loader

import (
	"slices"

	"adyton.dev/adyton/core/linux"
)

// Limits of what execve takes, in bytes (linux/binfmts.h, fs/exec.c).
const (
	// MaxArgStrlen is the longest argument or environment string, with its
	// NUL.
	MaxArgStrlen = 32 * linux.PAGE_SIZE

	maxArgs   = 6 << 20 // three quarters of the usual stack
	wordSize  = 8
	topBytes  = wordSize // zeros that end the stack
	randBytes = 16
	platform  = "x86_64"
)

// StackSpec is what goes onto a new program's stack. No string holds a NUL.
type StackSpec struct {
	// Top is the end of the stack, a multiple of a page.
	Top uint64
	// Argv and Envp are the lists after scripts were resolved. An empty Argv
	// becomes one empty string.
	Argv, Envp []string
	// ExecFn is the path that execve was called with, even for a script.
	ExecFn string
	// Auxv is the list that Auxv built; the values of AT_RANDOM, AT_EXECFN
	// and AT_PLATFORM are filled in.
	Auxv []Aux
	// Random is what AT_RANDOM points to.
	Random [randBytes]byte
	// Shift moves everything below the strings down, in bytes from 0 to 8191:
	// a random number, or 0 without randomization (arch_align_stack).
	Shift uint64
	// RlimitStack is the soft limit of RLIMIT_STACK in bytes.
	RlimitStack uint64
}

// Layout tells what is where on the stack that BuildStack made.
type Layout struct {
	// SP is the stack pointer at the first instruction, where argc is. It is
	// a multiple of 16, and the address of the first byte of the stack.
	SP uint64
	// The spans of the strings, as in /proc/PID/cmdline and environ.
	ArgStart, ArgEnd, EnvStart, EnvEnd uint64
	// AuxvBytes is what /proc/PID/auxv holds, AT_NULL included.
	AuxvBytes []byte
}

// CheckArgs says whether execve takes these strings. A script's interpreter
// changes the list, so that it is asked before the file is looked at and again
// by BuildStack.
//
// Errors: E2BIG (a string longer than MaxArgStrlen; strings and pointers above
// a quarter of the stack's limit or 6 MiB, or 128 KiB where that is more;
// strings that do not fit the limit itself).
func CheckArgs(execFn string, argv, envp []string, rlimitStack uint64) linux.Errno {
	limit := max(min(maxArgs, rlimitStack/4), linux.ARG_MAX)
	pointers := uint64(max(len(argv), 1)+len(envp)) * wordSize
	if limit <= pointers {
		return linux.E2BIG
	}
	limit -= pointers

	total := uint64(len(execFn)) + 1
	for _, list := range [][]string{argv, envp} {
		for _, s := range list {
			if len(s) >= MaxArgStrlen {
				return linux.E2BIG
			}
			total += uint64(len(s)) + 1
		}
	}
	if len(argv) == 0 {
		total++
	}
	if total > limit {
		return linux.E2BIG
	}
	// The stack grows under its limit while the strings are copied; the first
	// page is there before (get_arg_page).
	if size := pageAlign(total + topBytes); size > linux.PAGE_SIZE && size > rlimitStack {
		return linux.E2BIG
	}
	return 0
}

// BuildStack makes the stack of a new program: the bytes from Layout.SP to
// Top. From the top down there are 8 zeros, the path, the environment and the
// arguments; then the platform's name, the random bytes and, at a multiple of
// 16, argc, the pointers and the auxiliary vector (create_elf_tables).
//
// Errors: E2BIG (see CheckArgs); ENOMEM, late (no room below Top).
func BuildStack(spec *StackSpec) ([]byte, Layout, linux.Errno) {
	argv := spec.Argv
	if e := CheckArgs(spec.ExecFn, argv, spec.Envp, spec.RlimitStack); e != 0 {
		return nil, Layout{}, e
	}
	if len(argv) == 0 {
		argv = []string{""}
	}

	// Sizes first, so that nothing below can wrap round: CheckArgs bounds all
	// but the vector, which is the caller's own.
	strings := uint64(len(spec.ExecFn)) + 1
	argSize, envSize := sizeOf(argv), sizeOf(spec.Envp)
	strings += argSize + envSize + topBytes
	words := uint64(1+len(argv)+1+len(spec.Envp)+1) + 2*uint64(len(spec.Auxv))
	most := strings + spec.Shift + uint64(len(platform)+1+randBytes) + words*wordSize + 32
	if spec.Top > TaskSize || spec.Top < most {
		return nil, Layout{}, linux.ENOMEM
	}

	var l Layout
	execAt := spec.Top - topBytes - uint64(len(spec.ExecFn)) - 1
	l.EnvEnd = execAt
	l.EnvStart = l.EnvEnd - envSize
	l.ArgEnd = l.EnvStart
	l.ArgStart = l.ArgEnd - argSize
	platformAt := (l.ArgStart-spec.Shift)&^15 - uint64(len(platform)) - 1
	randomAt := platformAt - randBytes
	l.SP = (randomAt - words*wordSize) &^ 15

	stack := make([]byte, spec.Top-l.SP)
	copy(stack[execAt-l.SP:], spec.ExecFn)
	copy(stack[platformAt-l.SP:], platform)
	copy(stack[randomAt-l.SP:], spec.Random[:])
	w := writer{stack: stack, base: l.SP}
	w.word(uint64(len(argv)))
	w.list(argv, l.ArgStart)
	w.list(spec.Envp, l.EnvStart)
	auxv := w.next
	for _, a := range spec.Auxv {
		switch a.Key {
		case linux.AT_RANDOM:
			a.Value = randomAt
		case linux.AT_EXECFN:
			a.Value = execAt
		case linux.AT_PLATFORM:
			a.Value = platformAt
		}
		w.word(a.Key)
		w.word(a.Value)
	}
	l.AuxvBytes = slices.Clone(stack[auxv:w.next])
	return stack, l, 0
}

// sizeOf is the length of strings in bytes with their NULs.
func sizeOf(list []string) (n uint64) {
	for _, s := range list {
		n += uint64(len(s)) + 1
	}
	return n
}

// writer fills the words at the low end of a stack.
type writer struct {
	stack []byte
	base  uint64 // address of stack[0]
	next  int    // where the next word goes
}

func (w *writer) word(v uint64) {
	le.PutUint64(w.stack[w.next:], v)
	w.next += wordSize
}

// list writes the pointers to strings, a null pointer, and the strings
// themselves at the address at.
func (w *writer) list(strings []string, at uint64) {
	for _, s := range strings {
		w.word(at)
		copy(w.stack[at-w.base:], s)
		at += uint64(len(s)) + 1
	}
	w.word(0)
}
