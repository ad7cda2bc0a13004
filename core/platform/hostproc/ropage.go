package hostproc

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// roPage is the page that every app process can read: the clock, and which
// calls the shim answers itself. The core has it mapped writable.
type roPage struct {
	fd int // read-only descriptor for the apps
	b  []byte
}

// Which identity word answers which call.
var identCalls = map[int]byte{
	unix.SYS_GETPID: 0, unix.SYS_GETTID: 1, unix.SYS_GETPPID: 2, unix.SYS_GETUID: 3,
	unix.SYS_GETEUID: 4, unix.SYS_GETGID: 5, unix.SYS_GETEGID: 6,
}

// Small input buffers that come with the call: argument of the address, and of
// the length, or a string, or a signal frame.
var captured = map[int]byte{
	unix.SYS_WRITE: 1 | 2<<3 | 1<<6, unix.SYS_PWRITE64: 1 | 2<<3 | 1<<6, unix.SYS_SENDTO: 1 | 2<<3 | 1<<6,
	unix.SYS_OPEN: 0 | 2<<6, unix.SYS_OPENAT: 1 | 2<<6, unix.SYS_STAT: 0 | 2<<6, unix.SYS_LSTAT: 0 | 2<<6,
	unix.SYS_ACCESS: 0 | 2<<6, unix.SYS_NEWFSTATAT: 1 | 2<<6, unix.SYS_STATX: 1 | 2<<6,
	unix.SYS_FACCESSAT: 1 | 2<<6, unix.SYS_FACCESSAT2: 1 | 2<<6, unix.SYS_READLINK: 0 | 2<<6,
	unix.SYS_READLINKAT: 1 | 2<<6, unix.SYS_UNLINK: 0 | 2<<6, unix.SYS_UNLINKAT: 1 | 2<<6,
	unix.SYS_RT_SIGRETURN: 3 << 6, unix.SYS_MKDIR: 0 | 2<<6, unix.SYS_CHDIR: 0 | 2<<6, unix.SYS_EXECVE: 0 | 2<<6,
}

func newROPage() (roPage, error) {
	fd, err := unix.MemfdCreate("adyton-ro", unix.MFD_CLOEXEC)
	if err != nil {
		return roPage{}, fmt.Errorf("memfd_create for the read-only page: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, pageSize); err != nil {
		return roPage{}, fmt.Errorf("size the read-only page: %w", err)
	}
	b, err := unix.Mmap(fd, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return roPage{}, fmt.Errorf("map the read-only page: %w", err)
	}
	ro, err := readOnly(fd)
	if err != nil {
		return roPage{}, err
	}
	for nr, i := range identCalls {
		// getppid is handed over: a parent's death must be seen at once.
		if nr != unix.SYS_GETPPID {
			b[shimRoTable+nr] = shimTabIdent + i
		}
	}
	b[shimRoTable+unix.SYS_SCHED_YIELD] = shimTabYield
	b[shimRoTable+unix.SYS_FUTEX] = shimTabFutex
	b[shimRoTable+unix.SYS_CLOCK_GETTIME] = shimTabClock
	for _, nr := range []int{unix.SYS_FUTEX_WAITV, unix.SYS_FUTEX_WAKE, unix.SYS_FUTEX_WAIT, unix.SYS_FUTEX_REQUEUE} {
		b[shimRoTable+nr] = shimTabHost
	}
	for nr, c := range captured {
		b[shimRoCapture+nr] = c
	}
	return roPage{fd: ro, b: b}, nil
}

// host says whether the shim passes the call to the host.
func (r *roPage) host(nr uint64) bool {
	return nr < 512 && (r.b[shimRoTable+nr] == shimTabFutex || r.b[shimRoTable+nr] == shimTabHost)
}

// setGear tells the shims whom they wake: see shimRoGear.
func (r *roPage) setGear(v uint32) {
	// SAFETY: the page is mapped for good and the offset is inside it.
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&r.b[shimRoGear])), v)
}

// readOnly opens a second description of a memory file that confers only
// reading.
func readOnly(fd int) (int, error) {
	ro, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("reopen a memory file read-only: %w", err)
	}
	return ro, nil
}

// setClock publishes a straight line from TSC ticks to ns, by a seqlock.
func (r *roPage) setClock(tsc, mult uint64, mono, wall int64) {
	// SAFETY: the page is mapped for good and the offset is inside it.
	seq := (*uint32)(unsafe.Pointer(&r.b[shimRoClockSeq]))
	atomic.AddUint32(seq, 1)
	le := binary.LittleEndian
	le.PutUint64(r.b[shimRoClockTsc:], tsc)
	le.PutUint64(r.b[shimRoClockMult:], mult)
	le.PutUint64(r.b[shimRoClockMono:], uint64(mono))
	le.PutUint64(r.b[shimRoClockWall:], uint64(wall))
	le.PutUint32(r.b[shimRoClockMode:], 1)
	atomic.AddUint32(seq, 1)
}
