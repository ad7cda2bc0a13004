package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var timerfdRows = []Row{
	{"timerfd_create", Signal, args(enum("clockid", linux.Clocks), flags("flags", linux.TimerfdFlags)), sysTimerfdCreate},
	{"timerfd_settime", Signal, args(fd("fd"), flags("flags", linux.TimerfdSettimeFlags), ptr("new_value"), ptr("old_value")), sysTimerfdSettime},
	{"timerfd_gettime", Signal, args(fd("fd"), ptr("curr_value")), sysTimerfdGettime},
}

const (
	timerfdName  = "anon_inode:[timerfd]"
	signalfdName = "anon_inode:[signalfd]"
)

// signalFile makes a description for a handle of the signal subsystem.
func signalFile(handle uint64, fl uint32, name string) *fdtable.File {
	f := fdtable.NewFile(fdtable.Signal, handle, fl)
	f.Name, f.Mode, f.Pollable = name, 0o600, true
	return f
}

func sysTimerfdCreate(c *Call) (int64, linux.Errno) {
	fl := c.Uint(1)
	q := signalapi.OpenTimerfdRequest{Clock: c.Int(0), Privileged: c.T.Cred.Has(linux.CAP_WAKE_ALARM)}
	var r signalapi.OpenTimerfdReply
	if e := c.Signal.OpenTimerfd(&q, &r); e != 0 {
		return 0, e
	}
	return c.install(signalFile(r.Handle, linux.O_RDWR|fl&linux.O_NONBLOCK, timerfdName), fl&linux.O_CLOEXEC != 0)
}

// timerfd gives the description of a timerfd. Errors: EBADF, EINVAL.
func (c *Call) timerfd() (*fdtable.File, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return nil, e
	}
	if f.Owner != fdtable.Signal || f.Name != timerfdName {
		c.unref(f)
		return nil, linux.EINVAL
	}
	return f, 0
}

func (c *Call) setTimerfd(q *signalapi.SetTimerfdRequest, out uint64) (int64, linux.Errno) {
	f, e := c.timerfd()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q.Handle = f.Handle
	var r signalapi.SetTimerfdReply
	e = c.Signal.SetTimerfd(q, &r)
	c.armSignal(r.DeadlineNs)
	c.signalReady(r.Ready)
	if e != 0 {
		return 0, e
	}
	if out != 0 || !q.Set {
		c.putItimerspec(out, r.ValueNs, r.IntervalNs)
	}
	return 0, 0
}

func sysTimerfdSettime(c *Call) (int64, linux.Errno) {
	value, interval, e := c.itimerspec(c.Args[2])
	if e != 0 {
		return 0, e
	}
	if c.Uint(1)&^(linux.TFD_TIMER_ABSTIME|linux.TFD_TIMER_CANCEL_ON_SET) != 0 {
		return 0, linux.EINVAL
	}
	return c.setTimerfd(&signalapi.SetTimerfdRequest{Set: true, Flags: c.Uint(1), ValueNs: value, IntervalNs: interval}, c.Args[3])
}

func sysTimerfdGettime(c *Call) (int64, linux.Errno) {
	return c.setTimerfd(&signalapi.SetTimerfdRequest{}, c.Args[1])
}
