package fs

import (
	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// Claims says what this implementation answers. The core enforces it: a flag
// that is not named here never reaches the subsystem.
var Claims = []coverage.Claim{
	{
		Syscalls: []string{"rename", "renameat"},
		Level:    coverage.Full,
		Tests:    []string{"fstest/RenameReplacesFile"},
	},
	{
		Syscalls: []string{"renameat2"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"flags": linux.RENAME_NOREPLACE | linux.RENAME_EXCHANGE},
		Note:     "RENAME_WHITEOUT gives EINVAL.",
		Tests:    []string{"fstest/RenameNoReplace", "fstest/RenameExchange"},
	},
}
