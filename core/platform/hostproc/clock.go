package hostproc

import (
	_ "embed"
	"math/bits"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/platform/leader"
)

// vdsoImage is the shared object that apps see as their vDSO.
//
//go:embed vdso_amd64.gen.bin
var vdsoImage []byte

// clock publishes a line from TSC ticks to ns, renewed while something runs.
// Each line begins where the last one is, so that time never steps back; its
// slope makes up within a period what the last one was off.
type clock struct {
	usable bool
	timer  *leader.Timer
	armed  bool

	ahead int64 // what the apps' CLOCK_REALTIME is ahead of the host's, in ns

	tsc0  uint64 // first sample, from which the rate is known best
	mono0 int64

	tsc  uint64 // the line in force
	mono int64
	mult uint64 // ns per tick, 32.32
}

// clockPeriod is how long a line is in force, in ns.
const clockPeriod = 100e6

// tscUsable says whether all CPUs count the same ticks at one rate for ever.
func tscUsable() bool {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return false
	}
	f := string(b)
	if i := strings.Index(f, "\nflags"); i >= 0 {
		f = f[i:]
		if j := strings.IndexByte(f[1:], '\n'); j >= 0 {
			f = f[:j+1]
		}
	}
	return strings.Contains(f, " constant_tsc") && strings.Contains(f, " nonstop_tsc")
}

// sample reads both clocks at one instant, as near as can be: the shortest of
// a few tries.
func sample() (tsc uint64, mono, wall int64) {
	best := ^uint64(0)
	for range 4 {
		var m, w unix.Timespec
		a := rdtsc()
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &m)
		b := rdtsc()
		unix.ClockGettime(unix.CLOCK_REALTIME, &w)
		if b-a < best {
			best = b - a
			tsc, mono, wall = a+(b-a)/2, m.Nano(), w.Nano()
		}
	}
	return tsc, mono, wall
}

func (p *Platform) startClock() {
	c := &p.clock
	c.timer = leader.NewTimer(func() { c.armed = false; p.renewClock() })
	if c.usable = tscUsable(); !c.usable {
		return
	}
	c.tsc0, c.mono0, _ = sample()
}

// SetRealtimeOffset implements platform.Platform.
func (p *Platform) SetRealtimeOffset(ns int64) {
	p.clock.ahead = ns
	if p.clock.usable {
		p.renewClock()
	}
}

// tickClock renews the line when it is due; called when an app is answered.
func (p *Platform) tickClock() {
	c := &p.clock
	if c.armed || !c.usable {
		return
	}
	c.armed = true
	p.renewClock()
	p.leader.Arm(c.timer, p.leader.Now()+clockPeriod)
}

func (p *Platform) renewClock() {
	c := &p.clock
	tsc, mono, wall := sample()
	elapsed := tsc - c.tsc0
	if mono-c.mono0 < 2e6 {
		return // too short to know the rate: calls go to the core
	}
	rate := div64(uint64(mono-c.mono0), elapsed)
	at := mono
	if c.mult != 0 {
		hi, lo := bits.Mul64(tsc-c.tsc, c.mult)
		at = c.mono + int64(hi<<32|lo>>32)
		// Steer: off by that much, to be made up over a period; by no more
		// than a tenth of the rate.
		off := mono - at
		if off > 1e9 || off < -1e9 {
			if off > 0 {
				at = mono // after a long sleep: forward only
			}
		} else {
			limit := int64(clockPeriod / 10)
			off = max(min(off, limit), -limit)
			rate = uint64(int64(rate) + int64(rate)/1000*off/(clockPeriod/1000))
		}
	}
	c.tsc, c.mono, c.mult = tsc, at, rate
	p.ro.setClock(tsc, rate, at, wall-mono+c.ahead)
}

// div64 is ns<<32 / ticks.
func div64(ns, ticks uint64) uint64 {
	hi, lo := ns>>32, ns<<32
	if hi >= ticks {
		return 1 << 32
	}
	q, _ := bits.Div64(hi, lo, ticks)
	return q
}

// VDSO implements platform.Platform.
func (p *Platform) VDSO() (fd int, length uint64) {
	if !p.clock.usable {
		return -1, 0
	}
	return p.vdso, (uint64(len(vdsoImage)) + pageSize - 1) &^ (pageSize - 1)
}
