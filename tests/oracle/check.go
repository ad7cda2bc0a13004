package oracle

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Check runs a case on both sides and fails t when they differ. It skips,
// with the reason, when the machine lacks a compiler or Adyton is not built;
// the native side has run by then.
func Check(t *testing.T, c Case) {
	native, err := c.On(Native())
	if IsMissing(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if bad := sane(native); bad != "" {
		t.Fatalf("native: %s\nstdout:\n%s\nstderr:\n%s", bad, native.Stdout, native.Stderr)
	}
	adyton, err := Adyton()
	if err != nil {
		t.Skip(err)
	}
	got, err := c.On(adyton)
	if err != nil {
		t.Fatal(err)
	}
	Judge(t, filepath.Join("tests", "conformance", "pending.list"), c.Name, Same(native, got))
}

// sane says what is wrong with a native run of a case.
func sane(r Result) string {
	switch {
	case r.TimedOut:
		return "timed out"
	case r.Status != 0:
		return "the case failed"
	case len(r.Stdout) == 0:
		return "the case prints nothing, so it checks nothing"
	case strings.Contains(string(r.Stdout), "PREPARE "):
		return "the case could not prepare itself"
	}
	return ""
}

// Judge fails t for a difference, unless the list of pending names knows of
// it; and fails for a name that is pending without need, so that the list
// only shrinks.
func Judge(t *testing.T, list, name, diff string) {
	t.Helper()
	why, pending := Pending(list)[name]
	switch {
	case diff != "" && pending:
		t.Skipf("pending: %s\n%s", why, diff)
	case diff != "":
		t.Error("\n" + diff)
	case pending:
		t.Errorf("%s passes now: remove it from %s", name, list)
	}
}

// Pending reads a list of names that are known to fail under Adyton, as
// lines "name | reason".
func Pending(list string) map[string]string {
	known := map[string]string{}
	root, err := Root()
	if err != nil {
		return known
	}
	f, err := os.Open(filepath.Join(root, list))
	if err != nil {
		return known
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if name, why, ok := strings.Cut(sc.Text(), "|"); ok && !strings.HasPrefix(name, "#") {
			known[strings.TrimSpace(name)] = strings.TrimSpace(why)
		}
	}
	return known
}
