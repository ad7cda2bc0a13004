// Package wait is the only place that blocks: threads that sleep until a
// handle is ready, a time has come or a signal interrupts, and the readiness
// of handles with those who look at it.
//
// All of it is used with the leader's token, so it has no locks.
package wait

import (
	"adyton.dev/adyton/core/platform/leader"
)

// Reason says why a sleep ended.
type Reason uint8

// The reasons, weakest first.
const (
	// Event: what was waited for may have happened.
	Event Reason = iota + 1
	// Timeout: the deadline has passed.
	Timeout
	// Interrupted: a signal or the end of the thread.
	Interrupted
)

// Sleeper is one thread's place to sleep.
type Sleeper struct {
	l      *leader.Leader
	waiter leader.Waiter
	timer  *leader.Timer

	sleeping      bool
	interruptible bool
	reason        Reason
	// Interrupt, when set before or while it sleeps interruptibly, ends the
	// sleep at once: a signal to look at.
	interrupt bool
	dying     bool
}

// Init binds a sleeper to its leader.
func (s *Sleeper) Init(l *leader.Leader) {
	s.l = l
	s.timer = leader.NewTimer(func() { s.wake(Timeout) })
}

// Sleep waits until Wake, a deadline in monotonic ns (0 for none) or, when
// interruptible, a signal.
func (s *Sleeper) Sleep(deadline int64, interruptible bool) Reason {
	if s.dying || interruptible && s.interrupt {
		return Interrupted
	}
	if deadline != 0 {
		s.l.Arm(s.timer, deadline)
	}
	s.sleeping, s.interruptible, s.reason = true, interruptible, 0
	s.l.Park(&s.waiter)
	s.sleeping = false
	if deadline != 0 {
		s.l.Disarm(s.timer)
	}
	return s.reason
}

// Stay waits until Wake or a deadline in monotonic ns, also when the thread must
// end.
func (s *Sleeper) Stay(deadline int64) Reason {
	s.l.Arm(s.timer, deadline)
	s.sleeping, s.interruptible, s.reason = true, false, 0
	for s.reason == 0 || s.reason == Interrupted {
		s.reason = 0
		s.l.Park(&s.waiter)
	}
	s.sleeping = false
	s.l.Disarm(s.timer)
	return s.reason
}

func (s *Sleeper) wake(r Reason) {
	if !s.sleeping || s.reason != 0 {
		return
	}
	s.reason = r
	s.l.Wake(&s.waiter)
}

// Wake ends a sleep: the event has happened.
func (s *Sleeper) Wake() { s.wake(Event) }

// Interrupt says that a signal is to be looked at. It reports whether that
// ended a sleep.
func (s *Sleeper) Interrupt() bool {
	s.interrupt = true
	if s.sleeping && s.interruptible {
		s.wake(Interrupted)
		return true
	}
	return false
}

// Interrupted reports whether there is a signal to look at.
func (s *Sleeper) Interrupted() bool { return s.interrupt }

// Calm says that the signals have been looked at.
func (s *Sleeper) Calm() { s.interrupt = false }

// Die makes this and every later sleep end: the thread must go.
func (s *Sleeper) Die() {
	s.dying = true
	s.wake(Interrupted)
}

// Dying reports that Die was called.
func (s *Sleeper) Dying() bool { return s.dying }

// Sleeping reports whether the thread sleeps.
func (s *Sleeper) Sleeping() bool { return s.sleeping }

// Queue is a list of sleepers that wait for one thing.
type Queue struct{ list []*Sleeper }

// Wait sleeps in the queue.
func (q *Queue) Wait(s *Sleeper, deadline int64, interruptible bool) Reason {
	q.list = append(q.list, s)
	r := s.Sleep(deadline, interruptible)
	for i, x := range q.list {
		if x == s {
			q.list = append(q.list[:i], q.list[i+1:]...)
			break
		}
	}
	return r
}

// Wake wakes all.
func (q *Queue) Wake() {
	for _, s := range q.list {
		s.Wake()
	}
}

// Lock is a lock whose waiters are handlers: held over parks, first come
// first served. The zero value is free.
type Lock struct {
	held  bool
	queue []*Sleeper
}

// Lock takes it.
func (k *Lock) Lock(s *Sleeper) {
	if !k.held {
		k.held = true
		return
	}
	k.queue = append(k.queue, s)
	for {
		s.sleeping, s.interruptible, s.reason = true, false, 0
		s.l.Park(&s.waiter)
		s.sleeping = false
		if s.reason == Event {
			return // Unlock has handed it over
		}
	}
}

// Unlock gives it to the next in line.
func (k *Lock) Unlock() {
	if len(k.queue) == 0 {
		k.held = false
		return
	}
	s := k.queue[0]
	k.queue = k.queue[1:]
	s.reason = Event
	s.l.Wake(&s.waiter)
}
