package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Resolve implements fsapi.FS.
func (f *FS) Resolve(req *fsapi.ResolveRequest, rep *fsapi.ResolveReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.resolve(c, req, rep)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

func (f *FS) resolve(c *vfs.Ctx, req *fsapi.ResolveRequest, rep *fsapi.ResolveReply) linux.Errno {
	flags := 0
	if req.Directory {
		flags = vfs.WantDir
	}
	p, e := f.at(c, &req.Place, req.Flags, flags)
	if e != 0 {
		return e
	}
	if req.Access != 0 {
		if e := c.Permission(p.Inode(), req.Access); e != 0 {
			return e
		}
	}
	file := f.newFile(p, linux.O_PATH)
	rep.Handle = file.Handle
	rep.Mode = p.Inode().Mode
	rep.Node = p.Inode().Node
	return 0
}

// PathOf implements fsapi.FS.
func (f *FS) PathOf(req *fsapi.PathOfRequest, rep *fsapi.PathOfReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	root, e := f.rootPath(req.Root)
	if file == nil || e != 0 {
		return linux.EBADF
	}
	path, reached := f.ns.PathString(file.Path, root)
	rep.Path = path
	rep.Unreachable = !reached || file.Path.Mnt.Gone
	rep.Deleted = file.Path.D.Dead
	if rep.Deleted {
		return linux.ENOENT
	}
	return 0
}
