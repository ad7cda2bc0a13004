// seccomp(2): strict mode, filters and what they answer, the rules of who may
// set one, threads, and listeners.
#define HELPER
#include "p.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#define NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define RET(v) BPF_STMT(BPF_RET | BPF_K, v)
#define ALLOW RET(SECCOMP_RET_ALLOW)
#define IF(k, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, n)
#define PROG(...) ({ static struct sock_filter f_[] = {__VA_ARGS__}; static struct sock_fprog p_ = {sizeof f_ / sizeof *f_, f_}; &p_; })
#define FILTER(...) RAW(seccomp, SECCOMP_SET_MODE_FILTER, 0, PROG(__VA_ARGS__))
#define nnp() prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

// on_syscall answers one call and allows all others.
static long on_syscall(int nr, unsigned ret, unsigned flags)
{
	struct sock_filter f[] = {NR, IF(nr, 1), RET(ret), ALLOW};
	struct sock_fprog p = {4, f};
	return RAW(seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

static int helper(int argc, char **argv)
{
	S(getppid);
	R(prctl(PR_GET_SECCOMP));
	return 0;
}

CASE(errors)
{
	S(seccomp, 99, 0, 0);
	S(seccomp, SECCOMP_SET_MODE_STRICT, 1, 0);
	S(seccomp, SECCOMP_SET_MODE_STRICT, 0, 8);
	S(seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, 0);
	S(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, PROG(ALLOW));
	S(seccomp, SECCOMP_SET_MODE_FILTER, 32, PROG(ALLOW));
	S(seccomp, SECCOMP_SET_MODE_FILTER, 0, 0);
	S(seccomp, SECCOMP_SET_MODE_FILTER, 0, BAD);
	struct sock_fprog none = {0, 0}, null = {1, 0}, bad = {1, BAD}, many = {4097, PROG(ALLOW)->filter};
	S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &none);
	S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &null);
	S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &bad);
	S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &many);
	R(prctl(PR_SET_SECCOMP, 0, 0));
	R(prctl(PR_SET_SECCOMP, 3, 0));
	R(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0));
	R(prctl(PR_GET_SECCOMP));
	unsigned a[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW, 0x1234, 0x7ffe0000};
	for (int i = 0; i < 10; i++) S(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, a + i);
	S(seccomp, SECCOMP_GET_ACTION_AVAIL, 1, a);
	S(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, BAD);
	struct seccomp_notif_sizes s;
	S(seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &s);
	say("%d %d %d", s.seccomp_notif, s.seccomp_notif_resp, s.seccomp_data);
	S(seccomp, SECCOMP_GET_NOTIF_SIZES, 1, &s);
}

CASE(programs)
{
	nnp();
	R(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)));
	R(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW));
	R(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW));
	R(FILTER(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), ALLOW));
	R(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), ALLOW));
	R(FILTER(BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW));
	R(FILTER(BPF_STMT(BPF_ST, 16), ALLOW));
	R(FILTER(BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 2), ALLOW));
	R(FILTER(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), ALLOW));
	R(FILTER(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW));
	R(FILTER(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 2), ALLOW));
	R(FILTER(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW));
	R(FILTER(BPF_STMT(BPF_JMP | BPF_JA, 1), ALLOW));
	R(FILTER(BPF_STMT(BPF_JMP | BPF_JA, -1), ALLOW));
	R(FILTER(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), ALLOW));
	R(FILTER(BPF_STMT(BPF_LD | BPF_B | BPF_MSH, 0), ALLOW));
	R(FILTER(BPF_STMT(0xff, 0), ALLOW));
	R(FILTER(BPF_STMT(BPF_RET | BPF_X, 0)));
	// What computes: getppid gives what the program makes of its argument.
	child("arithmetic", {
		R(FILTER(NR, IF(SYS_getppid, 28), ARG(0), BPF_STMT(BPF_ST, 5), BPF_STMT(BPF_LDX | BPF_MEM, 5),
			BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 100), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 3),
			BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 12), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 5), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
			BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1), BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0x155),
			BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 8), BPF_STMT(BPF_ALU | BPF_NEG, 0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
			BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
			BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_JMP | BPF_JA, 0), BPF_STMT(BPF_STX, 1), BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
			BPF_STMT(BPF_LD | BPF_MEM, 1), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
			BPF_STMT(BPF_RET | BPF_A, 0), RET(0), ALLOW));
		for (int i = 1; i < 9; i++) { errno = 0; syscall(SYS_getppid, i); say("%d: %d", i, errno); }
	});
	child("jumps", {
		R(FILTER(NR, IF(SYS_getppid, 8), ARG(0), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 10, 0, 1), RET(SECCOMP_RET_ERRNO | 1),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 7, 0, 1), RET(SECCOMP_RET_ERRNO | 2),
			BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1), RET(SECCOMP_RET_ERRNO | 3), RET(SECCOMP_RET_ERRNO | 4), ALLOW));
		for (int i = 1; i < 13; i++) { errno = 0; syscall(SYS_getppid, i); say("%d: %d", i, errno); }
	});
	child("division by zero", { nnp(); FILTER(NR, IF(SYS_getppid, 3), BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), ALLOW, ALLOW); getppid(); });
	child("high halves and pointers", {
		nnp();
		R(FILTER(NR, IF(SYS_getppid, 4), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + 4), IF(0x1234, 1),
			RET(SECCOMP_RET_ERRNO | 71), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), IF(AUDIT_ARCH_X86_64, 1), ALLOW, RET(SECCOMP_RET_ERRNO | 72)));
		errno = 0; syscall(SYS_getppid, 0, 0x123400000000); say("%d", errno);
		errno = 0; syscall(SYS_getppid, 0, 0x1234); say("%d", errno);
	});
}

CASE(privileges)
{
	child("without", { drop(); R(FILTER(ALLOW)); R(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PROG(ALLOW))); nnp(); R(FILTER(ALLOW)); });
	if (is_root()) child("root", R(FILTER(ALLOW)); R(prctl(PR_GET_SECCOMP)););
}

CASE(strict)
{
	child("read and write", R(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)); say("written"); syscall(SYS_exit, 7););
	child("another call", { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); RAW(getpid); });
	child("exit_group", { RAW(seccomp, SECCOMP_SET_MODE_STRICT, 0, 0); RAW(exit_group, 0); });
	child("filter after", { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); FILTER(ALLOW); });
	child("after a filter", nnp(); R(FILTER(ALLOW)); R(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)); S(seccomp, SECCOMP_SET_MODE_STRICT, 0, 0););
	// Only the thread that did it dies.
	void *f(void *x) { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); RAW(getpid); return 0; }
	pthread_t t;
	pid_t pid = must(fork());
	if (!pid) {
		pthread_create(&t, 0, f, 0);
		pthread_join(t, 0);
		say("the other lives");
		_exit(3);
	}
	int st;
	waitpid(pid, &st, 0);
	say("thread: %s", swait(st));
}

// Calls that need no kernel elsewhere are asked about too.
CASE(errno_)
{
	nnp();
	static const int nrs[] = {SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_sched_yield,
		SYS_clock_gettime, SYS_futex, 449, SYS_write, SYS_openat, SYS_mmap, 1000, 400};
	for (unsigned i = 0; i < sizeof nrs / sizeof *nrs; i++) {
		int st = 0;
		pid_t pid = must(fork());
		if (!pid) {
			if (on_syscall(nrs[i], SECCOMP_RET_ERRNO | (60 + i), 0)) _exit(99);
			errno = 0;
			long r = -2;
			for (int j = 0; j < 40; j++) r = syscall(nrs[i], 0, 0, 0, 0, 0, 0);
			_exit(r == -1 ? errno : 98);
		}
		waitpid(pid, &st, 0);
		say("%d: %d", nrs[i], WEXITSTATUS(st));
	}
	child("value 0", R(on_syscall(SYS_getpid, SECCOMP_RET_ERRNO, 0)); S(getpid););
	child("large", R(on_syscall(SYS_getpid, SECCOMP_RET_ERRNO | 0xffff, 0)); S(getpid););
	child("trace", R(on_syscall(SYS_getpid, SECCOMP_RET_TRACE, 0)); S(getpid););
	child("log", R(on_syscall(SYS_getuid, SECCOMP_RET_LOG, 0)); R(RAW(getuid) == getuid()););
	child("stacked", R(on_syscall(SYS_getpid, SECCOMP_RET_ERRNO | 5, 0)); R(on_syscall(SYS_getpid, SECCOMP_RET_ERRNO | 6, 0)); S(getpid);
		R(on_syscall(SYS_getpid, SECCOMP_RET_LOG, 0)); S(getpid); R(on_syscall(SYS_getpid, SECCOMP_RET_KILL_PROCESS, 0)); S(getpid););
}

static volatile int handled;
static void on_sys(int s, siginfo_t *i, void *u)
{
	ucontext_t *c = u;
	say("signal %d code %d errno %d syscall %d arch %x, address is rip %d, rax %lld", s, i->si_code, i->si_errno, i->si_syscall, i->si_arch,
		i->si_call_addr == (void *)c->uc_mcontext.gregs[REG_RIP], (long long)c->uc_mcontext.gregs[REG_RAX]);
	c->uc_mcontext.gregs[REG_RAX] = 4242;
	handled++;
}

CASE(trap)
{
	struct sigaction a = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
	sigaction(SIGSYS, &a, 0);
	nnp();
	child("handler", R(on_syscall(SYS_getppid, SECCOMP_RET_TRAP | 77, 0)); S(getppid, 1, 2, 3); S(getppid); say("%d", handled););
	child("blocked", {
		sigset_t s;
		sigfillset(&s);
		sigprocmask(SIG_BLOCK, &s, 0);
		on_syscall(SYS_getppid, SECCOMP_RET_TRAP, 0);
		getppid();
		say("not here");
	});
	signal(SIGSYS, SIG_DFL);
	child("default", on_syscall(SYS_getppid, SECCOMP_RET_TRAP, 0); getppid(););
	signal(SIGSYS, SIG_IGN);
	child("ignored", on_syscall(SYS_getppid, SECCOMP_RET_TRAP, 0); getppid(););
}

static void *calls(void *x)
{
	RAW(getppid);
	return 0;
}

CASE(kill)
{
	nnp();
	unsigned a[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, 0x7ffe0000, 0x12340000};
	for (int i = 0; i < 4; i++) {
		child("alone", on_syscall(SYS_getppid, a[i], 0); getppid(););
		child("one of two", {
			pthread_t t;
			on_syscall(SYS_getppid, a[i], 0);
			pthread_create(&t, 0, calls, 0);
			pthread_join(t, 0);
			say("the other lives");
			_exit(5);
		});
	}
	struct sigaction s = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
	sigaction(SIGSYS, &s, 0);
	child("no handler helps", on_syscall(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0); getppid(););
}

static void *seccomp_of(void *x)
{
	errno = 0;
	long r = RAW(getppid);
	return (void *)(r == -1 ? (long)errno : 0);
}

CASE(inherited)
{
	nnp();
	child("fork, thread, exec", {
		void *r;
		pthread_t t;
		on_syscall(SYS_getppid, SECCOMP_RET_ERRNO | 33, 0);
		child("fork", S(getppid););
		pthread_create(&t, 0, seccomp_of, 0);
		pthread_join(t, &r);
		say("thread %ld", (long)r);
		if (!vfork()) execl(pself, pself, "@", (char *)0), _exit(9);
		wait(0);
		execl(pself, pself, "@", (char *)0);
	});
	child("status", {
		char line[256];
		for (int i = 0; i < 3; i++) {
			FILE *f = fopen("/proc/self/status", "r");
			while (fgets(line, 256, f)) if (!strncmp(line, "Seccomp", 7) || !strncmp(line, "NoNewPrivs", 10)) { strchr(line, '\n')[0] = 0; say("%s", line); }
			fclose(f);
			on_syscall(SYS_getppid, SECCOMP_RET_ERRNO | 33, 0);
		}
	});
	child("too many", {
		static struct sock_filter f[4096];
		for (int i = 0; i < 4096; i++) f[i] = (struct sock_filter)ALLOW;
		struct sock_fprog p = {4096, f};
		for (int i = 0; i < 9; i++) S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &p);
	});
}

static volatile int go;
static void *waits(void *x)
{
	if (x) R(on_syscall(SYS_getuid, SECCOMP_RET_ERRNO | 9, 0));
	__atomic_fetch_add(&go, 1, __ATOMIC_SEQ_CST);
	while (go < 10) sched_yield();
	return seccomp_of(0);
}

CASE(tsync)
{
	nnp();
	for (int own = 0; own < 2; own++) child("threads", {
		pthread_t t[2];
		void *r;
		go = 0;
		for (long i = 0; i < 2; i++) pthread_create(t + i, 0, waits, (void *)(i & own));
		until(go == 2);
		long tid = on_syscall(SYS_getppid, SECCOMP_RET_ERRNO | 44, SECCOMP_FILTER_FLAG_TSYNC);
		say("tsync %d", tid > 0 ? 1 : (int)tid);
		if (own) R(on_syscall(SYS_getppid, SECCOMP_RET_ERRNO | 44, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH));
		go = 10;
		for (int i = 0; i < 2; i++) pthread_join(t[i], &r), say("thread %d: %ld", i, (long)r);
		say("main %ld", (long)seccomp_of(0));
	});
}

// futexes, yields and clocks go on under a filter that lets them through.
CASE(allowed)
{
	nnp();
	R(FILTER(ALLOW));
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
	static long n, turn;
	void *f(void *x) {
		for (int i = 0; i < 200; i++) {
			pthread_mutex_lock(&m);
			while (turn != (long)x) pthread_cond_wait(&c, &m);
			n++;
			turn = (turn + 1) % 3;
			pthread_cond_broadcast(&c);
			pthread_mutex_unlock(&m);
			sched_yield();
			struct timespec t;
			RAW(clock_gettime, CLOCK_MONOTONIC, &t);
		}
		return 0;
	}
	pthread_t t[3];
	for (long i = 0; i < 3; i++) pthread_create(t + i, 0, f, (void *)i);
	for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
	say("%ld, pid %d tid %d", n, RAW(getpid) == getpid(), RAW(gettid) == getpid());
	struct timespec soon = {0, 20000000};
	int w = 0;
	S(futex, &w, 0, 0, &soon, 0, 0);
	S(futex, &w, 1, 1, 0, 0, 0);
}

static int sent_fd(int sock, int fd)
{
	char b = 0, ctl[CMSG_SPACE(4)] = {0};
	struct iovec v = {&b, 1};
	struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl};
	if (fd >= 0) {
		struct cmsghdr *c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(4);
		memcpy(CMSG_DATA(c), &fd, 4);
		return sendmsg(sock, &h, 0);
	}
	if (recvmsg(sock, &h, 0) < 0) return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), 4);
	return fd;
}

CASE(listener)
{
	int pair[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pid_t pid = must(fork());
	if (!pid) {
		nnp();
		int fd = on_syscall(SYS_getppid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		say("listener %d", fd > 2);
		R(on_syscall(SYS_getuid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER));
		sent_fd(pair[0], fd);
		close(fd);
		// What came is said at the end, when the other side is silent.
		long r[5], e[5];
		errno = 0;
		for (int i = 0; i < 5; i++) r[i] = syscall(SYS_getppid, 11 + i, 22), e[i] = errno, errno = 0;
		char b[3] = "";
		say("%ld, %ld %s, %d", r[0], r[1], ename(e[1]), r[2] > 1);
		say("descriptor %d reads %zd %s", r[3] > 2, read(r[3], b, 2), b);
		say("%ld %s", r[4], ename(e[4]));
		_exit(0);
	}
	int fd = sent_fd(pair[1], -1);
	struct pollfd p = {fd, POLLIN | POLLOUT};
	struct seccomp_notif n;
	struct seccomp_notif_resp r;
	int pipefd[2];
	must(pipe(pipefd));
	must(write(pipefd[1], "ab", 2));
	for (int i = 0; i < 4; i++) {
		R(poll(&p, 1, 5000));
		say("revents %x", p.revents);
		memset(&n, 0, sizeof n);
		if (i == 0) n.pid = 1;
		if (i == 0) R(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n));
		n.pid = 0;
		R(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n));
		say("pid %d flags %x nr %d arch %x args %llu %llu", n.pid == (unsigned)pid, n.flags, n.data.nr, n.data.arch, n.data.args[0], n.data.args[1]);
		R(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id));
		R(poll(&p, 1, 0));
		say("revents %x", p.revents);
		memset(&r, 0, sizeof r);
		r.id = n.id + 100;
		R(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
		r.id = n.id;
		if (i == 0) r.val = 777;
		if (i == 1) r.error = -EXDEV;
		if (i == 2) {
			r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE, r.val = 1;
			R(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
			r.val = 0;
		}
		if (i == 3) {
			struct seccomp_notif_addfd a = {.id = n.id, .srcfd = 99};
			R(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a));
			a.srcfd = pipefd[0], a.newfd = 5;
			R(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a));
			a.newfd = 0, a.flags = SECCOMP_ADDFD_FLAG_SEND;
			say("added %d", ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a) > 2);
			R(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a));
		} else {
			R(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
		}
	}
	// The last one waits until nobody listens.
	R(poll(&p, 1, 5000));
	R(ioctl(fd, 0x2109, 0));
	close(fd);
	int st;
	waitpid(pid, &st, 0);
	say("%s", swait(st));
}

CASE(listener_ends)
{
	int pair[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pid_t pid = must(fork());
	if (!pid) {
		nnp();
		int fd = on_syscall(SYS_getppid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		sent_fd(pair[0], fd);
		close(fd);
		getppid();
		_exit(0);
	}
	int fd = sent_fd(pair[1], -1);
	struct seccomp_notif n = {0};
	R(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n));
	kill(pid, SIGKILL);
	waitpid(pid, 0, 0);
	R(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id));
	struct seccomp_notif_resp r = {.id = n.id};
	R(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	struct pollfd p = {fd, POLLIN | POLLOUT};
	R(poll(&p, 1, 5000));
	say("revents %x", p.revents);
	memset(&n, 0, sizeof n);
	R(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n));
}
