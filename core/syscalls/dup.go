package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
)

var dupRows = []Row{
	{"dup", Core, args(fd("oldfd")), sysDup},
	{"dup2", Core, args(fd("oldfd"), fd("newfd")), sysDup2},
	{"dup3", Core, args(fd("oldfd"), fd("newfd"), flags("flags", linux.OpenFlags)), sysDup3},
}

func sysDup(c *Call) (int64, linux.Errno) {
	f, e := c.anyFile(0)
	if e != 0 {
		return 0, e
	}
	return c.install(f, false)
}

func sysDup2(c *Call) (int64, linux.Errno) {
	if c.Args[0]&0xffffffff == c.Args[1]&0xffffffff {
		f, e := c.anyFile(0)
		if e != 0 {
			return 0, e
		}
		c.unref(f)
		return int64(c.Int(0)), 0
	}
	return c.dupTo(false)
}

func sysDup3(c *Call) (int64, linux.Errno) {
	if c.Uint(2)&^linux.O_CLOEXEC != 0 || c.Uint(0) == c.Uint(1) {
		return 0, linux.EINVAL
	}
	return c.dupTo(c.Uint(2)&linux.O_CLOEXEC != 0)
}

// dupTo is ksys_dup3: the new number is looked at before the old one.
func (c *Call) dupTo(cloexec bool) (int64, linux.Errno) {
	limit := c.P.Limits[linux.RLIMIT_NOFILE].Cur
	if uint64(c.Uint(1)) >= limit {
		return 0, linux.EBADF
	}
	f, e := c.anyFile(0)
	if e != 0 {
		return 0, e
	}
	old, e := c.T.Files.Replace(f, c.Int(1), limit, cloexec)
	if e != 0 {
		c.unref(f)
		return 0, e
	}
	if old != nil {
		c.closeFD(old)
	}
	return int64(c.Int(1)), 0
}

// dupFrom serves F_DUPFD and F_DUPFD_CLOEXEC.
func (c *Call) dupFrom(f *fdtable.File, min uint32, cloexec bool) (int64, linux.Errno) {
	limit := c.P.Limits[linux.RLIMIT_NOFILE].Cur
	if uint64(min) >= limit {
		return 0, linux.EINVAL
	}
	fd, e := c.T.Files.Insert(f.Ref(), int32(min), limit, cloexec)
	if e != 0 {
		c.unref(f)
		return 0, e
	}
	return int64(fd), 0
}
