package mm

import (
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// access is the protection bits that an area keeps; PROT_SEM and unknown ones
// have no effect on amd64.
const access = linux.PROT_READ | linux.PROT_WRITE | linux.PROT_EXEC

type span struct{ start, end uint64 }

// space is one address space.
type space struct {
	mm *MM

	// mu guards all below.
	mu   *sync.Mutex
	dead bool

	low, high, mmapTop uint64
	// reserved is in order of address.
	reserved []span
	limits   mmapi.Limits

	list areas.List
	// family is that of memory mapped now; see areas.Attr.
	family uint32
	// lockNew is Locked and LockOnFault after mlockall(MCL_FUTURE).
	lockNew areas.Flag

	// The break, its lowest value, and the end of what the host has mapped
	// above it (see brk.go), 0 when that is nothing.
	brkStart, brk, ahead uint64
	// stackTop is the end of the initial stack.
	stackTop uint64

	// Sums in bytes, as vm_stat_account and locked_vm keep them.
	total, data, stack, text, shared, locked, committed uint64

	change
}

// change is what the last call did, so that the core can take it back.
type change struct {
	ops []mmapi.Op
	// base is how many ops the reply had before.
	base   int
	deltas []mmapi.FileRef
	undo   []undo
	saved  []areas.Area
	// done holds kind and address of the ops for Revert to compare.
	done []opName
}

type opName struct {
	kind mmapi.OpKind
	addr uint64
}

// undo is what one range was before op.
type undo struct {
	op         int
	start, end uint64
	from, to   int
	brk, ahead uint64
}

// begin starts a change whose ops are appended to ops.
func (s *space) begin(ops []mmapi.Op) {
	s.ops, s.base = ops, len(ops)
	s.deltas = s.deltas[:0]
	s.undo = s.undo[:0]
	s.saved = s.saved[:0]
	s.done = s.done[:0]
}

// end ends a change and returns its ops.
func (s *space) end() []mmapi.Op {
	ops := s.ops
	s.ops = nil
	return ops
}

// files appends the net change of references.
func (s *space) files(to []mmapi.FileRef) []mmapi.FileRef {
	for _, d := range s.deltas {
		if d.Delta != 0 {
			to = append(to, d)
		}
	}
	s.deltas = s.deltas[:0]
	return to
}

// save keeps what lies between lo and hi, to be restored should the next op
// not be done.
func (s *space) save(lo, hi uint64) { s.saveFor(len(s.done), lo, hi) }

// saveFor is save for an op by its number in this change.
func (s *space) saveFor(op int, lo, hi uint64) {
	from := len(s.saved)
	s.saved = s.list.Save(s.saved, lo, hi)
	s.undo = append(s.undo, undo{op, lo, hi, from, len(s.saved), s.brk, s.ahead})
}

// op orders op.
func (s *space) op(op mmapi.Op) {
	s.ops = append(s.ops, op)
	s.done = append(s.done, opName{op.Kind, op.Addr})
}

// lastOp is the last op of this change, or nil.
func (s *space) lastOp() *mmapi.Op {
	if len(s.ops) == s.base {
		return nil
	}
	return &s.ops[len(s.ops)-1]
}

// advise orders an advice for a range, or makes the last op longer.
func (s *space) advise(lo, hi uint64, advice uint32) {
	if last := s.lastOp(); last != nil && last.Kind == mmapi.OpKindAdvise && last.Advice == advice && last.Addr+last.Length == lo {
		last.Length += hi - lo
		return
	}
	s.op(mmapi.Op{Kind: mmapi.OpKindAdvise, Addr: lo, Length: hi - lo, Advice: advice})
}

// Came and Gone implement areas.Ledger.
func (s *space) Came(a areas.Area) { s.account(&a, a.Len(), 1) }

// Gone implements areas.Ledger.
func (s *space) Gone(a areas.Area) { s.account(&a, -a.Len(), -1) }

func (s *space) account(a *areas.Area, n uint64, refs int64) {
	s.total += n
	writes := a.Prot&linux.PROT_WRITE != 0
	switch {
	case a.Flags&areas.GrowsDown != 0:
		s.stack += n
	case a.Prot&linux.PROT_EXEC != 0 && !writes:
		s.text += n
	case writes && a.Flags&areas.Shared == 0:
		s.data += n
	}
	if a.Flags&areas.Shared != 0 {
		s.shared += n
	}
	if a.Flags&areas.Locked != 0 {
		s.locked += n
	}
	if a.Flags&areas.Account != 0 {
		s.committed += n
		s.mm.commit(n)
	}
	if a.File == 0 {
		return
	}
	for i := range s.deltas {
		if s.deltas[i].File == a.File {
			s.deltas[i].Delta += refs
			return
		}
	}
	s.deltas = append(s.deltas, mmapi.FileRef{File: a.File, Delta: refs})
}

// isData says whether an area with these counts for RLIMIT_DATA
// (include/linux/mm.h is_data_mapping).
func isData(prot uint8, f areas.Flag) bool {
	return prot&linux.PROT_WRITE != 0 && f&(areas.Shared|areas.GrowsDown) == 0
}

// mayExpand is may_expand_vm: whether bytes more of such memory fit into
// RLIMIT_AS and RLIMIT_DATA. less, a part of bytes, goes at the same time; Linux
// takes it off for both limits, whatever it is.
func (s *space) mayExpand(prot uint8, f areas.Flag, bytes, less uint64) bool {
	more := bytes - less
	return within(s.total+more, s.limits.As) && (!isData(prot, f) || within(s.data+more, s.limits.Data))
}

// within compares in whole pages, as limits are.
func within(bytes, limit uint64) bool { return bytes/pageSize <= limit/pageSize }

// mayLock is mlock_future_ok: whether bytes more of such memory may be locked.
func (s *space) mayLock(f areas.Flag, bytes uint64) bool {
	return f&areas.Locked == 0 || s.limits.IpcLock || within(s.locked+bytes, s.limits.Memlock)
}

// canLock is can_do_mlock.
func (s *space) canLock() bool { return s.limits.Memlock != 0 || s.limits.IpcLock }

// accounts is accountable_mapping: whether memory that can be written counts as
// promised.
func (s *space) accounts(f areas.Flag) bool {
	return f&areas.Shared == 0 && (f&areas.NoReserve == 0 || s.mm.cfg.Strict)
}

// enough is the overcommit heuristic: only what can never fit is refused.
func (s *space) enough(bytes uint64) bool {
	if s.mm.cfg.Strict {
		return s.mm.left() >= bytes
	}
	return s.mm.cfg.MemoryLimit == 0 || bytes <= s.mm.cfg.MemoryLimit
}

// full says whether the space can take no area more.
func (s *space) full() bool { return s.list.Len() >= s.mm.cfg.MaxAreas }

// reservedIn is the lowest reserved span that meets lo to hi.
func (s *space) reservedIn(lo, hi uint64) *span {
	for i := range s.reserved {
		if r := &s.reserved[i]; lo < r.end && r.start < hi {
			return r
		}
	}
	return nil
}

// unmap removes what lies between lo and hi and orders it, leaving out holes
// at the ends and reserved spans.
func (s *space) unmap(lo, hi uint64) {
	first := s.list.At(s.list.Find(lo))
	if first == nil || first.Start >= hi {
		return
	}
	start, end := max(lo, first.Start), lo
	for p := s.list.Find(hi - 1); ; {
		if a := s.list.At(p); a != nil && a.Start < hi {
			end = min(hi, a.End)
			break
		}
		p, _ = s.list.Prev(p)
	}
	s.unmapHost(start, end)
}

// unmapHost is unmap for a range that the host has mapped at both ends.
func (s *space) unmapHost(lo, hi uint64) {
	for lo < hi {
		end := hi
		if r := s.reservedIn(lo, hi); r != nil {
			if r.start <= lo {
				lo = min(hi, r.end)
				continue
			}
			end = r.start
		}
		s.save(lo, end)
		s.list.Clear(lo, end, s)
		s.op(mmapi.Op{Kind: mmapi.OpKindUnmap, Addr: lo, Length: end - lo})
		lo = end
	}
}

// fork copies the space for a child; see forkOps.
func (s *space) fork() *space {
	c := &space{mm: s.mm, mu: s.mm.spaceLock(), low: s.low, high: s.high, mmapTop: s.mmapTop, limits: s.limits, family: s.family + 1,
		brkStart: s.brkStart, brk: s.brk, ahead: s.ahead, stackTop: s.stackTop}
	c.reserved = append(c.reserved, s.reserved...)
	for p := s.list.First(); ; p = s.list.Next(p) {
		a := s.list.At(p)
		if a == nil {
			return c
		}
		d := *a
		d.Flags &^= areas.Locked | areas.LockOnFault
		// What was never written has no reverse map yet and is as new memory.
		if !touched(a) {
			d.Family = c.family
		}
		c.list.Put(d, c)
	}
}

// touched guesses whether the pages of private memory have been written, which
// decides how Linux merges it: what ever was writable, has.
func touched(a *areas.Area) bool {
	return a.Flags&areas.Shared == 0 && (a.Prot&linux.PROT_WRITE != 0 || a.Flags&areas.Account != 0)
}

// forkOps takes out of a child what it does not get, and orders what must
// happen to the host's copy.
func (s *space) forkOps(ops []mmapi.Op, files []mmapi.FileRef) ([]mmapi.Op, []mmapi.FileRef) {
	s.ops, s.base = ops, len(ops)
	for p := s.list.First(); ; {
		a := s.list.At(p)
		if a == nil {
			break
		}
		end := a.End
		if a.Flags&areas.DontFork != 0 {
			s.unmapHost(a.Start, a.End)
		} else if a.Flags&areas.WipeOnFork != 0 {
			s.advise(a.Start, a.End, linux.MADV_DONTNEED)
		}
		p = s.list.Find(end)
	}
	return s.end(), s.files(files)
}
