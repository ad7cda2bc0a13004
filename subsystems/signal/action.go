package signal

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// action is a disposition.
type action struct {
	handler, flags, restorer, mask uint64
}

// actions are the dispositions of a group, which CLONE_SIGHAND shares.
type actions struct {
	users int
	table [linux.NSIG]action
}

func (a *actions) of(signo int32) *action { return &a.table[signo-1] }

// reset is flush_signal_handlers: ignored signals stay ignored.
func (a *actions) reset() {
	for i := range a.table {
		handler := a.table[i].handler
		if handler != linux.SIG_IGN {
			handler = linux.SIG_DFL
		}
		a.table[i] = action{handler: handler}
	}
}

// ignores reports whether the signal does nothing, explicitly or by default.
func (a *actions) ignores(signo int32) bool {
	switch a.of(signo).handler {
	case linux.SIG_IGN:
		return true
	case linux.SIG_DFL:
		return bit(signo)&setIgnore != 0
	}
	return false
}

// fatal reports whether the signal ends a process by default (sig_fatal).
func (a *actions) fatal(signo int32) bool {
	return bit(signo)&(setIgnore|setStop) == 0 && a.of(signo).handler == linux.SIG_DFL
}

// knownFlags are the flags that Linux keeps; programs find out by reading back
// what is supported.
const knownFlags = linux.SA_NOCLDSTOP | linux.SA_NOCLDWAIT | linux.SA_SIGINFO | linux.SA_ONSTACK |
	linux.SA_RESTART | linux.SA_NODEFER | linux.SA_RESETHAND | linux.SA_EXPOSE_TAGBITS | linux.SA_RESTORER

// Action implements signalapi.Signal. Errors: EINVAL, ESRCH.
func (s *Signal) Action(req *signalapi.ActionRequest, rep *signalapi.ActionReply) linux.Errno {
	if !valid(req.Signo) || req.Set && bit(req.Signo)&setKernelOnly != 0 {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	g := s.groups[req.Group]
	if g == nil {
		return linux.ESRCH
	}
	a := g.actions.of(req.Signo)
	rep.Handler, rep.Flags, rep.Restorer, rep.Mask = a.handler, a.flags, a.restorer, a.mask
	if !req.Set {
		return 0
	}

	wasIgnored := a.handler == linux.SIG_IGN
	*a = action{
		handler:  req.Handler,
		flags:    req.Flags & knownFlags,
		restorer: req.Restorer,
		mask:     req.Mask &^ setKernelOnly,
	}
	// POSIX 3.3.1.3: a pending signal that is now ignored is discarded, blocked
	// or not.
	if g.actions.ignores(req.Signo) {
		s.flushGroup(g, bit(req.Signo))
	} else if wasIgnored {
		s.unignore(g, req.Signo, out{&rep.Effects, &rep.Ready})
	}
	return 0
}

// flushGroup drops signals that are pending anywhere in the group.
func (s *Signal) flushGroup(g *group, mask uint64) {
	s.flush(&g.shared, mask, g)
	for _, t := range g.threads {
		s.flush(&t.pending, mask, g)
	}
}
