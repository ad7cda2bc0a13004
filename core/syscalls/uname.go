package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var unameRows = []Row{
	{"uname", Core, args(ptr("buf")), sysUname},
	{"sethostname", Core, args(in("name", 1), integer("len")), sysSethostname},
	{"setdomainname", Core, args(in("name", 1), integer("len")), sysSetdomainname},
	{"sysinfo", Core, args(ptr("info")), sysSysinfo},
	{"personality", Core, args(hex("persona")), sysPersonality},
}

// What uname says of the kernel. The version string begins as Linux's does:
// programs look at the number of the build and at SMP.
const (
	Release = "6.1.0-adyton"
	Version = "#1 SMP PREEMPT_DYNAMIC Adyton"
	Machine = "x86_64"
)

func sysUname(c *Call) (int64, linux.Errno) {
	u := linux.Utsname{Sysname: "Linux", Nodename: c.Config.Hostname, Release: Release, Version: Version, Machine: Machine,
		Domainname: c.Config.Domainname}
	if u.Domainname == "" {
		u.Domainname = "(none)"
	}
	if c.T.Personality&linux.PER_MASK == linux.PER_LINUX32 {
		u.Machine = "i686"
	}
	u.Encode(c.Out())
	c.Return(c.Args[0], linux.SizeofUtsname)
	return 0, 0
}

func (c *Call) setName(name *string) (int64, linux.Errno) {
	if !c.T.Cred.Has(linux.CAP_SYS_ADMIN) {
		return 0, linux.EPERM
	}
	n := c.Int(1)
	if n < 0 || n > linux.NEW_UTS_LEN {
		return 0, linux.EINVAL
	}
	b := make([]byte, n)
	if e := c.CopyIn(c.Args[0], b); e != 0 {
		return 0, e
	}
	*name = string(b)
	return 0, 0
}

func sysSethostname(c *Call) (int64, linux.Errno)   { return c.setName(&c.Env.Config.Hostname) }
func sysSetdomainname(c *Call) (int64, linux.Errno) { return c.setName(&c.Env.Config.Domainname) }

func sysSysinfo(c *Call) (int64, linux.Errno) {
	total := c.Config.MemoryBytes
	free := c.Platform.FreeBytes()
	var shared uint64
	var r mmapi.UsageReply
	if c.MM.Usage(&mmapi.UsageRequest{Space: c.P.Space.MM}, &r) == 0 {
		shared = r.Shared
	}
	s := linux.Sysinfo{Uptime: c.now(linux.CLOCK_BOOTTIME) / linux.NSEC_PER_SEC, Totalram: total, Freeram: min(free, total),
		Sharedram: min(shared, total), Procs: uint16(min(c.Tasks.CountThreads(), 1<<16-1)), MemUnit: 1}
	s.Encode(c.Out())
	c.Return(c.Args[0], linux.SizeofSysinfo)
	return 0, 0
}

func sysPersonality(c *Call) (int64, linux.Errno) {
	old := c.T.Personality
	if p := c.Uint(0); p != 0xffffffff {
		c.T.Personality = p
	}
	return int64(old), 0
}
