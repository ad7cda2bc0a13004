package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var timerRows = []Row{
	{"timer_create", Signal, args(enum("clockid", linux.Clocks), ptr("sevp"), ptr("timerid")), sysTimerCreate},
	{"timer_settime", Signal, args(integer("timerid"), flags("flags", linux.TimerFlags), ptr("new_value"), ptr("old_value")), sysTimerSettime},
	{"timer_gettime", Signal, args(integer("timerid"), ptr("curr_value")), sysTimerGettime},
	{"timer_getoverrun", Signal, args(integer("timerid")), sysTimerGetoverrun},
	{"timer_delete", Signal, args(integer("timerid")), sysTimerDelete},
}

func sysTimerCreate(c *Call) (int64, linux.Errno) {
	q := signalapi.TimerCreateRequest{Group: c.P.Pid, Thread: c.T.Tid, Clock: c.Int(0), DefaultEvent: c.Args[1] == 0,
		Limit: c.P.Limits[linux.RLIMIT_SIGPENDING].Cur, User: c.T.Cred.UID}
	if !q.DefaultEvent {
		var b [linux.SizeofSigevent]byte
		if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
		var s linux.Sigevent
		s.Decode(b[:])
		q.Notify, q.Signo, q.Value, q.NotifyThread = s.Notify, s.Signo, s.Value, s.Tid
	}
	var r signalapi.TimerCreateReply
	if e := c.Signal.TimerCreate(&q, &r); e != 0 {
		// do_timer_create writes the number before it looks at the clock.
		if r.Numbered {
			if _, x := c.putInt(c.Args[2], r.Id); x != 0 {
				return 0, x
			}
		}
		return 0, e
	}
	if _, e := c.putInt(c.Args[2], r.Id); e != 0 {
		var d signalapi.TimerDeleteReply
		c.Signal.TimerDelete(&signalapi.TimerDeleteRequest{Group: c.P.Pid, Id: r.Id}, &d)
		return 0, e
	}
	return 0, 0
}

// timerSet asks with the CPU times that a timer may count.
func (c *Call) timerSet(q *signalapi.TimerSetRequest) (signalapi.TimerSetReply, linux.Errno) {
	q.Group, q.Id, q.Thread = c.P.Pid, c.Int(0), c.T.Tid
	user, system := c.processCPU(c.P)
	q.CpuNs = user + system
	user, system = c.threadCPU(c.T)
	q.ThreadCpuNs = user + system
	var r signalapi.TimerSetReply
	e := c.Signal.TimerSet(q, &r)
	c.armSignal(r.DeadlineNs)
	return r, e
}

// itimerspec reads a struct itimerspec. Errors: EFAULT, EINVAL.
func (c *Call) itimerspec(addr uint64) (value, interval int64, e linux.Errno) {
	var b [linux.SizeofItimerspec]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return 0, 0, e
	}
	var v linux.Itimerspec
	if v.Decode(b[:]); !v.Value.Valid() || !v.Interval.Valid() {
		return 0, 0, linux.EINVAL
	}
	return v.Value.Ns(), v.Interval.Ns(), 0
}

func (c *Call) putItimerspec(addr uint64, value, interval int64) {
	v := linux.Itimerspec{Interval: linux.NsToTimespec(interval), Value: linux.NsToTimespec(value)}
	v.Encode(c.Out())
	c.Return(addr, linux.SizeofItimerspec)
}

func sysTimerSettime(c *Call) (int64, linux.Errno) {
	if c.Args[2] == 0 {
		return 0, linux.EINVAL
	}
	value, interval, e := c.itimerspec(c.Args[2])
	if e != 0 {
		return 0, e
	}
	r, e := c.timerSet(&signalapi.TimerSetRequest{Set: true, Absolute: c.Uint(1)&linux.TIMER_ABSTIME != 0, ValueNs: value, IntervalNs: interval})
	if e != 0 {
		return 0, e
	}
	if c.Args[3] != 0 {
		c.putItimerspec(c.Args[3], r.ValueNs, r.IntervalNs)
	}
	return 0, 0
}

func sysTimerGettime(c *Call) (int64, linux.Errno) {
	r, e := c.timerSet(&signalapi.TimerSetRequest{})
	if e != 0 {
		return 0, e
	}
	c.putItimerspec(c.Args[1], r.ValueNs, r.IntervalNs)
	return 0, 0
}

func sysTimerGetoverrun(c *Call) (int64, linux.Errno) {
	r, e := c.timerSet(&signalapi.TimerSetRequest{})
	return int64(r.Overrun), e
}

func sysTimerDelete(c *Call) (int64, linux.Errno) {
	var r signalapi.TimerDeleteReply
	return 0, c.Signal.TimerDelete(&signalapi.TimerDeleteRequest{Group: c.P.Pid, Id: c.Int(0)}, &r)
}
