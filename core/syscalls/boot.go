package syscalls

import (
	"fmt"
	"time"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// First says what the first process is.
type First struct {
	// Path is looked up in PATH of Env when it has no slash.
	Path    string
	Argv    []string
	Env     []string
	Workdir string
	Cred    *task.Cred
	Umask   uint32
	// Ignored are the signals that it begins to ignore, bit N-1 for N.
	Ignored uint64
	// Nice is the first thread's.
	Nice   int32
	Limits [16]linux.Rlimit
}

// StartError says why the first program does not run, with the exit status
// that a shell would give.
type StartError struct {
	Path   string
	Errno  linux.Errno
	What   string
	Status int
}

func (e *StartError) Error() string {
	return fmt.Sprintf("%s %s: %s", e.What, e.Path, e.Errno.Description())
}

// Attach gives the environment its platform and leader.
func (e *Env) Attach(p platform.Platform, l *leader.Leader) {
	e.Platform, e.Leader = p, l
	e.bootWall = time.Now().Unix() - l.Now()/1e9
	e.startTimers()
	e.startOOM()
}

// Boot makes the first process and runs its program, as the first handler.
func (e *Env) Boot(f *First) error {
	id := e.Tasks.NewID()
	t := &task.Thread{Tid: id, Cred: f.Cred, StartNs: e.Leader.Now(), Name: base(f.Path), Nice: f.Nice}
	p := &task.Process{Pid: id, ExitSignal: linux.SIGCHLD, Limits: f.Limits, StartNs: t.StartNs}
	var sr signalapi.NewGroupReply
	if x := e.Signal.NewGroup(&signalapi.NewGroupRequest{Group: id, Thread: id}, &sr); x != 0 {
		return fmt.Errorf("signal subsystem: new group: %s", x.Description())
	}
	for n := range int32(64) {
		if f.Ignored>>n&1 != 0 {
			var ar signalapi.ActionReply
			e.Signal.Action(&signalapi.ActionRequest{Group: id, Signo: n + 1, Set: true, Handler: linux.SIG_IGN}, &ar)
		}
	}
	t.Files = fdtable.New()
	e.Tasks.AddProcess(p, e.Tasks.Init, t)
	e.Tasks.SetSid(p)
	e.first = p
	c := e.newCall(t)

	root, x := c.bootDir("/")
	if x != 0 {
		return &StartError{"/", x, "open the root", 125}
	}
	t.FS = task.NewFSContext(root, root.Ref(), f.Umask)
	e.Tasks.Init.Leader.FS = task.NewFSContext(root.Ref(), root.Ref(), 0o022)
	cwd, x := c.bootDir(f.Workdir)
	if x != 0 {
		return &StartError{f.Workdir, x, "enter", 125}
	}
	c.unref(t.FS.Cwd)
	t.FS.Cwd = cwd
	for i := range uint32(3) {
		c.bootStream(i)
	}

	var last error
	for _, path := range e.candidates(f) {
		x := c.exec(&program{dir: linux.AT_FDCWD, name: path, fn: path, argv: f.Argv, envp: f.Env})
		if x == 0 {
			t.Platform.Resume(c.regs)
			return nil
		}
		if p.Exiting {
			return &StartError{path, x, "start", 126}
		}
		status := 126
		if x == linux.ENOENT || x == linux.ENOTDIR {
			status = 127
		}
		if last == nil || status == 126 {
			last = &StartError{path, x, "run", status}
		}
		if status == 126 && x != linux.EACCES {
			break
		}
	}
	return last
}

// candidates are the paths to try, as execvp would.
func (e *Env) candidates(f *First) []string {
	for _, r := range f.Path {
		if r == '/' {
			return []string{f.Path}
		}
	}
	dirs := "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
	for _, v := range f.Env {
		if len(v) > 5 && v[:5] == "PATH=" {
			dirs = v[5:]
		}
	}
	var out []string
	for len(dirs) > 0 {
		d := dirs
		if i := indexByte(dirs, ':'); i >= 0 {
			d, dirs = dirs[:i], dirs[i+1:]
		} else {
			dirs = ""
		}
		if d != "" {
			out = append(out, d+"/"+f.Path)
		}
	}
	return out
}

func indexByte(s string, b byte) int {
	for i := range len(s) {
		if s[i] == b {
			return i
		}
	}
	return -1
}

func (c *Call) bootDir(path string) (*fdtable.File, linux.Errno) {
	place := fsapi.Place{Path: path}
	if c.T.FS != nil {
		place.Root, place.Dir = c.T.FS.Root.Handle, c.T.FS.Root.Handle
	}
	k := c.T.Cred
	req := fsapi.ResolveRequest{Cred: fsapi.Cred{Uid: k.FSUID, Gid: k.FSGID, Groups: k.Groups, Caps: k.Effective},
		Place: place, Directory: true, Access: 1}
	var rep fsapi.ResolveReply
	e := c.FS.Resolve(&req, &rep)
	e = c.awaitFS(e, &rep.Wait, func() linux.Errno { return c.FS.Resolve(&req, &rep) })
	if e != 0 {
		return nil, e
	}
	f := fdtable.NewFile(fdtable.FS, rep.Handle, linux.O_PATH)
	f.Mode, f.Path, f.Node = rep.Mode, true, rep.Node
	return f, 0
}

// bootStream opens standard input, output or error. One that the host has
// closed stays closed.
func (c *Call) bootStream(n uint32) {
	var rep fsapi.OpenConsoleReply
	if e := c.FS.OpenConsole(&fsapi.OpenConsoleRequest{Number: n}, &rep); e != 0 {
		return
	}
	f := fdtable.NewFile(fdtable.FS, rep.Handle, rep.Flags)
	f.Mode, f.Node, f.Seekable, f.Pollable, f.Offset = rep.Mode, rep.Node, rep.Seekable, rep.Pollable, rep.Offset
	// Streams of one file are nearly always one description (2>&1), with one
	// position; the host does not tell.
	for other := range int32(n) {
		o, e := c.T.Files.Get(other)
		if e != 0 {
			continue
		}
		if o.Node == f.Node && o.Flags.Load() == f.Flags.Load() && o.Offset == f.Offset {
			c.unref(f)
			f = o
			break
		}
		c.unref(o)
	}
	c.T.Files.Replace(f, int32(n), 1<<20, false)
	c.bootTerminal(f)
}

// bootTerminal makes a stream that is a terminal the controlling one of the
// first program's session.
func (c *Call) bootTerminal(f *fdtable.File) {
	if f.Mode&linux.S_IFMT != linux.S_IFCHR || c.P.Group.Session.Terminal != nil {
		return
	}
	var rep fsapi.SetTerminalReply
	if c.FS.SetTerminal(&fsapi.SetTerminalRequest{Cred: c.Cred(), Handle: f.Handle}, &rep) != 0 {
		return // ENOTTY: another device
	}
	var at fsapi.GetattrReply
	if c.FS.Getattr(&fsapi.GetattrRequest{Handle: f.Handle}, &at) == 0 {
		f.Rdev = at.Attr.Rdev
	}
	c.setTerminal(f)
}

// TicketDone tells that the host's answer for a ticket of a subsystem is
// there. With the token only.
func (e *Env) TicketDone(owner fdtable.Owner, ticket uint64) { e.Ready.Done(uint8(owner), ticket) }

// SignalFirst sends the first process a signal from outside Adyton. With the
// token only.
func (e *Env) SignalFirst(signo int32) {
	if e.first != nil && !e.first.Zombie {
		e.send(e.first, nil, signalapi.Info{Signo: signo, Code: linux.SI_USER}, false)
	}
}

// UptimeNs is what CLOCK_MONOTONIC shows apps, in ns: /proc/uptime and the
// start times of processes count from the same instant.
func (e *Env) UptimeNs() int64 { return e.Leader.Now() }

// BootTime is that instant, in seconds since 1970.
func (e *Env) BootTime() int64 { return e.bootWall }

// CPUTime is what a process has used so far, in ns.
func (e *Env) CPUTime(p *task.Process) (user, system int64) { return e.shownCPU(p) }
