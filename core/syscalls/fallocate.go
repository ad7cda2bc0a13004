package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var fallocateRows = []Row{
	{"fallocate", FS, args(fd("fd"), flags("mode", linux.FallocateModes), long("offset"), long("len")), sysFallocate},
	{"fadvise64", FS, args(fd("fd"), long("offset"), long("len"), enum("advice", linux.FadviseAdvice)), sysFadvise64},
	{"readahead", FS, args(fd("fd"), long("offset"), uinteger("count")), sysReadahead},
}

func sysFallocate(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q := fsapi.AllocateRequest{Cred: c.Cred(), Mode: c.Uint(1), Offset: int64(c.Args[2]), Length: int64(c.Args[3]),
		SizeLimit: c.P.Limits[linux.RLIMIT_FSIZE].Cur}
	h, ok := fsHandle(f)
	if !ok {
		return 0, refuseAllocate(f, &q)
	}
	if f.Owner != fdtable.FS && q.Offset >= 0 && q.Length > 0 && !writable(f) {
		return 0, linux.EBADF // the handle of a FIFO's node is not open as the FIFO is
	}
	q.Handle = h
	var r fsapi.AllocateReply
	e = change(c, c.FS.Allocate, &q, &r, &r.Wait, &r.Ready)
	if end := q.Offset + q.Length; e == linux.EFBIG && end > 0 && q.SizeLimit != linux.RLIM_INFINITY {
		c.tooBig(e, end)
	}
	return 0, e
}

// refuseAllocate is vfs_fallocate for a file that fs does not have.
func refuseAllocate(f *fdtable.File, q *fsapi.AllocateRequest) linux.Errno {
	const keep = linux.FALLOC_FL_KEEP_SIZE
	known := false
	switch q.Mode {
	case 0, linux.FALLOC_FL_ZERO_RANGE, linux.FALLOC_FL_UNSHARE_RANGE, linux.FALLOC_FL_COLLAPSE_RANGE, linux.FALLOC_FL_INSERT_RANGE,
		keep, linux.FALLOC_FL_ZERO_RANGE | keep, linux.FALLOC_FL_UNSHARE_RANGE | keep, linux.FALLOC_FL_PUNCH_HOLE | keep:
		known = true
	}
	switch {
	case q.Offset < 0 || q.Length <= 0:
		return linux.EINVAL
	case !known:
		return linux.EOPNOTSUPP
	case !writable(f):
		return linux.EBADF
	case f.Mode&linux.S_IFMT == linux.S_IFIFO:
		return linux.ESPIPE
	}
	return linux.ENODEV
}

// sysFadvise64 is generic_fadvise of mm/fadvise.c: all is in memory, so that
// advice changes nothing.
func sysFadvise64(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Mode&linux.S_IFMT == linux.S_IFIFO {
		return 0, linux.ESPIPE
	}
	if int64(c.Args[2]) < 0 || c.Uint(3) > linux.POSIX_FADV_NOREUSE {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// sysReadahead is ksys_readahead of mm/readahead.c.
func sysReadahead(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if !readable(f) {
		return 0, linux.EBADF
	}
	switch f.Mode & linux.S_IFMT {
	case linux.S_IFREG, linux.S_IFBLK:
	default:
		return 0, linux.EINVAL
	}
	if int64(c.Args[2]) < 0 {
		return 0, linux.EINVAL // the length of vfs_fadvise is signed
	}
	return 0, 0
}
