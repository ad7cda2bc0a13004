package ipc

import (
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// msgQueue is a System V message queue: ipc/msg.c.
type msgQueue struct {
	sysvPerm
	messages                []msgText
	bytes, most             uint64
	sendSec, recvSec, ctime int64
	sendPid, recvPid        int32
	receivers               []*msgReceiver
	senders                 []*sleeper
}

type msgText struct {
	kind int64
	data []byte
}

// msgReceiver is a receive that sleeps.
type msgReceiver struct {
	sleeper
	want msgWanted
	most uint64 // bytes that fit
	pid  int32
}

// msgWanted says which message a receive takes: convert_mode.
type msgWanted struct {
	kind int64
	mode uint8
}

const (
	msgAny = iota
	msgEqual
	msgNotEqual
	msgLessEqual
	msgNumber // MSG_COPY: by place
)

func newWanted(kind int64, flags uint32) msgWanted {
	switch {
	case flags&linux.MSG_COPY != 0:
		return msgWanted{kind, msgNumber}
	case kind == 0:
		return msgWanted{0, msgAny}
	case kind == math.MinInt64:
		return msgWanted{math.MaxInt64, msgLessEqual}
	case kind < 0:
		return msgWanted{-kind, msgLessEqual}
	case flags&linux.MSG_EXCEPT != 0:
		return msgWanted{kind, msgNotEqual}
	}
	return msgWanted{kind, msgEqual}
}

// takes is testmsg.
func (w msgWanted) takes(kind int64) bool {
	switch w.mode {
	case msgEqual:
		return kind == w.kind
	case msgNotEqual:
		return kind != w.kind
	case msgLessEqual:
		return kind <= w.kind
	}
	return true
}

// find is find_msg: the place of the message to take, or -1.
func (q *msgQueue) find(w msgWanted) int {
	found := -1
	for i := range q.messages {
		kind := q.messages[i].kind
		switch {
		case w.mode == msgNumber:
			if int64(i) == w.kind {
				return i
			}
		case !w.takes(kind):
		case w.mode == msgLessEqual && kind != 1:
			found = i
			w.kind = kind - 1
		default:
			return i
		}
	}
	return found
}

// fits is msg_fits_inqueue.
func (q *msgQueue) fits(size uint64) bool {
	return size+q.bytes <= q.most && uint64(len(q.messages))+1 <= q.most
}

// MsgGet implements ipcapi.IPC. Errors: ENOENT, EEXIST, EACCES, ENOSPC.
func (s *IPC) MsgGet(req *ipcapi.MsgGetRequest, rep *ipcapi.MsgGetReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, e := s.msgs.get(req.Key, req.Flags, &req.Cred, func(*msgQueue) linux.Errno { return 0 }, func() (*msgQueue, linux.Errno) {
		q := &msgQueue{most: s.limits.msgBytes, ctime: s.seconds()}
		return q, s.msgs.add(q, req.Key, req.Flags, &req.Cred, int(s.limits.msgNumber))
	})
	rep.Id = id
	return e
}

// MsgSend implements ipcapi.IPC: do_msgsnd. Errors: EINVAL (size, type, id),
// EIDRM, EACCES, EAGAIN, EINTR (cancelled), EBADF (pending).
func (s *IPC) MsgSend(req *ipcapi.MsgSendRequest, rep *ipcapi.MsgSendReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Pending != 0 {
		if w, e := s.resume(req.Pending, req.Cancel, &rep.Wait, &rep.Pending); w != nil || e != 0 {
			return e
		}
	}
	if uint64(len(req.Data)) > s.limits.msgMax || req.Type < 1 {
		return linux.EINVAL
	}
	q, e := s.msgs.byID(req.Id)
	if e != 0 {
		return e
	}
	if !q.allows(&req.Cred, 0o222) {
		return linux.EACCES
	}
	size := uint64(len(req.Data))
	if !q.fits(size) {
		if req.Flags&linux.IPC_NOWAIT != 0 {
			return linux.EAGAIN
		}
		w := &sleeper{again: func() bool { return q.fits(size) }}
		w.forget = func() { q.senders = without(q.senders, w) }
		q.senders = append(q.senders, w)
		return s.sleep(w, &rep.Wait, &rep.Pending)
	}
	q.sendPid, q.sendSec = req.Cred.Pid, s.seconds()
	m := msgText{req.Type, append([]byte(nil), req.Data...)}
	if !s.handOver(q, m, &rep.Ready) {
		q.messages = append(q.messages, m)
		q.bytes += size
	}
	return 0
}

// handOver is pipelined_send: it gives a message to the first receiver that
// sleeps for one like it. Those that it is too long for wake up to hear so.
func (s *IPC) handOver(q *msgQueue, m msgText, ready *[]ipcapi.Ready) bool {
	for i := 0; i < len(q.receivers); i++ {
		r := q.receivers[i]
		if !r.want.takes(m.kind) {
			continue
		}
		q.receivers = without(q.receivers, r)
		if uint64(len(m.data)) > r.most {
			r.finish(linux.E2BIG, ready)
			i--
			continue
		}
		q.recvPid, q.recvSec = r.pid, s.seconds()
		r.data, r.number = m.data, m.kind
		r.finish(0, ready)
		return true
	}
	return false
}

// MsgReceive implements ipcapi.IPC: do_msgrcv. Errors: EINVAL, EIDRM, EACCES,
// E2BIG, ENOMSG, EINTR (cancelled), EBADF (pending).
func (s *IPC) MsgReceive(req *ipcapi.MsgReceiveRequest, rep *ipcapi.MsgReceiveReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Pending != 0 {
		w, e := s.resume(req.Pending, req.Cancel, &rep.Wait, &rep.Pending)
		if w != nil && e == 0 {
			giveMsg(rep, w.data, req.Size, w.number)
		}
		if w != nil || e != 0 {
			return e
		}
	}
	if req.Size > math.MaxInt64 {
		return linux.EINVAL
	}
	if req.Flags&linux.MSG_COPY != 0 && (req.Flags&linux.MSG_EXCEPT != 0 || req.Flags&linux.IPC_NOWAIT == 0) {
		return linux.EINVAL
	}
	want := newWanted(req.Type, req.Flags)
	q, e := s.msgs.byID(req.Id)
	if e != 0 {
		return e
	}
	if !q.allows(&req.Cred, 0o444) {
		return linux.EACCES
	}
	i := q.find(want)
	if i < 0 {
		if req.Flags&linux.IPC_NOWAIT != 0 {
			return linux.ENOMSG
		}
		return s.sleepReceive(q, want, req, rep)
	}
	m := q.messages[i]
	if req.Size < uint64(len(m.data)) && req.Flags&linux.MSG_NOERROR == 0 {
		return linux.E2BIG
	}
	if req.Flags&linux.MSG_COPY != 0 && req.Size < uint64(len(m.data)) {
		return linux.EINVAL // copy_msg of ipc/msgutil.c cuts nothing off
	}
	giveMsg(rep, m.data, req.Size, m.kind)
	if req.Flags&linux.MSG_COPY != 0 {
		return 0
	}
	q.messages = append(q.messages[:i], q.messages[i+1:]...)
	q.bytes -= uint64(len(m.data))
	q.recvPid, q.recvSec = req.Cred.Pid, s.seconds()
	q.wakeSenders(&rep.Ready)
	return 0
}

// giveMsg answers with a message, cut to size: only MSG_NOERROR gets so far with
// one that is longer.
func giveMsg(rep *ipcapi.MsgReceiveReply, data []byte, size uint64, kind int64) {
	rep.Data = append(rep.Data, data[:min(uint64(len(data)), size)]...)
	rep.Type = kind
}

func (s *IPC) sleepReceive(q *msgQueue, want msgWanted, req *ipcapi.MsgReceiveRequest, rep *ipcapi.MsgReceiveReply) linux.Errno {
	r := &msgReceiver{want: want, most: req.Size, pid: req.Cred.Pid}
	if req.Flags&linux.MSG_NOERROR != 0 {
		r.most = math.MaxInt32
	}
	r.forget = func() { q.receivers = without(q.receivers, r) }
	q.receivers = append(q.receivers, r)
	return s.sleep(&r.sleeper, &rep.Wait, &rep.Pending)
}

// wakeSenders is ss_wakeup.
func (q *msgQueue) wakeSenders(ready *[]ipcapi.Ready) {
	for _, w := range q.senders {
		if w.level(0) != 0 {
			wake(w, ready)
		}
	}
}

// MsgControl implements ipcapi.IPC: ksys_msgctl. Errors: EINVAL, EIDRM, EACCES,
// EPERM.
func (s *IPC) MsgControl(req *ipcapi.MsgControlRequest, rep *ipcapi.MsgControlReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch req.Command {
	case linux.IPC_INFO, linux.MSG_INFO:
		if req.Id < 0 {
			return linux.EINVAL
		}
		for _, q := range s.msgs.objects {
			rep.AllMessages += uint64(len(q.messages))
			rep.AllBytes += q.bytes
		}
		rep.LimitMessage, rep.LimitBytes, rep.LimitQueues = uint32(s.limits.msgMax), uint32(s.limits.msgBytes), uint32(s.limits.msgNumber)
		rep.Used, rep.Result = uint32(len(s.msgs.objects)), s.msgs.highest()
		return 0
	case linux.MSG_STAT, linux.MSG_STAT_ANY:
		q, e := s.msgs.byIndex(req.Id)
		if e != 0 {
			return e
		}
		if req.Command == linux.MSG_STAT && !q.allows(&req.Cred, 0o444) {
			return linux.EACCES
		}
		q.show(rep)
		rep.Result = q.id
		return 0
	}
	q, e := s.msgs.byID(req.Id)
	if e != 0 {
		return e
	}
	switch req.Command {
	case linux.IPC_STAT:
		if !q.allows(&req.Cred, 0o444) {
			return linux.EACCES
		}
		q.show(rep)
	case linux.IPC_SET:
		if !q.owns(&req.Cred) {
			return linux.EPERM
		}
		if req.MaxBytes > s.limits.msgBytes && req.Cred.Caps&(1<<linux.CAP_SYS_RESOURCE) == 0 {
			return linux.EPERM
		}
		if e := q.set(&req.Perm); e != 0 {
			return e
		}
		q.most, q.ctime = req.MaxBytes, s.seconds()
		// Receivers may be shut out now, senders let in: all try again.
		for _, r := range q.receivers {
			r.again = func() bool { return true }
			wake(&r.sleeper, &rep.Ready)
		}
		q.receivers = nil
		q.wakeSenders(&rep.Ready)
	case linux.IPC_RMID:
		if !q.owns(&req.Cred) {
			return linux.EPERM
		}
		s.msgs.remove(q)
		for _, r := range q.receivers {
			r.finish(linux.EIDRM, &rep.Ready)
		}
		for _, w := range q.senders {
			w.finish(linux.EIDRM, &rep.Ready)
		}
		q.receivers, q.senders = nil, nil
	default:
		return linux.EINVAL
	}
	return 0
}

func (q *msgQueue) show(rep *ipcapi.MsgControlReply) {
	rep.Perm = q.sysvPerm.show()
	rep.SendSec, rep.ReceiveSec, rep.ChangeSec = q.sendSec, q.recvSec, q.ctime
	rep.Bytes, rep.Messages, rep.MaxBytes = q.bytes, uint64(len(q.messages)), q.most
	rep.SendPid, rep.ReceivePid = q.sendPid, q.recvPid
}
