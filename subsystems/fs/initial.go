package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// root is the credential that the initial mounts are made with.
var rootCred = fsapi.Cred{Caps: 1<<(linux.CAP_LAST_CAP+1) - 1}

// mountInitial makes the mounts that exist before the first program runs.
func (f *FS) mountInitial() error {
	c := f.begin(&rootCred)
	defer f.end(c)
	super, _ := f.makeTmpfs(c, "tmpfs", "mode=755")
	root := f.ns.Attach(super, super.Root, vfs.Path{}, linux.MS_RELATIME, "none")
	f.makeNode(c, vfs.Path{Mnt: root, D: root.Root}, "tmp", linux.S_IFDIR|01777, 0)

	// Files without a name live in a file system that is not mounted anywhere.
	hidden, _ := f.makeTmpfs(c, "tmpfs", "")
	f.memory = &vfs.Mount{Super: hidden, Root: hidden.Root, Source: "tmpfs", Gone: true}
	return nil
}
