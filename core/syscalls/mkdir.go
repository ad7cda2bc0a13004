package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var mkdirRows = []Row{
	{"mkdir", FS, args(path("pathname"), mode("mode")), sysMkdir},
	{"mkdirat", FS, args(dirfd("dirfd"), path("pathname"), mode("mode")), sysMkdirat},
	{"mknod", FS, args(path("pathname"), mode("mode"), kind("dev", strace.DevNr)), sysMknod},
	{"mknodat", FS, args(dirfd("dirfd"), path("pathname"), mode("mode"), kind("dev", strace.DevNr)), sysMknodat},
}

func sysMkdir(c *Call) (int64, linux.Errno)   { return 0, c.mkdir(-1, 0, c.Uint(1)) }
func sysMkdirat(c *Call) (int64, linux.Errno) { return 0, c.mkdir(0, 1, c.Uint(2)) }

func (c *Call) mkdir(dir, path int, mode uint32) linux.Errno {
	t, e := c.at(dir, path, 0)
	if e != 0 {
		return e
	}
	defer t.done()
	q := fsapi.MkdirRequest{Cred: c.Cred(), Place: t.place, Mode: mode, Umask: c.T.FS.Umask}
	var r fsapi.MkdirReply
	return change(c, c.FS.Mkdir, &q, &r, &r.Wait, &r.Ready)
}

func sysMknod(c *Call) (int64, linux.Errno)   { return 0, c.mknod(-1, 0, c.Uint(1), c.Uint(2)) }
func sysMknodat(c *Call) (int64, linux.Errno) { return 0, c.mknod(0, 1, c.Uint(2), c.Uint(3)) }

// mknod is do_mknodat. dev is as new_decode_dev reads it, which is dev_t.
func (c *Call) mknod(dir, path int, mode, dev uint32) linux.Errno {
	switch mode & linux.S_IFMT { // may_mknod: before the path
	case 0, linux.S_IFREG, linux.S_IFCHR, linux.S_IFBLK, linux.S_IFIFO, linux.S_IFSOCK:
	case linux.S_IFDIR:
		return linux.EPERM
	default:
		return linux.EINVAL
	}
	t, e := c.at(dir, path, 0)
	if e != 0 {
		return e
	}
	defer t.done()
	_, e = c.makeNode(t.place, mode, uint64(dev))
	return e
}

// makeNode makes a node with the umask applied and gives its number.
func (c *Call) makeNode(place fsapi.Place, mode uint32, rdev uint64) (uint64, linux.Errno) {
	q := fsapi.MknodRequest{Cred: c.Cred(), Place: place, Mode: mode & 0xffff, Umask: c.T.FS.Umask, Rdev: rdev}
	var r fsapi.MknodReply
	e := change(c, c.FS.Mknod, &q, &r, &r.Wait, &r.Ready)
	return r.Node, e
}
