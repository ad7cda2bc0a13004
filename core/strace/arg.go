// Package strace prints system calls as strace(1) does, from the table of rows.
package strace

import "adyton.dev/adyton/core/linux"

// Kind is what an argument is: how it is printed, and how fuzzers make one.
type Kind uint8

// The kinds of arguments.
const (
	Int          Kind = iota + 1 // signed, 32 bits
	Long                         // signed, 64 bits
	Uint                         // unsigned
	Hex                          // unsigned, printed in hex
	Octal                        // a mode
	FD                           // a descriptor
	DirFD                        // a descriptor or AT_FDCWD
	Path                         // a NUL-terminated path
	String                       // another NUL-terminated string
	In                           // a buffer that is read, of LenArg bytes
	Out                          // a buffer that is written, of at most LenArg bytes; the result says how many
	Flags                        // bits of Flags
	Enum                         // one value of Flags
	Pointer                      // an address that is not looked behind
	Signal                       // a signal number
	SigSetIn                     // a signal set that is read
	SigSetOut                    // one that is written
	TimespecIn                   // struct timespec, read
	TimespecOut                  // struct timespec, written
	TimevalIn                    // struct timeval, read
	TimevalOut                   // struct timeval, written
	StatOut                      // struct stat
	SigActionIn                  // struct sigaction, read
	SigActionOut                 // struct sigaction, written
	IovecIn                      // iovec of LenArg, data read
	IovecOut                     // iovec of LenArg, data written
	PollFds                      // struct pollfd of LenArg
	Strings                      // a NULL-terminated array of strings: argv
	RlimitIn                     // struct rlimit, read
	RlimitOut                    // struct rlimit, written
	WaitStatus                   // an int that holds a wait status, written
	FDPair                       // int[2], written
	Sockaddr                     // struct sockaddr of LenArg bytes, read
	IntOut                       // an int, written
	OpenFlags                    // O_*
	MmapFlags                    // MAP_*
	CloneFlags                   // CLONE_*
	FutexOp                      // FUTEX_*
	DevNr                        // dev_t
)

// Arg describes one argument.
type Arg struct {
	Name string
	Kind Kind
	// Flags names the bits or values, for Flags and Enum.
	Flags []linux.Flag
	// LenArg is the index of the argument that holds the length.
	LenArg int
}
