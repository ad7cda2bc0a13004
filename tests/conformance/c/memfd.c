// memfd_create(2): seals, mappings, programs in memory.
#define HELPER
#include "p.h"
#include <linux/memfd.h>
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC 16
#endif

static int helper(int argc, char **argv)
{
	say("runs as %s with %s", argv[0], argv[1]);
	return 7;
}

static int make(unsigned fl)
{
	int fd = must(memfd_create("m", fl));
	must(write(fd, "0123456789", 10));
	return fd;
}

static void mode(const char *what, int fd)
{
	struct stat s;
	must(fstat(fd, &s));
	say("%s: mode %o seals %#x", what, s.st_mode, fcntl(fd, F_GET_SEALS));
}

CASE(flags)
{
	mode("plain", make(0));
	mode("sealing", make(MFD_ALLOW_SEALING));
	mode("exec", make(MFD_EXEC));
	mode("noexec", make(MFD_NOEXEC_SEAL));
	mode("noexec, sealing", make(MFD_NOEXEC_SEAL | MFD_ALLOW_SEALING));
	R(memfd_create("x", MFD_EXEC | MFD_NOEXEC_SEAL));
	R(memfd_create("x", 0x20));
	R(memfd_create(BAD, 0x20));
	R(memfd_create(0, 0));
	int fd = make(0);
	R(fcntl(fd, F_GETFL));
	R(fcntl(make(MFD_CLOEXEC), F_GETFD));
	R(lseek(fd, 0, SEEK_CUR));
	RZ(memfd_create("", 0));
	RZ(memfd_create("a/b", 0));
	struct rlimit l = {fd + 1, fd + 1};
	close(fd + 1);
	must(setrlimit(RLIMIT_NOFILE, &l));
	R(memfd_create("x", 0));
	R(memfd_create(BAD, 0));
}

CASE(grow_shrink)
{
	int fd = make(MFD_ALLOW_SEALING);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	R(ftruncate(fd, 5));
	R(ftruncate(fd, 10));
	R(ftruncate(fd, 20));
	R(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	R(ftruncate(fd, 30));
	R(pwrite(fd, "abc", 3, 18));
	R(pwrite(fd, "abc", 3, 17));
	R(fallocate(fd, 0, 0, 20));
	R(fallocate(fd, 0, 0, 21));
	R(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 21));
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 5));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, 4096));
	R(fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, 4096));
	char big[9000] = {0};
	fd = make(MFD_ALLOW_SEALING);
	must(ftruncate(fd, 5000));
	must(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	R(pwrite(fd, big, 9000, 0)); // the pages before the end
	R(pwrite(fd, big, 10, 5000));
}

CASE(write)
{
	int fd = make(MFD_ALLOW_SEALING);
	char *m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	R(fcntl(fd, F_GET_SEALS));
	must(mprotect(m, PAGE, PROT_READ));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); // it could become writable again
	pid_t pid = must(fork());
	if (!pid) {
		munmap(m, PAGE);
		_exit(0);
	}
	must(waitpid(pid, 0, 0));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	must(munmap(m, PAGE));
	char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	p[0] = 'x';
	R(write(fd, "x", 1));
	R(pwrite(fd, "x", 0, 0));
	R(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5));
	R(fallocate(fd, 0, 0, 20));
	R(ftruncate(fd, 5));
	R(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	say("%s", ename(errno));
	m = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED) say("%s", ename(errno));
	else {
		say("%.3s", m);
		R(mprotect(m, PAGE, PROT_READ | PROT_WRITE));
	}
	char path[64];
	sprintf(path, "/proc/self/fd/%d", fd);
	int again = RZ(open(path, O_RDWR));
	R(write(again, "x", 1));
	R(fcntl(again, F_GET_SEALS));
	int ro = RZ(open(path, O_RDONLY));
	R(fcntl(ro, F_ADD_SEALS, F_SEAL_SEAL));
	R(fcntl(ro, F_GET_SEALS));
}

CASE(future)
{
	int fd = make(MFD_ALLOW_SEALING);
	char *m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), b[11] = {0};
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	m[0] = 'X';
	R(write(fd, "x", 1));
	R(pread(fd, b, 10, 0));
	say("%s", b);
	R(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	char *r = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	say("%.3s", r);
	m[1] = 'Y';
	say("%.3s", r);
	R(mprotect(r, PAGE, PROT_READ | PROT_WRITE));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(m, PAGE);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

CASE(seal_errors)
{
	int fd = make(MFD_ALLOW_SEALING), plain = make(0), p[2];
	must(pipe(p));
	R(fcntl(fd, F_ADD_SEALS, 0x40));
	R(fcntl(fd, F_ADD_SEALS, 0));
	R(fcntl(plain, F_ADD_SEALS, 0));
	R(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
	R(fcntl(plain, F_ADD_SEALS, 0x40));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	R(fcntl(99, F_GET_SEALS));
	R(fcntl(p[0], F_GET_SEALS));
	R(fcntl(p[1], F_ADD_SEALS, F_SEAL_GROW));
	R(fcntl(p[0], F_ADD_SEALS, F_SEAL_GROW));
	int shm = must(open("/dev/shm/adyton-seals", O_RDWR | O_CREAT, 0600));
	unlink("/dev/shm/adyton-seals");
	R(fcntl(shm, F_GET_SEALS));
	R(fcntl(shm, F_ADD_SEALS, F_SEAL_GROW));
}

CASE(seal_exec)
{
	int fd = make(MFD_NOEXEC_SEAL);
	R(fchmod(fd, 0755));
	R(fchmod(fd, 0644));
	fd = make(MFD_ALLOW_SEALING);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC));
	R(fcntl(fd, F_GET_SEALS));
	R(fchmod(fd, 0666));
	R(fchmod(fd, 0755));
	R(write(fd, "x", 1));
}

static int program(void)
{
	static char b[1 << 16];
	int fd = must(memfd_create("prog", 0)), in = must(open(pself, O_RDONLY));
	for (ssize_t n; (n = read(in, b, sizeof b)) > 0;) must(write(fd, b, n));
	close(in);
	return fd;
}

CASE(exec)
{
	int fd = program(), ro;
	char path[64];
	sprintf(path, "/proc/self/fd/%d", fd);
	char *argv[] = {"memory", "@one", 0}, *env[] = {0};
	child("path, still open for writing", execve(path, argv, env); say("%s", ename(errno)));
	ro = must(open(path, O_RDONLY));
	close(fd);
	sprintf(path, "/proc/self/fd/%d", ro);
	child("path", execve(path, argv, env); say("%s", ename(errno)));
	child("AT_EMPTY_PATH", RAW(execveat, ro, "", argv, env, AT_EMPTY_PATH); say("%s", ename(errno)));
	child("no AT_EMPTY_PATH", RAW(execveat, ro, "", argv, env, 0); say("%s", ename(errno)));
	child("fexecve", fexecve(ro, argv, env); say("%s", ename(errno)));
	must(fchmod(ro, 0644));
	child("mode 644", RAW(execveat, ro, "", argv, env, AT_EMPTY_PATH); say("%s", ename(errno)));
	int sc = must(memfd_create("script", MFD_CLOEXEC));
	must(write(sc, "#!/bin/sh\necho script $1\n", 25));
	sprintf(path, "/proc/self/fd/%d", sc);
	int scro = must(open(path, O_RDONLY | O_CLOEXEC));
	close(sc);
	char *sargv[] = {"s", "two", 0};
	child("script, close on exec", RAW(execveat, scro, "", sargv, env, AT_EMPTY_PATH); say("%s", ename(errno)));
	must(fcntl(scro, F_SETFD, 0));
	child("script", RAW(execveat, scro, "", sargv, env, AT_EMPTY_PATH); say("%s", ename(errno)));
}
