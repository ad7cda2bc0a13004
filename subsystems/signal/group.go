package signal

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// group is a process.
type group struct {
	id int32
	// leader is the first thread; it stays, ended, for as long as the group.
	leader *thread
	// threads are those that live. next is the one to try first when the leader
	// does not want a signal.
	threads []*thread
	next    int
	shared  queue
	actions *actions
	// exitSignal ends the group, 0 while it lives.
	exitSignal int32
	// unkillable: signals with default disposition do not reach it.
	unkillable bool

	// A group stop: threads that have yet to stop, whether all have, and why.
	stopCount  int
	stopped    bool
	stopSignal int32

	timers    map[int32]*posixTimer
	nextTimer int32
	// ignored are timers whose signal waits for the end of SIG_IGN.
	ignored []*posixTimer
	real    hrtimer
	// realInterval is the period of ITIMER_REAL in ns.
	realInterval int64
	// cpu are ITIMER_VIRTUAL and ITIMER_PROF.
	cpu [2]cpuTimer
	// user is the last one that something was queued for.
	user uint32
}

// thread is one of a group's.
type thread struct {
	id    int32
	group *group
	// blocked is the mask. real is the mask proper while Take waits, when
	// blocked lets through what it waits for (real_blocked in Linux); saved is
	// what to put back after Suspend.
	blocked, real, saved uint64
	taking, suspended    bool
	pending              queue
	alt                  altStack
	// trapno, err and cr2 are of the last fault; frames show them.
	trapno, err, cr2 uint64

	ended   bool
	stopped bool
	// stopPending: the thread is to stop; counted: stopCount counts it.
	stopPending, counted bool
	last                 delivery
}

// deliverable reports whether the thread has something to look at.
func (t *thread) deliverable() bool {
	return (t.pending.set|t.group.shared.set)&^t.blocked != 0 || t.stopPending || t.group.exitSignal != 0
}

// NewGroup implements signalapi.Signal. Errors: EEXIST.
func (s *Signal) NewGroup(req *signalapi.NewGroupRequest, _ *signalapi.NewGroupReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.groups[req.Group] != nil || s.threads[req.Thread] != nil {
		return linux.EEXIST
	}
	s.addGroup(req.Group, req.Thread, &actions{users: 1})
	return 0
}

func (s *Signal) addGroup(id, tid int32, a *actions) *thread {
	g := &group{id: id, actions: a, unkillable: id == s.init && id != 0}
	t := &thread{id: tid, group: g, alt: noAltStack}
	g.leader = t
	g.threads = append(g.threads, t)
	g.real.Owner = g
	for which := range g.cpu {
		g.cpu[which].init(g, nil, which+linux.ITIMER_VIRTUAL, nil)
	}
	s.groups[id] = g
	s.threads[tid] = t
	return t
}

// ForkGroup implements signalapi.Signal. Errors: ESRCH, EEXIST.
func (s *Signal) ForkGroup(req *signalapi.ForkGroupRequest, _ *signalapi.ForkGroupReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	from := s.threads[req.ParentThread]
	if from == nil || from.group.id != req.Parent {
		return linux.ESRCH
	}
	if s.groups[req.Group] != nil || s.threads[req.Thread] != nil {
		return linux.EEXIST
	}
	a := from.group.actions
	if req.ShareHandlers {
		a.users++
	} else {
		c := *a
		c.users = 1
		a = &c
		if req.ClearHandlers {
			a.reset()
		}
	}
	t := s.addGroup(req.Group, req.Thread, a)
	t.inherit(from)
	if !req.DropAltStack {
		t.alt = from.alt
	}
	return 0
}

// inherit gives a new thread the mask of another, the one proper.
func (t *thread) inherit(from *thread) {
	t.blocked = from.blocked
	if from.taking {
		t.blocked = from.real
	}
}

// NewThread implements signalapi.Signal. The thread has no alternate stack, and
// takes part in a stop of its group. Errors: ESRCH, EEXIST.
func (s *Signal) NewThread(req *signalapi.NewThreadRequest, _ *signalapi.NewThreadReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	g, from := s.groups[req.Group], s.threads[req.From]
	if g == nil || from == nil {
		return linux.ESRCH
	}
	if s.threads[req.Thread] != nil {
		return linux.EEXIST
	}
	t := &thread{id: req.Thread, group: g, alt: noAltStack}
	t.inherit(from)
	if g.stopCount > 0 {
		g.stopCount++
		t.stopPending, t.counted = true, true
	} else if g.stopped {
		t.stopPending = true
	}
	g.threads = append(g.threads, t)
	s.threads[t.id] = t
	return 0
}

// EndThread implements signalapi.Signal. Errors: ESRCH.
func (s *Signal) EndThread(req *signalapi.EndThreadRequest, rep *signalapi.EndThreadReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil || t.ended || t.group.id != req.Group {
		return linux.ESRCH
	}
	g := t.group
	g.remove(t)
	s.flush(&t.pending, ^uint64(0), nil)
	if len(g.threads) == 0 {
		s.endGroup(g)
		return 0
	}

	// exit_signals: others take what this thread would have taken.
	if g.exitSignal == 0 {
		s.retarget(t, ^t.blocked, out{effects: &rep.Effects})
	}
	if t.stopPending {
		rep.GroupStopped = g.participate(t)
	}
	s.endThreadTimers(t)
	if t != g.leader {
		delete(s.threads, t.id)
	}
	return 0
}

// remove takes t off the group's threads.
func (g *group) remove(t *thread) {
	t.ended = true
	i := slices.Index(g.threads, t)
	g.threads = slices.Delete(g.threads, i, i+1)
	g.next = 0
}

func (s *Signal) endGroup(g *group) {
	for _, tm := range g.timers {
		s.deleteTimer(tm)
	}
	s.alarms.Remove(&g.real.Timer)
	for i := range g.cpu {
		s.disarmCPU(&g.cpu[i])
	}
	s.flush(&g.leader.pending, ^uint64(0), nil)
	s.flush(&g.shared, ^uint64(0), nil)
	g.actions.users--
	for id, t := range s.threads {
		if t.group == g {
			delete(s.threads, id)
		}
	}
	delete(s.groups, g.id)
}

// ExecGroup implements signalapi.Signal. The other threads have ended before.
// What is pending stays, but for signals of POSIX timers, and so does the mask;
// interval timers go on. Errors: ESRCH.
func (s *Signal) ExecGroup(req *signalapi.ExecGroupRequest, _ *signalapi.ExecGroupReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	g, t := s.groups[req.Group], s.threads[req.Thread]
	if g == nil || t == nil || t.group != g || t.ended {
		return linux.ESRCH
	}
	for _, tm := range g.timers {
		s.deleteTimer(tm)
	}
	s.flushTimerSignals(&t.pending)
	s.flushTimerSignals(&g.shared)

	for id, other := range s.threads {
		if other.group == g {
			s.endThreadTimers(other)
			delete(s.threads, id)
			if other != t {
				s.flush(&other.pending, ^uint64(0), nil)
			}
		}
	}
	t.id = req.NewThread
	if t.id == 0 {
		t.id = req.Thread
	}
	s.threads[t.id] = t
	g.leader, g.threads, g.next = t, append(g.threads[:0], t), 0

	if a := g.actions; a.users > 1 {
		a.users--
		c := *a
		c.users = 1
		g.actions = &c
	}
	g.actions.reset()
	// The flags stay: Linux clears address and size only.
	t.alt.sp, t.alt.size = 0, 0
	return 0
}

// Info implements signalapi.Signal. Thread 0 stands for the leader. Errors:
// ESRCH.
func (s *Signal) Info(req *signalapi.InfoRequest, rep *signalapi.InfoReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	g := s.groups[req.Group]
	if g == nil {
		return linux.ESRCH
	}
	t := g.leader
	if req.Thread != 0 {
		if t = s.threads[req.Thread]; t == nil || t.group != g {
			return linux.ESRCH
		}
	}
	rep.Pending = t.pending.set
	rep.SharedPending = g.shared.set
	rep.Blocked = t.blocked
	for signo := int32(1); signo <= linux.NSIG; signo++ {
		switch g.actions.of(signo).handler {
		case linux.SIG_DFL:
		case linux.SIG_IGN:
			rep.Ignored |= bit(signo)
		default:
			rep.Caught |= bit(signo)
		}
	}
	rep.Queued = s.queued[g.user]
	return 0
}
