// madvise(2), process_madvise(2), mincore(2), msync(2), remap_file_pages(2).
#include "p.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

static char *anon(int pages) { return mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static void resident(char *p, int pages)
{
	unsigned char v[16];
	char b[17] = "";
	if (mincore(p, pages * PAGE, v) < 0) { say("mincore: %s", ename(errno)); return; }
	for (int i = 0; i < pages; i++) b[i] = '0' + (v[i] & 1);
	b[pages] = 0;
	say("resident %s", b);
}

CASE(all)
{
	// What each advice says to private, shared and file memory, and to a hole.
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, 4 * PAGE));
	char *kinds[4] = {anon(4), mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)};
	char *hole = anon(4);
	munmap(hole + 2 * PAGE, PAGE);
	int advices[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 26, 99, -1};
	for (int i = 0; i < sizeof advices / sizeof *advices; i++) {
		char b[200], *p = b;
		for (int k = 0; k < 5; k++) {
			errno = 0;
			char *m = k < 4 ? kinds[k] : hole;
			long r = RAW(madvise, m, 4 * PAGE, advices[i]);
			p += sprintf(p, " %s", r < 0 ? ename(errno) : "ok");
		}
		say("advice %d:%s", advices[i], b);
	}
	S(madvise, kinds[0] + 1, PAGE, MADV_DONTNEED);
	S(madvise, kinds[0], 0, MADV_DONTNEED);
	S(madvise, kinds[0], 0, 99);
	S(madvise, kinds[0], -1L, MADV_DONTNEED);
	S(madvise, kinds[0], -PAGE, MADV_DONTNEED);
	S(madvise, BAD, PAGE, MADV_DONTNEED);
	S(madvise, KERN, PAGE, MADV_DONTNEED);
	S(madvise, kinds[0], PAGE - 5, MADV_DONTNEED);
}

CASE(contents)
{
	char *p = anon(4);
	memset(p, 'x', 4 * PAGE);
	R(madvise(p + PAGE, PAGE, MADV_DONTNEED));
	say("%d %d %d", p[0], p[PAGE], p[2 * PAGE]);
	resident(p, 4);
	R(madvise(p, 4 * PAGE, MADV_DONTNEED));
	resident(p, 4);
	R(madvise(p, 2 * PAGE, MADV_POPULATE_READ));
	resident(p, 4);
	R(madvise(p + PAGE, 2 * PAGE, MADV_POPULATE_WRITE));
	resident(p, 4);
	char *ro = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *none = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	R(madvise(ro, PAGE, MADV_POPULATE_READ));
	R(madvise(ro, PAGE, MADV_POPULATE_WRITE));
	R(madvise(none, PAGE, MADV_POPULATE_READ));
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	must(write(fd, "file", 4));
	must(ftruncate(fd, 4 * PAGE));
	char *s = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *v = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	strcpy(v, "mine");
	strcpy(s + PAGE, "shared");
	R(madvise(v, PAGE, MADV_DONTNEED));
	R(madvise(s, 2 * PAGE, MADV_DONTNEED));
	say("%s %s %s", v, s, s + PAGE);
	char *past = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 3 * PAGE);
	R(madvise(past, 2 * PAGE, MADV_POPULATE_READ)); // behind the end of the file
	R(madvise(past, 2 * PAGE, MADV_POPULATE_WRITE));
	// Locked memory cannot be dropped.
	R(mlock(p, PAGE));
	R(madvise(p, PAGE, MADV_DONTNEED));
	R(madvise(p, PAGE, MADV_FREE));
	R(madvise(p, PAGE, 24)); // MADV_DONTNEED_LOCKED
	R(munlock(p, PAGE));
	char *a = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(a, "gone"), strcpy(a + PAGE, "kept");
	R(madvise(a, PAGE, MADV_REMOVE));
	say("%d %s", a[0], a + PAGE);
	R(madvise(s, PAGE, MADV_REMOVE));
	say("%d %s", s[0], s + PAGE);
	R(madvise(v, PAGE, MADV_REMOVE));
	R(madvise(p, PAGE, MADV_REMOVE));
}

CASE(process)
{
	char *p = anon(4);
	memset(p, 'x', 4 * PAGE);
	int fd = must(syscall(SYS_pidfd_open, getpid(), 0));
	struct iovec v[2] = {{p, PAGE}, {p + 2 * PAGE, PAGE}}, bad = {BAD, PAGE}, odd = {p + 1, PAGE};
	R(syscall(SYS_process_madvise, fd, v, 2UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, fd, v, 2UL, MADV_PAGEOUT, 0UL));
	R(syscall(SYS_process_madvise, fd, v, 2UL, MADV_WILLNEED, 0UL));
	R(syscall(SYS_process_madvise, fd, v, 2UL, MADV_DONTNEED, 0UL));
	say("%d %d", p[0], p[PAGE]);
	R(syscall(SYS_process_madvise, fd, v, 2UL, 99, 0UL));
	R(syscall(SYS_process_madvise, fd, v, 2UL, MADV_COLD, 1UL));
	R(syscall(SYS_process_madvise, -1, v, 2UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, 0, v, 2UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, fd, BAD, 2UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, fd, v, 2000UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, fd, v, 0UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, fd, &bad, 1UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, fd, &odd, 1UL, MADV_COLD, 0UL));
	struct iovec part[2] = {{p, PAGE}, {BAD, PAGE}};
	R(syscall(SYS_process_madvise, fd, part, 2UL, MADV_COLD, 0UL));
	pid_t c = must(fork());
	if (!c) { pause(); _exit(0); }
	int other = must(syscall(SYS_pidfd_open, c, 0));
	R(syscall(SYS_process_madvise, other, v, 2UL, MADV_COLD, 0UL));
	R(syscall(SYS_process_madvise, other, v, 2UL, MADV_DONTNEED, 0UL));
	child("another user", { drop(); R(syscall(SYS_process_madvise, other, v, 2UL, MADV_COLD, 0UL)); });
	kill(c, SIGKILL);
	waitpid(c, 0, 0);
	R(syscall(SYS_process_madvise, other, v, 2UL, MADV_COLD, 0UL));
}

CASE(remap_file)
{
	// remap_file_pages is emulated by a mapping in place.
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 4; i++) { char b[PAGE]; memset(b, 'a' + i, PAGE); must(write(fd, b, PAGE)); }
	char *s = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *v = mmap(0, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	S(remap_file_pages, s, PAGE, 0, 3, 0);
	say("%c%c%c%c", s[0], s[PAGE], s[2 * PAGE], s[3 * PAGE]);
	S(remap_file_pages, s + PAGE, 2 * PAGE, 0, 0, MAP_NONBLOCK);
	say("%c%c%c%c", s[0], s[PAGE], s[2 * PAGE], s[3 * PAGE]);
	s[PAGE] = 'z';
	char c;
	pread(fd, &c, 1, 0);
	say("%c", c);
	S(remap_file_pages, s, PAGE, PROT_READ, 0, 0);
	S(remap_file_pages, s + 1, PAGE, 0, 2, 0);
	say("%c", s[0]);
	S(remap_file_pages, s, 0, 0, 0, 0);
	S(remap_file_pages, s, -PAGE, 0, 0, 0);
	S(remap_file_pages, s, PAGE, 0, -1, 0);
	S(remap_file_pages, v, PAGE, 0, 1, 0);
	S(remap_file_pages, anon(1), PAGE, 0, 0, 0);
	S(remap_file_pages, BAD, PAGE, 0, 0, 0);
}

CASE(sync)
{
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, 4 * PAGE));
	char *s = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	S(msync, s, 4 * PAGE, MS_SYNC);
	S(msync, s, 4 * PAGE, MS_ASYNC);
	S(msync, s, 4 * PAGE, MS_INVALIDATE);
	S(msync, s, 4 * PAGE, MS_SYNC | MS_ASYNC);
	S(msync, s, 4 * PAGE, 0);
	S(msync, s, 4 * PAGE, 8);
	S(msync, s + 1, PAGE, MS_SYNC);
	S(msync, s, 0, MS_SYNC);
	S(msync, s, -1L, MS_SYNC);
	munmap(s + PAGE, PAGE);
	S(msync, s, 4 * PAGE, MS_SYNC);
	S(msync, s, 4 * PAGE, MS_ASYNC);
	S(mlock, s, PAGE);
	S(msync, s, PAGE, MS_SYNC | MS_INVALIDATE);
	S(msync, s, PAGE, MS_SYNC);
	unsigned char v[8];
	S(mincore, s, 4 * PAGE, v);
	S(mincore, s + 1, PAGE, v);
	S(mincore, s, PAGE, BAD);
	S(mincore, s, 0, v);
	S(mincore, s, -1L, v);
	S(mincore, KERN, PAGE, v);
}

CASE(poison)
{
	char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	drop(); // a Linux with CONFIG_MEMORY_FAILURE says EPERM
	for (int i = 100; i < 102; i++) say("%d", madvise(p, PAGE, i) == -1 && (errno == EINVAL || errno == EPERM));
}
