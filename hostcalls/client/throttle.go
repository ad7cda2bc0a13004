package client

import (
	"fmt"
	"sync"
	"time"
)

const (
	throttleBurst = 20
	throttleEvery = time.Second
)

// throttle keeps a host that lies all the time from filling the operator's log:
// the first lines come through, then one in a while, which says how many were
// left out.
type throttle struct {
	print func(string)

	mu      sync.Mutex // guards all below
	printed int
	left    int
	last    time.Time
}

func newThrottle(print func(string)) *throttle { return &throttle{print: print} }

func (t *throttle) report(err error) {
	msg, ok := t.line(err, time.Now())
	if ok {
		t.print(msg)
	}
}

func (t *throttle) line(err error, now time.Time) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.printed >= throttleBurst && now.Sub(t.last) < throttleEvery {
		t.left++
		return "", false
	}
	msg := err.Error()
	if t.left > 0 {
		msg = fmt.Sprintf("%s (and %d more since the last line)", msg, t.left)
	}
	t.printed++
	t.left, t.last = 0, now
	return msg, true
}
