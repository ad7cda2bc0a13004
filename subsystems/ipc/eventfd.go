package ipc

import (
	"encoding/binary"
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// eventfd is a counter: fs/eventfd.c. Readers and writers wait on the one
// handle, so that its own reads and writes report it ready.
type eventfd struct {
	fileBase
	count     uint64
	semaphore bool
	// refused is the largest addition that did not fit since the last read.
	refused uint64
}

// OpenEventfd implements ipcapi.IPC.
func (s *IPC) OpenEventfd(req *ipcapi.OpenEventfdRequest, rep *ipcapi.OpenEventfdReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	rep.Handle = s.open(&eventfd{count: req.Value, semaphore: req.Semaphore}, s.newInode(&ipcapi.Cred{}))
	return 0
}

func (e *eventfd) level(events uint32) uint32 {
	mask := uint32(0)
	if e.count > 0 {
		mask |= linux.POLLIN
	}
	if e.count == math.MaxUint64 {
		mask |= linux.POLLERR
	}
	if e.count < math.MaxUint64-1 {
		mask |= linux.POLLOUT
	}
	if e.refused == 0 || math.MaxUint64-e.count > e.refused {
		mask |= events & eventRoom
	}
	return mask
}

func (e *eventfd) read(_ *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	if req.Count < 8 {
		return linux.EINVAL
	}
	if e.count == 0 {
		rep.Wait = ipcapi.Wait{Handle: e.handle, Events: linux.POLLIN}
		return linux.EWAIT
	}
	n := e.count
	if e.semaphore {
		n = 1
	}
	e.count -= n
	e.refused = 0
	rep.Data = binary.LittleEndian.AppendUint64(rep.Data, n)
	wake(e, &rep.Ready)
	return 0
}

// write adds to the counter. POLLOUT may hold although the addition does not
// fit, so a refused one waits for a bit of its own.
func (e *eventfd) write(_ *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	if len(req.Data) != 8 {
		return linux.EINVAL // since Linux 6.9; older ones take the first 8
	}
	n := binary.LittleEndian.Uint64(req.Data)
	if n == math.MaxUint64 {
		return linux.EINVAL
	}
	if req.Signal {
		// eventfd_signal: an asynchronous call that ends cannot wait.
		e.count += min(n, math.MaxUint64-e.count)
		rep.Count = 8
		wake(e, &rep.Ready)
		return 0
	}
	if math.MaxUint64-e.count <= n {
		e.refused = max(e.refused, n)
		e.awaited |= eventRoom
		rep.Wait = ipcapi.Wait{Handle: e.handle, Events: eventRoom}
		return linux.EWAIT
	}
	e.count += n
	rep.Count = 8
	wake(e, &rep.Ready)
	return 0
}

func (e *eventfd) ioctl(*IPC, *ipcapi.IoctlRequest, *ipcapi.IoctlReply) linux.Errno {
	return linux.ENOTTY
}

func (e *eventfd) mode() uint32 { return 0o600 }

func (e *eventfd) close(*IPC, *ipcapi.CloseReply) {}
