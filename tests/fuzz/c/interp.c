// interp.c runs generated programs and prints what the kernel answered.
//
//   interp FILE DIR LIMIT_MS
//
// It must start as root of a user namespace (or of a kernel) of its own: it
// mounts a tmpfs on DIR, makes it its root, and runs each program of FILE in a
// forked child that is uid 1000 without capabilities, in a directory that is
// new each time. Answers go to standard output in a form that two kernels can
// be compared by: ids and addresses of the kernel's choosing are not shown.
//
// A program is lines of words; see program.go, which writes them:
//
//   P N              begins program N
//   w OFF HEX        bytes for the arena
//   v OFF ARG        ARG's value as an int at OFF
//   h OFF            address of the signal handler at OFF, its restorer at OFF+16
//   x OFF LEN        after the next call: LEN bytes at OFF count as zero
//   d OFF            after the next call: the int at OFF is a pid
//   a OFF            after the next call: a socket address at OFF
//   u OFF LEN        after the next call: LEN bytes at OFF that are not zero count as one
//   s OFF            after the next call: struct stat at OFF; a device's owner does not count
//   S OFF            the same for struct statx
//   n t o b          the next call's result is an id, a pid, an address, 0 or not
//   c ID NR ARG...   a call; ARG is iHEX, rID (a result), mOFF (an int of the
//                    arena), pOFF (an address), s q k (pid of self, parent, child)
//   E                ends it
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARENA ((char *)0x10000000000)  // 64 KiB read and write, a page to read, then nothing
#define ARENA_LEN 0x10000
#define REGION ((char *)0x20000000000) // where programs map
#define REGION_PAGES 32
#define BOARD ((struct board *)0x30000000000)
#define PAGE 4096L

// Calls that are none.
enum { LOAD = 10000, STORE, PROBE, CHILD, NAP };

// board is shared by the program and the parent that reports it.
struct board {
	volatile int step;   // id of the call that was begun last
	volatile int nids, nkids;
	struct { int nr, id; } ids[64];
	int kids[16];
	volatile int used;
	char text[60000];
};
#define B BOARD

static char shadow[ARENA_LEN];
static long results[64];
static int self, parent;

static void put(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(B->text + B->used, sizeof B->text - B->used, fmt, ap);
	va_end(ap);
	if (n > 0 && B->used + n < (int)sizeof B->text) B->used += n;
}

static const char *pidname(int pid)
{
	static char b[16];
	if (pid == self) return "self";
	if (pid == parent) return "parent";
	for (int i = 0; i < B->nkids; i++) {
		if (B->kids[i] == pid) { snprintf(b, sizeof b, "kid%d", i); return b; }
	}
	snprintf(b, sizeof b, "%d", pid);
	return b;
}

static int pidcode(int pid)
{
	if (pid == self) return 0xf1d00001;
	if (pid == parent) return 0xf1d00002;
	for (int i = 0; i < B->nkids; i++) if (B->kids[i] == pid) return 0xf1d00010 + i;
	return pid;
}

static void handler(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	put("! signal %d code %d", sig, si->si_code);
	if (si->si_code == SI_USER || si->si_code == SI_TKILL || si->si_code == SI_QUEUE || si->si_code == SI_MESGQ)
		put(" pid %s uid %d", pidname(si->si_pid), si->si_uid);
	if (si->si_code == SI_QUEUE || si->si_code == SI_MESGQ || si->si_code == SI_TIMER) put(" value %d", si->si_int);
	if (sig == SIGCHLD && si->si_code > 0) put(" pid %s status %d", pidname(si->si_pid), si->si_status);
	put("\n");
}

__attribute__((naked)) static void restorer(void) { asm("mov $15, %eax; syscall"); }

// Access to memory that may not be there.
static sigjmp_buf out;
static volatile int fault, faultcode;
static void onfault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	fault = sig, faultcode = si->si_code;
	siglongjmp(out, 1);
}

static struct sigaction saved[2];
static void guard(void)
{
	struct sigaction a = {.sa_sigaction = onfault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	sigaction(SIGSEGV, &a, &saved[0]);
	sigaction(SIGBUS, &a, &saved[1]);
	fault = 0;
}
static void unguard(void)
{
	sigaction(SIGSEGV, &saved[0], 0);
	sigaction(SIGBUS, &saved[1], 0);
}

static void load(volatile unsigned char *p)
{
	guard();
	if (!sigsetjmp(out, 1)) put(" byte %02x", *p);
	else put(" fault %d code %d", fault, faultcode);
	unguard();
}

static void store(volatile unsigned char *p, int v)
{
	guard();
	if (!sigsetjmp(out, 1)) { *p = v; put(" stored"); }
	else put(" fault %d code %d", fault, faultcode);
	unguard();
}

// probe says of each page of the region what can be done and what it holds.
static void probe(void)
{
	guard();
	for (int i = 0; i < REGION_PAGES; i++) {
		volatile unsigned char *p = (unsigned char *)REGION + i * PAGE;
		unsigned char v;
		if (sigsetjmp(out, 1)) { put(fault == SIGBUS ? "b" : faultcode == SEGV_MAPERR ? "-" : "n"); continue; }
		v = *p;
		if (sigsetjmp(out, 1)) { put("r%02x", v); continue; }
		*p = v;
		put("w%02x", v);
	}
	unguard();
}

static long child(long mode, long v)
{
	int pid = fork();
	if (pid < 0) return -errno;
	if (!pid) {
		signal(v & 63, SIG_DFL);
		if (mode == 0) _exit(v);
		if (mode == 1) kill(getpid(), v & 63);
		if (mode == 2) { setpgid(0, 0); kill(getpid(), SIGSTOP); }
		if (mode == 4) setpgid(0, 0);
		if (mode == 5) setsid();
		for (;;) pause();
	}
	if (B->nkids < 16) B->kids[B->nkids++] = pid;
	siginfo_t si;
	if (mode == 0 || mode == 2 || (mode == 1 && v > 0 && v < 32 && v != SIGCHLD && v != SIGURG && v != SIGWINCH && v != SIGCONT))
		waitid(P_PID, pid, &si, WEXITED | WSTOPPED | WNOWAIT);
	if (mode == 4) while (getpgid(pid) != pid) usleep(100);
	if (mode == 5) while (getsid(pid) != pid) usleep(100);
	return pid;
}

static int hexval(int c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

static long argument(const char *s)
{
	switch (*s) {
	case 'i': return strtoull(s + 1, 0, 16);
	case 'r': { long v = results[atoi(s + 1) & 63]; return v < 0 ? -1 : v; }
	case 'm': { int v; memcpy(&v, ARENA + strtoul(s + 1, 0, 16), 4); return v; }
	case 'p': return (long)ARENA + strtoul(s + 1, 0, 16);
	case 'g': return (long)REGION + strtoul(s + 1, 0, 16);
	case 's': return self;
	case 'q': return parent;
	case 'k': return B->nkids ? B->kids[(s[1] - '0') % B->nkids] : 999999;
	}
	return 0;
}

struct mask { char op; unsigned off, len; };

static void mask(const struct mask *m, char *p)
{
	switch (m->op) {
	case 'x': memset(p, 0, m->len); break;
	case 'u':
		for (unsigned i = 0; i < m->len; i++) if (p[i]) { memset(p, 0, m->len); p[0] = 1; break; }
		break;
	case 's': {
		unsigned *ids = (unsigned *)(p + 28);
		if (p[40] || p[41] || ids[0] == 65534) memset(ids, 0, 8); // root's is nobody's inside
		break;
	}
	case 'S': if (p[128] || p[132]) memset(p + 20, 0, 8); break;
	case 'd': { int v; memcpy(&v, p, 4); v = pidcode(v); memcpy(p, &v, 4); break; }
	case 'a': {
		struct sockaddr_in *in = (void *)p;
		struct sockaddr_un *un = (void *)p;
		if ((in->sin_family == AF_INET || in->sin_family == AF_INET6) && ntohs(in->sin_port) >= 32768) in->sin_port = 0xffff;
		if (un->sun_family == AF_UNIX && !un->sun_path[0]) {
			int n = 0;
			while (n < 5 && ((un->sun_path[1 + n] >= '0' && un->sun_path[1 + n] <= '9') || (un->sun_path[1 + n] >= 'a' && un->sun_path[1 + n] <= 'f'))) n++;
			if (n == 5) memset(un->sun_path + 1, 'Z', 5);
		}
		if (in->sin_family == AF_NETLINK) { int v; memcpy(&v, p + 4, 4); v = pidcode(v); memcpy(p + 4, &v, 4); }
		break;
	}
	}
}

// changes shows what of the arena is not as it was.
static void changes(void)
{
	for (int i = 0; i < ARENA_LEN; i++) {
		if (!(i & 255) && !memcmp(ARENA + i, shadow + i, 256)) { i += 255; continue; }
		if (ARENA[i] == shadow[i]) continue;
		int end = i + 1, same = 0;
		for (int j = i; j < ARENA_LEN && same < 8; j++) {
			if (ARENA[j] != shadow[j]) end = j + 1, same = 0;
			else same++;
		}
		put(" @%x:", i);
		for (int j = i; j < end && j < i + 200; j++) put("%02x", (unsigned char)ARENA[j]);
		if (end > i + 200) {
			unsigned h = 5381;
			for (int j = i; j < end; j++) h = h * 33 + (unsigned char)ARENA[j];
			put("+%d#%x", end - i - 200, h);
		}
		i = end;
	}
	memcpy(shadow, ARENA, ARENA_LEN);
}

static void answer(char kind, long r, long nr)
{
	if (r < 0 && r > -4096) { put(" = -%ld", -r); return; }
	switch (kind) {
	case 'n':
		if (B->nids < 64) { B->ids[B->nids].nr = nr; B->ids[B->nids++].id = r; }
		put(" = id");
		break;
	case 't': put(" = pid %s", pidname(r)); break;
	case 'o':
		if (r >= (long)REGION && r <= (long)REGION + REGION_PAGES * PAGE) put(" = region+%lx", r - (long)REGION);
		else put(" = address");
		break;
	case 'b': put(r ? " = other" : " = 0"); break;
	default: put(" = %ld", r);
	}
}

static void call(char *line, struct mask *m, int nm, char kind)
{
	char *w[8] = {0};
	int n = 0;
	for (char *t = strtok(line, " "); t && n < 8; t = strtok(0, " ")) w[n++] = t;
	int id = atoi(w[0]) & 63;
	long nr = atol(w[1]), a[6] = {0}, r;
	for (int i = 2; i < n; i++) a[i - 2] = argument(w[i]);
	B->step = id;
	memcpy(shadow, ARENA, ARENA_LEN);
	put("%d", id);
	switch (nr) {
	case LOAD: load((void *)a[0]); r = 0; break;
	case STORE: store((void *)a[0], a[1]); r = 0; break;
	case PROBE: put(" "); probe(); r = 0; break;
	case CHILD: r = child(a[0], a[1]); break;
	case NAP: usleep(a[0]); r = 0; break;
	default:
		r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (r == -1 && errno) r = -errno;
	}
	errno = 0;
	results[id] = r;
	for (int i = 0; i < nm; i++) mask(&m[i], ARENA + m[i].off), mask(&m[i], shadow + m[i].off);
	answer(kind, r, nr);
	changes();
	put("\n");
}

static void limit(int what, long v)
{
	struct rlimit l = {v, v};
	setrlimit(what, &l);
}

static void become(void)
{
	syscall(SYS_setgroups, 0, 0);
	if (syscall(SYS_setresgid, 1000, 1000, 1000) || syscall(SYS_setresuid, 1000, 1000, 1000)) _exit(90);
	prctl(PR_SET_DUMPABLE, 1);
}

static void program(char *text)
{
	struct mask m[64];
	int nm = 0;
	char kind = 0;
	self = getpid(), parent = getppid();
	setsid();
	close_range(0, ~0u, 0);
	for (int i = 0; i < 3; i++) open("/dev/null", O_RDWR);
	limit(RLIMIT_AS, 1 << 30);
	limit(RLIMIT_FSIZE, 16 << 20);
	limit(RLIMIT_NOFILE, 128);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_MEMLOCK, 65536);
	limit(RLIMIT_NPROC, 40);
	limit(RLIMIT_SIGPENDING, 32);
	limit(RLIMIT_CPU, 3);
	become();
	umask(022);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, 0);
	for (int i = 0; i < 64; i++) results[i] = -1;
	mmap(ARENA, ARENA_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(ARENA + ARENA_LEN, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	memset(ARENA, 0, ARENA_LEN);
	errno = 0;
	for (char *next, *line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next) *next++ = 0;
		char *rest = line[0] && line[1] ? line + 2 : line + 1, *p;
		unsigned long off = strtoul(rest, &p, 16);
		if (*p == ' ') p++;
		switch (line[0]) {
		case 'w':
			for (; p[0] && p[1]; p += 2) ARENA[off++ & (ARENA_LEN - 1)] = hexval(p[0]) << 4 | hexval(p[1]);
			break;
		case 'v': { int v = argument(p); memcpy(ARENA + off, &v, 4); break; }
		case 'h': {
			void *f = handler, *g = restorer;
			memcpy(ARENA + off, &f, 8);
			memcpy(ARENA + off + 16, &g, 8);
			break;
		}
		case 'x': case 'u': case 'd': case 'a': case 's': case 'S':
			if (nm < 64) m[nm++] = (struct mask){line[0], off, strtoul(p, 0, 16)};
			break;
		case 'n': case 't': case 'o': case 'b': kind = line[0]; break;
		case 'c':
			call(rest, m, nm, kind);
			nm = 0, kind = 0;
			break;
		}
	}
	B->step = 99;
	_exit(0);
}

static int removeone(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type;
	if (f->level) remove(path);
	return 0;
}

static void make(const char *path, int mode, int n)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	char b[6000];
	for (int i = 0; i < n; i++) b[i] = 'a' + i % 23;
	if (write(fd, b, n) != n) perror("write");
	fchmod(fd, mode);
	close(fd);
}

// tree makes what each program finds in its directory.
static void tree(void)
{
	nftw("/w", removeone, 16, FTW_DEPTH | FTW_PHYS);
	chmod("/w", 0755);
	if (chown("/w", 0, 0) || chdir("/w")) { perror("/w"); exit(2); }
	umask(0);
	make("s", 0644, 10);       // root's
	mkdir("sd", 0755);
	make("sd/x", 0644, 3);
	mkdir("st", 01777);
	make("st/x", 0666, 3);
	// The rest belongs to the program.
	make("a", 0644, 5000);
	make("e", 0600, 0);
	make("r", 0400, 7);
	make("x", 0755, 20);
	mkdir("d", 0755);
	make("d/x", 0644, 100);
	mkdir("nx", 0);
	mkdir("ed", 0755);
	mkfifo("q", 0644);
	if (symlink("a", "l") || symlink("d", "dl") || symlink("ll", "ll") || symlink("none", "n")) perror("symlink");
	const char *mine[] = {"a", "e", "r", "x", "d", "d/x", "nx", "ed", "q", "l", "dl", "ll", "n", "/w"};
	for (unsigned i = 0; i < sizeof mine / sizeof *mine; i++) if (lchown(mine[i], 1000, 1000)) perror(mine[i]);
}

static void clean(void)
{
	for (int i = 0; i < B->nids; i++) {
		int id = B->ids[i].id;
		switch (B->ids[i].nr) {
		case SYS_shmget: shmctl(id, IPC_RMID, 0); break;
		case SYS_msgget: msgctl(id, IPC_RMID, 0); break;
		case SYS_semget: semctl(id, 0, IPC_RMID); break;
		}
	}
	mq_unlink("/q1");
	mq_unlink("/q2");
}

static void whole(const char *b, int n)
{
	while (n > 0) {
		int k = write(1, b, n);
		if (k <= 0) exit(3);
		b += k, n -= k;
	}
}

static void run(int seq, char *text, int limit_ms)
{
	char line[64];
	tree();
	B->step = -1, B->nids = B->nkids = 0, B->used = 0;
	int pid = fork();
	if (!pid) program(text);
	struct timespec t = {limit_ms / 1000, limit_ms % 1000 * 1000000L};
	sigset_t chld;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	int st = 0, ended = 0, tries = 0;
	while (!(ended = waitpid(pid, &st, WNOHANG) == pid)) {
		// A signal of a stray ends a wait early, so count those.
		if (sigtimedwait(&chld, 0, &t) < 0 || ++tries > 100) break;
	}
	if (!ended) ended = waitpid(pid, &st, WNOHANG) == pid;
	int step = B->step;
	if (getpid() == 1) kill(-1, SIGKILL);
	else { kill(-pid, SIGKILL); kill(pid, SIGKILL); }
	if (!ended) waitpid(pid, 0, 0);
	while (waitpid(-1, 0, getpid() == 1 ? 0 : WNOHANG) > 0) ;
	clean();
	whole(line, snprintf(line, sizeof line, "P %d\n", seq));
	whole(B->text, B->used);
	if (B->used && B->text[B->used - 1] != '\n') whole("\n", 1);
	int n;
	if (!ended) n = snprintf(line, sizeof line, "= blocked in %d\n", step);
	else if (WIFSIGNALED(st)) n = snprintf(line, sizeof line, "= signal %d in %d\n", WTERMSIG(st), step);
	else if (step != 99) n = snprintf(line, sizeof line, "= exit %d in %d\n", WEXITSTATUS(st), step);
	else n = snprintf(line, sizeof line, "= end\n");
	whole(line, n);
}

static void need(int bad, const char *what)
{
	if (bad) { perror(what); exit(2); }
}

static void device(const char *path)
{
	char to[256];
	snprintf(to, sizeof to, ".%s", path);
	close(open(to, O_CREAT | O_WRONLY, 0666));
	need(mount(path, to, 0, MS_BIND, 0) < 0, path);
}

static void upLoopback(void)
{
	struct ifreq r = {.ifr_name = "lo"};
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s >= 0 && !ioctl(s, SIOCGIFFLAGS, &r) && !(r.ifr_flags & IFF_UP)) {
		r.ifr_flags |= IFF_UP;
		ioctl(s, SIOCSIFFLAGS, &r);
	}
	close(s);
}

int main(int argc, char **argv)
{
	if (argc != 4) { fprintf(stderr, "usage: interp FILE DIR LIMIT_MS\n"); return 2; }
	int fd = open(argv[1], O_RDONLY);
	need(fd < 0, argv[1]);
	struct stat st;
	need(fstat(fd, &st), argv[1]);
	char *text = malloc(st.st_size + 1);
	long n = 0;
	for (long k; (k = read(fd, text + n, st.st_size - n)) > 0;) n += k;
	text[n] = 0;
	close(fd);
	setsid(); // the one that began is outside
	mount(0, "/", 0, MS_REC | MS_PRIVATE, 0);
	need(mount("fuzz", argv[2], "tmpfs", 0, "size=64m,mode=755") < 0, "mount tmpfs");
	need(chdir(argv[2]), argv[2]);
	need(mkdir("dev", 0755) || mkdir("w", 0755), "mkdir");
	device("/dev/null");
	device("/dev/zero");
	need(chroot(".") || chdir("/"), "chroot");
	upLoopback();
	need(mmap(B, sizeof *B, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED, "board");
	sigset_t chld;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, 0);
	for (char *p = text; p && *p == 'P';) {
		char *body = strchr(p, '\n'), *end = body ? strstr(body, "\nE\n") : 0;
		if (!end) break;
		end[1] = 0;
		char *copy = strdup(body + 1);
		run(atoi(p + 2), copy, atoi(argv[3]));
		free(copy);
		p = end + 3;
	}
	return 0;
}
