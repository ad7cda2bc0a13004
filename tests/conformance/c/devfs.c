// /dev: null, zero, full, random, tty, fd, stdin, and device numbers.
#include "p.h"
#include <sys/sysmacros.h>

CASE(null)
{
	char b[8] = "abc";
	int fd = RZ(open("/dev/null", O_RDWR));
	R(read(fd, b, 8));
	R(write(fd, b, 8));
	R(write(fd, BAD, 8));
	R(read(fd, BAD, 8));
	R(lseek(fd, 100, SEEK_SET));
	R(lseek(fd, 100, SEEK_END));
	R(pread(fd, b, 8, 50));
	R(ftruncate(fd, 0));
	RZ(open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0600));
	RZ(open("/dev/null", O_WRONLY | O_APPEND));
	R(open("/dev/null", O_RDONLY | O_DIRECTORY));
	R(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0);
	struct pollfd p = {fd, POLLIN | POLLOUT};
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
	R(ioctl(fd, FIONREAD, b));
	R(isatty(fd));
	say("%s", ename(errno));
}

CASE(zero)
{
	char b[100];
	memset(b, 7, 100);
	int fd = RZ(open("/dev/zero", O_RDWR));
	R(read(fd, b, 99));
	int sum = 0;
	for (int i = 0; i < 99; i++) sum += b[i];
	say("%d %d", sum, b[99]);
	R(write(fd, b, 50));
	R(lseek(fd, 5, SEEK_SET));
	R(read(fd, BAD, 5));
	char *m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	say("mapped %d", m != MAP_FAILED && m[5] == 0);
	m[5] = 1;
	m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	child("shared with a child", m[3] = 9);
	say("%d", m[3]);
	static char big[1 << 20];
	R(read(fd, big, sizeof big));
}

CASE(full)
{
	char b[10];
	memset(b, 7, 10);
	int fd = RZ(open("/dev/full", O_RDWR));
	R(read(fd, b, 10));
	say("%d", b[5]);
	R(write(fd, b, 10));
	R(write(fd, b, 0));
}

CASE(random)
{
	unsigned char a[64] = {0}, b[64] = {0};
	int fd = RZ(open("/dev/random", O_RDONLY)), u = RZ(open("/dev/urandom", O_RDWR));
	R(read(fd, a, 64));
	R(read(u, b, 64));
	say("differ %d", memcmp(a, b, 64) != 0);
	R(write(u, "seed", 4));
	R(read(u, BAD, 4));
	R(lseek(u, 0, SEEK_SET));
	static char big[300000];
	R(read(u, big, sizeof big));
}

CASE(numbers)
{
	struct { const char *path; unsigned maj, min; } d[] = {{"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7}, {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}, {"/dev/ptmx", 5, 2}};
	for (int i = 0; i < 7; i++) {
		struct stat s;
		if (stat(d[i].path, &s) < 0) { say("%s: %s", d[i].path, ename(errno)); continue; }
		say("%s: %s %u,%u%s", d[i].path, S_ISCHR(s.st_mode) ? "character" : "other", major(s.st_rdev), minor(s.st_rdev),
		    i < 6 && (s.st_mode & 0666) != 0666 ? " not open to all" : "");
	}
}

CASE(links)
{
	char b[64] = {0};
	R(readlink("/dev/fd", b, 63));
	say("%s", b);
	memset(b, 0, 64);
	R(readlink("/dev/stdin", b, 63));
	say("%s", b);
	int p[2];
	must(pipe(p));
	must(dup2(p[0], 0));
	int fd = RZ(open("/dev/stdin", O_RDONLY));
	must(write(p[1], "typed", 5));
	memset(b, 0, 64);
	R(read(fd, b, 10));
	say("%s", b);
	char path[32];
	sprintf(path, "/dev/fd/%d", p[1]);
	fd = RZ(open(path, O_WRONLY));
	R(write(fd, "more", 4));
	R(read(0, b, 10));
	R(open("/dev/fd/77", O_RDONLY));
	fd = RZ(open("/dev/stdout", O_WRONLY));
	R(write(fd, "through /dev/stdout\n", 20));
	R(access("/dev/shm", W_OK));
}

CASE(no_terminal)
{
	child("without a terminal", {
		setsid();
		R(open("/dev/tty", O_RDWR));
		R(open("/dev/tty", O_RDONLY | O_NONBLOCK));
	});
	R(isatty(0));
	R(isatty(1));
	R(isatty(99));
	say("%s", ename(errno));
	R(ttyname(1) == 0);
}

// gather reads n bytes: what a terminal passes on may come in pieces.
static int gather(int fd, char *b, int n)
{
	int got = 0;
	for (int k; got < n && (k = read(fd, b + got, n - got)) > 0; got += k) ;
	return got;
}

CASE(pty)
{
	int m = RZ(posix_openpt(O_RDWR | O_NOCTTY));
	R(grantpt(m));
	R(unlockpt(m));
	char *name = ptsname(m);
	say("in /dev/pts %d", name && !strncmp(name, "/dev/pts/", 9));
	int s = RZ(open(name, O_RDWR | O_NOCTTY));
	R(isatty(s));
	struct stat st;
	R(fstat(s, &st));
	say("major %u", major(st.st_rdev));
	char b[64] = {0};
	R(write(m, "line\n", 5));
	R(read(s, b, 63));
	say("%s", strtok(b, "\n"));
	memset(b, 0, 64);
	say("%d", gather(m, b, 6));
	say("echo ends with CR LF %d", !strcmp(b, "line\r\n"));
	R(write(s, "out\n", 4));
	memset(b, 0, 64);
	say("%d", gather(m, b, 5));
	struct winsize w = {24, 80}, g = {0};
	R(ioctl(m, TIOCSWINSZ, &w));
	R(ioctl(s, TIOCGWINSZ, &g));
	say("%d %d", g.ws_row, g.ws_col);
	R(close(s));
	R(read(m, b, 63));
}
