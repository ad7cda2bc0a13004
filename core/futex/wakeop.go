package futex

import (
	"adyton.dev/adyton/core/linux"
)

// WakeOp does op on the word at addr2, wakes up to n1 waiters of key1 and, if
// the word's old value passes the test in op, up to n2 of key2: FUTEX_WAKE_OP. It
// appends the woken. Errors: EINVAL (an address not aligned, a PI lock's
// waiter), EFAULT, ENOSYS (an unknown operation, or an unknown test after the
// word has changed).
func (t *Table) WakeOp(m Memory, key1 Key, addr1, addr2 uint64, key2 Key, n1, n2 int32, op uint32,
	woken []*Waiter) ([]*Waiter, linux.Errno) {
	if addr1&3 != 0 || addr2&3 != 0 {
		return woken, linux.EINVAL
	}
	a, b := t.bucket(key1), t.bucket(key2)
	lockBoth(a, b)
	defer unlockBoth(a, b)

	passed, e := change(m, addr2, op)
	if e != 0 {
		return woken, e
	}
	if woken, e = t.wake(a, key1, n1, linux.FUTEX_BITSET_MATCH_ANY, woken); e != 0 || !passed {
		return woken, e
	}
	return t.wake(b, key2, n2, linux.FUTEX_BITSET_MATCH_ANY, woken)
}

// change does an encoded operation and reports what its test says.
func change(m Memory, addr uint64, op uint32) (bool, linux.Errno) {
	arg := signed12(op >> 12)
	if op>>28&linux.FUTEX_OP_OPARG_SHIFT != 0 {
		arg = 1 << (uint32(arg) & 31)
	}
	old, e := apply(m, addr, op>>28&7, uint32(arg))
	if e != 0 {
		return false, e
	}
	was, with := int32(old), signed12(op)
	switch op >> 24 & 15 {
	case linux.FUTEX_OP_CMP_EQ:
		return was == with, 0
	case linux.FUTEX_OP_CMP_NE:
		return was != with, 0
	case linux.FUTEX_OP_CMP_LT:
		return was < with, 0
	case linux.FUTEX_OP_CMP_LE:
		return was <= with, 0
	case linux.FUTEX_OP_CMP_GT:
		return was > with, 0
	case linux.FUTEX_OP_CMP_GE:
		return was >= with, 0
	}
	return false, linux.ENOSYS
}

// signed12 is the low 12 bits of v with their sign.
func signed12(v uint32) int32 { return int32(v<<20) >> 20 }

// apply changes the word and returns what it was.
func apply(m Memory, addr uint64, op, arg uint32) (uint32, linux.Errno) {
	if op > linux.FUTEX_OP_XOR {
		return 0, linux.ENOSYS
	}
	old, e := m.Load(addr)
	for e == 0 {
		new := arg
		switch op {
		case linux.FUTEX_OP_ADD:
			new = old + arg
		case linux.FUTEX_OP_OR:
			new = old | arg
		case linux.FUTEX_OP_ANDN:
			new = old &^ arg
		case linux.FUTEX_OP_XOR:
			new = old ^ arg
		}
		var now uint32
		if now, e = m.CompareAndSwap(addr, old, new); e == 0 && now == old {
			return old, 0
		}
		old = now
	}
	return 0, e
}
