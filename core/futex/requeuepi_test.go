package futex

import (
	"testing"

	"adyton.dev/adyton/core/linux"
)

// waitRequeuePI puts a thread to sleep on the word at page+4, for the lock at page.
func waitRequeuePI(t *testing.T, tab *Table, m *memory, task int32) *Waiter {
	t.Helper()
	w := &Waiter{Task: task}
	e := tab.WaitRequeuePI(m, page+4, private(page+4), 0, linux.FUTEX_BITSET_MATCH_ANY, w, page, private(page))
	wants(t, "WaitRequeuePI", e, 0)
	return w
}

func requeuePI(tab *Table, m *memory, val uint32, move int32) ([]*Waiter, int32, linux.Errno) {
	return tab.RequeuePI(m, page+4, private(page+4), val, page, private(page), move, alive, nil)
}

func TestRequeuePIGivesAFreeLockToTheFirst(t *testing.T) {
	tab, m := New(), new(memory)
	a, b, c := waitRequeuePI(t, tab, m, 2), waitRequeuePI(t, tab, m, 3), waitRequeuePI(t, tab, m, 4)
	woken, n, e := requeuePI(tab, m, 0, 1)
	if e != 0 || n != 2 || len(woken) != 1 || woken[0] != a || a.Queued() {
		t.Fatalf("RequeuePI = %v, %d, %v, want the first woken and one moved", woken, n, e)
	}
	is(t, m, page, waiters|2)
	if w := unlockPI(t, tab, m, page, 2); w != b {
		t.Errorf("UnlockPI gave it to %v, want the one that was moved", w)
	}
	is(t, m, page, waiters|3)
	if !tab.Cancel(c) {
		t.Error("the third had been woken")
	}
	if w := unlockPI(t, tab, m, page, 3); w != nil {
		t.Errorf("UnlockPI gave it to %v, want nobody", w)
	}
}

func TestRequeuePIWaitsForAHeldLock(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page, 7)
	a := waitRequeuePI(t, tab, m, 2)
	if woken, n, e := requeuePI(tab, m, 0, 0); e != 0 || n != 1 || len(woken) != 0 || !a.Queued() {
		t.Fatalf("RequeuePI = %v, %d, %v, want one moved", woken, n, e)
	}
	is(t, m, page, waiters|7)
	if w := unlockPI(t, tab, m, page, 7); w != a || a.Result() != 0 {
		t.Errorf("UnlockPI gave it to %v, want the waiter", w)
	}
}

func TestRequeuePIChecks(t *testing.T) {
	tab, m := New(), new(memory)
	waitRequeuePI(t, tab, m, 2)
	_, _, e := requeuePI(tab, m, 1, 0)
	wants(t, "another value", e, linux.EAGAIN)
	_, _, e = requeuePI(tab, m, 0, -1)
	wants(t, "a negative number", e, linux.EINVAL)
	_, _, e = tab.RequeuePI(m, page+4, private(page+4), 0, page+8, private(page+8), 0, alive, nil)
	wants(t, "another lock", e, linux.EINVAL)
	_, e = tab.Wake(private(page+4), 1, linux.FUTEX_BITSET_MATCH_ANY, nil)
	wants(t, "Wake", e, linux.EINVAL)
	plain := &Waiter{Task: 9}
	wants(t, "Wait", tab.Wait(m, page+12, private(page+12), 0, 1, plain), 0)
	_, _, e = tab.RequeuePI(m, page+12, private(page+12), 0, page, private(page), 0, alive, nil)
	wants(t, "a waiter of Wait", e, linux.EINVAL)
	m.set(page, 2)
	_, _, e = requeuePI(tab, m, 0, 0)
	wants(t, "the waiter has the lock", e, linux.EDEADLK)
	wants(t, "the same word", tab.WaitRequeuePI(m, page, private(page), 2, 1, &Waiter{Task: 3}, page, private(page)), linux.EINVAL)
}
