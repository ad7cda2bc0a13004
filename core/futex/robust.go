package futex

import (
	"adyton.dev/adyton/core/linux"
)

// RobustMemory is a Memory that can read pointers too.
type RobustMemory interface {
	Memory
	// Load64 reads the 64-bit word at addr.
	Load64(addr uint64) (uint64, linux.Errno)
}

// WalkRobust marks what a thread that ends holds of its robust list, whose head
// is at head (0 for none), and calls wake for each word of which one waiter is
// to be woken, as by a FUTEX_WAKE without FUTEX_PRIVATE_FLAG. The list is the
// app's: it stops at the first sign that something is wrong with it, and after
// ROBUST_LIST_LIMIT entries (exit_robust_list).
func WalkRobust(m RobustMemory, head uint64, task int32, wake func(addr uint64)) {
	if head == 0 {
		return
	}
	// struct robust_list_head: the first entry, the offset from an entry to its
	// word, and the entry that is being locked or unlocked.
	entry, pi, e := loadEntry(m, head)
	if e != 0 {
		return
	}
	offset, e := m.Load64(head + 8)
	if e != 0 {
		return
	}
	pending, pendingPI, e := loadEntry(m, head+16)
	if e != 0 {
		return
	}

	for left := linux.ROBUST_LIST_LIMIT; entry != head && left > 0; left-- {
		// The entry may be gone once its word is free.
		next, nextPI, e := loadEntry(m, entry)
		if entry != pending && !died(m, entry+offset, task, pi, false, wake) {
			return
		}
		if e != 0 {
			return
		}
		entry, pi = next, nextPI
	}
	if pending != 0 {
		died(m, pending+offset, task, pendingPI, true, wake)
	}
}

// loadEntry reads a pointer to an entry; bit 0 marks a PI lock.
func loadEntry(m RobustMemory, addr uint64) (entry uint64, pi bool, e linux.Errno) {
	v, e := m.Load64(addr)
	return v &^ 1, v&1 != 0, e
}

// died marks one word (handle_futex_death). pending says that the thread was in
// the middle of locking or unlocking it. It reports false when the word is bad.
func died(m Memory, addr uint64, task int32, pi, pending bool, wake func(uint64)) bool {
	if CheckAddr(addr) != 0 {
		return false
	}
	for {
		word, e := m.Load(addr)
		if e != 0 {
			return false
		}
		owner := word & linux.FUTEX_TID_MASK
		if owner != uint32(task) {
			// The thread may have unlocked the word and not told anyone yet, or
			// been told itself and not locked it.
			if pending && !pi && (owner == 0 || word&linux.FUTEX_WAITERS == 0) {
				wake(addr)
			}
			return true
		}
		now, e := m.CompareAndSwap(addr, word, word&linux.FUTEX_WAITERS|linux.FUTEX_OWNER_DIED)
		if e != 0 {
			return false
		}
		if now != word {
			continue
		}
		// Waiters of a PI lock are Exit's.
		if !pi && word&linux.FUTEX_WAITERS != 0 {
			wake(addr)
		}
		return true
	}
}
