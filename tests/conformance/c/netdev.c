// The loopback device by ioctl, netlink and the C library. Other devices, which
// the native side may have, are left out.
#include "p.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <ifaddrs.h>
#include <netdb.h>

CASE(ioctls)
{
	int s = must(socket(AF_INET, SOCK_DGRAM, 0));
	struct ifreq r = {0};
	static struct { const char *name; unsigned cmd; } c[] = {{"flags", SIOCGIFFLAGS}, {"mtu", SIOCGIFMTU}, {"index", SIOCGIFINDEX},
		{"metric", SIOCGIFMETRIC}, {"txqlen", SIOCGIFTXQLEN}, {"hardware", SIOCGIFHWADDR}};
	for (int i = 0; i < 6; i++) {
		memset(&r, 0, sizeof r);
		strcpy(r.ifr_name, "lo");
		int n = ioctl(s, c[i].cmd, &r);
		say("%s: %d, %d", c[i].name, n, i == 0 || i == 5 ? (unsigned short)r.ifr_flags : r.ifr_ifindex);
	}
	static unsigned a[] = {SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCGIFDSTADDR};
	for (int i = 0; i < 4; i++) {
		memset(&r, 0, sizeof r);
		strcpy(r.ifr_name, "lo");
		int n = ioctl(s, a[i], &r);
		say("address %d: %d %s", i, n, inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
	}
	memset(&r, 0, sizeof r);
	r.ifr_ifindex = 1;
	R(ioctl(s, SIOCGIFNAME, &r));
	say("%s", r.ifr_name);
	strcpy(r.ifr_name, "nosuch0");
	R(ioctl(s, SIOCGIFFLAGS, &r));
	R(ioctl(s, SIOCGIFADDR, &r));
	r.ifr_ifindex = 7777;
	R(ioctl(s, SIOCGIFNAME, &r));
	char buf[4096];
	struct ifconf f = {.ifc_len = sizeof buf, .ifc_buf = buf};
	R(ioctl(s, SIOCGIFCONF, &f));
	for (int i = 0; i < f.ifc_len / (int)sizeof r; i++)
		if (!strcmp(f.ifc_req[i].ifr_name, "lo")) say("lo %s", inet_ntoa(((struct sockaddr_in *)&f.ifc_req[i].ifr_addr)->sin_addr));
	f.ifc_len = 39;
	R(ioctl(s, SIOCGIFCONF, &f));
	say("room for none: %d", f.ifc_len);
	f = (struct ifconf){0};
	R(ioctl(s, SIOCGIFCONF, &f));
	say("length alone: %d", f.ifc_len >= 40 && f.ifc_len % 40 == 0);
	S(ioctl, s, SIOCGIFCONF, BAD);
	S(ioctl, s, SIOCGIFFLAGS, BAD);
	f = (struct ifconf){.ifc_len = 4000, .ifc_buf = BAD};
	R(ioctl(s, SIOCGIFCONF, &f));
	int u = must(socket(AF_UNIX, SOCK_STREAM, 0));
	strcpy(r.ifr_name, "lo");
	R(ioctl(u, SIOCGIFINDEX, &r));
	R(ioctl(s, 0x1234, &r));
}

CASE(library)
{
	char n[IF_NAMESIZE];
	R(if_nametoindex("lo"));
	R(if_nametoindex("nosuch0"));
	say("%s", if_indextoname(1, n));
	struct if_nameindex *x = if_nameindex();
	for (int i = 0; x && x[i].if_name; i++)
		if (!strcmp(x[i].if_name, "lo")) say("lo %u", x[i].if_index);
	struct ifaddrs *a, *p;
	R(getifaddrs(&a));
	for (p = a; p; p = p->ifa_next) {
		if (strcmp(p->ifa_name, "lo") || !p->ifa_addr) continue;
		char t[64] = "", m[64] = "";
		if (p->ifa_addr->sa_family == AF_INET) {
			inet_ntop(AF_INET, &((struct sockaddr_in *)p->ifa_addr)->sin_addr, t, 64);
			inet_ntop(AF_INET, &((struct sockaddr_in *)p->ifa_netmask)->sin_addr, m, 64);
		} else if (p->ifa_addr->sa_family == AF_INET6) {
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)p->ifa_addr)->sin6_addr, t, 64);
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)p->ifa_netmask)->sin6_addr, m, 64);
		}
		say("family %d flags %#x %s %s", p->ifa_addr->sa_family, p->ifa_flags, t, m);
	}
	struct addrinfo h = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *r;
	R(getaddrinfo("127.0.0.1", "80", &h, &r));
	say("%s", inet_ntoa(((struct sockaddr_in *)r->ai_addr)->sin_addr));
}

static void show_attrs(struct rtattr *a, int n)
{
	for (; RTA_OK(a, n); a = RTA_NEXT(a, n)) {
		unsigned char *d = RTA_DATA(a);
		int l = RTA_PAYLOAD(a);
		if (l == 4) say("  attribute %d: %u", a->rta_type, *(unsigned *)d);
		else if (l < 16 && l > 0 && d[l - 1] == 0 && d[0] > 32) say("  attribute %d: %s", a->rta_type, d);
		else if (l == 1) say("  attribute %d: %d", a->rta_type, *d);
		else say("  attribute %d of %d", a->rta_type, l);
	}
}
// ask sends one request and shows what comes of "lo".
static void ask(int s, int type, int flags, void *body, int n)
{
	struct { struct nlmsghdr h; char b[256]; } q = {{NLMSG_LENGTH(n), type, NLM_F_REQUEST | flags, 77, 0}};
	memcpy(q.b, body, n);
	long r = send(s, &q, q.h.nlmsg_len, 0);
	say("request %d flags %#x: %s", type, flags, r < 0 ? ename(errno) : "sent");
	static char buf[65536] __attribute__((aligned(8)));
	for (int end = 0; !end;) {
		struct sockaddr_nl from;
		socklen_t l = sizeof from;
		ssize_t got = recvfrom(s, buf, sizeof buf, MSG_DONTWAIT, (void *)&from, &l);
		if (got < 0) { say("nothing more: %s", ename(errno)); return; }
		if (from.nl_pid || from.nl_family != AF_NETLINK || l != sizeof from) say("from %d", from.nl_pid);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
			if (h->nlmsg_seq != 77) say("sequence %u", h->nlmsg_seq);
			if (h->nlmsg_type == NLMSG_DONE) { say("done"); end = 1; }
			else if (h->nlmsg_type == NLMSG_ERROR) { struct nlmsgerr *e = NLMSG_DATA(h); say("error %d of type %d", e->error, e->msg.nlmsg_type); end = 1; }
			else if (h->nlmsg_type == RTM_NEWADDR) {
				struct ifaddrmsg *m = NLMSG_DATA(h);
				if (m->ifa_index != 1) continue;
				say("address family %d /%d flags %#x scope %d multi %d", m->ifa_family, m->ifa_prefixlen, m->ifa_flags, m->ifa_scope, h->nlmsg_flags & NLM_F_MULTI);
				show_attrs(IFA_RTA(m), IFA_PAYLOAD(h));
			} else if (h->nlmsg_type == RTM_NEWLINK) {
				struct ifinfomsg *m = NLMSG_DATA(h);
				if (!(flags & NLM_F_DUMP)) end = 1;
				if (m->ifi_index != 1) continue;
				say("link family %d type %d flags %#x multi %d", m->ifi_family, m->ifi_type, m->ifi_flags, h->nlmsg_flags & NLM_F_MULTI);
				struct rtattr *a = IFLA_RTA(m);
				int n = IFLA_PAYLOAD(h), want[] = {IFLA_IFNAME, IFLA_TXQLEN, IFLA_OPERSTATE, IFLA_LINKMODE, IFLA_MTU, IFLA_GROUP, IFLA_CARRIER,
					IFLA_QDISC, IFLA_ADDRESS, IFLA_BROADCAST, IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_PROMISCUITY};
				for (; RTA_OK(a, n); a = RTA_NEXT(a, n))
					for (int i = 0; i < 13; i++)
						if (want[i] == a->rta_type) {
							if (RTA_PAYLOAD(a) == 4) say("  attribute %d: %u", a->rta_type, *(unsigned *)RTA_DATA(a));
							else if (a->rta_type == IFLA_IFNAME || a->rta_type == IFLA_QDISC) say("  attribute %d: %s", a->rta_type, (char *)RTA_DATA(a));
							else say("  attribute %d of %d", a->rta_type, (int)RTA_PAYLOAD(a));
						}
			}
		}
	}
}

CASE(netlink)
{
	int s = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	struct sockaddr_nl a = {AF_NETLINK}, b;
	socklen_t l = sizeof b;
	R(bind(s, (void *)&a, sizeof a));
	R(getsockname(s, (void *)&b, &l));
	say("pid is ours %d length %d", b.nl_pid == (unsigned)getpid(), l);
	int t = must(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE));
	R(bind(t, (void *)&a, sizeof a));
	R(getsockname(t, (void *)&b, &l));
	say("the second's is another %d", b.nl_pid != (unsigned)getpid() && b.nl_pid != 0);
	a.nl_pid = getpid();
	R(bind(t, (void *)&a, sizeof a));
	R(bind(must(socket(AF_NETLINK, SOCK_RAW, 0)), (void *)&a, sizeof a));
	R(bind(t, (void *)&a, 4));
	struct rtgenmsg g = {AF_UNSPEC};
	struct ifinfomsg i = {AF_UNSPEC};
	ask(s, RTM_GETLINK, NLM_F_DUMP, &i, sizeof i);
	struct ifaddrmsg m = {AF_INET};
	ask(s, RTM_GETADDR, NLM_F_DUMP, &m, sizeof m);
	m.ifa_family = AF_INET6;
	ask(s, RTM_GETADDR, NLM_F_DUMP, &m, sizeof m);
	ask(s, RTM_GETLINK, NLM_F_DUMP, &g, sizeof g);
	i.ifi_index = 1;
	ask(s, RTM_GETLINK, 0, &i, sizeof i);
	i.ifi_index = 7777;
	ask(s, RTM_GETLINK, 0, &i, sizeof i);
	i.ifi_index = 1;
	ask(s, RTM_GETLINK, NLM_F_ACK, &i, sizeof i);
	char c;
	R(recv(s, &c, 1, MSG_DONTWAIT | MSG_TRUNC) > 1);
	ask(s, 15, NLM_F_ACK, &i, sizeof i);
	ask(s, 9999, NLM_F_ACK, &i, sizeof i);
	R(send(s, "xx", 2, 0));
	R(recv(s, &c, 1, MSG_DONTWAIT));
	R(getpeername(s, (void *)&b, &l));
	say("%d", b.nl_pid);
	R(listen(s, 1));
	R(accept(s, 0, 0));
	R(shutdown(s, SHUT_RDWR));
	R(socket(AF_NETLINK, SOCK_STREAM, 0));
	R(socket(AF_NETLINK, SOCK_RAW, 77));
	R(socket(AF_NETLINK, SOCK_RAW, -1));
	int v = -1;
	l = sizeof v;
	R(getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &v, &l));
	R(getsockopt(s, SOL_SOCKET, SO_DOMAIN, &v, &l));
	say("%d", v);
	R(setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &(int){1}, 4));
	R(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){1}, 4));
	R(setsockopt(s, SOL_NETLINK, 99, &(int){1}, 4));
	drop();
	i = (struct ifinfomsg){.ifi_index = 1};
	ask(s, RTM_NEWLINK, NLM_F_ACK, &i, sizeof i);
	R(socketpair(AF_NETLINK, SOCK_RAW, 0, (int[2]){0}));
}
