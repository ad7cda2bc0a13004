package mmtest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// Model is a memory subsystem that is slow and obvious: a space is one record a
// page. It orders no ops and takes back whole changes only. Its spaces must be
// small, and have no vdso.
type Model struct {
	mmapi.Unimplemented
	// MaxAreas is vm.max_map_count.
	MaxAreas int
	// Align has writable memory of 2 MiB and more aligned to that.
	Align bool

	spaces map[uint64]*book
	next   uint64
}

// NewModel makes a model without spaces.
func NewModel(maxAreas int, align bool) *Model {
	return &Model{MaxAreas: maxAreas, Align: align, spaces: make(map[uint64]*book)}
}

// leaf is one mapped page.
type leaf struct {
	file uint64
	// offset in the file, or where memory was first mapped.
	offset    uint64
	prot, max uint32
	marks     mark
	family    int
}

type mark uint32

const (
	mShared mark = 1 << iota
	mGrows
	mLocked
	mOnFault
	mNoReserve
	mAccount
	mDontFork
	mWipe
	mDontDump
	mRandom
	mSequential
	mMergeable
	mHuge
	mNoHuge
	mDroppable
	mSealed
)

// book is the pages of one space.
type book struct {
	leaves         []*leaf // by page number
	low, high, top uint64
	reserved       []mmapi.Range
	limits         mmapi.Limits
	brkStart, brk  uint64
	lockNew        mark
	family         int
	stackTop       uint64
	before         []*leaf // for Revert
	beforeBrk      uint64
	model          *Model
	refs           map[uint64]int64 // as reported
}

// stretch is an area: pages that are one.
type stretch struct {
	start, end uint64
	leaf       // of the first page
}

func (b *book) stretches() []stretch {
	var out []stretch
	for i, l := range b.leaves {
		if l == nil {
			continue
		}
		addr := uint64(i) * page
		if n := len(out); n > 0 {
			last := &out[n-1]
			want := last.leaf
			want.offset += addr - last.start
			if last.end == addr && want == *l {
				last.end += page
				continue
			}
		}
		out = append(out, stretch{addr, addr + page, *l})
	}
	return out
}

// at is the area that holds addr, and whether there is one.
func (b *book) at(addr uint64) (stretch, bool) {
	s, ok := b.from(addr)
	return s, ok && s.start <= addr
}

// from is the first area that ends above addr.
func (b *book) from(addr uint64) (stretch, bool) {
	for _, s := range b.stretches() {
		if s.end > addr {
			return s, true
		}
	}
	return stretch{}, false
}

func (b *book) leaf(addr uint64) *leaf {
	if addr >= b.high {
		return nil
	}
	return b.leaves[addr/page]
}

// sum adds up the bytes of the pages that f likes.
func (b *book) sum(f func(*leaf) bool) uint64 {
	n := uint64(0)
	for _, l := range b.leaves {
		if l != nil && f(l) {
			n += page
		}
	}
	return n
}

func (b *book) total() uint64 { return b.sum(func(*leaf) bool { return true }) }

func isData(prot uint32, m mark) bool {
	return prot&linux.PROT_WRITE != 0 && m&(mShared|mGrows) == 0
}

func (b *book) data() uint64 { return b.sum(func(l *leaf) bool { return isData(l.prot, l.marks) }) }

func (b *book) locked() uint64 { return b.sum(func(l *leaf) bool { return l.marks&mLocked != 0 }) }

// room is RLIMIT_AS and RLIMIT_DATA.
func (b *book) room(prot uint32, m mark, more, less uint64) bool {
	if b.total()+more > less && (b.total()+more-less)/page > b.limits.As/page {
		return false
	}
	return !isData(prot, m) || b.data()+more <= less || (b.data()+more-less)/page <= b.limits.Data/page
}

func (b *book) lockable(m mark, more uint64) bool {
	return m&mLocked == 0 || b.limits.IpcLock || (b.locked()+more)/page <= b.limits.Memlock/page
}

func (b *book) count() int { return len(b.stretches()) }

// set changes the pages from lo to hi that are mapped.
func (b *book) set(lo, hi uint64, f func(*leaf)) {
	for a := lo; a < hi; a += page {
		if l := b.leaf(a); l != nil {
			c := *l
			f(&c)
			b.leaves[a/page] = &c
		}
	}
}

func (b *book) put(lo, hi uint64, l leaf) {
	for a := lo; a < hi; a += page {
		c := l
		c.offset += a - lo
		b.leaves[a/page] = &c
	}
}

func (b *book) clear(lo, hi uint64) {
	for a := lo; a < min(hi, b.high); a += page {
		b.leaves[a/page] = nil
	}
}

// splits says whether clearing lo to hi leaves an area on both sides.
func (b *book) splits(lo, hi uint64) bool {
	s, ok := b.at(lo)
	return ok && s.start < lo && s.end > hi
}

// cuts says whether changing lo to hi, in one area, makes more areas at first.
func (b *book) cuts(lo, hi uint64) bool {
	s, _ := b.at(lo)
	return s.start < lo || s.end > hi
}

// sealed says whether any of lo to hi is.
func (b *book) sealed(lo, hi uint64) bool {
	for a := lo; a < hi; a += page {
		if l := b.leaf(a); l != nil && l.marks&mSealed != 0 {
			return true
		}
		if a >= b.high {
			break
		}
	}
	return false
}

func (b *book) full() bool { return b.count() >= b.model.MaxAreas }

func (b *book) blocked(lo, hi uint64) bool {
	for _, r := range b.reserved {
		if lo < r.Addr+r.Length && r.Addr < hi {
			return true
		}
	}
	return false
}

// gap is where the free pages below an area end.
func (s *stretch) gap() uint64 {
	if s.marks&mGrows == 0 {
		return s.start
	}
	return s.start - min(s.start, 256*page)
}

// empty says whether a search may choose lo to hi.
func (b *book) empty(lo, hi uint64) bool {
	if lo < b.low || hi > b.high || b.blocked(lo, hi) {
		return false
	}
	s, ok := b.from(lo)
	return !ok || hi <= s.gap()
}

func (b *book) place(addr, length uint64, flags uint32, align uint64) (uint64, linux.Errno) {
	if length >= 1<<47 {
		return 0, linux.ENOMEM
	}
	if flags&linux.MAP_FIXED == 0 {
		found := false
		limit := b.high
		if flags&linux.MAP_32BIT != 0 {
			limit = min(limit, 1<<31)
		}
		if addr != 0 && length <= limit && addr <= limit-length && b.empty(addr, addr+length) {
			found = true
		} else if flags&linux.MAP_32BIT == 0 {
			if addr != 0 {
				align = page
			}
			floor := uint64(page)
			if flags&linux.MAP_ABOVE4G != 0 {
				floor = 1 << 32
			}
			for _, step := range []uint64{max(align, page), page} {
				for a := b.top &^ (step - 1); !found && a >= floor && a > 0; a -= step {
					if length <= b.top-a && b.empty(a, a+length) {
						addr, found = a, true
					}
				}
			}
		}
		if !found {
			return 0, linux.ENOMEM
		}
	}
	switch {
	case length > b.high || addr > b.high-length:
		return 0, linux.ENOMEM
	case addr%page != 0:
		return 0, linux.EINVAL
	case addr < b.low:
		return 0, linux.EPERM
	case b.blocked(addr, addr+length):
		return 0, linux.ENOMEM
	}
	return addr, 0
}

func round(n uint64) uint64 { return (n + page - 1) &^ (page - 1) }

// remember keeps the pages for Revert.
func (b *book) remember() {
	b.before = append(b.before[:0], b.leaves...)
	b.beforeBrk = b.brk
}

// news are the changes of references since the last report.
func (b *book) news() []mmapi.FileRef {
	now := make(map[uint64]int64)
	for _, s := range b.stretches() {
		if s.file != 0 {
			now[s.file]++
		}
	}
	var out []mmapi.FileRef
	for f := uint64(1); f < 16; f++ {
		if d := now[f] - b.refs[f]; d != 0 {
			out = append(out, mmapi.FileRef{File: f, Delta: d})
		}
	}
	b.refs = now
	return out
}

// NewSpace implements mmapi.MM.
func (m *Model) NewSpace(req *mmapi.NewSpaceRequest, rep *mmapi.NewSpaceReply) linux.Errno {
	b := &book{leaves: make([]*leaf, req.High/page), low: req.Low, high: req.High, top: req.MmapTop, reserved: req.Reserved, limits: req.Limits, model: m}
	m.next++
	m.spaces[m.next] = b
	rep.Space = m.next
	return 0
}

// ForkSpace implements mmapi.MM.
func (m *Model) ForkSpace(req *mmapi.ForkSpaceRequest, rep *mmapi.ForkSpaceReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	c := *b
	c.refs, c.before, c.lockNew = nil, nil, 0
	c.family++
	c.leaves = append([]*leaf(nil), b.leaves...)
	c.set(0, c.high, func(l *leaf) {
		l.marks &^= mLocked | mOnFault
		if !l.touched() {
			l.family = c.family
		}
	})
	for i, l := range c.leaves {
		if l != nil && l.marks&mDontFork != 0 {
			c.leaves[i] = nil
		}
	}
	m.next++
	m.spaces[m.next] = &c
	rep.Space, rep.Files = m.next, c.news()
	return 0
}

// touched says whether the page counts as written.
func (l *leaf) touched() bool {
	return l.marks&mShared == 0 && (l.prot&linux.PROT_WRITE != 0 || l.marks&mAccount != 0)
}

// FreeSpace implements mmapi.MM.
func (m *Model) FreeSpace(req *mmapi.FreeSpaceRequest, rep *mmapi.FreeSpaceReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.clear(0, b.high)
	rep.Files = b.news()
	delete(m.spaces, req.Space)
	return 0
}

// SetLimits implements mmapi.MM.
func (m *Model) SetLimits(req *mmapi.SetLimitsRequest, _ *mmapi.SetLimitsReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	b.limits = req.Limits
	return 0
}

// Revert implements mmapi.MM: it takes back all of the last change.
func (m *Model) Revert(req *mmapi.RevertRequest, rep *mmapi.RevertReply) linux.Errno {
	b := m.spaces[req.Space]
	if b == nil {
		return linux.EBADF
	}
	if len(req.Ops) > 0 {
		b.leaves = append([]*leaf(nil), b.before...)
		b.brk = b.beforeBrk
		rep.Files = b.news()
	}
	return 0
}

// Expire implements mmapi.MM.
func (m *Model) Expire(*mmapi.ExpireRequest, *mmapi.ExpireReply) linux.Errno { return 0 }
