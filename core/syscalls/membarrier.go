package syscalls

import "adyton.dev/adyton/core/linux"

var membarrierRows = []Row{
	{"membarrier", Core, args(enum("cmd", linux.MembarrierCmds), uinteger("flags"), integer("cpu_id")), sysMembarrier},
}

// barriers are the commands that order the threads of one process.
const barriers = linux.MEMBARRIER_CMD_GLOBAL | linux.MEMBARRIER_CMD_GLOBAL_EXPEDITED | linux.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
	linux.MEMBARRIER_CMD_PRIVATE_EXPEDITED | linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
	linux.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE

// sysMembarrier has the host order the threads: only it knows where they run.
func sysMembarrier(c *Call) (int64, linux.Errno) {
	cmd := c.Uint(0)
	if c.Uint(1) != 0 {
		return 0, linux.EINVAL // flags are for rseq alone
	}
	if cmd != 0 && (cmd&barriers != cmd || cmd&(cmd-1) != 0) {
		return 0, linux.EINVAL
	}
	v, e := c.T.Platform.Membarrier(cmd)
	if cmd == linux.MEMBARRIER_CMD_QUERY {
		v &= barriers
	}
	return v, e
}
