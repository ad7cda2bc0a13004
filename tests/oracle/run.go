// Package oracle runs one program on the host kernel and under Adyton and
// says how the two answers differ. The host kernel is the oracle: what it
// prints is right by definition.
//
// It also builds the programs, into a cache keyed by what goes into them.
// It never decides what a test means: the packages that use it do.
package oracle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Side is one way to run a program.
type Side struct {
	Name string   // "native" or "adyton"
	run  []string // command before the flags; empty for native
	tmp  string   // TMPDIR that the program is told
}

// Cmd is a program with all that its answer may depend on.
type Cmd struct {
	Argv    []string
	Dir     string        // working directory; "" is the caller's
	Env     []string      // added to the fixed environment
	Flags   []string      // flags of adyton run; not used natively
	Stdin   []byte        // "" is /dev/null
	Timeout time.Duration // 0 is 20 s
}

// Result is what a program left behind.
type Result struct {
	Stdout, Stderr []byte
	Status         int // exit status, or 128+N for death by signal N
	TimedOut       bool
	Took           time.Duration
}

// Native runs programs on the host kernel. Its temporary directory is a
// tmpfs where the machine has one, since Adyton's writes go to memory too;
// but not one that is mounted nosuid, nodev or noexec, as in containers.
func Native() Side {
	const restricted = 2 | 4 | 8 // ST_NOSUID | ST_NODEV | ST_NOEXEC
	var fs syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &fs) == nil && fs.Flags&restricted == 0 {
		if d, err := os.MkdirTemp("/dev/shm", "probe"); err == nil {
			os.Remove(d)
			return Side{Name: "native", tmp: "/dev/shm"}
		}
	}
	return Side{Name: "native", tmp: os.TempDir()}
}

// Adyton finds the binary under test: $ADYTON, or bin/adyton of the
// repository, with the subsystems in $ADYTON_PLUGIN (fs,mm) as plugins. The
// error is the reason to skip.
func Adyton() (Side, error) {
	bin := os.Getenv("ADYTON")
	if bin == "" {
		root, err := Root()
		if err != nil {
			return Side{}, err
		}
		bin = filepath.Join(root, "bin", "adyton")
	}
	if _, err := os.Stat(bin); err != nil {
		return Side{}, fmt.Errorf("no adyton binary at %s (make builds it; ADYTON=PATH names another)", bin)
	}
	run := []string{bin, "run"}
	if kinds := os.Getenv("ADYTON_PLUGIN"); kinds != "" {
		for kind := range strings.SplitSeq(kinds, ",") {
			run = append(run, "--"+kind+"=plugin:self")
		}
	}
	return Side{Name: "adyton", run: run, tmp: "/tmp"}, nil
}

// slots bounds how many programs run at once in this process. Cases with
// deadlines get noisy beyond the number of CPUs of a small machine.
var slots = make(chan struct{}, 2)

// closeOnExec keeps descriptors that a careless parent left open in this
// process out of the programs, whose output they would change.
var closeOnExec = sync.OnceFunc(func() {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range list {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
})

// Run runs c to its end or its timeout, then kills what is left of its
// process group. An error means that the program could not be started.
func (s Side) Run(c Cmd) (Result, error) {
	closeOnExec()
	slots <- struct{}{}
	defer func() { <-slots }()

	timeout := c.Timeout
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()

	env := s.environ(c.Env)
	argv := s.argv(c, env)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = c.Dir, env
	if c.Stdin != nil {
		cmd.Stdin = bytes.NewReader(c.Stdin)
	}
	var out, errs limited
	cmd.Stdout, cmd.Stderr = &out, &errs
	// A session of its own, as under Adyton: the caller's may lie outside the
	// caller's PID namespace, and getsid(2) then gives 0.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second // a stray that keeps the pipes open

	began := time.Now()
	err := cmd.Run()
	if cmd.Process != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	r := Result{Stdout: out.bytes(), Stderr: errs.bytes(), Took: time.Since(began)}
	r.TimedOut = ctx.Err() != nil
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		r.Status = status(exit.Sys().(syscall.WaitStatus))
	case r.TimedOut, errors.Is(err, exec.ErrWaitDelay):
		r.Status = -1
	default:
		return r, fmt.Errorf("run %s: %w", argv[0], err)
	}
	return r, nil
}

// Argv is the command line that Run would start, for tests that want to hold
// the process in their own hands.
func (s Side) Argv(c Cmd) []string { return s.argv(c, s.environ(c.Env)) }

// argv is the command line of this side.
func (s Side) argv(c Cmd, env []string) []string {
	if len(s.run) == 0 {
		return c.Argv
	}
	argv := append([]string{}, s.run...)
	argv = append(argv, c.Flags...)
	if c.Dir != "" {
		argv = append(argv, "--workdir", c.Dir)
	}
	for _, kv := range env {
		argv = append(argv, "--env", kv)
	}
	return append(append(argv, "--"), c.Argv...)
}

// environ is the same small environment everywhere, so that output does not
// depend on who runs the tests. What a command adds replaces what is there.
func (s Side) environ(added []string) []string {
	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/tmp", "LANG=C", "LC_ALL=C", "TZ=UTC0", "USER=tester", "TERM=dumb",
		"TMPDIR=" + s.tmp,
	}
	for _, kv := range added {
		key, _, _ := strings.Cut(kv, "=")
		env = slices.DeleteFunc(env, func(old string) bool { return strings.HasPrefix(old, key+"=") })
	}
	return append(env, added...)
}

func status(w syscall.WaitStatus) int {
	if w.Signaled() {
		return 128 + int(w.Signal())
	}
	return w.ExitStatus()
}

// Same says how got differs from want; "" means not at all.
func Same(want, got Result) string {
	var b strings.Builder
	if got.TimedOut {
		fmt.Fprintf(&b, "timed out after %v\n", got.Took.Round(time.Millisecond))
	}
	if want.Status != got.Status {
		fmt.Fprintf(&b, "exit status %d, want %d\n", got.Status, want.Status)
	}
	b.WriteString(Diff("stdout", want.Stdout, got.Stdout))
	b.WriteString(Diff("stderr", want.Stderr, got.Stderr))
	return b.String()
}

// limited keeps the first 4 MiB that a program writes and drops the rest.
type limited struct {
	mu  sync.Mutex // leaf
	buf bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := 4<<20 - l.buf.Len(); room > 0 {
		l.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (l *limited) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.buf.Bytes())
}
