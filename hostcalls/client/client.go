// Package client is the trusted side of the host calls. It implements
// hostcalls.Host over a server in the same process or over gRPC on a Unix
// socket, and checks every reply before anyone sees it.
//
// A reply that no honest host can give is a lie: the app gets EIO, nothing of
// the reply is used, and the operator gets one line. What a host may honestly
// say of its own files (contents, times, names) is passed on as it is.
//
// Locks are leaves, and none is held over a call to the host or to OnDone.
package client

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/proto/gen/hostapi"
)

var _ hostcalls.Host = (*Client)(nil)

// Options says who hears what.
type Options struct {
	// OnDone hears of answered tickets; nil is for callers that never wait.
	OnDone hostcalls.OnDone
	// OnLie gets one error for each lie and each failure of the connection,
	// text without the final newline. It may run on any goroutine. nil logs a
	// warning with slog, at most 20 lines and then one a second.
	OnLie func(error)
}

// Client asks one host. Make it with Embedded, Dial or Connect.
type Client struct {
	host   hostapi.Host // for file calls
	slow   hostapi.Host // for calls that may take for ever
	now    nowHost      // nil: nothing is answered at once
	onDone hostcalls.OnDone
	report func(error)
	conn   *grpc.ClientConn // nil when embedded
	closed atomic.Bool

	greeting hostapi.HelloReply // of Dial and Connect

	handles atomic.Uint64 // the last one given
	tickets atomic.Uint64
	clock   clock
	flights flights

	mu     sync.Mutex // guards opened
	opened map[uint64]identity
}

// nowHost is a host in the same process: its file calls are as quick as system
// calls, and its console says when it would wait.
type nowHost interface {
	hostapi.Host
	ConsoleNow(*hostapi.ConsoleRequest, *hostapi.ConsoleReply) linux.Errno
}

// Embedded asks a server in this process. Calls that cannot wait are answered
// at once, in the caller's goroutine: files, clocks, entropy, streams that are
// ready. FileSync, and streams that are not ready, give tickets. A server
// without ConsoleNow gives tickets for every call of the console.
//
// It is for development: a host in the enclave's own process guards nothing.
func Embedded(h hostapi.Host, o Options) *Client {
	c := newClient(h, h, o)
	if n, ok := h.(nowHost); ok {
		c.now = n
	} else {
		c.now = patient{h}
	}
	return c
}

// patient is a host of which nothing is known to be quick but files.
type patient struct{ hostapi.Host }

func (patient) ConsoleNow(*hostapi.ConsoleRequest, *hostapi.ConsoleReply) linux.Errno {
	return linux.EWAIT
}

func newClient(h, slow hostapi.Host, o Options) *Client {
	c := &Client{
		host:   h,
		slow:   slow,
		onDone: o.OnDone,
		report: o.OnLie,
		opened: make(map[uint64]identity),
	}
	if c.onDone == nil {
		c.onDone = func(uint64) {}
	}
	if c.report == nil {
		c.report = newThrottle(func(msg string) { slog.Warn(msg) }).report
	}
	return c
}

// Greeting is what the host said in Hello to Dial or Connect.
func (c *Client) Greeting() hostapi.HelloReply { return c.greeting }

// Disconnect gives up the connection. Calls in flight and later ones give EIO.
// An embedded server stays as it is.
func (c *Client) Disconnect() error {
	c.closed.Store(true)
	if c.conn != nil {
		return c.conn.Close()
	}
	return nil
}

// Forget drops the answer of a ticket for which nobody waits any more, such as
// that of a killed task; it may not have come yet. What the call did stays
// done. Answers that nobody asks for are dropped in time without it.
func (c *Client) Forget(ticket uint64) { c.flights.forget(ticket) }

// NewHandle implements hostcalls.Host.
func (c *Client) NewHandle() uint64 { return c.handles.Add(1) }

// Descriptor implements hostcalls.Host.
//
// GAP: over a socket there is none; they would travel by SCM_RIGHTS on a second
// socket beside gRPC, which cannot carry them.
func (c *Client) Descriptor(handle uint64, writable bool) (fd int, ok bool) {
	d, can := c.host.(interface {
		Descriptor(handle uint64, writable bool) (fd int, ok bool)
	})
	if !can {
		return -1, false
	}
	return d.Descriptor(handle, writable)
}

// identity is what never changes of an open file.
type identity struct {
	dev, ino uint64
	typ      uint32
}

func identityOf(a *hostapi.HostAttr) identity {
	return identity{a.Dev, a.Ino, a.Mode & linux.S_IFMT}
}

func (c *Client) remember(handle uint64, a *hostapi.HostAttr) {
	c.mu.Lock()
	c.opened[handle] = identityOf(a)
	c.mu.Unlock()
}

func (c *Client) identity(handle uint64) (identity, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.opened[handle]
	return id, ok
}

func (c *Client) drop(handles []uint64) {
	c.mu.Lock()
	for _, h := range handles {
		delete(c.opened, h)
	}
	c.mu.Unlock()
}
