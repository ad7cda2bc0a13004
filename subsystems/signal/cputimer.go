package signal

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/signal/internal/alarm"
)

// cpuTimer is a timer on the CPU time of a group or thread. We cannot know when
// that passes, so it is queued for the earliest possible time, when the core is
// asked for a sample.
type cpuTimer struct {
	alarm.Timer
	group  *group
	thread *thread // nil for the whole group
	which  int     // CPUCLOCK_*
	posix  *posixTimer

	// expires is CPU time in ns; 0 is disarmed. unknown says that no sample was
	// there when it was set, so that it is a length.
	expires, interval int64
	unknown           bool
	// seen is the clock's value at the last sample.
	seen  int64
	armed bool
}

func (c *cpuTimer) init(g *group, t *thread, which int, p *posixTimer) {
	*c = cpuTimer{group: g, thread: t, which: which, posix: p}
	// ITIMER_VIRTUAL counts user time, ITIMER_PROF both.
	if p == nil {
		c.which = linux.CPUCLOCK_VIRT
		if which == linux.ITIMER_PROF {
			c.which = linux.CPUCLOCK_PROF
		}
	}
	c.Owner = c
}

func (s *Signal) armCPU(c *cpuTimer, now int64) {
	if !c.armed {
		c.armed = true
		s.cpuTimers = append(s.cpuTimers, c)
	}
	s.delayCPU(c, c.expires-now)
}

// delayCPU queues the timer for when left ns of CPU time can have passed, if all
// threads of the group run at once.
func (s *Signal) delayCPU(c *cpuTimer, left int64) {
	if c.thread == nil {
		left /= int64(max(len(c.group.threads), 1))
	}
	s.alarms.Set(&c.Timer, addTime(s.monotonic(), max(left, s.tickNs)))
}

func (s *Signal) disarmCPU(c *cpuTimer) {
	if !c.armed {
		return
	}
	c.armed = false
	s.alarms.Remove(&c.Timer)
	i := slices.Index(s.cpuTimers, c)
	s.cpuTimers = slices.Delete(s.cpuTimers, i, i+1)
}

// value is the clock's value in a sample.
func (c *cpuTimer) value(sample *signalapi.CpuTime) int64 {
	if c.which == linux.CPUCLOCK_VIRT {
		return sample.UserNs
	}
	return sample.UserNs + sample.SystemNs
}

// covers reports whether the sample is of the timer's group or thread.
func (c *cpuTimer) covers(sample *signalapi.CpuTime) bool {
	if c.thread != nil {
		return sample.Thread == c.thread.id
	}
	return sample.Thread == 0 && sample.Group == c.group.id
}

// sampleCPU runs the timers that a sample says are due.
func (s *Signal) sampleCPU(sample *signalapi.CpuTime, o out) {
	for _, c := range slices.Clone(s.cpuTimers) {
		if !c.armed || !c.covers(sample) {
			continue
		}
		now := c.value(sample)
		c.seen = now
		if c.unknown {
			c.unknown = false
			c.expires = addTime(c.expires, now)
		}
		if now < c.expires {
			s.delayCPU(c, c.expires-now)
			continue
		}
		s.disarmCPU(c)
		if c.posix != nil {
			s.firePosix(c.posix, o)
			continue
		}
		s.fireItimer(c, now, o)
	}
}

// fireItimer sends SIGVTALRM or SIGPROF and starts a periodic timer again at
// once (check_cpu_itimer).
func (s *Signal) fireItimer(c *cpuTimer, now int64, o out) {
	signo := int32(linux.SIGVTALRM)
	if c.which == linux.CPUCLOCK_PROF {
		signo = linux.SIGPROF
	}
	if c.interval == 0 {
		c.expires = 0
	} else {
		c.expires = addTime(c.expires, c.interval)
		s.armCPU(c, now)
	}
	s.sendKernel(c.group, signo, o)
}

// want asks for the sample that a timer needs and looks again in a tick.
func (s *Signal) want(c *cpuTimer, now int64, wanted *[]signalapi.CpuTime) {
	s.alarms.Set(&c.Timer, addTime(now, s.tickNs))
	w := signalapi.CpuTime{Group: c.group.id}
	if c.thread != nil {
		w.Thread = c.thread.id
	}
	if !slices.Contains(*wanted, w) {
		*wanted = append(*wanted, w)
	}
}

// endThreadTimers disarms timers on a thread's CPU time when it ends.
func (s *Signal) endThreadTimers(t *thread) {
	for _, c := range slices.Clone(s.cpuTimers) {
		if c.thread == t {
			s.disarmCPU(c)
		}
	}
}
