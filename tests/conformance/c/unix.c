// AF_UNIX beyond sock.c: names, datagrams, backlogs, credentials, urgent
// bytes, and descriptors that only reach themselves.
#include "p.h"
#include <stddef.h>
#include <sys/un.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif

static struct sockaddr_un path(const char *p)
{
	struct sockaddr_un a = {AF_UNIX};
	strcpy(a.sun_path, p);
	return a;
}
static void name(const char *what, int s, int peer)
{
	struct sockaddr_un a;
	memset(&a, 'z', sizeof a);
	socklen_t l = sizeof a;
	int r = peer ? getpeername(s, (void *)&a, &l) : getsockname(s, (void *)&a, &l);
	if (r < 0) say("%s: %s", what, ename(errno));
	else if (l == 2) say("%s: no name", what);
	else if (!a.sun_path[0]) say("%s: abstract, length %d", what, l);
	else say("%s: %s, length %d", what, a.sun_path, l);
}
static void events(const char *what, int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	poll(&p, 1, 0);
	say("%s:%s%s%s%s%s%s", what, p.revents & POLLIN ? " IN" : "", p.revents & POLLOUT ? " OUT" : "", p.revents & POLLPRI ? " PRI" : "",
		p.revents & POLLRDHUP ? " RDHUP" : "", p.revents & POLLHUP ? " HUP" : "", p.revents & POLLERR ? " ERR" : "");
}
static int geti(int s, int opt)
{
	int v = -99;
	socklen_t n = sizeof v;
	if (getsockopt(s, SOL_SOCKET, opt, &v, &n) < 0) return -errno;
	return v;
}

CASE(names)
{
	int s = must(socket(AF_UNIX, SOCK_STREAM, 0)), t;
	struct sockaddr_un a = {AF_UNIX}, b;
	name("fresh", s, 0);
	name("peer of the fresh", s, 1);
	R(bind(s, (void *)&a, 2));
	name("autobound", s, 0);
	R(bind(s, (void *)&a, 2));
	t = must(socket(AF_UNIX, SOCK_STREAM, 0));
	R(bind(t, (void *)&a, 1));
	R(bind(t, (void *)&a, sizeof a + 1));
	a.sun_family = AF_INET;
	R(bind(t, (void *)&a, sizeof a));
	a = path("dir/none");
	R(bind(t, (void *)&a, sizeof a));
	mkdir("d", 0700);
	a = path("d");
	R(bind(t, (void *)&a, sizeof a));
	R(connect(t, (void *)&a, sizeof a));
	put("f", "x");
	a = path("f");
	R(bind(t, (void *)&a, sizeof a));
	R(connect(t, (void *)&a, sizeof a));
	a = path("s");
	umask(077);
	R(bind(t, (void *)&a, offsetof(struct sockaddr_un, sun_path) + 1));
	name("without NUL", t, 0);
	struct stat st;
	must(stat("s", &st));
	say("mode %o", st.st_mode);
	memset(b.sun_path, 'x', sizeof b.sun_path);
	b.sun_family = AF_UNIX;
	t = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	R(bind(t, (void *)&b, sizeof b));
	name("longest", t, 0);
	// An abstract name with a NUL inside.
	char n[] = "\0ab\0c";
	n[1] = 'A' + getpid() % 26;
	memcpy(a.sun_path, n, 5);
	sprintf(a.sun_path + 5, "%d", getpid());
	t = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	R(bind(t, (void *)&a, 2 + 12));
	name("abstract", t, 0);
	t = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	R(bind(t, (void *)&a, 2 + 12));
	R(bind(t, (void *)&a, 2 + 11));
	rename("s", "moved");
	t = must(socket(AF_UNIX, SOCK_STREAM, 0));
	a = path("moved");
	R(connect(t, (void *)&a, sizeof a));
	R(link("moved", "hard"));
	a = path("hard");
	R(connect(t, (void *)&a, sizeof a));
}

CASE(datagrams)
{
	int s = must(socket(AF_UNIX, SOCK_DGRAM, 0)), t = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)), n;
	struct sockaddr_un a = path("s"), b = path("t"), from;
	must(bind(s, (void *)&a, sizeof a));
	char buf[32] = {0};
	R(sendto(t, "one", 3, 0, (void *)&a, sizeof a));
	socklen_t l = sizeof from;
	R(recvfrom(s, buf, 32, 0, (void *)&from, &l));
	say("length of no name %d", l);
	must(bind(t, (void *)&b, sizeof b));
	R(sendto(t, "two", 3, 0, (void *)&a, sizeof a));
	l = sizeof from;
	R(recvfrom(s, buf, 32, 0, (void *)&from, &l));
	say("%s %d", from.sun_path, l);
	R(send(t, "x", 1, 0));
	R(connect(t, (void *)&a, sizeof a));
	for (n = 0; send(t, "x", 1, 0) == 1; n++) ;
	say("%d fit: %s", n, ename(errno));
	events("sender", t);
	R(recv(s, buf, 1, 0));
	events("sender", t);
	R(ioctl(s, FIONREAD, &n));
	say("%d", n);
	// Only the peer may write to a connected socket.
	R(connect(s, (void *)&b, sizeof b));
	int u = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	R(sendto(u, "x", 1, 0, (void *)&a, sizeof a));
	R(connect(u, (void *)&a, sizeof a));
	struct sockaddr x = {AF_UNSPEC};
	R(connect(s, &x, sizeof x));
	R(connect(u, (void *)&a, sizeof a));
	close(s);
	R(send(u, "x", 1, 0));
	R(send(u, "x", 1, 0));
	R(sendto(u, "x", 1, 0, (void *)&a, sizeof a));
	unlink("s");
	R(sendto(u, "x", 1, 0, (void *)&a, sizeof a));
	int st = must(socket(AF_UNIX, SOCK_STREAM, 0));
	a = path("st");
	must(bind(st, (void *)&a, sizeof a));
	R(sendto(u, "x", 1, 0, (void *)&a, sizeof a));
	static char big[300000];
	int p[2];
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p));
	R(send(p[0], big, sizeof big, 0));
	R(send(p[0], big, 100000, 0));
	R(recv(p[1], big, sizeof big, 0));
}

CASE(backlog)
{
	struct sockaddr_un a = path("s");
	int l = must(socket(AF_UNIX, SOCK_STREAM, 0)), c, n;
	must(bind(l, (void *)&a, sizeof a));
	c = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	R(connect(c, (void *)&a, sizeof a));
	R(listen(l, 2));
	for (n = 0; n < 9; n++) {
		c = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
		if (connect(c, (void *)&a, sizeof a) < 0) break;
	}
	say("%d fit: %s", n, ename(errno));
	pid_t pid = must(fork());
	if (!pid) {
		int k = must(socket(AF_UNIX, SOCK_STREAM, 0));
		_exit(connect(k, (void *)&a, sizeof a) ? errno : 0);
	}
	asleep(pid, pid);
	RZ(accept(l, 0, 0));
	int st;
	waitpid(pid, &st, 0);
	say("%s", swait(st));
	int d = must(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	R(connect(d, (void *)&a, sizeof a));
	events("listener", l);
	close(l);
	R(connect(d, (void *)&a, sizeof a));
}

CASE(seqpacket)
{
	int s[2];
	char b[16] = {0};
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
	R(send(s[0], "one", 3, MSG_EOR));
	R(send(s[0], "", 0, 0));
	R(send(s[0], "three", 5, 0));
	struct iovec v = {b, 16};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	R(recvmsg(s[1], &m, 0));
	say("%#x", m.msg_flags);
	R(recvmsg(s[1], &m, 0));
	v.iov_len = 2;
	R(recvmsg(s[1], &m, 0));
	say("%#x", m.msg_flags);
	R(shutdown(s[0], SHUT_WR));
	R(recv(s[1], b, 9, 0));
	R(send(s[0], "x", 1, MSG_NOSIGNAL));
	close(s[1]);
	events("alone", s[0]);
	R(send(s[0], "x", 1, MSG_NOSIGNAL));
	R(recv(s[0], b, 9, 0));
}

CASE(urgent)
{
	int s[2], n = -1;
	char b[16] = {0};
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	R(recv(s[1], b, 1, MSG_OOB));
	must(send(s[0], "abc", 3, 0));
	R(send(s[0], "X", 1, MSG_OOB));
	must(send(s[0], "def", 3, 0));
	events("urgent", s[1]);
	R(recv(s[1], b, 16, MSG_DONTWAIT));
	say("%s", b);
	R(ioctl(s[1], SIOCATMARK, &n));
	say("at mark %d", n);
	R(recv(s[1], b, 1, MSG_OOB));
	say("%c", b[0]);
	R(recv(s[1], b, 1, MSG_OOB));
	R(recv(s[1], b, 16, MSG_DONTWAIT));
	events("read", s[1]);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	R(send(s[0], "X", 1, MSG_OOB));
}

CASE(options)
{
	int s[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	static int o[] = {SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_PRIORITY, SO_REUSEPORT,
		SO_PASSCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN, SO_PEEK_OFF, SO_PASSSEC, SO_RXQ_OVFL,
		SO_NOFCS, SO_SELECT_ERR_QUEUE, SO_TIMESTAMP, SO_TIMESTAMPNS, SO_SNDBUF, SO_RCVBUF};
	for (unsigned i = 0; i < sizeof o / sizeof *o; i++) {
		int n = geti(s[0], o[i]), r = setsockopt(s[0], SOL_SOCKET, o[i], &(int){1}, 4), e = errno;
		say("option %d: %d, set %s, %d", o[i], n, r ? ename(e) : "ok", geti(s[0], o[i]));
	}
	R(getsockopt(s[0], 41, 1, &(int){0}, &(socklen_t){4}));
	R(setsockopt(s[0], 6, 1, &(int){0}, 4));
}

CASE(pidfd)
{
	int s[2], fd = -1;
	socklen_t l = sizeof fd;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	R(getsockopt(s[0], SOL_SOCKET, SO_PEERPIDFD, &fd, &l));
	say("cloexec %d", fcntl(fd, F_GETFD));
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
	int u = must(socket(AF_UNIX, SOCK_STREAM, 0));
	R(getsockopt(u, SOL_SOCKET, SO_PEERPIDFD, &fd, &l));
}

CASE(passed_pidfd)
{
	int s[2], fd = -1;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	R(setsockopt(s[1], SOL_SOCKET, SO_PASSPIDFD, &(int){1}, 4));
	must(write(s[0], "x", 1));
	char c[128] = {0}, b;
	struct iovec v = {&b, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c};
	R(recvmsg(s[1], &m, 0));
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	if (!h) { say("no control"); return; }
	memcpy(&fd, CMSG_DATA(h), 4);
	say("type %d length %zu", h->cmsg_type, (size_t)h->cmsg_len);
	R(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
}

static int send_fd(int s, int fd)
{
	char c[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec v = {"m", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	return sendmsg(s, &m, MSG_DONTWAIT);
}

// What only reaches itself is freed: the pipe that travels with it ends.
CASE(cycles)
{
	int s[2], p[2];
	must(pipe(p));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	R(send_fd(s[0], s[1]));
	R(send_fd(s[0], p[1]));
	R(send_fd(s[1], s[0]));
	close(p[1]);
	struct pollfd f = {p[0], POLLIN};
	R(poll(&f, 1, 0));
	close(s[0]);
	close(s[1]);
	f.revents = 0;
	R(poll(&f, 1, 5000));
	say("%#x", f.revents);
	// What can be received from outside stays.
	int a[2], b[2], q[2];
	must(pipe(q));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, a));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, b));
	R(send_fd(a[0], b[1]));
	R(send_fd(b[0], a[1]));
	R(send_fd(b[0], q[1]));
	close(q[1]), close(a[0]), close(b[1]), close(b[0]);
	f = (struct pollfd){q[0], POLLIN};
	R(poll(&f, 1, 50));
	close(a[1]);
	R(poll(&f, 1, 5000));
	say("%#x", f.revents);
}
