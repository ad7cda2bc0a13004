package mm

import (
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// A strict MM is for who would rather have a program fail than be surprised:
//
//   - Memory is written or run, never both and never one after the other:
//     EACCES, as PR_SET_MDWE and SELinux's execmem have it. Programs that
//     compile at run time do not work.
//   - What is promised is there: private writable memory counts in full when it
//     is mapped or forked, MAP_NORESERVE or not, and beyond the limit there is
//     ENOMEM at once instead of a kill later (vm.overcommit_memory 2).
//
// Shared memory is bounded where it is made, by the limit on what is resident.
type strict struct {
	// mu guards all spaces: the sum is checked and changed as one.
	mu        sync.Mutex
	committed uint64
}

// spaceLock is the lock of a new space.
func (m *MM) spaceLock() *sync.Mutex {
	if m.cfg.Strict {
		return &m.strict.mu
	}
	return new(sync.Mutex)
}

// commit counts n bytes more of private writable memory, or fewer.
func (m *MM) commit(n uint64) {
	if m.cfg.Strict {
		m.strict.committed += n
	}
}

// left is what may still be promised, in bytes.
func (m *MM) left() uint64 {
	return m.cfg.MemoryLimit - min(m.cfg.MemoryLimit, m.strict.committed)
}

// mayRun says whether an area with protection was may get protection prot.
func (s *space) mayRun(a *areas.Area, was, prot uint8) bool {
	if !s.mm.cfg.Strict || prot&linux.PROT_EXEC == 0 {
		return true
	}
	if prot&linux.PROT_WRITE != 0 || was&linux.PROT_WRITE != 0 {
		return false
	}
	if a.Flags&areas.Shared != 0 {
		return a.MaxProt&linux.PROT_WRITE == 0 // somebody may write the file through another mapping
	}
	return a.Flags&areas.Account == 0 // Account: it has been writable
}
