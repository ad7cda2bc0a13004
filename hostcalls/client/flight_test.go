package client

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// slowHost answers reads and writes when the test lets it.
type slowHost struct {
	hostapi.Unimplemented
	let chan string // each read takes one, and answers with it

	mu    sync.Mutex // guards reads and writes
	reads int
	wrote []string
}

func (h *slowHost) FileRead(_ *hostapi.FileReadRequest, rep *hostapi.FileReadReply) linux.Errno {
	h.mu.Lock()
	h.reads++
	h.mu.Unlock()
	s := <-h.let
	rep.Data = append(rep.Data, s...)
	rep.Lengths = append(rep.Lengths, uint32(len(s)))
	return 0
}

func (h *slowHost) FileWrite(req *hostapi.FileWriteRequest, rep *hostapi.FileWriteReply) linux.Errno {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrote = append(h.wrote, string(req.Data))
	rep.Count, rep.Size = uint32(len(req.Data)), 1000
	return 0
}

func slow(t *testing.T) (*slowHost, *Client, chan uint64) {
	h := &slowHost{let: make(chan string, 100)}
	done := make(chan uint64, 100)
	c := newClient(h, h, Options{OnDone: func(n uint64) { done <- n }, OnLie: func(err error) { t.Error(err) }})
	return h, c, done
}

var readReq = &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: 1, Length: 100}}}

func start(t *testing.T, c *Client) uint64 {
	t.Helper()
	ticket, e := c.FileRead(readReq, new(hostapi.FileReadReply))
	if e != linux.EWAIT || ticket == 0 {
		t.Fatalf("read = ticket %d, %v; want EWAIT", ticket, e)
	}
	return ticket
}

func answer(t *testing.T, c *Client, want string) {
	t.Helper()
	var rep hostapi.FileReadReply
	if ticket, e := c.FileRead(readReq, &rep); e != 0 || ticket != 0 || string(rep.Data) != want {
		t.Fatalf("read = %q, ticket %d, %v; want %q", rep.Data, ticket, e, want)
	}
}

func TestEqualReadsShareOneAnswer(t *testing.T) {
	h, c, done := slow(t)
	a, b := start(t, c), start(t, c)
	if a != b {
		t.Errorf("tickets %d and %d, want one", a, b)
	}
	h.let <- "one"
	if got := <-done; got != a {
		t.Errorf("ticket %d announced, want %d", got, a)
	}
	answer(t, c, "one")
	answer(t, c, "one")
	if h.reads != 1 || len(c.flights.list) != 0 {
		t.Errorf("%d reads, %d flights kept; want 1, 0", h.reads, len(c.flights.list))
	}
}

func TestSharedAnswersAreCopies(t *testing.T) {
	h, c, done := slow(t)
	start(t, c)
	start(t, c)
	h.let <- "one"
	<-done
	var a, b hostapi.FileReadReply
	c.FileRead(readReq, &a)
	a.Data[0] = 'X'
	c.FileRead(readReq, &b)
	if string(b.Data) != "one" {
		t.Errorf("the second answer is %q: it shares memory with the first", b.Data)
	}
}

// TestEqualWritesAreBothMade: two tasks append the same line.
func TestEqualWritesAreBothMade(t *testing.T) {
	h, c, done := slow(t)
	req := &hostapi.FileWriteRequest{Handle: 1, Data: []byte("x"), Append: true}
	var rep hostapi.FileWriteReply
	a, _ := c.FileWrite(req, &rep)
	b, _ := c.FileWrite(req, &rep)
	if a == b {
		t.Fatalf("both writes have ticket %d", a)
	}
	<-done
	<-done
	for range 2 {
		if _, e := c.FileWrite(req, &rep); e != 0 {
			t.Errorf("write = %v", e)
		}
	}
	if len(h.wrote) != 2 {
		t.Errorf("wrote %q, want twice", h.wrote)
	}
}

// TestReadAfterWriteIsFresh: an answer from before a write serves nobody who
// asks after it, yet a reader beside a busy writer gets on.
func TestReadAfterWriteIsFresh(t *testing.T) {
	h, c, done := slow(t)
	write := func() {
		req := &hostapi.FileWriteRequest{Handle: 2, Data: []byte("x")}
		c.FileWrite(req, new(hostapi.FileWriteReply))
		<-done
		c.FileWrite(req, new(hostapi.FileWriteReply))
	}
	old := start(t, c)
	write()
	if young := start(t, c); young == old {
		t.Errorf("a read after the write joined one from before it")
	}
	h.let <- "a"
	h.let <- "b"
	<-done
	<-done
	write()
	for i := range maxAgain {
		start(t, c)
		h.let <- fmt.Sprint(i)
		<-done
		write()
	}
	answer(t, c, fmt.Sprint(maxAgain-1))
}

func TestForget(t *testing.T) {
	h, c, done := slow(t)
	c.Forget(start(t, c)) // before the answer
	h.let <- "lost"
	<-done
	if len(c.flights.list) != 0 {
		t.Errorf("the answer is kept")
	}
	ticket := start(t, c) // after it
	h.let <- "lost too"
	<-done
	c.Forget(ticket)
	if len(c.flights.list) != 0 {
		t.Errorf("the answer is kept")
	}
	a := start(t, c) // one of two
	start(t, c)
	c.Forget(a)
	h.let <- "kept"
	<-done
	answer(t, c, "kept")
}

func TestAnswersAreDroppedInTime(t *testing.T) {
	h, c, done := slow(t)
	start(t, c)
	h.let <- "old"
	<-done
	c.flights.mu.Lock()
	c.flights.list[0].doneAt = time.Now().Add(-keepLook - time.Second)
	c.flights.mu.Unlock()
	start(t, c)
	h.let <- "new"
	<-done
	answer(t, c, "new")
}

func TestAnswersAreBounded(t *testing.T) {
	var fs flights
	for range maxKept + 10 {
		f := &flight{}
		fs.add(f)
		fs.finish(f, 0)
	}
	fs.take(func(*flight) bool { return false }, true)
	if len(fs.list) != maxKept {
		t.Errorf("%d answers kept, want %d", len(fs.list), maxKept)
	}
}

func TestDisconnectedGivesEIO(t *testing.T) {
	_, c, _ := slow(t)
	c.Disconnect()
	if ticket, e := c.FileRead(readReq, new(hostapi.FileReadReply)); e != linux.EIO || ticket != 0 {
		t.Errorf("read = ticket %d, %v; want EIO", ticket, e)
	}
}

// TestHammerFlights has many readers and writers at once; run it with -race.
func TestHammerFlights(t *testing.T) {
	h, c, _ := slow(t)
	var mu sync.Mutex
	waits := make(map[uint64]chan struct{})
	came := func(n uint64) chan struct{} {
		mu.Lock()
		defer mu.Unlock()
		if waits[n] == nil {
			waits[n] = make(chan struct{})
		}
		return waits[n]
	}
	c.onDone = func(n uint64) { close(came(n)) }
	close(h.let) // reads answer at once, with nothing
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				for {
					var ticket uint64
					var e linux.Errno
					if (i+j)%4 == 0 {
						ticket, e = c.FileWrite(&hostapi.FileWriteRequest{Handle: uint64(i), Data: []byte("x")}, new(hostapi.FileWriteReply))
					} else {
						ticket, e = c.FileRead(readReq, new(hostapi.FileReadReply))
					}
					if e == 0 {
						break
					}
					if e != linux.EWAIT {
						t.Errorf("call = %v", e)
						return
					}
					<-came(ticket)
				}
			}
		})
	}
	wg.Wait()
	if len(h.wrote) != 8*50 {
		t.Errorf("%d writes were made, want %d", len(h.wrote), 8*50)
	}
}

func TestThrottle(t *testing.T) {
	th := newThrottle(nil)
	now := time.Now()
	printed := 0
	for range 1000 {
		if _, ok := th.line(errors.New("lie"), now); ok {
			printed++
		}
	}
	if printed != throttleBurst {
		t.Errorf("%d lines at once, want %d", printed, throttleBurst)
	}
	if got, ok := th.line(errors.New("lie"), now.Add(throttleEvery)); !ok || got != "lie (and 980 more since the last line)" {
		t.Errorf("a line later: %q, %v", got, ok)
	}
}
