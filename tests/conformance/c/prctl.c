// prctl(2): what programs set of themselves; capabilities and securebits.
#include "p.h"
#include <sys/prctl.h>
#include <linux/capability.h>
#include <linux/securebits.h>

#define P(op, a, b, c, d) ({ errno = 0; long r_ = prctl(op, (long)(a), (long)(b), (long)(c), (long)(d)); presult("prctl(" #op ", " #a ", " #b ", " #c ", " #d ")", r_, 0); })

static void caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	must(RAW(capget, &h, d));
	unsigned long e = d[0].effective | (long)d[1].effective << 32, p = d[0].permitted | (long)d[1].permitted << 32, i = d[0].inheritable | (long)d[1].inheritable << 32;
	say("effective %d%d%d permitted %d%d%d inheritable %d%d%d", !!(e & 1 << CAP_CHOWN), !!(e & 1 << CAP_KILL), !!(e & 1 << CAP_SETUID),
		!!(p & 1 << CAP_CHOWN), !!(p & 1 << CAP_KILL), !!(p & 1 << CAP_SETUID), !!(i & 1 << CAP_CHOWN), !!(i & 1 << CAP_KILL), !!(i & 1 << CAP_SETUID));
}
static void give(int e, int p, int i)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{e, p, i}};
	R(RAW(capset, &h, d));
}
#define CH (1 << CAP_CHOWN)
#define KI (1 << CAP_KILL)
#define SU (1 << CAP_SETUID)
#define SP (1 << CAP_SETPCAP)

CASE(values)
{
	int v = -7;
	P(PR_GET_DUMPABLE, 0, 0, 0, 0);
	P(PR_SET_DUMPABLE, 2, 0, 0, 0);
	P(PR_SET_DUMPABLE, 3, 0, 0, 0);
	P(PR_SET_DUMPABLE, 0, 0, 0, 0);
	child("dumpable is inherited", P(PR_GET_DUMPABLE, 0, 0, 0, 0));
	P(PR_SET_DUMPABLE, 1, 0, 0, 0);
	P(PR_SET_PDEATHSIG, 65, 0, 0, 0);
	P(PR_SET_PDEATHSIG, -1, 0, 0, 0);
	P(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
	P(PR_GET_PDEATHSIG, &v, 0, 0, 0);
	say("%d", v);
	child("not inherited", { prctl(PR_GET_PDEATHSIG, &v); say("%d", v); });
	P(PR_GET_PDEATHSIG, BAD, 0, 0, 0);
	P(PR_SET_KEEPCAPS, 2, 0, 0, 0);
	P(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	P(PR_GET_KEEPCAPS, 0, 0, 0, 0);
	P(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	P(PR_GET_TIMING, 0, 0, 0, 0);
	P(PR_SET_TIMING, 1, 0, 0, 0);
	P(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	P(PR_SET_TIMERSLACK, 777, 0, 0, 0);
	P(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	child("slack is inherited, 0 gives it back", { P(PR_GET_TIMERSLACK, 0, 0, 0, 0); P(PR_SET_TIMERSLACK, 5, 0, 0, 0); P(PR_SET_TIMERSLACK, 0, 0, 0, 0); P(PR_GET_TIMERSLACK, 0, 0, 0, 0); });
	P(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	P(PR_GET_CHILD_SUBREAPER, &v, 0, 0, 0);
	say("%d", v);
	child("subreaper is not inherited", { prctl(PR_GET_CHILD_SUBREAPER, &v); say("%d", v); });
	P(PR_GET_CHILD_SUBREAPER, BAD, 0, 0, 0);
	P(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	P(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	P(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0);
	P(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	P(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	P(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	child("it is inherited", P(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	P(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	P(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	P(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	child("inherited too", P(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	P(PR_GET_THP_DISABLE, 1, 0, 0, 0);
	P(PR_GET_SECCOMP, 0, 0, 0, 0);
	P(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	P(PR_MCE_KILL_GET, 0, 0, 0, 0);
	P(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0);
	P(PR_MCE_KILL_GET, 0, 0, 0, 0);
	P(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0);
	P(PR_MCE_KILL_GET, 0, 0, 0, 0);
	P(PR_MCE_KILL, PR_MCE_KILL_SET, 9, 0, 0);
	P(PR_MCE_KILL, 9, 0, 0, 0);
	P(PR_MCE_KILL_GET, 1, 0, 0, 0);
	P(PR_GET_UNALIGN, &v, 0, 0, 0);
	P(PR_GET_FPEMU, &v, 0, 0, 0);
	P(PR_GET_FPEXC, &v, 0, 0, 0);
	P(PR_GET_ENDIAN, &v, 0, 0, 0);
	P(PR_GET_TSC, &v, 0, 0, 0);
	say("%d", v);
	P(999, 0, 0, 0, 0);
	P(-1, 0, 0, 0, 0);
	char n[16];
	P(PR_SET_NAME, "a-name-that-is-longer", 0, 0, 0);
	P(PR_GET_NAME, n, 0, 0, 0);
	say("%s", n);
	P(PR_SET_NAME, BAD, 0, 0, 0);
	P(PR_GET_NAME, BAD, 0, 0, 0);
	P(PR_SET_NAME, "", 0, 0, 0);
	P(PR_GET_NAME, n, 0, 0, 0);
	say("\"%s\"", n);
}

CASE(mdwe)
{
	char *w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *x = mmap(0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	P(66, 0, 0, 0, 0);
	P(65, 2, 0, 0, 0);
	P(65, 1, 1, 0, 0);
	P(65, 8, 0, 0, 0);
	P(65, 1, 0, 0, 0);
	P(66, 0, 0, 0, 0);
	P(65, 0, 0, 0, 0);
	R(mmap(0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	say("%s", ename(errno));
	R(mprotect(w, PAGE, PROT_READ | PROT_EXEC));
	R(mprotect(x, PAGE, PROT_READ | PROT_WRITE));
	R(mprotect(x, PAGE, PROT_READ | PROT_EXEC));
	child("inherited", P(66, 0, 0, 0, 0));
}

CASE(capset)
{
	if (!is_root()) return;
	caps();
	child("drop and regain", { give(CH, CH | KI | SP, 0); caps(); give(CH | KI, CH | KI, 0); caps(); give(SU, SU, 0); give(CH, 0, 0); caps(); });
	child("inheritable", { give(CH, CH, CH | KI); give(CH | SP, CH | SP, CH | KI); caps(); give(CH, CH, CH | KI); caps(); give(CH, CH, CH | SU); });
	child("set*id", { must(RAW(setresuid, 0, 1000, 0)); caps(); must(RAW(setresuid, -1, 0, -1)); caps(); must(RAW(setresuid, 1000, 1000, 1000)); caps(); R(RAW(setresuid, 0, 0, 0)); });
	child("keepcaps", { prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); must(RAW(setresuid, 1000, 1000, 1000)); caps(); P(PR_GET_KEEPCAPS, 0, 0, 0, 0); give(CH, CH | KI, 0); caps(); });
	child("no setuid fixup", { P(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0); must(RAW(setresuid, 1000, 1000, 1000)); caps(); P(PR_GET_SECUREBITS, 0, 0, 0, 0); });
	child("bits are locked", {
		P(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED, 0, 0, 0);
		P(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		P(PR_SET_SECUREBITS, 0, 0, 0, 0);
		P(PR_SET_SECUREBITS, 1 << 20, 0, 0, 0);
		P(PR_GET_SECUREBITS, 0, 0, 0, 0);
	});
	child("setfsuid", { RAW(setfsuid, 1000); caps(); RAW(setfsuid, 0); caps(); });
	child("bounding", {
		P(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0);
		P(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0);
		P(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0);
		P(PR_CAPBSET_READ, 64, 0, 0, 0);
		P(PR_CAPBSET_DROP, 64, 0, 0, 0);
		caps();
		give(CH | SP | KI, CH | SP | KI, KI);
		give(CH, CH, 0);
		P(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0);
	});
	child("ambient", {
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0);
		give(CH | SP | SU, CH | SP | SU, CH);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 1, 0);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 64, 0, 0);
		P(PR_CAP_AMBIENT, 9, CAP_CHOWN, 0, 0);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_KILL, 0, 0);
		give(SP, SP, CH);
		P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0);
	});
	struct __user_cap_header_struct h = {0x12345678};
	struct __user_cap_data_struct d[2];
	S(capget, &h, 0);
	say("%x", h.version);
	h.version = 0;
	S(capget, &h, d);
	S(capget, BAD, d);
	S(capget, &h, BAD);
	h.pid = -1;
	S(capget, &h, d);
	h.pid = 1 << 22;
	S(capget, &h, d);
	S(capset, &h, d);
	h.pid = 0, h.version = 0;
	S(capset, &h, d);
	S(capset, &h, BAD);
}

CASE(slack_file)
{
	char b[64];
	for (int i = 0; i < 3; i++) {
		R(prctl(PR_SET_TIMERSLACK, (long[]){1, 70000, 0}[i]));
		int fd = must(open("/proc/self/timerslack_ns", O_RDWR)), n = must(read(fd, b, sizeof b));
		say("%.*s", n, b);
		if (i == 1) {
			R(write(fd, "80000", 5));
			R(prctl(PR_GET_TIMERSLACK));
			R(write(fd, "x", 1));
		}
		close(fd);
	}
}
