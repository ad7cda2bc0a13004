package server

import (
	"strings"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// FileXattr implements hostapi.Host. Other names than those of users mean
// something to the host (capabilities of programs, labels, access lists), so
// they give EOPNOTSUPP.
func (s *Server) FileXattr(req *hostapi.FileXattrRequest, rep *hostapi.FileXattrReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	changes := req.Kind == hostapi.XattrKindSet || req.Kind == hostapi.XattrKindRemove
	switch {
	case req.Kind != hostapi.XattrKindList && !strings.HasPrefix(req.Name, linux.XATTR_USER_PREFIX):
		return linux.EOPNOTSUPP
	case len(req.Name) > linux.XATTR_NAME_MAX || strings.IndexByte(req.Name, 0) >= 0:
		return linux.ERANGE
	case len(req.Value) > linux.XATTR_SIZE_MAX:
		return linux.E2BIG
	}
	if req.Handle != 0 {
		f, e := s.file(req.Handle)
		if e != 0 {
			return e
		}
		defer f.release()
		if changes && !f.root.Writable {
			return linux.EROFS
		}
		return xattr(f.fd, req, rep)
	}
	r, e := s.root(req.Root, changes)
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
	return xattr(fd, req, rep)
}

// xattr does what is asked with an open file, which may be O_PATH.
func xattr(fd int, req *hostapi.FileXattrRequest, rep *hostapi.FileXattrReply) linux.Errno {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return errnoOf(err)
	}
	if t := st.Mode & unix.S_IFMT; t != unix.S_IFREG && t != unix.S_IFDIR {
		if req.Kind == hostapi.XattrKindList {
			return 0 // user attributes are for files and directories
		}
		return linux.EPERM
	}
	path := procPath(fd)
	switch req.Kind {
	case hostapi.XattrKindGet:
		b := make([]byte, linux.XATTR_SIZE_MAX)
		n, err := unix.Getxattr(path, req.Name, b)
		if err != nil {
			return errnoOf(err)
		}
		rep.Value = append(rep.Value, b[:n]...)
		return 0
	case hostapi.XattrKindList:
		b := make([]byte, linux.XATTR_LIST_MAX)
		n, err := unix.Listxattr(path, b)
		if err != nil {
			return errnoOf(err)
		}
		for name := range strings.SplitSeq(string(b[:n]), "\x00") {
			if strings.HasPrefix(name, linux.XATTR_USER_PREFIX) {
				rep.Value = append(append(rep.Value, name...), 0)
			}
		}
		return 0
	case hostapi.XattrKindSet:
		return errnoOf(unix.Setxattr(path, req.Name, req.Value, int(req.Flags)))
	case hostapi.XattrKindRemove:
		return errnoOf(unix.Removexattr(path, req.Name))
	}
	return linux.EINVAL
}
