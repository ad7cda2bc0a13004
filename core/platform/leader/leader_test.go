package leader

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sleepy is a source without events of its own: all work comes by Post.
type sleepy struct {
	mu   sync.Mutex
	cond [MaxRoots]*sync.Cond
	word [MaxRoots]bool // root sleeps or is about to
}

func newSleepy() *sleepy {
	s := &sleepy{}
	for i := range s.cond {
		s.cond[i] = sync.NewCond(&s.mu)
	}
	return s
}

func (s *sleepy) set(i int, v bool) { s.mu.Lock(); s.word[i] = v; s.mu.Unlock() }

func (s *sleepy) Poll() bool      { return false }
func (s *sleepy) Take()           {}
func (s *sleepy) Spin(int64) bool { return false }
func (s *sleepy) Awake(i int)     { s.set(i, false) }
func (s *sleepy) Prepare(i int, _ int64, pending func() bool) bool {
	s.set(i, true)
	return !pending()
}

func (s *sleepy) Sleep(i int) {
	s.mu.Lock()
	for s.word[i] {
		s.cond[i].Wait()
	}
	s.mu.Unlock()
}

func (s *sleepy) Await(i int, ready func() bool) {
	s.set(i, true)
	if !ready() {
		s.Sleep(i)
	}
}

func (s *sleepy) Wake(i int) {
	s.mu.Lock()
	s.word[i] = false
	s.cond[i].Signal()
	s.mu.Unlock()
}

// stalled is a source with one event, which it finds after it has stood still.
type stalled struct {
	*sleepy
	stall func() bool
	take  func()
}

func (s *stalled) Poll() bool { return s.stall() }
func (s *stalled) Take()      { s.take() }

// A timer that has come due runs before an event that was made later, though
// the leader has slept or stood still past both.
func TestTimersComeBeforeLaterEvents(t *testing.T) {
	const due = int64(2e6)
	for _, where := range []string{"Poll", "handler"} {
		s := &stalled{sleepy: newSleepy()}
		l := New(s)
		var order []string
		event := false
		pass := func(at int64) {
			for l.Now() < at {
			}
			event = true
		}
		at := l.Now() + due
		s.stall = func() bool {
			if where == "Poll" && !event {
				pass(at)
			}
			return event
		}
		s.take = func() { order = append(order, "event"); l.Stop() }
		timer := NewTimer(func() { order = append(order, "timer") })
		l.Run(func() {
			at = l.Now() + due
			l.Arm(timer, at)
			if where == "handler" {
				pass(at)
			}
		})
		if len(order) != 2 || order[0] != "timer" {
			t.Errorf("stalled in %s: %v, want the timer before the event", where, order)
		}
	}
}

// Handlers that wait for each other run under one token, whichever root carries
// it, while roots come and go and are woken at random.
func TestHammerRoots(t *testing.T) {
	s := newSleepy()
	l := New(s)
	const rounds = 20000
	var inside, done atomic.Int32
	enter := func() {
		if inside.Add(1) != 1 {
			t.Error("two handlers run at once")
		}
	}
	leave := func() { inside.Add(-1) }
	count := 0 // with the token
	var waiting []*Waiter

	stop := make(chan struct{})
	var others sync.WaitGroup
	for i := range 4 {
		others.Add(1)
		go func() {
			defer others.Done()
			for {
				select {
				case <-stop:
					return
				default:
					s.Wake(i)
				}
			}
		}()
	}
	time.AfterFunc(60*time.Second, func() { l.Post(l.Stop) })
	go func() {
		for i := range rounds {
			l.Post(func() {
				enter()
				if count++; count%500 == 0 {
					l.SetRoots(1 + count/500%4)
				}
				if i%2 == 0 {
					var x Waiter
					waiting = append(waiting, &x)
					leave()
					l.Park(&x)
					enter()
				} else if n := len(waiting); n > 0 {
					l.Wake(waiting[n-1])
					waiting = waiting[:n-1]
				}
				leave()
				if done.Add(1) == rounds {
					l.Stop()
				}
			})
		}
	}()
	l.Run(func() { l.SetRoots(4) })
	close(stop)
	others.Wait()
	if n := done.Load(); n != rounds {
		t.Errorf("%d of %d handlers ran to their end", n, rounds)
	}
}

// A handler that waits, and one that wakes it, allocate nothing.
func TestParkAndWakeAllocateNothing(t *testing.T) {
	l := New(newSleepy())
	var a, b Waiter
	n, end := -1.0, false
	l.Run(func() {
		l.Post(func() {
			for !end {
				l.Wake(&b)
				l.Park(&a)
			}
		})
		l.Park(&b)
		n = testing.AllocsPerRun(1000, func() {
			l.Wake(&a)
			l.Park(&b)
		})
		end = true
		l.Stop()
	})
	if n != 0 {
		t.Errorf("%v allocations a round, want 0", n)
	}
}
