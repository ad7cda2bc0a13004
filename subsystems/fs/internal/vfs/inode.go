// Package vfs is the tree: inodes, directory entries, mounts, permission
// checks and the walk along a path. It knows plain files, directories and
// links; what is special about a file hangs on its inode as an Ops value.
//
// It never locks and never calls the host or the core: package fs holds one
// mutex around every operation, and gaps are named through package outside.
package vfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
)

// Time is a moment since 1970.
type Time struct {
	Sec  int64
	Nsec uint32
}

// Before reports whether t lies before u.
func (t Time) Before(u Time) bool {
	return t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec
}

// Inode is a file. Names of it are Dentries.
type Inode struct {
	Super *Super
	// Node is unique among all inodes of this kernel; Ino within Super.
	Node uint64
	Ino  uint64
	// Mode has type and permission bits.
	Mode  uint32
	Nlink uint32
	Uid   uint32
	Gid   uint32
	Rdev  uint64
	// Size and Blocks are reported for what has no Data: lower directories,
	// files of procfs.
	Size   int64
	Blocks uint64

	Atime, Mtime, Ctime, Btime Time

	// Dir is set for directories that keep their entries; Data for regular
	// files; Target for symbolic links.
	Dir    *Dir
	Data   *pages.File
	Target string

	Xattrs map[string][]byte
	// Attrs holds FS_*_FL of chattr.
	Attrs uint32
	// Seals holds F_SEAL_*; Memfd is set for files that can be sealed.
	Seals uint32
	Memfd bool
	// Ops is what is special about this file; see ops.go.
	Ops any
	// Origin is the file of the host behind this one, or nil.
	Origin Origin

	// Opens counts open handles; Writers those open for writing, or less than
	// 0 for executions that deny it.
	Opens   int32
	Writers int32
	// Linkable is set for O_TMPFILE files without O_EXCL.
	Linkable bool
	// Locks are the locks on the file, kept by package lock.
	Locks any
	// WriteHint is RWH_WRITE_LIFE_*.
	WriteHint uint32
	// Marks say who hears of what happens to the file, or nil.
	Marks any
	// Leases are those on the file, or nil.
	Leases any
	// made: Super.Inodes counts it.
	made bool
}

// Origin is a file of the host.
type Origin interface {
	// Load reads a directory's entries into d.Inode.Dir. It returns
	// outside.Missed until they have come.
	Load(c *Ctx, d *Dentry) linux.Errno
}

// Releaser is an Origin that hears when the file has no name and no user left.
type Releaser interface{ Released() }

// Type gives the S_IFMT bits.
func (n *Inode) Type() uint32 { return n.Mode & linux.S_IFMT }

// IsDir reports whether n is a directory.
func (n *Inode) IsDir() bool { return n.Type() == linux.S_IFDIR }

// IsReg reports whether n is a regular file.
func (n *Inode) IsReg() bool { return n.Type() == linux.S_IFREG }

// IsLink reports whether n is a symbolic link.
func (n *Inode) IsLink() bool { return n.Type() == linux.S_IFLNK }

// Super is one file system.
type Super struct {
	// Dev is st_dev of all its files.
	Dev uint64
	// Type and Magic are the names that mount and statfs show.
	Type  string
	Magic int64
	// ReadOnly: no change reaches it, by whatever mount.
	ReadOnly bool
	// Fixed: nobody makes or removes names (procfs, sysfs, devpts).
	Fixed bool
	// Through is set when changes are made elsewhere first.
	Through Through
	// Tmpfs: directories have a size of 20 bytes an entry.
	Tmpfs bool
	// NoXattr: extended attributes give EOPNOTSUPP.
	NoXattr bool
	Quota   *pages.Quota
	// Inodes counts those that NewInode made and that still exist.
	Inodes uint64
	Root   *Dentry
	// Options are shown in /proc/mounts after the mount's own.
	Options string

	lastIno uint64
}

// NextIno gives a number that no inode of s has.
func (s *Super) NextIno() uint64 {
	s.lastIno++
	return s.lastIno
}

// StartIno makes NextIno give numbers above first.
func (s *Super) StartIno(first uint64) { s.lastIno = max(s.lastIno, first) }

// Nodes hands out the numbers in Inode.Node.
type Nodes struct{ last uint64 }

// Next gives a number never given before.
func (n *Nodes) Next() uint64 {
	n.last++
	return n.last
}

// Dentry is a name of an inode in a directory.
type Dentry struct {
	Name   string
	Parent *Dentry // itself at the root of a file system
	Inode  *Inode
	// Dead: the name was removed.
	Dead bool
	// Mounts counts mounts on this dentry.
	Mounts int32
	// seq orders it in its directory.
	seq int64
}

// Path is a place in the tree of mounts.
type Path struct {
	Mnt *Mount
	D   *Dentry
}

// Inode gives the file at p.
func (p Path) Inode() *Inode { return p.D.Inode }

// Dir is the contents of a directory that is kept here.
type Dir struct {
	// Loaded is false while the entries are still with the inode's Origin.
	Loaded bool
	names  map[string]*Dentry
	// order has the entries by age, nil for removed ones; readdir cookies are
	// their seq, so that a listing survives changes meanwhile.
	order []*Dentry
	next  int64
	// Dirs counts entries that are directories.
	Dirs uint32
}

// NewDir gives an empty directory.
func NewDir() *Dir { return &Dir{Loaded: true, next: 2} }

// Len is the number of entries.
func (d *Dir) Len() int { return len(d.names) }

// Get finds an entry, or nil.
func (d *Dir) Get(name string) *Dentry { return d.names[name] }

// Add enters e under its name; nothing may have that name.
func (d *Dir) Add(e *Dentry) {
	if d.names == nil {
		d.names = make(map[string]*Dentry)
	}
	if d.next < 2 {
		d.next = 2
	}
	e.seq = d.next
	d.next++
	d.names[e.Name] = e
	d.order = append(d.order, e)
	if e.Inode.IsDir() {
		d.Dirs++
	}
}

// Remove takes e out.
func (d *Dir) Remove(e *Dentry) {
	delete(d.names, e.Name)
	if i := d.find(e.seq); i < len(d.order) && d.order[i] == e {
		d.order[i] = nil
	}
	if e.Inode.IsDir() {
		d.Dirs--
	}
	if len(d.order) > 32 && len(d.order) > 2*len(d.names) {
		kept := d.order[:0]
		for _, x := range d.order {
			if x != nil {
				kept = append(kept, x)
			}
		}
		clear(d.order[len(kept):])
		d.order = kept
	}
}

// Reserve makes room for n entries at once.
func (d *Dir) Reserve(n int) {
	if d.names == nil {
		d.names = make(map[string]*Dentry, n)
		d.order = make([]*Dentry, 0, n)
	}
}

// find gives the index of the first slot whose entry has at least seq.
func (d *Dir) find(seq int64) int {
	lo, hi := 0, len(d.order)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		i := mid
		for i < hi && d.order[i] == nil {
			i++
		}
		if i == hi {
			hi = mid
		} else if d.order[i].seq < seq {
			lo = i + 1
		} else {
			hi = mid
		}
	}
	for lo < len(d.order) && d.order[lo] == nil {
		lo++
	}
	return lo
}

// Each calls fn for the entries from cookie on, which the caller got as the
// second argument of an earlier call or is 2, until fn returns false.
func (d *Dir) Each(cookie int64, fn func(e *Dentry, next int64) bool) {
	for i := d.find(cookie); i < len(d.order); i++ {
		e := d.order[i]
		if e != nil && e.seq >= cookie && !fn(e, e.seq+1) {
			return
		}
	}
}
