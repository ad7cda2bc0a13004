// signalfd(2), and what queues of signals hold and how much of it.
// variants: static musl
#include "p.h"
#include <sys/epoll.h>
#include <sys/signalfd.h>

static sigset_t set(int a, int b)
{
	sigset_t s;
	sigemptyset(&s);
	if (a) sigaddset(&s, a);
	if (b) sigaddset(&s, b);
	return s;
}
static void block(int a, int b) { sigset_t s = set(a, b); sigprocmask(SIG_BLOCK, &s, 0); }
static void queue(int sig, int v) { union sigval u = {v}; must(sigqueue(getpid(), sig, u)); }
static void got(int fd)
{
	struct signalfd_siginfo i;
	memset(&i, 0x5a, sizeof i);
	ssize_t n = read(fd, &i, sizeof i);
	if (n < 0) { say("read: %s", ename(errno)); return; }
	say("%zd bytes: %s code %d from me %d%d value %d status %d fd %d tid %d overrun %d", n, signame(i.ssi_signo), i.ssi_code,
		i.ssi_pid == getpid(), i.ssi_uid == getuid(), i.ssi_int, i.ssi_status, i.ssi_fd, i.ssi_tid, i.ssi_overrun);
}

CASE(forms)
{
	sigset_t s = set(SIGUSR1, SIGRTMIN);
	block(SIGUSR1, SIGRTMIN);
	S(signalfd4, -1, &s, 4, 0);
	S(signalfd4, -1, BAD, 8, 0);
	S(signalfd4, -1, &s, 8, 1);
	S(signalfd4, 999, &s, 8, 0);
	S(signalfd4, 0, &s, 8, 0);
	int fd = must(RAW(signalfd4, -1, &s, 8, SFD_NONBLOCK | SFD_CLOEXEC));
	say("cloexec %d, flags %o", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	got(fd);
	raise(SIGUSR1);
	raise(SIGUSR1);
	queue(SIGRTMIN, 41);
	queue(SIGRTMIN, 42);
	got(fd), got(fd), got(fd), got(fd);
	kill(getpid(), SIGUSR1);
	struct signalfd_siginfo many[4];
	queue(SIGRTMIN, 1);
	queue(SIGRTMIN, 2);
	R(read(fd, many, sizeof many));
	say("%s %s %s", signame(many[0].ssi_signo), signame(many[1].ssi_signo), signame(many[2].ssi_signo));
	R(read(fd, many, 127));
	R(read(fd, many, 0));
	R(read(fd, BAD, 128));
	raise(SIGUSR1);
	R(read(fd, BAD, 128));
	got(fd); // it is lost
	R(write(fd, many, 128));
	R(lseek(fd, 0, SEEK_SET));
	s = set(SIGUSR2, 0);
	block(SIGUSR2, 0);
	raise(SIGUSR2);
	raise(SIGUSR1);
	R(RAW(signalfd4, fd, &s, 8, 0) == fd);
	got(fd), got(fd);
	s = set(SIGKILL, SIGSTOP);
	R(RAW(signalfd4, fd, &s, 8, 0) == fd);
	R(RAW(signalfd, -1, &s, 8) > 0);
}

CASE(ready)
{
	sigset_t s = set(SIGUSR1, SIGCHLD);
	block(SIGUSR1, SIGCHLD);
	int fd = must(signalfd(-1, &s, 0));
	struct pollfd p = {fd, POLLIN | POLLOUT};
	R(poll(&p, 1, 0));
	raise(SIGUSR1);
	R(poll(&p, 1, 0));
	say("%x", p.revents);
	got(fd);
	int e = epoll_create1(0);
	struct epoll_event ev = {EPOLLIN, {.u32 = 5}}, o;
	R(epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	pid_t c = must(fork());
	if (!c) _exit(3);
	R(epoll_wait(e, &o, 1, 5000));
	struct signalfd_siginfo i;
	R(read(fd, &i, sizeof i));
	say("%s code %d status %d, of the child %d", signame(i.ssi_signo), i.ssi_code, i.ssi_status, i.ssi_pid == c);
	waitpid(c, 0, 0);
	if (!(c = must(fork()))) { settle(); kill(getppid(), SIGUSR1); _exit(0); }
	R(read(fd, &i, sizeof i)); // it blocks
	say("%s", signame(i.ssi_signo));
	waitpid(c, 0, 0);
	got(fd);
	// A child reads its own signals.
	if (!(c = must(fork()))) { raise(SIGUSR1); got(fd); _exit(0); }
	waitpid(c, 0, 0);
	got(fd);
	timer_t t;
	struct sigevent sv = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 9};
	must(timer_create(CLOCK_MONOTONIC, &sv, &t));
	struct itimerspec it = {{0, 0}, {0, 1000000}};
	must(timer_settime(t, 0, &it, 0));
	got(fd);
}

CASE(limit)
{
	struct rlimit l = {3, 3}, o;
	getrlimit(RLIMIT_SIGPENDING, &o);
	block(SIGRTMIN, SIGUSR1);
	child("full", {
		drop();
		setrlimit(RLIMIT_SIGPENDING, &l);
		for (int i = 0; i < 5; i++) { union sigval u = {i}; R(sigqueue(getpid(), SIGRTMIN, u)); }
		R(kill(getpid(), SIGUSR1));
		union sigval u = {7};
		R(sigqueue(getpid(), SIGUSR1, u));
		R(raise(SIGRTMIN));
		R(RAW(tgkill, getpid(), getpid(), SIGRTMIN + 1));
		sigset_t s = set(SIGRTMIN, SIGUSR1);
		struct timespec z = {0, 0};
		siginfo_t i;
		for (int n = 0; n < 5; n++) { memset(&i, 0, sizeof i); int r = sigtimedwait(&s, &i, &z); say("%s code %d value %d", r < 0 ? ename(errno) : signame(r), i.si_code, i.si_value.sival_int); }
		timer_t t;
		struct sigevent sv = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
		for (int n = 0; n < 4; n++) R(timer_create(CLOCK_MONOTONIC, &sv, &t));
	});
}

static volatile int seen[80], nseen;
static void on(int s, siginfo_t *i, void *u) { if (nseen < 80) seen[nseen++] = s * 100 + i->si_value.sival_int; }

CASE(order)
{
	sigset_t all, old;
	sigfillset(&all);
	struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
	sigfillset(&a.sa_mask);
	int sigs[] = {SIGRTMIN + 3, SIGUSR1, SIGRTMIN, SIGHUP, SIGRTMAX, SIGUSR2};
	for (int i = 0; i < 6; i++) sigaction(sigs[i], &a, 0);
	sigprocmask(SIG_BLOCK, &all, &old);
	for (int i = 0; i < 6; i++) { queue(sigs[i], 2 * i); queue(sigs[i], 2 * i + 1); }
	union sigval u = {55};
	siginfo_t si = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE, .si_value = u};
	S(rt_tgsigqueueinfo, getpid(), RAW(gettid), SIGRTMIN, &si);
	sigprocmask(SIG_SETMASK, &old, 0);
	for (int i = 0; i < nseen; i++) say("%s %d", signame(seen[i] / 100), seen[i] % 100);
}

CASE(queueinfo)
{
	siginfo_t i = {.si_signo = 5, .si_code = SI_QUEUE};
	block(SIGUSR1, SIGRTMIN);
	S(rt_sigqueueinfo, getpid(), SIGUSR1, BAD);
	S(rt_sigqueueinfo, getpid(), 65, &i);
	S(rt_sigqueueinfo, getpid(), 0, &i);
	S(rt_sigqueueinfo, 0, SIGUSR1, &i);
	S(rt_sigqueueinfo, -1, SIGUSR1, &i);
	S(rt_sigqueueinfo, 1 << 22, SIGUSR1, &i);
	i.si_code = SI_USER;
	child("as if by kill", { S(rt_sigqueueinfo, getppid(), SIGUSR1, &i); i.si_code = SI_TKILL; S(rt_sigqueueinfo, getppid(), SIGUSR1, &i); i.si_code = SI_KERNEL; S(rt_sigqueueinfo, getppid(), SIGUSR1, &i); i.si_code = SI_TIMER; S(rt_sigqueueinfo, getppid(), 0, &i); });
	S(rt_sigqueueinfo, getpid(), SIGRTMIN, &i); // to oneself, anything
	sigset_t s = set(SIGRTMIN, SIGUSR1);
	struct timespec z = {0, 0}, bad = {0, -1};
	siginfo_t o;
	memset(&o, 0, sizeof o);
	R(RAW(rt_sigtimedwait, &s, &o, &z, 8));
	say("signo %d code %d", o.si_signo, o.si_code);
	S(rt_sigtimedwait, &s, &o, &z, 8);
	S(rt_sigtimedwait, &s, &o, &bad, 8);
	S(rt_sigtimedwait, &s, &o, BAD, 8);
	S(rt_sigtimedwait, BAD, &o, &z, 8);
	S(rt_sigtimedwait, &s, &o, &z, 4);
	raise(SIGUSR1);
	S(rt_sigtimedwait, &s, BAD, &z, 8);
	S(rt_sigtimedwait, &s, 0, &z, 8);
	S(rt_tgsigqueueinfo, getpid(), RAW(gettid), SIGUSR1, &i);
	S(rt_tgsigqueueinfo, getpid() + 1, RAW(gettid), SIGUSR1, &i);
	S(rt_tgsigqueueinfo, 0, RAW(gettid), SIGUSR1, &i);
	S(rt_tgsigqueueinfo, getpid(), -1, SIGUSR1, &i);
	sigset_t p;
	S(rt_sigpending, &p, 8);
	say("pending %d%d", sigismember(&p, SIGUSR1), sigismember(&p, SIGRTMIN));
	S(rt_sigpending, &p, 9);
	S(rt_sigpending, &p, 4);
	S(rt_sigpending, BAD, 8);
	S(rt_sigsuspend, &p, 4);
	S(rt_sigsuspend, BAD, 8);
}

CASE(mask_before_flags)
{
	S(signalfd4, -1, 0, 8, 1);
	S(signalfd4, -1, 0, 4, 1);
	long none = 0;
	S(signalfd4, -1, &none, 8, 1);
	S(signalfd4, 99, &none, 8, 1);
}
