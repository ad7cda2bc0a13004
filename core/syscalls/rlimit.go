package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var rlimitRows = []Row{
	{"prlimit64", Core, args(integer("pid"), enum("resource", linux.RlimitNames), kind("new_rlim", strace.RlimitIn), kind("old_rlim", strace.RlimitOut)), sysPrlimit64},
	{"getrlimit", Core, args(enum("resource", linux.RlimitNames), kind("rlim", strace.RlimitOut)), sysGetrlimit},
	{"setrlimit", Core, args(enum("resource", linux.RlimitNames), kind("rlim", strace.RlimitIn)), sysSetrlimit},
}

// nrOpen is the most that RLIMIT_NOFILE can be: /proc/sys/fs/nr_open.
const nrOpen = 1 << 20

func sysPrlimit64(c *Call) (int64, linux.Errno) {
	var n *linux.Rlimit
	if c.Args[2] != 0 {
		var e linux.Errno
		if n, e = c.rlimit(c.Args[2]); e != 0 {
			return 0, e
		}
	}
	p := c.P
	if pid := c.Int(0); pid != 0 {
		t := c.Tasks.Thread(pid)
		if t == nil {
			return 0, linux.ESRCH
		}
		if t != c.T && !c.mayLimit(t.Cred) {
			return 0, linux.EPERM
		}
		p = t.Process
	}
	old, e := c.setLimit(p, c.Uint(1), n)
	if e != 0 {
		return 0, e
	}
	if c.Args[3] != 0 {
		old.Encode(c.Out())
		c.Return(c.Args[3], linux.SizeofRlimit)
	}
	return 0, 0
}

func sysGetrlimit(c *Call) (int64, linux.Errno) {
	old, e := c.setLimit(c.P, c.Uint(0), nil)
	if e != 0 {
		return 0, e
	}
	old.Encode(c.Out())
	c.Return(c.Args[1], linux.SizeofRlimit)
	return 0, 0
}

func sysSetrlimit(c *Call) (int64, linux.Errno) {
	n, e := c.rlimit(c.Args[1])
	if e != 0 {
		return 0, e
	}
	_, e = c.setLimit(c.P, c.Uint(0), n)
	return 0, e
}

func (c *Call) rlimit(addr uint64) (*linux.Rlimit, linux.Errno) {
	var b [linux.SizeofRlimit]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return nil, e
	}
	n := new(linux.Rlimit)
	n.Decode(b[:])
	return n, 0
}

// mayLimit is check_prlimit_permission of kernel/sys.c.
func (c *Call) mayLimit(t *task.Cred) bool {
	k := c.T.Cred
	return k.UID == t.EUID && k.UID == t.SUID && k.UID == t.UID &&
		k.GID == t.EGID && k.GID == t.SGID && k.GID == t.GID || k.Has(linux.CAP_SYS_RESOURCE)
}

// setLimit is do_prlimit: it gives the old limit and sets a new one. Errors:
// EINVAL, EPERM.
func (c *Call) setLimit(p *task.Process, resource uint32, n *linux.Rlimit) (linux.Rlimit, linux.Errno) {
	if resource >= linux.RLIM_NLIMITS {
		return linux.Rlimit{}, linux.EINVAL
	}
	l := &p.Limits[resource]
	old := *l
	if n == nil {
		return old, 0
	}
	if n.Cur > n.Max {
		return old, linux.EINVAL
	}
	if resource == linux.RLIMIT_NOFILE && n.Max > nrOpen {
		return old, linux.EPERM
	}
	if n.Max > old.Max && !c.T.Cred.Has(linux.CAP_SYS_RESOURCE) {
		return old, linux.EPERM
	}
	*l = *n
	switch resource {
	case linux.RLIMIT_AS, linux.RLIMIT_DATA, linux.RLIMIT_STACK, linux.RLIMIT_MEMLOCK:
		c.tellLimits(p)
	case linux.RLIMIT_CPU:
		c.watchCPULimit(p)
	}
	return old, 0
}

// tellLimits tells mm what binds a space now.
func (c *Call) tellLimits(p *task.Process) {
	if p.Space == nil || p.Zombie {
		return
	}
	var r mmapi.SetLimitsReply
	c.MM.SetLimits(&mmapi.SetLimitsRequest{Space: p.Space.MM, Limits: limitsOf(p)}, &r)
}

// limitsOf gives the limits of a process that bind its space.
func limitsOf(p *task.Process) mmapi.Limits {
	l := &p.Limits
	return mmapi.Limits{As: l[linux.RLIMIT_AS].Cur, Data: l[linux.RLIMIT_DATA].Cur, Stack: l[linux.RLIMIT_STACK].Cur,
		Memlock: l[linux.RLIMIT_MEMLOCK].Cur, IpcLock: p.Leader.Cred.Has(linux.CAP_IPC_LOCK)}
}

// watchCPULimit looks at a process's CPU time when it may next reach
// RLIMIT_CPU: a limit is set, or a process with one is made.
func (e *Env) watchCPULimit(p *task.Process) {
	l := &p.Limits[linux.RLIMIT_CPU]
	t := e.cpuLimits[p]
	if p.Zombie || p.Exiting || l.Cur == linux.RLIM_INFINITY && l.Max == linux.RLIM_INFINITY {
		if t != nil {
			e.Leader.Disarm(t)
			delete(e.cpuLimits, p)
		}
		return
	}
	if t == nil {
		t = leader.NewTimer(func() { e.checkCPULimit(p) })
		e.cpuLimits[p] = t
	}
	user, system := e.processCPU(p)
	left := int64(cpuTickNs)
	if next := min(max(l.Cur, 1), max(l.Max, 1)); next < 1<<32 {
		left = max(left, (int64(next)*linux.NSEC_PER_SEC-user-system)/int64(max(p.Live(), 1)))
	} else {
		left = 1 << 60
	}
	e.Leader.Arm(t, e.Leader.Now()+left)
}

// checkCPULimit is check_process_timers of kernel/time/posix-cpu-timers.c: the
// hard limit kills, the soft one sends SIGXCPU each second from then on.
func (e *Env) checkCPULimit(p *task.Process) {
	if p.Zombie || p.Exiting {
		delete(e.cpuLimits, p)
		return
	}
	l := &p.Limits[linux.RLIMIT_CPU]
	user, system := e.processCPU(p)
	sec := uint64(user+system) / linux.NSEC_PER_SEC
	switch {
	case l.Max != linux.RLIM_INFINITY && sec >= l.Max:
		e.sendKernel(p, nil, linux.SIGKILL)
	case l.Cur != linux.RLIM_INFINITY && sec >= l.Cur:
		e.sendKernel(p, nil, linux.SIGXCPU)
		l.Cur = sec + 1
	}
	e.watchCPULimit(p)
}
