package ipc

import (
	"math/rand/v2"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/ipctest"
)

func FuzzIPC(f *testing.F) { ipctest.Fuzz(f, linked, 1000) }

// TestModel plays random calls, so that the model is compared in every run. It
// makes some of them often, so that queues fill.
func TestModel(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	source := rand.NewChaCha8([32]byte{1})
	r := rand.New(source)
	for range rounds {
		data := make([]byte, 1200)
		source.Read(data)
		calls := ipctest.Opening()
		first := uint64(1 + r.IntN(15))
		for _, c := range ipcapi.Calls(data) {
			times := 1
			switch q := c.Req.(type) {
			case *ipcapi.SendRequest:
				times = often(r)
				q.Handle = near(r, q.Handle, first)
				if r.IntN(3) == 0 {
					q.Address = []byte{0} // the name of the sockets that Opening binds
				}
			case *ipcapi.WriteRequest:
				times = often(r)
				q.Handle = near(r, q.Handle, first)
			case *ipcapi.ConnectRequest:
				times = often(r)
				q.Handle = near(r, q.Handle, 12)
				q.Address = []byte{0}
			case *ipcapi.ReadRequest:
				q.Handle = near(r, q.Handle, first)
			case *ipcapi.ReceiveRequest:
				q.Handle = near(r, q.Handle, first)
			case *ipcapi.AcceptRequest:
				q.Handle = near(r, q.Handle, 11)
			}
			for range times {
				calls = append(calls, c)
			}
		}
		model := ipctest.NewModel()
		model.Now = 1000
		ipctest.Compare(t, linked(t), model, calls)
	}
}

// FuzzAnything makes calls as they come, with sockets of the network in the
// game: whatever they answer, nothing may panic.
func FuzzAnything(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) { anything(t, ipcapi.Calls(data)) })
}

func TestAnything(t *testing.T) {
	source := rand.NewChaCha8([32]byte{2})
	for range 500 {
		data := make([]byte, 3000)
		source.Read(data)
		anything(t, ipcapi.Calls(data))
	}
}

func anything(t *testing.T, calls []ipcapi.Call) {
	s := linked(t)
	var handles []uint64
	for i := range uint32(8) {
		var rep ipcapi.SocketReply
		s.Socket(&ipcapi.SocketRequest{
			Domain: []uint32{linux.AF_INET, linux.AF_INET6}[i%2], Type: []uint32{linux.SOCK_STREAM, linux.SOCK_DGRAM}[i/2%2],
		}, &rep)
		handles = append(handles, rep.Handle)
	}
	address := func(b []byte) []byte {
		k, n := byte(0), byte(0)
		if len(b) > 0 {
			k, n = b[0]%4, b[0]/4%3
		}
		local := append([]byte{linux.AF_INET, 0, 0x20, n, 127, 0, 0, k}, make([]byte, 8)...)
		if k == 3 {
			local = append([]byte{linux.AF_INET6, 0, 0x20, n, 0, 0, 0, 0}, here6.AsSlice()...)
			local = append(local, 0, 0, 0, 0)
		}
		return local
	}
	for i, c := range calls {
		switch q := c.Req.(type) {
		case *ipcapi.BindRequest:
			q.Address = address(q.Address)
		case *ipcapi.ConnectRequest:
			q.Address = address(q.Address)
		case *ipcapi.SendRequest:
			if i%2 == 0 {
				q.Address = address(q.Address)
			}
		case *ipcapi.PipeSizeRequest:
			q.Size %= 1 << 22
		case *ipcapi.SemGetRequest:
			q.Count %= 100
		}
		for range 1 + i%3 {
			c.Do(s)
		}
		for _, h := range handles {
			var rep ipcapi.PollReply
			s.Poll(&ipcapi.PollRequest{Handle: h}, &rep)
		}
	}
}

// near picks a handle near first more often than h.
func near(r *rand.Rand, h, first uint64) uint64 {
	if r.IntN(3) == 0 {
		return h
	}
	return first + r.Uint64N(3)
}

// often is 1, or now and then many.
func often(r *rand.Rand) int { return max(1, (r.IntN(4)-2)*r.IntN(20)) }
