package hostfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// What not every host file system has: files without a name, space set aside,
// extended attributes.

// MakeUnnamed implements vfs.Through.
func (t through) MakeUnnamed(c *vfs.Ctx, dir *vfs.Dentry, n *vfs.Inode) linux.Errno {
	if e := t.begin(c, dir); e != 0 {
		return e
	}
	// No host file can have this name, so that no other file has the key.
	node := &Node{tree: t.tree, parent: dir.Inode.Origin.(*Node), name: ".", unnamed: true}
	key := makeKey{node.path()}
	done, ok := c.Fact(key).(made)
	if !ok {
		handle, again := t.tree.making[key.path]
		if !again {
			handle = t.tree.host.Calls.NewHandle()
			t.tree.making[key.path] = handle
		}
		return c.Miss(&makeCall{t: t, key: key, req: hostapi.FileOpenRequest{Root: t.tree.root, Path: node.parent.path(),
			Flags: linux.O_RDWR | linux.O_TMPFILE, Mode: n.Mode & 07777, Handle: handle}})
	}
	if done.e != 0 {
		return done.e
	}
	node.handle, node.opened, node.writable, node.pinned = done.handle, true, true, true
	attr, e := t.own(c, node, n, done.attr)
	if e != 0 {
		return e
	}
	t.tree.fill(n, &attr)
	n.Nlink = 0
	n.Origin, n.Ops, n.Data = node, node, nil
	return 0
}

// Allocate implements vfs.Through.
func (t through) Allocate(c *vfs.Ctx, n *vfs.Inode, mode uint32, off, length int64) linux.Errno {
	node := n.Origin.(*Node)
	if e := node.lock.Take(&c.Op); e != 0 {
		return e
	}
	key := allocateKey{node}
	if done, ok := c.Fact(key).(changed); ok {
		return done.e
	}
	return c.Miss(&allocateCall{t: t, inode: n, key: key,
		req: hostapi.FileAllocateRequest{Handle: node.handle, Mode: mode, Offset: off, Length: length}})
}

type allocateKey struct{ node *Node }

type allocateCall struct {
	t     through
	inode *vfs.Inode
	key   allocateKey
	req   hostapi.FileAllocateRequest
	rep   hostapi.FileAllocateReply
}

// Fetch implements outside.Call.
func (a *allocateCall) Fetch() (uint64, linux.Errno) {
	return a.t.tree.host.Calls.FileAllocate(&a.req, &a.rep)
}

// Changes implements outside.Step.
func (a *allocateCall) Changes() bool { return true }

// Store implements outside.Call.
func (a *allocateCall) Store(op *outside.Op, e linux.Errno) {
	op.Know(a.key, changed{a.rep.Attr, e})
	if e != 0 {
		return
	}
	n, node := a.inode, a.key.node
	n.Size, n.Blocks = a.rep.Attr.Size, a.rep.Attr.Blocks
	node.size = n.Size
	node.gen++
	node.forgetFrom(a.req.Offset)
}

// Xattr implements vfs.Through.
func (t through) Xattr(c *vfs.Ctx, n *vfs.Inode, do vfs.Xattr) ([]byte, linux.Errno) {
	node, ok := n.Origin.(*Node)
	if !ok {
		return nil, linux.EOPNOTSUPP // a directory made here for a mount inside it
	}
	if e := node.lock.Take(&c.Op); e != 0 {
		return nil, e
	}
	key := xattrKey{node, do.Name}
	if done, ok := c.Fact(key).(xattrDone); ok {
		return done.value, done.e
	}
	req := hostapi.FileXattrRequest{Kind: hostapi.XattrKindGet, Root: t.tree.root, Name: do.Name, Value: do.Value, Flags: do.Flags}
	switch {
	case do.Set:
		req.Kind = hostapi.XattrKindSet
	case do.Remove:
		req.Kind = hostapi.XattrKindRemove
	case do.Name == "":
		req.Kind = hostapi.XattrKindList
	}
	if node.opened {
		req.Handle = node.handle
	} else {
		req.Path = node.path()
	}
	return nil, c.Miss(&xattrCall{t: t, key: key, req: req})
}

type xattrKey struct {
	node *Node
	name string
}

type xattrDone struct {
	value []byte
	e     linux.Errno
}

type xattrCall struct {
	t   through
	key xattrKey
	req hostapi.FileXattrRequest
	rep hostapi.FileXattrReply
}

// Fetch implements outside.Call.
func (x *xattrCall) Fetch() (uint64, linux.Errno) {
	return x.t.tree.host.Calls.FileXattr(&x.req, &x.rep)
}

// Changes implements outside.Step.
func (x *xattrCall) Changes() bool {
	return x.req.Kind == hostapi.XattrKindSet || x.req.Kind == hostapi.XattrKindRemove
}

// Store implements outside.Call.
func (x *xattrCall) Store(op *outside.Op, e linux.Errno) { op.Know(x.key, xattrDone{x.rep.Value, e}) }
