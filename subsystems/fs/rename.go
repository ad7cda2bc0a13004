package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Rename implements fsapi.FS. It follows no link in the last component: that
// is what rename(2) asks for.
func (f *FS) Rename(req *fsapi.RenameRequest, rep *fsapi.RenameReply) linux.Errno {
	if req.Flags&^(linux.RENAME_NOREPLACE|linux.RENAME_EXCHANGE|linux.RENAME_WHITEOUT) != 0 {
		return linux.EINVAL
	}
	if req.Flags&linux.RENAME_EXCHANGE != 0 && req.Flags != linux.RENAME_EXCHANGE {
		return linux.EINVAL
	}
	return run(f, &req.Cred, req, rep, func(r *fsapi.RenameReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).rename)
}

// rename is do_renameat2 in fs/namei.c, check by check.
func (f *FS) rename(c *vfs.Ctx, req *fsapi.RenameRequest, _ *fsapi.RenameReply) linux.Errno {
	from, e := f.parent(c, &req.From)
	if e != 0 {
		return e
	}
	to, e := f.parent(c, &req.To)
	if e != 0 {
		return e
	}
	noReplace := req.Flags&linux.RENAME_NOREPLACE != 0
	exchange := req.Flags&linux.RENAME_EXCHANGE != 0
	switch {
	case from.Parent.Mnt != to.Parent.Mnt:
		return linux.EXDEV
	case from.Kind != vfs.Norm:
		return linux.EBUSY
	case to.Kind != vfs.Norm && noReplace:
		return linux.EEXIST
	case to.Kind != vfs.Norm:
		return linux.EBUSY
	case from.Parent.Mnt.ReadOnly():
		return linux.EROFS
	}
	old, e := c.Child(from.Parent.D, from.Name)
	if e != 0 {
		return e
	}
	if old == nil {
		return linux.ENOENT
	}
	target, e := c.Child(to.Parent.D, to.Name)
	if e != 0 {
		return e
	}
	if noReplace && target != nil {
		return linux.EEXIST
	}
	if exchange {
		if target == nil {
			return linux.ENOENT
		}
		if !target.Inode.IsDir() && to.Slash {
			return linux.ENOTDIR
		}
	}
	if !old.Inode.IsDir() && (from.Slash || !exchange && to.Slash) {
		return linux.ENOTDIR
	}
	if below(to.Parent.D, old) {
		return linux.EINVAL
	}
	if target != nil && below(from.Parent.D, target) {
		if exchange {
			return linux.EINVAL
		}
		return linux.ENOTEMPTY
	}
	return f.renameChecked(c, old, target, to, req.Flags)
}

// below reports whether d is top or lies below it.
func below(d, top *vfs.Dentry) bool {
	for {
		if d == top {
			return true
		}
		if d.Parent == d {
			return false
		}
		d = d.Parent
	}
}

// renameChecked is vfs_rename in fs/namei.c.
func (f *FS) renameChecked(c *vfs.Ctx, old, target *vfs.Dentry, to vfs.Last, flags uint32) linux.Errno {
	exchange := flags&linux.RENAME_EXCHANGE != 0
	if target != nil && target.Inode == old.Inode {
		return 0
	}
	oldDir, newDir := old.Parent, to.Parent.D
	isDir := old.Inode.IsDir()
	if e := c.MayDelete(oldDir, old, isDir); e != 0 {
		return e
	}
	switch {
	case target == nil:
		if e := c.MayCreate(newDir); e != 0 {
			return e
		}
	default:
		wantDir := isDir
		if exchange {
			wantDir = target.Inode.IsDir()
		}
		if e := c.MayDelete(newDir, target, wantDir); e != 0 {
			return e
		}
	}
	if oldDir.Inode.Super.Fixed || oldDir.Inode.Dir == nil || newDir.Inode.Dir == nil {
		return linux.EPERM
	}
	// Moving a directory changes its "..", which takes write permission on it.
	if oldDir != newDir {
		if isDir {
			if e := c.Permission(old.Inode, vfs.MayWrite); e != 0 {
				return e
			}
		}
		if exchange && target.Inode.IsDir() {
			if e := c.Permission(target.Inode, vfs.MayWrite); e != 0 {
				return e
			}
		}
	}
	if old.Mounts != 0 || target != nil && target.Mounts != 0 {
		return linux.EBUSY
	}
	if target != nil && !exchange && target.Inode.IsDir() {
		if e := c.Load(target); e != 0 {
			return e
		}
		if target.Inode.Dir == nil || target.Inode.Dir.Len() != 0 {
			return linux.ENOTEMPTY
		}
	}
	if flags&linux.RENAME_WHITEOUT == 0 {
		return f.moveName(c, old, target, newDir, to.Name, exchange)
	}
	if old.Inode.Super.Through != nil {
		return linux.EINVAL // not every host file system makes them
	}
	name := old.Name
	if e := f.moveName(c, old, target, newDir, to.Name, false); e != 0 {
		return e
	}
	// A whiteout takes the old place: a device of number 0 that nobody opens.
	n := c.NewInode(oldDir.Inode.Super, linux.S_IFCHR)
	c.InitOwner(n, oldDir.Inode)
	c.Add(oldDir, name, n)
	return 0
}
