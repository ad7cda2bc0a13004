// Package hostfs shows a directory tree of the host: names and attributes come
// a directory at a time, data in extents, and both are kept for the whole run.
// What programs change stays in memory on top (the default), or goes to the
// host (a writable tree, see through.go).
//
// In memory, an inode that came from the host is an ordinary one with an
// Origin: its directory is filled when first asked for, and its data lies under
// the pages of package pages. So there is no copying up, a removed name is
// simply not there, and a directory can be renamed with all that is below it.
//
// The caller holds the mutex of the tree of files, but in the Fetch methods.
package hostfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Host is what all trees of one host share.
type Host struct {
	Calls hostcalls.Host
	// MaxData is the most bytes of one reply.
	MaxData int
	cache   cache
	open    []*Node // with an open host file, oldest first
	garbage []uint64
}

// NewHost makes the shared part; cacheBytes bounds the data kept of files.
func NewHost(calls hostcalls.Host, maxData, cacheBytes int) *Host {
	return &Host{Calls: calls, MaxData: maxData, cache: cache{max: cacheBytes / extentSize}}
}

// Garbage gives the handles to be closed at the host, and forgets them.
func (h *Host) Garbage() []uint64 {
	list := h.garbage
	h.garbage = nil
	return list
}

// Tree is one exported root, or a directory of it.
type Tree struct {
	host  *Host
	root  uint32
	super *vfs.Super
	// devs gives the host's file systems numbers, by their st_dev: inode
	// numbers are unique only within one.
	devs map[uint64]uint64
	// links finds the inode of a file that has several names.
	links map[hostID]*vfs.Inode
	// through: changes go to the host. making has the handles of files that are
	// being made, by path.
	through bool
	making  map[string]uint64
	// names keeps changes of names apart.
	names outside.Lock
}

type hostID struct{ dev, ino uint64 }

// Node is a file of the host: the Origin of an inode, and the base of its data.
type Node struct {
	tree   *Tree
	parent *Node
	name   string
	size   int64 // of a regular file, in bytes
	// id is the host's, when the file is in Tree.links.
	id     hostID
	shared bool

	// The part of a directory that has been listed.
	listed []hostapi.HostEntry
	inode  *vfs.Inode // of the root until loaded, to set its attributes
	asked  bool       // these have come
	// others are further names of the same file, in a tree that changes.
	others []place

	// unnamed: the file was made without a name and has none yet.
	unnamed bool

	// handle is the host file's once it was asked for; opened says it is there.
	handle uint64
	opened bool
	// pinned: its descriptor was handed out, so it stays open.
	pinned bool
	// writable: opened for writing as well.
	writable bool
	// counted: it is in Host.open.
	counted bool
	// old are handles of earlier opens, whose descriptors may be in use.
	old []uint64

	// lock is held by an operation that changes bytes, size or attributes.
	// reading is held by one that asks for bytes.
	reading outside.Lock
	// gen changes with the bytes: what was asked for before is not kept.
	// mapped: programs may change the bytes without a call, so none are kept.
	lock   outside.Lock
	gen    uint64
	mapped bool

	extents map[int64]*extent
	// next is where a sequential reader would go on; window how far it reads
	// ahead, in bytes.
	next   int64
	window int
}

// place is a name of a host file.
type place struct {
	parent *Node
	name   string
}

// renamed puts one name of the file in the place of another; a zero from adds
// it, a zero to takes it away.
func (n *Node) renamed(from, to place) {
	var none place
	if from == none {
		n.others = append(n.others, to)
		return
	}
	for i, x := range n.others {
		if x != from {
			continue
		}
		if to != none {
			n.others[i] = to
		} else {
			n.others = append(n.others[:i:i], n.others[i+1:]...)
		}
		return
	}
	if (place{n.parent, n.name}) != from {
		return
	}
	switch last := len(n.others) - 1; {
	case to != none:
		n.parent, n.name = to.parent, to.name
	case last >= 0:
		n.parent, n.name = n.others[last].parent, n.others[last].name
		n.others = n.others[:last]
	}
}

// NewTree makes the root directory of a file system over the host's. Its
// attributes come with its first listing. Changes go to the host with through.
func NewTree(c *vfs.Ctx, h *Host, s *vfs.Super, root uint32, path string, through bool) *Tree {
	t := &Tree{host: h, root: root, super: s, devs: make(map[uint64]uint64), links: make(map[hostID]*vfs.Inode),
		through: through, making: make(map[string]uint64)}
	d := c.NewRoot(s, 0755)
	d.Inode.Dir.Loaded = false
	d.Inode.Size, d.Inode.Blocks = 4096, 8
	if through {
		s.Through = throughTree(t)
	}
	n := &Node{tree: t, name: path, inode: d.Inode}
	d.Inode.Origin = n
	s.StartIno(firstOwnIno)
	return t
}

func throughTree(t *Tree) vfs.Through { return through{t} }

// firstOwnIno is where the numbers of files begin that the host does not have:
// above those that it uses.
const firstOwnIno = 1 << 40

// path is what the host knows the file by.
func (n *Node) path() string {
	if n.parent == nil {
		return n.name
	}
	if dir := n.parent.path(); dir != "" {
		return dir + "/" + n.name
	}
	return n.name
}

// ino gives the number that stat shows for a host file.
func (t *Tree) ino(id hostID) uint64 {
	dev, ok := t.devs[id.dev]
	if !ok {
		dev = uint64(len(t.devs))
		t.devs[id.dev] = dev
	}
	return id.ino | dev<<48
}

// fill sets an inode's attributes to what the host says.
func (t *Tree) fill(n *vfs.Inode, a *hostapi.HostAttr) {
	n.Ino = t.ino(hostID{a.Dev, a.Ino})
	n.Mode = a.Mode
	n.Nlink = max(a.Nlink, 1)
	n.Uid, n.Gid = a.Uid, a.Gid
	if n.Type() == linux.S_IFCHR || n.Type() == linux.S_IFBLK {
		n.Rdev = a.Rdev
	}
	n.Size, n.Blocks = a.Size, a.Blocks
	n.Atime, n.Mtime, n.Ctime = moment(a.AtimeNs), moment(a.MtimeNs), moment(a.CtimeNs)
	n.Btime = n.Mtime
	if n.Ctime.Before(n.Btime) {
		n.Btime = n.Ctime
	}
	n.Target = a.Target
}

// moment converts nanoseconds since 1970, rounding towards the past.
func moment(ns int64) vfs.Time {
	sec, rest := ns/linux.NSEC_PER_SEC, ns%linux.NSEC_PER_SEC
	if rest < 0 {
		sec, rest = sec-1, rest+linux.NSEC_PER_SEC
	}
	return vfs.Time{Sec: sec, Nsec: uint32(rest)}
}

// block holds what one directory entry needs, so that a directory of many takes
// one allocation.
type block struct {
	dentry vfs.Dentry
	inode  vfs.Inode
	node   Node
	data   pages.File
}

// enter puts one listed entry into a directory.
func (t *Tree) enter(c *vfs.Ctx, d *vfs.Dentry, parent *Node, e *hostapi.HostEntry, b *block) {
	a := &e.Attr
	dir := d.Inode.Dir
	if had := dir.Get(e.Name); had != nil {
		t.adopt(had, parent, e)
		return
	}
	id := hostID{a.Dev, a.Ino}
	shared := a.Nlink > 1 && a.Mode&linux.S_IFMT != linux.S_IFDIR && a.AttrErrno == 0
	var n *vfs.Inode
	if shared {
		n = t.links[id]
	}
	if n == nil {
		n = &b.inode
		n.Super, n.Node = t.super, c.NS.Nodes.Next()
		t.setNode(n, parent, e, b)
		if shared {
			t.links[id] = n
			b.node.id, b.node.shared = id, true
		}
	}
	if n != &b.inode && t.through {
		n.Origin.(*Node).renamed(place{}, place{parent, e.Name})
	}
	b.dentry = vfs.Dentry{Name: e.Name, Parent: d, Inode: n}
	dir.Add(&b.dentry)
}

// setNode makes a fresh inode that of a host file.
func (t *Tree) setNode(n *vfs.Inode, parent *Node, e *hostapi.HostEntry, b *block) {
	a := &e.Attr
	b.node = Node{tree: t, parent: parent, name: e.Name, size: a.Size}
	t.fill(n, a)
	if a.AttrErrno != 0 {
		// The host would not tell: a file that nobody may use.
		n.Ino, n.Nlink = t.super.NextIno(), 1
		if n.Type() == 0 {
			n.Mode = linux.S_IFREG
		}
	}
	n.Origin = &b.node
	switch n.Type() {
	case linux.S_IFDIR:
		n.Dir = vfs.NewDir()
		n.Dir.Loaded = false
	case linux.S_IFREG:
		if t.through {
			n.Ops = &b.node
			return
		}
		b.data = *pages.NewOver(t.super.Quota, &b.node, a.Size)
		n.Data = &b.data
	}
}

// adopt gives a directory that was made before its parent was listed, as a
// mount point, what the host has under that name.
func (t *Tree) adopt(had *vfs.Dentry, parent *Node, e *hostapi.HostEntry) {
	n := had.Inode
	if !n.IsDir() || e.Attr.Mode&linux.S_IFMT != linux.S_IFDIR || n.Origin != nil || e.Attr.AttrErrno != 0 {
		return
	}
	t.fill(n, &e.Attr)
	n.Origin = &Node{tree: t, parent: parent, name: e.Name}
	n.Dir.Loaded = false
}
