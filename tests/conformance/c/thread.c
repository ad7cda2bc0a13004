// variants: static dyn musl
// Threads as C libraries make them: creation, TLS, cancellation, limits, and
// what they share.
#include "p.h"

#define N 64
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static int count;
static __thread int tls = 5;
static __thread char big_tls[3000];

static void *adds(void *x)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mu);
		count++;
		pthread_mutex_unlock(&mu);
		tls++;
		big_tls[i] = i;
	}
	return (void *)(long)(tls + big_tls[99]);
}

CASE(mutex_64)
{
	pthread_t t[N];
	long sum = 0;
	for (int i = 0; i < N; i++) must(pthread_create(t + i, 0, adds, 0) ? -1 : 0);
	for (int i = 0; i < N; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
	say("count %d tls sum %ld ours %d", count, sum, tls);
}

static int arrived, round_no;
static void barrier(void)
{
	pthread_mutex_lock(&mu);
	int mine = round_no;
	if (++arrived == N) { arrived = 0; round_no++; pthread_cond_broadcast(&cv); }
	else while (round_no == mine) pthread_cond_wait(&cv, &mu);
	pthread_mutex_unlock(&mu);
}
static void *rounds(void *x) { for (int i = 0; i < 10; i++) barrier(); return 0; }

CASE(condvars_64)
{
	pthread_t t[N];
	for (int i = 0; i < N; i++) must(pthread_create(t + i, 0, rounds, 0) ? -1 : 0);
	for (int i = 0; i < N; i++) pthread_join(t[i], 0);
	say("rounds %d", round_no);
}

static void *self(void *x) { return (void *)(long)RAW(gettid); }

CASE(ids)
{
	pthread_t t;
	void *tid;
	must(pthread_create(&t, 0, self, 0));
	pthread_join(t, &tid);
	say("own tid %d pid shared %d main's tid is pid %d", (long)tid != getpid(), getpid() == RAW(getpid), RAW(gettid) == getpid());
	until(state_of(getpid(), (long)tid) == '?');
	S(tgkill, getpid(), 0x3ffffff0, 0);
}

static int fd;
static void *shares(void *x)
{
	fd = open("f", O_RDONLY);
	chdir("d");
	umask(077);
	signal(SIGUSR1, SIG_IGN);
	return 0;
}

CASE(shared)
{
	pthread_t t;
	put("f", "x");
	must(mkdir("d", 0755));
	pthread_create(&t, 0, shares, 0);
	pthread_join(t, 0);
	struct sigaction a;
	sigaction(SIGUSR1, 0, &a);
	char c;
	say("fd %ld cwd %d umask %o handler %d", (long)read(fd, &c, 1), access("../f", F_OK) == 0, umask(022), a.sa_handler == SIG_IGN);
}

static int cleaned;
static void clean(void *x) { cleaned++; }
static void *blocks(void *x)
{
	char c;
	pthread_cleanup_push(clean, 0);
	read(*(int *)x, &c, 1);
	pthread_cleanup_pop(0);
	return 0;
}
static void *spins(void *x)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
	for (;;) ;
}
static void *waits(void *x)
{
	pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &mu);
	pthread_mutex_lock(&mu);
	for (;;) pthread_cond_wait(&cv, &mu);
	pthread_cleanup_pop(1);
	return 0;
}

CASE(cancel)
{
	int p[2];
	void *r;
	must(pipe(p));
	pthread_t t;
	pthread_create(&t, 0, blocks, p);
	settle();
	R(pthread_cancel(t));
	R(pthread_join(t, &r));
	say("in read: %d cleaned %d", r == PTHREAD_CANCELED, cleaned);
	pthread_create(&t, 0, spins, 0);
	settle();
	R(pthread_cancel(t));
	R(pthread_join(t, &r));
	say("asynchronous: %d", r == PTHREAD_CANCELED);
	pthread_create(&t, 0, waits, 0);
	settle();
	R(pthread_cancel(t));
	R(pthread_join(t, &r));
	R(pthread_mutex_trylock(&mu));
	say("in cond_wait: %d", r == PTHREAD_CANCELED);
}

static void *ends(void *x) { _exit(6); }
static void *loops(void *x) { for (;;) sched_yield(); }
static void *pauses(void *x) { for (;;) pause(); }

CASE(exit_group)
{
	pthread_t t;
	child("a thread calls exit_group", { for (int i = 0; i < 5; i++) pthread_create(&t, 0, i & 1 ? loops : pauses, 0); pthread_create(&t, 0, ends, 0); for (;;) pause(); });
	child("main returns, others run", { for (int i = 0; i < 5; i++) pthread_create(&t, 0, i & 1 ? loops : pauses, 0); exit(7); });
	child("main leaves by itself", { int st; void *last(void *x) { settle(); _exit(9); } pthread_create(&t, 0, last, 0); RAW(exit, 3); });
	child("the last thread's status", { pthread_create(&t, 0, self, 0); pthread_join(t, 0); RAW(exit, 4); });
	child("killed", { for (int i = 0; i < 5; i++) pthread_create(&t, 0, loops, 0); kill(getpid(), SIGTERM); for (;;) pause(); });
}

static void *leader_gone(void *x)
{
	int st;
	until(state_of(getpid(), getpid()) == 'Z');
	say("leader is %c", state_of(getpid(), getpid()));
	R(kill(getpid(), 0));
	say("pid stays %d", getpid() > 0);
	child("can fork", _exit(2));
	_exit(5);
}

CASE(leader_exits)
{
	child("without its leader", { pthread_t t; pthread_create(&t, 0, leader_gone, 0); RAW(exit, 0); });
}

static void *quick(void *x) { return x; }

CASE(many)
{
	int ok = 0;
	for (long i = 0; i < 500; i++) {
		pthread_t t;
		void *r;
		if (pthread_create(&t, 0, quick, (void *)i)) { say("create %ld", i); break; }
		pthread_join(t, &r);
		ok += (long)r == i;
	}
	say("%d in a row", ok);
	pthread_attr_t a;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	pthread_t t[300];
	int n = 0;
	pthread_mutex_lock(&mu);
	for (; n < 300; n++) if (pthread_create(t + n, &a, adds, 0)) break;
	pthread_mutex_unlock(&mu);
	for (int i = 0; i < n; i++) pthread_join(t[i], 0);
	say("%d at once, count %d", n, count);
}

static void *detached(void *x) { pthread_mutex_lock(&mu); count++; pthread_mutex_unlock(&mu); return 0; }

CASE(detached)
{
	pthread_attr_t a;
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 100; i++) { pthread_t t; while (pthread_create(&t, &a, detached, 0)) nap_ms(1); }
	until(__atomic_load_n(&count, __ATOMIC_SEQ_CST) == 100);
	say("%d", count);
}

static void *forks(void *x)
{
	for (int i = 0; i < 10; i++) {
		pid_t p = fork();
		if (!p) _exit(getpid() == RAW(gettid) ? 3 : 4);
		int st;
		if (waitpid(p, &st, 0) == p && WEXITSTATUS(st) == 3) __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

CASE(fork_from_threads)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++) pthread_create(t + i, 0, forks, 0);
	for (int i = 0; i < 8; i++) pthread_join(t[i], 0);
	say("%d children, each with one thread", count);
}

static void *signalled(void *x)
{
	sigset_t m;
	int s;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigwait(&m, &s);
	return (void *)(long)s;
}

CASE(signals)
{
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &m, 0);
	pthread_t t[4];
	int n = 0;
	for (int i = 0; i < 4; i++) pthread_create(t + i, 0, signalled, 0);
	for (int i = 0; i < 4; i++) { void *r; pthread_kill(t[i], SIGUSR1); pthread_join(t[i], &r); n += (long)r == SIGUSR1; }
	say("%d each got its own", n);
	sigset_t p;
	sigpending(&p);
	say("none left %d", !sigismember(&p, SIGUSR1));
}

static pthread_key_t key;
static void destroy(void *x) { __atomic_fetch_add(&count, (int)(long)x, __ATOMIC_SEQ_CST); }
static void *keyed(void *x) { pthread_setspecific(key, x); return 0; }
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void init_once(void) { cleaned++; }
static void *onces(void *x) { pthread_once(&once, init_once); return 0; }

CASE(keys_and_once)
{
	pthread_t t[10];
	pthread_key_create(&key, destroy);
	for (long i = 0; i < 10; i++) pthread_create(t + i, 0, keyed, (void *)(i + 1));
	for (int i = 0; i < 10; i++) pthread_join(t[i], 0);
	say("destructors %d", count);
	for (long i = 0; i < 10; i++) pthread_create(t + i, 0, onces, 0);
	for (int i = 0; i < 10; i++) pthread_join(t[i], 0);
	say("once %d", cleaned);
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2], torn;
static void *reads(void *x) { for (int i = 0; i < 500; i++) { pthread_rwlock_rdlock(&rw); if (pair[0] != pair[1]) torn++; pthread_rwlock_unlock(&rw); } return 0; }
static void *writes(void *x) { for (int i = 0; i < 500; i++) { pthread_rwlock_wrlock(&rw); pair[0]++; if (i % 50 == 0) sched_yield(); pair[1]++; pthread_rwlock_unlock(&rw); } return 0; }

CASE(rwlock_and_timed)
{
	pthread_t t[6];
	for (int i = 0; i < 6; i++) pthread_create(t + i, 0, i < 3 ? writes : reads, 0);
	for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
	say("%ld torn %ld", pair[0], torn);
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000) ts.tv_nsec -= 1000000000, ts.tv_sec++;
	pthread_mutex_lock(&mu);
	R(pthread_cond_timedwait(&cv, &mu, &ts));
	R(pthread_mutex_trylock(&mu));
	pthread_mutex_unlock(&mu);
}
