package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// openDevice finds the driver of a device node. Errors: ENXIO when there is
// none.
func (f *FS) openDevice(c *vfs.Ctx, file *vfs.File, flags uint32) linux.Errno {
	return linux.ENXIO
}

// opensElsewhere says in rep which descriptor of the core a file stands for.
func (f *FS) opensElsewhere(n *vfs.Inode, rep *fsapi.OpenReply) linux.Errno { return 0 }

// Ioctl implements fsapi.FS.
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
	if s, ok := file.Stream.(vfs.Ioctler); ok {
		out, result, e := s.Ioctl(c, file, req.Command, req.Argument, req.In, rep.Out)
		rep.Out, rep.Result = out, result
		return e
	}
	return f.fileIoctl(c, file, req, rep)
}
