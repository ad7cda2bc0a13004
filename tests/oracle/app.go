package oracle

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// App is one line of tests/apps/ci.list or all.list.
type App struct {
	Name     string
	Golden   bool          // compare with recorded output, not with a native run
	Suite    bool          // standard output has a line "ok NAME" a test; see Compare
	NoStderr bool          // standard error names pids, so it is not compared
	Timeout  time.Duration // 0 is that of Cmd
	Package  string        // whose version counts; "" is that of the first word
	Command  string        // as written
	words    []word
}

// word is one word of a command; quoted ones are never placeholders.
type word struct {
	text   string
	quoted bool
}

var placeholder = regexp.MustCompile(`^\{([A-Za-z0-9_]+(?:\.[a-z]+)?)(?:@([a-z]+))?\}$`)

// Apps reads tests/apps/ci.list, what CI runs.
func Apps() ([]App, error) { return readApps("ci.list") }

// AllApps reads ci.list and all.list, which has what takes long or needs
// large packages.
func AllApps() ([]App, error) { return readApps("ci.list", "all.list") }

func readApps(lists ...string) ([]App, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	var all []App
	names := map[string]bool{}
	for _, list := range lists {
		text, err := os.ReadFile(filepath.Join(root, "tests", "apps", list))
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			a, err := parseApp(line)
			if err == nil && names[a.Name] {
				err = fmt.Errorf("a second %s", a.Name)
			}
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", list, i+1, err)
			}
			names[a.Name] = true
			all = append(all, a)
		}
	}
	return all, nil
}

func parseApp(line string) (App, error) {
	f := strings.SplitN(line, "|", 3)
	if len(f) != 3 {
		return App{}, fmt.Errorf("want name | how | command: %q", line)
	}
	a := App{Name: strings.TrimSpace(f[0]), Command: strings.TrimSpace(f[2])}
	for i, how := range strings.Split(strings.TrimSpace(f[1]), ",") {
		long, err := time.ParseDuration(how)
		pkg, isPkg := strings.CutPrefix(how, "pkg=")
		switch {
		case i == 0 && how == "golden":
			a.Golden = true
		case i == 0 && how == "suite":
			a.Suite = true
		case i == 0 && how == "native":
		case i > 0 && how == "nostderr":
			a.NoStderr = true
		case i > 0 && isPkg:
			a.Package = pkg
		case i > 0 && err == nil && long > 0:
			a.Timeout = long
		default:
			return App{}, fmt.Errorf("unknown word %q in %q", how, f[1])
		}
	}
	var err error
	a.words, err = split(a.Command)
	if err == nil && len(a.words) == 0 {
		err = fmt.Errorf("no command: %q", line)
	}
	return a, err
}

// split breaks a command into words. Quotes keep spaces; nothing else is
// special.
func split(s string) ([]word, error) {
	var all []word
	var cur word
	in, quote := false, rune(0)
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			cur.text += string(r)
		case r == '\'' || r == '"':
			quote, in, cur.quoted = r, true, true
		case r == ' ':
			if in {
				all = append(all, cur)
			}
			cur, in = word{}, false
		default:
			cur.text += string(r)
			in = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("unclosed %c in %q", quote, s)
	}
	if in {
		all = append(all, cur)
	}
	return all, nil
}

// Argv builds what the command names and returns its words. The error is
// Missing when the machine lacks the program or a compiler.
func (a App) Argv() ([]string, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	var argv []string
	for _, w := range a.words {
		m := placeholder.FindStringSubmatch(w.text)
		if w.quoted || m == nil {
			argv = append(argv, w.text)
			continue
		}
		path := filepath.Join(root, "tests", "programs", m[1])
		switch filepath.Ext(path) {
		case ".c":
			v := Static
			if m[2] != "" {
				v = Variant(m[2])
			}
			path, err = BuildC(path, v)
		case "":
			path, err = BuildGo(path)
		default:
			_, err = os.Stat(path)
		}
		if err != nil {
			return nil, err
		}
		argv = append(argv, path)
	}
	if _, err := exec.LookPath(argv[0]); err != nil {
		return nil, Missing{argv[0]}
	}
	if a.Package != "" && a.Version() == "" {
		return nil, Missing{"package " + a.Package}
	}
	return argv, nil
}

// Version is what Debian's package database says of the app's package, or of
// that of the first word; programs of ours have none.
func (a App) Version() string {
	pkg := a.Package
	if pkg == "go" {
		return runtime.Version()
	}
	if pkg == "" {
		first, _, _ := strings.Cut(a.Command, " ")
		path, err := exec.LookPath(first)
		if err != nil {
			return ""
		}
		for _, p := range []string{path, strings.TrimPrefix(path, "/usr")} {
			out, err := exec.Command("dpkg-query", "-S", p).Output()
			if name, _, ok := strings.Cut(string(out), ":"); err == nil && ok {
				pkg = name
				break
			}
		}
	}
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Package} ${Version}\n", pkg).Output()
	if err != nil || pkg == "" {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	if _, v, _ := strings.Cut(line, " "); v == "" {
		return "" // known, but not installed
	}
	return line
}

// On runs the app on one side, in a fresh copy of the fixtures.
func (a App) On(s Side) (Result, error) {
	argv, err := a.Argv()
	if err != nil {
		return Result{}, err
	}
	root, err := Root()
	if err != nil {
		return Result{}, err
	}
	tmp, err := os.MkdirTemp(s.tmp, "adyton-app")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(tmp)
	work := filepath.Join(tmp, "work")
	if err := os.CopyFS(work, os.DirFS(filepath.Join(root, "tests", "apps", "testdata", "work"))); err != nil {
		return Result{}, err
	}
	if err := os.Mkdir(filepath.Join(tmp, "tmp"), 0o755); err != nil {
		return Result{}, err
	}
	r, err := s.Run(Cmd{Argv: argv, Dir: work, Env: []string{"TMPDIR=" + filepath.Join(tmp, "tmp")}, Timeout: a.Timeout})
	if a.NoStderr {
		r.Stderr = nil
	}
	return r, err
}

// Compare says how got differs from want; "" means not at all. Of a suite,
// the tests that want passes must pass in got too; nothing else counts.
func (a App) Compare(want, got Result) string {
	if !a.Suite {
		return Same(want, got)
	}
	wanted, passed := okLines(want.Stdout), okLines(got.Stdout)
	if len(wanted) == 0 {
		return "natively no test of the suite passes"
	}
	var missing []string
	for _, name := range wanted {
		if !slices.Contains(passed, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d pass; not: %s", len(wanted)-len(missing), len(wanted), strings.Join(missing, " "))
}

func okLines(out []byte) []string {
	var names []string
	for _, l := range lines(out) {
		if name, ok := strings.CutPrefix(l, "ok "); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// goldenPath is where the app's recorded output lives.
func (a App) goldenPath() (string, error) {
	root, err := Root()
	return filepath.Join(root, "tests", "apps", "testdata", a.Name+".golden"), err
}

// Record writes what the host kernel answered as the golden output.
func (a App) Record(r Result) error {
	path, err := a.goldenPath()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("status %d\n-- stdout --\n%s-- stderr --\n%s", r.Status, r.Stdout, r.Stderr)
	return os.WriteFile(path, []byte(text), 0o644)
}

// Recorded reads the golden output.
func (a App) Recorded() (Result, error) {
	path, err := a.goldenPath()
	if err != nil {
		return Result{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Result{}, fmt.Errorf("%w (make golden records it)", err)
	}
	var r Result
	head, rest, ok := bytes.Cut(text, []byte("-- stdout --\n"))
	out, errs, ok2 := bytes.Cut(rest, []byte("-- stderr --\n"))
	if n, err := fmt.Sscanf(string(head), "status %d\n", &r.Status); !ok || !ok2 || n != 1 || err != nil {
		return Result{}, fmt.Errorf("%s is not a golden file", path)
	}
	r.Stdout, r.Stderr = out, errs
	return r, nil
}
