package platform

// Regs are the general registers of amd64 in the order of the kernel's
// sigcontext.
type Regs struct {
	R8, R9, R10, R11, R12, R13, R14, R15        uint64
	Rdi, Rsi, Rbp, Rbx, Rdx, Rax, Rcx, Rsp, Rip uint64
	Eflags                                      uint64
}
