// Package procfs is /proc. Names and links are its own; what is known of tasks
// comes from the core, asked as part of an operation through package outside.
// Inodes are made when looked up and forgotten again; their numbers are
// computed, so that two lookups show the same file.
//
// The caller holds the mutex of the tree of files, but in the Fetch methods.
package procfs

import (
	"strconv"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// FS is one procfs.
type FS struct {
	Super *vfs.Super
	// Core answers for tasks; nil leaves them out.
	Core coreapi.Core
	// Mnt is where it is mounted, for paths that links jump to.
	Mnt *vfs.Mount
	// File finds an open file by its handle, or nil.
	File func(handle uint64) *vfs.File
	// System describes the machine.
	System System
	// Random fills p with random bytes.
	Random func(p []byte)

	set    map[string]string // sysctls that were written
	bootID string
	static map[string]*static
}

// System is what procfs says of the machine.
type System struct {
	Release, Version, Hostname string
	CPUs                       int
	// CPUInfo is the text of /proc/cpuinfo, or empty for a plain one.
	CPUInfo     string
	MemoryBytes int64
}

// Foreign is the Ops of a file that stands for a descriptor of another
// subsystem: opening it is the core's.
type Foreign struct{ Pid, Fd int32 }

// Kinds in inode numbers.
const (
	kindDir = iota + 1
	kindText
	kindLink
	kindFd
	kindFdinfo
	kindForeign
)

// New makes the root directory of a procfs in s.
func New(c *vfs.Ctx, p *FS) {
	d := c.NewRoot(p.Super, 0555)
	d.Inode.Dir = nil
	d.Inode.Ino = 1
	d.Inode.Ops = &root{p}
	p.set = make(map[string]string)
	p.bootID = p.uuid()
	p.static = makeStatic()
}

// number gives an inode number: kind, task and what it is of it.
func number(kind int, id int32, item uint32) uint64 {
	return uint64(kind)<<60 | uint64(uint32(id))<<28 | uint64(item&(1<<28-1))
}

// hash numbers names: FNV-1a.
func hash(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h
}

// entry makes an inode with a name.
func (p *FS) entry(c *vfs.Ctx, parent *vfs.Dentry, name string, mode uint32, ino uint64, ops any) *vfs.Dentry {
	now := c.Now()
	n := &vfs.Inode{
		Super: p.Super, Node: 1<<63 | ino, Ino: ino, Mode: mode, Nlink: 1,
		Atime: now, Mtime: now, Ctime: now, Btime: now, Ops: ops,
	}
	if n.IsDir() {
		n.Nlink = 2
	}
	return &vfs.Dentry{Name: name, Parent: parent, Inode: n}
}

// root is the top directory: fixed names, then processes.
type root struct{ p *FS }

// firstPid is the cookie of process 0 in a listing of the root.
const firstPid = 1 << 16

// Lookup implements vfs.Lookuper.
func (r *root) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	p := r.p
	if pid, ok := parseID(name); ok {
		t := &task{p: p, pid: pid}
		if _, e := t.facts(c); e != 0 {
			return nil, absent(e)
		}
		return t.dir(c, dir, name), 0
	}
	switch name {
	case "self", "thread-self":
		return p.entry(c, dir, name, linux.S_IFLNK|0777, number(kindLink, 0, hash(name)), &selfLink{name}), 0
	case "mounts":
		return p.entry(c, dir, name, linux.S_IFLNK|0777, number(kindLink, 0, hash(name)), fixedLink("self/mounts")), 0
	case "net":
		return p.entry(c, dir, name, linux.S_IFLNK|0777, number(kindLink, 0, hash(name)), fixedLink("self/net")), 0
	}
	return p.lookupStatic(c, dir, name, name)
}

// absent turns "no such task" into "no such name".
func absent(e linux.Errno) linux.Errno {
	if e == linux.ESRCH {
		return linux.ENOENT
	}
	return e
}

func parseID(name string) (int32, bool) {
	if name == "" || name[0] < '1' || name[0] > '9' || len(name) > 10 {
		return 0, false
	}
	n, err := strconv.ParseInt(name, 10, 32)
	return int32(n), err == nil
}

// List implements vfs.Lister.
func (r *root) List(c *vfs.Ctx, dir *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	p := r.p
	next := int64(2)
	add := func(name string, typ uint32, ino uint64) bool {
		next++
		return next-1 < cookie || emit(fsapi.DirEntry{Ino: ino, Cookie: next, Type: typ, Name: name})
	}
	for _, name := range []string{"self", "thread-self", "mounts", "net"} {
		if !add(name, linux.DT_LNK, number(kindLink, 0, hash(name))) {
			return 0
		}
	}
	for _, name := range p.staticNames("") {
		if !add(name, p.staticType(name), p.staticIno(name)) {
			return 0
		}
	}
	pids, e := p.processes(c)
	if e != 0 {
		return e
	}
	for _, pid := range pids {
		at := firstPid + int64(pid)
		if at < cookie {
			continue
		}
		if !emit(fsapi.DirEntry{Ino: number(kindDir, pid, 0), Cookie: at + 1, Type: linux.DT_DIR, Name: strconv.Itoa(int(pid))}) {
			return 0
		}
	}
	return 0
}

// selfLink is /proc/self and /proc/thread-self.
type selfLink struct{ name string }

// Readlink implements vfs.Linker.
func (l *selfLink) Readlink(c *vfs.Ctx, _ *vfs.Dentry) (string, linux.Errno) {
	if c.Cred.Pid == 0 {
		return "", linux.ENOENT
	}
	pid := strconv.Itoa(int(c.Cred.Pid))
	if l.name == "self" {
		return pid, 0
	}
	return pid + "/task/" + strconv.Itoa(int(c.Cred.Tid)), 0
}

// fixedLink is a link with a text that stays.
type fixedLink string

// Readlink implements vfs.Linker.
func (l fixedLink) Readlink(*vfs.Ctx, *vfs.Dentry) (string, linux.Errno) { return string(l), 0 }

// uuid makes a random one of version 4.
func (p *FS) uuid() string {
	var b [16]byte
	p.Random(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, x := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[x>>4], digits[x&15])
	}
	return string(out)
}

// known is what an operation has learned from the core under a key.
type known[T any] struct {
	value *T
	e     linux.Errno
}

// ask gives the answer to a question to the core, asked at most once in an
// operation. key names it among all questions.
func ask[Q, P any](c *vfs.Ctx, key any, do func(*Q, *P) linux.Errno, req *Q) (*P, linux.Errno) {
	if k, ok := c.Fact(key).(known[P]); ok {
		return k.value, k.e
	}
	return nil, c.Miss(&question[Q, P]{key: key, do: do, req: req, rep: new(P)})
}

type question[Q, P any] struct {
	key any
	do  func(*Q, *P) linux.Errno
	req *Q
	rep *P
}

// Fetch implements outside.Call.
func (q *question[Q, P]) Fetch() (uint64, linux.Errno) { return 0, q.do(q.req, q.rep) }

// Store implements outside.Call.
func (q *question[Q, P]) Store(op *outside.Op, e linux.Errno) {
	op.Know(q.key, known[P]{q.rep, e})
}

// Keys of questions.
type (
	keyProcesses   struct{}
	keyProcess     struct{ pid, tid int32 }
	keyDescriptors struct{ pid int32 }
)

func (p *FS) processes(c *vfs.Ctx) ([]int32, linux.Errno) {
	if p.Core == nil {
		return nil, 0
	}
	rep, e := ask(c, keyProcesses{}, p.Core.Processes, &coreapi.ProcessesRequest{})
	if e != 0 {
		return nil, e
	}
	return rep.Pids, 0
}
