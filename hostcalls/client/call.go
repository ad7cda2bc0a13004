package client

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// call is one rpc: how to ask, and what the answer must be like. Q and P are
// its request and reply.
type call[Q, P any] struct {
	name string
	do   func(hostapi.Host, *Q, *P) linux.Errno
	// errnos are those that an honest host gives.
	errnos errnoSet
	// check refuses what no honest host says. The reply begins empty, so what
	// is in it came from the host. since holds the clocks when it was asked.
	check func(c *Client, req *Q, rep *P, since times) error
	// data points to the reply's bytes, which go behind those of the caller;
	// nil when it has none.
	data func(*P) *[]byte

	equal func(a, b *Q) bool
	clone func(*Q) *Q
	copy  func(*P) *P
	// joins: two that ask the same share one answer, as the call only looks.
	joins bool
	// slow calls may take as long as they like.
	slow bool
	// timed: check needs the clocks.
	timed bool
	// reads is what an answer depends on, changes what a call makes out of
	// date; nil is nothing.
	reads   subjects
	changes func(*Q) subjects
}

// inline asks in this goroutine and checks.
func (k *call[Q, P]) inline(c *Client, h hostapi.Host, req *Q, rep *P) linux.Errno {
	if c.closed.Load() {
		return linux.EIO
	}
	if k.data == nil {
		return k.ask(c, h, req, rep)
	}
	// The host appends to an empty slice of the caller's buffer; had is put in
	// front again, which costs nothing when the buffer was large enough.
	had := *k.data(rep)
	*k.data(rep) = had[len(had):]
	e := k.ask(c, h, req, rep)
	got := *k.data(rep)
	switch {
	case len(got) == 0:
		*k.data(rep) = had
	case len(had) == 0:
	case len(got) <= cap(had)-len(had) && &got[0] == &had[:cap(had)][len(had)]:
		*k.data(rep) = had[:len(had)+len(got)]
	default:
		*k.data(rep) = append(had, got...)
	}
	return e
}

// ask asks and checks. With an error the reply is zero.
func (k *call[Q, P]) ask(c *Client, h hostapi.Host, req *Q, rep *P) linux.Errno {
	var since times
	if k.timed {
		since = c.clock.read()
	}
	e := k.do(h, req, rep)
	var err error
	switch {
	case e == 0:
		err = k.check(c, req, rep, since)
	case !k.errnos.has(e):
		err = fmt.Errorf("errno %v, which this call never gives", e)
	}
	if err != nil {
		c.report(fmt.Errorf("host call %s: %w: %w; the app gets EIO", k.name, ErrHostLied, err))
		e = linux.EIO
	}
	if e != 0 {
		var zero P
		*rep = zero
	}
	return e
}

// async answers from what has come, or starts the request.
func (k *call[Q, P]) async(c *Client, req *Q, rep *P) (ticket uint64, e linux.Errno) {
	if c.closed.Load() {
		return 0, linux.EIO
	}
	same := func(f *flight) bool { return f.call == any(k) && k.equal(f.req.(*Q), req) }
	got := c.flights.take(same, k.joins)
	switch {
	case got.done != nil:
		k.deliver(got.done.rep.(*P), got.shared, rep)
		return 0, got.done.errno
	case got.ticket != 0:
		return got.ticket, linux.EWAIT
	}

	f := &flight{ticket: c.tickets.Add(1), call: k, req: k.clone(req), rep: new(P), joins: k.joins, reads: k.reads, again: got.again}
	if k.changes != nil {
		f.changes = k.changes(req)
	}
	c.flights.add(f)
	go func() {
		h := c.host
		if k.slow {
			h = c.slow
		}
		c.flights.finish(f, k.ask(c, h, f.req.(*Q), f.rep.(*P)))
		c.onDone(f.ticket)
	}()
	return f.ticket, linux.EWAIT
}

// deliver hands a reply over, its bytes behind those of the caller. Those who
// share an answer get a copy each.
func (k *call[Q, P]) deliver(got *P, shared bool, rep *P) {
	if shared {
		got = k.copy(got)
	}
	if k.data == nil {
		*rep = *got
		return
	}
	had := *k.data(rep)
	*rep = *got
	if cap(had) > 0 {
		*k.data(rep) = append(had, *k.data(got)...)
	}
}
