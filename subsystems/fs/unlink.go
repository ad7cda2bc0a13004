package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Unlink implements fsapi.FS.
func (f *FS) Unlink(req *fsapi.UnlinkRequest, rep *fsapi.UnlinkReply) linux.Errno {
	if req.Flags&^linux.AT_REMOVEDIR != 0 {
		return linux.EINVAL
	}
	return run(f, &req.Cred, req, rep, func(r *fsapi.UnlinkReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).unlinkTry)
}

func (f *FS) unlinkTry(c *vfs.Ctx, req *fsapi.UnlinkRequest, _ *fsapi.UnlinkReply) linux.Errno {
	if req.Flags&linux.AT_REMOVEDIR != 0 {
		return f.rmdir(c, &req.Place)
	}
	return f.unlink(c, &req.Place)
}

// unlink is do_unlinkat and vfs_unlink in fs/namei.c.
func (f *FS) unlink(c *vfs.Ctx, place *fsapi.Place) linux.Errno {
	last, e := f.parent(c, place)
	if e != 0 {
		return e
	}
	if last.Kind != vfs.Norm {
		return linux.EISDIR
	}
	if last.Parent.Mnt.ReadOnly() {
		return linux.EROFS
	}
	d, e := c.Child(last.Parent.D, last.Name)
	if e != 0 {
		return e
	}
	if d == nil {
		return linux.ENOENT
	}
	if last.Slash {
		if d.Inode.IsDir() {
			return linux.EISDIR
		}
		return linux.ENOTDIR
	}
	if e := c.MayDelete(last.Parent.D, d, false); e != 0 {
		return e
	}
	if last.Parent.Inode().Super.Fixed || last.Parent.Inode().Dir == nil {
		return linux.EPERM
	}
	if d.Mounts != 0 {
		return linux.EBUSY
	}
	return f.removeName(c, d)
}

// rmdir is do_rmdir and vfs_rmdir in fs/namei.c.
func (f *FS) rmdir(c *vfs.Ctx, place *fsapi.Place) linux.Errno {
	last, e := f.parent(c, place)
	if e != 0 {
		return e
	}
	switch last.Kind {
	case vfs.DotDot:
		return linux.ENOTEMPTY
	case vfs.Dot:
		return linux.EINVAL
	case vfs.Root:
		return linux.EBUSY
	}
	if last.Parent.Mnt.ReadOnly() {
		return linux.EROFS
	}
	d, e := c.Child(last.Parent.D, last.Name)
	if e != 0 {
		return e
	}
	if d == nil {
		return linux.ENOENT
	}
	if e := c.MayDelete(last.Parent.D, d, true); e != 0 {
		return e
	}
	if last.Parent.Inode().Super.Fixed || last.Parent.Inode().Dir == nil {
		return linux.EPERM
	}
	if d.Mounts != 0 {
		return linux.EBUSY
	}
	if e := c.Load(d); e != 0 {
		return e
	}
	if d.Inode.Dir == nil || d.Inode.Dir.Len() != 0 {
		return linux.ENOTEMPTY
	}
	return f.removeName(c, d)
}
