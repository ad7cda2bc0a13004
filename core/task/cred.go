package task

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
)

// Cred are a thread's credentials. They are never changed in place: a change
// makes a copy, so that a call under way keeps what it began with.
type Cred struct {
	UID, EUID, SUID, FSUID uint32
	GID, EGID, SGID, FSGID uint32
	Groups                 []uint32

	Permitted, Effective, Inheritable, Bounding, Ambient uint64
	// Securebits is PR_SET_SECUREBITS; KeepCaps is in it.
	Securebits uint32
}

// AllCaps are the capabilities that Linux has now.
const AllCaps = 1<<(linux.CAP_LAST_CAP+1) - 1

// NewCred gives credentials of a plain login: root has all capabilities.
func NewCred(uid, gid uint32, groups []uint32) *Cred {
	c := &Cred{UID: uid, EUID: uid, SUID: uid, FSUID: uid, GID: gid, EGID: gid, SGID: gid, FSGID: gid,
		Groups: groups, Bounding: AllCaps}
	if uid == 0 {
		c.Permitted, c.Effective = AllCaps, AllCaps
	}
	return c
}

// Has reports an effective capability.
func (c *Cred) Has(capability int) bool { return c.Effective>>capability&1 != 0 }

// Key names the credentials: equal keys may do the same.
func (c *Cred) Key() string { return fmt.Sprintf("%+v", *c) }

// Clone makes a copy to change.
func (c *Cred) Clone() *Cred {
	n := *c
	return &n
}

// InGroup reports whether gid is the fs group or a supplementary one.
func (c *Cred) InGroup(gid uint32) bool {
	if c.FSGID == gid {
		return true
	}
	for _, g := range c.Groups {
		if g == gid {
			return true
		}
	}
	return false
}

// MayKill reports whether c may signal t: kill(2), kill_ok_by_cred.
func (c *Cred) MayKill(t *Cred) bool {
	return c.EUID == t.SUID || c.EUID == t.UID || c.UID == t.SUID || c.UID == t.UID || c.Has(linux.CAP_KILL)
}
