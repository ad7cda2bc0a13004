package signaltest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"KillSignalZeroOnlyAsks":               killZero,
		"KillRefusesBadNumbers":                killBadNumber,
		"KillUnknownTargetIsESRCH":             killUnknown,
		"KillDefaultFatalEndsTheGroup":         killFatal,
		"KillSigkillEndsEvenBlocked":           killSigkill,
		"KillCoreSignalWakesOneThread":         killCore,
		"KillDropsIgnoredSignals":              killIgnored,
		"KillKeepsIgnoredWhileBlocked":         killIgnoredBlocked,
		"KillPrefersTheMainThread":             killMainFirst,
		"KillPicksAThreadThatDoesNotBlock":     killOther,
		"KillWithAllBlockedWakesNobody":        killAllBlocked,
		"KillAfterDeathIsDropped":              killDying,
		"TkillReachesOnlyThatThread":           tkillOne,
		"TkillWrongGroupIsESRCH":               tkillWrongGroup,
		"TkillToEndedLeaderIsDropped":          tkillEndedLeader,
		"KillReachesThreadsOfAnEndedLeader":    killEndedLeader,
		"KillStoppedGroupWakesNobody":          killStopped,
		"KillInitIgnoresDefaultSignals":        killInit,
		"KillInitTakesHandledSignals":          killInitHandled,
		"KillInitDiesOfItsOwnFault":            killInitFault,
		"FaultUnblocksAndResetsAHandler":       faultBlocked,
		"FaultOverridesIgnore":                 faultIgnored,
		"FaultKeepsAHandlerThatIsNotBlocked":   faultHandled,
		"QueueStandardSignalKeepsTheFirst":     queueStandard,
		"QueueRealtimeKeepsOrder":              queueRealtime,
		"QueueLowestRealtimeFirst":             queueLowest,
		"QueueThreadBeforeGroup":               queueThreadFirst,
		"QueueSynchronousFirst":                queueSync,
		"QueueFullRefusesSigqueue":             queueFull,
		"QueueFullKillLosesInfo":               queueFullKill,
		"QueueFullStandardSignalIsExempt":      queueFullStandard,
		"QueueLimitCountsAUserOverGroups":      queueLimitUser,
		"QueueCountFallsWhenTaken":             queueCountFalls,
		"StopSignalsRemoveSigcont":             stopRemovesCont,
		"SigcontRemovesStopSignals":            contRemovesStop,
		"StopOfOneThreadGroup":                 stopOne,
		"StopTakesAllThreads":                  stopAll,
		"StopCompletesWhenAThreadEnds":         stopThreadEnds,
		"StopIsJoinedByNewThreads":             stopNewThread,
		"StopThenContinue":                     stopContinue,
		"ContinueWhileStoppingNamesTheStop":    stopHalfContinue,
		"ContinueOfARunningGroupHasNoEffect":   contRunning,
		"ContinueRunsAHandlerToo":              contHandler,
		"StopOfAnOrphanedGroupIsIgnored":       stopOrphaned,
		"StopOrphanedSigstopStopsAllTheSame":   stopOrphanedSigstop,
		"StopHandledTSTPDoesNotStop":           stopHandled,
		"KillWakesAStoppedGroup":               stopKill,
		"StopTwiceReportsOnce":                 stopTwice,
		"TermOfAStoppedGroupWaitsForContinue":  stopTerm,
		"InfoListsSetsLikeProcStatus":          infoSets,
		"KillUserSignalsHaveNoRealtimeLimit":   killRealtime,
		"DeathByOneThreadEndsTheOthers":        deathOthers,
		"DeathByCoreSignalEndsTheOthers":       deathCoreOthers,
		"KillWakesTheNextThreadForTheNextOne":  killSpread,
		"MaskChangeHandsSignalsToOtherThreads": maskRetarget,
		"EndOfAThreadHandsSignalsOver":         endRetarget,
	})
}

func killZero(k *kit) {
	k.group(10)
	rep := k.kill(10, 0)
	k.noEffects(rep.Effects)
	k.nothing(10)
}

func killBadNumber(k *kit) {
	k.group(10)
	for _, signo := range []int32{-1, 65} {
		_, e := k.send(&signalapi.SendRequest{Group: 10, Info: signalapi.Info{Signo: signo}})
		equal(k, "kill of a bad number", e, linux.EINVAL)
	}
}

func killUnknown(k *kit) {
	k.group(10)
	for _, req := range []signalapi.SendRequest{{Group: 11}, {Thread: 11}, {Group: 10, Thread: 11}} {
		req.Info.Signo = linux.SIGTERM
		_, e := k.send(&req)
		equal(k, "Send", e, linux.ESRCH)
	}
}

func killFatal(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	rep := k.kill(10, linux.SIGTERM)
	k.only(rep.Effects, signalapi.EffectKindKill, 10, linux.SIGTERM)
	k.delivers(11, signalapi.DispositionTerminate, linux.SIGTERM)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGTERM)
}

func killSigkill(k *kit) {
	k.group(10)
	k.mask(10, linux.SIG_SETMASK, ^uint64(0))
	k.only(k.kill(10, linux.SIGKILL).Effects, signalapi.EffectKindKill, 10, linux.SIGKILL)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGKILL)
}

func killCore(k *kit) {
	k.group(10)
	k.woken(k.kill(10, linux.SIGQUIT).Effects, 10)
	rep := k.delivers(10, signalapi.DispositionCore, linux.SIGQUIT)
	equal(k, "sender", rep.Info.Pid, 99)
	equal(k, "user", rep.Info.Uid, 1000)
}

func killIgnored(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, linux.SIG_IGN, 0, 0)
	k.noEffects(k.kill(10, linux.SIGUSR1).Effects)
	k.noEffects(k.kill(10, linux.SIGCHLD).Effects)
	k.noEffects(k.kill(10, linux.SIGWINCH).Effects)
	k.noEffects(k.kill(10, linux.SIGURG).Effects)
	equal(k, "shared pending", k.info(10).SharedPending, 0)
}

func killIgnoredBlocked(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, linux.SIG_IGN, 0, 0)
	k.block(10, linux.SIGUSR1, linux.SIGCHLD)
	k.kill(10, linux.SIGUSR1)
	k.kill(10, linux.SIGCHLD)
	equal(k, "pending", k.pending(10), set(linux.SIGUSR1, linux.SIGCHLD))
	// Unblocked, it is dropped at the delivery.
	k.unblock(10, linux.SIGUSR1, linux.SIGCHLD)
	k.nothing(10)
}

func killMainFirst(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.woken(k.kill(10, linux.SIGUSR1).Effects, 10)
}

func killOther(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.block(10, linux.SIGUSR1)
	k.thread(10, 10, 11)
	k.thread(10, 10, 12)
	k.unblock(12, linux.SIGUSR1)
	k.woken(k.kill(10, linux.SIGUSR1).Effects, 12)
	k.nothing(11)
	k.delivers(12, signalapi.DispositionHandler, linux.SIGUSR1)
}

func killAllBlocked(k *kit) {
	k.group(10)
	k.block(10, linux.SIGTERM)
	k.thread(10, 10, 11)
	k.noEffects(k.kill(10, linux.SIGTERM).Effects)
	equal(k, "pending of 11", k.pending(11), set(linux.SIGTERM))
	// Whoever unblocks it first gets it.
	equal(k, "deliverable", k.unblock(11, linux.SIGTERM).Deliverable, true)
	k.delivers(11, signalapi.DispositionTerminate, linux.SIGTERM)
}

func killDying(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGTERM)
	k.noEffects(k.kill(10, linux.SIGKILL).Effects)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGTERM)
}

func tkillOne(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.woken(k.tkill(10, 11, linux.SIGUSR1).Effects, 11)
	k.nothing(10)
	rep := k.delivers(11, signalapi.DispositionHandler, linux.SIGUSR1)
	equal(k, "code", rep.Info.Code, linux.SI_TKILL)
}

func tkillWrongGroup(k *kit) {
	k.group(10)
	k.group(20)
	_, e := k.send(&signalapi.SendRequest{Group: 20, Thread: 10, Info: signalapi.Info{Signo: linux.SIGTERM}})
	equal(k, "tgkill", e, linux.ESRCH)
}

func tkillEndedLeader(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.end(10, 10)
	k.noEffects(k.tkill(10, 10, linux.SIGTERM).Effects)
	k.nothing(11)
}

func killEndedLeader(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.end(10, 10)
	k.woken(k.kill(10, linux.SIGUSR1).Effects, 11)
	k.delivers(11, signalapi.DispositionHandler, linux.SIGUSR1)
	k.only(k.kill(10, linux.SIGKILL).Effects, signalapi.EffectKindKill, 10, linux.SIGKILL)
	k.end(10, 11)
	_, e := k.send(&signalapi.SendRequest{Group: 10, Info: signalapi.Info{Signo: 0}})
	equal(k, "kill of an ended group", e, linux.ESRCH)
}

func killStopped(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGSTOP)
	k.delivers(10, signalapi.DispositionStop, linux.SIGSTOP)
	k.noEffects(k.kill(10, linux.SIGUSR1).Effects)
	k.kill(10, linux.SIGCONT)
	k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
}

func killInit(k *kit) {
	k.group(1)
	for _, signo := range []int32{linux.SIGTERM, linux.SIGKILL, linux.SIGSTOP, linux.SIGQUIT, linux.SIGTSTP} {
		k.noEffects(k.kill(1, signo).Effects)
	}
	k.nothing(1)
	// Blocked when sent, it is dropped when it is to be delivered.
	k.block(1, linux.SIGTERM)
	k.kill(1, linux.SIGTERM)
	k.unblock(1, linux.SIGTERM)
	k.nothing(1)
}

func killInitHandled(k *kit) {
	k.group(1)
	k.action(1, linux.SIGTERM, handlerA, 0, 0)
	k.woken(k.kill(1, linux.SIGTERM).Effects, 1)
	k.delivers(1, signalapi.DispositionHandler, linux.SIGTERM)
}

func killInitFault(k *kit) {
	k.group(1)
	k.woken(k.fault(1, 1, linux.SIGSEGV, linux.SEGV_MAPERR, 0x1234).Effects, 1)
	k.delivers(1, signalapi.DispositionCore, linux.SIGSEGV)
}

func faultBlocked(k *kit) {
	k.group(10)
	k.action(10, linux.SIGSEGV, handlerA, 0, 0)
	k.block(10, linux.SIGSEGV)
	k.woken(k.fault(10, 10, linux.SIGSEGV, linux.SEGV_MAPERR, 8).Effects, 10)
	equal(k, "handler", k.actionOf(10, linux.SIGSEGV).Handler, linux.SIG_DFL)
	k.delivers(10, signalapi.DispositionCore, linux.SIGSEGV)
}

func faultIgnored(k *kit) {
	k.group(10)
	k.action(10, linux.SIGBUS, linux.SIG_IGN, 0, 0)
	k.fault(10, 10, linux.SIGBUS, linux.BUS_ADRERR, 8)
	k.delivers(10, signalapi.DispositionCore, linux.SIGBUS)
}

func faultHandled(k *kit) {
	k.group(10)
	k.action(10, linux.SIGFPE, handlerA, 0, 0)
	k.fault(10, 10, linux.SIGFPE, linux.FPE_INTDIV, 0x400100)
	rep := k.delivers(10, signalapi.DispositionHandler, linux.SIGFPE)
	equal(k, "address", rep.Info.Value, 0x400100)
}

func queueStandard(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	k.queue(10, linux.SIGUSR1, 1)
	k.queue(10, linux.SIGUSR1, 2)
	if got := k.taken(10, set(linux.SIGUSR1)); len(got) != 1 || got[0][1] != 1 {
		k.Errorf("taken = %v, want the first one only", got)
	}
}

func queueRealtime(k *kit) {
	k.group(10)
	k.block(10, 40)
	for v := range uint64(5) {
		k.queue(10, 40, v)
	}
	got := k.taken(10, set(40))
	equal(k, "number of signals", len(got), 5)
	for i, g := range got {
		equal(k, "value", g[1], uint64(i))
	}
}

func queueLowest(k *kit) {
	k.group(10)
	k.mask(10, linux.SIG_SETMASK, ^uint64(0))
	for _, signo := range []int32{64, 34, 50, linux.SIGUSR2, linux.SIGHUP, 34} {
		k.queue(10, signo, 0)
	}
	want := []uint64{linux.SIGHUP, linux.SIGUSR2, 34, 34, 50, 64}
	got := k.taken(10, ^uint64(0))
	equal(k, "number of signals", len(got), len(want))
	for i := range min(len(got), len(want)) {
		equal(k, "signal", got[i][0], want[i])
	}
}

func queueThreadFirst(k *kit) {
	k.group(10)
	k.block(10, linux.SIGHUP, linux.SIGUSR1)
	k.kill(10, linux.SIGHUP)
	k.tkill(10, 10, linux.SIGUSR1)
	rep, e := k.take(10, set(linux.SIGHUP, linux.SIGUSR1), false)
	k.must("Take", e)
	equal(k, "first signal", rep.Info.Signo, linux.SIGUSR1)
}

func queueSync(k *kit) {
	k.group(10)
	for _, signo := range []int32{linux.SIGHUP, linux.SIGSEGV} {
		k.action(10, signo, handlerA, linux.SA_SIGINFO, ^uint64(0))
	}
	k.tkill(10, 10, linux.SIGHUP)
	k.fault(10, 10, linux.SIGSEGV, linux.SEGV_ACCERR, 0x5000)
	rep := k.delivers(10, signalapi.DispositionHandler, linux.SIGSEGV)
	equal(k, "code", rep.Info.Code, linux.SEGV_ACCERR)
}

func queueFull(k *kit) {
	k.group(10)
	k.block(10, 34)
	for range 3 {
		_, e := k.send(&signalapi.SendRequest{Group: 10, Limit: 3, Info: signalapi.Info{Signo: 34, Code: linux.SI_QUEUE}})
		k.must("sigqueue", e)
	}
	for _, code := range []int32{linux.SI_QUEUE, linux.SI_TKILL} {
		_, e := k.send(&signalapi.SendRequest{Group: 10, Limit: 3, Info: signalapi.Info{Signo: 34, Code: code}})
		equal(k, "queueing one more", e, linux.EAGAIN)
	}
}

func queueFullKill(k *kit) {
	k.group(10)
	k.block(10, 34)
	_, e := k.send(&signalapi.SendRequest{Group: 10, Limit: 0,
		Info: signalapi.Info{Signo: 34, Code: linux.SI_USER, Pid: 99, Uid: 1000}})
	k.must("kill", e)
	rep, e := k.take(10, set(34), false)
	k.must("Take", e)
	equal(k, "siginfo", rep.Info, signalapi.Info{Signo: 34})
}

func queueFullStandard(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1, linux.SIGUSR2)
	for signo, code := range map[int32]int32{linux.SIGUSR1: linux.SI_USER, linux.SIGUSR2: linux.SI_QUEUE} {
		_, e := k.send(&signalapi.SendRequest{Group: 10, Limit: 0, Info: signalapi.Info{Signo: signo, Code: code, Pid: 99}})
		k.must("Send", e)
		rep, e := k.take(10, set(signo), false)
		k.must("Take", e)
		want := int32(99)
		if code == linux.SI_QUEUE {
			want = 0 // sent, but its siginfo is lost
		}
		equal(k, "sender", rep.Info.Pid, want)
	}
}

func queueLimitUser(k *kit) {
	k.group(10)
	k.group(20)
	k.block(10, 34)
	k.block(20, 34)
	try := func(group int32, user uint32, want linux.Errno) {
		k.Helper()
		_, e := k.send(&signalapi.SendRequest{Group: group, User: user, Limit: 1,
			Info: signalapi.Info{Signo: 34, Code: linux.SI_QUEUE}})
		equal(k, "sigqueue", e, want)
	}
	try(10, 7, 0)
	try(20, 7, linux.EAGAIN)
	try(20, 8, 0)
}

func queueCountFalls(k *kit) {
	k.group(10)
	k.block(10, 34)
	for range 3 {
		k.queue(10, 34, 0)
	}
	equal(k, "queued", k.info(10).Queued, 3)
	k.taken(10, set(34))
	equal(k, "queued", k.info(10).Queued, 0)
	k.queue(10, 34, 0)
	k.action(10, 34, linux.SIG_IGN, 0, 0)
	equal(k, "queued after SIG_IGN", k.info(10).Queued, 0)
}

func stopRemovesCont(k *kit) {
	k.group(10)
	k.block(10, linux.SIGCONT, linux.SIGTSTP)
	k.kill(10, linux.SIGCONT)
	k.tkill(10, 10, linux.SIGCONT)
	k.kill(10, linux.SIGTSTP)
	equal(k, "pending", k.pending(10), set(linux.SIGTSTP))
}

func contRemovesStop(k *kit) {
	k.group(10)
	k.block(10, linux.SIGCONT, linux.SIGTSTP, linux.SIGTTIN, linux.SIGTTOU)
	k.kill(10, linux.SIGTSTP)
	k.kill(10, linux.SIGTTIN)
	k.tkill(10, 10, linux.SIGTTOU)
	k.kill(10, linux.SIGSTOP)
	k.kill(10, linux.SIGCONT)
	equal(k, "pending", k.pending(10), set(linux.SIGCONT))
	k.nothing(10)
}

func stopOne(k *kit) {
	k.group(10)
	k.woken(k.kill(10, linux.SIGTSTP).Effects, 10)
	rep := k.delivers(10, signalapi.DispositionStop, linux.SIGTSTP)
	equal(k, "group stopped", rep.GroupStopped, true)
	// Asked again, it is still stopped and reports nothing new.
	rep = k.delivers(10, signalapi.DispositionStop, linux.SIGTSTP)
	equal(k, "group stopped again", rep.GroupStopped, false)
}

func stopAll(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.thread(10, 10, 12)
	k.kill(10, linux.SIGSTOP)
	rep := k.delivers(10, signalapi.DispositionStop, linux.SIGSTOP)
	equal(k, "wakes", len(rep.Effects), 2)
	equal(k, "group stopped after one", rep.GroupStopped, false)
	rep = k.delivers(12, signalapi.DispositionStop, linux.SIGSTOP)
	equal(k, "group stopped after two", rep.GroupStopped, false)
	rep = k.delivers(11, signalapi.DispositionStop, linux.SIGSTOP)
	equal(k, "group stopped after three", rep.GroupStopped, true)
}

func stopThreadEnds(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.kill(10, linux.SIGSTOP)
	equal(k, "group stopped", k.delivers(10, signalapi.DispositionStop, linux.SIGSTOP).GroupStopped, false)
	equal(k, "group stopped by the end", k.end(10, 11).GroupStopped, true)
}

func stopNewThread(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.kill(10, linux.SIGSTOP)
	k.delivers(10, signalapi.DispositionStop, linux.SIGSTOP)
	k.thread(10, 11, 12)
	equal(k, "group stopped", k.delivers(11, signalapi.DispositionStop, linux.SIGSTOP).GroupStopped, false)
	equal(k, "group stopped", k.delivers(12, signalapi.DispositionStop, linux.SIGSTOP).GroupStopped, true)
}

func stopContinue(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.kill(10, linux.SIGSTOP)
	k.deliver(10)
	k.deliver(11)
	k.only(k.kill(10, linux.SIGCONT).Effects, signalapi.EffectKindContinue, 10, linux.SIGCONT)
	k.nothing(10)
	k.nothing(11)
}

func stopHalfContinue(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.kill(10, linux.SIGTSTP)
	k.delivers(10, signalapi.DispositionStop, linux.SIGTSTP)
	k.only(k.kill(10, linux.SIGCONT).Effects, signalapi.EffectKindContinue, 10, linux.SIGTSTP)
	k.nothing(11)
}

func contRunning(k *kit) {
	k.group(10)
	k.noEffects(k.kill(10, linux.SIGCONT).Effects)
}

func contHandler(k *kit) {
	k.group(10)
	k.action(10, linux.SIGCONT, handlerA, 0, 0)
	k.kill(10, linux.SIGSTOP)
	k.deliver(10)
	rep := k.kill(10, linux.SIGCONT)
	equal(k, "effects", len(rep.Effects), 2)
	equal(k, "first effect", rep.Effects[0].Kind, signalapi.EffectKindContinue)
	equal(k, "second effect", rep.Effects[1].Kind, signalapi.EffectKindWake)
	k.delivers(10, signalapi.DispositionHandler, linux.SIGCONT)
}

func stopOrphaned(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGTSTP)
	k.kill(10, linux.SIGTTIN)
	rep := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Orphaned: true})
	equal(k, "disposition", rep.Disposition, signalapi.DispositionNone)
}

func stopOrphanedSigstop(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGSTOP)
	rep := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Orphaned: true})
	equal(k, "disposition", rep.Disposition, signalapi.DispositionStop)
}

func stopHandled(k *kit) {
	k.group(10)
	k.action(10, linux.SIGTSTP, handlerA, 0, 0)
	k.kill(10, linux.SIGTSTP)
	k.delivers(10, signalapi.DispositionHandler, linux.SIGTSTP)
	k.action(10, linux.SIGTTIN, linux.SIG_IGN, 0, 0)
	k.noEffects(k.kill(10, linux.SIGTTIN).Effects)
}

func stopKill(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGSTOP)
	k.deliver(10)
	k.only(k.kill(10, linux.SIGKILL).Effects, signalapi.EffectKindKill, 10, linux.SIGKILL)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGKILL)
}

func stopTwice(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGTSTP)
	k.deliver(10)
	k.noEffects(k.kill(10, linux.SIGSTOP).Effects)
	k.only(k.kill(10, linux.SIGCONT).Effects, signalapi.EffectKindContinue, 10, linux.SIGCONT)
	k.nothing(10)
}

func stopTerm(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGSTOP)
	k.deliver(10)
	k.noEffects(k.kill(10, linux.SIGTERM).Effects)
	k.delivers(10, signalapi.DispositionStop, linux.SIGSTOP)
	k.kill(10, linux.SIGCONT)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGTERM)
}

func infoSets(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.action(10, linux.SIGPIPE, linux.SIG_IGN, 0, 0)
	k.block(10, linux.SIGHUP, linux.SIGINT)
	k.kill(10, linux.SIGHUP)
	k.tkill(10, 10, linux.SIGINT)
	equal(k, "Info", *k.info(10), signalapi.InfoReply{
		Pending:       set(linux.SIGINT),
		SharedPending: set(linux.SIGHUP),
		Blocked:       set(linux.SIGHUP, linux.SIGINT),
		Ignored:       set(linux.SIGPIPE),
		Caught:        set(linux.SIGUSR1),
		Queued:        2,
	})
}

func killRealtime(k *kit) {
	k.group(10)
	k.block(10, 34)
	k.kill(10, 34)
	k.kill(10, 34)
	equal(k, "number of signals", len(k.taken(10, set(34))), 2)
}

func deathOthers(k *kit) {
	k.group(10)
	k.block(10, linux.SIGTERM)
	k.thread(10, 10, 11)
	k.kill(10, linux.SIGTERM)
	k.unblock(11, linux.SIGTERM)
	k.delivers(11, signalapi.DispositionTerminate, linux.SIGTERM)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGTERM)
}

func deathCoreOthers(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.fault(10, 11, linux.SIGSEGV, linux.SEGV_MAPERR, 0)
	k.delivers(11, signalapi.DispositionCore, linux.SIGSEGV)
	k.delivers(10, signalapi.DispositionTerminate, linux.SIGSEGV)
}

func killSpread(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.block(10, 40)
	k.block(11, 41)
	k.action(10, 40, handlerA, 0, 0)
	k.action(10, 41, handlerA, 0, 0)
	k.woken(k.kill(10, 40).Effects, 11)
	k.woken(k.kill(10, 41).Effects, 10)
}

func maskRetarget(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.woken(k.kill(10, linux.SIGUSR1).Effects, 10)
	k.woken(k.mask(10, linux.SIG_BLOCK, set(linux.SIGUSR1)).Effects, 11)
	k.delivers(11, signalapi.DispositionHandler, linux.SIGUSR1)
}

func endRetarget(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.woken(k.kill(10, linux.SIGUSR1).Effects, 10)
	k.woken(k.end(10, 10).Effects, 11)
	k.delivers(11, signalapi.DispositionHandler, linux.SIGUSR1)
}
