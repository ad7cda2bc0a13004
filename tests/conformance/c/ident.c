// getpid(2) and its family, process groups, sessions, set*id(2), groups and
// capabilities.
#include "p.h"
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

CASE(pids)
{
	say("pid %d tid %d", getpid() > 0, RAW(gettid) == getpid());
	say("raw and libc alike %d %d", RAW(getpid) == getpid(), RAW(getppid) == getppid());
	say("group exists %d session exists %d", getpgrp() > 0, getsid(0) > 0);
	say("getpgid(0) is getpgrp %d", getpgid(0) == getpgrp());
	child("child", say("pid is new %d, group is old %d", getpid() != getppid(), getpgrp() == getpgid(getppid())));
	R(getpgid(-1));
	R(getpgid(1 << 22));
	R(getsid(-1));
	R(getsid(1 << 22));
}

CASE(groups)
{
	pid_t me = getpid(), old = getpgrp();
	child("own group", {
		R(setpgid(0, 0));
		say("leads %d", getpgrp() == getpid());
		R(setpgid(0, 0));
		R(setpgid(getpid(), getpid()));
	});
	int p[2];
	must(pipe(p));
	pid_t a = must(fork());
	if (!a) { char c; close(p[1]); read(p[0], &c, 1); _exit(getpgrp() == getpid()); }
	R(setpgid(a, a));
	say("moved %d", getpgid(a) == a);
	pid_t b = must(fork());
	if (!b) { char c; close(p[1]); read(p[0], &c, 1); _exit(getpgrp() == getpid()); }
	R(setpgid(b, a));
	say("joined %d", getpgid(b) == a);
	R(setpgid(b, 1 << 22));
	R(setpgid(b, -1));
	R(setpgid(-1, 0));
	R(setpgid(1 << 22, 0));
	child("not the parent", R(setpgid(getppid(), 0)));
	R(kill(-a, 0));
	close(p[1]);
	int st;
	must(waitpid(a, &st, 0));
	say("a %s", swait(st));
	must(waitpid(b, &st, 0));
	say("b %s", swait(st));
	R(kill(-a, 0));
}

CASE(after_exec)
{
	// A parent may not move a child that has executed.
	int p[2];
	must(pipe(p));
	pid_t a = must(fork());
	if (!a) {
		dup2(p[1], 1);
		execl("/bin/sh", "sh", "-c", "echo; read x", (char *)0);
		_exit(1);
	}
	char c;
	must(read(p[0], &c, 1));
	R(setpgid(a, a));
	kill(a, SIGKILL);
	R(waitpid(a, 0, 0) == a);
}

CASE(sessions)
{
	child("new session", {
		R(setsid() == getpid());
		say("group %d session %d", getpgrp() == getpid(), getsid(0) == getpid());
		R(setsid());
		R(setpgid(0, 0));
		pid_t leader = getpid();
		child("in it", { say("inherits %d %d", getsid(0) == leader, getpgrp() == leader); R(setsid() == getpid()); R(setpgid(0, leader)); });
		int fd = open("/dev/tty", O_RDWR);
		say("no terminal: %s", ename(errno));
	});
	child("a group leader", { setpgid(0, 0); R(setsid()); });
	int p[2];
	must(pipe(p));
	pid_t a = must(fork());
	if (!a) { setsid(); write(p[1], "x", 1); for (;;) pause(); }
	char c;
	must(read(p[0], &c, 1));
	R(getsid(a) == a);
	R(setpgid(a, getpgrp()));
	R(setpgid(0, a));
	must(kill(a, SIGKILL));
	R(waitpid(a, 0, 0) == a);
}

CASE(kill_groups)
{
	int p[2];
	must(pipe(p));
	pid_t g = 0;
	for (int i = 0; i < 3; i++) {
		pid_t a = must(fork());
		if (!a) { setpgid(0, g); write(p[1], "x", 1); for (;;) pause(); }
		setpgid(a, g ? g : a);
		if (!g) g = a;
		char c;
		must(read(p[0], &c, 1));
	}
	R(kill(-g, SIGTERM));
	int st, n = 0;
	while (waitpid(-g, &st, 0) > 0) n += WTERMSIG(st) == SIGTERM;
	say("%d", n);
	R(kill(-g, SIGTERM));
	child("kill(0)", { setpgid(0, 0); if (!fork()) for (;;) pause(); kill(0, SIGUSR1); for (;;) pause(); });
}

#define IDS(what) ({ uid_t r_, e_, s_; getresuid(&r_, &e_, &s_); gid_t a_, b_, c_; getresgid(&a_, &b_, &c_); \
	say("%s: uid %d %d %d gid %d %d %d", what, r_, e_, s_, a_, b_, c_); })

CASE(setuid)
{
	if (!is_root()) { say("needs root"); return; }
	child("setuid", { R(setuid(1000)); IDS("all three"); R(setuid(0)); R(setuid(1000)); R(seteuid(0)); });
	child("seteuid", { R(seteuid(1000)); IDS("effective"); R(setuid(2000)); R(setuid(0)); IDS("back"); });
	child("setreuid", { R(setreuid(1000, 2000)); IDS("both"); R(setreuid(2000, 1000)); R(setreuid(-1, 3000)); R(setreuid(-1, -1)); IDS("still"); });
	child("setresuid", {
		R(setresuid(1, 2, 3));
		IDS("three");
		R(setresuid(3, 1, 2));
		IDS("turned");
		R(setresuid(4, -1, -1));
		R(setresuid(-1, -1, -1));
		R(setresuid(-1, 3, -1));
		R(setresuid(0, -1, -1));
		IDS("end");
	});
	child("setgid", { R(setgid(50)); IDS("as root"); R(setresuid(1000, 1000, 1000)); R(setgid(51)); R(setgid(50)); R(setresgid(50, 50, 60)); });
	child("setregid", { R(setregid(5, 6)); IDS("both"); R(setegid(5)); IDS("effective"); });
	child("setresgid", { R(setresgid(7, 8, 9)); IDS("three"); });
	child("fsuid", {
		R(setfsuid(1000));
		R(setfsuid(-1));
		R(setfsuid(0));
		R(setfsgid(1000));
		R(setfsgid(-1));
		R(seteuid(77));
		R(setfsuid(-1));
		R(setfsuid(78));
		R(setfsuid(-1));
	});
	S(setuid, -1);
	S(setgid, -1);
	S(setresuid, 1, -1, -1);
	S(getresuid, BAD, BAD, BAD);
	S(setreuid, 0, 0);
}

CASE(as_user)
{
	drop();
	uid_t me = getuid();
	R(setuid(me));
	R(setuid(me + 1));
	R(setuid(0) == 0 || errno == EPERM);
	R(setreuid(me, me));
	R(setreuid(-1, me + 1));
	R(setresuid(me, me, me));
	R(setresuid(me + 1, -1, -1));
	R(setgid(getgid()));
	R(setgid(getgid() + 1));
	R(setgroups(0, 0));
	R(chroot("."));
	R(sethostname("x", 1));
	R(setpriority(PRIO_PROCESS, 0, -5));
}

CASE(setgroups)
{
	gid_t g[70] = {5, 6, 7}, got[80];
	if (!is_root()) { say("needs root"); return; }
	R(setgroups(3, g));
	R(getgroups(0, 0));
	R(getgroups(80, got));
	say("%d %d %d", got[0], got[1], got[2]);
	R(getgroups(2, got));
	R(getgroups(-1, got));
	S(getgroups, 80, BAD);
	S(setgroups, 3, BAD);
	R(setgroups(65537, g));
	R(setgroups(-1, g));
	g[0] = 9, g[1] = 3;
	R(setgroups(2, g));
	R(getgroups(80, got));
	say("sorted? %d %d", got[0], got[1]);
	put("f", "x");
	must(chown("f", 99, 3));
	must(chmod("f", 0040));
	child("member", { setgroups(2, g); setresgid(1, 1, 1); setresuid(1, 1, 1); R(open("f", O_RDONLY) >= 0); });
	child("no member", { setgroups(1, g); setresgid(1, 1, 1); setresuid(1, 1, 1); R(open("f", O_RDONLY)); });
	R(setgroups(0, 0));
	R(getgroups(80, got));
}

static void caps(const char *what)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];
	RAW(capget, &h, d);
	say("%s: chown e%d p%d i%d, net_bind e%d p%d", what, d[0].effective & 1, d[0].permitted & 1, d[0].inheritable & 1, d[0].effective >> 10 & 1, d[0].permitted >> 10 & 1);
}

CASE(capabilities)
{
	struct __user_cap_header_struct h = {0x12345, 0};
	struct __user_cap_data_struct d[2] = {0};
	S(capget, &h, d);
	say("version told %#x", h.version);
	S(capget, &h, 0);
	h.pid = 1 << 22;
	S(capget, &h, d);
	h.pid = -1;
	S(capget, &h, d);
	S(capget, BAD, d);
	h.pid = 0;
	S(capget, &h, BAD);
	h.version = 0x12345;
	S(capset, &h, d);
	h.version = _LINUX_CAPABILITY_VERSION_3;
	h.pid = 1 << 22;
	S(capset, &h, d);
	h.pid = 0;
	S(capset, &h, BAD);
	if (!is_root()) {
		d[0].effective = d[0].permitted = 1;
		S(capset, &h, d);
		return;
	}
	caps("root");
	child("drop effective", {
		S(capget, &h, d);
		d[0].effective &= ~1;
		S(capset, &h, d);
		caps("less");
		put("f", "");
		R(chown("f", 5, 5));
		d[0].effective |= 1;
		S(capset, &h, d);
		R(chown("f", 5, 5));
		d[0].permitted &= ~1;
		S(capset, &h, d);
		d[0].effective &= ~1;
		S(capset, &h, d);
		d[0].permitted |= 1;
		S(capset, &h, d);
		caps("end");
	});
	child("setuid drops", { R(setresuid(5, 5, 5)); caps("user"); });
	child("seteuid drops the effective", { R(seteuid(5)); caps("user"); R(seteuid(0)); caps("again"); });
	child("keepcaps", {
		R(prctl(PR_GET_KEEPCAPS));
		R(prctl(PR_SET_KEEPCAPS, 1));
		R(setresuid(5, 5, 5));
		caps("user");
		R(prctl(PR_GET_KEEPCAPS));
		R(prctl(PR_SET_KEEPCAPS, 2));
	});
	child("bounding set", {
		R(prctl(PR_CAPBSET_READ, 0));
		R(prctl(PR_CAPBSET_DROP, 0));
		R(prctl(PR_CAPBSET_READ, 0));
		R(prctl(PR_CAPBSET_READ, 99));
		R(prctl(PR_CAPBSET_DROP, 99));
		caps("kept");
	});
	child("ambient", {
		R(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0));
		R(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
		R(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
		R(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0));
	});
	child("securebits", { R(prctl(PR_GET_SECUREBITS)); R(prctl(PR_SET_SECUREBITS, 1)); R(prctl(PR_GET_SECUREBITS)); });
}

static pthread_barrier_t bar;
static void *alone(void *x)
{
	RAW(setresuid, 4321, 4321, 4321);
	pthread_barrier_wait(&bar);
	pthread_barrier_wait(&bar);
	return 0;
}

CASE(per_thread)
{
	if (!is_root()) { say("needs root"); return; }
	pthread_t t;
	pthread_barrier_init(&bar, 0, 2);
	must(pthread_create(&t, 0, alone, 0));
	pthread_barrier_wait(&bar);
	say("raw setresuid leaves us %d", geteuid());
	pthread_barrier_wait(&bar);
	pthread_join(t, 0);
	pthread_create(&t, 0, (void *(*)(void *))({ void *f(void *x) { pthread_barrier_wait(&bar); pthread_barrier_wait(&bar); say("thread sees %d", geteuid()); return (void *)0; } f; }), 0);
	pthread_barrier_wait(&bar);
	R(setuid(777)); // libc's reaches all threads
	pthread_barrier_wait(&bar);
	pthread_join(t, 0);
}

CASE(init)
{
	// Process 1 can be found like any other; only root may signal it, and it
	// takes nothing that it has no handler for.
	R(getpgid(1) >= 0);
	R(getsid(1) >= 0);
	R(kill(1, 65));
	R(setpgid(1, 1));
	RZ(getpriority(PRIO_PROCESS, 1) < 20);
	R(waitpid(1, 0, 0));
	SZ(pidfd_open, 1, 0);
	char b[256];
	int fd = RZ(open("/proc/1/stat", O_RDONLY));
	b[read(fd, b, 255)] = 0;
	close(fd);
	char *p = strrchr(b, ')');
	say("%.3s.. state %c parent %d", b, p[2], atoi(p + 4));
	R(access("/proc/1/status", R_OK));
	R(access("/proc/1/task/1/comm", R_OK));
	fd = open("/proc/1/cmdline", O_RDONLY);
	R(read(fd, b, 255) > 0);
	close(fd);
	if (is_root()) {
		R(kill(1, 0));
		R(kill(1, SIGCONT));
		S(tgkill, 1, 1, 0);
	}
	drop();
	R(kill(1, 0));
	R(kill(1, SIGTERM));
	S(tgkill, 1, 1, SIGKILL);
	R(setpriority(PRIO_PROCESS, 1, 5));
	struct rlimit l;
	R(prlimit(1, RLIMIT_NOFILE, 0, &l));
	R(readlink("/proc/1/exe", b, 255));
	R(open("/proc/1/environ", O_RDONLY));
}
