package fuzz

import "adyton.dev/adyton/core/linux"

// page is an address in the region, mostly at a page's start.
func page(g *gen, _ *call) value {
	if g.odd() {
		return pick(g, num(0), num(^uint64(4095)), num(1<<47-4096), num(1<<47), value{'g', 0x1001}, num(0x0000800000000000), value{'g', regionPage*pageSize + 4096})
	}
	return value{'g', uint64(g.r.IntN(regionPage)) * pageSize}
}

func pageLen(g *gen, _ *call) value {
	if g.odd() {
		return num(pick[uint64](g, 0, 1, 4097, 1<<47, ^uint64(0), ^uint64(4095), ^uint64(4094), 1<<63))
	}
	return num(uint64(g.r.IntN(8)+1) * pageSize)
}

func prot(g *gen, _ *call) value {
	if g.odd() {
		return num(pick[uint64](g, 8, 16, 1<<24, 1<<25, 3<<24, ^uint64(0), 4, 7))
	}
	return num(pick[uint64](g, 0, 1, 2, 3, 3, 3))
}

// mapFlags places what is mapped in the region.
func mapFlags(g *gen, c *call) value {
	v := pick[uint64](g, linux.MAP_PRIVATE, linux.MAP_PRIVATE, linux.MAP_SHARED, linux.MAP_SHARED_VALIDATE) |
		pick[uint64](g, linux.MAP_FIXED, linux.MAP_FIXED, linux.MAP_FIXED_NOREPLACE)
	if g.chance(70) {
		v |= linux.MAP_ANONYMOUS
	}
	if g.chance(20) {
		v |= pick[uint64](g, linux.MAP_POPULATE, linux.MAP_NORESERVE, linux.MAP_LOCKED, linux.MAP_STACK, linux.MAP_NONBLOCK, linux.MAP_GROWSDOWN)
	}
	if g.odd() {
		v = v&^15 | pick[uint64](g, 0, 4, 2, 1)
	}
	return num(v)
}

var mmSpecs = map[string]spec{
	"mmap": {result: 'o', args: map[int]argFn{0: page, 1: pageLen, 2: prot, 3: mapFlags,
		5: one(0, 0, 0, 4096, 8192, 1, 1<<63-4096, ^uint64(4095))}},
	"munmap":        {args: map[int]argFn{0: page, 1: pageLen}},
	"mprotect":      {args: map[int]argFn{0: page, 1: pageLen, 2: prot}},
	"pkey_mprotect": {args: map[int]argFn{0: page, 1: pageLen, 2: prot, 3: one(^uint64(0), 0, 1, 16)}},
	"mremap": {result: 'o', args: map[int]argFn{0: page, 1: pageLen, 2: pageLen, 3: one(0, 1, 3, 3, 2, 4, 5, 7, 8),
		4: page}},
	"madvise":           {args: map[int]argFn{0: page, 1: pageLen}},
	"msync":             {args: map[int]argFn{0: page, 1: pageLen, 2: one(0, 1, 2, 4, 5, 6, 3, 8)}},
	"mincore":           {args: map[int]argFn{0: page, 1: pageLen, 2: structOut(64, mask{'x', 0, 64})}},
	"mlock":             {args: map[int]argFn{0: page, 1: pageLen}},
	"munlock":           {args: map[int]argFn{0: page, 1: pageLen}},
	"mlock2":            {args: map[int]argFn{0: page, 1: pageLen, 2: one(0, 1, 2)}},
	"mlockall":          {args: map[int]argFn{0: one(1, 2, 4, 5, 0, 8)}},
	"brk":               {result: 'o', args: map[int]argFn{0: just(0, 1, 1<<47)}},
	"remap_file_pages":  {args: map[int]argFn{0: page, 1: pageLen, 2: one(0, 0, 0, 1), 3: one(0, 1, 2), 4: just(0)}},
	"load":              {args: map[int]argFn{0: touch}},
	"store":             {args: map[int]argFn{0: touch, 1: just(0x11, 0x22, 0x33)}},
	"probe":             {},
	"shmget":            {result: 'n', args: map[int]argFn{0: just(0, 0, 0x1111, 0x2222), 1: one(4096, 8192, 100, 0), 2: one(0o1600, 0o1666, 0o3600, 0o600, 0, 0o1400, 0o1000)}},
	"shmat":             {result: 'o', args: map[int]argFn{0: idOf("shmget"), 1: page, 2: one(0, linux.SHM_RDONLY, linux.SHM_RND, linux.SHM_REMAP, linux.SHM_REMAP|linux.SHM_RDONLY, linux.SHM_EXEC)}},
	"shmdt":             {args: map[int]argFn{0: page}},
	"process_vm_readv":  {args: map[int]argFn{0: pid, 1: iovecFn(true), 2: one(1, 2, 1, 0, 1024, 1025), 3: iovecFn(false), 4: one(1, 2, 1, 0, 1025), 5: one(0, 0, 0, 1)}},
	"process_vm_writev": {args: map[int]argFn{0: pid, 1: iovecFn(false), 2: one(1, 2, 1, 0, 1024, 1025), 3: iovecFn(true), 4: one(1, 2, 1, 0, 1025), 5: one(0, 0, 0, 1)}},
}

func iovecFn(out bool) argFn {
	return func(g *gen, _ *call) value { return g.iovecs(out) }
}

func touch(g *gen, _ *call) value {
	return value{'g', uint64(g.r.IntN(regionPage*pageSize + 4096))}
}

// idOf is the result of a call of that name, or a number that is no id.
func idOf(name string) argFn {
	return func(g *gen, _ *call) value {
		if list := g.ids[name]; len(list) > 0 && !g.odd() {
			return list[g.r.IntN(len(list))]
		}
		return num(pick[uint64](g, ^uint64(0), 1<<31-1, 1<<31))
	}
}

// pid is one that means something to the program.
func pid(g *gen, _ *call) value {
	switch {
	case g.odd():
		return num(pick[uint64](g, 999999, ^uint64(1), 1<<31, 1<<31-1, ^uint64(999998)))
	case g.kids > 0 && g.chance(60):
		return value{'k', uint64(g.r.IntN(g.kids))}
	case g.chance(20):
		return value{Kind: 'q'}
	case g.chance(30):
		return num(0)
	}
	return value{Kind: 's'}
}

// own is a pid that may be given signals: never the parent, never all.
func own(g *gen, c *call) value {
	switch {
	case g.odd():
		return num(pick[uint64](g, 999999, 1<<31-1))
	case g.kids > 0 && g.chance(50):
		return value{'k', uint64(g.r.IntN(g.kids))}
	}
	return value{Kind: 's'}
}
