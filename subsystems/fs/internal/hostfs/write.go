package hostfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// A Node is also the Ops of a regular file whose changes go to the host, and
// the Stream of its open files.

// Open implements vfs.Opener: the host's file is opened too, so that it stays
// when its name goes.
func (n *Node) Open(c *vfs.Ctx, f *vfs.File) linux.Errno {
	if e, ok := c.Fact(n).(linux.Errno); ok {
		return e
	}
	if f.Writable() && n.handle != 0 && !n.writable {
		if n.opened {
			// Its descriptor may be in use, so it is closed with the file.
			n.old = append(n.old, n.handle)
		}
		n.opened, n.handle = false, 0
	}
	if !n.opened {
		// Once asked for to be written, by whomever, it stays so.
		n.writable = f.Writable() || n.handle != 0 && n.writable
		return c.Miss(n.ensureOpen())
	}
	f.Stream = n
	f.Seekable = true
	n.pinned = true
	return 0
}

// Close implements vfs.Closer.
func (n *Node) Close(_ *vfs.Ctx, f *vfs.File) {
	if f.Inode.Opens > 1 {
		return
	}
	n.pinned, n.mapped = false, false
	n.tree.host.garbage = append(n.tree.host.garbage, n.old...)
	n.old = nil
	if n.opened {
		n.count()
	}
}

// Read implements vfs.Stream.
func (n *Node) Read(c *vfs.Ctx, f *vfs.File, off int64, count int, dst []byte) ([]byte, linux.Errno) {
	size := f.Inode.Size
	if off >= size {
		return dst, 0
	}
	count = int(min(int64(count), size-off, int64(n.tree.host.MaxData)))
	had := len(dst)
	if cap(dst)-had >= count {
		dst = dst[:had+count]
	} else {
		dst = append(dst, make([]byte, count)...)
	}
	if e := n.ReadBase(&c.Op, dst[had:], off); e != 0 {
		return dst[:had], e
	}
	if f.Flags&linux.O_NOATIME == 0 {
		c.Accessed(f.Inode, f.Path.Mnt)
	}
	return dst, 0
}

// written is the key of how far a write has come.
type written struct{ node *Node }

// progress is that: bytes, where they begin, and what stopped it.
type progress struct {
	done  int
	start int64
	e     linux.Errno
}

// Write implements vfs.Stream. It is done piece by piece.
func (n *Node) Write(c *vfs.Ctx, f *vfs.File, off int64, p []byte) (int, linux.Errno) {
	done, _, e := n.write(c, f, off, p, false)
	return done, e
}

// Append implements vfs.Appender: the host finds the end, which its own
// programs may have moved.
func (n *Node) Append(c *vfs.Ctx, f *vfs.File, p []byte) (int, int64, linux.Errno) {
	return n.write(c, f, f.Inode.Size, p, true)
}

func (n *Node) write(c *vfs.Ctx, f *vfs.File, off int64, p []byte, atEnd bool) (int, int64, linux.Errno) {
	if len(p) == 0 {
		return 0, off, 0
	}
	if e := n.lock.Take(&c.Op); e != 0 {
		return 0, off, e
	}
	w, _ := c.Fact(written{n}).(progress)
	if w.e == 0 && w.done < len(p) {
		end := min(len(p), w.done+n.tree.host.MaxData)
		n.gen++
		return 0, off, c.Miss(&writeCall{node: n, inode: f.Inode, had: w, req: hostapi.FileWriteRequest{
			Handle: n.handle, Offset: off + int64(w.done), Data: p[w.done:end], Append: atEnd}})
	}
	if w.done == 0 {
		return 0, off, w.e
	}
	c.KillSetid(f.Inode, false)
	c.Changed(f.Inode)
	return w.done, w.start, 0
}

type writeCall struct {
	node  *Node
	inode *vfs.Inode
	had   progress
	req   hostapi.FileWriteRequest
	rep   hostapi.FileWriteReply
}

// Fetch implements outside.Call.
func (w *writeCall) Fetch() (uint64, linux.Errno) {
	return w.node.tree.host.Calls.FileWrite(&w.req, &w.rep)
}

// Changes implements outside.Step.
func (w *writeCall) Changes() bool { return true }

// Store implements outside.Call.
func (w *writeCall) Store(op *outside.Op, e linux.Errno) {
	n, now := w.node, w.had
	if e == 0 && w.rep.Count == 0 {
		e = linux.EIO
	}
	if e != 0 {
		now.e = e
		op.Know(written{n}, now)
		return
	}
	start := w.req.Offset
	end := start + int64(w.rep.Count)
	if w.req.Append {
		end = w.rep.Size
		start = min(end-int64(w.rep.Count), n.size)
	}
	if now.done == 0 {
		now.start = end - int64(w.rep.Count)
	}
	now.done += int(w.rep.Count)
	op.Know(written{n}, now)
	n.gen++
	n.forget(start, end)
	w.inode.Size = max(w.inode.Size, end)
	n.size = w.inode.Size
	w.inode.Blocks = uint64(w.inode.Size+511) / 512
}

// forget drops what is kept of the bytes from start to end.
func (n *Node) forget(start, end int64) {
	for i := start / extentSize; i*extentSize < end; i++ {
		delete(n.extents, i)
	}
}

// forgetFrom drops what is kept of the bytes from start on.
func (n *Node) forgetFrom(start int64) {
	for i := range n.extents {
		if (i+1)*extentSize > start {
			delete(n.extents, i)
		}
	}
}
