package signaltest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"TimerfdReadsTheNumberOfExpirations":  tfdRead,
		"TimerfdOneShot":                      tfdOnce,
		"TimerfdRestAndInterval":              tfdRest,
		"TimerfdDisarm":                       tfdDisarm,
		"TimerfdAbsolute":                     tfdAbsolute,
		"TimerfdGettimeMovesOn":               tfdGettime,
		"TimerfdCancelOnSet":                  tfdCancel,
		"TimerfdCancelOnSetIsSaidBySettime":   tfdCancelSet,
		"TimerfdCancelOnlyIfAbsoluteRealtime": tfdCancelNot,
		"TimerfdNoticesTheCoresClock":         tfdStep,
		"TimerfdErrors":                       tfdErrors,
		"TimerfdCloseStopsIt":                 tfdClose,
		"TimerfdEdges":                        tfdEdges,
	})
}

func (k *kit) timerfd(clock int32) uint64 {
	k.Helper()
	var rep signalapi.OpenTimerfdReply
	k.must("OpenTimerfd", k.s.OpenTimerfd(&signalapi.OpenTimerfdRequest{Clock: clock}, &rep))
	if rep.Handle == 0 {
		k.Fatal("OpenTimerfd gave handle 0")
	}
	return rep.Handle
}

func (k *kit) setfd(h uint64, flags uint32, value, interval int64) (*signalapi.SetTimerfdReply, linux.Errno) {
	rep := new(signalapi.SetTimerfdReply)
	return rep, k.s.SetTimerfd(&signalapi.SetTimerfdRequest{Handle: h, Set: true, Flags: flags, ValueNs: value, IntervalNs: interval}, rep)
}

func (k *kit) getfd(h uint64) *signalapi.SetTimerfdReply {
	k.Helper()
	rep := new(signalapi.SetTimerfdReply)
	k.must("SetTimerfd", k.s.SetTimerfd(&signalapi.SetTimerfdRequest{Handle: h}, rep))
	return rep
}

// ticks reads a timerfd: the number, or 0 when it would wait.
func (k *kit) ticks(h uint64) uint64 {
	k.Helper()
	b, e := k.read(h, 0, 8)
	if e == linux.EWAIT {
		return 0
	}
	k.must("read", e)
	return word(b, 0)
}

func tfdRead(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	rep, e := k.setfd(h, 0, 10*ms, 4*ms)
	k.must("settime", e)
	equal(k, "deadline", rep.DeadlineNs, k.in(10*ms))
	equal(k, "ticks", k.ticks(h), 0)
	x := k.after(10 * ms)
	if len(x.Ready) != 1 || x.Ready[0].Handle != h || x.Ready[0].Level != linux.POLLIN {
		k.Fatalf("ready = %+v, want handle %d readable", x.Ready, h)
	}
	// Nobody looks: it does not run on.
	equal(k, "deadline", x.DeadlineNs, 0)
	equal(k, "level", k.poll(h, 0).Level, linux.POLLIN)
	k.clock.Advance(9 * ms)
	var r signalapi.ReadReply
	k.must("read", k.s.Read(&signalapi.ReadRequest{Handle: h, Count: 100}, &r))
	equal(k, "ticks", word(r.Data, 0), 3)
	equal(k, "bytes", len(r.Data), 8)
	equal(k, "deadline", r.DeadlineNs, k.in(3*ms))
	equal(k, "level", k.poll(h, 0).Level, 0)
	equal(k, "ticks", k.ticks(h), 0)
	k.after(3 * ms)
	equal(k, "ticks", k.ticks(h), 1)
}

func tfdOnce(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	k.setfd(h, 0, ms, 0)
	k.after(100 * ms)
	equal(k, "ticks", k.ticks(h), 1)
	equal(k, "ticks", k.ticks(h), 0)
	equal(k, "value", k.getfd(h).ValueNs, 0)
}

func tfdRest(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	equal(k, "value of a new one", k.getfd(h).ValueNs, 0)
	k.setfd(h, 0, 10*ms, 4*ms)
	k.clock.Advance(3 * ms)
	got := k.getfd(h)
	equal(k, "value", got.ValueNs, 7*ms)
	equal(k, "interval", got.IntervalNs, 4*ms)
	old, e := k.setfd(h, 0, 50*ms, 0)
	k.must("settime", e)
	equal(k, "old value", old.ValueNs, 7*ms)
	equal(k, "old interval", old.IntervalNs, 4*ms)
	equal(k, "value", k.getfd(h).ValueNs, 50*ms)
}

func tfdDisarm(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	k.setfd(h, 0, ms, ms)
	k.after(ms)
	equal(k, "level", k.poll(h, 0).Level, linux.POLLIN)
	rep, e := k.setfd(h, 0, 0, 0)
	k.must("settime", e)
	equal(k, "deadline", rep.DeadlineNs, 0)
	equal(k, "level", k.poll(h, 0).Level, 0)
	equal(k, "ticks", k.ticks(h), 0)
}

func tfdAbsolute(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	k.setfd(h, linux.TFD_TIMER_ABSTIME, k.in(5*ms), 0)
	k.after(4 * ms)
	equal(k, "ticks", k.ticks(h), 0)
	k.after(ms)
	equal(k, "ticks", k.ticks(h), 1)
	// A time that has passed counts the periods since then.
	k.setfd(h, linux.TFD_TIMER_ABSTIME, k.in(-10*ms), 4*ms)
	k.expire()
	equal(k, "ticks", k.ticks(h), 3)
}

func tfdGettime(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	k.setfd(h, 0, 10*ms, 4*ms)
	k.after(10 * ms)
	k.clock.Advance(5 * ms)
	got := k.getfd(h)
	equal(k, "value", got.ValueNs, 3*ms)
	equal(k, "deadline", got.DeadlineNs, k.in(3*ms))
	equal(k, "ticks", k.ticks(h), 2)
}

const cancelFlags = linux.TFD_TIMER_ABSTIME | linux.TFD_TIMER_CANCEL_ON_SET

func tfdCancel(k *kit) {
	h := k.timerfd(linux.CLOCK_REALTIME)
	real := k.read64(linux.CLOCK_REALTIME)
	_, e := k.setfd(h, cancelFlags, real+1000*ms, 0)
	k.must("settime", e)
	rep := k.setClock(real + 10*ms)
	if len(rep.Ready) != 1 || rep.Ready[0].Handle != h {
		k.Fatalf("ready = %+v, want handle %d", rep.Ready, h)
	}
	equal(k, "level", k.poll(h, 0).Level, linux.POLLIN)
	_, e = k.read(h, 0, 8)
	equal(k, "read", e, linux.ECANCELED)
	equal(k, "ticks afterwards", k.ticks(h), 0)
	// It is armed all the same.
	k.after(990 * ms)
	equal(k, "ticks", k.ticks(h), 1)
}

func tfdCancelSet(k *kit) {
	h := k.timerfd(linux.CLOCK_REALTIME)
	real := k.read64(linux.CLOCK_REALTIME)
	k.setfd(h, cancelFlags, real+1000*ms, 0)
	k.setClock(real + 5000*ms)
	_, e := k.setfd(h, cancelFlags, real+9000*ms, 0)
	equal(k, "settime", e, linux.ECANCELED)
	_, e = k.setfd(h, cancelFlags, real+9000*ms, 0)
	equal(k, "settime again", e, 0)
	equal(k, "value", k.getfd(h).ValueNs, 4000*ms)
}

func tfdCancelNot(k *kit) {
	real := k.read64(linux.CLOCK_REALTIME)
	a := k.timerfd(linux.CLOCK_REALTIME)
	k.setfd(a, linux.TFD_TIMER_CANCEL_ON_SET, 1000*ms, 0)
	b := k.timerfd(linux.CLOCK_MONOTONIC)
	k.setfd(b, cancelFlags, k.in(1000*ms), 0)
	c := k.timerfd(linux.CLOCK_REALTIME)
	k.setfd(c, cancelFlags, real+9000*ms, 0)
	k.setfd(c, linux.TFD_TIMER_ABSTIME, real+9000*ms, 0)
	equal(k, "ready", len(k.setClock(real+1000*ms).Ready), 0)
	for _, h := range []uint64{a, b, c} {
		equal(k, "level", k.poll(h, 0).Level, 0)
	}
}

func tfdStep(k *kit) {
	real := k.read64(linux.CLOCK_REALTIME)
	h := k.timerfd(linux.CLOCK_REALTIME)
	k.setfd(h, cancelFlags, real+9000*ms, 0)
	k.clock.Step(2000 * ms)
	equal(k, "ready", len(k.expire().Ready), 1)
	equal(k, "value", k.getfd(h).ValueNs, 7000*ms)
	// Reading two clocks at two times is no jump.
	k.ticksCancelled(h)
	k.clock.Step(5 * ms)
	equal(k, "ready", len(k.expire().Ready), 0)
}

func (k *kit) ticksCancelled(h uint64) {
	k.Helper()
	_, e := k.read(h, 0, 8)
	equal(k, "read", e, linux.ECANCELED)
}

func tfdErrors(k *kit) {
	for _, c := range []struct {
		req  signalapi.OpenTimerfdRequest
		want linux.Errno
	}{{signalapi.OpenTimerfdRequest{Clock: linux.CLOCK_TAI}, linux.EINVAL},
		{signalapi.OpenTimerfdRequest{Clock: linux.CLOCK_PROCESS_CPUTIME_ID}, linux.EINVAL},
		{signalapi.OpenTimerfdRequest{Clock: -2}, linux.EINVAL},
		{signalapi.OpenTimerfdRequest{Clock: linux.CLOCK_BOOTTIME_ALARM}, linux.EPERM},
		{signalapi.OpenTimerfdRequest{Clock: linux.CLOCK_BOOTTIME_ALARM, Privileged: true}, 0}} {
		equal(k, "OpenTimerfd", k.s.OpenTimerfd(&c.req, new(signalapi.OpenTimerfdReply)), c.want)
	}
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	_, e := k.setfd(h, 4, 0, 0)
	equal(k, "settime with bad flags", e, linux.EINVAL)
	_, e = k.setfd(h, 0, -1, 0)
	equal(k, "settime with a negative time", e, linux.EINVAL)
	_, e = k.read(h, 0, 7)
	equal(k, "read of 7 bytes", e, linux.EINVAL)
}

func tfdClose(k *kit) {
	h := k.timerfd(linux.CLOCK_REALTIME)
	k.setfd(h, cancelFlags, k.read64(linux.CLOCK_REALTIME)+ms, 0)
	k.must("Close", k.s.Close(&signalapi.CloseRequest{Handle: h}, new(signalapi.CloseReply)))
	rep := k.after(10 * ms)
	equal(k, "ready", len(rep.Ready), 0)
	equal(k, "deadline", rep.DeadlineNs, 0)
	equal(k, "ready of a jump", len(k.setClock(k.clock.Realtime()+1000*ms).Ready), 0)
}

func tfdEdges(k *kit) {
	h := k.timerfd(linux.CLOCK_MONOTONIC)
	g0 := k.poll(h, 0).Generation
	k.setfd(h, 0, ms, ms)
	g1 := k.after(ms).Ready[0].Generation
	equal(k, "generation", k.poll(h, 0).Generation, g1)
	k.ticks(h)
	g2 := k.after(ms).Ready[0].Generation
	if !(g0 < g1 && g1 < g2) {
		k.Errorf("generations %d, %d, %d, want them to grow", g0, g1, g2)
	}
}
