package ipc

import (
	"fmt"
	"sort"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Limits of POSIX queues: /proc/sys/fs/mqueue, linux/ipc_namespace.h, and the
// sizes that RLIMIT_MSGQUEUE is charged besides the messages.
const (
	mqDefaultMessages = 10
	mqDefaultSize     = 8192
	mqMaxMessages     = 10
	mqMaxSize         = 8192
	mqHardMessages    = 65536
	mqHardSize        = 16 << 20
	mqMaxQueues       = 256
	mqMessageCost     = 48
	mqNodeCost        = 48
)

// mqueue is a POSIX message queue: ipc/mqueue.c.
type mqueue struct {
	inode
	mode       uint32
	most, size int64
	messages   []mqMessage // the next to take first
	files      []*mqFile
	linked     bool
	receivers  []*mqReceiver
	charged    uint64
	notify     ipcapi.MqNotifyRequest
	notified   bool
}

type mqMessage struct {
	priority uint32
	data     []byte
}

// mqReceiver is a receive that sleeps.
type mqReceiver struct{ sleeper }

// mqFile is an open description of a queue.
type mqFile struct {
	fileBase
	q             *mqueue
	reads, writes bool
	pos           int // in the status text
}

// MqOpen implements ipcapi.IPC: do_mq_open. Errors: ENOENT, EEXIST, EACCES,
// EINVAL (attributes), EMFILE (RLIMIT_MSGQUEUE), ENAMETOOLONG, ENOSPC.
func (s *IPC) MqOpen(req *ipcapi.MqOpenRequest, rep *ipcapi.MqOpenReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := mqName(req.Name); e != 0 {
		return e
	}
	q := s.queues[req.Name]
	access := req.Flags & linux.O_ACCMODE
	switch {
	case q == nil && req.Flags&linux.O_CREAT == 0:
		return linux.ENOENT
	case q == nil:
		var e linux.Errno
		if q, e = s.newMqueue(req); e != 0 {
			return e
		}
		s.queues[req.Name] = q
	case req.Flags&linux.O_CREAT != 0 && req.Flags&linux.O_EXCL != 0:
		return linux.EEXIST
	case access == linux.O_ACCMODE:
		return linux.EINVAL
	case !q.allows(&req.Cred, access != linux.O_WRONLY, access != linux.O_RDONLY):
		return linux.EACCES
	}
	f := &mqFile{q: q, reads: access != linux.O_WRONLY, writes: access != linux.O_RDONLY}
	q.files = append(q.files, f)
	rep.Handle = s.open(f, q.inode)
	return 0
}

// mqName is what lookup_one_len refuses.
func mqName(name string) linux.Errno {
	switch {
	case len(name) > linux.NAME_MAX:
		return linux.ENAMETOOLONG
	case name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00"):
		return linux.EACCES
	}
	return 0
}

// newMqueue is mqueue_create_attr and mqueue_get_inode.
func (s *IPC) newMqueue(req *ipcapi.MqOpenRequest) (*mqueue, linux.Errno) {
	mighty := req.Cred.Caps&(1<<linux.CAP_SYS_RESOURCE) != 0
	if uint64(len(s.queues)) >= s.limits.mqQueues && !mighty {
		return nil, linux.ENOSPC
	}
	q := &mqueue{most: int64(min(s.limits.mqMessages, s.limits.mqMessages0)), size: int64(min(s.limits.mqSize, s.limits.mqSize0)), linked: true, mode: req.Mode & 0o777}
	if req.Attributes {
		q.most, q.size = req.MaxMessages, req.MessageSize
		mostMessages, mostSize := int64(s.limits.mqMessages), int64(s.limits.mqSize)
		if mighty {
			mostMessages, mostSize = mqHardMessages, mqHardSize
		}
		if q.most <= 0 || q.size <= 0 || q.most > mostMessages || q.size > mostSize {
			return nil, linux.EINVAL
		}
	}
	q.charged = uint64(q.most)*mqMessageCost + uint64(min(q.most, linux.MQ_PRIO_MAX))*mqNodeCost + uint64(q.most*q.size)
	if s.queueBytes[req.Cred.Uid]+q.charged > req.Limit {
		return nil, linux.EMFILE
	}
	s.queueBytes[req.Cred.Uid] += q.charged
	q.inode = s.newInode(&req.Cred)
	return q, 0
}

// allows is inode_permission.
func (q *mqueue) allows(c *ipcapi.Cred, read, write bool) bool {
	granted := q.mode
	switch {
	case c.Uid == q.uid:
		granted >>= 6
	case inGroup(c, q.gid):
		granted >>= 3
	}
	ok := (!read || granted&4 != 0) && (!write || granted&2 != 0)
	return ok || c.Caps&(1<<linux.CAP_DAC_OVERRIDE) != 0
}

// MqUnlink implements ipcapi.IPC. Errors: ENOENT, EACCES (name), EPERM (not the
// owner: the directory is sticky), ENAMETOOLONG.
func (s *IPC) MqUnlink(req *ipcapi.MqUnlinkRequest, _ *ipcapi.MqUnlinkReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := mqName(req.Name); e != 0 {
		return e
	}
	q := s.queues[req.Name]
	if q == nil {
		return linux.ENOENT
	}
	if req.Cred.Uid != q.uid && req.Cred.Uid != 0 && req.Cred.Caps&(1<<linux.CAP_FOWNER) == 0 {
		return linux.EPERM
	}
	delete(s.queues, req.Name)
	q.linked = false
	s.dropMqueue(q)
	return 0
}

// dropMqueue frees a queue without name and users.
func (s *IPC) dropMqueue(q *mqueue) {
	if q.linked || len(q.files) > 0 {
		return
	}
	if s.queueBytes[q.uid] -= q.charged; s.queueBytes[q.uid] == 0 {
		delete(s.queueBytes, q.uid)
	}
}

// queue finds the queue of a handle.
func (s *IPC) mqFile(handle uint64) (*mqFile, linux.Errno) {
	f, ok := s.files.get(handle).(*mqFile)
	if !ok {
		return nil, linux.EBADF
	}
	return f, 0
}

func (q *mqueue) wake(ready *[]ipcapi.Ready) {
	for _, f := range q.files {
		wake(f, ready)
	}
}

// MqSend implements ipcapi.IPC: do_mq_timedsend. Errors: EINVAL (priority),
// EBADF, EMSGSIZE.
func (s *IPC) MqSend(req *ipcapi.MqSendRequest, rep *ipcapi.MqSendReply) linux.Errno {
	if req.Priority >= linux.MQ_PRIO_MAX {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.mqFile(req.Handle)
	if e != 0 {
		return e
	}
	q := f.q
	if !f.writes {
		return linux.EBADF
	}
	if int64(len(req.Data)) > q.size {
		return linux.EMSGSIZE
	}
	if int64(len(q.messages)) >= q.most {
		rep.Wait = ipcapi.Wait{Handle: f.handle, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	m := mqMessage{req.Priority, append([]byte(nil), req.Data...)}
	if len(q.receivers) > 0 {
		r := q.receivers[0]
		q.receivers = q.receivers[1:]
		r.data, r.number = m.data, int64(m.priority)
		r.finish(0, &rep.Ready)
		return 0
	}
	// After those of its priority, before those of a lower one.
	at := sort.Search(len(q.messages), func(i int) bool { return q.messages[i].priority < m.priority })
	q.messages = append(q.messages, mqMessage{})
	copy(q.messages[at+1:], q.messages[at:])
	q.messages[at] = m
	if len(q.messages) == 1 && q.notified {
		// The request is used up, whatever it asks for.
		if q.notify.Kind == linux.SIGEV_THREAD {
			s.mqThread(q, mqWoken, &rep.Ready)
		}
		if q.notify.Kind == linux.SIGEV_SIGNAL && q.notify.Signo != 0 {
			rep.Notify = append(rep.Notify, ipcapi.MqNotification{
				Pid: q.notify.Pid, Signo: q.notify.Signo, Value: q.notify.Value,
				SenderPid: req.Cred.Pid, SenderUid: req.Cred.Uid,
			})
		}
		q.notified = false
	}
	q.wake(&rep.Ready)
	return 0
}

// MqReceive implements ipcapi.IPC: do_mq_timedreceive. Errors: EBADF, EMSGSIZE,
// EINTR (cancelled).
func (s *IPC) MqReceive(req *ipcapi.MqReceiveRequest, rep *ipcapi.MqReceiveReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Pending != 0 {
		w, e := s.resume(req.Pending, req.Cancel, &rep.Wait, &rep.Pending)
		if w != nil && e == 0 {
			rep.Data, rep.Priority = append(rep.Data, w.data...), uint32(w.number)
		}
		return e
	}
	f, e := s.mqFile(req.Handle)
	if e != 0 {
		return e
	}
	q := f.q
	if !f.reads {
		return linux.EBADF
	}
	if req.Size < uint64(q.size) {
		return linux.EMSGSIZE
	}
	if len(q.messages) == 0 {
		r := &mqReceiver{}
		r.forget = func() { q.receivers = without(q.receivers, r) }
		q.receivers = append(q.receivers, r)
		return s.sleep(&r.sleeper, &rep.Wait, &rep.Pending)
	}
	m := q.messages[0]
	q.messages = append(q.messages[:0], q.messages[1:]...)
	rep.Data, rep.Priority = append(rep.Data, m.data...), m.priority
	q.wake(&rep.Ready)
	return 0
}

// MqNotify implements ipcapi.IPC: do_mq_notify. Errors: EBADF, EBUSY, EINVAL
// (kind, signal number, socket).
func (s *IPC) MqNotify(req *ipcapi.MqNotifyRequest, rep *ipcapi.MqNotifyReply) linux.Errno {
	if !req.Remove && (req.Kind != linux.SIGEV_NONE && req.Kind != linux.SIGEV_SIGNAL && req.Kind != linux.SIGEV_THREAD ||
		req.Kind == linux.SIGEV_SIGNAL && req.Signo > linux.SIGRTMAX) {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !req.Remove && req.Kind == linux.SIGEV_THREAD {
		if k, ok := s.files.get(req.Socket).(*netlinkSock); !ok || k == nil || len(req.Cookie) != mqCookie {
			return linux.EINVAL
		}
	}
	f, e := s.mqFile(req.Handle)
	if e != 0 {
		return e
	}
	q := f.q
	switch {
	case req.Remove:
		if q.notified && q.notify.Pid == req.Pid {
			if q.notify.Kind == linux.SIGEV_THREAD {
				s.mqThread(q, mqRemoved, &rep.Ready)
			}
			q.notified = false
		}
	case q.notified:
		return linux.EBUSY
	default:
		q.notify, q.notified = *req, true
		q.notify.Cookie = append([]byte(nil), req.Cookie...)
	}
	return 0
}

// The length of the cookie of SIGEV_THREAD, and what its last byte becomes:
// linux/mqueue.h.
const (
	mqCookie  = 32
	mqWoken   = 1
	mqRemoved = 2
)

// mqThread tells the netlink socket of a request: the library has a thread that
// reads from it.
func (s *IPC) mqThread(q *mqueue, why byte, ready *[]ipcapi.Ready) {
	if k, ok := s.files.get(q.notify.Socket).(*netlinkSock); ok {
		q.notify.Cookie[mqCookie-1] = why
		k.deliver(q.notify.Cookie)
		wake(k, ready)
	}
}

// MqAttributes implements ipcapi.IPC. O_NONBLOCK is the core's.
func (s *IPC) MqAttributes(req *ipcapi.MqAttributesRequest, rep *ipcapi.MqAttributesReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.mqFile(req.Handle)
	if e != 0 {
		return e
	}
	rep.MaxMessages, rep.MessageSize, rep.Messages = f.q.most, f.q.size, int64(len(f.q.messages))
	return 0
}

func (f *mqFile) level(uint32) uint32 {
	mask := uint32(0)
	if len(f.q.messages) > 0 {
		mask |= linux.POLLIN | linux.POLLRDNORM
	}
	if int64(len(f.q.messages)) < f.q.most {
		mask |= linux.POLLOUT | linux.POLLWRNORM
	}
	return mask
}

func (f *mqFile) mode() uint32 { return linux.S_IFREG | f.q.mode }

// read gives the status text of mqueue_read_file.
func (f *mqFile) read(_ *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	if !f.reads {
		return linux.EBADF
	}
	bytes, kind, signo, pid := 0, uint32(0), uint32(0), int32(0)
	for _, m := range f.q.messages {
		bytes += len(m.data)
	}
	if q := f.q; q.notified {
		kind, pid = q.notify.Kind, q.notify.Pid
		if kind == linux.SIGEV_SIGNAL {
			signo = q.notify.Signo
		}
	}
	text := fmt.Sprintf("QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", bytes, kind, signo, pid)
	text = text[min(f.pos, len(text)):]
	text = text[:min(int(req.Count), len(text))]
	f.pos += len(text)
	rep.Data = append(rep.Data, text...)
	return 0
}

// write fails: a queue's file has no write operation.
func (f *mqFile) write(*IPC, *ipcapi.WriteRequest, *ipcapi.WriteReply) linux.Errno {
	return linux.EINVAL
}

func (f *mqFile) ioctl(*IPC, *ipcapi.IoctlRequest, *ipcapi.IoctlReply) linux.Errno {
	return linux.ENOTTY
}

func (f *mqFile) close(s *IPC, _ *ipcapi.CloseReply) {
	f.q.files = without(f.q.files, f)
	s.dropMqueue(f.q)
}
