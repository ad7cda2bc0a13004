package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
)

var capsRows = []Row{
	{"capget", Core, args(ptr("hdrp"), ptr("datap")), sysCapget},
	{"capset", Core, args(ptr("hdrp"), ptr("datap")), sysCapset},
}

// capHeader reads a header and gives how many words of data its version has. A
// version that is not known is answered by the newest: cap_validate_magic.
func (c *Call) capHeader() (h linux.CapUserHeader, words int, e linux.Errno) {
	var b [linux.SizeofCapUserHeader]byte
	if e := c.CopyIn(c.Args[0], b[:]); e != 0 {
		return h, 0, e
	}
	h.Decode(b[:])
	switch h.Version {
	case linux.LINUX_CAPABILITY_VERSION_1:
		return h, 1, 0
	case linux.LINUX_CAPABILITY_VERSION_2, linux.LINUX_CAPABILITY_VERSION_3:
		return h, 2, 0
	}
	var v [4]byte
	putInt32(v[:], linux.LINUX_CAPABILITY_VERSION_3)
	if e := c.CopyOut(c.Args[0], v[:]); e != 0 {
		return h, 0, e
	}
	return h, 0, linux.EINVAL
}

func sysCapget(c *Call) (int64, linux.Errno) {
	h, words, e := c.capHeader()
	if c.Args[1] == 0 && (e == 0 || e == linux.EINVAL) {
		return 0, 0 // a probe for the version
	}
	if e != 0 {
		return 0, e
	}
	if h.Pid < 0 {
		return 0, linux.EINVAL
	}
	t, e := c.thread(h.Pid)
	if e != 0 {
		return 0, e
	}
	k := t.Cred
	b := c.Out()[:words*linux.SizeofCapUserData]
	for i := range words {
		s := 32 * i
		d := linux.CapUserData{Effective: uint32(k.Effective >> s), Permitted: uint32(k.Permitted >> s), Inheritable: uint32(k.Inheritable >> s)}
		d.Encode(b[i*linux.SizeofCapUserData:])
	}
	c.Return(c.Args[1], len(b))
	return 0, 0
}

func sysCapset(c *Call) (int64, linux.Errno) {
	h, words, e := c.capHeader()
	if e != 0 {
		return 0, e
	}
	// Only for oneself: the thread's own id, or 0.
	if h.Pid != 0 && h.Pid != c.T.Tid {
		return 0, linux.EPERM
	}
	b := make([]byte, words*linux.SizeofCapUserData)
	if e := c.CopyIn(c.Args[1], b); e != 0 {
		return 0, e
	}
	var eff, perm, inh uint64
	for i := range words {
		var d linux.CapUserData
		d.Decode(b[i*linux.SizeofCapUserData:])
		eff |= uint64(d.Effective) << (32 * i)
		perm |= uint64(d.Permitted) << (32 * i)
		inh |= uint64(d.Inheritable) << (32 * i)
	}
	eff, perm, inh = eff&task.AllCaps, perm&task.AllCaps, inh&task.AllCaps
	k := c.T.Cred.Clone()
	// The order of cap_capset in security/commoncap.c; all give EPERM.
	if !k.Has(linux.CAP_SETPCAP) && inh&^(k.Inheritable|k.Permitted) != 0 ||
		inh&^(k.Inheritable|k.Bounding) != 0 || perm&^k.Permitted != 0 || eff&^perm != 0 {
		return 0, linux.EPERM
	}
	k.Effective, k.Permitted, k.Inheritable = eff, perm, inh
	k.Ambient &= perm & inh
	c.setCred(k)
	return 0, 0
}
