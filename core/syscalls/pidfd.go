package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
)

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
