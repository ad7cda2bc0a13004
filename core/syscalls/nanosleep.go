package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var nanosleepRows = []Row{
	{"nanosleep", Signal, args(kind("rqtp", strace.TimespecIn), kind("rmtp", strace.TimespecOut)), sysNanosleep},
	{"clock_nanosleep", Signal, args(enum("clockid", linux.Clocks), flags("flags", linux.TimerFlags), kind("rqtp", strace.TimespecIn), kind("rmtp", strace.TimespecOut)), sysClockNanosleep},
}

// nap is a sleep on a clock.
type nap struct {
	clock int32
	// until is a time on the clock, in ns.
	until int64
	// rmtp is where the time left goes, or 0.
	rmtp uint64
	// absolute: TIMER_ABSTIME, no time left is told and the call starts anew.
	absolute bool
}

func sysNanosleep(c *Call) (int64, linux.Errno) {
	ts, e := c.timespec(c.Args[0])
	if e != 0 {
		return 0, e
	}
	if !ts.Valid() {
		return 0, linux.EINVAL
	}
	return c.napFor(linux.CLOCK_MONOTONIC, ts.Ns(), c.Args[1])
}

func sysClockNanosleep(c *Call) (int64, linux.Errno) {
	clock, fl := c.Int(0), c.Uint(1)
	// The clock is looked at before the time: EINVAL or EOPNOTSUPP, then EFAULT.
	if clock == linux.CLOCK_THREAD_CPUTIME_ID {
		return 0, linux.EOPNOTSUPP
	}
	// An alarm clock is refused by its own nsleep, after the time.
	alarm := linux.Errno(0)
	if clock == linux.CLOCK_REALTIME_ALARM || clock == linux.CLOCK_BOOTTIME_ALARM {
		alarm = linux.EOPNOTSUPP
	}
	var r signalapi.DeadlineReply
	if e := c.Signal.Deadline(&signalapi.DeadlineRequest{Clock: clock}, &r); e != 0 && e != alarm && !(isCPUClock(clock) && e == linux.EINVAL) {
		return 0, e
	}
	ts, e := c.timespec(c.Args[2])
	if e != 0 {
		return 0, e
	}
	if !ts.Valid() {
		return 0, linux.EINVAL
	}
	if alarm != 0 {
		return 0, alarm
	}
	if isCPUClock(clock) {
		// A thread cannot wait for its own time to pass: posix_cpu_nsleep.
		_, t, _, e := c.cpuClockOf(clock, false)
		if e != 0 || t == c.T {
			return 0, linux.EINVAL
		}
	}
	if fl&linux.TIMER_ABSTIME != 0 {
		return c.nap(&nap{clock: clock, until: ts.Ns(), absolute: true})
	}
	// A length is not subject to the setting of the clock: hrtimer_init.
	if clock == linux.CLOCK_REALTIME {
		clock = linux.CLOCK_MONOTONIC
	}
	return c.napFor(clock, ts.Ns(), c.Args[3])
}

func (c *Call) napFor(clock int32, ns int64, rmtp uint64) (int64, linux.Errno) {
	now, e := c.clockNow(clock)
	if e != 0 {
		return 0, e
	}
	n := nap{clock: clock, until: now + ns, rmtp: rmtp}
	if n.until < now {
		n.until = 1<<63 - 1
	}
	return c.nap(&n)
}

// clockNow reads any clock in ns.
func (c *Call) clockNow(clock int32) (int64, linux.Errno) {
	if isCPUClock(clock) {
		return c.cpuClock(clock, false)
	}
	return c.now(clock), 0
}

// nap sleeps until the clock shows n.until.
func (c *Call) nap(n *nap) (int64, linux.Errno) {
	for {
		now, e := c.clockNow(n.clock)
		if e != 0 {
			return 0, e
		}
		if now >= n.until {
			return 0, 0
		}
		q := signalapi.DeadlineRequest{Clock: n.clock, TimeNs: n.until, Absolute: true, CpuNs: now}
		var r signalapi.DeadlineReply
		if e := c.Signal.Deadline(&q, &r); e != 0 {
			return 0, e
		}
		at := r.MonotonicNs
		if isCPUClock(n.clock) {
			// Its time may stand still: not more often than a tick.
			at = max(at, c.Leader.Now()+cpuTickNs)
		}
		c.blocked()
		if c.realSleepers.Wait(&c.T.Sleep, at, true) != wait.Interrupted {
			continue
		}
		if n.absolute {
			return 0, linux.ERESTARTNOHAND
		}
		return c.napInterrupted(n)
	}
}

// cpuTickNs is how often CPU time is looked at at most, in ns.
const cpuTickNs = 4e6

// napInterrupted tells how much time is left, and has the call go on as
// restart_syscall if no handler runs.
func (c *Call) napInterrupted(n *nap) (int64, linux.Errno) {
	now, _ := c.clockNow(n.clock)
	if now >= n.until {
		return 0, 0
	}
	if n.rmtp != 0 {
		var b [linux.SizeofTimespec]byte
		ts := linux.NsToTimespec(n.until - now)
		ts.Encode(b[:])
		if e := c.CopyOut(n.rmtp, b[:]); e != 0 {
			return 0, e
		}
	}
	rest := *n
	return c.onRestart(func(c *Call) (int64, linux.Errno) { return c.nap(&rest) })
}
