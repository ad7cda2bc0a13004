// Package keys is the key service: add_key(2), request_key(2), keyctl(2). It
// owns keys, keyrings and the quota that users have of them. Which keyrings a
// task has is told by its caller; nothing here knows tasks or app memory.
//
// Lock order: Table.mu is the only lock.
package keys

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"adyton.dev/adyton/core/linux"
)

// Need is a permission: a bit in each of the four groups of Key.perm.
type Need uint32

// The permissions of include/uapi/linux/keyctl.h's groups.
const (
	View Need = 1 << iota
	Read
	Write
	Search
	Link
	Setattr
	all = View | Read | Write | Search | Link | Setattr
)

// The groups of a key's permissions: who possesses it, its user, its group,
// others.
const (
	possessor = 24
	user      = 16
	group     = 8
	permAll   = uint32(all)<<possessor | uint32(all)<<user | uint32(all)<<group | uint32(all)
)

// key is struct key.
type key struct {
	serial   int32
	typ      *keyType
	desc     string
	uid, gid uint32
	perm     uint32
	payload  []byte
	links    []*key // of a keyring, in order
	bytes    int    // charged
	expiryNs int64  // on the caller's clock, 0 for never
	revoked  bool
	sealed   bool        // a keyring that takes no more links
	failed   linux.Errno // of a key that could not be made
}

// keyType is struct key_type.
type keyType struct {
	name            string
	most            int // bytes of a payload; a keyring has none
	readable        bool
	updatable       bool
	charge          int // bytes of a payload whatever its size, -1 for the size
	wantsPrefix     bool
	isKeyring, none bool
}

var types = map[string]*keyType{
	"keyring": {name: "keyring", isKeyring: true, readable: true},
	"user":    {name: "user", most: 32767, readable: true, updatable: true, charge: -1},
	"logon":   {name: "logon", most: 32767, updatable: true, charge: -1, wantsPrefix: true},
	"big_key": {name: "big_key", most: 1 << 20, readable: true, updatable: true, charge: 16},
}

// Rings are the keyrings that a thread has, by serial number, 0 for none. The
// process's is shared by its threads, and the session's passes to children.
type Rings struct {
	Thread, Session int32
	Process         *int32
	// Default is where request_key puts a new key: KEY_REQKEY_DEFL_*.
	Default int32
}

// Caller is on whose behalf a call runs.
type Caller struct {
	UID, GID uint32
	Groups   []uint32
	SysAdmin bool
	Rings    *Rings
	NowNs    int64
	// Alive calls visit with each keyring that some task has.
	Alive func(visit func(serial int32))
}

// users is struct key_user.
type userKeys struct{ keys, bytes int }

// Limits are those of /proc/sys/kernel/keys.
type Limits struct{ MaxKeys, MaxBytes, RootMaxKeys, RootMaxBytes, GCDelay int }

// Table holds all keys.
type Table struct {
	mu     sync.Mutex
	keys   map[int32]*key
	users  map[uint32]*userKeys
	rings  map[string]*key // those of users, by name
	loose  bool            // a link has gone since the last collection
	Limits Limits
}

// New returns an empty table.
func New() *Table {
	return &Table{keys: map[int32]*key{}, users: map[uint32]*userKeys{}, rings: map[string]*key{},
		Limits: Limits{MaxKeys: 200, MaxBytes: 20000, RootMaxKeys: 1000000, RootMaxBytes: 25000000, GCDelay: 300}}
}

// UsersText is /proc/key-users.
func (t *Table) UsersText(b []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	var uids []uint32
	for uid := range t.users {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	for _, uid := range uids {
		u := t.users[uid]
		mostKeys, mostBytes := t.quota(uid)
		b = fmt.Appendf(b, "%5d: %5d %d/%d %d/%d %d/%d\n", uid, u.keys+1, u.keys, u.keys, u.keys, mostKeys, u.bytes, mostBytes)
	}
	return b
}

// Empty says that there is no key at all.
func (t *Table) Empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.keys) == 0
}

func (t *Table) quota(uid uint32) (keys, bytes int) {
	if uid == 0 {
		return t.Limits.RootMaxKeys, t.Limits.RootMaxBytes
	}
	return t.Limits.MaxKeys, t.Limits.MaxBytes
}

// charge takes so much more of a user's quota. Errors: EDQUOT.
func (t *Table) charge(uid uint32, keys, bytes int) linux.Errno {
	u := t.users[uid]
	if u == nil {
		u = &userKeys{}
		t.users[uid] = u
	}
	mostKeys, mostBytes := t.quota(uid)
	if keys > 0 && u.keys+keys > mostKeys || bytes > 0 && u.bytes+bytes > mostBytes {
		return linux.EDQUOT
	}
	u.keys, u.bytes = u.keys+keys, u.bytes+bytes
	if u.keys == 0 {
		delete(t.users, uid)
	}
	return 0
}

// alloc makes a key: key_alloc. Errors: EDQUOT.
func (t *Table) alloc(typ *keyType, desc string, uid, gid, perm uint32, payload []byte) (*key, linux.Errno) {
	k := &key{typ: typ, desc: desc, uid: uid, gid: gid, perm: perm, payload: payload}
	k.bytes = len(desc) + 1 + typ.size(payload)
	if e := t.charge(uid, 1, k.bytes); e != 0 {
		return nil, e
	}
	for k.serial < 3 || t.keys[k.serial] != nil {
		k.serial = rand.Int32()
	}
	t.keys[k.serial] = k
	return k, 0
}

func (typ *keyType) size(payload []byte) int {
	if typ.charge >= 0 {
		return typ.charge
	}
	return len(payload)
}

// recharge changes what a key is charged. Errors: EDQUOT.
func (t *Table) recharge(k *key, bytes int) linux.Errno {
	if e := t.charge(k.uid, 0, bytes-k.bytes); e != 0 {
		return e
	}
	k.bytes = bytes
	return 0
}

// drop forgets a key.
func (t *Table) drop(k *key) {
	if t.keys[k.serial] != k {
		return
	}
	delete(t.keys, k.serial)
	t.charge(k.uid, -1, -k.bytes)
}

// Collect forgets the keys that nothing leads to any more.
func (t *Table) Collect(alive func(visit func(serial int32))) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.collect(alive)
}

func (t *Table) collect(alive func(visit func(serial int32))) {
	t.loose = false
	seen := make(map[*key]bool, len(t.keys))
	var mark func(*key)
	mark = func(k *key) {
		if k == nil || seen[k] {
			return
		}
		seen[k] = true
		for _, l := range k.links {
			mark(l)
		}
	}
	alive(func(serial int32) { mark(t.keys[serial]) })
	for _, k := range t.rings {
		mark(k)
	}
	for _, k := range t.keys {
		if !seen[k] {
			t.drop(k)
		}
	}
}

// linkBytes is what a link in a keyring is charged: KEYQUOTA_LINK_BYTES.
const linkBytes = 4

// link puts k in a keyring, in place of one with its type and description:
// __key_link. Errors: ENOTDIR, EPERM (sealed), EDQUOT, EKEYREVOKED, EDEADLK.
func (t *Table) link(ring, k *key) linux.Errno {
	if !ring.typ.isKeyring {
		return linux.ENOTDIR
	}
	if ring.revoked {
		return linux.EKEYREVOKED
	}
	if ring.sealed {
		return linux.EPERM
	}
	if k.typ.isKeyring && k.reaches(ring, 0) {
		return linux.EDEADLK
	}
	if i := ring.find(k.typ, k.desc); i >= 0 {
		ring.links[i], t.loose = k, true
		return 0
	}
	if e := t.recharge(ring, ring.bytes+linkBytes); e != 0 {
		return e
	}
	ring.links = append(ring.links, k)
	return 0
}

// maxDepth is how far keyrings are searched: KEYRING_SEARCH_MAX_DEPTH.
const maxDepth = 6

// reaches says whether a keyring is or leads to another.
func (k *key) reaches(to *key, depth int) bool {
	if k == to {
		return true
	}
	for _, l := range k.links {
		if depth < maxDepth && l.typ.isKeyring && l.reaches(to, depth+1) {
			return true
		}
	}
	return false
}

// find gives the place of a key in a keyring, or -1.
func (k *key) find(typ *keyType, desc string) int {
	return slices.IndexFunc(k.links, func(l *key) bool { return l.typ == typ && l.desc == desc })
}

// unlink takes the link at place i out.
func (t *Table) unlink(ring *key, i int) {
	ring.links = slices.Delete(ring.links, i, i+1)
	t.recharge(ring, ring.bytes-linkBytes)
	t.loose = true
}

// valid is key_validate. Errors: EKEYREVOKED, EKEYEXPIRED.
func (k *key) valid(nowNs int64) linux.Errno {
	switch {
	case k.revoked:
		return linux.EKEYREVOKED
	case k.expiryNs != 0 && nowNs >= k.expiryNs:
		return linux.EKEYEXPIRED
	}
	return 0
}

// allows is key_task_permission.
func (k *key) allows(c *Caller, possessed bool, need Need) bool {
	granted := k.perm
	switch {
	case k.uid == c.UID:
		granted >>= user
	case k.perm>>group&uint32(all) != 0 && (k.gid == c.GID || slices.Contains(c.Groups, k.gid)):
		granted >>= group
	}
	if possessed {
		granted |= k.perm >> possessor
	}
	return Need(granted)&need == need
}

// typeOf finds a type.
func typeOf(name string) *keyType { return types[name] }

// CheckType is key_get_type_from_user but for reading it. Errors: EINVAL, EPERM.
func CheckType(name string) linux.Errno {
	switch {
	case name == "" || len(name) >= 32:
		return linux.EINVAL
	case name[0] == '.':
		return linux.EPERM
	}
	return 0
}

// parse is what a type makes of a payload and description. Errors: EINVAL.
func (typ *keyType) parse(desc string, payload []byte) linux.Errno {
	if typ.isKeyring {
		if len(payload) != 0 {
			return linux.EINVAL
		}
		return 0
	}
	if len(payload) == 0 || len(payload) > typ.most {
		return linux.EINVAL
	}
	if typ.wantsPrefix && strings.IndexByte(desc, ':') < 1 {
		return linux.EINVAL
	}
	return 0
}
