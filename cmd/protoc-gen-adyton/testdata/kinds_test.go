package kindswire

import (
	"context"
	"fmt"
	"math"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/kindsapi"
)

// full returns a request that has something in every field.
func full() *kindsapi.SwapRequest {
	all := kindsapi.All{
		B: true, I32: -32, I64: math.MinInt64, Flags: math.MaxUint32, OffsetNs: math.MaxUint64, D: 1.5,
		Path: "/\xff", Data: []byte("x\x00y"), Color: kindsapi.ColorDarkBlue,
		Leaf: kindsapi.Leaf{Data: []byte("leaf")}, Plain: kindsapi.Plain{Uid: 9},
	}
	lists := kindsapi.Lists{
		Bs: []bool{true, false}, Ints: []int32{-1, 2}, Longs: []uint64{1, 1 << 63}, Ds: []float64{math.NaN()},
		Names: []string{"", "\xfe"}, Blobs: [][]byte{[]byte("a"), {}}, Colors: []kindsapi.Color{kindsapi.ColorRed, 99},
		Leaves: []kindsapi.Leaf{{Data: []byte("b")}, {}}, Plains: []kindsapi.Plain{{Uid: 1}},
	}
	return &kindsapi.SwapRequest{All: all, Lists: lists}
}

// changes has one change to a request for each of its fields.
var changes = map[string]func(*kindsapi.SwapRequest){
	"B":         func(r *kindsapi.SwapRequest) { r.All.B = false },
	"I32":       func(r *kindsapi.SwapRequest) { r.All.I32++ },
	"I64":       func(r *kindsapi.SwapRequest) { r.All.I64++ },
	"Flags":     func(r *kindsapi.SwapRequest) { r.All.Flags++ },
	"OffsetNs":  func(r *kindsapi.SwapRequest) { r.All.OffsetNs++ },
	"D":         func(r *kindsapi.SwapRequest) { r.All.D++ },
	"Path":      func(r *kindsapi.SwapRequest) { r.All.Path += "p" },
	"Data":      func(r *kindsapi.SwapRequest) { r.All.Data[2]++ },
	"Color":     func(r *kindsapi.SwapRequest) { r.All.Color++ },
	"Leaf":      func(r *kindsapi.SwapRequest) { r.All.Leaf.Data[0]++ },
	"Plain":     func(r *kindsapi.SwapRequest) { r.All.Plain.Uid++ },
	"Bs":        func(r *kindsapi.SwapRequest) { r.Lists.Bs[1] = true },
	"Ints":      func(r *kindsapi.SwapRequest) { r.Lists.Ints[0]++ },
	"Longs":     func(r *kindsapi.SwapRequest) { r.Lists.Longs[0]++ },
	"Ds":        func(r *kindsapi.SwapRequest) { r.Lists.Ds[0] = 0 },
	"Names":     func(r *kindsapi.SwapRequest) { r.Lists.Names[1] = "" },
	"Blobs":     func(r *kindsapi.SwapRequest) { r.Lists.Blobs[0][0]++ },
	"Colors":    func(r *kindsapi.SwapRequest) { r.Lists.Colors[1]-- },
	"Leaves":    func(r *kindsapi.SwapRequest) { r.Lists.Leaves[0].Data[0]++ },
	"Plains":    func(r *kindsapi.SwapRequest) { r.Lists.Plains[0].Uid++ },
	"Bs length": func(r *kindsapi.SwapRequest) { r.Lists.Bs = r.Lists.Bs[:1] },
}

func TestKindsEqualAndClone(t *testing.T) {
	if a := full(); !a.Equal(full()) || !a.Equal(a.Clone()) {
		t.Error("Equal says that equal values differ")
	}
	for name, change := range changes {
		a := full()
		c := a.Clone()
		change(c)
		if a.Equal(c) {
			t.Errorf("%s: Equal misses a change", name)
		}
		if !a.Equal(full()) {
			t.Errorf("%s: a change to the clone reached the original", name)
		}
	}
	if a, b := (&kindsapi.Leaf{}), (&kindsapi.Leaf{Data: []byte{}}); !a.Equal(b) {
		t.Error("nil and empty slices differ")
	}
}

func TestKindsResetKeepsCapacity(t *testing.T) {
	a := full()
	a.Reset()
	if !a.Equal(new(kindsapi.SwapRequest)) {
		t.Errorf("after Reset: %#v", a)
	}
	if cap(a.All.Data) == 0 || cap(a.All.Leaf.Data) == 0 || cap(a.Lists.Leaves) == 0 {
		t.Error("Reset dropped a buffer")
	}
	refill := func() {
		a.Reset()
		a.All.Data = append(a.All.Data, "x\x00y"...)
		a.Lists.Plains = append(a.Lists.Plains, kindsapi.Plain{Uid: 1})
	}
	if n := testing.AllocsPerRun(100, refill); n != 0 {
		t.Errorf("refilling after Reset: %v allocations, want 0", n)
	}
}

func TestKindsGoString(t *testing.T) {
	for _, c := range []struct {
		v    fmt.GoStringer
		want string
	}{
		{&kindsapi.TouchRequest{}, `&kindsapi.TouchRequest{}`},
		{&kindsapi.All{I32: -1, D: 0.5, Path: "a\n", Color: kindsapi.ColorRed, Plain: kindsapi.Plain{Uid: 1}},
			`&kindsapi.All{I32: -1, D: 0.5, Path: "a\n", Color: kindsapi.ColorRed, Plain: kindsapi.Plain{Uid: 1}}`},
		{&kindsapi.All{Color: 99, Data: make([]byte, 20)},
			`&kindsapi.All{Data: []byte(strings.Repeat("\x00", 20)), Color: kindsapi.Color(99)}`},
		{&kindsapi.Lists{Blobs: [][]byte{[]byte("a"), nil}, Leaves: []kindsapi.Leaf{{}, {Data: []byte("b")}}, Bs: []bool{true}},
			`&kindsapi.Lists{Bs: []bool{true}, Blobs: [][]byte{[]byte("a"), []byte("")}, Leaves: []kindsapi.Leaf{kindsapi.Leaf{}, kindsapi.Leaf{Data: []byte("b")}}}`},
	} {
		if got := c.v.GoString(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	call := kindsapi.Call{Method: &kindsapi.Methods[1], Req: new(kindsapi.TouchRequest)}
	if got, want := fmt.Sprintf("%#v", call), "s.Touch(&kindsapi.TouchRequest{}, new(kindsapi.TouchReply))"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// echo gives back what it is given.
type echo struct{ kindsapi.Unimplemented }

func (echo) Swap(req *kindsapi.SwapRequest, rep *kindsapi.SwapReply) linux.Errno {
	rep.All, rep.Lists = req.All, req.Lists
	return linux.EWAIT
}

func TestKindsOverTheWire(t *testing.T) {
	lis := bufconn.Listen(1 << 16)
	s := grpc.NewServer()
	Register(s, echo{})
	go s.Serve(lis) // ends by Stop
	defer s.Stop()
	cc, err := grpc.NewClient("passthrough:memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	wire := NewClient(cc, ClientOptions{OnError: func(m string, err error) { t.Errorf("%s: %v", m, err) }})

	var rep kindsapi.SwapReply
	if e := wire.Swap(full(), &rep); e != linux.EWAIT {
		t.Errorf("Swap = %v, want EWAIT", e)
	}
	if want := full(); !rep.All.Equal(&want.All) || !rep.Lists.Equal(&want.Lists) {
		t.Errorf("got  %#v\nwant %#v", &rep, want)
	}
	if e := wire.Touch(new(kindsapi.TouchRequest), new(kindsapi.TouchReply)); e != linux.ENOSYS {
		t.Errorf("Touch = %v, want ENOSYS of Unimplemented", e)
	}
	if e := wire.Watch(new(kindsapi.WatchRequest), func(*kindsapi.WatchReply) bool { return true }); e != linux.ENOSYS {
		t.Errorf("Watch = %v, want ENOSYS of Unimplemented", e)
	}
}
