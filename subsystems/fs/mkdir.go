package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Mkdir implements fsapi.FS.
func (f *FS) Mkdir(req *fsapi.MkdirRequest, rep *fsapi.MkdirReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.MkdirReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).mkdir)
}

func (f *FS) mkdir(c *vfs.Ctx, req *fsapi.MkdirRequest, _ *fsapi.MkdirReply) linux.Errno {
	last, e := f.forCreate(c, &req.Place, true)
	if e != 0 {
		return e
	}
	if e := mayCreate(c, last.Parent); e != 0 {
		return e
	}
	// Only the permission and sticky bits: vfs_mkdir drops set-id bits.
	_, e = f.makeNode(c, last.Parent, last.Name, linux.S_IFDIR|req.Mode&01777, 0, req.Umask)
	return e
}

// Mknod implements fsapi.FS.
func (f *FS) Mknod(req *fsapi.MknodRequest, rep *fsapi.MknodReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.MknodReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).mknod)
}

func (f *FS) mknod(c *vfs.Ctx, req *fsapi.MknodRequest, rep *fsapi.MknodReply) linux.Errno {
	mode := req.Mode
	switch mode & linux.S_IFMT {
	case 0:
		mode |= linux.S_IFREG
	case linux.S_IFREG, linux.S_IFCHR, linux.S_IFBLK, linux.S_IFIFO, linux.S_IFSOCK:
	case linux.S_IFDIR:
		return linux.EPERM
	default:
		return linux.EINVAL
	}
	last, e := f.forCreate(c, &req.Place, false)
	if e != 0 {
		return e
	}
	if e := mayCreate(c, last.Parent); e != 0 {
		return e
	}
	kind := mode & linux.S_IFMT
	device := kind == linux.S_IFCHR || kind == linux.S_IFBLK
	if device && !c.Capable(linux.CAP_MKNOD) {
		// A whiteout, character device 0:0, needs no capability.
		if kind != linux.S_IFCHR || req.Rdev != 0 {
			return linux.EPERM
		}
	}
	rdev := uint64(0)
	if device {
		rdev = req.Rdev
	}
	d, e := f.makeNode(c, last.Parent, last.Name, mode&(linux.S_IFMT|07777), rdev, req.Umask)
	if e == 0 {
		rep.Node = d.Inode.Node
	}
	return e
}
