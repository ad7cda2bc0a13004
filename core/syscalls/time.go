package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var timeRows = []Row{
	{"clock_gettime", Signal, args(enum("clockid", linux.Clocks), kind("tp", strace.TimespecOut)), sysClockGettime},
	{"clock_getres", Signal, args(enum("clockid", linux.Clocks), kind("res", strace.TimespecOut)), sysClockGetres},
	{"clock_settime", Signal, args(enum("clockid", linux.Clocks), kind("tp", strace.TimespecIn)), sysClockSettime},
	{"gettimeofday", Signal, args(kind("tv", strace.TimevalOut), ptr("tz")), sysGettimeofday},
	{"settimeofday", Signal, args(kind("tv", strace.TimevalIn), ptr("tz")), sysSettimeofday},
	{"time", Signal, args(ptr("tloc")), sysTime},
	{"times", Core, args(ptr("buf")), sysTimes},
}

// now reads a clock that is no CPU clock.
func (c *Call) now(clock int32) int64 {
	q, r := &c.frame.clock, &c.frame.clockR
	*q, *r = signalapi.ClockGetRequest{Clock: clock}, signalapi.ClockGetReply{}
	c.Signal.ClockGet(q, r)
	return r.NowNs
}

func sysClockGettime(c *Call) (int64, linux.Errno) {
	q, r := &c.frame.clock, &c.frame.clockR
	*q, *r = signalapi.ClockGetRequest{Clock: c.Int(0)}, signalapi.ClockGetReply{}
	if isCPUClock(q.Clock) {
		v, e := c.cpuClock(q.Clock, true)
		if e != 0 {
			return 0, e
		}
		q.CpuNs = v
	}
	if e := c.Signal.ClockGet(q, r); e != 0 {
		return 0, e
	}
	ts := linux.NsToTimespec(r.NowNs)
	ts.Encode(c.Out())
	c.Return(c.Args[1], linux.SizeofTimespec)
	return 0, 0
}

func sysClockGetres(c *Call) (int64, linux.Errno) {
	clock := c.Int(0)
	if isCPUClock(clock) {
		if _, e := c.cpuClock(clock, false); e != 0 {
			return 0, e
		}
	}
	q, r := &c.frame.clock, &c.frame.clockR
	*q, *r = signalapi.ClockGetRequest{Clock: clock}, signalapi.ClockGetReply{}
	if e := c.Signal.ClockGet(q, r); e != 0 {
		return 0, e
	}
	if c.Args[1] != 0 {
		ts := linux.NsToTimespec(r.ResolutionNs)
		ts.Encode(c.Out())
		c.Return(c.Args[1], linux.SizeofTimespec)
	}
	return 0, 0
}

// timespec reads a struct timespec. Errors: EFAULT.
func (c *Call) timespec(addr uint64) (linux.Timespec, linux.Errno) {
	var ts linux.Timespec
	b := c.frame.buf[:linux.SizeofTimespec]
	e := c.CopyIn(addr, b)
	ts.Decode(b)
	return ts, e
}

func sysClockSettime(c *Call) (int64, linux.Errno) {
	clock := c.Int(0)
	// EINVAL before EFAULT: most clocks have no clock_set.
	if clock >= 0 && clock != linux.CLOCK_REALTIME {
		return 0, linux.EINVAL
	}
	ts, e := c.timespec(c.Args[1])
	if e != 0 {
		return 0, e
	}
	if clock == linux.CLOCK_REALTIME && !ts.Valid() {
		return 0, linux.EINVAL
	}
	return 0, c.clockSet(clock, ts.Ns())
}

func (c *Call) clockSet(clock int32, ns int64) linux.Errno {
	q := signalapi.ClockSetRequest{Clock: clock, NowNs: ns, Privileged: c.T.Cred.Has(linux.CAP_SYS_TIME)}
	var r signalapi.ClockSetReply
	if e := c.Signal.ClockSet(&q, &r); e != 0 {
		return e
	}
	c.clockJumped(r.Ready, r.OffsetNs, r.DeadlineNs)
	return 0
}

// clockJumped tells all that go by the time of day that it was set.
func (c *Call) clockJumped(ready []signalapi.Ready, offsetNs, deadlineNs int64) {
	c.signalReady(ready)
	c.armSignal(deadlineNs)
	c.Platform.SetRealtimeOffset(offsetNs)
	c.realSleepers.Wake()
}

func sysGettimeofday(c *Call) (int64, linux.Errno) {
	if c.Args[0] != 0 {
		var b [linux.SizeofTimeval]byte
		tv := linux.NsToTimeval(c.now(linux.CLOCK_REALTIME))
		tv.Encode(b[:])
		if e := c.CopyOut(c.Args[0], b[:]); e != 0 {
			return 0, e
		}
	}
	if c.Args[1] != 0 {
		var b [linux.SizeofTimezone]byte
		c.timezone.Encode(b[:])
		return 0, c.CopyOut(c.Args[1], b[:])
	}
	return 0, 0
}

func sysSettimeofday(c *Call) (int64, linux.Errno) {
	var tv linux.Timeval
	var tz linux.Timezone
	if c.Args[0] != 0 {
		var b [linux.SizeofTimeval]byte
		if e := c.CopyIn(c.Args[0], b[:]); e != 0 {
			return 0, e
		}
		if tv.Decode(b[:]); !tv.Valid() {
			return 0, linux.EINVAL
		}
	}
	if c.Args[1] != 0 {
		var b [linux.SizeofTimezone]byte
		if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
		tz.Decode(b[:])
	}
	if !c.T.Cred.Has(linux.CAP_SYS_TIME) {
		return 0, linux.EPERM
	}
	if c.Args[1] != 0 {
		if tz.Minuteswest > 15*60 || tz.Minuteswest < -15*60 {
			return 0, linux.EINVAL
		}
		c.timezone = tz
	}
	if c.Args[0] != 0 {
		return 0, c.clockSet(linux.CLOCK_REALTIME, tv.Ns())
	}
	return 0, 0
}

func sysTime(c *Call) (int64, linux.Errno) {
	sec := c.now(linux.CLOCK_REALTIME) / linux.NSEC_PER_SEC
	if c.Args[0] != 0 {
		binary.LittleEndian.PutUint64(c.Out(), uint64(sec))
		c.Return(c.Args[0], 8)
	}
	return sec, 0
}

// tickNs is a clock tick as times and others count, in ns.
const tickNs = linux.NSEC_PER_SEC / linux.USER_HZ

func sysTimes(c *Call) (int64, linux.Errno) {
	if c.Args[0] != 0 {
		user, system := c.shownCPU(c.P)
		t := linux.Tms{Utime: user / tickNs, Stime: system / tickNs, Cutime: c.P.ChildUserNs / tickNs, Cstime: c.P.ChildSystemNs / tickNs}
		t.Encode(c.Out())
		c.Return(c.Args[0], linux.SizeofTms)
	}
	return c.Leader.Now() / tickNs, 0
}
