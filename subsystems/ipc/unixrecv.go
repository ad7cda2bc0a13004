package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// receiver is one receive on its way.
type receiver struct {
	count    int
	flags    uint32
	nonblock bool
	data     *[]byte
	wait     *ipcapi.Wait
	ready    *[]ipcapi.Ready
	tokens   *[]uint64
	// rep gets what a plain read does not show; nil for that.
	rep *ipcapi.ReceiveReply
}

func (r *receiver) peek() bool { return r.flags&linux.MSG_PEEK != 0 }

// receive is unix_stream_recvmsg, unix_dgram_recvmsg or
// unix_seqpacket_recvmsg.
func (k *unixSock) receive(s *IPC, r *receiver) linux.Errno {
	if k.typ == linux.SOCK_STREAM {
		return s.receiveStream(k, r)
	}
	if k.typ == linux.SOCK_SEQPACKET && k.state != established {
		return linux.ENOTCONN
	}
	return s.receiveDgram(k, r)
}

// receiveStream is unix_stream_read_generic. Messages are glued until one with
// descriptors has been read, or until the writer's credentials change. When the
// caller wants more than there is (MSG_WAITALL, SO_RCVLOWAT), it gets what
// there is together with a wait.
func (s *IPC) receiveStream(k *unixSock, r *receiver) linux.Errno {
	if k.state != established {
		return linux.EINVAL
	}
	if r.flags&linux.MSG_OOB != 0 {
		return k.receiveUrgent(r)
	}
	target := max(1, min(r.count, k.opt.rcvLowat))
	if r.flags&linux.MSG_WAITALL != 0 {
		target = max(1, r.count)
	}
	skip := 0
	if r.peek() && k.opt.peekOff >= 0 {
		skip = k.opt.peekOff
	}
	var cred unixCred
	have, named, copied := false, false, 0
	if !r.peek() {
		k.forgetTaken()
	}
	base := 0 // where the bytes of message i begin
	for i := 0; ; {
		for i < k.msgs.n && skip >= k.msgs.at(i).n {
			skip -= k.msgs.at(i).n
			base += k.msgs.at(i).n
			i++
		}
		if i >= k.msgs.n {
			if r.peek() && copied > 0 || copied >= target {
				break
			}
			if e := k.takeErr(); e != 0 {
				if copied == 0 {
					return e
				}
				break
			}
			if k.down&shutRcv != 0 {
				break
			}
			events := uint32(linux.POLLIN)
			if k.msgs.n > 0 {
				events = eventPastPeek
			}
			if e := s.awaitReceive(&k.sockBase, r, events); copied == 0 {
				return e
			}
			break
		}
		m := k.msgs.at(i)
		if m.urgent != noUrgent {
			stop, again := k.passUrgent(r, m, copied, func() { base += m.n; i++ })
			if stop {
				break
			}
			if again {
				continue
			}
		}
		if have && m.shownCred() != cred {
			break // never glue messages from different writers
		}
		if k.opt.asksCred() {
			cred, have = m.shownCred(), true
		}
		if !named {
			r.name(m)
			named = true
		}
		n := min(m.n-skip, r.count-copied)
		*r.data = k.data.Peek(*r.data, base+skip, n)
		copied += n
		rights := len(m.tokens) > 0
		*r.tokens = append(*r.tokens, m.tokens...)
		if r.peek() {
			if k.opt.peekOff >= 0 {
				k.opt.peekOff += n
			}
			if rights || copied >= r.count {
				break
			}
			base += m.n
			skip = 0
			i++
			continue
		}
		m.tokens = nil
		k.data.Discard(n)
		k.taken = append(k.taken, piece{*m, n < m.n})
		k.taken[len(k.taken)-1].m.n = n
		m.n -= n
		k.peekBack(n)
		if m.n > 0 {
			break
		}
		k.dequeue(r.ready)
		if rights || copied >= r.count {
			break
		}
	}
	r.finish(k, cred, have, copied)
	return 0
}

// peekBack is sk_peek_offset_bwd.
func (k *unixSock) peekBack(n int) {
	if k.opt.peekOff >= 0 {
		k.opt.peekOff = max(0, k.opt.peekOff-n)
	}
}

func (m *message) shownCred() unixCred {
	if m.hasCred {
		return m.cred
	}
	return noCred
}

func (r *receiver) name(m *message) {
	if r.rep != nil && m.from.addr != nil {
		r.rep.Address = append(r.rep.Address, m.from.addr.name...)
	}
}

// finish fills in what a plain read does not show.
func (r *receiver) finish(k *unixSock, cred unixCred, have bool, full int) {
	if r.rep == nil {
		return
	}
	r.rep.Full = uint32(full)
	if !have {
		cred = unixCred{} // nothing was read: the kernel shows zeroes
	}
	if k.opt.passCred {
		r.rep.Control = appendCred(r.rep.Control, cred)
	}
	if k.opt.passPidfd && cred.pid != 0 {
		// The core makes a pidfd of the number.
		r.rep.Control = append(appendInt(appendCmsg(r.rep.Control, linux.SCM_PIDFD, 4), int(cred.pid)), 0, 0, 0, 0)
	}
}

// receiveDgram is __unix_dgram_recvmsg.
func (s *IPC) receiveDgram(k *unixSock, r *receiver) linux.Errno {
	if r.flags&linux.MSG_OOB != 0 {
		return linux.EOPNOTSUPP
	}
	if e := k.takeErr(); e != 0 {
		return e
	}
	i, base, skip := 0, 0, 0
	if r.peek() && k.opt.peekOff >= 0 {
		skip = k.opt.peekOff
		for i < k.msgs.n && skip >= k.msgs.at(i).n && (skip > 0 || k.msgs.at(i).peeked) {
			skip -= k.msgs.at(i).n
			base += k.msgs.at(i).n
			i++
		}
	}
	if i >= k.msgs.n {
		if k.down&shutRcv != 0 && (k.typ == linux.SOCK_SEQPACKET || !r.nonblock && r.flags&linux.MSG_DONTWAIT == 0) {
			return 0
		}
		events := uint32(linux.POLLIN)
		if k.msgs.n > 0 {
			events = eventPastPeek
		}
		return s.awaitReceive(&k.sockBase, r, events)
	}
	m := k.msgs.at(i)
	r.name(m)
	n := min(m.n-skip, r.count)
	if r.rep != nil {
		if n < m.n-skip {
			r.rep.Flags |= linux.MSG_TRUNC
		}
		if m.stampNs != 0 && k.opt.timestamp != 0 {
			r.rep.Control = appendStamp(r.rep.Control, k.opt.timestamp, m.stampNs)
		}
	}
	full := m.n - skip
	*r.data = k.data.Peek(*r.data, base+skip, n)
	*r.tokens = append(*r.tokens, m.tokens...)
	cred := m.shownCred()
	if r.peek() {
		m.peeked = m.peeked || m.n == 0
		if k.opt.peekOff >= 0 {
			k.opt.peekOff += n
		}
		k.wakeWaiters(r.ready)
	} else {
		m.tokens = nil
		k.peekBack(m.n)
		k.dequeue(r.ready)
		k.wakeWaiters(r.ready)
	}
	r.finish(k, cred, true, full)
	return 0
}
