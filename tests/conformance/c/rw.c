// read, write, their positional and vector forms: results, offsets, errors.
#include "p.h"

CASE(basic)
{
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	char b[32] = {0};
	R(write(fd, "hello", 5));
	R(write(fd, "", 0));
	R(read(fd, b, 10));
	R(lseek(fd, 0, SEEK_SET));
	R(read(fd, b, 3));
	say("%.3s", b);
	R(read(fd, b, 30));
	R(read(fd, b, 30));
	R(read(fd, b, 0));
	R(lseek(fd, 100, SEEK_SET));
	R(read(fd, b, 1));
	R(write(fd, "x", 1));
	show("f");
	R(lseek(fd, 50, SEEK_SET));
	R(read(fd, b, 10));
	say("hole reads %d %d", b[0], b[9]);
}

CASE(errors)
{
	put("f", "hello");
	must(mkdir("d", 0755));
	int fd = must(open("f", O_RDWR)), r = must(open("f", O_RDONLY)), w = must(open("f", O_WRONLY)), d = must(open("d", O_RDONLY));
	char b[8];
	R(read(-1, b, 1));
	R(read(99, b, 1));
	R(write(99, b, 1));
	R(read(d, b, 1));
	R(write(d, b, 1));
	R(read(w, b, 1));
	R(write(r, b, 1));
	R(read(w, BAD, 0));
	R(read(fd, BAD, 5));
	R(read(fd, (void *)0, 5));
	R(read(fd, KERN, 5));
	R(read(fd, NONCANON, 5));
	R(read(fd, BAD, 0));
	R(read(fd, KERN, 0));
	R(lseek(fd, 0, SEEK_CUR));
	R(write(fd, BAD, 5));
	R(write(fd, KERN, 5));
	R(write(fd, BAD, 0));
	R(write(fd, "x", -1));
	R(read(fd, b, -1));
	R(read(fd, b, 1UL << 63));
	R(read(fd, rdonly(), 5));
	R(lseek(fd, 0, SEEK_SET));
	show("f");
	R(lseek(fd, 5, SEEK_SET));
	R(read(fd, BAD, 5)); // at the end of the file nothing is copied
}

// A buffer of which only a part is mapped: what could be copied counts.
CASE(partly_mapped)
{
	char big[PAGE * 2];
	memset(big, 'a', sizeof big);
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	R(write(fd, edge(100), 200));
	R(lseek(fd, 0, SEEK_END));
	must(ftruncate(fd, 0));
	must(pwrite(fd, big, sizeof big, 0));
	must(lseek(fd, 0, SEEK_SET));
	long n = R(read(fd, edge(PAGE), PAGE * 2));
	R(lseek(fd, 0, SEEK_CUR));
	say("%ld", n);
}

CASE(pread_pwrite)
{
	put("f", "0123456789");
	int fd = must(open("f", O_RDWR)), p[2];
	must(pipe(p));
	char b[16] = {0};
	R(pread(fd, b, 4, 3));
	say("%s", b);
	R(pread(fd, b, 4, 10));
	R(pread(fd, b, 4, 8));
	R(pread(fd, b, 4, -1));
	R(pread(fd, b, 4, LONG_MAX));
	R(pwrite(fd, "XY", 2, 4));
	R(pwrite(fd, "Z", 1, 12));
	R(pwrite(fd, "Z", 1, -1));
	R(pwrite(fd, "Z", 1, LONG_MAX));
	R(pwrite(fd, "Z", 0, -5));
	R(lseek(fd, 0, SEEK_CUR));
	show("f");
	R(pread(p[0], b, 1, 0));
	R(pwrite(p[1], b, 1, 0));
	R(pread(p[0], b, 1, -1));
	R(pread(99, b, 1, -1));
	R(pread(fd, BAD, 1, 0));
	R(pwrite(fd, BAD, 1, 0));
}

CASE(vectors)
{
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	char a[4] = {0}, b[4] = {0}, c[4] = {0};
	struct iovec w[3] = {{"ab", 2}, {"", 0}, {"cdef", 4}};
	R(writev(fd, w, 3));
	R(writev(fd, w, 0));
	R(lseek(fd, 0, SEEK_SET));
	struct iovec r[3] = {{a, 1}, {b, 3}, {c, 3}};
	R(readv(fd, r, 3));
	say("%.3s|%.3s|%.3s", a, b, c);
	R(readv(fd, r, 3));
	R(readv(fd, r, 0));
	R(preadv(fd, r, 2, 2));
	say("%.3s|%.3s", a, b);
	R(preadv(fd, r, 2, -1));
	R(pwritev(fd, w, 3, 10));
	show("f");
	R(readv(fd, r, -1));
	R(readv(fd, r, 1025));
	S(readv, fd, BAD, 1);
	S(readv, fd, 0, 0);
	S(readv, 99, BAD, 1);
	S(writev, fd, KERN, 2);
	struct iovec neg[2] = {{a, 1}, {b, -1}};
	R(readv(fd, neg, 2));
	struct iovec huge[2] = {{a, LONG_MAX}, {b, 1}};
	R(lseek(fd, 0, SEEK_END));
	R(readv(fd, huge, 2));
	struct iovec bad[3] = {{"gh", 2}, {BAD, 2}, {"ij", 2}};
	R(lseek(fd, 0, SEEK_SET));
	R(writev(fd, bad, 3));
	struct iovec kern[2] = {{"gh", 2}, {KERN, 2}};
	R(writev(fd, kern, 2));
	R(lseek(fd, 0, SEEK_SET));
	struct iovec rbad[3] = {{a, 1}, {BAD, 2}, {c, 1}};
	R(readv(fd, rbad, 3));
	R(lseek(fd, 0, SEEK_CUR));
	struct iovec *many = calloc(1024, sizeof *many);
	for (int i = 0; i < 1024; i++) many[i] = (struct iovec){"z", 1};
	R(writev(fd, many, 1024));
}

CASE(preadv2)
{
	put("f", "0123456789");
	int fd = must(open("f", O_RDWR));
	char a[8] = {0};
	struct iovec v = {a, 4};
	R(preadv2(fd, &v, 1, 2, 0));
	say("%s", a);
	R(preadv2(fd, &v, 1, -1, 0)); // the file's own offset, which moves
	say("%s", a);
	R(lseek(fd, 0, SEEK_CUR));
	R(preadv2(fd, &v, 1, -2, 0));
	struct iovec w = {"AB", 2};
	R(pwritev2(fd, &w, 1, 0, 0x10)); // RWF_APPEND
	show("f");
	R(pwritev2(fd, &w, 1, 0, 0x4));  // RWF_SYNC
	R(pwritev2(fd, &w, 1, -1, 0x2)); // RWF_DSYNC
	R(pwritev2(fd, &w, 1, 0, 0x40000000));
	R(preadv2(fd, &v, 1, 0, 0x40000000));
	show("f");
	int p[2];
	must(pipe(p));
	R(preadv2(p[0], &v, 1, 0, 0));
	must(write(p[1], "pipe", 4));
	R(preadv2(p[0], &v, 1, -1, 0));
}

CASE(lseek)
{
	put("f", "0123456789");
	int fd = must(open("f", O_RDWR)), p[2], d = must(open(".", O_RDONLY));
	must(pipe(p));
	R(lseek(fd, 4, SEEK_SET));
	R(lseek(fd, 3, SEEK_CUR));
	R(lseek(fd, -8, SEEK_CUR));
	R(lseek(fd, -7, SEEK_CUR));
	R(lseek(fd, -1, SEEK_SET));
	R(lseek(fd, -3, SEEK_END));
	R(lseek(fd, 5, SEEK_END));
	R(lseek(fd, -11, SEEK_END));
	R(lseek(fd, 0, 77));
	R(lseek(fd, 0, -1));
	R(lseek(fd, LONG_MAX, SEEK_END));
	R(lseek(p[0], 0, SEEK_CUR));
	R(lseek(99, 0, SEEK_CUR));
	R(lseek(99, 0, 77));
	R(lseek(p[0], 0, 77));
	R(lseek(d, 0, SEEK_SET));
	R(lseek(fd, 0, SEEK_CUR));
}

CASE(holes)
{
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	must(pwrite(fd, "data", 4, 0));
	must(pwrite(fd, "more", 4, 1 << 20));
	must(ftruncate(fd, 2 << 20));
	R(lseek(fd, 0, SEEK_DATA));
	R(lseek(fd, 0, SEEK_HOLE) % PAGE);
	R(lseek(fd, 1 << 16, SEEK_DATA));
	R(lseek(fd, 1 << 20, SEEK_HOLE) > (1 << 20));
	R(lseek(fd, (1 << 20) + 8192, SEEK_DATA));
	R(lseek(fd, 2 << 20, SEEK_DATA));
	R(lseek(fd, 2 << 20, SEEK_HOLE));
	R(lseek(fd, -1, SEEK_DATA));
	R(lseek(fd, (2 << 20) - 1, SEEK_HOLE));
	put("full", "abc");
	int g = must(open("full", O_RDWR));
	R(lseek(g, 0, SEEK_HOLE));
	R(lseek(g, 2, SEEK_DATA));
	R(lseek(g, 3, SEEK_DATA));
	int e = must(open("empty", O_RDWR | O_CREAT, 0600));
	R(lseek(e, 0, SEEK_DATA));
	R(lseek(e, 0, SEEK_HOLE));
}

CASE(big)
{
	// Larger than any mailbox: 1 MiB and one byte, pattern checked.
	size_t n = (1 << 20) + 1;
	unsigned char *a = malloc(n), *b = malloc(n);
	for (size_t i = 0; i < n; i++) a[i] = i * 7 + i / 251;
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	R(write(fd, a, n));
	R(pread(fd, b, n, 0));
	say("same %d", !memcmp(a, b, n));
	R(pread(fd, b, n, 1));
	say("same %d", !memcmp(a + 1, b, n - 1));
	static const size_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 16383, 16384, 16385, 65536};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		memset(b, 0, n);
		long r = pread(fd, b, sizes[i], 12345);
		say("%zu: %ld same %d end %d", sizes[i], r, !memcmp(a + 12345, b, sizes[i]), b[sizes[i]]);
	}
}

CASE(fsize_limit)
{
	struct rlimit l = {10, 10};
	must(setrlimit(RLIMIT_FSIZE, &l));
	signal(SIGXFSZ, SIG_IGN);
	int fd = must(open("f", O_RDWR | O_CREAT, 0600));
	R(write(fd, "12345678", 8));
	R(write(fd, "12345678", 8));
	R(write(fd, "x", 1));
	R(ftruncate(fd, 11));
	R(ftruncate(fd, 10));
	signal(SIGXFSZ, SIG_DFL);
	child("over the limit", write(fd, "x", 1));
}

CASE(flags_come_late)
{
	int p[2], u = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(pipe2(p, O_NONBLOCK));
	put("f", "abc");
	int f = must(open("f", O_RDWR | O_APPEND)), m = must(RAW(memfd_create, "m", 0));
	char b[8] = "xyz";
	struct iovec v = {b, 3}, none = {b, 0}, bad = {KERN, 3};
	const unsigned unknown = 0x80000000;
	S(pwritev2, p[1], &v, 1, 0, 0, unknown);
	S(pwritev2, p[0], &v, 1, -1, -1, unknown);
	S(pwritev2, p[1], &bad, 1, -1, -1, unknown);
	S(pwritev2, p[1], &none, 1, -1, -1, unknown);
	S(pwritev2, p[1], &v, 1, -1, -1, unknown);
	S(preadv2, 99, &v, 1, 0, 0, unknown);
	S(preadv2, f, &v, 1, -5, -1, unknown);
	// RWF_NOAPPEND, alone and with RWF_APPEND.
	S(pwritev2, f, &v, 1, 0, 0, 0x20);
	show("f");
	S(pwritev2, f, &v, 1, 0, 0, 0x30);
	// RWF_NOWAIT is not for files in memory.
	S(pwritev2, m, &v, 1, 0, 0, RWF_NOWAIT);
	S(preadv2, m, &v, 1, 0, 0, RWF_NOWAIT);
	// Nobody is asked about no bytes.
	R(writev(u, &v, 0));
	R(readv(u, &none, 1));
	R(writev(u, &none, 1));
}

CASE(no_write_at_all)
{
	int e = must(RAW(epoll_create1, 0)), t = must(RAW(timerfd_create, CLOCK_MONOTONIC, 0));
	R(write(e, 0, 100));
	R(write(t, KERN, 100));
	R(write(t, "x", 0));
	R(writev(t, KERN, 1));
}
