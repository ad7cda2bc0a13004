package hostfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Load implements vfs.Origin: it lists the whole directory, page by page, with
// the attributes of all entries.
func (n *Node) Load(c *vfs.Ctx, d *vfs.Dentry) linux.Errno {
	if e, ok := c.Fact(n).(linux.Errno); ok {
		return e
	}
	if n.inode != nil && !n.asked {
		return c.Miss(&rootCall{node: n, req: hostapi.FileStatRequest{Root: n.tree.root, Paths: []string{n.path()}}})
	}
	after := ""
	if len(n.listed) > 0 {
		after = n.listed[len(n.listed)-1].Name
	}
	return c.Miss(&listCall{
		node: n, dir: d, c: c,
		req: hostapi.FileListRequest{Root: n.tree.root, Path: n.path(), After: after},
	})
}

// listCall asks for one page.
type listCall struct {
	node *Node
	dir  *vfs.Dentry
	c    *vfs.Ctx
	req  hostapi.FileListRequest
	rep  hostapi.FileListReply
}

// Fetch implements outside.Call.
func (l *listCall) Fetch() (uint64, linux.Errno) {
	return l.node.tree.host.Calls.FileList(&l.req, &l.rep)
}

// Store implements outside.Call.
func (l *listCall) Store(op *outside.Op, e linux.Errno) {
	n, dir := l.node, l.dir.Inode.Dir
	if e != 0 {
		op.Know(n, e)
		return
	}
	if dir.Loaded || l.req.After != lastName(n.listed) {
		return // another operation was quicker
	}
	n.listed = append(n.listed, l.rep.Entries...)
	if !l.rep.Last && len(l.rep.Entries) > 0 {
		return
	}
	dir.Reserve(len(n.listed))
	blocks := make([]block, len(n.listed))
	for i := range n.listed {
		n.tree.enter(l.c, l.dir, n, &n.listed[i], &blocks[i])
	}
	dir.Loaded = true
	n.listed, n.inode = nil, nil
}

// rootCall asks for the attributes of the root of a tree, which no listing has.
type rootCall struct {
	node *Node
	req  hostapi.FileStatRequest
	rep  hostapi.FileStatReply
}

// Fetch implements outside.Call.
func (r *rootCall) Fetch() (uint64, linux.Errno) {
	return r.node.tree.host.Calls.FileStat(&r.req, &r.rep)
}

// Store implements outside.Call.
func (r *rootCall) Store(op *outside.Op, e linux.Errno) {
	n := r.node
	if e != 0 {
		op.Know(n, e)
		return
	}
	if !n.asked && n.inode != nil && len(r.rep.Attrs) == 1 && r.rep.Attrs[0].AttrErrno == 0 {
		n.tree.fill(n.inode, &r.rep.Attrs[0])
	}
	n.asked = true
}

func lastName(entries []hostapi.HostEntry) string {
	if len(entries) == 0 {
		return ""
	}
	return entries[len(entries)-1].Name
}
