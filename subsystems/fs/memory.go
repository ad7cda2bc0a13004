package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// OpenMemory implements fsapi.FS: memfd_create in mm/memfd.c. Errors: EINVAL,
// ENOSPC.
func (f *FS) OpenMemory(req *fsapi.OpenMemoryRequest, rep *fsapi.OpenMemoryReply) linux.Errno {
	const known = linux.MFD_CLOEXEC | linux.MFD_ALLOW_SEALING | linux.MFD_NOEXEC_SEAL | linux.MFD_EXEC
	if req.Flags&^known != 0 || req.Size < 0 ||
		req.Flags&linux.MFD_EXEC != 0 && req.Flags&linux.MFD_NOEXEC_SEAL != 0 {
		return linux.EINVAL
	}
	c := f.begin(&req.Cred)
	defer f.end(c)
	n := c.NewInode(f.memory.Super, linux.S_IFREG|0777)
	n.Uid, n.Gid = req.Cred.Uid, req.Cred.Gid
	n.Nlink = 0
	n.Data.Sealable = true
	n.Seals = linux.F_SEAL_SEAL
	switch {
	case req.Flags&linux.MFD_NOEXEC_SEAL != 0:
		n.Mode &^= 0111
		n.Seals = linux.F_SEAL_EXEC
	case req.Flags&linux.MFD_ALLOW_SEALING != 0:
		n.Seals = 0
	}
	if e := n.Data.Truncate(&c.Op, req.Size); e != 0 {
		return e
	}
	d := &vfs.Dentry{Name: "memfd:" + req.Name, Parent: f.memory.Root, Inode: n, Dead: true}
	file := f.newFile(vfs.Path{Mnt: f.memory, D: d}, linux.O_RDWR)
	// It was not opened: exec is not refused as long as only this one writes.
	file.Unopened = true
	n.Writers--
	n.Memfd = true
	rep.Handle, rep.Node = file.Handle, n.Node
	return 0
}

// MapFile implements fsapi.FS.
func (f *FS) MapFile(req *fsapi.MapFileRequest, rep *fsapi.MapFileReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.MapFileReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, nil }, (*FS).mapFile)
}

// mapFile checks as do_mmap in mm/mmap.c does.
func (f *FS) mapFile(c *vfs.Ctx, req *fsapi.MapFileRequest, rep *fsapi.MapFileReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	n := file.Inode
	sharedWrite := req.Shared && req.Prot&linux.PROT_WRITE != 0
	switch {
	case sharedWrite && !file.Writable(), !file.Readable():
		return linux.EACCES
	case sharedWrite && n.Attrs&linux.FS_APPEND_FL != 0:
		return linux.EACCES
	case req.Prot&linux.PROT_EXEC != 0 && file.Path.Mnt.Flags&linux.MS_NOEXEC != 0:
		return linux.EPERM
	case n.IsDir():
		return linux.ENODEV
	}
	if z, ok := file.Stream.(interface{ Zeros() bool }); ok && z.Zeros() {
		rep.Zeros = true
		rep.Node = n.Node
		return 0
	}
	if t := n.Super.Through; t != nil && n.IsReg() {
		return f.mapThrough(c, t, n, req.Shared && file.Writable(), req.Shared, rep)
	}
	if n.Data == nil || file.Stream != nil {
		return linux.ENODEV
	}
	if sharedWrite && n.Seals&(linux.F_SEAL_WRITE|linux.F_SEAL_FUTURE_WRITE) != 0 {
		return linux.EPERM
	}
	rep.Size = n.Data.Len()
	rep.Version = n.Data.Version()
	rep.Node = n.Node
	if base, ok := n.Data.Base().(hostFile); ok && !(req.Shared && file.Writable()) {
		fd, mappable, e := base.Descriptor(&c.Op)
		if e != 0 {
			return e
		}
		if mappable {
			rep.DescriptorPlusOne = int32(fd + 1)
			c.Accessed(n, file.Path.Mnt)
			return 0
		}
		if !req.Shared {
			return 0 // the core copies what Read gives
		}
	}
	fd, e := n.Data.Descriptor(&c.Op)
	if e != 0 {
		return e
	}
	rep.DescriptorPlusOne = int32(fd + 1)
	rep.Writable = file.Writable() && n.Seals&(linux.F_SEAL_WRITE|linux.F_SEAL_FUTURE_WRITE) == 0
	if sharedWrite {
		// The mapping can change the bytes without a call.
		c.Changed(n)
	}
	c.Accessed(n, file.Path.Mnt)
	return 0
}

// mapThrough maps a file whose changes go to the host: its own pages there,
// which every write changes too.
func (f *FS) mapThrough(c *vfs.Ctx, t vfs.Through, n *vfs.Inode, writable, shared bool, rep *fsapi.MapFileReply) linux.Errno {
	fd, ok, e := t.Descriptor(c, n, writable)
	if e != 0 {
		return e
	}
	if !ok && shared {
		return linux.ENODEV
	}
	if ok {
		rep.DescriptorPlusOne = int32(fd + 1)
		rep.Writable = writable
		if writable {
			c.Changed(n)
		}
	}
	rep.Size = n.Size
	rep.Node = n.Node
	rep.Version = uint64(n.Mtime.Sec)*linux.NSEC_PER_SEC + uint64(n.Mtime.Nsec)
	return 0
}

// hostFile is what the base of unchanged data can be: a file of the host that
// can be mapped as it is.
type hostFile interface {
	// Descriptor gives the host's read-only descriptor, if there is one.
	Descriptor(op *outside.Op) (fd int, ok bool, e linux.Errno)
}

// Seal implements fsapi.FS: memfd_add_seals in mm/memfd.c.
func (f *FS) Seal(req *fsapi.SealRequest, rep *fsapi.SealReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	n := file.Inode
	if req.Add != 0 {
		const known = linux.F_SEAL_SEAL | linux.F_SEAL_SHRINK | linux.F_SEAL_GROW |
			linux.F_SEAL_WRITE | linux.F_SEAL_FUTURE_WRITE | linux.F_SEAL_EXEC
		switch {
		case !file.Writable():
			return linux.EPERM
		case req.Add&^known != 0 || !sealable(n):
			return linux.EINVAL
		case !n.Memfd || n.Seals&linux.F_SEAL_SEAL != 0:
			return linux.EPERM
		}
		add := req.Add
		if add&linux.F_SEAL_EXEC != 0 && n.Mode&0111 != 0 {
			add |= linux.F_SEAL_SHRINK | linux.F_SEAL_GROW | linux.F_SEAL_WRITE | linux.F_SEAL_FUTURE_WRITE
		}
		// The host knows who maps it.
		if add&linux.F_SEAL_WRITE != 0 && n.Seals&linux.F_SEAL_WRITE == 0 {
			if e := n.Data.SealWrite(); e != 0 {
				return e
			}
		}
		n.Seals |= add
	} else if !sealable(n) {
		return linux.EINVAL
	}
	rep.Seals = n.Seals
	if !n.Memfd {
		rep.Seals = linux.F_SEAL_SEAL
	}
	return 0
}

// sealable reports whether a file has seals: memfd_file_seals_ptr. Those of a
// tmpfs with a name are sealed against them.
func sealable(n *vfs.Inode) bool {
	return n.Memfd || n.IsReg() && n.Super.Tmpfs && n.Super.Magic == linux.TMPFS_MAGIC
}
