package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var fanotifyRows = []Row{
	{"fanotify_init", FS, args(flags("flags", linux.FanotifyInitFlags), kind("event_f_flags", strace.OpenFlags)), sysFanotifyInit},
	{"fanotify_mark", FS, args(fd("fanotify_fd"), flags("flags", linux.FanotifyMarkFlags), flags("mask", linux.FanotifyEvents),
		dirfd("dirfd"), path("pathname")), sysFanotifyMark},
}

func sysFanotifyInit(c *Call) (int64, linux.Errno) {
	fl := c.Uint(0)
	q := fsapi.OpenFanotifyRequest{Cred: c.Cred(), Flags: fl, EventFlags: c.Uint(1)}
	var r fsapi.OpenFanotifyReply
	if e := c.FS.OpenFanotify(&q, &r); e != 0 {
		return 0, e
	}
	status := uint32(linux.O_RDWR)
	if fl&linux.FAN_NONBLOCK != 0 {
		status |= linux.O_NONBLOCK
	}
	f := anonymous(r.Handle, r.Node, status)
	f.Events, f.EventFlags = true, q.EventFlags
	return c.install(f, fl&linux.FAN_CLOEXEC != 0)
}

func sysFanotifyMark(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Owner != fdtable.FS {
		return 0, linux.EINVAL
	}
	q := fsapi.FanotifyMarkRequest{Cred: c.Cred(), Handle: f.Handle, Flags: c.Uint(1), Mask: c.Args[2]}
	if q.Flags&linux.FAN_MARK_FLUSH == 0 {
		var t target
		if c.Args[4] == 0 {
			q.Whole = true
			t, e = c.targetAt(c.Int(3), "", linux.AT_EMPTY_PATH)
		} else {
			t, e = c.at(3, 4, 0)
		}
		if e != 0 {
			q.Place = fsapi.Place{Root: c.T.FS.Root.Handle, Dir: c.T.FS.Cwd.Handle, Errno: uint32(e)}
		} else {
			defer t.done()
			if q.Place = t.place; t.foreign() {
				q.Place.Errno = uint32(linux.EINVAL)
			}
		}
	}
	var r fsapi.FanotifyMarkReply
	return 0, ask(c, c.FS.FanotifyMark, &q, &r, &r.Wait)
}

// giveEvents makes descriptors of the files that a read of events opened, and
// puts their numbers into the events.
func (c *Call) giveEvents(f *fdtable.File, data []byte, opened []uint64) {
	for _, h := range opened {
		if len(data) < linux.SizeofFanotifyEvent {
			return
		}
		size := int(le.Uint32(data))
		if size < linux.SizeofFanotifyEvent || size > len(data) {
			return
		}
		if h != 0 {
			x := fdtable.NewFile(fdtable.FS, h, f.EventFlags&^onlyAtOpen)
			if a, e := c.stat(x); e == 0 {
				x.Mode, x.Rdev = a.Mode, a.Rdev
			}
			typ := x.Mode & linux.S_IFMT
			x.Seekable = typ == linux.S_IFREG || typ == linux.S_IFDIR
			if fd, e := c.install(x, f.EventFlags&linux.O_CLOEXEC != 0); e == 0 {
				le.PutUint32(data[linux.FanotifyEventFd:], uint32(fd))
			}
		}
		data = data[size:]
	}
}
