package syscalls

import (
	"bytes"

	"adyton.dev/adyton/core/elfcore"
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// coreName is the file that a core goes to, in the directory of the thread that
// ends the process: /proc/sys/kernel/core_pattern, which cannot be changed.
const coreName = "core"

// coreFlag is WCOREFLAG of a wait status.
const coreFlag = 0x80

// endWithCore ends the caller's process by a signal that dumps core, if that is
// wanted and can be: fs/coredump.c. The caller ends itself afterwards.
func (c *Call) endWithCore(r *platform.Regs, info *signalapi.Info) {
	p := c.P
	if p.Exiting {
		return
	}
	limit := p.Limits[linux.RLIMIT_CORE].Cur
	if p.Space.Dumpable != 1 || limit < pageSize {
		c.exitGroup(info.Signo)
		return
	}
	d := &coreDump{c: c, limit: int64(min(limit, 1<<62))}
	d.p = elfcore.Process{Signo: info.Signo, Siginfo: encodeInfo(info)}
	d.add(c.T, r)
	p.Dump = &d.p
	c.exitGroup(info.Signo)
	for p.Live() > 1 {
		p.ThreadGone.Wait(&c.T.Sleep, 0, false)
		if c.T.Sleep.Dying() {
			return
		}
	}
	p.Dump = nil
	d.describe()
	if d.write() {
		p.Status |= coreFlag
	}
}

// dumpOther notes the registers of a thread that ends because its process dumps
// core.
func (c *Call) dumpOther() {
	t := c.T
	dump, ok := c.P.Dump.(*elfcore.Process)
	if !ok || t.Lent || t.Platform == nil || t.Platform.Running() || !t.Platform.Alive() {
		return
	}
	var r platform.Regs
	t.Platform.Regs(&r)
	d := coreDump{c: c}
	d.add(t, &r)
	dump.Threads = append(dump.Threads, d.p.Threads...)
}

// coreDump is a core file in the making.
type coreDump struct {
	c     *Call
	p     elfcore.Process
	f     *fdtable.File
	limit int64
}

func (d *coreDump) add(t *task.Thread, r *platform.Regs) {
	d.p.Threads = append(d.p.Threads, elfcore.Thread{Tid: t.Tid, Regs: *r, OrigAX: d.c.Nr, FSBase: t.Platform.TLS(), XState: t.Platform.XState(nil)})
}

// describe fills in what the file says of the process.
func (d *coreDump) describe() {
	c, p, s := d.c, d.c.P, d.c.P.Space
	q := &d.p
	q.Pid, q.Ppid, q.Pgid, q.Sid = p.Pid, p.Parent.Pid, p.Group.Pgid, p.Group.Session.Sid
	q.UID, q.GID, q.Nice = c.T.Cred.UID, c.T.Cred.GID, c.T.Nice
	q.Name, q.Auxv = c.T.Name, s.Auxv
	var info signalapi.InfoReply
	if c.Signal.Info(&signalapi.InfoRequest{Group: p.Pid, Thread: c.T.Tid}, &info) == 0 {
		q.Pending, q.Blocked = info.Pending, info.Blocked
	}
	if s.ArgEnd > s.ArgStart {
		b := make([]byte, min(s.ArgEnd-s.ArgStart, 80))
		b = b[:s.Platform.Read(s.ArgStart, b)]
		q.Args = string(bytes.TrimRight(bytes.ReplaceAll(b, []byte{0}, []byte{' '}), " "))
	}
	var rep mmapi.AreasReply
	c.MM.Areas(&mmapi.AreasRequest{Space: s.MM}, &rep)
	for i := range rep.Areas {
		a := &rep.Areas[i]
		x := elfcore.Area{Addr: a.Addr, Length: a.Length, Prot: a.Prot, Dumped: d.size(rep.Areas, i)}
		if m := s.Files[a.File]; m != nil && m.File != nil {
			x.Offset = a.FileOffset
			if x.Name = m.Name; x.Name == "" {
				var r fsapi.PathOfReply
				if e := ask(c, c.FS.PathOf, &fsapi.PathOfRequest{Root: c.T.FS.Root.Handle, Handle: m.File.Handle}, &r, &r.Wait); e == 0 {
					x.Name = r.Path
				}
			}
		}
		q.Areas = append(q.Areas, x)
	}
}

// size is how much of an area is dumped: vma_dump_size with the bits of
// coredump_filter that are set at first. Of a private map of a file that is what
// the program can have changed: it may write there, or could before the loader
// made it read-only (the area in front of the writable one).
func (d *coreDump) size(areas []mmapi.Area, i int) uint64 {
	a := &areas[i]
	if a.Kind == mmapi.AreaKindVdso || a.File == 0 {
		return a.Length
	}
	if a.Flags&linux.MAP_TYPE != linux.MAP_PRIVATE {
		if m := d.c.P.Space.Files[a.File]; m != nil && m.File != nil && m.Name == "" {
			return 0 // shared and with a name
		}
		return a.Length
	}
	follows := i+1 < len(areas) && areas[i+1].File == a.File && areas[i+1].Addr == a.Addr+a.Length
	if a.Prot&linux.PROT_WRITE != 0 || a.Prot&linux.PROT_EXEC == 0 && follows && areas[i+1].Prot&linux.PROT_WRITE != 0 {
		return a.Length
	}
	var head [4]byte
	if a.FileOffset == 0 && a.Prot&linux.PROT_READ != 0 && d.c.CopyIn(a.Addr, head[:]) == 0 && string(head[:]) == "\x7fELF" {
		return pageSize
	}
	return 0
}

// write makes the file and reports whether there is one.
func (d *coreDump) write() bool {
	c := d.c
	place, done, e := c.placeAt(linux.AT_FDCWD, coreName)
	if e != 0 {
		return false
	}
	defer done()
	// The program may have no descriptor left, so nothing of its limits counts.
	var ur fsapi.UnlinkReply
	ask(c, c.FS.Unlink, &fsapi.UnlinkRequest{Cred: c.Cred(), Place: place}, &ur, &ur.Wait)
	const fl = linux.O_CREAT | linux.O_WRONLY | linux.O_NOFOLLOW | linux.O_LARGEFILE | linux.O_EXCL
	q := fsapi.OpenRequest{Cred: c.Cred(), Place: place, Flags: fl, Mode: 0o600, Umask: c.T.FS.Umask}
	var r fsapi.OpenReply
	if e := ask(c, c.FS.Open, &q, &r, &r.Wait); e != 0 {
		return false
	}
	if d.f, e = c.opened(&r, fl); e != 0 {
		return false
	}
	defer c.unref(d.f)
	// Others could read it, or the umask took too much: do_coredump.
	if d.f.Mode&linux.S_IFMT != linux.S_IFREG || d.f.Mode&0o677 != 0o600 {
		return false
	}
	head, offsets := elfcore.Header(&d.p)
	if d.put(0, head) {
		for i := range offsets {
			if !d.copy(&d.p.Areas[i], offsets[i]) {
				break
			}
		}
	}
	return true // a core that is cut off is one too
}

// copy writes what is dumped of an area, but for pages that are not there and
// those of zeros.
func (d *coreDump) copy(a *elfcore.Area, off int64) bool {
	c := d.c
	const chunk = 64
	var there [chunk]byte
	buf := make([]byte, chunk*pageSize)
	for at := uint64(0); at < a.Dumped; at += uint64(len(buf)) {
		n := min(uint64(len(buf)), a.Dumped-at)
		pages := there[:n/pageSize]
		c.P.Space.Platform.ResidentPages(a.Addr+at, pages)
		for i := 0; i < len(pages); i++ {
			from := i
			for i < len(pages) && pages[i] != 0 {
				i++
			}
			if from == i {
				continue
			}
			b := buf[from*pageSize : i*pageSize]
			m := c.P.Space.Platform.Read(a.Addr+at+uint64(from*pageSize), b)
			if !d.put(off+int64(at)+int64(from*pageSize), b[:m]) {
				return false
			}
		}
		if at%(16<<20) == 0 {
			c.sleep(c.Leader.Now()+1, false) // others run too
		}
	}
	// Zeros at the end of the file are not seen otherwise.
	if end := off + int64(a.Dumped); a == &d.p.Areas[len(d.p.Areas)-1] && a.Dumped > 0 {
		var last [1]byte
		c.CopyIn(a.Addr+a.Dumped-1, last[:])
		return d.put(end-1, last[:])
	}
	return true
}

// put writes at an offset, up to RLIMIT_CORE.
func (d *coreDump) put(off int64, b []byte) bool {
	whole := off+int64(len(b)) <= d.limit
	if !whole {
		b = b[:max(0, d.limit-off)]
	}
	if len(b) == 0 {
		return whole
	}
	n, _, e := d.c.write(d.f, off, len(b), 0, func(done int) ([]byte, linux.Errno) { return b[done:], 0 })
	return e == 0 && n == len(b) && whole
}
