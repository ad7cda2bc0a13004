package oracle

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Case is one conformance case: where its program comes from and what to
// call it with.
type Case struct {
	Name    string  // family/case, with @variant unless it is static
	Source  string  // a C file; "" for the Go program
	Variant Variant // of a C file
	args    []string
}

var (
	caseLine    = regexp.MustCompile(`(?m)^CASE\((\w+)\)`)
	variantLine = regexp.MustCompile(`(?m)^// variants: (.*)$`)
)

// Cases lists all conformance cases: those that the Go program registers and
// those that C files declare. A C file may name the variants to build in a
// line "// variants: static dyn musl".
func Cases() ([]Case, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, "tests", "conformance")
	sources, err := filepath.Glob(filepath.Join(dir, "c", "*.c"))
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, src := range sources {
		text, err := os.ReadFile(src)
		if err != nil {
			return nil, err
		}
		family := strings.TrimSuffix(filepath.Base(src), ".c")
		variants := []string{string(Static)}
		if m := variantLine.FindSubmatch(text); m != nil {
			variants = strings.Fields(string(m[1]))
		}
		for _, m := range caseLine.FindAllSubmatch(text, -1) {
			for _, v := range variants {
				c := Case{Name: family + "/" + string(m[1]), Source: src, Variant: Variant(v), args: []string{string(m[1])}}
				if c.Variant != Static {
					c.Name += "@" + v
				}
				all = append(all, c)
			}
		}
	}
	bin, err := BuildGo(dir)
	if err != nil {
		return nil, err
	}
	out, err := exec.Command(bin, "list").Output()
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(string(out)) {
		all = append(all, Case{Name: name, args: []string{"run", name}})
	}
	slices.SortFunc(all, func(a, b Case) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Argv builds the case's program and returns its command line.
func (c Case) Argv() ([]string, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, "tests", "conformance")
	var bin string
	if c.Source == "" {
		bin, err = BuildGo(dir)
	} else {
		bin, err = BuildC(c.Source, c.Variant, filepath.Join(dir, "c", "p.h"))
	}
	if err != nil {
		return nil, err
	}
	return append([]string{bin}, c.args...), nil
}

// On runs the case on one side, in a temporary directory that is removed.
func (c Case) On(s Side) (Result, error) {
	argv, err := c.Argv()
	if err != nil {
		return Result{}, err
	}
	tmp, err := os.MkdirTemp(s.tmp, "adyton-case")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(tmp)
	// Cases that drop root still need their own files.
	if err := os.Chmod(tmp, 0o755); err != nil {
		return Result{}, err
	}
	return s.Run(Cmd{Argv: argv, Env: []string{"TMPDIR=" + tmp}})
}

// IsMissing says whether err means that a tool is not installed.
func IsMissing(err error) bool {
	var m Missing
	return errors.As(err, &m)
}
