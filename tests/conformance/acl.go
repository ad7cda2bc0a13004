package main

import (
	"encoding/binary"
	"syscall"
)

func init() {
	register("acl/access", aclAccess)
	register("acl/chmod", aclChmod)
	register("acl/inherit", aclInherit)
	register("acl/permission", aclPermission)
	register("acl/errors", aclErrors)
}

const (
	aclNameAccess  = "system.posix_acl_access"
	aclNameDefault = "system.posix_acl_default"

	aclUserObj  = 1
	aclUser     = 2
	aclGroupObj = 4
	aclGroup    = 8
	aclMask     = 0x10
	aclOther    = 0x20
)

// aclValue makes the attribute of entries tag, perm, id.
func aclValue(entries ...[3]uint32) string {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
	}
	return string(b)
}

func aclSet(path, name, value string) Result {
	return setxattr(path, name, value, len(value), 0)
}

// aclShow prints the mode of a file and its lists.
func aclShow(p *P, path string) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		p.Say("%s: %v", path, err)
		return
	}
	p.Say("%s: mode %o", path, st.Mode)
	for _, name := range []string{aclNameAccess, aclNameDefault} {
		b := make([]byte, 256)
		r := sys(syscall.SYS_GETXATTR, path, name, b, 256)
		if r.Errno != 0 {
			p.Call(name, r)
			continue
		}
		b = b[:r.Value]
		p.Say("%s: version %d", name, binary.LittleEndian.Uint32(b))
		for b = b[4:]; len(b) >= 8; b = b[8:] {
			p.Say("  tag %#x perm %o id %#x", binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:]))
		}
	}
}

var (
	aclMinimal = aclValue([3]uint32{aclUserObj, 6, 0}, [3]uint32{aclGroupObj, 5, 0}, [3]uint32{aclOther, 1, 0})
	aclNamed   = aclValue([3]uint32{aclUserObj, 7, 0}, [3]uint32{aclUser, 6, 12345}, [3]uint32{aclGroupObj, 4, 0},
		[3]uint32{aclGroup, 5, 54321}, [3]uint32{aclMask, 6, 0}, [3]uint32{aclOther, 1, 0})
)

func aclAccess(p *P) {
	p.Create("f")
	p.Must("chmod", chmod("f", 0o4640))
	aclShow(p, "f")
	p.Call("no more than a mode", aclSet("f", aclNameAccess, aclMinimal))
	aclShow(p, "f")
	p.Call("named users and groups", aclSet("f", aclNameAccess, aclNamed))
	aclShow(p, "f")
	p.Call("size only", sys(syscall.SYS_GETXATTR, "f", aclNameAccess, nil, 0))
	p.Call("too small", sys(syscall.SYS_GETXATTR, "f", aclNameAccess, make([]byte, 8), 8))
	p.Call("XATTR_CREATE does not matter", setxattr("f", aclNameAccess, aclNamed, len(aclNamed), xattrCreate))
	p.Call("remove", sys(syscall.SYS_REMOVEXATTR, "f", aclNameAccess))
	aclShow(p, "f")
	p.Call("remove again", sys(syscall.SYS_REMOVEXATTR, "f", aclNameAccess))
	p.Call("XATTR_REPLACE does not matter", setxattr("f", aclNameAccess, aclNamed, len(aclNamed), xattrReplace))
	p.Call("no entries", aclSet("f", aclNameAccess, aclValue()))
	aclShow(p, "f")
	p.Call("empty value", aclSet("f", aclNameAccess, ""))
	p.Must("mkfifo", sys(syscall.SYS_MKNOD, "p", syscall.S_IFIFO|0o600, 0))
	p.Call("on a fifo", aclSet("p", aclNameAccess, aclNamed))
	aclShow(p, "p")
}

func aclChmod(p *P) {
	p.Create("f")
	p.Must("set", aclSet("f", aclNameAccess, aclNamed))
	for _, mode := range []int{0o700, 0o070, 0o7, 0o4777} {
		p.Call("chmod", chmod("f", mode))
		aclShow(p, "f")
	}
}

func aclInherit(p *P) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	p.Must("mkdir", mkdir("d", 0o755))
	p.Call("set", aclSet("d", aclNameDefault, aclNamed))
	aclShow(p, "d")
	p.Must("open", open("d/file", syscall.O_CREAT|syscall.O_WRONLY, 0o664))
	p.Call("mkdir", mkdir("d/sub", 0o777))
	p.Call("mkdir, private", mkdir("d/private", 0o700))
	p.Call("mknod", sys(syscall.SYS_MKNOD, "d/fifo", syscall.S_IFIFO|0o666, 0))
	p.Call("symlink", sys(syscall.SYS_SYMLINK, "file", "d/link"))
	for _, f := range []string{"file", "sub", "private", "fifo"} {
		aclShow(p, "d/"+f)
	}
	p.Call("a list that is a mode", aclSet("d", aclNameDefault, aclMinimal))
	aclShow(p, "d")
	p.Call("mkdir", mkdir("d/plain", 0o777))
	aclShow(p, "d/plain")
	p.Must("open", open("d/plain/file", syscall.O_CREAT|syscall.O_WRONLY, 0o666))
	aclShow(p, "d/plain/file")
	p.Call("remove", sys(syscall.SYS_REMOVEXATTR, "d", aclNameDefault))
	p.Call("mkdir: the umask counts again", mkdir("d/last", 0o777))
	aclShow(p, "d/last")
}

func aclPermission(p *P) {
	p.Must("mkdir", mkdir("d", 0o755))
	try := func(what string, entries ...[3]uint32) {
		p.Create("f")
		r := aclSet("f", aclNameAccess, aclValue(entries...))
		p.Call(what, r)
		p.AsUser(func() {
			for _, flags := range []int{syscall.O_RDONLY, syscall.O_WRONLY, syscall.O_RDWR} {
				syscall.Close(p.Open("open", open("f", flags, 0)))
			}
			p.Call("set by another", aclSet("f", aclNameAccess, aclMinimal))
		})
		p.Must("unlink", sys(syscall.SYS_UNLINK, "f"))
	}
	const user, group = 12345, 12345 // of AsUser
	u, g, o := [3]uint32{aclUserObj, 7, 0}, [3]uint32{aclGroupObj, 0, 0}, [3]uint32{aclOther, 0, 0}
	mask := func(perm uint32) [3]uint32 { return [3]uint32{aclMask, perm, 0} }
	try("named user", u, [3]uint32{aclUser, 6, user}, g, mask(7), o)
	try("named user behind a mask", u, [3]uint32{aclUser, 6, user}, g, mask(4), o)
	try("mask of nothing: the mode alone counts", u, [3]uint32{aclUser, 6, user}, g, mask(0), [3]uint32{aclOther, 4, 0})
	try("named group", u, g, [3]uint32{aclGroup, 4, group}, mask(7), o)
	try("two groups", u, g, [3]uint32{aclGroup, 4, group}, [3]uint32{aclGroup, 2, group}, mask(7), o)
	try("a group shuts out what others may", u, g, [3]uint32{aclGroup, 0, group}, mask(7), [3]uint32{aclOther, 6, 0})
	try("another's name", u, [3]uint32{aclUser, 7, user + 1}, g, mask(7), [3]uint32{aclOther, 4, 0})
}

func aclErrors(p *P) {
	p.Create("f")
	p.Symlink("f", "s")
	p.Must("mkdir", mkdir("d", 0o755))
	p.Call("default of a file", aclSet("f", aclNameDefault, aclMinimal))
	p.Call("no default of a file", sys(syscall.SYS_REMOVEXATTR, "f", aclNameDefault))
	p.Call("get of it", sys(syscall.SYS_GETXATTR, "f", aclNameDefault, nil, 0))
	p.Call("default of a directory that has none", sys(syscall.SYS_GETXATTR, "d", aclNameDefault, nil, 0))
	p.Call("on a link", sys(syscall.SYS_LSETXATTR, "s", aclNameAccess, aclNamed, len(aclNamed), 0))
	p.Call("get from a link", sys(syscall.SYS_LGETXATTR, "s", aclNameAccess, nil, 0))
	p.Call("short", aclSet("f", aclNameAccess, "\x02\x00"))
	p.Call("other version", aclSet("f", aclNameAccess, "\x01\x00\x00\x00"))
	p.Call("odd length", aclSet("f", aclNameAccess, aclNamed[:len(aclNamed)-1]))
	p.Call("unknown tag", aclSet("f", aclNameAccess, aclValue([3]uint32{0x40, 7, 0})))
	p.Call("no other", aclSet("f", aclNameAccess, aclNamed[:len(aclNamed)-8]))
	p.Call("no mask", aclSet("f", aclNameAccess, aclValue([3]uint32{aclUserObj, 7, 0}, [3]uint32{aclUser, 7, 5},
		[3]uint32{aclGroupObj, 7, 0}, [3]uint32{aclOther, 7, 0})))
	p.Call("wrong order", aclSet("f", aclNameAccess, aclValue([3]uint32{aclGroupObj, 7, 0}, [3]uint32{aclUserObj, 7, 0}, [3]uint32{aclOther, 7, 0})))
	p.Call("more than rwx", aclSet("f", aclNameAccess, aclValue([3]uint32{aclUserObj, 8, 0}, [3]uint32{aclGroupObj, 7, 0}, [3]uint32{aclOther, 7, 0})))
	p.Call("no id", aclSet("f", aclNameAccess, aclValue([3]uint32{aclUser, 7, 0xffffffff})))
	p.Call("other names of system", aclSet("f", "system.nothing", "x"))
	aclShow(p, "f")
}
