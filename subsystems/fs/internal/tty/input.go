package tty

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// maxInput is what the line discipline holds, in bytes (N_TTY_BUF_SIZE). The
// last byte of a canonical line must find room, so one less is typed.
const maxInput = 4096

// input is what was received: in canonical mode whole lines and the one being
// edited, else plain bytes.
type input struct {
	data  []byte // readable
	lines []line // how data is cut, in canonical mode
	cur   []byte // the line being edited
	next  bool   // the next byte is literal (VLNEXT)
	// erasing: ECHOPRT has begun to show erased characters.
	erasing bool
}

// line is a piece of data that one read cannot go beyond.
type line struct {
	n   int
	eof bool // ends without a byte: VEOF
}

// Input says how many bytes Receive takes now.
func (t *Tty) Input() int {
	if t.set.Lflag&linux.ICANON != 0 && len(t.in.lines) == 0 {
		return maxInput // editing must go on: bytes beyond the end are dropped
	}
	return max(0, maxInput-len(t.in.data)-len(t.in.cur))
}

// available is input_available_p with poll set.
func (in *input) available(s *linux.Termios) bool {
	if s.Lflag&linux.ICANON != 0 {
		return len(in.lines) > 0
	}
	need := 1
	if s.Cc[linux.VTIME] == 0 && s.Cc[linux.VMIN] > 0 {
		need = int(s.Cc[linux.VMIN])
	}
	return len(in.data) >= need
}

// anyInput is the event of one more byte, which POLLIN does not tell when more
// than one is waited for. Nobody else waits for it.
const anyInput = linux.POLLMSG

// await says how long a reader of n bytes waits, by VMIN and VTIME: n_tty_read.
// ok is false when it does not.
func (in *input) await(s *linux.Termios, n int) (w fsapi.Wait, ok bool) {
	w.Events = linux.POLLIN
	if s.Lflag&linux.ICANON != 0 {
		return w, len(in.lines) == 0
	}
	least, tenths := int(s.Cc[linux.VMIN]), int64(s.Cc[linux.VTIME])
	if len(in.data) >= min(max(least, 1), n) || least == 0 && tenths == 0 {
		return w, false
	}
	w.Events |= anyInput
	w.Some = len(in.data) > 0
	if least == 0 || w.Some {
		w.TimeoutNs = tenths * (linux.NSEC_PER_SEC / 10)
	}
	return w, true
}

// take moves at most n bytes to dst. ok is false when there are none.
func (in *input) take(s *linux.Termios, n int, dst []byte) ([]byte, bool) {
	if s.Lflag&linux.ICANON == 0 {
		n = min(n, len(in.data))
		dst = append(dst, in.data[:n]...)
		in.drop(n)
		in.lines = in.lines[:0]
		return dst, true
	}
	if len(in.lines) == 0 {
		return dst, false
	}
	l := &in.lines[0]
	n = min(n, l.n)
	dst = append(dst, in.data[:n]...)
	in.drop(n)
	if l.n -= n; l.n == 0 {
		in.lines = append(in.lines[:0], in.lines[1:]...)
	}
	return dst, true
}

func (in *input) drop(n int) {
	in.data = append(in.data[:0], in.data[n:]...)
}

// flush drops all input.
func (t *Tty) flushInput() {
	t.in = input{data: t.in.data[:0], lines: t.in.lines[:0], cur: t.in.cur[:0]}
	t.changed = true
}

// canonChanged moves what is there when ICANON is switched: n_tty_set_termios.
func (t *Tty) canonChanged() {
	in := &t.in
	in.data = append(in.data, in.cur...)
	in.cur = in.cur[:0]
	in.lines = in.lines[:0]
	if t.set.Lflag&linux.ICANON != 0 && len(in.data) > 0 {
		in.lines = append(in.lines, line{n: len(in.data)})
	}
	in.next, in.erasing = false, false
	t.changed = true
}

// Receive takes bytes from the far side: n_tty_receive_buf. Echo goes to the
// port.
func (t *Tty) Receive(c *vfs.Ctx, p []byte) {
	for _, b := range p {
		t.receive(c, b)
	}
	t.Notify(c)
}

func (t *Tty) receive(c *vfs.Ctx, b byte) {
	s := &t.set
	if t.in.next {
		t.in.next = false
		t.keep(c, b)
		return
	}
	if s.Iflag&linux.ISTRIP != 0 {
		b &= 0x7f
	}
	if s.Iflag&linux.IUCLC != 0 && s.Lflag&linux.IEXTEN != 0 && b >= 'A' && b <= 'Z' {
		b += 'a' - 'A'
	}
	if s.Iflag&linux.IXON != 0 {
		switch {
		case t.is(linux.VSTART, b):
			t.start(c)
			return
		case t.is(linux.VSTOP, b):
			t.stopped = true
			return
		}
	}
	if s.Lflag&linux.ISIG != 0 && t.signal(c, b) {
		return
	}
	if t.stopped && s.Iflag&linux.IXANY != 0 {
		t.start(c)
	}
	switch {
	case b == '\r' && s.Iflag&linux.IGNCR != 0:
		return
	case b == '\r' && s.Iflag&linux.ICRNL != 0:
		b = '\n'
	case b == '\n' && s.Iflag&linux.INLCR != 0:
		b = '\r'
	}
	if s.Lflag&linux.ICANON != 0 && t.edit(c, b) {
		return
	}
	t.keep(c, b)
}

// is reports whether b is the control character of an index; a character of 0
// is off.
func (t *Tty) is(index int, b byte) bool { return t.set.Cc[index] != 0 && t.set.Cc[index] == b }

func (t *Tty) start(c *vfs.Ctx) {
	if t.stopped {
		t.stopped = false
		t.changed = true
	}
}

// signal raises what a control character stands for.
func (t *Tty) signal(c *vfs.Ctx, b byte) bool {
	var signo int32
	switch {
	case t.is(linux.VINTR, b):
		signo = linux.SIGINT
	case t.is(linux.VQUIT, b):
		signo = linux.SIGQUIT
	case t.is(linux.VSUSP, b):
		signo = linux.SIGTSTP
	default:
		return false
	}
	if t.set.Lflag&linux.NOFLSH == 0 {
		t.flushInput()
		t.port.Flush(c)
	}
	t.start(c)
	t.echo(c, b)
	t.raise(c, signo)
	return true
}

// edit handles what canonical mode gives a meaning to.
func (t *Tty) edit(c *vfs.Ctx, b byte) bool {
	s := &t.set
	extended := s.Lflag&linux.IEXTEN != 0
	switch {
	case t.is(linux.VERASE, b), t.is(linux.VKILL, b), extended && t.is(linux.VWERASE, b):
		t.erase(c, b)
	case extended && t.is(linux.VLNEXT, b):
		t.in.next = true
		if s.Lflag&linux.ECHO != 0 && s.Lflag&linux.ECHOCTL != 0 {
			t.emit(c, []byte{'^', 8})
		}
	case extended && t.is(linux.VREPRINT, b) && s.Lflag&linux.ECHO != 0:
		t.endErase(c)
		t.echo(c, b)
		t.emit(c, []byte{'\n'})
		for _, x := range t.in.cur {
			t.echo(c, x)
		}
	case b == '\n':
		t.endErase(c)
		if s.Lflag&(linux.ECHO|linux.ECHONL) != 0 {
			t.emit(c, []byte{'\n'})
		}
		t.finish(b, true)
	case t.is(linux.VEOF, b):
		t.endErase(c)
		t.finish(0, false)
	case t.is(linux.VEOL, b), extended && t.is(linux.VEOL2, b):
		t.endErase(c)
		t.echo(c, b)
		t.finish(b, true)
	default:
		return false
	}
	return true
}

// finish completes the line being edited.
func (t *Tty) finish(b byte, keep bool) {
	in := &t.in
	n := len(in.cur)
	in.data = append(in.data, in.cur...)
	if keep {
		in.data = append(in.data, b)
		n++
	}
	in.cur = in.cur[:0]
	in.lines = append(in.lines, line{n: n, eof: !keep})
	t.changed = true
}

// keep takes a byte without a meaning.
func (t *Tty) keep(c *vfs.Ctx, b byte) {
	in := &t.in
	full := len(in.data)+len(in.cur) >= maxInput-1
	if full {
		if t.set.Iflag&linux.IMAXBEL != 0 {
			t.emit(c, []byte{7})
		}
		return
	}
	t.endErase(c)
	t.echo(c, b)
	if b == 0xff && t.set.Iflag&linux.PARMRK != 0 {
		t.store(b)
	}
	t.store(b)
}

func (t *Tty) store(b byte) {
	if t.set.Lflag&linux.ICANON != 0 {
		t.in.cur = append(t.in.cur, b)
		return
	}
	t.in.data = append(t.in.data, b)
	t.changed = true
}

// echo shows a received byte: echo_char.
func (t *Tty) echo(c *vfs.Ctx, b byte) {
	s := &t.set
	if s.Lflag&linux.ECHO == 0 {
		return
	}
	if s.Lflag&linux.ECHOCTL != 0 && control(b) && b != '\t' && b != '\n' {
		t.emit(c, []byte{'^', b ^ 0100})
		return
	}
	t.emit(c, []byte{b})
}

func control(b byte) bool { return b < 32 || b == 127 }

// erase takes characters off the line being edited: eraser in n_tty.c.
func (t *Tty) erase(c *vfs.Ctx, b byte) {
	in, s := &t.in, &t.set
	if len(in.cur) == 0 {
		return
	}
	echo := s.Lflag&linux.ECHO != 0
	kill := t.is(linux.VKILL, b) && !t.is(linux.VERASE, b)
	word := t.is(linux.VWERASE, b) && !t.is(linux.VERASE, b) && !kill
	if kill && (!echo || s.Lflag&linux.ECHOK == 0 || s.Lflag&linux.ECHOKE == 0 || s.Lflag&linux.ECHOE == 0) {
		in.cur = in.cur[:0]
		if echo {
			t.endErase(c)
			t.echo(c, s.Cc[linux.VKILL])
			if s.Lflag&linux.ECHOK != 0 {
				t.emit(c, []byte{'\n'})
			}
		}
		return
	}
	seen := false
	for len(in.cur) > 0 {
		n := 1
		if s.Iflag&linux.IUTF8 != 0 {
			for n < len(in.cur) && in.cur[len(in.cur)-n]&0xc0 == 0x80 {
				n++
			}
		}
		x := in.cur[len(in.cur)-n]
		if word {
			if letter(x) {
				seen = true
			} else if seen {
				break
			}
		}
		gone := append([]byte(nil), in.cur[len(in.cur)-n:]...)
		in.cur = in.cur[:len(in.cur)-n]
		if echo {
			t.showErased(c, gone, b)
		}
		if !kill && !word {
			break
		}
	}
	if len(in.cur) == 0 && echo {
		t.endErase(c)
	}
}

func letter(b byte) bool {
	return b == '_' || b >= 0x80 || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// showErased shows that a character is gone.
func (t *Tty) showErased(c *vfs.Ctx, gone []byte, key byte) {
	s := &t.set
	b := gone[0]
	switch {
	case s.Lflag&linux.ECHOPRT != 0:
		if !t.in.erasing {
			t.emit(c, []byte{'\\'})
			t.in.erasing = true
		}
		for _, x := range gone {
			t.echo(c, x)
		}
	case t.is(linux.VERASE, key) && s.Lflag&linux.ECHOE == 0:
		t.echo(c, s.Cc[linux.VERASE])
	case b == '\t':
		t.eraseTab(c)
	default:
		if control(b) && s.Lflag&linux.ECHOCTL != 0 {
			t.emit(c, []byte{8, ' ', 8})
		}
		if !control(b) || s.Lflag&linux.ECHOCTL != 0 {
			t.emit(c, []byte{8, ' ', 8})
		}
	}
}

// eraseTab goes back as far as the tab had moved.
func (t *Tty) eraseTab(c *vfs.Ctx) {
	width := 0
	for _, x := range t.in.cur {
		switch {
		case x == '\t':
			width = 0
		case control(x):
			if t.set.Lflag&linux.ECHOCTL != 0 {
				width += 2
			}
		case x&0xc0 != 0x80 || t.set.Iflag&linux.IUTF8 == 0:
			width++
		}
	}
	for range 8 - width%8 {
		t.emit(c, []byte{8})
	}
}

func (t *Tty) endErase(c *vfs.Ctx) {
	if t.in.erasing {
		t.in.erasing = false
		t.emit(c, []byte{'/'})
	}
}
