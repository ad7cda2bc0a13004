package linux

// Keys of the auxiliary vector (linux/auxvec.h, asm/auxvec.h).
const (
	AT_SYSINFO_EHDR      = 33
	AT_NULL              = 0
	AT_IGNORE            = 1
	AT_EXECFD            = 2
	AT_PHDR              = 3
	AT_PHENT             = 4
	AT_PHNUM             = 5
	AT_PAGESZ            = 6
	AT_BASE              = 7
	AT_FLAGS             = 8
	AT_ENTRY             = 9
	AT_NOTELF            = 10
	AT_UID               = 11
	AT_EUID              = 12
	AT_GID               = 13
	AT_EGID              = 14
	AT_PLATFORM          = 15
	AT_HWCAP             = 16
	AT_CLKTCK            = 17
	AT_SECURE            = 23
	AT_BASE_PLATFORM     = 24
	AT_RANDOM            = 25
	AT_HWCAP2            = 26
	AT_EXECFN            = 31
	AT_MINSIGSTKSZ       = 51
	AT_RSEQ_FEATURE_SIZE = 27
	AT_RSEQ_ALIGN        = 28
	AT_HWCAP3            = 29
	AT_HWCAP4            = 30
)

// Types of the notes in a core file, and of the x86 properties, that debug/elf
// lacks (linux/elf.h).
const (
	PN_XNUM                          = 0xffff
	NT_PRSTATUS                      = 0x1
	NT_PRFPREG                       = 0x2
	NT_PRPSINFO                      = 0x3
	NT_TASKSTRUCT                    = 0x4
	NT_AUXV                          = 0x6
	NT_SIGINFO                       = 0x53494749
	NT_FILE                          = 0x46494c45
	NT_PRXFPREG                      = 0x46e62b7f
	NT_386_TLS                       = 0x200
	NT_X86_XSTATE                    = 0x202
	GNU_PROPERTY_X86_FEATURE_1_AND   = 0xc0000002
	GNU_PROPERTY_X86_FEATURE_1_IBT   = 0x1
	GNU_PROPERTY_X86_FEATURE_1_SHSTK = 0x2
)
