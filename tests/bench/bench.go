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
	// AtMost is the ratio to native that is aimed at; 0 for none.
	AtMost float64
	// Script does the work instead of the C program: bash functions once, the
	// operation, and setup, which is not timed. See Program.
	Script *Script
}

// Calls are the rows of single calls and small mechanisms, in the order in
// which they are printed.
var Calls = []Work{
	{Name: "getpid", What: "getpid as a system call", AtMost: 0.1},
	{Name: "getuid", What: "getuid as a system call", AtMost: 0.1},
	{Name: "clockcall", What: "clock_gettime as a system call", AtMost: 0.1},
	{Name: "clock", What: "clock_gettime by libc", AtMost: 1.2},
	{Name: "getppid", What: "getppid, handed over", AtMost: 0.6},
	{Name: "fstat", What: "fstat", AtMost: 0.6},
	{Name: "lseek", What: "lseek", AtMost: 0.6},
	{Name: "read64", What: "read of 64 B, cached file", AtMost: 0.8},
	{Name: "read4k", What: "read of 4 KiB, cached file", AtMost: 0.8},
	{Name: "zero4k", What: "read of 4 KiB, /dev/zero", AtMost: 0.8},
	{Name: "write64", What: "write of 64 B to /dev/null", AtMost: 0.8},
	{Name: "write4k", What: "write of 4 KiB, cached file", AtMost: 0.8},
	{Name: "stat", What: "stat of a cached path", AtMost: 1.2},
	{Name: "open", What: "open and close of a cached path", AtMost: 1.2},
	{Name: "signal", What: "signal to self", AtMost: 0.5},
	{Name: "tgkill", What: "signal to a thread in futex, until it is handled", AtMost: 2.5},
	{Name: "pipe", What: "pipe ping-pong of two processes", AtMost: 1.3},
	{Name: "pipebusy", What: "the same with a computing neighbour", AtMost: 2.5},
	{Name: "unix", What: "AF_UNIX ping-pong of two processes", AtMost: 1.3},
	{Name: "futex", What: "futex ping-pong of two threads", AtMost: 1.3},
	{Name: "futexbusy", What: "the same with a computing neighbour", AtMost: 2.5},
	{Name: "thread", What: "pthread_create and join", AtMost: 2},
	{Name: "fork", What: "fork, exit, wait", AtMost: 2},
	{Name: "spawn", What: "vfork, exec of a static program, wait", AtMost: 0.8},
	{Name: "spawntrue", What: "posix_spawn of /bin/true, wait", AtMost: 1.1},
	{Name: "mmap", What: "mmap, touch, munmap of 1 MiB", AtMost: 1},
	{Name: "mmap64", What: "mmap, touch, munmap of 64 MiB", AtMost: 0.3},
	{Name: "threads8", What: "getppid by 8 threads, per call"},
}
