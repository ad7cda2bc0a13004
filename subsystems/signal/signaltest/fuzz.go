package signaltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// fuzzSignals are those that differ in kind.
var fuzzSignals = []int32{linux.SIGUSR1, linux.SIGTERM, linux.SIGCHLD, linux.SIGSEGV, linux.SIGTSTP, linux.SIGCONT,
	linux.SIGSTOP, linux.SIGKILL, 34, 40, 64, 0, 65, linux.SIGQUIT, linux.SIGHUP, linux.SIGTTIN}

// player plays calls on an implementation and on the model.
type player struct {
	*kit
	m      *model
	frames map[int32][][]byte
	log    []string
	data   []byte
}

// Fuzz plays what the bytes say on an implementation and on the model, and stops
// at the first answer that differs.
func Fuzz(f *testing.F, open Open) {
	f.Add([]byte("\x00\x00\x01\x03\x00\x00\x02\x05\x08\x04"))
	f.Add([]byte("\x01\x10\x08\x02\x01\x08\x03\x02\x08\x04\x02\x00\x07\x00\x05\x01"))
	f.Add([]byte("\x06\x02\x00\x06\x04\x00\x04\x01\x02\x00\x05\x04\x00\x04\x01"))
	f.Fuzz(func(t *testing.T, data []byte) { play(t, open, data) })
}

// Model plays rounds of random calls, as Fuzz does.
func Model(t *testing.T, open Open, rounds int) {
	rng := rand.New(rand.NewPCG(10, 20))
	data := make([]byte, 600)
	for range rounds {
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		if play(t, open, data); t.Failed() {
			return
		}
	}
}

// play stops at the first difference and lists the calls that led to it.
func play(t *testing.T, open Open, data []byte) {
	k := &kit{T: t, clock: new(Clock)}
	k.s = open(t, k.clock)
	p := &player{kit: k, m: newModel(), frames: map[int32][][]byte{}, data: data}
	k.group(10)
	for len(p.data) > 0 && p.m.dead == 0 && !t.Failed() {
		p.step()
	}
	// The dead stay dead.
	for range min(len(p.data), 10) {
		if !t.Failed() {
			p.step()
		}
	}
	if t.Failed() {
		t.Logf("calls:\n%s", strings.Join(p.log, "\n"))
	}
}

func (p *player) byte() byte {
	if len(p.data) == 0 {
		return 0
	}
	b := p.data[0]
	p.data = p.data[1:]
	return b
}

func (p *player) signo() int32 { return fuzzSignals[int(p.byte())%len(fuzzSignals)] }

// mask makes a set of some of the signals.
func (p *player) mask() uint64 {
	bits := uint16(p.byte()) | uint16(p.byte())<<8
	var s uint64
	for i, signo := range fuzzSignals {
		if bits>>i&1 != 0 && signo > 0 && signo <= 64 {
			s |= set(signo)
		}
	}
	return s
}

func (p *player) did(format string, args ...any) { p.log = append(p.log, fmt.Sprintf(format, args...)) }

// same compares an answer with the model's.
func same[V comparable](p *player, what string, got, want V) {
	if got != want {
		p.Errorf("%s = %v, the model says %v", what, got, want)
	}
}

func (p *player) step() {
	op := p.byte()
	t := p.m.threads[int(p.byte())%len(p.m.threads)]
	switch op % 10 {
	case 0:
		p.action()
	case 1:
		p.setMask(t)
	case 2, 3:
		p.send(t, op%10 == 3)
	case 4:
		p.deliver(t)
	case 5:
		p.take(t)
	case 6:
		if len(p.m.threads) < 4 && p.m.dead == 0 {
			p.newThread(t)
		}
	case 7:
		p.suspend(t)
	case 8:
		p.back(t)
	case 9:
		p.did("Restore %d", t.id)
		p.must("Restore", p.s.Restore(&signalapi.RestoreRequest{Thread: t.id}, new(signalapi.RestoreReply)))
		if t.saved != nil {
			t.blocked, t.saved = t.saved[0], nil
		}
	}
	for _, t := range p.m.threads {
		same(p, fmt.Sprintf("mask of %d", t.id), p.blocked(t.id), t.blocked)
		if p.m.dead == 0 {
			same(p, fmt.Sprintf("pending of %d", t.id), p.pending(t.id), (pendingSet(t.own)|pendingSet(p.m.shared))&t.blocked)
		}
	}
	if p.m.dead == 0 {
		same(p, "queued", int(p.info(10).Queued), p.m.queued)
	}
}

func (p *player) action() {
	signo, kind, mask := p.signo(), p.byte(), p.mask()
	handler := []uint64{linux.SIG_DFL, linux.SIG_IGN, handlerA, handlerB}[kind%4]
	flags := uint64(linux.SA_RESTORER)
	if kind&4 != 0 {
		flags |= linux.SA_NODEFER
	}
	if kind&8 != 0 {
		flags |= linux.SA_RESETHAND
	}
	p.did("Action %d handler %#x flags %#x mask %#x", signo, handler, flags, mask)
	e := p.s.Action(&signalapi.ActionRequest{Group: 10, Signo: signo, Set: true, Handler: handler, Flags: flags,
		Restorer: restorer, Mask: mask}, new(signalapi.ActionReply))
	same(p, "Action", e, p.m.action(signo, handler, flags, mask))
}

func (p *player) setMask(t *modelThread) {
	how, mask := int32(p.byte()%3), p.mask()
	p.did("Mask %d how %d %#x", t.id, how, mask)
	p.kit.mask(t.id, how, mask)
	mask &^= set(linux.SIGKILL, linux.SIGSTOP)
	switch how {
	case linux.SIG_BLOCK:
		t.blocked |= mask
	case linux.SIG_UNBLOCK:
		t.blocked &^= mask
	default:
		t.blocked = mask
	}
}

func (p *player) send(t *modelThread, toThread bool) {
	signo, code, value := p.signo(), []int32{linux.SI_USER, linux.SI_QUEUE, linux.SI_TKILL}[p.byte()%3], uint64(len(p.log))
	thread := int32(0)
	if toThread {
		thread = t.id
	}
	const limit = 4
	p.did("Send thread %d signal %d code %d value %d", thread, signo, code, value)
	wasDead := p.m.dead
	rep, e := p.kit.send(&signalapi.SendRequest{Group: 10, Thread: thread, Limit: limit,
		Info: signalapi.Info{Signo: signo, Code: code, Value: value}})
	same(p, "Send", e, p.m.send(thread, signo, code, value, limit))
	killed := false
	for _, x := range rep.Effects {
		killed = killed || x.Kind == signalapi.EffectKindKill
	}
	same(p, "group killed", killed, wasDead == 0 && p.m.dead != 0)
}

func (p *player) deliver(t *modelThread) {
	p.did("Deliver %d", t.id)
	d := p.kit.deliver(t.id)
	disposition, signo := p.m.deliver(t)
	same(p, "disposition", d.Disposition, disposition)
	same(p, "signal", d.Info.Signo, signo)
	if disposition == signalapi.DispositionHandler && d.Disposition == disposition {
		same(p, "mask in the frame", word(d.Frame, offSigmask), t.frames[len(t.frames)-1])
		p.frames[t.id] = append(p.frames[t.id], d.Frame)
	}
}

func (p *player) take(t *modelThread) {
	if p.m.dead != 0 {
		return
	}
	mask := p.mask()
	p.did("Take %d of %#x", t.id, mask)
	rep, e := p.kit.take(t.id, mask, true)
	x := p.m.take(t, ^mask|set(linux.SIGKILL, linux.SIGSTOP))
	if x == nil {
		same(p, "Take", e, linux.EAGAIN)
		return
	}
	same(p, "Take", e, 0)
	same(p, "signal taken", rep.Info.Signo, x.signo)
	if !x.bare {
		same(p, "value taken", rep.Info.Value, x.value)
	}
}

func (p *player) newThread(from *modelThread) {
	id := p.m.threads[len(p.m.threads)-1].id + 1
	p.did("NewThread %d from %d", id, from.id)
	p.thread(10, from.id, id)
	stopping := func(t *modelThread) bool { return t.toStop || t.halted }
	n := &modelThread{id: id, blocked: from.blocked}
	for _, t := range p.m.threads {
		n.toStop = n.toStop || stopping(t)
	}
	p.m.threads = append(p.m.threads, n)
}

func (p *player) suspend(t *modelThread) {
	mask := p.mask()
	p.did("Suspend %d %#x", t.id, mask)
	p.must("Suspend", p.s.Suspend(&signalapi.SuspendRequest{Thread: t.id, Mask: mask}, new(signalapi.SuspendReply)))
	if t.saved == nil {
		t.saved = []uint64{t.blocked}
	}
	t.blocked = mask &^ set(linux.SIGKILL, linux.SIGSTOP)
}

func (p *player) back(t *modelThread) {
	n := len(t.frames)
	if n == 0 {
		return
	}
	p.did("Return %d", t.id)
	f := p.frames[t.id][n-1]
	p.frames[t.id] = p.frames[t.id][:n-1]
	p.must("Return", p.s.Return(&signalapi.ReturnRequest{Thread: t.id, Frame: f}, new(signalapi.ReturnReply)))
	t.blocked, t.frames = t.frames[n-1], t.frames[:n-1]
}
