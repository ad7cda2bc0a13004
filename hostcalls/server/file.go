package server

import (
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// openFlags are those that FileOpen takes.
const openFlags = linux.O_ACCMODE | linux.O_CREAT | linux.O_EXCL | linux.O_TRUNC | linux.O_DIRECTORY | linux.O_TMPFILE

// file is an open host file. The table holds one reference, each call that uses
// it another.
type file struct {
	fd       int
	refs     atomic.Int32
	writable bool // opened for writing
	root     *root
	// reader is one more descriptor, that can only read, plus one; 0 until it
	// was asked for. Guarded by Server.mu.
	reader int
}

func (f *file) release() {
	if f.refs.Add(-1) == 0 {
		unix.Close(f.fd)
		if f.reader != 0 {
			unix.Close(f.reader - 1)
		}
	}
}

// file returns an open file with a reference for the caller, or EBADF.
func (s *Server) file(handle uint64) (*file, linux.Errno) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := s.files[handle]
	if f == nil {
		return nil, linux.EBADF
	}
	f.refs.Add(1)
	return f, 0
}

// FileOpen implements hostapi.Host. Only regular files and directories open:
// anything else gives ENXIO, since opening a device can do things and opening a
// FIFO can wait.
func (s *Server) FileOpen(req *hostapi.FileOpenRequest, rep *hostapi.FileOpenReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	acc := req.Flags & linux.O_ACCMODE
	if req.Flags&^openFlags != 0 || acc == linux.O_ACCMODE || req.Handle == 0 {
		return linux.EINVAL
	}
	unnamed := req.Flags&linux.O_TMPFILE == linux.O_TMPFILE
	if req.Flags&(linux.O_TMPFILE&^linux.O_DIRECTORY) != 0 && !unnamed || unnamed && req.Flags&linux.O_CREAT != 0 {
		return linux.EINVAL
	}
	r, e := s.root(req.Root, acc != linux.O_RDONLY || req.Flags&(linux.O_CREAT|linux.O_TRUNC) != 0)
	if e != 0 {
		return e
	}
	path, e := clean(req.Path)
	if e != 0 {
		return e
	}

	var fd int
	if unnamed {
		fd, e = s.createUnnamed(r, path, int(req.Flags), req.Mode)
	} else {
		fd, e = s.openKnown(r, path, req)
	}
	if e != 0 {
		return e
	}
	if e := statFd(fd, &rep.Attr); e != 0 {
		unix.Close(fd)
		return e
	}
	if !opens(rep.Attr.Mode) {
		unix.Close(fd) // swapped since openKnown looked
		rep.Attr = hostapi.HostAttr{}
		return linux.ENXIO
	}
	f := &file{fd: fd, writable: acc != linux.O_RDONLY, root: r}
	f.refs.Store(1)

	s.mu.Lock()
	_, taken := s.files[req.Handle]
	if !taken {
		s.files[req.Handle] = f
		f = nil
	}
	s.mu.Unlock()
	if f != nil {
		f.release()
		rep.Attr = hostapi.HostAttr{}
		return linux.EEXIST
	}
	return 0
}

// openKnown looks at what is there before it opens it.
func (s *Server) openKnown(r *root, path string, req *hostapi.FileOpenRequest) (int, linux.Errno) {
	flags := int(req.Flags) | unix.O_NONBLOCK | unix.O_NOCTTY
	for tries := 0; tries < 16; tries++ {
		if flags&unix.O_CREAT != 0 {
			fd, e := s.create(r, path, flags, req.Mode)
			if e != linux.EEXIST || flags&unix.O_EXCL != 0 {
				return fd, e
			}
			// It is there: open it as it is, and create again if it goes.
		}
		fd, e := s.openExisting(r, path, flags&^(unix.O_CREAT|unix.O_EXCL))
		if e != linux.ENOENT || flags&unix.O_CREAT == 0 {
			return fd, e
		}
	}
	return -1, linux.ENOENT
}

func (s *Server) openExisting(r *root, path string, flags int) (int, linux.Errno) {
	probe, e := s.open(r, path, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if e != 0 {
		return -1, e
	}
	var st unix.Stat_t
	err := unix.Fstat(probe, &st)
	unix.Close(probe)
	switch {
	case err != nil:
		return -1, errnoOf(err)
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		return -1, linux.ELOOP
	case !opens(st.Mode):
		return -1, linux.ENXIO
	}
	return s.open(r, path, flags, 0)
}

// create makes a file that is not there yet, with exactly the mode asked for.
func (s *Server) create(r *root, path string, flags int, mode uint32) (int, linux.Errno) {
	mode &= 0o7777
	fd, e := s.open(r, path, flags|unix.O_CREAT|unix.O_EXCL, mode)
	if e != 0 {
		return -1, e
	}
	if mode&s.umask != 0 {
		if err := unix.Fchmod(fd, mode); err != nil {
			unix.Close(fd)
			return -1, errnoOf(err)
		}
	}
	return fd, 0
}

// createUnnamed makes a file without a name in a directory.
func (s *Server) createUnnamed(r *root, path string, flags int, mode uint32) (int, linux.Errno) {
	mode &= 0o7777
	fd, e := s.open(r, path, flags, mode)
	if e == 0 && mode&s.umask != 0 {
		if err := unix.Fchmod(fd, mode); err != nil {
			unix.Close(fd)
			return -1, errnoOf(err)
		}
	}
	return fd, e
}

func opens(mode uint32) bool {
	t := mode & linux.S_IFMT
	return t == linux.S_IFREG || t == linux.S_IFDIR
}

// Close implements hostapi.Host.
func (s *Server) Close(req *hostapi.CloseRequest, _ *hostapi.CloseReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	for _, h := range req.Handles {
		s.mu.Lock()
		f := s.files[h]
		delete(s.files, h)
		s.mu.Unlock()
		if f != nil {
			f.release()
		}
	}
	return 0
}

// Descriptor returns a descriptor of a handle: with writable one to read and
// write, which only a handle opened so has, else one that can only read. It
// stays open until the handle is closed.
func (s *Server) Descriptor(handle uint64, writable bool) (fd int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[handle]
	switch {
	case f == nil || writable && !f.writable:
		return -1, false
	case writable == f.writable:
		return f.fd, true
	}
	if f.reader == 0 {
		fd, err := unix.Open(procPath(f.fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return -1, false
		}
		f.reader = fd + 1
	}
	return f.reader - 1, true
}

// FileRead implements hostapi.Host. It allocates nothing when rep.Data and
// rep.Lengths have room.
func (s *Server) FileRead(req *hostapi.FileReadRequest, rep *hostapi.FileReadReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	var total uint64
	for i := range req.Extents {
		total += uint64(req.Extents[i].Length)
	}
	if total > MaxData || len(req.Extents) > maxBatch {
		return linux.EINVAL
	}
	hadData, hadLengths := len(rep.Data), len(rep.Lengths)
	for i := range req.Extents {
		x := &req.Extents[i]
		f, e := s.file(x.Handle)
		if e == 0 {
			at := len(rep.Data)
			rep.Data = grow(rep.Data, int(x.Length))
			var n int
			n, e = pread(f.fd, rep.Data[at:], x.Offset)
			f.release()
			rep.Data = rep.Data[:at+n]
			rep.Lengths = append(rep.Lengths, uint32(n))
		}
		if e != 0 {
			rep.Data, rep.Lengths = rep.Data[:hadData], rep.Lengths[:hadLengths]
			return e
		}
	}
	return 0
}

// pread reads until b is full or the file ends.
func pread(fd int, b []byte, offset int64) (int, linux.Errno) {
	got := 0
	for got < len(b) {
		n, err := unix.Pread(fd, b[got:], offset+int64(got))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			if got > 0 {
				break // the bytes so far count, the error comes again next time
			}
			return 0, errnoOf(err)
		}
		if n == 0 {
			break
		}
		got += n
	}
	return got, 0
}

// FileWrite implements hostapi.Host.
func (s *Server) FileWrite(req *hostapi.FileWriteRequest, rep *hostapi.FileWriteReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	if len(req.Data) > MaxData || (!req.Append && req.Offset < 0) {
		return linux.EINVAL
	}
	f, e := s.file(req.Handle)
	if e != 0 {
		return e
	}
	defer f.release()
	if !f.writable {
		return linux.EBADF
	}
	n := 0
	for n < len(req.Data) {
		k, err := writeOnce(f.fd, req.Data[n:], req.Offset+int64(n), req.Append)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			if n > 0 {
				break // as write(2): what went in counts
			}
			return errnoOf(err)
		}
		n += k
	}
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return errnoOf(err)
	}
	rep.Count = uint32(n)
	// Another process of the host may have cut the file off since; the bytes
	// were there, and the contract says so.
	rep.Size = max(st.Size, int64(n))
	if !req.Append && n > 0 {
		rep.Size = max(st.Size, req.Offset+int64(n))
	}
	return 0
}

func writeOnce(fd int, b []byte, offset int64, atEnd bool) (int, error) {
	if !atEnd {
		return unix.Pwrite(fd, b, offset)
	}
	n, err := unix.Pwritev2(fd, [][]byte{b}, 0, unix.RWF_APPEND)
	if err != unix.EOPNOTSUPP && err != unix.ENOSYS {
		return n, err
	}
	// Older than 4.16: not atomic against other processes of the host.
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	return unix.Pwrite(fd, b, st.Size)
}

// FileAllocate implements hostapi.Host.
func (s *Server) FileAllocate(req *hostapi.FileAllocateRequest, rep *hostapi.FileAllocateReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	f, e := s.file(req.Handle)
	if e != 0 {
		return e
	}
	defer f.release()
	if !f.writable {
		return linux.EBADF
	}
	for tries := 0; ; tries++ {
		err := unix.Fallocate(f.fd, req.Mode, req.Offset, req.Length)
		if err == unix.EINTR && tries < 16 {
			continue
		}
		if err != nil {
			return errnoOf(err)
		}
		return statFd(f.fd, &rep.Attr)
	}
}

// FileSync implements hostapi.Host.
func (s *Server) FileSync(req *hostapi.FileSyncRequest, _ *hostapi.FileSyncReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	f, e := s.file(req.Handle)
	if e != 0 {
		return e
	}
	defer f.release()
	if req.DataOnly {
		return errnoOf(unix.Fdatasync(f.fd))
	}
	return errnoOf(unix.Fsync(f.fd))
}

// procPath names an open file by the link that opens or changes it again, which
// works for O_PATH descriptors too.
func procPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
