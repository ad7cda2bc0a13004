package hostproc

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/platform/leader"
)

// gearbox chooses who has which CPU. With a CPU to itself the leader spins, and
// a call costs less than the host's; when more app threads compute than CPUs
// are left, and calls are few, that CPU is worth more to them. Then nobody
// spins: the leader has a root on each CPU, which a call wakes without going
// to another CPU, and the apps have all CPUs.
type gearbox struct {
	shared bool // no CPU is the leader's
	fixed  bool // a test shifts itself, and has no net under a lost wake

	cpus   []int       // where the roots are pinned in the shared gear
	pinned map[int]int // CPU by host thread
	procs  int         // GOMAXPROCS of the other gear
	sysmon int         // Go's monitor thread, 0 when it is left alone

	timer *leader.Timer
	armed bool
	at    int64  // when the looks began, or the last one was
	calls uint64 // that had come by the last look
	looks int
	votes int // looks in a row that spoke for the other gear
	own   delay

	// Calls in a second of the apps' CPU time below which, with enough delay, the
	// gear is shared, and above which it is not. Of CPU time, since where others
	// compute as well all calls are few, and dear in the shared gear most of all.
	few, many float64
}

// delay is how long a thread has waited for a CPU, as of one look.
type delay struct {
	tid, look int
	ns        int64
}

const (
	lookPeriod = 10e6 // ns
	// A call costs about 20 us more in the shared gear.
	fewCalls, manyCalls = 20000, 35000
	// Of the time, what somebody has waited for a CPU.
	delayedShare = 0.3
	maxLooked    = 32 // threads whose delay, and processes whose CPU time is read
	// Fewer calls than this since the last look say nothing.
	someCalls = 20
)

func (p *Platform) startGear() {
	g := &p.gear
	g.few, g.many = fewCalls, manyCalls
	g.shared = !p.cpus.spin
	g.timer = leader.NewTimer(p.look)
	g.procs = runtime.GOMAXPROCS(0)
	if knowsCPU() {
		g.cpus = p.cpus.list(leader.MaxRoots)
	}
	// To come back from SCHED_IDLE needs what it takes to have nice 0.
	var l unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NICE, &l)
	if os.Geteuid() == 0 || l.Cur >= 20 {
		g.sysmon = secondThread()
	}
}

// stopGear leaves the process as it was: tests make several platforms.
func (p *Platform) stopGear() {
	p.gear.fixed = true
	p.quietSysmon(false)
	runtime.GOMAXPROCS(p.gear.procs)
	p.cpus.unclaim()
	confine("self", &p.cpus.all)
}

// knowsCPU checks that app threads can tell which CPU they run on.
func knowsCPU() bool {
	for range 10 { // the thread may move meanwhile
		var cpu int
		// SAFETY: the kernel writes one word.
		unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0)
		if currentCPU() == cpu {
			return true
		}
	}
	return false
}

// several says whether there are several CPUs to share.
func (g *gearbox) several() bool { return len(g.cpus) > 1 }

// bell is the index of the bell that root i sleeps on.
func (g *gearbox) bell(i int) int {
	if !g.several() {
		return 0
	}
	return g.cpus[i] % leader.MaxRoots
}

// shift changes to a gear. Threads that go by the old one meanwhile do no harm:
// they ring a bell, and then look at the door as well.
func (p *Platform) shift(shared bool) {
	g := &p.gear
	g.shared, g.votes = shared, 0
	g.pinned = map[int]int{}
	roots, word := 1, uint32(0)
	if shared {
		p.cpus.unclaim()
		confine("self", &p.cpus.all)
		word = 2
		if g.several() {
			roots, word = len(g.cpus), 1
		}
		// A processor of Go's for each root that sleeps, and two for the rest: a
		// monitor that seldom runs takes none back.
		runtime.GOMAXPROCS(roots + 2)
	} else {
		runtime.GOMAXPROCS(g.procs)
		confine("self", &p.cpus.leader)
	}
	p.quietSysmon(shared)
	p.ro.setGear(word)
	for _, pr := range p.procs {
		for _, t := range pr.threads {
			t.setPatience()
		}
		confine(fmt.Sprint(pr.pid), &p.cpus.apps)
	}
	p.leader.SetRoots(roots)
}

// setPatience says how long a thread waits before it sleeps: rounds of PAUSE,
// and yields.
func (t *thread) setPatience() {
	spin, yields := uint32(200), uint32(50)
	if t.proc.p.gear.shared {
		spin, yields = 0, 0
	}
	t.mb.store32(shimMbSpin, spin)
	t.mb.store32(shimMbYield, yields)
}

// pin keeps the thread of root i on its CPU.
func (p *Platform) pin(i int) {
	g := &p.gear
	if !g.several() {
		return
	}
	tid, cpu := unix.Gettid(), g.cpus[i]
	if c, ok := g.pinned[tid]; ok && c == cpu {
		return
	}
	var set unix.CPUSet
	set.Set(cpu)
	unix.SchedSetaffinity(0, &set)
	g.pinned[tid] = cpu
}

// newBells has the roots that sleep look at which processes there are.
func (p *Platform) newBells() {
	if p.gear.shared {
		for i := range p.leader.Roots() {
			p.Wake(i)
		}
	}
}

// tickGear begins to look at how things go; called when an app is answered.
func (p *Platform) tickGear() {
	g := &p.gear
	if g.armed || g.fixed || !g.several() {
		return
	}
	g.armed = true
	g.at = p.leader.Now()
	p.leader.Arm(g.timer, g.at+lookPeriod)
}

// busy says whether an app thread may be running app code, as opposed to
// sleeping in a futex of the host. The next call begins the looks anew.
func (p *Platform) busy() bool {
	for _, t := range p.hot {
		if t.running && atomic.LoadUint32(t.mb.u32(shimMbInHost)) == 0 {
			return true
		}
	}
	return false
}

// look decides on the gear, every lookPeriod while something runs.
func (p *Platform) look() {
	g := &p.gear
	g.armed = false
	if g.fixed || !p.busy() {
		return
	}
	now := p.leader.Now()
	total := p.counts.Calls + p.counts.Traps
	calls := float64(total - g.calls)
	g.calls = total
	passed := float64(max(now-g.at, 1)) / 1e9
	g.looks++
	ran := p.ran()
	change := false
	if g.shared {
		change = calls > someCalls && calls > g.many*ran
	} else {
		change = calls < g.few*ran && p.delayed() > delayedShare*passed
	}
	if !change {
		g.votes = 0
	} else if g.votes++; g.votes >= 2 && (!g.shared || p.cpus.claimOne()) {
		p.counts.Shifts++
		p.shift(!g.shared)
	}
	p.tickGear()
}

// ran is how much CPU time the apps had since the last look, in s: those that
// may run now. That of others counts when they next do.
func (p *Platform) ran() float64 {
	sum := int64(0)
	for _, pr := range p.active[:min(len(p.active), maxLooked)] {
		now := pr.clock()
		sum += max(now-pr.lookedNs, 0)
		pr.lookedNs = now
	}
	return float64(sum) / 1e9
}

// delayed is how long those who could have run have waited for a CPU since the
// last look, in s: the apps' threads together, or the leader.
func (p *Platform) delayed() float64 {
	sum, n := int64(0), 0
	for _, t := range p.hot {
		if !t.running || atomic.LoadUint32(t.mb.u32(shimMbInHost)) != 0 {
			continue
		}
		if n++; n > maxLooked {
			break
		}
		sum += t.delay.since(t.proc.pid, t.tid, p.gear.looks)
	}
	return float64(max(sum, p.gear.own.since(os.Getpid(), unix.Gettid(), p.gear.looks))) / 1e9
}

// since reads a thread's delay and gives what it is more than at the last look,
// or 0 when it was not read then.
func (d *delay) since(pid, tid, look int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/schedstat", pid, tid))
	if err != nil {
		return 0
	}
	var ran, waited int64
	fmt.Sscan(string(b), &ran, &waited)
	old := *d
	*d = delay{tid, look, waited}
	if old.tid != tid || old.look != look-1 {
		return 0
	}
	return waited - old.ns
}

// secondThread finds Go's monitor, the first thread that the runtime makes.
func secondThread() int {
	dir, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	first := 0
	for _, e := range dir {
		var tid int
		fmt.Sscan(e.Name(), &tid)
		if tid > os.Getpid() && (first == 0 || tid < first) {
			first = tid
		}
	}
	return first
}

// quietSysmon lets Go's monitor run only where nothing else does: after each
// sleep of a root it polls every 20 us for a while, a fifth of a CPU.
func (p *Platform) quietSysmon(quiet bool) {
	if p.gear.sysmon == 0 {
		return
	}
	a := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	if quiet {
		a.Policy = unix.SCHED_IDLE
	}
	unix.SchedSetAttr(p.gear.sysmon, &a, 0)
}
