package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/strace"
)

var futexRows = []Row{
	{"futex", Core, args(ptr("uaddr"), kind("futex_op", strace.FutexOp), uinteger("val"), ptr("timeout"), ptr("uaddr2"), uinteger("val3")), sysFutex},
	{"futex_waitv", Core, args(ptr("waiters"), uinteger("nr_futexes"), hex("flags"), ptr("timeout"), enum("clockid", linux.Clocks)), sysFutex2},
	{"futex_wait", Core, args(ptr("uaddr"), hex("val"), hex("mask"), hex("flags"), ptr("timeout"), enum("clockid", linux.Clocks)), sysFutex2},
	{"futex_wake", Core, args(ptr("uaddr"), hex("mask"), integer("nr"), hex("flags")), sysFutex2},
	{"futex_requeue", Core, args(ptr("waiters"), hex("flags"), integer("nr_wake"), integer("nr_requeue")), sysFutex2},
}

// sysFutex2 gets those of the newer calls that the platform did not finish.
// Their time-outs are points in time, so all of them start again after a signal
// that lets them.
func sysFutex2(c *Call) (int64, linux.Errno) {
	if c.T.Sleep.Interrupted() {
		return 0, linux.ERESTARTSYS
	}
	return c.again(c.Nr)
}

// sysFutex gets the operations that a platform with futexes of its own did not
// finish: a signal may have come. It never waits itself.
func sysFutex(c *Call) (int64, linux.Errno) {
	switch c.Uint(1) & linux.FUTEX_CMD_MASK {
	case linux.FUTEX_WAIT, linux.FUTEX_WAIT_BITSET:
		switch {
		case !c.T.Sleep.Interrupted():
		case c.Args[3] == 0:
			return 0, linux.ERESTARTSYS
		default:
			// With a time-out, SA_RESTART does not count: futex_wait. GAP: when no
			// handler runs, a length begins anew.
			return c.onRestart(func(c *Call) (int64, linux.Errno) { return c.again(numbers["futex"]) })
		}
	case linux.FUTEX_WAKE, linux.FUTEX_WAKE_BITSET, linux.FUTEX_REQUEUE, linux.FUTEX_CMP_REQUEUE, linux.FUTEX_WAKE_OP:
		if c.T.Sleep.Interrupted() {
			return 0, linux.ERESTARTNOINTR
		}
	default:
		return c.futexPI(c.Uint(1))
	}
	return c.again(c.Nr) // nothing to look at after all
}

// again has the app make a call again by itself, which the platform then
// answers.
func (c *Call) again(nr uint64) (int64, linux.Errno) {
	if c.T.SeccompMode != 0 {
		c.T.Platform.Answer(platform.AnswerNext)
	}
	r := &c.frame.regs
	c.T.Platform.Regs(r)
	r.Rax = nr
	r.Rip -= 2
	c.regs = r
	return 0, 0
}

// wakeFutex wakes who waits on a word of app memory.
func (c *Call) wakeFutex(addr uint64, n int) {
	if c.T.Platform != nil && !c.T.Lent {
		c.T.Platform.WakeFutex(addr, n)
	}
}
