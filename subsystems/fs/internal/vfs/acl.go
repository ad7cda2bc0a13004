package vfs

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// ACL is a POSIX access control list: acl(5). Its entries are in the order
// that Valid wants.
type ACL []ACLEntry

// ACLEntry gives Perm, as rwx bits, to whom Tag says.
type ACLEntry struct {
	Tag, Perm uint16
	ID        uint32 // of ACL_USER and ACL_GROUP
}

const (
	aclHeader = 4 // a version
	aclEntry  = 8 // tag, perm, id
)

// ParseACL reads the value of an extended attribute: posix_acl_from_xattr in
// fs/posix_acl.c. A list without entries is nil.
func ParseACL(b []byte) (ACL, linux.Errno) {
	if len(b) == 0 {
		return nil, 0
	}
	if len(b) < aclHeader {
		return nil, linux.EINVAL
	}
	if binary.LittleEndian.Uint32(b) != linux.POSIX_ACL_XATTR_VERSION {
		return nil, linux.EOPNOTSUPP
	}
	b = b[aclHeader:]
	if len(b)%aclEntry != 0 {
		return nil, linux.EINVAL
	}
	var a ACL
	for ; len(b) > 0; b = b[aclEntry:] {
		x := ACLEntry{binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), linux.ACL_UNDEFINED_ID}
		switch x.Tag {
		case linux.ACL_USER, linux.ACL_GROUP:
			if x.ID = binary.LittleEndian.Uint32(b[4:]); x.ID == linux.ACL_UNDEFINED_ID {
				return nil, linux.EINVAL
			}
		case linux.ACL_USER_OBJ, linux.ACL_GROUP_OBJ, linux.ACL_MASK, linux.ACL_OTHER:
		default:
			return nil, linux.EINVAL
		}
		a = append(a, x)
	}
	return a, 0
}

// append is the value of the extended attribute: posix_acl_to_xattr.
func (a ACL) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, linux.POSIX_ACL_XATTR_VERSION)
	for _, x := range a {
		b = binary.LittleEndian.AppendUint16(b, x.Tag)
		b = binary.LittleEndian.AppendUint16(b, x.Perm)
		b = binary.LittleEndian.AppendUint32(b, x.ID)
	}
	return b
}

// Valid checks the order and number of entries: posix_acl_valid.
func (a ACL) Valid() bool {
	next, named := uint16(linux.ACL_USER_OBJ), false
	for _, x := range a {
		if x.Perm&^7 != 0 {
			return false
		}
		switch {
		case x.Tag == linux.ACL_USER_OBJ && next == linux.ACL_USER_OBJ:
			next = linux.ACL_USER
		case x.Tag == linux.ACL_USER && next == linux.ACL_USER:
			named = true
		case x.Tag == linux.ACL_GROUP_OBJ && next == linux.ACL_USER:
			next = linux.ACL_GROUP
		case x.Tag == linux.ACL_GROUP && next == linux.ACL_GROUP:
			named = true
		case x.Tag == linux.ACL_MASK && next == linux.ACL_GROUP:
			next = linux.ACL_OTHER
		case x.Tag == linux.ACL_OTHER && (next == linux.ACL_OTHER || next == linux.ACL_GROUP && !named):
			next = 0
		default:
			return false
		}
	}
	return next == 0
}

// find gives the entry of a tag that a list has once, or nil.
func (a ACL) find(tag uint16) *ACLEntry {
	for i := range a {
		if a[i].Tag == tag {
			return &a[i]
		}
	}
	return nil
}

// group is the entry that the mode's group bits show.
func (a ACL) group() *ACLEntry {
	if m := a.find(linux.ACL_MASK); m != nil {
		return m
	}
	return a.find(linux.ACL_GROUP_OBJ)
}

// Mode gives the permission bits of a valid list, and whether it says more
// than they do: posix_acl_equiv_mode.
func (a ACL) Mode() (mode uint32, beyond bool) {
	for _, x := range a {
		switch x.Tag {
		case linux.ACL_USER_OBJ:
			mode |= uint32(x.Perm) << 6
		case linux.ACL_OTHER:
			mode |= uint32(x.Perm)
		case linux.ACL_USER, linux.ACL_GROUP, linux.ACL_MASK:
			beyond = true
		}
	}
	return mode | uint32(a.group().Perm)<<3, beyond
}

// ACL gives a list of the inode, or nil.
func (n *Inode) ACL(name string) ACL {
	a, _ := ParseACL(n.Xattrs[name]) // SetACL wrote it
	return a
}

// SetACL keeps a valid list, or none.
func (n *Inode) SetACL(name string, a ACL) {
	if a == nil {
		delete(n.Xattrs, name)
		return
	}
	if n.Xattrs == nil {
		n.Xattrs = make(map[string][]byte)
	}
	n.Xattrs[name] = a.append(nil)
}

// ChmodACL brings the list in line with a new mode: posix_acl_chmod.
func (n *Inode) ChmodACL() {
	a := n.ACL(linux.XATTR_NAME_POSIX_ACL_ACCESS)
	if a == nil {
		return
	}
	a.find(linux.ACL_USER_OBJ).Perm = uint16(n.Mode >> 6 & 7)
	a.group().Perm = uint16(n.Mode >> 3 & 7)
	a.find(linux.ACL_OTHER).Perm = uint16(n.Mode & 7)
	n.SetACL(linux.XATTR_NAME_POSIX_ACL_ACCESS, a)
}

// InitACL gives a new inode what its directory's default list says, or takes
// the umask from its mode when there is none: posix_acl_create.
func (c *Ctx) InitACL(n *Inode, dir *Inode, umask uint32) {
	var a ACL
	if dir.Xattrs != nil && !n.IsLink() {
		a = dir.ACL(linux.XATTR_NAME_POSIX_ACL_DEFAULT)
	}
	if a == nil {
		n.Mode &^= umask
		return
	}
	if n.IsDir() {
		n.SetACL(linux.XATTR_NAME_POSIX_ACL_DEFAULT, a)
	}
	a.find(linux.ACL_USER_OBJ).Perm &= uint16(n.Mode >> 6)
	a.group().Perm &= uint16(n.Mode >> 3)
	a.find(linux.ACL_OTHER).Perm &= uint16(n.Mode)
	mode, beyond := a.Mode()
	n.Mode = n.Mode&^0777 | mode
	if beyond {
		n.SetACL(linux.XATTR_NAME_POSIX_ACL_ACCESS, a)
	}
}

// inACL looks for the caller, who does not own the file, in its list:
// posix_acl_permission.
func (c *Ctx) inACL(n *Inode, a ACL, want uint16) bool {
	mask := uint16(7)
	if m := a.find(linux.ACL_MASK); m != nil {
		mask = m.Perm
	}
	found := false
	for _, x := range a {
		switch x.Tag {
		case linux.ACL_USER:
			if x.ID == c.Cred.Uid {
				return x.Perm&mask&want == want
			}
		case linux.ACL_GROUP_OBJ, linux.ACL_GROUP:
			gid := n.Gid
			if x.Tag == linux.ACL_GROUP {
				gid = x.ID
			}
			if c.InGroup(gid) {
				found = true
				if x.Perm&want == want {
					return x.Perm&mask&want == want
				}
			}
		case linux.ACL_OTHER:
			return !found && x.Perm&want == want
		}
	}
	return false
}
