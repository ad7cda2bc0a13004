// Package fstest is the suite that every implementation of fsapi.FS passes: the
// linked one, the same behind the wire, and others.
//
// An implementation starts with an empty directory /tmp that everybody may
// write, and its root directory belongs to user 0. A case works in /tmp.
package fstest

import (
	"slices"
	"sort"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// Cases maps a case name to its check. Run runs each on a fresh instance.
var Cases = map[string]func(*testing.T, fsapi.FS){}

// add enters cases; the families do so in their init functions.
func add(cases map[string]func(*task)) {
	for name, check := range cases {
		if Cases[name] != nil {
			panic("fstest: two cases are called " + name)
		}
		Cases[name] = func(t *testing.T, fs fsapi.FS) {
			k := newTask(t, newWaiter(t, fs))
			check(k)
		}
	}
}

// Run checks one implementation. Call it once for linked, once for plugin. Cases
// in except are about what this one cannot do.
func Run(t *testing.T, open func(*testing.T) fsapi.FS, except ...string) {
	names := make([]string, 0, len(Cases))
	for name := range Cases {
		if slices.Contains(except, name) {
			continue
		}
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { Cases[name](t, open(t)) })
	}
}

// allCaps is what root has.
const allCaps = 1<<(linux.CAP_LAST_CAP+1) - 1

// noLimit is RLIMIT_FSIZE when there is none.
const noLimit = ^uint64(0)

// task is a caller: credentials, root and working directory.
type task struct {
	*testing.T
	fs   fsapi.FS
	cred fsapi.Cred
	root uint64
	cwd  uint64
}

// newTask gives root's task in /tmp.
func newTask(t *testing.T, fs fsapi.FS) *task {
	t.Helper()
	k := &task{T: t, fs: fs, cred: fsapi.Cred{Caps: allCaps, Pid: 1, Tid: 1, Pgid: 1, Sid: 1}}
	k.cwd = k.resolve("/tmp")
	return k
}

// as gives a task of another user, without capabilities.
func (k *task) as(uid, gid uint32, groups ...uint32) *task {
	other := *k
	other.cred = fsapi.Cred{Uid: uid, Gid: gid, Groups: groups, Pid: 2, Tid: 2, Pgid: 2, Sid: 2}
	return &other
}

// with gives a task that has the capabilities in addition.
func (k *task) with(caps ...uint) *task {
	other := *k
	for _, c := range caps {
		other.cred.Caps |= 1 << c
	}
	return &other
}

// in gives a task whose working directory is dir.
func (k *task) in(dir string) *task {
	k.Helper()
	other := *k
	other.cwd = k.resolve(dir)
	return &other
}

func (k *task) place(path string) fsapi.Place {
	return fsapi.Place{Root: k.root, Dir: k.cwd, Path: path}
}

// want fails the test unless got is the errno wanted.
func (k *task) want(call string, got, want linux.Errno) {
	k.Helper()
	if got != want {
		k.Errorf("%s = %v, want %v", call, got, want)
	}
}

// must stops the test on an error.
func (k *task) must(call string, e linux.Errno) {
	k.Helper()
	if e != 0 {
		k.Fatalf("%s = %v, want 0", call, e)
	}
}

// equal compares what a call gave.
func equal[T comparable](k *task, what string, got, want T) {
	k.Helper()
	if got != want {
		k.Errorf("%s = %v, want %v", what, got, want)
	}
}

func (k *task) resolve(path string) uint64 {
	k.Helper()
	var rep fsapi.ResolveReply
	k.must("resolve "+path, k.fs.Resolve(&fsapi.ResolveRequest{Cred: k.cred, Place: k.place(path), Directory: true}, &rep))
	return rep.Handle
}

func (k *task) tryOpen(path string, flags, mode uint32) (fsapi.OpenReply, linux.Errno) {
	var rep fsapi.OpenReply
	e := k.fs.Open(&fsapi.OpenRequest{Cred: k.cred, Place: k.place(path), Flags: flags, Mode: mode}, &rep)
	return rep, e
}

// openErr gives only the errno; a handle is closed again.
func (k *task) openErr(path string, flags uint32) linux.Errno {
	rep, e := k.tryOpen(path, flags, 0666)
	if e == 0 && rep.Handle != 0 {
		k.close(rep.Handle)
	}
	return e
}

func (k *task) open(path string, flags, mode uint32) uint64 {
	k.Helper()
	rep, e := k.tryOpen(path, flags, mode)
	k.must("open "+path, e)
	return rep.Handle
}

func (k *task) close(handle uint64) fsapi.CloseReply {
	k.Helper()
	var rep fsapi.CloseReply
	k.must("close", k.fs.Close(&fsapi.CloseRequest{Handle: handle}, &rep))
	return rep
}

// create makes a file with contents.
func (k *task) create(path, contents string) {
	k.Helper()
	k.createMode(path, contents, 0644)
}

func (k *task) createMode(path, contents string, mode uint32) {
	k.Helper()
	h := k.open(path, linux.O_CREAT|linux.O_WRONLY|linux.O_EXCL, mode)
	k.writeAt(h, 0, contents)
	k.close(h)
}

func (k *task) mkdir(path string, mode uint32) linux.Errno {
	var rep fsapi.MkdirReply
	return k.fs.Mkdir(&fsapi.MkdirRequest{Cred: k.cred, Place: k.place(path), Mode: mode}, &rep)
}

func (k *task) mustMkdir(path string) {
	k.Helper()
	k.must("mkdir "+path, k.mkdir(path, 0755))
}

func (k *task) mknod(path string, mode uint32, rdev uint64) linux.Errno {
	var rep fsapi.MknodReply
	return k.fs.Mknod(&fsapi.MknodRequest{Cred: k.cred, Place: k.place(path), Mode: mode, Rdev: rdev}, &rep)
}

func (k *task) symlink(target, path string) linux.Errno {
	var rep fsapi.SymlinkReply
	return k.fs.Symlink(&fsapi.SymlinkRequest{Cred: k.cred, Target: target, Place: k.place(path)}, &rep)
}

func (k *task) link(from, to string) linux.Errno { return k.linkat(from, to, 0) }

func (k *task) linkat(from, to string, flags uint32) linux.Errno {
	var rep fsapi.LinkReply
	return k.fs.Link(&fsapi.LinkRequest{Cred: k.cred, From: k.place(from), To: k.place(to), Flags: flags}, &rep)
}

func (k *task) unlink(path string) linux.Errno {
	var rep fsapi.UnlinkReply
	return k.fs.Unlink(&fsapi.UnlinkRequest{Cred: k.cred, Place: k.place(path)}, &rep)
}

func (k *task) rmdir(path string) linux.Errno {
	var rep fsapi.UnlinkReply
	return k.fs.Unlink(&fsapi.UnlinkRequest{Cred: k.cred, Place: k.place(path), Flags: linux.AT_REMOVEDIR}, &rep)
}

func (k *task) rename(from, to string, flags uint32) linux.Errno {
	var rep fsapi.RenameReply
	return k.fs.Rename(&fsapi.RenameRequest{Cred: k.cred, From: k.place(from), To: k.place(to), Flags: flags}, &rep)
}

func (k *task) tryReadlink(path string, size uint32) (string, linux.Errno) {
	var rep fsapi.ReadlinkReply
	e := k.fs.Readlink(&fsapi.ReadlinkRequest{Cred: k.cred, Place: k.place(path), Size: size}, &rep)
	return rep.Target, e
}

func (k *task) tryStat(path string, flags uint32) (fsapi.Attr, linux.Errno) {
	var rep fsapi.GetattrReply
	e := k.fs.Getattr(&fsapi.GetattrRequest{Cred: k.cred, Place: k.place(path), Flags: flags}, &rep)
	return rep.Attr, e
}

func (k *task) stat(path string) fsapi.Attr {
	k.Helper()
	a, e := k.tryStat(path, 0)
	k.must("stat "+path, e)
	return a
}

func (k *task) lstat(path string) fsapi.Attr {
	k.Helper()
	a, e := k.tryStat(path, linux.AT_SYMLINK_NOFOLLOW)
	k.must("lstat "+path, e)
	return a
}

func (k *task) fstat(handle uint64) fsapi.Attr {
	k.Helper()
	var rep fsapi.GetattrReply
	k.must("fstat", k.fs.Getattr(&fsapi.GetattrRequest{Cred: k.cred, Handle: handle}, &rep))
	return rep.Attr
}

func (k *task) statErr(path string) linux.Errno {
	_, e := k.tryStat(path, 0)
	return e
}

func (k *task) access(path string, mode, flags uint32) linux.Errno {
	var rep fsapi.AccessReply
	return k.fs.Access(&fsapi.AccessRequest{Cred: k.cred, Place: k.place(path), Mode: mode, Flags: flags}, &rep)
}

func (k *task) setattr(path string, req fsapi.SetattrRequest) linux.Errno {
	req.Cred = k.cred
	if req.Handle == 0 {
		req.Place = k.place(path)
	}
	req.SizeLimit = noLimit
	var rep fsapi.SetattrReply
	return k.fs.Setattr(&req, &rep)
}

func (k *task) chmod(path string, mode uint32) linux.Errno {
	return k.setattr(path, fsapi.SetattrRequest{Valid: uint32(fsapi.SetattrValidMode), Mode: mode})
}

// chown changes those that are not -1.
func (k *task) chown(path string, uid, gid int64) linux.Errno {
	var req fsapi.SetattrRequest
	if uid >= 0 {
		req.Valid |= uint32(fsapi.SetattrValidUid)
		req.Uid = uint32(uid)
	}
	if gid >= 0 {
		req.Valid |= uint32(fsapi.SetattrValidGid)
		req.Gid = uint32(gid)
	}
	return k.setattr(path, req)
}

func (k *task) truncate(path string, size int64) linux.Errno {
	return k.setattr(path, fsapi.SetattrRequest{Valid: uint32(fsapi.SetattrValidSize), Size: size})
}

func (k *task) ftruncate(handle uint64, size int64) linux.Errno {
	return k.setattr("", fsapi.SetattrRequest{Handle: handle, Valid: uint32(fsapi.SetattrValidSize), Size: size})
}

func (k *task) tryWrite(handle uint64, off int64, data string, add bool) (fsapi.WriteReply, linux.Errno) {
	var rep fsapi.WriteReply
	e := k.fs.Write(&fsapi.WriteRequest{
		Cred: k.cred, Handle: handle, Offset: off, Data: []byte(data), Append: add, SizeLimit: noLimit,
	}, &rep)
	return rep, e
}

func (k *task) writeAt(handle uint64, off int64, data string) {
	k.Helper()
	rep, e := k.tryWrite(handle, off, data, false)
	k.must("write", e)
	equal(k, "bytes written", int(rep.Count), len(data))
}

func (k *task) tryRead(handle uint64, off int64, count uint32) (string, linux.Errno) {
	var rep fsapi.ReadReply
	e := k.fs.Read(&fsapi.ReadRequest{Cred: k.cred, Handle: handle, Offset: off, Count: count}, &rep)
	return string(rep.Data), e
}

func (k *task) readAt(handle uint64, off int64, count uint32) string {
	k.Helper()
	data, e := k.tryRead(handle, off, count)
	k.must("read", e)
	return data
}

// contents reads a whole file.
func (k *task) contents(path string) string {
	k.Helper()
	h := k.open(path, linux.O_RDONLY, 0)
	defer k.close(h)
	return k.readAt(h, 0, 1<<20)
}

func (k *task) seek(handle uint64, off int64, whence uint32, current int64) (int64, linux.Errno) {
	var rep fsapi.SeekReply
	e := k.fs.Seek(&fsapi.SeekRequest{Handle: handle, Offset: off, Whence: whence, Current: current}, &rep)
	return rep.Offset, e
}

// list gives the names in a directory, in order.
func (k *task) list(path string) []fsapi.DirEntry {
	k.Helper()
	h := k.open(path, linux.O_RDONLY|linux.O_DIRECTORY, 0)
	defer k.close(h)
	var all []fsapi.DirEntry
	cookie := int64(0)
	for {
		var rep fsapi.ReadDirReply
		k.must("getdents "+path, k.fs.ReadDir(&fsapi.ReadDirRequest{Cred: k.cred, Handle: h, Cookie: cookie, MaxBytes: 4096}, &rep))
		if len(rep.Entries) == 0 {
			return all
		}
		all = append(all, rep.Entries...)
		cookie = rep.Entries[len(rep.Entries)-1].Cookie
	}
}

// names gives the sorted names in a directory but "." and "..".
func (k *task) names(path string) string {
	k.Helper()
	var names []string
	for _, e := range k.list(path) {
		if e.Name != "." && e.Name != ".." {
			names = append(names, e.Name)
		}
	}
	sort.Strings(names)
	out := ""
	for i, name := range names {
		if i > 0 {
			out += " "
		}
		out += name
	}
	return out
}

func (k *task) pathOf(handle uint64) (string, linux.Errno) {
	var rep fsapi.PathOfReply
	e := k.fs.PathOf(&fsapi.PathOfRequest{Root: k.root, Handle: handle}, &rep)
	return rep.Path, e
}
