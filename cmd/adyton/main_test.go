package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// TestMain lets the test program be adyton itself.
func TestMain(m *testing.M) {
	if os.Getenv("BE_ADYTON") != "" {
		os.Exit(status(newRoot().Execute()))
	}
	os.Exit(m.Run())
}

// adyton prepares a run of the program.
func adyton(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "BE_ADYTON=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, &stdout, &stderr
}

func TestCommandLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	for _, c := range []struct {
		args   string
		status int
		stdout string
		stderr string
	}{
		{"version", 0, "adyton ", ""},
		{"--help", 0, "source <(adyton completion bash)", ""},
		{"host --help", 0, "--export /data=/srv/data:rw", ""},
		{"completion bash", 0, "__start_adyton", ""},
		{"nosuch", 125, "", "adyton: unknown command"},
		{"host", 125, "", "required flag"},
		{"host --listen tcp:1", 125, "", "want unix:PATH"},
		{"host --nosuch", 125, "", "unknown flag: --nosuch"},
		{"host --listen unix:" + file, 125, "", "exists and is not a socket"},
		{"host --listen unix:" + file + ".s --export a=/ --export a=/", 125, "", "exported twice"},
		{"host --listen unix:" + file + ".s --export " + file + ".none", 125, "", "no such file"},
		{"version more", 125, "", "unknown command"},
		{"run --mm=linked:strict -- /bin/true", 125, "", "needs --memory"},
		{"run --mm=linked:lax -- /bin/true", 125, "", "no such implementation; there is default, strict"},
		{"run --mm=linked:default -- /bin/sh -c true", 0, "", ""},
		{"run --mm=linkedstrict -- /bin/true", 125, "", "want linked[:NAME] or plugin:PATH"},
		{"run --signal=linked:x -- /bin/true", 125, "", "no such implementation; there is default"},
		{"run --fs=linked:x -- /bin/true", 125, "", "no such implementation; there is default"},
		{"run --ipc=linked:quota?pipes=1 -- /bin/true", 125, "", `no option "pipes"`},
		{"run --ipc=linked:quota?handles=-1 -- /bin/true", 125, "", `handles="-1" is no number`},
		{"run --ipc=linked:quota?segment-bytes=lots -- /bin/true", 125, "", "is no size"},
		{"plugin inspect self?arg=serve&arg=mm", 0, "subsystem: mm", ""},
		{"plugin inspect self?arg=serve&arg=ipc --format json", 0, `"subsystem": "ipc"`, ""},
		{"plugin inspect self?arg=serve&arg=ipc&sha256=00", 125, "", "want 00"},
		{"plugin inspect self?args=x", 125, "", `no option "args"; there is arg, sha256`},
		{"plugin inspect /bin/true", 125, "", "adyton: plugin  (/bin/true): Unrecognized remote plugin message: Failed to read any lines"},
		{"run --fs=plugin:self?arg=serve&arg=mm -- /bin/true", 125, "", `it is a plugin for "mm", not fs`},
		{"run --on-plugin-death=mourn -- /bin/true", 125, "", "want fail or kill"},
		{"run --config " + file + ".none -- /bin/true", 125, "", "no such file"},
	} {
		cmd, stdout, stderr := adyton(t, strings.Fields(c.args)...)
		cmd.Run()
		if cmd.ProcessState.ExitCode() != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("adyton %s: status %d, stdout %q, stderr %q; want %d, %q, %q",
				c.args, cmd.ProcessState.ExitCode(), stdout, stderr, c.status, c.stdout, c.stderr)
		}
	}
	if _, err := os.Lstat(file + ".s"); err == nil {
		t.Error("a failed host left its socket")
	}
}

func TestVersionIsJSON(t *testing.T) {
	cmd, stdout, _ := adyton(t, "version", "--json")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var v version
	if err := json.Unmarshal(stdout.Bytes(), &v); err != nil || v.HostCalls != 1 || v.Go == "" {
		t.Errorf("version --json = %s, %v", stdout, err)
	}
}

// TestHostServesUntilSIGTERM runs the real boundary: another process.
func TestHostServesUntilSIGTERM(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "f"), []byte("from the host"), 0o644)
	sock := filepath.Join(dir, "sock")
	cmd, _, stderr := adyton(t, "host", "--listen", "unix:"+sock, "--export", "/="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan uint64, 10)
	c, err := client.Connect(ctx, func(ctx context.Context) (net.Conn, error) {
		for {
			conn, err := net.Dial("unix", sock)
			if err == nil || ctx.Err() != nil {
				return conn, err
			}
			time.Sleep(time.Millisecond) // until the process has made its socket
		}
	}, client.Options{OnDone: func(n uint64) { done <- n }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect()

	open := &hostapi.FileOpenRequest{Path: "f", Handle: c.NewHandle()}
	c.FileOpen(open, new(hostapi.FileOpenReply))
	<-done
	if _, e := c.FileOpen(open, new(hostapi.FileOpenReply)); e != 0 {
		t.Fatalf("open = %v", e)
	}
	read := &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: open.Handle, Length: 100}}}
	c.FileRead(read, new(hostapi.FileReadReply))
	<-done
	var rep hostapi.FileReadReply
	if _, e := c.FileRead(read, &rep); e != 0 || string(rep.Data) != "from the host" {
		t.Errorf("read = %q, %v", rep.Data, e)
	}

	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v, %s", err, stderr)
	}
	if _, err := os.Lstat(sock); err == nil {
		t.Error("the socket is left behind")
	}
}
