package signaltest

import (
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"ClockGetReadsTheClocks":         clockGet,
		"ClockGetUnknownIsEINVAL":        clockUnknown,
		"ClockGetCPUClocksPassThrough":   clockCPU,
		"ClockGetCoarseMovesInTicks":     clockCoarse,
		"ClockSetMovesRealtimeAlone":     clockSet,
		"ClockSetErrors":                 clockSetErrors,
		"DeadlineOfLengthsAndTimes":      deadlines,
		"DeadlineErrors":                 deadlineErrors,
		"DeadlineFarAwayDoesNotOverflow": deadlineFar,
		"DeadlineOfACPUClock":            deadlineCPU,
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
