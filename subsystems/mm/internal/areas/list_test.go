package areas

import (
	"math/rand/v2"
	"testing"
)

// sums is a Ledger that counts.
type sums struct {
	areas int
	bytes uint64
}

func (s *sums) Came(a Area) { s.areas++; s.bytes += a.Len() }
func (s *sums) Gone(a Area) { s.areas--; s.bytes -= a.Len() }

// pages is the slow obvious list: one attribute a page.
type pages [4000]struct {
	used   bool
	attr   Attr
	offset uint64
}

func (m *pages) set(a Area) {
	for p := a.Start / PageSize; p < a.End/PageSize; p++ {
		m[p].used, m[p].attr, m[p].offset = true, a.Attr, a.Offset+(p*PageSize-a.Start)
	}
}

func (m *pages) clear(lo, hi uint64) {
	for p := lo / PageSize; p < hi/PageSize; p++ {
		m[p].used = false
	}
}

// list is the areas that the pages make, each as long as can be.
func (m *pages) list() []Area {
	var out []Area
	for p := range m {
		if !m[p].used {
			continue
		}
		a := Area{Start: uint64(p) * PageSize, End: uint64(p+1) * PageSize, Offset: m[p].offset, Attr: m[p].attr}
		if n := len(out); n > 0 && out[n-1].End == a.Start && out[n-1].joins(&a) {
			out[n-1].End = a.End
			continue
		}
		out = append(out, a)
	}
	return out
}

// free says whether a new area may lie at the pages from p on, as seen from
// areas above that grow down.
func (m *pages) free(p, n uint64) bool {
	for i := p; i < p+n; i++ {
		if m[i].used {
			return false
		}
	}
	for i := p; i < min(p+n+StackGuard/PageSize, uint64(len(m))); i++ {
		if m[i].used {
			return m[i].attr.Flags&GrowsDown == 0
		}
	}
	return true
}

func TestListAgreesWithPages(t *testing.T) {
	const top = uint64(len(pages{}))
	for seed := uint64(0); seed < 20; seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		var l List
		var led sums
		var m pages
		for step := 0; step < 3000; step++ {
			lo := r.Uint64N(top - 80)
			hi := lo + 1 + r.Uint64N(1+r.Uint64N(8))
			if r.IntN(100) == 0 {
				hi = lo + 1 + r.Uint64N(79)
			}
			attr := Attr{Prot: uint8(r.IntN(2)), File: uint64(r.IntN(30) / 29)}
			if r.IntN(200) == 0 {
				attr.Flags = GrowsDown
			}
			switch r.IntN(6) {
			case 0, 1, 2:
				a := Area{Start: lo * PageSize, End: hi * PageSize, Offset: lo * PageSize, Attr: attr}
				l.Clear(a.Start, a.End, &led)
				l.Put(a, &led)
				m.set(a)
			case 3:
				l.Clear(lo*PageSize, hi*PageSize, &led)
				m.clear(lo*PageSize, hi*PageSize)
			case 4:
				if a := l.Lookup(lo * PageSize); a != nil {
					hi := min(hi*PageSize, a.End)
					attr.File = a.File
					c := a.clip(lo*PageSize, hi)
					l.Set(lo*PageSize, hi, attr, &led)
					c.Attr = attr
					m.set(c)
				}
			case 5:
				want, found := uint64(0), false
				n, align := hi-lo, uint64(1)<<r.IntN(3)
				low, high := r.Uint64N(top/2), top/2+r.Uint64N(top/2)
				for p := high - n; p > low && !found; p-- {
					if p%align == 0 && m.free(p, n) {
						want, found = p, true
					}
				}
				got, ok := l.HoleDown((low+1)*PageSize, high*PageSize, n*PageSize, align*PageSize)
				if ok != found || got != want*PageSize {
					t.Fatalf("seed %d step %d: HoleDown(%d, %d, %d, %d) = %d, %v, want %d, %v", seed, step, low, high, n, align, got/PageSize, ok, want, found)
				}
				want, found = 0, false
				for p := low; p+n <= high && !found; p++ {
					if p%align == 0 && m.free(p, n) {
						want, found = p, true
					}
				}
				got, ok = l.HoleUp(low*PageSize, high*PageSize, n*PageSize, align*PageSize)
				if ok != found || got != want*PageSize {
					t.Fatalf("seed %d step %d: HoleUp(%d, %d, %d, %d) = %d, %v, want %d, %v", seed, step, low, high, n, align, got/PageSize, ok, want, found)
				}
			}
			if step%50 == 0 {
				check(t, &l, &m, led)
			}
		}
		check(t, &l, &m, led)
	}
}

func check(t *testing.T, l *List, m *pages, led sums) {
	t.Helper()
	want := m.list()
	var got []Area
	for p := l.First(); l.At(p) != nil; p = l.Next(p) {
		got = append(got, *l.At(p))
	}
	if len(got) != len(want) || l.Len() != len(want) || led.areas != len(want) {
		t.Fatalf("%d areas, Len %d, ledger %d, want %d", len(got), l.Len(), led.areas, len(want))
	}
	sum := uint64(0)
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("area %d is %+v, want %+v", i, got[i], want[i])
		}
		sum += want[i].Len()
	}
	if led.bytes != sum {
		t.Fatalf("ledger has %d bytes, want %d", led.bytes, sum)
	}
}
