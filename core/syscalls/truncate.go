package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var truncateRows = []Row{
	{"truncate", FS, args(path("path"), long("length")), sysTruncate},
	{"ftruncate", FS, args(fd("fd"), long("length")), sysFtruncate},
}

func (c *Call) sizeRequest(size int64) *fsapi.SetattrRequest {
	return &fsapi.SetattrRequest{Valid: uint32(fsapi.SetattrValidSize), Size: size,
		SizeLimit: c.P.Limits[linux.RLIMIT_FSIZE].Cur}
}

func sysTruncate(c *Call) (int64, linux.Errno) {
	size := int64(c.Args[1])
	if size < 0 {
		return 0, linux.EINVAL
	}
	return 0, c.tooBig(c.setattrAt(-1, 0, 0, c.sizeRequest(size)), size)
}

func sysFtruncate(c *Call) (int64, linux.Errno) {
	size := int64(c.Args[1])
	if size < 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Mode&linux.S_IFMT != linux.S_IFREG || !writable(f) {
		return 0, linux.EINVAL // do_ftruncate
	}
	return 0, c.tooBig(c.setattrFile(f, c.sizeRequest(size)), size)
}

// tooBig raises SIGXFSZ when EFBIG is for RLIMIT_FSIZE, and gives e.
func (c *Call) tooBig(e linux.Errno, size int64) linux.Errno {
	if e == linux.EFBIG && uint64(size) > c.P.Limits[linux.RLIMIT_FSIZE].Cur {
		c.signalSelf(linux.SIGXFSZ)
	}
	return e
}
