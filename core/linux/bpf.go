package linux

// Classic BPF (linux/bpf_common.h, linux/filter.h): what the code of an
// instruction is made of.
const (
	BPF_LD   = 0x0
	BPF_LDX  = 0x1
	BPF_ST   = 0x2
	BPF_STX  = 0x3
	BPF_ALU  = 0x4
	BPF_JMP  = 0x5
	BPF_RET  = 0x6
	BPF_MISC = 0x7

	BPF_W   = 0x0
	BPF_IMM = 0x0
	BPF_ABS = 0x20
	BPF_MEM = 0x60
	BPF_LEN = 0x80

	BPF_ADD  = 0x0
	BPF_SUB  = 0x10
	BPF_MUL  = 0x20
	BPF_DIV  = 0x30
	BPF_OR   = 0x40
	BPF_AND  = 0x50
	BPF_LSH  = 0x60
	BPF_RSH  = 0x70
	BPF_NEG  = 0x80
	BPF_XOR  = 0xa0
	BPF_JA   = 0x0
	BPF_JEQ  = 0x10
	BPF_JGT  = 0x20
	BPF_JGE  = 0x30
	BPF_JSET = 0x40

	BPF_K   = 0x0
	BPF_X   = 0x8
	BPF_A   = 0x10
	BPF_TAX = 0x0
	BPF_TXA = 0x80

	BPF_MAXINSNS = 4096
	BPF_MEMWORDS = 16
)
