package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/plugin"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/fswire"
	"adyton.dev/adyton/proto/gen/ipcwire"
	"adyton.dev/adyton/proto/gen/mmwire"
	"adyton.dev/adyton/proto/gen/signalwire"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/mm"
	"adyton.dev/adyton/subsystems/signal"
)

// setup is what a subsystem must be told, linked or as a plugin: the latter
// gets it as JSON in the environment.
type setup struct {
	Rootfs  string   `json:"rootfs,omitempty"`
	Mounts  []string `json:"mounts,omitempty"`
	Memory  uint64   `json:"memory,omitempty"`
	Host    string   `json:"host,omitempty"`
	Streams []int    `json:"streams,omitempty"`
	Net     string   `json:"net,omitempty"`
}

// setupVar is the environment variable that holds a plugin's setup.
const setupVar = "ADYTON_SETUP"

// linkedClaims are those of the subsystems that are linked in: the one list.
var linkedClaims = map[string][]coverage.Claim{"fs": fs.Claims, "mm": mm.Claims, "signal": signal.Claims, "ipc": ipc.Claims}

// linkedFS is fs with the host that it asks.
type linkedFS struct {
	*fs.FS
	close func()
}

// newLinkedFS makes fs and its host: a server in this process, or the one that
// s names. done is told of tickets that callers of fs wait for; nil has fs pass
// them on by Watch. operator gets what the host did wrong.
func newLinkedFS(s *setup, x implementation, core coreapi.Core, done func(uint64), operator func(string, ...any)) (*linkedFS, error) {
	if err := x.plain(); err != nil {
		return nil, err
	}
	var f *fs.FS
	o := client.Options{
		OnDone: func(ticket uint64) {
			switch {
			case done == nil:
				f.HostDone(ticket)
			case !f.OwnTicket(ticket):
				done(ticket)
			}
		},
		OnLie: func(err error) { operator("%v", err) },
	}
	fc, stop, err := connect(s, o)
	if err != nil {
		return nil, err
	}
	fc.Core = core
	if f, err = fs.New(fc); err != nil {
		stop()
		return nil, err
	}
	return &linkedFS{f, func() { f.Shutdown(); stop() }}, nil
}

// remoteFS is fs elsewhere: descriptors of its process mean nothing here.
type remoteFS struct{ fsapi.FS }

// MapFile implements fsapi.FS. The core copies what it maps.
// GAP: what is written to a shared mapping does not reach the file.
func (r remoteFS) MapFile(req *fsapi.MapFileRequest, rep *fsapi.MapFileReply) linux.Errno {
	e := r.FS.MapFile(req, rep)
	rep.DescriptorPlusOne = 0
	return e
}

func newServe() *cobra.Command {
	var impl string
	cmd := &cobra.Command{
		Use:   "serve fs|mm|signal|ipc",
		Short: "Serve a linked subsystem as a plugin",
		Long: `Serve a linked subsystem as a plugin of another Adyton, which starts this
command itself:

  adyton run --ipc=plugin:/usr/bin/adyton -- PROGRAM`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: plugin.Kinds,
		RunE:      func(_ *cobra.Command, args []string) error { return serve(args[0], impl) },
	}
	cmd.Flags().StringVar(&impl, "impl", "", "which implementation, as `NAME[?KEY=VALUE...]` after --mm=linked: and its like")
	return cmd
}

func serve(kind, impl string) error {
	which, err := parseImplementation(kind, impl)
	if err != nil {
		return err
	}
	s := &setup{}
	if v := os.Getenv(setupVar); v != "" {
		if err := json.Unmarshal([]byte(v), s); err != nil {
			return fmt.Errorf("%s: %w", setupVar, err)
		}
	}
	os.Unsetenv(setupVar)
	var failed error
	stop := func() {}
	defer func() { stop() }()
	about := plugin.About{Kind: kind, Name: cmp.Or(which.name, "default"), Version: buildVersion().Version, Claims: linkedClaims[kind]}
	plugin.Serve(about, func(g *grpc.Server, core coreapi.Core) {
		switch kind {
		case "fs":
			x, err := newLinkedFS(s, which, core, nil, func(format string, a ...any) { slog.Warn(fmt.Sprintf(format, a...)) })
			if failed = err; err == nil {
				stop = x.close
				fswire.Register(g, x)
			}
		case "mm":
			x, err := newLinkedMM(s, which)
			if failed = err; err == nil {
				mmwire.Register(g, x)
			}
		case "signal":
			x, err := newLinkedSignal(which)
			if failed = err; err == nil {
				signalwire.Register(g, x)
			}
		case "ipc":
			x, err := newLinkedIPC(s, which)
			if failed = err; err == nil {
				ipcwire.Register(g, x)
			}
		}
	})
	return failed
}
