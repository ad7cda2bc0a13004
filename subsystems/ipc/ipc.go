// Package ipc is the linked implementation of the ipc subsystem: what tasks
// exchange through pipes, FIFOs, eventfds and sockets.
//
// It owns the data on the way, never a descriptor, a task or app memory. Open
// file descriptions that travel over AF_UNIX sockets (SCM_RIGHTS) are opaque
// tokens of the core's. It never blocks, starts no goroutine for what is not a
// network and runs no timer.
//
// Lock order: IPC.mu is the only lock. It is held for the whole of each method
// but Watch, and no method calls out of the package.
package ipc

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/internal/ring"
)

// Config says what an IPC is made of. The zero value is fit for use.
type Config struct {
	// Now reads CLOCK_MONOTONIC in nanoseconds, by which the core counts
	// deadlines. nil asks the host.
	Now func() int64
	// Wall reads the time of day in nanoseconds since 1970; fstat and time
	// stamps show it. nil takes the host's.
	Wall func() int64
	// NoNetwork leaves the loopback device down and without addresses.
	NoNetwork bool
}

// IPC implements ipcapi.IPC. All methods are safe for concurrent use.
type IPC struct {
	ipcapi.Unimplemented

	now, wall func() int64
	stopped   chan struct{}
	stopOnce  sync.Once

	// mu guards all below and everything that a handle leads to.
	mu       sync.Mutex
	files    table
	pool     ring.Pool
	lastIno  uint64
	lastAuto uint32
	// sending and receiving belong to the call that runs; they are here so that
	// it need not allocate them.
	sending   sender
	receiving receiver

	fifos     map[uint64]*pipe      // by node
	pipePages map[uint32]int        // capacity of all pipes by uid, in pages
	bound     map[uint64]*unixSock  // AF_UNIX by node
	abstract  map[absName]*unixSock // AF_UNIX by abstract name
	ports     map[portKey][]*portUser
	lastPort  uint16
	netlinks  map[nlKey]*netlinkSock
	noNetwork bool
	turn      uint // of several with one address (SO_REUSEPORT)

	shms       sysvTable[*segment]
	msgs       sysvTable[*msgQueue]
	sems       sysvTable[*semSet]
	queues     map[string]*mqueue // POSIX, by name
	queueBytes map[uint32]uint64  // what they are charged, by uid
	limits     limits
	shmPages   uint64 // of all segments
	allSems    uint64 // semaphores in all sets
}

var _ ipcapi.IPC = (*IPC)(nil)

// New returns an IPC without handles. The error is always nil today; a
// configuration that cannot work will be refused here.
func New(c Config) (*IPC, error) {
	if c.Now == nil {
		c.Now = func() int64 {
			var t unix.Timespec
			unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
			return t.Nano()
		}
	}
	if c.Wall == nil {
		c.Wall = func() int64 { return time.Now().UnixNano() }
	}
	return &IPC{
		now: c.Now, wall: c.Wall, noNetwork: c.NoNetwork,
		stopped:    make(chan struct{}),
		fifos:      make(map[uint64]*pipe),
		pipePages:  make(map[uint32]int),
		bound:      make(map[uint64]*unixSock),
		abstract:   make(map[absName]*unixSock),
		ports:      make(map[portKey][]*portUser),
		shms:       newSysvTable[*segment](),
		msgs:       newSysvTable[*msgQueue](),
		sems:       newSysvTable[*semSet](),
		queues:     make(map[string]*mqueue),
		queueBytes: make(map[uint32]uint64),
		limits:     newLimits(),
	}, nil
}

// Stop ends the Watch streams. The other methods go on working.
func (s *IPC) Stop() { s.stopOnce.Do(func() { close(s.stopped) }) }

// file is what a handle leads to. Its methods run with IPC.mu held.
type file interface {
	read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno
	write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno
	// level returns the POLL* bits that hold now, and those of the private
	// bits in events that do.
	level(events uint32) uint32
	base() *fileBase
	ioctl(s *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno
	mode() uint32
	close(s *IPC, rep *ipcapi.CloseReply)
}

// fileBase is the part that all files have.
type fileBase struct {
	handle     uint64
	generation uint64
	// polled says that somebody looked at the level: from then on each event
	// counts, not only those that change it (as poll_usage in fs/pipe.c).
	polled bool
	// awaited are the private event bits that refused calls wait for.
	awaited uint32
	inode
}

// inode is what fstat shows.
type inode struct {
	ino      uint64
	timeNs   int64
	uid, gid uint32
}

func (b *fileBase) base() *fileBase { return b }

// The private event bits of Wait and Poll; they lie above those of poll(2).
const (
	// eventPeerRoom: the socket that a datagram or connection was refused by
	// for want of room has room (or is gone).
	eventPeerRoom = 1 << 16
	// eventPastPeek: there are bytes after the offset of SO_PEEK_OFF.
	eventPastPeek = 1 << 17
	// eventRoom: what an eventfd refused to add may fit now.
	eventRoom = 1 << 18
)

// table holds the files by handle: the low half of a handle is an index plus
// one, the high half counts the uses of the index, so that a stale handle
// finds nothing.
type table struct {
	slots []tableSlot
	free  []uint32
}

type tableSlot struct {
	uses uint32
	file file
}

func (t *table) add(f file) uint64 {
	var i uint32
	if n := len(t.free); n > 0 {
		i = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, tableSlot{})
	}
	t.slots[i].file = f
	return uint64(t.slots[i].uses)<<32 | uint64(i+1)
}

func (t *table) get(handle uint64) file {
	i := uint32(handle) - 1
	if uint64(i) >= uint64(len(t.slots)) || t.slots[i].uses != uint32(handle>>32) {
		return nil
	}
	return t.slots[i].file
}

func (t *table) remove(handle uint64) {
	i := uint32(handle) - 1
	t.slots[i].file = nil
	t.slots[i].uses++
	t.free = append(t.free, i)
}

// open gives f a handle.
func (s *IPC) open(f file, i inode) uint64 {
	b := f.base()
	b.inode, b.handle = i, s.files.add(f)
	return b.handle
}

// newInode makes an inode that belongs to cred.
func (s *IPC) newInode(cred *ipcapi.Cred) inode {
	s.lastIno++
	return inode{s.lastIno, s.wall(), cred.Uid, cred.Gid}
}

// wake reports an event on f. A file without a handle (a connection that
// nobody has accepted) has no watchers.
func wake(f file, ready *[]ipcapi.Ready) {
	b := f.base()
	b.generation++
	if b.handle != 0 {
		level := f.level(b.awaited)
		b.awaited &^= level
		*ready = append(*ready, ipcapi.Ready{Handle: b.handle, Level: level, Generation: b.generation})
	}
}

// Read implements ipcapi.IPC. Errors: EBADF (no such handle, or a pipe's write
// end), EINVAL, ENOTCONN, ECONNRESET.
func (s *IPC) Read(req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	return f.read(s, req, rep)
}

// Write implements ipcapi.IPC. Errors: EBADF (no such handle, or a pipe's read
// end), EPIPE, EINVAL, ENOTCONN, EMSGSIZE, ECONNREFUSED, ECONNRESET.
func (s *IPC) Write(req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	return f.write(s, req, rep)
}

// Poll implements ipcapi.IPC. The level holds all bits, not only those asked
// for. Errors: EBADF.
func (s *IPC) Poll(req *ipcapi.PollRequest, rep *ipcapi.PollReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	b := f.base()
	b.polled = true
	rep.Level, rep.Generation = f.level(req.Events), b.generation
	return 0
}

// Ioctl implements ipcapi.IPC. Errors: EBADF, ENOTTY (not one of this file's),
// EINVAL.
func (s *IPC) Ioctl(req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	return f.ioctl(s, req, rep)
}

// Getattr implements ipcapi.IPC. Errors: EBADF.
func (s *IPC) Getattr(req *ipcapi.GetattrRequest, rep *ipcapi.GetattrReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	i := &f.base().inode
	rep.Ino, rep.TimeNs, rep.Uid, rep.Gid = i.ino, i.timeNs, i.uid, i.gid
	rep.Mode = f.mode()
	return 0
}

// Close implements ipcapi.IPC. Errors: EBADF.
func (s *IPC) Close(req *ipcapi.CloseRequest, rep *ipcapi.CloseReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	s.files.remove(req.Handle)
	f.close(s, rep)
	f.base().handle = 0
	return 0
}

// Watch implements ipcapi.IPC. Nothing changes without a call yet, so that it
// only waits for Stop.
func (s *IPC) Watch(*ipcapi.WatchRequest, func(*ipcapi.WatchReply) bool) linux.Errno {
	<-s.stopped
	return 0
}

// Expire implements ipcapi.IPC. Time-outs of waits are the core's: a Wait
// carries its deadline.
func (s *IPC) Expire(*ipcapi.ExpireRequest, *ipcapi.ExpireReply) linux.Errno { return 0 }

// appendInt appends an int of the app, as getsockopt and FIONREAD give.
func appendInt(b []byte, v int) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}
