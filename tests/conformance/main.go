// Command conformance prints what a kernel answers. The same case runs on
// the host kernel and under Adyton, and the two outputs must be equal, so a
// case prints nothing that changes from run to run: no pids, no addresses,
// no times, no temporary names.
//
// A family is one file: Go here, C in c/. Go cases are easy to read and suit
// calls on paths and descriptors; C cases run before threads do and suit
// processes, signals and memory. conformance_test.go runs both kinds.
package main

import (
	"fmt"
	"os"
	"sort"
	"syscall"
)

// cases maps "family/case" to its function.
var cases = map[string]func(*P){}

// register adds a case; each family's init calls it.
func register(name string, fn func(*P)) {
	if cases[name] != nil {
		panic("conformance: two cases named " + name)
	}
	cases[name] = fn
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "list":
		for _, name := range names() {
			fmt.Println(name)
		}
	case len(os.Args) >= 3 && os.Args[1] == "run":
		for _, name := range os.Args[2:] {
			if err := run(name); err != nil {
				fmt.Fprintln(os.Stderr, "conformance:", err)
				os.Exit(1)
			}
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: conformance list | run NAME...")
		os.Exit(2)
	}
}

func names() []string {
	var all []string
	for name := range cases {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// run runs one case in a new directory, with the umask that cases expect.
func run(name string) error {
	fn := cases[name]
	if fn == nil {
		return fmt.Errorf("no case %q", name)
	}
	dir, err := os.MkdirTemp("", "conform")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	syscall.Umask(0o022)
	fn(&P{Dir: dir})
	return nil
}
