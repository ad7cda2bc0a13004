// Command coveragegen writes docs/coverage.md: what adyton coverage says, and
// how each call stands that Mystikos lists as not fully supported.
//
//	adyton coverage --format json | go run ./docs/coveragegen > docs/coverage.md
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"adyton.dev/adyton/core/coverage"
)

//go:embed mystikos.tsv
var mystikos string

func main() {
	out := bufio.NewWriter(os.Stdout)
	err := generate(os.Stdin, out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "coveragegen:", err)
		os.Exit(1)
	}
}

func generate(in io.Reader, out io.Writer) error {
	var table []coverage.Entry
	if err := json.NewDecoder(in).Decode(&table); err != nil {
		return fmt.Errorf("read the table on standard input: %w", err)
	}
	byName, levels := map[string]coverage.Entry{}, map[string]int{}
	for _, e := range table {
		byName[e.Syscall] = e
		levels[e.Level]++
	}
	fmt.Fprintf(out, `# Coverage

Made by `+"`make docs`"+` from the claims that the core executes; `+"`adyton coverage`"+` prints the same. Of the %d system calls of amd64
%d are answered in full, %d in part, %d by a stub, and %d give ENOSYS. Flags and values that are not claimed give an error before
any subsystem sees them; `+"`adyton coverage --format json`"+` lists the masks.

## Calls that Mystikos lists as not fully supported

| calls | in Mystikos | full here | not full here |
|---|---|---|---|
`, len(table), levels["full"], levels["partial"], levels["stub"], levels["unsupported"])
	for line := range strings.Lines(mystikos) {
		level, names, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		var rest []string
		full := 0
		for _, name := range strings.Fields(names) {
			e, known := byName[name]
			switch {
			case !known:
				return fmt.Errorf("mystikos.tsv: no system call %q", name)
			case e.Level == "full":
				full++
			default:
				rest = append(rest, fmt.Sprintf("%s: %s. %s", name, e.Level, e.Note))
			}
		}
		fmt.Fprintf(out, "| %s | %s | %d of %d | %s |\n", strings.ReplaceAll(names, " ", ", "), level, full, len(strings.Fields(names)),
			strings.Join(rest, "<br>"))
	}
	fmt.Fprintln(out, "\n## All calls")
	fmt.Fprintln(out)
	return coverage.Write(out, "markdown", table)
}
