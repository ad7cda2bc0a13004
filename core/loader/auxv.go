package loader

import "adyton.dev/adyton/core/linux"

// Aux is one entry of the auxiliary vector: an AT_* key and its value.
type Aux struct{ Key, Value uint64 }

// AuxSpec is what the auxiliary vector tells a program. Addresses are final,
// the bias included.
type AuxSpec struct {
	VDSO        uint64 // address of the vdso; 0 leaves AT_SYSINFO_EHDR out
	MinSigStack uint64 // bytes of the largest signal frame
	HWCap       uint64 // EDX of CPUID leaf 1
	HWCap2      uint64 // HWCAP2_*
	Phdr        uint64 // address of the program headers
	PhNum       int    // their number
	Base        uint64 // bias of the interpreter, 0 without one
	Flags       uint64 // AT_FLAGS_*
	Entry       uint64 // first instruction of the program itself
	UID, EUID   uint32
	GID, EGID   uint32
	Secure      bool // the program gains privileges
	// Size and alignment of struct rseq in bytes; a size of 0 leaves both
	// entries out, so that no program uses more than the first 20 bytes.
	RseqSize, RseqAlign uint64
}

const clockTicks = 100 // USER_HZ

// Auxv lists the entries in Linux's order, AT_NULL at the end. BuildStack
// fills in the three that point into the stack.
func Auxv(s AuxSpec) []Aux {
	v := make([]Aux, 0, 24)
	if s.VDSO != 0 {
		v = append(v, Aux{linux.AT_SYSINFO_EHDR, s.VDSO})
	}
	secure := uint64(0)
	if s.Secure {
		secure = 1
	}
	v = append(v,
		Aux{linux.AT_MINSIGSTKSZ, s.MinSigStack},
		Aux{linux.AT_HWCAP, s.HWCap},
		Aux{linux.AT_PAGESZ, linux.PAGE_SIZE},
		Aux{linux.AT_CLKTCK, clockTicks},
		Aux{linux.AT_PHDR, s.Phdr},
		Aux{linux.AT_PHENT, phdrSize},
		Aux{linux.AT_PHNUM, uint64(s.PhNum)},
		Aux{linux.AT_BASE, s.Base},
		Aux{linux.AT_FLAGS, s.Flags},
		Aux{linux.AT_ENTRY, s.Entry},
		Aux{linux.AT_UID, uint64(s.UID)},
		Aux{linux.AT_EUID, uint64(s.EUID)},
		Aux{linux.AT_GID, uint64(s.GID)},
		Aux{linux.AT_EGID, uint64(s.EGID)},
		Aux{linux.AT_SECURE, secure},
		Aux{linux.AT_RANDOM, 0},
		Aux{linux.AT_HWCAP2, s.HWCap2},
		Aux{linux.AT_EXECFN, 0},
		Aux{linux.AT_PLATFORM, 0},
	)
	if s.RseqSize != 0 {
		v = append(v,
			Aux{linux.AT_RSEQ_FEATURE_SIZE, s.RseqSize},
			Aux{linux.AT_RSEQ_ALIGN, s.RseqAlign})
	}
	return append(v, Aux{linux.AT_NULL, 0})
}
