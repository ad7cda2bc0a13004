// calls [native] [SEED COUNT]: makes every system call with every kind of bad
// argument, each number in a child of its own, or COUNT calls with random
// arguments. With "native" it first becomes nobody and leaves out what could
// reach other processes of the machine. The parent then shows that it still
// works; whatever the children did to themselves is their affair.
#include "hostile.h"

static const int reaching[] = {SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_ptrace, SYS_reboot,
	SYS_vhangup, SYS_setpriority, SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam, SYS_ioprio_set,
	SYS_process_vm_writev, SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open, SYS_add_key, SYS_request_key, SYS_keyctl, 424 /* pidfd_send_signal */,
	440 /* process_madvise */, 335 /* uretprobe */, 336};

static int native;
static int left_out(int nr)
{
	for (int i = 0; native && i < sizeof reaching / sizeof *reaching; i++) if (reaching[i] == nr) return 1;
	return 0;
}

static void on_alarm(int s) {}

// one makes a call that may block, fork, or never come back.
static void one(long nr, const long *a)
{
	pid_t me = syscall(SYS_getpid);
	struct itimerval t = {{0, 20000}, {0, 20000}}, off = {0};
	setitimer(ITIMER_REAL, &t, 0);
	syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (syscall(SYS_getpid) != me) syscall(SYS_exit_group, 0);
	setitimer(ITIMER_REAL, &off, 0);
}

static void prepare(void)
{
	struct rlimit files = {64, 64}, procs = {40, 40}, core = {0, 0}, size = {1 << 20, 1 << 20}, mem = {1L << 30, 1L << 30};
	setpgid(0, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_FSIZE, &size);
	setrlimit(RLIMIT_AS, &mem);
	if (native) setrlimit(RLIMIT_NPROC, &procs);
	struct sigaction sa = {.sa_handler = on_alarm};
	sigaction(SIGALRM, &sa, 0);
	// Not /dev/null: fchmod and fchown would be done to it.
	char path[] = "scratchXXXXXX";
	int fd = mkstemp(path);
	unlink(path);
	for (int i = 0; i < 3; i++) dup2(fd, i);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "native")) {
		native = 1;
		argc--, argv++;
		nobody();
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	}
	void *page = mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap((char *)page + 4096, 4096);
	char *edge = (char *)page + 4092;
	void *ro = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *none = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const long bad[] = {0, 1, -1, 3, 99, 4096, 0x1000, 0x5555, (long)edge, (long)page, (long)ro, (long)none, (long)0xffff888000000000, (long)0x0000888000000000,
		0x7ffffffff000, 0x7fffffffefff, LONG_MAX, LONG_MIN, INT_MAX, INT_MIN, -100, 0x40000000, 1L << 32, (long)0xffffffff00000001};
	const int kinds = sizeof bad / sizeof *bad;

	if (argc > 2) {
		unsigned long x = strtoul(argv[1], 0, 0) * 2654435761u + 1;
		long count = atol(argv[2]);
		for (long done = 0; done < count; done += 25) {
			unsigned long seed = x + done;
			pid_t pid = fork();
			if (!pid) {
				prepare();
				for (int i = 0; i < 25; i++) {
					long a[6], nr;
					for (int k = 0; k < 6; k++) a[k] = rnd(&seed) % 3 ? bad[rnd(&seed) % kinds] : (long)rnd(&seed) >> rnd(&seed) % 60;
					nr = rnd(&seed) % 470;
					if (left_out(nr) || nr == SYS_exit || nr == SYS_exit_group || nr == SYS_pause || nr == SYS_rt_sigreturn) continue;
					one(nr, a);
				}
				_exit(0);
			}
			reap(pid, 3000);
		}
	} else {
		for (int nr = 0; nr < 475; nr++) {
			if (left_out(nr)) continue;
			pid_t pid = fork();
			if (!pid) {
				prepare();
				for (int k = 0; k < kinds; k++) {
					long all[6] = {bad[k], bad[k], bad[k], bad[k], bad[k], bad[k]};
					one(nr, all);
					// One bad argument among good ones.
					for (int at = 0; at < 6; at++) {
						long a[6] = {(long)page, (long)page, 8, (long)page, 0, 0};
						if (at < 2) a[0] = 1;
						a[at] = bad[k];
						one(nr, a);
					}
				}
				_exit(0);
			}
			reap(pid, 3000);
		}
		long far[] = {1000, 5000, INT_MAX, LONG_MAX, LONG_MIN, -1, 0x40000000, 0x400001ff};
		for (int i = 0; i < 8; i++) {
			pid_t pid = fork();
			if (!pid) { long a[6] = {1, 2, 3, 4, 5, 6}; prepare(); one(far[i], a); _exit(0); }
			reap(pid, 3000);
		}
	}
	return alive();
}
