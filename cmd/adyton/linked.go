package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/kernel"
	"adyton.dev/adyton/core/platform/hostproc"
	"adyton.dev/adyton/core/procinfo"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/mm"
	"adyton.dev/adyton/subsystems/signal"
)

// linkedClaims are those of the subsystems that are linked in: the one list.
var linkedClaims = [][]coverage.Claim{fs.Claims, mm.Claims, signal.Claims, ipc.Claims}

// machine is a kernel with all that belongs to it.
type machine struct {
	kernel *kernel.Kernel
	server *server.Server
	client *client.Client
}

// assemble makes the linked subsystems and puts them together.
func assemble(f *runFlags) (*machine, error) {
	m := &machine{}
	var memory uint64
	if f.memory != "" {
		var err error
		if memory, err = parseSize(f.memory); err != nil {
			return nil, fmt.Errorf("--memory %w", err)
		}
	}
	if f.unsupported != "enosys" && f.unsupported != "kill" {
		return nil, fmt.Errorf("--unsupported %q: want enosys or kill", f.unsupported)
	}
	roots, fc, err := trees(f)
	if err != nil {
		return nil, err
	}
	if m.server, err = server.New(server.Options{Roots: roots}); err != nil {
		return nil, err
	}
	ready := make(chan *kernel.Kernel, 1)
	m.client = client.Embedded(m.server, client.Options{OnDone: func(t uint64) {
		k := <-ready
		ready <- k
		k.TicketDone(t)
	}})
	var hello hostapi.HelloReply
	if _, e := m.client.Hello(&hostapi.HelloRequest{Version: 1}, &hello); e != 0 {
		return nil, fmt.Errorf("host: hello: %s", e.Description())
	}
	fc.Host, fc.HostMaxData = m.client, int(hello.MaxData)
	info := &procinfo.Service{}
	fc.Core = info
	fsys, err := fs.New(fc)
	if err != nil {
		return nil, err
	}
	mems, err := mm.New(mm.Config{MemoryLimit: memory, PopulateSmall: true, HugePages: true, PopulateText: true})
	if err != nil {
		return nil, err
	}
	mono := func() int64 {
		var ts unix.Timespec
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
		return ts.Nano()
	}
	sig, err := signal.New(signal.Config{Realtime: func() int64 { return time.Now().UnixNano() }, Monotonic: mono})
	if err != nil {
		return nil, err
	}
	pipes, err := ipc.New(ipc.Config{})
	if err != nil {
		return nil, err
	}
	plat, err := hostproc.New()
	if err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	if memory == 0 {
		var host unix.Sysinfo_t
		unix.Sysinfo(&host)
		memory = host.Totalram * uint64(host.Unit)
	}
	cfg := syscalls.Config{
		Hostname: f.hostname, MemoryBytes: memory, CPUs: runtime.NumCPU(),
		KillUnsupported: f.unsupported == "kill",
		Operator:        func(format string, a ...any) { fmt.Fprintf(os.Stderr, "adyton: "+format+"\n", a...) },
	}
	if cfg.Trace, err = newTracer(f); err != nil {
		return nil, err
	}
	m.kernel, err = kernel.New(kernel.Parts{Machine: plat, FS: fsys, MM: mems, Signal: sig, IPC: pipes, Claims: linkedClaims, Config: cfg})
	if err != nil {
		return nil, err
	}
	info.Env = m.kernel.Env()
	ready <- m.kernel
	return m, nil
}

func (m *machine) close() {}

// trees says which host directories the host exports and where fs shows them.
func trees(f *runFlags) ([]server.Root, fs.Config, error) {
	var c fs.Config
	var roots []server.Root
	switch st, err := os.Stat(f.rootfs); {
	case f.rootfs == "":
		roots = append(roots, server.Root{Name: "/", Dir: "/"})
		c.Root = &fs.Tree{Root: 0}
	case err != nil:
		return nil, c, fmt.Errorf("--rootfs: %w", err)
	case st.IsDir():
		roots = append(roots, server.Root{Name: "/", Dir: f.rootfs})
		c.Root = &fs.Tree{Root: 0}
	default:
		return nil, c, fmt.Errorf("--rootfs %s: tar files are not there yet", f.rootfs)
	}
	for _, s := range f.mounts {
		part := strings.Split(s, ":")
		if len(part) < 2 || len(part) > 3 || !filepath.IsAbs(part[1]) {
			return nil, c, fmt.Errorf("--mount %q: want SRC:DST[:ro|rw] with DST absolute", s)
		}
		rw := false
		if len(part) == 3 {
			switch part[2] {
			case "rw":
				rw = true
			case "ro":
			default:
				return nil, c, fmt.Errorf("--mount %q: want ro or rw, not %q", s, part[2])
			}
		}
		if _, err := os.Stat(part[0]); err != nil {
			return nil, c, fmt.Errorf("--mount: %w", err)
		}
		c.Mounts = append(c.Mounts, fs.Mount{Target: part[1], Tree: fs.Tree{Root: uint32(len(roots))}, Write: rw, Source: part[0]})
		roots = append(roots, server.Root{Name: part[1], Dir: part[0], Writable: rw})
	}
	return roots, c, nil
}
