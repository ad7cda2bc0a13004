package fs

import (
	"encoding/binary"
	"maps"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// fanotify is a group of fanotify(7): the Stream of its file, its marks and a
// queue of events.
//
// GAP: no permission events, no pidfds, no FAN_RENAME.
type fanotify struct {
	f    *FS
	file *vfs.File
	uid  uint32
	// flags are FAN_* of fanotify_init; opens the O_* of event descriptors.
	flags, opens uint32
	pid          int32 // of who made it
	inodes       map[*vfs.Inode]*fanMark
	mounts       map[*vfs.Mount]*fanMark
	supers       map[*vfs.Super]*fanMark
	events       []fanEvent
}

// fanMark is what a group hears of one object.
type fanMark struct {
	// mask holds events, FAN_ONDIR and FAN_EVENT_ON_CHILD.
	mask, ignored uint32
	// survives: a change of the file leaves what is ignored.
	survives bool
}

// fanEvent is one in the queue, of a file or of a name in a directory.
type fanEvent struct {
	mask uint32
	pid  int32
	// path is where, for a descriptor.
	path vfs.Path
	// inode, dir and name are what FAN_REPORT_* asks for; nil is not told.
	inode, dir *vfs.Inode
	name       string
}

// fidMode are the flags with which events come with ids, not descriptors.
const fidMode = linux.FAN_REPORT_FID | linux.FAN_REPORT_DIR_FID

// OpenFanotify implements fsapi.FS: fanotify_init in fs/notify/fanotify.
func (f *FS) OpenFanotify(req *fsapi.OpenFanotifyRequest, rep *fsapi.OpenFanotifyReply) linux.Errno {
	const (
		known = linux.FAN_CLOEXEC | linux.FAN_NONBLOCK | linux.FAN_UNLIMITED_QUEUE | linux.FAN_UNLIMITED_MARKS |
			linux.FAN_REPORT_TID | linux.FAN_REPORT_FID | linux.FAN_REPORT_DIR_FID | linux.FAN_REPORT_NAME | linux.FAN_REPORT_TARGET_FID
		admin = linux.FAN_UNLIMITED_QUEUE | linux.FAN_UNLIMITED_MARKS | linux.FAN_REPORT_TID
		// FANOTIFY_INIT_ALL_EVENT_F_BITS
		opens = linux.O_ACCMODE | linux.O_APPEND | linux.O_NONBLOCK | linux.O_SYNC | linux.O_DSYNC | linux.O_CLOEXEC |
			linux.O_LARGEFILE | linux.O_NOATIME
		target = linux.FAN_REPORT_TARGET_FID | linux.FAN_REPORT_NAME | linux.FAN_REPORT_FID
	)
	c := f.begin(&req.Cred)
	defer f.end(c)
	fl := req.Flags
	switch {
	case !c.Capable(linux.CAP_SYS_ADMIN) && (fl&admin != 0 || fl&fidMode == 0):
		return linux.EPERM
	case fl&^known != 0, req.EventFlags&^opens != 0, req.EventFlags&linux.O_ACCMODE == linux.O_ACCMODE,
		fl&linux.FAN_REPORT_NAME != 0 && fl&linux.FAN_REPORT_DIR_FID == 0,
		fl&linux.FAN_REPORT_TARGET_FID != 0 && fl&target != target:
		return linux.EINVAL
	}
	most := f.proc.Sysctl("fs/fanotify/max_user_groups")
	for _, g := range f.fanotifies {
		if g.uid == req.Cred.Uid {
			most--
		}
	}
	if most <= 0 {
		return linux.EMFILE
	}
	g := &fanotify{f: f, uid: req.Cred.Uid, pid: req.Cred.Pid, flags: fl, opens: req.EventFlags &^ linux.O_CLOEXEC,
		inodes: make(map[*vfs.Inode]*fanMark), mounts: make(map[*vfs.Mount]*fanMark), supers: make(map[*vfs.Super]*fanMark)}
	if !c.Capable(linux.CAP_SYS_ADMIN) {
		g.flags |= unprivileged
	}
	g.file = f.newAnonymous(c, "[fanotify]", g)
	g.file.Flags = linux.O_RDWR
	f.fanotifies = append(f.fanotifies, g)
	rep.Handle, rep.Node = g.file.Handle, g.file.Inode.Node
	return 0
}

// unprivileged marks a group of who may not watch mounts and file systems, and
// is not told who does what.
const unprivileged = 1 << 31

// FanotifyMark implements fsapi.FS: do_fanotify_mark.
func (f *FS) FanotifyMark(req *fsapi.FanotifyMarkRequest, rep *fsapi.FanotifyMarkReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.fanotifyMark(c, req)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

const (
	markTypes  = linux.FAN_MARK_MOUNT | linux.FAN_MARK_FILESYSTEM
	markFlags  = linux.FAN_ONDIR | linux.FAN_EVENT_ON_CHILD
	markEvents = linux.FAN_FD_EVENTS | linux.FAN_INODE_EVENTS
)

func (f *FS) fanotifyMark(c *vfs.Ctx, req *fsapi.FanotifyMarkRequest) linux.Errno {
	fl := req.Flags
	command := fl & (linux.FAN_MARK_ADD | linux.FAN_MARK_REMOVE | linux.FAN_MARK_FLUSH)
	kind := fl & markTypes
	switch {
	case req.Mask>>32 != 0, kind == markTypes:
		return linux.EINVAL
	case command == linux.FAN_MARK_FLUSH:
		if fl&^(markTypes|linux.FAN_MARK_FLUSH) != 0 {
			return linux.EINVAL
		}
	case command != linux.FAN_MARK_ADD && command != linux.FAN_MARK_REMOVE, req.Mask == 0:
		return linux.EINVAL
	}
	mask := uint32(req.Mask)
	if mask&^(markEvents|markFlags) != 0 {
		return linux.EINVAL
	}
	file := f.files.get(req.Handle)
	if file == nil {
		return linux.EBADF
	}
	g, ok := file.Stream.(*fanotify)
	switch {
	case !ok:
		return linux.EINVAL
	case g.flags&unprivileged != 0 && kind != 0:
		return linux.EPERM
	case mask&linux.FAN_INODE_EVENTS != 0 && (g.flags&fidMode == 0 || kind == linux.FAN_MARK_MOUNT):
		return linux.EINVAL
	case command == linux.FAN_MARK_FLUSH:
		g.flush(kind)
		return 0
	}
	var at uint32
	if fl&linux.FAN_MARK_DONT_FOLLOW != 0 {
		at = linux.AT_SYMLINK_NOFOLLOW
	}
	flags := 0
	if fl&linux.FAN_MARK_ONLYDIR != 0 {
		flags = vfs.WantDir
	}
	if req.Whole {
		at |= linux.AT_EMPTY_PATH
	}
	p, e := f.at(c, &req.Place, at, flags)
	if e != 0 {
		return e
	}
	if e := c.Permission(p.Inode(), vfs.MayRead); e != 0 {
		return e
	}
	if g.flags&fidMode != 0 && kind != 0 && !exported(p.Inode().Super) {
		return linux.EOPNOTSUPP
	}
	if kind == 0 && !p.Inode().IsDir() {
		mask &^= linux.FAN_EVENT_ON_CHILD
	}
	switch kind {
	case linux.FAN_MARK_MOUNT:
		return changeMark(g, g.mounts, p.Mnt, fl, mask)
	case linux.FAN_MARK_FILESYSTEM:
		return changeMark(g, g.supers, p.Inode().Super, fl, mask)
	}
	return changeMark(g, g.inodes, p.Inode(), fl, mask)
}

// changeMark adds to a mark or takes from it.
func changeMark[K comparable](g *fanotify, marks map[K]*fanMark, on K, fl, mask uint32) linux.Errno {
	m := marks[on]
	if m == nil {
		switch {
		case fl&linux.FAN_MARK_REMOVE != 0:
			return linux.ENOENT
		case g.flags&linux.FAN_UNLIMITED_MARKS == 0 &&
			int64(len(g.inodes)+len(g.mounts)+len(g.supers)) >= g.f.proc.Sysctl("fs/fanotify/max_user_marks"):
			return linux.ENOSPC
		}
		m = new(fanMark)
		marks[on] = m
		g.f.marks++
	}
	to := &m.mask
	if fl&linux.FAN_MARK_IGNORED_MASK != 0 {
		to = &m.ignored
	}
	if fl&linux.FAN_MARK_REMOVE != 0 {
		*to &^= mask
	} else {
		*to |= mask
		m.survives = m.survives || fl&linux.FAN_MARK_IGNORED_SURV_MODIFY != 0
	}
	if m.mask|m.ignored == 0 {
		delete(marks, on)
		g.f.marks--
	}
	return 0
}

// flush removes the marks of one kind.
func (g *fanotify) flush(kind uint32) {
	switch kind {
	case linux.FAN_MARK_MOUNT:
		g.f.marks -= len(g.mounts)
		clear(g.mounts)
	case linux.FAN_MARK_FILESYSTEM:
		g.f.marks -= len(g.supers)
		clear(g.supers)
	default:
		g.f.marks -= len(g.inodes)
		clear(g.inodes)
	}
}

// forget drops the marks of a file, or of a whole file system, that is no more.
func (g *fanotify) forget(gone func(*vfs.Inode) bool) {
	before := len(g.inodes)
	maps.DeleteFunc(g.inodes, func(n *vfs.Inode, _ *fanMark) bool { return gone(n) })
	g.f.marks -= before - len(g.inodes)
}

// dirents are the events of names in a directory.
const dirents = linux.IN_CREATE | linux.IN_DELETE | linux.IN_MOVE

// hear is fanotify_handle_event and fanotify_group_event_mask: dir is the
// directory that the file has, or had, the name in.
func (g *fanotify) hear(c *vfs.Ctx, h *happening, dir *vfs.Inode, name string) {
	own := h.inode
	if h.mask&dirents != 0 {
		own = dir
	}
	marks := [...]*fanMark{g.inodes[own], g.supers[own.Super], g.mounts[h.path.Mnt]}
	var wanted, ignored uint32
	hears := func(m *fanMark) {
		if !h.inode.IsDir() || m.mask&linux.FAN_ONDIR != 0 {
			wanted |= m.mask
		}
	}
	for _, m := range marks {
		if m == nil {
			continue
		}
		if h.mask&linux.IN_MODIFY != 0 && !m.survives {
			m.ignored = 0
		}
		ignored |= m.ignored
		hears(m)
	}
	if m := g.inodes[dir]; m != nil && own != dir && m.mask&linux.FAN_EVENT_ON_CHILD != 0 && h.path.D != nil {
		hears(m)
	}
	ev := fanEvent{mask: h.mask & markEvents & wanted &^ ignored, pid: c.Cred.Pid}
	switch {
	case g.flags&linux.FAN_REPORT_TID != 0:
		ev.pid = c.Cred.Tid
	case g.flags&unprivileged != 0 && ev.pid != g.pid:
		ev.pid = 0
	}
	switch {
	case ev.mask == 0, g.flags&fidMode == 0 && (h.path.D == nil || ev.mask&linux.FAN_FD_EVENTS == 0):
		return
	case g.flags&fidMode == 0:
		ev.path = h.path
	default:
		g.identify(&ev, h, dir, name)
	}
	g.queue(c, ev)
}

// identify says by which ids an event is told: fanotify_alloc_event.
func (g *fanotify) identify(ev *fanEvent, h *happening, dir *vfs.Inode, name string) {
	if h.inode.IsDir() {
		ev.mask |= linux.FAN_ONDIR
	}
	id := h.inode
	if h.mask&dirents != 0 && g.flags&linux.FAN_REPORT_TARGET_FID == 0 {
		id = dir
	}
	if g.flags&linux.FAN_REPORT_DIR_FID == 0 {
		ev.inode = id
		return
	}
	if ev.dir = dir; h.mask&dirents == 0 && h.inode.IsDir() {
		ev.dir, name = h.inode, "."
	}
	if g.flags&linux.FAN_REPORT_FID != 0 && id != ev.dir {
		ev.inode = id
	}
	if g.flags&linux.FAN_REPORT_NAME != 0 && ev.dir != nil {
		ev.name = name
	}
}

// queue adds an event, or its mask to one of the same file by the same process:
// fanotify_merge.
func (g *fanotify) queue(c *vfs.Ctx, ev fanEvent) {
	same := func(x *fanEvent) bool {
		return x.pid == ev.pid && x.path == ev.path && x.inode == ev.inode && x.dir == ev.dir && x.name == ev.name &&
			(x.mask^ev.mask)&linux.FAN_ONDIR == 0
	}
	const merges = 128 // FANOTIFY_MAX_MERGE_EVENTS
	for i := max(0, len(g.events)-merges); i < len(g.events); i++ {
		if same(&g.events[i]) {
			g.events[i].mask |= ev.mask
			return
		}
	}
	if g.flags&linux.FAN_UNLIMITED_QUEUE == 0 && int64(len(g.events)) >= g.f.proc.Sysctl("fs/fanotify/max_queued_events") {
		if g.events[len(g.events)-1].mask == linux.FAN_Q_OVERFLOW {
			return
		}
		ev = fanEvent{mask: linux.FAN_Q_OVERFLOW}
	}
	g.events = append(g.events, ev)
	g.file.Generation++
	c.Ready = append(c.Ready, fsapi.Ready{Handle: g.file.Handle, Level: linux.POLLIN | linux.POLLRDNORM, Generation: g.file.Generation})
}

// info gives the records of ids that follow an event.
func (g *fanotify) info(ev *fanEvent) []byte {
	var b []byte
	if ev.dir != nil {
		kind := byte(linux.FAN_EVENT_INFO_TYPE_DFID)
		switch {
		case g.flags&linux.FAN_REPORT_NAME != 0:
			kind = linux.FAN_EVENT_INFO_TYPE_DFID_NAME
		case ev.inode == nil && ev.mask&(dirents|linux.FAN_ONDIR) == 0:
			kind = linux.FAN_EVENT_INFO_TYPE_FID // copy_info_records_to_user
		}
		b = appendFid(b, kind, ev.dir, ev.name)
	}
	if ev.inode != nil {
		b = appendFid(b, linux.FAN_EVENT_INFO_TYPE_FID, ev.inode, "")
	}
	return b
}

// appendFid appends struct fanotify_event_info_fid with a struct file_handle.
func appendFid(b []byte, kind byte, n *vfs.Inode, name string) []byte {
	var id fsapi.EncodeHandleReply
	encodeHandle(n, true, &id)
	start := len(b)
	b = append(b, kind, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, n.Super.Dev)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(id.Id)))
	b = binary.LittleEndian.AppendUint32(b, id.Type)
	b = append(b, id.Id...)
	if kind == linux.FAN_EVENT_INFO_TYPE_DFID_NAME {
		b = append(append(b, name...), 0)
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b
}

// Read implements vfs.Stream: as many whole events as there is room for. Their
// descriptors are opened here, and made by the core.
func (g *fanotify) Read(c *vfs.Ctx, _ *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	if len(g.events) == 0 {
		return dst, c.WaitFor(g.file.Handle, linux.POLLIN)
	}
	had := len(dst)
	for len(g.events) > 0 {
		ev := &g.events[0]
		info := g.info(ev)
		if len(dst)-had+linux.SizeofFanotifyEvent+len(info) > n {
			break
		}
		opened := uint64(0)
		if ev.path.D != nil {
			file, e := g.open(c, ev.path)
			if e != 0 && (len(dst) > had || e == linux.EWAIT || vfs.IsMissed(e)) {
				if len(dst) > had {
					break
				}
				return dst, e
			}
			if e == 0 {
				opened = file.Handle
			}
		}
		dst = linux.AppendFanotifyEvent(dst, uint64(ev.mask), ev.pid, info)
		if g.flags&fidMode == 0 {
			c.Opened = append(c.Opened, opened)
		}
		g.events[0] = fanEvent{}
		g.events = g.events[1:]
	}
	if len(dst) == had {
		return dst, linux.EINVAL
	}
	return dst, 0
}

// open opens the file of an event: it tells nobody, itself included.
func (g *fanotify) open(c *vfs.Ctx, p vfs.Path) (*vfs.File, linux.Errno) {
	file := g.f.newFile(p, g.opens)
	if o, ok := p.Inode().Ops.(vfs.Opener); ok {
		if e := o.Open(c, file); e != 0 {
			g.f.drop(c, file)
			return nil, e
		}
	}
	return file, 0
}

// Write implements vfs.Stream: an answer to a permission event, of which there
// are none.
func (g *fanotify) Write(_ *vfs.Ctx, _ *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	const sizeofResponse = 8
	if len(p) < sizeofResponse {
		return 0, linux.EINVAL
	}
	return 0, linux.ENOENT
}

// Poll implements vfs.Poller.
func (g *fanotify) Poll(_ *vfs.Ctx, file *vfs.File) (uint32, uint64) {
	if len(g.events) == 0 {
		return 0, file.Generation
	}
	return linux.POLLIN | linux.POLLRDNORM, file.Generation
}

// Ioctl implements vfs.Ioctler. FIONREAD leaves the records of ids out, as
// fanotify_ioctl does.
func (g *fanotify) Ioctl(_ *vfs.Ctx, _ *vfs.File, command uint32, _ uint64, _, out []byte) ([]byte, int64, linux.Errno) {
	if command != linux.FIONREAD {
		return out, 0, linux.ENOTTY
	}
	return binary.LittleEndian.AppendUint32(out, uint32(len(g.events)*linux.SizeofFanotifyEvent)), 0, 0
}

// Close implements vfs.Closer.
func (g *fanotify) Close(*vfs.Ctx, *vfs.File) {
	for _, kind := range [...]uint32{0, linux.FAN_MARK_MOUNT, linux.FAN_MARK_FILESYSTEM} {
		g.flush(kind)
	}
	g.f.fanotifies = slices.DeleteFunc(g.f.fanotifies, func(x *fanotify) bool { return x == g })
}
