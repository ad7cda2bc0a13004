package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// leaseWatch tells the holder of a lease that somebody wants it:
// lease_break_callback of fs/locks.c.
type leaseWatch struct {
	async
	key wait.Handle
}

// Notify implements wait.Watcher.
func (l *leaseWatch) Notify(_ wait.Handle, level uint32, _ uint64) {
	if level&linux.POLLRDBAND == 0 {
		return
	}
	info := signalapi.Info{Signo: linux.SIGIO, Code: linux.SI_KERNEL}
	if s := l.f.Async.Signo; s != 0 {
		info = signalapi.Info{Signo: s, Code: linux.POLL_MSG, Fd: l.fd,
			Value: linux.POLLIN | linux.POLLRDNORM | linux.POLLMSG}
	}
	l.sendOwner(info)
}

// lease serves F_SETLEASE and F_GETLEASE.
func (c *Call) lease(f *fdtable.File, cmd, kind uint32) (int64, linux.Errno) {
	h, ok := fsHandle(f)
	if !ok {
		if cmd == linux.F_GETLEASE {
			return linux.F_UNLCK, 0
		}
		// vfs_setlease: whose it is, then what it is.
		a, e := c.stat(f)
		if e == 0 && kind <= linux.F_UNLCK && a.Uid != c.T.Cred.FSUID && !c.T.Cred.Has(linux.CAP_LEASE) {
			return 0, linux.EACCES
		}
		return 0, linux.EINVAL
	}
	q := fsapi.LeaseRequest{Cred: c.Cred(), Handle: h, Type: kind, Test: cmd == linux.F_GETLEASE}
	var r fsapi.LeaseReply
	e := c.FS.Lease(&q, &r)
	c.fsReady(r.Ready)
	switch {
	case e != 0:
		return 0, e
	case q.Test:
		return int64(r.Type), 0
	case kind == linux.F_UNLCK:
		c.forgetLease(f)
		f.Async.Type, f.Async.ID, f.Async.Signo = 0, 0, 0 // lease_modify
		return 0, 0
	}
	if f.Lease == nil {
		w := &leaseWatch{async{e: c.Env, f: f, fd: c.Int(0)}, watchKey(f)}
		f.Lease = w
		c.Ready.Add(w.key, w)
	}
	c.own(f, linux.F_OWNER_PID, c.P.Pid)
	return 0, 0
}

// forgetLease ends the watch of a lease that is no more.
func (e *Env) forgetLease(f *fdtable.File) {
	if w, ok := f.Lease.(*leaseWatch); ok {
		e.Ready.Remove(w.key, w)
		f.Lease = nil
	}
}
