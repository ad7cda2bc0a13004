package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var statRows = []Row{
	{"stat", FS, args(path("pathname"), kind("statbuf", strace.StatOut)), sysStat},
	{"lstat", FS, args(path("pathname"), kind("statbuf", strace.StatOut)), sysLstat},
	{"fstat", FS, args(fd("fd"), kind("statbuf", strace.StatOut)), sysFstat},
	{"newfstatat", FS, args(dirfd("dirfd"), path("pathname"), kind("statbuf", strace.StatOut), flags("flags", linux.AtFlags)), sysNewfstatat},
	{"statx", FS, args(dirfd("dirfd"), path("pathname"), flags("flags", linux.StatxAtFlags), flags("mask", linux.StatxMask), ptr("statxbuf")), sysStatx},
}

// statFlags are those that the stat calls know.
const statFlags = linux.AT_SYMLINK_NOFOLLOW | linux.AT_NO_AUTOMOUNT | linux.AT_EMPTY_PATH | linux.AT_STATX_SYNC_TYPE

func sysStat(c *Call) (int64, linux.Errno) {
	a, e := c.statAt(-1, 0, 0)
	if e != 0 {
		return 0, e
	}
	return c.returnStat(a, c.Args[1])
}

func sysLstat(c *Call) (int64, linux.Errno) {
	a, e := c.statAt(-1, 0, linux.AT_SYMLINK_NOFOLLOW)
	if e != 0 {
		return 0, e
	}
	return c.returnStat(a, c.Args[1])
}

func sysFstat(c *Call) (int64, linux.Errno) {
	a, e := c.statFD(c.Int(0))
	if e != 0 {
		return 0, e
	}
	return c.returnStat(a, c.Args[1])
}

func sysNewfstatat(c *Call) (int64, linux.Errno) {
	fl := c.Uint(3)
	if fl == linux.AT_EMPTY_PATH && c.Int(0) >= 0 && c.emptyPath(1) {
		a, e := c.statFD(c.Int(0))
		if e != 0 {
			return 0, e
		}
		return c.returnStat(a, c.Args[2])
	}
	if fl&^statFlags != 0 {
		return 0, linux.EINVAL
	}
	a, e := c.statAt(0, 1, fl)
	if e != 0 {
		return 0, e
	}
	return c.returnStat(a, c.Args[2])
}

// emptyPath is vfs_empty_path: no path, or an empty one.
func (c *Call) emptyPath(i int) bool {
	if c.Args[i] == 0 {
		return true
	}
	if b, ok := c.T.Platform.In(c.Args[i]); ok && len(b) > 0 {
		return b[0] == 0
	}
	b := c.frame.buf[:1]
	return c.CopyIn(c.Args[i], b) == 0 && b[0] == 0
}

// statAt asks for the attributes of a place. The result lies in the frame.
func (c *Call) statAt(dir, path int, fl uint32) (*fsapi.Attr, linux.Errno) {
	t, e := c.at(dir, path, fl)
	if e != 0 {
		return nil, e
	}
	defer t.done()
	if t.file != nil {
		return c.stat(t.file)
	}
	q, r := &c.frame.attr, &c.frame.attrR
	*q = fsapi.GetattrRequest{Cred: c.Cred(), Place: t.place, Flags: fl &^ linux.AT_STATX_SYNC_TYPE}
	*r = fsapi.GetattrReply{}
	if e := ask(c, c.FS.Getattr, q, r, &r.Wait); e != 0 {
		return nil, e
	}
	return &r.Attr, 0
}

func (c *Call) statFD(fd int32) (*fsapi.Attr, linux.Errno) {
	f, e := c.T.Files.Get(fd)
	if e != 0 {
		return nil, e
	}
	a, e := c.stat(f)
	c.unref(f)
	return a, e
}

// The devices that pipes, sockets and the rest lie on: nobody sees them
// mounted.
const (
	devSockets = 8
	devPipes   = 14
	devAnon    = 15
)

// stat asks for the attributes of an open file. The result lies in the frame.
func (c *Call) stat(f *fdtable.File) (*fsapi.Attr, linux.Errno) {
	q, r := &c.frame.attr, &c.frame.attrR
	if h, ok := fsHandle(f); ok {
		q.Cred, q.Place, q.Flags, q.Handle = c.Cred(), fsapi.Place{}, 0, h
		r.Wait = fsapi.Wait{}
		e := c.FS.Getattr(q, r)
		if e == linux.EWAIT {
			e = ask(c, c.FS.Getattr, q, r, &r.Wait)
		}
		return &r.Attr, e
	}
	a := &r.Attr
	*a = fsapi.Attr{Dev: linux.Makedev(0, devAnon), Ino: 1, Mode: 0o600, Nlink: 1, Blksize: pageSize,
		AttributesMask: linux.STATX_ATTR_AUTOMOUNT | linux.STATX_ATTR_DAX | linux.STATX_ATTR_MOUNT_ROOT}
	if _, ok := f.Object.(*pidfd); ok {
		a.Mode = f.Mode
	}
	if f.Owner != fdtable.IPC {
		return a, 0
	}
	iq, ir := &c.frame.ipcAttr, &c.frame.ipcAttrR
	*iq, *ir = ipcapi.GetattrRequest{Handle: f.Handle}, ipcapi.GetattrReply{}
	if e := c.IPC.Getattr(iq, ir); e != 0 {
		return nil, e
	}
	a.Ino, a.Mode, a.Uid, a.Gid = ir.Ino, ir.Mode&linux.S_IFMT|f.Mode&modeBits, ir.Uid, ir.Gid
	a.AtimeSec, a.AtimeNsec = ir.TimeNs/1e9, uint32(ir.TimeNs%1e9)
	a.MtimeSec, a.MtimeNsec = a.AtimeSec, a.AtimeNsec
	a.CtimeSec, a.CtimeNsec = a.AtimeSec, a.AtimeNsec
	if f.Mqueue {
		a.Size = 80 // FILENT_SIZE of ipc/mqueue.c
	}
	switch ir.Mode & linux.S_IFMT {
	case linux.S_IFSOCK:
		a.Dev = linux.Makedev(0, devSockets)
		a.AtimeSec, a.AtimeNsec, a.MtimeSec, a.MtimeNsec, a.CtimeSec, a.CtimeNsec = 0, 0, 0, 0, 0, 0
	case linux.S_IFIFO:
		a.Dev = linux.Makedev(0, devPipes)
	}
	return a, 0
}

// returnStat gives struct stat back.
func (c *Call) returnStat(a *fsapi.Attr, addr uint64) (int64, linux.Errno) {
	s := linux.Stat{
		Dev: a.Dev, Ino: a.Ino, Nlink: uint64(a.Nlink), Mode: a.Mode, Uid: a.Uid, Gid: a.Gid, Rdev: a.Rdev,
		Size: a.Size, Blksize: int64(a.Blksize), Blocks: int64(a.Blocks),
		Atime: linux.Timespec{Sec: a.AtimeSec, Nsec: int64(a.AtimeNsec)},
		Mtime: linux.Timespec{Sec: a.MtimeSec, Nsec: int64(a.MtimeNsec)},
		Ctime: linux.Timespec{Sec: a.CtimeSec, Nsec: int64(a.CtimeNsec)},
	}
	s.Encode(c.Out())
	c.Return(addr, linux.SizeofStat)
	return 0, 0
}

// sysStatx is do_statx of fs/stat.c.
func sysStatx(c *Call) (int64, linux.Errno) {
	fl, mask := c.Uint(2), c.Uint(3)
	const other = linux.AT_NO_AUTOMOUNT | linux.AT_STATX_SYNC_TYPE
	byFD := fl&^other == linux.AT_EMPTY_PATH && c.Int(0) >= 0 && c.emptyPath(1)
	if mask&linux.STATX__RESERVED != 0 || fl&linux.AT_STATX_SYNC_TYPE == linux.AT_STATX_SYNC_TYPE || fl&^statFlags != 0 {
		return 0, linux.EINVAL
	}
	var a *fsapi.Attr
	var e linux.Errno
	if byFD {
		a, e = c.statFD(c.Int(0))
	} else {
		a, e = c.statAt(0, 1, fl)
	}
	if e != 0 {
		return 0, e
	}
	s := linux.Statx{
		Mask: linux.STATX_BASIC_STATS | linux.STATX_MNT_ID, Blksize: a.Blksize, Attributes: a.Attributes,
		AttributesMask: a.AttributesMask, Nlink: a.Nlink, Uid: a.Uid, Gid: a.Gid, Mode: uint16(a.Mode), Ino: a.Ino,
		Size: uint64(a.Size), Blocks: a.Blocks, MntId: a.MntId,
		Atime:     linux.StatxTimestamp{Sec: a.AtimeSec, Nsec: a.AtimeNsec},
		Mtime:     linux.StatxTimestamp{Sec: a.MtimeSec, Nsec: a.MtimeNsec},
		Ctime:     linux.StatxTimestamp{Sec: a.CtimeSec, Nsec: a.CtimeNsec},
		RdevMajor: linux.Major(a.Rdev), RdevMinor: linux.Minor(a.Rdev),
		DevMajor: linux.Major(a.Dev), DevMinor: linux.Minor(a.Dev),
	}
	if mask&(linux.STATX_MTIME|linux.STATX_CTIME) == 0 && a.AttributesMask&linux.STATX_ATTR_IMMUTABLE != 0 {
		s.Mask &^= linux.STATX_MTIME | linux.STATX_CTIME // fill_mg_cmtime, of those file systems that ext4 and tmpfs are among
		s.Mtime, s.Ctime = linux.StatxTimestamp{}, linux.StatxTimestamp{}
	}
	if mask&linux.STATX_BTIME != 0 && (a.BtimeSec != 0 || a.BtimeNsec != 0) {
		s.Mask |= linux.STATX_BTIME
		s.Btime = linux.StatxTimestamp{Sec: a.BtimeSec, Nsec: a.BtimeNsec}
	}
	s.Encode(c.Out())
	c.Return(c.Args[4], linux.SizeofStatx)
	return 0, 0
}
