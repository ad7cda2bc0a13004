// p.h is what every C family includes. A case is CASE(name) { ... }; it
// prints what the kernel answers, in a directory of its own, and nothing that
// changes from run to run: no pids, addresses, times or temporary names.
//
//   R(expr)             prints "expr = value" or "expr = -1 ENAME"
//   S(call, args...)    the raw system call, printed the same way
//   RZ(expr), SZ(...)   the same, but any success prints as "ok" (fds, pids)
//   say(fmt, ...)       one line
//
// The value of each is the call's result; errno is kept.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096L

struct pcase { const char *name; void (*fn)(void); struct pcase *next; };
static struct pcase *pcases;
static char pdir[PATH_MAX], pself[PATH_MAX];

#define CASE(n) \
	static void case_##n(void); \
	__attribute__((constructor)) static void reg_##n(void) { \
		static struct pcase c = {#n, case_##n, 0}; \
		struct pcase **p = &pcases; \
		while (*p) p = &(*p)->next; \
		*p = &c; \
	} \
	static void case_##n(void)

static const char *ename(int e)
{
	static char num[32];
	switch (e) {
#define E(x) case x: return #x;
	E(EPERM) E(ENOENT) E(ESRCH) E(EINTR) E(EIO) E(ENXIO) E(E2BIG) E(ENOEXEC) E(EBADF) E(ECHILD) E(EAGAIN) E(ENOMEM)
	E(EACCES) E(EFAULT) E(ENOTBLK) E(EBUSY) E(EEXIST) E(EXDEV) E(ENODEV) E(ENOTDIR) E(EISDIR) E(EINVAL) E(ENFILE)
	E(EMFILE) E(ENOTTY) E(ETXTBSY) E(EFBIG) E(ENOSPC) E(ESPIPE) E(EROFS) E(EMLINK) E(EPIPE) E(EDOM) E(ERANGE)
	E(EDEADLK) E(ENAMETOOLONG) E(ENOLCK) E(ENOSYS) E(ENOTEMPTY) E(ELOOP) E(ENOMSG) E(EIDRM) E(ENODATA) E(ETIME)
	E(EPROTO) E(EOVERFLOW) E(EILSEQ) E(EUSERS) E(ENOTSOCK) E(EDESTADDRREQ) E(EMSGSIZE) E(EPROTOTYPE) E(ENOPROTOOPT)
	E(EPROTONOSUPPORT) E(ESOCKTNOSUPPORT) E(EOPNOTSUPP) E(EAFNOSUPPORT) E(EADDRINUSE) E(EADDRNOTAVAIL) E(ENETUNREACH)
	E(ECONNABORTED) E(ECONNRESET) E(ENOBUFS) E(EISCONN) E(ENOTCONN) E(ETIMEDOUT) E(ECONNREFUSED) E(EALREADY)
	E(EINPROGRESS) E(ESTALE) E(ECANCELED) E(EOWNERDEAD) E(ENOTRECOVERABLE)
#undef E
	}
	snprintf(num, sizeof num, "errno %d", e);
	return num;
}

// say prints one line with one write, so that lines of several threads and
// processes never mix.
__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	char b[4096];
	int keep = errno;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(b, sizeof b - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof b - 2) n = sizeof b - 2;
	b[n++] = '\n';
	for (int at = 0; at < n;) {
		ssize_t w = write(1, b + at, n - at);
		if (w < 0 && errno == EINTR) continue;
		if (w <= 0) break;
		at += w;
	}
	errno = keep;
}

static long presult(const char *what, long r, int plain)
{
	int e = errno;
	if (r == -1) say("%s = -1 %s", what, ename(e));
	else if (plain) say("%s = ok", what);
	else say("%s = %ld", what, r);
	errno = e;
	return r;
}

#define R(expr) ({ errno = 0; presult(#expr, (long)(expr), 0); })
#define RZ(expr) ({ errno = 0; presult(#expr, (long)(expr), 1); })

#define A0() 0, 0, 0, 0, 0, 0
#define A1(a) (long)(a), 0, 0, 0, 0, 0
#define A2(a, b) (long)(a), (long)(b), 0, 0, 0, 0
#define A3(a, b, c) (long)(a), (long)(b), (long)(c), 0, 0, 0
#define A4(a, b, c, d) (long)(a), (long)(b), (long)(c), (long)(d), 0, 0
#define A5(a, b, c, d, e) (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0
#define A6(a, b, c, d, e, f) (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)
#define PICK(_0, a, b, c, d, e, f, m, ...) m
#define ARGS(...) PICK(_0, ##__VA_ARGS__, A6, A5, A4, A3, A2, A1, A0)(__VA_ARGS__)
#define RAW(call, ...) syscall(SYS_##call, ARGS(__VA_ARGS__))
#define S(call, ...) ({ errno = 0; presult(#call "(" #__VA_ARGS__ ")", RAW(call, ##__VA_ARGS__), 0); })
#define SZ(call, ...) ({ errno = 0; presult(#call "(" #__VA_ARGS__ ")", RAW(call, ##__VA_ARGS__), 1); })

// must stops the case when its own preparation fails.
#define must(expr) ({ long r_ = (long)(expr); if (r_ == -1) { say("PREPARE %s: %s", #expr, ename(errno)); exit(99); } r_; })

// Bad pointers: never mapped, the kernel's half, a page without access.
#define BAD ((void *)0x1000)
#define KERN ((void *)0xffff888000000000UL)
#define NONCANON ((void *)0x0000888000000000UL)

// edge gives n writable bytes that end where an unmapped page begins.
static void *edge(size_t n)
{
	size_t len = (n + PAGE - 1) / PAGE * PAGE;
	char *m = mmap(0, len + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(m + len, PAGE);
	return m + len - n;
}

// rdonly gives a page that can be read only.
static void *rdonly(void)
{
	return mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void put(const char *path, const char *data)
{
	int fd = must(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
	size_t n = strlen(data);
	if (write(fd, data, n) != (ssize_t)n) { say("PREPARE short write to %s", path); exit(99); }
	close(fd);
}

// show prints a file's size and its first bytes, unprintable ones as dots.
static void show(const char *path)
{
	char b[65];
	int fd = open(path, O_RDONLY);
	if (fd < 0) { say("%s: %s", path, ename(errno)); return; }
	struct stat st;
	fstat(fd, &st);
	ssize_t n = read(fd, b, 64);
	close(fd);
	if (n < 0) { say("%s: read %s", path, ename(errno)); return; }
	for (ssize_t i = 0; i < n; i++) if (b[i] < 32 || b[i] > 126) b[i] = '.';
	b[n] = 0;
	say("%s: %ld bytes \"%s\"", path, (long)st.st_size, b);
}

static const char *signame(int s)
{
	static char b[16];
	static const char *n[] = {"0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
		"USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
		"XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"};
	if (s >= 0 && s < 32) return n[s];
	snprintf(b, sizeof b, "RT%d", s - 32);
	return b;
}

// swait says how a status of wait reads.
static const char *swait(int st)
{
	static char b[64];
	if (WIFEXITED(st)) snprintf(b, sizeof b, "exited %d", WEXITSTATUS(st));
	else if (WIFSIGNALED(st)) snprintf(b, sizeof b, "killed by SIG%s", signame(WTERMSIG(st)));
	else if (WIFSTOPPED(st)) snprintf(b, sizeof b, "stopped by SIG%s%s", signame(WSTOPSIG(st)), st >> 16 ? " event" : "");
	else if (WIFCONTINUED(st)) snprintf(b, sizeof b, "continued");
	else snprintf(b, sizeof b, "status %#x", st);
	return b;
}

// child runs a statement in a forked child that then exits with 0, and says
// how it ended.
#define child(what, ...) ({ \
	pid_t pid_ = must(fork()); \
	if (!pid_) { __VA_ARGS__; _exit(0); } \
	int st_ = -1; \
	while (waitpid(pid_, &st_, 0) < 0 && errno == EINTR) ; \
	say("%s: %s", what, swait(st_)); \
	st_; })

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void nap_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	while (nanosleep(&t, &t) < 0 && errno == EINTR) ;
}

// state_of reads the state letter of a task from its stat file; '?' if gone.
static char state_of(int pid, int tid)
{
	char path[64], b[512];
	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
	int fd = open(path, O_RDONLY);
	if (fd < 0) return '?';
	ssize_t n = read(fd, b, sizeof b - 1);
	close(fd);
	if (n <= 0) return '?';
	b[n] = 0;
	char *p = strrchr(b, ')');
	return p && p[1] ? p[2] : '?';
}

// settle gives another task the time to reach the call that it blocks in.
// There is no event for "is now blocked" that does not need procfs.
static void settle(void) { nap_ms(30); }

// asleep waits until a task sleeps in the kernel; where procfs does not say,
// it gives it some time.
static void asleep(int pid, int tid)
{
	for (int i = 0; i < 5000; i++) {
		char c = state_of(pid, tid);
		if (c == 'S') return;
		if (c == '?' && i > 100) return;
		nap_ms(1);
	}
}

// until waits for a condition that another task makes true, 5 s at most; it
// says so when that did not happen.
#define until(cond) ({ int i_; for (i_ = 0; i_ < 5000 && !(cond); i_++) nap_ms(1); if (i_ == 5000) say("never: %s", #cond); })

static int is_root(void) { return geteuid() == 0; }

// drop makes this process an ordinary user; no-op for one already.
static void drop(void)
{
	if (!is_root()) return;
	must(RAW(setgroups, 0, 0));
	must(RAW(setresgid, 12345, 12345, 12345));
	must(RAW(setresuid, 12345, 12345, 12345));
}

// helper is what a case executes: main calls it when the first argument
// starts with '@'. A family that needs it defines HELPER before including p.h.
#ifdef HELPER
static int helper(int argc, char **argv);
#endif

int main(int argc, char **argv)
{
#ifdef HELPER
	if (argc > 1 && argv[1][0] == '@') return helper(argc, argv);
#endif
	for (int s = 1; s < 65; s++) signal(s, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, 0);
	umask(022);
	if (!realpath(argv[0], pself)) strcpy(pself, argv[0]);
	if (argc < 2) {
		for (struct pcase *c = pcases; c; c = c->next) puts(c->name);
		return 0;
	}
	const char *tmp = getenv("TMPDIR");
	snprintf(pdir, sizeof pdir, "%s/conform.XXXXXX", tmp ? tmp : "/tmp");
	for (struct pcase *c = pcases; c; c = c->next) {
		if (strcmp(c->name, argv[1])) continue;
		if (!mkdtemp(pdir) || chdir(pdir) < 0) { perror("PREPARE directory"); return 99; }
		chmod(pdir, 0777);
		c->fn();
		fflush(stdout);
		return 0;
	}
	fprintf(stderr, "no case %s\n", argv[1]);
	return 98;
}
