// Package lock keeps the locks of one file: those of flock(2), and the record
// locks of fcntl(2), which processes or open file descriptions own.
//
// Nobody waits here. A lock that must wait is remembered, and Wake says which
// of them could be had now; their owners then ask again.
package lock

import (
	"slices"

	"adyton.dev/adyton/core/linux"
)

// Kind separates flock from record locks.
type Kind uint8

// The kinds; the values are those of fsapi.LockKind.
const (
	Flock Kind = 1
	Posix Kind = 2
	Ofd   Kind = 3
)

// Owner is who holds a lock: a process for Posix, an open file description for
// the others.
type Owner struct {
	Kind Kind
	ID   uint64
}

// Lock is one lock, held or wanted.
type Lock struct {
	Owner Owner
	Write bool
	// Start and End are offsets in bytes; End is the last one covered.
	Start, End int64
	Pid        int32
	// Handle is what it was taken through.
	Handle uint64
}

// EOF is the End of a lock that covers all that comes after Start.
const EOF = 1<<63 - 1

// Table holds the locks of one file.
type Table struct {
	flocks  []Lock
	records []Lock // those of one owner together, sorted by Start
	waiting []Lock
}

// Waits is the graph of who waits for whom, over all files.
type Waits struct {
	edges map[Owner][]edge
}

type edge struct {
	table *Table
	want  Lock
}

// maxChain bounds the search for a circle, as MAX_DEADLK_ITERATIONS does.
const maxChain = 10

// Set takes l, or returns EAGAIN. An existing lock of the same owner is
// changed. With wait, EWAIT instead, and l is remembered for Wake. Errors:
// EDEADLK for record locks of processes.
func (t *Table) Set(w *Waits, l Lock, wait bool) linux.Errno {
	t.ForgetLock(w, l)
	if l.Owner.Kind == Flock {
		return t.setFlock(l, wait)
	}
	if other := t.conflict(l); other != nil {
		if !wait {
			return linux.EAGAIN
		}
		if l.Owner.Kind == Posix && w.circle(l.Owner, *other) {
			return linux.EDEADLK
		}
		t.waiting = append(t.waiting, l)
		w.add(t, l)
		return linux.EWAIT
	}
	t.cut(l.Owner, l.Start, l.End)
	t.insert(l)
	return 0
}

func (t *Table) setFlock(l Lock, wait bool) linux.Errno {
	kept := t.flocks[:0]
	same := false
	for _, x := range t.flocks {
		if x.Owner != l.Owner {
			kept = append(kept, x)
		} else if x.Write == l.Write {
			same = true
			kept = append(kept, x)
		}
		// A lock of the other type is lost even when the new one must wait:
		// flock_lock_inode in fs/locks.c.
	}
	t.flocks = kept
	if same {
		return 0
	}
	for _, x := range t.flocks {
		if x.Write || l.Write {
			if !wait {
				return linux.EAGAIN
			}
			t.waiting = append(t.waiting, l)
			return linux.EWAIT
		}
	}
	t.flocks = append(t.flocks, l)
	return 0
}

// Test gives the record lock that stands in the way of l, or nil.
func (t *Table) Test(l Lock) *Lock {
	if other := t.conflict(l); other != nil {
		found := *other
		return &found
	}
	return nil
}

// Clear drops what owner holds from start to end, or its flock.
func (t *Table) Clear(owner Owner, start, end int64) {
	if owner.Kind == Flock {
		t.flocks = without(t.flocks, func(x Lock) bool { return x.Owner == owner })
		return
	}
	t.cut(owner, start, end)
}

// ClearHandle drops what an open file description took through handle, and all
// that waits there.
func (t *Table) ClearHandle(w *Waits, handle uint64) {
	gone := func(x Lock) bool { return x.Handle == handle && x.Owner.Kind != Posix }
	t.flocks = without(t.flocks, gone)
	t.records = without(t.records, gone)
	for _, x := range t.waiting {
		if x.Handle == handle {
			w.remove(t, x)
		}
	}
	t.waiting = without(t.waiting, func(x Lock) bool { return x.Handle == handle })
}

// Forget drops what owner waits for.
func (t *Table) Forget(w *Waits, owner Owner) {
	for _, x := range t.waiting {
		if x.Owner == owner {
			w.remove(t, x)
		}
	}
	t.waiting = without(t.waiting, func(x Lock) bool { return x.Owner == owner })
}

// Wake takes out the waiting locks that could be had now and calls fn for each.
func (t *Table) Wake(w *Waits, fn func(Lock)) {
	kept := t.waiting[:0]
	var free []Lock
	for _, l := range t.waiting {
		if t.blocked(l) {
			kept = append(kept, l)
		} else {
			free = append(free, l)
			w.remove(t, l)
		}
	}
	t.waiting = kept
	for _, l := range free {
		fn(l)
	}
}

// Empty reports whether nothing is held or waited for.
func (t *Table) Empty() bool {
	return len(t.flocks)+len(t.records)+len(t.waiting) == 0
}

func (t *Table) blocked(l Lock) bool {
	if l.Owner.Kind != Flock {
		return t.conflict(l) != nil
	}
	for _, x := range t.flocks {
		if x.Owner != l.Owner && (x.Write || l.Write) {
			return true
		}
	}
	return false
}

func (t *Table) conflict(l Lock) *Lock {
	for i := range t.records {
		x := &t.records[i]
		if x.Owner != l.Owner && (x.Write || l.Write) && x.Start <= l.End && l.Start <= x.End {
			return x
		}
	}
	return nil
}

// cut takes the bytes from start to end out of owner's record locks.
func (t *Table) cut(owner Owner, start, end int64) {
	var tails []Lock
	kept := t.records[:0]
	for _, x := range t.records {
		if x.Owner != owner || x.End < start || end < x.Start {
			kept = append(kept, x)
			continue
		}
		if x.End > end {
			tail := x
			tail.Start = end + 1
			tails = append(tails, tail)
		}
		if x.Start < start {
			x.End = start - 1
			kept = append(kept, x)
		}
	}
	t.records = kept
	for _, x := range tails {
		t.place(x)
	}
}

// place puts l among its owner's, by Start; a new owner's go last. F_GETLK
// shows the first that is in the way.
func (t *Table) place(l Lock) {
	at := len(t.records)
	for i, x := range t.records {
		if x.Owner == l.Owner {
			at = i + 1
			if x.Start > l.Start {
				at = i
				break
			}
		}
	}
	t.records = slices.Insert(t.records, at, l)
}

// insert adds l, joined with its owner's neighbours of the same type.
func (t *Table) insert(l Lock) {
	kept := t.records[:0]
	for _, x := range t.records {
		touches := x.Owner == l.Owner && x.Write == l.Write &&
			(x.End == EOF || x.End+1 >= l.Start) && (l.End == EOF || l.End+1 >= x.Start)
		if !touches {
			kept = append(kept, x)
			continue
		}
		l.Start = min(l.Start, x.Start)
		l.End = max(l.End, x.End)
	}
	t.records = kept
	t.place(l)
}

// ForgetLock drops one lock that is waited for.
func (t *Table) ForgetLock(w *Waits, l Lock) {
	t.waiting = without(t.waiting, func(x Lock) bool {
		same := x.Owner == l.Owner && x.Start == l.Start && x.End == l.End && x.Write == l.Write && x.Pid == l.Pid
		if same {
			w.remove(t, x)
		}
		return same
	})
}

func without(s []Lock, gone func(Lock) bool) []Lock {
	kept := s[:0]
	for _, x := range s {
		if !gone(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

func (w *Waits) add(t *Table, l Lock) {
	if l.Owner.Kind != Posix {
		return
	}
	if w.edges == nil {
		w.edges = make(map[Owner][]edge)
	}
	w.edges[l.Owner] = append(w.edges[l.Owner], edge{t, l})
}

func (w *Waits) remove(t *Table, l Lock) {
	es := w.edges[l.Owner]
	for i, x := range es {
		if x.table == t && x.want == l {
			es = append(es[:i:i], es[i+1:]...)
			break
		}
	}
	if len(es) == 0 {
		delete(w.edges, l.Owner)
	} else {
		w.edges[l.Owner] = es
	}
}

// circle reports whether the holder of a lock waits, perhaps by way of others,
// for owner: posix_locks_deadlock in fs/locks.c.
func (w *Waits) circle(owner Owner, holder Lock) bool {
	who := holder.Owner
	for range maxChain {
		if who == owner {
			return true
		}
		es := w.edges[who]
		if len(es) == 0 {
			return false
		}
		next := es[0].table.conflict(es[0].want)
		if next == nil {
			return false
		}
		who = next.Owner
	}
	return false
}
