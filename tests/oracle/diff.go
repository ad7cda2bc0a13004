package oracle

import (
	"bytes"
	"fmt"
	"strings"
)

// maxShown bounds the lines of one diff; the first difference is what counts.
const maxShown = 60

// Diff shows got against want line by line, "-" for what the host printed
// and "+" for what came instead; "" when they are equal.
func Diff(what string, want, got []byte) string {
	if bytes.Equal(want, got) {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s differs (- native, + adyton):\n", what)
	w, g := lines(want), lines(got)
	shown := 0
	for _, e := range edits(w, g) {
		if e.op == ' ' && len(w) > maxShown {
			continue
		}
		if shown++; shown > maxShown {
			b.WriteString("  ...\n")
			break
		}
		fmt.Fprintf(&b, "  %c %s\n", e.op, e.line)
	}
	return b.String()
}

func lines(b []byte) []string {
	s := strings.TrimSuffix(string(b), "\n")
	if s == "" {
		return nil
	}
	all := strings.Split(s, "\n")
	for i, l := range all {
		all[i] = strings.ToValidUTF8(l, "?")
	}
	return all
}

type edit struct {
	op   byte // ' ' both, '-' want only, '+' got only
	line string
}

// edits is a longest-common-subsequence diff; past 2000 lines it only walks
// both sides in step, which is enough to show the first difference.
func edits(w, g []string) []edit {
	if len(w) > 2000 || len(g) > 2000 {
		return inStep(w, g)
	}
	n := make([][]int, len(w)+1)
	for i := range n {
		n[i] = make([]int, len(g)+1)
	}
	for i := len(w) - 1; i >= 0; i-- {
		for j := len(g) - 1; j >= 0; j-- {
			if w[i] == g[j] {
				n[i][j] = n[i+1][j+1] + 1
			} else {
				n[i][j] = max(n[i+1][j], n[i][j+1])
			}
		}
	}
	var out []edit
	i, j := 0, 0
	for i < len(w) || j < len(g) {
		switch {
		case i < len(w) && j < len(g) && w[i] == g[j]:
			out = append(out, edit{' ', w[i]})
			i, j = i+1, j+1
		case j == len(g) || i < len(w) && n[i+1][j] >= n[i][j+1]:
			out = append(out, edit{'-', w[i]})
			i++
		default:
			out = append(out, edit{'+', g[j]})
			j++
		}
	}
	return out
}

func inStep(w, g []string) []edit {
	var out []edit
	for i := 0; i < max(len(w), len(g)) && len(out) < 2*maxShown; i++ {
		if i < len(w) && i < len(g) && w[i] == g[i] {
			continue
		}
		if i < len(w) {
			out = append(out, edit{'-', w[i]})
		}
		if i < len(g) {
			out = append(out, edit{'+', g[i]})
		}
	}
	return out
}
