// UDP and ping sockets over the loopback device: addresses, cut-off, errors,
// options and control messages.
#include "p.h"
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

static struct sockaddr_in lo4(int port) { return (struct sockaddr_in){AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}}; }
static int bound(struct sockaddr_in *a)
{
	int s = must(socket(AF_INET, SOCK_DGRAM, 0));
	*a = lo4(0);
	must(bind(s, (void *)a, sizeof *a));
	must(getsockname(s, (void *)a, &(socklen_t){sizeof *a}));
	return s;
}
static void becomes(int fd, int ev)
{
	struct pollfd p = {fd, ev};
	if (poll(&p, 1, 5000) <= 0) say("never ready for %#x", ev);
}
static void events(const char *what, int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
	poll(&p, 1, 0);
	say("%s:%s%s%s%s%s%s", what, p.revents & POLLIN ? " IN" : "", p.revents & POLLOUT ? " OUT" : "", p.revents & POLLPRI ? " PRI" : "",
		p.revents & POLLRDHUP ? " RDHUP" : "", p.revents & POLLHUP ? " HUP" : "", p.revents & POLLERR ? " ERR" : "");
}
static int geti(int s, int level, int opt)
{
	int v = -99;
	socklen_t n = sizeof v;
	if (getsockopt(s, level, opt, &v, &n) < 0) return -errno;
	return v;
}
#define SET(s, level, opt, val) R(setsockopt(s, level, opt, &(int){val}, sizeof(int)))

CASE(basic)
{
	struct sockaddr_in a, b, from;
	int s = bound(&a), t = bound(&b), n = -1;
	char buf[32] = {0};
	events("fresh", s);
	R(recv(s, buf, 9, MSG_DONTWAIT));
	R(sendto(t, "hello", 5, 0, (void *)&a, sizeof a));
	R(sendto(t, "", 0, 0, (void *)&a, sizeof a));
	R(sendto(t, "three", 5, 0, (void *)&a, sizeof a));
	becomes(s, POLLIN);
	events("with datagrams", s);
	R(ioctl(s, FIONREAD, &n));
	say("%d", n);
	R(ioctl(s, TIOCOUTQ, &n));
	say("%d", n);
	socklen_t l = sizeof from;
	R(recvfrom(s, buf, 32, MSG_PEEK, (void *)&from, &l));
	say("%s from the other %d", buf, from.sin_port == b.sin_port);
	R(recvfrom(s, buf, 2, MSG_TRUNC, (void *)&from, &l));
	R(recv(s, buf, 9, 0));
	struct iovec v = {buf, 2};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	R(recvmsg(s, &m, 0));
	say("flags %#x", m.msg_flags);
	R(send(t, "x", 1, 0));
	R(connect(t, (void *)&a, sizeof a));
	R(send(t, "x", 1, 0));
	R(write(t, "yy", 2));
	R(read(s, buf, 9));
	R(read(s, buf, 9));
	l = sizeof from;
	R(getpeername(t, (void *)&from, &l));
	say("%d", from.sin_port == a.sin_port);
	R(getpeername(s, (void *)&from, &l));
	R(listen(s, 1));
	R(accept(s, 0, 0));
	R(send(t, "x", 1, MSG_OOB));
	R(recv(s, buf, 1, MSG_OOB | MSG_DONTWAIT));
	static char big[70000];
	R(sendto(t, big, 65508, 0, 0, 0));
	R(sendto(t, big, 65507, 0, 0, 0));
	R(recv(s, big, 70000, 0));
	R(shutdown(s, SHUT_RD));
	R(shutdown(t, SHUT_WR));
	R(send(t, "x", 1, MSG_NOSIGNAL));
	struct sockaddr x = {AF_UNSPEC};
	R(connect(t, &x, sizeof x));
	R(send(t, "x", 1, MSG_NOSIGNAL));
}

CASE(unreachable)
{
	struct sockaddr_in a;
	int s = bound(&a);
	close(s);
	char b[9];
	s = must(socket(AF_INET, SOCK_DGRAM, 0));
	R(sendto(s, "x", 1, 0, (void *)&a, sizeof a));
	R(recv(s, b, 9, MSG_DONTWAIT));
	R(connect(s, (void *)&a, sizeof a));
	R(send(s, "x", 1, 0));
	becomes(s, POLLERR);
	events("refused", s);
	R(recv(s, b, 9, 0));
	R(send(s, "x", 1, 0));
	becomes(s, POLLERR);
	R(send(s, "x", 1, 0));
	R(send(s, "x", 1, 0));
	becomes(s, POLLERR);
	say("%s", ename(geti(s, SOL_SOCKET, SO_ERROR)));
	a.sin_port = 0;
	R(sendto(s, "x", 1, 0, (void *)&a, sizeof a));
	R(sendto(s, "x", 1, 0, (void *)&a, 4));
	a.sin_family = AF_INET6;
	R(sendto(s, "x", 1, 0, (void *)&a, sizeof a));
}

// IP_RECVERR keeps what came back.
CASE(error_queue)
{
	struct sockaddr_in a, to;
	int s = bound(&a);
	close(s);
	char b[32] = {0}, c[512];
	s = must(socket(AF_INET, SOCK_DGRAM, 0));
	SET(s, SOL_IP, IP_RECVERR, 1);
	R(recv(s, b, 9, MSG_ERRQUEUE));
	R(sendto(s, "payload", 7, 0, (void *)&a, sizeof a));
	becomes(s, POLLERR);
	events("refused", s);
	struct iovec v = {b, 32};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c, .msg_name = &to, .msg_namelen = sizeof to};
	R(recvmsg(s, &m, MSG_ERRQUEUE));
	say("%s flags %#x to the port %d", b, m.msg_flags, to.sin_port == a.sin_port);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		struct sock_extended_err *e = (void *)CMSG_DATA(h);
		struct sockaddr_in *o = (void *)SO_EE_OFFENDER(e);
		say("level %d type %d length %zu: %s origin %d type %d code %d from %d %s", h->cmsg_level, h->cmsg_type, (size_t)h->cmsg_len,
			ename(e->ee_errno), e->ee_origin, e->ee_type, e->ee_code, o->sin_family, inet_ntoa(o->sin_addr));
	}
	events("read", s);
	R(recv(s, b, 9, MSG_ERRQUEUE));
	R(recv(s, b, 9, MSG_DONTWAIT));
	R(sendto(s, "payload", 7, 0, (void *)&a, sizeof a));
	becomes(s, POLLERR);
	R(recv(s, b, 9, MSG_DONTWAIT));
	R(recv(s, b, 3, MSG_ERRQUEUE | MSG_TRUNC));
	events("read", s);
}

static void control(struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level == SOL_IP && h->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *p = (void *)CMSG_DATA(h);
			say("pktinfo %d %s", p->ipi_ifindex == 1, inet_ntoa(p->ipi_spec_dst));
		} else if (h->cmsg_level == SOL_IP && h->cmsg_type == IP_TOS)
			say("tos %d length %zu", *CMSG_DATA(h), (size_t)h->cmsg_len);
		else if (h->cmsg_level == SOL_IP && h->cmsg_type == IP_ORIGDSTADDR)
			say("origdst %s", inet_ntoa(((struct sockaddr_in *)CMSG_DATA(h))->sin_addr));
		else if (h->cmsg_level == SOL_IPV6 && h->cmsg_type == IPV6_PKTINFO)
			say("pktinfo6 %d", ((struct in6_pktinfo *)CMSG_DATA(h))->ipi6_ifindex == 1);
		else if (h->cmsg_level == SOL_SOCKET)
			say("socket type %d length %zu", h->cmsg_type, (size_t)h->cmsg_len);
		else
			say("level %d type %d value %d", h->cmsg_level, h->cmsg_type, *(int *)CMSG_DATA(h));
	}
}
static void get(int s)
{
	char b[64] = {0}, c[512];
	struct iovec v = {b, 32};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c};
	becomes(s, POLLIN);
	R(recvmsg(s, &m, 0));
	say("%s flags %#x", b, m.msg_flags);
	control(&m);
}

CASE(control)
{
	struct sockaddr_in a;
	int s = bound(&a), t = must(socket(AF_INET, SOCK_DGRAM, 0));
	SET(s, SOL_IP, IP_PKTINFO, 1);
	SET(s, SOL_IP, IP_RECVTTL, 1);
	SET(s, SOL_IP, IP_RECVTOS, 1);
	SET(s, SOL_IP, IP_RECVORIGDSTADDR, 1);
	SET(s, SOL_SOCKET, SO_TIMESTAMP, 1);
	R(sendto(t, "one", 3, 0, (void *)&a, sizeof a));
	get(s);
	SET(t, SOL_IP, IP_TOS, 16);
	SET(t, SOL_IP, IP_TTL, 7);
	SET(s, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	R(sendto(t, "two", 3, 0, (void *)&a, sizeof a));
	get(s);
	// The same by control messages of the sender.
	char c[CMSG_SPACE(sizeof(struct in_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {"three", 5};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = sizeof c, .msg_name = &a, .msg_namelen = sizeof a};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){CMSG_LEN(sizeof(struct in_pktinfo)), SOL_IP, IP_PKTINFO};
	struct in_pktinfo *p = (void *)CMSG_DATA(h);
	p->ipi_spec_dst.s_addr = htonl(0x7f000005);
	h = CMSG_NXTHDR(&m, h);
	*h = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_IP, IP_TTL};
	*(int *)CMSG_DATA(h) = 9;
	h = CMSG_NXTHDR(&m, h);
	*h = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_IP, IP_TOS};
	*(int *)CMSG_DATA(h) = 8;
	R(sendmsg(t, &m, 0));
	becomes(s, POLLIN);
	struct sockaddr_in from;
	char b[9];
	R(recvfrom(s, b, 9, MSG_PEEK, (void *)&from, &(socklen_t){sizeof from}));
	say("%s", inet_ntoa(from.sin_addr));
	get(s);
	*(int *)CMSG_DATA(h) = 999;
	R(sendmsg(t, &m, 0));
}

CASE(ipv6)
{
	struct sockaddr_in6 a = {AF_INET6, 0, 0, IN6ADDR_LOOPBACK_INIT}, from;
	int s = must(socket(AF_INET6, SOCK_DGRAM, 0)), t = must(socket(AF_INET6, SOCK_DGRAM, 0));
	R(bind(s, (void *)&a, sizeof a));
	must(getsockname(s, (void *)&a, &(socklen_t){sizeof a}));
	SET(s, SOL_IPV6, IPV6_RECVPKTINFO, 1);
	SET(s, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
	SET(s, SOL_IPV6, IPV6_RECVTCLASS, 1);
	SET(t, SOL_IPV6, IPV6_UNICAST_HOPS, 5);
	SET(t, SOL_IPV6, IPV6_TCLASS, 12);
	R(sendto(t, "one", 3, 0, (void *)&a, sizeof a));
	get(s);
	// A socket of both kinds hears IPv4.
	int d = must(socket(AF_INET6, SOCK_DGRAM, 0)), f = must(socket(AF_INET, SOCK_DGRAM, 0));
	a = (struct sockaddr_in6){AF_INET6};
	R(bind(d, (void *)&a, sizeof a));
	must(getsockname(d, (void *)&a, &(socklen_t){sizeof a}));
	struct sockaddr_in a4 = lo4(ntohs(a.sin6_port));
	SET(d, SOL_IPV6, IPV6_RECVPKTINFO, 1);
	R(sendto(f, "four", 4, 0, (void *)&a4, sizeof a4));
	char b[64], x[64];
	becomes(d, POLLIN);
	R(recvfrom(d, b, 9, MSG_PEEK, (void *)&from, &(socklen_t){sizeof from}));
	say("%s", inet_ntop(AF_INET6, &from.sin6_addr, x, 64));
	get(d);
	static int opts[] = {IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_MTU_DISCOVER, IPV6_MTU, IPV6_RECVERR,
		IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_TCLASS, IPV6_DONTFRAG, IPV6_FREEBIND,
		IPV6_AUTOFLOWLABEL, IPV6_MULTICAST_IF, IPV6_TRANSPARENT, IPV6_RECVORIGDSTADDR, IPV6_MINHOPCOUNT, IPV6_RECVRTHDR};
	for (unsigned i = 0; i < sizeof opts / sizeof *opts; i++) {
		int n = geti(t, SOL_IPV6, opts[i]);
		int r = setsockopt(t, SOL_IPV6, opts[i], &(int){1}, sizeof(int)), e = errno;
		say("ipv6 option %d: %d, set %s, %d", opts[i], n, r ? ename(e) : "ok", geti(t, SOL_IPV6, opts[i]));
	}
}

CASE(options)
{
	int f = must(socket(AF_INET, SOCK_DGRAM, 0)), n;
	static int sos[] = {SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_NO_CHECK, SO_PRIORITY,
		SO_REUSEPORT, SO_PASSCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_ACCEPTCONN, SO_MARK, SO_PROTOCOL, SO_DOMAIN, SO_RXQ_OVFL,
		SO_NOFCS, SO_LOCK_FILTER, SO_SELECT_ERR_QUEUE, SO_TIMESTAMP, SO_TIMESTAMPNS, SO_SNDBUF, SO_RCVBUF};
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
	static int us[] = {UDP_CORK, UDP_ENCAP, UDP_SEGMENT, UDP_GRO, 101, 102, 999};
	for (unsigned i = 0; i < sizeof us / sizeof *us; i++) {
		n = geti(f, SOL_UDP, us[i]);
		int r = setsockopt(f, SOL_UDP, us[i], &(int){1}, sizeof(int)), e = errno;
		say("udp option %d: %d, set %s, %d", us[i], n, r ? ename(e) : "ok", geti(f, SOL_UDP, us[i]));
	}
}

CASE(cork)
{
	struct sockaddr_in a;
	int s = bound(&a), t = must(socket(AF_INET, SOCK_DGRAM, 0));
	char b[64] = {0};
	R(connect(t, (void *)&a, sizeof a));
	R(send(t, "one ", 4, MSG_MORE));
	R(send(t, "two ", 4, MSG_MORE));
	R(recv(s, b, 64, MSG_DONTWAIT));
	R(send(t, "three", 5, 0));
	R(recv(s, b, 64, 0));
	say("%s", b);
	SET(t, SOL_UDP, UDP_CORK, 1);
	R(send(t, "four ", 5, 0));
	R(send(t, "five", 4, 0));
	R(recv(s, b, 64, MSG_DONTWAIT));
	SET(t, SOL_UDP, UDP_CORK, 0);
	R(recv(s, b, 64, 0));
	SET(t, SOL_UDP, UDP_SEGMENT, 3);
	R(send(t, "aaabbbcc", 8, 0));
	R(recv(s, b, 64, 0));
	R(recv(s, b, 64, 0));
	R(recv(s, b, 64, 0));
	R(recv(s, b, 64, MSG_DONTWAIT));
}

CASE(multicast)
{
	struct sockaddr_in a = lo4(0);
	int s = must(socket(AF_INET, SOCK_DGRAM, 0)), t = must(socket(AF_INET, SOCK_DGRAM, 0));
	a.sin_addr.s_addr = 0;
	R(bind(s, (void *)&a, sizeof a));
	must(getsockname(s, (void *)&a, &(socklen_t){sizeof a}));
	struct ip_mreqn r = {{inet_addr("239.1.2.3")}, {htonl(INADDR_LOOPBACK)}, 1};
	R(setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &r, sizeof r));
	R(setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &r, sizeof r));
	R(setsockopt(t, SOL_IP, IP_MULTICAST_IF, &r, sizeof r));
	a.sin_addr = r.imr_multiaddr;
	R(sendto(t, "all", 3, 0, (void *)&a, sizeof a));
	get(s);
	R(setsockopt(s, SOL_IP, IP_DROP_MEMBERSHIP, &r, sizeof r));
	R(setsockopt(s, SOL_IP, IP_DROP_MEMBERSHIP, &r, sizeof r));
	R(sendto(t, "all", 3, 0, (void *)&a, sizeof a));
	R(setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &r, 3));
	r.imr_multiaddr.s_addr = htonl(0x01020304);
	R(setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &r, sizeof r));
}

CASE(many)
{
	struct sockaddr_in a;
	int s = bound(&a), t = must(socket(AF_INET, SOCK_DGRAM, 0));
	R(connect(t, (void *)&a, sizeof a));
	struct iovec v[3] = {{"a", 1}, {"bb", 2}, {"ccc", 3}};
	struct mmsghdr m[3] = {0};
	for (int i = 0; i < 3; i++) m[i].msg_hdr.msg_iov = v + i, m[i].msg_hdr.msg_iovlen = 1;
	R(sendmmsg(t, m, 3, 0));
	say("%u %u %u", m[0].msg_len, m[1].msg_len, m[2].msg_len);
	char b[4][8] = {0};
	struct iovec w[4];
	struct mmsghdr r[4] = {0};
	for (int i = 0; i < 4; i++) w[i] = (struct iovec){b[i], 8}, r[i].msg_hdr.msg_iov = w + i, r[i].msg_hdr.msg_iovlen = 1;
	R(recvmmsg(s, r, 4, MSG_WAITFORONE, 0));
	say("%s %s %s", b[0], b[1], b[2]);
	R(recvmmsg(s, r, 4, MSG_DONTWAIT, 0));
	S(sendmmsg, t, BAD, 2, 0);
	// A small buffer drops.
	SET(s, SOL_SOCKET, SO_RCVBUF, 1);
	int n = 0;
	for (int i = 0; i < 100; i++) must(send(t, "x", 1, 0));
	while (recv(s, b, 8, MSG_DONTWAIT) > 0) n++;
	say("%d kept", n);
}

CASE(ping)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ping_group_range", "r");
	long lo = 1, hi = 0;
	if (!f || fscanf(f, "%ld %ld", &lo, &hi) != 2) say("no range");
	int s = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	if (lo > hi) say("closed to all: %s", s < 0 ? ename(errno) : "open");
}

CASE(lite)
{
	// UDP-Lite: the ports are its own, the options those of UDP and two more.
	int a = must(socket(AF_INET, SOCK_DGRAM, 136)), b = must(socket(AF_INET, SOCK_DGRAM, 136));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	R(bind(a, (void *)&at, n));
	must(getsockname(a, (void *)&at, &n));
	int u = must(socket(AF_INET, SOCK_DGRAM, 0));
	R(bind(u, (void *)&at, n));
	char k[16] = {0};
	R(sendto(b, "lite", 4, 0, (void *)&at, n));
	R(sendto(u, "plain", 5, 0, (void *)&at, n));
	R(recv(a, k, sizeof k, 0));
	say("%s", k);
	R(recv(a, k, sizeof k, MSG_DONTWAIT));
	int v = 0;
	n = sizeof v;
	R(getsockopt(a, SOL_SOCKET, SO_PROTOCOL, &v, &n));
	say("%d", v);
	int levels[] = {17, 136}, options[] = {1, 10, 11, 101}, values[] = {0, 3, 9, 70000};
	for (int l = 0; l < 2; l++)
		for (int o = 0; o < 4; o++)
			for (int i = 0; i < 4; i++) {
				int r = setsockopt(a, levels[l], options[o], &values[i], sizeof v), e = errno;
				v = -1;
				getsockopt(a, levels[l], options[o], &v, &n);
				say("level %d option %d = %d: %s, %d", levels[l], options[o], values[i], r ? ename(e) : "ok", v);
				if (l == 1 && i == 1) say("on UDP %s", setsockopt(u, 136, options[o], &values[0], sizeof v) ? ename(errno) : "ok");
			}
	R(socket(AF_INET, SOCK_STREAM, 136));
}

CASE(control6_default)
{
	// -1 leaves the hop limit to the socket, and makes the class 255; less is an error.
	int a = must(socket(AF_INET6, SOCK_DGRAM, 0)), b = must(socket(AF_INET6, SOCK_DGRAM, 0)), on = 1;
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t n = sizeof at;
	must(bind(a, (void *)&at, n));
	must(getsockname(a, (void *)&at, &n));
	must(setsockopt(a, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on));
	must(setsockopt(a, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on));
	int class = 12;
	must(setsockopt(b, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof class));
	int kinds[] = {IPV6_HOPLIMIT, IPV6_TCLASS}, values[] = {-2, -1, 0, 7, 255, 256};
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 6; i++) {
			char c[CMSG_SPACE(4)] __attribute__((aligned(8))) = {0}, got[256], d[4];
			struct iovec v = {"x", 1}, w = {d, 4};
			struct msghdr m = {&at, n, &v, 1, c, sizeof c, 0}, in = {0, 0, &w, 1, got, sizeof got, 0};
			struct cmsghdr *h = CMSG_FIRSTHDR(&m);
			h->cmsg_level = IPPROTO_IPV6, h->cmsg_type = kinds[k], h->cmsg_len = CMSG_LEN(4);
			memcpy(CMSG_DATA(h), &values[i], 4);
			if (sendmsg(b, &m, 0) < 0) { say("%d %d: %s", k, values[i], ename(errno)); continue; }
			must(recvmsg(a, &in, 0));
			for (h = CMSG_FIRSTHDR(&in); h; h = CMSG_NXTHDR(&in, h)) say("%d %d: %d is %d", k, values[i], h->cmsg_type, *(int *)CMSG_DATA(h));
		}
}
