// A byte goes to and fro between two processes through pipes, then between
// two threads, then through a ring of ten processes.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int a[2], b[2];
static void *back(void *x)
{
	char c;
	while (read(a[0], &c, 1) == 1 && c) { c++; write(b[1], &c, 1); }
	return 0;
}

static int play(int n)
{
	int right = 0;
	for (int i = 0; i < n; i++) {
		char c = i % 100 + 1, d = 0;
		write(a[1], &c, 1);
		read(b[0], &d, 1);
		right += d == c + 1;
	}
	write(a[1], "", 1);
	return right;
}

int main(void)
{
	if (pipe(a) || pipe(b)) return 1;
	if (!fork()) { back(0); _exit(0); }
	printf("processes: %d\n", play(2000));
	wait(0);
	pthread_t t;
	pthread_create(&t, 0, back, 0);
	printf("threads: %d\n", play(2000));
	pthread_join(t, 0);
	int p[11][2];
	for (int i = 0; i < 11; i++) if (pipe(p[i])) return 1;
	for (int i = 0; i < 10; i++) {
		if (fork()) continue;
		for (int k = 0; k < 11; k++) { if (k != i) close(p[k][0]); if (k != i + 1) close(p[k][1]); }
		int v;
		while (read(p[i][0], &v, sizeof v) == sizeof v) v++, write(p[i + 1][1], &v, sizeof v);
		_exit(0);
	}
	for (int i = 1; i < 11; i++) close(p[i][1]);
	int v = 0;
	for (int i = 0; i < 200; i++) write(p[0][1], &v, sizeof v), read(p[10][0], &v, sizeof v);
	close(p[0][1]);
	while (wait(0) > 0) ;
	printf("ring: %d\n", v);
	return 0;
}
