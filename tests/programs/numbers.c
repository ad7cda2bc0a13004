// Many at a time: "serial N" processes one after the other, "atonce N"
// processes, "threads N" threads that all live at the same moment, "execs N"
// programs one after the other.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t all;
static void *meet(void *x)
{
	pthread_barrier_wait(&all);
	return x;
}

int main(int argc, char **argv)
{
	if (argc < 3) return argc == 2 ? 7 : 2;
	int n = atoi(argv[2]), ok = 0, st;
	if (!strcmp(argv[1], "serial")) {
		for (int i = 0; i < n; i++) {
			pid_t pid = fork();
			if (pid < 0) { perror("fork"); return 1; }
			if (!pid) _exit(i & 63);
			ok += waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == (i & 63);
		}
	} else if (!strcmp(argv[1], "execs")) {
		for (int i = 0; i < n; i++) {
			pid_t pid = vfork();
			if (!pid) { execl(argv[0], argv[0], "x", (char *)0); _exit(1); }
			ok += waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 7;
		}
	} else if (!strcmp(argv[1], "atonce")) {
		int p[2];
		if (pipe(p)) return 1;
		for (int i = 0; i < n; i++) {
			pid_t pid = fork();
			if (pid < 0) { perror("fork"); return 1; }
			if (!pid) { char c; close(p[1]); read(p[0], &c, 1); _exit(3); }
		}
		close(p[1]);
		while (wait(&st) > 0) ok += WEXITSTATUS(st) == 3;
	} else {
		pthread_attr_t a;
		pthread_attr_init(&a);
		pthread_attr_setstacksize(&a, 64 << 10);
		pthread_t *t = calloc(n, sizeof *t);
		pthread_barrier_init(&all, 0, n);
		for (long i = 0; i < n; i++) {
			int e = pthread_create(t + i, &a, meet, (void *)i);
			if (e) { fprintf(stderr, "thread %ld: %s\n", i, strerror(e)); return 1; }
		}
		for (long i = 0; i < n; i++) { void *r; ok += !pthread_join(t[i], &r) && (long)r == i; }
	}
	printf("%s: %d of %d\n", argv[1], ok, n);
	return ok != n;
}
