package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Allocate implements fsapi.FS.
func (f *FS) Allocate(req *fsapi.AllocateRequest, rep *fsapi.AllocateReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.AllocateReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).allocate)
}

// allocate is vfs_fallocate in fs/open.c and shmem_fallocate in mm/shmem.c.
func (f *FS) allocate(c *vfs.Ctx, req *fsapi.AllocateRequest, _ *fsapi.AllocateReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	if req.Offset < 0 || req.Length <= 0 {
		return linux.EINVAL
	}
	const keep = linux.FALLOC_FL_KEEP_SIZE
	switch req.Mode {
	case 0, keep, linux.FALLOC_FL_PUNCH_HOLE | keep, linux.FALLOC_FL_ZERO_RANGE, linux.FALLOC_FL_ZERO_RANGE | keep,
		linux.FALLOC_FL_COLLAPSE_RANGE, linux.FALLOC_FL_INSERT_RANGE,
		linux.FALLOC_FL_UNSHARE_RANGE, linux.FALLOC_FL_UNSHARE_RANGE | keep:
	default:
		return linux.EOPNOTSUPP
	}
	n := file.Inode
	switch {
	case !file.Writable():
		return linux.EBADF
	case n.Attrs&linux.FS_APPEND_FL != 0 && req.Mode&^keep != 0, n.Attrs&linux.FS_IMMUTABLE_FL != 0:
		return linux.EPERM
	case n.Type() == linux.S_IFIFO:
		return linux.ESPIPE
	case n.IsDir():
		return linux.EISDIR
	case !n.IsReg():
		return linux.ENODEV
	case req.Length > pages.MaxSize-req.Offset:
		return linux.EFBIG
	case n.Super.Through != nil:
		return f.allocateThrough(c, file, req)
	case n.Data == nil:
		return linux.EOPNOTSUPP
	}
	end := req.Offset + req.Length
	zero := req.Mode&linux.FALLOC_FL_ZERO_RANGE != 0
	punch := req.Mode&linux.FALLOC_FL_PUNCH_HOLE != 0
	switch {
	case n.Super.Tmpfs && req.Mode&^(keep|linux.FALLOC_FL_PUNCH_HOLE) != 0, req.Mode&linux.FALLOC_FL_UNSHARE_RANGE != 0:
		return linux.EOPNOTSUPP // neither tmpfs nor ext4
	case req.Mode&(linux.FALLOC_FL_COLLAPSE_RANGE|linux.FALLOC_FL_INSERT_RANGE) != 0:
		return f.shift(c, file, req, end)
	}
	if (punch || zero) && n.Seals&(linux.F_SEAL_WRITE|linux.F_SEAL_FUTURE_WRITE) != 0 {
		return linux.EPERM
	}
	grows := req.Mode&keep == 0 && end > n.Data.Len()
	// tmpfs looks at the limit even when the size stays.
	if grows || n.Super.Tmpfs && !punch && end > n.Data.Len() {
		if uint64(end) > req.SizeLimit {
			return linux.EFBIG
		}
	}
	if !punch && end > n.Data.Len() && n.Seals&linux.F_SEAL_GROW != 0 {
		return linux.EPERM
	}
	if punch || zero {
		if e := n.Data.Punch(&c.Op, req.Offset, end); e != 0 {
			return e
		}
	}
	if !punch {
		if e := n.Data.Allocate(&c.Op, req.Offset, end); e != 0 {
			return e
		}
	}
	if grows {
		if e := n.Data.Truncate(&c.Op, end); e != 0 {
			return e
		}
	}
	mode := n.Mode
	c.KillSetid(n, false)
	c.Changed(n)
	f.notify(c, file.Path, dataEvents(n, mode)&linux.IN_ATTRIB)
	f.notify(c, file.Path, linux.IN_MODIFY)
	return 0
}

// allocateThrough has the host do it, with what it can.
func (f *FS) allocateThrough(c *vfs.Ctx, file *vfs.File, req *fsapi.AllocateRequest) linux.Errno {
	n := file.Inode
	if end := req.Offset + req.Length; req.Mode&linux.FALLOC_FL_KEEP_SIZE == 0 && end > n.Size && uint64(end) > req.SizeLimit {
		return linux.EFBIG
	}
	if e := n.Super.Through.Allocate(c, n, req.Mode, req.Offset, req.Length); e != 0 {
		return e
	}
	mode := n.Mode
	c.KillSetid(n, false)
	c.Changed(n)
	f.notify(c, file.Path, dataEvents(n, mode)&linux.IN_ATTRIB)
	f.notify(c, file.Path, linux.IN_MODIFY)
	return 0
}

// shift takes a range out of a file or makes room for one: ext4_collapse_range
// and ext4_insert_range in fs/ext4/extents.c.
func (f *FS) shift(c *vfs.Ctx, file *vfs.File, req *fsapi.AllocateRequest, end int64) linux.Errno {
	n := file.Inode
	size := n.Data.Len()
	if (req.Offset|req.Length)%pages.Size != 0 {
		return linux.EINVAL
	}
	var e linux.Errno
	if req.Mode == linux.FALLOC_FL_COLLAPSE_RANGE {
		if end >= size {
			return linux.EINVAL // that is a truncation
		}
		e = n.Data.Collapse(&c.Op, req.Offset, end)
	} else {
		switch {
		case req.Length > pages.MaxSize-size:
			return linux.EFBIG
		case req.Offset >= size:
			return linux.EINVAL
		}
		e = n.Data.Insert(&c.Op, req.Offset, req.Length)
	}
	if e != 0 {
		return e
	}
	mode := n.Mode
	c.KillSetid(n, false)
	c.Changed(n)
	f.notify(c, file.Path, dataEvents(n, mode)&linux.IN_ATTRIB)
	f.notify(c, file.Path, linux.IN_MODIFY)
	return 0
}
