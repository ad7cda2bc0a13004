package hostproc

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// Read implements platform.Space.
func (pr *process) Read(addr uint64, b []byte) int {
	return pr.transfer(unix.SYS_PROCESS_VM_READV, addr, b)
}

// Write implements platform.Space.
func (pr *process) Write(addr uint64, b []byte) int {
	return pr.transfer(unix.SYS_PROCESS_VM_WRITEV, addr, b)
}

// transfer copies by process_vm_readv or process_vm_writev. The host stops at
// the first page that it cannot reach, and says how far it came only in whole
// iovecs or bytes of the last page: exactly what we report.
func (pr *process) transfer(nr uintptr, addr uint64, b []byte) int {
	if pr.dead || pr.ending || len(b) == 0 {
		return 0
	}
	// The shim's own pages are no app memory.
	if addr >= shimShimBase {
		return 0
	}
	if max := shimShimBase - addr; uint64(len(b)) > max {
		b = b[:max]
	}
	local := unix.Iovec{Base: &b[0], Len: uint64(len(b))}
	remote := unix.RemoteIovec{Base: uintptr(addr), Len: len(b)}
	// SAFETY: both descriptions are alive across the call and b is len(b) long.
	n, _, e := unix.RawSyscall6(nr, uintptr(pr.pid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

// Where the orders of recvmsg keep their structures, in the control page.
const (
	recvHdr     = 0x600
	recvIov     = 0x640
	recvByte    = 0x658
	recvControl = 0x660
	recvLen     = 64
)

// orderRecv makes order i a recvmsg that takes descriptors from the socket.
func (t *thread) orderRecv(i, sock int) {
	at := slotAddr(t.slot)
	le := binary.LittleEndian
	h := t.mb.bytes(recvHdr, 56)
	clear(h)
	le.PutUint64(h[16:], at+recvIov)
	le.PutUint64(h[24:], 1)
	le.PutUint64(h[32:], at+recvControl)
	le.PutUint64(h[40:], recvLen)
	v := t.mb.bytes(recvIov, 16)
	le.PutUint64(v[0:], at+recvByte)
	le.PutUint64(v[8:], 1)
	t.mb.order(i, unix.SYS_RECVMSG, uint64(sock), at+recvHdr, 0)
}

// send passes descriptors of ours to the process's socket.
func (pr *process) send(fds ...int) linux.Errno {
	err := unix.Sendmsg(pr.sock, []byte{0}, unix.UnixRights(fds...), nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
	if e, ok := err.(unix.Errno); ok {
		return linux.Errno(e)
	}
	return 0
}

// Apply implements platform.Space.
func (pr *process) Apply(pt platform.Thread, ops []platform.Op) (int, linux.Errno) {
	t := pt.(*thread)
	defer func() { pr.starting = false }()
	if !pr.stale && len(pr.strays) == 0 {
		return t.applyAll(ops)
	}
	rest, index, old := pr.reuse(ops)
	n, e := t.applyAll(rest)
	if e != 0 {
		return index[n], e
	}
	for _, i := range old {
		if e := pr.rewrite(&ops[i]); e != 0 {
			return i, e
		}
	}
	return len(ops), 0
}

func (t *thread) applyAll(ops []platform.Op) (int, linux.Errno) {
	done := 0
	for done < len(ops) {
		n, e := t.applySome(ops[done:])
		for i := range ops[done : done+n] {
			t.proc.note(&ops[done+i])
		}
		done += n
		if e != 0 {
			return done, e
		}
	}
	return done, 0
}

// maxOrders is how many orders one trip takes.
const maxOrders = 16

// applySome makes as many ops as fit into one trip.
func (t *thread) applySome(ops []platform.Op) (int, linux.Errno) {
	var ends [maxOrders]int // orders made once op i is done
	n, k := 0, 0
	var opened []int
	defer func() {
		for _, fd := range opened {
			unix.Close(fd)
		}
	}()
	for ; k < len(ops); k++ {
		op := &ops[k]
		need := 1
		if op.Kind == platform.OpMapFile {
			need = 3
		}
		if n+need > maxOrders {
			break
		}
		switch op.Kind {
		case platform.OpMapAnon:
			t.mb.order(n, unix.SYS_MMAP, op.Addr, op.Length, uint64(op.Prot),
				uint64(op.Flags)|linux.MAP_FIXED|linux.MAP_ANONYMOUS, ^uint64(0), 0)
			n++
		case platform.OpMapFile:
			fd, e := entitled(op, &opened)
			if e != 0 {
				return 0, e
			}
			if e := t.proc.send(fd); e != 0 {
				return 0, e
			}
			t.orderRecv(n, t.proc.appSock)
			t.mb.order(n+1, unix.SYS_MMAP, op.Addr, op.Length, uint64(op.Prot), uint64(op.Flags)|linux.MAP_FIXED, 0, op.Offset)
			t.mb.order(n+2, unix.SYS_CLOSE, 0)
			n += 3
		case platform.OpUnmap:
			t.mb.order(n, unix.SYS_MUNMAP, op.Addr, op.Length)
			n++
		case platform.OpProtect:
			t.mb.order(n, unix.SYS_MPROTECT, op.Addr, op.Length, uint64(op.Prot))
			n++
		case platform.OpRemap:
			const fixed = linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED
			if op.NewAddr == op.Addr {
				t.mb.order(n, unix.SYS_MREMAP, op.Addr, op.Length, op.NewLength, 0, 0)
			} else {
				t.mb.order(n, unix.SYS_MREMAP, op.Addr, op.Length, op.NewLength, fixed|uint64(op.Flags), op.NewAddr)
			}
			n++
		case platform.OpAdvise:
			t.mb.order(n, unix.SYS_MADVISE, op.Addr, op.Length, uint64(op.Advice))
			n++
		default:
			return 0, linux.EINVAL
		}
		if op.Addr+op.Length > shimShimBase || op.Addr+op.Length < op.Addr ||
			op.NewAddr+op.NewLength > shimShimBase || op.NewAddr+op.NewLength < op.NewAddr {
			return 0, linux.ENOMEM
		}
		ends[k] = n
	}
	ran, e := t.run(n)
	if e == 0 {
		return k, 0
	}
	done := 0
	for done < k && ends[done] <= ran {
		done++
	}
	// A hint that the host does not know is no failure.
	if ops[done].Kind == platform.OpAdvise && e == linux.EINVAL && ops[done].Advice == linux.MADV_HUGEPAGE {
		return done + 1, 0
	}
	if ops[done].Kind == platform.OpMapFile && ran > 0 {
		// The descriptor stayed open when its mmap failed.
		t.mb.order(0, unix.SYS_CLOSE, 0)
		t.run(1)
	}
	return done, e
}

// entitled gives the descriptor that confers exactly what op may do: one that
// is opened read-only unless the mapping may write the file.
func entitled(op *platform.Op, opened *[]int) (int, linux.Errno) {
	flags, err := unix.FcntlInt(uintptr(op.FD), unix.F_GETFL, 0)
	if err != nil {
		return -1, linux.EBADF
	}
	if op.Write || flags&unix.O_ACCMODE == unix.O_RDONLY {
		return op.FD, 0
	}
	fd, err := readOnly(op.FD)
	if err != nil {
		return -1, linux.EACCES
	}
	*opened = append(*opened, fd)
	return fd, 0
}

// CompareAndSwap implements platform.Space.
func (pr *process) CompareAndSwap(pt platform.Thread, addr uint64, old, new uint32) (uint32, linux.Errno) {
	t := pt.(*thread)
	if addr%4 != 0 {
		return 0, linux.EINVAL
	}
	if addr >= shimShimBase {
		return 0, linux.EFAULT
	}
	t.mb.store(shimMbCopyDst, addr)
	t.mb.store32(shimMbSwapOld, old)
	t.mb.store32(shimMbSwapNew, new)
	if !t.act(shimActSwap) {
		return 0, linux.ESRCH
	}
	if atomic.LoadUint32(t.mb.u32(shimMbFault)) != 0 {
		return 0, linux.EFAULT
	}
	return atomic.LoadUint32(t.mb.u32(shimMbSwapOld)), 0
}

// Resident implements platform.Space.
func (pr *process) Resident() (all, private uint64) {
	if pr.dead || pr.ending {
		return 0, 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pr.pid))
	if err != nil {
		return 0, 0
	}
	var total, resident, shared uint64
	fmt.Sscan(string(b), &total, &resident, &shared)
	// What a blank process has is the shim's.
	resident -= min(pr.p.shimPages, resident)
	shared -= min(pr.p.shimPages, shared)
	return resident * pageSize, (resident - min(shared, resident)) * pageSize
}
