package fs

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// inotify is an instance of inotify(7): the Stream of its file, and a queue of
// events.
type inotify struct {
	f    *FS
	file *vfs.File
	uid  uint32
	// hidden: it serves F_NOTIFY of the core.
	hidden  bool
	watches map[int32]*inotifyWatch
	// last is the watch descriptor that was given last.
	last   int32
	events []inotifyEvent
}

type inotifyEvent struct {
	wd           int32
	mask, cookie uint32
	name         string
}

// inotifyWatch is what an instance hears of one inode.
type inotifyWatch struct {
	in    *inotify
	wd    int32
	inode *vfs.Inode
	// mask holds the events, IN_EXCL_UNLINK and IN_ONESHOT.
	mask uint32
}

// overflowWd is the watch descriptor of IN_Q_OVERFLOW.
const overflowWd = -1

// OpenInotify implements fsapi.FS.
func (f *FS) OpenInotify(req *fsapi.OpenInotifyRequest, rep *fsapi.OpenInotifyReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	most := f.proc.Sysctl("fs/inotify/max_user_instances")
	for _, i := range f.inotifies {
		if i.uid == req.Cred.Uid && !i.hidden {
			most--
		}
	}
	if most <= 0 && !req.Hidden {
		return linux.EMFILE
	}
	i := &inotify{f: f, uid: req.Cred.Uid, hidden: req.Hidden, watches: make(map[int32]*inotifyWatch)}
	i.file = f.newAnonymous(c, "inotify", i)
	f.inotifies = append(f.inotifies, i)
	rep.Handle, rep.Node = i.file.Handle, i.file.Inode.Node
	return 0
}

// AddWatch implements fsapi.FS.
func (f *FS) AddWatch(req *fsapi.AddWatchRequest, rep *fsapi.AddWatchReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.addWatch(c, req, rep)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

// addWatch is inotify_add_watch in fs/notify/inotify/inotify_user.c.
func (f *FS) addWatch(c *vfs.Ctx, req *fsapi.AddWatchRequest, rep *fsapi.AddWatchReply) linux.Errno {
	if req.Mask&^linux.IN_MASK != 0 || req.Mask == 0 {
		return linux.EINVAL
	}
	i := f.inotify(req.Handle)
	const both = linux.IN_MASK_ADD | linux.IN_MASK_CREATE
	if i == nil || req.Mask&both == both {
		return linux.EINVAL
	}
	var at uint32
	if req.Mask&linux.IN_DONT_FOLLOW != 0 {
		at = linux.AT_SYMLINK_NOFOLLOW
	}
	flags := 0
	if req.Mask&linux.IN_ONLYDIR != 0 {
		flags = vfs.WantDir
	}
	if i.hidden {
		at |= linux.AT_EMPTY_PATH
	}
	p, e := f.at(c, &req.Place, at, flags)
	if e != 0 {
		return e
	}
	if e := c.Permission(p.Inode(), vfs.MayRead); e != 0 && !i.hidden {
		return e
	}
	rep.Wd, e = i.add(p.Inode(), req.Mask)
	return e
}

// RemoveWatch implements fsapi.FS.
func (f *FS) RemoveWatch(req *fsapi.RemoveWatchRequest, rep *fsapi.RemoveWatchReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	i := f.inotify(req.Handle)
	if i == nil || i.watches[req.Wd] == nil {
		return linux.EINVAL
	}
	i.watches[req.Wd].remove(c)
	rep.Ready = append(rep.Ready, c.Ready...)
	return 0
}

// inotify gives the instance behind a handle, or nil.
func (f *FS) inotify(handle uint64) *inotify {
	if file := f.files.get(handle); file != nil {
		i, _ := file.Stream.(*inotify)
		return i
	}
	return nil
}

// add is inotify_update_watch. Errors: EEXIST, ENOSPC.
func (i *inotify) add(n *vfs.Inode, mask uint32) (int32, linux.Errno) {
	const kept = linux.IN_ALL_EVENTS | linux.IN_EXCL_UNLINK | linux.IN_ONESHOT
	for _, w := range watchesOf(n) {
		if w.in != i {
			continue
		}
		if mask&linux.IN_MASK_CREATE != 0 {
			return 0, linux.EEXIST
		}
		if mask&linux.IN_MASK_ADD == 0 {
			w.mask = 0
		}
		w.mask |= mask & kept
		return w.wd, 0
	}
	most := i.f.proc.Sysctl("fs/inotify/max_user_watches")
	for _, x := range i.f.inotifies {
		if x.uid == i.uid && !x.hidden {
			most -= int64(len(x.watches))
		}
	}
	if most <= 0 && !i.hidden {
		return 0, linux.ENOSPC
	}
	// idr_alloc_cyclic: descriptors are not used again soon.
	for i.last = i.last%math.MaxInt32 + 1; i.watches[i.last] != nil; {
		i.last = i.last%math.MaxInt32 + 1
	}
	w := &inotifyWatch{in: i, wd: i.last, inode: n, mask: mask & kept}
	i.watches[w.wd] = w
	n.Marks = append(slices.Clone(watchesOf(n)), w)
	i.f.marks++
	return w.wd, 0
}

// remove ends a watch, with its last event.
func (w *inotifyWatch) remove(c *vfs.Ctx) {
	if w.in.watches[w.wd] != w {
		return
	}
	w.in.queue(c, inotifyEvent{wd: w.wd, mask: linux.IN_IGNORED})
	w.forget()
}

func (w *inotifyWatch) forget() {
	delete(w.in.watches, w.wd)
	w.in.f.marks--
	left := slices.DeleteFunc(slices.Clone(watchesOf(w.inode)), func(x *inotifyWatch) bool { return x == w })
	w.inode.Marks = nil
	if len(left) > 0 {
		w.inode.Marks = left
	}
}

// hear is inotify_handle_inode_event.
func (w *inotifyWatch) hear(c *vfs.Ctx, h *happening) {
	const onChild = linux.IN_ACCESS | linux.IN_MODIFY | linux.IN_ATTRIB | linux.IN_CLOSE_WRITE | linux.IN_CLOSE_NOWRITE | linux.IN_OPEN
	mask := h.mask & linux.IN_ALL_EVENTS
	if h.mask&linux.IN_UNMOUNT == 0 && mask&w.mask == 0 || w.in.watches[w.wd] != w {
		return
	}
	if w.mask&linux.IN_EXCL_UNLINK != 0 && h.name != "" && mask&onChild&^linux.IN_ATTRIB != 0 && h.path.D != nil && h.path.D.Dead {
		return // an event by a dentry has no path to look at: fchmod is told
	}
	mask |= h.mask & linux.IN_UNMOUNT
	if h.inode.IsDir() && mask&(linux.IN_DELETE_SELF|linux.IN_MOVE_SELF) == 0 {
		mask |= linux.IN_ISDIR
	}
	w.in.queue(c, inotifyEvent{wd: w.wd, mask: mask, cookie: h.cookie, name: h.name})
	if w.mask&linux.IN_ONESHOT != 0 {
		w.remove(c)
	}
}

// queue adds an event, unless the last one is the same: inotify_merge.
func (i *inotify) queue(c *vfs.Ctx, ev inotifyEvent) {
	if n := len(i.events); n > 0 && ev.mask&linux.IN_IGNORED == 0 {
		if last := &i.events[n-1]; last.wd == ev.wd && last.mask == ev.mask && last.name == ev.name {
			return
		}
	}
	most := i.f.proc.Sysctl("fs/inotify/max_queued_events")
	if int64(len(i.events)) >= most {
		if n := len(i.events); n > 0 && i.events[n-1].wd == overflowWd {
			return
		}
		ev = inotifyEvent{wd: overflowWd, mask: linux.IN_Q_OVERFLOW}
	}
	i.events = append(i.events, ev)
	i.file.Generation++
	c.Ready = append(c.Ready, fsapi.Ready{Handle: i.file.Handle, Level: linux.POLLIN | linux.POLLRDNORM, Generation: i.file.Generation})
}

// Read implements vfs.Stream: as many whole events as there is room for.
func (i *inotify) Read(c *vfs.Ctx, _ *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	if len(i.events) == 0 {
		return dst, c.WaitFor(i.file.Handle, linux.POLLIN)
	}
	done := 0
	for done < len(i.events) {
		ev := &i.events[done]
		size := linux.InotifyEventSize(ev.name)
		if size > n {
			break
		}
		n -= size
		dst = linux.AppendInotifyEvent(dst, ev.wd, ev.mask, ev.cookie, ev.name)
		done++
	}
	if done == 0 {
		return dst, linux.EINVAL
	}
	if i.events = i.events[done:]; len(i.events) == 0 {
		i.events = nil
	}
	return dst, 0
}

// Write implements vfs.Stream. The descriptor is not open for it.
func (i *inotify) Write(*vfs.Ctx, *vfs.File, int64, []byte) (int, linux.Errno) { return 0, linux.EBADF }

// Poll implements vfs.Poller.
func (i *inotify) Poll(_ *vfs.Ctx, file *vfs.File) (uint32, uint64) {
	if len(i.events) == 0 {
		return 0, file.Generation
	}
	return linux.POLLIN | linux.POLLRDNORM, file.Generation
}

// Ioctl implements vfs.Ioctler.
func (i *inotify) Ioctl(_ *vfs.Ctx, _ *vfs.File, command uint32, _ uint64, _, out []byte) ([]byte, int64, linux.Errno) {
	if command != linux.FIONREAD {
		return out, 0, linux.ENOTTY
	}
	size := 0
	for k := range i.events {
		size += linux.InotifyEventSize(i.events[k].name)
	}
	return binary.LittleEndian.AppendUint32(out, uint32(size)), 0, 0
}

// Close implements vfs.Closer.
func (i *inotify) Close(*vfs.Ctx, *vfs.File) {
	for _, w := range i.watches {
		w.forget()
	}
	i.f.inotifies = slices.DeleteFunc(i.f.inotifies, func(x *inotify) bool { return x == i })
}

// sorted lists the watches, the newest first.
func (i *inotify) sorted() []*inotifyWatch {
	list := make([]*inotifyWatch, 0, len(i.watches))
	for _, w := range i.watches {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b *inotifyWatch) int { return int(b.wd) - int(a.wd) })
	return list
}

// Fdinfo is inotify_show_fdinfo.
func (i *inotify) Fdinfo() string {
	var text []byte
	for _, w := range i.sorted() {
		text = fmt.Appendf(text, "inotify wd:%x ino:%x sdev:%x mask:%x ignored_mask:0\n", w.wd, w.inode.Ino, w.inode.Super.Dev, w.mask)
	}
	return string(text)
}
