// sendfile(2), splice(2), tee(2), vmsplice(2), copy_file_range(2).
#include "p.h"
#include <sys/sendfile.h>

CASE(sendfile)
{
	put("f", "0123456789");
	int in = must(open("f", O_RDONLY)), out = must(open("g", O_RDWR | O_CREAT, 0600)), p[2];
	must(pipe(p));
	off_t off = 2;
	R(sendfile(out, in, &off, 3));
	say("offset %ld, file's %ld", (long)off, (long)lseek(in, 0, SEEK_CUR));
	R(sendfile(out, in, 0, 4));
	say("file's %ld", (long)lseek(in, 0, SEEK_CUR));
	show("g");
	R(sendfile(p[1], in, 0, 100));
	char b[16] = {0};
	R(read(p[0], b, 15));
	say("%s", b);
	R(sendfile(out, in, 0, 5));
	R(sendfile(out, in, 0, 0));
	off = -1;
	R(sendfile(out, in, &off, 5));
	off = 100;
	R(sendfile(out, in, &off, 5));
	R(sendfile(99, in, 0, 1));
	R(sendfile(out, 99, 0, 1));
	R(sendfile(in, in, 0, 1));
	R(sendfile(out, p[0], 0, 0));
	off = 0;
	R(sendfile(out, p[0], &off, 1));
	int ap = must(open("g", O_WRONLY | O_APPEND)), wo = must(open("f", O_WRONLY));
	R(sendfile(ap, in, &off, 1));
	R(sendfile(out, wo, &off, 1));
	S(sendfile, out, in, BAD, 1);
	int s[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	off = 0;
	R(sendfile(s[0], in, &off, 10));
	R(read(s[1], b, 15));
	static char big[300000];
	for (int i = 0; i < sizeof big; i++) big[i] = i * 31;
	int bf = must(open("big", O_RDWR | O_CREAT, 0600)), bg = must(open("big2", O_RDWR | O_CREAT, 0600));
	must(write(bf, big, sizeof big));
	off = 0;
	R(sendfile(bg, bf, &off, 1 << 30));
	static char got[300000];
	R(pread(bg, got, sizeof got, 0));
	say("same %d", !memcmp(big, got, sizeof big));
}

CASE(splice)
{
	put("f", "0123456789");
	int f = must(open("f", O_RDWR)), p[2], q[2];
	must(pipe(p));
	must(pipe2(q, O_NONBLOCK));
	loff_t off = 3;
	char b[16] = {0};
	R(splice(f, &off, p[1], 0, 4, 0));
	say("offset %ld", (long)off);
	R(splice(p[0], 0, q[1], 0, 2, 0));
	R(read(q[0], b, 15));
	say("%s", b);
	off = 0;
	R(splice(p[0], 0, f, &off, 100, 0));
	show("f");
	R(splice(p[0], 0, q[1], 0, 2, SPLICE_F_NONBLOCK));
	R(splice(f, 0, f, 0, 1, 0));
	R(splice(p[0], &off, q[1], 0, 1, 0));
	R(splice(p[0], 0, p[1], 0, 1, 0));
	R(splice(f, 0, p[1], 0, 0, 0));
	R(splice(99, 0, p[1], 0, 1, 0));
	R(splice(f, 0, 99, 0, 1, 0));
	R(splice(f, 0, p[1], 0, 1, 0x100));
	S(splice, f, BAD, p[1], 0, 1, 0);
	int ap = must(open("f", O_WRONLY | O_APPEND));
	must(write(p[1], "z", 1));
	R(splice(p[0], 0, ap, 0, 1, 0));
	close(p[1]);
	R(read(p[0], b, 10));
	R(splice(p[0], 0, q[1], 0, 1, 0));
}

CASE(tee)
{
	int p[2], q[2];
	char b[16] = {0};
	must(pipe2(p, O_NONBLOCK));
	must(pipe2(q, O_NONBLOCK));
	must(write(p[1], "hello", 5));
	R(tee(p[0], q[1], 3, 0));
	R(read(q[0], b, 15));
	say("%s", b);
	R(read(p[0], b, 15));
	R(tee(p[0], q[1], 3, SPLICE_F_NONBLOCK));
	R(tee(p[0], p[1], 3, 0));
	R(tee(p[0], 99, 3, 0));
	put("f", "x");
	int f = must(open("f", O_RDWR));
	R(tee(f, q[1], 1, 0));
	struct iovec v[2] = {{"ab", 2}, {"cd", 2}};
	R(vmsplice(q[1], v, 2, 0));
	R(read(q[0], b, 15));
	say("%.4s", b);
	R(vmsplice(f, v, 1, 0));
	R(vmsplice(99, v, 1, 0));
	S(vmsplice, q[1], BAD, 1, 0);
	R(vmsplice(q[1], v, 0, 0));
}

CASE(copy_file_range)
{
	put("f", "0123456789");
	int f = must(open("f", O_RDWR)), g = must(open("g", O_RDWR | O_CREAT, 0600)), ro = must(open("f", O_RDONLY)), wo = must(open("g", O_WRONLY)), d = must(open(".", O_RDONLY)), p[2];
	must(pipe(p));
	loff_t a = 2, b = 1;
	R(copy_file_range(f, &a, g, &b, 3, 0));
	say("%ld %ld, files' %ld %ld", (long)a, (long)b, (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR));
	show("g");
	R(copy_file_range(f, 0, g, 0, 100, 0));
	show("g");
	R(copy_file_range(f, 0, g, 0, 100, 0));
	a = 0, b = 2;
	R(copy_file_range(f, &a, f, &b, 5, 0)); // overlaps
	b = 5;
	R(copy_file_range(f, &a, f, &b, 5, 0));
	show("f");
	R(copy_file_range(f, 0, g, 0, 1, 1));
	R(copy_file_range(99, 0, g, 0, 1, 0));
	R(copy_file_range(f, 0, 99, 0, 1, 0));
	R(copy_file_range(wo, 0, f, 0, 1, 0));
	R(copy_file_range(f, 0, ro, 0, 1, 0));
	R(copy_file_range(d, 0, g, 0, 1, 0));
	R(copy_file_range(p[0], 0, g, 0, 1, 0));
	int ap = must(open("g", O_WRONLY | O_APPEND));
	a = 0;
	R(copy_file_range(f, &a, ap, 0, 1, 0));
	S(copy_file_range, f, BAD, g, 0, 1, 0);
	R(copy_file_range(f, 0, g, 0, 0, 0));
}

// What a file, socket or closed pipe does not take stays in the pipe.
CASE(keeps)
{
	int p[2], s[2], f;
	char b[70000];
	must(pipe2(p, O_NONBLOCK));
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	int full = 4096, n = 0;
	setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &full, sizeof full);
	memset(b, 'a', sizeof b);
	while (write(s[0], b, 4096) > 0) ;
	must(write(p[1], "stays", 5));
	R(splice(p[0], 0, s[0], 0, 5, 0));
	R(ioctl(p[0], FIONREAD, &n));
	say("%d left", n);
	while (read(s[1], b, sizeof b) > 0) ;
	R(splice(p[0], 0, s[0], 0, 5, 0));
	R(read(s[1], b, sizeof b));
	say("%.5s", b);
	put("f", "");
	f = must(open("f", O_RDWR));
	struct rlimit l = {6, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &l));
	must(write(p[1], "0123456789", 10));
	R(splice(p[0], 0, f, 0, 10, 0));
	R(splice(p[0], 0, f, 0, 10, 0));
	R(read(p[0], b, 10));
	show("f");
	signal(SIGPIPE, SIG_IGN);
	close(s[1]);
	must(write(p[1], "xyz", 3));
	R(splice(p[0], 0, s[0], 0, 3, 0));
	R(read(p[0], b, 10));
	int q[2];
	must(pipe(q));
	close(q[0]);
	must(write(p[1], "xyz", 3));
	R(splice(p[0], 0, q[1], 0, 3, 0));
	R(splice(f, 0, q[1], 0, 3, 0));
	R(tee(p[0], q[1], 3, 0));
	R(read(p[0], b, 10));
	int ro = must(open("f", O_RDONLY));
	must(write(p[1], "xyz", 3));
	R(splice(p[0], 0, ro, 0, 3, 0));
	R(read(p[0], b, 10));
}

CASE(sockets)
{
	int p[2], s[2], d[2];
	char b[100] = {0};
	must(pipe(p));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, d));
	must(write(s[0], "hello", 5));
	R(splice(s[1], 0, p[1], 0, 100, 0));
	R(read(p[0], b, 100));
	say("%s", b);
	R(splice(s[1], 0, p[1], 0, 100, SPLICE_F_NONBLOCK));
	must(write(p[1], "world", 5));
	R(splice(p[0], 0, s[0], 0, 3, SPLICE_F_MORE));
	R(splice(p[0], 0, s[0], 0, 3, 0));
	R(read(s[1], b, 100));
	say("%s", b);
	must(write(p[1], "one", 3));
	R(splice(p[0], 0, d[0], 0, 100, 0));
	R(read(d[1], b, 100));
	loff_t off = 0;
	R(splice(s[1], &off, p[1], 0, 1, 0));
	must(write(p[1], "x", 1));
	R(splice(p[0], 0, s[0], &off, 1, 0));
	R(splice(s[0], 0, s[1], 0, 1, 0));
	R(sendfile(s[0], s[1], 0, 1));
	R(sendfile(s[0], p[0], 0, 1));
	shutdown(s[0], SHUT_WR);
	R(read(s[1], b, 100));
	R(splice(s[1], 0, p[1], 0, 10, 0));
	int e = must(RAW(eventfd2, 1, 0)), dir = must(open(".", O_RDONLY));
	R(splice(e, 0, p[1], 0, 8, 0));
	R(splice(p[0], 0, e, 0, 8, 0));
	R(splice(dir, 0, p[1], 0, 8, 0));
	R(sendfile(s[0], dir, 0, 8));
}

// The pages of a pipe: how many bytes of a file it takes.
CASE(pages)
{
	static char big[100000], got[100000];
	for (int i = 0; i < sizeof big; i++) big[i] = i * 7;
	int f = must(open("big", O_RDWR | O_CREAT, 0600)), p[2], q[2];
	must(write(f, big, sizeof big));
	must(pipe2(p, O_NONBLOCK));
	must(pipe2(q, O_NONBLOCK));
	loff_t off = 100;
	R(splice(f, &off, p[1], 0, sizeof big, 0));
	R(splice(f, &off, p[1], 0, 1, 0));
	R(write(p[1], "x", 1));
	long n = R(splice(p[0], 0, q[1], 0, sizeof big, 0));
	R(read(q[0], got, sizeof got));
	say("same %d", !memcmp(got, big + 100, n));
	for (int i = 0; i < 20; i++) {
		struct iovec v = {big + i, 1};
		if (vmsplice(p[1], &v, 1, SPLICE_F_NONBLOCK) != 1) { say("%d pages: %s", i, ename(errno)); break; }
	}
	R(read(p[0], got, 100));
	say("same %d", !memcmp(got, big, 16));
	must(write(p[1], "abcdef", 6));
	char a[3], b[8];
	struct iovec v[2] = {{a, 2}, {b, 8}}, bad[2] = {{a, 2}, {BAD, 4}};
	R(vmsplice(p[0], v, 2, 0));
	say("%.2s %.4s", a, b);
	R(vmsplice(p[0], v, 2, SPLICE_F_NONBLOCK));
	R(vmsplice(p[0], v, 2000, 0));
	must(write(p[1], "ab", 2));
	must(write(p[1], "abcdef", 6));
	R(vmsplice(p[0], &bad[1], 1, 0));
	R(vmsplice(p[1], bad, 2, 0x10));
	close(p[1]);
	R(read(p[0], got, 100));
	R(vmsplice(p[0], v, 1, 0));
	off = 99990;
	must(ftruncate(f, 100000));
	R(splice(f, &off, q[1], 0, 100, 0));
	R(splice(f, &off, q[1], 0, 100, 0));
}

static void poke(int s) {}

// Each waits for what it lacks, and a signal ends that.
CASE(waits)
{
	int p[2], q[2];
	char b[10];
	must(pipe(p));
	must(pipe(q));
	struct sigaction sa = {.sa_handler = poke};
	sigaction(SIGALRM, &sa, 0);
	// Again and again: the first can come before the call waits.
	struct itimerval t = {{0, 20000}, {0, 20000}}, off = {0};
#define CUT(expr) setitimer(ITIMER_REAL, &t, 0); R(expr); setitimer(ITIMER_REAL, &off, 0)
	CUT(splice(p[0], 0, q[1], 0, 1, 0));
	CUT(tee(p[0], q[1], 1, 0));
	put("f", "x");
	int f = must(open("f", O_RDWR)), s[2];
	CUT(splice(p[0], 0, f, 0, 1, 0));
	while (fcntl(q[1], F_SETFL, O_NONBLOCK), write(q[1], b, 1) == 1) ;
	must(fcntl(q[1], F_SETFL, 0));
	CUT(splice(f, 0, q[1], 0, 1, 0));
	CUT(sendfile(q[1], f, 0, 1));
	struct iovec v = {b, 1};
	CUT(vmsplice(q[1], &v, 1, 0));
	CUT(vmsplice(p[0], &v, 1, 0));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CUT(splice(s[0], 0, p[1], 0, 1, 0));
	pid_t pid = must(fork());
	if (!pid) {
		R(splice(p[0], 0, s[0], 0, 5, 0));
		_exit(0);
	}
	asleep(pid, pid);
	must(write(p[1], "abc", 3));
	must(waitpid(pid, 0, 0));
	R(read(s[1], b, 10));
}

CASE(from_null)
{
	int p[2];
	must(pipe2(p, O_NONBLOCK));
	int n = must(open("/dev/null", O_RDWR)), z = must(open("/dev/zero", O_RDWR));
	int f = must(open("f", O_RDWR | O_CREAT, 0644));
	R(sendfile(f, n, 0, 10));
	R(sendfile(n, n, 0, 10));
	R(sendfile(f, z, 0, 10));
	R(splice(n, 0, p[1], 0, 10, 0));
	R(splice(z, 0, p[1], 0, 10, 0));
	R(splice(p[0], 0, n, 0, 5, 0));
	R(splice(p[0], 0, z, 0, 5, 0));
}
