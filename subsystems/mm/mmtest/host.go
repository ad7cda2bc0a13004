package mmtest

import (
	"errors"
	"fmt"
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

const page = 4096

// Host does what ops order, on a list of runs of pages: the platform of the
// tests.
type Host struct {
	runs []run // in order, none empty, none overlapping
}

type run struct {
	start, end uint64
	prot       uint32
	shared     bool
	file       uint64
	offset     uint64 // of a file at start
}

// NewHost is a host process with nothing mapped.
func NewHost() *Host { return new(Host) }

// Fork is the host process of a child.
func (h *Host) Fork() *Host { return &Host{slices.Clone(h.runs)} }

// Do does the ops, and complains of one that no platform could do.
func (h *Host) Do(ops []mmapi.Op) error {
	for i := range ops {
		if err := h.do(&ops[i]); err != nil {
			return fmt.Errorf("op %d of %d: %w: %+v", i, len(ops), err, ops[i])
		}
	}
	return nil
}

func (h *Host) do(op *mmapi.Op) error {
	if (op.Addr|op.Length|op.NewAddr|op.NewLength|op.FileOffset)%page != 0 || op.Length == 0 {
		return errors.New("not pages")
	}
	switch op.Kind {
	case mmapi.OpKindMapAnon, mmapi.OpKindMapFile:
		kind := op.Flags & linux.MAP_TYPE
		const known = linux.MAP_TYPE | linux.MAP_POPULATE | linux.MAP_NORESERVE | linux.MAP_STACK
		anon := op.Kind == mmapi.OpKindMapAnon
		if kind != linux.MAP_PRIVATE && (anon || kind != linux.MAP_SHARED) || op.Flags&^known != 0 || anon != (op.File == 0) {
			return errors.New("bad map")
		}
		h.put(run{op.Addr, op.Addr + op.Length, op.Prot, kind == linux.MAP_SHARED, op.File, op.FileOffset})
	case mmapi.OpKindUnmap:
		h.clear(op.Addr, op.Addr+op.Length)
	case mmapi.OpKindProtect:
		inside, err := h.all(op.Addr, op.Addr+op.Length)
		if err != nil {
			return err
		}
		for _, r := range inside {
			r.prot = op.Prot
			h.put(r)
		}
	case mmapi.OpKindAdvise:
		_, err := h.all(op.Addr, op.Addr+op.Length)
		return err
	case mmapi.OpKindRemap:
		return h.remap(op)
	default:
		return errors.New("unknown kind")
	}
	return nil
}

// inside are the runs between lo and hi, cut to it.
func (h *Host) inside(lo, hi uint64) []run {
	var out []run
	for _, r := range h.runs {
		if r.end > lo && r.start < hi {
			out = append(out, r.cut(max(lo, r.start), min(hi, r.end)))
		}
	}
	return out
}

// all is inside, when that has no holes.
func (h *Host) all(lo, hi uint64) ([]run, error) {
	inside := h.inside(lo, hi)
	at := lo
	for _, r := range inside {
		if r.start != at {
			return nil, fmt.Errorf("nothing mapped at %#x", at)
		}
		at = r.end
	}
	if at != hi {
		return nil, fmt.Errorf("nothing mapped at %#x", at)
	}
	return inside, nil
}

func (r run) cut(lo, hi uint64) run {
	if r.file != 0 {
		r.offset += lo - r.start
	}
	r.start, r.end = lo, hi
	return r
}

func (h *Host) clear(lo, hi uint64) {
	var out []run
	for _, r := range h.runs {
		if r.end <= lo || r.start >= hi {
			out = append(out, r)
			continue
		}
		if r.start < lo {
			out = append(out, r.cut(r.start, lo))
		}
		if r.end > hi {
			out = append(out, r.cut(hi, r.end))
		}
	}
	h.runs = out
}

func (h *Host) put(r run) {
	h.clear(r.start, r.end)
	i, _ := slices.BinarySearchFunc(h.runs, r.start, func(x run, start uint64) int {
		if x.start < start {
			return -1
		}
		return 1
	})
	h.runs = slices.Insert(h.runs, i, r)
}

func (h *Host) remap(op *mmapi.Op) error {
	moved, err := h.all(op.Addr, op.Addr+op.Length)
	if err != nil {
		return err
	}
	if op.Flags == 0 {
		if op.NewAddr != op.Addr || op.NewLength <= op.Length {
			return errors.New("bad growth in place")
		}
		if len(h.inside(op.Addr+op.Length, op.Addr+op.NewLength)) != 0 {
			return errors.New("grows into something")
		}
	} else {
		keep := op.Flags&linux.MREMAP_DONTUNMAP != 0
		if op.Flags&^linux.MREMAP_DONTUNMAP != linux.MREMAP_MAYMOVE|linux.MREMAP_FIXED || keep && op.Length != op.NewLength {
			return errors.New("bad flags")
		}
		if op.Addr < op.NewAddr+op.NewLength && op.NewAddr < op.Addr+op.Length {
			return errors.New("ranges overlap")
		}
		if !keep {
			h.clear(op.Addr, op.Addr+op.Length)
		}
	}
	h.clear(op.NewAddr, op.NewAddr+op.NewLength)
	for i, r := range moved {
		n := r.end - r.start
		r.start = r.start - op.Addr + op.NewAddr
		r.end = r.start + n
		if i == len(moved)-1 {
			r.end = op.NewAddr + op.NewLength
		}
		h.put(r)
	}
	return nil
}

// Check compares the host with what the areas say. Memory above the break that
// the host has mapped ahead is not the app's, so spare says where that may be.
func (h *Host) Check(areas []mmapi.Area, spare mmapi.Range) error {
	seen := uint64(0)
	for i := range areas {
		a := &areas[i]
		inside, err := h.all(a.Addr, a.Addr+a.Length)
		if err != nil {
			return fmt.Errorf("area %+v: %w", *a, err)
		}
		whole := run{a.Addr, a.Addr + a.Length, a.Prot, a.Flags&linux.MAP_SHARED != 0, a.File, a.FileOffset}
		for _, r := range inside {
			if want := whole.cut(r.start, r.end); r != want {
				return fmt.Errorf("area %+v: the host has %+v, want %+v", *a, r, want)
			}
			seen += r.end - r.start
		}
	}
	for _, r := range h.runs {
		seen -= r.end - r.start
	}
	for _, r := range h.inside(spare.Addr, spare.Addr+spare.Length) {
		if !slices.ContainsFunc(areas, func(a mmapi.Area) bool { return r.start < a.Addr+a.Length && a.Addr < r.end }) {
			seen += r.end - r.start
		}
	}
	if seen != 0 {
		return fmt.Errorf("the host has %d bytes that no area has: %+v", -seen, h.runs)
	}
	return nil
}
