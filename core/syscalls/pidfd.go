package syscalls

import (
	"strconv"
	"strings"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var pidfdRows = []Row{
	{"pidfd_open", Core, args(integer("pid"), flags("flags", linux.PidfdOpenFlags)), sysPidfdOpen},
	{"pidfd_getfd", Core, args(fd("pidfd"), fd("targetfd"), uinteger("flags")), sysPidfdGetfd},
	{"process_mrelease", Core, args(fd("pidfd"), hex("flags")), sysProcessMrelease},
}

// sysProcessMrelease answers for a process that ends: its memory goes by itself.
func sysProcessMrelease(c *Call) (int64, linux.Errno) {
	if c.Uint(1) != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	o, ok := f.Object.(*pidfd)
	switch {
	case !ok:
		return 0, linux.EBADF
	case o.p.Zombie, o.p.Reaped, o.p.Space == nil:
		return 0, linux.ESRCH
	case !o.p.Exiting:
		return 0, linux.EINVAL
	}
	return 0, 0
}

func sysPidfdOpen(c *Call) (int64, linux.Errno) {
	pid := c.Int(0)
	if pid <= 0 {
		return 0, linux.EINVAL
	}
	p, t := c.Tasks.Process(pid), c.Tasks.Thread(pid)
	fl := linux.O_RDWR | c.Uint(1)&(linux.O_NONBLOCK|linux.PIDFD_THREAD)
	switch {
	case fl&linux.PIDFD_THREAD != 0 && t != nil:
		return c.install(c.newPidfd(t.Process, t, fl), true)
	case p != nil:
		return c.install(c.newPidfd(p, nil, fl), true)
	case t != nil:
		return 0, linux.ENOENT // not the leader of its group: Linux 6.15
	}
	return 0, linux.ESRCH
}

func sysPidfdGetfd(c *Call) (int64, linux.Errno) {
	if c.Uint(2) != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	o, ok := f.Object.(*pidfd)
	if !ok {
		return 0, linux.EBADF
	}
	if o.p.Zombie || o.p.Reaped {
		return 0, linux.ESRCH
	}
	if !c.mayTrace(o.p.Leader) {
		return 0, linux.EPERM
	}
	t := o.p.Leader
	for _, x := range o.p.Threads {
		if t.Exited {
			t = x
		}
	}
	g, e := t.Files.Get(c.Int(1))
	if e != 0 {
		return 0, e
	}
	return c.install(g, true)
}

// pidfd is the object behind a pidfd: readable once the process has ended, or
// the thread if it is of one.
type pidfd struct {
	p      *task.Process
	t      *task.Thread
	handle uint64
}

// pidfdName is what /proc shows of a pidfd.
const pidfdName = "anon_inode:[pidfd]"

// newPidfd makes a pidfd of a process, or with t of a thread of it.
func (c *Call) newPidfd(p *task.Process, t *task.Thread, fl uint32) *fdtable.File {
	o := &pidfd{p, t, c.nextObject()}
	f := fdtable.NewFile(fdtable.Core, o.handle, fl)
	f.Object, f.Name, f.Pollable, f.Mode = o, pidfdName, true, 0o700
	if c.pidfds[p] == nil {
		c.pidfds[p] = map[*pidfd]bool{}
	}
	c.pidfds[p][o] = true
	return f
}

func (*pidfd) read(*Call, []byte) ([]byte, linux.Errno) { return nil, linux.EINVAL }

func (o *pidfd) poll(*Call, uint32) (uint32, uint64) {
	level := o.level()
	return level, uint64(level)
}

// level is pidfd_poll: a hangup once nobody can find it any more.
func (o *pidfd) level() uint32 {
	const ended = linux.POLLIN | linux.POLLRDNORM
	switch {
	case o.p.Reaped, o.t != nil && o.t.Exited && o.t != o.p.Leader:
		return ended | linux.POLLHUP
	case o.p.Zombie, o.t != nil && o.t.Exited:
		return ended
	}
	return 0
}

func (o *pidfd) close(e *Env) {
	delete(e.pidfds[o.p], o)
	if len(e.pidfds[o.p]) == 0 {
		delete(e.pidfds, o.p)
	}
}

// pidfdOf is a pidfd or, as for pidfd_send_signal, what an open directory
// /proc/PID stands for. Errors: EBADF, ESRCH.
func (c *Call) pidfdOf(f *fdtable.File) (*pidfd, linux.Errno) {
	if o, ok := f.Object.(*pidfd); ok {
		return o, 0
	}
	h, ok := fsHandle(f)
	if !ok || f.Path || f.Mode&linux.S_IFMT != linux.S_IFDIR {
		return nil, linux.EBADF
	}
	at := fsapi.StatfsRequest{Cred: c.Cred(), Handle: h}
	var fs fsapi.StatfsReply
	if e := ask(c, c.FS.Statfs, &at, &fs, &fs.Wait); e != 0 || fs.Type != linux.PROC_SUPER_MAGIC {
		return nil, linux.EBADF
	}
	q := fsapi.PathOfRequest{Root: c.T.FS.Root.Handle, Handle: h}
	var r fsapi.PathOfReply
	if e := ask(c, c.FS.PathOf, &q, &r, &r.Wait); e != 0 {
		return nil, linux.EBADF
	}
	names := strings.Split(strings.TrimSuffix(r.Path, " (deleted)"), "/")
	pid, err := strconv.ParseInt(names[len(names)-1], 10, 32)
	if err != nil || len(names) > 1 && names[len(names)-2] == "task" {
		return nil, linux.EBADF
	}
	p := c.Tasks.Process(int32(pid))
	if p == nil || r.Deleted {
		return nil, linux.ESRCH
	}
	return &pidfd{p: p}, 0
}

// nextObject gives a handle for an object of the core's own.
func (e *Env) nextObject() uint64 {
	e.objects++
	return e.objects
}

// wakePidfd tells those who watch pidfds that a process or a thread of it has
// ended, or that its end has been seen.
func (e *Env) wakePidfd(p *task.Process) {
	for o := range e.pidfds[p] {
		if level := o.level(); level != 0 {
			e.Ready.Notify(wait.Handle{Owner: uint8(fdtable.Core), ID: o.handle}, level, uint64(level))
		}
	}
}
