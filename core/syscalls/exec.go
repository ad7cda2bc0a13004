package syscalls

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"strings"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/loader"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var execRows = []Row{
	{"execve", Core, args(path("pathname"), kind("argv", strace.Strings), ptr("envp")), sysExecve},
	{"execveat", Core, args(dirfd("dirfd"), path("pathname"), kind("argv", strace.Strings), ptr("envp"), flags("flags", linux.AtFlags)), sysExecveat},
}

func sysExecve(c *Call) (int64, linux.Errno) {
	p, e := c.Path(0)
	if e != 0 {
		return 0, e
	}
	return c.execve(linux.AT_FDCWD, p, c.Args[1], c.Args[2], 0)
}

func sysExecveat(c *Call) (int64, linux.Errno) {
	fl := c.Uint(4)
	if fl&^(linux.AT_EMPTY_PATH|linux.AT_SYMLINK_NOFOLLOW) != 0 {
		return 0, linux.EINVAL
	}
	p, e := c.Path(1)
	if e != 0 {
		return 0, e
	}
	return c.execve(c.Int(0), p, c.Args[2], c.Args[3], fl)
}

func (c *Call) execve(dir int32, name string, argvAddr, envpAddr uint64, fl uint32) (int64, linux.Errno) {
	x := program{dir: dir, name: name, fn: name, flags: fl, lists: [2]uint64{argvAddr, envpAddr}}
	if dir != linux.AT_FDCWD && !strings.HasPrefix(name, "/") {
		x.fn = "/dev/fd/" + itoa(int64(dir))
		if name != "" {
			x.fn += "/" + name
		}
		x.hidden, _ = c.T.Files.Cloexec(dir)
	}
	return 0, c.exec(&x)
}

// lists reads the arguments and the environment from where the app has them.
func (c *Call) lists(x *program) (e linux.Errno) {
	if x.argv, e = c.strings(x.lists[0]); e != 0 {
		return e
	}
	x.envp, e = c.strings(x.lists[1])
	return e
}

// strings reads a NULL-terminated array of strings. Errors: EFAULT, E2BIG.
func (c *Call) strings(addr uint64) ([]string, linux.Errno) {
	var out []string
	if addr == 0 {
		return nil, 0 // Linux takes NULL for an empty list
	}
	var b [512]byte
	near := window{c: c}
	for total := 0; ; {
		n := min(len(b), pageSize-int(addr%pageSize))
		n -= n % 8
		if n == 0 {
			n = 8
		}
		m := c.P.Space.Platform.Read(addr, b[:n])
		if m < 8 {
			return nil, linux.EFAULT
		}
		for i := 0; i+8 <= m; i += 8 {
			p := binary.LittleEndian.Uint64(b[i:])
			if p == 0 {
				return out, 0
			}
			s, ok := near.string(p)
			if !ok {
				var e linux.Errno
				if s, e = c.String(p, loader.MaxArgStrlen, linux.E2BIG); e != 0 {
					return nil, e
				}
			}
			if total += len(s) + 9; total > 8<<20 {
				return nil, linux.E2BIG
			}
			out = append(out, s)
		}
		addr += uint64(m - m%8)
	}
}

// window holds what app memory had from addr on when it was read: the strings
// of a list mostly lie side by side, and each read is a call of the host.
type window struct {
	c    *Call
	addr uint64
	b    []byte
	buf  [2 * pageSize]byte
}

// string gives the string at p, if a page or two from there hold it.
func (w *window) string(p uint64) (string, bool) {
	if s, ok := w.find(p); ok {
		return s, true
	}
	w.addr = p
	w.b = w.buf[:w.c.P.Space.Platform.Read(p, w.buf[:2*pageSize-p%pageSize])]
	return w.find(p)
}

func (w *window) find(p uint64) (string, bool) {
	if p < w.addr || p-w.addr >= uint64(len(w.b)) {
		return "", false
	}
	b := w.b[p-w.addr:]
	i := bytes.IndexByte(b, 0)
	if i < 0 {
		return "", false
	}
	return string(b[:i]), true
}

// program is an execve under way.
type program struct {
	dir        int32
	name, fn   string
	argv, envp []string
	// lists are the addresses of both in the app; 0 and 0 when they are known.
	lists [2]uint64
	flags uint32
	// hidden: fn names a descriptor that the exec closes, so that an interpreter
	// could not open it.
	hidden bool

	file   *fdtable.File // what is executed, scripts resolved
	open   fsapi.OpenReply
	image  *loader.Image
	ifile  *fdtable.File // its interpreter
	interp *loader.Image
	comm   string
}

// exec replaces the caller's program: fs/exec.c. It fails with the old program
// intact, or ends the process by SIGKILL when the new one cannot be mapped.
func (c *Call) exec(x *program) linux.Errno {
	defer func() {
		if x.file != nil {
			c.unref(x.file)
		}
		if x.ifile != nil {
			c.unref(x.ifile)
		}
	}()
	stack := c.P.Limits[linux.RLIMIT_STACK].Cur
	if e := c.openProgram(x, x.dir, x.name, x.flags); e != 0 {
		return e
	}
	if x.lists != [2]uint64{} {
		// Only now: do_execveat_common opens the file before it counts.
		if e := c.lists(x); e != 0 {
			return e
		}
	}
	if e := loader.CheckArgs(x.fn, x.argv, x.envp, stack); e != 0 {
		return e
	}
	x.comm = base(x.name)
	if x.flags&linux.AT_EMPTY_PATH != 0 && x.name == "" {
		x.comm = base(x.fn)
	}
	if e := c.resolveProgram(x); e != 0 {
		return e
	}
	// The point of no return: the other threads go.
	if e := c.aloneNow(); e != 0 {
		return e
	}
	if e := c.becomeProgram(x, stack); e != 0 {
		if c.P.Exiting {
			return e // ended from outside meanwhile, with a status of its own
		}
		c.P.Exiting = true
		c.P.Status = int32(linux.SIGSEGV) // whatever the error: bprm_execve
		if e == linux.EAGAIN {
			c.P.Status = int32(linux.SIGKILL) // the host gave no process
		}
		return e
	}
	return 0
}

// openProgram opens the file to execute.
func (c *Call) openProgram(x *program, dir int32, name string, fl uint32) linux.Errno {
	if name == "" && fl&linux.AT_EMPTY_PATH == 0 {
		return linux.ENOENT
	}
	var place fsapi.Place
	done := nothing
	var e linux.Errno
	if name == "" {
		f, e := c.T.Files.Get(dir)
		if e != 0 {
			return e
		}
		defer c.unref(f)
		if f.Owner != fdtable.FS {
			return linux.EACCES
		}
		place = fsapi.Place{Root: c.T.FS.Root.Handle, Dir: f.Handle}
		return c.openExec(x, place, linux.O_RDONLY|linux.AT_EMPTY_PATH<<16)
	}
	place, done, e = c.placeAt(dir, name)
	if e != 0 {
		return e
	}
	defer done()
	of := uint32(linux.O_RDONLY)
	if fl&linux.AT_SYMLINK_NOFOLLOW != 0 {
		of |= linux.O_NOFOLLOW
	}
	return c.openExec(x, place, of)
}

func (c *Call) openExec(x *program, place fsapi.Place, of uint32) linux.Errno {
	if place.Path == "" {
		// An open descriptor: /proc/self/fd serves Linux too.
		req, rep := fsapi.ReopenRequest{Cred: c.Cred(), Handle: place.Dir, Flags: linux.O_RDONLY}, fsapi.ReopenReply{}
		if e := change(c, c.FS.Reopen, &req, &rep, &rep.Wait, &rep.Ready); e != 0 {
			return e
		}
		if rep.Mode&linux.S_IFMT != linux.S_IFREG || rep.Mode&0o111 == 0 {
			c.unref(fdtable.NewFile(fdtable.FS, rep.Handle, 0))
			return linux.EACCES
		}
		x.open = fsapi.OpenReply{Handle: rep.Handle, Mode: rep.Mode, Node: rep.Node, Seekable: true}
	} else {
		req := fsapi.OpenRequest{Cred: c.Cred(), Place: place, Flags: of, Exec: true}
		x.open = fsapi.OpenReply{}
		if e := change(c, c.FS.Open, &req, &x.open, &x.open.Wait, &x.open.Ready); e != 0 {
			return e
		}
	}
	f := fdtable.NewFile(fdtable.FS, x.open.Handle, linux.O_RDONLY)
	f.Mode, f.Node, f.Seekable = x.open.Mode, x.open.Node, true
	if f.Mode&linux.S_IFMT != linux.S_IFREG {
		c.unref(f)
		return linux.EACCES
	}
	if x.file != nil {
		c.unref(x.file)
	}
	x.file = f
	return 0
}

// readAt reads n bytes of a program; fewer is the end of the file.
func (c *Call) readAt(f *fdtable.File, off int64, n int) ([]byte, linux.Errno) {
	buf := make([]byte, 0, n)
	for len(buf) < n {
		d, e := c.read(f, off+int64(len(buf)), buf, n-len(buf), 0)
		if e != 0 {
			return nil, e
		}
		if len(d) == len(buf) {
			break
		}
		buf = d
	}
	return buf, 0
}

// resolveProgram follows "#!" lines and parses the ELF file and interpreter.
func (c *Call) resolveProgram(x *program) linux.Errno {
	script := x.fn
	for depth := 0; ; depth++ {
		if depth > 5 { // fs/exec.c, exec_binprm
			return linux.ELOOP
		}
		head, e := c.readAt(x.file, 0, loader.HeadSize)
		if e != 0 {
			return e
		}
		if len(head) < 2 || head[0] != '#' || head[1] != '!' {
			if e := c.parse(x.file, head, &x.image, loader.Parse); e != 0 {
				return e
			}
			break
		}
		interp, arg, hasArg, e := loader.ParseScript(head)
		if e != 0 {
			return e
		}
		if x.hidden {
			return linux.ENOENT // load_script
		}
		list := []string{interp}
		if hasArg {
			list = append(list, arg)
		}
		list = append(list, script)
		if len(x.argv) > 0 {
			list = append(list, x.argv[1:]...)
		}
		x.argv = list
		if e := c.openProgram(x, linux.AT_FDCWD, interp, 0); e != 0 {
			return e
		}
		script = interp
		if e := loader.CheckArgs(x.fn, x.argv, x.envp, c.P.Limits[linux.RLIMIT_STACK].Cur); e != 0 {
			return e
		}
	}
	if !x.image.HasInterp {
		return 0
	}
	prog, rep := x.file, x.open
	x.file = nil
	e := c.openProgram(x, linux.AT_FDCWD, x.image.Interp, 0)
	x.ifile, x.file, x.open = x.file, prog, rep
	if e != 0 {
		return e
	}
	head, e := c.readAt(x.ifile, 0, loader.HeadSize)
	if e != 0 {
		return e
	}
	return c.parse(x.ifile, head, &x.interp, loader.ParseInterp)
}

func (c *Call) parse(f *fdtable.File, head []byte, img **loader.Image, parse func([]byte, int64) (*loader.Image, linux.Errno)) linux.Errno {
	var rep fsapi.GetattrReply
	if e := c.FS.Getattr(&fsapi.GetattrRequest{Cred: c.Cred(), Handle: f.Handle}, &rep); e != 0 {
		return e
	}
	i, e := parse(head, rep.Attr.Size)
	if e != 0 {
		return e
	}
	for off, n := i.Need(); n > 0; off, n = i.Need() {
		b, e := c.readAt(f, off, n)
		if e != 0 {
			return e
		}
		if e := i.Feed(b); e != 0 {
			return e
		}
	}
	*img = i
	return 0
}

// aloneNow ends the other threads of the process and waits for that.
func (c *Call) aloneNow() linux.Errno {
	c.endOthers()
	for c.P.Live() > 1 {
		c.P.ThreadGone.Wait(&c.T.Sleep, 0, false)
		if c.T.Sleep.Dying() || c.P.Exiting {
			return linux.EAGAIN
		}
	}
	return 0
}

// becomeProgram makes the new address space and all that execve changes.
func (c *Call) becomeProgram(x *program, rlimit uint64) linux.Errno {
	t, p := c.T, c.P
	cred, secure := c.execCred(x)
	old := p.Space

	// Random bits for the stack, the program, the mmap area and AT_RANDOM.
	var seed [48]byte
	rand.Read(seed[:])
	if t.Personality&linux.ADDR_NO_RANDOMIZE != 0 {
		clear(seed[:16]) // AT_RANDOM stays random
	}
	bias, fixed, e := x.image.LoadBias(uint64(binary.LittleEndian.Uint16(seed[0:])) << 4)
	if e != 0 {
		return e
	}

	if old != nil {
		c.releaseFutexes()
		if t.ClearTid != 0 && old.Users() > 1 {
			// mm_release: others of the space see that it was left.
			c.CopyOut(t.ClearTid, make([]byte, 4))
			c.wakeFutex(t.ClearTid, 1)
		}
	}
	c.sealCPU(p)
	pt, ps := t.Platform, platform.Space(nil)
	if old != nil && old.Users() == 1 && t.Vforker == nil && cred == t.Cred {
		ps = old.Platform
		if e := ps.Clear(pt); e != 0 {
			return e
		}
	} else {
		var err error
		ps, pt, err = c.Platform.NewSpace(cred.Key())
		if err != nil {
			c.operator("execve of %s: %v", x.fn, err)
			return linux.EAGAIN
		}
		c.leaveThread(old)
		t.Platform = pt
		c.beginCPU(t)
	}
	// Another handler may have run meanwhile: was this thread told to go?
	if p.Exiting || t.Sleep.Dying() {
		return linux.EAGAIN
	}

	low, high := ps.Limits()
	stackTop := high - uint64(binary.LittleEndian.Uint16(seed[2:]))%1024*pageSize - pageSize
	gap := min(max(rlimit, 128<<20), (high-low)/6*5)
	mmapTop := (stackTop - gap - 1<<20 - uint64(binary.LittleEndian.Uint32(seed[4:]))%(1<<16)*pageSize) &^ (pageSize - 1)
	nq := mmapi.NewSpaceRequest{Low: low, High: high, MmapTop: mmapTop, Limits: limitsOf(c.P)}
	jumps := jumpRanges(x.image, bias, fixed, mmapTop)
	for _, j := range jumps {
		nq.Reserved = append(nq.Reserved, mmapi.Range{Addr: j.Addr, Length: j.Length})
	}
	var nr mmapi.NewSpaceReply
	if e := c.MM.NewSpace(&nq, &nr); e != 0 {
		return e
	}
	s := task.NewSpace(nr.Space, ps)
	if old != nil {
		s.Tainted = old.Tainted && ps == old.Platform
		s.Inherit(old)
		c.leaveSpace(old)
	}
	p.Space = s
	c.ownCPU(p, s)
	s.Exe = x.file.Ref()
	pt.SetOwner(t)
	ps.Jumps(jumps)

	m := mapper{c: c, s: s}
	if !fixed {
		if bias, e = m.place(x.image); e != 0 {
			return e
		}
	}
	if e := m.image(x.file, x.image, bias); e != 0 {
		return e
	}
	entry, e := x.image.Start(bias)
	if e != 0 {
		return e
	}
	start, ibias := entry, uint64(0)
	if x.interp != nil {
		if ibias, _, e = x.interp.LoadBias(0); e == 0 && x.interp.Dyn {
			ibias, e = m.place(x.interp)
		}
		if e != 0 {
			return e
		}
		if e := m.image(x.ifile, x.interp, ibias); e != 0 {
			return e
		}
		if start, e = x.interp.Start(ibias); e != 0 {
			return e
		}
	}
	brk := x.image.Brk(bias, true, uint64(binary.LittleEndian.Uint32(seed[12:]))%(1<<18))
	var br mmapi.BrkReply
	if e := c.MM.Brk(&mmapi.BrkRequest{Space: s.MM, Start: brk, Addr: brk}, &br); e != 0 {
		return e
	}
	m.ops = append(m.ops, br.Ops...)

	aux := loader.AuxSpec{MinSigStack: uint64(c.Platform.XStateSize()) + 1024, HWCap: c.Config.HWCap, HWCap2: c.Config.HWCap2,
		Phdr: x.image.PhdrVaddr + bias, PhNum: x.image.PhNum, Base: ibias, Entry: entry,
		UID: cred.UID, EUID: cred.EUID, GID: cred.GID, EGID: cred.EGID, Secure: secure}
	if aux.VDSO, e = m.vdso(); e != 0 {
		return e
	}
	spec := loader.StackSpec{Top: stackTop, Argv: x.argv, Envp: x.envp, ExecFn: x.fn, Auxv: loader.Auxv(aux),
		Shift: uint64(binary.LittleEndian.Uint16(seed[10:])) % 8192, RlimitStack: rlimit}
	copy(spec.Random[:], seed[16:])
	bytes, lay, e := loader.BuildStack(&spec)
	if e != 0 {
		return e
	}
	if e := m.stack(stackTop, lay.SP, x.image.ExecStack); e != 0 {
		return e
	}
	if e := m.flush(); e != 0 {
		return e
	}
	for _, z := range m.zeros {
		// Linux ignores a fault here as well: a page that is not there.
		ps.Write(z.addr, make([]byte, z.n))
	}
	if ps.Write(lay.SP, bytes) != len(bytes) {
		return linux.ENOMEM
	}
	s.ArgStart, s.ArgEnd, s.EnvStart, s.EnvEnd, s.Auxv = lay.ArgStart, lay.ArgEnd, lay.EnvStart, lay.EnvEnd, lay.AuxvBytes
	s.StartCode, s.EndCode, _, _ = x.image.Extent(bias)
	s.StartStack = lay.SP
	if secure {
		s.Dumpable = 0
	}

	c.newIdentity(x, cred)
	if e := pt.SetTLS(0); e != 0 {
		return e
	}
	c.frame.regs = platform.Regs{Rip: start, Rsp: lay.SP, Eflags: 0x202}
	c.regs = &c.frame.regs
	return 0
}

// leaveThread parts from the platform thread that the old space ran on.
func (c *Call) leaveThread(old *task.Space) {
	t := c.T
	c.settleCPU(t)
	if t.Vforker != nil {
		lent := t.Vforker.Lent
		pt := t.Platform
		c.releaseVforker()
		if !lent && pt != nil {
			pt.SetOwner(nil)
			pt.Exit(0)
		}
		return
	}
	if t.Platform != nil {
		t.Platform.SetOwner(nil)
		t.Platform.Exit(0)
	}
}

// newIdentity does the rest of what execve changes: fs/exec.c, begin_new_exec.
func (c *Call) newIdentity(x *program, cred *task.Cred) {
	t, p := c.T, c.P
	c.dropKeyrings(true, false)
	c.unrefAll2(t.Files.CloseOnExec())
	if t.Files.Shared() {
		own := t.Files.Copy()
		for _, f := range t.Files.Release() {
			c.unref(f)
		}
		t.Files = own
	}
	var rep signalapi.ExecGroupReply
	c.Signal.ExecGroup(&signalapi.ExecGroupRequest{Group: p.Pid, Thread: t.Tid, NewThread: p.Pid}, &rep)
	c.Tasks.Rename(t)
	tainted := p.Space.Tainted
	c.setCred(cred)
	p.Space.Tainted = tainted
	t.Name = x.comm
	if len(t.Name) > 15 {
		t.Name = t.Name[:15]
	}
	t.ClearTid, t.RobustHead = 0, 0
	t.ParentDeathSignal = 0
	p.ExitSignal = linux.SIGCHLD
	p.Execed = true
	c.setIdent(t)
}

// unrefAll2 closes descriptors that an exec took away.
func (c *Call) unrefAll2(files []*fdtable.File) {
	for _, f := range files {
		c.closeFD(f)
	}
}

// setCred changes the thread's credentials and keeps the count per user.
func (c *Call) setCred(k *task.Cred) {
	if k.UID != c.T.Cred.UID {
		c.Tasks.PerUser[c.T.Cred.UID]--
		c.Tasks.PerUser[k.UID]++
	}
	c.lowerDumpable(c.T.Cred, k)
	lock := c.T.Cred.Has(linux.CAP_IPC_LOCK) != k.Has(linux.CAP_IPC_LOCK)
	c.T.Cred = k
	if c.P.Space != nil {
		c.P.Space.Tainted = true
	}
	c.setIdent(c.T)
	if lock {
		c.tellLimits(c.P)
	}
}

// execCred computes the credentials after an exec: set-id bits and
// capabilities (security/commoncap.c). It gives the old ones when nothing
// changes, and whether AT_SECURE is set.
func (c *Call) execCred(x *program) (*task.Cred, bool) {
	old := c.T.Cred
	n := old.Clone()
	if !c.P.NoNewPrivs {
		if x.open.Mode&linux.S_ISUID != 0 {
			n.EUID = x.open.Uid
		}
		if x.open.Mode&(linux.S_ISGID|0o010) == linux.S_ISGID|0o010 {
			n.EGID = x.open.Gid
		}
	}
	n.SUID, n.FSUID, n.SGID, n.FSGID = n.EUID, n.EUID, n.EGID, n.EGID
	setid := n.EUID != old.UID || n.EGID != old.GID
	rootOK := n.Securebits&linux.SECBIT_NOROOT == 0
	fp, fe := uint64(0), false
	if rootOK && (n.EUID == 0 || n.UID == 0) {
		fp, fe = n.Bounding, n.EUID == 0
	}
	if setid {
		n.Ambient = 0
	}
	n.Permitted = fp&n.Bounding | n.Inheritable&fp | n.Ambient
	n.Effective = n.Ambient
	if fe {
		n.Effective = n.Permitted
	}
	n.Securebits &^= linux.SECBIT_KEEP_CAPS
	secure := setid
	if n.EUID != 0 && n.UID != 0 && n.Permitted&^old.Ambient != 0 {
		secure = true
	}
	same := n.UID == old.UID && n.EUID == old.EUID && n.SUID == old.SUID && n.FSUID == old.FSUID &&
		n.GID == old.GID && n.EGID == old.EGID && n.SGID == old.SGID && n.FSGID == old.FSGID &&
		n.Permitted == old.Permitted && n.Effective == old.Effective && n.Ambient == old.Ambient && n.Securebits == old.Securebits
	if same {
		return old, secure
	}
	return n, secure
}

func base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

func itoa(n int64) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// mapper collects the changes that map a program, for one trip.
type mapper struct {
	c     *Call
	s     *task.Space
	ops   []mmapi.Op
	zeros []zero
}

type zero struct {
	addr uint64
	n    uint64
}

func (m *mapper) mmap(q mmapi.MapRequest) (uint64, linux.Errno) {
	q.Space = m.s.MM
	var rep mmapi.MapReply
	if e := m.c.MM.Map(&q, &rep); e != 0 {
		return 0, e
	}
	m.c.fileRefs(m.s, rep.Files)
	m.ops = append(m.ops, rep.Ops...)
	return rep.Addr, 0
}

// place finds room for an image that may lie anywhere.
func (m *mapper) place(img *loader.Image) (uint64, linux.Errno) {
	span, e := img.Span()
	if e != 0 {
		return 0, e
	}
	var rep mmapi.MapReply
	q := mmapi.MapRequest{Space: m.s.MM, Length: span, Prot: linux.PROT_NONE, Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS | linux.MAP_NORESERVE}
	if e := m.c.MM.Map(&q, &rep); e != 0 {
		return 0, e
	}
	// Only the room was wanted, not a mapping.
	var ur mmapi.UnmapReply
	m.c.MM.Unmap(&mmapi.UnmapRequest{Space: m.s.MM, Addr: rep.Addr, Length: span}, &ur)
	return img.BiasAt(rep.Addr), 0
}

func (m *mapper) image(f *fdtable.File, img *loader.Image, bias uint64) linux.Errno {
	maps, e := img.Maps(bias)
	if e != 0 {
		return e
	}
	id := uint64(0)
	for _, x := range maps {
		if x.Len > 0 {
			if id == 0 {
				if id, _, e = m.c.mapFile(m.s, f, linux.PROT_READ|linux.PROT_EXEC, false, false); e != 0 {
					return e
				}
			}
			fl := uint32(linux.MAP_PRIVATE | linux.MAP_FIXED)
			if x.NoReplace {
				fl |= linux.MAP_FIXED_NOREPLACE
			}
			if _, e := m.mmap(mmapi.MapRequest{Addr: x.Addr, Length: x.Len, Prot: x.Prot, Flags: fl, File: id, FileOffset: x.FileOff,
				MaxProt: 7, Kind: mmapi.AreaKindFile}); e != 0 {
				return e
			}
		}
		if x.ZeroLen > 0 {
			m.zeros = append(m.zeros, zero{x.ZeroAddr, x.ZeroLen})
		}
		if x.BssLen > 0 {
			if _, e := m.mmap(mmapi.MapRequest{Addr: x.BssAddr, Length: x.BssLen, Prot: x.BssProt,
				Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS | linux.MAP_FIXED, MaxProt: 7}); e != 0 {
				return e
			}
		}
	}
	return 0
}

// stack maps the stack from its top down to what the strings need and the
// usual 128 KiB below.
func (m *mapper) stack(top, sp uint64, exec bool) linux.Errno {
	prot := uint32(linux.PROT_READ | linux.PROT_WRITE)
	if exec {
		prot |= linux.PROT_EXEC
	}
	low := (sp - 128<<10) &^ (pageSize - 1)
	_, e := m.mmap(mmapi.MapRequest{Addr: low, Length: top - low, Prot: prot, MaxProt: 7, Kind: mmapi.AreaKindStack,
		Flags: linux.MAP_PRIVATE | linux.MAP_ANONYMOUS | linux.MAP_FIXED | linux.MAP_GROWSDOWN | linux.MAP_STACK})
	return e
}

// vdso maps the platform's vDSO where there is one.
func (m *mapper) vdso() (uint64, linux.Errno) {
	fd, length := m.c.Platform.VDSO()
	if fd < 0 {
		return 0, 0
	}
	m.c.nextFile++
	id := m.c.nextFile
	m.s.Files[id] = &task.MappedFile{FD: fd, Name: "[vdso]"}
	return m.mmap(mmapi.MapRequest{Length: length, Prot: linux.PROT_READ | linux.PROT_EXEC, Flags: linux.MAP_PRIVATE,
		File: id, MaxProt: 5, Kind: mmapi.AreaKindVdso})
}

func (m *mapper) flush() linux.Errno {
	e := m.c.applyBy(m.c.T.Platform, m.s, m.ops)
	m.ops = m.ops[:0]
	return e
}

// jumpRanges are the spans that hold the platform's jumps: within reach of the
// program, and of what lies in the mmap area below its top.
func jumpRanges(img *loader.Image, bias uint64, fixed bool, mmapTop uint64) []platform.Range {
	const span = 64 << 10
	r := []platform.Range{{Addr: mmapTop, Length: 4 * span}}
	if fixed && len(img.Segments) > 0 {
		low := ^uint64(0)
		for _, s := range img.Segments {
			low = min(low, s.Vaddr)
		}
		if low = (low + bias) &^ (pageSize - 1); low >= 2*span {
			r = append(r, platform.Range{Addr: low - span, Length: span})
		}
	}
	return r
}
