package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Limits of sockets: net/core/sock.c, net/unix/af_unix.c and their sysctls.
const (
	sockBuf      = 212992  // net.core.{r,w}mem_default
	sockBufMax   = 4 << 20 // net.core.{r,w}mem_max
	sockMinSnd   = 4608
	sockMinRcv   = 2304
	dgramBacklog = 10 // net.unix.max_dgram_qlen
	numDomains   = 46
	numTypes     = 11
)

// state of a connection, TCP_* of the kernel.
type state uint8

const (
	closed state = iota
	listening
	established
)

// The directions of sock.shutdown.
const (
	shutRcv  = 1
	shutSend = 2
	shutBoth = shutRcv | shutSend
)

// sockBase is what all sockets have.
type sockBase struct {
	fileBase
	domain, typ, protocol uint32
	state                 state
	down                  uint8 // shutRcv, shutSend
	err                   linux.Errno
	opt                   sockOptions
}

func (k *sockBase) sock() *sockBase { return k }

// takeErr is sock_error: the pending error, which it clears.
func (k *sockBase) takeErr() linux.Errno {
	e := k.err
	k.err = 0
	return e
}

func (k *sockBase) mode() uint32 { return linux.S_IFSOCK | 0o777 }

// socket is a file with the calls of sockets. They run with IPC.mu held.
type socket interface {
	file
	sock() *sockBase
	bind(s *IPC, req *ipcapi.BindRequest) linux.Errno
	listen(s *IPC, backlog int, req *ipcapi.ListenRequest, rep *ipcapi.ListenReply) linux.Errno
	connect(s *IPC, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno
	accept(s *IPC, req *ipcapi.AcceptRequest, rep *ipcapi.AcceptReply) linux.Errno
	// name appends the address, of the peer if asked.
	name(peer bool, b []byte) ([]byte, linux.Errno)
	// shutdown ends the directions in how: shutRcv, shutSend.
	shutdown(s *IPC, how uint8, rep *ipcapi.ShutdownReply) linux.Errno
	// getOption appends the value of an option; the caller cuts it to size.
	getOption(level, option int32, size int, b []byte) ([]byte, linux.Errno)
	setOption(s *IPC, req *ipcapi.SetOptionRequest, rep *ipcapi.SetOptionReply) linux.Errno
	send(s *IPC, m *sender) (uint32, linux.Errno)
	receive(s *IPC, r *receiver) linux.Errno
}

// Socket implements ipcapi.IPC. Errors: EAFNOSUPPORT, EINVAL (type out of
// range), EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPERM.
func (s *IPC) Socket(req *ipcapi.SocketRequest, rep *ipcapi.SocketReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.newSocket(req.Domain, req.Type, req.Protocol, req.Cred.Caps)
	if e != 0 {
		return e
	}
	rep.Handle = s.open(k, s.newInode(&req.Cred))
	return 0
}

// SocketPair implements ipcapi.IPC. Errors: those of Socket, EOPNOTSUPP (not
// AF_UNIX).
func (s *IPC) SocketPair(req *ipcapi.SocketPairRequest, rep *ipcapi.SocketPairReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.newSocket(req.Domain, req.Type, req.Protocol, req.Cred.Caps)
	if e != 0 {
		return e
	}
	a, ok := k.(*unixSock)
	if !ok {
		return linux.EOPNOTSUPP
	}
	b := newUnix(a.typ)
	a.peer, b.peer = b, a
	a.state, b.state = established, established
	a.cred = credOf(&req.Cred)
	b.cred = a.cred
	rep.First = s.open(a, s.newInode(&req.Cred))
	rep.Second = s.open(b, s.newInode(&req.Cred))
	return 0
}

// newSocket checks in the order of __sock_create in net/socket.c.
func (s *IPC) newSocket(domain, typ, protocol uint32, caps uint64) (socket, linux.Errno) {
	if domain >= numDomains {
		return nil, linux.EAFNOSUPPORT
	}
	if typ >= numTypes {
		return nil, linux.EINVAL
	}
	switch domain {
	case linux.AF_UNIX:
		return newUnixKind(typ, protocol)
	case linux.AF_INET, linux.AF_INET6:
		k, e := newInetKind(domain, typ, protocol, caps)
		if e == 0 {
			k.(portOwner).inet().noNetwork = s.noNetwork
		}
		return k, e
	case linux.AF_NETLINK:
		return newNetlink(typ, protocol)
	}
	return nil, linux.EAFNOSUPPORT
}

// socket finds a socket. Errors: EBADF, ENOTSOCK.
func (s *IPC) socket(handle uint64) (socket, linux.Errno) {
	f := s.files.get(handle)
	if f == nil {
		return nil, linux.EBADF
	}
	k, ok := f.(socket)
	if !ok {
		return nil, linux.ENOTSOCK
	}
	return k, 0
}

// Bind implements ipcapi.IPC. Errors: EBADF, ENOTSOCK, EINVAL (bad address, or
// bound already), EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES, ENOSPC.
func (s *IPC) Bind(req *ipcapi.BindRequest, _ *ipcapi.BindReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	return k.bind(s, req)
}

// Listen implements ipcapi.IPC. Errors: EBADF, ENOTSOCK, EOPNOTSUPP (no
// connections), EINVAL (no name, or connected), EADDRINUSE.
func (s *IPC) Listen(req *ipcapi.ListenRequest, rep *ipcapi.ListenReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	backlog := int(req.Backlog)
	if uint32(req.Backlog) > linux.SOMAXCONN {
		backlog = linux.SOMAXCONN // net/socket.c compares without sign
	}
	return k.listen(s, backlog, req, rep)
}

// Connect implements ipcapi.IPC. A full backlog waits, or gives EAGAIN
// (AF_UNIX) when nonblock is set. Errors: EBADF, ENOTSOCK, EINVAL, EPERM,
// ECONNREFUSED, EPROTOTYPE, EISCONN, EAGAIN, ENOSPC, EAFNOSUPPORT, EINPROGRESS,
// EALREADY, ENETUNREACH, EADDRNOTAVAIL, ETIMEDOUT.
func (s *IPC) Connect(req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	return k.connect(s, req, rep)
}

// Accept implements ipcapi.IPC. Errors: EBADF, ENOTSOCK, EOPNOTSUPP (no
// connections), EINVAL (not listening, or shut down).
func (s *IPC) Accept(req *ipcapi.AcceptRequest, rep *ipcapi.AcceptReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	return k.accept(s, req, rep)
}

// Name implements ipcapi.IPC. Errors: EBADF, ENOTSOCK, ENOTCONN.
func (s *IPC) Name(req *ipcapi.NameRequest, rep *ipcapi.NameReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	rep.Address, e = k.name(req.Peer, rep.Address)
	return e
}

// Shutdown implements ipcapi.IPC. Errors: EBADF, ENOTSOCK, EINVAL, ENOTCONN.
func (s *IPC) Shutdown(req *ipcapi.ShutdownRequest, rep *ipcapi.ShutdownReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	if req.How > linux.SHUT_RDWR {
		return linux.EINVAL
	}
	return k.shutdown(s, uint8(req.How+1), rep)
}

// Send implements ipcapi.IPC. The tokens are taken when it succeeds; those that
// no receiver will see come back. Errors: EBADF, ENOTSOCK, EINVAL, EPERM and
// ESRCH (credentials), EOPNOTSUPP, EISCONN, ENOTCONN, EDESTADDRREQ, EPIPE,
// EMSGSIZE, ECONNRESET, ECONNREFUSED, EPROTOTYPE, EAGAIN, ENOSPC, ENETUNREACH.
func (s *IPC) Send(req *ipcapi.SendRequest, rep *ipcapi.SendReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	m := &s.sending
	*m = sender{
		data: req.Data, flags: req.Flags, address: req.Address, node: req.Node, tokens: req.Tokens,
		control: req.Control, cred: &req.Cred, nonblock: req.Nonblock, wait: &rep.Wait, ready: &rep.Ready,
		dropped: &rep.Tokens,
	}
	rep.Count, e = k.send(s, m)
	*m = sender{}
	return e
}

// Receive implements ipcapi.IPC. Tokens that come with MSG_PEEK are copies: the
// message keeps its own. With MSG_WAITALL and SO_RCVLOWAT a reply may hold data
// and a wait: the caller asks again for the rest. Errors: EBADF, ENOTSOCK,
// EINVAL, EOPNOTSUPP, ENOTCONN, ECONNRESET, ECONNREFUSED, EAGAIN.
func (s *IPC) Receive(req *ipcapi.ReceiveRequest, rep *ipcapi.ReceiveReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	r := &s.receiving
	*r = receiver{
		count: int(req.Count), flags: req.Flags, nonblock: req.Nonblock, data: &rep.Data, wait: &rep.Wait,
		ready: &rep.Ready, tokens: &rep.Tokens, rep: rep,
	}
	e = k.receive(s, r)
	*r = receiver{}
	return e
}

// await fills in a wait on k's own handle that ends with EAGAIN after timeoNs
// (SO_RCVTIMEO, SO_SNDTIMEO; 0 for never, negative for at once).
func (s *IPC) await(k *sockBase, w *ipcapi.Wait, events uint32, timeoNs int64) linux.Errno {
	if timeoNs < 0 {
		return linux.EAGAIN
	}
	k.awaited |= events &^ 0xffff
	*w = ipcapi.Wait{Handle: k.handle, Events: events}
	if timeoNs > 0 {
		w.DeadlineNs, w.DeadlineErrno = s.now()+timeoNs, uint32(linux.EAGAIN)
	}
	return linux.EWAIT
}

// awaitReceive says that a receive waits for events on its own handle.
func (s *IPC) awaitReceive(k *sockBase, r *receiver, events uint32) linux.Errno {
	if r.nonblock || r.flags&linux.MSG_DONTWAIT != 0 {
		return linux.EAGAIN
	}
	return s.await(k, r.wait, events, k.opt.rcvTimeoNs)
}

// awaitSend says that a send waits for events on its own handle.
func (s *IPC) awaitSend(k *sockBase, m *sender, events uint32) linux.Errno {
	if m.nonblock || m.flags&linux.MSG_DONTWAIT != 0 {
		return linux.EAGAIN
	}
	return s.await(k, m.wait, events, k.opt.sndTimeoNs)
}

// sockRead and sockWrite are read(2) and write(2).
func (s *IPC) sockRead(k socket, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	if req.Count == 0 {
		return 0 // sock_read_iter: System V behaviour
	}
	r := &s.receiving
	*r = receiver{
		count: int(req.Count), data: &rep.Data, wait: &rep.Wait, ready: &rep.Ready, tokens: &rep.Tokens,
	}
	e := k.receive(s, r)
	*r = receiver{}
	return e
}

func (s *IPC) sockWrite(k socket, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	m := &s.sending
	*m = sender{data: req.Data, cred: &req.Cred, wait: &rep.Wait, ready: &rep.Ready, dropped: &rep.Tokens}
	n, e := k.send(s, m)
	*m = sender{}
	rep.Count = n
	return e
}
