package procfs

import (
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// fdDir is /proc/PID/fd or fdinfo.
type fdDir struct {
	*task
	info bool
}

func (t *task) descriptors(c *vfs.Ctx) ([]coreapi.Descriptor, linux.Errno) {
	if _, e := t.facts(c); e != 0 {
		return nil, absent(e)
	}
	rep, e := ask(c, keyDescriptors{t.pid}, t.p.Core.Descriptors, &coreapi.DescriptorsRequest{Pid: t.pid})
	if e != 0 {
		return nil, absent(e)
	}
	return rep.Descriptors, 0
}

// descriptor finds one; nil when it is not open.
func (t *task) descriptor(c *vfs.Ctx, fd int32) (*coreapi.Descriptor, linux.Errno) {
	all, e := t.descriptors(c)
	if e != 0 {
		return nil, e
	}
	for i := range all {
		if all[i].Fd == fd {
			return &all[i], 0
		}
	}
	return nil, 0
}

// Permit implements vfs.Permitter: proc_fd_permission lets a process always
// look at its own.
func (d *fdDir) Permit(c *vfs.Ctx, n *vfs.Inode, mask uint32) linux.Errno {
	e := c.Generic(n, mask)
	if e != 0 && c.Cred.Pid == d.pid {
		return 0
	}
	return e
}

// Lookup implements vfs.Lookuper.
func (d *fdDir) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	if name != "0" {
		if _, ok := parseID(name); !ok {
			return nil, 0
		}
	}
	n, _ := strconv.Atoi(name)
	fd := int32(n)
	x, e := d.descriptor(c, fd)
	if e != 0 || x == nil {
		return nil, e
	}
	if d.info {
		t := &text{p: d.p, task: d.task, name: "fdinfo", fd: fd, traced: true}
		return d.own(c, d.p.entry(c, dir, name, linux.S_IFREG|0400, number(kindFdinfo, d.pid, uint32(fd)), t)), 0
	}
	mode := uint32(linux.S_IFLNK)
	switch access := x.Flags & linux.O_ACCMODE; {
	case x.Flags&linux.O_PATH != 0:
	case access == linux.O_RDONLY:
		mode |= 0500
	case access == linux.O_WRONLY:
		mode |= 0300
	case access == linux.O_RDWR:
		mode |= 0700
	}
	e2 := d.p.entry(c, dir, name, mode, number(kindFd, d.pid, uint32(fd)), &fdLink{d.task, fd})
	e2.Inode.Size = 64
	return d.own(c, e2), 0
}

// List implements vfs.Lister.
func (d *fdDir) List(c *vfs.Ctx, _ *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	all, e := d.descriptors(c)
	if e != 0 {
		return e
	}
	typ, kind := uint32(linux.DT_LNK), kindFd
	if d.info {
		typ, kind = linux.DT_REG, kindFdinfo
	}
	for _, x := range all {
		at := int64(x.Fd) + 2
		if at < cookie {
			continue
		}
		if !emit(fsapi.DirEntry{Ino: number(kind, d.pid, uint32(x.Fd)), Cookie: at + 1, Type: typ, Name: strconv.Itoa(int(x.Fd))}) {
			break
		}
	}
	return 0
}

// fdLink is /proc/PID/fd/N.
type fdLink struct {
	*task
	fd int32
}

// Jump implements vfs.Jumper.
func (l *fdLink) Jump(c *vfs.Ctx, _ *vfs.Dentry) (vfs.Path, linux.Errno) {
	x, e := l.find(c)
	if e != 0 {
		return vfs.Path{}, e
	}
	if x.Handle != 0 {
		if file := l.p.File(x.Handle); file != nil {
			return file.Path, 0
		}
		return vfs.Path{}, linux.ENOENT
	}
	return l.foreign(c, x), 0
}

func (l *fdLink) find(c *vfs.Ctx) (*coreapi.Descriptor, linux.Errno) {
	if e := l.mayTrace(c); e != 0 {
		return nil, e
	}
	x, e := l.descriptor(c, l.fd)
	if e == 0 && x == nil {
		e = linux.ENOENT
	}
	return x, e
}

// foreign makes an inode for a descriptor of another subsystem, such as stat
// shows it.
func (l *fdLink) foreign(c *vfs.Ctx, x *coreapi.Descriptor) vfs.Path {
	mode := uint32(0600)
	switch {
	case strings.HasPrefix(x.Name, "pipe:"), strings.HasPrefix(x.Name, "/"):
		mode |= linux.S_IFIFO
	case strings.HasPrefix(x.Name, "socket:"):
		mode = linux.S_IFSOCK | 0777
	}
	ino := number(kindForeign, l.pid, uint32(l.fd))
	if _, text, ok := strings.Cut(x.Name, ":["); ok {
		if n, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 60); err == nil {
			ino = n
		}
	}
	d := l.p.entry(c, nil, x.Name, mode, ino, &Foreign{l.pid, l.fd})
	d.Parent = d
	// As if the process had made it: the core does not say who did.
	l.own(c, d)
	d.Inode.Node = 1<<63 | number(kindForeign, l.pid, uint32(l.fd))
	return vfs.Path{Mnt: l.p.Mnt, D: d}
}

// Readlink implements vfs.Linker.
func (l *fdLink) Readlink(c *vfs.Ctx, _ *vfs.Dentry) (string, linux.Errno) {
	x, e := l.find(c)
	if e != 0 {
		return "", e
	}
	if x.Handle == 0 {
		return x.Name, 0
	}
	file := l.p.File(x.Handle)
	if file == nil {
		return "", linux.ENOENT
	}
	return Describe(c, file.Path), 0
}
