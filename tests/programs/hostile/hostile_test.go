// Package hostile runs programs that attack the kernel below them: bad
// arguments of every kind, memory that is not theirs, broken executables,
// limits. They do it in children; the parent then shows that it still works.
package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

// attacks are run natively first, as nobody, to see that they do what they
// claim to do, and then under Adyton, which must print the same last line.
var attacks = []struct {
	name, src string
	args      []string
	native    []string // instead of args; nil is the same
}{
	{"EveryCallWithBadArguments", "calls.c", nil, []string{"native"}},
	{"RandomCalls1", "calls.c", []string{"1", "4000"}, []string{"native", "1", "4000"}},
	{"RandomCalls2", "calls.c", []string{"2", "4000"}, []string{"native", "2", "4000"}},
	{"RandomCalls3", "calls.c", []string{"3", "4000"}, []string{"native", "3", "4000"}},
	{"ScribbleOverForeignMemory", "scribble.c", nil, nil},
	{"JumpIntoForeignMemory", "scribble.c", []string{"jump"}, nil},
	{"BrokenExecutables1", "elffuzz.c", []string{"1", "300"}, nil},
	{"BrokenExecutables2", "elffuzz.c", []string{"2", "300"}, nil},
	{"ForkBombAgainstALimit", "bomb.c", nil, nil},
}

func TestAttacks(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			native := a.native
			if native == nil {
				native = a.args
			}
			attack(t, oracle.Native(), a.src, native)
			attack(t, adyton(t), a.src, a.args)
		})
	}
}

// attack fails t unless the program outlives what it did.
func attack(t *testing.T, side oracle.Side, src string, args []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	r, err := side.Run(oracle.Cmd{Argv: append([]string{build(t, src)}, args...), Dir: dir, Timeout: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Stdout), "still alive\n"; got != want || r.Status != 0 || r.TimedOut {
		t.Errorf("%s: status %d, timed out %v, printed %q, want %q\n%s", side.Name, r.Status, r.TimedOut, got, want, r.Stderr)
	}
}

// TestMemoryAboveTheLimit wants the program killed and the core to live on
// and say so by the status of a program that was killed.
func TestMemoryAboveTheLimit(t *testing.T) {
	side := adyton(t)
	hog := build(t, "hog.c")
	for _, c := range []struct {
		mib, status int
		out         string
	}{{16, 0, "all 16 MiB\n"}, {512, 128 + int(syscall.SIGKILL), ""}} {
		r, err := side.Run(oracle.Cmd{Argv: []string{hog, strconv.Itoa(c.mib)}, Flags: []string{"--memory", "128M"}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != c.status || string(r.Stdout) != c.out {
			t.Errorf("hog %d with --memory 128M: status %d, printed %q, want status %d, %q\n%s", c.mib, r.Status, r.Stdout, c.status, c.out, r.Stderr)
		}
	}
	// A shell sees its child killed and goes on.
	r, err := side.Run(oracle.Cmd{Argv: []string{"/bin/sh", "-c", hog + " 512; echo status $?"}, Flags: []string{"--memory", "128M"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Stdout), "status 137\n"; got != want {
		t.Errorf("a child above the limit: %q, want %q\n%s", got, want, r.Stderr)
	}
}

// TestTermReachesTheProgram wants SIGTERM to adyton to be the program's.
func TestTermReachesTheProgram(t *testing.T) {
	cmd, ready := start(t, "trap 'echo got TERM; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
	<-ready
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if got, want := cmd.ProcessState.ExitCode(), 3; got != want {
		t.Errorf("after SIGTERM: %v, want exit status %d", err, want)
	}
	if out := cmd.Stdout.(*watched).String(); !strings.Contains(out, "got TERM") {
		t.Errorf("the trap did not run: %q", out)
	}
}

// TestKillingTheCoreLeavesNothing kills adyton without warning and looks for
// what it started.
func TestKillingTheCoreLeavesNothing(t *testing.T) {
	cmd, ready := start(t, "for i in 1 2 3 4 5; do sleep 1000 & done; echo ready; wait")
	<-ready
	family := descendants(cmd.Process.Pid)
	if len(family) < 2 {
		t.Fatalf("found only %d processes of a program with six; it printed %q", len(family), cmd.Stdout.(*watched).String())
	}
	cmd.Process.Kill()
	cmd.Wait()
	deadline := time.Now().Add(5 * time.Second)
	for {
		left := alive(family)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("5 s after the core died these live on: %v", left)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestTwoAtOnce runs two Adytons side by side and wants both to be right.
func TestTwoAtOnce(t *testing.T) {
	side := adyton(t)
	done := make(chan error, 2)
	for range 2 {
		go func() {
			r, err := side.Run(oracle.Cmd{Argv: []string{"/bin/sh", "-c", "i=0; while [ $i -lt 200 ]; do (exit 3); i=$((i + $?)); done; echo $i"}})
			if err == nil && string(r.Stdout) != "201\n" {
				err = fmt.Errorf("printed %q, status %d: %s", r.Stdout, r.Status, r.Stderr)
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func adyton(t *testing.T) oracle.Side {
	t.Helper()
	side, err := oracle.Adyton()
	if err != nil {
		t.Skip(err)
	}
	return side
}

func build(t *testing.T, src string) string {
	t.Helper()
	path, err := oracle.BuildC(filepath.Join("src", src), oracle.Static, filepath.Join("src", "hostile.h"))
	if oracle.IsMissing(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// watched collects output and tells when "ready" was printed.
type watched struct {
	strings.Builder
	ready chan struct{}
	tell  sync.Once
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Builder.Write(p)
	if strings.Contains(w.String(), "ready\n") {
		w.tell.Do(func() { close(w.ready) })
	}
	return n, err
}

// start runs a shell script under Adyton; ready is closed once the script has
// printed "ready", or after 20 s.
func start(t *testing.T, script string) (*exec.Cmd, <-chan struct{}) {
	t.Helper()
	side := adyton(t)
	argv := side.Argv(oracle.Cmd{Argv: []string{"/bin/sh", "-c", script}})
	cmd := exec.Command(argv[0], argv[1:]...)
	out := &watched{ready: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(20*time.Second, func() {
		cmd.Process.Kill()
		out.tell.Do(func() { close(out.ready) })
	})
	t.Cleanup(func() {
		limit.Stop()
		cmd.Process.Kill()
	})
	return cmd, out.ready
}

// process is one host process, told apart from a later one with its number
// by when it started.
type process struct{ pid, started int }

// descendants are all processes below one, and itself.
func descendants(root int) []process {
	children := map[int][]process{}
	var self process
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(d))
		if ppid, started, ok := readStat(pid); ok {
			p := process{pid, started}
			children[ppid] = append(children[ppid], p)
			if pid == root {
				self = p
			}
		}
	}
	all := []process{self}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].pid]...)
	}
	return all
}

func alive(all []process) (left []int) {
	for _, p := range all {
		if _, started, ok := readStat(p.pid); ok && started == p.started {
			left = append(left, p.pid)
		}
	}
	return left
}

// readStat reads parent and start time; a zombie counts as gone.
func readStat(pid int) (ppid, started int, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	_, rest, found := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !found || len(f) < 20 || f[0] == "Z" || f[0] == "X" {
		return 0, 0, false
	}
	ppid, _ = strconv.Atoi(f[1])
	started, _ = strconv.Atoi(f[19])
	return ppid, started, true
}
