package hostproc

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// root is what one root of the leader sleeps on.
type root struct {
	word     uint32 // 1 while it sleeps or is about to
	waitv    []futexWaitv
	deadline int64
}

// maxQuiet is how many polls of about a microsecond the leader spins before it
// sleeps, while something runs.
const maxQuiet = 2000

// Spin implements leader.Source.
func (p *Platform) Spin(int64) bool {
	return !p.gear.shared && len(p.hot) > 0 && p.quiet < maxQuiet
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

// Prepare implements leader.Source. Doors are set, and bells read, before the
// last look at the states; whoever posts looks at the door, or rings, after it
// has posted.
func (p *Platform) Prepare(i int, deadline int64, pending func() bool) bool {
	r := &p.roots[i]
	atomic.StoreUint32(&r.word, 1)
	// SAFETY: an address for the kernel of a word that the platform keeps alive.
	r.waitv = append(r.waitv[:0], futexWaitv{val: 1, flags: futex32 | futexPrivate, uaddr: uint64(uintptr(unsafe.Pointer(&r.word)))})
	if p.gear.shared {
		p.pin(i)
		for _, pr := range p.procs {
			w := pr.bells.u32(uintptr(shimMbBells + 4*p.gear.bell(i)))
			if !r.watch(w, atomic.LoadUint32(w)) {
				break
			}
		}
	} else {
		for _, pr := range p.active {
			atomic.StoreUint32(pr.door, 1)
			r.watch(pr.door, 1)
		}
	}
	if pending() || len(p.words) > 0 && scan(&p.words[0], len(p.words), 0, 1) >= 0 {
		return false
	}
	p.counts.Sleeps++
	r.deadline = deadline
	limit := int64(0)
	switch {
	case len(r.waitv) == maxWaitv:
		limit = 1e6 // more processes than one call can watch: look again soon
	case p.gear.shared && !p.gear.fixed && p.busy():
		limit = 100e6 // an app can spoil its own bell, but not for ever
	}
	if limit != 0 {
		if d := p.leader.Now() + limit; deadline == 0 || d < deadline {
			r.deadline = d
		}
	}
	return true
}

// watch adds a word of a process to what the root sleeps on.
func (r *root) watch(w *uint32, val uint32) bool {
	if len(r.waitv) == maxWaitv {
		return false
	}
	// SAFETY: an address for the kernel only, which refuses it when the mapping
	// of the process's mailbox has gone.
	r.waitv = append(r.waitv, futexWaitv{val: uint64(val), flags: futex32, uaddr: uint64(uintptr(unsafe.Pointer(w)))})
	return true
}

// Sleep implements leader.Source.
func (p *Platform) Sleep(i int) {
	r := &p.roots[i]
	var ts *unix.Timespec
	if r.deadline != 0 {
		t := unix.NsecToTimespec(r.deadline)
		ts = &t
	}
	// Syscall6, not RawSyscall: the Go scheduler must know that this blocks.
	// SAFETY: waitv and ts are alive across the call.
	unix.Syscall6(sysFutexWaitv, uintptr(unsafe.Pointer(&r.waitv[0])), uintptr(len(r.waitv)), 0,
		uintptr(unsafe.Pointer(ts)), unix.CLOCK_MONOTONIC, 0)
}

// Awake implements leader.Source.
func (p *Platform) Awake(i int) {
	atomic.StoreUint32(&p.roots[i].word, 0)
	if !p.gear.shared {
		for _, pr := range p.active {
			atomic.StoreUint32(pr.door, 0)
		}
	}
	p.quiet = 0
}

// Await implements leader.Source.
func (p *Platform) Await(i int, ready func() bool) {
	w := &p.roots[i].word
	atomic.StoreUint32(w, 1)
	if !ready() {
		const wait = 0
		// SAFETY: the word lives as long as the platform.
		unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(w)), wait|futexPrivate, 1, 0, 0, 0)
	}
	atomic.StoreUint32(w, 0)
}

// Wake implements leader.Source.
func (p *Platform) Wake(i int) {
	w := &p.roots[i].word
	if atomic.SwapUint32(w, 0) == 1 {
		futexWake(w, futexPrivate)
	}
}

func futexWake(w *uint32, flags uintptr) {
	const wake = 1
	// SAFETY: w is alive; the kernel only takes its address.
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(w)), wake|flags, 1, 0, 0, 0)
}
