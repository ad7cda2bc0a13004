package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// anonDev is the minor number of the device that all anonymous files lie on,
// the same that the core gives for its own.
const anonDev = 15

// newAnonymous makes an open file without a name and without a position, such
// as an inotify instance: anon_inode_getfile in fs/anon_inodes.c.
func (f *FS) newAnonymous(c *vfs.Ctx, kind string, s vfs.Stream) *vfs.File {
	if f.anonymous == nil {
		super := &vfs.Super{Dev: linux.Makedev(0, anonDev), Type: "anon_inodefs", Magic: linux.ANON_INODE_FS_MAGIC, Fixed: true, NoXattr: true}
		c.NewRoot(super, 0)
		f.anonymous = &vfs.Mount{Super: super, Root: super.Root, Source: super.Type, Gone: true}
	}
	// All of them share one inode there.
	n := f.anonymous.Root.Inode
	n.Mode, n.Dir, n.Nlink = 0600, nil, 1
	file := f.newFile(vfs.Path{Mnt: f.anonymous, D: &vfs.Dentry{Name: "anon_inode:" + kind, Parent: f.anonymous.Root, Inode: n}}, linux.O_RDONLY)
	file.Stream, file.Pollable = s, true
	return file
}
