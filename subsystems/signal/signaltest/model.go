package signaltest

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// model is a slow and obvious implementation of what can be seen of masks,
// queues, dispositions, stops and deliveries of one group. It keeps lists of
// what was sent, looks through all of them for each question, and follows the
// man pages where the other one follows the kernel.
type model struct {
	handlers map[int32]uint64
	flags    map[int32]uint64
	masks    map[int32]uint64
	threads  []*modelThread
	// shared is what was sent to the group and not taken.
	shared []sent
	queued int
	// dead is the signal that ended the group, stopSignal the one it stops by.
	dead, stopSignal int32
	stopped          bool
}

type modelThread struct {
	id             int32
	blocked        uint64
	saved          []uint64 // one, after Suspend
	own            []sent
	toStop, halted bool
	// frames are the masks that handlers return to.
	frames []uint64
}

// sent is a signal on its way; bare has lost its siginfo.
type sent struct {
	signo int32
	value uint64
	bare  bool
	fault bool
}

func newModel() *model {
	return &model{handlers: map[int32]uint64{}, flags: map[int32]uint64{}, masks: map[int32]uint64{},
		threads: []*modelThread{{id: 10}}}
}

func (m *model) thread(id int32) *modelThread {
	for _, t := range m.threads {
		if t.id == id {
			return t
		}
	}
	return nil
}

func in(set uint64, signo int32) bool { return set>>(signo-1)&1 != 0 }

// defaultOf is what signal(7) says of a signal: i(gnore), s(top), c(ore),
// t(erminate).
func defaultOf(signo int32) byte {
	switch signo {
	case linux.SIGCHLD, linux.SIGURG, linux.SIGWINCH, linux.SIGCONT:
		return 'i'
	case linux.SIGSTOP, linux.SIGTSTP, linux.SIGTTIN, linux.SIGTTOU:
		return 's'
	case linux.SIGQUIT, linux.SIGILL, linux.SIGABRT, linux.SIGFPE, linux.SIGSEGV, linux.SIGBUS, linux.SIGSYS,
		linux.SIGTRAP, linux.SIGXCPU, linux.SIGXFSZ:
		return 'c'
	}
	return 't'
}

func (m *model) ignored(signo int32) bool {
	h := m.handlers[signo]
	return h == linux.SIG_IGN || h == linux.SIG_DFL && defaultOf(signo) == 'i'
}

// drop removes signals of a kind everywhere.
func (m *model) drop(which func(int32) bool) {
	clean := func(list []sent) []sent {
		return slices.DeleteFunc(list, func(x sent) bool {
			if which(x.signo) && !x.bare {
				m.queued--
			}
			return which(x.signo)
		})
	}
	m.shared = clean(m.shared)
	for _, t := range m.threads {
		t.own = clean(t.own)
	}
}

func (m *model) action(signo int32, handler, flags, mask uint64) linux.Errno {
	if signo < 1 || signo > 64 || signo == linux.SIGKILL || signo == linux.SIGSTOP {
		return linux.EINVAL
	}
	m.handlers[signo], m.flags[signo], m.masks[signo] = handler, flags, mask
	if m.ignored(signo) {
		m.drop(func(n int32) bool { return n == signo })
	}
	return 0
}

func pendingSet(list []sent) uint64 {
	var s uint64
	for _, x := range list {
		s |= set(x.signo)
	}
	return s
}

// send is kill, tgkill or sigqueue with a queue limit.
func (m *model) send(thread, signo, code int32, value uint64, limit int) linux.Errno {
	if signo < 0 || signo > 64 {
		return linux.EINVAL
	}
	t := m.threads[0]
	if thread != 0 {
		if t = m.thread(thread); t == nil {
			return linux.ESRCH
		}
	}
	if signo == 0 || m.dead != 0 {
		return 0
	}
	if defaultOf(signo) == 's' {
		m.drop(func(n int32) bool { return n == linux.SIGCONT })
	}
	if signo == linux.SIGCONT {
		m.drop(func(n int32) bool { return defaultOf(n) == 's' })
		m.stopped = false
		for _, o := range m.threads {
			o.toStop, o.halted = false, false
		}
	}
	if !in(t.blocked, signo) && m.ignored(signo) {
		return 0
	}
	list := &t.own
	if thread == 0 {
		list = &m.shared
	}
	if signo < linux.SIGRTMIN && in(pendingSet(*list), signo) {
		return 0
	}
	x := sent{signo: signo, value: value}
	switch {
	case signo == linux.SIGKILL:
		x.bare = true
	case signo < linux.SIGRTMIN && code >= 0 || m.queued < limit:
		m.queued++
	case signo >= linux.SIGRTMIN && code != linux.SI_USER:
		return linux.EAGAIN
	default:
		x.bare = true
	}
	*list = append(*list, x)

	// A signal that ends the process without a core dump does so at once, if
	// some thread can take it now.
	if m.handlers[signo] == linux.SIG_DFL && defaultOf(signo) == 't' {
		for _, o := range m.threads {
			able := !in(o.blocked, signo) && (!o.halted || signo == linux.SIGKILL)
			if able && (thread == 0 || o == t) {
				m.dead = signo
			}
		}
	}
	return 0
}

// next takes the signal that signal(7) says is next from a list.
func (m *model) next(list *[]sent, blocked uint64) *sent {
	best := -1
	rank := func(x sent) int {
		switch x.signo {
		case linux.SIGSEGV, linux.SIGBUS, linux.SIGILL, linux.SIGTRAP, linux.SIGFPE, linux.SIGSYS:
			return int(x.signo)
		}
		return 100 + int(x.signo)
	}
	for i, x := range *list {
		if in(blocked, x.signo) {
			continue
		}
		better := best < 0 || rank(x) < rank((*list)[best])
		// Among equals the first with siginfo; those without count as one.
		same := best >= 0 && x.signo == (*list)[best].signo
		if better || same && (*list)[best].bare && !x.bare {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	x := (*list)[best]
	*list = slices.Delete(*list, best, best+1)
	if !x.bare {
		m.queued--
	}
	// What lost its siginfo is gone with the last that has one.
	rest := slices.ContainsFunc(*list, func(o sent) bool { return o.signo == x.signo && !o.bare })
	if !rest {
		*list = slices.DeleteFunc(*list, func(o sent) bool { return o.signo == x.signo })
	}
	return &x
}

func (m *model) take(t *modelThread, blocked uint64) *sent {
	if x := m.next(&t.own, blocked); x != nil {
		return x
	}
	return m.next(&m.shared, blocked)
}

// deliver gives the disposition and the signal.
func (m *model) deliver(t *modelThread) (signalapi.Disposition, int32) {
	for {
		switch {
		case m.dead != 0:
			return signalapi.DispositionTerminate, m.dead
		case t.toStop:
			t.toStop, t.halted = false, true
			return signalapi.DispositionStop, m.stopSignal
		case t.halted:
			return signalapi.DispositionStop, m.stopSignal
		}
		x := m.take(t, t.blocked)
		if x == nil {
			if t.saved != nil {
				t.blocked, t.saved = t.saved[0], nil
			}
			return signalapi.DispositionNone, 0
		}
		switch h := m.handlers[x.signo]; {
		case h == linux.SIG_IGN:
		case h != linux.SIG_DFL:
			if m.flags[x.signo]&linux.SA_RESETHAND != 0 {
				m.handlers[x.signo] = linux.SIG_DFL
			}
			back := t.blocked
			if t.saved != nil {
				back, t.saved = t.saved[0], nil
			}
			t.frames = append(t.frames, back)
			t.blocked |= m.masks[x.signo] &^ set(linux.SIGKILL, linux.SIGSTOP)
			if m.flags[x.signo]&linux.SA_NODEFER == 0 {
				t.blocked |= set(x.signo)
			}
			return signalapi.DispositionHandler, x.signo
		case defaultOf(x.signo) == 'i':
		case defaultOf(x.signo) == 's':
			if !m.allHalted() {
				m.stopSignal = x.signo
			}
			for _, o := range m.threads {
				o.toStop = o.toStop || o != t && !o.halted
			}
			t.halted = true
			return signalapi.DispositionStop, x.signo
		case defaultOf(x.signo) == 'c':
			m.dead = x.signo
			return signalapi.DispositionCore, x.signo
		default:
			m.dead = x.signo
			return signalapi.DispositionTerminate, x.signo
		}
	}
}

func (m *model) allHalted() bool {
	return !slices.ContainsFunc(m.threads, func(t *modelThread) bool { return !t.halted })
}
