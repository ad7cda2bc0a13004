package main

import (
	"fmt"
	"os"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// tracer prints calls on standard error as strace -f does.
type tracer struct {
	names   map[string]bool // nil for all
	failing bool
	pids    bool // more than one thread has been seen
	first   int32
	entered map[int32][]byte // calls that may not come back, by thread
	b       []byte
}

// newTracer makes the printer behind --strace; nil without the flag.
func newTracer(f *runFlags) (syscalls.Tracer, error) {
	if f.strace == "" && !f.straceFail {
		return nil, nil
	}
	t := &tracer{failing: f.straceFail, entered: map[int32][]byte{}}
	if f.strace == "" || f.strace == "all" {
		return t, nil
	}
	t.names = map[string]bool{}
	for _, n := range strings.Split(f.strace, ",") {
		if _, ok := syscalls.Numbers()[n]; !ok {
			return nil, fmt.Errorf("--strace: no system call %q", n)
		}
		t.names[n] = true
	}
	return t, nil
}

func (t *tracer) begin(th *task.Thread) []byte {
	if t.first == 0 {
		t.first = th.Tid
	}
	if th.Tid != t.first {
		t.pids = true
	}
	b := t.b[:0]
	if t.pids {
		b = strace.AppendPid(b, th.Tid)
	}
	return b
}

func (t *tracer) flush(b []byte) {
	b = append(b, '\n')
	os.Stderr.Write(b)
	t.b = b
}

func (t *tracer) wanted(row *syscalls.Row) bool { return t.names == nil || t.names[row.Name] }

// Enter implements syscalls.Tracer.
func (t *tracer) Enter(th *task.Thread, row *syscalls.Row, a *[6]uint64, mem strace.Memory) {
	if !t.wanted(row) {
		return
	}
	switch row.Name {
	case "exit", "exit_group":
		if !t.failing {
			t.flush(strace.AppendGone(strace.AppendEntry(t.begin(th), row.Name, row.Args, a, mem)))
		}
	case "execve", "execveat":
		t.entered[th.Tid] = strace.AppendEntry(nil, row.Name, row.Args, a, mem)
	}
}

// Call implements syscalls.Tracer.
func (t *tracer) Call(th *task.Thread, row *syscalls.Row, a *[6]uint64, ret int64, e linux.Errno, mem strace.Memory) {
	entry := t.entered[th.Tid]
	delete(t.entered, th.Tid)
	if !t.wanted(row) || t.failing && (e == 0 || e.Internal()) {
		return
	}
	b := t.begin(th)
	if entry != nil {
		b = strace.AppendResult(append(b, entry...), row.Name, row.Args, a, ret, e, mem)
	} else {
		b = strace.AppendCall(b, row.Name, row.Args, a, ret, e, mem)
	}
	t.flush(b)
}

// Signal implements syscalls.Tracer.
func (t *tracer) Signal(th *task.Thread, i *signalapi.Info) {
	s := linux.Siginfo{Signo: i.Signo, Code: i.Code, Errno: i.ErrnoValue}
	switch s.Layout() {
	case linux.SIL_CHLD:
		s.SetChild(i.Pid, i.Uid, i.Status, i.Utime, i.Stime)
	case linux.SIL_TIMER:
		s.SetTimer(i.TimerId, i.Overrun, i.Value)
	case linux.SIL_POLL:
		s.SetPoll(int64(i.Value), i.Fd)
	case linux.SIL_KILL:
		s.SetSender(i.Pid, i.Uid)
	case linux.SIL_RT:
		s.SetSender(i.Pid, i.Uid)
		s.SetValue(i.Value)
	default:
		s.SetFault(i.Value)
	}
	t.flush(strace.AppendSignal(t.begin(th), &s))
}

// Exit implements syscalls.Tracer.
func (t *tracer) Exit(th *task.Thread, status int32) {
	t.flush(strace.AppendExit(t.begin(th), status))
}
