package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// tracer prints calls on standard error as strace -f does: each as soon as it
// is made, so that one that hangs can be seen, and the result when it comes. A
// line that another thread's cuts off is resumed later.
type tracer struct {
	names   map[string]bool // nil for all
	failing bool            // then a call is printed once it has failed
	pids    bool            // more than one thread has been seen
	first   int32
	calls   map[int32]*tracedCall // under way, by thread
	open    *tracedCall           // whose line is the last one, without its end
	b       []byte
	out     io.Writer
}

// tracedCall is a call that has been begun.
type tracedCall struct {
	name string
	line []byte // what has been printed of it
	cut  bool   // another line came after
}

// newTracer makes the printer behind --strace; nil without the flag.
func newTracer(f *runFlags) (syscalls.Tracer, error) {
	if f.strace == "" && !f.straceFail {
		return nil, nil
	}
	t := &tracer{failing: f.straceFail, calls: map[int32]*tracedCall{}, out: os.Stderr}
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

// begin begins a line, and cuts off one that is open.
func (t *tracer) begin(th *task.Thread) []byte {
	if t.first == 0 {
		t.first = th.Tid
	}
	if th.Tid != t.first {
		t.pids = true
	}
	b := t.b[:0]
	if t.open != nil {
		b = append(strace.AppendUnfinished(b), '\n')
		t.open.cut, t.open = true, nil
	}
	if t.pids {
		b = strace.AppendPid(b, th.Tid)
	}
	return b
}

func (t *tracer) flush(b []byte) {
	t.out.Write(b)
	t.b = b
}

func (t *tracer) wanted(row *syscalls.Row) bool { return t.names == nil || t.names[row.Name] }

// Enter implements syscalls.Tracer.
func (t *tracer) Enter(th *task.Thread, row *syscalls.Row, a *[6]uint64, mem strace.Memory) {
	if !t.wanted(row) {
		return
	}
	c := &tracedCall{name: row.Name}
	if t.failing {
		if row.Name == "execve" || row.Name == "execveat" {
			c.line, c.cut = strace.AppendEntry(nil, row.Name, row.Args, a, mem), true
			t.calls[th.Tid] = c
		}
		return
	}
	b := strace.AppendEntry(t.begin(th), row.Name, row.Args, a, mem)
	if row.Name == "exit" || row.Name == "exit_group" {
		t.flush(append(strace.AppendGone(b), '\n'))
		return
	}
	c.line = append(c.line, b[lastLine(b):]...)
	t.calls[th.Tid], t.open = c, c
	t.flush(b)
}

// lastLine is where the last line of b begins.
func lastLine(b []byte) int { return bytes.LastIndexByte(b, '\n') + 1 }

// Call implements syscalls.Tracer.
func (t *tracer) Call(th *task.Thread, row *syscalls.Row, a *[6]uint64, ret int64, e linux.Errno, mem strace.Memory) {
	c := t.calls[th.Tid]
	delete(t.calls, th.Tid)
	if !t.wanted(row) || t.failing && (e == 0 || e.Internal()) {
		return
	}
	switch {
	case c == nil:
		t.flush(append(strace.AppendCall(t.begin(th), row.Name, row.Args, a, ret, e, mem), '\n'))
	case t.failing:
		t.flush(append(strace.AppendResult(append(t.begin(th), c.line...), row.Name, row.Args, a, ret, e, mem), '\n'))
	case t.open == c:
		// The column of the result counts from the start of the line.
		t.open = nil
		b := strace.AppendResult(append(t.b[:0], c.line...), row.Name, row.Args, a, ret, e, mem)
		t.flush(append(b, '\n')[len(c.line):])
	default:
		t.flush(append(strace.AppendResumed(t.begin(th), row.Name, row.Args, a, ret, e, mem), '\n'))
	}
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
	t.flush(append(strace.AppendSignal(t.begin(th), &s), '\n'))
}

// Exit implements syscalls.Tracer.
func (t *tracer) Exit(th *task.Thread, status int32) {
	if c := t.calls[th.Tid]; c != nil {
		delete(t.calls, th.Tid)
		switch {
		case t.failing:
		case t.open == c:
			t.open = nil
			b := strace.AppendCut(append(t.b[:0], c.line...), c.name, false)
			t.flush(append(b, '\n')[len(c.line):])
		default:
			t.flush(append(strace.AppendCut(t.begin(th), c.name, true), '\n'))
		}
	}
	t.flush(append(strace.AppendExit(t.begin(th), status), '\n'))
}
