package tty

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// maxOutput is how much a master holds for its reader, in bytes.
const maxOutput = 64 << 10

// Master is one half of a pair: what opening /dev/ptmx gives. It is the port of
// the other half.
type Master struct {
	Slave  *Tty
	Number uint32
	// Locked keeps the slave from being opened, until TIOCSPTLCK.
	Locked bool
	// OnClose takes the slave's name away.
	OnClose func(c *vfs.Ctx)
	// OpenPeer serves TIOCGPTPEER.
	OpenPeer func(c *vfs.Ctx, flags uint32) (int64, linux.Errno)

	file    *vfs.File
	out     []byte // written by the slave, not read yet
	packet  bool
	status  byte // of packet mode, to be read first
	changed bool
	// used: the slave was open once; then its being closed is a hang-up.
	used bool
}

// NewPair makes a pair; the slave's device number is that of Unix98 ptys.
func NewPair(number uint32) *Master {
	m := &Master{Number: number, Locked: true}
	m.Slave = New(linux.Makedev(136+number>>8, number&0xff), m)
	m.Slave.master = m
	return m
}

// Open attaches the master's file.
func (m *Master) Open(f *vfs.File) {
	m.file = f
	f.Stream = m
	f.Pollable = true
	f.Seekable = false
}

// Room implements Port.
func (m *Master) Room() int { return maxOutput - len(m.out) }

// Put implements Port.
func (m *Master) Put(c *vfs.Ctx, p []byte) {
	m.out = append(m.out, p...)
	m.changed = true
	m.Notify(c)
}

// Flush implements Port.
func (m *Master) Flush(c *vfs.Ctx) {
	m.out = m.out[:0]
	if m.packet {
		m.status |= linux.TIOCPKT_FLUSHWRITE
		m.changed = true
	}
	m.Slave.changed = true
	m.Notify(c)
}

func (m *Master) slaveOpened(c *vfs.Ctx) {
	m.used = true
	m.changed = true
	m.Notify(c)
}

func (m *Master) slaveClosed(c *vfs.Ctx) {
	m.changed = true
	m.Notify(c)
}

// gone reports whether the slave was open and is no more.
func (m *Master) gone() bool { return m.used && len(m.Slave.files) == 0 }

// Read implements vfs.Stream.
func (m *Master) Read(c *vfs.Ctx, f *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	if n == 0 {
		return dst, 0
	}
	if m.packet && m.status != 0 {
		dst = append(dst, m.status)
		m.status = 0
		return dst, 0
	}
	if len(m.out) == 0 {
		if m.gone() {
			return dst, linux.EIO
		}
		return dst, c.WaitFor(f.Handle, linux.POLLIN)
	}
	if m.packet {
		dst = append(dst, linux.TIOCPKT_DATA)
		n--
	}
	n = min(n, len(m.out))
	dst = append(dst, m.out[:n]...)
	m.out = append(m.out[:0], m.out[n:]...)
	m.Slave.changed = true
	m.Slave.Notify(c)
	return dst, 0
}

// Write implements vfs.Stream: what is typed.
func (m *Master) Write(c *vfs.Ctx, f *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	if m.gone() {
		return 0, linux.EIO
	}
	if len(p) == 0 {
		return 0, 0
	}
	n := min(len(p), m.Slave.Input())
	if n == 0 {
		return 0, c.WaitFor(f.Handle, linux.POLLOUT)
	}
	m.Slave.Receive(c, p[:n])
	return n, 0
}

// Poll implements vfs.Poller.
func (m *Master) Poll(_ *vfs.Ctx, f *vfs.File) (uint32, uint64) { return m.level(), f.Generation }

func (m *Master) level() uint32 {
	var level uint32
	if len(m.out) > 0 {
		level |= linux.POLLIN | linux.POLLRDNORM
	}
	if m.packet && m.status != 0 {
		level |= linux.POLLPRI | linux.POLLIN | linux.POLLRDNORM
	}
	if m.gone() {
		level |= linux.POLLHUP
	}
	if m.Slave.Input() > 0 {
		level |= linux.POLLOUT | linux.POLLWRNORM
	}
	return level
}

// Notify reports the master's readiness when it may have changed.
func (m *Master) Notify(c *vfs.Ctx) {
	if !m.changed || m.file == nil {
		return
	}
	m.changed = false
	notify(c, []*vfs.File{m.file}, m.level())
}

// Ioctl implements vfs.Ioctler: pty_unix98_ioctl, else that of the slave.
func (m *Master) Ioctl(c *vfs.Ctx, f *vfs.File, command uint32, argument uint64, in, out []byte) ([]byte, int64, linux.Errno) {
	switch command {
	case linux.TIOCGPTN:
		return le.AppendUint32(out, m.Number), 0, 0
	case linux.TIOCSPTLCK:
		if len(in) < 4 {
			return out, 0, linux.EFAULT
		}
		m.Locked = le.Uint32(in) != 0
		return out, 0, 0
	case linux.TIOCGPTLCK:
		return le.AppendUint32(out, flag(m.Locked)), 0, 0
	case linux.TIOCPKT:
		if len(in) < 4 {
			return out, 0, linux.EFAULT
		}
		m.packet = le.Uint32(in) != 0
		m.status = 0
		return out, 0, 0
	case linux.TIOCGPKT:
		return le.AppendUint32(out, flag(m.packet)), 0, 0
	case linux.TIOCGPTPEER:
		result, e := m.OpenPeer(c, uint32(argument))
		return out, result, e
	case linux.TIOCSIG:
		return out, 0, m.raise(c, argument)
	case linux.TIOCINQ:
		return le.AppendUint32(out, uint32(len(m.out))), 0, 0
	case linux.TIOCGPGRP:
		// The master is asked about the slave's group without being in its
		// session.
		return le.AppendUint32(out, uint32(m.Slave.Foreground)), 0, 0
	case linux.TIOCGSID:
		if m.Slave.Session == 0 {
			return out, 0, linux.ENOTTY
		}
		return le.AppendUint32(out, uint32(m.Slave.Session)), 0, 0
	}
	return m.Slave.control(c, command, argument, in, out)
}

// raise serves TIOCSIG: pty_signal.
func (m *Master) raise(c *vfs.Ctx, signo uint64) linux.Errno {
	switch signo {
	case linux.SIGINT, linux.SIGQUIT, linux.SIGTSTP:
	default:
		return linux.EINVAL
	}
	m.Slave.raise(c, int32(signo))
	return 0
}

// Close implements vfs.Closer: the pair ends.
func (m *Master) Close(c *vfs.Ctx, _ *vfs.File) {
	m.file = nil
	m.Slave.Hangup(c)
	if m.OnClose != nil {
		m.OnClose(c)
	}
}
