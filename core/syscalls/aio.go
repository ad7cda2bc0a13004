package syscalls

import (
	"encoding/binary"
	"slices"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var aioRows = []Row{
	{"io_setup", Core, args(uinteger("nr_events"), ptr("ctx_idp")), sysIoSetup},
	{"io_destroy", Core, args(hex("ctx_id")), sysIoDestroy},
	{"io_submit", Core, args(hex("ctx_id"), long("nr"), ptr("iocbpp")), sysIoSubmit},
	{"io_cancel", Core, args(hex("ctx_id"), ptr("iocb"), ptr("result")), sysIoCancel},
	{"io_getevents", Core, args(hex("ctx_id"), long("min_nr"), long("nr"), ptr("events"), kind("timeout", strace.TimespecIn)), sysIoGetevents},
	{"io_pgetevents", Core, args(hex("ctx_id"), long("min_nr"), long("nr"), ptr("events"), kind("timeout", strace.TimespecIn), ptr("usig")), sysIoPgetevents},
}

const (
	// aioMaxNr is the default of /proc/sys/fs/aio-max-nr.
	aioMaxNr = 65536
	// aioRingHeader is the head of the ring's page, in bytes: struct aio_ring.
	aioRingHeader = 32
	// iocbKey is where aio_key lies in struct iocb, in bytes.
	iocbKey = 8
)

// aioContext is what io_setup makes: struct kioctx of fs/aio.c. Transfers are
// made when they are submitted, as Linux makes those of cached files; only
// polls stay.
type aioContext struct {
	// ring is the length of the ring's memory, in bytes.
	ring uint64
	// asked is how many events io_setup was asked for, room how many requests
	// may be under way or not fetched yet.
	asked, room int
	done        []linux.IoEvent
	polls       []*aioPoll
	waiters     []*wait.Sleeper
	dead        bool
}

// aioContexts are those of one address space by their ids, which are the
// addresses of their rings.
type aioContexts map[uint64]*aioContext

func (c *Call) aioContext(id uint64) (*aioContext, linux.Errno) {
	if x := c.aio[c.P.Space][id]; x != nil {
		return x, 0
	}
	return nil, linux.EINVAL
}

// sysIoSetup is io_setup and ioctx_alloc of fs/aio.c.
func sysIoSetup(c *Call) (int64, linux.Errno) {
	var b [8]byte
	if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
		return 0, e
	}
	n := c.Uint(0)
	if n == 0 || binary.LittleEndian.Uint64(b[:]) != 0 {
		return 0, linux.EINVAL
	}
	room := max(uint64(n), uint64(max(c.Config.CPUs, 1))*4) * 2
	if room > 0x10000000/linux.SizeofIoEvent {
		return 0, linux.EINVAL
	}
	if uint64(n)+c.aioNr > aioMaxNr {
		return 0, linux.EAGAIN
	}
	ring := (aioRingHeader + (room+2)*linux.SizeofIoEvent + pageSize - 1) &^ (pageSize - 1)
	// A page of zeros has not the ring's magic number, so that libaio makes
	// calls instead of reading it.
	id, e := c.mapAnonymous(ring)
	if e != 0 {
		return 0, e
	}
	binary.LittleEndian.PutUint64(b[:], id)
	if e := c.CopyOut(c.Args[1], b[:]); e != 0 {
		c.unmap(id, ring)
		return 0, e
	}
	if c.aio[c.P.Space] == nil {
		c.aio[c.P.Space] = aioContexts{}
	}
	c.aio[c.P.Space][id] = &aioContext{ring: ring, asked: int(n), room: int(ring-aioRingHeader)/linux.SizeofIoEvent - 1}
	c.aioNr += uint64(n)
	return 0, 0
}

// mapAnonymous maps zeros that the app can read, for the kernel's own use.
func (c *Call) mapAnonymous(length uint64) (uint64, linux.Errno) {
	q := mmapi.MapRequest{Length: length, Prot: linux.PROT_READ, Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS, MaxProt: 7}
	var r mmapi.MapReply
	e := c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		q.Space = space
		e := c.MM.Map(&q, &r)
		return r.Ops, r.Files, e
	})
	return r.Addr, e
}

func sysIoDestroy(c *Call) (int64, linux.Errno) {
	id := c.Args[0]
	x, e := c.aioContext(id)
	if e != 0 {
		return 0, e
	}
	delete(c.aio[c.P.Space], id)
	c.aioEnd(x)
	c.unmap(id, x.ring)
	return 0, 0
}

// aioEnd drops the polls of a context and wakes who waits for it.
func (e *Env) aioEnd(x *aioContext) {
	x.dead = true
	e.aioNr -= uint64(x.asked)
	for len(x.polls) > 0 {
		e.aioForget(x.polls[0])
	}
	for _, s := range x.waiters {
		s.Wake()
	}
	x.waiters = nil
}

// aioEndAll ends the contexts of an address space: exit_aio.
func (e *Env) aioEndAll(s *task.Space) {
	for _, x := range e.aio[s] {
		e.aioEnd(x)
	}
	delete(e.aio, s)
}

func sysIoSubmit(c *Call) (int64, linux.Errno) {
	nr := int64(c.Args[1])
	if nr < 0 {
		return 0, linux.EINVAL
	}
	x, e := c.aioContext(c.Args[0])
	if e != 0 {
		return 0, e
	}
	at := c.Args[2]
	var done int64
	for ; done < min(nr, int64(x.room+1)); done++ {
		var b [8]byte
		if e = c.CopyIn(at+uint64(done)*8, b[:]); e == 0 {
			e = c.aioSubmit(x, binary.LittleEndian.Uint64(b[:]))
		}
		if e != 0 {
			break
		}
	}
	if done > 0 {
		return done, 0
	}
	return 0, e
}

// aioSubmit is io_submit_one.
func (c *Call) aioSubmit(x *aioContext, at uint64) linux.Errno {
	var b [linux.SizeofIocb]byte
	if e := c.CopyIn(at, b[:]); e != 0 {
		return e
	}
	var q linux.Iocb
	q.Decode(b[:])
	if q.Reserved2 != 0 || int64(q.Nbytes) < 0 {
		return linux.EINVAL
	}
	if len(x.done)+len(x.polls) >= x.room {
		return linux.EAGAIN
	}
	f, e := c.T.Files.Get(int32(q.Fildes))
	if e != 0 {
		return e
	}
	if f.Path {
		c.unref(f)
		return linux.EBADF
	}
	var notify *fdtable.File
	if q.Flags&linux.IOCB_FLAG_RESFD != 0 {
		if notify, e = c.T.Files.Get(int32(q.Resfd)); e == 0 && notify.Name != eventfdName {
			c.unref(notify)
			e = linux.EINVAL
		}
		if e != 0 {
			c.unref(f)
			return e
		}
	}
	var key [4]byte // KIOCB_KEY
	if e = c.CopyOut(at+iocbKey, key[:]); e == 0 {
		e = c.aioStart(x, f, notify, &q, at)
	}
	if e != 0 || q.LioOpcode != linux.IOCB_CMD_POLL {
		c.unref(f)
		if notify != nil {
			c.unref(notify)
		}
	}
	return e
}

// aioStart makes a transfer, whose result becomes an event, or starts a poll,
// which keeps f and notify. An errno refuses the request.
func (c *Call) aioStart(x *aioContext, f, notify *fdtable.File, q *linux.Iocb, at uint64) linux.Errno {
	ev := linux.IoEvent{Data: q.Data, Obj: at}
	var do Handler
	switch q.LioOpcode {
	case linux.IOCB_CMD_PREAD, linux.IOCB_CMD_PREADV:
		if e := aioCheck(f, q, readable(f)); e != 0 {
			return e
		}
		do = func(c *Call) (int64, linux.Errno) { return c.readTo(f, aioOffset(f, q), q.Buf, q.Nbytes, q.RwFlags) }
		if q.LioOpcode == linux.IOCB_CMD_PREADV {
			do = func(c *Call) (int64, linux.Errno) { return c.readv(aioOffset(f, q), q.RwFlags) }
		}
	case linux.IOCB_CMD_PWRITE, linux.IOCB_CMD_PWRITEV:
		if e := aioCheck(f, q, writable(f)); e != 0 {
			return e
		}
		do = func(c *Call) (int64, linux.Errno) { return c.writeFrom(f, aioOffset(f, q), q.Buf, q.Nbytes, q.RwFlags) }
		if q.LioOpcode == linux.IOCB_CMD_PWRITEV {
			do = func(c *Call) (int64, linux.Errno) { return c.writev(aioOffset(f, q), q.RwFlags) }
		}
	case linux.IOCB_CMD_FSYNC, linux.IOCB_CMD_FDSYNC:
		if q.Buf != 0 || q.Offset != 0 || q.Nbytes != 0 || q.RwFlags != 0 || f.Owner != fdtable.FS {
			return linux.EINVAL
		}
		do = func(c *Call) (int64, linux.Errno) {
			return 0, c.syncFile(&fsapi.SyncRequest{Handle: f.Handle, DataOnly: q.LioOpcode == linux.IOCB_CMD_FDSYNC})
		}
	case linux.IOCB_CMD_POLL:
		return c.aioPoll(x, f, notify, q, ev)
	default:
		return linux.EINVAL
	}
	if q.LioOpcode == linux.IOCB_CMD_PREADV || q.LioOpcode == linux.IOCB_CMD_PWRITEV {
		if _, _, e := c.iovecs(q.Buf, int32(min(q.Nbytes, 1<<30))); e != 0 {
			return e
		}
	} else if !accessOK(q.Buf, q.Nbytes) {
		return linux.EFAULT
	}
	ev.Res = c.aioDo(q, do)
	c.aioComplete(x, ev, notify)
	return 0
}

// aioCheck is what aio_prep_rw and its callers refuse.
func aioCheck(f *fdtable.File, q *linux.Iocb, open bool) linux.Errno {
	const known = linux.RWF_HIPRI | linux.RWF_DSYNC | linux.RWF_SYNC | linux.RWF_NOWAIT | linux.RWF_APPEND | linux.RWF_NOAPPEND
	switch {
	case q.RwFlags&^known != 0:
		return linux.EOPNOTSUPP
	case !open:
		return linux.EBADF
	case f.Mode&linux.S_IFMT == linux.S_IFDIR, f.Owner == fdtable.Core:
		return linux.EINVAL // no read_iter
	case f.Seekable && q.Offset < 0:
		return linux.EINVAL // rw_verify_area
	}
	return 0
}

// aioOffset is where a transfer begins: streams have no place.
func aioOffset(f *fdtable.File, q *linux.Iocb) int64 {
	if f.Seekable {
		return q.Offset
	}
	return -1
}

// aioDo runs a handler with a request's arguments and gives the result as it
// stands in an event.
func (c *Call) aioDo(q *linux.Iocb, do Handler) int64 {
	saved := c.Args
	c.Args = [6]uint64{uint64(q.Fildes), q.Buf, q.Nbytes}
	n, e := do(c)
	c.Args = saved
	if c.outN > 0 {
		out := c.outN
		c.outN = 0
		n, e = c.copyRest(out)
	}
	c.moved.file = nil
	switch {
	case e.Internal():
		return -int64(linux.EINTR) // aio_rw_done
	case e != 0:
		return -int64(e)
	}
	return n
}

// aioComplete adds an event and tells those who wait for it.
func (e *Env) aioComplete(x *aioContext, ev linux.IoEvent, notify *fdtable.File) {
	x.done = append(x.done, ev)
	for _, s := range x.waiters {
		s.Wake()
	}
	x.waiters = x.waiters[:0]
	if notify != nil {
		q := ipcapi.WriteRequest{Handle: notify.Handle, Data: []byte{1, 0, 0, 0, 0, 0, 0, 0}, Signal: true}
		var r ipcapi.WriteReply
		e.IPC.Write(&q, &r)
		e.ipcReady(r.Ready)
	}
}

// aioPoll is a poll under way: struct poll_iocb.
type aioPoll struct {
	env       *Env
	ctx       *aioContext
	f, notify *fdtable.File
	events    uint32
	event     linux.IoEvent
}

func (c *Call) aioPoll(x *aioContext, f, notify *fdtable.File, q *linux.Iocb, ev linux.IoEvent) linux.Errno {
	if q.Buf>>16 != 0 || q.Offset != 0 || q.Nbytes != 0 || q.RwFlags != 0 {
		return linux.EINVAL
	}
	p := &aioPoll{env: c.Env, ctx: x, f: f, notify: notify, events: uint32(q.Buf) | linux.POLLERR | linux.POLLHUP, event: ev}
	x.polls = append(x.polls, p)
	c.Ready.Add(watchKey(f), p)
	if level, _ := c.pollFile(f, p.events); level&p.events != 0 {
		p.complete(level & p.events)
	}
	return 0
}

// Notify implements wait.Watcher. An event that comes later is told with what
// the file woke its sleepers for, asked or not: aio_poll_wake.
func (p *aioPoll) Notify(_ wait.Handle, level uint32, _ uint64) {
	hit := level & p.events
	if hit == 0 {
		return
	}
	if hit&linux.POLLIN != 0 {
		hit |= linux.POLLRDNORM
	}
	if hit&linux.POLLOUT != 0 {
		hit |= linux.POLLWRNORM
	}
	p.complete(hit)
}

func (p *aioPoll) complete(level uint32) {
	if !slices.Contains(p.ctx.polls, p) {
		return
	}
	p.event.Res = int64(level)
	p.env.aioComplete(p.ctx, p.event, p.notify)
	p.env.aioForget(p)
}

// aioForget takes a poll out of its context. Its files go later, since this
// may run while they are looked at.
func (e *Env) aioForget(p *aioPoll) {
	p.ctx.polls = slices.DeleteFunc(p.ctx.polls, func(x *aioPoll) bool { return x == p })
	e.Ready.Remove(watchKey(p.f), p)
	e.Leader.Post(func() {
		e.unref(p.f)
		if p.notify != nil {
			e.unref(p.notify)
		}
	})
}

// sysIoCancel cancels a poll; its event comes by io_getevents.
func sysIoCancel(c *Call) (int64, linux.Errno) {
	var key [4]byte
	if e := c.CopyIn(c.Args[1]+iocbKey, key[:]); e != 0 {
		return 0, e
	}
	if key != [4]byte{} {
		return 0, linux.EINVAL
	}
	x, e := c.aioContext(c.Args[0])
	if e != 0 {
		return 0, e
	}
	for _, p := range x.polls {
		if p.event.Obj == c.Args[1] {
			p.complete(0)
			return 0, linux.EINPROGRESS
		}
	}
	return 0, linux.EINVAL
}

func sysIoGetevents(c *Call) (int64, linux.Errno) {
	deadline, e := c.aioDeadline()
	if e != 0 {
		return 0, e
	}
	return c.aioEvents(deadline)
}

func sysIoPgetevents(c *Call) (int64, linux.Errno) {
	deadline, e := c.aioDeadline()
	if e != 0 {
		return 0, e
	}
	if at := c.Args[5]; at != 0 {
		var b [16]byte // struct __aio_sigset
		if e := c.CopyIn(at, b[:]); e != 0 {
			return 0, e
		}
		if e := c.suspendMask(binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])); e != 0 {
			return 0, e
		}
	}
	return c.aioEvents(deadline)
}

// aioDeadline reads the time-out, which Linux takes as it stands.
func (c *Call) aioDeadline() (int64, linux.Errno) {
	if c.Args[4] == 0 {
		return forever, 0
	}
	var b [linux.SizeofTimespec]byte
	if e := c.CopyIn(c.Args[4], b[:]); e != 0 {
		return 0, e
	}
	var t linux.Timespec
	t.Decode(b[:])
	return c.deadlineIn(max(0, t.Ns())), 0
}

// aioEvents is do_io_getevents. Errors: EINVAL, EFAULT, EINTR.
func (c *Call) aioEvents(deadline int64) (int64, linux.Errno) {
	least, most, at := int64(c.Args[1]), int64(c.Args[2]), c.Args[3]
	x, e := c.aioContext(c.Args[0])
	if e != 0 {
		return 0, e
	}
	if least < 0 || least > most {
		return 0, linux.EINVAL
	}
	var got int64
	over := deadline == noWait
	for {
		n := min(most-got, int64(len(x.done)))
		b := make([]byte, n*linux.SizeofIoEvent)
		for i := range n {
			x.done[i].Encode(b[i*linux.SizeofIoEvent:])
		}
		if e := c.CopyOut(at+uint64(got)*linux.SizeofIoEvent, b); e != 0 {
			if got > 0 {
				return got, 0
			}
			return 0, e
		}
		x.done = x.done[n:]
		if got += n; got >= least || over || x.dead {
			return got, 0
		}
		s := &c.T.Sleep
		if s.Interrupted() || s.Dying() {
			if got > 0 {
				return got, 0
			}
			return 0, linux.EINTR
		}
		x.waiters = append(x.waiters, s)
		over = c.sleep(deadline, true) == wait.Timeout
		x.waiters = slices.DeleteFunc(x.waiters, func(y *wait.Sleeper) bool { return y == s })
	}
}
