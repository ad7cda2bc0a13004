package coverage

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
)

// Entry is what is known of one system call.
type Entry struct {
	Syscall   string              `json:"syscall"`
	Number    uint64              `json:"number"`
	Subsystem string              `json:"subsystem"`
	Level     string              `json:"level"`
	Flags     map[string]uint64   `json:"flags,omitempty"`
	Values    map[string][]uint64 `json:"values,omitempty"`
	Note      string              `json:"note"`
	Tests     []string            `json:"tests"`
}

// Table joins the numbers of all system calls, the owners of those that are
// decoded, and the claims by owner. A claim for a call that nobody decodes
// counts for nothing.
func Table(numbers map[string]uint64, owners map[string]string, claims map[string][]Claim) []Entry {
	var out []Entry
	index := map[string]*Claim{}
	by := map[string]string{}
	for owner, list := range claims {
		for i := range list {
			for _, s := range list[i].Syscalls {
				index[s], by[s] = &list[i], owner
			}
		}
	}
	for name, nr := range numbers {
		e := Entry{Syscall: name, Number: nr, Subsystem: owners[name], Level: Unsupported.String(), Tests: []string{}}
		if c := index[name]; c != nil {
			if e.Subsystem == "" {
				e.Subsystem = by[name]
				e.Note = "claimed by the subsystem, not decoded yet"
			} else {
				e.Level, e.Flags, e.Values, e.Note, e.Tests = c.Level.String(), c.Flags, c.Values, c.Note, c.Tests
			}
		}
		if e.Subsystem == "" {
			e.Subsystem = "core"
		}
		out = append(out, e)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Number < out[j].Number })
	return out
}

// Write prints entries as "table", "markdown" or "json".
func Write(w io.Writer, format string, list []Entry) error {
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	case "markdown":
		fmt.Fprintln(w, "| nr | call | subsystem | level | note | tests |\n|---|---|---|---|---|---|")
		for _, e := range list {
			fmt.Fprintf(w, "| %d | %s | %s | %s | %s | %s |\n", e.Number, e.Syscall, e.Subsystem, e.Level, e.Note, strings.Join(e.Tests, ", "))
		}
		return nil
	case "table":
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "NR\tCALL\tSUBSYSTEM\tLEVEL\tTESTS\tNOTE")
		for _, e := range list {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", e.Number, e.Syscall, e.Subsystem, e.Level, strings.Join(e.Tests, ","), e.Note)
		}
		return t.Flush()
	}
	return fmt.Errorf("--format %q: want table, markdown or json", format)
}
