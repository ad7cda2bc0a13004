package apps

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

// TestSleepDoesNotWake counts how often the threads of adyton and its app
// processes come to run while the program sleeps: at most twice a second.
func TestSleepDoesNotWake(t *testing.T) {
	argv := adyton(t).Argv(oracle.Cmd{Argv: []string{"busybox", "sh", "-c", "echo up; exec busybox sleep 60"}})
	cmd := exec.Command(argv[0], argv[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	const window = 5 * time.Second
	least := 1 << 30
	for try := 0; try < 5 && least > 10; try++ { // the start takes a while to settle
		before := wakeUps(t, cmd.Process.Pid)
		time.Sleep(window)
		least = min(least, wakeUps(t, cmd.Process.Pid)-before)
	}
	if least > 10 {
		t.Errorf("%d wake-ups in %v, want at most 10", least, window)
	}
}

// wakeUps is how often the threads of a process and its children gave up their
// CPU by themselves.
func wakeUps(t *testing.T, pid int) (n int) {
	t.Helper()
	for _, p := range append(childrenOf(t, pid), strconv.Itoa(pid)) {
		files, _ := filepath.Glob("/proc/" + p + "/task/*/status")
		for _, f := range files {
			b, _ := os.ReadFile(f)
			_, v, _ := strings.Cut(string(b), "\nvoluntary_ctxt_switches:\t")
			v, _, _ = strings.Cut(v, "\n")
			one, _ := strconv.Atoi(v)
			n += one
		}
	}
	return n
}

// TestTwoAtOnce wants two Adytons at once to take no more than their share: as
// long as one after the other, with room for a machine that is busy.
func TestTwoAtOnce(t *testing.T) {
	side := adyton(t)
	work := oracle.Cmd{Argv: []string{"busybox", "sh", "-c", "i=0; while [ $i -lt 30 ]; do i=$((i+1)); x=$(echo $i | busybox tr 0-9 a-j); done; echo $x"}, Timeout: 2 * time.Minute}
	run := func() time.Duration {
		r, err := side.Run(work)
		if err != nil || string(r.Stdout) != "da\n" {
			t.Errorf("%v, %q, %q", err, r.Stdout, r.Stderr)
		}
		return r.Took
	}
	var last string
	for range 4 {
		alone := run()
		began := time.Now()
		done := make(chan time.Duration)
		go func() { done <- run() }()
		run()
		<-done
		both := time.Since(began)
		if both < alone*3 {
			return
		}
		last = both.String() + " for two at once, " + alone.String() + " for one"
	}
	t.Error(last)
}
