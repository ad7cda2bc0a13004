// msgget(2), msgsnd(2), msgrcv(2), msgctl(2).
// variants: static musl
#include "p.h"
#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#ifndef MSG_EXCEPT
#define MSG_EXCEPT 020000
#endif
#ifndef MSG_STAT
#define MSG_STAT 11
#define MSG_INFO 12
struct msginfo { int msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql; unsigned short msgseg; };
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

struct text { long type; char text[8200]; };

static key_t newkey(void) { return 0x60000000 | getpid() << 4 | 3; }
static int fresh(void) { return must(msgget(IPC_PRIVATE, IPC_CREAT | 0600)); }
static void gone(int id) { must(msgctl(id, IPC_RMID, 0)); }
static long sent(int id, long type, const char *s, int flg)
{
	struct text t = {type};
	strcpy(t.text, s);
	return RAW(msgsnd, id, &t, strlen(s), flg);
}
static void got(int id, long size, long type, int flg)
{
	struct text t = {-7};
	memset(t.text, '#', sizeof t.text);
	long r = RAW(msgrcv, id, &t, size, type, flg);
	if (r < 0) say("receive %ld of type %ld flags %o: %s", size, type, flg, ename(errno));
	else say("receive %ld of type %ld flags %o: %ld, type %ld \"%.*s\"%s", size, type, flg, r, t.type, (int)(r > 20 ? 20 : r), t.text, t.text[r] == '#' ? "" : " and more");
}
static void stat_of(int id)
{
	struct msqid_ds d;
	if (msgctl(id, IPC_STAT, &d) < 0) { say("stat: %s", ename(errno)); return; }
	time_t now = time(0);
	say("mode %o: %lu messages, %lu of %lu bytes, sent by %s%s, taken by %s%s", d.msg_perm.mode, (long)d.msg_qnum, *(long *)((char *)&d + 72),
		(long)d.msg_qbytes, d.msg_lspid == getpid() ? "me" : d.msg_lspid ? "other" : "nobody", d.msg_stime && now - d.msg_stime > 100 ? " bad time" : "",
		d.msg_lrpid == getpid() ? "me" : d.msg_lrpid ? "other" : "nobody", d.msg_rtime && now - d.msg_rtime > 100 ? " bad time" : "");
}

CASE(get)
{
	key_t k = newkey();
	S(msgget, k, 0);
	int id = must(msgget(k, IPC_CREAT | IPC_EXCL | 0640));
	S(msgget, k, IPC_CREAT | IPC_EXCL | 0640);
	R(msgget(k, 0) == id);
	R(msgget(k, IPC_CREAT | 0777) == id);
	stat_of(id);
	child("other", {
		drop();
		R(msgget(k, 0) == id);
		S(msgget, k, 0400);
		S(msgctl, id, IPC_STAT, BAD);
		S(msgctl, id, IPC_RMID, 0);
		R(sent(id, 1, "x", IPC_NOWAIT));
		got(id, 10, 0, IPC_NOWAIT);
	});
	gone(id);
	S(msgget, k, 0);
	stat_of(id);
}

CASE(errors)
{
	int id = fresh();
	struct text t = {1, "abc"};
	S(msgsnd, id, &t, -1, 0);
	S(msgsnd, id, &t, 8193, 0);
	S(msgsnd, -1, &t, 3, 0);
	S(msgsnd, id, BAD, 3, 0);
	S(msgsnd, -1, BAD, -1, 0);
	t.type = 0;
	S(msgsnd, id, &t, 3, 0);
	t.type = -1;
	S(msgsnd, id, &t, 3, 0);
	S(msgsnd, 0x7fffffff, &t, 3, 0);
	t.type = 1;
	S(msgsnd, 0x7fffffff, &t, 3, 0);
	long *e = edge(12);
	*e = 1;
	S(msgsnd, id, e, 5, 0);
	S(msgsnd, 0x7fffffff, e, 5, 0);
	S(msgsnd, id, e, 4, 0);
	S(msgsnd, id, &t, 0, 0);
	stat_of(id);
	S(msgrcv, id, &t, -1, 0, 0);
	S(msgrcv, -1, &t, 10, 0, 0);
	S(msgrcv, 0x7fffffff, &t, 10, 0, 0);
	S(msgrcv, id, &t, 3, 0, 0);
	S(msgrcv, id, BAD, 4, 0, 0);
	stat_of(id); // it is lost
	S(msgrcv, id, e, 0, 0, 0);
	S(msgrcv, id, &t, 4, 0, IPC_NOWAIT);
	S(msgrcv, id, &t, 4, 0, MSG_COPY);
	S(msgrcv, id, &t, 4, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT);
	S(msgrcv, id, &t, 4, 0, MSG_COPY | IPC_NOWAIT);
	gone(id);
}

CASE(types)
{
	int id = fresh();
	for (int i = 0; i < 8; i++) {
		char b[3] = {'m', '0' + i};
		must(sent(id, "31415926"[i] - '0', b, 0));
	}
	stat_of(id);
	got(id, 10, 0, 0);
	got(id, 10, 5, 0);
	got(id, 10, 7, IPC_NOWAIT);
	got(id, 10, -4, 0);
	got(id, 10, -4, 0);
	got(id, 10, 1, MSG_EXCEPT);
	got(id, 10, 0, MSG_COPY | IPC_NOWAIT);
	got(id, 10, 1, MSG_COPY | IPC_NOWAIT);
	got(id, 10, 5, MSG_COPY | IPC_NOWAIT);
	got(id, 1, 0, MSG_COPY | IPC_NOWAIT);
	got(id, 1, 0, MSG_COPY | IPC_NOWAIT | MSG_NOERROR);
	stat_of(id);
	got(id, 1, 0, 0);
	got(id, 1, 0, MSG_NOERROR);
	got(id, 10, LONG_MIN, 0);
	got(id, 0, 0, MSG_NOERROR);
	got(id, 10, -1, IPC_NOWAIT);
	got(id, 10, 0, IPC_NOWAIT);
	stat_of(id);
	must(sent(id, LONG_MAX, "last", 0));
	got(id, 10, LONG_MIN, 0);
	gone(id);
}

CASE(full)
{
	int id = fresh(), st;
	struct text t = {1};
	memset(t.text, 'x', sizeof t.text);
	S(msgsnd, id, &t, 8192, 0);
	S(msgsnd, id, &t, 8192, 0);
	S(msgsnd, id, &t, 1, IPC_NOWAIT);
	S(msgsnd, id, &t, 0, IPC_NOWAIT);
	stat_of(id);
	pid_t p = must(fork());
	if (!p) _exit(sent(id, 9, "waited", 0) ? errno : 0);
	asleep(p, p);
	stat_of(id);
	got(id, 8192, 0, 0);
	must(waitpid(p, &st, 0));
	say("%s", swait(st));
	got(id, 8192, 9, 0);
	if (!(p = must(fork()))) { struct text u = {3}; must(msgsnd(id, &t, 8192, 0)); _exit(msgsnd(id, &u, 8000, 0) ? errno : 0); }
	asleep(p, p);
	gone(id);
	must(waitpid(p, &st, 0));
	say("removed: %d", WEXITSTATUS(st) == EIDRM);
	id = fresh();
	struct msqid_ds d;
	must(msgctl(id, IPC_STAT, &d));
	d.msg_qbytes = 3;
	S(msgctl, id, IPC_SET, &d);
	for (int i = 0; i < 4; i++) S(msgsnd, id, &t, 0, IPC_NOWAIT);
	S(msgsnd, id, &t, 4, IPC_NOWAIT);
	if (!(p = must(fork()))) _exit(msgsnd(id, &t, 10, 0) ? errno : 0);
	asleep(p, p);
	d.msg_qbytes = 100;
	S(msgctl, id, IPC_SET, &d);
	must(waitpid(p, &st, 0));
	say("by IPC_SET: %s", swait(st));
	stat_of(id);
	gone(id);
}

CASE(receivers)
{
	int id = fresh(), st;
	pid_t p[3];
	for (int i = 0; i < 3; i++) {
		if (!(p[i] = must(fork()))) {
			struct text t;
			long r = RAW(msgrcv, id, &t, 4, i, 0);
			_exit(r < 0 ? errno : 100 + r);
		}
		asleep(p[i], p[i]);
	}
	R(sent(id, 2, "ab", 0));
	must(waitpid(p[0], &st, 0));
	say("any: %s", swait(st));
	R(sent(id, 2, "too long", 0));
	must(waitpid(p[2], &st, 0));
	say("of type 2: %d", WEXITSTATUS(st) == E2BIG);
	stat_of(id);
	R(sent(id, 1, "abc", 0));
	must(waitpid(p[1], &st, 0));
	say("of type 1: %s", swait(st));
	stat_of(id);
	if (!(p[0] = must(fork()))) { struct text t; _exit(RAW(msgrcv, id, &t, 4, 77, 0) < 0 ? errno : 0); }
	asleep(p[0], p[0]);
	gone(id);
	must(waitpid(p[0], &st, 0));
	say("removed: %d", WEXITSTATUS(st) == EIDRM);
	id = fresh();
	if (!(p[0] = must(fork()))) { struct text t; _exit(RAW(msgrcv, id, &t, 4, 0, 0) < 0 ? errno : 0); }
	asleep(p[0], p[0]);
	kill(p[0], SIGKILL);
	must(waitpid(p[0], &st, 0));
	R(sent(id, 1, "x", 0));
	stat_of(id);
	gone(id);
}

static void ignore(int s) {}

CASE(interrupted)
{
	int id = fresh();
	struct sigaction a = {.sa_handler = ignore, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &a, 0);
	struct itimerval it = {{0, 0}, {0, 30000}};
	struct text t = {1};
	setitimer(ITIMER_REAL, &it, 0);
	S(msgrcv, id, &t, 4, 0, 0);
	must(msgsnd(id, &t, 8192, 0));
	must(msgsnd(id, &t, 8192, 0));
	setitimer(ITIMER_REAL, &it, 0);
	S(msgsnd, id, &t, 1, 0);
	stat_of(id);
	gone(id);
	// Without a handler the call goes on.
	id = fresh();
	signal(SIGALRM, SIG_IGN);
	pid_t p = must(fork());
	if (!p) { struct text t; _exit(RAW(msgrcv, id, &t, 4, 0, 0) < 0 ? errno : 0); }
	asleep(p, p);
	kill(p, SIGSTOP);
	until(state_of(p, p) == 'T');
	kill(p, SIGCONT);
	asleep(p, p);
	R(sent(id, 1, "x", 0));
	int st;
	must(waitpid(p, &st, 0));
	say("%s", swait(st));
	gone(id);
}

CASE(control)
{
	int id = fresh();
	struct msqid_ds d;
	must(msgctl(id, IPC_STAT, &d));
	d.msg_perm.mode = 01606, d.msg_qbytes = 5000;
	S(msgctl, id, IPC_SET, &d);
	stat_of(id);
	d.msg_perm.uid = -1;
	S(msgctl, id, IPC_SET, &d);
	S(msgctl, id, IPC_SET, BAD);
	S(msgctl, id, IPC_STAT, BAD);
	S(msgctl, id, 99, &d);
	S(msgctl, id, -1, &d);
	S(msgctl, -1, IPC_RMID, 0);
	struct msginfo i;
	RZ(RAW(msgctl, 0, IPC_INFO, &i));
	say("%d %d %d %d %d %d %d %d", i.msgpool, i.msgmap, i.msgmax, i.msgmnb, i.msgmni, i.msgssz, i.msgtql, i.msgseg);
	int max;
	RZ(max = RAW(msgctl, 0, MSG_INFO, &i));
	say("some %d, %d %d", i.msgpool > 0, i.msgmax, i.msgmnb);
	S(msgctl, 0, IPC_INFO, BAD);
	S(msgctl, -1, IPC_INFO, &i);
	int index = -1;
	for (int n = 0; n <= max; n++) if (RAW(msgctl, n, MSG_STAT, &d) == id) index = n;
	say("found %d", index >= 0);
	R(RAW(msgctl, index, MSG_STAT_ANY, &d) == id);
	S(msgctl, -1, MSG_STAT, &d);
	child("other", {
		drop();
		must(msgctl(id, IPC_STAT, &d));
		S(msgctl, id, IPC_SET, &d);
		S(msgctl, id, IPC_RMID, 0);
		R(sent(id, 1, "x", 0));
		got(id, 10, 0, 0);
	});
	d.msg_perm.uid = 77, d.msg_perm.gid = 0, d.msg_perm.mode = 0600, d.msg_qbytes = 16384;
	S(msgctl, id, IPC_SET, &d);
	child("its owner", {
		must(RAW(setresuid, 77, 77, 77));
		must(msgctl(id, IPC_STAT, &d));
		say("limit %lu", (long)d.msg_qbytes);
		d.msg_qbytes = 20000;
		S(msgctl, id, IPC_SET, &d);
		d.msg_qbytes = 16384;
		S(msgctl, id, IPC_SET, &d);
		S(msgctl, id, IPC_RMID, 0);
	});
	stat_of(id);
}

CASE(traffic)
{
	int id = fresh(), back = fresh();
	for (int i = 1; i <= 3; i++) if (!must(fork())) {
		struct text t;
		for (int j = 0; j < 100; j++) {
			must(RAW(msgrcv, id, &t, sizeof t.text, i, 0));
			*(long *)t.text *= i;
			must(RAW(msgsnd, back, &t, 1000, 0));
		}
		_exit(0);
	}
	struct text t;
	long sum = 0, in = 0;
	for (int j = 0; j < 300; j++) {
		t.type = j % 3 + 1;
		*(long *)t.text = j;
		while (RAW(msgsnd, id, &t, 500, IPC_NOWAIT) < 0) { must(RAW(msgrcv, back, &t, sizeof t.text, 0, 0)); sum += *(long *)t.text; in++; t.type = j % 3 + 1; *(long *)t.text = j; }
	}
	for (; in < 300; in++) { must(RAW(msgrcv, back, &t, sizeof t.text, 0, 0)); sum += *(long *)t.text; }
	say("%ld", sum);
	while (wait(0) > 0) ;
	gone(id), gone(back);
}

CASE(proc)
{
	int id = fresh();
	FILE *f = fopen("/proc/sysvipc/msg", "r");
	char line[512];
	say("%s", fgets(line, sizeof line, f));
	while (fgets(line, sizeof line, f)) {
		int key, n, mode, a, b, at = 0;
		if (sscanf(line, "%d %d %o %d %d%n", &key, &n, &mode, &a, &b, &at) < 5 || n != id) continue;
		say("key %d mode %o, %d %d, %d characters to there, %zu long", key, mode, a, b, at, strlen(line));
	}
	fclose(f);
	must(msgctl(id, IPC_RMID, 0));
}

CASE(number_before_buffer)
{
	S(msgctl, -1, IPC_SET, BAD);
	S(msgctl, 0x7fffffff, IPC_SET, BAD);
	S(shmctl, -1, IPC_SET, BAD);
	S(semctl, -1, 0, IPC_SET, BAD);
}

CASE(copy_reads_the_buffer)
{
	int id = must(msgget(IPC_PRIVATE, 0600));
	S(msgrcv, id, BAD, 10, 0, 040000 | IPC_NOWAIT);
	S(msgrcv, id, BAD, 10, 0, 040000);
	char b[100];
	S(msgrcv, id, b, 10, 0, 040000 | IPC_NOWAIT);
	must(msgctl(id, IPC_RMID, 0));
	S(shmget, IPC_PRIVATE, 1UL << 63, 0600);
	S(shmget, IPC_PRIVATE, 100, 04000 | 5 << 26);
}
