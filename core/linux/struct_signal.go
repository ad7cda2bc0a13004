package linux

// SigAction is the kernel's struct sigaction, which rt_sigaction(2) takes.
type SigAction struct {
	Handler  uint64 // address, SIG_DFL or SIG_IGN
	Flags    uint64 // SA_*
	Restorer uint64 // address
	Mask     SigSet
}

// SizeofSigAction is the size of SigAction in bytes.
const SizeofSigAction = 32

// Encode writes a to the first SizeofSigAction bytes of b.
func (a *SigAction) Encode(b []byte) {
	_ = b[SizeofSigAction-1]
	le.PutUint64(b, a.Handler)
	le.PutUint64(b[8:], a.Flags)
	le.PutUint64(b[16:], a.Restorer)
	le.PutUint64(b[24:], uint64(a.Mask))
}

// Decode reads a from the first SizeofSigAction bytes of b.
func (a *SigAction) Decode(b []byte) {
	_ = b[SizeofSigAction-1]
	a.Handler = le.Uint64(b)
	a.Flags = le.Uint64(b[8:])
	a.Restorer = le.Uint64(b[16:])
	a.Mask = SigSet(le.Uint64(b[24:]))
}

// SignalStack is stack_t of sigaltstack(2).
type SignalStack struct {
	Sp    uint64 // lowest address
	Flags int32  // SS_*
	Size  uint64 // bytes
}

// SizeofSignalStack is the size of SignalStack in bytes.
const SizeofSignalStack = 24

// Encode writes s to the first SizeofSignalStack bytes of b.
func (s *SignalStack) Encode(b []byte) {
	_ = b[SizeofSignalStack-1]
	le.PutUint64(b, s.Sp)
	le.PutUint32(b[8:], uint32(s.Flags))
	clear(b[12:16])
	le.PutUint64(b[16:], s.Size)
}

// Decode reads s from the first SizeofSignalStack bytes of b.
func (s *SignalStack) Decode(b []byte) {
	_ = b[SizeofSignalStack-1]
	s.Sp = le.Uint64(b)
	s.Flags = int32(le.Uint32(b[8:]))
	s.Size = le.Uint64(b[16:])
}

// Sigevent is struct sigevent of timer_create(2) and mq_notify(2).
type Sigevent struct {
	Value  uint64
	Signo  int32
	Notify int32 // SIGEV_*
	Tid    int32 // SIGEV_THREAD_ID
}

// SizeofSigevent is the size of Sigevent in bytes.
const SizeofSigevent = 64

// Encode writes s to the first SizeofSigevent bytes of b.
func (s *Sigevent) Encode(b []byte) {
	_ = b[SizeofSigevent-1]
	le.PutUint64(b, s.Value)
	le.PutUint32(b[8:], uint32(s.Signo))
	le.PutUint32(b[12:], uint32(s.Notify))
	le.PutUint32(b[16:], uint32(s.Tid))
	clear(b[20:64])
}

// Decode reads s from the first SizeofSigevent bytes of b.
func (s *Sigevent) Decode(b []byte) {
	_ = b[SizeofSigevent-1]
	s.Value = le.Uint64(b)
	s.Signo = int32(le.Uint32(b[8:]))
	s.Notify = int32(le.Uint32(b[12:]))
	s.Tid = int32(le.Uint32(b[16:]))
}

// SignalfdSiginfo is struct signalfd_siginfo, which read(2) of a signalfd gives.
type SignalfdSiginfo struct {
	Signo    uint32
	Errno    int32
	Code     int32
	Pid      uint32
	Uid      uint32
	Fd       int32
	Tid      uint32 // timer id
	Band     uint32
	Overrun  uint32
	Trapno   uint32
	Status   int32
	Int      int32
	Ptr      uint64
	Utime    uint64 // ticks of 1/USER_HZ second
	Stime    uint64 // ticks of 1/USER_HZ second
	Addr     uint64
	AddrLsb  uint16
	Syscall  int32
	CallAddr uint64
	Arch     uint32
}

// SizeofSignalfdSiginfo is the size of SignalfdSiginfo in bytes.
const SizeofSignalfdSiginfo = 128

// Encode writes s to the first SizeofSignalfdSiginfo bytes of b.
func (s *SignalfdSiginfo) Encode(b []byte) {
	_ = b[SizeofSignalfdSiginfo-1]
	le.PutUint32(b, s.Signo)
	le.PutUint32(b[4:], uint32(s.Errno))
	le.PutUint32(b[8:], uint32(s.Code))
	le.PutUint32(b[12:], s.Pid)
	le.PutUint32(b[16:], s.Uid)
	le.PutUint32(b[20:], uint32(s.Fd))
	le.PutUint32(b[24:], s.Tid)
	le.PutUint32(b[28:], s.Band)
	le.PutUint32(b[32:], s.Overrun)
	le.PutUint32(b[36:], s.Trapno)
	le.PutUint32(b[40:], uint32(s.Status))
	le.PutUint32(b[44:], uint32(s.Int))
	le.PutUint64(b[48:], s.Ptr)
	le.PutUint64(b[56:], s.Utime)
	le.PutUint64(b[64:], s.Stime)
	le.PutUint64(b[72:], s.Addr)
	le.PutUint16(b[80:], s.AddrLsb)
	clear(b[82:84])
	le.PutUint32(b[84:], uint32(s.Syscall))
	le.PutUint64(b[88:], s.CallAddr)
	le.PutUint32(b[96:], s.Arch)
	clear(b[100:128])
}

// Decode reads s from the first SizeofSignalfdSiginfo bytes of b.
func (s *SignalfdSiginfo) Decode(b []byte) {
	_ = b[SizeofSignalfdSiginfo-1]
	s.Signo = le.Uint32(b)
	s.Errno = int32(le.Uint32(b[4:]))
	s.Code = int32(le.Uint32(b[8:]))
	s.Pid = le.Uint32(b[12:])
	s.Uid = le.Uint32(b[16:])
	s.Fd = int32(le.Uint32(b[20:]))
	s.Tid = le.Uint32(b[24:])
	s.Band = le.Uint32(b[28:])
	s.Overrun = le.Uint32(b[32:])
	s.Trapno = le.Uint32(b[36:])
	s.Status = int32(le.Uint32(b[40:]))
	s.Int = int32(le.Uint32(b[44:]))
	s.Ptr = le.Uint64(b[48:])
	s.Utime = le.Uint64(b[56:])
	s.Stime = le.Uint64(b[64:])
	s.Addr = le.Uint64(b[72:])
	s.AddrLsb = le.Uint16(b[80:])
	s.Syscall = int32(le.Uint32(b[84:]))
	s.CallAddr = le.Uint64(b[88:])
	s.Arch = le.Uint32(b[96:])
}
