package server

import (
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// FileStat implements hostapi.Host: paths first, then handles, each with an
// errno of its own.
func (s *Server) FileStat(req *hostapi.FileStatRequest, rep *hostapi.FileStatReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	if len(req.Paths)+len(req.Handles) > maxBatch {
		return linux.EINVAL
	}
	if len(req.Paths) > 0 {
		r, e := s.root(req.Root, false)
		if e != 0 {
			return e
		}
		s.statPaths(r, req.Paths, rep)
	}
	for _, h := range req.Handles {
		rep.Attrs = append(rep.Attrs, hostapi.HostAttr{})
		a := &rep.Attrs[len(rep.Attrs)-1]
		f, e := s.file(h)
		if e != 0 {
			a.AttrErrno = uint32(e)
			continue
		}
		a.AttrErrno = uint32(statFd(f.fd, a))
		f.release()
	}
	return 0
}

// statPaths opens the directory once for paths of the same one in a row.
func (s *Server) statPaths(r *root, paths []string, rep *hostapi.FileStatReply) {
	var at place
	var atDir string
	for _, path := range paths {
		rep.Attrs = append(rep.Attrs, hostapi.HostAttr{})
		a := &rep.Attrs[len(rep.Attrs)-1]
		path, e := clean(path)
		if e != 0 {
			a.AttrErrno = uint32(e)
			continue
		}
		if path == "." {
			a.AttrErrno = uint32(statFd(r.fd, a))
			continue
		}
		dir, name := split(path)
		if dir != atDir {
			at.close()
			at, atDir = place{fd: r.fd}, dir
			if dir != "." {
				at.fd, e = s.open(r, dir, unix.O_PATH|unix.O_DIRECTORY, 0)
				at.own = e == 0
			}
			if e != 0 {
				at, atDir = place{}, ""
				a.AttrErrno = uint32(e)
				continue
			}
		}
		a.AttrErrno = uint32(statAt(at.fd, name, a))
	}
	at.close()
}

// statFd fills a from an open file.
func statFd(fd int, a *hostapi.HostAttr) linux.Errno {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return errnoOf(err)
	}
	setAttr(&st, a)
	return 0
}

// statAt fills a from a name in a directory; a symbolic link is not followed,
// and its target is read. A link whose target cannot be read fails whole.
func statAt(dir int, name string, a *hostapi.HostAttr) linux.Errno {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT); err != nil {
		return errnoOf(err)
	}
	var target string
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		var e linux.Errno
		if target, e = readlink(dir, name); e != 0 {
			return e
		}
	}
	setAttr(&st, a)
	a.Target = target
	return 0
}

func readlink(dir int, name string) (string, linux.Errno) {
	var buf [linux.PATH_MAX]byte
	n, err := unix.Readlinkat(dir, name, buf[:])
	switch {
	case err == unix.EINVAL:
		return "", linux.ESTALE // replaced by something else since the stat
	case err != nil:
		return "", errnoOf(err)
	case n == 0 || n == len(buf):
		return "", linux.EIO // no link that Linux makes is empty or that long
	}
	return string(buf[:n]), 0
}

func setAttr(st *unix.Stat_t, a *hostapi.HostAttr) {
	*a = hostapi.HostAttr{
		Dev:     st.Dev,
		Ino:     st.Ino,
		Mode:    st.Mode,
		Nlink:   uint32(st.Nlink),
		Uid:     st.Uid,
		Gid:     st.Gid,
		Rdev:    st.Rdev,
		Size:    st.Size,
		Blocks:  uint64(st.Blocks),
		AtimeNs: st.Atim.Nano(),
		MtimeNs: st.Mtim.Nano(),
		CtimeNs: st.Ctim.Nano(),
	}
}
