package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/task"
)

// oomPeriod is how often memory is looked at while there is a limit, in ns.
const oomPeriod = 20e6

// startOOM looks at the memory of all spaces from time to time: an app can
// touch what it mapped long ago.
func (e *Env) startOOM() {
	if e.Config.MemoryLimit == 0 {
		return
	}
	var t *leader.Timer
	t = leader.NewTimer(func() {
		e.checkMemory()
		e.Leader.Arm(t, e.Leader.Now()+oomPeriod)
	})
	e.Leader.Arm(t, e.Leader.Now()+oomPeriod)
}

// checkMemory ends the process that holds most when all together hold more
// than the limit: mm/oom_kill.c, with oom_score_adj counted alike.
func (e *Env) checkMemory() {
	if e.Config.MemoryLimit == 0 {
		return
	}
	seen := map[platform.Space]bool{}
	var total uint64
	var worst *task.Process
	most := int64(-1)
	for _, p := range e.Tasks.Processes() {
		if p.Space == nil || p.Zombie || p.Exiting || seen[p.Space.Platform] {
			continue
		}
		seen[p.Space.Platform] = true
		_, private := p.Space.Platform.Resident()
		total += private
		points := int64(private) + int64(p.OomScoreAdj)*int64(e.Config.MemoryLimit)/1000
		if p.OomScoreAdj > -1000 && points > most {
			worst, most = p, points
		}
	}
	if total > e.Config.MemoryLimit && worst != nil {
		e.operator("out of memory: %d of %d bytes in use; pid %d %q killed", total, e.Config.MemoryLimit, worst.Pid, worst.Leader.Name)
		e.killProcess(worst, linux.SIGKILL)
	}
}
