package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var syncRows = []Row{
	{"sync", FS, nil, sysSync},
	{"syncfs", FS, args(fd("fd")), sysSyncfs},
	{"fsync", FS, args(fd("fd")), sysFsync},
	{"fdatasync", FS, args(fd("fd")), sysFdatasync},
	{"sync_file_range", FS, args(fd("fd"), long("offset"), long("nbytes"), flags("flags", linux.SyncFileRangeFlags)), sysSyncFileRange},
}

func sysSync(c *Call) (int64, linux.Errno) {
	c.syncFile(&fsapi.SyncRequest{})
	return 0, 0
}

func sysSyncfs(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	h, ok := fsHandle(f)
	if !ok {
		return 0, 0
	}
	return 0, c.syncFile(&fsapi.SyncRequest{Handle: h, Whole: true})
}

func sysFsync(c *Call) (int64, linux.Errno)     { return 0, c.fsync(false) }
func sysFdatasync(c *Call) (int64, linux.Errno) { return 0, c.fsync(true) }

func (c *Call) fsync(dataOnly bool) linux.Errno {
	f, e := c.file(0)
	if e != 0 {
		return e
	}
	defer c.unref(f)
	if f.Owner != fdtable.FS {
		return linux.EINVAL // no fsync method
	}
	return c.syncFile(&fsapi.SyncRequest{Handle: f.Handle, DataOnly: dataOnly})
}

func (c *Call) syncFile(q *fsapi.SyncRequest) linux.Errno {
	var r fsapi.SyncReply
	return ask(c, c.FS.Sync, q, &r, &r.Wait)
}

// sysSyncFileRange checks as fs/sync.c does. Writing a part back is a hint;
// waiting for it is not.
func sysSyncFileRange(c *Call) (int64, linux.Errno) {
	const all = linux.SYNC_FILE_RANGE_WAIT_BEFORE | linux.SYNC_FILE_RANGE_WRITE | linux.SYNC_FILE_RANGE_WAIT_AFTER
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	off, n, fl := int64(c.Args[1]), int64(c.Args[2]), c.Uint(3)
	if end := off + n; fl&^all != 0 || off < 0 || end < 0 || end < off {
		return 0, linux.EINVAL
	}
	switch f.Mode & linux.S_IFMT {
	case linux.S_IFREG, linux.S_IFBLK, linux.S_IFDIR, linux.S_IFLNK:
	default:
		return 0, linux.ESPIPE
	}
	if fl&(linux.SYNC_FILE_RANGE_WAIT_BEFORE|linux.SYNC_FILE_RANGE_WAIT_AFTER) == 0 || f.Owner != fdtable.FS {
		return 0, 0
	}
	return 0, c.syncFile(&fsapi.SyncRequest{Handle: f.Handle, DataOnly: true})
}
