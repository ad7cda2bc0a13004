package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/keys"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var cloneRows = []Row{
	{"clone", Core, args(kind("flags", strace.CloneFlags), ptr("stack"), ptr("parent_tid"), ptr("child_tid"), ptr("tls")), sysClone},
	{"clone3", Core, args(ptr("cl_args"), uinteger("size")), sysClone3},
	{"fork", Core, nil, sysFork},
	{"vfork", Core, nil, sysVfork},
	{"set_tid_address", Core, args(ptr("tidptr")), sysSetTidAddress},
}

// cloneFlags are the flags that clone and clone3 answer.
const cloneFlags = linux.CSIGNAL | linux.CLONE_VM | linux.CLONE_FS | linux.CLONE_FILES | linux.CLONE_SIGHAND |
	linux.CLONE_VFORK | linux.CLONE_PARENT | linux.CLONE_THREAD | linux.CLONE_SYSVSEM | linux.CLONE_SETTLS |
	linux.CLONE_PARENT_SETTID | linux.CLONE_CHILD_CLEARTID | linux.CLONE_DETACHED | linux.CLONE_UNTRACED |
	linux.CLONE_CHILD_SETTID | linux.CLONE_IO | linux.CLONE_PIDFD | linux.CLONE_CLEAR_SIGHAND | linux.CLONE_PTRACE

func sysFork(c *Call) (int64, linux.Errno) {
	return c.clone(&linux.CloneArgs{ExitSignal: linux.SIGCHLD})
}

func sysVfork(c *Call) (int64, linux.Errno) {
	return c.clone(&linux.CloneArgs{Flags: linux.CLONE_VM | linux.CLONE_VFORK, ExitSignal: linux.SIGCHLD})
}

func sysClone(c *Call) (int64, linux.Errno) {
	// The flags argument is an unsigned long of which the high half counts not.
	fl := c.Args[0] & 0xffffffff
	a := linux.CloneArgs{Flags: fl &^ linux.CSIGNAL, ExitSignal: fl & linux.CSIGNAL, Stack: c.Args[1],
		ParentTid: c.Args[2], ChildTid: c.Args[3], Tls: c.Args[4]}
	if fl&linux.CLONE_PIDFD != 0 {
		if fl&linux.CLONE_PARENT_SETTID != 0 {
			return 0, linux.EINVAL
		}
		a.Pidfd = c.Args[2]
	}
	return c.clone(&a)
}

func sysClone3(c *Call) (int64, linux.Errno) {
	size := c.Args[1]
	if size > pageSize {
		return 0, linux.E2BIG
	}
	if size < 64 { // CLONE_ARGS_SIZE_VER0
		return 0, linux.EINVAL
	}
	b := make([]byte, max(int(size), linux.SizeofCloneArgs))
	if e := c.CopyIn(c.Args[0], b[:size]); e != 0 {
		return 0, e
	}
	for _, x := range b[linux.SizeofCloneArgs:] {
		if x != 0 {
			return 0, linux.E2BIG
		}
	}
	var a linux.CloneArgs
	a.Decode(b)
	if a.Flags&(linux.CLONE_DETACHED|linux.CSIGNAL) != 0 || a.Flags&(linux.CLONE_SIGHAND|linux.CLONE_CLEAR_SIGHAND) == linux.CLONE_SIGHAND|linux.CLONE_CLEAR_SIGHAND {
		return 0, linux.EINVAL
	}
	if a.Flags&(linux.CLONE_THREAD|linux.CLONE_PARENT) != 0 && a.ExitSignal != 0 {
		return 0, linux.EINVAL
	}
	if a.ExitSignal > 64 {
		return 0, linux.EINVAL
	}
	if a.Stack == 0 && a.StackSize > 0 || a.Stack != 0 && a.StackSize == 0 {
		return 0, linux.EINVAL
	}
	if a.Stack != 0 {
		a.Stack += a.StackSize
	}
	if a.Flags&linux.CLONE_INTO_CGROUP != 0 && size > 80 {
		return 0, linux.EBADF // no descriptor is one of a cgroup
	}
	if a.SetTidSize > 32 || a.SetTid == 0 && a.SetTidSize > 0 || a.SetTid != 0 && a.SetTidSize == 0 {
		return 0, linux.EINVAL
	}
	return c.clone(&a)
}

// clone makes a thread or process: kernel/fork.c, copy_process.
func (c *Call) clone(a *linux.CloneArgs) (int64, linux.Errno) {
	fl := a.Flags
	if fl&^cloneFlags != 0 {
		// Namespaces and cgroups: nobody claims them.
		return 0, linux.EINVAL
	}
	if c.T.Policy == linux.SCHED_DEADLINE && !c.T.ResetOnFork {
		return 0, linux.EAGAIN // sched_fork: a reservation has one owner
	}
	switch {
	case fl&linux.CLONE_THREAD != 0 && fl&linux.CLONE_SIGHAND == 0,
		fl&linux.CLONE_SIGHAND != 0 && fl&linux.CLONE_VM == 0:
		return 0, linux.EINVAL
	}
	if a.SetTidSize > 1 {
		return 0, linux.EINVAL // alloc_pid: one PID namespace
	}
	t, p := c.T, c.P
	if fl&linux.CLONE_PIDFD != 0 {
		// There must be a number for it and a place to tell it, or no child.
		if t.Files.Full(p.Limits[linux.RLIMIT_NOFILE].Cur) {
			return 0, linux.EMFILE
		}
		var old [4]byte
		if e := c.CopyIn(a.Pidfd, old[:]); e != 0 {
			return 0, e
		}
		if e := c.CopyOut(a.Pidfd, old[:]); e != 0 {
			return 0, e
		}
	}
	user := t.Cred.UID
	if n := p.Limits[linux.RLIMIT_NPROC].Cur; uint64(c.Tasks.PerUser[user]) >= n && user != 0 &&
		!t.Cred.Has(linux.CAP_SYS_RESOURCE) && !t.Cred.Has(linux.CAP_SYS_ADMIN) {
		return 0, linux.EAGAIN
	}
	if fl&linux.CLONE_PIDFD != 0 {
		// pidfd_prepare: all that can fail does so before there is a child.
		var b [4]byte
		if c.T.Files.Full(p.Limits[linux.RLIMIT_NOFILE].Cur) {
			return 0, linux.EMFILE
		}
		if c.CopyIn(a.Pidfd, b[:]) != 0 || c.CopyOut(a.Pidfd, b[:]) != 0 {
			return 0, linux.EFAULT
		}
	}
	id := int32(0)
	if a.SetTidSize > 0 {
		var b [4]byte
		if e := c.CopyIn(a.SetTid, b[:]); e != 0 {
			return 0, e
		}
		id = int32(binary.LittleEndian.Uint32(b[:]))
		switch e := c.Tasks.TakeID(id); {
		case e == linux.EINVAL, a.SetTidSize > 1:
			return 0, linux.EINVAL // alloc_pid: there is one namespace
		case !t.Cred.Has(linux.CAP_SYS_ADMIN) && !t.Cred.Has(linux.CAP_CHECKPOINT_RESTORE):
			return 0, linux.EPERM
		case e != 0:
			return 0, e
		}
	} else {
		id = c.Tasks.NewID()
	}
	nt := &task.Thread{Tid: id, Cred: t.Cred, Name: t.Name, Nice: t.Nice, Policy: t.Policy, RTPrio: t.RTPrio,
		Affinity: t.Affinity, IOPrio: t.IOPrio, Personality: t.Personality, TimerSlackNs: t.TimerSlackNs, DefaultSlackNs: t.TimerSlackNs, MCEKill: t.MCEKill, Keyrings: keys.Rings{Session: t.Keyrings.Session, Default: t.Keyrings.Default}, MemPolicy: t.MemPolicy, SeccompMode: t.SeccompMode, Seccomp: t.Seccomp, StartNs: c.Leader.Now()}
	if t.ResetOnFork {
		// sched_fork: the child loses what the parent gained.
		if rtPolicy(nt.Policy) || nt.Policy == linux.SCHED_DEADLINE {
			nt.Policy, nt.RTPrio, nt.Nice = linux.SCHED_NORMAL, 0, 0
		}
		nt.Nice = max(nt.Nice, 0)
	}

	var r platform.Regs
	t.Platform.Regs(&r)
	r.Rax = 0
	if a.Stack != 0 {
		r.Rsp = a.Stack
	}

	var e linux.Errno
	if fl&linux.CLONE_THREAD != 0 {
		e = c.cloneThread(nt, a, &r)
	} else {
		e = c.cloneProcess(nt, a, &r)
	}
	if e != 0 {
		return 0, e
	}
	if fl&linux.CLONE_CHILD_CLEARTID != 0 {
		nt.ClearTid = a.ChildTid
	}
	var word [4]byte
	binary.LittleEndian.PutUint32(word[:], uint32(id))
	if fl&linux.CLONE_PARENT_SETTID != 0 {
		c.CopyOut(a.ParentTid, word[:])
	}
	if fl&linux.CLONE_CHILD_SETTID != 0 {
		nt.Process.Space.Platform.Write(a.ChildTid, word[:])
	}
	pidfd := int64(-1)
	if fl&linux.CLONE_PIDFD != 0 {
		of, kind := (*task.Thread)(nil), uint32(0)
		if fl&linux.CLONE_THREAD != 0 {
			of, kind = nt, linux.PIDFD_THREAD
		}
		f := c.newPidfd(nt.Process, of, linux.O_RDWR|kind)
		if pidfd, e = c.install(f, true); e == 0 {
			binary.LittleEndian.PutUint32(word[:], uint32(pidfd))
			c.CopyOut(a.Pidfd, word[:])
		}
	}
	if fl&linux.CLONE_VFORK != 0 {
		c.vforkWait(nt, &r, fl)
	} else {
		nt.Platform.Resume(&r)
	}
	return int64(id), 0
}

// cloneThread makes a thread of the caller's process.
func (c *Call) cloneThread(nt *task.Thread, a *linux.CloneArgs, r *platform.Regs) linux.Errno {
	t, p := c.T, c.P
	var sr signalapi.NewThreadReply
	if e := c.Signal.NewThread(&signalapi.NewThreadRequest{Group: p.Pid, From: t.Tid, Thread: nt.Tid}, &sr); e != 0 {
		return e
	}
	pt, e := p.Space.Platform.Clone(t.Platform, r, a.Tls, a.Flags&linux.CLONE_SETTLS != 0)
	if e == 0 && (p.Exiting || t.Sleep.Dying()) {
		pt.Exit(0)
		e = linux.EAGAIN
	}
	if e != 0 {
		var er signalapi.EndThreadReply
		c.Signal.EndThread(&signalapi.EndThreadRequest{Group: p.Pid, Thread: nt.Tid}, &er)
		return e
	}
	nt.Platform = pt
	c.shareContext(nt, a.Flags)
	c.Tasks.AddThread(p, nt)
	c.adopt(nt)
	return 0
}

// cloneProcess makes a process: in a copy of the space, or in the same one.
func (c *Call) cloneProcess(nt *task.Thread, a *linux.CloneArgs, r *platform.Regs) linux.Errno {
	t, p, fl := c.T, c.P, a.Flags
	np := &task.Process{Pid: nt.Tid, ExitSignal: int32(a.ExitSignal), Group: p.Group, Limits: p.Limits,
		NoNewPrivs: p.NoNewPrivs, OomScoreAdj: p.OomScoreAdj, StartNs: nt.StartNs}
	sq := signalapi.ForkGroupRequest{Parent: p.Pid, ParentThread: t.Tid, Group: np.Pid, Thread: nt.Tid,
		ShareHandlers: fl&linux.CLONE_SIGHAND != 0, ClearHandlers: fl&linux.CLONE_CLEAR_SIGHAND != 0,
		DropAltStack: fl&(linux.CLONE_VM|linux.CLONE_VFORK) == linux.CLONE_VM}
	var sr signalapi.ForkGroupReply
	if e := c.Signal.ForkGroup(&sq, &sr); e != 0 {
		return e
	}
	undo := func(e linux.Errno) linux.Errno {
		var er signalapi.EndThreadReply
		c.Signal.EndThread(&signalapi.EndThreadRequest{Group: np.Pid, Thread: nt.Tid}, &er)
		return e
	}
	switch {
	case fl&(linux.CLONE_VM|linux.CLONE_VFORK) == linux.CLONE_VM|linux.CLONE_VFORK:
		// The parent's thread runs on as the child: see vforkWait.
		np.Space = p.Space.Share()
	case fl&linux.CLONE_VM != 0:
		pt, e := p.Space.Platform.Clone(t.Platform, r, a.Tls, fl&linux.CLONE_SETTLS != 0)
		if e != 0 {
			return undo(e)
		}
		nt.Platform = pt
		np.Space = p.Space.Share()
	default:
		s, pt, e := c.forkSpace(r)
		if e != 0 {
			return undo(e)
		}
		np.Space, nt.Platform = s, pt
		c.ownCPU(np, s)
		if fl&linux.CLONE_SETTLS != 0 {
			pt.SetTLS(a.Tls)
		}
	}
	c.shareContext(nt, fl)
	parent := p
	if fl&linux.CLONE_PARENT != 0 {
		parent = p.Parent
		np.ExitSignal = p.ExitSignal
	}
	if np.ParentThread = t; parent != p {
		np.ParentThread = p.ParentThread
	}
	c.Tasks.AddProcess(np, parent, nt)
	if l := &np.Limits[linux.RLIMIT_CPU]; l.Cur != linux.RLIM_INFINITY || l.Max != linux.RLIM_INFINITY {
		c.watchCPULimit(np)
	}
	c.adopt(nt)
	return 0
}

// forkSpace copies the caller's address space.
func (c *Call) forkSpace(r *platform.Regs) (*task.Space, platform.Thread, linux.Errno) {
	s := c.P.Space
	s.Change.Lock(&c.T.Sleep)
	defer s.Change.Unlock()
	var rep mmapi.ForkSpaceReply
	if e := c.MM.ForkSpace(&mmapi.ForkSpaceRequest{Space: s.MM}, &rep); e != 0 {
		return nil, nil, e
	}
	ps, pt, e := s.Platform.Fork(c.T.Platform, r)
	if e != 0 {
		var fr mmapi.FreeSpaceReply
		c.MM.FreeSpace(&mmapi.FreeSpaceRequest{Space: rep.Space}, &fr)
		return nil, nil, e
	}
	n := task.NewSpace(rep.Space, ps)
	n.Exe = s.Exe
	if n.Exe != nil {
		n.Exe.Ref()
	}
	n.ArgStart, n.ArgEnd, n.EnvStart, n.EnvEnd = s.ArgStart, s.ArgEnd, s.EnvStart, s.EnvEnd
	n.Auxv, n.StartCode, n.EndCode, n.StartStack = s.Auxv, s.StartCode, s.EndCode, s.StartStack
	n.Dumpable, n.Tainted, n.Barriers = s.Dumpable, s.Tainted, s.Barriers
	n.Inherit(s)
	for _, f := range rep.Files {
		if m := s.Files[f.File]; m != nil {
			n.Files[f.File] = c.shareMapped(m, f.Delta)
		}
	}
	if len(rep.Ops) > 0 {
		if e := c.applyBy(pt, n, rep.Ops); e != 0 {
			ps.Kill()
			return nil, nil, linux.ENOMEM
		}
	}
	return n, pt, 0
}

// shareContext gives the new thread files and directories, shared or copied.
func (c *Call) shareContext(nt *task.Thread, fl uint64) {
	if fl&linux.CLONE_FILES != 0 {
		nt.Files = c.T.Files.Share()
	} else {
		nt.Files = c.T.Files.Copy()
	}
	if fl&linux.CLONE_FS != 0 {
		nt.FS = c.T.FS.Share()
	} else {
		nt.FS = c.T.FS.Copy()
	}
	if fl&linux.CLONE_SYSVSEM != 0 {
		nt.SemUndo = c.semUndo().Share()
	}
}

// adopt makes a thread known to the platform and gives it a frame.
func (e *Env) adopt(t *task.Thread) {
	e.newCall(t)
	if t.Platform != nil {
		t.Platform.SetOwner(t)
	}
	e.setIdent(t)
}

// setIdent renews the words that are answered without the core.
func (e *Env) setIdent(t *task.Thread) {
	if t.Platform == nil {
		return
	}
	k := t.Cred
	ppid := int32(0)
	if t.Process.Parent != nil {
		ppid = t.Process.Parent.Pid
	}
	t.Platform.SetIdent(&platform.Ident{Pid: uint64(t.Process.Pid), Tid: uint64(t.Tid), Ppid: uint64(ppid),
		Uid: uint64(k.UID), Euid: uint64(k.EUID), Gid: uint64(k.GID), Egid: uint64(k.EGID)})
	e.setAnswers(t)
}

// vforkWait lends the caller's platform thread to the child until that execs
// or exits; then the caller goes on with the registers it had.
func (c *Call) vforkWait(nt *task.Thread, r *platform.Regs, fl uint64) {
	t := c.T
	var mine platform.Regs
	t.Platform.Regs(&mine)
	nt.Vforker = t
	if nt.Platform == nil {
		c.settleCPU(t)
		t.Lent = true
		nt.Platform = t.Platform
		c.beginCPU(nt)
		nt.Platform.SetOwner(nt)
		c.setIdent(nt)
	}
	nt.Platform.Resume(r)
	for nt.Vforker == t {
		t.VforkDone.Wait(&t.Sleep, 0, false)
		if t.Sleep.Dying() {
			break
		}
	}
	if t.Lent {
		// Killed while the child runs on: the thread is the child's for good.
		t.Platform = nil
		nt.Vforker = nil
		return
	}
	// All registers again: the child has used them.
	mine.Rax = uint64(nt.Tid)
	c.frame.regs = mine
	c.regs = &c.frame.regs
}

// releaseVforker gives the parent of a vfork child its thread back.
func (c *Call) releaseVforker() {
	t := c.T
	v := t.Vforker
	t.Vforker = nil
	if v.Lent {
		c.settleCPU(t)
		v.Lent = false
		c.beginCPU(v)
		v.Platform.SetOwner(v)
		if t.Platform == v.Platform {
			t.Platform = nil
		}
		c.setIdent(v)
	}
	v.VforkDone.Wake()
}

func sysSetTidAddress(c *Call) (int64, linux.Errno) {
	c.T.ClearTid = c.Args[0]
	return int64(c.T.Tid), 0
}
