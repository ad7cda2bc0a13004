package syscalls

import (
	"slices"

	"adyton.dev/adyton/core/coverage"
)

// taskClaims are those of credentials, limits, scheduling, names and time.
var taskClaims = []coverage.Claim{
	{
		Syscalls: []string{"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "getresuid", "getresgid",
			"setfsuid", "setfsgid", "getgroups", "setgroups"},
		Level: coverage.Full,
		Tests: []string{"conformance/cred"},
	},
	{Syscalls: []string{"getrandom"}, Level: coverage.Full, Tests: []string{"conformance/getrandom"}},
	{
		Syscalls: []string{"prctl"}, Level: coverage.Partial,
		Values: map[string][]uint64{"option": prctlValues()},
		Note:   "Other operations give EINVAL. PR_SET_VMA_ANON_NAME is checked but shown nowhere.",
		Tests:  []string{"conformance/prctl"},
	},
	{Syscalls: []string{"prlimit64", "getrlimit", "setrlimit"}, Level: coverage.Full, Tests: []string{"conformance/limits"}},
	{
		Syscalls: []string{"getrusage", "times"}, Level: coverage.Partial,
		Note:  "All CPU time counts as user time; counters of faults and switches are 0.",
		Tests: []string{"conformance/limits"},
	},
	{
		Syscalls: []string{"sched_getaffinity", "sched_getscheduler", "sched_getparam", "sched_getattr", "sched_get_priority_max",
			"sched_get_priority_min", "getpriority", "ioprio_get"},
		Level: coverage.Full,
		Tests: []string{"conformance/sched"},
	},
	{
		Syscalls: []string{"sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_rr_get_interval",
			"setpriority", "ioprio_set", "getcpu"},
		Level: coverage.Partial,
		Note:  "What is set can be read back and passes to children; the host schedules as it likes. No SCHED_DEADLINE and SCHED_EXT.",
		Tests: []string{"conformance/sched"},
	},
	{Syscalls: []string{"uname", "sethostname", "setdomainname", "sysinfo"}, Level: coverage.Full, Tests: []string{"conformance/uname"}},
	{
		Syscalls: []string{"personality"}, Level: coverage.Partial,
		Note:  "Kept, inherited and shown. Of the flags, only ADDR_NO_RANDOMIZE has an effect.",
		Tests: []string{"conformance/uname"},
	},
	{Syscalls: []string{"pidfd_send_signal"}, Level: coverage.Full, Tests: []string{"conformance/sigqueue"}},
	{
		Syscalls: []string{"adjtimex", "clock_adjtime"}, Level: coverage.Partial,
		Note:  "Reading only: changes give EPERM.",
		Tests: []string{"conformance/time"},
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
