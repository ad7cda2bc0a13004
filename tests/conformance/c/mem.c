// mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), brk(2), msync(2),
// mincore(2), mlock(2): results, contents, placement rules and errors.
#include "p.h"
#include <setjmp.h>

static sigjmp_buf jump;
static int fault_sig, fault_code;
static void *fault_at;
static void on_fault(int s, siginfo_t *i, void *u)
{
	fault_sig = s, fault_code = i->si_code, fault_at = i->si_addr;
	siglongjmp(jump, 1);
}
static void catch_faults(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	sigaction(SIGSEGV, &sa, 0);
	sigaction(SIGBUS, &sa, 0);
}
// touch says what an access does.
#define TOUCH(what, addr, access) ({ \
	if (!sigsetjmp(jump, 1)) { access; say("%s: fine", what); } \
	else say("%s: SIG%s code %d at +%ld", what, signame(fault_sig), fault_code, (long)((char *)fault_at - (char *)(addr))); })
#define GET(p) ((void)*(volatile char *)(p))
#define SET(p) ((void)(*(volatile char *)(p) = 1))

static void *map(size_t n, int prot) { return mmap(0, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
#define MR(expr) ({ void *p_ = (expr); say("%s = %s", #expr, p_ == MAP_FAILED ? ename(errno) : "mapped"); p_; })

CASE(anonymous)
{
	char *p = MR(mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	say("aligned %d zero %d", (long)p % PAGE == 0, p[0] == 0 && p[3 * PAGE - 1] == 0);
	memset(p, 7, 3 * PAGE);
	R(munmap(p + PAGE, PAGE));
	catch_faults();
	TOUCH("first", p, GET(p));
	TOUCH("hole", p, GET(p + PAGE));
	TOUCH("third", p, GET(p + 2 * PAGE));
	char *q = MR(mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	say("there %d zero %d", q == p + PAGE, *q == 0);
	q = MR(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	q = mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("a taken hint moves %d", q != p);
	must(munmap(p + PAGE, PAGE));
	q = mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("a free hint is taken %d", q == p + PAGE);
	q = mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	say("over an old one: zero %d", *q == 0);
	MR(mmap(0, 100, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 77, 0)); // fd is not looked at
}

CASE(errors)
{
	put("f", "hello");
	int fd = must(open("f", O_RDWR)), ro = must(open("f", O_RDONLY)), wo = must(open("f", O_WRONLY)), d = must(open(".", O_RDONLY)), p[2];
	must(pipe(p));
	MR(mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	S(mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 100);
	S(mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, 99, 100);
	MR(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
	MR(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_SHARED, ro, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_SHARED, wo, 0));
	MR(mmap(0, PAGE, PROT_WRITE, MAP_SHARED, wo, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, d, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, p[0], 0));
	MR(mmap((void *)100, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	MR(mmap(KERN, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	MR(mmap((void *)0x7ffffffff000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	MR(mmap(0, 1UL << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MR(mmap(0, -1UL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, LONG_MAX & -PAGE));
	MR(mmap(0, PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MR(mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x800000, fd, 0));
	R(munmap(0, 0));
	R(munmap((void *)100, PAGE));
	R(munmap(KERN, PAGE));
	R(munmap((void *)PAGE, -1UL));
	char *q = map(PAGE, PROT_READ);
	R(munmap(q, 0));
	R(munmap(q, 1));
	R(munmap(q, PAGE));
	R(close(fd));
}

CASE(file)
{
	put("f", "hello mapped world");
	int fd = must(open("f", O_RDWR));
	char *pr = MR(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)), *sh = MR(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	say("%s|%s", pr, sh);
	memcpy(sh, "HELLO", 5);
	char b[32] = {0};
	R(pread(fd, b, 31, 0));
	say("read sees %s", b);
	memcpy(pr, "priv", 4);
	R(pread(fd, b, 31, 0));
	say("read sees %s", b);
	R(pwrite(fd, "XYZ", 3, 6));
	say("shared sees %s", sh);
	say("private sees %s", pr);
	sh[100] = 'x'; // beyond the end, inside the page: never in the file
	R(msync(sh, PAGE, MS_SYNC));
	show("f");
	R(ftruncate(fd, 200));
	show("f");
	R(close(fd));
	memcpy(sh, "again", 5);
	R(munmap(sh, PAGE));
	show("f");
	fd = must(open("f", O_RDONLY));
	char *c = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	must(unlink("f"));
	must(close(fd));
	say("unlinked and closed: %.5s", c);
}

CASE(file_faults)
{
	put("f", "hello");
	int fd = must(open("f", O_RDWR));
	char *p = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	catch_faults();
	TOUCH("in the first page", p, GET(p + 4000));
	TOUCH("after the end", p, GET(p + PAGE + 5));
	TOUCH("write after the end", p, SET(p + 2 * PAGE));
	R(ftruncate(fd, 2 * PAGE));
	TOUCH("grown", p, SET(p + PAGE));
	R(ftruncate(fd, 1));
	TOUCH("shrunk", p, GET(p + PAGE));
	say("cut page is zero %d", p[2] == 0);
	R(read(fd, p + PAGE, 1));
	R(write(fd, p + PAGE, 1));
}

CASE(offset)
{
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 4; i++) must(pwrite(fd, &(char){'a' + i}, 1, i * PAGE));
	char *p = mmap(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE);
	say("%c%c", p[0], p[PAGE]);
	p = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	say("%c%c%c", p[0], p[PAGE], p[2 * PAGE]);
	must(munmap(p + PAGE, PAGE));
	p[2 * PAGE] = 'Z';
	char c;
	must(pread(fd, &c, 1, 3 * PAGE));
	say("%c", c);
}

CASE(protect)
{
	catch_faults();
	char *p = map(3 * PAGE, PROT_READ | PROT_WRITE);
	p[0] = p[PAGE] = p[2 * PAGE] = 9;
	R(mprotect(p + PAGE, PAGE, PROT_READ));
	TOUCH("read", p, GET(p + PAGE));
	TOUCH("write", p, SET(p + PAGE + 10));
	TOUCH("beside", p, SET(p + 2 * PAGE));
	R(mprotect(p, 3 * PAGE, PROT_NONE));
	TOUCH("none", p, GET(p + 5));
	R(mprotect(p, 3 * PAGE, PROT_READ | PROT_WRITE));
	say("kept %d %d", p[0], p[PAGE]);
	R(mprotect(p + 1, PAGE, PROT_READ));
	R(mprotect(p, 0, PROT_READ));
	R(mprotect(p, 1, PROT_READ));
	TOUCH("a whole page", p, SET(p + 4000));
	R(mprotect(p, PAGE, 0x40));
	R(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN));
	R(mprotect(p, PAGE, PROT_GROWSDOWN | PROT_GROWSUP));
	R(mprotect(KERN, PAGE, PROT_READ));
	R(mprotect(p, -1UL, PROT_READ));
	must(munmap(p + PAGE, PAGE));
	must(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	R(mprotect(p, 3 * PAGE, PROT_READ));
	TOUCH("before the hole it took effect", p, SET(p));
	put("f", "x");
	int fd = must(open("f", O_RDONLY));
	char *s = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0), *v = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	R(mprotect(s, PAGE, PROT_READ | PROT_WRITE));
	R(mprotect(v, PAGE, PROT_READ | PROT_WRITE));
}

CASE(execute)
{
	catch_faults();
	unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; // mov $42, %eax; ret
	unsigned char *p = map(PAGE, PROT_READ | PROT_WRITE);
	memcpy(p, code, sizeof code);
	TOUCH("not executable", p, ((int (*)(void))p)());
	R(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	say("returns %d", ((int (*)(void))p)());
	TOUCH("not writable", p, SET(p));
	R(mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	p[1] = 43;
	say("returns %d", ((int (*)(void))p)());
	int fd = must(open("code", O_RDWR | O_CREAT, 0700));
	must(write(fd, code, sizeof code));
	int (*f)(void) = mmap(0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	say("from a file %d", f());
	code[1] = 44;
	must(pwrite(fd, code, sizeof code, 0));
	say("after a write %d", f());
}

CASE(shared_with_child)
{
	int *a = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *b = map(PAGE, PROT_READ | PROT_WRITE);
	*a = *b = 1;
	put("f", "0000");
	int fd = must(open("f", O_RDWR));
	char *f = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *g = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	g[3] = 'p';
	child("child writes", { *a = 2; *b = 2; f[0] = 'c'; g[1] = 'c'; say("child: %s", g); });
	say("shared %d private %d file %.4s private file %.4s", *a, *b, f, g);
}

CASE(copy_on_write)
{
	size_t n = 300 * PAGE;
	char *p = map(n, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < n; i += PAGE) p[i] = i / PAGE;
	int st = child("child changes all", {
		int bad = 0;
		for (size_t i = 0; i < n; i += PAGE) bad += p[i] != (char)(i / PAGE), p[i]++;
		say("child saw %d wrong", bad);
	});
	int bad = 0;
	for (size_t i = 0; i < n; i += PAGE) bad += p[i] != (char)(i / PAGE);
	say("parent sees %d wrong", bad);
}

CASE(remap)
{
	catch_faults();
	char *p = map(4 * PAGE, PROT_READ | PROT_WRITE), *q;
	for (int i = 0; i < 4; i++) p[i * PAGE] = 'a' + i;
	q = MR(mremap(p, 4 * PAGE, 2 * PAGE, 0));
	say("shrinks in place %d", p == q);
	TOUCH("tail", p, GET(p + 3 * PAGE));
	q = MR(mremap(p, 2 * PAGE, 4 * PAGE, 0));
	say("in place %d tail zero %d", q == p, p[2 * PAGE] == 0);
	char *wall = mmap(p + 4 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	MR(mremap(p, 4 * PAGE, 5 * PAGE, 0));
	q = MR(mremap(p, 4 * PAGE, 50 * PAGE, MREMAP_MAYMOVE));
	say("moved %d %c%c zero %d", p != q, q[0], q[PAGE], q[49 * PAGE] == 0);
	TOUCH("old place", p, GET(p));
	char *to = map(10 * PAGE, PROT_READ | PROT_WRITE);
	to[0] = 'x';
	p = MR(mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	say("fixed %d %c", p == to, *p);
	TOUCH("moved away", q, GET(q));
	MR(mremap(to, PAGE, 2 * PAGE, MREMAP_FIXED, q));
	MR(mremap(to, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE));
	MR(mremap(to + 1, PAGE, PAGE, MREMAP_MAYMOVE));
	MR(mremap(to, PAGE, 0, MREMAP_MAYMOVE));
	MR(mremap(to, PAGE, PAGE, 0x100));
	MR(mremap((void *)0x1000, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	MR(mremap(to, 20 * PAGE, 30 * PAGE, MREMAP_MAYMOVE));
	must(mprotect(to + PAGE, PAGE, PROT_READ));
	MR(mremap(to, 3 * PAGE, 12 * PAGE, MREMAP_MAYMOVE));
	p = map(2 * PAGE, PROT_READ | PROT_WRITE);
	*p = 'd';
	q = MR(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
	say("%c left behind %d", *q, *p);
	int *s = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *t;
	*s = 5;
	t = MR(mremap(s, 0, PAGE, MREMAP_MAYMOVE)); // a second view of a shared map
	*t = 6;
	say("%d", *s);
}

CASE(remap_file)
{
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 4; i++) must(pwrite(fd, &(char){'a' + i}, 1, i * PAGE));
	char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	char *q = mremap(p, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
	say("%c%c%c", q[0], q[PAGE], q[2 * PAGE]);
	q[PAGE] = 'X';
	char c;
	must(pread(fd, &c, 1, 2 * PAGE));
	say("%c", c);
	catch_faults();
	q = mremap(q, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
	TOUCH("after the end", q, GET(q + 3 * PAGE));
}

CASE(advise)
{
	char *p = map(4 * PAGE, PROT_READ | PROT_WRITE);
	memset(p, 1, 4 * PAGE);
	R(madvise(p + PAGE, PAGE, MADV_DONTNEED));
	say("%d %d %d", p[0], p[PAGE], p[2 * PAGE]);
	R(madvise(p, PAGE, MADV_NORMAL));
	R(madvise(p, PAGE, MADV_RANDOM));
	R(madvise(p, PAGE, MADV_SEQUENTIAL));
	R(madvise(p, PAGE, MADV_WILLNEED));
	R(madvise(p, PAGE, MADV_DONTFORK));
	R(madvise(p, PAGE, MADV_DOFORK));
	R(madvise(p, PAGE, MADV_FREE));
	R(madvise(p, PAGE, MADV_COLD));
	R(madvise(p, PAGE, MADV_DONTDUMP));
	R(madvise(p, PAGE, MADV_DODUMP));
	R(madvise(p + 1, PAGE, MADV_NORMAL));
	R(madvise(p, 0, MADV_NORMAL));
	R(madvise(p, PAGE, 9999));
	R(madvise(p, -1UL, MADV_NORMAL));
	R(madvise(p, 0, 9999));
	must(munmap(p + PAGE, PAGE));
	p[2 * PAGE] = 5;
	R(madvise(p, 4 * PAGE, MADV_DONTNEED));
	say("the rest was done: %d", p[2 * PAGE]);
	char *s = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*s = 3;
	R(madvise(s, PAGE, MADV_DONTNEED));
	say("shared stays %d", *s);
	R(madvise(s, PAGE, MADV_REMOVE));
	say("removed %d", *s);
	R(madvise(s, PAGE, MADV_FREE));
	put("f", "file");
	int fd = must(open("f", O_RDWR));
	char *f = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memcpy(f, "xxxx", 4);
	R(madvise(f, PAGE, MADV_DONTNEED));
	say("from the file again: %.4s", f);
}

CASE(fork_advice)
{
	char *p = map(2 * PAGE, PROT_READ | PROT_WRITE);
	memset(p, 1, 2 * PAGE);
	R(madvise(p, PAGE, MADV_DONTFORK));
	R(madvise(p + PAGE, PAGE, MADV_WIPEONFORK));
	child("wiped", say("%d", p[PAGE]));
	child("not there", GET(p));
	say("parent %d %d", p[0], p[PAGE]);
	R(madvise(p + PAGE, PAGE, MADV_KEEPONFORK));
	R(madvise(p, PAGE, MADV_DOFORK));
	child("both", say("%d %d", p[0], p[PAGE]));
	char *s = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	R(madvise(s, PAGE, MADV_WIPEONFORK));
}

CASE(brk)
{
	char *a = (char *)((RAW(brk, 0) + PAGE - 1) & -PAGE);
	say("to a page %d", (char *)RAW(brk, a) == a);
	say("grows %d", (char *)RAW(brk, a + 3 * PAGE) == a + 3 * PAGE);
	say("zero %d", a[0] == 0 && a[3 * PAGE - 1] == 0);
	a[2 * PAGE] = 7;
	say("shrinks %d", (char *)RAW(brk, a + PAGE) == a + PAGE);
	say("grows %d", (char *)RAW(brk, a + 3 * PAGE) == a + 3 * PAGE);
	say("zero again %d", a[2 * PAGE] == 0);
	say("bad: unchanged %d", (char *)RAW(brk, 1) == a + 3 * PAGE);
	say("kernel: unchanged %d", (char *)RAW(brk, KERN) == a + 3 * PAGE);
	say("odd sizes %d", (char *)RAW(brk, a + 3 * PAGE + 5) == a + 3 * PAGE + 5);
	catch_faults();
	TOUCH("its page", a, SET(a + 3 * PAGE + 100));
	TOUCH("the next page", a, GET(a + 4 * PAGE));
	char *wall = mmap((char *)((long)(a + 10 * PAGE) & -PAGE), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	say("into a map: unchanged %d", (char *)RAW(brk, wall + 2 * PAGE) == a + 3 * PAGE + 5);
	child("child", say("own brk %d", (char *)RAW(brk, a) == a));
	say("parent keeps %d", (char *)RAW(brk, 0) == a + 3 * PAGE + 5);
	struct rlimit l = {0, 0};
	must(munmap(wall, PAGE));
	must(setrlimit(RLIMIT_DATA, &l));
	say("RLIMIT_DATA: unchanged %d", (char *)RAW(brk, a + 100 * PAGE) == a + 3 * PAGE + 5);
	MR(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

CASE(address_limit)
{
	struct rlimit l = {256 << 20, 256 << 20};
	must(setrlimit(RLIMIT_AS, &l));
	MR(mmap(0, 512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MR(mmap(0, 512 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	char *p = MR(mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MR(mremap(p, 64 << 20, 400 << 20, MREMAP_MAYMOVE));
	R(munmap(p, 64 << 20));
}

CASE(sync_core_lock)
{
	put("f", "x");
	int fd = must(open("f", O_RDWR));
	char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *a = map(3 * PAGE, PROT_READ | PROT_WRITE);
	R(msync(p, PAGE, MS_SYNC));
	R(msync(p, PAGE, MS_ASYNC));
	R(msync(p, PAGE, MS_SYNC | MS_INVALIDATE));
	R(msync(p, PAGE, MS_SYNC | MS_ASYNC));
	R(msync(p, PAGE, 0x100));
	R(msync(p + 1, PAGE, MS_SYNC));
	R(msync(p, 0, MS_SYNC));
	R(msync(BAD, PAGE, MS_SYNC));
	R(msync(a, PAGE, MS_SYNC));
	must(munmap(a + PAGE, PAGE));
	R(msync(a, 3 * PAGE, MS_SYNC));
	unsigned char v[4] = {9, 9, 9, 9};
	a = map(3 * PAGE, PROT_READ | PROT_WRITE);
	a[PAGE] = 1;
	R(mincore(a, 3 * PAGE, v));
	say("touched %d beyond %d", v[1] & 1, v[3]);
	R(mincore(a + 1, PAGE, v));
	R(mincore(a, 0, v));
	S(mincore, a, PAGE, BAD);
	R(mincore(BAD, PAGE, v));
	R(mincore(KERN, PAGE, v));
	R(mlock(a, PAGE));
	R(munlock(a, PAGE));
	R(mlock(BAD, PAGE));
	R(munlock(BAD, PAGE));
	R(mlock(a, -1UL));
	S(mlock2, a, PAGE, 1);
	S(mlock2, a, PAGE, 2);
	R(mlockall(MCL_CURRENT | 0x80));
	R(mlockall(0));
	R(munlockall());
	struct rlimit l = {0, 0};
	must(setrlimit(RLIMIT_MEMLOCK, &l));
	drop();
	R(mlock(a, PAGE) == 0 ? 0 : errno);
	MR(mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
}

CASE(stack)
{
	catch_faults();
	// The main stack grows on demand, as far as its limit.
	char *sp = __builtin_frame_address(0);
	TOUCH("1 MiB below", sp, SET(sp - (1 << 20)));
	TOUCH("4 MiB below", sp, SET(sp - (4 << 20)));
	child("beyond the limit", {
		struct rlimit l = {1 << 20, 1 << 20};
		setrlimit(RLIMIT_STACK, &l);
		signal(SIGSEGV, SIG_DFL);
		SET(sp - (7 << 20));
	});
	char *g = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK, -1, 0);
	say("growsdown %d", g != MAP_FAILED);
	SET(g);
}

CASE(many_maps)
{
	char *p = map(2000 * PAGE, PROT_READ | PROT_WRITE);
	for (int i = 0; i < 2000; i += 2) must(mprotect(p + i * PAGE, PAGE, PROT_READ));
	for (int i = 1; i < 2000; i += 2) p[i * PAGE] = 1;
	for (int i = 0; i < 2000; i += 2) must(munmap(p + i * PAGE, PAGE));
	int n = 0;
	for (int i = 1; i < 2000; i += 2) n += p[i * PAGE];
	say("%d", n);
	R(munmap(p, 2000 * PAGE));
	p = map(64 << 20, PROT_READ | PROT_WRITE);
	for (long i = 0; i < 64 << 20; i += PAGE * 16) p[i] = 1;
	R(munmap(p, 64 << 20));
}

CASE(growing_file)
{
	// read, write and the map see the same bytes while the file grows.
	int fd = must(open("f", O_RDWR | O_CREAT, 0600)), bad = 0;
	must(ftruncate(fd, 64 * PAGE));
	unsigned char *p = mmap(0, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), b[64];
	for (int i = 0; i < 64; i++) {
		memset(b, i, sizeof b);
		must(pwrite(fd, b, sizeof b, i * PAGE + 11));
		bad += p[i * PAGE + 11] != i || p[i * PAGE + 74] != i;
		p[i * PAGE + 2000] = i + 1;
		must(pread(fd, b, 1, i * PAGE + 2000));
		bad += b[0] != i + 1;
	}
	say("%d wrong", bad);
	int g = must(open("f", O_RDONLY));
	p[5] = 77;
	must(pread(g, b, 1, 5));
	say("another descriptor sees %d", b[0]);
}

CASE(zero_readonly)
{
	int fd = must(open("/dev/zero", O_RDONLY));
	char *p = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	say("mapped %d", p != MAP_FAILED);
	R(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	int w = must(open("f", O_WRONLY | O_CREAT, 0644));
	S(mmap, 0, 0, PROT_READ, MAP_SHARED, w, 0);
	S(mmap, 0, PAGE, PROT_READ, 0, w, 0);
	S(mmap, 0, PAGE, PROT_READ, 4, w, 0);
	S(mmap, 0, PAGE, PROT_READ, MAP_SHARED, w, 0);
	S(mmap, 0, PAGE, PROT_READ, 0, -1, 0);
}

CASE(resident_shared)
{
	unsigned char v[8];
	char *p = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p[2 * PAGE] = p[5 * PAGE] = 1;
	R(mincore(p, 8 * PAGE, v));
	for (int i = 0; i < 8; i++) v[i] = v[i] & 1 ? 'x' : '.';
	say("%.8s", v);
	R(mlock(p + 3 * PAGE, PAGE));
	R(mincore(p, 8 * PAGE, v));
	for (int i = 0; i < 8; i++) v[i] = v[i] & 1 ? 'x' : '.';
	say("%.8s", v);
}

CASE(order_of_file_checks)
{
	put("f", "x");
	int r = must(open("f", O_RDONLY)), w = must(open("f", O_WRONLY)), n = must(open("/dev/null", O_RDWR)), p[2];
	must(pipe(p));
	const long last = 0x7ffffffffffff000, wrong = MAP_SHARED_VALIDATE | 0x800000;
	struct { int fd, prot, flags; long len, off; const char *what; } t[] = {
		{r, PROT_READ | PROT_WRITE, MAP_SHARED, 8192, last, "too far, not to be written"},
		{n, PROT_READ, MAP_SHARED, 8192, last, "no mmap"},
		{n, PROT_READ, MAP_SHARED, 8192, -4096, "no mmap, too far"},
		{n, PROT_READ, wrong, 8192, 0, "no mmap, unknown flag"},
		{w, PROT_READ, wrong, 8192, 0, "not to be read, unknown flag"},
		{w, PROT_READ, MAP_SHARED, 8192, 0, "not to be read"},
		{p[0], PROT_READ, 0, 8192, 0, "a pipe, no type"},
		{p[0], PROT_READ, MAP_PRIVATE, 8192, 0, "a pipe"},
		{p[1], PROT_READ, MAP_PRIVATE, 8192, 0, "a pipe's other end"},
		{p[0], PROT_READ, MAP_PRIVATE, 0, 0, "a pipe, no length"},
		{p[0], PROT_READ, MAP_PRIVATE, 1L << 62, 0, "a pipe, too long"},
		{-1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 1L << 62, 0, "shared memory, too long"},
		{-1, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, 1L << 62, 0, "memory of a wrong type, too long"},
		{-1, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, 4096, 0, "memory of a wrong type"},
		{-1, ~7 | PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 4096, 0, "unknown protections"},
	};
	for (unsigned i = 0; i < sizeof t / sizeof *t; i++) {
		errno = 0;
		presult(t[i].what, RAW(mmap, 0, t[i].len, t[i].prot, t[i].flags, t[i].fd, t[i].off), 1);
	}
}

#undef SYS_mseal
#define SYS_mseal 462
CASE(mseal)
{
	char *p = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *old;
	munmap(p + 7 * PAGE, PAGE);
	S(mseal, p, PAGE, 1);
	S(mseal, p + 1, PAGE, 0);
	S(mseal, p, -1, 0);
	S(mseal, p, -PAGE, 0);
	S(mseal, p, 0, 0);
	S(mseal, p, 8 * PAGE, 0);
	memset(p, 's', 7 * PAGE);
	S(mseal, p + 2 * PAGE, 2 * PAGE - 7, 0);
	S(mseal, p + 2 * PAGE, PAGE, 0);
	R(munmap(p, 7 * PAGE));
	R(munmap(p + 3 * PAGE, PAGE));
	R(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	R(mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	R(mprotect(p, 4 * PAGE, PROT_READ));
	R(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE));
	R(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	R(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	R(mremap(p + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	R(mremap(p + 2 * PAGE, 2 * PAGE, PAGE, 0));
	R(mremap(p + 2 * PAGE, 2 * PAGE, 2 * PAGE, 0));
	R(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 3 * PAGE));
	R(mremap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | 4, 0));
	R(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED));
	say("discarded %d, beside %c", p[2 * PAGE], p[3 * PAGE]);
	R(mlock(p + 2 * PAGE, PAGE));
	R(munlock(p + 2 * PAGE, PAGE));
	R(munmap(p, PAGE));
	R(mprotect(p + 5 * PAGE, PAGE, PROT_READ));
	S(mseal, p + 5 * PAGE, PAGE, 0);
	static const int advices[] = {MADV_DONTNEED, MADV_FREE, MADV_DONTFORK, MADV_WIPEONFORK, MADV_REMOVE, MADV_WILLNEED, MADV_RANDOM, MADV_DOFORK, MADV_DONTDUMP};
	for (int i = 0; i < 9; i++) { errno = 0; int r = madvise(p + 5 * PAGE, PAGE, advices[i]); say("advice %d: %d %s", advices[i], r, r ? ename(errno) : ""); }
	child("fork", R(munmap(p + 2 * PAGE, PAGE)); p[2 * PAGE] = 1; say("written"));
	char *sh = mmap(0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	S(mseal, sh, PAGE, 0);
	R(madvise(sh, PAGE, MADV_DONTNEED));
	char *heap = (char *)(((long)sbrk(0) + PAGE - 1) / PAGE * PAGE);
	must(brk(heap + 4 * PAGE));
	S(mseal, heap + 2 * PAGE, PAGE, 0);
	R(RAW(brk, heap) == (long)(heap + 4 * PAGE));
	R(RAW(brk, heap + 3 * PAGE) == (long)(heap + 3 * PAGE));
}
