package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// POSIX access control lists, which Linux shows as two extended attributes.

func isACL(name string) bool {
	return name == linux.XATTR_NAME_POSIX_ACL_ACCESS || name == linux.XATTR_NAME_POSIX_ACL_DEFAULT
}

// setACL is vfs_set_acl and vfs_remove_acl in fs/posix_acl.c. It takes no
// notice of XATTR_CREATE and XATTR_REPLACE, and to remove what is not there is
// no error.
func setACL(c *vfs.Ctx, n *vfs.Inode, req *fsapi.SetXattrRequest) linux.Errno {
	var acl vfs.ACL
	if !req.Remove {
		var e linux.Errno
		if acl, e = vfs.ParseACL(req.Value); e != 0 {
			return e
		}
	}
	if e := knownXattr(n, req.Name); e != 0 {
		return e
	}
	isDefault := req.Name == linux.XATTR_NAME_POSIX_ACL_DEFAULT
	if isDefault && !n.IsDir() {
		if acl != nil {
			return linux.EACCES
		}
		return 0
	}
	if !c.OwnerOrCapable(n) {
		return linux.EPERM
	}
	if acl != nil && !acl.Valid() {
		return linux.EINVAL
	}
	if !isDefault {
		// posix_acl_update_mode: the mode shows the list's three classes, and
		// a list that says no more than the mode is not kept.
		if acl != nil {
			mode, beyond := acl.Mode()
			n.Mode = n.Mode&^0777 | mode
			if !beyond {
				acl = nil
			}
		}
		if !c.InGroup(n.Gid) && !c.Capable(linux.CAP_FSETID) {
			n.Mode &^= linux.S_ISGID
		}
	}
	n.SetACL(req.Name, acl)
	n.Ctime = c.Now()
	return 0
}
