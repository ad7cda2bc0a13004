package syscalls

import (
	"adyton.dev/adyton/core/linux"
)

var unshareRows = []Row{
	{"unshare", Core, args(flags("flags", linux.UnshareFlags)), sysUnshare},
}

// sysUnshare gives the thread its own of what it shares. Namespaces are not
// claimed.
func sysUnshare(c *Call) (int64, linux.Errno) {
	fl := c.Args[0]
	// What a thread shares with its group by nature: check_unshare_flags.
	if fl&(linux.CLONE_THREAD|linux.CLONE_SIGHAND|linux.CLONE_VM) != 0 {
		if c.P.Live() > 1 || fl&linux.CLONE_VM != 0 && c.P.Space.Users() > 1 {
			return 0, linux.EINVAL
		}
	}
	if fl&linux.CLONE_SYSVSEM != 0 {
		c.leaveSemUndo()
	}
	if fl&linux.CLONE_FS != 0 && c.T.FS.Shared() {
		own := c.T.FS.Copy()
		c.unrefAll(c.T.FS.Release())
		c.T.FS = own
	}
	if fl&linux.CLONE_FILES != 0 && c.T.Files.Shared() {
		own := c.T.Files.Copy()
		c.unrefAll(c.T.Files.Release())
		c.T.Files = own
	}
	return 0, 0
}
