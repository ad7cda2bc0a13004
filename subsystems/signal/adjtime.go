package signal

import (
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Limits of linux/timex.h: the largest offset in ns, the largest frequency and
// time constant, and the error in us past which a clock counts as unset.
const (
	maxPhaseNs    = 500_000_000
	maxFreq       = 500 << 16
	maxConstant   = 10
	maxPhaseError = maxPhaseNs / 1000 << 5
	maxTai        = 100_000
	// errorGrowth is what maxerror grows in us each second.
	errorGrowth = 500
	// freqScale is PPM_SCALE: a frequency must not overflow when scaled.
	freqScale = 1000 << 16
)

// discipline is what adjtimex keeps. GAP: it is kept and told, and moves the
// clock by ADJ_SETOFFSET alone: no slewing, no other rate, no leap seconds.
type discipline struct {
	state signalapi.ClockState
	// since is when state.Maxerror was set, on the monotonic clock.
	since int64
	// slew is what adjtime has left to do, in us.
	slew int64
}

func newDiscipline() discipline {
	return discipline{state: signalapi.ClockState{
		Maxerror: maxPhaseError, Esterror: maxPhaseError, Status: linux.STA_UNSYNC, Constant: 2, Precision: 1,
		Tolerance: maxFreq, Tick: 1e6 / linux.USER_HZ,
	}}
}

// ClockAdjust implements signalapi.Signal: do_clock_adjtime, do_adjtimex.
// Errors: EINVAL, EOPNOTSUPP (another clock), EPERM.
func (s *Signal) ClockAdjust(req *signalapi.ClockAdjustRequest, rep *signalapi.ClockAdjustReply) linux.Errno {
	if req.Clock != linux.CLOCK_REALTIME {
		if clockOf(req.Clock).known || req.Clock == linux.CLOCK_PROCESS_CPUTIME_ID || req.Clock == linux.CLOCK_THREAD_CPUTIME_ID ||
			req.Clock < 0 && !dynamic(req.Clock) {
			return linux.EOPNOTSUPP
		}
		return linux.EINVAL
	}
	if e := checkAdjust(req); e != 0 {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Modes&linux.ADJ_SETOFFSET != 0 {
		if e := s.injectOffset(req, rep); e != 0 {
			return e
		}
	}
	d := &s.discipline
	d.age(s.monotonic())
	rep.State = d.state
	if req.Modes&adjAdjtime != 0 {
		// adjtime(3) is apart from the rest.
		rep.State.Offset = d.slew
		if req.Modes&adjReadOnly == 0 {
			d.slew = req.State.Offset
		}
	} else {
		d.change(req, s.monotonic())
		rep.State = d.state
		if d.state.Status&linux.STA_NANO == 0 {
			rep.State.Offset /= 1000
		}
	}
	rep.NowNs = s.now(baseRealtime)
	if d.state.Status&(linux.STA_UNSYNC|linux.STA_CLOCKERR) != 0 {
		rep.Result = linux.TIME_ERROR
	}
	rep.OffsetNs, rep.DeadlineNs = s.offset.Load(), s.deadline()
	return 0
}

// The parts of ADJ_OFFSET_SINGLESHOT and ADJ_OFFSET_SS_READ.
const (
	adjAdjtime  = 0x8000
	adjReadOnly = 0x2000
)

// checkAdjust is timekeeping_validate_timex.
func checkAdjust(req *signalapi.ClockAdjustRequest) linux.Errno {
	m := req.Modes
	switch {
	case m&adjAdjtime != 0:
		if m&linux.ADJ_OFFSET == 0 {
			return linux.EINVAL
		}
		if m&adjReadOnly == 0 && !req.Privileged {
			return linux.EPERM
		}
	case m != 0 && !req.Privileged:
		return linux.EPERM
	case m&linux.ADJ_TICK != 0 && (req.State.Tick < 900000/linux.USER_HZ || req.State.Tick > 1100000/linux.USER_HZ):
		return linux.EINVAL
	}
	if m&linux.ADJ_SETOFFSET != 0 {
		if !req.Privileged {
			return linux.EPERM
		}
		most := int64(1e6)
		if m&linux.ADJ_NANO != 0 {
			most = 1e9
		}
		if req.TimePart < 0 || req.TimePart >= most {
			return linux.EINVAL
		}
	}
	if f := req.State.Freq; m&linux.ADJ_FREQUENCY != 0 && (f < math.MinInt64/freqScale || f > math.MaxInt64/freqScale) {
		return linux.EINVAL
	}
	return 0
}

// injectOffset is timekeeping_inject_offset: the clock jumps.
func (s *Signal) injectOffset(req *signalapi.ClockAdjustRequest, rep *signalapi.ClockAdjustReply) linux.Errno {
	ns := req.TimePart
	if req.Modes&linux.ADJ_NANO == 0 {
		ns *= 1000
	}
	const most = int64(math.MaxInt64) / 4 / 1_000_000_000 // s, so that no sum overflows
	if req.TimeSec > most || req.TimeSec < -most {
		return linux.EINVAL
	}
	to := s.now(baseRealtime) + req.TimeSec*1e9 + ns
	if to < s.monotonic() {
		return linux.EINVAL
	}
	s.offset.Store(to - s.realtime())
	s.jumped(&rep.Ready)
	rep.Jumped = true
	return 0
}

// age lets the error grow as second_overflow does.
func (d *discipline) age(now int64) {
	seconds := (now - d.since) / 1e9
	if d.state.Maxerror += seconds * errorGrowth; d.state.Maxerror >= maxPhaseError {
		d.state.Maxerror = maxPhaseError
		d.state.Status |= linux.STA_UNSYNC
	}
	d.since += seconds * 1e9
}

// change is process_adjtimex_modes. The offset is held in ns.
func (d *discipline) change(req *signalapi.ClockAdjustRequest, now int64) {
	m, to, from := req.Modes, &d.state, &req.State
	if m&linux.ADJ_STATUS != 0 {
		if to.Status&linux.STA_PLL != 0 && from.Status&linux.STA_PLL == 0 {
			to.Status = linux.STA_UNSYNC
		}
		to.Status = to.Status&linux.STA_RONLY | from.Status&^linux.STA_RONLY
	}
	if m&linux.ADJ_NANO != 0 {
		to.Status |= linux.STA_NANO
	}
	if m&linux.ADJ_MICRO != 0 {
		to.Status &^= linux.STA_NANO
	}
	if m&linux.ADJ_FREQUENCY != 0 {
		to.Freq = min(max(from.Freq, -maxFreq), maxFreq)
	}
	if m&linux.ADJ_MAXERROR != 0 {
		to.Maxerror, d.since = min(max(from.Maxerror, 0), maxPhaseError), now
	}
	if m&linux.ADJ_ESTERROR != 0 {
		to.Esterror = min(max(from.Esterror, 0), maxPhaseError)
	}
	if m&linux.ADJ_TIMECONST != 0 {
		to.Constant = min(max(from.Constant, 0), maxConstant)
		if to.Status&linux.STA_NANO == 0 {
			to.Constant += 4
		}
		to.Constant = min(to.Constant, maxConstant)
	}
	if m&linux.ADJ_TAI != 0 && from.Constant >= 0 && from.Constant <= maxTai {
		to.Tai = int32(from.Constant)
	}
	if m&linux.ADJ_OFFSET != 0 && to.Status&linux.STA_PLL != 0 {
		to.Offset = from.Offset
		if to.Status&linux.STA_NANO == 0 {
			to.Offset = min(max(to.Offset, -1e6), 1e6) * 1000
		}
		to.Offset = min(max(to.Offset, -maxPhaseNs), maxPhaseNs)
	}
	if m&linux.ADJ_TICK != 0 {
		to.Tick = from.Tick
	}
}
