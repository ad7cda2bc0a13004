// adjtimex(2), clock_adjtime(2): reading, and what a program without privilege
// is told. No case changes the host's clock.
#include "p.h"
#include <sys/timex.h>

static void adj(const char *what, int clock, unsigned modes, long tick, long usec)
{
	struct timex t = {.modes = modes, .tick = tick, .time.tv_usec = usec};
	errno = 0;
	long r = syscall(SYS_clock_adjtime, clock, &t);
	say("%s: %s", what, r < 0 ? ename(errno) : "ok");
}

CASE(reads)
{
	struct timex t = {0};
	long r = syscall(SYS_adjtimex, &t);
	say("state %d precision %ld tolerance %ld tick %ld", r >= 0 && r <= 5, t.precision, t.tolerance, t.tick);
	time_t now = time(0);
	say("time %d", t.time.tv_sec <= now && t.time.tv_sec >= now - 5);
	t.modes = ADJ_OFFSET_SS_READ;
	RZ(syscall(SYS_adjtimex, &t));
	S(adjtimex, BAD);
	S(clock_adjtime, CLOCK_REALTIME, BAD);
	S(clock_adjtime, 1000, BAD);
}

CASE(clocks)
{
	int clocks[] = {CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI,
		10, 12, 100, -1, -2, -6, -1000};
	for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
		char b[32];
		snprintf(b, sizeof b, "clock %d", clocks[i]);
		adj(b, clocks[i], 0, 0, 0);
	}
}

CASE(refused)
{
	// Bad arguments are refused even of the mighty.
	adj("adjtime with others", CLOCK_REALTIME, 0x8000, 0, 0);
	adj("adjtime bits", CLOCK_REALTIME, 0x8002, 0, 0);
	drop();
	adj("tick", CLOCK_REALTIME, ADJ_TICK, 1, 0);
	adj("offset", CLOCK_REALTIME, ADJ_OFFSET, 0, 0);
	adj("single shot", CLOCK_REALTIME, ADJ_OFFSET_SINGLESHOT, 0, 0);
	adj("single shot read", CLOCK_REALTIME, ADJ_OFFSET_SS_READ, 0, 0);
	adj("set offset", CLOCK_REALTIME, ADJ_SETOFFSET, 0, -1);
	adj("read", CLOCK_REALTIME, 0, 0, 0);
}
