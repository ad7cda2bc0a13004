package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/internal/ring"
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

// unixSock is an AF_UNIX socket.
type unixSock struct {
	sockBase
	dead bool
	peer *unixSock
	addr *unixAddr
	cred peerCred

	// The receive queue. Bytes of all messages lie in data, in order.
	msgs queue[message]
	data ring.Buffer
	// wmem is what this socket's own messages occupy in the queues of others.
	wmem int
	// hasUrgent: one of the messages is an urgent byte that was not read.
	hasUrgent bool
	// taken is what the last read took, for Unread.
	taken []piece

	backlog int
	queue   []*unixSock // connections that wait for accept

	// blockedOn is the socket without room that refused this one last, waiters
	// the sockets that wait for room at this one.
	blockedOn *unixSock
	waiters   []*unixSock
}

// newUnixKind checks the kind of a new AF_UNIX socket: unix_create.
func newUnixKind(typ, protocol uint32) (socket, linux.Errno) {
	if protocol != 0 && protocol != linux.AF_UNIX {
		return nil, linux.EPROTONOSUPPORT
	}
	switch typ {
	case linux.SOCK_RAW:
		typ = linux.SOCK_DGRAM // BSD has it
	case linux.SOCK_STREAM, linux.SOCK_DGRAM, linux.SOCK_SEQPACKET:
	default:
		return nil, linux.ESOCKTNOSUPPORT
	}
	return newUnix(typ), 0
}

func newUnix(typ uint32) *unixSock {
	return &unixSock{
		sockBase: sockBase{domain: linux.AF_UNIX, typ: typ, opt: newOptions()},
		backlog:  dgramBacklog,
	}
}

// connected reports whether the type has connections.
func (k *unixSock) connected() bool { return k.typ != linux.SOCK_DGRAM }

// writable is unix_writable: at most a quarter of the buffer is in use.
func (k *unixSock) writable() bool { return k.state != listening && k.wmem*4 <= k.opt.sndbuf }

// full is unix_recvq_full.
func (k *unixSock) full() bool {
	if k.state == listening {
		return len(k.queue) > k.backlog
	}
	return k.msgs.n > k.backlog
}

// level is unix_poll and unix_dgram_poll of net/unix/af_unix.c.
func (k *unixSock) level(events uint32) uint32 {
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
	if k.hasUrgent {
		mask |= linux.POLLPRI
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
func (k *unixSock) peerBlocks() bool {
	p := k.peer
	return p != nil && p.peer != k && p.full() && !p.dead
}

// ioctl is unix_ioctl. SIOCINQ of a datagram socket is the next message's
// length; SIOCOUTQ counts what Linux calls true sizes.
func (k *unixSock) ioctl(s *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
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
	case linux.SIOCATMARK:
		if k.typ != linux.SOCK_STREAM {
			return s.deviceIoctl(req, rep)
		}
		rep.Out = appendInt(rep.Out, boolInt(k.atMark()))
	default:
		return s.deviceIoctl(req, rep)
	}
	return 0
}

func (k *unixSock) read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	return s.sockRead(k, req, rep)
}

func (k *unixSock) write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	return s.sockWrite(k, req, rep)
}

// shutdown is unix_shutdown.
func (k *unixSock) shutdown(_ *IPC, how uint8, rep *ipcapi.ShutdownReply) linux.Errno {
	k.down |= how
	wake(k, &rep.Ready)
	if p := k.peer; p != nil && k.connected() {
		p.down |= how>>1 | how<<1&shutSend
		wake(p, &rep.Ready)
	}
	return 0
}

// close is unix_release_sock.
func (k *unixSock) close(s *IPC, rep *ipcapi.CloseReply) { s.releaseSock(k, false, rep) }

func (s *IPC) releaseSock(k *unixSock, unaccepted bool, rep *ipcapi.CloseReply) {
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
func (k *unixSock) purge(pool *ring.Pool, ready *[]ipcapi.Ready, tokens *[]uint64) {
	for k.msgs.n > 0 {
		m := k.msgs.at(0)
		*tokens = append(*tokens, m.tokens...)
		k.dequeue(ready)
	}
	k.data.Release(pool)
	k.hasUrgent = false
	k.forgetTaken()
}

// addWaiter notes that w waits for room at k.
func (k *unixSock) addWaiter(w *unixSock) {
	live := k.waiters[:0]
	for _, o := range k.waiters {
		if !o.dead && o != w {
			live = append(live, o)
		}
	}
	k.waiters = append(live, w)
}

// wakeWaiters tells all who wait for room at k to try again.
func (k *unixSock) wakeWaiters(ready *[]ipcapi.Ready) {
	waiting := k.waiters
	k.waiters = nil
	for _, w := range waiting {
		w.blockedOn = nil
		wake(w, ready)
	}
}
