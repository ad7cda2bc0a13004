package hostproc

import (
	"sync/atomic"
	"unsafe"

	"adyton.dev/adyton/core/platform"
)

// mailbox is one slot of a process's shared memory, mapped here for the life
// of the process. The app can write all of it at any time.
type mailbox struct{ base unsafe.Pointer }

func (m mailbox) u32(off uintptr) *uint32 {
	// SAFETY: base is a mapping of shimSlotSize bytes and off is one of the
	// shimMb constants below that, aligned to 4.
	return (*uint32)(unsafe.Add(m.base, off))
}

func (m mailbox) u64(off uintptr) *uint64 {
	// SAFETY: as u32, aligned to 8.
	return (*uint64)(unsafe.Add(m.base, off))
}

func (m mailbox) load(off uintptr) uint64     { return atomic.LoadUint64(m.u64(off)) }
func (m mailbox) store(off uintptr, v uint64) { *m.u64(off) = v }
func (m mailbox) store32(off uintptr, v uint32) {
	*m.u32(off) = v
}

// bytes gives n bytes of the slot at off, n and off bounded by the caller.
func (m mailbox) bytes(off, n uintptr) []byte {
	if off > shimSlotSize || n > shimSlotSize-off {
		panic("hostproc: mailbox span out of the slot")
	}
	// SAFETY: just checked to lie inside the slot's mapping.
	return unsafe.Slice((*byte)(unsafe.Add(m.base, off)), n)
}

// regs is the context area, in the order of platform.Regs.
func (m mailbox) regs() *platform.Regs {
	// SAFETY: the area has 18 words at an aligned offset inside the slot.
	return (*platform.Regs)(unsafe.Add(m.base, shimMbCtx))
}

// order writes order number i.
func (m mailbox) order(i int, nr uintptr, args ...uint64) {
	off := uintptr(shimMbOrders + 64*i)
	m.store(off, uint64(nr))
	for j, a := range args {
		m.store(off+8+8*uintptr(j), a)
	}
	for j := len(args); j < 6; j++ {
		m.store(off+8+8*uintptr(j), 0)
	}
}

// result reads what order i returned.
func (m mailbox) result(i int) uint64 { return m.load(uintptr(shimMbOrders + 64*i + 56)) }
