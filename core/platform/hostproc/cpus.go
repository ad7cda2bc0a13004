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
	claim  int // the descriptor whose lock is the claim, or -1
}

// planCPUs gives the leader the last CPU that no other Adyton's leader has. The
// first CPU is always the apps'; a leader that finds none spins nowhere and
// runs where there is room, as two that spin on one CPU only keep each other
// from answering.
func planCPUs() cpuPlan {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 {
		return cpuPlan{leader: all, apps: all, claim: -1}
	}
	free := all.Count() - 1
	for i := len(all)*64 - 1; i >= 0 && free > 0; i-- {
		if !all.IsSet(i) {
			continue
		}
		if claim, ok := claimCPU(i); ok {
			plan := cpuPlan{spin: true, apps: all, claim: claim}
			plan.leader.Set(i)
			plan.apps.Clear(i)
			return plan
		}
		free--
	}
	return cpuPlan{leader: all, apps: all, claim: -1}
}

// claimCPU takes a CPU for as long as the descriptor is open, unless another
// Adyton has it. The lock is on the CPU's directory in sysfs, which needs no file to be
// made; where there is no sysfs nobody can tell, and the CPU counts as free.
func claimCPU(cpu int) (claim int, ok bool) {
	fd, err := unix.Open(fmt.Sprintf("/sys/devices/system/cpu/cpu%d", cpu),
		unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, true
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		unix.Close(fd)
		return -1, false
	}
	return fd, true
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
