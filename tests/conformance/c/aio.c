// io_setup(2), io_submit(2), io_getevents(2): transfers, polls, eventfds, errors.
#include "p.h"
#include <linux/aio_abi.h>
#include <sys/eventfd.h>

static aio_context_t ctx;
static int file(const char *name, const char *text)
{
	int fd = must(open(name, O_RDWR | O_CREAT | O_TRUNC, 0644));
	must(write(fd, text, strlen(text)));
	return fd;
}

static struct iocb cb(int op, int fd, void *buf, size_t n, long long off)
{
	struct iocb c = {.aio_lio_opcode = op, .aio_fildes = fd, .aio_buf = (uint64_t)buf, .aio_nbytes = n, .aio_offset = off, .aio_data = 7};
	return c;
}

static long submit(struct iocb *c) { return syscall(SYS_io_submit, ctx, 1L, &c); }

// events fetches what is there and prints it by the requests' data.
static void events(const char *what, long min, long most, struct timespec *t)
{
	struct io_event e[16];
	long n = syscall(SYS_io_getevents, ctx, min, most, e, t);
	if (n < 0) { say("%s: -1 %s", what, ename(errno)); return; }
	say("%s: %ld", what, n);
	for (long i = 0; i < n; i++) say("  data %llu res %lld res2 %lld", (unsigned long long)e[i].data, (long long)e[i].res, (long long)e[i].res2);
}

static struct timespec now = {0, 0}, soon = {0, 30000000};

CASE(transfers)
{
	char b[32] = "", d[8] = "12";
	must(syscall(SYS_io_setup, 8, &ctx));
	int fd = file("f", "hello, world");
	struct iocb c = cb(IOCB_CMD_PREAD, fd, b, 5, 7);
	R(submit(&c));
	events("read", 1, 4, 0);
	say("got %s", b);
	c = cb(IOCB_CMD_PWRITE, fd, "HELLO", 5, 0);
	R(submit(&c));
	events("write", 1, 1, 0);
	struct iovec v[2] = {{b, 3}, {d, 4}};
	c = cb(IOCB_CMD_PREADV, fd, v, 2, 0);
	R(submit(&c));
	events("readv", 1, 1, 0);
	say("got %.3s %.4s", b, d);
	c = cb(IOCB_CMD_PWRITEV, fd, v, 2, 20);
	R(submit(&c));
	events("writev", 1, 1, 0);
	say("size %ld position %ld", (long)lseek(fd, 0, SEEK_END), (long)lseek(fd, 0, SEEK_CUR));
	c = cb(IOCB_CMD_FSYNC, fd, 0, 0, 0);
	R(submit(&c));
	events("fsync", 1, 1, 0);
	c = cb(IOCB_CMD_FDSYNC, fd, 0, 0, 0);
	R(submit(&c));
	events("fdsync", 1, 1, 0);
	c = cb(IOCB_CMD_PREAD, fd, b, 5, 100);
	R(submit(&c));
	events("behind the end", 1, 1, 0);
	R(syscall(SYS_io_destroy, ctx));
	R(syscall(SYS_io_destroy, ctx));
}

CASE(several)
{
	char b[4][4];
	struct iocb c[4], *p[4];
	must(syscall(SYS_io_setup, 8, &ctx));
	int fd = file("f", "abcdefgh");
	for (int i = 0; i < 4; i++) {
		c[i] = cb(IOCB_CMD_PREAD, i == 2 ? -1 : fd, b[i], 2, i * 2);
		c[i].aio_data = i;
		p[i] = &c[i];
	}
	R(syscall(SYS_io_submit, ctx, 4L, p));
	events("two before the bad one", 1, 1, 0);
	events("the second", 0, 16, 0);
	events("nothing, no wait", 0, 16, 0);
	events("nothing, a time", 1, 16, &soon);
	events("nothing, now", 1, 16, &now);
	p[0] = &c[2];
	R(syscall(SYS_io_submit, ctx, 1L, p));
	p[0] = (void *)8;
	R(syscall(SYS_io_submit, ctx, 1L, p));
	R(syscall(SYS_io_submit, ctx, 1L, (void *)8));
	R(syscall(SYS_io_submit, ctx, 0L, p));
	R(syscall(SYS_io_submit, ctx, -1L, p));
	R(syscall(SYS_io_submit, 0L, 1L, p));
}

CASE(refused)
{
	char b[8];
	must(syscall(SYS_io_setup, 8, &ctx));
	int fd = file("f", "x"), rd = must(open("f", O_RDONLY)), wr = must(open("f", O_WRONLY)), dir = must(open(".", O_RDONLY));
	struct iocb c = cb(IOCB_CMD_PREAD, wr, b, 1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_PWRITE, rd, b, 1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, dir, b, 1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, fd, b, 1, -1);
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, fd, (void *)-8, 1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, fd, (void *)8, 1, 0);
	R(submit(&c));
	events("a bad buffer", 0, 1, 0);
	c = cb(IOCB_CMD_PREAD, fd, b, -1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_NOOP, fd, b, 1, 0);
	R(submit(&c));
	c = cb(4, fd, b, 1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_FSYNC, fd, b, 0, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, fd, b, 1, 0);
	c.aio_reserved2 = 1;
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, fd, b, 1, 0);
	c.aio_rw_flags = 1 << 20;
	R(submit(&c));
	c = cb(IOCB_CMD_PREAD, fd, b, 1, 0);
	c.aio_flags = IOCB_FLAG_RESFD;
	c.aio_resfd = -1;
	R(submit(&c));
	c.aio_resfd = fd;
	R(submit(&c));
	int path = must(open("f", O_PATH));
	c = cb(IOCB_CMD_PREAD, path, b, 1, 0);
	R(submit(&c));
	events("nothing came", 0, 4, 0);
}

CASE(setup)
{
	aio_context_t x = 0, y = 1;
	R(syscall(SYS_io_setup, 0, &x));
	R(syscall(SYS_io_setup, 1, &y));
	R(syscall(SYS_io_setup, 1, (void *)8));
	R(syscall(SYS_io_setup, -1, &x));
	R(syscall(SYS_io_setup, 1 << 22, &x));
	R(syscall(SYS_io_setup, 1, &x));
	say("an id %d", x != 0);
	R(syscall(SYS_io_getevents, x, 2L, 1L, 0, &now));
	R(syscall(SYS_io_getevents, x, -1L, 1L, 0, &now));
	R(syscall(SYS_io_getevents, x, 0L, 0L, 0, &now));
	R(syscall(SYS_io_getevents, x + 1, 0L, 1L, 0, &now));
	R(syscall(SYS_io_getevents, x, 0L, 1L, 0, (void *)8));
	R(syscall(SYS_io_destroy, 0L));
	// A child has none of its parent's contexts.
	pid_t p = must(fork());
	if (!p) {
		R(syscall(SYS_io_destroy, x));
		_exit(0);
	}
	must(waitpid(p, 0, 0));
	R(syscall(SYS_io_destroy, x));
}

CASE(eventfd)
{
	char b[4];
	uint64_t n = 0;
	must(syscall(SYS_io_setup, 8, &ctx));
	int fd = file("f", "abc"), ev = must(eventfd(0, EFD_NONBLOCK));
	struct iocb c = cb(IOCB_CMD_PREAD, fd, b, 3, 0);
	c.aio_flags = IOCB_FLAG_RESFD;
	c.aio_resfd = ev;
	R(submit(&c));
	R(submit(&c));
	R(read(ev, &n, 8));
	say("counted %lu", (unsigned long)n);
	events("both", 2, 2, 0);
}

static void *later(void *fd)
{
	usleep(30000);
	must(write(*(int *)fd, "x", 1));
	return 0;
}

CASE(polls)
{
	int p[2];
	pthread_t t;
	must(syscall(SYS_io_setup, 8, &ctx));
	must(pipe(p));
	struct iocb c = cb(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0);
	R(submit(&c));
	events("not yet", 0, 1, 0);
	must(pthread_create(&t, 0, later, &p[1]));
	events("ready", 1, 1, 0);
	pthread_join(t, 0);
	R(submit(&c));
	events("at once", 1, 1, &soon);
	c = cb(IOCB_CMD_POLL, p[1], (void *)POLLOUT, 0, 0);
	R(submit(&c));
	events("writable", 1, 1, &soon);
	char b;
	must(read(p[0], &b, 1));
	c = cb(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0);
	R(submit(&c));
	struct io_event e;
	R(syscall(SYS_io_cancel, ctx, &c, &e));
	events("cancelled", 1, 1, &soon);
	R(syscall(SYS_io_cancel, ctx, &c, &e));
	R(syscall(SYS_io_cancel, ctx, (void *)8, &e));
	c.aio_key = 5;
	R(syscall(SYS_io_cancel, ctx, &c, &e));
	c = cb(IOCB_CMD_POLL, p[0], (void *)POLLIN, 1, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_POLL, p[0], (void *)0x10000, 0, 0);
	R(submit(&c));
	c = cb(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0);
	R(submit(&c));
	close(p[1]);
	events("hangup", 1, 1, &soon);
}

static void nothing(int s) { (void)s; }

CASE(interrupted)
{
	struct { const sigset_t *set; size_t size; } m;
	sigset_t none, usr1;
	struct io_event e;
	must(syscall(SYS_io_setup, 8, &ctx));
	signal(SIGALRM, nothing);
	signal(SIGUSR1, nothing);
	struct itimerval it = {.it_value = {0, 30000}};
	must(setitimer(ITIMER_REAL, &it, 0));
	events("interrupted", 1, 1, 0);
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &usr1, 0));
	raise(SIGUSR1);
	m.set = &none, m.size = 8;
	R(syscall(SYS_io_pgetevents, ctx, 1L, 1L, &e, &soon, &m));
	must(sigprocmask(SIG_BLOCK, 0, &none));
	say("still blocked %d", sigismember(&none, SIGUSR1));
	m.size = 4;
	R(syscall(SYS_io_pgetevents, ctx, 1L, 1L, &e, &now, &m));
	R(syscall(SYS_io_pgetevents, ctx, 1L, 1L, &e, &now, 0));
}

CASE(full)
{
	static char b[2];
	struct iocb c, *p = &c;
	must(syscall(SYS_io_setup, 1, &ctx));
	int fd = file("f", "abc");
	c = cb(IOCB_CMD_PREAD, fd, b, 1, 0);
	long n = 0;
	while (syscall(SYS_io_submit, ctx, 1L, &p) == 1) n++;
	say("then %s, at least one %d", ename(errno), n > 0);
	struct io_event e;
	R(syscall(SYS_io_getevents, ctx, 1L, 1L, &e, 0));
	R(submit(&c));
	R(submit(&c));
}

CASE(saturated)
{
	// The counter takes what a write could not add, and shows an error.
	char b[4];
	uint64_t n = -2;
	must(syscall(SYS_io_setup, 8, &ctx));
	int fd = file("f", "abc"), ev = must(eventfd(0, EFD_NONBLOCK));
	R(write(ev, &n, 8));
	struct iocb c = cb(IOCB_CMD_PREAD, fd, b, 3, 0);
	c.aio_flags = IOCB_FLAG_RESFD;
	c.aio_resfd = ev;
	R(submit(&c));
	struct pollfd p = {ev, POLLIN | POLLOUT, 0};
	R(poll(&p, 1, 0));
	say("events %#x", p.revents);
	R(submit(&c));
	n = 1;
	R(write(ev, &n, 8));
	R(read(ev, &n, 8));
	say("counted %#lx", (unsigned long)n);
	R(poll(&p, 1, 0));
	say("events %#x", p.revents);
}
