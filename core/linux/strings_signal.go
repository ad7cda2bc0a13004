package linux

// SigactionFlags names sa_flags.
var SigactionFlags = []Flag{
	{"SA_RESTORER", SA_RESTORER}, {"SA_ONSTACK", SA_ONSTACK}, {"SA_RESTART", SA_RESTART},
	{"SA_NODEFER", SA_NODEFER}, {"SA_RESETHAND", SA_RESETHAND}, {"SA_SIGINFO", SA_SIGINFO},
	{"SA_NOCLDSTOP", SA_NOCLDSTOP}, {"SA_NOCLDWAIT", SA_NOCLDWAIT}, {"SA_UNSUPPORTED", SA_UNSUPPORTED},
	{"SA_EXPOSE_TAGBITS", SA_EXPOSE_TAGBITS},
}

// SigprocmaskHow names the first argument of sigprocmask(2).
var SigprocmaskHow = []Flag{
	{"SIG_BLOCK", SIG_BLOCK}, {"SIG_UNBLOCK", SIG_UNBLOCK}, {"SIG_SETMASK", SIG_SETMASK},
}

// SigaltstackFlags names ss_flags.
var SigaltstackFlags = []Flag{
	{"SS_ONSTACK", SS_ONSTACK}, {"SS_DISABLE", SS_DISABLE}, {"SS_AUTODISARM", SS_AUTODISARM},
}

// SigevNotify names sigev_notify.
var SigevNotify = []Flag{
	{"SIGEV_SIGNAL", SIGEV_SIGNAL}, {"SIGEV_NONE", SIGEV_NONE}, {"SIGEV_THREAD", SIGEV_THREAD},
	{"SIGEV_THREAD_ID", SIGEV_THREAD_ID},
}

// SignalfdFlags names the flags of signalfd4(2).
var SignalfdFlags = []Flag{
	{"SFD_CLOEXEC", SFD_CLOEXEC}, {"SFD_NONBLOCK", SFD_NONBLOCK},
}

// EventfdFlags names the flags of eventfd2(2).
var EventfdFlags = []Flag{
	{"EFD_SEMAPHORE", EFD_SEMAPHORE}, {"EFD_CLOEXEC", EFD_CLOEXEC}, {"EFD_NONBLOCK", EFD_NONBLOCK},
}

// TimerfdFlags names the flags of timerfd_create(2).
var TimerfdFlags = []Flag{
	{"TFD_CLOEXEC", TFD_CLOEXEC}, {"TFD_NONBLOCK", TFD_NONBLOCK},
}

// TimerfdSettimeFlags names the flags of timerfd_settime(2).
var TimerfdSettimeFlags = []Flag{
	{"TFD_TIMER_ABSTIME", TFD_TIMER_ABSTIME}, {"TFD_TIMER_CANCEL_ON_SET", TFD_TIMER_CANCEL_ON_SET},
}

// TimerFlags names the flags of clock_nanosleep(2) and timer_settime(2).
var TimerFlags = []Flag{
	{"TIMER_ABSTIME", TIMER_ABSTIME},
}

// Clocks names the clocks.
var Clocks = []Flag{
	{"CLOCK_REALTIME", CLOCK_REALTIME}, {"CLOCK_MONOTONIC", CLOCK_MONOTONIC},
	{"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
	{"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID}, {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
	{"CLOCK_REALTIME_COARSE", CLOCK_REALTIME_COARSE}, {"CLOCK_MONOTONIC_COARSE", CLOCK_MONOTONIC_COARSE},
	{"CLOCK_BOOTTIME", CLOCK_BOOTTIME}, {"CLOCK_REALTIME_ALARM", CLOCK_REALTIME_ALARM},
	{"CLOCK_BOOTTIME_ALARM", CLOCK_BOOTTIME_ALARM}, {"CLOCK_SGI_CYCLE", CLOCK_SGI_CYCLE},
	{"CLOCK_TAI", CLOCK_TAI},
}

// Itimers names the timers of setitimer(2).
var Itimers = []Flag{
	{"ITIMER_REAL", ITIMER_REAL}, {"ITIMER_VIRTUAL", ITIMER_VIRTUAL}, {"ITIMER_PROF", ITIMER_PROF},
}

// PidfdOpenFlags names the flags of pidfd_open(2).
var PidfdOpenFlags = []Flag{
	{"PIDFD_NONBLOCK", PIDFD_NONBLOCK}, {"PIDFD_THREAD", PIDFD_THREAD},
}

// PollEvents names the events of poll(2).
var PollEvents = []Flag{
	{"POLLIN", POLLIN}, {"POLLPRI", POLLPRI}, {"POLLOUT", POLLOUT}, {"POLLERR", POLLERR}, {"POLLHUP", POLLHUP},
	{"POLLNVAL", POLLNVAL}, {"POLLRDNORM", POLLRDNORM}, {"POLLRDBAND", POLLRDBAND}, {"POLLWRNORM", POLLWRNORM},
	{"POLLWRBAND", POLLWRBAND}, {"POLLMSG", POLLMSG}, {"POLLREMOVE", POLLREMOVE}, {"POLLRDHUP", POLLRDHUP},
}

// EpollEvents names the events of epoll_ctl(2).
var EpollEvents = []Flag{
	{"EPOLLIN", EPOLLIN}, {"EPOLLPRI", EPOLLPRI}, {"EPOLLOUT", EPOLLOUT}, {"EPOLLERR", EPOLLERR},
	{"EPOLLHUP", EPOLLHUP}, {"EPOLLNVAL", EPOLLNVAL}, {"EPOLLRDNORM", EPOLLRDNORM},
	{"EPOLLRDBAND", EPOLLRDBAND}, {"EPOLLWRNORM", EPOLLWRNORM}, {"EPOLLWRBAND", EPOLLWRBAND},
	{"EPOLLMSG", EPOLLMSG}, {"EPOLLRDHUP", EPOLLRDHUP}, {"EPOLLEXCLUSIVE", EPOLLEXCLUSIVE},
	{"EPOLLWAKEUP", EPOLLWAKEUP}, {"EPOLLONESHOT", EPOLLONESHOT}, {"EPOLLET", EPOLLET},
}

// EpollOps names the operations of epoll_ctl(2).
var EpollOps = []Flag{
	{"EPOLL_CTL_ADD", EPOLL_CTL_ADD}, {"EPOLL_CTL_DEL", EPOLL_CTL_DEL}, {"EPOLL_CTL_MOD", EPOLL_CTL_MOD},
}

// EpollCreateFlags names the flags of epoll_create1(2).
var EpollCreateFlags = []Flag{
	{"EPOLL_CLOEXEC", EPOLL_CLOEXEC},
}

// SiCodeName prints the si_code of a signal as strace does.
func SiCodeName(signo, code int32) string {
	v := uint64(uint32(code))
	if name, ok := lookup(SiCodes, v); ok {
		return name
	}
	table := SiCodes
	switch signo {
	case SIGILL:
		table = illCodes
	case SIGFPE:
		table = fpeCodes
	case SIGSEGV:
		table = segvCodes
	case SIGBUS:
		table = busCodes
	case SIGTRAP:
		table = trapCodes
	case SIGCHLD:
		table = cldCodes
	case SIGPOLL:
		table = pollCodes
	case SIGSYS:
		table = sysCodes
	}
	return ValueName(table, v)
}

// SiCodes names the si_code values that every signal can have, cut to 32 bits.
var SiCodes = []Flag{
	{"SI_USER", SI_USER}, {"SI_KERNEL", SI_KERNEL}, {"SI_QUEUE", 0xffffffff}, {"SI_TIMER", 0xfffffffe},
	{"SI_MESGQ", 0xfffffffd}, {"SI_ASYNCIO", 0xfffffffc}, {"SI_SIGIO", 0xfffffffb}, {"SI_TKILL", 0xfffffffa},
	{"SI_DETHREAD", 0xfffffff9}, {"SI_ASYNCNL", 0xffffffc4},
}

var illCodes = []Flag{
	{"ILL_ILLOPC", ILL_ILLOPC}, {"ILL_ILLOPN", ILL_ILLOPN}, {"ILL_ILLADR", ILL_ILLADR},
	{"ILL_ILLTRP", ILL_ILLTRP}, {"ILL_PRVOPC", ILL_PRVOPC}, {"ILL_PRVREG", ILL_PRVREG},
	{"ILL_COPROC", ILL_COPROC}, {"ILL_BADSTK", ILL_BADSTK},
}

var fpeCodes = []Flag{
	{"FPE_INTDIV", FPE_INTDIV}, {"FPE_INTOVF", FPE_INTOVF}, {"FPE_FLTDIV", FPE_FLTDIV},
	{"FPE_FLTOVF", FPE_FLTOVF}, {"FPE_FLTUND", FPE_FLTUND}, {"FPE_FLTRES", FPE_FLTRES},
	{"FPE_FLTINV", FPE_FLTINV}, {"FPE_FLTSUB", FPE_FLTSUB}, {"FPE_FLTUNK", FPE_FLTUNK},
	{"FPE_CONDTRAP", FPE_CONDTRAP},
}

var segvCodes = []Flag{
	{"SEGV_MAPERR", SEGV_MAPERR}, {"SEGV_ACCERR", SEGV_ACCERR}, {"SEGV_BNDERR", SEGV_BNDERR},
	{"SEGV_PKUERR", SEGV_PKUERR}, {"SEGV_ACCADI", SEGV_ACCADI}, {"SEGV_ADIDERR", SEGV_ADIDERR},
	{"SEGV_ADIPERR", SEGV_ADIPERR}, {"SEGV_MTEAERR", SEGV_MTEAERR}, {"SEGV_MTESERR", SEGV_MTESERR},
	{"SEGV_CPERR", SEGV_CPERR},
}

var busCodes = []Flag{
	{"BUS_ADRALN", BUS_ADRALN}, {"BUS_ADRERR", BUS_ADRERR}, {"BUS_OBJERR", BUS_OBJERR},
	{"BUS_MCEERR_AR", BUS_MCEERR_AR}, {"BUS_MCEERR_AO", BUS_MCEERR_AO},
}

var trapCodes = []Flag{
	{"TRAP_BRKPT", TRAP_BRKPT}, {"TRAP_TRACE", TRAP_TRACE}, {"TRAP_BRANCH", TRAP_BRANCH},
	{"TRAP_HWBKPT", TRAP_HWBKPT}, {"TRAP_UNK", TRAP_UNK}, {"TRAP_PERF", TRAP_PERF},
}

var cldCodes = []Flag{
	{"CLD_EXITED", CLD_EXITED}, {"CLD_KILLED", CLD_KILLED}, {"CLD_DUMPED", CLD_DUMPED},
	{"CLD_TRAPPED", CLD_TRAPPED}, {"CLD_STOPPED", CLD_STOPPED}, {"CLD_CONTINUED", CLD_CONTINUED},
}

var pollCodes = []Flag{
	{"POLL_IN", POLL_IN}, {"POLL_OUT", POLL_OUT}, {"POLL_MSG", POLL_MSG}, {"POLL_ERR", POLL_ERR},
	{"POLL_PRI", POLL_PRI}, {"POLL_HUP", POLL_HUP},
}

var sysCodes = []Flag{
	{"SYS_SECCOMP", SYS_SECCOMP}, {"SYS_USER_DISPATCH", SYS_USER_DISPATCH},
}
