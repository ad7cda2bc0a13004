package syscalls

import (
	"adyton.dev/adyton/core/linux"
)

var unshareRows = []Row{
	{"unshare", Core, args(flags("flags", linux.UnshareFlags)), sysUnshare},
	{"setns", Core, args(fd("fd"), flags("nstype", linux.UnshareFlags)), sysSetns},
}

// sysSetns enters the namespaces of a process, by a pidfd: all are in the same
// one of mounts, and in none of the others (setns of a Linux without them).
func sysSetns(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	o, ok := f.Object.(*pidfd)
	if !ok || c.Uint(1) != linux.CLONE_NEWNS {
		return 0, linux.EINVAL
	}
	k := c.T.Cred
	switch {
	case o.p.Zombie, o.p.Reaped:
		return 0, linux.ESRCH
	case !c.mayTrace(o.p.Leader), !k.Has(linux.CAP_SYS_ADMIN), !k.Has(linux.CAP_SYS_CHROOT):
		return 0, linux.EPERM
	case c.T.FS.Shared():
		return 0, linux.EINVAL
	}
	// mntns_install: root and directory are the namespace's.
	root, x := c.bootDir("/")
	if x != 0 {
		return 0, x
	}
	c.unref(c.T.FS.Root)
	c.unref(c.T.FS.Cwd)
	c.T.FS.Root, c.T.FS.Cwd = root, root.Ref()
	return 0, 0
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
