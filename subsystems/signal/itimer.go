package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Itimer implements signalapi.Signal. Errors: EINVAL, ESRCH.
func (s *Signal) Itimer(req *signalapi.ItimerRequest, rep *signalapi.ItimerReply) linux.Errno {
	if req.Which < linux.ITIMER_REAL || req.Which > linux.ITIMER_PROF || req.Set && (req.ValueNs < 0 || req.IntervalNs < 0) {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	g := s.groups[req.Group]
	if g == nil {
		return linux.ESRCH
	}
	if req.Which == linux.ITIMER_REAL {
		s.itimerReal(g, req, rep)
	} else {
		s.itimerCPU(&g.cpu[req.Which-linux.ITIMER_VIRTUAL], req, rep)
	}
	rep.DeadlineNs = s.deadline()
	return 0
}

func (s *Signal) itimerReal(g *group, req *signalapi.ItimerRequest, rep *signalapi.ItimerReply) {
	rep.IntervalNs = g.realInterval
	if g.real.Queued() {
		// About to expire is not disarmed: itimer_get_remtime.
		if rep.ValueNs = s.left(&g.real); rep.ValueNs <= 0 {
			rep.ValueNs = 1000
		}
	}
	if !req.Set {
		return
	}
	s.stop(&g.real)
	g.realInterval = 0
	if req.ValueNs != 0 {
		g.realInterval = req.IntervalNs
		s.start(&g.real, linux.CLOCK_MONOTONIC, req.ValueNs, false)
	}
}

// expireReal sends SIGALRM. The timer starts again when that is taken off the
// queue, so that an app which does not take it costs nothing.
func (s *Signal) expireReal(g *group, o out) {
	s.sendKernel(g, linux.SIGALRM, o)
}

// rearmReal starts a periodic ITIMER_REAL again (posixtimer_rearm_itimer).
func (s *Signal) rearmReal(g *group) {
	if g.realInterval != 0 && !g.real.Queued() {
		g.real.forward(s.now(baseMonotonic), g.realInterval)
		s.queueTimer(&g.real)
	}
}

// sendKernel sends a group a signal from the kernel (SEND_SIG_PRIV).
func (s *Signal) sendKernel(g *group, signo int32, o out) {
	info := signalapi.Info{Signo: signo, Code: linux.SI_KERNEL}
	s.send(g.leader, &info, sending{shared: true, kernel: true, limit: ^uint64(0), user: g.user}, o)
}

// itimerCPU reads and sets ITIMER_VIRTUAL or ITIMER_PROF. Linux adds a tick, as
// the current one may be nearly over.
func (s *Signal) itimerCPU(c *cpuTimer, req *signalapi.ItimerRequest, rep *signalapi.ItimerReply) {
	rep.IntervalNs = c.interval
	if c.expires != 0 {
		if rep.ValueNs = c.expires - req.CpuNs; rep.ValueNs <= 0 {
			rep.ValueNs = s.tickNs
		}
	}
	if !req.Set {
		return
	}
	s.disarmCPU(c)
	c.expires, c.interval = 0, req.IntervalNs
	if req.ValueNs != 0 {
		c.expires = addTime(addTime(req.ValueNs, s.tickNs), req.CpuNs)
		s.armCPU(c, req.CpuNs)
	}
}
