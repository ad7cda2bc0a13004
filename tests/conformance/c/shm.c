// shmget(2), shmat(2), shmdt(2), shmctl(2).
#include "p.h"
#include <sys/ipc.h>
#include <sys/shm.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#define SEG (3 * PAGE)

static int fresh(void) { return must(shmget(IPC_PRIVATE, SEG, IPC_CREAT | 0600)); }
static void drop_seg(int id) { must(shmctl(id, IPC_RMID, 0)); }
static key_t newkey(void) { return 0x40000000 | getpid() << 4 | 1; }

static void stat_of(int id)
{
	struct shmid_ds d;
	memset(&d, 0x5a, sizeof d);
	if (shmctl(id, IPC_STAT, &d) < 0) { say("stat: %s", ename(errno)); return; }
	time_t now = time(0);
	say("size %zu mode %o attached %lu mine %d%d cpid %d lpid %d%s%s%s key %d", d.shm_segsz, d.shm_perm.mode, (long)d.shm_nattch,
		d.shm_perm.uid == geteuid(), d.shm_perm.cgid == getegid(), d.shm_cpid == getpid(), d.shm_lpid == getpid(),
		d.shm_lpid ? "" : " none", d.shm_atime ? now - d.shm_atime < 100 ? " attached" : " bad atime" : "",
		d.shm_dtime ? now - d.shm_dtime < 100 ? " detached" : " bad dtime" : "", d.shm_perm.__key == 0);
}

CASE(get)
{
	key_t k = newkey();
	S(shmget, IPC_PRIVATE, 0, 0600);
	S(shmget, IPC_PRIVATE, -1, 0600);
	S(shmget, k, SEG, 0);
	S(shmget, k, 0, IPC_CREAT | 0600);
	int id = must(shmget(k, SEG, IPC_CREAT | IPC_EXCL | 0640));
	S(shmget, k, SEG, IPC_CREAT | IPC_EXCL | 0640);
	R(shmget(k, 0, 0) == id);
	R(shmget(k, SEG, IPC_CREAT) == id);
	S(shmget, k, SEG + 1, 0);
	S(shmget, k, SEG + PAGE, IPC_CREAT | 0666);
	R(shmget(k, PAGE, 0777) == id); // root may
	stat_of(id);
	drop_seg(id);
	S(shmget, k, SEG, 0);
	S(shmget, k, SEG, IPC_EXCL);
	RZ(id = shmget(k, 1, IPC_CREAT | SHM_NORESERVE));
	stat_of(id);
	drop_seg(id);
	S(shmctl, id, IPC_STAT, BAD);
	S(shmget, IPC_PRIVATE, SEG, SHM_HUGETLB | 0600);
	int a = fresh(), b = fresh();
	say("different %d", a != b);
	drop_seg(a), drop_seg(b);
	child("other", {
		must(shmget(k, SEG, IPC_CREAT | 0400));
		drop();
		RZ(shmget(k, SEG, 0));
		S(shmget, k, SEG, 0400);
		S(shmget, k, SEG, 0200);
		S(shmget, k, SEG, 4);
	});
	drop_seg(must(shmget(k, 0, 0)));
}

CASE(attach)
{
	int id = fresh();
	char *p;
	RZ(p = shmat(id, 0, 0));
	stat_of(id);
	say("zero %d", p[0] == 0 && p[SEG - 1] == 0);
	strcpy(p, "hello");
	char *q;
	RZ(q = shmat(id, 0, SHM_RDONLY));
	say("apart %d, same bytes %d", p != q, !strcmp(q, "hello"));
	stat_of(id);
	child("write to a read-only one", *q = 1);
	R(mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	R(mprotect(q, PAGE, PROT_READ | PROT_EXEC));
	stat_of(id);
	R(mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	R(shmdt(p + 1));
	R(shmdt(p + PAGE));
	R(shmdt(p));
	R(shmdt(p));
	stat_of(id);
	say("%s", q);
	R(shmdt(q));
	stat_of(id);
	drop_seg(id);
	S(shmat, id, 0, 0);
	S(shmat, -1, 0, 0);
	S(shmat, 0x7fffffff, 0, 0);
	S(shmdt, 0);
	S(shmdt, -1);
	S(shmdt, BAD);
}

CASE(place)
{
	int id = fresh();
	char *hole = mmap(0, 16 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(hole + 4 * PAGE, 8 * PAGE);
	R((char *)shmat(id, hole + 4 * PAGE, 0) == hole + 4 * PAGE);
	S(shmat, id, hole + 5 * PAGE, 0);
	S(shmat, id, hole + 10 * PAGE, 0);
	S(shmat, id, hole + 8 * PAGE + 1, 0);
	R((char *)shmat(id, hole + 8 * PAGE + 100, SHM_RND) == hole + 8 * PAGE);
	S(shmat, id, 0, SHM_REMAP);
	S(shmat, id, 100, SHM_RND | SHM_REMAP);
	R((char *)shmat(id, hole + 4 * PAGE, SHM_REMAP) == hole + 4 * PAGE);
	R((char *)shmat(id, hole, SHM_REMAP | SHM_RDONLY) == hole);
	S(shmat, id, -PAGE, 0);
	S(shmat, id, KERN, 0);
	S(shmat, id, NONCANON, SHM_REMAP);
	stat_of(id);
	R((char *)shmat(id, hole + 12 * PAGE + 1, SHM_RND | SHM_REMAP | SHM_EXEC) == hole + 12 * PAGE);
	R(shmdt(hole + 12 * PAGE));
	R(shmdt(hole + 8 * PAGE));
	R(shmdt(hole + 4 * PAGE));
	R(shmdt(hole));
	stat_of(id);
	drop_seg(id);
}

CASE(split)
{
	// Each area of an attachment counts; shmdt takes all of them.
	int id = fresh();
	must(shmdt((void *)must((long)shmat(id, 0, 0))));
	char *p = (void *)must((long)shmat(id, 0, 0));
	R(munmap(p + PAGE, PAGE));
	stat_of(id);
	R(shmdt(p));
	stat_of(id);
	p = (void *)must((long)shmat(id, 0, 0));
	R(munmap(p, PAGE));
	stat_of(id);
	R(shmdt(p)); // the first area found fits by its offset
	stat_of(id);
	p = (void *)must((long)shmat(id, 0, 0));
	R(munmap(p, SEG));
	stat_of(id);
	p = (void *)must((long)shmat(id, 0, 0));
	char *q;
	RZ(q = mremap(p, SEG, SEG, MREMAP_MAYMOVE | MREMAP_FIXED, p - 64 * PAGE));
	stat_of(id);
	R(shmdt(p));
	R(shmdt(q));
	stat_of(id);
	drop_seg(id);
}

CASE(sharing)
{
	int id = fresh();
	volatile int *p = (void *)must((long)shmat(id, 0, 0));
	pid_t pid = must(fork());
	if (!pid) {
		while (!p[0]) sched_yield();
		p[1] = 42;
		struct shmid_ds d;
		shmctl(id, IPC_STAT, &d);
		p[2] = d.shm_nattch;
		_exit(0);
	}
	p[0] = 1;
	must(waitpid(pid, 0, 0));
	say("child wrote %d and saw %d attached", p[1], p[2]);
	struct shmid_ds d;
	must(shmctl(id, IPC_STAT, &d));
	say("attached %lu, last was the child %d", (long)d.shm_nattch, d.shm_lpid == pid);
	// Another process attaches by its id.
	child("attach", { volatile int *q = shmat(id, 0, 0); q[3] = 7; say("sees %d", q[1]); stat_of(id); });
	say("%d", p[3]);
	child("inherits and execs", { execl("/bin/true", "true", (char *)0); });
	stat_of(id);
	child("vforks", { if (!vfork()) _exit(0); stat_of(id); });
	child("killed", { raise(SIGKILL); });
	must(shmctl(id, IPC_STAT, &d));
	say("attached %lu", (long)d.shm_nattch);
	// Private copies are not made: what a child writes is seen.
	child("writes", p[5] = 9);
	say("%d", p[5]);
	drop_seg(id);
	stat_of(id);
	child("removed but inherited", { say("%d", p[5]); stat_of(id); });
	R(shmdt((void *)p));
	stat_of(id);
}

CASE(remove)
{
	int id = fresh();
	char *p = (void *)must((long)shmat(id, 0, 0));
	strcpy(p, "stays");
	S(shmctl, id, IPC_RMID, 0);
	stat_of(id);
	say("%s", p);
	char *q;
	RZ(q = shmat(id, 0, 0)); // Linux lets one attach to a removed segment
	say("%s", q);
	S(shmctl, id, IPC_RMID, 0);
	R(shmdt(q));
	R(shmdt(p));
	S(shmctl, id, IPC_RMID, 0);
	S(shmat, id, 0, 0);
	S(shmctl, -1, IPC_RMID, 0);
	key_t k = newkey();
	id = must(shmget(k, SEG, IPC_CREAT | 0600));
	p = (void *)must((long)shmat(id, 0, 0));
	drop_seg(id);
	S(shmget, k, SEG, 0); // removed: its key is free
	int id2;
	RZ(id2 = shmget(k, PAGE, IPC_CREAT | IPC_EXCL | 0600));
	say("another %d", id != id2);
	drop_seg(id2);
}

CASE(control)
{
	int id = fresh();
	struct shmid_ds d;
	must(shmctl(id, IPC_STAT, &d));
	d.shm_perm.mode = 0707 | 01000;
	S(shmctl, id, IPC_SET, &d);
	stat_of(id);
	d.shm_perm.uid = -1;
	S(shmctl, id, IPC_SET, &d);
	S(shmctl, id, IPC_SET, BAD);
	S(shmctl, id, IPC_STAT, BAD);
	S(shmctl, id, 99, &d);
	S(shmctl, -1, 99, &d);
	S(shmctl, id, -1, &d);
	S(shmctl, -1, IPC_STAT, &d);
	S(shmctl, 0x7fffffff, IPC_STAT, &d);
	S(shmctl, id, SHM_LOCK, 0);
	stat_of(id);
	S(shmctl, id, SHM_UNLOCK, 0);
	stat_of(id);
	struct shminfo i;
	RZ(shmctl(0, IPC_INFO, (void *)&i));
	say("max %#lx min %lu mni %lu seg %lu all %#lx", i.shmmax, i.shmmin, i.shmmni, i.shmseg, i.shmall);
	struct shm_info u;
	RZ(shmctl(0, SHM_INFO, (void *)&u));
	say("some %d", u.used_ids > 0 && u.shm_tot >= 3);
	S(shmctl, 0, IPC_INFO, BAD);
	S(shmctl, -1, IPC_INFO, &i);
	S(shmctl, 0, SHM_INFO, BAD);
	int index = -1, max = shmctl(0, SHM_INFO, (void *)&u);
	for (int n = 0; n <= max; n++) if (shmctl(n, SHM_STAT, &d) == id) index = n;
	say("found %d", index >= 0);
	R(shmctl(index, SHM_STAT_ANY, &d) == id);
	say("size %zu", d.shm_segsz);
	S(shmctl, -1, SHM_STAT, &d);
	child("another user", {
		drop();
		struct shmid_ds d;
		S(shmctl, id, IPC_STAT, &d);
		S(shmctl, id, IPC_RMID, 0);
		S(shmctl, id, SHM_LOCK, 0);
		RZ(shmat(id, 0, 0));
		RZ(shmat(id, 0, SHM_RDONLY));
	});
	must(shmctl(id, IPC_STAT, &d));
	d.shm_perm.mode = 0604, d.shm_perm.uid = 77;
	must(shmctl(id, IPC_SET, &d));
	child("one who may read", {
		drop();
		stat_of(id);
		R(shmctl(index, SHM_STAT, &d) == id);
		S(shmat, id, 0, 0);
		S(shmat, id, 0, SHM_RDONLY | SHM_EXEC);
		RZ(shmat(id, 0, SHM_RDONLY));
		S(shmctl, id, IPC_SET, &d);
	});
	child("its owner", {
		must(RAW(setresuid, 77, 77, 77));
		must(shmctl(id, IPC_STAT, &d));
		S(shmctl, id, IPC_SET, &d);
		S(shmctl, id, IPC_RMID, 0);
	});
	stat_of(id);
}

CASE(maps)
{
	int id = fresh();
	char *p = (void *)must((long)shmat(id, 0, SHM_RDONLY));
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	while (fgets(line, sizeof line, f)) {
		unsigned long from, to, off;
		char prot[8], name[256] = "";
		unsigned ma, mi;
		long ino;
		sscanf(line, "%lx-%lx %7s %lx %x:%x %ld %255[^\n]", &from, &to, prot, &off, &ma, &mi, &ino, name);
		char *n = name;
		while (*n == ' ') n++;
		if (from == (long)p) say("%lu pages %s at %lu %s, inode is the id %d", (to - from) / PAGE, prot, off, n, ino == id);
	}
	fclose(f);
	drop_seg(id);
}

CASE(pages)
{
	// What the calls on memory say to a segment.
	int id = fresh();
	char *p = (void *)must((long)shmat(id, 0, 0));
	memset(p, 'x', SEG);
	R(madvise(p, SEG, MADV_DONTNEED));
	say("kept %c", *p);
	R(msync(p, SEG, MS_SYNC));
	R(mlock(p, SEG));
	R(munlock(p, SEG));
	unsigned char v[3];
	R(mincore(p, SEG, v));
	char *q;
	RZ(q = mremap(p, SEG, SEG + PAGE, MREMAP_MAYMOVE));
	child("behind the end", q[SEG] = 1);
	drop_seg(id);
}

CASE(proc)
{
	int id = fresh();
	must(shmat(id, 0, 0));
	FILE *f = fopen("/proc/sysvipc/shm", "r");
	char line[512];
	say("%s", fgets(line, sizeof line, f));
	while (fgets(line, sizeof line, f)) {
		int key, n, mode, cpid, lpid, attached, uid, gid, at = 0;
		unsigned long size;
		if (sscanf(line, "%d %d %o %lu %d %d %d %d %d%n", &key, &n, &mode, &size, &cpid, &lpid, &attached, &uid, &gid, &at) < 9 || n != id) continue;
		say("key %d mode %o size %lu mine %d %d attached %d uid %d gid %d, %zu long", key, mode, size, cpid == getpid(), lpid == getpid(),
			attached, uid, gid, strlen(line));
	}
	fclose(f);
	drop_seg(id);
}
