package strace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"adyton.dev/adyton/core/linux"
)

// decoder is a structure of package linux.
type decoder interface{ Decode([]byte) }

// structure prints the structure behind argument i; its address when it cannot
// be read.
func (p *printer) structure(i int, k Kind, addr uint64) {
	switch k {
	case SigSetIn, SigSetOut:
		// The kernel takes sets of 8 bytes only.
		if b := p.read(addr, 8); b != nil {
			var s linux.SigSet
			s.Decode(b)
			p.str(s.String())
			return
		}
	case TimespecIn, TimespecOut:
		var t linux.Timespec
		if p.decode(addr, linux.SizeofTimespec, &t) {
			p.timespec(t)
			return
		}
	case TimevalIn, TimevalOut:
		var t linux.Timeval
		if p.decode(addr, linux.SizeofTimeval, &t) {
			p.timeval(t)
			return
		}
	case itimerIn, itimerOut:
		var t linux.Itimerval
		if p.decode(addr, linux.SizeofItimerval, &t) {
			p.str("{it_interval=")
			p.timeval(t.Interval)
			p.str(", it_value=")
			p.timeval(t.Value)
			p.str("}")
			return
		}
	case StatOut:
		var s linux.Stat
		if p.decode(addr, linux.SizeofStat, &s) {
			p.stat(&s)
			return
		}
	case statxOut:
		var s linux.Statx
		if p.decode(addr, linux.SizeofStatx, &s) {
			p.statx(&s)
			return
		}
	case statfsOut:
		var s linux.Statfs
		if p.decode(addr, linux.SizeofStatfs, &s) {
			p.statfs(&s)
			return
		}
	case SigActionIn, SigActionOut:
		var s linux.SigAction
		if p.decode(addr, linux.SizeofSigAction, &s) {
			p.sigaction(&s)
			return
		}
	case stackIn, stackOut:
		var s linux.SignalStack
		if p.decode(addr, linux.SizeofSignalStack, &s) {
			p.str("{ss_sp=")
			p.pointer(s.Sp)
			p.field("ss_flags", linux.FlagNames(linux.SigaltstackFlags, uint64(uint32(s.Flags))))
			p.str(", ss_size=")
			p.uint(s.Size)
			p.str("}")
			return
		}
	case RlimitIn, RlimitOut, rlimit64In, rlimit64Out:
		var r linux.Rlimit
		if p.decode(addr, linux.SizeofRlimit, &r) {
			infinity := "RLIM_INFINITY"
			if k == rlimit64In || k == rlimit64Out {
				infinity = "RLIM64_INFINITY"
			}
			p.str("{rlim_cur=")
			p.limit(r.Cur, infinity)
			p.str(", rlim_max=")
			p.limit(r.Max, infinity)
			p.str("}")
			return
		}
	case rusageOut:
		var r linux.Rusage
		if !(p.name == "wait4" && p.ret == 0) && p.decode(addr, linux.SizeofRusage, &r) {
			p.str("{ru_utime=")
			p.timeval(r.Utime)
			p.str(", ru_stime=")
			p.timeval(r.Stime)
			p.str(", ...}")
			return
		}
	case FDPair:
		if b := p.read(addr, 8); b != nil {
			p.str("[")
			p.int(int64(int32(binary.LittleEndian.Uint32(b))))
			p.str(", ")
			p.int(int64(int32(binary.LittleEndian.Uint32(b[4:]))))
			p.str("]")
			return
		}
	case IntOut, lengthInOut:
		if b := p.read(addr, 4); b != nil {
			p.str("[")
			p.int(int64(int32(binary.LittleEndian.Uint32(b))))
			p.str("]")
			return
		}
	case Sockaddr:
		if n := p.a[p.args[i].LenArg]; n >= 2 && n <= linux.SizeofSockaddrStorage {
			if b := p.read(addr, int(n)); b != nil {
				p.sockaddr(b)
				return
			}
		}
	case sockaddrOut:
		if b := p.read(p.a[i+1], 4); b != nil {
			n := binary.LittleEndian.Uint32(b)
			if b := p.read(addr, int(min(n, linux.SizeofSockaddrStorage))); n >= 2 && b != nil {
				p.sockaddr(b)
				return
			}
		}
	case unameOut:
		if b := p.read(addr, linux.SizeofUtsname); b != nil {
			p.str("{sysname=")
			p.quote(cut(b[:linux.UTSNAME_FIELD]))
			p.str(", nodename=")
			p.quote(cut(b[linux.UTSNAME_FIELD : 2*linux.UTSNAME_FIELD]))
			p.str(", ...}")
			return
		}
	case sysinfoOut:
		var s linux.Sysinfo
		if p.decode(addr, linux.SizeofSysinfo, &s) {
			p.sysinfo(&s)
			return
		}
	case epollIn:
		if b := p.read(addr, linux.SizeofEpollEvent); b != nil {
			p.epoll(b)
			return
		}
	}
	p.pointer(addr)
}

// decode reads n bytes and decodes them.
func (p *printer) decode(addr uint64, n int, d decoder) bool {
	b := p.read(addr, n)
	if b == nil {
		return false
	}
	d.Decode(b)
	return true
}

// field prints a member after the first.
func (p *printer) field(name, value string) {
	p.str(", ")
	p.str(name)
	p.str("=")
	p.str(value)
}

// number prints a member of digits after the first.
func (p *printer) number(name string, v uint64) {
	p.field(name, "")
	p.uint(v)
}

func (p *printer) timespec(t linux.Timespec) {
	p.str("{tv_sec=")
	p.int(t.Sec)
	p.str(", tv_nsec=")
	p.int(t.Nsec)
	p.str("}")
}

// utimes prints the two times of utimensat(2) with their dates, which are UTC
// here.
func (p *printer) utimes(addr uint64) {
	b := p.read(addr, 2*linux.SizeofTimespec)
	if b == nil {
		p.pointer(addr)
		return
	}
	p.str("[")
	for i := range 2 {
		if i > 0 {
			p.str(", ")
		}
		var t linux.Timespec
		t.Decode(b[i*linux.SizeofTimespec:])
		switch t.Nsec {
		case linux.UTIME_NOW:
			p.str("UTIME_NOW")
		case linux.UTIME_OMIT:
			p.str("UTIME_OMIT")
		default:
			p.timespec(t)
			layout := "2006-01-02T15:04:05-0700"
			if t.Nsec != 0 {
				layout = "2006-01-02T15:04:05.000000000-0700"
			}
			p.b = time.Unix(t.Sec, t.Nsec).UTC().AppendFormat(append(p.b, " /* "...), layout)
			p.str(" */")
		}
	}
	p.str("]")
}

func (p *printer) timeval(t linux.Timeval) {
	p.str("{tv_sec=")
	p.int(t.Sec)
	p.str(", tv_usec=")
	p.int(t.Usec)
	p.str("}")
}

func (p *printer) stat(s *linux.Stat) {
	p.str("{st_mode=")
	p.str(linux.ModeString(uint64(s.Mode)))
	if device(s.Mode) {
		p.field("st_rdev", "")
		p.dev(s.Rdev)
	} else {
		p.str(", st_size=")
		p.int(s.Size)
	}
	p.str(", ...}")
}

func device(mode uint32) bool {
	return mode&linux.S_IFMT == linux.S_IFCHR || mode&linux.S_IFMT == linux.S_IFBLK
}

func (p *printer) statx(s *linux.Statx) {
	p.str("{stx_mask=")
	p.str(linux.FlagNames(linux.StatxMask, uint64(s.Mask)))
	p.field("stx_attributes", linux.FlagNames(linux.StatxAttributes, s.Attributes))
	p.field("stx_mode", linux.ModeString(uint64(s.Mode)))
	p.number("stx_size", s.Size)
	p.str(", ...}")
}

func (p *printer) statfs(s *linux.Statfs) {
	p.str("{f_type=")
	if name, ok := magics[s.Type]; ok {
		p.str(name)
	} else {
		p.hex(uint64(s.Type))
	}
	p.number("f_bsize", uint64(s.Bsize))
	p.number("f_blocks", s.Blocks)
	p.number("f_bfree", s.Bfree)
	p.number("f_bavail", s.Bavail)
	p.number("f_files", s.Files)
	p.number("f_ffree", s.Ffree)
	p.str(", f_fsid={val=[")
	p.hex(uint64(uint32(s.Fsid[0])))
	p.str(", ")
	p.hex(uint64(uint32(s.Fsid[1])))
	p.str("]}")
	p.number("f_namelen", uint64(s.Namelen))
	p.number("f_frsize", uint64(s.Frsize))
	p.field("f_flags", linux.FlagNames(statfsFlags, uint64(s.Flags)))
	p.str("}")
}

// magics are the file systems that apps meet.
var magics = map[int64]string{
	linux.EXT4_SUPER_MAGIC:      "EXT2_SUPER_MAGIC",
	linux.TMPFS_MAGIC:           "TMPFS_MAGIC",
	linux.RAMFS_MAGIC:           "RAMFS_MAGIC",
	linux.PROC_SUPER_MAGIC:      "PROC_SUPER_MAGIC",
	linux.SYSFS_MAGIC:           "SYSFS_MAGIC",
	linux.DEVPTS_SUPER_MAGIC:    "DEVPTS_SUPER_MAGIC",
	linux.OVERLAYFS_SUPER_MAGIC: "OVERLAYFS_SUPER_MAGIC",
	linux.BTRFS_SUPER_MAGIC:     "BTRFS_SUPER_MAGIC",
	linux.XFS_SUPER_MAGIC:       "XFS_SUPER_MAGIC",
	linux.SQUASHFS_MAGIC:        "SQUASHFS_MAGIC",
	linux.CGROUP2_SUPER_MAGIC:   "CGROUP2_SUPER_MAGIC",
	linux.PIPEFS_MAGIC:          "PIPEFS_MAGIC",
	linux.SOCKFS_MAGIC:          "SOCKFS_MAGIC",
	linux.FUSE_SUPER_MAGIC:      "FUSE_SUPER_MAGIC",
	linux.NFS_SUPER_MAGIC:       "NFS_SUPER_MAGIC",
}

var statfsFlags = []linux.Flag{
	{Name: "ST_VALID", Value: linux.ST_VALID}, {Name: "ST_RDONLY", Value: linux.ST_RDONLY},
	{Name: "ST_NOSUID", Value: linux.ST_NOSUID}, {Name: "ST_NODEV", Value: linux.ST_NODEV},
	{Name: "ST_NOEXEC", Value: linux.ST_NOEXEC}, {Name: "ST_SYNCHRONOUS", Value: linux.ST_SYNCHRONOUS},
	{Name: "ST_MANDLOCK", Value: linux.ST_MANDLOCK}, {Name: "ST_NOATIME", Value: linux.ST_NOATIME},
	{Name: "ST_NODIRATIME", Value: linux.ST_NODIRATIME}, {Name: "ST_RELATIME", Value: linux.ST_RELATIME},
	{Name: "ST_NOSYMFOLLOW", Value: linux.ST_NOSYMFOLLOW},
}

func (p *printer) sigaction(s *linux.SigAction) {
	name := "sa_handler"
	if s.Flags&linux.SA_SIGINFO != 0 {
		name = "sa_sigaction"
	}
	p.str("{")
	p.str(name)
	p.str("=")
	switch s.Handler {
	case linux.SIG_DFL:
		p.str("SIG_DFL")
	case linux.SIG_IGN:
		p.str("SIG_IGN")
	default:
		p.hex(s.Handler)
	}
	p.field("sa_mask", s.Mask.String())
	p.field("sa_flags", linux.FlagNames(linux.SigactionFlags, s.Flags))
	if s.Flags&linux.SA_RESTORER != 0 {
		p.field("sa_restorer", "")
		p.pointer(s.Restorer)
	}
	p.str("}")
}

// limit prints one side of a resource limit.
func (p *printer) limit(v uint64, infinity string) {
	switch {
	case v == ^uint64(0):
		p.str(infinity)
	case v > 1024 && v%1024 == 0:
		p.uint(v / 1024)
		p.str("*1024")
	default:
		p.uint(v)
	}
}

func (p *printer) sockaddr(b []byte) {
	family, _ := linux.SockaddrFamily(b)
	p.str("{sa_family=")
	p.str(linux.ValueName(linux.AddressFamilies, uint64(family)))
	switch {
	case family == linux.AF_UNIX && len(b) > 2:
		p.str(", sun_path=")
		if b[2] == 0 && len(b) > 3 {
			p.str("@")
			p.quote(b[3:])
		} else {
			p.quote(cut(b[2:]))
		}
	case family == linux.AF_INET && len(b) >= linux.SizeofSockaddrIn:
		var a linux.SockaddrIn
		a.Decode(b)
		p.str(", sin_port=htons(")
		p.uint(uint64(a.Port))
		p.str(`), sin_addr=inet_addr("`)
		p.str(netip.AddrFrom4(a.Addr).String())
		p.str(`")`)
	case family == linux.AF_INET6 && len(b) >= linux.SizeofSockaddrIn6:
		var a linux.SockaddrIn6
		a.Decode(b)
		p.str(", sin6_port=htons(")
		p.uint(uint64(a.Port))
		p.str("), sin6_flowinfo=htonl(")
		p.uint(uint64(binary.BigEndian.Uint32(a.Flowinfo[:])))
		p.str(`), inet_pton(AF_INET6, "`)
		p.str(netip.AddrFrom16(a.Addr).String())
		p.str(`", &sin6_addr), sin6_scope_id=`)
		p.uint(uint64(a.ScopeID))
	case family == linux.AF_NETLINK && len(b) >= linux.SizeofSockaddrNl:
		var a linux.SockaddrNl
		a.Decode(b)
		p.number("nl_pid", uint64(a.Pid))
		p.str(", nl_groups=")
		p.b = fmt.Appendf(p.b, "%#08x", a.Groups)
	case len(b) > 2:
		p.str(", sa_data=")
		p.quote(b[2:min(len(b), 16)])
	}
	p.str("}")
}

func (p *printer) sysinfo(s *linux.Sysinfo) {
	p.str("{uptime=")
	p.int(s.Uptime)
	p.str(", loads=[")
	for i, l := range s.Loads {
		if i > 0 {
			p.str(", ")
		}
		p.uint(l)
	}
	p.str("]")
	p.number("totalram", s.Totalram)
	p.number("freeram", s.Freeram)
	p.number("sharedram", s.Sharedram)
	p.number("bufferram", s.Bufferram)
	p.number("totalswap", s.Totalswap)
	p.number("freeswap", s.Freeswap)
	p.number("procs", uint64(s.Procs))
	p.number("totalhigh", s.Totalhigh)
	p.number("freehigh", s.Freehigh)
	p.number("mem_unit", uint64(s.MemUnit))
	p.str("}")
}

// epoll prints one event with its data as number and as 64 bits.
func (p *printer) epoll(b []byte) {
	var v linux.EpollEvent
	v.Decode(b)
	p.str("{events=")
	p.str(linux.FlagNames(linux.EpollEvents, uint64(v.Events)))
	p.str(", data={u32=")
	p.uint(uint64(uint32(v.Data)))
	p.str(", u64=")
	p.uint(v.Data)
	p.str("}}")
}

// cut returns b up to its first NUL.
func cut(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
