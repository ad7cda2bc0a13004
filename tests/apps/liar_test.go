package apps

import (
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

// What a program does while its plugin lies. Each script prints "over" if it
// gets that far.
var liarScripts = map[string]string{
	"ipc":    `timeout -s KILL 4 sh -c 'echo one | cat; echo two | cat'; echo over`,
	"mm":     `dd if=/dev/zero of=/dev/null bs=4M count=1; echo over`,
	"signal": `trap 'echo caught' USR1; kill -USR1 $$; kill -USR1 $$; echo over`,
	"fs":     `timeout -s KILL 4 cat /etc/passwd; timeout -s KILL 4 head -1 /etc/passwd; echo over`,
}

// TestLyingPlugins runs a program on plugins that break the contract, each in
// one way. Whatever becomes of the program, the core lives, ends in time, and
// has told the operator what it cannot go on with.
func TestLyingPlugins(t *testing.T) {
	liar := filepath.Join(t.TempDir(), "liar")
	if out, err := exec.Command("go", "build", "-o", liar, "../programs/liar").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const (
		harmless = iota // the program sees nothing of it
		hurt            // the program may fail; the plugin stays
		told            // the same, and the operator gets a line
		given           // the plugin is given up, with a line
	)
	for _, c := range []struct {
		kind, lie string
		becomes   int
	}{
		{"ipc", "no lie", harmless},
		{"ipc", "slow", harmless},
		{"ipc", "callback", harmless},
		{"ipc", "rubbish", harmless},
		{"ipc", "ready", harmless},
		{"ipc", "no handle", hurt},
		{"ipc", "one handle twice", hurt},
		{"ipc", "errno", given},
		{"ipc", "internal errno", given},
		{"ipc", "panic", given},
		{"ipc", "exit", given},
		{"ipc", "long", told},
		{"ipc", "count", told},
		{"ipc", "wait for nothing", hurt},
		{"ipc", "wait for a stranger", hurt},
		{"ipc", "wait in the past", hurt},
		{"ipc", "tokens", hurt},
		{"mm", "no lie", harmless},
		{"mm", "outside", told},
		{"mm", "the shim", told},
		{"mm", "unaligned", told},
		{"mm", "endless", told},
		{"mm", "unknown op", told},
		{"mm", "a stranger's file", hurt},
		{"mm", "references", hurt},
		{"mm", "many ops", hurt},
		{"signal", "no lie", harmless},
		{"signal", "strangers", hurt},
		{"signal", "deadline", hurt},
		{"signal", "errno", given},
		{"signal", "frame address", hurt},
		{"signal", "frame length", hurt},
		{"signal", "registers", hurt},
		{"fs", "no lie", harmless},
		{"fs", "no handle", hurt},
		{"fs", "a handle twice", hurt},
		{"fs", "reopen", hurt},
		{"fs", "controlling", hurt},
		{"fs", "wait for nothing", told},
		{"fs", "no ticket comes", hurt},
		{"fs", "long", told},
	} {
		t.Run(c.kind+"/"+c.lie, func(t *testing.T) {
			flag := fmt.Sprintf("--%s=plugin:%s?arg=%s&arg=%s", c.kind, liar, c.kind, url.QueryEscape(c.lie))
			got, err := adyton(t).Run(oracle.Cmd{Argv: []string{"sh", "-c", liarScripts[c.kind]}, Flags: []string{flag, "--memory=1G"}, Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			errs := string(got.Stderr)
			if strings.Contains(errs, "goroutine ") && !strings.Contains(errs, "panic: a lie") || strings.Contains(errs, "fatal error") {
				t.Errorf("the core broke: %s", errs)
			}
			if got.Took > 50*time.Second {
				t.Errorf("took %v", got.Took)
			}
			over := strings.HasSuffix(string(got.Stdout), "over\n")
			if c.becomes == harmless && (!over || got.Status != 0) {
				t.Errorf("status %d, stdout %q, stderr %q; want it to get over a harmless one", got.Status, got.Stdout, got.Stderr)
			}
			if c.becomes == given && !strings.Contains(errs, "adyton: plugin "+c.kind) || c.becomes == told && !strings.Contains(errs, "adyton: "+c.kind+": ") {
				t.Errorf("status %d, stderr %q; want a line for the operator", got.Status, errs)
			}
			if testing.Verbose() {
				t.Logf("%v: status %d, over %v, stderr %q", got.Took, got.Status, over, errs)
			}
		})
	}
}
