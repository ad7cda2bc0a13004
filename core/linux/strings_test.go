package linux

import "testing"

// TestNamesMatchStrace holds arguments and what strace 6.1 printed for them on
// Linux; where that strace is older than a flag, the flag is left out.
func TestNamesMatchStrace(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{OpenFlagNames(O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | 0x40000000), "O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC|0x40000000"},
		{OpenFlagNames(3), "O_ACCMODE"},
		{OpenFlagNames(O_SYNC), "O_RDONLY|O_SYNC"},
		{OpenFlagNames(O_DSYNC), "O_RDONLY|O_DSYNC"},
		{OpenFlagNames(O_TMPFILE | O_RDWR), "O_RDWR|O_TMPFILE"},
		{OpenFlagNames(O_DIRECTORY), "O_RDONLY|O_DIRECTORY"},
		{OpenFlagNames(0x7ffffffc), "O_RDONLY|O_CREAT|O_EXCL|O_NOCTTY|O_TRUNC|O_APPEND|O_NONBLOCK|O_SYNC|O_DIRECT|" +
			"O_LARGEFILE|O_NOFOLLOW|O_NOATIME|O_CLOEXEC|O_PATH|O_TMPFILE|FASYNC|0x7f80003c"},
		{FlagNames(MmapProt, 0), "PROT_NONE"},
		{FlagNames(MmapProt, 0xffffffff), "PROT_READ|PROT_WRITE|PROT_EXEC|PROT_SEM|PROT_GROWSDOWN|PROT_GROWSUP|0xfcfffff0"},
		{MmapFlagNames(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), "MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE"},
		{MmapFlagNames(MAP_SHARED | 0x800000 | 21<<26), "MAP_SHARED|0x800000|21<<MAP_HUGE_SHIFT"},
		{MmapFlagNames(MAP_ANONYMOUS), "MAP_FILE|MAP_ANONYMOUS"},
		{MmapFlagNames(0xffffff7f), "0xf /* MAP_??? */|MAP_FIXED|MAP_ANONYMOUS|MAP_32BIT|MAP_NORESERVE|MAP_POPULATE|" +
			"MAP_NONBLOCK|MAP_GROWSDOWN|MAP_DENYWRITE|MAP_EXECUTABLE|MAP_LOCKED|MAP_STACK|MAP_HUGETLB|MAP_SYNC|" +
			"MAP_FIXED_NOREPLACE|0x3e00600|63<<MAP_HUGE_SHIFT"},
		{FlagNames(SigactionFlags, SA_RESTORER|SA_RESTART|SA_NODEFER), "SA_RESTORER|SA_RESTART|SA_NODEFER"},
		{FlagNames(SigactionFlags, SA_RESTORER|SA_ONSTACK|SA_RESTART|SA_SIGINFO), "SA_RESTORER|SA_ONSTACK|SA_RESTART|SA_SIGINFO"},
		{FlagNames(PollEvents, POLLIN|POLLERR|0x4000), "POLLIN|POLLERR|0x4000"},
		{FlagNames(WaitOptions, WNOHANG|WALL|0x10), "WNOHANG|__WALL|0x10"},
		{FlagNames(WaitOptions, 0), "0"},
		{FlagNames(AccessFlags, R_OK|W_OK), "R_OK|W_OK"},
		{FlagNames(AccessFlags, 0), "F_OK"},
		{ValueName(SeekWhence, SEEK_DATA), "SEEK_DATA"},
		{ValueName(SeekWhence, 77), "0x4d /* SEEK_??? */"},
		{FutexOpName(FUTEX_WAIT | FUTEX_PRIVATE_FLAG), "FUTEX_WAIT_PRIVATE"},
		{FutexOpName(0x189), "FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME"},
		{FutexOpName(0x37), "0x37 /* FUTEX_??? */"},
		{FutexOpName(0x1ff), "0x1ff /* FUTEX_??? */"},
		{ValueName(FcntlCmds, 77), "0x4d /* F_??? */"},
		{ValueName(FcntlCmds, F_DUPFD_CLOEXEC), "F_DUPFD_CLOEXEC"},
		{ValueName(MadviseAdvice, 77), "0x4d /* MADV_??? */"},
		{CloneFlagNames(CLONE_THREAD | 0x80), "CLONE_THREAD|128"},
		{CloneFlagNames(0x01200011), "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD"},
		{CloneFlagNames(SIGCHLD), "SIGCHLD"},
		{FlagNames(UnshareFlags, CLONE_NEWNS|CLONE_NEWTIME), "CLONE_NEWTIME|CLONE_NEWNS"},
		{FlagNames(MsgFlags, MSG_PEEK|MSG_DONTWAIT), "MSG_PEEK|MSG_DONTWAIT"},
		{FlagNames(MsgFlags, 0), "0"},
		{SocketTypeNames(SOCK_STREAM | SOCK_CLOEXEC), "SOCK_STREAM|SOCK_CLOEXEC"},
		{SocketTypeNames(SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK), "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK"},
		{SocketTypeNames(77), "0x4d /* SOCK_??? */"},
		{SocketTypeNames(0xffffffff), "SOCK_CLOEXEC|SOCK_NONBLOCK|0xfff7f7ff"},
		{ValueName(AddressFamilies, AF_UNIX), "AF_UNIX"},
		{ValueName(AddressFamilies, 77), "0x4d /* AF_??? */"},
		{FlagNames(AtFlags, AT_EMPTY_PATH|AT_SYMLINK_NOFOLLOW), "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH"},
		{FlagNames(AtFlags, 0xffffffff), "AT_SYMLINK_NOFOLLOW|AT_REMOVEDIR|AT_SYMLINK_FOLLOW|AT_NO_AUTOMOUNT|AT_EMPTY_PATH|AT_RECURSIVE|0xffff60ff"},
		{FlagNames(StatxAtFlags, 0), "AT_STATX_SYNC_AS_STAT"},
		{FlagNames(StatxAtFlags, AT_STATX_DONT_SYNC|AT_SYMLINK_NOFOLLOW), "AT_STATX_DONT_SYNC|AT_SYMLINK_NOFOLLOW"},
		{FlagNames(StatxMask, STATX_ALL), "STATX_ALL"},
		{FlagNames(StatxMask, STATX_BASIC_STATS), "STATX_BASIC_STATS"},
		{FlagNames(StatxMask, STATX_ATIME), "STATX_ATIME"},
		{FlagNames(EpollEvents, EPOLLIN|EPOLLET|EPOLLONESHOT), "EPOLLIN|EPOLLONESHOT|EPOLLET"},
		{ValueName(EpollOps, 9), "0x9 /* EPOLL_CTL_??? */"},
		{ValueName(Clocks, 77), "0x4d /* CLOCK_??? */"},
		{ValueName(RlimitNames, 99), "0x63 /* RLIMIT_??? */"},
		{ValueName(RusageWho, 0xffffffff), "RUSAGE_CHILDREN"},
		{ValueName(PrctlOps, 0x1e61), "0x1e61 /* PR_??? */"},
		{ValueName(PrctlOps, PR_SET_NAME), "PR_SET_NAME"},
		{ValueName(PrctlOps, PR_SET_NO_NEW_PRIVS), "PR_SET_NO_NEW_PRIVS"},
		{ValueName(PrctlOps, PR_CAP_AMBIENT), "PR_CAP_AMBIENT"},
		{ValueName(PrctlOps, PR_SET_PDEATHSIG), "PR_SET_PDEATHSIG"},
		{ValueName(ArchPrctlOps, 0x1234), "0x1234 /* ARCH_??? */"},
		{FlagNames(FlockOps, LOCK_EX|LOCK_NB), "LOCK_EX|LOCK_NB"},
		{FlagNames(MemfdFlags, MFD_CLOEXEC|MFD_ALLOW_SEALING|0x1000), "MFD_CLOEXEC|MFD_ALLOW_SEALING|0x1000"},
		{FlagNames(RenameFlags, 3), "RENAME_NOREPLACE|RENAME_EXCHANGE"},
		{FlagNames(MsyncFlags, 0xffffffff), "MS_SYNC|MS_ASYNC|MS_INVALIDATE|0xfffffff8"},
		{ModeString(S_IFIFO | 0644), "S_IFIFO|0644"},
		{ModeString(0160777), "0160777"},
		{ModeString(04755), "04755"},
		{ModeString(022), "022"},
		{ModeString(0), "000"},
		{FlagNames(MountFlags, MS_BIND|MS_REC|MS_RDONLY), "MS_RDONLY|MS_BIND|MS_REC"},
		{FlagNames(InotifyEvents, 0x8ff1000|IN_CLOSE_WRITE|IN_ISDIR), "IN_CLOSE_WRITE|IN_ISDIR|0x8ff1000"},
		{FlagNames(FallocateModes, 3), "FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE"},
		{IpcFlagNames(SemgetFlags, 0xffffffff), "IPC_CREAT|IPC_EXCL|IPC_NOWAIT|0xfffff000|0777"},
		{FlagNames(ShmatFlags, 0xffffffff), "SHM_RDONLY|SHM_RND|SHM_REMAP|SHM_EXEC|0xffff0fff"},
		{FlagNames(MsgsndFlags, 0xffffffff), "MSG_NOERROR|MSG_EXCEPT|MSG_COPY|IPC_NOWAIT|0xffff87ff"},
		{ValueName(SemctlCmds, SETVAL), "SETVAL"},
		{ValueName(IoctlNames, TIOCGWINSZ), "TIOCGWINSZ"},
		{ValueName(IoctlNames, FIOSETOWN), "FIOSETOWN"},
		{SockoptName(SOL_SOCKET, 77), "SO_PEERPIDFD"}, // strace 6.1 does not know it yet
		{SockoptName(SOL_IP, 1), "IP_TOS"},
		{SockoptName(SOL_IPV6, 26), "IPV6_V6ONLY"},
		{SockoptName(SOL_TCP, 1), "TCP_NODELAY"},
		{SockoptName(555, 26), "26"},
		{FlagNames(SecureBits, 3), "SECBIT_NOROOT|SECBIT_NOROOT_LOCKED"},
		{FlagNames(PtraceOptions, 0xffffffff), "PTRACE_O_TRACESYSGOOD|PTRACE_O_TRACEFORK|PTRACE_O_TRACEVFORK|" +
			"PTRACE_O_TRACECLONE|PTRACE_O_TRACEEXEC|PTRACE_O_TRACEVFORKDONE|PTRACE_O_TRACEEXIT|" +
			"PTRACE_O_TRACESECCOMP|PTRACE_O_EXITKILL|PTRACE_O_SUSPEND_SECCOMP|0xffcfff00"},
		{SiCodeName(SIGSEGV, SEGV_MAPERR), "SEGV_MAPERR"},
		{SiCodeName(SIGCHLD, CLD_EXITED), "CLD_EXITED"},
		{SiCodeName(SIGTERM, SI_TKILL), "SI_TKILL"},
		{SiCodeName(SIGSEGV, SI_KERNEL), "SI_KERNEL"},
		{ValueName(Capabilities, CAP_NET_BIND_SERVICE), "CAP_NET_BIND_SERVICE"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

// TestNoValueHasTwoNames keeps the tables of plain values from hiding an entry
// behind an alias.
func TestNoValueHasTwoNames(t *testing.T) {
	for name, table := range map[string][]Flag{
		"FcntlCmds": FcntlCmds, "MadviseAdvice": MadviseAdvice, "FutexOps": FutexOps, "PrctlOps": PrctlOps,
		"ArchPrctlOps": ArchPrctlOps, "Clocks": Clocks, "RlimitNames": RlimitNames, "IoctlNames": IoctlNames,
		"AddressFamilies": AddressFamilies, "SocketTypes": SocketTypes, "SocketOptions": SocketOptions,
		"SocketLevels": SocketLevels, "IPOptions": IPOptions, "IPv6Options": IPv6Options, "TCPOptions": TCPOptions,
		"IPProtocols": IPProtocols, "Capabilities": Capabilities, "PtraceRequests": PtraceRequests,
		"SemctlCmds": SemctlCmds, "ShmctlCmds": ShmctlCmds, "MsgctlCmds": MsgctlCmds, "AuxvKeys": AuxvKeys,
		"KeyctlOps": KeyctlOps, "RebootCmds": RebootCmds, "SchedPolicies": SchedPolicies,
		"DirentTypes": DirentTypes, "FileTypes": FileTypes, "SeekWhence": SeekWhence,
	} {
		seen := map[uint64]string{}
		for _, f := range table {
			if other, ok := seen[f.Value]; ok {
				t.Errorf("%s: %s and %s are both %#x", name, other, f.Name, f.Value)
			}
			seen[f.Value] = f.Name
		}
	}
}
