package syscalls

import (
	"encoding/binary"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
)

var credRows = []Row{
	{"setuid", Core, args(id("uid")), sysSetuid},
	{"setgid", Core, args(id("gid")), sysSetgid},
	{"setreuid", Core, args(id("ruid"), id("euid")), sysSetreuid},
	{"setregid", Core, args(id("rgid"), id("egid")), sysSetregid},
	{"setresuid", Core, args(id("ruid"), id("euid"), id("suid")), sysSetresuid},
	{"setresgid", Core, args(id("rgid"), id("egid"), id("sgid")), sysSetresgid},
	{"getresuid", Core, args(kind("ruid", strace.IntOut), kind("euid", strace.IntOut), kind("suid", strace.IntOut)), sysGetresuid},
	{"getresgid", Core, args(kind("rgid", strace.IntOut), kind("egid", strace.IntOut), kind("sgid", strace.IntOut)), sysGetresgid},
	{"setfsuid", Core, args(id("fsuid")), sysSetfsuid},
	{"setfsgid", Core, args(id("fsgid")), sysSetfsgid},
	{"getgroups", Core, args(integer("size"), ptr("list")), sysGetgroups},
	{"setgroups", Core, args(integer("size"), ptr("list")), sysSetgroups},
}

// id is an argument that holds a user or group id; -1 leaves it as it is.
func id(name string) strace.Arg { return integer(name) }

// none is the id that stands for no change, or no user.
const none = ^uint32(0)

// ids changes the real, effective and saved one of user or group ids.
type ids struct{ r, e, s *uint32 }

func uids(k *task.Cred) ids { return ids{&k.UID, &k.EUID, &k.SUID} }
func gids(k *task.Cred) ids { return ids{&k.GID, &k.EGID, &k.SGID} }

// newUID commits credentials whose user ids changed, with what that does to
// capabilities: security/commoncap.c, cap_emulate_setxuid.
func (c *Call) newUID(n *task.Cred) (int64, linux.Errno) {
	n.FSUID = n.EUID
	if old := c.T.Cred; n.Securebits&linux.SECBIT_NO_SETUID_FIXUP == 0 {
		if (old.UID == 0 || old.EUID == 0 || old.SUID == 0) && n.UID != 0 && n.EUID != 0 && n.SUID != 0 {
			if n.Securebits&linux.SECBIT_KEEP_CAPS == 0 {
				n.Permitted, n.Effective = 0, 0
			}
			n.Ambient = 0
		}
		if old.EUID == 0 && n.EUID != 0 {
			n.Effective = 0
		}
		if old.EUID != 0 && n.EUID == 0 {
			n.Effective = n.Permitted
		}
	}
	c.setCred(n)
	return 0, 0
}

func (c *Call) newGID(n *task.Cred) (int64, linux.Errno) {
	n.FSGID = n.EGID
	c.setCred(n)
	return 0, 0
}

// set1 is setuid and setgid.
func set1(i ids, v uint32, privileged bool) linux.Errno {
	switch {
	case v == none:
		return linux.EINVAL
	case privileged:
		*i.r, *i.s = v, v
	case v != *i.r && v != *i.s:
		return linux.EPERM
	}
	*i.e = v
	return 0
}

// setre is setreuid and setregid.
func setre(i ids, r, e uint32, privileged bool) linux.Errno {
	oldR, oldE, oldS := *i.r, *i.e, *i.s
	if r != none {
		if r != oldR && r != oldE && !privileged {
			return linux.EPERM
		}
		*i.r = r
	}
	if e != none {
		if e != oldR && e != oldE && e != oldS && !privileged {
			return linux.EPERM
		}
		*i.e = e
	}
	if r != none || e != none && e != oldR {
		*i.s = *i.e
	}
	return 0
}

// setres is setresuid and setresgid.
func setres(i ids, v [3]uint32, privileged bool) linux.Errno {
	old := [3]uint32{*i.r, *i.e, *i.s}
	for n, p := range [3]*uint32{i.r, i.e, i.s} {
		if v[n] == none {
			continue
		}
		if !privileged && !slices.Contains(old[:], v[n]) {
			return linux.EPERM
		}
		*p = v[n]
	}
	return 0
}

func sysSetuid(c *Call) (int64, linux.Errno) {
	n := c.T.Cred.Clone()
	if e := set1(uids(n), c.Uint(0), n.Has(linux.CAP_SETUID)); e != 0 {
		return 0, e
	}
	return c.newUID(n)
}

func sysSetgid(c *Call) (int64, linux.Errno) {
	n := c.T.Cred.Clone()
	if e := set1(gids(n), c.Uint(0), n.Has(linux.CAP_SETGID)); e != 0 {
		return 0, e
	}
	return c.newGID(n)
}

func sysSetreuid(c *Call) (int64, linux.Errno) {
	n := c.T.Cred.Clone()
	if e := setre(uids(n), c.Uint(0), c.Uint(1), n.Has(linux.CAP_SETUID)); e != 0 {
		return 0, e
	}
	return c.newUID(n)
}

func sysSetregid(c *Call) (int64, linux.Errno) {
	n := c.T.Cred.Clone()
	if e := setre(gids(n), c.Uint(0), c.Uint(1), n.Has(linux.CAP_SETGID)); e != 0 {
		return 0, e
	}
	return c.newGID(n)
}

func sysSetresuid(c *Call) (int64, linux.Errno) {
	n := c.T.Cred.Clone()
	v := [3]uint32{c.Uint(0), c.Uint(1), c.Uint(2)}
	if e := setres(uids(n), v, n.Has(linux.CAP_SETUID)); e != 0 {
		return 0, e
	}
	// What changes nothing leaves fsuid alone too, but for one of its own.
	if o := c.T.Cred; n.UID == o.UID && n.SUID == o.SUID && n.EUID == o.EUID && (v[1] == none || n.EUID == o.FSUID) {
		return 0, 0
	}
	return c.newUID(n)
}

func sysSetresgid(c *Call) (int64, linux.Errno) {
	n := c.T.Cred.Clone()
	v := [3]uint32{c.Uint(0), c.Uint(1), c.Uint(2)}
	if e := setres(gids(n), v, n.Has(linux.CAP_SETGID)); e != 0 {
		return 0, e
	}
	if o := c.T.Cred; n.GID == o.GID && n.SGID == o.SGID && n.EGID == o.EGID && (v[1] == none || n.EGID == o.FSGID) {
		return 0, 0
	}
	return c.newGID(n)
}

// putIDs writes three ids, each to its own place.
func (c *Call) putIDs(v ...uint32) (int64, linux.Errno) {
	for i, x := range v {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], x)
		if e := c.CopyOut(c.Args[i], b[:]); e != 0 {
			return 0, e
		}
	}
	return 0, 0
}

func sysGetresuid(c *Call) (int64, linux.Errno) {
	k := c.T.Cred
	return c.putIDs(k.UID, k.EUID, k.SUID)
}

func sysGetresgid(c *Call) (int64, linux.Errno) {
	k := c.T.Cred
	return c.putIDs(k.GID, k.EGID, k.SGID)
}

// fsCaps are the capabilities that follow fsuid: CAP_FS_SET of
// include/linux/capability.h.
const fsCaps = 1<<linux.CAP_CHOWN | 1<<linux.CAP_MKNOD | 1<<linux.CAP_DAC_OVERRIDE | 1<<linux.CAP_DAC_READ_SEARCH |
	1<<linux.CAP_FOWNER | 1<<linux.CAP_FSETID | 1<<linux.CAP_MAC_OVERRIDE | 1<<linux.CAP_LINUX_IMMUTABLE

// sysSetfsuid never fails: it gives the old id, changed or not.
func sysSetfsuid(c *Call) (int64, linux.Errno) {
	k, v := c.T.Cred, c.Uint(0)
	old := int64(k.FSUID)
	if v == none || v == k.FSUID || v != k.UID && v != k.EUID && v != k.SUID && !k.Has(linux.CAP_SETUID) {
		return old, 0
	}
	n := k.Clone()
	n.FSUID = v
	if n.Securebits&linux.SECBIT_NO_SETUID_FIXUP == 0 {
		if k.FSUID == 0 && v != 0 {
			n.Effective &^= fsCaps
		}
		if k.FSUID != 0 && v == 0 {
			n.Effective |= n.Permitted & fsCaps
		}
	}
	c.setCred(n)
	return old, 0
}

func sysSetfsgid(c *Call) (int64, linux.Errno) {
	k, v := c.T.Cred, c.Uint(0)
	old := int64(k.FSGID)
	if v == none || v == k.FSGID || v != k.GID && v != k.EGID && v != k.SGID && !k.Has(linux.CAP_SETGID) {
		return old, 0
	}
	n := k.Clone()
	n.FSGID = v
	c.setCred(n)
	return old, 0
}

func sysGetgroups(c *Call) (int64, linux.Errno) {
	g, size := c.T.Cred.Groups, c.Int(0)
	if size < 0 {
		return 0, linux.EINVAL
	}
	if size == 0 {
		return int64(len(g)), 0
	}
	if len(g) > int(size) {
		return 0, linux.EINVAL
	}
	b := make([]byte, 0, 4*len(g))
	for _, v := range g {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return int64(len(g)), c.CopyOut(c.Args[1], b)
}

// groupsMax is NGROUPS_MAX.
const groupsMax = 65536

func sysSetgroups(c *Call) (int64, linux.Errno) {
	if !c.T.Cred.Has(linux.CAP_SETGID) {
		return 0, linux.EPERM
	}
	if c.Uint(0) > groupsMax {
		return 0, linux.EINVAL
	}
	b := make([]byte, 4*c.Uint(0))
	if e := c.CopyIn(c.Args[1], b); len(b) > 0 && e != 0 {
		return 0, e
	}
	n := c.T.Cred.Clone()
	n.Groups = make([]uint32, 0, len(b)/4)
	for ; len(b) > 0; b = b[4:] {
		v := binary.LittleEndian.Uint32(b)
		if v == none {
			return 0, linux.EINVAL
		}
		n.Groups = append(n.Groups, v)
	}
	slices.Sort(n.Groups) // as groups_sort does; getgroups shows it
	c.setCred(n)
	return 0, 0
}
