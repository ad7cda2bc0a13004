package keys

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
)

// How a lookup goes about keys that are not as they should be.
type lookupFlags uint8

const (
	create  lookupFlags = 1 << iota // a special keyring is made when there is none
	partial                         // a key that could not be made is found too
	later                           // the permission is looked at later
)

// ref is a key, and whether the caller possesses it.
type ref struct {
	*key
	possessed bool
}

// The permissions of the keyrings that the kernel makes.
const (
	ringPerm    = uint32(all)<<possessor | uint32(View)<<user
	sessionPerm = ringPerm | uint32(Read)<<user
	namedPerm   = sessionPerm | uint32(Link)<<user
	userPerm    = uint32(all&^Setattr)<<possessor | uint32(all)<<user
)

// lookup is lookup_user_key: a serial number, or KEY_SPEC_*. Errors: EINVAL,
// ENOKEY, EKEYREVOKED, EKEYEXPIRED, EACCES, EDQUOT.
func (t *Table) lookup(c *Caller, id int32, fl lookupFlags, need Need) (ref, linux.Errno) {
	k, e := t.named(c, id, fl)
	if e != 0 {
		return ref{}, e
	}
	r := ref{k, true}
	if id > 0 {
		r.possessed = t.possesses(c, k)
	}
	if fl&partial == 0 && k.failed != 0 && fl&later == 0 {
		return ref{}, k.failed
	}
	if e := k.valid(c.NowNs); e != 0 && fl&later == 0 {
		return ref{}, e
	}
	if fl&later == 0 && !k.allows(c, r.possessed, need) {
		return ref{}, linux.EACCES
	}
	return r, 0
}

// named finds the key of a number without looking at it.
func (t *Table) named(c *Caller, id int32, fl lookupFlags) (*key, linux.Errno) {
	switch id {
	case linux.KEY_SPEC_THREAD_KEYRING:
		return t.special(c, &c.Rings.Thread, "_tid", ringPerm, fl)
	case linux.KEY_SPEC_PROCESS_KEYRING:
		return t.special(c, c.Rings.Process, "_pid", ringPerm, fl)
	case linux.KEY_SPEC_SESSION_KEYRING:
		if k := t.keys[c.Rings.Session]; k != nil {
			return k, 0
		}
		if fl&create != 0 {
			return t.special(c, &c.Rings.Session, "_ses", sessionPerm, fl)
		}
		k, e := t.userRing(c, true)
		if e == 0 {
			c.Rings.Session = k.serial
		}
		return k, e
	case linux.KEY_SPEC_USER_KEYRING:
		return t.userRing(c, false)
	case linux.KEY_SPEC_USER_SESSION_KEYRING:
		return t.userRing(c, true)
	case linux.KEY_SPEC_REQKEY_AUTH_KEY, linux.KEY_SPEC_REQUESTOR_KEYRING:
		return nil, linux.ENOKEY // nobody instantiates keys for another
	}
	if id < 1 {
		return nil, linux.EINVAL
	}
	if k := t.keys[id]; k != nil {
		return k, 0
	}
	return nil, linux.ENOKEY
}

// special gives the keyring that slot names.
func (t *Table) special(c *Caller, slot *int32, name string, perm uint32, fl lookupFlags) (*key, linux.Errno) {
	if k := t.keys[*slot]; k != nil {
		return k, 0
	}
	if fl&create == 0 {
		return nil, linux.ENOKEY
	}
	k, e := t.alloc(types["keyring"], name, c.UID, c.GID, perm, nil)
	if e == 0 {
		*slot = k.serial
	}
	return k, e
}

// userRing gives a keyring that all processes of a user share: look_up_user_
// keyrings. The user's session keyring holds the user's.
func (t *Table) userRing(c *Caller, session bool) (*key, linux.Errno) {
	name := fmt.Sprintf("_uid.%d", c.UID)
	if session {
		name = fmt.Sprintf("_uid_ses.%d", c.UID)
	}
	if k := t.rings[name]; k != nil && t.keys[k.serial] == k {
		return k, 0
	}
	k, e := t.alloc(types["keyring"], name, c.UID, ^uint32(0), userPerm, nil)
	if e != 0 {
		return nil, e
	}
	k.gid = 65534
	t.rings[name] = k
	if session {
		u, e := t.userRing(c, false)
		if e != 0 {
			return nil, e
		}
		t.link(k, u)
	}
	return k, 0
}

// roots are the keyrings that searches begin with.
func (t *Table) roots(c *Caller) []*key {
	var out []*key
	for _, serial := range []int32{c.Rings.Thread, *c.Rings.Process, c.Rings.Session} {
		if k := t.keys[serial]; k != nil {
			out = append(out, k)
		}
	}
	if t.keys[c.Rings.Session] == nil {
		if k, e := t.userRing(c, true); e == 0 {
			out = append(out, k)
		}
	}
	return out
}

// possesses says whether a search from the caller's keyrings finds k.
func (t *Table) possesses(c *Caller, k *key) bool {
	for _, r := range t.roots(c) {
		if r == k && k.allows(c, true, Search) {
			return true
		}
		if found, _ := t.search(c, ref{r, true}, 0, func(x *key) bool { return x == k }, false); found != nil {
			return true
		}
	}
	return false
}

// search is keyring_search_rcu: what lies in the keyring first, then what lies
// deeper. With strict, keys that are not good give their error: the worst that
// was met, or EAGAIN when there was none, ENOKEY for one that could not be made.
func (t *Table) search(c *Caller, ring ref, depth int, match func(*key) bool, strict bool) (*key, linux.Errno) {
	bad := linux.EAGAIN
	if !ring.typ.isKeyring || !ring.allows(c, ring.possessed, Search) || strict && ring.valid(c.NowNs) != 0 {
		return nil, bad
	}
	for _, k := range ring.links {
		if !match(k) {
			continue
		}
		if strict {
			if e := k.valid(c.NowNs); e != 0 {
				bad = e
				continue
			}
		}
		if !k.allows(c, ring.possessed, Search) {
			if strict {
				bad = linux.EACCES
			}
			continue
		}
		if strict && k.failed != 0 {
			return nil, k.failed
		}
		return k, 0
	}
	for _, k := range ring.links {
		if k.typ.isKeyring && depth < maxDepth {
			found, e := t.search(c, ref{k, ring.possessed}, depth+1, match, strict)
			if found != nil {
				return found, 0
			}
			if e != linux.EAGAIN {
				bad = e
			}
		}
	}
	return nil, bad
}
