// Handlers on alternate stacks: one per thread, nested, and after a stack
// overflow that is survived by a jump.
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SIZE = 64 << 10 };
static __thread char *alt;
static __thread volatile int on, depth;
static sigjmp_buf jump;

static int inside(void *p) { return (char *)p >= alt && (char *)p < alt + SIZE; }

static void count(int s)
{
	int here;
	on += inside(&here);
	if (++depth < 3) raise(s);
}

static void recover(int s, siginfo_t *i, void *u)
{
	int here;
	on = inside(&here);
	siglongjmp(jump, 1);
}

static void install(void)
{
	alt = malloc(SIZE);
	stack_t ss = {.ss_sp = alt, .ss_size = SIZE};
	if (sigaltstack(&ss, 0)) { perror("sigaltstack"); exit(1); }
}

static void *thread(void *x)
{
	install();
	raise(SIGUSR1);
	return (void *)(long)(on * 10 + depth);
}

static int deeper(volatile char *p)
{
	volatile char b[1024];
	b[0] = p ? *p : 1;
	return deeper(b) + b[1];
}

int main(void)
{
	struct sigaction a = {.sa_handler = count, .sa_flags = SA_ONSTACK | SA_NODEFER};
	sigaction(SIGUSR1, &a, 0);
	install();
	raise(SIGUSR1);
	printf("main: %d handlers, %d on the alternate stack\n", depth, on);
	pthread_t t[16];
	for (int i = 0; i < 16; i++) pthread_create(t + i, 0, thread, 0);
	long sum = 0;
	for (int i = 0; i < 16; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
	printf("threads: %ld\n", sum);
	struct rlimit l = {1 << 20, 1 << 20};
	setrlimit(RLIMIT_STACK, &l);
	struct sigaction f = {.sa_sigaction = recover, .sa_flags = SA_ONSTACK | SA_SIGINFO};
	sigaction(SIGSEGV, &f, 0);
	for (volatile int i = 0; i < 5; i++) {
		if (!sigsetjmp(jump, 1)) deeper(0);
		else printf("overflow %d recovered on the alternate stack: %d\n", i, on);
	}
	return 0;
}
