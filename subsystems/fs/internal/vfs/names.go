package vfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
)

// The changes of names. They check nothing: the callers in package fs have.

// NewInode makes an inode without a name. mode has the type.
func (c *Ctx) NewInode(s *Super, mode uint32) *Inode {
	n := &Inode{
		Super: s, Node: c.NS.Nodes.Next(), Ino: s.NextIno(), Mode: mode, Nlink: 1,
		Atime: c.Now(), Mtime: c.Now(), Ctime: c.Now(), Btime: c.Now(), made: true,
	}
	s.Inodes++
	switch n.Type() {
	case linux.S_IFDIR:
		n.Dir = NewDir()
		n.Nlink = 2
	case linux.S_IFREG:
		n.Data = pages.New(s.Quota)
	}
	return n
}

// NewRoot makes the root directory of a file system and enters it there.
func (c *Ctx) NewRoot(s *Super, mode uint32) *Dentry {
	d := &Dentry{Name: "/", Inode: c.NewInode(s, linux.S_IFDIR|mode)}
	d.Parent = d
	s.Root = d
	return d
}

// Add gives n the name in dir.
func (c *Ctx) Add(dir *Dentry, name string, n *Inode) *Dentry {
	d := &Dentry{Name: name, Parent: dir, Inode: n}
	dir.Inode.Dir.Add(d)
	if n.IsDir() {
		dir.Inode.addLink()
	}
	c.touch(dir.Inode)
	return d
}

// Remove takes the name d away, and one link of its inode.
func (c *Ctx) Remove(d *Dentry) {
	dir := d.Parent.Inode
	dir.Dir.Remove(d)
	d.Dead = true
	n := d.Inode
	if n.IsDir() {
		dir.dropLink()
		n.Nlink = 0
	} else if n.Nlink > 0 {
		n.Nlink--
	}
	n.Ctime = c.Now()
	c.touch(dir)
	n.Release()
}

// Move renames d to name in dir; nothing may have that name any more.
func (c *Ctx) Move(d *Dentry, dir *Dentry, name string) {
	old := d.Parent.Inode
	old.Dir.Remove(d)
	c.touch(old)
	isDir := d.Inode.IsDir()
	if isDir && old != dir.Inode {
		old.dropLink()
		dir.Inode.addLink()
	}
	d.Name, d.Parent = name, dir
	dir.Inode.Dir.Add(d)
	c.touch(dir.Inode)
	d.Inode.Ctime = c.Now()
}

// Exchange swaps two names.
func (c *Ctx) Exchange(a, b *Dentry) {
	aDir, aName, bDir, bName := a.Parent, a.Name, b.Parent, b.Name
	aDir.Inode.Dir.Remove(a)
	bDir.Inode.Dir.Remove(b)
	if aDir != bDir && a.Inode.IsDir() != b.Inode.IsDir() {
		if a.Inode.IsDir() {
			aDir.Inode.dropLink()
			bDir.Inode.addLink()
		} else {
			bDir.Inode.dropLink()
			aDir.Inode.addLink()
		}
	}
	a.Name, a.Parent, b.Name, b.Parent = bName, bDir, aName, aDir
	bDir.Inode.Dir.Add(a)
	aDir.Inode.Dir.Add(b)
	a.Inode.Ctime, b.Inode.Ctime = c.Now(), c.Now()
	c.touch(aDir.Inode)
	c.touch(bDir.Inode)
}

// Release gives the data of a file back that has no name and no user left.
func (n *Inode) Release() {
	if n.Nlink != 0 || n.Opens != 0 {
		return
	}
	if n.made {
		n.made = false
		n.Super.Inodes--
	}
	if n.Data != nil {
		n.Data.Free()
	}
	if o, ok := n.Origin.(Releaser); ok {
		o.Released()
	}
}

func (c *Ctx) touch(dir *Inode) { dir.Mtime, dir.Ctime = c.Now(), c.Now() }

// addLink and dropLink count subdirectories in a directory's link count. A host
// file system that does not count says 1, and that stays.
func (n *Inode) addLink() {
	if n.Nlink >= 2 {
		n.Nlink++
	}
}

func (n *Inode) dropLink() {
	if n.Nlink > 2 {
		n.Nlink--
	}
}

// Changed sets the times of a change to the data.
func (c *Ctx) Changed(n *Inode) { n.Mtime, n.Ctime = c.Now(), c.Now() }

// dirEntrySize is what one entry adds to the size of a tmpfs directory
// (BOGO_DIRENT_SIZE in mm/shmem.c).
const dirEntrySize = 20

// Length is the size that stat reports.
func (n *Inode) Length() int64 {
	switch {
	case n.Data != nil:
		return n.Data.Len()
	case n.Dir != nil && n.Super.Tmpfs:
		return int64(2+n.Dir.Len()) * dirEntrySize
	case n.IsLink() && n.Size == 0:
		return int64(len(n.Target))
	}
	return n.Size
}

// BlocksUsed is the number of 512-byte blocks that stat reports.
func (n *Inode) BlocksUsed() uint64 {
	if n.Data == nil {
		return n.Blocks
	}
	own := n.Data.Blocks()
	if left := n.Data.BaseLeft(); left > 0 {
		// What the host's file takes, as far as it still shows through.
		return max(own, min(n.Blocks, uint64(left+pages.Size-1)/pages.Size*8))
	}
	return own
}
