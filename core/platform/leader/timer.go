package leader

import (
	"container/heap"
	_ "unsafe" // for go:linkname
)

// Timer calls a function with the token once its time has come.
type Timer struct {
	at    int64
	f     func()
	index int // in the heap, plus 1; 0 is not armed
}

// NewTimer makes a timer that is not armed.
func NewTimer(f func()) *Timer { return &Timer{f: f} }

// Arm sets the time in monotonic ns, also of a timer that is armed.
func (l *Leader) Arm(t *Timer, at int64) {
	if t.index != 0 {
		t.at = at
		heap.Fix(&l.timers, t.index-1)
		return
	}
	t.at = at
	heap.Push(&l.timers, t)
}

// Disarm takes a timer back. It may not be armed.
func (l *Leader) Disarm(t *Timer) {
	if t.index != 0 {
		heap.Remove(&l.timers, t.index-1)
	}
}

// tickless is how many ticks of the processor pass before the time is asked for
// again: about a microsecond. It costs several times what the ticks cost.
const tickless = 2000

// late runs what has come due, if that may be anything, and reports whether it was.
func (l *Leader) late() bool {
	if len(l.timers) == 0 || ticks()-l.looked < tickless {
		return false
	}
	return l.expire(Now())
}

func (l *Leader) expire(now int64) bool {
	l.looked = ticks()
	did := false
	for len(l.timers) > 0 && l.timers[0].at <= now {
		t := heap.Pop(&l.timers).(*Timer)
		t.f()
		did = true
	}
	return did
}

type timerHeap []*Timer

func (h timerHeap) next() int64 {
	if len(h) == 0 {
		return 0
	}
	return max(h[0].at, 1)
}

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	*h = append(*h, t)
	t.index = len(*h)
}
func (h *timerHeap) Pop() any {
	n := len(*h) - 1
	t := (*h)[n]
	(*h)[n] = nil
	*h = (*h)[:n]
	t.index = 0
	return t
}

// Now is the time of CLOCK_MONOTONIC in ns. The runtime reads it from the vDSO;
// package unix makes a system call of it, of a microsecond where hosts are dear.
//
//go:linkname Now runtime.nanotime
func Now() int64
