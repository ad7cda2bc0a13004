package signaltest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"ItimerRealSendsSIGALRM":         itimerReal,
		"ItimerRealStartsAgainWhenTaken": itimerPeriodic,
		"ItimerRealReadsTheRest":         itimerRead,
		"ItimerRealIsDisarmedByZero":     itimerDisarm,
		"ItimerErrors":                   itimerErrors,
		"ItimerIsNotInherited":           itimerFork,
		"ItimerVirtualCountsUserTime":    itimerVirtual,
		"ItimerProfCountsBothAndRepeats": itimerProf,
		"ItimerOfAnEndedGroupIsGone":     itimerEnd,
	})
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
