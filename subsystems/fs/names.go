package fs

import (
	"strconv"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// The changes of names, after all checks.

// makeNode makes a file of any type with a name in dir.
func (f *FS) makeNode(c *vfs.Ctx, dir vfs.Path, name string, mode uint32, rdev uint64, umask uint32) (*vfs.Dentry, linux.Errno) {
	n := c.NewInode(dir.Inode().Super, mode)
	n.Rdev = rdev
	if n.IsDir() && !n.Super.Tmpfs {
		n.Size, n.Blocks = pages.Size, pages.Size/512
	}
	c.InitOwner(n, dir.Inode())
	c.InitACL(n, dir.Inode(), umask)
	if t := n.Super.Through; t != nil {
		if e := t.Make(c, dir.D, name, n, ""); e != 0 {
			return nil, e
		}
	}
	d := c.Add(dir.D, name, n)
	f.notifyName(c, dir.Inode(), name, n, linux.IN_CREATE, 0)
	return d, 0
}

// makeLink makes a symbolic link.
func (f *FS) makeLink(c *vfs.Ctx, dir vfs.Path, name, target string) linux.Errno {
	n := c.NewInode(dir.Inode().Super, linux.S_IFLNK|0777)
	n.Target = target
	c.InitOwner(n, dir.Inode())
	if t := n.Super.Through; t != nil {
		if e := t.Make(c, dir.D, name, n, target); e != 0 {
			return e
		}
	}
	c.Add(dir.D, name, n)
	f.notifyName(c, dir.Inode(), name, n, linux.IN_CREATE, 0)
	return 0
}

// makeHardLink gives the file at from another name.
func (f *FS) makeHardLink(c *vfs.Ctx, from *vfs.Dentry, dir vfs.Path, name string) linux.Errno {
	n := from.Inode
	if t := n.Super.Through; t != nil {
		if e := t.Link(c, from, dir.D, name); e != 0 {
			return e
		}
	}
	d := c.Add(dir.D, name, n)
	n.Nlink++
	n.Ctime = c.Now()
	if n.Linkable {
		// An unnamed file has a name now: open handles show it.
		n.Linkable = false
		from.Name, from.Parent, from.Dead = name, d.Parent, false
	}
	f.notifyInode(c, n, linux.IN_ATTRIB)
	f.notifyName(c, dir.Inode(), name, n, linux.IN_CREATE, 0)
	return 0
}

// removeName takes a name away.
func (f *FS) removeName(c *vfs.Ctx, d *vfs.Dentry) linux.Errno {
	if t := d.Inode.Super.Through; t != nil {
		if e := t.Remove(c, d); e != 0 {
			return e
		}
	}
	c.Remove(d)
	if !d.Inode.IsDir() {
		f.notifyInode(c, d.Inode, linux.IN_ATTRIB)
	}
	f.notifyGone(c, d)
	f.notifyName(c, d.Parent.Inode, d.Name, d.Inode, linux.IN_DELETE, 0)
	return 0
}

// moveName renames old to name in dir, over target or in exchange with it.
func (f *FS) moveName(c *vfs.Ctx, old, target, dir *vfs.Dentry, name string, exchange bool) linux.Errno {
	if t := old.Inode.Super.Through; t != nil {
		if e := t.Rename(c, old, dir, name, target, exchange); e != 0 {
			return e
		}
	}
	oldDir, oldName := old.Parent.Inode, old.Name
	if exchange {
		c.Exchange(old, target)
		f.notifyMove(c, oldDir, oldName, old, nil)
		f.notifyMove(c, dir.Inode, name, target, nil)
		return 0
	}
	var over *vfs.Inode
	if target != nil {
		over = target.Inode
		c.Remove(target)
	}
	c.Move(old, dir, name)
	f.notifyMove(c, oldDir, oldName, old, over)
	if target != nil {
		f.notifyGone(c, target)
	}
	return 0
}

// unnamed is the name that a file without one shows in /proc/PID/fd: that of
// d_tmpfile in fs/dcache.c.
func unnamed(n *vfs.Inode) string { return "#" + strconv.FormatUint(n.Ino, 10) }
