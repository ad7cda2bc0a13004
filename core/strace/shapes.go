package strace

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// shape prints the arguments of a call that strace shows in an order of its
// own, or whose meaning depends on a command.
type shape struct {
	print func(*printer)
	late  bool // the call writes an argument, so nothing is printed at entry
}

var shapes map[string]shape

// commLen is the longest name of a thread, in bytes (TASK_COMM_LEN less NUL).
const commLen = 15

func init() {
	shapes = map[string]shape{
		"clone":  {cloneArgs, true},
		"clone3": {clone3Args, true},
		"futex":  {futexArgs, false},
		"fcntl":  {fcntlArgs, true},
		"ioctl":  {ioctlArgs, true},
		"prctl":  {prctlArgs, true},

		"rt_sigreturn": {func(*printer) {}, false},
	}
}

// cloneArgs prints clone(2) by name, as architectures disagree on the order.
func cloneArgs(p *printer) {
	flags := p.a[0]
	p.str("child_stack=")
	p.pointer(p.a[1])
	p.field("flags", linux.CloneFlagNames(flags))
	if flags&(linux.CLONE_PARENT_SETTID|linux.CLONE_PIDFD) != 0 {
		p.str(", parent_tid=")
		p.intBehind(p.a[2])
	}
	if flags&linux.CLONE_SETTLS != 0 {
		p.str(", tls=")
		p.hex(p.a[4])
	}
	if flags&(linux.CLONE_CHILD_SETTID|linux.CLONE_CHILD_CLEARTID) != 0 {
		p.str(", child_tidptr=")
		p.pointer(p.a[3])
	}
}

// intBehind prints an int that the call wrote.
func (p *printer) intBehind(addr uint64) {
	b := p.read(addr, 4)
	if b == nil || p.failed() {
		p.pointer(addr)
		return
	}
	p.str("[")
	p.int(int64(int32(binary.LittleEndian.Uint32(b))))
	p.str("]")
}

func clone3Args(p *printer) {
	var c linux.CloneArgs
	if p.a[1] < linux.SizeofCloneArgs || !p.decode(p.a[0], linux.SizeofCloneArgs, &c) {
		p.pointer(p.a[0])
		p.str(", ")
		p.uint(p.a[1])
		return
	}
	p.str("{flags=")
	p.str(linux.FlagNames(linux.CloneFlags, c.Flags))
	if c.Flags&linux.CLONE_PIDFD != 0 {
		p.str(", pidfd=")
		p.pointer(c.Pidfd)
	}
	if c.Flags&(linux.CLONE_CHILD_SETTID|linux.CLONE_CHILD_CLEARTID) != 0 {
		p.str(", child_tid=")
		p.pointer(c.ChildTid)
	}
	if c.Flags&linux.CLONE_PARENT_SETTID != 0 {
		p.str(", parent_tid=")
		p.pointer(c.ParentTid)
	}
	sig := "0"
	if c.ExitSignal != 0 {
		sig = linux.SignalName(int(c.ExitSignal))
	}
	p.field("exit_signal", sig)
	p.str(", stack=")
	p.pointer(c.Stack)
	p.str(", stack_size=")
	p.hex(c.StackSize)
	if c.Flags&linux.CLONE_SETTLS != 0 {
		p.str(", tls=")
		p.hex(c.Tls)
	}
	p.str("}")
	if c.Flags&(linux.CLONE_PIDFD|linux.CLONE_PARENT_SETTID) != 0 && !p.failed() {
		p.str(" => {")
		if c.Flags&linux.CLONE_PIDFD != 0 {
			p.str("pidfd=")
			p.intBehind(c.Pidfd)
		}
		if c.Flags&linux.CLONE_PARENT_SETTID != 0 {
			if c.Flags&linux.CLONE_PIDFD != 0 {
				p.str(", ")
			}
			p.str("parent_tid=")
			p.intBehind(c.ParentTid)
		}
		p.str("}")
	}
	p.str(", ")
	p.uint(p.a[1])
}

// futexArgs prints those arguments that the operation looks at.
func futexArgs(p *printer) {
	p.pointer(p.a[0])
	p.str(", ")
	p.str(linux.FutexOpName(p.word32(1)))
	comma := func() { p.str(", ") }
	val := func(i int) { comma(); p.uint(p.word32(i)) }
	timeout := func() { comma(); p.structure(3, TimespecIn, p.a[3]) }
	bits := func() {
		comma()
		if p.word32(5) == linux.FUTEX_BITSET_MATCH_ANY {
			p.str("FUTEX_BITSET_MATCH_ANY")
			return
		}
		p.hex(p.word32(5))
	}
	switch p.a[1] & linux.FUTEX_CMD_MASK {
	case linux.FUTEX_WAIT:
		val(2)
		timeout()
	case linux.FUTEX_LOCK_PI, linux.FUTEX_LOCK_PI2:
		timeout()
	case linux.FUTEX_WAIT_BITSET:
		val(2)
		timeout()
		bits()
	case linux.FUTEX_WAKE_BITSET:
		val(2)
		bits()
	case linux.FUTEX_WAKE, linux.FUTEX_FD:
		val(2)
	case linux.FUTEX_REQUEUE:
		val(2)
		val(3)
		comma()
		p.pointer(p.a[4])
	case linux.FUTEX_CMP_REQUEUE, linux.FUTEX_CMP_REQUEUE_PI:
		val(2)
		val(3)
		comma()
		p.pointer(p.a[4])
		val(5)
	case linux.FUTEX_WAKE_OP:
		val(2)
		val(3)
		comma()
		p.pointer(p.a[4])
		comma()
		p.hex(p.word32(5))
	case linux.FUTEX_WAIT_REQUEUE_PI:
		val(2)
		timeout()
		comma()
		p.pointer(p.a[4])
	case linux.FUTEX_TRYLOCK_PI, linux.FUTEX_UNLOCK_PI:
	default:
		val(2)
		comma()
		p.pointer(p.a[3])
		comma()
		p.pointer(p.a[4])
		comma()
		p.hex(p.word32(5))
	}
}

func fcntlArgs(p *printer) {
	p.int(int64(int32(p.a[0])))
	p.str(", ")
	cmd := p.word32(1)
	p.str(linux.ValueName(linux.FcntlCmds, cmd))
	switch cmd {
	case linux.F_GETFD, linux.F_GETFL, linux.F_GETOWN, linux.F_GETSIG, linux.F_GETLEASE, linux.F_GETPIPE_SZ, linux.F_GET_SEALS:
		return
	}
	p.str(", ")
	switch cmd {
	case linux.F_DUPFD, linux.F_DUPFD_CLOEXEC, linux.F_SETOWN, linux.F_SETPIPE_SZ:
		p.int(int64(int32(p.a[2])))
	case linux.F_SETFD:
		p.str(linux.FlagNames(linux.FdFlags, p.word32(2)))
	case linux.F_SETFL:
		p.str(linux.OpenFlagNames(p.word32(2)))
	case linux.F_ADD_SEALS:
		p.str(linux.FlagNames(linux.Seals, p.word32(2)))
	case linux.F_GETLK, linux.F_SETLK, linux.F_SETLKW, linux.F_OFD_GETLK, linux.F_OFD_SETLK, linux.F_OFD_SETLKW:
		p.flock(p.a[2], cmd == linux.F_GETLK || cmd == linux.F_OFD_GETLK)
	default:
		p.hex(p.a[2])
	}
}

func (p *printer) flock(addr uint64, pid bool) {
	var f linux.Flock
	if pid && p.failed() || !p.decode(addr, linux.SizeofFlock, &f) {
		p.pointer(addr)
		return
	}
	p.str("{l_type=")
	p.str(linux.ValueName(linux.LockTypes, uint64(uint16(f.Type))))
	p.field("l_whence", linux.ValueName(linux.SeekWhence, uint64(uint16(f.Whence))))
	p.str(", l_start=")
	p.int(f.Start)
	p.str(", l_len=")
	p.int(f.Len)
	if pid {
		p.str(", l_pid=")
		p.int(int64(f.Pid))
	}
	p.str("}")
}

func ioctlArgs(p *printer) {
	p.int(int64(int32(p.a[0])))
	p.str(", ")
	cmd := p.word32(1)
	if cmd == linux.FICLONE {
		p.str("BTRFS_IOC_CLONE or FICLONE, ")
		p.int(int64(int32(p.a[2])))
		return
	}
	p.str(linux.ValueName(linux.IoctlNames, cmd))
	switch cmd {
	case linux.FIOCLEX, linux.FIONCLEX, linux.TIOCNOTTY, linux.TIOCEXCL, linux.TIOCNXCL:
		return
	}
	p.str(", ")
	addr := p.a[2]
	switch cmd {
	case linux.TIOCGWINSZ, linux.TIOCSWINSZ:
		var w linux.Winsize
		if cmd == linux.TIOCGWINSZ && p.failed() || !p.decode(addr, linux.SizeofWinsize, &w) {
			p.pointer(addr)
			return
		}
		p.str("{ws_row=")
		p.uint(uint64(w.Row))
		p.number("ws_col", uint64(w.Col))
		p.number("ws_xpixel", uint64(w.Xpixel))
		p.number("ws_ypixel", uint64(w.Ypixel))
		p.str("}")
	case linux.TIOCGPGRP, linux.TIOCGSID, linux.FIONREAD, linux.TIOCOUTQ, linux.TIOCGPTN:
		p.intBehind(addr)
	case linux.TIOCSPGRP, linux.FIONBIO, linux.TIOCSPTLCK:
		b := p.read(addr, 4)
		if b == nil {
			p.pointer(addr)
			return
		}
		p.str("[")
		p.int(int64(int32(binary.LittleEndian.Uint32(b))))
		p.str("]")
	case linux.TIOCSCTTY:
		p.int(int64(int32(addr)))
	case linux.TCGETS, linux.TCSETS, linux.TCSETSW, linux.TCSETSF:
		var t linux.Termios
		if cmd == linux.TCGETS && p.failed() || !p.decode(addr, linux.SizeofTermios, &t) {
			p.pointer(addr)
			return
		}
		p.termios(&t)
	default:
		p.hex(addr)
	}
}

func prctlArgs(p *printer) {
	op := p.word32(0)
	p.str(linux.ValueName(linux.PrctlOps, op))
	switch op {
	case linux.PR_SET_NAME:
		p.str(", ")
		p.text(p.a[1], commLen)
	case linux.PR_GET_NAME:
		p.str(", ")
		if p.failed() {
			p.pointer(p.a[1])
		} else {
			p.text(p.a[1], commLen)
		}
	case linux.PR_SET_PDEATHSIG:
		p.str(", ")
		p.signal(int32(p.a[1]))
	case linux.PR_GET_DUMPABLE, linux.PR_GET_KEEPCAPS, linux.PR_GET_SECCOMP, linux.PR_GET_TIMERSLACK:
	case linux.PR_SET_DUMPABLE, linux.PR_SET_KEEPCAPS, linux.PR_SET_TIMERSLACK:
		p.str(", ")
		p.uint(p.a[1])
	case linux.PR_GET_PDEATHSIG:
		p.str(", ")
		if p.failed() {
			p.pointer(p.a[1])
		} else {
			p.intBehind(p.a[1])
		}
	case linux.PR_SET_NO_NEW_PRIVS, linux.PR_GET_NO_NEW_PRIVS, linux.PR_SET_CHILD_SUBREAPER:
		for i := 1; i < 5; i++ {
			if op == linux.PR_SET_CHILD_SUBREAPER && i > 1 {
				break
			}
			p.str(", ")
			p.uint(p.a[i])
		}
	default:
		for i := 1; i < 5; i++ {
			p.str(", ")
			p.hex(p.a[i])
		}
	}
}
