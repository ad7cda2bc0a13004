package syscalls

import (
	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/futex"
	"adyton.dev/adyton/core/keys"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Config is what an operator chooses of what apps see.
type Config struct {
	Hostname, Domainname string
	// KillUnsupported ends the app at a call that nobody claims.
	KillUnsupported bool
	// Trace, when set, is called after each call and signal.
	Trace Tracer
	// Operator tells the operator one line.
	Operator func(format string, args ...any)
	// MemoryBytes is what sysinfo shows as total.
	MemoryBytes uint64
	// MemoryLimit is what all apps together may hold in bytes; 0 for no limit.
	MemoryLimit uint64
	// CPUs is how many CPUs apps see.
	CPUs int
	// HWCap and HWCap2 are what AT_HWCAP and AT_HWCAP2 say.
	HWCap, HWCap2 uint64
}

// Tracer prints calls: core/strace behind --strace.
type Tracer interface {
	// Enter tells of a call before it is answered: execve and exit may not
	// come back as what they were.
	Enter(t *task.Thread, row *Row, args *[6]uint64, mem strace.Memory)
	// Call tells of one that has been answered, or with e == ERESTART* was
	// interrupted. mem shows what the app will see.
	Call(t *task.Thread, row *Row, args *[6]uint64, ret int64, e linux.Errno, mem strace.Memory)
	Signal(t *task.Thread, info *signalapi.Info)
	Exit(t *task.Thread, status int32)
}

// Env is the kernel as handlers see it: four subsystems and the tasks.
type Env struct {
	FS     fsapi.FS
	MM     mmapi.MM
	Signal signalapi.Signal
	IPC    ipcapi.IPC

	Tasks    *task.Table
	Ready    *wait.Registry
	Leader   *leader.Leader
	Platform platform.Platform
	Config   Config

	table [maxNr]entry
	// unknown counts calls that have no row.
	unknown map[uint64]uint64
	// closer is who gives up a description last.
	closer struct{ pid, tid int32 }
	// bounce is where large reads pass through; never held over a
	// wait.
	bounce []byte
	// spare are buffers for outgoing.
	spare [][]byte
	// vdso is the core's descriptor of the vDSO image's file, or 0.
	nextFile uint64
	objects  uint64
	// pidfds are those of each process.
	pidfds map[*task.Process]map[*pidfd]bool
	// calls counts to the next call whose time is taken: see sample.
	calls uint32
	// notifiers are the listeners of seccomp filters that are open.
	notifiers []*notifier
	// epolls are the items by which epoll sets watch a description.
	epolls map[*fdtable.File][]*epollItem
	// lockNodes are the inodes of others than fs on which somebody has locked.
	lockNodes map[inodeKey]*lockNode
	// tokens are descriptions on their way in SCM_RIGHTS messages.
	tokens    map[uint64]*fdtable.File
	lastToken uint64
	// collecting: sockets that only travel are being looked at.
	collecting bool
	// segments are the memory behind System V segments, by the number that
	// ipc has for each.
	segments map[uint64]*segment
	// aio are the contexts of io_setup; aioNr is how many events they may hold.
	aio   map[*task.Space]aioContexts
	aioNr uint64
	log   kernelLog
	// Keys is the key service.
	Keys *keys.Table
	// bootWall is where uptime counts from, in seconds since 1970.
	bootWall int64

	signalTimer *leader.Timer
	fsTimer     *leader.Timer
	ipcTimer    *leader.Timer
	mmTimer     *leader.Timer

	// futexes are the PI locks that are waited for; futexLock is held by who
	// calls it.
	futexes   *futex.Table
	futexLock wait.Lock

	// realSleepers sleep until a time that a set clock moves.
	realSleepers wait.Queue
	timezone     linux.Timezone
	// wantsRSS: somebody has asked for resource usage, so that it is looked at
	// when a process ends.
	wantsRSS bool
	// endedUserNs and endedSystemNs are the CPU time of processes that have
	// ended.
	endedUserNs, endedSystemNs int64
	// cpuLimits are the timers behind RLIMIT_CPU.
	cpuLimits map[*task.Process]*leader.Timer

	// first is the process whose end ends the run; status its wait status.
	first  *task.Process
	status int32
}

const maxNr = 512

// entry is a row with what the claims make of it.
type entry struct {
	row   *Row
	level coverage.Level
	// checks are the arguments whose bits or values are limited.
	checks []check
	count  uint64
	// refused counts calls that were not passed on.
	refused uint64
	failed  uint64
	notes   map[string]uint64 // refused arguments in words, how often
}

type check struct {
	arg    int
	mask   uint64
	values []uint64
	isMask bool
	bits   uint // width of the argument: 32 or 64
	errno  linux.Errno
}

// NewEnv builds the table from the rows and the claims of all owners.
func NewEnv(claims ...[]coverage.Claim) (*Env, error) {
	e := &Env{
		Tasks:     task.NewTable(),
		Ready:     wait.NewRegistry(),
		futexes:   futex.New(),
		Keys:      keys.New(),
		unknown:   map[uint64]uint64{},
		pidfds:    map[*task.Process]map[*pidfd]bool{},
		tokens:    map[uint64]*fdtable.File{},
		segments:  map[uint64]*segment{},
		epolls:    map[*fdtable.File][]*epollItem{},
		cpuLimits: map[*task.Process]*leader.Timer{},
		aio:       map[*task.Space]aioContexts{},
	}
	if err := e.build(claims); err != nil {
		return nil, err
	}
	return e, nil
}

// Usage is how often a call came, for reports.
type Usage struct {
	Name                   string
	Number                 uint64
	Owner                  string
	Level                  coverage.Level
	Count, Refused, Failed uint64
	// RefusedArgs says in words which arguments were refused, and how often;
	// of very many different ones only the first.
	RefusedArgs map[string]uint64
}

// Usages lists the calls that came at least once.
func (e *Env) Usages() []Usage {
	var out []Usage
	for nr := range e.table {
		x := &e.table[nr]
		if x.count == 0 {
			continue
		}
		u := Usage{Number: uint64(nr), Level: x.level, Count: x.count, Refused: x.refused, Failed: x.failed, RefusedArgs: x.notes}
		if x.row != nil {
			u.Name, u.Owner = x.row.Name, x.row.Owner.String()
		} else {
			u.Name, u.Owner, u.Level = nameOf(uint64(nr)), Core.String(), coverage.Unsupported
		}
		out = append(out, u)
	}
	return out
}
