package alarm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestHeapAgainstSorting queues, moves and removes at random, and compares the
// order in which timers come out with that of sorting.
func TestHeapAgainstSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h Heap
	timers := make([]*Timer, 200)
	for i := range timers {
		timers[i] = &Timer{Owner: i}
	}
	for range 20000 {
		tm := timers[rng.IntN(len(timers))]
		switch rng.IntN(3) {
		case 0, 1:
			h.Set(tm, rng.Int64N(1000))
		case 2:
			h.Remove(tm)
		}
	}

	var want, got []int64
	for _, tm := range timers {
		if tm.Queued() {
			want = append(want, tm.When)
		}
	}
	slices.Sort(want)
	for tm := h.Next(); tm != nil; tm = h.Next() {
		got = append(got, tm.When)
		h.Remove(tm)
		if tm.Queued() {
			t.Fatal("Remove left the timer queued")
		}
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("timers came out as %v, want %v", got, want)
	}
}
