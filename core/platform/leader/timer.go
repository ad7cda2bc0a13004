package leader

import (
	"container/heap"

	"golang.org/x/sys/unix"
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

func (l *Leader) expire(now int64) bool {
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

func nanotime() int64 {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}
