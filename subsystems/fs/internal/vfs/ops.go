package vfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// What an inode's Ops value may implement. Each is asked for by a type
// assertion, so a special file has only what it needs. Any of them may return
// outside.Missed.

// Lookuper is a directory whose entries are made when asked for. A name that
// is not there gives nil and 0.
type Lookuper interface {
	Lookup(c *Ctx, dir *Dentry, name string) (*Dentry, linux.Errno)
}

// Lister lists such a directory: the entries from cookie on, until emit
// returns false. "." and ".." are the caller's; the first cookie is 2.
type Lister interface {
	List(c *Ctx, dir *Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno
}

// Linker is a symbolic link whose text is made when asked for.
type Linker interface {
	Readlink(c *Ctx, d *Dentry) (string, linux.Errno)
}

// Jumper is a link that leads to a place, not to a text: a magic link.
type Jumper interface {
	Jump(c *Ctx, d *Dentry) (Path, linux.Errno)
}

// Permitter replaces the permission check of an inode.
type Permitter interface {
	Permit(c *Ctx, n *Inode, mask uint32) linux.Errno
}

// Opener hears of an open and may set f.Stream. The file is not open when it
// returns an error.
type Opener interface {
	Open(c *Ctx, f *File) linux.Errno
}

// Stream serves an open file that is not plain data.
type Stream interface {
	// Read appends at most n bytes to dst; off counts for files with a
	// position. It returns EWAIT after c.WaitFor or with c.Wait set.
	Read(c *Ctx, f *File, off int64, n int, dst []byte) ([]byte, linux.Errno)
	// Write takes bytes of p and says how many.
	Write(c *Ctx, f *File, off int64, p []byte) (int, linux.Errno)
}

// Appender is a Stream whose end may move by itself. Append says where the
// bytes that it took begin.
type Appender interface {
	Append(c *Ctx, f *File, p []byte) (n int, at int64, e linux.Errno)
}

// Poller is a Stream whose readiness changes.
type Poller interface {
	Poll(c *Ctx, f *File) (level uint32, generation uint64)
}

// Ioctler is a Stream that knows some ioctls. It appends to out what the
// command writes back. ENOTTY is for commands it does not know.
type Ioctler interface {
	Ioctl(c *Ctx, f *File, command uint32, argument uint64, in, out []byte) ([]byte, int64, linux.Errno)
}

// Closer is a Stream that hears of the last close.
type Closer interface {
	Close(c *Ctx, f *File)
}

// File is an open file: what a handle names.
type File struct {
	Path   Path
	Inode  *Inode
	Flags  uint32 // O_*
	Handle uint64
	Stream Stream
	// Exec: opened to be executed, so writers are kept out.
	Exec bool
	// Unopened: made by memfd_create, so that it does not keep programs from
	// being executed.
	Unopened bool
	// Pollable: reads and writes can wait.
	Pollable bool
	// Told: that it was opened was told, so that its end is.
	Told bool
	// Seekable: there is a position.
	Seekable bool
	// LockWait: a lock was asked for and not given yet.
	LockWait bool
	// Generation counts readiness changes that Ready reported.
	Generation uint64
}

// Readable reports whether f was opened for reading.
func (f *File) Readable() bool {
	return f.Flags&linux.O_PATH == 0 && f.Flags&linux.O_ACCMODE != linux.O_WRONLY &&
		f.Flags&linux.O_ACCMODE != linux.O_ACCMODE
}

// Writable reports whether f was opened for writing.
func (f *File) Writable() bool {
	m := f.Flags & linux.O_ACCMODE
	return f.Flags&linux.O_PATH == 0 && (m == linux.O_WRONLY || m == linux.O_RDWR)
}

// Seeker is a Stream with its own idea of positions.
type Seeker interface {
	Seek(f *File, offset int64, whence uint32, current int64) (int64, linux.Errno)
}
