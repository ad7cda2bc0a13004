package wait

// Handle names a handle of one subsystem.
type Handle struct {
	// Owner is the subsystem: fdtable.Owner.
	Owner uint8
	ID    uint64
}

// Watcher hears of changes of a handle.
type Watcher interface {
	// Notify tells the level (POLL* bits) and generation after a change.
	Notify(h Handle, level uint32, generation uint64)
}

// Exclusive is a watcher that shares its events with others of its kind: each
// event goes to one of them.
type Exclusive interface {
	Watcher
	// Exclusive reports whether it does so now.
	Exclusive() bool
	// Take is Notify for such a one. It reports whether the event is to go to
	// no other.
	Take(h Handle, level uint32, generation uint64) bool
}

// Registry keeps who looks at which handle.
type Registry struct {
	watchers map[Handle][]Watcher
	tickets  map[ticket]*ticketWait

	// seq counts Notify; recent are its last calls and done the last tickets
	// that were announced. What a plugin tells can overtake the answer that
	// says to wait for it.
	seq    uint64
	recent [256]notice
	done   [256]ticket
	doneN  int
	lost   [8]bool // by owner
}

type notice struct {
	h     Handle
	level uint32
}

type ticket struct {
	owner uint8
	id    uint64
}

type ticketWait struct {
	sleepers []*Sleeper
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	return &Registry{watchers: map[Handle][]Watcher{}, tickets: map[ticket]*ticketWait{}}
}

// Add has w hear of h.
func (r *Registry) Add(h Handle, w Watcher) { r.watchers[h] = append(r.watchers[h], w) }

// Remove undoes one Add.
func (r *Registry) Remove(h Handle, w Watcher) {
	list := r.watchers[h]
	for i, x := range list {
		if x == w {
			if len(list) == 1 {
				delete(r.watchers, h)
				return
			}
			// A copy: Notify may be walking the old one.
			n := make([]Watcher, 0, len(list)-1)
			n = append(append(n, list[:i]...), list[i+1:]...)
			r.watchers[h] = n
			return
		}
	}
}

// Notify tells all who look at h.
func (r *Registry) Notify(h Handle, level uint32, generation uint64) {
	r.seq++
	r.recent[r.seq%uint64(len(r.recent))] = notice{h, level}
	taken := false
	for _, w := range r.watchers[h] {
		if x, ok := w.(Exclusive); ok && x.Exclusive() {
			taken = taken || x.Take(h, level, generation)
			continue
		}
		w.Notify(h, level, generation)
	}
}

// Seq is a point in the sequence of Notify, for Missed.
func (r *Registry) Seq() uint64 { return r.seq }

// Missed reports whether h may have reached one of events since a point in the
// sequence.
func (r *Registry) Missed(since uint64, h Handle, events uint32) bool {
	if r.seq-since > uint64(len(r.recent)) {
		return true
	}
	for i := since + 1; i <= r.seq; i++ {
		if n := &r.recent[i%uint64(len(r.recent))]; n.h == h && n.level&events != 0 {
			return true
		}
	}
	return false
}

// Lose tells that a subsystem is gone: all who wait for it go on, to hear of
// that from their next call.
func (r *Registry) Lose(owner uint8) {
	r.lost[owner%uint8(len(r.lost))] = true
	for t, w := range r.tickets {
		if t.owner == owner {
			w.wake()
		}
	}
	var gone []Handle
	for h := range r.watchers {
		if h.Owner == owner {
			gone = append(gone, h)
		}
	}
	for _, h := range gone {
		r.Notify(h, 0xffff, ^uint64(0))
	}
}

// Lost reports whether a subsystem is gone.
func (r *Registry) Lost(owner uint8) bool { return r.lost[owner%uint8(len(r.lost))] }

// Poller wakes a sleeper when one of its handles reaches events.
type Poller struct {
	S      *Sleeper
	Events uint32
}

// Notify implements Watcher.
func (p *Poller) Notify(_ Handle, level uint32, _ uint64) {
	if level&p.Events != 0 {
		p.S.Wake()
	}
}

// killedPatience is how long the end of a thread waits for its ticket, in ns:
// an answer that nobody takes might be taken for that of a later call.
const killedPatience = 3e9

// AwaitTicket sleeps until Done is called for the ticket, or was not long ago,
// or the thread must end. Signals wait: it stands for what Linux waits for
// uninterruptibly.
func (r *Registry) AwaitTicket(owner uint8, id uint64, s *Sleeper) Reason {
	k := ticket{owner, id}
	for _, x := range r.done {
		if x == k {
			return Event
		}
	}
	w := r.tickets[k]
	if w == nil {
		w = &ticketWait{}
		r.tickets[k] = w
	}
	w.sleepers = append(w.sleepers, s)
	reason := s.Sleep(0, false)
	if reason == Interrupted && !r.Lost(owner) {
		reason = s.Stay(s.l.Now() + killedPatience)
	}
	for i, x := range w.sleepers {
		if x == s {
			w.sleepers = append(w.sleepers[:i], w.sleepers[i+1:]...)
			break
		}
	}
	if len(w.sleepers) == 0 && r.tickets[k] == w {
		delete(r.tickets, k)
	}
	if reason == Timeout {
		reason = Interrupted
	}
	return reason
}

// Done tells that a ticket's answer has come.
func (r *Registry) Done(owner uint8, id uint64) {
	k := ticket{owner, id}
	r.done[r.doneN%len(r.done)] = k
	r.doneN++
	if w := r.tickets[k]; w != nil {
		w.wake()
	}
}

func (w *ticketWait) wake() {
	for _, s := range w.sleepers {
		s.Wake()
	}
}
