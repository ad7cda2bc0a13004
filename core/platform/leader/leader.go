// Package leader runs handlers as coroutines under one token: the handler that
// holds it runs, all others stand. A handler is plain synchronous Go; to wait
// it parks and passes the token on, without the Go scheduler (71 ns).
//
// The one rule: nothing in a handler blocks in Go. What must block runs in a
// goroutine of its own and comes back by Post.
package leader

import (
	"iter"
	"sync"
)

// Source is where events come from.
type Source interface {
	// Poll looks for an event for about a microsecond and handles it inline.
	// It reports whether there was one.
	Poll() bool
	// Spin says whether an event is likely soon, now being monotonic ns.
	Spin(now int64) bool
	// Sleep waits until there may be an event, Wake was called or, unless
	// it is 0, the deadline in monotonic ns has passed. pending says, after
	// the source has announced that it sleeps, whether to sleep at all.
	Sleep(deadline int64, pending func() bool)
	// Wake ends a Sleep. It may be called by any goroutine.
	Wake()
}

// Leader is one token with its handlers.
type Leader struct {
	src Source

	next, cur *worker
	idle      []*worker
	ready     []*Waiter
	readyHead int
	stopped   bool

	timers timerHeap

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
func (l *Leader) Now() int64 { return nanotime() }

// Run runs the loop until Stop; first is the first handler.
func (l *Leader) Run(first func()) {
	l.Post(first)
	w := l.newWorker()
	for !l.stopped {
		l.next = nil
		l.cur = w
		if _, ok := w.resume(); !ok {
			break
		}
		w = l.next
	}
}

// Stop ends Run when the running handler yields. With the token only.
func (l *Leader) Stop() { l.stopped = true }

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
	n := 0
	for !l.stopped {
		if l.readyHead < len(l.ready) {
			l.idle = append(l.idle, w)
			l.pass(l.popReady())
			continue
		}
		if l.drain() {
			continue
		}
		if l.src.Poll() {
			if n++; n&63 == 0 {
				l.expire(nanotime())
			}
			continue
		}
		now := nanotime()
		if l.expire(now) || l.src.Spin(now) {
			continue
		}
		l.src.Sleep(l.timers.next(), l.pending)
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
	l.src.Wake()
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
