package main

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"adyton.dev/adyton/tests/oracle"
)

// TestConformance runs each case natively and under Adyton. Both must print
// the same, and must print something.
func TestConformance(t *testing.T) {
	all, err := oracle.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel() // oracle.Run lets two run at once
			oracle.Check(t, c)
		})
	}
}

// TestGoAndCFamiliesAreListed guards against a family that no test runs.
func TestGoAndCFamiliesAreListed(t *testing.T) {
	all, err := oracle.Cases()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, c := range all {
		name, _, _ := strings.Cut(c.Name, "@")
		have[name] = true
	}
	for _, name := range names() {
		if !have[name] {
			t.Errorf("case %s is registered but not run", name)
		}
	}
	sources, err := filepath.Glob("c/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no C families: %v", err)
	}
	declared := regexp.MustCompile(`^CASE\((\w+)\)`)
	for _, src := range sources {
		f, err := os.Open(src)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for sc := bufio.NewScanner(f); sc.Scan(); {
			if m := declared.FindStringSubmatch(sc.Text()); m != nil {
				name := strings.TrimSuffix(filepath.Base(src), ".c") + "/" + m[1]
				if !have[name] {
					t.Errorf("case %s is declared but not run", name)
				}
			}
		}
	}
}
