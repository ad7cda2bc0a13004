// variants: static dyn musl
// fork(2), vfork(2), clone(2), clone3(2), exit(2): what a child gets and how
// it ends.
#include "p.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

CASE(fork)
{
	int v = 1;
	pid_t me = getpid(), pid = must(fork());
	if (!pid) {
		say("child: own pid %d parent is mine %d tid is pid %d", getpid() != me, getppid() == me, getpid() == RAW(gettid));
		v = 2;
		exit(7);
	}
	int st = 0;
	R(waitpid(pid, &st, 0) == pid);
	say("%s, v %d", swait(st), v);
	R(waitpid(pid, &st, 0));
}

CASE(inherits)
{
	put("f", "abc");
	int fd = must(open("f", O_RDONLY | O_CLOEXEC));
	umask(027);
	must(mkdir("d", 0755));
	must(chdir("d"));
	signal(SIGUSR1, SIG_IGN);
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigprocmask(SIG_BLOCK, &s, 0);
	raise(SIGUSR2);
	setpriority(PRIO_PROCESS, 0, 5);
	struct rlimit l = {100, 200};
	setrlimit(RLIMIT_CORE, &l);
	alarm(100);
	int st = child("child", {
		char cwd[PATH_MAX];
		getcwd(cwd, sizeof cwd);
		say("umask %o cwd %s", umask(0), strrchr(cwd, '/'));
		struct sigaction a;
		sigaction(SIGUSR1, 0, &a);
		say("ignored %d", a.sa_handler == SIG_IGN);
		sigset_t m;
		sigprocmask(SIG_BLOCK, 0, &m);
		say("blocked %d", sigismember(&m, SIGUSR2));
		sigpending(&m);
		say("pending %d", sigismember(&m, SIGUSR2));
		say("nice %d", getpriority(PRIO_PROCESS, 0));
		struct rlimit r;
		getrlimit(RLIMIT_CORE, &r);
		say("limit %ld %ld", (long)r.rlim_cur, (long)r.rlim_max);
		say("alarm %d", alarm(0));
		char c;
		say("descriptor %ld cloexec %d", (long)read(fd, &c, 1), fcntl(fd, F_GETFD));
		struct rusage u;
		getrusage(RUSAGE_CHILDREN, &u);
		say("children's time %ld", u.ru_utime.tv_sec);
	});
	say("parent: alarm is set %d offset %ld", alarm(0) > 0, (long)lseek(fd, 0, SEEK_CUR));
}

CASE(exit_status)
{
	child("exit(0)", _exit(0));
	child("exit(255)", _exit(255));
	child("exit(256)", _exit(256));
	child("exit(-1)", _exit(-1));
	child("raw exit", RAW(exit, 3));
	child("raw exit_group", RAW(exit_group, 0x1234));
	child("abort", abort());
	child("SIGTERM", raise(SIGTERM));
	child("SIGKILL", raise(SIGKILL));
	child("SIGRTMIN", raise(40));
	child("SIGSEGV", *(volatile int *)0 = 1);
	child("SIGFPE", ({ volatile int n = 7, z = 0; n = n / z; }));
	child("SIGILL", __builtin_trap());
	child("SIGTRAP", __asm__ volatile("int3"));
	child("stack overflow", ({ struct rlimit l = {1 << 20, 1 << 20}; setrlimit(RLIMIT_STACK, &l); volatile char *p = __builtin_frame_address(0); for (;;) *(p -= 512) = 1; }));
}

CASE(vfork)
{
	static volatile int seen;
	static volatile pid_t me, ppid;
	me = getpid();
	pid_t pid = vfork();
	if (!pid) {
		seen = getpid() != me; // the memory is the parent's
		ppid = getppid();
		_exit(9);
	}
	say("own pid %d parent is mine %d", seen, ppid == me);
	int st;
	R(waitpid(pid, &st, 0) == pid);
	say("%s", swait(st));
}

CASE(vfork_state)
{
	// Descriptors, directory, mask and handlers of a vfork child are its own.
	put("f", "x");
	static volatile int fd, ret;
	fd = must(open("f", O_RDONLY));
	must(mkdir("d", 0755));
	pid_t pid = vfork();
	if (!pid) {
		close(fd);
		ret = chdir("d");
		umask(0);
		signal(SIGUSR1, SIG_IGN);
		sigset_t s;
		sigfillset(&s);
		sigprocmask(SIG_BLOCK, &s, 0);
		setpgid(0, 0);
		_exit(0);
	}
	int st;
	must(waitpid(pid, &st, 0));
	sigset_t m;
	sigprocmask(SIG_BLOCK, 0, &m);
	struct sigaction a;
	sigaction(SIGUSR1, 0, &a);
	say("%s fd open %d still here %d umask %o blocked %d default %d", swait(st), fcntl(fd, F_GETFD) == 0, access("f", F_OK) == 0, umask(022), sigismember(&m, SIGUSR1), a.sa_handler == SIG_DFL);
	pid = vfork();
	if (!pid) {
		kill(getpid(), SIGKILL); // raise would aim at the parent's thread
		_exit(1);
	}
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
	pid = vfork();
	if (!pid) {
		*(volatile int *)8 = 1;
		_exit(1);
	}
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
}

static volatile int clone_v;
static char stack[65536] __attribute__((aligned(16)));
static int clone_fn(void *a)
{
	clone_v = 5;
	return (long)a;
}

CASE(clone)
{
	int st;
	pid_t pid = must(clone(clone_fn, stack + sizeof stack, SIGCHLD, (void *)11));
	must(waitpid(pid, &st, 0));
	say("own memory: %s, v %d", swait(st), clone_v);
	pid = must(clone(clone_fn, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *)12));
	must(waitpid(pid, &st, 0));
	say("shared memory: %s, v %d", swait(st), clone_v);
	clone_v = 0;
	pid = must(clone(clone_fn, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)13));
	say("vfork: done already %d", clone_v);
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
	pid = must(clone(clone_fn, stack + sizeof stack, 0, (void *)14)); // no signal at its end
	R(waitpid(pid, &st, 0));
	R(waitpid(pid, &st, __WCLONE) == pid);
	say("%s", swait(st));
	signal(SIGUSR1, SIG_IGN);
	pid = must(clone(clone_fn, stack + sizeof stack, SIGUSR1, (void *)15));
	R(waitpid(pid, &st, __WALL) == pid);
}

static int files_fn(void *a)
{
	int fd = (long)a;
	close(fd);
	open("f", O_RDONLY);
	chdir("d");
	umask(0);
	return 0;
}

CASE(clone_shares)
{
	put("f", "x");
	must(mkdir("d", 0755));
	signal(SIGUSR1, SIG_DFL);
	int fd = must(open("f", O_RDONLY)), st;
	pid_t pid = must(clone(files_fn, stack + sizeof stack, CLONE_FILES | SIGCHLD, (void *)(long)fd));
	must(waitpid(pid, &st, 0));
	say("CLONE_FILES: reopened %d cwd ours %d umask %o", fcntl(fd, F_GETFD) == 0, access("f", F_OK) == 0, umask(022));
	pid = must(clone(files_fn, stack + sizeof stack, CLONE_FS | SIGCHLD, (void *)(long)fd));
	must(waitpid(pid, &st, 0));
	say("CLONE_FS: fd open %d cwd moved %d umask %o", fcntl(fd, F_GETFD) == 0, access("../f", F_OK) == 0, umask(022));
}

CASE(clone_tids)
{
	pid_t ptid = 0, ctid = 0, st;
	int pid = RAW(clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &ptid, &ctid, 0);
	if (!pid) _exit(ctid == RAW(gettid) ? 0 : 1);
	must(waitpid(pid, &st, 0));
	say("parent's word %d child's word in child: %s here: %d", ptid == pid, swait(st), ctid);
	S(clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0);
	S(clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0);
	S(clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0);

}

struct cargs { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };

CASE(clone3)
{
	struct cargs a = {.exit_signal = SIGCHLD};
	int st, pid = RAW(clone3, &a, sizeof a);
	if (!pid) _exit(21);
	R(waitpid(pid, &st, 0) == pid);
	say("%s", swait(st));
	pid = RAW(clone3, &a, 64);
	if (!pid) _exit(22);
	R(waitpid(pid, &st, 0) == pid);
	say("%s", swait(st));
	S(clone3, &a, 63);
	S(clone3, &a, 0);
	S(clone3, &a, 8192);
	S(clone3, BAD, sizeof a);
	S(clone3, 0, sizeof a);
	a.exit_signal = 100;
	S(clone3, &a, sizeof a);
	a.exit_signal = SIGCHLD;
	a.flags = SIGCHLD;
	S(clone3, &a, sizeof a);
	a.flags = 0;
	a.stack = (long)stack;
	S(clone3, &a, sizeof a);
	a.stack = 0, a.stack_size = 4096;
	S(clone3, &a, sizeof a);
	a.stack_size = 0;
	a.flags = CLONE_THREAD;
	S(clone3, &a, sizeof a);
	int fd = -1;
	a = (struct cargs){.flags = CLONE_PIDFD, .pidfd = 8, .exit_signal = SIGCHLD};
	S(clone3, &a, sizeof a); // nowhere to put it
	R(waitpid(-1, 0, WNOHANG));
	a = (struct cargs){.flags = CLONE_PIDFD, .pidfd = (long)&fd, .exit_signal = SIGCHLD};
	pid = RAW(clone3, &a, sizeof a);
	if (!pid) _exit(23);
	struct pollfd pf = {fd, POLLIN};
	R(poll(&pf, 1, 5000));
	siginfo_t si;
	R(waitid(3 /* P_PIDFD */, fd, &si, WEXITED));
	say("pid %d status %d cloexec %d", si.si_pid == pid, si.si_status, fcntl(fd, F_GETFD));
	signal(SIGUSR1, SIG_IGN);
	a = (struct cargs){.flags = 0x100000000ULL /* CLONE_CLEAR_SIGHAND */, .exit_signal = SIGCHLD};
	void h(int s) {}
	signal(SIGUSR2, h);
	pid = RAW(clone3, &a, sizeof a);
	if (!pid) {
		struct sigaction x, y;
		sigaction(SIGUSR1, 0, &x);
		sigaction(SIGUSR2, 0, &y);
		_exit((x.sa_handler == SIG_IGN) + 2 * (y.sa_handler == SIG_DFL));
	}
	must(waitpid(pid, &st, 0));
	say("handlers cleared, ignored kept: %s", swait(st));
}

CASE(orphans)
{
	// A child whose parent ends belongs to another one, and still runs.
	int p[2], q[2];
	must(pipe(p));
	must(pipe(q));
	child("parent of an orphan", {
		pid_t was = getpid();
		if (!fork()) {
			char c;
			read(q[0], &c, 1);
			int other = getppid() != was;
			write(p[1], &other, sizeof other);
			_exit(0);
		}
	});
	write(q[1], "x", 1);
	int other = -1;
	R(read(p[0], &other, sizeof other));
	say("has another parent %d", other);
	R(wait(0));
}

CASE(tree)
{
	// 3 levels of 4 children each, every one waited for.
	int p[2];
	must(pipe(p));
	int depth;
	for (depth = 0; depth < 3; depth++) {
		int k, mine = 0;
		for (k = 0; k < 4; k++) if (!fork()) { mine = 1; break; }
		if (!mine) break;
	}
	write(p[1], &(char){'0' + depth}, 1);
	int n = 0;
	while (wait(0) > 0) n++;
	if (depth) _exit(0);
	close(p[1]);
	int count[4] = {0};
	char c;
	while (read(p[0], &c, 1) == 1) count[c - '0']++;
	say("waited for %d; levels %d %d %d %d", n, count[0], count[1], count[2], count[3]);
}

CASE(many)
{
	int ok = 0;
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();
		if (!pid) _exit(i & 0x7f);
		int st;
		ok += waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == (i & 0x7f);
	}
	say("%d in a row", ok);
	pid_t pids[50];
	int p[2];
	must(pipe(p));
	for (int i = 0; i < 50; i++)
		if (!(pids[i] = fork())) {
			char c;
			close(p[1]);
			read(p[0], &c, 1);
			_exit(i);
		}
	close(p[1]);
	ok = 0;
	for (int i = 0; i < 50; i++) {
		int st;
		ok += waitpid(pids[i], &st, 0) == pids[i] && WEXITSTATUS(st) == i;
	}
	say("%d at once", ok);
}

CASE(nproc_limit)
{
	if (!is_root()) { say("needs root"); return; }
	// The limit counts a user's processes, and the variants of this case
	// may run at the same time.
	int id = 100000 + getpid();
	must(RAW(setresgid, id, id, id));
	must(RAW(setresuid, id, id, id));
	struct rlimit l = {8, 8};
	must(setrlimit(RLIMIT_NPROC, &l));
	int p[2], n = 0;
	must(pipe(p));
	for (; n < 50; n++) {
		pid_t pid = fork();
		if (!pid) { char c; close(p[1]); read(p[0], &c, 1); _exit(0); }
		if (pid < 0) break;
	}
	say("%d children, then %s", n, ename(errno));
	close(p[1]);
	while (wait(0) > 0) ;
	child("room again", (void)0);
}
