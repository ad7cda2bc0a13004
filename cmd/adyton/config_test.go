package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// parsed is the set of flags of adyton run after args and a file.
func parsed(t *testing.T, file string, args ...string) (*pflag.FlagSet, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	fl := newRun().Flags()
	if err := fl.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fl, applyConfig(fl, path)
}

func TestConfigSetsFlags(t *testing.T) {
	fl, err := parsed(t, `
memory = "2G"
strace-failing = true
mount = ["/a:/b", "/c:/d:rw"]
env = { K = "v,w", A = "" }
net = "none"
`, "--net=loopback", "--mount", "/e:/f")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"memory": "2G", "strace-failing": "true", "net": "loopback", "hostname": "adyton",
		"mount": "[/a:/b,/c:/d:rw,/e:/f]", "env": `[A=,"K=v,w"]`,
	} {
		if got := fl.Lookup(name).Value.String(); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for file, want := range map[string]string{
		`memori = "2G"`:         `"memori" is no flag`,
		`config = "x"`:          `"config" is no flag`,
		`memory = ["1G", "2G"]`: "want one value",
		`memory = 1.5`:          "want a string",
		`mount = [1]`:           "want strings",
		`env = { K = 1 }`:       "want a string for K",
		`strace-failing = "no"`: "invalid syntax",
		`memory = `:             "toml:",
	} {
		if _, err := parsed(t, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	if err := applyConfig(newRun().Flags(), "/nowhere/x"); err == nil {
		t.Error("a file that is not there is no error")
	}
}
