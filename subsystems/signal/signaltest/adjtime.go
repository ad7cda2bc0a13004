package signaltest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"AdjustTellsAnUnsetClock":   adjustReads,
		"AdjustKeepsWhatIsSet":      adjustKeeps,
		"AdjustErrors":              adjustErrors,
		"AdjustSetoffsetMovesClock": adjustJumps,
		"AdjustErrorGrows":          adjustGrows,
	})
}

func (k *kit) adjust(q signalapi.ClockAdjustRequest) *signalapi.ClockAdjustReply {
	k.Helper()
	q.Privileged = true
	rep := new(signalapi.ClockAdjustReply)
	k.must("ClockAdjust", k.s.ClockAdjust(&q, rep))
	return rep
}

func adjustReads(k *kit) {
	rep := k.adjust(signalapi.ClockAdjustRequest{})
	equal(k, "result", rep.Result, linux.TIME_ERROR)
	equal(k, "status", rep.State.Status, linux.STA_UNSYNC)
	equal(k, "tick", rep.State.Tick, 10000)
	equal(k, "time", rep.NowNs, k.clock.Realtime())
}

func adjustKeeps(k *kit) {
	const modes = linux.ADJ_STATUS | linux.ADJ_NANO | linux.ADJ_OFFSET | linux.ADJ_FREQUENCY | linux.ADJ_TIMECONST | linux.ADJ_MAXERROR
	rep := k.adjust(signalapi.ClockAdjustRequest{Modes: modes, State: signalapi.ClockState{
		Status: linux.STA_PLL, Offset: 600_000_000, Freq: 1 << 30, Constant: 7, Maxerror: 5}})
	equal(k, "result", rep.Result, linux.TIME_OK)
	again := k.adjust(signalapi.ClockAdjustRequest{})
	equal(k, "second reading", again.State, rep.State)
	equal(k, "status", rep.State.Status, linux.STA_PLL|linux.STA_NANO)
	equal(k, "offset", rep.State.Offset, 500_000_000)
	equal(k, "freq", rep.State.Freq, 500<<16)
	equal(k, "constant", rep.State.Constant, 7)
	equal(k, "maxerror", rep.State.Maxerror, 5)

	// adjtime(3) is apart: it gives what was left of the one before.
	equal(k, "first slew", k.adjust(signalapi.ClockAdjustRequest{Modes: linux.ADJ_OFFSET_SINGLESHOT, State: signalapi.ClockState{Offset: 9}}).State.Offset, 0)
	equal(k, "slew", k.adjust(signalapi.ClockAdjustRequest{Modes: linux.ADJ_OFFSET_SS_READ}).State.Offset, 9)
}

func adjustErrors(k *kit) {
	for _, c := range []struct {
		req  signalapi.ClockAdjustRequest
		want linux.Errno
	}{
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_TICK}, linux.EPERM},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_SETOFFSET}, linux.EPERM},
		{signalapi.ClockAdjustRequest{Modes: 0x8000}, linux.EINVAL},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_OFFSET_SINGLESHOT}, linux.EPERM},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_OFFSET_SS_READ}, 0},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_TICK, Privileged: true, State: signalapi.ClockState{Tick: 8999}}, linux.EINVAL},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_TICK, Privileged: true, State: signalapi.ClockState{Tick: 11001}}, linux.EINVAL},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_SETOFFSET, Privileged: true, TimePart: 1e6}, linux.EINVAL},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_SETOFFSET, Privileged: true, TimeSec: -1 << 40}, linux.EINVAL},
		{signalapi.ClockAdjustRequest{Modes: linux.ADJ_FREQUENCY, Privileged: true, State: signalapi.ClockState{Freq: 1 << 62}}, linux.EINVAL},
		{signalapi.ClockAdjustRequest{Clock: linux.CLOCK_MONOTONIC}, linux.EOPNOTSUPP},
		{signalapi.ClockAdjustRequest{Clock: linux.CLOCK_PROCESS_CPUTIME_ID}, linux.EOPNOTSUPP},
		{signalapi.ClockAdjustRequest{Clock: 99}, linux.EINVAL},
	} {
		equal(k, "ClockAdjust", k.s.ClockAdjust(&c.req, new(signalapi.ClockAdjustReply)), c.want)
	}
}

func adjustJumps(k *kit) {
	was := k.clock.Realtime()
	rep := k.adjust(signalapi.ClockAdjustRequest{Modes: linux.ADJ_SETOFFSET, TimeSec: -1, TimePart: 500_000})
	equal(k, "jumped", rep.Jumped, true)
	equal(k, "offset", rep.OffsetNs, -500*ms)
	equal(k, "real time", k.read64(linux.CLOCK_REALTIME), was-500*ms)
}

func adjustGrows(k *kit) {
	k.adjust(signalapi.ClockAdjustRequest{Modes: linux.ADJ_STATUS | linux.ADJ_MAXERROR})
	k.clock.Advance(3500 * ms)
	equal(k, "maxerror", k.adjust(signalapi.ClockAdjustRequest{}).State.Maxerror, 1500)
	k.clock.Advance(100_000_000 * ms)
	rep := k.adjust(signalapi.ClockAdjustRequest{})
	equal(k, "maxerror at most", rep.State.Maxerror, 16_000_000)
	equal(k, "result", rep.Result, linux.TIME_ERROR)
}
