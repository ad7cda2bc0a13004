// Package futex is the full futex for platforms that cannot pass the calls on to
// a host, and for words that more than one address space shares: who waits for
// which word, and whom to wake. It owns waiters and the state of PI locks, and
// never blocks, wakes or touches memory itself: the caller sleeps and wakes, and
// lends each call a Memory for the app's words.
//
// A thread waits in three steps: Wait or LockPI queues its Waiter; the caller
// sleeps until whoever was handed the Waiter tells it, or until it has had
// enough; and in the latter case Cancel says whether it was woken all the same.
//
// Lock order: two buckets in the order of their index, then Table.mu. Memory is
// called with them held, so that a word and its queue change together; it must
// not come back here, nor wait for anything that does.
package futex

import (
	"sync"
	"sync/atomic"

	"adyton.dev/adyton/core/linux"
)

// Key names a futex word. Words are the same futex when their keys are equal.
type Key struct {
	// Space is the id of the address space, or of the shared object.
	Space uint64
	// Addr is the address in that space, or the offset in the object.
	Addr uint64
	// Shared says which of the two; also, for private memory, that the call had
	// no FUTEX_PRIVATE_FLAG: Linux keeps those apart too.
	Shared bool
}

// Memory reads and changes the app's words. Each call is atomic. The error is
// EFAULT for memory that is not there or, for CompareAndSwap, not writable.
type Memory interface {
	// Load reads the 32-bit word at addr.
	Load(addr uint64) (uint32, linux.Errno)
	// CompareAndSwap stores new at addr if the word is old, and returns what the
	// word was.
	CompareAndSwap(addr uint64, old, new uint32) (uint32, linux.Errno)
}

// Waiter is one thread's place in a queue. The zero value is ready for use, and
// so is one that was woken or cancelled.
type Waiter struct {
	// Owner is the caller's: whom to tell.
	Owner any
	// Task is the thread's id as the app's words show it. PI locks need it.
	Task int32
	// Priority orders those that wait for a word: lower first, then as they came
	// (a real-time priority, negated, or 0 for all others).
	Priority int32

	key        Key
	bitset     uint32
	prev, next *Waiter
	// bucket is where the waiter is queued, nil when it is not.
	bucket atomic.Pointer[bucket]

	// For PI locks: the lock, its word, and what became of giving it over.
	pi     *lock
	mem    Memory
	addr   uint64
	result linux.Errno
	// requeue is the lock that a waiter of WaitRequeuePI is to be moved to.
	requeue *lockWord
	moved   bool
}

// Moved reports whether RequeuePI moved the waiter to a lock's queue.
func (w *Waiter) Moved() bool { return w.moved }

// Queued reports whether the waiter is in a queue: neither woken nor cancelled.
func (w *Waiter) Queued() bool { return w.bucket.Load() != nil }

// bucket is the queue of all keys of one hash value, in the order in which they
// are woken.
type bucket struct {
	// mu guards the list and the waiters in it. It comes before Table.mu.
	mu          sync.Mutex
	index       int
	first, last *Waiter
}

// buckets is their number, a power of two.
const buckets = 512

// Table holds all waiters of a sandbox. Make it with New.
type Table struct {
	buckets [buckets]bucket
	// waiting counts the queued waiters.
	waiting atomic.Int64

	// mu comes after the buckets. It guards the PI locks and who waits for one.
	mu      sync.Mutex
	held    map[int32]map[*lock]struct{}
	blocked map[int32]*lock
}

// New returns an empty Table.
func New() *Table {
	t := &Table{held: make(map[int32]map[*lock]struct{}), blocked: make(map[int32]*lock)}
	for i := range t.buckets {
		t.buckets[i].index = i
	}
	return t
}

// Waiting is the number of waiters.
func (t *Table) Waiting() int64 { return t.waiting.Load() }

func (t *Table) bucket(k Key) *bucket {
	h := (k.Space*0x9e3779b97f4a7c15 ^ k.Addr>>2) * 0xff51afd7ed558ccd
	return &t.buckets[h>>32&(buckets-1)]
}

// CheckAddr says what Linux says to the address of a word: EINVAL unless it is
// aligned.
func CheckAddr(addr uint64) linux.Errno {
	if addr&3 != 0 {
		return linux.EINVAL
	}
	return 0
}

// insert queues w after those of its priority. The caller holds b.
func (t *Table) insert(b *bucket, w *Waiter) {
	after := b.last
	for after != nil && after.Priority > w.Priority {
		after = after.prev
	}
	w.prev = after
	if after == nil {
		w.next, b.first = b.first, w
	} else {
		w.next, after.next = after.next, w
	}
	if w.next == nil {
		b.last = w
	} else {
		w.next.prev = w
	}
	t.waiting.Add(1)
	w.bucket.Store(b)
}

// unlink takes w out of b, which the caller holds. The waiter belongs to its
// thread again once bucket is nil, so that is last.
func (t *Table) unlink(b *bucket, w *Waiter) {
	if w.prev == nil {
		b.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		b.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
	t.waiting.Add(-1)
}

// release ends unlink.
func (w *Waiter) release() { w.bucket.Store(nil) }

// Wait queues w on key if the word at addr is val: FUTEX_WAIT and, with a bitset
// of its own, FUTEX_WAIT_BITSET. Errors: EINVAL (no bits, or addr not aligned),
// EFAULT, EAGAIN (the word is another).
func (t *Table) Wait(m Memory, addr uint64, key Key, val, bitset uint32, w *Waiter) linux.Errno {
	if bitset == 0 {
		return linux.EINVAL
	}
	if e := CheckAddr(addr); e != 0 {
		return e
	}
	b := t.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()

	now, e := m.Load(addr)
	if e != 0 {
		return e
	}
	if now != val {
		return linux.EAGAIN
	}
	w.key, w.bitset, w.pi, w.result, w.moved = key, bitset, nil, 0, false
	t.insert(b, w)
	return 0
}

// Cancel ends a wait. It reports false when w was woken before, so that the wait
// has succeeded; whoever woke it tells the owner, or has.
func (t *Table) Cancel(w *Waiter) bool {
	for {
		b := w.bucket.Load()
		if b == nil {
			return false
		}
		b.mu.Lock()
		if w.bucket.Load() != b { // woken or requeued in between
			b.mu.Unlock()
			continue
		}
		t.unlink(b, w)
		if w.pi != nil {
			t.leave(w)
		}
		w.requeue = nil
		w.release()
		b.mu.Unlock()
		return true
	}
}

// Wake takes up to n waiters that share a bit with bitset off key's queue and
// appends them to woken: the caller tells them. At least one is woken, as on
// Linux, even for n of 0. Errors: EINVAL (no bits, or a PI lock's waiter: those
// that it met before that are woken).
func (t *Table) Wake(key Key, n int32, bitset uint32, woken []*Waiter) ([]*Waiter, linux.Errno) {
	if bitset == 0 {
		return woken, linux.EINVAL
	}
	b := t.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	return t.wake(b, key, n, bitset, woken)
}

func (t *Table) wake(b *bucket, key Key, n int32, bitset uint32, woken []*Waiter) ([]*Waiter, linux.Errno) {
	count := int32(0)
	for w := b.first; w != nil; {
		next := w.next
		if w.key == key {
			if w.pi != nil || w.requeue != nil {
				return woken, linux.EINVAL
			}
			if w.bitset&bitset != 0 {
				t.unlink(b, w)
				w.release()
				woken = append(woken, w)
				if count++; count >= n {
					break
				}
			}
		}
		w = next
	}
	return woken, 0
}

// lockBoth takes two buckets, which may be the same, in order.
func lockBoth(a, b *bucket) {
	switch {
	case a.index < b.index:
		a.mu.Lock()
		b.mu.Lock()
	case a.index > b.index:
		b.mu.Lock()
		a.mu.Lock()
	default:
		a.mu.Lock()
	}
}

func unlockBoth(a, b *bucket) {
	a.mu.Unlock()
	if a != b {
		b.mu.Unlock()
	}
}

// Requeue wakes up to wake waiters of from and moves up to move others to the
// queue of to: FUTEX_REQUEUE, or with compare FUTEX_CMP_REQUEUE, which does so
// only if the word at addr is val. It appends the woken and returns how many
// were woken or moved. Errors: EINVAL (a negative number, or a PI lock's
// waiter), EFAULT, EAGAIN (the word is another).
func (t *Table) Requeue(m Memory, addr uint64, from, to Key, wake, move int32, compare bool, val uint32,
	woken []*Waiter) ([]*Waiter, int32, linux.Errno) {
	if wake < 0 || move < 0 {
		return woken, 0, linux.EINVAL
	}
	if e := CheckAddr(addr | to.Addr); e != 0 {
		return woken, 0, e
	}
	a, b := t.bucket(from), t.bucket(to)
	lockBoth(a, b)
	defer unlockBoth(a, b)

	if compare {
		now, e := m.Load(addr)
		if e != 0 {
			return woken, 0, e
		}
		if now != val {
			return woken, 0, linux.EAGAIN
		}
	}
	count := int32(0)
	for w := a.first; w != nil && int64(count) < int64(wake)+int64(move); {
		next := w.next
		if w.key == from {
			if w.pi != nil || w.requeue != nil {
				return woken, 0, linux.EINVAL
			}
			if count++; count <= wake {
				t.unlink(a, w)
				w.release()
				woken = append(woken, w)
			} else {
				t.move(w, a, b, to)
			}
		}
		w = next
	}
	return woken, count, 0
}

// move puts w into another queue. In the same bucket it keeps its place.
func (t *Table) move(w *Waiter, a, b *bucket, to Key) {
	if a != b {
		t.unlink(a, w)
		t.insert(b, w)
	}
	w.key = to
}

// WaitEach queues each of a vector of waiters, or none: futex_waitv. When it
// fails with EAGAIN or EFAULT but one that was queued had been woken meanwhile,
// the call has succeeded, and it returns that one's index; otherwise the index
// is -1.
func (t *Table) WaitEach(m Memory, vector []Target) (int, linux.Errno) {
	for i := range vector {
		v := &vector[i]
		e := t.Wait(m, v.Addr, v.Key, v.Val, linux.FUTEX_BITSET_MATCH_ANY, v.Waiter)
		if e == 0 {
			continue
		}
		if woken := t.CancelEach(vector[:i]); woken >= 0 {
			return woken, 0
		}
		return -1, e
	}
	return -1, 0
}

// Target is one word of WaitEach, with a Waiter of its own.
type Target struct {
	Addr   uint64
	Key    Key
	Val    uint32
	Waiter *Waiter
}

// CancelEach ends the wait of a vector and returns the index of the last one
// that was woken, or -1.
func (t *Table) CancelEach(vector []Target) int {
	woken := -1
	for i := range vector {
		if !t.Cancel(vector[i].Waiter) {
			woken = i
		}
	}
	return woken
}
