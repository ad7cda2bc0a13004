package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var sockoptRows = []Row{
	{"getsockopt", IPC, args(fd("sockfd"), enum("level", linux.SocketLevels), enum("optname", linux.SocketOptions), ptr("optval"), ptr("optlen")), sysGetsockopt},
	{"setsockopt", IPC, args(fd("sockfd"), enum("level", linux.SocketLevels), enum("optname", linux.SocketOptions), in("optval", 4), integer("optlen")), sysSetsockopt},
}

var le = binary.LittleEndian

// maxOption is the most of an option's value that is read, in bytes: none that
// is claimed is longer.
const maxOption = 4096

func sysGetsockopt(c *Call) (int64, linux.Errno) {
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	var b [4]byte
	if e := c.CopyIn(c.Args[4], b[:]); e != 0 {
		return 0, e
	}
	size := int32(le.Uint32(b[:]))
	if size < 0 {
		return 0, linux.EINVAL
	}
	if c.Int(1) == linux.SOL_SOCKET && c.Int(2) == linux.SO_PEERPIDFD && f.Domain == linux.AF_UNIX {
		return 0, c.peerPidfd(f, size)
	}
	q := ipcapi.GetOptionRequest{Handle: f.Handle, Level: c.Int(1), Option: c.Int(2), Size: uint32(size)}
	var r ipcapi.GetOptionReply
	if e := c.IPC.GetOption(&q, &r); e != 0 {
		if e == linux.ERANGE {
			// SO_PEERGROUPS says how much room it takes.
			le.PutUint32(b[:], uint32(len(r.Value)))
			c.CopyOut(c.Args[4], b[:])
		}
		return 0, e
	}
	n := min(len(r.Value), int(size))
	if e := c.CopyOut(c.Args[3], r.Value[:n]); e != 0 {
		return 0, e
	}
	le.PutUint32(b[:], uint32(n))
	return 0, c.CopyOut(c.Args[4], b[:])
}

// peerPidfd serves SO_PEERPIDFD: sk_getsockopt makes the descriptor last.
func (c *Call) peerPidfd(f *fdtable.File, size int32) linux.Errno {
	q := ipcapi.GetOptionRequest{Handle: f.Handle, Level: linux.SOL_SOCKET, Option: linux.SO_PEERCRED, Size: linux.SizeofUcred}
	var r ipcapi.GetOptionReply
	if e := c.IPC.GetOption(&q, &r); e != 0 {
		return e
	}
	if len(r.Value) < linux.SizeofUcred || le.Uint32(r.Value) == 0 {
		return linux.ENODATA // never connected
	}
	p := c.Tasks.Process(int32(le.Uint32(r.Value)))
	if p == nil {
		return linux.ESRCH
	}
	fd, e := c.install(c.newPidfd(p, nil, linux.O_RDWR), true)
	if e != 0 {
		return e
	}
	var b [4]byte
	le.PutUint32(b[:], uint32(fd))
	n := min(size, 4)
	if e = c.CopyOut(c.Args[3], b[:n]); e == 0 {
		le.PutUint32(b[:], uint32(n))
		e = c.CopyOut(c.Args[4], b[:])
	}
	if e != 0 {
		c.takeBack(int32(fd))
	}
	return e
}

func sysSetsockopt(c *Call) (int64, linux.Errno) {
	size := c.Int(4)
	if size < 0 {
		return 0, linux.EINVAL
	}
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q := ipcapi.SetOptionRequest{Handle: f.Handle, Level: c.Int(1), Option: c.Int(2), Value: make([]byte, min(size, maxOption)),
		Cred: c.ipcCred()}
	if q.Level == linux.SOL_SOCKET && size < 4 && q.Option != linux.SO_BINDTODEVICE {
		return 0, linux.EINVAL // sk_setsockopt: before the value and the option
	}
	if size > 0 {
		if e := c.CopyIn(c.Args[3], q.Value); e != 0 {
			return 0, e
		}
	}
	var r ipcapi.SetOptionReply
	e = c.IPC.SetOption(&q, &r)
	c.ipcReady(r.Ready)
	return 0, e
}
