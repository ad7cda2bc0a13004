package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
)

func newCoverageCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check STRACE-LOG|PROGRAM",
		Short: "Say before a port what would be refused",
		Long: `Read a log that strace(1) wrote of a native run and say which calls, flags
and commands in it Adyton would refuse or answer in part. For a program (ELF)
the calls are guessed from what it imports; a log says more.

The exit status is 1 when something would be refused.`,
		Example: `  strace -f -o /tmp/job.strace python3 job.py
  adyton coverage check /tmp/job.strace
  adyton coverage check /usr/bin/redis-server`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, calls, err := checkFile(args[0])
			if err != nil {
				return fmt.Errorf("coverage check: %w", err)
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(found)
			} else {
				err = printFindings(cmd.OutOrStdout(), found, calls)
			}
			if err == nil && slices.ContainsFunc(found, coverage.Finding.Refused) {
				err = exitError(1)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checkFile looks at what a file is: a program, or else a log.
func checkFile(path string) (found []coverage.Finding, calls int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	table := coverageTable()
	var magic [4]byte
	if n, _ := f.ReadAt(magic[:], 0); n == 4 && bytes.Equal(magic[:], []byte("\x7fELF")) {
		return checkProgram(path, table)
	}
	args := map[string][]strace.Arg{}
	for _, r := range syscalls.Rows() {
		args[r.Name] = r.Args
	}
	found, calls, err = coverage.CheckLog(f, table, args)
	if err == nil && calls == 0 {
		err = fmt.Errorf("%s: neither a log of strace nor an ELF program", path)
	}
	return found, calls, err
}

func checkProgram(path string, table []coverage.Entry) (found []coverage.Finding, calls int, err error) {
	byName, byNumber := map[string]coverage.Entry{}, map[uint64]string{}
	for _, e := range table {
		byName[e.Syscall], byNumber[e.Number] = e, e.Syscall
	}
	known := func(name string) bool { _, ok := byName[name]; return ok }
	open := func(path string) (io.ReaderAt, error) {
		b, err := os.ReadFile(path)
		return bytes.NewReader(b), err
	}
	names, err := coverage.CallsOf(path, known, byNumber, open)
	for _, n := range names {
		if e := byName[n]; e.Level != coverage.Full.String() {
			found = append(found, coverage.Finding{Syscall: n, Level: e.Level, Count: 1, Note: e.Note})
		}
	}
	return found, len(names), err
}

func printFindings(w io.Writer, found []coverage.Finding, calls int) error {
	if len(found) == 0 {
		_, err := fmt.Fprintf(w, "%d calls, all covered in full\n", calls)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VERDICT\tCALL\tCOUNT\tLEVEL\tWHAT\tNOTE")
	for _, f := range found {
		verdict := "partial"
		if f.Refused() {
			verdict = "refused"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\n", verdict, f.Syscall, f.Count, f.Level, f.What, f.Note)
	}
	return t.Flush()
}

func newCoverageDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD.json NEW.json",
		Short: "Compare two coverage tables",
		Long: `Compare two tables that "adyton coverage --format json" wrote, of two versions
or of two implementations: what the second answers more, or less, than the
first. "-" instead of a file is the table of this program.`,
		Example: `  adyton coverage --format json > before.json
  adyton coverage diff before.json -`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var tables [2][]coverage.Entry
			for i, path := range args {
				var err error
				if tables[i], err = readTable(path); err != nil {
					return fmt.Errorf("coverage diff: %w", err)
				}
			}
			for _, c := range coverage.Diff(tables[0], tables[1]) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n- %s\n+ %s\n", c.Syscall, c.Old, c.New)
			}
			return nil
		},
	}
}

func readTable(path string) ([]coverage.Entry, error) {
	if path == "-" {
		return coverageTable(), nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var table []coverage.Entry
	if err := json.Unmarshal(b, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return table, nil
}
