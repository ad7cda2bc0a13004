package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// handles maps the numbers that callers know to open files. A number is a slot
// and the count of its earlier uses, so that a stale one is not taken for the
// file that has the slot now.
type handles struct {
	slots []slot
	free  []uint32
}

type slot struct {
	file *vfs.File
	use  uint32
}

func (h *handles) add(file *vfs.File) {
	var i uint32
	if n := len(h.free); n > 0 {
		i = h.free[n-1]
		h.free = h.free[:n-1]
	} else {
		i = uint32(len(h.slots))
		h.slots = append(h.slots, slot{})
	}
	h.slots[i].file = file
	file.Handle = uint64(h.slots[i].use)<<32 | uint64(i+1)
}

func (h *handles) get(handle uint64) *vfs.File {
	i := uint32(handle) - 1
	if uint64(i) >= uint64(len(h.slots)) || h.slots[i].use != uint32(handle>>32) {
		return nil
	}
	return h.slots[i].file
}

func (h *handles) remove(file *vfs.File) {
	i := uint32(file.Handle) - 1
	h.slots[i].file = nil
	h.slots[i].use++
	h.free = append(h.free, i)
}

// each calls fn for every open file.
func (h *handles) each(fn func(*vfs.File)) {
	for i := range h.slots {
		if h.slots[i].file != nil {
			fn(h.slots[i].file)
		}
	}
}

// newFile makes a handle for an open file and counts its uses.
func (f *FS) newFile(p vfs.Path, flags uint32) *vfs.File {
	n := p.Inode()
	file := &vfs.File{Path: p, Inode: n, Flags: flags, Seekable: n.IsReg() || n.IsDir()}
	f.files.add(file)
	n.Opens++
	if file.Writable() && n.IsReg() {
		n.Writers++
	}
	p.Mnt.Users++
	return file
}

// Close implements fsapi.FS. EBADF is for a handle that is not open.
func (f *FS) Close(req *fsapi.CloseRequest, rep *fsapi.CloseReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	c.Closer = fsapi.Cred{Pid: req.Pid, Tid: req.Tid}
	c.Cred = &c.Closer
	file := f.files.get(req.Handle)
	if file == nil {
		return linux.EBADF
	}
	if file.Told {
		event := uint32(linux.IN_CLOSE_NOWRITE)
		if file.Writable() {
			event = linux.IN_CLOSE_WRITE
		}
		f.notify(c, file.Path, event)
	}
	f.drop(c, file)
	rep.Ready = append(rep.Ready, c.Ready...)
	rep.Raise = append(rep.Raise, c.Raise...)
	return 0
}

// noCred is for operations that ask no permission.
var noCred fsapi.Cred

// drop releases an open file.
func (f *FS) drop(c *vfs.Ctx, file *vfs.File) {
	if file.Inode.Locks != nil {
		f.dropLocks(c, file)
	}
	if file.Inode.Leases != nil {
		f.dropLease(c, file)
	}
	if s, ok := file.Stream.(vfs.Closer); ok {
		s.Close(c, file)
	}
	n := file.Inode
	switch {
	case file.Exec:
		n.Writers++
	case file.Writable() && n.IsReg() && !file.Unopened:
		n.Writers--
	}
	file.Path.Mnt.Users--
	n.Opens--
	n.Release()
	f.files.remove(file)
	f.notifyGone(c, file.Path.D)
	if file.Path.Mnt.Gone {
		f.notifyUnmount(c, file.Path.Mnt.Super)
	}
}
