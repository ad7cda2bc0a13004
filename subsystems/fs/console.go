package fs

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/tty"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// OpenConsole implements fsapi.FS. It may block on a host that answers by
// tickets: it is called before the first program runs. Errors: EBADF when the
// stream is not open on the host, ENXIO without a host.
//
// A stream that is a pipe has its type in Getattr only: in the reply's mode it
// is a character device, since the bytes are not those of package ipc.
func (f *FS) OpenConsole(req *fsapi.OpenConsoleRequest, rep *fsapi.OpenConsoleReply) linux.Errno {
	if req.Number > 2 {
		return linux.EINVAL
	}
	if f.config.Host == nil {
		return linux.ENXIO
	}
	s, e := f.stream(req.Number)
	if e != 0 {
		return e
	}
	if s.null {
		return f.openNull(s, rep)
	}
	c := f.begin(&rootCred)
	defer f.end(c)
	path := s.path
	if s.terminal {
		path = f.consolePath
	}
	file := f.newFile(path, s.flags)
	if s.terminal {
		if e := f.console.Open(c, file, true, f.ttys()); e != 0 {
			f.drop(c, file)
			return e
		}
	} else {
		s.Open(c, file)
	}
	n := path.Inode()
	rep.Handle, rep.Node = file.Handle, n.Node
	rep.Mode = openMode(n)
	rep.Seekable, rep.Pollable = file.Seekable, file.Pollable
	rep.Flags = s.flags
	rep.Offset = s.at
	return 0
}

// openNull opens our own /dev/null, so that it has its name and its numbers.
func (f *FS) openNull(s *hostStream, rep *fsapi.OpenConsoleReply) linux.Errno {
	var opened fsapi.OpenReply
	e := f.Open(&fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/dev/null"}, Flags: s.flags}, &opened)
	rep.Handle, rep.Node, rep.Mode = opened.Handle, opened.Node, opened.Mode
	rep.Seekable, rep.Pollable, rep.Flags = opened.Seekable, opened.Pollable, s.flags
	return e
}

// openMode is the mode that replies to opens give.
func openMode(n *vfs.Inode) uint32 {
	if _, ok := n.Ops.(*hostStream); ok && !n.IsReg() {
		return linux.S_IFCHR | n.Mode&07777
	}
	return n.Mode
}

// stream looks at a standard stream of the host, once.
func (f *FS) stream(number uint32) (*hostStream, linux.Errno) {
	f.mu.Lock()
	s := f.streams[number]
	f.mu.Unlock()
	if s != nil {
		return s, 0
	}
	var stat hostapi.ConsoleReply
	if e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindStat, Stream: number}, &stat); e != 0 {
		return nil, e
	}
	null := stat.Attr.Mode&linux.S_IFMT == linux.S_IFCHR && stat.Attr.Rdev == linux.Makedev(1, 3)
	s = &hostStream{f: f, number: number, null: null, flags: stat.Flags, terminal: stat.Terminal, regular: stat.Attr.Mode&linux.S_IFMT == linux.S_IFREG}
	if s.regular {
		var at hostapi.ConsoleReply
		if e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindSeek, Stream: number, Count: linux.SEEK_CUR}, &at); e == 0 {
			s.at = at.Offset
		}
	}
	if s.terminal {
		if e := f.openTerminal(number); e != 0 {
			return nil, e
		}
	}
	c := f.begin(&rootCred)
	defer f.end(c)
	if f.streams[number] == nil {
		s.setInode(c, &stat.Attr)
		f.streams[number] = s
	}
	return f.streams[number], 0
}

func (f *FS) askConsole(req hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	return f.patiently(func() (uint64, linux.Errno) {
		*rep = hostapi.ConsoleReply{}
		return f.config.Host.Console(&req, rep)
	})
}

// openTerminal takes over the settings of the host's terminal. When it is
// standard input, the host's goes raw, and a goroutine reads it: ^C must be
// seen though nobody reads.
func (f *FS) openTerminal(number uint32) linux.Errno {
	var set, size hostapi.ConsoleReply
	if e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindGetTermios, Stream: number}, &set); e != 0 {
		return e
	}
	f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindGetSize, Stream: number}, &size)

	c := f.begin(&rootCred)
	first := f.console == nil
	if first {
		f.consolePort = &consolePort{f: f, stream: number, room: make(chan struct{}, 1)}
		f.console = tty.New(linux.Makedev(5, 1), f.consolePort)
	}
	if number == 1 {
		f.consolePort.stream = 1
	}
	if (first || number == 0) && len(set.Data) == linux.SizeofTermios {
		var t linux.Termios
		t.Decode(set.Data)
		f.console.SetTermios(t)
	}
	if first && len(size.Data) == linux.SizeofWinsize {
		var w linux.Winsize
		w.Decode(size.Data)
		f.console.SetSize(c, w)
	}
	f.end(c)
	if number != 0 {
		return 0
	}
	raw := rawTermios(set.Data)
	var rep hostapi.ConsoleReply
	if e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindSetTermios, Data: raw}, &rep); e != 0 {
		return e
	}
	go f.consolePort.pump()
	return 0
}

// rawTermios makes settings with which the host passes every byte on.
func rawTermios(data []byte) []byte {
	var t linux.Termios
	if len(data) == linux.SizeofTermios {
		t.Decode(data)
	}
	t.Iflag &= linux.IUTF8
	t.Oflag = 0
	t.Lflag = 0
	t.Cflag = t.Cflag&^(linux.CSIZE|linux.PARENB) | linux.CS8
	t.Cc[linux.VMIN], t.Cc[linux.VTIME] = 1, 0
	out := make([]byte, linux.SizeofTermios)
	t.Encode(out)
	return out
}

// WindowChanged asks the host for the window's size, and raises SIGWINCH when
// it is another. To be called on a SIGWINCH of the host; it may block.
func (f *FS) WindowChanged() {
	f.mu.Lock()
	port := f.consolePort
	number := uint32(0)
	if port != nil {
		number = port.stream
	}
	f.mu.Unlock()
	if port == nil {
		return
	}
	var size hostapi.ConsoleReply
	e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindGetSize, Stream: number}, &size)
	if e != 0 || len(size.Data) != linux.SizeofWinsize {
		return
	}
	var w linux.Winsize
	w.Decode(size.Data)
	c := f.begin(&rootCred)
	f.console.SetSize(c, w)
	f.tell(c)
	f.end(c)
}

// tell hands what an operation without a caller brought about to Watch.
func (f *FS) tell(c *vfs.Ctx) {
	if len(c.Ready)+len(c.Raise) > 0 {
		f.watch.report(fsapi.WatchReply{Ready: c.Ready, Raise: c.Raise})
	}
}

// consolePort is the host's terminal behind the console.
type consolePort struct {
	f      *FS
	stream uint32 // to write to
	echo   []byte // to be written by pump
	// room is signalled when the line discipline has been read from.
	room chan struct{}
}

// consoleRead is how much pump reads at once, in bytes.
const consoleRead = 1024

// Room implements tty.Port, for echo; programs' writes go by Send.
func (p *consolePort) Room() int { return max(0, 4096-len(p.echo)) }

// Put implements tty.Port.
func (p *consolePort) Put(_ *vfs.Ctx, b []byte) { p.echo = append(p.echo, b...) }

// Flush implements tty.Port.
func (p *consolePort) Flush(*vfs.Ctx) { p.echo = p.echo[:0] }

// Send implements tty.Sender.
func (p *consolePort) Send(c *vfs.Ctx, b []byte) (int, linux.Errno) {
	return p.f.sendConsole(c, p, p.stream, b)
}

// pump feeds the line discipline with what is typed.
func (p *consolePort) pump() {
	f := p.f
	for {
		var rep hostapi.ConsoleReply
		e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindRead, Count: consoleRead, Offset: -1}, &rep)
		c := f.begin(&rootCred)
		over := e != 0 || len(rep.Data) == 0
		if over {
			f.console.Hangup(c)
		} else {
			f.console.Receive(c, rep.Data)
		}
		echo := append([]byte(nil), p.echo...)
		p.echo = p.echo[:0]
		to := p.stream
		f.tell(c)
		full := f.console.Input() == 0
		f.end(c)
		for len(echo) > 0 {
			var wrote hostapi.ConsoleReply
			e := f.askConsole(hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindWrite, Stream: to, Data: echo, Offset: -1}, &wrote)
			if e != 0 || wrote.Count == 0 || int(wrote.Count) > len(echo) {
				break
			}
			echo = echo[wrote.Count:]
		}
		if over {
			return
		}
		if full && !p.waitRoom() {
			return
		}
	}
}

// waitRoom waits until the line discipline takes more. false: Shutdown came.
func (p *consolePort) waitRoom() bool {
	select {
	case <-p.room:
		return true
	case <-p.f.stop:
		return false
	}
}

// Drained implements tty.Drainer.
func (p *consolePort) Drained() {
	select {
	case p.room <- struct{}{}:
	default:
	}
}

// ttys lists all terminals.
func (f *FS) ttys() []*tty.Tty {
	f.ttyList = f.ttyList[:0]
	if f.console != nil {
		f.ttyList = append(f.ttyList, f.console)
	}
	for _, m := range f.pairs {
		f.ttyList = append(f.ttyList, m.Slave)
	}
	return f.ttyList
}

// SetTerminal implements fsapi.FS.
func (f *FS) SetTerminal(req *fsapi.SetTerminalRequest, rep *fsapi.SetTerminalReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	if req.Handle == 0 {
		if t := tty.Of(f.ttys(), req.Cred.Sid); t != nil {
			t.LeaderGone(c)
		}
		rep.Raise = append(rep.Raise, c.Raise...)
		return 0
	}
	file := f.files.get(req.Handle)
	if file == nil {
		return linux.EBADF
	}
	t, ok := file.Stream.(*tty.Tty)
	if !ok {
		return linux.ENOTTY
	}
	e := t.Take(c, file, 0, f.ttys())
	rep.Raise = append(rep.Raise, c.Raise...)
	return e
}

func streamName(s *hostStream, a *hostapi.HostAttr) string {
	switch a.Mode & linux.S_IFMT {
	case linux.S_IFIFO:
		return fmt.Sprintf("pipe:[%d]", a.Ino)
	case linux.S_IFSOCK:
		return fmt.Sprintf("socket:[%d]", a.Ino)
	}
	return fmt.Sprintf("host-stream-%d", s.number)
}
