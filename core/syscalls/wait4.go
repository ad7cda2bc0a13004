package syscalls

import (
	"sort"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var wait4Rows = []Row{
	{"wait4", Core, args(integer("pid"), kind("wstatus", strace.WaitStatus), flags("options", linux.WaitOptions), ptr("rusage")), sysWait4},
	{"waitid", Core, args(enum("idtype", linux.WaitidTypes), integer("id"), ptr("infop"), flags("options", linux.WaitOptions), ptr("rusage")), sysWaitid},
}

// child is what a wait found.
type child struct {
	pid, uid    int32
	code, value int32 // si_code and si_status
	status      int32 // wait status
	usage       linux.Rusage
}

func sysWait4(c *Call) (int64, linux.Errno) {
	pid, opts := c.Int(0), c.Uint(2)
	c.wantsRSS = c.wantsRSS || c.Args[3] != 0
	if opts&^(linux.WNOHANG|linux.WUNTRACED|linux.WCONTINUED|linux.WNOTHREAD|linux.WCLONE|linux.WALL) != 0 {
		return 0, linux.EINVAL
	}
	if pid == -1<<31 {
		return 0, linux.ESRCH
	}
	if pid == 0 {
		pid = -c.P.Group.Pgid
		if pid == 0 {
			pid = -1
		}
	}
	x, e := c.waitChild(func(p *task.Process) bool {
		switch {
		case pid == -1:
			return true
		case pid < 0:
			return p.Group.Pgid == -pid
		}
		return p.Pid == pid
	}, opts|linux.WEXITED)
	if e != 0 || x == nil {
		return 0, e
	}
	if c.Args[1] != 0 {
		var b [4]byte
		putInt32(b[:], x.status)
		if e := c.CopyOut(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
	}
	if c.Args[3] != 0 {
		var b [linux.SizeofRusage]byte
		x.usage.Encode(b[:])
		if e := c.CopyOut(c.Args[3], b[:]); e != 0 {
			return 0, e
		}
	}
	return int64(x.pid), 0
}

func sysWaitid(c *Call) (int64, linux.Errno) {
	which, id, opts := c.Uint(0), c.Int(1), c.Uint(3)
	c.wantsRSS = c.wantsRSS || c.Args[4] != 0
	if opts&^(linux.WNOHANG|linux.WNOWAIT|linux.WEXITED|linux.WSTOPPED|linux.WCONTINUED|linux.WNOTHREAD|linux.WCLONE|linux.WALL) != 0 ||
		opts&(linux.WEXITED|linux.WSTOPPED|linux.WCONTINUED) == 0 {
		return 0, linux.EINVAL
	}
	var match func(*task.Process) bool
	switch which {
	case linux.P_ALL:
		match = func(*task.Process) bool { return true }
	case linux.P_PID:
		if id <= 0 {
			return 0, linux.EINVAL
		}
		match = func(p *task.Process) bool { return p.Pid == id }
	case linux.P_PGID:
		if id < 0 {
			return 0, linux.EINVAL
		}
		if id == 0 {
			id = c.P.Group.Pgid
		}
		match = func(p *task.Process) bool { return p.Group.Pgid == id }
	case linux.P_PIDFD:
		if id < 0 {
			return 0, linux.EINVAL
		}
		f, e := c.T.Files.Get(id)
		if e != 0 {
			return 0, e
		}
		defer c.unref(f)
		o, ok := f.Object.(*pidfd)
		if !ok {
			return 0, linux.EBADF
		}
		if f.Flags.Load()&linux.O_NONBLOCK != 0 && opts&linux.WNOHANG == 0 {
			opts |= linux.WNOHANG | nonblockWait
		}
		match = func(p *task.Process) bool { return p == o.p && (o.t == nil || o.t == p.Leader) }
	default:
		return 0, linux.EINVAL
	}
	x, e := c.waitChild(match, opts)
	if e != 0 {
		return 0, e
	}
	if x == nil && opts&nonblockWait != 0 {
		return 0, linux.EAGAIN
	}
	if c.Args[4] != 0 && x != nil {
		var b [linux.SizeofRusage]byte
		x.usage.Encode(b[:])
		if e := c.CopyOut(c.Args[4], b[:]); e != 0 {
			return 0, e
		}
	}
	if c.Args[2] != 0 {
		// Linux writes the six fields one by one and leaves the rest alone.
		var b [28]byte
		if x != nil {
			putInt32(b[0:], linux.SIGCHLD)
			putInt32(b[8:], x.code)
			putInt32(b[16:], x.pid)
			putInt32(b[20:], x.uid)
			putInt32(b[24:], x.value)
		}
		if e := c.CopyOut(c.Args[2], b[:12]); e != 0 {
			return 0, e
		}
		if e := c.CopyOut(c.Args[2]+16, b[16:]); e != 0 {
			return 0, e
		}
	}
	return 0, 0
}

// nonblockWait marks a wait on a pidfd with O_NONBLOCK; no option has the bit.
const nonblockWait = 1 << 30

// waitChild finds a child that matches and has something to report, and waits
// for one unless WNOHANG. nil without an error is WNOHANG's nothing yet.
// Errors: ECHILD, ERESTARTSYS.
func (c *Call) waitChild(match func(*task.Process) bool, opts uint32) (*child, linux.Errno) {
	for interrupted := false; ; {
		var mine []*task.Process
		for _, p := range c.P.Children {
			// Children that end with another signal than SIGCHLD are clones.
			if clone := p.ExitSignal != linux.SIGCHLD; opts&linux.WALL == 0 && clone != (opts&linux.WCLONE != 0) {
				continue
			}
			if opts&linux.WNOTHREAD != 0 && p.ParentThread != c.T {
				continue
			}
			if match(p) {
				mine = append(mine, p)
			}
		}
		if len(mine) == 0 {
			return nil, linux.ECHILD
		}
		sort.Slice(mine, func(i, j int) bool { return mine[i].StartNs < mine[j].StartNs })
		for _, p := range mine {
			if x := c.report(p, opts); x != nil {
				return x, 0
			}
		}
		if opts&linux.WNOHANG != 0 {
			return nil, 0
		}
		// A child that ended comes before the signal that says so: do_wait
		// looks once more.
		if interrupted {
			return nil, linux.ERESTARTSYS
		}
		c.blocked()
		interrupted = c.P.ChildEvent.Wait(&c.T.Sleep, 0, true) == wait.Interrupted
	}
}

// report takes what a child has to tell.
func (c *Call) report(p *task.Process, opts uint32) *child {
	x := &child{pid: p.Pid, uid: int32(p.Leader.Cred.UID)}
	switch {
	case p.Zombie && opts&linux.WEXITED != 0:
		x.status = p.Status
		x.code, x.value = exitCode(p.Status)
		user, system := c.shownCPU(p)
		x.usage = usage(user+p.ChildUserNs, system+p.ChildSystemNs, max(p.MaxRSS, p.ChildMaxRSS), p.Waits+p.ChildWaits)
		if opts&linux.WNOWAIT == 0 {
			c.accountChild(p)
			c.reap(p)
		}
	case p.Stopped && !p.StopSeen && !p.Zombie && opts&linux.WUNTRACED != 0:
		x.status = p.StopSignal<<8 | 0x7f
		x.code, x.value = linux.CLD_STOPPED, p.StopSignal
		if opts&linux.WNOWAIT == 0 {
			p.StopSeen = true
		}
	case p.Continued && !p.Zombie && opts&linux.WCONTINUED != 0:
		x.status = 0xffff
		x.code, x.value = linux.CLD_CONTINUED, linux.SIGCONT
		if opts&linux.WNOWAIT == 0 {
			p.Continued = false
		}
	default:
		return nil
	}
	return x
}

// usage makes a rusage of times in ns and how often calls waited.
func usage(user, system, maxRSS, waits int64) linux.Rusage {
	return linux.Rusage{Utime: linux.NsToTimeval(user), Stime: linux.NsToTimeval(system), Maxrss: maxRSS, Nvcsw: waits}
}

func putInt32(b []byte, v int32) {
	u := uint32(v)
	b[0], b[1], b[2], b[3] = byte(u), byte(u>>8), byte(u>>16), byte(u>>24)
}

// groupStopped says that all threads of a process have stopped by a signal, and
// tells the parent.
func (e *Env) groupStopped(p *task.Process, signo int32) {
	p.Stopped, p.StopSignal, p.StopSeen, p.Continued = true, signo, false, false
	e.notifyStop(p, linux.CLD_STOPPED, signo)
}

// notifyStop tells the parent that a child stopped or continued: kernel/signal.c,
// do_notify_parent_cldstop.
func (e *Env) notifyStop(p *task.Process, code, status int32) {
	parent := p.Parent
	if parent == e.Tasks.Init {
		return
	}
	var act signalapi.ActionReply
	e.Signal.Action(&signalapi.ActionRequest{Group: parent.Pid, Signo: linux.SIGCHLD}, &act)
	if act.Handler != linux.SIG_IGN && act.Flags&linux.SA_NOCLDSTOP == 0 {
		info := e.childInfo(p)
		info.Code, info.Status = code, status
		e.send(parent, nil, info, false)
	}
	parent.ChildEvent.Wake()
}

// waitContinued stands still until SIGCONT or the end. Which of it came is for
// Deliver to say.
func (c *Call) waitContinued() {
	if !c.P.Exiting && !c.T.Sleep.Dying() {
		c.blocked()
		c.P.Resume.Wait(&c.T.Sleep, 0, false)
	}
}

// continueGroup lets a process go on that had stopped (signo is SIGCONT) or was
// about to (signo is the stop signal; the parent hears of that).
func (e *Env) continueGroup(p *task.Process, signo int32) {
	p.Stopped, p.Continued = false, true
	p.Resume.Wake()
	if signo == linux.SIGCONT {
		e.notifyStop(p, linux.CLD_CONTINUED, linux.SIGCONT)
		return
	}
	e.notifyStop(p, linux.CLD_STOPPED, signo)
}
