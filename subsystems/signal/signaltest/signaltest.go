// Package signaltest is what every implementation of the signal contract must
// pass: Cases, and a slow model to play the same calls on.
package signaltest

import (
	"sync/atomic"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Clock is the time of a test, in ns: it moves when the test says so.
type Clock struct {
	mono, ahead atomic.Int64
}

// start is where the monotonic clock of a test starts.
const start = 1_000_000_000_000

// Monotonic reads the monotonic clock.
func (c *Clock) Monotonic() int64 { return start + c.mono.Load() }

// Realtime reads the real-time clock, which starts in November 2023.
func (c *Clock) Realtime() int64 { return 1_700_000_000_000_000_000 + c.ahead.Load() + c.mono.Load() }

// Advance moves both clocks on.
func (c *Clock) Advance(ns int64) { c.mono.Add(ns) }

// Step sets the real-time clock ns further than it was.
func (c *Clock) Step(ns int64) { c.ahead.Add(ns) }

// Open makes an implementation on a clock, with group 1 as the protected one.
type Open func(*testing.T, *Clock) signalapi.Signal

// Cases maps a case's name to its check.
var Cases = map[string]func(*kit){}

// register adds the cases of one file.
func register(cases map[string]func(*kit)) {
	for name, check := range cases {
		if Cases[name] != nil {
			panic("signaltest: two cases are called " + name)
		}
		Cases[name] = check
	}
}

// Run checks one implementation.
func Run(t *testing.T, open Open) {
	for name, check := range Cases {
		t.Run(name, func(t *testing.T) {
			k := &kit{T: t, clock: new(Clock)}
			k.s = open(t, k.clock)
			check(k)
		})
	}
}

// kit is what a case works with. Its methods fail the test when the call fails;
// the calls whose errors matter return them.
type kit struct {
	*testing.T
	s     signalapi.Signal
	clock *Clock
}

// ms is a millisecond in ns.
const ms = 1_000_000

// Handler addresses, and the frame's surroundings.
const (
	handlerA = 0x401000
	handlerB = 0x402000
	restorer = 0x403000
	stackTop = 0x7ffd_0000_1000
)

// limit is the usual queue limit.
const limit = 1000

func (k *kit) must(what string, e linux.Errno) {
	k.Helper()
	if e != 0 {
		k.Fatalf("%s = %v, want 0", what, e)
	}
}

// equal compares a value with the one that is wanted.
func equal[V comparable](k *kit, what string, got, want V) {
	k.Helper()
	if got != want {
		k.Errorf("%s = %v, want %v", what, got, want)
	}
}

func set(signos ...int32) uint64 {
	var s uint64
	for _, n := range signos {
		s |= 1 << (n - 1)
	}
	return s
}

// group makes a group whose only thread has its number.
func (k *kit) group(id int32) {
	k.Helper()
	k.must("NewGroup", k.s.NewGroup(&signalapi.NewGroupRequest{Group: id, Thread: id}, new(signalapi.NewGroupReply)))
}

func (k *kit) thread(group, from, id int32) {
	k.Helper()
	k.must("NewThread", k.s.NewThread(&signalapi.NewThreadRequest{Group: group, From: from, Thread: id},
		new(signalapi.NewThreadReply)))
}

func (k *kit) fork(req *signalapi.ForkGroupRequest) {
	k.Helper()
	k.must("ForkGroup", k.s.ForkGroup(req, new(signalapi.ForkGroupReply)))
}

func (k *kit) end(group, id int32) *signalapi.EndThreadReply {
	k.Helper()
	rep := new(signalapi.EndThreadReply)
	k.must("EndThread", k.s.EndThread(&signalapi.EndThreadRequest{Group: group, Thread: id}, rep))
	return rep
}

func (k *kit) action(group, signo int32, handler, flags, mask uint64) *signalapi.ActionReply {
	k.Helper()
	rep := new(signalapi.ActionReply)
	k.must("Action", k.s.Action(&signalapi.ActionRequest{Group: group, Signo: signo, Set: true, Handler: handler,
		Flags: flags | linux.SA_RESTORER, Restorer: restorer, Mask: mask}, rep))
	return rep
}

func (k *kit) actionOf(group, signo int32) *signalapi.ActionReply {
	k.Helper()
	rep := new(signalapi.ActionReply)
	k.must("Action", k.s.Action(&signalapi.ActionRequest{Group: group, Signo: signo}, rep))
	return rep
}

func (k *kit) mask(thread, how int32, mask uint64) *signalapi.MaskReply {
	k.Helper()
	rep := new(signalapi.MaskReply)
	k.must("Mask", k.s.Mask(&signalapi.MaskRequest{Thread: thread, Set: true, How: how, Mask: mask}, rep))
	return rep
}

func (k *kit) block(thread int32, signos ...int32) {
	k.Helper()
	k.mask(thread, linux.SIG_BLOCK, set(signos...))
}

func (k *kit) unblock(thread int32, signos ...int32) *signalapi.MaskReply {
	k.Helper()
	return k.mask(thread, linux.SIG_UNBLOCK, set(signos...))
}

func (k *kit) blocked(thread int32) uint64 {
	k.Helper()
	rep := new(signalapi.MaskReply)
	k.must("Mask", k.s.Mask(&signalapi.MaskRequest{Thread: thread}, rep))
	return rep.Old
}

func (k *kit) pending(thread int32) uint64 {
	k.Helper()
	rep := new(signalapi.PendingReply)
	k.must("Pending", k.s.Pending(&signalapi.PendingRequest{Thread: thread}, rep))
	return rep.Set
}

func (k *kit) info(group int32) *signalapi.InfoReply {
	k.Helper()
	rep := new(signalapi.InfoReply)
	k.must("Info", k.s.Info(&signalapi.InfoRequest{Group: group}, rep))
	return rep
}

func (k *kit) send(req *signalapi.SendRequest) (*signalapi.SendReply, linux.Errno) {
	rep := new(signalapi.SendReply)
	return rep, k.s.Send(req, rep)
}

// kill is kill(2) by process 99 of user 1000.
func (k *kit) kill(group, signo int32) *signalapi.SendReply {
	k.Helper()
	rep, e := k.send(&signalapi.SendRequest{Group: group, Limit: limit,
		Info: signalapi.Info{Signo: signo, Code: linux.SI_USER, Pid: 99, Uid: 1000}})
	k.must("kill", e)
	return rep
}

// tkill is tgkill(2).
func (k *kit) tkill(group, thread, signo int32) *signalapi.SendReply {
	k.Helper()
	rep, e := k.send(&signalapi.SendRequest{Group: group, Thread: thread, Limit: limit,
		Info: signalapi.Info{Signo: signo, Code: linux.SI_TKILL, Pid: 99, Uid: 1000}})
	k.must("tgkill", e)
	return rep
}

// queue is sigqueue(3).
func (k *kit) queue(group, signo int32, value uint64) {
	k.Helper()
	_, e := k.send(&signalapi.SendRequest{Group: group, Limit: limit,
		Info: signalapi.Info{Signo: signo, Code: linux.SI_QUEUE, Pid: 99, Uid: 1000, Value: value}})
	k.must("sigqueue", e)
}

// fault is what an instruction of the thread caused.
func (k *kit) fault(group, thread, signo, code int32, addr uint64) *signalapi.SendReply {
	k.Helper()
	rep, e := k.send(&signalapi.SendRequest{Group: group, Thread: thread, Forced: true, Limit: limit,
		Info: signalapi.Info{Signo: signo, Code: code, Value: addr, Trapno: 14, Err: 6}})
	k.must("fault", e)
	return rep
}

// regs are registers with a value of its own each.
func regs() signalapi.Regs {
	return signalapi.Regs{R15: 15, R14: 14, R13: 13, R12: 12, Rbp: 5, Rbx: 3, R11: 11, R10: 10, R9: 9, R8: 8,
		Rax: 100, Rcx: 101, Rdx: 102, Rsi: 103, Rdi: 104, Rip: 0x400100, Rsp: stackTop, Eflags: 0x246}
}

func (k *kit) deliverReq(req *signalapi.DeliverRequest) *signalapi.DeliverReply {
	k.Helper()
	if req.Regs.Rsp == 0 {
		req.Regs = regs()
	}
	rep := new(signalapi.DeliverReply)
	k.must("Deliver", k.s.Deliver(req, rep))
	return rep
}

func (k *kit) deliver(thread int32) *signalapi.DeliverReply {
	k.Helper()
	return k.deliverReq(&signalapi.DeliverRequest{Thread: thread, XstateSize: 836})
}

// delivers checks what becomes of the next signal.
func (k *kit) delivers(thread int32, want signalapi.Disposition, signo int32) *signalapi.DeliverReply {
	k.Helper()
	rep := k.deliver(thread)
	if rep.Disposition != want || rep.Info.Signo != signo {
		k.Fatalf("Deliver = %v of signal %d, want %v of signal %d", rep.Disposition, rep.Info.Signo, want, signo)
	}
	return rep
}

func (k *kit) nothing(thread int32) {
	k.Helper()
	k.delivers(thread, signalapi.DispositionNone, 0)
}

// back returns from the handler of a delivery.
func (k *kit) back(thread int32, d *signalapi.DeliverReply) *signalapi.ReturnReply {
	k.Helper()
	rep := new(signalapi.ReturnReply)
	k.must("Return", k.s.Return(&signalapi.ReturnRequest{Thread: thread, Frame: d.Frame, FrameAddr: d.FrameAddr}, rep))
	return rep
}

func (k *kit) take(thread int32, set uint64, cancel bool) (*signalapi.TakeReply, linux.Errno) {
	rep := new(signalapi.TakeReply)
	return rep, k.s.Take(&signalapi.TakeRequest{Thread: thread, Set: set, Cancel: cancel}, rep)
}

// taken gives the signals of the set that are pending, in order, with values.
func (k *kit) taken(thread int32, set uint64) [][2]uint64 {
	k.Helper()
	var all [][2]uint64
	for {
		rep, e := k.take(thread, set, true)
		if e == linux.EAGAIN {
			return all
		}
		k.must("Take", e)
		all = append(all, [2]uint64{uint64(rep.Info.Signo), rep.Info.Value})
	}
}

// woken checks that the effects are one wake of a thread.
func (k *kit) woken(effects []signalapi.Effect, thread int32) {
	k.Helper()
	if len(effects) != 1 || effects[0].Kind != signalapi.EffectKindWake || effects[0].Thread != thread {
		k.Errorf("effects = %+v, want a wake of thread %d", effects, thread)
	}
}

// only checks that the effects are one of that kind for the group.
func (k *kit) only(effects []signalapi.Effect, kind signalapi.EffectKind, group, signo int32) {
	k.Helper()
	want := signalapi.Effect{Kind: kind, Group: group, Signo: signo}
	if len(effects) != 1 || effects[0] != want {
		k.Errorf("effects = %+v, want %+v", effects, want)
	}
}

func (k *kit) noEffects(effects []signalapi.Effect) {
	k.Helper()
	if len(effects) != 0 {
		k.Errorf("effects = %+v, want none", effects)
	}
}

// expire runs what is due now.
func (k *kit) expire(samples ...signalapi.CpuTime) *signalapi.ExpireReply {
	k.Helper()
	rep := new(signalapi.ExpireReply)
	k.must("Expire", k.s.Expire(&signalapi.ExpireRequest{NowNs: k.clock.Monotonic(), Cpu: samples}, rep))
	return rep
}

// after moves the clock on and runs what is due.
func (k *kit) after(ns int64) *signalapi.ExpireReply {
	k.Helper()
	k.clock.Advance(ns)
	return k.expire()
}

// in is a time on the monotonic clock, from now.
func (k *kit) in(ns int64) int64 { return k.clock.Monotonic() + ns }
