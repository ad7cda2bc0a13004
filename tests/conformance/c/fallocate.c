// fallocate(2): the modes of a disk's file system and of tmpfs, readahead(2).
#include "p.h"
#include <linux/falloc.h>
#include <sys/eventfd.h>

// holes prints where a file has data: D and H with their first page.
static void holes(int fd)
{
	char b[400];
	int n = 0;
	off_t end = lseek(fd, 0, SEEK_END);
	for (off_t at = 0; at < end && n < 300;) {
		off_t d = lseek(fd, at, SEEK_DATA), h;
		if (d < 0) break;
		h = lseek(fd, d, SEEK_HOLE);
		n += sprintf(b + n, " %ld-%ld", (long)d / PAGE, (long)(h + PAGE - 1) / PAGE);
		at = h;
	}
	b[n] = 0;
	say("size %ld data%s", (long)end, b);
}

// letters prints the first byte of each page.
static void letters(int fd)
{
	char b[65];
	int i;
	for (i = 0; i < 64; i++) {
		char c;
		if (pread(fd, &c, 1, i * PAGE) != 1) break;
		b[i] = c ? c : '.';
	}
	b[i] = 0;
	say("%s", b);
}

// pages makes a file with n pages of letters.
static int pages(const char *dir, int n)
{
	int fd = must(open(dir, O_TMPFILE | O_RDWR, 0600));
	char b[PAGE];
	for (int i = 0; i < n; i++) {
		memset(b, 'a' + i, PAGE);
		must(write(fd, b, PAGE));
	}
	return fd;
}

static const char *disk = "/var/tmp", *memory = "/dev/shm";

CASE(zero_range)
{
	int fd = pages(disk, 4);
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE, PAGE, PAGE));
	letters(fd);
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE, 10, 5));
	char b[20] = {0};
	must(pread(fd, b, 19, 0));
	say("%.10s %d %d %s", b, b[10], b[14], b + 15);
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 3 * PAGE, 5 * PAGE));
	say("size %ld", (long)lseek(fd, 0, SEEK_END));
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE, 3 * PAGE, 5 * PAGE));
	say("size %ld", (long)lseek(fd, 0, SEEK_END));
	letters(fd);
}

CASE(collapse)
{
	int fd = pages(disk, 40);
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, PAGE, 2 * PAGE));
	letters(fd);
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 20 * PAGE));
	letters(fd);
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 1, PAGE));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE + 1));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 16 * PAGE, PAGE));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 100 * PAGE, PAGE));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	must(ftruncate(fd, 5 * PAGE + 100));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 4 * PAGE, PAGE));
	letters(fd);
	say("size %ld", (long)lseek(fd, 0, SEEK_END));
	must(ftruncate(fd, 20 * PAGE));
	must(pwrite(fd, "z", 1, 10 * PAGE));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 6 * PAGE, 2 * PAGE));
	letters(fd);
	holes(fd);
}

CASE(insert)
{
	int fd = pages(disk, 20);
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 2 * PAGE, 3 * PAGE));
	letters(fd);
	holes(fd);
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE));
	letters(fd);
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 24 * PAGE, PAGE));
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 1, PAGE));
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, 1));
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
}

CASE(mapped)
{
	int fd = pages(disk, 4);
	char *m = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, PAGE, PAGE));
	say("%c%c%c", m[0], m[PAGE], m[2 * PAGE]);
	m[PAGE] = 'X';
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, PAGE, 2 * PAGE));
	say("%c%d%d%c%c", m[0], m[PAGE], m[2 * PAGE], m[3 * PAGE], m[4 * PAGE]);
	R(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * PAGE, PAGE));
	say("%d", m[3 * PAGE]);
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE, 4 * PAGE, PAGE));
	say("%d", m[4 * PAGE]);
}

CASE(memory)
{
	int fd = pages(memory, 4);
	R(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE));
	R(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
	R(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE));
	R(fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, PAGE));
	R(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE));
	holes(fd);
	R(fallocate(fd, 0, 6 * PAGE, PAGE));
	say("size %ld", (long)lseek(fd, 0, SEEK_END));
	R(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20 * PAGE));
	say("size %ld", (long)lseek(fd, 0, SEEK_END));
	struct stat s;
	must(fstat(fd, &s));
	say("blocks %ld", (long)s.st_blocks);
}

CASE(order)
{
	int rw = pages(disk, 1), dir = must(open(disk, O_RDONLY)), p[2], null = must(open("/dev/null", O_RDWR)), s[2];
	must(pipe(p));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	int fds[] = {rw, dir, p[0], p[1], null, s[0], must(eventfd(0, 0)), 99};
	const char *name[] = {"rw", "directory", "read end", "write end", "null", "socket", "eventfd", "bad"};
	for (int i = 0; i < 8; i++) {
		say("%s", name[i]);
		R(fallocate(fds[i], 0, 0, 1));
		R(fallocate(fds[i], 0, -1, 1));
		R(fallocate(fds[i], 0x4000, 0, 1));
		R(fallocate(fds[i], FALLOC_FL_UNSHARE_RANGE, 0, 1));
		R(fallocate(fds[i], FALLOC_FL_PUNCH_HOLE, 0, 1));
		R(readahead(fds[i], 0, 10));
		R(posix_fadvise(fds[i], 0, 10, POSIX_FADV_WILLNEED));
		R(posix_fadvise(fds[i], 0, 10, 77));
		R(posix_fadvise(fds[i], 0, -1, 0));
	}
	must(mkfifo("fifo", 0600));
	int f = must(open("fifo", O_RDWR));
	R(fallocate(f, 0, 0, 1));
	R(posix_fadvise(f, 0, 0, 0));
	struct rlimit l = {100, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &l));
	int g = pages(memory, 0);
	R(fallocate(g, 0, 0, 100));
	R(fallocate(g, 0, 0, 101));
	R(fallocate(g, FALLOC_FL_KEEP_SIZE, 0, 101));
	must(ftruncate(rw, 0));
	R(fallocate(rw, 0, 0, 101));
	R(fallocate(rw, FALLOC_FL_KEEP_SIZE, 0, 101));
	signal(SIGXFSZ, SIG_DFL);
	child("the signal", fallocate(rw, 0, 0, 101));
}

CASE(wraparound)
{
	struct rlimit l = {1 << 20, 1 << 20};
	int f = must(open("f", O_RDWR | O_CREAT, 0644));
	setrlimit(RLIMIT_FSIZE, &l);
	// No SIGXFSZ: what no file can be is refused before the limit is looked at.
	R(fallocate(f, 0, 0x7fffffffffffffff, 65536));
	R(fallocate(f, 0, 0x7ffffffffffff000, 4096));
}
