package futex

import (
	"adyton.dev/adyton/core/linux"
)

// lockWord is the PI lock that a waiter of WaitRequeuePI is to be moved to.
type lockWord struct {
	addr uint64
	key  Key
}

// WaitRequeuePI queues w on key if the word at addr is val, until RequeuePI moves
// it to the PI lock whose word is at lockAddr: FUTEX_WAIT_REQUEUE_PI. A waiter
// that is told later has the lock, unless Result says otherwise. Errors: those of
// Wait; EINVAL (both words are the same).
func (t *Table) WaitRequeuePI(m Memory, addr uint64, key Key, val, bitset uint32, w *Waiter, lockAddr uint64, lockKey Key) linux.Errno {
	if key == lockKey {
		return linux.EINVAL
	}
	if e := CheckAddr(lockAddr); e != 0 {
		return e
	}
	w.mem, w.requeue = m, &lockWord{lockAddr, lockKey}
	e := t.Wait(m, addr, key, val, bitset, w)
	if e != 0 {
		w.requeue = nil
	}
	return e
}

// RequeuePI gives the PI lock whose word is at lockAddr to the first waiter of
// from, or has it wait for that, and moves up to move others there:
// FUTEX_CMP_REQUEUE_PI. It appends the woken and returns how many were woken or
// moved. Errors: EINVAL (a negative number, waiters of another kind or for
// another lock), EAGAIN (the word is not val), and those of LockPI; what had been
// moved before stays.
func (t *Table) RequeuePI(m Memory, addr uint64, from Key, val uint32, lockAddr uint64, to Key, move int32, alive Liveness,
	woken []*Waiter) ([]*Waiter, int32, linux.Errno) {
	if move < 0 || from == to {
		return woken, 0, linux.EINVAL
	}
	if e := CheckAddr(addr | lockAddr); e != 0 {
		return woken, 0, e
	}
	a, b := t.bucket(from), t.bucket(to)
	lockBoth(a, b)
	defer unlockBoth(a, b)
	t.mu.Lock()
	defer t.mu.Unlock()

	now, e := m.Load(addr)
	if e != 0 {
		return woken, 0, e
	}
	if now != val {
		return woken, 0, linux.EAGAIN
	}
	var l *lock
	count := int32(0)
	for w := a.first; w != nil && int64(count) < 1+int64(move); {
		next := w.next
		if w.key != from {
			w = next
			continue
		}
		if w.requeue == nil || w.requeue.key != to {
			return woken, count, linux.EINVAL
		}
		if l == nil {
			var locked bool
			if l, locked, e = t.proxyLock(m, lockAddr, to, b, w.Task, alive, move > 0); e != 0 {
				return woken, count, e
			}
			if locked {
				t.unlink(a, w)
				w.requeue = nil
				w.release()
				woken = append(woken, w)
				count++
				w = next
				continue
			}
		}
		if t.circular(l, w.Task) {
			return woken, count, linux.EDEADLK
		}
		target := w.requeue
		t.unlink(a, w)
		w.requeue, w.moved = nil, true
		t.join(b, l, w, w.mem, target.addr, to)
		count++
		w = next
	}
	return woken, count, 0
}

// proxyLock is futex_proxy_trylock_atomic: it takes the lock for a thread that
// sleeps, or gives the lock to wait for. When it takes it and others follow, the
// word says so and the lock is given too.
func (t *Table) proxyLock(m Memory, addr uint64, key Key, b *bucket, task int32, alive Liveness, more bool) (*lock, bool, linux.Errno) {
	for {
		l, locked, e := t.tryPI(m, addr, key, b, task, alive)
		if e == again {
			continue
		}
		if e != 0 || !locked || !more {
			return l, locked, e
		}
		for {
			word, e := m.Load(addr)
			if e == 0 {
				e = swap(m, addr, word, word|linux.FUTEX_WAITERS)
			}
			if e != again {
				return &lock{key: key, owner: task}, true, e
			}
		}
	}
}
