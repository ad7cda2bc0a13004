package hostproc

import (
	"slices"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// Text that a program has at a fixed address stays mapped when the program ends,
// with its jumps: the next program in the process is mostly the same one, and
// finds its text in place, faulted in and patched.

// keepBelow is where programs at fixed addresses lie; others get a random one
// and would not find their text again.
const keepBelow = 1 << 32

// keptMap is a mapping of a file as it was made, and not changed since.
type keptMap struct {
	addr, length, offset uint64
	prot                 uint32
	file                 fileVersion
}

// fileVersion tells one content of a file from another.
type fileVersion struct {
	dev, ino     uint64
	size         int64
	mtime, ctime unix.Timespec
}

func versionOf(fd int) (fileVersion, bool) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return fileVersion{}, false
	}
	return fileVersion{st.Dev, st.Ino, st.Size, st.Mtim, st.Ctim}, true
}

// keepable describes the mapping that op makes, if it may be kept.
func keepable(op *platform.Op) (keptMap, bool) {
	if op.Kind != platform.OpMapFile || op.Write || op.Flags&linux.MAP_SHARED != 0 ||
		op.Prot&linux.PROT_WRITE != 0 || op.Addr >= keepBelow || op.Length > keepBelow-op.Addr {
		return keptMap{}, false
	}
	v, ok := versionOf(op.FD)
	return keptMap{op.Addr, op.Length, op.Offset, op.Prot, v}, ok
}

// touches says whether op changes anything in the span.
func touches(op *platform.Op, addr, length uint64) bool {
	return op.Addr < addr+length && addr < op.Addr+op.Length ||
		op.NewLength > 0 && op.NewAddr < addr+length && addr < op.NewAddr+op.NewLength
}

// note follows what an op that was made did to what is kept.
func (pr *process) note(op *platform.Op) {
	if len(pr.kept) > 0 {
		pr.kept = slices.DeleteFunc(pr.kept, func(k keptMap) bool { return touches(op, k.addr, k.length) })
	}
	if k, ok := keepable(op); ok && len(pr.kept) < maxKept {
		pr.kept = append(pr.kept, k)
	}
}

// maxKept is how many mappings are kept at most: with the gaps between them,
// and the slots, they fit into one trip.
const maxKept = 8

// dropKept forgets what is kept, and gives the ops that unmap it.
func (pr *process) dropKept() []platform.Op {
	ops := pr.strays
	for _, k := range pr.kept {
		ops = append(ops, platform.Op{Kind: platform.OpUnmap, Addr: k.addr, Length: k.length})
	}
	for i := range pr.jumps {
		if a := &pr.jumps[i]; a.mapped > 0 {
			ops = append(ops, a.unmap())
		}
	}
	pr.kept, pr.strays = nil, nil
	clear(pr.patches)
	clear(pr.sites)
	return ops
}

// reuse takes from a new program's first ops those that are done already, or
// puts others before them that unmap what is of no use: when what is kept is
// not all among them, none of it is used. index says which op each one was.
func (pr *process) reuse(ops []platform.Op) (rest []platform.Op, index []int) {
	pr.stale = false
	useful := len(pr.strays) == 0
	had, done := 0, make([]bool, len(ops))
	for i := range ops {
		k, ok := keepable(&ops[i])
		done[i] = ok && slices.Contains(pr.kept, k)
		if done[i] {
			had++
			continue
		}
		for _, k := range pr.kept {
			useful = useful && !touches(&ops[i], k.addr, k.length)
		}
	}
	if !useful || had != len(pr.kept) {
		clear(done)
		rest = pr.dropKept()
		index = make([]int, len(rest))
	}
	for i := range ops {
		if !done[i] {
			rest, index = append(rest, ops[i]), append(index, i)
		}
	}
	return rest, index
}

// clearBut writes orders that unmap all but what is kept, and gives how many.
func (t *thread) clearBut() int {
	pr := t.proc
	type span struct{ from, to uint64 }
	var keep []span
	for _, k := range pr.kept {
		keep = append(keep, span{k.addr, k.addr + k.length})
	}
	inside := func(addr uint64) bool {
		return slices.ContainsFunc(keep, func(s span) bool { return addr >= s.from && addr < s.to })
	}
	for rip := range pr.patches {
		if !inside(rip - 1) {
			delete(pr.patches, rip)
		}
	}
	used := map[int]bool{}
	for slot, at := range pr.sites {
		if !inside(at) {
			delete(pr.sites, slot)
			continue
		}
		for i := range pr.jumps {
			if a := &pr.jumps[i]; slot >= a.addr && slot < a.addr+a.length {
				used[i] = true
			}
		}
	}
	for i := range pr.jumps {
		if a := &pr.jumps[i]; used[i] {
			keep = append(keep, span{a.addr, a.addr + a.mapped})
		} else {
			a.used, a.mapped = 0, 0
		}
	}
	slices.SortFunc(keep, func(x, y span) int {
		if x.from < y.from {
			return -1
		}
		return 1
	})
	n, at := 0, uint64(0)
	for _, s := range append(keep, span{shimShimBase, shimShimBase}) {
		if s.from > at {
			t.mb.order(n, unix.SYS_MUNMAP, at, s.from-at)
			n++
		}
		at = s.to
	}
	return n
}
