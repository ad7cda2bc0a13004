package ipc

import (
	"maps"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Identifiers of System V objects (ipc/util.h): the low bits are an index, the
// others count how often the indices went round, so that a stale id finds
// nothing. At least minCycle indices are used before the first comes again.
const (
	indexBits = 15
	indexMask = 1<<indexBits - 1
	seqMax    = 1<<(31-indexBits) - 1
	minCycle  = 64
)

// sysvObject is a segment, queue or set of semaphores.
type sysvObject interface {
	perms() *sysvPerm
}

// sysvPerm is struct kern_ipc_perm.
type sysvPerm struct {
	id, key    int32
	uid, gid   uint32
	cuid, cgid uint32
	mode       uint32
	seq        uint32
}

func (p *sysvPerm) perms() *sysvPerm { return p }

func (p *sysvPerm) show() ipcapi.SysvPerm {
	return ipcapi.SysvPerm{
		Key: p.key, Uid: p.uid, Gid: p.gid, Cuid: p.cuid, Cgid: p.cgid, Mode: p.mode, Seq: p.seq,
	}
}

// allows is ipcperms: want holds permission bits, of which any third counts.
func (p *sysvPerm) allows(c *ipcapi.Cred, want uint32) bool {
	want = want>>6 | want>>3 | want
	granted := p.mode
	switch {
	case c.Uid == p.cuid || c.Uid == p.uid:
		granted >>= 6
	case inGroup(c, p.cgid) || inGroup(c, p.gid):
		granted >>= 3
	}
	return want&^granted&0o7 == 0 || c.Caps&(1<<linux.CAP_IPC_OWNER) != 0
}

func inGroup(c *ipcapi.Cred, gid uint32) bool { return c.Gid == gid || slices.Contains(c.Groups, gid) }

// owns is the check of ipcctl_obtain_check, for IPC_SET and IPC_RMID.
func (p *sysvPerm) owns(c *ipcapi.Cred) bool {
	return c.Uid == p.cuid || c.Uid == p.uid || c.Caps&(1<<linux.CAP_SYS_ADMIN) != 0
}

// set is ipc_update_perm.
func (p *sysvPerm) set(to *ipcapi.SysvPerm) linux.Errno {
	if to.Uid == ^uint32(0) || to.Gid == ^uint32(0) {
		return linux.EINVAL
	}
	p.uid, p.gid, p.mode = to.Uid, to.Gid, p.mode&^0o777|to.Mode&0o777
	return 0
}

// sysvTable holds the objects of one kind.
type sysvTable[T sysvObject] struct {
	objects map[int32]T // by index
	keys    map[int32]T // those that have a key, by key
	next    int32
	last    int32
	seq     uint32
}

func newSysvTable[T sysvObject]() sysvTable[T] {
	return sysvTable[T]{objects: make(map[int32]T), keys: make(map[int32]T), last: -1}
}

// add gives o an id, and takes key, mode and owner into its perms: ipc_addid.
// Errors: ENOSPC.
func (t *sysvTable[T]) add(o T, key int32, flags uint32, c *ipcapi.Cred, most int) linux.Errno {
	if len(t.objects) >= most {
		return linux.ENOSPC
	}
	limit := min(int32(max(len(t.objects)*3/2, minCycle)), int32(most))
	i := t.next
	for n := int32(0); ; n++ {
		if i >= limit {
			i = 0
		}
		if _, used := t.objects[i]; !used {
			break
		}
		i++
	}
	t.next = i + 1
	if i <= t.last {
		if t.seq++; t.seq >= seqMax {
			t.seq = 0
		}
	}
	t.last = i
	*o.perms() = sysvPerm{
		id: int32(t.seq)<<indexBits | i, key: key, uid: c.Uid, gid: c.Gid, cuid: c.Uid, cgid: c.Gid,
		mode: flags & 0o777, seq: t.seq,
	}
	t.objects[i] = o
	if key != linux.IPC_PRIVATE {
		t.keys[key] = o
	}
	return 0
}

func (t *sysvTable[T]) remove(o T) {
	t.forgetKey(o)
	delete(t.objects, o.perms().id&indexMask)
}

// forgetKey makes o private: nobody finds it by its key any more.
func (t *sysvTable[T]) forgetKey(o T) {
	if p := o.perms(); p.key != linux.IPC_PRIVATE {
		delete(t.keys, p.key)
		p.key = linux.IPC_PRIVATE
	}
}

// byID is ipc_obtain_object_check. Errors: EINVAL, EIDRM (the index has been
// used again).
func (t *sysvTable[T]) byID(id int32) (T, linux.Errno) {
	o, ok := t.objects[id&indexMask]
	switch {
	case id < 0 || !ok:
		return o, linux.EINVAL
	case o.perms().id != id:
		return o, linux.EIDRM
	}
	return o, 0
}

// byIndex is ipc_obtain_object_idr.
func (t *sysvTable[T]) byIndex(i int32) (T, linux.Errno) {
	o, ok := t.objects[i&indexMask]
	if i < 0 || !ok {
		return o, linux.EINVAL
	}
	return o, 0
}

// highest is ipc_get_maxidx, and 0 without objects.
func (t *sysvTable[T]) highest() int32 {
	top := int32(0)
	for i := range t.objects {
		top = max(top, i)
	}
	return top
}

// sorted gives the objects by index.
func (t *sysvTable[T]) sorted() []T {
	all := make([]T, 0, len(t.objects))
	for _, i := range slices.Sorted(maps.Keys(t.objects)) {
		all = append(all, t.objects[i])
	}
	return all
}

// get is ipcget: it finds the object of a key or has make make it; check looks
// at one that is there. Errors: ENOENT, EEXIST, EACCES and those of the two.
func (t *sysvTable[T]) get(key int32, flags uint32, c *ipcapi.Cred, check func(T) linux.Errno, create func() (T, linux.Errno)) (int32, linux.Errno) {
	if key != linux.IPC_PRIVATE {
		if o, ok := t.keys[key]; ok {
			if flags&linux.IPC_CREAT != 0 && flags&linux.IPC_EXCL != 0 {
				return 0, linux.EEXIST
			}
			if e := check(o); e != 0 {
				return 0, e
			}
			if !o.perms().allows(c, flags&0o777) {
				return 0, linux.EACCES
			}
			return o.perms().id, 0
		}
		if flags&linux.IPC_CREAT == 0 {
			return 0, linux.ENOENT
		}
	}
	o, e := create()
	if e != 0 {
		return 0, e
	}
	return o.perms().id, 0
}

// sleeper is a call that waits without a descriptor. Its handle shows POLLIN
// when the call need not wait any more: because it was done for the sleeper, or
// because it should be tried again.
type sleeper struct {
	fileBase
	done   bool
	errno  linux.Errno
	again  func() bool // whether to try again; nil for never
	forget func()      // takes it off the lists of what it waits for
	data   []byte      // what a receiver got
	number int64       // its type or priority
}

func (w *sleeper) level(uint32) uint32 {
	if w.done || w.again != nil && w.again() {
		return linux.POLLIN
	}
	return 0
}

func (w *sleeper) mode() uint32 { return 0 }

func (w *sleeper) read(*IPC, *ipcapi.ReadRequest, *ipcapi.ReadReply) linux.Errno { return linux.EBADF }

func (w *sleeper) write(*IPC, *ipcapi.WriteRequest, *ipcapi.WriteReply) linux.Errno {
	return linux.EBADF
}

func (w *sleeper) ioctl(*IPC, *ipcapi.IoctlRequest, *ipcapi.IoctlReply) linux.Errno {
	return linux.EBADF
}

func (w *sleeper) close(*IPC, *ipcapi.CloseReply) { w.forget() }

// finish ends the sleep with a result.
func (w *sleeper) finish(e linux.Errno, ready *[]ipcapi.Ready) {
	w.done, w.errno = true, e
	wake(w, ready)
}

// sleep makes the caller wait with w.
func (s *IPC) sleep(w *sleeper, wait *ipcapi.Wait, pending *uint64) linux.Errno {
	*pending = s.open(w, inode{})
	*wait = ipcapi.Wait{Handle: *pending, Events: linux.POLLIN}
	return linux.EWAIT
}

// resume goes on with a pending call. It returns the sleeper when that is done,
// and nil with an errno to answer: EBADF, EINTR (cancelled), EWAIT, or 0 when
// the call is to be made anew.
func (s *IPC) resume(handle uint64, cancel bool, wait *ipcapi.Wait, pending *uint64) (*sleeper, linux.Errno) {
	w, ok := s.files.get(handle).(*sleeper)
	if !ok {
		return nil, linux.EBADF
	}
	again := !w.done && w.again != nil && w.again()
	if !w.done && !cancel && !again {
		*pending = handle
		*wait = ipcapi.Wait{Handle: handle, Events: linux.POLLIN}
		return nil, linux.EWAIT
	}
	w.forget()
	s.files.remove(handle)
	switch {
	case w.done:
		return w, w.errno
	case cancel:
		return nil, linux.EINTR
	}
	return nil, 0
}

// seconds is the time of day as System V objects keep it.
func (s *IPC) seconds() int64 { return s.wall() / 1e9 }

// without returns list without its element v.
func without[T comparable](list []T, v T) []T {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
