// Package signal is the linked implementation of the signal contract
// (adyton.signal.v1): dispositions, masks, queues and the contents of frames,
// timers, timerfds, signalfds and clocks.
//
// It never touches an app's memory, starts no goroutine and sets no timer: what
// is to happen to threads is returned as effects, and what is to happen later as
// the next deadline.
//
// Locks: Signal.mu is the only one. No call leaves the package while it is held,
// but for the two clock functions of Config, which must take no lock.
package signal

import (
	"sync"
	"sync/atomic"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/signal/internal/alarm"
)

// Config says where a Signal takes the time from, and what is special. The zero
// value of each field but the clocks is a sensible one.
type Config struct {
	// Realtime and Monotonic read the core's clocks, in ns. Both are needed.
	Realtime, Monotonic func() int64
	// Init is a group that signals with the default disposition do not reach
	// unless the kernel itself sends them; 0 for none.
	Init int32
	// TickNs is the resolution of the coarse clocks and of CPU timers, in ns; 0
	// stands for 4 ms.
	TickNs int64
}

// Signal implements signalapi.Signal. Make it with New.
type Signal struct {
	realtime, monotonic func() int64
	tickNs              int64
	init                int32

	// offset is what CLOCK_REALTIME is ahead of the core's, in ns.
	offset atomic.Int64
	closed chan struct{}

	// mu is the only lock; it guards all that follows.
	mu      sync.Mutex
	groups  map[int32]*group
	threads map[int32]*thread
	// queued counts what each user has queued.
	queued map[uint32]uint64
	free   *entry

	alarms alarm.Heap
	// cpuTimers are the armed CPU timers.
	cpuTimers []*cpuTimer
	// ahead is what CLOCK_REALTIME was ahead of CLOCK_MONOTONIC when last seen.
	ahead int64

	discipline discipline
	handles    map[uint64]handle
	lastHandle uint64
	// signalfds and wanted are all signalfds and the signals that one of them
	// reads; cancelable are the timerfds that a jump of the clock cancels.
	signalfds  []*signalfd
	wanted     uint64
	cancelable []*timerfd
}

var _ signalapi.Signal = (*Signal)(nil)

// handle is an open timerfd or signalfd.
type handle interface {
	close(*Signal)
}

// New returns a Signal without any group. It fails when a clock is missing.
func New(cfg Config) (*Signal, error) {
	if cfg.Realtime == nil || cfg.Monotonic == nil {
		return nil, errNoClock
	}
	if cfg.TickNs <= 0 {
		cfg.TickNs = 4e6
	}
	return &Signal{
		realtime:   cfg.Realtime,
		monotonic:  cfg.Monotonic,
		tickNs:     cfg.TickNs,
		init:       cfg.Init,
		closed:     make(chan struct{}),
		groups:     make(map[int32]*group),
		threads:    make(map[int32]*thread),
		queued:     make(map[uint32]uint64),
		ahead:      cfg.Realtime() - cfg.Monotonic(),
		discipline: newDiscipline(),
		handles:    make(map[uint64]handle),
	}, nil
}

type configError string

func (e configError) Error() string { return string(e) }

const errNoClock = configError("signal: Config needs both Realtime and Monotonic")

// Shutdown ends the Watch calls that run. Call it once.
func (s *Signal) Shutdown() { close(s.closed) }

// Watch implements signalapi.Signal. Nothing changes here without a call, so it
// only waits for Shutdown.
func (s *Signal) Watch(*signalapi.WatchRequest, func(*signalapi.WatchReply) bool) linux.Errno {
	<-s.closed
	return 0
}

// out is where a call puts what it causes; ready may be nil when the reply has
// no place for it.
type out struct {
	effects *[]signalapi.Effect
	ready   *[]signalapi.Ready
}

func (o out) wake(t *thread, signo int32) {
	*o.effects = append(*o.effects, signalapi.Effect{
		Kind: signalapi.EffectKindWake, Thread: t.id, Group: t.group.id, Signo: signo})
}

func (o out) group(kind signalapi.EffectKind, g *group, signo int32) {
	*o.effects = append(*o.effects, signalapi.Effect{Kind: kind, Group: g.id, Signo: signo})
}

// newHandle gives h a number. The caller holds mu.
func (s *Signal) newHandle(h handle) uint64 {
	s.lastHandle++
	s.handles[s.lastHandle] = h
	return s.lastHandle
}

// deadline is the time of the next Expire on the monotonic clock, 0 for none.
// The caller holds mu.
func (s *Signal) deadline() int64 {
	if t := s.alarms.Next(); t != nil {
		return max(t.When, 1)
	}
	return 0
}
