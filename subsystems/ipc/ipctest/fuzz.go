package ipctest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// fuzzOptions are the socket options that the model knows.
var fuzzOptions = []int32{
	linux.SO_PASSCRED, linux.SO_PEEK_OFF, linux.SO_RCVLOWAT, linux.SO_SNDBUF, linux.SO_TYPE, linux.SO_ERROR,
	linux.SO_ACCEPTCONN, 54,
}

// Fuzz plays the same calls on an implementation and on the model. They must
// answer the same, show the same levels after each call, and the implementation
// must report each handle whose level gained a bit. Time does not pass.
func Fuzz(f *testing.F, open func(*testing.T) ipcapi.IPC, now int64) {
	f.Fuzz(func(t *testing.T, data []byte) {
		model := NewModel()
		model.Now = now
		Compare(t, open(t), model, append(Opening(), ipcapi.Calls(data)...))
	})
}

// Opening returns calls that make a few files of each kind, so that what comes
// after has somewhere to go: two pipes, a pair of each type, a stream socket
// that listens without a backlog and two to connect, a datagram socket with a
// name and a FIFO. Their handles have the numbers in order.
func Opening() []ipcapi.Call {
	call := func(name string, req any) ipcapi.Call {
		for i := range ipcapi.Methods {
			if ipcapi.Methods[i].Name == name {
				return ipcapi.Call{Method: &ipcapi.Methods[i], Req: req}
			}
		}
		panic("ipctest: no method " + name)
	}
	calls := []ipcapi.Call{
		call("OpenPipe", &ipcapi.OpenPipeRequest{}),
		call("OpenPipe", &ipcapi.OpenPipeRequest{Flags: linux.O_DIRECT}),
	}
	for _, typ := range []uint32{stream, dgram, seqpacket} {
		calls = append(calls, call("SocketPair", &ipcapi.SocketPairRequest{Domain: 1, Type: typ}))
	}
	for _, typ := range []uint32{stream, stream, stream, dgram} {
		calls = append(calls, call("Socket", &ipcapi.SocketRequest{Domain: 1, Type: typ}))
	}
	return append(calls,
		call("Bind", &ipcapi.BindRequest{Handle: 11, Address: []byte{0}}),
		call("Listen", &ipcapi.ListenRequest{Handle: 11}),
		call("Bind", &ipcapi.BindRequest{Handle: 14, Address: []byte{0}}),
		call("OpenFifo", &ipcapi.OpenFifoRequest{Node: 1, Flags: linux.O_RDONLY}),
	)
}

// Compare plays calls on both sides and fails at the first difference.
func Compare(t *testing.T, impl, model ipcapi.IPC, calls []ipcapi.Call) {
	left, right := &side{s: impl}, &side{s: model}
	var played []string
	for _, c := range calls {
		if !tame(c) {
			continue
		}
		before := left.levels()
		got, line := left.do(c)
		want, _ := right.do(c)
		played = append(played, line)
		if !got.Equal(want) {
			t.Fatalf("%s\ngot  %v\nwant %v", strings.Join(played, "\n"), got, want)
		}
		now, should := left.levels(), right.levels()
		for i := range now {
			switch {
			case now[i] != should[i]:
				t.Fatalf("%s\nlevel of %d is %#x, want %#x", strings.Join(played, "\n"), left.handles[i], now[i], should[i])
			case i >= len(before) || now[i]&^before[i] == 0 || now[i] == absent || left.handles[i] == left.pending:
			case left.told[left.handles[i]]&now[i] != now[i]:
				t.Fatalf("%s\nlevel of %d went from %#x to %#x, but ready tells %#x", strings.Join(played, "\n"),
					left.handles[i], before[i], now[i], left.told[left.handles[i]])
			}
		}
	}
}

// tame turns a random request into one that is likely to mean something, and
// reports whether the model can answer it.
func tame(c ipcapi.Call) bool {
	address := func(a *[]byte, node *uint64) {
		if len(*a) == 0 || (*a)[0] >= 240 {
			return // none, or a bad one
		}
		n := (*a)[0] % 8
		*node = 0
		switch {
		case n == 7:
			*a = []byte{0, 0} // AF_UNSPEC
		case n == 6:
			*a = []byte{1, 0}
		case n >= 3:
			*a, *node = []byte{1, 0, '/', 'a' + n}, uint64(n)
		default:
			*a = []byte{1, 0, 0, 'a' + n}
		}
	}
	kind := func(domain, typ, protocol *uint32) {
		*protocol %= 3
		if *domain%8 != 7 {
			*domain = linux.AF_UNIX
		}
		*typ = *typ%6 + uint32(b2i(*typ == 0))
	}
	for _, family := range []string{"Shm", "Msg", "Sem", "Mq", "Text", "SetText"} {
		if strings.HasPrefix(c.Method.Name, family) {
			return false // the model has none of them
		}
	}
	switch q := c.Req.(type) {
	case *ipcapi.SocketRequest:
		kind(&q.Domain, &q.Type, &q.Protocol)
	case *ipcapi.SocketPairRequest:
		kind(&q.Domain, &q.Type, &q.Protocol)
	case *ipcapi.OpenPipeRequest:
		q.Flags &= linux.O_DIRECT | linux.O_NONBLOCK
	case *ipcapi.OpenFifoRequest:
		q.Node = q.Node%2 + 1
		if q.Handle%3 != 0 {
			q.Handle = 0
		}
		if q.Pending%3 != 0 {
			q.Pending = 0
			q.Cancel = false
		}
	case *ipcapi.PipeSizeRequest:
		if q.Size > 64<<20 {
			q.Privileged = false // do not make the host pay
		}
	case *ipcapi.BindRequest:
		address(&q.Address, &q.Node)
	case *ipcapi.ConnectRequest:
		address(&q.Address, &q.Node)
	case *ipcapi.SendRequest:
		address(&q.Address, &q.Node)
		q.Control = nil
		q.Flags &^= linux.MSG_OOB // the model has no urgent bytes
	case *ipcapi.GetOptionRequest:
		q.Level, q.Option, q.Size = linux.SOL_SOCKET, fuzzOptions[uint32(q.Option)%8], q.Size%16
	case *ipcapi.SetOptionRequest:
		q.Level, q.Option = linux.SOL_SOCKET, fuzzOptions[uint32(q.Option)%4]
	case *ipcapi.IoctlRequest:
		q.Command = []uint32{linux.FIONREAD, linux.SIOCOUTQ, linux.TIOCGWINSZ}[q.Command%3]
	case *ipcapi.GetattrRequest, *ipcapi.PollRequest, *ipcapi.UnreadRequest, *ipcapi.CollectRequest:
		return false
	}
	return true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// side is one of the two players. A handle in a request is the number of an
// opened one; what is compared has such numbers again.
type side struct {
	s       ipcapi.IPC
	handles []uint64
	// told is what the last call reported ready, pending the open that it went
	// on with: that becomes another file by the call.
	told    map[uint64]uint32
	pending uint64
}

const absent = ^uint32(0)

func (d *side) levels() []uint32 {
	all := make([]uint32, len(d.handles))
	for i, h := range d.handles {
		var rep ipcapi.PollReply
		if d.s.Poll(&ipcapi.PollRequest{Handle: h, Events: 0xffff}, &rep) != 0 {
			rep.Level = absent
		}
		all[i] = rep.Level
	}
	return all
}

var handleFields = map[string]bool{
	"Handle": true, "ReadHandle": true, "WriteHandle": true, "First": true, "Second": true, "Pending": true,
	"From": true, "To": true,
}

// do makes the call and returns its result with numbers for handles, and the
// call as it was made.
func (d *side) do(c ipcapi.Call) (ipcapi.Result, string) {
	// Work on a copy: the other side plays the same request.
	req := reflect.New(reflect.TypeOf(c.Req).Elem())
	req.Elem().Set(reflect.ValueOf(c.Req).Elem())
	d.pending = 0
	for i := range req.Elem().NumField() {
		v, name := req.Elem().Field(i), req.Elem().Type().Field(i).Name
		switch {
		case name == "Pending" && v.Uint() != 0:
			v.SetUint(d.handle(v.Uint()))
			d.pending = v.Uint()
		case name == "Handle" && v.Uint() == 0 && c.Method.Name == "OpenFifo":
		case name != "Pending" && handleFields[name]:
			v.SetUint(d.handle(v.Uint()))
		}
	}
	call := ipcapi.Call{Method: c.Method, Req: req.Interface()}
	result := call.Do(d.s)
	d.told = map[uint64]uint32{}
	rep := reflect.ValueOf(result.Reply).Elem()
	for i := range rep.NumField() {
		v, name := rep.Field(i), rep.Type().Field(i).Name
		switch {
		case handleFields[name]:
			v.SetUint(d.number(v.Uint()))
		case name == "Wait":
			w := v.Addr().Interface().(*ipcapi.Wait)
			w.Handle = d.number(w.Handle)
			w.Events &= 0xffff
		case name == "Ready":
			for _, r := range v.Interface().([]ipcapi.Ready) {
				d.told[r.Handle] |= r.Level
			}
			v.SetZero()
		case v.Kind() == reflect.Slice && v.Len() == 0:
			v.SetZero()
		}
	}
	return result, fmt.Sprintf("%#v", call)
}

func (d *side) handle(n uint64) uint64 {
	if n > 250 || len(d.handles) == 0 {
		return n &^ 0xffffffff // none
	}
	return d.handles[(int(n)+len(d.handles)-1)%len(d.handles)]
}

func (d *side) number(h uint64) uint64 {
	if h == 0 {
		return 0
	}
	for i, o := range d.handles {
		if o == h {
			return uint64(i + 1)
		}
	}
	d.handles = append(d.handles, h)
	return uint64(len(d.handles))
}
