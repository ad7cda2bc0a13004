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
	stat hostapi.FileStatReply
}

// Fetch implements outside.Call.
func (l *listCall) Fetch() (uint64, linux.Errno) {
	h := l.node.tree.host.Calls
	if l.node.inode != nil && l.req.After == "" {
		ticket, e := h.FileStat(&hostapi.FileStatRequest{Root: l.req.Root, Paths: []string{l.req.Path}}, &l.stat)
		if e != 0 {
			return ticket, e
		}
	}
	return h.FileList(&l.req, &l.rep)
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
	if n.inode != nil && l.req.After == "" && len(l.stat.Attrs) == 1 && l.stat.Attrs[0].AttrErrno == 0 {
		n.tree.fill(n.inode, &l.stat.Attrs[0])
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

func lastName(entries []hostapi.HostEntry) string {
	if len(entries) == 0 {
		return ""
	}
	return entries[len(entries)-1].Name
}
