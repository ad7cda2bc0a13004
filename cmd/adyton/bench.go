package main

import (
	"bytes"
	"context"
	"fmt"
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

func newBench() *cobra.Command {
	var rounds int
	cmd := &cobra.Command{
		Use:   "bench [ROW...]",
		Short: "Time system calls natively, under Adyton and, where installed, under runsc",
		Long: `Time system calls natively, under Adyton and, where installed, under runsc, in
turn in one run, and print the ratio of medians to native. It needs a C
compiler (cc).`,
		Example: `  adyton bench
  adyton bench getppid pipe fork --rounds 5`,
		RunE: func(cmd *cobra.Command, args []string) error { return runBench(cmd, args, rounds) },
	}
	cmd.Flags().IntVar(&rounds, "rounds", 3, "how often each side runs, in turn")
	return cmd
}

// side is one way to run the program.
type side struct {
	name    string
	command []string
}

func runBench(cmd *cobra.Command, rows []string, rounds int) error {
	// What runs ends with us: a program left behind would spoil the next bench.
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM)
	defer stop()
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
		sides = append(sides, side{"runsc", []string{runsc, "--rootless", "--network=none", "--ignore-cgroups", "do", bin}})
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

	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "work\t")
	for _, s := range sides {
		fmt.Fprintf(t, "%s ns\t", s.name)
	}
	fmt.Fprintln(t, "ratio\tat most\t")
	one := map[string]float64{}
	for _, w := range append(bench.Works, bench.Work{Name: "start", What: "start of a program that does nothing"}) {
		if len(rows) > 0 && !slices.Contains(rows, w.Name) {
			continue
		}
		times := make([][]float64, len(sides))
		for range rounds {
			for i, s := range sides {
				ns, err := measure(ctx, s, w.Name)
				if err != nil {
					return fmt.Errorf("bench: %s %s: %w", s.name, w.Name, err)
				}
				times[i] = append(times[i], ns)
			}
		}
		fmt.Fprintf(t, "%s\t", w.What)
		for i := range sides {
			fmt.Fprintf(t, "%.0f\t", median(times[i]))
		}
		ratio := median(times[1]) / median(times[0])
		one[w.Name] = median(times[1])
		verdict := ""
		if w.Floor > 0 {
			verdict = fmt.Sprint(w.Floor)
			if ratio > w.Floor {
				verdict += " missed"
			}
		}
		fmt.Fprintf(t, "%.2f\t%s\t\n", ratio, verdict)
	}
	if one["getppid"] > 0 && one["threads8"] > 0 {
		fmt.Fprintf(t, "call cost at 8 threads to that at one\t\t\t%.2f\t1.5\t\n", one["threads8"]/one["getppid"])
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
