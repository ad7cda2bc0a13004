package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var statfsRows = []Row{
	{"statfs", FS, args(path("path"), ptr("buf")), sysStatfs},
	{"fstatfs", FS, args(fd("fd"), ptr("buf")), sysFstatfs},
}

func sysStatfs(c *Call) (int64, linux.Errno) {
	t, e := c.at(-1, 0, 0)
	if e != 0 {
		return 0, e
	}
	defer t.done()
	return c.statfs(&fsapi.StatfsRequest{Cred: c.Cred(), Place: t.place})
}

func sysFstatfs(c *Call) (int64, linux.Errno) {
	f, e := c.anyFile(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if h, ok := fsHandle(f); ok {
		return c.statfs(&fsapi.StatfsRequest{Cred: c.Cred(), Handle: h})
	}
	// The file systems that nobody mounts: simple_statfs of fs/libfs.c.
	s := linux.Statfs{Type: linux.ANON_INODE_FS_MAGIC, Bsize: pageSize, Frsize: pageSize, Namelen: linux.NAME_MAX,
		Flags: linux.ST_VALID}
	dev := uint64(devAnon)
	if f.Owner == fdtable.IPC {
		switch f.Mode & linux.S_IFMT {
		case linux.S_IFSOCK:
			s.Type, dev = linux.SOCKFS_MAGIC, devSockets
		case linux.S_IFIFO:
			s.Type, dev = linux.PIPEFS_MAGIC, devPipes
		}
	}
	s.Fsid = [2]int32{int32(dev)}
	return c.returnStatfs(&s)
}

func (c *Call) statfs(q *fsapi.StatfsRequest) (int64, linux.Errno) {
	var r fsapi.StatfsReply
	if e := ask(c, c.FS.Statfs, q, &r, &r.Wait); e != 0 {
		return 0, e
	}
	return c.returnStatfs(&linux.Statfs{Type: r.Type, Bsize: r.Bsize, Blocks: r.Blocks, Bfree: r.Bfree, Bavail: r.Bavail,
		Files: r.Files, Ffree: r.Ffree, Fsid: [2]int32{int32(r.Fsid), int32(r.Fsid >> 32)}, Namelen: r.Namelen,
		Frsize: r.Frsize, Flags: r.Flags})
}

func (c *Call) returnStatfs(s *linux.Statfs) (int64, linux.Errno) {
	s.Encode(c.Out())
	c.Return(c.Args[1], linux.SizeofStatfs)
	return 0, 0
}
