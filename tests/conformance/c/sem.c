// semget(2), semop(2), semtimedop(2), semctl(2).
// variants: static musl
#include "p.h"
#include <sys/ipc.h>
#include <sys/sem.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif

static key_t newkey(void) { return 0x50000000 | getpid() << 4 | 2; }
static int fresh(int n) { return must(semget(IPC_PRIVATE, n, IPC_CREAT | 0600)); }
static long ctl(int id, int n, int cmd, long arg) { return RAW(semctl, id, n, cmd, arg); }
static void gone(int id) { must(ctl(id, 0, IPC_RMID, 0)); }

static void values(int id)
{
	unsigned short v[64];
	struct semid_ds d;
	if (ctl(id, 0, IPC_STAT, (long)&d) < 0 || ctl(id, 0, GETALL, (long)v) < 0) { say("values: %s", ename(errno)); return; }
	char b[512] = "", *p = b;
	for (int i = 0; i < (int)d.sem_nsems && i < 8; i++) {
		int pid = ctl(id, i, GETPID, 0);
		p += sprintf(p, " %d/%s/%ld/%ld", v[i], pid == getpid() ? "me" : pid ? "other" : "none", ctl(id, i, GETNCNT, 0), ctl(id, i, GETZCNT, 0));
	}
	time_t now = time(0);
	say("mode %o n %lu%s%s:%s", d.sem_perm.mode, (long)d.sem_nsems, d.sem_otime ? now - d.sem_otime < 100 ? " used" : " bad otime" : "",
		now - d.sem_ctime < 100 ? "" : " bad ctime", b);
}

static int op1(int id, int n, int op, int flg)
{
	struct sembuf b = {n, op, flg};
	return semop(id, &b, 1);
}

CASE(get)
{
	key_t k = newkey();
	S(semget, IPC_PRIVATE, 0, 0600);
	S(semget, IPC_PRIVATE, -1, 0600);
	S(semget, IPC_PRIVATE, 32001, 0600);
	S(semget, k, 1, 0);
	S(semget, k, 0, IPC_CREAT | 0600);
	int id = must(semget(k, 3, IPC_CREAT | IPC_EXCL | 0640));
	S(semget, k, 3, IPC_CREAT | IPC_EXCL | 0640);
	R(semget(k, 0, 0) == id);
	R(semget(k, 3, IPC_CREAT) == id);
	S(semget, k, 4, 0);
	S(semget, k, 4, IPC_CREAT | 0666);
	values(id);
	child("other", {
		drop();
		R(semget(k, 0, 0) == id);
		S(semget, k, 0, 0400);
		S(semget, k, 0, 6);
		S(semctl, id, 0, IPC_STAT, BAD);
		S(semctl, id, 0, GETVAL, 0);
		S(semctl, id, 0, SETVAL, 1);
		S(semctl, id, 9, SETVAL, 1);
		S(semctl, id, 9, GETVAL, 0);
		S(semctl, id, 0, GETALL, BAD);
		S(semctl, id, 0, SETALL, BAD);
		S(semctl, id, 0, IPC_RMID, 0);
		R(op1(id, 0, 1, 0));
		R(op1(id, 0, 0, 0));
		R(op1(id, 9, 0, 0));
	});
	gone(id);
	S(semget, k, 0, 0);
	S(semctl, id, 0, IPC_STAT, BAD);
	S(semctl, id, 0, GETVAL, 0);
}

CASE(control)
{
	int id = fresh(4);
	values(id);
	S(semctl, id, 0, SETVAL, 5);
	S(semctl, id, 1, SETVAL, 32767);
	S(semctl, id, 1, SETVAL, 32768);
	S(semctl, id, 1, SETVAL, -1);
	S(semctl, -1, 1, SETVAL, -1);
	S(semctl, id, 4, SETVAL, 0);
	S(semctl, id, -1, SETVAL, 0);
	S(semctl, id, 0, GETVAL, 0);
	S(semctl, id, 4, GETVAL, 0);
	S(semctl, id, -1, GETPID, 0);
	S(semctl, id, 99, GETNCNT, 0);
	S(semctl, id, 99, GETZCNT, 0);
	values(id);
	unsigned short v[4] = {1, 2, 3, 32767}, w[4] = {1, 2, 40000, 3};
	S(semctl, id, 77, SETALL, v);
	values(id);
	S(semctl, id, 0, SETALL, w);
	S(semctl, id, 0, SETALL, BAD);
	S(semctl, id, 0, GETALL, BAD);
	S(semctl, id, 88, GETALL, v);
	struct semid_ds d;
	S(semctl, id, 0, IPC_STAT, BAD);
	must(ctl(id, 0, IPC_STAT, (long)&d));
	d.sem_perm.mode = 01755;
	S(semctl, id, 0, IPC_SET, &d);
	values(id);
	d.sem_perm.uid = -1;
	S(semctl, id, 0, IPC_SET, &d);
	S(semctl, id, 0, IPC_SET, BAD);
	S(semctl, id, 0, 99, &d);
	S(semctl, -1, 0, 99, &d);
	S(semctl, -1, 0, GETALL, v);
	S(semctl, -1, 0, SETALL, BAD);
	struct seminfo i;
	RZ(ctl(0, 0, IPC_INFO, (long)&i));
	say("%d %d %d %d %d %d %d %d %d %d", i.semmap, i.semmni, i.semmns, i.semmnu, i.semmsl, i.semopm, i.semume, i.semusz, i.semvmx, i.semaem);
	int max;
	RZ(max = ctl(0, 0, SEM_INFO, (long)&i));
	say("some %d %d, %d %d", i.semusz > 0, i.semaem >= 4, i.semmni, i.semvmx);
	S(semctl, -1, 0, IPC_INFO, &i);
	S(semctl, 0, 0, IPC_INFO, BAD);
	int index = -1;
	for (int n = 0; n <= max; n++) if (ctl(n, 0, SEM_STAT, (long)&d) == id) index = n;
	say("found %d", index >= 0);
	R(ctl(index, 0, SEM_STAT_ANY, (long)&d) == id);
	child("other", {
		drop();
		S(semctl, id, 0, IPC_SET, &d);
		must(ctl(id, 0, IPC_STAT, (long)&d));
		S(semctl, id, 0, IPC_SET, &d);
		S(semctl, id, 0, IPC_RMID, 0);
		S(semctl, id, 0, GETVAL, 0);
		S(semctl, id, 0, SETVAL, 0);
		S(semctl, id, 0, SETALL, BAD);
		S(semctl, id, 0, GETALL, v);
		R(op1(id, 0, -1, IPC_NOWAIT));
		R(op1(id, 0, 0, IPC_NOWAIT));
	});
	gone(id);
}

CASE(op)
{
	int id = fresh(3);
	struct sembuf none;
	S(semop, id, &none, 0);
	S(semop, -1, &none, 0);
	S(semop, id, &none, 501);
	S(semop, -1, &none, -1);
	S(semop, id, BAD, 1);
	S(semop, -1, BAD, 1);
	S(semop, -1, &none, 1);
	R(op1(id, 3, 1, 0));
	R(op1(id, 0, 3, 0));
	R(op1(id, 0, -4, IPC_NOWAIT));
	R(op1(id, 0, 0, IPC_NOWAIT));
	R(op1(id, 0, -3, 0));
	R(op1(id, 0, 0, 0));
	R(op1(id, 0, 32767, 0));
	R(op1(id, 0, 1, 0));
	values(id);
	struct sembuf all[3] = {{0, -1, 0}, {1, 5, 0}, {2, -1, IPC_NOWAIT}};
	R(semop(id, all, 3));
	values(id);
	all[2].sem_op = 1;
	R(semop(id, all, 3));
	values(id);
	struct sembuf twice[4] = {{1, -5, 0}, {1, 0, IPC_NOWAIT}, {1, 2, 0}, {1, -2, IPC_NOWAIT}};
	R(semop(id, twice, 4));
	values(id);
	struct sembuf back[2] = {{1, 1, 0}, {1, -2, IPC_NOWAIT}};
	R(semop(id, back, 2));
	values(id);
	struct sembuf many[500];
	for (int i = 0; i < 500; i++) many[i] = (struct sembuf){i % 3, i % 3 == 0 ? 0 : 1, 0};
	must(ctl(id, 0, SETVAL, 0));
	R(semop(id, many, 500));
	values(id);
	gone(id);
}

CASE(timed)
{
	int id = fresh(1);
	struct sembuf b = {0, -1, 0};
	struct timespec t = {0, 30000000}, bad = {0, 1000000000}, neg = {-1, 0}, zero = {0, 0};
	int64_t a = now_ns();
	S(semtimedop, id, &b, 1, &t);
	say("waited %d", now_ns() - a >= 30000000);
	S(semtimedop, id, &b, 1, &zero);
	S(semtimedop, id, &b, 1, &bad);
	S(semtimedop, id, &b, 1, &neg);
	S(semtimedop, id, &b, 1, BAD);
	S(semtimedop, -1, &b, 0, BAD);
	S(semtimedop, id, &b, 0, &bad);
	S(semtimedop, id, BAD, 1, &bad);
	S(semtimedop, -1, &b, 1, &bad);
	b.sem_op = 1;
	S(semtimedop, id, &b, 1, &bad);
	S(semtimedop, id, &b, 1, &zero);
	S(semtimedop, id, &b, 1, 0);
	values(id);
	gone(id);
}

CASE(sleepers)
{
	int id = fresh(2), st;
	pid_t p[4];
	int ops[4] = {-2, -1, 0, -3};
	must(ctl(id, 0, SETVAL, 0));
	must(ctl(id, 1, SETVAL, 1));
	for (int i = 0; i < 4; i++) {
		if (!(p[i] = must(fork()))) _exit(op1(id, i == 2, ops[i], 0) ? errno : 0);
		asleep(p[i], p[i]);
	}
	values(id);
	R(op1(id, 0, 1, 0));
	must(waitpid(p[1], &st, 0));
	say("the second %s", swait(st));
	values(id);
	R(op1(id, 1, -1, 0));
	must(waitpid(p[2], &st, 0));
	say("the one for zero %s", swait(st));
	values(id);
	R(op1(id, 0, 6, 0));
	must(waitpid(p[0], &st, 0));
	say("the first %s", swait(st));
	must(waitpid(p[3], &st, 0));
	say("the last %s", swait(st));
	values(id);
	if (!(p[0] = must(fork()))) _exit(op1(id, 0, -100, 0) ? errno == EIDRM ? 43 : 1 : 0);
	asleep(p[0], p[0]);
	if (!(p[1] = must(fork()))) _exit(op1(id, 0, -2, 0) ? errno : 0);
	asleep(p[1], p[1]);
	values(id);
	S(semctl, id, 0, SETVAL, 2);
	must(waitpid(p[1], &st, 0));
	say("by SETVAL %s", swait(st));
	gone(id);
	must(waitpid(p[0], &st, 0));
	say("removed %s", swait(st));
	// One that is killed leaves the queue.
	id = fresh(1);
	if (!(p[0] = must(fork()))) _exit(op1(id, 0, -1, 0) ? errno : 0);
	asleep(p[0], p[0]);
	kill(p[0], SIGKILL);
	must(waitpid(p[0], &st, 0));
	values(id);
	gone(id);
}

static void ignore(int s) {}

CASE(interrupted)
{
	int id = fresh(1);
	struct sigaction a = {.sa_handler = ignore, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &a, 0);
	struct itimerval it = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &it, 0);
	R(op1(id, 0, -1, 0));
	setitimer(ITIMER_REAL, &it, 0);
	struct timespec t = {5, 0};
	struct sembuf b = {0, -1, 0};
	S(semtimedop, id, &b, 1, &t);
	values(id);
	gone(id);
}

CASE(undo)
{
	static int id;
	id = fresh(3);
	unsigned short v[3] = {5, 5, 5};
	must(ctl(id, 0, SETALL, (long)v));
	child("takes", { op1(id, 0, -2, SEM_UNDO); op1(id, 1, 3, SEM_UNDO); op1(id, 2, -1, 0); values(id); });
	values(id);
	child("killed", { op1(id, 0, -2, SEM_UNDO); raise(SIGKILL); });
	values(id);
	child("undone by itself", { op1(id, 0, -2, SEM_UNDO); op1(id, 0, 2, SEM_UNDO); });
	values(id);
	child("never below zero", { op1(id, 1, 3, SEM_UNDO); must(ctl(id, 1, GETVAL, 0)); });
	child("never below zero", { op1(id, 1, 3, SEM_UNDO); struct sembuf b = {1, -7, 0}; semop(id, &b, 1); });
	values(id);
	child("SETVAL forgets", { op1(id, 0, -2, SEM_UNDO); ctl(id, 0, SETVAL, 1); });
	values(id);
	child("SETALL forgets", { op1(id, 1, 1, SEM_UNDO); ctl(id, 0, SETALL, (long)v); });
	values(id);
	child("range", {
		must(ctl(id, 0, SETVAL, 0));
		R(op1(id, 0, 32767, SEM_UNDO));
		R(op1(id, 0, -32767, 0));
		R(op1(id, 0, 1, SEM_UNDO));
		R(op1(id, 0, 1, SEM_UNDO));
		R(op1(id, 0, -2, IPC_NOWAIT));
	});
	values(id);
	must(ctl(id, 0, SETVAL, 5));
	// A fork child has none of its parent's; exec keeps them.
	child("fork", { op1(id, 0, -1, SEM_UNDO); if (!fork()) _exit(0); wait(0); values(id); });
	values(id);
	child("exec", { op1(id, 0, -1, SEM_UNDO); execl("/bin/true", "true", (char *)0); });
	values(id);
	// The list is the process's, not the thread's that made it.
	child("threads", {
		void *f(void *x) { op1(id, 0, -1, SEM_UNDO); return 0; }
		pthread_t t;
		pthread_create(&t, 0, f, 0);
		pthread_join(t, 0);
		say("after the thread %ld", ctl(id, 0, GETVAL, 0));
	});
	values(id);
	child("shared by clone", {
		static char stack[16384] __attribute__((aligned(16)));
		int f(void *x) { op1(id, 0, -1, SEM_UNDO); return 0; }
		int pid = must(clone(f, stack + sizeof stack, CLONE_SYSVSEM | SIGCHLD, 0));
		waitpid(pid, 0, 0);
		say("after the child %ld", ctl(id, 0, GETVAL, 0));
		pid = must(clone(f, stack + sizeof stack, SIGCHLD, 0));
		waitpid(pid, 0, 0);
		say("after another %ld", ctl(id, 0, GETVAL, 0));
		R(unshare(CLONE_SYSVSEM));
		say("after unshare %ld", ctl(id, 0, GETVAL, 0));
	});
	values(id);
	// What is given back wakes who waits for it.
	must(ctl(id, 0, SETVAL, 0));
	must(ctl(id, 1, SETVAL, 1));
	pid_t p = must(fork());
	if (!p) { op1(id, 1, -1, SEM_UNDO); settle(); _exit(0); }
	until(ctl(id, 1, GETVAL, 0) == 0);
	R(op1(id, 1, -1, 0));
	must(waitpid(p, 0, 0));
	values(id);
	p = must(fork());
	if (!p) { op1(id, 0, -1, SEM_UNDO); _exit(0); }
	asleep(p, p);
	R(op1(id, 0, 1, 0));
	must(waitpid(p, 0, 0));
	values(id);
	gone(id);
	child("set is gone", { int id = fresh(1); op1(id, 0, 1, SEM_UNDO); gone(id); });
}

CASE(contention)
{
	// A lock and a counter that several processes share.
	int id = fresh(1);
	must(ctl(id, 0, SETVAL, 1));
	volatile long *n = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++) if (!must(fork())) {
		for (int j = 0; j < 200; j++) { op1(id, 0, -1, SEM_UNDO); long v = *n; if (j % 50 == 0) sched_yield(); *n = v + 1; op1(id, 0, 1, SEM_UNDO); }
		_exit(0);
	}
	while (wait(0) > 0) ;
	say("%ld", *n);
	gone(id);
}

CASE(proc)
{
	int id = fresh(3);
	FILE *f = fopen("/proc/sysvipc/sem", "r");
	char line[512];
	say("%s", fgets(line, sizeof line, f));
	while (fgets(line, sizeof line, f)) {
		int key, n, mode, a, b, at = 0;
		if (sscanf(line, "%d %d %o %d %d%n", &key, &n, &mode, &a, &b, &at) < 5 || n != id) continue;
		say("key %d mode %o, %d %d, %d characters to there, %zu long", key, mode, a, b, at, strlen(line));
	}
	fclose(f);
	must(semctl(id, 0, IPC_RMID));
}
