package syscalls

import (
	"adyton.dev/adyton/core/linux"
)

var pkeyRows = []Row{
	{"pkey_alloc", MM, args(hex("flags"), hex("access_rights")), sysPkeyAlloc},
	{"pkey_free", MM, args(integer("pkey")), sysPkeyFree},
	{"pkey_mprotect", MM, args(ptr("addr"), uinteger("len"), flags("prot", linux.MmapProt), integer("pkey")), sysPkeyMprotect},
}

// sysPkeyAlloc answers as on a processor without protection keys.
func sysPkeyAlloc(c *Call) (int64, linux.Errno) {
	const rights = 3 // PKEY_DISABLE_ACCESS, PKEY_DISABLE_WRITE
	if c.Args[0] != 0 || c.Args[1]&^rights != 0 {
		return 0, linux.EINVAL
	}
	return 0, linux.ENOSPC
}

func sysPkeyFree(*Call) (int64, linux.Errno) { return 0, linux.EINVAL }

// sysPkeyMprotect is mprotect for the key -1: no key was ever given out. What
// is wrong with the range is said before that, by do_mprotect_pkey.
func sysPkeyMprotect(c *Call) (int64, linux.Errno) {
	if c.Int(3) == -1 || c.Args[0]%pageSize != 0 {
		return sysMprotect(c)
	}
	length := (c.Args[1] + pageSize - 1) &^ (pageSize - 1)
	switch {
	case c.Args[1] == 0:
		return 0, 0
	case c.Args[0]+length <= c.Args[0]:
		return 0, linux.ENOMEM
	}
	return 0, linux.EINVAL
}
