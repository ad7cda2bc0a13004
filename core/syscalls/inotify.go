package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var inotifyRows = []Row{
	{"inotify_init", FS, nil, sysInotifyInit},
	{"inotify_init1", FS, args(flags("flags", linux.InotifyInitFlags)), sysInotifyInit1},
	{"inotify_add_watch", FS, args(fd("fd"), path("pathname"), flags("mask", linux.InotifyEvents)), sysInotifyAddWatch},
	{"inotify_rm_watch", FS, args(fd("fd"), integer("wd")), sysInotifyRmWatch},
}

func sysInotifyInit(c *Call) (int64, linux.Errno)  { return c.inotify(0) }
func sysInotifyInit1(c *Call) (int64, linux.Errno) { return c.inotify(c.Uint(0)) }

func (c *Call) inotify(fl uint32) (int64, linux.Errno) {
	if fl&^(linux.IN_CLOEXEC|linux.IN_NONBLOCK) != 0 {
		return 0, linux.EINVAL
	}
	q := fsapi.OpenInotifyRequest{Cred: c.Cred()}
	var r fsapi.OpenInotifyReply
	if e := c.FS.OpenInotify(&q, &r); e != 0 {
		return 0, e
	}
	return c.install(anonymous(r.Handle, r.Node, linux.O_RDONLY|fl&linux.IN_NONBLOCK), fl&linux.IN_CLOEXEC != 0)
}

// anonymous makes the description of a file of fs that has neither name nor
// position.
func anonymous(handle, node uint64, fl uint32) *fdtable.File {
	f := fdtable.NewFile(fdtable.FS, handle, fl)
	f.Mode, f.Node, f.Pollable = 0o600, node, true
	return f
}

func sysInotifyAddWatch(c *Call) (int64, linux.Errno) {
	mask := c.Uint(2)
	if mask == 0 || mask&^linux.IN_MASK != 0 {
		return 0, linux.EINVAL // before the descriptor is looked at
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Owner != fdtable.FS || mask&linux.IN_MASK_ADD != 0 && mask&linux.IN_MASK_CREATE != 0 {
		return 0, linux.EINVAL
	}
	place, done := c.laterPlace(-1, 1)
	defer done()
	q := fsapi.AddWatchRequest{Cred: c.Cred(), Handle: f.Handle, Place: place, Mask: mask}
	var r fsapi.AddWatchReply
	e = ask(c, c.FS.AddWatch, &q, &r, &r.Wait)
	return int64(r.Wd), e
}

func sysInotifyRmWatch(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Owner != fdtable.FS {
		return 0, linux.EINVAL
	}
	q := fsapi.RemoveWatchRequest{Handle: f.Handle, Wd: c.Int(1)}
	var r fsapi.RemoveWatchReply
	e = c.FS.RemoveWatch(&q, &r)
	c.fsReady(r.Ready)
	return 0, e
}
