package ipc

import (
	"io"
	"sync"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// TestHammer passes a stream through a pipe and a socket from many goroutines
// at once, while others poll and open and close; run it with -race.
func TestHammer(t *testing.T) {
	s := linked(t)
	var group sync.WaitGroup
	for i := range 8 {
		var p ipcapi.OpenPipeReply
		s.OpenPipe(&ipcapi.OpenPipeRequest{}, &p)
		from, to := p.WriteHandle, p.ReadHandle
		if i%2 == 1 {
			var k ipcapi.SocketPairReply
			s.SocketPair(&ipcapi.SocketPairRequest{Domain: linux.AF_UNIX, Type: linux.SOCK_STREAM}, &k)
			from, to = k.First, k.Second
		}
		const total = 1 << 20
		group.Go(func() {
			data := make([]byte, 3000)
			for sent := 0; sent < total; {
				for j := range data {
					data[j] = byte(sent + j)
				}
				var rep ipcapi.WriteReply
				e := s.Write(&ipcapi.WriteRequest{Handle: from, Data: data[:min(len(data), total-sent)]}, &rep)
				if e != 0 && e != linux.EWAIT {
					t.Errorf("write = %v", e)
					return
				}
				sent += int(rep.Count)
			}
			s.Close(&ipcapi.CloseRequest{Handle: from}, &ipcapi.CloseReply{})
		})
		group.Go(func() {
			for got := 0; ; {
				var rep ipcapi.ReadReply
				e := s.Read(&ipcapi.ReadRequest{Handle: to, Count: 5000}, &rep)
				if e == linux.EWAIT {
					s.Poll(&ipcapi.PollRequest{Handle: to}, &ipcapi.PollReply{})
					continue
				}
				if e != 0 || len(rep.Data) == 0 {
					if e != 0 || got != total {
						t.Errorf("read = %v after %d of %d bytes (%v)", e, got, total, io.ErrUnexpectedEOF)
					}
					return
				}
				for j, b := range rep.Data {
					if b != byte(got+j) {
						t.Errorf("byte %d is %d", got+j, b)
						return
					}
				}
				got += len(rep.Data)
			}
		})
	}
	group.Wait()
}
