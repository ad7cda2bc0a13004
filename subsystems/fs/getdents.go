package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// ReadDir implements fsapi.FS. Cookies 0 and 1 stand for "." and "..".
func (f *FS) ReadDir(req *fsapi.ReadDirRequest, rep *fsapi.ReadDirReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		had := len(rep.Entries)
		e := f.readDir(c, req, rep)
		if !f.again(c, &e, &rep.Wait) {
			rep.Ready = append(rep.Ready, c.Ready...)
			return e
		}
		rep.Entries = rep.Entries[:had]
	}
}

func (f *FS) readDir(c *vfs.Ctx, req *fsapi.ReadDirRequest, rep *fsapi.ReadDirReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil || !file.Readable() {
		return linux.EBADF
	}
	dir := file.Path.D
	n := dir.Inode
	if !n.IsDir() {
		return linux.ENOTDIR
	}
	if dir.Dead {
		return linux.ENOENT
	}
	if e := c.Load(dir); e != 0 {
		return e
	}
	l := listing{left: int(req.MaxBytes), entries: rep.Entries}
	cookie := req.Cookie
	if cookie < 0 {
		return linux.EINVAL
	}
	if cookie == 0 {
		l.add(fsapi.DirEntry{Ino: n.Ino, Cookie: 1, Type: linux.DT_DIR, Name: "."})
	}
	if cookie <= 1 {
		l.add(fsapi.DirEntry{Ino: dir.Parent.Inode.Ino, Cookie: 2, Type: linux.DT_DIR, Name: ".."})
		cookie = 2
	}
	if n.Dir != nil {
		n.Dir.Each(cookie, func(d *vfs.Dentry, next int64) bool {
			return l.add(fsapi.DirEntry{Ino: d.Inode.Ino, Cookie: next, Type: d.Inode.Mode >> 12 & 15, Name: d.Name})
		})
	}
	if o, ok := n.Ops.(vfs.Lister); ok && !l.full {
		if e := o.List(c, dir, cookie, l.add); e != 0 {
			return e
		}
	}
	rep.Entries = l.entries
	if l.full && len(l.entries) == 0 {
		return linux.EINVAL
	}
	c.Accessed(n, file.Path.Mnt)
	f.notify(c, file.Path, linux.IN_ACCESS)
	return 0
}

// listing gathers entries up to a number of bytes.
type listing struct {
	entries []fsapi.DirEntry
	left    int
	full    bool
}

// direntHeader is the size of linux_dirent64 before the name.
const direntHeader = 19

// add takes an entry unless it does not fit; then it says false, and so for all
// that follow.
func (l *listing) add(e fsapi.DirEntry) bool {
	size := (direntHeader + len(e.Name) + 1 + 7) &^ 7
	if l.full || size > l.left {
		l.full = true
		return false
	}
	l.left -= size
	l.entries = append(l.entries, e)
	return true
}
