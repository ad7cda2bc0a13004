// Package procinfo answers what subsystems ask of the core: the facts behind
// /proc. It reads tasks and asks mm and signal; it changes nothing but what a
// program may set there. It is used with the leader's token.
package procinfo

import (
	"fmt"
	"math"
	"sort"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Service implements coreapi.Core.
type Service struct {
	// Env is the kernel; nil until it is put together, and nothing is known
	// then.
	Env *syscalls.Env
}

var _ coreapi.Core = (*Service)(nil)

// Processes implements coreapi.Core.
func (s *Service) Processes(_ *coreapi.ProcessesRequest, rep *coreapi.ProcessesReply) linux.Errno {
	if s.Env == nil {
		return 0
	}
	for _, p := range s.Env.Tasks.Processes() {
		rep.Pids = append(rep.Pids, p.Pid)
	}
	return 0
}

// find gives the process and the thread that a request names.
func (s *Service) find(pid, tid int32) (*task.Process, *task.Thread, linux.Errno) {
	if s.Env == nil {
		return nil, nil, linux.ESRCH
	}
	p := s.Env.Tasks.Process(pid)
	if p == nil {
		// /proc/TID works for any thread, though it is not listed.
		t := s.Env.Tasks.Thread(pid)
		if t == nil {
			return nil, nil, linux.ESRCH
		}
		p = t.Process
		if tid == 0 {
			return p, t, 0
		}
	}
	if tid == 0 || tid == p.Pid {
		return p, p.Leader, 0
	}
	t := p.Threads[tid]
	if t == nil {
		return nil, nil, linux.ESRCH
	}
	return p, t, 0
}

// Process implements coreapi.Core.
func (s *Service) Process(req *coreapi.ProcessRequest, rep *coreapi.ProcessReply) linux.Errno {
	p, t, e := s.find(req.Pid, req.Tid)
	if e != 0 {
		return e
	}
	for id := range p.Threads {
		rep.Tids = append(rep.Tids, id)
	}
	sort.Slice(rep.Tids, func(i, j int) bool { return rep.Tids[i] < rep.Tids[j] })
	rep.Euid, rep.Egid = t.Cred.EUID, t.Cred.EGID
	rep.Zombie = p.Zombie
	if p.Zombie {
		return 0
	}
	if t.FS != nil && !t.Exited {
		rep.Cwd, rep.Root = t.FS.Cwd.Handle, t.FS.Root.Handle
	}
	if p.Space != nil {
		rep.Dumpable = p.Space.Dumpable == 1
		if p.Space.Exe != nil {
			rep.Exe = p.Space.Exe.Handle
		}
	}
	return 0
}

// maxMemory is the most that one Memory moves, in bytes.
const maxMemory = 1 << 20

// Memory implements coreapi.Core.
func (s *Service) Memory(req *coreapi.MemoryRequest, rep *coreapi.MemoryReply) linux.Errno {
	p, _, e := s.find(req.Pid, 0)
	if e != 0 {
		return e
	}
	if p.Space == nil || p.Zombie {
		return 0 // end of file: mem_rw without an mm
	}
	n := 0
	if req.Count > 0 {
		had := len(rep.Data)
		rep.Data = append(rep.Data, make([]byte, min(req.Count, maxMemory))...)
		n = p.Space.Platform.Read(req.Addr, rep.Data[had:])
		rep.Data = rep.Data[:had+n]
	} else {
		n = p.Space.Platform.Write(req.Addr, req.Data[:min(len(req.Data), maxMemory)])
	}
	rep.Count = uint32(n)
	if n == 0 {
		return linux.EIO
	}
	return 0
}

// Descriptors implements coreapi.Core.
func (s *Service) Descriptors(req *coreapi.DescriptorsRequest, rep *coreapi.DescriptorsReply) linux.Errno {
	p, t, e := s.find(req.Pid, 0)
	if e != 0 {
		return e
	}
	if t.Exited {
		for _, x := range p.Threads {
			if !x.Exited {
				t = x
			}
		}
	}
	if t.Exited || t.Files == nil {
		return 0
	}
	t.Files.Each(func(fd int32, f *fdtable.File) {
		d := coreapi.Descriptor{Fd: fd, Name: f.Name, Flags: f.Flags.Load(), Offset: f.Offset}
		if on, _ := t.Files.Cloexec(fd); on {
			d.Flags |= linux.O_CLOEXEC
		}
		switch {
		case f.Owner == fdtable.FS:
			d.Handle = f.Handle
		case f.Owner == fdtable.IPC && d.Name == "":
			d.Name = s.ipcName(f)
		}
		rep.Descriptors = append(rep.Descriptors, d)
	})
	return 0
}

// ipcName is what readlink shows for a pipe or socket.
func (s *Service) ipcName(f *fdtable.File) string {
	var rep ipcapi.GetattrReply
	if s.Env.IPC.Getattr(&ipcapi.GetattrRequest{Handle: f.Handle}, &rep) != 0 {
		return ""
	}
	switch rep.Mode & linux.S_IFMT {
	case linux.S_IFIFO:
		return fmt.Sprintf("pipe:[%d]", rep.Ino)
	case linux.S_IFSOCK:
		return fmt.Sprintf("socket:[%d]", rep.Ino)
	}
	return ""
}

// Text implements coreapi.Core.
func (s *Service) Text(req *coreapi.TextRequest, rep *coreapi.TextReply) linux.Errno {
	if req.Pid == 0 {
		if s.Env == nil {
			return linux.ENOENT
		}
		if f := systemTexts[req.Name]; f != nil {
			rep.Data = f(s, rep.Data)
			return 0
		}
		if limit := s.keyLimit(req.Name); limit != nil {
			rep.Data = fmt.Appendf(rep.Data, "%d\n", *limit)
			return 0
		}
		var t ipcapi.TextReply
		e := s.Env.IPC.Text(&ipcapi.TextRequest{Name: req.Name}, &t)
		rep.Data = append(rep.Data, t.Data...)
		return e
	}
	p, t, e := s.find(req.Pid, req.Tid)
	if e != 0 {
		return e
	}
	f := taskTexts[req.Name]
	if f == nil {
		return linux.ENOENT
	}
	rep.Data, e = f(s, p, t, rep.Data)
	return e
}

// SetText implements coreapi.Core.
func (s *Service) SetText(req *coreapi.SetTextRequest, _ *coreapi.SetTextReply) linux.Errno {
	if req.Pid == 0 {
		return s.setSystem(req)
	}
	p, t, e := s.find(req.Pid, req.Tid)
	if e != 0 {
		return e
	}
	text := trimNewline(string(req.Data))
	switch req.Name {
	case "comm":
		if len(text) > 15 {
			text = text[:15]
		}
		t.Name = text
		return 0
	case "timerslack_ns":
		n, ok := atoi(text)
		if !ok || n < 0 {
			return linux.EINVAL
		}
		if n == 0 {
			n = t.DefaultSlackNs
		}
		t.TimerSlackNs = n
		return 0
	case "oom_score_adj":
		n, ok := atoi(text)
		if !ok || n < -1000 || n > 1000 {
			return linux.EINVAL
		}
		if n < int64(p.OomScoreAdj) && req.Caps>>linux.CAP_SYS_RESOURCE&1 == 0 {
			return linux.EACCES
		}
		p.OomScoreAdj = int32(n)
		return 0
	}
	return linux.EACCES
}

func (s *Service) setSystem(req *coreapi.SetTextRequest) linux.Errno {
	if s.Env != nil {
		var rep ipcapi.SetTextReply
		if e := s.Env.IPC.SetText(&ipcapi.SetTextRequest{Name: req.Name, Data: req.Data}, &rep); e != linux.ENOENT {
			return e
		}
	}
	if limit := s.keyLimit(req.Name); limit != nil {
		n, ok := atoi(trimNewline(string(req.Data)))
		if !ok || n < 0 || n > math.MaxInt32 {
			return linux.EINVAL
		}
		*limit = int(n)
		return 0
	}
	if req.Name != "kmsg" && req.Caps>>linux.CAP_SYS_ADMIN&1 == 0 {
		return linux.EPERM
	}
	text := trimNewline(string(req.Data))
	switch req.Name {
	case "kmsg":
		return s.Env.WriteLog(req.Data)
	case "sys/kernel/hostname":
		s.Env.Config.Hostname = text
		return 0
	case "sys/kernel/domainname":
		s.Env.Config.Domainname = text
		return 0
	}
	return linux.EACCES
}

// keyLimit finds a limit of the key service by its file.
func (s *Service) keyLimit(name string) *int {
	if s.Env == nil {
		return nil
	}
	l := &s.Env.Keys.Limits
	return map[string]*int{
		"sys/kernel/keys/maxkeys": &l.MaxKeys, "sys/kernel/keys/maxbytes": &l.MaxBytes,
		"sys/kernel/keys/root_maxkeys": &l.RootMaxKeys, "sys/kernel/keys/root_maxbytes": &l.RootMaxBytes,
		"sys/kernel/keys/gc_delay": &l.GCDelay,
	}[name]
}

func trimNewline(s string) string {
	for len(s) > 0 && s[len(s)-1] == '\n' {
		s = s[:len(s)-1]
	}
	return s
}

func atoi(s string) (int64, bool) {
	neg := false
	if len(s) > 0 && s[0] == '-' {
		neg, s = true, s[1:]
	}
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	n := int64(0)
	for _, r := range []byte(s) {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int64(r-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}
