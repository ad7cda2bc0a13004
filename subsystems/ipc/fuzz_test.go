package ipc

import (
	"math/rand/v2"
	"testing"

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

// near picks a handle near first more often than h.
func near(r *rand.Rand, h, first uint64) uint64 {
	if r.IntN(3) == 0 {
		return h
	}
	return first + r.Uint64N(3)
}

// often is 1, or now and then many.
func often(r *rand.Rand) int { return max(1, (r.IntN(4)-2)*r.IntN(20)) }
