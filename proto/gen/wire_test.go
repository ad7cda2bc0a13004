package gen

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/fswire"
)

// All contracts share one generator; fs stands for them here.

// heard collects what OnError is told.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) onError(method string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, method+": "+err.Error())
}

func (h *heard) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines := h.lines
	h.lines = nil
	return lines
}

// rawServer answers Read and Watch in protobuf, as a plugin in another
// language might.
type rawServer struct {
	fswire.UnimplementedFSServer
	read  func(context.Context, *fswire.ReadRequest) (*fswire.ReadReply, error)
	watch func(grpc.ServerStreamingServer[fswire.WatchReply]) error
}

func (s *rawServer) Read(ctx context.Context, req *fswire.ReadRequest) (*fswire.ReadReply, error) {
	return s.read(ctx, req)
}

func (s *rawServer) Watch(_ *fswire.WatchRequest, w grpc.ServerStreamingServer[fswire.WatchReply]) error {
	return s.watch(w)
}

// dialRaw returns a client of s, its OnError, and the server.
func dialRaw(t *testing.T, s *rawServer, timeout time.Duration) (fsapi.FS, *heard, *grpc.Server) {
	t.Helper()
	cc, server := dialServer(t, func(r *grpc.Server) { fswire.RegisterFSServer(r, s) })
	h := new(heard)
	return fswire.NewClient(cc, fswire.ClientOptions{Timeout: timeout, OnError: h.onError}), h, server
}

func TestErrnosThatNoSubsystemMayGive(t *testing.T) {
	cases := []struct {
		errno uint32
		want  linux.Errno
		bad   bool
	}{
		{0, 0, false},
		{uint32(linux.ENOENT), linux.ENOENT, false},
		{uint32(linux.EWAIT), linux.EWAIT, false},
		{uint32(linux.ERESTARTSYS), linux.EIO, true},
		{uint32(linux.ERESTART_RESTARTBLOCK), linux.EIO, true},
		{4095, linux.EIO, true},
		{4096, linux.EIO, true},
		{1 << 16, linux.EIO, true},                        // 0 if cut to 16 bits
		{1<<16 + uint32(linux.ENOENT), linux.EIO, true},   // ENOENT if cut
		{^uint32(1), linux.EIO, true},                     // -ENOENT
		{uint32(linux.EWAIT) + 1<<16, linux.EIO, true},    // EWAIT if cut
		{uint32(linux.ENOIOCTLCMD), linux.EIO, true},      // the core's own
		{uint32(linux.ERESTARTNOHAND), linux.EIO, true},   // the core's own
		{uint32(linux.ERESTARTNOINTR), linux.EIO, true},   // the core's own
		{uint32(linux.EWAIT) + 1, linux.EIO, true},        // nobody's
		{uint32(linux.EHWPOISON), linux.EHWPOISON, false}, // the last of Linux
	}
	var errno uint32
	fs, h, _ := dialRaw(t, &rawServer{read: func(context.Context, *fswire.ReadRequest) (*fswire.ReadReply, error) {
		return &fswire.ReadReply{Errno: errno, Data: []byte("data")}, nil
	}}, 0)
	for _, c := range cases {
		errno = c.errno
		var rep fsapi.ReadReply
		if got := fs.Read(&fsapi.ReadRequest{}, &rep); got != c.want {
			t.Errorf("errno %d: Read = %v, want %v", c.errno, got, c.want)
		}
		lines := h.take()
		if c.bad && (len(lines) != 1 || !strings.Contains(lines[0], fmt.Sprintf("Read: reply has errno %d,", c.errno))) {
			t.Errorf("errno %d: OnError heard %q", c.errno, lines)
		}
		if !c.bad && len(lines) > 0 {
			t.Errorf("errno %d: OnError heard %q, want nothing", c.errno, lines)
		}
		if c.bad && len(rep.Data) > 0 {
			t.Errorf("errno %d: data of a reply that was refused", c.errno)
		}
	}
}

func TestDeadlineGivesEIO(t *testing.T) {
	fs, h, _ := dialRaw(t, &rawServer{read: func(ctx context.Context, _ *fswire.ReadRequest) (*fswire.ReadReply, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}, 20*time.Millisecond)
	if got := fs.Read(new(fsapi.ReadRequest), new(fsapi.ReadReply)); got != linux.EIO {
		t.Errorf("Read = %v, want EIO", got)
	}
	if lines := h.take(); len(lines) != 1 || !strings.HasPrefix(lines[0], "Read: ") || !strings.Contains(lines[0], "DeadlineExceeded") {
		t.Errorf("OnError heard %q, want one DeadlineExceeded of Read", lines)
	}
}

func TestDeathGivesEIOToCallsInFlight(t *testing.T) {
	const calls = 8
	entered := make(chan bool, calls)
	fs, h, server := dialRaw(t, &rawServer{read: func(ctx context.Context, _ *fswire.ReadRequest) (*fswire.ReadReply, error) {
		entered <- true
		<-ctx.Done()
		return nil, ctx.Err()
	}}, time.Minute)
	results := make(chan linux.Errno, calls)
	for range calls {
		go func() { results <- fs.Read(new(fsapi.ReadRequest), new(fsapi.ReadReply)) }()
	}
	for range calls {
		<-entered
	}
	server.Stop()
	for range calls {
		if got := <-results; got != linux.EIO {
			t.Errorf("Read = %v, want EIO", got)
		}
	}
	if lines := h.take(); len(lines) != calls {
		t.Errorf("OnError heard %d errors, want %d: %q", len(lines), calls, lines)
	}
}

func TestUnknownMethodGivesENOSYS(t *testing.T) {
	fs, h, _ := dialRaw(t, &rawServer{}, 0)
	if got := fs.Rename(new(fsapi.RenameRequest), new(fsapi.RenameReply)); got != linux.ENOSYS {
		t.Errorf("Rename = %v, want ENOSYS", got)
	}
	if lines := h.take(); len(lines) > 0 {
		t.Errorf("OnError heard %q, want nothing", lines)
	}
}

func TestDataIsAppendedToTheCallersBuffer(t *testing.T) {
	fs, _, _ := dialRaw(t, &rawServer{read: func(context.Context, *fswire.ReadRequest) (*fswire.ReadReply, error) {
		return &fswire.ReadReply{Data: []byte("data")}, nil
	}}, 0)
	buf := make([]byte, 64)
	copy(buf, "ab")
	rep := fsapi.ReadReply{Data: buf[:2]}
	if e := fs.Read(new(fsapi.ReadRequest), &rep); e != 0 || string(rep.Data) != "abdata" {
		t.Errorf("Read = %v, %q; want 0, abdata", e, rep.Data)
	}
	if &rep.Data[0] != &buf[0] {
		t.Error("the data is in another buffer")
	}
	rep.Reset()
	if e := fs.Read(new(fsapi.ReadRequest), &rep); e != 0 || string(rep.Data) != "data" || &rep.Data[0] != &buf[0] {
		t.Errorf("after Reset: Read = %v, %q; want 0, data in the same buffer", e, rep.Data)
	}
	rep = fsapi.ReadReply{}
	if e := fs.Read(new(fsapi.ReadRequest), &rep); e != 0 || string(rep.Data) != "data" {
		t.Errorf("without a buffer: Read = %v, %q; want 0, data", e, rep.Data)
	}
}

// watcher is an FS that emits n replies, reports how often it was let, and
// ends with errno.
type watcher struct {
	fsapi.Unimplemented
	n     int
	errno linux.Errno
	let   chan int
}

func (w *watcher) Watch(_ *fsapi.WatchRequest, emit func(*fsapi.WatchReply) bool) linux.Errno {
	var rep fsapi.WatchReply
	for i := range w.n {
		rep.Reset()
		rep.Ready = append(rep.Ready, fsapi.Ready{Handle: uint64(i)})
		if !emit(&rep) {
			w.let <- i
			return 0
		}
	}
	w.let <- w.n
	return w.errno
}

func TestWatchOverTheWire(t *testing.T) {
	for _, errno := range []linux.Errno{0, linux.EPERM} {
		impl := &watcher{n: 5, errno: errno, let: make(chan int, 1)}
		cc := dial(t, func(s *grpc.Server) { fswire.Register(s, impl) })
		fs := fswire.NewClient(cc, fswire.ClientOptions{OnError: unwanted(t)})
		var got []uint64
		e := fs.Watch(new(fsapi.WatchRequest), func(rep *fsapi.WatchReply) bool {
			for _, r := range rep.Ready {
				got = append(got, r.Handle)
			}
			return true
		})
		if e != errno || fmt.Sprint(got) != "[0 1 2 3 4]" {
			t.Errorf("Watch = %v with handles %v, want %v with [0 1 2 3 4]", e, got, errno)
		}
		if n := <-impl.let; n != 5 {
			t.Errorf("server emitted %d, want 5", n)
		}
	}
}

func TestWatchEndsWhenEmitSaysSo(t *testing.T) {
	impl := &watcher{n: 1 << 30, let: make(chan int, 1)}
	cc := dial(t, func(s *grpc.Server) { fswire.Register(s, impl) })
	fs := fswire.NewClient(cc, fswire.ClientOptions{OnError: unwanted(t)})
	seen := 0
	if e := fs.Watch(new(fsapi.WatchRequest), func(*fsapi.WatchReply) bool { seen++; return seen < 3 }); e != 0 {
		t.Errorf("Watch = %v, want 0", e)
	}
	if seen != 3 {
		t.Errorf("emit ran %d times, want 3", seen)
	}
	<-impl.let // the server's side ends too
}

func TestWatchOfADeadServerGivesEIO(t *testing.T) {
	started := make(chan bool, 1)
	fs, h, server := dialRaw(t, &rawServer{watch: func(w grpc.ServerStreamingServer[fswire.WatchReply]) error {
		w.Send(&fswire.WatchReply{})
		started <- true
		<-w.Context().Done()
		return w.Context().Err()
	}}, 0)
	done := make(chan linux.Errno)
	go func() { done <- fs.Watch(new(fsapi.WatchRequest), func(*fsapi.WatchReply) bool { return true }) }()
	<-started
	server.Stop()
	if e := <-done; e != linux.EIO {
		t.Errorf("Watch = %v, want EIO", e)
	}
	if lines := h.take(); len(lines) != 1 {
		t.Errorf("OnError heard %q, want one error", lines)
	}
}

func TestWatchEndsInPeaceWhenTheConnectionIsClosedHere(t *testing.T) {
	started := make(chan bool, 1)
	impl := &rawServer{watch: func(w grpc.ServerStreamingServer[fswire.WatchReply]) error {
		w.Send(&fswire.WatchReply{})
		<-w.Context().Done()
		return nil
	}}
	cc := dial(t, func(s *grpc.Server) { fswire.RegisterFSServer(s, impl) })
	fs := fswire.NewClient(cc, fswire.ClientOptions{OnError: unwanted(t)})
	done := make(chan linux.Errno)
	go func() {
		done <- fs.Watch(new(fsapi.WatchRequest), func(*fsapi.WatchReply) bool { started <- true; return true })
	}()
	<-started
	cc.Close()
	if e := <-done; e != 0 {
		t.Errorf("Watch = %v, want 0", e)
	}
}

// constantFS answers Read from one buffer.
type constantFS struct{ fsapi.Unimplemented }

func (constantFS) Read(req *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	rep.Data = append(rep.Data, "data"...)
	return 0
}

// TestLinkedCallsAllocateNothing guards the generated shape: request, reply,
// Reset and the method table cost no allocation.
func TestLinkedCallsAllocateNothing(t *testing.T) {
	var fs fsapi.FS = constantFS{}
	read := method("Read")
	req, rep := new(fsapi.ReadRequest), &fsapi.ReadReply{Data: make([]byte, 0, 64)}
	if n := testing.AllocsPerRun(100, func() {
		*req = fsapi.ReadRequest{Handle: 3, Count: 4}
		rep.Reset()
		if fs.Read(req, rep) != 0 || len(rep.Data) != 4 {
			t.Fatal("Read failed")
		}
		rep.Reset()
		if read.Call(fs, req, rep) != 0 || !rep.Equal(rep) {
			t.Fatal("Read by the table failed")
		}
	}); n != 0 {
		t.Errorf("linked read: %v allocations, want 0", n)
	}
}
