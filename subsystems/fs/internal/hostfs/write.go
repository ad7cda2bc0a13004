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
	if f.Writable() && n.opened && !n.writable {
		n.opened, n.handle = false, 0
	}
	if !n.opened {
		n.writable = f.Writable()
		return c.Miss(n.ensureOpen())
	}
	f.Stream = n
	f.Seekable = true
	n.pinned = true
	return 0
}

// Close implements vfs.Closer.
func (n *Node) Close(_ *vfs.Ctx, f *vfs.File) {
	if f.Inode.Opens <= 1 {
		n.pinned = false
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

// written is how far a write has come.
type written struct{ node *Node }

// Write implements vfs.Stream. It is done piece by piece; when it must wait in
// between it starts anew later, which writes the same bytes again.
func (n *Node) Write(c *vfs.Ctx, f *vfs.File, off int64, p []byte) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	done := 0
	if w, ok := c.Fact(written{n}).(changed); ok {
		if w.e != 0 {
			return 0, w.e
		}
		done = int(w.attr.Size)
	}
	if done < len(p) {
		end := min(len(p), done+n.tree.host.MaxData)
		return 0, c.Miss(&writeCall{node: n, done: done, req: hostapi.FileWriteRequest{
			Handle: n.handle, Offset: off + int64(done), Data: p[done:end]}})
	}
	n.forget(off, off+int64(done))
	f.Inode.Size = max(f.Inode.Size, off+int64(done))
	n.size = f.Inode.Size
	f.Inode.Blocks = uint64(f.Inode.Size+511) / 512
	c.KillSetid(f.Inode, false)
	c.Changed(f.Inode)
	return done, 0
}

type writeCall struct {
	node *Node
	done int
	req  hostapi.FileWriteRequest
	rep  hostapi.FileWriteReply
}

// Fetch implements outside.Call.
func (w *writeCall) Fetch() (uint64, linux.Errno) {
	return w.node.tree.host.Calls.FileWrite(&w.req, &w.rep)
}

// Store implements outside.Call.
func (w *writeCall) Store(op *outside.Op, e linux.Errno) {
	if e == 0 && w.rep.Count == 0 {
		e = linux.EIO
	}
	op.Know(written{w.node}, changed{attr: hostapi.HostAttr{Size: int64(w.done) + int64(w.rep.Count)}, e: e})
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
