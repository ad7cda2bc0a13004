package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// WriteHint implements fsapi.FS: fcntl_get_rw_hint and fcntl_set_rw_hint in
// fs/fcntl.c.
func (f *FS) WriteHint(req *fsapi.WriteHintRequest, rep *fsapi.WriteHintReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	switch {
	case file == nil || file.Flags&linux.O_PATH != 0:
		return linux.EBADF
	case !req.Set:
		rep.Hint = file.Inode.WriteHint
		return 0
	case !c.OwnerOrCapable(file.Inode):
		return linux.EPERM
	case req.Hint > linux.RWH_WRITE_LIFE_EXTREME:
		return linux.EINVAL
	}
	file.Inode.WriteHint = req.Hint
	return 0
}
