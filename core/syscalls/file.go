package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// object is a file that the core itself keeps: epoll, pidfd.
type object interface {
	read(c *Call, dst []byte) ([]byte, linux.Errno)
	// poll gives the level and generation now.
	poll(c *Call, events uint32) (uint32, uint64)
	close(e *Env)
}

// file gives the description of descriptor argument i and takes a reference
// that unref gives back. O_PATH descriptors are EBADF.
func (c *Call) file(i int) (*fdtable.File, linux.Errno) {
	f, e := c.T.Files.Get(c.Int(i))
	if e == 0 && f.Path {
		c.unref(f)
		return nil, linux.EBADF
	}
	return f, e
}

// unref gives a reference back and closes the handle at the last.
func (c *Call) unref(f *fdtable.File) {
	c.closer.pid, c.closer.tid = c.P.Pid, c.T.Tid
	c.Env.unref(f)
}

func (e *Env) unref(f *fdtable.File) {
	if f.Unref() {
		e.closeFile(f)
	} else if onlyTravels(f) {
		e.collect()
	}
}

func (e *Env) unrefAll(files []*fdtable.File) {
	for _, f := range files {
		e.unref(f)
	}
}

// closeFile releases the handle of a description without references.
func (e *Env) closeFile(f *fdtable.File) {
	switch f.Owner {
	case fdtable.FS:
		if f.Locked.Load()&1 != 0 {
			e.unlock(f.Handle, fsapi.LockKindFlock, f.ID)
			e.unlock(f.Handle, fsapi.LockKindOfd, f.ID)
		}
		var rep fsapi.CloseReply
		e.FS.Close(&fsapi.CloseRequest{Handle: f.Handle, Pid: e.closer.pid, Tid: e.closer.tid}, &rep)
		e.fsReady(rep.Ready)
		e.raise(rep.Raise)
	case fdtable.IPC:
		var rep ipcapi.CloseReply
		e.IPC.Close(&ipcapi.CloseRequest{Handle: f.Handle}, &rep)
		e.ipcReady(rep.Ready)
		e.dropTokens(rep.Tokens)
		if f.NodeHandle != 0 {
			var node fsapi.CloseReply
			e.FS.Close(&fsapi.CloseRequest{Handle: f.NodeHandle}, &node)
		}
	case fdtable.Signal:
		var rep signalapi.CloseReply
		e.Signal.Close(&signalapi.CloseRequest{Handle: f.Handle}, &rep)
	case fdtable.Core:
		f.Object.(object).close(e)
	}
	e.dropLockNode(f)
	e.forgetLease(f)
	e.forgetDnotify(f)
	e.forgetEpoll(f)
	e.forgetAsync(f)
}

func (e *Env) unlock(handle uint64, k fsapi.LockKind, owner uint64) {
	var rep fsapi.UnlockReply
	e.FS.Unlock(&fsapi.UnlockRequest{Handle: handle, Owner: owner, Kind: k}, &rep)
	e.fsReady(rep.Ready)
}

// closeFD is what a process does with a description whose number it gave up:
// its record locks on the file go, whichever description took them.
func (c *Call) closeFD(f *fdtable.File) {
	if c.P.RecordLocks {
		if h := c.lockedHandle(f); h != 0 {
			c.unlock(h, fsapi.LockKindPosix, uint64(c.P.Pid))
		}
	}
	if f.Mqueue {
		c.mqClosed(f)
	}
	c.forgetDnotify(f)
	c.unref(f)
}

func (e *Env) fsReady(list []fsapi.Ready) {
	for i := range list {
		r := &list[i]
		e.Ready.Notify(wait.Handle{Owner: uint8(fdtable.FS), ID: r.Handle}, r.Level, r.Generation)
	}
}

func (e *Env) ipcReady(list []ipcapi.Ready) {
	for i := range list {
		r := &list[i]
		e.Ready.Notify(wait.Handle{Owner: uint8(fdtable.IPC), ID: r.Handle}, r.Level, r.Generation)
	}
}

func (e *Env) signalReady(list []signalapi.Ready) {
	for i := range list {
		r := &list[i]
		e.Ready.Notify(wait.Handle{Owner: uint8(fdtable.Signal), ID: r.Handle}, r.Level, r.Generation)
	}
}

// readOnce asks the owner once; w says what to wait for at EWAIT.
func (c *Call) readOnce(f *fdtable.File, off int64, dst []byte, count int, flags uint32, w *wait0) ([]byte, linux.Errno) {
	switch f.Owner {
	case fdtable.FS:
		q, r := &c.frame.fsRead, &c.frame.fsReadR
		q.Cred, q.Handle, q.Offset, q.Count, q.Flags = c.Cred(), f.Handle, off, uint32(count), flags
		r.Wait, r.Data, r.Ready, r.Raise, r.Opened = fsapi.Wait{}, dst, r.Ready[:0], r.Raise[:0], r.Opened[:0]
		e := c.FS.Read(q, r)
		if len(r.Opened) > 0 {
			c.giveEvents(f, r.Data[len(dst):], r.Opened)
		}
		c.fsReady(r.Ready)
		e, _ = c.jobControl(e, r.Raise)
		*w = fsWait(&r.Wait)
		d := r.Data
		r.Data = nil
		return c.asked(f.Owner, dst, d, count, e)
	case fdtable.IPC:
		q, r := &c.frame.ipcRead, &c.frame.ipcReadR
		q.Handle, q.Count = f.Handle, uint32(count)
		r.Wait, r.Data, r.Ready, r.Tokens = ipcapi.Wait{}, dst, r.Ready[:0], r.Tokens[:0]
		e := c.IPC.Read(q, r)
		c.ipcReady(r.Ready)
		c.dropTokens(r.Tokens)
		*w = ipcWait(&r.Wait)
		d := r.Data
		r.Data = nil
		return c.asked(f.Owner, dst, d, count, e)
	case fdtable.Signal:
		q, r := &c.frame.sigRead, &c.frame.sigReadR
		q.Handle, q.Thread, q.Count = f.Handle, c.T.Tid, uint32(count)
		r.Data = dst
		e := c.Signal.Read(q, r)
		c.armSignal(r.DeadlineNs)
		*w = wait0{handle: f.Handle, events: linux.POLLIN}
		d := r.Data
		r.Data = nil
		return c.asked(f.Owner, dst, d, count, e)
	}
	return f.Object.(object).read(c, dst)
}

// asked gives what a subsystem appended to dst, or EIO if that is more than it
// was asked for.
func (c *Call) asked(owner fdtable.Owner, dst, d []byte, count int, e linux.Errno) ([]byte, linux.Errno) {
	if n := len(d) - len(dst); n < 0 || n > count {
		c.operator("%v: a read of %d bytes gave %d", owner, count, n)
		return dst, linux.EIO
	}
	return d, e
}

// wait0 is what any subsystem's Wait says.
type wait0 struct {
	ticket, handle uint64
	events         uint32
	deadline       int64
	atDeadline     linux.Errno
	// timeout bounds the wait of a read in ns, 0 for none; some says that it
	// has bytes to give.
	timeout int64
	some    bool
}

func fsWait(w *fsapi.Wait) wait0 {
	return wait0{ticket: w.Ticket, handle: w.Handle, events: w.Events, timeout: w.TimeoutNs, some: w.Some}
}

// block waits for w on behalf of f, or says EAGAIN.
func (c *Call) block(f *fdtable.File, w *wait0, nowait bool) linux.Errno {
	if w.ticket == 0 && (nowait || f.Flags.Load()&linux.O_NONBLOCK != 0) {
		return linux.EAGAIN
	}
	h := w.handle
	if h == 0 {
		h = f.Handle
	}
	deadline := w.deadline
	if w.timeout != 0 {
		deadline = c.Leader.Now() + w.timeout
	}
	e := c.await(f.Owner, w.ticket, h, w.events, deadline)
	if e == linux.ETIMEDOUT && w.atDeadline != 0 {
		return w.atDeadline
	}
	if e == linux.ERESTARTSYS && w.deadline != 0 {
		return linux.EINTR // sock_intr_errno: the rest of the time is not known
	}
	return e
}

func ipcWait(w *ipcapi.Wait) wait0 {
	return wait0{ticket: w.Ticket, handle: w.Handle, events: w.Events, deadline: w.DeadlineNs, atDeadline: linux.Errno(w.DeadlineErrno)}
}

// keep has the deadline of a call's first wait hold for all.
func (w *wait0) keep(first *int64) {
	if *first == 0 {
		*first = w.deadline
	}
	w.deadline = *first
}

// read reads up to count bytes and appends them to dst, whose room is at least
// count. off is ignored unless f is seekable.
func (c *Call) read(f *fdtable.File, off int64, dst []byte, count int, flags uint32) ([]byte, linux.Errno) {
	var until int64
	for {
		var w wait0
		d, e := c.readOnce(f, off, dst, count, flags, &w)
		if e != linux.EWAIT {
			return d, e
		}
		w.keep(&until)
		e = c.block(f, &w, flags&linux.RWF_NOWAIT != 0)
		if e == linux.ETIMEDOUT && w.timeout != 0 || e != 0 && w.some {
			return c.readRest(f, off, dst, count, flags, e)
		}
		if e != 0 {
			return dst, e
		}
	}
}

// readRest ends a read of a terminal that waits no more, because of why: with
// the bytes there are, if any.
func (c *Call) readRest(f *fdtable.File, off int64, dst []byte, count int, flags uint32, why linux.Errno) ([]byte, linux.Errno) {
	var w wait0
	c.frame.fsRead.Expired = true
	d, e := c.readOnce(f, off, dst, count, flags, &w)
	c.frame.fsRead.Expired = false
	if e == 0 && len(d) == len(dst) && why != linux.ETIMEDOUT {
		return dst, why // another reader was quicker
	}
	return d, e
}

// writeOnce asks the owner once.
func (c *Call) writeOnce(f *fdtable.File, off int64, data []byte, flags uint32, w *wait0) (int, int64, linux.Errno) {
	switch f.Owner {
	case fdtable.FS:
		q, r := &c.frame.fsWrite, &c.frame.fsWriteR
		q.Cred, q.Handle, q.Offset, q.Data, q.Flags = c.Cred(), f.Handle, off, data, flags
		q.Append = f.Flags.Load()&linux.O_APPEND != 0 || flags&linux.RWF_APPEND != 0
		q.SizeLimit = c.P.Limits[linux.RLIMIT_FSIZE].Cur
		r.Wait, r.Ready, r.Raise, r.Count = fsapi.Wait{}, r.Ready[:0], r.Raise[:0], 0
		e := c.FS.Write(q, r)
		again := false
		if e, again = c.jobControl(e, r.Raise); again {
			q.Cred.Background, r.Raise = true, r.Raise[:0]
			e = c.FS.Write(q, r)
		}
		q.Data = nil
		c.fsReady(r.Ready)
		*w = fsWait(&r.Wait)
		return int(r.Count), r.Offset, e
	case fdtable.IPC:
		q, r := &c.frame.ipcWrite, &c.frame.ipcWR
		q.Handle, q.Data, q.Cred = f.Handle, data, c.ipcCred()
		r.Wait, r.Ready, r.Tokens, r.Count = ipcapi.Wait{}, r.Ready[:0], r.Tokens[:0], 0
		e := c.IPC.Write(q, r)
		q.Data = nil
		c.ipcReady(r.Ready)
		c.dropTokens(r.Tokens)
		*w = ipcWait(&r.Wait)
		return int(r.Count), 0, e
	}
	return 0, 0, linux.EINVAL
}

// write writes data that source gives: it is called again after a wait, since
// a shared buffer may have been used by others meanwhile. It returns how much
// went, and the position then.
func (c *Call) write(f *fdtable.File, off int64, count int, flags uint32, source func(done int) ([]byte, linux.Errno)) (int, int64, linux.Errno) {
	done, until := 0, int64(0)
	defer c.sent()
	for {
		data, e := source(done)
		if e != 0 {
			if done > 0 {
				return done, off, 0
			}
			if f.Mode&linux.S_IFMT == linux.S_IFIFO && f.Owner == fdtable.IPC {
				// pipe_write misses the readers before the bytes.
				if level, _ := c.pollFile(f, linux.POLLERR); level&linux.POLLERR != 0 {
					c.signalSelf(linux.SIGPIPE)
					e = linux.EPIPE
				}
			}
			return 0, off, e
		}
		var w wait0
		n, pos, e := c.writeOnce(f, off, data, flags, &w)
		c.sent()
		if e == 0 && (n < 0 || n > len(data) || n == 0 && len(data) > 0 && f.Owner == fdtable.IPC) {
			c.operator("%v: a write of %d bytes took %d", f.Owner, len(data), n)
			e = linux.EIO
		}
		if e == 0 {
			done += n
			if f.Seekable {
				off = pos
			}
			if done >= count || n == 0 && len(data) == 0 || f.Owner == fdtable.FS && n < len(data) {
				return done, off, 0
			}
			continue
		}
		if e != linux.EWAIT {
			if done > 0 {
				return done, off, 0
			}
			if e == linux.EPIPE && f.Owner == fdtable.IPC && (f.Domain == 0 || f.Type == linux.SOCK_STREAM) {
				c.signalSelf(linux.SIGPIPE)
			}
			if e == linux.EFBIG && f.Owner == fdtable.FS && c.P.Limits[linux.RLIMIT_FSIZE].Cur != linux.RLIM_INFINITY {
				c.signalSelf(linux.SIGXFSZ)
			}
			return 0, off, e
		}
		w.keep(&until)
		if e := c.block(f, &w, flags&linux.RWF_NOWAIT != 0); e != 0 {
			if done > 0 {
				return done, off, 0
			}
			return 0, off, e
		}
	}
}

// pollFile gives the readiness of a file now.
func (c *Call) pollFile(f *fdtable.File, events uint32) (uint32, uint64) {
	switch f.Owner {
	case fdtable.FS:
		if !f.Pollable {
			return linux.POLLIN | linux.POLLOUT | linux.POLLRDNORM | linux.POLLWRNORM, 0
		}
		q, r := &c.frame.fsPoll, &c.frame.fsPollR
		q.Handle, q.Events = f.Handle, events
		r.Level, r.Generation, r.Wait = 0, 0, fsapi.Wait{}
		e := c.FS.Poll(q, r)
		if e == linux.EWAIT {
			e = c.awaitFS(e, &r.Wait, func() linux.Errno { return c.FS.Poll(q, r) })
		}
		if e != 0 {
			return linux.POLLERR, 0
		}
		return r.Level, r.Generation
	case fdtable.IPC:
		q, r := &c.frame.ipcPoll, &c.frame.ipcPollR
		q.Handle, q.Events = f.Handle, events
		r.Level, r.Generation = 0, 0
		if e := c.IPC.Poll(q, r); e != 0 {
			return linux.POLLERR, 0
		}
		return r.Level, r.Generation
	case fdtable.Signal:
		q, r := &c.frame.sigPoll, &c.frame.sigPollR
		q.Handle, q.Thread, q.Events = f.Handle, c.T.Tid, events
		r.Level, r.Generation = 0, 0
		if e := c.Signal.Poll(q, r); e != 0 {
			return linux.POLLERR, 0
		}
		return r.Level, r.Generation
	}
	return f.Object.(object).poll(c, events)
}

// watchKey is under which the readiness of f is announced.
func watchKey(f *fdtable.File) wait.Handle {
	return wait.Handle{Owner: uint8(f.Owner), ID: f.Handle}
}

// install gives f a number, or drops it.
func (c *Call) install(f *fdtable.File, cloexec bool) (int64, linux.Errno) {
	fd, e := c.T.Files.Insert(f, 0, c.P.Limits[linux.RLIMIT_NOFILE].Cur, cloexec)
	if e != 0 {
		c.unref(f)
		if e == linux.EINVAL {
			e = linux.EMFILE
		}
		return 0, e
	}
	return int64(fd), 0
}

// dropTokens closes descriptions that were sent and never received.
func (e *Env) dropTokens(tokens []uint64) {
	for _, t := range tokens {
		if f := e.tokens[t]; f != nil {
			delete(e.tokens, t)
			f.InFlight--
			e.unref(f)
		}
	}
}

// collect frees the sockets that only reach each other: unix_gc. It is called
// when a socket has lost its last reference but those of messages.
func (e *Env) collect() {
	if e.collecting {
		return
	}
	e.collecting = true
	defer func() { e.collecting = false }()
	for {
		var q ipcapi.CollectRequest
		for t, f := range e.tokens {
			if onlyTravels(f) {
				q.Only = append(q.Only, ipcapi.Travelling{Token: t, Handle: f.Handle})
			}
		}
		var r ipcapi.CollectReply
		if len(q.Only) == 0 || e.IPC.Collect(&q, &r) != 0 {
			return
		}
		e.ipcReady(r.Ready)
		if e.dropTokens(r.Tokens); len(r.Tokens) == 0 {
			return
		}
	}
}

// onlyTravels reports whether f is an AF_UNIX socket that only messages refer
// to.
func onlyTravels(f *fdtable.File) bool {
	return f.Domain == linux.AF_UNIX && f.InFlight > 0 && f.Refs() == f.InFlight
}
