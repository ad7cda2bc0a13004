package keys

import (
	"testing"

	"adyton.dev/adyton/core/linux"
)

// caller is a task alone.
func caller(uid uint32) *Caller {
	c := &Caller{UID: uid, GID: uid, Rings: &Rings{Process: new(int32)}, NowNs: 1}
	c.Alive = func(visit func(int32)) { visit(c.Rings.Thread); visit(c.Rings.Session); visit(*c.Rings.Process) }
	return c
}

func TestQuotaIsGivenBack(t *testing.T) {
	k, c := New(), caller(5)
	k.Limits.MaxKeys, k.Limits.MaxBytes = 4, 50
	add := func(desc string, n int) linux.Errno {
		_, e := k.Add(c, "user", desc, make([]byte, n), linux.KEY_SPEC_THREAD_KEYRING)
		return e
	}
	for i, step := range []struct {
		desc string
		n    int
		want linux.Errno
	}{{"a", 10, 0}, {"b", 30, linux.EDQUOT}, {"b", 5, 0}, {"a", 20, 0}, {"a", 40, linux.EDQUOT}} {
		if e := add(step.desc, step.n); e != step.want {
			t.Fatalf("step %d: add(%s, %d bytes) = %v, want %v", i, step.desc, step.n, e, step.want)
		}
	}
	if e := k.Clear(c, linux.KEY_SPEC_THREAD_KEYRING); e != 0 {
		t.Fatalf("clear = %v", e)
	}
	if u := *k.users[5]; u.keys != 1 || u.bytes != len("_tid")+1 {
		t.Errorf("after clear the user has %+v, want the thread keyring alone", u)
	}
	c.Rings.Thread = 0
	k.Collect(c.Alive)
	if len(k.users) != 0 || !k.Empty() {
		t.Errorf("users %v and %d keys are left, want none", k.users, len(k.keys))
	}
}

func TestRequestLeavesANegativeKey(t *testing.T) {
	k, c := New(), caller(5)
	for range 2 {
		if _, e := k.Request(c, "user", "x", true, linux.KEY_SPEC_PROCESS_KEYRING); e != linux.ENOKEY {
			t.Fatalf("request = %v, want ENOKEY", e)
		}
	}
	b, e := k.Read(c, linux.KEY_SPEC_PROCESS_KEYRING)
	if e != 0 || len(b) != 4 {
		t.Errorf("the keyring holds %d bytes, %v, want one key", len(b), e)
	}
}

func TestKeyringCyclesAreRefused(t *testing.T) {
	k, c := New(), caller(0)
	a, _ := k.Add(c, "keyring", "a", nil, linux.KEY_SPEC_THREAD_KEYRING)
	b, _ := k.Add(c, "keyring", "b", nil, a)
	if e := k.Link(c, a, b); e != linux.EDEADLK {
		t.Errorf("link = %v, want EDEADLK", e)
	}
}
