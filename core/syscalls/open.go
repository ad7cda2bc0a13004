package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var openRows = []Row{
	{"open", FS, args(path("pathname"), kind("flags", strace.OpenFlags), mode("mode")), sysOpen},
	{"openat", FS, args(dirfd("dirfd"), path("pathname"), kind("flags", strace.OpenFlags), mode("mode")), sysOpenat},
	{"openat2", FS, args(dirfd("dirfd"), path("pathname"), ptr("how"), uinteger("size")), sysOpenat2},
	{"creat", FS, args(path("pathname"), mode("mode")), sysCreat},
}

// validOpenFlags is VALID_OPEN_FLAGS: open ignores others, openat2 refuses
// them.
const validOpenFlags = linux.O_ACCMODE | linux.O_CREAT | linux.O_EXCL | linux.O_NOCTTY | linux.O_TRUNC |
	linux.O_APPEND | linux.O_NONBLOCK | linux.O_SYNC | linux.O_DSYNC | linux.O_ASYNC | linux.O_DIRECT |
	linux.O_LARGEFILE | linux.O_DIRECTORY | linux.O_NOFOLLOW | linux.O_NOATIME | linux.O_CLOEXEC | linux.O_PATH |
	linux.O_TMPFILE

const (
	pathFlags  = linux.O_DIRECTORY | linux.O_NOFOLLOW | linux.O_PATH | linux.O_CLOEXEC
	tmpfileBit = linux.O_TMPFILE &^ linux.O_DIRECTORY
	// onlyAtOpen are the flags that a description does not keep.
	onlyAtOpen = linux.O_CREAT | linux.O_EXCL | linux.O_NOCTTY | linux.O_TRUNC | linux.O_CLOEXEC
	modeBits   = 0o7777
)

const resolveFlags = linux.RESOLVE_NO_XDEV | linux.RESOLVE_NO_MAGICLINKS | linux.RESOLVE_NO_SYMLINKS |
	linux.RESOLVE_BENEATH | linux.RESOLVE_IN_ROOT | linux.RESOLVE_CACHED

func sysOpen(c *Call) (int64, linux.Errno) {
	return c.openLegacy(linux.AT_FDCWD, 0, c.Uint(1), c.Uint(2))
}

func sysOpenat(c *Call) (int64, linux.Errno) {
	return c.openLegacy(c.Int(0), 1, c.Uint(2), c.Uint(3))
}

func sysCreat(c *Call) (int64, linux.Errno) {
	return c.openLegacy(linux.AT_FDCWD, 0, linux.O_CREAT|linux.O_WRONLY|linux.O_TRUNC, c.Uint(1))
}

// openLegacy drops what open has always ignored: build_open_how.
func (c *Call) openLegacy(dir int32, path int, fl, mode uint32) (int64, linux.Errno) {
	fl = fl&validOpenFlags | linux.O_LARGEFILE
	if fl&linux.O_PATH != 0 {
		fl &= pathFlags
	}
	if fl&(linux.O_CREAT|tmpfileBit) == 0 {
		mode = 0
	}
	return c.open(dir, path, &linux.OpenHow{Flags: uint64(fl), Mode: uint64(mode & modeBits)})
}

func sysOpenat2(c *Call) (int64, linux.Errno) {
	size := c.Args[3]
	if size < linux.SizeofOpenHow {
		return 0, linux.EINVAL
	}
	if size > pageSize {
		return 0, linux.E2BIG
	}
	b := make([]byte, size)
	if e := c.CopyIn(c.Args[2], b); e != 0 {
		return 0, e
	}
	for _, x := range b[linux.SizeofOpenHow:] {
		if x != 0 {
			return 0, linux.E2BIG
		}
	}
	var how linux.OpenHow
	how.Decode(b)
	if how.Flags&linux.O_PATH == 0 {
		how.Flags |= linux.O_LARGEFILE
	}
	return c.open(c.Int(0), 1, &how)
}

// checkHow is build_open_flags of fs/open.c.
func checkHow(how *linux.OpenHow) linux.Errno {
	if how.Flags&^uint64(validOpenFlags) != 0 || how.Resolve&^uint64(resolveFlags) != 0 {
		return linux.EINVAL
	}
	const scopes = linux.RESOLVE_BENEATH | linux.RESOLVE_IN_ROOT
	if how.Resolve&scopes == scopes {
		return linux.EINVAL
	}
	fl := uint32(how.Flags)
	if fl&(linux.O_CREAT|tmpfileBit) != 0 {
		if how.Mode&^modeBits != 0 {
			return linux.EINVAL
		}
	} else if how.Mode != 0 {
		return linux.EINVAL
	}
	if fl&(linux.O_DIRECTORY|linux.O_CREAT) == linux.O_DIRECTORY|linux.O_CREAT {
		return linux.EINVAL
	}
	if fl&tmpfileBit != 0 && (fl&linux.O_DIRECTORY == 0 || fl&linux.O_ACCMODE == linux.O_RDONLY) {
		return linux.EINVAL
	}
	if fl&linux.O_PATH != 0 && fl&^pathFlags != 0 {
		return linux.EINVAL
	}
	if how.Resolve&linux.RESOLVE_CACHED != 0 && fl&(linux.O_TRUNC|linux.O_CREAT|tmpfileBit) != 0 {
		return linux.EAGAIN
	}
	return 0
}

// open is do_sys_openat2: the flags are looked at before the path, and a
// number must be free before anything is created.
func (c *Call) open(dir int32, path int, how *linux.OpenHow) (int64, linux.Errno) {
	if e := checkHow(how); e != 0 {
		return 0, e
	}
	s, e := c.Path(path)
	if e != 0 {
		return 0, e
	}
	if s == "" {
		return 0, linux.ENOENT
	}
	if c.T.Files.Full(c.P.Limits[linux.RLIMIT_NOFILE].Cur) {
		return 0, linux.EMFILE
	}
	place, done, e := c.openPlace(dir, s, how.Resolve)
	if e != 0 {
		return 0, e
	}
	fl := uint32(how.Flags)
	if fl&linux.O_SYNC == linux.O_SYNC {
		fl |= linux.O_DSYNC
	}
	q, r := &c.frame.open, &c.frame.openR
	*q = fsapi.OpenRequest{Cred: c.Cred(), Place: place, Flags: fl &^ linux.O_CLOEXEC,
		Mode: uint32(how.Mode), Umask: c.T.FS.Umask, Resolve: how.Resolve}
	*r = fsapi.OpenReply{}
	e = change(c, c.FS.Open, q, r, &r.Wait, &r.Ready)
	done()
	if e != 0 {
		return 0, e
	}
	f, e := c.opened(r, fl)
	if e != 0 {
		return 0, e
	}
	return c.install(f, fl&linux.O_CLOEXEC != 0)
}

// openPlace is placeAt, but that a scoped walk starts at the directory even for
// an absolute path.
func (c *Call) openPlace(dir int32, s string, resolve uint64) (fsapi.Place, func(), linux.Errno) {
	if s[0] == '/' && resolve&(linux.RESOLVE_BENEATH|linux.RESOLVE_IN_ROOT) != 0 {
		p, done, e := c.placeAt(dir, ".")
		p.Path = s
		return p, done, e
	}
	return c.placeAt(dir, s)
}

// opened makes the description of what fs has opened.
func (c *Call) opened(r *fsapi.OpenReply, fl uint32) (*fdtable.File, linux.Errno) {
	if r.ReopenPid != 0 {
		return c.reopen(r.ReopenPid, r.ReopenFd, fl)
	}
	f := fdtable.NewFile(fdtable.FS, r.Handle, fl&^onlyAtOpen)
	f.Mode, f.Node, f.Rdev = r.Mode, r.Node, r.Rdev
	f.Seekable, f.Pollable, f.Path, f.Discards = r.Seekable, r.Pollable, fl&linux.O_PATH != 0, r.Discards
	if r.Controlling {
		c.setTerminal(f)
	}
	if f.Mode&linux.S_IFMT == linux.S_IFIFO && !f.Path {
		return c.openFifo(f, &ipcapi.OpenFifoRequest{Node: f.Node})
	}
	return f, 0
}

// openFifo puts the pipe behind a FIFO's node in place of the node, which the
// description keeps for fstat and others. It waits for the other side.
func (c *Call) openFifo(f *fdtable.File, q *ipcapi.OpenFifoRequest) (*fdtable.File, linux.Errno) {
	q.Flags, q.Cred = f.Flags.Load()&(linux.O_ACCMODE|linux.O_NONBLOCK|linux.O_DIRECT), c.ipcCred()
	for {
		var r ipcapi.OpenFifoReply
		e := c.IPC.OpenFifo(q, &r)
		c.ipcReady(r.Ready)
		if e == 0 {
			f.NodeHandle = f.Handle
			f.Owner, f.Handle, f.Seekable, f.Pollable = fdtable.IPC, r.Handle, false, true
			return f, 0
		}
		if e == linux.EWAIT {
			q.Pending = r.Pending
			e = c.await(fdtable.IPC, r.Wait.Ticket, r.Wait.Handle, r.Wait.Events, 0)
			if e == 0 {
				continue
			}
			q.Cancel = true
			var x ipcapi.OpenFifoReply
			c.IPC.OpenFifo(q, &x)
			c.ipcReady(x.Ready)
		}
		c.unref(f)
		return nil, e
	}
}

// reopen opens what descriptor fd of a process names once more: the target of
// /proc/PID/fd/N when it is no file of fs.
func (c *Call) reopen(pid, fd int32, fl uint32) (*fdtable.File, linux.Errno) {
	p := c.Tasks.Process(pid)
	if p == nil || p.Leader == nil || p.Leader.Files == nil {
		return nil, linux.ENOENT
	}
	old, e := p.Leader.Files.Get(fd)
	if e != 0 {
		return nil, linux.ENOENT
	}
	defer c.unref(old)
	if fl&linux.O_PATH != 0 {
		// GAP: an O_PATH descriptor of a pipe or socket names nothing in fs.
		return nil, linux.ENXIO
	}
	if fl&linux.O_DIRECTORY != 0 {
		return nil, linux.ENOTDIR
	}
	if h, ok := fsHandle(old); ok {
		q, r := fsapi.ReopenRequest{Cred: c.Cred(), Handle: h, Flags: fl &^ linux.O_CLOEXEC}, fsapi.ReopenReply{}
		if e := change(c, c.FS.Reopen, &q, &r, &r.Wait, &r.Ready); e != 0 {
			return nil, e
		}
		return c.opened(&fsapi.OpenReply{Handle: r.Handle, Mode: r.Mode, Node: r.Node, Rdev: r.Rdev,
			Seekable: r.Seekable, Pollable: r.Pollable, Discards: r.Discards}, fl)
	}
	if old.Owner != fdtable.IPC || old.Mode&linux.S_IFMT != linux.S_IFIFO {
		return nil, linux.ENXIO // no_open of fs/inode.c
	}
	f := fdtable.NewFile(fdtable.IPC, 0, fl&^onlyAtOpen)
	f.Mode = old.Mode
	return c.openFifo(f, &ipcapi.OpenFifoRequest{Handle: old.Handle})
}

// setTerminal notes the controlling terminal of the caller's session. That is
// no open file: the master hangs up when the last real one is closed.
func (c *Call) setTerminal(f *fdtable.File) { c.P.Group.Session.Terminal = f }
