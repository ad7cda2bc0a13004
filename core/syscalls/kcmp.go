package syscalls

import (
	"cmp"
	"reflect"
	"slices"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
)

var kcmpRows = []Row{
	{"kcmp", Core, args(integer("pid1"), integer("pid2"), enum("type", linux.KcmpTypes), hex("idx1"), hex("idx2")), sysKcmp},
}

// sysKcmp compares what two threads have: any total order will do.
func sysKcmp(c *Call) (int64, linux.Errno) {
	a, b := c.Tasks.Thread(c.Int(0)), c.Tasks.Thread(c.Int(1))
	if a == nil || b == nil {
		return 0, linux.ESRCH
	}
	if !c.mayTrace(a) || !c.mayTrace(b) {
		return 0, linux.EPERM
	}
	switch c.Int(2) {
	case linux.KCMP_FILE:
		f, e := peekFile(a, c.Uint(3))
		if e != 0 {
			return 0, e
		}
		g, e := peekFile(b, c.Uint(4))
		if e != 0 {
			return 0, e
		}
		return order(int64(cmp.Compare(f.ID, g.ID))), 0
	case linux.KCMP_VM:
		return compare(a.Process.Space, b.Process.Space), 0
	case linux.KCMP_FILES:
		return compare(a.Files, b.Files), 0
	case linux.KCMP_FS:
		return compare(a.FS, b.FS), 0
	case linux.KCMP_SIGHAND:
		return compare(a.Process, b.Process), 0 // GAP: CLONE_SIGHAND without CLONE_THREAD
	case linux.KCMP_SYSVSEM:
		return compare(a.SemUndo, b.SemUndo), 0
	case linux.KCMP_EPOLL_TFD:
		return c.kcmpEpoll(a, b)
	case linux.KCMP_IO:
		return 0, 0 // none has one: two NULLs are equal
	}
	return 0, linux.EINVAL
}

// kcmpEpoll compares a description with what an epoll instance of the other
// thread watches: kcmp_epoll_target.
func (c *Call) kcmpEpoll(a, b *task.Thread) (int64, linux.Errno) {
	var slot [12]byte // struct kcmp_epoll_slot
	if e := c.CopyIn(c.Args[4], slot[:]); e != 0 {
		return 0, e
	}
	f, e := peekFile(a, c.Uint(3))
	if e != 0 {
		return 0, e
	}
	g, e := peekFile(b, le.Uint32(slot[0:]))
	if e != 0 {
		return 0, e
	}
	ep, ok := g.Object.(*epoll)
	if !ok {
		return 0, linux.EINVAL
	}
	var found []*fdtable.File
	for k := range ep.items {
		if k.fd == int32(le.Uint32(slot[4:])) {
			found = append(found, k.f)
		}
	}
	slices.SortFunc(found, func(x, y *fdtable.File) int { return cmp.Compare(x.ID, y.ID) })
	n := le.Uint32(slot[8:])
	if uint64(n) >= uint64(len(found)) {
		return 0, linux.ENOENT
	}
	return order(int64(cmp.Compare(f.ID, found[n].ID))), 0
}

// order turns a comparison into kcmp's: 0 equal, 1 less, 2 greater.
func order(v int64) int64 {
	switch {
	case v < 0:
		return 1
	case v > 0:
		return 2
	}
	return 0
}

// compare orders by address, which the collector does not change.
func compare(a, b any) int64 {
	return order(int64(cmp.Compare(reflect.ValueOf(a).Pointer(), reflect.ValueOf(b).Pointer())))
}

// peekFile gives a thread's description without a reference. Errors: EBADF.
func peekFile(t *task.Thread, fd uint32) (*fdtable.File, linux.Errno) {
	if t.Exited || t.Files == nil {
		return nil, linux.EBADF
	}
	f, e := t.Files.Get(int32(fd))
	if e == 0 {
		f.Unref() // the table holds one
	}
	return f, e
}

// mayTrace says whether the caller may look into a thread: ptrace_may_access
// with real credentials of kernel/ptrace.c.
func (c *Call) mayTrace(t *task.Thread) bool {
	if t.Process == c.P {
		return true
	}
	k, o := c.T.Cred, t.Cred
	if k.Has(linux.CAP_SYS_PTRACE) {
		return true
	}
	same := k.UID == o.EUID && k.UID == o.SUID && k.UID == o.UID && k.GID == o.EGID && k.GID == o.SGID && k.GID == o.GID
	return same && (t.Process.Space == nil || t.Process.Space.Dumpable == 1) && o.Permitted&^k.Permitted == 0
}
