package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var linkRows = []Row{
	{"link", FS, args(path("oldpath"), path("newpath")), sysLink},
	{"linkat", FS, args(dirfd("olddirfd"), path("oldpath"), dirfd("newdirfd"), path("newpath"), flags("flags", linux.AtFlags)), sysLinkat},
	{"symlink", FS, args(path("target"), path("linkpath")), sysSymlink},
	{"symlinkat", FS, args(path("target"), dirfd("newdirfd"), path("linkpath")), sysSymlinkat},
}

func sysLink(c *Call) (int64, linux.Errno)   { return 0, c.link(-1, 0, -1, 1, 0) }
func sysLinkat(c *Call) (int64, linux.Errno) { return 0, c.link(0, 1, 2, 3, c.Uint(4)) }

func (c *Call) link(dir, path, newDir, newPath int, fl uint32) linux.Errno {
	if fl&^(linux.AT_SYMLINK_FOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return linux.EINVAL
	}
	from, e := c.at(dir, path, fl)
	if e != 0 {
		return e
	}
	defer from.done()
	if from.foreign() {
		return linux.EXDEV // another mount: filename_create is not asked first
	}
	to, done := c.laterPlace(newDir, newPath)
	defer done()
	q := fsapi.LinkRequest{Cred: c.Cred(), From: from.place, To: to, Flags: fl}
	var r fsapi.LinkReply
	return change(c, c.FS.Link, &q, &r, &r.Wait, &r.Ready)
}

func sysSymlink(c *Call) (int64, linux.Errno)   { return 0, c.symlink(-1, 1) }
func sysSymlinkat(c *Call) (int64, linux.Errno) { return 0, c.symlink(1, 2) }

func (c *Call) symlink(dir, path int) linux.Errno {
	s, e := c.Path(0)
	if e != 0 {
		return e
	}
	if s == "" {
		return linux.ENOENT
	}
	t, e := c.at(dir, path, 0)
	if e != 0 {
		return e
	}
	defer t.done()
	q := fsapi.SymlinkRequest{Cred: c.Cred(), Target: s, Place: t.place}
	var r fsapi.SymlinkReply
	return change(c, c.FS.Symlink, &q, &r, &r.Wait, &r.Ready)
}
