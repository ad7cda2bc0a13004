package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"adyton.dev/adyton/proto/gen/hostapi"
)

// raw sends bytes as they are in place of a message.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (raw) Name() string                       { return "proto" }

// FuzzWire sends a server what no client sends: frames that are none, and
// messages that are none in frames that are. A connection may end by it; the
// server answers the next one.
func FuzzWire(f *testing.F) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	f.Add(true, uint8(0), []byte(preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	f.Add(true, uint8(0), []byte(preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05\x01\x05\x00\x00\x00\x01\x83\x86\x44\x01\x2f"))
	f.Add(true, uint8(0), []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add(false, uint8(0), []byte("\x08\x01"))
	f.Add(false, uint8(3), []byte("\x0a\x02/a\x10\x01"))
	f.Add(false, uint8(5), []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, frames bool, method uint8, data []byte) {
		options := Options{Roots: []Root{{Name: "/", Dir: dir}}, Streams: []int{-1, -1, -1}}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		near, far := net.Pipe()
		ended := make(chan bool)
		go func() { serveConn(ctx, far, options); close(ended) }()
		if frames {
			go io.Copy(io.Discard, near)
			near.SetWriteDeadline(time.Now().Add(5 * time.Second))
			near.Write(data)
		} else if e := send(ctx, near, method, data); e != nil {
			t.Error(e)
		}
		near.Close()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatal("the connection does not end")
		}
	})
}

// send calls a method with bytes that may be no message. Any answer will do, but
// not none.
func send(ctx context.Context, conn net.Conn, method uint8, data []byte) error {
	c, err := grpc.NewClient("passthrough:wire", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return conn, nil }))
	if err != nil {
		return err
	}
	defer c.Close()
	name := hostapi.Methods[int(method)%len(hostapi.Methods)].Name
	if name == "Wait" {
		return nil // waits for as long as it is told
	}
	var reply []byte
	err = c.Invoke(ctx, "/adyton.host.v1.Host/"+name, &data, &reply, grpc.ForceCodec(raw{}))
	if code := status.Code(err); code != codes.OK && code != codes.Internal && code != codes.InvalidArgument {
		return fmt.Errorf("%s(%q) = %w", name, data, err)
	}
	return nil
}
