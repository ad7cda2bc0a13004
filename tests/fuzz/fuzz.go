// Package fuzz makes random programs of system calls, runs them on the host
// kernel and under Adyton, and shrinks what is answered differently to a C
// program. What may be called, and with which arguments, is the table of
// families here: nothing else is ever run natively, and that in namespaces,
// with a root and an id of its own (jail.go).
//
// It decides nothing about who is right: the host kernel is.
package fuzz

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"adyton.dev/adyton/core/coverage"
)

func errorf(format string, args ...any) error { return fmt.Errorf("fuzz: "+format, args...) }

// Config says what to run.
type Config struct {
	Adyton   string // the binary under test
	Flags    []string
	Entries  []coverage.Entry // what is claimed: other flags are not tried
	Families []string
	Calls    []string // only these of the families
	Seed     uint64   // of the first program; each next one has the next
	Programs int      // how many at most, 0 for no limit
	Time     time.Duration
	Out      io.Writer
	Verbose  bool
}

// Summary counts what was seen.
type Summary struct {
	Programs, Calls int
	Unstable        int // not the same twice natively
	Known           int // in known.list
	Found           []Difference
}

// Difference is one call that is answered differently.
type Difference struct {
	Signature string
	Program   *program
	Native    string
	Adyton    string
}

// known.list has the differences that are claimed or cannot be mended, as
// "pattern of the signature | reason".
//
//go:embed known.list
var knownList string

func isKnown(signature string) bool {
	for line := range strings.Lines(knownList) {
		pattern, _, ok := strings.Cut(line, " | ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if match, _ := path.Match(strings.ReplaceAll(strings.TrimSpace(pattern), "/", "%"), strings.ReplaceAll(signature, "/", "%")); match {
			return true
		}
	}
	return false
}

// batch is how many programs one start of the interpreter runs.
const batch = 150

// Run makes, runs and compares programs until the time is over.
func Run(ctx context.Context, cfg *Config) (*Summary, error) {
	m, err := newMaker(cfg.Entries, cfg.Families, cfg.Calls)
	if err != nil {
		return nil, err
	}
	j, err := newJail(cfg)
	if err != nil {
		return nil, err
	}
	if os.Getenv("ADYTON_FUZZ_KEEP") == "" {
		defer j.close()
	}
	m.one = j.one
	sum := &Summary{}
	seen := map[string]bool{}
	end := time.Now().Add(cfg.Time)
	for seed := cfg.Seed; time.Now().Before(end) && ctx.Err() == nil; {
		n := batch
		if cfg.Programs > 0 {
			n = min(n, cfg.Programs-sum.Programs)
		}
		if n <= 0 {
			break
		}
		list := make([]*program, n)
		for i := range list {
			list[i] = m.make(seed + uint64(i))
			sum.Calls += len(list[i].Calls)
		}
		seed += uint64(n)
		sum.Programs += n
		native, adyton, err := j.both(ctx, list, 300*time.Millisecond)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			return sum, fmt.Errorf("seed %d: %w", list[0].Seed, err)
		}
		for i, p := range list {
			d := compare(p, native[i], adyton[i])
			if d == nil || seen[d.Signature] {
				continue
			}
			if isKnown(d.Signature) {
				sum.Known++
				continue
			}
			d, stable := j.confirm(ctx, p, d)
			if !stable {
				sum.Unstable++
				continue
			}
			if d == nil || seen[d.Signature] {
				continue
			}
			seen[d.Signature] = true
			if isKnown(d.Signature) {
				sum.Known++
				continue
			}
			d = j.shrink(ctx, d)
			sum.Found = append(sum.Found, *d)
			fmt.Fprintf(cfg.Out, "%s", d.report(m))
		}
	}
	return sum, nil
}
