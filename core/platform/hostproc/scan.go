package hostproc

// scan looks for a posted call: see scan_amd64.s.
//
//go:noescape
func scan(words **uint32, n, start, rounds int) int

func rdtsc() uint64
func xcr0() uint64
func xsaveSize() uint32

// currentCPU reads the CPU's number as the shim does; -1 when Linux does not
// keep it there.
func currentCPU() int
