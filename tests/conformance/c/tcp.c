// TCP over the loopback device: connections, addresses, readiness, options,
// urgent data, resets. Ports are the kernel's choice and are not printed.
#include "p.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

static struct sockaddr_in lo4(int port) { return (struct sockaddr_in){AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}}; }

static int server4(struct sockaddr_in *a, int backlog)
{
	int l = must(socket(AF_INET, SOCK_STREAM, 0));
	*a = lo4(0);
	socklen_t n = sizeof *a;
	must(bind(l, (void *)a, n));
	must(listen(l, backlog));
	must(getsockname(l, (void *)a, &n));
	return l;
}
static void conn(int s[2])
{
	struct sockaddr_in a;
	int l = server4(&a, 5);
	s[0] = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(s[0], (void *)&a, sizeof a));
	s[1] = must(accept(l, 0, 0));
	close(l);
}
static void events(const char *what, int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	poll(&p, 1, 0);
	say("%s:%s%s%s%s%s%s", what, p.revents & POLLIN ? " IN" : "", p.revents & POLLOUT ? " OUT" : "", p.revents & POLLPRI ? " PRI" : "",
		p.revents & POLLRDHUP ? " RDHUP" : "", p.revents & POLLHUP ? " HUP" : "", p.revents & POLLERR ? " ERR" : "");
}
// becomes waits until fd shows at least these events.
static void becomes(int fd, int ev)
{
	struct pollfd p = {fd, ev};
	if (poll(&p, 1, 5000) <= 0) say("never ready for %#x", ev);
}
static int geti(int s, int level, int opt)
{
	int v = -99;
	socklen_t n = sizeof v;
	if (getsockopt(s, level, opt, &v, &n) < 0) return -errno;
	return v;
}
#define SET(s, level, opt, val) R(setsockopt(s, level, opt, &(int){val}, sizeof(int)))

CASE(echo)
{
	struct sockaddr_in a, b;
	int l = server4(&a, 5);
	pid_t pid = must(fork());
	if (!pid) {
		int c = must(accept(l, 0, 0));
		char buf[4096];
		ssize_t n;
		while ((n = read(c, buf, sizeof buf)) > 0) write(c, buf, n);
		_exit(0);
	}
	int s = must(socket(AF_INET, SOCK_STREAM, 0));
	R(connect(s, (void *)&a, sizeof a));
	static char out[300000], back[300000];
	for (int i = 0; i < 300000; i++) out[i] = i * 7 + i / 251;
	int got = 0;
	for (int sent = 0; sent < 300000; sent += 3000) {
		must(write(s, out + sent, 3000));
		while (got < sent + 3000) {
			ssize_t n = must(read(s, back + got, 300000 - got));
			got += n;
		}
	}
	say("same %d", !memcmp(out, back, 300000));
	R(shutdown(s, SHUT_WR));
	R(read(s, back, 1));
	int st;
	waitpid(pid, &st, 0);
	say("%s", swait(st));
	socklen_t n = sizeof b;
	R(getpeername(s, (void *)&b, &n));
	n = sizeof b;
	R(getsockname(s, (void *)&b, &n));
	say("%s %d", inet_ntoa(b.sin_addr), n);
}

CASE(states)
{
	struct sockaddr_in a;
	int l = server4(&a, 5), n = 5;
	char c;
	events("listener", l);
	int s = must(socket(AF_INET, SOCK_STREAM, 0));
	events("fresh", s);
	R(read(s, &c, 1));
	child("write to unconnected", write(s, "x", 1));
	R(send(s, "x", 1, MSG_NOSIGNAL));
	R(getpeername(s, (void *)&a, &(socklen_t){sizeof a}));
	R(shutdown(s, SHUT_RDWR));
	R(accept(s, 0, 0));
	R(connect(l, (void *)&a, sizeof a));
	R(read(l, &c, 1));
	must(close(s));
	s = must(socket(AF_INET, SOCK_STREAM, 0));
	must(getsockname(l, (void *)&a, &(socklen_t){sizeof a}));
	R(connect(s, (void *)&a, sizeof a));
	becomes(l, POLLIN);
	events("listener with one", l);
	events("client", s);
	R(connect(s, (void *)&a, sizeof a));
	R(listen(s, 1));
	R(bind(s, (void *)&a, sizeof a));
	int k = RZ(accept4(l, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC));
	say("%d %d", fcntl(k, F_GETFD), fcntl(k, F_GETFL) & O_NONBLOCK ? 1 : 0);
	R(fcntl(l, F_SETFL, O_NONBLOCK));
	R(accept(l, 0, 0));
	R(read(k, &c, 1));
	R(write(s, "hello", 5));
	becomes(k, POLLIN);
	R(ioctl(k, FIONREAD, &n));
	say("%d", n);
	R(recv(k, &c, 1, MSG_PEEK));
	R(recv(k, &c, 1, MSG_TRUNC));
	R(ioctl(k, FIONREAD, &n));
	say("%d", n);
	R(shutdown(s, SHUT_WR));
	becomes(k, POLLRDHUP);
	events("after the peer's SHUT_WR", k);
	events("who did it", s);
	R(send(s, "x", 1, MSG_NOSIGNAL));
	R(write(k, "ok", 2));
	becomes(s, POLLIN);
	events("who did it, with data", s);
	R(shutdown(k, SHUT_WR));
	becomes(k, POLLHUP);
	events("both closed", k);
	events("both closed", s);
	char b[9];
	R(read(k, b, 9));
	R(read(k, b, 9));
	R(read(s, b, 9));
	R(read(s, b, 9));
	R(shutdown(s, SHUT_RD));
	R(getpeername(s, (void *)&a, &(socklen_t){sizeof a}));
}

CASE(refused)
{
	struct sockaddr_in a;
	int l = server4(&a, 1);
	close(l);
	int s = must(socket(AF_INET, SOCK_STREAM, 0));
	R(connect(s, (void *)&a, sizeof a));
	events("refused", s);
	say("error %d", geti(s, SOL_SOCKET, SO_ERROR));
	R(connect(s, (void *)&a, sizeof a));
	s = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	R(connect(s, (void *)&a, sizeof a));
	becomes(s, POLLOUT);
	events("refused without waiting", s);
	say("%s", ename(geti(s, SOL_SOCKET, SO_ERROR)));
	say("error %d", geti(s, SOL_SOCKET, SO_ERROR));
	R(connect(s, (void *)&a, 3));
	a.sin_family = AF_INET6;
	R(connect(s, (void *)&a, sizeof a));
	a.sin_family = AF_UNSPEC;
	R(connect(s, (void *)&a, sizeof a));
	S(connect, s, BAD, 16);
	S(bind, s, BAD, 16);
	S(bind, s, &a, 200);
	a = lo4(0);
	R(bind(s, (void *)&a, 15));
	a.sin_addr.s_addr = htonl(0x01020304);
	R(bind(s, (void *)&a, sizeof a));
}

CASE(nonblocking)
{
	struct sockaddr_in a;
	int l = server4(&a, 5);
	int s = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	int e = must(epoll_create1(0));
	struct epoll_event ev = {EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, {.u32 = 7}}, got;
	R(epoll_ctl(e, EPOLL_CTL_ADD, s, &ev));
	R(epoll_wait(e, &got, 1, 0));
	say("%#x", got.events);
	R(connect(s, (void *)&a, sizeof a));
	becomes(s, POLLOUT);
	R(epoll_wait(e, &got, 1, 1000));
	say("%#x", got.events);
	say("error %d", geti(s, SOL_SOCKET, SO_ERROR));
	R(connect(s, (void *)&a, sizeof a));
	R(connect(s, (void *)&a, sizeof a));
	int k = must(accept(l, 0, 0));
	R(epoll_wait(e, &got, 1, 0));
	must(write(k, "abc", 3));
	R(epoll_wait(e, &got, 1, 1000));
	say("%#x", got.events);
	R(epoll_wait(e, &got, 1, 0));
	must(write(k, "def", 3));
	R(epoll_wait(e, &got, 1, 1000));
	say("%#x", got.events);
	char b[4096];
	R(read(s, b, sizeof b));
	R(epoll_wait(e, &got, 1, 0));
	long n = 0, w;
	static char big[65536];
	while ((w = write(s, big, sizeof big)) > 0) n += w;
	say("full: %s, more than 64k %d", ename(errno), n > 65536);
	R(epoll_wait(e, &got, 1, 0));
	events("full", s);
	long r = 0;
	while (r < n) r += must(read(k, big, sizeof big));
	R(epoll_wait(e, &got, 1, 1000));
	say("%#x", got.events & EPOLLOUT);
	close(k);
	becomes(s, POLLRDHUP);
	R(epoll_wait(e, &got, 1, 1000));
	say("%#x", got.events);
}

CASE(waiting)
{
	struct sockaddr_in a;
	int l = server4(&a, 5);
	pid_t pid = must(fork());
	if (!pid) {
		close(l);
		settle();
		int s = must(socket(AF_INET, SOCK_STREAM, 0));
		must(connect(s, (void *)&a, sizeof a));
		settle();
		must(write(s, "abc", 3));
		settle();
		must(write(s, "def", 3));
		char c;
		_exit(read(s, &c, 1) == 1 ? c : 1);
	}
	int k = RZ(accept(l, 0, 0));
	char b[9] = {0};
	R(recv(k, b, 6, MSG_WAITALL));
	say("%s", b);
	R(recv(k, b, 6, MSG_DONTWAIT));
	struct timeval tv = {0, 30000};
	R(setsockopt(k, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	int64_t t = now_ns();
	R(read(k, b, 1));
	say("waited %d", now_ns() - t >= 25000000);
	must(write(k, "\7", 1));
	int st;
	waitpid(pid, &st, 0);
	say("%s", swait(st));
	R(read(k, b, 1));
	R(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	R(accept(l, 0, 0));
}

CASE(reset)
{
	int s[2];
	char b[9];
	// Unread data at the close.
	conn(s);
	must(write(s[0], "abc", 3));
	becomes(s[1], POLLIN);
	close(s[1]);
	becomes(s[0], POLLHUP);
	events("reset", s[0]);
	R(read(s[0], b, 9));
	R(read(s[0], b, 9));
	R(send(s[0], "x", 1, MSG_NOSIGNAL));
	// Linger of no time.
	conn(s);
	struct linger lg = {1, 0};
	R(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &lg, sizeof lg));
	must(write(s[1], "abc", 3));
	becomes(s[0], POLLIN);
	close(s[1]);
	becomes(s[0], POLLHUP);
	say("%s", ename(geti(s[0], SOL_SOCKET, SO_ERROR)));
	R(read(s[0], b, 9));
	R(read(s[0], b, 9));
	// Data for somebody who left.
	conn(s);
	close(s[1]);
	becomes(s[0], POLLRDHUP);
	R(read(s[0], b, 9));
	R(write(s[0], "x", 1));
	becomes(s[0], POLLERR);
	events("after the reset", s[0]);
	child("second write", write(s[0], "x", 1));
	R(send(s[0], "x", 1, MSG_NOSIGNAL));
	R(read(s[0], b, 9));
	// A connection that nobody accepted.
	struct sockaddr_in a;
	int l = server4(&a, 5), c = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(c, (void *)&a, sizeof a));
	close(l);
	becomes(c, POLLHUP);
	R(read(c, b, 9));
}

CASE(urgent)
{
	int s[2], n = -1;
	char b[16] = {0};
	conn(s);
	R(ioctl(s[1], SIOCATMARK, &n));
	say("at mark %d", n);
	R(recv(s[1], b, 1, MSG_OOB));
	must(send(s[0], "abc", 3, 0));
	R(send(s[0], "X", 1, MSG_OOB));
	becomes(s[1], POLLPRI);
	must(send(s[0], "def", 3, 0));
	until((ioctl(s[0], TIOCOUTQ, &n), n == 0));
	R(ioctl(s[1], FIONREAD, &n));
	say("readable %d", n);
	events("with an urgent byte", s[1]);
	R(ioctl(s[1], SIOCATMARK, &n));
	say("at mark %d", n);
	R(recv(s[1], b, 16, 0));
	R(ioctl(s[1], SIOCATMARK, &n));
	say("at mark %d", n);
	R(recv(s[1], b, 1, MSG_OOB | MSG_PEEK));
	R(recv(s[1], b, 9, MSG_OOB));
	say("%c", b[0]);
	R(recv(s[1], b, 9, MSG_OOB));
	events("urgent byte read", s[1]);
	memset(b, 0, 16);
	R(recv(s[1], b, 16, 0));
	say("%s", b);
	R(recv(s[1], b, 1, MSG_OOB));
	SET(s[1], SOL_SOCKET, SO_OOBINLINE, 1);
	must(send(s[0], "abc", 3, 0));
	R(send(s[0], "XY", 2, MSG_OOB));
	until((ioctl(s[1], FIONREAD, &n), n == 5));
	R(recv(s[1], b, 1, MSG_OOB));
	memset(b, 0, 16);
	R(recv(s[1], b, 16, 0));
	say("%s", b);
	memset(b, 0, 16);
	R(ioctl(s[1], SIOCATMARK, &n));
	say("at mark %d", n);
	R(recv(s[1], b, 16, 0));
	say("%s", b);
	events("read", s[1]);
}

static int urgs;
static void on_urg(int s) { urgs++; }
CASE(sigurg)
{
	int s[2];
	conn(s);
	signal(SIGURG, on_urg);
	R(fcntl(s[1], F_SETOWN, getpid()));
	R(send(s[0], "X", 1, MSG_OOB));
	becomes(s[1], POLLPRI);
	until(urgs > 0);
	say("%d", urgs);
	fd_set x;
	FD_ZERO(&x);
	FD_SET(s[1], &x);
	struct timeval tv = {5, 0};
	R(select(s[1] + 1, 0, 0, &x, &tv));
}

CASE(options)
{
	int s[2], n;
	conn(s);
	say("nodelay %d", geti(s[0], IPPROTO_TCP, TCP_NODELAY));
	SET(s[0], IPPROTO_TCP, TCP_NODELAY, 5);
	say("nodelay %d", geti(s[0], IPPROTO_TCP, TCP_NODELAY));
	SET(s[0], SOL_SOCKET, SO_KEEPALIVE, 1);
	say("keepalive %d", geti(s[0], SOL_SOCKET, SO_KEEPALIVE));
	static int opts[] = {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_SYNCNT, TCP_LINGER2, TCP_DEFER_ACCEPT, TCP_WINDOW_CLAMP,
		TCP_USER_TIMEOUT, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_NOTSENT_LOWAT, TCP_CORK, TCP_QUICKACK, TCP_THIN_LINEAR_TIMEOUTS,
		TCP_THIN_DUPACK, TCP_SAVE_SYN, TCP_INQ};
	int f = must(socket(AF_INET, SOCK_STREAM, 0));
	for (unsigned i = 0; i < sizeof opts / sizeof *opts; i++) {
		n = geti(f, IPPROTO_TCP, opts[i]);
		int r = setsockopt(f, IPPROTO_TCP, opts[i], &(int){3}, sizeof(int)), e = errno;
		say("tcp option %d: %d, set %s, %d", opts[i], n, r ? ename(e) : "ok", geti(f, IPPROTO_TCP, opts[i]));
		r = setsockopt(f, IPPROTO_TCP, opts[i], &(int){-1}, sizeof(int)), e = errno;
		say("tcp option %d: set to -1 %s", opts[i], r ? ename(e) : "ok");
	}
	static int sos[] = {SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_NO_CHECK, SO_PRIORITY,
		SO_REUSEPORT, SO_PASSCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_ACCEPTCONN, SO_MARK, SO_PROTOCOL, SO_DOMAIN, SO_RXQ_OVFL,
		SO_NOFCS, SO_LOCK_FILTER, SO_SELECT_ERR_QUEUE, SO_TIMESTAMP, SO_TIMESTAMPNS};
	for (unsigned i = 0; i < sizeof sos / sizeof *sos; i++) {
		n = geti(f, SOL_SOCKET, sos[i]);
		int r = setsockopt(f, SOL_SOCKET, sos[i], &(int){1}, sizeof(int)), e = errno;
		say("socket option %d: %d, set %s, %d", sos[i], n, r ? ename(e) : "ok", geti(f, SOL_SOCKET, sos[i]));
	}
	static int ips[] = {IP_TOS, IP_TTL, IP_HDRINCL, IP_ROUTER_ALERT, IP_RECVOPTS, IP_RETOPTS, IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR,
		IP_RECVTTL, IP_RECVTOS, IP_MTU, IP_FREEBIND, IP_TRANSPARENT, IP_RECVORIGDSTADDR, IP_MINTTL, IP_NODEFRAG, IP_CHECKSUM,
		IP_BIND_ADDRESS_NO_PORT, IP_RECVFRAGSIZE, IP_MULTICAST_TTL, IP_MULTICAST_LOOP, IP_MULTICAST_ALL, IP_UNICAST_IF};
	for (unsigned i = 0; i < sizeof ips / sizeof *ips; i++) {
		n = geti(f, SOL_IP, ips[i]);
		int r = setsockopt(f, SOL_IP, ips[i], &(int){1}, sizeof(int)), e = errno;
		say("ip option %d: %d, set %s, %d", ips[i], n, r ? ename(e) : "ok", geti(f, SOL_IP, ips[i]));
	}
	char name[16] = {0};
	socklen_t l = sizeof name;
	R(getsockopt(f, IPPROTO_TCP, TCP_CONGESTION, name, &l));
	say("%d", l);
	R(setsockopt(f, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
	R(setsockopt(f, IPPROTO_TCP, 999, &n, 4));
	R(getsockopt(f, IPPROTO_TCP, 999, &n, &l));
	R(setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &n, 3));
	R(setsockopt(f, IPPROTO_UDP, 1, &n, 4));
	R(setsockopt(f, IPPROTO_IPV6, IPV6_V6ONLY, &n, 4));
	struct tcp_info ti;
	l = sizeof ti;
	R(getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &ti, &l));
	say("state %d", ti.tcpi_state);
	l = 8;
	R(getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &ti, &l));
	say("%d", l);
	struct linger lg;
	l = sizeof lg;
	R(getsockopt(s[0], SOL_SOCKET, SO_LINGER, &lg, &l));
	say("%d %d %d", lg.l_onoff, lg.l_linger, l);
}

CASE(ports)
{
	struct sockaddr_in a, b;
	int l = server4(&a, 5);
	int t = must(socket(AF_INET, SOCK_STREAM, 0));
	R(bind(t, (void *)&a, sizeof a));
	SET(t, SOL_SOCKET, SO_REUSEADDR, 1);
	R(bind(t, (void *)&a, sizeof a));
	SET(l, SOL_SOCKET, SO_REUSEADDR, 1);
	R(bind(t, (void *)&a, sizeof a));
	int s = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(s, (void *)&a, sizeof a));
	int k = must(accept(l, 0, 0));
	close(l);
	close(k);
	close(s);
	l = must(socket(AF_INET, SOCK_STREAM, 0));
	R(bind(l, (void *)&a, sizeof a));
	SET(l, SOL_SOCKET, SO_REUSEADDR, 1);
	R(bind(l, (void *)&a, sizeof a));
	R(listen(l, 5));
	int p1 = must(socket(AF_INET, SOCK_STREAM, 0)), p2 = must(socket(AF_INET, SOCK_STREAM, 0));
	SET(p1, SOL_SOCKET, SO_REUSEPORT, 1);
	SET(p2, SOL_SOCKET, SO_REUSEPORT, 1);
	b = lo4(0);
	R(bind(p1, (void *)&b, sizeof b));
	must(getsockname(p1, (void *)&b, &(socklen_t){sizeof b}));
	R(bind(p2, (void *)&b, sizeof b));
	R(listen(p1, 5));
	R(listen(p2, 5));
	int n1 = 0, n2 = 0;
	for (int i = 0; i < 40; i++) {
		int c = must(socket(AF_INET, SOCK_STREAM, 0));
		must(connect(c, (void *)&b, sizeof b));
		struct pollfd p[2] = {{p1, POLLIN}, {p2, POLLIN}};
		must(poll(p, 2, 5000));
		if (p[0].revents) n1++, close(must(accept(p1, 0, 0)));
		else n2++, close(must(accept(p2, 0, 0)));
		close(c);
	}
	say("both served %d, all %d", n1 > 0 && n2 > 0, n1 + n2);
	b.sin_port = htons(80);
	drop();
	int q = must(socket(AF_INET, SOCK_STREAM, 0));
	R(bind(q, (void *)&b, sizeof b));
}

CASE(backlog)
{
	struct sockaddr_in a;
	int l = server4(&a, 0);
	int c[3], n = 0;
	for (int i = 0; i < 3; i++) {
		c[i] = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
		connect(c[i], (void *)&a, sizeof a);
		struct pollfd p = {c[i], POLLOUT};
		n += poll(&p, 1, 50);
	}
	say("%d of 3 at once", n);
	int k = must(accept(l, 0, 0));
	close(k);
}

CASE(ipv6)
{
	struct sockaddr_in6 a = {AF_INET6, 0, 0, IN6ADDR_LOOPBACK_INIT}, b;
	int l = must(socket(AF_INET6, SOCK_STREAM, 0));
	R(bind(l, (void *)&a, sizeof a));
	R(listen(l, 5));
	socklen_t n = sizeof a;
	must(getsockname(l, (void *)&a, &n));
	int s = must(socket(AF_INET6, SOCK_STREAM, 0));
	R(connect(s, (void *)&a, sizeof a));
	n = sizeof b;
	int k = RZ(accept(l, (void *)&b, &n));
	char t[64];
	say("%s %d", inet_ntop(AF_INET6, &b.sin6_addr, t, 64), n);
	R(write(s, "abc", 3));
	R(read(k, t, 9));
	// Both kinds at one socket.
	int d = must(socket(AF_INET6, SOCK_STREAM, 0));
	say("v6only %d", geti(d, IPPROTO_IPV6, IPV6_V6ONLY));
	a = (struct sockaddr_in6){AF_INET6};
	R(bind(d, (void *)&a, sizeof a));
	R(listen(d, 5));
	n = sizeof a;
	must(getsockname(d, (void *)&a, &n));
	struct sockaddr_in a4 = lo4(ntohs(a.sin6_port));
	int c4 = must(socket(AF_INET, SOCK_STREAM, 0));
	R(connect(c4, (void *)&a4, sizeof a4));
	n = sizeof b;
	k = RZ(accept(d, (void *)&b, &n));
	say("%s", inet_ntop(AF_INET6, &b.sin6_addr, t, 64));
	n = sizeof b;
	R(getsockname(k, (void *)&b, &n));
	say("%s", inet_ntop(AF_INET6, &b.sin6_addr, t, 64));
	SET(d, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	int e = must(socket(AF_INET, SOCK_STREAM, 0));
	R(bind(e, (void *)&a4, sizeof a4));
	int o = must(socket(AF_INET6, SOCK_STREAM, 0));
	SET(o, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	a = (struct sockaddr_in6){AF_INET6};
	R(bind(o, (void *)&a, sizeof a));
	n = sizeof a;
	must(getsockname(o, (void *)&a, &n));
	R(listen(o, 5));
	a4 = lo4(ntohs(a.sin6_port));
	R(connect(e, (void *)&a4, sizeof a4));
	R(bind(must(socket(AF_INET, SOCK_STREAM, 0)), (void *)&a4, sizeof a4));
	// A mapped address.
	int m = must(socket(AF_INET6, SOCK_STREAM, 0));
	must(getsockname(d, (void *)&a, &n));
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr);
	R(connect(m, (void *)&a, sizeof a));
	n = sizeof b;
	R(getpeername(m, (void *)&b, &n));
	say("%s", inet_ntop(AF_INET6, &b.sin6_addr, t, 64));
	R(connect(s, (void *)&a4, sizeof a4));
	R(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP));
	R(socket(AF_INET, SOCK_SEQPACKET, 0));
	R(socket(AF_INET, SOCK_STREAM, 300));
}

CASE(messages)
{
	int s[2];
	conn(s);
	struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
	struct sockaddr_in a = lo4(9);
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 3, .msg_name = &a, .msg_namelen = sizeof a};
	R(sendmsg(s[0], &m, MSG_MORE));
	R(sendto(s[0], "fg", 2, 0, (void *)&a, sizeof a));
	char x[4], y[9], c[64];
	memset(&a, 77, sizeof a);
	struct iovec w[2] = {{x, 4}, {y, 9}};
	m = (struct msghdr){.msg_iov = w, .msg_iovlen = 2, .msg_name = &a, .msg_namelen = sizeof a, .msg_control = c, .msg_controllen = 64};
	R(recvmsg(s[1], &m, MSG_WAITALL * 0));
	say("%.4s name %d control %zu flags %#x", x, m.msg_namelen, m.msg_controllen, m.msg_flags);
	struct mmsghdr mm[2] = {{{.msg_iov = v, .msg_iovlen = 1}}, {{.msg_iov = v + 2, .msg_iovlen = 1}}};
	R(sendmmsg(s[0], mm, 2, 0));
	say("%u %u", mm[0].msg_len, mm[1].msg_len);
	int n;
	until((ioctl(s[1], FIONREAD, &n), n == 5));
	struct mmsghdr rr[2] = {{{.msg_iov = w, .msg_iovlen = 1}}, {{.msg_iov = w + 1, .msg_iovlen = 1}}};
	R(recvmmsg(s[1], rr, 2, MSG_DONTWAIT, 0));
	say("%u %u", rr[0].msg_len, rr[1].msg_len);
	R(recvfrom(s[1], x, 1, MSG_DONTWAIT, 0, 0));
	R(recv(s[1], x, 1, MSG_ERRQUEUE));
	R(send(s[0], 0, 0, 0));
	S(sendto, s[0], BAD, 4, 0, 0, 0);
	must(write(s[0], "abcd", 4));
	until((ioctl(s[1], FIONREAD, &n), n == 4));
	S(recvfrom, s[1], BAD, 4, 0, 0, 0);
	R(read(s[1], x, 4));
}

CASE(blocked_writer)
{
	int s[2], st;
	conn(s);
	pid_t pid = must(fork());
	if (!pid) {
		close(s[0]);
		static char b[65536];
		long sum = 0, n;
		settle();
		while ((n = read(s[1], b, sizeof b)) > 0) sum += n;
		_exit(sum == 20000000 ? 7 : 8);
	}
	close(s[1]);
	static char big[20000000];
	R(write(s[0], big, sizeof big));
	close(s[0]);
	waitpid(pid, &st, 0);
	say("%s", swait(st));
	conn(s);
	struct timeval tv = {0, 30000};
	R(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
	long n = write(s[0], big, sizeof big);
	say("part %d", n > 0 && n < (long)sizeof big);
	R(write(s[0], big, sizeof big));
}

CASE(closed_while_waiting)
{
	int s[2], st;
	conn(s);
	pid_t pid = must(fork());
	if (!pid) {
		char b;
		_exit(read(s[1], &b, 1) == 0 ? 3 : 4);
	}
	asleep(pid, pid);
	R(shutdown(s[1], SHUT_RD));
	waitpid(pid, &st, 0);
	say("%s", swait(st));
	struct sockaddr_in a;
	int l = server4(&a, 5);
	pid = must(fork());
	if (!pid) {
		int k = accept(l, 0, 0);
		_exit(k < 0 ? errno : 0);
	}
	asleep(pid, pid);
	R(shutdown(l, SHUT_RDWR));
	waitpid(pid, &st, 0);
	say("accept %s", ename(WEXITSTATUS(st)));
	events("listener shut down", l);
	R(accept(l, 0, 0));
	R(listen(l, 5));
}

CASE(levels)
{
	int t = must(socket(AF_INET, SOCK_STREAM, 0)), u = must(socket(AF_INET6, SOCK_DGRAM, 0)), x = must(socket(AF_UNIX, SOCK_STREAM, 0));
	int s[] = {t, u, x}, l[] = {500, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP, SOL_NETLINK, 41, -1};
	for (int i = 0; i < 3; i++) for (unsigned j = 0; j < sizeof l / sizeof *l; j++) {
		if (i == 1 && l[j] == IPPROTO_UDP) continue; // the number is an option of UDP Lite
		int v = 0, n, e;
		socklen_t z = sizeof v;
		errno = 0, n = getsockopt(s[i], l[j], SO_OOBINLINE, &v, &z), e = errno;
		errno = 0;
		int m = setsockopt(s[i], l[j], SO_OOBINLINE, &v, z);
		say("socket %d level %d: get %s, set %s", i, l[j], n ? ename(e) : "ok", m ? ename(errno) : "ok");
	}
	struct msghdr h = {0};
	R(recvmsg(t, &h, -1));
	R(sendmsg(t, &h, -1));
	R(recv(t, &h, 1, 0x10000000));
	h.msg_name = &h, h.msg_namelen = -1;
	R(recvmsg(t, &h, 0));
}

CASE(address_form)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6};
	int l = must(socket(AF_INET6, SOCK_STREAM, 0)), c = must(socket(AF_INET, SOCK_STREAM, 0)), v = AF_INET;
	must(bind(l, (void *)&a, sizeof a));
	must(listen(l, 5));
	socklen_t n = sizeof a;
	must(getsockname(l, (void *)&a, &n));
	R(setsockopt(l, IPPROTO_IPV6, IPV6_ADDRFORM, &v, 4));
	R(setsockopt(c, IPPROTO_IPV6, IPV6_ADDRFORM, &v, 4));
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = a.sin6_port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	must(connect(c, (void *)&to, sizeof to));
	int s = must(accept(l, 0, 0));
	v = 77;
	R(setsockopt(s, IPPROTO_IPV6, IPV6_ADDRFORM, &v, 4));
	v = AF_INET;
	R(setsockopt(s, IPPROTO_IPV6, IPV6_ADDRFORM, &v, 3));
	n = 4;
	R(getsockopt(s, IPPROTO_IPV6, IPV6_ADDRFORM, &v, &n));
	say("form %d", v == AF_INET6);
	v = AF_INET;
	R(setsockopt(s, IPPROTO_IPV6, IPV6_ADDRFORM, &v, 4));
	n = 4;
	R(getsockopt(s, SOL_SOCKET, SO_DOMAIN, &v, &n));
	n = sizeof a;
	R(getsockname(s, (void *)&a, &n));
	say("domain %d family %d length %d", v, a.sin6_family, n);
	R(setsockopt(s, IPPROTO_IPV6, IPV6_ADDRFORM, &v, 4));
	R(send(s, "x", 1, 0));
}

CASE(fastopen)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int l = must(socket(AF_INET, SOCK_STREAM, 0)), c = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(l, (void *)&a, sizeof a));
	must(listen(l, 5));
	socklen_t n = sizeof a;
	must(getsockname(l, (void *)&a, &n));
	R(send(c, "hello", 5, MSG_FASTOPEN));
	R(sendto(c, "hello", 5, MSG_FASTOPEN, (void *)&a, sizeof a));
	int s = must(accept(l, 0, 0));
	char b[8] = "";
	R(recv(s, b, 5, MSG_WAITALL));
	say("%s", b);
	R(sendto(c, "again", 5, MSG_FASTOPEN, (void *)&a, sizeof a));
	R(send(c, "again", 5, 0));
	close(l);
	c = must(socket(AF_INET, SOCK_STREAM, 0));
	R(sendto(c, "hello", 5, MSG_FASTOPEN, (void *)&a, sizeof a));
}

CASE(port_goes)
{
	// A port that bind named outlives the connection, others do not.
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, n;
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	socklen_t l = sizeof a;
	int s = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(s, (void *)&a, sizeof a));
	must(listen(s, 5));
	must(getsockname(s, (void *)&a, &l));
	int c = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(c, (void *)&a, sizeof a));
	int f = must(accept(s, 0, 0));
	R(connect(f, &none, sizeof none));
	n = (struct sockaddr_in){.sin_family = AF_INET};
	R(bind(f, (void *)&n, sizeof n));
	R(listen(f, 5));
	R(connect(c, &none, sizeof none));
	n = (struct sockaddr_in){.sin_family = AF_INET};
	R(bind(c, (void *)&n, sizeof n));
}
