package signaltest

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

func init() {
	register(map[string]func(*kit){
		"ActionReadsBackWhatWasSet":          actionReadBack,
		"ActionDropsUnknownFlags":            actionFlags,
		"ActionRefusesKillStopAndBadNumbers": actionInvalid,
		"ActionCannotMaskKillAndStop":        actionMask,
		"ActionIgnoreDropsPending":           actionIgnoreDrops,
		"ActionDefaultIgnoreDropsPending":    actionDefaultDrops,
		"MaskBlockUnblockSet":                maskHow,
		"MaskBadHowIsEINVAL":                 maskInvalid,
		"MaskReadsWithAnyHow":                maskRead,
		"MaskNeverBlocksKillAndStop":         maskKernelOnly,
		"PendingShowsBlockedOnly":            pendingBlocked,
		"SuspendFrameHoldsTheMaskBefore":     suspendFrame,
		"SuspendWithoutHandlerIsUndone":      suspendNone,
		"SuspendRestorePutsBack":             suspendRestore,
		"SuspendSaysWhatIsDeliverable":       suspendDeliverable,
		"SuspendCannotBlockKill":             suspendKill,
		"FrameIsLaidOutAsLinuxDoes":          frameLayout,
		"FrameIsAlignedBelowTheRedZone":      framePlace,
		"FrameWithoutSiginfoIsShort":         frameShort,
		"FrameOfAFaultShowsTheTrap":          frameFault,
		"FrameRegistersAtEntry":              frameEntry,
		"FrameWithoutRestorerIsSIGSEGV":      frameNoRestorer,
		"FrameFailureForcesSIGSEGV":          frameFailed,
		"FrameFailureKeepsTheMask":           frameFailedMask,
		"FrameFailureOfSIGSEGVEnds":          frameFailedSegv,
		"FrameOutsideOfMemoryIsSIGSEGV":      frameOutside,
		"HandlerBlocksItsMaskAndItself":      handlerMask,
		"HandlerNodeferLeavesItselfOpen":     handlerNodefer,
		"HandlerResethandRunsOnce":           handlerReset,
		"HandlersNestUntilNothingIsLeft":     handlersNest,
		"ReturnRestoresRegistersAndMask":     returnAll,
		"ReturnKeepsTheKernelsFlags":         returnFlags,
		"ReturnCannotBlockKill":              returnKill,
		"ReturnOfAShortFrameIsEFAULT":        returnShort,
		"ReturnOfABadSegmentIsEFAULT":        returnSegment,
		"ReturnSaysWhatIsDeliverable":        returnDeliverable,
		"RestartTable":                       restartTable,
		"RestartIsDecidedOnce":               restartOnce,
		"StopLeavesTheRestartOpen":           restartStop,
		"AltStackReadsBack":                  altRead,
		"AltStackErrors":                     altErrors,
		"AltStackHandlerRunsThere":           altHandler,
		"AltStackIsNotEnteredTwice":          altNested,
		"AltStackCannotChangeInUse":          altBusy,
		"AltStackOverflowIsSIGSEGV":          altOverflow,
		"AltStackWithoutOnstackIsNotUsed":    altNoOnstack,
		"AltStackAutodisarm":                 altAutodisarm,
		"AltStackDisable":                    altDisable,
		"AltStackReturnRestoresIt":           altReturn,
		"SiginfoLayouts":                     siginfoLayouts,
	})
}

func actionReadBack(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_RESTART, set(linux.SIGUSR2))
	old := k.action(10, linux.SIGUSR1, handlerB, 0, 0)
	want := signalapi.ActionReply{Handler: handlerA, Flags: linux.SA_RESTART | linux.SA_RESTORER, Restorer: restorer,
		Mask: set(linux.SIGUSR2)}
	if old.Handler != want.Handler || old.Flags != want.Flags || old.Restorer != want.Restorer || old.Mask != want.Mask {
		k.Errorf("old action = %+v, want %+v", *old, want)
	}
	equal(k, "new handler", k.actionOf(10, linux.SIGUSR1).Handler, handlerB)
}

func actionFlags(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_UNSUPPORTED|1<<40|linux.SA_ONSTACK|linux.SA_EXPOSE_TAGBITS, 0)
	equal(k, "flags", k.actionOf(10, linux.SIGUSR1).Flags, linux.SA_ONSTACK|linux.SA_RESTORER|linux.SA_EXPOSE_TAGBITS)
}

func actionInvalid(k *kit) {
	k.group(10)
	for _, signo := range []int32{0, -1, 65, linux.SIGKILL, linux.SIGSTOP} {
		e := k.s.Action(&signalapi.ActionRequest{Group: 10, Signo: signo, Set: true}, new(signalapi.ActionReply))
		equal(k, "sigaction", e, linux.EINVAL)
	}
	// Reading those of SIGKILL is allowed.
	k.actionOf(10, linux.SIGKILL)
}

func actionMask(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, ^uint64(0))
	equal(k, "mask", k.actionOf(10, linux.SIGUSR1).Mask, ^set(linux.SIGKILL, linux.SIGSTOP))
}

func actionIgnoreDrops(k *kit) {
	k.group(10)
	k.thread(10, 10, 11)
	k.block(10, linux.SIGUSR1)
	k.block(11, linux.SIGUSR1)
	k.kill(10, linux.SIGUSR1)
	k.tkill(10, 11, linux.SIGUSR1)
	k.action(10, linux.SIGUSR1, linux.SIG_IGN, 0, 0)
	equal(k, "pending of 10", k.pending(10), 0)
	equal(k, "pending of 11", k.pending(11), 0)
}

func actionDefaultDrops(k *kit) {
	k.group(10)
	k.block(10, linux.SIGCHLD, linux.SIGTERM)
	k.kill(10, linux.SIGCHLD)
	k.kill(10, linux.SIGTERM)
	k.action(10, linux.SIGCHLD, linux.SIG_DFL, 0, 0)
	k.action(10, linux.SIGTERM, linux.SIG_DFL, 0, 0)
	equal(k, "pending", k.pending(10), set(linux.SIGTERM))
}

func maskHow(k *kit) {
	k.group(10)
	equal(k, "old", k.mask(10, linux.SIG_BLOCK, set(1, 2, 3)).Old, 0)
	equal(k, "old", k.mask(10, linux.SIG_UNBLOCK, set(2, 5)).Old, set(1, 2, 3))
	equal(k, "old", k.mask(10, linux.SIG_SETMASK, set(64)).Old, set(1, 3))
	equal(k, "mask", k.blocked(10), set(64))
}

func maskInvalid(k *kit) {
	k.group(10)
	for _, how := range []int32{3, -1} {
		e := k.s.Mask(&signalapi.MaskRequest{Thread: 10, Set: true, How: how}, new(signalapi.MaskReply))
		equal(k, "sigprocmask", e, linux.EINVAL)
	}
}

func maskRead(k *kit) {
	k.group(10)
	k.block(10, 5)
	rep := new(signalapi.MaskReply)
	k.must("Mask", k.s.Mask(&signalapi.MaskRequest{Thread: 10, How: 77}, rep))
	equal(k, "mask", rep.Old, set(5))
}

func maskKernelOnly(k *kit) {
	k.group(10)
	k.mask(10, linux.SIG_SETMASK, ^uint64(0))
	equal(k, "mask", k.blocked(10), ^set(linux.SIGKILL, linux.SIGSTOP))
}

func pendingBlocked(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR2, handlerA, 0, 0)
	k.block(10, linux.SIGUSR1)
	k.kill(10, linux.SIGUSR1)
	k.kill(10, linux.SIGUSR2)
	equal(k, "pending", k.pending(10), set(linux.SIGUSR1))
}

func suspend(k *kit, mask uint64) *signalapi.SuspendReply {
	k.Helper()
	rep := new(signalapi.SuspendReply)
	k.must("Suspend", k.s.Suspend(&signalapi.SuspendRequest{Thread: 10, Mask: mask}, rep))
	return rep
}

func suspendFrame(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, set(linux.SIGHUP))
	k.block(10, linux.SIGUSR1, linux.SIGUSR2)
	suspend(k, set(linux.SIGTERM))
	k.kill(10, linux.SIGUSR1)
	d := k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
	// While the handler runs, the mask is the temporary one and the action's.
	equal(k, "mask in the handler", k.blocked(10), set(linux.SIGTERM, linux.SIGHUP, linux.SIGUSR1))
	equal(k, "mask in the frame", word(d.Frame, 304), set(linux.SIGUSR1, linux.SIGUSR2))
	k.back(10, d)
	equal(k, "mask afterwards", k.blocked(10), set(linux.SIGUSR1, linux.SIGUSR2))
}

func suspendNone(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1, linux.SIGCHLD)
	suspend(k, 0)
	k.kill(10, linux.SIGCHLD)
	k.nothing(10)
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1, linux.SIGCHLD))
}

func suspendRestore(k *kit) {
	k.group(10)
	k.block(10, linux.SIGUSR1)
	suspend(k, set(linux.SIGUSR2))
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR2))
	rep := new(signalapi.RestoreReply)
	k.must("Restore", k.s.Restore(&signalapi.RestoreRequest{Thread: 10}, rep))
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1))
	// A second one does nothing.
	k.block(10, linux.SIGHUP)
	k.must("Restore", k.s.Restore(&signalapi.RestoreRequest{Thread: 10}, rep))
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1, linux.SIGHUP))
}

func suspendDeliverable(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.block(10, linux.SIGUSR1)
	k.kill(10, linux.SIGUSR1)
	equal(k, "deliverable", suspend(k, set(linux.SIGUSR1)).Deliverable, false)
	equal(k, "deliverable", suspend(k, 0).Deliverable, true)
}

func suspendKill(k *kit) {
	k.group(10)
	suspend(k, ^uint64(0))
	equal(k, "mask", k.blocked(10), ^set(linux.SIGKILL, linux.SIGSTOP))
}

func word(b []byte, at int) uint64    { return binary.LittleEndian.Uint64(b[at:]) }
func half(b []byte, at int) uint32    { return binary.LittleEndian.Uint32(b[at:]) }
func short(b []byte, at int) uint16   { return binary.LittleEndian.Uint16(b[at:]) }
func poke(b []byte, at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }

// Offsets in a frame, as `gdb -batch -ex 'ptype /o struct rt_sigframe'` of a
// kernel shows them.
const (
	offFlags    = 8
	offLink     = 16
	offStackSP  = 24
	offStackFl  = 32
	offStackLen = 40
	offR8       = 48
	offRdi      = 112
	offRsp      = 168
	offRip      = 176
	offEflags   = 184
	offCS       = 192
	offGS       = 194
	offFS       = 196
	offSS       = 198
	offErr      = 200
	offTrapno   = 208
	offOldmask  = 216
	offCR2      = 224
	offFPState  = 232
	offSigmask  = 304
	offSiginfo  = 312
	frameSize   = 440
)

func frameLayout(k *kit) {
	k.group(10)
	k.block(10, linux.SIGHUP)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_SIGINFO, 0)
	k.queue(10, linux.SIGUSR1, 0x1122334455667788)
	d := k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
	f := d.Frame
	if len(f) != frameSize {
		k.Fatalf("frame has %d bytes, want %d", len(f), frameSize)
	}
	for _, w := range []struct {
		what string
		at   int
		want uint64
	}{
		{"pretcode", 0, restorer}, {"uc_flags", offFlags, 7}, {"uc_link", offLink, 0}, {"ss_sp", offStackSP, 0},
		{"ss_size", offStackLen, 0}, {"r8", offR8, 8}, {"r15", offR8 + 56, 15}, {"rdi", offRdi, 104},
		{"rsi", offRdi + 8, 103}, {"rbp", offRdi + 16, 5}, {"rbx", offRdi + 24, 3}, {"rdx", offRdi + 32, 102},
		{"rax", offRdi + 40, 100}, {"rcx", offRdi + 48, 101}, {"rsp", offRsp, stackTop}, {"rip", offRip, 0x400100},
		{"eflags", offEflags, 0x246}, {"err", offErr, 0}, {"trapno", offTrapno, 0},
		{"oldmask", offOldmask, set(linux.SIGHUP)}, {"cr2", offCR2, 0}, {"fpstate", offFPState, d.XstateAddr},
		{"uc_sigmask", offSigmask, set(linux.SIGHUP)}, {"si_value", offSiginfo + 24, 0x1122334455667788},
	} {
		equal(k, w.what, word(f, w.at), w.want)
	}
	equal(k, "ss_flags", half(f, offStackFl), linux.SS_DISABLE)
	for _, w := range []struct {
		what string
		at   int
		want uint16
	}{{"cs", offCS, 0x33}, {"gs", offGS, 0}, {"fs", offFS, 0}, {"ss", offSS, 0x2b}} {
		equal(k, w.what, short(f, w.at), w.want)
	}
	for _, w := range []struct {
		what string
		at   int
		want uint32
	}{{"si_signo", 0, linux.SIGUSR1}, {"si_errno", 4, 0}, {"si_code", 8, 0xffffffff}, {"si_pid", 16, 99}, {"si_uid", 20, 1000}} {
		equal(k, w.what, half(f, offSiginfo+w.at), w.want)
	}
}

func framePlace(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	for _, xstate := range []uint32{0, 516, 836, 2700} {
		for low := range uint64(17) {
			k.mask(10, linux.SIG_SETMASK, 0)
			k.kill(10, linux.SIGUSR1)
			r := regs()
			r.Rsp -= low
			d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: r, XstateSize: xstate})
			if (d.FrameAddr+8)%16 != 0 {
				k.Errorf("frame at %#x: the handler starts misaligned", d.FrameAddr)
			}
			if d.FrameAddr+frameSize > r.Rsp-128-uint64(xstate) {
				k.Errorf("frame at %#x reaches into the red zone below %#x", d.FrameAddr, r.Rsp)
			}
			if xstate == 0 {
				equal(k, "address of no xstate", d.XstateAddr, 0)
				continue
			}
			if d.XstateAddr%64 != 0 || d.XstateAddr < d.FrameAddr+frameSize || d.XstateAddr+uint64(xstate) > r.Rsp-128 {
				k.Errorf("xstate of %d bytes at %#x does not fit between %#x and %#x", xstate, d.XstateAddr, d.FrameAddr, r.Rsp)
			}
		}
	}
}

func frameShort(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
	equal(k, "bytes", len(d.Frame), offSiginfo)
	k.back(10, d)
}

func frameFault(k *kit) {
	k.group(10)
	k.action(10, linux.SIGSEGV, handlerA, linux.SA_SIGINFO, 0)
	k.fault(10, 10, linux.SIGSEGV, linux.SEGV_MAPERR, 0xdead000)
	d := k.delivers(10, signalapi.DispositionHandler, linux.SIGSEGV)
	equal(k, "trapno", word(d.Frame, offTrapno), 14)
	equal(k, "err", word(d.Frame, offErr), 6)
	equal(k, "cr2", word(d.Frame, offCR2), 0xdead000)
	equal(k, "si_addr", word(d.Frame, offSiginfo+16), 0xdead000)
	k.back(10, d)
	// Another signal shows the last fault, as on Linux.
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d = k.deliver(10)
	equal(k, "cr2", word(d.Frame, offCR2), 0xdead000)
}

func frameEntry(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	r := regs()
	r.Eflags = 0x246 | 1<<8 | 1<<10 | 1<<16
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: r})
	want := r
	want.Rdi, want.Rsi, want.Rdx, want.Rax = linux.SIGUSR1, d.FrameAddr+offSiginfo, d.FrameAddr+8, 0
	want.Rsp, want.Rip, want.Eflags = d.FrameAddr, handlerA, 0x246
	equal(k, "registers", d.Regs, want)
	equal(k, "saved flags", word(d.Frame, offEflags), r.Eflags)
}

func frameNoRestorer(k *kit) {
	k.group(10)
	k.must("Action", k.s.Action(&signalapi.ActionRequest{Group: 10, Signo: linux.SIGUSR1, Set: true, Handler: handlerA},
		new(signalapi.ActionReply)))
	k.kill(10, linux.SIGUSR1)
	d := k.delivers(10, signalapi.DispositionCore, linux.SIGSEGV)
	equal(k, "code", d.Info.Code, linux.SI_KERNEL)
}

func frameFailed(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.action(10, linux.SIGSEGV, handlerB, 0, 0)
	k.kill(10, linux.SIGUSR1)
	first := k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, FrameFailed: true, Regs: first.Regs})
	equal(k, "disposition", d.Disposition, signalapi.DispositionHandler)
	equal(k, "signal", d.Info.Signo, linux.SIGSEGV)
	// The frame shows where the thread was, not the handler that never ran.
	equal(k, "rip in the frame", word(d.Frame, offRip), 0x400100)
	equal(k, "mask in the frame", word(d.Frame, offSigmask), 0)
}

func frameFailedMask(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, set(linux.SIGSEGV))
	k.action(10, linux.SIGSEGV, handlerB, 0, 0)
	k.block(10, linux.SIGHUP)
	suspend(k, set(linux.SIGTERM))
	k.kill(10, linux.SIGUSR1)
	k.deliver(10)
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, FrameFailed: true})
	equal(k, "signal", d.Info.Signo, linux.SIGSEGV)
	equal(k, "disposition", d.Disposition, signalapi.DispositionHandler)
	equal(k, "mask in the frame", word(d.Frame, offSigmask), set(linux.SIGHUP))
}

func frameFailedSegv(k *kit) {
	k.group(10)
	k.action(10, linux.SIGSEGV, handlerA, 0, 0)
	k.fault(10, 10, linux.SIGSEGV, linux.SEGV_MAPERR, 0)
	k.deliver(10)
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, FrameFailed: true})
	equal(k, "disposition", d.Disposition, signalapi.DispositionCore)
}

func frameOutside(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	for _, sp := range []uint64{8, 600, 0xffff_8000_0000_0000} {
		k.kill(10, linux.SIGUSR1)
		r := regs()
		r.Rsp = sp
		d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: r, XstateSize: 836})
		equal(k, "disposition", d.Disposition, signalapi.DispositionCore)
		equal(k, "signal", d.Info.Signo, linux.SIGSEGV)
		k.end(10, 10)
		k.group(10)
		k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	}
}

func handlerMask(k *kit) {
	k.group(10)
	k.block(10, linux.SIGTERM)
	k.action(10, linux.SIGUSR1, handlerA, 0, set(linux.SIGHUP, linux.SIGKILL))
	k.kill(10, linux.SIGUSR1)
	k.deliver(10)
	equal(k, "mask", k.blocked(10), set(linux.SIGTERM, linux.SIGHUP, linux.SIGUSR1))
}

func handlerNodefer(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_NODEFER, set(linux.SIGHUP))
	k.kill(10, linux.SIGUSR1)
	k.deliver(10)
	equal(k, "mask", k.blocked(10), set(linux.SIGHUP))
}

func handlerReset(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_RESETHAND, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
	equal(k, "handler", k.actionOf(10, linux.SIGUSR1).Handler, linux.SIG_DFL)
	k.back(10, d)
	k.only(k.kill(10, linux.SIGUSR1).Effects, signalapi.EffectKindKill, 10, linux.SIGUSR1)
}

func handlersNest(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.action(10, linux.SIGUSR2, handlerB, 0, 0)
	k.kill(10, linux.SIGUSR2)
	k.kill(10, linux.SIGUSR1)
	first := k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
	equal(k, "more", first.More, true)
	second := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: first.Regs})
	equal(k, "more", second.More, false)
	equal(k, "rip in the second frame", word(second.Frame, offRip), handlerA)
	// The handler delivered last runs first and returns to the other.
	r := k.back(10, second)
	equal(k, "rip", r.Regs.Rip, handlerA)
	equal(k, "mask", k.blocked(10), set(linux.SIGUSR1))
	equal(k, "rip", k.back(10, first).Regs.Rip, 0x400100)
	equal(k, "mask", k.blocked(10), 0)
}

func returnAll(k *kit) {
	k.group(10)
	k.block(10, linux.SIGHUP)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	r := k.back(10, d)
	equal(k, "registers", r.Regs, regs())
	equal(k, "xstate", r.XstateAddr, d.XstateAddr)
	equal(k, "mask", k.blocked(10), set(linux.SIGHUP))
}

func returnFlags(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	poke(d.Frame, offEflags, ^uint64(0))
	// AC, RF, OF, DF, TF, SF, ZF, AF, PF, CF and what user mode always has.
	equal(k, "flags", k.back(10, d).Regs.Eflags, 0x50fd7|0x200)
	poke(d.Frame, offEflags, 0)
	equal(k, "flags", k.back(10, d).Regs.Eflags, 0x202)
}

func returnKill(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	poke(d.Frame, offSigmask, ^uint64(0))
	k.back(10, d)
	equal(k, "mask", k.blocked(10), ^set(linux.SIGKILL, linux.SIGSTOP))
}

func returnShort(k *kit) {
	k.group(10)
	e := k.s.Return(&signalapi.ReturnRequest{Thread: 10, Frame: make([]byte, offSiginfo-1)}, new(signalapi.ReturnReply))
	equal(k, "Return", e, linux.EFAULT)
}

func returnSegment(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	for _, seg := range []struct {
		at    int
		value byte
		want  linux.Errno
	}{{offCS, 0x23, linux.EFAULT}, {offCS, 0x33, 0}, {offSS, 0, linux.EFAULT}, {offSS, 0x2b, 0}} {
		d.Frame[seg.at] = seg.value
		e := k.s.Return(&signalapi.ReturnRequest{Thread: 10, Frame: d.Frame}, new(signalapi.ReturnReply))
		equal(k, "Return", e, seg.want)
	}
}

func returnDeliverable(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	equal(k, "more", d.More, false)
	k.kill(10, linux.SIGUSR1)
	equal(k, "deliverable", k.back(10, d).Deliverable, true)
	k.delivers(10, signalapi.DispositionHandler, linux.SIGUSR1)
}

func restartTable(k *kit) {
	const (
		again = 1 // the same call
		eintr = 2
		block = 3 // restart_syscall
		as    = 0 // as it was
	)
	for _, c := range []struct {
		why                      linux.Errno
		plain, saRestart, noHand int
	}{
		{0, as, as, as},
		{linux.EINTR, as, as, as},
		{linux.ERESTARTSYS, eintr, again, again},
		{linux.ERESTARTNOINTR, again, again, again},
		{linux.ERESTARTNOHAND, eintr, eintr, again},
		{linux.ERESTART_RESTARTBLOCK, eintr, eintr, block},
	} {
		for _, kind := range []struct {
			name  string
			flags uint64
			hand  bool
			want  int
		}{{"without SA_RESTART", 0, true, c.plain}, {"with SA_RESTART", linux.SA_RESTART, true, c.saRestart},
			{"without handler", 0, false, c.noHand}} {
			k.group(10)
			k.action(10, linux.SIGUSR1, handlerA, kind.flags, 0)
			if kind.hand {
				k.kill(10, linux.SIGUSR1)
			}
			d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: regs(), Interrupted: uint32(c.why), Syscall: 35})
			rax, rip := d.Regs.Rax, d.Regs.Rip
			if kind.hand {
				rax, rip = word(d.Frame, offRdi+40), word(d.Frame, offRip)
			}
			want := regs()
			switch kind.want {
			case again:
				want.Rax, want.Rip = 35, want.Rip-2
			case block:
				want.Rax, want.Rip = 219, want.Rip-2
			case eintr:
				want.Rax = ^uint64(0) - 3
			}
			if rax != want.Rax || rip != want.Rip {
				k.Errorf("%v %s: rax %#x rip %#x, want %#x %#x", c.why, kind.name, rax, rip, want.Rax, want.Rip)
			}
			k.end(10, 10)
		}
	}
}

func restartOnce(k *kit) {
	k.group(10)
	// The first handler has no place for its frame, but ended the call.
	k.must("Action", k.s.Action(&signalapi.ActionRequest{Group: 10, Signo: linux.SIGUSR1, Set: true, Handler: handlerA},
		new(signalapi.ActionReply)))
	k.action(10, linux.SIGSEGV, handlerB, linux.SA_RESTART, 0)
	k.kill(10, linux.SIGUSR1)
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: regs(), Interrupted: uint32(linux.ERESTARTSYS), Syscall: 35})
	equal(k, "signal", d.Info.Signo, linux.SIGSEGV)
	equal(k, "rax in the frame", word(d.Frame, offRdi+40), ^uint64(0)-3)
	equal(k, "rip in the frame", word(d.Frame, offRip), 0x400100)
}

func restartStop(k *kit) {
	k.group(10)
	k.kill(10, linux.SIGSTOP)
	req := signalapi.DeliverRequest{Thread: 10, Regs: regs(), Interrupted: uint32(linux.ERESTARTNOHAND), Syscall: 35}
	d := k.deliverReq(&req)
	equal(k, "registers while stopped", d.Regs, regs())
	k.kill(10, linux.SIGCONT)
	d = k.deliverReq(&req)
	equal(k, "rax", d.Regs.Rax, 35)
}

const altBase, altSize = 0x7000_0000, 0x4000

func alt(k *kit, sp, size uint64, flags uint32, current uint64) (*signalapi.AltStackReply, linux.Errno) {
	rep := new(signalapi.AltStackReply)
	return rep, k.s.AltStack(&signalapi.AltStackRequest{Thread: 10, Set: true, Sp: sp, Size: size, Flags: int32(flags),
		CurrentSp: current}, rep)
}

func altGet(k *kit, current uint64) signalapi.AltStackReply {
	k.Helper()
	var rep signalapi.AltStackReply
	k.must("AltStack", k.s.AltStack(&signalapi.AltStackRequest{Thread: 10, CurrentSp: current}, &rep))
	return rep
}

func altRead(k *kit) {
	k.group(10)
	equal(k, "at first", altGet(k, stackTop), signalapi.AltStackReply{Flags: linux.SS_DISABLE})
	_, e := alt(k, altBase, altSize, 0, stackTop)
	k.must("sigaltstack", e)
	equal(k, "outside", altGet(k, stackTop), signalapi.AltStackReply{Sp: altBase, Size: altSize})
	equal(k, "inside", altGet(k, altBase+8).Flags, linux.SS_ONSTACK)
	equal(k, "at the top", altGet(k, altBase+altSize).Flags, linux.SS_ONSTACK)
	equal(k, "at the bottom", altGet(k, altBase).Flags, 0)
}

func altErrors(k *kit) {
	k.group(10)
	for _, c := range []struct {
		size  uint64
		flags uint32
		want  linux.Errno
	}{{altSize, 4, linux.EINVAL}, {altSize, 3, linux.EINVAL}, {linux.MINSIGSTKSZ - 1, 0, linux.ENOMEM},
		{linux.MINSIGSTKSZ, linux.SS_ONSTACK, 0}, {linux.MINSIGSTKSZ, linux.SS_AUTODISARM, 0}, {0, linux.SS_DISABLE, 0}} {
		_, e := alt(k, altBase, c.size, c.flags, stackTop)
		equal(k, "sigaltstack", e, c.want)
	}
}

func altHandler(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_ONSTACK, 0)
	alt(k, altBase, altSize, 0, stackTop)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	if d.FrameAddr <= altBase || d.XstateAddr+836 > altBase+altSize {
		k.Errorf("frame at %#x, xstate at %#x, want both on the alternate stack", d.FrameAddr, d.XstateAddr)
	}
	// No red zone there: the top is used.
	equal(k, "xstate", d.XstateAddr, (altBase+altSize-836)&^63)
	equal(k, "ss_sp in the frame", word(d.Frame, offStackSP), altBase)
	equal(k, "ss_size in the frame", word(d.Frame, offStackLen), altSize)
	equal(k, "ss_flags in the frame", half(d.Frame, offStackFl), 0)
}

func altNested(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_ONSTACK, 0)
	alt(k, altBase, altSize, 0, stackTop)
	k.kill(10, linux.SIGUSR1)
	r := regs()
	r.Rsp = altBase + 0x3000
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: r, XstateSize: 836})
	if d.FrameAddr+frameSize > r.Rsp-128 {
		k.Errorf("frame at %#x, want it below the red zone of %#x", d.FrameAddr, r.Rsp)
	}
}

func altBusy(k *kit) {
	k.group(10)
	alt(k, altBase, altSize, 0, stackTop)
	_, e := alt(k, altBase, altSize, linux.SS_DISABLE, altBase+0x100)
	equal(k, "sigaltstack on it", e, linux.EPERM)
	// EPERM comes before EINVAL.
	_, e = alt(k, altBase, altSize, 4, altBase+0x100)
	equal(k, "bad flags on it", e, linux.EPERM)
}

func altOverflow(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_ONSTACK, 0)
	alt(k, altBase, altSize, 0, stackTop)
	k.kill(10, linux.SIGUSR1)
	r := regs()
	r.Rsp = altBase + 0x400
	d := k.deliverReq(&signalapi.DeliverRequest{Thread: 10, Regs: r, XstateSize: 836})
	equal(k, "disposition", d.Disposition, signalapi.DispositionCore)
	equal(k, "signal", d.Info.Signo, linux.SIGSEGV)
}

func altNoOnstack(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	alt(k, altBase, altSize, 0, stackTop)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	if d.FrameAddr < stackTop-0x1000 {
		k.Errorf("frame at %#x, want it on the ordinary stack", d.FrameAddr)
	}
}

func altAutodisarm(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_ONSTACK|linux.SA_NODEFER, 0)
	alt(k, altBase, altSize, linux.SS_AUTODISARM, stackTop)
	equal(k, "flags", uint32(altGet(k, altBase+8).Flags), linux.SS_AUTODISARM)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	equal(k, "flags in the frame", half(d.Frame, offStackFl), linux.SS_AUTODISARM)
	equal(k, "in the handler", altGet(k, d.FrameAddr), signalapi.AltStackReply{Flags: linux.SS_DISABLE})
	k.back(10, d)
	got := altGet(k, stackTop)
	equal(k, "flags afterwards", uint32(got.Flags), linux.SS_AUTODISARM)
	equal(k, "stack afterwards", got.Sp, altBase)
}

func altDisable(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, linux.SA_ONSTACK, 0)
	alt(k, altBase, altSize, 0, stackTop)
	rep, e := alt(k, 0, 0, linux.SS_DISABLE, stackTop)
	k.must("sigaltstack", e)
	equal(k, "old stack", rep.Sp, altBase)
	k.kill(10, linux.SIGUSR1)
	if d := k.deliver(10); d.FrameAddr < stackTop-0x1000 {
		k.Errorf("frame at %#x, want it on the ordinary stack", d.FrameAddr)
	}
}

func altReturn(k *kit) {
	k.group(10)
	k.action(10, linux.SIGUSR1, handlerA, 0, 0)
	alt(k, altBase, altSize, 0, stackTop)
	k.kill(10, linux.SIGUSR1)
	d := k.deliver(10)
	alt(k, altBase+0x100000, altSize, 0, d.FrameAddr)
	k.back(10, d)
	equal(k, "stack", altGet(k, stackTop).Sp, altBase)
	// A frame that lies on the alternate stack does not change it.
	poke(d.Frame, offStackSP, altBase+0x200000)
	d.FrameAddr = altBase + 0x1000
	k.back(10, d)
	equal(k, "stack", altGet(k, stackTop).Sp, altBase)
}

func siginfoLayouts(k *kit) {
	k.group(10)
	for _, c := range []struct {
		info  signalapi.Info
		at    int
		bytes []uint32
	}{
		{signalapi.Info{Signo: linux.SIGUSR1, Code: linux.SI_USER, Pid: 7, Uid: 8, Value: 9}, 16, []uint32{7, 8, 0}},
		{signalapi.Info{Signo: 40, Code: linux.SI_QUEUE, Pid: 7, Uid: 8, Value: 0x900000001}, 16, []uint32{7, 8, 1, 9}},
		{signalapi.Info{Signo: linux.SIGALRM, Code: linux.SI_TIMER, TimerId: 3, Overrun: 4, Value: 5}, 16, []uint32{3, 4, 5}},
		{signalapi.Info{Signo: linux.SIGCHLD, Code: linux.CLD_EXITED, Pid: 7, Uid: 8, Status: 9, Utime: 10, Stime: 11},
			16, []uint32{7, 8, 9, 0, 10, 0, 11, 0}},
		{signalapi.Info{Signo: linux.SIGBUS, Code: linux.BUS_ADRALN, Value: 0x700000004}, 16, []uint32{4, 7}},
		{signalapi.Info{Signo: linux.SIGIO, Code: linux.POLL_IN, Value: 0x41, Fd: 5}, 16, []uint32{0x41, 0, 5}},
		{signalapi.Info{Signo: 40, Code: linux.POLL_IN, Value: 0x41, Fd: 5}, 16, []uint32{0x41, 0, 5}},
		{signalapi.Info{Signo: linux.SIGSYS, Code: linux.SYS_SECCOMP, Value: 0x400100, Syscall: 35, Arch: 0xc000003e},
			16, []uint32{0x400100, 0, 35, 0xc000003e}},
		{signalapi.Info{Signo: linux.SIGUSR2, Code: linux.SI_USER, ErrnoValue: 5}, 4, []uint32{5}},
	} {
		k.action(10, c.info.Signo, handlerA, linux.SA_SIGINFO|linux.SA_NODEFER, 0)
		_, e := k.send(&signalapi.SendRequest{Group: 10, Limit: limit, Info: c.info})
		k.must("Send", e)
		d := k.deliver(10)
		for i, want := range c.bytes {
			if got := half(d.Frame, offSiginfo+c.at+4*i); got != want {
				k.Errorf("siginfo of %+v: word at %d = %#x, want %#x", c.info, c.at+4*i, got, want)
			}
		}
	}
}
