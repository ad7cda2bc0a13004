package hostproc

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

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
	quiet   int        // polls without an event since the last one
	active  []*process // with a hot thread: whose doors wake a sleeping leader
	door    uint32     // rung by Wake
	waitv   []futexWaitv
	procs   map[int]*process
	pool    []*process
	filling bool

	starter chan func()
	reaper  *reaper

	// shimPages is how many pages of a blank process are resident.
	shimPages uint64
	cpus      cpuPlan
	clock     clock
	vdso      int // read-only descriptor of the vDSO's image
	xsize     uint32
	features  uint64
	counts    Counts
}

// Counts says how calls were answered since the start.
type Counts struct {
	// Calls came by a jump, Traps by SIGSYS; Sleeps is how often the leader
	// slept.
	Calls, Traps, Sleeps uint64
	// Patched is the number of system call sites that were made jumps.
	Patched uint64
}

// maxQuiet is how many polls of about a microsecond the leader spins before it
// sleeps, while something runs.
const maxQuiet = 2000

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
	p.cpus.confineLeader()
	go p.startLoop()
	go p.reaper.loop()
	p.leader.Run(start)
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
	i := scan(&p.words[0], len(p.words), p.start, rounds)
	if i < 0 {
		p.quiet++
		return false
	}
	p.quiet = 0
	p.start = i + 1
	p.hot[i].posted()
	return true
}

// Spin implements leader.Source.
func (p *Platform) Spin(int64) bool {
	return p.cpus.spin && len(p.hot) > 0 && p.quiet < maxQuiet
}

// futexWaitv is struct futex_waitv of the kernel.
type futexWaitv struct {
	val, uaddr uint64
	flags, _   uint32
}

const (
	sysFutexWaitv = 449
	futex32       = 2   // FUTEX2_SIZE_U32
	futexPrivate  = 128 // FUTEX2_PRIVATE
	maxWaitv      = 128
)

// Sleep implements leader.Source. Each door is set before the last look at the
// states, and whoever posts looks at its door after it has posted.
func (p *Platform) Sleep(deadline int64, pending func() bool) {
	atomic.StoreUint32(&p.door, 1)
	for _, pr := range p.active {
		atomic.StoreUint32(pr.door, 1)
	}
	if !pending() && (len(p.words) == 0 || scan(&p.words[0], len(p.words), 0, 1) < 0) {
		p.counts.Sleeps++
		p.sleep(deadline)
	}
	atomic.StoreUint32(&p.door, 0)
	for _, pr := range p.active {
		atomic.StoreUint32(pr.door, 0)
	}
	p.quiet = 0
}

func (p *Platform) sleep(deadline int64) {
	w := append(p.waitv[:0], futexWaitv{val: 1, flags: futex32 | futexPrivate,
		// SAFETY: an address for the kernel of a word that the struct keeps alive.
		uaddr: uint64(uintptr(unsafe.Pointer(&p.door)))})
	for _, pr := range p.active {
		if len(w) == maxWaitv {
			// More running processes than one call can watch: look again soon.
			if d := p.leader.Now() + 1e6; deadline == 0 || d < deadline {
				deadline = d
			}
			break
		}
		// SAFETY: the door lies in a mapping that lives as long as the process.
		w = append(w, futexWaitv{val: 1, flags: futex32, uaddr: uint64(uintptr(unsafe.Pointer(pr.door)))})
	}
	p.waitv = w
	var ts *unix.Timespec
	if deadline != 0 {
		t := unix.NsecToTimespec(deadline)
		ts = &t
	}
	// Syscall6, not RawSyscall: the Go scheduler must know that this blocks.
	// SAFETY: w and ts are alive across the call.
	unix.Syscall6(sysFutexWaitv, uintptr(unsafe.Pointer(&w[0])), uintptr(len(w)), 0,
		uintptr(unsafe.Pointer(ts)), unix.CLOCK_MONOTONIC, 0)
}

// Wake implements leader.Source.
func (p *Platform) Wake() {
	if atomic.SwapUint32(&p.door, 0) == 1 {
		futexWake(&p.door, futexPrivate)
	}
}

func futexWake(w *uint32, flags uintptr) {
	const wake = 1
	// SAFETY: w is alive; the kernel only takes its address.
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(w)), wake|flags, 1, 0, 0, 0)
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
	return fmt.Sprintf("hostproc: %d calls by jump, %d by trap, %d sites made jumps, leader slept %d times",
		c.Calls, c.Traps, c.Patched, c.Sleeps)
}
