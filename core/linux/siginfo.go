package linux

// SizeofSiginfo is the size of Siginfo in bytes (SI_MAX_SIZE).
const SizeofSiginfo = 128

// Siginfo is siginfo_t. The head is decoded; the union, whose meaning depends
// on signal and code (see Layout), stays as bytes, so that what an app queues
// comes out as it went in. Read it and fill it with the methods below.
type Siginfo struct {
	Signo, Errno, Code int32
	Union              [112]byte // from byte 16 on
}

// Encode writes s to the first SizeofSiginfo bytes of b.
func (s *Siginfo) Encode(b []byte) {
	_ = b[SizeofSiginfo-1]
	le.PutUint32(b, uint32(s.Signo))
	le.PutUint32(b[4:], uint32(s.Errno))
	le.PutUint32(b[8:], uint32(s.Code))
	clear(b[12:16])
	copy(b[16:SizeofSiginfo], s.Union[:])
}

// Decode reads s from the first SizeofSiginfo bytes of b.
func (s *Siginfo) Decode(b []byte) {
	_ = b[SizeofSiginfo-1]
	s.Signo = int32(le.Uint32(b))
	s.Errno = int32(le.Uint32(b[4:]))
	s.Code = int32(le.Uint32(b[8:]))
	copy(s.Union[:], b[16:SizeofSiginfo])
}

// SetSender fills in who sent the signal: kill(2), tgkill(2), sigqueue(3) and
// SIGCHLD have it.
func (s *Siginfo) SetSender(pid int32, uid uint32) {
	le.PutUint32(s.Union[0:], uint32(pid))
	le.PutUint32(s.Union[4:], uid)
}

// SetValue fills in the sigval of sigqueue(3), a timer or a message queue.
func (s *Siginfo) SetValue(value uint64) { le.PutUint64(s.Union[8:], value) }

// SetTimer fills in the timer's id, the expiries that were missed and its
// sigval.
func (s *Siginfo) SetTimer(id, overrun int32, value uint64) {
	le.PutUint32(s.Union[0:], uint32(id))
	le.PutUint32(s.Union[4:], uint32(overrun))
	s.SetValue(value)
}

// SetChild fills in what became of a child: its exit status or signal, and its
// times in ticks of 1/USER_HZ second.
func (s *Siginfo) SetChild(pid int32, uid uint32, status int32, utime, stime int64) {
	s.SetSender(pid, uid)
	le.PutUint32(s.Union[8:], uint32(status))
	le.PutUint64(s.Union[16:], uint64(utime))
	le.PutUint64(s.Union[24:], uint64(stime))
}

// SetFault fills in the address of SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGTRAP.
func (s *Siginfo) SetFault(addr uint64) { le.PutUint64(s.Union[0:], addr) }

// SetPkey fills in the protection key of SEGV_PKUERR.
func (s *Siginfo) SetPkey(key uint32) { le.PutUint32(s.Union[16:], key) }

// SetBounds fills in the bounds of SEGV_BNDERR.
func (s *Siginfo) SetBounds(lower, upper uint64) {
	le.PutUint64(s.Union[16:], lower)
	le.PutUint64(s.Union[24:], upper)
}

// SetAddrLsb fills in the least significant bit of the address of BUS_MCEERR_*.
func (s *Siginfo) SetAddrLsb(lsb int16) { le.PutUint16(s.Union[8:], uint16(lsb)) }

// SetPoll fills in the poll events and the descriptor of SIGIO.
func (s *Siginfo) SetPoll(band int64, fd int32) {
	le.PutUint64(s.Union[0:], uint64(band))
	le.PutUint32(s.Union[8:], uint32(fd))
}

// SetSys fills in the system call that SIGSYS is about. arch is an AUDIT_ARCH_*.
func (s *Siginfo) SetSys(callAddr uint64, nr int32, arch uint32) {
	le.PutUint64(s.Union[0:], callAddr)
	le.PutUint32(s.Union[8:], uint32(nr))
	le.PutUint32(s.Union[12:], arch)
}

// Pid returns the sender or child.
func (s *Siginfo) Pid() int32 { return int32(le.Uint32(s.Union[0:])) }

// Uid returns the real user id of the sender or child.
func (s *Siginfo) Uid() uint32 { return le.Uint32(s.Union[4:]) }

// Value returns the sigval.
func (s *Siginfo) Value() uint64 { return le.Uint64(s.Union[8:]) }

// TimerID returns the timer's id.
func (s *Siginfo) TimerID() int32 { return int32(le.Uint32(s.Union[0:])) }

// Overrun returns the expiries that were missed.
func (s *Siginfo) Overrun() int32 { return int32(le.Uint32(s.Union[4:])) }

// Status returns a child's exit status or signal.
func (s *Siginfo) Status() int32 { return int32(le.Uint32(s.Union[8:])) }

// Utime returns a child's user time in ticks of 1/USER_HZ second.
func (s *Siginfo) Utime() int64 { return int64(le.Uint64(s.Union[16:])) }

// Stime returns a child's system time in ticks of 1/USER_HZ second.
func (s *Siginfo) Stime() int64 { return int64(le.Uint64(s.Union[24:])) }

// Addr returns the address of a fault, or of the call that SIGSYS is about.
func (s *Siginfo) Addr() uint64 { return le.Uint64(s.Union[0:]) }

// AddrLsb returns the least significant bit of the address of BUS_MCEERR_*.
func (s *Siginfo) AddrLsb() int16 { return int16(le.Uint16(s.Union[8:])) }

// Pkey returns the protection key of SEGV_PKUERR.
func (s *Siginfo) Pkey() uint32 { return le.Uint32(s.Union[16:]) }

// Band returns the poll events of SIGIO.
func (s *Siginfo) Band() int64 { return int64(le.Uint64(s.Union[0:])) }

// Fd returns the descriptor of SIGIO.
func (s *Siginfo) Fd() int32 { return int32(le.Uint32(s.Union[8:])) }

// Syscall returns the number of the call that SIGSYS is about.
func (s *Siginfo) Syscall() int32 { return int32(le.Uint32(s.Union[8:])) }

// Arch returns the AUDIT_ARCH_* of the call that SIGSYS is about.
func (s *Siginfo) Arch() uint32 { return le.Uint32(s.Union[12:]) }

// SiginfoLayout says which members of the union a siginfo has.
type SiginfoLayout uint8

// The layouts, with the kernel's names (enum siginfo_layout in linux/signal.h).
const (
	SIL_KILL SiginfoLayout = iota
	SIL_TIMER
	SIL_POLL
	SIL_FAULT
	SIL_FAULT_MCEERR
	SIL_FAULT_BNDERR
	SIL_FAULT_PKUERR
	SIL_PERF_EVENT
	SIL_CHLD
	SIL_RT
	SIL_SYS
)

// Layout tells from signal and code which layout s has, as siginfo_layout in
// kernel/signal.c does: a code that the signal does not have falls back to
// SIL_POLL (the codes of SIGPOLL, for F_SETSIG) or SIL_KILL.
func (s *Siginfo) Layout() SiginfoLayout {
	switch {
	case s.Code == SI_TIMER:
		return SIL_TIMER
	case s.Code == SI_SIGIO:
		return SIL_POLL
	case s.Code < 0:
		return SIL_RT
	case s.Code == SI_USER || s.Code >= SI_KERNEL:
		return SIL_KILL
	}

	if limit, layout := codesOf(s.Signo); s.Code <= limit {
		switch {
		case s.Signo == SIGBUS && (s.Code == BUS_MCEERR_AR || s.Code == BUS_MCEERR_AO):
			return SIL_FAULT_MCEERR
		case s.Signo == SIGSEGV && s.Code == SEGV_BNDERR:
			return SIL_FAULT_BNDERR
		case s.Signo == SIGSEGV && s.Code == SEGV_PKUERR:
			return SIL_FAULT_PKUERR
		case s.Signo == SIGTRAP && s.Code == TRAP_PERF:
			return SIL_PERF_EVENT
		}
		return layout
	}
	if s.Code <= POLL_HUP {
		return SIL_POLL
	}
	return SIL_KILL
}

// Known says whether Linux knows which members the code has:
// known_siginfo_layout of kernel/signal.c.
func (s *Siginfo) Known() bool {
	const asyncnl, dethread = -60, -7 // SI_ASYNCNL, SI_DETHREAD
	switch {
	case s.Code == SI_KERNEL, s.Code == asyncnl:
		return true
	case s.Code > SI_USER:
		if limit, layout := codesOf(s.Signo); layout != SIL_POLL && limit > 0 {
			return s.Code <= limit
		}
		return s.Code <= POLL_HUP
	}
	return s.Code >= dethread
}

// codesOf returns the highest code that the kernel gives signo, and its layout.
func codesOf(signo int32) (limit int32, layout SiginfoLayout) {
	switch signo {
	case SIGILL:
		return 11, SIL_FAULT // NSIGILL: includes codes of other architectures
	case SIGFPE:
		return FPE_CONDTRAP, SIL_FAULT
	case SIGSEGV:
		return SEGV_CPERR, SIL_FAULT
	case SIGBUS:
		return BUS_MCEERR_AO, SIL_FAULT
	case SIGTRAP:
		return TRAP_PERF, SIL_FAULT
	case SIGCHLD:
		return CLD_CONTINUED, SIL_CHLD
	case SIGPOLL:
		return POLL_HUP, SIL_POLL
	case SIGSYS:
		return SYS_USER_DISPATCH, SIL_SYS
	}
	return 0, SIL_KILL
}

// Signalfd returns s in the form that read(2) of a signalfd gives
// (signalfd_copyinfo in fs/signalfd.c).
func (s *Siginfo) Signalfd() SignalfdSiginfo {
	d := SignalfdSiginfo{Signo: uint32(s.Signo), Errno: s.Errno, Code: s.Code}
	switch s.Layout() {
	case SIL_KILL:
		d.Pid, d.Uid = uint32(s.Pid()), s.Uid()
	case SIL_TIMER:
		d.Tid, d.Overrun = uint32(s.TimerID()), uint32(s.Overrun())
		d.Ptr, d.Int = s.Value(), int32(s.Value())
	case SIL_POLL:
		d.Band, d.Fd = uint32(s.Band()), s.Fd()
	case SIL_FAULT, SIL_FAULT_BNDERR, SIL_FAULT_PKUERR, SIL_PERF_EVENT:
		d.Addr = s.Addr()
	case SIL_FAULT_MCEERR:
		d.Addr, d.AddrLsb = s.Addr(), uint16(s.AddrLsb())
	case SIL_CHLD:
		d.Pid, d.Uid, d.Status = uint32(s.Pid()), s.Uid(), s.Status()
		d.Utime, d.Stime = uint64(s.Utime()), uint64(s.Stime())
	case SIL_RT:
		d.Pid, d.Uid = uint32(s.Pid()), s.Uid()
		d.Ptr, d.Int = s.Value(), int32(s.Value())
	case SIL_SYS:
		d.CallAddr, d.Syscall, d.Arch = s.Addr(), s.Syscall(), s.Arch()
	}
	return d
}
