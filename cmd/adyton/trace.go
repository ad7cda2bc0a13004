package main

import (
	"fmt"
	"os"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// stderrTracer prints each call on standard error.
type stderrTracer struct {
	names   map[string]bool // nil for all
	failing bool
}

func newStderrTracer(names string, failing bool) (*stderrTracer, error) {
	t := &stderrTracer{failing: failing}
	if names == "" || names == "all" {
		return t, nil
	}
	t.names = map[string]bool{}
	for _, n := range strings.Split(names, ",") {
		if _, ok := syscalls.Numbers()[n]; !ok {
			return nil, fmt.Errorf("--strace: no system call %q", n)
		}
		t.names[n] = true
	}
	return t, nil
}

func (t *stderrTracer) Enter(*task.Thread, *syscalls.Row, *[6]uint64) {}

func (t *stderrTracer) Call(th *task.Thread, row *syscalls.Row, a *[6]uint64, ret int64, e linux.Errno) {
	if t.names != nil && !t.names[row.Name] || t.failing && e == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[pid %d] %s(", th.Tid, row.Name)
	for i := range row.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%#x", a[i])
	}
	if e != 0 {
		fmt.Fprintf(&b, ") = -1 %s (%s)\n", e, e.Description())
	} else {
		fmt.Fprintf(&b, ") = %d\n", ret)
	}
	os.Stderr.WriteString(b.String())
}

func (t *stderrTracer) Signal(th *task.Thread, i *signalapi.Info) {
	fmt.Fprintf(os.Stderr, "[pid %d] --- %s ---\n", th.Tid, linux.SignalName(int(i.Signo)))
}

func (t *stderrTracer) Exit(th *task.Thread, status int32) {
	fmt.Fprintf(os.Stderr, "[pid %d] +++ exited with %#x +++\n", th.Tid, status)
}
