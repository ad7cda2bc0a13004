// variants: static dyn
// Faults become signals: number, si_code, si_addr and what the handler may
// do about them.
#include "p.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf jump;
static siginfo_t info;
static long trapno, err, rip;
static void on_fault(int s, siginfo_t *i, void *u)
{
	ucontext_t *c = u;
	info = *i;
	trapno = c->uc_mcontext.gregs[REG_TRAPNO];
	err = c->uc_mcontext.gregs[REG_ERR];
	rip = c->uc_mcontext.gregs[REG_RIP];
	siglongjmp(jump, 1);
}
static void catch_all(void)
{
	struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	int s[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	for (int i = 0; i < 5; i++) sigaction(s[i], &a, 0);
}
#define FAULT(what, base, ...) ({ \
	memset(&info, 0, sizeof info); \
	if (!sigsetjmp(jump, 1)) { __VA_ARGS__; say("%s: fine", what); } \
	else say("%s: SIG%s code %d addr +%ld trap %ld", what, signame(info.si_signo), info.si_code, (long)info.si_addr - (long)(base), trapno); })
#define HERE(what, ...) ({ \
	memset(&info, 0, sizeof info); \
	if (!sigsetjmp(jump, 1)) { __VA_ARGS__; say("%s: fine", what); } \
	else say("%s: SIG%s code %d addr is rip %d trap %ld", what, signame(info.si_signo), info.si_code, (long)info.si_addr == rip, trapno); })

CASE(segv)
{
	catch_all();
	FAULT("null read", 0, (void)*(volatile int *)0);
	FAULT("null write", 0, *(volatile int *)16 = 1);
	say("error code %ld", err);
	FAULT("unmapped", 0x1234000, (void)*(volatile char *)0x1234567);
	FAULT("the kernel's half", KERN, (void)*(volatile int *)KERN);
	FAULT("the last page below it", 0x7ffffffff000, (void)*(volatile int *)0x7ffffffff008);
	FAULT("not canonical", 0, (void)*(volatile int *)NONCANON);
	char *r = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAULT("write to read-only", r, r[77] = 1);
	char *n = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAULT("read of PROT_NONE", n, (void)*(volatile char *)(n + 5));
	FAULT("a jump to data", r, ((void (*)(void))r)());
	say("error code is a fetch %d", (err & 16) != 0);
	FAULT("a jump to nothing", 0x5000, ((void (*)(void))0x5000)());
	FAULT("a jump to null", 0, ((void (*)(void))0)());
	say("rip is null %d", rip == 0);
	FAULT("a write to text", (long)&catch_all, *(volatile char *)&catch_all = 0x90);
}

CASE(bus)
{
	catch_all();
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	char *m = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FAULT("empty file", m, (void)*(volatile char *)(m + 3));
	must(ftruncate(fd, 10));
	FAULT("one page", m, (void)*(volatile char *)(m + 3));
	FAULT("the next", m, m[PAGE + 1] = 1);
	// Alignment checking: the AC flag makes unaligned accesses fault.
	child("unaligned with AC", {
		static char b[16] __attribute__((aligned(8)));
		signal(SIGBUS, SIG_DFL);
		__asm__ volatile("pushf\n orl $0x40000, (%%rsp)\n popf\n movl 1(%0), %%eax" : : "r"(b) : "eax", "memory", "cc");
	});
}

CASE(fpe)
{
	catch_all();
	volatile int z = 0, n = 7, m = INT_MIN, one = -1;
	HERE("division by zero", n = n / z);
	HERE("INT_MIN / -1", n = m / one);
	unsigned mx, old;
	__asm__ volatile("stmxcsr %0" : "=m"(old));
	volatile double a = 1, b = 0, c = 1e300;
	HERE("masked division", a = 1.0 / b);
	mx = old & ~0x200; // divide by zero
	HERE("SSE divide by zero", { __asm__ volatile("ldmxcsr %0" : : "m"(mx)); a = 1.0 / b; });
	__asm__ volatile("ldmxcsr %0" : : "m"(old));
	mx = old & ~0x400; // overflow
	HERE("SSE overflow", { __asm__ volatile("ldmxcsr %0" : : "m"(mx)); a = c * c; });
	__asm__ volatile("ldmxcsr %0" : : "m"(old));
	mx = old & ~0x80; // invalid
	HERE("SSE invalid", { __asm__ volatile("ldmxcsr %0" : : "m"(mx)); a = b / b; });
	__asm__ volatile("ldmxcsr %0" : : "m"(old));
}

CASE(ill)
{
	catch_all();
	HERE("ud2", __asm__ volatile("ud2"));
	HERE("hlt", __asm__ volatile("hlt"));
	HERE("cli", __asm__ volatile("cli"));
	HERE("in", __asm__ volatile("inb $0x70, %%al" ::: "eax"));
	HERE("mov to cr0", __asm__ volatile("mov %%rax, %%cr0" ::: "rax"));
	HERE("int $0x30", __asm__ volatile("int $0x30"));
}

CASE(trap)
{
	catch_all();
	if (!sigsetjmp(jump, 1)) __asm__ volatile("int3");
	else say("int3: SIG%s code %d addr %d trap %ld", signame(info.si_signo), info.si_code, info.si_addr != 0, trapno);
	if (!sigsetjmp(jump, 1)) __asm__ volatile("pushf\n orl $0x100, (%%rsp)\n popf\n nop\n nop" ::: "memory", "cc");
	else say("single step: SIG%s code %d addr is rip %d trap %ld", signame(info.si_signo), info.si_code, (long)info.si_addr == rip, trapno);
}

static char *page;
static void repair(int s, siginfo_t *i, void *u)
{
	say("repairs +%ld", (long)((char *)i->si_addr - page));
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

CASE(repaired)
{
	page = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction a = {.sa_sigaction = repair, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &a, 0);
	page[9] = 5;
	say("then %d", page[9]);
}

static void skip(int s, siginfo_t *i, void *u)
{
	((ucontext_t *)u)->uc_mcontext.gregs[REG_RIP] += 2;
	say("skips");
}

CASE(skipped)
{
	struct sigaction a = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
	sigaction(SIGILL, &a, 0);
	__asm__ volatile("ud2");
	say("goes on");
}

CASE(blocked_or_ignored)
{
	// A fault whose signal is blocked or ignored ends the process.
	child("ignored", { signal(SIGSEGV, SIG_IGN); *(volatile int *)0 = 1; });
	child("blocked", {
		sigset_t m;
		sigfillset(&m);
		sigprocmask(SIG_BLOCK, &m, 0);
		catch_all();
		*(volatile int *)0 = 1;
	});
	child("a fault in its own handler", {
		void again(int s) { *(volatile int *)0 = 1; }
		signal(SIGSEGV, again);
		*(volatile int *)0 = 1;
	});
	child("sent by kill while ignored", { signal(SIGSEGV, SIG_IGN); kill(getpid(), SIGSEGV); say("lives"); });
}

CASE(in_system_calls)
{
	// A bad pointer given to the kernel is an error, not a signal.
	catch_all();
	R(write(1, BAD, 1));
	R(stat(BAD, 0));
	S(rt_sigaction, SIGUSR1, KERN, 0, 8);
	say("no signal %d", info.si_signo == 0);
}

static void *thread_faults(void *x)
{
	if (!sigsetjmp(jump, 1)) *(volatile int *)0x3330 = 1;
	say("thread: SIG%s at %p", signame(info.si_signo), info.si_addr);
	return 0;
}

CASE(in_a_thread)
{
	catch_all();
	pthread_t t;
	must(pthread_create(&t, 0, thread_faults, 0));
	pthread_join(t, 0);
	child("not caught", {
		signal(SIGSEGV, SIG_DFL);
		void *f(void *x) { *(volatile int *)0 = 1; return 0; }
		pthread_create(&t, 0, f, 0);
		for (;;) pause();
	});
}

CASE(many)
{
	catch_all();
	volatile int n = 0;
	for (volatile int i = 0; i < 2000; i++) {
		if (!sigsetjmp(jump, 1)) *(volatile int *)0x4440 = 1;
		else n++;
	}
	say("%d", n);
}

CASE(bad_sigreturn)
{
	// A frame that the program has broken: it dies, nothing else happens.
	struct rlimit l = {0, 0};
	setrlimit(RLIMIT_CORE, &l);
	child("sigreturn from nowhere", __asm__ volatile("mov $0x5000, %%rsp\n mov $15, %%eax\n syscall" ::: "memory"));
	child("rip out of reach", {
		void h(int s, siginfo_t *i, void *u) { ((ucontext_t *)u)->uc_mcontext.gregs[REG_RIP] = 0x5000; }
		struct sigaction a = {.sa_sigaction = (void *)h, .sa_flags = SA_SIGINFO};
		sigaction(SIGUSR1, &a, 0);
		raise(SIGUSR1);
	});
	child("broken vector state", {
		void h(int s, siginfo_t *i, void *u) { memset(((ucontext_t *)u)->uc_mcontext.fpregs, 0xff, 512); }
		struct sigaction a = {.sa_sigaction = (void *)h, .sa_flags = SA_SIGINFO};
		sigaction(SIGUSR1, &a, 0);
		raise(SIGUSR1);
		say("not reached?");
	});
	child("odd segments", {
		void h(int s, siginfo_t *i, void *u) { ((ucontext_t *)u)->uc_mcontext.gregs[REG_CSGSFS] = 0x1234; }
		struct sigaction a = {.sa_sigaction = (void *)h, .sa_flags = SA_SIGINFO};
		sigaction(SIGUSR1, &a, 0);
		raise(SIGUSR1);
	});
	child("privileged flags are ignored", {
		void h(int s, siginfo_t *i, void *u) { ((ucontext_t *)u)->uc_mcontext.gregs[REG_EFL] |= 0x3000 | 0x4000; }
		struct sigaction a = {.sa_sigaction = (void *)h, .sa_flags = SA_SIGINFO};
		sigaction(SIGUSR1, &a, 0);
		raise(SIGUSR1);
		long f;
		__asm__ volatile("pushf\n pop %0" : "=r"(f));
		say("IOPL %ld NT %ld", f >> 12 & 3, f >> 14 & 1);
	});
}
