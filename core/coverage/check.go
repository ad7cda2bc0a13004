package coverage

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
)

// Finding is one thing that a program did natively and that would be refused,
// or answered in part only.
type Finding struct {
	Syscall string `json:"syscall"`
	Level   string `json:"level"`
	// What names the flags or the value that no claim covers, such as
	// "flags RENAME_WHITEOUT"; it is empty where the whole call is meant.
	What string `json:"what,omitempty"`
	// Count is how many calls of the log it concerns.
	Count int `json:"count"`
	// Note is that of the claim.
	Note string `json:"note,omitempty"`
}

// Refused says whether the call would fail, not only be answered in part.
func (f Finding) Refused() bool { return f.What != "" || f.Level == Unsupported.String() }

// CheckLog reads a log of strace(1), with or without process ids, times and
// -o, and finds what the claims of entries do not cover. args gives the
// arguments of each call that is decoded. calls is how many calls the log
// holds; it is 0 for a file that is no strace log.
func CheckLog(log io.Reader, entries []Entry, args map[string][]strace.Arg) (found []Finding, calls int, err error) {
	known := map[string]*Entry{}
	for i := range entries {
		known[entries[i].Syscall] = &entries[i]
	}
	type key struct{ call, what string }
	at := map[key]*Finding{}
	add := func(call, level, what, note string) {
		k := key{call, what}
		if at[k] == nil {
			at[k] = &Finding{Syscall: call, Level: level, What: what, Note: note}
		}
		at[k].Count++
	}
	sc := bufio.NewScanner(log)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		name, values, ok := parseCall(sc.Text())
		if !ok {
			continue
		}
		calls++
		e := known[name]
		if e == nil {
			add(name, Unsupported.String(), "", "not a system call of amd64")
			continue
		}
		switch e.Level {
		case Unsupported.String(), Stub.String():
			add(name, e.Level, "", e.Note)
			continue
		}
		refused := false
		for i, a := range args[name] {
			if i < len(values) {
				if what := uncovered(e, a, values[i]); what != "" {
					add(name, e.Level, what, e.Note)
					refused = true
				}
			}
		}
		if !refused && e.Level == Partial.String() {
			add(name, e.Level, "", e.Note)
		}
	}
	for _, f := range at {
		found = append(found, *f)
	}
	slices.SortFunc(found, func(a, b Finding) int {
		if a.Refused() != b.Refused() {
			return map[bool]int{true: -1, false: 1}[a.Refused()]
		}
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Syscall, b.Syscall), strings.Compare(a.What, b.What))
	})
	if sc.Err() != nil {
		err = fmt.Errorf("line %d: %w", calls+1, sc.Err())
	}
	return found, calls, err
}

// callStart is the head of a line of strace: an optional process, an optional
// time, then the call. A resumed line has no name before its arguments.
var callStart = regexp.MustCompile(`^(?:\[pid +\d+\] |\d+ +)?(?:\d{2}:\d{2}:\d{2}(?:\.\d+)? |\d+\.\d+ )?([a-z_][a-z0-9_]*)\(`)

// parseCall cuts a line into the call's name and its arguments as printed.
func parseCall(line string) (name string, args []string, ok bool) {
	m := callStart.FindStringSubmatch(line)
	if m == nil {
		return "", nil, false
	}
	rest := line[len(m[0]):]
	depth, from := 0, 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			for i++; i < len(rest) && rest[i] != '"'; i++ {
				if rest[i] == '\\' {
					i++
				}
			}
		case '(', '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 0 {
				args = append(args, strings.TrimSpace(rest[from:i]))
				from = i + 1
			}
		case ')':
			if depth == 0 {
				return m[1], append(args, strings.TrimSpace(rest[from:i])), true
			}
			depth--
		}
	}
	if last, cut := strings.CutSuffix(rest[min(from, len(rest)):], "<unfinished ...>"); cut && strings.TrimSpace(last) != "" {
		args = append(args, strings.TrimSpace(last))
	}
	return m[1], args, true
}

// uncovered gives what of a printed argument the claim does not cover.
func uncovered(e *Entry, a strace.Arg, printed string) string {
	mask, masked := e.Flags[a.Name]
	values, listed := e.Values[a.Name]
	if !masked && !listed {
		return ""
	}
	var bad []string
	for _, word := range strings.Split(printed, "|") {
		v, ok := value(a, word)
		switch {
		case !ok: // a word that the table does not have: cannot tell
		case slices.Contains(values, v):
		case masked && v&^mask == 0 && (v != 0 || !listed):
		default:
			bad = append(bad, word)
		}
	}
	if bad == nil {
		return ""
	}
	return a.Name + " " + strings.Join(bad, "|")
}

// value reads one word of a printed argument: a name of the row's table or a
// number.
func value(a strace.Arg, word string) (uint64, bool) {
	word, _, _ = strings.Cut(strings.TrimSpace(word), " /*")
	tables := [][]linux.Flag{a.Flags}
	if a.Kind == strace.OpenFlags {
		tables = [][]linux.Flag{linux.OpenFlags, linux.AccessModes}
	}
	for _, t := range tables {
		for _, f := range t {
			if f.Name == word {
				return f.Value, true
			}
		}
	}
	v, err := strconv.ParseUint(word, 0, 64)
	return v, err == nil
}

// Change is how one call differs between two tables.
type Change struct {
	Syscall  string `json:"syscall"`
	Old, New string // level, and what flags or values were added or lost
}

// Diff compares two tables of entries: what the second answers more or less
// than the first.
func Diff(old, now []Entry) []Change {
	byName := func(list []Entry) map[string]Entry {
		m := map[string]Entry{}
		for _, e := range list {
			m[e.Syscall] = e
		}
		return m
	}
	a, b := byName(old), byName(now)
	names := map[string]bool{}
	for n := range a {
		names[n] = true
	}
	for n := range b {
		names[n] = true
	}
	var out []Change
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if x, y := describe(a[n]), describe(b[n]); x != y {
			out = append(out, Change{Syscall: n, Old: x, New: y})
		}
	}
	return out
}

// describe is a line of what a claim executes: level, masks and values.
func describe(e Entry) string {
	if e.Syscall == "" {
		return "not listed"
	}
	var b strings.Builder
	b.WriteString(e.Level)
	for _, k := range slices.Sorted(maps.Keys(e.Flags)) {
		fmt.Fprintf(&b, " %s=%#x", k, e.Flags[k])
	}
	for _, k := range slices.Sorted(maps.Keys(e.Values)) {
		v := slices.Sorted(slices.Values(e.Values[k]))
		fmt.Fprintf(&b, " %s=%v", k, v)
	}
	return b.String()
}
