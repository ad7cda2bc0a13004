// Package tty is the terminal: line discipline, job control, ioctls, and the
// pairs of pseudo-terminals. Where bytes go to and come from is a Port: the
// other half of a pair, or the console of the host.
//
// The caller holds the mutex of the tree of files.
package tty

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Port is the far side of a terminal.
type Port interface {
	// Room says how many bytes Put takes now.
	Room() int
	// Put sends bytes that have been processed for output.
	Put(c *vfs.Ctx, p []byte)
	// Flush drops what was put and not taken yet.
	Flush(c *vfs.Ctx)
}

// Sender is a Port that sends by calls outside the mutex. A Tty over one gives
// it the writes of programs whole.
type Sender interface {
	// Send sends p and says how many bytes were taken, or returns
	// outside.Missed or EWAIT.
	Send(c *vfs.Ctx, p []byte) (int, linux.Errno)
}

// Drainer is a Port that wants to know when input was read.
type Drainer interface{ Drained() }

// Tty is one terminal: what /dev/pts/N and the console are.
type Tty struct {
	Rdev uint64
	port Port

	set  linux.Termios
	size linux.Winsize

	// Session has it as its controlling terminal, 0 for none; Foreground is
	// the process group that may read.
	Session    int32
	Foreground int32

	in      input
	column  int
	stopped bool // by VSTOP or TCXONC
	hung    bool // the far side is gone for good
	// exclusive keeps further opens out: TIOCEXCL.
	exclusive bool
	// master is the other half of a pair, or nil.
	master *Master

	files []*vfs.File // open on it
	// changed is set while something that poll reports may have changed.
	changed bool
}

// New makes a terminal with the settings of a fresh Linux one (tty_std_termios).
func New(rdev uint64, port Port) *Tty {
	return &Tty{Rdev: rdev, port: port, set: Standard()}
}

// Standard gives tty_std_termios of drivers/tty/tty_io.c.
func Standard() linux.Termios {
	t := linux.Termios{
		Iflag: linux.ICRNL | linux.IXON,
		Oflag: linux.OPOST | linux.ONLCR,
		Cflag: linux.B38400 | linux.CS8 | linux.CREAD | linux.HUPCL,
		Lflag: linux.ISIG | linux.ICANON | linux.ECHO | linux.ECHOE | linux.ECHOK |
			linux.ECHOCTL | linux.ECHOKE | linux.IEXTEN,
	}
	t.Cc = [linux.NCCS]byte{
		linux.VINTR: 3, linux.VQUIT: 28, linux.VERASE: 127, linux.VKILL: 21, linux.VEOF: 4, linux.VMIN: 1,
		linux.VSTART: 17, linux.VSTOP: 19, linux.VSUSP: 26, linux.VREPRINT: 18, linux.VDISCARD: 15,
		linux.VWERASE: 23, linux.VLNEXT: 22,
	}
	return t
}

// SetTermios and SetSize take over what the host's terminal has.
func (t *Tty) SetTermios(s linux.Termios) { t.set = s }

// SetSize sets the window size; a change raises SIGWINCH.
func (t *Tty) SetSize(c *vfs.Ctx, w linux.Winsize) {
	if w == t.size {
		return
	}
	t.size = w
	t.raise(c, linux.SIGWINCH)
}

// Open attaches a file. noctty is O_NOCTTY. Errors: EBUSY when exclusive, EIO
// when hung up.
func (t *Tty) Open(c *vfs.Ctx, f *vfs.File, noctty bool, all []*Tty) linux.Errno {
	switch {
	case t.hung:
		return linux.EIO
	case t.exclusive && !c.Capable(linux.CAP_SYS_ADMIN):
		return linux.EBUSY
	}
	t.files = append(t.files, f)
	f.Stream = t
	f.Pollable = true
	f.Seekable = false
	leader := c.Cred.Sid != 0 && c.Cred.Sid == c.Cred.Pid
	if !noctty && leader && t.Session == 0 && Of(all, c.Cred.Sid) == nil && f.Readable() {
		t.attach(c)
	}
	if t.master != nil {
		t.master.slaveOpened(c)
	}
	return 0
}

// Of finds the controlling terminal of a session among all, or nil.
func Of(all []*Tty, sid int32) *Tty {
	for _, t := range all {
		if sid != 0 && t.Session == sid {
			return t
		}
	}
	return nil
}

func (t *Tty) attach(c *vfs.Ctx) {
	t.Session, t.Foreground = c.Cred.Sid, c.Cred.Pgid
	c.Controlling = 1
}

// Attach makes it the controlling terminal of a session.
func (t *Tty) Attach(c *vfs.Ctx) { t.attach(c) }

// LeaderGone ends its being the controlling terminal as the session leader
// exits: disassociate_ctty with on_exit, which sends no SIGCONT.
func (t *Tty) LeaderGone(c *vfs.Ctx) {
	t.raise(c, linux.SIGHUP)
	t.Session, t.Foreground = 0, 0
}

// Release ends its being the controlling terminal, as its session leader asked.
func (t *Tty) Release(c *vfs.Ctx) {
	t.raise(c, linux.SIGHUP)
	t.raise(c, linux.SIGCONT)
	t.Session, t.Foreground = 0, 0
}

// Close implements vfs.Closer.
func (t *Tty) Close(c *vfs.Ctx, f *vfs.File) {
	for i, x := range t.files {
		if x == f {
			t.files = append(t.files[:i:i], t.files[i+1:]...)
			break
		}
	}
	if len(t.files) == 0 && t.master != nil {
		t.exclusive = false
		t.master.slaveClosed(c)
	}
}

// Hangup ends all use of the terminal: the other half of a pair was closed.
func (t *Tty) Hangup(c *vfs.Ctx) {
	t.hung = true
	if t.Session != 0 {
		// Linux tells the session leader, and at its end the foreground.
		if t.Session != t.Foreground {
			for _, signo := range []int32{linux.SIGHUP, linux.SIGCONT} {
				c.Raise = append(c.Raise, fsapi.Raise{Pgid: t.Session, Signo: signo})
			}
		}
		t.Release(c)
	}
	t.Session, t.Foreground = 0, 0
	t.changed = true
	t.Notify(c)
}

// Read implements vfs.Stream.
func (t *Tty) Read(c *vfs.Ctx, f *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	if t.hung {
		return dst, 0
	}
	if t.background(c) {
		if c.Cred.Background {
			return dst, linux.EIO
		}
		c.Raise = append(c.Raise, fsapi.Raise{Pgid: c.Cred.Pgid, Signo: linux.SIGTTIN})
		return dst, linux.EINTR
	}
	if n == 0 {
		return dst, 0
	}
	had := len(dst)
	if w, must := t.in.await(&t.set, n); must && !c.Expired {
		w.Handle = f.Handle
		c.Wait = w
		return dst, linux.EWAIT
	}
	dst, _ = t.in.take(&t.set, n, dst)
	if d, ok := t.port.(Drainer); ok && len(dst) > had {
		d.Drained()
	}
	if len(dst) > had && t.master != nil {
		t.master.changed = true
		t.master.Notify(c)
	}
	return dst, 0
}

// background reports whether the caller is of the terminal's session but not in
// its foreground.
func (t *Tty) background(c *vfs.Ctx) bool {
	return t.Session != 0 && t.Session == c.Cred.Sid && t.Foreground != 0 && t.Foreground != c.Cred.Pgid
}

// mayChange is tty_check_change: SIGTTOU for a caller in the background.
func (t *Tty) mayChange(c *vfs.Ctx) linux.Errno {
	if !t.background(c) || c.Cred.Background {
		return 0
	}
	c.Raise = append(c.Raise, fsapi.Raise{Pgid: c.Cred.Pgid, Signo: linux.SIGTTOU})
	return linux.EINTR
}

// outStep is how much of a write is processed at once, in bytes.
const outStep = 16 << 10

// Write implements vfs.Stream.
func (t *Tty) Write(c *vfs.Ctx, f *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	if t.hung {
		return 0, linux.EIO
	}
	if t.set.Lflag&linux.TOSTOP != 0 {
		if e := t.mayChange(c); e != 0 {
			return 0, e
		}
	}
	if len(p) == 0 {
		return 0, 0
	}
	if t.stopped {
		return 0, c.WaitFor(f.Handle, linux.POLLOUT)
	}
	if s, ok := t.port.(Sender); ok {
		p = p[:min(len(p), outStep)]
		out, column := t.process(p, 1<<30)
		n, e := s.Send(c, out.bytes)
		if e != 0 {
			return 0, e
		}
		if n < len(out.bytes) {
			return out.inputs(n), 0
		}
		t.column = column
		return len(p), 0
	}
	out, column := t.process(p, t.port.Room())
	if out.taken == 0 {
		return 0, c.WaitFor(f.Handle, linux.POLLOUT)
	}
	t.column = column
	t.port.Put(c, out.bytes)
	return out.taken, 0
}

// Poll implements vfs.Poller: n_tty_poll.
func (t *Tty) Poll(_ *vfs.Ctx, f *vfs.File) (uint32, uint64) {
	return t.level(), f.Generation
}

func (t *Tty) level() uint32 {
	if t.hung {
		return linux.POLLIN | linux.POLLRDNORM | linux.POLLOUT | linux.POLLWRNORM | linux.POLLERR | linux.POLLHUP
	}
	var level uint32
	if t.in.available(&t.set) {
		level |= linux.POLLIN | linux.POLLRDNORM
	}
	if !t.stopped && t.port.Room() > 0 {
		level |= linux.POLLOUT | linux.POLLWRNORM
	}
	return level
}

// Notify reports the readiness of all open files when it may have changed.
func (t *Tty) Notify(c *vfs.Ctx) {
	if !t.changed {
		return
	}
	t.changed = false
	level := t.level()
	if len(t.in.data) > 0 {
		level |= anyInput
	}
	notify(c, t.files, level)
}

func notify(c *vfs.Ctx, files []*vfs.File, level uint32) {
	for _, f := range files {
		f.Generation++
		c.Ready = append(c.Ready, fsapi.Ready{Handle: f.Handle, Level: level, Generation: f.Generation})
	}
}
