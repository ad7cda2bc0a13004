package syscalls

import (
	"slices"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// Claims says what the core itself answers. The core enforces it like that of
// a subsystem.
var Claims = slices.Concat(fileClaims, taskClaims)

var fileClaims = []coverage.Claim{
	{Syscalls: []string{"fork", "vfork", "set_tid_address"}, Level: coverage.Full, Tests: []string{"conformance/fork"}},
	{
		Syscalls: []string{"clone", "clone3"}, Level: coverage.Partial,
		Flags: map[string]uint64{"flags": cloneFlags},
		Note:  "No namespaces, cgroups or ptrace.",
		Tests: []string{"conformance/fork"},
	},
	{
		Syscalls: []string{"execve", "execveat"}, Level: coverage.Full,
		Tests: []string{"conformance/exec"},
	},
	{Syscalls: []string{"exit", "exit_group", "wait4"}, Level: coverage.Full, Tests: []string{"conformance/wait", "conformance/core"}},
	{Syscalls: []string{"waitid"}, Level: coverage.Full, Tests: []string{"conformance/wait"}},
	{
		Syscalls: []string{"futex"}, Level: coverage.Partial,
		Note:  "Waiters of a PI lock are ordered by priority, but lend it to nobody; FUTEX_WAKE does not refuse them.",
		Tests: []string{"conformance/futex"},
	},
	{
		Syscalls: []string{"futex_waitv", "futex_wake", "futex_wait", "futex_requeue"}, Level: coverage.Full,
		Note:  "Where the host's kernel has them; else ENOSYS.",
		Tests: []string{"conformance/futex"},
	},
	{
		Syscalls: []string{"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getpgrp", "getpgid", "getsid", "setpgid", "setsid"},
		Level:    coverage.Full,
		Tests:    []string{"conformance/ident"},
	},
	{
		Syscalls: []string{"arch_prctl"}, Level: coverage.Partial,
		Values: map[string][]uint64{"code": {linux.ARCH_SET_FS, linux.ARCH_GET_FS, linux.ARCH_GET_CPUID, linux.ARCH_SET_CPUID}},
		Note:   "GS belongs to the platform; CPUID cannot be made to fault.",
		Tests:  []string{"conformance/misc"},
	},
	{Syscalls: []string{"set_robust_list"}, Level: coverage.Full, Tests: []string{"conformance/futex"}},
	{Syscalls: []string{"sched_yield"}, Level: coverage.Full, Tests: []string{"conformance/limits"}},
	{
		Syscalls: []string{"close", "close_range", "dup", "dup2", "dup3", "umask"},
		Level:    coverage.Full,
		Tests:    []string{"conformance/dup"},
	},
	{
		Syscalls: []string{"fcntl"}, Level: coverage.Full,
		Tests: []string{"conformance/dup", "conformance/lock", "conformance/dnotify"},
	},
	{
		Syscalls: []string{"poll", "ppoll", "select", "pselect6"},
		Level:    coverage.Full,
		Tests:    []string{"conformance/poll"},
	},
	{
		Syscalls: []string{"epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"},
		Level:    coverage.Full,
		Tests:    []string{"conformance/epoll"},
	},
}
