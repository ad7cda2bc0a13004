package hostproc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
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
		now = pr.cpuTime()
	} else if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/schedstat", pr.pid, t.tid)); err == nil {
		if i := bytes.IndexByte(b, ' '); i > 0 {
			now, _ = strconv.ParseInt(string(b[:i]), 10, 64)
		}
	}
	t.cpuNs = max(t.cpuNs, now)
	return t.cpuNs, 0
}

// clock reads the CPU clock of a process: clock_getcpuclockid(3).
func (pr *process) clock() int64 {
	const sched = 2 // CPUCLOCK_SCHED
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pr.pid<<3|sched), &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// CPUTime implements platform.Space; as for threads, all is the user's.
func (pr *process) CPUTime() (userNs, systemNs int64) {
	return pr.cpuTime(), 0
}

// cpuTime is the clock, which stands when the one thread does: the core asks for
// it several times in one exec.
func (pr *process) cpuTime() int64 {
	if pr.dead || pr.pid <= 0 || pr.still {
		return pr.cpuNs
	}
	pr.cpuNs = max(pr.cpuNs, pr.clock())
	if t := pr.first(); !pr.threaded && t != nil && !t.running && !t.waiting {
		pr.still = true
	}
	return pr.cpuNs
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

// ResidentPages implements platform.Space, by /proc/PID/pagemap.
func (pr *process) ResidentPages(addr uint64, pages []byte) {
	clear(pages)
	if pr.dead || pr.pid <= 0 {
		return
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/pagemap", pr.pid))
	if err != nil {
		return
	}
	defer f.Close()
	b := make([]byte, 8*len(pages))
	n, _ := f.ReadAt(b, int64(addr/pageSize*8))
	for i := range n / 8 {
		// Bit 63 says present, 61 of a file, 56 mapped here only.
		if top := b[8*i+7]; top>>7 != 0 {
			pages[i] = platform.PageResident | top&1*platform.PageExclusive | top>>5&1*platform.PageFile
		}
	}
}

// Membarrier implements platform.Thread.
func (t *thread) Membarrier(cmd uint32) (int64, linux.Errno) {
	t.mb.order(0, unix.SYS_MEMBARRIER, uint64(cmd), 0, 0)
	if _, e := t.run(1); e != 0 {
		return 0, e
	}
	return int64(t.mb.result(0)), 0
}

// FreeBytes implements platform.Platform.
func (p *Platform) FreeBytes() uint64 {
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) != nil {
		return 0
	}
	return s.Freeram * uint64(s.Unit)
}
