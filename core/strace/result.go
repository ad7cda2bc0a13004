package strace

import (
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
)

// restarts says what strace says of a call that a signal cut short.
var restarts = map[linux.Errno]string{
	linux.ERESTARTSYS:           "To be restarted if SA_RESTART is set",
	linux.ERESTARTNOINTR:        "To be restarted",
	linux.ERESTARTNOHAND:        "To be restarted if no handler",
	linux.ERESTART_RESTARTBLOCK: "Interrupted by signal",
}

// result prints what the call gave.
func (p *printer) result() {
	if why, ok := restarts[p.e]; ok {
		p.str("? ")
		p.str(p.e.Error())
		p.aux = []byte(why)
		return
	}
	if p.failed() {
		p.str("-1 ")
		p.str(p.e.Error())
		p.aux = []byte(capital(p.e.Description()))
		return
	}
	switch p.name {
	case "exit", "exit_group":
		p.str("?")
	case "mmap", "mremap", "brk", "shmat":
		p.hex(uint64(p.ret))
	case "umask":
		s := strconv.FormatInt(p.ret, 8)
		p.str("0" + strings.Repeat("0", max(0, 2-len(s))) + s)
	case "fcntl":
		p.fcntlResult()
	default:
		p.int(p.ret)
	}
}

// fcntlResult prints the commands that return flags with their names.
func (p *printer) fcntlResult() {
	var names string
	switch p.word32(1) {
	case linux.F_GETFD:
		names = linux.FlagNames(linux.FdFlags, uint64(p.ret))
	case linux.F_GETFL:
		names = linux.OpenFlagNames(uint64(p.ret))
	case linux.F_GET_SEALS:
		names = linux.FlagNames(linux.Seals, uint64(p.ret))
	default:
		p.int(p.ret)
		return
	}
	p.hex(uint64(p.ret))
	if p.ret != 0 || p.word32(1) == linux.F_GETFL {
		p.aux = []byte("flags " + names)
	}
}

// capital is strerror(3)'s form of a description.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// AppendPid appends what strace puts before the lines of one of several
// threads.
func AppendPid(b []byte, tid int32) []byte {
	b = append(b, "[pid "...)
	s := strconv.Itoa(int(tid))
	for range max(0, 5-len(s)) {
		b = append(b, ' ')
	}
	return append(append(b, s...), "] "...)
}

// AppendSignal appends the line of a signal that is delivered:
//
//	--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, ...} ---
func AppendSignal(b []byte, info *linux.Siginfo) []byte {
	p := printer{b: b}
	p.str("--- ")
	p.signal(info.Signo)
	p.str(" {si_signo=")
	p.signal(info.Signo)
	p.field("si_code", linux.SiCodeName(info.Signo, info.Code))
	if info.Errno != 0 {
		p.field("si_errno", linux.Errno(info.Errno).Error())
	}
	switch info.Layout() {
	case linux.SIL_KILL:
		if info.Code != linux.SI_KERNEL || info.Pid() != 0 {
			p.sender(info)
		}
	case linux.SIL_RT:
		p.sender(info)
		if info.Code != linux.SI_TKILL {
			p.value(info)
		}
	case linux.SIL_TIMER:
		p.str(", si_timerid=")
		p.hex(uint64(uint32(info.TimerID())))
		p.str(", si_overrun=")
		p.int(int64(info.Overrun()))
		p.str(", si_value={int=")
		p.int(int64(int32(info.Value())))
		p.str(", ptr=")
		p.pointer(info.Value())
		p.str("}")
	case linux.SIL_CHLD:
		p.sender(info)
		p.str(", si_status=")
		if info.Code == linux.CLD_EXITED {
			p.int(int64(info.Status()))
		} else {
			p.signal(info.Status())
		}
		p.str(", si_utime=")
		p.int(info.Utime())
		p.str(", si_stime=")
		p.int(info.Stime())
	case linux.SIL_POLL:
		p.str(", si_band=")
		p.int(info.Band())
		p.str(", si_fd=")
		p.int(int64(info.Fd()))
	case linux.SIL_SYS:
		p.str(", si_call_addr=")
		p.pointer(info.Addr())
		p.str(", si_syscall=")
		p.int(int64(info.Syscall()))
		p.str(", si_arch=")
		p.hex(uint64(info.Arch()))
	default:
		p.str(", si_addr=")
		p.pointer(info.Addr())
	}
	p.str("} ---")
	return p.b
}

// sender prints who sent a signal.
func (p *printer) sender(info *linux.Siginfo) {
	p.str(", si_pid=")
	p.int(int64(info.Pid()))
	p.number("si_uid", uint64(info.Uid()))
}

// value prints what sigqueue(3) sent along.
func (p *printer) value(info *linux.Siginfo) {
	v := info.Value()
	if v == 0 {
		return
	}
	p.str(", si_value={int=")
	p.int(int64(int32(v)))
	p.str(", ptr=")
	p.pointer(v)
	p.str("}")
}

// AppendExit appends the line of a process that ended, from its wait status:
//
//	+++ exited with 0 +++
func AppendExit(b []byte, status int32) []byte {
	p := printer{b: b}
	if sig := status & 0x7f; sig != 0 {
		p.str("+++ killed by ")
		p.signal(sig)
		if status&0x80 != 0 {
			p.str(" (core dumped)")
		}
	} else {
		p.str("+++ exited with ")
		p.int(int64(status >> 8 & 0xff))
	}
	p.str(" +++")
	return p.b
}
