package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var fcntlRows = []Row{
	{"fcntl", Core, args(fd("fd"), enum("cmd", linux.FcntlCmds), long("arg")), sysFcntl},
}

// setflMask are the flags that F_SETFL changes: SETFL_MASK of fs/fcntl.c.
const setflMask = linux.O_APPEND | linux.O_NONBLOCK | linux.O_DIRECT | linux.O_NOATIME

func sysFcntl(c *Call) (int64, linux.Errno) {
	f, e := c.anyFile(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	fd, cmd, arg := c.Int(0), c.Uint(1), c.Args[2]
	switch cmd {
	case linux.F_DUPFD, linux.F_DUPFD_CLOEXEC:
		return c.dupFrom(f, uint32(arg), cmd == linux.F_DUPFD_CLOEXEC)
	case linux.F_DUPFD_QUERY:
		return c.sameFile(f, int32(arg))
	case linux.F_GETFD:
		on, e := c.T.Files.Cloexec(fd)
		if on {
			return linux.FD_CLOEXEC, e
		}
		return 0, e
	case linux.F_SETFD:
		c.T.Files.SetCloexec(uint32(fd), uint32(fd), arg&linux.FD_CLOEXEC != 0)
		return 0, 0
	case linux.F_GETFL:
		return int64(f.Flags.Load()), 0
	}
	if f.Path {
		return 0, linux.EBADF // check_fcntl_cmd
	}
	switch cmd {
	case linux.F_SETFL:
		return 0, c.setFlags(f, uint32(arg))
	case linux.F_GETLK, linux.F_OFD_GETLK:
		return 0, c.getLock(f, cmd, arg)
	case linux.F_SETLK, linux.F_SETLKW, linux.F_OFD_SETLK, linux.F_OFD_SETLKW:
		return 0, c.setLock(f, fd, cmd, arg)
	case linux.F_SETOWN, linux.F_GETOWN, linux.F_SETOWN_EX, linux.F_GETOWN_EX, linux.F_SETSIG, linux.F_GETSIG:
		return c.asyncOwner(f, cmd, arg)
	case linux.F_GETPIPE_SZ, linux.F_SETPIPE_SZ:
		return c.pipeSize(f, cmd, uint32(arg))
	case linux.F_ADD_SEALS, linux.F_GET_SEALS:
		return c.seal(f, cmd, uint32(arg))
	case linux.F_SETLEASE, linux.F_GETLEASE:
		return c.lease(f, cmd, uint32(arg))
	case linux.F_NOTIFY:
		return c.notifyDirectory(f, uint32(arg))
	case linux.F_GET_RW_HINT, linux.F_SET_RW_HINT:
		return 0, c.writeHint(f, cmd == linux.F_SET_RW_HINT, arg)
	}
	return 0, linux.EINVAL
}

// writeHint serves F_GET_RW_HINT and F_SET_RW_HINT.
//
// GAP: pipes and sockets take a hint and forget it.
func (c *Call) writeHint(f *fdtable.File, set bool, addr uint64) linux.Errno {
	h, ok := fsHandle(f)
	q := fsapi.WriteHintRequest{Cred: c.Cred(), Handle: h, Set: set}
	var b [8]byte
	if set {
		if e := c.CopyIn(addr, b[:]); e != 0 {
			return e
		}
		q.Hint = uint32(min(le.Uint64(b[:]), 1<<32-1))
	}
	var r fsapi.WriteHintReply
	if ok {
		if e := c.FS.WriteHint(&q, &r); e != 0 {
			return e
		}
	} else if q.Hint > linux.RWH_WRITE_LIFE_EXTREME {
		return linux.EINVAL
	}
	if set {
		return 0
	}
	le.PutUint64(b[:], uint64(r.Hint))
	return c.CopyOut(addr, b[:])
}

// sameFile serves F_DUPFD_QUERY.
func (c *Call) sameFile(f *fdtable.File, fd int32) (int64, linux.Errno) {
	g, e := c.T.Files.Get(fd)
	if e != 0 {
		return 0, e
	}
	defer c.unref(g)
	if f == g {
		return 1, 0
	}
	return 0, 0
}

// setFlags is setfl of fs/fcntl.c.
func (c *Call) setFlags(f *fdtable.File, fl uint32) linux.Errno {
	old := f.Flags.Load()
	if fl&^old&linux.O_NOATIME != 0 {
		if e := c.mayNoatime(f); e != 0 {
			return e
		}
	}
	if fl&linux.O_DIRECT != 0 && f.Mode&linux.S_IFMT != linux.S_IFIFO && f.Mode&linux.S_IFMT != linux.S_IFREG {
		return linux.EINVAL
	}
	if (fl^old)&linux.O_ASYNC != 0 {
		c.setAsync(f, fl&linux.O_ASYNC != 0)
		old = f.Flags.Load()
	}
	f.Flags.Store(old&^setflMask | fl&setflMask)
	return 0
}

// mayNoatime allows O_NOATIME to the owner and who has CAP_FOWNER.
func (c *Call) mayNoatime(f *fdtable.File) linux.Errno {
	a, e := c.stat(f)
	if e == 0 && a.Uid != c.T.Cred.FSUID && !c.T.Cred.Has(linux.CAP_FOWNER) {
		e = linux.EPERM
	}
	return e
}

// lockRequest reads struct flock and makes its range absolute:
// flock_to_posix_lock of fs/locks.c.
func (c *Call) lockRequest(f *fdtable.File, cmd uint32, addr uint64) (q fsapi.LockRequest, l linux.Flock, e linux.Errno) {
	var b [linux.SizeofFlock]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return q, l, e
	}
	l.Decode(b[:])
	if cmd == linux.F_GETLK && l.Type != linux.F_RDLCK && l.Type != linux.F_WRLCK {
		return q, l, linux.EINVAL
	}
	base := int64(0)
	switch l.Whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		base = f.Offset
	case linux.SEEK_END:
		a, e := c.stat(f)
		if e != 0 {
			return q, l, e
		}
		base = a.Size
	default:
		return q, l, linux.EINVAL
	}
	if l.Start > 1<<63-1-base {
		return q, l, linux.EOVERFLOW
	}
	h, e := c.lockHandle(f)
	if e != 0 {
		return q, l, e
	}
	q = fsapi.LockRequest{Handle: h, Kind: fsapi.LockKindPosix, Type: uint32(uint16(l.Type)), Start: base + l.Start,
		Length: l.Len, Owner: uint64(c.P.Pid), Pid: c.P.Pid}
	if q.Start < 0 || l.Len < 0 && q.Start+l.Len < 0 {
		return q, l, linux.EINVAL
	}
	if l.Len > 0 && l.Len-1 > 1<<63-1-q.Start {
		return q, l, linux.EOVERFLOW
	}
	if q.Type > linux.F_UNLCK {
		return q, l, linux.EINVAL // assign_type comes last
	}
	switch cmd {
	case linux.F_OFD_GETLK, linux.F_OFD_SETLK, linux.F_OFD_SETLKW:
		q.Kind, q.Owner, q.Pid = fsapi.LockKindOfd, f.ID, -1
	}
	return q, l, 0
}

func (c *Call) getLock(f *fdtable.File, cmd uint32, addr uint64) linux.Errno {
	q, l, e := c.lockRequest(f, cmd, addr)
	if e != 0 {
		return e
	}
	if cmd == linux.F_OFD_GETLK && l.Pid != 0 {
		return linux.EINVAL
	}
	q.Test = true
	var r fsapi.LockReply
	if e := c.FS.Lock(&q, &r); e != 0 {
		return e
	}
	l.Type = int16(r.Type)
	if r.Type != linux.F_UNLCK {
		l.Whence, l.Start, l.Len, l.Pid = linux.SEEK_SET, r.Start, r.Length, r.Pid
	}
	var b [linux.SizeofFlock]byte
	l.Encode(b[:])
	return c.CopyOut(addr, b[:])
}

func (c *Call) setLock(f *fdtable.File, fd int32, cmd uint32, addr uint64) linux.Errno {
	q, l, e := c.lockRequest(f, cmd, addr)
	if e != 0 {
		return e
	}
	// EBADF comes before the check of l_pid: fcntl_setlk.
	if q.Type == linux.F_RDLCK && !readable(f) || q.Type == linux.F_WRLCK && !writable(f) {
		return linux.EBADF
	}
	if q.Kind == fsapi.LockKindOfd {
		if l.Pid != 0 {
			return linux.EINVAL
		}
		f.Locked.Or(1)
	} else {
		c.P.RecordLocks = true
	}
	q.WaitAllowed = cmd == linux.F_SETLKW || cmd == linux.F_OFD_SETLKW
	if e := c.lock(&q); e != 0 || q.Type == linux.F_UNLCK || q.Kind == fsapi.LockKindOfd {
		return e
	}
	// A close of the number while the lock was waited for has not seen it.
	now, e := c.T.Files.Get(fd)
	if e == 0 {
		c.unref(now)
	}
	if now != f {
		c.unlock(q.Handle, fsapi.LockKindPosix, uint64(c.P.Pid))
		return linux.EBADF
	}
	return 0
}

// lock takes or drops a lock, and waits for it if the request allows that.
func (c *Call) lock(q *fsapi.LockRequest) linux.Errno {
	for {
		var r fsapi.LockReply
		e := c.FS.Lock(q, &r)
		c.fsReady(r.Ready)
		if e != linux.EWAIT {
			return e
		}
		if e := c.await(fdtable.FS, r.Wait.Ticket, r.Wait.Handle, r.Wait.Events, 0); e != 0 {
			q.Cancel = true
			var x fsapi.LockReply
			c.FS.Lock(q, &x)
			c.fsReady(x.Ready)
			return e
		}
	}
}

func (c *Call) pipeSize(f *fdtable.File, cmd, size uint32) (int64, linux.Errno) {
	if f.Owner != fdtable.IPC {
		return 0, linux.EBADF
	}
	q := ipcapi.PipeSizeRequest{Handle: f.Handle, Privileged: c.T.Cred.Has(linux.CAP_SYS_RESOURCE)}
	if cmd == linux.F_SETPIPE_SZ {
		q.Size = max(size, 1)
	}
	var r ipcapi.PipeSizeReply
	e := c.IPC.PipeSize(&q, &r)
	c.ipcReady(r.Ready)
	return int64(r.Size), e
}

func (c *Call) seal(f *fdtable.File, cmd, add uint32) (int64, linux.Errno) {
	if cmd == linux.F_ADD_SEALS && !writable(f) {
		return 0, linux.EPERM // memfd_add_seals, before it looks at the file
	}
	if f.Owner != fdtable.FS {
		return 0, linux.EINVAL
	}
	q := fsapi.SealRequest{Handle: f.Handle}
	if cmd == linux.F_ADD_SEALS {
		q.Add = add
	}
	var r fsapi.SealReply
	e := c.FS.Seal(&q, &r)
	if e != 0 || cmd == linux.F_GET_SEALS {
		return int64(r.Seals), e
	}
	if add == 0 && r.Seals&linux.F_SEAL_SEAL != 0 {
		return 0, linux.EPERM // it was only asked
	}
	return 0, 0
}

// asyncOwner serves F_SETOWN and the like: who gets SIGIO, and which signal.
func (c *Call) asyncOwner(f *fdtable.File, cmd uint32, arg uint64) (int64, linux.Errno) {
	a := &f.Async
	switch cmd {
	case linux.F_SETOWN:
		return 0, c.setOwner(f, int32(arg))
	case linux.F_GETOWN:
		if a.Type == linux.F_OWNER_PGRP {
			return int64(-a.ID), 0
		}
		return int64(a.ID), 0
	case linux.F_SETSIG:
		if arg > 64 {
			return 0, linux.EINVAL
		}
		a.Signo = int32(arg)
		return 0, 0
	case linux.F_GETSIG:
		return int64(a.Signo), 0
	case linux.F_GETOWN_EX:
		o := linux.FOwnerEx{Type: a.Type, Pid: a.ID}
		if a.ID == 0 {
			o.Type = linux.F_OWNER_TID
		}
		o.Encode(c.Out())
		c.Return(arg, linux.SizeofFOwnerEx)
		return 0, 0
	}
	var b [linux.SizeofFOwnerEx]byte
	if e := c.CopyIn(arg, b[:]); e != 0 {
		return 0, e
	}
	var o linux.FOwnerEx
	o.Decode(b[:])
	if o.Type < linux.F_OWNER_TID || o.Type > linux.F_OWNER_PGRP {
		return 0, linux.EINVAL
	}
	if o.Pid != 0 && !c.idInUse(o.Pid) {
		return 0, linux.ESRCH
	}
	c.own(f, o.Type, o.Pid)
	return 0, 0
}

// setOwner is f_setown: a negative id is a process group.
func (c *Call) setOwner(f *fdtable.File, who int32) linux.Errno {
	typ := int32(linux.F_OWNER_PID)
	if who < 0 {
		if who == -1<<31 {
			return linux.EINVAL
		}
		typ, who = linux.F_OWNER_PGRP, -who
	}
	if who != 0 && !c.idInUse(who) {
		return linux.ESRCH
	}
	c.own(f, typ, who)
	return 0
}

func (c *Call) own(f *fdtable.File, typ, id int32) {
	f.Async.Type, f.Async.ID = typ, id
	f.Async.UID, f.Async.EUID = c.T.Cred.UID, c.T.Cred.EUID
	if f.Domain != 0 && id != 0 {
		c.watchAsync(f)
	}
}

// idInUse reports whether a thread, process, group or session has the id.
func (c *Call) idInUse(id int32) bool {
	return c.Tasks.Thread(id) != nil || c.Tasks.Process(id) != nil || c.Tasks.Group(id) != nil || c.Tasks.Session(id) != nil
}

// fileOwner serves FIOSETOWN and FIOGETOWN of sockets.
func (c *Call) fileOwner(f *fdtable.File, set bool, addr uint64) linux.Errno {
	var b [4]byte
	if set {
		if e := c.CopyIn(addr, b[:]); e != 0 {
			return e
		}
		return c.setOwner(f, int32(binary.LittleEndian.Uint32(b[:])))
	}
	id := f.Async.ID
	if f.Async.Type == linux.F_OWNER_PGRP {
		id = -id
	}
	binary.LittleEndian.PutUint32(b[:], uint32(id))
	return c.CopyOut(addr, b[:])
}
