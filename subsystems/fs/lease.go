package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// The events of a handle that has a lease: it is to be given up, and it was.
// No file here has these as such.
const (
	leaseBroken = linux.POLLRDBAND
	leaseFreed  = linux.POLLWRBAND
)

// leaseBreakSec is how long a holder has to give a lease up:
// /proc/sys/fs/lease-break-time.
const leaseBreakSec = 45

// lease is one open file's, in vfs.Inode.Leases.
type lease struct {
	file *vfs.File
	kind uint32 // F_RDLCK or F_WRLCK
	// unlock and downgrade say that it is being broken, until when each has
	// time.
	unlock, downgrade vfs.Time
	// writer: who breaks it waits to write, and counts as one that does:
	// get_write_access comes before break_lease.
	writer bool
}

func (l *lease) target() uint32 {
	switch {
	case l.unlock != (vfs.Time{}):
		return linux.F_UNLCK
	case l.downgrade != (vfs.Time{}):
		return linux.F_RDLCK
	}
	return l.kind
}

func leases(n *vfs.Inode) []*lease {
	list, _ := n.Leases.([]*lease)
	return list
}

// Lease implements fsapi.FS: fcntl_setlease and fcntl_getlease in fs/locks.c.
func (f *FS) Lease(req *fsapi.LeaseRequest, rep *fsapi.LeaseReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	n := file.Inode
	f.timeOutLeases(c, n)
	var e linux.Errno
	rep.Type = linux.F_UNLCK
	switch mine := leaseOf(n, file); {
	case req.Test && mine != nil:
		rep.Type = mine.target()
	case req.Test:
	case req.Type > linux.F_UNLCK:
		e = linux.EINVAL
	case c.Cred.Uid != n.Uid && !c.Capable(linux.CAP_LEASE):
		e = linux.EACCES
	case !n.IsReg():
		e = linux.EINVAL
	case req.Type == linux.F_UNLCK && mine == nil:
		e = linux.EAGAIN
	case req.Type == linux.F_UNLCK:
		f.changeLease(c, mine, linux.F_UNLCK)
	default:
		e = f.addLease(c, file, mine, req.Type)
	}
	rep.Ready = append(rep.Ready, c.Ready...)
	return e
}

func leaseOf(n *vfs.Inode, file *vfs.File) *lease {
	for _, l := range leases(n) {
		if l.file == file {
			return l
		}
	}
	return nil
}

// addLease is generic_add_lease.
func (f *FS) addLease(c *vfs.Ctx, file *vfs.File, mine *lease, kind uint32) linux.Errno {
	n := file.Inode
	if f.opensAgainst(file, kind) || kind == linux.F_RDLCK && mine != nil && mine.writer {
		return linux.EAGAIN
	}
	for _, l := range leases(n) {
		if l != mine && (kind == linux.F_WRLCK || l.unlock != (vfs.Time{})) {
			return linux.EAGAIN
		}
	}
	if mine != nil {
		f.changeLease(c, mine, kind)
		return 0
	}
	n.Leases = append(leases(n), &lease{file: file, kind: kind})
	return 0
}

// opensAgainst is check_conflicting_open: nobody writes a file with a read
// lease, nobody else has one open with a write lease.
func (f *FS) opensAgainst(file *vfs.File, kind uint32) bool {
	n := file.Inode
	if kind == linux.F_RDLCK {
		return n.Writers > 0
	}
	if n.Writers < 0 {
		return true
	}
	others := false
	f.files.each(func(x *vfs.File) {
		others = others || x != file && x.Inode == n && x.Flags&linux.O_PATH == 0
	})
	return others
}

// changeLease is lease_modify: the next type, and no break is pending that this
// fulfils.
func (f *FS) changeLease(c *vfs.Ctx, l *lease, kind uint32) {
	n := l.file.Inode
	l.kind = kind
	switch kind {
	case linux.F_UNLCK:
		var kept []*lease
		for _, x := range leases(n) {
			if x != l {
				kept = append(kept, x)
			}
		}
		n.Leases = nil
		if len(kept) > 0 {
			n.Leases = kept
		}
		l.unlock, l.downgrade, l.writer = vfs.Time{}, vfs.Time{}, false
	case linux.F_RDLCK:
		l.downgrade = vfs.Time{}
	}
	f.leaseEvent(c, l, leaseFreed)
}

func (f *FS) leaseEvent(c *vfs.Ctx, l *lease, event uint32) {
	l.file.Generation++
	c.Ready = append(c.Ready, fsapi.Ready{Handle: l.file.Handle, Level: event, Generation: l.file.Generation})
}

// timeOutLeases takes from holders what they did not give up in time.
func (f *FS) timeOutLeases(c *vfs.Ctx, n *vfs.Inode) {
	for _, l := range leases(n) {
		if l.downgrade != (vfs.Time{}) && l.downgrade.Before(c.Now()) {
			f.changeLease(c, l, linux.F_RDLCK)
		}
		if l.unlock != (vfs.Time{}) && l.unlock.Before(c.Now()) {
			f.changeLease(c, l, linux.F_UNLCK)
		}
	}
}

// GAP: the holder is told by the Watch stream, so that a break by its own
// open(2) may reach it a little after the call, not with its return.

// breakLeases is __break_lease: it has those in the way given up. EWAIT until
// they are, EAGAIN instead with O_NONBLOCK.
func (f *FS) breakLeases(c *vfs.Ctx, n *vfs.Inode, write bool, flags uint32) linux.Errno {
	if n.Leases == nil {
		return 0
	}
	f.timeOutLeases(c, n)
	var first *lease
	until := c.Now()
	until.Sec += leaseBreakSec
	for _, l := range leases(n) {
		if !write && l.kind != linux.F_WRLCK {
			continue
		}
		if first == nil {
			first = l
		}
		pending := l.unlock != (vfs.Time{})
		if write {
			if !pending {
				l.unlock = until
			}
			l.writer = l.writer || flags&linux.O_NONBLOCK == 0
		} else {
			pending = pending || l.downgrade != (vfs.Time{})
			if !pending {
				l.downgrade = until
			}
		}
		if !pending {
			f.leaseEvent(c, l, leaseBroken)
		}
	}
	f.tell(c)
	c.Ready = c.Ready[:0] // not with the reply as well: that may come much later
	if first == nil {
		return 0
	}
	if flags&linux.O_NONBLOCK != 0 {
		return linux.EAGAIN
	}
	end := first.unlock
	if end == (vfs.Time{}) {
		end = first.downgrade
	}
	left := (end.Sec-c.Now().Sec)*linux.NSEC_PER_SEC + int64(end.Nsec) - int64(c.Now().Nsec)
	c.Wait = fsapi.Wait{Handle: first.file.Handle, Events: leaseFreed, TimeoutNs: max(left, 0) + 1}
	return linux.EWAIT
}

// dropLease forgets the lease of a description that is closed.
func (f *FS) dropLease(c *vfs.Ctx, file *vfs.File) {
	if l := leaseOf(file.Inode, file); l != nil {
		f.changeLease(c, l, linux.F_UNLCK)
	}
}
