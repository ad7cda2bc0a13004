package signaltest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"TimerSendsItsSignal":              timerSends,
		"TimerDefaultEventIsSIGALRM":       timerDefault,
		"TimerCountsOverruns":              timerOverrun,
		"TimerShowsTheRest":                timerRest,
		"TimerNoneNeverSends":              timerNone,
		"TimerToOneThread":                 timerThread,
		"TimerToAnEndedThreadIsSilent":     timerThreadEnds,
		"TimerAbsoluteFollowsTheClock":     timerAbsolute,
		"TimerRelativeIgnoresTheClock":     timerRelative,
		"TimerAbsolutePastExpiresAtOnce":   timerPast,
		"TimerCreateErrors":                timerErrors,
		"TimerCreateCountsAgainstTheLimit": timerLimit,
		"TimerNumbersAreNotReused":         timerNumbers,
		"TimerUnknownIsEINVAL":             timerUnknown,
		"TimerDeletedVoidsItsSignal":       timerDelete,
		"TimerSetVoidsItsSignal":           timerSetVoids,
		"TimerIgnoredSignalComesLater":     timerIgnored,
		"TimerIgnoredOneShotIsLost":        timerIgnoredOnce,
		"TimerDropsOnIgnoreAndComesBack":   timerFlushed,
		"TimerOnProcessCPUTime":            timerCPU,
		"TimerOnThreadCPUTime":             timerThreadCPU,
		"TimerOnAnotherThreadsCPUTime":     timerOtherCPU,
		"TimerCPUWithoutSamplesAsksAgain":  timerCPUAsks,
		"TimersExpireInOrder":              timersOrder,
	})
}

func (k *kit) create(req *signalapi.TimerCreateRequest) (int32, linux.Errno) {
	if req.Group == 0 {
		req.Group, req.Thread = 10, 10
	}
	req.Limit = limit
	var rep signalapi.TimerCreateReply
	e := k.s.TimerCreate(req, &rep)
	return rep.Id, e
}

func (k *kit) timer(clock, signo int32) int32 {
	k.Helper()
	id, e := k.create(&signalapi.TimerCreateRequest{Clock: clock, Signo: signo, Value: 77})
	k.must("TimerCreate", e)
	return id
}

func (k *kit) set(req *signalapi.TimerSetRequest) *signalapi.TimerSetReply {
	k.Helper()
	req.Group = 10
	rep := new(signalapi.TimerSetReply)
	k.must("TimerSet", k.s.TimerSet(req, rep))
	return rep
}

func (k *kit) arm(id int32, value, interval int64) *signalapi.TimerSetReply {
	k.Helper()
	return k.set(&signalapi.TimerSetRequest{Id: id, Set: true, ValueNs: value, IntervalNs: interval})
}

func (k *kit) get(id int32) *signalapi.TimerSetReply {
	k.Helper()
	return k.set(&signalapi.TimerSetRequest{Id: id})
}

func timerSends(k *kit) {
	k.group(10)
	k.action(10, 40, handlerA, 0, 0)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	equal(k, "deadline", k.arm(id, 5*ms, 0).DeadlineNs, k.in(5*ms))
	k.noEffects(k.after(4 * ms).Effects)
	k.woken(k.after(ms).Effects, 10)
	d := k.delivers(10, signalapi.DispositionHandler, 40)
	equal(k, "siginfo", d.Info, signalapi.Info{Signo: 40, Code: linux.SI_TIMER, TimerId: id, Value: 77})
	equal(k, "rest", k.get(id).ValueNs, 0)
}

func timerDefault(k *kit) {
	k.group(10)
	k.block(10, linux.SIGALRM)
	k.timer(linux.CLOCK_MONOTONIC, 40)
	id, e := k.create(&signalapi.TimerCreateRequest{Clock: linux.CLOCK_MONOTONIC, DefaultEvent: true, Notify: 99})
	k.must("TimerCreate", e)
	k.arm(id, 1, 0)
	k.after(1)
	if got := k.taken(10, set(linux.SIGALRM)); len(got) != 1 || got[0][1] != uint64(id) {
		k.Errorf("taken = %v, want SIGALRM with value %d", got, id)
	}
}

func timerOverrun(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	k.arm(id, 10*ms, 10*ms)
	k.after(10 * ms)
	// Seven more periods pass before the signal is taken.
	k.clock.Advance(75 * ms)
	rep, e := k.take(10, set(40), false)
	k.must("Take", e)
	equal(k, "overrun in siginfo", rep.Info.Overrun, 7)
	equal(k, "deadline", rep.DeadlineNs, k.in(5*ms))
	equal(k, "overrun", k.get(id).Overrun, 7)
	k.after(5 * ms)
	rep, e = k.take(10, set(40), false)
	k.must("Take", e)
	equal(k, "overrun in siginfo", rep.Info.Overrun, 0)
}

func timerRest(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	equal(k, "rest of a new one", k.get(id).ValueNs, 0)
	k.arm(id, 10*ms, 4*ms)
	k.clock.Advance(3 * ms)
	got := k.get(id)
	equal(k, "value", got.ValueNs, 7*ms)
	equal(k, "interval", got.IntervalNs, 4*ms)
	// Late but not run: 1 ns. Run and not taken: as if it were taken now.
	k.clock.Advance(8 * ms)
	equal(k, "value", k.get(id).ValueNs, 1)
	k.expire()
	equal(k, "value", k.get(id).ValueNs, 3*ms)
	old := k.arm(id, 0, 9*ms)
	equal(k, "old value", old.ValueNs, 3*ms)
	got = k.get(id)
	equal(k, "value", got.ValueNs, 0)
	equal(k, "interval", got.IntervalNs, 0)
}

func timerNone(k *kit) {
	k.group(10)
	id, e := k.create(&signalapi.TimerCreateRequest{Clock: linux.CLOCK_MONOTONIC, Notify: linux.SIGEV_NONE})
	k.must("TimerCreate", e)
	equal(k, "deadline", k.arm(id, 10*ms, 0).DeadlineNs, 0)
	k.clock.Advance(4 * ms)
	equal(k, "value", k.get(id).ValueNs, 6*ms)
	k.noEffects(k.after(20 * ms).Effects)
	equal(k, "value", k.get(id).ValueNs, 0)
	k.arm(id, 10*ms, 10*ms)
	k.clock.Advance(25 * ms)
	equal(k, "value of a periodic one", k.get(id).ValueNs, 5*ms)
}

func timerThread(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.action(10, 40, handlerA, 0, 0)
	id, e := k.create(&signalapi.TimerCreateRequest{Clock: linux.CLOCK_MONOTONIC, Notify: linux.SIGEV_THREAD_ID,
		NotifyThread: 11, Signo: 40})
	k.must("TimerCreate", e)
	k.arm(id, ms, 0)
	k.woken(k.after(ms).Effects, 11)
	k.nothing(10)
	k.delivers(11, signalapi.DispositionHandler, 40)
}

func timerThreadEnds(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	id, e := k.create(&signalapi.TimerCreateRequest{Clock: linux.CLOCK_MONOTONIC, Notify: linux.SIGEV_THREAD_ID,
		NotifyThread: 11, Signo: 40})
	k.must("TimerCreate", e)
	k.arm(id, ms, 0)
	k.end(10, 11)
	k.noEffects(k.after(ms).Effects)
}

func timerAbsolute(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_REALTIME, 40)
	at := k.read64(linux.CLOCK_REALTIME) + 100*ms
	rep := k.set(&signalapi.TimerSetRequest{Id: id, Set: true, Absolute: true, ValueNs: at})
	equal(k, "deadline", rep.DeadlineNs, k.in(100*ms))
	equal(k, "deadline", k.setClock(at-30*ms).DeadlineNs, k.in(30*ms))
	equal(k, "value", k.get(id).ValueNs, 30*ms)
	equal(k, "deadline", k.setClock(at-500*ms).DeadlineNs, k.in(500*ms))
	k.after(499 * ms)
	equal(k, "pending", k.pending(10), 0)
	k.after(ms)
	equal(k, "pending", k.pending(10), set(40))
}

func timerRelative(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_REALTIME, 40)
	k.arm(id, 100*ms, 0)
	equal(k, "deadline", k.setClock(k.read64(linux.CLOCK_REALTIME)+5000*ms).DeadlineNs, k.in(100*ms))
	equal(k, "value", k.get(id).ValueNs, 100*ms)
	k.after(99 * ms)
	equal(k, "pending", k.pending(10), 0)
	k.after(ms)
	equal(k, "pending", k.pending(10), set(40))
}

func timerPast(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	rep := k.set(&signalapi.TimerSetRequest{Id: id, Set: true, Absolute: true, ValueNs: 1, IntervalNs: 1000 * ms})
	if rep.DeadlineNs == 0 || rep.DeadlineNs > k.clock.Monotonic() {
		k.Errorf("deadline = %d, want one that has passed", rep.DeadlineNs)
	}
	k.expire()
	took, e := k.take(10, set(40), false)
	k.must("Take", e)
	equal(k, "overrun", took.Info.Overrun, int32(start/(1000*ms))-1)
}

func timerErrors(k *kit) {
	k.group(10)
	k.group(20)
	for _, c := range []struct {
		req  signalapi.TimerCreateRequest
		want linux.Errno
	}{
		{signalapi.TimerCreateRequest{Clock: linux.CLOCK_MONOTONIC_RAW, Signo: 40}, linux.EOPNOTSUPP},
		{signalapi.TimerCreateRequest{Clock: linux.CLOCK_REALTIME_COARSE, Signo: 40}, linux.EOPNOTSUPP},
		{signalapi.TimerCreateRequest{Clock: linux.CLOCK_REALTIME_ALARM, Signo: 40}, linux.EOPNOTSUPP},
		{signalapi.TimerCreateRequest{Clock: -5, Signo: 40}, linux.EOPNOTSUPP},
		{signalapi.TimerCreateRequest{Clock: 10, Signo: 40}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: 77, Signo: 40}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: -1, Signo: 40}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: ^int32(99)<<3 | 2, Signo: 40}, linux.EINVAL},     // process 99
		{signalapi.TimerCreateRequest{Clock: ^int32(20)<<3 | 4 | 2, Signo: 40}, linux.EINVAL}, // a thread of another
		{signalapi.TimerCreateRequest{Clock: ^int32(20)<<3 | 2, Signo: 40}, 0},
		{signalapi.TimerCreateRequest{Clock: 1, Signo: 0}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: 1, Signo: 65}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: 1, Signo: 40, Notify: 3}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: 1, Signo: 40, Notify: linux.SIGEV_THREAD_ID, NotifyThread: 20}, linux.EINVAL},
		{signalapi.TimerCreateRequest{Clock: 1, Signo: 99, Notify: linux.SIGEV_NONE}, 0},
		{signalapi.TimerCreateRequest{Clock: 1, Signo: 40, Notify: linux.SIGEV_THREAD}, 0},
	} {
		_, e := k.create(&c.req)
		if e != c.want {
			k.Errorf("TimerCreate(%+v) = %v, want %v", c.req, e, c.want)
		}
	}
}

func timerLimit(k *kit) {
	k.group(10)
	req := signalapi.TimerCreateRequest{Group: 10, Thread: 10, Clock: 1, Signo: 40, Limit: 1}
	var rep signalapi.TimerCreateReply
	k.must("TimerCreate", k.s.TimerCreate(&req, &rep))
	equal(k, "TimerCreate", k.s.TimerCreate(&req, new(signalapi.TimerCreateReply)), linux.EAGAIN)
	k.must("TimerDelete", k.s.TimerDelete(&signalapi.TimerDeleteRequest{Group: 10, Id: rep.Id}, new(signalapi.TimerDeleteReply)))
	k.must("TimerCreate", k.s.TimerCreate(&req, &rep))
}

func timerNumbers(k *kit) {
	k.group(10)
	for want := range int32(3) {
		id := k.timer(linux.CLOCK_MONOTONIC, 40)
		equal(k, "id", id, want)
		k.must("TimerDelete", k.s.TimerDelete(&signalapi.TimerDeleteRequest{Group: 10, Id: id}, new(signalapi.TimerDeleteReply)))
	}
}

func timerUnknown(k *kit) {
	k.group(10)
	k.group(20)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	for _, t := range [][2]int32{{10, 9}, {20, id}, {10, -1}} {
		e := k.s.TimerSet(&signalapi.TimerSetRequest{Group: t[0], Id: t[1]}, new(signalapi.TimerSetReply))
		equal(k, "TimerSet", e, linux.EINVAL)
		e = k.s.TimerDelete(&signalapi.TimerDeleteRequest{Group: t[0], Id: t[1]}, new(signalapi.TimerDeleteReply))
		equal(k, "TimerDelete", e, linux.EINVAL)
	}
	e := k.s.TimerSet(&signalapi.TimerSetRequest{Group: 10, Id: id, Set: true, ValueNs: -1}, new(signalapi.TimerSetReply))
	equal(k, "TimerSet of a negative time", e, linux.EINVAL)
}

func timerDelete(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	k.arm(id, ms, 0)
	k.after(ms)
	k.must("TimerDelete", k.s.TimerDelete(&signalapi.TimerDeleteRequest{Group: 10, Id: id}, new(signalapi.TimerDeleteReply)))
	// Still shown as pending, but gone when it is looked at (Linux 6.13).
	equal(k, "pending", k.pending(10), set(40))
	_, e := k.take(10, set(40), true)
	equal(k, "Take", e, linux.EAGAIN)
	equal(k, "pending", k.pending(10), 0)
}

func timerSetVoids(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	k.arm(id, ms, 0)
	k.after(ms)
	k.arm(id, 5*ms, 0)
	_, e := k.take(10, set(40), true)
	equal(k, "Take", e, linux.EAGAIN)
	k.after(5 * ms)
	_, e = k.take(10, set(40), true)
	k.must("Take", e)
}

func timerIgnored(k *kit) {
	k.group(10)
	k.action(10, 40, linux.SIG_IGN, 0, 0)
	id := k.timer(linux.CLOCK_MONOTONIC, 40)
	k.arm(id, ms, ms)
	rep := k.after(ms)
	k.noEffects(rep.Effects)
	equal(k, "deadline", rep.DeadlineNs, 0) // an ignored timer costs nothing
	k.clock.Advance(10*ms + ms/2)
	a := k.action(10, 40, handlerA, 0, 0)
	k.woken(a.Effects, 10)
	d := k.delivers(10, signalapi.DispositionHandler, 40)
	equal(k, "overrun", d.Info.Overrun, 10)
	equal(k, "deadline", d.DeadlineNs, k.in(ms/2))
}

func timerIgnoredOnce(k *kit) {
	k.group(10)
	k.action(10, 40, linux.SIG_IGN, 0, 0)
	k.arm(k.timer(linux.CLOCK_MONOTONIC, 40), ms, 0)
	k.after(ms)
	k.noEffects(k.action(10, 40, handlerA, 0, 0).Effects)
	k.nothing(10)
}

func timerFlushed(k *kit) {
	k.group(10)
	k.block(10, 40)
	k.arm(k.timer(linux.CLOCK_MONOTONIC, 40), ms, ms)
	k.after(ms)
	k.action(10, 40, linux.SIG_IGN, 0, 0)
	equal(k, "pending", k.pending(10), 0)
	k.action(10, 40, handlerA, 0, 0)
	equal(k, "pending", k.pending(10), set(40))
}

func timerCPU(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_PROCESS_CPUTIME_ID, 40)
	rep := k.set(&signalapi.TimerSetRequest{Id: id, Set: true, ValueNs: 20 * ms, IntervalNs: 10 * ms, CpuNs: 100 * ms})
	if rep.DeadlineNs < k.in(ms) || rep.DeadlineNs > k.in(20*ms) {
		k.Errorf("deadline in %d ns, want one that is in time", rep.DeadlineNs-k.clock.Monotonic())
	}
	got := k.set(&signalapi.TimerSetRequest{Id: id, CpuNs: 105 * ms})
	equal(k, "value", got.ValueNs, 15*ms)
	k.expire(signalapi.CpuTime{Group: 10, UserNs: 100 * ms, SystemNs: 19 * ms})
	equal(k, "pending", k.pending(10), 0)
	k.expire(signalapi.CpuTime{Group: 10, UserNs: 100 * ms, SystemNs: 45 * ms})
	took, e := k.take(10, set(40), false)
	k.must("Take", e)
	equal(k, "overrun", took.Info.Overrun, 2)
	k.expire(signalapi.CpuTime{Group: 10, UserNs: 100 * ms, SystemNs: 49 * ms})
	equal(k, "pending", k.pending(10), 0)
	k.expire(signalapi.CpuTime{Group: 10, UserNs: 100 * ms, SystemNs: 50 * ms})
	equal(k, "pending", k.pending(10), set(40))
}

func timerThreadCPU(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_THREAD_CPUTIME_ID, 40)
	k.set(&signalapi.TimerSetRequest{Id: id, Set: true, ValueNs: 20 * ms, Thread: 10, ThreadCpuNs: 5 * ms, CpuNs: 900 * ms})
	rep := k.after(100 * ms)
	if len(rep.Wanted) != 1 || rep.Wanted[0] != (signalapi.CpuTime{Group: 10, Thread: 10}) {
		k.Fatalf("wanted = %+v, want the thread", rep.Wanted)
	}
	k.expire(signalapi.CpuTime{Group: 10, UserNs: 900 * ms})
	equal(k, "pending", k.pending(10), 0)
	k.expire(signalapi.CpuTime{Group: 10, Thread: 10, UserNs: 25 * ms})
	equal(k, "pending", k.pending(10), set(40))
}

func timerOtherCPU(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.block(10, 40)
	k.block(11, 40)
	id := k.timer(linux.CLOCK_THREAD_CPUTIME_ID, 40)
	// Set by a thread that has no sample of the other: it counts from the first.
	k.set(&signalapi.TimerSetRequest{Id: id, Set: true, ValueNs: 20 * ms, Thread: 11, ThreadCpuNs: 5 * ms})
	k.expire(signalapi.CpuTime{Group: 10, Thread: 10, UserNs: 300 * ms})
	equal(k, "pending", k.pending(10), 0)
	k.expire(signalapi.CpuTime{Group: 10, Thread: 10, UserNs: 320 * ms})
	equal(k, "pending", k.pending(10), set(40))
}

func timerCPUAsks(k *kit) {
	k.group(10)
	k.block(10, 40)
	id := k.timer(linux.CLOCK_PROCESS_CPUTIME_ID, 40)
	k.set(&signalapi.TimerSetRequest{Id: id, Set: true, ValueNs: 2 * ms})
	for range 3 {
		rep := k.after(10 * ms)
		equal(k, "wanted", len(rep.Wanted), 1)
		if rep.DeadlineNs <= k.clock.Monotonic() {
			k.Fatalf("deadline = %d, want one after now", rep.DeadlineNs)
		}
	}
}

func timersOrder(k *kit) {
	k.group(10)
	k.block(10, 40)
	for _, at := range []int64{5, 1, 4, 2, 3} {
		id, e := k.create(&signalapi.TimerCreateRequest{Clock: linux.CLOCK_MONOTONIC, Signo: 40, Value: uint64(at)})
		k.must("TimerCreate", e)
		k.arm(id, at*ms, 0)
	}
	rep := k.after(4 * ms)
	equal(k, "deadline", rep.DeadlineNs, k.in(ms))
	got := k.taken(10, set(40))
	equal(k, "number of signals", len(got), 4)
	for i, g := range got {
		equal(k, "value", g[1], uint64(i+1))
	}
}
