package procinfo

import (
	"fmt"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// taskTexts are the files of /proc/PID and /proc/PID/task/TID that the core
// writes: fs/proc of Linux says how.
var taskTexts = map[string]func(*Service, *task.Process, *task.Thread, []byte) ([]byte, linux.Errno){
	"cmdline": func(s *Service, p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		if p == s.Env.Tasks.Init {
			return append(b, "init\x00"...), 0
		}
		return s.memory(p, b, func(m *task.Space) (uint64, uint64) { return m.ArgStart, m.ArgEnd })
	},
	"environ": func(s *Service, p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		return s.memory(p, b, func(m *task.Space) (uint64, uint64) { return m.EnvStart, m.EnvEnd })
	},
	"auxv": func(_ *Service, p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		if p.Space == nil || p.Zombie {
			return b, 0
		}
		return append(b, p.Space.Auxv...), 0
	},
	"comm": func(_ *Service, _ *task.Process, t *task.Thread, b []byte) ([]byte, linux.Errno) {
		return append(append(b, t.Name...), '\n'), 0
	},
	"stat":   (*Service).stat,
	"status": (*Service).status,
	"statm":  (*Service).statm,
	"limits": (*Service).limits,
	"maps":   (*Service).maps,
	"smaps":  (*Service).smaps,
	"io":     (*Service).io,

	"smaps_rollup": (*Service).smapsRollup,
	"oom_score_adj": func(_ *Service, p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		return fmt.Appendf(b, "%d\n", p.OomScoreAdj), 0
	},
	"oom_score": func(_ *Service, p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		return fmt.Appendf(b, "%d\n", max(0, 666+p.OomScoreAdj*2/3)), 0
	},
	"wchan":       fixed("0"),
	"loginuid":    fixed("4294967295"),
	"sessionid":   fixed("4294967295"),
	"cgroup":      fixed("0::/\n"),
	"personality": fixed("00000000\n"),
	"timerslack_ns": func(_ *Service, _ *task.Process, t *task.Thread, b []byte) ([]byte, linux.Errno) {
		return fmt.Appendf(b, "%d\n", syscalls.TimerSlack(t)), 0
	},
	"schedstat": fixed("0 0 0\n"),
	"uid_map":   fixed("         0          0 4294967295\n"),
	"gid_map":   fixed("         0          0 4294967295\n"),
	"setgroups": fixed("allow\n"),
	"children": func(_ *Service, p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		for pid := range p.Children {
			b = fmt.Appendf(b, "%d ", pid)
		}
		return b, 0
	},
}

func fixed(text string) func(*Service, *task.Process, *task.Thread, []byte) ([]byte, linux.Errno) {
	return func(_ *Service, _ *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
		return append(b, text...), 0
	}
}

// memory reads a span of a process's memory.
func (s *Service) memory(p *task.Process, b []byte, span func(*task.Space) (uint64, uint64)) ([]byte, linux.Errno) {
	if p.Space == nil || p.Zombie {
		return b, 0
	}
	lo, hi := span(p.Space)
	if hi <= lo || hi-lo > 8<<20 {
		return b, 0
	}
	n := len(b)
	b = append(b, make([]byte, hi-lo)...)
	return b[:n+p.Space.Platform.Read(lo, b[n:])], 0
}

// state is the letter that ps shows.
func state(p *task.Process, t *task.Thread) (byte, string) {
	switch {
	case p.Zombie || t.Exited:
		return 'Z', "Z (zombie)"
	case p.Stopped:
		return 'T', "T (stopped)"
	case p.Space == nil, t.Sleep.Sleeping(), t.Platform != nil && t.Platform.Waiting():
		return 'S', "S (sleeping)"
	}
	return 'R', "R (running)"
}

func ppid(p *task.Process) int32 {
	if p.Parent == nil {
		return 0
	}
	return p.Parent.Pid
}

func (s *Service) usage(p *task.Process) mmapi.UsageReply {
	var rep mmapi.UsageReply
	if p.Space != nil && !p.Zombie {
		s.Env.MM.Usage(&mmapi.UsageRequest{Space: p.Space.MM}, &rep)
	}
	return rep
}

func (s *Service) signals(p *task.Process, t *task.Thread) signalapi.InfoReply {
	var rep signalapi.InfoReply
	s.Env.Signal.Info(&signalapi.InfoRequest{Group: p.Pid, Thread: t.Tid}, &rep)
	return rep
}

// io counts reads and writes: do_io_accounting. What reaches a disk is the
// host's to know.
func (s *Service) io(p *task.Process, t *task.Thread, b []byte) ([]byte, linux.Errno) {
	n := t.IO // of one thread, in /proc/PID/task/TID
	if t == p.Leader {
		n = p.AllIO()
	}
	return fmt.Appendf(b, "rchar: %d\nwchar: %d\nsyscr: %d\nsyscw: %d\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
		n.ReadBytes, n.WrittenBytes, n.Reads, n.Writes), 0
}

const ticksPerSecond = 100

func ticks(ns int64) int64 { return ns / (1e9 / ticksPerSecond) }

func (s *Service) stat(p *task.Process, t *task.Thread, b []byte) ([]byte, linux.Errno) {
	letter, _ := state(p, t)
	u, sig := s.usage(p), s.signals(p, t)
	tty, tpgid := s.terminal(p)
	user, system := s.Env.CPUTime(p)
	var start, end, stack uint64
	var args [4]uint64
	if m := p.Space; m != nil && !p.Zombie {
		start, end, stack = m.StartCode, m.EndCode, m.StartStack
		args = [4]uint64{m.ArgStart, m.ArgEnd, m.EnvStart, m.EnvEnd}
	}
	rss := s.rss(p)
	b = fmt.Appendf(b, "%d (%s) %c %d %d %d %d %d %d 0 0 0 0 %d %d %d %d %d %d %d 0 %d %d %d %d %d %d %d 0 0 %d %d %d %d 0 0 0 %d 0 %d %d 0 0 0 %d %d %d %d %d %d %d %d\n",
		t.Tid, t.Name, letter, ppid(p), p.Group.Pgid, p.Group.Session.Sid, tty, tpgid, 0x400000,
		ticks(user), ticks(system), ticks(p.ChildUserNs), ticks(p.ChildSystemNs), 20+t.Nice, t.Nice, max(1, p.Live()),
		ticks(t.StartNs), u.Total, rss/4096, p.Limits[linux.RLIMIT_RSS].Cur, start, end, stack,
		sig.Pending&0x7fffffff, sig.Blocked&0x7fffffff, sig.Ignored&0x7fffffff, sig.Caught&0x7fffffff,
		17, t.RTPrio, t.Policy, u.BrkStart, u.BrkStart, u.BrkStart, args[0], args[1], args[2], args[3], p.Status)
	return b, 0
}

// terminal gives the number of the controlling terminal and its foreground
// group, as stat shows them.
func (s *Service) terminal(p *task.Process) (nr int32, fg int32) {
	f := p.Group.Session.Terminal
	if f == nil {
		return 0, -1
	}
	return int32(f.Rdev), -1
}

func (s *Service) rss(p *task.Process) uint64 {
	if p.Space == nil || p.Zombie {
		return 0
	}
	all, _ := p.Space.Platform.Resident()
	return all
}

func (s *Service) statm(p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
	u := s.usage(p)
	var rss, anon uint64
	if p.Space != nil && !p.Zombie {
		rss, anon = p.Space.Platform.Resident()
	}
	return fmt.Appendf(b, "%d %d %d %d 0 %d 0\n", u.Total/4096, rss/4096, (rss-anon)/4096, u.Text/4096, (u.Data+u.Stack)/4096), 0
}

func (s *Service) status(p *task.Process, t *task.Thread, b []byte) ([]byte, linux.Errno) {
	_, word := state(p, t)
	k := t.Cred
	umask := uint32(0)
	fdSize := 64
	if t.FS != nil {
		umask = t.FS.Umask
	}
	b = fmt.Appendf(b, "Name:\t%s\n", t.Name)
	if !t.Exited {
		b = fmt.Appendf(b, "Umask:\t%04o\n", umask)
	}
	b = fmt.Appendf(b, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", word, p.Pid, t.Tid, ppid(p))
	b = fmt.Appendf(b, "Uid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\nFDSize:\t%d\nGroups:\t", k.UID, k.EUID, k.SUID, k.FSUID,
		k.GID, k.EGID, k.SGID, k.FSGID, fdSize)
	for _, g := range k.Groups {
		b = fmt.Appendf(b, "%d ", g)
	}
	b = fmt.Appendf(b, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", p.Pid, t.Tid, p.Group.Pgid, p.Group.Session.Sid)
	if p.Space != nil && !p.Zombie {
		u := s.usage(p)
		rss, anon := p.Space.Platform.Resident()
		peak := max(rss, p.Space.Platform.PeakBytes())
		b = fmt.Appendf(b, "VmPeak:\t%8d kB\nVmSize:\t%8d kB\nVmLck:\t%8d kB\nVmPin:\t%8d kB\nVmHWM:\t%8d kB\nVmRSS:\t%8d kB\nRssAnon:\t%8d kB\nRssFile:\t%8d kB\nRssShmem:\t%8d kB\nVmData:\t%8d kB\nVmStk:\t%8d kB\nVmExe:\t%8d kB\nVmLib:\t%8d kB\nVmPTE:\t%8d kB\nVmSwap:\t%8d kB\n",
			u.Total/1024, u.Total/1024, u.Locked/1024, 0, peak/1024, rss/1024, anon/1024, (rss-anon)/1024, 0, u.Data/1024, u.Stack/1024, u.Text/1024, 0, 0, 0)
	}
	sig := s.signals(p, t)
	nnp := 0
	if p.NoNewPrivs {
		nnp = 1
	}
	b = fmt.Appendf(b, "Threads:\t%d\nSigQ:\t%d/%d\nSigPnd:\t%016x\nShdPnd:\t%016x\nSigBlk:\t%016x\nSigIgn:\t%016x\nSigCgt:\t%016x\n",
		max(1, p.Live()), sig.Queued, p.Limits[linux.RLIMIT_SIGPENDING].Cur, sig.Pending, sig.SharedPending, sig.Blocked, sig.Ignored, sig.Caught)
	cpus := max(1, s.Env.Config.CPUs)
	b = fmt.Appendf(b, "CapInh:\t%016x\nCapPrm:\t%016x\nCapEff:\t%016x\nCapBnd:\t%016x\nCapAmb:\t%016x\nNoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%d\n",
		k.Inheritable, k.Permitted, k.Effective, k.Bounding, k.Ambient, nnp, t.SeccompMode, t.Seccomp.Depth())
	b = fmt.Appendf(b, "Cpus_allowed:\t%x\nCpus_allowed_list:\t0-%d\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t0\n",
		uint64(1)<<cpus-1, cpus-1, t.Waits)
	return b, 0
}

var limitNames = [...]struct{ name, unit string }{
	linux.RLIMIT_CPU: {"Max cpu time", "seconds"}, linux.RLIMIT_FSIZE: {"Max file size", "bytes"},
	linux.RLIMIT_DATA: {"Max data size", "bytes"}, linux.RLIMIT_STACK: {"Max stack size", "bytes"},
	linux.RLIMIT_CORE: {"Max core file size", "bytes"}, linux.RLIMIT_RSS: {"Max resident set", "bytes"},
	linux.RLIMIT_NPROC: {"Max processes", "processes"}, linux.RLIMIT_NOFILE: {"Max open files", "files"},
	linux.RLIMIT_MEMLOCK: {"Max locked memory", "bytes"}, linux.RLIMIT_AS: {"Max address space", "bytes"},
	linux.RLIMIT_LOCKS: {"Max file locks", "locks"}, linux.RLIMIT_SIGPENDING: {"Max pending signals", "signals"},
	linux.RLIMIT_MSGQUEUE: {"Max msgqueue size", "bytes"}, linux.RLIMIT_NICE: {"Max nice priority", ""},
	linux.RLIMIT_RTPRIO: {"Max realtime priority", ""}, linux.RLIMIT_RTTIME: {"Max realtime timeout", "us"},
}

func (s *Service) limits(p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
	value := func(v uint64) string {
		if v == linux.RLIM_INFINITY {
			return "unlimited"
		}
		return fmt.Sprint(v)
	}
	b = fmt.Appendf(b, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units")
	for i, l := range limitNames {
		b = fmt.Appendf(b, "%-25s %-20s %-20s %-10s\n", l.name, value(p.Limits[i].Cur), value(p.Limits[i].Max), l.unit)
	}
	return b, 0
}

// area writes the line of an area as maps shows it.
func (s *Service) area(p *task.Process, a *mmapi.Area, b []byte) []byte {
	perm := []byte("---p")
	for i, c := range "rwx" {
		if a.Prot>>i&1 != 0 {
			perm[i] = byte(c)
		}
	}
	if a.Flags&linux.MAP_TYPE != linux.MAP_PRIVATE {
		perm[3] = 's'
	}
	name, dev, ino := "", uint64(0), uint64(0)
	switch a.Kind {
	case mmapi.AreaKindHeap:
		name = "[heap]"
	case mmapi.AreaKindStack:
		name = "[stack]"
	case mmapi.AreaKindVdso:
		name = "[vdso]"
	}
	if m := p.Space.Files[a.File]; m != nil && m.File != nil {
		var at fsapi.GetattrReply
		if s.Env.FS.Getattr(&fsapi.GetattrRequest{Handle: m.File.Handle}, &at) == 0 {
			dev, ino = at.Attr.Dev, at.Attr.Ino
		}
		if name = m.Name; name == "" {
			name = s.path(p, m.File.Handle)
		}
		if m.Segment != nil {
			ino = uint64(m.Segment.ID)
		}
	}
	off := a.FileOffset
	if a.File == 0 {
		off = 0
	}
	n := len(b)
	b = fmt.Appendf(b, "%08x-%08x %s %08x %02x:%02x %d", a.Addr, a.Addr+a.Length, perm, off, linux.Major(dev), linux.Minor(dev), ino)
	if name != "" {
		for len(b)-n < 73 {
			b = append(b, ' ')
		}
		b = append(b, strings.ReplaceAll(name, "\n", "\\012")...)
	} else {
		b = append(b, ' ')
	}
	return append(b, '\n')
}

func (s *Service) path(p *task.Process, handle uint64) string {
	q := fsapi.PathOfRequest{Handle: handle}
	if p.Leader.FS != nil {
		q.Root = p.Leader.FS.Root.Handle
	}
	var rep fsapi.PathOfReply
	if e := s.Env.FS.PathOf(&q, &rep); e != 0 && rep.Path == "" {
		return ""
	}
	if rep.Deleted && !strings.HasSuffix(rep.Path, " (deleted)") {
		return rep.Path + " (deleted)"
	}
	return rep.Path
}

func (s *Service) areas(p *task.Process) []mmapi.Area {
	if p.Space == nil || p.Zombie {
		return nil
	}
	var rep mmapi.AreasReply
	s.Env.MM.Areas(&mmapi.AreasRequest{Space: p.Space.MM}, &rep)
	return rep.Areas
}

func (s *Service) maps(p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
	list := s.areas(p)
	for i := range list {
		b = s.area(p, &list[i], b)
	}
	return b, 0
}
