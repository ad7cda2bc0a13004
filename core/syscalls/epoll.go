package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
)

var epollRows = []Row{
	{"epoll_create", Core, args(integer("size")), sysEpollCreate},
	{"epoll_create1", Core, args(flags("flags", linux.EpollCreateFlags)), sysEpollCreate1},
	{"epoll_ctl", Core, args(fd("epfd"), enum("op", linux.EpollOps), fd("fd"), ptr("event")), sysEpollCtl},
	{"epoll_wait", Core, args(fd("epfd"), ptr("events"), integer("maxevents"), integer("timeout")), sysEpollWait},
	{"epoll_pwait", Core, args(fd("epfd"), ptr("events"), integer("maxevents"), integer("timeout"), kind("sigmask", strace.SigSetIn), uinteger("sigsetsize")), sysEpollPwait},
	{"epoll_pwait2", Core, args(fd("epfd"), ptr("events"), integer("maxevents"), kind("timeout", strace.TimespecIn), kind("sigmask", strace.SigSetIn), uinteger("sigsetsize")), sysEpollPwait2},
}

const (
	// maxEpollEvents is EP_MAX_EVENTS.
	maxEpollEvents = 1<<31/linux.SizeofEpollEvent - 1
	// exclusiveOK is EPOLLEXCLUSIVE_OK_BITS.
	exclusiveOK = linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLERR | linux.EPOLLHUP | linux.EPOLLWAKEUP | linux.EPOLLET |
		linux.EPOLLEXCLUSIVE
)

func sysEpollCreate(c *Call) (int64, linux.Errno) {
	if c.Int(0) <= 0 {
		return 0, linux.EINVAL
	}
	return c.newEpoll(0)
}

func sysEpollCreate1(c *Call) (int64, linux.Errno) {
	if c.Uint(0)&^linux.EPOLL_CLOEXEC != 0 {
		return 0, linux.EINVAL
	}
	return c.newEpoll(c.Uint(0))
}

func (c *Call) newEpoll(fl uint32) (int64, linux.Errno) {
	ep := newEpoll(c.nextObject())
	f := fdtable.NewFile(fdtable.Core, ep.handle, linux.O_RDWR)
	f.Object, f.Name, f.Mode, f.Pollable = ep, "anon_inode:[eventpoll]", 0o600, true
	return c.install(f, fl&linux.EPOLL_CLOEXEC != 0)
}

// sysEpollCtl is do_epoll_ctl of fs/eventpoll.c.
func sysEpollCtl(c *Call) (int64, linux.Errno) {
	op := c.Uint(1)
	var ev linux.EpollEvent
	if op != linux.EPOLL_CTL_DEL {
		var b [linux.SizeofEpollEvent]byte
		if e := c.CopyIn(c.Args[3], b[:]); e != 0 {
			return 0, e
		}
		ev.Decode(b[:])
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	tf, e := c.file(2)
	if e != 0 {
		return 0, e
	}
	defer c.unref(tf)
	if !pollable(tf) {
		return 0, linux.EPERM
	}
	ep, ok := f.Object.(*epoll)
	if !ok || f == tf {
		return 0, linux.EINVAL
	}
	inner, nested := tf.Object.(*epoll)
	if op != linux.EPOLL_CTL_DEL && ev.Events&linux.EPOLLEXCLUSIVE != 0 {
		if op == linux.EPOLL_CTL_MOD || op == linux.EPOLL_CTL_ADD && (nested || ev.Events&^exclusiveOK != 0) {
			return 0, linux.EINVAL
		}
	}
	if nested && op == linux.EPOLL_CTL_ADD && ep.tooDeep(inner) {
		return 0, linux.ELOOP
	}
	it := ep.items[epollKey{tf, c.Int(2)}]
	switch op {
	case linux.EPOLL_CTL_ADD:
		if it != nil {
			return 0, linux.EEXIST
		}
		c.epollAdd(ep, tf, c.Int(2), &ev)
		return 0, 0
	case linux.EPOLL_CTL_DEL:
		if it == nil {
			return 0, linux.ENOENT
		}
		c.epollRemove(it)
		return 0, 0
	case linux.EPOLL_CTL_MOD:
		if it == nil {
			return 0, linux.ENOENT
		}
		if it.events&linux.EPOLLEXCLUSIVE == 0 {
			c.epollModify(it, &ev)
			return 0, 0
		}
	}
	return 0, linux.EINVAL
}

func sysEpollWait(c *Call) (int64, linux.Errno) { return c.epollWait(c.epollDeadline()) }

// epollDeadline reads the time-out in ms of argument 3.
func (c *Call) epollDeadline() int64 {
	if ms := c.Int(3); ms >= 0 {
		return c.deadlineIn(int64(ms) * 1e6)
	}
	return forever
}

func sysEpollPwait(c *Call) (int64, linux.Errno) {
	if e := c.suspendMask(c.Args[4], c.Args[5]); e != 0 {
		return 0, e
	}
	return c.epollWait(c.epollDeadline())
}

func sysEpollPwait2(c *Call) (int64, linux.Errno) {
	deadline, e := c.deadlineAt(c.Args[3], false)
	if e != 0 {
		return 0, e
	}
	if e := c.suspendMask(c.Args[4], c.Args[5]); e != 0 {
		return 0, e
	}
	return c.epollWait(deadline)
}

// epollWait is do_epoll_wait: the descriptor is looked at first, since Linux
// 6.15.
func (c *Call) epollWait(deadline int64) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	addr, most := c.Args[1], int(c.Int(2))
	if most <= 0 || most > maxEpollEvents {
		return 0, linux.EINVAL
	}
	if addr+uint64(most)*linux.SizeofEpollEvent > 1<<47 || addr > 1<<47 {
		return 0, linux.EFAULT
	}
	ep, ok := f.Object.(*epoll)
	if !ok {
		return 0, linux.EINVAL
	}
	b := c.Out()
	if n := min(most, len(ep.items)) * linux.SizeofEpollEvent; n > len(b) {
		b = make([]byte, n)
	}
	n, e := c.epollEvents(ep, b, min(most, len(b)/linux.SizeofEpollEvent), deadline)
	if e != 0 || n == 0 {
		return 0, e
	}
	size := n * linux.SizeofEpollEvent
	if len(b) == len(c.Out()) {
		c.Return(addr, size)
		return int64(n), 0
	}
	return int64(n), c.CopyOut(addr, b[:size])
}
