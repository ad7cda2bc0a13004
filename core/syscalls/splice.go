package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var spliceRows = []Row{
	{"splice", IPC, args(fd("fd_in"), ptr("off_in"), fd("fd_out"), ptr("off_out"), uinteger("len"), flags("flags", linux.SpliceFlags)), sysSplice},
	{"tee", IPC, args(fd("fd_in"), fd("fd_out"), uinteger("len"), flags("flags", linux.SpliceFlags)), sysTee},
	{"vmsplice", IPC, args(fd("fd"), vec("iov", strace.IovecIn, 2), uinteger("nr_segs"), flags("flags", linux.SpliceFlags)), sysVmsplice},
}

// spliceStep is how much passes between a pipe and a file at a time, in bytes:
// what a pipe holds.
const spliceStep = 16 * pageSize

// isPipe reports whether f is an end of a pipe or FIFO.
func isPipe(f *fdtable.File) bool {
	return f.Owner == fdtable.IPC && f.Mode&linux.S_IFMT == linux.S_IFIFO
}

func isSocket(f *fdtable.File) bool {
	return f.Owner == fdtable.IPC && f.Mode&linux.S_IFMT == linux.S_IFSOCK
}

// mayPageIn and mayPageOut report whether a file has the methods splice_read
// and splice_write: directories, eventfds, epolls and others have not.
func mayPageIn(f *fdtable.File) bool {
	null := f.Mode&linux.S_IFMT == linux.S_IFCHR && f.Rdev == linux.Makedev(1, 3) // null_fops has no splice_read
	return mayPageOut(f) && !null
}

func mayPageOut(f *fdtable.File) bool {
	return isSocket(f) || f.Owner == fdtable.FS && f.Mode&linux.S_IFMT != linux.S_IFDIR
}

// sysSplice is __do_splice and do_splice of fs/splice.c.
func sysSplice(c *Call) (int64, linux.Errno) {
	offIn, offOut, count, fl := c.Args[1], c.Args[3], c.Args[4], c.Uint(5)
	if count == 0 {
		return 0, 0
	}
	if fl&^spliceAll != 0 {
		return 0, linux.EINVAL
	}
	in, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(in)
	out, e := c.file(2)
	if e != 0 {
		return 0, e
	}
	defer c.unref(out)
	if isPipe(in) && offIn != 0 || isPipe(out) && offOut != 0 {
		return 0, linux.ESPIPE
	}
	to, e := c.offsetIn(out, offOut)
	if e != 0 {
		return 0, e
	}
	from, e := c.offsetIn(in, offIn)
	if e != 0 {
		return 0, e
	}
	if !readable(in) || !writable(out) {
		return 0, linux.EBADF
	}
	nowait := fl&linux.SPLICE_F_NONBLOCK != 0
	var n int64
	switch {
	case isPipe(in) && isPipe(out):
		return c.pipeToPipe(in, out, count, nowait, false)
	case isPipe(in):
		if offOut != 0 && !out.Seekable || out.Flags.Load()&linux.O_APPEND != 0 || badRange(to, count) {
			return 0, linux.EINVAL
		}
		n, e = c.pipeToFile(in, out, &to, count, nowait || in.Flags.Load()&linux.O_NONBLOCK != 0)
		if e != 0 {
			return 0, e
		}
		return n, c.offsetOut(out, offOut, to)
	case isPipe(out):
		if offIn != 0 && !in.Seekable || badRange(from, count) {
			return 0, linux.EINVAL
		}
		n, e = c.fileToPipe(in, &from, out, count, nowait || out.Flags.Load()&linux.O_NONBLOCK != 0)
		if e != 0 {
			return 0, e
		}
		return n, c.offsetOut(in, offIn, from)
	}
	return 0, linux.EINVAL
}

// spliceAll is SPLICE_F_ALL.
const spliceAll = linux.SPLICE_F_MOVE | linux.SPLICE_F_NONBLOCK | linux.SPLICE_F_MORE | linux.SPLICE_F_GIFT

func sysTee(c *Call) (int64, linux.Errno) {
	count, fl := c.Args[2], c.Uint(3)
	if fl&^spliceAll != 0 {
		return 0, linux.EINVAL
	}
	if count == 0 {
		return 0, 0
	}
	in, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(in)
	out, e := c.file(1)
	if e != 0 {
		return 0, e
	}
	defer c.unref(out)
	if !readable(in) || !writable(out) {
		return 0, linux.EBADF
	}
	if !isPipe(in) || !isPipe(out) {
		return 0, linux.EINVAL
	}
	return c.pipeToPipe(in, out, count, fl&linux.SPLICE_F_NONBLOCK != 0, true)
}

// pipeToPipe moves or, with keep, copies what a pipe holds to another.
func (c *Call) pipeToPipe(in, out *fdtable.File, count uint64, nowait, keep bool) (int64, linux.Errno) {
	nowait = nowait || (in.Flags.Load()|out.Flags.Load())&linux.O_NONBLOCK != 0
	q := ipcapi.SpliceRequest{From: in.Handle, To: out.Handle, Count: uint32(min(count, maxRW)), Keep: keep}
	for {
		var r ipcapi.SpliceReply
		e := c.IPC.Splice(&q, &r)
		c.ipcReady(r.Ready)
		switch {
		case e == linux.EPIPE:
			c.signalSelf(linux.SIGPIPE)
		case e == linux.EWAIT && nowait:
			return 0, linux.EAGAIN
		case e == linux.EWAIT:
			if e := c.await(fdtable.IPC, r.Wait.Ticket, r.Wait.Handle, r.Wait.Events, 0); e != 0 {
				return 0, e
			}
			continue
		}
		return int64(r.Count), e
	}
}

// room waits until a pipe has a free page and gives the bytes of all that it
// has: wait_for_space of fs/splice.c.
func (c *Call) room(out *fdtable.File, nowait bool) (int, linux.Errno) {
	for {
		level, _ := c.pollFile(out, linux.POLLOUT|linux.POLLERR)
		if level&linux.POLLERR != 0 {
			c.signalSelf(linux.SIGPIPE)
			return 0, linux.EPIPE
		}
		if level&linux.POLLOUT != 0 {
			break
		}
		if nowait {
			return 0, linux.EAGAIN
		}
		if e := c.await(fdtable.IPC, 0, out.Handle, linux.POLLOUT, 0); e != 0 {
			return 0, e
		}
	}
	var r ipcapi.PipeSizeReply
	e := c.IPC.PipeSize(&ipcapi.PipeSizeRequest{Handle: out.Handle}, &r)
	return int(r.Room), e
}

// intoPipe puts pages into a pipe. It gives EWAIT when there is no room.
func (c *Call) intoPipe(out *fdtable.File, data []byte, pageOffset uint32) (int, linux.Errno) {
	q, r := &c.frame.ipcWrite, &c.frame.ipcWR
	*q = ipcapi.WriteRequest{Handle: out.Handle, Data: data, Cred: c.ipcCred(), Spliced: true, PageOffset: pageOffset}
	r.Wait, r.Ready, r.Tokens, r.Count = ipcapi.Wait{}, r.Ready[:0], r.Tokens[:0], 0
	e := c.IPC.Write(q, r)
	*q = ipcapi.WriteRequest{}
	c.ipcReady(r.Ready)
	if e == linux.EPIPE {
		c.signalSelf(linux.SIGPIPE)
	}
	return int(r.Count), e
}

// fileToPipe is splice_file_to_pipe: one read, of no more than the pipe has
// room for.
func (c *Call) fileToPipe(in *fdtable.File, from *int64, out *fdtable.File, count uint64, nowait bool) (int64, linux.Errno) {
	room, e := c.room(out, nowait)
	if e != 0 {
		return 0, e
	}
	if !mayPageIn(in) {
		return 0, linux.EINVAL
	}
	pageOffset := uint32(0)
	if in.Seekable {
		pageOffset = uint32(*from % pageSize)
	}
	n := int(min(count, uint64(room)-uint64(pageOffset)))
	fl := uint32(0)
	if nowait && !in.Seekable {
		fl = linux.RWF_NOWAIT
	}
	d, e := c.read(in, *from, make([]byte, 0, n), n, fl)
	if e != 0 || len(d) == 0 {
		return 0, e
	}
	done := 0
	for done < len(d) {
		n, e := c.intoPipe(out, d[done:], pageOffset)
		if e == linux.EWAIT {
			// Others were faster than us. What comes from a position can be
			// read again; the rest is lost unless it goes in.
			if in.Seekable && done > 0 {
				break
			}
			p := &c.frame.poller
			p.Events = linux.POLLOUT | linux.POLLERR
			c.Ready.Add(watchKey(out), p)
			c.sleep(0, false)
			c.Ready.Remove(watchKey(out), p)
			if !c.T.Sleep.Dying() {
				continue
			}
		}
		if e != 0 {
			if done > 0 {
				break
			}
			return 0, e
		}
		done += n
		pageOffset = 0
	}
	if in.Seekable {
		*from += int64(done)
	}
	return int64(done), 0
}

// readPipe looks at what a pipe holds, or takes it away unseen.
func (c *Call) readPipe(in *fdtable.File, mode ipcapi.ReadMode, dst []byte, count int, w *wait0) ([]byte, linux.Errno) {
	q, r := &c.frame.ipcRead, &c.frame.ipcReadR
	q.Handle, q.Count, q.Mode = in.Handle, uint32(count), mode
	r.Wait, r.Data, r.Ready, r.Tokens = ipcapi.Wait{}, dst, r.Ready[:0], r.Tokens[:0]
	e := c.IPC.Read(q, r)
	q.Mode = 0
	c.ipcReady(r.Ready)
	*w = ipcWait(&r.Wait)
	d := r.Data
	r.Data = nil
	return d, e
}

// fromPipe hands what a pipe holds to sink, and takes away what that took: what
// it did not take stays in the pipe. sink gives EWAIT and what to wait for as
// writeOnce does.
func (c *Call) fromPipe(in *fdtable.File, count uint64, nowait bool, sink func([]byte) (int, linux.Errno)) (int64, linux.Errno) {
	var done int64
	buf := make([]byte, 0, min(count, spliceStep))
	for uint64(done) < count {
		var w wait0
		n := int(min(count-uint64(done), spliceStep))
		d, e := c.readPipe(in, ipcapi.ReadModePeek, buf, n, &w)
		if e == linux.EWAIT {
			if done > 0 {
				break
			}
			if nowait {
				return 0, linux.EAGAIN
			}
			if e := c.await(fdtable.IPC, w.ticket, w.handle, w.events, 0); e != 0 {
				return 0, e
			}
			continue
		}
		if e == 0 && len(d) == 0 {
			break
		}
		m := 0
		if e == 0 {
			m, e = sink(d)
		}
		if m > 0 {
			c.readPipe(in, ipcapi.ReadModeDrop, nil, m, &w)
			done += int64(m)
		}
		if e != 0 {
			if done > 0 {
				break
			}
			return 0, e
		}
	}
	return done, 0
}

// pipeToFile is do_splice_from of fs/splice.c.
func (c *Call) pipeToFile(in, out *fdtable.File, to *int64, count uint64, nowait bool) (int64, linux.Errno) {
	if !mayPageOut(out) {
		return 0, linux.EINVAL
	}
	return c.fromPipe(in, count, nowait, func(d []byte) (int, linux.Errno) {
		for {
			var w wait0
			n, pos, e := c.writeOnce(out, *to, d, 0, &w)
			switch {
			case e == linux.EWAIT:
				if e := c.block(out, &w, false); e != 0 {
					return 0, e
				}
				continue
			case e == linux.EPIPE && out.Type == linux.SOCK_STREAM:
				c.signalSelf(linux.SIGPIPE)
			case e == linux.EFBIG && c.P.Limits[linux.RLIMIT_FSIZE].Cur != linux.RLIM_INFINITY:
				c.signalSelf(linux.SIGXFSZ)
			case e == 0 && out.Seekable:
				*to = pos
			}
			return n, e
		}
	})
}

// sysVmsplice copies: the pages of the app are not shared with the pipe.
func sysVmsplice(c *Call) (int64, linux.Errno) {
	fl := c.Uint(3)
	if fl&^spliceAll != 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if c.Args[2] > linux.UIO_MAXIOV {
		return 0, linux.EINVAL
	}
	v, total, e := c.iovecs(c.Args[1], int32(c.Args[2]))
	if e != 0 || total == 0 {
		return 0, e
	}
	nowait := fl&linux.SPLICE_F_NONBLOCK != 0
	if !isPipe(f) {
		return 0, linux.EBADF
	}
	if writable(f) {
		return c.vmToPipe(f, v, nowait)
	}
	at := int64(0)
	return c.fromPipe(f, uint64(total), nowait, func(d []byte) (int, linux.Errno) {
		n := c.scatter(v, at, d)
		at += int64(n)
		if n < len(d) {
			return n, linux.EFAULT
		}
		return n, 0
	})
}

// vmToPipe is vmsplice_to_pipe: it waits for the first page only.
func (c *Call) vmToPipe(out *fdtable.File, v []linux.Iovec, nowait bool) (int64, linux.Errno) {
	if _, e := c.room(out, nowait); e != 0 {
		return 0, e
	}
	var done int64
	buf := make([]byte, spliceStep)
	for _, x := range v {
		for at := uint64(0); at < x.Len; {
			b := buf[:min(x.Len-at, spliceStep)]
			m := c.P.Space.Platform.Read(x.Base+at, b)
			if m == 0 {
				if done == 0 {
					return 0, linux.EFAULT
				}
				return done, 0
			}
			n, e := c.intoPipe(out, b[:m], uint32((x.Base+at)%pageSize))
			done += int64(n)
			at += uint64(n)
			if e != 0 && e != linux.EWAIT && done == 0 {
				return 0, e
			}
			if e != 0 || n < m || m < len(b) {
				return done, 0
			}
		}
	}
	return done, 0
}
