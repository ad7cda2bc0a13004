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
		if e == 0 && req.Name == "" {
			rep.Value = listXattr(c, p.Inode(), rep.Value)
			return 0
		}
		if e == 0 {
			rep.Value, e = getXattr(c, p.Inode(), req.Name, rep.Value)
			return e
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
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		p, e := f.target(c, req.Handle, &req.Place, req.AtFlags, false)
		if e == 0 && p.Mnt.ReadOnly() {
			e = linux.EROFS
		}
		if e == 0 {
			if e = setXattr(c, p.Inode(), req); e == 0 {
				f.notify(c, p, linux.IN_ATTRIB)
			}
			rep.Ready = append(rep.Ready, c.Ready...)
			return e
		}
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
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
	if n.Super.NoXattr {
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
	value, ok := n.Xattrs[name]
	if !ok {
		return dst, linux.ENODATA
	}
	return append(dst, value...), 0
}

func listXattr(c *vfs.Ctx, n *vfs.Inode, dst []byte) []byte {
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
	return dst
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
	}
	if n.Xattrs == nil {
		n.Xattrs = make(map[string][]byte)
	}
	n.Xattrs[req.Name] = append([]byte(nil), req.Value...)
	n.Ctime = c.Now()
	return 0
}
