package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// inodeKey names an inode that fs does not have: that of a pipe, a socket, or
// the one of all anonymous files.
type inodeKey struct{ dev, ino uint64 }

// lockNode stands in fs for such an inode: a file in memory on which its locks
// are. It lives as long as a description that may have locked.
type lockNode struct {
	key    inodeKey
	handle uint64
	users  int
}

// lockHandle gives the handle by which fs knows the locks on a file.
func (c *Call) lockHandle(f *fdtable.File) (uint64, linux.Errno) {
	if h, ok := fsHandle(f); ok {
		return h, 0
	}
	if n, ok := f.LockNode.(*lockNode); ok {
		return n.handle, 0
	}
	key, e := c.inodeKey(f)
	if e != 0 {
		return 0, e
	}
	n := c.lockNodes[key]
	if n == nil {
		var r fsapi.OpenMemoryReply
		if e := c.FS.OpenMemory(&fsapi.OpenMemoryRequest{Cred: c.Cred(), Name: "locks"}, &r); e != 0 {
			return 0, e
		}
		if c.lockNodes == nil {
			c.lockNodes = map[inodeKey]*lockNode{}
		}
		n = &lockNode{key: key, handle: r.Handle}
		c.lockNodes[key] = n
	}
	n.users++
	f.LockNode = n
	return n.handle, 0
}

func (c *Call) inodeKey(f *fdtable.File) (inodeKey, linux.Errno) {
	a, e := c.stat(f)
	if e != 0 {
		return inodeKey{}, e
	}
	return inodeKey{a.Dev, a.Ino}, 0
}

// lockedHandle is lockHandle for a file on whose inode somebody has locked, and
// 0 for others.
func (c *Call) lockedHandle(f *fdtable.File) uint64 {
	if h, ok := fsHandle(f); ok {
		return h
	}
	if len(c.lockNodes) == 0 {
		return 0
	}
	if key, e := c.inodeKey(f); e == 0 && c.lockNodes[key] != nil {
		return c.lockNodes[key].handle
	}
	return 0
}

// dropLockNode forgets what a closed description locked.
func (e *Env) dropLockNode(f *fdtable.File) {
	n, ok := f.LockNode.(*lockNode)
	if !ok {
		return
	}
	e.unlock(n.handle, fsapi.LockKindFlock, f.ID)
	e.unlock(n.handle, fsapi.LockKindOfd, f.ID)
	if n.users--; n.users == 0 {
		delete(e.lockNodes, n.key)
		var r fsapi.CloseReply
		e.FS.Close(&fsapi.CloseRequest{Handle: n.handle}, &r)
	}
}
