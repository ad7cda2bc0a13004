// Calls that look at or act on another process or thread: pidfds, kcmp(2),
// process_vm_readv(2), and what binds a task to the machine: getcpu(2),
// membarrier(2), memory policies, I/O priorities, unshare(2).
#include "p.h"
#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

CASE(pidfd)
{
	int go[2];
	must(pipe(go));
	pid_t a = must(fork());
	if (!a) { char c; close(go[1]); read(go[0], &c, 1); _exit(7); }
	close(go[0]);
	RZ(syscall(SYS_pidfd_open, getpid(), 0));
	R(syscall(SYS_pidfd_open, 0, 0));
	R(syscall(SYS_pidfd_open, -1, 0));
	R(syscall(SYS_pidfd_open, 1 << 22, 0));
	R(syscall(SYS_pidfd_open, a, 1 << 20));
	int fd = must(syscall(SYS_pidfd_open, a, O_NONBLOCK));
	say("cloexec %d nonblock %d", fcntl(fd, F_GETFD) & 1, !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	struct pollfd p = {fd, POLLIN, 0};
	R(poll(&p, 1, 0));
	char b;
	R(read(fd, &b, 1));
	siginfo_t i;
	R(waitid(P_PIDFD, fd, &i, WEXITED));
	R(waitid(P_PIDFD, fd, &i, WEXITED | WNOHANG));
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
	R(syscall(SYS_pidfd_send_signal, fd, 65, 0, 0));
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 1 << 10));
	R(syscall(SYS_pidfd_send_signal, go[1], 0, 0, 0));
	close(go[1]);
	R(poll(&p, 1, 5000));
	say("revents %#x", p.revents);
	memset(&i, 0, sizeof i);
	R(waitid(P_PIDFD, fd, &i, WEXITED));
	say("code %d status %d pid %d", i.si_code, i.si_status, i.si_pid == a);
	R(waitid(P_PIDFD, fd, &i, WEXITED | WNOHANG));
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
	R(syscall(SYS_pidfd_open, a, 0));
}

static pid_t other_tid;
static int other_go[2];

static void *other(void *p)
{
	char c;
	__atomic_store_n(&other_tid, RAW(gettid), __ATOMIC_SEQ_CST);
	read(other_go[0], &c, 1);
	return 0;
}

static pthread_t start_other(void)
{
	pthread_t t;
	must(pipe(other_go));
	pthread_create(&t, 0, other, 0);
	while (!__atomic_load_n(&other_tid, __ATOMIC_SEQ_CST)) usleep(1000);
	return t;
}

static void end_other(pthread_t t) { write(other_go[1], "x", 1); pthread_join(t, 0); }

CASE(pidfd_of_proc)
{
	char name[64];
	pid_t a = must(fork());
	if (a == 0)
		for (;;)
			pause();
	snprintf(name, sizeof name, "/proc/%d", a);
	int fd = must(open(name, O_RDONLY | O_DIRECTORY));
	int path = must(open(name, O_PATH));
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
	R(syscall(SYS_pidfd_send_signal, path, 0, 0, 0));
	R(syscall(SYS_pidfd_send_signal, must(open("/proc", O_RDONLY)), 0, 0, 0));
	snprintf(name, sizeof name, "/proc/%d/task", a);
	R(syscall(SYS_pidfd_send_signal, must(open(name, O_RDONLY)), 0, 0, 0));
	snprintf(name, sizeof name, "/proc/%d/task/%d", a, a);
	R(syscall(SYS_pidfd_send_signal, must(open(name, O_RDONLY)), 0, 0, 0));
	R(syscall(SYS_pidfd_send_signal, must(open("/", O_RDONLY)), 0, 0, 0));
	R(syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0));
	int status;
	must(waitpid(a, &status, 0));
	printf("status %#x\n", status);
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
}

CASE(pidfd_of_thread)
{
	pthread_t t = start_other();
	R(syscall(SYS_pidfd_open, other_tid, 0));
	end_other(t);
}

CASE(pidfd_getfd)
{
	int p[2], go[2];
	must(pipe(p));
	must(pipe(go));
	pid_t a = must(fork());
	if (!a) { char c; close(go[1]); must(dup2(p[1], 100)); write(p[1], "r", 1); read(go[0], &c, 1); _exit(0); }
	close(go[0]);
	char c;
	must(read(p[0], &c, 1));
	int fd = must(syscall(SYS_pidfd_open, a, 0));
	int got = must(syscall(SYS_pidfd_getfd, fd, 100, 0));
	say("cloexec %d", fcntl(got, F_GETFD) & 1);
	R(write(got, "z", 1));
	R(read(p[0], &c, 1));
	say("%c", c);
	R(syscall(SYS_pidfd_getfd, fd, 101, 0));
	R(syscall(SYS_pidfd_getfd, fd, 100, 1));
	R(syscall(SYS_pidfd_getfd, p[0], 100, 0));
	R(syscall(SYS_pidfd_getfd, -1, 100, 0));
	close(go[1]);
	must(waitpid(a, 0, 0));
	R(syscall(SYS_pidfd_getfd, fd, 100, 0));
}

CASE(kcmp_epoll)
{
	pid_t me = getpid();
	int ep = epoll_create1(0), other = epoll_create1(0), p[2], dup_of;
	must(pipe(p));
	dup_of = dup(p[0]);
	struct epoll_event ev = {EPOLLIN, {0}};
	must(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	struct kcmp_epoll_slot s = {ep, p[0], 0};
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s);
	S(kcmp, me, me, KCMP_EPOLL_TFD, dup_of, &s);
	R(RAW(kcmp, me, me, KCMP_EPOLL_TFD, p[1], &s) > 0);
	S(kcmp, me, me, KCMP_EPOLL_TFD, 999, &s);
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], BAD);
	s.toff = 1;
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s);
	s.toff = 0, s.tfd = p[1];
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s);
	s.tfd = p[0], s.efd = other;
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s);
	s.efd = p[0];
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s);
	s.efd = 999;
	S(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s);
	// The number may have gone to another file meanwhile.
	s.efd = ep;
	dup2(0, p[0]);
	S(kcmp, me, me, KCMP_EPOLL_TFD, dup_of, &s);
	R(RAW(kcmp, me, me, KCMP_EPOLL_TFD, p[0], &s) > 0);
}

CASE(kcmp)
{
	pid_t me = getpid();
	int a = must(open("/dev/null", O_RDONLY)), b = must(open("/dev/null", O_RDONLY)), d = must(dup(a));
	R(syscall(SYS_kcmp, me, me, KCMP_FILE, a, d));
	R(syscall(SYS_kcmp, me, me, KCMP_FILE, a, b) > 0);
	R(syscall(SYS_kcmp, me, me, KCMP_FILE, a, b) + syscall(SYS_kcmp, me, me, KCMP_FILE, b, a));
	R(syscall(SYS_kcmp, me, me, KCMP_FILE, a, 999));
	R(syscall(SYS_kcmp, me, me, KCMP_VM, 0, 0));
	R(syscall(SYS_kcmp, me, me, KCMP_FILES, 0, 0));
	R(syscall(SYS_kcmp, me, me, KCMP_FS, 0, 0));
	R(syscall(SYS_kcmp, me, me, KCMP_SIGHAND, 0, 0));
	R(syscall(SYS_kcmp, me, me, 99, 0, 0));
	R(syscall(SYS_kcmp, me, 1 << 22, KCMP_VM, 0, 0));
	int go[2];
	must(pipe(go));
	pid_t c = must(fork());
	if (!c) { char x; close(go[1]); read(go[0], &x, 1); _exit(0); }
	R(syscall(SYS_kcmp, me, c, KCMP_VM, 0, 0) > 0);
	R(syscall(SYS_kcmp, me, c, KCMP_FILES, 0, 0) > 0);
	R(syscall(SYS_kcmp, me, c, KCMP_FILE, a, a));
	pthread_t t = start_other();
	R(syscall(SYS_kcmp, me, other_tid, KCMP_VM, 0, 0));
	R(syscall(SYS_kcmp, me, other_tid, KCMP_FILES, 0, 0));
	end_other(t);
	close(go[1]);
	must(waitpid(c, 0, 0));
}

CASE(process_vm)
{
	static char mine[8192], theirs[8192];
	int go[2], ready[2];
	must(pipe(go));
	must(pipe(ready));
	strcpy(theirs, "in the parent");
	pid_t a = must(fork());
	if (!a) {
		char c;
		close(go[1]);
		strcpy(theirs, "in the child");
		write(ready[1], "x", 1);
		read(go[0], &c, 1);
		say("child has %s", theirs);
		_exit(0);
	}
	close(go[0]);
	char c;
	must(read(ready[0], &c, 1));
	struct iovec l[2] = {{mine, 3}, {mine + 100, 4000}}, r[2] = {{theirs, 8}, {theirs + 8, 5}};
	R(syscall(SYS_process_vm_readv, a, l, 2UL, r, 2UL, 0UL));
	say("%s|%s", mine, mine + 100);
	struct iovec w = {"WRITTEN", 8}, rw = {theirs, 8};
	R(syscall(SYS_process_vm_writev, a, &w, 1UL, &rw, 1UL, 0UL));
	R(syscall(SYS_process_vm_readv, a, l, 2UL, r, 2UL, 1UL));
	R(syscall(SYS_process_vm_readv, a, l, 2000UL, r, 2UL, 0UL));
	R(syscall(SYS_process_vm_readv, a, l, 2UL, r, 2000UL, 0UL));
	R(syscall(SYS_process_vm_readv, a, l, 0UL, r, 2UL, 0UL));
	R(syscall(SYS_process_vm_readv, a, l, 2UL, r, 0UL, 0UL));
	R(syscall(SYS_process_vm_readv, 1 << 22, l, 2UL, r, 2UL, 0UL));
	R(syscall(SYS_process_vm_readv, a, (void *)8, 2UL, r, 2UL, 0UL));
	R(syscall(SYS_process_vm_readv, a, l, 2UL, (void *)8, 2UL, 0UL));
	struct iovec bad = {(void *)8, 8};
	R(syscall(SYS_process_vm_readv, a, l, 2UL, &bad, 1UL, 0UL));
	struct iovec half[2] = {{theirs, 4}, {(void *)8, 8}};
	R(syscall(SYS_process_vm_readv, a, l, 2UL, half, 2UL, 0UL));
	close(go[1]);
	must(waitpid(a, 0, 0));
	R(syscall(SYS_process_vm_readv, a, l, 2UL, r, 2UL, 0UL));
	struct iovec self = {theirs, 14};
	R(syscall(SYS_process_vm_readv, getpid(), l, 2UL, &self, 1UL, 0UL));
	if (is_root()) child("another user", {
		must(setresgid(1000, 1000, 1000));
		must(setresuid(1000, 1000, 1000));
		R(syscall(SYS_process_vm_readv, getppid(), l, 2UL, &self, 1UL, 0UL));
	});
}

CASE(membarrier)
{
	R((syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) & 0x19) == 0x19);
	R(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 1, 0));
	R(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
	R(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	R(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	R(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	R(syscall(SYS_membarrier, 1 << 20, 0, 0));
	R(syscall(SYS_membarrier, 3, 0, 0));
}

#define REGISTERED (1 << 9)
CASE(membarrier_registered)
{
	R((syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) & REGISTERED) != 0);
	S(membarrier, REGISTERED, 0, 0);
	S(membarrier, REGISTERED, 1, 0);
	S(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	S(membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
	S(membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	S(membarrier, REGISTERED, 0, 0);
	S(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	S(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	S(membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0);
	S(membarrier, REGISTERED, 0, 0);
	S(membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	S(membarrier, REGISTERED, 0, 0);
	child("fork", S(membarrier, REGISTERED, 0, 0); S(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	// What it is for: a store of one thread before the barrier of another.
	static volatile int ready, seen;
	void *f(void *x) { while (!ready) sched_yield(); seen = 1; return 0; }
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	ready = 1;
	S(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	pthread_join(t, 0);
	R(seen);
}

CASE(mempolicy)
{
	int mode = 77;
	unsigned long mask[64] = {0};
	R(syscall(SYS_get_mempolicy, &mode, 0, 0UL, 0, 0UL));
	say("mode %d", mode);
	R(syscall(SYS_get_mempolicy, 0, mask, 4096UL, 0, MPOL_F_MEMS_ALLOWED));
	say("allowed %lx", mask[0]);
	R(syscall(SYS_get_mempolicy, &mode, mask, 1UL, 0, 0UL));
	R(syscall(SYS_get_mempolicy, &mode, 0, 0UL, 0, 64UL));
	R(syscall(SYS_set_mempolicy, MPOL_DEFAULT, 0, 0UL));
	mask[0] = 1;
	R(syscall(SYS_set_mempolicy, MPOL_BIND, mask, 64UL));
	R(syscall(SYS_set_mempolicy, MPOL_DEFAULT, mask, 64UL));
	R(syscall(SYS_set_mempolicy, MPOL_BIND, 0, 0UL));
	R(syscall(SYS_set_mempolicy, 99, 0, 0UL));
	R(syscall(SYS_set_mempolicy, MPOL_DEFAULT, 0, 0UL));
	void *p = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	R(syscall(SYS_mbind, p, PAGE, MPOL_BIND, mask, 64UL, 0U));
	R(syscall(SYS_mbind, (char *)p + 1, PAGE, MPOL_BIND, mask, 64UL, 0U));
	R(syscall(SYS_mbind, p, PAGE, MPOL_BIND, mask, 64UL, 1U << 20));
	R(syscall(SYS_mbind, p, PAGE, MPOL_BIND, (void *)8, 64UL, 0U));
}

CASE(ioprio)
{
	R(syscall(SYS_ioprio_get, 1, 0));
	R(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4));
	R(syscall(SYS_ioprio_get, 1, 0));
	child("inherits", R(syscall(SYS_ioprio_get, 1, 0)));
	R(syscall(SYS_ioprio_set, 1, 0, 3 << 13));
	R(syscall(SYS_ioprio_get, 1, getpid()));
	R(syscall(SYS_ioprio_set, 1, 0, 0));
	R(syscall(SYS_ioprio_set, 1, 0, 1));
	R(syscall(SYS_ioprio_set, 1, 0, 7 << 13));
	R(syscall(SYS_ioprio_get, 4, 0));
	R(syscall(SYS_ioprio_get, 0, 0));
	R(syscall(SYS_ioprio_get, 1, 1 << 22));
}

CASE(unshare)
{
	R(syscall(SYS_unshare, 0));
	R(syscall(SYS_unshare, CLONE_FILES));
	R(syscall(SYS_unshare, CLONE_FS | CLONE_SYSVSEM));
	R(syscall(SYS_unshare, CLONE_THREAD));
	R(syscall(SYS_unshare, CLONE_CHILD_CLEARTID));
	pthread_t t = start_other();
	R(syscall(SYS_unshare, CLONE_THREAD));
	R(syscall(SYS_unshare, CLONE_FILES));
	int fd = must(open("/dev/null", O_RDONLY));
	R(syscall(SYS_kcmp, getpid(), other_tid, KCMP_FILES, 0, 0) > 0);
	R(syscall(SYS_kcmp, getpid(), other_tid, KCMP_FILE, fd, fd));
	end_other(t);
}

CASE(robust_list)
{
	pthread_t t = start_other();
	void *head;
	size_t len = 0;
	R(syscall(SYS_get_robust_list, other_tid, &head, &len));
	say("%zu", len);
	end_other(t);
	R(syscall(SYS_set_robust_list, 0x1000, 23));
}

static volatile sig_atomic_t died;

static void on_death(int s) { died = s; }

CASE(parent_death_of_thread)
{
	// The parent is the thread: its end counts though the process lives on.
	int up[2];
	must(pipe(up));
	pid_t a = must(fork());
	if (!a) {
		pthread_t t;
		void *(*maker)(void *) = ({
			void *make(void *x)
			{
				int *p = x;
				if (!fork()) {
					signal(SIGUSR1, on_death);
					prctl(PR_SET_PDEATHSIG, SIGUSR1);
					write(p[1], "r", 1);
					for (int i = 0; i < 300 && !died; i++) usleep(10000);
					char c = died ? 'd' : 'n';
					write(p[1], &c, 1);
					_exit(0);
				}
				char c;
				read(p[0], &c, 1);
				return 0;
			}
			make;
		});
		pthread_create(&t, 0, maker, up);
		pthread_join(t, 0);
		char c;
		read(up[0], &c, 1);
		say("signal %s", c == 'd' ? "came" : "did not come");
		_exit(0);
	}
	int st;
	must(waitpid(a, &st, 0));
	say("%s", swait(st));
}

CASE(cpu_clocks)
{
	struct timespec a, b;
	for (volatile long i = 0; i < 30000000; i++) ;
	R(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a));
	R(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b));
	say("process %d thread %d", a.tv_sec > 0 || a.tv_nsec > 1000000, b.tv_sec > 0 || b.tv_nsec > 1000000);
	struct rusage u;
	R(getrusage(RUSAGE_SELF, &u));
	say("usage %d", u.ru_utime.tv_sec > 0 || u.ru_utime.tv_usec + u.ru_stime.tv_usec > 1000);
	pid_t c = must(fork());
	if (!c) { for (volatile long i = 0; i < 30000000; i++) ; _exit(0); }
	must(wait4(c, 0, 0, &u));
	say("child %d", u.ru_utime.tv_sec > 0 || u.ru_utime.tv_usec + u.ru_stime.tv_usec > 1000);
	R(getrusage(RUSAGE_CHILDREN, &u));
	say("children %d maxrss %d", u.ru_utime.tv_sec > 0 || u.ru_utime.tv_usec + u.ru_stime.tv_usec > 1000, u.ru_maxrss > 0);
	clockid_t k;
	R(clock_getcpuclockid(getpid(), &k));
	R(clock_gettime(k, &a));
	R(clock_getcpuclockid(1 << 22, &k));
	// What a thread used stays with the process when it has ended.
	pthread_t t = start_other();
	R(clock_gettime(~other_tid << 3 | 6, &a));
	R(clock_gettime(~1 << 3 | 6, &a));
	R(clock_getres(~other_tid << 3 | 6, &a));
	R(clock_gettime(~other_tid << 3 | 2, &a));
	end_other(t);
	R(clock_gettime(3, 0));
	R(clock_gettime(-3, &a));
}

static volatile sig_atomic_t ticks;

static void on_tick(int s) { ticks++; }

CASE(cpu_timers)
{
	signal(SIGPROF, on_tick);
	signal(SIGVTALRM, on_tick);
	struct itimerval v = {{0, 10000}, {0, 10000}};
	R(setitimer(ITIMER_PROF, &v, 0));
	while (ticks < 3) ;
	say("profiled");
	memset(&v, 0, sizeof v);
	R(setitimer(ITIMER_PROF, &v, 0));
	ticks = 0;
	v.it_value.tv_usec = 10000;
	R(setitimer(ITIMER_VIRTUAL, &v, 0));
	while (!ticks) ;
	say("virtual");
	struct rlimit l = {1, 2};
	child("cpu limit", { R(setrlimit(RLIMIT_CPU, &l)); signal(SIGXCPU, on_tick); ticks = 0; while (!ticks) ; say("SIGXCPU"); for (;;) ; });
}

CASE(zombie)
{
	int pid = must(fork());
	if (!pid) _exit(0);
	siginfo_t si;
	must(waitid(P_PID, pid, &si, WEXITED | WNOWAIT));
	must(RAW(setpriority, PRIO_PROCESS, pid, 5));
	presult("getpriority of a zombie", RAW(getpriority, PRIO_PROCESS, pid), 0);
	presult("ioprio_get of a zombie", RAW(ioprio_get, 1, pid), 1);
	must(waitpid(pid, 0, 0));
	presult("getpriority of nobody", RAW(getpriority, PRIO_PROCESS, pid), 0);
}

CASE(sched_getattr_of_the_future)
{
	// More room than there is to say: zeros, all the way.
	char *b = edge(100);
	memset(b, 1, 100);
	S(sched_getattr, 0, b, 100, 0);
	int zeros = 0;
	for (int i = 56; i < 100; i++) zeros += !b[i];
	say("%d zeros", zeros);
	S(sched_getattr, 0, b, 200, 0);
}

CASE(io_priority_by_nice)
{
	// Of one thread it is what was set, of several what counts.
	setpgid(0, 0);
	presult("of the process", RAW(ioprio_get, 1, 0), 0);
	presult("of the group", RAW(ioprio_get, 2, 0), 0);
	must(setpriority(PRIO_PROCESS, 0, 10));
	presult("of the group, nice", RAW(ioprio_get, 2, 0), 0);
	struct iovec v = {&v, 8};
	S(process_vm_readv, getpid(), &v, 0x100000000, &v, 1, 0);
}
