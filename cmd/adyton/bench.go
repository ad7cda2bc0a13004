package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/tests/bench"
)

// benchFlags are what `adyton bench` was asked.
type benchFlags struct {
	rounds  int
	json    bool
	compare string
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [ROW...]",
		Short: "Time system calls natively, under Adyton and, where installed, under runsc",
		Long: `Time system calls natively, under Adyton and, where installed, under runsc, in
turn in one run, and print the ratio of medians to native. It needs a C
compiler (cc).`,
		Example: `  adyton bench
  adyton bench getppid pipe fork --rounds 5
  adyton bench --json > old.json
  adyton bench --compare old.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return runBench(cmd, args, &f) },
	}
	cmd.Flags().IntVar(&f.rounds, "rounds", 3, "how often each side runs, in turn")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&f.compare, "compare", "", "also print the ratios of an earlier run, from what --json wrote to `FILE`")
	return cmd
}

// side is one way to run the program.
type side struct {
	name    string
	command []string
}

// benchRow is what one piece of work took.
type benchRow struct {
	Name string `json:"name"`
	What string `json:"what"`
	// Ns are the medians of an operation in ns, by side.
	Ns map[string]float64 `json:"ns"`
	// Ratio is Adyton's to native.
	Ratio float64 `json:"ratio"`
	// AtMost is the most that Ratio is to be, or for start what Adyton may take
	// more than native, in ns; 0 for no bound.
	AtMost float64 `json:"atMost,omitempty"`
	Missed bool    `json:"missed,omitempty"`
}

// startAtMostNs is how much longer than natively a start may take.
const startAtMostNs = 100e6

func runBench(cmd *cobra.Command, rows []string, f *benchFlags) error {
	// What runs ends with us: a program left behind would spoil the next bench.
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM)
	defer stop()
	old, err := readBench(f.compare)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "adyton-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	src, bin := filepath.Join(dir, "bench.c"), filepath.Join(dir, "bench")
	if err := os.WriteFile(src, bench.Source, 0o644); err != nil {
		return err
	}
	if out, err := exec.Command("cc", "-O2", "-static", "-w", "-pthread", "-o", bin, src).CombinedOutput(); err != nil {
		return fmt.Errorf("bench: cc: %w\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	sides := []side{{"native", []string{bin}}, {"adyton", []string{self, "run", "--", bin}}}
	if runsc, err := exec.LookPath("runsc"); err == nil {
		sides = append(sides, side{"runsc", []string{runsc, "--platform=systrap", "--rootless", "--network=none", "--ignore-cgroups", "do", bin}})
	}
	known := map[string]bool{"start": true}
	for _, w := range bench.Works {
		known[w.Name] = true
	}
	for _, r := range rows {
		if !known[r] {
			return fmt.Errorf("bench: no row %q", r)
		}
	}
	var out []benchRow
	for _, w := range append(slices.Clone(bench.Works), bench.Work{Name: "start", What: "start of a program that does nothing"}) {
		if len(rows) > 0 && !slices.Contains(rows, w.Name) {
			continue
		}
		row, err := benchWork(ctx, sides, &w, f.rounds)
		if err != nil {
			return err
		}
		out = append(out, row)
	}
	out = append(out, spread(out)...)
	if f.json {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	return printBench(cmd.OutOrStdout(), sides, out, old)
}

// benchWork times one piece of work on all sides in turn. A side that cannot do
// it has no time, but for native and Adyton.
func benchWork(ctx context.Context, sides []side, w *bench.Work, rounds int) (benchRow, error) {
	row := benchRow{Name: w.Name, What: w.What, Ns: map[string]float64{}, AtMost: w.Floor}
	times := make([][]float64, len(sides))
	for range rounds {
		for i, s := range sides {
			ns, err := measure(ctx, s, w.Name)
			if err != nil && i < 2 {
				return row, fmt.Errorf("bench: %s %s: %w", s.name, w.Name, err)
			}
			if err == nil {
				times[i] = append(times[i], ns)
			}
		}
	}
	for i, s := range sides {
		if len(times[i]) > 0 {
			row.Ns[s.name] = median(times[i])
		}
	}
	row.Ratio = row.Ns["adyton"] / row.Ns["native"]
	row.Missed = row.AtMost > 0 && row.Ratio > row.AtMost
	if w.Name == "start" {
		row.AtMost = startAtMostNs
		row.Missed = row.Ns["adyton"]-row.Ns["native"] > row.AtMost
	}
	return row, nil
}

// spread is the row of the call cost at 8 threads to that at one.
func spread(rows []benchRow) []benchRow {
	var one, eight float64
	for _, r := range rows {
		switch r.Name {
		case "getppid":
			one = r.Ns["adyton"]
		case "threads8":
			eight = r.Ns["adyton"]
		}
	}
	if one == 0 || eight == 0 {
		return nil
	}
	return []benchRow{{Name: "spread", What: "call cost at 8 threads to that at one", Ratio: eight / one, AtMost: 1.5, Missed: eight/one > 1.5}}
}

// readBench reads what --json wrote.
func readBench(path string) (map[string]benchRow, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--compare: %w", err)
	}
	var rows []benchRow
	if err := json.Unmarshal(b, &rows); err != nil {
		return nil, fmt.Errorf("--compare %s: %w", path, err)
	}
	out := map[string]benchRow{}
	for _, r := range rows {
		out[r.Name] = r
	}
	return out, nil
}

func printBench(w io.Writer, sides []side, rows []benchRow, old map[string]benchRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "work\t")
	for _, s := range sides {
		fmt.Fprintf(t, "%s ns\t", s.name)
	}
	fmt.Fprint(t, "ratio\tat most\t")
	if old != nil {
		fmt.Fprint(t, "ratio before\tchange\t")
	}
	fmt.Fprintln(t)
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t", r.What)
		for _, s := range sides {
			cell := ""
			if ns, ok := r.Ns[s.name]; ok {
				cell = fmt.Sprintf("%.0f", ns)
			}
			fmt.Fprintf(t, "%s\t", cell)
		}
		verdict := ""
		if r.AtMost > 0 {
			verdict = fmt.Sprint(r.AtMost)
		}
		if r.Name == "start" {
			verdict = fmt.Sprintf("+%.0f ms", r.AtMost/1e6)
		}
		if r.Missed {
			verdict += " missed"
		}
		fmt.Fprintf(t, "%.2f\t%s\t", r.Ratio, verdict)
		if was, ok := old[r.Name]; ok {
			fmt.Fprintf(t, "%.2f\t%+.0f %%\t", was.Ratio, (r.Ratio/was.Ratio-1)*100)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// measure runs one piece of work on one side and gives ns an operation.
func measure(ctx context.Context, s side, name string) (float64, error) {
	arg := name
	if name == "start" {
		arg = "nothing"
	}
	c := exec.CommandContext(ctx, s.command[0], append(slices.Clone(s.command[1:]), arg)...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	began := time.Now()
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	if name == "start" {
		return float64(time.Since(began)), nil
	}
	return strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
