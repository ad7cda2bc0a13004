package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
)

var pidfdRows = []Row{
	{"pidfd_open", Core, args(integer("pid"), flags("flags", linux.PidfdOpenFlags)), sysPidfdOpen},
	{"pidfd_getfd", Core, args(fd("pidfd"), fd("targetfd"), uinteger("flags")), sysPidfdGetfd},
}

func sysPidfdOpen(c *Call) (int64, linux.Errno) {
	pid := c.Int(0)
	if pid <= 0 {
		return 0, linux.EINVAL
	}
	p := c.Tasks.Process(pid)
	if p == nil {
		if c.Tasks.Thread(pid) != nil {
			return 0, linux.ENOENT // not the leader of its group: Linux 6.15
		}
		return 0, linux.ESRCH
	}
	return c.install(c.newPidfd(p, linux.O_RDWR|c.Uint(1)&linux.O_NONBLOCK), true)
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

// pidfd is the object behind a pidfd: readable once the process has ended.
type pidfd struct {
	p      *task.Process
	handle uint64
}

func (*pidfd) read(*Call, []byte) ([]byte, linux.Errno) { return nil, linux.EINVAL }

func (o *pidfd) poll(*Call, uint32) (uint32, uint64) {
	if o.p.Zombie || o.p.Reaped {
		return linux.POLLIN | linux.POLLRDNORM, 1
	}
	return 0, 0
}

func (o *pidfd) close(e *Env) {
	delete(e.pidfds[o.p], o.handle)
	if len(e.pidfds[o.p]) == 0 {
		delete(e.pidfds, o.p)
	}
}

// nextObject gives a handle for an object of the core's own.
func (e *Env) nextObject() uint64 {
	e.objects++
	return e.objects
}

// wakePidfd tells those who watch pidfds that a process has ended.
func (e *Env) wakePidfd(p *task.Process) {
	for h := range e.pidfds[p] {
		e.Ready.Notify(wait.Handle{Owner: uint8(fdtable.Core), ID: h}, linux.POLLIN|linux.POLLRDNORM, 1)
	}
}
