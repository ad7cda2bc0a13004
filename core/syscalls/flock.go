package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var flockRows = []Row{
	{"flock", FS, args(fd("fd"), flags("operation", linux.FlockOps)), sysFlock},
}

// sysFlock is flock of fs/locks.c.
func sysFlock(c *Call) (int64, linux.Errno) {
	op := c.Uint(1)
	const mand = 32 // LOCK_MAND: gone since 5.18; the request is ignored
	if op&mand != 0 {
		return 0, 0
	}
	q := fsapi.LockRequest{Kind: fsapi.LockKindFlock, WaitAllowed: op&linux.LOCK_NB == 0}
	switch op &^ linux.LOCK_NB {
	case linux.LOCK_SH:
		q.Type = linux.F_RDLCK
	case linux.LOCK_EX:
		q.Type = linux.F_WRLCK
	case linux.LOCK_UN:
		q.Type = linux.F_UNLCK
	default:
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if q.Type != linux.F_UNLCK && f.Flags.Load()&linux.O_ACCMODE == linux.O_ACCMODE {
		return 0, linux.EBADF
	}
	h, e := c.lockHandle(f)
	if e != 0 {
		return 0, e
	}
	q.Handle, q.Owner, q.Pid = h, f.ID, c.P.Pid
	f.Locked.Or(1)
	return 0, c.lock(&q)
}
