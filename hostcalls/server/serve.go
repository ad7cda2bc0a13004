package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc"

	"adyton.dev/adyton/proto/gen/hostwire"
)

// messageBytes bounds one gRPC message: data and what goes around it.
const messageBytes = MaxData + 1<<20

// Listen makes a Unix socket at path that only this user may connect to. A
// socket that nobody listens on is replaced; anything else that is there is an
// error. The caller removes it: see Serve.
func Listen(path string) (net.Listener, error) {
	switch st, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	case st.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("listen on %s: it exists and is not a socket", path)
	default:
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return nil, fmt.Errorf("listen on %s: another server answers there", path)
		}
	}
	// Bound under another name first, so that there is never a socket at path
	// that others may connect to. umask would change the whole process.
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	os.Remove(tmp)
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: tmp, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	ln.SetUnlinkOnClose(false)
	if err = os.Chmod(tmp, 0o600); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		ln.Close()
		os.Remove(tmp)
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return &unixListener{UnixListener: ln, path: path}, nil
}

// unixListener removes its path when it closes. It may be closed twice, and
// each time the path is gone on return.
type unixListener struct {
	*net.UnixListener
	path string
	once sync.Once
	err  error
}

func (l *unixListener) Close() error {
	l.once.Do(func() { l.err = errors.Join(l.UnixListener.Close(), os.Remove(l.path)) })
	return l.err
}

// Serve answers connections from ln until ctx is done, each with a server of
// its own: handles of one are unknown to the others, and are closed with it. It
// closes ln. The error is nil when ctx ended it.
func Serve(ctx context.Context, ln net.Listener, o Options) error {
	if probe, err := New(o); err != nil {
		ln.Close()
		return err
	} else {
		probe.Shutdown()
	}
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	var wg sync.WaitGroup
	defer wg.Wait()
	defer ln.Close() // again, to wait for that of AfterFunc
	defer stop()
	for {
		conn, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("host server: accept: %w", err)
		}
		wg.Go(func() { serveConn(ctx, conn, o) })
	}
}

// serveConn answers one connection until it ends.
func serveConn(ctx context.Context, conn net.Conn, o Options) {
	host, err := New(o)
	if err != nil {
		conn.Close() // a root went away since Serve began; the client sees a lost connection
		return
	}
	defer host.Shutdown()
	one := &oneConn{conn: conn, gone: make(chan struct{})}
	g := grpc.NewServer(grpc.MaxRecvMsgSize(messageBytes), grpc.MaxSendMsgSize(messageBytes))
	hostwire.Register(g, host)
	stop := context.AfterFunc(ctx, func() {
		host.Shutdown() // what waits gets its answer, so that Stop need not wait for it
		g.Stop()
	})
	defer stop()
	g.Serve(one) // ends when the connection does: one.Accept fails then
	host.Shutdown()
	g.Stop()
}

// oneConn is a listener that has one connection to give, and that ends with it.
type oneConn struct {
	conn net.Conn
	gone chan struct{}
	once sync.Once

	mu    sync.Mutex // guards given
	given bool
}

// errGone ends a oneConn.
var errGone = errors.New("connection ended")

func (l *oneConn) Accept() (net.Conn, error) {
	l.mu.Lock()
	first := !l.given
	l.given = true
	l.mu.Unlock()
	if first {
		return &watchedConn{l.conn, l}, nil
	}
	<-l.gone
	return nil, errGone
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.gone) })
	return nil
}

func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }

// watchedConn tells its listener when it closes.
type watchedConn struct {
	net.Conn
	l *oneConn
}

func (c *watchedConn) Close() error {
	c.l.Close()
	return c.Conn.Close()
}
