// Command benchgen turns what `adyton bench all --json` prints into a page and
// a chart: benchgen DIR < bench.json writes DIR/benchmarks.md and .svg.
package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// report is what adyton bench --json prints.
type report struct {
	Date, Version, CPU, Kernel string
	CPUs                       int
	Sides                      []string
	Rows                       []row
}

type row struct {
	Name, What    string
	Ns            map[string]float64
	Ratio, AtMost float64
	Missed        bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("benchgen: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: benchgen DIR < bench.json")
	}
	var r report
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		log.Fatal(err)
	}
	if len(r.Rows) == 0 {
		log.Fatal("no rows")
	}
	if err := os.WriteFile(filepath.Join(os.Args[1], "benchmarks.md"), []byte(page(&r)), 0o644); err != nil {
		log.Fatal(err)
	}
	if err := chart(&r, filepath.Join(os.Args[1], "benchmarks.svg")); err != nil {
		log.Fatal(err)
	}
}

// page is the table with what it was measured on.
func page(r *report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\nMade by `make bench`: each row natively and under Adyton in turn in one run, medians, ratios to native (1 is as fast as the\nmachine itself, below 1 is faster). What a machine does in the same minutes moves absolute times; compare ratios.\n\n")
	fmt.Fprintf(&b, "%s, %d CPUs (%s), Linux %s, %s.\n\n![ratios to native](benchmarks.svg)\n\n", r.Date, r.CPUs, r.CPU, r.Kernel, r.Version)
	fmt.Fprint(&b, "| work |")
	for _, s := range r.Sides {
		fmt.Fprintf(&b, " %s |", s)
	}
	fmt.Fprint(&b, " ratio | aim |\n|---|")
	fmt.Fprintf(&b, "%s---:|---:|\n", strings.Repeat("---:|", len(r.Sides)))
	for _, x := range r.Rows {
		fmt.Fprintf(&b, "| %s |", x.What)
		for _, s := range r.Sides {
			cell := ""
			if ns, ok := x.Ns[s]; ok {
				cell = duration(ns)
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		fmt.Fprintf(&b, " %.2f | %s |\n", x.Ratio, aim(&x))
	}
	return b.String()
}

// aim says the bound of a row and whether it was missed.
func aim(x *row) string {
	var s string
	switch {
	case x.AtMost == 0:
		return ""
	case x.Name == "start":
		s = fmt.Sprintf("+%.0f ms", x.AtMost/1e6)
	default:
		s = fmt.Sprint(x.AtMost)
	}
	if x.Missed {
		s += ", missed"
	}
	return s
}

// duration is ns in the unit that reads best.
func duration(ns float64) string {
	for _, u := range []struct {
		ns   float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}} {
		if ns >= u.ns {
			return fmt.Sprintf("%.3g %s", ns/u.ns, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", ns)
}

// chart draws the ratios as bars that start at native, on a scale of powers of two.
func chart(r *report, path string) error {
	var bars []row
	for _, x := range r.Rows {
		// The bound of a start is a difference, not a ratio.
		if x.Ratio > 0 && x.Ns["native"] > 0 && x.Name != "start" {
			bars = append(bars, x)
		}
	}
	slices.Reverse(bars) // the first row on top
	p := plot.New()
	p.Title.Text = "Time under Adyton to native, " + r.Date
	p.X.Label.Text = "ratio (logarithmic); left of 1 is faster than native"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks{}
	p.X.Min, p.X.Max = 1.0/16, 16
	names := make([]string, len(bars))
	faster, slower := color.RGBA{R: 0x2a, G: 0x9d, B: 0x5c, A: 0xff}, color.RGBA{R: 0xd9, G: 0x7a, B: 0x2b, A: 0xff}
	for i, x := range bars {
		names[i] = x.What
		y, v := float64(i), min(max(x.Ratio, p.X.Min), p.X.Max)
		bar, err := plotter.NewPolygon(plotter.XYs{{X: 1, Y: y - .35}, {X: v, Y: y - .35}, {X: v, Y: y + .35}, {X: 1, Y: y + .35}})
		if err != nil {
			return err
		}
		bar.LineStyle.Width = 0
		if bar.Color = slower; x.Ratio <= 1 {
			bar.Color = faster
		}
		p.Add(bar)
	}
	p.Add(plotter.NewGrid())
	p.NominalY(names...)
	p.Y.Tick.Label.Font.Size = vg.Points(8)
	return p.Save(9*vg.Inch, vg.Length(len(bars))*.24*vg.Inch+1.2*vg.Inch, path)
}

// ticks are the powers of two.
type ticks struct{}

func (ticks) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	for v := lo; v <= hi; v *= 2 {
		label := fmt.Sprintf("%g", v)
		if v < 1 {
			label = fmt.Sprintf("1/%g", 1/v)
		}
		out = append(out, plot.Tick{Value: v, Label: label})
	}
	return out
}
