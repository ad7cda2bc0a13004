package syscalls

import (
	"bytes"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Call is one system call of one thread: its arguments, and the frame in which
// requests and replies live. A thread has one, used again for each call.
type Call struct {
	*Env
	T    *task.Thread
	P    *task.Process
	Nr   uint64
	Args [6]uint64

	// Bytes of the platform's Out buffer that go to outDst at the return.
	outN   int
	outDst uint64
	// moved is the position that a read moved by outN bytes.
	moved moved
	// regs, when set, are what the thread goes on with: execve, sigreturn.
	regs   *platform.Regs
	xstate uint64
	// delivered: the last answer was a signal frame; frameFailed: it could not
	// be written.
	delivered, frameFailed bool
	// gone: the thread has ended or left; nothing is to be answered.
	gone bool

	// restart goes on with the call that was interrupted last; see onRestart.
	restart Handler

	// since is when, in the sequence of Ready, what the next wait is for was
	// looked at at the earliest.
	since uint64

	// suspended: the mask was replaced for this call (sigsuspend, ppoll).
	suspended bool

	// scratch is what outgoing lent.
	scratch []byte

	frame frame
}

// frame holds the requests and replies of calls that must not allocate.
type frame struct {
	fsRead      fsapi.ReadRequest
	fsReadR     fsapi.ReadReply
	fsWrite     fsapi.WriteRequest
	fsWriteR    fsapi.WriteReply
	fsPoll      fsapi.PollRequest
	fsPollR     fsapi.PollReply
	attr        fsapi.GetattrRequest
	attrR       fsapi.GetattrReply
	entries     []fsapi.DirEntry
	ipcAttr     ipcapi.GetattrRequest
	ipcAttrR    ipcapi.GetattrReply
	ipcRead     ipcapi.ReadRequest
	ipcReadR    ipcapi.ReadReply
	ipcWrite    ipcapi.WriteRequest
	ipcWR       ipcapi.WriteReply
	ipcUnread   ipcapi.UnreadRequest
	ipcUnreadR  ipcapi.UnreadReply
	ipcSend     ipcapi.SendRequest
	ipcSendR    ipcapi.SendReply
	ipcReceive  ipcapi.ReceiveRequest
	ipcReceiveR ipcapi.ReceiveReply
	ipcPoll     ipcapi.PollRequest
	ipcPollR    ipcapi.PollReply
	sigRead     signalapi.ReadRequest
	sigReadR    signalapi.ReadReply
	sigPoll     signalapi.PollRequest
	sigPollR    signalapi.PollReply
	mask        signalapi.MaskRequest
	maskR       signalapi.MaskReply
	send        signalapi.SendRequest
	sendR       signalapi.SendReply
	deliver     signalapi.DeliverRequest
	deliverR    signalapi.DeliverReply
	ret         signalapi.ReturnRequest
	retR        signalapi.ReturnReply
	clock       signalapi.ClockGetRequest
	clockR      signalapi.ClockGetReply
	open        fsapi.OpenRequest
	openR       fsapi.OpenReply
	close       fsapi.CloseRequest
	closeR      fsapi.CloseReply
	regs        platform.Regs
	ops         []platform.Op
	poller      wait.Poller
	polls       pollSet
	buf         [512]byte
}

// newCall makes the frame of a thread.
func (e *Env) newCall(t *task.Thread) *Call {
	c := &Call{Env: e, T: t, P: t.Process}
	t.Local = c
	t.Sleep.Init(e.Leader)
	c.frame.poller.S = &t.Sleep
	return c
}

// Int is argument i as an int.
func (c *Call) Int(i int) int32 { return int32(c.Args[i]) }

// Uint is argument i as an unsigned int.
func (c *Call) Uint(i int) uint32 { return uint32(c.Args[i]) }

// CopyIn fills b from app memory. Errors: EFAULT.
func (c *Call) CopyIn(addr uint64, b []byte) linux.Errno {
	if c.P.Space.Platform.Read(addr, b) != len(b) {
		return linux.EFAULT
	}
	return 0
}

// CopyOut writes b to app memory. Errors: EFAULT.
func (c *Call) CopyOut(addr uint64, b []byte) linux.Errno {
	if len(b) > 0 && c.P.Space.Platform.Write(addr, b) != len(b) {
		return linux.EFAULT
	}
	return 0
}

// Return has n bytes of Out copied to dst at the return; EFAULT then takes the
// result's place.
func (c *Call) Return(dst uint64, n int) { c.outDst, c.outN = dst, n }

// Out is the buffer for Return.
func (c *Call) Out() []byte { return c.T.Platform.Out() }

const (
	pageSize = 4096
	pathMax  = 4096
)

// String reads a NUL-terminated string of at most max bytes, NUL included.
// Errors: EFAULT; tooLong when there is no NUL in max bytes.
func (c *Call) String(addr uint64, max int, tooLong linux.Errno) (string, linux.Errno) {
	if b, ok := c.T.Platform.In(addr); ok {
		if i := bytes.IndexByte(b, 0); i >= 0 && i < max {
			// The app can change b: string copies once, and that is what counts.
			s := string(b[:i])
			if bytes.IndexByte([]byte(s), 0) < 0 {
				return s, 0
			}
		}
	}
	var buf [pathMax]byte
	var long []byte
	got := 0
	for got < max {
		// Up to the end of the page: what lies behind may not be there.
		n := min(pageSize-int(addr%pageSize), max-got)
		b := buf[:]
		if n > len(b) {
			n = len(b)
		}
		b = b[:n]
		m := c.P.Space.Platform.Read(addr, b)
		if i := bytes.IndexByte(b[:m], 0); i >= 0 {
			return string(append(long, b[:i]...)), 0
		}
		if m < n {
			return "", linux.EFAULT
		}
		long = append(long, b...)
		got += n
		addr += uint64(n)
	}
	return "", tooLong
}

// Path reads argument i as a path. Errors: EFAULT, ENAMETOOLONG.
func (c *Call) Path(i int) (string, linux.Errno) {
	return c.String(c.Args[i], pathMax, linux.ENAMETOOLONG)
}

// Place reads a directory descriptor (argument dir, or AT_FDCWD when dir is
// negative) and a path. The descriptor only counts for a relative path, as in
// path_init of fs/namei.c. done must be called when the place is not used any
// more.
func (c *Call) Place(dir, path int) (p fsapi.Place, done func(), e linux.Errno) {
	s, e := c.Path(path)
	if e != 0 {
		return p, nil, e
	}
	fd := int32(linux.AT_FDCWD)
	if dir >= 0 {
		fd = c.Int(dir)
	}
	return c.placeAt(fd, s)
}

func nothing() {}

func (c *Call) placeAt(fd int32, s string) (p fsapi.Place, done func(), e linux.Errno) {
	p = fsapi.Place{Root: c.T.FS.Root.Handle, Dir: c.T.FS.Cwd.Handle, Path: s}
	if fd == linux.AT_FDCWD || len(s) > 0 && s[0] == '/' {
		return p, nothing, 0
	}
	f, e := c.T.Files.Get(fd)
	if e != 0 {
		return p, nil, e
	}
	if f.Owner != fdtable.FS {
		c.unref(f)
		return p, nil, linux.ENOTDIR
	}
	p.Dir = f.Handle
	return p, func() { c.unref(f) }, 0
}

// Cred gives the credentials for fs.
func (c *Call) Cred() fsapi.Cred {
	k := c.T.Cred
	return fsapi.Cred{Uid: k.FSUID, Gid: k.FSGID, Groups: k.Groups, Caps: k.Effective,
		Sid: c.P.Group.Session.Sid, Pgid: c.P.Group.Pgid, Pid: c.P.Pid, Tid: c.T.Tid}
}

// ipcCred gives the credentials for ipc.
func (c *Call) ipcCred() ipcapi.Cred {
	k := c.T.Cred
	return ipcapi.Cred{Uid: k.EUID, Gid: k.EGID, Groups: k.Groups, Caps: k.Effective, Pid: c.P.Pid}
}

// blocked hints to the platform that the answer will take a while. The first
// exec has no platform thread yet.
func (c *Call) blocked() {
	c.T.Waits++
	c.P.Waits++
	if c.T.Platform != nil {
		c.T.Platform.Blocked()
	}
}

// sleep blocks the thread.
func (c *Call) sleep(deadline int64, interruptible bool) wait.Reason {
	c.blocked()
	return c.T.Sleep.Sleep(deadline, interruptible)
}

// await waits for what a subsystem's Wait names. Errors: ERESTARTSYS when a
// signal came; ETIMEDOUT at the deadline (monotonic ns, 0 for none); EIO when
// the subsystem is gone.
func (c *Call) await(owner fdtable.Owner, ticket, handle uint64, events uint32, deadline int64) linux.Errno {
	if c.Ready.Lost(uint8(owner)) {
		return linux.EIO
	}
	if ticket == 0 && handle == 0 && deadline == 0 {
		c.operator("%v: a reply waits for nothing", owner)
		return linux.EIO
	}
	c.blocked()
	var r wait.Reason
	if ticket != 0 {
		r = c.Ready.AwaitTicket(uint8(owner), ticket, &c.T.Sleep)
	} else {
		h := wait.Handle{Owner: uint8(owner), ID: handle}
		p := &c.frame.poller
		p.Events = events | linux.POLLERR | linux.POLLHUP
		if c.Ready.Missed(c.since, h, p.Events) {
			c.since = c.Ready.Seq()
			return 0
		}
		c.Ready.Add(h, p)
		r = c.T.Sleep.Sleep(deadline, true)
		c.Ready.Remove(h, p)
	}
	c.since = c.Ready.Seq()
	switch r {
	case wait.Timeout:
		return linux.ETIMEDOUT
	case wait.Interrupted:
		return linux.ERESTARTSYS
	}
	return 0
}

// awaitFS runs an operation of fs again until it does not wait for a ticket.
func (c *Call) awaitFS(e linux.Errno, w *fsapi.Wait, again func() linux.Errno) linux.Errno {
	for e == linux.EWAIT {
		until := int64(0)
		if w.TimeoutNs != 0 {
			until = c.Leader.Now() + w.TimeoutNs
		}
		if x := c.await(fdtable.FS, w.Ticket, w.Handle, w.Events, until); x != 0 && x != linux.ETIMEDOUT {
			return x
		}
		*w = fsapi.Wait{}
		e = again()
	}
	return e
}
