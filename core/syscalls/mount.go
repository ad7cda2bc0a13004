package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var mountRows = []Row{
	{"mount", FS, args(str("source"), path("target"), str("filesystemtype"), flags("mountflags", linux.MountFlags), ptr("data")), sysMount},
	{"umount2", FS, args(path("target"), flags("flags", linux.UmountFlags)), sysUmount2},
}

// mountString is copy_mount_string of fs/namespace.c: no address is no text.
func (c *Call) mountString(i int) (string, linux.Errno) {
	if c.Args[i] == 0 {
		return "", 0
	}
	return c.String(c.Args[i], pathMax, linux.EINVAL)
}

// mountData is copy_mount_options: a page, or as much of it as there is.
func (c *Call) mountData(addr uint64) ([]byte, linux.Errno) {
	if addr == 0 {
		return nil, 0
	}
	b := make([]byte, pageSize)
	n := c.P.Space.Platform.Read(addr, b)
	if n == 0 {
		return nil, linux.EFAULT
	}
	for i, x := range b[:n] {
		if x == 0 {
			return b[:i], 0
		}
	}
	return b[:min(n, pageSize-1)], 0
}

// sysMount copies in the order of the system call: the type first.
func sysMount(c *Call) (int64, linux.Errno) {
	kind, e := c.mountString(2)
	if e != 0 {
		return 0, e
	}
	if kind == "" && c.Args[2] != 0 {
		kind = "none" // ENODEV, as no type has this name: EINVAL is for no address
	}
	source, e := c.mountString(0)
	if e != 0 {
		return 0, e
	}
	data, e := c.mountData(c.Args[4])
	if e != 0 {
		return 0, e
	}
	t, e := c.at(-1, 1, 0)
	if e != 0 {
		return 0, e
	}
	defer t.done()
	q := fsapi.MountRequest{Cred: c.Cred(), Source: source, Target: t.place, Type: kind, Flags: c.Args[3], Data: data}
	var r fsapi.MountReply
	return 0, ask(c, c.FS.Mount, &q, &r, &r.Wait)
}

func sysUmount2(c *Call) (int64, linux.Errno) {
	fl := c.Uint(1)
	if fl&^(linux.MNT_FORCE|linux.MNT_DETACH|linux.MNT_EXPIRE|linux.UMOUNT_NOFOLLOW) != 0 {
		return 0, linux.EINVAL
	}
	t, e := c.at(-1, 0, 0)
	if e != 0 {
		return 0, e
	}
	defer t.done()
	q := fsapi.UnmountRequest{Cred: c.Cred(), Target: t.place, Flags: fl}
	var r fsapi.UnmountReply
	return 0, change(c, c.FS.Unmount, &q, &r, &r.Wait, &r.Ready)
}
