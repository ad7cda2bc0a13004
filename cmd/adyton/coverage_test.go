package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/syscalls"
)

// TestClaimsFit: the linked claims and the core's make one table; no call is
// claimed twice.
func TestClaimsFit(t *testing.T) {
	all := [][]coverage.Claim{syscalls.Claims}
	for _, c := range linkedClaims {
		all = append(all, c)
	}
	if _, err := syscalls.NewEnv(all...); err != nil {
		t.Error(err)
	}
}

// TestClaimsNameTests: whoever claims names a test that is there.
func TestClaimsNameTests(t *testing.T) {
	for _, e := range coverageTable() {
		if e.Level != "full" && e.Level != "partial" {
			continue
		}
		if len(e.Tests) == 0 {
			t.Errorf("coverage: %s claims %s %s and names no test", e.Subsystem, e.Syscall, e.Level)
		}
		for _, name := range e.Tests {
			if !testExists(name) {
				t.Errorf("coverage: %s claims %s %s by %s, which does not exist", e.Subsystem, e.Syscall, e.Level, name)
			}
		}
	}
}

// testExists finds "conformance/FAMILY[/CASE]" among the programs, and
// "<x>test/CASE" in a subsystem's suite.
func testExists(name string) bool {
	kind, rest, ok := strings.Cut(name, "/")
	if !ok {
		return false
	}
	if kind == "conformance" {
		family, _, _ := strings.Cut(rest, "/")
		for _, p := range []string{family + ".go", filepath.Join("c", family+".c")} {
			if _, err := os.Stat(filepath.Join("..", "..", "tests", "conformance", p)); err == nil {
				return true
			}
		}
		return false
	}
	sub := strings.TrimSuffix(kind, "test")
	files, _ := filepath.Glob(filepath.Join("..", "..", "subsystems", sub, kind, "*.go"))
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), `"`+rest) {
			return true
		}
	}
	return false
}
