// Package bench has the programs that `adyton bench` times, natively and under
// Adyton, in turn.
package bench

import _ "embed"

// Source is a C program: `bench NAME` runs one piece of work for a while and
// prints the median cost of one operation in ns.
//
//go:embed c/bench.c
var Source []byte

// Work is one row of the table.
type Work struct {
	// Name is the program's argument, What says it in words.
	Name, What string
	// Floor is the ratio to native that is asked at most; 0 for none.
	Floor float64
}

// Works are the rows, in the order in which they are printed.
var Works = []Work{
	{"getpid", "getpid as a system call", 0.2},
	{"clock", "clock_gettime by libc", 1.2},
	{"getppid", "getppid, handed over", 1},
	{"fstat", "fstat", 1},
	{"read64", "read of 64 B, cached file", 1},
	{"read4k", "read of 4 KiB, cached file", 0},
	{"write64", "write of 64 B to /dev/null", 0},
	{"stat", "stat of a cached path", 0},
	{"open", "open and close of a cached path", 0},
	{"signal", "signal to self", 1},
	{"pipe", "pipe ping-pong of two processes", 2},
	{"futex", "futex ping-pong of two threads", 0},
	{"thread", "pthread_create and join", 0},
	{"fork", "fork, exit, wait", 4},
	{"spawn", "vfork, exec of a static program, wait", 1.5},
	{"mmap", "mmap, touch, munmap of 1 MiB", 0},
	{"threads8", "getppid by 8 threads, per call", 0},
}
