package linux

// Requests of ptrace(2).
const (
	PTRACE_TRACEME                = 0x0
	PTRACE_PEEKTEXT               = 0x1
	PTRACE_PEEKDATA               = 0x2
	PTRACE_PEEKUSR                = 0x3
	PTRACE_POKETEXT               = 0x4
	PTRACE_POKEDATA               = 0x5
	PTRACE_POKEUSR                = 0x6
	PTRACE_CONT                   = 0x7
	PTRACE_KILL                   = 0x8
	PTRACE_SINGLESTEP             = 0x9
	PTRACE_ATTACH                 = 0x10
	PTRACE_DETACH                 = 0x11
	PTRACE_SYSCALL                = 0x18
	PTRACE_SETOPTIONS             = 0x4200
	PTRACE_GETEVENTMSG            = 0x4201
	PTRACE_GETSIGINFO             = 0x4202
	PTRACE_SETSIGINFO             = 0x4203
	PTRACE_GETREGSET              = 0x4204
	PTRACE_SETREGSET              = 0x4205
	PTRACE_SEIZE                  = 0x4206
	PTRACE_INTERRUPT              = 0x4207
	PTRACE_LISTEN                 = 0x4208
	PTRACE_PEEKSIGINFO            = 0x4209
	PTRACE_GETSIGMASK             = 0x420a
	PTRACE_SETSIGMASK             = 0x420b
	PTRACE_GET_SYSCALL_INFO       = 0x420e
	PTRACE_GET_RSEQ_CONFIGURATION = 0x420f
	PTRACE_GETREGS                = 0xc
	PTRACE_SETREGS                = 0xd
	PTRACE_GETFPREGS              = 0xe
	PTRACE_SETFPREGS              = 0xf
	PTRACE_GETFPXREGS             = 0x12
	PTRACE_SETFPXREGS             = 0x13
	PTRACE_OLDSETOPTIONS          = 0x15
	PTRACE_GET_THREAD_AREA        = 0x19
	PTRACE_SET_THREAD_AREA        = 0x1a
	PTRACE_ARCH_PRCTL             = 0x1e
	PTRACE_SYSEMU                 = 0x1f
	PTRACE_SYSEMU_SINGLESTEP      = 0x20
	PTRACE_SINGLEBLOCK            = 0x21
)

// Options and events of ptrace(2).
const (
	PTRACE_SYSCALL_INFO_NONE      = 0x0
	PTRACE_SYSCALL_INFO_ENTRY     = 0x1
	PTRACE_SYSCALL_INFO_EXIT      = 0x2
	PTRACE_SYSCALL_INFO_SECCOMP   = 0x3
	PTRACE_EVENTMSG_SYSCALL_ENTRY = 0x1
	PTRACE_EVENTMSG_SYSCALL_EXIT  = 0x2
	PTRACE_EVENT_FORK             = 0x1
	PTRACE_EVENT_VFORK            = 0x2
	PTRACE_EVENT_CLONE            = 0x3
	PTRACE_EVENT_EXEC             = 0x4
	PTRACE_EVENT_VFORK_DONE       = 0x5
	PTRACE_EVENT_EXIT             = 0x6
	PTRACE_EVENT_SECCOMP          = 0x7
	PTRACE_EVENT_STOP             = 0x80
	PTRACE_O_TRACESYSGOOD         = 0x1
	PTRACE_O_TRACEFORK            = 0x2
	PTRACE_O_TRACEVFORK           = 0x4
	PTRACE_O_TRACECLONE           = 0x8
	PTRACE_O_TRACEEXEC            = 0x10
	PTRACE_O_TRACEVFORKDONE       = 0x20
	PTRACE_O_TRACEEXIT            = 0x40
	PTRACE_O_TRACESECCOMP         = 0x80
	PTRACE_O_EXITKILL             = 0x100000
	PTRACE_O_SUSPEND_SECCOMP      = 0x200000
	PTRACE_O_MASK                 = 0x3000ff
)
