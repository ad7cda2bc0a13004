// variants: static musl
// futex(2): waiting, waking, requeueing, bitsets, timeouts, priority
// inheritance, robust lists.
#include "p.h"

// musl's compiler sees no kernel headers.
enum { FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI,
	FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_PRIVATE_FLAG = 128, FUTEX_CLOCK_REALTIME = 256 };
enum { FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR };
enum { FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_GT };
#define FUTEX_OP(op, oparg, cmp, cmparg) ((unsigned)(op) << 28 | (cmp) << 24 | (oparg) << 12 | (cmparg))

#define FUTEX(addr, op, val, t, addr2, val3) RAW(futex, addr, op, val, t, addr2, val3)

static int word, word2;
static volatile int woken, waiting;
static volatile pid_t tids[64];
static int slot;
struct waiter { int *addr, op; unsigned bits; };
static void *wait_on(void *x)
{
	struct waiter *w = x;
	tids[__atomic_fetch_add(&slot, 1, __ATOMIC_SEQ_CST) % 64] = RAW(gettid);
	__atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
	long r = FUTEX(w->addr, w->op, 0, 0, 0, w->bits);
	if (r == 0) __atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
	return (void *)(r < 0 ? (long)errno : r);
}
// start puts n threads to sleep on w and returns when they are.
static void start(pthread_t *t, int n, struct waiter *w)
{
	waiting = woken = slot = 0;
	for (int i = 0; i < n; i++) must(pthread_create(t + i, 0, wait_on, w) ? -1 : 0);
	until(waiting == n);
	for (int i = 0; i < n; i++) asleep(getpid(), tids[i]);
}

CASE(errors)
{
	struct timespec t = {0, 0}, bad = {0, 1000000000}, neg = {-1, 0};
	S(futex, &word, FUTEX_WAIT, 1, 0, 0, 0);
	S(futex, &word, FUTEX_WAIT, 0, &t, 0, 0);
	S(futex, &word, FUTEX_WAIT, 0, &bad, 0, 0);
	S(futex, &word, FUTEX_WAIT, 0, &neg, 0, 0);
	S(futex, &word, FUTEX_WAIT, 0, BAD, 0, 0);
	S(futex, (char *)&word + 1, FUTEX_WAIT, 0, 0, 0, 0);
	S(futex, (char *)&word + 1, FUTEX_WAKE, 1, 0, 0, 0);
	S(futex, BAD, FUTEX_WAIT, 0, 0, 0, 0);
	S(futex, KERN, FUTEX_WAIT, 0, 0, 0, 0);
	S(futex, 0, FUTEX_WAIT, 0, 0, 0, 0);
	S(futex, BAD, FUTEX_WAKE, 1, 0, 0, 0);
	S(futex, BAD, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	S(futex, KERN, FUTEX_WAKE, 1, 0, 0, 0);
	S(futex, &word, FUTEX_WAKE, 1, 0, 0, 0);
	S(futex, &word, 99, 1, 0, 0, 0);
	S(futex, &word, FUTEX_WAIT_BITSET, 0, &t, 0, 0);
	S(futex, &word, FUTEX_WAKE_BITSET, 1, 0, 0, 0);
	S(futex, &word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, &t, 0, 0);
	S(futex, &word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, &t, 0, 0);
	S(futex, &word, FUTEX_CMP_REQUEUE, 1, 1, &word2, 5);
	S(futex, &word, FUTEX_CMP_REQUEUE, -1, 1, &word2, 0);
	S(futex, &word, FUTEX_CMP_REQUEUE, 1, -1, &word2, 0);
	S(futex, &word, FUTEX_REQUEUE, 1, 1, BAD, 0);
	S(futex, &word, FUTEX_REQUEUE, 1, 1, (char *)&word2 + 2, 0);
	int *ro = rdonly();
	S(futex, ro, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &t, 0, 0);
	S(futex, ro, FUTEX_WAIT, 0, &t, 0, 0);
	S(futex, ro, FUTEX_WAKE, 1, 0, 0, 0);
}

CASE(wake)
{
	pthread_t t[5];
	struct waiter w = {&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG};
	start(t, 5, &w);
	S(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 2, 0, 0, 0);
	until(woken == 2);
	S(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	S(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1000, 0, 0, 0);
	for (int i = 0; i < 5; i++) pthread_join(t[i], 0);
	say("woken %d", woken);
	S(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	w.op = FUTEX_WAIT;
	start(t, 1, &w);
	S(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0); // another kind of key
	S(futex, &word, FUTEX_WAKE, 1, 0, 0, 0);
	pthread_join(t[0], 0);
}

CASE(bitset)
{
	pthread_t t[3];
	struct waiter a = {&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 1}, b = {&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 2}, c = {&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG};
	start(t, 1, &a);
	start(t + 1, 1, &b);
	start(t + 2, 1, &c);
	S(futex, &word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 10, 0, 0, 2); // and those that match anything
	S(futex, &word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 10, 0, 0, 4);
	S(futex, &word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 10, 0, 0, 1);
	for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
}

CASE(timeout)
{
	struct timespec t = {0, 30000000};
	int64_t a = now_ns();
	S(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &t, 0, 0);
	say("waited %d", now_ns() - a >= 30000000);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += 30000000;
	if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
	a = now_ns();
	S(futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &t, 0, -1);
	say("waited %d", now_ns() - a >= 25000000);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 30000000;
	if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
	a = now_ns();
	S(futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, &t, 0, -1);
	say("waited %d", now_ns() - a >= 25000000);
	t = (struct timespec){1, 0}; // long past
	S(futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &t, 0, -1);
}

static void ignore(int s) {}

CASE(interrupted)
{
	struct sigaction a = {.sa_handler = ignore};
	sigaction(SIGALRM, &a, 0);
	struct itimerval it = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &it, 0);
	S(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, 0);
	setitimer(ITIMER_REAL, &it, 0);
	struct timespec t = {0, 100000000};
	S(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &t, 0, 0);
}

CASE(requeue)
{
	pthread_t t[6];
	struct waiter w = {&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG};
	start(t, 6, &w);
	S(futex, &word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 3, &word2, 0);
	until(woken == 1);
	S(futex, &word2, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, 0, 0, 0);
	until(woken == 4);
	S(futex, &word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, 1, &word2, 0);
	S(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, 0, 0, 0);
	S(futex, &word2, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, 0, 0, 0);
	for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
	say("woken %d", woken);
}

CASE(wake_op)
{
	pthread_t t[3];
	struct waiter a = {&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG};
	start(t, 3, &a);
	word2 = 4;
	// word2 = 7; one waiter of word; those of word2 if it was 4.
	S(futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, &word2, FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 4));
	say("word2 %d", word2);
	S(futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 1, &word2, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_GT, 100));
	say("word2 %d", word2);
	S(futex, &word2, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, &word, FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0));
	S(futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 10, 1, &word2, FUTEX_OP(FUTEX_OP_XOR, 1, FUTEX_OP_CMP_NE, 0));
	say("word2 %d", word2);
	for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
	S(futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, BAD, 0);
	S(futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, &word2, 0xf0000000);
	S(futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, &word2, 0x0f000000);
}

CASE(shared)
{
	int *a = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, PAGE));
	int *f = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *g = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t pid = must(fork());
	if (!pid) {
		*a = 1;
		FUTEX(a + 1, FUTEX_WAIT, 0, 0, 0, 0);
		FUTEX(f, FUTEX_WAIT, 0, 0, 0, 0);
		_exit(8);
	}
	until(*(volatile int *)a == 1);
	settle();
	S(futex, a + 1, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	S(futex, a + 1, FUTEX_WAKE, 1, 0, 0, 0);
	settle();
	S(futex, g, FUTEX_WAKE, 1, 0, 0, 0); // by another view of the file
	int st;
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
}

CASE(pi)
{
	int tid = RAW(gettid);
	struct timespec t = {0, 0};
	S(futex, &word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	say("owned %d", word == tid);
	S(futex, &word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	S(futex, &word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	S(futex, &word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	say("free %d", word == 0);
	S(futex, &word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	word = 1 << 22;
	S(futex, &word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	S(futex, &word, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 0, &t, &word, -1);
	S(futex, BAD, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	S(futex, BAD, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	pthread_mutexattr_t ma;
	static pthread_mutex_t m;
	static volatile int n;
	pthread_mutexattr_init(&ma);
	R(pthread_mutexattr_setprotocol(&ma, PTHREAD_PRIO_INHERIT));
	pthread_mutex_init(&m, &ma);
	void *f(void *x) { for (int i = 0; i < 200; i++) { pthread_mutex_lock(&m); int v = n; sched_yield(); n = v + 1; pthread_mutex_unlock(&m); } return 0; }
	pthread_t th[4];
	for (int i = 0; i < 4; i++) pthread_create(th + i, 0, f, 0);
	for (int i = 0; i < 4; i++) pthread_join(th[i], 0);
	say("counted %d", n);
}

// pi_lock takes a lock with a time-out in ms on the clock of LOCK_PI.
static long pi_lock(int *w, long ms)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	while (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
	return FUTEX(w, FUTEX_LOCK_PI, 0, &t, 0, 0);
}

CASE(pi_waiting)
{
	static int lock, other;
	static volatile int go, r1, r2;
	static volatile pid_t tid;
	void *holder(void *x) {
		tid = RAW(gettid);
		R(pi_lock(&lock, 5000));
		go = 1;
		while (go == 1) nap_ms(1);
		R(FUTEX(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
		go = 3;
		while (go == 3) nap_ms(1);
		return 0;
	}
	pthread_t t;
	pthread_create(&t, 0, holder, 0);
	until(go == 1);
	say("owned %d", lock == tid);
	R(pi_lock(&lock, 30));
	say("waiters bit %d", (unsigned)lock >> 31);
	S(futex, &lock, FUTEX_TRYLOCK_PI, 0, 0, 0, 0);
	S(futex, &lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
	void *waiter(void *x) { r1 = pi_lock(&lock, 5000); r2 = lock == RAW(gettid) || (lock & 0x3fffffff) == RAW(gettid); R(FUTEX(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0)); return 0; }
	pthread_t w;
	pthread_create(&w, 0, waiter, 0);
	nap_ms(50);
	S(futex, &lock, 13, 0, (&(struct timespec){1, 0}), 0, 0); // FUTEX_LOCK_PI2
	go = 2;
	pthread_join(w, 0);
	say("given %d, owner %d, free %d", r1, r2, (lock & 0x3fffffff) == 0);
	until(go == 3);
	go = 4;
	pthread_join(t, 0);
	// Two that wait for each other.
	static volatile int step;
	lock = other = 0;
	void *second(void *x) { pi_lock(&other, 5000); step = 1; r1 = pi_lock(&lock, 5000); FUTEX(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0); FUTEX(&other, FUTEX_UNLOCK_PI, 0, 0, 0, 0); return 0; }
	pi_lock(&lock, 5000);
	pthread_create(&t, 0, second, 0);
	until(step == 1);
	until(lock < 0);
	R(pi_lock(&other, 5000));
	R(FUTEX(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
	pthread_join(t, 0);
	say("the other %d", r1);
	struct timespec bad = {0, 1000000000};
	S(futex, &lock, FUTEX_LOCK_PI, 0, &bad, 0, 0);
	S(futex, &lock, FUTEX_LOCK_PI, 0, BAD, 0, 0);
	S(futex, (char *)&lock + 1, FUTEX_LOCK_PI, 0, 0, 0, 0);
	S(futex, (char *)&lock + 1, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
	S(futex, &lock, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0);
	int *ro = rdonly();
	S(futex, ro, FUTEX_LOCK_PI, 0, 0, 0, 0);
}

CASE(pi_signal)
{
	// The handler runs, and the call goes on.
	static int lock;
	static volatile int go, n;
	struct sigaction a = {.sa_handler = ignore};
	void *holder(void *x) { sigset_t s; sigfillset(&s); pthread_sigmask(SIG_BLOCK, &s, 0); pi_lock(&lock, 5000); go = 1; nap_ms(120); FUTEX(&lock, FUTEX_UNLOCK_PI, 0, 0, 0, 0); return 0; }
	sigaction(SIGALRM, &a, 0);
	pthread_t t;
	pthread_create(&t, 0, holder, 0);
	until(go == 1);
	struct itimerval it = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &it, 0);
	R(pi_lock(&lock, 5000));
	pthread_join(t, 0);
}

CASE(pi_shared)
{
	// Processes, by other addresses of the same file.
	int fd = must(open("f", O_RDWR | O_CREAT, 0600)), st;
	must(ftruncate(fd, 2 * PAGE));
	int *a = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *b = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	volatile int *n = a;
	R(pi_lock(b, 5000));
	pid_t p = must(fork());
	if (!p) {
		if (pi_lock(a + PAGE / sizeof(int), 5000) < 0) _exit(errno);
		n[1] = a[PAGE / sizeof(int)] == getpid() || (a[PAGE / sizeof(int)] & 0x3fffffff) == getpid();
		_exit(FUTEX(a + PAGE / sizeof(int), FUTEX_UNLOCK_PI, 0, 0, 0, 0) < 0 ? errno : 0);
	}
	until(*(volatile int *)b < 0);
	R(FUTEX(b, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
	must(waitpid(p, &st, 0));
	say("%s, owned %d", swait(st), n[1]);
	for (int i = 0; i < 4; i++) if (!must(fork())) {
		for (int j = 0; j < 100; j++) { pi_lock(b, 5000); int v = n[2]; if (j % 10 == 0) sched_yield(); n[2] = v + 1; FUTEX(b, FUTEX_UNLOCK_PI, 0, 0, 0, 0); }
		_exit(0);
	}
	while (wait(0) > 0) ;
	say("%d", n[2]);
}

CASE(pi_robust)
{
	pthread_mutexattr_t ma;
	static pthread_mutex_t m;
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	if (pthread_mutexattr_setprotocol(&ma, PTHREAD_PRIO_INHERIT)) { say("no PI mutexes"); return; }
	pthread_mutex_init(&m, &ma);
	static volatile int held;
	void *f(void *x) { pthread_mutex_lock(&m); held = 1; settle(); return 0; }
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	until(held);
	R(pthread_mutex_lock(&m) == EOWNERDEAD); // it waits, and is given the lock
	R(pthread_mutex_consistent(&m));
	R(pthread_mutex_unlock(&m));
	pthread_join(t, 0);
	held = 0;
	pthread_create(&t, 0, f, 0);
	pthread_join(t, 0);
	R(pthread_mutex_trylock(&m) == EOWNERDEAD);
	R(pthread_mutex_unlock(&m));
	R(pthread_mutex_lock(&m) == ENOTRECOVERABLE);
	// A process that is killed.
	pthread_mutex_t *s = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_setpshared(&ma, 1);
	pthread_mutex_init(s, &ma);
	volatile int *go = (int *)(s + 1);
	pid_t p = must(fork());
	if (!p) { pthread_mutex_lock(s); *go = 1; pause(); }
	until(*go);
	pid_t k = must(fork());
	if (!k) { settle(); kill(p, SIGKILL); _exit(0); }
	R(pthread_mutex_lock(s) == EOWNERDEAD);
	R(pthread_mutex_consistent(s));
	R(pthread_mutex_unlock(s));
	must(waitpid(p, 0, 0));
	must(waitpid(k, 0, 0));
	child("execs with a lock", { pthread_mutex_lock(s); execl("/bin/true", "true", (char *)0); });
	R(pthread_mutex_lock(s) == EOWNERDEAD);
}

CASE(requeue_pi)
{
	static int cond, lock;
	static volatile int got[3], order;
	static volatile pid_t tids[3];
	struct timespec late;
	void *f(void *x) {
		long i = (long)x;
		tids[i] = RAW(gettid);
		long r = FUTEX(&cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 0, 0, &lock, 0);
		got[i] = r < 0 ? -errno : (lock & 0x3fffffff) == RAW(gettid) ? ++order : 99;
		if (r == 0) FUTEX(&lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
		return 0;
	}
	pthread_t t[3];
	for (long i = 0; i < 3; i++) { pthread_create(t + i, 0, f, (void *)i); until(tids[i]); asleep(getpid(), tids[i]); }
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 1, 0, &lock, 1);
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 2, 0, &lock, 0);
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 1, -1, &lock, 0);
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 1, 0, &cond, 0);
	S(futex, &lock, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 1, 1, &lock, 0);
	nap_ms(30);
	say("none yet %d", order == 0);
	S(futex, &lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	pthread_join(t[0], 0);
	pthread_join(t[1], 0);
	say("%d %d", got[0], got[1]);
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 1, 5, &lock, 0);
	pthread_join(t[2], 0);
	say("%d, free %d", got[2], (lock & 0x3fffffff) == 0);
	S(futex, &cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 0, 0, &cond, 0);
	S(futex, &cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, 0, &lock, 0);
	clock_gettime(CLOCK_MONOTONIC, &late);
	S(futex, &cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 0, &late, &lock, 0);
	S(futex, &cond, 12 | FUTEX_PRIVATE_FLAG, 1, 5, &lock, 0);
}

CASE(robust)
{
	struct { void *next; long off; void *pending; } head, *got;
	size_t len;
	struct node { struct node *next; int word; } node;
	S(get_robust_list, 0, &got, &len);
	say("length %zu", len);
	S(set_robust_list, &head, 12);
	S(get_robust_list, 1 << 22, &got, &len);
	S(get_robust_list, 0, BAD, &len);
	S(get_robust_list, 0, &got, BAD);
	// A thread that dies with locks held marks their words and wakes a waiter.
	static volatile int held;
	static pthread_mutex_t m;
	pthread_mutexattr_t ma;
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&m, &ma);
	void *f(void *x) { pthread_mutex_lock(&m); held = 1; settle(); return 0; }
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	until(held);
	R(pthread_mutex_lock(&m) == EOWNERDEAD);
	R(pthread_mutex_consistent(&m));
	R(pthread_mutex_unlock(&m));
	R(pthread_mutex_lock(&m));
	pthread_join(t, 0);
}

CASE(robust_process)
{
	pthread_mutexattr_t ma;
	pthread_mutex_t *m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&ma, 1);
	pthread_mutex_init(m, &ma);
	child("exits", pthread_mutex_lock(m));
	R(pthread_mutex_lock(m) == EOWNERDEAD);
	pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);
	child("is killed", { pthread_mutex_lock(m); raise(SIGKILL); });
	R(pthread_mutex_lock(m) == EOWNERDEAD);
	pthread_mutex_unlock(m);
	R(pthread_mutex_lock(m) == ENOTRECOVERABLE);
}

CASE(bad_robust_list)
{
	// A list that leads nowhere, or in a circle, hurts nobody.
	child("nowhere", { RAW(set_robust_list, BAD, 24); });
	child("kernel", { RAW(set_robust_list, KERN, 24); });
	child("circle", {
		static struct { void *next; long off; void *pending; } h;
		static void *loop[2];
		loop[0] = &loop[1], loop[1] = &loop[0];
		h.next = &loop[0];
		RAW(set_robust_list, &h, 24);
	});
	say("still here");
}

CASE(clear_child_tid)
{
	// The kernel clears and wakes the word that set_tid_address named.
	int *w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	R(RAW(set_tid_address, &word) == getpid());
	static volatile int gone;
	static char stack[16384] __attribute__((aligned(16)));
	*w = 7;
	int f(void *x) { settle(); return 0; }
	int pid = must(clone(f, stack + sizeof stack, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, 0, w));
	struct timespec t = {5, 0};
	long r = FUTEX(w, FUTEX_WAIT, 7, &t, 0, 0);
	say("woken %d, cleared %d", r == 0 || errno == EAGAIN, *w == 0);
	must(waitpid(pid, 0, 0));
}

CASE(contention)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
	static long n, turn;
	void *f(void *x) {
		for (int i = 0; i < 300; i++) {
			pthread_mutex_lock(&m);
			while (turn != (long)x) pthread_cond_wait(&c, &m);
			n++;
			turn = (turn + 1) % 4;
			pthread_cond_broadcast(&c);
			pthread_mutex_unlock(&m);
		}
		return 0;
	}
	pthread_t t[4];
	for (long i = 0; i < 4; i++) pthread_create(t + i, 0, f, (void *)i);
	for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
	say("%ld", n);
}

CASE(shared_requeue)
{
	// Processes that wait for one word of shared memory, woken, moved to a
	// second one, or left.
	enum { N = 60, WAKE = 10, MOVE = 30 };
	int *w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[N];
	for (int i = 0; i < N; i++) {
		pid[i] = must(fork());
		if (!pid[i]) {
			struct timespec t = {60, 0};
			_exit(FUTEX(w, FUTEX_WAIT, 0, &t, 0, 0) ? 1 : 0);
		}
	}
	for (int i = 0; i < N; i++) asleep(pid[i], pid[i]);
	S(futex, w, FUTEX_CMP_REQUEUE, WAKE, MOVE, w + 1, 0);
	S(futex, w, FUTEX_WAKE, N, 0, 0, 0);
	S(futex, w + 1, FUTEX_WAKE, N, 0, 0, 0);
	int bad = 0;
	for (int i = 0; i < N; i++) {
		int st = 0;
		waitpid(pid[i], &st, 0);
		bad += st != 0;
	}
	say("timed out %d", bad);
}

// The newer calls, by number: musl knows none of them.
#undef SYS_futex_waitv
#define SYS_futex_waitv 449
#define SYS_futex_wake 454
#define SYS_futex_wait 455
#define SYS_futex_requeue 456
struct waitv { uint64_t val, uaddr; uint32_t flags, reserved; };
enum { U32 = 2, NUMA = 4, PRIV = 128 };

static struct timespec soon(clockid_t clock, long ms)
{
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_nsec += ms % 1000 * 1000000, t.tv_sec += ms / 1000;
	if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
	return t;
}

CASE(waitv_errors)
{
	struct waitv v[2] = {{0, (long)&word, U32 | PRIV, 0}, {0, (long)&word2, U32 | PRIV, 0}};
	struct timespec t = soon(CLOCK_MONOTONIC, 10), wrong = {0, 1000000000};
	S(futex_waitv, v, 2, 0, &t, CLOCK_MONOTONIC);
	t = soon(CLOCK_REALTIME, 10);
	S(futex_waitv, v, 2, 0, &t, CLOCK_REALTIME);
	S(futex_waitv, v, 2, 1, 0, 0);
	S(futex_waitv, v, 0, 0, 0, 0);
	S(futex_waitv, v, 129, 0, 0, 0);
	S(futex_waitv, 0, 1, 0, 0, 0);
	S(futex_waitv, BAD, 1, 0, 0, 0);
	S(futex_waitv, v, 1, 0, &t, CLOCK_BOOTTIME);
	S(futex_waitv, v, 1, 0, &wrong, CLOCK_MONOTONIC);
	S(futex_waitv, v, 1, 0, BAD, CLOCK_MONOTONIC);
	v[1].val = 1;
	S(futex_waitv, v, 2, 0, 0, 0);
	v[1].val = 0, v[1].reserved = 1;
	S(futex_waitv, v, 2, 0, 0, 0);
	v[1].reserved = 0, v[1].flags = PRIV;
	S(futex_waitv, v, 2, 0, 0, 0);
	v[1].flags = U32 | PRIV | 64;
	S(futex_waitv, v, 2, 0, 0, 0);
	v[1].flags = U32 | PRIV, v[1].uaddr = (long)&word2 + 1;
	S(futex_waitv, v, 2, 0, 0, 0);
	v[1].uaddr = (long)BAD;
	S(futex_waitv, v, 2, 0, 0, 0);
}

static int many[128];
static void *wait_many(void *x)
{
	struct waitv v[128];
	for (int i = 0; i < 128; i++) v[i] = (struct waitv){0, (long)&many[i], U32 | PRIV, 0};
	tids[0] = RAW(gettid);
	__atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
	return (void *)RAW(futex_waitv, v, 128, 0, 0, 0);
}

CASE(waitv)
{
	for (int i = 0; i < 128; i += 127) {
		pthread_t t;
		void *r;
		waiting = 0;
		pthread_create(&t, 0, wait_many, 0);
		until(waiting == 1);
		asleep(getpid(), tids[0]);
		S(futex, &many[i], FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
		pthread_join(t, &r);
		say("woken by %ld", (long)r);
	}
	// Across processes.
	int *w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = must(fork());
	if (!pid) {
		struct waitv v[2] = {{0, (long)w, U32, 0}, {0, (long)(w + 9), U32, 0}};
		_exit(RAW(futex_waitv, v, 2, 0, 0, 0));
	}
	asleep(pid, pid);
	S(futex, w + 9, FUTEX_WAKE, 1, 0, 0, 0);
	int st;
	waitpid(pid, &st, 0);
	say("child %s", swait(st));
}

CASE(futex2)
{
	struct timespec t = soon(CLOCK_MONOTONIC, 10);
	S(futex_wait, &word, 0, 1, U32 | PRIV, &t, CLOCK_MONOTONIC);
	S(futex_wait, &word, 1, 1, U32 | PRIV, 0, 0);
	S(futex_wait, &word, 0, 0, U32 | PRIV, 0, 0);
	S(futex_wait, &word, 0, 1UL << 32, U32 | PRIV, 0, 0);
	S(futex_wait, &word, 1UL << 32, 1, U32 | PRIV, 0, 0);
	S(futex_wait, &word, 0, 1, PRIV, 0, 0);
	S(futex_wait, &word, 0, 1, U32 | PRIV | 64, 0, 0);
	S(futex_wait, BAD, 0, 1, U32 | PRIV, 0, 0);
	S(futex_wait, &word, 0, 1, U32 | PRIV, &t, CLOCK_BOOTTIME);
	S(futex_wake, &word, 1, 1, U32 | PRIV);
	S(futex_wake, &word, 0, 1, U32 | PRIV);
	S(futex_wake, &word, 1, 1, PRIV);
	S(futex_wake, (char *)&word + 1, 1, 1, U32 | PRIV);
	struct waitv v[2] = {{0, (long)&word, U32 | PRIV, 0}, {0, (long)&word2, U32 | PRIV, 0}};
	S(futex_requeue, v, 0, 1, 1);
	S(futex_requeue, v, 1, 1, 1);
	S(futex_requeue, v, 0, -1, 1);
	S(futex_requeue, BAD, 0, 1, 1);
	v[0].val = 1;
	S(futex_requeue, v, 0, 1, 1);
	v[0].val = 0;

	pthread_t th[5];
	struct waiter w = {&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 6};
	start(th, 5, &w);
	S(futex_wake, &word, 1, 9, U32 | PRIV);
	S(futex_wake, &word, 2, 1, U32 | PRIV);
	S(futex_requeue, v, 0, 1, 2);
	S(futex_wake, &word2, 4, 9, U32 | PRIV);
	S(futex_wake, &word, -1U, 9, U32 | PRIV);
	for (int i = 0; i < 5; i++) pthread_join(th[i], 0);
	say("woken %d", woken);
}

CASE(futex2_signal)
{
	struct sigaction a = {.sa_handler = ignore};
	sigaction(SIGALRM, &a, 0);
	struct itimerval it = {{0, 0}, {0, 30000}};
	struct waitv v = {0, (long)&word, U32 | PRIV, 0};
	setitimer(ITIMER_REAL, &it, 0);
	S(futex_waitv, &v, 1, 0, 0, 0);
	setitimer(ITIMER_REAL, &it, 0);
	S(futex_wait, &word, 0, 1, U32 | PRIV, 0, 0);
	struct timespec t = soon(CLOCK_MONOTONIC, 10000);
	setitimer(ITIMER_REAL, &it, 0);
	S(futex_waitv, &v, 1, 0, &t, CLOCK_MONOTONIC);
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, 0);
	t = soon(CLOCK_MONOTONIC, 100);
	setitimer(ITIMER_REAL, &it, 0);
	S(futex_waitv, &v, 1, 0, &t, CLOCK_MONOTONIC);
	t = soon(CLOCK_MONOTONIC, 100);
	setitimer(ITIMER_REAL, &it, 0);
	S(futex_wait, &word, 0, 1, U32 | PRIV, &t, CLOCK_MONOTONIC);
}
