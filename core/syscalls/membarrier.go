package syscalls

import "adyton.dev/adyton/core/linux"

var membarrierRows = []Row{
	{"membarrier", Core, args(enum("cmd", linux.MembarrierCmds), uinteger("flags"), integer("cpu_id")), sysMembarrier},
}

// barriers are the commands that order the threads of one process.
const barriers = linux.MEMBARRIER_CMD_GLOBAL | linux.MEMBARRIER_CMD_GLOBAL_EXPEDITED | linux.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
	linux.MEMBARRIER_CMD_PRIVATE_EXPEDITED | linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
	linux.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE

// needs says which registration a command wants: kernel/sched/membarrier.c.
var needs = map[uint32]uint32{
	linux.MEMBARRIER_CMD_PRIVATE_EXPEDITED:           linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
	linux.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE: linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
}

const registrations = linux.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
	linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE

// sysMembarrier has the host order the threads: only it knows where they run.
// What is registered is kept here, since the host's process may have served
// another program before.
func sysMembarrier(c *Call) (int64, linux.Errno) {
	cmd := c.Uint(0)
	if c.Uint(1) != 0 {
		return 0, linux.EINVAL // flags are for rseq alone
	}
	s := c.P.Space
	if cmd == linux.MEMBARRIER_CMD_GET_REGISTRATIONS {
		v := s.Barriers
		if v&linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE != 0 {
			v |= linux.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED // shown, though not ready for use
		}
		return int64(v), 0
	}
	if cmd != 0 && (cmd&barriers != cmd || cmd&(cmd-1) != 0) {
		return 0, linux.EINVAL
	}
	if n := needs[cmd]; n&^s.Barriers != 0 {
		return 0, linux.EPERM
	}
	v, e := c.T.Platform.Membarrier(cmd)
	if cmd == linux.MEMBARRIER_CMD_QUERY && e == 0 {
		v = v&barriers | linux.MEMBARRIER_CMD_GET_REGISTRATIONS
	}
	if e == 0 {
		s.Barriers |= cmd & registrations
	}
	return v, e
}
