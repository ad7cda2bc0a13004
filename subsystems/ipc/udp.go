package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/internal/ring"
)

// The largest payloads of UDP over IPv4 and IPv6 in bytes.
const (
	udpMax4 = 65507
	udpMax6 = 65527
)

// udpMessage is a datagram in a receive queue; its bytes lie in the receiver's
// data.
type udpMessage struct {
	from, to inetAddr
	n        int
	trueSize int
	peeked   bool
	stampNs  int64
	packet   packet
}

// udpSock is a socket of UDP or UDP-Lite, which differ in what the checksum
// covers, and there is none on the loopback device. The state is established when it is connected.
type udpSock struct {
	inetSock
	msgs queue[udpMessage]
	data ring.Buffer
	rmem int
	// errors came back from where nobody listens, for MSG_ERRQUEUE.
	errors []returned
	// corked is a datagram that grows until UDP_CORK or MSG_MORE end it.
	corked   []byte
	corkedTo inetAddr
	corking  bool
}

func (k *udpSock) bind(s *IPC, req *ipcapi.BindRequest) linux.Errno { return k.bindTo(s, req, k) }

func (k *udpSock) listen(*IPC, int, *ipcapi.ListenRequest, *ipcapi.ListenReply) linux.Errno {
	return linux.EOPNOTSUPP
}

func (k *udpSock) accept(*IPC, *ipcapi.AcceptRequest, *ipcapi.AcceptReply) linux.Errno {
	return linux.EOPNOTSUPP
}

// connect is inet_dgram_connect: it sets where to send to and whom to receive
// from, or with AF_UNSPEC neither.
func (k *udpSock) connect(s *IPC, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	if len(req.Address) < 2 {
		return linux.EINVAL
	}
	if binary.LittleEndian.Uint16(req.Address) == linux.AF_UNSPEC {
		k.state, k.connectedTo, k.down, k.err = closed, false, 0, 0
		k.rebind()
		return 0
	}
	k.uid = req.Cred.Uid
	if e := k.autobind(s); e != 0 {
		return e // bound even if the address is none: inet_dgram_connect
	}
	to, e := k.peer(req.Address)
	if e != 0 {
		return e
	}
	dst, src, e := k.route(to.ip)
	if e != 0 {
		return e
	}
	k.local.ip = src
	k.remote, k.connectedTo, k.state = inetAddr{dst, to.port}, true, established
	return 0
}

// peer reads the address to connect to: IPv6 takes an IPv4 one too.
func (k *udpSock) peer(b []byte) (inetAddr, linux.Errno) {
	if k.domain == linux.AF_INET6 && binary.LittleEndian.Uint16(b) == linux.AF_INET {
		if k.v6only {
			return inetAddr{}, linux.EAFNOSUPPORT
		}
		v4 := inetSock{sockBase: sockBase{domain: linux.AF_INET}}
		return v4.parse(b)
	}
	return k.parse(b)
}

// autobind is inet_autobind.
func (k *udpSock) autobind(s *IPC) linux.Errno {
	if k.user != nil {
		return 0
	}
	if e := s.takePort(&k.inetSock, inetAddr{ip: k.local.ip}, k); e != 0 {
		return linux.EAGAIN // udp_lib_get_port found none
	}
	return 0
}

// rebind goes back to the address of bind(2).
func (k *udpSock) rebind() {
	k.local.ip = k.wildcard()
	if k.user != nil {
		k.local.ip = k.user.ip
	}
}

// shutdown is inet_shutdown. ENOTCONN comes after the directions are marked.
func (k *udpSock) shutdown(_ *IPC, how uint8, rep *ipcapi.ShutdownReply) linux.Errno {
	k.down |= how
	wake(k, &rep.Ready)
	if k.state == closed {
		return linux.ENOTCONN
	}
	return 0
}

func (k *udpSock) close(s *IPC, _ *ipcapi.CloseReply) {
	s.dropPort(k.user)
	k.user, k.errors, k.corked = nil, nil, nil
	k.data.Release(&s.pool)
}

// level is udp_poll and datagram_poll.
func (k *udpSock) level(uint32) uint32 {
	mask := uint32(linux.POLLOUT | linux.POLLWRNORM | linux.POLLWRBAND)
	if k.err != 0 || len(k.errors) > 0 {
		mask |= linux.POLLERR
		if k.opt.flags>>linux.SO_SELECT_ERR_QUEUE&1 != 0 {
			mask |= linux.POLLPRI
		}
	}
	if k.down&shutRcv != 0 {
		mask |= linux.POLLRDHUP | linux.POLLIN | linux.POLLRDNORM
	}
	if k.down == shutBoth {
		mask |= linux.POLLHUP
	}
	if k.msgs.n > 0 {
		mask |= linux.POLLIN | linux.POLLRDNORM
	}
	return mask
}

// ioctl is udp_ioctl: SIOCINQ tells the next datagram's length.
func (k *udpSock) ioctl(s *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	n := 0
	switch req.Command {
	case linux.SIOCOUTQ:
	case linux.SIOCINQ:
		if k.msgs.n > 0 {
			n = k.msgs.at(0).n
		}
	default:
		return s.deviceIoctl(req, rep)
	}
	rep.Out = appendInt(rep.Out, n)
	return 0
}

func (k *udpSock) read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	return s.sockRead(k, req, rep)
}

func (k *udpSock) write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	return s.sockWrite(k, req, rep)
}

// udpTrueSize is what a datagram of n bytes is charged, measured by filling a
// receive buffer.
func udpTrueSize(n int) int {
	const headers, small = 60, 576
	if n+headers+skbInfo <= small {
		return skbSize + small
	}
	size := 1024
	for size < n+headers+skbInfo {
		size <<= 1
	}
	return skbSize + size
}

// send is udp_sendmsg.
func (k *udpSock) send(s *IPC, m *sender) (uint32, linux.Errno) {
	if len(m.data) > 0xffff {
		return 0, linux.EMSGSIZE
	}
	if m.flags&linux.MSG_OOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	to := k.remote
	switch {
	case k.corking:
		to = k.corkedTo // whatever the caller says: udp_sendmsg with pending data
	case len(m.address) > 0:
		var e linux.Errno
		if to, e = k.destination(m.address); e != 0 {
			return 0, e
		}
		if to.port == 0 {
			return 0, linux.EINVAL
		}
	case !k.connectedTo:
		return 0, linux.EDESTADDRREQ
	}
	p := k.packetFor(to.ip)
	p.segment = int(k.intOption(linux.SOL_UDP, linux.UDP_SEGMENT))
	if len(m.control) > 0 {
		if e := k.sendControl(&p, m.control); e != 0 {
			return 0, e
		}
	}
	if e := k.autobind(s); e != 0 {
		return 0, e
	}
	dst, src, e := k.route(to.ip)
	if e != 0 {
		return 0, e
	}
	if p.src.IsValid() {
		if !k.isHere(p.src) || p.src.Is4() != dst.Is4() {
			return 0, linux.EINVAL
		}
		src = p.src
	}
	to.ip = dst
	if n := len(k.corked) + len(m.data); to.ip.Is4() && n > udpMax4 || n > udpMax6 {
		return 0, linux.EMSGSIZE
	}
	if e := k.takeErr(); e != 0 {
		return 0, e
	}
	if k.down&shutSend != 0 {
		return 0, linux.EPIPE
	}
	data := m.data
	if k.corking || m.flags&linux.MSG_MORE != 0 || k.intOption(linux.SOL_UDP, linux.UDP_CORK) != 0 {
		k.corked, k.corkedTo, k.corking = append(k.corked, data...), to, true
		if m.flags&linux.MSG_MORE != 0 || k.intOption(linux.SOL_UDP, linux.UDP_CORK) != 0 {
			return uint32(len(data)), 0
		}
		data = k.uncork()
	}
	k.emit(s, data, inetAddr{src, k.local.port}, to, p, m.ready)
	return uint32(len(m.data)), 0
}

// uncork takes the datagram that has grown.
func (k *udpSock) uncork() []byte {
	data := k.corked
	k.corked, k.corking = nil, false
	return data
}

// emit sends a datagram, or several of the size p.segment.
func (k *udpSock) emit(s *IPC, data []byte, from, to inetAddr, p packet, ready *[]ipcapi.Ready) {
	for p.segment > 0 && len(data) > p.segment {
		k.emitOne(s, data[:p.segment], from, to, p, ready)
		data = data[p.segment:]
	}
	k.emitOne(s, data, from, to, p, ready)
}

func (k *udpSock) emitOne(s *IPC, data []byte, from, to inetAddr, p packet, ready *[]ipcapi.Ready) {
	if to.ip.IsMulticast() {
		if to.ip.Is4() && k.intOption(linux.SOL_IP, linux.IP_MULTICAST_LOOP) == 0 {
			return
		}
		for _, o := range s.udpMembers(k.protocol, from, to) {
			o.take(s, data, from, to, p, ready)
		}
		return
	}
	if o := s.udpReceiver(k.protocol, from, to); o != nil {
		o.take(s, data, from, to, p, ready)
	} else {
		k.refuse(data, to, ready)
	}
}

// setOption sends what is corked when UDP_CORK ends.
func (k *udpSock) setOption(s *IPC, req *ipcapi.SetOptionRequest, rep *ipcapi.SetOptionReply) linux.Errno {
	e := k.inetSock.setOption(s, req, rep)
	if e == 0 && k.corking && k.intOption(linux.SOL_UDP, linux.UDP_CORK) == 0 {
		to := k.corkedTo
		if dst, src, e := k.route(to.ip); e == 0 {
			k.emit(s, k.uncork(), inetAddr{src, k.local.port}, inetAddr{dst, to.port}, k.packetFor(dst), &rep.Ready)
		}
	}
	return e
}

// destination reads the address of sendto. IPv4 takes AF_UNSPEC for AF_INET,
// and IPv6 passes an IPv4 address on.
func (k *udpSock) destination(b []byte) (inetAddr, linux.Errno) {
	if k.domain == linux.AF_INET && len(b) >= sizeIn && binary.LittleEndian.Uint16(b) == linux.AF_UNSPEC ||
		k.domain == linux.AF_INET6 && len(b) >= sizeIn && binary.LittleEndian.Uint16(b) == linux.AF_INET && !k.v6only {
		v4 := inetSock{sockBase: sockBase{domain: linux.AF_INET}}
		return v4.parse(append([]byte{linux.AF_INET, 0}, b[2:sizeIn]...))
	}
	if k.domain == linux.AF_INET6 && len(b) >= 2 && binary.LittleEndian.Uint16(b) == linux.AF_UNSPEC && k.connectedTo {
		return k.remote, 0
	}
	to, e := k.parse(b)
	if e == linux.EAFNOSUPPORT && k.domain == linux.AF_INET6 {
		e = linux.EINVAL
	}
	return to, e
}

// udpReceiver finds who hears a datagram: the best match of the destination,
// and of the source for those that are connected.
func (s *IPC) udpReceiver(protocol uint32, from, to inetAddr) *udpSock {
	var best *udpSock
	top, equal := 0, uint(0)
	for _, u := range s.portUsers(portKey{protocol, to.port}) {
		k, ok := u.owner.(*udpSock)
		if !ok || !u.covers(to.ip) {
			continue
		}
		score := u.score(to.ip)
		if k.connectedTo {
			if k.remote != from || k.local.ip != to.ip {
				continue
			}
			score += 4
		}
		switch {
		case score > top:
			best, top, equal = k, score, 1
		case score == top && u.reusePort:
			// One of a group: each in turn.
			if equal++; (s.turn+1)%equal == 0 {
				best = k
			}
		case score == top:
			best = k // the last one bound
		}
	}
	s.turn++
	return best
}

// take queues a datagram, or drops it when the buffer is full.
func (k *udpSock) take(s *IPC, data []byte, from, to inetAddr, p packet, ready *[]ipcapi.Ready) {
	size := udpTrueSize(len(data))
	if k.rmem+size > k.opt.rcvbuf {
		return
	}
	k.rmem += size
	m := k.msgs.push()
	*m = udpMessage{from: from, to: to, n: len(data), trueSize: size, packet: p}
	if k.opt.timestamp != 0 {
		m.stampNs = s.wall()
	}
	k.data.Append(&s.pool, data)
	if k.msgs.n == 1 || k.polled || k.awaited != 0 {
		wake(k, ready)
	}
}

// receive is udp_recvmsg.
func (k *udpSock) receive(s *IPC, r *receiver) linux.Errno {
	if r.flags&linux.MSG_ERRQUEUE != 0 {
		return k.receiveError(r)
	}
	if e := k.takeErr(); e != 0 {
		return e
	}
	if k.msgs.n == 0 {
		if k.down&shutRcv != 0 && !r.nonblock && r.flags&linux.MSG_DONTWAIT == 0 {
			return 0
		}
		return s.awaitReceive(&k.sockBase, r, linux.POLLIN)
	}
	m := k.msgs.at(0)
	n := min(m.n, r.count)
	*r.data = k.data.Peek(*r.data, 0, n)
	if r.rep != nil {
		r.rep.Full = uint32(m.n)
		if n < m.n {
			r.rep.Flags |= linux.MSG_TRUNC
		}
		r.rep.Address = k.format(r.rep.Address, m.from)
		if m.stampNs != 0 && k.opt.timestamp != 0 {
			r.rep.Control = appendStamp(r.rep.Control, k.opt.timestamp, m.stampNs)
		}
		r.rep.Control = k.appendPacketInfo(r.rep.Control, m.to, m.packet)
	}
	if !r.peek() {
		k.data.Discard(m.n)
		k.rmem -= m.trueSize
		k.msgs.pop()
	}
	return 0
}
