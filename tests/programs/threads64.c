// 64 threads share a queue behind a mutex and two condition variables; every
// item is made once and used once.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 64, EACH = 200, ROOM = 16 };
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has = PTHREAD_COND_INITIALIZER, room = PTHREAD_COND_INITIALIZER;
static int queue[ROOM], n, used[THREADS / 2 * EACH];
static __thread long sum;

static void *make(void *x)
{
	for (int i = 0; i < EACH; i++) {
		pthread_mutex_lock(&mu);
		while (n == ROOM) pthread_cond_wait(&room, &mu);
		queue[n++] = (int)(long)x * EACH + i;
		pthread_cond_signal(&has);
		pthread_mutex_unlock(&mu);
	}
	return 0;
}

static void *use(void *x)
{
	for (int i = 0; i < EACH; i++) {
		pthread_mutex_lock(&mu);
		while (n == 0) pthread_cond_wait(&has, &mu);
		int v = queue[--n];
		used[v]++;
		sum += v;
		pthread_cond_signal(&room);
		pthread_mutex_unlock(&mu);
	}
	return (void *)sum;
}

int main(void)
{
	pthread_t t[THREADS];
	long total = 0, once = 0;
	for (long i = 0; i < THREADS; i++) {
		int e = pthread_create(t + i, 0, i & 1 ? use : make, (void *)(i / 2));
		if (e) { fprintf(stderr, "thread %ld: %s\n", i, strerror(e)); return 1; }
	}
	for (int i = 0; i < THREADS; i++) {
		void *r;
		pthread_join(t[i], &r);
		total += (long)r;
	}
	for (int i = 0; i < THREADS / 2 * EACH; i++) once += used[i] == 1;
	printf("%ld items used once, sum %ld, %d left\n", once, total, n);
	return 0;
}
