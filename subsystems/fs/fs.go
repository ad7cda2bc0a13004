// Package fs is the linked file subsystem: names, inodes, data, mounts, locks
// and terminals. It implements fsapi.FS; see README.md for how it is built.
//
// Lock order: FS.mu alone. It guards the whole tree and is never held over a
// call to the host or the core; see package outside.
package fs

import (
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/hostfs"
	"adyton.dev/adyton/subsystems/fs/internal/lock"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/procfs"
	"adyton.dev/adyton/subsystems/fs/internal/tty"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Config is what an FS is made with. The zero Config gives an empty root in
// memory, no host and the machine's clock.
type Config struct {
	// Host serves host trees and the console; nil when there is neither.
	Host hostcalls.Host
	// Core answers for procfs; nil leaves /proc without processes.
	Core coreapi.Core
	// Now gives the time of day.
	Now func() (sec int64, nsec uint32)
	// MemoryBytes bounds what each file system in memory may hold, and is what
	// statfs reports; 0 means no bound.
	MemoryBytes int64

	// Root is the host tree that shows at "/", with changes kept in memory; nil
	// is an empty directory.
	Root *Tree
	// RootTar, with Root nil, is read by New: a tar file, which may be gzipped,
	// that is unpacked into the root.
	RootTar io.Reader
	// Mounts are further host trees, in the order of mounting.
	Mounts []Mount
	// HostMaxData is what the host said in Hello; 0 means 1 MiB.
	HostMaxData int
	// What /proc says: Release and Version of the kernel, Hostname where the
	// core does not know, CPUs as many as programs see (0 means this machine's),
	// CPUInfo the text of cpuinfo, or empty for a plain one.
	Release, Version, Hostname string
	CPUs                       int
	CPUInfo                    string

	// Random fills p with random bytes; nil asks the machine.
	Random func(p []byte)
	// CacheBytes bounds the data kept of host files; 0 means 256 MiB.
	CacheBytes int
}

// FS is one instance.
type FS struct {
	config Config

	mu    sync.Mutex
	ns    *vfs.Namespace
	host  *hostfs.Host // nil without a host
	files handles
	free  []*vfs.Ctx
	minor uint64 // of the last file system made
	// memory is where files without a name live; it is mounted nowhere.
	memory *vfs.Mount
	waits  lock.Waits
	// anonymous is where files that are no files live, nil without any.
	anonymous *vfs.Mount

	// inotifies are the instances, marks the number of all watches, cookie the
	// last that a rename was given.
	inotifies  []*inotify
	fanotifies []*fanotify
	marks      int
	cookie     uint32

	// Terminals: the console once it was opened, and pairs by number.
	console     *tty.Tty
	consolePort *consolePort
	consolePath vfs.Path
	streams     [3]*hostStream
	pairs       map[uint32]*tty.Master
	pts         *vfs.Dentry
	ptsMount    *vfs.Mount
	ttyList     []*tty.Tty
	proc        *procfs.FS
	log         *procfs.Log

	// suspended is what operations know that wait for a ticket, by thread.
	suspended map[int32]map[any]any
	// detached are operations without their callers, lastTicket the number of
	// the last one that got a ticket.
	detached   []*detached
	lastTicket uint64

	watch   watch   // has its own mutex, taken last
	tickets tickets // likewise
	stop    chan struct{}
}

var _ fsapi.FS = (*FS)(nil)

// New makes an FS with its initial mounts. Errors tell the operator which one
// could not be made.
func New(config Config) (*FS, error) {
	config.setDefaults()
	f := &FS{config: config, ns: new(vfs.Namespace), pairs: make(map[uint32]*tty.Master), stop: make(chan struct{})}
	f.watch.init()
	if config.Host != nil {
		f.host = hostfs.NewHost(config.Host, orDefault(config.HostMaxData, 1<<20), orDefault(config.CacheBytes, 256<<20))
	} else if config.Root != nil || len(config.Mounts) > 0 {
		return nil, errors.New("fs: host trees to mount, but no host")
	}
	if e := f.mountInitial(); e != nil {
		return nil, e
	}
	return f, nil
}

func (c *Config) setDefaults() {
	if c.Now == nil {
		c.Now = func() (int64, uint32) {
			t := time.Now()
			return t.Unix(), uint32(t.Nanosecond())
		}
	}
	if c.Random == nil {
		c.Random = fillRandom
	}
	if c.CPUs == 0 {
		c.CPUs = runtime.NumCPU()
	}
	for _, x := range []struct {
		to        *string
		otherwise string
	}{{&c.Release, "6.1.0-adyton"}, {&c.Version, "#1 SMP PREEMPT_DYNAMIC Adyton"}, {&c.Hostname, "localhost"}} {
		if *x.to == "" {
			*x.to = x.otherwise
		}
	}
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// begin takes the mutex and a Ctx for one operation of cred.
func (f *FS) begin(cred *fsapi.Cred) *vfs.Ctx {
	f.mu.Lock()
	var c *vfs.Ctx
	if n := len(f.free); n > 0 {
		c = f.free[n-1]
		f.free = f.free[:n-1]
	} else {
		c = new(vfs.Ctx)
	}
	c.Begin(cred, f.ns, f.config.Now)
	if len(f.suspended) > 0 {
		if facts, ok := f.suspended[cred.Tid]; ok {
			c.Resume(facts)
			delete(f.suspended, cred.Tid)
		}
	}
	return c
}

// end gives both back.
func (f *FS) end(c *vfs.Ctx) {
	c.End()
	f.free = append(f.free, c)
	var garbage []uint64
	if f.host != nil {
		garbage = f.host.Garbage()
	}
	f.mu.Unlock()
	if len(garbage) > 0 {
		f.config.Host.Close(&hostapi.CloseRequest{Handles: garbage}, &hostapi.CloseReply{})
	}
}

// again looks at what a try of an operation came to. After a gap it fetches
// what is missing, without the mutex, and says true: try again. When that takes
// time *e becomes EWAIT. For an EWAIT it fills wait.
func (f *FS) again(c *vfs.Ctx, e *linux.Errno, wait *fsapi.Wait) bool {
	if *e == 0 {
		return false
	}
	if *e == linux.EWAIT {
		*wait = c.Wait
		return false
	}
	if *e != outside.Missed {
		return false
	}
	call := c.Take()
	if call == nil {
		panic("fs: an operation missed something and did not say what")
	}
	f.mu.Unlock()
	ticket, err := call.Fetch()
	f.mu.Lock()
	if err == linux.EWAIT {
		if c.CanDetach && detaches(c, call) {
			*e = outside.Detach
			c.Pending, c.Ticket = call, ticket
			return false
		}
		*e = linux.EWAIT
		*wait = fsapi.Wait{Ticket: ticket}
		f.suspend(c)
		return false
	}
	call.Store(&c.Op, err)
	c.Clear()
	if s, ok := call.(outside.Step); ok && s.Changes() {
		c.NoWait = false // it is done: EAGAIN would have it done twice
	}
	return true
}

// maxSuspended bounds what threads leave that never come back.
const maxSuspended = 1 << 14

// suspend keeps what an operation knows until its thread asks for it again: a
// thread waits for one ticket at a time, and then repeats the same request.
func (f *FS) suspend(c *vfs.Ctx) {
	facts := c.Suspend()
	if facts == nil || c.Cred.Tid == 0 {
		return
	}
	if f.suspended == nil || len(f.suspended) >= maxSuspended {
		f.suspended = make(map[int32]map[any]any)
	}
	f.suspended[c.Cred.Tid] = facts
}

// detaches reports whether the operation must go on without its caller when it
// waits for call.
func detaches(c *vfs.Ctx, call outside.Call) bool {
	s, ok := call.(outside.Step)
	if !ok {
		return false
	}
	if l, ok := call.(outside.Loner); ok && l.Alone() {
		return true
	}
	return s.Changes() || c.HasFacts()
}

// newSuper makes a file system without a root. Minor numbers of the anonymous
// devices start at 20, above those that every Linux has taken by the time a
// program looks.
func (f *FS) newSuper(name string, magic int64) *vfs.Super {
	f.minor++
	s := &vfs.Super{Dev: linux.Makedev(0, uint32(f.minor)+19), Type: name, Magic: magic}
	// Without a bound it only counts, for statfs.
	s.Quota = &pages.Quota{Max: max(0, f.config.MemoryBytes) / pages.Size}
	return s
}
