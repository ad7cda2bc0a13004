package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// listen is unix_listen.
func (k *unixSock) listen(_ *IPC, backlog int, req *ipcapi.ListenRequest, rep *ipcapi.ListenReply) linux.Errno {
	if !k.connected() {
		return linux.EOPNOTSUPP
	}
	if k.addr == nil || k.state == established {
		return linux.EINVAL
	}
	more := backlog > k.backlog
	k.backlog, k.state = backlog, listening
	k.cred = credOf(&req.Cred)
	if more {
		k.wakeWaiters(&rep.Ready)
	}
	return 0
}

func (k *unixSock) connect(s *IPC, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	if !k.connected() {
		return s.connectDgram(k, req, rep)
	}
	return s.connectStream(k, req, rep)
}

// connectStream is unix_stream_connect.
func (s *IPC) connectStream(k *unixSock, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	if e := validUnix(req.Address); e != 0 {
		return e
	}
	if k.opt.passCred && k.addr == nil {
		if e := s.autobind(k); e != 0 {
			return e
		}
	}
	other, e := s.findUnix(req.Address, req.Node, k.typ)
	if e != 0 {
		return e
	}
	if other.state != listening || other.down&shutRcv != 0 {
		return linux.ECONNREFUSED
	}
	if other.full() {
		if req.Nonblock || k.opt.sndTimeoNs < 0 {
			return linux.EAGAIN
		}
		other.addWaiter(k)
		k.blockedOn = other
		return s.await(&k.sockBase, &rep.Wait, eventPeerRoom, k.opt.sndTimeoNs)
	}
	// Whether k may connect at all is asked last.
	if k.state == established {
		return linux.EISCONN
	}
	if k.state != closed {
		return linux.EINVAL
	}
	c := newUnix(k.typ)
	c.peer, k.peer = k, c
	c.state, k.state = established, established
	c.addr = other.addr
	c.cred, k.cred = credOf(&req.Cred), other.cred
	other.queue = append(other.queue, c)
	wake(other, &rep.Ready)
	return 0
}

// connectDgram is unix_dgram_connect: it sets where to send to and whom to
// receive from, or with AF_UNSPEC neither.
func (s *IPC) connectDgram(k *unixSock, req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	if len(req.Address) < unixPathAt {
		return linux.EINVAL
	}
	var other *unixSock
	if binary.LittleEndian.Uint16(req.Address) != linux.AF_UNSPEC {
		if e := validUnix(req.Address); e != 0 {
			return e
		}
		if k.opt.passCred && k.addr == nil {
			if e := s.autobind(k); e != 0 {
				return e
			}
		}
		var e linux.Errno
		if other, e = s.findUnix(req.Address, req.Node, k.typ); e != 0 {
			return e
		}
		if other.peer != nil && other.peer != k {
			return linux.EPERM
		}
		k.state, other.state = established, established
	}
	old := k.peer
	k.peer = other
	if old == nil {
		return 0
	}
	if other == nil {
		k.state = closed
	}
	wake(k, &rep.Ready) // it may write again, whatever the old peer's queue
	if other == old {
		return 0
	}
	// unix_dgram_disconnected: what the old peer sent is lost.
	if k.msgs.n > 0 {
		k.purge(&s.pool, &rep.Ready, &rep.Tokens)
		k.wakeWaiters(&rep.Ready)
		if !old.dead && old.peer == k {
			old.err = linux.ECONNRESET
			wake(old, &rep.Ready)
		}
	}
	if old.peer == nil {
		old.state = closed
	}
	return 0
}

// accept is unix_accept.
func (k *unixSock) accept(s *IPC, _ *ipcapi.AcceptRequest, rep *ipcapi.AcceptReply) linux.Errno {
	if !k.connected() {
		return linux.EOPNOTSUPP
	}
	if k.state != listening {
		return linux.EINVAL
	}
	if e := k.takeErr(); e != 0 {
		return e
	}
	if len(k.queue) == 0 {
		if k.down&shutRcv != 0 {
			return linux.EINVAL
		}
		return s.await(&k.sockBase, &rep.Wait, linux.POLLIN, k.opt.rcvTimeoNs)
	}
	c := k.queue[0]
	k.queue = append(k.queue[:0], k.queue[1:]...)
	c.opt.passCred = k.opt.passCred
	rep.Handle = s.open(c, s.newInode(&ipcapi.Cred{Uid: k.uid, Gid: k.gid}))
	if c.peer != nil && c.peer.addr != nil {
		rep.Address = append(rep.Address, c.peer.addr.name...)
	} else {
		rep.Address = append(rep.Address, linux.AF_UNIX, 0)
	}
	k.wakeWaiters(&rep.Ready)
	return 0
}
