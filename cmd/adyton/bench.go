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
	"runtime"
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
	with    []string
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [ROW|GROUP...]",
		Short: "Time system calls and programs natively, under Adyton and, where installed, under runsc",
		Long: `Time system calls and programs natively, under Adyton and, where installed, under
runsc, in turn in one run, and print the ratio of medians to native. It needs a C
compiler (cc) and bash. Groups of rows are calls, programs and all; without
arguments it times calls and the start of a program.`,
		Example: `  adyton bench
  adyton bench getppid pipe fork --rounds 5
  adyton bench all --json > old.json
  adyton bench --compare old.json
  adyton bench read4k --with fs-plugin=--fs=plugin:self`,
		RunE: func(cmd *cobra.Command, args []string) error { return runBench(cmd, args, &f) },
	}
	cmd.Flags().IntVar(&f.rounds, "rounds", 3, "how often each side runs, in turn")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&f.compare, "compare", "", "also print the ratios of an earlier run, from what --json wrote to `FILE`")
	cmd.Flags().StringArrayVar(&f.with, "with", nil, "one more side: Adyton with flags of adyton run, as `NAME=FLAGS`")
	return cmd
}

// side is one way to run the program.
type side struct {
	name    string
	command []string
}

// benchReport is what --json prints.
type benchReport struct {
	Date    string     `json:"date"`
	Version string     `json:"version"`
	CPUs    int        `json:"cpus"`
	CPU     string     `json:"cpu"`
	Kernel  string     `json:"kernel"`
	Sides   []string   `json:"sides"`
	Rows    []benchRow `json:"rows"`
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

// startName is the row that is timed from outside, as a whole.
const startName = "start"

// startAtMostNs is how much longer than natively a start may take.
const startAtMostNs = 40e6

func runBench(cmd *cobra.Command, names []string, f *benchFlags) error {
	// What runs ends with us: a program left behind would spoil the next bench.
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM)
	defer stop()
	old, err := readBench(f.compare)
	if err != nil {
		return err
	}
	works, err := benchWorks(names)
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
	sides, err := benchSides(f)
	if err != nil {
		return err
	}
	r := &benchReport{Date: time.Now().UTC().Format(time.DateOnly), Version: buildVersion().String(), CPUs: runtime.NumCPU(), CPU: cpuModel(), Kernel: kernelRelease()}
	for _, s := range sides {
		r.Sides = append(r.Sides, s.name)
	}
	for i := range works {
		row, ok, err := benchWork(ctx, sides, &works[i], bin, f.rounds)
		if err != nil {
			return err
		}
		if ok {
			r.Rows = append(r.Rows, row)
		}
	}
	r.Rows = append(r.Rows, spread(r.Rows)...)
	if f.json {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return printBench(cmd.OutOrStdout(), r, old)
}

// benchWorks are the rows of names, which may be of groups.
func benchWorks(names []string) ([]bench.Work, error) {
	start := bench.Work{Name: startName, What: "start of a program that does nothing"}
	calls := append(slices.Clone(bench.Calls), start)
	all := append(slices.Clone(calls), bench.Programs...)
	if len(names) == 0 {
		return calls, nil
	}
	var out []bench.Work
	for _, name := range names {
		switch name {
		case "all":
			out = append(out, all...)
			continue
		case "calls":
			out = append(out, calls...)
			continue
		case "programs":
			out = append(out, bench.Programs...)
			continue
		}
		i := slices.IndexFunc(all, func(w bench.Work) bool { return w.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("bench: no row %q", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// benchSides are native, Adyton, runsc where it is installed, and what --with adds.
func benchSides(f *benchFlags) ([]side, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	sides := []side{{"native", nil}, {"adyton", []string{self, "run", "--"}}}
	for _, w := range f.with {
		name, flags, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--with %q: want NAME=FLAGS", w)
		}
		sides = append(sides, side{name, append(append([]string{self, "run"}, strings.Fields(flags)...), "--")})
	}
	if runsc, err := exec.LookPath("runsc"); err == nil {
		sides = append(sides, side{"runsc", []string{runsc, "--platform=systrap", "--rootless", "--network=none", "--ignore-cgroups", "do"}})
	}
	return sides, nil
}

func cpuModel() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	_, v, _ := strings.Cut(string(b), "model name\t: ")
	v, _, _ = strings.Cut(v, "\n")
	return v
}

func kernelRelease() string {
	var u unix.Utsname
	unix.Uname(&u)
	return unix.ByteSliceToString(u.Release[:])
}

// benchWork times one piece of work on all sides in turn; ok is false where a
// program that it needs is not installed. A side that cannot do it has no time,
// but for native and Adyton.
func benchWork(ctx context.Context, sides []side, w *bench.Work, bin string, rounds int) (row benchRow, ok bool, err error) {
	args, start := []string{bin, w.Name}, w.Name == startName
	if start {
		args[1] = "nothing"
	}
	if w.Script != nil {
		for _, p := range w.Script.Needs {
			if _, err := exec.LookPath(p); err != nil {
				return row, false, nil
			}
		}
		args = []string{"bash", "-c", w.Script.Program()}
	}
	row = benchRow{Name: w.Name, What: w.What, Ns: map[string]float64{}, AtMost: w.AtMost}
	times := make([][]float64, len(sides))
	for range rounds {
		for i, s := range sides {
			ns, err := measure(ctx, s, args, start)
			if err != nil && i < 2 {
				return row, false, fmt.Errorf("bench: %s %s: %w", s.name, w.Name, err)
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
	if start {
		row.AtMost = startAtMostNs
		row.Missed = row.Ns["adyton"]-row.Ns["native"] > row.AtMost
	}
	return row, true, nil
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
	return []benchRow{{Name: "spread", What: "call cost at 8 threads to that at one", Ratio: eight / one, AtMost: 1.2, Missed: eight/one > 1.2}}
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
	var r benchReport
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("--compare %s: %w", path, err)
	}
	out := map[string]benchRow{}
	for _, r := range r.Rows {
		out[r.Name] = r
	}
	return out, nil
}

func printBench(w io.Writer, report *benchReport, old map[string]benchRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "work\t")
	for _, s := range report.Sides {
		fmt.Fprintf(t, "%s ns\t", s)
	}
	fmt.Fprint(t, "ratio\tat most\t")
	if old != nil {
		fmt.Fprint(t, "ratio before\tchange\t")
	}
	fmt.Fprintln(t)
	for _, r := range report.Rows {
		fmt.Fprintf(t, "%s\t", r.What)
		for _, s := range report.Sides {
			cell := ""
			if ns, ok := r.Ns[s]; ok {
				cell = fmt.Sprintf("%.0f", ns)
			}
			fmt.Fprintf(t, "%s\t", cell)
		}
		verdict := ""
		if r.AtMost > 0 {
			verdict = fmt.Sprint(r.AtMost)
		}
		if r.Name == startName {
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

// measure runs one piece of work on one side and gives ns an operation: what it
// prints, or when whole how long it takes itself.
func measure(ctx context.Context, s side, args []string, whole bool) (float64, error) {
	args = append(slices.Clone(s.command), args...)
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	began := time.Now()
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	if whole {
		return float64(time.Since(began)), nil
	}
	return strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
