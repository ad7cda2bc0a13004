package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/internal/ring"
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

// peerCred is what SO_PEERCRED shows.
type peerCred struct {
	pid      int32
	uid, gid uint32
	groups   []uint32
	set      bool
}

func credOf(c *ipcapi.Cred) peerCred {
	return peerCred{c.Pid, c.Uid, c.Gid, append([]uint32(nil), c.Groups...), true}
}

// sock is an AF_UNIX socket.
type sock struct {
	fileBase
	typ   uint32
	state state
	dead  bool
	down  uint8 // shutRcv, shutSend
	err   linux.Errno
	peer  *sock
	addr  *unixAddr
	cred  peerCred

	// The receive queue. Bytes of all messages lie in data, in order.
	msgs msgQueue
	data ring.Buffer
	// wmem is what this socket's own messages occupy in the queues of others.
	wmem int

	backlog int
	queue   []*sock // connections that wait for accept

	// blockedOn is the socket without room that refused this one last, waiters
	// the sockets that wait for room at this one.
	blockedOn *sock
	waiters   []*sock

	opt sockOptions
}

// Socket implements ipcapi.IPC. Errors: EAFNOSUPPORT, EINVAL (type out of
// range), EPROTONOSUPPORT, ESOCKTNOSUPPORT.
func (s *IPC) Socket(req *ipcapi.SocketRequest, rep *ipcapi.SocketReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.newSocket(req.Domain, req.Type, req.Protocol)
	if e != 0 {
		return e
	}
	rep.Handle = s.open(k, s.newInode(&req.Cred))
	return 0
}

// SocketPair implements ipcapi.IPC. Errors: those of Socket, EOPNOTSUPP.
func (s *IPC) SocketPair(req *ipcapi.SocketPairRequest, rep *ipcapi.SocketPairReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, e := s.newSocket(req.Domain, req.Type, req.Protocol)
	if e != 0 {
		return e
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
func (s *IPC) newSocket(domain, typ, protocol uint32) (*sock, linux.Errno) {
	if domain >= numDomains {
		return nil, linux.EAFNOSUPPORT
	}
	if typ >= numTypes {
		return nil, linux.EINVAL
	}
	if domain != linux.AF_UNIX {
		return nil, linux.EAFNOSUPPORT
	}
	if protocol != 0 && protocol != linux.AF_UNIX {
		return nil, linux.EPROTONOSUPPORT
	}
	switch typ {
	case linux.SOCK_RAW:
		typ = linux.SOCK_DGRAM // unix_create: BSD has it
	case linux.SOCK_STREAM, linux.SOCK_DGRAM, linux.SOCK_SEQPACKET:
	default:
		return nil, linux.ESOCKTNOSUPPORT
	}
	return newUnix(typ), 0
}

func newUnix(typ uint32) *sock {
	return &sock{typ: typ, backlog: dgramBacklog, opt: newOptions()}
}

// socket finds a socket. Errors: EBADF, ENOTSOCK.
func (s *IPC) socket(handle uint64) (*sock, linux.Errno) {
	f := s.files.get(handle)
	if f == nil {
		return nil, linux.EBADF
	}
	k, ok := f.(*sock)
	if !ok {
		return nil, linux.ENOTSOCK
	}
	return k, 0
}

// connected reports whether the type has connections.
func (k *sock) connected() bool { return k.typ != linux.SOCK_DGRAM }

// takeErr is sock_error: the pending error, which it clears.
func (k *sock) takeErr() linux.Errno {
	e := k.err
	k.err = 0
	return e
}

// writable is unix_writable: at most a quarter of the buffer is in use.
func (k *sock) writable() bool { return k.state != listening && k.wmem*4 <= k.opt.sndbuf }

// full is unix_recvq_full.
func (k *sock) full() bool {
	if k.state == listening {
		return len(k.queue) > k.backlog
	}
	return k.msgs.n > k.backlog
}

// level is unix_poll and unix_dgram_poll of net/unix/af_unix.c.
func (k *sock) level(events uint32) uint32 {
	mask := uint32(0)
	if k.err != 0 {
		mask |= linux.POLLERR
	}
	if k.down == shutBoth {
		mask |= linux.POLLHUP
	}
	if k.down&shutRcv != 0 {
		mask |= linux.POLLRDHUP | linux.POLLIN | linux.POLLRDNORM
	}
	if k.msgs.n > 0 || len(k.queue) > 0 {
		mask |= linux.POLLIN | linux.POLLRDNORM
	}
	if k.connected() && k.state == closed {
		mask |= linux.POLLHUP
	}
	if k.writable() {
		if k.typ != linux.SOCK_STREAM && k.peerBlocks() {
			k.peer.addWaiter(k)
		} else {
			mask |= linux.POLLOUT | linux.POLLWRNORM | linux.POLLWRBAND
		}
	}
	if events&eventPeerRoom != 0 && (k.blockedOn == nil || k.blockedOn.dead || !k.blockedOn.full()) {
		mask |= eventPeerRoom
	}
	if events&eventPastPeek != 0 && (k.opt.peekOff < 0 || k.data.Len() > k.opt.peekOff) {
		mask |= eventPastPeek
	}
	return mask
}

// peerBlocks reports whether the peer, which is not connected to k, has no room
// for one more datagram.
func (k *sock) peerBlocks() bool {
	p := k.peer
	return p != nil && p.peer != k && p.full() && !p.dead
}

func (k *sock) mode() uint32 { return linux.S_IFSOCK | 0o777 }

// ioctl is unix_ioctl. SIOCINQ of a datagram socket is the next message's
// length; SIOCOUTQ counts what Linux calls true sizes.
func (k *sock) ioctl(_ *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	switch req.Command {
	case linux.SIOCOUTQ:
		rep.Out = appendInt(rep.Out, k.wmem)
	case linux.SIOCINQ:
		if k.state == listening {
			return linux.EINVAL
		}
		n := k.data.Len()
		if k.typ == linux.SOCK_DGRAM && k.msgs.n > 0 {
			n = k.msgs.at(0).n
		}
		rep.Out = appendInt(rep.Out, n)
	default:
		return linux.ENOTTY
	}
	return 0
}

func (k *sock) read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	if req.Count == 0 {
		return 0 // sock_read_iter: System V behaviour
	}
	r := receiver{
		count: int(req.Count), data: &rep.Data, wait: &rep.Wait, ready: &rep.Ready, tokens: &rep.Tokens,
	}
	return s.receive(k, &r)
}

func (k *sock) write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	m := sender{data: req.Data, cred: &req.Cred, wait: &rep.Wait, ready: &rep.Ready, dropped: &rep.Tokens}
	n, e := s.send(k, &m)
	rep.Count = n
	return e
}

// Shutdown implements ipcapi.IPC, unix_shutdown. Errors: EBADF, ENOTSOCK,
// EINVAL.
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
	mode := uint8(req.How + 1)
	k.down |= mode
	wake(k, &rep.Ready)
	if p := k.peer; p != nil && k.connected() {
		p.down |= mode>>1 | mode<<1&shutSend
		wake(p, &rep.Ready)
	}
	return 0
}

// close is unix_release_sock.
func (k *sock) close(s *IPC, rep *ipcapi.CloseReply) { s.releaseSock(k, false, rep) }

func (s *IPC) releaseSock(k *sock, unaccepted bool, rep *ipcapi.CloseReply) {
	s.unname(k)
	k.dead, k.down, k.state = true, shutBoth, closed
	peer := k.peer
	k.peer = nil
	k.wakeWaiters(&rep.Ready)
	k.blockedOn = nil
	if peer != nil && k.connected() {
		peer.down = shutBoth
		if k.msgs.n > 0 || len(k.queue) > 0 || unaccepted {
			peer.err = linux.ECONNRESET
		}
		wake(peer, &rep.Ready)
	}
	k.purge(&s.pool, &rep.Ready, &rep.Tokens)
	for _, c := range k.queue {
		s.releaseSock(c, true, rep)
	}
	k.queue = nil
}

// purge drops all messages.
func (k *sock) purge(pool *ring.Pool, ready *[]ipcapi.Ready, tokens *[]uint64) {
	for k.msgs.n > 0 {
		m := k.msgs.at(0)
		*tokens = append(*tokens, m.tokens...)
		k.dequeue(ready)
	}
	k.data.Release(pool)
}

// addWaiter notes that w waits for room at k.
func (k *sock) addWaiter(w *sock) {
	live := k.waiters[:0]
	for _, o := range k.waiters {
		if !o.dead && o != w {
			live = append(live, o)
		}
	}
	k.waiters = append(live, w)
}

// wakeWaiters tells all who wait for room at k to try again.
func (k *sock) wakeWaiters(ready *[]ipcapi.Ready) {
	waiting := k.waiters
	k.waiters = nil
	for _, w := range waiting {
		w.blockedOn = nil
		wake(w, ready)
	}
}
