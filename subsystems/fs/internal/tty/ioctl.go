package tty

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

var le = binary.LittleEndian

// Ioctl implements vfs.Ioctler: tty_ioctl, tty_mode_ioctl, tty_jobctrl_ioctl.
func (t *Tty) Ioctl(c *vfs.Ctx, f *vfs.File, command uint32, argument uint64, in, out []byte) ([]byte, int64, linux.Errno) {
	if t.hung {
		return out, 0, linux.EIO
	}
	switch command {
	case linux.TCSETA, linux.TCSETAW, linux.TCSETAF, linux.TCSETS, linux.TCSETSW, linux.TCSETSF, linux.TCSETS2, linux.TCSETSW2, linux.TCSETSF2,
		linux.TIOCSPGRP, linux.TCSBRK, linux.TCSBRKP, linux.TCXONC, linux.TCFLSH, linux.TIOCSTI, linux.TIOCSETD:
		if e := t.mayChange(c); e != 0 {
			return out, 0, e
		}
	}
	return t.control(c, command, argument, in, out)
}

// control answers a command for this terminal, from itself or its master.
func (t *Tty) control(c *vfs.Ctx, command uint32, argument uint64, in, out []byte) ([]byte, int64, linux.Errno) {
	own := t.Session != 0 && t.Session == c.Cred.Sid
	var e linux.Errno
	switch command {
	case linux.TCGETS:
		out = appendTermios(out, &t.set)
	case linux.TCGETS2:
		out = le.AppendUint32(le.AppendUint32(appendTermios(out, &t.set), 38400), 38400)
	case linux.TCSETS, linux.TCSETS2, linux.TCSETSW, linux.TCSETSW2:
		e = t.setTermios(c, in)
	case linux.TCSETSF, linux.TCSETSF2:
		t.flushInput()
		e = t.setTermios(c, in)
	case linux.TCGETA:
		out = appendTermio(out, &t.set)
	case linux.TCSETA, linux.TCSETAW, linux.TCSETAF:
		if command == linux.TCSETAF {
			t.flushInput()
		}
		if in, e = fromTermio(in, t.set); e == 0 {
			e = t.setTermios(c, in)
		}
	case linux.TIOCGWINSZ:
		var b [linux.SizeofWinsize]byte
		t.size.Encode(b[:])
		out = append(out, b[:]...)
	case linux.TIOCSWINSZ:
		if len(in) < linux.SizeofWinsize {
			return out, 0, linux.EFAULT
		}
		var w linux.Winsize
		w.Decode(in)
		t.SetSize(c, w)
	case linux.TIOCGPGRP:
		if !own {
			return out, 0, linux.ENOTTY
		}
		out = le.AppendUint32(out, uint32(t.Foreground))
	case linux.TIOCSPGRP:
		e = t.setForeground(own, in)
	case linux.TIOCGSID:
		if !own {
			return out, 0, linux.ENOTTY
		}
		out = le.AppendUint32(out, uint32(t.Session))
	case linux.TIOCNOTTY:
		if !own {
			return out, 0, linux.ENOTTY
		}
		if c.Cred.Sid == c.Cred.Pid {
			t.Release(c)
			c.Controlling = 2
		}
	case linux.TIOCINQ:
		out = le.AppendUint32(out, uint32(t.in.pending(&t.set)))
	case linux.TIOCOUTQ:
		out = le.AppendUint32(out, 0)
	case linux.TCFLSH:
		e = t.flush(c, argument)
	case linux.TCXONC:
		e = t.flow(c, argument)
	case linux.TCSBRK, linux.TCSBRKP, linux.TIOCSBRK, linux.TIOCCBRK:
		// Output is passed on at once: nothing to drain, and no break to send.
	case linux.TIOCEXCL:
		t.exclusive = true
	case linux.TIOCNXCL:
		t.exclusive = false
	case linux.TIOCGEXCL:
		out = le.AppendUint32(out, flag(t.exclusive))
	case linux.TIOCGETD:
		out = le.AppendUint32(out, linux.N_TTY)
	case linux.TIOCSETD:
		if len(in) < 4 || le.Uint32(in) != linux.N_TTY {
			e = linux.EINVAL
		}
	case linux.TIOCGDEV:
		out = le.AppendUint32(out, uint32(t.Rdev))
	case linux.TIOCSTI:
		switch {
		case !c.Capable(linux.CAP_SYS_ADMIN):
			return out, 0, linux.EIO // dev.tty.legacy_tiocsti is off
		case len(in) < 1:
			return out, 0, linux.EFAULT
		}
		t.Receive(c, in[:1])
	case linux.TIOCVHANGUP:
		if !c.Capable(linux.CAP_SYS_ADMIN) {
			return out, 0, linux.EPERM
		}
		t.Hangup(c)
	default:
		e = linux.ENOTTY
	}
	t.Notify(c)
	return out, 0, e
}

// Take serves TIOCSCTTY: tiocsctty in drivers/tty/tty_jobctrl.c.
func (t *Tty) Take(c *vfs.Ctx, f *vfs.File, argument uint64, all []*Tty) linux.Errno {
	leader := c.Cred.Sid == c.Cred.Pid && c.Cred.Sid != 0
	if leader && t.Session == c.Cred.Sid {
		return 0
	}
	if !leader || Of(all, c.Cred.Sid) != nil {
		return linux.EPERM
	}
	if t.Session != 0 && !(argument == 1 && c.Capable(linux.CAP_SYS_ADMIN)) {
		return linux.EPERM
	}
	if !f.Readable() && !c.Capable(linux.CAP_SYS_ADMIN) {
		return linux.EPERM
	}
	t.attach(c)
	return 0
}

func flag(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

func appendTermios(out []byte, s *linux.Termios) []byte {
	var b [linux.SizeofTermios]byte
	s.Encode(b[:])
	return append(out, b[:]...)
}

// sizeofTermio is the size of struct termio: the low halves of the four flags,
// the line discipline and eight of the characters.
const sizeofTermio = 18

// termioChars are those that struct termio has.
const termioChars = 8

// appendTermio is kernel_termios_to_user_termio.
func appendTermio(b []byte, t *linux.Termios) []byte {
	for _, x := range [...]uint32{t.Iflag, t.Oflag, t.Cflag, t.Lflag} {
		b = le.AppendUint16(b, uint16(x))
	}
	b = append(b, t.Line)
	return append(append(b, t.Cc[:termioChars]...), 0)
}

// fromTermio is user_termio_to_kernel_termios: it gives a struct termios.
func fromTermio(in []byte, t linux.Termios) ([]byte, linux.Errno) {
	if len(in) < sizeofTermio {
		return nil, linux.EFAULT
	}
	for i, x := range [...]*uint32{&t.Iflag, &t.Oflag, &t.Cflag, &t.Lflag} {
		*x = *x&0xffff0000 | uint32(le.Uint16(in[2*i:]))
	}
	t.Line = in[8]
	copy(t.Cc[:termioChars], in[9:])
	out := make([]byte, linux.SizeofTermios)
	t.Encode(out)
	return out, 0
}

func (t *Tty) setTermios(c *vfs.Ctx, in []byte) linux.Errno {
	if len(in) < linux.SizeofTermios {
		return linux.EFAULT
	}
	old := t.set
	t.set.Decode(in)
	if (old.Lflag^t.set.Lflag)&linux.ICANON != 0 {
		t.canonChanged()
	}
	if t.set.Iflag&linux.IXON == 0 && old.Iflag&linux.IXON != 0 {
		t.start(c)
	}
	t.changed = true
	return 0
}

func (t *Tty) setForeground(own bool, in []byte) linux.Errno {
	switch {
	case !own:
		return linux.ENOTTY
	case len(in) < 4:
		return linux.EFAULT
	}
	pgid := int32(le.Uint32(in))
	if pgid < 0 {
		return linux.EINVAL
	}
	t.Foreground = pgid
	return 0
}

// pending is what FIONREAD reports: inq_canon.
func (in *input) pending(s *linux.Termios) int {
	if s.Lflag&linux.ICANON == 0 {
		return len(in.data)
	}
	n := 0
	for _, l := range in.lines {
		n += l.n
	}
	return n
}

func (t *Tty) flush(c *vfs.Ctx, queue uint64) linux.Errno {
	switch queue {
	case linux.TCIFLUSH:
		t.flushInput()
	case linux.TCOFLUSH:
		t.port.Flush(c)
	case linux.TCIOFLUSH:
		t.flushInput()
		t.port.Flush(c)
	default:
		return linux.EINVAL
	}
	return 0
}

func (t *Tty) flow(c *vfs.Ctx, action uint64) linux.Errno {
	switch action {
	case linux.TCOOFF:
		t.stopped = true
	case linux.TCOON:
		t.start(c)
	case linux.TCIOFF, linux.TCION:
		if b := t.set.Cc[linux.VSTOP+int(linux.VSTART-linux.VSTOP)*int(action-linux.TCIOFF)]; b != 0 {
			t.port.Put(c, []byte{b})
		}
	default:
		return linux.EINVAL
	}
	return 0
}

// raise sends a signal to the foreground.
func (t *Tty) raise(c *vfs.Ctx, signo int32) {
	if t.Foreground != 0 {
		c.Raise = append(c.Raise, fsapi.Raise{Pgid: t.Foreground, Signo: signo})
	}
}
