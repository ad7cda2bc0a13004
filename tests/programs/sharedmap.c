// Processes that share memory by MAP_SHARED: an anonymous map with a process-
// shared mutex and condition variable, and a file that all map.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared { pthread_mutex_t mu; pthread_cond_t turn; int whose; long count; };

int main(void)
{
	struct shared *s = mmap(0, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
	pthread_condattr_init(&ca);
	pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->mu, &ma);
	pthread_cond_init(&s->turn, &ca);
	int fd = open("shared", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ftruncate(fd, 1 << 20);
	for (int p = 0; p < 8; p++) {
		if (fork()) continue;
		// Each maps the file anew and fills its own eighth.
		unsigned char *f = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		memset(f + p * (1 << 17), 'a' + p, 1 << 17);
		for (int i = 0; i < 100; i++) {
			pthread_mutex_lock(&s->mu);
			while (s->whose != p) pthread_cond_wait(&s->turn, &s->mu);
			s->count++;
			s->whose = (p + 1) % 8;
			pthread_cond_broadcast(&s->turn);
			pthread_mutex_unlock(&s->mu);
		}
		_exit(0);
	}
	int st, ok = 0;
	while (wait(&st) > 0) ok += st == 0;
	printf("%d processes, count %ld\n", ok, s->count);
	char *b = malloc(1 << 20);
	long n = pread(fd, b, 1 << 20, 0), wrong = 0;
	for (long i = 0; i < n; i++) wrong += b[i] != 'a' + (i >> 17);
	printf("%ld bytes read, %ld wrong\n", n, wrong);
	return 0;
}
