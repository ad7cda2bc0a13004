package areas

// Ledger hears of each area that comes or goes, so that sums and references
// keep step with the list. A split is one area gone and two come.
type Ledger interface {
	Came(Area)
	Gone(Area)
}

// Put adds a to a hole and joins it with its neighbours where it can.
func (l *List) Put(a Area, led Ledger) {
	next := l.Find(a.Start)
	led.Came(a)
	if p, ok := l.Prev(next); ok {
		if prev := l.At(p); prev.End == a.Start && prev.joins(&a) {
			led.Gone(*prev)
			led.Gone(a)
			prev.End = a.End
			l.stale(p.block)
			led.Came(*prev)
			l.join(p, next, led)
			return
		}
	}
	if n := l.At(next); n != nil && a.End == n.Start && a.joins(n) {
		led.Gone(*n)
		led.Gone(a)
		n.Start, n.Offset = a.Start, a.Offset
		l.stale(next.block)
		led.Came(*n)
		return
	}
	l.insert(next, a)
}

// join makes one area of those at p and next, if they are one.
func (l *List) join(p, next Pos, led Ledger) {
	a, n := l.At(p), l.At(next)
	if n == nil || a.End != n.Start || !a.joins(n) {
		return
	}
	led.Gone(*a)
	led.Gone(*n)
	a.End = n.End
	led.Came(*a)
	l.stale(p.block)
	l.remove(next)
}

// Join makes one area of the two that meet at addr, if they are one.
func (l *List) Join(addr uint64, led Ledger) {
	next := l.Find(addr)
	n := l.At(next)
	if n == nil || n.Start != addr {
		return
	}
	if p, ok := l.Prev(next); ok {
		l.join(p, next, led)
	}
}

// Cut divides the area that addr lies inside of, if one does.
func (l *List) Cut(addr uint64, led Ledger) {
	p := l.Find(addr)
	a := l.At(p)
	if a == nil || a.Start >= addr {
		return
	}
	led.Gone(*a)
	low, high := a.clip(a.Start, addr), a.clip(addr, a.End)
	*a = low
	led.Came(low)
	led.Came(high)
	l.stale(p.block)
	l.insert(l.Next(p), high)
}

// Clear removes all that lies between lo and hi, cutting what sticks out.
func (l *List) Clear(lo, hi uint64, led Ledger) {
	l.Cut(lo, led)
	l.Cut(hi, led)
	for {
		p := l.Find(lo)
		a := l.At(p)
		if a == nil || a.Start >= hi {
			return
		}
		led.Gone(*a)
		l.remove(p)
	}
}

// Set gives the pages between lo and hi, all inside one area, another
// attribute, and joins what has become one.
func (l *List) Set(lo, hi uint64, attr Attr, led Ledger) {
	l.Cut(lo, led)
	l.Cut(hi, led)
	p := l.Find(lo)
	a := l.At(p)
	led.Gone(*a)
	a.Attr = attr
	led.Came(*a)
	l.stale(p.block)
	l.Join(hi, led)
	l.Join(lo, led)
}

// Save appends what lies between lo and hi, cut to it.
func (l *List) Save(to []Area, lo, hi uint64) []Area {
	for p := l.Find(lo); ; p = l.Next(p) {
		a := l.At(p)
		if a == nil || a.Start >= hi {
			return to
		}
		to = append(to, a.clip(lo, hi))
	}
}

// Restore makes the pages between lo and hi what Save found there.
func (l *List) Restore(saved []Area, lo, hi uint64, led Ledger) {
	l.Clear(lo, hi, led)
	for i := range saved {
		l.Put(saved[i], led)
	}
}
