package syscalls

import (
	"slices"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/wait"
)

// epoll is the set behind an epoll descriptor: fs/eventpoll.c. Events come to
// its items by Notify and put them on the ready list, so that a wait costs as
// much as there is ready.
type epoll struct {
	handle uint64
	items  map[epollKey]*epollItem
	ready  epollList
	// waiters sleep in epoll_wait; an event wakes the first.
	waiters []*wait.Sleeper
	// generation counts events, for sets that this one is in.
	generation uint64
	// in are the items by which other sets watch this one.
	in []*epollItem
}

type epollKey struct {
	f  *fdtable.File
	fd int32
}

// epollItem is a file in a set, which hears of its changes.
type epollItem struct {
	env *Env
	ep  *epoll
	key epollKey
	// events are those asked for with EPOLLERR, EPOLLHUP and the modes; only
	// the modes are left once a one-shot item has fired.
	events uint32
	data   uint64
	// seen is the generation of the last event.
	seen uint64

	// list is the list that it is on, or nil.
	list       *epollList
	prev, next *epollItem
}

const (
	epollModes = linux.EPOLLWAKEUP | linux.EPOLLONESHOT | linux.EPOLLET | linux.EPOLLEXCLUSIVE
	// epollLevels are the bits that a file's readiness has.
	epollLevels = 0xffff
	// maxEpollDepth is EP_MAX_NESTS.
	maxEpollDepth = 4
)

func newEpoll(handle uint64) *epoll {
	return &epoll{handle: handle, items: map[epollKey]*epollItem{}}
}

// epollList is a list of items that are ready, first come first.
type epollList struct{ first, last *epollItem }

func (l *epollList) push(it *epollItem) {
	it.list, it.prev, it.next = l, l.last, nil
	if l.last != nil {
		l.last.next = it
	} else {
		l.first = it
	}
	l.last = it
}

func (it *epollItem) unlink() {
	l := it.list
	if l == nil {
		return
	}
	if it.prev != nil {
		it.prev.next = it.next
	} else {
		l.first = it.next
	}
	if it.next != nil {
		it.next.prev = it.prev
	} else {
		l.last = it.prev
	}
	it.list, it.prev, it.next = nil, nil, nil
}

// Notify implements wait.Watcher.
func (it *epollItem) Notify(_ wait.Handle, level uint32, generation uint64) {
	it.hear(level, generation)
}

// Exclusive implements wait.Exclusive.
func (it *epollItem) Exclusive() bool { return it.events&linux.EPOLLEXCLUSIVE != 0 }

// Take implements wait.Exclusive: an item whose set nobody waits for leaves the
// event to others, too.
func (it *epollItem) Take(_ wait.Handle, level uint32, generation uint64) bool {
	waited := len(it.ep.waiters) > 0
	return it.hear(level, generation) && waited
}

// hear is ep_poll_callback: it reports whether the event is one to tell.
func (it *epollItem) hear(level uint32, generation uint64) bool {
	fresh := generation != it.seen
	it.seen = generation
	if level&it.events&epollLevels == 0 || it.events&^uint32(epollModes) == 0 || it.events&linux.EPOLLET != 0 && !fresh {
		return false
	}
	it.ep.add(it)
	return true
}

// add puts an item on the ready list and tells who waits.
func (ep *epoll) add(it *epollItem) {
	if it.list == nil {
		ep.ready.push(it)
	}
	ep.wakeOne()
	ep.generation++
	it.env.Ready.Notify(wait.Handle{Owner: uint8(fdtable.Core), ID: ep.handle}, linux.POLLIN|linux.POLLRDNORM, ep.generation)
}

func (ep *epoll) wakeOne() {
	if len(ep.waiters) > 0 {
		s := ep.waiters[0]
		ep.waiters = ep.waiters[1:]
		s.Wake()
	}
}

// epollAdd is ep_insert.
func (c *Call) epollAdd(ep *epoll, f *fdtable.File, fd int32, ev *linux.EpollEvent) {
	it := &epollItem{env: c.Env, ep: ep, key: epollKey{f, fd}, events: ev.Events | linux.EPOLLERR | linux.EPOLLHUP, data: ev.Data}
	ep.items[it.key] = it
	c.epolls[f] = append(c.epolls[f], it)
	if inner, ok := f.Object.(*epoll); ok {
		inner.in = append(inner.in, it)
	}
	c.Ready.Add(watchKey(f), it)
	c.epollCheck(it)
}

func (c *Call) epollModify(it *epollItem, ev *linux.EpollEvent) {
	it.events, it.data = ev.Events|linux.EPOLLERR|linux.EPOLLHUP, ev.Data
	c.epollCheck(it)
}

// epollCheck looks whether an item is ready now that it is new or changed.
func (c *Call) epollCheck(it *epollItem) {
	var level uint32
	if level, it.seen = c.pollFile(it.key.f, it.events&epollLevels); level&it.events&epollLevels != 0 && it.list == nil {
		it.ep.add(it)
	}
}

// epollRemove is ep_remove.
func (e *Env) epollRemove(it *epollItem) {
	e.Ready.Remove(watchKey(it.key.f), it)
	it.unlink()
	delete(it.ep.items, it.key)
	list := slices.DeleteFunc(e.epolls[it.key.f], func(x *epollItem) bool { return x == it })
	if len(list) == 0 {
		delete(e.epolls, it.key.f)
	} else {
		e.epolls[it.key.f] = list
	}
	if inner, ok := it.key.f.Object.(*epoll); ok {
		inner.in = slices.DeleteFunc(inner.in, func(x *epollItem) bool { return x == it })
	}
}

// forgetEpoll takes a closed description out of the sets it is in.
func (e *Env) forgetEpoll(f *fdtable.File) {
	for _, it := range slices.Clone(e.epolls[f]) {
		e.epollRemove(it)
	}
}

func (*epoll) read(*Call, []byte) ([]byte, linux.Errno) { return nil, linux.EINVAL }

func (ep *epoll) close(e *Env) {
	for _, it := range ep.items {
		e.epollRemove(it)
	}
}

// poll reports whether an item is ready and drops those that are no more.
func (ep *epoll) poll(c *Call, _ uint32) (uint32, uint64) {
	for it := ep.ready.first; it != nil; it = ep.ready.first {
		if level, _ := c.pollFile(it.key.f, it.events&epollLevels); level&it.events&epollLevels != 0 {
			return linux.POLLIN | linux.POLLRDNORM, ep.generation
		}
		it.unlink()
	}
	return 0, ep.generation
}

// epollEvents waits for events and writes up to most of them to b: ep_poll.
// Errors: EINTR.
func (c *Call) epollEvents(ep *epoll, b []byte, most int, deadline int64) (int, linux.Errno) {
	over := deadline == noWait
	for {
		seen := ep.generation
		if n := c.epollCollect(ep, b, most); n > 0 {
			return n, 0
		}
		if ep.generation != seen {
			continue // something came while it looked
		}
		if over {
			return 0, 0
		}
		if c.T.Sleep.Interrupted() || c.T.Sleep.Dying() {
			return 0, linux.EINTR
		}
		s := &c.T.Sleep
		ep.waiters = append(ep.waiters, s)
		over = c.sleep(deadline, true) == wait.Timeout
		ep.waiters = slices.DeleteFunc(ep.waiters, func(x *wait.Sleeper) bool { return x == s })
	}
}

// epollCollect is ep_send_events: what is level-triggered goes to the end of
// the list again, so that all have their turn.
func (c *Call) epollCollect(ep *epoll, b []byte, most int) int {
	var list epollList
	for it := ep.ready.first; it != nil; it = ep.ready.first {
		it.unlink()
		list.push(it)
	}
	n := 0
	for it := list.first; it != nil && n < most; it = list.first {
		level, _ := c.pollFile(it.key.f, it.events&epollLevels)
		level &= it.events & epollLevels
		if it.list != &list {
			continue // taken out of the set meanwhile
		}
		it.unlink()
		if level == 0 {
			continue
		}
		ev := linux.EpollEvent{Events: level, Data: it.data}
		ev.Encode(b[n*linux.SizeofEpollEvent:])
		n++
		switch {
		case it.events&linux.EPOLLONESHOT != 0:
			it.events &= epollModes
		case it.events&linux.EPOLLET == 0:
			ep.ready.push(it)
		}
	}
	// The rest comes first the next time.
	for it := list.last; it != nil; it = list.last {
		it.unlink()
		ep.ready.unshift(it)
	}
	if n > 0 && ep.ready.first != nil {
		ep.wakeOne()
	}
	return n
}

func (l *epollList) unshift(it *epollItem) {
	it.list, it.prev, it.next = l, nil, l.first
	if l.first != nil {
		l.first.prev = it
	} else {
		l.last = it
	}
	l.first = it
}

// tooDeep reports whether inner in ep would make a loop or too long a chain:
// ep_loop_check.
func (ep *epoll) tooDeep(inner *epoll) bool {
	down := inner.depth(ep, 0)
	return down > maxEpollDepth || down+1+ep.height(0) > maxEpollDepth
}

// depth is how many sets are below ep, or more than allowed when avoid is one
// of them.
func (ep *epoll) depth(avoid *epoll, level int) int {
	n := 0
	for k := range ep.items {
		inner, ok := k.f.Object.(*epoll)
		if !ok {
			continue
		}
		if inner == avoid || level > maxEpollDepth {
			return maxEpollDepth + 1
		}
		n = max(n, inner.depth(avoid, level+1)+1)
	}
	return n
}

// height is how many sets are above ep.
func (ep *epoll) height(level int) int {
	n := 0
	if level <= maxEpollDepth {
		for _, it := range ep.in {
			n = max(n, it.ep.height(level+1)+1)
		}
	}
	return n
}
