package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Symlink implements fsapi.FS.
func (f *FS) Symlink(req *fsapi.SymlinkRequest, rep *fsapi.SymlinkReply) linux.Errno {
	if req.Target == "" {
		return linux.ENOENT
	}
	if len(req.Target) >= pages.Size {
		return linux.ENAMETOOLONG
	}
	return run(f, &req.Cred, req, rep, func(r *fsapi.SymlinkReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).symlink)
}

func (f *FS) symlink(c *vfs.Ctx, req *fsapi.SymlinkRequest, _ *fsapi.SymlinkReply) linux.Errno {
	last, e := f.forCreate(c, &req.Place, false)
	if e != 0 {
		return e
	}
	if e := mayCreate(c, last.Parent); e != 0 {
		return e
	}
	return f.makeLink(c, last.Parent, last.Name, req.Target)
}

// Readlink implements fsapi.FS. An empty path reads the link that place.dir is
// a handle of.
func (f *FS) Readlink(req *fsapi.ReadlinkRequest, rep *fsapi.ReadlinkReply) linux.Errno {
	if req.Size == 0 {
		return linux.EINVAL
	}
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.readlink(c, req, rep)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

func (f *FS) readlink(c *vfs.Ctx, req *fsapi.ReadlinkRequest, rep *fsapi.ReadlinkReply) linux.Errno {
	empty := req.Place.Path == "" && req.Place.Dir != 0
	var flags uint32 = linux.AT_SYMLINK_NOFOLLOW
	if empty {
		flags |= linux.AT_EMPTY_PATH
	}
	p, e := f.at(c, &req.Place, flags, 0)
	if e != 0 {
		return e
	}
	if !p.Inode().IsLink() {
		// ENOENT, not EINVAL, for an empty path: do_readlinkat in fs/stat.c.
		if empty {
			return linux.ENOENT
		}
		return linux.EINVAL
	}
	text, e := c.Readlink(p.D)
	if e != 0 {
		return e
	}
	c.Accessed(p.Inode(), p.Mnt)
	rep.Target = text[:min(len(text), int(req.Size))]
	return 0
}

// Link implements fsapi.FS.
func (f *FS) Link(req *fsapi.LinkRequest, rep *fsapi.LinkReply) linux.Errno {
	if req.Flags&^(linux.AT_SYMLINK_FOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return linux.EINVAL
	}
	return run(f, &req.Cred, req, rep, func(r *fsapi.LinkReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).link)
}

func (f *FS) link(c *vfs.Ctx, req *fsapi.LinkRequest, _ *fsapi.LinkReply) linux.Errno {
	at := req.Flags & linux.AT_EMPTY_PATH
	if req.Flags&linux.AT_SYMLINK_FOLLOW == 0 {
		at |= linux.AT_SYMLINK_NOFOLLOW
	}
	// ENOENT, not EPERM: without the capability the flag is as if not given.
	// GAP: who opened the file itself may link it (Linux 6.10).
	if at&linux.AT_EMPTY_PATH != 0 && req.From.Path == "" && !c.Capable(linux.CAP_DAC_READ_SEARCH) {
		return linux.ENOENT
	}
	from, e := f.at(c, &req.From, at, 0)
	if e != 0 {
		return e
	}
	last, e := f.forCreate(c, &req.To, false)
	if e != 0 {
		return e
	}
	n := from.Inode()
	if from.Mnt != last.Parent.Mnt {
		return linux.EXDEV
	}
	if !mayLink(c, n) {
		return linux.EPERM
	}
	if e := c.MayCreate(last.Parent.D); e != 0 {
		return e
	}
	switch {
	case n.Super != last.Parent.Inode().Super:
		return linux.EXDEV
	case n.Attrs&(linux.FS_APPEND_FL|linux.FS_IMMUTABLE_FL) != 0:
		return linux.EPERM
	case n.Super.Fixed || last.Parent.Inode().Dir == nil:
		return linux.EPERM
	case n.IsDir():
		return linux.EPERM
	case n.Nlink == 0 && !n.Linkable:
		return linux.ENOENT
	}
	return f.makeHardLink(c, from.D, last.Parent, last.Name)
}

// mayLink is may_linkat in fs/namei.c with protected_hardlinks on: others may
// only link plain files that they can read and write.
func mayLink(c *vfs.Ctx, n *vfs.Inode) bool {
	if c.OwnerOrCapable(n) {
		return true
	}
	sgid := n.Mode&(linux.S_ISGID|linux.S_IXGRP) == linux.S_ISGID|linux.S_IXGRP
	return n.IsReg() && n.Mode&linux.S_ISUID == 0 && !sgid &&
		c.Permission(n, vfs.MayRead|vfs.MayWrite) == 0
}
