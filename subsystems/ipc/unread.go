package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Linux copies each page of a pipe and each message of a stream to the app
// before it takes it off the queue, so that one that faults stays. Here the copy
// comes after the call: what did not arrive is put back.

// unreader is a file that can put bytes back.
type unreader interface {
	unread(s *IPC, req *ipcapi.UnreadRequest, rep *ipcapi.UnreadReply) linux.Errno
}

// piece is what the last read of a stream socket took of one message: m.n
// bytes.
type piece struct {
	m message
	// rest: the message still heads the queue.
	rest bool
}

// Unread implements ipcapi.IPC. Errors: EBADF, EINVAL.
func (s *IPC) Unread(req *ipcapi.UnreadRequest, rep *ipcapi.UnreadReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.get(req.Handle)
	if f == nil {
		return linux.EBADF
	}
	k, ok := f.(unreader)
	if !ok || uint64(req.Arrived) > uint64(len(req.Data)) || len(req.Data) == 0 {
		return linux.EINVAL
	}
	return k.unread(s, req, rep)
}

// unread puts pages back. Should the pipe have filled meanwhile, it grows.
func (e *pipeEnd) unread(s *IPC, req *ipcapi.UnreadRequest, rep *ipcapi.UnreadReply) linux.Errno {
	p := e.p
	total, keep, first := 0, 0, -1
	for i, b := range p.taken {
		total += int(b.len)
		if total > int(req.Arrived) && first < 0 {
			keep, first = total-int(b.len), i
		}
	}
	if !e.read_ || e.pending || total != len(req.Data) {
		return linux.EINVAL
	}
	rep.Count = req.Arrived
	if first < 0 {
		return 0
	}
	back := p.taken[first:]
	for i := len(back) - 1; i >= 0; i-- {
		b := back[i]
		if i == len(back)-1 && p.takenRest {
			head := p.at(0)
			head.off, head.len = b.off, head.len+b.len
			continue
		}
		if p.full() {
			s.pipePages[p.uid] += len(p.slots)
			p.resize(2 * len(p.slots))
		}
		p.first = (p.first + len(p.slots) - 1) % len(p.slots)
		p.used++
		*p.at(0) = b
	}
	p.data.Prepend(&s.pool, req.Data[keep:])
	p.taken, p.takenRest = p.taken[:0], false
	rep.Count = uint32(keep)
	p.wakeReaders(&rep.Ready)
	return 0
}

// unread puts messages back.
func (k *unixSock) unread(s *IPC, req *ipcapi.UnreadRequest, rep *ipcapi.UnreadReply) linux.Errno {
	total, keep, first := 0, 0, -1
	for i := range k.taken {
		n := k.taken[i].m.n
		total += n
		if total > int(req.Arrived) && first < 0 {
			keep, first = total-n, i
		}
	}
	if total != len(req.Data) || k.typ != linux.SOCK_STREAM {
		return linux.EINVAL
	}
	rep.Count = req.Arrived
	if first < 0 {
		rep.Tokens = append(rep.Tokens, req.Tokens...)
		return 0
	}
	back := k.taken[first:]
	for i := len(back) - 1; i >= 0; i-- {
		b := &back[i]
		if b.rest {
			k.msgs.at(0).n += b.m.n
		} else {
			*k.msgs.pushFront() = b.m
			b.m.from.wmem += b.m.trueSize
		}
		if i == len(back)-1 && len(req.Tokens) > 0 {
			// Only the last message of a read can have had descriptors.
			k.msgs.at(0).tokens = append([]uint64(nil), req.Tokens...)
		}
	}
	k.data.Prepend(&s.pool, req.Data[keep:])
	k.forgetTaken()
	rep.Count = uint32(keep)
	wake(k, &rep.Ready)
	return 0
}

// forgetTaken empties the note of the last read.
func (k *unixSock) forgetTaken() {
	clear(k.taken)
	k.taken = k.taken[:0]
}

// unread puts bytes back. Segments keep no borders here; those of a full size
// are taken for what they were.
func (k *tcpSock) unread(s *IPC, req *ipcapi.UnreadRequest, rep *ipcapi.UnreadReply) linux.Errno {
	if k.took != len(req.Data) {
		return linux.EINVAL
	}
	keep := int(req.Arrived)
	if keep < len(req.Data) {
		keep -= keep % loopbackMSS
		k.data.Prepend(&s.pool, req.Data[keep:])
		k.copied -= uint64(len(req.Data) - keep)
		wake(k, &rep.Ready)
	}
	k.took = 0
	rep.Count = uint32(keep)
	return 0
}
