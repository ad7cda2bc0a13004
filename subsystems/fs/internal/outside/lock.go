package outside

import "adyton.dev/adyton/core/linux"

// Step is a Call that an operation may take others after, or that changes
// something. An operation that must wait for one goes on by itself, without its
// caller: what it knows of earlier steps would be lost otherwise, and they
// would be done twice.
type Step interface {
	Call
	// Changes reports whether the call changes something outside.
	Changes() bool
}

// Loner is a Step that the operation always goes on with by itself when it must
// wait, though it changes nothing.
type Loner interface{ Alone() bool }

// Blocker is a Step whose Fetch gives EWAIT without a ticket: Block waits for
// what it lacks, or for stop, and says false then.
type Blocker interface {
	Block(stop <-chan struct{}) bool
}

// Lock keeps the operations apart that change one thing outside, so that they
// take effect here in the order in which they did there. It belongs to an
// operation until its end. The mutex of the tree guards it.
type Lock struct {
	owner *Op
	queue []chan struct{}
}

// Take gives the lock to o, or returns Missed: o is to try again when it may
// be free.
func (l *Lock) Take(o *Op) linux.Errno {
	switch l.owner {
	case o:
		return 0
	case nil:
		l.owner = o
		o.held = append(o.held, l)
		return 0
	}
	free := make(chan struct{})
	l.queue = append(l.queue, free)
	return o.Miss(lockCall{free})
}

// Held reports whether an operation has the lock.
func (l *Lock) Held() bool { return l.owner != nil }

func (l *Lock) release() {
	l.owner = nil
	// All of them: one that needs the lock no more would not wake the next.
	for i, free := range l.queue {
		close(free)
		l.queue[i] = nil
	}
	l.queue = l.queue[:0]
}

type lockCall struct{ free chan struct{} }

// Fetch implements Call.
func (k lockCall) Fetch() (uint64, linux.Errno) {
	select {
	case <-k.free:
		return 0, 0
	default:
		return 0, linux.EWAIT
	}
}

// Store implements Call.
func (k lockCall) Store(*Op, linux.Errno) {}

// Changes implements Step.
func (k lockCall) Changes() bool { return true }

// Block implements Blocker.
func (k lockCall) Block(stop <-chan struct{}) bool {
	select {
	case <-k.free:
		return true
	case <-stop:
		return false
	}
}
