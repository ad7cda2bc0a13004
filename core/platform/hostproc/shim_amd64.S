# The shim: mapped into every app process at SHIM_TEXT. It hands system calls
# over, runs what the core orders and restores the app's registers. It holds no
# secret and is trusted by nobody: whatever it does an app could do as well.
#
# Position independent, no data of its own, no stack but the alternate one.
# Generated into shim_amd64.gen.go by `make gen`; names that begin with a
# capital become Go constants there.
#
# Register rules. From entry to exit only rax, rcx, r11 and the six argument
# registers are touched, except on paths that end in Resume; the arguments lie
# in the request line and are loaded again at exit. FP and vector registers are
# never touched: a trap restores them from the host's frame at once.

# ---- addresses (fixed in every process) ----
.set ShimBase,      0x7f8000000000
.set RoOff,         0x10000            # read-only page shared by all
.set MailboxOff,    0x1000000          # slots of threads
.set SlotSize,      0x10000
.set MaxSlots,      16384

# ---- mailbox, offsets in a slot ----
.set MbNr,          0x000              # request line, app writes
.set MbArgs,        0x008
.set MbState,       0x038
.set MbType,        0x03c
.set MbReply,       0x040              # reply line, core writes
.set MbAction,      0x044
.set MbRet,         0x048
.set MbCopyDst,     0x050
.set MbCopyLen,     0x058
.set MbOrderCount,  0x05c
.set MbOrderDone,   0x060
.set MbFault,       0x064              # a copy or order-time access faulted
.set MbFull,        0x068              # a copy out ends in Resume
.set MbSwapOld,     0x06c              # compare and swap: expected, then found
.set MbSwapNew,     0x070
.set MbCtx,         0x080              # 18 registers in sigcontext order
.set CtxR8,         0x080
.set CtxR9,         0x088
.set CtxR10,        0x090
.set CtxR11,        0x098
.set CtxR12,        0x0a0
.set CtxR13,        0x0a8
.set CtxR14,        0x0b0
.set CtxR15,        0x0b8
.set CtxRdi,        0x0c0
.set CtxRsi,        0x0c8
.set CtxRbp,        0x0d0
.set CtxRbx,        0x0d8
.set CtxRdx,        0x0e0
.set CtxRax,        0x0e8
.set CtxRcx,        0x0f0
.set CtxRsp,        0x0f8
.set CtxRip,        0x100
.set CtxFlags,      0x108
.set MbSigno,       0x110              # what a trap was
.set MbCode,        0x118
.set MbAddr,        0x120
.set MbErr,         0x128
.set MbTrapno,      0x130
.set MbKick,        0x140
.set MbSpin,        0x144
.set MbYield,       0x148
.set MbYieldOff,    0x14c
.set MbInLen,       0x150              # bytes captured of an input buffer, -1 fault
.set MbInAddr,      0x158
.set MbSelf,        0x160              # address of this slot
.set MbInHost,      0x168              # sleeping in a futex of the host
.set MbAnswer,      0x16c              # which calls are answered here: see Answer*
.set MbTid,         0x170              # host's CHILD_CLEARTID word
.set MbXAddr,       0x178              # xstate address of a frame
.set MbIdent,       0x180              # pid tid ppid uid euid gid egid, 8 bytes each
.set MbTrapLeft,    0x1c4              # traps answered here until the core counts one
.set MbXLen,        0x1c0              # xsave bytes, where magic2 goes
.set MbOrders,      0x200              # 16 of nr, six arguments, result
.set MbScratch,     0xf00              # top of the stack for popf
.set MbDoor,        0xf80              # slot 0 only: the process's doorbell
.set MbBells,       0xfa0              # slot 0 only: a counter for each of 8 CPUs
.set MbSwReserved,  0xfc0              # 48 bytes for the frame's sw_reserved
.set MbData,        0x1000
.set DataSize,      0x4000
.set MbAltStack,    0x8000
.set AltStackSize,  0x8000

.set FrameSize,     440                # struct rt_sigframe
.set CpuSelector,   0x7b               # whose limit Linux makes the CPU's number

# ---- read-only page ----
.set RoClockSeq,    0x000
.set RoClockTsc,    0x008
.set RoClockMult,   0x010              # ns per tick, 32.32
.set RoClockMono,   0x018              # ns at tsc
.set RoClockWall,   0x020              # realtime - monotonic, ns
.set RoClockMode,   0x028              # 1: usable
.set RoGear,        0x030              # 0 the door, 1 the bell of the CPU, 2 the first bell
.set RoTable,       0x400              # a byte for each of 512 syscalls
.set RoCapture,     0x800              # a byte for each of 512: what to capture

.set StateIdle,     0
.set StatePosted,   1
.set TypeCall,      0
.set TypeTrap,      1
.set TypeDone,      2
.set TypeHello,     3
.set TypeExitKick,  4
.set TypeOutFault,  5
.set ReplyNone,     0
.set ReplyReady,    1
.set ReplyAsleep,   2
.set ReplyBlocked,  3
.set ActReturn,     0
.set ActOrders,     1
.set ActResume,     2
.set ActDeliver,    3
.set ActClone,      4
.set ActFork,       5
.set ActExit,       6
.set ActCopyOut,    7
.set ActRestore,    8
.set ActPatch,      9
.set ActSwap,       10
.set ActSave,       11

.set AnswerAll,     0                  # those that the table names
.set AnswerNone,    1
.set AnswerNext,    2                  # the next one, then none

.set TabPost,       0
.set TabIdent,      0x10               # + index of the identity word
.set TabYield,      0x20
.set TabFutex,      0x21
.set TabClock,      0x22
.set TabTime,       0x23
.set TabHost,       0x24

# WINDOW widens the time between a test for a kick and the way out, in the
# variant that tests are run with (as --defsym Widen=1).
.macro WINDOW
.ifdef Widen
	mov	$300, %r11d
7:	pause
	dec	%r11d
	jnz	7b
.endif
.endm

.text
ShimStart:
.set ro, ShimStart + RoOff
.set door, ShimStart + MailboxOff + MbDoor
.set bells, ShimStart + MailboxOff + MbBells

# ---- start of a blank process: fd 0 mailboxes, 1 read-only page, 2 socket ----
Start:
	mov	$9, %eax
	lea	ro(%rip), %rdi
	mov	$0x1000, %esi
	mov	$1, %edx                # PROT_READ
	mov	$0x11, %r10d            # MAP_SHARED|MAP_FIXED
	mov	$1, %r8d
	xor	%r9d, %r9d
	syscall
	mov	$9, %eax
	lea	ShimStart + MailboxOff(%rip), %rdi
	mov	$(SlotSize*MaxSlots), %esi
	mov	$3, %edx
	mov	$0x11, %r10d
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	syscall
	mov	$3, %eax
	xor	%edi, %edi
	syscall
	mov	$3, %eax
	mov	$1, %edi
	syscall
	mov	$158, %eax              # arch_prctl
	mov	$0x1001, %edi           # ARCH_SET_GS
	lea	ShimStart + MailboxOff(%rip), %rsi
	syscall
	movl	$TypeHello, %gs:MbType
	jmp	post

# ---- a system call from a jump in the app's text: rcx is where it returns ----
Entry:
	cmp	$512, %rax
	jae	entry_post
	lea	ro(%rip), %r11
	movzbl	RoTable(%r11,%rax), %r11d
	test	%r11d, %r11d
	jnz	special
entry_post:
	movl	$TypeCall, %gs:MbType
save_call:
	mov	%rbx, %gs:CtxRbx
	mov	%rbp, %gs:CtxRbp
	mov	%rsp, %gs:CtxRsp
	mov	%r12, %gs:CtxR12
	mov	%r13, %gs:CtxR13
	mov	%r14, %gs:CtxR14
	mov	%r15, %gs:CtxR15
	mov	%rcx, %gs:CtxRip
	mov	%rax, %gs:MbNr
	mov	%rdi, %gs:MbArgs
	mov	%rsi, %gs:MbArgs+8
	mov	%rdx, %gs:MbArgs+16
	mov	%r10, %gs:MbArgs+24
	mov	%r8, %gs:MbArgs+32
	mov	%r9, %gs:MbArgs+40
capture:
	# Copy a small input buffer along, as the table says: bits 0-2 the
	# argument of the address, 3-5 that of the length, 6-7 how (1 length is an
	# argument, 2 a string, 3 the signal frame that the stack pointer is in).
	movl	$0, %gs:MbInLen
	mov	%gs:MbNr, %rax
	cmp	$512, %rax
	jae	post
	lea	ro(%rip), %r11
	movzbl	RoCapture(%r11,%rax), %eax
	test	%eax, %eax
	jz	post
	mov	%eax, %ecx
	and	$7, %ecx
	mov	%gs:MbArgs(,%rcx,8), %rsi
	mov	%rsi, %gs:MbInAddr
	mov	%gs:MbSelf, %rdi
	add	$MbData, %rdi
	test	$0x80, %al
	jnz	capture_string
	shr	$3, %eax
	and	$7, %eax
	mov	%gs:MbArgs(,%rax,8), %rcx
	cmp	$DataSize, %rcx
	ja	post
	mov	%ecx, %eax
	cld
CopyInStart:
	rep movsb
CopyInEnd:
	mov	%eax, %gs:MbInLen
	jmp	post
capture_string:
	test	$0x40, %al
	jnz	capture_frame
	xor	%ecx, %ecx
CopyStrStart:
	movzbl	(%rsi,%rcx), %eax
	mov	%al, (%rdi,%rcx)
	inc	%ecx
	test	%al, %al
	jz	1f
	cmp	$1024, %ecx
	jb	CopyStrStart
CopyStrEnd:
	jmp	post                    # longer: the core reads it itself
1:	mov	%ecx, %gs:MbInLen
	jmp	post
capture_frame:
	mov	%gs:CtxRsp, %rsi
	sub	$8, %rsi                # the handler has popped the return address
	mov	%rsi, %gs:MbInAddr
	mov	$FrameSize, %ecx
	mov	%ecx, %eax
	cld
	jmp	CopyInStart
CopyInFault:
	movl	$0, %gs:MbInLen         # the core looks for itself and finds EFAULT

# ---- post the request and wait for the answer ----
post:
	movl	$ReplyNone, %gs:MbReply
	mov	$StatePosted, %eax
	xchg	%eax, %gs:MbState       # full barrier before the look at the door
	cmpl	$0, ro + RoGear(%rip)
	jne	bell
look:
	cmpl	$0, door(%rip)
	jne	ring
Wait:
	mov	%gs:MbSpin, %ecx
1:	mov	%gs:MbReply, %eax
	cmp	$ReplyReady, %eax
	je	answered
	cmp	$ReplyBlocked, %eax
	je	wait_yield
	dec	%ecx
	js	wait_yield
	pause
	jmp	1b
wait_yield:
	cmpl	$0, %gs:MbYieldOff
	je	1f
	decl	%gs:MbYieldOff
	jmp	wait_futex
1:	mov	%gs:MbYield, %r9d
2:	dec	%r9d
	js	wait_futex
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, %r8
	mov	$24, %eax               # sched_yield
	syscall
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	cmpl	$ReplyReady, %gs:MbReply
	je	answered
	sub	%r8, %rdx
	cmp	$3000000, %rdx          # about 1 ms: somebody computes here
	jb	2b
	movl	$256, %gs:MbYieldOff
wait_futex:
	mov	%gs:MbReply, %eax
	cmp	$ReplyReady, %eax
	je	answered
	mov	$ReplyAsleep, %ecx
	lock cmpxchg %ecx, %gs:MbReply
	jne	wait_futex
3:	mov	$202, %eax
	mov	%gs:MbSelf, %rdi
	add	$MbReply, %rdi
	xor	%esi, %esi              # FUTEX_WAIT, shared with the core
	mov	$ReplyAsleep, %edx
	xor	%r10d, %r10d
	syscall
	cmpl	$ReplyReady, %gs:MbReply
	jne	3b
answered:
	mov	%gs:MbAction, %eax
	test	%eax, %eax
	jnz	act
ReturnTest:                             # a kick from here to the jump starts here again
	cmpl	$0, %gs:MbKick
	jne	kicked_return
	WINDOW
	mov	%gs:MbArgs, %rdi
	mov	%gs:MbArgs+8, %rsi
	mov	%gs:MbArgs+16, %rdx
	mov	%gs:MbArgs+24, %r10
	mov	%gs:MbArgs+32, %r8
	mov	%gs:MbArgs+40, %r9
	mov	%gs:MbRet, %rax
	mov	%gs:CtxRip, %rcx
ReturnJump:
	jmp	*%rcx
ReturnEnd:
kicked_return:
	movl	$0, %gs:MbKick
	movl	$TypeExitKick, %gs:MbType
	jmp	post

bell:
	# Nobody spins: wake the root of this CPU. It compares the counter, so that
	# a ring before it sleeps is not lost. Then the door, since the gear may
	# have changed meanwhile.
	xor	%ecx, %ecx
	cmpl	$1, ro + RoGear(%rip)
	jne	1f
	mov	$CpuSelector, %edx
	lsl	%edx, %ecx              # as the vDSO's getcpu: the node is above bit 11
	and	$7, %ecx
1:	lea	bells(%rip), %rdi
	lea	(%rdi,%rcx,4), %rdi
	lock incl (%rdi)
	mov	$202, %eax
	mov	$1, %esi                # FUTEX_WAKE
	mov	$1, %edx
	syscall
	jmp	look
ring:
	xor	%eax, %eax
	xchg	%eax, door(%rip)
	test	%eax, %eax
	jz	Wait
	mov	$202, %eax
	lea	door(%rip), %rdi
	mov	$1, %esi                # FUTEX_WAKE
	mov	$1, %edx
	syscall
	jmp	Wait

act:
	cmp	$ActResume, %eax
	je	Resume
	cmp	$ActOrders, %eax
	je	orders
	cmp	$ActCopyOut, %eax
	je	copyout
	cmp	$ActDeliver, %eax
	je	deliver
	cmp	$ActRestore, %eax
	je	restore
	cmp	$ActClone, %eax
	je	clone
	cmp	$ActFork, %eax
	je	fork
	cmp	$ActPatch, %eax
	je	patch
	cmp	$ActSwap, %eax
	je	swap
	cmp	$ActSave, %eax
	je	save
	# ActExit: clear the app's child-tid word and wake who joins. The stack may
	# be gone by then.
	mov	%gs:MbCopyDst, %rdi
	test	%rdi, %rdi
	jz	1f
ExitStart:
	movl	$0, (%rdi)
ExitEnd:
	mov	$202, %eax
	mov	$1, %esi                # FUTEX_WAKE, shared as kernel/fork.c does it
	mov	$1, %edx
	syscall
1:	mov	$60, %eax
	xor	%edi, %edi
	syscall
	hlt
ExitFault:
	jmp	1b

# ---- ordered host calls, several in one trip, up to the first that fails ----
orders:
	movl	$0, %gs:MbOrderDone
1:	mov	%gs:MbOrderDone, %r11d
	cmp	%gs:MbOrderCount, %r11d
	jae	2f
	cmp	$16, %r11d
	jae	2f
	shl	$6, %r11
	mov	%gs:MbOrders(%r11), %rax
	mov	%gs:MbOrders+8(%r11), %rdi
	mov	%gs:MbOrders+16(%r11), %rsi
	mov	%gs:MbOrders+24(%r11), %rdx
	mov	%gs:MbOrders+32(%r11), %r10
	mov	%gs:MbOrders+40(%r11), %r8
	mov	%gs:MbOrders+48(%r11), %r9
	syscall
	mov	%gs:MbOrderDone, %r11d
	and	$15, %r11d
	shl	$6, %r11
	mov	%rax, %gs:MbOrders+56(%r11)
	cmp	$-4096, %rax
	ja	2f
	incl	%gs:MbOrderDone
	jmp	1b
2:	movl	$TypeDone, %gs:MbType
	jmp	post

# ---- copy a result into app memory, then return ----
copyout:
	mov	%gs:MbSelf, %rsi
	add	$MbData, %rsi
	mov	%gs:MbCopyDst, %rdi
	mov	%gs:MbCopyLen, %ecx
	cld
CopyOutStart:
	rep movsb
CopyOutEnd:
	cmpl	$0, %gs:MbFull
	jne	Resume
	jmp	ReturnTest
CopyOutFault:
	movl	$TypeOutFault, %gs:MbType
	jmp	post

# ---- write bytes into text that was made writable: a jump ----
patch:
	mov	%gs:MbSelf, %rsi
	add	$MbData, %rsi
	mov	%gs:MbCopyDst, %rdi
	mov	%gs:MbCopyLen, %ecx
	cld
	rep movsb
	movl	$TypeDone, %gs:MbType
	jmp	post

# ---- compare and swap a word of the app's: only its own address space can ----
swap:
	movl	$0, %gs:MbFault
	mov	%gs:MbCopyDst, %rdi
	mov	%gs:MbSwapOld, %eax
	mov	%gs:MbSwapNew, %ecx
SwapStart:
	lock cmpxchg %ecx, (%rdi)
SwapEnd:
	mov	%eax, %gs:MbSwapOld
	movl	$TypeDone, %gs:MbType
	jmp	post

# ---- the extended state, for the core to look at ----
save:
	mov	%gs:MbSelf, %r8
	add	$MbData, %r8
	lea	512(%r8), %rdi
	xor	%eax, %eax
	mov	$8, %ecx
	cld
	rep stosq                       # xsave keeps reserved header bytes
	mov	$-1, %eax
	mov	%eax, %edx
	xsave64	(%r8)
	movl	$TypeDone, %gs:MbType
	jmp	post

# ---- a signal frame: extended state, the frame's bytes, then the handler ----
deliver:
	movl	$0, %gs:MbFault
	mov	%gs:MbXAddr, %rdi
	test	%rdi, %rdi
	jz	1f
	mov	%rdi, %r8
DeliverStart:
	lea	512(%r8), %rdi
	xor	%eax, %eax
	mov	$8, %ecx
	cld
	rep stosq                       # xsave keeps reserved header bytes
	mov	$-1, %eax
	mov	%eax, %edx
	xsave64	(%r8)
	mov	%gs:MbSelf, %rsi
	add	$MbSwReserved, %rsi
	lea	464(%r8), %rdi
	mov	$6, %ecx
	rep movsq
	mov	%gs:MbXLen, %eax
	movl	$0x46505845, (%r8,%rax) # FP_XSTATE_MAGIC2
1:	mov	%gs:MbSelf, %rsi
	add	$MbData, %rsi
	mov	%gs:MbCopyDst, %rdi
	mov	%gs:MbCopyLen, %ecx
	cld
	rep movsb
DeliverEnd:
	jmp	Resume
DeliverFault:
	movl	$1, %gs:MbFault
	movl	$TypeDone, %gs:MbType
	jmp	post

# ---- sigreturn: the extended state of a frame, then its registers ----
restore:
	movl	$0, %gs:MbFault
	mov	%gs:MbXAddr, %r8
	mov	$-1, %eax
	mov	%eax, %edx
RestoreStart:
	xrstor64 (%r8)
RestoreEnd:

# ---- load every register from the context ----
Resume:                                 # a kick from here to the jump starts here again
	cmpl	$0, %gs:MbKick
	jne	kicked_resume
	WINDOW
	mov	%gs:MbSelf, %rsp
	add	$MbScratch, %rsp
	pushq	%gs:CtxFlags
	popfq
	mov	%gs:CtxR8, %r8
	mov	%gs:CtxR9, %r9
	mov	%gs:CtxR10, %r10
	mov	%gs:CtxR11, %r11
	mov	%gs:CtxR12, %r12
	mov	%gs:CtxR13, %r13
	mov	%gs:CtxR14, %r14
	mov	%gs:CtxR15, %r15
	mov	%gs:CtxRdi, %rdi
	mov	%gs:CtxRsi, %rsi
	mov	%gs:CtxRbp, %rbp
	mov	%gs:CtxRbx, %rbx
	mov	%gs:CtxRdx, %rdx
	mov	%gs:CtxRax, %rax
	mov	%gs:CtxRcx, %rcx
	mov	%gs:CtxRsp, %rsp
ResumeJump:
	jmp	*%gs:CtxRip
ResumeEnd:
kicked_resume:
	movl	$0, %gs:MbKick
	movq	$23, %gs:MbSigno        # SIGURG
	movl	$TypeTrap, %gs:MbType
	jmp	post

# ---- a thread: order 0 holds clone's arguments, r9 the child's slot ----
clone:
	mov	$56, %eax
	mov	%gs:MbOrders+8, %rdi
	mov	%gs:MbOrders+16, %rsi
	mov	%gs:MbOrders+24, %rdx
	mov	%gs:MbOrders+32, %r10
	mov	%gs:MbOrders+40, %r8
	mov	%gs:MbOrders+48, %r9
	syscall
	test	%rax, %rax
	jz	1f
	mov	%rax, %gs:MbOrders+56
	movl	$TypeDone, %gs:MbType
	jmp	post
1:	mov	$158, %eax              # the child still has the parent's GS
	mov	$0x1001, %edi
	mov	%r9, %rsi
	syscall
	mov	$131, %eax              # sigaltstack, struct at the start of the data
	lea	MbData(%r9), %rdi
	xor	%esi, %esi
	syscall
	jmp	Wait

# ---- a process: r9 its mailboxes' descriptor, r8 its socket, rdx the parent's ----
fork:
	mov	$56, %eax
	mov	$0x8011, %edi           # CLONE_PARENT|SIGCHLD
	xor	%esi, %esi
	mov	%gs:MbOrders+24, %rdx
	xor	%r10d, %r10d
	mov	%gs:MbOrders+40, %r8
	mov	%gs:MbOrders+48, %r9
	syscall
	test	%rax, %rax
	jz	1f
	mov	%rax, %gs:MbOrders+56
	movl	$TypeDone, %gs:MbType
	jmp	post
1:	mov	%rdx, %r13
	mov	%r9, %r14
	mov	$9, %eax
	lea	ShimStart + MailboxOff(%rip), %rdi
	mov	$(SlotSize*MaxSlots), %esi
	mov	$3, %edx
	mov	$0x11, %r10d
	mov	%r14, %r8
	xor	%r9d, %r9d
	syscall
	mov	$3, %eax
	mov	%r14, %rdi
	syscall
	mov	$3, %eax
	mov	%r13, %rdi
	syscall
	mov	$157, %eax              # prctl(PR_SET_PDEATHSIG, SIGKILL): fork clears it
	mov	$1, %edi
	mov	$9, %esi
	xor	%edx, %edx
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	syscall
	jmp	Wait

# ---- calls answered here ----
special:
	cmpl	$AnswerAll, %gs:MbAnswer
	jne	unanswered
answer:
	cmp	$TabYield, %r11d
	jb	ident
	je	yield
	cmp	$TabFutex, %r11d
	je	futex
	cmp	$TabClock, %r11d
	je	clock
	cmp	$TabHost, %r11d
	je	host
	jmp	entry_post
unanswered:
	cmpl	$AnswerNext, %gs:MbAnswer
	jne	entry_post
	movl	$AnswerNone, %gs:MbAnswer
	jmp	answer
ident:
	and	$15, %r11d
	mov	%gs:MbIdent(,%r11,8), %rax
IdentTest:
	cmpl	$0, %gs:MbKick
	jne	ident_kicked
	WINDOW
IdentJump:
	jmp	*%rcx
IdentEnd:
ident_kicked:
	# Post it as a call: the core answers the same and sees the kick.
	movl	$0, %gs:MbKick
	jmp	repost
yield:
	mov	%rcx, %gs:CtxRip
	mov	%rdi, %gs:MbArgs
	mov	$24, %eax
	syscall
	mov	%gs:CtxRip, %rcx
	jmp	IdentTest
repost:
	# rax is the result, not the number: the core must not run the call again.
	mov	%rax, %gs:MbRet
	mov	%rbx, %gs:CtxRbx
	mov	%rbp, %gs:CtxRbp
	mov	%rsp, %gs:CtxRsp
	mov	%r12, %gs:CtxR12
	mov	%r13, %gs:CtxR13
	mov	%r14, %gs:CtxR14
	mov	%r15, %gs:CtxR15
	mov	%rcx, %gs:CtxRip
	mov	%rdi, %gs:MbArgs
	mov	%rsi, %gs:MbArgs+8
	mov	%rdx, %gs:MbArgs+16
	mov	%r10, %gs:MbArgs+24
	mov	%r8, %gs:MbArgs+32
	mov	%r9, %gs:MbArgs+40
	movl	$TypeExitKick, %gs:MbType
	jmp	post

clock:
	# clock_gettime of CLOCK_REALTIME or CLOCK_MONOTONIC from the page; r11, rcx
	# and rax are free, rdx is kept in the mailbox.
	cmp	$1, %rdi
	ja	entry_post
	cmpl	$1, ro + RoClockMode(%rip)
	jne	entry_post
	mov	%rcx, %gs:CtxRip
	mov	%rdx, %gs:MbArgs+16
1:	mov	ro + RoClockSeq(%rip), %r11d
	test	$1, %r11d
	jnz	1b
	lfence
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	sub	ro + RoClockTsc(%rip), %rax
	mulq	ro + RoClockMult(%rip)
	shrd	$32, %rdx, %rax
	add	ro + RoClockMono(%rip), %rax
	test	%rdi, %rdi
	jnz	2f
	add	ro + RoClockWall(%rip), %rax
2:	cmp	ro + RoClockSeq(%rip), %r11d
	jne	1b
	xor	%edx, %edx
	mov	$1000000000, %ecx
	div	%rcx
ClockStart:
	mov	%rax, (%rsi)
	mov	%rdx, 8(%rsi)
ClockEnd:
	mov	%gs:MbArgs+16, %rdx
	mov	%gs:CtxRip, %rcx
	xor	%eax, %eax
	jmp	IdentTest
ClockFault:
	mov	%gs:MbArgs+16, %rdx
	mov	%gs:CtxRip, %rcx
	mov	$-14, %rax
	jmp	IdentTest

futex:
	# WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET and WAKE_BITSET go
	# to the host as they are, but those with a time-out on a clock that is
	# not the host's. A kick from FutexTest to FutexCall posts the call.
	mov	%esi, %r11d
	and	$0xfffffe7f, %r11d      # less FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME
	cmp	$10, %r11d
	ja	entry_post
	mov	$0x63b, %eax            # all but FUTEX_FD and the PI operations
	bt	%r11d, %eax
	mov	$202, %eax
	jnc	entry_post
host:
	# So do futex_waitv, futex_wake, futex_wait and futex_requeue.
	mov	%rax, %gs:MbNr
	mov	%rcx, %gs:CtxRip
	movl	$1, %gs:MbInHost
FutexTest:
	cmpl	$0, %gs:MbKick
	jne	futex_kicked
	WINDOW
FutexCall:
	syscall
FutexEnd:
	lock andl $0, %gs:MbInHost      # a barrier: then the test for a kick
	mov	%gs:CtxRip, %rcx
	cmp	$-4, %rax
	je	futex_interrupted
	jmp	IdentTest
futex_interrupted:
	# A kick, or a host signal that was none of ours: the core decides.
	mov	%gs:MbNr, %rax
	movl	$0, %gs:MbKick
	jmp	entry_post
futex_kicked:
	movl	$0, %gs:MbInHost
	movl	$0, %gs:MbKick
	mov	%gs:CtxRip, %rcx
	mov	%gs:MbNr, %rax
	jmp	entry_post

# ---- signal handler: rdi signo, rsi siginfo, rdx ucontext, on the alternate stack ----
Handler:
	mov	168(%rdx), %rax         # RIP
	lea	ShimStart(%rip), %rcx
	sub	%rcx, %rax
	cmp	$(ShimEnd - ShimStart), %rax
	jb	in_shim
trap:
	mov	%rdi, %gs:MbSigno
	movslq	8(%rsi), %rax
	mov	%rax, %gs:MbCode
	mov	16(%rsi), %rax
	mov	%rax, %gs:MbAddr
	mov	192(%rdx), %rax
	mov	%rax, %gs:MbErr
	mov	200(%rdx), %rax
	mov	%rax, %gs:MbTrapno
	mov	%rdx, %rbx
	mov	%rdi, %rbp
	lea	40(%rdx), %rsi
	mov	%gs:MbSelf, %rdi
	add	$MbCtx, %rdi
	mov	$18, %ecx
	cld
	rep movsq
	mov	224(%rbx), %r8          # fpstate
	test	%r8, %r8
	jz	1f
	mov	472(%r8), %eax          # xfeatures of the frame
	mov	476(%r8), %edx
	xrstor64 (%r8)
1:	movl	$TypeTrap, %gs:MbType
	cmp	$23, %rbp               # SIGURG: the kick has arrived
	jne	2f
	movl	$0, %gs:MbKick
2:	cmp	$31, %rbp               # SIGSYS: fill the request line too
	jne	post
	mov	%gs:CtxRax, %rax
	mov	%rax, %gs:MbNr
	mov	%gs:CtxRdi, %rdi
	mov	%rdi, %gs:MbArgs
	mov	%gs:CtxRsi, %rsi
	mov	%rsi, %gs:MbArgs+8
	mov	%gs:CtxRdx, %rdx
	mov	%rdx, %gs:MbArgs+16
	mov	%gs:CtxR10, %r10
	mov	%r10, %gs:MbArgs+24
	mov	%gs:CtxR8, %r8
	mov	%r8, %gs:MbArgs+32
	mov	%gs:CtxR9, %r9
	mov	%r9, %gs:MbArgs+40
	cmp	$512, %rax
	jae	capture
	lea	ro(%rip), %r11
	movzbl	RoTable(%r11,%rax), %r11d
	cmp	$TabHost, %r11d
	je	1f
	cmp	$TabFutex, %r11d
	jne	capture
	# A futex from a site without a jump: the same, but Resume ends it.
	mov	%esi, %r11d
	and	$0xfffffe7f, %r11d
	cmp	$10, %r11d
	ja	capture
	mov	$0x63b, %eax
	bt	%r11d, %eax
	jnc	capture
1:	cmpl	$AnswerNone, %gs:MbAnswer
	je	capture
	cmpl	$AnswerNext, %gs:MbAnswer
	jne	2f
	movl	$AnswerNone, %gs:MbAnswer
	jmp	3f
2:	subl	$1, %gs:MbTrapLeft
	jc	capture                 # the core counts it, and has it made again
3:	mov	%gs:MbNr, %rax
	movl	$1, %gs:MbInHost
TrapFutexTest:                          # a kick from here to the call posts it
	cmpl	$0, %gs:MbKick
	jne	trap_futex_post
	WINDOW
TrapFutexCall:
	syscall
TrapFutexEnd:
	lock andl $0, %gs:MbInHost
	cmp	$-4, %rax
	je	trap_futex_post
	mov	%rax, %gs:CtxRax
	mov	%gs:CtxRip, %rcx
	mov	%rcx, %gs:CtxRcx
	mov	%gs:CtxFlags, %rcx
	mov	%rcx, %gs:CtxR11
	jmp	Resume
trap_futex_post:
	movl	$0, %gs:MbInHost
	movl	$0, %gs:MbKick
	movq	$31, %gs:MbSigno
	movl	$TypeTrap, %gs:MbType
	jmp	post

in_shim:
	cmp	$23, %edi
	je	kick_in_shim
	# A fault in one of the copies has a way out; any other is the app's.
	lea	fixups(%rip), %rcx
1:	mov	(%rcx), %r8d
	test	%r8d, %r8d
	jz	trap
	cmp	%r8d, %eax
	jb	2f
	cmp	4(%rcx), %eax
	jb	redirect
2:	add	$12, %rcx
	jmp	1b
kick_in_shim:
	movl	$1, %gs:MbKick
	lea	windows(%rip), %rcx
1:	mov	(%rcx), %r8d
	test	%r8d, %r8d
	jz	sigreturn
	cmp	%r8d, %eax
	jb	2f
	cmp	4(%rcx), %eax
	jbe	redirect
2:	add	$12, %rcx
	jmp	1b
redirect:
	mov	8(%rcx), %eax
	lea	ShimStart(%rip), %rcx
	add	%rcx, %rax
	mov	%rax, 168(%rdx)
sigreturn:
	lea	8(%rsp), %rsp
	mov	$15, %eax
	syscall
	hlt
Restorer:
	mov	$15, %eax
	syscall
	hlt

.balign 4
fixups:
	.long	CopyInStart-ShimStart, CopyInEnd-ShimStart, CopyInFault-ShimStart
	.long	CopyStrStart-ShimStart, CopyStrEnd-ShimStart, CopyInFault-ShimStart
	.long	CopyOutStart-ShimStart, CopyOutEnd-ShimStart, CopyOutFault-ShimStart
	.long	DeliverStart-ShimStart, DeliverEnd-ShimStart, DeliverFault-ShimStart
	.long	RestoreStart-ShimStart, RestoreEnd-ShimStart, DeliverFault-ShimStart
	.long	SwapStart-ShimStart, SwapEnd-ShimStart, DeliverFault-ShimStart
	.long	ExitStart-ShimStart, ExitEnd-ShimStart, ExitFault-ShimStart
	.long	ClockStart-ShimStart, ClockEnd-ShimStart, ClockFault-ShimStart
	.long	0
windows:
	.long	ReturnTest-ShimStart, ReturnJump-ShimStart, ReturnTest-ShimStart
	.long	Resume-ShimStart, ResumeJump-ShimStart, Resume-ShimStart
	.long	IdentTest-ShimStart, IdentJump-ShimStart, IdentTest-ShimStart
	.long	FutexTest-ShimStart, FutexCall-ShimStart, FutexTest-ShimStart
	.long	TrapFutexTest-ShimStart, TrapFutexCall-ShimStart, TrapFutexTest-ShimStart
	.long	0
ShimEnd:
