package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var itimerRows = []Row{
	{"alarm", Signal, args(uinteger("seconds")), sysAlarm},
	{"getitimer", Signal, args(enum("which", linux.Itimers), ptr("curr_value")), sysGetitimer},
	{"setitimer", Signal, args(enum("which", linux.Itimers), ptr("new_value"), ptr("old_value")), sysSetitimer},
}

func (c *Call) itimer(q *signalapi.ItimerRequest) (signalapi.ItimerReply, linux.Errno) {
	q.Group = c.P.Pid
	if q.Which == linux.ITIMER_VIRTUAL || q.Which == linux.ITIMER_PROF {
		user, system := c.processCPU(c.P)
		if q.CpuNs = user; q.Which == linux.ITIMER_PROF {
			q.CpuNs += system
		}
	}
	var r signalapi.ItimerReply
	e := c.Signal.Itimer(q, &r)
	c.armSignal(r.DeadlineNs)
	return r, e
}

// sysAlarm gives the seconds left of the last alarm, rounded as alarm_setitimer
// of kernel/time/itimer.c does: never 0 for one that is armed.
func sysAlarm(c *Call) (int64, linux.Errno) {
	sec := int64(c.Uint(0))
	r, e := c.itimer(&signalapi.ItimerRequest{Which: linux.ITIMER_REAL, Set: true, ValueNs: sec * linux.NSEC_PER_SEC})
	if e != 0 {
		return 0, e
	}
	left, usec := r.ValueNs/linux.NSEC_PER_SEC, r.ValueNs%linux.NSEC_PER_SEC/1000
	if left == 0 && usec > 0 || usec >= 500000 {
		left++
	}
	return left, 0
}

func (c *Call) putItimer(addr uint64, r *signalapi.ItimerReply) {
	v := linux.Itimerval{Interval: linux.NsToTimeval(r.IntervalNs), Value: linux.NsToTimeval(r.ValueNs)}
	v.Encode(c.Out())
	c.Return(addr, linux.SizeofItimerval)
}

func sysGetitimer(c *Call) (int64, linux.Errno) {
	r, e := c.itimer(&signalapi.ItimerRequest{Which: c.Int(0)})
	if e != 0 {
		return 0, e
	}
	c.putItimer(c.Args[1], &r)
	return 0, 0
}

func sysSetitimer(c *Call) (int64, linux.Errno) {
	q := signalapi.ItimerRequest{Which: c.Int(0), Set: true}
	if c.Args[1] != 0 { // NULL disarms: "misfeature support" in the kernel
		var b [linux.SizeofItimerval]byte
		if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
		var v linux.Itimerval
		if v.Decode(b[:]); !v.Value.Valid() || !v.Interval.Valid() {
			return 0, linux.EINVAL
		}
		q.ValueNs, q.IntervalNs = v.Value.Ns(), v.Interval.Ns()
	}
	r, e := c.itimer(&q)
	if e != 0 {
		return 0, e
	}
	if c.Args[2] != 0 {
		c.putItimer(c.Args[2], &r)
	}
	return 0, 0
}
