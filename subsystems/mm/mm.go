// Package mm is the memory subsystem: it decides which areas the address
// spaces have and where, with the answers, errors and order of checks of
// Linux. It never touches memory. What the platform has to do it lists in the
// replies' ops, and the core orders that.
//
// One change of a space is in flight at a time; the core sees to it. Locks:
// MM.mu guards the table of spaces, space.mu one space (all of them in a strict
// MM, whose limit is one for all); MM.mu is never taken with a space locked.
// Neither is held over a call to anything else.
package mm

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

const (
	pageSize     = areas.PageSize
	hugePageSize = 2 << 20
	// taskSize is the end of user addresses with four levels of page tables
	// (arch/x86/include/asm/page_64_types.h TASK_SIZE_MAX).
	taskSize = 1<<47 - pageSize
	// defaultMaxAreas is the default of vm.max_map_count.
	defaultMaxAreas = 65530
)

// Config is how New makes an MM.
type Config struct {
	// MemoryLimit is what there is, in bytes; a mapping that alone would
	// commit more gives ENOMEM, as under Linux's overcommit heuristic. 0 is no
	// limit.
	MemoryLimit uint64
	// MaxAreas is vm.max_map_count; 0 is Linux's default, 65530.
	MaxAreas int
	// PopulateSmall has private read-write memory of 64 KiB up to 2 MiB, and
	// steps of the heap up to 256 KiB, populated when mapped.
	PopulateSmall bool
	// HugePages has private writable memory of 2 MiB and more advised for
	// huge pages, and the heap from 2 MiB on mapped in pieces of that size.
	HugePages bool
	// PopulateText has private read-only mappings of files of up to 2 MiB
	// populated when mapped.
	PopulateText bool
	// Strict refuses what Linux lets go by default; see strict.go. It needs a
	// MemoryLimit.
	Strict bool
}

// MM implements mmapi.MM.
type MM struct {
	cfg Config

	// mu guards spaces and next.
	mu     sync.RWMutex
	spaces map[uint64]*space
	next   uint64

	strict strict
}

var _ mmapi.MM = (*MM)(nil)

// New makes an MM without spaces. It refuses a configuration that cannot work.
func New(cfg Config) (*MM, error) {
	if cfg.MaxAreas < 0 {
		return nil, errors.New("mm: negative MaxAreas")
	}
	if cfg.Strict && cfg.MemoryLimit == 0 {
		return nil, errors.New("mm: strict without a limit of memory")
	}
	if cfg.MaxAreas == 0 {
		cfg.MaxAreas = defaultMaxAreas
	}
	return &MM{cfg: cfg, spaces: make(map[uint64]*space)}, nil
}

// NewSpace implements mmapi.MM. EINVAL: bounds that are not pages of user
// space in order.
func (m *MM) NewSpace(req *mmapi.NewSpaceRequest, rep *mmapi.NewSpaceReply) linux.Errno {
	if (req.Low|req.High|req.MmapTop)%pageSize != 0 || req.Low > req.MmapTop || req.MmapTop > req.High || req.High > taskSize || req.High == 0 {
		return linux.EINVAL
	}
	s := &space{mm: m, mu: m.spaceLock(), low: req.Low, high: req.High, mmapTop: req.MmapTop, limits: req.Limits}
	for _, r := range req.Reserved {
		end := r.Addr + r.Length
		if (r.Addr|r.Length)%pageSize != 0 || end < r.Addr {
			return linux.EINVAL
		}
		s.reserved = append(s.reserved, span{r.Addr, end})
	}
	slices.SortFunc(s.reserved, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	rep.Space = m.add(s)
	return 0
}

// ForkSpace implements mmapi.MM: the copy that dup_mmap makes. Locks are not
// inherited; what was advised DONTFORK or WIPEONFORK is for the child's ops.
// Errors: ENOMEM (strict alone).
func (m *MM) ForkSpace(req *mmapi.ForkSpaceRequest, rep *mmapi.ForkSpaceReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	if m.cfg.Strict && !s.enough(s.committed) {
		s.mu.Unlock()
		return linux.ENOMEM
	}
	c := s.fork()
	rep.Ops, rep.Files = c.forkOps(rep.Ops, rep.Files)
	s.mu.Unlock()
	rep.Space = m.add(c)
	return 0
}

// FreeSpace implements mmapi.MM.
func (m *MM) FreeSpace(req *mmapi.FreeSpaceRequest, rep *mmapi.FreeSpaceReply) linux.Errno {
	m.mu.Lock()
	s := m.spaces[req.Space]
	delete(m.spaces, req.Space)
	m.mu.Unlock()
	if s == nil {
		return linux.EBADF
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	s.begin(nil)
	s.list.Clear(0, taskSize, s)
	rep.Files = s.files(rep.Files)
	return 0
}

// SetLimits implements mmapi.MM.
func (m *MM) SetLimits(req *mmapi.SetLimitsRequest, _ *mmapi.SetLimitsReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.limits = req.Limits
	return 0
}

// Watch implements mmapi.MM. Nothing in here changes without a call, so the
// stream has nothing to say and ends.
//
// GAP: ending the largest space under memory pressure needs resident sizes,
// which the core does not report yet.
func (m *MM) Watch(*mmapi.WatchRequest, func(*mmapi.WatchReply) bool) linux.Errno { return 0 }

// Expire implements mmapi.MM. There are no deadlines.
func (m *MM) Expire(*mmapi.ExpireRequest, *mmapi.ExpireReply) linux.Errno { return 0 }

func (m *MM) add(s *space) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	m.spaces[m.next] = s
	return m.next
}

// lock returns the space locked. EBADF: there is none of that number, which is
// a mistake of the core's, not of an app's.
func (m *MM) lock(id uint64) (*space, linux.Errno) {
	m.mu.RLock()
	s := m.spaces[id]
	m.mu.RUnlock()
	if s == nil {
		return nil, linux.EBADF
	}
	s.mu.Lock()
	if s.dead {
		s.mu.Unlock()
		return nil, linux.EBADF
	}
	return s, 0
}
