package syscalls

import (
	"bytes"
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var prctlRows = []Row{
	{"prctl", Core, args(enum("option", linux.PrctlOps), hex("arg2"), hex("arg3"), hex("arg4"), hex("arg5")), sysPrctl},
}

// prctlOps are the operations that prctl answers; the claim is made of them.
var prctlOps = map[uint64]func(c *Call, a *[6]uint64) (int64, linux.Errno){
	linux.PR_SET_PDEATHSIG: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1] > 64 {
			return 0, linux.EINVAL
		}
		c.T.ParentDeathSignal = int32(a[1])
		return 0, 0
	},
	linux.PR_GET_PDEATHSIG: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		return c.putInt(a[1], c.T.ParentDeathSignal)
	},
	linux.PR_GET_DUMPABLE: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		return int64(c.P.Space.Dumpable), 0
	},
	linux.PR_SET_DUMPABLE: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1] > 1 {
			return 0, linux.EINVAL
		}
		c.P.Space.Dumpable = uint32(a[1])
		return 0, 0
	},
	linux.PR_SET_NAME: prSetName,
	linux.PR_GET_NAME: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		var b [16]byte
		copy(b[:15], c.T.Name)
		return 0, c.CopyOut(a[1], b[:])
	},
	linux.PR_GET_TIMING: func(*Call, *[6]uint64) (int64, linux.Errno) { return linux.PR_TIMING_STATISTICAL, 0 },
	linux.PR_SET_TIMING: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1] != linux.PR_TIMING_STATISTICAL {
			return 0, linux.EINVAL
		}
		return 0, 0
	},
	linux.PR_GET_KEEPCAPS: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		return int64(c.T.Cred.Securebits / linux.SECBIT_KEEP_CAPS & 1), 0
	},
	linux.PR_SET_KEEPCAPS:   prSetKeepCaps,
	linux.PR_GET_SECUREBITS: func(c *Call, a *[6]uint64) (int64, linux.Errno) { return int64(c.T.Cred.Securebits), 0 },
	linux.PR_SET_SECUREBITS: prSetSecurebits,
	linux.PR_CAPBSET_READ: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1] > linux.CAP_LAST_CAP {
			return 0, linux.EINVAL
		}
		return int64(c.T.Cred.Bounding >> a[1] & 1), 0
	},
	linux.PR_CAPBSET_DROP: prCapbsetDrop,
	linux.PR_CAP_AMBIENT:  prCapAmbient,
	linux.PR_SET_TIMERSLACK: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if int64(a[1]) <= 0 {
			a[1] = uint64(c.T.DefaultSlackNs) // the parent's at the fork
		}
		c.T.TimerSlackNs = int64(a[1])
		return 0, 0
	},
	linux.PR_GET_TIMERSLACK: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		return TimerSlack(c.T), 0
	},
	linux.PR_SET_CHILD_SUBREAPER: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		c.P.Subreaper = a[1] != 0
		return 0, 0
	},
	linux.PR_GET_CHILD_SUBREAPER: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		v := int32(0)
		if c.P.Subreaper {
			v = 1
		}
		return c.putInt(a[1], v)
	},
	linux.PR_SET_NO_NEW_PRIVS: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1] != 1 || a[2]|a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		c.P.NoNewPrivs = true
		return 0, 0
	},
	linux.PR_GET_NO_NEW_PRIVS: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1]|a[2]|a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		if c.P.NoNewPrivs {
			return 1, 0
		}
		return 0, 0
	},
	linux.PR_SET_THP_DISABLE: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[2]|a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		c.P.Space.NoHugePages = a[1] != 0
		return 0, 0
	},
	linux.PR_GET_THP_DISABLE: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1]|a[2]|a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		if c.P.Space.NoHugePages {
			return 1, 0
		}
		return 0, 0
	},
	linux.PR_GET_TID_ADDRESS: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], c.T.ClearTid)
		return 0, c.CopyOut(a[1], b[:])
	},
	linux.PR_SET_VMA:      prSetVMA,
	linux.PR_MCE_KILL:     prMCEKill,
	linux.PR_MCE_KILL_GET: prMCEKillGet,
	linux.PR_SET_MDWE:     prSetMDWE,
	linux.PR_GET_MDWE: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[1]|a[2]|a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		return int64(c.P.Space.MDWE), 0
	},
	linux.PR_GET_SECCOMP: func(c *Call, _ *[6]uint64) (int64, linux.Errno) { return int64(c.T.SeccompMode), 0 },
	linux.PR_SET_SECCOMP: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		switch a[1] {
		case linux.SECCOMP_MODE_STRICT:
			return c.seccomp(linux.SECCOMP_SET_MODE_STRICT, 0, 0)
		case linux.SECCOMP_MODE_FILTER:
			return c.seccomp(linux.SECCOMP_SET_MODE_FILTER, 0, a[2])
		}
		return 0, linux.EINVAL
	},
	// Reading the TSC cannot be forbidden here.
	linux.PR_GET_TSC: func(c *Call, a *[6]uint64) (int64, linux.Errno) { return c.putInt(a[1], linux.PR_TSC_ENABLE) },
	linux.PR_GET_AUXV: func(c *Call, a *[6]uint64) (int64, linux.Errno) {
		if a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		aux := c.P.Space.Auxv
		return int64(len(aux)), c.CopyOut(a[1], aux[:min(uint64(len(aux)), a[2])])
	},
}

// defaultSlackNs is the timer slack that Linux starts with.
const defaultSlackNs = 50000

func sysPrctl(c *Call) (int64, linux.Errno) {
	do := prctlOps[uint64(c.Uint(0))]
	if do == nil {
		return 0, linux.EINVAL
	}
	a := c.Args
	return do(c, &a)
}

// putInt writes an int for an operation whose result is 0.
func (c *Call) putInt(addr uint64, v int32) (int64, linux.Errno) {
	var b [4]byte
	putInt32(b[:], v)
	return 0, c.CopyOut(addr, b[:])
}

func prSetName(c *Call, a *[6]uint64) (int64, linux.Errno) {
	// strncpy_from_user of 15 bytes: what lies behind the NUL need not be there.
	var b [15]byte
	n := c.P.Space.Platform.Read(a[1], b[:])
	i := bytes.IndexByte(b[:n], 0)
	if i < 0 && n < len(b) {
		return 0, linux.EFAULT
	}
	if i < 0 {
		i = n
	}
	c.T.Name = string(b[:i])
	return 0, 0
}

func prSetKeepCaps(c *Call, a *[6]uint64) (int64, linux.Errno) {
	if a[1] > 1 {
		return 0, linux.EINVAL
	}
	k := c.T.Cred.Clone()
	if k.Securebits&linux.SECBIT_KEEP_CAPS_LOCKED != 0 {
		return 0, linux.EPERM
	}
	k.Securebits = k.Securebits&^linux.SECBIT_KEEP_CAPS | uint32(a[1])*linux.SECBIT_KEEP_CAPS
	c.setCred(k)
	return 0, 0
}

func prSetSecurebits(c *Call, a *[6]uint64) (int64, linux.Errno) {
	const locks = linux.SECBIT_NOROOT_LOCKED | linux.SECBIT_NO_SETUID_FIXUP_LOCKED | linux.SECBIT_KEEP_CAPS_LOCKED | linux.SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED
	const all = locks | locks>>1
	k := c.T.Cred.Clone()
	have := uint64(k.Securebits)
	// A lock keeps the bit below it, and itself; cap_task_prctl has one errno
	// for all that.
	if have&locks>>1&(have^a[1]) != 0 || have&locks&^a[1] != 0 || a[1]&^all != 0 || !k.Has(linux.CAP_SETPCAP) {
		return 0, linux.EPERM
	}
	k.Securebits = uint32(a[1])
	c.setCred(k)
	return 0, 0
}

func prCapbsetDrop(c *Call, a *[6]uint64) (int64, linux.Errno) {
	if !c.T.Cred.Has(linux.CAP_SETPCAP) {
		return 0, linux.EPERM
	}
	if a[1] > linux.CAP_LAST_CAP {
		return 0, linux.EINVAL
	}
	k := c.T.Cred.Clone()
	k.Bounding &^= 1 << a[1]
	c.setCred(k)
	return 0, 0
}

func prCapAmbient(c *Call, a *[6]uint64) (int64, linux.Errno) {
	if a[1] == linux.PR_CAP_AMBIENT_CLEAR_ALL {
		if a[2]|a[3]|a[4] != 0 {
			return 0, linux.EINVAL
		}
		k := c.T.Cred.Clone()
		k.Ambient = 0
		c.setCred(k)
		return 0, 0
	}
	if a[2] > linux.CAP_LAST_CAP || a[3]|a[4] != 0 {
		return 0, linux.EINVAL
	}
	k := c.T.Cred.Clone()
	bit := uint64(1) << a[2]
	switch a[1] {
	case linux.PR_CAP_AMBIENT_IS_SET:
		return int64(k.Ambient >> a[2] & 1), 0
	case linux.PR_CAP_AMBIENT_RAISE:
		if k.Permitted&k.Inheritable&bit == 0 || k.Securebits&linux.SECBIT_NO_CAP_AMBIENT_RAISE != 0 {
			return 0, linux.EPERM
		}
		k.Ambient |= bit
	case linux.PR_CAP_AMBIENT_LOWER:
		k.Ambient &^= bit
	default:
		return 0, linux.EINVAL
	}
	c.setCred(k)
	return 0, 0
}

// prSetVMA names anonymous memory: PR_SET_VMA_ANON_NAME. The name is checked as
// Linux does; nothing shows it. GAP: /proc/PID/maps has no [anon:name].
func prSetVMA(c *Call, a *[6]uint64) (int64, linux.Errno) {
	if a[1] != linux.PR_SET_VMA_ANON_NAME {
		return 0, linux.EINVAL
	}
	if a[4] != 0 {
		s, e := c.String(a[4], 80, linux.EINVAL)
		if e != 0 {
			return 0, e
		}
		for i := range len(s) {
			if ch := s[i]; ch < 0x20 || ch > 0x7e || bytes.IndexByte([]byte("\\`$[]"), ch) >= 0 {
				return 0, linux.EINVAL
			}
		}
	}
	length := (a[3] + pageSize - 1) &^ (pageSize - 1)
	switch {
	case a[2]%pageSize != 0, a[3] != 0 && length == 0, a[2]+length < a[2]:
		return 0, linux.EINVAL
	case length == 0:
		return 0, 0
	}
	var r mmapi.CheckReply
	return 0, c.MM.Check(&mmapi.CheckRequest{Space: c.P.Space.MM, Addr: a[2], Length: length}, &r)
}

// lowerDumpable is what a change of credentials does besides: commit_creds of
// kernel/cred.c.
func (c *Call) lowerDumpable(old, k *task.Cred) {
	if old.EUID == k.EUID && old.EGID == k.EGID && old.FSUID == k.FSUID && old.FSGID == k.FSGID && k.Permitted&^old.Permitted == 0 {
		return
	}
	if c.P.Space != nil {
		c.P.Space.Dumpable = 0
	}
	c.T.ParentDeathSignal = 0
}

// prMCEKill keeps when a process would hear of a page that the machine lost.
func prMCEKill(c *Call, a *[6]uint64) (int64, linux.Errno) {
	if a[3]|a[4] != 0 {
		return 0, linux.EINVAL
	}
	switch {
	case a[1] == linux.PR_MCE_KILL_CLEAR && a[2] == 0:
		c.T.MCEKill = 0
	case a[1] == linux.PR_MCE_KILL_SET && a[2] <= linux.PR_MCE_KILL_DEFAULT:
		c.T.MCEKill = uint8(a[2]+1) % (linux.PR_MCE_KILL_DEFAULT + 1)
	default:
		return 0, linux.EINVAL
	}
	return 0, 0
}

func prMCEKillGet(c *Call, a *[6]uint64) (int64, linux.Errno) {
	if a[1]|a[2]|a[3]|a[4] != 0 {
		return 0, linux.EINVAL
	}
	if c.T.MCEKill == 0 {
		return linux.PR_MCE_KILL_DEFAULT, 0
	}
	return int64(c.T.MCEKill) - 1, 0
}

// prSetMDWE has the space refuse to make memory executable that was not:
// prctl_set_mdwe. It cannot be taken back.
func prSetMDWE(c *Call, a *[6]uint64) (int64, linux.Errno) {
	const known = linux.PR_MDWE_REFUSE_EXEC_GAIN | linux.PR_MDWE_NO_INHERIT
	bits, s := a[1], c.P.Space
	if a[2]|a[3]|a[4] != 0 || bits&^known != 0 || bits == linux.PR_MDWE_NO_INHERIT {
		return 0, linux.EINVAL
	}
	if s.MDWE != 0 && uint64(s.MDWE) != bits {
		return 0, linux.EPERM
	}
	s.MDWE = uint32(bits)
	return 0, 0
}

// denied is map_deny_write_exec: after PR_SET_MDWE nothing may be written and
// executed, and with a range that is mapped, nothing of it becomes executable.
func (c *Call) denied(prot uint32, addr, length uint64) bool {
	s := c.P.Space
	if s.MDWE == 0 || prot&linux.PROT_EXEC == 0 {
		return false
	}
	if prot&linux.PROT_WRITE != 0 {
		return true
	}
	if length == 0 || addr+length < addr {
		return false
	}
	var r mmapi.AreasReply
	c.MM.Areas(&mmapi.AreasRequest{Space: s.MM, From: addr}, &r)
	for i := range r.Areas {
		if x := &r.Areas[i]; x.Addr < addr+length && x.Prot&linux.PROT_EXEC == 0 {
			return true
		}
	}
	return false
}

// TimerSlack is by how much the timers of a thread may be late, in ns.
func TimerSlack(t *task.Thread) int64 {
	if t.TimerSlackNs == 0 {
		return defaultSlackNs
	}
	return t.TimerSlackNs
}
