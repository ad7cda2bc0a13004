// inotify(7): every event, watches, the queue, limits, errors.
#include "p.h"
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

static int in;
static char buf[1 << 16];

static void flagnames(uint32_t mask, char *out)
{
	static const struct { uint32_t bit; const char *name; } t[] = {
		{IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"}, {IN_CLOSE_WRITE, "CLOSE_WRITE"},
		{IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {IN_OPEN, "OPEN"}, {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"},
		{IN_CREATE, "CREATE"}, {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
		{IN_UNMOUNT, "UNMOUNT"}, {IN_Q_OVERFLOW, "Q_OVERFLOW"}, {IN_IGNORED, "IGNORED"}, {IN_ISDIR, "ISDIR"}};
	*out = 0;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (mask & t[i].bit) { strcat(out, *out ? "|" : ""); strcat(out, t[i].name); mask &= ~t[i].bit; }
	if (mask) sprintf(out + strlen(out), "|%#x", mask);
}

// cookie numbers cookies in the order in which they are seen.
static int cookie(uint32_t c)
{
	static uint32_t seen[64];
	static int n;
	if (!c) return 0;
	for (int i = 0; i < n; i++) if (seen[i] == c) return i + 1;
	if (n == 64) return -1;
	seen[n++] = c;
	return n;
}

// drain prints what is queued.
static void drain(const char *what)
{
	char names[256];
	int n;
	say("%s:", what);
	fcntl(in, F_SETFL, O_NONBLOCK);
	while ((n = read(in, buf, sizeof buf)) > 0)
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *e = (void *)p;
			flagnames(e->mask, names);
			say("  %d %s%s%s len %u cookie %d", e->wd, names, e->len ? " " : "", e->len ? e->name : "", e->len, cookie(e->cookie));
			p += sizeof *e + e->len;
		}
	if (n < 0 && errno != EAGAIN) say("  read: %s", ename(errno));
}

static void init(void) { in = must(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)); }
static int watch(const char *path, uint32_t mask) { return R(inotify_add_watch(in, path, mask)); }

CASE(calls)
{
	RZ(inotify_init());
	SZ(inotify_init1, 0);
	SZ(inotify_init1, 1);
	SZ(inotify_init1, IN_CLOEXEC | 2);
	int fd = must(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	say("flags %#x fdflags %d", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	struct stat st;
	R(fstat(fd, &st));
	say("mode %o size %ld nlink %d", st.st_mode, (long)st.st_size, (int)st.st_nlink);
	char link[64] = "", path[64];
	sprintf(path, "/proc/self/fd/%d", fd);
	must(readlink(path, link, 63));
	say("%s", link);
	R(open(path, O_RDONLY));
	struct statfs fs;
	R(fstatfs(fd, &fs));
	say("magic %#lx", (long)fs.f_type);
	R(lseek(fd, 0, SEEK_SET));
	R(lseek(fd, 5, SEEK_CUR));
	R(pread(fd, buf, 100, 0));
	R(write(fd, "x", 1));
	R(read(fd, buf, 100));
	R(read(fd, buf, 0));
	R(ftruncate(fd, 0));
	R(fsync(fd));
	RZ(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	R(ioctl(fd, TCGETS, buf));
	R(fchmod(fd, 0600));
	R(fcntl(fd, F_SETPIPE_SZ, 4096));
}

CASE(errors)
{
	init();
	put("f", "x");
	mkdir("d", 0755);
	int f = must(open("f", O_RDONLY)), o = must(open("f", O_PATH));
	R(inotify_add_watch(in, "f", 0));
	R(inotify_add_watch(in, "f", IN_ISDIR));
	R(inotify_add_watch(in, "f", 0x10000));
	R(inotify_add_watch(in, "f", 0x00800000));
	R(inotify_add_watch(in, "f", IN_ONLYDIR));
	R(inotify_add_watch(in, "f", IN_ONESHOT));
	R(inotify_add_watch(in, "f", IN_MASK_ADD));
	R(inotify_add_watch(in, "f", IN_UNMOUNT));
	R(inotify_add_watch(in, "f", IN_Q_OVERFLOW));
	R(inotify_add_watch(in, "f", IN_IGNORED));
	R(inotify_add_watch(99, "f", IN_OPEN));
	R(inotify_add_watch(99, "f", 0));
	R(inotify_add_watch(f, "f", IN_OPEN));
	R(inotify_add_watch(o, "f", IN_OPEN));
	R(inotify_add_watch(in, "no", IN_OPEN));
	R(inotify_add_watch(in, "", IN_OPEN));
	R(inotify_add_watch(in, "f/x", IN_OPEN));
	R(inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR));
	R(inotify_add_watch(in, "d", IN_OPEN | IN_ONLYDIR));
	R(inotify_add_watch(in, BAD, IN_OPEN));
	R(inotify_add_watch(f, BAD, IN_OPEN));
	R(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	R(inotify_add_watch(f, "f", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	R(inotify_rm_watch(in, 77));
	R(inotify_rm_watch(in, -1));
	R(inotify_rm_watch(in, 0));
	R(inotify_rm_watch(99, 1));
	R(inotify_rm_watch(f, 1));
	chmod("f", 0);
	chmod("d", 0);
	drop();
	R(inotify_add_watch(in, "f", IN_OPEN));
	R(inotify_add_watch(in, "d", IN_OPEN));
	R(inotify_add_watch(in, "d/x", IN_OPEN));
}

CASE(file)
{
	init();
	put("f", "0123456789");
	watch("f", IN_ALL_EVENTS);
	int fd = must(open("f", O_RDONLY));
	drain("open");
	read(fd, buf, 4);
	drain("read");
	read(fd, buf, 0);
	drain("read nothing");
	lseek(fd, 0, SEEK_END);
	read(fd, buf, 4);
	drain("read at the end");
	pread(fd, buf, 2, 1);
	struct iovec v = {buf, 3};
	preadv(fd, &v, 1, 0);
	drain("two reads are one event");
	close(fd);
	drain("close");
	fd = must(open("f", O_RDWR));
	write(fd, "x", 1);
	write(fd, "x", 0);
	drain("write");
	ftruncate(fd, 3);
	drain("ftruncate");
	ftruncate(fd, 3);
	drain("ftruncate to the same");
	truncate("f", 3);
	drain("truncate to the same");
	truncate("f", 8);
	drain("truncate");
	posix_fallocate(fd, 0, 100);
	drain("fallocate");
	close(fd);
	drain("close");
	fd = must(open("f", O_WRONLY | O_TRUNC));
	close(fd);
	drain("open to truncate");
	fd = must(open("f", O_RDONLY | O_PATH));
	close(fd);
	drain("O_PATH");
	access("f", R_OK);
	struct stat st;
	stat("f", &st);
	drain("looking");
	fd = must(open("f", O_RDWR));
	int two = must(dup(fd));
	close(fd);
	drain("one of two closed");
	close(two);
	drain("the other closed");
	RZ(fcntl(in, F_SETFL, O_NONBLOCK));
}

CASE(attributes)
{
	init();
	put("f", "0123456789");
	watch("f", IN_ALL_EVENTS);
	chmod("f", 0644);
	drain("chmod to the same");
	chown("f", -1, -1);
	drain("chown of nothing");
	chown("f", getuid(), -1);
	drain("chown");
	struct timespec t[2] = {{1, 0}, {2, 0}};
	utimensat(AT_FDCWD, "f", t, 0);
	drain("both times");
	t[0].tv_nsec = UTIME_OMIT;
	utimensat(AT_FDCWD, "f", t, 0);
	drain("mtime");
	t[0].tv_nsec = 0;
	t[1].tv_nsec = UTIME_OMIT;
	utimensat(AT_FDCWD, "f", t, 0);
	drain("atime");
	utimensat(AT_FDCWD, "f", 0, 0);
	drain("now");
	if (setxattr("f", "user.a", "1", 1, 0)) say("xattr: %s", ename(errno));
	drain("setxattr");
	removexattr("f", "user.a");
	drain("removexattr");
	removexattr("f", "user.a");
	drain("removexattr of none");
	R(link("f", "g"));
	drain("link");
	R(unlink("g"));
	drain("unlink of one of two");
	chmod("f", 04755);
	drain("chmod");
	drop();
	chmod("f", 0600);
	drain("chmod by another");
}

CASE(setid)
{
	put("f", "0123456789");
	chmod("f", 04777);
	init();
	watch("f", IN_ALL_EVENTS);
	drop();
	int fd = must(open("f", O_WRONLY));
	drain("open");
	write(fd, "x", 1);
	drain("a write takes the set-id bit");
	write(fd, "x", 1);
	drain("next write");
	close(fd);
}

CASE(directory)
{
	init();
	mkdir("d", 0755);
	watch("d", IN_ALL_EVENTS);
	int fd = must(open("d/f", O_CREAT | O_RDWR, 0644));
	drain("create");
	write(fd, "hello", 5);
	pread(fd, buf, 2, 0);
	fchmod(fd, 0600);
	ftruncate(fd, 1);
	close(fd);
	drain("changes");
	mkdir("d/sub", 0755);
	symlink("x", "d/link");
	mknod("d/fifo", S_IFIFO | 0644, 0);
	link("d/f", "d/hard");
	drain("other kinds");
	fd = must(open("d/sub", O_RDONLY | O_DIRECTORY));
	RAW(getdents64, fd, buf, sizeof buf);
	RAW(getdents64, fd, buf, sizeof buf);
	close(fd);
	drain("a directory in it is listed");
	fd = must(open("d", O_RDONLY | O_DIRECTORY));
	RAW(getdents64, fd, buf, sizeof buf);
	close(fd);
	drain("it is listed");
	put("d/sub/deeper", "x");
	drain("deeper");
	chmod("d/sub", 0700);
	chmod("d", 0700);
	drain("chmod");
	unlink("d/hard");
	unlink("d/link");
	unlink("d/fifo");
	unlink("d/f");
	unlink("d/sub/deeper");
	rmdir("d/sub");
	drain("removal");
	readlink("d/none", buf, 10);
	unlink("d/none");
	open("d/none", O_RDONLY);
	rmdir("d/none");
	drain("failures");
	rmdir("d");
	drain("itself");
	R(inotify_rm_watch(in, 1));
}

CASE(moves)
{
	init();
	mkdir("a", 0755);
	mkdir("b", 0755);
	put("a/f", "x");
	put("a/g", "y");
	mkdir("a/d", 0755);
	watch("a", IN_ALL_EVENTS);
	watch("b", IN_ALL_EVENTS);
	watch("a/f", IN_ALL_EVENTS);
	watch("a/d", IN_ALL_EVENTS);
	watch("a/g", IN_ALL_EVENTS);
	rename("a/f", "a/h");
	drain("in a directory");
	rename("a/h", "b/f");
	drain("to another");
	rename("a/d", "b/d");
	drain("directory");
	rename("b/f", "a/g");
	drain("over another");
	rename("a/g", "out");
	drain("out");
	rename("out", "a/in");
	drain("in");
	put("b/x", "x");
	drain("new");
	RAW(renameat2, AT_FDCWD, "a/in", AT_FDCWD, "b/x", 2);
	drain("exchange");
	RAW(renameat2, AT_FDCWD, "a/in", AT_FDCWD, "b/d", 2);
	drain("exchange with a directory");
	put("b/n", "x");
	drain("new");
	R(RAW(renameat2, AT_FDCWD, "b/n", AT_FDCWD, "b/x", 1));
	R(rename("b/n", "b/n"));
	drain("nothing moved");
	link("b/n", "b/m");
	drain("link");
	R(rename("b/n", "b/m"));
	drain("two names of one");
}

CASE(removed)
{
	init();
	put("f", "x");
	put("g", "x");
	link("g", "h");
	watch(".", IN_ALL_EVENTS);
	watch("f", IN_ALL_EVENTS);
	watch("g", IN_ALL_EVENTS);
	unlink("f");
	drain("not open");
	int fd = must(open("g", O_RDWR));
	unlink("g");
	drain("open, another name");
	unlink("h");
	drain("open, last name");
	write(fd, "x", 1);
	drain("written");
	close(fd);
	drain("closed");
	put("k", "x");
	fd = must(open("k", O_RDWR));
	drain("new");
	watch("k", IN_ALL_EVENTS);
	unlink("k");
	drain("open");
	write(fd, "y", 1);
	fchmod(fd, 0600);
	drain("written and changed");
	close(fd);
	drain("closed");
	mkdir("d", 0755);
	int dir = must(open("d", O_RDONLY));
	watch("d", IN_ALL_EVENTS);
	drain("directory");
	rmdir("d");
	drain("open directory removed");
	close(dir);
	drain("closed");
	put("a", "1");
	put("b", "2");
	drain("new");
	watch("b", IN_ALL_EVENTS);
	fd = must(open("b", O_RDONLY));
	rename("a", "b");
	drain("open and renamed over");
	close(fd);
	drain("closed");
}

CASE(excl_unlink)
{
	init();
	mkdir("d", 0755);
	put("d/f", "x");
	watch("d", IN_ALL_EVENTS | IN_EXCL_UNLINK);
	int fd = must(open("d/f", O_RDWR));
	drain("open");
	unlink("d/f");
	drain("unlinked");
	write(fd, "x", 1);
	fchmod(fd, 0600);
	close(fd);
	drain("written");
	put("d/g", "x");
	drain("another");
	put("d/o", "x");
	put("o2", "x");
	rename("o2", "d/o");
	drain("over");
	fd = open("d", O_TMPFILE | O_RDWR, 0600);
	if (fd >= 0) {
		write(fd, "x", 1);
		close(fd);
	}
	drain("tmpfile");
}

CASE(masks)
{
	init();
	put("f", "x");
	int fd = must(open("f", O_RDWR));
	int wd = watch("f", IN_OPEN);
	R(inotify_add_watch(in, "f", IN_MODIFY) == wd);
	close(must(open("f", O_RDONLY)));
	write(fd, "x", 1);
	drain("replaced");
	R(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_ADD) == wd);
	close(must(open("f", O_RDONLY)));
	write(fd, "x", 1);
	drain("added");
	R(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE));
	close(must(open("f", O_RDONLY)));
	write(fd, "x", 1);
	drain("after a refused one");
	R(inotify_rm_watch(in, wd));
	drain("removed");
	R(inotify_rm_watch(in, wd));
	watch("f", IN_OPEN | IN_MASK_CREATE);
	symlink("f", "s");
	link("f", "g");
	R(inotify_add_watch(in, "s", IN_OPEN));
	R(inotify_add_watch(in, "g", IN_OPEN));
	watch("s", IN_ALL_EVENTS | IN_DONT_FOLLOW);
	close(must(open("s", O_RDONLY)));
	readlink("s", buf, 10);
	lchown("s", getuid(), -1);
	drain("link");
	unlink("s");
	drain("link removed");
	chdir("/");
	R(inotify_add_watch(in, ".", IN_DELETE_SELF | IN_MOVE_SELF));
}

CASE(oneshot)
{
	init();
	put("f", "x");
	mkdir("d", 0755);
	watch("f", IN_ALL_EVENTS | IN_ONESHOT);
	watch("d", IN_CREATE | IN_ONESHOT);
	watch("d", IN_ATTRIB | IN_MASK_ADD);
	close(must(open("f", O_RDONLY)));
	drain("open and close");
	close(must(open("f", O_RDONLY)));
	drain("again");
	chmod("d", 0700);
	put("d/f", "x");
	drain("directory");
	R(inotify_rm_watch(in, 1));
	watch("f", IN_OPEN);
}

CASE(both)
{
	init();
	mkdir("d", 0755);
	put("d/f", "x");
	watch("d/f", IN_OPEN | IN_CLOSE);
	watch("d", IN_OPEN | IN_CLOSE);
	int other = must(inotify_init1(IN_NONBLOCK));
	R(inotify_add_watch(other, "d", IN_MODIFY));
	int fd = must(open("d/f", O_WRONLY));
	drain("file and directory");
	write(fd, "x", 1);
	close(fd);
	drain("written");
	in = other;
	drain("the other instance");
}

CASE(queue)
{
	init();
	put("f", "x");
	mkdir("d", 0755);
	watch("f", IN_ALL_EVENTS);
	watch("d", IN_CREATE);
	int n = -1;
	R(ioctl(in, FIONREAD, &n));
	say("%d bytes", n);
	R(ioctl(in, FIONREAD, BAD));
	int fd = must(open("f", O_RDWR));
	write(fd, "x", 1);
	write(fd, "x", 1);
	read(fd, buf, 1);
	write(fd, "x", 1);
	R(ioctl(in, FIONREAD, &n));
	say("%d bytes", n);
	put("d/x", "x");
	put("d/fifteen_letters", "x");
	put("d/sixteen_letters_", "x");
	R(ioctl(in, FIONREAD, &n));
	say("%d bytes", n);
	R(read(in, buf, 0));
	R(read(in, buf, 1));
	R(read(in, buf, 15));
	R(read(in, buf, 16));
	R(read(in, buf, 40));
	R(read(in, buf, 50));
	R(ioctl(in, FIONREAD, &n));
	say("%d bytes", n);
	R(read(in, buf, 33));
	drain("rest");
	R(read(in, buf, 1));
}

CASE(readiness)
{
	init();
	put("f", "x");
	watch("f", IN_ALL_EVENTS);
	struct pollfd p = {in, POLLIN | POLLOUT | POLLRDNORM | POLLPRI, 0};
	R(poll(&p, 1, 0));
	int ep = must(epoll_create1(0)), et = must(epoll_create1(0));
	struct epoll_event e = {.events = EPOLLIN}, t = {.events = EPOLLIN | EPOLLET};
	R(epoll_ctl(ep, EPOLL_CTL_ADD, in, &e));
	R(epoll_ctl(et, EPOLL_CTL_ADD, in, &t));
	R(epoll_wait(ep, &e, 1, 0));
	chmod("f", 0600);
	R(epoll_wait(ep, &e, 1, 0));
	R(epoll_wait(et, &e, 1, 0));
	R(epoll_wait(et, &e, 1, 0));
	R(poll(&p, 1, 0));
	say("revents %#x", p.revents);
	int fd = must(open("f", O_RDWR));
	R(epoll_wait(et, &e, 1, 0));
	write(fd, "x", 1);
	R(epoll_wait(et, &e, 1, 0));
	read(fd, buf, 1);
	R(epoll_wait(et, &e, 1, 0));
	drain("all");
	R(epoll_wait(ep, &e, 1, 0));
	link("f", "g");
	R(epoll_wait(et, &e, 1, 0));
	unlink("g");
	R(epoll_wait(et, &e, 1, 0));
	rename("f", "h");
	R(epoll_wait(et, &e, 1, 0));
	drain("names");
	R(epoll_wait(ep, &e, 1, 0));
	if (!setxattr("h", "user.x", "1", 1, 0)) R(epoll_wait(et, &e, 1, 0));
	drain("xattr");
	R(inotify_rm_watch(in, 1));
	R(epoll_wait(et, &e, 1, 0));
	drain("removed");
}

static void *later(void *arg)
{
	settle();
	close(open("f", O_WRONLY));
	return arg;
}

CASE(wait)
{
	in = must(inotify_init());
	put("f", "x");
	watch("f", IN_CLOSE_WRITE);
	pthread_t t;
	pthread_create(&t, 0, later, 0);
	long n = R(read(in, buf, sizeof buf));
	if (n > 0) say("mask %#x", ((struct inotify_event *)buf)->mask);
	pthread_join(t, 0);
	pthread_create(&t, 0, later, 0);
	struct pollfd p = {in, POLLIN, 0};
	R(poll(&p, 1, 5000));
	pthread_join(t, 0);
	drain("after poll");
	signal(SIGALRM, SIG_IGN);
	struct sigaction sa = {.sa_handler = (void (*)(int))settle};
	sigaction(SIGALRM, &sa, 0);
	struct itimerval it = {.it_value = {0, 20000}};
	fcntl(in, F_SETFL, 0);
	setitimer(ITIMER_REAL, &it, 0);
	R(read(in, buf, sizeof buf));
}

static volatile sig_atomic_t got;
static void onio(int s) { got = s; }

CASE(sigio)
{
	init();
	put("f", "x");
	watch("f", IN_OPEN);
	signal(SIGIO, onio);
	R(fcntl(in, F_SETOWN, getpid()));
	R(fcntl(in, F_SETFL, O_ASYNC | O_NONBLOCK));
	close(open("f", O_RDONLY));
	until(got);
	say("signal %s", signame(got));
}

CASE(fork)
{
	init();
	put("f", "x");
	watch("f", IN_OPEN | IN_CLOSE);
	child("child", close(open("f", O_RDONLY)));
	drain("by the child");
	child("child reads", drain("in the child"); close(open("f", O_WRONLY)); inotify_rm_watch(in, 1));
	drain("then the parent");
}

CASE(instances)
{
	init();
	mkdir("d", 0755);
	int wd[4];
	for (int i = 0; i < 4; i++) {
		char name[16];
		sprintf(name, "d/%d", i);
		put(name, "x");
		wd[i] = inotify_add_watch(in, name, IN_OPEN);
	}
	say("%d %d %d %d", wd[0], wd[1], wd[2], wd[3]);
	R(inotify_rm_watch(in, 2));
	R(inotify_rm_watch(in, 4));
	R(inotify_add_watch(in, "d/1", IN_OPEN));
	R(inotify_add_watch(in, "d", IN_OPEN));
	drain("ignored");
	close(in);
	init();
	R(inotify_add_watch(in, "d", IN_OPEN));
}

CASE(transfer)
{
	init();
	put("a", "0123456789");
	put("b", "");
	int a = must(open("a", O_RDONLY)), b = must(open("b", O_RDWR)), p[2];
	must(pipe(p));
	watch("a", IN_ALL_EVENTS);
	watch("b", IN_ALL_EVENTS);
	if (copy_file_range(a, 0, b, 0, 4, 0) != 4) say("copy_file_range: %s", ename(errno));
	drain("copy_file_range");
	R(sendfile(b, a, 0, 3));
	drain("sendfile");
	R(splice(a, 0, p[1], 0, 2, 0));
	drain("splice from");
	R(splice(p[0], 0, b, 0, 2, 0));
	drain("splice to");
	char *m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0);
	m[0] = 'x';
	munmap(m, PAGE);
	drain("mapping");
}

CASE(exec)
{
	init();
	mkdir("d", 0755);
	int from = must(open(pself, O_RDONLY)), to = must(open("d/p", O_WRONLY | O_CREAT, 0755));
	for (ssize_t n; (n = read(from, buf, sizeof buf)) > 0;) write(to, buf, n);
	close(to);
	watch("d", IN_OPEN | IN_CLOSE);
	watch("d/p", IN_OPEN);
	child("exec", close(1); execl("d/p", "d/p", (char *)0); _exit(3));
	drain("executed");
}

CASE(unmount)
{
	if (!is_root()) return;
	mkdir("m", 0755);
	if (mount("none", "m", "tmpfs", 0, 0)) { say("mount: %s", ename(errno)); return; }
	put("m/f", "x");
	mkdir("m/d", 0755);
	init();
	watch("m/f", IN_OPEN);
	watch("m/d", IN_CREATE);
	R(umount2("m", MNT_DETACH));
	fcntl(in, F_SETFL, O_NONBLOCK);
	int n = read(in, buf, sizeof buf), unmounted = 0, ignored = 0;
	for (char *p = buf; p < buf + n;) {
		struct inotify_event *e = (void *)p;
		unmounted += (e->mask & IN_UNMOUNT) != 0;
		ignored += e->mask == IN_IGNORED;
		p += sizeof *e + e->len;
	}
	say("%d unmounted, %d ignored", unmounted, ignored);
	R(inotify_rm_watch(in, 1));
}

static long number(const char *path)
{
	char b[64] = "";
	int fd = must(open(path, O_RDONLY));
	read(fd, b, 63);
	close(fd);
	return atol(b);
}

CASE(overflow)
{
	init();
	mkdir("d", 0755);
	watch("d", IN_CREATE | IN_DELETE);
	long most = number("/proc/sys/fs/inotify/max_queued_events");
	for (long i = 0; i < most / 2 + 20; i++) {
		mkdir("d/x", 0755);
		rmdir("d/x");
	}
	long events = 0;
	int n, last = 0, wd = 0;
	while ((n = read(in, buf, sizeof buf)) > 0)
		for (char *p = buf; p < buf + n; events++) {
			struct inotify_event *e = (void *)p;
			last = e->mask;
			wd = e->wd;
			p += sizeof *e + e->len;
		}
	say("%ld more than the limit, last %#x of %d", events - most, last, wd);
	mkdir("d/x", 0755);
	drain("after");
}

CASE(fdinfo)
{
	init();
	put("f", "x");
	watch("f", IN_OPEN | IN_CLOSE);
	watch(".", IN_CREATE | IN_ONLYDIR);
	char path[64], *line;
	sprintf(path, "/proc/self/fdinfo/%d", in);
	FILE *f = fopen(path, "r");
	struct stat st;
	while ((line = fgets(buf, 1000, f))) {
		unsigned wd, mask, ignored;
		unsigned long ino, dev;
		if (sscanf(line, "inotify wd:%x ino:%lx sdev:%lx mask:%x ignored_mask:%x", &wd, &ino, &dev, &mask, &ignored) != 5) continue;
		stat(wd == 1 ? "f" : ".", &st);
		say("wd %u inode %d mask %#x ignored %#x", wd, ino == st.st_ino, mask, ignored);
	}
}
