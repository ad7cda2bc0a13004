package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"

	"adyton.dev/adyton/core/kernel"
)

// writeReport says what a run used: each call with its level, how often it
// came, failed and was refused; then how calls were handed over.
func writeReport(path string, k *kernel.Kernel) error {
	w := io.Writer(os.Stderr)
	if path != "-" {
		f, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		defer f.Close()
		w = f
	}
	list := k.Env().Usages()
	sort.SliceStable(list, func(i, j int) bool { return list[i].Count > list[j].Count })
	fmt.Fprintf(w, "%-24s %-7s %-12s %10s %10s %10s\n", "syscall", "owner", "level", "calls", "failed", "refused")
	for _, u := range list {
		fmt.Fprintf(w, "%-24s %-7s %-12s %10d %10d %10d\n", u.Name, u.Owner, u.Level, u.Count, u.Failed, u.Refused)
	}
	for _, u := range list {
		for _, what := range slices.Sorted(maps.Keys(u.RefusedArgs)) {
			fmt.Fprintf(w, "refused: %s with %s, %d times\n", u.Name, what, u.RefusedArgs[what])
		}
	}
	if c, ok := k.Machine().(interface{ Report() string }); ok {
		fmt.Fprintln(w, c.Report())
	}
	return nil
}
