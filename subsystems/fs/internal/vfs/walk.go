package vfs

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// maxLinks is how many symbolic links one walk follows (MAXSYMLINKS).
const maxLinks = 40

// Kind is the kind of a last component.
type Kind uint8

// The kinds, as LAST_* in fs/namei.c.
const (
	Norm Kind = iota
	Root
	Dot
	DotDot
)

// Flags of Lookup.
const (
	// Follow a symbolic link in the last component.
	Follow = 1 << iota
	// WantDir gives ENOTDIR for anything but a directory.
	WantDir
)

// Last is the end of a path whose parent was found.
type Last struct {
	Parent Path
	Name   string
	Kind   Kind
	// Slash: slashes follow the name.
	Slash bool
}

// Start says where a path begins: root is the caller's root directory, dir the
// start of a relative path, resolve holds RESOLVE_*.
func (c *Ctx) Start(root, dir Path, resolve uint64) {
	c.Root, c.root = root, root
	c.cur, c.base = dir, dir
	c.links = 0
	c.resolve = resolve
	c.rest = c.rest[:0]
	if resolve&linux.RESOLVE_IN_ROOT != 0 {
		c.root = dir
	}
}

// Parent walks all but the last component of path.
func (c *Ctx) Parent(path string) (Last, linux.Errno) {
	if e := c.Walk(path); e != 0 {
		return Last{}, e
	}
	return c.Last(), 0
}

// Last gives what Walk found.
func (c *Ctx) Last() Last { return Last{c.cur, c.last, c.kind, c.slash} }

// Here gives the place that the walk has reached.
func (c *Ctx) Here() Path { return c.cur }

// Lookup walks the whole path.
func (c *Ctx) Lookup(path string, flags int) (Path, linux.Errno) {
	if e := c.Walk(path); e != 0 {
		return Path{}, e
	}
	return c.Finish(flags)
}

// Finish looks up the last component that Walk left, and what it links to.
func (c *Ctx) Finish(flags int) (Path, linux.Errno) {
	for {
		if c.slash {
			flags |= Follow | WantDir
		}
		link, e := c.Component(flags&Follow != 0)
		if e != 0 {
			return Path{}, e
		}
		if link == "" {
			break
		}
		if e := c.Walk(link); e != 0 {
			return Path{}, e
		}
	}
	if flags&WantDir != 0 && !c.cur.Inode().IsDir() {
		return Path{}, linux.ENOTDIR
	}
	return c.cur, 0
}

// Child looks up one name in a directory without following or crossing
// anything; a name that is not there gives nil and 0.
func (c *Ctx) Child(dir *Dentry, name string) (*Dentry, linux.Errno) {
	if len(name) > linux.NAME_MAX {
		return nil, linux.ENAMETOOLONG
	}
	n := dir.Inode
	if n.Dir != nil {
		if !n.Dir.Loaded {
			if e := n.Origin.Load(c, dir); e != 0 {
				return nil, e
			}
		}
		if d := n.Dir.names[name]; d != nil {
			return d, 0
		}
	}
	if n.Ops != nil {
		if l, ok := n.Ops.(Lookuper); ok {
			d, e := l.Lookup(c, dir, name)
			if d == nil && e == 0 {
				e = linux.ENOENT // also for calls that would make the name
			}
			return d, e
		}
	}
	return nil, 0
}

// Load makes sure that a directory's entries are here.
func (c *Ctx) Load(dir *Dentry) linux.Errno {
	if d := dir.Inode.Dir; d != nil && !d.Loaded {
		return dir.Inode.Origin.Load(c, dir)
	}
	return 0
}

// Walk follows all components of path but the last, which it leaves for Last and
// Finish: link_path_walk in fs/namei.c. path is not empty.
func (c *Ctx) Walk(path string) linux.Errno {
	c.kind, c.last, c.slash = Root, "", false
	if path[0] == '/' {
		if e := c.jumpRoot(); e != 0 {
			return e
		}
		path = strings.TrimLeft(path, "/")
		if path == "" {
			return 0
		}
	}
	for {
		if e := c.maySearch(); e != 0 {
			return e
		}
		name, rest, slash := cut(path)
		kind := Norm
		switch name {
		case ".":
			kind = Dot
		case "..":
			kind = DotDot
		}
		if rest == "" {
			if len(c.rest) == 0 {
				c.last, c.kind, c.slash = name, kind, slash
				return 0
			}
			rest = c.rest[len(c.rest)-1]
			c.rest = c.rest[:len(c.rest)-1]
		}
		link, e := c.component(name, kind, true)
		if e != 0 {
			return e
		}
		if link != "" {
			c.rest = append(c.rest, rest)
			path = link
			if path[0] == '/' {
				if e := c.jumpRoot(); e != 0 {
					return e
				}
				path = strings.TrimLeft(path, "/")
				if path == "" {
					c.rest = c.rest[:len(c.rest)-1]
					path = rest
				}
			}
			continue
		}
		if !c.cur.Inode().IsDir() {
			return linux.ENOTDIR
		}
		path = rest
	}
}

// cut splits off the first component; path does not start with a slash.
func cut(path string) (name, rest string, slash bool) {
	i := strings.IndexByte(path, '/')
	if i < 0 {
		return path, "", false
	}
	return path[:i], strings.TrimLeft(path[i+1:], "/"), true
}

func (c *Ctx) maySearch() linux.Errno {
	n := c.cur.Inode()
	if !n.IsDir() {
		return linux.ENOTDIR
	}
	return c.Permission(n, MayExec)
}

func (c *Ctx) jumpRoot() linux.Errno {
	if c.resolve&linux.RESOLVE_BENEATH != 0 {
		return linux.EXDEV
	}
	if c.resolve&linux.RESOLVE_NO_XDEV != 0 && c.root.Mnt != c.cur.Mnt {
		return linux.EXDEV
	}
	c.cur = c.root
	return 0
}

// Component takes the last step; with follow, the text of a symbolic link comes
// back instead, to be walked.
func (c *Ctx) Component(follow bool) (link string, e linux.Errno) {
	return c.component(c.last, c.kind, follow)
}

// component takes one step. With follow, the text of a symbolic link comes
// back and the walk stays where it is.
func (c *Ctx) component(name string, kind Kind, follow bool) (link string, e linux.Errno) {
	switch kind {
	case Root, Dot:
		return "", 0
	case DotDot:
		return "", c.dotdot()
	}
	d, e := c.Child(c.cur.D, name)
	if e != 0 {
		return "", e
	}
	if d == nil {
		return "", linux.ENOENT
	}
	return c.Step(d, follow)
}

// Step goes from the current directory to its entry d, across mounts. With
// follow, a symbolic link gives its text instead, or is jumped through.
func (c *Ctx) Step(d *Dentry, follow bool) (link string, e linux.Errno) {
	p := Path{c.cur.Mnt, d}
	if d.Mounts != 0 {
		p = c.NS.Top(p)
		if p.Mnt != c.cur.Mnt && c.resolve&linux.RESOLVE_NO_XDEV != 0 {
			return "", linux.EXDEV
		}
	}
	if !follow || !p.D.Inode.IsLink() {
		c.cur = p
		return "", 0
	}
	return c.follow(p)
}

func (c *Ctx) follow(p Path) (link string, e linux.Errno) {
	if c.links++; c.links > maxLinks {
		return "", linux.ELOOP
	}
	if p.Mnt.Flags&linux.MS_NOSYMFOLLOW != 0 || c.resolve&linux.RESOLVE_NO_SYMLINKS != 0 {
		return "", linux.ELOOP
	}
	n := p.D.Inode
	if j, ok := n.Ops.(Jumper); ok {
		if c.resolve&linux.RESOLVE_NO_MAGICLINKS != 0 {
			return "", linux.ELOOP
		}
		to, e := j.Jump(c, p.D)
		if e != 0 {
			return "", e
		}
		if c.resolve&linux.RESOLVE_NO_XDEV != 0 && to.Mnt != c.cur.Mnt ||
			c.resolve&(linux.RESOLVE_BENEATH|linux.RESOLVE_IN_ROOT) != 0 {
			return "", linux.EXDEV
		}
		c.cur = to
		return "", 0
	}
	link, e = c.Readlink(p.D)
	if e == 0 {
		c.Accessed(n, p.Mnt)
	}
	return link, e
}

// Readlink gives the text of a symbolic link.
func (c *Ctx) Readlink(d *Dentry) (string, linux.Errno) {
	if l, ok := d.Inode.Ops.(Linker); ok {
		text, e := l.Readlink(c, d)
		if e == 0 && text == "" {
			e = linux.ENOENT
		}
		return text, e
	}
	return d.Inode.Target, 0
}

// dotdot goes to the parent, not above the root.
func (c *Ctx) dotdot() linux.Errno {
	p := c.cur
	for {
		if p == c.root || c.resolve&linux.RESOLVE_BENEATH != 0 && p == c.base {
			if c.resolve&linux.RESOLVE_BENEATH != 0 {
				return linux.EXDEV
			}
			break
		}
		if p.D != p.Mnt.Root {
			p.D = p.D.Parent
			break
		}
		if p.Mnt.Parent == nil {
			break
		}
		if c.resolve&linux.RESOLVE_NO_XDEV != 0 {
			return linux.EXDEV
		}
		p = Path{p.Mnt.Parent, p.Mnt.Point}
	}
	if top := c.NS.Top(p); top != p {
		if c.resolve&linux.RESOLVE_NO_XDEV != 0 && top.Mnt != c.cur.Mnt {
			return linux.EXDEV
		}
		p = top
	}
	c.cur = p
	return 0
}

// Accessed sets the access time as relatime does: when it is not newer than the
// last change, or a day old.
func (c *Ctx) Accessed(n *Inode, m *Mount) {
	if m.Flags&linux.MS_NOATIME != 0 || m.ReadOnly() || n.IsDir() && m.Flags&linux.MS_NODIRATIME != 0 {
		return
	}
	if m.Flags&linux.MS_STRICTATIME == 0 &&
		n.Mtime.Before(n.Atime) && n.Ctime.Before(n.Atime) && c.Now().Sec-n.Atime.Sec < 24*3600 {
		return
	}
	n.Atime = c.Now()
}

// IsMissed reports whether e is that of a gap, for callers that clean up.
func IsMissed(e linux.Errno) bool { return e == outside.Missed }
