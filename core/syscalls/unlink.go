package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var unlinkRows = []Row{
	{"unlink", FS, args(path("pathname")), sysUnlink},
	{"rmdir", FS, args(path("pathname")), sysRmdir},
	{"unlinkat", FS, args(dirfd("dirfd"), path("pathname"), flags("flags", unlinkFlags)), sysUnlinkat},
}

var unlinkFlags = []linux.Flag{{Name: "AT_REMOVEDIR", Value: linux.AT_REMOVEDIR}}

func sysUnlink(c *Call) (int64, linux.Errno) { return 0, c.unlink(-1, 0, 0) }
func sysRmdir(c *Call) (int64, linux.Errno)  { return 0, c.unlink(-1, 0, linux.AT_REMOVEDIR) }
func sysUnlinkat(c *Call) (int64, linux.Errno) {
	if c.Uint(2)&^linux.AT_REMOVEDIR != 0 {
		return 0, linux.EINVAL // before the path is looked at
	}
	return 0, c.unlink(0, 1, c.Uint(2))
}

func (c *Call) unlink(dir, path int, fl uint32) linux.Errno {
	t, e := c.at(dir, path, 0)
	if e != 0 {
		return e
	}
	defer t.done()
	q := fsapi.UnlinkRequest{Cred: c.Cred(), Place: t.place, Flags: fl}
	var r fsapi.UnlinkReply
	return change(c, c.FS.Unlink, &q, &r, &r.Wait, &r.Ready)
}
