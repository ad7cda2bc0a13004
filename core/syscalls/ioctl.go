package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var ioctlRows = []Row{
	{"ioctl", FS, args(fd("fd"), enum("cmd", linux.IoctlNames), hex("arg")), sysIoctl},
}

// ioctlIn is how many bytes the commands read that do not tell by their number.
var ioctlIn = map[uint32]int{
	linux.TCSETS: 36, linux.TCSETSW: 36, linux.TCSETSF: 36,
	linux.TCSETA: 18, linux.TCSETAW: 18, linux.TCSETAF: 18,
	linux.TIOCSPGRP: 4, linux.TIOCSTI: 1, linux.TIOCSWINSZ: 8, linux.TIOCMBIS: 4, linux.TIOCMBIC: 4, linux.TIOCMSET: 4,
	linux.TIOCSSOFTCAR: 4, linux.TIOCPKT: 4, linux.TIOCSETD: 4, linux.TIOCLINUX: 1,
	linux.SIOCGIFNAME: 40, linux.SIOCGIFFLAGS: 40, linux.SIOCGIFADDR: 40, linux.SIOCGIFDSTADDR: 40,
	linux.SIOCGIFBRDADDR: 40, linux.SIOCGIFNETMASK: 40, linux.SIOCGIFMETRIC: 40, linux.SIOCGIFMTU: 40,
	linux.SIOCGIFHWADDR: 40, linux.SIOCGIFINDEX: 40, linux.SIOCGIFTXQLEN: 40, linux.SIOCSIFFLAGS: 40,
	linux.SIOCSIFADDR: 40, linux.SIOCSIFNETMASK: 40, linux.SIOCSIFMTU: 40,
}

// ioctlSize is how many bytes a command reads.
func ioctlSize(cmd uint32) int {
	if n, ok := ioctlIn[cmd]; ok {
		return n
	}
	if cmd>>linux.IOC_DIRSHIFT&linux.IOC_WRITE != 0 {
		return int(cmd >> linux.IOC_SIZESHIFT & 0x3fff)
	}
	return 0
}

// sysIoctl answers what holds for any file as do_vfs_ioctl does, and asks the
// owner for the rest.
func sysIoctl(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	fd, cmd, arg := c.Uint(0), c.Uint(1), c.Args[2]
	typ := f.Mode & linux.S_IFMT
	switch cmd {
	case linux.FIOCLEX, linux.FIONCLEX:
		c.T.Files.SetCloexec(fd, fd, cmd == linux.FIOCLEX)
		return 0, 0
	case linux.FIBMAP:
		switch {
		case typ != linux.S_IFREG || f.Owner != fdtable.FS:
			return 0, linux.ENOTTY
		case !c.T.Cred.Has(linux.CAP_SYS_RAWIO):
			return 0, linux.EPERM
		}
		return 0, linux.EINVAL // no block device below
	case linux.FIONBIO, linux.FIOASYNC:
		return 0, c.ioctlSwitch(f, cmd, arg)
	case linux.FIOQSIZE, linux.FIONREAD:
		if cmd == linux.FIONREAD && typ != linux.S_IFREG {
			break
		}
		if f.Owner != fdtable.FS || typ != linux.S_IFREG && typ != linux.S_IFDIR && typ != linux.S_IFLNK {
			return 0, linux.ENOTTY
		}
		return 0, c.ioctlLength(f, cmd, arg)
	case linux.FICLONE, linux.FICLONERANGE, linux.FIDEDUPERANGE:
		// GAP: no file system here shares blocks.
		return 0, linux.EOPNOTSUPP
	case linux.FIOSETOWN, linux.SIOCSPGRP, linux.FIOGETOWN, linux.SIOCGPGRP:
		if typ == linux.S_IFSOCK && f.Owner == fdtable.IPC {
			return 0, c.fileOwner(f, cmd == linux.FIOSETOWN || cmd == linux.SIOCSPGRP, arg)
		}
	}
	if cmd == linux.SIOCGIFCONF && f.Domain != 0 {
		return 0, c.ioctlConf(f, arg)
	}
	var in []byte
	if n := ioctlSize(cmd); n > 0 && (f.Owner == fdtable.FS || f.Owner == fdtable.IPC) {
		in = make([]byte, n)
		if e := c.CopyIn(arg, in); e != 0 {
			return 0, e
		}
	}
	switch f.Owner {
	case fdtable.FS:
		return c.ioctlFS(f, cmd, arg, in)
	case fdtable.Core:
		if n, ok := f.Object.(*notifier); ok {
			return n.ioctl(c, cmd, arg)
		}
	case fdtable.IPC:
		q := ipcapi.IoctlRequest{Handle: f.Handle, Command: cmd, Argument: arg, In: in}
		r := ipcapi.IoctlReply{Out: c.Out()[:0]}
		if e := c.IPC.Ioctl(&q, &r); e != 0 {
			return 0, e
		}
		return r.Result, c.CopyOut(arg, r.Out)
	}
	return 0, linux.ENOTTY
}

// ioctlConf serves SIOCGIFCONF: whole entries as far as struct ifconf has room,
// or how much they take: dev_ifconf.
func (c *Call) ioctlConf(f *fdtable.File, arg uint64) linux.Errno {
	var b [linux.SizeofIfconf]byte
	if e := c.CopyIn(arg, b[:]); e != 0 {
		return e
	}
	room, buf := int32(le.Uint32(b[:])), le.Uint64(b[8:])
	q := ipcapi.IoctlRequest{Handle: f.Handle, Command: linux.SIOCGIFCONF, Argument: arg}
	var r ipcapi.IoctlReply
	if e := c.IPC.Ioctl(&q, &r); e != 0 {
		return e
	}
	n := len(r.Out)
	if buf != 0 {
		n = min(n, int(max(room, 0))/linux.SizeofIfreq*linux.SizeofIfreq)
		if e := c.CopyOut(buf, r.Out[:n]); e != 0 {
			return e
		}
	}
	le.PutUint32(b[:], uint32(n))
	return c.CopyOut(arg, b[:4])
}

func (c *Call) ioctlFS(f *fdtable.File, cmd uint32, arg uint64, in []byte) (int64, linux.Errno) {
	q := fsapi.IoctlRequest{Cred: c.Cred(), Handle: f.Handle, Command: cmd, Argument: arg, In: in}
	if cmd == linux.TIOCSPGRP && f.Mode&linux.S_IFMT == linux.S_IFCHR {
		if e := c.mayForeground(f, int32(binary.LittleEndian.Uint32(in))); e != 0 {
			return 0, e
		}
	}
	for {
		r := fsapi.IoctlReply{Out: c.Out()[:0]}
		e := c.FS.Ioctl(&q, &r)
		c.fsReady(r.Ready)
		e, again := c.jobControl(e, r.Raise)
		if again {
			q.Cred.Background = true
			continue
		}
		switch r.Controlling {
		case 1:
			c.setTerminal(f)
		case 2:
			c.P.Group.Session.Terminal = nil
		}
		if e == linux.EWAIT {
			w := fsWait(&r.Wait)
			if e := c.block(f, &w, false); e != 0 {
				return 0, e
			}
			continue
		}
		if e == linux.EIO && cmd == linux.TIOCSPGRP {
			e = linux.ENOTTY // tiocspgrp has it so for an orphaned group
		}
		if e != 0 {
			return 0, e
		}
		if cmd == linux.TIOCGPTPEER {
			return c.openPeer(uint64(r.Result), uint32(arg))
		}
		return r.Result, c.CopyOut(arg, r.Out)
	}
}

// openPeer makes a descriptor of the slave that TIOCGPTPEER opened.
func (c *Call) openPeer(handle uint64, fl uint32) (int64, linux.Errno) {
	f := fdtable.NewFile(fdtable.FS, handle, fl&^onlyAtOpen)
	f.Pollable = true
	if a, e := c.stat(f); e == 0 {
		f.Mode, f.Rdev = a.Mode, a.Rdev
	}
	return c.install(f, fl&linux.O_CLOEXEC != 0)
}

// ioctlSwitch serves FIONBIO and FIOASYNC.
func (c *Call) ioctlSwitch(f *fdtable.File, cmd uint32, arg uint64) linux.Errno {
	var b [4]byte
	if e := c.CopyIn(arg, b[:]); e != 0 {
		return e
	}
	on := binary.LittleEndian.Uint32(b[:]) != 0
	if cmd == linux.FIOASYNC {
		if on == (f.Flags.Load()&linux.O_ASYNC != 0) {
			return 0
		}
		return c.setAsync(f, on)
	}
	if on {
		f.Flags.Or(linux.O_NONBLOCK)
	} else {
		f.Flags.And(^uint32(linux.O_NONBLOCK))
	}
	return 0
}

// ioctlLength serves FIOQSIZE and FIONREAD of plain files.
func (c *Call) ioctlLength(f *fdtable.File, cmd uint32, arg uint64) linux.Errno {
	a, e := c.stat(f)
	if e != 0 {
		return e
	}
	var b [8]byte
	if cmd == linux.FIOQSIZE {
		binary.LittleEndian.PutUint64(b[:], a.Blocks*512)
		return c.CopyOut(arg, b[:])
	}
	binary.LittleEndian.PutUint32(b[:], uint32(a.Size-f.Offset))
	return c.CopyOut(arg, b[:4])
}
