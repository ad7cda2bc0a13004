package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// semSet is a set of System V semaphores: ipc/sem.c.
type semSet struct {
	sysvPerm
	sems         []semaphore
	waiting      []*semWaiter // in order of arrival
	undo         map[uint64][]int32
	opSec, ctime int64
}

type semaphore struct {
	value int32
	pid   int32
}

// semWaiter is a semop that sleeps.
type semWaiter struct {
	sleeper
	ops      []ipcapi.SemOperation
	undo     uint64
	pid      int32
	alters   bool
	blocking int // the operation that could not be done
}

// semWouldBlock is perform's answer when the caller is to sleep; it is no errno
// that perform gives otherwise.
const semWouldBlock = linux.EWAIT

// SemGet implements ipcapi.IPC: newary, sem_more_checks. Errors: EINVAL (count),
// ENOENT, EEXIST, EACCES, ENOSPC.
func (s *IPC) SemGet(req *ipcapi.SemGetRequest, rep *ipcapi.SemGetReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Count < 0 || uint64(req.Count) > s.limits.sem[0] {
		return linux.EINVAL
	}
	id, e := s.sems.get(req.Key, req.Flags, &req.Cred, func(g *semSet) linux.Errno {
		if int(req.Count) > len(g.sems) {
			return linux.EINVAL
		}
		return 0
	}, func() (*semSet, linux.Errno) {
		if req.Count == 0 {
			return nil, linux.EINVAL
		}
		if s.allSems+uint64(req.Count) > s.limits.sem[1] {
			return nil, linux.ENOSPC
		}
		g := &semSet{sems: make([]semaphore, req.Count), ctime: s.seconds()}
		if e := s.sems.add(g, req.Key, req.Flags, &req.Cred, int(s.limits.sem[3])); e != 0 {
			return nil, e
		}
		s.allSems += uint64(len(g.sems))
		return g, 0
	})
	rep.Id = id
	return e
}

// SemOp implements ipcapi.IPC: __do_semtimedop. Errors: EINVAL (none, id), E2BIG
// (too many), EFBIG (number), EIDRM, EACCES, EAGAIN, ERANGE, EINTR (cancelled),
// EBADF (pending).
func (s *IPC) SemOp(req *ipcapi.SemOpRequest, rep *ipcapi.SemOpReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Pending != 0 {
		// A sleeper is always done for, so there is nothing to try again.
		_, e := s.resume(req.Pending, req.Cancel, &rep.Wait, &rep.Pending)
		return e
	}
	switch {
	case len(req.Operations) < 1:
		return linux.EINVAL
	case uint64(len(req.Operations)) > s.limits.sem[2]:
		return linux.E2BIG
	}
	g, e := s.sems.byID(req.Id)
	if e != 0 {
		return e
	}
	w := &semWaiter{undo: req.Undo, pid: req.Cred.Pid}
	for _, op := range req.Operations {
		if op.Number >= uint32(len(g.sems)) {
			return linux.EFBIG
		}
		w.alters = w.alters || op.Op != 0
	}
	want := uint32(0o444)
	if w.alters {
		want = 0o222
	}
	if !g.allows(&req.Cred, want) {
		return linux.EACCES
	}
	w.ops = req.Operations
	switch e := g.perform(w); e {
	case 0:
		g.opSec = s.seconds()
		if w.alters {
			s.updateSems(g, &rep.Ready)
		}
		return 0
	case semWouldBlock:
		w.ops = append([]ipcapi.SemOperation(nil), req.Operations...)
		w.forget = func() { g.waiting = without(g.waiting, w) }
		g.waiting = append(g.waiting, w)
		return s.sleep(&w.sleeper, &rep.Wait, &rep.Pending)
	default:
		return e
	}
}

// perform is perform_atomic_semop_slow: all operations or none. It notes the
// one that blocks.
func (g *semSet) perform(w *semWaiter) linux.Errno {
	fail := func(n int, e linux.Errno) linux.Errno {
		for i := n - 1; i >= 0; i-- {
			op := &w.ops[i]
			g.sems[op.Number].value -= op.Op
			if op.Flags&linux.SEM_UNDO != 0 {
				g.undo[w.undo][op.Number] += op.Op
			}
		}
		return e
	}
	for i := range w.ops {
		op := &w.ops[i]
		value := g.sems[op.Number].value
		// Widened, since an operation may be any int of the contract.
		sum := int64(value) + int64(op.Op)
		if op.Op == 0 && value != 0 || sum < 0 {
			w.blocking = i
			if op.Flags&linux.IPC_NOWAIT != 0 {
				return fail(i, linux.EAGAIN)
			}
			return fail(i, semWouldBlock)
		}
		if sum > linux.SEMVMX {
			return fail(i, linux.ERANGE)
		}
		if op.Flags&linux.SEM_UNDO != 0 {
			adj := g.adjustments(w.undo)
			n := int64(adj[op.Number]) - int64(op.Op)
			if n < -linux.SEMAEM-1 || n > linux.SEMAEM {
				return fail(i, linux.ERANGE)
			}
			adj[op.Number] = int32(n)
		}
		g.sems[op.Number].value = int32(sum)
	}
	for i := range w.ops {
		g.sems[w.ops[i].Number].pid = w.pid
	}
	return 0
}

// adjustments returns what an undo list holds for the set.
func (g *semSet) adjustments(undo uint64) []int32 {
	if g.undo == nil {
		g.undo = make(map[uint64][]int32)
	}
	if g.undo[undo] == nil {
		g.undo[undo] = make([]int32, len(g.sems))
	}
	return g.undo[undo]
}

// updateSems does for the sleepers what can be done now, those first that wait
// for zero, then the others in order of arrival: do_smart_update.
func (s *IPC) updateSems(g *semSet, ready *[]ipcapi.Ready) {
	for again := true; again; {
		again = false
		for _, alters := range []bool{false, true} {
			for i := 0; i < len(g.waiting); i++ {
				w := g.waiting[i]
				if w.alters != alters {
					continue
				}
				e := g.perform(w)
				if e == semWouldBlock {
					continue
				}
				g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
				w.finish(e, ready)
				if e == 0 {
					g.opSec = s.seconds()
				}
				if e == 0 && alters {
					again = true
					break
				}
				i--
			}
			if again {
				break
			}
		}
	}
}

// SemControl implements ipcapi.IPC: ksys_semctl. Errors: EINVAL, EIDRM, EACCES,
// EPERM, ERANGE.
func (s *IPC) SemControl(req *ipcapi.SemControlRequest, rep *ipcapi.SemControlReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Id < 0 {
		return linux.EINVAL
	}
	switch req.Command {
	case linux.IPC_INFO, linux.SEM_INFO:
		rep.AllSemaphores = uint32(s.allSems)
		l := &s.limits.sem
		rep.LimitSet, rep.LimitAll, rep.LimitOperations, rep.LimitSets = uint32(l[0]), uint32(l[1]), uint32(l[2]), uint32(l[3])
		rep.Used, rep.Result = uint32(len(s.sems.objects)), s.sems.highest()
		return 0
	case linux.SEM_STAT, linux.SEM_STAT_ANY:
		g, e := s.sems.byIndex(req.Id)
		if e != 0 {
			return e
		}
		if req.Command == linux.SEM_STAT && !g.allows(&req.Cred, 0o444) {
			return linux.EACCES
		}
		g.show(rep)
		rep.Result = g.id
		return 0
	case linux.SETVAL:
		if req.Value < 0 || req.Value > linux.SEMVMX {
			return linux.ERANGE
		}
	}
	g, e := s.sems.byID(req.Id)
	if e != 0 {
		return e
	}
	switch req.Command {
	case linux.IPC_STAT:
		if !g.allows(&req.Cred, 0o444) {
			return linux.EACCES
		}
		g.show(rep)
	case linux.IPC_SET:
		if !g.owns(&req.Cred) {
			return linux.EPERM
		}
		if e := g.set(&req.Perm); e != 0 {
			return e
		}
		g.ctime = s.seconds()
	case linux.IPC_RMID:
		if !g.owns(&req.Cred) {
			return linux.EPERM
		}
		s.sems.remove(g)
		s.allSems -= uint64(len(g.sems))
		for _, w := range g.waiting {
			w.finish(linux.EIDRM, &rep.Ready)
		}
		g.waiting = nil
	case linux.SETVAL, linux.SETALL:
		return s.setSems(g, req, rep)
	case linux.GETALL, linux.GETVAL, linux.GETPID, linux.GETNCNT, linux.GETZCNT:
		return g.getSems(req, rep)
	default:
		return linux.EINVAL
	}
	return 0
}

// setSems is semctl_setval, and SETALL of semctl_main: values, and no undo.
func (s *IPC) setSems(g *semSet, req *ipcapi.SemControlRequest, rep *ipcapi.SemControlReply) linux.Errno {
	one := req.Command == linux.SETVAL
	if one && (req.Number < 0 || int(req.Number) >= len(g.sems)) {
		return linux.EINVAL
	}
	if !g.allows(&req.Cred, 0o222) {
		return linux.EACCES
	}
	if !one {
		if len(req.Values) != len(g.sems) {
			return linux.EINVAL // the core reads as many as there are
		}
		for _, v := range req.Values {
			if v > linux.SEMVMX {
				return linux.ERANGE
			}
		}
	}
	put := func(i int, v int32) {
		g.sems[i] = semaphore{v, req.Cred.Pid}
		for _, adj := range g.undo {
			adj[i] = 0
		}
	}
	if one {
		put(int(req.Number), req.Value)
	} else {
		for i, v := range req.Values {
			put(i, int32(v))
		}
	}
	g.ctime = s.seconds()
	s.updateSems(g, &rep.Ready)
	return 0
}

// getSems is semctl_main for what reads.
func (g *semSet) getSems(req *ipcapi.SemControlRequest, rep *ipcapi.SemControlReply) linux.Errno {
	if !g.allows(&req.Cred, 0o444) {
		return linux.EACCES
	}
	if req.Command == linux.GETALL {
		for _, v := range g.sems {
			rep.Values = append(rep.Values, uint32(v.value))
		}
		return 0
	}
	if req.Number < 0 || int(req.Number) >= len(g.sems) {
		return linux.EINVAL
	}
	switch req.Command {
	case linux.GETVAL:
		rep.Result = g.sems[req.Number].value
	case linux.GETPID:
		rep.Result = g.sems[req.Number].pid
	default:
		// count_semcnt: only the operation that blocks a sleeper counts.
		for _, w := range g.waiting {
			op := &w.ops[w.blocking]
			if op.Number == uint32(req.Number) && (op.Op == 0) == (req.Command == linux.GETZCNT) {
				rep.Result++
			}
		}
	}
	return 0
}

func (g *semSet) show(rep *ipcapi.SemControlReply) {
	rep.Perm = g.sysvPerm.show()
	rep.OpSec, rep.ChangeSec, rep.Count = g.opSec, g.ctime, uint64(len(g.sems))
}

// SemExit implements ipcapi.IPC: exit_sem.
func (s *IPC) SemExit(req *ipcapi.SemExitRequest, rep *ipcapi.SemExitReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.sems.objects {
		adj := g.undo[req.Undo]
		if adj == nil {
			continue
		}
		delete(g.undo, req.Undo)
		for i, n := range adj {
			if n != 0 {
				g.sems[i] = semaphore{min(max(g.sems[i].value+n, 0), linux.SEMVMX), req.Pid}
			}
		}
		g.opSec = s.seconds()
		s.updateSems(g, &rep.Ready)
	}
	return 0
}
