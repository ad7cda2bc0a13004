package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Expire implements signalapi.Signal. It first runs the CPU timers of which the
// request has samples.
func (s *Signal) Expire(req *signalapi.ExpireRequest, rep *signalapi.ExpireReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	o := out{&rep.Effects, &rep.Ready}
	// Nothing runs before its time, whatever the request says.
	now := min(req.NowNs, s.monotonic())
	s.checkJump(o.ready)
	for i := range req.Cpu {
		s.sampleCPU(&req.Cpu[i], o)
	}
	for t := s.alarms.Next(); t != nil && t.When <= now; t = s.alarms.Next() {
		switch owner := t.Owner.(type) {
		case *cpuTimer:
			s.want(owner, now, &rep.Wanted)
		case *group:
			s.stop(&owner.real)
			s.expireReal(owner, o)
		case *posixTimer:
			if s.due(&owner.hr, now) {
				s.firePosix(owner, o)
			}
		case *timerfd:
			if s.due(&owner.hr, now) {
				owner.expire(o.ready)
			}
		}
	}
	rep.DeadlineNs = s.deadline()
	return 0
}

// due takes a timer off the queue when its own clock has reached its time. One
// of the real-time clock may have to wait longer, as clocks drift.
func (s *Signal) due(t *hrtimer, now int64) bool {
	s.stop(t)
	if t.base == baseRealtime {
		if left := t.expires - s.now(baseRealtime) - (now - s.monotonic()); left > 0 {
			s.alarms.Set(&t.Timer, addTime(now, left))
			return false
		}
	}
	return true
}
