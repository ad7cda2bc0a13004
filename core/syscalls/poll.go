package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/wait"
)

var pollRows = []Row{
	{"poll", Core, args(vec("fds", strace.PollFds, 1), uinteger("nfds"), integer("timeout")), sysPoll},
	{"ppoll", Core, args(vec("fds", strace.PollFds, 1), uinteger("nfds"), kind("tmo_p", strace.TimespecIn), kind("sigmask", strace.SigSetIn), uinteger("sigsetsize")), sysPpoll},
	{"select", Core, args(integer("nfds"), ptr("readfds"), ptr("writefds"), ptr("exceptfds"), kind("timeout", strace.TimevalIn)), sysSelect},
	{"pselect6", Core, args(integer("nfds"), ptr("readfds"), ptr("writefds"), ptr("exceptfds"), kind("timeout", strace.TimespecIn), ptr("sigmask")), sysPselect6},
}

// polled is one file of a poll or select.
type polled struct {
	f *fdtable.File
	// events are the bits to wait for, level those that hold of them.
	events, level uint32
	hears         hearer
}

// hearer wakes the thread when a file of its set is ready.
type hearer struct {
	set    *pollSet
	events uint32
}

// pollSet is what a thread polls. It lives in the call's frame.
type pollSet struct {
	s     *wait.Sleeper
	files []polled
	// heard: a file became ready since the set began to hear.
	heard bool
}

// Notify implements wait.Watcher.
func (h *hearer) Notify(_ wait.Handle, level uint32, _ uint64) {
	if level&h.events != 0 {
		h.set.heard = true
		h.set.s.Wake()
	}
}

// add puts a descriptor into the set; a number that is not open is ready with
// POLLNVAL.
func (c *Call) addPolled(fd int32, events uint32) {
	s := &c.frame.polls
	p := polled{events: events}
	if fd >= 0 {
		f, e := c.T.Files.Get(fd)
		if e == 0 && f.Path {
			c.unref(f)
			f = nil
		}
		if f == nil || e != 0 {
			p.level = linux.POLLNVAL
		} else {
			p.f = f
		}
	}
	s.files = append(s.files, p)
}

// beginPoll empties the set.
func (c *Call) beginPoll() *pollSet {
	s := &c.frame.polls
	s.s, s.files, s.heard = &c.T.Sleep, s.files[:0], false
	return s
}

func (c *Call) endPoll(s *pollSet) {
	for i := range s.files {
		if f := s.files[i].f; f != nil {
			s.files[i].f = nil
			c.unref(f)
		}
	}
}

// look asks for the level of each file and counts those that are ready.
func (c *Call) look(s *pollSet) int {
	n := 0
	for i := range s.files {
		p := &s.files[i]
		if p.f != nil {
			level, _ := c.pollFile(p.f, p.events)
			p.level = level & p.events
		}
		if p.level != 0 {
			n++
		}
	}
	return n
}

// noWait and forever are deadlines of pollFiles beside monotonic times.
const (
	noWait  = -1
	forever = 0
)

// pollFiles waits until a file of the set is ready, or the deadline in
// monotonic ns. Errors: ERESTARTNOHAND when a signal came first.
func (c *Call) pollFiles(s *pollSet, deadline int64) (int, linux.Errno) {
	n := c.look(s)
	if n > 0 {
		return n, 0
	}
	if c.T.Sleep.Interrupted() {
		return 0, linux.ERESTARTNOHAND
	}
	if deadline == noWait {
		return 0, 0
	}
	for i := range s.files {
		p := &s.files[i]
		if p.f != nil {
			p.hears = hearer{s, p.events}
			c.Ready.Add(watchKey(p.f), &p.hears)
		}
	}
	defer func() {
		for i := range s.files {
			if p := &s.files[i]; p.f != nil {
				c.Ready.Remove(watchKey(p.f), &p.hears)
			}
		}
	}()
	for {
		// Once more, now that nothing can be missed.
		s.heard = false
		if n = c.look(s); n > 0 {
			return n, 0
		}
		if s.heard {
			continue
		}
		switch c.sleep(deadline, true) {
		case wait.Interrupted:
			if n = c.look(s); n > 0 {
				return n, 0
			}
			return 0, linux.ERESTARTNOHAND
		case wait.Timeout:
			return c.look(s), 0
		}
	}
}

// deadlineIn gives the deadline of a time-out in ns; below 0 is none.
func (c *Call) deadlineIn(ns int64) int64 {
	switch {
	case ns < 0:
		return forever
	case ns == 0:
		return noWait
	}
	now := c.Leader.Now()
	if ns > 1<<63-1-now {
		return forever
	}
	return now + ns
}

func sysPoll(c *Call) (int64, linux.Errno) {
	ns := int64(-1)
	if ms := c.Int(2); ms >= 0 {
		ns = int64(ms) * 1e6
	}
	return c.pollUntil(c.Args[0], c.Uint(1), c.deadlineIn(ns))
}

func (c *Call) pollUntil(addr uint64, nfds uint32, deadline int64) (int64, linux.Errno) {
	n, e := c.poll(addr, nfds, deadline)
	if e == linux.ERESTARTNOHAND {
		return c.onRestart(func(c *Call) (int64, linux.Errno) { return c.pollUntil(addr, nfds, deadline) })
	}
	return n, e
}

func sysPpoll(c *Call) (int64, linux.Errno) {
	deadline, e := c.deadlineAt(c.Args[2], false)
	if e != 0 {
		return 0, e
	}
	if e := c.suspendMask(c.Args[3], c.Args[4]); e != 0 {
		return 0, e
	}
	n, e := c.poll(c.Args[0], c.Uint(1), deadline)
	return n, c.timeLeft(c.Args[2], deadline, false, e)
}

// poll is do_sys_poll of fs/select.c.
func (c *Call) poll(addr uint64, nfds uint32, deadline int64) (int64, linux.Errno) {
	if uint64(nfds) > c.P.Limits[linux.RLIMIT_NOFILE].Cur {
		return 0, linux.EINVAL
	}
	size := int(nfds) * linux.SizeofPollFd
	b := c.frame.buf[:]
	if size > len(b) {
		b = make([]byte, size)
	}
	b = b[:size]
	if in, ok := c.T.Platform.In(addr); ok && len(in) >= size {
		copy(b, in)
	} else if e := c.CopyIn(addr, b); size > 0 && e != 0 {
		return 0, e
	}
	s := c.beginPoll()
	defer c.endPoll(s)
	for i := 0; i < size; i += linux.SizeofPollFd {
		var p linux.PollFd
		p.Decode(b[i:])
		c.addPolled(p.Fd, uint32(p.Events)|linux.POLLERR|linux.POLLHUP)
	}
	n, e := c.pollFiles(s, deadline)
	for i := range s.files {
		binary.LittleEndian.PutUint16(b[i*linux.SizeofPollFd+6:], uint16(s.files[i].level))
	}
	// Also after a signal: do_sys_poll writes what it has.
	if out := c.Out(); e == 0 && size <= len(out) {
		copy(out, b)
		c.Return(addr, size)
	} else if x := c.CopyOut(addr, b); x != 0 {
		return 0, x
	}
	return int64(n), e
}

// deadlineAt reads a time-out at addr, a timeval or timespec; 0 is none.
// Errors: EFAULT, EINVAL.
func (c *Call) deadlineAt(addr uint64, timeval bool) (int64, linux.Errno) {
	if addr == 0 {
		return forever, 0
	}
	var b [linux.SizeofTimespec]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return 0, e
	}
	var t linux.Timespec
	t.Decode(b[:])
	if timeval {
		// kern_select lets microseconds overflow into seconds.
		t.Sec += t.Nsec / 1e6
		t.Nsec = t.Nsec % 1e6 * 1e3
	}
	if !t.Valid() {
		return 0, linux.EINVAL
	}
	return c.deadlineIn(t.Ns()), 0
}

// timeLeft writes what is left of a time-out, as poll_select_finish does, and
// gives the errno to return.
func (c *Call) timeLeft(addr uint64, deadline int64, timeval bool, e linux.Errno) linux.Errno {
	if addr == 0 || deadline == noWait || deadline == forever || c.T.Personality&linux.STICKY_TIMEOUTS != 0 {
		return e
	}
	left := linux.NsToTimespec(max(deadline-c.Leader.Now(), 0))
	if timeval {
		left.Nsec /= 1e3
	}
	var b [linux.SizeofTimespec]byte
	left.Encode(b[:])
	if c.CopyOut(addr, b[:]) != 0 && e == linux.ERESTARTNOHAND {
		return linux.EINTR // the call cannot be done again without the rest
	}
	return e
}

// The events of select's three sets: fs/select.c.
const (
	selectIn  = linux.POLLRDNORM | linux.POLLRDBAND | linux.POLLIN | linux.POLLHUP | linux.POLLERR
	selectOut = linux.POLLWRBAND | linux.POLLWRNORM | linux.POLLOUT | linux.POLLERR
	selectEx  = linux.POLLPRI
)

func sysSelect(c *Call) (int64, linux.Errno) {
	deadline, e := c.deadlineAt(c.Args[4], true)
	if e != 0 {
		return 0, e
	}
	n, e := c.selectSets(deadline)
	return n, c.timeLeft(c.Args[4], deadline, true, e)
}

func sysPselect6(c *Call) (int64, linux.Errno) {
	var mask, size uint64
	if c.Args[5] != 0 {
		var b [16]byte
		if e := c.CopyIn(c.Args[5], b[:]); e != 0 {
			return 0, e
		}
		mask, size = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	}
	deadline, e := c.deadlineAt(c.Args[4], false)
	if e != 0 {
		return 0, e
	}
	if e := c.suspendMask(mask, size); e != 0 {
		return 0, e
	}
	n, e := c.selectSets(deadline)
	return n, c.timeLeft(c.Args[4], deadline, false, e)
}

// selectSets is core_sys_select of fs/select.c.
func (c *Call) selectSets(deadline int64) (int64, linux.Errno) {
	nfds := int(c.Int(0))
	if nfds < 0 {
		return 0, linux.EINVAL
	}
	nfds = min(nfds, c.T.Files.Size())
	size := (nfds + 63) / 64 * 8
	b := make([]byte, 6*size)
	for i := range 3 {
		if a := c.Args[1+i]; a != 0 && size > 0 {
			if e := c.CopyIn(a, b[i*size:(i+1)*size]); e != 0 {
				return 0, e
			}
		}
	}
	in, out, ex, res := b[:size], b[size:2*size], b[2*size:3*size], b[3*size:]
	s := c.beginPoll()
	defer c.endPoll(s)
	var fds []int
	for fd := range nfds {
		w, bit := fd/8, byte(1)<<(fd%8)
		events := uint32(0)
		if in[w]&bit != 0 {
			events |= selectIn
		}
		if out[w]&bit != 0 {
			events |= selectOut
		}
		if ex[w]&bit != 0 {
			events |= selectEx
		}
		if events == 0 {
			continue
		}
		c.addPolled(int32(fd), events)
		p := &s.files[len(s.files)-1]
		if p.f == nil {
			return 0, linux.EBADF
		}
		fds = append(fds, fd)
	}
	if _, e := c.pollFiles(s, deadline); e != 0 {
		return 0, e
	}
	n := 0
	for i, fd := range fds {
		w, bit := fd/8, byte(1)<<(fd%8)
		level := s.files[i].level
		for k, x := range [3]struct {
			set    []byte
			events uint32
		}{{in, selectIn}, {out, selectOut}, {ex, selectEx}} {
			if x.set[w]&bit != 0 && level&x.events != 0 {
				res[k*size+w] |= bit
				n++
			}
		}
	}
	for i := range 3 {
		if a := c.Args[1+i]; a != 0 {
			if e := c.CopyOut(a, res[i*size:(i+1)*size]); e != 0 {
				return 0, e
			}
		}
	}
	return int64(n), 0
}

// pollable reports whether a file can be waited for: that its file operations
// have a poll.
func pollable(f *fdtable.File) bool { return f.Owner != fdtable.FS || f.Pollable }
