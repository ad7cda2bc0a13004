package vfs

import "adyton.dev/adyton/core/linux"

// Through is a file system whose changes are made elsewhere first. Each method
// is called after all checks; it returns outside.Missed until the change was
// made there, and then its errno. The tree here is changed by the caller after
// a success.
type Through interface {
	// Make makes a file; target is for symbolic links. n is the inode that it
	// will be, with its mode; Make sets its attributes to what the file has.
	Make(c *Ctx, dir *Dentry, name string, n *Inode, target string) linux.Errno
	// MakeUnnamed makes a regular file without a name in dir, as Make does.
	MakeUnnamed(c *Ctx, dir *Dentry, n *Inode) linux.Errno
	// Link gives the file at d another name.
	Link(c *Ctx, d *Dentry, dir *Dentry, name string) linux.Errno
	// Remove takes a name away.
	Remove(c *Ctx, d *Dentry) linux.Errno
	// Rename moves a name, over another or (exchange) in exchange with it.
	Rename(c *Ctx, d *Dentry, dir *Dentry, name string, target *Dentry, exchange bool) linux.Errno
	// Truncate sets the size of a regular file in bytes.
	Truncate(c *Ctx, n *Inode, size int64) linux.Errno
	// Allocate is fallocate with mode, offset and length in bytes.
	Allocate(c *Ctx, n *Inode, mode uint32, off, length int64) linux.Errno
	// Xattr reads or changes extended attributes: those of users only.
	Xattr(c *Ctx, n *Inode, do Xattr) ([]byte, linux.Errno)
	// SetAttr changes mode, owner and times: those that are not nil.
	SetAttr(c *Ctx, n *Inode, a Attrs) linux.Errno
	// Lock keeps other changes of the size, bytes and attributes of a file out
	// until the end of the operation.
	Lock(c *Ctx, n *Inode) linux.Errno
	// Sync writes a file or directory back.
	Sync(c *Ctx, n *Inode, dataOnly bool) linux.Errno
	// Descriptor gives a descriptor of the host to map, if any: one to write
	// too, or one to read only.
	Descriptor(c *Ctx, n *Inode, writable bool) (fd int, ok bool, e linux.Errno)
}

// Xattr is what to do with extended attributes: give the value of Name, or all
// names with a NUL after each when it is empty; or set or remove it.
type Xattr struct {
	Name        string
	Set, Remove bool
	Value       []byte
	Flags       uint32 // XATTR_*
}

// Attrs are attributes to set.
type Attrs struct {
	Mode, Uid, Gid *uint32
	Atime, Mtime   *Time
}
