package linux

// Flags of open(2): the access mode in the low two bits, then creation and
// status flags (asm-generic/fcntl.h). O_LARGEFILE is the kernel's value; the
// libc of amd64 says 0 because open sets it by itself.
const (
	O_ACCMODE   = 03
	O_RDONLY    = 0
	O_WRONLY    = 01
	O_RDWR      = 02
	O_CREAT     = 0100
	O_EXCL      = 0200
	O_NOCTTY    = 0400
	O_TRUNC     = 01000
	O_APPEND    = 02000
	O_NONBLOCK  = 04000
	O_DSYNC     = 010000
	O_DIRECT    = 040000
	O_LARGEFILE = 0100000
	O_DIRECTORY = 0200000
	O_NOFOLLOW  = 0400000
	O_NOATIME   = 01000000
	O_CLOEXEC   = 02000000
	O_SYNC      = 04010000
	O_PATH      = 010000000
	O_TMPFILE   = 020200000
	O_ASYNC     = 020000 // FASYNC in the kernel
)

// Resolve flags of openat2(2) (linux/openat2.h).
const (
	RESOLVE_NO_XDEV       = 0x1
	RESOLVE_NO_MAGICLINKS = 0x2
	RESOLVE_NO_SYMLINKS   = 0x4
	RESOLVE_BENEATH       = 0x8
	RESOLVE_IN_ROOT       = 0x10
	RESOLVE_CACHED        = 0x20
)

// Flags of close_range(2).
const (
	CLOSE_RANGE_UNSHARE = 0x2
	CLOSE_RANGE_CLOEXEC = 0x4
)

// Length limits of names and vectors (linux/limits.h, linux/uio.h). PATH_MAX
// counts the ending NUL.
const (
	NAME_MAX     = 255
	PATH_MAX     = 4096
	PIPE_BUF     = 4096
	ARG_MAX      = 131072
	NGROUPS_MAX  = 65536
	UIO_MAXIOV   = 1024
	MAX_RW_COUNT = 2147479552 // most bytes that one read or write moves (linux/fs.h)
)
