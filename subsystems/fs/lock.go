package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/lock"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// lockEvent is the event that a caller of Lock waits for on its handle. No file
// here ever has POLLMSG as such.
const lockEvent = linux.POLLMSG

// Lock implements fsapi.FS.
func (f *FS) Lock(req *fsapi.LockRequest, rep *fsapi.LockReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	l, e := wanted(req)
	if e != 0 {
		return e
	}
	t := lockTable(file.Inode)
	if req.Cancel {
		t.ForgetLock(&f.waits, l)
		return 0
	}
	if req.Test {
		if l.Owner.Kind == lock.Flock {
			return linux.EINVAL
		}
		rep.Type = linux.F_UNLCK
		rep.Start, rep.Length, rep.Pid = req.Start, req.Length, req.Pid
		if other := t.Test(l); other != nil {
			describe(other, rep)
		}
		return 0
	}
	if req.Type == linux.F_UNLCK {
		t.Clear(l.Owner, l.Start, l.End)
		f.wakeLocks(c, t)
		rep.Ready = append(rep.Ready, c.Ready...)
		return 0
	}
	if l.Owner.Kind != lock.Flock {
		// EBADF: fcntl_setlk wants the file open the way it locks it.
		if l.Write && !file.Writable() || !l.Write && !file.Readable() {
			return linux.EBADF
		}
	}
	e = t.Set(&f.waits, l, req.WaitAllowed)
	if e == linux.EWAIT {
		file.LockWait = true
		rep.Wait = fsapi.Wait{Handle: file.Handle, Events: lockEvent}
	}
	// A flock that changes type, or a record lock that becomes a read lock,
	// can let others in.
	f.wakeLocks(c, t)
	rep.Ready = append(rep.Ready, c.Ready...)
	return e
}

// Unlock implements fsapi.FS. A kind of 0 means all kinds.
func (f *FS) Unlock(req *fsapi.UnlockRequest, rep *fsapi.UnlockReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	if file == nil {
		return linux.EBADF
	}
	t, ok := file.Inode.Locks.(*lock.Table)
	if !ok {
		return 0
	}
	for kind := lock.Flock; kind <= lock.Ofd; kind++ {
		if req.Kind != 0 && lock.Kind(req.Kind) != kind {
			continue
		}
		owner := lock.Owner{Kind: kind, ID: req.Owner}
		t.Clear(owner, 0, lock.EOF)
		t.Forget(&f.waits, owner)
	}
	f.wakeLocks(c, t)
	rep.Ready = append(rep.Ready, c.Ready...)
	f.tidyLocks(file.Inode, t)
	return 0
}

// wanted checks and converts a request: flock_to_posix_lock in fs/locks.c.
func wanted(req *fsapi.LockRequest) (lock.Lock, linux.Errno) {
	l := lock.Lock{
		Owner: lock.Owner{Kind: lock.Kind(req.Kind), ID: req.Owner},
		Write: req.Type == linux.F_WRLCK,
		Pid:   req.Pid, Handle: req.Handle,
	}
	if req.Kind < fsapi.LockKindFlock || req.Kind > fsapi.LockKindOfd || req.Type > linux.F_UNLCK {
		return l, linux.EINVAL
	}
	if l.Owner.Kind == lock.Flock {
		l.End = lock.EOF
		return l, 0
	}
	start, length := req.Start, req.Length
	if start < 0 {
		return l, linux.EINVAL
	}
	switch {
	case length > 0:
		if length-1 > lock.EOF-start {
			return l, linux.EOVERFLOW
		}
		l.Start, l.End = start, start+length-1
	case length < 0:
		if start+length < 0 {
			return l, linux.EINVAL
		}
		l.Start, l.End = start+length, start-1
	default:
		l.Start, l.End = start, lock.EOF
	}
	return l, 0
}

func describe(l *lock.Lock, rep *fsapi.LockReply) {
	rep.Type = linux.F_RDLCK
	if l.Write {
		rep.Type = linux.F_WRLCK
	}
	rep.Start, rep.Length = l.Start, 0
	if l.End != lock.EOF {
		rep.Length = l.End - l.Start + 1
	}
	rep.Pid = l.Pid
	if l.Owner.Kind == lock.Ofd {
		rep.Pid = -1
	}
}

func lockTable(n *vfs.Inode) *lock.Table {
	if t, ok := n.Locks.(*lock.Table); ok {
		return t
	}
	t := new(lock.Table)
	n.Locks = t
	return t
}

func (f *FS) tidyLocks(n *vfs.Inode, t *lock.Table) {
	if t.Empty() {
		n.Locks = nil
	}
}

// wakeLocks reports the handles whose waiting locks could be had now.
func (f *FS) wakeLocks(c *vfs.Ctx, t *lock.Table) {
	t.Wake(&f.waits, func(l lock.Lock) {
		file := f.files.get(l.Handle)
		if file == nil {
			return
		}
		file.LockWait = false
		file.Generation++
		c.Ready = append(c.Ready, fsapi.Ready{Handle: file.Handle, Level: lockEvent, Generation: file.Generation})
	})
}

// dropLocks forgets what a description that is closed held.
func (f *FS) dropLocks(c *vfs.Ctx, file *vfs.File) {
	t, ok := file.Inode.Locks.(*lock.Table)
	if !ok {
		return
	}
	t.ClearHandle(&f.waits, file.Handle)
	f.wakeLocks(c, t)
	f.tidyLocks(file.Inode, t)
}
