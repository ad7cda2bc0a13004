package frame

import (
	"encoding/binary"

	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/signal/internal/siginfo"
)

// Offsets in struct rt_sigframe (arch/x86/include/asm/sigframe.h): return
// address, ucontext, siginfo. Without SA_SIGINFO Linux leaves the last alone.
const (
	offUcontext = 8
	offStack    = offUcontext + 16
	offRegs     = offUcontext + 40
	offSegments = offRegs + 18*8
	offErr      = offSegments + 8
	offFPState  = offErr + 4*8
	offMask     = offRegs + 256
	offInfo     = offMask + 8

	// UcontextAt and InfoAt are where a frame's ucontext and siginfo begin.
	UcontextAt = offUcontext
	InfoAt     = offInfo

	// Size is the length in bytes of a whole frame, and ShortSize of one
	// without siginfo.
	Size      = offInfo + siginfo.Size
	ShortSize = offInfo
)

// Flags of a ucontext (asm/ucontext.h), and the two segments of 64-bit apps.
const (
	ucFPXState        = 1
	ucSigcontextSS    = 2
	ucStrictRestoreSS = 4

	userCS = 0x33
	userDS = 0x2b
)

// Bits of the flags register.
const (
	flagTF = 1 << 8
	flagDF = 1 << 10
	flagRF = 1 << 16

	// fixedFlags are those that sigreturn takes from the frame: AC, RF, OF,
	// DF, TF, SF, ZF, AF, PF, CF (FIX_EFLAGS). baseFlags are what the others
	// always are in user mode.
	fixedFlags = 1<<18 | flagRF | 1<<11 | flagDF | flagTF | 1<<7 | 1<<6 | 1<<4 | 1<<2 | 1
	baseFlags  = 1<<9 | 1<<1
)

// redZone is what a function may use below its stack pointer, in bytes.
const redZone = 128

// userTop is the first address that no app can have (TASK_SIZE_MAX).
const userTop = 0x7ffffffff000

// Context is the state that a frame saves.
type Context struct {
	Restorer uint64
	// The alternate stack at the time of the delivery.
	AltSP    uint64
	AltFlags uint32
	AltSize  uint64

	Regs   signalapi.Regs
	Err    uint64
	Trapno uint64
	CR2    uint64
	// Address of the extended state, 0 for none.
	FPState uint64
	// The mask to put back.
	Mask uint64
}

// Below returns the highest address that a frame may use when the thread's stack
// pointer is sp.
func Below(sp uint64) uint64 { return sp - redZone }

// Place returns where a frame and its extended state of xstate bytes go below
// the address sp; fp is 0 when xstate is. It reports false when that is outside
// of an app's memory.
func Place(sp uint64, xstate uint32) (addr, fp uint64, ok bool) {
	fp = (sp - uint64(xstate)) &^ 63
	addr = (fp-Size)&^15 - 8
	if addr > sp || sp > userTop {
		return 0, 0, false
	}
	if xstate == 0 {
		fp = 0
	}
	return addr, fp, true
}

// Append appends the frame of c, with siginfo unless in is nil.
func Append(dst []byte, c *Context, in *signalapi.Info) []byte {
	var zero [ShortSize]byte
	dst = append(dst, zero[:]...)
	b, le := dst[len(dst)-ShortSize:], binary.LittleEndian

	le.PutUint64(b[0:], c.Restorer)
	flags := uint64(ucSigcontextSS | ucStrictRestoreSS)
	if c.FPState != 0 {
		flags |= ucFPXState
	}
	le.PutUint64(b[offUcontext:], flags)
	le.PutUint64(b[offStack:], c.AltSP)
	le.PutUint32(b[offStack+8:], c.AltFlags)
	le.PutUint64(b[offStack+16:], c.AltSize)
	r := &c.Regs
	for i, v := range [...]uint64{r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15,
		r.Rdi, r.Rsi, r.Rbp, r.Rbx, r.Rdx, r.Rax, r.Rcx, r.Rsp, r.Rip, r.Eflags} {
		le.PutUint64(b[offRegs+8*i:], v)
	}
	le.PutUint16(b[offSegments:], userCS)
	le.PutUint16(b[offSegments+6:], userDS)
	le.PutUint64(b[offErr:], c.Err)
	le.PutUint64(b[offErr+8:], c.Trapno)
	le.PutUint64(b[offErr+16:], c.Mask)
	le.PutUint64(b[offErr+24:], c.CR2)
	le.PutUint64(b[offFPState:], c.FPState)
	le.PutUint64(b[offMask:], c.Mask)
	if in != nil {
		dst = siginfo.Append(dst, in)
	}
	return dst
}

// Parse reads the frame in b. It reports false when b is too short. The
// segments are checked by Segments.
func Parse(b []byte, c *Context) bool {
	if len(b) < ShortSize {
		return false
	}
	le := binary.LittleEndian
	c.AltSP = le.Uint64(b[offStack:])
	c.AltFlags = le.Uint32(b[offStack+8:])
	c.AltSize = le.Uint64(b[offStack+16:])
	r := &c.Regs
	for i, p := range [...]*uint64{&r.R8, &r.R9, &r.R10, &r.R11, &r.R12, &r.R13, &r.R14, &r.R15,
		&r.Rdi, &r.Rsi, &r.Rbp, &r.Rbx, &r.Rdx, &r.Rax, &r.Rcx, &r.Rsp, &r.Rip, &r.Eflags} {
		*p = le.Uint64(b[offRegs+8*i:])
	}
	r.Eflags = r.Eflags&fixedFlags | baseFlags
	c.FPState = le.Uint64(b[offFPState:])
	c.Mask = le.Uint64(b[offMask:])
	return true
}

// Segments reports whether a return to the segments that the frame names can
// work for a 64-bit app. Linux loads them and lets the return fault.
func Segments(b []byte) bool {
	le := binary.LittleEndian
	if le.Uint16(b[offSegments:])|3 != userCS {
		return false
	}
	// Old programs leave the stack segment out: Linux then takes its own.
	return le.Uint64(b[offUcontext:])&ucStrictRestoreSS == 0 || le.Uint16(b[offSegments+6:])|3 == userDS
}

// Enter sets the registers with which a handler starts on the frame at addr.
func Enter(r *signalapi.Regs, handler, addr uint64, signo int32) {
	r.Rdi = uint64(signo)
	r.Rax = 0
	r.Rsi = addr + offInfo
	r.Rdx = addr + offUcontext
	r.Rip = handler
	r.Rsp = addr
	r.Eflags &^= flagDF | flagRF | flagTF
}

// syscallLength is the length in bytes of the instruction that made a call.
const syscallLength = 2

// Fail ends the interrupted call with an error.
func Fail(r *signalapi.Regs, errno uint64) { r.Rax = -errno }

// Restart makes the interrupted call again, as the call number nr.
func Restart(r *signalapi.Regs, nr uint64) {
	r.Rax = nr
	r.Rip -= syscallLength
}

// RestartSyscall is the number of restart_syscall(2).
const RestartSyscall = 219
