// fanotify(7): events with descriptors and with ids, marks, errors.
#include "p.h"
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#ifndef FAN_REPORT_TARGET_FID
#define FAN_REPORT_TARGET_FID 0x1000
#endif
#ifndef FAN_EVENT_INFO_TYPE_DFID_NAME
#define FAN_EVENT_INFO_TYPE_DFID_NAME 2
#define FAN_EVENT_INFO_TYPE_DFID 3
#endif

static int fan;
static char buf[1 << 16];
static pid_t me;

static void flagnames(uint64_t mask, char *out)
{
	static const struct { uint64_t bit; const char *name; } t[] = {
		{FAN_ACCESS, "ACCESS"}, {FAN_MODIFY, "MODIFY"}, {FAN_ATTRIB, "ATTRIB"}, {FAN_CLOSE_WRITE, "CLOSE_WRITE"},
		{FAN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {FAN_OPEN, "OPEN"}, {FAN_MOVED_FROM, "MOVED_FROM"}, {FAN_MOVED_TO, "MOVED_TO"},
		{FAN_CREATE, "CREATE"}, {FAN_DELETE, "DELETE"}, {FAN_DELETE_SELF, "DELETE_SELF"}, {FAN_MOVE_SELF, "MOVE_SELF"},
		{FAN_OPEN_EXEC, "OPEN_EXEC"}, {FAN_Q_OVERFLOW, "Q_OVERFLOW"}, {FAN_ONDIR, "ONDIR"}};
	*out = 0;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (mask & t[i].bit) { strcat(out, *out ? "|" : ""); strcat(out, t[i].name); mask &= ~t[i].bit; }
	if (mask) sprintf(out + strlen(out), "|%#lx", (long)mask);
}

// which says what an id names: one of the files that a case uses.
static const char *which(struct file_handle *h)
{
	static const char *names[] = {".", "d", "f", "d/f", "d/g", "d/sub", "g", 0};
	static char b[64];
	for (int i = 0; names[i]; i++) {
		struct { struct file_handle h; unsigned char b[128]; } x = {{.handle_bytes = 128}};
		int id;
		if (name_to_handle_at(AT_FDCWD, names[i], &x.h, &id, 0)) continue;
		if (x.h.handle_bytes == h->handle_bytes && !memcmp(x.h.f_handle, h->f_handle, h->handle_bytes)) return strcpy(b, names[i]);
	}
	return "gone";
}

static void drain(const char *what)
{
	char names[256], link[64], to[PATH_MAX];
	int n;
	say("%s:", what);
	while ((n = read(fan, buf, sizeof buf)) > 0)
		for (struct fanotify_event_metadata *e = (void *)buf; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
			flagnames(e->mask, names);
			if (e->fd >= 0) {
				sprintf(link, "/proc/self/fd/%d", e->fd);
				int k = readlink(link, to, sizeof to - 1);
				to[k > 0 ? k : 0] = 0;
				say("  %s %s flags %#x mine %d", names, strrchr(to, '/'), fcntl(e->fd, F_GETFL) & O_ACCMODE, e->pid == me);
				close(e->fd);
				continue;
			}
			say("  %s mine %d fd %d", names, e->pid == me, e->fd);
			for (char *p = (char *)(e + 1); p < (char *)e + e->event_len;) {
				struct fanotify_event_info_fid *i = (void *)p;
				struct file_handle *h = (void *)i->handle;
				struct statfs fs;
				statfs(".", &fs);
				say("    info %d %s %s fsid %d", i->hdr.info_type, which(h),
					i->hdr.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME ? (char *)h->f_handle + h->handle_bytes : "-", !memcmp(&fs.f_fsid, &i->fsid, 8));
				p += i->hdr.len;
			}
		}
	if (n < 0 && errno != EAGAIN) say("  read: %s", ename(errno));
}

static int init(int fl) { me = getpid(); return fan = must(fanotify_init(fl | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY)); }
#define MARK(fl, mask, path) R(fanotify_mark(fan, fl, mask, AT_FDCWD, path))

CASE(init)
{
	if (!is_root()) return;
	R(fcntl(must(fanotify_init(FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY)), F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	RZ(fanotify_init(0, O_RDWR | O_LARGEFILE));
	R(fanotify_init(0x80000000, O_RDONLY));
	R(fanotify_init(0, O_ACCMODE));
	R(fanotify_init(0, O_CREAT));
	R(fanotify_init(FAN_REPORT_NAME, O_RDONLY));
	R(fanotify_init(FAN_REPORT_NAME | FAN_REPORT_FID, O_RDONLY));
	RZ(fanotify_init(FAN_REPORT_NAME | FAN_REPORT_DIR_FID, O_RDONLY));
	R(fanotify_init(FAN_REPORT_TARGET_FID | FAN_REPORT_FID, O_RDONLY));
	RZ(fanotify_init(FAN_REPORT_TARGET_FID | FAN_REPORT_FID | FAN_REPORT_NAME | FAN_REPORT_DIR_FID, O_RDONLY));
	init(0);
	char link[64], to[64] = "";
	sprintf(link, "/proc/self/fd/%d", fan);
	must(readlink(link, to, 63));
	say("%s", to);
	R(read(fan, buf, 100));
	R(write(fan, buf, 1));
	R(lseek(fan, 0, SEEK_SET));
	int n = -1;
	R(ioctl(fan, FIONREAD, &n));
	say("%d bytes", n);
	drop();
	R(fanotify_init(0, O_RDONLY));
	R(fanotify_init(FAN_REPORT_FID | FAN_UNLIMITED_QUEUE, O_RDONLY));
	RZ(fanotify_init(FAN_REPORT_FID, O_RDONLY));
}

CASE(errors)
{
	if (!is_root()) return;
	put("f", "x");
	mkdir("d", 0755);
	int f = must(open("f", O_RDONLY));
	init(0);
	MARK(0, FAN_OPEN, "f");
	MARK(FAN_MARK_ADD | FAN_MARK_REMOVE, FAN_OPEN, "f");
	MARK(FAN_MARK_ADD, 0, "f");
	MARK(FAN_MARK_ADD, 1ULL << 40, "f");
	MARK(FAN_MARK_ADD, 0x100000, "f");
	MARK(FAN_MARK_ADD | FAN_MARK_FLUSH, 0, "f");
	MARK(FAN_MARK_ADD, FAN_OPEN, "none");
	MARK(FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, "f");
	MARK(FAN_MARK_ADD, FAN_CREATE, "d");
	MARK(FAN_MARK_ADD, FAN_ATTRIB, "f");
	MARK(FAN_MARK_REMOVE, FAN_OPEN, "f");
	R(fanotify_mark(f, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"));
	R(fanotify_mark(99, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"));
	R(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, 99, "f"));
	R(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, 99, 0));
	R(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, f, 0));
	R(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, f, 0));
	MARK(FAN_MARK_REMOVE, FAN_OPEN, "f");
	MARK(FAN_MARK_REMOVE, FAN_OPEN, "f");
	MARK(FAN_MARK_FLUSH, 0, "f");
	init(FAN_REPORT_FID);
	MARK(FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_CREATE, "d");
	MARK(FAN_MARK_ADD, FAN_OPEN, "/proc");
	MARK(FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, "d");
	drop();
	chmod("d", 0);
	init(FAN_REPORT_FID);
	MARK(FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, "f");
	MARK(FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "f");
	MARK(FAN_MARK_ADD, FAN_OPEN, "f");
}

CASE(descriptors)
{
	if (!is_root()) return;
	mkdir("d", 0755);
	put("d/f", "hello");
	put("f", "x");
	init(0);
	MARK(FAN_MARK_ADD, FAN_OPEN | FAN_ACCESS | FAN_MODIFY | FAN_CLOSE, "f");
	int fd = must(open("f", O_RDWR));
	drain("open");
	read(fd, buf, 1);
	write(fd, "y", 1);
	close(fd);
	drain("merged");
	MARK(FAN_MARK_ADD, FAN_OPEN | FAN_CLOSE | FAN_EVENT_ON_CHILD, "d");
	fd = must(open("d/f", O_RDONLY));
	close(fd);
	drain("of a child");
	close(must(open("d", O_RDONLY)));
	drain("directory without ONDIR");
	MARK(FAN_MARK_ADD, FAN_ONDIR, "d");
	close(must(open("d", O_RDONLY)));
	drain("directory");
	MARK(FAN_MARK_REMOVE, FAN_CLOSE, "d");
	close(must(open("d/f", O_RDONLY)));
	drain("less of it");
	child("child", close(open("f", O_RDONLY)));
	drain("by another");
	MARK(FAN_MARK_FLUSH, 0, "f");
	close(must(open("f", O_RDONLY)));
	drain("flushed");
	MARK(FAN_MARK_ADD, FAN_OPEN, "f");
	close(must(open("f", O_RDONLY)));
	int n = 0;
	R(ioctl(fan, FIONREAD, &n));
	say("%d bytes", n);
	R(read(fan, buf, 10));
	struct pollfd p = {fan, POLLIN | POLLOUT, 0};
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
	unlink("f");
	drain("unlinked");
}

CASE(ignored)
{
	if (!is_root()) return;
	put("f", "hello");
	init(0);
	MARK(FAN_MARK_ADD, FAN_OPEN | FAN_MODIFY | FAN_CLOSE, "f");
	MARK(FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, "f");
	int fd = must(open("f", O_WRONLY));
	drain("open is ignored");
	write(fd, "x", 1);
	drain("written");
	close(must(open("f", O_RDONLY)));
	drain("no more ignored");
	MARK(FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "f");
	write(fd, "x", 1);
	close(must(open("f", O_RDONLY)));
	drain("still ignored");
	MARK(FAN_MARK_REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, "f");
	close(must(open("f", O_RDONLY)));
	drain("no more");
}

static void changes(void)
{
	int fd = must(open("d/f", O_CREAT | O_RDWR, 0644));
	write(fd, "x", 1);
	close(fd);
	drain("file");
	mkdir("d/sub", 0755);
	close(must(open("d/sub", O_RDONLY)));
	drain("directory");
	rename("d/f", "d/g");
	drain("renamed");
	chmod("d/g", 0600);
	drain("chmod");
	chmod("d", 0700);
	drain("chmod of the directory");
	unlink("d/g");
	drain("unlinked");
	rmdir("d/sub");
	drain("removed");
}

#define ALL (FAN_OPEN | FAN_MODIFY | FAN_CLOSE | FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_ATTRIB | FAN_ONDIR | FAN_EVENT_ON_CHILD)

CASE(ids)
{
	if (!is_root()) return;
	mkdir("d", 0755);
	init(FAN_REPORT_FID);
	MARK(FAN_MARK_ADD, ALL, "d");
	changes();
}

CASE(names)
{
	if (!is_root()) return;
	mkdir("d", 0755);
	init(FAN_REPORT_DIR_FID | FAN_REPORT_NAME);
	MARK(FAN_MARK_ADD, ALL, "d");
	changes();
}

CASE(ids_and_names)
{
	if (!is_root()) return;
	mkdir("d", 0755);
	init(FAN_REPORT_FID | FAN_REPORT_DIR_FID | FAN_REPORT_NAME);
	MARK(FAN_MARK_ADD, ALL, "d");
	changes();
	put("f", "x");
	MARK(FAN_MARK_ADD, FAN_OPEN | FAN_ATTRIB | FAN_DELETE_SELF | FAN_MOVE_SELF, "f");
	close(must(open("f", O_RDONLY)));
	drain("open");
	link("f", "g");
	drain("link");
	rename("f", "h");
	drain("moved");
}

CASE(directories)
{
	if (!is_root()) return;
	mkdir("d", 0755);
	init(FAN_REPORT_DIR_FID);
	MARK(FAN_MARK_ADD, ALL, "d");
	changes();
}

CASE(targets)
{
	if (!is_root()) return;
	mkdir("d", 0755);
	init(FAN_REPORT_FID | FAN_REPORT_DIR_FID | FAN_REPORT_NAME | FAN_REPORT_TARGET_FID);
	MARK(FAN_MARK_ADD, FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_ONDIR, "d");
	changes();
}

// Marks of a whole mount and of a whole file system, on one of their own.
CASE(wide)
{
	if (!is_root()) return;
	mkdir("m", 0755);
	mkdir("b", 0755);
	if (mount("none", "m", "tmpfs", 0, 0)) { say("mount: %s", ename(errno)); return; }
	mkdir("m/d", 0755);
	put("m/d/f", "x");
	must(mount("m", "b", 0, MS_BIND, 0));
	init(0);
	MARK(FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN | FAN_CLOSE, "m");
	close(must(open("m/d/f", O_RDONLY)));
	drain("by the mount");
	close(must(open("b/d/f", O_RDONLY)));
	drain("by another mount");
	MARK(FAN_MARK_FLUSH | FAN_MARK_MOUNT, 0, "m");
	MARK(FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "m");
	close(must(open("b/d/f", O_RDONLY)));
	drain("by the file system");
	MARK(FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "m/d/f");
	close(must(open("b/d/f", O_RDONLY)));
	drain("an ignored file");
	close(fan);
	init(FAN_REPORT_DIR_FID | FAN_REPORT_NAME);
	MARK(FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_DELETE | FAN_ONDIR, "m");
	mkdir("b/d/sub", 0755);
	rmdir("m/d/sub");
	int n = 0;
	R(ioctl(fan, FIONREAD, &n));
	say("%d bytes", n);
	close(fan);
	R(umount2("b", 0));
	R(umount2("m", 0));
}

CASE(exec)
{
	if (!is_root()) return;
	int from = must(open(pself, O_RDONLY)), to = must(open("p", O_WRONLY | O_CREAT, 0755));
	for (ssize_t n; (n = read(from, buf, sizeof buf)) > 0;) write(to, buf, n);
	close(to);
	init(0);
	MARK(FAN_MARK_ADD, FAN_OPEN_EXEC, "p");
	close(must(open("p", O_RDONLY)));
	drain("opened");
	child("exec", close(1); execl("p", "p", (char *)0); _exit(3));
	drain("executed");
}
