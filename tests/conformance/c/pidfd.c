// pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), CLONE_PIDFD: of processes and of threads.
#include "p.h"
#include <sys/epoll.h>
#include <linux/sched.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
#define PSEND(fd, sig, info, flags) syscall(SYS_pidfd_send_signal, fd, sig, info, flags)
#define POPEN(pid, flags) syscall(SYS_pidfd_open, pid, flags)

static void polled(int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT};
	long n = poll(&p, 1, 0);
	say("poll %ld %x", n, p.revents);
}

CASE(states)
{
	int st;
	pid_t c = must(fork());
	if (!c) { pause(); _exit(0); }
	int fd = must(POPEN(c, 0));
	polled(fd);
	R(PSEND(fd, SIGSTOP, 0, 0));
	must(waitpid(c, &st, WUNTRACED));
	say("%s", swait(st));
	polled(fd);
	R(PSEND(fd, SIGCONT, 0, 0));
	siginfo_t i = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	R(PSEND(fd, SIGUSR2, &i, 0));
	R(PSEND(fd, SIGUSR1, BAD, 0));
	i.si_code = SI_USER;
	R(PSEND(fd, SIGUSR1, &i, 0));
	i.si_code = SI_QUEUE;
	R(PSEND(fd, SIGUSR1, &i, 99));
	R(PSEND(fd, SIGUSR1, &i, 1 | 2));
	R(PSEND(fd, SIGUSR1, &i, 2)); // PIDFD_SIGNAL_THREAD_GROUP
	int e = epoll_create1(0);
	struct epoll_event ev = {EPOLLIN, {.u32 = 3}}, o;
	R(epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	R(epoll_wait(e, &o, 1, 5000));
	polled(fd);
	R(PSEND(fd, 0, 0, 0)); // a zombie is still there
	siginfo_t w;
	R(waitid(P_PIDFD, fd, &w, WEXITED | WNOWAIT));
	say("code %d status %d", w.si_code, w.si_status);
	R(waitid(P_PIDFD, fd, &w, WEXITED));
	polled(fd);
	R(PSEND(fd, 0, 0, 0));
	R(waitid(P_PIDFD, fd, &w, WEXITED));
	R(POPEN(c, 0));
}

CASE(flags)
{
	R(POPEN(getpid(), 1));
	R(POPEN(getpid(), O_CLOEXEC));
	int fd = must(POPEN(getpid(), O_NONBLOCK));
	say("flags %o %d", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	struct stat st;
	fstat(fd, &st);
	say("mode %o", st.st_mode);
	char b[8], l[100];
	R(read(fd, b, 8));
	R(write(fd, b, 8));
	R(lseek(fd, 0, SEEK_SET));
	R(ioctl(fd, 0x1234, 0));
	sprintf(l, "/proc/self/fd/%d", fd);
	int n = readlink(l, b, 0), m = readlink(l, l, sizeof l);
	say("%.*s", m > 0 ? m : 0, l);
	pid_t c = must(fork());
	if (!c) { pause(); _exit(0); }
	int cf = must(POPEN(c, O_NONBLOCK));
	siginfo_t w;
	R(waitid(P_PIDFD, cf, &w, WEXITED));
	R(waitid(P_PIDFD, fd, &w, WEXITED));
	R(waitid(P_PIDFD, 0, &w, WEXITED));
	R(waitid(P_PIDFD, -1, &w, WEXITED));
	R(waitid(P_PIDFD, 999, &w, WEXITED));
	kill(c, SIGKILL);
	waitpid(c, 0, 0);
	child("not mine to signal", { drop(); R(PSEND(fd, 0, 0, 0)); R(PSEND(fd, SIGTERM, 0, 0)); R(syscall(SYS_pidfd_getfd, fd, 0, 0)); });
}

static volatile pid_t tid;
static volatile int go, seen_by;
static void on(int s) { seen_by = RAW(gettid); }

CASE(thread)
{
	signal(SIGUSR1, on);
	void *f(void *x) { tid = RAW(gettid); while (!go) nap_ms(1); return 0; }
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	until(tid);
	R(POPEN(tid, 0));
	int fd;
	RZ(fd = POPEN(tid, PIDFD_THREAD));
	if (fd < 0) return;
	say("flags %o", fcntl(fd, F_GETFL));
	polled(fd);
	R(PSEND(fd, SIGUSR1, 0, 0));
	until(seen_by);
	say("by the thread %d", seen_by == tid);
	siginfo_t w;
	R(waitid(P_PIDFD, fd, &w, WEXITED | WNOHANG));
	int self = must(POPEN(getpid(), PIDFD_THREAD));
	seen_by = 0;
	R(PSEND(self, SIGUSR1, 0, 0));
	until(seen_by);
	say("by the leader %d", seen_by == getpid());
	R(PSEND(self, 0, 0, 1)); // PIDFD_SIGNAL_THREAD
	R(PSEND(self, 0, 0, 4)); // PIDFD_SIGNAL_PROCESS_GROUP
	go = 1;
	pthread_join(t, 0);
	until(RAW(tgkill, getpid(), tid, 0) < 0);
	struct pollfd p = {fd, POLLIN};
	R(poll(&p, 1, 5000));
	say("%d", !!(p.revents & POLLIN));
	R(PSEND(fd, 0, 0, 0));
	R(POPEN(tid, PIDFD_THREAD));
	R(POPEN(1 << 22, PIDFD_THREAD));
	R(POPEN(0, PIDFD_THREAD));
}

CASE(clone)
{
	int fd = -1;
	struct clone_args a = {.flags = CLONE_PIDFD, .pidfd = (long)&fd, .exit_signal = SIGCHLD};
	long c = syscall(SYS_clone3, &a, sizeof a);
	if (!c) _exit(5);
	say("cloexec %d", fcntl(fd, F_GETFD));
	siginfo_t w;
	R(waitid(P_PIDFD, fd, &w, WEXITED));
	say("status %d", w.si_status);
	close(fd);
	a.pidfd = 8;
	R(syscall(SYS_clone3, &a, sizeof a));
	a = (struct clone_args){.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = (long)&fd, .parent_tid = (long)&fd + 4096, .exit_signal = SIGCHLD};
	a.parent_tid = (long)&tid;
	c = syscall(SYS_clone3, &a, sizeof a);
	if (!c) _exit(5);
	say("both %d", tid == c);
	must(waitpid(c, 0, 0));
	R(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
	int ids[2] = {0, 0};
	int want = 20000; // below the least pid_max of any machine
	a = (struct clone_args){.set_tid = (long)&want, .set_tid_size = 1, .exit_signal = SIGCHLD};
	while ((c = syscall(SYS_clone3, &a, sizeof a)) == -1 && errno == EEXIST)
		want++;
	if (!c) _exit(getpid() != want);
	int st;
	must(waitpid(c, &st, 0));
	say("chosen %d, %s", c == want, swait(st));
	want = getpid();
	R(syscall(SYS_clone3, &a, sizeof a));
	want = 0;
	R(syscall(SYS_clone3, &a, sizeof a));
	want = -5;
	R(syscall(SYS_clone3, &a, sizeof a));
	want = 1 << 22;
	R(syscall(SYS_clone3, &a, sizeof a));
	a.set_tid = 8;
	R(syscall(SYS_clone3, &a, sizeof a));
	a.set_tid_size = 33;
	R(syscall(SYS_clone3, &a, sizeof a));
	want = 30000;
	a.set_tid = (long)&want, a.set_tid_size = 1;
	child("a user may not choose", { drop(); R(syscall(SYS_clone3, &a, sizeof a)); });
	a = (struct clone_args){.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	signal(SIGUSR1, on), signal(SIGUSR2, SIG_IGN);
	c = syscall(SYS_clone3, &a, sizeof a);
	if (!c) { struct sigaction x, y; sigaction(SIGUSR1, 0, &x); sigaction(SIGUSR2, 0, &y); _exit((x.sa_handler == SIG_DFL) * 2 + (y.sa_handler == SIG_IGN)); }
	must(waitpid(c, &st, 0));
	say("handlers %s", swait(st));
	a = (struct clone_args){.flags = CLONE_INTO_CGROUP, .cgroup = 999, .exit_signal = SIGCHLD};
	R(syscall(SYS_clone3, &a, sizeof a));
	a = (struct clone_args){.exit_signal = 65};
	R(syscall(SYS_clone3, &a, sizeof a));
	R(syscall(SYS_clone3, &a, 63));
	R(syscall(SYS_clone3, &a, 5000));
	R(syscall(SYS_clone3, BAD, sizeof a));
	char big[200] = {0};
	*(struct clone_args *)big = (struct clone_args){.exit_signal = SIGCHLD};
	big[190] = 1;
	R(syscall(SYS_clone3, big, 200));
	a = (struct clone_args){.flags = CLONE_THREAD | CLONE_PIDFD | CLONE_SIGHAND | CLONE_VM, .pidfd = 8};
	R(syscall(SYS_clone3, &a, sizeof a));
	a = (struct clone_args){.flags = CLONE_PARENT, .exit_signal = SIGCHLD};
	R(syscall(SYS_clone3, &a, sizeof a));
	pid_t mid = must(fork());
	if (!mid) { a.exit_signal = 0; c = syscall(SYS_clone3, &a, sizeof a); if (!c) _exit(9); _exit(c < 0); }
	must(waitpid(mid, &st, 0));
	say("%s", swait(st));
	R(waitpid(-1, &st, 0) > 0);
	say("%s", swait(st));
}

CASE(mrelease)
{
	pid_t pid = must(fork());
	if (!pid) for (;;) pause();
	int fd = must(syscall(SYS_pidfd_open, pid, 0));
	S(process_mrelease, -1, 0);
	S(process_mrelease, 0, 0);
	S(process_mrelease, fd, 1);
	S(process_mrelease, fd, 0);
	kill(pid, SIGKILL);
	siginfo_t si;
	waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
	S(process_mrelease, fd, 0);
	waitpid(pid, 0, 0);
	S(process_mrelease, fd, 0);
}

CASE(setns)
{
	int fd = must(syscall(SYS_pidfd_open, getpid(), 0));
	S(setns, -1, 0);
	S(setns, 0, 0);
	S(setns, 0, CLONE_NEWNS);
	S(setns, fd, 0);
	S(setns, fd, CLONE_FS);
	S(setns, fd, CLONE_NEWNS | CLONE_VM);
	if (is_root()) child("root", {
		must(chdir("/usr"));
		S(setns, fd, CLONE_NEWNS);
		char b[64];
		say("%s", getcwd(b, 64));
	});
	child("user", drop(); S(setns, fd, CLONE_NEWNS););
	pid_t pid = must(fork());
	if (!pid) _exit(0);
	int gone = must(syscall(SYS_pidfd_open, pid, 0));
	waitpid(pid, 0, 0);
	S(setns, gone, CLONE_NEWNS);
}
