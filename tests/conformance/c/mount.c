// mount(2), umount2(2): file systems in memory, bind mounts, moves, remounts.
#include "p.h"
#include <sys/mount.h>
#include <sys/statfs.h>

// alone gives the case a name space of its own where there are several.
static void alone(void)
{
	unshare(CLONE_NEWNS);
	mount("none", "/", 0, MS_REC | MS_PRIVATE, 0);
}

static void ls(const char *path)
{
	show(path);
}

// options prints what mountinfo says of the mount on name here.
static void options(const char *name)
{
	char line[4096], at[PATH_MAX], want[PATH_MAX], root[PATH_MAX], opts[256], rest[1024];
	realpath(name, want);
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int n = 0;
	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%*d %*d %*s %4095s %4095s %255s %1023[^\n]", root, at, opts, rest) < 4 || strcmp(at, want)) continue;
		char *type = strstr(rest, "- ");
		char kind[64] = "", src[64] = "", super[512] = "";
		if (type) sscanf(type + 2, "%63s %63s %511s", kind, src, super);
		say("%s: root %s %s, %s from %s %.2s", name, strcmp(kind, "tmpfs") ? "-" : root, opts, kind, src, super);
		n++;
	}
	if (f) fclose(f);
	if (!n) say("%s: no mount", name);
}

CASE(tmpfs)
{
	if (!is_root()) { say("not root"); return; }
	alone();
	must(mkdir("m", 0755));
	put("m/under", "x");
	R(mount("src", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=16k,mode=750,uid=3,gid=4"));
	options("m");
	ls("m/under");
	struct stat s;
	must(stat("m", &s));
	say("mode %o uid %d gid %d", s.st_mode, s.st_uid, s.st_gid);
	struct statfs v;
	must(statfs("m", &v));
	say("type %#lx blocks %ld flags %#lx", (long)v.f_type, (long)v.f_blocks, (long)v.f_flags & ~0x20);
	static char big[20000];
	int fd = must(open("m/big", O_RDWR | O_CREAT, 0600));
	R(write(fd, big, sizeof big));
	R(write(fd, big, sizeof big));
	R(umount("m"));
	R(mount(0, "m", 0, MS_REMOUNT | MS_RDONLY, 0));
	close(fd);
	R(mount(0, "m", 0, MS_REMOUNT, "size=4k"));
	R(mount(0, "m", 0, MS_REMOUNT, "size=32k"));
	must(statfs("m", &v));
	say("blocks %ld", (long)v.f_blocks);
	R(mount(0, "m", 0, MS_REMOUNT | MS_RDONLY | MS_NOEXEC, 0));
	options("m");
	R(open("m/new", O_RDWR | O_CREAT, 0600));
	R(open("m/big", O_RDWR));
	RZ(open("m/big", O_RDONLY));
	R(umount2("m", MNT_EXPIRE));
	R(umount("m"));
	R(umount2("m", MNT_DETACH));
	options("m");
	ls("m/under");
}

CASE(options)
{
	if (!is_root()) { say("not root"); return; }
	alone();
	must(mkdir("m", 0755));
	R(mount("t", "m", "tmpfs", 0, "bogus=1"));
	R(mount("t", "m", "tmpfs", 0, "size=zzz"));
	R(mount("t", "m", "tmpfs", 0, "mode=9"));
	R(mount("t", "m", "tmpfs", MS_NOATIME | MS_NODIRATIME | MS_SYNCHRONOUS, "nr_inodes=100"));
	R(umount("m"));
	R(mount("t", "m", "tmpfs", MS_STRICTATIME | MS_NOSYMFOLLOW, 0));
	options("m");
	symlink("m", "l");
	symlink("/", "m/link");
	struct stat s;
	R(stat("m/link", &s));
	R(lstat("m/link", &s));
	R(mount("none", "m", 0, MS_REMOUNT | MS_BIND | MS_NOEXEC, 0));
	options("m");
	R(umount2("l", UMOUNT_NOFOLLOW));
	R(umount2("l", 0));
	R(mount("t", "m", "ramfs", MS_RDONLY, 0));
	R(mkdir("m/d", 0700));
	R(umount("m"));
	R(mount("t", "m", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
	R(access("m/self/status", R_OK));
	R(umount("m"));
}

CASE(bind)
{
	if (!is_root()) { say("not root"); return; }
	alone();
	must(mkdir("a", 0755));
	must(mkdir("b", 0755));
	must(mkdir("c", 0755));
	must(mount("t", "a", "tmpfs", 0, 0));
	must(mkdir("a/in", 0755));
	must(mount("t", "a/in", "tmpfs", 0, 0));
	put("a/f", "file");
	put("a/in/g", "inner");
	R(mount("a", "b", 0, MS_BIND, 0));
	ls("b/f");
	ls("b/in/g");
	R(umount("b"));
	R(mount("a", "b", 0, MS_BIND | MS_REC, 0));
	ls("b/in/g");
	R(umount("b"));
	R(umount2("b", MNT_DETACH));
	ls("b/f");
	put("x", "");
	R(mount("a/f", "x", "ignored", MS_BIND, "ignored"));
	ls("x");
	options("x");
	R(unlink("x"));
	R(rename("x", "y"));
	R(mount(0, "x", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
	R(open("x", O_WRONLY));
	R(open("a/f", O_WRONLY) >= 0);
	R(umount("x"));
	R(mount("a/f", "b", 0, MS_BIND, 0));
	R(mount("a", "x", 0, MS_BIND, 0));
	R(mount("a/in", "c", 0, MS_MOVE, 0));
	ls("c/g");
	ls("a/in/g");
	R(mount("a/f", "x", 0, MS_MOVE, 0));
	R(mount("a", "a/in", 0, MS_MOVE, 0));
	R(mount("nowhere", "b", 0, MS_BIND, 0));
	R(mount("", "b", 0, MS_BIND, 0));
	R(mount(0, "b", 0, MS_MOVE, 0));
	R(rmdir("c"));
	R(mount("a", "b", 0, MS_BIND, 0));
	R(link("a/f", "b/h"));
	R(rename("a/f", "b/h"));
	must(chdir("c"));
	R(umount("../c"));
	R(umount2("../c", MNT_DETACH));
	R(open("g", O_RDONLY) >= 0);
	char cwd[PATH_MAX];
	R(RAW(getcwd, cwd, sizeof cwd) > 0);
	say("%.13s", cwd);
}

CASE(errors)
{
	if (!is_root()) { say("not root"); return; }
	alone();
	must(mkdir("m", 0755));
	put("f", "x");
	R(mount("t", "no", "tmpfs", 0, 0));
	R(mount("t", "", "tmpfs", 0, 0));
	R(mount("t", "f", "tmpfs", 0, 0));
	R(mount("t", "m", "nothing", 0, 0));
	R(mount("t", "m", 0, 0, 0));
	R(mount("t", "m", "", 0, 0));
	S(mount, "t", BAD, "tmpfs", 0, 0);
	S(mount, BAD, "m", "tmpfs", 0, 0);
	S(mount, "t", "m", BAD, 0, 0);
	S(mount, "t", "m", "tmpfs", 0, BAD);
	S(mount, BAD, "no", BAD, 0, 0);
	R(mount("t", "m", 0, MS_REMOUNT, 0));
	R(mount("t", "m", 0, MS_PRIVATE, 0));
	must(mount("t", "m", "tmpfs", 0, 0));
	R(mount("t", "m", 0, MS_PRIVATE, 0));
	R(mount("t", "m", 0, MS_PRIVATE | MS_REC, 0));
	R(mount("t", "m", 0, MS_PRIVATE | MS_SLAVE, 0));
	R(mount("t", "m", 0, MS_PRIVATE | MS_NOSUID, 0));
	R(mount("t", "m", 0, MS_UNBINDABLE, 0));
	R(mount("t", "m", 0, MS_SLAVE, 0));
	R(umount2("m", 0x100));
	R(umount2("no", 0x100));
	R(umount("f"));
	R(umount("."));
	R(umount("no"));
	R(umount2(BAD, 0));
	R(umount2("m", MNT_EXPIRE | MNT_FORCE));
	R(umount2("m", MNT_EXPIRE));
	R(umount2("m", MNT_EXPIRE));
	R(mount("t", "m", "tmpfs", 1UL << 31, 0));
	child("as a user", {
		drop();
		R(mount("t", "m", "tmpfs", 0, 0));
		R(mount("t", "no", "tmpfs", 0, 0));
		R(mount("m", "m", 0, MS_BIND, 0));
		R(umount("m"));
		R(umount("no"));
		R(mount("t", "m", "nothing", 0, 0));
	});
}
