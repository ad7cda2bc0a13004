// pipe(2), pipe2(2) and FIFOs: blocking, ends, atomic writes, sizes, SIGPIPE.
#include "p.h"

CASE(basic)
{
	int p[2];
	R(pipe(p));
	say("%d %d", p[0], p[1]);
	char b[32] = {0};
	R(write(p[1], "hello", 5));
	R(write(p[1], " world", 6));
	R(read(p[0], b, 3));
	say("%s", b);
	R(read(p[0], b, 30));
	say("%.8s", b);
	R(read(p[1], b, 1));
	R(write(p[0], b, 1));
	R(lseek(p[0], 0, SEEK_SET));
	R(fsync(p[0]));
	R(ftruncate(p[1], 0));
	R(read(p[0], b, 0));
	R(write(p[1], b, 0));
	R(write(p[1], "left", 4));
	R(close(p[1]));
	R(read(p[0], b, 2));
	R(read(p[0], b, 30));
	R(read(p[0], b, 30));
	R(read(p[0], BAD, 30));
}

CASE(errors)
{
	int p[2] = {-7, -7};
	S(pipe, BAD);
	S(pipe, KERN);
	S(pipe2, p, 0x1);
	S(pipe2, p, -1);
	say("%d %d", p[0], p[1]);
	S(pipe2, BAD, 0x1);
	S(pipe2, edge(4), 0);
	R(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	R(fcntl(p[0], F_GETFD));
	R(fcntl(p[1], F_GETFD));
	say("%o %o", fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL));
	R(pipe2(p, O_DIRECT));
	say("%o %o", fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL));
	say("the failed ones took no descriptor: %d", p[0]);
}

// What does not reach the reader stays: whole pages are kept.
CASE(faults)
{
	int p[2];
	static char big[9000];
	memset(big, 'x', sizeof big);
	must(pipe(p));
	must(write(p[1], "abc", 3));
	S(read, p[0], BAD, 3);
	S(read, p[0], edge(2), 3);
	R(read(p[0], big, 9));
	must(write(p[1], big, 9000));
	S(read, p[0], edge(6000), 9000);
	R(read(p[0], big, 9000));
	must(write(p[1], "abcdef", 6));
	struct iovec v[2] = {{big, 2}, {BAD, 2}};
	R(readv(p[0], v, 2));
	R(read(p[0], big, 9));
	must(pipe2(p, O_DIRECT));
	must(write(p[1], "abc", 3));
	must(write(p[1], "def", 3));
	S(read, p[0], BAD, 3);
	R(read(p[0], big, 9));
}

CASE(packets)
{
	int p[2];
	char b[16] = {0};
	R(pipe2(p, O_DIRECT));
	R(write(p[1], "one", 3));
	R(write(p[1], "twotwo", 6));
	R(read(p[0], b, 15));
	R(read(p[0], b, 3));
	R(fcntl(p[0], F_SETFL, O_NONBLOCK));
	R(read(p[0], b, 3));
}

CASE(nonblock)
{
	int p[2];
	char b[64];
	R(pipe2(p, O_NONBLOCK));
	R(read(p[0], b, 1));
	R(fcntl(p[0], F_GETPIPE_SZ));
	char page[PAGE];
	long n = 0, w;
	while ((w = write(p[1], page, PAGE)) == PAGE) n += w;
	say("full after %ld: %ld %s", n, w, ename(errno));
	R(write(p[1], page, 1));
	R(read(p[0], page, 1));
	R(write(p[1], page, 1));
	R(read(p[0], page, PAGE - 1));
	R(write(p[1], page, PAGE + 1)); // more than PIPE_BUF: a part may go
	R(write(p[1], page, PAGE));
	int left = 0;
	R(ioctl(p[0], FIONREAD, &left));
	say("%d", left);
	R(ioctl(p[1], FIONREAD, &left));
	R(ioctl(p[0], FIONREAD, BAD));
	R(close(p[1]));
	while (read(p[0], page, PAGE) > 0) ;
	R(read(p[0], b, 1));
}

CASE(size)
{
	int p[2];
	must(pipe2(p, O_NONBLOCK));
	R(fcntl(p[0], F_SETPIPE_SZ, 4096));
	R(fcntl(p[1], F_GETPIPE_SZ));
	char b[8192] = {0};
	R(write(p[1], b, 8192));
	R(write(p[1], b, 1));
	R(fcntl(p[0], F_SETPIPE_SZ, 5000));
	R(fcntl(p[0], F_SETPIPE_SZ, 1));
	R(fcntl(p[0], F_SETPIPE_SZ, 0));
	R(fcntl(p[0], F_SETPIPE_SZ, -1));
	R(fcntl(p[0], F_SETPIPE_SZ, 1 << 20));
	R(write(p[1], b, 8192));
	R(fcntl(p[0], F_SETPIPE_SZ, 4096));
	R(fcntl(p[0], F_GETPIPE_SZ));
	put("f", "");
	int f = must(open("f", O_RDWR));
	R(fcntl(f, F_GETPIPE_SZ));
	R(fcntl(f, F_SETPIPE_SZ, 4096));
	R(fcntl(99, F_GETPIPE_SZ));
	drop();
	R(fcntl(p[0], F_SETPIPE_SZ, 1 << 21) == -1 && errno == EPERM);
}

static volatile int pipes;
static void onpipe(int s) { pipes++; }

CASE(sigpipe)
{
	int p[2];
	must(pipe(p));
	R(close(p[0]));
	child("write without readers", write(p[1], "x", 1));
	child("empty write", say("%ld", (long)write(p[1], "", 0)));
	signal(SIGPIPE, SIG_IGN);
	R(write(p[1], "x", 1));
	signal(SIGPIPE, onpipe);
	R(write(p[1], "x", 1));
	say("signals %d", pipes);
	R(write(p[1], BAD, 1));
	say("signals %d", pipes);
}

CASE(blocking_read)
{
	int p[2];
	must(pipe(p));
	pid_t pid = must(fork());
	if (!pid) {
		close(p[0]);
		settle();
		write(p[1], "late", 4);
		settle();
		write(p[1], "er", 2);
		_exit(0);
	}
	close(p[1]);
	char b[16] = {0};
	R(read(p[0], b, 15));
	R(read(p[0], b, 15));
	R(read(p[0], b, 15));
	R(waitpid(pid, 0, 0) == pid);
}

CASE(blocking_write)
{
	int p[2];
	must(pipe(p));
	must(fcntl(p[1], F_SETPIPE_SZ, 4096));
	pid_t pid = must(fork());
	if (!pid) {
		close(p[1]);
		settle();
		long sum = 0, n;
		char b[1000];
		while ((n = read(p[0], b, sizeof b)) > 0) sum += n;
		say("child read %ld", sum);
		_exit(0);
	}
	close(p[0]);
	static char big[300000];
	R(write(p[1], big, sizeof big));
	close(p[1]);
	R(waitpid(pid, 0, 0) == pid);
}

// Writes of up to PIPE_BUF never mix, whatever the number of writers.
CASE(atomic)
{
	int p[2];
	must(pipe(p));
	for (int w = 0; w < 4; w++) {
		if (fork()) continue;
		char b[512];
		memset(b, 'a' + w, sizeof b);
		for (int i = 0; i < 200; i++) write(p[1], b, sizeof b);
		_exit(0);
	}
	close(p[1]);
	int mixed = 0, n = 0, count[4] = {0};
	for (;;) {
		char b[512];
		size_t at = 0;
		while (at < sizeof b) {
			ssize_t r = read(p[0], b + at, sizeof b - at);
			if (r <= 0) break;
			at += r;
		}
		if (at < sizeof b) break;
		n++;
		count[b[0] - 'a']++;
		for (size_t i = 1; i < sizeof b; i++) mixed += b[i] != b[0];
	}
	while (wait(0) > 0) ;
	say("%d blocks, %d mixed, %d %d %d %d", n, mixed, count[0], count[1], count[2], count[3]);
}

CASE(interrupted)
{
	int p[2];
	must(pipe(p));
	struct sigaction sa = {.sa_handler = onpipe};
	must(sigaction(SIGALRM, &sa, 0));
	struct itimerval t = {{0, 0}, {0, 50000}};
	must(setitimer(ITIMER_REAL, &t, 0));
	char b;
	R(read(p[0], &b, 1));
	say("handlers %d", pipes);
	static char big[200000];
	must(setitimer(ITIMER_REAL, &t, 0));
	R(write(p[1], big, sizeof big)); // what fitted before the signal
}

CASE(fifo)
{
	R(mkfifo("p", 0600));
	R(mkfifo("p", 0600));
	R(mkfifo("no/p", 0600));
	pid_t pid = must(fork());
	if (!pid) {
		int w = open("p", O_WRONLY); // waits for the reader
		write(w, "through the fifo", 16);
		_exit(0);
	}
	int r = must(open("p", O_RDONLY));
	char b[32] = {0};
	ssize_t n = 0, k;
	while ((k = read(r, b + n, sizeof b - n)) > 0) n += k;
	say("%zd %s", n, b);
	R(waitpid(pid, 0, 0) == pid);
	R(read(r, b, 1));
	int w = RZ(open("p", O_WRONLY | O_NONBLOCK));
	R(write(w, "x", 1));
	R(close(w));
	R(read(r, b, 4));
	R(read(r, b, 4));
	R(close(r));
	RZ(open("p", O_WRONLY | O_NONBLOCK));
	r = RZ(open("p", O_RDONLY | O_NONBLOCK));
	R(read(r, b, 4));
	w = RZ(open("p", O_WRONLY));
	R(read(r, b, 4));
	R(lseek(r, 0, SEEK_SET));
	struct stat st;
	must(stat("p", &st));
	say("mode %o size %ld", st.st_mode, (long)st.st_size);
}

CASE(fifo_open_interrupted)
{
	must(mkfifo("p", 0600));
	struct sigaction sa = {.sa_handler = onpipe};
	must(sigaction(SIGALRM, &sa, 0));
	struct itimerval t = {{0, 0}, {0, 50000}};
	must(setitimer(ITIMER_REAL, &t, 0));
	R(open("p", O_RDONLY));
	must(setitimer(ITIMER_REAL, &t, 0));
	R(open("p", O_WRONLY));
}

CASE(poll)
{
	int p[2];
	must(pipe(p));
	struct pollfd f[2] = {{p[0], POLLIN | POLLOUT}, {p[1], POLLIN | POLLOUT}};
#define P(what) say("%s: %d r %#x w %#x", what, poll(f, 2, 0), f[0].revents, f[1].revents)
	P("empty");
	must(write(p[1], "x", 1));
	P("one byte");
	must(fcntl(p[1], F_SETFL, O_NONBLOCK));
	char page[PAGE];
	while (write(p[1], page, PAGE) > 0) ;
	P("full");
	must(read(p[0], page, 1));
	P("one byte less");
	must(read(p[0], page, PAGE));
	P("a page less");
	close(p[1]);
	f[1].fd = -1;
	P("no writer");
	while (read(p[0], page, PAGE) > 0) ;
	P("no writer, empty");
	must(pipe(p));
	close(p[0]);
	f[0].fd = -1, f[1].fd = p[1];
	P("no reader");
}

CASE(ping_pong)
{
	int a[2], b[2];
	must(pipe(a));
	must(pipe(b));
	pid_t pid = must(fork());
	if (!pid) {
		int n;
		close(a[1]);
		while (read(a[0], &n, sizeof n) == sizeof n) n++, write(b[1], &n, sizeof n);
		_exit(0);
	}
	int n = 0;
	for (int i = 0; i < 1000; i++) write(a[1], &n, sizeof n), read(b[0], &n, sizeof n);
	say("%d", n);
	close(a[1]);
	R(waitpid(pid, 0, 0) == pid);
}
