package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
)

var closeRows = []Row{
	{"close", Core, args(fd("fd")), sysClose},
	{"close_range", Core, args(fd("first"), uinteger("last"), flags("flags", linux.CloseRangeFlags)), sysCloseRange},
}

func sysClose(c *Call) (int64, linux.Errno) {
	f, e := c.T.Files.Remove(c.Int(0))
	if e != 0 {
		return 0, e
	}
	c.closeFD(f)
	return 0, 0
}

func (c *Call) closeAll(files []*fdtable.File) {
	for _, f := range files {
		c.closeFD(f)
	}
}

// sysCloseRange is __close_range of fs/file.c.
func sysCloseRange(c *Call) (int64, linux.Errno) {
	first, last, fl := c.Uint(0), c.Uint(1), c.Uint(2)
	if fl&^(linux.CLOSE_RANGE_UNSHARE|linux.CLOSE_RANGE_CLOEXEC) != 0 || first > last {
		return 0, linux.EINVAL
	}
	if fl&linux.CLOSE_RANGE_UNSHARE != 0 {
		c.unshareFiles()
	}
	if fl&linux.CLOSE_RANGE_CLOEXEC != 0 {
		c.T.Files.SetCloexec(first, last, true)
		return 0, 0
	}
	c.closeAll(c.T.Files.RemoveRange(first, last))
	return 0, 0
}

// unshareFiles gives the thread a table of its own.
func (c *Call) unshareFiles() {
	if !c.T.Files.Shared() {
		return
	}
	old := c.T.Files
	c.T.Files = old.Copy()
	c.closeAll(old.Release())
}
