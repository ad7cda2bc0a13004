package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// altStack is an alternate stack; size 0 says that there is none.
type altStack struct {
	sp, size uint64
	flags    uint32
}

// noAltStack is what a thread starts with (sas_ss_reset).
var noAltStack = altStack{flags: linux.SS_DISABLE}

// has reports whether sp is on the stack (__on_sig_stack).
func (a *altStack) has(sp uint64) bool { return sp > a.sp && sp-a.sp <= a.size }

// uses reports whether a thread with stack pointer sp counts as running on it:
// never with SS_AUTODISARM, which takes the stack away for the handler.
func (a *altStack) uses(sp uint64) bool {
	return a.flags&linux.SS_AUTODISARM == 0 && a.has(sp)
}

// state is SS_DISABLE, SS_ONSTACK or 0.
func (a *altStack) state(sp uint64) uint32 {
	switch {
	case a.size == 0:
		return linux.SS_DISABLE
	case a.uses(sp):
		return linux.SS_ONSTACK
	}
	return 0
}

// set is do_sigaltstack. Errors: EPERM, EINVAL, ENOMEM.
func (a *altStack) set(sp, size uint64, flags uint32, currentSP uint64) linux.Errno {
	if a.uses(currentSP) {
		return linux.EPERM
	}
	mode := flags &^ linux.SS_FLAG_BITS
	if mode != linux.SS_DISABLE && mode != linux.SS_ONSTACK && mode != 0 {
		return linux.EINVAL
	}
	// No change is no error: a size of 0 passes here, but not below.
	if a.sp == sp && a.size == size && a.flags == flags {
		return 0
	}
	if mode == linux.SS_DISABLE {
		sp, size = 0, 0
	} else if size < linux.MINSIGSTKSZ {
		return linux.ENOMEM
	}
	a.sp, a.size, a.flags = sp, size, flags
	return 0
}

// AltStack implements signalapi.Signal. Errors: EPERM, EINVAL, ENOMEM, ESRCH.
func (s *Signal) AltStack(req *signalapi.AltStackRequest, rep *signalapi.AltStackReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.threads[req.Thread]
	if t == nil {
		return linux.ESRCH
	}
	rep.Sp, rep.Size = t.alt.sp, t.alt.size
	rep.Flags = int32(t.alt.state(req.CurrentSp) | t.alt.flags&linux.SS_FLAG_BITS)
	if !req.Set {
		return 0
	}
	return t.alt.set(req.Sp, req.Size, uint32(req.Flags), req.CurrentSp)
}
