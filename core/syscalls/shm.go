package syscalls

import (
	"fmt"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var shmRows = []Row{
	{"shmget", IPC, args(hex("key"), uinteger("size"), hex("shmflg")), sysShmget},
	{"shmat", IPC, args(integer("shmid"), ptr("shmaddr"), flags("shmflg", linux.ShmatFlags)), sysShmat},
	{"shmdt", IPC, args(ptr("shmaddr")), sysShmdt},
	{"shmctl", IPC, args(integer("shmid"), enum("cmd", linux.ShmctlCmds), ptr("buf")), sysShmctl},
}

// segment is the memory of a System V segment, and its name in /proc.
type segment struct {
	file *fdtable.File
	name string
}

func sysShmget(c *Call) (int64, linux.Errno) {
	q := ipcapi.ShmGetRequest{Key: c.Int(0), Size: c.Args[1], Flags: c.Uint(2), Cred: c.ipcCred(), LockLimit: c.P.Limits[linux.RLIMIT_MEMLOCK].Cur}
	var r ipcapi.ShmGetReply
	e := c.IPC.ShmGet(&q, &r)
	return int64(r.Id), e
}

// sysShmat is do_shmat of ipc/shm.c: the address is looked at before the
// segment.
func sysShmat(c *Call) (int64, linux.Errno) {
	id, addr, fl := c.Int(0), c.Args[1], c.Uint(2)
	req := mmapi.MapRequest{Prot: linux.PROT_READ, Flags: linux.MAP_SHARED, MaxProt: 7}
	switch {
	case id < 0:
		return 0, linux.EINVAL
	case addr%pageSize != 0 && fl&linux.SHM_RND == 0:
		return 0, linux.EINVAL
	case addr < pageSize && fl&linux.SHM_REMAP != 0:
		return 0, linux.EINVAL
	case fl&linux.SHM_REMAP != 0:
		req.Flags |= linux.MAP_FIXED
	case addr != 0:
		req.Flags |= linux.MAP_FIXED_NOREPLACE
	}
	req.Addr = addr &^ (pageSize - 1)
	write := fl&linux.SHM_RDONLY == 0
	if write {
		req.Prot |= linux.PROT_WRITE
	} else {
		req.MaxProt &^= linux.PROT_WRITE
	}
	if fl&linux.SHM_EXEC != 0 {
		req.Prot |= linux.PROT_EXEC
	}
	s := c.P.Space
	file, m, size, e := c.attachSegment(s, id, fl, req.Prot)
	if e != 0 {
		return 0, e
	}
	req.Length, req.File = size, file
	if end := addr + size; req.Flags&linux.MAP_FIXED_NOREPLACE != 0 && end < addr {
		c.dropMapped(s, file, m)
		return 0, linux.EINVAL
	}
	var rep mmapi.MapReply
	e = c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		req.Space = space
		e := c.MM.Map(&req, &rep)
		return rep.Ops, rep.Files, e
	})
	if e != 0 {
		if m.Refs <= 0 && s.Files[file] == m {
			c.dropMapped(s, file, m)
		}
		if e == linux.EEXIST {
			e = linux.EINVAL // something is there, and no SHM_REMAP
		}
		return 0, e
	}
	return int64(rep.Addr), 0
}

// attachSegment gives the space a file number for a segment, attached once.
func (c *Call) attachSegment(s *task.Space, id int32, fl, prot uint32) (uint64, *task.MappedFile, uint64, linux.Errno) {
	q := ipcapi.ShmAttachRequest{Id: id, Flags: fl, Cred: c.ipcCred()}
	var r ipcapi.ShmAttachReply
	if e := c.IPC.ShmAttach(&q, &r); e != 0 {
		return 0, nil, 0, e
	}
	if e := c.backSegment(id, &r); e != 0 {
		c.detachSegment(id)
		return 0, nil, 0, e
	}
	file, _, e := c.mapFile(s, c.segments[r.Backing].file, prot, true, prot&linux.PROT_WRITE != 0)
	if e != 0 {
		c.detachSegment(id)
		return 0, nil, 0, e
	}
	m := s.Files[file]
	m.Segment = &task.Segment{ID: id, Attached: 1}
	m.Name = c.segments[r.Backing].name
	return file, m, r.Size, 0
}

// backSegment makes the memory of a segment that nobody has attached before.
func (c *Call) backSegment(id int32, r *ipcapi.ShmAttachReply) linux.Errno {
	if c.segments[r.Backing] != nil {
		return 0
	}
	var st ipcapi.ShmControlReply
	if e := c.IPC.ShmControl(&ipcapi.ShmControlRequest{Id: sysvIndex(id), Command: linux.SHM_STAT_ANY, Cred: c.ipcCred()}, &st); e != 0 {
		return e
	}
	name := fmt.Sprintf("SYSV%08x", uint32(st.Perm.Key))
	f, e := c.memoryFile(name, int64((r.Size+pageSize-1)&^(pageSize-1)))
	if e != 0 {
		return e
	}
	n := c.nextObject()
	var b ipcapi.ShmBackReply
	if e := c.IPC.ShmBack(&ipcapi.ShmBackRequest{Id: id, Backing: n}, &b); e != 0 || b.Backing != n {
		c.unref(f)
		if e == 0 && c.segments[b.Backing] == nil {
			e = linux.EINVAL
		}
		r.Backing = b.Backing
		return e
	}
	c.segments[n], r.Backing = &segment{f, "/" + name + " (deleted)"}, n
	return 0
}

func (c *Call) detachSegment(id int32) {
	var r ipcapi.ShmDetachReply
	c.IPC.ShmDetach(&ipcapi.ShmDetachRequest{Id: id, Cred: c.ipcCred()}, &r)
	c.releaseSegment(r.Released)
}

// releaseSegment drops the memory of a segment that is gone.
func (c *Call) releaseSegment(backing uint64) {
	if g := c.segments[backing]; g != nil {
		delete(c.segments, backing)
		c.unref(g.file)
	}
}

// countSegment attaches and detaches until a segment is attached once for each
// area that names it: shm_open and shm_close.
func (c *Call) countSegment(m *task.MappedFile) {
	g := m.Segment
	for ; g.Attached < m.Refs; g.Attached++ {
		var r ipcapi.ShmAttachReply
		c.IPC.ShmAttach(&ipcapi.ShmAttachRequest{Id: g.ID, Inherit: true, Cred: c.ipcCred()}, &r)
	}
	for ; g.Attached > max(m.Refs, 0); g.Attached-- {
		c.detachSegment(g.ID)
	}
}

// sysShmdt unmaps what is left of the first attachment that fits the address:
// ksys_shmdt.
func sysShmdt(c *Call) (int64, linux.Errno) {
	addr := c.Args[0]
	if addr%pageSize != 0 {
		return 0, linux.EINVAL
	}
	s := c.P.Space
	s.Change.Lock(&c.T.Sleep)
	defer s.Change.Unlock()
	var areas mmapi.AreasReply
	if e := c.MM.Areas(&mmapi.AreasRequest{Space: s.MM, From: addr}, &areas); e != 0 {
		return 0, e
	}
	var found *task.MappedFile
	end := ^uint64(0)
	for i := range areas.Areas {
		a := &areas.Areas[i]
		m := s.Files[a.File]
		if a.Addr >= end {
			break
		}
		if a.File == 0 || m == nil || m.Segment == nil || a.Addr-addr != a.FileOffset || found != nil && found != m {
			continue
		}
		if found == nil {
			found = m
			var at ipcapi.ShmControlReply
			c.IPC.ShmControl(&ipcapi.ShmControlRequest{Id: sysvIndex(m.Segment.ID), Command: linux.SHM_STAT_ANY, Cred: c.ipcCred()}, &at)
			end = addr + (at.Size+pageSize-1)&^(pageSize-1)
		}
		var rep mmapi.UnmapReply
		if e := c.MM.Unmap(&mmapi.UnmapRequest{Space: s.MM, Addr: a.Addr, Length: a.Length}, &rep); e != 0 {
			return 0, e
		}
		c.countRefs(s, rep.Files)
		e := c.apply(rep.Ops)
		c.dropUnnamed(s, rep.Files)
		if e != 0 {
			return 0, e
		}
	}
	if found == nil {
		return 0, linux.EINVAL
	}
	return 0, 0
}

func sysShmctl(c *Call) (int64, linux.Errno) {
	q := ipcapi.ShmControlRequest{Id: c.Int(0), Command: c.Uint(1), Cred: c.ipcCred()}
	if q.Id < 0 || c.Int(1) < 0 {
		return 0, linux.EINVAL // before the structure is read
	}
	if q.Command == linux.IPC_SET {
		var b [linux.SizeofShmidDs]byte
		if e := c.CopyIn(c.Args[2], b[:]); e != 0 {
			return 0, e
		}
		var d linux.ShmidDs
		d.Decode(b[:])
		q.Perm = ipcapi.SysvPerm{Uid: d.Perm.Uid, Gid: d.Perm.Gid, Mode: d.Perm.Mode}
	}
	var r ipcapi.ShmControlReply
	if e := c.IPC.ShmControl(&q, &r); e != 0 {
		return 0, e
	}
	c.releaseSegment(r.Released)
	switch q.Command {
	case linux.IPC_STAT, linux.SHM_STAT, linux.SHM_STAT_ANY:
		d := linux.ShmidDs{Perm: ipcPerm(&r.Perm), Segsz: r.Size, Atime: r.AttachSec, Dtime: r.DetachSec, Ctime: r.ChangeSec,
			Cpid: r.CreatorPid, Lpid: r.LastPid, Nattch: r.Attached}
		d.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofShmidDs)
	case linux.IPC_INFO:
		n := uint64(r.LimitSegments)
		d := linux.Shminfo{Shmmax: r.LimitBytes, Shmmin: linux.SHMMIN, Shmmni: n, Shmseg: n, Shmall: r.LimitPages}
		d.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofShminfo)
	case linux.SHM_INFO:
		d := linux.ShmInfo{UsedIds: int32(r.Used), ShmTot: r.Pages, ShmRss: r.Pages}
		d.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofShmInfo)
	}
	return int64(r.Result), 0
}
