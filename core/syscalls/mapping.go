package syscalls

import (
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// mapFile prepares a file for areas of a space and gives the number by which
// mm knows it. shared says that what is written is to be seen by others.
// Errors: those of fs.MapFile, ENODEV for files of other subsystems.
func (c *Call) mapFile(s *task.Space, f *fdtable.File, prot uint32, shared, write bool) (uint64, bool, linux.Errno) {
	if f.Owner != fdtable.FS {
		return 0, false, linux.ENODEV
	}
	req := fsapi.MapFileRequest{Cred: c.Cred(), Handle: f.Handle, Prot: prot, Shared: shared}
	var rep fsapi.MapFileReply
	e := c.FS.MapFile(&req, &rep)
	e = c.awaitFS(e, &rep.Wait, func() linux.Errno { return c.FS.MapFile(&req, &rep) })
	if e != 0 {
		return 0, false, e
	}
	if rep.Zeros {
		return 0, true, 0
	}
	m := &task.MappedFile{File: f.Ref(), FD: int(rep.DescriptorPlusOne) - 1, Write: write && shared && rep.Writable}
	if m.FD < 0 {
		// The subsystem has no memory to share (it is elsewhere): a copy.
		if m.FD, e = c.copyToMemory(f, rep.Size); e != 0 {
			c.unref(f)
			return 0, false, e
		}
		m.Own = true
	}
	c.nextFile++
	s.Files[c.nextFile] = m
	return c.nextFile, false, 0
}

// copyToMemory makes a memory file with what the file holds now.
func (c *Call) copyToMemory(f *fdtable.File, size int64) (int, linux.Errno) {
	fd, err := unix.MemfdCreate("adyton-copy", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, linux.ENOMEM
	}
	if unix.Ftruncate(fd, size) != nil {
		unix.Close(fd)
		return -1, linux.ENOMEM
	}
	buf := make([]byte, 0, 256<<10)
	for off := int64(0); off < size; {
		d, e := c.read(f, off, buf, cap(buf), 0)
		if e != 0 || len(d) == 0 {
			if e == 0 {
				break
			}
			unix.Close(fd)
			return -1, e
		}
		if _, err := unix.Pwrite(fd, d, off); err != nil {
			unix.Close(fd)
			return -1, linux.ENOMEM
		}
		off += int64(len(d))
	}
	return fd, 0
}

// shareMapped gives another space the file behind its copies of areas.
func (c *Call) shareMapped(m *task.MappedFile, refs int64) *task.MappedFile {
	n := &task.MappedFile{FD: m.FD, Write: m.Write, Name: m.Name, Refs: refs}
	if m.Segment != nil {
		n.Segment = &task.Segment{ID: m.Segment.ID}
		c.countSegment(n)
	}
	if m.File != nil {
		n.File = m.File.Ref()
	}
	if m.Own {
		if fd, err := unix.FcntlInt(uintptr(m.FD), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			n.FD, n.Own = fd, true
		} else {
			n.FD = -1
		}
	}
	return n
}

// fileRefs counts how many areas name a file and drops those that none does.
func (c *Call) fileRefs(s *task.Space, refs []mmapi.FileRef) {
	c.countRefs(s, refs)
	c.dropUnnamed(s, refs)
}

// countRefs is fileRefs without the drop: while a change is under way, the
// platform may refuse it, and mm takes references back.
func (c *Call) countRefs(s *task.Space, refs []mmapi.FileRef) {
	for _, r := range refs {
		if m := s.Files[r.File]; m != nil {
			m.Refs += r.Delta
			if m.Segment != nil {
				c.countSegment(m)
			}
		}
	}
}

// dropUnnamed drops those of the files that no area names.
func (c *Call) dropUnnamed(s *task.Space, refs []mmapi.FileRef) {
	for _, r := range refs {
		if m := s.Files[r.File]; m != nil && m.Refs <= 0 {
			c.dropMapped(s, r.File, m)
		}
	}
}

func (c *Call) dropMapped(s *task.Space, id uint64, m *task.MappedFile) {
	delete(s.Files, id)
	if m.Segment != nil {
		m.Refs = 0
		c.countSegment(m)
	}
	if m.Own && m.FD >= 0 {
		unix.Close(m.FD)
	}
	if m.File != nil {
		c.unref(m.File)
	}
}

// apply has the platform make the changes that mm decided; what it refuses is
// taken back in mm.
func (c *Call) apply(ops []mmapi.Op) linux.Errno {
	return c.applyBy(c.T.Platform, c.P.Space, ops)
}

func (c *Call) applyBy(t platform.Thread, s *task.Space, ops []mmapi.Op) linux.Errno {
	if len(ops) == 0 {
		return 0
	}
	list := c.frame.ops[:0]
	low, high := s.Platform.Limits()
	for i := range ops {
		o := &ops[i]
		if !sound(o, low, high) {
			c.operator("mm: op %d of %d is outside the contract: %+v; none is done", i+1, len(ops), *o)
			c.revert(s, ops)
			return linux.EIO
		}
		p := platform.Op{Kind: opKinds[o.Kind], Addr: o.Addr, Length: o.Length, Prot: o.Prot, Flags: o.Flags,
			Offset: o.FileOffset, NewAddr: o.NewAddr, NewLength: o.NewLength, Advice: o.Advice, FD: -1}
		if o.Kind == mmapi.OpKindMapFile {
			m := s.Files[o.File]
			if m == nil || m.FD < 0 {
				c.revert(s, ops[i:])
				return linux.ENODEV
			}
			p.FD, p.Write = m.FD, m.Write
		}
		list = append(list, p)
	}
	c.frame.ops = list
	// Advice that mm adds to a change of its own accord is not the app's
	// concern: a host without huge pages refuses it.
	hints := list[0].Kind != platform.OpAdvise
	n, e := s.Platform.Apply(t, list)
	for e != 0 && hints && list[n].Kind == platform.OpAdvise {
		rest := n + 1
		if rest == len(list) {
			return 0
		}
		n, e = s.Platform.Apply(t, list[rest:])
		n += rest
	}
	if e != 0 {
		c.revert(s, ops[n:])
	}
	return e
}

// sound says whether an op is one that mm may order: of a kind that there is, on
// whole pages of the app's part of the space.
func sound(o *mmapi.Op, low, high uint64) bool {
	within := func(addr, length uint64) bool {
		return (addr|length)%pageSize == 0 && addr >= low && addr <= high && length <= high-addr
	}
	if o.Kind == mmapi.OpKindUnspecified || int(o.Kind) >= len(opKinds) || !within(o.Addr, o.Length) {
		return false
	}
	return o.Kind != mmapi.OpKindRemap || within(o.NewAddr, o.NewLength)
}

func (c *Call) revert(s *task.Space, ops []mmapi.Op) {
	var rep mmapi.RevertReply
	c.MM.Revert(&mmapi.RevertRequest{Space: s.MM, Ops: ops}, &rep)
	c.fileRefs(s, rep.Files)
}

var opKinds = [...]platform.OpKind{
	mmapi.OpKindMapAnon: platform.OpMapAnon, mmapi.OpKindMapFile: platform.OpMapFile,
	mmapi.OpKindUnmap: platform.OpUnmap, mmapi.OpKindProtect: platform.OpProtect,
	mmapi.OpKindRemap: platform.OpRemap, mmapi.OpKindAdvise: platform.OpAdvise,
}
