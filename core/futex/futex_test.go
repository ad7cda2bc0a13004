package futex

import (
	"slices"
	"sync/atomic"
	"testing"

	"adyton.dev/adyton/core/linux"
)

// memory is a page of words from address 0x1000 on.
type memory struct {
	words [1024]atomic.Uint32
	// readOnly is the index of a word that cannot be written, 0 for none.
	readOnly int
}

const page = 0x1000

func (m *memory) word(addr uint64) *atomic.Uint32 {
	if addr < page || addr >= page+4096 {
		return nil
	}
	return &m.words[(addr-page)/4]
}

func (m *memory) Load(addr uint64) (uint32, linux.Errno) {
	if w := m.word(addr); w != nil {
		return w.Load(), 0
	}
	return 0, linux.EFAULT
}

func (m *memory) Load64(addr uint64) (uint64, linux.Errno) {
	low, e := m.Load(addr)
	if e != 0 {
		return 0, e
	}
	high, e := m.Load(addr + 4)
	return uint64(high)<<32 | uint64(low), e
}

func (m *memory) CompareAndSwap(addr uint64, old, new uint32) (uint32, linux.Errno) {
	w := m.word(addr)
	if w == nil || m.readOnly != 0 && w == &m.words[m.readOnly] {
		return 0, linux.EFAULT
	}
	for {
		now := w.Load()
		if now != old {
			return now, 0
		}
		if w.CompareAndSwap(old, new) {
			return old, 0
		}
	}
}

func (m *memory) set(addr uint64, v uint32) { m.word(addr).Store(v) }

func (m *memory) set64(addr, v uint64) {
	m.set(addr, uint32(v))
	m.set(addr+4, uint32(v>>32))
}

func private(addr uint64) Key { return Key{Space: 1, Addr: addr} }

// wants compares an errno.
func wants(t *testing.T, what string, got, want linux.Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// wait queues a new waiter on a word that is 0.
func wait(t *testing.T, tab *Table, m *memory, addr uint64, bitset uint32) *Waiter {
	t.Helper()
	w := new(Waiter)
	wants(t, "Wait", tab.Wait(m, addr, private(addr), m.word(addr).Load(), bitset, w), 0)
	if !w.Queued() {
		t.Fatal("the waiter is not queued")
	}
	return w
}

const all = linux.FUTEX_BITSET_MATCH_ANY

func wake(t *testing.T, tab *Table, addr uint64, n int32, bitset uint32) []*Waiter {
	t.Helper()
	woken, e := tab.Wake(private(addr), n, bitset, nil)
	wants(t, "Wake", e, 0)
	return woken
}

// same compares the woken with those wanted, in order.
func same(t *testing.T, what string, got []*Waiter, want ...*Waiter) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s woke %d waiters %v, want %d %v", what, len(got), got, len(want), want)
	}
	for _, w := range got {
		if w.Queued() {
			t.Errorf("%s left a waiter queued", what)
		}
	}
}

func TestWaitChecksFirst(t *testing.T) {
	tab, m := New(), new(memory)
	m.set(page, 7)
	w := new(Waiter)
	wants(t, "Wait without bits", tab.Wait(m, page+1, private(page), 7, 0, w), linux.EINVAL)
	wants(t, "Wait on an odd address", tab.Wait(m, page+1, private(page), 7, all, w), linux.EINVAL)
	wants(t, "Wait on no memory", tab.Wait(m, 8, private(8), 7, all, w), linux.EFAULT)
	wants(t, "Wait for another value", tab.Wait(m, page, private(page), 8, all, w), linux.EAGAIN)
	if w.Queued() || tab.Waiting() != 0 {
		t.Error("a wait that failed left something queued")
	}
}

func TestWakeInOrder(t *testing.T) {
	tab, m := New(), new(memory)
	a, b, c := wait(t, tab, m, page, all), wait(t, tab, m, page, all), wait(t, tab, m, page, all)
	other := wait(t, tab, m, page+4, all)
	same(t, "Wake(2)", wake(t, tab, page, 2, all), a, b)
	same(t, "Wake(0)", wake(t, tab, page, 0, all), c)
	same(t, "Wake of nobody", wake(t, tab, page, 9, all))
	if !other.Queued() || tab.Waiting() != 1 {
		t.Errorf("%d waiters left, want the one on the other word", tab.Waiting())
	}
}

func TestWakeByPriority(t *testing.T) {
	tab, m := New(), new(memory)
	var ws [4]*Waiter
	for i, priority := range []int32{0, -5, 0, -9} {
		ws[i] = &Waiter{Priority: priority}
		wants(t, "Wait", tab.Wait(m, page, private(page), 0, all, ws[i]), 0)
	}
	same(t, "Wake", wake(t, tab, page, 9, all), ws[3], ws[1], ws[0], ws[2])
}

func TestWakeByBits(t *testing.T) {
	tab, m := New(), new(memory)
	a, b := wait(t, tab, m, page, 1), wait(t, tab, m, page, 6)
	same(t, "Wake(8)", wake(t, tab, page, 9, 8))
	same(t, "Wake(2)", wake(t, tab, page, 9, 2), b)
	same(t, "Wake(1)", wake(t, tab, page, 9, 1), a)
	_, e := tab.Wake(private(page), 1, 0, nil)
	wants(t, "Wake without bits", e, linux.EINVAL)
}

func TestKeysKeepApart(t *testing.T) {
	tab, m := New(), new(memory)
	wait(t, tab, m, page, all)
	for _, k := range []Key{{Space: 2, Addr: page}, {Space: 1, Addr: page, Shared: true}, {Space: 1, Addr: page + 4}} {
		if woken, e := tab.Wake(k, 9, all, nil); e != 0 || len(woken) != 0 {
			t.Errorf("Wake(%+v) = %d waiters, %v, want none", k, len(woken), e)
		}
	}
}

func TestCancel(t *testing.T) {
	tab, m := New(), new(memory)
	a, b := wait(t, tab, m, page, all), wait(t, tab, m, page, all)
	if !tab.Cancel(a) || tab.Cancel(a) {
		t.Error("Cancel of a waiter = false, or twice true")
	}
	same(t, "Wake", wake(t, tab, page, 9, all), b)
	if tab.Cancel(b) {
		t.Error("Cancel of a woken waiter = true")
	}
	// Both can wait again.
	wants(t, "Wait", tab.Wait(m, page, private(page), 0, all, a), 0)
	same(t, "Wake", wake(t, tab, page, 9, all), a)
}

func TestRequeue(t *testing.T) {
	tab, m := New(), new(memory)
	a, b, c, d := wait(t, tab, m, page, all), wait(t, tab, m, page, all), wait(t, tab, m, page, all), wait(t, tab, m, page, all)
	woken, n, e := tab.Requeue(m, page, private(page), private(page+64), 1, 2, false, 0, nil)
	wants(t, "Requeue", e, 0)
	same(t, "Requeue", woken, a)
	if n != 3 {
		t.Errorf("Requeue = %d, want 3", n)
	}
	same(t, "Wake of the second word", wake(t, tab, page+64, 9, all), b, c)
	same(t, "Wake of the first word", wake(t, tab, page, 9, all), d)
}

func TestRequeueMovesThenCancel(t *testing.T) {
	tab, m := New(), new(memory)
	a := wait(t, tab, m, page, all)
	tab.Requeue(m, page, private(page), private(page+64), 0, 1, false, 0, nil)
	if !tab.Cancel(a) || tab.Waiting() != 0 {
		t.Error("Cancel of a moved waiter failed")
	}
}

func TestRequeueErrors(t *testing.T) {
	tab, m := New(), new(memory)
	a := wait(t, tab, m, page, all)
	for _, c := range []struct {
		addr       uint64
		wake, move int32
		val        uint32
		want       linux.Errno
	}{{page, -1, 0, 0, linux.EINVAL}, {page, 0, -1, 0, linux.EINVAL}, {page + 2, 1, 1, 0, linux.EINVAL},
		{8, 1, 1, 0, linux.EFAULT}, {page, 1, 1, 5, linux.EAGAIN}} {
		_, _, e := tab.Requeue(m, c.addr, private(page), private(page+64), c.wake, c.move, true, c.val, nil)
		wants(t, "Requeue", e, c.want)
	}
	if !a.Queued() {
		t.Error("a failed Requeue woke a waiter")
	}
	// Onto itself everybody counts and nobody moves.
	_, n, e := tab.Requeue(m, page, private(page), private(page), 0, 5, true, 0, nil)
	wants(t, "Requeue onto itself", e, 0)
	if n != 1 || !a.Queued() {
		t.Errorf("Requeue onto itself = %d, want 1", n)
	}
}

func TestWakeOp(t *testing.T) {
	op := func(op, arg, cmp, with uint32) uint32 { return op<<28 | cmp<<24 | (arg&0xfff)<<12 | with&0xfff }
	minus := uint32(0xfff) // -1
	for _, c := range []struct {
		name       string
		op, was    uint32
		want       uint32
		wakesOther bool
	}{
		{"set, eq", op(linux.FUTEX_OP_SET, 5, linux.FUTEX_OP_CMP_EQ, 3), 3, 5, true},
		{"set, eq fails", op(linux.FUTEX_OP_SET, 5, linux.FUTEX_OP_CMP_EQ, 3), 4, 5, false},
		{"add -1, gt", op(linux.FUTEX_OP_ADD, minus, linux.FUTEX_OP_CMP_GT, 0), 1, 0, true},
		{"add, lt is signed", op(linux.FUTEX_OP_ADD, 1, linux.FUTEX_OP_CMP_LT, 0), 0xffffffff, 0, true},
		{"or, ne", op(linux.FUTEX_OP_OR, 6, linux.FUTEX_OP_CMP_NE, 1), 1, 7, false},
		{"andn, le", op(linux.FUTEX_OP_ANDN, 6, linux.FUTEX_OP_CMP_LE, 7), 7, 1, true},
		{"xor, ge -1", op(linux.FUTEX_OP_XOR, 3, linux.FUTEX_OP_CMP_GE, minus), 1, 2, true},
		{"shift", op(linux.FUTEX_OP_OR|linux.FUTEX_OP_OPARG_SHIFT, 4, linux.FUTEX_OP_CMP_EQ, 0), 0, 16, true},
		{"shift by too much", op(linux.FUTEX_OP_SET|linux.FUTEX_OP_OPARG_SHIFT, 33, linux.FUTEX_OP_CMP_EQ, 1), 0, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab, m := New(), new(memory)
			a, b := wait(t, tab, m, page, all), wait(t, tab, m, page+4, all)
			m.set(page+4, c.was)
			woken, e := tab.WakeOp(m, private(page), page, page+4, private(page+4), 1, 1, c.op, nil)
			wants(t, "WakeOp", e, 0)
			if c.wakesOther {
				same(t, "WakeOp", woken, a, b)
			} else {
				same(t, "WakeOp", woken, a)
			}
			if got := m.word(page + 4).Load(); got != c.want {
				t.Errorf("the word is %#x, want %#x", got, c.want)
			}
		})
	}
}

func TestWakeOpErrors(t *testing.T) {
	tab, m := New(), new(memory)
	a := wait(t, tab, m, page, all)
	for _, c := range []struct {
		addr1, addr2 uint64
		op           uint32
		want         linux.Errno
	}{{page + 1, page + 4, 0, linux.EINVAL}, {page, page + 5, 0, linux.EINVAL}, {page, 8, 0, linux.EFAULT},
		{page, page + 4, 5 << 28, linux.ENOSYS}, {page, page + 4, 9<<24 | 3<<12, linux.ENOSYS}} {
		_, e := tab.WakeOp(m, private(page), c.addr1, c.addr2, private(c.addr2), 1, 1, c.op, nil)
		wants(t, "WakeOp", e, c.want)
	}
	if !a.Queued() {
		t.Error("a failed WakeOp woke a waiter")
	}
	// An unknown test is found after the word has changed.
	if got := m.word(page + 4).Load(); got != 3 {
		t.Errorf("the word is %d, want 3", got)
	}
}

func TestWaitEach(t *testing.T) {
	tab, m := New(), new(memory)
	vector := make([]Target, 3)
	for i := range vector {
		addr := uint64(page + 4*i)
		vector[i] = Target{Addr: addr, Key: private(addr), Waiter: new(Waiter)}
	}
	_, e := tab.WaitEach(m, vector)
	wants(t, "WaitEach", e, 0)
	same(t, "Wake", wake(t, tab, page+4, 1, all), vector[1].Waiter)
	if got := tab.CancelEach(vector); got != 1 || tab.Waiting() != 0 {
		t.Errorf("CancelEach = %d with %d left, want 1 and 0", got, tab.Waiting())
	}
	m.set(page+8, 1)
	_, e = tab.WaitEach(m, vector)
	wants(t, "WaitEach with another value", e, linux.EAGAIN)
	if tab.Waiting() != 0 {
		t.Errorf("%d waiters left, want none", tab.Waiting())
	}
}

// TestAllocs guards the paths without PI locks.
func TestAllocs(t *testing.T) {
	tab, m, w := New(), new(memory), new(Waiter)
	woken := make([]*Waiter, 0, 4)
	k := private(page)
	if n := testing.AllocsPerRun(100, func() {
		tab.Wait(m, page, k, 0, all, w)
		woken, _ = tab.Wake(k, 1, all, woken[:0])
		tab.Wait(m, page, k, 0, all, w)
		tab.Cancel(w)
	}); n != 0 {
		t.Errorf("%v allocations a round, want 0", n)
	}
}

// BenchmarkWakeNobody times the commonest call.
func BenchmarkWakeNobody(b *testing.B) {
	tab, k := New(), private(page)
	for b.Loop() {
		tab.Wake(k, 1, all, nil)
	}
}
