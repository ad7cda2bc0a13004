package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/seccomp"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
)

// Sizes of struct seccomp_notif, seccomp_notif_resp and seccomp_notif_addfd.
const (
	notifSize      = 80
	notifRespSize  = 24
	notifAddfdSize = 24
)

// notifier is the object behind the descriptor of SECCOMP_FILTER_FLAG_NEW_LISTENER:
// the calls that wait for what another process says.
type notifier struct {
	handle uint64
	filter *seccomp.Filter
	lastID uint64
	queue  []*notification
	// arrived is woken when a call comes or the descriptor goes.
	arrived wait.Queue
	closed  bool
	// killable: a call that was received is not broken off by a signal.
	killable bool
}

// notification is one call that waits.
type notification struct {
	id       uint64
	t        *task.Thread
	data     *linux.SeccompData
	received bool
	answered bool
	value    int64
	errno    linux.Errno
	goOn     bool
	// done is woken by the answer.
	done wait.Queue
}

const notifierName = "anon_inode:seccomp notify"

// newListener makes the descriptor for the calls of a filter that is about to be
// put in force. Errors: EBUSY, EMFILE.
func (c *Call) newListener(f *seccomp.Filter, fl uint32) (int64, linux.Errno) {
	for _, n := range c.notifiers {
		if !n.closed && f.Follows(n.filter) {
			return 0, linux.EBUSY // has_duplicate_listener
		}
	}
	n := &notifier{handle: c.nextObject(), filter: f, killable: fl&linux.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV != 0}
	file := fdtable.NewFile(fdtable.Core, n.handle, linux.O_RDWR)
	file.Object, file.Name, file.Pollable, file.Mode = n, notifierName, true, 0o600
	fd, e := c.install(file, true)
	if e == 0 {
		c.notifiers = append(c.notifiers, n)
	}
	return fd, e
}

func (*notifier) read(*Call, []byte) ([]byte, linux.Errno) { return nil, linux.EINVAL }

func (n *notifier) poll(c *Call, _ uint32) (uint32, uint64) {
	level := n.level(c.Env)
	return level, n.lastID<<8 | uint64(level)
}

// filters reports whether any thread is under a filter.
func (e *Env) filters(f *seccomp.Filter) bool {
	for _, p := range e.Tasks.Processes() {
		for _, t := range p.Threads {
			if !t.Exited && t.Seccomp.Follows(f) {
				return true
			}
		}
	}
	return false
}

func (n *notifier) level(e *Env) uint32 {
	level := uint32(0)
	if !e.filters(n.filter) {
		level = linux.POLLHUP
	}
	for _, q := range n.queue {
		switch {
		case q.answered:
		case q.received:
			level |= linux.POLLOUT | linux.POLLWRNORM
		default:
			level |= linux.POLLIN | linux.POLLRDNORM
		}
	}
	return level
}

// tell has those who poll look again.
func (n *notifier) tell(e *Env) {
	level := n.level(e)
	e.Ready.Notify(wait.Handle{Owner: uint8(fdtable.Core), ID: n.handle}, level, n.lastID<<8|uint64(level))
}

// close lets all that wait go on: the call is not there.
func (n *notifier) close(e *Env) {
	n.closed = true
	for _, q := range n.queue {
		if !q.answered {
			q.answered, q.errno = true, linux.ENOSYS
		}
		q.done.Wake()
	}
	n.arrived.Wake()
	for i, x := range e.notifiers {
		if x == n {
			e.notifiers = append(e.notifiers[:i], e.notifiers[i+1:]...)
			break
		}
	}
}

// leaveFilters tells the listeners of a thread's filters that it has ended.
func (e *Env) leaveFilters(t *task.Thread) {
	for _, n := range e.notifiers {
		if t.Seccomp.Follows(n.filter) {
			n.arrived.Wake()
			n.tell(e)
		}
	}
}

// notify has the listener of a filter decide about a call:
// seccomp_do_user_notification.
func (c *Call) notify(f *seccomp.Filter, d *linux.SeccompData) (bool, int64, linux.Errno) {
	var n *notifier
	for _, x := range c.notifiers {
		if x.filter == f {
			n = x
		}
	}
	if n == nil {
		return false, 0, linux.ENOSYS
	}
	n.lastID++
	q := &notification{id: n.lastID, t: c.T, data: d}
	n.queue = append(n.queue, q)
	n.arrived.Wake()
	n.tell(c.Env)
	c.blocked()
	for !q.answered {
		r := q.done.Wait(&c.T.Sleep, 0, !n.killable || !q.received)
		if r == wait.Interrupted && !q.answered && (c.T.Sleep.Dying() || !n.killable || !q.received) {
			q.errno = linux.ERESTARTSYS
			break
		}
	}
	for i, x := range n.queue {
		if x == q {
			n.queue = append(n.queue[:i], n.queue[i+1:]...)
			break
		}
	}
	n.tell(c.Env)
	return q.goOn, q.value, q.errno
}

func (n *notifier) find(id uint64) *notification {
	for _, q := range n.queue {
		if q.id == id {
			return q
		}
	}
	return nil
}

// ioctl is seccomp_notify_ioctl.
func (n *notifier) ioctl(c *Call, cmd uint32, arg uint64) (int64, linux.Errno) {
	switch cmd {
	case linux.SECCOMP_IOCTL_NOTIF_RECV:
		return 0, n.receive(c, arg)
	case linux.SECCOMP_IOCTL_NOTIF_SEND:
		return 0, n.answer(c, arg)
	case linux.SECCOMP_IOCTL_NOTIF_ID_VALID, linux.SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR:
		var b [8]byte
		if e := c.CopyIn(arg, b[:]); e != 0 {
			return 0, e
		}
		if q := n.find(le.Uint64(b[:])); q == nil || !q.received || q.answered {
			return 0, linux.ENOENT
		}
		return 0, 0
	case linux.SECCOMP_IOCTL_NOTIF_ADDFD:
		return n.addFD(c, arg)
	}
	return 0, linux.EINVAL
}

// receive waits for a call and tells of it.
func (n *notifier) receive(c *Call, arg uint64) linux.Errno {
	var b [notifSize]byte
	if e := c.CopyIn(arg, b[:]); e != 0 {
		return e
	}
	if b != [notifSize]byte{} {
		return linux.EINVAL
	}
	for {
		for _, q := range n.queue {
			if q.received || q.answered {
				continue
			}
			le.PutUint64(b[0:], q.id)
			le.PutUint32(b[8:], uint32(q.t.Tid))
			q.data.Encode(b[16:])
			if e := c.CopyOut(arg, b[:]); e != 0 {
				return e
			}
			q.received = true
			n.tell(c.Env)
			return 0
		}
		if !c.filters(n.filter) {
			return linux.ENOENT // nobody is left who could call
		}
		c.blocked()
		if n.arrived.Wait(&c.T.Sleep, 0, true) == wait.Interrupted {
			return linux.ERESTARTSYS
		}
	}
}

// answer gives a call that was received its result, or lets it be made.
func (n *notifier) answer(c *Call, arg uint64) linux.Errno {
	var b [notifRespSize]byte
	if e := c.CopyIn(arg, b[:]); e != 0 {
		return e
	}
	value, errno, fl := int64(le.Uint64(b[8:])), int32(le.Uint32(b[16:])), le.Uint32(b[20:])
	if fl&^linux.SECCOMP_USER_NOTIF_FLAG_CONTINUE != 0 || fl != 0 && (errno != 0 || value != 0) {
		return linux.EINVAL
	}
	q := n.find(le.Uint64(b[:]))
	switch {
	case q == nil:
		return linux.ENOENT
	case !q.received || q.answered:
		return linux.EINPROGRESS
	}
	q.answered, q.goOn, q.value = true, fl != 0, value
	if errno != 0 {
		q.errno = linux.Errno(uint32(-errno) & 4095)
	}
	q.done.Wake()
	n.tell(c.Env)
	return 0
}

// addFD gives the process of a call that was received a descriptor of ours, and
// with SECCOMP_ADDFD_FLAG_SEND its number as the result.
func (n *notifier) addFD(c *Call, arg uint64) (int64, linux.Errno) {
	var b [notifAddfdSize]byte
	if e := c.CopyIn(arg, b[:]); e != 0 {
		return 0, e
	}
	fl, src, dst, dstFlags := le.Uint32(b[8:]), int32(le.Uint32(b[12:])), int32(le.Uint32(b[16:])), le.Uint32(b[20:])
	if dstFlags&^linux.O_CLOEXEC != 0 || fl&^(linux.SECCOMP_ADDFD_FLAG_SETFD|linux.SECCOMP_ADDFD_FLAG_SEND) != 0 ||
		dst != 0 && fl&linux.SECCOMP_ADDFD_FLAG_SETFD == 0 {
		return 0, linux.EINVAL
	}
	f, e := c.T.Files.Get(src)
	if e != 0 {
		return 0, e
	}
	q := n.find(le.Uint64(b[:]))
	if q == nil || q.answered || !q.received {
		c.unref(f)
		if q == nil {
			return 0, linux.ENOENT
		}
		return 0, linux.EINPROGRESS
	}
	limit, cloexec := q.t.Process.Limits[linux.RLIMIT_NOFILE].Cur, dstFlags != 0
	var fd int32
	if fl&linux.SECCOMP_ADDFD_FLAG_SETFD != 0 {
		var old *fdtable.File
		fd = dst
		if old, e = q.t.Files.Replace(f, dst, limit, cloexec); old != nil {
			c.closeFD(old)
		}
	} else {
		fd, e = q.t.Files.Insert(f, 0, limit, cloexec)
	}
	if e != 0 {
		c.unref(f)
		return 0, e
	}
	if fl&linux.SECCOMP_ADDFD_FLAG_SEND != 0 {
		q.answered, q.value = true, int64(fd)
		q.done.Wake()
		n.tell(c.Env)
	}
	return int64(fd), 0
}
