package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var mempolicyRows = []Row{
	{"get_mempolicy", Core, args(ptr("mode"), ptr("nodemask"), uinteger("maxnode"), ptr("addr"), hex("flags")), sysGetMempolicy},
	{"set_mempolicy", Core, args(integer("mode"), ptr("nodemask"), uinteger("maxnode")), sysSetMempolicy},
	{"migrate_pages", Core, args(integer("pid"), uinteger("maxnode"), ptr("old_nodes"), ptr("new_nodes")), sysMigratePages},
	{"move_pages", Core, args(integer("pid"), uinteger("count"), ptr("pages"), ptr("nodes"), ptr("status"), hex("flags")), sysMovePages},
	{"mbind", Core, args(ptr("addr"), uinteger("len"), integer("mode"), ptr("nodemask"), uinteger("maxnode"), hex("flags")), sysMbind},
	{"set_mempolicy_home_node", Core, args(ptr("start"), uinteger("len"), uinteger("home_node"), hex("flags")), sysSetMempolicyHomeNode},
}

// sysSetMempolicyHomeNode finds no memory with a policy of its own: mbind keeps
// none.
func sysSetMempolicyHomeNode(c *Call) (int64, linux.Errno) {
	start, length := c.Args[0], (c.Args[1]+pageSize-1)&^(pageSize-1)
	switch {
	case start%pageSize != 0, c.Args[3] != 0, c.Args[2] != 0, start+length < start:
		return 0, linux.EINVAL // there is node 0 alone
	case length == 0:
		return 0, 0
	}
	return 0, linux.ENOENT
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

// policy checks a policy with its nodes, and gives it as Linux keeps it:
// sanitize_mpol_flags, mpol_new.
func (c *Call) policy(mode int32, addr, maxnode uint64) (task.MemPolicy, linux.Errno) {
	p, e := c.checkPolicy(mode, addr, maxnode)
	if p.Mode&^linux.MPOL_MODE_FLAGS == linux.MPOL_PREFERRED && p.Nodes == 0 {
		p.Mode = linux.MPOL_LOCAL
	}
	return p, e
}

func (c *Call) checkPolicy(mode int32, addr, maxnode uint64) (task.MemPolicy, linux.Errno) {
	given := uint32(mode)
	fl := uint32(mode) & linux.MPOL_MODE_FLAGS
	mode &^= linux.MPOL_MODE_FLAGS
	const both = linux.MPOL_F_STATIC_NODES | linux.MPOL_F_RELATIVE_NODES
	if mode < 0 || mode > linux.MPOL_MAX || fl&both == both || fl&linux.MPOL_F_NUMA_BALANCING != 0 && mode != linux.MPOL_BIND {
		return task.MemPolicy{}, linux.EINVAL
	}
	nodes, e := c.nodemask(addr, maxnode)
	if e != 0 {
		return task.MemPolicy{}, e
	}
	switch mode {
	case linux.MPOL_DEFAULT:
		if nodes != 0 {
			return task.MemPolicy{}, linux.EINVAL
		}
	case linux.MPOL_LOCAL:
		if nodes != 0 || fl != 0 {
			return task.MemPolicy{}, linux.EINVAL
		}
	case linux.MPOL_PREFERRED:
		if nodes == 0 && fl&both != 0 || nodes != 0 && nodes&1 == 0 {
			return task.MemPolicy{}, linux.EINVAL
		}
	default:
		if nodes&1 == 0 {
			return task.MemPolicy{}, linux.EINVAL
		}
	}
	return task.MemPolicy{Mode: given, Nodes: nodes}, 0
}

func sysSetMempolicy(c *Call) (int64, linux.Errno) {
	p, e := c.policy(c.Int(0), c.Args[1], c.Args[2])
	if e == 0 {
		c.T.MemPolicy = p
	}
	return 0, e
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
	// GAP: checked, but not kept: claimed so.
	if _, e := c.policy(c.Int(2), c.Args[3], c.Args[4]); e != 0 || c.Args[1] == 0 {
		return 0, e
	}
	if c.mapped(c.P.Space, c.Args[0], c.Args[1]) != 0 {
		return 0, linux.EFAULT
	}
	return 0, 0
}

// mapped says whether a range has no hole. Errors: ENOMEM.
func (c *Call) mapped(s *task.Space, addr, length uint64) linux.Errno {
	var r mmapi.CheckReply
	return c.MM.Check(&mmapi.CheckRequest{Space: s.MM, Addr: addr, Length: length}, &r)
}

// sysGetMempolicy tells the thread's policy; memory has none of its own, and
// lies on the one node.
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
	p := c.T.MemPolicy
	if fl&addr != 0 {
		p = task.MemPolicy{} // also the number of the node, with F_NODE
		if c.mapped(c.P.Space, c.Args[3]&^(pageSize-1), pageSize) != 0 {
			return 0, linux.EFAULT
		}
	}
	if c.Args[0] != 0 && fl&allowed == 0 {
		if _, e := c.putInt(c.Args[0], int32(p.Mode)); e != 0 {
			return 0, e
		}
	}
	if c.Args[1] != 0 {
		n := (maxnode - 1 + 63) / 64 * 8 // copy_nodes_to_user
		if n > pageSize {
			return 0, linux.EINVAL
		}
		mask := make([]byte, n)
		if n > 0 {
			mask[0] = byte(p.Nodes)
			if fl&allowed != 0 {
				mask[0] = 1
			}
		}
		return 0, c.CopyOut(c.Args[1], mask)
	}
	return 0, 0
}

// otherSpace finds the process of a call on memory, 0 for the caller's. Errors:
// ESRCH, EPERM.
func (c *Call) otherSpace(pid int32) (*task.Space, linux.Errno) {
	t, e := c.thread(pid)
	if e != 0 {
		return nil, e
	}
	if !c.mayTrace(t) {
		return nil, linux.EPERM
	}
	if t.Exited || t.Process.Space == nil {
		return nil, linux.EINVAL
	}
	return t.Process.Space, 0
}

// sysMigratePages moves pages from the one node to the one node.
func sysMigratePages(c *Call) (int64, linux.Errno) {
	if _, e := c.nodemask(c.Args[2], c.Args[1]); e != 0 {
		return 0, e
	}
	to, e := c.nodemask(c.Args[3], c.Args[1])
	if e != 0 {
		return 0, e
	}
	if _, e := c.otherSpace(c.Int(0)); e != 0 {
		return 0, e
	}
	if to&1 == 0 {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// sysMovePages tells on which node pages are: all that are there are on node 0,
// where they may be moved.
func sysMovePages(c *Call) (int64, linux.Errno) {
	fl := c.Args[5]
	if fl&^(linux.MPOL_MF_MOVE|linux.MPOL_MF_MOVE_ALL) != 0 {
		return 0, linux.EINVAL
	}
	if fl&linux.MPOL_MF_MOVE_ALL != 0 && !c.T.Cred.Has(linux.CAP_SYS_NICE) {
		return 0, linux.EPERM
	}
	s, e := c.otherSpace(c.Int(0))
	if e != 0 {
		return 0, e
	}
	le := binary.LittleEndian
	var b [8]byte
	for i := range c.Args[1] {
		if e := c.CopyIn(c.Args[2]+8*i, b[:]); e != 0 {
			return 0, e
		}
		page := le.Uint64(b[:])
		if c.Args[3] != 0 {
			if e := c.CopyIn(c.Args[3]+4*i, b[:4]); e != 0 {
				return 0, e
			}
			if le.Uint32(b[:]) != 0 {
				return 0, linux.ENODEV
			}
		}
		if _, e := c.putInt(c.Args[4]+4*i, c.pageNode(s, page)); e != 0 {
			return 0, e
		}
		if c.T.Sleep.Dying() {
			return 0, linux.EINTR
		}
	}
	return 0, 0
}

// pageNode gives the node of a page, or an errno less than 0: ENOENT, EFAULT.
func (c *Call) pageNode(s *task.Space, addr uint64) int32 {
	addr &^= pageSize - 1
	var r mmapi.AreasReply
	if e := c.MM.Areas(&mmapi.AreasRequest{Space: s.MM, From: addr, Max: 1}, &r); e != 0 || len(r.Areas) == 0 || r.Areas[0].Addr > addr {
		return -int32(linux.EFAULT)
	}
	if r.Areas[0].File != 0 {
		return 0
	}
	there := []byte{0}
	if s.Platform.ResidentPages(addr, there); there[0]&1 == 0 {
		return -int32(linux.ENOENT)
	}
	return 0
}
