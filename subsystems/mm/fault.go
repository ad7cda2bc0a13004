package mm

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/internal/areas"
)

// stackStep is how much the initial stack grows at once at least: Linux grows
// it by what is touched, but there a fault costs nothing.
const stackStep = 128 << 10

// Fault implements mmapi.MM: do_user_addr_fault of arch/x86/mm/fault.c. No
// error and no ops means that the access is allowed: try again. A page beyond
// the end of a file is the platform's to see; it asks for areas only.
func (m *MM) Fault(req *mmapi.FaultRequest, rep *mmapi.FaultReply) linux.Errno {
	s, e := m.lock(req.Space)
	if e != 0 {
		return e
	}
	defer s.mu.Unlock()
	s.begin(rep.Ops)
	code := s.fault(req.Addr, req.Access)
	rep.Ops = s.end()
	if code == 0 {
		return 0
	}
	rep.Signo, rep.Code = linux.SIGSEGV, code
	return linux.EFAULT
}

func (s *space) fault(addr uint64, tried uint32) int32 {
	a := s.list.At(s.list.Find(addr))
	if a == nil {
		return linux.SEGV_MAPERR
	}
	if addr < a.Start {
		if !s.grow(*a, addr&^(pageSize-1)) {
			return linux.SEGV_MAPERR
		}
		a = s.list.Lookup(addr)
	}
	// Reading is allowed wherever anything is: the hardware knows no memory
	// that can be written or run but not read.
	switch {
	case tried&linux.PROT_WRITE != 0 && a.Prot&linux.PROT_WRITE == 0,
		tried&linux.PROT_EXEC != 0 && a.Prot&linux.PROT_EXEC == 0,
		a.Prot == 0:
		return linux.SEGV_ACCERR
	}
	return 0
}

// grow makes an area that grows down begin at addr: expand_downwards.
func (s *space) grow(a areas.Area, addr uint64) bool {
	if a.Flags&areas.GrowsDown == 0 || addr < s.low || a.Start-addr > a.Offset {
		return false
	}
	// Areas without access may lie in the guard gap.
	bottom := s.low
	if p, ok := s.list.Prev(s.list.Find(a.Start)); ok {
		prev := s.list.At(p)
		bottom = max(bottom, prev.End)
		if prev.Flags&areas.GrowsDown == 0 && prev.Prot != 0 {
			bottom = max(bottom, prev.End+areas.StackGuard)
		}
	}
	if addr < bottom {
		return false
	}
	if !s.mayGrow(&a, addr) {
		return false
	}
	if a.End == s.stackTop {
		if step := a.Start - min(a.Start, stackStep); step < addr && step >= bottom && s.mayGrow(&a, step) {
			addr = step
		}
	}
	part := a
	part.Start, part.End, part.Offset = addr, a.Start, a.Offset-(a.Start-addr)
	s.dropAhead(part.Start, part.End)
	s.save(part.Start, part.End)
	s.list.Put(part, s)
	op := mmapi.Op{Kind: mmapi.OpKindMapAnon, Addr: part.Start, Length: part.Len(), Prot: uint32(a.Prot), Flags: linux.MAP_PRIVATE | linux.MAP_STACK}
	if a.Flags&areas.Locked != 0 {
		op.Flags |= linux.MAP_POPULATE
	}
	s.op(op)
	return true
}

// mayGrow is acct_stack_growth.
func (s *space) mayGrow(a *areas.Area, addr uint64) bool {
	n := a.Start - addr
	return s.mayExpand(a.Prot, a.Flags, n, 0) && a.End-addr <= s.limits.Stack && s.mayLock(a.Flags, n) &&
		s.reservedIn(addr, a.Start) == nil && s.enough(n)
}
