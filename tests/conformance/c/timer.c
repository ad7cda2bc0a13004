// POSIX timers and timerfds: every flag, clock and error.
// variants: static musl
#include "p.h"
#include <sys/timerfd.h>

#ifndef SIGEV_THREAD_ID
#define SIGEV_THREAD_ID 4
#endif

static int64_t ns(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }
static struct itimerspec every(long first, long then) { return (struct itimerspec){{then / 1000, then % 1000 * 1000000}, {first / 1000, first % 1000 * 1000000}}; }
static struct itimerspec at(int clock, long ms)
{
	struct itimerspec t = {};
	clock_gettime(clock, &t.it_value);
	t.it_value.tv_nsec += ms * 1000000;
	while (t.it_value.tv_nsec >= 1000000000) t.it_value.tv_nsec -= 1000000000, t.it_value.tv_sec++;
	return t;
}

CASE(create)
{
	int id;
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, 10, CLOCK_TAI, 12, 99, -1, -2, -6, -100};
	for (int i = 0; i < 16; i++) {
		errno = 0;
		long r = RAW(timer_create, clocks[i], &e, &id);
		say("clock %d: %s", clocks[i], r < 0 ? ename(errno) : "ok");
		if (r == 0) RAW(timer_delete, id);
	}
	S(timer_create, CLOCK_MONOTONIC, BAD, &id);
	S(timer_create, CLOCK_MONOTONIC, &e, BAD);
	S(timer_create, 99, BAD, &id);
	e.sigev_signo = 0;
	S(timer_create, CLOCK_MONOTONIC, &e, &id);
	e.sigev_signo = 65;
	S(timer_create, CLOCK_MONOTONIC, &e, &id);
	e.sigev_signo = SIGUSR1, e.sigev_notify = 77;
	S(timer_create, CLOCK_MONOTONIC, &e, &id);
	e.sigev_notify = SIGEV_NONE, e.sigev_signo = 99;
	S(timer_create, CLOCK_MONOTONIC, &e, &id) == 0 ? RAW(timer_delete, id) : 0;
	e.sigev_notify = SIGEV_SIGNAL | SIGEV_THREAD_ID, e.sigev_signo = SIGUSR1;
	((int *)&e)[4] = RAW(gettid);
	S(timer_create, CLOCK_MONOTONIC, &e, &id) == 0 ? RAW(timer_delete, id) : 0;
	((int *)&e)[4] = 1;
	S(timer_create, CLOCK_MONOTONIC, &e, &id);
	S(timer_delete, 12345);
	S(timer_gettime, 12345, BAD);
	S(timer_getoverrun, 12345);
	struct itimerspec z = {};
	S(timer_settime, 12345, 0, &z, 0);
	S(timer_settime, 12345, 0, 0, 0);
	S(timer_settime, 12345, 0, BAD, 0);
}

static volatile int n, code, over, val;
static void on(int s, siginfo_t *i, void *u) { n++, code = i->si_code, over = i->si_overrun, val = i->si_value.sival_int; }

CASE(settime)
{
	int id;
	struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &a, 0);
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 12};
	must(RAW(timer_create, CLOCK_MONOTONIC, &e, &id));
	struct itimerspec t = every(10, 0), o;
	S(timer_settime, id, 0, &t, &o);
	say("old %d %d", ns(o.it_value) == 0, ns(o.it_interval) == 0);
	until(n == 1);
	say("code %d value %d overrun %d", code, val, over);
	S(timer_gettime, id, &o);
	say("rest %d", ns(o.it_value) == 0);
	t = every(5000, 7000);
	S(timer_settime, id, 0, &t, 0);
	S(timer_gettime, id, &o);
	say("rest %d, interval %ld", ns(o.it_value) > 4e9 && ns(o.it_value) <= 5e9, ns(o.it_interval) / 1000000);
	t = every(0, 9);
	S(timer_settime, id, 0, &t, &o);
	say("was %ld", ns(o.it_interval) / 1000000);
	S(timer_gettime, id, &o);
	say("disarmed %d, interval %ld", ns(o.it_value) == 0, ns(o.it_interval) / 1000000);
	t = at(CLOCK_MONOTONIC, 20);
	S(timer_settime, id, TIMER_ABSTIME, &t, 0);
	until(n == 2);
	t = (struct itimerspec){{0, 0}, {1, 0}}; // long past
	S(timer_settime, id, TIMER_ABSTIME, &t, 0);
	until(n == 3);
	t = (struct itimerspec){{0, 0}, {0, 1000000000}};
	S(timer_settime, id, 0, &t, 0);
	t = (struct itimerspec){{0, -1}, {0, 1}};
	S(timer_settime, id, 0, &t, 0);
	t = (struct itimerspec){{0, 0}, {-1, 1}};
	S(timer_settime, id, 0, &t, 0);
	t = every(10, 0);
	S(timer_settime, id, 99, &t, BAD);
	S(timer_gettime, id, BAD);
	// Overrun: signals that were blocked for many periods.
	sigset_t s;
	sigemptyset(&s), sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, 0);
	n = 0;
	t = every(2, 2);
	must(RAW(timer_settime, id, 0, &t, 0));
	nap_ms(60);
	sigprocmask(SIG_UNBLOCK, &s, 0);
	say("one signal %d, overrun of many %d, the same %d", n >= 1, over > 5 || RAW(timer_getoverrun, id) >= 0, 1);
	t = every(0, 0);
	must(RAW(timer_settime, id, 0, &t, 0));
	S(timer_delete, id);
	S(timer_delete, id);
	// A timer that is deleted with its signal pending.
	sigprocmask(SIG_BLOCK, &s, 0);
	must(RAW(timer_create, CLOCK_MONOTONIC, &e, &id));
	t = every(1, 0);
	must(RAW(timer_settime, id, 0, &t, 0));
	nap_ms(10);
	S(timer_delete, id);
	sigset_t p;
	sigpending(&p);
	say("still pending %d", sigismember(&p, SIGUSR1));
	// Timers are not inherited, and an exec deletes them.
	must(RAW(timer_create, CLOCK_MONOTONIC, &e, &id));
	child("fork", S(timer_delete, id));
}

CASE(cpu)
{
	int id;
	struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &a, 0);
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	int clocks[] = {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
	for (int i = 0; i < 2; i++) {
		n = 0;
		must(RAW(timer_create, clocks[i], &e, &id));
		struct itimerspec t = every(20, 0), o;
		S(timer_settime, id, 0, &t, 0);
		nap_ms(50);
		say("not while asleep %d", n == 0);
		for (int64_t from = now_ns(); n == 0 && now_ns() - from < 20000000000LL;) ;
		say("fired %d", n);
		S(timer_gettime, id, &o);
		say("rest %ld", ns(o.it_value));
		S(timer_delete, id);
	}
}

CASE(fd)
{
	struct itimerspec t = every(10, 0), o;
	uint64_t v;
	S(timerfd_create, 99, 0);
	S(timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0);
	S(timerfd_create, CLOCK_TAI, 0);
	S(timerfd_create, CLOCK_MONOTONIC, 1);
	S(timerfd_settime, -1, 0, &t, 0);
	S(timerfd_settime, 0, 0, &t, 0);
	S(timerfd_gettime, 0, &o);
	int fd = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	say("cloexec %d, flags %o", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	S(timerfd_settime, fd, 4, &t, 0);
	S(timerfd_settime, fd, 0, BAD, 0);
	t.it_value.tv_nsec = 1000000000;
	S(timerfd_settime, fd, 0, &t, 0);
	S(timerfd_settime, -1, 0, &t, 0);
	t = every(10, 0);
	R(read(fd, &v, 8));
	S(timerfd_settime, fd, 0, &t, &o);
	say("old %d", ns(o.it_value) == 0);
	struct pollfd p = {fd, POLLIN | POLLOUT};
	R(poll(&p, 1, 5000));
	say("%x", p.revents);
	R(read(fd, &v, 7));
	R(read(fd, &v, 100) * 100 + v);
	R(read(fd, &v, 8));
	R(write(fd, &v, 8));
	t = every(5, 5);
	S(timerfd_settime, fd, 0, &t, 0);
	nap_ms(60);
	R(read(fd, &v, 8));
	say("many %d", v >= 5);
	S(timerfd_gettime, fd, &o);
	say("interval %ld, rest %d", ns(o.it_interval), ns(o.it_value) <= 5000000 && ns(o.it_value) > 0);
	t = every(0, 0);
	S(timerfd_settime, fd, 0, &t, 0);
	R(read(fd, &v, 8));
	t = (struct itimerspec){{0, 0}, {1, 0}};
	S(timerfd_settime, fd, TFD_TIMER_ABSTIME, &t, 0);
	R(poll(&p, 1, 5000));
	R(read(fd, &v, 8) * 100 + v);
	S(timerfd_gettime, fd, &o);
	say("rest %ld", ns(o.it_value));
	S(timerfd_gettime, fd, BAD);
	S(timerfd_settime, fd, TFD_TIMER_CANCEL_ON_SET, &t, 0); // no effect without ABSTIME on this clock
	int clocks[] = {CLOCK_REALTIME, CLOCK_BOOTTIME, 8, 9};
	for (int i = 0; i < 4; i++) {
		int f = timerfd_create(clocks[i], 0);
		if (f < 0) { say("clock %d: %s", clocks[i], ename(errno)); continue; }
		t = at(clocks[i] >= 8 ? clocks[i] == 8 ? CLOCK_REALTIME : CLOCK_BOOTTIME : clocks[i], 15);
		RZ(timerfd_settime(f, TFD_TIMER_ABSTIME, &t, 0));
		R(read(f, &v, 8) * 100 + v);
		if (clocks[i] == CLOCK_REALTIME) {
			t.it_value.tv_sec += 1000;
			R(timerfd_settime(f, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, 0));
			R(timerfd_gettime(f, &o));
			say("rest %d", ns(o.it_value) > 990e9);
		}
		close(f);
	}
	child("alarm clock as a user", { drop(); S(timerfd_create, 9, 0); S(timer_create, 9, 0, &v); });
	// A duplicate and a child share the timer.
	fcntl(fd, F_SETFL, 0);
	t = every(30, 0);
	must(timerfd_settime(fd, 0, &t, 0));
	child("inherits it", R(read(fd, &v, 8) * 100 + v));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	R(read(fd, &v, 8));
}

static void ignore(int s) {}

CASE(sleeping)
{
	struct timespec t = {0, 20000000}, r = {77, 77}, bad = {0, -1};
	struct sigaction a = {.sa_handler = ignore};
	sigaction(SIGALRM, &a, 0);
	int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, 99, -1};
	for (int i = 0; i < 10; i++) {
		if (clocks[i] == CLOCK_PROCESS_CPUTIME_ID) continue;
		int64_t b = now_ns();
		errno = 0;
		long x = RAW(clock_nanosleep, clocks[i], 0, &t, 0);
		say("clock %d: %s%s", clocks[i], x < 0 ? ename(errno) : "slept", x == 0 && now_ns() - b < 20000000 ? " too short" : "");
	}
	S(clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, 0);
	S(clock_nanosleep, CLOCK_MONOTONIC, 0, BAD, 0);
	S(clock_nanosleep, 99, 0, BAD, 0);
	S(clock_nanosleep, CLOCK_MONOTONIC, 99, &t, 0);
	struct itimerval it = {{0, 0}, {0, 20000}};
	setitimer(ITIMER_REAL, &it, 0);
	t = (struct timespec){5, 0};
	S(clock_nanosleep, CLOCK_MONOTONIC, 0, &t, &r);
	say("left %d", r.tv_sec == 4);
	setitimer(ITIMER_REAL, &it, 0);
	S(clock_nanosleep, CLOCK_MONOTONIC, 0, &t, BAD);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 5, r = (struct timespec){77, 77};
	setitimer(ITIMER_REAL, &it, 0);
	S(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &r);
	say("left untouched %d", r.tv_sec == 77);
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, 0);
	setitimer(ITIMER_REAL, &it, 0);
	t = (struct timespec){5, 0};
	S(nanosleep, &t, &r); // not even with SA_RESTART
	// A stop and a continue do not end or lengthen it.
	pid_t p = must(fork());
	if (!p) { struct timespec u = {0, 150000000}; int64_t b = now_ns(); long x = RAW(nanosleep, &u, 0); int64_t d = now_ns() - b; _exit(x == 0 && d >= 150000000 ? 7 : 8); }
	asleep(p, p);
	kill(p, SIGSTOP);
	until(state_of(p, p) == 'T');
	kill(p, SIGCONT);
	int st;
	must(waitpid(p, &st, 0));
	say("%s", swait(st));
	S(restart_syscall);
	struct itimerval bv = {{0, 1000000}, {1, 0}}, ov;
	S(setitimer, ITIMER_REAL, &bv, 0);
	S(setitimer, 3, &it, 0);
	S(getitimer, 3, &ov);
	S(getitimer, ITIMER_REAL, BAD);
	S(setitimer, ITIMER_REAL, BAD, 0);
	it.it_value.tv_sec = 100;
	S(setitimer, ITIMER_REAL, &it, 0);
	S(setitimer, ITIMER_REAL, 0, &ov);
	say("was %d", ov.it_value.tv_sec >= 99);
	S(getitimer, ITIMER_REAL, &ov);
	say("now %ld", ov.it_value.tv_sec);
}

CASE(number_before_clock)
{
	int n = -1;
	struct sigevent bad = {.sigev_notify = 3, .sigev_signo = SIGUSR1};
	must(RAW(timer_create, CLOCK_REALTIME, 0, &n));
	say("%d", n);
	S(timer_create, CLOCK_REALTIME, &bad, &n);
	say("%d", n);
	S(timer_create, CLOCK_REALTIME_ALARM, &bad, &n);
	S(timer_create, 99, &bad, &n);
	say("%d", n);
}

CASE(time_before_flags)
{
	struct itimerspec t = {0};
	S(timerfd_settime, -1, 0xff0, BAD, 0);
	S(timerfd_settime, -1, 0xff0, &t, 0);
	struct timespec n = {0, -1};
	S(clock_nanosleep, CLOCK_REALTIME_ALARM, 0, &n, 0);
	S(clock_nanosleep, CLOCK_REALTIME_ALARM, 0, BAD, 0);
}
