// pkey_alloc(2), pkey_free(2), pkey_mprotect(2).
#include "p.h"

static int pkeys(void) { int k = RAW(pkey_alloc, 0, 0); if (k >= 0) RAW(pkey_free, k); return k >= 0; }

CASE(keys)
{
	if (pkeys()) { say("the machine has keys"); return; }
	char *p = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	S(pkey_alloc, 0, 0);
	S(pkey_alloc, 1, 0);
	S(pkey_alloc, 0, 4);
	S(pkey_free, 0);
	S(pkey_free, 1);
	S(pkey_free, -1);
	S(pkey_mprotect, p, PAGE, PROT_READ | PROT_WRITE, -1);
	*p = 1;
	S(pkey_mprotect, p, PAGE, PROT_READ, 0);
	S(pkey_mprotect, p, PAGE, PROT_READ, 1);
	S(pkey_mprotect, p, PAGE, PROT_READ, 99);
	S(pkey_mprotect, p + 1, PAGE, PROT_READ, -1);
}

CASE(range_before_key)
{
	char *m = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	S(pkey_mprotect, m + 1, PAGE, PROT_READ, 99);
	S(pkey_mprotect, m, 0, PROT_READ, 99);
	S(pkey_mprotect, m, -PAGE, PROT_READ, 99);
	S(pkey_mprotect, m, PAGE, PROT_READ, 99);
}
