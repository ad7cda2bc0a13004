// Package task owns processes, threads, credentials, process groups and
// sessions.
//
// It never calls a subsystem: handlers in core/syscalls do, and hand the
// result in. It never blocks: core/wait does. It is used with the leader's
// token, so it has no locks.
package task

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/keys"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/seccomp"
	"adyton.dev/adyton/core/wait"
)

// Thread is one thread of execution: what Linux calls a task.
type Thread struct {
	Tid     int32
	Process *Process
	// Platform is what runs it. Of a vfork parent it is lent to the child.
	Platform platform.Thread
	// Sleep is where it sleeps.
	Sleep wait.Sleeper

	Cred  *Cred
	Files *fdtable.Table
	FS    *FSContext

	// Name is what PR_SET_NAME sets: at most 15 bytes.
	Name string
	// ClearTid is the address of the word to clear at the end, or 0.
	ClearTid uint64
	// RobustHead is the address of the robust futex list, or 0.
	RobustHead uint64
	// RobustLen is what get_robust_list gives back.
	RobustLen uint64
	// FutexesGone: the thread ends and holds no lock any more.
	FutexesGone bool

	// Regs, when HasRegs, are those to go on with instead of the platform's:
	// of a vfork parent whose thread is lent.
	Regs    platform.Regs
	HasRegs bool

	// ParentDeathSignal is PR_SET_PDEATHSIG.
	ParentDeathSignal int32
	// Affinity, policy and priority, as sched_* show them.
	Nice     int32
	Policy   int32
	RTPrio   int32
	Affinity []uint64
	// Deadline is what SCHED_DEADLINE asks for.
	Deadline SchedDeadline
	// ResetOnFork is SCHED_RESET_ON_FORK; IOPrio is as ioprio_set has it.
	ResetOnFork bool
	IOPrio      int32
	// Personality is what personality(2) sets, TimerSlackNs PR_SET_TIMERSLACK
	// (0 for the default).
	Personality  uint32
	TimerSlackNs int64
	// DefaultSlackNs is what a slack of 0 sets: the parent's at the fork.
	DefaultSlackNs int64
	// MCEKill is PR_MCE_KILL plus one, 0 for the default.
	MCEKill uint8
	// SeccompMode is SECCOMP_MODE_*, Seccomp the filters of its filter mode.
	SeccompMode uint32
	Seccomp     *seccomp.Filter
	// Keyrings are those of the key service.
	Keyrings keys.Rings
	// MemPolicy is what set_mempolicy sets.
	MemPolicy MemPolicy

	// UserNs and SystemNs are the CPU time used on earlier platform threads,
	// less UserFrom and SystemFrom, what the present one had used at first.
	UserNs, SystemNs, UserFrom, SystemFrom int64

	// IO counts its reads and writes.
	IO IO

	// Kernel is what of the CPU time was spent in calls, Waits how often one
	// waited.
	Kernel Kernel
	Waits  int64

	// SemUndo is what SEM_UNDO notes, or nil.
	SemUndo *SemUndo

	// Exited means that the thread has ended; it may still lie about as the
	// leader of its group.
	Exited bool
	// Vforker is the parent's thread that stands still until this one execs
	// or exits.
	Vforker *Thread
	// VforkDone is woken when the child of a vfork has done so.
	VforkDone wait.Queue
	// Lent: the platform thread is running a vfork child.
	Lent bool

	// Local is what core/syscalls keeps of a thread: its call's frame.
	Local any
	// StartNs is when it was made, in monotonic ns.
	StartNs int64
	// InCall says that a handler runs for it.
	InCall bool
}

// SchedDeadline is a reservation of CPU time: runtime ns in each period, by the
// deadline. Flags are SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN.
type SchedDeadline struct{ RuntimeNs, DeadlineNs, PeriodNs, Flags uint64 }

// MemPolicy is where memory is to come from: MPOL_* with flags, and nodes.
type MemPolicy struct {
	Mode  uint32
	Nodes uint64
}

// FSContext is what CLONE_FS shares.
type FSContext struct {
	refs int
	// Root and Cwd are descriptions of fs opened as O_PATH.
	Root, Cwd *fdtable.File
	Umask     uint32
}

// NewFSContext takes over the two references.
func NewFSContext(root, cwd *fdtable.File, umask uint32) *FSContext {
	return &FSContext{refs: 1, Root: root, Cwd: cwd, Umask: umask}
}

// Share adds a user.
func (f *FSContext) Share() *FSContext {
	f.refs++
	return f
}

// Copy makes one of its own.
func (f *FSContext) Copy() *FSContext {
	return NewFSContext(f.Root.Ref(), f.Cwd.Ref(), f.Umask)
}

// Shared reports whether others use it too.
func (f *FSContext) Shared() bool { return f.refs > 1 }

// Release drops a user and returns the files to unref at the last.
func (f *FSContext) Release() []*fdtable.File {
	if f.refs--; f.refs > 0 {
		return nil
	}
	return []*fdtable.File{f.Root, f.Cwd}
}

// SemUndo is a list of semaphore operations to undo: what CLONE_SYSVSEM shares.
type SemUndo struct {
	// ID is ipc's name for it.
	ID   uint64
	refs int
}

// NewSemUndo makes a list with one user.
func NewSemUndo(id uint64) *SemUndo { return &SemUndo{ID: id, refs: 1} }

// Share adds a user.
func (u *SemUndo) Share() *SemUndo {
	u.refs++
	return u
}

// Release drops a user and reports whether it was the last.
func (u *SemUndo) Release() bool {
	u.refs--
	return u.refs == 0
}

// Space is an address space and its users.
type Space struct {
	refs int
	// Owner is the process that made it by fork or execve. UserFrom and
	// SystemFrom are the CPU time in the space that is not the owner's, in ns.
	Owner                *Process
	UserFrom, SystemFrom int64
	// MM is mm's number for it.
	MM uint64
	// Platform is where it is.
	Platform platform.Space
	// Change is held while a change of the mapping is under way.
	Change wait.Lock
	// Exe is the file that was executed, and what the loader found there.
	Exe *fdtable.File
	// Spans of the stack that /proc and auxv show.
	ArgStart, ArgEnd, EnvStart, EnvEnd uint64
	Auxv                               []byte
	StartCode, EndCode, StartStack     uint64
	// Tainted: credentials changed while a program ran here, so that the
	// platform's space must serve nobody else.
	Tainted bool
	// Dumpable is PR_SET_DUMPABLE.
	Dumpable uint32
	// NoHugePages is PR_SET_THP_DISABLE.
	NoHugePages bool
	// Barriers are the registrations of membarrier(2).
	Barriers uint32
	// MDWE is PR_SET_MDWE.
	MDWE uint32
	// Files are the descriptions behind mm's file numbers.
	Files map[uint64]*MappedFile
}

// MappedFile is a file that areas name.
type MappedFile struct {
	File *fdtable.File
	Refs int64
	// FD is a descriptor of this process that maps it, or -1; Own says that
	// it is closed with the last area.
	FD    int
	Own   bool
	Write bool
	// Name is what /proc shows of a file that was not opened by a path.
	Name string
	// Segment is the System V segment whose memory it is, or nil.
	Segment *Segment
}

// Segment is an attachment of a System V shared memory segment.
type Segment struct {
	ID int32
	// Attached is how often ipc has been told that it is mapped: once an area.
	Attached int64
}

// NewSpace makes one with one user.
func NewSpace(mm uint64, p platform.Space) *Space {
	return &Space{refs: 1, MM: mm, Platform: p, Dumpable: 1, Files: map[uint64]*MappedFile{}}
}

// Inherit takes over what a fork and an execve keep: mmf_init_flags.
func (s *Space) Inherit(from *Space) {
	s.NoHugePages = from.NoHugePages
	if from.MDWE&linux.PR_MDWE_NO_INHERIT == 0 {
		s.MDWE = from.MDWE
	}
}

// Share adds a user.
func (s *Space) Share() *Space {
	s.refs++
	return s
}

// Release drops a user and reports whether it was the last.
func (s *Space) Release() bool {
	s.refs--
	return s.refs == 0
}

// Users is the number of processes in the space.
func (s *Space) Users() int { return s.refs }

// Process is a thread group.
type Process struct {
	// Keyring is the keyring of the process, 0 for none.
	Keyring int32
	Pid     int32
	Parent  *Process
	// ParentThread is the thread that made it, for PR_SET_PDEATHSIG.
	ParentThread *Thread
	Children     map[int32]*Process
	Threads      map[int32]*Thread
	Leader       *Thread
	Space        *Space
	Group        *Group

	// ExitSignal is sent to the parent at the end; 0 sends none.
	ExitSignal int32
	// Exiting: the group ends with Status; no thread goes back to the app.
	Exiting bool
	// ExecThread is the thread that execs while the others are taken down.
	ExecThread *Thread
	// Status is the wait status: exit code << 8, or the signal.
	Status int32
	// Zombie: all threads have ended and the parent has not waited.
	Zombie bool
	// Reaped: nobody can find it any more.
	Reaped bool

	// Stopped by a signal, or continued since: what wait4 reports once.
	Stopped    bool
	StopSignal int32
	StopSeen   bool
	Continued  bool
	// Resume is woken when a stopped group continues.
	Resume wait.Queue
	// ChildEvent is woken when a child changes state.
	ChildEvent wait.Queue
	// ThreadGone is woken when a thread ends: exec and exit_group wait.
	ThreadGone wait.Queue

	// Dump is the core file that the process is about to leave, or nil.
	Dump any

	Limits [16]linux.Rlimit
	// Subreaper is PR_SET_CHILD_SUBREAPER.
	Subreaper bool
	// Execed: an execve has happened since fork (setpgid of a child: EACCES).
	Execed bool
	// RecordLocks: fcntl locks were taken, so that close must drop some.
	RecordLocks bool
	// NoNewPrivs is PR_SET_NO_NEW_PRIVS.
	NoNewPrivs bool
	// OomScoreAdj is /proc/PID/oom_score_adj.
	OomScoreAdj int32

	// ChildUserNs and others are times of children waited for, in ns.
	ChildUserNs, ChildSystemNs int64
	// UserNs and SystemNs are the CPU time of earlier programs, and of threads
	// that have ended in a space that is another's. CPUSealed: of all.
	UserNs, SystemNs int64
	CPUSealed        bool
	StartNs          int64
	// IO counts the reads and writes of threads that have ended and of children
	// waited for.
	IO IO
	// Kernel is what of the CPU time was spent in calls; Waits how often one
	// waited, ChildWaits those of children waited for.
	Kernel            Kernel
	Waits, ChildWaits int64
	// MaxRSS is the most memory that was resident, in KiB, when last looked
	// at; ChildMaxRSS that of the largest child waited for.
	MaxRSS, ChildMaxRSS int64
}

// Kernel divides CPU time: how long calls took, in ns, and what was shown last,
// which never goes back.
type Kernel struct {
	Ns                    int64
	shownUser, shownInner int64
}

// Split divides the time of all into the app's and the calls'.
func (k *Kernel) Split(all int64) (user, system int64) {
	k.shownInner = max(k.shownInner, min(k.Ns, all))
	k.shownUser = max(k.shownUser, all-k.shownInner)
	return k.shownUser, k.shownInner
}

// Group is a process group in a session.
type Group struct {
	Pgid    int32
	Session *Session
	Members map[int32]*Process
}

// Session is a session with its controlling terminal.
type Session struct {
	Sid    int32
	Groups map[int32]*Group
	// Leader ends the session when it exits.
	Leader *Process
	// Terminal is the controlling terminal, or nil: the description that made
	// it so, without a reference to it.
	Terminal *fdtable.File
}

// Live counts threads that have not ended.
func (p *Process) Live() int {
	n := 0
	for _, t := range p.Threads {
		if !t.Exited {
			n++
		}
	}
	return n
}
