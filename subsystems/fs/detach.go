package fs

import (
	"slices"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// request is a pointer to a request.
type request[Q any] interface {
	*Q
	Equal(*Q) bool
	Clone() *Q
}

// outcome gives the fields of a reply that every operation fills: what to wait
// for, and which handles became ready; nil when the reply has no list of them.
type outcome[R any] func(*R) (*fsapi.Wait, *[]fsapi.Ready)

// fill adds what an operation has brought about.
func (o outcome[R]) fill(c *vfs.Ctx, rep *R) {
	if _, ready := o(rep); ready != nil {
		*ready = append(*ready, c.Ready...)
	}
}

// run does an operation, try by try, for the host may have to be asked. One
// that changes something at a host that answers by tickets goes on by itself
// when it must wait: the caller gets a ticket and finds the answer when it asks
// the same again. So no step is done twice, and none is left half done when
// the caller is killed.
func run[Q, R any, PQ request[Q]](f *FS, cred *fsapi.Cred, req PQ, rep *R, out outcome[R],
	try func(*FS, *vfs.Ctx, PQ, *R) linux.Errno) linux.Errno {
	c := f.begin(cred)
	c.CanDetach = true
	if len(f.detached) > 0 {
		if d := claim[Q, R](f, cred.Tid, req); d != nil {
			e := d.errno
			*rep = *d.rep.(*R)
			f.end(c)
			return e
		}
	}
	for {
		e := try(f, c, req, rep)
		wait, _ := out(rep)
		if !f.again(c, &e, wait) {
			if e != outside.Detach {
				out.fill(c, rep)
				f.end(c)
				return e
			}
			*wait = fsapi.Wait{Ticket: detach(f, c, req, out, try)}
			f.mu.Unlock()
			return linux.EWAIT
		}
		if c.NoWait {
			f.end(c)
			return linux.EAGAIN
		}
	}
}

// detached is an operation that goes on, or went on, without its caller.
type detached struct {
	ticket   uint64
	origin   any // the request as the caller gave it
	tid      int32
	req, rep any
	errno    linux.Errno
	done     bool
	doneAt   time.Time
}

// firstOwnTicket keeps the tickets of FS apart from those of the host.
const firstOwnTicket = 1 << 62

// detach has a goroutine finish the operation of c, which belongs to it from
// now on.
func detach[Q, R any, PQ request[Q]](f *FS, c *vfs.Ctx, req PQ, out outcome[R],
	try func(*FS, *vfs.Ctx, PQ, *R) linux.Errno) uint64 {
	f.sweepDetached()
	f.lastTicket++
	kept, rep := PQ(req.Clone()), new(R)
	d := &detached{ticket: firstOwnTicket + f.lastTicket, origin: (*Q)(req), tid: c.Cred.Tid, req: (*Q)(kept), rep: rep}
	f.detached = append(f.detached, d)
	cred := *c.Cred
	cred.Groups = slices.Clone(cred.Groups)
	c.Cred, c.NoWait = &cred, false
	pending, ticket := c.Pending, c.Ticket
	c.Pending = nil
	c.Clear()
	go func() {
		f.awaitStep(pending, ticket)
		// A call that changes something is made anew by the operation: its
		// request may hold bytes of the caller's.
		if s := pending.(outside.Step); !s.Changes() {
			err := f.fetchPatiently(pending)
			f.mu.Lock()
			pending.Store(&c.Op, err)
			c.Clear()
		} else {
			f.mu.Lock()
		}
		var e linux.Errno
		for {
			e = try(f, c, kept, rep)
			if e != outside.Missed {
				break
			}
			call := c.Take()
			f.mu.Unlock()
			err := f.fetchPatiently(call)
			f.mu.Lock()
			call.Store(&c.Op, err)
			c.Clear()
		}
		if e == linux.EWAIT {
			wait, _ := out(rep)
			*wait = c.Wait
		}
		out.fill(c, rep)
		// The caller may be gone by now, so that others hear of it from here.
		told := fsapi.WatchReply{Tickets: []uint64{d.ticket}, Ready: slices.Clone(c.Ready)}
		d.errno, d.done, d.doneAt = e, true, time.Now()
		f.end(c)
		f.watch.report(told)
	}()
	return d.ticket
}

// claim gives the finished operation of a request that is asked again, by the
// same thread or in the very same place: an equal one may be another caller's,
// from before a change that this one must see.
func claim[Q, R any, PQ request[Q]](f *FS, tid int32, req PQ) *detached {
	for i, d := range f.detached {
		kept, ok := d.req.(*Q)
		if !ok || !d.done || d.origin != any((*Q)(req)) && !(tid != 0 && d.tid == tid && req.Equal(kept)) {
			continue
		}
		if _, ok := d.rep.(*R); ok {
			f.detached = slices.Delete(f.detached, i, i+1)
			return d
		}
	}
	return nil
}

// keepDetached is how long an answer waits for its caller.
const keepDetached = 60 * time.Second

// sweepDetached drops answers whose callers were killed.
func (f *FS) sweepDetached() {
	f.detached = slices.DeleteFunc(f.detached, func(d *detached) bool {
		if !d.done || time.Since(d.doneAt) < keepDetached {
			return false
		}
		if r, ok := d.rep.(*fsapi.OpenReply); ok && d.errno == 0 {
			if file := f.files.get(r.Handle); file != nil {
				var c vfs.Ctx
				c.Begin(&noCred, f.ns, f.config.Now)
				f.drop(&c, file)
				f.tell(&c)
			}
		}
		return true
	})
}

// awaitStep waits until a step that gave EWAIT may be taken again. false:
// Shutdown came.
func (f *FS) awaitStep(call outside.Call, ticket uint64) bool {
	if b, ok := call.(outside.Blocker); ok {
		return b.Block(f.stop)
	}
	return f.await(ticket)
}

// fetchPatiently makes a call and waits for its answer. EIO after Shutdown.
func (f *FS) fetchPatiently(call outside.Call) linux.Errno {
	for {
		ticket, e := call.Fetch()
		if e != linux.EWAIT {
			return e
		}
		if !f.awaitStep(call, ticket) {
			return linux.EIO
		}
	}
}
