package procfs

import (
	"sort"
	"strconv"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// task names a process (tid 0) or a thread of one.
type task struct {
	p        *FS
	pid, tid int32
}

// taskFile is a text in a task's directory.
type taskFile struct {
	mode uint32
	// traced: only who may look at the task's memory opens it.
	traced bool
	// group: only in /proc/PID, not in task/TID; thread: the other way round.
	group, thread bool
}

// taskFiles are the texts that the core or this package writes.
var taskFiles = map[string]taskFile{
	"auxv": {mode: 0400, traced: true}, "cgroup": {mode: 0444}, "children": {mode: 0444, thread: true},
	"clear_refs": {mode: 0200}, "cmdline": {mode: 0444}, "comm": {mode: 0644}, "coredump_filter": {mode: 0644, group: true},
	"cpuset": {mode: 0444}, "environ": {mode: 0400, traced: true}, "gid_map": {mode: 0644}, "io": {mode: 0400, traced: true},
	"limits": {mode: 0444}, "mem": {mode: 0600, traced: true}, "loginuid": {mode: 0644}, "maps": {mode: 0444, traced: true}, "mountinfo": {mode: 0444},
	"mounts": {mode: 0444}, "mountstats": {mode: 0400, group: true}, "numa_maps": {mode: 0444, traced: true},
	"oom_adj": {mode: 0644}, "oom_score": {mode: 0444}, "oom_score_adj": {mode: 0644}, "personality": {mode: 0400, traced: true},
	"schedstat": {mode: 0444}, "sessionid": {mode: 0444}, "setgroups": {mode: 0644}, "smaps": {mode: 0444, traced: true},
	"smaps_rollup": {mode: 0444, traced: true}, "stat": {mode: 0444}, "statm": {mode: 0444}, "status": {mode: 0444},
	"timerslack_ns": {mode: 0666, group: true}, "uid_map": {mode: 0644}, "wchan": {mode: 0444},
}

// taskDirs and taskLinks are the other names.
var (
	taskDirs  = map[string]uint32{"fd": 0500, "fdinfo": 0555, "net": 0555, "ns": 0511, "task": 0555}
	taskLinks = map[string]bool{"cwd": true, "exe": true, "root": true}
	nsLinks   = map[string]uint32{"cgroup": 4026531835, "ipc": 4026531839, "mnt": 4026531841, "net": 4026531840,
		"pid": 4026531836, "time": 4026531834, "user": 4026531837, "uts": 4026531838}
)

// taskNames are all, sorted, for listings.
var taskNames = func() []string {
	var all []string
	for name := range taskFiles {
		all = append(all, name)
	}
	for name := range taskDirs {
		all = append(all, name)
	}
	for name := range taskLinks {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}()

// facts asks the core about the task. Errors: ESRCH.
func (t *task) facts(c *vfs.Ctx) (*coreapi.ProcessReply, linux.Errno) {
	if t.p.Core == nil {
		return nil, linux.ESRCH
	}
	return ask(c, keyProcess{t.pid, t.tid}, t.p.Core.Process, &coreapi.ProcessRequest{Pid: t.pid, Tid: t.tid})
}

// id is the thread that the directory is of.
func (t *task) id() int32 {
	if t.tid != 0 {
		return t.tid
	}
	return t.pid
}

func (t *task) ino(kind int, name string) uint64 {
	item := hash(name) &^ 1
	if t.tid != 0 {
		item |= 1
	}
	return number(kind, t.id(), item)
}

// own gives an entry the task's owner; root's when it may not be looked at.
func (t *task) own(c *vfs.Ctx, d *vfs.Dentry) *vfs.Dentry {
	rep, e := t.facts(c)
	if e == 0 && (rep.Dumpable || rep.Zombie || d.Inode.Mode == linux.S_IFDIR|0555) {
		d.Inode.Uid, d.Inode.Gid = rep.Euid, rep.Egid
	}
	return d
}

// dir makes the directory of the task.
func (t *task) dir(c *vfs.Ctx, parent *vfs.Dentry, name string) *vfs.Dentry {
	ino := number(kindDir, t.id(), 0)
	if t.tid != 0 {
		ino = number(kindDir, t.id(), 1)
	}
	return t.own(c, t.p.entry(c, parent, name, linux.S_IFDIR|0555, ino, &taskDir{t}))
}

// mayTrace is ptrace_may_access with PTRACE_MODE_READ_FSCREDS.
func (t *task) mayTrace(c *vfs.Ctx) linux.Errno {
	rep, e := t.facts(c)
	if e != 0 {
		return absent(e)
	}
	if c.Cred.Pid == t.pid || c.Capable(linux.CAP_SYS_PTRACE) {
		return 0
	}
	if rep.Dumpable && c.Cred.Uid == rep.Euid && c.Cred.Gid == rep.Egid {
		return 0
	}
	return linux.EACCES
}

// taskDir is /proc/PID or /proc/PID/task/TID.
type taskDir struct{ *task }

func (d *taskDir) has(name string) bool {
	if f, ok := taskFiles[name]; ok {
		return !(f.group && d.tid != 0) && !(f.thread && d.tid == 0)
	}
	return !(name == "task" && d.tid != 0)
}

// Lookup implements vfs.Lookuper.
func (d *taskDir) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	t := d.task
	if _, e := t.facts(c); e != 0 {
		return nil, absent(e)
	}
	if !d.has(name) {
		return nil, 0
	}
	if f, ok := taskFiles[name]; ok {
		var x any = &text{p: t.p, task: t, name: name, traced: f.traced}
		if name == "mem" {
			x = &memory{t}
		}
		return t.own(c, t.p.entry(c, dir, name, linux.S_IFREG|f.mode, t.ino(kindText, name), x)), 0
	}
	if mode, ok := taskDirs[name]; ok {
		var ops any
		switch name {
		case "fd":
			ops = &fdDir{t, false}
		case "fdinfo":
			ops = &fdDir{t, true}
		case "task":
			ops = &threads{t}
		case "ns":
			ops = &nsDir{t}
		case "net":
			ops = &netDir{t.p}
		}
		return t.own(c, t.p.entry(c, dir, name, linux.S_IFDIR|mode, t.ino(kindDir, name), ops)), 0
	}
	if taskLinks[name] {
		return t.own(c, t.p.entry(c, dir, name, linux.S_IFLNK|0777, t.ino(kindLink, name), &taskLink{t, name})), 0
	}
	return nil, 0
}

// List implements vfs.Lister.
func (d *taskDir) List(c *vfs.Ctx, _ *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	if _, e := d.facts(c); e != 0 {
		return absent(e)
	}
	for i, name := range taskNames {
		at := int64(i) + 2
		if at < cookie || !d.has(name) {
			continue
		}
		typ, kind := uint32(linux.DT_REG), kindText
		if _, ok := taskDirs[name]; ok {
			typ, kind = linux.DT_DIR, kindDir
		} else if taskLinks[name] {
			typ, kind = linux.DT_LNK, kindLink
		}
		if !emit(fsapi.DirEntry{Ino: d.ino(kind, name), Cookie: at + 1, Type: typ, Name: name}) {
			break
		}
	}
	return 0
}

// threads is /proc/PID/task.
type threads struct{ *task }

// Lookup implements vfs.Lookuper.
func (d *threads) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	tid, ok := parseID(name)
	if !ok {
		return nil, 0
	}
	t := &task{d.p, d.pid, tid}
	if _, e := t.facts(c); e != 0 {
		return nil, absent(e)
	}
	return t.dir(c, dir, name), 0
}

// List implements vfs.Lister.
func (d *threads) List(c *vfs.Ctx, _ *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	rep, e := d.facts(c)
	if e != 0 {
		return absent(e)
	}
	for _, tid := range rep.Tids {
		at := int64(tid) + 2
		if at < cookie {
			continue
		}
		if !emit(fsapi.DirEntry{Ino: number(kindDir, tid, 1), Cookie: at + 1, Type: linux.DT_DIR, Name: strconv.Itoa(int(tid))}) {
			break
		}
	}
	return 0
}

// taskLink is cwd, root or exe: it leads to the very file.
type taskLink struct {
	*task
	name string
}

// Jump implements vfs.Jumper.
func (l *taskLink) Jump(c *vfs.Ctx, _ *vfs.Dentry) (vfs.Path, linux.Errno) {
	if e := l.mayTrace(c); e != 0 {
		return vfs.Path{}, e
	}
	rep, e := l.facts(c)
	if e != 0 {
		return vfs.Path{}, absent(e)
	}
	handle := rep.Cwd
	switch l.name {
	case "root":
		handle = rep.Root
	case "exe":
		handle = rep.Exe
	}
	file := l.p.File(handle)
	if file == nil {
		return vfs.Path{}, linux.ENOENT
	}
	return file.Path, 0
}

// Readlink implements vfs.Linker.
func (l *taskLink) Readlink(c *vfs.Ctx, d *vfs.Dentry) (string, linux.Errno) {
	to, e := l.Jump(c, d)
	if e != 0 {
		return "", e
	}
	return Describe(c, to), 0
}

// Describe gives the text of a magic link to a file: d_path.
func Describe(c *vfs.Ctx, p vfs.Path) string {
	path, reached := c.NS.PathString(p, c.Root)
	if p.Mnt.Gone {
		if n := p.D.Inode; !n.Memfd && !p.D.Dead && len(path) > 0 {
			return path[1:] // a pipe or stream, not a path
		}
	} else if !reached {
		path = "(unreachable)" + path
	}
	if p.D.Dead {
		path += " (deleted)"
	}
	return path
}

// nsDir is /proc/PID/ns.
type nsDir struct{ *task }

// Lookup implements vfs.Lookuper.
func (d *nsDir) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	id, ok := nsLinks[name]
	if !ok {
		return nil, 0
	}
	x := d.p.entry(c, dir, name, linux.S_IFLNK|0777, d.ino(kindLink, "ns/"+name), &nsLink{d.p, name, id})
	return d.own(c, x), 0
}

// List implements vfs.Lister.
func (d *nsDir) List(c *vfs.Ctx, _ *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	return listNames(sortedKeys(nsLinks), cookie, func(name string) (uint32, uint64) {
		return linux.DT_LNK, d.ino(kindLink, "ns/"+name)
	}, emit)
}

// nsLink names a name space; all tasks are in the same ones.
type nsLink struct {
	p    *FS
	name string
	id   uint32
}

// Readlink implements vfs.Linker.
func (l *nsLink) Readlink(*vfs.Ctx, *vfs.Dentry) (string, linux.Errno) {
	return l.name + ":[" + strconv.FormatUint(uint64(l.id), 10) + "]", 0
}

// Jump implements vfs.Jumper: an empty file with the name space's number.
func (l *nsLink) Jump(c *vfs.Ctx, d *vfs.Dentry) (vfs.Path, linux.Errno) {
	text, _ := l.Readlink(c, d)
	x := l.p.entry(c, nil, text, linux.S_IFREG|0444, uint64(l.id), nil)
	x.Parent = x
	return vfs.Path{Mnt: l.p.Mnt, D: x}, 0
}

func sortedKeys[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// listNames lists fixed names.
func listNames(names []string, cookie int64, what func(string) (uint32, uint64), emit func(fsapi.DirEntry) bool) linux.Errno {
	for i, name := range names {
		at := int64(i) + 2
		if at < cookie {
			continue
		}
		typ, ino := what(name)
		if !emit(fsapi.DirEntry{Ino: ino, Cookie: at + 1, Type: typ, Name: name}) {
			break
		}
	}
	return 0
}
