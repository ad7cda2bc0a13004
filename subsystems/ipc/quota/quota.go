// Package quota bounds what one user may hold of an ipc subsystem: sockets and
// pipes, System V objects, POSIX queues. It stands in front of any
// implementation and asks it for all that it does not bound itself.
//
// The bounds come from whoever runs Adyton, so they bind every user, root and
// CAP_SYS_RESOURCE as well. Linux's own limits stay in force besides.
//
// Lock order: Quota.mu is taken around creating calls, so that what is counted
// and what is made are one step; the implementation's locks are inside it. No
// creating call waits.
package quota

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Limits are what one user may hold; 0 is no bound.
type Limits struct {
	// Handles are open sockets, ends of pipes and open POSIX queues. Above:
	// ENFILE.
	Handles int
	// Segments and SegmentBytes are System V shared memory. Above: ENOSPC.
	Segments     int
	SegmentBytes uint64
	// Queues and Semaphores are System V message queues and single semaphores.
	// Above: ENOSPC.
	Queues     int
	Semaphores int
}

// Quota implements ipcapi.IPC.
type Quota struct {
	ipcapi.IPC
	limits Limits

	// mu guards all below.
	mu    sync.Mutex
	held  map[uint32]int    // handles by user
	owner map[uint64]uint32 // user by handle
}

var _ ipcapi.IPC = (*Quota)(nil)

// New bounds inner.
func New(inner ipcapi.IPC, limits Limits) (*Quota, error) {
	if limits.Handles < 0 || limits.Segments < 0 || limits.Queues < 0 || limits.Semaphores < 0 {
		return nil, fmt.Errorf("ipc quota: a negative limit: %+v", limits)
	}
	return &Quota{IPC: inner, limits: limits, held: map[uint32]int{}, owner: map[uint64]uint32{}}, nil
}

// hold runs open, which gives uid the handles that are in handles then, if uid
// may have so many more. Errors besides those of open: ENFILE.
func (q *Quota) hold(uid uint32, open func() linux.Errno, handles ...*uint64) linux.Errno {
	q.mu.Lock()
	defer q.mu.Unlock()
	if over(q.limits.Handles, q.held[uid], len(handles)) {
		return linux.ENFILE
	}
	e := open()
	if e != 0 {
		return e
	}
	for _, h := range handles {
		q.owner[*h] = uid
		q.held[uid]++
	}
	return 0
}

// Socket implements ipcapi.IPC. Errors besides: ENFILE.
func (q *Quota) Socket(req *ipcapi.SocketRequest, rep *ipcapi.SocketReply) linux.Errno {
	return q.hold(req.Cred.Uid, func() linux.Errno { return q.IPC.Socket(req, rep) }, &rep.Handle)
}

// SocketPair implements ipcapi.IPC. Errors besides: ENFILE.
func (q *Quota) SocketPair(req *ipcapi.SocketPairRequest, rep *ipcapi.SocketPairReply) linux.Errno {
	return q.hold(req.Cred.Uid, func() linux.Errno { return q.IPC.SocketPair(req, rep) }, &rep.First, &rep.Second)
}

// Accept implements ipcapi.IPC: what is accepted is held by the user of the
// listening socket. Errors besides: ENFILE, with the connection still queued.
func (q *Quota) Accept(req *ipcapi.AcceptRequest, rep *ipcapi.AcceptReply) linux.Errno {
	q.mu.Lock()
	uid, known := q.owner[req.Handle]
	q.mu.Unlock()
	if !known {
		return q.IPC.Accept(req, rep)
	}
	return q.hold(uid, func() linux.Errno { return q.IPC.Accept(req, rep) }, &rep.Handle)
}

// OpenPipe implements ipcapi.IPC. Errors besides: ENFILE.
func (q *Quota) OpenPipe(req *ipcapi.OpenPipeRequest, rep *ipcapi.OpenPipeReply) linux.Errno {
	return q.hold(req.Cred.Uid, func() linux.Errno { return q.IPC.OpenPipe(req, rep) }, &rep.ReadHandle, &rep.WriteHandle)
}

// MqOpen implements ipcapi.IPC. Errors besides: ENFILE.
func (q *Quota) MqOpen(req *ipcapi.MqOpenRequest, rep *ipcapi.MqOpenReply) linux.Errno {
	return q.hold(req.Cred.Uid, func() linux.Errno { return q.IPC.MqOpen(req, rep) }, &rep.Handle)
}

// Close implements ipcapi.IPC.
func (q *Quota) Close(req *ipcapi.CloseRequest, rep *ipcapi.CloseReply) linux.Errno {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.IPC.Close(req, rep)
	if uid, ok := q.owner[req.Handle]; ok && e == 0 {
		delete(q.owner, req.Handle)
		if q.held[uid]--; q.held[uid] == 0 {
			delete(q.held, uid)
		}
	}
	return e
}

// ShmGet implements ipcapi.IPC. Errors besides: ENOSPC.
func (q *Quota) ShmGet(req *ipcapi.ShmGetRequest, rep *ipcapi.ShmGetReply) linux.Errno {
	if q.limits.Segments == 0 && q.limits.SegmentBytes == 0 {
		return q.IPC.ShmGet(req, rep)
	}
	return q.make("sysvipc/shm", req.Cred.Uid, func(held []object) bool {
		var bytes uint64
		for _, o := range held {
			bytes += o.size
		}
		return over(q.limits.Segments, len(held), 1) || q.limits.SegmentBytes != 0 && bytes+min(req.Size, 1<<62) > q.limits.SegmentBytes
	}, req.Key, req.Flags, func(flags uint32) linux.Errno {
		r := *req
		r.Flags = flags
		return q.IPC.ShmGet(&r, rep)
	})
}

// MsgGet implements ipcapi.IPC. Errors besides: ENOSPC.
func (q *Quota) MsgGet(req *ipcapi.MsgGetRequest, rep *ipcapi.MsgGetReply) linux.Errno {
	if q.limits.Queues == 0 {
		return q.IPC.MsgGet(req, rep)
	}
	return q.make("sysvipc/msg", req.Cred.Uid, func(held []object) bool {
		return over(q.limits.Queues, len(held), 1)
	}, req.Key, req.Flags, func(flags uint32) linux.Errno {
		r := *req
		r.Flags = flags
		return q.IPC.MsgGet(&r, rep)
	})
}

// SemGet implements ipcapi.IPC. Errors besides: ENOSPC.
func (q *Quota) SemGet(req *ipcapi.SemGetRequest, rep *ipcapi.SemGetReply) linux.Errno {
	if q.limits.Semaphores == 0 {
		return q.IPC.SemGet(req, rep)
	}
	return q.make("sysvipc/sem", req.Cred.Uid, func(held []object) bool {
		n := 0
		for _, o := range held {
			n += int(o.size)
		}
		return over(q.limits.Semaphores, n, max(int(req.Count), 0))
	}, req.Key, req.Flags, func(flags uint32) linux.Errno {
		r := *req
		r.Flags = flags
		return q.IPC.SemGet(&r, rep)
	})
}

// over says whether held and more are above a limit.
func over(limit, held, more int) bool { return limit != 0 && held+more > limit }

// make runs get so that it makes nothing above the limit: with the flags as they
// are when there is room, else as a lookup alone, whose ENOENT means that it
// would have made one.
func (q *Quota) make(file string, uid uint32, full func([]object) bool, key int32, flags uint32, get func(flags uint32) linux.Errno) linux.Errno {
	q.mu.Lock()
	defer q.mu.Unlock()
	makes := key == linux.IPC_PRIVATE || flags&linux.IPC_CREAT != 0
	if !makes {
		return get(flags)
	}
	held, e := q.objects(file, uid)
	if e != 0 {
		return e
	}
	if !full(held) {
		return get(flags)
	}
	if key == linux.IPC_PRIVATE {
		return linux.ENOSPC
	}
	if e = get(flags &^ linux.IPC_CREAT); e == linux.ENOENT {
		e = linux.ENOSPC
	} else if e == 0 && flags&linux.IPC_EXCL != 0 {
		e = linux.EEXIST
	}
	return e
}

// object is one of /proc/sysvipc.
type object struct {
	size uint64 // bytes of a segment, number of semaphores
}

// objects are those that uid has made, by what inner itself tells: one that was
// removed counts until its last user is gone.
func (q *Quota) objects(file string, uid uint32) ([]object, linux.Errno) {
	var rep ipcapi.TextReply
	if e := q.IPC.Text(&ipcapi.TextRequest{Name: file}, &rep); e != 0 {
		return nil, e
	}
	lines := bytes.Split(bytes.TrimSpace(rep.Data), []byte("\n"))
	columns := bytes.Fields(lines[0])
	at := func(name string) int {
		for i, c := range columns {
			if string(c) == name {
				return i
			}
		}
		return -1
	}
	creator, size := at("cuid"), max(at("size"), at("nsems"))
	if creator < 0 {
		return nil, linux.EIO // not the table that it is to be
	}
	var out []object
	for _, line := range lines[1:] {
		f := bytes.Fields(line)
		if len(f) != len(columns) {
			return nil, linux.EIO
		}
		if string(f[creator]) != strconv.FormatUint(uint64(uid), 10) {
			continue
		}
		var o object
		if size >= 0 {
			n, err := strconv.ParseUint(string(f[size]), 10, 64)
			if err != nil {
				return nil, linux.EIO
			}
			o.size = n
		}
		out = append(out, o)
	}
	return out, 0
}
