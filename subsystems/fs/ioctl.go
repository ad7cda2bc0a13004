package fs

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/tty"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Ioctl implements fsapi.FS. TIOCGPTPEER gives the handle of the slave as its
// result; the core makes a descriptor of it.
func (f *FS) Ioctl(req *fsapi.IoctlRequest, rep *fsapi.IoctlReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.ioctl(c, req, rep)
		if !f.again(c, &e, &rep.Wait) {
			rep.Ready = append(rep.Ready, c.Ready...)
			rep.Raise = append(rep.Raise, c.Raise...)
			rep.Controlling = c.Controlling
			return e
		}
	}
}

func (f *FS) ioctl(c *vfs.Ctx, req *fsapi.IoctlRequest, rep *fsapi.IoctlReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	if t, ok := file.Stream.(*tty.Tty); ok && req.Command == linux.TIOCSCTTY {
		return t.Take(c, file, req.Argument, f.ttys())
	}
	if s, ok := file.Stream.(vfs.Ioctler); ok {
		out, result, e := s.Ioctl(c, file, req.Command, req.Argument, req.In, rep.Out)
		rep.Out, rep.Result = out, result
		return e
	}
	return f.fileIoctl(c, file, req, rep)
}

// settable are the inode flags that chattr may change here.
const settable = linux.FS_IMMUTABLE_FL | linux.FS_APPEND_FL | linux.FS_NODUMP_FL | linux.FS_NOATIME_FL

// fileIoctl answers the ioctls of plain files and directories.
func (f *FS) fileIoctl(c *vfs.Ctx, file *vfs.File, req *fsapi.IoctlRequest, rep *fsapi.IoctlReply) linux.Errno {
	n := file.Inode
	switch req.Command {
	case linux.FIGETBSZ:
		rep.Out = binary.LittleEndian.AppendUint32(rep.Out, pages.Size)
		return 0
	case linux.FS_IOC_GETFLAGS:
		if n.Super.Fixed || !n.IsReg() && !n.IsDir() {
			return linux.ENOTTY
		}
		rep.Out = binary.LittleEndian.AppendUint32(rep.Out, n.Attrs)
		return 0
	case linux.FS_IOC_SETFLAGS:
		return f.setFlags(c, file, req.In)
	}
	return linux.ENOTTY
}

// setFlags is ioctl_setflags in fs/ioctl.c.
func (f *FS) setFlags(c *vfs.Ctx, file *vfs.File, in []byte) linux.Errno {
	n := file.Inode
	switch {
	case n.Super.Fixed || !n.IsReg() && !n.IsDir():
		return linux.ENOTTY
	case len(in) < 4:
		return linux.EFAULT
	case file.Path.Mnt.ReadOnly():
		return linux.EROFS
	case !c.OwnerOrCapable(n):
		return linux.EPERM
	}
	flags := binary.LittleEndian.Uint32(in)
	if flags&^settable != 0 {
		return linux.EOPNOTSUPP
	}
	const guarded = linux.FS_IMMUTABLE_FL | linux.FS_APPEND_FL
	if (flags^n.Attrs)&guarded != 0 && !c.Capable(linux.CAP_LINUX_IMMUTABLE) {
		return linux.EPERM
	}
	n.Attrs = flags
	n.Ctime = c.Now()
	f.notify(c, file.Path, linux.IN_ATTRIB)
	return 0
}
