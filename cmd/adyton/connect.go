package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs"
)

// helloPatience is how long a host has to greet.
const helloPatience = 10 * time.Second

// connect makes the host that s names, or one in this process, and says which
// of its trees fs shows where. stop ends it.
func connect(s *setup, o client.Options) (c fs.Config, stop func(), err error) {
	mounts, err := parseMounts(s.Mounts)
	if err != nil {
		return c, nil, err
	}
	root := "/"
	if s.Rootfs != "" {
		switch st, e := os.Stat(s.Rootfs); {
		case e == nil && !st.IsDir():
			if c.RootTar, err = os.Open(s.Rootfs); err != nil {
				return c, nil, fmt.Errorf("--rootfs: %w", err)
			}
		case e != nil && s.Host == "":
			return c, nil, fmt.Errorf("--rootfs: %w", e)
		}
		root = s.Rootfs
	}
	if s.Host == "" {
		stop, err = embed(&c, s, root, mounts, o)
		return c, stop, err
	}
	sock, ok := strings.CutPrefix(s.Host, "unix:")
	if !ok || sock == "" {
		return c, nil, fmt.Errorf("--host %s: want unix:PATH", s.Host)
	}
	ctx, cancel := context.WithTimeout(context.Background(), helloPatience)
	defer cancel()
	host, err := client.Dial(ctx, sock, o)
	if err != nil {
		return c, nil, err
	}
	hello := host.Greeting()
	c.Host, c.HostMaxData = host, int(hello.MaxData)
	if c.RootTar == nil {
		if c.Root, err = find(hello.Roots, root); err != nil {
			host.Disconnect()
			return c, nil, fmt.Errorf("the root: %w", err)
		}
	}
	for _, m := range mounts {
		tree, err := find(hello.Roots, m.src)
		if err != nil {
			host.Disconnect()
			return c, nil, fmt.Errorf("--mount: %w", err)
		}
		c.Mounts = append(c.Mounts, fs.Mount{Target: m.dst, Tree: *tree, Write: m.write, Source: m.src})
	}
	return c, func() { host.Disconnect() }, nil
}

// embed serves host calls in this process, and exports just what is used.
func embed(c *fs.Config, s *setup, root string, mounts []mount, o client.Options) (stop func(), err error) {
	var roots []server.Root
	if c.RootTar == nil {
		roots = append(roots, server.Root{Name: "/", Dir: root})
		c.Root = &fs.Tree{}
	}
	for _, m := range mounts {
		if _, err := os.Stat(m.src); err != nil {
			return nil, fmt.Errorf("--mount: %w", err)
		}
		c.Mounts = append(c.Mounts, fs.Mount{Target: m.dst, Tree: fs.Tree{Root: uint32(len(roots))}, Write: m.write, Source: m.src})
		roots = append(roots, server.Root{Name: m.dst, Dir: m.src, Writable: m.write})
	}
	srv, err := server.New(server.Options{Roots: roots, Streams: s.Streams})
	if err != nil {
		return nil, err
	}
	host := client.Embedded(srv, o)
	var hello hostapi.HelloReply
	if _, e := host.Hello(&hostapi.HelloRequest{Version: server.Version}, &hello); e != 0 {
		srv.Shutdown()
		return nil, fmt.Errorf("host: hello: %s", e.Description())
	}
	c.Host, c.HostMaxData = host, int(hello.MaxData)
	return func() { host.Disconnect(); srv.Shutdown() }, nil
}

// mount is one --mount.
type mount struct {
	src, dst string
	write    bool
}

func parseMounts(list []string) (out []mount, err error) {
	for _, s := range list {
		part := strings.Split(s, ":")
		if len(part) < 2 || len(part) > 3 || !filepath.IsAbs(part[1]) {
			return nil, fmt.Errorf("--mount %q: want SRC:DST[:ro|rw] with DST absolute", s)
		}
		m := mount{src: part[0], dst: part[1]}
		if len(part) == 3 {
			if part[2] != "rw" && part[2] != "ro" {
				return nil, fmt.Errorf("--mount %q: want ro or rw, not %q", s, part[2])
			}
			m.write = part[2] == "rw"
		}
		out = append(out, m)
	}
	return out, nil
}

// find gives the directory of a host by its path: an export of that name, the
// last one of several, or a directory in one.
func find(roots []string, dir string) (*fs.Tree, error) {
	best, rest := -1, ""
	if path.IsAbs(dir) {
		dir = path.Clean(dir)
	}
	for i, name := range roots {
		if name == dir {
			best, rest = i, ""
		} else if below, ok := strings.CutPrefix(dir, strings.TrimSuffix(name, "/")+"/"); ok && path.IsAbs(name) &&
			(best < 0 || rest != "" && len(below) < len(rest)) {
			best, rest = i, path.Clean(below)
		}
	}
	if best < 0 {
		return nil, fmt.Errorf("the host does not export %s, only %q", dir, roots)
	}
	return &fs.Tree{Root: uint32(best), Path: rest}, nil
}
