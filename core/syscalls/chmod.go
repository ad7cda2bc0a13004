package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var chmodRows = []Row{
	{"chmod", FS, args(path("pathname"), mode("mode")), sysChmod},
	{"fchmod", FS, args(fd("fd"), mode("mode")), sysFchmod},
	{"fchmodat", FS, args(dirfd("dirfd"), path("pathname"), mode("mode")), sysFchmodat},
	{"fchmodat2", FS, args(dirfd("dirfd"), path("pathname"), mode("mode"), flags("flags", linux.AtFlags)), sysFchmodat2},
	{"chown", FS, args(path("pathname"), integer("owner"), integer("group")), sysChown},
	{"lchown", FS, args(path("pathname"), integer("owner"), integer("group")), sysLchown},
	{"fchown", FS, args(fd("fd"), integer("owner"), integer("group")), sysFchown},
	{"fchownat", FS, args(dirfd("dirfd"), path("pathname"), integer("owner"), integer("group"), flags("flags", linux.AtFlags)), sysFchownat},
}

func sysChmod(c *Call) (int64, linux.Errno) {
	return 0, c.setattrAt(-1, 0, 0, modeRequest(c.Uint(1)))
}
func sysFchmod(c *Call) (int64, linux.Errno) { return 0, c.setattrFD(0, modeRequest(c.Uint(1))) }
func sysFchmodat(c *Call) (int64, linux.Errno) {
	return 0, c.setattrAt(0, 1, 0, modeRequest(c.Uint(2)))
}
func sysFchmodat2(c *Call) (int64, linux.Errno) {
	return 0, c.setattrAt(0, 1, c.Uint(3), modeRequest(c.Uint(2)))
}

func modeRequest(mode uint32) *fsapi.SetattrRequest {
	return &fsapi.SetattrRequest{Valid: uint32(fsapi.SetattrValidMode), Mode: mode & modeBits}
}

func sysChown(c *Call) (int64, linux.Errno) {
	return 0, c.setattrAt(-1, 0, 0, ownerRequest(c.Uint(1), c.Uint(2)))
}
func sysLchown(c *Call) (int64, linux.Errno) {
	return 0, c.setattrAt(-1, 0, linux.AT_SYMLINK_NOFOLLOW, ownerRequest(c.Uint(1), c.Uint(2)))
}
func sysFchown(c *Call) (int64, linux.Errno) {
	return 0, c.setattrFD(0, ownerRequest(c.Uint(1), c.Uint(2)))
}
func sysFchownat(c *Call) (int64, linux.Errno) {
	return 0, c.setattrAt(0, 1, c.Uint(4), ownerRequest(c.Uint(2), c.Uint(3)))
}

// ownerRequest leaves out what is -1.
func ownerRequest(uid, gid uint32) *fsapi.SetattrRequest {
	q := &fsapi.SetattrRequest{Uid: uid, Gid: gid}
	if uid != ^uint32(0) {
		q.Valid |= uint32(fsapi.SetattrValidUid)
	}
	if gid != ^uint32(0) {
		q.Valid |= uint32(fsapi.SetattrValidGid)
	}
	return q
}

// setattrAt changes the attributes of a place. Flags other than
// AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH are EINVAL before the path is read.
func (c *Call) setattrAt(dir, path int, fl uint32, q *fsapi.SetattrRequest) linux.Errno {
	if fl&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return linux.EINVAL
	}
	t, e := c.at(dir, path, fl)
	if e != 0 {
		return e
	}
	defer t.done()
	return c.setattr(t, fl, q)
}

func (c *Call) setattr(t target, fl uint32, q *fsapi.SetattrRequest) linux.Errno {
	if t.foreign() {
		return c.setattrForeign(t.file, q)
	}
	q.Cred, q.Place, q.Flags = c.Cred(), t.place, fl
	var r fsapi.SetattrReply
	return change(c, c.FS.Setattr, q, &r, &r.Wait, &r.Ready)
}

// setattrFD changes those of descriptor argument i.
func (c *Call) setattrFD(i int, q *fsapi.SetattrRequest) linux.Errno {
	f, e := c.file(i)
	if e != 0 {
		return e
	}
	defer c.unref(f)
	return c.setattrFile(f, q)
}

func (c *Call) setattrFile(f *fdtable.File, q *fsapi.SetattrRequest) linux.Errno {
	h, ok := fsHandle(f)
	if !ok {
		return c.setattrForeign(f, q)
	}
	q.Cred, q.Handle = c.Cred(), h
	var r fsapi.SetattrReply
	return change(c, c.FS.Setattr, q, &r, &r.Wait, &r.Ready)
}

// setattrForeign checks as notify_change does for a file that fs does not
// have.
//
// GAP: the owner of pipes and sockets does not change, and the mode only for
// this description.
func (c *Call) setattrForeign(f *fdtable.File, q *fsapi.SetattrRequest) linux.Errno {
	if f.Owner != fdtable.IPC {
		return linux.EPERM // the one inode of all anonymous files is root's
	}
	a, e := c.stat(f)
	if e != 0 {
		return e
	}
	k := c.T.Cred
	owner := k.FSUID == a.Uid
	const uid, gid = uint32(fsapi.SetattrValidUid), uint32(fsapi.SetattrValidGid)
	switch {
	case q.Valid&uid != 0 && !(owner && q.Uid == a.Uid) && !k.Has(linux.CAP_CHOWN),
		q.Valid&gid != 0 && !(owner && k.InGroup(q.Gid)) && !k.Has(linux.CAP_CHOWN),
		q.Valid&uint32(fsapi.SetattrValidMode) != 0 && !owner && !k.Has(linux.CAP_FOWNER):
		return linux.EPERM
	}
	if q.Valid&uint32(fsapi.SetattrValidMode) != 0 {
		f.Mode = f.Mode&linux.S_IFMT | q.Mode
	}
	return 0
}
