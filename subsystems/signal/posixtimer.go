package signal

import (
	"math"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// timerStatus is where a POSIX timer is between two expirations.
type timerStatus uint8

const (
	timerDisarmed timerStatus = iota
	timerArmed
	// timerRequeue: it expired and starts again when its signal is taken.
	timerRequeue
)

// posixTimer is a timer of timer_create(2), with the semantics that it has since
// Linux 6.13: setting or deleting a timer voids a signal that is still queued,
// and the signal of a periodic timer that is ignored waits for the end of
// SIG_IGN.
type posixTimer struct {
	id    int32
	group *group
	clock int32
	// notify is SIGEV_NONE, or not; to is the thread to signal, or nil.
	notify int32
	to     *thread
	user   uint32

	hr hrtimer
	// isCPU: the timer is cpu, not hr.
	isCPU bool
	cpu   cpuTimer

	status   timerStatus
	interval int64
	// overrun counts expirations since the signal was queued, less one; last is
	// the count at the last delivery.
	overrun, last int64
	// seq grows when a queued signal becomes void; sentSeq is of that signal.
	seq, sentSeq uint64
	deleted      bool

	// signal is the queue entry, pending while queued; periodic says what the
	// timer was when it sent it.
	signal   entry
	pending  bool
	periodic bool
	// held: the timer is among the group's ignored ones.
	held bool
}

// TimerCreate implements signalapi.Signal. Errors: EINVAL, EOPNOTSUPP, EAGAIN,
// ESRCH.
func (s *Signal) TimerCreate(req *signalapi.TimerCreateRequest, rep *signalapi.TimerCreateReply) linux.Errno {
	k := clockOf(req.Clock)
	c, isCPU := parseCPU(req.Clock)
	alarm := req.Clock == linux.CLOCK_REALTIME_ALARM || req.Clock == linux.CLOCK_BOOTTIME_ALARM
	switch {
	case k.sleeps, isCPU, alarm:
	case k.known, dynamic(req.Clock):
		return linux.EOPNOTSUPP
	case req.Clock >= 0:
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	g := s.groups[req.Group]
	if g == nil {
		return linux.ESRCH
	}
	g.user = req.User
	if s.queued[req.User] >= req.Limit {
		return linux.EAGAIN
	}
	tm := &posixTimer{id: g.nextTimer, group: g, clock: req.Clock, user: req.User, isCPU: isCPU, overrun: -1}
	// Linux takes the number before it looks at the rest, and does not give it
	// back.
	if g.nextTimer++; g.nextTimer < 0 {
		g.nextTimer = 0
	}
	if e := tm.setEvent(s, req); e != 0 {
		return e
	}
	rep.Id, rep.Numbered = tm.id, true
	if alarm {
		return linux.EOPNOTSUPP // no clock that wakes the machine
	}
	if !isCPU && !k.sleeps {
		return linux.EINVAL // the number of no CPU clock
	}
	if isCPU {
		g, t, e := s.cpuTarget(g, req.Thread, c)
		if e != 0 {
			return e
		}
		tm.cpu.init(g, t, int(c.which), tm)
	}

	tm.hr.Owner = tm
	tm.signal.timer = tm
	s.queued[req.User]++
	if g.timers == nil {
		g.timers = make(map[int32]*posixTimer)
	}
	g.timers[tm.id] = tm
	return 0
}

// setEvent is good_sigevent.
func (tm *posixTimer) setEvent(s *Signal, req *signalapi.TimerCreateRequest) linux.Errno {
	tm.notify = req.Notify
	tm.signal.info = signalapi.Info{Signo: req.Signo, Code: linux.SI_TIMER, Value: req.Value, TimerId: tm.id}
	if req.DefaultEvent {
		tm.notify = linux.SIGEV_SIGNAL
		tm.signal.info.Signo = linux.SIGALRM
		tm.signal.info.Value = uint64(tm.id)
		return 0
	}
	switch req.Notify {
	case linux.SIGEV_THREAD_ID:
		tm.to = s.threads[req.NotifyThread]
		if tm.to == nil || tm.to.group != tm.group {
			return linux.EINVAL
		}
	case linux.SIGEV_SIGNAL, linux.SIGEV_THREAD:
	case linux.SIGEV_NONE:
		return 0
	default:
		return linux.EINVAL
	}
	if !valid(req.Signo) {
		return linux.EINVAL
	}
	return 0
}

// cpuTarget finds whose CPU time a clock counts (pid_for_clock).
func (s *Signal) cpuTarget(g *group, caller int32, c cpuClock) (*group, *thread, linux.Errno) {
	switch {
	case c.thread:
		if c.pid != 0 {
			caller = c.pid
		}
		t := s.threads[caller]
		if t == nil || t.ended || t.group != g {
			return nil, nil, linux.EINVAL
		}
		return g, t, 0
	case c.pid != 0:
		if g = s.groups[c.pid]; g == nil {
			return nil, nil, linux.EINVAL
		}
	}
	return g, nil, 0
}

// TimerSet implements signalapi.Signal: timer_settime, timer_gettime and
// timer_getoverrun. Errors: EINVAL, ESRCH.
func (s *Signal) TimerSet(req *signalapi.TimerSetRequest, rep *signalapi.TimerSetReply) linux.Errno {
	if req.Set && (req.ValueNs < 0 || req.IntervalNs < 0) {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	g := s.groups[req.Group]
	if g == nil {
		return linux.ESRCH
	}
	tm := g.timers[req.Id]
	if tm == nil {
		return linux.EINVAL
	}
	now, known := int64(0), true
	if tm.isCPU {
		now, known = tm.cpuNow(req)
	} else {
		now = s.now(tm.hr.base)
	}
	s.readTimer(tm, now, rep)
	if req.Set {
		s.setTimer(tm, req, now, known)
	}
	rep.DeadlineNs = s.deadline()
	return 0
}

// cpuNow is the value of the timer's CPU clock, unless the request has only that
// of other threads.
func (tm *posixTimer) cpuNow(req *signalapi.TimerSetRequest) (int64, bool) {
	switch t := tm.cpu.thread; {
	case t == nil && tm.cpu.group == tm.group:
		return req.CpuNs, true
	case t == nil:
	case t.id == req.Thread:
		return req.ThreadCpuNs, true
	}
	return 0, false
}

// expires is where the timer's time is kept.
func (tm *posixTimer) expires() *int64 {
	if tm.isCPU {
		return &tm.cpu.expires
	}
	return &tm.hr.expires
}

// forward moves the timer on to after now, and counts.
func (tm *posixTimer) forward(now int64) int64 {
	if tm.isCPU {
		t := hrtimer{expires: tm.cpu.expires}
		n := t.forward(now, tm.interval)
		tm.cpu.expires = t.expires
		return n
	}
	return tm.hr.forward(now, tm.interval)
}

// readTimer is common_timer_get: a timer whose signal is queued shows the time
// that it would have if that were taken now.
func (s *Signal) readTimer(tm *posixTimer, now int64, rep *signalapi.TimerSetReply) {
	rep.Overrun = clampInt(tm.last)
	rep.IntervalNs = tm.interval
	none := tm.notify == linux.SIGEV_NONE
	if tm.interval == 0 && tm.status == timerDisarmed && !none || *tm.expires() == 0 {
		return
	}
	if tm.interval != 0 && (none || tm.status == timerRequeue) {
		tm.overrun += tm.forward(now)
	}
	rep.ValueNs = *tm.expires() - now
	if rep.ValueNs <= 0 {
		rep.ValueNs = 1
		if none {
			rep.ValueNs = 0
		}
	}
}

func (s *Signal) setTimer(tm *posixTimer, req *signalapi.TimerSetRequest, now int64, known bool) {
	tm.seq++ // a signal that is queued is void
	s.stopTimer(tm)
	tm.interval = 0
	tm.last, tm.overrun = 0, -1
	*tm.expires() = 0
	if req.ValueNs == 0 {
		return
	}
	tm.interval = req.IntervalNs
	if tm.notify != linux.SIGEV_NONE {
		tm.status = timerArmed
	}

	if !tm.isCPU {
		s.place(&tm.hr, tm.clock, req.ValueNs, req.Absolute)
		if tm.status == timerArmed {
			s.queueTimer(&tm.hr)
		}
		return
	}
	tm.cpu.unknown = !known && !req.Absolute
	tm.cpu.expires = req.ValueNs
	if !req.Absolute {
		tm.cpu.expires = addTime(now, req.ValueNs)
	}
	if tm.status == timerArmed {
		s.armCPU(&tm.cpu, now)
	}
}

func (s *Signal) stopTimer(tm *posixTimer) {
	tm.status = timerDisarmed
	s.stop(&tm.hr)
	s.disarmCPU(&tm.cpu)
}

// TimerDelete implements signalapi.Signal. Errors: EINVAL, ESRCH.
func (s *Signal) TimerDelete(req *signalapi.TimerDeleteRequest, _ *signalapi.TimerDeleteReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	g := s.groups[req.Group]
	if g == nil {
		return linux.ESRCH
	}
	tm := g.timers[req.Id]
	if tm == nil {
		return linux.EINVAL
	}
	s.deleteTimer(tm)
	return 0
}

func (s *Signal) deleteTimer(tm *posixTimer) {
	s.stopTimer(tm)
	tm.seq++
	tm.deleted = true
	tm.release()
	s.queued[tm.user]--
	delete(tm.group.timers, tm.id)
}

// firePosix queues the signal of a timer that expired, or marks the timer when
// that is ignored (posixtimer_send_sigqueue).
func (s *Signal) firePosix(tm *posixTimer, o out) {
	tm.status = timerDisarmed
	if tm.interval != 0 {
		tm.status = timerRequeue
	} else if tm.isCPU {
		tm.cpu.expires = 0
	}

	t := tm.to
	if t == nil {
		t = tm.group.leader
	} else if t.ended {
		return
	}
	tm.sentSeq = tm.seq
	tm.periodic = tm.interval != 0
	if !s.prepare(tm.signal.info.Signo, t, false, o) {
		switch {
		case tm.pending:
		case tm.periodic:
			tm.ignore(tm.group)
		default:
			tm.release()
		}
		return
	}
	if !tm.pending {
		tm.release()
		s.queueTimerSignal(tm, t, o)
	}
}

func (s *Signal) queueTimerSignal(tm *posixTimer, t *thread, o out) {
	q := &t.pending
	if tm.to == nil {
		q = &t.group.shared
	}
	tm.pending = true
	tm.signal.info.Overrun = 0
	q.push(&tm.signal)
	s.raise(t, q, tm.signal.info.Signo, o)
}

// deliverTimer starts a periodic timer again when its signal was taken, and
// fills in the overruns. It reports false when the signal is void.
func (s *Signal) deliverTimer(tm *posixTimer, info *signalapi.Info) bool {
	if tm.sentSeq != tm.seq || tm.deleted {
		return false
	}
	if tm.interval == 0 || tm.status != timerRequeue {
		return true
	}
	if tm.isCPU {
		tm.overrun += tm.forward(tm.cpu.seen)
		s.armCPU(&tm.cpu, tm.cpu.seen)
	} else {
		tm.overrun += tm.hr.forward(s.now(tm.hr.base), tm.interval)
		s.queueTimer(&tm.hr)
	}
	tm.status = timerArmed
	tm.last, tm.overrun = tm.overrun, -1
	tm.seq++
	info.Overrun = clampInt(tm.last)
	return true
}

// ignore keeps a periodic timer whose signal is ignored for when it no longer is
// (posixtimer_sig_ignore).
func (tm *posixTimer) ignore(g *group) {
	if tm.periodic && !tm.deleted && !tm.held {
		tm.held = true
		g.ignored = append(g.ignored, tm)
	}
}

// release takes the timer off the ignored ones.
func (tm *posixTimer) release() {
	if tm.held {
		tm.held = false
		i := slices.Index(tm.group.ignored, tm)
		tm.group.ignored = slices.Delete(tm.group.ignored, i, i+1)
	}
}

// unignore queues what timers would have sent while the signal was ignored.
func (s *Signal) unignore(g *group, signo int32, o out) {
	for _, tm := range slices.Clone(g.ignored) {
		if tm.signal.info.Signo != signo {
			continue
		}
		tm.release()
		t := tm.to
		if t == nil {
			t = g.leader
		}
		if !t.ended || tm.to == nil {
			s.queueTimerSignal(tm, t, o)
		}
	}
}

// flushTimerSignals drops queued signals of timers: execve deletes these.
func (s *Signal) flushTimerSignals(q *queue) {
	var retain, dropped uint64
	var prev *entry
	for e := q.head; e != nil; {
		next := e.next
		if e.info.Code == linux.SI_TIMER {
			dropped |= bit(e.info.Signo)
			q.unlink(prev, e)
			s.release(e)
		} else {
			retain |= bit(e.info.Signo)
			prev = e
		}
		e = next
	}
	q.set &^= dropped &^ retain
}

// clampInt is a count as siginfo has it.
func clampInt(n int64) int32 { return int32(min(n, math.MaxInt32)) }
