// dup(2), dup2(2), dup3(2), fcntl(2) on descriptors and on open files.
#include "p.h"

CASE(dup)
{
	put("f", "abcdef");
	int a = must(open("f", O_RDWR));
	int b = R(dup(a));
	char c[2] = {0};
	R(read(a, c, 1));
	R(read(b, c, 1));
	say("shared offset: %s", c);
	R(lseek(b, 0, SEEK_CUR));
	R(close(a));
	R(read(b, c, 1));
	R(dup(a));
	R(dup(-1));
	R(dup(12345));
}

CASE(dup2)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY | O_CLOEXEC));
	R(dup2(a, a));
	R(fcntl(a, F_GETFD));
	R(dup2(a, 9));
	R(fcntl(9, F_GETFD));
	R(dup2(9, a));
	R(fcntl(a, F_GETFD));
	R(dup2(-1, 5));
	R(dup2(77, 77));
	R(dup2(a, -1));
	R(dup2(a, 1 << 30));
	R(dup2(77, -1));
	R(fcntl(5, F_GETFD));
}

CASE(dup3)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY));
	R(dup3(a, 7, O_CLOEXEC));
	R(fcntl(7, F_GETFD));
	R(dup3(a, 7, 0));
	R(fcntl(7, F_GETFD));
	R(dup3(a, a, 0));
	R(dup3(a, 8, O_NONBLOCK));
	R(dup3(a, a, O_NONBLOCK));
	R(dup3(77, 77, 0));
	R(dup3(77, 8, 0));
	R(dup3(a, -1, 0));
	R(dup3(a, 1 << 30, O_CLOEXEC));
}

CASE(dupfd)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY));
	R(fcntl(a, F_DUPFD, 0));
	R(fcntl(a, F_DUPFD, 10));
	R(fcntl(a, F_DUPFD, 10));
	R(fcntl(a, F_DUPFD_CLOEXEC, 10));
	R(fcntl(10, F_GETFD));
	R(fcntl(12, F_GETFD));
	R(fcntl(a, F_DUPFD, -1));
	R(fcntl(a, F_DUPFD, 1 << 30));
	R(fcntl(99, F_DUPFD, 0));
	R(fcntl(99, F_DUPFD, -1));
}

CASE(fdflags)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY)), b = must(dup(a));
	R(fcntl(a, F_GETFD));
	R(fcntl(a, F_SETFD, FD_CLOEXEC));
	R(fcntl(a, F_GETFD));
	R(fcntl(b, F_GETFD));
	R(fcntl(a, F_SETFD, 0xfe));
	R(fcntl(a, F_GETFD));
	R(fcntl(a, F_SETFD, -1));
	R(fcntl(a, F_GETFD));
	R(ioctl(a, FIONCLEX));
	R(fcntl(a, F_GETFD));
	R(ioctl(a, FIOCLEX));
	R(fcntl(a, F_GETFD));
	R(fcntl(99, F_GETFD));
	R(fcntl(99, F_SETFD, 0));
	R(fcntl(-1, F_GETFD));
	R(fcntl(a, 9999, 0));
	R(fcntl(99, 9999, 0));
}

CASE(flflags)
{
	put("f", "x");
	int a = must(open("f", O_RDWR)), b = must(dup(a));
#define FL(fd) say("flags of " #fd ": %o", fcntl(fd, F_GETFL) & ~O_LARGEFILE)
	FL(a);
	R(fcntl(a, F_SETFL, O_APPEND | O_NONBLOCK));
	FL(a);
	FL(b);
	R(fcntl(a, F_SETFL, O_WRONLY | O_CREAT | O_TRUNC | O_EXCL | O_SYNC));
	FL(a);
	R(fcntl(a, F_SETFL, O_NOATIME));
	FL(a);
	R(fcntl(a, F_SETFL, 0));
	FL(b);
	int on = 1;
	R(ioctl(a, FIONBIO, &on));
	FL(b);
	on = 0;
	R(ioctl(a, FIONBIO, &on));
	FL(b);
	R(ioctl(a, FIONBIO, BAD));
	R(fcntl(99, F_GETFL));
	R(fcntl(99, F_SETFL, 0));
	int p[2];
	must(pipe(p));
	FL(p[0]);
	FL(p[1]);
	R(fcntl(p[0], F_SETFL, O_NONBLOCK | O_APPEND));
	FL(p[0]);
	R(fcntl(0, F_GETFL) < 0);
}

CASE(shared_file_after_fork)
{
	put("f", "abcdef");
	int a = must(open("f", O_RDWR));
	child("child reads two", { char b[3] = {0}; read(a, b, 2); say("child: %s", b); fcntl(a, F_SETFL, O_APPEND); close(a); });
	R(lseek(a, 0, SEEK_CUR));
	say("append %d", (fcntl(a, F_GETFL) & O_APPEND) != 0);
}
