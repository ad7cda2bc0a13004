package linux

// Operations and values of prctl(2), each value behind its operation.
const (
	PR_SET_PDEATHSIG                  = 1
	PR_GET_PDEATHSIG                  = 2
	PR_GET_DUMPABLE                   = 3
	PR_SET_DUMPABLE                   = 4
	PR_GET_UNALIGN                    = 5
	PR_SET_UNALIGN                    = 6
	PR_GET_KEEPCAPS                   = 7
	PR_SET_KEEPCAPS                   = 8
	PR_GET_FPEMU                      = 9
	PR_SET_FPEMU                      = 10
	PR_FPEMU_NOPRINT                  = 1
	PR_FPEMU_SIGFPE                   = 2
	PR_GET_FPEXC                      = 11
	PR_SET_FPEXC                      = 12
	PR_GET_TIMING                     = 13
	PR_SET_TIMING                     = 14
	PR_TIMING_STATISTICAL             = 0
	PR_TIMING_TIMESTAMP               = 1
	PR_SET_NAME                       = 15
	PR_GET_NAME                       = 16
	PR_GET_ENDIAN                     = 19
	PR_SET_ENDIAN                     = 20
	PR_GET_SECCOMP                    = 21
	PR_SET_SECCOMP                    = 22
	PR_CAPBSET_READ                   = 23
	PR_CAPBSET_DROP                   = 24
	PR_GET_TSC                        = 25
	PR_SET_TSC                        = 26
	PR_TSC_ENABLE                     = 1
	PR_TSC_SIGSEGV                    = 2
	PR_GET_SECUREBITS                 = 27
	PR_SET_SECUREBITS                 = 28
	PR_SET_TIMERSLACK                 = 29
	PR_GET_TIMERSLACK                 = 30
	PR_TASK_PERF_EVENTS_DISABLE       = 31
	PR_TASK_PERF_EVENTS_ENABLE        = 32
	PR_MCE_KILL                       = 33
	PR_MCE_KILL_CLEAR                 = 0
	PR_MCE_KILL_SET                   = 1
	PR_MCE_KILL_LATE                  = 0
	PR_MCE_KILL_EARLY                 = 1
	PR_MCE_KILL_DEFAULT               = 2
	PR_MCE_KILL_GET                   = 34
	PR_SET_MM                         = 35
	PR_SET_MM_START_CODE              = 1
	PR_SET_MM_END_CODE                = 2
	PR_SET_MM_START_DATA              = 3
	PR_SET_MM_END_DATA                = 4
	PR_SET_MM_START_STACK             = 5
	PR_SET_MM_START_BRK               = 6
	PR_SET_MM_BRK                     = 7
	PR_SET_MM_ARG_START               = 8
	PR_SET_MM_ARG_END                 = 9
	PR_SET_MM_ENV_START               = 10
	PR_SET_MM_ENV_END                 = 11
	PR_SET_MM_AUXV                    = 12
	PR_SET_MM_EXE_FILE                = 13
	PR_SET_MM_MAP                     = 14
	PR_SET_MM_MAP_SIZE                = 15
	PR_SET_PTRACER                    = 1499557217
	PR_SET_PTRACER_ANY                = 0xffffffffffffffff
	PR_SET_CHILD_SUBREAPER            = 36
	PR_GET_CHILD_SUBREAPER            = 37
	PR_SET_NO_NEW_PRIVS               = 38
	PR_GET_NO_NEW_PRIVS               = 39
	PR_GET_TID_ADDRESS                = 40
	PR_SET_THP_DISABLE                = 41
	PR_GET_THP_DISABLE                = 42
	PR_MPX_ENABLE_MANAGEMENT          = 43
	PR_MPX_DISABLE_MANAGEMENT         = 44
	PR_SET_FP_MODE                    = 45
	PR_GET_FP_MODE                    = 46
	PR_CAP_AMBIENT                    = 47
	PR_CAP_AMBIENT_IS_SET             = 1
	PR_CAP_AMBIENT_RAISE              = 2
	PR_CAP_AMBIENT_LOWER              = 3
	PR_CAP_AMBIENT_CLEAR_ALL          = 4
	PR_GET_SPECULATION_CTRL           = 52
	PR_SET_SPECULATION_CTRL           = 53
	PR_SET_IO_FLUSHER                 = 57
	PR_GET_IO_FLUSHER                 = 58
	PR_SET_SYSCALL_USER_DISPATCH      = 59
	PR_SYS_DISPATCH_OFF               = 0
	PR_SYS_DISPATCH_ON                = 1
	PR_SCHED_CORE                     = 62
	PR_SCHED_CORE_GET                 = 0
	PR_SCHED_CORE_CREATE              = 1
	PR_SCHED_CORE_SHARE_TO            = 2
	PR_SCHED_CORE_SHARE_FROM          = 3
	PR_SCHED_CORE_MAX                 = 4
	PR_SCHED_CORE_SCOPE_THREAD        = 0
	PR_SCHED_CORE_SCOPE_THREAD_GROUP  = 1
	PR_SCHED_CORE_SCOPE_PROCESS_GROUP = 2
	PR_SET_VMA                        = 1398164801
	PR_SET_VMA_ANON_NAME              = 0
	PR_SET_MDWE                       = 65
	PR_MDWE_REFUSE_EXEC_GAIN          = 1
	PR_MDWE_NO_INHERIT                = 2
	PR_GET_MDWE                       = 66
	PR_SET_MEMORY_MERGE               = 67
	PR_GET_MEMORY_MERGE               = 68
	PR_GET_AUXV                       = 1096112214
)

// Values of PR_GET_SPECULATION_CTRL, PR_SET_FPEXC, PR_SET_ENDIAN, PR_SET_UNALIGN.
const (
	PR_UNALIGN_NOPRINT      = 0x1
	PR_UNALIGN_SIGBUS       = 0x2
	PR_FP_EXC_SW_ENABLE     = 0x80
	PR_FP_EXC_DIV           = 0x10000
	PR_FP_EXC_OVF           = 0x20000
	PR_FP_EXC_UND           = 0x40000
	PR_FP_EXC_RES           = 0x80000
	PR_FP_EXC_INV           = 0x100000
	PR_FP_EXC_DISABLED      = 0x0
	PR_FP_EXC_NONRECOV      = 0x1
	PR_FP_EXC_ASYNC         = 0x2
	PR_FP_EXC_PRECISE       = 0x3
	PR_ENDIAN_BIG           = 0x0
	PR_ENDIAN_LITTLE        = 0x1
	PR_ENDIAN_PPC_LITTLE    = 0x2
	PR_SPEC_STORE_BYPASS    = 0x0
	PR_SPEC_INDIRECT_BRANCH = 0x1
	PR_SPEC_L1D_FLUSH       = 0x2
	PR_SPEC_NOT_AFFECTED    = 0x0
	PR_SPEC_PRCTL           = 0x1
	PR_SPEC_ENABLE          = 0x2
	PR_SPEC_DISABLE         = 0x4
	PR_SPEC_FORCE_DISABLE   = 0x8
	PR_SPEC_DISABLE_NOEXEC  = 0x10
)

// Operations of arch_prctl(2).
const (
	ARCH_SET_GS               = 0x1001
	ARCH_SET_FS               = 0x1002
	ARCH_GET_FS               = 0x1003
	ARCH_GET_GS               = 0x1004
	ARCH_GET_CPUID            = 0x1011
	ARCH_SET_CPUID            = 0x1012
	ARCH_GET_XCOMP_SUPP       = 0x1021
	ARCH_GET_XCOMP_PERM       = 0x1022
	ARCH_REQ_XCOMP_PERM       = 0x1023
	ARCH_GET_XCOMP_GUEST_PERM = 0x1024
	ARCH_REQ_XCOMP_GUEST_PERM = 0x1025
	ARCH_MAP_VDSO_X32         = 0x2001
	ARCH_MAP_VDSO_32          = 0x2002
	ARCH_MAP_VDSO_64          = 0x2003
)

// Personalities and their flags.
const (
	ADDR_NO_RANDOMIZE  = 0x40000
	FDPIC_FUNCPTRS     = 0x80000
	MMAP_PAGE_ZERO     = 0x100000
	ADDR_COMPAT_LAYOUT = 0x200000
	READ_IMPLIES_EXEC  = 0x400000
	ADDR_LIMIT_32BIT   = 0x800000
	SHORT_INODE        = 0x1000000
	WHOLE_SECONDS      = 0x2000000
	STICKY_TIMEOUTS    = 0x4000000
	ADDR_LIMIT_3GB     = 0x8000000
	UNAME26            = 0x20000
	PER_LINUX          = 0x0
	PER_LINUX32        = 0x8
	PER_MASK           = 0xff
)

// Operations, flags and answers of seccomp(2).
const (
	SECCOMP_MODE_DISABLED                  = 0x0
	SECCOMP_MODE_STRICT                    = 0x1
	SECCOMP_MODE_FILTER                    = 0x2
	SECCOMP_SET_MODE_STRICT                = 0x0
	SECCOMP_SET_MODE_FILTER                = 0x1
	SECCOMP_GET_ACTION_AVAIL               = 0x2
	SECCOMP_GET_NOTIF_SIZES                = 0x3
	SECCOMP_FILTER_FLAG_TSYNC              = 0x1
	SECCOMP_FILTER_FLAG_LOG                = 0x2
	SECCOMP_FILTER_FLAG_SPEC_ALLOW         = 0x4
	SECCOMP_FILTER_FLAG_NEW_LISTENER       = 0x8
	SECCOMP_FILTER_FLAG_TSYNC_ESRCH        = 0x10
	SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 0x20
	SECCOMP_RET_KILL_PROCESS               = 0x80000000
	SECCOMP_RET_KILL_THREAD                = 0x0
	SECCOMP_RET_KILL                       = 0x0
	SECCOMP_RET_TRAP                       = 0x30000
	SECCOMP_RET_ERRNO                      = 0x50000
	SECCOMP_RET_USER_NOTIF                 = 0x7fc00000
	SECCOMP_RET_TRACE                      = 0x7ff00000
	SECCOMP_RET_LOG                        = 0x7ffc0000
	SECCOMP_RET_ALLOW                      = 0x7fff0000
	SECCOMP_RET_ACTION_FULL                = 0xffff0000
	SECCOMP_RET_ACTION                     = 0x7fff0000
	SECCOMP_RET_DATA                       = 0xffff
	SECCOMP_USER_NOTIF_FLAG_CONTINUE       = 0x1
	SECCOMP_ADDFD_FLAG_SETFD               = 0x1
	SECCOMP_ADDFD_FLAG_SEND                = 0x2
)

// Architectures as struct seccomp_data and PTRACE_GET_SYSCALL_INFO name them.
const (
	AUDIT_ARCH_I386    = 0x40000003
	AUDIT_ARCH_X86_64  = 0xc000003e
	AUDIT_ARCH_AARCH64 = 0xc00000b7
)

// Secure bits.
const (
	SECBIT_NOROOT                      = 0x1
	SECBIT_NOROOT_LOCKED               = 0x2
	SECBIT_NO_SETUID_FIXUP             = 0x4
	SECBIT_NO_SETUID_FIXUP_LOCKED      = 0x8
	SECBIT_KEEP_CAPS                   = 0x10
	SECBIT_KEEP_CAPS_LOCKED            = 0x20
	SECBIT_NO_CAP_AMBIENT_RAISE        = 0x40
	SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED = 0x80
)

// Flags of getrandom(2).
const (
	GRND_NONBLOCK = 0x1
	GRND_RANDOM   = 0x2
	GRND_INSECURE = 0x4
)

// Magic numbers and commands of reboot(2).
const (
	LINUX_REBOOT_MAGIC1         = 0xfee1dead
	LINUX_REBOOT_MAGIC2         = 0x28121969
	LINUX_REBOOT_MAGIC2A        = 0x5121996
	LINUX_REBOOT_MAGIC2B        = 0x16041998
	LINUX_REBOOT_MAGIC2C        = 0x20112000
	LINUX_REBOOT_CMD_RESTART    = 0x1234567
	LINUX_REBOOT_CMD_HALT       = 0xcdef0123
	LINUX_REBOOT_CMD_CAD_ON     = 0x89abcdef
	LINUX_REBOOT_CMD_CAD_OFF    = 0x0
	LINUX_REBOOT_CMD_POWER_OFF  = 0x4321fedc
	LINUX_REBOOT_CMD_RESTART2   = 0xa1b2c3d4
	LINUX_REBOOT_CMD_SW_SUSPEND = 0xd000fce2
	LINUX_REBOOT_CMD_KEXEC      = 0x45584543
)
