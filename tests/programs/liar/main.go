// Command liar is a plugin that breaks the contract in one way, for the tests of
// what the core makes of it: `liar KIND LIE`.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/plugin"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/fswire"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/ipcwire"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/mmwire"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/proto/gen/signalwire"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/mm"
	"adyton.dev/adyton/subsystems/signal"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: liar KIND LIE")
		os.Exit(2)
	}
	kind, lie := os.Args[1], os.Args[2]
	about := plugin.About{Kind: kind, Name: "liar", Version: lie}
	var register func(*grpc.Server, coreapi.Core)
	switch kind {
	case "fs":
		about.Claims = fs.Claims
		register = func(s *grpc.Server, core coreapi.Core) { fswire.Register(s, &fsLiar{must(newFS(core)), lie}) }
	case "mm":
		about.Claims = mm.Claims
		register = func(s *grpc.Server, core coreapi.Core) { mmwire.Register(s, &mmLiar{must(mm.New(mm.Config{})), lie}) }
	case "signal":
		about.Claims = signal.Claims
		register = func(s *grpc.Server, core coreapi.Core) {
			x := must(signal.New(signal.Config{Realtime: func() int64 { return time.Now().UnixNano() }, Monotonic: leader.Now}))
			signalwire.Register(s, &signalLiar{x, lie})
		}
	case "ipc":
		about.Claims = ipc.Claims
		register = func(s *grpc.Server, core coreapi.Core) {
			ipcwire.Register(s, &ipcLiar{must(ipc.New(ipc.Config{})), lie, core})
		}
	}
	plugin.Serve(about, register)
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "liar:", err)
		os.Exit(1)
	}
	return v
}

// newFS is fs with this machine's files.
func newFS(core coreapi.Core) (*fs.FS, error) {
	srv, err := server.New(server.Options{Roots: []server.Root{{Name: "/", Dir: "/"}}, Streams: []int{3, 4, 5}})
	if err != nil {
		return nil, err
	}
	var f *fs.FS
	host := client.Embedded(srv, client.Options{OnDone: func(t uint64) { f.HostDone(t) }})
	var hello hostapi.HelloReply
	if _, e := host.Hello(&hostapi.HelloRequest{Version: server.Version}, &hello); e != 0 {
		return nil, e
	}
	f, err = fs.New(fs.Config{Host: host, HostMaxData: int(hello.MaxData), Root: &fs.Tree{}, Core: core})
	return f, err
}

// ipcLiar lies about pipes.
type ipcLiar struct {
	ipcapi.IPC
	lie  string
	core coreapi.Core
}

func (l *ipcLiar) OpenPipe(req *ipcapi.OpenPipeRequest, rep *ipcapi.OpenPipeReply) linux.Errno {
	e := l.IPC.OpenPipe(req, rep)
	switch l.lie {
	case "no handle":
		rep.ReadHandle, rep.WriteHandle = 0, 0
	case "one handle twice":
		rep.WriteHandle = rep.ReadHandle
	case "errno":
		return 9999
	case "internal errno":
		return 512
	case "panic":
		panic("a lie")
	case "exit":
		os.Exit(0)
	case "callback":
		var p coreapi.ProcessesReply
		if e := l.core.Processes(&coreapi.ProcessesRequest{}, &p); e != 0 || len(p.Pids) == 0 {
			return linux.EUCLEAN
		}
	case "rubbish":
		for range 1000 {
			os.Stdout.WriteString("1|2|3|rubbish|\x00\xff\n")
		}
	case "slow":
		time.Sleep(300 * time.Millisecond)
	}
	return e
}

func (l *ipcLiar) Read(req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	e := l.IPC.Read(req, rep)
	switch l.lie {
	case "long":
		rep.Data = append(rep.Data, bytes.Repeat([]byte("x"), int(req.Count)+1)...)
	case "wait for nothing":
		rep.Wait = ipcapi.Wait{}
		return linux.EWAIT
	case "wait for a stranger":
		rep.Wait = ipcapi.Wait{Handle: 1 << 60, Events: 1}
		return linux.EWAIT
	case "wait in the past":
		rep.Wait = ipcapi.Wait{Handle: req.Handle, Events: 1 << 31, DeadlineNs: 1, DeadlineErrno: 9999}
		return linux.EWAIT
	case "tokens":
		rep.Tokens = []uint64{1, 2, 1 << 63, 0}
	case "ready":
		rep.Ready = append(rep.Ready, ipcapi.Ready{Handle: 0, Level: ^uint32(0)}, ipcapi.Ready{Handle: 1 << 63, Level: ^uint32(0), Generation: ^uint64(0)})
	}
	return e
}

func (l *ipcLiar) Write(req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	e := l.IPC.Write(req, rep)
	if l.lie == "count" {
		rep.Count = ^uint32(0)
	}
	return e
}

// mmLiar lies about where memory lies. A lie about the first maps would keep the
// program from starting, which is no proof, so only anonymous ones of 3 MiB are.
type mmLiar struct {
	mmapi.MM
	lie string
}

func (l *mmLiar) Map(req *mmapi.MapRequest, rep *mmapi.MapReply) linux.Errno {
	e := l.MM.Map(req, rep)
	if req.Length < 3<<20 || req.File != 0 || e != 0 {
		return e
	}
	switch l.lie {
	case "outside":
		rep.Addr = 1 << 62
		rep.Ops[0].Addr = 1 << 62
	case "the shim":
		rep.Ops[0].Addr = 1<<47 - 64<<20
		rep.Addr = rep.Ops[0].Addr
	case "unaligned":
		rep.Ops[0].Addr += 3
	case "endless":
		rep.Ops[0].Length = ^uint64(0)
	case "unknown op":
		rep.Ops[0].Kind = 99
	case "a stranger's file":
		rep.Ops[0].Kind, rep.Ops[0].File = mmapi.OpKindMapFile, 1<<40
	case "references":
		rep.Files = append(rep.Files, mmapi.FileRef{File: 1 << 40, Delta: -5}, mmapi.FileRef{File: 0, Delta: 1 << 62})
	case "many ops":
		for range 100000 {
			rep.Ops = append(rep.Ops, rep.Ops[0])
		}
	}
	return e
}

// signalLiar lies about signals sent.
type signalLiar struct {
	signalapi.Signal
	lie string
}

func (l *signalLiar) Send(req *signalapi.SendRequest, rep *signalapi.SendReply) linux.Errno {
	e := l.Signal.Send(req, rep)
	switch l.lie {
	case "strangers":
		rep.Effects = append(rep.Effects, signalapi.Effect{Kind: signalapi.EffectKindWake, Thread: 1 << 30, Group: -1, Signo: 99},
			signalapi.Effect{Kind: 99, Thread: -1, Group: 1, Signo: -1})
	case "errno":
		return 4000
	}
	return e
}

func (l *signalLiar) Deliver(req *signalapi.DeliverRequest, rep *signalapi.DeliverReply) linux.Errno {
	e := l.Signal.Deliver(req, rep)
	if rep.Frame == nil {
		return e
	}
	switch l.lie {
	case "deadline":
		rep.DeadlineNs = -1 << 63
	case "frame address":
		rep.FrameAddr = 1<<64 - 4096
	case "frame length":
		rep.Frame = make([]byte, 8<<20)
	case "registers":
		rep.Regs.Rip, rep.Regs.Rsp, rep.Regs.Eflags = 1<<63, 1<<63, ^uint64(0)
	}
	return e
}

// fsLiar lies about /etc/passwd.
type fsLiar struct {
	fsapi.FS
	lie string
}

func (l *fsLiar) Open(req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	e := l.FS.Open(req, rep)
	if !strings.HasSuffix(req.Place.Path, "etc/passwd") {
		return e
	}
	switch l.lie {
	case "no handle":
		rep.Handle = 0
	case "a handle twice":
		rep.Handle = 1
	case "reopen":
		rep.ReopenPid, rep.ReopenFd, rep.Handle = 1<<30, -1, 0
	case "controlling":
		rep.Controlling = true
	case "wait for nothing":
		rep.Wait = fsapi.Wait{}
		return linux.EWAIT
	case "no ticket comes":
		rep.Wait = fsapi.Wait{Ticket: 1 << 50}
		return linux.EWAIT
	}
	return e
}

func (l *fsLiar) Read(req *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	e := l.FS.Read(req, rep)
	if l.lie == "long" && e == 0 && len(rep.Data) > 0 && req.Count < 1<<20 && bytes.HasPrefix(rep.Data, []byte("root:")) {
		rep.Data = append(rep.Data, make([]byte, req.Count+1)...)
	}
	return e
}
