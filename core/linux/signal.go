package linux

// Signals of amd64 (asm/signal.h). SIGRTMIN is the kernel's: libc keeps the
// first two or three real-time signals to itself. NSIG is the highest signal.
const (
	SIGHUP    = 1
	SIGINT    = 2
	SIGQUIT   = 3
	SIGILL    = 4
	SIGTRAP   = 5
	SIGABRT   = 6
	SIGIOT    = 6
	SIGBUS    = 7
	SIGFPE    = 8
	SIGKILL   = 9
	SIGUSR1   = 10
	SIGSEGV   = 11
	SIGUSR2   = 12
	SIGPIPE   = 13
	SIGALRM   = 14
	SIGTERM   = 15
	SIGSTKFLT = 16
	SIGCHLD   = 17
	SIGCONT   = 18
	SIGSTOP   = 19
	SIGTSTP   = 20
	SIGTTIN   = 21
	SIGTTOU   = 22
	SIGURG    = 23
	SIGXCPU   = 24
	SIGXFSZ   = 25
	SIGVTALRM = 26
	SIGPROF   = 27
	SIGWINCH  = 28
	SIGIO     = 29
	SIGPOLL   = 29
	SIGPWR    = 30
	SIGSYS    = 31
	SIGUNUSED = 31
	SIGRTMIN  = 32
	SIGRTMAX  = 64
	NSIG      = 64
)

// Flags of sigaction(2) as the kernel sees them.
const (
	SA_RESTORER       = 0x4000000
	SA_NOCLDSTOP      = 0x1
	SA_NOCLDWAIT      = 0x2
	SA_SIGINFO        = 0x4
	SA_UNSUPPORTED    = 0x400
	SA_ONSTACK        = 0x8000000
	SA_RESTART        = 0x10000000
	SA_NODEFER        = 0x40000000
	SA_RESETHAND      = 0x80000000
	SA_NOMASK         = 0x40000000
	SA_ONESHOT        = 0x80000000
	SA_EXPOSE_TAGBITS = 0x800
)

// How of sigprocmask(2), and the two special handlers.
const (
	SIG_BLOCK   = 0
	SIG_UNBLOCK = 1
	SIG_SETMASK = 2
	SIG_DFL     = 0
	SIG_IGN     = 1
)

// Flags of sigaltstack(2), and the least and the usual size in bytes.
const (
	MINSIGSTKSZ   = 0x800
	SIGSTKSZ      = 0x2000
	SS_ONSTACK    = 0x1
	SS_DISABLE    = 0x2
	SS_AUTODISARM = 0x80000000
	SS_FLAG_BITS  = 0x80000000
)

// si_code: who sent the signal. Above zero the kernel did.
const (
	SI_USER     = 0
	SI_KERNEL   = 128
	SI_QUEUE    = -1
	SI_TIMER    = -2
	SI_MESGQ    = -3
	SI_ASYNCIO  = -4
	SI_SIGIO    = -5
	SI_TKILL    = -6
	SI_DETHREAD = -7
	SI_ASYNCNL  = -60
)

// si_code of SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP, SIGCHLD, SIGPOLL, SIGSYS.
const (
	ILL_ILLOPC           = 1
	ILL_ILLOPN           = 2
	ILL_ILLADR           = 3
	ILL_ILLTRP           = 4
	ILL_PRVOPC           = 5
	ILL_PRVREG           = 6
	ILL_COPROC           = 7
	ILL_BADSTK           = 8
	FPE_INTDIV           = 1
	FPE_INTOVF           = 2
	FPE_FLTDIV           = 3
	FPE_FLTOVF           = 4
	FPE_FLTUND           = 5
	FPE_FLTRES           = 6
	FPE_FLTINV           = 7
	FPE_FLTSUB           = 8
	FPE_FLTUNK           = 14
	FPE_CONDTRAP         = 15
	SEGV_MAPERR          = 1
	SEGV_ACCERR          = 2
	SEGV_BNDERR          = 3
	SEGV_PKUERR          = 4
	SEGV_ACCADI          = 5
	SEGV_ADIDERR         = 6
	SEGV_ADIPERR         = 7
	SEGV_MTEAERR         = 8
	SEGV_MTESERR         = 9
	BUS_ADRALN           = 1
	BUS_ADRERR           = 2
	BUS_OBJERR           = 3
	BUS_MCEERR_AR        = 4
	BUS_MCEERR_AO        = 5
	TRAP_BRKPT           = 1
	TRAP_TRACE           = 2
	TRAP_BRANCH          = 3
	TRAP_HWBKPT          = 4
	TRAP_UNK             = 5
	TRAP_PERF            = 6
	TRAP_PERF_FLAG_ASYNC = 1
	CLD_EXITED           = 1
	CLD_KILLED           = 2
	CLD_DUMPED           = 3
	CLD_TRAPPED          = 4
	CLD_STOPPED          = 5
	CLD_CONTINUED        = 6
	POLL_IN              = 1
	POLL_OUT             = 2
	POLL_MSG             = 3
	POLL_ERR             = 4
	POLL_PRI             = 5
	POLL_HUP             = 6
	SYS_SECCOMP          = 1
	SYS_USER_DISPATCH    = 2
	SEGV_CPERR           = 10
)

// Notification of struct sigevent.
const (
	SIGEV_SIGNAL    = 0
	SIGEV_NONE      = 1
	SIGEV_THREAD    = 2
	SIGEV_THREAD_ID = 4
)

// Flags of signalfd4(2), eventfd2(2) and timerfd_create(2).
const (
	SFD_CLOEXEC   = 02000000
	SFD_NONBLOCK  = 04000
	EFD_SEMAPHORE = 01
	EFD_CLOEXEC   = 02000000
	EFD_NONBLOCK  = 04000
	TFD_CLOEXEC   = 02000000
	TFD_NONBLOCK  = 04000
)
