package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// jobControl does what a terminal asks for in an answer with errno e. A caller
// in the background gets what __tty_check_change in drivers/tty/tty_jobctrl.c
// gives: the signal, unless it is ignored or blocked or its group is orphaned.
// again says to ask once more with Cred.Background set.
func (c *Call) jobControl(e linux.Errno, raise []fsapi.Raise) (result linux.Errno, again bool) {
	if len(raise) == 0 {
		return e, false
	}
	signo := raise[0].Signo
	if e != linux.EINTR || signo != linux.SIGTTIN && signo != linux.SIGTTOU {
		c.raise(raise)
		return e, false
	}
	var info signalapi.InfoReply
	c.Signal.Info(&signalapi.InfoRequest{Group: c.P.Pid, Thread: c.T.Tid}, &info)
	switch {
	case (info.Blocked|info.Ignored)>>(signo-1)&1 != 0:
		return linux.EIO, signo == linux.SIGTTOU
	case c.Tasks.Orphaned(c.P.Group, nil):
		return linux.EIO, false
	}
	c.raise(raise)
	return linux.ERESTARTSYS, false
}

// mayForeground checks the process group that TIOCSPGRP names, as tiocspgrp in
// drivers/tty/tty_jobctrl.c does once the terminal is known to be the caller's.
func (c *Call) mayForeground(f *fdtable.File, pgid int32) linux.Errno {
	g := c.Tasks.Group(pgid)
	if pgid < 0 || g != nil && g.Session == c.P.Group.Session {
		return 0 // fs has the rest
	}
	var r fsapi.IoctlReply
	if c.FS.Ioctl(&fsapi.IoctlRequest{Cred: c.Cred(), Handle: f.Handle, Command: linux.TIOCGPGRP}, &r) != 0 {
		return linux.ENOTTY
	}
	if g == nil {
		return linux.ESRCH
	}
	return linux.EPERM
}
