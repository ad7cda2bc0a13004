package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// isCPUClock says whether a clock counts CPU time: kernel/time/posix-timers.c,
// clockid_to_kclock.
func isCPUClock(clock int32) bool {
	if clock < 0 {
		return clock&7 != linux.CLOCKFD
	}
	return clock == linux.CLOCK_PROCESS_CPUTIME_ID || clock == linux.CLOCK_THREAD_CPUTIME_ID
}

// cpuClock reads a CPU clock in ns. get says that it is for clock_gettime,
// which takes the caller's thread id for its process, as pid_for_clock does.
// Errors: EINVAL.
func (c *Call) cpuClock(clock int32, get bool) (int64, linux.Errno) {
	p, t, which, e := c.cpuClockOf(clock, get)
	if e != 0 {
		return 0, e
	}
	var user, system int64
	if t != nil {
		user, system = c.threadCPU(t)
	} else {
		user, system = c.processCPU(p)
	}
	if which == linux.CPUCLOCK_VIRT {
		return user, 0
	}
	return user + system, 0
}

// cpuClockOf says whose time a CPU clock counts: a thread's, or else a
// process's.
func (c *Call) cpuClockOf(clock int32, get bool) (*task.Process, *task.Thread, int32, linux.Errno) {
	switch clock {
	case linux.CLOCK_PROCESS_CPUTIME_ID:
		return c.P, nil, linux.CPUCLOCK_SCHED, 0
	case linux.CLOCK_THREAD_CPUTIME_ID:
		return c.P, c.T, linux.CPUCLOCK_SCHED, 0
	}
	which, id := clock&linux.CPUCLOCK_CLOCK_MASK, ^(clock >> 3)
	if which > linux.CPUCLOCK_SCHED {
		return nil, nil, 0, linux.EINVAL
	}
	if clock&linux.CPUCLOCK_PERTHREAD_MASK != 0 {
		t := c.T
		if id != 0 {
			t = c.Tasks.Thread(id)
		}
		if t == nil || t.Process != c.P {
			return nil, nil, 0, linux.EINVAL
		}
		return c.P, t, which, 0
	}
	p := c.P
	if id != 0 && !(get && id == c.T.Tid) {
		p = c.Tasks.Process(id)
	}
	if p == nil {
		return nil, nil, 0, linux.EINVAL
	}
	return p, nil, which, 0
}

// threadCPU gives the CPU time of a thread in ns.
func (e *Env) threadCPU(t *task.Thread) (user, system int64) {
	user, system = t.UserNs, t.SystemNs
	if t.Platform != nil && !t.Lent {
		u, s := t.Platform.CPUTime()
		user += max(u-t.UserFrom, 0)
		system += max(s-t.SystemFrom, 0)
	}
	return user, system
}

// processCPU gives the CPU time of a process with its past threads, in ns. The
// process that made its space has the space's clock, less what others used
// there; one that shares the space of another has its threads'.
func (e *Env) processCPU(p *task.Process) (user, system int64) {
	user, system = p.UserNs, p.SystemNs
	s := p.Space
	switch {
	case p.CPUSealed || s == nil:
	case s.Owner == p:
		u, y := s.Platform.CPUTime()
		user += max(u-s.UserFrom, 0)
		system += max(y-s.SystemFrom, 0)
	default:
		for _, t := range p.Threads {
			if !t.Exited {
				u, y := e.threadCPU(t)
				user += u
				system += y
			}
		}
	}
	return user, system
}

// sampleEvery is how many calls lie between two whose time is taken, a prime so
// that no loop of calls always shows the same one; sampleMaxNs is the most that
// one counts, so that a rare long one does not count too much.
const (
	sampleEvery = 61
	sampleMaxNs = 50_000
)

// sample says when the call that begins did so, if its time is to be taken. While
// a call is answered its thread waits in the platform, so that the time is in the
// thread's clock already, and only to be shown as the system's.
func (e *Env) sample() int64 {
	if e.calls++; e.calls < sampleEvery {
		return 0
	}
	e.calls = 0
	return e.Leader.Now()
}

// sampled counts a call that has not waited, for those that were not looked at
// too.
func (e *Env) sampled(p *task.Process, t *task.Thread, began int64) {
	ns := sampleEvery * min(e.Leader.Now()-began, sampleMaxNs)
	p.Kernel.Ns += ns
	t.Kernel.Ns += ns
}

// shownCPU gives the CPU time of a process in ns as getrusage and others show it,
// the time in calls apart.
func (e *Env) shownCPU(p *task.Process) (user, system int64) {
	u, s := e.processCPU(p)
	return p.Kernel.Split(u + s)
}

// sealCPU ends the counting of a process in its space: it execs, or ends.
func (e *Env) sealCPU(p *task.Process) {
	user, system := e.processCPU(p)
	if s := p.Space; s != nil && s.Owner != p && !p.CPUSealed {
		s.UserFrom += user - p.UserNs
		s.SystemFrom += system - p.SystemNs
	}
	p.UserNs, p.SystemNs, p.CPUSealed = user, system, true
}

// ownCPU starts the counting of a process in a space that it has made.
func (e *Env) ownCPU(p *task.Process, s *task.Space) {
	s.Owner, p.CPUSealed = p, false
	s.UserFrom, s.SystemFrom = s.Platform.CPUTime()
}

// settleCPU puts what a thread has used on its platform thread on its account:
// before the two part, or the thread is lent.
func (e *Env) settleCPU(t *task.Thread) {
	t.UserNs, t.SystemNs = e.threadCPU(t)
	e.beginCPU(t)
}

// beginCPU starts counting on the platform thread that a thread got.
func (e *Env) beginCPU(t *task.Thread) {
	t.UserFrom, t.SystemFrom = 0, 0
	if t.Platform != nil {
		t.UserFrom, t.SystemFrom = t.Platform.CPUTime()
	}
}

// endCPU accounts for a thread that ends.
func (e *Env) endCPU(t *task.Thread, last bool) {
	p := t.Process
	switch {
	case last:
		e.sealCPU(p)
		e.endedUserNs += p.UserNs
		e.endedSystemNs += p.SystemNs
	case p.Space.Owner != p:
		u, y := e.threadCPU(t)
		p.UserNs += u
		p.SystemNs += y
		p.Space.UserFrom += u
		p.Space.SystemFrom += y
	}
}

// AllCPU gives the CPU time of all processes that there are or were, in ns.
func (e *Env) AllCPU() (user, system int64) {
	user, system = e.endedUserNs, e.endedSystemNs
	for _, p := range e.Tasks.Processes() {
		if !p.Zombie {
			u, y := e.processCPU(p)
			user += u
			system += y
		}
	}
	return user, system
}

// sampleCPU fills in what a timer wants to know.
func (e *Env) sampleCPU(w *signalapi.CpuTime) bool {
	if w.Thread != 0 {
		t := e.Tasks.Thread(w.Thread)
		if t == nil || t.Exited {
			return false
		}
		w.UserNs, w.SystemNs = e.threadCPU(t)
		return true
	}
	p := e.Tasks.Process(w.Group)
	if p == nil {
		return false
	}
	w.UserNs, w.SystemNs = e.processCPU(p)
	return true
}
