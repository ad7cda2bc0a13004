// Package fdtable owns open file descriptions and the tables that name them by
// number. It calls nobody: closing a description at its last reference is told
// to the caller, who asks the subsystem.
//
// Lock order: Table.mu. A File's counters are atomic; its offset belongs to
// whoever holds Offset's lock in a call.
package fdtable

import "sync/atomic"

// Owner says which subsystem a description's handle belongs to.
type Owner uint8

// The owners of handles. Core owns what has no subsystem: epoll and pidfds;
// their descriptions carry an Object.
const (
	FS Owner = iota + 1
	IPC
	Signal
	Core
)

// String is the owner's name.
func (o Owner) String() string {
	return [...]string{FS: "fs", IPC: "ipc", Signal: "signal", Core: "core"}[o]
}

// File is an open file description: what open(2) makes and dup(2) shares.
type File struct {
	refs atomic.Int32

	Owner  Owner
	Handle uint64
	// NodeHandle is fs's handle of the node that an open FIFO has: fstat and
	// others are about it. 0 when there is none.
	NodeHandle uint64
	// Object is what the core itself keeps behind a description of its own.
	Object any
	// Name is what readlink of /proc/PID/fd/N shows for a file that has no
	// path, such as "anon_inode:[eventfd]".
	Name string

	// Flags are O_ACCMODE and the status flags that F_GETFL shows.
	Flags atomic.Uint32
	// Mode is the type and permission bits at open; Node names the file.
	Mode uint32
	Node uint64
	Rdev uint64
	// Offset is the position in bytes; only of a Seekable file.
	Offset   int64
	Seekable bool
	Pollable bool
	// Discards means that writes look at no byte.
	Discards bool
	// Events says that reads give events of fanotify, whose descriptors are
	// opened with EventFlags.
	Events     bool
	EventFlags uint32
	// Domain and Type are the AF_* and SOCK_* of a socket, else 0.
	Domain, Type uint32
	// Mqueue says that it is a POSIX message queue.
	Mqueue bool
	// Path means that it was opened with O_PATH.
	Path bool
	// Locked says that locks were taken through it, so that close must drop
	// them: bit 0 flock and OFD locks, bit 1 record locks.
	Locked atomic.Uint32
	// InFlight counts the references that messages have (SCM_RIGHTS).
	InFlight int
	// LockNode is what the core keeps for the locks on a file that fs does not
	// have.
	LockNode any
	// Lease is what the core keeps while the description has a lease.
	Lease any
	// Dnotify is what the core keeps while it tells of a directory's changes.
	Dnotify any
	// Async is who gets SIGIO.
	Async Async
	// ID is the owner of flock and OFD locks: unique among descriptions.
	ID uint64
}

// Async is what F_SETOWN and F_SETSIG keep.
type Async struct {
	// Type is F_OWNER_*, ID a thread, process or group, or 0.
	Type, ID int32
	// Signo takes SIGIO's place unless it is 0.
	Signo int32
	// UID and EUID are those of who set the owner.
	UID, EUID uint32
	// Watch is what the core keeps while O_ASYNC is set.
	Watch any
}

var lastID atomic.Uint64

// NewFile makes a description with one reference.
func NewFile(owner Owner, handle uint64, flags uint32) *File {
	f := &File{Owner: owner, Handle: handle, ID: 1<<32 + lastID.Add(1)}
	f.Flags.Store(flags)
	f.refs.Store(1)
	return f
}

// Ref takes a reference and returns f.
func (f *File) Ref() *File {
	f.refs.Add(1)
	return f
}

// Unref drops a reference and reports whether it was the last one: then the
// caller closes the handle.
func (f *File) Unref() bool {
	n := f.refs.Add(-1)
	if n < 0 {
		panic("fdtable: description released twice")
	}
	return n == 0
}

// Refs is the number of references: tables, calls in flight and messages.
func (f *File) Refs() int { return int(f.refs.Load()) }
