// Memory policies, move_pages(2) and migrate_pages(2).
#include "p.h"
#include <linux/mempolicy.h>

CASE(policy)
{
	int mode;
	unsigned long mask[16] = {1}, none[16] = {0}, second[16] = {2}, got[16] = {0};
	char *p = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int modes[] = {MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, 5, 6, 7, -1};
	for (int i = 0; i < 9; i++) {
		errno = 0;
		long a = RAW(set_mempolicy, modes[i], mask, 64);
		int ea = errno;
		errno = 0;
		long b = RAW(set_mempolicy, modes[i], none, 64);
		int eb = errno;
		errno = 0;
		long c = RAW(set_mempolicy, modes[i], 0, 0);
		mode = -7;
		got[0] = 0;
		int ec = errno;
		long d = RAW(get_mempolicy, &mode, got, 1024, 0, 0);
		say("mode %d: %s %s %s, is %d %lx", modes[i], a ? ename(ea) : "ok", b ? ename(eb) : "ok", c ? ename(ec) : "ok", mode, got[0]);
	}
	S(set_mempolicy, MPOL_BIND, mask, 64);
	S(get_mempolicy, &mode, got, 1024, 0, 0);
	say("%d %lx", mode, got[0]);
	S(set_mempolicy, MPOL_BIND, second, 64);
	S(set_mempolicy, MPOL_BIND, BAD, 64);
	S(set_mempolicy, MPOL_BIND | MPOL_F_STATIC_NODES, mask, 64);
	S(get_mempolicy, &mode, 0, 0, 0, 0);
	say("%d", mode);
	child("inherited", { S(get_mempolicy, &mode, 0, 0, 0, 0); say("%d", mode); });
	S(set_mempolicy, MPOL_BIND | MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES, mask, 64);
	S(set_mempolicy, MPOL_DEFAULT, 0, 0);
	S(mbind, p, 4 * PAGE, MPOL_BIND, mask, 64, 0);
	S(mbind, p, 4 * PAGE, MPOL_DEFAULT, 0, 0, 0);
	S(get_mempolicy, &mode, got, 1024, p, MPOL_F_ADDR);
	say("%d %lx", mode, got[0]);
	S(mbind, p + 1, 4 * PAGE, MPOL_BIND, mask, 64, 0);
	S(mbind, BAD, 4 * PAGE, MPOL_BIND, mask, 64, 0);
	S(mbind, p, 4 * PAGE, MPOL_BIND, second, 64, 0);
	S(mbind, p, 4 * PAGE, MPOL_BIND, mask, 64, 99);
	S(mbind, p, 0, MPOL_BIND, mask, 64, 0);
	*p = 1;
	S(get_mempolicy, &mode, 0, 0, p, MPOL_F_NODE | MPOL_F_ADDR);
	say("node %d", mode);
	S(get_mempolicy, &mode, 0, 0, BAD, MPOL_F_NODE | MPOL_F_ADDR);
	S(get_mempolicy, &mode, 0, 0, p, 0);
	S(get_mempolicy, &mode, 0, 0, 0, 99);
}

CASE(move)
{
	char *p = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*p = 1, p[2 * PAGE] = 1;
	void *pages[4] = {p, p + PAGE, p + 2 * PAGE, BAD};
	int status[4] = {9, 9, 9, 9}, nodes[4] = {0, 0, 0, 0}, wrong[4] = {0, 0, 7, 0};
	S(move_pages, 0, 4, pages, 0, status, 0);
	say("%d %d %d %d", status[0], status[1], status[2], status[3]);
	S(move_pages, 0, 3, pages, nodes, status, 2);
	say("%d %d %d", status[0], status[1], status[2]);
	S(move_pages, 0, 3, pages, wrong, status, 2);
	S(move_pages, 0, 3, pages, nodes, status, 99);
	S(move_pages, 1 << 22, 3, pages, nodes, status, 2);
	S(move_pages, 0, 3, BAD, 0, status, 0);
	S(move_pages, 0, 3, pages, 0, BAD, 0);
	S(move_pages, 0, 0, pages, 0, status, 0);
	unsigned long one[16] = {1}, two[16] = {2}, none[16] = {0};
	S(migrate_pages, 0, 64, one, one);
	S(migrate_pages, 0, 64, one, two);
	S(migrate_pages, 0, 64, one, none);
	S(migrate_pages, 1 << 22, 64, one, one);
	S(migrate_pages, 0, 64, BAD, one);
	child("another's", { drop(); S(migrate_pages, getppid(), 64, one, one); S(move_pages, getppid(), 1, pages, 0, status, 0); });
}

CASE(home_node)
{
	char *p = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	S(set_mempolicy_home_node, p, PAGE, 0, 0);
	S(set_mempolicy_home_node, p, 0, 0, 0);
	S(set_mempolicy_home_node, p + 1, PAGE, 0, 0);
	S(set_mempolicy_home_node, p, PAGE, 0, 1);
	S(set_mempolicy_home_node, p, PAGE, 5000, 0);
	S(set_mempolicy_home_node, p, -PAGE, 0, 0);
}
