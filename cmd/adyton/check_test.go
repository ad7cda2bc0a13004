package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCoverageCheck: a log of a call that nobody answers ends with status 1
// and names it; a program of the machine is read; another file is refused.
func TestCoverageCheck(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("getpid() = 3\nvmsplice_never(1) = -1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := checkCommand(log)
	if err != exitError(1) || !strings.Contains(out, "vmsplice_never") || strings.Contains(out, "getpid") {
		t.Errorf("log: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := checkCommand(self); err != nil && err != exitError(1) {
		t.Errorf("program: %v", err)
	}
	if err := os.WriteFile(log, []byte("nothing of the kind\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := checkCommand(log); err == nil || err == exitError(1) {
		t.Errorf("neither: %v", err)
	}
}

func checkCommand(arg string) (string, error) {
	cmd := newCoverageCheck()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{arg})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	return out.String(), err
}
