package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// What happens to files is told to who asked for it: fs/notify/fsnotify.c. The
// events are those of inotify(7); an operation tells them when it is done.

// happening is one event.
type happening struct {
	// mask holds IN_* of one event, or of several that are told as one.
	mask uint32
	// inode is what it happened to; path is where, if the operation knows.
	inode *vfs.Inode
	path  vfs.Path
	// name is that of an entry of the watched directory, or empty.
	name   string
	cookie uint32
}

// watchesOf lists who watches an inode.
func watchesOf(n *vfs.Inode) []*inotifyWatch {
	list, _ := n.Marks.([]*inotifyWatch)
	return list
}

// notify tells of an event on the file at p: first in the directory that it has
// its name in, then on itself.
func (f *FS) notify(c *vfs.Ctx, p vfs.Path, mask uint32) {
	if f.marks == 0 || mask == 0 {
		return
	}
	h := happening{mask: mask, inode: p.D.Inode, path: p, name: p.D.Name}
	var in *vfs.Inode
	if dir := p.D.Parent; dir != nil && dir != p.D {
		in = dir.Inode
		f.tellWatches(c, in, &h)
	}
	h.name = ""
	f.tellWatches(c, p.D.Inode, &h)
	for _, g := range f.fanotifies {
		g.hear(c, &h, in, p.D.Name)
	}
}

// notifyInode tells of an event on a file itself.
func (f *FS) notifyInode(c *vfs.Ctx, n *vfs.Inode, mask uint32) {
	if f.marks == 0 {
		return
	}
	h := happening{mask: mask, inode: n}
	f.tellWatches(c, n, &h)
	for _, g := range f.fanotifies {
		g.hear(c, &h, nil, "")
	}
}

// notifyName tells of an event on a name in a directory; n is the file.
func (f *FS) notifyName(c *vfs.Ctx, dir *vfs.Inode, name string, n *vfs.Inode, mask, cookie uint32) {
	if f.marks == 0 {
		return
	}
	h := happening{mask: mask, inode: n, name: name, cookie: cookie}
	f.tellWatches(c, dir, &h)
	for _, g := range f.fanotifies {
		g.hear(c, &h, dir, name)
	}
}

// notifyMove is fsnotify_move: old is what moved and has its new name.
func (f *FS) notifyMove(c *vfs.Ctx, oldDir *vfs.Inode, oldName string, moved *vfs.Dentry, target *vfs.Inode) {
	if f.marks == 0 {
		return
	}
	f.cookie++
	f.notifyName(c, oldDir, oldName, moved.Inode, linux.IN_MOVED_FROM, f.cookie)
	f.notifyName(c, moved.Parent.Inode, moved.Name, moved.Inode, linux.IN_MOVED_TO, f.cookie)
	if target != nil {
		f.notifyInode(c, target, linux.IN_ATTRIB)
	}
	f.notifyInode(c, moved.Inode, linux.IN_MOVE_SELF)
}

// notifyGone tells that a file is no more once its last name and the last that
// uses it by that name are gone: dentry_unlink_inode in fs/dcache.c.
func (f *FS) notifyGone(c *vfs.Ctx, d *vfs.Dentry) {
	n := d.Inode
	if f.marks == 0 || n.Marks == nil && len(f.fanotifies) == 0 || !d.Dead || n.Nlink != 0 {
		return
	}
	used := false
	f.files.each(func(x *vfs.File) { used = used || x.Path.D == d })
	if used {
		return
	}
	f.notifyInode(c, n, linux.IN_DELETE_SELF)
	f.dropWatches(c, n)
	for _, g := range f.fanotifies {
		g.forget(func(x *vfs.Inode) bool { return x == n })
	}
}

// notifyUnmount tells that a file system is no more, unless something still
// uses it.
func (f *FS) notifyUnmount(c *vfs.Ctx, s *vfs.Super) {
	if f.marks == 0 {
		return
	}
	used := false
	f.files.each(func(x *vfs.File) { used = used || x.Path.Mnt.Super == s })
	for _, m := range f.ns.All {
		used = used || m.Super == s
	}
	if used {
		return
	}
	for _, g := range f.fanotifies {
		g.forget(func(x *vfs.Inode) bool { return x.Super == s })
	}
	for _, i := range f.inotifies {
		for _, w := range i.sorted() {
			if w.inode.Super == s {
				f.notifyInode(c, w.inode, linux.IN_UNMOUNT)
				f.dropWatches(c, w.inode)
			}
		}
	}
}

func (f *FS) tellWatches(c *vfs.Ctx, on *vfs.Inode, h *happening) {
	for _, w := range watchesOf(on) {
		w.hear(c, h)
	}
}

// dropWatches ends all watches of a file.
func (f *FS) dropWatches(c *vfs.Ctx, n *vfs.Inode) {
	for _, w := range watchesOf(n) {
		w.remove(c)
	}
}

// dataEvents are those of a change of a file's bytes: the mode that it had
// before tells whether set-id bits were dropped.
func dataEvents(n *vfs.Inode, mode uint32) uint32 {
	if n.Mode != mode {
		return linux.IN_MODIFY | linux.IN_ATTRIB
	}
	return linux.IN_MODIFY
}
