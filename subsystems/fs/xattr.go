package fs

import (
	"sort"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// GetXattr implements fsapi.FS.
func (f *FS) GetXattr(req *fsapi.GetXattrRequest, rep *fsapi.GetXattrReply) linux.Errno {
	if len(req.Name) > linux.XATTR_NAME_MAX {
		return linux.ERANGE
	}
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		p, e := f.target(c, req.Handle, &req.Place, req.Flags, false)
		had := len(rep.Value)
		switch {
		case e != 0:
		case req.Name == "":
			rep.Value, e = listXattr(c, p.Inode(), rep.Value)
		default:
			rep.Value, e = getXattr(c, p.Inode(), req.Name, rep.Value)
		}
		if e != 0 {
			rep.Value = rep.Value[:had]
		}
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

// SetXattr implements fsapi.FS.
func (f *FS) SetXattr(req *fsapi.SetXattrRequest, rep *fsapi.SetXattrReply) linux.Errno {
	switch {
	case req.Flags&^(linux.XATTR_CREATE|linux.XATTR_REPLACE) != 0:
		return linux.EINVAL
	case req.Name == "" || len(req.Name) > linux.XATTR_NAME_MAX:
		return linux.ERANGE
	case len(req.Value) > linux.XATTR_SIZE_MAX:
		return linux.E2BIG
	}
	return run(f, &req.Cred, req, rep, func(r *fsapi.SetXattrReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).setXattrTry)
}

func (f *FS) setXattrTry(c *vfs.Ctx, req *fsapi.SetXattrRequest, _ *fsapi.SetXattrReply) linux.Errno {
	p, e := f.target(c, req.Handle, &req.Place, req.AtFlags, false)
	switch {
	case e != 0:
		return e
	case p.Mnt.ReadOnly():
		return linux.EROFS
	}
	if e := setXattr(c, p.Inode(), req); e != 0 {
		return e
	}
	f.notify(c, p, linux.IN_ATTRIB)
	return 0
}

// xattrPermission is xattr_permission in fs/xattr.c.
func xattrPermission(c *vfs.Ctx, n *vfs.Inode, name string, mask uint32) linux.Errno {
	write := mask&vfs.MayWrite != 0
	if write && n.Attrs&(linux.FS_IMMUTABLE_FL|linux.FS_APPEND_FL) != 0 {
		return linux.EPERM
	}
	refused := linux.ENODATA
	if write {
		refused = linux.EPERM
	}
	switch {
	case strings.HasPrefix(name, linux.XATTR_SECURITY_PREFIX), strings.HasPrefix(name, linux.XATTR_SYSTEM_PREFIX):
		return 0
	case strings.HasPrefix(name, linux.XATTR_TRUSTED_PREFIX):
		if !c.Capable(linux.CAP_SYS_ADMIN) {
			return refused
		}
		return 0
	case strings.HasPrefix(name, linux.XATTR_USER_PREFIX):
		if !n.IsReg() && !n.IsDir() {
			return refused
		}
		if n.IsDir() && n.Mode&linux.S_ISVTX != 0 && write && !c.OwnerOrCapable(n) {
			return linux.EPERM
		}
	}
	return c.Permission(n, mask)
}

// knownXattr checks that a file system here keeps attributes of that name.
func knownXattr(n *vfs.Inode, name string) linux.Errno {
	switch {
	case n.Super.NoXattr, n.Super.Through != nil && !strings.HasPrefix(name, linux.XATTR_USER_PREFIX):
		return linux.EOPNOTSUPP
	}
	for _, prefix := range [...]string{linux.XATTR_USER_PREFIX, linux.XATTR_TRUSTED_PREFIX, linux.XATTR_SECURITY_PREFIX} {
		if strings.HasPrefix(name, prefix) {
			if len(name) == len(prefix) {
				return linux.EINVAL
			}
			return 0
		}
	}
	if isACL(name) && !n.IsLink() && n.Super.Through == nil {
		return 0
	}
	return linux.EOPNOTSUPP
}

func getXattr(c *vfs.Ctx, n *vfs.Inode, name string, dst []byte) ([]byte, linux.Errno) {
	if e := xattrPermission(c, n, name, vfs.MayRead); e != 0 {
		return dst, e
	}
	if e := knownXattr(n, name); e != 0 {
		return dst, e
	}
	if t := n.Super.Through; t != nil {
		value, e := t.Xattr(c, n, vfs.Xattr{Name: name})
		return append(dst, value...), e
	}
	value, ok := n.Xattrs[name]
	if !ok {
		return dst, linux.ENODATA
	}
	return append(dst, value...), 0
}

func listXattr(c *vfs.Ctx, n *vfs.Inode, dst []byte) ([]byte, linux.Errno) {
	if t := n.Super.Through; t != nil {
		list, e := t.Xattr(c, n, vfs.Xattr{})
		names := strings.SplitAfter(string(list), "\x00")
		sort.Strings(names)
		return append(dst, strings.Join(names, "")...), e
	}
	names := make([]string, 0, len(n.Xattrs))
	for name := range n.Xattrs {
		if strings.HasPrefix(name, linux.XATTR_TRUSTED_PREFIX) && !c.Capable(linux.CAP_SYS_ADMIN) {
			continue
		}
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		dst = append(append(dst, name...), 0)
	}
	return dst, 0
}

// xattrRoom is what the attributes of one file may take, in bytes: a block of
// ext4 less its header and its end.
const xattrRoom = 4096 - 32 - 4

// xattrFits reports whether there is room for an attribute in place of its old
// value: ext4_xattr_set_entry in fs/ext4/xattr.c. tmpfs has no such bound.
func xattrFits(n *vfs.Inode, name string, value []byte) bool {
	if n.Super.Tmpfs {
		return true
	}
	size := func(name string, value []byte) int {
		_, own, _ := strings.Cut(name, ".")
		return 16 + (len(own)+3)&^3 + (len(value)+3)&^3
	}
	total := size(name, value)
	for x, v := range n.Xattrs {
		if x != name {
			total += size(x, v)
		}
	}
	return total <= xattrRoom
}

func setXattr(c *vfs.Ctx, n *vfs.Inode, req *fsapi.SetXattrRequest) linux.Errno {
	if e := xattrPermission(c, n, req.Name, vfs.MayWrite); e != 0 {
		return e
	}
	if strings.HasPrefix(req.Name, linux.XATTR_SECURITY_PREFIX) {
		// cap_inode_setxattr in security/commoncap.c.
		need := uint(linux.CAP_SYS_ADMIN)
		if req.Name == linux.XATTR_NAME_CAPS {
			need = linux.CAP_SETFCAP
		}
		if !c.Capable(need) {
			return linux.EPERM
		}
	}
	if isACL(req.Name) {
		return setACL(c, n, req)
	}
	if e := knownXattr(n, req.Name); e != 0 {
		return e
	}
	if t := n.Super.Through; t != nil {
		_, e := t.Xattr(c, n, vfs.Xattr{Name: req.Name, Set: !req.Remove, Remove: req.Remove, Value: req.Value, Flags: req.Flags})
		if e == 0 {
			n.Ctime = c.Now()
		}
		return e
	}
	_, had := n.Xattrs[req.Name]
	if req.Remove {
		if !had {
			return linux.ENODATA
		}
		delete(n.Xattrs, req.Name)
		n.Ctime = c.Now()
		return 0
	}
	switch {
	case had && req.Flags&linux.XATTR_CREATE != 0:
		return linux.EEXIST
	case !had && req.Flags&linux.XATTR_REPLACE != 0:
		return linux.ENODATA
	case !xattrFits(n, req.Name, req.Value):
		return linux.ENOSPC
	}
	if n.Xattrs == nil {
		n.Xattrs = make(map[string][]byte)
	}
	n.Xattrs[req.Name] = append([]byte(nil), req.Value...)
	n.Ctime = c.Now()
	return 0
}
