package fuzz

import (
	"maps"
	"slices"

	"adyton.dev/adyton/core/linux"
)

// family is the calls that are drawn together.
type family struct {
	open  []string // what a program starts with
	calls []string // all that may be called: the whitelist
}

// Families lists the names of all families.
func Families() []string { return slices.Sorted(maps.Keys(families)) }

var families = map[string]family{
	"fs": {
		open: []string{"open", "openat", "open", "memfd_create"},
		calls: []string{"open", "openat", "openat2", "creat", "stat", "lstat", "fstat", "newfstatat", "statx", "access", "faccessat",
			"faccessat2", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "link", "linkat",
			"symlink", "symlinkat", "readlink", "readlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir",
			"mkdirat", "rmdir", "mknod", "mknodat", "truncate", "ftruncate", "fallocate", "utimensat", "utimes", "utime", "futimesat",
			"chdir", "fchdir", "getcwd", "umask", "getdents64", "getdents", "statfs", "fstatfs",
			"setxattr", "lsetxattr", "fsetxattr", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
			"removexattr", "lremovexattr", "fremovexattr", "memfd_create", "close"},
	},
	"rw": {
		open: []string{"open", "openat", "open", "memfd_create", "pipe2", "eventfd2"},
		calls: []string{"open", "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2",
			"lseek", "dup", "dup2", "dup3", "fcntl", "ioctl", "close", "close_range", "ftruncate", "fallocate", "sendfile",
			"copy_file_range", "flock", "fsync", "fdatasync", "sync_file_range", "fadvise64", "readahead", "fstat", "memfd_create",
			"splice", "tee", "vmsplice", "pipe", "pipe2", "lstat"},
	},
	"mm": {
		open: []string{"mmap", "mmap", "open", "memfd_create"},
		calls: []string{"mmap", "mmap", "mprotect", "mremap", "munmap", "madvise", "msync", "mincore", "mlock", "munlock", "mlock2",
			"mlockall", "munlockall", "brk", "remap_file_pages", "load", "store", "probe", "ftruncate", "pkey_mprotect",
			"process_vm_readv", "shmget", "shmat", "shmdt", "memfd_create", "fcntl"},
	},
	"net": {
		open: []string{"socket", "socketpair", "socketpair", "socket"},
		calls: []string{"socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
			"recvfrom", "recvmsg", "recvmmsg", "getsockopt", "setsockopt", "shutdown", "getsockname", "getpeername", "read", "write",
			"poll", "ioctl", "close", "dup", "readv", "writev", "fcntl"},
	},
	"signal": {
		open: []string{"rt_sigaction", "rt_sigprocmask", "timer_create", "signalfd4", "timerfd_create", "child"},
		calls: []string{"rt_sigaction", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait", "kill", "tkill", "tgkill",
			"rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaltstack", "alarm", "setitimer", "getitimer", "timer_create", "timer_settime",
			"timer_gettime", "timer_getoverrun", "timer_delete", "timerfd_create", "timerfd_settime", "timerfd_gettime", "signalfd4",
			"signalfd", "clock_getres", "clock_gettime", "clock_nanosleep", "nanosleep", "read", "close", "pidfd_open",
			"pidfd_send_signal", "child", "ppoll"},
	},
	"poll": {
		open: []string{"epoll_create1", "eventfd2", "pipe2", "socketpair", "timerfd_create"},
		calls: []string{"epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll",
			"ppoll", "select", "pselect6", "eventfd2", "eventfd", "pipe2", "socketpair", "read", "write", "close", "timerfd_create",
			"timerfd_settime", "signalfd4", "dup", "shutdown", "fcntl", "open"},
	},
	"ipc": {
		open: []string{"shmget", "semget", "msgget", "mq_open"},
		calls: []string{"shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv",
			"msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_getsetattr", "mq_notify", "close", "fstat", "poll"},
	},
	"task": {
		open: []string{"child", "child", "child", "pidfd_open"},
		calls: []string{"getpid", "getppid", "getpgid", "getpgrp", "getsid", "setpgid", "setsid", "prlimit64", "getrlimit", "setrlimit", "prctl",
			"capget", "capset", "sched_getaffinity", "sched_setaffinity", "sched_getscheduler", "sched_setscheduler", "sched_getparam",
			"sched_setparam", "sched_getattr", "sched_setattr", "sched_get_priority_max", "sched_get_priority_min",
			"sched_rr_get_interval", "getpriority", "setpriority", "ioprio_get", "ioprio_set", "wait4", "waitid", "child", "kill",
			"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "getresuid", "getresgid", "setfsuid", "setfsgid",
			"getgroups", "setgroups", "getrusage", "times", "getcpu", "umask", "personality", "kcmp", "membarrier",
			"pidfd_open", "pidfd_getfd", "pidfd_send_signal", "getrandom", "uname", "sysinfo", "set_robust_list",
			"get_robust_list", "unshare", "getuid", "process_vm_readv", "process_vm_writev", "close", "poll", "get_mempolicy", "set_mempolicy"},
	},
}

// specs has what the rows do not say, family by family.
var specs = func() map[string]spec {
	all := map[string]spec{}
	for _, part := range []map[string]spec{fsSpecs, rwSpecs, mmSpecs, netSpecs, signalSpecs, pollSpecs, ipcSpecs, taskSpecs} {
		maps.Copy(all, part)
	}
	return all
}()

// one gives an argument that is one of some numbers, or an odd one.
func one(list ...uint64) argFn {
	return func(g *gen, _ *call) value {
		if g.odd() {
			return num(g.edge())
		}
		return num(list[g.r.IntN(len(list))])
	}
}

// just gives one of some numbers and nothing else.
func just(list ...uint64) argFn {
	return func(g *gen, _ *call) value { return num(list[g.r.IntN(len(list))]) }
}

// structIn is a pointer to what fn makes, structOut one to n bytes with masks.
func structIn(fn func(g *gen) []byte) argFn {
	return func(g *gen, _ *call) value { return g.in(fn(g)) }
}

func structOut(n int, masks ...mask) argFn {
	return func(g *gen, c *call) value {
		p := g.out(n)
		masked(c, p, masks...)
		return p
	}
}

// orNull is fn, or NULL.
func orNull(percent int, fn argFn) argFn {
	return func(g *gen, c *call) value {
		if g.chance(percent) {
			return num(0)
		}
		return fn(g, c)
	}
}

// statMasks: device, inode and times differ.
var statMasks = []mask{{'x', 0, 16}, {'x', 72, 48}, {'s', 0, 144}}

var openFlagBits = []uint64{linux.O_CREAT, linux.O_EXCL, linux.O_TRUNC, linux.O_APPEND, linux.O_NONBLOCK, linux.O_DIRECTORY, linux.O_NOFOLLOW,
	linux.O_CLOEXEC, linux.O_PATH, linux.O_TMPFILE, linux.O_DSYNC, linux.O_SYNC, linux.O_NOATIME, linux.O_NOCTTY, linux.O_LARGEFILE, linux.O_DIRECT}

func (g *gen) openFlags() value {
	v := pick[uint64](g, linux.O_RDONLY, linux.O_RDWR, linux.O_RDWR, linux.O_WRONLY)
	if g.calm {
		return num(v | linux.O_NONBLOCK | pick[uint64](g, 0, linux.O_CREAT, linux.O_APPEND, linux.O_CLOEXEC))
	}
	if !g.chance(3) {
		v |= linux.O_NONBLOCK // FIFOs
	}
	for range g.r.IntN(4) {
		v |= openFlagBits[g.r.IntN(len(openFlagBits))]
	}
	if g.odd() {
		v |= 3 | 1<<g.r.IntN(32)
	}
	return num(v)
}

func ids(own ...uint64) argFn {
	return func(g *gen, _ *call) value {
		if g.m.one {
			return num(pick[uint64](g, 1000, 1000, ^uint64(0), 1<<32-1))
		}
		return num(append(own, 1000, 0, 1001, ^uint64(0), 1<<32-1)[g.r.IntN(len(own)+5)])
	}
}

// xattrName is one, mostly of the user's.
func xattrName(g *gen, _ *call) value {
	return g.in(append([]byte(pick(g, "user.a", "user.a", "user.b", "user.", "user", "trusted.a", "security.a", "system.a", "", ".a", "bad.a",
		"user."+string(g.bytes(250)), "user."+string(g.bytes(251)))), 0))
}

var fsSpecs = map[string]spec{
	"open":     {fd: true},
	"openat":   {fd: true},
	"creat":    {fd: true},
	"openat2":  {fd: true, args: map[int]argFn{2: structIn(openHow), 3: one(24, 24, 24, 24, 24, 24, 32, 16, 0, 4096, 4097)}},
	"chown":    {args: map[int]argFn{1: ids(), 2: ids()}},
	"lchown":   {args: map[int]argFn{1: ids(), 2: ids()}},
	"fchown":   {args: map[int]argFn{1: ids(), 2: ids()}},
	"fchownat": {args: map[int]argFn{2: ids(), 3: ids()}},
	"mknod":    {args: map[int]argFn{1: nodeMode, 2: just(0, 0, 0x103, 1)}},
	"mknodat":  {args: map[int]argFn{2: nodeMode, 3: just(0, 0, 0x103, 1)}},
	"statx":    {args: map[int]argFn{4: structOut(256, mask{'x', 40 - 8, 8}, mask{'x', 64, 64}, mask{'x', 136, 8}, mask{'x', 144, 8}, mask{'S', 0, 256})}},
	"utimensat": {args: map[int]argFn{2: orNull(20, structIn(func(g *gen) []byte {
		ns := func() uint64 { return pick[uint64](g, 0, 999999999, 1<<30-1, 1<<30-2, 1000000000, ^uint64(0)) }
		return words(g.seconds(), ns(), g.seconds(), ns())
	}))}},
	"utimes":    {args: map[int]argFn{1: orNull(20, structIn(timevals))}},
	"futimesat": {args: map[int]argFn{2: orNull(20, structIn(timevals))}},
	"utime":     {args: map[int]argFn{1: orNull(20, structIn(func(g *gen) []byte { return words(g.seconds(), g.seconds()) }))}},
	"getcwd":    {args: map[int]argFn{0: structOut(4096), 1: one(4096, 3, 2, 1, 0, 100)}},
	// d_ino and d_off of each entry differ: only the result and the order count.
	"getdents64":   {args: map[int]argFn{1: structOut(4096, mask{'x', 0, 16}), 2: one(4096, 24, 32, 48, 100, 0)}, after: noContents(1, 4096)},
	"getdents":     {args: map[int]argFn{1: structOut(4096), 2: one(4096, 24, 32, 48, 100, 0)}, after: noContents(1, 4096)},
	"statfs":       {args: map[int]argFn{1: structOut(120, mask{'x', 16, 72})}},
	"fstatfs":      {args: map[int]argFn{1: structOut(120, mask{'x', 16, 72})}},
	"setxattr":     {args: map[int]argFn{1: xattrName}},
	"lsetxattr":    {args: map[int]argFn{1: xattrName}},
	"fsetxattr":    {args: map[int]argFn{1: xattrName}},
	"getxattr":     {args: map[int]argFn{1: xattrName}},
	"lgetxattr":    {args: map[int]argFn{1: xattrName}},
	"fgetxattr":    {args: map[int]argFn{1: xattrName}},
	"removexattr":  {args: map[int]argFn{1: xattrName}},
	"lremovexattr": {args: map[int]argFn{1: xattrName}},
	"fremovexattr": {args: map[int]argFn{1: xattrName}},
	"memfd_create": {fd: true, args: map[int]argFn{0: func(g *gen, _ *call) value {
		return g.in(append(g.bytes(pick(g, 0, 1, 5, 249, 250)), 0))
	}}},
	"fallocate": {args: map[int]argFn{1: one(0, 0, linux.FALLOC_FL_KEEP_SIZE, 3, 2, 16, 17, 8, 32, 64), 2: fileRange, 3: fileRange}},
	"truncate":  {args: map[int]argFn{1: fileRange}},
	"ftruncate": {args: map[int]argFn{1: fileRange}},
	"umask":     {args: map[int]argFn{0: one(0, 0o22, 0o77, 0o777, 0o1777)}},
}

// noContents leaves a buffer out of the comparing.
func noContents(arg, n int) func(c *call) {
	return func(c *call) { masked(c, c.Args[arg], mask{'x', 0, n}) }
}

// fileRange is an offset that does not fill the file system.
func fileRange(g *gen, _ *call) value {
	if g.odd() {
		return num(pick[uint64](g, ^uint64(0), 1<<63-1, 1<<63, 1<<40, 16<<20+1, 1<<63-4096))
	}
	return num(pick[uint64](g, 0, 1, 100, 4095, 4096, 4097, 5000, 8192, 65536, 1<<20))
}

func (g *gen) seconds() uint64 { return pick[uint64](g, 0, 1, 1000000000, ^uint64(0), 1<<33) }

func timevals(g *gen) []byte {
	us := func() uint64 { return pick[uint64](g, 0, 999999, 1000000, ^uint64(0)) }
	return words(g.seconds(), us(), g.seconds(), us())
}

func openHow(g *gen) []byte {
	fl := g.openFlags().V
	mode := uint64(0)
	if fl&(linux.O_CREAT|linux.O_TMPFILE&^linux.O_DIRECTORY) != 0 || g.chance(10) {
		mode = g.mode().V
	}
	resolve := uint64(0)
	if g.chance(40) {
		resolve = 1 << g.r.IntN(7)
	}
	if fl == 0 || g.chance(80) {
		fl &^= linux.O_LARGEFILE
	}
	return words(fl, mode, resolve, 0)
}

func nodeMode(g *gen, c *call) value {
	return num(g.mode().V&0o7777 | pick[uint64](g, 0, linux.S_IFREG, linux.S_IFIFO, linux.S_IFSOCK, linux.S_IFCHR, linux.S_IFBLK, linux.S_IFDIR, linux.S_IFLNK, 0o170000))
}

// fcntlCmds are those that are compared; locks never wait.
var fcntlCmds = []uint64{linux.F_DUPFD, linux.F_DUPFD_CLOEXEC, linux.F_GETFD, linux.F_SETFD, linux.F_GETFL, linux.F_SETFL, linux.F_GETLK,
	linux.F_SETLK, linux.F_OFD_GETLK, linux.F_OFD_SETLK, linux.F_GETOWN, linux.F_SETOWN, linux.F_GETSIG, linux.F_SETSIG,
	linux.F_GETPIPE_SZ, linux.F_SETPIPE_SZ, linux.F_ADD_SEALS, linux.F_GET_SEALS, linux.F_GETLEASE, linux.F_SETLEASE, 15, 16, 99}

func fcntlArg(g *gen, c *call) value {
	switch c.Args[1].V {
	case linux.F_GETLK, linux.F_SETLK, linux.F_OFD_GETLK, linux.F_OFD_SETLK:
		b := append(ints(uint32(pick[uint64](g, 0, 1, 2, 3))|uint32(pick[uint64](g, 0, 0, 1, 2, 3))<<16, 0),
			words(g.lockAt(), g.lockAt(), pick[uint64](g, 0, 0, 0, 0, 5))...)
		p := g.in(b)
		masked(c, p, mask{'d', 24, 4})
		return p
	case linux.F_SETFL:
		v := uint64(0)
		for range g.r.IntN(3) {
			v |= pick[uint64](g, linux.O_APPEND, linux.O_NONBLOCK, linux.O_ASYNC, linux.O_DIRECT, linux.O_NOATIME, linux.O_CREAT, 1, 2)
		}
		return num(v | linux.O_NONBLOCK)
	case linux.F_SETOWN:
		return pick(g, value{Kind: 's'}, value{Kind: 'q'}, num(0), num(999999), num(1<<31))
	case 15, 16: // F_SETOWN_EX, F_GETOWN_EX
		p := g.in(ints(pick[uint32](g, 0, 1, 2, 3), 0))
		if c.Args[1].V == 16 {
			masked(c, p, mask{'d', 4, 4})
		}
		return p
	case linux.F_SETPIPE_SZ:
		return num(pick[uint64](g, 0, 1, 4096, 4097, 65536, 1<<20, 1<<20+1, 1<<31))
	case linux.F_ADD_SEALS:
		return num(pick[uint64](g, 0, 1, 2, 4, 8, 16, 32, 64, 31))
	case linux.F_SETLEASE:
		return num(pick[uint64](g, 0, 1, 2, 3))
	case linux.F_SETSIG:
		return g.signo()
	}
	return one(0, 1, 5, 20, 127, 128)(g, c)
}

func (g *gen) lockAt() uint64 {
	return pick[uint64](g, 0, 1, 10, 4096, ^uint64(0), ^uint64(9), 1<<63-1, 1<<63)
}

func fcntlCmd(g *gen, c *call) value { return num(fcntlCmds[g.r.IntN(len(fcntlCmds))]) }

var rwSpecs = map[string]spec{
	"fcntl": {args: map[int]argFn{1: fcntlCmd, 2: fcntlArg}, fd: true},
	"ioctl": {args: map[int]argFn{1: just(linux.FIONREAD, linux.FIONBIO, linux.FIOCLEX, linux.FIONCLEX, linux.FIOASYNC, linux.TCGETS, linux.TIOCGWINSZ, 0x8907, 0x5411, 0x12345, 0x890b, 0x1),
		2: orNull(10, structIn(func(g *gen) []byte { return ints(pick[uint32](g, 0, 1), 0, 0, 0, 0, 0, 0, 0, 0) }))}},
	"dup":             {fd: true},
	"dup2":            {fd: true, args: map[int]argFn{1: newFD}},
	"dup3":            {fd: true, args: map[int]argFn{1: newFD, 2: one(0, linux.O_CLOEXEC, linux.O_NONBLOCK)}},
	"close_range":     {args: map[int]argFn{0: newFD, 1: newFD, 2: one(0, 4, 4, 2)}},
	"lseek":           {args: map[int]argFn{2: one(0, 1, 2, 3, 4, 5)}},
	"sendfile":        {args: map[int]argFn{2: offsetPointer, 3: one(0, 1, 100, 5000, 70000)}},
	"copy_file_range": {args: map[int]argFn{1: offsetPointer, 3: offsetPointer, 4: one(0, 1, 100, 5000, 70000), 5: one(0, 0, 0, 0, 0, 1)}},
	"splice":          {args: map[int]argFn{1: offsetPointer, 3: offsetPointer, 4: one(0, 1, 100, 5000, 70000), 5: just(2, 3, 6, 10)}},
	"tee":             {args: map[int]argFn{2: one(0, 1, 100, 5000, 70000), 3: just(2, 3, 6, 10)}},
	"vmsplice":        {args: map[int]argFn{3: just(2, 3, 6, 10)}},
	"preadv2":         {args: map[int]argFn{3: orMinus1, 4: just(0)}},
	"pwritev2":        {args: map[int]argFn{3: orMinus1, 4: just(0)}},
	"preadv":          {args: map[int]argFn{4: just(0)}},
	"pwritev":         {args: map[int]argFn{4: just(0)}},
	"flock":           {args: map[int]argFn{1: one(5, 6, 8, 4, 12, 13, 7, 36)}},
	"sync_file_range": {args: map[int]argFn{1: fileRange, 2: fileRange}},
	"pipe2":           {args: map[int]argFn{1: one(linux.O_NONBLOCK, linux.O_NONBLOCK|linux.O_CLOEXEC, linux.O_NONBLOCK|linux.O_DIRECT)}},
}

func orMinus1(g *gen, c *call) value {
	if g.chance(20) {
		return num(^uint64(0))
	}
	return g.offset()
}

func newFD(g *gen, c *call) value {
	if g.odd() {
		return num(pick[uint64](g, ^uint64(0), 1<<31, 127, 128, 129))
	}
	return num(uint64(g.r.IntN(12)))
}

func offsetPointer(g *gen, c *call) value {
	if g.chance(50) {
		return num(0)
	}
	return g.in(words(g.offset().V))
}
