package apps

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"adyton.dev/adyton/tests/oracle"
)

// TestExitStatus checks what adyton run makes of a program's end, and of a
// program that it cannot start. There is no native side for the latter.
func TestExitStatus(t *testing.T) {
	side := adyton(t)
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		cmd    oracle.Cmd
		status int
	}{
		{"a program's own status", oracle.Cmd{Argv: []string{"/bin/sh", "-c", "exit 37"}}, 37},
		{"death by SIGTERM", oracle.Cmd{Argv: []string{"/bin/sh", "-c", "kill -TERM $$"}}, 128 + int(syscall.SIGTERM)},
		{"death by SIGSEGV", oracle.Cmd{Argv: []string{"/bin/sh", "-c", "kill -SEGV $$"}}, 128 + int(syscall.SIGSEGV)},
		{"no such program", oracle.Cmd{Argv: []string{"/no/such/program"}}, 127},
		{"no such command", oracle.Cmd{Argv: []string{"no-such-command-here"}}, 127},
		{"not executable", oracle.Cmd{Argv: []string{plain}}, 126},
		{"a directory", oracle.Cmd{Argv: []string{dir}}, 126},
		{"an unknown flag", oracle.Cmd{Argv: []string{"/bin/true"}, Flags: []string{"--no-such-flag"}}, 125},
		{"a mount of nothing", oracle.Cmd{Argv: []string{"/bin/true"}, Flags: []string{"--mount", "/no/such/folder:/mnt"}}, 125},
	} {
		r, err := side.Run(c.cmd)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != c.status {
			t.Errorf("%s: status %d, want %d\n%s", c.what, r.Status, c.status, r.Stderr)
		}
		if c.status >= 125 && c.status <= 127 && strings.Count(string(r.Stderr), "\n") != 1 {
			t.Errorf("%s: wants one line that says why, got %q", c.what, r.Stderr)
		}
	}
}

// TestUnsupportedKill: with --unsupported=kill a program of glibc runs, and
// one that makes a call that nobody claims dies of SIGSYS.
func TestUnsupportedKill(t *testing.T) {
	side := adyton(t)
	flags := []string{"--unsupported=kill"}
	for _, c := range []struct {
		argv   []string
		status int
		out    string
	}{
		{[]string{"/bin/sh", "-c", "ls / >/dev/null && echo fine"}, 0, "fine\n"},
		{[]string{"/usr/bin/perl", "-e", "print 6*7"}, 0, "42"},
		{[]string{"/usr/bin/perl", "-e", "syscall(999); print 6*7"}, 128 + int(syscall.SIGSYS), ""},
	} {
		r, err := side.Run(oracle.Cmd{Argv: c.argv, Flags: flags})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != c.status || string(r.Stdout) != c.out {
			t.Errorf("%q: status %d, out %q, want %d and %q\n%s", c.argv, r.Status, r.Stdout, c.status, c.out, r.Stderr)
		}
	}
}

// TestKernelLog reads and writes /dev/kmsg and syslog(2). Containers have none
// to compare with.
func TestKernelLog(t *testing.T) {
	const script = `dmesg -r | sed 's/\[.*\]//'
echo "<5>noted" > /dev/kmsg; echo plain > /dev/kmsg
for how in "" -S; do dmesg -r $how | tail -n 2 | sed 's/\[.*\]//'; done
dmesg -C; dmesg -r; echo after > /dev/kmsg; dmesg -r | sed 's/\[.*\]//'
timeout 1 cat /dev/kmsg | wc -l`
	const want = `<5> Linux version 6.1.0-adyton #1 SMP PREEMPT_DYNAMIC Adyton
<5> noted
<5> plain
<13> noted
<12> plain
<5> after
4
`
	r, err := adyton(t).Run(oracle.Cmd{Argv: []string{"/bin/sh", "-c", script}, Flags: []string{"--user", "0:0"}})
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Stdout) != want {
		t.Errorf("%q, want %q\n%s", r.Stdout, want, r.Stderr)
	}
}

// TestNiceIsInherited starts adyton with a nice value of its own.
func TestNiceIsInherited(t *testing.T) {
	argv := adyton(t).Argv(oracle.Cmd{Argv: []string{"nice"}})
	out, err := exec.Command("nice", append([]string{"-n", "5", "nice", "-n", "2"}, argv...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want, err := exec.Command("nice", "-n", "5", "nice", "-n", "2", "nice").Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != string(want) {
		t.Errorf("nice prints %q, want %q", out, want)
	}
}

// TestHostStaysAsItIs wants writes of a program to be its own, unless a
// folder is mounted for writing.
func TestHostStaysAsItIs(t *testing.T) {
	side := adyton(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := "echo changed > " + file + "; rm -f " + file + ".gone; echo new > " + dir + "/new; cat " + file + " " + dir + "/new"
	r, err := side.Run(oracle.Cmd{Argv: []string{"/bin/sh", "-c", script}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Stdout), "changed\nnew\n"; got != want {
		t.Errorf("inside: %q, want %q\n%s", got, want, r.Stderr)
	}
	b, err := os.ReadFile(file)
	if err != nil || string(b) != "host\n" {
		t.Errorf("on the host afterwards: %q, %v", b, err)
	}
	if _, err := os.Stat(dir + "/new"); err == nil {
		t.Error("a new file reached the host")
	}

	r, err = side.Run(oracle.Cmd{
		Argv:  []string{"/bin/sh", "-c", "echo through > /mnt/file; echo x > /ro/file"},
		Flags: []string{"--mount", dir + ":/mnt:rw", "--mount", dir + ":/ro:ro"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "through\n" {
		t.Errorf("through a writable mount: %q, %v, want %q\n%s", b, err, "through\n", r.Stderr)
	}
	if !strings.Contains(string(r.Stderr), "Read-only file system") {
		t.Errorf("a write to a read-only mount: %q", r.Stderr)
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
