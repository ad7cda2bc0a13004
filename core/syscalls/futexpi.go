package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/futex"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// words is app memory as core/futex sees it: by the thread of c, which stands
// still, in its own space.
type words struct{ c *Call }

// Load implements futex.Memory.
func (m words) Load(addr uint64) (uint32, linux.Errno) {
	var b [4]byte
	e := m.c.CopyIn(addr, b[:])
	return binary.LittleEndian.Uint32(b[:]), e
}

// Load64 implements futex.RobustMemory.
func (m words) Load64(addr uint64) (uint64, linux.Errno) {
	var b [8]byte
	e := m.c.CopyIn(addr, b[:])
	return binary.LittleEndian.Uint64(b[:]), e
}

// CompareAndSwap implements futex.Memory. It parks.
func (m words) CompareAndSwap(addr uint64, old, new uint32) (uint32, linux.Errno) {
	if m.c.T.Platform == nil {
		return 0, linux.EFAULT
	}
	now, e := m.c.P.Space.Platform.CompareAndSwap(m.c.T.Platform, addr, old, new)
	if e == linux.ESRCH {
		e = linux.EFAULT // the space is gone
	}
	return now, e
}

// lockFutexes takes the one lock under which core/futex is called: Memory parks,
// and nobody may meet a mutex that is held over that.
func (c *Call) lockFutexes() { c.futexLock.Lock(&c.T.Sleep) }

func (c *Call) unlockFutexes() { c.futexLock.Unlock() }

// futexKey names a word: by the file behind it where memory is shared, and by
// the space otherwise. Errors: EFAULT.
func (c *Call) futexKey(addr uint64, private bool) (futex.Key, linux.Errno) {
	s := c.P.Space
	own := futex.Key{Space: s.MM, Addr: addr, Shared: !private}
	if private {
		return own, 0
	}
	var r mmapi.AreasReply
	if e := c.MM.Areas(&mmapi.AreasRequest{Space: s.MM, From: addr, Max: 1}, &r); e != 0 || len(r.Areas) == 0 || r.Areas[0].Addr > addr {
		return own, linux.EFAULT
	}
	a := &r.Areas[0]
	m := s.Files[a.File]
	if a.File == 0 || m == nil || m.File == nil || a.Flags&linux.MAP_TYPE == linux.MAP_PRIVATE {
		return own, 0
	}
	const object = 1 << 63 // spaces and files have numbers of their own
	return futex.Key{Space: object | m.File.Node, Addr: a.FileOffset + addr - a.Addr, Shared: true}, 0
}

// futexState is futex.Liveness.
func (e *Env) futexState(id int32) futex.State {
	t := e.Tasks.Thread(id)
	if t == nil || t.Exited || t.FutexesGone {
		return futex.Gone
	}
	return futex.Alive
}

// futexPI answers the operations that no host does for us: those of PI locks.
func (c *Call) futexPI(op uint32) (int64, linux.Errno) {
	cmd := op & linux.FUTEX_CMD_MASK
	deadline, e := c.futexDeadline(op)
	if e != 0 {
		return 0, e
	}
	realtime := op&linux.FUTEX_CLOCK_REALTIME != 0
	switch cmd {
	case linux.FUTEX_LOCK_PI2, linux.FUTEX_WAIT_REQUEUE_PI:
	case linux.FUTEX_LOCK_PI, linux.FUTEX_TRYLOCK_PI, linux.FUTEX_UNLOCK_PI, linux.FUTEX_CMP_REQUEUE_PI:
		if realtime {
			return 0, linux.ENOSYS
		}
	default:
		return 0, linux.ENOSYS
	}
	addr := c.Args[0]
	if cmd != linux.FUTEX_UNLOCK_PI {
		if e := futex.CheckAddr(addr); e != 0 {
			return 0, e
		}
	}
	key, e := c.futexKey(addr, op&linux.FUTEX_PRIVATE_FLAG != 0)
	if e != 0 {
		return 0, e
	}
	switch cmd {
	case linux.FUTEX_UNLOCK_PI:
		return 0, c.unlockPI(addr, key)
	case linux.FUTEX_CMP_REQUEUE_PI:
		return c.requeuePI(op, addr, key)
	case linux.FUTEX_WAIT_REQUEUE_PI:
		return 0, c.waitRequeuePI(op, addr, key, deadline)
	}
	w := c.piWaiter()
	c.lockFutexes()
	locked, e := c.futexes.LockPI(words{c}, addr, key, w, c.futexState, cmd == linux.FUTEX_TRYLOCK_PI)
	c.unlockFutexes()
	if e != 0 || locked {
		return 0, e
	}
	return 0, c.sleepPI(w, deadline)
}

// futexDeadline reads the time-out of an operation that has one: a time on a
// clock, as one on the monotonic clock. Errors: EFAULT, EINVAL.
func (c *Call) futexDeadline(op uint32) (int64, linux.Errno) {
	clock := int32(linux.CLOCK_MONOTONIC)
	switch op & linux.FUTEX_CMD_MASK {
	case linux.FUTEX_LOCK_PI:
		clock = linux.CLOCK_REALTIME
	case linux.FUTEX_LOCK_PI2, linux.FUTEX_WAIT_REQUEUE_PI:
		if op&linux.FUTEX_CLOCK_REALTIME != 0 {
			clock = linux.CLOCK_REALTIME
		}
	default:
		return 0, 0
	}
	if c.Args[3] == 0 {
		return 0, 0
	}
	ts, e := c.timespec(c.Args[3])
	if e != 0 {
		return 0, e
	}
	if !ts.Valid() {
		return 0, linux.EINVAL
	}
	var r signalapi.DeadlineReply
	e = c.Signal.Deadline(&signalapi.DeadlineRequest{Clock: clock, TimeNs: ts.Ns(), Absolute: true}, &r)
	return max(r.MonotonicNs, 1), e
}

// piWaiter makes the caller's place in a queue.
func (c *Call) piWaiter() *futex.Waiter {
	w := &futex.Waiter{Owner: c.T, Task: c.T.Tid}
	if rtPolicy(c.T.Policy) {
		w.Priority = -c.T.RTPrio
	}
	return w
}

// sleepPI waits for a lock to be given. Errors: ETIMEDOUT, ERESTARTNOINTR,
// EFAULT.
func (c *Call) sleepPI(w *futex.Waiter, deadline int64) linux.Errno {
	for w.Queued() {
		r := c.sleep(deadline, true)
		if r == wait.Event {
			continue
		}
		c.lockFutexes()
		cancelled := c.futexes.Cancel(w)
		c.unlockFutexes()
		switch {
		case !cancelled:
		case r == wait.Timeout:
			return linux.ETIMEDOUT
		default:
			return linux.ERESTARTNOINTR
		}
	}
	return w.Result()
}

// tell wakes who was given a lock.
func tell(woken ...*futex.Waiter) {
	for _, w := range woken {
		w.Owner.(*task.Thread).Sleep.Wake()
	}
}

func (c *Call) unlockPI(addr uint64, key futex.Key) linux.Errno {
	c.lockFutexes()
	w, e := c.futexes.UnlockPI(words{c}, addr, key, c.T.Tid)
	c.unlockFutexes()
	if w != nil {
		tell(w)
	}
	return e
}

func (c *Call) requeuePI(op uint32, addr uint64, key futex.Key) (int64, linux.Errno) {
	// The number to move comes in the place of the time-out.
	wake, move, lockAddr, val := c.Int(2), c.Int(3), c.Args[4], c.Uint(5)
	if addr == lockAddr || wake != 1 {
		return 0, linux.EINVAL
	}
	if e := futex.CheckAddr(lockAddr); e != 0 {
		return 0, e
	}
	lockKey, e := c.futexKey(lockAddr, op&linux.FUTEX_PRIVATE_FLAG != 0)
	if e != 0 {
		return 0, e
	}
	c.lockFutexes()
	woken, n, e := c.futexes.RequeuePI(words{c}, addr, key, val, lockAddr, lockKey, move, c.futexState, nil)
	c.unlockFutexes()
	tell(woken...)
	return int64(n), e
}

func (c *Call) waitRequeuePI(op uint32, addr uint64, key futex.Key, deadline int64) linux.Errno {
	lockAddr := c.Args[4]
	if addr == lockAddr {
		return linux.EINVAL
	}
	if e := futex.CheckAddr(lockAddr); e != 0 {
		return e
	}
	lockKey, e := c.futexKey(lockAddr, op&linux.FUTEX_PRIVATE_FLAG != 0)
	if e != 0 {
		return e
	}
	w := c.piWaiter()
	c.lockFutexes()
	e = c.futexes.WaitRequeuePI(words{c}, addr, key, c.Uint(2), linux.FUTEX_BITSET_MATCH_ANY, w, lockAddr, lockKey)
	c.unlockFutexes()
	if e != 0 {
		return e
	}
	e = c.sleepPI(w, deadline)
	if e == linux.ERESTARTNOINTR && w.Moved() {
		return linux.EAGAIN // the word is not to be waited for again
	}
	return e
}

// holdsNothing sees the common case by one look at the head of a robust list: no
// entry, and none that is being locked or unlocked.
func (c *Call) holdsNothing(head uint64) bool {
	var b [24]byte
	return c.CopyIn(head, b[:]) == 0 && binary.LittleEndian.Uint64(b[0:]) == head && binary.LittleEndian.Uint64(b[16:]) == 0
}

// releaseFutexes is futex_exit_release and futex_exec_release: what a thread
// holds that ends, or executes another program, goes to who waits for it.
func (c *Call) releaseFutexes() {
	t := c.T
	head := t.RobustHead
	t.RobustHead = 0
	c.lockFutexes()
	if head != 0 && !c.holdsNothing(head) {
		futex.WalkRobust(words{c}, head, t.Tid, func(addr uint64) { c.wakeFutex(addr, 1) })
	}
	woken := c.futexes.Exit(t.Tid, nil)
	c.unlockFutexes()
	tell(woken...)
}
