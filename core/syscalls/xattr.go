package syscalls

import (
	"strings"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var xattrRows = []Row{
	{"setxattr", FS, args(path("path"), str("name"), in("value", 3), uinteger("size"), flags("flags", linux.XattrFlags)), sysSetxattr},
	{"lsetxattr", FS, args(path("path"), str("name"), in("value", 3), uinteger("size"), flags("flags", linux.XattrFlags)), sysLsetxattr},
	{"fsetxattr", FS, args(fd("fd"), str("name"), in("value", 3), uinteger("size"), flags("flags", linux.XattrFlags)), sysFsetxattr},
	{"getxattr", FS, args(path("path"), str("name"), out("value", 3), uinteger("size")), sysGetxattr},
	{"lgetxattr", FS, args(path("path"), str("name"), out("value", 3), uinteger("size")), sysLgetxattr},
	{"fgetxattr", FS, args(fd("fd"), str("name"), out("value", 3), uinteger("size")), sysFgetxattr},
	{"listxattr", FS, args(path("path"), out("list", 2), uinteger("size")), sysListxattr},
	{"llistxattr", FS, args(path("path"), out("list", 2), uinteger("size")), sysLlistxattr},
	{"flistxattr", FS, args(fd("fd"), out("list", 2), uinteger("size")), sysFlistxattr},
	{"removexattr", FS, args(path("path"), str("name")), sysRemovexattr},
	{"lremovexattr", FS, args(path("path"), str("name")), sysLremovexattr},
	{"fremovexattr", FS, args(fd("fd"), str("name")), sysFremovexattr},
	{"setxattrat", FS, args(dirfd("dirfd"), path("path"), flags("at_flags", linux.AtFlags), str("name"), ptr("args"), uinteger("size")), sysSetxattrat},
	{"getxattrat", FS, args(dirfd("dirfd"), path("path"), flags("at_flags", linux.AtFlags), str("name"), ptr("args"), uinteger("size")), sysGetxattrat},
	{"listxattrat", FS, args(dirfd("dirfd"), path("path"), flags("at_flags", linux.AtFlags), out("list", 4), uinteger("size")), sysListxattrat},
	{"removexattrat", FS, args(dirfd("dirfd"), path("path"), flags("at_flags", linux.AtFlags), str("name")), sysRemovexattrat},
}

// xattrOf says which arguments name the file: a descriptor in argument 0, or a
// path in argument path with the directory before it, if path is not 0.
type xattrOf struct {
	fd    bool
	path  int
	flags uint32 // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
}

var (
	byPath = xattrOf{}
	byLink = xattrOf{flags: linux.AT_SYMLINK_NOFOLLOW}
	byFD   = xattrOf{fd: true}
)

func sysSetxattr(c *Call) (int64, linux.Errno)     { return 0, c.setxattr(byPath) }
func sysLsetxattr(c *Call) (int64, linux.Errno)    { return 0, c.setxattr(byLink) }
func sysFsetxattr(c *Call) (int64, linux.Errno)    { return 0, c.setxattr(byFD) }
func sysGetxattr(c *Call) (int64, linux.Errno)     { return c.getxattr(byPath) }
func sysLgetxattr(c *Call) (int64, linux.Errno)    { return c.getxattr(byLink) }
func sysFgetxattr(c *Call) (int64, linux.Errno)    { return c.getxattr(byFD) }
func sysListxattr(c *Call) (int64, linux.Errno)    { return c.listxattr(byPath) }
func sysLlistxattr(c *Call) (int64, linux.Errno)   { return c.listxattr(byLink) }
func sysFlistxattr(c *Call) (int64, linux.Errno)   { return c.listxattr(byFD) }
func sysRemovexattr(c *Call) (int64, linux.Errno)  { return 0, c.removexattr(1, byPath) }
func sysLremovexattr(c *Call) (int64, linux.Errno) { return 0, c.removexattr(1, byLink) }
func sysFremovexattr(c *Call) (int64, linux.Errno) { return 0, c.removexattr(1, byFD) }

// xattrAt checks the flags of the forms with a directory.
func (c *Call) xattrAt() (xattrOf, linux.Errno) {
	fl := c.Uint(2)
	if fl&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return xattrOf{}, linux.EINVAL
	}
	return xattrOf{path: 1, flags: fl}, 0
}

// xattrArgs reads struct xattr_args: value, size and flags.
func (c *Call) xattrArgs() (value uint64, size, fl uint32, e linux.Errno) {
	const known = 16
	n := c.Args[5]
	if n < known {
		return 0, 0, 0, linux.EINVAL
	}
	if n > pageSize {
		return 0, 0, 0, linux.E2BIG
	}
	b := make([]byte, n)
	if e := c.CopyIn(c.Args[4], b); e != 0 {
		return 0, 0, 0, e
	}
	for _, x := range b[known:] {
		if x != 0 {
			return 0, 0, 0, linux.E2BIG
		}
	}
	return le.Uint64(b), le.Uint32(b[8:]), le.Uint32(b[12:]), 0
}

func sysSetxattrat(c *Call) (int64, linux.Errno) {
	value, size, fl, e := c.xattrArgs()
	if e != 0 {
		return 0, e
	}
	of, e := c.xattrAt()
	if e != 0 {
		return 0, e
	}
	return 0, c.putXattr(3, of, value, uint64(size), fl)
}

func sysGetxattrat(c *Call) (int64, linux.Errno) {
	value, size, fl, e := c.xattrArgs()
	if e != 0 {
		return 0, e
	}
	if fl != 0 {
		return 0, linux.EINVAL
	}
	of, e := c.xattrAt()
	if e != 0 {
		return 0, e
	}
	name, e := c.xattrName(3)
	if e != 0 {
		return 0, e
	}
	return c.readXattr(name, of, value, uint64(size), linux.XATTR_SIZE_MAX)
}

func sysListxattrat(c *Call) (int64, linux.Errno) {
	of, e := c.xattrAt()
	if e != 0 {
		return 0, e
	}
	return c.readXattr("", of, c.Args[3], c.Args[4], linux.XATTR_LIST_MAX)
}

func sysRemovexattrat(c *Call) (int64, linux.Errno) {
	of, e := c.xattrAt()
	if e != 0 {
		return 0, e
	}
	return 0, c.removexattr(3, of)
}

// xattrName reads the name: import_xattr_name of fs/xattr.c, which comes
// before the file is looked for.
func (c *Call) xattrName(i int) (string, linux.Errno) {
	s, e := c.String(c.Args[i], linux.XATTR_NAME_MAX+1, linux.ERANGE)
	if e == 0 && s == "" {
		e = linux.ERANGE
	}
	return s, e
}

// xattrTarget finds the file of argument 0; handle is 0 for a path. foreign is
// set when fs does not have it.
func (c *Call) xattrTarget(of xattrOf) (place fsapi.Place, handle uint64, foreign *fdtable.File, done func(), e linux.Errno) {
	if !of.fd {
		t, e := c.at(of.path-1, of.path, of.flags)
		if e == 0 && t.foreign() {
			foreign = t.file
		}
		return t.place, 0, foreign, t.done, e
	}
	f, e := c.file(0)
	if e != 0 {
		return place, 0, nil, nil, e
	}
	h, ok := fsHandle(f)
	if !ok {
		foreign = f
	}
	return place, h, foreign, func() { c.unref(f) }, 0
}

func (c *Call) setxattr(of xattrOf) linux.Errno {
	return c.putXattr(1, of, c.Args[2], c.Args[3], c.Uint(4))
}

// putXattr sets an attribute whose name is argument name.
func (c *Call) putXattr(name int, of xattrOf, value, size uint64, fl uint32) linux.Errno {
	q := fsapi.SetXattrRequest{Flags: fl}
	if q.Flags&^(linux.XATTR_CREATE|linux.XATTR_REPLACE) != 0 {
		return linux.EINVAL
	}
	var e linux.Errno
	if q.Name, e = c.xattrName(name); e != 0 {
		return e
	}
	if size > linux.XATTR_SIZE_MAX {
		return linux.E2BIG
	}
	q.Value = make([]byte, size)
	if e := c.CopyIn(value, q.Value); size > 0 && e != 0 {
		return e
	}
	return c.changeXattr(&q, of)
}

func (c *Call) removexattr(arg int, of xattrOf) linux.Errno {
	name, e := c.xattrName(arg)
	if e != 0 {
		return e
	}
	return c.changeXattr(&fsapi.SetXattrRequest{Name: name, Remove: true}, of)
}

func (c *Call) changeXattr(q *fsapi.SetXattrRequest, of xattrOf) linux.Errno {
	place, handle, foreign, done, e := c.xattrTarget(of)
	if e != 0 {
		return e
	}
	defer done()
	if foreign != nil {
		return c.foreignXattr(q.Name, linux.EPERM)
	}
	q.Cred, q.Place, q.Handle, q.AtFlags = c.Cred(), place, handle, of.flags
	var r fsapi.SetXattrReply
	return change(c, c.FS.SetXattr, q, &r, &r.Wait, &r.Ready)
}

// foreignXattr is xattr_permission for files without attributes; refused is
// what a name gives that only files and directories may have.
func (c *Call) foreignXattr(name string, refused linux.Errno) linux.Errno {
	if strings.HasPrefix(name, linux.XATTR_USER_PREFIX) ||
		strings.HasPrefix(name, linux.XATTR_TRUSTED_PREFIX) && !c.T.Cred.Has(linux.CAP_SYS_ADMIN) {
		return refused
	}
	return linux.EOPNOTSUPP
}

func (c *Call) getxattr(of xattrOf) (int64, linux.Errno) {
	name, e := c.xattrName(1)
	if e != 0 {
		return 0, e
	}
	return c.readXattr(name, of, c.Args[2], c.Args[3], linux.XATTR_SIZE_MAX)
}

func (c *Call) listxattr(of xattrOf) (int64, linux.Errno) {
	return c.readXattr("", of, c.Args[1], c.Args[2], linux.XATTR_LIST_MAX)
}

// readXattr gives a value, or the names, at addr. A size of 0 asks for the
// length only.
func (c *Call) readXattr(name string, of xattrOf, addr, size, most uint64) (int64, linux.Errno) {
	place, handle, foreign, done, e := c.xattrTarget(of)
	if e != 0 {
		return 0, e
	}
	defer done()
	if foreign != nil {
		if name == "" {
			return 0, 0
		}
		return 0, c.foreignXattr(name, linux.ENODATA)
	}
	q := fsapi.GetXattrRequest{Cred: c.Cred(), Place: place, Handle: handle, Name: name, Flags: of.flags}
	var r fsapi.GetXattrReply
	if e := ask(c, c.FS.GetXattr, &q, &r, &r.Wait); e != 0 {
		return 0, e
	}
	n := uint64(len(r.Value))
	switch {
	case size == 0:
		return int64(n), 0
	case n > min(size, most):
		if size >= most {
			return 0, linux.E2BIG
		}
		return 0, linux.ERANGE
	}
	return int64(n), c.CopyOut(addr, r.Value)
}
