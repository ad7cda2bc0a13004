package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var socketRows = []Row{
	{"socket", IPC, args(enum("domain", linux.AddressFamilies), enum("type", linux.SocketTypes), integer("protocol")), sysSocket},
	{"socketpair", IPC, args(enum("domain", linux.AddressFamilies), enum("type", linux.SocketTypes), integer("protocol"), kind("sv", strace.FDPair)), sysSocketpair},
	{"bind", IPC, args(fd("sockfd"), vec("addr", strace.Sockaddr, 2), integer("addrlen")), sysBind},
	{"listen", IPC, args(fd("sockfd"), integer("backlog")), sysListen},
	{"connect", IPC, args(fd("sockfd"), vec("addr", strace.Sockaddr, 2), integer("addrlen")), sysConnect},
	{"accept", IPC, args(fd("sockfd"), ptr("addr"), ptr("addrlen")), sysAccept},
	{"accept4", IPC, args(fd("sockfd"), ptr("addr"), ptr("addrlen"), flags("flags", linux.SocketFlags)), sysAccept4},
	{"getsockname", IPC, args(fd("sockfd"), ptr("addr"), ptr("addrlen")), sysGetsockname},
	{"getpeername", IPC, args(fd("sockfd"), ptr("addr"), ptr("addrlen")), sysGetpeername},
	{"shutdown", IPC, args(fd("sockfd"), enum("how", linux.ShutdownHow)), sysShutdown},
}

const (
	sockTypeMask  = 0xf
	sockTypeFlags = linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK
)

// newSocket makes the description of a socket. fl holds SOCK_NONBLOCK or not.
func (c *Call) newSocket(handle uint64, domain, typ, fl uint32) *fdtable.File {
	f := c.newIPC(handle, linux.O_RDWR|fl&linux.SOCK_NONBLOCK, linux.S_IFSOCK|0o777)
	f.Domain, f.Type = domain, typ
	return f
}

// socket gives the description of a socket. Errors: EBADF, ENOTSOCK.
func (c *Call) socket() (*fdtable.File, linux.Errno) {
	f, e := c.file(0)
	if e == 0 && f.Domain == 0 {
		c.unref(f)
		return nil, linux.ENOTSOCK
	}
	return f, e
}

func sysSocket(c *Call) (int64, linux.Errno) {
	typ := c.Uint(1)
	if typ&^(sockTypeMask|sockTypeFlags) != 0 {
		return 0, linux.EINVAL
	}
	q := ipcapi.SocketRequest{Domain: c.Uint(0), Type: typ & sockTypeMask, Protocol: c.Uint(2), Cred: c.ipcCred()}
	var r ipcapi.SocketReply
	if e := c.IPC.Socket(&q, &r); e != 0 {
		return 0, e
	}
	return c.install(c.newSocket(r.Handle, q.Domain, q.Type, typ), typ&linux.SOCK_CLOEXEC != 0)
}

func sysSocketpair(c *Call) (int64, linux.Errno) {
	typ := c.Uint(1)
	if typ&^(sockTypeMask|sockTypeFlags) != 0 {
		return 0, linux.EINVAL
	}
	q := ipcapi.SocketPairRequest{Domain: c.Uint(0), Type: typ & sockTypeMask, Protocol: c.Uint(2), Cred: c.ipcCred()}
	var r ipcapi.SocketPairReply
	if e := c.IPC.SocketPair(&q, &r); e != 0 {
		return 0, c.pairRefused(e)
	}
	a, b := c.newSocket(r.First, q.Domain, q.Type, typ), c.newSocket(r.Second, q.Domain, q.Type, typ)
	return 0, c.installPair(a, b, typ&linux.SOCK_CLOEXEC != 0, c.Args[3])
}

// pairRefused gives the app the two numbers that it does not get: Linux takes
// and writes them before it makes the sockets.
func (c *Call) pairRefused(e linux.Errno) linux.Errno {
	first := c.T.Files.Free(0)
	second := c.T.Files.Free(first + 1)
	if uint64(second) >= c.P.Limits[linux.RLIMIT_NOFILE].Cur {
		return linux.EMFILE
	}
	var b [8]byte
	le.PutUint32(b[:], uint32(first))
	le.PutUint32(b[4:], uint32(second))
	if x := c.CopyOut(c.Args[3], b[:]); x != 0 {
		return x
	}
	return e
}

// sockaddr reads an address: move_addr_to_kernel. Errors: EINVAL, EFAULT.
func (c *Call) sockaddr(addr uint64, size int32) ([]byte, linux.Errno) {
	if size < 0 || size > linux.SizeofSockaddrStorage {
		return nil, linux.EINVAL
	}
	b := make([]byte, size)
	if size == 0 {
		return b, 0
	}
	return b, c.CopyIn(addr, b)
}

// putSockaddr gives an address back, cut to the room there is, with its whole
// length: move_addr_to_user.
func (c *Call) putSockaddr(a []byte, addr, lenAddr uint64) linux.Errno {
	var b [4]byte
	if e := c.CopyIn(lenAddr, b[:]); e != 0 {
		return e
	}
	room := int32(le.Uint32(b[:]))
	if room < 0 {
		return linux.EINVAL
	}
	if e := c.CopyOut(addr, a[:min(len(a), int(room))]); e != 0 {
		return e
	}
	le.PutUint32(b[:], uint32(len(a)))
	return c.CopyOut(lenAddr, b[:])
}

// unixPath gives the path in an address of AF_UNIX that has one.
func unixPath(f *fdtable.File, a []byte) (string, bool) {
	if f.Domain != linux.AF_UNIX || len(a) <= 2 || a[2] == 0 {
		return "", false
	}
	s, e := linux.DecodeSockaddrUn(a)
	return s, e == 0
}

// unixNode finds the node that an address names: unix_find_bsd. It is 0 for an
// address without a path.
func (c *Call) unixNode(f *fdtable.File, a []byte) (uint64, linux.Errno) {
	s, ok := unixPath(f, a)
	if !ok {
		return 0, 0
	}
	q := fsapi.ResolveRequest{Cred: c.Cred(), Access: linux.W_OK,
		Place: fsapi.Place{Root: c.T.FS.Root.Handle, Dir: c.T.FS.Cwd.Handle, Path: s}}
	var r fsapi.ResolveReply
	if e := ask(c, c.FS.Resolve, &q, &r, &r.Wait); e != 0 {
		return 0, e
	}
	var x fsapi.CloseReply
	c.FS.Close(&fsapi.CloseRequest{Handle: r.Handle}, &x)
	if r.Mode&linux.S_IFMT != linux.S_IFSOCK {
		return 0, linux.ECONNREFUSED
	}
	return r.Node, 0
}

// sysBind makes the node of an AF_UNIX name first, as unix_bind_bsd does, and
// takes it back when the socket does not want it.
func sysBind(c *Call) (int64, linux.Errno) {
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q := ipcapi.BindRequest{Handle: f.Handle, Cred: c.ipcCred()}
	if q.Address, e = c.sockaddr(c.Args[1], c.Int(2)); e != 0 {
		return 0, e
	}
	s, ok := unixPath(f, q.Address)
	place := fsapi.Place{Root: c.T.FS.Root.Handle, Dir: c.T.FS.Cwd.Handle, Path: s}
	if ok {
		if q.Node, e = c.makeNode(place, linux.S_IFSOCK|f.Mode&0o777, 0); e == linux.EEXIST {
			e = linux.EADDRINUSE
		}
		if e != 0 {
			return 0, e
		}
	}
	var r ipcapi.BindReply
	e = c.IPC.Bind(&q, &r)
	if e != 0 && ok {
		u := fsapi.UnlinkRequest{Cred: c.Cred(), Place: place}
		var x fsapi.UnlinkReply
		change(c, c.FS.Unlink, &u, &x, &x.Wait, &x.Ready)
	}
	return 0, e
}

func sysListen(c *Call) (int64, linux.Errno) {
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q := ipcapi.ListenRequest{Handle: f.Handle, Backlog: c.Int(1), Cred: c.ipcCred()}
	var r ipcapi.ListenReply
	e = c.IPC.Listen(&q, &r)
	c.ipcReady(r.Ready)
	return 0, e
}

func sysConnect(c *Call) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	a, e := c.sockaddr(c.Args[1], c.Int(2))
	if e != 0 {
		return 0, e
	}
	if f.Domain == 0 {
		return 0, linux.ENOTSOCK // after the address: __sys_connect
	}
	node, e := c.unixNode(f, a)
	if e != 0 {
		return 0, e
	}
	var until int64
	for {
		q := ipcapi.ConnectRequest{Handle: f.Handle, Address: a, Node: node, Cred: c.ipcCred(),
			Nonblock: f.Flags.Load()&linux.O_NONBLOCK != 0}
		var r ipcapi.ConnectReply
		e := c.IPC.Connect(&q, &r)
		c.ipcReady(r.Ready)
		c.dropTokens(r.Tokens)
		if e != linux.EWAIT {
			return 0, e
		}
		if e := c.blockIPC(f, &r.Wait, &until); e != 0 {
			return 0, e
		}
	}
}

// blockIPC waits for w on behalf of f. until keeps the deadline of a call's
// first wait, for the next ones.
func (c *Call) blockIPC(f *fdtable.File, w *ipcapi.Wait, until *int64) linux.Errno {
	x := ipcWait(w)
	x.keep(until)
	return c.block(f, &x, false)
}

func sysAccept(c *Call) (int64, linux.Errno)  { return c.accept(0) }
func sysAccept4(c *Call) (int64, linux.Errno) { return c.accept(c.Uint(3)) }

// accept is __sys_accept4: a number must be free before a connection is taken.
func (c *Call) accept(fl uint32) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if fl&^sockTypeFlags != 0 {
		return 0, linux.EINVAL
	}
	if c.T.Files.Full(c.P.Limits[linux.RLIMIT_NOFILE].Cur) {
		return 0, linux.EMFILE
	}
	if f.Domain == 0 {
		return 0, linux.ENOTSOCK
	}
	var until int64
	for {
		q := ipcapi.AcceptRequest{Handle: f.Handle}
		var r ipcapi.AcceptReply
		e := c.IPC.Accept(&q, &r)
		c.ipcReady(r.Ready)
		if e == linux.EWAIT {
			if e = c.blockIPC(f, &r.Wait, &until); e == 0 {
				continue
			}
		}
		if e != 0 {
			return 0, e
		}
		n := c.newSocket(r.Handle, f.Domain, f.Type, fl)
		if c.Args[1] != 0 {
			if e := c.putSockaddr(r.Address, c.Args[1], c.Args[2]); e != 0 {
				c.unref(n)
				return 0, e
			}
		}
		return c.install(n, fl&linux.SOCK_CLOEXEC != 0)
	}
}

func sysGetsockname(c *Call) (int64, linux.Errno) { return 0, c.sockName(false) }
func sysGetpeername(c *Call) (int64, linux.Errno) { return 0, c.sockName(true) }

func (c *Call) sockName(peer bool) linux.Errno {
	f, e := c.socket()
	if e != 0 {
		return e
	}
	defer c.unref(f)
	q := ipcapi.NameRequest{Handle: f.Handle, Peer: peer}
	var r ipcapi.NameReply
	if e := c.IPC.Name(&q, &r); e != 0 {
		return e
	}
	return c.putSockaddr(r.Address, c.Args[1], c.Args[2])
}

func sysShutdown(c *Call) (int64, linux.Errno) {
	f, e := c.socket()
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	q := ipcapi.ShutdownRequest{Handle: f.Handle, How: c.Uint(1)}
	var r ipcapi.ShutdownReply
	e = c.IPC.Shutdown(&q, &r)
	c.ipcReady(r.Ready)
	return 0, e
}
