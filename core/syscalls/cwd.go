package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var cwdRows = []Row{
	{"chdir", FS, args(path("path")), sysChdir},
	{"fchdir", FS, args(fd("fd")), sysFchdir},
	{"chroot", FS, args(path("path")), sysChroot},
	{"getcwd", FS, args(ptr("buf"), uinteger("size")), sysGetcwd},
	{"umask", Core, args(mode("mask")), sysUmask},
}

func sysChdir(c *Call) (int64, linux.Errno) {
	f, e := c.enter(0)
	if e != 0 {
		return 0, e
	}
	c.setCwd(f)
	return 0, 0
}

// sysFchdir resolves the directory anew: the working directory is a
// description of its own.
func sysFchdir(c *Call) (int64, linux.Errno) {
	f, e := c.anyFile(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Owner != fdtable.FS {
		return 0, linux.ENOTDIR
	}
	d, e := c.resolveDir(fsapi.Place{Root: c.T.FS.Root.Handle, Dir: f.Handle}, linux.AT_EMPTY_PATH)
	if e != 0 {
		return 0, e
	}
	c.setCwd(d)
	return 0, 0
}

func (c *Call) setCwd(f *fdtable.File) {
	old := c.T.FS.Cwd
	c.T.FS.Cwd = f
	c.unref(old)
}

// sysChroot asks for the right last, as fs/open.c does.
func sysChroot(c *Call) (int64, linux.Errno) {
	f, e := c.enter(0)
	if e != 0 {
		return 0, e
	}
	if !c.T.Cred.Has(linux.CAP_SYS_CHROOT) {
		c.unref(f)
		return 0, linux.EPERM
	}
	old := c.T.FS.Root
	c.T.FS.Root = f
	c.unref(old)
	return 0, 0
}

// enter finds the directory of a path, which must be searchable.
func (c *Call) enter(path int) (*fdtable.File, linux.Errno) {
	t, e := c.at(-1, path, 0)
	if e != 0 {
		return nil, e
	}
	defer t.done()
	return c.resolveDir(t.place, 0)
}

func (c *Call) resolveDir(place fsapi.Place, fl uint32) (*fdtable.File, linux.Errno) {
	q := fsapi.ResolveRequest{Cred: c.Cred(), Place: place, Flags: fl, Access: linux.X_OK, Directory: true}
	var r fsapi.ResolveReply
	if e := ask(c, c.FS.Resolve, &q, &r, &r.Wait); e != 0 {
		return nil, e
	}
	f := fdtable.NewFile(fdtable.FS, r.Handle, linux.O_PATH)
	f.Mode, f.Path, f.Node = r.Mode, true, r.Node
	return f, 0
}

func sysGetcwd(c *Call) (int64, linux.Errno) {
	q := fsapi.PathOfRequest{Root: c.T.FS.Root.Handle, Handle: c.T.FS.Cwd.Handle}
	var r fsapi.PathOfReply
	if e := ask(c, c.FS.PathOf, &q, &r, &r.Wait); e != 0 {
		return 0, e
	}
	p := r.Path
	if r.Unreachable {
		p = "(unreachable)" + p
	}
	n := len(p) + 1
	if n > pathMax {
		return 0, linux.ENAMETOOLONG
	}
	if uint64(n) > c.Args[1] {
		return 0, linux.ERANGE
	}
	b := c.Out()
	copy(b, p)
	b[n-1] = 0
	c.Return(c.Args[0], n)
	return int64(n), 0
}

func sysUmask(c *Call) (int64, linux.Errno) {
	old := c.T.FS.Umask
	c.T.FS.Umask = c.Uint(0) & 0o777
	return int64(old), 0
}
