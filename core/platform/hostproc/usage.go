package hostproc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// CPUTime implements platform.Thread. All of it counts as the user's: the host
// does not tell the two apart to the ns. A process of one thread has a clock
// that costs one call; other threads have none that their parent may read, so
// that the scheduler's statistics serve.
func (t *thread) CPUTime() (userNs, systemNs int64) {
	pr := t.proc
	if pr.dead || pr.pid <= 0 {
		return t.cpuNs, 0
	}
	now := int64(0)
	if !pr.threaded {
		now = processClock(pr.pid)
	} else if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/schedstat", pr.pid, t.tid)); err == nil {
		if i := bytes.IndexByte(b, ' '); i > 0 {
			now, _ = strconv.ParseInt(string(b[:i]), 10, 64)
		}
	}
	t.cpuNs = max(t.cpuNs, now)
	return t.cpuNs, 0
}

// processClock reads the CPU clock of a process: clock_getcpuclockid(3).
func processClock(pid int) int64 {
	const sched = 2 // CPUCLOCK_SCHED
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|sched), &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// PeakBytes implements platform.Space.
func (pr *process) PeakBytes() uint64 {
	if pr.dead || pr.pid <= 0 {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pr.pid))
	if err != nil {
		return 0
	}
	_, b, _ = bytes.Cut(b, []byte("\nVmHWM:"))
	b, _, _ = bytes.Cut(b, []byte("kB"))
	kib, _ := strconv.ParseUint(string(bytes.TrimSpace(b)), 10, 64)
	return kib << 10
}

// FreeBytes implements platform.Platform.
func (p *Platform) FreeBytes() uint64 {
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) != nil {
		return 0
	}
	return s.Freeram * uint64(s.Unit)
}
