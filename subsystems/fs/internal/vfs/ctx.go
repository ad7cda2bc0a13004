package vfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// Ctx is one operation on its way through the tree. It is used again for later
// operations, so that an operation allocates nothing.
type Ctx struct {
	outside.Op
	Cred *fsapi.Cred
	NS   *Namespace
	// Root is the caller's root directory.
	Root Path
	// Expired: a read is to take what there is.
	Expired bool
	// NoWait: the caller wants EAGAIN rather than an answer from outside.
	NoWait bool
	// CanDetach: the operation may go on without its caller.
	CanDetach bool
	// Pending is the call that an operation goes on with without its caller,
	// once Ticket is done.
	Pending outside.Call
	Ticket  uint64

	// What the operation says besides its errno.
	Wait  fsapi.Wait
	Ready []fsapi.Ready
	Raise []fsapi.Raise
	// Opened are handles that a read opened, for the core to give numbers.
	Opened []uint64
	// Closer is Cred for a close.
	Closer fsapi.Cred
	// Controlling is 1 when a terminal became the session's, 2 when it ceased.
	Controlling uint32

	// The time, read once an operation and only when it is needed.
	clock func() (sec int64, nsec uint32)
	now   Time
	dated bool

	// The walk: where it is, what is left, and the last component found.
	cur     Path
	base    Path // RESOLVE_BENEATH and RESOLVE_IN_ROOT stay below it
	root    Path
	rest    []string
	links   int
	resolve uint64
	last    string
	kind    Kind
	slash   bool
}

// Begin makes c ready for an operation of cred.
func (c *Ctx) Begin(cred *fsapi.Cred, ns *Namespace, clock func() (int64, uint32)) {
	c.Cred, c.NS, c.clock, c.dated = cred, ns, clock, false
	c.NoWait, c.CanDetach, c.Expired = false, false, false
	c.Op.Reset()
	c.Clear()
}

// Now gives the time of the operation.
func (c *Ctx) Now() Time {
	if !c.dated {
		c.now.Sec, c.now.Nsec = c.clock()
		c.dated = true
	}
	return c.now
}

// Clear forgets what a try of the operation left, but not its facts.
func (c *Ctx) Clear() {
	c.Wait = fsapi.Wait{}
	c.Ready = c.Ready[:0]
	c.Raise = c.Raise[:0]
	c.Opened = c.Opened[:0]
	c.Controlling = 0
}

// End drops references that would keep memory alive.
func (c *Ctx) End() {
	c.Cred, c.NS = nil, nil
	c.Root, c.cur, c.base, c.root = Path{}, Path{}, Path{}, Path{}
	c.last = ""
	c.Pending = nil
	clear(c.rest[:cap(c.rest)])
	c.rest = c.rest[:0]
	c.Op.Reset()
}

// WaitFor says that the caller must wait until handle reaches one of events.
func (c *Ctx) WaitFor(handle uint64, events uint32) linux.Errno {
	c.Wait = fsapi.Wait{Handle: handle, Events: events}
	return linux.EWAIT
}

// Capable reports whether the caller has a capability.
func (c *Ctx) Capable(capability uint) bool { return c.Cred.Caps>>capability&1 != 0 }

// InGroup reports whether the caller is in a group.
func (c *Ctx) InGroup(gid uint32) bool {
	if c.Cred.Gid == gid {
		return true
	}
	for _, g := range c.Cred.Groups {
		if g == gid {
			return true
		}
	}
	return false
}

// OwnerOrCapable reports whether the caller owns n or may act as if.
func (c *Ctx) OwnerOrCapable(n *Inode) bool {
	return c.Cred.Uid == n.Uid || c.Capable(linux.CAP_FOWNER)
}
