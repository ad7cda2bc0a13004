// Package platform is the interface between the core and what runs app code:
// address spaces, threads and their registers. It knows no system call.
//
// All calls but Leader.Post are made by a handler that holds the leader's
// token; a call that must wait for the app's side parks that handler.
package platform

import "adyton.dev/adyton/core/linux"

// EventKind says why a thread came into the core.
type EventKind uint8

const (
	// EventSyscall is a system call: Nr and Args.
	EventSyscall EventKind = iota + 1
	// EventFault is a synchronous exception: Fault.
	EventFault
	// EventKick is a thread that Kick brought in, or that a kick met on its
	// way out; it waits for Resume.
	EventKick
	// EventFrameFault says that the last Deliver or Restore touched memory
	// that is not there.
	EventFrameFault
	// EventOutFault says that the last ReturnOut met memory that is not there,
	// or not writable. Out still holds the bytes, as far as the app left them;
	// some may have been copied. It is answered as the call was.
	EventOutFault
)

// Fault describes an exception as Linux reports it in siginfo and sigcontext.
type Fault struct {
	Signo, Code int32
	Addr        uint64
	Trapno, Err uint64
}

// Event is what a thread brings. It is only valid during the handler's call.
type Event struct {
	Kind  EventKind
	Nr    uint64
	Args  [6]uint64
	Fault Fault
}

// Kernel is the core as the platform sees it.
type Kernel interface {
	// Event handles one event of a thread in a coroutine of its own; it may
	// park. It ends by answering the thread (Return, Resume, ...) or leaves
	// that to a later handler.
	Event(t Thread, ev *Event)
	// Death tells that the host ended a space's process without being
	// ordered to. Its threads are gone.
	Death(s Space)
}

// OpKind is a change of an address space.
type OpKind uint8

// The kinds of Op; Addr and Length are page aligned.
const (
	OpMapAnon OpKind = iota + 1
	OpMapFile
	OpUnmap
	OpProtect
	OpRemap
	OpAdvise
)

// Op is one change of an address space.
type Op struct {
	Kind         OpKind
	Addr, Length uint64
	// Prot holds PROT_*, Flags MAP_SHARED or MAP_PRIVATE and hints.
	Prot, Flags uint32
	// FD is a descriptor of the core's process, with an offset in bytes.
	FD     int
	Offset uint64
	// Write lets the app write a shared mapping of FD.
	Write              bool
	NewAddr, NewLength uint64
	Advice             uint32
}

// Range is a span of addresses.
type Range struct{ Addr, Length uint64 }

// Ident holds the words that are answered without the core.
type Ident struct{ Pid, Tid, Ppid, Uid, Euid, Gid, Egid uint64 }

// Answers says which calls of a thread the platform may answer by itself.
type Answers uint32

// The kinds of Answers.
const (
	AnswerAll Answers = iota
	AnswerNone
	// AnswerNext lets it answer the next call of those that it can, then none.
	AnswerNext
)

// Thread is one thread that can run app code. Between an event and its answer
// the thread stands still.
type Thread interface {
	Space() Space
	// SetOwner and Owner keep what the core hangs on the thread.
	SetOwner(any)
	Owner() any

	// Regs reads the registers of a thread that stands still; for a system
	// call rax holds the number and rip is behind the instruction.
	Regs(*Regs)
	// Return answers a system call.
	Return(ret uint64)
	// Out is the buffer that ReturnOut copies from; at least 16 KiB.
	Out() []byte
	// ReturnOut copies Out()[:n] to dst in the app and answers with ret;
	// EventOutFault follows when dst is not all writable.
	ReturnOut(ret, dst uint64, n int)
	// In gives the input buffer at addr that came with the call, if it did:
	// a snapshot that the app may still scribble on.
	In(addr uint64) ([]byte, bool)
	// Resume goes on with all registers.
	Resume(*Regs)
	// Deliver writes frame at addr, saves the extended state at xstate (0
	// for none) and goes on with regs. EventFrameFault tells of a bad stack.
	Deliver(r *Regs, addr uint64, frame []byte, xstate uint64)
	// Restore loads the extended state from xstate in app memory, then
	// goes on with regs.
	Restore(r *Regs, xstate uint64)
	// Blocked hints that the answer will take a while.
	Blocked()
	// XState appends the extended state of a thread that stands still, in the
	// standard format of XSAVE with XCR0 at byte 464. It parks; nothing comes
	// when the thread has ended.
	XState([]byte) []byte
	// Kick brings a running thread into the core soon; one that stands still
	// comes back from its next answer before an instruction of the app has run.
	// It may be called at any time and is never lost.
	Kick()
	// Running says that the thread has been answered and has not come back.
	Running() bool
	// Waiting says that a running thread sleeps in a call that the platform
	// answers: for show.
	Waiting() bool
	// Alive reports whether the host still has the thread.
	Alive() bool
	// WakeFutex wakes up to n threads that wait on the futex at addr in this space,
	// shared or private.
	WakeFutex(addr uint64, n int)
	// Exit ends the thread, after it has cleared the 32-bit word at
	// clearTid (0 for none) and woken its futex.
	Exit(clearTid uint64)
	SetIdent(*Ident)
	// Answer says which calls the platform may answer: all, until it is told.
	// A copy of the thread that Fork or Clone makes begins with all. The vDSO
	// knows nothing of it.
	Answer(Answers)
	// SetTLS sets the FS base; fs is read back by TLS.
	SetTLS(fs uint64) linux.Errno
	// TLS is the FS base that was set last.
	TLS() uint64
	// Membarrier runs membarrier(2) with cmd, no flags, for the threads of the
	// space. The thread stands still. Errors: ENOSYS, EPERM, EINVAL.
	Membarrier(cmd uint32) (int64, linux.Errno)
	// CPUTime is how long the thread has run, in ns: in the app and in the
	// host's kernel on its behalf. It never goes back.
	CPUTime() (userNs, systemNs int64)
}

// Space is one address space with the threads in it.
type Space interface {
	// Read and Write copy between app memory and b and return how many
	// bytes went before the first bad one.
	Read(addr uint64, b []byte) int
	Write(addr uint64, b []byte) int
	// CompareAndSwap stores new in the aligned word at addr if it is old, as one
	// atomic step that the app sees, and returns what the word was. Thread t
	// of this space does it, which stands still. It parks: hold no mutex.
	// Errors: EINVAL (addr not aligned), EFAULT, ESRCH (t has ended).
	CompareAndSwap(t Thread, addr uint64, old, new uint32) (uint32, linux.Errno)
	// Apply makes changes in order, by thread t of this space, which stands
	// still. It returns how many were done and why the next one failed.
	Apply(t Thread, ops []Op) (int, linux.Errno)
	// Clone makes a thread in this space that begins with regs and fs.
	Clone(t Thread, r *Regs, fs uint64, setTLS bool) (Thread, linux.Errno)
	// Fork makes a copy of the space with one thread, a copy of t that
	// begins with regs. Nothing runs in it until it is answered.
	Fork(t Thread, r *Regs) (Space, Thread, linux.Errno)
	// Jumps gives spans that the app cannot use, for code of the platform's.
	Jumps([]Range)
	// Clear unmaps everything that the app can see.
	Clear(t Thread) linux.Errno
	// Kill ends the host process at once.
	Kill()
	// Resident is how much memory the space has now, in bytes: all of it, and
	// what is its own.
	Resident() (all, private uint64)
	// Limits gives the lowest and one past the highest address for apps.
	Limits() (low, high uint64)
	// ResidentPages says for each page from addr on, page aligned, whether the
	// space has it in memory: PageResident, with the other bits that hold, or 0.
	ResidentPages(addr uint64, pages []byte)
	// CPUTime is how long all threads of the space have run, those that have
	// ended too, in ns.
	CPUTime() (userNs, systemNs int64)
	// PeakBytes is the most memory that has been resident, in bytes.
	PeakBytes() uint64
}

// What ResidentPages tells of a page in memory: that it is mapped nowhere else,
// and that it belongs to a file and not to the space alone.
const (
	PageResident = 1 << iota
	PageExclusive
	PageFile
)

// Platform runs app code.
type Platform interface {
	// Run is the leader: it hands events to k until Stop. start is called
	// first, as a handler.
	Run(k Kernel, start func()) error
	Stop()
	// NewSpace gives an empty space with one thread that stands still. owner
	// names the credentials of who will run in it: what ran under others
	// leaves nothing there. It parks.
	NewSpace(owner string) (Space, Thread, error)
	// Retire ends the last thread of a space; the space may be given out
	// again for the same owner.
	Retire(Thread)
	// XStateSize is the size of the extended state in a signal frame,
	// magic word at the end included.
	XStateSize() uint32
	// VDSO gives a read-only descriptor of the vDSO's image, or -1, and its
	// length in bytes, whole pages.
	VDSO() (fd int, length uint64)
	// SetRealtimeOffset says what CLOCK_REALTIME is ahead of the host's, in
	// ns, for where apps read it without the core.
	SetRealtimeOffset(ns int64)
	// FreeBytes is how much memory is free, in bytes.
	FreeBytes() uint64
}
