// add_key(2), request_key(2), keyctl(2).
#include "p.h"
#include <linux/keyctl.h>

#define KEY_POS_ALL 0x3f000000
#define KEY_POS_SETATTR 0x20000000
#define KEY_USR_ALL 0x3f0000
#define KEY_USR_SETATTR 0x200000
#define KEY_OTH_VIEW 1

static const char *kname(int e)
{
	switch (e) {
	case ENOKEY: return "ENOKEY";
	case EKEYEXPIRED: return "EKEYEXPIRED";
	case EKEYREVOKED: return "EKEYREVOKED";
	case EKEYREJECTED: return "EKEYREJECTED";
	case EDQUOT: return "EDQUOT";
	}
	return ename(e);
}
static long shown(const char *what, long r, int plain)
{
	int e = errno;
	if (r == -1) say("%s = -1 %s", what, kname(e));
	else if (plain) say("%s = %ld", what, r);
	else say("%s = ok", what);
	errno = e;
	return r;
}
#define ADD(t, d, p, n, r) ({ errno = 0; shown("add(" #t "," #d "," #p "," #n "," #r ")", syscall(SYS_add_key, t, d, p, n, r), 0); })
#define REQ(t, d, c, r) ({ errno = 0; shown("request(" #t "," #d "," #c "," #r ")", syscall(SYS_request_key, t, d, c, r), 0); })
#define CTL(...) ({ errno = 0; shown("keyctl(" #__VA_ARGS__ ")", RAW(keyctl, __VA_ARGS__), 1); })
#define CTLZ(...) ({ errno = 0; shown("keyctl(" #__VA_ARGS__ ")", RAW(keyctl, __VA_ARGS__), 0); })
#define T KEY_SPEC_THREAD_KEYRING
#define P KEY_SPEC_PROCESS_KEYRING
#define SES KEY_SPEC_SESSION_KEYRING
#define USR KEY_SPEC_USER_KEYRING

static void describe(const char *what, long id)
{
	char b[256] = "";
	long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, b, sizeof b);
	if (n < 0) say("%s: %s", what, kname(errno));
	else say("%s: %ld \"%s\"", what, n, b);
}
static void content(const char *what, long id)
{
	char b[64] = "";
	long n = syscall(SYS_keyctl, KEYCTL_READ, id, b, sizeof b - 1);
	if (n < 0) say("%s: %s", what, kname(errno));
	else say("%s: %ld \"%s\"", what, n, b);
}

// gone: a key that nothing leads to is found until it is collected.
static void gone(long id)
{
	char b[8];
	say("gone %d", syscall(SYS_keyctl, KEYCTL_READ, id, b, sizeof b) == -1 && (errno == ENOKEY || errno == EACCES));
}

CASE(add)
{
	char big[300], *p = BAD;
	memset(big, 'x', sizeof big), big[299] = 0;
	long k = ADD("user", "a", "hello", 5, T);
	content("a", k), describe("a", k);
	say("same %d", ADD("user", "a", "again", 6, T) == k);
	content("a", k);
	ADD("user", "b", "", 0, T);
	ADD("user", "b", 0, 0, T);
	ADD("user", "b", p, 5, T);
	ADD("user", "b", big, 32768, T);
	ADD("user", "b", big, 1 << 20, T);
	ADD("user", "", "x", 1, T);
	ADD("user", 0, "x", 1, T);
	ADD("user", p, "x", 1, T);
	ADD(p, "b", "x", 1, T);
	ADD("", "b", "x", 1, T);
	ADD(".user", "b", "x", 1, T);
	ADD("nothing", "b", "x", 1, T);
	ADD("nothing", "b", "x", 1, 0);
	ADD(big, "b", "x", 1, T);
	ADD("user", "b", "x", 1, 0);
	ADD("user", "b", "x", 1, -6);
	ADD("user", "b", "x", 1, -99);
	ADD("user", "b", "x", 1, 0x7ffffff1);
	ADD("user", "b", "x", 1, k);
	ADD("keyring", "ring", "x", 1, T);
	ADD("keyring", ".ring", 0, 0, T);
	long r = ADD("keyring", "ring", 0, 0, T);
	describe("ring", r);
	ADD("logon", "noprefix", "x", 1, T);
	k = ADD("logon", "my:key", "x", 1, T);
	content("logon", k), describe("logon", k);
	CTL(KEYCTL_UPDATE, k, "yy", 2);
	CTL(KEYCTL_UPDATE, r, "yy", 2);
	CTL(KEYCTL_UPDATE, k, "yy", 5000);
	CTL(KEYCTL_UPDATE, k, BAD, 2);
}

CASE(special)
{
	CTLZ(KEYCTL_GET_KEYRING_ID, T, 0);
	CTLZ(KEYCTL_GET_KEYRING_ID, P, 0);
	long t = CTLZ(KEYCTL_GET_KEYRING_ID, T, 1), p = CTLZ(KEYCTL_GET_KEYRING_ID, P, 1);
	say("different %d, kept %d", t != p, syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, T, 0) == t);
	describe("thread", T), describe("process", P);
	long s = CTLZ(KEYCTL_JOIN_SESSION_KEYRING, 0);
	describe("session", SES);
	say("session %d", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, SES, 0) == s);
	long n = CTLZ(KEYCTL_JOIN_SESSION_KEYRING, "conform");
	describe("named", n);
	CTL(KEYCTL_JOIN_SESSION_KEYRING, ".named");
	CTL(KEYCTL_JOIN_SESSION_KEYRING, BAD);
	CTL(KEYCTL_GET_KEYRING_ID, -6, 0);
	CTL(KEYCTL_GET_KEYRING_ID, -7, 0);
	CTL(KEYCTL_GET_KEYRING_ID, 0, 0);
	child("child", {
		CTL(KEYCTL_GET_KEYRING_ID, T, 0);
		CTL(KEYCTL_GET_KEYRING_ID, P, 0);
		say("session %d", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, SES, 0) == n);
	});
	CTL(1000, 0, 0);
	CTL(KEYCTL_ASSUME_AUTHORITY, 0);
	CTL(KEYCTL_ASSUME_AUTHORITY, 5);
	CTL(KEYCTL_ASSUME_AUTHORITY, -5);
	CTL(KEYCTL_INSTANTIATE, t, "x", 1, 0);
	CTL(KEYCTL_NEGATE, t, 10, 0);
	CTL(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_NO_CHANGE);
	CTL(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_SESSION_KEYRING);
	CTL(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_GROUP_KEYRING);
	CTL(KEYCTL_SET_REQKEY_KEYRING, 77);
	CTL(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_DEFAULT);
}

CASE(links)
{
	long t = CTLZ(KEYCTL_GET_KEYRING_ID, T, 1), k = ADD("user", "k", "v", 1, T), r = ADD("keyring", "r", 0, 0, T), q = ADD("keyring", "q", 0, 0, T);
	int ids[8];
	say("in it %ld", syscall(SYS_keyctl, KEYCTL_READ, t, ids, sizeof ids));
	say("each %d", (ids[0] == k) + (ids[1] == k) + (ids[2] == k) + (ids[0] == q) + (ids[1] == q) + (ids[2] == q));
	say("small %ld", syscall(SYS_keyctl, KEYCTL_READ, t, ids, 4));
	CTL(KEYCTL_LINK, k, r);
	CTL(KEYCTL_LINK, k, r);
	CTL(KEYCTL_LINK, r, q);
	CTL(KEYCTL_LINK, q, r);
	CTL(KEYCTL_LINK, q, q);
	CTL(KEYCTL_LINK, k, k);
	CTL(KEYCTL_UNLINK, k, q);
	CTL(KEYCTL_UNLINK, k, k);
	CTL(KEYCTL_UNLINK, k, t);
	content("still there", k);
	say("found %d", CTLZ(KEYCTL_SEARCH, t, "user", "k", 0) == k);
	CTL(KEYCTL_SEARCH, t, "user", "other", 0);
	CTL(KEYCTL_SEARCH, t, "none", "other", 0);
	CTL(KEYCTL_SEARCH, k, "user", "k", 0);
	CTL(KEYCTL_MOVE, k, r, q, 0);
	CTL(KEYCTL_MOVE, k, r, q, 0);
	CTL(KEYCTL_MOVE, k, q, q, 0);
	CTL(KEYCTL_MOVE, k, q, r, 2);
	long other = ADD("user", "k", "w", 1, r);
	CTL(KEYCTL_MOVE, k, q, r, KEYCTL_MOVE_EXCL);
	CTL(KEYCTL_MOVE, k, q, r, 0);
	gone(other), content("kept", k);
	CTL(KEYCTL_CLEAR, r);
	gone(k);
	CTL(KEYCTL_CLEAR, t);
	k = ADD("user", "k", "v", 1, T);
	CTL(KEYCTL_RESTRICT_KEYRING, t, 0, 0);
	CTL(KEYCTL_RESTRICT_KEYRING, t, 0, 0);
	CTL(KEYCTL_RESTRICT_KEYRING, k, 0, 0);
	ADD("user", "l", "v", 1, T);
}

CASE(ends)
{
	long k = ADD("user", "k", "v", 1, T);
	CTL(KEYCTL_REVOKE, k);
	content("revoked", k), describe("revoked", k);
	REQ("user", "k", 0, 0);
	CTL(KEYCTL_REVOKE, k);
	k = ADD("user", "i", "v", 1, T);
	CTL(KEYCTL_INVALIDATE, k);
	gone(k);
	k = ADD("user", "x", "v", 1, T);
	CTL(KEYCTL_SET_TIMEOUT, k, 1);
	content("in time", k);
	nap_ms(2100);
	content("late", k);
	REQ("user", "x", 0, 0);
	k = ADD("user", "y", "v", 1, T);
	say("found %d", REQ("user", "y", 0, 0) == k);
	say("found %d", REQ("user", "y", 0, P) == k);
	REQ("user", "z", 0, 0);
	REQ("none", "z", 0, 0);
	REQ(".user", "z", 0, 0);
	REQ(BAD, "z", 0, 0);
	REQ("user", BAD, 0, 0);
	REQ("user", "z", BAD, 0);
	REQ("user", "z", 0, 0x7ffffff1);
}

CASE(permissions)
{
	if (!is_root()) return;
	long k = ADD("user", "k", "v", 1, USR);
	describe("fresh", k);
	CTL(KEYCTL_SETPERM, k, -1);
	CTL(KEYCTL_SETPERM, k, KEY_POS_ALL | KEY_USR_ALL | KEY_OTH_VIEW);
	CTL(KEYCTL_CHOWN, k, -1, 100);
	describe("changed", k);
	child("another", {
		drop();
		CTLZ(KEYCTL_JOIN_SESSION_KEYRING, 0);
		describe("seen", k);
		content("seen", k);
		CTL(KEYCTL_SETPERM, k, KEY_POS_ALL);
		CTL(KEYCTL_REVOKE, k);
		CTL(KEYCTL_LINK, k, T);
	});
	CTL(KEYCTL_SETPERM, k, KEY_USR_SETATTR | KEY_POS_SETATTR);
	content("unreadable", k), describe("invisible", k);
	CTL(KEYCTL_UPDATE, k, "x", 1);
	CTL(KEYCTL_UNLINK, k, USR);
}
