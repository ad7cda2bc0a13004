package linux

// Commands of fcntl(2) (asm-generic/fcntl.h, linux/fcntl.h).
const (
	F_DUPFD               = 0
	F_GETFD               = 1
	F_SETFD               = 2
	F_GETFL               = 3
	F_SETFL               = 4
	F_GETLK               = 5
	F_SETLK               = 6
	F_SETLKW              = 7
	F_SETOWN              = 8
	F_GETOWN              = 9
	F_SETSIG              = 10
	F_GETSIG              = 11
	F_SETOWN_EX           = 15
	F_GETOWN_EX           = 16
	F_GETOWNER_UIDS       = 17
	F_OFD_GETLK           = 36
	F_OFD_SETLK           = 37
	F_OFD_SETLKW          = 38
	F_SETLEASE            = 1024
	F_GETLEASE            = 1025
	F_CANCELLK            = 1029
	F_DUPFD_CLOEXEC       = 1030
	F_NOTIFY              = 1026
	F_SETPIPE_SZ          = 1031
	F_GETPIPE_SZ          = 1032
	F_ADD_SEALS           = 1033
	F_GET_SEALS           = 1034
	F_GET_RW_HINT         = 1035
	F_SET_RW_HINT         = 1036
	F_GET_FILE_RW_HINT    = 1037
	F_SET_FILE_RW_HINT    = 1038
	F_LINUX_SPECIFIC_BASE = 1024
	F_DUPFD_QUERY         = 1027
	F_CREATED_QUERY       = 1028
)

// Lock types of struct flock, owner types of F_SETOWN_EX, and FD_CLOEXEC.
const (
	F_OWNER_TID  = 0
	F_OWNER_PID  = 1
	F_OWNER_PGRP = 2
	FD_CLOEXEC   = 1
	F_RDLCK      = 0
	F_WRLCK      = 1
	F_UNLCK      = 2
	F_EXLCK      = 4
	F_SHLCK      = 8
)

// Seals of F_ADD_SEALS.
const (
	F_SEAL_SEAL         = 0x1
	F_SEAL_SHRINK       = 0x2
	F_SEAL_GROW         = 0x4
	F_SEAL_WRITE        = 0x8
	F_SEAL_FUTURE_WRITE = 0x10
	F_SEAL_EXEC         = 0x20
)

// Operations of flock(2).
const (
	LOCK_SH = 1
	LOCK_EX = 2
	LOCK_NB = 4
	LOCK_UN = 8
)

// RWH_WRITE_LIFE_EXTREME is the largest hint of F_SET_RW_HINT.
const RWH_WRITE_LIFE_EXTREME = 5

// Events of F_NOTIFY (dnotify).
const (
	DN_ACCESS    = 0x1
	DN_MODIFY    = 0x2
	DN_CREATE    = 0x4
	DN_DELETE    = 0x8
	DN_RENAME    = 0x10
	DN_ATTRIB    = 0x20
	DN_MULTISHOT = 0x80000000
)

// Modes of fallocate(2).
const (
	FALLOC_FL_KEEP_SIZE      = 0x1
	FALLOC_FL_PUNCH_HOLE     = 0x2
	FALLOC_FL_NO_HIDE_STALE  = 0x4
	FALLOC_FL_COLLAPSE_RANGE = 0x8
	FALLOC_FL_ZERO_RANGE     = 0x10
	FALLOC_FL_INSERT_RANGE   = 0x20
	FALLOC_FL_UNSHARE_RANGE  = 0x40
)

// Advice of posix_fadvise(2).
const (
	POSIX_FADV_NORMAL     = 0
	POSIX_FADV_RANDOM     = 1
	POSIX_FADV_SEQUENTIAL = 2
	POSIX_FADV_WILLNEED   = 3
	POSIX_FADV_DONTNEED   = 4
	POSIX_FADV_NOREUSE    = 5
)

// Flags of splice(2), tee(2) and vmsplice(2).
const (
	SPLICE_F_MOVE     = 0x1
	SPLICE_F_NONBLOCK = 0x2
	SPLICE_F_MORE     = 0x4
	SPLICE_F_GIFT     = 0x8
)

// Flags of sync_file_range(2).
const (
	SYNC_FILE_RANGE_WAIT_BEFORE    = 0x1
	SYNC_FILE_RANGE_WRITE          = 0x2
	SYNC_FILE_RANGE_WAIT_AFTER     = 0x4
	SYNC_FILE_RANGE_WRITE_AND_WAIT = 0x7
)

// Flags of preadv2(2) and pwritev2(2).
const (
	RWF_HIPRI     = 0x1
	RWF_DSYNC     = 0x2
	RWF_SYNC      = 0x4
	RWF_NOWAIT    = 0x8
	RWF_APPEND    = 0x10
	RWF_NOAPPEND  = 0x20
	RWF_ATOMIC    = 0x40
	RWF_DONTCACHE = 0x80
)
