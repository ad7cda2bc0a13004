package signal

import (
	"encoding/binary"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// timerfd is a timer that is read. A periodic one starts again when it is looked
// at, so that one nobody looks at costs nothing.
type timerfd struct {
	id       uint64
	clock    int32
	hr       hrtimer
	interval int64
	// ticks counts expirations since the last read; expired says that the timer
	// ran and has not been moved on.
	ticks   uint64
	expired bool
	// mayCancel: a jump of the clock cancels it; canceled: one did.
	mayCancel, canceled bool
	generation          uint64
}

// OpenTimerfd implements signalapi.Signal. Errors: EINVAL, EPERM.
func (s *Signal) OpenTimerfd(req *signalapi.OpenTimerfdRequest, rep *signalapi.OpenTimerfdReply) linux.Errno {
	switch req.Clock {
	case linux.CLOCK_MONOTONIC, linux.CLOCK_REALTIME, linux.CLOCK_BOOTTIME:
	case linux.CLOCK_REALTIME_ALARM, linux.CLOCK_BOOTTIME_ALARM:
		if !req.Privileged {
			return linux.EPERM
		}
	default:
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	fd := &timerfd{clock: req.Clock}
	fd.hr.Owner = fd
	fd.hr.base = clockOf(fd.clock).base
	fd.id = s.newHandle(fd)
	rep.Handle = fd.id
	return 0
}

// SetTimerfd implements signalapi.Signal. ECANCELED says that the clock was set
// since the timer was; the new setting holds. Errors: EINVAL, EBADF, ECANCELED.
func (s *Signal) SetTimerfd(req *signalapi.SetTimerfdRequest, rep *signalapi.SetTimerfdReply) linux.Errno {
	const flags = linux.TFD_TIMER_ABSTIME | linux.TFD_TIMER_CANCEL_ON_SET
	if req.Set && (req.Flags&^flags != 0 || req.ValueNs < 0 || req.IntervalNs < 0) {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	h := s.handles[req.Handle]
	if h == nil {
		return linux.EBADF
	}
	fd, ok := h.(*timerfd)
	if !ok {
		return linux.EINVAL
	}
	s.checkJump(&rep.Ready)
	if req.Set {
		fd.setCancel(s, req.Flags)
		s.stop(&fd.hr)
	}
	if fd.expired && fd.interval != 0 {
		missed := fd.missed(s)
		if !req.Set {
			fd.ticks += missed
			fd.expired = false
			s.queueTimer(&fd.hr)
		}
	}
	rep.ValueNs = max(s.left(&fd.hr), 0)
	rep.IntervalNs = fd.interval
	if req.Set {
		fd.expired, fd.ticks, fd.interval = false, 0, req.IntervalNs
		s.place(&fd.hr, fd.clock, req.ValueNs, true)
		if req.ValueNs != 0 {
			s.start(&fd.hr, fd.clock, req.ValueNs, req.Flags&linux.TFD_TIMER_ABSTIME != 0)
		}
	}
	rep.DeadlineNs = s.deadline()
	if req.Set && req.ValueNs != 0 && fd.wasCanceled() {
		return linux.ECANCELED
	}
	return 0
}

// setCancel puts the timer among those that a jump of the clock cancels, or
// takes it out.
func (fd *timerfd) setCancel(s *Signal, flags uint32) {
	const both = linux.TFD_TIMER_ABSTIME | linux.TFD_TIMER_CANCEL_ON_SET
	on := flags&both == both && (fd.clock == linux.CLOCK_REALTIME || fd.clock == linux.CLOCK_REALTIME_ALARM)
	if on == fd.mayCancel {
		return
	}
	fd.mayCancel = on
	if on {
		s.cancelable = append(s.cancelable, fd)
		return
	}
	i := slices.Index(s.cancelable, fd)
	s.cancelable = slices.Delete(s.cancelable, i, i+1)
}

// wasCanceled reports a jump of the clock once.
func (fd *timerfd) wasCanceled() bool {
	was := fd.mayCancel && fd.canceled
	if was {
		fd.canceled = false
	}
	return was
}

func (fd *timerfd) close(s *Signal) {
	s.stop(&fd.hr)
	fd.setCancel(s, 0)
}

func (fd *timerfd) level() uint32 {
	if fd.ticks != 0 {
		return linux.POLLIN
	}
	return 0
}

// changed reports that the timer became readable, again or anew.
func (fd *timerfd) changed(ready *[]signalapi.Ready) {
	fd.generation++
	*ready = append(*ready, signalapi.Ready{Handle: fd.id, Level: fd.level(), Generation: fd.generation})
}

// expire counts an expiration.
func (fd *timerfd) expire(ready *[]signalapi.Ready) {
	fd.expired = true
	fd.ticks++
	fd.changed(ready)
}

// missed moves an expired periodic timer on and returns how many expirations
// there were after the one that is counted. The clock may have been set back
// since that.
func (fd *timerfd) missed(s *Signal) uint64 {
	return uint64(max(fd.hr.forward(s.now(fd.hr.base), fd.interval)-1, 0))
}

func (fd *timerfd) read(s *Signal, req *signalapi.ReadRequest, rep *signalapi.ReadReply) linux.Errno {
	if req.Count < 8 {
		return linux.EINVAL
	}
	if fd.ticks == 0 {
		return linux.EWAIT
	}
	if fd.wasCanceled() {
		fd.ticks, fd.expired = 0, false
		return linux.ECANCELED
	}
	ticks := fd.ticks
	if fd.expired && fd.interval != 0 {
		ticks += fd.missed(s)
		s.queueTimer(&fd.hr)
	}
	fd.ticks, fd.expired = 0, false
	rep.Data = binary.LittleEndian.AppendUint64(rep.Data, ticks)
	return 0
}
