package server

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

func newServer(t testing.TB, dir string, streams ...int) *Server {
	t.Helper()
	if streams == nil {
		streams = []int{}
	}
	s, err := New(Options{Roots: []Root{{Name: "/", Dir: dir, Writable: true}}, Streams: streams})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

// TestPathsStayBelowTheirRoot runs with openat2 and with the walk that stands
// in for it: both must give the same answers.
func TestPathsStayBelowTheirRoot(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "in/a/b"), 0o755)
	os.WriteFile(filepath.Join(dir, "secret"), nil, 0o644)
	os.WriteFile(filepath.Join(dir, "in/a/f"), nil, 0o644)
	os.Symlink("../secret", filepath.Join(dir, "in/up"))
	os.Symlink("..", filepath.Join(dir, "in/dotdot"))
	os.Symlink(dir, filepath.Join(dir, "in/a/abs"))
	os.Symlink("f", filepath.Join(dir, "in/a/own"))
	s := newServer(t, filepath.Join(dir, "in"))
	for _, c := range []struct {
		path string
		want linux.Errno
	}{
		{"a/f", 0},
		{"a/b", 0},
		{"", 0},
		{"up", linux.ELOOP},
		{"dotdot/secret", linux.ELOOP},
		{"a/abs/secret", linux.ELOOP},
		{"a/own", linux.ELOOP},
		{"a/f/x", linux.ENOTDIR},
		{"a/none/x", linux.ENOENT},
		{"../secret", linux.EINVAL},
	} {
		for _, s.walk = range []bool{false, true} {
			req := hostapi.FileOpenRequest{Path: c.path, Handle: 1}
			var rep hostapi.FileOpenReply
			if e := s.FileOpen(&req, &rep); e != c.want {
				t.Errorf("walk %v: open(%q) = %v, want %v", s.walk, c.path, e, c.want)
			}
			s.Close(&hostapi.CloseRequest{Handles: []uint64{1}}, nil)

			// Making something through a link must not work either.
			op := hostapi.NameOpRequest{Kind: hostapi.NameOpKindMkdir, Path: filepath.Join(c.path, "made")}
			if c.want == linux.ELOOP || c.want == linux.EINVAL {
				if e := s.NameOp(&op, new(hostapi.NameOpReply)); e != c.want && e != linux.EINVAL {
					t.Errorf("walk %v: mkdir(%q) = %v, want %v", s.walk, op.Path, e, c.want)
				}
			}
		}
	}
}

func TestShutdownClosesEverything(t *testing.T) {
	before := countFds(t)
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "f"), nil, 0o644)
	r, w := pipe(t)
	for range 10 {
		s := newServer(t, dir, int(r.Fd()), int(w.Fd()))
		if e := s.FileOpen(&hostapi.FileOpenRequest{Path: "f", Handle: 1}, new(hostapi.FileOpenReply)); e != 0 {
			t.Fatal(e)
		}
		read := make(chan linux.Errno)
		go func() {
			read <- s.Console(&hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindRead, Count: 10, Offset: -1}, new(hostapi.ConsoleReply))
		}()
		s.Shutdown()
		if e := <-read; e != linux.EIO && e != linux.EBADF {
			t.Errorf("a read under way = %v, want EIO or EBADF", e)
		}
		if e := s.FileRead(&hostapi.FileReadRequest{}, new(hostapi.FileReadReply)); e != linux.EBADF {
			t.Errorf("read after Shutdown = %v, want EBADF", e)
		}
	}
	r.Close()
	w.Close()
	for end := time.Now().Add(10 * time.Second); countFds(t) > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors, %d before", countFds(t), before)
		}
	}
}

func countFds(t *testing.T) int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}

func TestListenRefusesWhatIsNotASocket(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, []byte("precious"), 0o644)
	if ln, err := Listen(file); err == nil {
		ln.Close()
		t.Errorf("Listen replaced a file")
	}
	if b, _ := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file holds %q", b)
	}

	sock := filepath.Join(dir, "sock")
	ln, err := Listen(sock)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(sock); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("socket mode %v, %v; want 0600", st.Mode(), err)
	}
	if other, err := Listen(sock); err == nil {
		other.Close()
		t.Errorf("Listen replaced a socket that is in use")
	}
	ln.Close()
	if _, err := os.Lstat(sock); err == nil {
		t.Errorf("Close left the socket")
	}

	// One that a dead server left is replaced.
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: sock, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	ln, err = Listen(sock)
	if err != nil {
		t.Fatalf("Listen over a dead socket: %v", err)
	}
	ln.Close()
}

// TestModesSurviveTheUmask: what the kernel asks for is after the app's umask.
func TestModesSurviveTheUmask(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	s := newServer(t, t.TempDir())
	var o hostapi.FileOpenReply
	e := s.FileOpen(&hostapi.FileOpenRequest{Path: "f", Flags: linux.O_WRONLY | linux.O_CREAT, Mode: 0o4666, Handle: 1}, &o)
	if e != 0 || s.FileStat(&hostapi.FileStatRequest{Paths: []string{"f"}}, new(hostapi.FileStatReply)) != 0 || o.Attr.Mode != 0o104666 {
		t.Errorf("create = mode %#o, %v; want 0104666", o.Attr.Mode, e)
	}
	var n hostapi.NameOpReply
	if e := s.NameOp(&hostapi.NameOpRequest{Kind: hostapi.NameOpKindMkdir, Path: "d", Mode: 0o1777}, &n); e != 0 || n.Attr.Mode != 0o41777 {
		t.Errorf("mkdir = mode %#o, %v; want 041777", n.Attr.Mode, e)
	}
}

func TestReadAllocs(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "f"), make([]byte, 1<<16), 0o644)
	s := newServer(t, dir)
	s.FileOpen(&hostapi.FileOpenRequest{Path: "f", Handle: 1}, new(hostapi.FileOpenReply))
	req := hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: 1, Length: 1 << 16}}}
	rep := hostapi.FileReadReply{Data: make([]byte, 0, 1<<16), Lengths: make([]uint32, 0, 1)}
	if n := testing.AllocsPerRun(100, func() {
		rep.Data, rep.Lengths = rep.Data[:0], rep.Lengths[:0]
		if e := s.FileRead(&req, &rep); e != 0 || len(rep.Data) != 1<<16 {
			t.Fatalf("read = %d bytes, %v", len(rep.Data), e)
		}
	}); n != 0 {
		t.Errorf("FileRead: %v allocations, want 0", n)
	}
}
