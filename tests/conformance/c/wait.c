// wait4(2), waitid(2): which child, which change, which errors.
#include "p.h"
#include <sys/prctl.h>

static pid_t sleeper(void)
{
	pid_t pid = must(fork());
	if (!pid) for (;;) pause();
	return pid;
}
// apart is a sleeper in a group of its own, which is not orphaned.
static pid_t apart(void)
{
	pid_t pid = sleeper();
	must(setpgid(pid, pid));
	return pid;
}
static pid_t exits(int with)
{
	pid_t pid = must(fork());
	if (!pid) _exit(with);
	return pid;
}

CASE(errors)
{
	int st;
	struct rusage ru;
	siginfo_t si;
	R(wait4(-1, &st, 0, 0));
	R(wait4(1 << 22, &st, 0, 0));
	R(wait4(0, &st, WNOHANG, 0));
	R(wait4(-77777, &st, WNOHANG, 0));
	S(wait4, 0x80000000, &st, 0, 0);
	R(wait4(-1, &st, 0x100, 0));
	R(wait4(-1, BAD, 0, 0));
	R(waitid(P_ALL, 0, &si, WEXITED));
	R(waitid(P_ALL, 0, &si, 0));
	R(waitid(P_ALL, 0, &si, WNOHANG));
	R(waitid(P_ALL, 0, &si, WEXITED | 0x100));
	R(waitid(77, 0, &si, WEXITED));
	R(waitid(P_PID, 0, &si, WEXITED));
	R(waitid(P_PID, -1, &si, WEXITED));
	R(waitid(P_PGID, -1, &si, WEXITED));
	R(waitid(3, 99, &si, WEXITED));
	R(waitid(3, 0, &si, WEXITED));
	pid_t a = exits(1);
	S(wait4, a, BAD, 0, 0);
	R(wait4(a, &st, 0, 0)); // reaped although the copy failed
	a = exits(2);
	R(wait4(a, &st, 0, &ru) == a);
	a = exits(3);
	S(waitid, P_PID, a, BAD, WEXITED, 0) ;
	R(waitid(P_PID, a, &si, WEXITED));
}

CASE(any)
{
	pid_t a = exits(1), b = exits(2), c = exits(3), r;
	int seen = 0, st;
	for (int i = 0; i < 3; i++) {
		r = wait(&st);
		seen += r == a ? WEXITSTATUS(st) * 100 : r == b ? WEXITSTATUS(st) * 10 : r == c ? WEXITSTATUS(st) : 5000;
	}
	say("%d", seen);
	R(wait(&st));
}

CASE(nohang)
{
	int st = 77;
	pid_t a = sleeper();
	R(waitpid(a, &st, WNOHANG));
	say("status untouched %d", st);
	siginfo_t si = {.si_pid = 5, .si_signo = 6};
	R(waitid(P_PID, a, &si, WEXITED | WNOHANG));
	say("pid %d signo %d", si.si_pid, si.si_signo);
	must(kill(a, SIGTERM));
	R(waitpid(a, &st, 0) == a);
	say("%s", swait(st));
}

CASE(stop_and_continue)
{
	int st;
	pid_t a = apart();
	siginfo_t si = {0};
	must(kill(a, SIGSTOP));
	R(waitpid(a, &st, WUNTRACED) == a);
	say("%s", swait(st));
	R(waitpid(a, &st, WUNTRACED | WNOHANG)); // told once
	must(kill(a, SIGCONT));
	R(waitpid(a, &st, WCONTINUED) == a);
	say("%s", swait(st));
	R(waitpid(a, &st, WCONTINUED | WNOHANG));
	must(kill(a, SIGTSTP));
	R(waitid(P_PID, a, &si, WSTOPPED | WNOWAIT));
	say("code %d status %s signo %s mine %d uid %d", si.si_code, signame(si.si_status), signame(si.si_signo), si.si_pid == a, si.si_uid == getuid());
	R(waitid(P_PID, a, &si, WSTOPPED));
	R(waitid(P_PID, a, &si, WSTOPPED | WNOHANG));
	must(kill(a, SIGUSR1)); // waits for the continue
	settle();
	R(waitpid(a, &st, WNOHANG));
	must(kill(a, SIGCONT));
	R(waitpid(a, &st, 0) == a);
	say("%s", swait(st));
	a = sleeper();
	must(kill(a, SIGSTOP));
	must(waitpid(a, &st, WUNTRACED));
	must(kill(a, SIGKILL));
	R(waitpid(a, &st, 0) == a);
	say("%s", swait(st));
}

CASE(waitid)
{
	siginfo_t si = {0};
	pid_t a = exits(300);
	R(waitid(P_PID, a, &si, WEXITED | WNOWAIT));
	say("code %d status %d signo %s mine %d", si.si_code, si.si_status, signame(si.si_signo), si.si_pid == a);
	R(waitid(P_PID, a, &si, WEXITED));
	say("code %d status %d", si.si_code, si.si_status);
	R(waitid(P_PID, a, &si, WEXITED));
	a = sleeper();
	must(kill(a, SIGUSR1));
	R(waitid(P_ALL, 0, &si, WEXITED));
	say("code %d status %s", si.si_code, signame(si.si_status));
	a = exits(4);
	R(waitid(P_PGID, getpgrp(), &si, WEXITED));
	a = exits(5);
	R(waitid(P_PGID, 0, &si, WEXITED));
	a = exits(6);
	R(waitid(P_PID, a, 0, WEXITED));
	struct rusage ru;
	memset(&ru, 0xff, sizeof ru);
	a = exits(7);
	S(waitid, P_PID, a, &si, WEXITED, &ru);
	say("usage written %d", ru.ru_utime.tv_sec == 0);
}

CASE(groups)
{
	int st, p[2];
	must(pipe(p));
	pid_t a = must(fork());
	if (!a) { setpgid(0, 0); write(p[1], "x", 1); for (;;) pause(); }
	char c;
	must(read(p[0], &c, 1));
	pid_t b = sleeper();
	R(waitpid(-a, &st, WNOHANG));
	R(waitpid(0, &st, WNOHANG));
	must(kill(a, SIGTERM));
	R(waitpid(0, &st, WNOHANG));
	R(waitpid(-a, &st, 0) == a);
	R(waitpid(-a, &st, 0));
	must(kill(b, SIGTERM));
	R(waitpid(0, &st, 0) == b);
}

CASE(ignored_children)
{
	// With SIGCHLD ignored nobody is left to wait for.
	int st;
	signal(SIGCHLD, SIG_IGN);
	exits(1);
	exits(2);
	R(wait(&st));
	struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	sigaction(SIGCHLD, &sa, 0);
	exits(1);
	R(wait(&st));
	signal(SIGCHLD, SIG_DFL);
	pid_t a = exits(3);
	R(wait(&st) == a);
}

static volatile int hits;
static void hit(int s) { hits++; }

CASE(interrupted)
{
	int st;
	pid_t a = sleeper();
	struct sigaction sa = {.sa_handler = hit};
	sigaction(SIGALRM, &sa, 0);
	struct itimerval t = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &t, 0);
	R(waitpid(a, &st, 0));
	sa.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &sa, 0);
	pid_t b = must(fork());
	if (!b) { nap_ms(100); kill(a, SIGTERM); _exit(0); }
	setitimer(ITIMER_REAL, &t, 0);
	R(waitpid(a, &st, 0) == a);
	say("handlers %d %s", hits, swait(st));
	must(waitpid(b, &st, 0));
}

CASE(child_before_signal)
{
	// The child comes before the signal that tells of its end, also without
	// SA_RESTART.
	struct sigaction sa = {.sa_handler = hit};
	must(sigaction(SIGCHLD, &sa, 0));
	for (int i = 0; i < 20; i++) {
		int st = 0;
		pid_t pid = must(fork());
		if (!pid) { nap_ms(2); _exit(i); }
		R(waitpid(pid, &st, 0) == pid);
		say("%s", swait(st));
	}
	say("handlers %d", hits);
}

CASE(threads_children)
{
	// A child belongs to the process: any thread may wait, unless __WNOTHREAD.
	static pid_t kid;
	void *make(void *x) { kid = exits(9); pause(); return 0; }
	pthread_t t;
	must(pthread_create(&t, 0, make, 0));
	while (!*(volatile pid_t *)&kid) nap_ms(1);
	int st;
	R(waitpid(kid, &st, __WNOTHREAD | WNOHANG));
	R(waitpid(kid, &st, 0) == kid);
	say("%s", swait(st));
}

CASE(zombie)
{
	pid_t a = exits(0);
	siginfo_t si;
	must(waitid(P_PID, a, &si, WEXITED | WNOWAIT));
	say("state %c", state_of(a, a));
	R(kill(a, 0));
	R(kill(a, SIGKILL));
	R(getpgid(a) == getpgrp());
	R(waitpid(a, 0, 0) == a);
	R(kill(a, 0));
	say("state %c", state_of(a, a));
	R(getpgid(a));
}

CASE(subreaper)
{
	R(prctl(PR_SET_CHILD_SUBREAPER, 1));
	int v = 0, st;
	R(prctl(PR_GET_CHILD_SUBREAPER, &v));
	say("%d", v);
	child("middle", if (!fork()) { settle(); _exit(5); });
	R(wait(&st) > 0);
	say("%s", swait(st));
	R(wait(&st));
}

CASE(rusage)
{
	struct rusage a, b;
	must(getrusage(RUSAGE_CHILDREN, &a));
	pid_t pid = must(fork());
	if (!pid) {
		int64_t t = now_ns();
		volatile int x = 0;
		while (clock() < CLOCKS_PER_SEC / 20) x++;
		_exit(0);
	}
	must(wait4(pid, 0, 0, &b));
	say("burnt %d", b.ru_utime.tv_sec * 1000000 + b.ru_utime.tv_usec + b.ru_stime.tv_usec > 30000);
	must(getrusage(RUSAGE_CHILDREN, &b));
	say("counted %d", b.ru_utime.tv_usec + b.ru_stime.tv_usec > a.ru_utime.tv_usec + a.ru_stime.tv_usec);
	R(getrusage(77, &a));
	R(getrusage(RUSAGE_SELF, BAD));
	R(getrusage(RUSAGE_THREAD, &a));
}
