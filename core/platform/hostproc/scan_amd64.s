#include "textflag.h"

// func scan(words **uint32, n, start, rounds int) int
//
// scan looks at n words by turns from start on, rounds times with a PAUSE
// between, and returns the index of the first that is 1, or -1. It cannot be
// preempted, so rounds bounds how long a stop of the world waits for it.
TEXT ·scan(SB), NOSPLIT, $0-40
	MOVQ words+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ start+16(FP), DX
	MOVQ rounds+24(FP), R8
round:
	MOVQ CX, R9
	MOVQ DX, AX
next:
	TESTQ R9, R9
	JZ   pause
	CMPQ AX, CX
	JLT  look
	XORQ AX, AX
look:
	MOVQ (SI)(AX*8), BX
	CMPL (BX), $1
	JEQ  found
	INCQ AX
	DECQ R9
	JMP  next
pause:
	PAUSE
	DECQ R8
	JNZ  round
	MOVQ $-1, AX
found:
	MOVQ AX, ret+32(FP)
	RET

// func rdtsc() uint64
TEXT ·rdtsc(SB), NOSPLIT, $0-8
	LFENCE
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func xcr0() uint64
//
// xcr0 reads which extended state the host has enabled.
TEXT ·xcr0(SB), NOSPLIT, $0-8
	XORL CX, CX
	XGETBV
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func xsaveSize() uint32
//
// xsaveSize is CPUID leaf 13: bytes of the standard form for what is enabled.
TEXT ·xsaveSize(SB), NOSPLIT, $0-4
	MOVL $13, AX
	XORL CX, CX
	CPUID
	MOVL BX, ret+0(FP)
	RET

// func currentCPU() int
//
// currentCPU is the limit of the segment that Linux keeps for it.
TEXT ·currentCPU(SB), NOSPLIT, $0-8
	MOVQ $-1, AX
	MOVQ $0x7b, DX
	LSLL DX, AX
	CMPQ AX, $0
	JLT  none
	ANDQ $0xfff, AX
none:
	MOVQ AX, ret+0(FP)
	RET
