package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var madviseRows = []Row{
	{"process_madvise", MM, args(fd("pidfd"), vec("vec", strace.IovecIn, 2), uinteger("vlen"), enum("advice", linux.MadviseAdvice), uinteger("flags")), sysProcessMadvise},
}

// sysProcessMadvise gives advice on memory of a process: of another one only
// what changes nothing that it sees (process_madvise_remote_valid), so that
// checking is all there is to do there.
func sysProcessMadvise(c *Call) (int64, linux.Errno) {
	if c.Uint(4) != 0 {
		return 0, linux.EINVAL
	}
	if c.Args[2] > linux.UIO_MAXIOV {
		return 0, linux.EINVAL
	}
	v, _, e := c.iovecs(c.Args[1], int32(c.Args[2]))
	if e != 0 {
		return 0, e
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	o, ok := f.Object.(*pidfd)
	if !ok {
		return 0, linux.EBADF
	}
	if o.p.Zombie || o.p.Reaped || o.p.Space == nil {
		return 0, linux.ESRCH
	}
	if !c.mayTrace(o.p.Leader) {
		return 0, linux.EACCES
	}
	own := o.p.Space == c.P.Space
	advice := c.Uint(3)
	if !own {
		switch advice {
		case linux.MADV_COLD, linux.MADV_PAGEOUT, linux.MADV_WILLNEED, linux.MADV_COLLAPSE:
		default:
			return 0, linux.EINVAL
		}
		if !c.T.Cred.Has(linux.CAP_SYS_NICE) {
			return 0, linux.EPERM
		}
	}
	done := int64(0)
	for _, r := range v {
		q := mmapi.AdviseRequest{Space: o.p.Space.MM, Addr: r.Base, Length: r.Len, Advice: advice}
		if own {
			e = c.advise(&q)
		} else {
			var rep mmapi.AdviseReply
			e = c.MM.Advise(&q, &rep)
		}
		if e != 0 {
			break
		}
		done += int64(r.Len)
	}
	if done > 0 {
		return done, 0
	}
	return 0, e
}

// advise gives advice on the caller's memory.
func (c *Call) advise(q *mmapi.AdviseRequest) linux.Errno {
	return c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		q.Space = space
		var rep mmapi.AdviseReply
		e := c.MM.Advise(q, &rep)
		return rep.Ops, rep.Files, e
	})
}
