package fstest

import (
	"encoding/binary"
	"strconv"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// pair is a master and its slave, opened by a session leader.
type pair struct {
	*task
	master, slave uint64
	raised        []fsapi.Raise
}

// newPair opens a pair in raw or canonical mode as session 100, group 100.
func newPair(k *task) *pair {
	k.Helper()
	leader := *k
	leader.cred.Pid, leader.cred.Tid, leader.cred.Sid, leader.cred.Pgid = 100, 100, 100, 100
	p := &pair{task: &leader}
	p.master = p.open("/dev/ptmx", linux.O_RDWR|linux.O_NOCTTY, 0)
	out := p.ioctl(p.master, linux.TIOCGPTN, 0, nil)
	p.ioctl(p.master, linux.TIOCSPTLCK, 0, word(0))
	rep, e := p.tryOpen("/dev/pts/"+strconv.Itoa(int(binary.LittleEndian.Uint32(out))), linux.O_RDWR, 0)
	k.must("open the slave", e)
	equal(k, "controlling", rep.Controlling, true)
	p.slave = rep.Handle
	return p
}

func word(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func (k *task) tryIoctl(h uint64, command uint32, argument uint64, in []byte) (fsapi.IoctlReply, linux.Errno) {
	var rep fsapi.IoctlReply
	e := k.fs.Ioctl(&fsapi.IoctlRequest{Cred: k.cred, Handle: h, Command: command, Argument: argument, In: in}, &rep)
	return rep, e
}

func (k *task) ioctl(h uint64, command uint32, argument uint64, in []byte) []byte {
	k.Helper()
	rep, e := k.tryIoctl(h, command, argument, in)
	k.must("ioctl", e)
	return rep.Out
}

func (p *pair) typed(text string) {
	p.Helper()
	rep, e := p.tryWrite(p.master, 0, text, false)
	p.must("write to the master", e)
	equal(p.task, "bytes typed", int(rep.Count), len(text))
	p.raised = append(p.raised, rep.Raise...)
}

func (p *pair) set(change func(*linux.Termios)) {
	p.Helper()
	var t linux.Termios
	t.Decode(p.ioctl(p.slave, linux.TCGETS, 0, nil))
	change(&t)
	b := make([]byte, linux.SizeofTermios)
	t.Encode(b)
	p.ioctl(p.slave, linux.TCSETS, 0, b)
}

func (p *pair) shown() string {
	p.Helper()
	data, e := p.tryRead(p.master, 0, 4096)
	if e == linux.EWAIT {
		return ""
	}
	p.must("read from the master", e)
	return data
}

func (k *task) level(h uint64) uint32 {
	k.Helper()
	var rep fsapi.PollReply
	k.must("poll", k.fs.Poll(&fsapi.PollRequest{Handle: h, Events: 0xffff &^ linux.POLLMSG}, &rep))
	return rep.Level
}

func init() {
	add(map[string]func(*task){
		"DeviceNull": func(k *task) {
			h := k.open("/dev/null", linux.O_RDWR, 0)
			k.writeAt(h, 0, "gone")
			equal(k, "read", k.readAt(h, 0, 10), "")
			off, e := k.seek(h, 100, linux.SEEK_SET, 0)
			k.must("lseek", e)
			equal(k, "position", off, 0)
			equal(k, "rdev", k.stat("/dev/null").Rdev, linux.Makedev(1, 3))
		},
		"DeviceZeroFull": func(k *task) {
			h := k.open("/dev/zero", linux.O_RDWR, 0)
			equal(k, "read", k.readAt(h, 7, 4), "\x00\x00\x00\x00")
			k.writeAt(h, 0, "gone")
			var rep fsapi.MapFileReply
			k.must("map", k.fs.MapFile(&fsapi.MapFileRequest{Cred: k.cred, Handle: h, Prot: 3}, &rep))
			equal(k, "zeros", rep.Zeros, true)
			h = k.open("/dev/full", linux.O_RDWR, 0)
			_, e := k.tryWrite(h, 0, "x", false)
			k.want("write to full", e, linux.ENOSPC)
			equal(k, "read", k.readAt(h, 0, 2), "\x00\x00")
			k.want("map null", k.fs.MapFile(&fsapi.MapFileRequest{Cred: k.cred, Handle: k.open("/dev/null", 0, 0), Prot: 1}, &rep), linux.ENODEV)
		},
		"DeviceRandom": func(k *task) {
			h := k.open("/dev/urandom", linux.O_RDONLY, 0)
			a, b := k.readAt(h, 0, 32), k.readAt(h, 0, 32)
			if len(a) != 32 || a == b {
				k.Errorf("two reads of urandom gave %x and %x", a, b)
			}
		},
		"DeviceByNumber": func(k *task) {
			k.must("mknod", k.mknod("n", linux.S_IFCHR|0666, linux.Makedev(1, 5)))
			equal(k, "read", k.readAt(k.open("n", 0, 0), 0, 1), "\x00")
			k.must("mknod", k.mknod("x", linux.S_IFCHR|0666, linux.Makedev(200, 5)))
			k.want("open of no driver", k.openErr("x", 0), linux.ENXIO)
			k.must("mknod", k.mknod("b", linux.S_IFBLK|0666, linux.Makedev(1, 5)))
			k.want("open of a block device", k.openErr("b", 0), linux.ENXIO)
			k.want("O_TRUNC on a device", k.openErr("n", linux.O_RDWR|linux.O_TRUNC), 0)
		},
		"DeviceTtyWithoutTerminal": func(k *task) {
			k.want("open(/dev/tty)", k.openErr("/dev/tty", linux.O_RDWR), linux.ENXIO)
			_, e := k.tryIoctl(k.open("/dev/null", 0, 0), linux.TCGETS, 0, nil)
			k.want("TCGETS of null", e, linux.ENOTTY)
			k.create("f", "")
			_, e = k.tryIoctl(k.open("f", 0, 0), linux.TIOCGWINSZ, 0, nil)
			k.want("TIOCGWINSZ of a file", e, linux.ENOTTY)
		},
		"PtyCanonicalLine": func(k *task) {
			p := newPair(k)
			_, e := p.tryRead(p.slave, 0, 10)
			k.want("read of nothing", e, linux.EWAIT)
			p.typed("ab")
			_, e = p.tryRead(p.slave, 0, 10)
			k.want("read of half a line", e, linux.EWAIT)
			p.typed("\x7fc\rnext\n")
			equal(k, "echo", p.shown(), "ab\b \bc\r\nnext\r\n")
			equal(k, "line", p.readAt(p.slave, 0, 100), "ac\n")
			equal(k, "part of a line", p.readAt(p.slave, 0, 2), "ne")
			equal(k, "the rest", p.readAt(p.slave, 0, 100), "xt\n")
		},
		"PtyEndOfFile": func(k *task) {
			p := newPair(k)
			p.typed("ab\x04")
			equal(k, "before ^D", p.readAt(p.slave, 0, 100), "ab")
			p.typed("\x04")
			data, e := p.tryRead(p.slave, 0, 100)
			k.want("read", e, 0)
			equal(k, "end of file", data, "")
		},
		"PtyKillWordLiteral": func(k *task) {
			p := newPair(k)
			p.typed("junk\x15one two\x17\x16\x03!\n")
			equal(k, "line", p.readAt(p.slave, 0, 100), "one \x03!\n")
			equal(k, "signals", len(p.raised), 0)
		},
		"PtySignals": func(k *task) {
			p := newPair(k)
			p.typed("abc\x03")
			equal(k, "signals", len(p.raised), 1)
			equal(k, "signal", p.raised[0], fsapi.Raise{Pgid: 100, Signo: linux.SIGINT})
			_, e := p.tryRead(p.slave, 0, 10)
			k.want("input is flushed", e, linux.EWAIT)
			equal(k, "echo", p.shown(), "^C")
			p.typed("\x1c\x1a")
			equal(k, "SIGQUIT", p.raised[1].Signo, linux.SIGQUIT)
			equal(k, "SIGTSTP", p.raised[2].Signo, linux.SIGTSTP)
			p.set(func(t *linux.Termios) { t.Lflag &^= linux.ISIG | linux.ICANON })
			p.typed("\x03")
			equal(k, "signals without ISIG", len(p.raised), 3)
			equal(k, "byte", p.readAt(p.slave, 0, 10), "\x03")
		},
		"PtyRaw": func(k *task) {
			p := newPair(k)
			p.set(func(t *linux.Termios) {
				t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
			})
			p.typed("a\rb\x04")
			equal(k, "input", p.readAt(p.slave, 0, 10), "a\rb\x04")
			p.writeAt(p.slave, 0, "x\ny")
			equal(k, "output", p.shown(), "x\ny")
			p.set(func(t *linux.Termios) { t.Cc[linux.VMIN] = 3 })
			p.typed("ab")
			_, e := p.tryRead(p.slave, 0, 10)
			k.want("2 bytes with VMIN 3", e, linux.EWAIT)
			equal(k, "POLLIN", p.level(p.slave)&linux.POLLIN, 0)
			p.typed("c")
			equal(k, "input", p.readAt(p.slave, 0, 10), "abc")
			timed := func(what string, expired bool, want linux.Errno, bytes string, wait fsapi.Wait) {
				var rep fsapi.ReadReply
				e := k.fs.Read(&fsapi.ReadRequest{Cred: k.cred, Handle: p.slave, Count: 10, Expired: expired}, &rep)
				k.want(what, e, want)
				equal(k, what+": bytes", string(rep.Data), bytes)
				equal(k, what+": time", rep.Wait.TimeoutNs, wait.TimeoutNs)
				equal(k, what+": some", rep.Wait.Some, wait.Some)
			}
			p.set(func(t *linux.Termios) { t.Cc[linux.VMIN], t.Cc[linux.VTIME] = 3, 2 })
			timed("no byte, VTIME", false, linux.EWAIT, "", fsapi.Wait{})
			p.typed("d")
			timed("a byte, VTIME", false, linux.EWAIT, "", fsapi.Wait{TimeoutNs: 200_000_000, Some: true})
			timed("its time is over", true, 0, "d", fsapi.Wait{})
			p.set(func(t *linux.Termios) { t.Cc[linux.VMIN] = 0 })
			timed("VTIME alone", false, linux.EWAIT, "", fsapi.Wait{TimeoutNs: 200_000_000})
			timed("it is over", true, 0, "", fsapi.Wait{})
			p.set(func(t *linux.Termios) { t.Cc[linux.VTIME] = 0 })
			p.set(func(t *linux.Termios) { t.Cc[linux.VMIN] = 0 })
			data, e := p.tryRead(p.slave, 0, 10)
			k.want("read with VMIN 0", e, 0)
			equal(k, "bytes", data, "")
		},
		"PtyOutputProcessing": func(k *task) {
			p := newPair(k)
			p.writeAt(p.slave, 0, "a\nb\tc")
			equal(k, "output", p.shown(), "a\r\nb\tc")
			p.set(func(t *linux.Termios) { t.Oflag |= linux.XTABS })
			p.writeAt(p.slave, 0, "\nxyz\t.")
			equal(k, "output with XTABS", p.shown(), "\r\nxyz     .")
		},
		"PtyReadySaysWhen": func(k *task) {
			p := newPair(k)
			equal(k, "slave", p.level(p.slave), linux.POLLOUT|linux.POLLWRNORM)
			rep, e := p.tryWrite(p.master, 0, "x\n", false)
			k.must("write", e)
			found := false
			for _, r := range rep.Ready {
				found = found || r.Handle == p.slave && r.Level&linux.POLLIN != 0
			}
			equal(k, "a Ready for the slave", found, true)
			equal(k, "slave", p.level(p.slave)&linux.POLLIN, linux.POLLIN)
			equal(k, "master", p.level(p.master)&linux.POLLIN, linux.POLLIN)
		},
		"PtyWindowSize": func(k *task) {
			p := newPair(k)
			size := []byte{24, 0, 80, 0, 0, 0, 0, 0}
			rep, e := p.tryIoctl(p.master, linux.TIOCSWINSZ, 0, size)
			k.must("TIOCSWINSZ", e)
			equal(k, "signals", len(rep.Raise), 1)
			equal(k, "signal", rep.Raise[0].Signo, linux.SIGWINCH)
			equal(k, "size", string(p.ioctl(p.slave, linux.TIOCGWINSZ, 0, nil)), string(size))
			rep, _ = p.tryIoctl(p.master, linux.TIOCSWINSZ, 0, size)
			equal(k, "signals when it stays", len(rep.Raise), 0)
		},
		"PtyJobControl": func(k *task) {
			p := newPair(k)
			back := *p.task
			back.cred.Pid, back.cred.Tid, back.cred.Pgid = 200, 200, 200
			p.typed("x\n")
			var rep fsapi.ReadReply
			req := fsapi.ReadRequest{Cred: back.cred, Handle: p.slave, Count: 10}
			k.want("read from the background", k.fs.Read(&req, &rep), linux.EINTR)
			equal(k, "signals", len(rep.Raise), 1)
			equal(k, "signal", rep.Raise[0], fsapi.Raise{Pgid: 200, Signo: linux.SIGTTIN})
			req.Cred.Background = true
			k.want("when SIGTTIN is ignored", k.fs.Read(&req, &fsapi.ReadReply{}), linux.EIO)
			back.writeAt(p.slave, 0, "ok")
			_, e := back.tryIoctl(p.slave, linux.TIOCSPGRP, 0, word(200))
			k.want("TIOCSPGRP from the background", e, linux.EINTR)
			p.ioctl(p.slave, linux.TIOCSPGRP, 0, word(200))
			equal(k, "line", back.readAt(p.slave, 0, 10), "x\n")
			equal(k, "group", binary.LittleEndian.Uint32(back.ioctl(p.slave, linux.TIOCGPGRP, 0, nil)), 200)
			equal(k, "session", binary.LittleEndian.Uint32(back.ioctl(p.slave, linux.TIOCGSID, 0, nil)), 100)
		},
		"PtyDevTty": func(k *task) {
			p := newPair(k)
			h := p.open("/dev/tty", linux.O_RDWR, 0)
			p.writeAt(h, 0, "hello")
			equal(k, "output", p.shown(), "hello")
			rep, e := p.tryIoctl(h, linux.TIOCNOTTY, 0, nil)
			k.must("TIOCNOTTY", e)
			equal(k, "controlling", rep.Controlling, 2)
			k.want("open(/dev/tty) afterwards", p.openErr("/dev/tty", linux.O_RDWR), linux.ENXIO)
			rep, e = p.tryIoctl(p.slave, linux.TIOCSCTTY, 0, nil)
			k.must("TIOCSCTTY", e)
			equal(k, "controlling", rep.Controlling, 1)
			k.want("open(/dev/tty) again", p.openErr("/dev/tty", linux.O_RDWR), 0)
			_, e = k.tryIoctl(p.slave, linux.TIOCGPGRP, 0, nil)
			k.want("TIOCGPGRP of another session", e, linux.ENOTTY)
		},
		"PtyLockedSlave": func(k *task) {
			m := k.open("/dev/ptmx", linux.O_RDWR|linux.O_NOCTTY, 0)
			equal(k, "names", k.names("/dev/pts"), "0 ptmx")
			k.want("open while locked", k.openErr("/dev/pts/0", linux.O_RDWR), linux.EIO)
			k.close(m)
			equal(k, "names", k.names("/dev/pts"), "ptmx")
		},
		"PtyHangup": func(k *task) {
			p := newPair(k)
			rep := p.close(p.master)
			signals := 0
			for _, r := range rep.Raise {
				if r.Pgid == 100 && (r.Signo == linux.SIGHUP || r.Signo == linux.SIGCONT) {
					signals++
				}
			}
			equal(k, "SIGHUP and SIGCONT", signals, 2)
			data, e := p.tryRead(p.slave, 0, 10)
			k.want("read of the slave", e, 0)
			equal(k, "bytes", data, "")
			_, e = p.tryWrite(p.slave, 0, "x", false)
			k.want("write of the slave", e, linux.EIO)
			equal(k, "POLLHUP", p.level(p.slave)&linux.POLLHUP, linux.POLLHUP)
		},
		"PtySlaveClosed": func(k *task) {
			p := newPair(k)
			p.writeAt(p.slave, 0, "last")
			p.close(p.slave)
			equal(k, "POLLHUP", p.level(p.master)&linux.POLLHUP, linux.POLLHUP)
			equal(k, "output", p.readAt(p.master, 0, 10), "last")
			_, e := p.tryRead(p.master, 0, 10)
			k.want("read of the master", e, linux.EIO)
		},
		"PtyFlush": func(k *task) {
			p := newPair(k)
			p.typed("abc\n")
			equal(k, "FIONREAD", binary.LittleEndian.Uint32(p.ioctl(p.slave, linux.TIOCINQ, 0, nil)), 4)
			p.ioctl(p.slave, linux.TCFLSH, linux.TCIFLUSH, nil)
			equal(k, "FIONREAD", binary.LittleEndian.Uint32(p.ioctl(p.slave, linux.TIOCINQ, 0, nil)), 0)
			_, e := p.tryIoctl(p.slave, linux.TCFLSH, 9, nil)
			k.want("TCFLSH(9)", e, linux.EINVAL)
		},
		"PtyStop": func(k *task) {
			p := newPair(k)
			p.typed("\x13")
			_, e := p.tryWrite(p.slave, 0, "x", false)
			k.want("write after ^S", e, linux.EWAIT)
			equal(k, "POLLOUT", p.level(p.slave)&linux.POLLOUT, 0)
			p.typed("\x11")
			p.writeAt(p.slave, 0, "x")
		},
	})
}
