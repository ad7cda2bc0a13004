package linux

// Flags of UContext (asm/ucontext.h): the frame has an xsave area; SS in it is
// valid; sigreturn must take SS as it stands.
const (
	UC_FP_XSTATE         = 0x1
	UC_SIGCONTEXT_SS     = 0x2
	UC_STRICT_RESTORE_SS = 0x4
)

// Marks before and behind an xsave area in a signal frame, and where
// FpxSwBytes sits in it (asm/sigcontext.h).
const (
	FP_XSTATE_MAGIC1 = 0x46505853
	FP_XSTATE_MAGIC2 = 0x46505845
	FpxSwBytesOffset = 464
)

// Places of the parts of struct rt_sigframe, in bytes from its start, which is
// where RSP points when a handler begins: the return address, the UContext and
// the Siginfo.
const (
	SigframePretcode = 0
	SigframeUContext = 8
	SigframeSiginfo  = SigframeUContext + SizeofUContext
	SizeofSigframe   = SigframeSiginfo + SizeofSiginfo
)

// Sigcontext is struct sigcontext_64, the registers in a signal frame.
type Sigcontext struct {
	Regs    Regs // without OrigRAX
	GS, FS  uint16
	Err     uint64 // error code of the fault
	Trapno  uint64 // exception vector
	Oldmask uint64
	CR2     uint64 // address of the fault
	Fpstate uint64 // address of the xsave area, or 0
}

// SizeofSigcontext is the size of Sigcontext in bytes.
const SizeofSigcontext = 256

// Encode writes s to the first SizeofSigcontext bytes of b.
func (s *Sigcontext) Encode(b []byte) {
	_ = b[SizeofSigcontext-1]
	r := &s.Regs
	le.PutUint64(b[0:], r.R8)
	le.PutUint64(b[8:], r.R9)
	le.PutUint64(b[16:], r.R10)
	le.PutUint64(b[24:], r.R11)
	le.PutUint64(b[32:], r.R12)
	le.PutUint64(b[40:], r.R13)
	le.PutUint64(b[48:], r.R14)
	le.PutUint64(b[56:], r.R15)
	le.PutUint64(b[64:], r.RDI)
	le.PutUint64(b[72:], r.RSI)
	le.PutUint64(b[80:], r.RBP)
	le.PutUint64(b[88:], r.RBX)
	le.PutUint64(b[96:], r.RDX)
	le.PutUint64(b[104:], r.RAX)
	le.PutUint64(b[112:], r.RCX)
	le.PutUint64(b[120:], r.RSP)
	le.PutUint64(b[128:], r.RIP)
	le.PutUint64(b[136:], r.Eflags)
	le.PutUint16(b[144:], uint16(r.CS))
	le.PutUint16(b[146:], s.GS)
	le.PutUint16(b[148:], s.FS)
	le.PutUint16(b[150:], uint16(r.SS))
	le.PutUint64(b[152:], s.Err)
	le.PutUint64(b[160:], s.Trapno)
	le.PutUint64(b[168:], s.Oldmask)
	le.PutUint64(b[176:], s.CR2)
	le.PutUint64(b[184:], s.Fpstate)
	clear(b[192:256])
}

// Decode reads s from the first SizeofSigcontext bytes of b. OrigRAX becomes
// -1, so that the return from a handler restarts no call
// (restore_sigcontext in arch/x86/kernel/signal_64.c). What an app put into
// CS, SS and Eflags is the caller's to check.
func (s *Sigcontext) Decode(b []byte) {
	_ = b[SizeofSigcontext-1]
	r := &s.Regs
	r.R8 = le.Uint64(b[0:])
	r.R9 = le.Uint64(b[8:])
	r.R10 = le.Uint64(b[16:])
	r.R11 = le.Uint64(b[24:])
	r.R12 = le.Uint64(b[32:])
	r.R13 = le.Uint64(b[40:])
	r.R14 = le.Uint64(b[48:])
	r.R15 = le.Uint64(b[56:])
	r.RDI = le.Uint64(b[64:])
	r.RSI = le.Uint64(b[72:])
	r.RBP = le.Uint64(b[80:])
	r.RBX = le.Uint64(b[88:])
	r.RDX = le.Uint64(b[96:])
	r.RAX = le.Uint64(b[104:])
	r.RCX = le.Uint64(b[112:])
	r.RSP = le.Uint64(b[120:])
	r.RIP = le.Uint64(b[128:])
	r.Eflags = le.Uint64(b[136:])
	r.OrigRAX = ^uint64(0)
	r.CS = uint64(le.Uint16(b[144:]))
	s.GS = le.Uint16(b[146:])
	s.FS = le.Uint16(b[148:])
	r.SS = uint64(le.Uint16(b[150:]))
	s.Err = le.Uint64(b[152:])
	s.Trapno = le.Uint64(b[160:])
	s.Oldmask = le.Uint64(b[168:])
	s.CR2 = le.Uint64(b[176:])
	s.Fpstate = le.Uint64(b[184:])
}

// UContext is the kernel's struct ucontext; libc's is longer.
type UContext struct {
	Flags    uint64 // UC_*
	Link     uint64 // address
	Stack    SignalStack
	Mcontext Sigcontext
	Sigmask  SigSet
}

// SizeofUContext is the size of UContext in bytes.
const SizeofUContext = 304

// Encode writes u to the first SizeofUContext bytes of b.
func (u *UContext) Encode(b []byte) {
	_ = b[SizeofUContext-1]
	le.PutUint64(b, u.Flags)
	le.PutUint64(b[8:], u.Link)
	u.Stack.Encode(b[16:])
	u.Mcontext.Encode(b[40:])
	le.PutUint64(b[296:], uint64(u.Sigmask))
}

// Decode reads u from the first SizeofUContext bytes of b.
func (u *UContext) Decode(b []byte) {
	_ = b[SizeofUContext-1]
	u.Flags = le.Uint64(b)
	u.Link = le.Uint64(b[8:])
	u.Stack.Decode(b[16:])
	u.Mcontext.Decode(b[40:])
	u.Sigmask = SigSet(le.Uint64(b[296:]))
}

// FpxSwBytes is struct _fpx_sw_bytes, which says at FpxSwBytesOffset of the xsave
// area how long that is.
type FpxSwBytes struct {
	Magic1       uint32 // FP_XSTATE_MAGIC1
	ExtendedSize uint32 // bytes with FP_XSTATE_MAGIC2 behind the area
	Xfeatures    uint64 // XCR0 bits
	XstateSize   uint32 // bytes of the area
}

// SizeofFpxSwBytes is the size of FpxSwBytes in bytes.
const SizeofFpxSwBytes = 48

// Encode writes f to the first SizeofFpxSwBytes bytes of b.
func (f *FpxSwBytes) Encode(b []byte) {
	_ = b[SizeofFpxSwBytes-1]
	le.PutUint32(b, f.Magic1)
	le.PutUint32(b[4:], f.ExtendedSize)
	le.PutUint64(b[8:], f.Xfeatures)
	le.PutUint32(b[16:], f.XstateSize)
	clear(b[20:48])
}

// Decode reads f from the first SizeofFpxSwBytes bytes of b.
func (f *FpxSwBytes) Decode(b []byte) {
	_ = b[SizeofFpxSwBytes-1]
	f.Magic1 = le.Uint32(b)
	f.ExtendedSize = le.Uint32(b[4:])
	f.Xfeatures = le.Uint64(b[8:])
	f.XstateSize = le.Uint32(b[16:])
}
