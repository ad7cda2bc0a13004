package oracle

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Root is the top folder of the repository, wherever the test runs.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; d != "/"; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
	}
	return "", fmt.Errorf("no go.mod above %s", dir)
}

// Variant is a way to build a C program.
type Variant string

// The variants that a test may ask for. Static glibc is the default since
// it needs the fewest calls to start.
const (
	Static  Variant = "static" // gcc -static
	Dynamic Variant = "dyn"    // gcc, dynamic glibc, PIE
	Musl    Variant = "musl"   // musl-gcc -static
	MuslDyn Variant = "musldyn"
)

// Missing is returned by BuildC when the machine lacks the compiler; tests
// skip with it.
type Missing struct{ Tool string }

func (m Missing) Error() string { return m.Tool + " is not installed (make apps-install)" }

func (v Variant) command() (string, []string) {
	common := []string{"-std=gnu17", "-O1", "-g0", "-w", "-D_GNU_SOURCE", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-pthread"}
	switch v {
	case Dynamic:
		return "gcc", append(common, "-fPIE", "-pie")
	case Musl:
		return "musl-gcc", append(common, "-static")
	case MuslDyn:
		return "musl-gcc", append(common, "-fPIE", "-pie")
	default:
		return "gcc", append(common, "-static")
	}
}

// BuildC compiles one C file and returns the program's path. Other files
// that go into it are named in deps, so that the cache sees them change.
func BuildC(src string, v Variant, deps ...string) (string, error) {
	cc, flags := v.command()
	if _, err := exec.LookPath(cc); err != nil {
		return "", Missing{cc}
	}
	key, err := hash(append([]string{src}, deps...), cc, strings.Join(flags, " "), ccVersion(cc))
	if err != nil {
		return "", err
	}
	name := strings.TrimSuffix(filepath.Base(src), ".c") + "-" + string(v)
	return cached(name, key, func(out string) *exec.Cmd {
		args := append(flags, "-o", out, src)
		if v != Musl && v != MuslDyn {
			args = append(args, "-ldl", "-lm")
		}
		return exec.Command(cc, args...)
	})
}

// BuildGo builds a Go program without cgo. pkg is a folder or a file; go's
// own cache makes repeats cheap, so it always asks it.
func BuildGo(pkg string) (string, error) {
	return cached("go-"+strings.TrimSuffix(filepath.Base(pkg), ".go"), "", func(out string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(runtime.GOROOT(), "bin", "go"), "build", "-trimpath", "-o", out, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		return cmd
	})
}

var (
	builtMu sync.Mutex // leaf; held while a compiler runs
	built   = map[string]string{}
)

// cached runs the compiler unless its output is there already. An empty key
// always runs it, once per process.
func cached(name, key string, compile func(out string) *exec.Cmd) (string, error) {
	builtMu.Lock()
	defer builtMu.Unlock()
	if path := built[name+key]; path != "" {
		return path, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "tests")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	if key != "" {
		path += "-" + key
		if _, err := os.Stat(path); err == nil {
			built[name+key] = path
			return path, nil
		}
		old, _ := filepath.Glob(filepath.Join(dir, name+"-????????????"))
		for _, o := range old {
			os.Remove(o)
		}
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if out, err := compile(tmp).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile %s: %w\n%s", name, err, out)
	}
	if err := os.Rename(tmp, path); err != nil {
		return "", err
	}
	built[name+key] = path
	return path, nil
}

func hash(files []string, more ...string) (string, error) {
	h := sha256.New()
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", filepath.Base(f), len(b), b)
	}
	fmt.Fprintln(h, more)
	return fmt.Sprintf("%x", h.Sum(nil))[:12], nil
}

var ccVersions sync.Map

func ccVersion(cc string) string {
	if v, ok := ccVersions.Load(cc); ok {
		return v.(string)
	}
	out, _ := exec.Command(cc, "-dumpfullversion").Output()
	ccVersions.Store(cc, string(out))
	return string(out)
}
