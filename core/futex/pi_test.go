package futex

import (
	"testing"

	"adyton.dev/adyton/core/linux"
)

// alive knows threads below 100, of which 50 is exiting.
func alive(task int32) State {
	switch {
	case task >= 100:
		return Gone
	case task == 50:
		return Exiting
	}
	return Alive
}

func lockPI(t *testing.T, tab *Table, m *memory, addr uint64, task int32) (*Waiter, bool) {
	t.Helper()
	w := &Waiter{Task: task}
	locked, e := tab.LockPI(m, addr, private(addr), w, alive, false)
	wants(t, "LockPI", e, 0)
	return w, locked
}

func unlockPI(t *testing.T, tab *Table, m *memory, addr uint64, task int32) *Waiter {
	t.Helper()
	w, e := tab.UnlockPI(m, addr, private(addr), task)
	wants(t, "UnlockPI", e, 0)
	return w
}

func is(t *testing.T, m *memory, addr uint64, want uint32) {
	t.Helper()
	if got := m.word(addr).Load(); got != want {
		t.Errorf("the word is %#x, want %#x", got, want)
	}
}

const (
	waiters = linux.FUTEX_WAITERS
	diedBit = linux.FUTEX_OWNER_DIED
)

func TestLockPIFree(t *testing.T) {
	tab, m := New(), new(memory)
	if _, locked := lockPI(t, tab, m, page, 7); !locked {
		t.Fatal("a free lock was not taken")
	}
	is(t, m, page, 7)
	if w := unlockPI(t, tab, m, page, 7); w != nil {
		t.Errorf("UnlockPI gave it to %v, want nobody", w)
	}
	is(t, m, page, 0)
	// The mark of a dead owner stays for the app.
	m.set(page, diedBit)
	lockPI(t, tab, m, page, 7)
	is(t, m, page, diedBit|7)
}

func TestLockPIGivesOverInOrder(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page, 1)
	a, _ := lockPI(t, tab, m, page, 2)
	b, locked := lockPI(t, tab, m, page, 3)
	if locked {
		t.Fatal("a held lock was taken")
	}
	is(t, m, page, waiters|1)
	urgent := &Waiter{Task: 4, Priority: -1}
	if _, e := tab.LockPI(m, page, private(page), urgent, alive, false); e != 0 {
		t.Fatal(e)
	}
	for i, want := range []*Waiter{urgent, a, b} {
		owner := []int32{1, 4, 2}[i]
		if got := unlockPI(t, tab, m, page, owner); got != want || got.Result() != 0 || got.Queued() {
			t.Errorf("UnlockPI by %d gave it to %v, want %v", owner, got, want)
		}
		is(t, m, page, waiters|uint32(want.Task))
	}
	// Nobody waits, but the last owner does not know that.
	if w := unlockPI(t, tab, m, page, 3); w != nil {
		t.Errorf("UnlockPI gave it to %v, want nobody", w)
	}
	is(t, m, page, 0)
	if len(tab.held) != 0 || len(tab.blocked) != 0 {
		t.Errorf("left: %v held, %v blocked", tab.held, tab.blocked)
	}
}

func TestLockPIErrors(t *testing.T) {
	tab, m := New(), new(memory)
	try := func(addr uint64, task int32, try bool, want linux.Errno) {
		t.Helper()
		_, e := tab.LockPI(m, addr, private(addr), &Waiter{Task: task}, alive, try)
		wants(t, "LockPI", e, want)
	}
	try(page+1, 7, false, linux.EINVAL)
	try(8, 7, false, linux.EFAULT)
	m.set(page, 7)
	try(page, 7, false, linux.EDEADLK)
	try(page, 8, true, linux.EAGAIN)
	is(t, m, page, waiters|7) // the mark stays
	m.set(page, 100)
	try(page, 7, false, linux.ESRCH)
	m.set(page, 50)
	try(page, 7, false, linux.EBUSY)
	// A word that names another owner than the one that is waited for.
	m.set(page, 1)
	lockPI(t, tab, m, page, 2)
	m.set(page, waiters|3)
	try(page, 7, false, linux.EINVAL)
	// A word that ordinary waiters use.
	wait(t, tab, m, page+4, all)
	try(page+4, 7, false, linux.EINVAL)
	m.readOnly = 2
	try(page+8, 7, false, linux.EFAULT)
}

func TestLockPIFindsCircles(t *testing.T) {
	tab, m := New(), new(memory)
	for i := range uint64(3) {
		m.set(page+4*i, uint32(i)+1)
	}
	// 1 waits for 2, which waits for 3, which would wait for 1.
	lockPI(t, tab, m, page+4, 1)
	w, _ := lockPI(t, tab, m, page+8, 2)
	_, e := tab.LockPI(m, page, private(page), &Waiter{Task: 3}, alive, false)
	wants(t, "LockPI", e, linux.EDEADLK)
	// When 2 gives up there is no circle.
	if !tab.Cancel(w) {
		t.Error("Cancel = false")
	}
	lockPI(t, tab, m, page, 3)
}

func TestUnlockPIErrors(t *testing.T) {
	tab, m := New(), new(memory)
	try := func(addr uint64, task int32, want linux.Errno) {
		t.Helper()
		_, e := tab.UnlockPI(m, addr, private(addr), task)
		wants(t, "UnlockPI", e, want)
	}
	try(8, 1, linux.EFAULT)
	m.set(page, 1)
	try(page, 2, linux.EPERM)
	try(page+1, 1, linux.EINVAL)
	lockPI(t, tab, m, page, 3)
	m.set(page, waiters|2) // the app says that it is another's
	try(page, 2, linux.EINVAL)
	m.set(page+4, 1)
	w := new(Waiter)
	wants(t, "Wait", tab.Wait(m, page+4, private(page+4), 1, all, w), 0)
	try(page+4, 1, linux.EINVAL)
}

func TestPIWaitersAreNotForOthers(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page, 1)
	w, _ := lockPI(t, tab, m, page, 2)
	_, e := tab.Wake(private(page), 1, all, nil)
	wants(t, "Wake", e, linux.EINVAL)
	_, _, e = tab.Requeue(m, page, private(page), private(page+4), 1, 1, false, 0, nil)
	wants(t, "Requeue", e, linux.EINVAL)
	if !w.Queued() {
		t.Error("the waiter was woken")
	}
}

func TestCancelPILeavesNothing(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page, 1)
	w, _ := lockPI(t, tab, m, page, 2)
	if !tab.Cancel(w) || tab.Waiting() != 0 || len(tab.held) != 0 || len(tab.blocked) != 0 {
		t.Errorf("left: %d waiting, %v held, %v blocked", tab.Waiting(), tab.held, tab.blocked)
	}
	unlockPI(t, tab, m, page, 1)
	is(t, m, page, 0)
}

func TestExitGivesOverWithTheMark(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page, 1)
	m.set(page+4, 1)
	a, _ := lockPI(t, tab, m, page, 2)
	b, _ := lockPI(t, tab, m, page, 3)
	c, _ := lockPI(t, tab, m, page+4, 4)
	woken := tab.Exit(1, nil)
	if len(woken) != 2 || a.Queued() || c.Queued() || !b.Queued() {
		t.Fatalf("Exit woke %d waiters, want the first of each lock", len(woken))
	}
	is(t, m, page, diedBit|waiters|2)
	is(t, m, page+4, diedBit|waiters|4)
	// The new owner unlocks as ever.
	if got := unlockPI(t, tab, m, page, 2); got != b {
		t.Errorf("UnlockPI gave it to %v, want %v", got, b)
	}
	is(t, m, page, waiters|3)
}

func TestExitWithABadWord(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page+4, 1)
	w, _ := lockPI(t, tab, m, page+4, 2)
	m.readOnly = 1
	if woken := tab.Exit(1, nil); len(woken) != 1 || w.Result() != linux.EFAULT {
		t.Errorf("Exit woke %d with %v, want 1 with EFAULT", len(woken), w.Result())
	}
}

// list is a robust list in memory: the head at page, entries of 32 bytes with
// the word 16 bytes behind the pointer.
func list(m *memory, pending uint64, entries ...uint64) {
	at := uint64(page)
	for _, e := range entries {
		m.set64(at, e)
		at = e &^ 1
	}
	m.set64(at, page)
	m.set64(page+8, 16)
	m.set64(page+16, pending)
}

func entry(i uint64) uint64 { return page + 64 + 32*i }

func walk(m *memory, head uint64) []uint64 {
	var woken []uint64
	WalkRobust(m, head, 7, func(addr uint64) { woken = append(woken, addr) })
	return woken
}

func TestWalkRobust(t *testing.T) {
	m := new(memory)
	list(m, 0, entry(0), entry(1), entry(2), entry(3)|1)
	m.set(entry(0)+16, 7|waiters)
	m.set(entry(1)+16, 7)
	m.set(entry(2)+16, 8|waiters) // another's
	m.set(entry(3)+16, 7|waiters) // a PI lock
	woken := walk(m, page)
	is(t, m, entry(0)+16, diedBit|waiters)
	is(t, m, entry(1)+16, diedBit)
	is(t, m, entry(2)+16, 8|waiters)
	is(t, m, entry(3)+16, diedBit|waiters)
	if len(woken) != 1 || woken[0] != entry(0)+16 {
		t.Errorf("woke %#x, want the first word alone", woken)
	}
}

func TestWalkRobustPending(t *testing.T) {
	for _, c := range []struct {
		name       string
		word       uint32
		pi         uint64
		want       uint32
		wakesOther bool
	}{
		{"held", 7, 0, diedBit, false},
		{"held with waiters", 7 | waiters, 0, diedBit | waiters, true},
		{"just unlocked", 0, 0, 0, true},
		{"unlocked with waiters", waiters, 0, waiters, true},
		{"another's without waiters", 8, 0, 8, true},
		{"another's with waiters", 8 | waiters, 0, 8 | waiters, false},
		{"just unlocked PI", 0, 1, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := new(memory)
			list(m, entry(5)|c.pi)
			m.set(entry(5)+16, c.word)
			woken := walk(m, page)
			is(t, m, entry(5)+16, c.want)
			if (len(woken) == 1) != c.wakesOther {
				t.Errorf("woke %#x, want one: %v", woken, c.wakesOther)
			}
		})
	}
}

func TestWalkRobustPendingOnceOnly(t *testing.T) {
	m := new(memory)
	list(m, entry(0), entry(0))
	m.set(entry(0)+16, 7|waiters)
	if woken := walk(m, page); len(woken) != 1 {
		t.Errorf("woke %#x, want the word once", woken)
	}
}

func TestWalkRobustBadLists(t *testing.T) {
	m := new(memory)
	if woken := walk(m, 0); woken != nil {
		t.Errorf("no list woke %#x", woken)
	}
	if woken := walk(m, 8); woken != nil {
		t.Errorf("a bad head woke %#x", woken)
	}
	// A circle ends after ROBUST_LIST_LIMIT entries.
	list(m, 0, entry(0))
	m.set64(entry(0), entry(0))
	m.set(entry(0)+16, 8)
	walk(m, page)
	// A bad pointer ends the walk, after the entry that holds it.
	list(m, entry(4), entry(0), entry(1))
	m.set64(entry(0), 0xdead0000)
	m.set(entry(0)+16, 7)
	m.set(entry(1)+16, 7)
	m.set(entry(4)+16, 7)
	walk(m, page)
	is(t, m, entry(0)+16, diedBit)
	is(t, m, entry(1)+16, 7)
	is(t, m, entry(4)+16, 7)
	// An odd address of a word too.
	list(m, 0, entry(0)+2, entry(1))
	walk(m, page)
	is(t, m, entry(1)+16, 7)
}
