// Package plugin runs a subsystem as a process of its own behind go-plugin and
// gRPC, and serves one as such. What the rest of the core sees is the same
// interface as of a linked subsystem.
//
// A handler never blocks on a plugin: each call runs in a goroutine while the
// handler is parked. A plugin that does not answer in time, or has died, gives
// EIO, and the operator one line.
package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/corewire"
	"adyton.dev/adyton/proto/gen/coverageapi"
	"adyton.dev/adyton/proto/gen/coveragewire"
)

// Kinds are the subsystems that can be plugins.
var Kinds = []string{"fs", "mm", "signal", "ipc"}

// handshake tells a plugin from a program started by hand. It is no secret.
var handshake = goplugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "ADYTON_PLUGIN",
	MagicCookieValue: "a subsystem of Adyton",
}

// dispensed is what go-plugin calls the one thing that a plugin gives.
const dispensed = "subsystem"

// coreBroker is the number under which a plugin finds the core's own service.
const coreBroker = 1

// maxMessage is the largest gRPC message in bytes.
const maxMessage = 16 << 20

// Timeout is how long a call of a plugin may take.
const Timeout = 10 * time.Second

// Spec says which program to start.
type Spec struct {
	Path string
	Args []string
	// SHA256 is what the program must hash to, in hex; empty for any.
	SHA256 string
	// Env is added to the environment.
	Env []string
	// Files are handed over as descriptors 3, 4 and so on.
	Files []*os.File
	// Operator gets one line for each thing that an operator must know.
	Operator func(format string, args ...any)
	// OnDeath, if set, is called once when the plugin is given up.
	OnDeath func()
}

// Plugin is one that runs.
type Plugin struct {
	kind   string
	spec   Spec
	client *goplugin.Client
	conn   *grpc.ClientConn
	leader atomic.Pointer[leader.Leader]
	down   atomic.Bool
	// Claims, Name and Version are what it said at the handshake.
	Claims        []coverage.Claim
	Name, Version string
	// SHA256 is of the program.
	SHA256 [sha256.Size]byte
}

// Start runs a program as a plugin of one kind, or with "" of whatever kind it
// is. core answers what it asks back.
func Start(kind string, spec Spec, core coreapi.Core) (*Plugin, error) {
	p := &Plugin{kind: kind, spec: spec}
	path, sum, err := sealed(spec.Path, spec.SHA256)
	p.SHA256 = sum
	if err != nil {
		return nil, fmt.Errorf("plugin %s (%s): %w", kind, spec.Path, err)
	}
	cmd := exec.Command(path, spec.Args...)
	cmd.Env = append(os.Environ(), spec.Env...)
	cmd.ExtraFiles = spec.Files
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          map[string]goplugin.Plugin{dispensed: &glue{p: p, core: core}},
		Cmd:              cmd,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: io.Discard, Level: hclog.Error}),
		SyncStderr:       os.Stderr,
		SkipHostEnv:      true,
		StartTimeout:     20 * time.Second,
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage))},
	})
	// PDEATHSIG follows the thread that starts the process: it never ends.
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		c, err := p.client.Client()
		if err == nil {
			_, err = c.Dispense(dispensed)
		}
		started <- err
		select {}
	}()
	if err := <-started; err != nil {
		p.client.Kill()
		// go-plugin adds paragraphs of advice.
		line, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), ": \n", ": "), "\n")
		return nil, fmt.Errorf("plugin %s (%s): %s", kind, spec.Path, line)
	}
	if err := p.askClaims(); err != nil {
		p.client.Kill()
		return nil, fmt.Errorf("plugin %s (%s): %w", kind, spec.Path, err)
	}
	return p, nil
}

// sealed copies a program into memory that cannot change, so that what was
// checked is what runs.
func sealed(path, want string) (file string, sum [sha256.Size]byte, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", sum, err
	}
	if sum = sha256.Sum256(b); want != "" && !strings.EqualFold(want, hex.EncodeToString(sum[:])) {
		return "", sum, fmt.Errorf("checksum is %x, want %s", sum, want)
	}
	fd, err := unix.MemfdCreate("adyton-plugin", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return "", sum, fmt.Errorf("memfd_create: %w", err)
	}
	for off := 0; off < len(b); {
		n, err := unix.Pwrite(fd, b[off:], int64(off))
		if err != nil {
			return "", sum, fmt.Errorf("copy: %w", err)
		}
		off += n
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		return "", sum, fmt.Errorf("seal: %w", err)
	}
	// Out of the way of the descriptors that are handed over.
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 100)
	unix.Close(fd)
	if err != nil {
		return "", sum, fmt.Errorf("dup: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d", high), sum, nil
}

// Kind is which subsystem it is.
func (p *Plugin) Kind() string { return p.kind }

// Attach gives the plugin the leader whose handlers call it. Before, calls
// block their caller.
func (p *Plugin) Attach(l *leader.Leader) { p.leader.Store(l) }

// Conn is the connection for a generated client.
func (p *Plugin) Conn() grpc.ClientConnInterface { return parking{p} }

// OnError tells the operator once that the plugin does not answer.
func (p *Plugin) OnError(method string, err error) {
	if p.down.Swap(true) {
		return
	}
	then := "calls get EIO"
	if p.spec.OnDeath != nil {
		then = "the run ends"
	}
	p.spec.Operator("plugin %s (%s): %s: %v; killed, %s", p.kind, p.spec.Path, method, err, then)
	go p.client.Kill() // one that hangs must not cost each call its time
	if p.spec.OnDeath != nil {
		p.spec.OnDeath()
	}
}

// Kill ends the plugin; what it says of that is no news.
func (p *Plugin) Kill() {
	p.down.Store(true)
	p.client.Kill()
}

// parking is a connection whose unary calls park the handler that makes them.
type parking struct{ p *Plugin }

func (c parking) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	l := c.p.leader.Load()
	if l == nil {
		return c.p.conn.Invoke(ctx, method, args, reply, opts...)
	}
	var err error
	l.Go(func() { err = c.p.conn.Invoke(ctx, method, args, reply, opts...) })
	return err
}

func (c parking) NewStream(ctx context.Context, d *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.p.conn.NewStream(ctx, d, method, opts...)
}

// askClaims is the handshake's question for coverage.
func (p *Plugin) askClaims() error {
	var rep coverageapi.ClaimsReply
	c := coveragewire.NewClient(p.conn, coveragewire.ClientOptions{Timeout: 10 * time.Second})
	if e := c.Claims(&coverageapi.ClaimsRequest{}, &rep); e != 0 {
		return fmt.Errorf("claims: %s", e.Description())
	}
	if p.kind == "" {
		p.kind = rep.Subsystem
	}
	if rep.Subsystem != p.kind {
		return fmt.Errorf("it is a plugin for %q, not %s", rep.Subsystem, p.kind)
	}
	p.Name, p.Version = rep.Name, rep.Version
	for _, c := range rep.Claims {
		p.Claims = append(p.Claims, fromWire(&c))
	}
	return nil
}

func fromWire(c *coverageapi.Claim) coverage.Claim {
	out := coverage.Claim{Syscalls: c.Syscalls, Level: coverage.Level(c.Level), Note: c.Note, Tests: c.Tests}
	for _, f := range c.Flags {
		if len(f.Values) > 0 {
			if out.Values == nil {
				out.Values = map[string][]uint64{}
			}
			out.Values[f.Argument] = f.Values
			continue
		}
		if out.Flags == nil {
			out.Flags = map[string]uint64{}
		}
		out.Flags[f.Argument] = f.Mask
	}
	return out
}

// glue is what go-plugin asks of both sides.
type glue struct {
	goplugin.NetRPCUnsupportedPlugin
	// Of the side that calls:
	p    *Plugin
	core coreapi.Core
	// Of the side that serves:
	register func(*grpc.Server, coreapi.Core)
}

func (g *glue) GRPCClient(_ context.Context, broker *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	g.p.conn = conn
	if g.core != nil {
		go broker.AcceptAndServe(coreBroker, func(opts []grpc.ServerOption) *grpc.Server {
			s := grpc.NewServer(opts...)
			corewire.Register(s, &posted{p: g.p, core: g.core})
			return s
		})
	}
	return g.p, nil
}

func (g *glue) GRPCServer(broker *goplugin.GRPCBroker, s *grpc.Server) error {
	g.register(s, &lateCore{broker: broker})
	return nil
}

// About is what a plugin says of itself at the handshake.
type About struct {
	Kind, Name, Version string
	Claims              []coverage.Claim
}

// Serve runs this process as a plugin until the other side ends. register adds
// the subsystem's service; core is the core's own.
func Serve(about About, register func(s *grpc.Server, core coreapi.Core)) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins: map[string]goplugin.Plugin{dispensed: &glue{register: func(s *grpc.Server, core coreapi.Core) {
			coveragewire.Register(s, &claimServer{about: about})
			register(s, core)
		}}},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Output: io.Discard, Level: hclog.Error}),
	})
}

type claimServer struct {
	coverageapi.Unimplemented
	about About
}

func (c *claimServer) Claims(_ *coverageapi.ClaimsRequest, rep *coverageapi.ClaimsReply) linux.Errno {
	rep.Subsystem, rep.Name, rep.Version = c.about.Kind, c.about.Name, c.about.Version
	for _, x := range c.about.Claims {
		w := coverageapi.Claim{Syscalls: x.Syscalls, Level: coverageapi.Level(x.Level), Note: x.Note, Tests: x.Tests}
		for name, mask := range x.Flags {
			w.Flags = append(w.Flags, coverageapi.FlagSet{Argument: name, Mask: mask})
		}
		for name, values := range x.Values {
			w.Flags = append(w.Flags, coverageapi.FlagSet{Argument: name, Values: values})
		}
		rep.Claims = append(rep.Claims, w)
	}
	return 0
}
