package signaltest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"TakeGivesThePendingSignal":           takePending,
		"TakeWaitsAndIsWoken":                 takeWait,
		"TakePutsTheMaskBack":                 takeMask,
		"TakeIgnoredSignalsWhileBlocked":      takeIgnored,
		"TakeFatalSignalOfTheSetDoesNotKill":  takeFatal,
		"TakeOtherSignalIsEINTR":              takeInterrupted,
		"TakeCancelledIsEAGAIN":               takeCancel,
		"TakeCancelledStillTakes":             takeCancelLate,
		"TakeCannotTakeKill":                  takeKill,
		"TakeTwoThreadsGetOneEach":            takeTwo,
		"GroupTwiceIsEEXIST":                  groupTwice,
		"UnknownThreadsAreESRCH":              groupUnknown,
		"ForkCopiesHandlersAndMask":           forkCopies,
		"ForkLeavesPendingBehind":             forkPending,
		"ForkSharesHandlersWhenAsked":         forkShares,
		"ForkClearsHandlersWhenAsked":         forkClears,
		"ForkAltStack":                        forkAlt,
		"NewThreadInheritsTheMaskAlone":       threadInherits,
		"ExecResetsHandlersKeepsIgnored":      execHandlers,
		"ExecKeepsPendingAndMask":             execPending,
		"ExecUnsharesHandlers":                execUnshare,
		"ExecRenamesTheThread":                execRename,
		"ExecDropsAltStackAndTimers":          execDrops,
		"EndOfTheGroupFreesItsNumbers":        endGroup,
		"EndOfAThreadKeepsGroupSignals":       endKeeps,
		"SignalfdReadsOwnAndGroupSignals":     sfdRead,
		"SignalfdLeavesOtherSignals":          sfdOther,
		"SignalfdReadsAsManyAsFit":            sfdMany,
		"SignalfdSmallBufferIsEINVAL":         sfdSmall,
		"SignalfdReportsReadiness":            sfdReady,
		"SignalfdPollIsTheThreads":            sfdPoll,
		"SignalfdMaskCanChange":               sfdMask,
		"SignalfdNeverReadsKill":              sfdKill,
		"SignalfdLayouts":                     sfdLayouts,
		"SignalfdClosedReportsNothing":        sfdClose,
		"SignalfdBadHandles":                  sfdBad,
		"SignalfdTakesThreadBeforeGroupFirst": sfdOrder,
	})
}

func takePending(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	k.kill(10, linux.SIGUSR1)
	rep, e := k.take(10, set(linux.SIGUSR1, linux.SIGUSR2), false)
	k.must("Take", e)
	equal(k, "signal", rep.Info.Signo, linux.SIGUSR1)
	equal(k, "sender", rep.Info.Pid, 99)
	equal(k, "pending", k.pending(10), 0)
}

func takeWait(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	_, e := k.take(10, set(linux.SIGUSR1), false)
	equal(k, "Take", e, linux.EWAIT)
	k.woken(k.kill(10, linux.SIGUSR1).Effects, 10)
	rep, e := k.take(10, set(linux.SIGUSR1), false)
	k.must("Take", e)
	equal(k, "signal", rep.Info.Signo, linux.SIGUSR1)
}

func takeMask(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1, linux.SIGHUP)
	k.take(10, set(linux.SIGUSR1), false)
	k.kill(10, linux.SIGUSR1)
	k.take(10, set(linux.SIGUSR1), false)
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1, linux.SIGHUP))
	k.take(10, set(linux.SIGUSR1), false)
	_, e := k.take(10, set(linux.SIGUSR1), true)
	equal(k, "cancel", e, linux.EAGAIN)
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1, linux.SIGHUP))
}

func takeIgnored(k *kit) {
	k.group(10)
	k.block(10, linux.SIGCHLD)
	k.take(10, set(linux.SIGCHLD), false)
	// SIGCHLD does nothing by default, but somebody waits for it.
	k.woken(k.kill(10, linux.SIGCHLD).Effects, 10)
	rep, e := k.take(10, set(linux.SIGCHLD), false)
	k.must("Take", e)
	equal(k, "signal", rep.Info.Signo, linux.SIGCHLD)
}

func takeFatal(k *kit) {
	k.group(10)
	k.block(10, linux.SIGTERM)
	k.take(10, set(linux.SIGTERM), false)
	k.woken(k.kill(10, linux.SIGTERM).Effects, 10)
	rep, e := k.take(10, set(linux.SIGTERM), false)
	k.must("Take", e)
	equal(k, "signal", rep.Info.Signo, linux.SIGTERM)
}

func takeInterrupted(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR2, handlerA, 0, 0)
	k.block(10, linux.SIGUSR1)
	k.take(10, set(linux.SIGUSR1), false)
	k.woken(k.kill(10, linux.SIGUSR2).Effects, 10)
	_, e := k.take(10, set(linux.SIGUSR1), false)
	equal(k, "Take", e, linux.EINTR)
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1))
	k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR2)
}

func takeCancel(k *kit) {
	k.group(10)
	_, e := k.take(10, set(linux.SIGUSR1), true)
	equal(k, "Take", e, linux.EAGAIN)
}

func takeCancelLate(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	k.take(10, set(linux.SIGUSR1), false)
	k.kill(10, linux.SIGUSR1)
	rep, e := k.take(10, set(linux.SIGUSR1), true)
	k.must("Take", e)
	equal(k, "signal", rep.Info.Signo, linux.SIGUSR1)
}

func takeKill(k *kit) {
	k.group(10)
	_, e := k.take(10, ^uint64(0), false)
	equal(k, "Take", e, linux.EWAIT)
	k.only(k.kill(10, linux.SIGKILL).Effects, signalapi.EffectKindKill, 10, linux.SIGKILL)
	_, e = k.take(10, ^uint64(0), false)
	equal(k, "Take", e, linux.EINTR)
}

func takeTwo(k *kit) {
	k.group(10)
	k.block(10, 40)
	k.thread(10, 10, 11)
	k.take(10, set(40), false)
	k.take(11, set(40), false)
	k.kill(10, 40)
	k.kill(10, 40)
	// The first to take hands the other signal on when it blocks it again.
	rep, e := k.take(10, set(40), false)
	k.must("Take", e)
	k.woken(rep.Effects, 11)
	_, e = k.take(11, set(40), false)
	k.must("Take", e)
}

func groupTwice(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	for _, id := range [][2]int32{{10, 12}, {20, 10}, {20, 11}} {
		e := k.s.NewGroup(&signalapi.NewGroupRequest{Group: id[0], Thread: id[1]}, new(signalapi.NewGroupReply))
		equal(k, "NewGroup", e, linux.EEXIST)
	}
}

func groupUnknown(k *kit) {
	k.group(10)
	for what, e := range map[string]linux.Errno{
		"Mask":      k.s.Mask(&signalapi.MaskRequest{Thread: 9}, new(signalapi.MaskReply)),
		"Pending":   k.s.Pending(&signalapi.PendingRequest{Thread: 9}, new(signalapi.PendingReply)),
		"Action":    k.s.Action(&signalapi.ActionRequest{Group: 9, Signo: 1}, new(signalapi.ActionReply)),
		"Deliver":   k.s.Deliver(&signalapi.DeliverRequest{Thread: 9}, new(signalapi.DeliverReply)),
		"Return":    k.s.Return(&signalapi.ReturnRequest{Thread: 9}, new(signalapi.ReturnReply)),
		"Take":      k.s.Take(&signalapi.TakeRequest{Thread: 9}, new(signalapi.TakeReply)),
		"Suspend":   k.s.Suspend(&signalapi.SuspendRequest{Thread: 9}, new(signalapi.SuspendReply)),
		"Restore":   k.s.Restore(&signalapi.RestoreRequest{Thread: 9}, new(signalapi.RestoreReply)),
		"AltStack":  k.s.AltStack(&signalapi.AltStackRequest{Thread: 9}, new(signalapi.AltStackReply)),
		"Info":      k.s.Info(&signalapi.InfoRequest{Group: 9}, new(signalapi.InfoReply)),
		"Itimer":    k.s.Itimer(&signalapi.ItimerRequest{Group: 9}, new(signalapi.ItimerReply)),
		"EndThread": k.s.EndThread(&signalapi.EndThreadRequest{Group: 10, Thread: 9}, new(signalapi.EndThreadReply)),
		"ExecGroup": k.s.ExecGroup(&signalapi.ExecGroupRequest{Group: 10, Thread: 9}, new(signalapi.ExecGroupReply)),
		"NewThread": k.s.NewThread(&signalapi.NewThreadRequest{Group: 9, From: 10}, new(signalapi.NewThreadReply)),
		"ForkGroup": k.s.ForkGroup(&signalapi.ForkGroupRequest{Parent: 9, ParentThread: 10}, new(signalapi.ForkGroupReply)),
	} {
		equal(k, what, e, linux.ESRCH)
	}
}

func forkCopies(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.block(10, linux.SIGHUP)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20})
	equal(k, "handler", k.actionOf(20, linux.SIGUSR1).Handler, handlerA)
	equal(k, "mask", k.blocked(20), set(linux.SIGHUP))
	k.action(20, linux.SIGUSR1, handlerB, 0, 0)
	equal(k, "parent's handler", k.actionOf(10, linux.SIGUSR1).Handler, handlerA)
}

func forkPending(k *kit) {
	k.group(10)
	k.block(10, linux.SIGHUP, linux.SIGINT)
	k.kill(10, linux.SIGHUP)
	k.tkill(10, 10, linux.SIGINT)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20})
	equal(k, "pending", k.pending(20), 0)
}

func forkShares(k *kit) {
	k.group(10)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20, ShareHandlers: true})
	k.action(20, linux.SIGUSR1, handlerB, 0, 0)
	equal(k, "parent's handler", k.actionOf(10, linux.SIGUSR1).Handler, handlerB)
	k.end(10, 10)
	equal(k, "handler after the parent's end", k.actionOf(20, linux.SIGUSR1).Handler, handlerB)
}

func forkClears(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, set(1))
	k.action(10, linux.SIGUSR2, linux.SIG_IGN, 0, 0)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20, ClearHandlers: true})
	got := k.actionOf(20, linux.SIGUSR1)
	equal(k, "handler", got.Handler, linux.SIG_DFL)
	equal(k, "mask", got.Mask, 0)
	equal(k, "ignored", k.actionOf(20, linux.SIGUSR2).Handler, linux.SIG_IGN)
}

func forkAlt(k *kit) {
	k.group(10)
	alt(k, altBase, altSize, 0, stackTop)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20})
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 30, Thread: 30, DropAltStack: true})
	for thread, want := range map[int32]uint64{20: altSize, 30: 0} {
		var rep signalapi.AltStackReply
		k.must("AltStack", k.s.AltStack(&signalapi.AltStackRequest{Thread: thread}, &rep))
		equal(k, "size", rep.Size, want)
	}
}

func threadInherits(k *kit) {
	k.group(10)
	alt(k, altBase, altSize, 0, stackTop)
	k.block(10, linux.SIGHUP, linux.SIGINT)
	k.tkill(10, 10, linux.SIGINT)
	k.thread(10, 10, 11)
	equal(k, "mask", k.blocked(11), set(linux.SIGHUP, linux.SIGINT))
	equal(k, "pending", k.pending(11), 0)
	var rep signalapi.AltStackReply
	k.must("AltStack", k.s.AltStack(&signalapi.AltStackRequest{Thread: 11}, &rep))
	equal(k, "alternate stack", rep, signalapi.AltStackReply{Flags: linux.SS_DISABLE})
}

func (k *kit) exec(group, thread, renamed int32) {
	k.Helper()
	k.must("ExecGroup", k.s.ExecGroup(&signalapi.ExecGroupRequest{Group: group, Thread: thread, NewThread: renamed},
		new(signalapi.ExecGroupReply)))
}

func execHandlers(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_RESTART, set(1))
	k.action(10, linux.SIGUSR2, linux.SIG_IGN, 0, 0)
	k.exec(10, 10, 10)
	got := k.actionOf(10, linux.SIGUSR1)
	equal(k, "handler", got.Handler, linux.SIG_DFL)
	equal(k, "flags", got.Flags, 0)
	equal(k, "restorer", got.Restorer, 0)
	equal(k, "ignored", k.actionOf(10, linux.SIGUSR2).Handler, linux.SIG_IGN)
}

func execPending(k *kit) {
	k.group(10)
	k.block(10, linux.SIGHUP, linux.SIGINT)
	k.kill(10, linux.SIGHUP)
	k.tkill(10, 10, linux.SIGINT)
	k.exec(10, 10, 10)
	equal(k, "pending", k.pending(10), set(linux.SIGHUP, linux.SIGINT))
	equal(k, "mask", k.blocked(10), set(linux.SIGHUP, linux.SIGINT))
}

func execUnshare(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.fork(&signalapi.ForkGroupRequest{Parent: 10, ParentThread: 10, Group: 20, Thread: 20, ShareHandlers: true})
	k.exec(20, 20, 20)
	equal(k, "parent's handler", k.actionOf(10, linux.SIGUSR1).Handler, handlerA)
	equal(k, "handler", k.actionOf(20, linux.SIGUSR1).Handler, linux.SIG_DFL)
}

func execRename(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.block(11, linux.SIGHUP)
	k.end(10, 10)
	k.exec(10, 11, 10)
	equal(k, "mask", k.blocked(10), set(linux.SIGHUP))
	e := k.s.Mask(&signalapi.MaskRequest{Thread: 11}, new(signalapi.MaskReply))
	equal(k, "Mask of the old number", e, linux.ESRCH)
	k.only(k.kill(10, linux.SIGTERM).Effects, signalapi.EffectKindKill, 10, linux.SIGTERM)
}

func execDrops(k *kit) {
	k.group(10)
	alt(k, altBase, altSize, 0, stackTop)
	k.block(10, linux.SIGUSR1)
	id := k.timer(linux.CLOCK_MONOTONIC, linux.SIGUSR1)
	k.arm(id, ms, 0)
	k.after(ms)
	equal(k, "pending", k.pending(10), set(linux.SIGUSR1))
	k.setReal(50*ms, 0)
	k.exec(10, 10, 10)
	equal(k, "pending", k.pending(10), 0)
	equal(k, "alternate stack", altGet(k, stackTop).Size, 0)
	e := k.s.TimerDelete(&signalapi.TimerDeleteRequest{Group: 10, Id: id}, new(signalapi.TimerDeleteReply))
	equal(k, "timer_delete", e, linux.EINVAL)
	// An interval timer goes on.
	equal(k, "ITIMER_REAL", k.getReal().ValueNs, 50*ms)
}

func endGroup(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.end(10, 10)
	k.end(10, 11)
	k.group(10)
	k.thread(10, 10, 11)
	equal(k, "mask", k.blocked(11), 0)
}

func endKeeps(k *kit) {
	k.group(10)
	k.block(10, linux.SIGHUP)
	k.thread(10, 10, 11)
	k.kill(10, linux.SIGHUP)
	k.tkill(10, 11, linux.SIGHUP)
	k.end(10, 11)
	equal(k, "pending", k.pending(10), set(linux.SIGHUP))
	equal(k, "queued", k.info(10).Queued, 1)
}

func (k *kit) signalfd(mask uint64) uint64 {
	k.Helper()
	var rep signalapi.OpenSignalfdReply
	k.must("OpenSignalfd", k.s.OpenSignalfd(&signalapi.OpenSignalfdRequest{Mask: mask}, &rep))
	if rep.Handle == 0 {
		k.Fatal("OpenSignalfd gave handle 0")
	}
	return rep.Handle
}

func (k *kit) read(handle uint64, thread int32, count uint32) ([]byte, linux.Errno) {
	var rep signalapi.ReadReply
	e := k.s.Read(&signalapi.ReadRequest{Handle: handle, Thread: thread, Count: count}, &rep)
	return rep.Data, e
}

func (k *kit) poll(handle uint64, thread int32) signalapi.PollReply {
	k.Helper()
	var rep signalapi.PollReply
	k.must("Poll", k.s.Poll(&signalapi.PollRequest{Handle: handle, Thread: thread, Events: linux.POLLIN}, &rep))
	return rep
}

func sfdRead(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.block(10, linux.SIGUSR1, linux.SIGUSR2)
	k.block(11, linux.SIGUSR1, linux.SIGUSR2)
	h := k.signalfd(set(linux.SIGUSR1, linux.SIGUSR2))
	_, e := k.read(h, 10, 128)
	equal(k, "read of nothing", e, linux.EWAIT)
	k.kill(10, linux.SIGUSR1)
	k.tkill(10, 11, linux.SIGUSR2)
	b, e := k.read(h, 10, 1024)
	k.must("read", e)
	if len(b) != 128 {
		k.Fatalf("read %d bytes, want the group's signal alone", len(b))
	}
	equal(k, "ssi_signo", half(b, 0), linux.SIGUSR1)
	equal(k, "ssi_pid", half(b, 12), 99)
	equal(k, "ssi_uid", half(b, 16), 1000)
	b, e = k.read(h, 11, 128)
	k.must("read", e)
	equal(k, "ssi_signo", half(b, 0), linux.SIGUSR2)
}

func sfdOther(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1, linux.SIGUSR2)
	h := k.signalfd(set(linux.SIGUSR1))
	k.kill(10, linux.SIGUSR2)
	_, e := k.read(h, 10, 128)
	equal(k, "read", e, linux.EWAIT)
	equal(k, "pending", k.pending(10), set(linux.SIGUSR2))
}

func sfdMany(k *kit) {
	k.group(10)
	k.block(10, 40)
	h := k.signalfd(set(40))
	for v := range uint64(5) {
		k.queue(10, 40, v)
	}
	b, e := k.read(h, 10, 3*128+100)
	k.must("read", e)
	equal(k, "bytes", len(b), 3*128)
	equal(k, "third value", word(b, 2*128+48), 2)
	b, e = k.read(h, 10, 4096)
	k.must("read", e)
	equal(k, "bytes", len(b), 2*128)
}

func sfdSmall(k *kit) {
	k.group(10)
	h := k.signalfd(set(40))
	_, e := k.read(h, 10, 127)
	equal(k, "read", e, linux.EINVAL)
}

func sfdReady(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1, linux.SIGUSR2)
	h := k.signalfd(set(linux.SIGUSR1))
	k.signalfd(set(linux.SIGHUP))
	rep := k.kill(10, linux.SIGUSR1)
	if len(rep.Ready) != 1 || rep.Ready[0].Handle != h || rep.Ready[0].Level&linux.POLLIN == 0 {
		k.Fatalf("ready = %+v, want handle %d readable", rep.Ready, h)
	}
	equal(k, "generation", k.poll(h, 10).Generation, rep.Ready[0].Generation)
	equal(k, "ready of another signal", len(k.kill(10, linux.SIGUSR2).Ready), 0)
	// One that is pending already wakes nobody.
	equal(k, "ready of the same signal", len(k.kill(10, linux.SIGUSR1).Ready), 0)
}

func sfdPoll(k *kit) {
	k.group(10)
	k.group(20)
	k.block(10, linux.SIGUSR1)
	h := k.signalfd(set(linux.SIGUSR1))
	equal(k, "level", k.poll(h, 10).Level, 0)
	k.kill(10, linux.SIGUSR1)
	equal(k, "level", k.poll(h, 10).Level, linux.POLLIN)
	equal(k, "level of another process", k.poll(h, 20).Level, 0)
}

func sfdMask(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	h := k.signalfd(set(linux.SIGHUP))
	k.kill(10, linux.SIGUSR1)
	equal(k, "level", k.poll(h, 10).Level, 0)
	var rep signalapi.OpenSignalfdReply
	k.must("OpenSignalfd", k.s.OpenSignalfd(&signalapi.OpenSignalfdRequest{Handle: h, Mask: set(linux.SIGUSR1)}, &rep))
	equal(k, "handle", rep.Handle, h)
	equal(k, "readied", len(rep.Ready), 1)
	equal(k, "level", k.poll(h, 10).Level, linux.POLLIN)
	equal(k, "ready of the old mask", len(k.kill(10, linux.SIGHUP).Ready), 0)
}

func sfdKill(k *kit) {
	k.group(10)
	h := k.signalfd(^uint64(0))
	rep := k.kill(10, linux.SIGSTOP)
	equal(k, "ready", len(rep.Ready), 0)
	_, e := k.read(h, 10, 128)
	equal(k, "read", e, linux.EWAIT)
	k.delivers(10, signalapi.DispositionStop, linux.SIGSTOP)
}

func sfdLayouts(k *kit) {
	k.group(10)
	k.mask(10, linux.SIG_SETMASK, ^uint64(0))
	h := k.signalfd(^uint64(0))
	for _, c := range []struct {
		info  signalapi.Info
		words map[int]uint32
	}{
		{signalapi.Info{Signo: 40, Code: linux.SI_QUEUE, Pid: 7, Uid: 8, Value: 0x900000001},
			map[int]uint32{8: 0xffffffff, 12: 7, 16: 8, 44: 1, 48: 1, 52: 9}},
		{signalapi.Info{Signo: linux.SIGALRM, Code: linux.SI_TIMER, TimerId: 3, Overrun: 4, Value: 5},
			map[int]uint32{24: 3, 32: 4, 44: 5, 48: 5}},
		{signalapi.Info{Signo: linux.SIGCHLD, Code: linux.CLD_EXITED, Pid: 7, Uid: 8, Status: 9, Utime: 10, Stime: 11},
			map[int]uint32{8: 1, 12: 7, 16: 8, 40: 9, 56: 10, 64: 11}},
		{signalapi.Info{Signo: linux.SIGIO, Code: linux.POLL_IN, Value: 0x41, Fd: 5}, map[int]uint32{20: 5, 28: 0x41}},
		{signalapi.Info{Signo: linux.SIGBUS, Code: linux.BUS_ADRALN, Value: 0x700000004}, map[int]uint32{72: 4, 76: 7}},
		{signalapi.Info{Signo: linux.SIGSYS, Code: linux.SYS_SECCOMP, Value: 0x400100, Syscall: 35, Arch: 0xc000003e},
			map[int]uint32{84: 35, 88: 0x400100, 96: 0xc000003e}},
	} {
		_, e := k.send(&signalapi.SendRequest{Group: 10, Limit: limit, Info: c.info})
		k.must("Send", e)
		b, e := k.read(h, 10, 128)
		k.must("read", e)
		equal(k, "ssi_signo", half(b, 0), uint32(c.info.Signo))
		for at, want := range c.words {
			if got := half(b, at); got != want {
				k.Errorf("signalfd_siginfo of %+v: word at %d = %#x, want %#x", c.info, at, got, want)
			}
		}
	}
}

func sfdClose(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	h := k.signalfd(set(linux.SIGUSR1))
	k.must("Close", k.s.Close(&signalapi.CloseRequest{Handle: h}, new(signalapi.CloseReply)))
	equal(k, "ready", len(k.kill(10, linux.SIGUSR1).Ready), 0)
	_, e := k.read(h, 10, 128)
	equal(k, "read", e, linux.EBADF)
	equal(k, "Close", k.s.Close(&signalapi.CloseRequest{Handle: h}, new(signalapi.CloseReply)), linux.EBADF)
}

func sfdBad(k *kit) {
	k.group(10)
	timer := k.timerfd(linux.CLOCK_MONOTONIC)
	for handle, want := range map[uint64]linux.Errno{timer: linux.EINVAL, 999: linux.EBADF} {
		e := k.s.OpenSignalfd(&signalapi.OpenSignalfdRequest{Handle: handle}, new(signalapi.OpenSignalfdReply))
		equal(k, "OpenSignalfd", e, want)
	}
	fd := k.signalfd(1)
	for handle, want := range map[uint64]linux.Errno{fd: linux.EINVAL, 999: linux.EBADF} {
		e := k.s.SetTimerfd(&signalapi.SetTimerfdRequest{Handle: handle}, new(signalapi.SetTimerfdReply))
		equal(k, "SetTimerfd", e, want)
	}
	equal(k, "Poll", k.s.Poll(&signalapi.PollRequest{Handle: 999}, new(signalapi.PollReply)), linux.EBADF)
}

func sfdOrder(k *kit) {
	k.group(10)
	k.block(10, 40, 41)
	h := k.signalfd(set(40, 41))
	k.kill(10, 40)
	k.tkill(10, 10, 41)
	b, e := k.read(h, 10, 256)
	k.must("read", e)
	equal(k, "first", half(b, 0), 41)
	equal(k, "second", half(b, 128), 40)
}
