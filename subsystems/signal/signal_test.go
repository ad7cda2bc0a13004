package signal

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/proto/gen/signalwire"
	"adyton.dev/adyton/subsystems/signal/signaltest"
)

func linked(t *testing.T, c *signaltest.Clock) signalapi.Signal {
	s, err := New(Config{Realtime: c.Realtime, Monotonic: c.Monotonic, Init: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

// overWire puts the calls through gRPC.
func overWire(open signaltest.Open) signaltest.Open {
	return func(t *testing.T, c *signaltest.Clock) signalapi.Signal {
		listener := bufconn.Listen(1 << 20)
		server := grpc.NewServer()
		signalwire.Register(server, open(t, c))
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		cc, err := grpc.NewClient("passthrough:signal", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cc.Close() })
		return signalwire.NewClient(cc, signalwire.ClientOptions{
			OnError: func(method string, err error) { t.Errorf("%s over the wire: %v", method, err) },
		})
	}
}

func TestLinked(t *testing.T) { signaltest.Run(t, linked) }
func TestPlugin(t *testing.T) { signaltest.Run(t, overWire(linked)) }

// TestNewNeedsClocks checks the operator's error.
func TestNewNeedsClocks(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("New without clocks gave no error")
	}
}

// TestClaimsNameCases checks that each claim names cases of the suite.
func TestClaimsNameCases(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range Claims {
		for _, name := range c.Syscalls {
			if seen[name] {
				t.Errorf("%s is claimed twice", name)
			}
			seen[name] = true
		}
		if len(c.Tests) == 0 {
			t.Errorf("%v: no test", c.Syscalls)
		}
		for _, test := range c.Tests {
			if name, ok := strings.CutPrefix(test, "signaltest/"); ok && signaltest.Cases[name] == nil {
				t.Errorf("%v: no case %s", c.Syscalls, name)
			}
		}
	}
}

func FuzzSignal(f *testing.F) { signaltest.Fuzz(f, linked) }

// TestModel plays random calls on the implementation and on the model.
func TestModel(t *testing.T) { signaltest.Model(t, linked, 2000) }
