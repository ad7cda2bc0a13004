package syscalls

import (
	"adyton.dev/adyton/core/keys"
	"adyton.dev/adyton/core/linux"
)

var keysRows = []Row{
	{"add_key", Core, args(str("type"), str("description"), in("payload", 3), uinteger("plen"), integer("keyring")), sysAddKey},
	{"request_key", Core, args(str("type"), str("description"), str("callout_info"), integer("keyring")), sysRequestKey},
	{"keyctl", Core, args(integer("operation"), hex("arg2"), hex("arg3"), hex("arg4"), hex("arg5")), sysKeyctl},
}

const (
	maxKeyPayload = 1<<20 - 1
	keyTypeSize   = 32
)

// keyCaller says who asks, with which keyrings.
func (c *Call) keyCaller() *keys.Caller {
	k := c.T.Cred
	c.T.Keyrings.Process = &c.P.Keyring
	return &keys.Caller{UID: k.FSUID, GID: k.FSGID, Groups: k.Groups, SysAdmin: k.Has(linux.CAP_SYS_ADMIN),
		Rings: &c.T.Keyrings, NowNs: c.Leader.Now(), Alive: c.aliveKeyrings}
}

// aliveKeyrings visits the keyrings that tasks have.
func (e *Env) aliveKeyrings(visit func(serial int32)) {
	for _, p := range e.Tasks.Processes() {
		if p.Zombie {
			continue
		}
		visit(p.Keyring)
		for _, t := range p.Threads {
			if !t.Exited {
				visit(t.Keyrings.Thread)
				visit(t.Keyrings.Session)
			}
		}
	}
}

// dropKeyrings takes a thread's own keyring from it, and with an exec or the
// last thread the process's; the session's passes on to what is executed.
func (c *Call) dropKeyrings(exec, last bool) {
	if c.Keys.Empty() {
		return
	}
	c.T.Keyrings.Thread = 0
	if !exec {
		c.T.Keyrings.Session = 0
	}
	if exec || last {
		c.P.Keyring = 0
	}
	c.Keys.Collect(c.aliveKeyrings)
}

// keyType and keyText read a type's name and a description: key_get_type_from_
// user, strndup_user. Errors: EFAULT, EINVAL (too long), EPERM (a kernel's).
func (c *Call) keyType(addr uint64) (string, linux.Errno) {
	s, e := c.String(addr, keyTypeSize, linux.EINVAL)
	if e != 0 {
		return "", e
	}
	return s, keys.CheckType(s)
}

func (c *Call) keyText(addr uint64, max int) (string, linux.Errno) {
	if addr == 0 {
		return "", linux.EFAULT
	}
	return c.String(addr, max, linux.EINVAL)
}

// keyPayload reads a payload. Errors: EINVAL, EFAULT.
func (c *Call) keyPayload(addr, n uint64, most uint64) ([]byte, linux.Errno) {
	if n > most {
		return nil, linux.EINVAL
	}
	b := make([]byte, n)
	if n > 0 {
		if e := c.CopyIn(addr, b); e != 0 {
			return nil, e
		}
	}
	return b, 0
}

func sysAddKey(c *Call) (int64, linux.Errno) {
	if c.Args[3] > maxKeyPayload {
		return 0, linux.EINVAL
	}
	typ, e := c.keyType(c.Args[0])
	if e != 0 {
		return 0, e
	}
	desc := ""
	if c.Args[1] != 0 {
		if desc, e = c.keyText(c.Args[1], pageSize); e != 0 {
			return 0, e
		}
		if len(desc) > 0 && desc[0] == '.' && typ == "keyring" {
			return 0, linux.EPERM
		}
	}
	payload, e := c.keyPayload(c.Args[2], c.Args[3], maxKeyPayload)
	if e != 0 {
		return 0, e
	}
	id, e := c.Keys.Add(c.keyCaller(), typ, desc, payload, c.Int(4))
	return int64(id), e
}

func sysRequestKey(c *Call) (int64, linux.Errno) {
	typ, e := c.keyType(c.Args[0])
	if e != 0 {
		return 0, e
	}
	desc, e := c.keyText(c.Args[1], pageSize)
	if e != 0 {
		return 0, e
	}
	if c.Args[2] != 0 {
		if _, e := c.keyText(c.Args[2], pageSize); e != 0 {
			return 0, e
		}
	}
	id, e := c.Keys.Request(c.keyCaller(), typ, desc, c.Args[2] != 0, c.Int(3))
	return int64(id), e
}

// keyctls are the operations of keyctl; their arguments are those of the call
// without the first.
var keyctls = map[int32]func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno){
	linux.KEYCTL_GET_KEYRING_ID: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		id, e := c.Keys.RingID(k, int32(a[0]), int32(a[1]) != 0)
		return int64(id), e
	},
	linux.KEYCTL_JOIN_SESSION_KEYRING: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		name := ""
		if a[0] != 0 {
			var e linux.Errno
			if name, e = c.keyText(a[0], pageSize); e != 0 {
				return 0, e
			}
		}
		id, e := c.Keys.Join(k, name, a[0] != 0)
		return int64(id), e
	},
	linux.KEYCTL_UPDATE: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		payload, e := c.keyPayload(a[1], a[2], pageSize)
		if e != 0 {
			return 0, e
		}
		return 0, c.Keys.Update(k, int32(a[0]), payload)
	},
	linux.KEYCTL_REVOKE: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.Revoke(k, int32(a[0]))
	},
	linux.KEYCTL_INVALIDATE: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.Invalidate(k, int32(a[0]))
	},
	linux.KEYCTL_CHOWN: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.Chown(k, int32(a[0]), uint32(a[1]), uint32(a[2]))
	},
	linux.KEYCTL_SETPERM: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.SetPerm(k, int32(a[0]), uint32(a[1]))
	},
	linux.KEYCTL_DESCRIBE: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		text, e := c.Keys.Describe(k, int32(a[0]))
		return c.giveKey([]byte(text), a[1], a[2], e)
	},
	linux.KEYCTL_READ: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		b, e := c.Keys.Read(k, int32(a[0]))
		return c.giveKey(b, a[1], a[2], e)
	},
	linux.KEYCTL_GET_SECURITY: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return c.giveKey([]byte{0}, a[1], a[2], c.Keys.May(k, int32(a[0]), keys.View)) // no labels here
	},
	linux.KEYCTL_CLEAR: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.Clear(k, int32(a[0]))
	},
	linux.KEYCTL_LINK: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.Link(k, int32(a[0]), int32(a[1]))
	},
	linux.KEYCTL_UNLINK: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.Unlink(k, int32(a[0]), int32(a[1]))
	},
	linux.KEYCTL_MOVE: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		if uint32(a[3])&^linux.KEYCTL_MOVE_EXCL != 0 {
			return 0, linux.EINVAL
		}
		return 0, c.Keys.Move(k, int32(a[0]), int32(a[1]), int32(a[2]), uint32(a[3]) != 0)
	},
	linux.KEYCTL_SEARCH: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		typ, e := c.keyType(a[1])
		if e != 0 {
			return 0, e
		}
		desc, e := c.keyText(a[2], pageSize)
		if e != 0 {
			return 0, e
		}
		id, e := c.Keys.Search(k, int32(a[0]), typ, desc, int32(a[3]))
		return int64(id), e
	},
	linux.KEYCTL_SET_REQKEY_KEYRING: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		old, e := c.Keys.SetDefault(k, int32(a[0]))
		return int64(old), e
	},
	linux.KEYCTL_SET_TIMEOUT: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		return 0, c.Keys.SetTimeout(k, int32(a[0]), uint32(a[1]))
	},
	linux.KEYCTL_RESTRICT_KEYRING: func(c *Call, k *keys.Caller, a []uint64) (int64, linux.Errno) {
		if a[1] != 0 {
			return 0, linux.EOPNOTSUPP // GAP: restrictions by a type of key
		}
		return 0, c.Keys.Restrict(k, int32(a[0]))
	},
	// Nobody is asked to make keys for another, so that there is no authority.
	linux.KEYCTL_INSTANTIATE:     noKeyAuthority,
	linux.KEYCTL_INSTANTIATE_IOV: noKeyAuthority,
	linux.KEYCTL_NEGATE:          noKeyAuthority,
	linux.KEYCTL_REJECT:          noKeyAuthority,
	linux.KEYCTL_ASSUME_AUTHORITY: func(_ *Call, _ *keys.Caller, a []uint64) (int64, linux.Errno) {
		switch id := int32(a[0]); {
		case id < 0:
			return 0, linux.EINVAL
		case id > 0:
			return 0, linux.ENOKEY
		}
		return 0, 0
	},
	linux.KEYCTL_CAPABILITIES: func(c *Call, _ *keys.Caller, a []uint64) (int64, linux.Errno) {
		const invalidate, restrict, move = 0x20, 0x40, 0x80 // KEYCTL_CAPS0_*
		caps := []byte{invalidate | restrict | move, 0}
		n := min(a[1], uint64(len(caps)))
		return int64(len(caps)), c.CopyOut(a[0], append(caps[:n], make([]byte, min(a[1]-n, pageSize))...))
	},
}

func noKeyAuthority(*Call, *keys.Caller, []uint64) (int64, linux.Errno) { return 0, linux.EPERM }

func sysKeyctl(c *Call) (int64, linux.Errno) {
	f := keyctls[c.Int(0)]
	if f == nil {
		return 0, linux.EOPNOTSUPP
	}
	return f(c, c.keyCaller(), c.Args[1:])
}

// giveKey gives bytes to who has room for all of them, and their number to all.
func (c *Call) giveKey(b []byte, addr, room uint64, e linux.Errno) (int64, linux.Errno) {
	if e == 0 && addr != 0 && room >= uint64(len(b)) {
		e = c.CopyOut(addr, b)
	}
	return int64(len(b)), e
}
