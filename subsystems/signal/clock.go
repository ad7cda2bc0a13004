package signal

import (
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// base is what a clock counts from: all clocks are one of two and an offset.
type base uint8

const (
	baseMonotonic base = iota
	baseRealtime
)

// clockKind says what may be done with a clock (posix_clocks of
// kernel/time/posix-timers.c).
type clockKind struct {
	known bool
	base  base
	// coarse clocks move once a tick.
	coarse bool
	// sleeps: there are timers and sleeps on it.
	sleeps bool
	// alarm clocks need a hardware clock to wake the machine. There is none, so
	// that only timerfds know them.
	alarm bool
}

// A suspended machine stops our monotonic clock with all others, and nobody sets
// the offset of TAI: Linux leaves it 0 until an NTP client says otherwise.
var clocks = [linux.MAX_CLOCKS]clockKind{
	linux.CLOCK_REALTIME:         {known: true, base: baseRealtime, sleeps: true},
	linux.CLOCK_MONOTONIC:        {known: true, sleeps: true},
	linux.CLOCK_MONOTONIC_RAW:    {known: true},
	linux.CLOCK_REALTIME_COARSE:  {known: true, base: baseRealtime, coarse: true},
	linux.CLOCK_MONOTONIC_COARSE: {known: true, coarse: true},
	linux.CLOCK_BOOTTIME:         {known: true, sleeps: true},
	linux.CLOCK_REALTIME_ALARM:   {known: true, base: baseRealtime, alarm: true},
	linux.CLOCK_BOOTTIME_ALARM:   {known: true, alarm: true},
	linux.CLOCK_TAI:              {known: true, base: baseRealtime, sleeps: true},
}

func clockOf(clock int32) clockKind {
	if clock < 0 || clock >= linux.MAX_CLOCKS {
		return clockKind{}
	}
	return clocks[clock]
}

// cpuClock is a CPU clock: of the process or thread pid, 0 for the caller's.
type cpuClock struct {
	which  int32 // CPUCLOCK_*
	thread bool
	pid    int32
}

// parseCPU reads the number of a CPU clock. It reports false for the numbers of
// dynamic clocks and for those that no clock has.
func parseCPU(clock int32) (cpuClock, bool) {
	switch {
	case clock == linux.CLOCK_PROCESS_CPUTIME_ID:
		return cpuClock{which: linux.CPUCLOCK_SCHED}, true
	case clock == linux.CLOCK_THREAD_CPUTIME_ID:
		return cpuClock{which: linux.CPUCLOCK_SCHED, thread: true}, true
	case clock >= 0 || dynamic(clock) || clock&linux.CPUCLOCK_CLOCK_MASK > linux.CPUCLOCK_SCHED:
		return cpuClock{}, false
	}
	return cpuClock{
		which:  clock & linux.CPUCLOCK_CLOCK_MASK,
		thread: clock&linux.CPUCLOCK_PERTHREAD_MASK != 0,
		pid:    ^(clock >> 3),
	}, true
}

// dynamic reports whether the number is that of a clock device's descriptor.
func dynamic(clock int32) bool { return clock < 0 && clock&7 == linux.CLOCKFD }

// now reads one of the two clocks.
func (s *Signal) now(b base) int64 {
	if b == baseRealtime {
		return s.realtime() + s.offset.Load()
	}
	return s.monotonic()
}

// ClockGet implements signalapi.Signal. Errors: EINVAL.
func (s *Signal) ClockGet(req *signalapi.ClockGetRequest, rep *signalapi.ClockGetReply) linux.Errno {
	if k := clockOf(req.Clock); k.known && !k.alarm {
		rep.NowNs, rep.ResolutionNs = s.now(k.base), 1
		if k.coarse {
			rep.NowNs -= rep.NowNs % s.tickNs
			rep.ResolutionNs = s.tickNs
		}
		return 0
	}
	c, ok := parseCPU(req.Clock)
	if !ok {
		return linux.EINVAL
	}
	rep.NowNs, rep.ResolutionNs = req.CpuNs, 1
	if c.which != linux.CPUCLOCK_SCHED {
		rep.ResolutionNs = s.tickNs
	}
	return 0
}

// ClockSet implements signalapi.Signal. Errors: EINVAL, EPERM.
func (s *Signal) ClockSet(req *signalapi.ClockSetRequest, rep *signalapi.ClockSetReply) linux.Errno {
	if req.Clock != linux.CLOCK_REALTIME {
		// The numbers of one's own CPU clocks cannot be set, nor can anyone set
		// those of a process: posix_cpu_clock_set.
		if _, ok := parseCPU(req.Clock); ok && req.Clock < 0 {
			return linux.EPERM
		}
		return linux.EINVAL
	}
	if req.NowNs < 0 {
		return linux.EINVAL
	}
	if !req.Privileged {
		return linux.EPERM
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	// The machine cannot have started before the epoch: do_settimeofday64.
	if req.NowNs < s.monotonic() {
		return linux.EINVAL
	}
	s.offset.Store(req.NowNs - s.realtime())
	s.jumped(&rep.Ready)
	rep.OffsetNs = s.offset.Load()
	rep.DeadlineNs = s.deadline()
	return 0
}

// jumpNs is how far the real-time clock must have moved against the monotonic
// one to count as set by someone, rather than read at slightly different times.
const jumpNs = 100e6

// checkJump notices that the core's real-time clock was set.
func (s *Signal) checkJump(ready *[]signalapi.Ready) {
	if d := s.now(baseRealtime) - s.monotonic() - s.ahead; d > jumpNs || d < -jumpNs {
		s.jumped(ready)
	}
}

// jumped moves all that waits for a real time, and cancels the timerfds that
// asked for it.
func (s *Signal) jumped(ready *[]signalapi.Ready) {
	s.ahead = s.now(baseRealtime) - s.monotonic()
	var moved []*hrtimer
	for _, t := range s.realTimers() {
		if t.Queued() {
			moved = append(moved, t)
		}
	}
	for _, t := range moved {
		s.queueTimer(t)
	}
	for _, fd := range s.cancelable {
		fd.canceled = true
		fd.ticks++
		fd.changed(ready)
	}
}

// Deadline implements signalapi.Signal. A time that no clock will show is the
// last one that int64 can hold. Errors: EINVAL, EOPNOTSUPP.
func (s *Signal) Deadline(req *signalapi.DeadlineRequest, rep *signalapi.DeadlineReply) linux.Errno {
	from := req.CpuNs
	k := clockOf(req.Clock)
	switch c, cpu := parseCPU(req.Clock); {
	case k.sleeps:
		from = s.now(k.base)
	case k.known, dynamic(req.Clock), req.Clock == linux.CLOCK_THREAD_CPUTIME_ID:
		return linux.EOPNOTSUPP
	case !cpu, c.thread && c.pid == 0:
		return linux.EINVAL
	}
	if req.TimeNs < 0 {
		return linux.EINVAL
	}
	left := req.TimeNs
	if req.Absolute {
		left -= from
	}
	rep.MonotonicNs = max(addTime(s.monotonic(), left), 1)
	return 0
}

// addTime adds without overflow (ktime_add_safe).
func addTime(t, d int64) int64 {
	if d > 0 && t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}
