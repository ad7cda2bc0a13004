package server

import (
	"encoding/binary"
	"sync"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

const (
	termiosBytes = 36 // struct termios of the kernel: 4 words, c_line, c_cc[19]
	winsizeBytes = 8
	// maxConsole is the most bytes of one read of a stream.
	maxConsole = 64 << 10
)

// stream is one of the three standard streams.
type stream struct {
	fd   int // the caller's; -1 when there is none
	typ  uint32
	tty  bool
	own  int // a description of our own on the same terminal, non-blocking; or -1
	stop int // readable when the server closes

	// mu makes poll and read or write one step against our own calls, so that
	// one that was ready does not wait. It is held over that step only.
	mu sync.Mutex

	saveMu sync.Mutex // guards saved
	saved  *unix.Termios
}

// Console implements hostapi.Host. READ and WRITE wait until they can do
// something, but with Nowait; ConsoleNow does not. WRITE may take less than all.
func (s *Server) Console(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	for {
		e := s.consoleNow(req, rep)
		if e != linux.EWAIT {
			return e
		}
		if req.Nowait && req.Kind != hostapi.ConsoleKindSetTermios {
			return linux.EAGAIN
		}
		if req.Kind == hostapi.ConsoleKindSetTermios {
			return s.streams[req.Stream].setTermios(req)
		}
		events := int16(unix.POLLIN)
		if req.Kind == hostapi.ConsoleKindWrite {
			events = unix.POLLOUT
		}
		if e := s.streams[req.Stream].wait(events); e != 0 {
			return e
		}
	}
}

// ConsoleNow is Console for callers that must not wait: EWAIT says that Console
// would.
func (s *Server) ConsoleNow(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	return s.consoleNow(req, rep)
}

func (s *Server) consoleNow(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	if req.Stream > 2 || req.Count > MaxData || len(req.Data) > MaxData {
		return linux.EINVAL
	}
	st := s.streams[req.Stream]
	if st.fd < 0 {
		return linux.EBADF
	}
	switch req.Kind {
	case hostapi.ConsoleKindStat:
		return st.stat(rep)
	case hostapi.ConsoleKindRead:
		return st.read(req, rep)
	case hostapi.ConsoleKindWrite:
		return st.write(req, rep)
	case hostapi.ConsoleKindGetTermios:
		return st.getTermios(rep)
	case hostapi.ConsoleKindSetTermios:
		if req.Count != 0 {
			return linux.EWAIT // draining waits for the terminal
		}
		return st.setTermios(req)
	case hostapi.ConsoleKindGetSize:
		return st.getSize(rep)
	case hostapi.ConsoleKindSeek:
		off, err := unix.Seek(st.fd, req.Offset, int(req.Count))
		if err != nil {
			return errnoOf(err)
		}
		rep.Offset = off
		return 0
	}
	return linux.EINVAL
}

func newStream(fd, stop int) *stream {
	st := &stream{fd: fd, own: -1, stop: stop}
	var s unix.Stat_t
	if fd < 0 || unix.Fstat(fd, &s) != nil {
		st.fd = -1
		return st
	}
	st.typ = s.Mode & unix.S_IFMT
	if st.typ == unix.S_IFCHR {
		_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		st.tty = err == nil
	}
	// A description of our own can be non-blocking without changing that of the
	// shell. Virtual terminals and pseudo-terminals only: opening a master
	// again would make a new one.
	if major := unix.Major(s.Rdev); st.tty && (major == 4 || major >= 136 && major <= 143) {
		if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err == nil {
			own, err := unix.Open(procPath(fd), fl&unix.O_ACCMODE|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
			if err == nil {
				st.own = own
			}
		}
	}
	return st
}

// restore puts the terminal back as it was found.
func (st *stream) restore() {
	st.saveMu.Lock()
	defer st.saveMu.Unlock()
	if st.saved != nil {
		unix.IoctlSetTermios(st.fd, unix.TCSETS, st.saved)
		st.saved = nil
	}
}

func (st *stream) stat(rep *hostapi.ConsoleReply) linux.Errno {
	fl, err := unix.FcntlInt(uintptr(st.fd), unix.F_GETFL, 0)
	if err != nil {
		return errnoOf(err)
	}
	if e := statFd(st.fd, &rep.Attr); e != 0 {
		return e
	}
	rep.Flags = uint32(fl) & (linux.O_ACCMODE | linux.O_APPEND)
	rep.Terminal = st.tty
	return 0
}

func (st *stream) read(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	had := len(rep.Data)
	rep.Data = grow(rep.Data, int(min(req.Count, maxConsole)))
	n, e := st.readInto(rep.Data[had:], req.Offset)
	rep.Data = rep.Data[:had+n]
	rep.Count = uint32(n)
	return e
}

func (st *stream) readInto(b []byte, offset int64) (int, linux.Errno) {
	switch {
	case offset >= 0:
		return pread(st.fd, b, offset)
	case len(b) == 0:
		return 0, 0
	case st.own >= 0:
		return result(unix.Read(st.own, b))
	case st.typ == unix.S_IFREG:
		return result(unix.Read(st.fd, b))
	}
	if n, err := unix.Preadv2(st.fd, [][]byte{b}, -1, unix.RWF_NOWAIT); !noNowait(err) {
		return result(n, err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.ready(unix.POLLIN) {
		return 0, linux.EWAIT
	}
	return result(unix.Read(st.fd, b))
}

func (st *stream) write(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	n, e := st.writeFrom(req.Data, req.Offset)
	rep.Count = uint32(n)
	return e
}

func (st *stream) writeFrom(b []byte, offset int64) (int, linux.Errno) {
	switch {
	case offset >= 0:
		return result(unix.Pwrite(st.fd, b, offset))
	case len(b) == 0:
		return 0, 0
	case st.own >= 0:
		return result(unix.Write(st.own, b))
	case st.typ == unix.S_IFREG:
		return result(unix.Write(st.fd, b))
	}
	if n, err := unix.Pwritev2(st.fd, [][]byte{b}, -1, unix.RWF_NOWAIT); !noNowait(err) {
		return result(n, err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.ready(unix.POLLOUT) {
		return 0, linux.EWAIT
	}
	// A pipe that is ready takes PIPE_BUF bytes without waiting (pipe(7)).
	return result(unix.Write(st.fd, b[:min(len(b), linux.PIPE_BUF)]))
}

// result turns a read's or write's outcome into bytes and errno; EWAIT when it
// has to wait.
func result(n int, err error) (int, linux.Errno) {
	switch err {
	case nil:
		return n, 0
	case unix.EAGAIN, unix.EINTR:
		return 0, linux.EWAIT
	}
	return 0, errnoOf(err)
}

// noNowait reports whether a file does not know RWF_NOWAIT.
func noNowait(err error) bool {
	return err == unix.EOPNOTSUPP || err == unix.ENOSYS || err == unix.EINVAL || err == unix.ESPIPE
}

// ready polls without waiting; errors and hang-ups count as ready.
func (st *stream) ready(events int16) bool {
	fds := []unix.PollFd{{Fd: int32(st.fd), Events: events}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// wait waits until the stream has one of the events, or EIO when the server
// closes.
func (st *stream) wait(events int16) linux.Errno {
	fd := st.fd
	if st.own >= 0 {
		fd = st.own
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: int32(st.stop), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return errnoOf(err)
		case fds[1].Revents != 0:
			return linux.EIO
		default:
			return 0
		}
	}
}

func (st *stream) getTermios(rep *hostapi.ConsoleReply) linux.Errno {
	t, err := unix.IoctlGetTermios(st.fd, unix.TCGETS)
	if err != nil {
		return errnoOf(err)
	}
	for _, w := range []uint32{t.Iflag, t.Oflag, t.Cflag, t.Lflag} {
		rep.Data = binary.LittleEndian.AppendUint32(rep.Data, w)
	}
	rep.Data = append(rep.Data, t.Line)
	rep.Data = append(rep.Data, t.Cc[:linux.NCCS]...)
	return 0
}

// setTermios takes in req.Count how: 0, 1 and 2 are TCSANOW, TCSADRAIN and
// TCSAFLUSH.
func (st *stream) setTermios(req *hostapi.ConsoleRequest) linux.Errno {
	if len(req.Data) != termiosBytes || req.Count > 2 {
		return linux.EINVAL
	}
	t, err := unix.IoctlGetTermios(st.fd, unix.TCGETS)
	if err != nil {
		return errnoOf(err)
	}
	was := *t
	for i, w := range []*uint32{&t.Iflag, &t.Oflag, &t.Cflag, &t.Lflag} {
		*w = binary.LittleEndian.Uint32(req.Data[4*i:])
	}
	t.Line = req.Data[16]
	copy(t.Cc[:], req.Data[17:termiosBytes])

	st.saveMu.Lock()
	if st.saved == nil {
		st.saved = &was
	}
	st.saveMu.Unlock()
	return errnoOf(unix.IoctlSetTermios(st.fd, uint(unix.TCSETS+req.Count), t))
}

func (st *stream) getSize(rep *hostapi.ConsoleReply) linux.Errno {
	w, err := unix.IoctlGetWinsize(st.fd, unix.TIOCGWINSZ)
	if err != nil {
		return errnoOf(err)
	}
	for _, v := range []uint16{w.Row, w.Col, w.Xpixel, w.Ypixel} {
		rep.Data = binary.LittleEndian.AppendUint16(rep.Data, v)
	}
	return 0
}
