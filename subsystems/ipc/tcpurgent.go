package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// urgent is the urgent byte of a TCP connection on its receiver's side. It
// stays in the stream; only who reads in order passes over it.
type urgent struct {
	state urgentState
	at    uint64 // its place in the stream
	b     byte
}

type urgentState uint8

const (
	noUrgent urgentState = iota
	urgentThere
	urgentRead // the mark is still ahead
)

func (k *tcpSock) inline() bool { return k.opt.flags>>linux.SO_OOBINLINE&1 != 0 }

// atMark reports whether the urgent byte is the next of the stream.
func (k *tcpSock) atMark() bool { return k.urgent.state != noUrgent && k.urgent.at == k.copied }

// mark notes that the last of data, which is about to be queued, is urgent:
// tcp_check_urg. An older one that was not read becomes part of the stream.
func (k *tcpSock) mark(data []byte) {
	if k.atMark() && !k.inline() && k.data.Len() > 0 {
		k.consume(1)
	}
	n := len(data)
	k.urgent = urgent{urgentThere, k.copied + uint64(k.data.Len()+n) - 1, data[n-1]}
}

// inOrder says how many bytes lie ahead for a read in order, up to the urgent
// one, and whether that one is to be passed over before them.
func (k *tcpSock) inOrder() (n, skip int) {
	n = k.data.Len()
	if k.urgent.state == noUrgent {
		return n, 0
	}
	switch off := int(k.urgent.at - k.copied); {
	case off > 0:
		return min(n, off), 0
	case k.inline() || n == 0:
		return n, 0
	}
	return n - 1, 1
}

// consume takes n bytes off the stream.
func (k *tcpSock) consume(n int) {
	k.data.Discard(n)
	k.copied += uint64(n)
	if k.copied > k.urgent.at {
		k.urgent.state = noUrgent
	}
}

// receiveUrgent is tcp_recv_urg.
func (k *tcpSock) receiveUrgent(r *receiver) linux.Errno {
	if k.inline() || k.urgent.state != urgentThere {
		return linux.EINVAL
	}
	if k.state == closed && k.asking == nil && !k.finGot {
		return linux.ENOTCONN
	}
	if !r.peek() {
		k.urgent.state = urgentRead
	}
	if r.rep == nil {
		return 0
	}
	r.rep.Flags |= linux.MSG_OOB
	if r.count == 0 {
		r.rep.Flags |= linux.MSG_TRUNC
		return 0
	}
	if r.flags&linux.MSG_TRUNC == 0 {
		*r.data = append(*r.data, k.urgent.b)
	}
	r.rep.Full = 1
	return 0
}

// ioctl is tcp_ioctl.
func (k *tcpSock) ioctl(s *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	n := 0
	switch req.Command {
	case linux.SIOCINQ:
		if n = k.data.Len(); k.urgent.state != noUrgent && !k.inline() {
			n = int(k.urgent.at - k.copied)
		}
	case linux.SIOCATMARK:
		n = boolInt(k.atMark())
	case linux.SIOCOUTQ:
		// What is past the receiver's window is not acknowledged.
		if limit, used := k.room(); k.peer != nil {
			n = max(0, used-(limit-k.opt.sndbuf))
		}
	default:
		return s.deviceIoctl(req, rep)
	}
	if k.state == listening {
		return linux.EINVAL
	}
	rep.Out = appendInt(rep.Out, n)
	return 0
}
