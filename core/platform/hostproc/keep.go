package hostproc

import (
	"slices"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// What a program has at a fixed address stays mapped when the program ends: text
// with its jumps, data and bss. The next program in the process is mostly the
// same one, and finds its text in place, faulted in and patched, and its data
// written anew, which is cheaper than a fault for each page.

// keepBelow is where programs at fixed addresses lie; others get a random one
// and would not find their text again.
const keepBelow = 1 << 32

// keptMap is a mapping as it was made, and not changed since but for what the app
// wrote into it, where it may.
type keptMap struct {
	addr, length, offset uint64
	prot, flags          uint32
	file                 fileVersion // zero: anonymous
}

// data says whether the app may write there.
func (k *keptMap) data() bool { return k.prot&linux.PROT_WRITE != 0 }

func (k *keptMap) touchedBy(op *platform.Op) bool { return touches(op, k.addr, k.length) }

// keepData is the most that is written anew: more is not worth its writing.
const keepData = 128 << 10

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

// keepable describes the mapping that op makes, if it may be kept. What a program
// may write must be of its first ops: what it was started with.
func keepable(op *platform.Op, first bool) (keptMap, bool) {
	if op.Kind != platform.OpMapFile && op.Kind != platform.OpMapAnon || op.Write ||
		op.Flags&(linux.MAP_SHARED|linux.MAP_GROWSDOWN|linux.MAP_STACK|linux.MAP_LOCKED) != 0 ||
		op.Addr >= keepBelow || op.Length > keepBelow-op.Addr {
		return keptMap{}, false
	}
	k := keptMap{addr: op.Addr, length: op.Length, offset: op.Offset, prot: op.Prot, flags: op.Flags}
	const rw = linux.PROT_READ | linux.PROT_WRITE
	if (k.data() || op.Kind == platform.OpMapAnon) && !(first && op.Prot == rw && op.Length <= keepData) {
		return keptMap{}, false
	}
	if op.Kind == platform.OpMapAnon {
		return k, true
	}
	v, ok := versionOf(op.FD)
	k.file = v
	return k, ok
}

// touches says whether op changes anything in the span.
func touches(op *platform.Op, addr, length uint64) bool {
	return op.Addr < addr+length && addr < op.Addr+op.Length ||
		op.NewLength > 0 && op.NewAddr < addr+length && addr < op.NewAddr+op.NewLength
}

// note follows what an op that was made did to what is kept.
func (pr *process) note(op *platform.Op) {
	if len(pr.kept) > 0 {
		pr.kept = slices.DeleteFunc(pr.kept, func(k keptMap) bool {
			// Protection of data is put back, as all of its bytes are.
			return k.touchedBy(op) && !(k.data() && op.Kind == platform.OpProtect)
		})
	}
	if k, ok := keepable(op, pr.starting); ok && len(pr.kept) < maxKept {
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
// not all among them, none of it is used. index says which op each one was, and
// old which ops are for data that is to be written anew.
func (pr *process) reuse(ops []platform.Op) (rest []platform.Op, index, old []int) {
	pr.stale = false
	useful := len(pr.strays) == 0
	had, done := 0, make([]bool, len(ops))
	for i := range ops {
		k, ok := keepable(&ops[i], true)
		done[i] = ok && slices.Contains(pr.kept, k)
		if done[i] {
			had++
			continue
		}
		for _, k := range pr.kept {
			useful = useful && !k.touchedBy(&ops[i])
		}
	}
	if !useful || had != len(pr.kept) {
		clear(done)
		rest = pr.dropKept()
		index = make([]int, len(rest))
	}
	for i := range ops {
		op := ops[i]
		if done[i] {
			if op.Prot&linux.PROT_WRITE == 0 {
				continue
			}
			old = append(old, i)
			op = platform.Op{Kind: platform.OpProtect, Addr: op.Addr, Length: op.Length, Prot: op.Prot}
		}
		rest, index = append(rest, op), append(index, i)
	}
	return rest, index, old
}

// rewrite gives data that was kept the contents that op maps.
func (pr *process) rewrite(op *platform.Op) linux.Errno {
	b := make([]byte, op.Length)
	if op.Kind == platform.OpMapFile {
		// What is behind the file's end is zero, as in a mapping.
		for n := 0; n < len(b); {
			m, err := unix.Pread(op.FD, b[n:], int64(op.Offset)+int64(n))
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				return linux.EIO
			}
			if m == 0 {
				break
			}
			n += m
		}
	}
	if pr.Write(op.Addr, b) != len(b) {
		return linux.EFAULT
	}
	return 0
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
		return slices.ContainsFunc(pr.kept, func(k keptMap) bool {
			return !k.data() && addr >= k.addr && addr < k.addr+k.length
		})
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
