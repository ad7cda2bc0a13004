package signal

import (
	"adyton.dev/adyton/subsystems/signal/internal/alarm"
)

// hrtimer is a timer on one of the two clocks, as kernel/time/hrtimer.c has it.
// It is queued by monotonic time; one of the real-time clock moves when that is
// set.
type hrtimer struct {
	alarm.Timer
	base base
	// expires is on the clock of base, in ns. It stays after the timer ran.
	expires int64
}

// start queues the timer for a time on its clock, or for a time from now. A
// length is not subject to the setting of CLOCK_REALTIME.
func (s *Signal) start(t *hrtimer, clock int32, value int64, absolute bool) {
	s.place(t, clock, value, absolute)
	s.queueTimer(t)
}

// place sets the time without queueing.
func (s *Signal) place(t *hrtimer, clock int32, value int64, absolute bool) {
	t.base = clockOf(clock).base
	if !absolute {
		if clock == 0 { // CLOCK_REALTIME, but not TAI: hrtimer_init
			t.base = baseMonotonic
		}
		value = addTime(s.now(t.base), value)
	}
	t.expires = value
}

// queueTimer queues the timer for its time.
func (s *Signal) queueTimer(t *hrtimer) {
	when := t.expires
	if t.base == baseRealtime {
		when = addTime(s.monotonic(), t.expires-s.now(baseRealtime))
	}
	s.alarms.Set(&t.Timer, max(when, 1))
}

func (s *Signal) stop(t *hrtimer) { s.alarms.Remove(&t.Timer) }

// left is the time until the timer expires; negative after it has.
func (s *Signal) left(t *hrtimer) int64 { return t.expires - s.now(t.base) }

// forward moves the timer on by intervals until it lies after now. It returns
// the number of intervals (hrtimer_forward).
func (t *hrtimer) forward(now, interval int64) int64 {
	late := now - t.expires
	if late < 0 {
		return 0
	}
	n := late / interval
	t.expires = addTime(t.expires+n*interval, interval)
	return n + 1
}

// realTimers lists the queued timers of the real-time clock.
func (s *Signal) realTimers() []*hrtimer {
	var list []*hrtimer
	s.alarms.All(func(a *alarm.Timer) {
		var t *hrtimer
		switch owner := a.Owner.(type) {
		case *posixTimer:
			t = &owner.hr
		case *timerfd:
			t = &owner.hr
		default:
			return
		}
		if t.base == baseRealtime {
			list = append(list, t)
		}
	})
	return list
}
