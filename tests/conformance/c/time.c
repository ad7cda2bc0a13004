// Clocks, sleeps, interval and POSIX timers, timerfd.
#include "p.h"
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>

static volatile int hits;
static siginfo_t info;
static volatile int overruns; // the most of one signal of a POSIX timer
static void hit(int s, siginfo_t *i, void *u)
{
	hits++;
	info = *i;
	if (i->si_code == SI_TIMER && i->si_overrun > overruns) overruns = i->si_overrun;
}
static void on(int s)
{
	struct sigaction a = {.sa_sigaction = hit, .sa_flags = SA_SIGINFO};
	must(sigaction(s, &a, 0));
}
#define MS 1000000L
#define TOOK(ms, slack, expr) ({ int64_t t_ = now_ns(); expr; t_ = now_ns() - t_; say("took %d ms or more %d, not much more %d", ms, t_ >= ms * MS, t_ < (ms + slack) * MS); })

CASE(clocks)
{
	struct timespec a, b;
	int ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
	for (int i = 0; i < 8; i++) {
		int r1 = RAW(clock_gettime, ids[i], &a), r2 = RAW(clock_gettime, ids[i], &b);
		int v = clock_gettime(ids[i], &b); // through the vDSO
		struct timespec res;
		int r3 = clock_getres(ids[i], &res);
		say("clock %d: %d %d %d forward %d sane %d res %d", ids[i], r1, r2, v, b.tv_sec > a.tv_sec || b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec,
		    b.tv_nsec < 1000000000 && b.tv_nsec >= 0, r3 == 0 && res.tv_sec == 0 && res.tv_nsec > 0);
	}
	R(clock_gettime(77, &a));
	R(clock_gettime(-1, &a) == 0 || errno == EINVAL);
	S(clock_gettime, CLOCK_REALTIME, BAD);
	S(clock_getres, CLOCK_REALTIME, 0);
	S(clock_getres, 77, 0);
	S(clock_getres, CLOCK_REALTIME, BAD);
	S(clock_settime, CLOCK_MONOTONIC, &a);
	S(clock_settime, 77, &a);
	S(clock_settime, CLOCK_REALTIME, BAD);
	a = (struct timespec){0, 1000000000};
	S(clock_settime, CLOCK_REALTIME, &a);
	struct timeval tv;
	R(gettimeofday(&tv, 0));
	time_t t = time(0);
	say("time agrees %d raw too %d", labs(t - tv.tv_sec) <= 1, labs(RAW(time, 0) - t) <= 1);
	S(gettimeofday, BAD, 0);
	S(gettimeofday, 0, 0);
	S(time, BAD);
	clock_gettime(CLOCK_REALTIME, &a);
	say("after 2020 %d", a.tv_sec > 1577836800);
	clockid_t c;
	R(clock_getcpuclockid(0, &c));
	R(clock_gettime(c, &a));
	drop();
	a = (struct timespec){1000000000, 0};
	S(clock_settime, CLOCK_REALTIME, &a);
	tv = (struct timeval){1000000000, 0};
	S(settimeofday, &tv, 0);
}

CASE(monotonic_threads)
{
	// No thread sees the clock go back, whatever another saw before.
	static volatile int64_t top;
	static volatile int wrong, stop;
	void *f(void *x) {
		while (!stop) {
			int64_t seen = __atomic_load_n(&top, __ATOMIC_SEQ_CST), t = now_ns();
			if (t < seen) wrong++;
			while (seen < t && !__atomic_compare_exchange_n(&top, &seen, t, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) ;
		}
		return 0;
	}
	pthread_t t[3];
	for (int i = 0; i < 3; i++) pthread_create(t + i, 0, f, 0);
	nap_ms(150);
	stop = 1;
	for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
	say("backwards %d", wrong);
}

CASE(nanosleep)
{
	struct timespec t = {0, 30 * MS}, left = {7, 7};
	TOOK(30, 3000, R(nanosleep(&t, &left)));
	say("left untouched %ld", left.tv_sec);
	t = (struct timespec){0, 0};
	R(nanosleep(&t, 0));
	t = (struct timespec){0, 1000000000};
	R(nanosleep(&t, 0));
	t = (struct timespec){-1, 0};
	R(nanosleep(&t, 0));
	t = (struct timespec){0, -1};
	R(nanosleep(&t, 0));
	S(nanosleep, BAD, 0);
	S(nanosleep, 0, 0);
	on(SIGALRM);
	struct itimerval it = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &it, 0);
	t = (struct timespec){20, 0};
	S(nanosleep, &t, BAD);
	setitimer(ITIMER_REAL, &it, 0);
	R(nanosleep(&t, &t));
	say("rest %d", t.tv_sec == 19);
}

CASE(clock_nanosleep)
{
	struct timespec t, left;
	t = (struct timespec){0, 20 * MS};
	TOOK(20, 3000, S(clock_nanosleep, CLOCK_REALTIME, 0, &t, 0));
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += 20 * MS;
	if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
	TOOK(10, 3000, S(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0));
	S(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
	t = (struct timespec){0, 0};
	S(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, 0);
	S(clock_nanosleep, CLOCK_BOOTTIME, 0, &t, 0);
	S(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, 0);
	S(clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, 0);
	S(clock_nanosleep, 77, 0, &t, 0);
	S(clock_nanosleep, CLOCK_MONOTONIC, 0, BAD, 0);
	t.tv_nsec = 1000000000;
	S(clock_nanosleep, CLOCK_MONOTONIC, 0, &t, 0);
	on(SIGALRM);
	struct itimerval it = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &it, 0);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 20;
	left = (struct timespec){5, 5};
	S(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &left);
	say("left untouched %ld", left.tv_sec);
}

CASE(alarm)
{
	on(SIGALRM);
	R(alarm(100));
	R(alarm(0));
	R(alarm(0));
	R(alarm(1000));
	struct itimerval it;
	R(getitimer(ITIMER_REAL, &it));
	say("shared with the interval timer %d", it.it_value.tv_sec >= 998);
	it = (struct itimerval){{0, 0}, {0, 1}};
	R(setitimer(ITIMER_REAL, &it, 0));
	until(hits);
	R(alarm(0));
	say("code %d", info.si_code);
}

CASE(setitimer)
{
	on(SIGALRM);
	struct itimerval it = {{0, 10000}, {0, 10000}}, old;
	R(setitimer(ITIMER_REAL, &it, 0));
	until(hits >= 5);
	R(getitimer(ITIMER_REAL, &old));
	say("interval %ld", old.it_interval.tv_usec);
	memset(&it, 0, sizeof it);
	R(setitimer(ITIMER_REAL, &it, &old));
	say("old interval %ld", old.it_interval.tv_usec);
	int was = hits;
	nap_ms(40);
	say("stopped %d", hits == was);
	it.it_value.tv_usec = 1000000;
	R(setitimer(ITIMER_REAL, &it, 0));
	it.it_value.tv_usec = -1;
	R(setitimer(ITIMER_REAL, &it, 0));
	it.it_value.tv_usec = 0, it.it_value.tv_sec = -1;
	R(setitimer(ITIMER_REAL, &it, 0));
	R(setitimer(9, &it, 0));
	R(getitimer(9, &it));
	S(setitimer, ITIMER_REAL, BAD, 0);
	S(setitimer, ITIMER_REAL, 0, 0);
	S(getitimer, ITIMER_REAL, BAD);
}

CASE(cpu_timers)
{
	int s[] = {SIGVTALRM, SIGPROF}, w[] = {ITIMER_VIRTUAL, ITIMER_PROF};
	for (int i = 0; i < 2; i++) {
		on(s[i]);
		hits = 0;
		struct itimerval it = {{0, 0}, {0, 20000}};
		R(setitimer(w[i], &it, 0));
		nap_ms(60);
		say("sleeping does not count %d", hits == 0);
		int64_t end = now_ns() + 5000 * MS;
		while (!hits && now_ns() < end) ;
		say("hit %s", signame(info.si_signo));
	}
	struct rlimit l = {1, 3};
	child("RLIMIT_CPU", { l.rlim_max = 1; setrlimit(RLIMIT_CPU, &l); for (;;) ; });
}

CASE(posix_timers)
{
	timer_t t;
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
	on(SIGUSR1);
	R(timer_create(CLOCK_MONOTONIC, &ev, &t));
	struct itimerspec it = {{0, 0}, {0, 10 * MS}}, cur;
	R(timer_settime(t, 0, &it, 0));
	R(timer_gettime(t, &cur));
	say("running %d", cur.it_value.tv_nsec > 0 && cur.it_value.tv_nsec <= 10 * MS);
	until(hits);
	say("code %d value %d signo %s", info.si_code, info.si_value.sival_int, signame(info.si_signo));
	R(timer_gettime(t, &cur));
	say("disarmed %d", cur.it_value.tv_sec == 0 && cur.it_value.tv_nsec == 0);
	R(timer_getoverrun(t));
	hits = 0;
	clock_gettime(CLOCK_MONOTONIC, &it.it_value);
	it.it_value.tv_sec -= 1;
	R(timer_settime(t, TIMER_ABSTIME, &it, 0)); // in the past: at once
	until(hits);
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigprocmask(SIG_BLOCK, &m, 0);
	it = (struct itimerspec){{0, MS}, {0, MS}};
	R(timer_settime(t, 0, &it, 0));
	nap_ms(50);
	overruns = 0;
	sigprocmask(SIG_UNBLOCK, &m, 0); // the next signal may be here as well when this returns
	say("overruns counted %d", overruns > 10);
	R(timer_delete(t));
	R(timer_delete(t));
	S(timer_gettime, 99, &cur);
	S(timer_settime, 99, 0, &it, 0);
	S(timer_getoverrun, 99);
	int id;
	S(timer_create, 77, 0, &id);
	S(timer_create, CLOCK_MONOTONIC, BAD, &id);
	S(timer_create, CLOCK_MONOTONIC, 0, BAD);
	ev.sigev_signo = 99;
	S(timer_create, CLOCK_MONOTONIC, &ev, &id);
	ev.sigev_notify = 77;
	S(timer_create, CLOCK_MONOTONIC, &ev, &id);
	ev.sigev_notify = SIGEV_NONE;
	R(timer_create(CLOCK_REALTIME, &ev, &t));
	R(timer_settime(t, 0, 0, 0));
	it = (struct itimerspec){{0, 0}, {0, 1000000000}};
	R(timer_settime(t, 0, &it, 0));
	it = (struct itimerspec){{0, 0}, {50, 0}};
	R(timer_settime(t, 0, &it, 0));
	R(timer_gettime(t, &cur));
	say("counts %d", cur.it_value.tv_sec >= 48);
	child("not inherited", R(timer_gettime(t, &cur)));
}

CASE(timer_thread_id)
{
	timer_t t;
	struct sigevent ev = {.sigev_notify = 4 /* SIGEV_THREAD_ID */, .sigev_signo = 40};
	ev._sigev_un._tid = RAW(gettid);
	on(40);
	R(timer_create(CLOCK_MONOTONIC, &ev, &t));
	struct itimerspec it = {{0, 0}, {0, 5 * MS}};
	R(timer_settime(t, 0, &it, 0));
	until(hits);
	say("code %d", info.si_code);
	ev._sigev_un._tid = 1 << 22;
	R(timer_create(CLOCK_MONOTONIC, &ev, &t));
	on(SIGALRM);
	hits = 0;
	R(timer_create(CLOCK_PROCESS_CPUTIME_ID, 0, &t));
	R(timer_settime(t, 0, &it, 0));
	int64_t end = now_ns() + 5000 * MS;
	while (!hits && now_ns() < end) ;
	say("cpu timer hit %d", hits > 0);
}

CASE(timerfd)
{
	int fd = R(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	R(fcntl(fd, F_GETFD));
	uint64_t n = 0;
	R(read(fd, &n, 8));
	struct itimerspec it = {{0, 5 * MS}, {0, 5 * MS}}, cur;
	R(timerfd_settime(fd, 0, &it, 0));
	struct pollfd p = {fd, POLLIN | POLLOUT};
	R(poll(&p, 1, 5000));
	say("%#x", p.revents);
	nap_ms(30);
	R(read(fd, &n, 8));
	say("several %d", n >= 4);
	R(read(fd, &n, 4));
	R(write(fd, &n, 8));
	R(lseek(fd, 0, SEEK_SET));
	R(timerfd_gettime(fd, &cur));
	say("interval %ld", cur.it_interval.tv_nsec);
	memset(&it, 0, sizeof it);
	R(timerfd_settime(fd, 0, &it, &cur));
	R(poll(&p, 1, 20) >= 0);
	fcntl(fd, F_SETFL, 0);
	it.it_value.tv_nsec = 20 * MS;
	R(timerfd_settime(fd, 0, &it, 0));
	TOOK(15, 3000, R(read(fd, &n, 8)));
	say("%ld", (long)n);
	it.it_value.tv_sec = 1, it.it_value.tv_nsec = 0;
	R(timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, 0)); // long past
	R(read(fd, &n, 8));
	say("%ld", (long)n);
	R(timerfd_settime(fd, 0x40, &it, 0));
	it.it_value.tv_nsec = -1;
	R(timerfd_settime(fd, 0, &it, 0));
	S(timerfd_settime, fd, 0, BAD, 0);
	R(timerfd_settime(99, 0, &it, 0));
	it.it_value.tv_nsec = 0;
	R(timerfd_settime(0, 0, &it, 0));
	R(timerfd_create(77, 0));
	R(timerfd_create(CLOCK_MONOTONIC, 0x1));
	R(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	S(timerfd_gettime, fd, BAD);
}

CASE(times)
{
	struct tms t;
	R(times(&t) != -1);
	S(times, BAD);
	R(RAW(times, 0) > 0);
	struct rusage u;
	int64_t end = now_ns() + 50 * MS;
	while (now_ns() < end) ;
	R(getrusage(RUSAGE_SELF, &u));
	say("burnt %d maxrss %d", u.ru_utime.tv_sec * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec > 10000, u.ru_maxrss > 0);
	struct timespec c;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
	say("cpu clock too %d", c.tv_sec > 0 || c.tv_nsec > 10 * MS);
}

CASE(adjtimex)
{
	struct timex x = {0};
	R(adjtimex(&x) >= 0);
	S(adjtimex, BAD);
	S(clock_adjtime, 77, &x);
	drop();
	x.modes = ADJ_OFFSET;
	R(adjtimex(&x));
}
