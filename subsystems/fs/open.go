package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// tmpfile is O_TMPFILE without the O_DIRECTORY in it.
const tmpfile = linux.O_TMPFILE &^ linux.O_DIRECTORY

// Open implements fsapi.FS.
func (f *FS) Open(req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.OpenReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).open)
}

// openFlags checks a combination as build_open_flags in fs/open.c does.
func openFlags(flags uint32) (uint32, linux.Errno) {
	if flags&linux.O_PATH != 0 {
		return flags & (linux.O_PATH | linux.O_DIRECTORY | linux.O_NOFOLLOW), 0
	}
	if flags&(linux.O_CREAT|linux.O_DIRECTORY) == linux.O_CREAT|linux.O_DIRECTORY {
		return 0, linux.EINVAL
	}
	if flags&tmpfile != 0 {
		write := flags&linux.O_ACCMODE != linux.O_RDONLY
		if flags&linux.O_DIRECTORY == 0 || !write {
			return 0, linux.EINVAL
		}
	}
	return flags, 0
}

// accessMask gives the permissions that open flags ask for.
func accessMask(flags uint32, exec bool) uint32 {
	if flags&linux.O_PATH != 0 {
		return 0
	}
	if exec {
		return vfs.MayExec
	}
	mask := [4]uint32{vfs.MayRead, vfs.MayWrite, vfs.MayRead | vfs.MayWrite, vfs.MayRead | vfs.MayWrite}[flags&linux.O_ACCMODE]
	if flags&linux.O_TRUNC != 0 {
		mask |= vfs.MayWrite
	}
	return mask
}

func (f *FS) open(c *vfs.Ctx, req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	c.NoWait = req.Resolve&linux.RESOLVE_CACHED != 0
	flags, e := openFlags(req.Flags)
	if e != 0 {
		return e
	}
	if len(req.FileId) > 0 {
		return f.openByID(c, flags, req, rep)
	}
	if req.Exec && req.Place.Path == "" {
		path, e := f.at(c, &req.Place, linux.AT_EMPTY_PATH, 0)
		if e != 0 {
			return e
		}
		return f.openFile(c, path, flags, false, req, rep)
	}
	if e := f.start(c, &req.Place, req.Resolve); e != 0 {
		return e
	}
	if flags&tmpfile != 0 {
		return f.openUnnamed(c, flags, req, rep)
	}
	if e := c.Walk(req.Place.Path); e != 0 {
		return e
	}
	created, slash := false, false
	for {
		slash = slash || c.Last().Slash
		link, made, e := f.openLast(c, flags, req.Mode, req.Umask)
		if e != 0 {
			return e
		}
		if link == "" {
			created = made
			break
		}
		if e := c.Walk(link); e != 0 {
			return e
		}
	}
	if slash {
		flags |= linux.O_DIRECTORY
	}
	return f.openFile(c, c.Here(), flags, created, req, rep)
}

// openLast takes the last step of a walk, creating the file when it is to be.
// It gives the text of a link that must be followed.
func (f *FS) openLast(c *vfs.Ctx, flags, mode, umask uint32) (link string, created bool, e linux.Errno) {
	last := c.Last()
	if last.Kind != vfs.Norm {
		_, e := c.Component(false)
		return "", false, e
	}
	if flags&linux.O_CREAT != 0 && last.Slash {
		return "", false, linux.EISDIR
	}
	d, e := c.Child(last.Parent.D, last.Name)
	if e != 0 {
		return "", false, e
	}
	if d == nil {
		if flags&linux.O_CREAT == 0 {
			return "", false, linux.ENOENT
		}
		if d, e = f.createFile(c, last, mode, umask); e != 0 {
			return "", false, e
		}
		_, e = c.Step(d, false)
		return "", true, e
	}
	nofollow := flags&linux.O_NOFOLLOW != 0 ||
		flags&(linux.O_CREAT|linux.O_EXCL) == linux.O_CREAT|linux.O_EXCL
	link, e = c.Step(d, !nofollow || last.Slash)
	return link, false, e
}

// createFile makes a regular file for open: lookup_open in fs/namei.c.
func (f *FS) createFile(c *vfs.Ctx, last vfs.Last, mode, umask uint32) (*vfs.Dentry, linux.Errno) {
	dir := last.Parent
	if dir.D.Dead {
		return nil, linux.ENOENT
	}
	if dir.Mnt.ReadOnly() {
		return nil, linux.EROFS
	}
	if e := c.Permission(dir.Inode(), vfs.MayWrite|vfs.MayExec); e != 0 {
		return nil, e
	}
	if dir.Inode().Super.Fixed || dir.Inode().Dir == nil {
		return nil, linux.EACCES
	}
	return f.makeNode(c, dir, last.Name, linux.S_IFREG|mode&07777, 0, umask)
}

// openFile opens the file that was found: do_open and may_open in fs/namei.c.
func (f *FS) openFile(c *vfs.Ctx, p vfs.Path, flags uint32, created bool, req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	n := p.Inode()
	if flags&linux.O_CREAT != 0 {
		if flags&linux.O_EXCL != 0 && !created {
			return linux.EEXIST
		}
		if n.IsDir() {
			return linux.EISDIR
		}
	}
	if flags&linux.O_DIRECTORY != 0 && !n.IsDir() {
		return linux.ENOTDIR
	}
	if !created && flags&linux.O_PATH == 0 {
		if e := f.mayOpen(c, p, flags, req.Exec); e != 0 {
			return e
		}
		if flags&linux.O_DIRECT != 0 && n.IsDir() {
			return linux.EINVAL // do_dentry_open: no direct_IO
		}
	}
	if created {
		flags &^= linux.O_TRUNC
	}
	return f.finishOpen(c, p, flags, created, req, rep)
}

// mayOpen checks type and permission: may_open in fs/namei.c.
func (f *FS) mayOpen(c *vfs.Ctx, p vfs.Path, flags uint32, exec bool) linux.Errno {
	n := p.Inode()
	mask := accessMask(flags, exec)
	if n.IsReg() && flags&linux.O_TRUNC != 0 && p.Mnt.ReadOnly() {
		return linux.EROFS
	}
	switch n.Type() {
	case linux.S_IFLNK:
		return linux.ELOOP
	case linux.S_IFDIR:
		if mask&vfs.MayWrite != 0 {
			return linux.EISDIR
		}
		if exec {
			return linux.EACCES
		}
	case linux.S_IFREG:
		if exec && p.Mnt.Flags&linux.MS_NOEXEC != 0 {
			return linux.EACCES
		}
	case linux.S_IFCHR, linux.S_IFBLK:
		if p.Mnt.Flags&linux.MS_NODEV != 0 || exec {
			return linux.EACCES
		}
	default:
		if exec {
			return linux.EACCES
		}
	}
	if e := c.Permission(n, mask); e != 0 {
		return e
	}
	if mask&vfs.MayWrite != 0 && p.Mnt.ReadOnly() && (n.IsReg() || n.IsDir()) {
		return linux.EROFS
	}
	if n.Attrs&linux.FS_APPEND_FL != 0 {
		if flags&linux.O_ACCMODE != linux.O_RDONLY && flags&linux.O_APPEND == 0 || flags&linux.O_TRUNC != 0 {
			return linux.EPERM
		}
	}
	if flags&linux.O_NOATIME != 0 && !c.OwnerOrCapable(n) {
		return linux.EPERM
	}
	return 0
}

// finishOpen makes the handle: do_dentry_open in fs/open.c, then the
// truncation.
func (f *FS) finishOpen(c *vfs.Ctx, p vfs.Path, flags uint32, created bool, req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	n := p.Inode()
	if flags&linux.O_PATH == 0 {
		if e := f.opensElsewhere(n, rep); e != 0 || rep.ReopenPid != 0 {
			return e
		}
		if n.Type() == linux.S_IFSOCK || n.Type() == 0 {
			return linux.ENXIO // no_open of fs/inode.c
		}
		writable := flags&linux.O_ACCMODE == linux.O_WRONLY || flags&linux.O_ACCMODE == linux.O_RDWR
		if n.IsReg() && (req.Exec && n.Writers > 0 || writable && n.Writers < 0) {
			return linux.ETXTBSY
		}
		if e := f.breakLeases(c, n, writable, flags); e != 0 {
			return e
		}
	}
	mode := n.Mode
	truncate := n.IsReg() && flags&linux.O_TRUNC != 0 && flags&linux.O_PATH == 0
	if truncate {
		if e := f.truncate(c, n, 0); e != 0 {
			return e
		}
	}
	kept := flags &^ (linux.O_CREAT | linux.O_EXCL | linux.O_NOCTTY | linux.O_TRUNC)
	file := f.newFile(p, kept)
	if flags&linux.O_PATH == 0 {
		if o, ok := n.Ops.(vfs.Opener); ok {
			if e := o.Open(c, file); e != 0 {
				f.drop(c, file)
				return e
			}
		} else if n.Type() == linux.S_IFCHR || n.Type() == linux.S_IFBLK {
			if e := f.openDevice(c, file, req.Flags); e != 0 {
				f.drop(c, file)
				return e
			}
		}
		if req.Exec && n.IsReg() {
			file.Exec = true
			n.Writers--
		}
	}
	if flags&linux.O_PATH == 0 {
		file.Told = true
		event := uint32(linux.IN_OPEN)
		if req.Exec {
			event |= linux.FAN_OPEN_EXEC
		}
		f.notify(c, p, event)
	}
	if truncate {
		f.notify(c, p, dataEvents(n, mode))
	}
	rep.Handle = file.Handle
	rep.Mode = openMode(n)
	rep.Rdev = n.Rdev
	rep.Node = n.Node
	rep.Seekable = file.Seekable
	rep.Pollable = file.Pollable
	if d, ok := file.Stream.(interface{ Discards() bool }); ok {
		rep.Discards = d.Discards()
	}
	rep.Created = created
	rep.Uid, rep.Gid = n.Uid, n.Gid
	if p.Mnt.Flags&linux.MS_NOSUID != 0 {
		rep.Mode &^= linux.S_ISUID | linux.S_ISGID
	}
	rep.Controlling = c.Controlling == 1
	return 0
}

// openUnnamed serves O_TMPFILE: do_tmpfile in fs/namei.c.
func (f *FS) openUnnamed(c *vfs.Ctx, flags uint32, req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	lookup := vfs.WantDir
	if flags&linux.O_NOFOLLOW == 0 {
		lookup |= vfs.Follow
	}
	dir, e := c.Lookup(req.Place.Path, lookup)
	if e != 0 {
		return e
	}
	if dir.Mnt.ReadOnly() {
		return linux.EROFS
	}
	if e := c.Permission(dir.Inode(), vfs.MayWrite|vfs.MayExec); e != 0 {
		return e
	}
	if s := dir.Inode().Super; s.Fixed || dir.Inode().Dir == nil {
		return linux.EOPNOTSUPP
	}
	n := c.NewInode(dir.Inode().Super, linux.S_IFREG|req.Mode&07777)
	c.InitOwner(n, dir.Inode())
	c.InitACL(n, dir.Inode(), req.Umask)
	if t := n.Super.Through; t != nil {
		if e := t.MakeUnnamed(c, dir.D, n); e != 0 {
			return e
		}
	}
	n.Nlink = 0
	n.Linkable = flags&linux.O_EXCL == 0
	d := &vfs.Dentry{Name: unnamed(n), Parent: dir.D, Inode: n, Dead: true}
	return f.finishOpen(c, vfs.Path{Mnt: dir.Mnt, D: d}, flags&^(tmpfile|linux.O_TRUNC), true, req, rep)
}

// Reopen implements fsapi.FS. It checks permission as an open of
// /proc/self/fd/N does.
func (f *FS) Reopen(req *fsapi.ReopenRequest, rep *fsapi.ReopenReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.ReopenReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).reopen)
}

func (f *FS) reopen(c *vfs.Ctx, req *fsapi.ReopenRequest, rep *fsapi.ReopenReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil {
		return linux.EBADF
	}
	flags, e := openFlags(req.Flags)
	if e != 0 {
		return e
	}
	open := fsapi.OpenRequest{Cred: *c.Cred, Flags: flags}
	var opened fsapi.OpenReply
	e = f.openFile(c, file.Path, flags&^(linux.O_CREAT|linux.O_EXCL|linux.O_NOFOLLOW), false, &open, &opened)
	rep.Handle, rep.Mode, rep.Rdev, rep.Node = opened.Handle, opened.Mode, opened.Rdev, opened.Node
	rep.Seekable, rep.Pollable, rep.Discards = opened.Seekable, opened.Pollable, opened.Discards
	return e
}
