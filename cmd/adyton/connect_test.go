package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/proto/gen/hostwire"
	"adyton.dev/adyton/subsystems/fs"
)

// apartPatience is how long a program with a host apart may take.
const apartPatience = 3 * time.Minute

// apart serves the host of this machine in a process of its own, whose standard
// output is that of the program.
func apart(t *testing.T, args ...string) (sock string, host *exec.Cmd, stdout *bytes.Buffer) {
	t.Helper()
	stdout = new(bytes.Buffer)
	sock, host = apartWith(t, stdout, args...)
	return sock, host, stdout
}

func apartWith(t *testing.T, stdout io.Writer, args ...string) (sock string, host *exec.Cmd) {
	t.Helper()
	sock = filepath.Join(t.TempDir(), "sock")
	host, _, _ = adyton(t, append([]string{"host", "--listen", "unix:" + sock}, args...)...)
	host.Stdout = stdout
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Process.Kill(); host.Wait() })
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) { // until it has made its socket
		if _, err := os.Stat(sock); err == nil {
			return sock, host
		}
		if time.Now().After(end) {
			t.Fatal("no host in 20 s")
		}
	}
}

// ends waits for a command that must not hang.
func ends(t *testing.T, cmd *exec.Cmd, patience time.Duration) int {
	t.Helper()
	late := time.AfterFunc(patience, func() {
		t.Errorf("%q still runs after %v", cmd.Args, patience)
		cmd.Process.Kill()
	})
	defer late.Stop()
	cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

func TestHostApartRunsPrograms(t *testing.T) {
	needs(t, "busybox", "python3", "find", "sort")
	dir := t.TempDir()
	for _, program := range [][]string{
		{"busybox", "sh", "-c", "echo a | cat; f=" + dir + "/x; echo b > $f; cat $f; for i in 1 2 3; do echo $i; done | wc -l; exit 7"},
		{"python3", "-c", "import json, subprocess; print(json.dumps([1]), subprocess.run(['echo', 'x'], capture_output=True).stdout)"},
		{"sh", "-c", "find /usr/share/doc /usr/include | sort"},
	} {
		native := exec.Command(program[0], program[1:]...)
		want, _ := native.Output()
		os.Remove(filepath.Join(dir, "x"))

		sock, host, stdout := apart(t)
		cmd, _, stderr := adyton(t, append([]string{"run", "--host", "unix:" + sock, "--"}, program...)...)
		cmd.Start()
		got := ends(t, cmd, apartPatience)
		host.Process.Signal(syscall.SIGTERM)
		ends(t, host, apartPatience)
		if got != native.ProcessState.ExitCode() || stdout.String() != string(want) {
			t.Errorf("%q: status %d, %d bytes %.300q, stderr %q; want %d, %d bytes %.300q", program,
				got, stdout.Len(), stdout, stderr, native.ProcessState.ExitCode(), len(want), want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
		t.Error("a file reached the host, which is read-only")
	}
}

func TestHostApartTakesChanges(t *testing.T) {
	needs(t, "busybox")
	dir := t.TempDir()
	sock, _, _ := apart(t, "--export", "/", "--export", dir+":rw")
	cmd, _, stderr := adyton(t, "run", "--host", "unix:"+sock, "--mount", dir+":/mnt:rw", "--", "busybox", "sh", "-c",
		"cd /mnt && mkdir d && echo one > d/f && echo two >> d/f && mv d/f d/g && ln -s g d/l && chmod 600 d/g && head -c 3000000 /dev/zero > big")
	cmd.Start()
	if got := ends(t, cmd, apartPatience); got != 0 {
		t.Fatalf("status %d: %s", got, stderr)
	}
	b, _ := os.ReadFile(filepath.Join(dir, "d/l"))
	if string(b) != "one\ntwo\n" {
		t.Errorf("the host's file holds %q", b)
	}
	if st, err := os.Stat(filepath.Join(dir, "big")); err != nil || st.Size() != 3000000 {
		t.Errorf("big: %v, %v", st, err)
	}
}

func TestHostApartDies(t *testing.T) {
	needs(t, "busybox")
	running, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	defer out.Close()
	sock, host := apartWith(t, out)
	cmd, _, stderr := adyton(t, "run", "--host", "unix:"+sock, "--", "busybox", "sh", "-c",
		"while echo x; do busybox sleep 0.02; done; cat /usr/bin/env; exit 3")
	cmd.Start()
	wrote := make([]byte, 1)
	if _, err := running.Read(wrote); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, running)
	host.Process.Kill()
	if got := ends(t, cmd, time.Minute); got != 3 {
		t.Errorf("status %d, want the program's own: 3; stderr %s", got, stderr)
	}
	if n := strings.Count(stderr.String(), "connection lost"); n != 1 {
		t.Errorf("the operator got %d lines of the lost host, want 1: %s", n, stderr)
	}
}

// mute greets and then never answers.
type mute struct {
	hostapi.Unimplemented
	over chan struct{}
}

func (m mute) Hello(_ *hostapi.HelloRequest, rep *hostapi.HelloReply) linux.Errno {
	rep.Version, rep.MaxData, rep.Roots = server.Version, server.MaxData, []string{"/"}
	return 0
}

func (m mute) FileStat(*hostapi.FileStatRequest, *hostapi.FileStatReply) linux.Errno {
	<-m.over
	return linux.EIO
}

func (m mute) FileList(*hostapi.FileListRequest, *hostapi.FileListReply) linux.Errno {
	<-m.over
	return linux.EIO
}

func (m mute) Console(*hostapi.ConsoleRequest, *hostapi.ConsoleReply) linux.Errno {
	<-m.over
	return linux.EIO
}

func TestSIGTERMEndsAHungStart(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "sock")
	ln, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	m := mute{over: make(chan struct{})}
	g := grpc.NewServer()
	hostwire.Register(g, m)
	go g.Serve(ln)
	defer g.Stop()
	defer close(m.over)
	cmd, _, stderr := adyton(t, "run", "--host", "unix:"+sock, "--", "/bin/true")
	cmd.Start()
	time.Sleep(time.Second) // any point of the start will do
	cmd.Process.Signal(syscall.SIGTERM)
	if got := ends(t, cmd, time.Minute); got != 143 && got != -1 {
		t.Errorf("status %d, want 143: %s", got, stderr)
	}
}

func TestFind(t *testing.T) {
	roots := []string{"/", "/srv", "data", "/srv/deep"}
	for dir, want := range map[string]fs.Tree{
		"/": {}, "/usr/lib": {Path: "usr/lib"}, "/srv": {Root: 1}, "/srv/x/": {Root: 1, Path: "x"}, "data": {Root: 2},
		"/srv/deep/er": {Root: 3, Path: "er"}, "/srvx": {Path: "srvx"},
	} {
		if got, err := find(roots, dir); err != nil || *got != want {
			t.Errorf("find(%q) = %+v, %v, want %+v", dir, got, err, want)
		}
	}
	if _, err := find([]string{"/srv"}, "/"); err == nil {
		t.Error("find(/) with only /srv exported gives no error")
	}
}
