package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Groups of Setattr bits.
const (
	validOwner = uint32(fsapi.SetattrValidUid | fsapi.SetattrValidGid)
	validTimes = uint32(fsapi.SetattrValidAtime | fsapi.SetattrValidMtime |
		fsapi.SetattrValidAtimeNow | fsapi.SetattrValidMtimeNow)
)

// Setattr implements fsapi.FS. With no bit in Valid it is chown(-1, -1), which
// still drops set-id bits and sets the change time.
func (f *FS) Setattr(req *fsapi.SetattrRequest, rep *fsapi.SetattrReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.SetattrReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).setattr)
}

func (f *FS) setattr(c *vfs.Ctx, req *fsapi.SetattrRequest, _ *fsapi.SetattrReply) linux.Errno {
	size := req.Valid&uint32(fsapi.SetattrValidSize) != 0
	if size && req.Size < 0 {
		return linux.EINVAL
	}
	p, e := f.target(c, req.Handle, &req.Place, req.Flags, false)
	if e != 0 {
		return e
	}
	if size {
		return f.setSize(c, p, req)
	}
	if p.Mnt.ReadOnly() {
		return linux.EROFS
	}
	n := p.Inode()
	if n.Type() == 0 {
		return linux.EOPNOTSUPP // anon_inode_setattr
	}
	if n.Super.Fixed && n.Super.Magic == linux.PROC_SUPER_MAGIC && req.Valid&^validTimes != 0 {
		// proc_setattr refuses a change of mode; owner and times pass and are
		// forgotten.
		if req.Valid&uint32(fsapi.SetattrValidMode) != 0 {
			return linux.EPERM
		}
	}
	if e := f.checkSetattr(c, n, req); e != 0 {
		return e
	}
	mode := n.Mode
	if t := n.Super.Through; t != nil {
		if e := t.SetAttr(c, n, wantedAttrs(c, n, req)); e != 0 {
			return e
		}
	} else {
		applySetattr(c, n, req)
	}
	f.notify(c, p, attrEvents(req, mode != n.Mode))
	return 0
}

// attrEvents is fsnotify_change.
func attrEvents(req *fsapi.SetattrRequest, chmod bool) (events uint32) {
	const atime = uint32(fsapi.SetattrValidAtime | fsapi.SetattrValidAtimeNow)
	const mtime = uint32(fsapi.SetattrValidMtime | fsapi.SetattrValidMtimeNow)
	switch a, m := req.Valid&atime != 0, req.Valid&mtime != 0; {
	case a && m, chmod, req.Valid&(validOwner|uint32(fsapi.SetattrValidMode)) != 0:
		return linux.IN_ATTRIB
	case a:
		return linux.IN_ACCESS
	case m:
		return linux.IN_MODIFY
	}
	return 0
}

// wantedAttrs says what a request sets, for a file system elsewhere.
func wantedAttrs(c *vfs.Ctx, n *vfs.Inode, req *fsapi.SetattrRequest) vfs.Attrs {
	var a vfs.Attrs
	has := func(bit fsapi.SetattrValid) bool { return req.Valid&uint32(bit) != 0 }
	if has(fsapi.SetattrValidMode) {
		mode := req.Mode
		if !c.InGroup(n.Gid) && !c.Capable(linux.CAP_FSETID) {
			mode &^= linux.S_ISGID
		}
		a.Mode = &mode
	}
	if has(fsapi.SetattrValidUid) {
		a.Uid = &req.Uid
	}
	if has(fsapi.SetattrValidGid) {
		a.Gid = &req.Gid
	}
	if req.Valid == 0 {
		a.Uid = &n.Uid // chown(-1, -1): the host drops set-id bits, as here
	}
	now := c.Now()
	switch {
	case has(fsapi.SetattrValidAtimeNow):
		a.Atime = &now
	case has(fsapi.SetattrValidAtime):
		a.Atime = &vfs.Time{Sec: req.AtimeSec, Nsec: req.AtimeNsec}
	}
	switch {
	case has(fsapi.SetattrValidMtimeNow):
		a.Mtime = &now
	case has(fsapi.SetattrValidMtime):
		a.Mtime = &vfs.Time{Sec: req.MtimeSec, Nsec: req.MtimeNsec}
	}
	return a
}

// checkSetattr is notify_change and setattr_prepare in fs/attr.c.
func (f *FS) checkSetattr(c *vfs.Ctx, n *vfs.Inode, req *fsapi.SetattrRequest) linux.Errno {
	valid := req.Valid
	fixed := n.Attrs&(linux.FS_IMMUTABLE_FL|linux.FS_APPEND_FL) != 0
	if valid&validTimes != 0 {
		const bothNow = uint32(fsapi.SetattrValidAtimeNow | fsapi.SetattrValidMtimeNow)
		if valid&validTimes == bothNow {
			if n.Attrs&linux.FS_IMMUTABLE_FL != 0 {
				return linux.EPERM
			}
			// EACCES, not EPERM: "touch" needs only write permission.
			if !c.OwnerOrCapable(n) {
				return c.Permission(n, vfs.MayWrite)
			}
			return 0
		}
		if fixed || !c.OwnerOrCapable(n) {
			return linux.EPERM
		}
		return 0
	}
	if fixed {
		return linux.EPERM
	}
	owner := c.Cred.Uid == n.Uid
	if valid&uint32(fsapi.SetattrValidUid) != 0 && !(owner && req.Uid == n.Uid) && !c.Capable(linux.CAP_CHOWN) {
		return linux.EPERM
	}
	if valid&uint32(fsapi.SetattrValidGid) != 0 &&
		!(owner && (req.Gid == n.Gid || c.InGroup(req.Gid))) && !c.Capable(linux.CAP_CHOWN) {
		return linux.EPERM
	}
	if valid&uint32(fsapi.SetattrValidMode) != 0 {
		if n.IsLink() {
			return linux.EOPNOTSUPP
		}
		if !c.OwnerOrCapable(n) {
			return linux.EPERM
		}
		// shmem_setattr
		if n.Seals&linux.F_SEAL_EXEC != 0 && (n.Mode^req.Mode)&0111 != 0 {
			return linux.EPERM
		}
	}
	return 0
}

func applySetattr(c *vfs.Ctx, n *vfs.Inode, req *fsapi.SetattrRequest) {
	valid := req.Valid
	n.Ctime = c.Now()
	if valid&validTimes != 0 {
		switch {
		case valid&uint32(fsapi.SetattrValidAtimeNow) != 0:
			n.Atime = c.Now()
		case valid&uint32(fsapi.SetattrValidAtime) != 0:
			n.Atime = vfs.Time{Sec: req.AtimeSec, Nsec: req.AtimeNsec}
		}
		switch {
		case valid&uint32(fsapi.SetattrValidMtimeNow) != 0:
			n.Mtime = c.Now()
		case valid&uint32(fsapi.SetattrValidMtime) != 0:
			n.Mtime = vfs.Time{Sec: req.MtimeSec, Nsec: req.MtimeNsec}
		}
		return
	}
	if valid&uint32(fsapi.SetattrValidMode) != 0 {
		mode := req.Mode & 07777
		if !c.InGroup(n.Gid) && !c.Capable(linux.CAP_FSETID) {
			mode &^= linux.S_ISGID
		}
		n.Mode = n.Type() | mode
		n.ChmodACL()
		return
	}
	// A change of owner drops the set-id bits, also for root: chown_common.
	if !n.IsDir() && n.Mode&(linux.S_ISUID|linux.S_ISGID) != 0 {
		n.Mode &^= linux.S_ISUID
		if n.Mode&linux.S_IXGRP != 0 || !c.InGroup(n.Gid) && !c.Capable(linux.CAP_FSETID) {
			n.Mode &^= linux.S_ISGID
		}
	}
	delete(n.Xattrs, linux.XATTR_NAME_CAPS)
	if valid&uint32(fsapi.SetattrValidUid) != 0 {
		n.Uid = req.Uid
	}
	if valid&uint32(fsapi.SetattrValidGid) != 0 {
		n.Gid = req.Gid
	}
}

// setSize serves truncate and ftruncate: vfs_truncate and do_ftruncate in
// fs/open.c.
func (f *FS) setSize(c *vfs.Ctx, p vfs.Path, req *fsapi.SetattrRequest) linux.Errno {
	n := p.Inode()
	if req.Handle != 0 {
		file := f.files.get(req.Handle)
		if !n.IsReg() || !file.Writable() {
			return linux.EINVAL
		}
	} else {
		switch {
		case n.IsDir():
			return linux.EISDIR
		case !n.IsReg():
			return linux.EINVAL
		case p.Mnt.ReadOnly():
			return linux.EROFS
		}
		if e := c.Permission(n, vfs.MayWrite); e != 0 {
			return e
		}
	}
	if n.Attrs&linux.FS_APPEND_FL != 0 {
		return linux.EPERM
	}
	if req.Handle == 0 && n.Writers < 0 {
		return linux.ETXTBSY
	}
	if n.Data == nil && n.Super.Through == nil {
		return linux.EINVAL
	}
	if req.Handle == 0 {
		if e := f.breakLeases(c, n, true, 0); e != 0 {
			return e
		}
	}
	if req.Size == n.Length() && req.Handle == 0 {
		f.notify(c, p, linux.IN_MODIFY)
		return 0 // truncate(2) to the size that it has changes nothing
	}
	if req.Size > n.Length() && uint64(req.Size) > req.SizeLimit {
		return linux.EFBIG
	}
	mode := n.Mode
	if e := f.truncate(c, n, req.Size); e != 0 {
		return e
	}
	f.notify(c, p, dataEvents(n, mode))
	return 0
}

// truncate sets the size and what goes with it.
func (f *FS) truncate(c *vfs.Ctx, n *vfs.Inode, size int64) linux.Errno {
	if t := n.Super.Through; t != nil {
		return t.Truncate(c, n, size)
	}
	if n.Data == nil {
		return 0
	}
	old := n.Data.Len()
	if size < old && n.Seals&linux.F_SEAL_SHRINK != 0 || size > old && n.Seals&linux.F_SEAL_GROW != 0 {
		return linux.EPERM
	}
	if size > pages.MaxSize {
		return linux.EFBIG
	}
	if e := n.Data.Truncate(&c.Op, size); e != 0 {
		return e
	}
	c.KillSetid(n, false)
	c.Changed(n)
	return 0
}
