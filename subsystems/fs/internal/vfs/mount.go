package vfs

import "adyton.dev/adyton/core/linux"

// Mount attaches a file system, or a directory of one, to a place.
type Mount struct {
	ID    uint64
	Super *Super
	Root  *Dentry
	// Parent and Point are where it hangs; nil at the root of the namespace.
	Parent *Mount
	Point  *Dentry
	// Flags holds MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME,
	// MS_NODIRATIME, MS_RELATIME, MS_NOSYMFOLLOW.
	Flags  uint64
	Source string
	// Users counts open handles, for EBUSY.
	Users int
	// Gone: it was unmounted, perhaps while in use.
	Gone bool
	// Expiring: MNT_EXPIRE was asked once since the last use.
	Expiring bool
}

// ReadOnly reports whether nothing may be changed through m.
func (m *Mount) ReadOnly() bool { return m.Flags&linux.MS_RDONLY != 0 || m.Super.ReadOnly }

// Namespace is the tree of mounts.
type Namespace struct {
	Root *Mount
	// Nodes numbers all inodes.
	Nodes Nodes
	// All lists the mounts in the order they were made.
	All    []*Mount
	at     map[Path]*Mount
	lastID uint64
}

// Attach hangs a file system's directory root at a place; at the zero Path it
// becomes the root of the namespace.
func (s *Namespace) Attach(super *Super, root *Dentry, at Path, flags uint64, source string) *Mount {
	s.lastID++
	m := &Mount{ID: s.lastID, Super: super, Root: root, Flags: flags, Source: source}
	if at.D == nil {
		s.Root = m
	} else {
		m.Parent, m.Point = at.Mnt, at.D
		if s.at == nil {
			s.at = make(map[Path]*Mount)
		}
		s.at[at] = m
		at.D.Mounts++
	}
	s.All = append(s.All, m)
	return m
}

// Detach takes a mount away.
func (s *Namespace) Detach(m *Mount) {
	m.Gone = true
	if m.Point != nil {
		delete(s.at, Path{m.Parent, m.Point})
		m.Point.Mounts--
		m.Parent, m.Point = nil, nil
	}
	for i, x := range s.All {
		if x == m {
			s.All = append(s.All[:i:i], s.All[i+1:]...)
			break
		}
	}
}

// Move hangs m somewhere else.
func (s *Namespace) Move(m *Mount, to Path) {
	delete(s.at, Path{m.Parent, m.Point})
	m.Point.Mounts--
	m.Parent, m.Point = to.Mnt, to.D
	s.at[to] = m
	to.D.Mounts++
}

// On gives the mount that covers p, or nil.
func (s *Namespace) On(p Path) *Mount {
	if p.D.Mounts == 0 {
		return nil
	}
	return s.at[p]
}

// Top follows mounts on p down to the directory that shows.
func (s *Namespace) Top(p Path) Path {
	for {
		m := s.On(p)
		if m == nil {
			return p
		}
		p = Path{m, m.Root}
	}
}

// IsMountpoint reports whether p is covered or is itself the root of a mount.
func (s *Namespace) IsMountpoint(p Path) bool {
	return s.On(p) != nil
}

// Children lists the mounts that hang in m.
func (s *Namespace) Children(m *Mount) []*Mount {
	var out []*Mount
	for _, x := range s.All {
		if x.Parent == m {
			out = append(out, x)
		}
	}
	return out
}

// PathString gives the absolute path of p below root. reached is false when
// root was not met on the way up; the path then starts at the top.
func (s *Namespace) PathString(p, root Path) (path string, reached bool) {
	var parts [32]string
	names := parts[:0]
	length := 0
	for {
		if p == root {
			reached = true
			break
		}
		if p.D == p.Mnt.Root {
			if p.Mnt.Parent == nil {
				break
			}
			p = Path{p.Mnt.Parent, p.Mnt.Point}
			continue
		}
		if p.D.Parent == p.D {
			break
		}
		names = append(names, p.D.Name)
		length += len(p.D.Name) + 1
		p.D = p.D.Parent
	}
	if len(names) == 0 {
		return "/", reached
	}
	out := make([]byte, 0, length)
	for i := len(names) - 1; i >= 0; i-- {
		out = append(out, '/')
		out = append(out, names[i]...)
	}
	return string(out), reached
}
