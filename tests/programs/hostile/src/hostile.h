// hostile.h is what the hostile programs share: they do harm in children and
// then show that the parent, and the kernel below it, still work.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned long rnd(unsigned long *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static int64_t ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

// nobody gives up root, so that what goes wrong natively cannot go far.
static void nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, 0) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))) _exit(98);
}

// reap waits for a child, and kills it and its group when it takes too long.
static int reap(pid_t pid, int limit)
{
	int st = -1;
	if (pid < 0) return -1;
	int64_t end = ms() + limit;
	for (int naps = 0;; naps++) {
		pid_t r = waitpid(pid, &st, WNOHANG | __WALL);
		if (r == pid || (r < 0 && errno == ECHILD)) break;
		if (ms() > end) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			waitpid(pid, &st, __WALL);
			break;
		}
		usleep(naps < 20 ? 200 : 2000);
	}
	kill(-pid, SIGKILL); // what it left in its group
	while (waitpid(-1, 0, WNOHANG | __WALL) > 0) ;
	return st;
}

// alive does a little of everything and prints one line when all is well.
static int alive(void)
{
	char b[16] = {0}, path[] = "aliveXXXXXX";
	int p[2], st;
	int fd = mkstemp(path);
	int ok = fd >= 0 && write(fd, "file", 4) == 4 && pread(fd, b, 4, 0) == 4 && !strcmp(b, "file") && !unlink(path);
	close(fd);
	ok &= !pipe(p);
	pid_t pid = fork();
	if (!pid) { write(p[1], "pipe", 4); _exit(42); }
	ok &= read(p[0], b, 4) == 4 && !strcmp(b, "pipe");
	ok &= waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 42;
	char *m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok &= m != MAP_FAILED;
	memset(m, 1, 1 << 20);
	ok &= getpid() > 0 && getppid() >= 0;
	printf(ok ? "still alive\n" : "broken\n");
	return !ok;
}
