// Package siginfo lays a signalapi.Info out as the bytes that an app sees:
// siginfo_t of a frame or of rt_sigtimedwait, and signalfd_siginfo.
package siginfo

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Size is the length in bytes of a siginfo_t, and of a signalfd_siginfo too.
const Size = 128

// layout says which member of the union of siginfo_t holds.
type layout uint8

const (
	layoutKill layout = iota
	layoutTimer
	layoutPoll
	layoutFault
	layoutChld
	layoutRT
	layoutSys
)

// codes gives, for the signals that have codes of their own, the last one
// (NSIG* of asm-generic/siginfo.h).
var codes = [...]struct {
	last   int32
	layout layout
}{
	linux.SIGILL:  {11, layoutFault},
	linux.SIGFPE:  {15, layoutFault},
	linux.SIGSEGV: {10, layoutFault},
	linux.SIGBUS:  {5, layoutFault},
	linux.SIGTRAP: {6, layoutFault},
	linux.SIGCHLD: {6, layoutChld},
	linux.SIGPOLL: {6, layoutPoll},
	linux.SIGSYS:  {2, layoutSys},
}

// layoutOf decides as siginfo_layout of kernel/signal.c does.
func layoutOf(signo, code int32) layout {
	if code > linux.SI_USER && code < linux.SI_KERNEL {
		switch {
		case signo > 0 && int(signo) < len(codes) && code <= codes[signo].last:
			return codes[signo].layout
		case code <= linux.POLL_HUP:
			return layoutPoll
		}
		return layoutKill
	}
	switch {
	case code == linux.SI_TIMER:
		return layoutTimer
	case code == linux.SI_SIGIO:
		return layoutPoll
	case code < 0:
		return layoutRT
	}
	return layoutKill
}

// Append appends a siginfo_t of Size bytes to dst.
func Append(dst []byte, in *signalapi.Info) []byte {
	var zero [Size]byte
	dst = append(dst, zero[:]...)
	b, le := dst[len(dst)-Size:], binary.LittleEndian

	le.PutUint32(b[0:], uint32(in.Signo))
	le.PutUint32(b[4:], uint32(in.ErrnoValue))
	le.PutUint32(b[8:], uint32(in.Code))
	switch layoutOf(in.Signo, in.Code) {
	case layoutKill:
		le.PutUint32(b[16:], uint32(in.Pid))
		le.PutUint32(b[20:], in.Uid)
		// A general protection fault has code SI_KERNEL and an address.
		if in.Pid == 0 && in.Uid == 0 && in.Code == linux.SI_KERNEL {
			le.PutUint64(b[16:], in.Value)
		}
	case layoutTimer:
		le.PutUint32(b[16:], uint32(in.TimerId))
		le.PutUint32(b[20:], uint32(in.Overrun))
		le.PutUint64(b[24:], in.Value)
	case layoutPoll:
		le.PutUint64(b[16:], in.Value)
		le.PutUint32(b[24:], uint32(in.Fd))
	case layoutFault:
		le.PutUint64(b[16:], in.Value)
	case layoutChld:
		le.PutUint32(b[16:], uint32(in.Pid))
		le.PutUint32(b[20:], in.Uid)
		le.PutUint32(b[24:], uint32(in.Status))
		le.PutUint64(b[32:], uint64(in.Utime))
		le.PutUint64(b[40:], uint64(in.Stime))
	case layoutRT:
		le.PutUint32(b[16:], uint32(in.Pid))
		le.PutUint32(b[20:], in.Uid)
		le.PutUint64(b[24:], in.Value)
	case layoutSys:
		le.PutUint64(b[16:], in.Value)
		le.PutUint32(b[24:], uint32(in.Syscall))
		le.PutUint32(b[28:], in.Arch)
	}
	return dst
}

// AppendFD appends a struct signalfd_siginfo of Size bytes to dst: its members
// have places of their own (signalfd_copyinfo of fs/signalfd.c).
func AppendFD(dst []byte, in *signalapi.Info) []byte {
	var zero [Size]byte
	dst = append(dst, zero[:]...)
	b, le := dst[len(dst)-Size:], binary.LittleEndian

	le.PutUint32(b[0:], uint32(in.Signo))
	le.PutUint32(b[4:], uint32(in.ErrnoValue))
	le.PutUint32(b[8:], uint32(in.Code))
	switch layoutOf(in.Signo, in.Code) {
	case layoutKill:
		le.PutUint32(b[12:], uint32(in.Pid))
		le.PutUint32(b[16:], in.Uid)
	case layoutTimer:
		le.PutUint32(b[24:], uint32(in.TimerId))
		le.PutUint32(b[32:], uint32(in.Overrun))
		le.PutUint32(b[44:], uint32(in.Value))
		le.PutUint64(b[48:], in.Value)
	case layoutPoll:
		le.PutUint32(b[20:], uint32(in.Fd))
		le.PutUint32(b[28:], uint32(in.Value))
	case layoutFault:
		le.PutUint64(b[72:], in.Value)
	case layoutChld:
		le.PutUint32(b[12:], uint32(in.Pid))
		le.PutUint32(b[16:], in.Uid)
		le.PutUint32(b[40:], uint32(in.Status))
		le.PutUint64(b[56:], uint64(in.Utime))
		le.PutUint64(b[64:], uint64(in.Stime))
	case layoutRT:
		le.PutUint32(b[12:], uint32(in.Pid))
		le.PutUint32(b[16:], in.Uid)
		le.PutUint32(b[44:], uint32(in.Value))
		le.PutUint64(b[48:], in.Value)
	case layoutSys:
		le.PutUint32(b[84:], uint32(in.Syscall))
		le.PutUint64(b[88:], in.Value)
		le.PutUint32(b[96:], in.Arch)
	}
	return dst
}
