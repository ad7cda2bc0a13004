package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var sigqueueRows = []Row{
	{"rt_sigqueueinfo", Signal, args(integer("tgid"), signo("sig"), ptr("info")), sysRtSigqueueinfo},
	{"rt_tgsigqueueinfo", Signal, args(integer("tgid"), integer("tid"), signo("sig"), ptr("info")), sysRtTgsigqueueinfo},
	{"rt_sigtimedwait", Signal, args(kind("set", strace.SigSetIn), ptr("info"), kind("timeout", strace.TimespecIn), uinteger("sigsetsize")), sysRtSigtimedwait},
	{"pidfd_send_signal", Signal, args(fd("pidfd"), signo("sig"), ptr("info"), hex("flags")), sysPidfdSendSignal},
}

// siginfo reads a siginfo that an app sends. Errors: EFAULT.
func (c *Call) siginfo(addr uint64, signo int32) (signalapi.Info, linux.Errno) {
	const kernel = 48 // sizeof(struct kernel_siginfo)
	var b [linux.SizeofSiginfo]byte
	if e := c.CopyIn(addr, b[:kernel]); e != 0 {
		return signalapi.Info{}, e
	}
	var s linux.Siginfo
	s.Decode(b[:])
	if signo >= 0 {
		s.Signo = signo
	}
	if !s.Known() { // post_copy_siginfo_from_user: nothing that is lost
		if e := c.CopyIn(addr+kernel, b[kernel:]); e != 0 {
			return signalapi.Info{}, e
		}
		if b != ([linux.SizeofSiginfo]byte)(append(b[:kernel:kernel], make([]byte, linux.SizeofSiginfo-kernel)...)) {
			return signalapi.Info{}, linux.E2BIG
		}
	}
	i := signalapi.Info{Signo: s.Signo, Code: s.Code, ErrnoValue: s.Errno}
	switch s.Layout() {
	case linux.SIL_TIMER:
		i.TimerId, i.Overrun, i.Value = s.TimerID(), s.Overrun(), s.Value()
	case linux.SIL_POLL:
		i.Value, i.Fd = uint64(s.Band()), s.Fd()
	case linux.SIL_CHLD:
		i.Pid, i.Uid, i.Status, i.Utime, i.Stime = s.Pid(), s.Uid(), s.Status(), s.Utime(), s.Stime()
	case linux.SIL_KILL:
		i.Pid, i.Uid = s.Pid(), s.Uid()
	case linux.SIL_SYS:
		i.Value, i.Syscall, i.Arch = s.Addr(), s.Syscall(), s.Arch()
	case linux.SIL_RT:
		i.Pid, i.Uid, i.Value = s.Pid(), s.Uid(), s.Value()
	default:
		i.Value = s.Addr()
	}
	return i, 0
}

// encodeInfo lays a siginfo out as an app sees it.
func encodeInfo(i *signalapi.Info) (b [linux.SizeofSiginfo]byte) {
	s := linux.Siginfo{Signo: i.Signo, Code: i.Code, Errno: i.ErrnoValue}
	switch s.Layout() {
	case linux.SIL_TIMER:
		s.SetTimer(i.TimerId, i.Overrun, i.Value)
	case linux.SIL_POLL:
		s.SetPoll(int64(i.Value), i.Fd)
	case linux.SIL_CHLD:
		s.SetChild(i.Pid, i.Uid, i.Status, i.Utime, i.Stime)
	case linux.SIL_KILL:
		s.SetSender(i.Pid, i.Uid)
	case linux.SIL_SYS:
		s.SetSys(i.Value, i.Syscall, i.Arch)
	case linux.SIL_RT:
		s.SetSender(i.Pid, i.Uid)
		s.SetValue(i.Value)
	default:
		s.SetFault(i.Value)
	}
	s.Encode(b[:])
	return b
}

func sysRtSigqueueinfo(c *Call) (int64, linux.Errno) {
	info, e := c.siginfo(c.Args[2], c.Int(1))
	if e != 0 {
		return 0, e
	}
	// Nobody may pretend to be kill or the kernel but to itself.
	pid := c.Int(0)
	if (info.Code >= 0 || info.Code == linux.SI_TKILL) && c.P.Pid != pid {
		return 0, linux.EPERM
	}
	p := c.processOf(pid)
	if p == nil {
		return 0, linux.ESRCH
	}
	return 0, c.queue(p, nil, c.Int(1), info)
}

func sysRtTgsigqueueinfo(c *Call) (int64, linux.Errno) {
	info, e := c.siginfo(c.Args[3], c.Int(2))
	if e != 0 {
		return 0, e
	}
	tgid, tid := c.Int(0), c.Int(1)
	if tgid <= 0 || tid <= 0 {
		return 0, linux.EINVAL
	}
	if (info.Code >= 0 || info.Code == linux.SI_TKILL) && c.T.Tid != tid {
		return 0, linux.EPERM
	}
	t := c.Tasks.Thread(tid)
	if t == nil || t.Process.Pid != tgid {
		return 0, linux.ESRCH
	}
	return 0, c.queue(t.Process, t, c.Int(2), info)
}

// processOf finds a process by its id or that of any of its threads.
func (c *Call) processOf(id int32) *task.Process {
	if p := c.Tasks.Process(id); p != nil {
		return p
	}
	if t := c.Tasks.Thread(id); t != nil {
		return t.Process
	}
	return nil
}

// queue sends a signal with a siginfo. Errors: EINVAL, EPERM, EAGAIN.
func (c *Call) queue(p *task.Process, t *task.Thread, signo int32, info signalapi.Info) linux.Errno {
	if signo < 0 || signo > 64 {
		return linux.EINVAL
	}
	info.Signo = signo
	if info.Code < 0 || info.Code == linux.SI_USER {
		if e := c.mayKill(p, signo); e != 0 {
			return e
		}
	}
	if signo == 0 || p.Zombie || t != nil && t.Exited {
		return 0
	}
	return c.send(p, t, info, false)
}

func sysRtSigtimedwait(c *Call) (int64, linux.Errno) {
	if c.Args[3] != 8 {
		return 0, linux.EINVAL
	}
	var b [8]byte
	if e := c.CopyIn(c.Args[0], b[:]); e != 0 {
		return 0, e
	}
	deadline, poll := int64(0), false
	if c.Args[2] != 0 {
		ts, e := c.timespec(c.Args[2])
		if e != 0 {
			return 0, e
		}
		if !ts.Valid() {
			return 0, linux.EINVAL
		}
		poll = ts.Ns() == 0
		if deadline = c.Leader.Now() + ts.Ns(); deadline < 0 {
			deadline = 1<<63 - 1
		}
	}
	q := signalapi.TakeRequest{Thread: c.T.Tid, Set: binary.LittleEndian.Uint64(b[:]), Cancel: poll}
	var r signalapi.TakeReply
	late := linux.EAGAIN
	for {
		r = signalapi.TakeReply{Effects: r.Effects[:0]}
		e := c.Signal.Take(&q, &r)
		c.effects(r.Effects)
		c.armSignal(r.DeadlineNs)
		switch {
		case e == 0:
			if c.Args[1] != 0 {
				info := encodeInfo(&r.Info)
				if e := c.CopyOut(c.Args[1], info[:]); e != 0 {
					return 0, e
				}
			}
			return int64(r.Info.Signo), 0
		case e == linux.EAGAIN && q.Cancel:
			return 0, late
		case e != linux.EWAIT:
			return 0, e
		}
		// A signal that came before counts as well: look again.
		c.T.Sleep.Calm()
		if c.sleep(deadline, true) == wait.Interrupted {
			late = linux.EINTR
		}
		q.Cancel = true
	}
}

func sysPidfdSendSignal(c *Call) (int64, linux.Errno) {
	const thread, group, pgrp = 1, 2, 4 // PIDFD_SIGNAL_*
	fl := c.Uint(3)
	if fl&^(thread|group|pgrp) != 0 || fl&(fl-1) != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	o, e := c.pidfdOf(f)
	if e != 0 {
		return 0, e
	}
	signo := c.Int(1)
	info := signalapi.Info{Signo: signo, Code: linux.SI_USER, Pid: c.P.Pid, Uid: c.T.Cred.UID}
	if c.Args[2] != 0 {
		if info, e = c.siginfo(c.Args[2], -1); e != 0 {
			return 0, e
		}
		if info.Signo != signo {
			return 0, linux.EINVAL
		}
		// Pretending is for oneself alone.
		if o.p != c.P && (info.Code >= 0 || info.Code == linux.SI_TKILL) {
			return 0, linux.EPERM
		}
	}
	if o.level()&linux.POLLHUP != 0 {
		return 0, linux.ESRCH
	}
	to := o.p.Leader
	if o.t != nil {
		to = o.t
		if fl == 0 {
			fl = thread
		}
	}
	if fl == thread && c.Args[2] == 0 {
		info.Code = linux.SI_TKILL
	}
	switch fl {
	case thread:
		return 0, c.queue(o.p, to, signo, info)
	case pgrp:
		if signo < 0 || signo > 64 {
			return 0, linux.EINVAL
		}
		g := c.Tasks.Group(to.Tid) // the group that it gave its number to
		if g == nil {
			return 0, linux.ESRCH
		}
		return 0, c.killGroup(g, info)
	}
	return 0, c.queue(o.p, nil, signo, info)
}
