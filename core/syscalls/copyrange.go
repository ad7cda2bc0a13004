package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var copyrangeRows = []Row{
	{"sendfile", FS, args(fd("out_fd"), fd("in_fd"), ptr("offset"), uinteger("count")), sysSendfile},
	{"copy_file_range", FS, args(fd("fd_in"), ptr("off_in"), fd("fd_out"), ptr("off_out"), uinteger("len"), hex("flags")), sysCopyFileRange},
}

// offsetIn reads a loff_t; no address gives the description's position.
func (c *Call) offsetIn(f *fdtable.File, addr uint64) (int64, linux.Errno) {
	if addr == 0 {
		return f.Offset, 0
	}
	var b [8]byte
	e := c.CopyIn(addr, b[:])
	return int64(binary.LittleEndian.Uint64(b[:])), e
}

// offsetOut gives back where a transfer ended, as offsetIn read it.
func (c *Call) offsetOut(f *fdtable.File, addr uint64, off int64) linux.Errno {
	if addr == 0 {
		if f.Seekable {
			f.Offset = off
		}
		return 0
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(off))
	return c.CopyOut(addr, b[:])
}

// badRange is rw_verify_area of fs/read_write.c.
func badRange(off int64, count uint64) bool {
	return int64(count) < 0 || off < 0 || off+int64(count) < 0
}

// sysSendfile writes the offset back even when nothing was sent.
func sysSendfile(c *Call) (int64, linux.Errno) {
	addr := c.Args[2]
	var off int64
	if addr != 0 {
		var e linux.Errno
		if off, e = c.offsetIn(nil, addr); e != 0 {
			return 0, e
		}
	}
	n, e := c.sendfile(addr != 0, &off)
	if addr != 0 {
		if x := c.offsetOut(nil, addr, off); x != 0 {
			return 0, x
		}
	}
	return n, e
}

// sendfile is do_sendfile of fs/read_write.c. own says that off is not the
// description's position.
func (c *Call) sendfile(own bool, off *int64) (int64, linux.Errno) {
	count := c.Args[3]
	in, e := c.file(1)
	if e != 0 {
		return 0, e
	}
	defer c.unref(in)
	if !readable(in) {
		return 0, linux.EBADF
	}
	if own && !in.Seekable {
		return 0, linux.ESPIPE
	}
	from := *off
	if !own {
		from = in.Offset
	}
	if badRange(from, count) {
		return 0, linux.EINVAL
	}
	out, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(out)
	if !writable(out) {
		return 0, linux.EBADF
	}
	var n int64
	to := out.Offset
	if isPipe(out) {
		n, e = c.fileToPipe(in, &from, out, min(count, maxRW), out.Flags.Load()&linux.O_NONBLOCK != 0)
	} else {
		n, e = c.spliceDirect(in, &from, out, &to, min(count, maxRW))
	}
	c.T.IO.Read(n)
	c.T.IO.Wrote(n)
	if e != 0 {
		return 0, e
	}
	if n > 0 && out.Seekable {
		out.Offset = to
	}
	if own {
		*off = from
	} else if in.Seekable {
		in.Offset = from
	}
	return n, 0
}

// spliceDirect is splice_direct_to_actor of fs/splice.c: the input must have a
// position, so that what could not be written was not read.
func (c *Call) spliceDirect(in *fdtable.File, from *int64, out *fdtable.File, to *int64, count uint64) (int64, linux.Errno) {
	if out.Flags.Load()&linux.O_APPEND != 0 || !in.Seekable {
		return 0, linux.EINVAL
	}
	if count == 0 {
		return 0, 0 // nobody is asked
	}
	if !mayPageIn(in) || !mayPageOut(out) {
		return 0, linux.EINVAL
	}
	const atEnd = linux.ENODATA // of a source that has no more; write then gives what it has
	step := 16 * pageSize
	if out.Owner == fdtable.FS {
		step = bounceSize
	}
	n, pos, e := c.write(out, *to, int(count), 0, func(done int) ([]byte, linux.Errno) {
		if uint64(done) == count {
			return nil, atEnd
		}
		b := c.bounceBuf()
		d, e := c.read(in, *from+int64(done), b[:0], int(min(count-uint64(done), uint64(step))), 0)
		if e == 0 && len(d) == 0 {
			e = atEnd
		}
		return d, e
	})
	if e == atEnd {
		e = 0
	}
	if e == 0 {
		*from += int64(n)
		if out.Seekable {
			*to = pos
		}
	}
	return int64(n), e
}

func sysCopyFileRange(c *Call) (int64, linux.Errno) {
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
	from, e := c.offsetIn(in, c.Args[1])
	if e != 0 {
		return 0, e
	}
	to, e := c.offsetIn(out, c.Args[3])
	if e != 0 {
		return 0, e
	}
	if c.Uint(5) != 0 {
		return 0, linux.EINVAL
	}
	n, e := c.copyRange(in, from, out, to, c.Args[4])
	c.T.IO.Read(n)
	c.T.IO.Wrote(n)
	if e != 0 || n == 0 {
		return 0, e
	}
	if e := c.offsetOut(in, c.Args[1], from+n); e != 0 {
		return 0, e
	}
	return n, c.offsetOut(out, c.Args[3], to+n)
}

// copyRange has fs copy, part by part, until it gives less than was asked.
func (c *Call) copyRange(in *fdtable.File, from int64, out *fdtable.File, to int64, count uint64) (int64, linux.Errno) {
	if in.Owner != fdtable.FS || out.Owner != fdtable.FS {
		if dir := uint32(linux.S_IFDIR); in.Mode&linux.S_IFMT == dir || out.Mode&linux.S_IFMT == dir {
			return 0, linux.EISDIR
		}
		return 0, linux.EINVAL // generic_file_rw_checks: both must be regular files
	}
	q := fsapi.CopyRangeRequest{Cred: c.Cred(), From: in.Handle, To: out.Handle,
		SizeLimit: c.P.Limits[linux.RLIMIT_FSIZE].Cur, Append: out.Flags.Load()&linux.O_APPEND != 0}
	var done int64
	for {
		q.FromOffset, q.ToOffset, q.Count = from+done, to+done, count-uint64(done)
		var r fsapi.CopyRangeReply
		if e := change(c, c.FS.CopyRange, &q, &r, &r.Wait, &r.Ready); e != 0 {
			if done > 0 {
				return done, 0
			}
			if e == linux.EFBIG && q.SizeLimit != linux.RLIM_INFINITY {
				c.signalSelf(linux.SIGXFSZ)
			}
			return 0, e
		}
		done += int64(r.Count)
		if r.Count == 0 || uint64(done) >= count || done >= maxRW {
			return done, 0
		}
	}
}
