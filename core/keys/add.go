package keys

import (
	"strings"

	"adyton.dev/adyton/core/linux"
)

// unlock ends a call. When a link has gone, what nothing leads to any more is
// forgotten.
func (t *Table) unlock(c *Caller) {
	if t.loose {
		t.collect(c.Alive)
	}
	t.mu.Unlock()
}

// Add is add_key. Errors: those of lookup, EPERM (a name of the kernel's),
// ENODEV (type), ENOTDIR, EINVAL, EDQUOT.
func (t *Table) Add(c *Caller, typeName, desc string, payload []byte, ringID int32) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	ring, e := t.lookup(c, ringID, create, Write)
	if e != 0 {
		return 0, e
	}
	typ := typeOf(typeName)
	if typ == nil {
		return 0, linux.ENODEV
	}
	if !ring.typ.isKeyring {
		return 0, linux.ENOTDIR
	}
	if e := typ.parse(desc, payload); e != 0 {
		return 0, e
	}
	if desc == "" {
		return 0, linux.EINVAL
	}
	if ring.sealed {
		return 0, linux.EPERM
	}
	if typ.updatable {
		if i := ring.find(typ, desc); i >= 0 && !ring.links[i].revoked {
			return t.update(c, ref{ring.links[i], ring.possessed}, payload)
		}
	}
	perm := uint32(View|Search|Link|Setattr)<<possessor | uint32(View)<<user
	if typ.readable {
		perm |= uint32(Read) << possessor
	}
	if typ.isKeyring || typ.updatable {
		perm |= uint32(Write) << possessor
	}
	k, e := t.alloc(typ, desc, c.UID, c.GID, perm, payload)
	if e != 0 {
		return 0, e
	}
	if e := t.link(ring.key, k); e != 0 {
		t.drop(k)
		return 0, e
	}
	return k.serial, 0
}

// update is __key_update and key_update. Errors: EACCES, EOPNOTSUPP, EINVAL,
// EDQUOT.
func (t *Table) update(c *Caller, r ref, payload []byte) (int32, linux.Errno) {
	if !r.allows(c, r.possessed, Write) {
		return 0, linux.EACCES
	}
	if !r.typ.updatable {
		return 0, linux.EOPNOTSUPP
	}
	if e := r.typ.parse(r.desc, payload); e != 0 {
		return 0, e
	}
	if e := t.recharge(r.key, len(r.desc)+1+r.typ.size(payload)); e != 0 {
		return 0, e
	}
	r.payload, r.failed, r.expiryNs = payload, 0, 0
	return r.serial, 0
}

// negativeNs is how long a key that could not be made is remembered:
// key_negative_timeout.
const negativeNs = 60e9

// Request is request_key. There is no program that makes keys on demand, so
// that with callout information a key comes to be that could not be made.
// Errors: those of lookup, ENOKEY, EKEYREVOKED, EKEYEXPIRED, EACCES.
func (t *Table) Request(c *Caller, typeName, desc string, callout bool, ringID int32) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	var ring ref
	var e linux.Errno
	if ringID != 0 {
		if ring, e = t.lookup(c, ringID, create, Write); e != 0 {
			return 0, e
		}
	}
	typ := typeOf(typeName)
	if typ == nil {
		return 0, linux.ENOKEY
	}
	// search_cred_keyrings: one keyring that has no such key outweighs another
	// that has a bad one.
	bad, missing, negative := linux.EAGAIN, false, false
	for _, r := range t.roots(c) {
		k, e := t.search(c, ref{r, true}, 0, func(x *key) bool { return x.typ == typ && x.desc == desc }, true)
		if k != nil {
			if ringID != 0 {
				if e := t.link(ring.key, k); e != 0 {
					return 0, e
				}
			}
			return k.serial, 0
		}
		if e == linux.EAGAIN {
			missing = true
		} else {
			bad = e
		}
		negative = negative || e == linux.ENOKEY
	}
	switch {
	case negative, missing && !callout:
		return 0, linux.ENOKEY
	case !missing:
		return 0, bad
	}
	if typ.isKeyring {
		return 0, linux.EPERM
	}
	if ringID == 0 {
		if ring, e = t.defaultRing(c); e != 0 {
			return 0, e
		}
	}
	k, e := t.alloc(typ, desc, c.UID, c.GID, uint32(View|Search|Link|Setattr|Read|Write)<<possessor|uint32(View)<<user, nil)
	if e != 0 {
		return 0, e
	}
	k.failed, k.expiryNs = linux.ENOKEY, c.NowNs+negativeNs
	if e := t.link(ring.key, k); e != 0 {
		t.drop(k)
		return 0, e
	}
	return 0, linux.ENOKEY
}

// defaultRing is construct_get_dest_keyring. Errors: EACCES.
func (t *Table) defaultRing(c *Caller) (ref, linux.Errno) {
	pick := func(serial int32) *key { return t.keys[serial] }
	thread, process, session := pick(c.Rings.Thread), pick(*c.Rings.Process), pick(c.Rings.Session)
	var order []*key
	switch c.Rings.Default {
	case linux.KEY_REQKEY_DEFL_USER_KEYRING:
	case linux.KEY_REQKEY_DEFL_USER_SESSION_KEYRING:
	case linux.KEY_REQKEY_DEFL_SESSION_KEYRING:
		order = []*key{session}
	case linux.KEY_REQKEY_DEFL_PROCESS_KEYRING:
		order = []*key{process, session}
	default:
		order = []*key{thread, process, session}
	}
	for _, k := range order {
		if k != nil {
			if !k.allows(c, true, Write) {
				return ref{}, linux.EACCES
			}
			return ref{k, true}, 0
		}
	}
	k, e := t.userRing(c, c.Rings.Default != linux.KEY_REQKEY_DEFL_USER_KEYRING)
	return ref{k, true}, e
}

// Join is KEYCTL_JOIN_SESSION_KEYRING: a new session keyring, or the one of a
// name. Errors: EPERM (a name of the kernel's), EDQUOT.
func (t *Table) Join(c *Caller, name string, named bool) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	if strings.HasPrefix(name, ".") {
		return 0, linux.EPERM
	}
	perm := namedPerm
	if !named {
		name, perm = "_ses", sessionPerm
	} else {
		for _, k := range t.keys {
			if k.typ.isKeyring && k.desc == name && k.valid(c.NowNs) == 0 && k.allows(c, false, Search) && t.rings[name] != k {
				c.Rings.Session, t.loose = k.serial, true
				return k.serial, 0
			}
		}
	}
	k, e := t.alloc(types["keyring"], name, c.UID, c.GID, perm, nil)
	if e != 0 {
		return 0, e
	}
	c.Rings.Session, t.loose = k.serial, true
	return k.serial, 0
}
