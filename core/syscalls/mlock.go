package syscalls

import (
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/mmapi"
)

func (c *Call) mlock(q mmapi.LockRequest) (int64, linux.Errno) {
	return 0, c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		q.Space = space
		var rep mmapi.LockReply
		e := c.MM.Lock(&q, &rep)
		return rep.Ops, rep.Files, e
	})
}

func sysMlock(c *Call) (int64, linux.Errno) {
	return c.mlock(mmapi.LockRequest{Addr: c.Args[0], Length: c.Args[1]})
}

func sysMlock2(c *Call) (int64, linux.Errno) {
	return c.mlock(mmapi.LockRequest{Addr: c.Args[0], Length: c.Args[1], Flags: c.Uint(2)})
}

func sysMunlock(c *Call) (int64, linux.Errno) {
	return c.mlock(mmapi.LockRequest{Addr: c.Args[0], Length: c.Args[1], Unlock: true})
}

func sysMlockall(c *Call) (int64, linux.Errno) {
	return c.mlock(mmapi.LockRequest{All: true, Flags: c.Uint(0)})
}

func sysMunlockall(c *Call) (int64, linux.Errno) {
	return c.mlock(mmapi.LockRequest{All: true, Unlock: true})
}

// sysMsync writes the files of shared areas through. What lies in holes is
// reported after all that is there was written.
func sysMsync(c *Call) (int64, linux.Errno) {
	s := c.P.Space
	var r mmapi.SyncReply
	e := c.MM.Sync(&mmapi.SyncRequest{Space: s.MM, Addr: c.Args[0], Length: c.Args[1], Flags: c.Uint(2)}, &r)
	for _, id := range r.Files {
		m := s.Files[id]
		if m == nil || m.File == nil {
			continue
		}
		f := m.File.Ref()
		q := fsapi.SyncRequest{Handle: f.Handle}
		var sr fsapi.SyncReply
		x := c.awaitFS(c.FS.Sync(&q, &sr), &sr.Wait, func() linux.Errno { return c.FS.Sync(&q, &sr) })
		c.unref(f)
		if x != 0 {
			return 0, x
		}
	}
	return 0, e
}

// mincorePages is how many pages mincore looks at in one go.
const mincorePages = 4096

// sysMincore tells which pages are resident. Pages of files are: what backs
// them is memory. Of memory files, those are that somebody has touched.
func sysMincore(c *Call) (int64, linux.Errno) {
	addr, vec := c.Args[0], c.Args[2]
	n := (c.Args[1] + pageSize - 1) / pageSize
	if addr%pageSize != 0 {
		return 0, linux.EINVAL
	}
	if addr > 1<<47 || addr+c.Args[1] > 1<<47 || c.Args[1] > 1<<47 {
		return 0, linux.ENOMEM
	}
	if vec > 1<<47 || vec+n > 1<<47 {
		return 0, linux.EFAULT
	}
	var areas mmapi.AreasReply
	for n > 0 {
		areas.Areas = areas.Areas[:0]
		if e := c.MM.Areas(&mmapi.AreasRequest{Space: c.P.Space.MM, From: addr, Max: 1}, &areas); e != 0 {
			return 0, e
		}
		if len(areas.Areas) == 0 || areas.Areas[0].Addr > addr {
			return 0, linux.ENOMEM
		}
		a := &areas.Areas[0]
		b := make([]byte, min(n, mincorePages, (a.Addr+a.Length-addr)/pageSize))
		switch m := c.P.Space.Files[a.File]; {
		case m != nil && m.Write:
			touchedPages(m.FD, int64(a.FileOffset+addr-a.Addr), b)
		case a.File != 0:
			for i := range b {
				b[i] = 1
			}
		default:
			c.P.Space.Platform.ResidentPages(addr, b)
			for i := range b {
				b[i] &= platform.PageResident
			}
		}
		if e := c.CopyOut(vec, b); e != 0 {
			return 0, e
		}
		k := uint64(len(b))
		n, addr, vec = n-k, addr+k*pageSize, vec+k
	}
	return 0, 0
}

// touchedPages says for each page of a memory file from off on whether it has
// memory behind it.
func touchedPages(fd int, off int64, pages []byte) {
	end := off + int64(len(pages))*pageSize
	for at := off; at < end; {
		data, err := unix.Seek(fd, at, unix.SEEK_DATA)
		if err != nil || data >= end {
			return
		}
		hole, err := unix.Seek(fd, data, unix.SEEK_HOLE)
		if err != nil {
			hole = end
		}
		for at = data; at < min(hole, end); at += pageSize {
			pages[(at-off)/pageSize] = 1
		}
	}
}
