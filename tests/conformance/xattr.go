package main

import (
	"sort"
	"strings"
	"syscall"
)

func init() {
	register("xattr/user", xattrUser)
	register("xattr/errors", xattrErrors)
	register("xattr/list", xattrList)
	register("xattr/namespaces", xattrNamespaces)
}

const (
	xattrCreate  = 1
	xattrReplace = 2
)

func setxattr(path, name, value any, size, flags int) Result {
	return sys(syscall.SYS_SETXATTR, path, name, value, size, flags)
}

// getxattr prints the value that an attribute has.
func getxattr(p *P, path, name string) {
	b := make([]byte, 64)
	r := sys(syscall.SYS_GETXATTR, path, name, b, 64)
	p.Call("getxattr("+path+", "+name+")", r)
	if r.Errno == 0 {
		p.Say("%q", b[:r.Value])
	}
}

func xattrUser(p *P) {
	p.Create("f")
	p.Mkdir("d")
	r := setxattr("f", "user.a", "one", 3, 0)
	p.Call("set", r)
	if r.Errno == syscall.EOPNOTSUPP {
		return // a tmpfs of an old kernel
	}
	getxattr(p, "f", "user.a")
	p.Call("replace", setxattr("f", "user.a", "longer", 6, 0))
	getxattr(p, "f", "user.a")
	p.Call("XATTR_CREATE of one that is there", setxattr("f", "user.a", "x", 1, xattrCreate))
	p.Call("XATTR_REPLACE of a missing one", setxattr("f", "user.b", "x", 1, xattrReplace))
	p.Call("empty value", setxattr("f", "user.e", "", 0, 0))
	getxattr(p, "f", "user.e")
	p.Call("directory", setxattr("d", "user.a", "d", 1, 0))
	getxattr(p, "d", "user.a")
	p.Call("size only", sys(syscall.SYS_GETXATTR, "f", "user.a", nil, 0))
	b := make([]byte, 64)
	p.Call("too small", sys(syscall.SYS_GETXATTR, "f", "user.a", b, 3))
	fd := p.OpenFile("f", syscall.O_RDONLY)
	p.Call("fsetxattr", sys(syscall.SYS_FSETXATTR, fd, "user.f", "by fd", 5, 0))
	getxattr(p, "f", "user.f")
	p.Call("fgetxattr", sys(syscall.SYS_FGETXATTR, fd, "user.f", b, 64))
	p.Call("remove", sys(syscall.SYS_REMOVEXATTR, "f", "user.a"))
	p.Call("remove again", sys(syscall.SYS_REMOVEXATTR, "f", "user.a"))
	p.Call("fremovexattr", sys(syscall.SYS_FREMOVEXATTR, fd, "user.f"))
	getxattr(p, "f", "user.a")
	p.Must("link", link("f", "g"))
	getxattr(p, "g", "user.e")
}

func xattrErrors(p *P) {
	p.Create("f")
	p.Call("missing file", setxattr("no", "user.a", "x", 1, 0))
	p.Call("bad flags", setxattr("f", "user.a", "x", 1, 4))
	p.Call("both flags on a new one", setxattr("f", "user.n", "x", 1, 3))
	p.Call("empty name", setxattr("f", "", "x", 1, 0))
	p.Call("long name", setxattr("f", "user."+long(251), "x", 1, 0))
	p.Call("no suffix", setxattr("f", "user.", "x", 1, 0))
	p.Call("unknown namespace", setxattr("f", "nothing.a", "x", 1, 0))
	p.Call("no namespace", setxattr("f", "plain", "x", 1, 0))
	p.Call("value too big", setxattr("f", "user.a", "x", 65537, 0))
	p.Call("bad value pointer", setxattr("f", "user.a", badPtr, 1, 0))
	p.Call("bad name pointer", setxattr("f", badPtr, "x", 1, 0))
	p.Call("bad path pointer", setxattr(badPtr, "user.a", "x", 1, 0))
	p.Call("bad fd", sys(syscall.SYS_FSETXATTR, 99, "user.a", "x", 1, 0))
	b := make([]byte, 16)
	p.Call("get: missing file", sys(syscall.SYS_GETXATTR, "no", "user.a", b, 16))
	p.Call("get: missing attribute", sys(syscall.SYS_GETXATTR, "f", "user.zz", b, 16))
	p.Call("get: bad fd", sys(syscall.SYS_FGETXATTR, 99, "user.a", b, 16))
	p.Call("list: missing file", sys(syscall.SYS_LISTXATTR, "no", b, 16))
	p.Call("list: bad fd", sys(syscall.SYS_FLISTXATTR, 99, b, 16))
	p.Call("remove: missing file", sys(syscall.SYS_REMOVEXATTR, "no", "user.a"))
	p.Must("chmod", chmod("f", 0o444))
	p.AsUser(func() {
		p.Call("read-only, as a user", setxattr("f", "user.a", "x", 1, 0))
	})
}

func xattrList(p *P) {
	p.Create("f")
	b := make([]byte, 256)
	list := func() {
		r := sys(syscall.SYS_LISTXATTR, "f", b, 256)
		p.Call("listxattr", r)
		if r.Errno == 0 {
			names := strings.Split(strings.TrimSuffix(string(b[:r.Value]), "\x00"), "\x00")
			sort.Strings(names)
			p.Say("%q", names)
		}
	}
	list()
	if r := setxattr("f", "user.one", "1", 1, 0); r.Errno == syscall.EOPNOTSUPP {
		return
	}
	p.Must("set", setxattr("f", "user.two", "22", 2, 0))
	list()
	p.Call("size only", sys(syscall.SYS_LISTXATTR, "f", nil, 0))
	p.Call("too small", sys(syscall.SYS_LISTXATTR, "f", b, 5))
	p.Call("bad pointer", sys(syscall.SYS_LISTXATTR, "f", badPtr, 256))
	p.Symlink("f", "s")
	p.Call("through a link", sys(syscall.SYS_LISTXATTR, "s", b, 256))
	p.Call("of the link", sys(syscall.SYS_LLISTXATTR, "s", b, 256))
}

func xattrNamespaces(p *P) {
	p.Create("f")
	p.Symlink("f", "s")
	p.Must("mknod", sys(syscall.SYS_MKNOD, "p", syscall.S_IFIFO|0o600, 0))
	p.Call("user on a link", sys(syscall.SYS_LSETXATTR, "s", "user.a", "x", 1, 0))
	p.Call("user on a fifo", setxattr("p", "user.a", "x", 1, 0))
	p.Call("get of it", sys(syscall.SYS_GETXATTR, "p", "user.a", nil, 0))
	if p.Root() {
		p.Call("trusted", setxattr("f", "trusted.a", "t", 1, 0))
		getxattr(p, "f", "trusted.a")
		p.Call("trusted on a link", sys(syscall.SYS_LSETXATTR, "s", "trusted.l", "x", 1, 0))
	}
	p.AsUser(func() {
		p.Call("trusted as a user", setxattr("f", "trusted.b", "x", 1, 0))
		p.Call("get of trusted", sys(syscall.SYS_GETXATTR, "f", "trusted.a", nil, 0))
	})
}
