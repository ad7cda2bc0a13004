package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var rwRows = []Row{
	{"read", FS, args(fd("fd"), out("buf", 2), uinteger("count")), sysRead},
	{"write", FS, args(fd("fd"), in("buf", 2), uinteger("count")), sysWrite},
	{"pread64", FS, args(fd("fd"), out("buf", 2), uinteger("count"), long("offset")), sysPread64},
	{"pwrite64", FS, args(fd("fd"), in("buf", 2), uinteger("count"), long("offset")), sysPwrite64},
	{"readv", FS, args(fd("fd"), vec("iov", strace.IovecOut, 2), integer("iovcnt")), sysReadv},
	{"writev", FS, args(fd("fd"), vec("iov", strace.IovecIn, 2), integer("iovcnt")), sysWritev},
	{"preadv", FS, args(fd("fd"), vec("iov", strace.IovecOut, 2), integer("iovcnt"), long("pos_l"), long("pos_h")), sysPreadv},
	{"pwritev", FS, args(fd("fd"), vec("iov", strace.IovecIn, 2), integer("iovcnt"), long("pos_l"), long("pos_h")), sysPwritev},
	{"preadv2", FS, args(fd("fd"), vec("iov", strace.IovecOut, 2), integer("iovcnt"), long("pos_l"), long("pos_h"), flags("flags", linux.RwFlags)), sysPreadv2},
	{"pwritev2", FS, args(fd("fd"), vec("iov", strace.IovecIn, 2), integer("iovcnt"), long("pos_l"), long("pos_h"), flags("flags", linux.RwFlags)), sysPwritev2},
	{"lseek", FS, args(fd("fd"), long("offset"), enum("whence", linux.SeekWhence)), sysLseek},
}

// maxRW is the most that one read or write moves: MAX_RW_COUNT of the kernel.
const maxRW = 0x7ffff000

// bounceSize is how much of a large transfer passes at a time, in bytes.
const bounceSize = 1 << 20

func (e *Env) bounceBuf() []byte {
	if e.bounce == nil {
		e.bounce = make([]byte, bounceSize)
	}
	return e.bounce
}

// outgoing is a buffer of bounceSize bytes for data on its way to a subsystem
// that may be a plugin: other calls go on meanwhile, so it is this call's own
// until sent.
func (c *Call) outgoing() []byte {
	if c.scratch == nil {
		if n := len(c.spare); n > 0 {
			c.scratch, c.spare = c.spare[n-1], c.spare[:n-1]
		} else {
			c.scratch = make([]byte, bounceSize)
		}
	}
	return c.scratch
}

// sent gives outgoing back.
func (c *Call) sent() {
	if c.scratch != nil {
		c.spare = append(c.spare, c.scratch)
		c.scratch = nil
	}
}

// readable and writable check how a description was opened.
func readable(f *fdtable.File) bool { return f.Flags.Load()&linux.O_ACCMODE != linux.O_WRONLY }
func writable(f *fdtable.File) bool { return f.Flags.Load()&linux.O_ACCMODE != linux.O_RDONLY }

func sysRead(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	return c.readTo(f, -1, c.Args[1], c.Args[2], 0)
}

func sysPread64(c *Call) (int64, linux.Errno) {
	off := int64(c.Args[3])
	if off < 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if !f.Seekable {
		return 0, linux.ESPIPE
	}
	return c.readTo(f, off, c.Args[1], c.Args[2], 0)
}

// moved is a read whose bytes are still on their way to the app.
type moved struct {
	// file is what was read, nil for another call; it may be closed by now.
	file *fdtable.File
	// at is where the bytes began, -1 when no position moved.
	at int64
}

// copyRest answers for a call whose n bytes in Out do not all fit where they
// are to go: a read is as long as what fits, any other call fails.
func (c *Call) copyRest(n int) (int64, linux.Errno) {
	m := c.moved
	c.moved.file = nil
	if m.file == nil || n <= 0 || n > len(c.Out()) || c.P.Space == nil {
		return 0, linux.EFAULT
	}
	done := int64(c.P.Space.Platform.Write(c.outDst, c.Out()[:n]))
	if m.file.Owner == fdtable.IPC {
		x, _ := c.unread(m.file, c.Out()[:n], int(done), nil)
		done = int64(x)
	}
	// Unless somebody else has moved it meanwhile.
	if m.at >= 0 && m.file.Offset == m.at+int64(n) {
		m.file.Offset = m.at + done
	}
	if done == 0 {
		return 0, linux.EFAULT
	}
	return done, 0
}

// unread gives back what a read of ipc's took and the app did not get all of.
// It tells how many bytes stay read, and which of the tokens are still the call's.
func (c *Call) unread(f *fdtable.File, data []byte, arrived int, tokens []uint64) (int, []uint64) {
	if f.Owner != fdtable.IPC {
		return arrived, tokens
	}
	q, r := &c.frame.ipcUnread, &c.frame.ipcUnreadR
	q.Handle, q.Data, q.Arrived, q.Tokens = f.Handle, data, uint32(arrived), tokens
	r.Count, r.Ready, r.Tokens = 0, r.Ready[:0], nil
	e := c.IPC.Unread(q, r)
	q.Data, q.Tokens = nil, nil
	c.ipcReady(r.Ready)
	if e != 0 {
		return 0, tokens // what has no order is lost, as on Linux
	}
	return min(int(r.Count), arrived), r.Tokens
}

// accessOK is the kernel's access_ok: an app's addresses end at 1<<47.
func accessOK(addr, count uint64) bool { return addr <= 1<<47 && count <= 1<<47-addr }

// readTo reads count bytes at off (-1: the description's position, which
// moves) into app memory.
func (c *Call) readTo(f *fdtable.File, off int64, addr, count uint64, fl uint32) (int64, linux.Errno) {
	if !readable(f) {
		return 0, linux.EBADF
	}
	if !accessOK(addr, count) {
		return 0, linux.EFAULT // before any look at count: vfs_read
	}
	if f.Mode&linux.S_IFMT == linux.S_IFDIR && f.Owner == fdtable.FS {
		return 0, linux.EISDIR
	}
	n, e := c.readChecked(f, off, addr, min(count, maxRW), fl)
	c.T.IO.Read(n)
	return n, e
}

func (c *Call) readChecked(f *fdtable.File, off int64, addr, count uint64, fl uint32) (int64, linux.Errno) {
	at := off
	if off < 0 {
		at = f.Offset
	}
	if o := c.Out(); count <= uint64(len(o)) {
		d, e := c.read(f, at, o[:0:len(o)], int(count), fl)
		if e != 0 {
			return 0, e
		}
		c.moved = moved{f, -1}
		if off < 0 && f.Seekable {
			f.Offset, c.moved.at = at+int64(len(d)), at
		}
		c.Return(addr, len(d))
		return int64(len(d)), 0
	}
	var total int64
	for uint64(total) < count {
		b := c.bounceBuf()
		n := int(min(count-uint64(total), bounceSize))
		d, e := c.read(f, at, b[:0], n, fl)
		if e != 0 {
			if total > 0 {
				break
			}
			return 0, e
		}
		m := 0
		if len(d) > 0 {
			if m = c.P.Space.Platform.Write(addr+uint64(total), d); m < len(d) {
				m, _ = c.unread(f, d, m, nil)
			}
		}
		total += int64(m)
		at += int64(m)
		if m < len(d) {
			if total == 0 {
				return 0, linux.EFAULT
			}
			break
		}
		if len(d) < n || f.Owner != fdtable.FS || !f.Seekable {
			break
		}
	}
	if off < 0 && f.Seekable {
		f.Offset = at
	}
	return total, 0
}

func sysWrite(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	return c.writeFrom(f, -1, c.Args[1], c.Args[2], 0)
}

func sysPwrite64(c *Call) (int64, linux.Errno) {
	off := int64(c.Args[3])
	if off < 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if !f.Seekable {
		return 0, linux.ESPIPE
	}
	return c.writeFrom(f, off, c.Args[1], c.Args[2], 0)
}

func (c *Call) writeFrom(f *fdtable.File, off int64, addr, count uint64, fl uint32) (int64, linux.Errno) {
	if e := mayWrite(f, 0); e != 0 {
		return 0, e
	}
	if !accessOK(addr, count) {
		return 0, linux.EFAULT
	}
	if e := mayWrite(f, count); e != 0 {
		return 0, e
	}
	count = min(count, maxRW)
	at := off
	if off < 0 {
		at = f.Offset
	}
	captured, ok := c.T.Platform.In(addr)
	ok = ok && uint64(len(captured)) == count
	n, at, e := c.write(f, at, int(count), fl, func(done int) ([]byte, linux.Errno) {
		if ok {
			return captured[done:], 0
		}
		b := c.outgoing()[:min(int(count)-done, bounceSize)]
		if len(b) == 0 {
			return b, 0
		}
		m := c.P.Space.Platform.Read(addr+uint64(done), b)
		if f.Discards {
			return b, 0
		}
		if m == 0 || m < len(b) && isSocket(f) {
			return nil, linux.EFAULT // a message is whole
		}
		return b[:m], 0
	})
	c.T.IO.Wrote(int64(n))
	if e == 0 && off < 0 && f.Seekable {
		f.Offset = at
	}
	return int64(n), e
}

// mayWrite is what vfs_write looks at before the bytes: FMODE_CAN_WRITE, which
// the core's own files and signal's have not. A message that no socket takes is
// not cut into several.
func mayWrite(f *fdtable.File, count uint64) linux.Errno {
	switch {
	case !writable(f):
		return linux.EBADF
	case f.Owner == fdtable.Signal || f.Owner == fdtable.Core:
		return linux.EINVAL
	case count > bounceSize && isSocket(f) && f.Type != linux.SOCK_STREAM:
		return linux.EMSGSIZE
	}
	return 0
}

// iovecs reads an array of iovec: import_iovec of lib/iov_iter.c.
func (c *Call) iovecs(addr uint64, n int32) ([]linux.Iovec, int64, linux.Errno) {
	if n < 0 || n > linux.UIO_MAXIOV {
		return nil, 0, linux.EINVAL
	}
	b := make([]byte, int(n)*linux.SizeofIovec)
	if e := c.CopyIn(addr, b); n > 0 && e != 0 {
		return nil, 0, e
	}
	v := linux.AppendIovecs(nil, b)
	var total int64
	for i := range v {
		if int64(v[i].Len) < 0 {
			return nil, 0, linux.EINVAL
		}
		if !accessOK(v[i].Base, v[i].Len) {
			return nil, 0, linux.EFAULT
		}
		if int64(v[i].Len) > maxRW-total {
			v[i].Len = uint64(maxRW - total)
		}
		total += int64(v[i].Len)
	}
	return v, total, 0
}

func sysReadv(c *Call) (int64, linux.Errno)  { return c.readv(-1, 0) }
func sysWritev(c *Call) (int64, linux.Errno) { return c.writev(-1, 0) }

func sysPreadv(c *Call) (int64, linux.Errno)  { return c.posv(c.readv, 0, false) }
func sysPwritev(c *Call) (int64, linux.Errno) { return c.posv(c.writev, 0, false) }
func sysPreadv2(c *Call) (int64, linux.Errno) { return c.posv(c.readv, c.Uint(5), true) }
func sysPwritev2(c *Call) (int64, linux.Errno) {
	return c.posv(c.writev, c.Uint(5), true)
}

// posv runs a vector call at an explicit position; v2 allows -1 for the
// description's own.
func (c *Call) posv(do func(int64, uint32) (int64, linux.Errno), fl uint32, v2 bool) (int64, linux.Errno) {
	off := int64(c.Args[3])
	if off == -1 && v2 {
		return do(-1, fl)
	}
	if off < 0 {
		return 0, linux.EINVAL
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	seekable := f.Seekable
	c.unref(f)
	if !seekable {
		return 0, linux.ESPIPE
	}
	return do(off, fl)
}

func (c *Call) readv(off int64, fl uint32) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if !readable(f) {
		return 0, linux.EBADF
	}
	v, total, e := c.iovecs(c.Args[1], c.Int(2))
	if e != 0 {
		return 0, e
	}
	if total == 0 {
		return 0, 0 // vfs_readv asks nobody
	}
	if f.Mode&linux.S_IFMT == linux.S_IFDIR && f.Owner == fdtable.FS {
		return 0, linux.EISDIR
	}
	if e := rwFlags(fl); e != 0 {
		return 0, e
	}
	at := off
	if off < 0 {
		at = f.Offset
	}
	d, e := c.read(f, at, make([]byte, 0, min(total, bounceSize)), int(min(total, bounceSize)), fl)
	if e != 0 {
		c.T.IO.Read(0)
		return 0, e
	}
	done := c.scatter(v, 0, d)
	defer func() { c.T.IO.Read(int64(done)) }()
	if done < len(d) {
		if done, _ = c.unread(f, d, done, nil); done == 0 {
			return 0, linux.EFAULT
		}
	}
	if off < 0 && f.Seekable {
		f.Offset = at + int64(done)
	}
	return int64(done), 0
}

func (c *Call) writev(off int64, fl uint32) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if e := mayWrite(f, 0); e != 0 {
		return 0, e
	}
	v, total, e := c.iovecs(c.Args[1], c.Int(2))
	if e == 0 {
		e = mayWrite(f, uint64(total))
	}
	if e != 0 {
		return 0, e
	}
	if total == 0 {
		return 0, 0
	}
	if e := rwFlags(fl); e != 0 {
		return 0, e
	}
	at := off
	if off < 0 {
		at = f.Offset
	}
	n, at, e := c.write(f, at, int(total), fl, func(done int) ([]byte, linux.Errno) {
		b := c.outgoing()[:min(int(total)-done, bounceSize)]
		m := c.gather(v, int64(done), b)
		if f.Discards {
			return b, 0
		}
		if m == 0 && len(b) > 0 || m < len(b) && isSocket(f) {
			return nil, linux.EFAULT
		}
		return b[:m], 0
	})
	c.T.IO.Wrote(int64(n))
	if e == 0 && off < 0 && f.Seekable {
		f.Offset = at
	}
	return int64(n), e
}

// rwFlags is kiocb_set_rw_flags. RWF_NOWAIT is the file's own affair.
func rwFlags(fl uint32) linux.Errno {
	const nosignal = 0x100 // RWF_NOSIGNAL
	const known = linux.RWF_HIPRI | linux.RWF_DSYNC | linux.RWF_SYNC | linux.RWF_NOWAIT | linux.RWF_APPEND | linux.RWF_NOAPPEND
	switch {
	case fl&^(known|nosignal) != 0: // RWF_ATOMIC and RWF_DONTCACHE too: files here can neither
		return linux.EOPNOTSUPP
	case fl&linux.RWF_APPEND != 0 && fl&linux.RWF_NOAPPEND != 0:
		return linux.EINVAL
	}
	return 0
}

func sysLseek(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if c.Uint(2) > linux.SEEK_HOLE {
		return 0, linux.EINVAL // ksys_lseek looks at no file before
	}
	if _, ok := f.Object.(*epoll); ok || f.Owner == fdtable.Signal || f.Name == eventfdName ||
		f.Owner == fdtable.FS && f.Mode&linux.S_IFMT == 0 {
		return 0, 0 // noop_llseek
	}
	if !f.Seekable || f.Owner != fdtable.FS {
		return 0, linux.ESPIPE
	}
	off, whence := int64(c.Args[1]), c.Uint(2)
	// The two that every program uses need no subsystem.
	if f.Mode&linux.S_IFMT == linux.S_IFREG && (whence == linux.SEEK_SET || whence == linux.SEEK_CUR) {
		if whence == linux.SEEK_CUR {
			off += f.Offset
		}
		if off < 0 {
			return 0, linux.EINVAL
		}
		f.Offset = off
		return off, 0
	}
	req := fsapi.SeekRequest{Handle: f.Handle, Offset: off, Whence: whence, Current: f.Offset}
	var rep fsapi.SeekReply
	e = c.FS.Seek(&req, &rep)
	e = c.awaitFS(e, &rep.Wait, func() linux.Errno { return c.FS.Seek(&req, &rep) })
	if e != 0 {
		return 0, e
	}
	f.Offset = rep.Offset
	return rep.Offset, 0
}
