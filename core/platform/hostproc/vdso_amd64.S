# The vDSO that apps see: clock_gettime and its kin from the read-only page,
# by the same line from TSC ticks to ns as the shim. What the page cannot
# answer is a system call.
#
# Linked into vdso_amd64.gen.bin by `make gen`.

.set Ro,        0x7f8000010000          # shimShimBase + shimRoOff
.set Seq,       0x00
.set Tsc,       0x08
.set Mult,      0x10
.set Mono,      0x18
.set Wall,      0x20
.set Mode,      0x28

.text

# now: r8 = Ro; gives in rax ns of the monotonic clock plus r9 (0 or wall).
# Destroys rcx, rdx, r10. ZF is clear when the page is not usable.
.macro NOW wall
	movabs	$Ro, %r8
	cmpl	$1, Mode(%r8)
	jne	9f
1:	mov	Seq(%r8), %r10d
	test	$1, %r10d
	jnz	1b
	lfence
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	sub	Tsc(%r8), %rax
	mulq	Mult(%r8)
	shrd	$32, %rdx, %rax
	add	Mono(%r8), %rax
.if \wall
	add	Wall(%r8), %rax
.endif
	cmp	Seq(%r8), %r10d
	jne	1b
.endm

.globl __vdso_clock_gettime
.type __vdso_clock_gettime, @function
__vdso_clock_gettime:
	cmp	$1, %edi
	je	mono
	ja	coarse
	NOW	1
split:	xor	%edx, %edx
	mov	$1000000000, %ecx
	div	%rcx
	mov	%rax, (%rsi)
	mov	%rdx, 8(%rsi)
	xor	%eax, %eax
	ret
mono:	NOW	0
	jmp	split
coarse:	cmp	$6, %edi                # CLOCK_MONOTONIC_COARSE: finer is allowed
	je	mono
9:	mov	$228, %eax
	syscall
	ret
.size __vdso_clock_gettime, .-__vdso_clock_gettime

.globl __vdso_gettimeofday
.type __vdso_gettimeofday, @function
__vdso_gettimeofday:
	test	%rsi, %rsi              # a time zone is the kernel's
	jnz	9f
	test	%rdi, %rdi
	jz	9f
	NOW	1
	xor	%edx, %edx
	mov	$1000000000, %ecx
	div	%rcx
	mov	%rax, (%rdi)
	mov	%edx, %eax
	xor	%edx, %edx
	mov	$1000, %ecx
	div	%ecx
	mov	%rax, 8(%rdi)
	xor	%eax, %eax
	ret
9:	mov	$96, %eax
	syscall
	ret
.size __vdso_gettimeofday, .-__vdso_gettimeofday

.globl __vdso_time
.type __vdso_time, @function
__vdso_time:
	NOW	1
	xor	%edx, %edx
	mov	$1000000000, %ecx
	div	%rcx
	test	%rdi, %rdi
	jz	1f
	mov	%rax, (%rdi)
1:	ret
9:	mov	$201, %eax
	syscall
	ret
.size __vdso_time, .-__vdso_time

.globl __vdso_clock_getres
.type __vdso_clock_getres, @function
__vdso_clock_getres:
	mov	$229, %eax
	syscall
	ret
.size __vdso_clock_getres, .-__vdso_clock_getres

.globl __vdso_getcpu
.type __vdso_getcpu, @function
__vdso_getcpu:
	mov	$309, %eax
	syscall
	ret
.size __vdso_getcpu, .-__vdso_getcpu

.weak clock_gettime, gettimeofday, time, clock_getres, getcpu
.set clock_gettime, __vdso_clock_gettime
.set gettimeofday, __vdso_gettimeofday
.set time, __vdso_time
.set clock_getres, __vdso_clock_getres
.set getcpu, __vdso_getcpu
