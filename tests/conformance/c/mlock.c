// mlock(2), mlock2(2), mlockall(2), and the limits of memory: RLIMIT_MEMLOCK,
// RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK.
#include "p.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
static char *anon(int pages) { return mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static void limit(int what, long n) { struct rlimit l = {n, n}; must(setrlimit(what, &l)); }
static void resident(char *p, int pages)
{
	unsigned char v[16];
	char b[17] = "";
	must(mincore(p, pages * PAGE, v));
	for (int i = 0; i < pages; i++) b[i] = '0' + (v[i] & 1);
	b[pages] = 0;
	say("resident %s", b);
}
static long locked_kb(void)
{
	char line[200];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, f)) sscanf(line, "VmLck: %ld", &kb);
	fclose(f);
	return kb;
}

// deep touches the stack 400 KiB further down.
__attribute__((noinline)) static void deep(void)
{
	volatile char b[400 << 10];
	b[0] = 1;
}

CASE(lock)
{
	char *p = anon(4);
	S(mlock, p, 2 * PAGE);
	resident(p, 4);
	say("%ld kB", locked_kb());
	S(mlock, p + 1, PAGE);
	S(mlock, p, 0);
	S(mlock, p, -1L);
	S(mlock, p, -PAGE);
	S(mlock, BAD, PAGE);
	S(mlock, KERN, PAGE);
	S(mlock2, p + 2 * PAGE, PAGE, MLOCK_ONFAULT);
	resident(p, 4);
	S(mlock2, p, PAGE, 2);
	S(mlock2, p + 2 * PAGE, PAGE, 0);
	resident(p, 4);
	say("%ld kB", locked_kb());
	S(munlock, p, PAGE);
	say("%ld kB", locked_kb());
	munmap(p + PAGE, PAGE);
	say("%ld kB", locked_kb());
	S(mlock, p, 4 * PAGE); // a hole
	S(munlock, p, 4 * PAGE);
	S(munlock, BAD, PAGE);
	char *none = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	S(mlock, none, PAGE);
	S(munlock, none, PAGE);
	say("%ld kB", locked_kb());
	char *l = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	resident(l, 2);
	say("%ld kB", locked_kb());
	child("fork", say("%ld kB", locked_kb()));
	munmap(l, 2 * PAGE);
	S(mlockall, 0);
	S(mlockall, 8);
	S(mlockall, MCL_CURRENT | MCL_FUTURE | 4 | 8);
	S(mlockall, 4);
	S(mlockall, MCL_FUTURE);
	l = anon(2);
	resident(l, 2);
	S(munlockall);
	say("%ld kB", locked_kb());
	l = anon(2);
	resident(l, 2);
	S(mlockall, MCL_FUTURE | 4);
	l = anon(2);
	resident(l, 2);
	S(munlockall);
}

CASE(limits)
{
	char *p = anon(64);
	child("a user's limit", {
		drop();
		limit(RLIMIT_MEMLOCK, 8 * PAGE);
		S(mlock, p, 8 * PAGE);
		S(mlock, p, 9 * PAGE);
		S(mlock, p, 8 * PAGE); // what is locked does not count again
		S(mlock, p + 8 * PAGE, PAGE);
		R(mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED);
		say("%s", ename(errno));
		S(munlock, p, PAGE);
		S(mlock, p + 8 * PAGE, PAGE);
		S(mlockall, MCL_CURRENT);
		S(mlockall, MCL_FUTURE);
	});
	child("none for a user", {
		drop();
		limit(RLIMIT_MEMLOCK, 0);
		S(mlock, p, PAGE);
		S(mlock2, p, PAGE, MLOCK_ONFAULT);
		S(mlockall, MCL_FUTURE);
		S(munlock, p, PAGE);
		S(munlockall);
		R(mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED);
		say("%s", ename(errno));
	});
	child("RLIMIT_AS", {
		limit(RLIMIT_AS, 200 << 20);
		R(mmap(0, 300 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
		say("%s", ename(errno));
		char *q = mmap(0, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		R(q != MAP_FAILED);
		R(mremap(q, 64 << 20, 300 << 20, MREMAP_MAYMOVE) == MAP_FAILED);
		say("%s", ename(errno));
		R(sbrk(300 << 20) == (void *)-1);
		say("%s", ename(errno));
		R(mmap(q, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == q);
	});
	child("RLIMIT_DATA", {
		limit(RLIMIT_DATA, 64 << 20);
		R(mmap(0, 100 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
		say("%s", ename(errno));
		R(mmap(0, 100 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
		R(mmap(0, 100 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
		char *q = mmap(0, 100 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		R(mprotect(q, 100 << 20, PROT_READ | PROT_WRITE));
		R(sbrk(100 << 20) == (void *)-1);
	});
	child("RLIMIT_STACK", {
		limit(RLIMIT_STACK, 256 << 10);
		deep();
	});
	child("within RLIMIT_STACK", {
		deep();
	});
}

CASE(grows_down)
{
	char *top = mmap(0, 256 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(top, 256 * PAGE);
	char *p = mmap(top + 250 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	R(p == top + 250 * PAGE);
	child("grows", { p[-1] = 1; p[-PAGE - 1] = 2; say("%d %d", p[-1], p[-PAGE - 1]); });
	child("with a gap", { p[-20 * PAGE] = 1; say("%d %d", p[-20 * PAGE], p[-10 * PAGE]); });
	char *wall = mmap(top + 200 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	R(wall == top + 200 * PAGE);
	child("near another one", { wall[PAGE] = 1; });
	R(mmap(wall, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED);
	say("%s", ename(errno));
	R(mmap(wall - PAGE, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED);
	say("%s", ename(errno));
	R(mmap(0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0) == MAP_FAILED);
	say("%s", ename(errno));
	R(mmap(0, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) == MAP_FAILED);
	say("%s", ename(errno));
}

CASE(remap)
{
	char *p = anon(8), *q;
	for (int i = 0; i < 8; i++) p[i * PAGE] = 'a' + i;
	S(mremap, p, 8 * PAGE, 0, MREMAP_MAYMOVE, 0);
	S(mremap, p + 1, PAGE, PAGE, 0, 0);
	S(mremap, p, PAGE, PAGE, 8, 0);
	S(mremap, p, PAGE, PAGE, MREMAP_FIXED, 0);
	S(mremap, p, PAGE, 2 * PAGE, 4, 0); // MREMAP_DONTUNMAP without MAYMOVE
	S(mremap, p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | 4, 0);
	S(mremap, p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE);
	S(mremap, p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE + 1);
	S(mremap, BAD, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
	S(mremap, p, 0, PAGE, MREMAP_MAYMOVE, 0); // private: no copy
	R(mremap(p, 8 * PAGE, 4 * PAGE, 0) == p);
	R(mremap(p, 4 * PAGE, 6 * PAGE, 0) == p);
	say("%c %d", p[3 * PAGE], p[4 * PAGE]);
	char *room = anon(16);
	R(mremap(p, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room) == room);
	say("%c", room[PAGE]);
	RZ(q = mremap(room, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | 4, 0));
	say("%c %d", q[PAGE], room[PAGE]);
	R(mremap(room, 16 * PAGE, 20 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	say("%s", ename(errno));
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, 8 * PAGE));
	char *s = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	strcpy(s, "file");
	RZ(q = mremap(s, 0, 2 * PAGE, MREMAP_MAYMOVE));
	strcpy(q + 10, "both");
	say("%s %s", q, s + 10);
	RZ(q = mremap(q, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
	q[3 * PAGE] = 'e';
	char c = 0;
	pread(fd, &c, 1, 4 * PAGE);
	say("%c", c);
}
