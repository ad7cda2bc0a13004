package task

import (
	"sort"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
)

// PidMax is one past the highest id: /proc/sys/kernel/pid_max.
const PidMax = 4194304

// Table is all tasks of one Adyton.
type Table struct {
	threads   map[int32]*Thread
	processes map[int32]*Process
	groups    map[int32]*Group
	sessions  map[int32]*Session
	last      int32
	// Init is process 1: it takes over orphans and reaps by itself. It can be
	// found like any other, has a thread that never runs, and no memory.
	Init *Process
	// Threads is how many there are, Forks how many tasks were ever made.
	Forks uint64
	// PerUser counts threads by real user, for RLIMIT_NPROC.
	PerUser map[uint32]int
}

// NewTable makes a table with a process 1.
func NewTable() *Table {
	t := &Table{threads: map[int32]*Thread{}, processes: map[int32]*Process{}, groups: map[int32]*Group{},
		sessions: map[int32]*Session{}, last: 1, PerUser: map[uint32]int{}}
	t.Init = &Process{Pid: 1, Children: map[int32]*Process{}, Threads: map[int32]*Thread{}}
	for i := range t.Init.Limits {
		t.Init.Limits[i] = linux.Rlimit{Cur: linux.RLIM_INFINITY, Max: linux.RLIM_INFINITY}
	}
	s := t.newSession(t.Init, 1)
	t.Init.Group = s.Groups[1]
	t.processes[1] = t.Init
	t.Init.Leader = &Thread{Tid: 1, Name: "init", Cred: NewCred(0, 0, nil), Files: fdtable.New()}
	t.AddThread(t.Init, t.Init.Leader)
	return t
}

func (t *Table) newSession(p *Process, id int32) *Session {
	s := &Session{Sid: id, Groups: map[int32]*Group{}, Leader: p}
	g := &Group{Pgid: id, Session: s, Members: map[int32]*Process{p.Pid: p}}
	s.Groups[id] = g
	t.sessions[id], t.groups[id] = s, g
	return s
}

// NewID takes a free id: one that no thread, process, group or session has.
func (t *Table) NewID() int32 {
	for {
		t.last++
		if t.last >= PidMax {
			t.last = 300 // RESERVED_PIDS: kernel/pid.c starts again there
		}
		if t.free(t.last) {
			return t.last
		}
	}
}

func (t *Table) free(id int32) bool {
	return t.threads[id] == nil && t.processes[id] == nil && t.groups[id] == nil && t.sessions[id] == nil
}

// TakeID takes a certain id: set_tid of clone3. Errors: EEXIST, EINVAL.
func (t *Table) TakeID(id int32) linux.Errno {
	if id <= 0 || id >= PidMax {
		return linux.EINVAL
	}
	if !t.free(id) {
		return linux.EEXIST
	}
	return 0
}

// Last is the id given last, for /proc/loadavg.
func (t *Table) Last() int32 { return t.last }

// AddProcess enters a process with its first thread below a parent.
func (t *Table) AddProcess(p *Process, parent *Process, th *Thread) {
	p.Parent = parent
	p.Children = map[int32]*Process{}
	p.Threads = map[int32]*Thread{}
	p.Leader = th
	parent.Children[p.Pid] = p
	t.processes[p.Pid] = p
	if p.Group == nil {
		p.Group = parent.Group
	}
	p.Group.Members[p.Pid] = p
	t.AddThread(p, th)
}

// AddThread enters a thread.
func (t *Table) AddThread(p *Process, th *Thread) {
	th.Process = p
	p.Threads[th.Tid] = th
	t.threads[th.Tid] = th
	t.PerUser[th.Cred.UID]++
	t.Forks++
}

// RemoveThread takes an ended thread out of the table. The leader of a group
// stays findable by its id until the process is reaped.
func (t *Table) RemoveThread(th *Thread) {
	th.Exited = true
	t.PerUser[th.Cred.UID]--
	if th != th.Process.Leader {
		th.Process.IO.Add(th.IO)
		delete(th.Process.Threads, th.Tid)
		delete(t.threads, th.Tid)
	}
}

// Rename gives the thread that execs its group's id: the old leader is gone.
func (t *Table) Rename(th *Thread) {
	p := th.Process
	if th == p.Leader {
		return
	}
	p.IO.Add(p.Leader.IO)
	delete(p.Threads, th.Tid)
	delete(t.threads, th.Tid)
	delete(p.Threads, p.Pid)
	th.Tid = p.Pid
	p.Leader = th
	p.Threads[th.Tid] = th
	t.threads[th.Tid] = th
}

// Reap forgets a zombie.
func (t *Table) Reap(p *Process) {
	p.Reaped = true
	delete(p.Parent.Children, p.Pid)
	delete(t.processes, p.Pid)
	delete(t.threads, p.Pid)
	t.leaveGroup(p)
}

func (t *Table) leaveGroup(p *Process) {
	g := p.Group
	delete(g.Members, p.Pid)
	if len(g.Members) > 0 {
		return
	}
	delete(t.groups, g.Pgid)
	delete(g.Session.Groups, g.Pgid)
	if len(g.Session.Groups) == 0 {
		delete(t.sessions, g.Session.Sid)
	}
}

// Thread finds a thread by id.
func (t *Table) Thread(id int32) *Thread {
	if th := t.threads[id]; th != nil {
		return th
	}
	return nil
}

// Process finds a process by id; zombies are found too.
func (t *Table) Process(id int32) *Process { return t.processes[id] }

// Group finds a process group.
func (t *Table) Group(id int32) *Group { return t.groups[id] }

// Session finds a session.
func (t *Table) Session(id int32) *Session { return t.sessions[id] }

// Processes lists all processes by id.
func (t *Table) Processes() []*Process {
	out := make([]*Process, 0, len(t.processes))
	for _, p := range t.processes {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Pid < out[j].Pid })
	return out
}

// CountThreads is how many threads there are, ended leaders included.
func (t *Table) CountThreads() int { return len(t.threads) }

// SetSid makes a process the leader of a new session. Errors: EPERM.
func (t *Table) SetSid(p *Process) linux.Errno {
	if t.groups[p.Pid] != nil {
		return linux.EPERM
	}
	t.leaveGroup(p)
	s := t.newSession(p, p.Pid)
	p.Group = s.Groups[p.Pid]
	return 0
}

// SetPgid moves p to group pgid on behalf of caller, in the order of checks of
// kernel/sys.c. Errors: EINVAL, ESRCH, EACCES, EPERM.
func (t *Table) SetPgid(caller, p *Process, pgid int32) linux.Errno {
	if pgid < 0 {
		return linux.EINVAL
	}
	if p == nil {
		return linux.ESRCH
	}
	if p.Parent == caller {
		if p.Group.Session != caller.Group.Session {
			return linux.EPERM
		}
		if p.Execed {
			return linux.EACCES
		}
	} else if p != caller {
		return linux.ESRCH
	}
	if p.Group.Session.Leader == p && p.Group.Session.Sid == p.Pid {
		return linux.EPERM
	}
	if pgid == 0 {
		pgid = p.Pid
	}
	g := t.groups[pgid]
	if pgid != p.Pid {
		if g == nil || g.Session != caller.Group.Session {
			return linux.EPERM
		}
	}
	if g == p.Group {
		return 0
	}
	s := p.Group.Session
	if g == nil {
		g = &Group{Pgid: pgid, Session: s, Members: map[int32]*Process{}}
		s.Groups[pgid] = g
		t.groups[pgid] = g
	}
	// Enter first, so that the session does not end in between.
	g.Members[p.Pid] = p
	t.leaveGroup(p)
	p.Group = g
	return 0
}

// Adopt gives the children of a process that ends to who takes orphans over,
// and returns them.
func (t *Table) Adopt(p *Process) []*Process {
	heir := t.Init
	for a := p.Parent; a != nil; a = a.Parent {
		if a.Subreaper && !a.Exiting {
			heir = a
			break
		}
	}
	var out []*Process
	for _, c := range p.Children {
		c.Parent = heir
		heir.Children[c.Pid] = c
		out = append(out, c)
	}
	clear(p.Children)
	sort.Slice(out, func(i, j int) bool { return out[i].Pid < out[j].Pid })
	return out
}

// Orphaned reports whether no member of g has a parent in another group of
// the session: setpgid(2), will_become_orphaned_pgrp.
func (t *Table) Orphaned(g *Group, ignore *Process) bool {
	for _, p := range g.Members {
		if p == ignore || p.Zombie || p.Parent == nil || p.Parent == t.Init {
			continue
		}
		if p.Parent.Group != g && p.Parent.Group.Session == g.Session {
			return false
		}
	}
	return true
}
