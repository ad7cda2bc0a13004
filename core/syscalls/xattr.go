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
}

// byFD marks the forms that name a descriptor; other values are flags of a
// path.
const byFD = ^uint32(0)

func sysSetxattr(c *Call) (int64, linux.Errno)    { return 0, c.setxattr(0) }
func sysLsetxattr(c *Call) (int64, linux.Errno)   { return 0, c.setxattr(linux.AT_SYMLINK_NOFOLLOW) }
func sysFsetxattr(c *Call) (int64, linux.Errno)   { return 0, c.setxattr(byFD) }
func sysGetxattr(c *Call) (int64, linux.Errno)    { return c.getxattr(0) }
func sysLgetxattr(c *Call) (int64, linux.Errno)   { return c.getxattr(linux.AT_SYMLINK_NOFOLLOW) }
func sysFgetxattr(c *Call) (int64, linux.Errno)   { return c.getxattr(byFD) }
func sysListxattr(c *Call) (int64, linux.Errno)   { return c.listxattr(0) }
func sysLlistxattr(c *Call) (int64, linux.Errno)  { return c.listxattr(linux.AT_SYMLINK_NOFOLLOW) }
func sysFlistxattr(c *Call) (int64, linux.Errno)  { return c.listxattr(byFD) }
func sysRemovexattr(c *Call) (int64, linux.Errno) { return 0, c.removexattr(0) }
func sysLremovexattr(c *Call) (int64, linux.Errno) {
	return 0, c.removexattr(linux.AT_SYMLINK_NOFOLLOW)
}
func sysFremovexattr(c *Call) (int64, linux.Errno) { return 0, c.removexattr(byFD) }

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
func (c *Call) xattrTarget(how uint32) (place fsapi.Place, handle uint64, foreign *fdtable.File, done func(), e linux.Errno) {
	if how != byFD {
		t, e := c.at(-1, 0, 0)
		return t.place, 0, nil, t.done, e
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

func (c *Call) setxattr(how uint32) linux.Errno {
	q := fsapi.SetXattrRequest{Flags: c.Uint(4)}
	if q.Flags&^(linux.XATTR_CREATE|linux.XATTR_REPLACE) != 0 {
		return linux.EINVAL
	}
	var e linux.Errno
	if q.Name, e = c.xattrName(1); e != 0 {
		return e
	}
	size := c.Args[3]
	if size > linux.XATTR_SIZE_MAX {
		return linux.E2BIG
	}
	q.Value = make([]byte, size)
	if e := c.CopyIn(c.Args[2], q.Value); size > 0 && e != 0 {
		return e
	}
	return c.changeXattr(&q, how)
}

func (c *Call) removexattr(how uint32) linux.Errno {
	name, e := c.xattrName(1)
	if e != 0 {
		return e
	}
	return c.changeXattr(&fsapi.SetXattrRequest{Name: name, Remove: true}, how)
}

func (c *Call) changeXattr(q *fsapi.SetXattrRequest, how uint32) linux.Errno {
	place, handle, foreign, done, e := c.xattrTarget(how)
	if e != 0 {
		return e
	}
	defer done()
	if foreign != nil {
		return c.foreignXattr(q.Name, linux.EPERM)
	}
	q.Cred, q.Place, q.Handle = c.Cred(), place, handle
	if how != byFD {
		q.AtFlags = how
	}
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

func (c *Call) getxattr(how uint32) (int64, linux.Errno) {
	name, e := c.xattrName(1)
	if e != 0 {
		return 0, e
	}
	return c.readXattr(name, how, c.Args[2], c.Args[3], linux.XATTR_SIZE_MAX)
}

func (c *Call) listxattr(how uint32) (int64, linux.Errno) {
	return c.readXattr("", how, c.Args[1], c.Args[2], linux.XATTR_LIST_MAX)
}

// readXattr gives a value, or the names, at addr. A size of 0 asks for the
// length only.
func (c *Call) readXattr(name string, how uint32, addr, size, most uint64) (int64, linux.Errno) {
	place, handle, foreign, done, e := c.xattrTarget(how)
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
	q := fsapi.GetXattrRequest{Cred: c.Cred(), Place: place, Handle: handle, Name: name}
	if how != byFD {
		q.Flags = how
	}
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
