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
	taken := false
	for _, w := range r.watchers[h] {
		if x, ok := w.(Exclusive); ok && x.Exclusive() {
			taken = taken || x.Take(h, level, generation)
			continue
		}
		w.Notify(h, level, generation)
	}
}

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

// AwaitTicket sleeps until Done is called for the ticket, or the thread must
// end. Signals wait: it stands for what Linux waits for uninterruptibly.
func (r *Registry) AwaitTicket(owner uint8, id uint64, s *Sleeper) Reason {
	k := ticket{owner, id}
	w := r.tickets[k]
	if w == nil {
		w = &ticketWait{}
		r.tickets[k] = w
	}
	w.sleepers = append(w.sleepers, s)
	reason := s.Sleep(0, false)
	for i, x := range w.sleepers {
		if x == s {
			w.sleepers = append(w.sleepers[:i], w.sleepers[i+1:]...)
			break
		}
	}
	if len(w.sleepers) == 0 {
		delete(r.tickets, k)
	}
	return reason
}

// Done tells that a ticket's answer has come. A ticket nobody waits for is
// forgotten: who holds it asks again before it sleeps.
func (r *Registry) Done(owner uint8, id uint64) {
	if w := r.tickets[ticket{owner, id}]; w != nil {
		for _, s := range w.sleepers {
			s.Wake()
		}
	}
}
