// name_to_handle_at(2), open_by_handle_at(2), and what else newer programs ask
// of a file: setxattrat(2) and its family, cachestat(2), write-life hints.
#include "p.h"
#include <linux/xattr.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#define SYS_removexattrat 466
#endif
#define MNT_ID_UNIQUE 1
#define HANDLE_FID 0x200

static struct fh { struct file_handle h; unsigned char b[128]; } h;
static int id;

static int encode(int dir, const char *path, int fl)
{
	h.h.handle_bytes = 128;
	return name_to_handle_at(dir, path, &h.h, &id, fl);
}

CASE(encode)
{
	int p[2];
	must(pipe(p));
	put("f", "x");
	symlink("nowhere", "s");
	int fd = must(open("f", O_RDONLY));
	R(encode(AT_FDCWD, "f", 0x8000));
	R(encode(AT_FDCWD, "none", 0));
	R(encode(AT_FDCWD, "f/x", 0));
	R(encode(AT_FDCWD, "f", 0));
	say("type %d", h.h.handle_type);
	unsigned bytes = h.h.handle_bytes;
	h.h.handle_bytes = 0;
	R(name_to_handle_at(AT_FDCWD, "f", &h.h, &id, 0));
	say("asks for what it needs %d", h.h.handle_bytes == bytes);
	h.h.handle_bytes = bytes - 1;
	R(name_to_handle_at(AT_FDCWD, "f", &h.h, &id, 0));
	h.h.handle_bytes = 129;
	R(name_to_handle_at(AT_FDCWD, "f", &h.h, &id, 0));
	h.h.handle_bytes = 128;
	R(name_to_handle_at(AT_FDCWD, "f", BAD, &id, 0));
	R(name_to_handle_at(AT_FDCWD, "f", &h.h, BAD, 0));
	R(encode(99, "f", 0));
	R(encode(fd, "", 0));
	R(encode(fd, "", AT_EMPTY_PATH));
	R(encode(p[0], "", AT_EMPTY_PATH));
	R(encode(AT_FDCWD, "/proc/self/status", 0));
	R(encode(AT_FDCWD, "/sys/kernel", 0));
	R(encode(AT_FDCWD, "/proc", HANDLE_FID));
	R(encode(AT_FDCWD, "s", 0));
	R(encode(AT_FDCWD, "s", AT_SYMLINK_FOLLOW));
	struct fh a;
	link("f", "g");
	encode(AT_FDCWD, "f", 0);
	a = h;
	encode(AT_FDCWD, "g", 0);
	say("same for two names %d", !memcmp(&a, &h, sizeof a));
	struct statx sx;
	must(statx(AT_FDCWD, ".", 0, STATX_MNT_ID, &sx));
	say("mount id %d", (int)sx.stx_mnt_id == id);
	unsigned long long unique = 0;
	h.h.handle_bytes = 128;
	R(name_to_handle_at(AT_FDCWD, "f", &h.h, (int *)&unique, MNT_ID_UNIQUE));
}

CASE(open)
{
	if (!is_root()) return;
	int p[2];
	must(pipe(p));
	put("f", "x");
	mkdir("d", 0755);
	symlink("f", "s");
	int fd = must(open("f", O_RDONLY));
	must(encode(AT_FDCWD, "f", 0));
	R(open_by_handle_at(99, &h.h, O_RDONLY));
	R(open_by_handle_at(p[0], &h.h, O_RDONLY));
	RZ(open_by_handle_at(fd, &h.h, O_RDONLY));
	R(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY | O_DIRECTORY));
	RZ(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY | O_CREAT));
	R(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY | O_CREAT | O_EXCL));
	RZ(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY | O_PATH));
	R(open_by_handle_at(AT_FDCWD, BAD, O_RDONLY));
	R(open_by_handle_at(99, BAD, O_RDONLY));
	struct fh g = h;
	g.h.handle_bytes = 0;
	R(open_by_handle_at(AT_FDCWD, &g.h, O_RDONLY));
	g.h.handle_bytes = 129;
	R(open_by_handle_at(AT_FDCWD, &g.h, O_RDONLY));
	g = h;
	g.h.handle_bytes = 4;
	R(open_by_handle_at(AT_FDCWD, &g.h, O_RDONLY));
	g = h;
	g.h.handle_type = -1;
	R(open_by_handle_at(AT_FDCWD, &g.h, O_RDONLY));
	g = h;
	g.b[0] ^= 0xff;
	g.b[4] ^= 0x55;
	R(open_by_handle_at(AT_FDCWD, &g.h, O_RDONLY));
	int two = must(open_by_handle_at(AT_FDCWD, &h.h, O_RDWR));
	char path[64], to[PATH_MAX] = "", b[8] = "";
	sprintf(path, "/proc/self/fd/%d", two);
	must(readlink(path, to, sizeof to - 1));
	say("%s", strrchr(to, '/'));
	R(read(two, b, 8));
	rename("f", "moved");
	RZ(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY));
	unlink("moved");
	RZ(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY));
	for (int i = 3; i < 40; i++) close(i);
	R(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY));
	must(encode(AT_FDCWD, "s", 0));
	R(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY));
	RZ(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY | O_PATH));
	must(encode(AT_FDCWD, "d", 0));
	int d = RZ(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY | O_DIRECTORY));
	R(mkdirat(d, "sub", 0755));
	R(access("d/sub", F_OK));
	drop();
	R(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY));
	R(open_by_handle_at(99, &h.h, O_RDONLY));
	R(open_by_handle_at(AT_FDCWD, BAD, O_RDONLY));
	R(encode(AT_FDCWD, "d", 0));
}

struct args { uint64_t value; uint32_t size, flags; };

CASE(xattrat)
{
	put("f", "x");
	symlink("f", "s");
	int dir = must(open(".", O_RDONLY)), fd = must(open("f", O_RDONLY)), p[2];
	must(pipe(p));
	char b[64] = "";
	struct args set = {(uint64_t)"one", 3, 0}, get = {(uint64_t)b, sizeof b, 0}, big[2] = {set, {0}};
	R(syscall(SYS_setxattrat, dir, "f", 0, "user.a", &set, sizeof set));
	R(syscall(SYS_setxattrat, dir, "f", 0x8000, "user.a", &set, sizeof set));
	R(syscall(SYS_setxattrat, dir, "f", 0, "user.a", &set, 8));
	R(syscall(SYS_setxattrat, dir, "f", 0, "user.a", &set, 5000));
	R(syscall(SYS_setxattrat, dir, "f", 0, "user.a", BAD, sizeof set));
	R(syscall(SYS_setxattrat, fd, "", AT_EMPTY_PATH, "user.b", big, sizeof big));
	big[1].flags = 1;
	R(syscall(SYS_setxattrat, fd, "", AT_EMPTY_PATH, "user.b", big, sizeof big));
	set.flags = XATTR_CREATE;
	R(syscall(SYS_setxattrat, fd, "", AT_EMPTY_PATH, "user.b", &set, sizeof set));
	set.flags = 8;
	R(syscall(SYS_setxattrat, fd, "", AT_EMPTY_PATH, "user.b", &set, sizeof set));
	set.flags = 0;
	R(syscall(SYS_setxattrat, fd, "", 0, "user.b", &set, sizeof set));
	R(syscall(SYS_setxattrat, dir, "s", AT_SYMLINK_NOFOLLOW, "user.b", &set, sizeof set));
	R(syscall(SYS_setxattrat, p[0], "", AT_EMPTY_PATH, "user.b", &set, sizeof set));
	R(syscall(SYS_getxattrat, dir, "s", 0, "user.a", &get, sizeof get));
	say("%s", b);
	R(syscall(SYS_getxattrat, dir, "none", 0, "user.a", &get, sizeof get));
	R(syscall(SYS_getxattrat, dir, "f", 0, "user.none", &get, sizeof get));
	R(syscall(SYS_getxattrat, dir, "f", 0, "", &get, sizeof get));
	get.size = 2;
	R(syscall(SYS_getxattrat, dir, "f", 0, "user.a", &get, sizeof get));
	get.size = 0;
	R(syscall(SYS_getxattrat, dir, "f", 0, "user.a", &get, sizeof get));
	get.flags = 1;
	R(syscall(SYS_getxattrat, dir, "f", 0, "user.a", &get, sizeof get));
	R(syscall(SYS_listxattrat, dir, "f", 0, b, sizeof b));
	R(syscall(SYS_listxattrat, fd, "", AT_EMPTY_PATH, 0, 0));
	R(syscall(SYS_listxattrat, fd, "", AT_EMPTY_PATH, b, 3));
	R(syscall(SYS_listxattrat, dir, "f", 0x8000, b, sizeof b));
	R(syscall(SYS_removexattrat, dir, "f", 0, "user.a"));
	R(syscall(SYS_removexattrat, dir, "f", 0, "user.a"));
	R(syscall(SYS_removexattrat, fd, "", AT_EMPTY_PATH, "user.b"));
	R(syscall(SYS_removexattrat, dir, "f", 0x8000, "user.a"));
	R(syscall(SYS_removexattrat, 99, "f", 0, "user.a"));
	R(syscall(SYS_listxattrat, dir, "f", 0, b, sizeof b));
}

CASE(cachestat)
{
	struct { uint64_t off, len; } r = {0, 0};
	struct { uint64_t cache, dirty, writeback, evicted, recent; } s;
	char b[4096];
	int p[2], fd = must(open("f", O_RDWR | O_CREAT, 0644));
	must(pipe(p));
	memset(b, 1, sizeof b);
	must(ftruncate(fd, 100000));
	pwrite(fd, b, 4096, 0);
	pwrite(fd, b, 4096, 4096);
	R(syscall(SYS_cachestat, fd, &r, &s, 0));
	say("%d pages, %d written back, %d evicted", (int)s.cache, (int)s.writeback, (int)s.evicted);
	r.len = 4096;
	R(syscall(SYS_cachestat, fd, &r, &s, 0));
	say("%d pages", (int)s.cache);
	r.off = 4000;
	r.len = 200;
	R(syscall(SYS_cachestat, fd, &r, &s, 0));
	say("%d pages", (int)s.cache);
	r.off = 50000;
	R(syscall(SYS_cachestat, fd, &r, &s, 0));
	say("%d pages", (int)s.cache);
	R(syscall(SYS_cachestat, fd, &r, &s, 1));
	R(syscall(SYS_cachestat, 99, &r, &s, 1));
	R(syscall(SYS_cachestat, fd, BAD, &s, 1));
	R(syscall(SYS_cachestat, fd, &r, BAD, 0));
	R(syscall(SYS_cachestat, p[0], &r, &s, 0));
	R(syscall(SYS_cachestat, must(open(".", O_RDONLY)), &r, &s, 0));
	R(syscall(SYS_cachestat, must(open("f", O_PATH)), &r, &s, 0));
}

CASE(hints)
{
	put("f", "x");
	int p[2], fd = must(open("f", O_RDWR));
	must(pipe(p));
	uint64_t hint = 9;
	R(fcntl(fd, F_GET_RW_HINT, &hint));
	say("hint %d", (int)hint);
	hint = 3;
	R(fcntl(fd, F_SET_RW_HINT, &hint));
	hint = 0;
	R(fcntl(must(open("f", O_RDONLY)), F_GET_RW_HINT, &hint));
	say("hint %d", (int)hint);
	hint = 6;
	R(fcntl(fd, F_SET_RW_HINT, &hint));
	hint = 1ULL << 32;
	R(fcntl(fd, F_SET_RW_HINT, &hint));
	R(fcntl(fd, F_GET_RW_HINT, BAD));
	R(fcntl(fd, F_SET_RW_HINT, BAD));
	R(fcntl(fd, F_GET_FILE_RW_HINT, &hint));
	R(fcntl(must(open("f", O_PATH)), F_GET_RW_HINT, &hint));
	hint = 1;
	R(fcntl(p[1], F_SET_RW_HINT, &hint));
	if (!is_root()) return;
	chmod("f", 0666);
	drop();
	fd = must(open("f", O_RDWR));
	R(fcntl(fd, F_SET_RW_HINT, &hint));
	R(fcntl(fd, F_GET_RW_HINT, &hint));
}
