package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
)

var schedRows = []Row{
	{"sched_getaffinity", Core, args(integer("pid"), uinteger("cpusetsize"), ptr("mask")), sysSchedGetaffinity},
	{"sched_setaffinity", Core, args(integer("pid"), uinteger("cpusetsize"), ptr("mask")), sysSchedSetaffinity},
	{"sched_getscheduler", Core, args(integer("pid")), sysSchedGetscheduler},
	{"sched_setscheduler", Core, args(integer("pid"), enum("policy", linux.SchedPolicies), ptr("param")), sysSchedSetscheduler},
	{"sched_getparam", Core, args(integer("pid"), ptr("param")), sysSchedGetparam},
	{"sched_setparam", Core, args(integer("pid"), ptr("param")), sysSchedSetparam},
	{"sched_getattr", Core, args(integer("pid"), ptr("attr"), uinteger("size"), uinteger("flags")), sysSchedGetattr},
	{"sched_setattr", Core, args(integer("pid"), ptr("attr"), uinteger("flags")), sysSchedSetattr},
	{"sched_get_priority_max", Core, args(enum("policy", linux.SchedPolicies)), sysSchedGetPriorityMax},
	{"sched_get_priority_min", Core, args(enum("policy", linux.SchedPolicies)), sysSchedGetPriorityMin},
	{"sched_rr_get_interval", Core, args(integer("pid"), kind("tp", strace.TimespecOut)), sysSchedRrGetInterval},
	{"getpriority", Core, args(enum("which", linux.PriorityWho), integer("who")), sysGetpriority},
	{"setpriority", Core, args(enum("which", linux.PriorityWho), integer("who"), integer("prio")), sysSetpriority},
	{"ioprio_get", Core, args(integer("which"), integer("who")), sysIoprioGet},
	{"ioprio_set", Core, args(integer("which"), integer("who"), integer("ioprio")), sysIoprioSet},
	{"getcpu", Core, args(kind("cpu", strace.IntOut), kind("node", strace.IntOut), ptr("tcache")), sysGetcpu},
}

// thread finds the thread of a pid argument; 0 is the caller. Errors: ESRCH.
func (c *Call) thread(id int32) (*task.Thread, linux.Errno) {
	if id == 0 {
		return c.T, 0
	}
	if t := c.Tasks.Thread(id); t != nil {
		return t, 0
	}
	return nil, linux.ESRCH
}

// cpuWords is the length of a CPU mask in words of 64 bits.
func (e *Env) cpuWords() int { return (max(e.Config.CPUs, 1) + 63) / 64 }

// affinity gives the CPUs that a thread may use.
func (e *Env) affinity(t *task.Thread) []uint64 {
	if t.Affinity != nil {
		return t.Affinity
	}
	all := make([]uint64, e.cpuWords())
	for i := range max(e.Config.CPUs, 1) {
		all[i/64] |= 1 << (i % 64)
	}
	return all
}

func sysSchedGetaffinity(c *Call) (int64, linux.Errno) {
	size := c.Uint(1)
	if uint64(size)*8 < uint64(max(c.Config.CPUs, 1)) || size&7 != 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	var b []byte
	for _, w := range c.affinity(t) {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	n := min(len(b), int(size))
	return int64(n), c.CopyOut(c.Args[2], b[:n])
}

func sysSchedSetaffinity(c *Call) (int64, linux.Errno) {
	want := make([]byte, 8*c.cpuWords())
	n := min(uint64(c.Uint(1)), uint64(len(want)))
	if e := c.CopyIn(c.Args[2], want[:n]); n > 0 && e != 0 {
		return 0, e
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	if !c.sameOwner(t) && !c.T.Cred.Has(linux.CAP_SYS_NICE) {
		return 0, linux.EPERM
	}
	all := c.affinity(&task.Thread{})
	some := uint64(0)
	for i := range all {
		all[i] &= binary.LittleEndian.Uint64(want[8*i:])
		some |= all[i]
	}
	if some == 0 {
		return 0, linux.EINVAL
	}
	t.Affinity = all
	return 0, 0
}

// sameOwner is check_same_owner of kernel/sched.
func (c *Call) sameOwner(t *task.Thread) bool {
	return c.T.Cred.EUID == t.Cred.EUID || c.T.Cred.EUID == t.Cred.UID
}

func sysGetcpu(c *Call) (int64, linux.Errno) {
	// Which one it runs on is the host's secret: one that it may run on.
	cpu := int32(0)
	for i, w := range c.affinity(c.T) {
		if w != 0 {
			for w&1 == 0 {
				w >>= 1
				cpu++
			}
			cpu += int32(i * 64)
			break
		}
	}
	if c.Args[0] != 0 {
		if _, e := c.putInt(c.Args[0], cpu); e != 0 {
			return 0, e
		}
	}
	if c.Args[1] != 0 {
		return c.putInt(c.Args[1], 0)
	}
	return 0, 0
}

func rtPolicy(p int32) bool { return p == linux.SCHED_FIFO || p == linux.SCHED_RR }

func sysSchedGetscheduler(c *Call) (int64, linux.Errno) {
	if c.Int(0) < 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	p := int64(t.Policy)
	if t.ResetOnFork {
		p |= linux.SCHED_RESET_ON_FORK
	}
	return p, 0
}

func sysSchedGetparam(c *Call) (int64, linux.Errno) {
	if c.Args[1] == 0 || c.Int(0) < 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	return c.putInt(c.Args[1], t.RTPrio)
}

func sysSchedSetscheduler(c *Call) (int64, linux.Errno) {
	if c.Int(1) < 0 {
		return 0, linux.EINVAL
	}
	return c.setParam(c.Int(1), c.Args[2])
}

func sysSchedSetparam(c *Call) (int64, linux.Errno) { return c.setParam(-1, c.Args[1]) }

// setParam is do_sched_setscheduler; policy -1 keeps the one there is.
func (c *Call) setParam(policy int32, addr uint64) (int64, linux.Errno) {
	if addr == 0 || c.Int(0) < 0 {
		return 0, linux.EINVAL
	}
	var b [4]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return 0, e
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	a := linux.SchedAttr{Policy: uint32(policy), Priority: binary.LittleEndian.Uint32(b[:]), Nice: t.Nice}
	switch {
	case policy == -1:
		a.Policy = uint32(t.Policy)
		if t.ResetOnFork {
			a.Flags = linux.SCHED_FLAG_RESET_ON_FORK
		}
	case policy&linux.SCHED_RESET_ON_FORK != 0:
		a.Policy &^= linux.SCHED_RESET_ON_FORK
		a.Flags = linux.SCHED_FLAG_RESET_ON_FORK
	}
	return 0, c.setSched(t, &a)
}

// setSched is __sched_setscheduler with its checks in their order. Nothing but
// what the calls show follows from it: the host schedules. Errors: EINVAL,
// EPERM.
func (c *Call) setSched(t *task.Thread, a *linux.SchedAttr) linux.Errno {
	policy := int32(a.Policy)
	switch policy {
	case linux.SCHED_NORMAL, linux.SCHED_FIFO, linux.SCHED_RR, linux.SCHED_BATCH, linux.SCHED_IDLE, linux.SCHED_DEADLINE:
	default:
		// GAP: SCHED_EXT; claimed in coverage.go.
		return linux.EINVAL
	}
	if a.Flags&^(linux.SCHED_FLAG_RESET_ON_FORK|deadlineFlags) != 0 {
		return linux.EINVAL
	}
	if policy == linux.SCHED_DEADLINE && !deadlineFits(a) {
		return linux.EINVAL
	}
	if a.Priority > 99 || rtPolicy(policy) != (a.Priority != 0) {
		return linux.EINVAL
	}
	reset := a.Flags&linux.SCHED_FLAG_RESET_ON_FORK != 0
	if !c.maySched(t, policy, a, reset) && !c.T.Cred.Has(linux.CAP_SYS_NICE) {
		return linux.EPERM
	}
	t.Deadline = task.SchedDeadline{}
	if policy == linux.SCHED_DEADLINE {
		t.Deadline = task.SchedDeadline{RuntimeNs: a.Runtime, DeadlineNs: a.Deadline, PeriodNs: a.Period, Flags: a.Flags & deadlineFlags}
		if a.Period == 0 {
			t.Deadline.PeriodNs = a.Deadline
		}
	}
	t.ResetOnFork = reset
	t.Policy, t.RTPrio = policy, int32(a.Priority)
	if policy == linux.SCHED_NORMAL || policy == linux.SCHED_BATCH {
		t.Nice = a.Nice
	}
	return 0
}

// The flags of SCHED_DEADLINE; others may give them in vain.
const deadlineFlags = linux.SCHED_FLAG_RECLAIM | linux.SCHED_FLAG_DL_OVERRUN

// deadlineFits is __checkparam_dl, with the default bounds of a period.
func deadlineFits(a *linux.SchedAttr) bool {
	const least, shortest, longest = 1 << 10, 100_000, 1 << 22 * 1000
	period := a.Period
	if period == 0 {
		period = a.Deadline
	}
	return a.Deadline != 0 && a.Runtime >= least && (a.Deadline|period)>>63 == 0 && period >= a.Deadline && a.Deadline >= a.Runtime &&
		period >= shortest && period <= longest
}

// maySched is user_check_sched_setscheduler without the capability.
func (c *Call) maySched(t *task.Thread, policy int32, a *linux.SchedAttr, reset bool) bool {
	l := &t.Process.Limits
	switch {
	case policy == linux.SCHED_DEADLINE:
		return false // it needs the capability
	case policy == linux.SCHED_NORMAL || policy == linux.SCHED_BATCH:
		if a.Nice < t.Nice && !niceAllowed(t, a.Nice) {
			return false
		}
	case rtPolicy(policy):
		most := l[linux.RLIMIT_RTPRIO].Cur
		if policy != t.Policy && most == 0 || int32(a.Priority) > t.RTPrio && uint64(a.Priority) > most {
			return false
		}
	}
	if t.Policy == linux.SCHED_IDLE && policy != linux.SCHED_IDLE && !niceAllowed(t, t.Nice) {
		return false
	}
	return c.sameOwner(t) && (!t.ResetOnFork || reset)
}

// niceAllowed says whether RLIMIT_NICE allows a nice value: is_nice_reduction.
func niceAllowed(t *task.Thread, nice int32) bool {
	return uint64(20-nice) <= t.Process.Limits[linux.RLIMIT_NICE].Cur
}

// schedAttrSize0 is SCHED_ATTR_SIZE_VER0.
const schedAttrSize0 = 48

func sysSchedGetattr(c *Call) (int64, linux.Errno) {
	size := c.Uint(2)
	if c.Args[1] == 0 || c.Int(0) < 0 || size < schedAttrSize0 || size > pageSize || c.Uint(3) != 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	// copy_struct_to_user: zeros after what is known.
	a := linux.SchedAttr{Size: min(size, linux.SizeofSchedAttr), Policy: uint32(t.Policy), UtilMax: 1024}
	if t.ResetOnFork {
		a.Flags = linux.SCHED_FLAG_RESET_ON_FORK
	}
	switch {
	case t.Policy == linux.SCHED_DEADLINE:
		d := &t.Deadline
		a.Runtime, a.Deadline, a.Period = d.RuntimeNs, d.DeadlineNs, d.PeriodNs
		a.Flags |= d.Flags
	case rtPolicy(t.Policy):
		a.Priority = uint32(t.RTPrio)
	default:
		a.Nice = t.Nice
	}
	b := make([]byte, max(size, linux.SizeofSchedAttr))
	a.Encode(b)
	return 0, c.CopyOut(c.Args[1], b[:size])
}

func sysSchedSetattr(c *Call) (int64, linux.Errno) {
	if c.Args[1] == 0 || c.Int(0) < 0 || c.Uint(2) != 0 {
		return 0, linux.EINVAL
	}
	a, e := c.schedAttr(c.Args[1])
	if e != 0 {
		return 0, e
	}
	if int32(a.Policy) < 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	if a.Flags&linux.SCHED_FLAG_KEEP_POLICY != 0 {
		a.Policy = uint32(t.Policy)
	}
	if a.Flags&linux.SCHED_FLAG_KEEP_PARAMS != 0 {
		d := &t.Deadline
		a.Nice, a.Priority, a.Runtime, a.Deadline, a.Period = t.Nice, uint32(t.RTPrio), d.RuntimeNs, d.DeadlineNs, d.PeriodNs
	}
	a.Flags &^= linux.SCHED_FLAG_KEEP_ALL
	return 0, c.setSched(t, &a)
}

// schedAttr is sched_copy_attr. Errors: EFAULT, E2BIG, EINVAL.
func (c *Call) schedAttr(addr uint64) (a linux.SchedAttr, e linux.Errno) {
	var w [4]byte
	if e := c.CopyIn(addr, w[:]); e != 0 {
		return a, e
	}
	size := binary.LittleEndian.Uint32(w[:])
	if size == 0 {
		size = schedAttrSize0
	}
	tooBig := func() (linux.SchedAttr, linux.Errno) {
		putInt32(w[:], linux.SizeofSchedAttr)
		c.CopyOut(addr, w[:])
		return a, linux.E2BIG
	}
	if size < schedAttrSize0 || size > pageSize {
		return tooBig()
	}
	b := make([]byte, max(size, linux.SizeofSchedAttr))
	if e := c.CopyIn(addr, b[:size]); e != 0 {
		return a, e
	}
	for _, x := range b[linux.SizeofSchedAttr:] {
		if x != 0 {
			return tooBig()
		}
	}
	a.Decode(b)
	if a.Flags&linux.SCHED_FLAG_UTIL_CLAMP != 0 && size < linux.SizeofSchedAttr {
		return a, linux.EINVAL
	}
	a.Nice = min(max(a.Nice, -20), 19)
	return a, 0
}

func sysSchedGetPriorityMax(c *Call) (int64, linux.Errno) { return priorityOf(c.Int(0), 99) }
func sysSchedGetPriorityMin(c *Call) (int64, linux.Errno) { return priorityOf(c.Int(0), 1) }

func priorityOf(policy int32, rt int64) (int64, linux.Errno) {
	switch policy {
	case linux.SCHED_FIFO, linux.SCHED_RR:
		return rt, 0
	case linux.SCHED_NORMAL, linux.SCHED_BATCH, linux.SCHED_IDLE, linux.SCHED_DEADLINE, linux.SCHED_EXT:
		return 0, 0
	}
	return 0, linux.EINVAL
}

func sysSchedRrGetInterval(c *Call) (int64, linux.Errno) {
	if c.Int(0) < 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	// RR_TIMESLICE; FIFO has none, and the slice of the others is less than
	// the tick in which Linux tells it.
	var ts linux.Timespec
	if t.Policy == linux.SCHED_RR {
		ts.Nsec = 100e6
	}
	ts.Encode(c.Out())
	c.Return(c.Args[1], linux.SizeofTimespec)
	return 0, 0
}

// eachOf calls do for the threads that which and who name, as getpriority and
// ioprio_get have it. Errors: EINVAL, ESRCH.
func (c *Call) eachOf(which, who int32, do func(*task.Thread)) linux.Errno {
	n := 0
	one := func(t *task.Thread) {
		// A zombie is there until somebody has waited for it.
		if !t.Exited || t == t.Process.Leader && !t.Process.Reaped {
			n++
			do(t)
		}
	}
	all := func(match func(*task.Process) bool) {
		for _, p := range c.Tasks.Processes() {
			if match(p) {
				for _, t := range p.Threads {
					one(t)
				}
			}
		}
	}
	switch which {
	case linux.PRIO_PROCESS:
		if t, e := c.thread(who); e == 0 {
			one(t)
		}
	case linux.PRIO_PGRP:
		if who == 0 {
			who = c.P.Group.Pgid
		}
		all(func(p *task.Process) bool { return p.Group.Pgid == who })
	case linux.PRIO_USER:
		uid := uint32(who)
		if who == 0 {
			uid = c.T.Cred.UID
		}
		for _, p := range c.Tasks.Processes() {
			for _, t := range p.Threads {
				if t.Cred.UID == uid {
					one(t)
				}
			}
		}
	default:
		return linux.EINVAL
	}
	if n == 0 {
		return linux.ESRCH
	}
	return 0
}

func sysGetpriority(c *Call) (int64, linux.Errno) {
	best := int64(0)
	e := c.eachOf(c.Int(0), c.Int(1), func(t *task.Thread) { best = max(best, int64(20-t.Nice)) })
	return best, e
}

func sysSetpriority(c *Call) (int64, linux.Errno) {
	nice := min(max(c.Int(2), -20), 19)
	k := c.T.Cred
	able := k.Has(linux.CAP_SYS_NICE)
	var bad linux.Errno
	e := c.eachOf(c.Int(0), c.Int(1), func(t *task.Thread) {
		switch {
		case t.Cred.UID != k.EUID && t.Cred.EUID != k.EUID && !able:
			bad = linux.EPERM
		case nice < t.Nice && !niceAllowed(t, nice) && !able:
			bad = linux.EACCES
		default:
			t.Nice = nice
		}
	})
	if e != 0 {
		return 0, e
	}
	return 0, bad
}

func sysIoprioGet(c *Call) (int64, linux.Errno) {
	best := int32(-1)
	e := c.eachOf(c.Int(0)-linux.IOPRIO_WHO_PROCESS, c.Int(1), func(t *task.Thread) {
		// ioprio_best: the lower value, but one that is set before none.
		p := t.IOPrio
		if p>>linux.IOPRIO_CLASS_SHIFT == linux.IOPRIO_CLASS_NONE && c.Int(0) != linux.IOPRIO_WHO_PROCESS {
			p = niceIOPrio(t) // get_task_ioprio; of one task it is the raw value
		}
		if best < 0 || best>>linux.IOPRIO_CLASS_SHIFT == linux.IOPRIO_CLASS_NONE || p>>linux.IOPRIO_CLASS_SHIFT != linux.IOPRIO_CLASS_NONE && p < best {
			best = p
		}
	})
	return int64(best), e
}

// niceIOPrio is what a thread without a priority of its own has: the class by
// its policy, the level by its nice value.
func niceIOPrio(t *task.Thread) int32 {
	class := int32(linux.IOPRIO_CLASS_BE)
	switch {
	case t.Policy == linux.SCHED_IDLE:
		class = linux.IOPRIO_CLASS_IDLE
	case rtPolicy(t.Policy):
		class = linux.IOPRIO_CLASS_RT
	}
	return class<<linux.IOPRIO_CLASS_SHIFT | (t.Nice+20)/5
}

func sysIoprioSet(c *Call) (int64, linux.Errno) {
	v := c.Int(2)
	class, level := v>>linux.IOPRIO_CLASS_SHIFT, v&7
	switch class {
	case linux.IOPRIO_CLASS_RT:
		if !c.T.Cred.Has(linux.CAP_SYS_ADMIN) && !c.T.Cred.Has(linux.CAP_SYS_NICE) {
			return 0, linux.EPERM
		}
	case linux.IOPRIO_CLASS_BE, linux.IOPRIO_CLASS_IDLE:
	case linux.IOPRIO_CLASS_NONE:
		if level != 0 {
			return 0, linux.EINVAL
		}
	default:
		return 0, linux.EINVAL
	}
	k := c.T.Cred
	var bad linux.Errno
	e := c.eachOf(c.Int(0)-linux.IOPRIO_WHO_PROCESS, c.Int(1), func(t *task.Thread) {
		if t.Cred.UID != k.EUID && t.Cred.UID != k.UID && !k.Has(linux.CAP_SYS_NICE) {
			bad = linux.EPERM
			return
		}
		t.IOPrio = v
	})
	if e != 0 {
		return 0, e
	}
	return 0, bad
}
