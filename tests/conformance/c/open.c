// open(2), openat(2), creat(2), close(2), openat2(2): flags and the order of errors.
#include "p.h"
#include <sys/sysmacros.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

CASE(create)
{
	SZ(open, "a", O_RDWR | O_CREAT, 0640);
	struct stat st;
	must(stat("a", &st));
	say("mode %o size %ld nlink %ld", st.st_mode, (long)st.st_size, (long)st.st_nlink);
	SZ(open, "a", O_RDWR | O_CREAT | O_EXCL, 0640);
	SZ(open, "a", O_RDWR | O_CREAT, 0600);
	must(stat("a", &st));
	say("mode stays %o", st.st_mode);
	SZ(creat, "b", 07777);
	must(stat("b", &st));
	say("creat: mode %o", st.st_mode);
	umask(077);
	SZ(open, "c", O_WRONLY | O_CREAT, 0666);
	must(stat("c", &st));
	say("umask 077: mode %o", st.st_mode);
	int fd = SZ(open, "ro", O_RDWR | O_CREAT, 0);
	R(write(fd, "x", 1));
	show("a");
}

CASE(trunc)
{
	put("a", "hello world");
	SZ(open, "a", O_RDONLY);
	show("a");
	SZ(open, "a", O_WRONLY | O_TRUNC);
	show("a");
	put("a", "again");
	int fd = SZ(creat, "a", 0600);
	show("a");
	char c;
	R(read(fd, &c, 1));
	SZ(open, "missing", O_WRONLY | O_TRUNC);
}

CASE(append)
{
	put("a", "one");
	int fd = SZ(open, "a", O_WRONLY | O_APPEND);
	R(lseek(fd, 0, SEEK_SET));
	R(write(fd, "two", 3));
	R(lseek(fd, 0, SEEK_CUR));
	R(pwrite(fd, "three", 5, 0)); // Linux appends even here: pwrite(2), BUGS
	show("a");
	R(lseek(fd, 0, SEEK_CUR));
}

CASE(modes)
{
	put("a", "data");
	char c;
	int r = SZ(open, "a", O_RDONLY), w = SZ(open, "a", O_WRONLY), rw = SZ(open, "a", O_RDWR);
	R(write(r, "x", 1));
	R(read(w, &c, 1));
	R(write(rw, "x", 1));
	R(read(rw, &c, 1));
	int x = SZ(open, "a", 3);
	R(read(x, &c, 1));
	R(write(x, &c, 1));
	say("flags %#x", fcntl(x, F_GETFL) & O_ACCMODE);
}

CASE(errors)
{
	put("f", "");
	must(mkdir("d", 0755));
	must(symlink("loop", "loop"));
	must(symlink("gone", "dangling"));
	must(symlink("f", "link"));
	char big[5000];
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = 0;
	SZ(open, "", O_RDONLY);
	SZ(open, "missing", O_RDONLY);
	SZ(open, "missing/x", O_RDONLY | O_CREAT, 0644);
	SZ(open, "f/x", O_RDONLY);
	SZ(open, "f/", O_RDONLY);
	SZ(open, "f/.", O_RDONLY);
	SZ(open, "f/..", O_RDONLY);
	SZ(open, "new/", O_RDONLY | O_CREAT, 0644);
	SZ(open, "d", O_WRONLY);
	SZ(open, "d", O_RDWR);
	SZ(open, "d", O_RDONLY);
	SZ(open, "d/", O_RDONLY);
	SZ(open, "d", O_RDONLY | O_CREAT, 0644);
	SZ(open, "d", O_RDONLY | O_CREAT | O_EXCL, 0644);
	SZ(open, "d", O_RDONLY | O_TRUNC);
	SZ(open, "f", O_RDONLY | O_DIRECTORY);
	SZ(open, "loop", O_RDONLY);
	SZ(open, "loop/x", O_RDONLY);
	SZ(open, "dangling", O_RDONLY);
	SZ(open, "dangling", O_RDONLY | O_CREAT | O_EXCL, 0644);
	SZ(open, "link", O_RDONLY | O_NOFOLLOW);
	SZ(open, "link", O_RDONLY | O_CREAT | O_EXCL, 0644);
	SZ(open, "link/", O_RDONLY);
	SZ(open, "f", O_RDONLY | O_NOFOLLOW);
	SZ(open, big, O_RDONLY);
	big[256] = 0;
	SZ(open, big, O_RDONLY);
	SZ(open, big, O_RDONLY | O_CREAT, 0644);
	big[255] = 0;
	SZ(open, big, O_RDONLY | O_CREAT, 0644);
	SZ(open, (void *)0, O_RDONLY);
	SZ(open, BAD, O_RDONLY);
	SZ(open, KERN, O_RDONLY);
	SZ(open, NONCANON, O_RDONLY);
	char *e = edge(2);
	e[0] = 'f', e[1] = 'f';
	SZ(open, e, O_RDONLY);
	e[1] = 0;
	SZ(open, e, O_RDONLY);
	SZ(open, "f", O_RDONLY | O_DIRECTORY | O_CREAT, 0644);
	SZ(open, "new", O_RDONLY | O_DIRECTORY | O_CREAT, 0644);
	SZ(open, "dangling", O_RDONLY | O_CREAT, 0644);
	show("gone");
}

CASE(dangling_create)
{
	must(mkdir("d", 0755));
	must(symlink("d/target", "l"));
	SZ(open, "l", O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
	SZ(open, "l", O_WRONLY | O_CREAT, 0644);
	R(access("d/target", F_OK));
	must(symlink("nodir/x", "m"));
	SZ(open, "m", O_WRONLY | O_CREAT, 0644);
	must(symlink("d/", "n"));
	SZ(open, "n", O_WRONLY | O_CREAT, 0644);
	SZ(open, "n", O_RDONLY);
}

CASE(at)
{
	must(mkdir("d", 0755));
	put("d/f", "in d");
	put("f", "in cwd");
	int d = must(open("d", O_RDONLY | O_DIRECTORY)), f = must(open("f", O_RDONLY));
	char abs[PATH_MAX];
	snprintf(abs, sizeof abs, "%s/f", pdir);
	char b[16] = {0};
	int a = SZ(openat, d, "f", O_RDONLY);
	R(read(a, b, 15));
	say("%s", b);
	SZ(openat, d, "../f", O_RDONLY);
	SZ(openat, -1, "f", O_RDONLY);
	SZ(openat, 999, "f", O_RDONLY);
	SZ(openat, -1, abs, O_RDONLY);
	SZ(openat, f, "f", O_RDONLY);
	SZ(openat, f, "", O_RDONLY);
	SZ(openat, f, abs, O_RDONLY);
	SZ(openat, AT_FDCWD, "f", O_RDONLY);
	SZ(openat, d, "new", O_RDWR | O_CREAT, 0600);
	R(access("d/new", F_OK));
	SZ(openat, -1, BAD, O_RDONLY);
	SZ(openat, -1, "", O_RDONLY);
	must(unlink("d/new"));
	must(unlink("d/f"));
	must(rmdir("d"));
	SZ(openat, d, ".", O_RDONLY);
	SZ(openat, d, "x", O_RDONLY | O_CREAT, 0600);
	SZ(openat, d, "..", O_RDONLY);
}

CASE(lowest_fd)
{
	put("f", "");
	int a = R(open("f", O_RDONLY)), b = R(open("f", O_RDONLY));
	R(open("f", O_RDONLY));
	R(close(a));
	R(open("f", O_RDONLY));
	R(close(b));
	R(close(a));
	R(open("f", O_RDONLY));
	R(open("f", O_RDONLY));
	R(close(0));
	R(open("f", O_RDONLY));
}

CASE(path)
{
	put("f", "data");
	must(symlink("f", "l"));
	char c;
	int fd = SZ(open, "f", O_PATH), l = SZ(open, "l", O_PATH | O_NOFOLLOW);
	struct stat st;
	R(read(fd, &c, 1));
	R(write(fd, &c, 1));
	R(lseek(fd, 0, SEEK_SET));
	R(ioctl(fd, FIONREAD, &c));
	R(fchmod(fd, 0600));
	R(fchown(fd, -1, -1));
	R(fstat(fd, &st));
	R(fcntl(fd, F_GETFL) == O_PATH);
	R(fcntl(l, F_GETFL) == (O_PATH | O_NOFOLLOW));
	R(fcntl(fd, F_SETFL, O_APPEND));
	R(fstat(l, &st));
	say("link: %o", st.st_mode & S_IFMT);
	char b[8] = {0};
	R(readlinkat(l, "", b, 8));
	R(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	RZ(dup(fd));
	R(ftruncate(fd, 0));
	int d = SZ(open, ".", O_PATH);
	SZ(openat, d, "f", O_RDONLY);
	R(fchdir(d));
	SZ(open, "f", O_PATH | O_CREAT | O_TRUNC | O_WRONLY, 0);
	show("f");
	char p[64];
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	int re = RZ(open(p, O_RDONLY));
	R(read(re, &c, 1));
	must(mkdir("locked", 0));
	drop();
	SZ(open, "locked", O_PATH);
	SZ(open, "locked", O_RDONLY);
}

CASE(permissions)
{
	put("r", "r");
	put("w", "w");
	put("none", "n");
	must(mkdir("x", 0711));
	must(mkdir("hidden", 0700));
	put("x/f", "f");
	put("hidden/f", "f");
	if (is_root()) {
		chmod("r", 0444), chmod("w", 0222), chmod("none", 0);
	} else {
		chmod("r", 0400), chmod("w", 0200), chmod("none", 0);
		chmod("x", 0100), chmod("hidden", 0);
	}
	int r = must(open("r", O_RDONLY));
	drop();
	SZ(open, "r", O_RDONLY);
	SZ(open, "r", O_WRONLY);
	SZ(open, "r", O_RDWR);
	SZ(open, "r", O_RDONLY | O_TRUNC);
	SZ(open, "w", O_RDONLY);
	SZ(open, "w", O_WRONLY);
	SZ(open, "w", 3);
	SZ(open, "none", O_RDONLY);
	SZ(open, "none", O_RDONLY | O_CREAT, 0);
	SZ(open, "none", O_RDONLY | O_CREAT | O_EXCL, 0);
	SZ(open, "x", O_RDONLY);
	SZ(open, "x/f", O_RDONLY);
	SZ(open, "x/new", O_RDONLY | O_CREAT, 0644);
	SZ(open, "hidden/f", O_RDONLY);
	SZ(open, "hidden/missing", O_RDONLY);
	char c;
	R(read(r, &c, 1));
}

CASE(noatime_cloexec)
{
	put("f", "x");
	int fd = SZ(open, "f", O_RDONLY | O_CLOEXEC);
	R(fcntl(fd, F_GETFD));
	R(fcntl(fd, F_GETFL) & O_CLOEXEC);
	fd = SZ(open, "f", O_RDWR | O_NONBLOCK | O_APPEND | O_SYNC | O_NOFOLLOW | O_NOCTTY | O_CREAT, 0);
	say("flags %o", fcntl(fd, F_GETFL) & ~O_LARGEFILE);
	SZ(open, "f", O_RDONLY | O_NOATIME);
	if (is_root()) drop();
	else say("not root");
	SZ(open, "/etc/passwd", O_RDONLY | O_NOATIME);
	SZ(open, "f", 0x40000000 | O_RDONLY); // unknown flags are ignored
}

CASE(tmpfile)
{
	int fd = SZ(open, ".", O_TMPFILE | O_RDWR, 0600);
	struct stat st;
	must(fstat(fd, &st));
	say("nlink %ld mode %o", (long)st.st_nlink, st.st_mode);
	R(write(fd, "tmp", 3));
	char p[64];
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	R(linkat(AT_FDCWD, p, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	show("named");
	fd = SZ(open, ".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	R(linkat(AT_FDCWD, p, AT_FDCWD, "named2", AT_SYMLINK_FOLLOW));
	SZ(open, ".", O_TMPFILE | O_RDONLY, 0600);
	SZ(open, "named", O_TMPFILE | O_RDWR, 0600);
	SZ(open, "missing", O_TMPFILE | O_RDWR, 0600);
	SZ(open, ".", O_TMPFILE | O_RDWR | O_CREAT, 0600);
}

CASE(emfile)
{
	put("f", "");
	struct rlimit l = {5, 5};
	must(setrlimit(RLIMIT_NOFILE, &l));
	R(open("f", O_RDONLY));
	R(open("f", O_RDONLY));
	R(open("f", O_RDONLY));
	R(open("missing", O_RDONLY));
	R(open("new", O_RDONLY | O_CREAT, 0600));
	R(access("new", F_OK));
	R(dup(0));
	R(dup2(0, 4));
	R(dup2(0, 5));
	int p[2];
	R(pipe(p));
	R(close(4));
	R(pipe(p));
	R(open("f", O_RDONLY));
	R(fcntl(0, F_DUPFD, 0));
	R(fcntl(0, F_DUPFD, 5));
	R(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
}

CASE(close)
{
	put("f", "");
	int fd = must(open("f", O_RDONLY));
	R(close(fd));
	R(close(fd));
	R(close(-1));
	R(close(12345));
	S(close, 0xffffffff00000000UL); // only the low half counts: this is fd 0
	S(close, 0);
	for (int i = 0; i < 6; i++) must(open("f", O_RDONLY));
	S(close_range, 4, 5, 0);
	R(fcntl(3, F_GETFD));
	R(fcntl(4, F_GETFD));
	R(fcntl(5, F_GETFD));
	S(close_range, 3, 3, 4); // CLOSE_RANGE_CLOEXEC
	R(fcntl(3, F_GETFD));
	S(close_range, 5, 4, 0);
	S(close_range, 4, 5, 8);
	S(close_range, 3, ~0U, 0);
	R(fcntl(3, F_GETFD));
}

CASE(fifo_and_devices)
{
	must(mkfifo("p", 0600));
	SZ(open, "p", O_WRONLY | O_NONBLOCK);
	SZ(open, "p", O_RDONLY | O_NONBLOCK);
	SZ(open, "p", O_WRONLY | O_NONBLOCK);
	SZ(open, "p", O_RDWR);
	SZ(open, "p", O_RDONLY | O_DIRECTORY);
	if (is_root()) SZ(mknod, "dev", S_IFCHR | 0600, makedev(255, 255));
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr a = {AF_UNIX, "sock"};
	R(bind(s, &a, sizeof a));
	SZ(open, "sock", O_RDWR);
	SZ(open, "sock", O_PATH);
}

struct how { uint64_t flags, mode, resolve; };

CASE(openat2)
{
	must(mkdir("d", 0755));
	put("d/f", "x");
	must(symlink("f", "d/l"));
	must(symlink("/", "d/root"));
	must(symlink("..", "d/up"));
	int d = must(open("d", O_RDONLY));
	struct how h = {O_RDONLY, 0, 0};
	SZ(openat2, d, "f", &h, sizeof h);
	SZ(openat2, d, "f", &h, sizeof h - 1);
	SZ(openat2, d, "f", &h, 8192);
	SZ(openat2, d, "f", BAD, sizeof h);
	SZ(openat2, d, "f", edge(16), sizeof h);
	h.flags = O_RDONLY | 0x40000000; // unknown flags are errors here
	SZ(openat2, d, "f", &h, sizeof h);
	h.flags = O_RDONLY, h.mode = 0600;
	SZ(openat2, d, "f", &h, sizeof h);
	h.flags = O_CREAT | O_RDWR;
	SZ(openat2, d, "new", &h, sizeof h);
	h.mode = 010000;
	SZ(openat2, d, "new", &h, sizeof h);
	h.flags = O_RDONLY, h.mode = 0;
	h.resolve = 0x08; // RESOLVE_BENEATH
	SZ(openat2, d, "l", &h, sizeof h);
	SZ(openat2, d, "../d/f", &h, sizeof h);
	SZ(openat2, d, "root/etc", &h, sizeof h);
	SZ(openat2, d, "/etc", &h, sizeof h);
	SZ(openat2, d, "up", &h, sizeof h);
	h.resolve = 0x10; // RESOLVE_IN_ROOT
	SZ(openat2, d, "/f", &h, sizeof h);
	SZ(openat2, d, "root/f", &h, sizeof h);
	SZ(openat2, d, "up/f", &h, sizeof h);
	SZ(openat2, d, "../../f", &h, sizeof h);
	h.resolve = 0x04; // RESOLVE_NO_SYMLINKS
	SZ(openat2, d, "l", &h, sizeof h);
	SZ(openat2, d, "f", &h, sizeof h);
	h.resolve = 0x02; // RESOLVE_NO_MAGICLINKS
	SZ(openat2, d, "/proc/self/fd/0", &h, sizeof h);
	h.resolve = 0x80;
	SZ(openat2, d, "f", &h, sizeof h);
	h.resolve = 0x18;
	SZ(openat2, d, "f", &h, sizeof h);
	struct { struct how h; uint64_t more; } ext = {{O_RDONLY}, 0};
	SZ(openat2, d, "f", &ext, sizeof ext);
	ext.more = 1;
	SZ(openat2, d, "f", &ext, sizeof ext);
}

CASE(mknod_kind_before_path)
{
	S(mknod, 0, S_IFLNK | 0755, 0);
	S(mknod, 0, S_IFDIR | 0755, 0);
	S(mknodat, -1, BAD, 0170000, 0);
	S(mknod, BAD, S_IFREG | 0755, 0);
}

CASE(direct_directory)
{
	mkdir("d", 0755);
	RZ(open("d", O_RDONLY | O_DIRECT));
	RZ(open("d", O_RDONLY | O_DIRECT | O_PATH));
	R(open("d", O_WRONLY | O_DIRECT));
}
