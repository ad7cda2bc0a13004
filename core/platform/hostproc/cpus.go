package hostproc

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// cpuPlan says which CPU the leader has for itself and which the apps have.
type cpuPlan struct {
	spin   bool
	leader unix.CPUSet
	apps   unix.CPUSet
}

// planCPUs gives the leader the last CPU that no other Adyton's leader has. The
// first CPU is always the apps'; a leader that finds none spins nowhere and
// runs where there is room, as two that spin on one CPU only keep each other
// from answering.
func planCPUs() cpuPlan {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 {
		return cpuPlan{leader: all, apps: all}
	}
	free := all.Count() - 1
	for i := len(all)*64 - 1; i >= 0 && free > 0; i-- {
		if !all.IsSet(i) {
			continue
		}
		if claimCPU(i) {
			plan := cpuPlan{spin: true, apps: all}
			plan.leader.Set(i)
			plan.apps.Clear(i)
			return plan
		}
		free--
	}
	return cpuPlan{leader: all, apps: all}
}

// claimCPU takes a CPU for this process's whole life, unless another Adyton
// has it. The lock is on the CPU's directory in sysfs, which needs no file to be
// made; where there is no sysfs nobody can tell, and the CPU counts as free.
func claimCPU(cpu int) bool {
	fd, err := unix.Open(fmt.Sprintf("/sys/devices/system/cpu/cpu%d", cpu),
		unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return true
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		unix.Close(fd)
		return false
	}
	return true // the descriptor stays open: it is the claim
}

// confineLeader puts all threads of this process on the leader's CPU; later
// ones inherit it.
func (c *cpuPlan) confineLeader() {
	if !c.spin {
		return
	}
	for range 2 { // a thread may be born while we look
		dir, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for _, e := range dir {
			if tid, err := strconv.Atoi(e.Name()); err == nil {
				unix.SchedSetaffinity(tid, &c.leader)
			}
		}
	}
}
