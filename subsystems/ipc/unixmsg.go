package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// unixCred is what SCM_CREDENTIALS carries.
type unixCred struct {
	pid      int32
	uid, gid uint32
}

// noCred is shown for a message that was sent without credentials.
var noCred = unixCred{0, 65534, 65534}

// message is one sk_buff: the unit that buffers are charged by and that
// descriptors and credentials hang on. Its bytes lie in the receiver's data.
type message struct {
	from     *unixSock
	n        int // bytes not consumed
	trueSize int
	cred     unixCred
	hasCred  bool
	peeked   bool
	stampNs  int64
	tokens   []uint64
	urgent   urgentState
}

// The sizes that the kernel charges: an sk_buff, the shared info at the end of
// its head, the largest head in a page and the largest head at all.
const (
	skbSize      = 256
	skbInfo      = 320
	skbMinHead   = 512
	skbPageHead  = pageSize - skbInfo
	skbMaxHead   = 4*pageSize - skbInfo
	skbMaxFrags  = 17 * pageSize
	streamFrags  = 32768
	streamChunk  = skbPageHead + streamFrags
	dgramReserve = 32
)

func pageAlign(n int) int { return (n + pageSize - 1) &^ (pageSize - 1) }

// trueSize is what an sk_buff with so many bytes in its head and in pages is
// charged, measured with SIOCOUTQ.
func trueSize(head, paged int) int {
	size := skbMinHead
	for size < head+skbInfo {
		size <<= 1
	}
	return skbSize + size + pageAlign(paged)
}

// streamTrueSize and dgramTrueSize split n bytes as unix_stream_sendmsg and
// unix_dgram_sendmsg do.
func streamTrueSize(n int) int {
	paged := min(n, pageAlign(max(0, n-skbPageHead)))
	return trueSize(n-paged, paged)
}

func dgramTrueSize(n int) int {
	paged := 0
	if n > skbMaxHead {
		paged = pageAlign(min(n-skbMaxHead, skbMaxFrags))
	}
	return trueSize(n-paged, paged)
}

// sender is one send on its way. All but data and cred may be zero.
type sender struct {
	data     []byte
	flags    uint32
	address  []byte
	node     uint64
	tokens   []uint64
	control  []byte
	cred     *ipcapi.Cred
	nonblock bool
	wait     *ipcapi.Wait
	ready    *[]ipcapi.Ready
	dropped  *[]uint64

	scm    unixCred
	hasScm bool
}

// send is unix_stream_sendmsg, unix_dgram_sendmsg or unix_seqpacket_sendmsg.
func (k *unixSock) send(s *IPC, m *sender) (uint32, linux.Errno) {
	if k.typ == linux.SOCK_SEQPACKET {
		if e := k.takeErr(); e != 0 {
			return 0, e
		}
		if k.state != established {
			return 0, linux.ENOTCONN
		}
		m.address = nil
	}
	if len(m.control) > 0 {
		if e := m.parseControl(); e != 0 {
			return 0, e
		}
	}
	if m.flags&linux.MSG_OOB != 0 && (k.typ != linux.SOCK_STREAM || len(m.data) == 0) {
		return 0, linux.EOPNOTSUPP
	}
	if k.typ == linux.SOCK_STREAM {
		return s.sendStream(k, m)
	}
	return s.sendDgram(k, m)
}

// sendStream puts in what fits: at least one sk_buff while the buffer is not
// used up, however large.
func (s *IPC) sendStream(k *unixSock, m *sender) (uint32, linux.Errno) {
	if len(m.address) > 0 {
		if k.state == established {
			return 0, linux.EISCONN
		}
		return 0, linux.EOPNOTSUPP
	}
	other := k.peer
	if other == nil {
		return 0, linux.ENOTCONN
	}
	if k.down&shutSend != 0 {
		return 0, linux.EPIPE
	}
	sent, e := 0, linux.Errno(0)
	urgent := m.flags&linux.MSG_OOB != 0
	for sent < len(m.data) {
		if e = k.takeErr(); e != 0 {
			break
		}
		if k.wmem >= k.opt.sndbuf {
			e = s.awaitSend(&k.sockBase, m, linux.POLLOUT)
			break
		}
		if other.dead || other.down&shutRcv != 0 {
			e = linux.EPIPE
			break
		}
		n := min(len(m.data)-sent, k.opt.sndbuf/2-64, streamChunk)
		last := urgent && sent == len(m.data)-1
		if urgent && !last {
			n = min(n, len(m.data)-1-sent) // the last byte goes alone
		}
		s.enqueue(k, other, m, m.data[sent:sent+n], streamTrueSize(n), m.ready)
		m.tokens = nil // they go with the first bytes
		sent += n
		if last {
			other.markUrgent(m.ready)
		}
	}
	if sent > 0 {
		*m.wait = ipcapi.Wait{}
		return uint32(sent), 0
	}
	if e == 0 && m.dropped != nil {
		*m.dropped = append(*m.dropped, m.tokens...) // no bytes, nothing to go with
	}
	return 0, e
}

// enqueue gives other a message of k.
func (s *IPC) enqueue(k, other *unixSock, m *sender, data []byte, size int, ready *[]ipcapi.Ready) {
	v := other.msgs.push()
	*v = message{from: k, n: len(data), trueSize: size, cred: m.scm, hasCred: m.hasScm}
	if len(m.tokens) > 0 {
		v.tokens = append([]uint64(nil), m.tokens...)
	}
	// maybe_add_creds: when either side asked for them, or nobody could yet.
	if !v.hasCred && (k.opt.asksCred() || other.opt.asksCred() || other.handle == 0) {
		v.cred, v.hasCred = unixCred{m.cred.Pid, m.cred.Uid, m.cred.Gid}, true
	}
	if other.opt.timestamp != 0 {
		v.stampNs = s.wall()
	}
	other.data.Append(&s.pool, data)
	k.wmem += size
	if other.msgs.n == 1 || other.polled || other.awaited != 0 {
		wake(other, ready)
	}
}

// dequeue drops the first message, whose bytes are consumed or not, and gives
// its sender the room back.
func (k *unixSock) dequeue(ready *[]ipcapi.Ready) {
	m := k.msgs.at(0)
	k.data.Discard(m.n)
	from, size := m.from, m.trueSize
	k.msgs.pop()
	could := from.writable()
	from.wmem -= size
	if !from.dead && from.writable() && (!could || from.polled) {
		wake(from, ready)
	}
}

// sendDgram sends all or nothing, in the order of unix_dgram_sendmsg.
func (s *IPC) sendDgram(k *unixSock, m *sender) (uint32, linux.Errno) {
	var other *unixSock
	if len(m.address) > 0 {
		if e := validUnix(m.address); e != 0 {
			return 0, e
		}
	} else if other = k.peer; other == nil {
		return 0, linux.ENOTCONN
	}
	if k.opt.asksCred() && k.addr == nil {
		if e := s.autobind(k); e != 0 {
			return 0, e
		}
	}
	if len(m.data) > k.opt.sndbuf-dgramReserve {
		return 0, linux.EMSGSIZE
	}
	if e := k.takeErr(); e != 0 {
		return 0, e
	}
	if k.down&shutSend != 0 {
		return 0, linux.EPIPE
	}
	if k.wmem >= k.opt.sndbuf {
		return 0, s.awaitSend(&k.sockBase, m, linux.POLLOUT)
	}
	if other == nil {
		var e linux.Errno
		if other, e = s.findUnix(m.address, m.node, k.typ); e != 0 {
			return 0, e
		}
	}
	if other.peer != nil && other.peer != k {
		return 0, linux.EPERM
	}
	if other.dead {
		return 0, s.lostPeer(k, m)
	}
	if other.down&shutRcv != 0 {
		return 0, linux.EPIPE
	}
	if other != k && other.peer != k && other.full() {
		other.addWaiter(k)
		k.blockedOn = other
		return 0, s.awaitSend(&k.sockBase, m, eventPeerRoom)
	}
	s.enqueue(k, other, m, m.data, dgramTrueSize(len(m.data)), m.ready)
	return uint32(len(m.data)), 0
}

// lostPeer answers a send to a peer that was closed: the association ends.
func (s *IPC) lostPeer(k *unixSock, m *sender) linux.Errno {
	if k.typ == linux.SOCK_SEQPACKET {
		return linux.EPIPE
	}
	k.peer, k.state = nil, closed
	wake(k, m.ready)
	if k.msgs.n > 0 {
		k.purge(&s.pool, m.ready, m.dropped)
		k.wakeWaiters(m.ready)
	}
	return linux.ECONNREFUSED
}
