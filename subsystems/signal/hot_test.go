package signal

import (
	"sync"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/signal/signaltest"
)

// begin makes a Signal with group 10 and a handler for SIGUSR1.
func begin(t testing.TB) *Signal {
	c := new(signaltest.Clock)
	s, err := New(Config{Realtime: c.Realtime, Monotonic: c.Monotonic})
	if err != nil {
		t.Fatal(err)
	}
	must(t, s.NewGroup(&signalapi.NewGroupRequest{Group: 10, Thread: 10}, new(signalapi.NewGroupReply)))
	must(t, s.Action(&signalapi.ActionRequest{Group: 10, Signo: linux.SIGUSR1, Set: true, Handler: 0x1000,
		Flags: linux.SA_RESTORER | linux.SA_SIGINFO, Restorer: 0x2000}, new(signalapi.ActionReply)))
	return s
}

func must(t testing.TB, e linux.Errno) {
	if e != 0 {
		t.Helper() // costs a microsecond
		t.Fatal(e)
	}
}

// roundTrip is what a thread that signals itself does.
func roundTrip(t testing.TB, s *Signal) func() {
	send := signalapi.SendRequest{Group: 10, Thread: 10, Limit: 100,
		Info: signalapi.Info{Signo: linux.SIGUSR1, Code: linux.SI_TKILL, Pid: 10}}
	deliver := signalapi.DeliverRequest{Thread: 10, XstateSize: 2700, Regs: signalapi.Regs{Rsp: 0x7ffd00001000}}
	back := signalapi.ReturnRequest{Thread: 10}
	var sent signalapi.SendReply
	var got signalapi.DeliverReply
	var returned signalapi.ReturnReply
	return func() {
		sent = signalapi.SendReply{Effects: sent.Effects[:0]}
		must(t, s.Send(&send, &sent))
		got = signalapi.DeliverReply{Frame: got.Frame[:0], Effects: got.Effects[:0]}
		must(t, s.Deliver(&deliver, &got))
		if got.Disposition != signalapi.DispositionHandler {
			t.Fatal(got.Disposition)
		}
		back.Frame, back.FrameAddr = got.Frame, got.FrameAddr
		returned = signalapi.ReturnReply{}
		must(t, s.Return(&back, &returned))
	}
}

// TestAllocs guards the hot path of linked mode.
func TestAllocs(t *testing.T) {
	s := begin(t)
	mask := signalapi.MaskRequest{Thread: 10, Set: true, How: linux.SIG_SETMASK}
	action := signalapi.ActionRequest{Group: 10, Signo: linux.SIGUSR2, Set: true, Handler: 0x1000}
	var open signalapi.OpenTimerfdReply
	must(t, s.OpenTimerfd(&signalapi.OpenTimerfdRequest{Clock: linux.CLOCK_MONOTONIC}, &open))
	var taken signalapi.TakeReply
	for what, loop := range map[string]func(){
		"a signal to oneself": roundTrip(t, s),
		"Mask": func() {
			var rep signalapi.MaskReply
			mask.Mask ^= bit(linux.SIGHUP)
			must(t, s.Mask(&mask, &rep))
		},
		"Action":  func() { must(t, s.Action(&action, new(signalapi.ActionReply))) },
		"Pending": func() { must(t, s.Pending(&signalapi.PendingRequest{Thread: 10}, new(signalapi.PendingReply))) },
		"ClockGet": func() {
			must(t, s.ClockGet(&signalapi.ClockGetRequest{Clock: linux.CLOCK_REALTIME}, new(signalapi.ClockGetReply)))
		},
		"Deadline": func() {
			must(t, s.Deadline(&signalapi.DeadlineRequest{Clock: linux.CLOCK_REALTIME, TimeNs: 5}, new(signalapi.DeadlineReply)))
		},
		"Poll": func() { must(t, s.Poll(&signalapi.PollRequest{Handle: open.Handle}, new(signalapi.PollReply))) },
		"Suspend and Restore": func() {
			must(t, s.Suspend(&signalapi.SuspendRequest{Thread: 10}, new(signalapi.SuspendReply)))
			must(t, s.Restore(&signalapi.RestoreRequest{Thread: 10}, new(signalapi.RestoreReply)))
		},
		"Take": func() {
			taken = signalapi.TakeReply{}
			s.Take(&signalapi.TakeRequest{Thread: 10, Set: 1, Cancel: true}, &taken)
		},
		"Itimer": func() {
			must(t, s.Itimer(&signalapi.ItimerRequest{Group: 10, Set: true, ValueNs: 1e9}, new(signalapi.ItimerReply)))
		},
	} {
		loop()
		if n := testing.AllocsPerRun(200, loop); n != 0 {
			t.Errorf("%s: %v allocations a round, want 0", what, n)
		}
	}
}

// BenchmarkSignalSelf times the signal's way to a handler and back.
func BenchmarkSignalSelf(b *testing.B) {
	loop := roundTrip(b, begin(b))
	b.ReportAllocs()
	for b.Loop() {
		loop()
	}
}

// BenchmarkMask times rt_sigprocmask.
func BenchmarkMask(b *testing.B) {
	s := begin(b)
	req := signalapi.MaskRequest{Thread: 10, Set: true, How: linux.SIG_SETMASK}
	var rep signalapi.MaskReply
	for b.Loop() {
		req.Mask ^= 1
		s.Mask(&req, &rep)
	}
}

// TestHammer has threads of one group signal each other, change masks, fork and
// end, with timers expiring, all at once. The race detector and the invariants
// at the end judge.
func TestHammer(t *testing.T) {
	s := begin(t)
	const threads, rounds = 8, 300
	for id := int32(11); id < 11+threads; id++ {
		must(t, s.NewThread(&signalapi.NewThreadRequest{Group: 10, From: 10, Thread: id}, new(signalapi.NewThreadReply)))
	}
	var timer signalapi.TimerCreateReply
	must(t, s.TimerCreate(&signalapi.TimerCreateRequest{Group: 10, Thread: 10, Clock: linux.CLOCK_MONOTONIC,
		Signo: linux.SIGUSR1, Limit: 1e6}, &timer))
	var sfd signalapi.OpenSignalfdReply
	must(t, s.OpenSignalfd(&signalapi.OpenSignalfdRequest{Mask: bit(40)}, &sfd))

	var wg sync.WaitGroup
	for i := range int32(threads) {
		wg.Go(func() {
			id := 11 + i
			var frame, data []byte
			for n := range int32(rounds) {
				s.Send(&signalapi.SendRequest{Group: 10, Limit: 1e6, Info: signalapi.Info{Signo: linux.SIGUSR1}}, new(signalapi.SendReply))
				s.Send(&signalapi.SendRequest{Group: 10, Thread: 11 + (i+n)%threads, Limit: 1e6,
					Info: signalapi.Info{Signo: 40, Code: linux.SI_QUEUE}}, new(signalapi.SendReply))
				s.Mask(&signalapi.MaskRequest{Thread: id, Set: true, How: linux.SIG_SETMASK, Mask: bit(40) | uint64(n&1)<<9}, new(signalapi.MaskReply))
				d := signalapi.DeliverReply{Frame: frame[:0]}
				must(t, s.Deliver(&signalapi.DeliverRequest{Thread: id, Regs: signalapi.Regs{Rsp: 0x7ffd00001000}}, &d))
				if d.Disposition == signalapi.DispositionHandler {
					must(t, s.Return(&signalapi.ReturnRequest{Thread: id, Frame: d.Frame}, new(signalapi.ReturnReply)))
				}
				frame = d.Frame
				r := signalapi.ReadReply{Data: data[:0]}
				s.Read(&signalapi.ReadRequest{Handle: sfd.Handle, Thread: id, Count: 4096}, &r)
				data = r.Data
				s.TimerSet(&signalapi.TimerSetRequest{Group: 10, Id: timer.Id, Set: true, ValueNs: 1, IntervalNs: 1}, new(signalapi.TimerSetReply))
				s.Expire(&signalapi.ExpireRequest{NowNs: 1 << 60}, new(signalapi.ExpireReply))
				child := 1000 + id*rounds + n
				must(t, s.ForkGroup(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: id, Group: child, Thread: child,
					ShareHandlers: n%2 == 0}, new(signalapi.ForkGroupReply)))
				must(t, s.EndThread(&signalapi.EndThreadRequest{Group: child, Thread: child}, new(signalapi.EndThreadReply)))
			}
		})
	}
	wg.Wait()

	for id := int32(10); id < 11+threads; id++ {
		must(t, s.EndThread(&signalapi.EndThreadRequest{Group: 10, Thread: id}, new(signalapi.EndThreadReply)))
	}
	for user, n := range s.queued {
		if n != 0 {
			t.Errorf("user %d has %d signals queued after all ended, want 0", user, n)
		}
	}
	if len(s.groups) != 0 || len(s.threads) != 0 || s.alarms.Next() != nil || len(s.cpuTimers) != 0 {
		t.Errorf("left: %d groups, %d threads, timer %v, %d CPU timers; want none",
			len(s.groups), len(s.threads), s.alarms.Next(), len(s.cpuTimers))
	}
}
