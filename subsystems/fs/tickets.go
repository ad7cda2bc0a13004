package fs

import (
	"slices"
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// tickets lets goroutines of FS wait for the host. Its mutex is the innermost,
// like that of watch.
type tickets struct {
	mu      sync.Mutex
	waiting map[uint64]chan struct{}
	// recent are the last ones announced that nobody waited for: one may be
	// announced before the call that gave it has returned.
	recent [512]uint64
	next   int
}

// HostDone is to be told of every ticket of Config.Host that is done. It does
// not block. Those that callers wait for are passed on by Watch.
func (f *FS) HostDone(ticket uint64) {
	if !f.OwnTicket(ticket) {
		f.watch.report(fsapi.WatchReply{Tickets: []uint64{ticket}})
	}
}

// OwnTicket is HostDone for a core in the same process, which hears of the
// other tickets by itself: it reports whether the ticket was one that only FS
// waits for.
func (f *FS) OwnTicket(ticket uint64) bool {
	t := &f.tickets
	t.mu.Lock()
	defer t.mu.Unlock()
	if ch := t.waiting[ticket]; ch != nil {
		delete(t.waiting, ticket)
		close(ch)
		return true
	}
	t.recent[t.next] = ticket
	t.next = (t.next + 1) % len(t.recent)
	return false
}

// await blocks a goroutine of FS until a ticket is done. false: Shutdown came.
func (f *FS) await(ticket uint64) bool {
	t := &f.tickets
	t.mu.Lock()
	if i := slices.Index(t.recent[:], ticket); i >= 0 {
		t.recent[i] = 0
		t.mu.Unlock()
		return true
	}
	if t.waiting == nil {
		t.waiting = make(map[uint64]chan struct{})
	}
	ch := make(chan struct{})
	t.waiting[ticket] = ch
	t.mu.Unlock()
	select {
	case <-ch:
		return true
	case <-f.stop:
		return false
	}
}

// patiently makes a host call and waits for its answer. EIO after Shutdown.
func (f *FS) patiently(call func() (uint64, linux.Errno)) linux.Errno {
	for {
		ticket, e := call()
		if e != linux.EWAIT {
			return e
		}
		if !f.await(ticket) {
			return linux.EIO
		}
	}
}
