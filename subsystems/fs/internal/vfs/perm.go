package vfs

import "adyton.dev/adyton/core/linux"

// Masks of Permission: those of the mode bits.
const (
	MayExec  = 1
	MayWrite = 2
	MayRead  = 4
)

// Permission checks the mode bits and capabilities, as inode_permission and
// generic_permission in fs/namei.c do. Errors: EACCES, EROFS, EPERM for a file
// that is immutable.
func (c *Ctx) Permission(n *Inode, mask uint32) linux.Errno {
	if mask&MayWrite != 0 {
		if n.Super.ReadOnly && (n.IsReg() || n.IsDir() || n.IsLink()) {
			return linux.EROFS
		}
		if n.Attrs&linux.FS_IMMUTABLE_FL != 0 {
			return linux.EPERM
		}
	}
	if n.Ops != nil {
		if p, ok := n.Ops.(Permitter); ok {
			return p.Permit(c, n, mask)
		}
	}
	return c.Generic(n, mask)
}

// Generic is the check by mode bits and capabilities alone.
func (c *Ctx) Generic(n *Inode, mask uint32) linux.Errno {
	bits := n.Mode
	var acl ACL
	if n.Xattrs != nil && bits&linux.S_IRWXG != 0 && n.Uid != c.Cred.Uid {
		acl = n.ACL(linux.XATTR_NAME_POSIX_ACL_ACCESS)
	}
	switch {
	case n.Uid == c.Cred.Uid:
		bits >>= 6
	case acl != nil:
		if c.inACL(n, acl, uint16(mask&7)) {
			return 0
		}
		bits = 0
	case (bits>>3^bits)&mask&7 == 0:
		// Group and others get the same: no need to look at the groups.
	case c.InGroup(n.Gid):
		bits >>= 3
	}
	if mask&7&^bits == 0 {
		return 0
	}
	if n.IsDir() {
		if mask&MayWrite == 0 && c.Capable(linux.CAP_DAC_READ_SEARCH) || c.Capable(linux.CAP_DAC_OVERRIDE) {
			return 0
		}
		return linux.EACCES
	}
	if mask&7 == MayRead && c.Capable(linux.CAP_DAC_READ_SEARCH) {
		return 0
	}
	if (mask&MayExec == 0 || n.Mode&0111 != 0) && c.Capable(linux.CAP_DAC_OVERRIDE) {
		return 0
	}
	return linux.EACCES
}

// Sticky reports whether a sticky directory keeps the caller from removing or
// moving victim.
func (c *Ctx) Sticky(dir, victim *Inode) bool {
	if dir.Mode&linux.S_ISVTX == 0 || victim.Uid == c.Cred.Uid || dir.Uid == c.Cred.Uid {
		return false
	}
	return !c.Capable(linux.CAP_FOWNER)
}

// MayDelete checks whether victim may be taken out of its directory: may_delete
// in fs/namei.c. wantDir says which kind of file the call is for.
func (c *Ctx) MayDelete(dir *Dentry, victim *Dentry, wantDir bool) linux.Errno {
	if e := c.Permission(dir.Inode, MayWrite|MayExec); e != 0 {
		return e
	}
	if dir.Inode.Attrs&linux.FS_APPEND_FL != 0 {
		return linux.EPERM
	}
	if c.Sticky(dir.Inode, victim.Inode) ||
		victim.Inode.Attrs&(linux.FS_APPEND_FL|linux.FS_IMMUTABLE_FL) != 0 {
		return linux.EPERM
	}
	switch isDir := victim.Inode.IsDir(); {
	case wantDir && !isDir:
		return linux.ENOTDIR
	case wantDir && victim.Parent == victim:
		return linux.EBUSY
	case !wantDir && isDir:
		return linux.EISDIR
	}
	if dir.Dead {
		return linux.ENOENT
	}
	return 0
}

// MayCreate checks whether a name may be made in dir.
func (c *Ctx) MayCreate(dir *Dentry) linux.Errno {
	if dir.Dead {
		return linux.ENOENT
	}
	return c.Permission(dir.Inode, MayWrite|MayExec)
}

// InitOwner sets owner, group and set-group-id of a new inode in dir:
// inode_init_owner and mode_strip_sgid in fs/inode.c.
func (c *Ctx) InitOwner(n *Inode, dir *Inode) {
	n.Uid, n.Gid = c.Cred.Uid, c.Cred.Gid
	if dir.Mode&linux.S_ISGID == 0 {
		return
	}
	n.Gid = dir.Gid
	switch {
	case n.IsDir():
		n.Mode |= linux.S_ISGID
	case n.Mode&(linux.S_ISGID|linux.S_IXGRP) == linux.S_ISGID|linux.S_IXGRP &&
		!c.InGroup(dir.Gid) && !c.Capable(linux.CAP_FSETID):
		n.Mode &^= linux.S_ISGID
	}
}

// KillSetid drops set-id bits after a write, truncation or change of owner.
// Without always, CAP_FSETID keeps them.
func (c *Ctx) KillSetid(n *Inode, always bool) {
	if n.Mode&(linux.S_ISUID|linux.S_ISGID) == 0 || n.IsDir() {
		return
	}
	if !always && c.Capable(linux.CAP_FSETID) {
		return
	}
	n.Mode &^= linux.S_ISUID
	if n.Mode&linux.S_IXGRP != 0 || !c.InGroup(n.Gid) && !c.Capable(linux.CAP_FSETID) {
		n.Mode &^= linux.S_ISGID
	}
}
