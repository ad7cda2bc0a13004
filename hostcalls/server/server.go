// Package server is the untrusted side of the host calls: it answers them over
// the files, streams and clocks of the real host, without any privilege.
//
// It runs outside the enclave (adyton-host) or, for development, in the same
// process. It protects the host from the enclave: a path never leaves its root
// and never follows a symbolic link, a root that is not writable is not
// written, and nothing but regular files and directories is opened.
//
// Lock order: Server.live, then any other. The others are leaves, and none of
// them is held over a system call that may wait.
package server

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

const (
	// Version of adyton.host.v1 that this package speaks.
	Version = 1
	// MaxData is the most data that one request or reply carries, in bytes.
	MaxData = 1 << 20
	// maxBatch is the most extents, paths and handles of one request.
	maxBatch = 4096
)

// Root is a directory tree that the host exports.
type Root struct {
	// Name is what Hello tells of it, such as the path to mount it at.
	Name string
	// Dir is the host directory.
	Dir string
	// Writable roots can be changed; others give EROFS.
	Writable bool
}

// Options says what a server exports.
type Options struct {
	Roots []Root
	// Streams are the descriptors behind standard input, output and error; nil
	// is 0, 1 and 2. They stay the caller's.
	Streams []int
}

// Server answers for one connection. It implements hostapi.Host.
type Server struct {
	roots   []*root
	streams [3]*stream
	umask   uint32 // of this process: what a created file loses
	stop    int    // eventfd, readable from Shutdown on
	closed  atomic.Bool
	// live is held for reading by every call, so that no descriptor is closed,
	// and its number given to another file, under a call.
	live sync.RWMutex
	// walk: openat2 is missing, so walk component by component.
	walk bool

	mu    sync.RWMutex // guards files
	files map[uint64]*file

	listMu sync.Mutex // guards lists
	lists  map[listKey]*listing
}

// New opens the roots and returns a server without open handles.
func New(o Options) (*Server, error) {
	s := &Server{
		files: make(map[uint64]*file),
		lists: make(map[listKey]*listing),
		umask: readUmask(),
	}
	var err error
	if s.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("host server: eventfd: %w", err)
	}
	for _, r := range o.Roots {
		fd, err := unix.Open(r.Dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			s.Shutdown()
			return nil, fmt.Errorf("host server: export %s as %s: %w", r.Dir, r.Name, err)
		}
		s.roots = append(s.roots, &root{Root: r, fd: fd})
	}
	if len(s.roots) > 0 {
		fd, err := unix.Openat2(s.roots[0].fd, ".", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: resolve})
		if err == nil {
			unix.Close(fd)
		}
		// EPERM: container profiles older than openat2 refuse it that way.
		s.walk = errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM)
	}
	fds := o.Streams
	if fds == nil {
		fds = []int{0, 1, 2}
	}
	for i := range s.streams {
		fd := -1
		if i < len(fds) {
			fd = fds[i]
		}
		s.streams[i] = newStream(fd, s.stop)
	}
	return s, nil
}

// Shutdown ends what waits, restores the terminal, and closes every handle and
// root as soon as the calls in flight have left. Later calls give EBADF.
func (s *Server) Shutdown() {
	if s.closed.Swap(true) {
		return
	}
	unix.Write(s.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // cannot fail: the counter is 0
	for _, st := range s.streams {
		if st != nil {
			st.restore()
		}
	}
	go s.closeAll() // a drain of the terminal may keep a call for long
}

func (s *Server) closeAll() {
	s.live.Lock()
	defer s.live.Unlock()
	for _, st := range s.streams {
		if st != nil && st.own >= 0 {
			unix.Close(st.own)
		}
	}
	for _, f := range s.files {
		f.release()
	}
	clear(s.files)
	for _, r := range s.roots {
		unix.Close(r.fd)
	}
	unix.Close(s.stop)
}

// enter begins a call; leave ends it. EBADF when the server is shut down.
func (s *Server) enter() linux.Errno {
	s.live.RLock()
	if s.closed.Load() {
		s.live.RUnlock()
		return linux.EBADF
	}
	return 0
}

func (s *Server) leave() { s.live.RUnlock() }

// Hello implements hostapi.Host.
func (s *Server) Hello(req *hostapi.HelloRequest, rep *hostapi.HelloReply) linux.Errno {
	if req.Version != Version {
		return linux.EPROTO
	}
	rep.Version = Version
	rep.MaxData = MaxData
	for _, r := range s.roots {
		rep.Roots = append(rep.Roots, r.Name)
	}
	return 0
}

// ClockRead implements hostapi.Host.
func (s *Server) ClockRead(_ *hostapi.ClockReadRequest, rep *hostapi.ClockReadReply) linux.Errno {
	for _, c := range []struct {
		id int32
		to *int64
	}{
		{unix.CLOCK_REALTIME, &rep.RealtimeNs},
		{unix.CLOCK_MONOTONIC, &rep.MonotonicNs},
		{unix.CLOCK_BOOTTIME, &rep.BoottimeNs},
	} {
		var ts unix.Timespec
		if err := unix.ClockGettime(c.id, &ts); err != nil {
			return errnoOf(err)
		}
		*c.to = ts.Nano()
	}
	return 0
}

// Entropy implements hostapi.Host.
func (s *Server) Entropy(req *hostapi.EntropyRequest, rep *hostapi.EntropyReply) linux.Errno {
	if req.Count > MaxData {
		return linux.EINVAL
	}
	had := len(rep.Data)
	rep.Data = grow(rep.Data, int(req.Count))
	for got := had; got < len(rep.Data); {
		n, err := unix.Getrandom(rep.Data[got:], 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			rep.Data = rep.Data[:had]
			return errnoOf(err)
		}
		got += n
	}
	return 0
}

// grow returns b longer by n bytes, whose values do not matter. It allocates
// only when the capacity is too small.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b[:len(b)+n]
	}
	return append(b, make([]byte, n)...)
}

// errnoOf turns an error of package unix into an errno; any other is EIO.
func errnoOf(err error) linux.Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(unix.Errno); ok && e < 512 {
		return linux.Errno(e)
	}
	return linux.EIO
}

// readUmask reads this process's umask without changing it; a kernel that does
// not tell (before 4.7) is taken to mask everything, so that modes are set
// again after each creation.
func readUmask() uint32 {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(line, "Umask:"); ok {
				if m, err := strconv.ParseUint(strings.TrimSpace(v), 8, 32); err == nil {
					return uint32(m)
				}
			}
		}
	}
	return 0o777
}
