package futex

import (
	"adyton.dev/adyton/core/linux"
)

// lock is a PI lock that somebody waits for. Without waiters the app's word is
// all there is. Unlike Linux, which lets the next owner take the lock when it
// runs, it is given over at once.
//
// GAP: priorities order the waiters, but are not lent to the owner: the core has
// no scheduler to lend them to.
type lock struct {
	key Key
	// owner is the thread that holds it, and waiters the number of those that
	// wait.
	owner   int32
	waiters int
}

// Liveness says what becomes of a thread. It is called with locks held.
type Liveness func(task int32) State

// State is that of a thread that a lock's word names.
type State uint8

// The states of a thread.
const (
	// Gone: there is no such thread, or Exit has run for it.
	Gone State = iota
	// Exiting: WalkRobust and Exit are yet to run, or running.
	Exiting
	// Alive: the thread can own a lock.
	Alive
)

// LockPI takes the PI lock whose word is at addr for the thread w.Task:
// FUTEX_LOCK_PI, FUTEX_LOCK_PI2 and, with try, FUTEX_TRYLOCK_PI. It reports
// locked, or queues w; a waiter that is told later has the lock, unless Result
// says otherwise. Errors: EINVAL (addr not aligned, or the word does not fit
// what is known of the lock), EFAULT, EDEADLK (the thread has it, or would wait
// for itself through others), ESRCH (no such owner), EAGAIN (try, and it is
// taken), EBUSY (the owner is exiting: call again when Exit has run).
func (t *Table) LockPI(m Memory, addr uint64, key Key, w *Waiter, alive Liveness, try bool) (locked bool, e linux.Errno) {
	if e := CheckAddr(addr); e != 0 {
		return false, e
	}
	b := t.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()

	for {
		l, locked, e := t.tryPI(m, addr, key, b, w.Task, alive)
		switch {
		case e == again:
			continue
		case e != 0 || locked:
			return locked, e
		case try:
			return false, linux.EAGAIN
		}
		if t.circular(l, w.Task) {
			return false, linux.EDEADLK
		}
		t.join(b, l, w, m, addr, key)
		return false, 0
	}
}

// again says that the word has changed and that everything is to be looked at
// anew. It never leaves the package.
const again = linux.ERESTART

// tryPI is futex_lock_pi_atomic. Without an error it returns that the lock is
// taken now, or the lock to wait for.
func (t *Table) tryPI(m Memory, addr uint64, key Key, b *bucket, task int32, alive Liveness) (*lock, bool, linux.Errno) {
	word, e := m.Load(addr)
	if e != 0 {
		return nil, false, e
	}
	owner := int32(word & linux.FUTEX_TID_MASK)
	if owner == task {
		return nil, false, linux.EDEADLK
	}
	if top := b.top(key); top != nil {
		l := top.pi
		if l == nil || !l.fits(word) {
			return nil, false, linux.EINVAL
		}
		return l, false, 0
	}

	if owner == 0 {
		// The bit that says that an owner died stays for the app.
		e := swap(m, addr, word, word&linux.FUTEX_OWNER_DIED|uint32(task))
		return nil, e == 0, e
	}
	// The bit makes the owner call UnlockPI. It stays when we fail.
	if e := swap(m, addr, word, word|linux.FUTEX_WAITERS); e != 0 {
		return nil, false, e
	}
	switch alive(owner) {
	case Exiting:
		return nil, false, linux.EBUSY
	case Gone:
		// It may have marked the word on its way out: handle_exit_race.
		switch now, e := m.Load(addr); {
		case e != 0:
			return nil, false, e
		case now != word|linux.FUTEX_WAITERS:
			return nil, false, again
		}
		return nil, false, linux.ESRCH
	}
	return &lock{key: key, owner: owner}, false, 0
}

// swap changes the word from old to new. Errors: again, EFAULT.
func swap(m Memory, addr uint64, old, new uint32) linux.Errno {
	now, e := m.CompareAndSwap(addr, old, new)
	if e == 0 && now != old {
		return again
	}
	return e
}

// fits reports whether a lock that has waiters can have this word
// (attach_to_pi_state).
func (l *lock) fits(word uint32) bool {
	owner := int32(word & linux.FUTEX_TID_MASK)
	if word&linux.FUTEX_OWNER_DIED != 0 && owner == 0 {
		return true
	}
	return owner == l.owner
}

// top is the first waiter for key.
func (b *bucket) top(key Key) *Waiter {
	for w := b.first; w != nil; w = w.next {
		if w.key == key {
			return w
		}
	}
	return nil
}

// circular reports whether task, waiting for l, would wait for itself.
func (t *Table) circular(l *lock, task int32) bool {
	for l != nil {
		if l.owner == task {
			return true
		}
		l = t.blocked[l.owner]
	}
	return false
}

// join queues w for the lock.
func (t *Table) join(b *bucket, l *lock, w *Waiter, m Memory, addr uint64, key Key) {
	if l.waiters == 0 {
		t.own(l)
	}
	l.waiters++
	t.blocked[w.Task] = l
	w.key, w.bitset, w.pi, w.mem, w.addr, w.result = key, linux.FUTEX_BITSET_MATCH_ANY, l, m, addr, 0
	t.insert(b, w)
}

// leave is the part of unlink that the lock needs. The caller holds the bucket.
func (t *Table) leave(w *Waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left(w)
}

func (t *Table) left(w *Waiter) {
	delete(t.blocked, w.Task)
	if w.pi.waiters--; w.pi.waiters == 0 {
		t.disown(w.pi)
	}
}

// own and disown note what a thread's end has to look at.
func (t *Table) own(l *lock) {
	locks := t.held[l.owner]
	if locks == nil {
		locks = make(map[*lock]struct{})
		t.held[l.owner] = locks
	}
	locks[l] = struct{}{}
}

func (t *Table) disown(l *lock) {
	delete(t.held[l.owner], l)
	if len(t.held[l.owner]) == 0 {
		delete(t.held, l.owner)
	}
}

// Result says how the wait of a PI lock's waiter ended that was told so: 0 when
// it has the lock, EFAULT when its word could not be written.
func (w *Waiter) Result() linux.Errno { return w.result }

// give makes the lock's first waiter its owner and takes it off the queue.
func (t *Table) give(b *bucket, l *lock, w *Waiter) {
	t.disown(l)
	l.owner = w.Task
	t.own(l)
	t.unlink(b, w)
	t.left(w)
	w.release()
}

// UnlockPI releases the PI lock that task holds: FUTEX_UNLOCK_PI. It returns the
// waiter that has the lock now, to be told, or nil. Errors: EINVAL (addr not
// aligned, or the word does not fit), EFAULT, EPERM (task does not hold it),
// EAGAIN (the word changed under it).
func (t *Table) UnlockPI(m Memory, addr uint64, key Key, task int32) (*Waiter, linux.Errno) {
	for {
		word, e := m.Load(addr)
		if e != 0 {
			return nil, e
		}
		if int32(word&linux.FUTEX_TID_MASK) != task {
			return nil, linux.EPERM
		}
		if e := CheckAddr(addr); e != 0 {
			return nil, e
		}
		w, e := t.unlockPI(m, addr, key, task, word)
		if e != again {
			return w, e
		}
	}
}

func (t *Table) unlockPI(m Memory, addr uint64, key Key, task int32, word uint32) (*Waiter, linux.Errno) {
	b := t.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()

	w := b.top(key)
	if w == nil {
		e := swap(m, addr, word, 0)
		if e == again {
			e = linux.EAGAIN
		}
		return nil, e
	}
	if w.pi == nil || w.pi.owner != task {
		return nil, linux.EINVAL
	}
	// The bit stays for as long as there is a lock here, or the owner would not
	// come back.
	now, e := m.CompareAndSwap(addr, word, linux.FUTEX_WAITERS|uint32(w.Task))
	switch {
	case e != 0:
		return nil, e
	case now != word && now&linux.FUTEX_TID_MASK == word:
		return nil, again // somebody set FUTEX_WAITERS
	case now != word:
		return nil, linux.EINVAL
	}
	t.give(b, w.pi, w)
	return w, 0
}

// Exit gives the PI locks that a thread holds to their next waiters, with
// FUTEX_OWNER_DIED, and appends these to woken: they are to be told. Call it
// when the thread ends or executes another program, after WalkRobust, and have
// Liveness say Exiting before both.
func (t *Table) Exit(task int32, woken []*Waiter) []*Waiter {
	for {
		l := t.anyHeld(task)
		if l == nil {
			return woken
		}
		if w := t.abandon(l, task); w != nil {
			woken = append(woken, w)
		}
	}
}

func (t *Table) anyHeld(task int32) *lock {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := range t.held[task] {
		return l
	}
	return nil
}

// abandon gives one lock over, unless that has happened meanwhile.
func (t *Table) abandon(l *lock, task int32) *Waiter {
	b := t.bucket(l.key)
	b.mu.Lock()
	defer b.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()

	if l.owner != task || l.waiters == 0 {
		return nil
	}
	w := b.top(l.key)
	word, e := w.mem.Load(w.addr)
	for e == 0 {
		var now uint32
		new := uint32(w.Task) | linux.FUTEX_WAITERS | linux.FUTEX_OWNER_DIED
		if now, e = w.mem.CompareAndSwap(w.addr, word, new); now == word {
			break
		}
		word = now
	}
	w.result = e
	t.give(b, l, w)
	return w
}
