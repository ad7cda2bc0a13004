// epoll(7): levels, edges, one-shot, nesting, errors; eventfd(2), signalfd(2).
#include "p.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

static int ep;
static void add(int fd, uint32_t events) { must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){events, {.u64 = fd}})); }
static void ready(const char *what, int ms)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, ms);
	if (n <= 0) { say("%s: %d", what, n); return; }
	uint64_t sum = 0;
	uint32_t ev = 0;
	for (int i = 0; i < n; i++) sum += e[i].data.u64, ev |= e[i].events;
	say("%s: %d, data %lu, events %#x", what, n, (unsigned long)sum, ev);
}

CASE(level)
{
	int p[2];
	ep = must(epoll_create1(0));
	must(pipe(p));
	add(p[0], EPOLLIN);
	add(p[1], EPOLLOUT);
	ready("writable", 0);
	must(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], 0));
	ready("nothing", 0);
	must(write(p[1], "xy", 2));
	ready("readable", 0);
	ready("still", 0);
	char c;
	must(read(p[0], &c, 1));
	ready("still", 0);
	must(read(p[0], &c, 1));
	ready("empty", 0);
	close(p[1]);
	ready("hangup", 0);
	close(p[0]);
	ready("closed: gone", 0);
}

CASE(edge)
{
	int p[2];
	char b[8];
	ep = must(epoll_create1(EPOLL_CLOEXEC));
	must(pipe2(p, O_NONBLOCK));
	must(write(p[1], "x", 1));
	add(p[0], EPOLLIN | EPOLLET);
	ready("there when added", 0);
	ready("no new edge", 0);
	must(write(p[1], "y", 1));
	ready("one more byte is an edge", 0);
	must(read(p[0], b, 1));
	ready("a read is none", 0);
	must(read(p[0], b, 1));
	ready("nor is empty", 0);
	must(write(p[1], "z", 1));
	must(write(p[1], "z", 1));
	ready("two writes, one edge", 0);
	ready("no more", 0);
	must(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &(struct epoll_event){EPOLLIN | EPOLLET, {.u64 = 99}}));
	ready("MOD tells again", 0);
	close(p[1]);
	ready("hangup is an edge", 0);
	ready("once", 0);
	int e = must(eventfd(0, EFD_NONBLOCK));
	add(e, EPOLLIN | EPOLLOUT | EPOLLET);
	ready("eventfd", 0);
	ready("eventfd again", 0);
	must(write(e, &(uint64_t){1}, 8));
	ready("eventfd written", 0);
	must(write(e, &(uint64_t){1}, 8));
	ready("eventfd written again", 0);
}

CASE(oneshot)
{
	int p[2];
	ep = must(epoll_create1(0));
	must(pipe(p));
	add(p[0], EPOLLIN | EPOLLONESHOT);
	must(write(p[1], "x", 1));
	ready("first", 0);
	ready("disabled", 0);
	close(p[1]);
	ready("not even hangup", 0);
	must(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &(struct epoll_event){EPOLLIN | EPOLLONESHOT, {.u64 = 5}}));
	ready("armed again", 0);
	ready("disabled again", 0);
}

CASE(nested)
{
	int p[2], inner = must(epoll_create1(0)), third = must(epoll_create1(0));
	must(pipe(p));
	ep = inner;
	add(p[0], EPOLLIN);
	ep = third;
	add(inner, EPOLLIN);
	ep = must(epoll_create1(0));
	add(third, EPOLLIN);
	ready("quiet", 0);
	must(write(p[1], "x", 1));
	ready("through two levels", 0);
	struct pollfd v = {inner, POLLIN | POLLOUT};
	R(poll(&v, 1, 0));
	say("%#x", v.revents);
	char c;
	must(read(p[0], &c, 1));
	ready("quiet", 0);
	R(epoll_ctl(inner, EPOLL_CTL_ADD, ep, &(struct epoll_event){EPOLLIN}));
	R(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &(struct epoll_event){EPOLLIN}));
	int last = ep, n = 0;
	for (; n < 10; n++) {
		int e = must(epoll_create1(0));
		if (epoll_ctl(e, EPOLL_CTL_ADD, last, &(struct epoll_event){EPOLLIN}) < 0) break;
		last = e;
	}
	say("levels above: %d, then %s", n, ename(errno));
}

CASE(errors)
{
	int p[2];
	put("f", "x");
	int f = must(open("f", O_RDONLY)), d = must(open(".", O_RDONLY));
	ep = must(epoll_create1(0));
	must(pipe(p));
	struct epoll_event e = {EPOLLIN, {.u64 = 1}};
	S(epoll_create, 0);
	S(epoll_create, -1);
	SZ(epoll_create, 1);
	S(epoll_create1, 1);
	R(epoll_ctl(ep, EPOLL_CTL_ADD, f, &e));
	R(epoll_ctl(ep, EPOLL_CTL_ADD, d, &e));
	R(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &e));
	R(epoll_ctl(99, EPOLL_CTL_ADD, p[0], &e));
	R(epoll_ctl(p[1], EPOLL_CTL_ADD, p[0], &e));
	R(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e));
	R(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], &e));
	R(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	R(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	R(epoll_ctl(ep, 77, p[0], &e));
	S(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], BAD);
	S(epoll_ctl, ep, EPOLL_CTL_DEL, p[0], BAD);
	struct epoll_event out[4];
	R(epoll_wait(ep, out, 0, 0));
	R(epoll_wait(ep, out, -1, 0));
	R(epoll_wait(99, out, 1, 0));
	R(epoll_wait(p[0], out, 1, 0));
	S(epoll_wait, ep, KERN, 1, 0);
	R(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &(struct epoll_event){EPOLLOUT}));
	S(epoll_wait, ep, BAD, 1, 0);
	R(epoll_wait(ep, out, 1, 0));
	R(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &(struct epoll_event){EPOLLIN | EPOLLEXCLUSIVE}));
	R(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &(struct epoll_event){EPOLLIN}));
	R(epoll_ctl(ep, EPOLL_CTL_MOD, p[1], &(struct epoll_event){EPOLLIN | EPOLLEXCLUSIVE}));
	char c;
	R(read(ep, &c, 1));
	R(write(ep, &c, 1));
	R(lseek(ep, 0, SEEK_SET));
	struct timespec ts = {0, 0}, bad = {0, -1};
	S(epoll_pwait, ep, out, 4, 0, 0, 8);
	S(epoll_pwait, ep, out, 4, 0, &ts, 4);
	S(epoll_pwait2, ep, out, 4, &ts, 0, 8);
	S(epoll_pwait2, ep, out, 4, &bad, 0, 8);
	S(epoll_pwait2, ep, out, 4, BAD, 0, 8);
}

CASE(duplicates)
{
	int p[2];
	ep = must(epoll_create1(0));
	must(pipe(p));
	int q = must(dup(p[0]));
	add(p[0], EPOLLIN);
	R(epoll_ctl(ep, EPOLL_CTL_ADD, q, &(struct epoll_event){EPOLLIN, {.u64 = 1000}}));
	must(write(p[1], "x", 1));
	ready("both", 0);
	close(q);
	ready("the other's entry stays while the file is open", 0);
	close(p[0]);
	ready("gone with the file", 0);
}

CASE(fairness)
{
	// More ready than asked for: the rest comes next time.
	int p[5][2], seen = 0;
	ep = must(epoll_create1(0));
	for (int i = 0; i < 5; i++) { must(pipe(p[i])); must(write(p[i][1], "x", 1)); must(epoll_ctl(ep, EPOLL_CTL_ADD, p[i][0], &(struct epoll_event){EPOLLIN, {.u64 = 1 << i}})); }
	for (int k = 0; k < 3; k++) {
		struct epoll_event e[2];
		int n = epoll_wait(ep, e, 2, 0);
		for (int i = 0; i < n; i++) seen |= e[i].data.u64;
		say("%d", n);
	}
	say("all seen %d", seen == 31);
}

CASE(wakes)
{
	static int p[2];
	ep = must(epoll_create1(0));
	must(pipe(p));
	add(p[0], EPOLLIN);
	int64_t t = now_ns();
	ready("timeout", 30);
	say("waited %d", now_ns() - t >= 30000000);
	pid_t pid = must(fork());
	if (!pid) { settle(); write(p[1], "x", 1); _exit(0); }
	ready("written by a child", 5000);
	must(waitpid(pid, 0, 0));
	char c;
	must(read(p[0], &c, 1));
	void *f(void *x) { settle(); must(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &(struct epoll_event){EPOLLOUT, {.u64 = 70}})); return 0; }
	pthread_t th;
	pthread_create(&th, 0, f, 0);
	ready("added while waiting", 5000);
	pthread_join(th, 0);
}

CASE(many)
{
	// 500 descriptors; ten of them have something.
	struct rlimit l = {2000, 2000};
	struct rlimit old;
	getrlimit(RLIMIT_NOFILE, &old);
	if (old.rlim_cur < 1200) { l.rlim_max = old.rlim_max; setrlimit(RLIMIT_NOFILE, &l); }
	ep = must(epoll_create1(0));
	int e[500];
	for (int i = 0; i < 500; i++) { e[i] = must(eventfd(0, 0)); must(epoll_ctl(ep, EPOLL_CTL_ADD, e[i], &(struct epoll_event){EPOLLIN, {.u64 = i}})); }
	ready("none", 0);
	for (int i = 0; i < 500; i += 50) must(write(e[i], &(uint64_t){1}, 8));
	struct epoll_event out[20];
	int n = epoll_wait(ep, out, 20, 0), sum = 0;
	for (int i = 0; i < n; i++) sum += out[i].data.u64;
	say("%d %d", n, sum);
}

CASE(eventfd)
{
	uint64_t v = 0;
	int e = R(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
	R(fcntl(e, F_GETFD));
	R(read(e, &v, 8));
	say("%lu", (unsigned long)v);
	R(read(e, &v, 8));
	v = 5;
	R(write(e, &v, 8));
	R(write(e, &v, 8));
	R(read(e, &v, 16));
	say("%lu", (unsigned long)v);
	R(read(e, &v, 7));
	R(write(e, &v, 7));
	v = -1UL;
	R(write(e, &v, 8));
	v = -2UL;
	R(write(e, &v, 8));
	v = 1;
	R(write(e, &v, 8));
	struct pollfd p = {e, POLLIN | POLLOUT};
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
	R(read(e, BAD, 8));
	R(write(e, BAD, 8));
	R(lseek(e, 0, SEEK_CUR));
	R(eventfd(0, 0x10));
	S(eventfd2, 0, -1);
	e = must(eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK));
	for (int i = 0; i < 4; i++) { v = 0; R(read(e, &v, 8)); say("%lu", (unsigned long)v); }
	e = must(eventfd(0, 0));
	pid_t pid = must(fork());
	if (!pid) { settle(); v = 9; write(e, &v, 8); _exit(0); }
	R(read(e, &v, 8));
	say("%lu", (unsigned long)v);
	must(waitpid(pid, 0, 0));
}

CASE(signalfd)
{
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigaddset(&m, 40);
	sigaddset(&m, SIGCHLD);
	sigprocmask(SIG_BLOCK, &m, 0);
	int fd = R(signalfd(-1, &m, SFD_NONBLOCK | SFD_CLOEXEC));
	struct signalfd_siginfo si[4];
	R(read(fd, si, sizeof si));
	struct pollfd p = {fd, POLLIN};
	R(poll(&p, 1, 0));
	sigqueue(getpid(), 40, (union sigval){.sival_int = 8});
	raise(SIGUSR1);
	R(poll(&p, 1, 0));
	R(read(fd, si, sizeof si) / sizeof *si);
	say("%s %s value %d code %d pid %d", signame(si[0].ssi_signo), signame(si[1].ssi_signo), si[1].ssi_int, si[1].ssi_code, si[1].ssi_pid == getpid());
	pid_t pid = must(fork());
	if (!pid) _exit(4);
	R(poll(&p, 1, 5000));
	R(read(fd, si, sizeof si) / sizeof *si);
	say("%s status %d code %d pid %d", signame(si[0].ssi_signo), si[0].ssi_status, si[0].ssi_code, si[0].ssi_pid == pid);
	must(waitpid(pid, 0, 0));
	R(read(fd, si, 100));
	sigemptyset(&m);
	sigaddset(&m, SIGUSR2);
	R(signalfd(fd, &m, 0) == fd);
	raise(SIGUSR1);
	R(poll(&p, 1, 0));
	R(signalfd(0, &m, 0));
	R(signalfd(99, &m, 0));
	R(signalfd(-1, &m, 0x1));
	S(signalfd4, -1, BAD, 8, 0);
	S(signalfd4, -1, &m, 4, 0);
	fcntl(fd, F_SETFL, 0);
	sigprocmask(SIG_BLOCK, &m, 0);
	pid = must(fork());
	if (!pid) { settle(); kill(getppid(), SIGUSR2); _exit(0); }
	R(read(fd, si, sizeof si) / sizeof *si);
	say("%s", signame(si[0].ssi_signo));
	must(waitpid(pid, 0, 0));
}
