package ipc

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/ipcwire"
	"adyton.dev/adyton/subsystems/ipc/ipctest"
)

func linked(t *testing.T) ipcapi.IPC {
	s, err := New(Config{Now: func() int64 { return 1000 }, Wall: func() int64 { return 1700000000123456789 }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// overWire puts the calls through gRPC.
func overWire(open func(*testing.T) ipcapi.IPC) func(*testing.T) ipcapi.IPC {
	return func(t *testing.T) ipcapi.IPC {
		listener := bufconn.Listen(1 << 20)
		server := grpc.NewServer()
		ipcwire.Register(server, open(t))
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		cc, err := grpc.NewClient("passthrough:ipc", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cc.Close() })
		return ipcwire.NewClient(cc, ipcwire.ClientOptions{
			OnError: func(method string, err error) { t.Errorf("%s over the wire: %v", method, err) },
		})
	}
}

func TestLinked(t *testing.T) { ipctest.Run(t, linked) }
func TestPlugin(t *testing.T) { ipctest.Run(t, overWire(linked)) }

// hot is a call loop that must not allocate.
func hot(t *testing.T, what string, loop func()) {
	t.Helper()
	loop()
	if n := testing.AllocsPerRun(200, loop); n != 0 {
		t.Errorf("%s: %v allocations a round, want 0", what, n)
	}
}

// TestAllocs guards the hot path of linked mode.
func TestAllocs(t *testing.T) {
	s := linked(t)
	data, buf, ready := make([]byte, 512), make([]byte, 0, 4096), make([]ipcapi.Ready, 0, 8)
	var rd ipcapi.ReadReply
	var wr ipcapi.WriteReply
	var p ipcapi.PollReply
	data[0] = 1
	exchange := func(r, w uint64, n int) func() {
		put := ipcapi.WriteRequest{Handle: w, Data: data[:n]}
		poll := ipcapi.PollRequest{Handle: r, Events: linux.POLLIN}
		take := ipcapi.ReadRequest{Handle: r, Count: uint32(n)}
		return func() {
			wr = ipcapi.WriteReply{Ready: ready[:0]}
			if e := s.Write(&put, &wr); e != 0 {
				t.Fatalf("write = %v", e)
			}
			s.Poll(&poll, &p)
			rd = ipcapi.ReadReply{Data: buf[:0], Ready: ready[:0]}
			if e := s.Read(&take, &rd); e != 0 {
				t.Fatalf("read = %v", e)
			}
		}
	}
	var ends ipcapi.OpenPipeReply
	s.OpenPipe(&ipcapi.OpenPipeRequest{}, &ends)
	hot(t, "pipe", exchange(ends.ReadHandle, ends.WriteHandle, 512))
	var e ipcapi.OpenEventfdReply
	s.OpenEventfd(&ipcapi.OpenEventfdRequest{}, &e)
	hot(t, "eventfd", exchange(e.Handle, e.Handle, 8))
	for _, typ := range []uint32{linux.SOCK_STREAM, linux.SOCK_DGRAM, linux.SOCK_SEQPACKET} {
		var k ipcapi.SocketPairReply
		s.SocketPair(&ipcapi.SocketPairRequest{Domain: linux.AF_UNIX, Type: typ}, &k)
		hot(t, "socket", exchange(k.Second, k.First, 512))
	}
}

func BenchmarkPipe(b *testing.B) {
	s, _ := New(Config{})
	var p ipcapi.OpenPipeReply
	s.OpenPipe(&ipcapi.OpenPipeRequest{}, &p)
	data, buf, ready := make([]byte, 64), make([]byte, 0, 64), make([]ipcapi.Ready, 0, 8)
	put, take := ipcapi.WriteRequest{Handle: p.WriteHandle, Data: data}, ipcapi.ReadRequest{Handle: p.ReadHandle, Count: 64}
	var wr ipcapi.WriteReply
	var rd ipcapi.ReadReply
	for b.Loop() {
		wr = ipcapi.WriteReply{Ready: ready[:0]}
		s.Write(&put, &wr)
		rd = ipcapi.ReadReply{Data: buf[:0], Ready: ready[:0]}
		s.Read(&take, &rd)
	}
}

// TestClaimsNameCases keeps the claims true to the suite.
func TestClaimsNameCases(t *testing.T) {
	for _, claim := range Claims {
		if len(claim.Tests) == 0 {
			t.Errorf("claim of %v names no test", claim.Syscalls)
		}
		for _, name := range claim.Tests {
			if c, ok := strings.CutPrefix(name, "ipctest/"); ok && ipctest.Cases[c] == nil {
				t.Errorf("claim of %v names %s, which is no case", claim.Syscalls, name)
			}
		}
	}
}

func BenchmarkTCP(b *testing.B) {
	s, _ := New(Config{})
	open := func() uint64 {
		var rep ipcapi.SocketReply
		s.Socket(&ipcapi.SocketRequest{Domain: linux.AF_INET, Type: linux.SOCK_STREAM}, &rep)
		return rep.Handle
	}
	l, c := open(), open()
	address := append([]byte{linux.AF_INET, 0, 0x1b, 0x58, 127, 0, 0, 1}, make([]byte, 8)...)
	s.Bind(&ipcapi.BindRequest{Handle: l, Address: address}, &ipcapi.BindReply{})
	s.Listen(&ipcapi.ListenRequest{Handle: l, Backlog: 5}, &ipcapi.ListenReply{})
	if e := s.Connect(&ipcapi.ConnectRequest{Handle: c, Address: address}, &ipcapi.ConnectReply{}); e != 0 {
		b.Fatalf("connect = %v", e)
	}
	var a ipcapi.AcceptReply
	s.Accept(&ipcapi.AcceptRequest{Handle: l}, &a)
	data, buf, ready := make([]byte, 64), make([]byte, 0, 64), make([]ipcapi.Ready, 0, 8)
	put, take := ipcapi.WriteRequest{Handle: c, Data: data}, ipcapi.ReadRequest{Handle: a.Handle, Count: 64}
	var wr ipcapi.WriteReply
	var rd ipcapi.ReadReply
	b.ReportAllocs()
	for b.Loop() {
		wr = ipcapi.WriteReply{Ready: ready[:0]}
		s.Write(&put, &wr)
		rd = ipcapi.ReadReply{Data: buf[:0], Ready: ready[:0]}
		s.Read(&take, &rd)
	}
}
