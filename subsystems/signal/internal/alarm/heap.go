// Package alarm orders what is to happen at times of one clock.
package alarm

// Timer is one such event. The zero value is not queued.
type Timer struct {
	// When is its time in ns; it changes by Set only.
	When int64
	// Owner is what the event is for; Heap does not look at it.
	Owner any
	// place is the index in the heap plus one, 0 outside.
	place int
}

// Queued reports whether the timer is in a heap.
func (t *Timer) Queued() bool { return t.place != 0 }

// Heap holds timers, the earliest first. The zero value is empty. It is not
// safe for concurrent use.
type Heap struct {
	timers []*Timer
}

// Next returns the earliest timer, or nil.
func (h *Heap) Next() *Timer {
	if len(h.timers) == 0 {
		return nil
	}
	return h.timers[0]
}

// Set queues t for the time when, or moves it there.
func (h *Heap) Set(t *Timer, when int64) {
	t.When = when
	if t.place == 0 {
		h.timers = append(h.timers, t)
		t.place = len(h.timers)
	}
	if !h.up(t.place - 1) {
		h.down(t.place - 1)
	}
}

// Remove takes t out, if it is queued.
func (h *Heap) Remove(t *Timer) {
	if t.place == 0 {
		return
	}
	i, last := t.place-1, len(h.timers)-1
	h.swap(i, last)
	h.timers[last] = nil
	h.timers = h.timers[:last]
	t.place = 0
	if i < last && !h.up(i) {
		h.down(i)
	}
}

// All calls f for each timer, in no order. f may not change the heap.
func (h *Heap) All(f func(*Timer)) {
	for _, t := range h.timers {
		f(t)
	}
}

func (h *Heap) swap(i, j int) {
	h.timers[i], h.timers[j] = h.timers[j], h.timers[i]
	h.timers[i].place, h.timers[j].place = i+1, j+1
}

// up moves the timer at i towards the top and reports whether it moved.
func (h *Heap) up(i int) bool {
	moved := false
	for i > 0 {
		parent := (i - 1) / 2
		if h.timers[parent].When <= h.timers[i].When {
			break
		}
		h.swap(i, parent)
		i, moved = parent, true
	}
	return moved
}

func (h *Heap) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(h.timers) {
			return
		}
		if right := least + 1; right < len(h.timers) && h.timers[right].When < h.timers[least].When {
			least = right
		}
		if h.timers[i].When <= h.timers[least].When {
			return
		}
		h.swap(i, least)
		i = least
	}
}
