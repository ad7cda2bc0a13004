// mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2).
// variants: static musl
#include "p.h"
#include <mqueue.h>
#include <sys/epoll.h>

#define SI_MESGQ_ -3
static char name[64];
static char *fresh(void) { sprintf(name, "conform%d", getpid()); RAW(mq_unlink, name); return name; }
static int opened(int flags, long most, long size)
{
	struct mq_attr a = {0, most, size};
	return must(RAW(mq_open, fresh(), O_RDWR | O_CREAT | O_EXCL | flags, 0600, &a));
}
static long sent(int q, const char *s, unsigned prio) { return RAW(mq_timedsend, q, s, strlen(s), prio, 0); }
static void got(int q, struct timespec *t)
{
	char b[8200];
	unsigned prio = 999;
	memset(b, '#', sizeof b);
	long r = RAW(mq_timedreceive, q, b, 8192, &prio, t);
	if (r < 0) say("receive: %s", ename(errno));
	else say("receive: %ld \"%.*s\" priority %u", r, (int)(r > 20 ? 20 : r), b, prio);
}
static void attr(int q)
{
	struct mq_attr a;
	if (RAW(mq_getsetattr, q, 0, &a) < 0) say("attributes: %s", ename(errno));
	else say("flags %lo, %ld of %ld messages of %ld bytes", (long)a.mq_flags, (long)a.mq_curmsgs, (long)a.mq_maxmsg, (long)a.mq_msgsize);
}
static struct timespec *in_ms(long ms)
{
	static struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	while (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
	return &t;
}

CASE(open)
{
	char *n = fresh();
	S(mq_open, n, O_RDWR, 0, 0);
	S(mq_open, BAD, O_RDWR, 0, 0);
	S(mq_open, "", O_RDWR | O_CREAT, 0600, 0);
	S(mq_open, "/", O_RDWR | O_CREAT, 0600, 0);
	S(mq_open, "a/b", O_RDWR | O_CREAT, 0600, 0);
	S(mq_open, "/ab", O_RDWR | O_CREAT, 0600, 0);
	S(mq_open, ".", O_RDWR | O_CREAT, 0600, 0);
	S(mq_open, "..", O_RDWR, 0600, 0);
	char longer[300];
	memset(longer, 'x', 256), longer[256] = 0;
	S(mq_open, longer, O_RDWR | O_CREAT, 0600, 0);
	S(mq_open, n, O_RDWR | O_CREAT, 0600, BAD);
	struct mq_attr a = {0, 0, 10};
	S(mq_open, n, O_RDWR | O_CREAT, 0600, &a);
	a = (struct mq_attr){0, 10, 0};
	S(mq_open, n, O_RDWR | O_CREAT, 0600, &a);
	a = (struct mq_attr){0, -1, -1};
	S(mq_open, n, O_RDWR | O_CREAT, 0600, &a);
	a = (struct mq_attr){0, 65537, 10};
	S(mq_open, n, O_RDWR | O_CREAT, 0600, &a);
	a = (struct mq_attr){0, 10, (16 << 20) + 1};
	S(mq_open, n, O_RDWR | O_CREAT, 0600, &a);
	int q, r;
	RZ(q = RAW(mq_open, n, O_RDWR | O_CREAT, 0644, 0));
	attr(q);
	R(fcntl(q, F_GETFD));
	R(fcntl(q, F_GETFL) & ~O_LARGEFILE);
	struct stat st;
	fstat(q, &st);
	say("mode %o", st.st_mode);
	S(mq_open, n, O_RDWR | O_CREAT | O_EXCL, 0644, 0);
	S(mq_open, n, O_RDWR | O_WRONLY, 0, 0);
	a = (struct mq_attr){O_NONBLOCK, 3, 20};
	RZ(r = RAW(mq_open, n, O_RDONLY | O_CREAT | O_NONBLOCK, 0, &a));
	attr(r);
	attr(q);
	close(r);
	RZ(mq_unlink("/nothing") < 0 ? errno == ENOENT : 0);
	S(mq_unlink, n);
	S(mq_unlink, n);
	S(mq_unlink, "");
	S(mq_unlink, "a/b");
	S(mq_unlink, BAD);
	S(mq_unlink, longer);
	R(sent(q, "still here", 0));
	got(q, 0);
	S(mq_open, n, O_RDWR, 0, 0);
	close(q);
	attr(q);
	struct rlimit l = {q, q};
	child("no descriptor", { for (int i = 3; i < q; i++) dup2(0, i); setrlimit(RLIMIT_NOFILE, &l); S(mq_open, n, O_RDWR | O_CREAT, 0600, 0); S(mq_open, n, O_RDWR | O_CREAT | O_EXCL, 0600, 0); });
	l = (struct rlimit){1000, 1000};
	child("RLIMIT_MSGQUEUE", { setrlimit(RLIMIT_MSGQUEUE, &l); S(mq_open, n, O_RDWR | O_CREAT, 0600, 0); });
	child("users", {
		umask(0);
		must(RAW(mq_open, n, O_RDWR | O_CREAT, 0604, 0));
		drop();
		S(mq_open, n, O_RDWR, 0, 0);
		S(mq_open, n, O_WRONLY, 0, 0);
		RZ(RAW(mq_open, n, O_RDONLY, 0, 0));
		S(mq_unlink, n);
		a = (struct mq_attr){0, 11, 10};
		S(mq_open, "conformother", O_RDWR | O_CREAT, 0600, &a);
		a = (struct mq_attr){0, 10, 8193};
		S(mq_open, "conformother", O_RDWR | O_CREAT, 0600, &a);
	});
	S(mq_unlink, n);
	child("umask", { umask(077); int q = must(RAW(mq_open, n, O_RDWR | O_CREAT, 0666, 0)); struct stat st; fstat(q, &st); say("mode %o", st.st_mode); RAW(mq_unlink, n); });
}

CASE(order)
{
	int q = opened(0, 10, 100);
	R(sent(q, "low", 1));
	R(sent(q, "high", 32767));
	R(sent(q, "lowest", 0));
	R(sent(q, "low too", 1));
	R(sent(q, "middle", 7));
	R(sent(q, "", 7));
	S(mq_timedsend, q, "x", 1, 32768, 0);
	S(mq_timedsend, -1, "x", 1, 32768, 0);
	attr(q);
	for (int i = 0; i < 6; i++) got(q, 0);
	attr(q);
	RAW(mq_unlink, name);
}

CASE(errors)
{
	int q = opened(O_NONBLOCK, 2, 10), p[2];
	char b[20];
	unsigned prio;
	struct timespec bad = {0, 1000000000}, neg = {-1, 0}, past = {1, 0};
	must(pipe(p));
	S(mq_timedsend, -1, "x", 1, 0, 0);
	S(mq_timedsend, p[1], "x", 1, 0, 0);
	S(mq_timedsend, q, BAD, 11, 0, 0);
	S(mq_timedsend, q, BAD, 10, 0, 0);
	S(mq_timedsend, q, BAD, 10, 0, BAD);
	S(mq_timedsend, -1, BAD, 10, 0, &bad);
	S(mq_timedsend, q, "x", 1, 0, &neg);
	S(mq_timedreceive, -1, b, 20, &prio, 0);
	S(mq_timedreceive, p[0], b, 20, &prio, 0);
	S(mq_timedreceive, q, b, 9, &prio, 0);
	S(mq_timedreceive, q, b, 10, &prio, 0);
	S(mq_timedreceive, q, b, 10, &prio, BAD);
	S(mq_timedreceive, q, b, 10, &prio, &bad);
	S(mq_timedreceive, q, b, 10, &prio, &past);
	R(sent(q, "abc", 5));
	S(mq_timedreceive, q, b, 10, BAD, &past);
	attr(q);
	R(sent(q, "abc", 5));
	S(mq_timedreceive, q, BAD, 10, 0, 0);
	attr(q);
	R(sent(q, "abc", 5));
	S(mq_timedreceive, q, b, 20, 0, 0);
	R(sent(q, "1", 5));
	R(sent(q, "2", 5));
	R(sent(q, "3", 5));
	S(mq_timedsend, q, BAD, 10, 0, 0);
	int r = must(RAW(mq_open, name, O_RDONLY, 0, 0)), w = must(RAW(mq_open, name, O_WRONLY, 0, 0));
	S(mq_timedsend, r, "x", 1, 0, 0);
	S(mq_timedsend, r, "x", 100, 0, 0);
	S(mq_timedreceive, w, b, 1, 0, 0);
	S(mq_getsetattr, q, BAD, 0);
	S(mq_getsetattr, q, 0, BAD);
	S(mq_getsetattr, -1, 0, 0);
	S(mq_getsetattr, p[0], 0, 0);
	S(mq_getsetattr, q, 0, 0);
	struct mq_attr a = {O_NONBLOCK | O_APPEND};
	S(mq_getsetattr, q, &a, 0);
	S(mq_getsetattr, -1, &a, 0);
	a = (struct mq_attr){0, 77, 77, 77};
	struct mq_attr o;
	S(mq_getsetattr, q, &a, &o);
	say("were flags %lo, %ld of %ld", (long)o.mq_flags, (long)o.mq_curmsgs, (long)o.mq_maxmsg);
	attr(q);
	R(fcntl(q, F_GETFL) & ~O_LARGEFILE);
	S(mq_notify, -1, 0);
	S(mq_notify, p[0], 0);
	S(mq_notify, q, BAD);
	RAW(mq_unlink, name);
}

CASE(waiting)
{
	int q = opened(0, 1, 100), st;
	int64_t a = now_ns();
	got(q, in_ms(30));
	say("waited %d", now_ns() - a >= 25000000);
	struct timespec past = {1, 0};
	got(q, &past);
	R(sent(q, "full", 0));
	a = now_ns();
	struct timespec *t = in_ms(30);
	S(mq_timedsend, q, "x", 1, 0, t);
	say("waited %d", now_ns() - a >= 25000000);
	S(mq_timedsend, q, "x", 1, 0, &past);
	pid_t p = must(fork());
	if (!p) _exit(sent(q, "late", 3) ? errno : 0);
	asleep(p, p);
	got(q, 0);
	must(waitpid(p, &st, 0));
	say("sender %s", swait(st));
	got(q, 0);
	if (!(p = must(fork()))) { char b[100]; unsigned pr; long r = RAW(mq_timedreceive, q, b, 100, &pr, 0); _exit(r < 0 ? errno : r * 10 + pr); }
	asleep(p, p);
	R(sent(q, "abc", 7));
	must(waitpid(p, &st, 0));
	say("receiver %s", swait(st));
	attr(q);
	RAW(mq_unlink, name);
}

static volatile int seen, code, value, from;
static void on(int s, siginfo_t *i, void *u) { seen++, code = i->si_code, value = i->si_value.sival_int, from = i->si_pid; }
static void ignore(int s) {}

CASE(interrupted)
{
	int q = opened(0, 1, 100);
	struct sigaction a = {.sa_handler = ignore};
	sigaction(SIGALRM, &a, 0);
	struct itimerval it = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &it, 0);
	got(q, 0);
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, 0);
	setitimer(ITIMER_REAL, &it, 0);
	got(q, in_ms(100));
	RAW(mq_unlink, name);
}

CASE(notify)
{
	int q = opened(O_NONBLOCK, 10, 100);
	struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &a, 0);
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
	S(mq_notify, q, &e);
	S(mq_notify, q, &e);
	child("another asks", { S(mq_notify, q, &e); S(mq_notify, q, 0); });
	R(sent(q, "x", 0));
	say("seen %d, code %d, value %d, from me %d", seen, code, value, from == getpid());
	R(sent(q, "y", 0));
	say("seen %d", seen);
	S(mq_notify, q, &e);
	R(sent(q, "z", 0)); // it was not empty
	say("seen %d", seen);
	got(q, 0), got(q, 0), got(q, 0);
	pid_t p = must(fork());
	if (!p) _exit(sent(q, "child", 0) != 0);
	until(seen == 2);
	must(waitpid(p, 0, 0));
	say("seen %d, from the child %d", seen, from == p);
	got(q, 0);
	S(mq_notify, q, &e);
	S(mq_notify, q, 0);
	S(mq_notify, q, 0);
	R(sent(q, "x", 0));
	say("seen %d", seen);
	got(q, 0);
	e.sigev_notify = SIGEV_NONE;
	S(mq_notify, q, &e);
	S(mq_notify, q, &e);
	R(sent(q, "x", 0));
	S(mq_notify, q, &e);
	got(q, 0);
	char text[100];
	int n = read(q, text, 99);
	text[n > 0 ? n : 0] = 0;
	*strstr(text, "NOTIFY_PID") = 0;
	say("%s", text);
	S(mq_notify, q, 0);
	e.sigev_notify = 77;
	S(mq_notify, q, &e);
	S(mq_notify, -1, &e);
	e = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
	S(mq_notify, q, &e);
	e.sigev_signo = -1;
	S(mq_notify, q, &e);
	// Closing any descriptor of it takes the request back.
	e.sigev_signo = SIGUSR1;
	S(mq_notify, q, &e);
	int d = dup(q);
	close(d);
	R(sent(q, "x", 0));
	say("seen %d", seen);
	got(q, 0);
	child("ends with a request", S(mq_notify, q, &e));
	S(mq_notify, q, &e);
	// A receiver that waits gets the message, and nobody is told.
	fcntl(q, F_SETFL, 0);
	if (!(p = must(fork()))) { char b[100]; _exit(RAW(mq_timedreceive, q, b, 100, 0, 0)); }
	asleep(p, p);
	R(sent(q, "abc", 0));
	int st;
	must(waitpid(p, &st, 0));
	say("%s, seen %d", swait(st), seen);
	R(sent(q, "abc", 0));
	say("seen %d", seen);
	RAW(mq_unlink, name);
}

CASE(poll)
{
	int q = opened(0, 2, 100);
	struct pollfd p = {q, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};
	R(poll(&p, 1, 0));
	say("%x", p.revents);
	R(sent(q, "x", 0));
	R(poll(&p, 1, 0));
	say("%x", p.revents);
	R(sent(q, "x", 0));
	R(poll(&p, 1, 0));
	say("%x", p.revents);
	int e = epoll_create1(0);
	struct epoll_event ev = {EPOLLOUT | EPOLLET, {.u32 = 7}}, out;
	R(epoll_ctl(e, EPOLL_CTL_ADD, q, &ev));
	R(epoll_wait(e, &out, 1, 0));
	pid_t c = must(fork());
	if (!c) { settle(); char b[100]; _exit(RAW(mq_timedreceive, q, b, 100, 0, 0)); }
	R(epoll_wait(e, &out, 1, 5000));
	say("%x %d", out.events, out.data.u32);
	wait(0);
	char b[100];
	R(write(q, "x", 1));
	R(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, q, 0) == MAP_FAILED);
	say("%s", ename(errno));
	RAW(mq_unlink, name);
	RAW(mq_open, fresh(), O_RDWR | O_CREAT, 0600, 0);
	say("%d", access(name, F_OK));
	RAW(mq_unlink, name);
}

CASE(library)
{
	char n[80];
	sprintf(n, "/%s", fresh());
	mqd_t q = must(mq_open(n, O_CREAT | O_RDWR, 0600, &(struct mq_attr){0, 4, 64}));
	R(mq_send(q, "hello", 5, 3));
	struct mq_attr a;
	R(mq_getattr(q, &a));
	say("%ld", (long)a.mq_curmsgs);
	char b[64];
	unsigned p;
	R(mq_receive(q, b, 64, &p));
	say("%.5s %u", b, p);
	a.mq_flags = O_NONBLOCK;
	R(mq_setattr(q, &a, 0));
	R(mq_receive(q, b, 64, &p));
	R(mq_close(q));
	R(mq_unlink(n));
}

// cookie_of prints what a netlink socket has got: the last byte says why.
static void cookie_of(int s)
{
	unsigned char b[64];
	long r = recv(s, b, sizeof b, MSG_DONTWAIT);
	if (r < 0) { say("cookie: %s", ename(errno)); return; }
	say("cookie: %ld bytes, first %d, last %d", r, b[0], b[r - 1]);
}

CASE(notify_thread)
{
	int q = opened(O_NONBLOCK, 10, 100), p[2];
	int s = must(socket(AF_NETLINK, SOCK_RAW, 0)), u = must(socket(AF_UNIX, SOCK_STREAM, 0));
	unsigned char c[32];
	memset(c, 7, 32);
	must(pipe(p));
	struct sigevent e = {.sigev_notify = SIGEV_THREAD, .sigev_signo = s, .sigev_value.sival_ptr = c};
	e.sigev_signo = -1; S(mq_notify, q, &e);
	e.sigev_signo = p[0]; S(mq_notify, q, &e);
	e.sigev_signo = u; S(mq_notify, q, &e);
	e.sigev_signo = s;
	e.sigev_value.sival_ptr = BAD; S(mq_notify, q, &e);
	e.sigev_value.sival_ptr = c;
	S(mq_notify, p[0], &e);
	S(mq_notify, -1, &e);
	S(mq_notify, q, &e);
	S(mq_notify, q, &e);
	cookie_of(s);
	R(sent(q, "x", 0));
	cookie_of(s);
	R(sent(q, "y", 0));
	cookie_of(s);
	got(q, 0), got(q, 0);
	S(mq_notify, q, &e);
	S(mq_notify, q, 0);
	cookie_of(s);
	S(mq_notify, q, &e);
	close(q);
	cookie_of(s);
	RAW(mq_unlink, name);
}

static volatile int called;
static void callback(union sigval v) { called = v.sival_int; }
CASE(library_thread)
{
#ifdef __GLIBC__
	char n[80];
	snprintf(n, sizeof n, "/%s", fresh());
	mqd_t q = must(mq_open(n, O_RDWR | O_CREAT, 0600, 0));
	struct sigevent e = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = callback, .sigev_value.sival_int = 42};
	R(mq_notify(q, &e));
	R(mq_send(q, "x", 1, 0));
	until(called == 42);
	mq_unlink(n);
#endif
	say("called");
}
