package mm

import (
	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// Claims says what this implementation answers. The core enforces it.
var Claims = []coverage.Claim{
	{
		Syscalls: []string{"mmap"},
		Level:    coverage.Full,
		Note:     "Flags that are not known are ignored, and refused with MAP_SHARED_VALIDATE, as on Linux. MAP_HUGETLB answers as a Linux without huge pages set aside: ENOMEM.",
		Tests: []string{"mmtest/MapPlacesTopDown", "mmtest/MapChecksInLinuxOrder", "mmtest/MapFixedReplaces", "mmtest/MapNoReplace",
			"mmtest/MapFileChecks", "mmtest/MapMergesNeighbours", "mmtest/Map32BitAndAbove4G", "mmtest/MapLocked", "mmtest/MapHugeTLB"},
	},
	{
		Syscalls: []string{"munmap"},
		Level:    coverage.Full,
		Tests:    []string{"mmtest/UnmapSplits", "mmtest/UnmapChecks"},
	},
	{
		Syscalls: []string{"mseal"}, Level: coverage.Full,
		Tests: []string{"mmtest/SealRefuses", "conformance/mem"},
	},
	{
		Syscalls: []string{"mprotect"},
		Level:    coverage.Full,
		Flags: map[string]uint64{
			"prot": linux.PROT_READ | linux.PROT_WRITE | linux.PROT_EXEC | linux.PROT_SEM | linux.PROT_GROWSDOWN | linux.PROT_GROWSUP,
		},
		Tests: []string{"mmtest/ProtectSplitsAndMerges", "mmtest/ProtectStopsAtHole", "mmtest/ProtectGrowsDown"},
	},
	{
		Syscalls: []string{"mremap"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED | linux.MREMAP_DONTUNMAP},
		Tests:    []string{"mmtest/RemapGrowsInPlace", "mmtest/RemapMoves", "mmtest/RemapFixed", "mmtest/RemapDontUnmap", "mmtest/RemapDuplicatesShared", "mmtest/RemapChecks"},
	},
	{
		Syscalls: []string{"brk"},
		Level:    coverage.Full,
		Tests:    []string{"mmtest/BrkGrowsAndShrinks", "mmtest/BrkRefuses"},
	},
	{
		Syscalls: []string{"madvise"},
		Level:    coverage.Full,
		Values: map[string][]uint64{"advice": {
			linux.MADV_NORMAL, linux.MADV_RANDOM, linux.MADV_SEQUENTIAL, linux.MADV_WILLNEED, linux.MADV_DONTNEED, linux.MADV_FREE,
			linux.MADV_REMOVE, linux.MADV_DONTFORK, linux.MADV_DOFORK, linux.MADV_MERGEABLE, linux.MADV_UNMERGEABLE,
			linux.MADV_HUGEPAGE, linux.MADV_NOHUGEPAGE, linux.MADV_DONTDUMP, linux.MADV_DODUMP, linux.MADV_WIPEONFORK,
			linux.MADV_KEEPONFORK, linux.MADV_COLD, linux.MADV_PAGEOUT, linux.MADV_POPULATE_READ, linux.MADV_POPULATE_WRITE,
			linux.MADV_DONTNEED_LOCKED, linux.MADV_COLLAPSE,
		}},
		Note:  "HWPOISON and SOFT_OFFLINE give EINVAL, as on a Linux built without CONFIG_MEMORY_FAILURE. Guard regions (Linux 6.13) give EINVAL.",
		Tests: []string{"mmtest/AdviseOps", "mmtest/AdviseRefusals", "mmtest/AdviseDivides", "mmtest/ForkAdvice"},
	},
	{
		Syscalls: []string{"msync"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": linux.MS_ASYNC | linux.MS_INVALIDATE | linux.MS_SYNC},
		Tests:    []string{"mmtest/SyncListsFiles"},
	},
	{
		Syscalls: []string{"mincore"},
		Level:    coverage.Full,
		Tests:    []string{"mmtest/CheckRange"},
	},
	{
		Syscalls: []string{"mlock", "mlock2", "munlock", "mlockall", "munlockall"},
		Level:    coverage.Full,
		Flags: map[string]uint64{
			"flags": linux.MLOCK_ONFAULT | linux.MCL_CURRENT | linux.MCL_FUTURE | linux.MCL_ONFAULT,
		},
		Note:  "Locked memory is counted and populated; whether the host may swap it is the host's to say.",
		Tests: []string{"mmtest/LockLimits", "mmtest/LockCounts", "mmtest/LockAll"},
	},
}
