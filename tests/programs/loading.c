// Loading at run time: dlopen of libm, a symbol by name, thread-local
// storage, constructors and atexit, math that uses wide registers.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void before(void) { printf("constructor\n"); }
__attribute__((destructor)) static void after(void) { printf("destructor\n"); }
static void last(void) { printf("atexit\n"); }
static __thread int tls = 40;
static void *thread(void *x) { return (void *)(long)(tls += 2); }

int main(void)
{
	atexit(last);
	void *h = dlopen("libm.so.6", RTLD_NOW);
	if (!h) { printf("%s\n", dlerror()); return 1; }
	double (*f)(double) = (double (*)(double))dlsym(h, "cbrt");
	printf("cbrt(27) = %g\n", f(27));
	printf("missing: %s\n", dlopen("libmissing.so.9", RTLD_NOW) ? "found?" : "not found");
	printf("sin %.12f exp %.12f pow %.6f\n", sin(1), exp(1), pow(2.5, 3.5));
	pthread_t t;
	void *r;
	pthread_create(&t, 0, thread, 0);
	pthread_join(t, &r);
	printf("tls %ld %d\n", (long)r, tls);
	double v[64], s = 0;
	for (int i = 0; i < 64; i++) v[i] = i * 0.5;
	for (int i = 0; i < 64; i++) s += v[i] * v[63 - i];
	printf("dot %.2f\n", s);
	return 0;
}
