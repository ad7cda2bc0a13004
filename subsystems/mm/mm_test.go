package mm

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/mmwire"
	"adyton.dev/adyton/subsystems/mm/mmtest"
)

// linked gives instances with a configuration.
func linked(cfg Config) func(*testing.T) mmapi.MM {
	return func(t *testing.T) mmapi.MM {
		m, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

// overWire puts gRPC between.
func overWire(open func(*testing.T) mmapi.MM) func(*testing.T) mmapi.MM {
	return func(t *testing.T) mmapi.MM {
		listener := bufconn.Listen(1 << 20)
		server := grpc.NewServer()
		mmwire.Register(server, open(t))
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		conn, err := grpc.NewClient("passthrough:mm", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return listener.Dial() }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return mmwire.NewClient(conn, mmwire.ClientOptions{})
	}
}

// fast is the configuration that the core uses: all policies on.
var fast = Config{PopulateSmall: true, HugePages: true, PopulateText: true}

func TestLinked(t *testing.T)     { mmtest.Run(t, linked(Config{})) }
func TestLinkedFast(t *testing.T) { mmtest.Run(t, linked(fast)) }
func TestPlugin(t *testing.T)     { mmtest.Run(t, overWire(linked(fast))) }

func TestNewRefusesNegativeAreas(t *testing.T) {
	if _, err := New(Config{MaxAreas: -1}); err == nil {
		t.Error("New with MaxAreas -1 gives no error")
	}
}

func limited(t *testing.T, maxAreas int, huge bool) mmapi.MM {
	return linked(Config{MaxAreas: maxAreas, HugePages: huge, PopulateSmall: true, PopulateText: true})(t)
}

func FuzzMM(f *testing.F) { mmtest.Fuzz(f, limited) }

// TestAgainstModel is FuzzMM on random bytes, which reach further than the
// fuzzer does in the time of a test. MM_SEEDS is how many rounds to play.
func TestAgainstModel(t *testing.T) {
	seeds, err := strconv.ParseUint(os.Getenv("MM_SEEDS"), 10, 64)
	if err != nil {
		seeds = 300
	}
	for seed := uint64(0); seed < seeds && !t.Failed(); seed++ {
		r := rand.New(rand.NewPCG(seed, 3))
		data := make([]byte, 4000)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		mmtest.Play(t, data, limited)
	}
}
