package linux

// Protection bits of mmap(2) and mprotect(2).
const (
	PROT_READ      = 0x1
	PROT_WRITE     = 0x2
	PROT_EXEC      = 0x4
	PROT_SEM       = 0x8
	PROT_NONE      = 0x0
	PROT_GROWSDOWN = 0x1000000
	PROT_GROWSUP   = 0x2000000
)

// Flags of mmap(2) on amd64. MAP_HUGE_* is the logarithm of the page
// size, shifted left by MAP_HUGE_SHIFT.
const (
	MAP_32BIT           = 0x40
	MAP_TYPE            = 0xf
	MAP_FIXED           = 0x10
	MAP_ANONYMOUS       = 0x20
	MAP_POPULATE        = 0x8000
	MAP_NONBLOCK        = 0x10000
	MAP_STACK           = 0x20000
	MAP_HUGETLB         = 0x40000
	MAP_SYNC            = 0x80000
	MAP_FIXED_NOREPLACE = 0x100000
	MAP_UNINITIALIZED   = 0x4000000
	MAP_FILE            = 0x0
	MAP_GROWSDOWN       = 0x100
	MAP_DENYWRITE       = 0x800
	MAP_EXECUTABLE      = 0x1000
	MAP_LOCKED          = 0x2000
	MAP_NORESERVE       = 0x4000
	MAP_SHARED          = 0x1
	MAP_PRIVATE         = 0x2
	MAP_SHARED_VALIDATE = 0x3
	MAP_HUGE_SHIFT      = 0x1a
	MAP_HUGE_MASK       = 0x3f
	MAP_HUGE_16KB       = 0x38000000
	MAP_HUGE_64KB       = 0x40000000
	MAP_HUGE_512KB      = 0x4c000000
	MAP_HUGE_1MB        = 0x50000000
	MAP_HUGE_2MB        = 0x54000000
	MAP_HUGE_8MB        = 0x5c000000
	MAP_HUGE_16MB       = 0x60000000
	MAP_HUGE_32MB       = 0x64000000
	MAP_HUGE_256MB      = 0x70000000
	MAP_HUGE_512MB      = 0x74000000
	MAP_HUGE_1GB        = 0x78000000
	MAP_HUGE_2GB        = 0x7c000000
	MAP_HUGE_16GB       = 0x88000000
	MAP_DROPPABLE       = 0x8
	MAP_ABOVE4G         = 0x80
)

// Flags of mremap(2), msync(2), mlockall(2) and mlock2(2).
const (
	MLOCK_ONFAULT    = 0x1
	MS_ASYNC         = 0x1
	MS_INVALIDATE    = 0x2
	MS_SYNC          = 0x4
	MCL_CURRENT      = 0x1
	MCL_FUTURE       = 0x2
	MCL_ONFAULT      = 0x4
	MREMAP_MAYMOVE   = 0x1
	MREMAP_FIXED     = 0x2
	MREMAP_DONTUNMAP = 0x4
)

// Advice of madvise(2).
const (
	MADV_NORMAL          = 0
	MADV_RANDOM          = 1
	MADV_SEQUENTIAL      = 2
	MADV_WILLNEED        = 3
	MADV_DONTNEED        = 4
	MADV_FREE            = 8
	MADV_REMOVE          = 9
	MADV_DONTFORK        = 10
	MADV_DOFORK          = 11
	MADV_HWPOISON        = 100
	MADV_SOFT_OFFLINE    = 101
	MADV_MERGEABLE       = 12
	MADV_UNMERGEABLE     = 13
	MADV_HUGEPAGE        = 14
	MADV_NOHUGEPAGE      = 15
	MADV_DONTDUMP        = 16
	MADV_DODUMP          = 17
	MADV_WIPEONFORK      = 18
	MADV_KEEPONFORK      = 19
	MADV_COLD            = 20
	MADV_PAGEOUT         = 21
	MADV_POPULATE_READ   = 22
	MADV_POPULATE_WRITE  = 23
	MADV_DONTNEED_LOCKED = 24
	MADV_COLLAPSE        = 25
	MADV_GUARD_INSTALL   = 102
	MADV_GUARD_REMOVE    = 103
)

// Flags of memfd_create(2).
const (
	MFD_CLOEXEC       = 0x1
	MFD_ALLOW_SEALING = 0x2
	MFD_HUGETLB       = 0x4
	MFD_NOEXEC_SEAL   = 0x8
	MFD_EXEC          = 0x10
	MFD_HUGE_SHIFT    = 0x1a
	MFD_HUGE_MASK     = 0x3f
)

// Protection keys (pkey_alloc(2)).
const (
	PKEY_DISABLE_ACCESS = 0x1
	PKEY_DISABLE_WRITE  = 0x2
	PKEY_ACCESS_MASK    = 0x3
)

// Policies, mode flags and call flags of mbind(2) and its kin.
const (
	MPOL_F_STATIC_NODES   = 0x8000
	MPOL_F_RELATIVE_NODES = 0x4000
	MPOL_F_NUMA_BALANCING = 0x2000
	MPOL_MODE_FLAGS       = 0xe000
	MPOL_F_NODE           = 0x1
	MPOL_F_ADDR           = 0x2
	MPOL_F_MEMS_ALLOWED   = 0x4
	MPOL_MF_STRICT        = 0x1
	MPOL_MF_MOVE          = 0x2
	MPOL_MF_MOVE_ALL      = 0x4
	MPOL_MF_LAZY          = 0x8
	MPOL_MF_INTERNAL      = 0x10
	MPOL_MF_VALID         = 0x7
	MPOL_DEFAULT          = 0x0
	MPOL_PREFERRED        = 0x1
	MPOL_BIND             = 0x2
	MPOL_INTERLEAVE       = 0x3
	MPOL_LOCAL            = 0x4
	MPOL_PREFERRED_MANY   = 0x5
	MPOL_MAX              = 0x6
)

// Commands and flags of membarrier(2).
const (
	MEMBARRIER_CMD_QUERY                                = 0x0
	MEMBARRIER_CMD_GLOBAL                               = 0x1
	MEMBARRIER_CMD_GLOBAL_EXPEDITED                     = 0x2
	MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED            = 0x4
	MEMBARRIER_CMD_PRIVATE_EXPEDITED                    = 0x8
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED           = 0x10
	MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE          = 0x20
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40
	MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ               = 0x80
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ      = 0x100
	MEMBARRIER_CMD_FLAG_CPU                             = 0x1
	MEMBARRIER_CMD_GET_REGISTRATIONS                    = 0x200
)

// The page of amd64, in bytes and as a shift.
const (
	PAGE_SHIFT = 12
	PAGE_SIZE  = 4096
)
