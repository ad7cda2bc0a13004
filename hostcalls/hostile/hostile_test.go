package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/hostile"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/proto/gen/hostwire"
)

const deadline = 20 * time.Second

// world is a kernel's view of a hostile host.
type world struct {
	*client.Client
	host *hostile.Host
	t    *testing.T
	dir  string
	done chan uint64

	mu   sync.Mutex // guards lies
	lies []error
}

// told takes the lines that the operator got.
func (w *world) told() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.lies
	w.lies = nil
	return got
}

func ways() map[string]func(*testing.T) *world {
	return map[string]func(*testing.T) *world{
		"embedded": func(t *testing.T) *world {
			w := newWorld(t)
			w.Client = client.Embedded(w.host, w.options())
			w.open()
			return w
		},
		"wire": func(t *testing.T) *world {
			w := newWorld(t)
			w.Client = connect(t, w.host, w.options())
			w.open()
			return w
		},
	}
}

// connect serves impl over gRPC on a socket pair.
func connect(t *testing.T, impl hostapi.Host, o client.Options) *client.Client {
	t.Helper()
	g := grpc.NewServer(grpc.MaxSendMsgSize(64<<20), grpc.MaxRecvMsgSize(64<<20))
	hostwire.Register(g, impl)
	return connectTo(t, g, o)
}

func connectTo(t *testing.T, g *grpc.Server, o client.Options) *client.Client {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	go g.Serve(ln)
	t.Cleanup(g.Stop)
	c, err := client.Dial(t.Context(), ln.Addr().String(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect() })
	return c
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "file"), []byte("contents"), 0o644)
	unix.Setxattr(filepath.Join(dir, "file"), "user.a", []byte("1"), 0)
	os.Mkdir(filepath.Join(dir, "dir"), 0o755)
	os.WriteFile(filepath.Join(dir, "dir", "a"), nil, 0o644)
	os.WriteFile(filepath.Join(dir, "dir", "b"), nil, 0o644)
	in, err := os.Open(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	s, err := server.New(server.Options{
		Roots:   []server.Root{{Name: "/", Dir: dir, Writable: true}},
		Streams: []int{int(in.Fd()), int(out.Fd()), int(tty.Fd())},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(); in.Close(); out.Close(); tty.Close() })
	return &world{host: hostile.New(s), t: t, dir: dir, done: make(chan uint64, 1000)}
}

func (w *world) options() client.Options {
	return client.Options{
		OnDone: func(ticket uint64) { w.done <- ticket },
		OnLie: func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.lies = append(w.lies, err)
		},
	}
}

// open opens "file" as handle 1.
func (w *world) open() {
	w.t.Helper()
	req := &hostapi.FileOpenRequest{Path: "file", Flags: linux.O_RDWR, Handle: w.NewHandle()}
	if _, e := w.ask("FileOpen", req); e != 0 || req.Handle != 1 {
		w.t.Fatalf("open of handle %d = %v", req.Handle, e)
	}
}

// ask asks by the method's name until there is an answer. It puts bytes of its
// own into the reply's buffer, which must survive.
func (w *world) ask(call string, req any) (rep any, e linux.Errno) {
	w.t.Helper()
	do := reflect.ValueOf(hostcalls.Host(w.Client)).MethodByName(call)
	for {
		r := reflect.New(do.Type().In(1).Elem())
		if d := r.Elem().FieldByName("Data"); d.IsValid() {
			d.SetBytes(append(make([]byte, 0, 64), "mine"...))
		}
		out := do.Call([]reflect.Value{reflect.ValueOf(req), r})
		ticket, e := out[0].Uint(), linux.Errno(out[1].Uint())
		if e != linux.EWAIT {
			if d := r.Elem().FieldByName("Data"); d.IsValid() {
				if b := d.Bytes(); len(b) < 4 || string(b[:4]) != "mine" {
					w.t.Errorf("%s lost the caller's bytes: %q", call, b)
				} else {
					d.SetBytes(b[4:])
				}
			}
			return r.Interface(), e
		}
		select {
		case got := <-w.done:
			if got != ticket {
				w.t.Fatalf("ticket %d announced, want %d", got, ticket)
			}
		case <-time.After(deadline):
			w.t.Fatalf("%s: ticket %d was not announced in %v", call, ticket, deadline)
		}
	}
}

// prepare undoes what an earlier case made, and makes what a case needs.
func (w *world) prepare(l *hostile.Lie) {
	for _, name := range []string{"made", "made2"} {
		os.RemoveAll(filepath.Join(w.dir, name))
	}
	switch req := l.Request.(type) {
	case *hostapi.NameOpRequest:
		switch req.Kind {
		case hostapi.NameOpKindUnlink, hostapi.NameOpKindRename:
			os.WriteFile(filepath.Join(w.dir, "made"), nil, 0o644)
		case hostapi.NameOpKindRmdir:
			os.Mkdir(filepath.Join(w.dir, "made"), 0o755)
		}
	case *hostapi.FileOpenRequest:
		req.Handle = w.NewHandle()
	}
}

// TestNoLieIsBelieved asks each lie's question three times: honestly, to see
// that the question is a good one; told the lie; and honestly again, to see that
// the lie left nothing behind.
func TestNoLieIsBelieved(t *testing.T) {
	if len(hostile.Lies) < 150 {
		t.Fatalf("%d lies in the table", len(hostile.Lies))
	}
	for way, open := range ways() {
		t.Run(way, func(t *testing.T) {
			w := open(t)
			for i := range hostile.Lies {
				l := &hostile.Lies[i]
				t.Run(l.Call+"/"+l.Name, func(t *testing.T) {
					w.t = t
					honest := func(when string) {
						w.prepare(l)
						w.host.Tell(nil)
						if _, e := w.ask(l.Call, l.Request); e != 0 {
							t.Errorf("%s: %s(%+v) = %v, want 0", when, l.Call, l.Request, e)
						}
						if lines := w.told(); len(lines) > 0 {
							t.Errorf("%s: honest, yet called a liar: %v", when, lines)
						}
					}
					honest("before")
					w.prepare(l)
					w.host.Tell(l)
					told := w.host.Told()
					rep, e := w.ask(l.Call, l.Request)
					if w.host.Told() == told {
						t.Fatalf("the lie was not told")
					}
					if e != linux.EIO {
						t.Errorf("%s(%+v) = %v, want EIO", l.Call, l.Request, e)
					}
					zero := reflect.New(reflect.TypeOf(rep).Elem())
					if d := reflect.ValueOf(rep).Elem().FieldByName("Data"); d.IsValid() && len(d.Bytes()) == 0 {
						d.SetZero()
					}
					if !reflect.DeepEqual(rep, zero.Interface()) {
						t.Errorf("the reply holds %+v", rep)
					}
					lines := w.told()
					if len(lines) != 1 || !errors.Is(lines[0], client.ErrHostLied) {
						t.Fatalf("operator's lines %v, want one with ErrHostLied", lines)
					}
					t.Log(lines[0])
					honest("after")
				})
			}
		})
	}
}

// TestEveryCallHasLies keeps the table whole as the contract grows.
func TestEveryCallHasLies(t *testing.T) {
	byCall := make(map[string]int)
	seen := make(map[string]bool)
	for _, l := range hostile.Lies {
		byCall[l.Call]++
		if seen[l.Call+l.Name] {
			t.Errorf("two lies are named %s/%s", l.Call, l.Name)
		}
		seen[l.Call+l.Name] = true
	}
	for _, m := range hostapi.Methods {
		want := 6 // one beside the five about the errno
		if m.Name == "FileSync" || m.Name == "Close" {
			want = 5 // their replies say nothing else
		}
		if byCall[m.Name] < want {
			t.Errorf("%d lies for %s, want %d", byCall[m.Name], m.Name, want)
		}
	}
}

// TestLiesAtRandom: whatever mixture of lies and truth, each lie gives EIO and
// one line, and nothing else does.
func TestLiesAtRandom(t *testing.T) {
	for way, open := range ways() {
		t.Run(way, func(t *testing.T) {
			w := open(t)
			w.ask("ClockRead", &hostapi.ClockReadRequest{}) // a first time to compare with
			w.host.TellAny(1, 3)
			refused := 0
			for i := range 1500 {
				l := &hostile.Lies[i*7%len(hostile.Lies)]
				w.prepare(l)
				if _, e := w.ask(l.Call, l.Request); e == linux.EIO {
					refused++
				}
			}
			told := w.host.Told()
			if lines := w.told(); told < 100 || refused != told || len(lines) != told {
				t.Errorf("%d lies, %d times EIO, %d lines", told, refused, len(lines))
			}
		})
	}
}

// rawHost answers on the wire what hostapi cannot even say.
type rawHost struct {
	hostwire.UnimplementedHostServer
	mode string
}

func (h *rawHost) Hello(context.Context, *hostwire.HelloRequest) (*hostwire.HelloReply, error) {
	return &hostwire.HelloReply{Version: 1, MaxData: 1 << 20}, nil
}

func (h *rawHost) FileRead(ctx context.Context, _ *hostwire.FileReadRequest) (*hostwire.FileReadReply, error) {
	switch h.mode {
	case "errno 70000":
		return &hostwire.FileReadReply{Errno: 70000, Data: []byte("x")}, nil
	case "errno 2^32-1":
		return &hostwire.FileReadReply{Errno: 1<<32 - 1}, nil
	case "12 MiB":
		return &hostwire.FileReadReply{Data: make([]byte, 12<<20), Lengths: []uint32{12 << 20}}, nil
	case "error":
		return nil, fmt.Errorf("no \n line \x1b[2J for you")
	}
	return nil, nil
}

// TestLiesBelowTheContract: what only a program that writes its own messages
// can say.
func TestLiesBelowTheContract(t *testing.T) {
	for _, mode := range []string{"errno 70000", "errno 2^32-1", "12 MiB", "error", "nothing"} {
		t.Run(mode, func(t *testing.T) {
			w := &world{t: t, done: make(chan uint64, 10)}
			g := grpc.NewServer(grpc.MaxSendMsgSize(64 << 20))
			hostwire.RegisterHostServer(g, &rawHost{mode: mode})
			w.Client = connectTo(t, g, w.options())
			req := &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: 1, Length: 5}}}
			rep, e := w.ask("FileRead", req)
			if e != linux.EIO || len(rep.(*hostapi.FileReadReply).Data) != 0 {
				t.Errorf("read = %+v, %v; want EIO", rep, e)
			}
			lines := w.told()
			if len(lines) != 1 || !errors.Is(lines[0], client.ErrHostLied) {
				t.Fatalf("lines %v, want one with ErrHostLied", lines)
			}
			for _, r := range lines[0].Error() {
				if r < ' ' {
					t.Errorf("line %q would break the operator's terminal", lines[0])
					break
				}
			}
			// A call that the host does not know is a lie as well: Hello said 1.
			if _, e := w.ask("Wait", &hostapi.WaitRequest{Streams: []uint32{0}, Events: []uint32{1}}); e != linux.EIO {
				t.Errorf("an unknown call = %v, want EIO", e)
			}
			if lines := w.told(); len(lines) != 1 {
				t.Errorf("lines %v, want one", lines)
			}
		})
	}
}

// FuzzNoise asks a host that answers by chance, and checks what comes through
// by rules of its own.
func FuzzNoise(f *testing.F) {
	f.Add([]byte("\x05\x01\x04\x00\x02"), uint64(1))
	f.Add([]byte{8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 4, 1, 1, 1, 1, 1, 11, 2, 0, 5, 12, 1, 0, 1}, uint64(7))
	f.Fuzz(func(t *testing.T, calls []byte, seed uint64) {
		c := client.Embedded(hostapi.Noise{Seed: seed}, client.Options{OnLie: func(error) {}})
		defer c.Disconnect()
		for _, call := range hostapi.Calls(calls) {
			rep := call.Method.NewReply()
			out := reflect.ValueOf(hostcalls.Host(c)).MethodByName(call.Method.Name).Call(
				[]reflect.Value{reflect.ValueOf(call.Req), reflect.ValueOf(rep)})
			ticket, e := out[0].Uint(), linux.Errno(out[1].Uint())
			if e.Internal() != (e == linux.EWAIT) || (e == linux.EWAIT) != (ticket != 0) {
				t.Fatalf("%#v = ticket %d, %v", call, ticket, e)
			}
			if e != 0 && !reflect.ValueOf(rep).Elem().IsZero() {
				t.Fatalf("%#v = %v with %+v", call, e, rep)
			}
			switch rep := rep.(type) {
			case *hostapi.FileReadReply:
				var asked int64
				for _, x := range call.Req.(*hostapi.FileReadRequest).Extents {
					asked += int64(x.Length)
				}
				if int64(len(rep.Data)) > asked {
					t.Fatalf("%#v gave %d bytes", call, len(rep.Data))
				}
			case *hostapi.FileListReply:
				last := call.Req.(*hostapi.FileListRequest).After
				for _, entry := range rep.Entries {
					if filepath.Base(entry.Name) != entry.Name || entry.Name == "." || entry.Name == ".." || entry.Name <= last || entry.Attr.Size < 0 {
						t.Fatalf("%#v gave %q after %q", call, entry.Name, last)
					}
					last = entry.Name
				}
			}
		}
	})
}
