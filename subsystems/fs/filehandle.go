package fs

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// The types of ids: include/linux/exportfs.h. The numbers in them are
// Inode.Node, which no other file gets.
const (
	idInodeGeneration   = 1    // 8 bytes, or 12 of tmpfs
	idInode64Generation = 0x81 // 12 bytes, of what cannot be opened by it
)

// EncodeHandle implements fsapi.FS.
func (f *FS) EncodeHandle(req *fsapi.EncodeHandleRequest, rep *fsapi.EncodeHandleReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		p, e := f.at(c, &req.Place, req.Flags, 0)
		if e == 0 {
			rep.MntId = p.Mnt.ID
			return encodeHandle(p.Inode(), req.Compare, rep)
		}
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

func encodeHandle(n *vfs.Inode, compare bool, rep *fsapi.EncodeHandleReply) linux.Errno {
	s := n.Super
	rep.Type = idInodeGeneration
	if !exported(s) {
		if !compare {
			return linux.EOPNOTSUPP
		}
		rep.Type = idInode64Generation
	}
	rep.Id = binary.LittleEndian.AppendUint64(rep.Id, n.Node)
	if s.Tmpfs || !exported(s) {
		rep.Id = append(rep.Id, 0, 0, 0, 0)
	}
	return 0
}

// exported reports whether files of a file system can be found by an id.
func exported(s *vfs.Super) bool {
	return !s.Fixed && s.Magic != linux.SYSFS_MAGIC
}

// openByID is do_handle_open in fs/fhandle.c.
func (f *FS) openByID(c *vfs.Ctx, flags uint32, req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	root, e := f.rootPath(req.Place.Root)
	if e != 0 {
		return e
	}
	at, e := f.dirPath(&req.Place, root)
	if e != 0 {
		return e
	}
	if !c.Capable(linux.CAP_DAC_READ_SEARCH) {
		return linux.EPERM
	}
	s := at.Inode().Super
	size := 8
	if s.Tmpfs {
		size = 12
	}
	if !exported(s) || req.FileIdType != idInodeGeneration || len(req.FileId) < size {
		return linux.ESTALE
	}
	d := f.findNode(s, binary.LittleEndian.Uint64(req.FileId))
	if d == nil {
		return linux.ESTALE
	}
	c.Start(root, root, 0)
	return f.openFile(c, vfs.Path{Mnt: at.Mnt, D: d}, flags&^tmpfile, false, req, rep)
}

// findNode looks for a file by its number: among those open, which may have no
// name, and then in the whole tree.
func (f *FS) findNode(s *vfs.Super, node uint64) (found *vfs.Dentry) {
	f.files.each(func(x *vfs.File) {
		if x.Inode.Super == s && x.Inode.Node == node {
			found = x.Path.D
		}
	})
	if found != nil || s.Root == nil {
		return found
	}
	for list := []*vfs.Dentry{s.Root}; len(list) > 0; {
		d := list[len(list)-1]
		list = list[:len(list)-1]
		if d.Inode.Node == node {
			return d
		}
		if dir := d.Inode.Dir; dir != nil {
			dir.Each(2, func(e *vfs.Dentry, _ int64) bool {
				list = append(list, e)
				return true
			})
		}
	}
	return nil
}
