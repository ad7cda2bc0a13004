package client

import "adyton.dev/adyton/core/linux"

// errnoSet is what one call may answer.
type errnoSet struct {
	low  [3]uint64 // below 192
	wait bool      // EWAIT
}

// errnos returns the set of these and EIO, which every call may give: it is
// also what a lost connection gives.
func errnos(es ...linux.Errno) errnoSet { return errnoSet{}.with(linux.EIO).with(es...) }

func (s errnoSet) with(es ...linux.Errno) errnoSet {
	for _, e := range es {
		if e == linux.EWAIT {
			s.wait = true
			continue
		}
		s.low[e/64] |= 1 << (e % 64)
	}
	return s
}

func (s *errnoSet) has(e linux.Errno) bool {
	if e == linux.EWAIT {
		return s.wait
	}
	return e < 192 && s.low[e/64]>>(e%64)&1 != 0
}

var (
	// pathErrnos are those of finding a file by its path.
	pathErrnos = errnos(linux.ENOENT, linux.ENOTDIR, linux.EACCES, linux.ELOOP, linux.EXDEV, linux.ENAMETOOLONG, linux.EINVAL,
		linux.ENODEV, linux.ENOMEM, linux.ESTALE, linux.EOVERFLOW, linux.EAGAIN)
	openErrnos = pathErrnos.with(linux.EEXIST, linux.EISDIR, linux.EROFS, linux.EPERM, linux.ENXIO, linux.ETXTBSY, linux.EBUSY,
		linux.EMFILE, linux.ENFILE, linux.ENOSPC, linux.EDQUOT, linux.EFBIG, linux.EOPNOTSUPP)
	// attrErrnos are those of one file among several.
	attrErrnos = pathErrnos.with(linux.EPERM, linux.EBADF)
	// consoleErrnos are those of streams of any kind: files, pipes, sockets,
	// terminals.
	consoleErrnos = errnos(linux.EBADF, linux.EINVAL, linux.ENOTTY, linux.ESPIPE, linux.EPIPE, linux.EISDIR, linux.ENXIO,
		linux.ENOSPC, linux.EDQUOT, linux.EFBIG, linux.EPERM, linux.EACCES, linux.EROFS, linux.ENOMEM, linux.EOVERFLOW, linux.ENOTCONN,
		linux.ECONNRESET, linux.EDESTADDRREQ, linux.ENODEV, linux.ETIMEDOUT, linux.EAGAIN)
)
