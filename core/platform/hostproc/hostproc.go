package hostproc

import (
	"fmt"
	"os"
	"runtime"

	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
)

// Platform runs app code in host processes. Make one with New.
type Platform struct {
	leader *leader.Leader
	kernel platform.Kernel

	shim image
	stub int // sealed executable of a blank process
	ro   roPage

	// Threads that may post, and where their state words are: what scan
	// looks at. The two slices run in parallel.
	words   []*uint32
	hot     []*thread
	start   int
	found   int        // what Poll has seen
	quiet   int        // polls without an event since the last one
	active  []*process // with a hot thread: whose doors wake a sleeping leader
	roots   [leader.MaxRoots]root
	procs   map[int]*process
	pool    []*process
	filling bool

	starter chan func()
	reaper  *reaper

	// shimPages is how many pages of a blank process are resident.
	shimPages uint64
	cpus      cpuPlan
	gear      gearbox
	clock     clock
	vdso      int // read-only descriptor of the vDSO's image
	xsize     uint32
	features  uint64
	counts    Counts
}

// Counts says how calls were answered since the start.
type Counts struct {
	// Calls came by a jump, Traps by SIGSYS; Sleeps is how often the leader
	// slept, Shifts how often the gear changed.
	Calls, Traps, Sleeps, Shifts uint64
	// Patched is the number of system call sites that were made jumps.
	Patched uint64
}

// New prepares the platform: nothing runs yet.
func New() (*Platform, error) { return newPlatform(theShim) }

func newPlatform(shim image) (*Platform, error) {
	p := &Platform{shim: shim, procs: map[int]*process{}, starter: make(chan func())}
	p.leader = leader.New(p)
	p.features = xcr0()
	p.xsize = xsaveSize()
	var err error
	if p.stub, err = sealedFile("adyton-stub", p.shim.stubELF()); err != nil {
		return nil, err
	}
	if p.ro, err = newROPage(); err != nil {
		return nil, err
	}
	if p.reaper, err = newReaper(p); err != nil {
		return nil, err
	}
	if p.vdso, err = sealedFile("adyton-vdso", vdsoImage); err != nil {
		return nil, err
	}
	if p.vdso, err = readOnly(p.vdso); err != nil {
		return nil, err
	}
	p.startClock()
	p.cpus = planCPUs()
	p.startGear()
	return p, nil
}

// Leader gives the token's scheduler: core/wait parks and wakes by it.
func (p *Platform) Leader() *leader.Leader { return p.leader }

// Counts reports how calls were answered so far.
func (p *Platform) Counts() Counts { return p.counts }

// XStateSize implements platform.Platform: the xsave area and the second magic
// word behind it.
func (p *Platform) XStateSize() uint32 { return p.xsize + 4 }

// Run implements platform.Platform.
func (p *Platform) Run(k platform.Kernel, start func()) error {
	p.kernel = k
	go p.startLoop()
	go p.reaper.loop()
	p.leader.Run(func() {
		p.shift(p.gear.shared)
		start()
	})
	p.stopGear()
	for _, pr := range p.procs {
		pr.Kill()
	}
	return nil
}

// Stop implements platform.Platform.
func (p *Platform) Stop() { p.leader.Stop() }

// startLoop is the one thread that creates processes: PDEATHSIG fires when the
// thread that started a process ends, so this one never does.
func (p *Platform) startLoop() {
	runtime.LockOSThread()
	for f := range p.starter {
		f()
	}
}

// Poll implements leader.Source.
func (p *Platform) Poll() bool {
	if len(p.words) == 0 {
		return false
	}
	if p.start >= len(p.words) {
		p.start = 0
	}
	rounds := 40
	if n := len(p.words); n > 8 {
		rounds = max(1, 320/n)
	}
	if p.gear.shared {
		rounds = 1
	}
	i := scan(&p.words[0], len(p.words), p.start, rounds)
	if i < 0 {
		p.quiet++
		return false
	}
	p.quiet = 0
	p.found = i
	return true
}

// Take implements leader.Source.
func (p *Platform) Take() {
	p.start = p.found + 1
	p.hot[p.found].posted()
}

// warm puts a thread among those that scan looks at.
func (p *Platform) warm(t *thread) {
	if t.hotIndex >= 0 {
		return
	}
	t.hotIndex = len(p.hot)
	p.hot = append(p.hot, t)
	p.words = append(p.words, t.mb.u32(shimMbState))
	pr := t.proc
	if pr.hot++; pr.hot == 1 {
		pr.activeIndex = len(p.active)
		p.active = append(p.active, pr)
	}
}

// cool takes it away.
func (p *Platform) cool(t *thread) {
	i := t.hotIndex
	if i < 0 {
		return
	}
	n := len(p.hot) - 1
	p.hot[i], p.words[i] = p.hot[n], p.words[n]
	p.hot[i].hotIndex = i
	p.hot[n], p.words[n] = nil, nil
	p.hot, p.words = p.hot[:n], p.words[:n]
	t.hotIndex = -1
	pr := t.proc
	if pr.hot--; pr.hot == 0 {
		n := len(p.active) - 1
		p.active[pr.activeIndex] = p.active[n]
		p.active[pr.activeIndex].activeIndex = pr.activeIndex
		p.active[n] = nil
		p.active = p.active[:n]
	}
}

// operatorError reports what an operator should know of; the app goes on.
func operatorError(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "adyton: hostproc: "+format+"\n", args...)
}

// Report says in words how calls were handed over.
func (p *Platform) Report() string {
	c := &p.counts
	gear := "a CPU for the leader"
	if p.gear.shared {
		gear = "all CPUs shared"
	}
	return fmt.Sprintf("hostproc: %d calls by jump, %d by trap, %d sites made jumps, leader slept %d times; at the end %s, changed %d times",
		c.Calls, c.Traps, c.Patched, c.Sleeps, gear, c.Shifts)
}
