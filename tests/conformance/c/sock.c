// AF_UNIX socket pairs and named sockets: streams, datagrams, shutdown,
// descriptors and credentials in messages.
#include "p.h"
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

CASE(stream)
{
	int s[2];
	char b[32] = {0};
	R(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	R(write(s[0], "hello", 5));
	R(send(s[0], " there", 6, 0));
	R(recv(s[1], b, 3, MSG_PEEK));
	R(read(s[1], b, 31));
	say("%s", b);
	R(write(s[1], "back", 4));
	R(read(s[0], b, 31));
	R(recv(s[0], b, 1, MSG_DONTWAIT));
	int n = 7;
	R(write(s[0], "xyz", 3));
	R(ioctl(s[1], FIONREAD, &n));
	say("%d", n);
	R(recv(s[1], b, 2, MSG_WAITALL));
	R(lseek(s[0], 0, SEEK_SET));
	R(pread(s[0], b, 1, 0));
	R(close(s[0]));
	R(read(s[1], b, 31));
	R(read(s[1], b, 31));
	R(send(s[1], "x", 1, MSG_NOSIGNAL));
	child("without a peer", write(s[1], "x", 1));
}

CASE(errors)
{
	int s[2], v;
	socklen_t l = sizeof v;
	S(socketpair, AF_UNIX, SOCK_STREAM, 0, BAD);
	R(socketpair(AF_UNIX, 77, 0, s));
	R(socketpair(AF_UNIX, SOCK_STREAM, 99, s));
	R(socketpair(999, SOCK_STREAM, 0, s));
	R(socketpair(AF_UNIX, SOCK_STREAM | 0x100000, 0, s));
	R(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s));
	R(fcntl(s[0], F_GETFD));
	R(read(s[0], &v, 1));
	R(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &v, &l));
	say("type %d", v);
	R(getsockopt(s[0], SOL_SOCKET, SO_DOMAIN, &v, &l));
	say("domain %d", v);
	R(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &v, &l));
	R(getsockopt(s[0], SOL_SOCKET, SO_ACCEPTCONN, &v, &l));
	R(getsockopt(s[0], SOL_SOCKET, 9999, &v, &l));
	S(getsockopt, s[0], SOL_SOCKET, SO_TYPE, BAD, &l);
	S(getsockopt, s[0], SOL_SOCKET, SO_TYPE, &v, BAD);
	R(listen(s[0], 1));
	R(accept(s[0], 0, 0));
	R(connect(s[0], (void *)&(struct sockaddr_un){AF_UNIX, "none"}, sizeof(struct sockaddr_un)));
	int p[2];
	must(pipe(p));
	R(send(p[1], "x", 1, 0));
	R(recv(p[0], &v, 1, 0));
	R(listen(p[0], 1));
	R(send(99, "x", 1, 0));
	S(sendto, s[0], BAD, 5, 0, 0, 0);
	must(write(s[1], "abc", 3));
	S(recvfrom, s[0], BAD, 3, 0, 0, 0);
	R(recv(s[0], &v, 4, 0));
}

// What does not reach the receiver of a stream stays, a datagram is lost.
CASE(faults)
{
	int s[2];
	char b[16] = {0};
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	must(write(s[0], "abc", 3));
	must(write(s[0], "def", 3));
	S(recvfrom, s[1], BAD, 3, 0, 0, 0);
	S(read, s[1], BAD, 6);
	S(recvfrom, s[1], edge(4), 6, 0, 0, 0);
	R(recv(s[1], b, 9, 0));
	say("%s", b);
	must(write(s[0], "abc", 3));
	struct iovec v[2] = {{b, 2}, {BAD, 2}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
	R(recvmsg(s[1], &m, 0));
	R(readv(s[1], v, 2));
	R(recv(s[1], b, 9, 0));
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
	must(write(s[0], "abc", 3));
	must(write(s[0], "def", 3));
	S(recvfrom, s[1], BAD, 3, 0, 0, 0);
	S(recvfrom, s[1], edge(2), 3, 0, 0, 0);
	R(recv(s[1], b, 9, 0));
}

CASE(shutdown)
{
	int s[2];
	char b[8];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	must(write(s[0], "abc", 3));
	R(shutdown(s[0], SHUT_WR));
	R(read(s[1], b, 8));
	R(read(s[1], b, 8));
	R(write(s[1], "x", 1));
	R(read(s[0], b, 8));
	R(send(s[0], "x", 1, MSG_NOSIGNAL));
	struct pollfd p = {s[1], POLLIN | POLLOUT | POLLRDHUP};
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
	R(shutdown(s[0], SHUT_RD));
	R(send(s[1], "x", 1, MSG_NOSIGNAL));
	p.fd = s[0];
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
	R(shutdown(s[0], 7));
	R(shutdown(99, SHUT_WR));
	R(shutdown(0, SHUT_WR));
}

CASE(datagrams)
{
	int s[2];
	char b[16] = {0};
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
	R(write(s[0], "one", 3));
	R(write(s[0], "", 0));
	R(write(s[0], "three", 5));
	R(read(s[1], b, 15));
	R(read(s[1], b, 15));
	R(recv(s[1], b, 2, MSG_TRUNC));
	R(read(s[1], b, 15));
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
	R(write(s[0], "packet", 6));
	R(read(s[1], b, 3));
	R(close(s[0]));
	R(read(s[1], b, 3));
}

static ssize_t send_fds(int s, int *fds, int n, int flags)
{
	char c[CMSG_SPACE(sizeof(int) * 300)] = {0};
	struct iovec v = {"m", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = CMSG_SPACE(sizeof(int) * n)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET, h->cmsg_type = SCM_RIGHTS, h->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(h), fds, sizeof(int) * n);
	return sendmsg(s, &m, flags);
}
static int recv_fds(int s, int *fds, int room, int flags)
{
	char c[CMSG_SPACE(sizeof(int) * 300)] = {0}, b[8];
	struct iovec v = {b, 8};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = room};
	ssize_t r = recvmsg(s, &m, flags);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int n = h ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	if (n) memcpy(fds, CMSG_DATA(h), n * sizeof(int));
	say("received %zd bytes, %d descriptors, flags %#x", r, n, m.msg_flags);
	return n;
}

CASE(descriptors)
{
	int s[2], fds[4], got[8];
	put("f", "abcdef");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	fds[0] = must(open("f", O_RDONLY));
	must(pipe(fds + 1));
	R(send_fds(s[0], fds, 3, 0));
	close(fds[0]);
	int n = recv_fds(s[1], got, 200, MSG_CMSG_CLOEXEC);
	char b[8] = {0};
	R(read(got[0], b, 3));
	say("%s cloexec %d", b, fcntl(got[0], F_GETFD));
	R(write(got[2], "x", 1));
	R(read(fds[1], b, 1));
	R(send_fds(s[0], &(int){99}, 1, 0));
	fds[0] = got[0];
	R(send_fds(s[0], fds, 3, 0));
	recv_fds(s[1], got, CMSG_SPACE(sizeof(int)), 0); // room for two at most: the rest is dropped
	R(send_fds(s[0], fds, 1, 0));
	recv_fds(s[1], got, 0, 0);
	R(send_fds(s[0], fds, 1, 0));
	R(read(s[1], b, 8));
	int many[254];
	for (int i = 0; i < 254; i++) many[i] = fds[0];
	R(send_fds(s[0], many, 254, 0));
	R(send_fds(s[0], many, 253, 0));
	int all[300];
	recv_fds(s[1], all, CMSG_SPACE(sizeof(int) * 253), 0);
	// A socket may travel through itself and be lost.
	R(send_fds(s[0], &s[1], 1, 0));
	close(s[0]), close(s[1]);
}

CASE(descriptors_to_child)
{
	int s[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pid_t pid = must(fork());
	if (!pid) {
		int fd;
		recv_fds(s[1], &fd, 100, 0);
		R(write(fd, "from the child", 14));
		_exit(0);
	}
	int f = must(open("f", O_RDWR | O_CREAT, 0600));
	must(send_fds(s[0], &f, 1, 0));
	must(waitpid(pid, 0, 0));
	show("f");
	R(lseek(f, 0, SEEK_CUR));
}

CASE(credentials)
{
	int s[2], on = 1;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	struct ucred u;
	socklen_t l = sizeof u;
	R(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &l));
	say("pid %d uid %d gid %d", u.pid == getpid(), u.uid == geteuid(), u.gid == getegid());
	R(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
	must(write(s[0], "x", 1));
	char c[100], b;
	struct iovec v = {&b, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c};
	R(recvmsg(s[1], &m, 0));
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	memcpy(&u, CMSG_DATA(h), sizeof u);
	say("type %d pid %d uid %d", h->cmsg_type, u.pid == getpid(), u.uid == getuid());
}

CASE(named)
{
	struct sockaddr_un a = {AF_UNIX, "sock"}, b = {0};
	socklen_t l = sizeof b;
	int s = RZ(socket(AF_UNIX, SOCK_STREAM, 0));
	R(connect(s, (void *)&a, sizeof a));
	R(bind(s, (void *)&a, sizeof a));
	R(connect(s, (void *)&a, sizeof a));
	R(listen(s, 5));
	struct stat st;
	must(stat("sock", &st));
	say("mode %o", st.st_mode);
	R(getsockname(s, (void *)&b, &l));
	say("%s length %d", b.sun_path, l);
	int other = must(socket(AF_UNIX, SOCK_STREAM, 0));
	R(bind(other, (void *)&a, sizeof a));
	pid_t pid = must(fork());
	if (!pid) {
		int c = socket(AF_UNIX, SOCK_STREAM, 0);
		must(connect(c, (void *)&a, sizeof a));
		write(c, "hi", 2);
		char buf[8];
		_exit(read(c, buf, 8));
	}
	l = sizeof b;
	int c = RZ(accept4(s, (void *)&b, &l, SOCK_CLOEXEC));
	say("peer's name length %d cloexec %d", l, fcntl(c, F_GETFD));
	char buf[8];
	R(read(c, buf, 8));
	R(write(c, "answer", 6));
	int st2;
	must(waitpid(pid, &st2, 0));
	say("%s", swait(st2));
	R(close(s));
	R(connect(other, (void *)&a, sizeof a));
	must(unlink("sock"));
	R(connect(other, (void *)&a, sizeof a));
	struct sockaddr_un x = {AF_UNIX, "\0abstract-conformance"};
	sprintf(x.sun_path + 1, "adyton-%d", getpid());
	socklen_t xl = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(x.sun_path + 1);
	s = must(socket(AF_UNIX, SOCK_STREAM, 0));
	R(bind(s, (void *)&x, xl));
	R(listen(s, 1));
	R(connect(other, (void *)&x, xl));
	R(connect(other, (void *)&x, xl));
	RZ(accept(s, 0, 0));
}

CASE(blocking)
{
	int s[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pid_t pid = must(fork());
	if (!pid) {
		close(s[0]);
		char b[4096];
		long sum = 0, n;
		settle();
		while ((n = read(s[1], b, sizeof b)) > 0) sum += n;
		_exit(sum == 1000000 ? 7 : 8);
	}
	close(s[1]);
	static char big[1000000];
	R(write(s[0], big, sizeof big));
	close(s[0]);
	int st;
	must(waitpid(pid, &st, 0));
	say("%s", swait(st));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	struct timeval tv = {0, 30000};
	R(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	int64_t t = now_ns();
	R(read(s[0], big, 1));
	say("waited %d", now_ns() - t >= 25000000);
}

CASE(pair_refused)
{
	int none[2] = {-1, -1}, free = must(dup(0));
	close(free);
	// The numbers are given out before anybody looks at the kind.
	R(socketpair(AF_UNIX, SOCK_STREAM, 6, none));
	say("%d %d", none[0] - free, none[1] - free);
	none[0] = none[1] = -1;
	R(socketpair(AF_INET, SOCK_STREAM, 0, none));
	say("%d %d", none[0] - free, none[1] - free);
	none[0] = none[1] = -1;
	R(socketpair(AF_UNIX, SOCK_STREAM | 1 << 20, 0, none));
	say("%d %d", none[0], none[1]);
	R(socketpair(AF_INET, SOCK_STREAM, 0, BAD));
	R(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMP));
	R(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMPV6));
}

CASE(whole_or_nothing)
{
	int d[2], q[2], u = must(socket(AF_INET6, SOCK_DGRAM, 0));
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, d));
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, q));
	char b[100], *e = edge(100);
	struct iovec v = {e, 200};
	R(writev(d[0], &v, 1));
	R(write(q[0], e, 200));
	R(recv(d[1], b, 100, MSG_DONTWAIT));
	R(recv(q[1], b, 100, MSG_DONTWAIT));
	// More than any message is no message, and not several.
	char *big = mmap(0, 4 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	R(write(d[0], big, 4 << 20));
	R(write(q[0], big, 4 << 20));
	R(recv(d[1], b, 100, MSG_DONTWAIT));
	// A length is cut before the range is looked at.
	S(recvfrom, d[0], 0, -1, MSG_DONTWAIT, 0, 0);
	S(accept4, 99, 0, 0, 1);
	S(accept4, d[0], 0, 0, 1);
	S(setsockopt, d[0], SOL_SOCKET, SO_RCVBUF, 0, 3);
	S(setsockopt, d[0], SOL_SOCKET, SO_RCVBUF, 0, 4);
	// IPv6 sockets of messages take IPv4 addresses.
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	R(connect(u, (void *)&in, sizeof in));
	int one = 1;
	u = must(socket(AF_INET6, SOCK_DGRAM, 0));
	must(setsockopt(u, IPPROTO_IPV6, IPV6_V6ONLY, &one, 4));
	R(connect(u, (void *)&in, sizeof in));
}
