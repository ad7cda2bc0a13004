package fs_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func dupFd(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestHotCallsAllocateNothing guards read, write, fstat, stat, poll and lseek.
func TestHotCallsAllocateNothing(t *testing.T) {
	u := user{t, linked(t)}
	h := u.open("/tmp/f", linux.O_CREAT|linux.O_RDWR)
	u.write(h, 0, make([]byte, 8192))
	buf := make([]byte, 0, 4096)
	data := make([]byte, 4096)
	var fs fsapi.FS = u.fs
	s := new(struct {
		rq fsapi.ReadRequest
		rp fsapi.ReadReply
		wq fsapi.WriteRequest
		wp fsapi.WriteReply
		gq fsapi.GetattrRequest
		gp fsapi.GetattrReply
		pq fsapi.PollRequest
		pp fsapi.PollReply
		sq fsapi.SeekRequest
		sp fsapi.SeekReply
	})
	for name, call := range map[string]func() linux.Errno{
		"read": func() linux.Errno {
			s.rq = fsapi.ReadRequest{Cred: rootCred, Handle: h, Count: 4096}
			s.rp = fsapi.ReadReply{Data: buf}
			return fs.Read(&s.rq, &s.rp)
		},
		"write": func() linux.Errno {
			s.wq = fsapi.WriteRequest{Cred: rootCred, Handle: h, Data: data, SizeLimit: 1 << 40}
			s.wp = fsapi.WriteReply{}
			return fs.Write(&s.wq, &s.wp)
		},
		"fstat": func() linux.Errno {
			s.gq = fsapi.GetattrRequest{Cred: rootCred, Handle: h}
			s.gp = fsapi.GetattrReply{}
			return fs.Getattr(&s.gq, &s.gp)
		},
		"stat": func() linux.Errno {
			s.gq = fsapi.GetattrRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/../tmp/./f"}}
			s.gp = fsapi.GetattrReply{}
			return fs.Getattr(&s.gq, &s.gp)
		},
		"poll": func() linux.Errno {
			s.pq = fsapi.PollRequest{Handle: h, Events: linux.POLLIN}
			s.pp = fsapi.PollReply{}
			return fs.Poll(&s.pq, &s.pp)
		},
		"lseek": func() linux.Errno {
			s.sq = fsapi.SeekRequest{Handle: h, Whence: linux.SEEK_END}
			s.sp = fsapi.SeekReply{}
			return fs.Seek(&s.sq, &s.sp)
		},
	} {
		if e := call(); e != 0 {
			t.Fatalf("%s = %v", name, e)
		}
		if n := testing.AllocsPerRun(200, func() { call() }); n != 0 {
			t.Errorf("linked %s: %v allocations, want 0", name, n)
		}
	}
}

func BenchmarkStat(b *testing.B) {
	f, req, rep := benchFS(b), fsapi.GetattrRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/f"}}, fsapi.GetattrReply{}
	for b.Loop() {
		f.Getattr(&req, &rep)
	}
}

func BenchmarkOpenClose(b *testing.B) {
	f, req := benchFS(b), fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/f"}}
	b.ReportAllocs()
	for b.Loop() {
		var rep fsapi.OpenReply
		f.Open(&req, &rep)
		f.Close(&fsapi.CloseRequest{Handle: rep.Handle}, &fsapi.CloseReply{})
	}
}

func BenchmarkRead4K(b *testing.B) {
	f := benchFS(b)
	var open fsapi.OpenReply
	f.Open(&fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/f"}, Flags: linux.O_RDWR}, &open)
	f.Write(&fsapi.WriteRequest{Cred: rootCred, Handle: open.Handle, Data: make([]byte, 8192), SizeLimit: 1 << 40}, &fsapi.WriteReply{})
	req, buf := fsapi.ReadRequest{Cred: rootCred, Handle: open.Handle, Count: 4096}, make([]byte, 0, 4096)
	b.SetBytes(4096)
	for b.Loop() {
		rep := fsapi.ReadReply{Data: buf}
		f.Read(&req, &rep)
	}
}
