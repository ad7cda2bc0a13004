package hostproc

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// cpuPlan says which CPU the leader has for itself and which the apps have.
type cpuPlan struct {
	all unix.CPUSet
	// spin: one of several CPUs is claimed, so that the leader can have it for
	// itself. Otherwise leader and apps are all.
	spin   bool
	leader unix.CPUSet
	apps   unix.CPUSet
	claim  int // descriptor that holds the claim
}

func planCPUs() cpuPlan {
	var c cpuPlan
	if err := unix.SchedGetaffinity(0, &c.all); err != nil {
		c.all.Zero()
	}
	c.claimOne()
	return c
}

// claimOne gives the leader the last CPU that no other Adyton's leader has. The
// first CPU is always the apps'; a leader that finds none must not spin, as two
// that spin on one CPU only keep each other from answering.
func (c *cpuPlan) claimOne() bool {
	if c.spin {
		return true
	}
	c.leader, c.apps, c.claim = c.all, c.all, -1
	free := c.all.Count() - 1
	for i := len(c.all)*64 - 1; i >= 0 && free > 0; i-- {
		if !c.all.IsSet(i) {
			continue
		}
		if fd, ok := claimCPU(i); ok {
			c.spin, c.claim = true, fd
			c.leader.Zero()
			c.leader.Set(i)
			c.apps.Clear(i)
			return true
		}
		free--
	}
	return false
}

// unclaim leaves the CPU to others.
func (c *cpuPlan) unclaim() {
	if c.claim >= 0 {
		unix.Close(c.claim)
	}
	c.spin, c.leader, c.apps, c.claim = false, c.all, c.all, -1
}

// list gives the numbers of at most n CPUs that differ in their lowest bits.
func (c *cpuPlan) list(n int) []int {
	var out []int
	seen := map[int]bool{}
	for i := range len(c.all) * 64 {
		if c.all.IsSet(i) && !seen[i%n] {
			seen[i%n] = true
			out = append(out, i)
		}
	}
	return out
}

// claimCPU takes a CPU unless another Adyton has it. The lock is on the CPU's
// directory in sysfs, which needs no file to be made; where there is no sysfs
// nobody can tell, and the CPU counts as free. The descriptor, which may be -1,
// is the claim.
func claimCPU(cpu int) (fd int, ok bool) {
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

// confine puts all threads of a process on some CPUs; later ones inherit it.
func confine(pid string, cpus *unix.CPUSet) {
	for range 2 { // a thread may be born while we look
		dir, err := os.ReadDir("/proc/" + pid + "/task")
		if err != nil {
			return
		}
		for _, e := range dir {
			if tid, err := strconv.Atoi(e.Name()); err == nil {
				unix.SchedSetaffinity(tid, cpus)
			}
		}
	}
}
