package house

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSubsystemShape: the four folders look alike, so that who knows one knows
// all.
func TestSubsystemShape(t *testing.T) {
	for _, s := range []string{"fs", "mm", "signal", "ipc"} {
		dir := filepath.Join("..", "..", "subsystems", s)
		for _, f := range []string{"README.md", s + ".go", "coverage.go", s + "_test.go", s + "test"} {
			if _, err := os.Stat(filepath.Join(dir, f)); err != nil {
				t.Errorf("subsystems/%s has no %s", s, f)
			}
		}
	}
}

// TestPackageComments: every package says what it owns.
func TestPackageComments(t *testing.T) {
	for pkg := range packages(t) {
		if strings.HasPrefix(pkg, "proto/gen/") {
			continue
		}
		dir := filepath.Join("..", "..", pkg)
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		ok, only := false, true
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			only = false
			p, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Errorf("%s: %v", f, err)
				continue
			}
			ok = ok || p.Doc != nil
		}
		if !ok && !only {
			t.Errorf("package %s has no comment", pkg)
		}
	}
}
