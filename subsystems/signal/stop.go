package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// startStop begins a stop of the group in thread t: all are to stop, and t does
// (do_signal_stop). It reports whether all have.
func (g *group) startStop(t *thread, signo int32, o out) bool {
	if !g.stopped {
		g.stopSignal = signo
	}
	g.stopCount = 0
	for _, other := range g.threads {
		if other.stopped {
			continue
		}
		other.stopPending, other.counted = true, true
		g.stopCount++
		if other != t {
			o.wake(other, signo)
		}
	}
	t.stopped = true
	return g.participate(t)
}

// participate counts a thread that stops, or that ends and so need not. It
// reports whether the group's stop is now complete.
func (g *group) participate(t *thread) bool {
	counted := t.counted
	t.stopPending, t.counted = false, false
	if !counted {
		return false
	}
	if g.stopCount--; g.stopCount == 0 && !g.stopped {
		g.stopped = true
		return true
	}
	return false
}

// resume lets a group that stopped or is stopping go on: SIGCONT.
func (s *Signal) resume(g *group, o out) {
	for _, t := range g.threads {
		t.stopPending, t.counted, t.stopped = false, false, false
	}
	switch {
	case g.stopped:
		o.group(signalapi.EffectKindContinue, g, linux.SIGCONT)
	case g.stopCount > 0:
		o.group(signalapi.EffectKindContinue, g, g.stopSignal)
	}
	g.stopped, g.stopCount = false, 0
}
