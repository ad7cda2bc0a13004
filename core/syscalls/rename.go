package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var renameRows = []Row{
	{"rename", FS, args(path("oldpath"), path("newpath")), sysRename},
	{"renameat", FS, args(dirfd("olddirfd"), path("oldpath"), dirfd("newdirfd"), path("newpath")), sysRenameat},
	{"renameat2", FS, args(dirfd("olddirfd"), path("oldpath"), dirfd("newdirfd"), path("newpath"), flags("flags", linux.RenameFlags)), sysRenameat2},
}

func sysRename(c *Call) (int64, linux.Errno)    { return 0, c.rename(-1, 0, -1, 1, 0) }
func sysRenameat(c *Call) (int64, linux.Errno)  { return 0, c.rename(0, 1, 2, 3, 0) }
func sysRenameat2(c *Call) (int64, linux.Errno) { return 0, c.rename(0, 1, 2, 3, c.Uint(4)) }

func (c *Call) rename(dir, path, newDir, newPath int, fl uint32) linux.Errno {
	// do_renameat2: what cannot go together, before the paths.
	if fl&linux.RENAME_EXCHANGE != 0 && fl&(linux.RENAME_NOREPLACE|linux.RENAME_WHITEOUT) != 0 {
		return linux.EINVAL
	}
	from, e := c.at(dir, path, 0)
	if e != 0 {
		return e
	}
	defer from.done()
	to, done := c.laterPlace(newDir, newPath)
	defer done()
	q := fsapi.RenameRequest{Cred: c.Cred(), From: from.place, To: to, Flags: fl}
	var r fsapi.RenameReply
	return change(c, c.FS.Rename, &q, &r, &r.Wait, &r.Ready)
}
