package client

import (
	"slices"
	"sync"
	"time"

	"adyton.dev/adyton/core/linux"
)

const (
	// keepLook and keepChange say how long an answer waits to be asked for. One
	// that only looked is soon out of date; one that changed something must not
	// be lost while its caller is slow, or the change would be made twice.
	keepLook   = 2 * time.Second
	keepChange = 60 * time.Second
	// maxKept is the most answers kept; beyond it the oldest go.
	maxKept = 4096
	// maxAgain is how often in a row an answer may be asked anew because of a
	// change since; then the caller gets what there is, so that it gets on.
	maxAgain = 3
)

// subjects is a set of things that change, as bits.
type subjects uint8

const (
	names    subjects = 1 << iota // names and attributes
	contents                      // what files hold
)

// flight is a request under way, or its answer that waits to be asked for.
type flight struct {
	ticket   uint64
	call     any // *call[Q, P]
	req, rep any // *Q, *P; rep belongs to the flight's goroutine until done
	joins    bool
	reads    subjects
	changes  subjects

	// Guarded by flights.mu, but errno and rep are settled once it is done.
	errno    linux.Errno
	done     bool
	doneAt   time.Time
	asks     int    // callers that will come for the answer
	shared   bool   // more than one had this answer
	since    uint64 // flights.version of reads when it began
	again    int    // times that it was asked anew
	unwanted bool
}

// flights are all requests under way and kept answers, oldest first.
type flights struct {
	mu      sync.Mutex // guards all below
	list    []*flight
	changed [2]uint64 // by bit of subjects: how many changes began or ended
}

// found is what take has for a request: a finished flight and whether others
// have its answer too, or the ticket of one under way, or how often an answer
// was thrown away as out of date.
type found struct {
	done   *flight
	shared bool
	ticket uint64
	again  int
}

// take looks for an answer to a request that same accepts. The last caller
// removes it. With joins, one under way serves too.
func (fs *flights) take(same func(*flight) bool, joins bool) (got found) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sweep()
	var under *flight
	for i := 0; i < len(fs.list); i++ {
		f := fs.list[i]
		if !same(f) {
			continue
		}
		current := fs.version(f.reads) == f.since
		switch {
		case !f.done:
			if joins && current && under == nil {
				under = f
			}
		case !current && f.again < maxAgain:
			got.again = f.again + 1
			fs.list = slices.Delete(fs.list, i, i+1)
			i--
		default:
			f.asks--
			if f.asks <= 0 {
				fs.list = slices.Delete(fs.list, i, i+1)
			} else {
				f.shared = true
			}
			return found{done: f, shared: f.shared}
		}
	}
	if under != nil {
		under.asks++
		return found{ticket: under.ticket}
	}
	return got
}

// has reports whether same accepts any flight.
func (fs *flights) has(same func(*flight) bool) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.ContainsFunc(fs.list, same)
}

func (fs *flights) add(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.change(f.changes)
	f.since = fs.version(f.reads)
	f.asks = 1
	fs.list = append(fs.list, f)
}

// finish sets the answer.
func (fs *flights) finish(f *flight, e linux.Errno) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.change(f.changes)
	f.errno, f.done, f.doneAt = e, true, time.Now()
	if f.unwanted {
		fs.remove(f)
	}
}

// forget drops one caller's interest in a ticket.
func (fs *flights) forget(ticket uint64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if f.ticket != ticket {
			continue
		}
		if f.asks--; f.asks <= 0 {
			f.unwanted = true
			if f.done {
				fs.remove(f)
			}
		}
		return
	}
}

func (fs *flights) remove(f *flight) {
	if i := slices.Index(fs.list, f); i >= 0 {
		fs.list = slices.Delete(fs.list, i, i+1)
	}
}

// change makes answers out of date that depend on what.
func (fs *flights) change(what subjects) {
	for i := range fs.changed {
		if what>>i&1 != 0 {
			fs.changed[i]++
		}
	}
}

// version grows with every change of what.
func (fs *flights) version(what subjects) (v uint64) {
	for i := range fs.changed {
		if what>>i&1 != 0 {
			v += fs.changed[i]
		}
	}
	return v
}

// sweep drops answers that nobody came for.
func (fs *flights) sweep() {
	now := time.Now()
	kept := 0
	fs.list = slices.DeleteFunc(fs.list, func(f *flight) bool {
		if !f.done {
			return false
		}
		keep := keepChange
		if f.joins {
			keep = keepLook
		}
		if now.Sub(f.doneAt) > keep {
			return true
		}
		kept++
		return false
	})
	for i := 0; kept > maxKept && i < len(fs.list); {
		if fs.list[i].done {
			fs.list = slices.Delete(fs.list, i, i+1)
			kept--
			continue
		}
		i++
	}
}
