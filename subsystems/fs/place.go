package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// rootPath gives the directory behind a root handle; 0 is the root of the
// namespace.
func (f *FS) rootPath(handle uint64) (vfs.Path, linux.Errno) {
	if handle == 0 {
		return f.ns.Top(vfs.Path{Mnt: f.ns.Root, D: f.ns.Root.Root}), 0
	}
	file := f.files.get(handle)
	if file == nil {
		return vfs.Path{}, linux.EBADF
	}
	return file.Path, 0
}

// start makes c ready to walk p.Path. Errors: ENOENT for an empty path, EBADF,
// ENOTDIR, ENAMETOOLONG.
func (f *FS) start(c *vfs.Ctx, p *fsapi.Place, resolve uint64) linux.Errno {
	switch {
	case p.Errno > uint32(linux.EHWPOISON): // none that Linux has
		return linux.EINVAL
	case p.Errno != 0:
		return linux.Errno(p.Errno)
	}
	if p.Path == "" {
		return linux.ENOENT
	}
	if len(p.Path) >= linux.PATH_MAX {
		return linux.ENAMETOOLONG
	}
	root, e := f.rootPath(p.Root)
	if e != 0 {
		return e
	}
	dir := root
	if p.Path[0] != '/' || resolve&(linux.RESOLVE_BENEATH|linux.RESOLVE_IN_ROOT) != 0 {
		if dir, e = f.dirPath(p, root); e != 0 {
			return e
		}
		if !dir.Inode().IsDir() {
			return linux.ENOTDIR
		}
	}
	c.Start(root, dir, resolve)
	return 0
}

func (f *FS) dirPath(p *fsapi.Place, root vfs.Path) (vfs.Path, linux.Errno) {
	if p.Dir == 0 {
		return root, 0
	}
	file := f.files.get(p.Dir)
	if file == nil {
		return vfs.Path{}, linux.EBADF
	}
	return file.Path, 0
}

// at finds the file that a place names. atFlags holds AT_EMPTY_PATH and
// AT_SYMLINK_NOFOLLOW; flags are those of vfs.Lookup.
func (f *FS) at(c *vfs.Ctx, p *fsapi.Place, atFlags uint32, flags int) (vfs.Path, linux.Errno) {
	if p.Path == "" && p.Errno == 0 && atFlags&linux.AT_EMPTY_PATH != 0 {
		root, e := f.rootPath(p.Root)
		if e != 0 {
			return vfs.Path{}, e
		}
		c.Start(root, root, 0)
		path, e := f.dirPath(p, root)
		if e == 0 && flags&vfs.WantDir != 0 && !path.Inode().IsDir() {
			e = linux.ENOTDIR
		}
		return path, e
	}
	if e := f.start(c, p, 0); e != 0 {
		return vfs.Path{}, e
	}
	if atFlags&linux.AT_SYMLINK_NOFOLLOW == 0 {
		flags |= vfs.Follow
	}
	return c.Lookup(p.Path, flags)
}

// target finds what a call with a handle or a place is about. A handle opened
// with O_PATH gives EBADF unless pathOK.
func (f *FS) target(c *vfs.Ctx, handle uint64, p *fsapi.Place, atFlags uint32, pathOK bool) (vfs.Path, linux.Errno) {
	if handle == 0 {
		return f.at(c, p, atFlags, 0)
	}
	file := f.files.get(handle)
	if file == nil || !pathOK && file.Flags&linux.O_PATH != 0 {
		return vfs.Path{}, linux.EBADF
	}
	return file.Path, 0
}

// parent walks to the directory of p's last component.
func (f *FS) parent(c *vfs.Ctx, p *fsapi.Place) (vfs.Last, linux.Errno) {
	if e := f.start(c, p, 0); e != 0 {
		return vfs.Last{}, e
	}
	return c.Parent(p.Path)
}

// forCreate finds the place for a new name: filename_create in fs/namei.c.
// wantDir allows slashes after the name.
func (f *FS) forCreate(c *vfs.Ctx, p *fsapi.Place, wantDir bool) (vfs.Last, linux.Errno) {
	last, e := f.parent(c, p)
	if e != 0 {
		return last, e
	}
	if last.Kind != vfs.Norm {
		return last, linux.EEXIST
	}
	d, e := c.Child(last.Parent.D, last.Name)
	switch {
	case e != 0:
		return last, e
	case d != nil:
		return last, linux.EEXIST
	case last.Slash && !wantDir:
		return last, linux.ENOENT
	case last.Parent.Mnt.ReadOnly():
		// EROFS comes last: fs/namei.c reports other errors first.
		return last, linux.EROFS
	}
	return last, 0
}

// mayCreate checks for the new name in the directory, which must be one whose
// entries programs may change.
func mayCreate(c *vfs.Ctx, dir vfs.Path) linux.Errno {
	if e := c.MayCreate(dir.D); e != 0 {
		return e
	}
	if dir.D.Inode.Super.Fixed || dir.D.Inode.Dir == nil {
		return linux.EPERM
	}
	return 0
}
