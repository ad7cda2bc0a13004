package fuzz

import "adyton.dev/adyton/core/linux"

// sigaction is struct sigaction; a handler is the interpreter's.
func sigactionIn(g *gen, c *call) value {
	if g.chance(15) {
		return num(0)
	}
	fl := uint64(linux.SA_RESTORER)
	for range g.r.IntN(3) {
		fl |= pick[uint64](g, linux.SA_RESTART, linux.SA_NODEFER, linux.SA_RESETHAND, linux.SA_NOCLDSTOP, linux.SA_NOCLDWAIT, linux.SA_ONSTACK)
	}
	if g.odd() {
		fl |= pick[uint64](g, 0x400, 0x800, 0x100, 1<<31, 1<<33)
	}
	if g.chance(30) { // ignored or default
		return g.in(append(words(uint64(g.r.IntN(2)), fl, 0), g.sigset()...))
	}
	p := g.in(append(words(0, fl|linux.SA_SIGINFO, 0), g.sigset()...))
	if p.Kind == 'p' && p.V+32 <= arenaLen {
		c.Setup = append(c.Setup, setup{Op: 'h', Off: int(p.V)})
	}
	return p
}

// setSize is sizeof(sigset_t), seldom another.
func setSize(g *gen, c *call) value {
	if g.odd() {
		return num(pick[uint64](g, 0, 4, 16, 128, ^uint64(0)))
	}
	return num(8)
}

// clocks are those that any program may name.
func clock(g *gen, c *call) value {
	if g.odd() {
		return num(pick[uint64](g, 12, 16, 99, ^uint64(0), ^uint64(5), 10))
	}
	return num(pick[uint64](g, 0, 0, 1, 1, 7, 2, 3, 4, 5, 6, 8, 9, 11))
}

// far are times of timers: none, or so far away that they do not come.
func far(g *gen) []byte {
	ns := func() uint64 {
		if g.odd() {
			return pick[uint64](g, 1000000000, ^uint64(0), 999999999)
		}
		return 0
	}
	sec := func() uint64 {
		if g.odd() {
			return pick[uint64](g, ^uint64(0), 1<<62)
		}
		return pick[uint64](g, 0, 5000, 4000000000)
	}
	return words(sec(), ns(), sec(), ns())
}

// near is a time that has come when the program naps.
func nearOrFar(g *gen, c *call) value {
	if g.chance(30) {
		return g.in(words(0, 0, 0, 1))
	}
	return g.in(far(g))
}

// sigevent is struct sigevent, to this thread or process.
func sigevent(g *gen, c *call) value {
	if g.chance(20) {
		return num(0)
	}
	notify := pick[uint32](g, 0, 0, 1, 4, 2, 3)
	p := g.in(append(append(words(uint64(g.r.IntN(100))), ints(uint32(g.signo().V), notify, 0, 0)...), make([]byte, 40)...))
	if notify == 4 && p.Kind == 'p' && p.V+64 <= arenaLen && !g.odd() {
		c.Setup = append(c.Setup, setup{Op: 'v', Off: int(p.V) + 16, From: value{Kind: 's'}})
	}
	return p
}

// timerID is the number that timer_create wrote.
func timerID(g *gen, c *call) value {
	if g.odd() {
		return num(pick[uint64](g, 0, 1, 5, ^uint64(0)))
	}
	return num(uint64(g.r.IntN(2)))
}

// siginfo is one to queue.
func siginfo(g *gen, c *call) value {
	code := pick[uint32](g, ^uint32(0), ^uint32(0), ^uint32(1), ^uint32(2), 0, 1, ^uint32(5))
	p := g.in(append(ints(uint32(g.signo().V), uint32(g.r.IntN(2)), code, 0, 0, 1000, uint32(g.r.IntN(100)), 0), make([]byte, 96)...))
	if p.Kind == 'p' && p.V+128 <= arenaLen {
		c.Setup = append(c.Setup, setup{Op: 'v', Off: int(p.V) + 16, From: value{Kind: 's'}})
	}
	return p
}

// siginfoMasks: pid, or the timer's number and overruns.
var siginfoMasks = []mask{{'d', 16, 4}, {'x', 32, 16}}

// interval shows what is left of a timer: only whether it runs.
var intervalMasks = []mask{{'u', 16, 16}}

var signalSpecs = map[string]spec{
	"rt_sigaction":      {args: map[int]argFn{1: sigactionIn, 2: orNull(30, structOut(32)), 3: setSize}},
	"rt_sigprocmask":    {args: map[int]argFn{3: setSize}},
	"rt_sigpending":     {args: map[int]argFn{1: one(8, 8, 8, 4, 0, 16)}},
	"rt_sigtimedwait":   {args: map[int]argFn{1: orNull(20, structOut(128, siginfoMasks...)), 2: noWait, 3: setSize}},
	"kill":              {args: map[int]argFn{0: own}},
	"tkill":             {args: map[int]argFn{0: own}},
	"tgkill":            {args: map[int]argFn{0: own, 1: own}},
	"rt_sigqueueinfo":   {args: map[int]argFn{0: own, 2: siginfo}},
	"rt_tgsigqueueinfo": {args: map[int]argFn{0: own, 1: own, 3: siginfo}},
	"sigaltstack": {args: map[int]argFn{0: orNull(30, structIn(func(g *gen) []byte {
		at := value{'p', uint64(g.alloc(pick(g, 2048, 8192)))}
		return append(append(words(addr(at)), ints(pick[uint32](g, 0, 0, 0, 2, 1, 4, 1<<31, 1<<31|2), 0)...), words(pick[uint64](g, 2048, 2047, 8192, 0, 1<<40))...)
	})), 1: orNull(30, structOut(24))}},
	"alarm":             {args: map[int]argFn{0: one(0, 5000, 1000)}},
	"setitimer":         {args: map[int]argFn{1: orNull(5, structIn(func(g *gen) []byte { return far(g) })), 2: orNull(40, structOut(32, intervalMasks...))}},
	"getitimer":         {args: map[int]argFn{1: structOut(32, intervalMasks...)}},
	"timer_create":      {args: map[int]argFn{0: clock, 1: sigevent, 2: structOut(4)}},
	"timer_settime":     {args: map[int]argFn{0: timerID, 1: one(0, 0, 0, 2), 2: structIn(far), 3: orNull(40, structOut(32, intervalMasks...))}},
	"timer_gettime":     {args: map[int]argFn{0: timerID, 1: structOut(32, intervalMasks...)}},
	"timer_getoverrun":  {args: map[int]argFn{0: timerID}},
	"timer_delete":      {args: map[int]argFn{0: timerID}},
	"timerfd_create":    {fd: true, args: map[int]argFn{0: clock, 1: one(linux.TFD_NONBLOCK, linux.TFD_NONBLOCK|linux.TFD_CLOEXEC, 1)}},
	"timerfd_settime":   {args: map[int]argFn{1: one(0, 0, 0, 2), 2: nearOrFar, 3: orNull(40, structOut(32, intervalMasks...))}},
	"timerfd_gettime":   {args: map[int]argFn{1: structOut(32, intervalMasks...)}},
	"signalfd4":         {fd: true, args: map[int]argFn{0: orMinus, 2: setSize, 3: one(linux.SFD_NONBLOCK, linux.SFD_NONBLOCK|linux.SFD_CLOEXEC, 1)}},
	"signalfd":          {fd: true, args: map[int]argFn{0: orMinus, 2: setSize}},
	"clock_getres":      {args: map[int]argFn{0: clock, 1: orNull(20, structOut(16, mask{'u', 0, 16}))}},
	"clock_gettime":     {args: map[int]argFn{0: clock, 1: structOut(16, mask{'u', 0, 16})}},
	"clock_nanosleep":   {args: map[int]argFn{0: clock, 1: one(0, 0, 1, 2), 2: noWait, 3: orNull(50, structOut(16))}},
	"nanosleep":         {args: map[int]argFn{0: noWait, 1: orNull(50, structOut(16))}},
	"child":             {result: 't', args: map[int]argFn{0: just(0, 0, 1, 2, 3, 4, 5), 1: just(0, 1, 9, 10, 15, 255, 300)}},
	"pidfd_open":        {fd: true, args: map[int]argFn{0: pid, 1: one(0, 0, linux.O_NONBLOCK, 1, 2)}},
	"pidfd_send_signal": {args: map[int]argFn{1: func(g *gen, c *call) value { return num(0) }, 2: orNull(50, siginfo), 3: one(0, 0, 0, 1, 2, 4, 8)}},
	"nap":               {args: map[int]argFn{0: just(3000)}},
}

// noWait is a time that is over at once.
func noWait(g *gen, c *call) value {
	if g.odd() {
		return g.in(words(pick[uint64](g, 0, ^uint64(0)), pick[uint64](g, 1000000000, ^uint64(0))))
	}
	return g.in(words(0, pick[uint64](g, 0, 1, 1000)))
}

// remains is noWait where the call writes what is left.
func remains(g *gen, c *call) value {
	p := noWait(g, c)
	masked(c, p, mask{'x', 0, 16})
	return p
}

func orMinus(g *gen, c *call) value {
	if g.chance(70) {
		return num(^uint64(0))
	}
	return g.fd()
}

// pollfds makes an array of struct pollfd.
func (g *gen) pollfds() value {
	n := g.r.IntN(4)
	p := g.in(make([]byte, 8*n))
	g.size = n
	if p.Kind == 'p' && int(p.V)+8*n <= arenaLen {
		for i := range n {
			at := int(p.V) + 8*i
			g.c.Setup = append(g.c.Setup, setup{Off: at, Data: ints(0, uint32(pick[uint64](g, 1, 4, 5, 0, 0x3ff, 0xffff, 0x2000)))}, setup{Op: 'v', Off: at, From: g.fd()})
		}
	}
	return p
}

func fdset(g *gen, c *call) value {
	if g.chance(40) {
		return num(0)
	}
	return g.in(words(uint64(g.r.IntN(512)), 0))
}

func epollEvent(g *gen, c *call) value {
	ev := uint32(0)
	for range g.r.IntN(3) + 1 {
		ev |= pick[uint32](g, 1, 4, 2, 0x2000, 8, 16, 1<<30, 1<<31, 1<<28, 1<<29, 0x40)
	}
	return g.in(append(ints(ev), words(uint64(g.r.IntN(100)))...))
}

var pollSpecs = map[string]spec{
	"epoll_create":  {fd: true, args: map[int]argFn{0: one(1, 5, 0)}},
	"epoll_create1": {fd: true},
	"epoll_ctl":     {args: map[int]argFn{1: one(1, 1, 1, 2, 3, 0, 4), 3: epollEvent}, weight: 2},
	"epoll_wait":    {args: map[int]argFn{1: structOut(120), 2: one(10, 1, 0, 5), 3: just(0)}},
	"epoll_pwait":   {args: map[int]argFn{1: structOut(120), 2: one(10, 1, 0), 3: just(0), 5: setSize}},
	"epoll_pwait2":  {args: map[int]argFn{1: structOut(120), 2: one(10, 1, 0), 3: noWait, 5: setSize}},
	"poll":          {args: map[int]argFn{2: just(0)}},
	"ppoll":         {args: map[int]argFn{2: remains, 4: setSize}},
	"select":        {args: map[int]argFn{0: one(9, 64, 0, 3), 1: fdset, 2: fdset, 3: fdset, 4: remains}},
	"pselect6": {args: map[int]argFn{0: one(9, 64, 0, 3), 1: fdset, 2: fdset, 3: fdset, 4: remains, 5: orNull(50, func(g *gen, c *call) value {
		return g.in(words(addr(g.in(g.sigset())), setSize(g, c).V))
	})}},
	"eventfd2": {fd: true, args: map[int]argFn{0: one(0, 1, 5, 1<<32-1, 1<<32-2), 1: one(linux.EFD_NONBLOCK, linux.EFD_NONBLOCK|linux.EFD_SEMAPHORE, 2)}},
	"eventfd":  {fd: true},
}
