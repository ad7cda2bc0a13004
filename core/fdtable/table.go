package fdtable

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"adyton.dev/adyton/core/linux"
)

// Table maps descriptor numbers to descriptions. Threads share one unless they
// were made without CLONE_FILES.
type Table struct {
	users atomic.Int32

	mu    sync.RWMutex
	files []*File
	used  []uint64 // bitmap of numbers in use
	exec  []uint64 // bitmap of numbers with FD_CLOEXEC
}

// New makes an empty table with one user.
func New() *Table {
	t := &Table{}
	t.users.Store(1)
	return t
}

// Share adds a user and returns t.
func (t *Table) Share() *Table {
	t.users.Add(1)
	return t
}

// Shared reports whether others use the table too.
func (t *Table) Shared() bool { return t.users.Load() > 1 }

// Release drops a user. It returns the files to unref when that was the last.
func (t *Table) Release() []*File {
	if t.users.Add(-1) > 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*File
	for _, f := range t.files {
		if f != nil {
			out = append(out, f)
		}
	}
	t.files, t.used, t.exec = nil, nil, nil
	return out
}

// Copy makes a table of its own with the same files, for fork.
func (t *Table) Copy() *Table {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := &Table{files: append([]*File(nil), t.files...), used: append([]uint64(nil), t.used...), exec: append([]uint64(nil), t.exec...)}
	n.users.Store(1)
	for _, f := range n.files {
		if f != nil {
			f.Ref()
		}
	}
	return n
}

// Get gives the file of a number and takes a reference for the call.
func (t *Table) Get(fd int32) (*File, linux.Errno) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if uint(fd) >= uint(len(t.files)) || t.files[fd] == nil {
		return nil, linux.EBADF
	}
	return t.files[fd].Ref(), 0
}

// Insert gives f the lowest free number from min on, below limit, and takes
// over the caller's reference. Errors: EMFILE, EINVAL (min at or past limit).
func (t *Table) Insert(f *File, min int32, limit uint64, cloexec bool) (int32, linux.Errno) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if min < 0 || uint64(min) >= limit {
		return -1, linux.EINVAL
	}
	fd := t.lowest(int(min))
	if uint64(fd) >= limit {
		return -1, linux.EMFILE
	}
	t.set(fd, f, cloexec)
	return int32(fd), 0
}

// Free is the lowest number from min on that Insert would give.
func (t *Table) Free(min int32) int32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return int32(t.lowest(int(min)))
}

// Size is one past the highest number that the table has room for now, a
// multiple of 64.
func (t *Table) Size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return max(len(t.files), 64)
}

// Full reports whether no number below limit is free.
func (t *Table) Full(limit uint64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return uint64(t.lowest(0)) >= limit
}

// Replace puts f at fd and returns what was there, for the caller to unref.
// Errors: EBADF (fd at or past limit).
func (t *Table) Replace(f *File, fd int32, limit uint64, cloexec bool) (*File, linux.Errno) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if fd < 0 || uint64(fd) >= limit {
		return nil, linux.EBADF
	}
	var old *File
	if int(fd) < len(t.files) {
		old = t.files[fd]
	}
	t.set(int(fd), f, cloexec)
	return old, 0
}

// Remove takes a number away and returns its file, for the caller to unref.
func (t *Table) Remove(fd int32) (*File, linux.Errno) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if uint(fd) >= uint(len(t.files)) || t.files[fd] == nil {
		return nil, linux.EBADF
	}
	f := t.files[fd]
	t.files[fd] = nil
	t.used[fd/64] &^= 1 << (fd % 64)
	t.exec[fd/64] &^= 1 << (fd % 64)
	return f, 0
}

// RemoveRange takes all numbers from first to last away and returns the files.
func (t *Table) RemoveRange(first, last uint32) []*File {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*File
	for fd := uint64(first); fd <= uint64(last) && fd < uint64(len(t.files)); fd++ {
		if f := t.files[fd]; f != nil {
			out = append(out, f)
			t.files[fd] = nil
			t.used[fd/64] &^= 1 << (fd % 64)
			t.exec[fd/64] &^= 1 << (fd % 64)
		}
	}
	return out
}

// Cloexec reports FD_CLOEXEC of a number.
func (t *Table) Cloexec(fd int32) (bool, linux.Errno) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if uint(fd) >= uint(len(t.files)) || t.files[fd] == nil {
		return false, linux.EBADF
	}
	return t.exec[fd/64]>>(fd%64)&1 != 0, 0
}

// SetCloexec sets or clears FD_CLOEXEC of the numbers from first to last.
func (t *Table) SetCloexec(first, last uint32, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for fd := uint64(first); fd <= uint64(last) && fd < uint64(len(t.files)); fd++ {
		if t.files[fd] == nil {
			continue
		}
		if on {
			t.exec[fd/64] |= 1 << (fd % 64)
		} else {
			t.exec[fd/64] &^= 1 << (fd % 64)
		}
	}
}

// CloseOnExec takes all numbers with FD_CLOEXEC away and returns the files.
func (t *Table) CloseOnExec() []*File {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*File
	for w, b := range t.exec {
		for ; b != 0; b &= b - 1 {
			fd := w*64 + bits.TrailingZeros64(b)
			if f := t.files[fd]; f != nil {
				out = append(out, f)
				t.files[fd] = nil
			}
			t.used[w] &^= 1 << (fd % 64)
		}
		t.exec[w] = 0
	}
	return out
}

// Each calls do for every number in order, without a reference.
func (t *Table) Each(do func(fd int32, f *File)) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for fd, f := range t.files {
		if f != nil {
			do(int32(fd), f)
		}
	}
}

func (t *Table) lowest(min int) int {
	for w := min / 64; w < len(t.used); w++ {
		free := ^t.used[w]
		if w == min/64 {
			free &= ^uint64(0) << (min % 64)
		}
		if free != 0 {
			return w*64 + bits.TrailingZeros64(free)
		}
	}
	return max(min, len(t.used)*64)
}

func (t *Table) set(fd int, f *File, cloexec bool) {
	for fd >= len(t.files) {
		t.files = append(t.files, make([]*File, 64)...)
		t.used = append(t.used, 0)
		t.exec = append(t.exec, 0)
	}
	t.files[fd] = f
	t.used[fd/64] |= 1 << (fd % 64)
	if cloexec {
		t.exec[fd/64] |= 1 << (fd % 64)
	} else {
		t.exec[fd/64] &^= 1 << (fd % 64)
	}
}
