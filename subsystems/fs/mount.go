package fs

import (
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// mountOptions are the flags that a mount keeps.
const mountOptions = linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC |
	linux.MS_NOATIME | linux.MS_NODIRATIME | linux.MS_RELATIME | linux.MS_STRICTATIME | linux.MS_NOSYMFOLLOW

// keptOptions picks them from the flags of mount(2); relatime is the default.
func keptOptions(flags uint64) uint64 {
	kept := flags & mountOptions
	if flags&(linux.MS_NOATIME|linux.MS_STRICTATIME) == 0 {
		kept |= linux.MS_RELATIME
	}
	return kept
}

// Mount implements fsapi.FS.
func (f *FS) Mount(req *fsapi.MountRequest, rep *fsapi.MountReply) linux.Errno {
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.mount(c, req)
		if !f.again(c, &e, &rep.Wait) {
			return e
		}
	}
}

// mount is path_mount in fs/namespace.c.
func (f *FS) mount(c *vfs.Ctx, req *fsapi.MountRequest) linux.Errno {
	flags := req.Flags
	if flags&linux.MS_MGC_MSK == linux.MS_MGC_VAL {
		flags &^= linux.MS_MGC_MSK
	}
	at, e := f.at(c, &req.Target, 0, 0)
	if e != 0 {
		return e
	}
	if flags&linux.MS_NOUSER != 0 {
		return linux.EINVAL
	}
	if s := at.Inode().Super; at.Inode().IsLink() && s.Magic == linux.PROC_SUPER_MAGIC {
		return linux.ENOENT // proc_fd_instantiate: dont_mount
	}
	if !c.Capable(linux.CAP_SYS_ADMIN) {
		return linux.EPERM
	}
	isRoot := at.D == at.Mnt.Root
	const propagation = linux.MS_SHARED | linux.MS_PRIVATE | linux.MS_SLAVE | linux.MS_UNBINDABLE
	switch {
	case flags&linux.MS_REMOUNT != 0:
		if !isRoot {
			return linux.EINVAL
		}
		return f.remount(at.Mnt, flags, string(req.Data))
	case flags&linux.MS_BIND != 0:
		return f.bind(c, req, at, flags)
	case flags&propagation != 0:
		// There is one name space, so nothing propagates anywhere.
		kind := flags &^ (linux.MS_REC | linux.MS_SILENT)
		if !isRoot || kind&(kind-1) != 0 {
			return linux.EINVAL // flags_to_propagation_type: one, and nothing else
		}
		return 0
	case flags&linux.MS_MOVE != 0:
		return f.moveMount(c, req, at)
	}
	if req.Type == "" {
		return linux.EINVAL
	}
	super, e := f.makeSuper(c, req.Type, string(req.Data))
	if e != 0 {
		return e
	}
	switch {
	case isRoot && at.Mnt.Super == super:
		return linux.EBUSY // do_add_mount
	case !at.Inode().IsDir():
		return linux.ENOTDIR
	case at.D.Dead:
		return linux.ENOENT
	}
	f.ns.Attach(super, super.Root, at, keptOptions(flags), req.Source)
	return 0
}

// remount is do_remount and, with MS_BIND, do_reconfigure_mnt.
func (f *FS) remount(m *vfs.Mount, flags uint64, data string) linux.Errno {
	if flags&linux.MS_RDONLY != 0 {
		busy := false
		f.files.each(func(file *vfs.File) {
			if file.Path.Mnt == m && file.Writable() && file.Inode.IsReg() {
				busy = true
			}
		})
		if busy {
			return linux.EBUSY
		}
	}
	if flags&linux.MS_BIND == 0 && !m.Super.Fixed {
		if m.Super.Tmpfs {
			if e := f.resizeTmpfs(m.Super, data); e != 0 {
				return e
			}
		}
		m.Super.ReadOnly = flags&linux.MS_RDONLY != 0
	}
	const atimes = linux.MS_NOATIME | linux.MS_NODIRATIME | linux.MS_RELATIME | linux.MS_STRICTATIME
	kept := keptOptions(flags)
	if flags&atimes == 0 { // they stay as they are unless one is named
		kept = kept&^atimes | m.Flags&atimes
	}
	m.Flags = kept
	return 0
}

// resizeTmpfs is shmem_reconfigure in mm/shmem.c.
func (f *FS) resizeTmpfs(s *vfs.Super, data string) linux.Errno {
	o, e := f.parseTmpfs(data)
	if e != 0 || !o.sized || o.max == 0 {
		return e
	}
	if s.Quota == nil || s.Quota.Max == 0 || s.Quota.Used > o.max {
		return linux.EINVAL // it cannot be bounded later, nor below what it has
	}
	s.Quota.Max = o.max
	return 0
}

// source finds the directory or file that a bind or move starts from.
func (f *FS) source(c *vfs.Ctx, req *fsapi.MountRequest) (vfs.Path, linux.Errno) {
	if req.Source == "" {
		return vfs.Path{}, linux.EINVAL
	}
	place := fsapi.Place{Root: req.Target.Root, Dir: req.Target.Dir, Path: req.Source}
	return f.at(c, &place, 0, 0)
}

func (f *FS) bind(c *vfs.Ctx, req *fsapi.MountRequest, at vfs.Path, flags uint64) linux.Errno {
	from, e := f.source(c, req)
	if e != 0 {
		return e
	}
	if from.Inode().IsDir() != at.Inode().IsDir() {
		return linux.ENOTDIR
	}
	if at.D.Dead {
		return linux.ENOENT
	}
	// What lies below is copied before the new mount makes more of it.
	inner := f.ns.Children(from.Mnt)
	m := f.ns.Attach(from.Mnt.Super, from.D, at, from.Mnt.Flags, from.Mnt.Source)
	if flags&linux.MS_REC != 0 {
		f.bindBelow(inner, from.D, m)
	}
	return 0
}

func (f *FS) bindBelow(list []*vfs.Mount, top *vfs.Dentry, to *vfs.Mount) {
	for _, x := range list {
		if x == to || !below(x.Point, top) {
			continue
		}
		next := f.ns.Children(x)
		m := f.ns.Attach(x.Super, x.Root, vfs.Path{Mnt: to, D: x.Point}, x.Flags, x.Source)
		f.bindBelow(next, x.Root, m)
	}
}

func (f *FS) moveMount(c *vfs.Ctx, req *fsapi.MountRequest, at vfs.Path) linux.Errno {
	from, e := f.source(c, req)
	if e != 0 {
		return e
	}
	m := from.Mnt
	switch {
	case from.D != m.Root || m.Parent == nil:
		return linux.EINVAL
	case from.Inode().IsDir() != at.Inode().IsDir():
		return linux.EINVAL
	}
	for x := at.Mnt; x != nil; x = x.Parent {
		if x == m {
			return linux.ELOOP
		}
	}
	f.ns.Move(m, at)
	return 0
}

// Unmount implements fsapi.FS.
func (f *FS) Unmount(req *fsapi.UnmountRequest, rep *fsapi.UnmountReply) linux.Errno {
	if req.Flags&^(linux.MNT_FORCE|linux.MNT_DETACH|linux.MNT_EXPIRE|linux.UMOUNT_NOFOLLOW) != 0 {
		return linux.EINVAL
	}
	c := f.begin(&req.Cred)
	defer f.end(c)
	for {
		e := f.unmount(c, req)
		if !f.again(c, &e, &rep.Wait) {
			rep.Ready = append(rep.Ready, c.Ready...)
			return e
		}
	}
}

// unmount is path_umount and do_umount in fs/namespace.c.
func (f *FS) unmount(c *vfs.Ctx, req *fsapi.UnmountRequest) linux.Errno {
	var flags uint32
	if req.Flags&linux.UMOUNT_NOFOLLOW != 0 {
		flags = linux.AT_SYMLINK_NOFOLLOW
	}
	at, e := f.at(c, &req.Target, flags, 0)
	if e != 0 {
		return e
	}
	if !c.Capable(linux.CAP_SYS_ADMIN) {
		return linux.EPERM
	}
	m := at.Mnt
	if at.D != m.Root || m.Gone {
		return linux.EINVAL
	}
	busy := m.Users > 0 || len(f.ns.Children(m)) > 0
	if req.Flags&linux.MNT_EXPIRE != 0 {
		switch {
		case req.Flags&(linux.MNT_FORCE|linux.MNT_DETACH) != 0 || m.Parent == nil:
			return linux.EINVAL
		case busy:
			return linux.EBUSY
		case !m.Expiring:
			m.Expiring = true
			return linux.EAGAIN
		}
	}
	if m.Parent == nil {
		return linux.EBUSY
	}
	if req.Flags&linux.MNT_DETACH == 0 && busy {
		return linux.EBUSY
	}
	f.detach(c, m)
	return 0
}

func (f *FS) detach(c *vfs.Ctx, m *vfs.Mount) {
	for _, x := range f.ns.Children(m) {
		f.detach(c, x)
	}
	f.ns.Detach(m)
	for _, x := range f.ns.All {
		if x.Super == m.Super {
			return
		}
	}
	f.notifyUnmount(c, m.Super)
}

// makeSuper makes a file system of a type that mount(2) names. Errors: ENODEV
// for a type that is not here.
func (f *FS) makeSuper(c *vfs.Ctx, kind, data string) (*vfs.Super, linux.Errno) {
	switch kind {
	case "tmpfs", "ramfs":
		return f.makeTmpfs(c, kind, data)
	case "proc":
		return f.makeProc(c)
	case "sysfs":
		return f.makeSys(c)
	case "devtmpfs":
		return f.consolePath.Mnt.Super, 0
	case "devpts":
		return f.pts.Inode.Super, 0
	}
	return nil, linux.ENODEV
}

// makeTmpfs makes a file system in memory: shmem_parse_options in mm/shmem.c.
func (f *FS) makeTmpfs(c *vfs.Ctx, kind, data string) (*vfs.Super, linux.Errno) {
	s := f.newSuper(kind, linux.TMPFS_MAGIC)
	if kind == "ramfs" {
		s.Magic = linux.RAMFS_MAGIC
	}
	s.Tmpfs = true
	o, e := f.parseTmpfs(data)
	if e != 0 {
		return nil, e
	}
	if o.sized {
		s.Quota = &pages.Quota{Max: o.max}
	}
	root := c.NewRoot(s, 01777)
	root.Inode.Uid, root.Inode.Gid = c.Cred.Uid, c.Cred.Gid
	if o.mode != nil {
		root.Inode.Mode = linux.S_IFDIR | *o.mode
	}
	if o.uid != nil {
		root.Inode.Uid = *o.uid
	}
	if o.gid != nil {
		root.Inode.Gid = *o.gid
	}
	return s, 0
}

// tmpfsOptions is what the options of a tmpfs say; nil is not named.
type tmpfsOptions struct {
	mode, uid, gid *uint32
	// max bounds the pages when sized; 0 is no bound.
	sized bool
	max   int64
}

// parseTmpfs is shmem_parse_monolithic and shmem_parse_one in mm/shmem.c.
func (f *FS) parseTmpfs(data string) (o tmpfsOptions, e linux.Errno) {
	for _, option := range strings.Split(strings.TrimRight(data, "\x00"), ",") {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "":
		case "size", "nr_blocks":
			n, ok := f.parseSize(value, key == "nr_blocks")
			if !ok {
				return o, linux.EINVAL
			}
			o.sized, o.max = true, n
		case "mode":
			n, err := strconv.ParseUint(value, 8, 32)
			if err != nil {
				return o, linux.EINVAL
			}
			mode := uint32(n) & 07777
			o.mode = &mode
		case "uid", "gid":
			n, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return o, linux.EINVAL
			}
			id := uint32(n)
			if key == "uid" {
				o.uid = &id
			} else {
				o.gid = &id
			}
		case "nr_inodes", "huge", "mpol", "inode32", "inode64", "noswap":
			// Accepted; what they bound or place does not exist here.
		default:
			return o, linux.EINVAL
		}
	}
	return o, 0
}

// parseSize reads the size option of tmpfs into pages.
func (f *FS) parseSize(text string, blocks bool) (int64, bool) {
	shift := 0
	if text != "" {
		switch text[len(text)-1] {
		case 'k', 'K':
			shift = 10
		case 'm', 'M':
			shift = 20
		case 'g', 'G':
			shift = 30
		case '%':
			n, err := strconv.ParseInt(text[:len(text)-1], 10, 32)
			memory := f.config.MemoryBytes
			if memory == 0 {
				memory = unboundPages * pages.Size
			}
			return max(1, memory/pages.Size*n/100), err == nil && n > 0
		}
	}
	if shift != 0 {
		text = text[:len(text)-1]
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > pages.MaxSize>>shift>>12 {
		return 0, false
	}
	n <<= shift
	if !blocks {
		n = (n + pages.Size - 1) / pages.Size
	}
	return n, true
}
