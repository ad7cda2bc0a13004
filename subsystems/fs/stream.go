package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// hostStream is a standard stream of the host: the Ops of its inode, and the
// Stream of its open files unless it is a terminal.
type hostStream struct {
	f        *FS
	number   uint32
	flags    uint32 // O_ACCMODE and O_APPEND
	terminal bool
	regular  bool
	null     bool // the host's /dev/null
	path     vfs.Path

	// at is the host's position in a regular file.
	//
	// GAP: two threads that use a regular file at two positions at once, with a
	// host that answers by tickets, may move it under one another.
	at  int64
	buf []byte
	eof bool

	files []*vfs.File
	ready uint32 // POLL* bits known to hold
	// looking are the events that goroutines wait for the host to tell.
	looking uint32
}

// setInode makes the inode that fstat shows.
func (s *hostStream) setInode(c *vfs.Ctx, a *hostapi.HostAttr) {
	m := s.f.memory
	n := c.NewInode(m.Super, linux.S_IFCHR)
	n.Mode = a.Mode
	n.Data, n.Dir = nil, nil
	n.Uid, n.Gid, n.Rdev = a.Uid, a.Gid, a.Rdev
	n.Size, n.Blocks = a.Size, a.Blocks
	n.Ops = s
	s.path = vfs.Path{Mnt: m, D: &vfs.Dentry{Name: streamName(s, a), Parent: m.Root, Inode: n}}
}

// Open implements vfs.Opener.
func (s *hostStream) Open(_ *vfs.Ctx, f *vfs.File) linux.Errno {
	f.Stream = s
	f.Seekable = s.regular
	f.Pollable = !s.regular
	s.files = append(s.files, f)
	return 0
}

// Close implements vfs.Closer.
func (s *hostStream) Close(_ *vfs.Ctx, f *vfs.File) {
	for i, x := range s.files {
		if x == f {
			s.files = append(s.files[:i:i], s.files[i+1:]...)
			return
		}
	}
}

// maxStreamRead is the most that one read of a stream asks for, in bytes.
const maxStreamRead = 64 << 10

// Read implements vfs.Stream.
func (s *hostStream) Read(c *vfs.Ctx, f *vfs.File, off int64, n int, dst []byte) ([]byte, linux.Errno) {
	if e, ok := c.Fact(s).(linux.Errno); ok {
		if e == linux.EAGAIN {
			s.await(linux.POLLIN)
			return dst, c.WaitFor(f.Handle, linux.POLLIN)
		}
		return dst, e
	}
	if n == 0 {
		return dst, 0
	}
	if s.regular && off != s.at-int64(len(s.buf)) {
		s.buf, s.eof = s.buf[:0], false
	}
	if len(s.buf) > 0 || s.eof {
		n = min(n, len(s.buf))
		dst = append(dst, s.buf[:n]...)
		s.buf = append(s.buf[:0], s.buf[n:]...)
		s.eof = false
		s.ready &^= linux.POLLIN | linux.POLLRDNORM
		return dst, 0
	}
	if s.regular && off != s.at {
		return dst, c.Miss(s.seekTo(off))
	}
	return dst, c.Miss(&streamRead{s: s, req: hostapi.ConsoleRequest{
		Kind: hostapi.ConsoleKindRead, Stream: s.number, Count: uint32(min(n, maxStreamRead)), Offset: -1, Nowait: true}})
}

// streamRead reads what the host has.
type streamRead struct {
	s   *hostStream
	req hostapi.ConsoleRequest
	rep hostapi.ConsoleReply
}

// Fetch implements outside.Call.
func (r *streamRead) Fetch() (uint64, linux.Errno) {
	return r.s.f.config.Host.Console(&r.req, &r.rep)
}

// Store implements outside.Call.
func (r *streamRead) Store(op *outside.Op, e linux.Errno) {
	s := r.s
	if e != 0 {
		op.Know(s, e)
		return
	}
	s.at += int64(len(r.rep.Data))
	s.buf = append(s.buf, r.rep.Data...)
	s.eof = len(s.buf) == 0
}

// seekTo moves the host's position in a regular file.
func (s *hostStream) seekTo(off int64) *streamSeek {
	return &streamSeek{s: s, req: hostapi.ConsoleRequest{
		Kind: hostapi.ConsoleKindSeek, Stream: s.number, Offset: off, Count: linux.SEEK_SET}}
}

type streamSeek struct {
	s   *hostStream
	req hostapi.ConsoleRequest
	rep hostapi.ConsoleReply
}

// Fetch implements outside.Call.
func (k *streamSeek) Fetch() (uint64, linux.Errno) {
	return k.s.f.config.Host.Console(&k.req, &k.rep)
}

// Store implements outside.Call.
func (k *streamSeek) Store(op *outside.Op, e linux.Errno) {
	if e != 0 {
		op.Know(k.s, e)
		return
	}
	k.s.at = k.req.Offset
}

// Write implements vfs.Stream.
func (s *hostStream) Write(c *vfs.Ctx, f *vfs.File, off int64, p []byte) (int, linux.Errno) {
	if e, ok := c.Fact(s).(linux.Errno); ok {
		return 0, e
	}
	if len(p) == 0 {
		return 0, 0
	}
	if s.regular && s.flags&linux.O_APPEND == 0 && off != s.at {
		return 0, c.Miss(s.seekTo(off))
	}
	r, ok := c.Fact(streamKey{s}).(streamResult)
	switch {
	case !ok:
		return 0, c.Miss(&streamWrite{f: s.f, key: streamKey{s}, req: hostapi.ConsoleRequest{
			Kind: hostapi.ConsoleKindWrite, Stream: s.number, Data: p[:min(len(p), streamStep)], Offset: -1, Nowait: true}})
	case r.e == linux.EAGAIN:
		s.ready &^= linux.POLLOUT | linux.POLLWRNORM
		s.await(linux.POLLOUT)
		return 0, c.WaitFor(f.Handle, linux.POLLOUT)
	case r.e == 0:
		s.at += int64(r.n)
		s.grow()
	}
	return r.n, r.e
}

// streamKey is the key of what a write came to.
type streamKey struct{ s *hostStream }

// grow keeps the size that fstat shows of a regular file in step.
func (s *hostStream) grow() {
	if n := s.path.Inode(); s.regular && s.at > n.Size {
		n.Size = s.at
	}
}

// streamStep is the most that one write to the host carries, in bytes.
const streamStep = 256 << 10

// sendConsole writes p to the host's terminal and says how much was taken; it
// waits while the terminal takes nothing. key names the writer.
func (f *FS) sendConsole(c *vfs.Ctx, key any, number uint32, p []byte) (int, linux.Errno) {
	if r, ok := c.Fact(key).(streamResult); ok {
		return r.n, r.e
	}
	return 0, c.Miss(&streamWrite{f: f, key: key, req: hostapi.ConsoleRequest{
		Kind: hostapi.ConsoleKindWrite, Stream: number, Data: p[:min(len(p), streamStep)], Offset: -1}})
}

type streamResult struct {
	n int
	e linux.Errno
}

type streamWrite struct {
	f   *FS
	key any
	req hostapi.ConsoleRequest
	rep hostapi.ConsoleReply
}

// Fetch implements outside.Call.
func (w *streamWrite) Fetch() (uint64, linux.Errno) {
	return w.f.config.Host.Console(&w.req, &w.rep)
}

// Store implements outside.Call.
func (w *streamWrite) Store(op *outside.Op, e linux.Errno) {
	op.Know(w.key, streamResult{int(w.rep.Count), e})
}

// Seek implements vfs.Seeker.
func (s *hostStream) Seek(f *vfs.File, offset int64, whence uint32, current int64) (int64, linux.Errno) {
	base := int64(0)
	switch whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		base = current
	case linux.SEEK_END:
		base = s.path.Inode().Size
	default:
		return 0, linux.EINVAL
	}
	if base+offset < 0 {
		return 0, linux.EINVAL
	}
	return base + offset, 0
}

// Poll implements vfs.Poller. What is not known yet is looked for; Ready tells
// when it holds.
func (s *hostStream) Poll(c *vfs.Ctx, f *vfs.File) (uint32, uint64) {
	level := s.level()
	s.await(s.wanted() &^ level)
	return level, f.Generation
}

// await has the watchers told when the stream has one of the events.
func (s *hostStream) await(events uint32) {
	if events &^= s.looking; events != 0 && !s.regular {
		s.looking |= events
		go s.look(events)
	}
}

// Probe implements prober: it asks what holds now.
func (s *hostStream) Probe() outside.Call {
	if s.regular || s.wanted()&^s.level() == 0 {
		return nil
	}
	return &streamProbe{s: s, req: hostapi.WaitRequest{Streams: []uint32{s.number}, Events: []uint32{s.wanted()}}}
}

// wanted are the events that the stream can have.
func (s *hostStream) wanted() uint32 {
	switch s.flags & linux.O_ACCMODE {
	case linux.O_RDONLY:
		return linux.POLLIN
	case linux.O_WRONLY:
		return linux.POLLOUT
	}
	return linux.POLLIN | linux.POLLOUT
}

func (s *hostStream) level() uint32 {
	if s.regular {
		return linux.POLLIN | linux.POLLOUT | linux.POLLRDNORM | linux.POLLWRNORM
	}
	level := s.ready
	if len(s.buf) > 0 || s.eof {
		level |= linux.POLLIN
	}
	if level&linux.POLLIN != 0 {
		level |= linux.POLLRDNORM
	}
	if level&linux.POLLOUT != 0 {
		level |= linux.POLLWRNORM
	}
	return level
}

type streamProbe struct {
	s   *hostStream
	req hostapi.WaitRequest
	rep hostapi.WaitReply
}

// Fetch implements outside.Call.
func (p *streamProbe) Fetch() (uint64, linux.Errno) { return p.s.f.config.Host.Wait(&p.req, &p.rep) }

// Store implements outside.Call.
func (p *streamProbe) Store(_ *outside.Op, e linux.Errno) {
	if e == 0 && len(p.rep.Events) == 1 {
		p.s.ready |= p.rep.Events[0]
	}
}

// lookNs bounds one wait of the host.
const lookNs = 1800 * linux.NSEC_PER_SEC

// look waits until the stream has one of the events and tells the watchers.
func (s *hostStream) look(events uint32) {
	f := s.f
	for {
		var rep hostapi.WaitReply
		req := hostapi.WaitRequest{Streams: []uint32{s.number}, Events: []uint32{events}, TimeoutNs: lookNs}
		e := f.patiently(func() (uint64, linux.Errno) {
			rep = hostapi.WaitReply{}
			return f.config.Host.Wait(&req, &rep)
		})
		if e == 0 && len(rep.Events) == 1 && rep.Events[0] == 0 {
			continue
		}
		c := f.begin(&rootCred)
		s.looking &^= events
		got := events // of a host that is gone: who asks next hears of it
		if e == 0 && len(rep.Events) == 1 {
			got = rep.Events[0]
		}
		s.ready |= got
		for _, file := range s.files {
			file.Generation++
			c.Ready = append(c.Ready, fsapi.Ready{Handle: file.Handle, Level: s.level(), Generation: file.Generation})
		}
		f.tell(c)
		f.end(c)
		return
	}
}

// prober is a Stream that must ask the host before it can answer a Poll.
type prober interface {
	// Probe gives the call to make, or nil.
	Probe() outside.Call
}
