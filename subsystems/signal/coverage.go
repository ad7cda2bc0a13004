package signal

import (
	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// Claims says what this implementation answers. The core enforces it: what is
// not named here never reaches the subsystem. Clock numbers are not listed:
// which errno an unfit one gives depends on the call, and the tests check each.
var Claims = []coverage.Claim{
	{
		Syscalls: []string{"rt_sigaction"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/ActionReadsBackWhatWasSet", "signaltest/ActionDropsUnknownFlags",
			"signaltest/ActionRefusesKillStopAndBadNumbers", "signaltest/ActionCannotMaskKillAndStop",
			"signaltest/ActionIgnoreDropsPending", "signaltest/ActionDefaultIgnoreDropsPending"},
	},
	{
		Syscalls: []string{"rt_sigprocmask"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/MaskBlockUnblockSet", "signaltest/MaskBadHowIsEINVAL", "signaltest/MaskReadsWithAnyHow",
			"signaltest/MaskNeverBlocksKillAndStop", "signaltest/MaskChangeHandsSignalsToOtherThreads"},
	},
	{
		Syscalls: []string{"rt_sigpending"},
		Level:    coverage.Full,
		Tests:    []string{"signaltest/PendingShowsBlockedOnly"},
	},
	{
		Syscalls: []string{"rt_sigsuspend", "pause"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/SuspendFrameHoldsTheMaskBefore", "signaltest/SuspendWithoutHandlerIsUndone",
			"signaltest/SuspendSaysWhatIsDeliverable", "signaltest/SuspendCannotBlockKill"},
	},
	{
		Syscalls: []string{"rt_sigtimedwait"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/TakeGivesThePendingSignal", "signaltest/TakeWaitsAndIsWoken",
			"signaltest/TakeIgnoredSignalsWhileBlocked", "signaltest/TakeFatalSignalOfTheSetDoesNotKill",
			"signaltest/TakeOtherSignalIsEINTR", "signaltest/TakeCancelledIsEAGAIN", "signaltest/TakeTwoThreadsGetOneEach"},
	},
	{
		Syscalls: []string{"kill", "tkill", "tgkill"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/KillSignalZeroOnlyAsks", "signaltest/KillRefusesBadNumbers",
			"signaltest/KillDefaultFatalEndsTheGroup", "signaltest/KillDropsIgnoredSignals",
			"signaltest/KillPrefersTheMainThread", "signaltest/KillPicksAThreadThatDoesNotBlock",
			"signaltest/TkillReachesOnlyThatThread", "signaltest/StopTakesAllThreads", "signaltest/StopThenContinue",
			"signaltest/ContinueWhileStoppingNamesTheStop", "signaltest/KillInitIgnoresDefaultSignals"},
	},
	{
		Syscalls: []string{"rt_sigqueueinfo", "rt_tgsigqueueinfo"},
		Level:    coverage.Partial,
		Note: "A siginfo keeps the members that Linux names for its code; bytes beyond these, and the bounds and " +
			"protection key of a SIGSEGV, are lost.",
		Tests: []string{"signaltest/QueueRealtimeKeepsOrder", "signaltest/QueueLowestRealtimeFirst",
			"signaltest/QueueStandardSignalKeepsTheFirst", "signaltest/QueueFullRefusesSigqueue", "signaltest/SiginfoLayouts"},
	},
	{
		Syscalls: []string{"sigaltstack"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/AltStackReadsBack", "signaltest/AltStackErrors", "signaltest/AltStackHandlerRunsThere",
			"signaltest/AltStackCannotChangeInUse", "signaltest/AltStackOverflowIsSIGSEGV", "signaltest/AltStackAutodisarm"},
	},
	{
		Syscalls: []string{"rt_sigreturn"},
		Level:    coverage.Full,
		Note:     "64-bit code segments only.",
		Tests: []string{"signaltest/ReturnRestoresRegistersAndMask", "signaltest/ReturnKeepsTheKernelsFlags",
			"signaltest/ReturnCannotBlockKill", "signaltest/ReturnOfABadSegmentIsEFAULT", "signaltest/AltStackReturnRestoresIt"},
	},
	{
		Syscalls: []string{"restart_syscall"},
		Level:    coverage.Full,
		Tests:    []string{"signaltest/RestartTable", "signaltest/StopLeavesTheRestartOpen"},
	},
	{
		Syscalls: []string{"alarm", "getitimer", "setitimer"},
		Level:    coverage.Full,
		Note:     "ITIMER_VIRTUAL and ITIMER_PROF run by samples of the CPU time, at least a tick apart.",
		Tests: []string{"signaltest/ItimerRealSendsSIGALRM", "signaltest/ItimerRealStartsAgainWhenTaken",
			"signaltest/ItimerRealReadsTheRest", "signaltest/ItimerErrors", "signaltest/ItimerVirtualCountsUserTime",
			"signaltest/ItimerProfCountsBothAndRepeats"},
	},
	{
		Syscalls: []string{"timer_create"},
		Level:    coverage.Full,
		Note:     "CPU clocks run by samples, at least a tick apart.",
		Tests: []string{"signaltest/TimerCreateErrors", "signaltest/TimerDefaultEventIsSIGALRM", "signaltest/TimerToOneThread",
			"signaltest/TimerNoneNeverSends", "signaltest/TimerCreateCountsAgainstTheLimit", "signaltest/TimerOnProcessCPUTime",
			"signaltest/TimerOnThreadCPUTime"},
	},
	{
		Syscalls: []string{"timer_settime"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/TimerSendsItsSignal", "signaltest/TimerAbsoluteFollowsTheClock",
			"signaltest/TimerRelativeIgnoresTheClock", "signaltest/TimerAbsolutePastExpiresAtOnce",
			"signaltest/TimerSetVoidsItsSignal", "signaltest/TimerIgnoredSignalComesLater"},
	},
	{
		Syscalls: []string{"timer_gettime", "timer_getoverrun", "timer_delete"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/TimerShowsTheRest", "signaltest/TimerCountsOverruns", "signaltest/TimerDeletedVoidsItsSignal",
			"signaltest/TimerUnknownIsEINVAL"},
	},
	{
		Syscalls: []string{"timerfd_create"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": linux.TFD_CLOEXEC | linux.TFD_NONBLOCK},
		Tests:    []string{"signaltest/TimerfdErrors", "signaltest/TimerfdReadsTheNumberOfExpirations"},
	},
	{
		Syscalls: []string{"timerfd_settime", "timerfd_gettime"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/TimerfdOneShot", "signaltest/TimerfdRestAndInterval", "signaltest/TimerfdDisarm",
			"signaltest/TimerfdAbsolute", "signaltest/TimerfdGettimeMovesOn", "signaltest/TimerfdCancelOnSet",
			"signaltest/TimerfdCancelOnSetIsSaidBySettime"},
	},
	{
		Syscalls: []string{"signalfd", "signalfd4"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/SignalfdReadsOwnAndGroupSignals", "signaltest/SignalfdReadsAsManyAsFit",
			"signaltest/SignalfdReportsReadiness", "signaltest/SignalfdMaskCanChange", "signaltest/SignalfdLayouts"},
	},
	{
		Syscalls: []string{"clock_gettime", "clock_getres", "gettimeofday", "time"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/ClockGetReadsTheClocks", "signaltest/ClockGetUnknownIsEINVAL",
			"signaltest/ClockGetCPUClocksPassThrough", "signaltest/ClockGetCoarseMovesInTicks"},
	},
	{
		Syscalls: []string{"clock_settime", "settimeofday"},
		Level:    coverage.Full,
		Tests:    []string{"signaltest/ClockSetMovesRealtimeAlone", "signaltest/ClockSetErrors"},
	},
	{
		Syscalls: []string{"adjtimex", "clock_adjtime"},
		Level:    coverage.Partial,
		Note:     "What is set is kept and told; ADJ_SETOFFSET moves the clock. Slewing, frequency and leap seconds do not.",
		Tests: []string{"signaltest/AdjustKeepsWhatIsSet", "signaltest/AdjustErrors", "signaltest/AdjustSetoffsetMovesClock",
			"signaltest/AdjustErrorGrows", "conformance/adjtime"},
	},
	{
		Syscalls: []string{"clock_nanosleep", "nanosleep"},
		Level:    coverage.Full,
		Tests: []string{"signaltest/DeadlineOfLengthsAndTimes", "signaltest/DeadlineErrors",
			"signaltest/DeadlineFarAwayDoesNotOverflow", "signaltest/DeadlineOfACPUClock"},
	},
}
