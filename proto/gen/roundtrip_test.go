// Package gen tests what is generated below it: that a call gives the same
// over the wire as linked, and that a broken wire gives what the contract says.
package gen

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/corewire"
	"adyton.dev/adyton/proto/gen/coverageapi"
	"adyton.dev/adyton/proto/gen/coveragewire"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/fswire"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/proto/gen/hostwire"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/ipcwire"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/mmwire"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/proto/gen/signalwire"
)

const seed = 7

// roundTrips has one check a contract.
var roundTrips = map[string]func(*testing.T){
	"core": func(t *testing.T) {
		var impl coreapi.Core = coreapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { corewire.Register(s, impl) })
		wire := corewire.NewClient(cc, corewire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, coreapi.Calls, impl, wire, len(coreapi.Methods))
	},
	"coverage": func(t *testing.T) {
		var impl coverageapi.Coverage = coverageapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { coveragewire.Register(s, impl) })
		wire := coveragewire.NewClient(cc, coveragewire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, coverageapi.Calls, impl, wire, len(coverageapi.Methods))
	},
	"fs": func(t *testing.T) {
		var impl fsapi.FS = fsapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { fswire.Register(s, impl) })
		wire := fswire.NewClient(cc, fswire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, fsapi.Calls, impl, wire, len(fsapi.Methods))
	},
	"host": func(t *testing.T) {
		var impl hostapi.Host = hostapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { hostwire.Register(s, impl) })
		wire := hostwire.NewClient(cc, hostwire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, hostapi.Calls, impl, wire, len(hostapi.Methods))
	},
	"ipc": func(t *testing.T) {
		var impl ipcapi.IPC = ipcapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { ipcwire.Register(s, impl) })
		wire := ipcwire.NewClient(cc, ipcwire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, ipcapi.Calls, impl, wire, len(ipcapi.Methods))
	},
	"mm": func(t *testing.T) {
		var impl mmapi.MM = mmapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { mmwire.Register(s, impl) })
		wire := mmwire.NewClient(cc, mmwire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, mmapi.Calls, impl, wire, len(mmapi.Methods))
	},
	"signal": func(t *testing.T) {
		var impl signalapi.Signal = signalapi.Noise{Seed: seed}
		cc := dial(t, func(s *grpc.Server) { signalwire.Register(s, impl) })
		wire := signalwire.NewClient(cc, signalwire.ClientOptions{OnError: unwanted(t)})
		roundTrip(t, signalapi.Calls, impl, wire, len(signalapi.Methods))
	},
}

func TestRoundTrip(t *testing.T) {
	for name, check := range roundTrips {
		t.Run(name, check)
	}
}

// TestRoundTripHasEveryContract fails when a contract is added and not checked.
func TestRoundTripHasEveryContract(t *testing.T) {
	dirs, err := os.ReadDir("../adyton")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if roundTrips[d.Name()] == nil {
			t.Errorf("proto/adyton/%s has no check in roundTrips", d.Name())
		}
	}
	if len(dirs) < 7 {
		t.Errorf("%d contracts, want 7 or more", len(dirs))
	}
}

// roundTrip plays random calls linked and over the wire. Noise answers by the
// request alone, so both sides must agree in every field of both.
func roundTrip[S any, R interface {
	Equal(R) bool
	fmt.Stringer
}, C interface {
	Do(S) R
	GoString() string
}](t *testing.T, decode func([]byte) []C, linked, wire S, methods int) {
	rng := rand.New(rand.NewPCG(1, 2))
	tried := make(map[string]bool)
	for n := 0; n < 12*methods || len(tried) < methods-1 && n < 1000*methods; {
		data := make([]byte, 2000)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		for _, c := range decode(data) {
			n++
			text := c.GoString()
			name, _, _ := strings.Cut(text, "(")
			tried[name] = true
			if got, want := c.Do(wire), c.Do(linked); !got.Equal(want) {
				t.Fatalf("%s\n over the wire: %v\n linked:        %v", text, got, want)
			}
		}
	}
	if len(tried) < methods-1 { // Watch is a stream
		t.Errorf("only %d of %d methods tried: %v", len(tried), methods, tried)
	}
}

// dial serves what register says in memory and returns a connection to it.
func dial(t *testing.T, register func(*grpc.Server)) *grpc.ClientConn {
	t.Helper()
	cc, _ := dialServer(t, register)
	return cc
}

func dialServer(t *testing.T, register func(*grpc.Server)) (*grpc.ClientConn, *grpc.Server) {
	t.Helper()
	lis := bufconn.Listen(1 << 20)
	s := grpc.NewServer()
	register(s)
	go s.Serve(lis) // ends by Stop
	t.Cleanup(s.Stop)
	cc, err := grpc.NewClient("passthrough:memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	return cc, s
}

// unwanted is an OnError for servers that never fail.
func unwanted(t *testing.T) func(string, error) {
	return func(method string, err error) { t.Errorf("%s: %v", method, err) }
}
