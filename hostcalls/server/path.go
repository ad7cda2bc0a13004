package server

import (
	"strings"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
)

// resolve keeps a path below its root and off every symbolic link, in the
// kernel, so that a rename on the host cannot be used against it.
const resolve = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// root is an exported tree.
type root struct {
	Root
	fd int // O_PATH
}

// root returns the root that a request names; ENODEV when there is none. write
// asks for one that may be changed, else EROFS.
func (s *Server) root(i uint32, write bool) (*root, linux.Errno) {
	if uint64(i) >= uint64(len(s.roots)) {
		return nil, linux.ENODEV
	}
	r := s.roots[i]
	if write && !r.Writable {
		return nil, linux.EROFS
	}
	return r, 0
}

// clean checks a path: relative, no empty, "." or ".." component. The empty
// path and "." are the root itself, and come back as ".".
func clean(path string) (string, linux.Errno) {
	if path == "" || path == "." {
		return ".", 0
	}
	if len(path) >= linux.PATH_MAX {
		return "", linux.ENAMETOOLONG
	}
	for rest, more := path, true; more; {
		var c string
		c, rest, more = strings.Cut(rest, "/")
		if c == "" || c == "." || c == ".." || strings.IndexByte(c, 0) >= 0 {
			return "", linux.EINVAL
		}
		if len(c) > linux.NAME_MAX {
			return "", linux.ENAMETOOLONG
		}
	}
	return path, 0
}

// open opens a clean path below r. A symbolic link anywhere gives ELOOP, but
// with O_PATH|O_NOFOLLOW the last component may be one.
func (s *Server) open(r *root, path string, flags int, mode uint32) (int, linux.Errno) {
	flags |= unix.O_CLOEXEC
	if s.walk {
		return walk(r.fd, path, flags, mode)
	}
	how := unix.OpenHow{Flags: uint64(flags), Mode: uint64(mode), Resolve: resolve}
	if flags&(unix.O_CREAT|unix.O_TMPFILE) == 0 {
		how.Mode = 0 // EINVAL otherwise
	}
	for tries := 0; ; tries++ {
		fd, err := unix.Openat2(r.fd, path, &how)
		// EAGAIN: a rename on the host raced with the walk (openat2(2)).
		if (err == unix.EAGAIN || err == unix.EINTR) && tries < 16 {
			continue
		}
		return fd, errnoOf(err)
	}
}

// walk is open without openat2: one openat a component.
func walk(dir int, path string, flags int, mode uint32) (int, linux.Errno) {
	at := dir
	for {
		name, rest, more := strings.Cut(path, "/")
		f := unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
		if !more {
			f = flags
		}
		fd, err := unix.Openat(at, name, f|unix.O_NOFOLLOW, mode)
		if err == unix.EINTR {
			continue
		}
		e := errnoOf(err)
		if e == linux.ENOTDIR && isLink(at, name) {
			e = linux.ELOOP // O_DIRECTORY is checked before the link is seen
		}
		if at != dir {
			unix.Close(at)
		}
		if e != 0 || !more {
			return fd, e
		}
		at, path = fd, rest
	}
}

func isLink(dir int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// place is a name in an open directory. The zero fd of a root is not ours to
// close.
type place struct {
	fd   int
	name string
	own  bool
}

func (p place) close() {
	if p.own {
		unix.Close(p.fd)
	}
}

// split separates a clean path's last component; dir is "." at the root.
func split(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return ".", path
}

// parent opens the directory that holds the last component of a path. The root
// itself has none: EBUSY, as for a mount point.
func (s *Server) parent(r *root, path string) (place, linux.Errno) {
	path, e := clean(path)
	if e != 0 {
		return place{}, e
	}
	if path == "." {
		return place{}, linux.EBUSY
	}
	dir, name := split(path)
	if dir == "." {
		return place{fd: r.fd, name: name}, 0
	}
	fd, e := s.open(r, dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	return place{fd: fd, name: name, own: true}, e
}
