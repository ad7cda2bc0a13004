package futex

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"adyton.dev/adyton/core/linux"
)

// sleeper is a goroutine that waits as a thread would: told is its Owner.
type sleeper struct {
	Waiter
	told chan struct{}
}

func newSleeper(task int32) *sleeper {
	s := &sleeper{told: make(chan struct{}, 1)}
	s.Owner, s.Task = s, task
	return s
}

func tell(woken []*Waiter) {
	for _, w := range woken {
		w.Owner.(*sleeper).told <- struct{}{}
	}
}

// wait sleeps until told. When patience is not 0 it gives up after that many
// yields, unless it was woken then; it reports whether it was.
func (s *sleeper) wait(tab *Table, patience int) bool {
	if patience == 0 {
		<-s.told
		return true
	}
	for range patience {
		select {
		case <-s.told:
			return true
		default:
			runtime.Gosched()
		}
	}
	if tab.Cancel(&s.Waiter) {
		return false
	}
	<-s.told
	return true
}

// deadline fails a test that hangs.
func deadline(t *testing.T, wg *sync.WaitGroup) {
	t.Helper()
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("threads hang")
	}
}

const hammerThreads, hammerRounds = 8, 3000

// TestHammerMutex is a lock of the usual kind: 0 free, 1 held, 2 held and
// waited for. Lost wakes hang it; a double owner breaks the count.
func TestHammerMutex(t *testing.T) {
	tab, m := New(), new(memory)
	word := m.word(page)
	var inside int
	var wg sync.WaitGroup
	for id := range int32(hammerThreads) {
		wg.Go(func() {
			s := newSleeper(id)
			for i := range hammerRounds {
				if !word.CompareAndSwap(0, 1) {
					for word.Swap(2) != 0 {
						if tab.Wait(m, page, private(page), 2, all, &s.Waiter) == 0 {
							s.wait(tab, i%3*5)
						}
					}
				}
				inside++
				if word.Swap(0) == 2 {
					woken, _ := tab.Wake(private(page), 1, all, nil)
					tell(woken)
				}
			}
		})
	}
	deadline(t, &wg)
	if inside != hammerThreads*hammerRounds || tab.Waiting() != 0 {
		t.Errorf("%d turns and %d waiters left, want %d and 0", inside, tab.Waiting(), hammerThreads*hammerRounds)
	}
}

// TestHammerRequeue has waiters on several words that others requeue, wake and
// cancel at random. All must come back in the end.
func TestHammerRequeue(t *testing.T) {
	tab, m := New(), new(memory)
	addr := func(i int) uint64 { return page + 64*uint64(i%5) }
	var left atomic.Int32
	left.Store(hammerThreads)
	var wg sync.WaitGroup
	for id := range int32(hammerThreads) {
		wg.Go(func() {
			defer left.Add(-1)
			s := newSleeper(id)
			for i := range hammerRounds {
				a := addr(i + int(id))
				wants(t, "Wait", tab.Wait(m, a, private(a), 0, 1<<(i%3), &s.Waiter), 0)
				s.wait(tab, i%2*4)
			}
		})
	}
	for id := range 2 {
		wg.Go(func() {
			for i := id; left.Load() > 0; i++ {
				a, b := addr(i), addr(i*7+3)
				woken, _, e := tab.Requeue(m, a, private(a), private(b), int32(i%2), 3, i%4 == 0, 0, nil)
				wants(t, "Requeue", e, 0)
				tell(woken)
				woken, e = tab.WakeOp(m, private(a), a, page+2048, private(b), 1, 1, uint32(linux.FUTEX_OP_ADD)<<28|1<<12, nil)
				wants(t, "WakeOp", e, 0)
				tell(woken)
				woken, _ = tab.Wake(private(b), 2, 7, nil)
				tell(woken)
				runtime.Gosched()
			}
		})
	}
	deadline(t, &wg)
	if tab.Waiting() != 0 {
		t.Errorf("%d waiters left, want none", tab.Waiting())
	}
}

// TestHammerPI has threads take two PI locks, give up, and die with them.
func TestHammerPI(t *testing.T) {
	tab, m := New(), new(memory)
	var inside [2]int
	var deaths, handed atomic.Int32
	var wg sync.WaitGroup
	states := sync.Map{}
	alive := func(task int32) State {
		if v, ok := states.Load(task); ok {
			return v.(State)
		}
		return Gone
	}
	lock := func(s *sleeper, addr uint64, patience int) bool {
		if m.word(addr).CompareAndSwap(0, uint32(s.Task)) {
			return true
		}
		for {
			locked, e := tab.LockPI(m, addr, private(addr), &s.Waiter, alive, false)
			switch {
			case e == linux.EBUSY:
				runtime.Gosched()
				continue
			case e != 0:
				t.Errorf("LockPI by %d of %#x = %v", s.Task, m.word(addr).Load(), e)
				return false
			case locked:
				return true
			}
			return s.wait(tab, patience)
		}
	}
	unlock := func(s *sleeper, addr uint64) {
		if m.word(addr).CompareAndSwap(uint32(s.Task), 0) {
			return
		}
		w, e := tab.UnlockPI(m, addr, private(addr), s.Task)
		wants(t, "UnlockPI", e, 0)
		if w != nil {
			handed.Add(1)
			tell([]*Waiter{w})
		}
	}
	// A thread that dies leaves what its robust list says.
	die := func(s *sleeper, addr uint64) {
		states.Store(s.Task, Exiting)
		died(m, addr, s.Task, true, false, func(uint64) {})
		tell(tab.Exit(s.Task, nil))
		states.Store(s.Task, Gone)
		deaths.Add(1)
	}
	for id := range int32(hammerThreads) {
		wg.Go(func() {
			task := id + 1
			states.Store(task, Alive)
			s := newSleeper(task)
			for i := range hammerRounds {
				which := (i + int(id)) % 2
				addr := page + 64*uint64(which)
				if !lock(s, addr, i%4*3) {
					continue
				}
				inside[which]++ // races if two hold it
				if i%50 == 49 {
					die(s, addr)
					task += 100
					states.Store(task, Alive)
					s = newSleeper(task)
					continue
				}
				// Locked after a death: the mark is the app's to take away.
				for {
					v := m.word(addr).Load()
					if v&diedBit == 0 || m.word(addr).CompareAndSwap(v, v&^diedBit) {
						break
					}
				}
				unlock(s, addr)
			}
		})
	}
	deadline(t, &wg)
	if inside[0] == 0 || inside[1] == 0 || deaths.Load() == 0 || tab.Waiting() != 0 || len(tab.held) != 0 || len(tab.blocked) != 0 {
		t.Errorf("turns %v, deaths %d; left: %d waiting, %v held, %v blocked", inside, deaths.Load(), tab.Waiting(), tab.held, tab.blocked)
	}
	t.Logf("turns %v, deaths %d, handed over %d", inside, deaths.Load(), handed.Load())
}
