package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var accessRows = []Row{
	{"access", FS, args(path("pathname"), flags("mode", linux.AccessFlags)), sysAccess},
	{"faccessat", FS, args(dirfd("dirfd"), path("pathname"), flags("mode", linux.AccessFlags)), sysFaccessat},
	{"faccessat2", FS, args(dirfd("dirfd"), path("pathname"), flags("mode", linux.AccessFlags), flags("flags", linux.FaccessatFlags)), sysFaccessat2},
}

func sysAccess(c *Call) (int64, linux.Errno)     { return 0, c.access(-1, 0, c.Uint(1), 0) }
func sysFaccessat(c *Call) (int64, linux.Errno)  { return 0, c.access(0, 1, c.Uint(2), 0) }
func sysFaccessat2(c *Call) (int64, linux.Errno) { return 0, c.access(0, 1, c.Uint(2), c.Uint(3)) }

// access is do_faccessat of fs/open.c.
func (c *Call) access(dir, path int, mode, fl uint32) linux.Errno {
	if mode&^7 != 0 || fl&^(linux.AT_EACCESS|linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return linux.EINVAL
	}
	t, e := c.at(dir, path, fl)
	if e != 0 {
		return e
	}
	defer t.done()
	if t.file != nil && t.place.Dir == 0 {
		return c.accessAnon(t, mode)
	}
	q := fsapi.AccessRequest{Cred: c.Cred(), Place: t.place, Mode: mode, Flags: fl &^ linux.AT_EACCESS}
	if fl&linux.AT_EACCESS == 0 {
		q.Cred = c.realCred()
	}
	var r fsapi.AccessReply
	return ask(c, c.FS.Access, &q, &r, &r.Wait)
}

// realCred gives the credentials with the real ids in place of the effective
// ones: access_override_creds.
func (c *Call) realCred() fsapi.Cred {
	k, cred := c.T.Cred, c.Cred()
	cred.Uid, cred.Gid = k.UID, k.GID
	if k.Securebits&linux.SECBIT_NO_SETUID_FIXUP == 0 {
		cred.Caps = 0
		if k.UID == 0 {
			cred.Caps = k.Permitted
		}
	}
	return cred
}

// accessAnon checks the bits of a file that fs does not have.
func (c *Call) accessAnon(t target, mode uint32) linux.Errno {
	a, e := c.stat(t.file)
	if e != 0 {
		return e
	}
	k := c.T.Cred
	if k.UID == 0 {
		if mode&linux.X_OK != 0 && a.Mode&0o111 == 0 {
			return linux.EACCES
		}
		return 0
	}
	bits := a.Mode
	switch {
	case k.UID == a.Uid:
		bits >>= 6
	case k.InGroup(a.Gid):
		bits >>= 3
	}
	if mode&^bits&7 != 0 {
		return linux.EACCES
	}
	return 0
}
