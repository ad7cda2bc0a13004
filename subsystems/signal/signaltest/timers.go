package signaltest

import (
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"ClockGetReadsTheClocks":              clockGet,
		"ClockGetUnknownIsEINVAL":             clockUnknown,
		"ClockGetCPUClocksPassThrough":        clockCPU,
		"ClockGetCoarseMovesInTicks":          clockCoarse,
		"ClockSetMovesRealtimeAlone":          clockSet,
		"ClockSetErrors":                      clockSetErrors,
		"DeadlineOfLengthsAndTimes":           deadlines,
		"DeadlineErrors":                      deadlineErrors,
		"DeadlineFarAwayDoesNotOverflow":      deadlineFar,
		"DeadlineOfACPUClock":                 deadlineCPU,
		"ItimerRealSendsSIGALRM":              itimerReal,
		"ItimerRealStartsAgainWhenTaken":      itimerPeriodic,
		"ItimerRealReadsTheRest":              itimerRead,
		"ItimerRealIsDisarmedByZero":          itimerDisarm,
		"ItimerErrors":                        itimerErrors,
		"ItimerIsNotInherited":                itimerFork,
		"ItimerVirtualCountsUserTime":         itimerVirtual,
		"ItimerProfCountsBothAndRepeats":      itimerProf,
		"ItimerOfAnEndedGroupIsGone":          itimerEnd,
		"TimerSendsItsSignal":                 timerSends,
		"TimerDefaultEventIsSIGALRM":          timerDefault,
		"TimerCountsOverruns":                 timerOverrun,
		"TimerShowsTheRest":                   timerRest,
		"TimerNoneNeverSends":                 timerNone,
		"TimerToOneThread":                    timerThread,
		"TimerToAnEndedThreadIsSilent":        timerThreadEnds,
		"TimerAbsoluteFollowsTheClock":        timerAbsolute,
		"TimerRelativeIgnoresTheClock":        timerRelative,
		"TimerAbsolutePastExpiresAtOnce":      timerPast,
		"TimerCreateErrors":                   timerErrors,
		"TimerCreateCountsAgainstTheLimit":    timerLimit,
		"TimerNumbersAreNotReused":            timerNumbers,
		"TimerUnknownIsEINVAL":                timerUnknown,
		"TimerDeletedVoidsItsSignal":          timerDelete,
		"TimerSetVoidsItsSignal":              timerSetVoids,
		"TimerIgnoredSignalComesLater":        timerIgnored,
		"TimerIgnoredOneShotIsLost":           timerIgnoredOnce,
		"TimerDropsOnIgnoreAndComesBack":      timerFlushed,
		"TimerOnProcessCPUTime":               timerCPU,
		"TimerOnThreadCPUTime":                timerThreadCPU,
		"TimerOnAnotherThreadsCPUTime":        timerOtherCPU,
		"TimerCPUWithoutSamplesAsksAgain":     timerCPUAsks,
		"TimersExpireInOrder":                 timersOrder,
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

func clockGet(k *kit) {
	for clock, want := range map[int32]int64{
		linux.CLOCK_REALTIME: k.clock.Realtime(), linux.CLOCK_TAI: k.clock.Realtime(),
		linux.CLOCK_MONOTONIC: k.clock.Monotonic(), linux.CLOCK_MONOTONIC_RAW: k.clock.Monotonic(),
		linux.CLOCK_BOOTTIME: k.clock.Monotonic(),
	} {
		var rep signalapi.ClockGetReply
		k.must("ClockGet", k.s.ClockGet(&signalapi.ClockGetRequest{Clock: clock}, &rep))
		equal(k, "time", rep.NowNs, want)
		equal(k, "resolution", rep.ResolutionNs, 1)
	}
}

func clockUnknown(k *kit) {
	// The alarm clocks need hardware; -5 is a clock device's, -1 nobody's.
	for _, clock := range []int32{8, 9, 10, 12, 15, 16, 17, math.MaxInt32, -1, -5, -9} {
		e := k.s.ClockGet(&signalapi.ClockGetRequest{Clock: clock}, new(signalapi.ClockGetReply))
		equal(k, "ClockGet", e, linux.EINVAL)
	}
}

func clockCPU(k *kit) {
	for clock, resolution := range map[int32]int64{linux.CLOCK_PROCESS_CPUTIME_ID: 1, linux.CLOCK_THREAD_CPUTIME_ID: 1,
		-2: 1, -6: 1, -3: 4 * ms, -8: 4 * ms} {
		var rep signalapi.ClockGetReply
		k.must("ClockGet", k.s.ClockGet(&signalapi.ClockGetRequest{Clock: clock, CpuNs: 1234}, &rep))
		equal(k, "time", rep.NowNs, 1234)
		equal(k, "resolution", rep.ResolutionNs, resolution)
	}
}

func clockCoarse(k *kit) {
	k.clock.Advance(5 * ms)
	for clock, now := range map[int32]int64{linux.CLOCK_REALTIME_COARSE: k.clock.Realtime(),
		linux.CLOCK_MONOTONIC_COARSE: k.clock.Monotonic()} {
		var rep signalapi.ClockGetReply
		k.must("ClockGet", k.s.ClockGet(&signalapi.ClockGetRequest{Clock: clock}, &rep))
		equal(k, "time", rep.NowNs, now-ms)
		equal(k, "resolution", rep.ResolutionNs, 4*ms)
	}
}

func (k *kit) setClock(to int64) *signalapi.ClockSetReply {
	k.Helper()
	rep := new(signalapi.ClockSetReply)
	k.must("ClockSet", k.s.ClockSet(&signalapi.ClockSetRequest{NowNs: to, Privileged: true}, rep))
	return rep
}

func (k *kit) read64(clock int32) int64 {
	k.Helper()
	var rep signalapi.ClockGetReply
	k.must("ClockGet", k.s.ClockGet(&signalapi.ClockGetRequest{Clock: clock}, &rep))
	return rep.NowNs
}

func clockSet(k *kit) {
	to := k.clock.Realtime() + 1000*ms
	equal(k, "offset", k.setClock(to).OffsetNs, 1000*ms)
	equal(k, "real time", k.read64(linux.CLOCK_REALTIME), to)
	equal(k, "monotonic time", k.read64(linux.CLOCK_MONOTONIC), k.clock.Monotonic())
}

func clockSetErrors(k *kit) {
	for _, c := range []struct {
		req  signalapi.ClockSetRequest
		want linux.Errno
	}{
		{signalapi.ClockSetRequest{NowNs: k.clock.Realtime()}, linux.EPERM},
		{signalapi.ClockSetRequest{NowNs: -1}, linux.EINVAL},
		{signalapi.ClockSetRequest{NowNs: k.clock.Monotonic() - 1, Privileged: true}, linux.EINVAL},
		{signalapi.ClockSetRequest{Clock: linux.CLOCK_MONOTONIC, Privileged: true}, linux.EINVAL},
		{signalapi.ClockSetRequest{Clock: linux.CLOCK_PROCESS_CPUTIME_ID, Privileged: true}, linux.EINVAL},
		{signalapi.ClockSetRequest{Clock: -2, Privileged: true}, linux.EPERM},
		{signalapi.ClockSetRequest{Clock: 77, Privileged: true}, linux.EINVAL},
	} {
		equal(k, "ClockSet", k.s.ClockSet(&c.req, new(signalapi.ClockSetReply)), c.want)
	}
}

func deadlines(k *kit) {
	k.setClock(k.clock.Realtime() + 5000*ms)
	real := k.read64(linux.CLOCK_REALTIME)
	for _, c := range []struct {
		req  signalapi.DeadlineRequest
		want int64
	}{
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_MONOTONIC, TimeNs: 7}, k.in(7)},
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_REALTIME, TimeNs: 7}, k.in(7)},
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_MONOTONIC, TimeNs: k.in(9), Absolute: true}, k.in(9)},
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_BOOTTIME, TimeNs: k.in(9), Absolute: true}, k.in(9)},
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_REALTIME, TimeNs: real + 9, Absolute: true}, k.in(9)},
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_TAI, TimeNs: real - 9, Absolute: true}, k.in(-9)},
		{signalapi.DeadlineRequest{Clock: linux.CLOCK_REALTIME, TimeNs: 1, Absolute: true}, 1},
	} {
		var rep signalapi.DeadlineReply
		k.must("Deadline", k.s.Deadline(&c.req, &rep))
		equal(k, "deadline", rep.MonotonicNs, c.want)
	}
}

func deadlineErrors(k *kit) {
	// As measured on Linux 6.18 without a hardware clock.
	for clock, want := range map[int32]linux.Errno{
		linux.CLOCK_THREAD_CPUTIME_ID: linux.EOPNOTSUPP, linux.CLOCK_MONOTONIC_RAW: linux.EOPNOTSUPP,
		linux.CLOCK_REALTIME_COARSE: linux.EOPNOTSUPP, linux.CLOCK_MONOTONIC_COARSE: linux.EOPNOTSUPP,
		8: linux.EOPNOTSUPP, 9: linux.EOPNOTSUPP, 10: linux.EINVAL, 12: linux.EINVAL, 99: linux.EINVAL,
		-2: linux.EINVAL,
	} {
		e := k.s.Deadline(&signalapi.DeadlineRequest{Clock: clock}, new(signalapi.DeadlineReply))
		equal(k, "Deadline", e, want)
	}
	e := k.s.Deadline(&signalapi.DeadlineRequest{TimeNs: -1}, new(signalapi.DeadlineReply))
	equal(k, "Deadline of a negative time", e, linux.EINVAL)
}

func deadlineFar(k *kit) {
	for _, req := range []signalapi.DeadlineRequest{{Clock: linux.CLOCK_MONOTONIC, TimeNs: math.MaxInt64},
		{Clock: linux.CLOCK_MONOTONIC, TimeNs: math.MaxInt64, Absolute: true}} {
		var rep signalapi.DeadlineReply
		k.must("Deadline", k.s.Deadline(&req, &rep))
		equal(k, "deadline", rep.MonotonicNs, math.MaxInt64)
	}
}

func deadlineCPU(k *kit) {
	for _, absolute := range []bool{false, true} {
		req := signalapi.DeadlineRequest{Clock: linux.CLOCK_PROCESS_CPUTIME_ID, TimeNs: 30, CpuNs: 10, Absolute: absolute}
		var rep signalapi.DeadlineReply
		k.must("Deadline", k.s.Deadline(&req, &rep))
		want := k.in(30)
		if absolute {
			want = k.in(20)
		}
		equal(k, "deadline", rep.MonotonicNs, want)
	}
}

func (k *kit) itimer(req *signalapi.ItimerRequest) *signalapi.ItimerReply {
	k.Helper()
	req.Group = 10
	rep := new(signalapi.ItimerReply)
	k.must("Itimer", k.s.Itimer(req, rep))
	return rep
}

func (k *kit) setReal(value, interval int64) *signalapi.ItimerReply {
	k.Helper()
	return k.itimer(&signalapi.ItimerRequest{Set: true, ValueNs: value, IntervalNs: interval})
}

func (k *kit) getReal() *signalapi.ItimerReply {
	k.Helper()
	return k.itimer(new(signalapi.ItimerRequest))
}

func itimerReal(k *kit) {
	k.group(10)
	equal(k, "deadline", k.setReal(10*ms, 0).DeadlineNs, k.in(10*ms))
	rep := k.after(9 * ms)
	k.noEffects(rep.Effects)
	equal(k, "deadline", rep.DeadlineNs, k.in(ms))
	rep = k.after(ms)
	k.only(rep.Effects, signalapi.EffectKindKill, 10, linux.SIGALRM)
	equal(k, "deadline", rep.DeadlineNs, 0)
}

func itimerPeriodic(k *kit) {
	k.group(10)
	k.action(10, linux.SIGALRM, handlerA, linux.SA_SIGINFO, 0)
	k.setReal(10*ms, 4*ms)
	rep := k.after(10 * ms)
	k.woken(rep.Effects, 10)
	// It does not run while its signal is queued.
	equal(k, "deadline", rep.DeadlineNs, 0)
	equal(k, "rest", k.getReal().ValueNs, 0)
	k.clock.Advance(9 * ms)
	d := k.delivers(10, signalapi.DispositionHandler, linux.SIGALRM)
	equal(k, "code", d.Info.Code, linux.SI_KERNEL)
	// The next one is a whole number of periods after the first.
	equal(k, "deadline", d.DeadlineNs, k.in(3*ms))
	equal(k, "rest", k.getReal().ValueNs, 3*ms)
}

func itimerRead(k *kit) {
	k.group(10)
	k.setReal(10*ms, 3*ms)
	k.clock.Advance(4 * ms)
	got := k.getReal()
	equal(k, "value", got.ValueNs, 6*ms)
	equal(k, "interval", got.IntervalNs, 3*ms)
	// Late, but not run yet: never 0.
	k.clock.Advance(20 * ms)
	equal(k, "value", k.getReal().ValueNs, 1000)
	old := k.setReal(50*ms, 0)
	equal(k, "old interval", old.IntervalNs, 3*ms)
	equal(k, "deadline", old.DeadlineNs, k.in(50*ms))
}

func itimerDisarm(k *kit) {
	k.group(10)
	k.setReal(10*ms, 10*ms)
	equal(k, "deadline", k.setReal(0, 5*ms).DeadlineNs, 0)
	equal(k, "interval", k.getReal().IntervalNs, 0)
	k.noEffects(k.after(100 * ms).Effects)
}

func itimerErrors(k *kit) {
	k.group(10)
	for _, req := range []signalapi.ItimerRequest{{Which: 3}, {Which: -1}, {Set: true, ValueNs: -1}, {Set: true, IntervalNs: -1}} {
		req.Group = 10
		equal(k, "Itimer", k.s.Itimer(&req, new(signalapi.ItimerReply)), linux.EINVAL)
	}
}

func itimerFork(k *kit) {
	k.group(10)
	k.setReal(10*ms, 0)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20})
	var rep signalapi.ItimerReply
	k.must("Itimer", k.s.Itimer(&signalapi.ItimerRequest{Group: 20}, &rep))
	equal(k, "value in the child", rep.ValueNs, 0)
}

func itimerVirtual(k *kit) {
	k.group(10)
	k.action(10, linux.SIGVTALRM, handlerA, 0, 0)
	k.itimer(&signalapi.ItimerRequest{Which: linux.ITIMER_VIRTUAL, Set: true, ValueNs: 20 * ms, CpuNs: 100 * ms})
	got := k.itimer(&signalapi.ItimerRequest{Which: linux.ITIMER_VIRTUAL, CpuNs: 110 * ms})
	equal(k, "value", got.ValueNs, 14*ms) // with the tick that Linux adds
	rep := k.after(30 * ms)
	if len(rep.Wanted) != 1 || rep.Wanted[0] != (signalapi.CpuTime{Group: 10}) {
		k.Fatalf("wanted = %+v, want the group", rep.Wanted)
	}
	rep = k.expire(signalapi.CpuTime{Group: 10, UserNs: 123 * ms, SystemNs: 900 * ms})
	k.noEffects(rep.Effects)
	rep = k.expire(signalapi.CpuTime{Group: 10, UserNs: 124 * ms})
	k.woken(rep.Effects, 10)
	equal(k, "deadline", rep.DeadlineNs, 0)
}

func itimerProf(k *kit) {
	k.group(10)
	k.action(10, linux.SIGPROF, handlerA, 0, 0)
	k.itimer(&signalapi.ItimerRequest{Which: linux.ITIMER_PROF, Set: true, ValueNs: 20 * ms, IntervalNs: 10 * ms})
	rep := k.expire(signalapi.CpuTime{Group: 10, UserNs: 20 * ms, SystemNs: 4 * ms})
	k.woken(rep.Effects, 10)
	if rep.DeadlineNs <= k.clock.Monotonic() {
		k.Errorf("deadline = %d, want one after %d", rep.DeadlineNs, k.clock.Monotonic())
	}
	k.delivers(10, signalapi.DispositionHandler, linux.SIGPROF)
	k.unblock(10, linux.SIGPROF)
	k.noEffects(k.expire(signalapi.CpuTime{Group: 10, UserNs: 33 * ms}).Effects)
	k.woken(k.expire(signalapi.CpuTime{Group: 10, UserNs: 34 * ms}).Effects, 10)
}

func itimerEnd(k *kit) {
	k.group(10)
	k.setReal(10*ms, 0)
	k.itimer(&signalapi.ItimerRequest{Which: linux.ITIMER_PROF, Set: true, ValueNs: ms})
	k.end(10, 10)
	rep := k.after(20 * ms)
	k.noEffects(rep.Effects)
	equal(k, "deadline", rep.DeadlineNs, 0)
	equal(k, "wanted", len(rep.Wanted), 0)
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
