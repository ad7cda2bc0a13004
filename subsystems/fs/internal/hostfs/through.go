package hostfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// through makes the changes of a writable tree at the host. What others change
// there meanwhile is not seen.
//
// GAP: shared writable mappings over a host that hands out no descriptors
// (ENODEV), and extended attributes but those of users (EOPNOTSUPP).
type through struct{ tree *Tree }

var _ vfs.Through = through{}

// change is the key of a change within an operation.
type change struct {
	kind hostapi.NameOpKind
	path string
}

// changed is what is known of one that was made.
type changed struct {
	attr hostapi.HostAttr
	e    linux.Errno
}

// nameOp makes a change of names, once in an operation.
func (t through) nameOp(c *vfs.Ctx, req hostapi.NameOpRequest) (hostapi.HostAttr, linux.Errno) {
	key := change{req.Kind, req.Path}
	if done, ok := c.Fact(key).(changed); ok {
		return done.attr, done.e
	}
	req.Root = t.tree.root
	return hostapi.HostAttr{}, c.Miss(&nameCall{t: t, key: key, req: req})
}

type nameCall struct {
	t   through
	key change
	req hostapi.NameOpRequest
	rep hostapi.NameOpReply
}

// Fetch implements outside.Call.
func (n *nameCall) Fetch() (uint64, linux.Errno) {
	return n.t.tree.host.Calls.NameOp(&n.req, &n.rep)
}

// Store implements outside.Call.
func (n *nameCall) Store(op *outside.Op, e linux.Errno) { op.Know(n.key, changed{n.rep.Attr, e}) }

// Changes implements outside.Step.
func (n *nameCall) Changes() bool { return true }

// below gives the path of a name in a directory.
func below(dir *vfs.Dentry, name string) string {
	return (&Node{parent: dir.Inode.Origin.(*Node), name: name}).path()
}

// begin keeps other changes of names out, and has the directories at the host
// that were made here for a mount inside them.
func (t through) begin(c *vfs.Ctx, dirs ...*vfs.Dentry) linux.Errno {
	if e := t.tree.names.Take(&c.Op); e != 0 {
		return e
	}
	for _, d := range dirs {
		if e := t.ensureDir(c, d); e != 0 {
			return e
		}
	}
	return 0
}

func (t through) ensureDir(c *vfs.Ctx, d *vfs.Dentry) linux.Errno {
	if d.Inode.Origin != nil {
		return 0
	}
	if e := t.ensureDir(c, d.Parent); e != 0 {
		return e
	}
	node := &Node{tree: t.tree, parent: d.Parent.Inode.Origin.(*Node), name: d.Name}
	attr, e := t.nameOp(c, hostapi.NameOpRequest{Kind: hostapi.NameOpKindMkdir, Path: node.path(), Mode: d.Inode.Mode & 07777})
	if e != 0 {
		return e
	}
	t.tree.fill(d.Inode, &attr)
	d.Inode.Origin = node
	return 0
}

// Make implements vfs.Through.
func (t through) Make(c *vfs.Ctx, dir *vfs.Dentry, name string, n *vfs.Inode, target string) linux.Errno {
	if e := t.begin(c, dir); e != 0 {
		return e
	}
	node := &Node{tree: t.tree, parent: dir.Inode.Origin.(*Node), name: name}
	var attr hostapi.HostAttr
	var e linux.Errno
	switch n.Type() {
	case linux.S_IFREG:
		attr, e = t.makeFile(c, node, n.Mode)
	case linux.S_IFDIR:
		attr, e = t.nameOp(c, hostapi.NameOpRequest{Kind: hostapi.NameOpKindMkdir, Path: node.path(), Mode: n.Mode})
	case linux.S_IFLNK:
		attr, e = t.nameOp(c, hostapi.NameOpRequest{Kind: hostapi.NameOpKindSymlink, Path: node.path(), Other: target})
	default:
		attr, e = t.nameOp(c, hostapi.NameOpRequest{Kind: hostapi.NameOpKindMknod, Path: node.path(), Mode: n.Mode})
	}
	if e != 0 {
		return e
	}
	if attr, e = t.own(c, node, n, attr); e != 0 {
		return e
	}
	t.tree.fill(n, &attr)
	n.Origin = node
	n.Data = nil
	switch n.Type() {
	case linux.S_IFREG:
		n.Ops = node
	case linux.S_IFDIR:
		n.Dir = vfs.NewDir() // it is empty
	}
	return 0
}

// makeFile makes a regular file and leaves it open at the host: an open that
// made it must not find later that it is gone.
func (t through) makeFile(c *vfs.Ctx, node *Node, mode uint32) (hostapi.HostAttr, linux.Errno) {
	key := makeKey{node.path()}
	if done, ok := c.Fact(key).(made); ok {
		node.handle, node.opened, node.writable = done.handle, done.e == 0, true
		return done.attr, done.e
	}
	// The same number again when the host lets us wait and the call is repeated.
	handle, ok := t.tree.making[key.path]
	if !ok {
		handle = t.tree.host.Calls.NewHandle()
		t.tree.making[key.path] = handle
	}
	return hostapi.HostAttr{}, c.Miss(&makeCall{t: t, key: key, req: hostapi.FileOpenRequest{
		Root: t.tree.root, Path: key.path, Flags: linux.O_RDWR | linux.O_CREAT | linux.O_EXCL, Mode: mode & 07777, Handle: handle}})
}

type makeKey struct{ path string }

type made struct {
	changed
	handle uint64
}

type makeCall struct {
	t   through
	key makeKey
	req hostapi.FileOpenRequest
	rep hostapi.FileOpenReply
}

// Fetch implements outside.Call.
func (m *makeCall) Fetch() (uint64, linux.Errno) {
	return m.t.tree.host.Calls.FileOpen(&m.req, &m.rep)
}

// Changes implements outside.Step.
func (m *makeCall) Changes() bool { return true }

// Store implements outside.Call.
func (m *makeCall) Store(op *outside.Op, e linux.Errno) {
	delete(m.t.tree.making, m.key.path)
	op.Know(m.key, made{changed{m.rep.Attr, e}, m.req.Handle})
}

// own gives a new file its owner, as far as the host lets us.
func (t through) own(c *vfs.Ctx, node *Node, n *vfs.Inode, attr hostapi.HostAttr) (hostapi.HostAttr, linux.Errno) {
	if attr.Uid == n.Uid && attr.Gid == n.Gid {
		return attr, 0
	}
	key := ownKey{node.path()}
	if done, ok := c.Fact(key).(changed); ok {
		if done.e == 0 {
			return done.attr, 0
		}
		return attr, 0
	}
	req := hostapi.FileSetAttrRequest{Root: t.tree.root, Path: key.path, Valid: validUid | validGid, Uid: n.Uid, Gid: n.Gid}
	if node.unnamed {
		req.Path, req.Handle = "", node.handle
	}
	if n.Mode&(linux.S_ISUID|linux.S_ISGID) != 0 && !n.IsLink() {
		req.Valid, req.Mode = req.Valid|validMode, n.Mode&07777
	}
	return attr, c.Miss(&ownCall{t: t, req: req, key: key})
}

type ownKey struct{ path string }

type ownCall struct {
	t   through
	key ownKey
	req hostapi.FileSetAttrRequest
	rep hostapi.FileSetAttrReply
}

// Fetch implements outside.Call.
func (o *ownCall) Fetch() (uint64, linux.Errno) {
	return o.t.tree.host.Calls.FileSetAttr(&o.req, &o.rep)
}

// Changes implements outside.Step.
func (o *ownCall) Changes() bool { return true }

// Store implements outside.Call.
func (o *ownCall) Store(op *outside.Op, e linux.Errno) { op.Know(o.key, changed{o.rep.Attr, e}) }

// Link implements vfs.Through.
func (t through) Link(c *vfs.Ctx, d *vfs.Dentry, dir *vfs.Dentry, name string) linux.Errno {
	if e := t.begin(c, dir); e != 0 {
		return e
	}
	node, to := d.Inode.Origin.(*Node), place{dir.Inode.Origin.(*Node), name}
	req := hostapi.NameOpRequest{Kind: hostapi.NameOpKindLink, Path: node.path(), Other: below(dir, name)}
	if node.unnamed {
		req.Path, req.Handle = "", node.handle
	}
	_, e := t.nameOp(c, req)
	switch {
	case e != 0:
	case node.unnamed:
		node.unnamed, node.parent, node.name = false, to.parent, to.name
	default:
		node.renamed(place{}, to)
	}
	return e
}

// Remove implements vfs.Through.
func (t through) Remove(c *vfs.Ctx, d *vfs.Dentry) linux.Errno {
	if e := t.begin(c); e != 0 {
		return e
	}
	if d.Inode.Origin == nil {
		return 0 // the host has none of that name
	}
	kind := hostapi.NameOpKindUnlink
	if d.Inode.IsDir() {
		kind = hostapi.NameOpKindRmdir
	}
	_, e := t.nameOp(c, hostapi.NameOpRequest{Kind: kind, Path: below(d.Parent, d.Name)})
	if e == 0 {
		d.Inode.Origin.(*Node).renamed(place{d.Parent.Inode.Origin.(*Node), d.Name}, place{})
	}
	return e
}

// Rename implements vfs.Through.
func (t through) Rename(c *vfs.Ctx, d *vfs.Dentry, dir *vfs.Dentry, name string, target *vfs.Dentry, exchange bool) linux.Errno {
	need := []*vfs.Dentry{dir}
	if d.Inode.IsDir() {
		need = append(need, d)
	}
	if target != nil && target.Inode.IsDir() {
		need = append(need, target)
	}
	if e := t.begin(c, need...); e != 0 {
		return e
	}
	req := hostapi.NameOpRequest{Kind: hostapi.NameOpKindRename, Path: below(d.Parent, d.Name), Other: below(dir, name)}
	switch {
	case exchange:
		req.Flags = linux.RENAME_EXCHANGE
	case target == nil:
		req.Flags = linux.RENAME_NOREPLACE
	}
	if _, e := t.nameOp(c, req); e != 0 {
		return e
	}
	old := place{d.Parent.Inode.Origin.(*Node), d.Name}
	to := place{dir.Inode.Origin.(*Node), name}
	if target != nil && !exchange {
		target.Inode.Origin.(*Node).renamed(to, place{})
	}
	d.Inode.Origin.(*Node).renamed(old, to)
	if exchange {
		target.Inode.Origin.(*Node).renamed(to, old)
	}
	return 0
}

// attrKey is the key of a change of attributes.
type attrKey struct{ node *Node }

func (t through) setAttr(c *vfs.Ctx, n *vfs.Inode, req hostapi.FileSetAttrRequest) linux.Errno {
	if n.Origin == nil {
		return linux.EROFS // a directory made here for a mount inside it
	}
	node := n.Origin.(*Node)
	if e := node.lock.Take(&c.Op); e != 0 {
		return e
	}
	key := attrKey{node}
	if done, ok := c.Fact(key).(changed); ok {
		return done.e
	}
	req.Root = t.tree.root
	if node.opened {
		req.Handle = node.handle
	} else {
		req.Path = node.path()
	}
	return c.Miss(&attrCall{t: t, inode: n, key: key, req: req})
}

// Lock implements vfs.Through.
func (t through) Lock(c *vfs.Ctx, n *vfs.Inode) linux.Errno {
	if node, ok := n.Origin.(*Node); ok {
		return node.lock.Take(&c.Op)
	}
	return 0
}

type attrCall struct {
	t     through
	inode *vfs.Inode
	key   attrKey
	req   hostapi.FileSetAttrRequest
	rep   hostapi.FileSetAttrReply
}

// Fetch implements outside.Call.
func (a *attrCall) Fetch() (uint64, linux.Errno) {
	return a.t.tree.host.Calls.FileSetAttr(&a.req, &a.rep)
}

// Changes implements outside.Step.
func (a *attrCall) Changes() bool { return true }

// Store implements outside.Call.
func (a *attrCall) Store(op *outside.Op, e linux.Errno) {
	op.Know(a.key, changed{a.rep.Attr, e})
	if e != 0 {
		return
	}
	links := a.inode.Nlink
	a.t.tree.fill(a.inode, &a.rep.Attr)
	a.inode.Nlink = links
	node := a.key.node
	node.size = a.inode.Size
	if a.req.Valid&validSize != 0 {
		node.gen++
		node.forgetFrom(a.req.Size)
	}
}

// Bits of FileSetAttrRequest.Valid.
const (
	validMode  = 1
	validUid   = 2
	validGid   = 4
	validSize  = 8
	validAtime = 16
	validMtime = 32
)

// Truncate implements vfs.Through.
func (t through) Truncate(c *vfs.Ctx, n *vfs.Inode, size int64) linux.Errno {
	return t.setAttr(c, n, hostapi.FileSetAttrRequest{Valid: validSize, Size: size})
}

// SetAttr implements vfs.Through.
func (t through) SetAttr(c *vfs.Ctx, n *vfs.Inode, a vfs.Attrs) linux.Errno {
	var req hostapi.FileSetAttrRequest
	if a.Mode != nil {
		req.Valid, req.Mode = req.Valid|validMode, *a.Mode&07777
	}
	if a.Uid != nil {
		req.Valid, req.Uid = req.Valid|validUid, *a.Uid
	}
	if a.Gid != nil {
		req.Valid, req.Gid = req.Valid|validGid, *a.Gid
	}
	if a.Atime != nil {
		req.Valid, req.AtimeNs = req.Valid|validAtime, nanoseconds(*a.Atime)
	}
	if a.Mtime != nil {
		req.Valid, req.MtimeNs = req.Valid|validMtime, nanoseconds(*a.Mtime)
	}
	if req.Valid == 0 {
		return 0
	}
	return t.setAttr(c, n, req)
}

func nanoseconds(t vfs.Time) int64 { return t.Sec*linux.NSEC_PER_SEC + int64(t.Nsec) }

// syncKey is the key of a sync.
type syncKey struct{ node *Node }

// Sync implements vfs.Through.
func (t through) Sync(c *vfs.Ctx, n *vfs.Inode, dataOnly bool) linux.Errno {
	node, ok := n.Origin.(*Node)
	if !ok {
		return 0
	}
	if done, ok := c.Fact(syncKey{node}).(changed); ok {
		return done.e
	}
	if e, ok := c.Fact(node).(linux.Errno); ok {
		return e
	}
	if !node.opened {
		return c.Miss(node.ensureOpen())
	}
	return c.Miss(&syncCall{node: node, req: hostapi.FileSyncRequest{Handle: node.handle, DataOnly: dataOnly}})
}

type syncCall struct {
	node *Node
	req  hostapi.FileSyncRequest
}

// Fetch implements outside.Call.
func (s *syncCall) Fetch() (uint64, linux.Errno) {
	return s.node.tree.host.Calls.FileSync(&s.req, &hostapi.FileSyncReply{})
}

// Store implements outside.Call.
func (s *syncCall) Store(op *outside.Op, e linux.Errno) { op.Know(syncKey{s.node}, changed{e: e}) }

// Changes implements outside.Step.
func (s *syncCall) Changes() bool { return false }

// Descriptor implements vfs.Through. Of a file that programs write to without a
// call nothing is kept here any more.
func (t through) Descriptor(c *vfs.Ctx, n *vfs.Inode, writable bool) (int, bool, linux.Errno) {
	node := n.Origin.(*Node)
	if e, ok := c.Fact(node).(linux.Errno); ok {
		return -1, false, e
	}
	if !node.opened {
		return -1, false, c.Miss(node.ensureOpen())
	}
	fd, ok := t.tree.host.Calls.Descriptor(node.handle, writable)
	if ok {
		node.pinned = true
	}
	if ok && writable {
		node.mapped = true
		node.gen++
		node.forgetFrom(0)
	}
	return fd, ok, 0
}
