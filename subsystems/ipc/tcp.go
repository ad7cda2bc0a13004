package ipc

import (
	"encoding/binary"
	"net/netip"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/internal/ring"
)

// Buffer sizes of TCP: net.ipv4.tcp_{w,r}mem, and what a connection over
// loopback grows to by itself.
const (
	tcpSndBuf     = 16384
	tcpRcvBuf     = 131072
	tcpSndBufGrow = 2626560
	// tcpGiveUpNs is how long a connect tries: net.ipv4.tcp_syn_retries=6.
	tcpGiveUpNs = 127_000_000_000
)

// phase is the state that the calls of a TCP socket see (SS_* of the kernel);
// inetSock.state is that of the connection.
type phase uint8

const (
	unconnected phase = iota
	connecting        // a connect has begun and nobody was told how it ended
	connected
)

// tcpSock is a TCP socket. What the peer sent lies in data.
type tcpSock struct {
	inetSock
	phase phase
	// asking is the listener that has no room for this connection yet.
	asking *tcpSock
	peer   *tcpSock
	data   ring.Buffer
	copied uint64 // bytes that were ever taken off it
	urgent urgent
	took   int // bytes that the last read took, for Unread
	// finSent and finGot say which directions have ended in good order, first
	// that this side ended before the peer did: it keeps the port.
	finSent, finGot, first bool
	dead                   bool

	backlog int
	queue   []*tcpSock // connections that wait for accept
	askers  []*tcpSock // those that wait for room in it
}

func newTCP(domain uint32) *tcpSock {
	k := &tcpSock{inetSock: newInet(domain, linux.SOCK_STREAM, linux.IPPROTO_TCP)}
	k.opt.sndbuf, k.opt.rcvbuf = tcpSndBuf, tcpRcvBuf
	return k
}

func (k *tcpSock) bind(s *IPC, req *ipcapi.BindRequest) linux.Errno { return k.bindTo(s, req, k) }

// listen is inet_listen. A socket without a port gets one. Errors: EINVAL
// (connected), EADDRINUSE (another one listens there).
func (k *tcpSock) listen(s *IPC, backlog int, req *ipcapi.ListenRequest, rep *ipcapi.ListenReply) linux.Errno {
	if k.phase != unconnected {
		return linux.EINVAL
	}
	if k.state != listening {
		k.uid = req.Cred.Uid
		if k.user == nil {
			if e := s.takePort(&k.inetSock, inetAddr{ip: k.local.ip, port: k.local.port}, k); e != 0 {
				return e
			}
		}
		for _, o := range s.portUsers(k.user.key) {
			if o.listens() && o.conflicts(k.user) {
				return linux.EADDRINUSE
			}
		}
		k.state, k.down, k.err = listening, 0, 0
	}
	k.backlog = backlog
	s.admit(k, &rep.Ready)
	return 0
}

// listener finds who listens at dst: the one with the most exact address, and
// of several (SO_REUSEPORT) one after the other.
func (s *IPC) listener(dst inetAddr) *tcpSock {
	var best []*tcpSock
	top := 0
	for _, u := range s.portUsers(portKey{linux.IPPROTO_TCP, dst.port}) {
		if !u.listens() || !u.covers(dst.ip) {
			continue
		}
		if n := u.score(dst.ip); n > top {
			best, top = best[:0], n
		} else if n < top {
			continue
		}
		best = append(best, u.owner.(*tcpSock))
	}
	if len(best) == 0 {
		return nil
	}
	s.turn++
	return best[s.turn%uint(len(best))]
}

// score says how exactly u names ip, which it covers.
func (u *portUser) score(ip netip.Addr) int {
	switch {
	case !u.ip.IsUnspecified():
		return 3
	case u.ip.Is4() == ip.Is4():
		return 2
	}
	return 1
}

// connect is inet_stream_connect. Over loopback the answer to a connection
// request is there at once; a socket that does not wait hears of it by
// EINPROGRESS and readiness all the same, as on Linux.
func (k *tcpSock) connect(s *IPC, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	if len(req.Address) < 2 {
		return linux.EINVAL
	}
	if binary.LittleEndian.Uint16(req.Address) == linux.AF_UNSPEC {
		k.disconnect(s, &rep.Ready)
		return 0
	}
	switch k.phase {
	case connected:
		return linux.EISCONN
	case connecting:
		return k.finishConnect(s, req, rep)
	}
	if k.state == listening {
		return linux.EISCONN
	}
	if e := k.request(s, req, &rep.Ready); e != 0 {
		return e
	}
	if req.Nonblock {
		return linux.EINPROGRESS
	}
	return k.finishConnect(s, req, rep)
}

// request asks for a connection; what comes of it shows in state and err.
func (k *tcpSock) request(s *IPC, req *ipcapi.ConnectRequest, ready *[]ipcapi.Ready) linux.Errno {
	to, e := k.parse(req.Address)
	if e != 0 {
		return e
	}
	dst, src, e := k.route(to.ip)
	if e != 0 {
		return e
	}
	to.ip = dst
	k.uid = req.Cred.Uid
	if k.user == nil {
		if e := s.connectPort(&k.inetSock, src, to, k); e != 0 {
			return e
		}
	} else if k.taken(s, src, to) {
		return linux.EADDRNOTAVAIL
	}
	k.local.ip, k.user.ip = src, src
	k.remote, k.connectedTo, k.phase = to, true, connecting
	k.down = 0
	l := s.listener(to)
	switch {
	case l == nil:
		k.fail(linux.ECONNREFUSED, ready)
	case len(l.queue) > l.backlog:
		k.asking = l
		l.askers = append(l.askers, k)
	default:
		s.establish(k, l, ready)
	}
	return 0
}

// taken reports whether another socket has the connection that k asks for.
func (k *tcpSock) taken(s *IPC, src netip.Addr, dst inetAddr) bool {
	for _, u := range s.portUsers(k.user.key) {
		if u.owner == nil || u.owner == portOwner(k) {
			continue
		}
		if o := u.owner.inet(); o.connectedTo && o.remote == dst && o.local.ip == src {
			return true
		}
	}
	return false
}

// fail ends a connection request.
func (k *tcpSock) fail(e linux.Errno, ready *[]ipcapi.Ready) {
	k.asking = nil
	k.state, k.down, k.err = closed, shutBoth, e
	k.connectedTo = false
	wake(k, ready)
}

// finishConnect tells how a connection request ended, or waits.
func (k *tcpSock) finishConnect(s *IPC, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	switch {
	case k.asking != nil && (req.Nonblock || k.opt.sndTimeoNs < 0):
		return linux.EALREADY
	case k.asking != nil:
		s.await(&k.sockBase, &rep.Wait, linux.POLLOUT, k.opt.sndTimeoNs)
		rep.Wait.DeadlineErrno = uint32(linux.EINPROGRESS)
		if k.opt.sndTimeoNs == 0 {
			rep.Wait.DeadlineNs, rep.Wait.DeadlineErrno = s.now()+tcpGiveUpNs, uint32(linux.ETIMEDOUT)
		}
		return linux.EWAIT
	case k.state == established:
		k.phase = connected
		return 0
	}
	e := k.takeErr()
	if e == 0 {
		e = linux.ECONNABORTED
	}
	k.phase, k.down = unconnected, 0
	k.local.ip = k.wildcard()
	if k.user != nil {
		k.user.ip = k.local.ip
	}
	return e
}

// establish joins k and a new socket in l's queue.
func (s *IPC) establish(k, l *tcpSock, ready *[]ipcapi.Ready) {
	c := newTCP(l.domain)
	c.opt, c.uid, c.options = l.opt, l.uid, l.options
	c.opt.peekOff = -1
	c.local, c.remote, c.connectedTo, c.v6only = k.remote, k.local, true, l.v6only
	c.user = c.newUser(c.local, c)
	s.addPort(c.user)
	c.peer, k.peer = k, c
	k.asking = nil
	for _, o := range []*tcpSock{c, k} {
		o.state = established
		if !o.opt.sndLocked {
			o.opt.sndbuf = tcpSndBufGrow
		}
	}
	c.phase = connected
	l.queue = append(l.queue, c)
	wake(k, ready)
	wake(l, ready)
}

// admit lets in those who wait for room in k's queue.
func (s *IPC) admit(k *tcpSock, ready *[]ipcapi.Ready) {
	for len(k.askers) > 0 && len(k.queue) <= k.backlog {
		asker := k.askers[0]
		k.askers = k.askers[1:]
		if asker.asking == k {
			s.establish(asker, k, ready)
		}
	}
}

// accept is inet_accept.
func (k *tcpSock) accept(s *IPC, _ *ipcapi.AcceptRequest, rep *ipcapi.AcceptReply) linux.Errno {
	if k.state != listening {
		return linux.EINVAL
	}
	if len(k.queue) == 0 {
		return s.await(&k.sockBase, &rep.Wait, linux.POLLIN, k.opt.rcvTimeoNs)
	}
	c := k.queue[0]
	k.queue = append(k.queue[:0], k.queue[1:]...)
	rep.Handle = s.open(c, s.newInode(&ipcapi.Cred{Uid: k.inode.uid, Gid: k.inode.gid}))
	rep.Address = c.format(rep.Address, c.remote)
	s.admit(k, &rep.Ready)
	return 0
}

// disconnect is tcp_disconnect: connect(2) to AF_UNSPEC, and shutdown of a
// listener. A port that bind(2) gave stays.
func (k *tcpSock) disconnect(s *IPC, ready *[]ipcapi.Ready) {
	switch {
	case k.state == listening:
		s.unlisten(k, ready)
	case k.peer != nil:
		k.reset(s, ready)
	}
	k.asking = nil
	k.phase, k.state, k.down, k.err = unconnected, closed, 0, 0
	k.connectedTo, k.finSent, k.finGot, k.first = false, false, false, false
	k.local.ip = k.wildcard()
	switch {
	case k.user != nil && k.portLocked:
		k.user.ip = k.local.ip
	default:
		// tcp_set_state: inet_put_port without SOCK_BINDPORT_LOCK.
		s.dropPort(k.user)
		k.user, k.local.port = nil, 0
	}
	k.data.Release(&s.pool)
	k.took, k.urgent = 0, urgent{}
	wake(k, ready)
}

// unlisten ends the connections that nobody has accepted, and refuses those
// that ask.
func (s *IPC) unlisten(k *tcpSock, ready *[]ipcapi.Ready) {
	for _, c := range k.queue {
		c.reset(s, ready)
		s.dropPort(c.user)
		c.user = nil
	}
	for _, asker := range k.askers {
		if asker.asking == k {
			asker.fail(linux.ECONNREFUSED, ready)
		}
	}
	k.queue, k.askers = nil, nil
	k.state = closed
}

// reset breaks k's connection, and the peer hears of it: tcp_reset.
func (k *tcpSock) reset(s *IPC, ready *[]ipcapi.Ready) {
	p := k.peer
	k.peer, k.state, k.down = nil, closed, shutBoth
	k.connectedTo = false
	if p == nil || p.peer != k {
		return
	}
	p.peer = nil
	if p.dead {
		return
	}
	e := linux.ECONNRESET
	if p.finGot {
		e = linux.EPIPE // tcp_reset in CLOSE_WAIT
	}
	p.state, p.down, p.err, p.connectedTo = closed, shutBoth, e, false
	wake(p, ready)
}

// fin ends k's direction in good order; when both have ended, so has the
// connection.
func (k *tcpSock) fin(s *IPC, ready *[]ipcapi.Ready) {
	p := k.peer
	if k.finSent || p == nil {
		return
	}
	k.finSent = true
	k.first = !p.finSent
	p.finGot = true
	p.down |= shutRcv
	if k.finGot {
		for _, o := range []*tcpSock{k, p} {
			o.state, o.down, o.connectedTo = closed, shutBoth, false
			if o.first {
				s.keepPort(&o.inetSock)
			}
		}
		k.peer, p.peer = nil, nil
	}
	if !p.dead {
		wake(p, ready)
	}
}

// shutdown is inet_shutdown. ENOTCONN comes after the directions are marked.
func (k *tcpSock) shutdown(s *IPC, how uint8, rep *ipcapi.ShutdownReply) linux.Errno {
	e := linux.Errno(0)
	switch {
	case k.state == listening:
		if how&shutRcv != 0 {
			k.disconnect(s, &rep.Ready)
		}
	case k.asking != nil:
		k.disconnect(s, &rep.Ready)
	case k.state == closed:
		e = linux.ENOTCONN
		k.down |= how
	default:
		k.down |= how
		if how&shutSend != 0 {
			k.fin(s, &rep.Ready)
		}
	}
	wake(k, &rep.Ready)
	return e
}

// close ends the connection in good order, or breaks it when data were not read
// or SO_LINGER has no time: tcp_close.
func (k *tcpSock) close(s *IPC, rep *ipcapi.CloseReply) {
	k.dead = true
	switch {
	case k.state == listening:
		s.unlisten(k, &rep.Ready)
	case k.asking != nil:
		k.asking = nil
	case k.peer != nil && (k.data.Len() > 0 || k.opt.lingerOn && k.opt.lingerSec == 0):
		k.reset(s, &rep.Ready)
	default:
		k.fin(s, &rep.Ready)
		if k.first && k.user != nil {
			s.keepPort(&k.inetSock)
		}
	}
	s.dropPort(k.user)
	k.user = nil
	k.data.Release(&s.pool)
}
