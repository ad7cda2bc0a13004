package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var readlinkRows = []Row{
	{"readlink", FS, args(path("pathname"), out("buf", 2), integer("bufsiz")), sysReadlink},
	{"readlinkat", FS, args(dirfd("dirfd"), path("pathname"), out("buf", 3), integer("bufsiz")), sysReadlinkat},
}

func sysReadlink(c *Call) (int64, linux.Errno)   { return c.readlink(-1, 0, 1) }
func sysReadlinkat(c *Call) (int64, linux.Errno) { return c.readlink(0, 1, 2) }

// readlink is do_readlinkat; the buffer and its size are arguments buf and
// buf+1. An empty path means the descriptor, with no flag.
func (c *Call) readlink(dir, path, buf int) (int64, linux.Errno) {
	size := c.Int(buf + 1)
	if size <= 0 {
		return 0, linux.EINVAL
	}
	t, e := c.at(dir, path, linux.AT_EMPTY_PATH)
	if e != 0 {
		return 0, e
	}
	defer t.done()
	if t.place.Path == "" && (t.file == nil || t.file.Mode&linux.S_IFMT != linux.S_IFLNK) {
		return 0, linux.ENOENT
	}
	q := fsapi.ReadlinkRequest{Cred: c.Cred(), Place: t.place, Size: uint32(min(size, pathMax))}
	var r fsapi.ReadlinkReply
	if e := ask(c, c.FS.Readlink, &q, &r, &r.Wait); e != 0 {
		return 0, e
	}
	n := copy(c.Out(), r.Target)
	c.Return(c.Args[buf], n)
	return int64(n), 0
}
