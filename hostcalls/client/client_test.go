package client_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/hostapi"
)

const deadline = 20 * time.Second

// inside is a client as the kernel uses it: it waits for tickets.
type inside struct {
	*client.Client
	t     testing.TB
	done  chan uint64
	mu    sync.Mutex
	came  map[uint64]bool
	lines []string
}

// ways are the ways to reach a server.
var ways = map[string]func(testing.TB, server.Options) *inside{"embedded": embedded, "wire": wire}

func (in *inside) options() client.Options {
	return client.Options{
		OnDone: func(ticket uint64) { in.done <- ticket },
		OnLie: func(err error) {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.lines = append(in.lines, err.Error())
		},
	}
}

func newInside(t testing.TB) *inside {
	return &inside{t: t, done: make(chan uint64, 1000), came: make(map[uint64]bool)}
}

func embedded(t testing.TB, o server.Options) *inside {
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	in := newInside(t)
	in.Client = client.Embedded(s, in.options())
	return in
}

func wire(t testing.TB, o server.Options) *inside {
	path := filepath.Join(t.TempDir(), "host.sock")
	ln, err := server.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, ln, o) }()
	in := newInside(t)
	if in.Client, err = client.Dial(ctx, path, in.options()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Disconnect()
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve = %v", err)
		}
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is left behind", path)
		}
	})
	return in
}

// wait waits until a ticket is announced.
func (in *inside) wait(ticket uint64) {
	in.t.Helper()
	timeout := time.After(deadline)
	for !in.came[ticket] {
		select {
		case got := <-in.done:
			in.came[got] = true
		case <-timeout:
			in.t.Fatalf("ticket %d was not announced in %v", ticket, deadline)
		}
	}
}

// call asks until there is an answer.
func call[Q, P any](in *inside, do func(*Q, *P) (uint64, linux.Errno), req *Q, rep *P) linux.Errno {
	in.t.Helper()
	for {
		ticket, e := do(req, rep)
		if e != linux.EWAIT {
			if ticket != 0 {
				in.t.Errorf("errno %v with ticket %d", e, ticket)
			}
			return e
		}
		in.wait(ticket)
	}
}

func must[Q, P any](in *inside, do func(*Q, *P) (uint64, linux.Errno), req *Q, rep *P) {
	in.t.Helper()
	if e := call(in, do, req, rep); e != 0 {
		in.t.Fatalf("%T%+v = %v, want 0", req, *req, e)
	}
}

func (in *inside) open(path string, flags uint32) (uint64, linux.Errno) {
	in.t.Helper()
	h := in.NewHandle()
	var rep hostapi.FileOpenReply
	e := call(in, in.FileOpen, &hostapi.FileOpenRequest{Path: path, Flags: flags, Mode: 0o644, Handle: h}, &rep)
	return h, e
}

// both runs a test over each way, on a directory exported as root 0, writable,
// and as root 1, read-only. No line may be told.
func both(t *testing.T, test func(t *testing.T, in *inside, dir string)) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			in := open(t, server.Options{Roots: []server.Root{{Name: "/", Dir: dir, Writable: true}, {Name: "/ro", Dir: dir}}, Streams: []int{}})
			test(t, in, dir)
			if len(in.lines) > 0 {
				t.Errorf("an honest host is called a liar: %q", in.lines)
			}
		})
	}
}

func TestHelloNamesTheRoots(t *testing.T) {
	both(t, func(t *testing.T, in *inside, _ string) {
		var rep hostapi.HelloReply
		must(in, in.Hello, &hostapi.HelloRequest{Version: 1}, &rep)
		if got, want := fmt.Sprint(rep.Roots), "[/ /ro]"; got != want || rep.MaxData != server.MaxData {
			t.Errorf("Hello = %v, %d bytes; want %v, %d", got, rep.MaxData, want, server.MaxData)
		}
		if e := call(in, in.Hello, &hostapi.HelloRequest{Version: 9}, &rep); e != linux.EPROTO {
			t.Errorf("Hello(9) = %v, want EPROTO", e)
		}
	})
}

func TestWriteThenReadTwoExtents(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		h, e := in.open("new", linux.O_RDWR|linux.O_CREAT|linux.O_EXCL)
		if e != 0 {
			t.Fatalf("open = %v", e)
		}
		var w hostapi.FileWriteReply
		must(in, in.FileWrite, &hostapi.FileWriteRequest{Handle: h, Offset: 2, Data: []byte("hello")}, &w)
		must(in, in.FileWrite, &hostapi.FileWriteRequest{Handle: h, Data: []byte(" you"), Append: true}, &w)
		if w.Count != 4 || w.Size != 11 {
			t.Errorf("append = %d bytes, size %d; want 4, 11", w.Count, w.Size)
		}
		r := hostapi.FileReadReply{Data: []byte("> ")}
		must(in, in.FileRead, &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: h, Offset: 7, Length: 100}, {Handle: h, Length: 3}}}, &r)
		if got, want := fmt.Sprintf("%q %v", r.Data, r.Lengths), `">  you\x00\x00h" [4 3]`; got != want {
			t.Errorf("read = %s, want %s", got, want)
		}
		var s hostapi.FileSyncReply
		must(in, in.FileSync, &hostapi.FileSyncRequest{Handle: h}, &s)
		st, err := os.Stat(filepath.Join(dir, "new"))
		if err != nil || st.Mode() != 0o644 {
			t.Errorf("stat = %v, %v; want mode 0644", st, err)
		}
		must(in, in.Close, &hostapi.CloseRequest{Handles: []uint64{h}}, &hostapi.CloseReply{})
		if e := call(in, in.FileRead, &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: h, Length: 1}}}, &r); e != linux.EBADF {
			t.Errorf("read of a closed handle = %v, want EBADF", e)
		}
	})
}

func TestStatOfSeveral(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		os.MkdirAll(filepath.Join(dir, "a/b"), 0o755)
		os.WriteFile(filepath.Join(dir, "a/b/f"), []byte("xyz"), 0o600)
		os.Symlink("../elsewhere", filepath.Join(dir, "a/l"))
		h, e := in.open("a/b/f", linux.O_RDONLY)
		if e != 0 {
			t.Fatal(e)
		}
		var rep hostapi.FileStatReply
		must(in, in.FileStat, &hostapi.FileStatRequest{Root: 1, Paths: []string{"a/b/f", "a/b/none", "a/l", "", "a/l/x", "none/x", "a/b/f/x"}, Handles: []uint64{h, 999}}, &rep)
		var got []string
		for _, a := range rep.Attrs {
			got = append(got, fmt.Sprintf("%v:%#o:%s", linux.Errno(a.AttrErrno), a.Mode, a.Target))
		}
		want := []string{"0:0100600:", "ENOENT:0:", "0:0120777:../elsewhere", "0:040755:", "ELOOP:0:", "ENOENT:0:", "ENOTDIR:0:", "0:0100600:", "EBADF:0:"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("stat\n got %v\nwant %v", got, want)
		}
	})
}

func TestListPages(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		var want []string
		for i := range 50 {
			name := fmt.Sprintf("f%02d\xff", i) // not UTF-8: Linux does not care
			want = append(want, name)
			os.WriteFile(filepath.Join(dir, name), nil, 0o600)
		}
		os.Symlink("t", filepath.Join(dir, "zlink"))
		want = append(want, "zlink")
		var got []string
		for after, pages := "", 0; ; pages++ {
			var rep hostapi.FileListReply
			must(in, in.FileList, &hostapi.FileListRequest{After: after, MaxEntries: 20}, &rep)
			for _, e := range rep.Entries {
				got = append(got, e.Name)
				after = e.Name
			}
			if pages == 1 { // a change between pages shows
				os.Remove(filepath.Join(dir, "f45\xff"))
			}
			if rep.Last {
				if last := rep.Entries[len(rep.Entries)-1]; last.Attr.Target != "t" {
					t.Errorf("target = %q, want t", last.Attr.Target)
				}
				break
			}
		}
		want = append(want[:45], want[46:]...)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("list\n got %q\nwant %q", got, want)
		}
	})
}

func TestNamesChange(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		op := func(kind hostapi.NameOpKind, path, other string, mode, flags uint32) (hostapi.HostAttr, linux.Errno) {
			var rep hostapi.NameOpReply
			e := call(in, in.NameOp, &hostapi.NameOpRequest{Kind: kind, Path: path, Other: other, Mode: mode, Flags: flags}, &rep)
			return rep.Attr, e
		}
		steps := []struct {
			kind        hostapi.NameOpKind
			path, other string
			mode, flags uint32
			want        linux.Errno
			wantMode    uint32
		}{
			{hostapi.NameOpKindMkdir, "d", "", 0o2777, 0, 0, 0o42777},
			{hostapi.NameOpKindMkdir, "d", "", 0o777, 0, linux.EEXIST, 0},
			{hostapi.NameOpKindMkdir, "d/../x", "", 0o777, 0, linux.EINVAL, 0},
			{hostapi.NameOpKindMkdir, "", "", 0o777, 0, linux.EBUSY, 0},
			{hostapi.NameOpKindMknod, "d/fifo", "", linux.S_IFIFO | 0o622, 0, 0, linux.S_IFIFO | 0o622},
			{hostapi.NameOpKindMknod, "d/dev", "", linux.S_IFCHR | 0o622, 0, linux.EPERM, 0},
			{hostapi.NameOpKindSymlink, "d/l", "../../etc", 0, 0, 0, 0o120777},
			{hostapi.NameOpKindMkdir, "d/l/x", "", 0o777, 0, linux.ELOOP, 0},
			{hostapi.NameOpKindLink, "d/fifo", "d/fifo2", 0, 0, 0, linux.S_IFIFO | 0o622},
			{hostapi.NameOpKindRename, "d/fifo", "d/fifo2", 0, linux.RENAME_NOREPLACE, linux.EEXIST, 0},
			{hostapi.NameOpKindRename, "d/fifo", "f", 0, 0, 0, 0},
			{hostapi.NameOpKindRmdir, "d", "", 0, 0, linux.ENOTEMPTY, 0},
			{hostapi.NameOpKindUnlink, "d", "", 0, 0, linux.EISDIR, 0},
			{hostapi.NameOpKindUnlink, "d/fifo2", "", 0, 0, 0, 0},
			{hostapi.NameOpKindUnlink, "d/l", "", 0, 0, 0, 0},
			{hostapi.NameOpKindRmdir, "d", "", 0, 0, 0, 0},
			{hostapi.NameOpKindUnlink, "f/x", "", 0, 0, linux.ENOTDIR, 0},
		}
		for _, s := range steps {
			a, e := op(s.kind, s.path, s.other, s.mode, s.flags)
			if e != s.want || a.Mode != s.wantMode {
				t.Errorf("%v(%q, %q, %#o, %#x) = mode %#o, %v; want %#o, %v", s.kind, s.path, s.other, s.mode, s.flags, a.Mode, e, s.wantMode, s.want)
			}
		}
		var rep hostapi.NameOpReply
		if e := call(in, in.NameOp, &hostapi.NameOpRequest{Kind: hostapi.NameOpKindMkdir, Root: 1, Path: "no"}, &rep); e != linux.EROFS {
			t.Errorf("mkdir on the read-only root = %v, want EROFS", e)
		}
	})
}

func TestReadOnlyRootIsNotWritten(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o666)
		for _, flags := range []uint32{linux.O_WRONLY, linux.O_RDWR, linux.O_RDONLY | linux.O_TRUNC, linux.O_RDONLY | linux.O_CREAT} {
			var rep hostapi.FileOpenReply
			if e := call(in, in.FileOpen, &hostapi.FileOpenRequest{Root: 1, Path: "f", Flags: flags, Handle: in.NewHandle()}, &rep); e != linux.EROFS {
				t.Errorf("open(f, %#o) = %v, want EROFS", flags, e)
			}
		}
		h := in.NewHandle()
		must(in, in.FileOpen, &hostapi.FileOpenRequest{Root: 1, Path: "f", Handle: h}, &hostapi.FileOpenReply{})
		for _, req := range []hostapi.FileSetAttrRequest{{Root: 1, Path: "f", Valid: 1, Mode: 0}, {Handle: h, Valid: 1}, {Handle: h, Valid: 8}} {
			if e := call(in, in.FileSetAttr, &req, &hostapi.FileSetAttrReply{}); e != linux.EROFS {
				t.Errorf("setattr(%+v) = %v, want EROFS", req, e)
			}
		}
		if e := call(in, in.FileWrite, &hostapi.FileWriteRequest{Handle: h, Data: []byte("y")}, &hostapi.FileWriteReply{}); e != linux.EBADF {
			t.Errorf("write = %v, want EBADF", e)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, "f")); string(got) != "x" {
			t.Errorf("the file holds %q, want x", got)
		}
	})
}

func TestSetAttr(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		os.WriteFile(filepath.Join(dir, "f"), []byte("hello"), 0o666)
		os.Symlink("f", filepath.Join(dir, "l"))
		var rep hostapi.FileSetAttrReply
		must(in, in.FileSetAttr, &hostapi.FileSetAttrRequest{Path: "f", Valid: 1 | 8 | 16 | 32, Mode: 0o751, Size: 3, AtimeNs: -1, MtimeNs: 1_500_000_000_000_000_001}, &rep)
		a := rep.Attr
		if a.Mode != 0o100751 || a.Size != 3 || a.AtimeNs != -1 || a.MtimeNs != 1_500_000_000_000_000_001 {
			t.Errorf("setattr = %+v", a)
		}
		rep = hostapi.FileSetAttrReply{}
		must(in, in.FileSetAttr, &hostapi.FileSetAttrRequest{Path: "l", Valid: 32, MtimeNs: 5e9}, &rep)
		if rep.Attr.MtimeNs != 5e9 || rep.Attr.Target != "f" {
			t.Errorf("setattr of a link = %+v", rep.Attr)
		}
		if e := call(in, in.FileSetAttr, &hostapi.FileSetAttrRequest{Path: "l", Valid: 1}, &rep); e != linux.EOPNOTSUPP {
			t.Errorf("chmod of a link = %v, want EOPNOTSUPP", e)
		}
		if e := call(in, in.FileSetAttr, &hostapi.FileSetAttrRequest{Path: "", Valid: 8}, &rep); e != linux.EISDIR {
			t.Errorf("truncate of a directory = %v, want EISDIR", e)
		}
		// A handle that only reads still names the file.
		h, _ := in.open("f", linux.O_RDONLY)
		rep = hostapi.FileSetAttrReply{}
		must(in, in.FileSetAttr, &hostapi.FileSetAttrRequest{Handle: h, Valid: 8, Size: 9}, &rep)
		if rep.Attr.Size != 9 {
			t.Errorf("truncate by handle = size %d, want 9", rep.Attr.Size)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	both(t, func(t *testing.T, in *inside, dir string) {
		os.WriteFile(filepath.Join(dir, "f"), nil, 0o666)
		os.Mkdir(filepath.Join(dir, "d"), 0o777)
		os.Symlink("f", filepath.Join(dir, "l"))
		os.Symlink("/", filepath.Join(dir, "up"))
		must(in, in.NameOp, &hostapi.NameOpRequest{Kind: hostapi.NameOpKindMknod, Path: "fifo", Mode: linux.S_IFIFO | 0o600}, &hostapi.NameOpReply{})
		for _, c := range []struct {
			path  string
			flags uint32
			want  linux.Errno
		}{
			{"l", 0, linux.ELOOP},
			{"up/etc/passwd", 0, linux.ELOOP},
			{"../x", 0, linux.EINVAL},
			{"/etc/passwd", 0, linux.EINVAL},
			{"d/./f", 0, linux.EINVAL},
			{"d/", 0, linux.EINVAL},
			{"a\x00b", 0, linux.EINVAL},
			{strings.Repeat("n", 256), 0, linux.ENAMETOOLONG},
			{strings.Repeat("n/", 2500) + "n", 0, linux.ENAMETOOLONG},
			{"fifo", 0, linux.ENXIO},
			{"fifo", linux.O_WRONLY, linux.ENXIO},
			{"fifo", linux.O_WRONLY | linux.O_CREAT, linux.ENXIO},
			{"d", linux.O_RDWR, linux.EISDIR},
			{"f", linux.O_DIRECTORY, linux.ENOTDIR},
			{"f", linux.O_RDWR | linux.O_CREAT | linux.O_EXCL, linux.EEXIST},
			{"l", linux.O_RDWR | linux.O_CREAT, linux.ELOOP},
			{"f/x", 0, linux.ENOTDIR},
			{"none", 0, linux.ENOENT},
			{"f", linux.O_APPEND, linux.EINVAL},
			{"f", linux.O_ACCMODE, linux.EINVAL},
		} {
			if _, e := in.open(c.path, c.flags); e != c.want {
				t.Errorf("open(%.40q, %#o) = %v, want %v", c.path, c.flags, e, c.want)
			}
		}
		req := hostapi.FileOpenRequest{Path: "f", Handle: in.NewHandle()}
		must(in, in.FileOpen, &req, &hostapi.FileOpenReply{})
		if e := call(in, in.FileOpen, &req, &hostapi.FileOpenReply{}); e != linux.EEXIST {
			t.Errorf("a second open with one handle = %v, want EEXIST", e)
		}
		req.Root, req.Handle = 2, in.NewHandle()
		if e := call(in, in.FileOpen, &req, &hostapi.FileOpenReply{}); e != linux.ENODEV {
			t.Errorf("open below a root that is not there = %v, want ENODEV", e)
		}
	})
}

func TestClocksAndEntropy(t *testing.T) {
	both(t, func(t *testing.T, in *inside, _ string) {
		var a, b hostapi.ClockReadReply
		must(in, in.ClockRead, &hostapi.ClockReadRequest{}, &a)
		must(in, in.ClockRead, &hostapi.ClockReadRequest{}, &b)
		if b.MonotonicNs <= a.MonotonicNs || time.Since(time.Unix(0, a.RealtimeNs)).Abs() > time.Minute {
			t.Errorf("clocks %+v, then %+v", a, b)
		}
		e1, e2 := hostapi.EntropyReply{Data: []byte("k")}, hostapi.EntropyReply{}
		must(in, in.Entropy, &hostapi.EntropyRequest{Count: 32}, &e1)
		must(in, in.Entropy, &hostapi.EntropyRequest{Count: 32}, &e2)
		if len(e1.Data) != 33 || e1.Data[0] != 'k' || string(e1.Data[1:]) == string(e2.Data) {
			t.Errorf("entropy %x, then %x", e1.Data, e2.Data)
		}
	})
}

func TestDescriptorsConferNoMore(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o666)
	in := embedded(t, server.Options{Roots: []server.Root{{Dir: dir, Name: "/", Writable: true}}, Streams: []int{}})
	r, _ := in.open("f", linux.O_RDONLY)
	w, _ := in.open("f", linux.O_RDWR)
	access := func(h uint64, writable bool) int {
		fd, ok := in.Descriptor(h, writable)
		if !ok {
			return -1
		}
		fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil {
			t.Fatal(err)
		}
		return fl & unix.O_ACCMODE
	}
	for _, x := range []struct {
		name     string
		handle   uint64
		writable bool
		want     int
	}{{"reader", r, false, unix.O_RDONLY}, {"reader, to write", r, true, -1},
		{"writer, to read", w, false, unix.O_RDONLY}, {"writer, to write", w, true, unix.O_RDWR}} {
		if got := access(x.handle, x.writable); got != x.want {
			t.Errorf("%s: access mode %d, want %d", x.name, got, x.want)
		}
	}
	if fd, ok := in.Descriptor(999, false); ok {
		t.Errorf("Descriptor(999) = %d, want none", fd)
	}
}

func TestDialTells(t *testing.T) {
	_, err := client.Dial(context.Background(), filepath.Join(t.TempDir(), "none"), client.Options{})
	if err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("Dial of nothing = %v", err)
	}
}

func TestLostConnectionGivesOneLineAndEIO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := server.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go server.Serve(ctx, ln, server.Options{Streams: []int{}})
	in := newInside(t)
	if in.Client, err = client.Dial(context.Background(), path, in.options()); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 5 {
		if e := call(in, in.ClockRead, &hostapi.ClockReadRequest{}, &hostapi.ClockReadReply{}); e == linux.EIO {
			break
		}
	}
	for range 5 {
		if e := call(in, in.ClockRead, &hostapi.ClockReadRequest{}, &hostapi.ClockReadReply{}); e != linux.EIO {
			t.Errorf("clock after the loss = %v, want EIO", e)
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.lines) != 1 || !strings.Contains(in.lines[0], "connection lost") {
		t.Errorf("lines %q, want one that says it", in.lines)
	}
}

var _ hostcalls.Host = (*client.Client)(nil)

// TestConsoleReadGivesATicket: a read that finds nothing waits by a ticket; the
// file calls beside it do not.
func TestConsoleReadGivesATicket(t *testing.T) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			in := open(t, server.Options{Roots: []server.Root{{Name: "/", Dir: t.TempDir()}}, Streams: []int{int(r.Fd())}})
			req := &hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindRead, Count: 100, Offset: -1}
			var rep hostapi.ConsoleReply
			ticket, e := in.Console(req, &rep)
			if e != linux.EWAIT {
				t.Fatalf("read of an empty pipe = %v, want EWAIT", e)
			}
			poll := &hostapi.WaitRequest{Streams: []uint32{0}, Events: []uint32{linux.POLLIN}, TimeoutNs: 3600e9}
			var ready hostapi.WaitReply
			polled, e := in.Wait(poll, &ready)
			if e != linux.EWAIT {
				t.Fatalf("wait = %v, want EWAIT", e)
			}
			must(in, in.FileStat, &hostapi.FileStatRequest{Paths: []string{""}}, &hostapi.FileStatReply{})
			w.WriteString("input")
			in.wait(ticket)
			rep.Data = []byte("> ")
			if _, e := in.Console(req, &rep); e != 0 || string(rep.Data) != "> input" {
				t.Errorf("read = %q, %v", rep.Data, e)
			}
			w.WriteString("more") // the read may have been quicker than the poll
			in.wait(polled)
			if _, e := in.Wait(poll, &ready); e != 0 || len(ready.Events) != 1 || ready.Events[0] != linux.POLLIN {
				t.Errorf("wait = %#x, %v; want POLLIN", ready.Events, e)
			}
		})
	}
}
