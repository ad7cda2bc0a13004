package fs_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/fswire"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/fs/fstest"
)

func open(t *testing.T, config fs.Config) *fs.FS {
	t.Helper()
	f, err := fs.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Shutdown)
	return f
}

// linked makes an FS in memory for the suite.
func linked(t *testing.T) fsapi.FS { return open(t, fs.Config{}) }

// hostTree makes a host directory for a root: tmp, and a few files.
func hostTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"tmp", "lower", "lower/sub", "lower/empty"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"lower/file": "from the host", "lower/sub/deep": "deep"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(filepath.Join(dir, "tmp"), os.ModeSticky|0o777)
	os.Link(filepath.Join(dir, "lower/file"), filepath.Join(dir, "lower/link"))
	os.Symlink("file", filepath.Join(dir, "lower/symlink"))
	return dir
}

// hostOf serves host directories in this process. roots that are writable have
// write set.
func hostOf(t *testing.T, done func(uint64), write bool, dirs ...string) hostcalls.Host {
	t.Helper()
	var roots []server.Root
	for _, dir := range dirs {
		roots = append(roots, server.Root{Name: dir, Dir: dir, Writable: write})
	}
	s, err := server.New(server.Options{Roots: roots, Streams: []int{-1, -1, -1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return client.Embedded(s, client.Options{OnDone: done, OnLie: func(err error) { t.Error(err) }})
}

// overlay makes an FS whose root is a host tree with changes in memory.
func overlay(t *testing.T) fsapi.FS {
	return open(t, fs.Config{Host: hostOf(t, nil, false, hostTree(t)), Root: &fs.Tree{}})
}

// remote makes the same over a socket, so that nothing is answered at once.
func remote(t *testing.T) fsapi.FS {
	return overSocket(t, server.Root{Name: "r", Dir: hostTree(t)}, fs.Config{Root: &fs.Tree{}})
}

// writableRemote is writable over a socket.
func writableRemote(t *testing.T) fsapi.FS {
	dir := t.TempDir()
	os.Chmod(dir, os.ModeSticky|0o777)
	return overSocket(t, server.Root{Name: "r", Dir: dir, Writable: true},
		fs.Config{Mounts: []fs.Mount{{Target: "/tmp", Source: dir, Write: true}}})
}

// overSocket makes an FS whose host is behind a socket.
func overSocket(t *testing.T, root server.Root, config fs.Config) *fs.FS {
	path := filepath.Join(t.TempDir(), "host")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	o := server.Options{Roots: []server.Root{root}, Streams: []int{-1, -1, -1}}
	go func() { served <- server.Serve(ctx, ln, o) }()
	t.Cleanup(func() { cancel(); <-served })

	var f atomic.Pointer[fs.FS]
	c, err := client.Dial(ctx, path, client.Options{
		OnDone: func(ticket uint64) { f.Load().HostDone(ticket) },
		OnLie:  func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect() })
	config.Host = c
	f.Store(open(t, config))
	return f.Load()
}

// writable makes an FS whose /tmp is a host tree that changes go to.
func writable(t *testing.T) fsapi.FS {
	dir := t.TempDir()
	os.Chmod(dir, os.ModeSticky|0o777)
	var f atomic.Pointer[fs.FS]
	f.Store(open(t, fs.Config{
		Host:   hostOf(t, func(ticket uint64) { f.Load().HostDone(ticket) }, true, dir),
		Mounts: []fs.Mount{{Target: "/tmp", Source: dir, Write: true}},
	}))
	return f.Load()
}

// notThere are the cases that a writable tree of the host does not pass.
var notThere = []string{
	// The host makes no device nodes for us.
	"DeviceByNumber", "MknodKinds",
	// Not for a tree of the host: holes are not seen, attributes but those of
	// users not kept.
	"SparseBlocks", "AllocatePunch",
	"XattrNames", "XattrPermissions", "ACLGivesANamedUserMore", "ACLDefaultComesBeforeTheUmask",
	// /tmp is the root of a mount here, and the root directory another one.
	"ReaddirTypesAndCookies", "RenameKinds",
}

func TestWritable(t *testing.T) { fstest.Run(t, writable, notThere...) }

func TestWritableRemote(t *testing.T) {
	// A host behind a socket hands out no descriptors to map.
	fstest.Run(t, writableRemote, append([]string{"MapChecks"}, notThere...)...)
}

// overWire puts the calls through gRPC.
func overWire(open func(*testing.T) fsapi.FS) func(*testing.T) fsapi.FS {
	return func(t *testing.T) fsapi.FS {
		listener := bufconn.Listen(1 << 20)
		s := grpc.NewServer()
		fswire.Register(s, open(t))
		go s.Serve(listener)
		t.Cleanup(s.Stop)
		conn, err := grpc.NewClient("passthrough:fs", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return listener.Dial() }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return fswire.NewClient(conn, fswire.ClientOptions{})
	}
}

func TestPlugin(t *testing.T) { fstest.Run(t, overWire(linked)) }

func TestLinked(t *testing.T)  { fstest.Run(t, linked) }
func TestOverlay(t *testing.T) { fstest.Run(t, overlay) }
func TestRemote(t *testing.T)  { fstest.Run(t, remote) }

func benchFS(b *testing.B) fsapi.FS {
	b.Helper()
	f, err := fs.New(fs.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(f.Shutdown)
	f.Open(&fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/f"}, Flags: 0o101, Mode: 0o644}, &fsapi.OpenReply{})
	return f
}
