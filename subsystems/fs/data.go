package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// readStep is how much of a file is read at once, and so asked of the host at
// once, in bytes.
const readStep = 1 << 20

// shortRead is how much a read must have before it ends early rather than wait
// for the host again: what it has may be gone by then.
const shortRead = 8 * readStep

// Read implements fsapi.FS.
func (f *FS) Read(req *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	c := f.begin(&req.Cred)
	c.CanDetach = true
	e := f.readTries(c, req, rep)
	if e == outside.Detach {
		rep.Wait.Ticket = detach(f, c, req, func(r *fsapi.ReadReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, nil }, (*FS).readDetached)
		f.mu.Unlock()
		return linux.EWAIT
	}
	f.end(c)
	return e
}

func (f *FS) readTries(c *vfs.Ctx, req *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	had := len(rep.Data)
	if len(f.detached) > 0 {
		if d := claim[fsapi.ReadRequest, fsapi.ReadReply](f, req.Cred.Tid, req); d != nil {
			got := d.rep.(*fsapi.ReadReply)
			rep.Data = append(rep.Data, got.Data...)
			rep.Ready, rep.Raise, rep.Wait = got.Ready, got.Raise, got.Wait
			return d.errno
		}
	}
	for {
		e := f.read(c, req, rep, had)
		if !f.again(c, &e, &rep.Wait) {
			if e == linux.EWAIT && len(rep.Data)-had >= shortRead {
				rep.Wait = fsapi.Wait{}
				e = 0
			}
			if e != 0 {
				rep.Data = rep.Data[:had]
			}
			rep.Ready = append(rep.Ready, c.Ready...)
			rep.Raise = append(rep.Raise, c.Raise...)
			rep.Opened = append(rep.Opened, c.Opened...)
			return e
		}
		if req.Flags&linux.RWF_NOWAIT != 0 {
			return linux.EAGAIN
		}
	}
}

// mayNowait is FMODE_NOWAIT: tmpfs has it not.
func mayNowait(n *vfs.Inode) bool { return !n.IsReg() || !n.Super.Tmpfs }

// readDetached is a try of a read that goes on without its caller.
func (f *FS) readDetached(c *vfs.Ctx, req *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	e := f.read(c, req, rep, 0)
	if e != 0 && e != outside.Missed {
		rep.Data = rep.Data[:0]
	}
	return e
}

// read appends to rep.Data, which had bytes of the caller's at first; what is
// beyond them was read by an earlier try.
func (f *FS) read(c *vfs.Ctx, req *fsapi.ReadRequest, rep *fsapi.ReadReply, had int) linux.Errno {
	c.Expired = req.Expired
	file := f.files.get(req.Handle)
	if file == nil || !file.Readable() {
		return linux.EBADF
	}
	n := file.Inode
	if n.IsDir() {
		return linux.EISDIR
	}
	if req.Flags&linux.RWF_NOWAIT != 0 && !mayNowait(n) {
		return linux.EOPNOTSUPP
	}
	count := int(min(req.Count, linux.MAX_RW_COUNT))
	if file.Seekable && (req.Offset < 0 || req.Offset+int64(count) < 0) {
		return linux.EINVAL // rw_verify_area
	}
	switch {
	case file.Stream != nil:
		var e linux.Errno
		before := len(rep.Data)
		rep.Data, e = file.Stream.Read(c, file, req.Offset, count, rep.Data)
		if e == 0 && len(rep.Data) > before {
			f.notify(c, file.Path, linux.IN_ACCESS)
		}
		return e
	case n.Data == nil:
		return linux.EINVAL
	}
	for {
		done := len(rep.Data) - had
		step := min(count-done, readStep)
		if step <= 0 {
			break
		}
		var e linux.Errno
		rep.Data, e = n.Data.Read(&c.Op, req.Offset+int64(done), step, rep.Data)
		if e != 0 {
			return e
		}
		if len(rep.Data)-had-done < step {
			break
		}
	}
	if file.Flags&linux.O_NOATIME == 0 {
		c.Accessed(n, file.Path.Mnt)
	}
	if len(rep.Data) > had {
		f.notify(c, file.Path, linux.IN_ACCESS)
	}
	return 0
}

// Write implements fsapi.FS.
func (f *FS) Write(req *fsapi.WriteRequest, rep *fsapi.WriteReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.WriteReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).writeTry)
}

func (f *FS) writeTry(c *vfs.Ctx, req *fsapi.WriteRequest, rep *fsapi.WriteReply) linux.Errno {
	c.NoWait = req.Flags&linux.RWF_NOWAIT != 0
	e := f.write(c, req, rep)
	if e != outside.Missed {
		rep.Raise = append(rep.Raise, c.Raise...)
	}
	return e
}

func (f *FS) write(c *vfs.Ctx, req *fsapi.WriteRequest, rep *fsapi.WriteReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil || !file.Writable() {
		return linux.EBADF
	}
	p := req.Data
	if len(p) > linux.MAX_RW_COUNT {
		p = p[:linux.MAX_RW_COUNT]
	}
	if file.Seekable && (req.Offset < 0 || req.Offset+int64(len(p)) < 0) {
		return linux.EINVAL // rw_verify_area
	}
	off := req.Offset
	var done int
	var e linux.Errno
	n := file.Inode
	mode := n.Mode
	if req.Flags&linux.RWF_NOWAIT != 0 && !mayNowait(n) {
		return linux.EOPNOTSUPP
	}
	appends := n.IsReg() && (req.Append || req.Flags&linux.RWF_APPEND != 0) && req.Flags&linux.RWF_NOAPPEND == 0
	if n.IsReg() {
		if e := lockData(c, n); e != 0 {
			return e
		}
		if appends {
			off = n.Length()
		}
		if n.Super.Through != nil {
			p, e = bounded(p, off, req.SizeLimit)
			if e != 0 {
				return e
			}
		}
	}
	a, _ := file.Stream.(vfs.Appender)
	switch {
	case appends && a != nil:
		done, off, e = a.Append(c, file, p)
	case file.Stream != nil:
		done, e = file.Stream.Write(c, file, off, p)
	case n.Data != nil:
		done, e = f.writeData(c, n, p, off, req.SizeLimit)
	default:
		e = linux.EINVAL
	}
	if e != 0 {
		return e
	}
	if done > 0 {
		f.notify(c, file.Path, dataEvents(n, mode)&linux.IN_ATTRIB)
		f.notify(c, file.Path, linux.IN_MODIFY)
	}
	rep.Count = uint32(done)
	rep.Offset = off + int64(done)
	return 0
}

// lockData keeps other changes of a file's size and bytes out until the end of
// the operation, where they are made elsewhere.
func lockData(c *vfs.Ctx, n *vfs.Inode) linux.Errno {
	if t := n.Super.Through; t != nil {
		return t.Lock(c, n)
	}
	return 0
}

// writeData writes to a regular file: generic_write_checks in fs/read_write.c,
// then shmem_write_begin in mm/shmem.c for the seals.
func (f *FS) writeData(c *vfs.Ctx, n *vfs.Inode, p []byte, off int64, limit uint64) (int, linux.Errno) {
	p, e := bounded(p, off, limit)
	if len(p) == 0 || e != 0 {
		return 0, e
	}
	if n.Seals&(linux.F_SEAL_WRITE|linux.F_SEAL_FUTURE_WRITE) != 0 {
		return 0, linux.EPERM
	}
	if n.Seals&linux.F_SEAL_GROW != 0 && off+int64(len(p)) > n.Data.Len() {
		// Page by page: those that lie before the end are written.
		keep := n.Data.Len()&^(pages.Size-1) - off
		if keep <= 0 {
			return 0, linux.EPERM
		}
		p = p[:keep]
	}
	done, e := n.Data.Write(&c.Op, p, off)
	if e != 0 {
		return 0, e
	}
	c.KillSetid(n, false)
	c.Changed(n)
	return done, 0
}

// bounded cuts a write at the largest size. Errors: EFBIG.
func bounded(p []byte, off int64, limit uint64) ([]byte, linux.Errno) {
	if len(p) == 0 {
		return p, 0
	}
	if uint64(off) >= limit || off >= pages.MaxSize {
		return nil, linux.EFBIG
	}
	room := min(limit-uint64(off), uint64(pages.MaxSize-off))
	return p[:min(uint64(len(p)), room)], 0
}

// Seek implements fsapi.FS.
func (f *FS) Seek(req *fsapi.SeekRequest, rep *fsapi.SeekReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	for {
		e := f.seek(req, rep)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

func (f *FS) seek(req *fsapi.SeekRequest, rep *fsapi.SeekReply) linux.Errno {
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	if req.Whence > linux.SEEK_MAX {
		return linux.EINVAL
	}
	if !file.Seekable {
		return linux.ESPIPE
	}
	n := file.Inode
	if s, ok := file.Stream.(vfs.Seeker); ok {
		off, e := s.Seek(file, req.Offset, req.Whence, req.Current)
		rep.Offset = off
		return e
	}
	var base int64
	switch req.Whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		base = req.Current
	case linux.SEEK_END:
		if n.IsDir() {
			return linux.EINVAL
		}
		base = n.Length()
	default:
		if n.Data == nil && n.Super.Through != nil {
			return seekThrough(n, req, rep)
		}
		if n.Data == nil {
			return linux.EINVAL
		}
		off, e := n.Data.Find(req.Offset, req.Whence == linux.SEEK_HOLE)
		rep.Offset = off
		return e
	}
	off := base + req.Offset
	switch {
	case off < 0:
		return linux.EINVAL // also when it wraps: vfs_setpos
	}
	rep.Offset = off
	return 0
}

// seekThrough finds data in a file of which nothing is known but its size: it
// is all data.
func seekThrough(n *vfs.Inode, req *fsapi.SeekRequest, rep *fsapi.SeekReply) linux.Errno {
	if req.Offset < 0 || req.Offset >= n.Size {
		return linux.ENXIO
	}
	rep.Offset = req.Offset
	if req.Whence == linux.SEEK_HOLE {
		rep.Offset = n.Size
	}
	return 0
}

// Poll implements fsapi.FS. A file that never makes anyone wait is always
// ready, as fs/select.c has it (DEFAULT_POLLMASK).
func (f *FS) Poll(req *fsapi.PollRequest, rep *fsapi.PollReply) linux.Errno {
	c := f.begin(&noCred)
	defer f.end(c)
	file := f.files.get(req.Handle)
	if file == nil {
		return linux.EBADF
	}
	if p, ok := file.Stream.(prober); ok {
		if call := p.Probe(); call != nil {
			f.mu.Unlock()
			ticket, e := call.Fetch()
			f.mu.Lock()
			if e == linux.EWAIT {
				rep.Wait.Ticket = ticket
				return e
			}
			call.Store(&c.Op, e)
			if f.files.get(req.Handle) != file {
				return linux.EBADF
			}
		}
	}
	if p, ok := file.Stream.(vfs.Poller); ok {
		rep.Level, rep.Generation = p.Poll(c, file)
	} else {
		rep.Level = linux.POLLIN | linux.POLLOUT | linux.POLLRDNORM | linux.POLLWRNORM
		rep.Generation = file.Generation
	}
	if req.Events&lockEvent != 0 && !file.LockWait {
		rep.Level |= lockEvent
	}
	rep.Level &= req.Events | linux.POLLERR | linux.POLLHUP
	return 0
}

// copyStep is how much CopyRange moves at once, in bytes.
const copyStep = 1 << 20

// CopyRange implements fsapi.FS. The core has checked that neither descriptor
// is of another subsystem.
func (f *FS) CopyRange(req *fsapi.CopyRangeRequest, rep *fsapi.CopyRangeReply) linux.Errno {
	return run(f, &req.Cred, req, rep, func(r *fsapi.CopyRangeReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, &r.Ready }, (*FS).copyRange)
}

func (f *FS) copyRange(c *vfs.Ctx, req *fsapi.CopyRangeRequest, rep *fsapi.CopyRangeReply) linux.Errno {
	from, to := f.files.get(req.From), f.files.get(req.To)
	if from == nil || to == nil {
		return linux.EBADF
	}
	count, e := copyCount(from, to, req)
	if e != 0 || count == 0 {
		return e
	}
	count = min(count, copyStep)
	var data []byte
	if from.Stream != nil {
		data, e = from.Stream.Read(c, from, req.FromOffset, int(count), nil)
	} else {
		data, e = from.Inode.Data.Read(&c.Op, req.FromOffset, int(count), nil)
	}
	if e != 0 || len(data) == 0 {
		return e
	}
	var done int
	if to.Stream != nil {
		done, e = to.Stream.Write(c, to, req.ToOffset, data)
	} else {
		done, e = f.writeData(c, to.Inode, data, req.ToOffset, req.SizeLimit)
	}
	if e != 0 {
		return e
	}
	c.Accessed(from.Inode, from.Path.Mnt)
	if done > 0 {
		f.notify(c, from.Path, linux.IN_ACCESS)
		f.notify(c, to.Path, linux.IN_MODIFY)
	}
	rep.Count = uint64(done)
	return 0
}

// copyCount says how many bytes can be copied: generic_copy_file_checks in
// fs/read_write.c, whose order this is.
func copyCount(from, to *vfs.File, req *fsapi.CopyRangeRequest) (int64, linux.Errno) {
	in, out := from.Inode, to.Inode
	switch {
	case in.IsDir() || out.IsDir():
		return 0, linux.EISDIR
	case !in.IsReg() || !out.IsReg():
		return 0, linux.EINVAL
	case !from.Readable() || !to.Writable() || req.Append:
		return 0, linux.EBADF
	case in.Super != out.Super:
		return 0, linux.EXDEV
	case out.Attrs&linux.FS_IMMUTABLE_FL != 0:
		return 0, linux.EPERM
	}
	if wraps(req.FromOffset, req.Count) || wraps(req.ToOffset, req.Count) {
		return 0, linux.EOVERFLOW
	}
	count := int64(min(req.Count, pages.MaxSize, uint64(max(0, in.Length()-req.FromOffset))))
	if count > 0 && req.SizeLimit <= pages.MaxSize { // generic_write_check_limits
		if req.ToOffset >= int64(req.SizeLimit) {
			return 0, linux.EFBIG
		}
		count = min(count, int64(req.SizeLimit)-req.ToOffset)
	}
	if in == out && req.ToOffset+count > req.FromOffset && req.ToOffset < req.FromOffset+count {
		return 0, linux.EINVAL
	}
	if req.FromOffset < 0 || req.ToOffset < 0 {
		return 0, linux.EINVAL // rw_verify_area
	}
	return count, 0
}

// wraps reports whether off+n passes the end of all offsets, as unsigned
// numbers.
func wraps(off int64, n uint64) bool { return uint64(off)+n < uint64(off) }

// Sync implements fsapi.FS. What is in memory is where it belongs; files of a
// writable host tree are synced there.
func (f *FS) Sync(req *fsapi.SyncRequest, rep *fsapi.SyncReply) linux.Errno {
	return run(f, &noCred, req, rep, func(r *fsapi.SyncReply) (*fsapi.Wait, *[]fsapi.Ready) { return &r.Wait, nil }, (*FS).sync)
}

func (f *FS) sync(c *vfs.Ctx, req *fsapi.SyncRequest, _ *fsapi.SyncReply) linux.Errno {
	if req.Handle == 0 {
		return 0 // every write has gone to the host already
	}
	file := f.files.get(req.Handle)
	if file == nil || file.Flags&linux.O_PATH != 0 {
		return linux.EBADF
	}
	n := file.Inode
	if req.Whole {
		return 0
	}
	// EINVAL for what has no fsync method: fsync(2) on a terminal or pipe.
	if !n.IsReg() && !n.IsDir() && n.Type() != linux.S_IFBLK {
		return linux.EINVAL
	}
	if t := n.Super.Through; t != nil && (n.IsReg() || n.IsDir()) {
		return t.Sync(c, n, req.DataOnly)
	}
	return 0
}
