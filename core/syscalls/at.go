package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// ask runs one operation of fs, again after each ticket that it waits for.
func ask[Q, R any](c *Call, op func(*Q, *R) linux.Errno, q *Q, r *R, w *fsapi.Wait) linux.Errno {
	e := op(q, r)
	if e != linux.EWAIT {
		return e
	}
	return c.awaitFS(e, w, func() linux.Errno { return op(q, r) })
}

// change is ask for an operation that others may hear of.
func change[Q, R any](c *Call, op func(*Q, *R) linux.Errno, q *Q, r *R, w *fsapi.Wait, ready *[]fsapi.Ready) linux.Errno {
	e := ask(c, op, q, r, w)
	c.fsReady(*ready)
	return e
}

// target is what a call with a directory descriptor and a path is about: a
// place, or an open file when the path was empty and AT_EMPTY_PATH was given.
type target struct {
	place fsapi.Place
	// file is the file of an empty path, and holds a reference; nil for the
	// working directory or a path.
	file *fdtable.File
	done func()
}

// at reads the directory descriptor in argument dir (AT_FDCWD when negative)
// and the path in argument path. fl holds AT_EMPTY_PATH or not. done of the
// result must be called. Errors: EFAULT, ENAMETOOLONG, ENOENT (empty path),
// EBADF, ENOTDIR.
func (c *Call) at(dir, path int, fl uint32) (t target, e linux.Errno) {
	s, e := c.Path(path)
	if e != 0 {
		return t, e
	}
	fd := int32(linux.AT_FDCWD)
	if dir >= 0 {
		fd = c.Int(dir)
	}
	return c.targetAt(fd, s, fl)
}

func (c *Call) targetAt(fd int32, s string, fl uint32) (t target, e linux.Errno) {
	if s != "" {
		t.place, t.done, e = c.placeAt(fd, s)
		return t, e
	}
	if fl&linux.AT_EMPTY_PATH == 0 {
		return t, linux.ENOENT
	}
	t.place = fsapi.Place{Root: c.T.FS.Root.Handle, Dir: c.T.FS.Cwd.Handle}
	t.done = nothing
	if fd == linux.AT_FDCWD {
		return t, 0
	}
	f, e := c.T.Files.Get(fd)
	if e != 0 {
		return t, e
	}
	t.place.Dir, _ = fsHandle(f)
	t.file, t.done = f, func() { c.unref(f) }
	return t, 0
}

// laterPlace reads a place that Linux looks at after another one: what stands
// in its way is told to fs, which gives it when it comes to it.
func (c *Call) laterPlace(dir, path int) (fsapi.Place, func()) {
	t, e := c.at(dir, path, 0)
	if e != 0 {
		return fsapi.Place{Root: c.T.FS.Root.Handle, Dir: c.T.FS.Cwd.Handle, Errno: uint32(e)}, nothing
	}
	return t.place, t.done
}

// foreign reports that the target is an open file that fs does not have: a
// pipe, a socket.
func (t *target) foreign() bool { return t.file != nil && t.place.Dir == 0 }

// fsHandle gives the handle by which fs knows an open file: its own, or that
// of the node of a FIFO.
func fsHandle(f *fdtable.File) (uint64, bool) {
	if f.Owner == fdtable.FS {
		return f.Handle, true
	}
	return f.NodeHandle, f.NodeHandle != 0
}

// anyFile gives the description of descriptor argument i, O_PATH ones too. The
// caller gives the reference back by unref.
func (c *Call) anyFile(i int) (*fdtable.File, linux.Errno) { return c.T.Files.Get(c.Int(i)) }
