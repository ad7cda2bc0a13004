package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Getattr implements fsapi.FS.
func (f *FS) Getattr(req *fsapi.GetattrRequest, rep *fsapi.GetattrReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		p, e := f.target(c, req.Handle, &req.Place, req.Flags, true)
		if e == 0 {
			attr(p, &rep.Attr)
			return 0
		}
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

// always are the STATX_ATTR_* that any file can have, attributes those of file
// systems on a disk or in memory.
const always = linux.STATX_ATTR_AUTOMOUNT | linux.STATX_ATTR_DAX | linux.STATX_ATTR_MOUNT_ROOT

const attributes = linux.STATX_ATTR_IMMUTABLE | linux.STATX_ATTR_APPEND | linux.STATX_ATTR_NODUMP

// attr fills in what stat and statx report.
func attr(p vfs.Path, a *fsapi.Attr) {
	n := p.Inode()
	a.Dev = n.Super.Dev
	a.Ino = n.Ino
	a.Mode = n.Mode
	a.Nlink = n.Nlink
	a.Uid, a.Gid = n.Uid, n.Gid
	a.Rdev = n.Rdev
	a.Size = n.Length()
	a.Blksize = pages.Size
	a.Blocks = n.BlocksUsed()
	a.AtimeSec, a.AtimeNsec = n.Atime.Sec, n.Atime.Nsec
	a.MtimeSec, a.MtimeNsec = n.Mtime.Sec, n.Mtime.Nsec
	a.CtimeSec, a.CtimeNsec = n.Ctime.Sec, n.Ctime.Nsec
	a.BtimeSec, a.BtimeNsec = n.Btime.Sec, n.Btime.Nsec
	// FS_*_FL and STATX_ATTR_* have the same values for these three.
	a.Attributes = uint64(n.Attrs) & attributes
	a.AttributesMask = always
	if !n.Super.Fixed {
		a.AttributesMask |= attributes
	}
	if p.D == p.Mnt.Root {
		a.Attributes |= linux.STATX_ATTR_MOUNT_ROOT
	}
	a.MntId = p.Mnt.ID
}

// Access implements fsapi.FS. The credentials say whose ids count, so
// AT_EACCESS is the core's.
func (f *FS) Access(req *fsapi.AccessRequest, rep *fsapi.AccessReply) linux.Errno {
	if req.Mode&^7 != 0 {
		return linux.EINVAL
	}
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.access(c, req)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

func (f *FS) access(c *vfs.Ctx, req *fsapi.AccessRequest) linux.Errno {
	p, e := f.at(c, &req.Place, req.Flags, 0)
	if e != 0 {
		return e
	}
	n := p.Inode()
	if req.Mode&linux.X_OK != 0 && n.IsReg() && p.Mnt.Flags&linux.MS_NOEXEC != 0 {
		return linux.EACCES
	}
	if e := c.Permission(n, req.Mode); e != 0 {
		return e
	}
	special := !n.IsReg() && !n.IsDir() && !n.IsLink()
	if req.Mode&linux.W_OK != 0 && !special && p.Mnt.ReadOnly() {
		return linux.EROFS
	}
	return 0
}

// Statfs implements fsapi.FS.
func (f *FS) Statfs(req *fsapi.StatfsRequest, rep *fsapi.StatfsReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		p, e := f.target(c, req.Handle, &req.Place, 0, true)
		if e == 0 {
			f.statfs(p.Mnt, rep)
			return 0
		}
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

// Figures for a file system in memory that has no bound: 64 GiB and a million
// files, so that programs that look for room find some.
const (
	unboundPages = 64 << 30 / pages.Size
	unboundFiles = 1 << 20
)

func (f *FS) statfs(m *vfs.Mount, rep *fsapi.StatfsReply) {
	s := m.Super
	rep.Type = s.Magic
	rep.Bsize, rep.Frsize = pages.Size, pages.Size
	rep.Namelen = linux.NAME_MAX
	rep.Fsid = s.Dev
	if !s.Fixed {
		rep.Blocks = unboundPages
		rep.Files, rep.Ffree = unboundFiles, unboundFiles
		rep.Ffree -= min(rep.Ffree, s.Inodes)
		if s.Quota.Max != 0 {
			rep.Blocks = uint64(s.Quota.Max)
		}
		used := uint64(s.Quota.Used)
		if !s.Tmpfs {
			used++ // the root directory's block, which all others have
		}
		rep.Bfree = rep.Blocks - min(rep.Blocks, used)
		rep.Bavail = rep.Bfree
	}
	rep.Flags = linux.ST_VALID | mountFlags(m)
}

// mountFlags gives the ST_* of a mount: flags_by_mnt in fs/statfs.c.
func mountFlags(m *vfs.Mount) int64 {
	var flags int64
	for _, x := range [...]struct {
		ms uint64
		st int64
	}{
		{linux.MS_NOSUID, linux.ST_NOSUID}, {linux.MS_NODEV, linux.ST_NODEV},
		{linux.MS_NOEXEC, linux.ST_NOEXEC}, {linux.MS_NOATIME, linux.ST_NOATIME},
		{linux.MS_NODIRATIME, linux.ST_NODIRATIME}, {linux.MS_RELATIME, linux.ST_RELATIME},
		{linux.MS_NOSYMFOLLOW, linux.ST_NOSYMFOLLOW},
	} {
		if m.Flags&x.ms != 0 {
			flags |= x.st
		}
	}
	if m.ReadOnly() {
		flags |= linux.ST_RDONLY
	}
	return flags
}
