package keys

import (
	"encoding/binary"
	"fmt"
	"slices"

	"adyton.dev/adyton/core/linux"
)

// RingID is KEYCTL_GET_KEYRING_ID.
func (t *Table) RingID(c *Caller, id int32, make bool) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	fl := lookupFlags(0)
	if make {
		fl = create
	}
	r, e := t.lookup(c, id, fl, Search)
	if e != 0 {
		return 0, e
	}
	return r.serial, 0
}

// Update is KEYCTL_UPDATE.
func (t *Table) Update(c *Caller, id int32, payload []byte) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, 0, Write)
	if e != 0 {
		return e
	}
	_, e = t.update(c, r, payload)
	return e
}

// Revoke is KEYCTL_REVOKE: who may set attributes may too.
func (t *Table) Revoke(c *Caller, id int32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, 0, Write)
	if e == linux.EACCES {
		r, e = t.lookup(c, id, 0, Setattr)
	}
	if e != 0 {
		return e
	}
	r.revoked = true
	t.recharge(r.key, len(r.desc)+1)
	r.payload, r.links, t.loose = nil, nil, true
	return 0
}

// Invalidate is KEYCTL_INVALIDATE: the key is gone from everywhere.
func (t *Table) Invalidate(c *Caller, id int32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, 0, Search)
	if e != 0 {
		return e
	}
	for _, k := range t.keys {
		if i := slices.Index(k.links, r.key); i >= 0 {
			t.unlink(k, i)
		}
	}
	t.drop(r.key)
	return 0
}

// Chown is KEYCTL_CHOWN; -1 leaves what there is.
func (t *Table) Chown(c *Caller, id int32, uid, gid uint32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	const keep = ^uint32(0)
	if uid == keep && gid == keep {
		return 0
	}
	r, e := t.lookup(c, id, create|partial, Setattr)
	if e != 0 {
		return e
	}
	if !c.SysAdmin {
		if uid != keep && uid != r.uid || gid != keep && gid != r.gid && gid != c.GID && !slices.Contains(c.Groups, gid) {
			return linux.EACCES
		}
	}
	if uid != keep && uid != r.uid {
		if e := t.charge(uid, 1, r.bytes); e != 0 {
			return e
		}
		t.charge(r.uid, -1, -r.bytes)
		r.uid = uid
	}
	if gid != keep {
		r.gid = gid
	}
	return 0
}

// SetPerm is KEYCTL_SETPERM.
func (t *Table) SetPerm(c *Caller, id int32, perm uint32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	if perm&^permAll != 0 {
		return linux.EINVAL
	}
	r, e := t.lookup(c, id, create|partial, Setattr)
	if e != 0 {
		return e
	}
	if r.uid != c.UID && !c.SysAdmin {
		return linux.EACCES
	}
	r.perm = perm
	return 0
}

// Describe is KEYCTL_DESCRIBE.
func (t *Table) Describe(c *Caller, id int32) (string, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, partial, View)
	if e != 0 {
		return "", e
	}
	return fmt.Sprintf("%s;%d;%d;%08x;%s\x00", r.typ.name, int32(r.uid), int32(r.gid), r.perm, r.desc), 0
}

// May asks for a permission: KEYCTL_GET_SECURITY.
func (t *Table) May(c *Caller, id int32, need Need) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	_, e := t.lookup(c, id, partial, need)
	return e
}

// Clear is KEYCTL_CLEAR.
func (t *Table) Clear(c *Caller, id int32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, create, Write)
	if e != 0 {
		return e
	}
	if !r.typ.isKeyring {
		return linux.ENOTDIR
	}
	t.recharge(r.key, r.bytes-linkBytes*len(r.links))
	r.links, t.loose = nil, true
	return 0
}

// Link is KEYCTL_LINK.
func (t *Table) Link(c *Caller, id, ringID int32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	ring, e := t.lookup(c, ringID, create, Write)
	if e != 0 {
		return e
	}
	r, e := t.lookup(c, id, create, Link)
	if e != 0 {
		return e
	}
	return t.link(ring.key, r.key)
}

// Unlink is KEYCTL_UNLINK.
func (t *Table) Unlink(c *Caller, id, ringID int32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	ring, e := t.lookup(c, ringID, 0, Write)
	if e != 0 {
		return e
	}
	r, e := t.lookup(c, id, partial, 0)
	if e != 0 {
		return e
	}
	if !ring.typ.isKeyring {
		return linux.ENOTDIR
	}
	i := slices.Index(ring.links, r.key)
	if i < 0 {
		return linux.ENOENT
	}
	t.unlink(ring.key, i)
	return 0
}

// Move is KEYCTL_MOVE.
func (t *Table) Move(c *Caller, id, fromID, toID int32, exclusive bool) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, create, Link)
	if e != 0 {
		return e
	}
	from, e := t.lookup(c, fromID, 0, Write)
	if e != 0 {
		return e
	}
	to, e := t.lookup(c, toID, create, Write)
	if e != 0 {
		return e
	}
	if from.key == to.key {
		return 0
	}
	if !from.typ.isKeyring || !to.typ.isKeyring {
		return linux.ENOTDIR
	}
	i := slices.Index(from.links, r.key)
	switch {
	case i < 0:
		return linux.ENOENT
	case exclusive && to.find(r.typ, r.desc) >= 0:
		return linux.EEXIST
	}
	if e := t.link(to.key, r.key); e != 0 {
		return e
	}
	t.unlink(from.key, i)
	return 0
}

// Search is KEYCTL_SEARCH.
func (t *Table) Search(c *Caller, ringID int32, typeName, desc string, toID int32) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	ring, e := t.lookup(c, ringID, 0, Search)
	if e != 0 {
		return 0, e
	}
	var to ref
	if toID != 0 {
		if to, e = t.lookup(c, toID, create, Write); e != 0 {
			return 0, e
		}
	}
	typ := typeOf(typeName)
	switch {
	case typ == nil:
		return 0, linux.ENOKEY
	case !ring.typ.isKeyring:
		return 0, linux.ENOTDIR
	}
	k, e := t.search(c, ring, 0, func(x *key) bool { return x.typ == typ && x.desc == desc }, true)
	if k == nil {
		if e == linux.EAGAIN {
			e = linux.ENOKEY
		}
		return 0, e
	}
	if toID != 0 {
		if !k.allows(c, ring.possessed, Link) {
			return 0, linux.EACCES
		}
		if e := t.link(to.key, k); e != 0 {
			return 0, e
		}
	}
	return k.serial, 0
}

// Read is KEYCTL_READ: a payload, or the numbers of the keys in a keyring.
func (t *Table) Read(c *Caller, id int32) ([]byte, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, later, 0)
	switch {
	case e != 0:
		return nil, linux.ENOKEY
	case r.failed != 0:
		return nil, r.failed
	case !r.allows(c, r.possessed, Read) && !(r.possessed && r.allows(c, true, Search)):
		return nil, linux.EACCES
	case !r.typ.readable:
		return nil, linux.EOPNOTSUPP
	}
	if e := r.valid(c.NowNs); e != 0 {
		return nil, e
	}
	if !r.typ.isKeyring {
		return slices.Clone(r.payload), 0
	}
	var b []byte
	for _, k := range r.links {
		b = binary.LittleEndian.AppendUint32(b, uint32(k.serial))
	}
	return b, 0
}

// SetDefault is KEYCTL_SET_REQKEY_KEYRING. It gives the one before.
func (t *Table) SetDefault(c *Caller, to int32) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.unlock(c)
	old := c.Rings.Default
	switch to {
	case linux.KEY_REQKEY_DEFL_NO_CHANGE:
		return old, 0
	case linux.KEY_REQKEY_DEFL_THREAD_KEYRING:
		if _, e := t.named(c, linux.KEY_SPEC_THREAD_KEYRING, create); e != 0 {
			return 0, e
		}
	case linux.KEY_REQKEY_DEFL_PROCESS_KEYRING:
		if _, e := t.named(c, linux.KEY_SPEC_PROCESS_KEYRING, create); e != 0 {
			return 0, e
		}
	case linux.KEY_REQKEY_DEFL_DEFAULT, linux.KEY_REQKEY_DEFL_SESSION_KEYRING, linux.KEY_REQKEY_DEFL_USER_KEYRING,
		linux.KEY_REQKEY_DEFL_USER_SESSION_KEYRING:
	default:
		return 0, linux.EINVAL
	}
	c.Rings.Default = to
	return old, 0
}

// SetTimeout is KEYCTL_SET_TIMEOUT, 0 for none.
func (t *Table) SetTimeout(c *Caller, id int32, seconds uint32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, create|partial, Setattr)
	if e != 0 {
		return e
	}
	r.expiryNs = 0
	if seconds > 0 {
		r.expiryNs = c.NowNs + int64(seconds)*1e9
	}
	return 0
}

// Restrict is KEYCTL_RESTRICT_KEYRING without a type: no link is added any
// more. Errors: ENOTDIR, EEXIST.
func (t *Table) Restrict(c *Caller, id int32) linux.Errno {
	t.mu.Lock()
	defer t.unlock(c)
	r, e := t.lookup(c, id, 0, Setattr)
	switch {
	case e != 0:
		return e
	case !r.typ.isKeyring:
		return linux.ENOTDIR
	case r.sealed:
		return linux.EEXIST
	}
	r.sealed = true
	return 0
}
