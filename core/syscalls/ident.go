package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

var identRows = []Row{
	{"getpid", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.P.Pid), 0 }},
	{"gettid", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.T.Tid), 0 }},
	{"getppid", Core, nil, sysGetppid},
	{"getuid", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.T.Cred.UID), 0 }},
	{"geteuid", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.T.Cred.EUID), 0 }},
	{"getgid", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.T.Cred.GID), 0 }},
	{"getegid", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.T.Cred.EGID), 0 }},
	{"getpgrp", Core, nil, func(c *Call) (int64, linux.Errno) { return int64(c.P.Group.Pgid), 0 }},
	{"getpgid", Core, args(integer("pid")), sysGetpgid},
	{"getsid", Core, args(integer("pid")), sysGetsid},
	{"setpgid", Core, args(integer("pid"), integer("pgid")), sysSetpgid},
	{"setsid", Core, nil, sysSetsid},
	{"arch_prctl", Core, args(enum("code", linux.ArchPrctlOps), hex("addr")), sysArchPrctl},
	{"set_robust_list", Core, args(ptr("head"), uinteger("len")), sysSetRobustList},
	{"get_robust_list", Core, args(integer("pid"), ptr("head_ptr"), ptr("len_ptr")), sysGetRobustList},
	{"sched_yield", Core, nil, func(*Call) (int64, linux.Errno) { return 0, 0 }},
}

func sysGetppid(c *Call) (int64, linux.Errno) { return int64(c.P.Parent.Pid), 0 }

func sysGetpgid(c *Call) (int64, linux.Errno) {
	p := c.P
	if pid := c.Int(0); pid != 0 {
		if p = c.Tasks.Process(pid); p == nil {
			return 0, linux.ESRCH
		}
	}
	return int64(p.Group.Pgid), 0
}

func sysGetsid(c *Call) (int64, linux.Errno) {
	p := c.P
	if pid := c.Int(0); pid != 0 {
		if p = c.Tasks.Process(pid); p == nil {
			return 0, linux.ESRCH
		}
	}
	return int64(p.Group.Session.Sid), 0
}

func sysSetpgid(c *Call) (int64, linux.Errno) {
	p := c.P
	if pid := c.Int(0); pid != 0 {
		p = c.Tasks.Process(pid)
	}
	pgid := c.Int(1)
	if pgid == 0 {
		pgid = c.Int(0) // so that a pid below 0 is EINVAL, not ESRCH
	}
	return 0, c.Tasks.SetPgid(c.P, p, pgid)
}

func sysSetsid(c *Call) (int64, linux.Errno) {
	if e := c.Tasks.SetSid(c.P); e != 0 {
		return 0, e
	}
	return int64(c.P.Pid), 0
}

func sysArchPrctl(c *Call) (int64, linux.Errno) {
	switch c.Args[0] {
	case linux.ARCH_SET_FS:
		return 0, c.T.Platform.SetTLS(c.Args[1])
	case linux.ARCH_GET_FS:
		var b [8]byte
		v := c.T.Platform.TLS()
		for i := range b {
			b[i] = byte(v >> (8 * i))
		}
		return 0, c.CopyOut(c.Args[1], b[:])
	case linux.ARCH_GET_CPUID:
		return 1, 0 // the instruction does not fault
	case linux.ARCH_SET_CPUID:
		return 0, linux.ENODEV // and cannot be made to
	}
	return 0, linux.EINVAL
}

func sysSetRobustList(c *Call) (int64, linux.Errno) {
	if c.Args[1] != 24 {
		return 0, linux.EINVAL
	}
	c.T.RobustHead = c.Args[0]
	return 0, 0
}

func sysGetRobustList(c *Call) (int64, linux.Errno) {
	t, e := c.thread(c.Int(0))
	if e != 0 {
		return 0, e
	}
	if !c.mayTrace(t) {
		return 0, linux.EPERM
	}
	var b [8]byte
	b[0] = 24
	if e := c.CopyOut(c.Args[2], b[:]); e != 0 {
		return 0, e
	}
	binary.LittleEndian.PutUint64(b[:], t.RobustHead)
	return 0, c.CopyOut(c.Args[1], b[:])
}
