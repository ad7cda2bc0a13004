package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

var mempolicyRows = []Row{
	{"get_mempolicy", Core, args(ptr("mode"), ptr("nodemask"), uinteger("maxnode"), ptr("addr"), hex("flags")), sysGetMempolicy},
	{"set_mempolicy", Core, args(integer("mode"), ptr("nodemask"), uinteger("maxnode")), sysSetMempolicy},
	{"mbind", Core, args(ptr("addr"), uinteger("len"), integer("mode"), ptr("nodemask"), uinteger("maxnode"), hex("flags")), sysMbind},
}

// nodemask reads a mask of memory nodes: get_nodes of mm/mempolicy.c. There is
// one node, 0. Errors: EFAULT, EINVAL (another node, or too long).
func (c *Call) nodemask(addr, maxnode uint64) (uint64, linux.Errno) {
	if maxnode--; maxnode == ^uint64(0) || maxnode == 0 || addr == 0 {
		return 0, 0
	}
	if maxnode > pageSize*8 {
		return 0, linux.EINVAL
	}
	b := make([]byte, (maxnode+63)/64*8)
	if e := c.CopyIn(addr, b); e != 0 {
		return 0, e
	}
	for i := maxnode; i < uint64(len(b))*8; i++ {
		b[i/8] &^= 1 << (i % 8)
	}
	for _, x := range b[8:] {
		if x != 0 {
			return 0, linux.EINVAL
		}
	}
	return binary.LittleEndian.Uint64(b), 0
}

// policy checks a policy with its nodes: sanitize_mpol_flags, mpol_new.
func (c *Call) policy(mode int32, addr, maxnode uint64) linux.Errno {
	fl := uint32(mode) & linux.MPOL_MODE_FLAGS
	mode &^= linux.MPOL_MODE_FLAGS
	const both = linux.MPOL_F_STATIC_NODES | linux.MPOL_F_RELATIVE_NODES
	if mode < 0 || mode > linux.MPOL_MAX || fl&both == both || fl&linux.MPOL_F_NUMA_BALANCING != 0 && mode != linux.MPOL_BIND {
		return linux.EINVAL
	}
	nodes, e := c.nodemask(addr, maxnode)
	if e != 0 {
		return e
	}
	switch mode {
	case linux.MPOL_DEFAULT:
		if nodes != 0 {
			return linux.EINVAL
		}
	case linux.MPOL_LOCAL:
		if nodes != 0 || fl != 0 {
			return linux.EINVAL
		}
	case linux.MPOL_PREFERRED:
		if nodes == 0 && fl&both != 0 || nodes != 0 && nodes&1 == 0 {
			return linux.EINVAL
		}
	default:
		if nodes&1 == 0 {
			return linux.EINVAL
		}
	}
	return 0
}

func sysSetMempolicy(c *Call) (int64, linux.Errno) {
	return 0, c.policy(c.Int(0), c.Args[1], c.Args[2])
}

func sysMbind(c *Call) (int64, linux.Errno) {
	const valid = linux.MPOL_MF_STRICT | linux.MPOL_MF_MOVE | linux.MPOL_MF_MOVE_ALL
	if c.Args[5]&^valid != 0 {
		return 0, linux.EINVAL
	}
	if c.Args[5]&linux.MPOL_MF_MOVE_ALL != 0 && !c.T.Cred.Has(linux.CAP_SYS_NICE) {
		return 0, linux.EPERM
	}
	if c.Args[0]%pageSize != 0 {
		return 0, linux.EINVAL
	}
	return 0, c.policy(c.Int(2), c.Args[3], c.Args[4])
}

// sysGetMempolicy tells the policy that every thread has: the default, on the
// one node.
func sysGetMempolicy(c *Call) (int64, linux.Errno) {
	const node, addr, allowed = linux.MPOL_F_NODE, linux.MPOL_F_ADDR, linux.MPOL_F_MEMS_ALLOWED
	fl, maxnode := c.Args[4], c.Args[2]
	if fl&^(node|addr|allowed) != 0 || fl&allowed != 0 && fl&(node|addr) != 0 {
		return 0, linux.EINVAL
	}
	if c.Args[1] != 0 && maxnode < 1 { // nr_node_ids
		return 0, linux.EINVAL
	}
	if fl&addr == 0 && (c.Args[3] != 0 || fl&node != 0) {
		return 0, linux.EINVAL // F_NODE alone is for interleaving
	}
	if c.Args[0] != 0 && fl&allowed == 0 {
		if _, e := c.putInt(c.Args[0], linux.MPOL_DEFAULT); e != 0 {
			return 0, e
		}
	}
	if c.Args[1] != 0 {
		n := (maxnode - 1 + 63) / 64 * 8 // copy_nodes_to_user
		if n > pageSize {
			return 0, linux.EINVAL
		}
		mask := make([]byte, n)
		if fl&allowed != 0 && n > 0 {
			mask[0] = 1
		}
		return 0, c.CopyOut(c.Args[1], mask)
	}
	return 0, 0
}
