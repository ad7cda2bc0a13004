package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// level is tcp_poll.
func (k *tcpSock) level(uint32) uint32 {
	if k.state == listening {
		if len(k.queue) > 0 {
			return linux.POLLIN | linux.POLLRDNORM
		}
		return 0
	}
	mask := uint32(0)
	if k.err != 0 {
		mask |= linux.POLLERR
	}
	if k.asking != nil {
		return mask
	}
	if k.down == shutBoth || k.state == closed {
		mask |= linux.POLLHUP
	}
	if k.down&shutRcv != 0 {
		mask |= linux.POLLIN | linux.POLLRDNORM | linux.POLLRDHUP
	}
	target := k.opt.rcvLowat
	if k.atMark() && !k.inline() {
		target++
	}
	if k.data.Len() >= target {
		mask |= linux.POLLIN | linux.POLLRDNORM
	}
	if k.urgent.state == urgentThere {
		mask |= linux.POLLPRI
	}
	if k.down&shutSend != 0 || k.writable() {
		mask |= linux.POLLOUT | linux.POLLWRNORM
	}
	return mask
}

// room is what may be sent and not yet read: the sender's buffer and the window
// that the receiver's gives.
func (k *tcpSock) room() (limit, used int) {
	if k.peer == nil {
		return k.opt.sndbuf, 0
	}
	return k.opt.sndbuf + k.peer.opt.rcvbuf/2, k.peer.data.Len()
}

// writable is sk_stream_is_writeable: at least a third is free.
func (k *tcpSock) writable() bool {
	limit, used := k.room()
	return limit-used >= used/2 && used < limit
}

func (k *tcpSock) read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	return s.sockRead(k, req, rep)
}

func (k *tcpSock) write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	return s.sockWrite(k, req, rep)
}

// send is tcp_sendmsg. An address is ignored.
func (k *tcpSock) send(s *IPC, m *sender) (uint32, linux.Errno) {
	if len(m.control) > 0 {
		if e := k.sendControl(new(packet), m.control); e != 0 {
			return 0, e
		}
	}
	if m.flags&linux.MSG_FASTOPEN != 0 {
		if e := k.fastOpen(s, m); e != 0 {
			return 0, e
		}
	}
	if k.asking != nil {
		return 0, s.awaitSend(&k.sockBase, m, linux.POLLOUT)
	}
	if e := k.takeErr(); e != 0 {
		return 0, e
	}
	if k.state != established || k.down&shutSend != 0 {
		return 0, linux.EPIPE
	}
	if len(m.data) == 0 {
		return 0, 0
	}
	p := k.peer
	if p.dead {
		// The peer is gone: what is sent now brings a reset.
		k.reset(s, m.ready)
		k.err = linux.ECONNRESET
		if k.finGot {
			k.err = linux.EPIPE
		}
		wake(k, m.ready)
		return uint32(len(m.data)), 0
	}
	limit, used := k.room()
	n := min(len(m.data), max(0, limit-used))
	if n == 0 {
		return 0, s.awaitSend(&k.sockBase, m, linux.POLLOUT)
	}
	urgent := m.flags&linux.MSG_OOB != 0
	if urgent {
		p.mark(m.data[:n])
	}
	p.data.Append(&s.pool, m.data[:n])
	if used < p.opt.rcvLowat || p.polled || urgent {
		wake(p, m.ready)
	}
	return uint32(n), 0
}

// fastOpen is tcp_sendmsg_fastopen: the send connects first. The data go with
// the request only when the peer has given a cookie before, so here they follow.
func (k *tcpSock) fastOpen(s *IPC, m *sender) linux.Errno {
	if k.asking != nil {
		return 0
	}
	var rep ipcapi.ConnectReply
	e := k.connect(s, &ipcapi.ConnectRequest{Address: m.address, Cred: *m.cred, Nonblock: true}, &rep)
	*m.ready = append(*m.ready, rep.Ready...)
	if e == linux.EINPROGRESS && k.asking == nil {
		e = k.finishConnect(s, &ipcapi.ConnectRequest{}, &rep)
	} else if e == linux.EINPROGRESS && !m.nonblock && m.flags&linux.MSG_DONTWAIT == 0 {
		return 0
	}
	return e
}

// receive is tcp_recvmsg.
func (k *tcpSock) receive(s *IPC, r *receiver) linux.Errno {
	if k.state == listening {
		return linux.ENOTCONN
	}
	if r.flags&linux.MSG_OOB != 0 {
		return k.receiveUrgent(r)
	}
	if r.flags&linux.MSG_ERRQUEUE != 0 {
		return linux.EAGAIN // no errors are queued over loopback
	}
	target := max(1, min(r.count, k.opt.rcvLowat))
	if r.flags&linux.MSG_WAITALL != 0 {
		target = max(1, r.count)
	}
	ahead, skip := k.inOrder()
	n := min(r.count, ahead)
	if skip > 0 && n == 0 && r.count > 0 && !r.peek() {
		k.consume(skip) // alone: it goes, and there is nothing
		skip = 0
	}
	// A read ends before the mark.
	if n < target && (r.count > 0 || ahead == 0) && (n == 0 || ahead+skip == k.data.Len()) {
		e, done := k.endOfData(n)
		if !done && (n == 0 || !r.peek()) {
			e = s.awaitReceive(&k.sockBase, r, linux.POLLIN)
		}
		if n == 0 {
			return e
		}
	}
	if r.flags&linux.MSG_TRUNC == 0 {
		*r.data = k.data.Peek(*r.data, skip, n)
	}
	if r.rep != nil {
		r.rep.Full = uint32(n)
	}
	if n > 0 && !r.peek() {
		blocked := k.peer != nil && !k.peer.writable()
		k.consume(skip + n)
		k.took = n
		if blocked && k.peer.writable() {
			wake(k.peer, r.ready)
		}
	}
	return 0
}

// endOfData says what a receive that found too little answers, unless it may
// wait for more: the order of tcp_recvmsg_locked.
func (k *tcpSock) endOfData(have int) (e linux.Errno, done bool) {
	switch {
	case have > 0:
		return 0, k.err != 0 || k.state == closed || k.down&shutRcv != 0
	case k.finGot:
		return 0, true
	case k.err != 0:
		return k.takeErr(), true
	case k.down&shutRcv != 0:
		return 0, true
	case k.state == closed && k.asking == nil:
		return linux.ENOTCONN, true
	}
	return 0, false
}
