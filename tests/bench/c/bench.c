// Work for `adyton bench`: bench NAME prints the median cost in ns of one
// operation, of 15 rounds of about 20 ms; of 5 where one takes longer.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *self;
static int fd, a[2], b[2];
static char buf[1 << 20];

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// A call number as an immediate before the instruction, as libcs have it.
static long raw_getpid(void)
{
	long r;
	__asm__ volatile("mov $39, %%eax\n syscall" : "=a"(r) : : "rcx", "r11", "memory");
	return r;
}

static void w_getpid(int n) { while (n--) raw_getpid(); }
static long raw_getuid(void)
{
	long r;
	__asm__ volatile("mov $102, %%eax\n syscall" : "=a"(r) : : "rcx", "r11", "memory");
	return r;
}

static void w_getuid(int n) { while (n--) raw_getuid(); }
static void w_clockcall(int n) { struct timespec t; while (n--) syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t); }
static void w_lseek(int n) { while (n--) lseek(fd, 0, SEEK_SET); }
static void w_clock(int n) { struct timespec t; while (n--) clock_gettime(CLOCK_MONOTONIC, &t); }
static void w_getppid(int n) { while (n--) getppid(); }
static void w_fstat(int n) { struct stat st; while (n--) fstat(fd, &st); }
static void w_read64(int n) { while (n--) { pread(fd, buf, 64, 0); } }
static void w_read4k(int n) { while (n--) { pread(fd, buf, 4096, 0); } }
static void w_zero4k(int n) { static int zero; if (!zero) zero = open("/dev/zero", O_RDONLY); while (n--) read(zero, buf, 4096); }
static void w_write4k(int n) { while (n--) pwrite(fd, buf, 4096, 0); }
static void w_write64(int n) { static int null; if (!null) null = open("/dev/null", O_WRONLY); while (n--) write(null, buf, 64); }
static void w_stat(int n) { struct stat st; while (n--) stat("/etc/passwd", &st); }
static void w_open(int n) { while (n--) close(open("/etc/passwd", O_RDONLY)); }

static void nothing(int s) {}
static void w_signal(int n)
{
	struct sigaction sa = {.sa_handler = nothing};
	sigaction(SIGUSR1, &sa, 0);
	while (n--) raise(SIGUSR1);
}

static void w_pipe(int n)
{
	char c = 0;
	static int started;
	if (!started) {
		started = 1;
		pipe(a);
		pipe(b);
		if (fork() == 0) {
			close(a[1]);
			while (read(a[0], &c, 1) == 1) write(b[1], &c, 1);
			_exit(0);
		}
		close(a[0]);
	}
	while (n--) { write(a[1], &c, 1); read(b[0], &c, 1); }
}

static void w_unix(int n)
{
	char c = 0;
	static int started;
	if (!started) {
		started = 1;
		socketpair(AF_UNIX, SOCK_STREAM, 0, a);
		if (fork() == 0) {
			close(a[0]);
			while (read(a[1], &c, 1) == 1) write(a[1], &c, 1);
			_exit(0);
		}
		close(a[1]);
	}
	while (n--) { write(a[0], &c, 1); read(a[0], &c, 1); }
}

static atomic_int turn;
static void fwait(int v) { while (atomic_load(&turn) != v) syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !v, 0, 0, 0); }
static void fset(int v) { atomic_store(&turn, v); syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0); }
static void *partner(void *p) { for (;;) { fwait(1); fset(0); } return p; }
static void w_futex(int n)
{
	static pthread_t t;
	if (!t) pthread_create(&t, 0, partner, 0);
	while (n--) { fset(1); fwait(0); }
}

// A neighbour computes for as long as the ping-pong runs.
static void *computing(void *p) { for (volatile long i = 0;; i++); return p; }
static void neighbour(void) { static pthread_t t; if (!t) pthread_create(&t, 0, computing, 0); }
static void w_futexbusy(int n) { neighbour(); w_futex(n); }
static void w_pipebusy(int n) { neighbour(); w_pipe(n); }

// A signal to a thread that sleeps in futex, until it has handled it and sleeps again.
static atomic_int handled;
static void mark(int s) { atomic_fetch_add(&handled, 1); syscall(SYS_futex, &handled, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0); }
static void *sleeper(void *p) { static int never; for (;;) syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0); return p; }
static void w_tgkill(int n)
{
	static pthread_t t;
	if (!t) {
		struct sigaction sa = {.sa_handler = mark};
		sigaction(SIGUSR2, &sa, 0);
		pthread_create(&t, 0, sleeper, 0);
	}
	while (n--) {
		int was = atomic_load(&handled);
		pthread_kill(t, SIGUSR2);
		while (atomic_load(&handled) == was) syscall(SYS_futex, &handled, FUTEX_WAIT_PRIVATE, was, 0, 0, 0);
	}
}

static void *empty(void *p) { return p; }
static void w_thread(int n) { while (n--) { pthread_t t; pthread_create(&t, 0, empty, 0); pthread_join(t, 0); } }
static void w_fork(int n) { while (n--) { int st; pid_t p = fork(); if (p == 0) _exit(0); waitpid(p, &st, 0); } }
static void w_spawn(int n)
{
	while (n--) {
		int st;
		pid_t p = vfork();
		if (p == 0) { execl(self, "bench", "nothing", (char *)0); _exit(1); }
		waitpid(p, &st, 0);
	}
}
extern char **environ;
static void w_spawntrue(int n)
{
	char *argv[] = {"true", 0};
	while (n--) {
		int st;
		pid_t p;
		posix_spawn(&p, "/bin/true", 0, 0, argv, environ);
		waitpid(p, &st, 0);
	}
}
static void w_mmap64(int n)
{
	while (n--) {
		char *p = mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < 64 << 20; i += 4096) p[i] = 1;
		munmap(p, 64 << 20);
	}
}
static void w_mmap(int n)
{
	while (n--) {
		char *p = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < 1 << 20; i += 4096) p[i] = 1;
		munmap(p, 1 << 20);
	}
}

// The threads are there before the work: a pair of barriers is all that is
// timed beside the calls.
static int share;
static pthread_barrier_t begin, end;
static void *caller(void *p)
{
	for (;;) {
		pthread_barrier_wait(&begin);
		for (int i = 0; i < share; i++) getppid();
		pthread_barrier_wait(&end);
	}
	return p;
}
static void w_threads8(int n)
{
	if (!share) {
		pthread_barrier_init(&begin, 0, 9);
		pthread_barrier_init(&end, 0, 9);
		pthread_t t;
		for (int i = 0; i < 8; i++) pthread_create(&t, 0, caller, 0);
	}
	share = n / 8 + 1;
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&end);
}

static const struct { const char *name; void (*work)(int); } works[] = {
	{"getpid", w_getpid}, {"getuid", w_getuid}, {"clockcall", w_clockcall}, {"clock", w_clock},
	{"getppid", w_getppid}, {"fstat", w_fstat}, {"lseek", w_lseek}, {"read64", w_read64}, {"read4k", w_read4k},
	{"zero4k", w_zero4k}, {"write64", w_write64}, {"write4k", w_write4k}, {"stat", w_stat}, {"open", w_open},
	{"signal", w_signal}, {"tgkill", w_tgkill}, {"pipe", w_pipe}, {"pipebusy", w_pipebusy}, {"unix", w_unix},
	{"futex", w_futex}, {"futexbusy", w_futexbusy}, {"thread", w_thread}, {"fork", w_fork}, {"spawn", w_spawn},
	{"spawntrue", w_spawntrue}, {"mmap", w_mmap}, {"mmap64", w_mmap64}, {"threads8", w_threads8},
};

static int order(const void *x, const void *y) { double d = *(double *)x - *(double *)y; return d < 0 ? -1 : d > 0; }

int main(int argc, char **argv)
{
	if (argc < 2) return 2;
	if (!strcmp(argv[1], "nothing")) return 0;
	self = argv[0];
	char name[] = "/tmp/benchXXXXXX";
	fd = mkstemp(name);
	unlink(name);
	write(fd, buf, 65536);
	for (unsigned i = 0; i < sizeof works / sizeof *works; i++) {
		if (strcmp(works[i].name, argv[1])) continue;
		int long_work = !strcmp(argv[1], "mmap64");
		works[i].work(long_work ? 2 : 200); // warm: sites become jumps, caches fill
		int n = long_work ? 1 : 32, rounds = long_work ? 5 : 15;
		// Three in a row: one may be long since others run here.
		for (int slow = 0; slow < 3 && !long_work;) {
			int64_t t = now();
			works[i].work(n / 2);
			if (now() - t > 5000000) {
				slow++;
			} else {
				slow = 0;
				n *= 2;
			}
		}
		double round[15];
		for (int r = 0; r < rounds; r++) {
			int64_t t = now();
			works[i].work(n);
			round[r] = (double)(now() - t) / n;
		}
		qsort(round, rounds, sizeof *round, order);
		printf("%.1f\n", round[rounds / 2]);
		fflush(stdout);
		_exit(0);
	}
	return 2;
}
