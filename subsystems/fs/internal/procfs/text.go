package procfs

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// text is a file whose contents are made when it is read.
type text struct {
	p      *FS
	task   *task // nil for files of the whole system
	name   string
	fd     int32
	traced bool
}

// Open implements vfs.Opener.
func (t *text) Open(c *vfs.Ctx, f *vfs.File) linux.Errno {
	if t.traced {
		if e := t.task.mayTrace(c); e != 0 {
			return e
		}
	}
	f.Stream = &reader{text: t}
	f.Seekable = true
	return 0
}

// reader is a text that was opened. What it holds was made by the last read
// from the start, so that a reader in pieces sees one whole.
type reader struct {
	*text
	data []byte
	made bool
}

// Read implements vfs.Stream.
func (r *reader) Read(c *vfs.Ctx, _ *vfs.File, off int64, n int, dst []byte) ([]byte, linux.Errno) {
	if off < 0 {
		return dst, linux.EINVAL
	}
	if off == 0 || !r.made {
		data, e := r.make(c)
		if e != 0 {
			return dst, e
		}
		r.data, r.made = data, true
	}
	if off >= int64(len(r.data)) {
		return dst, 0
	}
	rest := r.data[off:]
	return append(dst, rest[:min(n, len(rest))]...), 0
}

// Write implements vfs.Stream. The core takes the text of a task, and that of
// the system which it knows; other sysctls are only kept.
func (r *reader) Write(c *vfs.Ctx, _ *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	const most = 4096
	if len(p) > most {
		return 0, linux.EINVAL
	}
	req := &coreapi.SetTextRequest{Name: r.name, Data: append([]byte(nil), p...), Caps: c.Cred.Caps}
	if r.task != nil {
		req.Pid, req.Tid = r.task.pid, r.task.tid
	}
	if r.p.Core == nil {
		return 0, linux.EACCES
	}
	_, e := ask(c, r, r.p.Core.SetText, req)
	if e == linux.EACCES && r.task == nil && r.p.static[r.name] != nil {
		r.p.set[r.name] = string(p)
		e = 0
	}
	if e != 0 {
		return 0, e
	}
	r.made = false
	return len(p), 0
}

// Seek implements vfs.Seeker: seq_lseek knows no end.
func (r *reader) Seek(_ *vfs.File, offset int64, whence uint32, current int64) (int64, linux.Errno) {
	switch whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		offset += current
	default:
		return 0, linux.EINVAL
	}
	if offset < 0 {
		return 0, linux.EINVAL
	}
	return offset, 0
}

// make gives the contents.
func (r *reader) make(c *vfs.Ctx) ([]byte, linux.Errno) {
	if r.task == nil {
		return r.p.systemText(c, r.name, r)
	}
	t := r.task
	switch r.name {
	case "mounts", "mountinfo", "mountstats":
		return r.p.mounts(c, t, r.name)
	case "fdinfo":
		return t.fdinfo(c, r.fd)
	case "oom_adj", "coredump_filter", "cpuset", "numa_maps":
		if _, e := t.facts(c); e != 0 {
			return nil, e
		}
	}
	rep, e := ask(c, r, r.p.Core.Text, &coreapi.TextRequest{Pid: t.pid, Tid: t.tid, Name: r.name})
	if e == linux.ENOENT {
		if data, ok := taskDefaults[r.name]; ok {
			return []byte(data), 0
		}
	}
	if e != 0 {
		return nil, e
	}
	return rep.Data, 0
}

// taskDefaults are texts of tasks for which the core has nothing better.
var taskDefaults = map[string]string{
	"cgroup": "0::/\n", "cpuset": "/\n", "coredump_filter": "00000033\n", "oom_adj": "0\n", "numa_maps": "",
	"children": "", "wchan": "0", "personality": "00000000\n", "schedstat": "0 0 0\n", "loginuid": "4294967295",
	"sessionid": "4294967295", "setgroups": "allow\n", "timerslack_ns": "50000\n",
	"uid_map": "         0          0 4294967295\n", "gid_map": "         0          0 4294967295\n",
}

func (t *task) fdinfo(c *vfs.Ctx, fd int32) ([]byte, linux.Errno) {
	x, e := t.descriptor(c, fd)
	if e != 0 {
		return nil, e
	}
	if x == nil {
		return nil, linux.ENOENT
	}
	mnt, ino, more := uint64(0), uint64(0), ""
	if file := t.p.File(x.Handle); x.Handle != 0 && file != nil {
		mnt, ino = file.Path.Mnt.ID, file.Inode.Ino
		if i, ok := file.Stream.(interface{ Fdinfo() string }); ok {
			more = i.Fdinfo()
		}
	}
	return fmt.Appendf(nil, "pos:\t%d\nflags:\t0%o\nmnt_id:\t%d\nino:\t%d\n%s", x.Offset, x.Flags, mnt, ino, more), 0
}
