package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var exitRows = []Row{
	{"exit", Core, args(integer("status")), sysExit},
	{"exit_group", Core, args(integer("status")), sysExitGroup},
}

func sysExit(c *Call) (int64, linux.Errno) {
	if c.P.Live() == 1 && !c.P.Exiting {
		c.P.Status = c.Int(0) & 0xff << 8
	}
	c.endThread()
	return 0, 0
}

func sysExitGroup(c *Call) (int64, linux.Errno) {
	c.exitGroup(c.Int(0) & 0xff << 8)
	c.endThread()
	return 0, 0
}

// exitGroup begins the end of the caller's process with a wait status. The
// caller ends itself afterwards.
func (c *Call) exitGroup(status int32) {
	if c.P.Exiting {
		return
	}
	c.P.Exiting = true
	c.P.Status = status
	c.endOthers()
}

// endOthers ends all threads of the caller's process but itself.
func (c *Call) endOthers() {
	for _, t := range threadsOf(c.P) {
		if t != c.T && !t.Exited {
			c.endOther(t)
		}
	}
}

func threadsOf(p *task.Process) []*task.Thread {
	out := make([]*task.Thread, 0, len(p.Threads))
	for _, t := range p.Threads {
		out = append(out, t)
	}
	return out
}

// endOther makes a thread end that is not the running one: a handler that
// waits unwinds by itself; an app that runs is brought in by a kick.
func (e *Env) endOther(t *task.Thread) {
	t.Sleep.Die()
	if !t.Lent && t.Platform.Running() {
		t.Platform.Kick()
	}
}

// killProcess ends a process from outside: SIGKILL, or the host's doing.
func (e *Env) killProcess(p *task.Process, status int32) {
	if p.Exiting || p.Zombie || p == e.Tasks.Init {
		return
	}
	p.Exiting = true
	p.Status = status
	p.Stopped = false
	p.Resume.Wake()
	for _, t := range threadsOf(p) {
		if t.Exited {
			continue
		}
		// Nobody will come in for a thread whose host process is gone.
		if !t.InCall && !t.Lent {
			t.Sleep.Die()
			if t.Platform.Running() {
				t.Platform.Kick()
				if !e.alive(t) {
					t.Local.(*Call).endThread()
				}
				continue
			}
			continue
		}
		e.endOther(t)
	}
}

// alive reports whether the host thread can still come in.
func (e *Env) alive(t *task.Thread) bool {
	return t.Platform.Alive()
}

// endThread ends the calling thread: kernel/exit.c, do_exit.
func (c *Call) endThread() {
	t, p := c.T, c.P
	if t.Exited {
		c.gone = true
		return
	}
	c.gone = true
	if p.Dump != nil {
		c.dumpOther()
	}
	last := p.Live() == 1

	c.releaseFutexes()
	t.FutexesGone = true
	if t.Vforker != nil {
		c.releaseVforker()
	}
	c.leaveSemUndo()
	c.dropKeyrings(false, last)
	c.unrefAll(t.FS.Release())
	for _, f := range t.Files.Release() {
		c.closeFD(f)
	}
	c.endCPU(t, last)
	if last && c.wantsRSS {
		c.maxRSS(p)
	}
	var rep signalapi.EndThreadReply
	c.Signal.EndThread(&signalapi.EndThreadRequest{Group: p.Pid, Thread: t.Tid}, &rep)
	c.Tasks.RemoveThread(t)
	c.leaveFilters(t)
	c.wakePidfd(p)
	c.effects(rep.Effects)
	if rep.GroupStopped {
		c.groupStopped(p, p.StopSignal)
	}

	clear := t.ClearTid
	if last && p.Space.Users() == 1 {
		clear = 0 // nobody is left to see it
	}
	if last {
		c.endProcess()
	} else {
		c.passChildren()
	}
	if t.Platform != nil {
		pt := t.Platform
		pt.SetOwner(nil)
		t.Platform = nil
		if last && p.Space.Users() == 0 && !p.Space.Tainted && !c.ended() {
			c.Platform.Retire(pt)
		} else {
			pt.Exit(clear)
		}
	}
	p.ThreadGone.Wake()
}

// ended reports that the run is over.
func (e *Env) ended() bool { return e.first == nil || e.first.Zombie }

// passChildren gives the children that a thread made to another one of its
// process. The parent that PR_SET_PDEATHSIG means is the thread.
func (c *Call) passChildren() {
	for _, child := range c.P.Children {
		if child.ParentThread == c.T {
			c.parentDied(child)
			child.ParentThread = nil
			for _, t := range c.P.Threads {
				if !t.Exited {
					child.ParentThread = t
				}
			}
		}
	}
}

// endProcess ends the process of the thread that was its last.
func (c *Call) endProcess() {
	p := c.P
	p.Exiting = true
	c.leaveSpace(p.Space)
	for _, child := range c.Tasks.Adopt(p) {
		c.orphaned(child, p)
	}
	c.hangUp(p.Group, p.Parent.Group, p)
	s := p.Group.Session
	if s.Leader == p && s.Sid == p.Pid {
		c.endSession(s)
	}
	p.Zombie = true
	if c.Config.Trace != nil {
		c.Config.Trace.Exit(c.T, p.Status)
	}
	c.notifyParent(p)
	if p == c.first {
		c.status = p.Status
		c.shutdown()
	}
}

// leaveSpace drops a user of an address space.
func (c *Call) leaveSpace(s *task.Space) {
	if !s.Release() {
		return
	}
	c.aioEndAll(s)
	var rep mmapi.FreeSpaceReply
	c.MM.FreeSpace(&mmapi.FreeSpaceRequest{Space: s.MM}, &rep)
	c.fileRefs(s, rep.Files)
	for id, m := range s.Files {
		c.dropMapped(s, id, m)
	}
	if s.Exe != nil {
		c.unref(s.Exe)
		s.Exe = nil
	}
}

// orphaned tells an adopted child: the new parent may have to reap it, and its
// parent-death signal comes.
func (c *Call) orphaned(child, parent *task.Process) {
	c.parentDied(child)
	c.hangUp(child.Group, parent.Group, nil)
	if child.Zombie {
		if child.Parent == c.Tasks.Init {
			c.reap(child)
		} else {
			c.notifyParent(child)
		}
	}
}

// parentDied sends a child what it asked for by PR_SET_PDEATHSIG. Any thread
// that asked gets it, for the whole process (kernel/exit.c, reparent_leader).
func (c *Call) parentDied(child *task.Process) {
	for _, t := range threadsOf(child) {
		if signo := t.ParentDeathSignal; signo != 0 && !child.Zombie && c.mayKill(child, signo) == 0 {
			c.send(child, nil, signalapi.Info{Signo: signo, Code: linux.SI_USER, Pid: c.P.Pid, Uid: c.T.Cred.UID}, false)
		}
	}
}

// hangUp sends SIGHUP and SIGCONT to a group with stopped members that becomes
// orphaned since a process of group by goes: POSIX XBD 11.1.2, kernel/exit.c,
// kill_orphaned_pgrp. ignore is that process, if it is of the group itself.
func (c *Call) hangUp(g, by *task.Group, ignore *task.Process) {
	if g == by || g.Session != by.Session || !c.Tasks.Orphaned(g, ignore) {
		return
	}
	for _, m := range g.Members {
		if m.Stopped {
			c.sendGroup(g, signalapi.Info{Signo: linux.SIGHUP, Code: linux.SI_KERNEL})
			c.sendGroup(g, signalapi.Info{Signo: linux.SIGCONT, Code: linux.SI_KERNEL})
			return
		}
	}
}

// endSession takes the terminal away when its session's leader ends.
func (e *Env) endSession(s *task.Session) {
	if s.Terminal == nil {
		return
	}
	var rep fsapi.SetTerminalReply
	e.FS.SetTerminal(&fsapi.SetTerminalRequest{Cred: fsapi.Cred{Sid: s.Sid, Pgid: s.Leader.Group.Pgid, Pid: s.Leader.Pid}}, &rep)
	e.raise(rep.Raise)
	s.Terminal = nil
}

// notifyParent sends the exit signal and wakes who waits.
func (e *Env) notifyParent(p *task.Process) {
	parent := p.Parent
	if parent == e.Tasks.Init {
		e.reap(p)
		return
	}
	e.wakePidfd(p)
	if p.ExitSignal == linux.SIGCHLD {
		// SIG_IGN or SA_NOCLDWAIT: no zombie (kernel/signal.c, do_notify_parent).
		var act signalapi.ActionReply
		e.Signal.Action(&signalapi.ActionRequest{Group: parent.Pid, Signo: linux.SIGCHLD}, &act)
		if act.Handler == linux.SIG_IGN || act.Flags&linux.SA_NOCLDWAIT != 0 {
			if act.Handler != linux.SIG_IGN {
				e.send(parent, nil, e.childInfo(p), false)
			}
			// Its times are lost: only a wait adds them to the parent's.
			e.reap(p)
			parent.ChildEvent.Wake()
			return
		}
	}
	if p.ExitSignal != 0 {
		info := e.childInfo(p)
		info.Signo = p.ExitSignal
		e.send(parent, nil, info, false)
	}
	parent.ChildEvent.Wake()
}

// reap forgets a zombie.
func (e *Env) reap(p *task.Process) {
	e.Tasks.Reap(p)
	e.wakePidfd(p)
}

// childInfo is the siginfo of SIGCHLD for a process, as if it had ended.
func (e *Env) childInfo(p *task.Process) signalapi.Info {
	i := signalapi.Info{Signo: linux.SIGCHLD, Pid: p.Pid, Uid: p.Leader.Cred.UID}
	i.Code, i.Status = exitCode(p.Status)
	user, system := e.shownCPU(p)
	i.Utime, i.Stime = user/tickNs, system/tickNs
	return i
}

// exitCode splits a wait status into si_code and si_status.
func exitCode(status int32) (code, value int32) {
	switch {
	case status&0x7f == 0:
		return linux.CLD_EXITED, status >> 8 & 0xff
	case status&0x80 != 0:
		return linux.CLD_DUMPED, status & 0x7f
	}
	return linux.CLD_KILLED, status & 0x7f
}

func (e *Env) accountChild(p *task.Process) {
	user, system := e.shownCPU(p)
	p.Parent.ChildUserNs += user + p.ChildUserNs
	p.Parent.ChildSystemNs += system + p.ChildSystemNs
	p.Parent.ChildWaits += p.Waits + p.ChildWaits
	p.Parent.IO.Add(p.AllIO())
	p.Parent.ChildMaxRSS = max(p.Parent.ChildMaxRSS, p.MaxRSS, p.ChildMaxRSS)
}

// shutdown ends what is left when the first process has ended.
func (e *Env) shutdown() {
	for _, p := range e.Tasks.Processes() {
		if !p.Zombie && p.Space != nil {
			p.Space.Platform.Kill()
		}
	}
	e.Platform.Stop()
}

// Status is the wait status of the first process after Run.
func (e *Env) Status() int32 { return e.status }
