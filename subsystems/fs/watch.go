package fs

import (
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// watch gathers what Watch has to report. Its mutex is the innermost: whoever
// holds it takes no other.
type watch struct {
	mu      sync.Mutex
	cond    sync.Cond
	pending fsapi.WatchReply
	closed  bool
}

func (w *watch) init() { w.cond.L = &w.mu }

// report adds to what the watcher gets next.
func (w *watch) report(r fsapi.WatchReply) {
	w.mu.Lock()
	w.pending.Ready = append(w.pending.Ready, r.Ready...)
	w.pending.Raise = append(w.pending.Raise, r.Raise...)
	w.pending.Tickets = append(w.pending.Tickets, r.Tickets...)
	w.cond.Signal()
	w.mu.Unlock()
}

// Watch implements fsapi.FS. It returns when Shutdown was called or emit says
// false.
func (f *FS) Watch(_ *fsapi.WatchRequest, emit func(*fsapi.WatchReply) bool) linux.Errno {
	w := &f.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for !w.closed && len(w.pending.Ready)+len(w.pending.Raise)+len(w.pending.Tickets) == 0 {
			w.cond.Wait()
		}
		if w.closed {
			return 0
		}
		r := w.pending
		w.pending = fsapi.WatchReply{}
		w.mu.Unlock()
		more := emit(&r)
		w.mu.Lock()
		if !more {
			return 0
		}
	}
}

// Shutdown ends Watch and what waits for the host.
func (f *FS) Shutdown() {
	f.watch.mu.Lock()
	if !f.watch.closed {
		close(f.stop)
	}
	f.watch.closed = true
	f.watch.cond.Broadcast()
	f.watch.mu.Unlock()
}

// Expire implements fsapi.FS. No operation here has a deadline.
func (f *FS) Expire(*fsapi.ExpireRequest, *fsapi.ExpireReply) linux.Errno { return 0 }
