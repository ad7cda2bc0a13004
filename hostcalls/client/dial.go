package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/proto/gen/hostwire"
)

const (
	// callTimeout is the deadline of a call that a healthy host answers soon; a
	// cold disk may take seconds.
	callTimeout = 30 * time.Second
	// slowTimeout is that of reads of a terminal, waits and syncs.
	slowTimeout = 10 * 365 * 24 * time.Hour
	// messageBytes bounds what the host can make us hold at once.
	messageBytes = 8 << 20
)

// errReconnect refuses a second connection: its server would know nothing of
// the handles of the first.
var errReconnect = errors.New("the connection to the host was lost")

// Dial connects to the server at a Unix socket and exchanges Hello with it. A
// lost connection is not made again: calls give EIO from then on.
func Dial(ctx context.Context, path string, o Options) (*Client, error) {
	c, err := Connect(ctx, func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}, o)
	if err != nil {
		return nil, fmt.Errorf("host at unix:%s: %w", path, err)
	}
	return c, nil
}

// Connect is Dial over a connection that dial makes; it is called once.
func Connect(ctx context.Context, dial func(context.Context) (net.Conn, error), o Options) (*Client, error) {
	var once sync.Once
	conn, err := grpc.NewClient("passthrough:host",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(messageBytes), grpc.MaxCallSendMsgSize(messageBytes)),
		grpc.WithIdleTimeout(0),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (c net.Conn, err error) {
			err = errReconnect
			once.Do(func() { c, err = dial(ctx) })
			return c, err
		}))
	if err != nil {
		return nil, err
	}
	var c *Client
	var lost sync.Once
	var greeting atomic.Pointer[error] // why Hello failed, until it succeeded
	var greeted atomic.Bool
	onError := func(method string, err error) {
		if c.closed.Load() {
			return
		}
		if !greeted.Load() {
			greeting.Store(&err)
			return
		}
		said := hostText(err)
		switch status.Code(err) {
		case codes.Unavailable, codes.Canceled:
			lost.Do(func() {
				c.report(fmt.Errorf("host: connection lost in %s: %s; every call gives EIO from now on", method, said))
			})
		case codes.Unknown, codes.ResourceExhausted, codes.Internal:
			c.report(fmt.Errorf("host call %s: %w: %s; the app gets EIO", method, ErrHostLied, said))
		default:
			c.report(fmt.Errorf("host call %s: no answer: %s; the app gets EIO", method, said))
		}
	}
	c = newClient(
		hostwire.NewClient(conn, hostwire.ClientOptions{Timeout: callTimeout, OnError: onError}),
		hostwire.NewClient(conn, hostwire.ClientOptions{Timeout: slowTimeout, OnError: onError}),
		o)
	c.conn = conn

	// The first call runs in this goroutine: nobody waits by tickets yet.
	var rep hostapi.HelloReply
	if err := c.hello(ctx, &rep); err != nil {
		c.Disconnect()
		if why := greeting.Load(); why != nil {
			err = *why
		}
		return nil, fmt.Errorf("no connection: %w", err)
	}
	greeted.Store(true)
	c.greeting = rep
	return c, nil
}

// hostText is the text of an error that the host may have written, short and
// without anything that a terminal would obey.
func hostText(err error) string {
	const longest = 200
	text := err.Error()
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	q := strconv.QuoteToASCII(text)
	if q[1:len(q)-1] == text {
		return text
	}
	return q
}

// hello exchanges Hello before the client is used.
func (c *Client) hello(ctx context.Context, rep *hostapi.HelloReply) error {
	done := make(chan error, 1)
	go func() {
		if e := helloCall.inline(c, c.host, &hostapi.HelloRequest{Version: version}, rep); e != 0 {
			done <- fmt.Errorf("hello: %v", e)
			return
		}
		done <- nil
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
