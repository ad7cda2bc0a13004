// variants: static dyn musl
// Signals: actions, masks, pending, queues, flags, restart, nesting, what
// siginfo says.
#include "p.h"
#include <ucontext.h>

static volatile int hits, last, order[64];
static volatile siginfo_t info;
static void hit(int s) { last = s; if (hits < 64) order[hits] = s; hits++; }
static void hit_info(int s, siginfo_t *i, void *u) { info = *i; hit(s); }
static void act(int s, void (*f)(int), int flags)
{
	struct sigaction a = {.sa_handler = f, .sa_flags = flags};
	if (flags & SA_SIGINFO) a.sa_sigaction = (void *)hit_info;
	must(sigaction(s, &a, 0));
}
static void block(int how, int s)
{
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, s);
	must(sigprocmask(how, &m, 0));
}
static int pending(int s)
{
	sigset_t m;
	must(sigpending(&m));
	return sigismember(&m, s);
}
static int blocked(int s)
{
	sigset_t m;
	must(sigprocmask(SIG_BLOCK, 0, &m));
	return sigismember(&m, s);
}
static void alarm_ms(int ms)
{
	struct itimerval t = {{0, 0}, {ms / 1000, ms % 1000 * 1000}};
	must(setitimer(ITIMER_REAL, &t, 0));
}

CASE(action)
{
	struct sigaction old;
	act(SIGUSR1, hit, 0);
	R(kill(getpid(), SIGUSR1));
	say("hits %d last %s", hits, signame(last));
	R(sigaction(SIGUSR1, 0, &old));
	say("handler kept %d", old.sa_handler == hit);
	act(SIGUSR1, hit, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, 0, &old);
	say("hits %d, default now %d", hits, old.sa_handler == SIG_DFL);
	signal(SIGUSR1, SIG_IGN);
	R(raise(SIGUSR1));
	say("hits %d", hits);
	R(sigaction(SIGKILL, &old, 0));
	R(sigaction(SIGSTOP, &old, 0));
	R(sigaction(SIGKILL, 0, &old));
	R(sigaction(0, &old, 0));
	R(sigaction(65, &old, 0));
	R(sigaction(-1, &old, 0));
	S(rt_sigaction, SIGUSR1, BAD, 0, 8);
	S(rt_sigaction, SIGUSR1, 0, BAD, 8);
	S(rt_sigaction, SIGUSR1, 0, 0, 8);
	S(rt_sigaction, SIGUSR1, 0, 0, 16);
	S(rt_sigaction, SIGUSR1, BAD, 0, 16);
	S(rt_sigaction, 99, BAD, 0, 8);
	S(rt_sigaction, 99, 0, 0, 8);
}

CASE(mask)
{
	act(SIGUSR1, hit, 0);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	say("hits %d pending %d", hits, pending(SIGUSR1));
	block(SIG_UNBLOCK, SIGUSR1);
	say("hits %d pending %d", hits, pending(SIGUSR1));
	sigset_t all, now;
	sigfillset(&all);
	uint64_t raw = -1UL, got = 0;
	S(rt_sigprocmask, SIG_SETMASK, &raw, 0, 8);
	S(rt_sigprocmask, SIG_SETMASK, 0, &got, 8);
	say("all but KILL and STOP %d", got == (-1UL & ~(1UL << (SIGKILL - 1)) & ~(1UL << (SIGSTOP - 1))));
	raw = 0;
	S(rt_sigprocmask, SIG_SETMASK, &raw, 0, 8);
	S(rt_sigprocmask, 77, &raw, 0, 8);
	S(rt_sigprocmask, 77, 0, 0, 8);
	S(rt_sigprocmask, SIG_BLOCK, &raw, 0, 16);
	S(rt_sigprocmask, SIG_BLOCK, BAD, 0, 8);
	S(rt_sigprocmask, SIG_BLOCK, &raw, BAD, 8);
	S(rt_sigpending, BAD, 8);
	S(rt_sigpending, &raw, 9);
	S(rt_sigpending, &raw, 4);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN); // drops what is pending
	say("pending %d", pending(SIGUSR1));
	act(SIGUSR1, hit, 0);
	block(SIG_UNBLOCK, SIGUSR1);
	say("hits %d", hits);
}

static void nested(int s)
{
	hits++;
	say("in %s: USR1 blocked %d USR2 blocked %d", signame(s), blocked(SIGUSR1), blocked(SIGUSR2));
	if (hits < 3 && s == SIGUSR1) { raise(SIGUSR1); say("after raise, pending %d", pending(SIGUSR1)); }
}

CASE(handler_mask)
{
	struct sigaction a = {.sa_handler = nested};
	sigaddset(&a.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &a, 0);
	raise(SIGUSR1);
	say("after: blocked %d %d", blocked(SIGUSR1), blocked(SIGUSR2));
	hits = 0;
	a.sa_flags = SA_NODEFER;
	sigemptyset(&a.sa_mask);
	sigaction(SIGUSR1, &a, 0);
	raise(SIGUSR1);
	say("after: blocked %d, hits %d", blocked(SIGUSR1), hits);
}

static void outer(int s)
{
	say("outer begins");
	raise(SIGUSR2);
	say("outer ends");
}
static void inner(int s) { say("inner"); }

CASE(nesting)
{
	act(SIGUSR1, outer, 0);
	act(SIGUSR2, inner, 0);
	raise(SIGUSR1);
	struct sigaction a = {.sa_handler = outer};
	sigaddset(&a.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &a, 0);
	raise(SIGUSR1);
}

// Several at once: low numbers first, each handler runs on top of the last.
CASE(delivery_order)
{
	int s[] = {SIGUSR2, SIGHUP, SIGTERM, SIGINT, 40, 35};
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &all, 0);
	for (int i = 0; i < 6; i++) {
		struct sigaction a = {.sa_handler = hit};
		sigfillset(&a.sa_mask);
		sigaction(s[i], &a, 0);
		raise(s[i]);
	}
	sigprocmask(SIG_SETMASK, &none, 0);
	for (int i = 0; i < hits; i++) say("%s", signame(order[i]));
}

CASE(realtime_queue)
{
	act(40, hit, SA_SIGINFO);
	block(SIG_BLOCK, 40);
	for (int i = 0; i < 3; i++) must(sigqueue(getpid(), 40, (union sigval){.sival_int = 100 + i}));
	say("pending %d", pending(40));
	siginfo_t si;
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, 40);
	R(sigwaitinfo(&m, &si));
	say("value %d code %d pid mine %d uid mine %d", si.si_value.sival_int, si.si_code, si.si_pid == getpid(), si.si_uid == getuid());
	R(sigwaitinfo(&m, &si));
	say("value %d", si.si_value.sival_int);
	block(SIG_UNBLOCK, 40);
	say("hits %d value %d code %d", hits, info.si_value.sival_int, info.si_code);
	block(SIG_BLOCK, SIGUSR1);
	act(SIGUSR1, hit, SA_SIGINFO);
	sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1});
	sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 2});
	hits = 0;
	block(SIG_UNBLOCK, SIGUSR1);
	say("standard: hits %d value %d", hits, info.si_value.sival_int);
	struct rlimit l = {4, 4};
	must(setrlimit(RLIMIT_SIGPENDING, &l));
	if (is_root()) must(RAW(setresuid, 34567, 34567, 34567));
	block(SIG_BLOCK, 40);
	int n = 0;
	while (n < 100 && sigqueue(getpid(), 40, (union sigval){0}) == 0) n++;
	say("queue full after a few %d: %s", n <= 5, ename(errno));
	R(sigqueue(1 << 22, 40, (union sigval){0}));
	R(sigqueue(getpid(), 99, (union sigval){0}));
	R(sigqueue(getpid(), 0, (union sigval){0}));
}

CASE(queueinfo)
{
	siginfo_t si = {0};
	si.si_code = 0;
	act(SIGUSR1, hit, SA_SIGINFO);
	S(rt_sigqueueinfo, getpid(), SIGUSR1, BAD);
	si.si_code = SI_QUEUE;
	si.si_value.sival_int = 5;
	S(rt_sigqueueinfo, getpid(), SIGUSR1, &si);
	say("value %d signo %s", info.si_value.sival_int, signame(info.si_signo));
	child("to another process", {
		si.si_code = SI_TKILL;
		S(rt_sigqueueinfo, getppid(), SIGUSR1, &si);
		si.si_code = 1;
		S(rt_sigqueueinfo, getppid(), SIGUSR1, &si);
	});
	si.si_code = SI_QUEUE;
	S(rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &si);
	S(rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &si);
	S(rt_tgsigqueueinfo, getpid(), 1 << 22, SIGUSR1, &si);
	say("hits %d", hits);
}

CASE(kill)
{
	act(SIGUSR1, hit, SA_SIGINFO);
	R(kill(getpid(), SIGUSR1));
	say("code %d pid mine %d uid mine %d", info.si_code, info.si_pid == getpid(), info.si_uid == getuid());
	S(tkill, getpid(), SIGUSR1);
	say("code %d", info.si_code);
	S(tgkill, getpid(), getpid(), SIGUSR1);
	say("code %d hits %d", info.si_code, hits);
	R(kill(getpid(), 0));
	R(kill(getpid(), 65));
	R(kill(getpid(), -1));
	R(kill(1 << 22, SIGUSR1));
	R(kill(-(1 << 22), SIGUSR1));
	S(tkill, 0, SIGUSR1);
	S(tkill, -1, SIGUSR1);
	S(tkill, 1 << 22, SIGUSR1);
	S(tgkill, 0, getpid(), SIGUSR1);
	S(tgkill, getpid(), 1 << 22, SIGUSR1);
	child("thread of another process", { S(tgkill, getppid(), getpid(), SIGUSR1); });
	S(tgkill, getpid(), getpid(), 0);
	S(tgkill, getpid(), getpid(), 99);
	child("to the parent", kill(getppid(), SIGUSR1));
	say("hits %d code %d from a child %d", hits, info.si_code, info.si_pid != getpid());
}

CASE(child)
{
	act(SIGCHLD, hit, SA_SIGINFO);
	pid_t pid = must(fork());
	if (!pid) _exit(5);
	while (waitpid(pid, 0, 0) < 0) ;
	say("hits %d code %d status %d pid %d uid %d", hits, info.si_code, info.si_status, info.si_pid == pid, info.si_uid == getuid());
	pid = must(fork());
	if (!pid) for (;;) pause();
	must(kill(pid, SIGSTOP));
	while (waitpid(pid, 0, WUNTRACED) < 0) ;
	until(info.si_code == CLD_STOPPED);
	say("code %d status %s", info.si_code, signame(info.si_status));
	must(kill(pid, SIGCONT));
	while (waitpid(pid, 0, WCONTINUED) < 0) ;
	until(info.si_code == CLD_CONTINUED);
	say("code %d status %s", info.si_code, signame(info.si_status));
	must(kill(pid, SIGKILL));
	while (waitpid(pid, 0, 0) < 0) ;
	say("code %d status %s hits %d", info.si_code, signame(info.si_status), hits);
	hits = 0;
	act(SIGCHLD, hit, SA_SIGINFO | SA_NOCLDSTOP);
	pid = must(fork());
	if (!pid) for (;;) pause();
	must(kill(pid, SIGSTOP));
	while (waitpid(pid, 0, WUNTRACED) < 0) ;
	must(kill(pid, SIGCONT));
	while (waitpid(pid, 0, WCONTINUED) < 0) ;
	say("NOCLDSTOP: hits %d", hits);
	must(kill(pid, SIGKILL));
	while (waitpid(pid, 0, 0) < 0) ;
	say("hits %d", hits);
	pid = must(fork());
	if (!pid) { struct rlimit l = {0, 0}; setrlimit(RLIMIT_CORE, &l); abort(); }
	while (waitpid(pid, 0, 0) < 0) ;
	say("code %d status %s", info.si_code, signame(info.si_status));
}

CASE(suspend)
{
	act(SIGUSR1, hit, 0);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	sigset_t none;
	sigemptyset(&none);
	R(sigsuspend(&none));
	say("hits %d blocked again %d", hits, blocked(SIGUSR1));
	act(SIGALRM, hit, 0);
	alarm_ms(30);
	R(sigsuspend(&none));
	say("hits %d", hits);
	alarm_ms(30);
	R(pause());
	S(rt_sigsuspend, &none, 16);
	S(rt_sigsuspend, BAD, 8);
}

CASE(timedwait)
{
	sigset_t m;
	siginfo_t si;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigaddset(&m, 40);
	sigprocmask(SIG_BLOCK, &m, 0);
	struct timespec zero = {0, 0}, some = {0, 30000000}, bad = {0, 1000000000}, neg = {-1, 0};
	R(sigtimedwait(&m, &si, &zero));
	int64_t t = now_ns();
	R(sigtimedwait(&m, &si, &some));
	say("waited %d", now_ns() - t >= 30000000);
	R(sigtimedwait(&m, &si, &bad));
	R(sigtimedwait(&m, &si, &neg));
	raise(40);
	raise(SIGUSR1);
	R(sigtimedwait(&m, &si, &zero));
	say("signo %s code %d", signame(si.si_signo), si.si_code);
	R(sigtimedwait(&m, 0, &zero));
	R(sigtimedwait(&m, 0, &zero));
	act(SIGALRM, hit, 0);
	alarm_ms(30);
	S(rt_sigtimedwait, &m, &si, 0, 8); // musl's sigwaitinfo would wait on
	S(rt_sigtimedwait, &m, 0, &zero, 16);
	S(rt_sigtimedwait, BAD, 0, &zero, 8);
	S(rt_sigtimedwait, &m, 0, BAD, 8);
	raise(SIGUSR1);
	S(rt_sigtimedwait, &m, BAD, &zero, 8);
	pid_t pid = must(fork());
	if (!pid) { settle(); kill(getppid(), SIGUSR1); _exit(0); }
	R(sigwaitinfo(&m, &si));
	say("from the child %d", si.si_pid == pid);
	must(waitpid(pid, 0, 0));
	signal(SIGUSR1, SIG_IGN); // an ignored one that is blocked is still kept for sigwait
	raise(SIGUSR1);
	R(sigtimedwait(&m, 0, &zero));
}

static volatile int on_alt;
static char *alt;
static void where(int s)
{
	char c;
	stack_t now;
	sigaltstack(0, &now);
	on_alt = &c > alt && &c < alt + 65536;
	say("on the alternate stack %d, flags %d", on_alt, now.ss_flags);
	if (on_alt) {
		stack_t other = {malloc(65536), 0, 65536};
		R(sigaltstack(&other, 0));
	}
}

CASE(altstack)
{
	stack_t old, ss = {0};
	alt = malloc(65536);
	R(sigaltstack(0, &old));
	say("flags %d size %ld", old.ss_flags, (long)old.ss_size);
	ss = (stack_t){alt, 0, 65536};
	R(sigaltstack(&ss, &old));
	R(sigaltstack(0, &old));
	say("same %d flags %d size %ld", old.ss_sp == alt, old.ss_flags, (long)old.ss_size);
	act(SIGUSR1, where, SA_ONSTACK);
	raise(SIGUSR1);
	act(SIGUSR1, where, 0);
	raise(SIGUSR1);
	ss.ss_size = 100;
	R(sigaltstack(&ss, 0));
	ss.ss_size = 2047;
	S(sigaltstack, &ss, 0);
	ss.ss_flags = 77, ss.ss_size = 65536;
	R(sigaltstack(&ss, 0));
	ss.ss_flags = SS_ONSTACK;
	R(sigaltstack(&ss, 0));
	ss.ss_flags = SS_DISABLE, ss.ss_size = 0;
	R(sigaltstack(&ss, 0));
	R(sigaltstack(0, &old));
	say("flags %d", old.ss_flags);
	S(sigaltstack, BAD, 0);
	S(sigaltstack, 0, BAD);
	ss = (stack_t){alt, 1 << 31 /* SS_AUTODISARM */, 65536};
	S(sigaltstack, &ss, 0);
	act(SIGUSR1, where, SA_ONSTACK);
	raise(SIGUSR1);
	R(sigaltstack(0, &old));
	say("armed again %d", old.ss_sp == alt);
}

static void overflowed(int s, siginfo_t *i, void *u)
{
	char c;
	say("%s code %d on the alternate stack %d", signame(s), i->si_code, &c > alt && &c < alt + 65536);
	_exit(3);
}
static int deeper(volatile char *p) { volatile char b[4096]; b[0] = p ? p[0] : 0; return deeper(b) + b[5]; }

CASE(overflow)
{
	child("stack overflow", {
		struct rlimit l = {1 << 20, 1 << 20};
		setrlimit(RLIMIT_STACK, &l);
		alt = malloc(65536);
		stack_t ss = {alt, 0, 65536};
		sigaltstack(&ss, 0);
		struct sigaction a = {.sa_sigaction = overflowed, .sa_flags = SA_SIGINFO | SA_ONSTACK};
		sigaction(SIGSEGV, &a, 0);
		deeper(0);
	});
	child("no room for the frame", {
		struct rlimit l = {1 << 20, 1 << 20};
		setrlimit(RLIMIT_STACK, &l);
		struct sigaction a = {.sa_sigaction = overflowed, .sa_flags = SA_SIGINFO};
		sigaction(SIGSEGV, &a, 0);
		deeper(0);
	});
}

CASE(restart)
{
	int p[2];
	char c;
	must(pipe(p));
	act(SIGALRM, hit, 0);
	alarm_ms(30);
	R(read(p[0], &c, 1));
	act(SIGALRM, hit, SA_RESTART);
	pid_t pid = must(fork());
	if (!pid) { nap_ms(100); write(p[1], "x", 1); _exit(0); }
	alarm_ms(30);
	R(read(p[0], &c, 1));
	say("hits %d", hits);
	must(waitpid(pid, 0, 0));
	// These are never restarted: signal(7).
	alarm_ms(30);
	R(poll(0, 0, -1));
	alarm_ms(30);
	R(select(0, 0, 0, 0, 0));
	alarm_ms(30);
	R(pause());
	alarm_ms(30);
	struct timespec t = {10, 0}, left = {0};
	R(nanosleep(&t, &left));
	say("left about 10 s %d", left.tv_sec == 9);
	alarm_ms(30);
	R(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, 0));
	alarm_ms(30);
	R(sigsuspend(&(sigset_t){0}));
	say("hits %d", hits);
	// A signal without a handler interrupts nothing.
	signal(SIGUSR1, SIG_IGN);
	pid = must(fork());
	if (!pid) { kill(getppid(), SIGUSR1); kill(getppid(), SIGWINCH); settle(); write(p[1], "x", 1); _exit(0); }
	R(read(p[0], &c, 1));
	must(waitpid(pid, 0, 0));
	// A stop and a continue do not either.
	pid = must(fork());
	if (!pid) {
		R(read(p[0], &c, 1));
		_exit(0);
	}
	settle();
	must(kill(pid, SIGSTOP));
	must(waitpid(pid, 0, WUNTRACED));
	must(kill(pid, SIGCONT));
	settle();
	must(write(p[1], "x", 1));
	R(waitpid(pid, 0, 0) == pid);
}

static void change(int s, siginfo_t *i, void *u)
{
	ucontext_t *c = u;
	c->uc_mcontext.gregs[REG_RBX] = 4242;
	sigaddset(&c->uc_sigmask, SIGUSR2);
}

static long self, r[8];

CASE(context)
{
	struct sigaction a = {.sa_sigaction = change, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &a, 0);
	long rbx;
	// The handler's changes to registers and mask take effect.
	__asm__ volatile("mov $7, %%rbx\n mov %1, %%rdi\n mov %2, %%rsi\n mov $62, %%eax\n syscall\n mov %%rbx, %0"
		: "=r"(rbx) : "r"((long)getpid()), "r"((long)SIGUSR1) : "rbx", "rdi", "rsi", "rax", "rcx", "r11", "memory");
	say("rbx %ld USR2 blocked %d", rbx, blocked(SIGUSR2));
	// All other registers survive a signal.
	self = getpid();
	__asm__ volatile(
		"mov $1, %%r8\n mov $2, %%r9\n mov $3, %%r10\n mov $4, %%r12\n mov $5, %%r13\n mov $6, %%r14\n mov $7, %%rdx\n"
		"movq %%r12, %%xmm3\n mov %0, %%rdi\n mov $10, %%esi\n mov $62, %%eax\n syscall\n"
		"mov %%r8, 0(%1)\n mov %%r9, 8(%1)\n mov %%r10, 16(%1)\n mov %%r12, 24(%1)\n mov %%r13, 32(%1)\n mov %%r14, 40(%1)\n mov %%rdx, 48(%1)\n movq %%xmm3, 56(%1)\n"
		: : "m"(self), "r"(r)
		: "rbx", "r8", "r9", "r10", "r12", "r13", "r14", "rdx", "rdi", "rsi", "rax", "rcx", "r11", "xmm3", "memory");
	say("%ld %ld %ld %ld %ld %ld %ld xmm %ld", r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]);
}

static void clobber(int s)
{
	__asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm7, %%xmm7\n pxor %%xmm15, %%xmm15\n std\n cld\n fninit" ::: "xmm0", "xmm7", "xmm15");
	hits++;
}

CASE(float_state)
{
	// A timer's signals fall anywhere; vector and x87 state must survive.
	act(SIGALRM, clobber, SA_RESTART);
	struct itimerval t = {{0, 2000}, {0, 2000}};
	must(setitimer(ITIMER_REAL, &t, 0));
	double sum = 0;
	long double ld = 0;
	int64_t end = now_ns() + 10000000000;
	int wrong = 0;
	while (hits < 40 && now_ns() < end) {
		sum = 0, ld = 0;
		for (int i = 1; i < 2000; i++) sum += 1.0 / i, ld += 1.0L / i;
		wrong += sum < 8.17785 || sum > 8.17787 || ld < 8.17785L || ld > 8.17787L;
	}
	say("wrong %d, many signals %d", wrong, hits >= 40);
}

CASE(stop_continue_race)
{
	// SIGCONT takes back a stop that is pending and the other way round.
	pid_t pid = must(fork());
	if (!pid) for (;;) pause();
	int st;
	for (int i = 0; i < 50; i++) {
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
	}
	kill(pid, SIGTERM);
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
	block(SIG_BLOCK, SIGCONT);
	act(SIGCONT, hit, 0);
	block(SIG_BLOCK, SIGTSTP);
	raise(SIGTSTP);
	say("TSTP pending %d", pending(SIGTSTP));
	raise(SIGCONT);
	say("TSTP pending %d CONT pending %d", pending(SIGTSTP), pending(SIGCONT));
	raise(SIGTSTP);
	say("TSTP pending %d CONT pending %d", pending(SIGTSTP), pending(SIGCONT));
}

CASE(defaults)
{
	// What each signal does by default.
	struct rlimit l = {0, 0};
	setrlimit(RLIMIT_CORE, &l);
	for (int s = 1; s < 32; s++) {
		if (s == SIGSTOP || s == SIGTSTP || s == SIGTTIN || s == SIGTTOU) continue;
		char what[32];
		sprintf(what, "SIG%s", signame(s));
		child(what, kill(getpid(), s));
	}
	child("SIG34", kill(getpid(), 34));
	child("SIG64", kill(getpid(), 64));
	int st, stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
	for (int i = 0; i < 4; i++) {
		// In a group whose parent is in another one: an orphaned group
		// ignores the last three.
		pid_t pid = must(fork());
		if (!pid) { setpgid(0, 0); kill(getpid(), stops[i]); _exit(0); }
		must(waitpid(pid, &st, WUNTRACED));
		say("SIG%s: %s", signame(stops[i]), swait(st));
		kill(pid, SIGKILL);
		if (WIFSTOPPED(st)) must(waitpid(pid, 0, 0));
	}
}

CASE(orphaned_group)
{
	// In an orphaned process group terminal stops are ignored.
	child("setsid", {
		setsid();
		child("inside", { setpgid(0, 0); });
		kill(getpid(), SIGTSTP);
		say("TSTP did nothing");
		kill(getpid(), SIGTTIN);
		say("TTIN did nothing");
	});
}

CASE(from_threads)
{
	// A signal to the process goes to a thread that does not block it.
	static volatile pid_t ran;
	static volatile pid_t tid;
	void rec(int s) { ran = RAW(gettid); hits++; }
	void *th(void *x) { block(SIG_UNBLOCK, SIGUSR1); tid = RAW(gettid); while (!hits) nap_ms(1); return 0; }
	pthread_t t;
	block(SIG_BLOCK, SIGUSR1);
	act(SIGUSR1, rec, 0);
	must(pthread_create(&t, 0, th, 0));
	while (!tid) nap_ms(1);
	R(kill(getpid(), SIGUSR1));
	pthread_join(t, 0);
	say("the other thread %d, pending here %d", ran == tid, pending(SIGUSR1));
	R(pthread_kill(pthread_self(), SIGUSR1));
	say("pending here %d", pending(SIGUSR1));
	block(SIG_UNBLOCK, SIGUSR1);
	say("ours %d", ran == RAW(gettid));
}

CASE(queueinfo_reads_what_it_knows)
{
	// struct kernel_siginfo is 48 bytes; the rest counts only where the code is
	// unknown, and must be zero.
	int *i = edge(48), whole[32] = {0};
	signal(SIGUSR1, SIG_IGN);
	i[2] = -1;
	S(rt_sigqueueinfo, getpid(), SIGUSR1, i);
	i[2] = -50;
	S(rt_sigqueueinfo, getpid(), SIGUSR1, i);
	whole[2] = -50;
	S(rt_sigqueueinfo, getpid(), SIGUSR1, whole);
	whole[31] = 1;
	S(rt_sigqueueinfo, getpid(), SIGUSR1, whole);
	whole[2] = -1;
	S(rt_sigqueueinfo, getpid(), SIGUSR1, whole);
}
