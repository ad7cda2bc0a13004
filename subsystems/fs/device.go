package fs

import (
	"crypto/rand"
	"strconv"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/dev"
	"adyton.dev/adyton/subsystems/fs/internal/procfs"
	"adyton.dev/adyton/subsystems/fs/internal/tty"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Device numbers (Documentation/admin-guide/devices.txt).
const (
	majorMem    = 1
	majorTTYAux = 5
	majorPts    = 136 // and the 7 after it
)

// openDevice finds the driver of a device node. Errors: ENXIO when there is
// none.
func (f *FS) openDevice(c *vfs.Ctx, file *vfs.File, flags uint32) linux.Errno {
	n := file.Inode
	major, minor := linux.Major(n.Rdev), linux.Minor(n.Rdev)
	if n.Type() != linux.S_IFCHR {
		return linux.ENXIO
	}
	noctty := flags&linux.O_NOCTTY != 0
	switch {
	case major == majorMem:
		return f.openMem(file, minor)
	case major == majorTTYAux && minor == 0:
		t := tty.Of(f.ttys(), c.Cred.Sid)
		if t == nil {
			return linux.ENXIO
		}
		return t.Open(c, file, true, nil)
	case major == majorTTYAux && minor == 1:
		if f.console == nil {
			return linux.ENXIO
		}
		return f.console.Open(c, file, true, nil)
	case major == majorTTYAux && minor == 2:
		return f.openMaster(c, file)
	case major >= majorPts && major < majorPts+8:
		m := f.pairs[(major-majorPts)<<8|minor]
		if m == nil || m.Locked {
			return linux.EIO
		}
		return m.Slave.Open(c, file, noctty, f.ttys())
	}
	return linux.ENXIO
}

func (f *FS) openMem(file *vfs.File, minor uint32) linux.Errno {
	switch minor {
	case 3:
		file.Stream = dev.Null{}
	case 5:
		file.Stream = dev.Zero{}
	case 7:
		file.Stream = dev.Full{}
	case 8, 9:
		file.Stream = dev.Random{Fill: f.config.Random}
	case 11:
		f.log.Open(file)
	default:
		return linux.ENXIO
	}
	file.Seekable = true
	return 0
}

// fillRandom is the source of random bytes unless Config names another.
func fillRandom(p []byte) { rand.Read(p) } // never fails: crypto/rand

// openMaster makes a pair of pseudo-terminals: ptmx_open.
func (f *FS) openMaster(c *vfs.Ctx, file *vfs.File) linux.Errno {
	number := uint32(0)
	for f.pairs[number] != nil {
		number++
	}
	if number >= 4096 {
		return linux.ENOSPC
	}
	m := tty.NewPair(number)
	f.pairs[number] = m
	m.Open(file)
	name := strconv.FormatUint(uint64(number), 10)
	n := c.NewInode(f.pts.Inode.Super, linux.S_IFCHR|0620)
	n.Ino = uint64(number) + 3
	n.Uid, n.Gid, n.Rdev = c.Cred.Uid, ttyGroup, m.Slave.Rdev
	d := c.Add(f.pts, name, n)
	m.OnClose = func(c *vfs.Ctx) {
		delete(f.pairs, number)
		c.Remove(d)
	}
	m.OpenPeer = func(c *vfs.Ctx, flags uint32) (int64, linux.Errno) {
		peer := f.newFile(vfs.Path{Mnt: f.ptsMount, D: d}, flags&(linux.O_ACCMODE|linux.O_NONBLOCK))
		if e := m.Slave.Open(c, peer, flags&linux.O_NOCTTY != 0, f.ttys()); e != 0 {
			f.drop(c, peer)
			return 0, e
		}
		return int64(peer.Handle), 0
	}
	return 0
}

// ttyGroup owns the slaves, as Debian mounts devpts with gid=5.
const ttyGroup = 5

// mountDev makes /dev and what is mounted below it.
func (f *FS) mountDev(c *vfs.Ctx) {
	at, _ := f.premake(c, "/dev", 0755)
	s, _ := f.makeTmpfs(c, "devtmpfs", "mode=755")
	m := f.ns.Attach(s, s.Root, at, linux.MS_RELATIME|linux.MS_NOSUID, "devtmpfs")
	dir := vfs.Path{Mnt: m, D: s.Root}
	for _, x := range []struct {
		name         string
		mode         uint32
		major, minor uint32
	}{
		{"null", 0666, 1, 3}, {"zero", 0666, 1, 5}, {"full", 0666, 1, 7}, {"random", 0666, 1, 8},
		{"urandom", 0666, 1, 9}, {"kmsg", 0644, 1, 11}, {"tty", 0666, 5, 0}, {"console", 0620, 5, 1}, {"ptmx", 0666, 5, 2},
	} {
		d, _ := f.makeNode(c, dir, x.name, linux.S_IFCHR|x.mode, linux.Makedev(x.major, x.minor), 0)
		if x.name == "tty" || x.name == "console" || x.name == "ptmx" {
			d.Inode.Gid = ttyGroup
		}
		if x.name == "console" {
			f.consolePath = vfs.Path{Mnt: m, D: d}
		}
	}
	for _, x := range [][2]string{{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}} {
		f.makeLink(c, dir, x[0], x[1])
	}
	shm, _ := f.makeNode(c, dir, "shm", linux.S_IFDIR|01777, 0, 0)
	if s, e := f.makeTmpfs(c, "tmpfs", ""); e == 0 {
		f.ns.Attach(s, s.Root, vfs.Path{Mnt: m, D: shm}, linux.MS_RELATIME|linux.MS_NOSUID|linux.MS_NODEV, "tmpfs")
	}
	f.makeNode(c, dir, "mqueue", linux.S_IFDIR|01777, 0, 0)

	pts, _ := f.makeNode(c, dir, "pts", linux.S_IFDIR|0755, 0, 0)
	p := f.newSuper("devpts", linux.DEVPTS_SUPER_MAGIC)
	p.Fixed, p.NoXattr = true, true
	p.Options = "gid=5,mode=620,ptmxmode=000"
	f.pts = c.NewRoot(p, 0755)
	ptmx := c.NewInode(p, linux.S_IFCHR)
	ptmx.Rdev = linux.Makedev(majorTTYAux, 2)
	c.Add(f.pts, "ptmx", ptmx)
	f.ptsMount = f.ns.Attach(p, f.pts, vfs.Path{Mnt: m, D: pts}, linux.MS_RELATIME|linux.MS_NOSUID|linux.MS_NOEXEC, "devpts")
}

// opensElsewhere says in rep which descriptor of the core a file stands for.
func (f *FS) opensElsewhere(n *vfs.Inode, rep *fsapi.OpenReply) linux.Errno {
	if x, ok := n.Ops.(*procfs.Foreign); ok {
		rep.ReopenPid, rep.ReopenFd = x.Pid, x.Fd
	}
	return 0
}
