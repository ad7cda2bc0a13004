// Package syscalls decodes system calls: a table of rows, and a handler beside
// each. A handler copies in, calls one subsystem once and copies out; policy
// lives in the subsystem.
//
// Handlers run under the leader's token. They wait only through core/wait.
package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
)

// Owner is who answers a call.
type Owner uint8

// The owners.
const (
	Core Owner = iota
	FS
	MM
	Signal
	IPC
)

var ownerNames = [...]string{"core", "fs", "mm", "signal", "ipc"}

// String gives the subsystem's name.
func (o Owner) String() string { return ownerNames[o] }

// Handler answers one call: the value for the result register, or an errno.
type Handler func(*Call) (int64, linux.Errno)

// Row is all that is known of a system call: strace, coverage and fuzzers read
// it too.
type Row struct {
	Name    string
	Owner   Owner
	Args    []strace.Arg
	Handler Handler
}

func args(a ...strace.Arg) []strace.Arg { return a }

func arg(name string, k strace.Kind) strace.Arg { return strace.Arg{Name: name, Kind: k} }

func fd(name string) strace.Arg      { return arg(name, strace.FD) }
func dirfd(name string) strace.Arg   { return arg(name, strace.DirFD) }
func path(name string) strace.Arg    { return arg(name, strace.Path) }
func str(name string) strace.Arg     { return arg(name, strace.String) }
func integer(name string) strace.Arg { return arg(name, strace.Int) }
func long(name string) strace.Arg    { return arg(name, strace.Long) }
func uinteger(name string) strace.Arg {
	return arg(name, strace.Uint)
}
func hex(name string) strace.Arg   { return arg(name, strace.Hex) }
func mode(name string) strace.Arg  { return arg(name, strace.Octal) }
func ptr(name string) strace.Arg   { return arg(name, strace.Pointer) }
func signo(name string) strace.Arg { return arg(name, strace.Signal) }
func kind(name string, k strace.Kind) strace.Arg {
	return arg(name, k)
}

// in and out are buffers whose length is argument n.
func in(name string, n int) strace.Arg {
	return strace.Arg{Name: name, Kind: strace.In, LenArg: n}
}
func out(name string, n int) strace.Arg {
	return strace.Arg{Name: name, Kind: strace.Out, LenArg: n}
}

// vec is an argument of kind k with its count in argument n.
func vec(name string, k strace.Kind, n int) strace.Arg {
	return strace.Arg{Name: name, Kind: k, LenArg: n}
}

func flags(name string, table []linux.Flag) strace.Arg {
	return strace.Arg{Name: name, Kind: strace.Flags, Flags: table}
}
func enum(name string, table []linux.Flag) strace.Arg {
	return strace.Arg{Name: name, Kind: strace.Enum, Flags: table}
}
