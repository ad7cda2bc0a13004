package elfcore

import (
	"debug/elf"

	"adyton.dev/adyton/core/linux"
)

const machine = uint16(elf.EM_X86_64)

// ntX86XState is NT_X86_XSTATE; fxsaveSize is the part of it that NT_PRFPREG has.
const (
	ntX86XState = 0x202
	fxsaveSize  = 512
)

// prstatus is struct elf_prstatus.
func prstatus(p *Process, t *Thread) []byte {
	b := make([]byte, 336)
	le.PutUint32(b[0:], uint32(p.Signo))
	le.PutUint16(b[12:], uint16(p.Signo))
	le.PutUint64(b[16:], p.Pending)
	le.PutUint64(b[24:], p.Blocked)
	for i, v := range []int32{t.Tid, p.Ppid, p.Pgid, p.Sid} {
		le.PutUint32(b[32+4*i:], uint32(v))
	}
	const userCS, userDS = 0x33, 0x2b
	r := &t.Regs
	regs := linux.Regs{R15: r.R15, R14: r.R14, R13: r.R13, R12: r.R12, RBP: r.Rbp, RBX: r.Rbx, R11: r.R11, R10: r.R10,
		R9: r.R9, R8: r.R8, RAX: r.Rax, RCX: r.Rcx, RDX: r.Rdx, RSI: r.Rsi, RDI: r.Rdi,
		OrigRAX: t.OrigAX, RIP: r.Rip, CS: userCS, Eflags: r.Eflags, RSP: r.Rsp, SS: userDS}
	regs.Encode(b[112:])
	le.PutUint64(b[112+linux.SizeofRegs:], t.FSBase)
	if len(t.XState) > 0 {
		b[328] = 1
	}
	return b
}

// floats appends the notes of the extended state.
func floats(b []byte, t *Thread) []byte {
	if len(t.XState) < fxsaveSize {
		return b
	}
	b = note(b, "CORE", ntPrfpreg, t.XState[:fxsaveSize])
	return note(b, "LINUX", ntX86XState, t.XState)
}
