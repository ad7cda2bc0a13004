package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var mqRows = []Row{
	{"mq_open", IPC, args(str("name"), kind("oflag", strace.OpenFlags), mode("mode"), ptr("attr")), sysMqOpen},
	{"mq_unlink", IPC, args(str("name")), sysMqUnlink},
	{"mq_timedsend", IPC, args(fd("mqdes"), in("msg_ptr", 2), uinteger("msg_len"), uinteger("msg_prio"), kind("abs_timeout", strace.TimespecIn)), sysMqTimedsend},
	{"mq_timedreceive", IPC, args(fd("mqdes"), out("msg_ptr", 2), uinteger("msg_len"), ptr("msg_prio"), kind("abs_timeout", strace.TimespecIn)), sysMqTimedreceive},
	{"mq_notify", IPC, args(fd("mqdes"), ptr("sevp")), sysMqNotify},
	{"mq_getsetattr", IPC, args(fd("mqdes"), ptr("newattr"), ptr("oldattr")), sysMqGetsetattr},
}

// mqName reads a queue's name, of which the library has taken the slash.
func (c *Call) mqName() (string, linux.Errno) {
	s, e := c.Path(0)
	if e == 0 && s == "" {
		e = linux.ENOENT
	}
	return s, e
}

func sysMqOpen(c *Call) (int64, linux.Errno) {
	fl := c.Uint(1)
	q := ipcapi.MqOpenRequest{Flags: fl, Mode: c.Uint(2) &^ c.T.FS.Umask & 0o777, Limit: c.P.Limits[linux.RLIMIT_MSGQUEUE].Cur, Cred: c.ipcCred()}
	if c.Args[3] != 0 {
		var b [linux.SizeofMqAttr]byte
		if e := c.CopyIn(c.Args[3], b[:]); e != 0 {
			return 0, e
		}
		var a linux.MqAttr
		a.Decode(b[:])
		q.Attributes, q.MaxMessages, q.MessageSize = true, a.Maxmsg, a.Msgsize
	}
	var e linux.Errno
	if q.Name, e = c.mqName(); e != 0 {
		return 0, e
	}
	if c.T.Files.Full(c.P.Limits[linux.RLIMIT_NOFILE].Cur) {
		return 0, linux.EMFILE
	}
	var r ipcapi.MqOpenReply
	if e := c.IPC.MqOpen(&q, &r); e != 0 {
		return 0, e
	}
	var at ipcapi.GetattrReply
	c.IPC.Getattr(&ipcapi.GetattrRequest{Handle: r.Handle}, &at)
	f := c.newIPC(r.Handle, fl&^onlyAtOpen, at.Mode)
	f.Name, f.Mqueue = "/"+q.Name, true
	return c.install(f, true)
}

func sysMqUnlink(c *Call) (int64, linux.Errno) {
	name, e := c.mqName()
	if e != 0 {
		return 0, e
	}
	var r ipcapi.MqUnlinkReply
	return 0, c.IPC.MqUnlink(&ipcapi.MqUnlinkRequest{Name: name, Cred: c.ipcCred()}, &r)
}

// mqTimeout reads a time-out on the clock of the day as one on the monotonic
// clock, 0 for none. Errors: EFAULT, EINVAL.
func (c *Call) mqTimeout(addr uint64) (int64, linux.Errno) {
	if addr == 0 {
		return 0, 0
	}
	ts, e := c.timespec(addr)
	if e != 0 {
		return 0, e
	}
	if !ts.Valid() {
		return 0, linux.EINVAL
	}
	// GAP: setting the clock does not move a wait under way.
	var r signalapi.DeadlineReply
	e = c.Signal.Deadline(&signalapi.DeadlineRequest{Clock: linux.CLOCK_REALTIME, TimeNs: ts.Ns(), Absolute: true}, &r)
	return max(r.MonotonicNs, 1), e
}

// mqFile gives the description of a queue that may be used for access.
func (c *Call) mqFile(access uint32) (*fdtable.File, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return nil, e
	}
	if a := f.Flags.Load() & linux.O_ACCMODE; !f.Mqueue || a != access && a != linux.O_RDWR {
		c.unref(f)
		return nil, linux.EBADF
	}
	return f, 0
}

// sysMqTimedsend is do_mq_timedsend of ipc/mqueue.c.
func sysMqTimedsend(c *Call) (int64, linux.Errno) {
	deadline, e := c.mqTimeout(c.Args[4])
	if e != 0 {
		return 0, e
	}
	if c.Uint(3) >= linux.MQ_PRIO_MAX {
		return 0, linux.EINVAL
	}
	f, e := c.mqFile(linux.O_WRONLY)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	var a ipcapi.MqAttributesReply
	if e := c.IPC.MqAttributes(&ipcapi.MqAttributesRequest{Handle: f.Handle}, &a); e != 0 {
		return 0, e
	}
	if c.Args[2] > uint64(a.MessageSize) {
		return 0, linux.EMSGSIZE
	}
	q := ipcapi.MqSendRequest{Handle: f.Handle, Priority: c.Uint(3), Cred: c.ipcCred(), Data: make([]byte, c.Args[2])}
	q.Cred.Uid = c.T.Cred.UID // what a notification shows
	if e := c.CopyIn(c.Args[1], q.Data); e != 0 {
		return 0, e
	}
	for {
		var r ipcapi.MqSendReply
		e := c.IPC.MqSend(&q, &r)
		c.ipcReady(r.Ready)
		for i := range r.Notify {
			c.mqNotified(&r.Notify[i])
		}
		if e != linux.EWAIT {
			return 0, e
		}
		w := wait0{ticket: r.Wait.Ticket, handle: r.Wait.Handle, events: r.Wait.Events}
		if w.ticket == 0 && f.Flags.Load()&linux.O_NONBLOCK != 0 {
			return 0, linux.EAGAIN
		}
		if e := c.await(fdtable.IPC, w.ticket, w.handle, w.events, deadline); e != 0 {
			return 0, e
		}
	}
}

// mqNotified raises the signal that a process asked for.
func (c *Call) mqNotified(n *ipcapi.MqNotification) {
	p := c.Tasks.Process(n.Pid)
	if p == nil || p.Zombie || p.Leader == nil {
		return
	}
	c.send(p, nil, signalapi.Info{Signo: int32(n.Signo), Code: linux.SI_MESGQ, Pid: n.SenderPid, Uid: n.SenderUid, Value: n.Value}, false)
}

func sysMqTimedreceive(c *Call) (int64, linux.Errno) {
	deadline, e := c.mqTimeout(c.Args[4])
	if e != 0 {
		return 0, e
	}
	f, e := c.mqFile(linux.O_RDONLY)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q := ipcapi.MqReceiveRequest{Handle: f.Handle, Size: c.Args[2]}
	nonblock := f.Flags.Load()&linux.O_NONBLOCK != 0
	var r ipcapi.MqReceiveReply
	again := false
	e = c.ipcSleep(deadline, func(pending uint64, cancel bool) (linux.Errno, *ipcapi.Wait, uint64) {
		for {
			q.Pending, q.Cancel = pending, cancel
			r = ipcapi.MqReceiveReply{}
			e := c.IPC.MqReceive(&q, &r)
			c.ipcReady(r.Ready)
			if e != linux.EWAIT || !nonblock || r.Wait.Ticket != 0 {
				return e, &r.Wait, r.Pending
			}
			pending, cancel, again = r.Pending, true, true // an empty queue, and nobody to wait
		}
	})
	if again && e == linux.EINTR {
		e = linux.EAGAIN
	}
	if e != 0 {
		return 0, e
	}
	if c.Args[3] != 0 {
		if _, e := c.putInt(c.Args[3], int32(r.Priority)); e != 0 {
			return 0, e
		}
	}
	return int64(len(r.Data)), c.CopyOut(c.Args[1], r.Data)
}

func sysMqNotify(c *Call) (int64, linux.Errno) {
	q := ipcapi.MqNotifyRequest{Pid: c.P.Pid, Remove: c.Args[1] == 0}
	if !q.Remove {
		var b [linux.SizeofSigevent]byte
		if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
		var s linux.Sigevent
		s.Decode(b[:])
		q.Kind, q.Signo, q.Value = uint32(s.Notify), uint32(s.Signo), s.Value
	}
	if q.Kind == linux.SIGEV_THREAD && !q.Remove {
		if e := c.mqSocket(&q); e != 0 {
			return 0, e
		}
	}
	// The request is looked at before the descriptor: the subsystem says so too.
	if f, e := c.file(0); e == 0 {
		defer c.unref(f)
		if f.Mqueue {
			q.Handle = f.Handle
		}
	}
	var r ipcapi.MqNotifyReply
	e := c.IPC.MqNotify(&q, &r)
	c.ipcReady(r.Ready)
	return 0, e
}

// mqSocket reads what SIGEV_THREAD is about: a cookie, and in place of a signal
// a netlink socket that will get it. Errors: EFAULT, EBADF, ENOTSOCK, EINVAL.
func (c *Call) mqSocket(q *ipcapi.MqNotifyRequest) linux.Errno {
	const cookieSize = 32 // NOTIFY_COOKIE_LEN
	q.Cookie = make([]byte, cookieSize)
	if e := c.CopyIn(q.Value, q.Cookie); e != 0 {
		return e
	}
	f, e := c.T.Files.Get(int32(q.Signo))
	if e != 0 {
		return e
	}
	defer c.unref(f)
	switch {
	case f.Mode&linux.S_IFMT != linux.S_IFSOCK:
		return linux.ENOTSOCK
	case f.Domain != linux.AF_NETLINK:
		return linux.EINVAL
	}
	q.Socket = f.Handle
	return 0
}

// mqClosed takes a process's request back when it closes a descriptor of the
// queue, whichever asked: mqueue_flush_file.
func (c *Call) mqClosed(f *fdtable.File) {
	var r ipcapi.MqNotifyReply
	c.IPC.MqNotify(&ipcapi.MqNotifyRequest{Handle: f.Handle, Pid: c.P.Pid, Remove: true}, &r)
	c.ipcReady(r.Ready)
}

func sysMqGetsetattr(c *Call) (int64, linux.Errno) {
	var set linux.MqAttr
	if c.Args[1] != 0 {
		var b [linux.SizeofMqAttr]byte
		if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
			return 0, e
		}
		if set.Decode(b[:]); set.Flags&^linux.O_NONBLOCK != 0 {
			return 0, linux.EINVAL
		}
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if !f.Mqueue {
		return 0, linux.EBADF
	}
	var r ipcapi.MqAttributesReply
	if e := c.IPC.MqAttributes(&ipcapi.MqAttributesRequest{Handle: f.Handle}, &r); e != 0 {
		return 0, e
	}
	old := linux.MqAttr{Flags: int64(f.Flags.Load() & linux.O_NONBLOCK), Maxmsg: r.MaxMessages, Msgsize: r.MessageSize, Curmsgs: r.Messages}
	if c.Args[1] != 0 {
		f.Flags.And(^uint32(linux.O_NONBLOCK))
		f.Flags.Or(uint32(set.Flags))
	}
	if c.Args[2] != 0 {
		old.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofMqAttr)
	}
	return 0, 0
}
