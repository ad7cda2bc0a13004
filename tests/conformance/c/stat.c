// stat(2), lstat(2), fstat(2), newfstatat(2), statx(2), statfs(2).
#include "p.h"
#include <linux/stat.h>
#include <sys/statfs.h>
#include <sys/vfs.h>
#include <sys/mount.h>
#undef stat

static void pr(const char *what, struct stat *s)
{
	say("%s: mode %o nlink %ld size %ld uid %s rdev %lu", what, s->st_mode, S_ISDIR(s->st_mode) ? 0L : (long)s->st_nlink,
	    S_ISDIR(s->st_mode) ? 0L : (long)s->st_size, s->st_uid == geteuid() ? "mine" : "other", (unsigned long)s->st_rdev);
}

CASE(basic)
{
	put("f", "hello");
	must(mkdir("d", 0750));
	must(symlink("f", "l"));
	must(symlink("gone", "dangling"));
	must(mkfifo("p", 0622));
	struct stat s;
	R(stat("f", &s));
	pr("f", &s);
	R(stat("d", &s));
	pr("d", &s);
	R(stat("l", &s));
	pr("l", &s);
	R(lstat("l", &s));
	pr("l itself", &s);
	R(lstat("l/", &s));
	R(stat("p", &s));
	pr("p", &s);
	R(stat("dangling", &s));
	R(lstat("dangling", &s));
	pr("dangling", &s);
	R(stat("", &s));
	R(stat("missing", &s));
	R(stat("f/", &s));
	R(stat("f/x", &s));
	R(stat("d/.", &s));
	R(stat("d/../f", &s));
	R(stat("./././f", &s));
	R(stat("d//../..//", &s));
	S(stat, BAD, &s);
	S(stat, "f", BAD);
	S(stat, "f", 0);
	S(stat, "f", KERN);
	S(stat, "missing", BAD);
	S(stat, "f", edge(143));
	S(stat, "f", edge(144));
	S(lstat, "f", rdonly());
	R(stat("/dev/null", &s));
	say("null: mode %o rdev %lu", s.st_mode, (unsigned long)s.st_rdev);
}

CASE(fstat)
{
	put("f", "hello");
	int fd = must(open("f", O_RDWR)), p[2];
	must(pipe(p));
	struct stat s;
	R(fstat(fd, &s));
	pr("f", &s);
	must(unlink("f"));
	R(fstat(fd, &s));
	pr("unlinked", &s);
	R(write(fd, "longer than it was", 18));
	R(fstat(fd, &s));
	pr("written", &s);
	R(fstat(p[0], &s));
	say("pipe: mode %o size %ld", s.st_mode, (long)s.st_size);
	R(fstat(-1, &s));
	R(fstat(99, &s));
	S(fstat, fd, BAD);
	S(fstat, 99, BAD);
	int sk = must(socket(AF_UNIX, SOCK_STREAM, 0));
	R(fstat(sk, &s));
	say("socket: mode %o size %ld", s.st_mode, (long)s.st_size);
	struct stat a, b;
	must(fstat(p[0], &a));
	must(fstat(p[1], &b));
	say("both ends are one inode %d", a.st_ino == b.st_ino && a.st_dev == b.st_dev);
}

CASE(at)
{
	must(mkdir("d", 0755));
	put("d/f", "x");
	put("g", "yy");
	must(symlink("f", "d/l"));
	int d = must(open("d", O_RDONLY)), g = must(open("g", O_RDONLY)), pl = must(open("d/l", O_PATH | O_NOFOLLOW));
	struct stat s;
	S(newfstatat, d, "f", &s, 0);
	S(newfstatat, d, "l", &s, 0);
	pr("l", &s);
	S(newfstatat, d, "l", &s, AT_SYMLINK_NOFOLLOW);
	pr("l", &s);
	S(newfstatat, g, "", &s, AT_EMPTY_PATH);
	pr("g", &s);
	S(newfstatat, pl, "", &s, AT_EMPTY_PATH);
	pr("link fd", &s);
	S(newfstatat, AT_FDCWD, "", &s, AT_EMPTY_PATH);
	pr("cwd", &s);
	S(newfstatat, g, "", &s, 0);
	S(newfstatat, g, "x", &s, 0);
	S(newfstatat, g, "x", &s, AT_EMPTY_PATH);
	S(newfstatat, -1, "", &s, AT_EMPTY_PATH);
	S(newfstatat, 99, "", &s, AT_EMPTY_PATH);
	S(newfstatat, -1, "g", &s, 0);
	S(newfstatat, -1, "/", &s, 0);
	S(newfstatat, d, "f", &s, AT_NO_AUTOMOUNT);
	S(newfstatat, d, "f", &s, 0x8000);
	S(newfstatat, d, "f", &s, 0x200);
	S(newfstatat, d, BAD, &s, 0);
	S(newfstatat, d, "f", BAD, 0);
	S(newfstatat, g, (void *)0, &s, AT_EMPTY_PATH);
}

CASE(statx)
{
	put("f", "hello");
	must(symlink("f", "l"));
	int fd = must(open("f", O_RDONLY));
	struct statx x = {0};
	S(statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x);
	say("mask has basics %d mode %o nlink %u size %llu", (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS, x.stx_mode, x.stx_nlink, (unsigned long long)x.stx_size);
	S(statx, AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_SIZE, &x);
	say("link: size %llu type %o", (unsigned long long)x.stx_size, x.stx_mode & S_IFMT);
	S(statx, fd, "", AT_EMPTY_PATH, STATX_ALL, &x);
	say("size %llu", (unsigned long long)x.stx_size);
	S(statx, fd, (void *)0, AT_EMPTY_PATH, STATX_SIZE, &x);
	S(statx, AT_FDCWD, "f", AT_STATX_FORCE_SYNC, STATX_SIZE, &x);
	S(statx, AT_FDCWD, "f", AT_STATX_DONT_SYNC, STATX_SIZE, &x);
	S(statx, AT_FDCWD, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_SIZE, &x);
	S(statx, AT_FDCWD, "f", 0, 0x80000000, &x);
	S(statx, AT_FDCWD, "f", 0, 0, &x);
	S(statx, AT_FDCWD, "f", 0x200, STATX_SIZE, &x);
	S(statx, AT_FDCWD, "missing", 0, STATX_SIZE, &x);
	S(statx, 99, "f", 0, STATX_SIZE, &x);
	S(statx, AT_FDCWD, BAD, 0, STATX_SIZE, &x);
	S(statx, AT_FDCWD, "f", 0, STATX_SIZE, BAD);
	S(statx, AT_FDCWD, "f", 0, STATX_SIZE, edge(255));
	S(statx, AT_FDCWD, "/dev/null", 0, STATX_ALL, &x);
	say("null: %u,%u", x.stx_rdev_major, x.stx_rdev_minor);
}

CASE(times)
{
	put("f", "x");
	struct stat a, b;
	must(stat("f", &a));
	say("all three alike %d, not zero %d", a.st_atime == a.st_mtime && a.st_mtime == a.st_ctime, a.st_mtime != 0);
	nap_ms(20);
	int fd = must(open("f", O_RDWR));
	must(write(fd, "y", 1));
	must(fstat(fd, &b));
#define NS(t) ((t).tv_sec * 1000000000L + (t).tv_nsec)
	say("write: mtime moved %d ctime moved %d", NS(b.st_mtim) > NS(a.st_mtim), NS(b.st_ctim) > NS(a.st_ctim));
	a = b;
	nap_ms(20);
	must(fchmod(fd, 0600));
	must(fstat(fd, &b));
	say("chmod: mtime moved %d ctime moved %d", NS(b.st_mtim) > NS(a.st_mtim), NS(b.st_ctim) > NS(a.st_ctim));
	a = b;
	nap_ms(20);
	must(link("f", "g"));
	must(fstat(fd, &b));
	say("link: mtime moved %d ctime moved %d", NS(b.st_mtim) > NS(a.st_mtim), NS(b.st_ctim) > NS(a.st_ctim));
	must(mkdir("d", 0755));
	must(stat("d", &a));
	nap_ms(20);
	put("d/x", "");
	must(stat("d", &b));
	say("create: directory's mtime moved %d", NS(b.st_mtim) > NS(a.st_mtim));
	nap_ms(20);
	put("d/x", "");
	must(stat("d", &a));
	say("open: directory's mtime moved %d", NS(a.st_mtim) > NS(b.st_mtim));
	must(unlink("d/x"));
	must(stat("d", &a));
	say("unlink: directory's mtime moved %d", NS(a.st_mtim) > NS(b.st_mtim));
	must(stat("g", &a));
	nap_ms(20);
	must(write(fd, "", 0));
	must(stat("g", &b));
	say("empty write: mtime moved %d", NS(b.st_mtim) > NS(a.st_mtim));
	must(ftruncate(fd, 1));
	must(stat("g", &b));
	say("truncate: mtime moved %d", NS(b.st_mtim) > NS(a.st_mtim));
}

CASE(links)
{
	must(mkdir("d", 0755));
	struct stat s, t;
	must(stat("d", &s));
	must(mkdir("d/a", 0755));
	must(mkdir("d/b", 0755));
	put("d/f", "");
	must(stat("d", &t));
	say("two more: %d", s.st_nlink == t.st_nlink || t.st_nlink == s.st_nlink + 2);
	must(link("d/f", "d/g"));
	must(stat("d/f", &s));
	must(stat("d/g", &t));
	say("nlink %ld same inode %d same device %d", (long)s.st_nlink, s.st_ino == t.st_ino, s.st_dev == t.st_dev);
	must(stat("d/a/..", &t));
	must(stat("d", &s));
	say("dotdot is the same %d", s.st_ino == t.st_ino);
	say("blksize sane %d", s.st_blksize >= 512);
	int fd = must(open("d/f", O_RDWR));
	must(write(fd, "x", 1));
	must(stat("d/g", &t));
	say("size by the other name %ld", (long)t.st_size);
}

CASE(statfs)
{
	put("f", "x");
	struct statfs s;
	int fd = must(open("f", O_RDONLY));
	R(statfs(".", &s));
	say("bsize sane %d namelen %ld", s.f_bsize >= 512, (long)s.f_namelen);
	R(fstatfs(fd, &s));
	say("blocks %d free no more %d", s.f_blocks > 0, s.f_bfree <= s.f_blocks);
	R(statfs("missing", &s));
	R(statfs("f/x", &s));
	R(statfs("", &s));
	S(statfs, BAD, &s);
	S(statfs, ".", BAD);
	R(fstatfs(99, &s));
	S(fstatfs, fd, BAD);
	R(statfs("/proc", &s));
	say("proc %#lx", (unsigned long)s.f_type);
	int p[2];
	must(pipe(p));
	R(fstatfs(p[0], &s));
	say("pipe %#lx", (unsigned long)s.f_type);
}

CASE(statfs_use)
{
	// What is written takes room and a file, and gives both back. /tmp need
	// not be where the case works: other programs change that.
	struct statfs a, b, c;
	must(mkdir("m", 0755));
	if (mount("none", "m", "tmpfs", 0, "size=8m") < 0) { say("not root"); return; }
	must(statfs("m", &a));
	say("empty %d", a.f_bfree == a.f_blocks && a.f_blocks == 2048);
	int fd = must(open("m/f", O_CREAT | O_RDWR, 0644));
	char k[4096];
	memset(k, 1, sizeof k);
	for (int i = 0; i < 100; i++) must(write(fd, k, sizeof k));
	must(mkdir("m/d", 0755));
	must(symlink("d", "m/s"));
	must(statfs("m", &b));
	say("used %ld, files %ld", (long)(a.f_bfree - b.f_bfree), (long)(a.f_ffree - b.f_ffree));
	close(fd);
	must(unlink("m/f"));
	must(rmdir("m/d"));
	must(unlink("m/s"));
	must(statfs("m", &c));
	say("back %d %d", c.f_bfree == a.f_bfree, c.f_ffree == a.f_ffree);
	umount("m");
	must(statfs("/", &a));
	say("the root has some %d", a.f_blocks > a.f_bfree);
}
