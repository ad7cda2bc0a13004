// getrlimit(2), prlimit64(2), priorities, scheduling, affinity.
#include "p.h"
#include <sched.h>

CASE(rlimit)
{
	struct rlimit r, s;
	for (int i = 0; i < 16; i++) {
		int g = getrlimit(i, &r);
		say("limit %d: %d cur no more than max %d", i, g, r.rlim_cur <= r.rlim_max);
	}
	R(getrlimit(16, &r));
	R(getrlimit(-1, &r));
	R(getrlimit(RLIMIT_NOFILE, BAD));
	r = (struct rlimit){100, 200};
	R(setrlimit(RLIMIT_NOFILE, &r));
	R(getrlimit(RLIMIT_NOFILE, &s));
	say("%ld %ld", (long)s.rlim_cur, (long)s.rlim_max);
	r.rlim_cur = 201;
	R(setrlimit(RLIMIT_NOFILE, &r));
	R(setrlimit(99, &r));
	R(setrlimit(RLIMIT_NOFILE, BAD));
	drop();
	r = (struct rlimit){50, 201};
	R(setrlimit(RLIMIT_NOFILE, &r));
	r = (struct rlimit){50, 60};
	R(setrlimit(RLIMIT_NOFILE, &r));
	r = (struct rlimit){60, 60};
	R(setrlimit(RLIMIT_NOFILE, &r));
	r = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	R(setrlimit(RLIMIT_NOFILE, &r));
	child("inherited", { getrlimit(RLIMIT_NOFILE, &s); say("%ld %ld", (long)s.rlim_cur, (long)s.rlim_max); });
}

CASE(prlimit)
{
	struct rlimit r = {5, 10}, s = {0};
	R(prlimit(0, RLIMIT_CORE, &r, 0));
	R(prlimit(0, RLIMIT_CORE, 0, &s));
	say("%ld %ld", (long)s.rlim_cur, (long)s.rlim_max);
	r.rlim_cur = 3;
	R(prlimit(getpid(), RLIMIT_CORE, &r, &s));
	say("old %ld", (long)s.rlim_cur);
	R(prlimit(1 << 22, RLIMIT_CORE, 0, &s));
	R(prlimit(-1, RLIMIT_CORE, 0, &s));
	R(prlimit(0, 99, 0, &s));
	R(prlimit(0, RLIMIT_CORE, BAD, 0));
	R(prlimit(0, RLIMIT_CORE, 0, BAD));
	R(prlimit(0, RLIMIT_CORE, 0, 0));
	int p[2];
	must(pipe(p));
	pid_t pid = must(fork());
	if (!pid) { char c; close(p[1]); read(p[0], &c, 1); struct rlimit t; getrlimit(RLIMIT_CORE, &t); _exit(t.rlim_cur); }
	r = (struct rlimit){1, 2};
	R(prlimit(pid, RLIMIT_CORE, &r, 0));
	close(p[1]);
	int st;
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
}

CASE(nice)
{
	R(getpriority(PRIO_PROCESS, 0));
	S(getpriority, PRIO_PROCESS, 0);
	R(setpriority(PRIO_PROCESS, 0, 5));
	R(getpriority(PRIO_PROCESS, 0));
	S(getpriority, PRIO_PROCESS, 0);
	R(setpriority(PRIO_PROCESS, 0, 100));
	R(getpriority(PRIO_PROCESS, 0));
	R(setpriority(PRIO_PROCESS, 1 << 22, 1));
	R(getpriority(PRIO_PROCESS, 1 << 22));
	R(setpriority(99, 0, 1));
	R(getpriority(99, 0));
	R(getpriority(PRIO_PGRP, 1 << 22));
	R(getpriority(PRIO_USER, 1 << 22));
	child("child", say("%d", getpriority(PRIO_PROCESS, 0)));
	drop();
	struct rlimit l = {0, 0};
	setrlimit(RLIMIT_NICE, &l);
	R(setpriority(PRIO_PROCESS, 0, 10));
	R(setpriority(PRIO_PROCESS, 0, 19));
	R(nice(0));
	R(nice(-1));
}

CASE(sched)
{
	struct sched_param p = {77}, z = {0}, one = {1};
	R(sched_getscheduler(0));
	R(sched_getparam(0, &p));
	say("%d", p.sched_priority);
	R(sched_setscheduler(0, SCHED_OTHER, &z));
	R(sched_setscheduler(0, SCHED_OTHER, &one));
	R(sched_setscheduler(0, SCHED_BATCH, &z));
	R(sched_getscheduler(0));
	R(sched_setscheduler(0, SCHED_IDLE, &z));
	R(sched_getscheduler(0));
	R(sched_setscheduler(0, SCHED_OTHER, &z));
	R(sched_setscheduler(0, 99, &z));
	R(sched_setscheduler(0, -1, &z));
	R(sched_setscheduler(-1, SCHED_OTHER, &z));
	R(sched_setscheduler(1 << 22, SCHED_OTHER, &z));
	R(sched_getscheduler(-1));
	R(sched_getscheduler(1 << 22));
	S(sched_setscheduler, 0, SCHED_OTHER, 0);
	S(sched_setscheduler, 0, SCHED_OTHER, BAD);
	S(sched_getparam, 0, 0);
	S(sched_getparam, 0, BAD);
	R(sched_setparam(0, &one));
	R(sched_get_priority_max(SCHED_FIFO));
	R(sched_get_priority_min(SCHED_FIFO));
	R(sched_get_priority_max(SCHED_OTHER));
	R(sched_get_priority_min(99));
	struct timespec t;
	R(sched_rr_get_interval(0, &t));
	R(sched_rr_get_interval(-1, &t));
	R(sched_yield());
	drop();
	struct rlimit l = {0, 0};
	setrlimit(RLIMIT_RTPRIO, &l);
	R(sched_setscheduler(0, SCHED_FIFO, &one));
	R(sched_setscheduler(0, SCHED_FIFO, &z));
}

CASE(affinity)
{
	cpu_set_t s;
	CPU_ZERO(&s);
	R(sched_getaffinity(0, sizeof s, &s));
	int n = CPU_COUNT(&s), first = 0;
	say("some %d as many as sysconf %d", n > 0, n == sysconf(_SC_NPROCESSORS_ONLN) || n < sysconf(_SC_NPROCESSORS_CONF));
	while (!CPU_ISSET(first, &s)) first++;
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	R(sched_setaffinity(0, sizeof one, &one));
	R(sched_getaffinity(0, sizeof s, &s));
	say("one %d", CPU_COUNT(&s));
	child("child", { sched_getaffinity(0, sizeof s, &s); say("%d", CPU_COUNT(&s)); });
	CPU_ZERO(&one);
	R(sched_setaffinity(0, sizeof one, &one));
	R(sched_setaffinity(1 << 22, sizeof one, &one));
	R(sched_getaffinity(1 << 22, sizeof s, &s));
	S(sched_getaffinity, 0, 7, &s);
	S(sched_getaffinity, 0, 0, &s);
	S(sched_getaffinity, 0, 128, BAD);
	S(sched_setaffinity, 0, 128, BAD);
}

struct dl { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t runtime, deadline, period; uint32_t min, max; };
static void dl_set(const char *what, struct dl a)
{
	a.size = sizeof a, a.policy = a.policy ? a.policy : 6;
	errno = 0;
	long r = syscall(SYS_sched_setattr, 0, &a, 0);
	say("%s: %s", what, r < 0 ? ename(errno) : "ok");
}

CASE(deadline)
{
	const uint64_t ms = 1000000;
	dl_set("none", (struct dl){0});
	dl_set("short run", (struct dl){.runtime = 1000, .deadline = ms, .period = ms});
	dl_set("run past deadline", (struct dl){.runtime = 2 * ms, .deadline = ms, .period = 3 * ms});
	dl_set("deadline past period", (struct dl){.runtime = ms, .deadline = 3 * ms, .period = 2 * ms});
	dl_set("short period", (struct dl){.runtime = 2000, .deadline = 50000, .period = 50000});
	dl_set("long period", (struct dl){.runtime = ms, .deadline = 100 * ms, .period = 5000 * ms});
	dl_set("top bit", (struct dl){.runtime = ms, .deadline = 1ULL << 63, .period = 1ULL << 63});
	dl_set("priority", (struct dl){.runtime = ms, .deadline = 100 * ms, .prio = 1});
	struct sched_param z = {0};
	R(sched_setscheduler(0, 6, &z));
	if (is_root()) {
		dl_set("reserve", (struct dl){.runtime = ms, .deadline = 500 * ms, .period = 1000 * ms});
		struct dl a = {0};
		R(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
		say("policy %u flags %lu nice %d run %lu deadline %lu period %lu", a.policy, (long)a.flags, a.nice, (long)a.runtime, (long)a.deadline, (long)a.period);
		R(sched_getscheduler(0));
		R(fork());
		R(sched_setscheduler(0, SCHED_OTHER, &z));
		dl_set("no period", (struct dl){.runtime = ms, .deadline = 500 * ms, .flags = 1});
		R(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
		say("policy %u flags %lu period %lu", a.policy, (long)a.flags, (long)a.period);
		child("reset", say("policy %d", sched_getscheduler(0)));
		R(sched_setscheduler(0, SCHED_OTHER, &z));
	}
	drop();
	dl_set("without privilege", (struct dl){.runtime = ms, .deadline = 500 * ms, .period = 1000 * ms});
}

static double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

CASE(usage_split)
{
	// What computes is the user's time, what calls is the system's too.
	struct rusage a, b, c;
	int st;
	pid_t pid = must(fork());
	if (!pid) {
		struct timespec t;
		getrusage(RUSAGE_SELF, &a);
		do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_sec == 0 && t.tv_nsec < 200000000);
		volatile long n = 0;
		do {
			for (int i = 0; i < 1000000; i++) n++;
			getrusage(RUSAGE_SELF, &b);
		} while (seconds(b.ru_utime) < 0.2);
		say("computed");
		do {
			for (int i = 0; i < 2000; i++) RAW(getppid), lseek(0, 0, SEEK_CUR);
			getrusage(RUSAGE_SELF, &c);
		} while (seconds(c.ru_stime) < 0.1);
		say("called, back %d %d", seconds(c.ru_utime) < seconds(b.ru_utime), seconds(c.ru_stime) < seconds(b.ru_stime));
		getrusage(RUSAGE_THREAD, &a);
		say("thread %d %d", seconds(a.ru_utime) > 0.1, seconds(a.ru_stime) > 0.05);
		for (int i = 0; i < 5; i++) nap_ms(1);
		getrusage(RUSAGE_SELF, &b);
		say("switches %d", b.ru_nvcsw >= c.ru_nvcsw + 5);
		_exit(0);
	}
	wait4(pid, &st, 0, &a);
	getrusage(RUSAGE_CHILDREN, &b);
	say("child %s, %d %d, the same %d", swait(st), seconds(a.ru_utime) > 0.1, seconds(a.ru_stime) > 0.05, !memcmp(&a.ru_utime, &b.ru_utime, sizeof a.ru_utime));
	say("switches %d", b.ru_nvcsw >= 5);
}
