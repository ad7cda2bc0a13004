package apps

import (
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

// TestStraceShowsCallsThatHang wants a call on the trace before it returns, and
// lines cut off and resumed as strace -f has them.
func TestStraceShowsCallsThatHang(t *testing.T) {
	argv := adyton(t).Argv(oracle.Cmd{Argv: []string{"sleep", "100"}, Flags: []string{"--strace=clock_nanosleep"}})
	cmd := exec.Command(argv[0], argv[1:]...)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { t.Error("the trace does not show the call"); cmd.Process.Kill() })
	defer late.Stop()
	var line strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(line.String(), "clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=100, tv_nsec=0}, "); {
		n, err := errs.Read(b)
		if err != nil {
			t.Fatalf("%v after %q", err, line.String())
		}
		line.Write(b[:n])
	}
	cmd.Process.Signal(syscall.SIGTERM)
	rest, _ := io.ReadAll(errs)
	cmd.Wait()
	if !strings.HasSuffix(string(rest), "+++ killed by SIGTERM +++\n") {
		t.Errorf("the trace ends with %q", rest)
	}
}

func TestStraceResumesLines(t *testing.T) {
	r, err := adyton(t).Run(oracle.Cmd{Argv: []string{"busybox", "sh", "-c", "(busybox sleep 0.2; echo x) | busybox cat; exit 4"},
		Flags: []string{"--strace=read,clock_nanosleep,wait4"}})
	if err != nil {
		t.Fatal(err)
	}
	trace := string(r.Stderr)
	for _, want := range []string{"] read(0,  <unfinished ...>\n", "<... read resumed>\"x\\n\", ", "<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL)", "+++ exited with 4 +++\n"} {
		if !strings.Contains(trace, want) {
			t.Errorf("no %q in the trace:\n%s", want, trace)
		}
	}
}
