package fs

import (
	"fmt"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/hostfs"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Tree names a directory of the host.
type Tree struct {
	// Root is the index of an exported root in the host's Hello.
	Root uint32
	// Path is relative to it, clean; empty is the root itself.
	Path string
}

// Mount is a directory of the host that shows at Target from the start.
type Mount struct {
	Tree
	// Target is an absolute, clean path. Directories that are missing on the
	// way are made; symbolic links of the host on it are not followed.
	Target string
	// Source is what /proc/mounts shows.
	Source string
	// Write lets changes go to the host; without it they give EROFS.
	Write bool
}

// rootCred is the credential that the initial mounts are made with.
var rootCred = fsapi.Cred{Caps: 1<<(linux.CAP_LAST_CAP+1) - 1}

// mountInitial makes the mounts that exist before the first program runs. It
// asks the host nothing.
func (f *FS) mountInitial() error {
	c := f.begin(&rootCred)
	defer f.end(c)
	root := f.rootSuper(c)
	f.ns.Attach(root, root.Root, vfs.Path{}, linux.MS_RELATIME, root.Type)

	// Files without a name live in a file system that is not mounted anywhere.
	hidden, _ := f.makeTmpfs(c, "tmpfs", "")
	f.memory = &vfs.Mount{Super: hidden, Root: hidden.Root, Source: "tmpfs", Gone: true}

	if f.config.Root == nil {
		f.premake(c, "/tmp", 01777)
	}
	f.mountDev(c)
	for _, m := range f.config.Mounts {
		if e := f.mountTree(c, m); e != nil {
			return e
		}
	}
	return nil
}

// rootSuper makes the file system at "/": the host's tree with changes in
// memory, or an empty one.
func (f *FS) rootSuper(c *vfs.Ctx) *vfs.Super {
	if f.config.Root == nil {
		s, _ := f.makeTmpfs(c, "tmpfs", "mode=755")
		return s
	}
	s := f.newSuper("overlay", linux.OVERLAYFS_SUPER_MAGIC)
	hostfs.NewTree(c, f.host, s, f.config.Root.Root, f.config.Root.Path, false)
	return s
}

func (f *FS) mountTree(c *vfs.Ctx, m Mount) error {
	at, e := f.premake(c, m.Target, 0755)
	if e != 0 {
		return fmt.Errorf("fs: mount %s at %s: %s", m.Source, m.Target, e.Description())
	}
	s := f.newSuper("hostfs", linux.HOSTFS_SUPER_MAGIC)
	hostfs.NewTree(c, f.host, s, m.Root, m.Path, m.Write)
	flags := uint64(linux.MS_RELATIME)
	if !m.Write {
		flags |= linux.MS_RDONLY
	}
	f.ns.Attach(s, s.Root, at, flags, m.Source)
	return nil
}

// premake gives a directory for a mount, making what is missing in what is
// known of the tree so far: what the host has under these names is taken over
// when their directory is listed.
func (f *FS) premake(c *vfs.Ctx, path string, mode uint32) (vfs.Path, linux.Errno) {
	p := f.ns.Top(vfs.Path{Mnt: f.ns.Root, D: f.ns.Root.Root})
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		dir := p.D.Inode.Dir
		if dir == nil || name == "" || name == "." || name == ".." {
			return p, linux.EINVAL
		}
		d := dir.Get(name)
		if d == nil {
			d, _ = f.makeNode(c, p, name, linux.S_IFDIR|mode, 0)
		}
		p = f.ns.Top(vfs.Path{Mnt: p.Mnt, D: d})
	}
	return p, 0
}
