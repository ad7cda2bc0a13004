package linux

import (
	"bytes"
	"testing"
)

// TestUContextPlaces checks the frame against offsetof of asm/sigcontext.h and
// asm/ucontext.h, where the segment registers are 16 bits wide.
func TestUContextPlaces(t *testing.T) {
	u := UContext{
		Flags: UC_FP_XSTATE | UC_SIGCONTEXT_SS, Link: 2,
		Stack: SignalStack{Sp: 3, Flags: SS_ONSTACK, Size: 4},
		Mcontext: Sigcontext{
			Regs: Regs{
				R8: 0x10, R9: 0x11, R10: 0x12, R11: 0x13, R12: 0x14, R13: 0x15, R14: 0x16, R15: 0x17,
				RDI: 0x18, RSI: 0x19, RBP: 0x1a, RBX: 0x1b, RDX: 0x1c, RAX: 0x1d, RCX: 0x1e, RSP: 0x1f,
				RIP: 0x20, Eflags: 0x21, CS: 0x33, SS: 0x2b, OrigRAX: 99,
			},
			GS: 0x41, FS: 0x42, Err: 0x43, Trapno: 0x44, Oldmask: 0x45, CR2: 0x46, Fpstate: 0x47,
		},
		Sigmask: 0x48,
	}
	want := make([]byte, 304)
	for off, v := range map[int]byte{
		0: 3, 8: 2, 16: 3, 24: 1, 32: 4,
		40 + 144: 0x33, 40 + 146: 0x41, 40 + 148: 0x42, 40 + 150: 0x2b,
		40 + 152: 0x43, 40 + 160: 0x44, 40 + 168: 0x45, 40 + 176: 0x46, 40 + 184: 0x47,
		296: 0x48,
	} {
		want[off] = v
	}
	for i := range 18 {
		want[40+8*i] = byte(0x10 + i)
	}
	got := bytes.Repeat([]byte{0xa5}, SizeofUContext)
	u.Encode(got)
	if !bytes.Equal(got, want) {
		t.Errorf("UContext.Encode:\n got % x\nwant % x", got, want)
	}

	var back UContext
	back.Decode(got)
	u.Mcontext.Regs.OrigRAX = ^uint64(0)
	if back != u {
		t.Errorf("UContext.Decode:\n got %+v\nwant %+v", back, u)
	}
	if SizeofSigframe != 440 || SigframeSiginfo != 312 {
		t.Errorf("rt_sigframe has %d bytes with siginfo at %d, want 440 and 312", SizeofSigframe, SigframeSiginfo)
	}
}
