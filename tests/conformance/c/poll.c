// poll(2), ppoll(2), select(2), pselect6(2): readiness, timeouts, masks.
#include "p.h"

static volatile int hits;
static void hit(int s) { hits++; }

CASE(poll)
{
	int p[2], q[2];
	must(pipe(p));
	must(pipe(q));
	put("f", "x");
	int f = must(open("f", O_RDWR));
	struct pollfd v[5] = {{p[0], POLLIN}, {q[1], POLLOUT}, {f, POLLIN | POLLOUT | POLLPRI}, {-1, POLLIN, 77}, {99, POLLIN}};
	R(poll(v, 5, 0));
	for (int i = 0; i < 5; i++) say("%d: %#x", i, v[i].revents);
	R(poll(v, 1, 0));
	must(write(p[1], "x", 1));
	R(poll(v, 1, -1));
	v[0].events = 0;
	R(poll(v, 1, 0));
	close(p[1]);
	R(poll(v, 1, 0));
	say("hangup is told unasked %#x", v[0].revents);
	v[0].events = POLLIN | POLLRDNORM | POLLRDBAND | POLLRDHUP;
	R(poll(v, 1, 0));
	say("%#x", v[0].revents);
	R(poll(0, 0, 0));
	S(poll, 0, 1, 0);
	S(poll, BAD, 1, 0);
	S(poll, rdonly(), 1, 0);
	S(poll, v, -1, 0);
	struct rlimit l = {20, 20};
	must(setrlimit(RLIMIT_NOFILE, &l));
	struct pollfd *many = calloc(30, sizeof *many);
	for (int i = 0; i < 30; i++) many[i].fd = -1;
	R(poll(many, 20, 0));
	R(poll(many, 21, 0));
	many[3] = many[4] = (struct pollfd){q[1], POLLOUT};
	R(poll(many, 10, 0)); // the same descriptor twice counts twice
}

CASE(timeouts)
{
	int p[2];
	must(pipe(p));
	struct pollfd v = {p[0], POLLIN};
	int64_t t = now_ns();
	R(poll(&v, 1, 30));
	say("waited %d", now_ns() - t >= 30000000);
	t = now_ns();
	R(poll(&v, 1, 0));
	say("at once %d", now_ns() - t < 1000000000);
	struct timespec ts = {0, 20000000};
	R(ppoll(&v, 1, &ts, 0));
	S(ppoll, &v, 1, &ts, 0, 8);
	say("raw call writes the rest back: %ld %ld", ts.tv_sec, ts.tv_nsec);
	ts.tv_nsec = 1000000000;
	S(ppoll, &v, 1, &ts, 0, 8);
	ts = (struct timespec){-1, 0};
	S(ppoll, &v, 1, &ts, 0, 8);
	S(ppoll, &v, 1, BAD, 0, 8);
	ts = (struct timespec){0, 0};
	S(ppoll, &v, 1, &ts, BAD, 8);
	uint64_t m = 0;
	S(ppoll, &v, 1, &ts, &m, 4);
	S(ppoll, &v, 1, &ts, 0, 4);
}

CASE(wakes)
{
	int p[2];
	must(pipe(p));
	pid_t pid = must(fork());
	if (!pid) { settle(); write(p[1], "x", 1); settle(); _exit(0); }
	close(p[1]);
	struct pollfd v = {p[0], POLLIN};
	R(poll(&v, 1, 5000));
	say("%#x", v.revents);
	char c;
	must(read(p[0], &c, 1));
	R(poll(&v, 1, 5000));
	say("%#x", v.revents);
	must(waitpid(pid, 0, 0));
}

CASE(masks)
{
	struct sigaction a = {.sa_handler = hit};
	sigaction(SIGUSR1, &a, 0);
	sigset_t m, none;
	sigemptyset(&m);
	sigemptyset(&none);
	sigaddset(&m, SIGUSR1);
	sigprocmask(SIG_BLOCK, &m, 0);
	raise(SIGUSR1);
	struct timespec ts = {5, 0};
	ts = (struct timespec){0, 20000000};
	R(ppoll(0, 0, &ts, &m));
	say("hits %d", hits);
	ts = (struct timespec){5, 0};
	R(ppoll(0, 0, &ts, &none));
	say("hits %d", hits);
	sigprocmask(SIG_BLOCK, 0, &none);
	say("blocked again %d", sigismember(&none, SIGUSR1));
	raise(SIGUSR1);
	sigemptyset(&none);
	R(pselect(0, 0, 0, 0, &ts, &none));
	say("hits %d", hits);
	// Something ready wins over the signal, which then stays blocked.
	int p[2];
	must(pipe(p));
	must(write(p[1], "x", 1));
	raise(SIGUSR1);
	struct pollfd v = {p[0], POLLIN};
	R(ppoll(&v, 1, &ts, &none));
	say("hits %d", hits);
	sigprocmask(SIG_UNBLOCK, &m, 0);
	say("hits %d", hits);
}

CASE(select)
{
	int p[2];
	must(pipe(p));
	fd_set r, w, e;
	struct timeval tv = {0, 0};
#define SET(rd, wr) do { FD_ZERO(&r); FD_ZERO(&w); FD_ZERO(&e); FD_SET(rd, &r); FD_SET(wr, &w); FD_SET(rd, &e); } while (0)
	SET(p[0], p[1]);
	R(select(p[1] + 1, &r, &w, &e, &tv));
	say("r %d w %d e %d", !!FD_ISSET(p[0], &r), !!FD_ISSET(p[1], &w), !!FD_ISSET(p[0], &e));
	must(write(p[1], "x", 1));
	SET(p[0], p[1]);
	R(select(p[1] + 1, &r, &w, &e, &tv));
	SET(p[0], p[1]);
	R(select(p[0] + 1, &r, &w, &e, &tv));
	say("beyond nfds stays %d", !!FD_ISSET(p[1], &w));
	char c;
	must(read(p[0], &c, 1));
	close(p[1]);
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	R(select(p[0] + 1, &r, 0, 0, 0));
	FD_SET(50, &r);
	R(select(51, &r, 0, 0, &tv));
	R(select(-1, 0, 0, 0, &tv));
	R(select(0, 0, 0, 0, &tv));
	tv = (struct timeval){0, 20000};
	int64_t t = now_ns();
	R(select(0, 0, 0, 0, &tv));
	say("waited %d rest %ld %ld", now_ns() - t >= 20000000, tv.tv_sec, tv.tv_usec);
	tv = (struct timeval){-1, 0};
	S(select, 0, 0, 0, 0, &tv);
	S(select, 0, 0, 0, 0, BAD);
	tv = (struct timeval){0, 0};
	S(select, 10, BAD, 0, 0, &tv);
	S(select, 10, rdonly(), 0, 0, &tv);
	S(select, 2000, rdonly(), 0, 0, &tv) ;
	S(select, 0x7fffffff, 0, 0, 0, &tv);
	struct timespec ts = {0, 0};
	struct { void *set; size_t len; } sm = {0, 8};
	S(pselect6, 0, 0, 0, 0, &ts, &sm);
	S(pselect6, 0, 0, 0, 0, &ts, BAD);
	uint64_t m = 0;
	sm.set = &m, sm.len = 4;
	S(pselect6, 0, 0, 0, 0, &ts, &sm);
	ts.tv_nsec = -1;
	S(pselect6, 0, 0, 0, 0, &ts, 0);
}

CASE(closed_meanwhile)
{
	// Another thread closes and reopens the number: poll keeps its file.
	static int p[2];
	must(pipe(p));
	void *f(void *x) { settle(); write(p[1], "x", 1); return 0; }
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	struct pollfd v = {p[0], POLLIN};
	R(poll(&v, 1, 5000));
	pthread_join(t, 0);
}

CASE(sticky)
{
	#define STICKY 0x4000000
	struct timeval t = {0, 5000};
	R(syscall(SYS_personality, STICKY));
	R(select(0, 0, 0, 0, &t));
	say("left %ld", (long)t.tv_usec);
	R(syscall(SYS_personality, 0) & STICKY);
	R(select(0, 0, 0, 0, &t));
	say("left %ld", (long)t.tv_usec);
}
