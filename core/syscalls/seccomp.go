package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/seccomp"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var seccompRows = []Row{
	{"seccomp", Core, args(enum("operation", linux.SeccompOps), flags("flags", linux.SeccompFlags), ptr("args")), sysSeccomp},
}

func sysSeccomp(c *Call) (int64, linux.Errno) {
	return c.seccomp(c.Uint(0), c.Uint(1), c.Args[2])
}

// seccomp is do_seccomp of kernel/seccomp.c.
func (c *Call) seccomp(op, fl uint32, addr uint64) (int64, linux.Errno) {
	switch op {
	case linux.SECCOMP_SET_MODE_STRICT:
		if fl != 0 || addr != 0 {
			return 0, linux.EINVAL
		}
		if m := c.T.SeccompMode; m != 0 && m != linux.SECCOMP_MODE_STRICT {
			return 0, linux.EINVAL
		}
		c.T.SeccompMode = linux.SECCOMP_MODE_STRICT
		c.setAnswers(c.T)
		return 0, 0
	case linux.SECCOMP_SET_MODE_FILTER:
		return c.addFilter(fl, addr)
	case linux.SECCOMP_GET_ACTION_AVAIL:
		if fl != 0 {
			return 0, linux.EINVAL
		}
		var b [4]byte
		if e := c.CopyIn(addr, b[:]); e != 0 {
			return 0, e
		}
		switch le.Uint32(b[:]) {
		case linux.SECCOMP_RET_KILL_PROCESS, linux.SECCOMP_RET_KILL_THREAD, linux.SECCOMP_RET_TRAP, linux.SECCOMP_RET_ERRNO,
			linux.SECCOMP_RET_USER_NOTIF, linux.SECCOMP_RET_TRACE, linux.SECCOMP_RET_LOG, linux.SECCOMP_RET_ALLOW:
			return 0, 0
		}
		return 0, linux.EOPNOTSUPP
	case linux.SECCOMP_GET_NOTIF_SIZES:
		if fl != 0 {
			return 0, linux.EINVAL
		}
		var b [6]byte
		for i, n := range []uint16{notifSize, notifRespSize, linux.SizeofSeccompData} {
			le.PutUint16(b[2*i:], n)
		}
		return 0, c.CopyOut(addr, b[:])
	}
	return 0, linux.EINVAL
}

// addFilter is seccomp_set_mode_filter.
func (c *Call) addFilter(fl uint32, addr uint64) (int64, linux.Errno) {
	const (
		tsync, listener = linux.SECCOMP_FILTER_FLAG_TSYNC, linux.SECCOMP_FILTER_FLAG_NEW_LISTENER
		all             = tsync | listener | linux.SECCOMP_FILTER_FLAG_LOG | linux.SECCOMP_FILTER_FLAG_SPEC_ALLOW |
			linux.SECCOMP_FILTER_FLAG_TSYNC_ESRCH | linux.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	)
	switch {
	case fl&^all != 0,
		fl&(tsync|listener|linux.SECCOMP_FILTER_FLAG_TSYNC_ESRCH) == tsync|listener,
		fl&(linux.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV|listener) == linux.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV:
		return 0, linux.EINVAL
	}
	prog, e := c.sockFprog(addr)
	if e != 0 {
		return 0, e
	}
	t := c.T
	if t.SeccompMode == linux.SECCOMP_MODE_STRICT {
		return 0, linux.EINVAL
	}
	f, e := seccomp.Attach(t.Seccomp, prog)
	if e != 0 {
		return 0, e
	}
	if fl&tsync != 0 {
		for _, o := range threadsOf(c.P) {
			if o.Exited || o.SeccompMode != linux.SECCOMP_MODE_STRICT && t.Seccomp.Follows(o.Seccomp) {
				continue
			}
			if fl&linux.SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0 {
				return 0, linux.ESRCH
			}
			return int64(o.Tid), 0 // not an error to the kernel
		}
	}
	ret := int64(0)
	if fl&listener != 0 {
		if ret, e = c.newListener(f, fl); e != 0 {
			return 0, e
		}
	}
	c.filterBy(t, f)
	if fl&tsync != 0 {
		for _, o := range threadsOf(c.P) {
			if o != t && !o.Exited {
				c.filterBy(o, f)
			}
		}
	}
	return ret, 0
}

// sockFprog reads a struct sock_fprog: seccomp_prepare_filter.
func (c *Call) sockFprog(addr uint64) ([]linux.SockFilter, linux.Errno) {
	var b [16]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return nil, e
	}
	n := int(le.Uint16(b[:]))
	if n == 0 || n > linux.BPF_MAXINSNS {
		return nil, linux.EINVAL
	}
	if !c.P.NoNewPrivs && !c.T.Cred.Has(linux.CAP_SYS_ADMIN) {
		return nil, linux.EACCES
	}
	at := le.Uint64(b[8:])
	if at == 0 {
		return nil, linux.EINVAL // bpf_check_basics_ok
	}
	raw := make([]byte, n*linux.SizeofSockFilter)
	if e := c.CopyIn(at, raw); e != 0 {
		return nil, e
	}
	prog := make([]linux.SockFilter, n)
	for i := range prog {
		prog[i].Decode(raw[i*linux.SizeofSockFilter:])
	}
	return prog, 0
}

func (e *Env) filterBy(t *task.Thread, f *seccomp.Filter) {
	t.Seccomp, t.SeccompMode = f, linux.SECCOMP_MODE_FILTER
	e.setAnswers(t)
}

// setAnswers has a thread's platform bring in all calls if there is a filter to
// ask, those too that it could answer by itself.
func (e *Env) setAnswers(t *task.Thread) {
	if t.Platform == nil || t.Lent {
		return
	}
	which := platform.AnswerAll
	if t.SeccompMode != 0 {
		which = platform.AnswerNone
	}
	t.Platform.Answer(which)
}

// secure asks the filters about the call that has come, and reports whether it
// is to be made: __seccomp_filter. If not, the results are its.
func (c *Call) secure() (bool, int64, linux.Errno) {
	t := c.T
	if t.SeccompMode == linux.SECCOMP_MODE_STRICT {
		switch c.Nr {
		case numbers["read"], numbers["write"], numbers["exit"], numbers["rt_sigreturn"]:
			return true, 0, 0
		}
		c.exitBy(linux.SIGKILL)
		return false, 0, 0
	}
	r := &c.frame.regs
	t.Platform.Regs(r)
	d := linux.SeccompData{Nr: int32(c.Nr), Arch: auditArch, InstructionPointer: r.Rip, Args: c.Args}
	var b [linux.SizeofSeccompData]byte
	d.Encode(b[:])
	ret, f := t.Seccomp.Run(&b)
	data := ret & linux.SECCOMP_RET_DATA
	switch ret & linux.SECCOMP_RET_ACTION_FULL {
	case linux.SECCOMP_RET_ALLOW, linux.SECCOMP_RET_LOG:
		return true, 0, 0
	case linux.SECCOMP_RET_ERRNO:
		// As a value: some of these numbers mean to the core that it restarts.
		return false, -int64(min(data, 4095)), 0
	case linux.SECCOMP_RET_TRACE:
		return false, 0, linux.ENOSYS // nobody traces
	case linux.SECCOMP_RET_USER_NOTIF:
		return c.notify(f, &d)
	}
	// The registers are as they were before the call.
	r.Rax = uint64(int64(int32(c.Nr)))
	info := signalapi.Info{Signo: linux.SIGSYS, Code: linux.SYS_SECCOMP, ErrnoValue: int32(data), Value: r.Rip,
		Syscall: int32(c.Nr), Arch: auditArch}
	switch {
	case ret&linux.SECCOMP_RET_ACTION_FULL == linux.SECCOMP_RET_TRAP:
		c.send(c.P, t, info, true)
		c.regs = r
	case ret&linux.SECCOMP_RET_ACTION_FULL == linux.SECCOMP_RET_KILL_THREAD && c.P.Live() > 1:
		c.exitBy(linux.SIGSYS)
	default:
		c.endWithCore(r, &info)
	}
	return false, 0, 0
}

// exitBy ends the calling thread as if by a signal, and the process if it was
// the last one: do_exit.
func (c *Call) exitBy(signo int32) {
	if c.P.Live() == 1 && !c.P.Exiting {
		c.P.Status = signo
	}
	c.endThread()
}

// auditArch is how struct seccomp_data and siginfo name this architecture.
const auditArch = linux.AUDIT_ARCH_X86_64
