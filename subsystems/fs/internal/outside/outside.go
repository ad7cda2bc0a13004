// Package outside lets an operation stop when it lacks something that only a
// call to the host or the core can give, and start again once that has come.
//
// The tree of files is guarded by one mutex, which is never held over such a
// call. So an operation that meets a gap names the call and returns Missed;
// its caller drops the mutex, makes the call, takes the mutex again, stores the
// answer and runs the operation from the start. An operation must therefore
// have no effect before its last gap.
package outside

import "adyton.dev/adyton/core/linux"

// Missed is the errno of an operation that stopped at a gap. It never leaves
// package fs.
const Missed linux.Errno = 700

// Detach is the errno of an operation that goes on without its caller; see
// Step. It never leaves package fs either.
const Detach linux.Errno = 701

// Call is one call to make without locks.
type Call interface {
	// Fetch makes it. EWAIT and a ticket say that it is under way: the same
	// call is to be made again later.
	Fetch() (ticket uint64, e linux.Errno)
	// Store keeps what Fetch got; the mutex is held. e is Fetch's result.
	Store(op *Op, e linux.Errno)
}

// Op is what one operation knows of the outside.
type Op struct {
	call  Call
	facts map[any]any
	held  []*Lock
}

// Miss names the call that the operation lacks and returns Missed.
func (o *Op) Miss(c Call) linux.Errno {
	o.call = c
	return Missed
}

// Take gives the call that is missing and forgets it.
func (o *Op) Take() Call {
	c := o.call
	o.call = nil
	return c
}

// Know keeps a fact for the rest of the operation, over its restarts.
func (o *Op) Know(key, value any) {
	if o.facts == nil {
		o.facts = make(map[any]any)
	}
	o.facts[key] = value
}

// Fact gives what Know kept, or nil.
func (o *Op) Fact(key any) any {
	if o.facts == nil {
		return nil
	}
	return o.facts[key]
}

// Suspend gives what is known, for Resume of the same operation when it is asked
// for again after a wait; nil when there is nothing.
func (o *Op) Suspend() map[any]any {
	facts := o.facts
	o.facts = nil
	return facts
}

// Resume has the operation know what Suspend gave.
func (o *Op) Resume(facts map[any]any) { o.facts = facts }

// HasFacts reports whether a fact is known.
func (o *Op) HasFacts() bool { return o.facts != nil }

// Reset makes o ready for the next operation, and gives back its locks.
func (o *Op) Reset() {
	o.call = nil
	for i, l := range o.held {
		l.release()
		o.held[i] = nil
	}
	o.held = o.held[:0]
	if o.facts != nil {
		o.facts = nil
	}
}
