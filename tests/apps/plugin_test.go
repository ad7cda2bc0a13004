package apps

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

// pluginScript makes files, pipes, processes, signals and a FIFO, so that each
// subsystem has something to do.
const pluginScript = `cd /tmp; echo one > f; echo two >> f; cat f | tr a-z A-Z | sort -r
mkfifo p; cat p & echo three > p; wait; ls -l f | cut -c1-10
trap 'echo caught' USR1; kill -USR1 $$; (exit 3); echo $?
sleep 30 & kill $!; wait $! 2>/dev/null; echo $?; seq 20000 | wc -l; exit 5`

// TestPlugins runs a shell with each subsystem as a plugin, and with all.
func TestPlugins(t *testing.T) {
	cmd := oracle.Cmd{Argv: []string{"busybox", "sh", "-c", pluginScript}, Timeout: time.Minute}
	linked, err := adyton(t).Run(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if want := "TWO\nONE\nthree\n-rw-r--r--\ncaught\n3\n143\n20000\n"; string(linked.Stdout) != want || linked.Status != 5 {
		t.Fatalf("linked: status %d, %q, %q, want 5, %q", linked.Status, linked.Stdout, linked.Stderr, want)
	}
	for _, kinds := range []string{"fs", "mm", "signal", "ipc", "fs mm signal ipc"} {
		cmd.Flags = nil
		for _, kind := range strings.Fields(kinds) {
			cmd.Flags = append(cmd.Flags, "--"+kind+"=plugin:self")
		}
		got, err := adyton(t).Run(cmd)
		if err != nil {
			t.Fatal(err)
		}
		linked.Stderr, got.Stderr = nil, nil // whether ash tells of the sleep's end depends on who is quicker
		if diff := oracle.Same(linked, got); diff != "" {
			t.Errorf("%s as plugin, took %v:\n%s", kinds, got.Took, diff)
		}
	}
}

// TestPluginDies kills a plugin under a program that waits for it: the program
// goes on with EIO, or the run ends, and the operator gets a line.
func TestPluginDies(t *testing.T) {
	if status := pluginDies(t, "echo up; sleep 100 | cat; echo over", "--ipc=plugin:self"); status == 125 {
		t.Error("the run ended with its plugin")
	}
	if status := pluginDies(t, "echo up; sleep 100 | cat; echo over", "--ipc=plugin:self", "--on-plugin-death=kill"); status != 125 {
		t.Errorf("--on-plugin-death=kill: status %d, want 125", status)
	}
}

// pluginDies runs a script, kills the ipc plugin once it has printed, and gives
// the exit status.
func pluginDies(t *testing.T, script string, flags ...string) int {
	t.Helper()
	argv := adyton(t).Argv(oracle.Cmd{Argv: []string{"busybox", "sh", "-c", script}, Flags: flags})
	cmd := exec.Command(argv[0], argv[1:]...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	if _, err := out.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	killed := false
	for _, pid := range childrenOf(t, cmd.Process.Pid) {
		if b, _ := os.ReadFile(filepath.Join("/proc", pid, "cmdline")); strings.Contains(string(b), "serve\x00ipc") {
			n, _ := strconv.Atoi(pid)
			syscall.Kill(n, syscall.SIGKILL)
			killed = true
		}
	}
	if !killed {
		t.Fatal("no plugin process found")
	}
	late := time.AfterFunc(time.Minute, func() { t.Error("still runs a minute after its plugin died"); cmd.Process.Kill() })
	defer late.Stop()
	time.AfterFunc(5*time.Second, func() { cmd.Process.Signal(syscall.SIGTERM) }) // the sleep has 100 s to go
	cmd.Wait()
	if !strings.Contains(errs.String(), "plugin ipc") {
		t.Errorf("the operator was told %q, want a line of plugin ipc", errs.String())
	}
	return cmd.ProcessState.ExitCode()
}

// TestExamplePlugin builds the plugin of docs/plugins.md, a module of its own,
// and sees in its log what a program did.
func TestExamplePlugin(t *testing.T) {
	dir := t.TempDir()
	path, log := filepath.Join(dir, "audit"), filepath.Join(dir, "log")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = "../../examples/audit"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const script = `use Socket; $| = 1; socket(L, PF_INET, SOCK_STREAM, 0); bind(L, sockaddr_in(7777, INADDR_LOOPBACK)) or die; listen(L, 1);
socket(C, PF_INET, SOCK_STREAM, 0); connect(C, sockaddr_in(7777, INADDR_LOOPBACK)) or die; syswrite(C, "heard"); accept(A, L); sysread(A, $x, 10); print $x`
	got, err := adyton(t).Run(oracle.Cmd{Argv: []string{"perl", "-e", script}, Flags: []string{"--ipc=plugin:" + path + "?arg=" + log}, Timeout: time.Minute})
	if err != nil || string(got.Stdout) != "heard" || got.Status != 0 {
		t.Fatalf("status %d, stdout %q, stderr %q, %v", got.Status, got.Stdout, got.Stderr, err)
	}
	if b, err := os.ReadFile(log); err != nil || !strings.Contains(string(b), "msg=connect uid="+strconv.Itoa(os.Getuid())) || !strings.Contains(string(b), "address=02001e617f000001") {
		t.Errorf("the log is %q, %v", b, err)
	}
}

// TestImplementations runs a program into the bounds that a second
// implementation has, linked and as a plugin.
func TestImplementations(t *testing.T) {
	for _, c := range []struct{ name, flag, script, stdout, stderr string }{
		{"strict, linked", "--mm=linked:strict", "exec dd if=/dev/zero of=/dev/null bs=300M count=1", "", "memory exhausted"},
		{"strict, plugin", "--mm=plugin:self?arg=serve&arg=mm&arg=--impl&arg=strict", "exec dd if=/dev/zero of=/dev/null bs=300M count=1", "", "memory exhausted"},
		{"quota, linked", "--ipc=linked:quota?handles=2", "echo a | cat; echo b | cat | cat", "a\n", "Pipe call failed"},
		{"quota, plugin", "--ipc=plugin:self?arg=serve&arg=ipc&arg=--impl&arg=quota%3Fhandles=2", "echo a | cat; echo b | cat | cat", "a\n", "Pipe call failed"},
	} {
		got, err := adyton(t).Run(oracle.Cmd{Argv: []string{"sh", "-c", c.script}, Flags: []string{"--memory=200M", c.flag}, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Stdout) != c.stdout || !strings.Contains(string(got.Stderr), c.stderr) || got.Status == 0 {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want %q and %q", c.name, got.Status, got.Stdout, got.Stderr, c.stdout, c.stderr)
		}
	}
}

func childrenOf(t *testing.T, pid int) (out []string) {
	t.Helper()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, s := range stats {
		b, _ := os.ReadFile(s)
		_, rest, _ := strings.Cut(string(b), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			out = append(out, filepath.Base(filepath.Dir(s)))
		}
	}
	return out
}
