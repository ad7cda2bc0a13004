package fuzz

import "adyton.dev/adyton/core/linux"

var ipcKey = just(0, 0x1111, 0x1111, 0x2222)

var ipcMode = one(0o1600, 0o1600, 0o1666, 0o3600, 0o600, 0, 0o1400, 0o1000, 0o3000)

const nowait = 0o4000

// ipcPerm is struct ipc_perm as IPC_SET reads it.
func ipcPerm(g *gen, size int) []byte {
	b := append(ints(0, pick[uint32](g, 1000, 1000, 0, 1001, ^uint32(0)), 1000, 1000, 1000, uint32(pick[uint64](g, 0o600, 0o666, 0, 0o7777, 0o177777))), make([]byte, size-24)...)
	return b
}

func ctlBuf(size int, masks ...mask) argFn {
	return func(g *gen, c *call) value {
		p := g.in(ipcPerm(g, size))
		if p.Kind != 'p' {
			return p
		}
		switch c.Args[1].V {
		case linux.IPC_STAT: // the others take an index: whose segment it is differs
			masked(c, p, masks...)
		case linux.IPC_INFO, linux.MSG_INFO, linux.SHM_INFO:
			masked(c, p, mask{'x', 0, size}) // what the whole machine has
		}
		return p
	}
}

func msgbuf(g *gen, c *call) value {
	return g.in(append(words(pick[uint64](g, 1, 1, 2, 3, 0, ^uint64(0), 1<<63)), g.bytes(pick(g, 0, 1, 10, 100, 8192, 8193))...))
}

func mqName(g *gen, c *call) value {
	return g.in(append([]byte(pick(g, "q1", "q1", "q1", "q2", "", "/q1", "q/1", ".", "..", string(g.bytes(256)))), 0))
}

// semctlArg is what the command of semctl takes.
func semctlArg(g *gen, c *call) value {
	switch c.Args[2].V {
	case linux.SETVAL:
		return num(pick[uint64](g, 0, 1, 5, 32767, 32768, ^uint64(0)))
	case linux.GETALL:
		return g.out(16)
	case linux.SETALL:
		return g.in([]byte{1, 0, 2, 0, byte(g.r.IntN(2)), byte(pick(g, 0, 0, 127, 128, 255)), 3, 0})
	case linux.IPC_STAT, linux.SEM_STAT, linux.SEM_STAT_ANY:
		p := g.out(104)
		masked(c, p, mask{'x', 24, 2}, mask{'x', 48, 32})
		return p
	case linux.IPC_SET:
		return g.in(ipcPerm(g, 104))
	case linux.IPC_INFO, linux.SEM_INFO:
		p := g.out(40)
		masked(c, p, mask{'x', 0, 40})
		return p
	}
	return num(0)
}

func sops(g *gen, c *call) value {
	var b []byte
	for range 2 {
		op := pick(g, 0, 1, 1, -1, -1, 2, -2, 32767, -32768, 10)
		fl := nowait | pick(g, 0, 0, 0x1000)
		b = append(b, byte(pick(g, 0, 0, 1, 2, 3, 9)), 0, byte(op), byte(op>>8), byte(fl&255), byte(fl>>8))
	}
	return g.in(b)
}

var ipcSpecs = map[string]spec{
	"shmctl":     {args: map[int]argFn{0: idOf("shmget"), 1: one(0, 1, 2, 2, 2, 11, 12, 3), 2: ctlBuf(112, mask{'x', 24, 2}, mask{'x', 56, 24}, mask{'d', 80, 4}, mask{'d', 84, 4})}},
	"semget":     {result: 'n', args: map[int]argFn{0: ipcKey, 1: one(1, 2, 3, 4, 0, 32000, 32001), 2: ipcMode}},
	"semop":      {args: map[int]argFn{0: idOf("semget"), 1: sops, 2: one(1, 2, 1, 2, 0, 500, 501)}},
	"semtimedop": {args: map[int]argFn{0: idOf("semget"), 1: sops, 2: one(1, 2, 1, 2, 0, 501), 3: noWait}},
	// SEM_STAT and the like take an index: whose set it is differs.
	"semctl": {args: map[int]argFn{0: idOf("semget"), 1: one(0, 1, 2, 3, 9), 2: one(0, 1, 2, 11, 12, 13, 14, 15, 16, 17, 3), 3: semctlArg}, after: semPid},
	"msgget": {result: 'n', args: map[int]argFn{0: ipcKey, 1: ipcMode}},
	"msgsnd": {args: map[int]argFn{0: idOf("msgget"), 1: msgbuf, 2: one(0, 1, 10, 100, 8192, 8193), 3: just(nowait)}},
	"msgrcv": {args: map[int]argFn{0: idOf("msgget"), 1: structOut(8200), 2: one(0, 1, 10, 100, 8192), 3: one(0, 0, 1, 2, 3, ^uint64(0), ^uint64(1), ^uint64(2), 1<<63),
		4: just(nowait, nowait, nowait|0o10000, nowait|0o20000, nowait|0o40000, 0o40000)}},
	"msgctl":          {args: map[int]argFn{0: idOf("msgget"), 1: one(0, 1, 2, 2, 2, 3), 2: ctlBuf(120, mask{'x', 24, 2}, mask{'x', 48, 24}, mask{'d', 96, 4}, mask{'d', 100, 4})}},
	"mq_open":         {fd: true, args: map[int]argFn{0: mqName, 1: mqFlags, 3: orNull(50, structIn(mqAttr))}},
	"mq_unlink":       {args: map[int]argFn{0: mqName}},
	"mq_timedsend":    {args: map[int]argFn{3: one(0, 1, 2, 32767, 32768), 4: noWait}},
	"mq_timedreceive": {args: map[int]argFn{3: orNull(30, structOut(4)), 4: noWait}},
	"mq_getsetattr":   {args: map[int]argFn{1: orNull(40, structIn(mqAttr)), 2: orNull(20, structOut(64))}},
	"mq_notify":       {args: map[int]argFn{1: sigevent}},
}

func semPid(c *call) {
	if c.Args[2].Kind == 'i' && c.Args[2].V == linux.GETPID {
		c.Result = 't'
	}
}

func mqFlags(g *gen, c *call) value {
	return num(pick[uint64](g, 0, 1, 2, 2, 2) | linux.O_NONBLOCK | pick[uint64](g, linux.O_CREAT, linux.O_CREAT, linux.O_CREAT, 0, linux.O_CREAT|linux.O_EXCL) | pick[uint64](g, 0, 0, linux.O_CLOEXEC))
}

func mqAttr(g *gen) []byte {
	return words(pick[uint64](g, 0, linux.O_NONBLOCK, linux.O_NONBLOCK, 1), pick[uint64](g, 2, 10, 11, 0, ^uint64(0)), pick[uint64](g, 10, 100, 8192, 8193, 0, ^uint64(0)), 0, 0, 0, 0, 0)
}
