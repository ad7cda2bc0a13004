package linux

// Scheduling policies.
const (
	SCHED_NORMAL        = 0x0
	SCHED_FIFO          = 0x1
	SCHED_RR            = 0x2
	SCHED_BATCH         = 0x3
	SCHED_IDLE          = 0x5
	SCHED_DEADLINE      = 0x6
	SCHED_RESET_ON_FORK = 0x40000000
	SCHED_EXT           = 0x7
)

// Flags of sched_setattr(2).
const (
	SCHED_FLAG_RESET_ON_FORK  = 0x1
	SCHED_FLAG_RECLAIM        = 0x2
	SCHED_FLAG_DL_OVERRUN     = 0x4
	SCHED_FLAG_KEEP_POLICY    = 0x8
	SCHED_FLAG_KEEP_PARAMS    = 0x10
	SCHED_FLAG_UTIL_CLAMP_MIN = 0x20
	SCHED_FLAG_UTIL_CLAMP_MAX = 0x40
	SCHED_FLAG_KEEP_ALL       = 0x18
	SCHED_FLAG_UTIL_CLAMP     = 0x60
	SCHED_FLAG_ALL            = 0x7f
)

// Classes and targets of ioprio_set(2).
const (
	IOPRIO_CLASS_NONE  = 0
	IOPRIO_CLASS_RT    = 1
	IOPRIO_CLASS_BE    = 2
	IOPRIO_CLASS_IDLE  = 3
	IOPRIO_WHO_PROCESS = 1
	IOPRIO_WHO_PGRP    = 2
	IOPRIO_WHO_USER    = 3
	IOPRIO_CLASS_SHIFT = 13
	IOPRIO_PRIO_MASK   = 8191
)

// Resources of getrlimit(2).
const (
	RLIMIT_CPU        = 0
	RLIMIT_FSIZE      = 1
	RLIMIT_DATA       = 2
	RLIMIT_STACK      = 3
	RLIMIT_CORE       = 4
	RLIMIT_RSS        = 5
	RLIMIT_NPROC      = 6
	RLIMIT_NOFILE     = 7
	RLIMIT_MEMLOCK    = 8
	RLIMIT_AS         = 9
	RLIMIT_LOCKS      = 10
	RLIMIT_SIGPENDING = 11
	RLIMIT_MSGQUEUE   = 12
	RLIMIT_NICE       = 13
	RLIMIT_RTPRIO     = 14
	RLIMIT_RTTIME     = 15
	RLIM_NLIMITS      = 16
	RLIM_INFINITY     = 0xffffffffffffffff
)

// Whose usage getrusage(2) gives, and whose nice value getpriority(2) gives.
const (
	RUSAGE_SELF     = 0
	RUSAGE_CHILDREN = -1
	RUSAGE_BOTH     = -2
	RUSAGE_THREAD   = 1
	PRIO_MIN        = -20
	PRIO_MAX        = 20
	PRIO_PROCESS    = 0
	PRIO_PGRP       = 1
	PRIO_USER       = 2
)

// Flags of rseq(2), and of its area (linux/rseq.h).
const (
	RSEQ_FLAG_UNREGISTER               = 0x1
	RSEQ_CPU_ID_UNINITIALIZED          = 0xffffffff
	RSEQ_CPU_ID_REGISTRATION_FAILED    = 0xfffffffe
	RSEQ_CS_FLAG_NO_RESTART_ON_PREEMPT = 0x1
	RSEQ_CS_FLAG_NO_RESTART_ON_SIGNAL  = 0x2
	RSEQ_CS_FLAG_NO_RESTART_ON_MIGRATE = 0x4
)
