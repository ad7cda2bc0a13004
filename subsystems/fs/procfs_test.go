package fs_test

import (
	"fmt"
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs"
)

// fakeCore knows two processes: 7, the caller's, with thread 8, and 9 of
// another user.
type fakeCore struct {
	cwd, exe uint64
	fds      []coreapi.Descriptor
	written  []string
}

func (f *fakeCore) Processes(_ *coreapi.ProcessesRequest, rep *coreapi.ProcessesReply) linux.Errno {
	rep.Pids = append(rep.Pids, 7, 9)
	return 0
}

func (f *fakeCore) Process(req *coreapi.ProcessRequest, rep *coreapi.ProcessReply) linux.Errno {
	switch {
	case req.Pid == 7 && (req.Tid == 0 || req.Tid == 7 || req.Tid == 8):
		*rep = coreapi.ProcessReply{Tids: []int32{7, 8}, Euid: 1000, Egid: 1000, Cwd: f.cwd, Exe: f.exe, Dumpable: true}
	case req.Pid == 9 && req.Tid == 0:
		*rep = coreapi.ProcessReply{Tids: []int32{9}, Euid: 2000, Egid: 2000, Dumpable: true}
	default:
		return linux.ESRCH
	}
	return 0
}

func (f *fakeCore) Text(req *coreapi.TextRequest, rep *coreapi.TextReply) linux.Errno {
	switch req.Name {
	case "status", "environ", "comm":
		rep.Data = fmt.Appendf(nil, "%s of %d/%d\n", req.Name, req.Pid, req.Tid)
		return 0
	}
	return linux.ENOENT
}

func (f *fakeCore) Memory(req *coreapi.MemoryRequest, rep *coreapi.MemoryReply) linux.Errno {
	if req.Addr != 0x1000 {
		return linux.EIO
	}
	if req.Count == 0 {
		f.written = append(f.written, fmt.Sprintf("%d mem %s", req.Pid, req.Data))
		rep.Count = uint32(len(req.Data))
		return 0
	}
	rep.Data = append(rep.Data, "word"...)
	return 0
}

func (f *fakeCore) SetText(req *coreapi.SetTextRequest, _ *coreapi.SetTextReply) linux.Errno {
	if req.Pid == 0 && req.Name != "sys/kernel/hostname" {
		return linux.EACCES
	}
	f.written = append(f.written, fmt.Sprintf("%d %s %s", req.Pid, req.Name, req.Data))
	return 0
}

func (f *fakeCore) Descriptors(req *coreapi.DescriptorsRequest, rep *coreapi.DescriptorsReply) linux.Errno {
	if req.Pid != 7 {
		return linux.ESRCH
	}
	rep.Descriptors = append(rep.Descriptors, f.fds...)
	return 0
}

// procUser is the user of process 7.
type procUser struct {
	user
	core *fakeCore
	cred fsapi.Cred
}

func newProcUser(t *testing.T) *procUser {
	core := new(fakeCore)
	u := user{t, open(t, fs.Config{Core: core, CPUs: 2})}
	return &procUser{u, core, fsapi.Cred{Uid: 1000, Gid: 1000, Pid: 7, Tid: 8, Sid: 7, Pgid: 7}}
}

func (u *procUser) tryRead(path string) (string, linux.Errno) {
	var rep fsapi.OpenReply
	if e := u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: fsapi.Place{Path: path}}, &rep); e != 0 {
		return "", e
	}
	var read fsapi.ReadReply
	e := u.fs.Read(&fsapi.ReadRequest{Cred: u.cred, Handle: rep.Handle, Count: 1 << 16}, &read)
	return string(read.Data), e
}

func (u *procUser) text(path string) string {
	u.Helper()
	s, e := u.tryRead(path)
	if e != 0 {
		u.Fatalf("read(%s) = %v", path, e)
	}
	return s
}

func (u *procUser) link(path string) string {
	u.Helper()
	var rep fsapi.ReadlinkReply
	if e := u.fs.Readlink(&fsapi.ReadlinkRequest{Cred: u.cred, Place: fsapi.Place{Path: path}, Size: 1000}, &rep); e != 0 {
		u.Fatalf("readlink(%s) = %v", path, e)
	}
	return rep.Target
}

func (u *procUser) names(path string) string {
	u.Helper()
	var opened fsapi.OpenReply
	if e := u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: fsapi.Place{Path: path}, Flags: linux.O_DIRECTORY}, &opened); e != 0 {
		u.Fatalf("open(%s) = %v", path, e)
	}
	h := opened.Handle
	var all []string
	for cookie := int64(0); ; {
		var rep fsapi.ReadDirReply
		if e := u.fs.ReadDir(&fsapi.ReadDirRequest{Cred: u.cred, Handle: h, Cookie: cookie, MaxBytes: 100}, &rep); e != 0 {
			u.Fatalf("getdents(%s) = %v", path, e)
		}
		if len(rep.Entries) == 0 {
			return " " + strings.Join(all, " ") + " "
		}
		for _, e := range rep.Entries {
			all = append(all, e.Name)
			cookie = e.Cookie
		}
	}
}

func TestProcNames(t *testing.T) {
	u := newProcUser(t)
	names := u.names("/proc")
	for _, name := range []string{"self", "cpuinfo", "sys", "7", "9", "mounts"} {
		if !strings.Contains(names, " "+name+" ") {
			t.Errorf("/proc lists%s, want %s too", names, name)
		}
	}
	names = u.names("/proc/7")
	for _, name := range []string{"status", "fd", "exe", "task", "maps"} {
		if !strings.Contains(names, " "+name+" ") {
			t.Errorf("/proc/7 lists%s, want %s too", names, name)
		}
	}
	check(u.user, "threads", u.names("/proc/7/task"), " . .. 7 8 ")
	check(u.user, "no such process", u.statErr("/proc/10"), linux.ENOENT)
	check(u.user, "no such file", u.statErr("/proc/7/none"), linux.ENOENT)
	check(u.user, "create", u.openErr("/proc/new", linux.O_CREAT|linux.O_WRONLY), linux.ENOENT)
	check(u.user, "inode numbers", u.stat("/proc/7/status").Ino, u.stat("/proc/self/status").Ino)
}

func (u *procUser) openErr(path string, flags uint32) linux.Errno {
	return u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: fsapi.Place{Path: path}, Flags: flags}, &fsapi.OpenReply{})
}

func (u *procUser) statErr(path string) linux.Errno {
	return u.fs.Getattr(&fsapi.GetattrRequest{Cred: u.cred, Place: fsapi.Place{Path: path}}, &fsapi.GetattrReply{})
}

func (u *procUser) stat(path string) fsapi.Attr {
	u.Helper()
	var rep fsapi.GetattrReply
	if e := u.fs.Getattr(&fsapi.GetattrRequest{Cred: u.cred, Place: fsapi.Place{Path: path}}, &rep); e != 0 {
		u.Fatalf("stat(%s) = %v", path, e)
	}
	return rep.Attr
}

func TestProcTexts(t *testing.T) {
	u := newProcUser(t)
	check(u.user, "self", u.link("/proc/self"), "7")
	check(u.user, "thread-self", u.link("/proc/thread-self"), "7/task/8")
	check(u.user, "status", u.text("/proc/self/status"), "status of 7/0\n")
	check(u.user, "a thread's status", u.text("/proc/thread-self/status"), "status of 7/8\n")
	check(u.user, "owner", u.stat("/proc/7/status").Uid, 1000)
	_, e := u.tryRead("/proc/9/environ")
	check(u.user, "another's environ", e, linux.EACCES)
	check(u.user, "another's status", u.text("/proc/9/status"), "status of 9/0\n")
	if n := strings.Count(u.text("/proc/cpuinfo"), "processor\t"); n != 2 {
		t.Errorf("cpuinfo has %d processors, want 2", n)
	}
	check(u.user, "cpus of sysfs", u.text("/sys/devices/system/cpu/online"), "0-1\n")
	check(u.user, "pid_max", u.text("/proc/sys/kernel/pid_max"), "4194304\n")
	if a, b := u.text("/proc/sys/kernel/random/uuid"), u.text("/proc/sys/kernel/random/uuid"); a == b || len(a) != 37 {
		t.Errorf("two uuids: %q and %q", a, b)
	}
	check(u.user, "boot_id", u.text("/proc/sys/kernel/random/boot_id"), u.text("/proc/sys/kernel/random/boot_id"))
	mounts := u.text("/proc/mounts")
	if !strings.HasPrefix(mounts, "tmpfs / tmpfs rw,relatime 0 0\n") || !strings.Contains(mounts, "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n") {
		t.Errorf("mounts:\n%s", mounts)
	}
	if info := u.text("/proc/self/mountinfo"); strings.Count(info, "\n") != strings.Count(mounts, "\n") {
		t.Errorf("mountinfo:\n%s", info)
	}
}

func TestProcDescriptors(t *testing.T) {
	u := newProcUser(t)
	h := u.user.open("/tmp/f", linux.O_CREAT|linux.O_RDWR)
	u.user.write(h, 0, []byte("abc"))
	u.core.fds = []coreapi.Descriptor{
		{Fd: 0, Name: "pipe:[55]", Flags: linux.O_RDONLY}, {Fd: 3, Handle: h, Flags: linux.O_RDWR, Offset: 2},
	}
	check(u.user, "fd", u.names("/proc/self/fd"), " . .. 0 3 ")
	check(u.user, "a pipe", u.link("/proc/self/fd/0"), "pipe:[55]")
	check(u.user, "a file", u.link("/dev/fd/3"), "/tmp/f")
	check(u.user, "contents", u.text("/proc/self/fd/3"), "abc")
	check(u.user, "type of the pipe", u.stat("/proc/self/fd/0").Mode&linux.S_IFMT, linux.S_IFIFO)
	check(u.user, "below the pipe", u.statErr("/proc/self/fd/0/x"), linux.ENOTDIR)
	check(u.user, "not open", u.statErr("/proc/self/fd/1"), linux.ENOENT)
	var rep fsapi.OpenReply
	e := u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: fsapi.Place{Path: "/dev/stdin"}}, &rep)
	if e != 0 || rep.ReopenPid != 7 || rep.ReopenFd != 0 || rep.Handle != 0 {
		t.Errorf("open of a pipe = %v, %+v, want descriptor 0 of process 7", e, rep)
	}
	if info := u.text("/proc/self/fdinfo/3"); !strings.HasPrefix(info, "pos:\t2\nflags:\t02\n") {
		t.Errorf("fdinfo: %q", info)
	}
	u.user.unlink("/tmp/f")
	check(u.user, "a removed file", u.link("/proc/self/fd/3"), "/tmp/f (deleted)")
	check(u.user, "its contents", u.text("/proc/self/fd/3"), "abc")
	var path fsapi.OpenReply
	e = u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: fsapi.Place{Path: "/proc/self/fd/3"}, Resolve: linux.RESOLVE_NO_MAGICLINKS}, &path)
	check(u.user, "RESOLVE_NO_MAGICLINKS", e, linux.ELOOP)
}

func TestProcLinks(t *testing.T) {
	u := newProcUser(t)
	u.core.cwd = u.user.open("/tmp", linux.O_PATH)
	u.core.exe = u.user.open("/tmp/prog", linux.O_CREAT|linux.O_WRONLY)
	check(u.user, "cwd", u.link("/proc/self/cwd"), "/tmp")
	check(u.user, "exe", u.link("/proc/self/exe"), "/tmp/prog")
	check(u.user, "through cwd", u.statErr("/proc/self/cwd/prog"), 0)
	var rep fsapi.ReadlinkReply
	e := u.fs.Readlink(&fsapi.ReadlinkRequest{Cred: u.cred, Place: fsapi.Place{Path: "/proc/9/exe"}, Size: 10}, &rep)
	check(u.user, "another's exe", e, linux.EACCES)
	check(u.user, "name space", u.link("/proc/self/ns/pid"), "pid:[4026531836]")
}

func TestProcWrites(t *testing.T) {
	u := newProcUser(t)
	write := func(cred fsapi.Cred, path, data string) linux.Errno {
		var rep fsapi.OpenReply
		if e := u.fs.Open(&fsapi.OpenRequest{Cred: cred, Place: fsapi.Place{Path: path}, Flags: linux.O_WRONLY}, &rep); e != 0 {
			return e
		}
		return u.fs.Write(&fsapi.WriteRequest{Cred: cred, Handle: rep.Handle, Data: []byte(data), SizeLimit: 1 << 40}, &fsapi.WriteReply{})
	}
	check(u.user, "comm", write(u.cred, "/proc/self/comm", "new"), 0)
	check(u.user, "comm of another", write(u.cred, "/proc/9/comm", "new"), linux.EACCES)
	check(u.user, "hostname by a user", write(u.cred, "/proc/sys/kernel/hostname", "x"), linux.EACCES)
	check(u.user, "hostname by root", write(rootCred, "/proc/sys/kernel/hostname", "x"), 0)
	check(u.user, "what the core got", strings.Join(u.core.written, ","), "7 comm new,0 sys/kernel/hostname x")
	check(u.user, "somaxconn by root", write(rootCred, "/proc/sys/net/core/somaxconn", "99\n"), 0)
	check(u.user, "somaxconn", u.text("/proc/sys/net/core/somaxconn"), "99\n")
	check(u.user, "chmod", u.fs.Setattr(&fsapi.SetattrRequest{Cred: rootCred, Place: fsapi.Place{Path: "/proc/7/comm"},
		Valid: uint32(fsapi.SetattrValidMode), Mode: 0777}, &fsapi.SetattrReply{}), linux.EPERM)
}

func TestProcMemory(t *testing.T) {
	u := newProcUser(t)
	var rep fsapi.OpenReply
	if e := u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: fsapi.Place{Path: "/proc/self/mem"}, Flags: linux.O_RDWR}, &rep); e != 0 {
		t.Fatalf("open = %v", e)
	}
	check(u.user, "memory", string(u.read(rep.Handle, 0x1000, 4)), "word")
	u.write(rep.Handle, 0x1000, []byte("new"))
	check(u.user, "written", strings.Join(u.core.written, ","), "7 mem new")
	e := u.fs.Read(&fsapi.ReadRequest{Cred: u.cred, Handle: rep.Handle, Offset: 5, Count: 1}, &fsapi.ReadReply{})
	check(u.user, "where nothing is", e, linux.EIO)
	check(u.user, "of another", u.openErr("/proc/9/mem", linux.O_RDONLY), linux.EACCES)
}
