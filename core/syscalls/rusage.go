package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
)

var rusageRows = []Row{
	{"getrusage", Core, args(enum("who", linux.RusageWho), ptr("usage")), sysGetrusage},
}

func sysGetrusage(c *Call) (int64, linux.Errno) {
	c.wantsRSS = true
	var u linux.Rusage
	switch c.Int(0) {
	case linux.RUSAGE_SELF:
		user, system := c.shownCPU(c.P)
		u = usage(user, system, c.maxRSS(c.P), c.P.Waits)
	case linux.RUSAGE_THREAD:
		user, system := c.threadCPU(c.T)
		user, system = c.T.Kernel.Split(user + system)
		u = usage(user, system, c.maxRSS(c.P), c.T.Waits)
	case linux.RUSAGE_CHILDREN:
		u = usage(c.P.ChildUserNs, c.P.ChildSystemNs, c.P.ChildMaxRSS, c.P.ChildWaits)
	default:
		return 0, linux.EINVAL
	}
	u.Encode(c.Out())
	c.Return(c.Args[1], linux.SizeofRusage)
	return 0, 0
}

// maxRSS is the most memory that a process has had resident, in KiB.
func (e *Env) maxRSS(p *task.Process) int64 {
	if p.Space != nil && !p.Zombie {
		p.MaxRSS = max(p.MaxRSS, int64(p.Space.Platform.PeakBytes()>>10))
	}
	return p.MaxRSS
}
