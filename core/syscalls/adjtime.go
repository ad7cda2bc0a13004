package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var adjtimeRows = []Row{
	{"clock_adjtime", Signal, args(enum("clockid", linux.Clocks), ptr("buf")), sysClockAdjtime},
	{"adjtimex", Signal, args(ptr("buf")), sysAdjtimex},
}

func sysAdjtimex(c *Call) (int64, linux.Errno) { return c.adjtime(linux.CLOCK_REALTIME, c.Args[0]) }

func sysClockAdjtime(c *Call) (int64, linux.Errno) { return c.adjtime(c.Int(0), c.Args[1]) }

// adjtime is do_clock_adjtime.
func (c *Call) adjtime(clock int32, addr uint64) (int64, linux.Errno) {
	var b [linux.SizeofTimex]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return 0, e
	}
	var t linux.Timex
	t.Decode(b[:])
	q := signalapi.ClockAdjustRequest{Clock: clock, Modes: t.Modes, TimeSec: t.Time.Sec, TimePart: t.Time.Usec,
		Privileged: c.T.Cred.Has(linux.CAP_SYS_TIME), State: signalapi.ClockState{Offset: t.Offset, Freq: t.Freq, Maxerror: t.Maxerror,
			Esterror: t.Esterror, Status: t.Status, Constant: t.Constant, Tick: t.Tick}}
	var r signalapi.ClockAdjustReply
	if e := c.Signal.ClockAdjust(&q, &r); e != 0 {
		return 0, e
	}
	if r.Jumped {
		c.clockJumped(r.Ready, r.OffsetNs, r.DeadlineNs)
	}
	s := &r.State
	t = linux.Timex{Modes: t.Modes, Offset: s.Offset, Freq: s.Freq, Maxerror: s.Maxerror, Esterror: s.Esterror, Status: s.Status,
		Constant: s.Constant, Precision: s.Precision, Tolerance: s.Tolerance, Time: linux.NsToTimeval(r.NowNs), Tick: s.Tick, Tai: s.Tai}
	if s.Status&linux.STA_NANO != 0 {
		t.Time.Usec = r.NowNs % linux.NSEC_PER_SEC
	}
	t.Encode(c.Out())
	c.Return(addr, linux.SizeofTimex)
	return int64(r.Result), 0
}
