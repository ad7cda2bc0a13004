// Package leader runs handlers as coroutines under one token: the handler that
// holds it runs, all others stand. A handler is plain synchronous Go; to wait
// it parks and passes the token on, without the Go scheduler (71 ns).
//
// The one rule: nothing in a handler blocks in Go. What must block runs in a
// goroutine of its own and comes back by Post.
//
// The token is carried by a root, a goroutine that resumes the coroutines. There
// may be several, so that an event finds one on the CPU where it happens; the
// others sleep meanwhile.
package leader

import (
	"iter"
	"sync"
	"sync/atomic"
)

// MaxRoots is how many roots there can be.
const MaxRoots = 8

// Source is where events come from. Poll, Take, Spin, Prepare and Awake are
// called with the token, by the root that carries it.
type Source interface {
	// Poll looks for an event for about a microsecond and reports whether there
	// is one.
	Poll() bool
	// Take handles inline the event that Poll, called just before, has found.
	Take()
	// Spin says whether an event is likely soon, now being monotonic ns.
	Spin(now int64) bool
	// Prepare announces that a root is going to sleep until there may be an
	// event, Wake was called or, unless it is 0, the deadline in monotonic ns
	// has passed. It reports false when there is something to do already, which
	// pending says of what the source does not know.
	Prepare(root int, deadline int64, pending func() bool) bool
	// Sleep sleeps as prepared. No token.
	Sleep(root int)
	// Await sleeps until Wake(root), unless ready says, after the source has
	// announced the sleep, that there is no need. No token.
	Await(root int, ready func() bool)
	// Awake ends what Prepare began.
	Awake(root int)
	// Wake ends a root's sleep. It may be called by any goroutine.
	Wake(root int)
}

// Leader is one token with its handlers.
type Leader struct {
	src Source

	next, cur *worker
	idle      []*worker
	ready     []*Waiter
	readyHead int
	asleep    bool // the running worker has found nothing to do
	timers    timerHeap
	looked    uint64 // ticks when the time was last compared with theirs

	stopped atomic.Bool
	held    atomic.Bool           // a root carries the token
	wants   [MaxRoots]atomic.Bool // roots that sleep until they can have it
	roots   atomic.Int32
	serving sync.WaitGroup // roots but the first

	rootMu  sync.Mutex // guards running; nothing else is held with it
	running [MaxRoots]bool

	mu    sync.Mutex // guards inbox
	inbox []func()
}

type worker struct {
	resume func() (struct{}, bool)
	yield  func(struct{}) bool
}

// Waiter is one wait of one handler. The zero value is ready to use.
type Waiter struct {
	w     *worker
	woken bool
}

// New makes a leader over a source.
func New(src Source) *Leader {
	return &Leader{src: src}
}

// Now is monotonic time in ns, as CLOCK_MONOTONIC has it.
func (l *Leader) Now() int64 { return Now() }

// Run runs the loop until Stop; first is the first handler.
func (l *Leader) Run(first func()) {
	l.roots.Store(1)
	l.Post(first)
	l.root(0)
	l.serving.Wait()
}

// Stop ends Run when the running handler yields. With the token only.
func (l *Leader) Stop() { l.stopped.Store(true) }

// SetRoots says how many roots there are, from 1 to MaxRoots. With the token
// only. A root that is not needed any more ends when it next wakes.
func (l *Leader) SetRoots(n int) {
	l.roots.Store(int32(n))
	l.rootMu.Lock()
	defer l.rootMu.Unlock()
	for i := 1; i < MaxRoots; i++ {
		switch {
		case i >= n:
			l.src.Wake(i)
		case !l.running[i]:
			l.running[i] = true
			l.serving.Add(1)
			go func() {
				defer l.serving.Done()
				l.root(i)
			}()
		}
	}
}

// Roots is how many roots there are.
func (l *Leader) Roots() int { return int(l.roots.Load()) }

// wanted says whether root i is to go on; one that is not has ended for SetRoots
// once this returns.
func (l *Leader) wanted(i int) bool {
	if l.stopped.Load() {
		return false
	}
	if i < int(l.roots.Load()) {
		return true
	}
	l.rootMu.Lock()
	defer l.rootMu.Unlock()
	l.running[i] = i < int(l.roots.Load())
	return l.running[i]
}

// root carries the token whenever it is awake and no other root does.
func (l *Leader) root(i int) {
	for l.wanted(i) {
		if !l.take(i) {
			continue
		}
		l.src.Awake(i)
		l.turn()
		mine := i < int(l.roots.Load())
		idle := mine && !l.stopped.Load() && l.src.Prepare(i, l.timers.next(), l.pending)
		l.release()
		if idle {
			l.src.Sleep(i)
		}
		if !mine {
			l.src.Wake(0) // it sleeps as it was told before SetRoots
		}
	}
	if l.stopped.Load() {
		for i := range MaxRoots {
			l.src.Wake(i)
		}
	}
}

// take gets the token, or sleeps until it may be free and reports false. Whoever
// carries it looks at wants after letting go of it.
func (l *Leader) take(i int) bool {
	if l.held.CompareAndSwap(false, true) {
		return true
	}
	l.wants[i].Store(true)
	if l.held.CompareAndSwap(false, true) {
		l.wants[i].Store(false)
		return true
	}
	l.src.Await(i, func() bool { return !l.wants[i].Load() || l.stopped.Load() })
	return false
}

func (l *Leader) release() {
	l.held.Store(false)
	for i := range l.wants[:l.roots.Load()] {
		if l.wants[i].Load() && l.wants[i].Swap(false) {
			l.src.Wake(i)
		}
	}
}

// turn runs handlers until there is nothing to do.
func (l *Leader) turn() {
	w := l.next
	if w == nil {
		w = l.newWorker()
	}
	for l.asleep = false; !l.stopped.Load() && !l.asleep; w = l.next {
		l.next = nil
		l.cur = w
		if _, ok := w.resume(); !ok {
			return
		}
	}
}

func (l *Leader) newWorker() *worker {
	w := &worker{}
	w.resume, _ = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		l.loop(w)
	})
	return w
}

// loop is what a handler's coroutine does between events.
func (l *Leader) loop(w *worker) {
	for !l.stopped.Load() {
		if l.readyHead < len(l.ready) {
			l.idle = append(l.idle, w)
			l.pass(l.popReady())
			continue
		}
		if l.drain() {
			continue
		}
		if l.src.Poll() {
			// A timer that came due before the event was made comes first,
			// however long this loop has stood still: an interrupt would have.
			if !l.late() {
				l.src.Take()
			}
			continue
		}
		now := Now()
		if l.expire(now) || l.src.Spin(now) {
			continue
		}
		l.asleep = true
		l.pass(w)
	}
	w.yield(struct{}{})
}

func (l *Leader) popReady() *worker {
	x := l.ready[l.readyHead]
	l.ready[l.readyHead] = nil
	l.readyHead++
	if l.readyHead == len(l.ready) {
		l.ready, l.readyHead = l.ready[:0], 0
	}
	w := x.w
	x.w = nil
	return w
}

// pass gives the token to another coroutine and comes back when it is given
// back.
func (l *Leader) pass(to *worker) {
	me := l.cur
	l.next = to
	me.yield(struct{}{})
	l.cur = me
}

// Park waits until Wake(x), which may have come before.
func (l *Leader) Park(x *Waiter) {
	if x.woken {
		x.woken = false
		return
	}
	x.w = l.cur
	switch {
	case l.readyHead < len(l.ready):
		l.pass(l.popReady())
	case len(l.idle) > 0:
		w := l.idle[len(l.idle)-1]
		l.idle = l.idle[:len(l.idle)-1]
		l.pass(w)
	default:
		l.pass(l.newWorker())
	}
	x.woken = false
}

// Wake makes a parked handler ready. With the token only; waking twice is
// waking once.
func (l *Leader) Wake(x *Waiter) {
	if x.woken {
		return
	}
	x.woken = true
	if x.w != nil {
		l.ready = append(l.ready, x)
	}
}

// Post runs f as a handler soon. It may be called by any goroutine.
func (l *Leader) Post(f func()) {
	l.mu.Lock()
	l.inbox = append(l.inbox, f)
	l.mu.Unlock()
	l.src.Wake(0)
}

func (l *Leader) pending() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.inbox) > 0
}

// drain runs one posted function. One, since it may park, and what it leaves
// must be seen by whoever holds the token then.
func (l *Leader) drain() bool {
	l.mu.Lock()
	if len(l.inbox) == 0 {
		l.mu.Unlock()
		return false
	}
	f := l.inbox[0]
	l.inbox[0] = nil
	l.inbox = l.inbox[1:]
	if len(l.inbox) == 0 {
		l.inbox = nil
	}
	l.mu.Unlock()
	f()
	return true
}

// Go runs f in a goroutine and parks until it has returned: for what blocks.
func (l *Leader) Go(f func()) {
	var x Waiter
	go func() {
		f()
		l.Post(func() { l.Wake(&x) })
	}()
	l.Park(&x)
}
