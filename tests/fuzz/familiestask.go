package fuzz

import (
	"slices"

	"adyton.dev/adyton/core/linux"
)

// prctlArgs are operations whose answer is the program's own affair.
var prctlCalls = []uint64{linux.PR_SET_PDEATHSIG, linux.PR_GET_PDEATHSIG, linux.PR_GET_DUMPABLE, linux.PR_SET_DUMPABLE, linux.PR_GET_KEEPCAPS,
	linux.PR_SET_KEEPCAPS, linux.PR_SET_NAME, linux.PR_GET_NAME, linux.PR_GET_SECCOMP, linux.PR_CAPBSET_READ, linux.PR_CAPBSET_DROP,
	linux.PR_GET_SECUREBITS, linux.PR_SET_SECUREBITS, linux.PR_SET_TIMERSLACK, linux.PR_GET_TIMERSLACK, linux.PR_SET_CHILD_SUBREAPER,
	linux.PR_GET_CHILD_SUBREAPER, linux.PR_SET_NO_NEW_PRIVS, linux.PR_GET_NO_NEW_PRIVS, linux.PR_GET_TID_ADDRESS, linux.PR_SET_THP_DISABLE,
	linux.PR_GET_THP_DISABLE, linux.PR_CAP_AMBIENT, 9999}

func prctlOp(g *gen, c *call) value {
	op := prctlCalls[g.r.IntN(len(prctlCalls))]
	if slices.Contains([]uint64{linux.PR_GET_PDEATHSIG, linux.PR_GET_NAME, linux.PR_SET_NAME, linux.PR_GET_CHILD_SUBREAPER}, op) {
		c.Args[1] = g.in([]byte("a name that is longer than 15"))
	} else if op == linux.PR_GET_TID_ADDRESS {
		p := g.out(8)
		c.Args[1] = p
		masked(c, p, mask{'x', 0, 8})
	} else {
		c.Args[1] = one(0, 1, 2, 3, 10, 40, 41, 64, 65)(g, c)
	}
	return num(op)
}

func capHeader(g *gen, c *call) value {
	p := g.in(ints(pick[uint32](g, 0x20080522, 0x20080522, 0x20080522, 0x20071026, 0x19980330, 0), 0))
	if p.Kind == 'p' && p.V+8 <= arenaLen && g.chance(60) {
		c.Setup = append(c.Setup, setup{Op: 'v', Off: int(p.V) + 4, From: pid(g, c)})
	}
	masked(c, p, mask{'d', 4, 4})
	return p
}

func schedAttr(g *gen) []byte {
	return append(append(ints(pick[uint32](g, 48, 48, 56, 0, 47, 4096), pick[uint32](g, 0, 3, 5, 1, 7)), words(pick[uint64](g, 0, 1, 2, 8, 0x1000))...),
		append(ints(pick[uint32](g, 0, 5, 19, 20, ^uint32(0)), pick[uint32](g, 0, 1)), make([]byte, 32)...)...)
}

// pgid is a process group, or 0.
func pgid(g *gen, c *call) value { return pid(g, c) }

// waitOptions never wait.
var waitOptions = one(1, 1, 3, 1|8, 1|1<<30, 1|1<<29, 1|4)

var waitidOptions = one(1|4, 1|4, 1|2|4, 1|8|4, 1|4|1<<24, 1, 4|1|2|8|1<<24, 1|1<<30)

var taskSpecs = map[string]spec{
	"getpid":                 {result: 't'},
	"getppid":                {result: 't'},
	"getpgrp":                {result: 't'},
	"getpgid":                {result: 't', args: map[int]argFn{0: pid}},
	"getsid":                 {result: 't', args: map[int]argFn{0: pid}},
	"setsid":                 {result: 't'},
	"setpgid":                {args: map[int]argFn{0: pid, 1: pgid}},
	"prlimit64":              {args: map[int]argFn{0: pid, 1: limits}},
	"getrlimit":              {args: map[int]argFn{0: limits}},
	"setrlimit":              {args: map[int]argFn{0: limits}},
	"prctl":                  {args: map[int]argFn{0: prctlOp, 1: kept(1), 2: one(0, 0, 0, 1, 10), 3: one(0, 0, 0, 1), 4: one(0, 0, 0, 1)}},
	"capget":                 {args: map[int]argFn{0: capHeader, 1: orNull(20, structOut(24))}},
	"capset":                 {args: map[int]argFn{0: capHeader, 1: structIn(func(g *gen) []byte { return ints(pick[uint32](g, 0, 0, 1), pick[uint32](g, 0, 0, 1), 0, 0, 0, 0) })}},
	"sched_getaffinity":      {args: map[int]argFn{0: pid, 1: one(8, 128, 4, 0, 7, 1), 2: structOut(128)}},
	"sched_setaffinity":      {args: map[int]argFn{0: pid, 1: one(8, 128, 4, 0), 2: structIn(func(g *gen) []byte { return words(pick[uint64](g, 0, 1, 3, ^uint64(0), 1<<40), 0, 0) })}},
	"sched_getscheduler":     {args: map[int]argFn{0: pid}},
	"sched_setscheduler":     {args: map[int]argFn{0: pid, 1: one(0, 3, 5, 1, 2, 7, 1<<30, 4), 2: schedParam}},
	"sched_getparam":         {args: map[int]argFn{0: pid, 1: structOut(4)}},
	"sched_setparam":         {args: map[int]argFn{0: pid, 1: schedParam}},
	"sched_getattr":          {args: map[int]argFn{0: pid, 1: structOut(64, mask{'x', 24, 8}, mask{'x', 48, 8}), 2: one(48, 56, 64, 47, 0, 4096, 4097), 3: one(0, 0, 0, 1)}},
	"sched_setattr":          {args: map[int]argFn{0: pid, 1: structIn(schedAttr), 2: one(0, 0, 0, 1)}},
	"sched_get_priority_max": {args: map[int]argFn{0: one(0, 1, 2, 3, 5, 4, 8, 9)}},
	"sched_get_priority_min": {args: map[int]argFn{0: one(0, 1, 2, 3, 5, 4, 8, 9)}},
	"sched_rr_get_interval":  {args: map[int]argFn{0: pid, 1: structOut(16, mask{'u', 0, 16})}},
	"getpriority":            {args: map[int]argFn{0: one(0, 0, 1, 3), 1: pid}},
	"setpriority":            {args: map[int]argFn{0: one(0, 0, 1, 3), 1: own, 2: one(0, 5, 19, 20, ^uint64(0), ^uint64(20))}},
	"ioprio_get":             {args: map[int]argFn{0: one(1, 1, 2, 0, 4), 1: pid}},
	"ioprio_set":             {args: map[int]argFn{0: one(1, 1, 2, 0, 4), 1: own, 2: one(0, 2<<13|4, 3<<13, 1<<13, 4<<13, 2<<13|8, 0|1)}},
	"wait4":                  {result: 't', args: map[int]argFn{0: waitPid, 2: waitOptions, 3: orNull(60, structOut(144, mask{'x', 0, 144}))}},
	"waitid": {args: map[int]argFn{0: one(0, 1, 1, 2, 3, 4), 1: pid, 2: orNull(15, structOut(128, mask{'d', 12, 4})), 3: waitidOptions,
		4: orNull(60, structOut(144, mask{'x', 0, 144}))}},
	"setuid": {args: map[int]argFn{0: ids()}}, "setgid": {args: map[int]argFn{0: ids()}},
	"setreuid": {args: map[int]argFn{0: ids(), 1: ids()}}, "setregid": {args: map[int]argFn{0: ids(), 1: ids()}},
	"setresuid": {args: map[int]argFn{0: ids(), 1: ids(), 2: ids()}}, "setresgid": {args: map[int]argFn{0: ids(), 1: ids(), 2: ids()}},
	"setfsuid": {args: map[int]argFn{0: ids()}}, "setfsgid": {args: map[int]argFn{0: ids()}},
	"getgroups":       {args: map[int]argFn{0: one(0, 1, 10, 65536, 65537)}},
	"setgroups":       {args: map[int]argFn{0: one(0, 1, 10, 65537)}},
	"getrusage":       {args: map[int]argFn{0: one(0, 1, ^uint64(0), 2), 1: structOut(144, mask{'x', 0, 144})}},
	"times":           {result: 'o', args: map[int]argFn{0: orNull(20, structOut(32, mask{'x', 0, 32}))}},
	"getcpu":          {args: map[int]argFn{0: orNull(20, structOut(4, mask{'x', 0, 4})), 1: orNull(20, structOut(4)), 2: just(0, 1)}},
	"personality":     {args: map[int]argFn{0: just(0xffffffff, 0, 0x40000, 8, 0x0400000)}},
	"kcmp":            {result: 'b', args: map[int]argFn{0: own, 1: own, 2: one(1, 2, 3, 4, 5, 6), 3: just(0), 4: just(0)}},
	"membarrier":      {args: map[int]argFn{0: one(0, 8, 16, 1, 2, 4), 1: one(0, 0, 0, 1), 2: just(0)}},
	"pidfd_getfd":     {fd: true, args: map[int]argFn{1: newFD, 2: one(0, 0, 0, 1)}},
	"getrandom":       {after: noContents(0, 6000)},
	"uname":           {args: map[int]argFn{0: structOut(390, mask{'x', 65, 260})}},
	"sysinfo":         {args: map[int]argFn{0: structOut(112, mask{'x', 0, 96})}},
	"set_robust_list": {args: map[int]argFn{0: just(0), 1: one(24, 0, 23, 25)}},
	"get_robust_list": {args: map[int]argFn{0: pid, 1: structOut(8, mask{'x', 0, 8}), 2: structOut(8)}},
	"unshare":         {args: map[int]argFn{0: just(0, linux.CLONE_FS, linux.CLONE_FILES, linux.CLONE_SYSVSEM, 1, linux.CLONE_THREAD, linux.CLONE_VM)}},
	"get_mempolicy":   {args: map[int]argFn{0: orNull(20, structOut(4)), 1: orNull(20, structOut(128)), 2: one(0, 1, 64, 1024, 1025), 3: just(0), 4: one(0, 0, 0, 4, 8, 1)}},
	"set_mempolicy":   {args: map[int]argFn{0: one(0, 1, 2, 3, 4, 5, 9, 0x8000, 0x4000), 1: orNull(30, structIn(func(g *gen) []byte { return words(pick[uint64](g, 0, 1, 2, ^uint64(0)), 0) })), 2: one(0, 1, 2, 64, 65, 128)}},
}

func limits(g *gen, c *call) value {
	if g.odd() {
		return num(pick[uint64](g, 16, 17, 99, ^uint64(0)))
	}
	return num(uint64(g.r.IntN(16)))
}

func schedParam(g *gen, c *call) value {
	return g.in(ints(pick[uint32](g, 0, 0, 1, 99, 100, ^uint32(0))))
}

func waitPid(g *gen, c *call) value {
	if g.chance(30) {
		return num(^uint64(0))
	}
	return pid(g, c)
}
