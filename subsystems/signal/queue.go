package signal

import (
	"math/bits"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// bit is a signal's place in a set.
func bit(signo int32) uint64 { return 1 << (signo - 1) }

// Sets of signals that Linux treats alike (include/linux/signal.h).
const (
	setKernelOnly = 1<<(linux.SIGKILL-1) | 1<<(linux.SIGSTOP-1)
	setStop       = 1<<(linux.SIGSTOP-1) | 1<<(linux.SIGTSTP-1) | 1<<(linux.SIGTTIN-1) | 1<<(linux.SIGTTOU-1)
	setCore       = 1<<(linux.SIGQUIT-1) | 1<<(linux.SIGILL-1) | 1<<(linux.SIGTRAP-1) | 1<<(linux.SIGABRT-1) |
		1<<(linux.SIGFPE-1) | 1<<(linux.SIGSEGV-1) | 1<<(linux.SIGBUS-1) | 1<<(linux.SIGSYS-1) |
		1<<(linux.SIGXCPU-1) | 1<<(linux.SIGXFSZ-1)
	setIgnore = 1<<(linux.SIGCONT-1) | 1<<(linux.SIGCHLD-1) | 1<<(linux.SIGWINCH-1) | 1<<(linux.SIGURG-1)
	setSync   = 1<<(linux.SIGSEGV-1) | 1<<(linux.SIGBUS-1) | 1<<(linux.SIGILL-1) | 1<<(linux.SIGTRAP-1) |
		1<<(linux.SIGFPE-1) | 1<<(linux.SIGSYS-1)
)

// valid reports whether signo is a signal.
func valid(signo int32) bool { return signo > 0 && signo <= linux.NSIG }

// entry is a queued siginfo.
type entry struct {
	info signalapi.Info
	next *entry
	// user is whom the entry counts for. Entries of timers count for as long as
	// the timer lives.
	user uint32
	// timer owns the entry, which is then part of it.
	timer *posixTimer
}

// queue is what is pending for a thread or a group. A signal may be in the set
// and have no entry: SIGKILL, and what came when the queue was full.
type queue struct {
	set        uint64
	head, tail *entry
}

func (q *queue) push(e *entry) {
	e.next = nil
	if q.tail == nil {
		q.head = e
	} else {
		q.tail.next = e
	}
	q.tail = e
}

// unlink takes out the entry after prev, or the first one when prev is nil.
func (q *queue) unlink(prev, e *entry) {
	if prev == nil {
		q.head = e.next
	} else {
		prev.next = e.next
	}
	if q.tail == e {
		q.tail = prev
	}
	e.next = nil
}

// first returns the signal of the queue to take first, or 0: synchronous ones
// before others, then the lowest number (next_signal of kernel/signal.c).
func (q *queue) first(blocked uint64) int32 {
	set := q.set &^ blocked
	if set == 0 {
		return 0
	}
	if set&setSync != 0 {
		set &= setSync
	}
	return int32(bits.TrailingZeros64(set)) + 1
}

// newEntry takes an entry from the list of free ones.
func (s *Signal) newEntry(user uint32) *entry {
	e := s.free
	if e == nil {
		e = new(entry)
	} else {
		s.free = e.next
	}
	e.user = user
	s.queued[user]++
	return e
}

// release gives an entry back when it left its queue.
func (s *Signal) release(e *entry) {
	if e.timer != nil {
		e.timer.pending = false
		return
	}
	s.queued[e.user]--
	e.next = s.free
	s.free = e
}

// collect takes the first entry of signo from q, and the signal from the set
// when there is no second one. It returns the timer that sent the signal.
func (s *Signal) collect(q *queue, signo int32, info *signalapi.Info) *posixTimer {
	var found, prev, before *entry
	more := false
	for e := q.head; e != nil; prev, e = e, e.next {
		if e.info.Signo != signo {
			continue
		}
		if found != nil {
			more = true
			break
		}
		found, before = e, prev
	}
	if !more {
		q.set &^= bit(signo)
	}
	if found == nil {
		*info = signalapi.Info{Signo: signo}
		return nil
	}
	return s.take(q, before, found, info)
}

func (s *Signal) take(q *queue, before, e *entry, info *signalapi.Info) *posixTimer {
	q.unlink(before, e)
	*info = e.info
	timer := e.timer
	s.release(e)
	return timer
}

// dequeue takes the next signal that blocked lets through, of the thread before
// those of the group, and starts again the timer that sent it. It returns 0 when
// there is none.
func (s *Signal) dequeue(t *thread, blocked uint64, info *signalapi.Info) int32 {
	for {
		q := &t.pending
		signo := q.first(blocked)
		if signo == 0 {
			q = &t.group.shared
			if signo = q.first(blocked); signo == 0 {
				return 0
			}
		}
		timer := s.collect(q, signo, info)
		if signo == linux.SIGALRM && q == &t.group.shared {
			s.rearmReal(t.group)
		}
		// A signal of a timer that was set anew or deleted since is void.
		if timer == nil || s.deliverTimer(timer, info) {
			return signo
		}
	}
}

// dequeueSync takes the first signal that an instruction of the thread caused,
// so that the frame shows that instruction; 0 when there is none.
func (s *Signal) dequeueSync(t *thread, info *signalapi.Info) int32 {
	if t.pending.set&^t.blocked&setSync == 0 {
		return 0
	}
	var prev *entry
	for e := t.pending.head; e != nil; prev, e = e, e.next {
		if e.info.Code <= linux.SI_USER || bit(e.info.Signo)&setSync == 0 {
			continue
		}
		more := false
		for n := e.next; n != nil; n = n.next {
			more = more || n.info.Signo == e.info.Signo
		}
		if !more {
			t.pending.set &^= bit(e.info.Signo)
		}
		s.take(&t.pending, prev, e, info)
		return info.Signo
	}
	return 0
}

// flush drops what is in q of the signals in mask. Signals of periodic timers
// are kept aside if g is to have them when it stops ignoring them.
func (s *Signal) flush(q *queue, mask uint64, g *group) {
	if q.set&mask == 0 {
		return
	}
	q.set &^= mask
	var prev *entry
	for e := q.head; e != nil; {
		next := e.next
		if bit(e.info.Signo)&mask == 0 {
			prev, e = e, next
			continue
		}
		q.unlink(prev, e)
		s.release(e)
		if e.timer != nil && g != nil {
			e.timer.ignore(g)
		}
		e = next
	}
}
