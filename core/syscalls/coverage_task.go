package syscalls

import (
	"slices"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// taskClaims are those of credentials, limits, scheduling, names and time.
var taskClaims = []coverage.Claim{
	{
		Syscalls: []string{"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "getresuid", "getresgid",
			"setfsuid", "setfsgid", "getgroups", "setgroups"},
		Level: coverage.Full,
		Tests: []string{"conformance/ident"},
	},
	{Syscalls: []string{"getrandom"}, Level: coverage.Full, Tests: []string{"conformance/misc"}},
	{
		Syscalls: []string{"prctl"}, Level: coverage.Partial,
		Values: map[string][]uint64{"option": prctlValues()},
		Note:   "Other operations give EINVAL. PR_SET_VMA_ANON_NAME is checked but shown nowhere.",
		Tests:  []string{"conformance/misc", "conformance/prctl"},
	},
	{Syscalls: []string{"prlimit64", "getrlimit", "setrlimit"}, Level: coverage.Full, Tests: []string{"conformance/limits"}},
	{
		Syscalls: []string{"getrusage", "times"}, Level: coverage.Partial,
		Note:  "What is system time is estimated from every 61st call. Waits in calls count as switches; other counters are 0.",
		Tests: []string{"conformance/limits"},
	},
	{
		Syscalls: []string{"sched_getaffinity", "sched_getscheduler", "sched_getparam", "sched_getattr", "sched_get_priority_max",
			"sched_get_priority_min", "getpriority", "ioprio_get"},
		Level: coverage.Full,
		Tests: []string{"conformance/limits", "conformance/task"},
	},
	{
		Syscalls: []string{"sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_rr_get_interval",
			"setpriority", "ioprio_set", "getcpu"},
		Level: coverage.Partial,
		Note:  "What is set can be read back and passes to children; the host schedules as it likes. No SCHED_EXT; SCHED_DEADLINE refuses no reservation for want of CPUs.",
		Tests: []string{"conformance/limits", "conformance/task"},
	},
	{Syscalls: []string{"uname", "sethostname", "setdomainname", "sysinfo"}, Level: coverage.Full, Tests: []string{"conformance/misc"}},
	{
		Syscalls: []string{"personality"}, Level: coverage.Partial,
		Note:  "Kept, inherited and shown. Of the flags, only ADDR_NO_RANDOMIZE has an effect.",
		Tests: []string{"conformance/misc"},
	},
	{
		Syscalls: []string{"pidfd_send_signal", "pidfd_getfd"}, Level: coverage.Full,
		Tests: []string{"conformance/task", "conformance/pidfd"},
	},
	{
		Syscalls: []string{"pidfd_open"}, Level: coverage.Full,
		Flags: map[string]uint64{"flags": linux.O_NONBLOCK | linux.PIDFD_THREAD},
		Tests: []string{"conformance/task", "conformance/pidfd"},
	},
	{
		Syscalls: []string{"add_key", "request_key"}, Level: coverage.Partial,
		Note:  "Types keyring, user, logon and big_key. No program makes keys on demand: with callout information, request_key leaves a negative key.",
		Tests: []string{"conformance/keys"},
	},
	{
		Syscalls: []string{"keyctl"}, Level: coverage.Partial,
		Note:  "No keys made for others, persistent keyrings, public keys, key watches and restrictions by type; /proc/keys is not there.",
		Tests: []string{"conformance/keys"},
	},
	{Syscalls: []string{"capget", "capset"}, Level: coverage.Full, Tests: []string{"conformance/ident"}},
	{Syscalls: []string{"get_robust_list"}, Level: coverage.Full, Tests: []string{"conformance/futex"}},
	{
		Syscalls: []string{"kcmp"}, Level: coverage.Partial,
		Values: map[string][]uint64{"type": {linux.KCMP_FILE, linux.KCMP_VM, linux.KCMP_FILES, linux.KCMP_FS, linux.KCMP_SIGHAND,
			linux.KCMP_IO, linux.KCMP_SYSVSEM, linux.KCMP_EPOLL_TFD}},
		Note:  "CLONE_SIGHAND without CLONE_THREAD counts as handlers of one's own.",
		Tests: []string{"conformance/task"},
	},
	{
		Syscalls: []string{"process_mrelease"}, Level: coverage.Full,
		Tests: []string{"conformance/pidfd"},
	},
	{
		Syscalls: []string{"setns"}, Level: coverage.Partial,
		Note:  "A pidfd and CLONE_NEWNS: there is one namespace of mounts, and no other kind.",
		Tests: []string{"conformance/pidfd"},
	},
	{
		Syscalls: []string{"acct", "modify_ldt", "map_shadow_stack", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules"},
		Level:    coverage.Stub,
		Note:     "ENOSYS, as on a Linux built without BSD_PROCESS_ACCT, MODIFY_LDT_SYSCALL, X86_USER_SHADOW_STACK and SECURITY.",
	},
	{
		Syscalls: []string{"io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents"}, Level: coverage.Full,
		Note:  "Transfers are made when they are submitted, as Linux makes those of cached files. The ring in memory is for reading its address only.",
		Tests: []string{"conformance/aio"},
	},
	{
		Syscalls: []string{"seccomp"}, Level: coverage.Partial,
		Flags: map[string]uint64{"flags": linux.SECCOMP_FILTER_FLAG_TSYNC | linux.SECCOMP_FILTER_FLAG_LOG | linux.SECCOMP_FILTER_FLAG_SPEC_ALLOW |
			linux.SECCOMP_FILTER_FLAG_NEW_LISTENER | linux.SECCOMP_FILTER_FLAG_TSYNC_ESRCH | linux.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
		Note:  "Nothing is logged, and nobody traces: SECCOMP_RET_TRACE gives ENOSYS.",
		Tests: []string{"conformance/seccomp"},
	},
	{
		Syscalls: []string{"rseq"}, Level: coverage.Stub,
		Note: "ENOSYS, as on a Linux built without it: the host's CPU numbers are not those that an app is shown.",
	},
	{
		Syscalls: []string{"membarrier"}, Level: coverage.Partial,
		Note:  "No commands for rseq, as on a Linux built without it.",
		Tests: []string{"conformance/task"},
	},
	{
		Syscalls: []string{"get_mempolicy", "set_mempolicy", "move_pages", "migrate_pages"}, Level: coverage.Partial,
		Note:  "One memory node: policies are kept and inherited, and have no effect.",
		Tests: []string{"conformance/mempolicy", "conformance/task"},
	},
	{
		Syscalls: []string{"mbind", "set_mempolicy_home_node"}, Level: coverage.Stub,
		Note:  "One memory node: arguments are checked, the policy is not kept.",
		Tests: []string{"conformance/mempolicy", "conformance/task"},
	},
	{
		Syscalls: []string{"pkey_alloc", "pkey_free", "pkey_mprotect"}, Level: coverage.Partial,
		Note:  "As on a processor without protection keys.",
		Tests: []string{"conformance/pkey"},
	},
	{Syscalls: []string{"process_madvise", "remap_file_pages"}, Level: coverage.Full, Tests: []string{"conformance/madvise"}},
	{
		Syscalls: []string{"process_vm_readv", "process_vm_writev"}, Level: coverage.Full,
		Tests: []string{"conformance/task"},
	},
	{
		Syscalls: []string{"reboot"}, Level: coverage.Full,
		Note:  "As in a PID namespace: it ends the run.",
		Tests: []string{"conformance/admin"},
	},
	{
		Syscalls: []string{"vhangup"}, Level: coverage.Full,
		Tests: []string{"conformance/tty/vhangup"},
	},
	{
		Syscalls: []string{"kexec_load", "kexec_file_load"}, Level: coverage.Full,
		Note:  "ENOSYS, as on a Linux built without kexec.",
		Tests: []string{"conformance/admin"},
	},
	{
		Syscalls: []string{"init_module", "finit_module", "delete_module"}, Level: coverage.Full,
		Note:  "ENOSYS, as on a Linux built without modules.",
		Tests: []string{"conformance/admin"},
	},
	{
		Syscalls: []string{"iopl", "ioperm"}, Level: coverage.Full,
		Note:  "As on a Linux that is locked down: no port is ever open.",
		Tests: []string{"conformance/admin"},
	},
	{
		Syscalls: []string{"syslog"}, Level: coverage.Full,
		Note:  "The log holds one line; CAP_SYSLOG is needed for all, as with kernel.dmesg_restrict.",
		Tests: []string{"conformance/admin"},
	},
	{
		Syscalls: []string{"_sysctl", "create_module", "get_kernel_syms", "query_module", "nfsservctl", "getpmsg", "putpmsg", "afs_syscall",
			"tuxcall", "security", "set_thread_area", "get_thread_area", "epoll_ctl_old", "epoll_wait_old", "vserver", "uselib",
			"lookup_dcookie"},
		Level: coverage.Full,
		Note:  "ENOSYS, as on Linux: the number has no code behind it on amd64.",
		Tests: []string{"conformance/misc"},
	},
	{
		Syscalls: []string{"unshare"}, Level: coverage.Partial,
		Flags: map[string]uint64{"flags": linux.CLONE_FS | linux.CLONE_FILES | linux.CLONE_SYSVSEM | linux.CLONE_VM |
			linux.CLONE_THREAD | linux.CLONE_SIGHAND},
		Note:  "No namespaces.",
		Tests: []string{"conformance/task"},
	},
}

// prctlValues are the operations that prctl has.
func prctlValues() []uint64 {
	var out []uint64
	for op := range prctlOps {
		out = append(out, op)
	}
	slices.Sort(out)
	return out
}
