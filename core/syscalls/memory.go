package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var memoryRows = []Row{
	{"mmap", MM, args(ptr("addr"), uinteger("length"), flags("prot", linux.MmapProt), kind("flags", strace.MmapFlags), fd("fd"), hex("offset")), sysMmap},
	{"munmap", MM, args(ptr("addr"), uinteger("length")), sysMunmap},
	{"mseal", MM, args(ptr("addr"), uinteger("len"), hex("flags")), sysMseal},
	{"mprotect", MM, args(ptr("addr"), uinteger("len"), flags("prot", linux.MmapProt)), sysMprotect},
	{"mremap", MM, args(ptr("old_address"), uinteger("old_size"), uinteger("new_size"), flags("flags", linux.MremapFlags), ptr("new_address")), sysMremap},
	{"brk", MM, args(ptr("addr")), sysBrk},
	{"msync", MM, args(ptr("addr"), uinteger("length"), flags("flags", linux.MsyncFlags)), sysMsync},
	{"mincore", MM, args(ptr("addr"), uinteger("length"), ptr("vec")), sysMincore},
	{"mlock", MM, args(ptr("addr"), uinteger("len")), sysMlock},
	{"mlock2", MM, args(ptr("addr"), uinteger("len"), flags("flags", linux.Mlock2Flags)), sysMlock2},
	{"munlock", MM, args(ptr("addr"), uinteger("len")), sysMunlock},
	{"mlockall", MM, args(flags("flags", linux.MlockallFlags)), sysMlockall},
	{"munlockall", MM, nil, sysMunlockall},
	{"madvise", MM, args(ptr("addr"), uinteger("length"), enum("advice", linux.MadviseAdvice)), sysMadvise},
}

// change runs a change of the caller's address space alone: mm decides, the
// platform does.
func (c *Call) change(decide func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno)) linux.Errno {
	s := c.P.Space
	s.Change.Lock(&c.T.Sleep)
	defer s.Change.Unlock()
	ops, refs, e := decide(s.MM)
	c.countRefs(s, refs)
	// mprotect and others change what came before the failure.
	x := c.apply(ops)
	c.dropUnnamed(s, refs)
	if x != 0 {
		return x
	}
	return e
}

func sysMmap(c *Call) (int64, linux.Errno) {
	fl := uint32(c.Args[3])
	prot := c.Uint(2)
	req := mmapi.MapRequest{Addr: c.Args[0], Length: c.Args[1], Prot: prot, Flags: fl, FileOffset: c.Args[5], MaxProt: 7}
	if c.Args[5]%pageSize != 0 {
		return 0, linux.EINVAL
	}
	if c.denied(prot, 0, 0) {
		return 0, linux.EACCES
	}
	s := c.P.Space
	drop := func() {}
	shared := fl&linux.MAP_TYPE != linux.MAP_PRIVATE
	if fl&linux.MAP_ANONYMOUS == 0 {
		f, e := c.file(4)
		if e != 0 {
			return 0, e
		}
		defer c.unref(f)
		if req.Length == 0 {
			return 0, linux.EINVAL
		}
		openedFor(f, &req, shared)
		id, zeros, e := c.mapFile(s, f, prot, shared, writable(f))
		switch {
		case e != 0:
			req.Refused = uint32(e)
			if e == linux.ENODEV {
				req.FileLimit = ^uint64(0) // no regular file: file_mmap_size_max
			}
		case !zeros:
			req.File = id
			drop = func() {
				if m := s.Files[id]; m != nil && m.Refs <= 0 {
					c.dropMapped(s, id, m)
				}
			}
		default:
			if t := fl & linux.MAP_TYPE; t == 0 || t > linux.MAP_SHARED_VALIDATE {
				return 0, linux.EINVAL
			}
			if !readable(f) || shared && prot&linux.PROT_WRITE != 0 && !writable(f) {
				return 0, linux.EACCES
			}
			req.Flags |= linux.MAP_ANONYMOUS
			if !shared {
				req.FileOffset = 0
			}
		}
	}
	if req.Flags&linux.MAP_ANONYMOUS != 0 && fl&linux.MAP_TYPE == linux.MAP_SHARED {
		// Shared memory without a name is a memory file of its own.
		id, e := c.mapZeros(s, req.Length, prot)
		req.File, req.Refused, req.FileOffset = id, uint32(e), 0
		drop = func() {
			if m := s.Files[id]; m != nil && m.Refs <= 0 {
				c.dropMapped(s, id, m)
			}
		}
	}
	var rep mmapi.MapReply
	e := c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		req.Space = space
		e := c.MM.Map(&req, &rep)
		return rep.Ops, rep.Files, e
	})
	if e != 0 {
		drop()
		return 0, e
	}
	return int64(rep.Addr), 0
}

// mapZeros makes and prepares a memory file of that length; one that has no
// place is not made.
func (c *Call) mapZeros(s *task.Space, length uint64, prot uint32) (uint64, linux.Errno) {
	if length == 0 || length > 1<<47 {
		return 0, linux.ENOMEM
	}
	f, e := c.memoryFile("dev/zero", int64((length+pageSize-1)&^(pageSize-1)))
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	id, _, e := c.mapFile(s, f, prot, true, true)
	if e == 0 {
		s.Files[id].Name = "/dev/zero (deleted)"
	}
	return id, e
}

// openedFor says by the request how the file was opened.
func openedFor(f *fdtable.File, q *mmapi.MapRequest, shared bool) {
	if shared && !writable(f) {
		q.MaxProt &^= linux.PROT_WRITE
	}
	if !readable(f) {
		q.MaxProt &^= linux.PROT_READ
	}
}

// memoryFile makes an unnamed file in memory.
func (c *Call) memoryFile(name string, size int64) (*fdtable.File, linux.Errno) {
	return c.openMemory(&fsapi.OpenMemoryRequest{Cred: c.Cred(), Name: name, Size: size})
}

func sysMunmap(c *Call) (int64, linux.Errno) { return 0, c.unmap(c.Args[0], c.Args[1]) }

func (c *Call) unmap(addr, length uint64) linux.Errno {
	return c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		var rep mmapi.UnmapReply
		e := c.MM.Unmap(&mmapi.UnmapRequest{Space: space, Addr: addr, Length: length}, &rep)
		return rep.Ops, rep.Files, e
	})
}

func sysMprotect(c *Call) (int64, linux.Errno) {
	if c.Args[0]%pageSize == 0 && c.denied(c.Uint(2), c.Args[0], c.Args[1]) {
		return 0, linux.EACCES
	}
	return 0, c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		var rep mmapi.ProtectReply
		e := c.MM.Protect(&mmapi.ProtectRequest{Space: space, Addr: c.Args[0], Length: c.Args[1], Prot: c.Uint(2)}, &rep)
		return rep.Ops, rep.Files, e
	})
}

func sysMremap(c *Call) (int64, linux.Errno) {
	var rep mmapi.RemapReply
	e := c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		e := c.MM.Remap(&mmapi.RemapRequest{Space: space, Addr: c.Args[0], OldLength: c.Args[1], NewLength: c.Args[2],
			Flags: c.Uint(3), NewAddr: c.Args[4]}, &rep)
		return rep.Ops, rep.Files, e
	})
	return int64(rep.Addr), e
}

func sysBrk(c *Call) (int64, linux.Errno) {
	var rep mmapi.BrkReply
	before := uint64(0)
	e := c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		var u mmapi.UsageReply
		c.MM.Usage(&mmapi.UsageRequest{Space: space}, &u)
		before = u.Brk
		e := c.MM.Brk(&mmapi.BrkRequest{Space: space, Addr: c.Args[0]}, &rep)
		return rep.Ops, rep.Files, e
	})
	if e != 0 {
		return int64(before), 0
	}
	return int64(rep.Addr), 0
}

func sysMadvise(c *Call) (int64, linux.Errno) {
	return 0, c.advise(&mmapi.AdviseRequest{Addr: c.Args[0], Length: c.Args[1], Advice: c.Uint(2)})
}

func sysMseal(c *Call) (int64, linux.Errno) {
	if c.Args[2] != 0 {
		return 0, linux.EINVAL
	}
	return 0, c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		var rep mmapi.SealReply
		e := c.MM.Seal(&mmapi.SealRequest{Space: space, Addr: c.Args[0], Length: c.Args[1]}, &rep)
		return nil, rep.Files, e
	})
}
