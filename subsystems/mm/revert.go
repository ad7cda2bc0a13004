package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// Revert implements mmapi.MM: it takes back the ops, which are the last ones
// of the last change, as if that had ended before them. Advice leaves no trace
// in here, so an advice not done changes nothing. EINVAL: the ops are not the
// last change's.
func (m *MM) Revert(req *mmapi.RevertRequest, rep *mmapi.RevertReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	keep := len(s.done) - len(req.Ops)
	if keep < 0 {
		return linux.EINVAL
	}
	for i := range req.Ops {
		if s.done[keep+i] != (opName{req.Ops[i].Kind, req.Ops[i].Addr}) {
			return linux.EINVAL
		}
	}
	for len(s.undo) > 0 && len(req.Ops) > 0 {
		u := s.undo[len(s.undo)-1]
		if u.op < keep {
			break
		}
		s.undo = s.undo[:len(s.undo)-1]
		s.list.Restore(s.saved[u.from:u.to], u.start, u.end, s)
		s.list.Join(u.start, s)
		s.list.Join(u.end, s)
		s.brk, s.ahead = u.brk, u.ahead
	}
	s.done = s.done[:keep]
	rep.Files = s.files(rep.Files)
	return 0
}
