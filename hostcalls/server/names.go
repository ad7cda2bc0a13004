package server

import (
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// NameOp implements hostapi.Host.
func (s *Server) NameOp(req *hostapi.NameOpRequest, rep *hostapi.NameOpReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	r, e := s.root(req.Root, true)
	if e != 0 {
		return e
	}
	if req.Handle != 0 {
		return s.linkOpen(r, req, rep)
	}
	at, e := s.parent(r, req.Path)
	if e != 0 {
		return e
	}
	defer at.close()

	switch req.Kind {
	case hostapi.NameOpKindMkdir:
		return s.mkdir(at, req.Mode&0o7777, &rep.Attr)
	case hostapi.NameOpKindUnlink:
		return errnoOf(unix.Unlinkat(at.fd, at.name, 0))
	case hostapi.NameOpKindRmdir:
		return errnoOf(unix.Unlinkat(at.fd, at.name, unix.AT_REMOVEDIR))
	case hostapi.NameOpKindSymlink:
		if err := unix.Symlinkat(req.Other, at.fd, at.name); err != nil {
			return errnoOf(err)
		}
		return statAt(at.fd, at.name, &rep.Attr)
	case hostapi.NameOpKindMknod:
		return s.mknod(at, req.Mode, &rep.Attr)
	case hostapi.NameOpKindRename, hostapi.NameOpKindLink:
		to, e := s.parent(r, req.Other)
		if e != 0 {
			return e
		}
		defer to.close()
		if req.Kind == hostapi.NameOpKindRename {
			return rename(at, to, uint(req.Flags))
		}
		if err := unix.Linkat(at.fd, at.name, to.fd, to.name, 0); err != nil {
			return errnoOf(err)
		}
		return statAt(to.fd, to.name, &rep.Attr)
	}
	return linux.EINVAL
}

// linkOpen gives an open file without a name one.
func (s *Server) linkOpen(r *root, req *hostapi.NameOpRequest, rep *hostapi.NameOpReply) linux.Errno {
	if req.Kind != hostapi.NameOpKindLink {
		return linux.EINVAL
	}
	f, e := s.file(req.Handle)
	if e != 0 {
		return e
	}
	defer f.release()
	if f.root != r || !f.writable {
		return linux.EXDEV
	}
	to, e := s.parent(r, req.Other)
	if e != 0 {
		return e
	}
	defer to.close()
	if err := unix.Linkat(unix.AT_FDCWD, procPath(f.fd), to.fd, to.name, unix.AT_SYMLINK_FOLLOW); err != nil {
		return errnoOf(err)
	}
	return statFd(f.fd, &rep.Attr)
}

func rename(from, to place, flags uint) linux.Errno {
	if flags&^(linux.RENAME_NOREPLACE|linux.RENAME_EXCHANGE) != 0 {
		return linux.EINVAL
	}
	if flags == 0 {
		return errnoOf(unix.Renameat(from.fd, from.name, to.fd, to.name))
	}
	return errnoOf(unix.Renameat2(from.fd, from.name, to.fd, to.name, flags))
}

func (s *Server) mkdir(at place, mode uint32, a *hostapi.HostAttr) linux.Errno {
	if err := unix.Mkdirat(at.fd, at.name, mode); err != nil {
		return errnoOf(err)
	}
	// mkdir(2) takes no set-id bits from the mode, and the umask takes others.
	if mode&(s.umask|linux.S_ISUID|linux.S_ISGID) != 0 {
		if e := chmodAt(at.fd, at.name, mode); e != 0 {
			return e
		}
	}
	return statAt(at.fd, at.name, a)
}

// mknod makes FIFOs, sockets and empty files. A device node would be a device of
// the host: EPERM.
func (s *Server) mknod(at place, mode uint32, a *hostapi.HostAttr) linux.Errno {
	switch mode & linux.S_IFMT {
	case linux.S_IFREG, linux.S_IFIFO, linux.S_IFSOCK:
	case linux.S_IFCHR, linux.S_IFBLK:
		return linux.EPERM
	default:
		return linux.EINVAL
	}
	if err := unix.Mknodat(at.fd, at.name, mode, 0); err != nil {
		return errnoOf(err)
	}
	if mode&s.umask != 0 {
		if e := chmodAt(at.fd, at.name, mode&0o7777); e != 0 {
			return e
		}
	}
	return statAt(at.fd, at.name, a)
}

// Bits of FileSetAttrRequest.Valid.
const (
	validMode  = 1
	validUid   = 2
	validGid   = 4
	validSize  = 8
	validAtime = 16
	validMtime = 32
)

// FileSetAttr implements hostapi.Host: size, owner, mode, times, in this order,
// since a change of owner clears set-id bits and a change of size sets times.
// What was done before an error stays done.
func (s *Server) FileSetAttr(req *hostapi.FileSetAttrRequest, rep *hostapi.FileSetAttrReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	if req.Valid&^63 != 0 || req.Valid&validSize != 0 && req.Size < 0 {
		return linux.EINVAL
	}
	if req.Handle != 0 {
		f, e := s.file(req.Handle)
		if e != 0 {
			return e
		}
		defer f.release()
		if !f.root.Writable {
			return linux.EROFS
		}
		if e := setAttrs(f.fd, req); e != 0 {
			return e
		}
		return statFd(f.fd, &rep.Attr)
	}
	r, e := s.root(req.Root, true)
	if e != 0 {
		return e
	}
	path, e := clean(req.Path)
	if e != 0 {
		return e
	}
	fd, e := s.open(r, path, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if e != 0 {
		return e
	}
	defer unix.Close(fd)
	if e := setAttrs(fd, req); e != 0 {
		return e
	}
	return statOpen(fd, &rep.Attr)
}

// statOpen is statFd that knows an O_PATH descriptor of a symbolic link.
func statOpen(fd int, a *hostapi.HostAttr) linux.Errno {
	if e := statFd(fd, a); e != 0 || a.Mode&linux.S_IFMT != linux.S_IFLNK {
		return e
	}
	target, e := readlink(fd, "")
	a.Target = target
	return e
}

// setAttrs changes an open file, which may be O_PATH or read-only.
func setAttrs(fd int, req *hostapi.FileSetAttrRequest) linux.Errno {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return errnoOf(err)
	}
	typ := st.Mode & unix.S_IFMT
	if req.Valid&validSize != 0 {
		switch typ {
		case unix.S_IFREG:
		case unix.S_IFDIR:
			return linux.EISDIR
		default:
			return linux.EINVAL
		}
		if err := unix.Truncate(procPath(fd), req.Size); err != nil {
			return errnoOf(err)
		}
	}
	if req.Valid&(validUid|validGid) != 0 {
		uid, gid := -1, -1
		if req.Valid&validUid != 0 {
			uid = int(req.Uid)
		}
		if req.Valid&validGid != 0 {
			gid = int(req.Gid)
		}
		if err := unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return errnoOf(err)
		}
	}
	if req.Valid&validMode != 0 {
		if typ == unix.S_IFLNK {
			return linux.EOPNOTSUPP // fs/open.c refuses since 6.6
		}
		if err := unix.Chmod(procPath(fd), req.Mode&0o7777); err != nil {
			return errnoOf(err)
		}
	}
	if req.Valid&(validAtime|validMtime) != 0 {
		return setTimes(fd, typ == unix.S_IFLNK, req)
	}
	return 0
}

func setTimes(fd int, link bool, req *hostapi.FileSetAttrRequest) linux.Errno {
	ts := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Nsec: unix.UTIME_OMIT}}
	if req.Valid&validAtime != 0 {
		ts[0] = timespec(req.AtimeNs)
	}
	if req.Valid&validMtime != 0 {
		ts[1] = timespec(req.MtimeNs)
	}
	if link {
		// Through /proc the link would be followed. AT_EMPTY_PATH: since 5.8.
		return errnoOf(unix.UtimesNanoAt(fd, "", ts, unix.AT_EMPTY_PATH))
	}
	return errnoOf(unix.UtimesNanoAt(unix.AT_FDCWD, procPath(fd), ts, 0))
}

// timespec rounds towards the past, as Linux keeps times before 1970.
func timespec(ns int64) unix.Timespec {
	sec, rest := ns/linux.NSEC_PER_SEC, ns%linux.NSEC_PER_SEC
	if rest < 0 {
		sec, rest = sec-1, rest+linux.NSEC_PER_SEC
	}
	return unix.Timespec{Sec: sec, Nsec: rest}
}

// chmodAt sets the mode of a name that this server just made.
func chmodAt(dir int, name string, mode uint32) linux.Errno {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return linux.ESTALE // replaced meanwhile; leave it alone
	}
	return errnoOf(unix.Chmod(procPath(fd), mode))
}
