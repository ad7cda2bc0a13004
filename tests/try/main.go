// Command try runs one conformance case or one line of tests/apps/*.list
// natively and, where it is built, under Adyton, and shows the difference.
//
//	go run ./tests/try rename/noreplace
//
// With -tally it runs everything and counts by family what is equal. With
// -apps FILE it runs the lines of ci.list and all.list, or those whose name
// matches a pattern, and writes their verdicts into the table in FILE.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-tally" {
		if err := tally(); err != nil {
			fmt.Fprintln(os.Stderr, "try:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) >= 3 && len(os.Args) <= 4 && os.Args[1] == "-apps" {
		if err := table(os.Args[2], strings.Join(os.Args[3:], "")); err != nil {
			fmt.Fprintln(os.Stderr, "try:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) != 2 || os.Args[1] == "" {
		fmt.Fprintln(os.Stderr, "usage: make try T=family/case (or a prefix, or an app's name)")
		os.Exit(2)
	}
	same, err := try(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "try:", err)
		os.Exit(1)
	}
	if !same {
		os.Exit(1)
	}
}

// try runs every case whose name is want or lies in family want, and the
// app of that name.
func try(want string) (same bool, err error) {
	all, err := oracle.Cases()
	if err != nil {
		return false, err
	}
	found, same := 0, true
	for _, c := range all {
		if c.Name == want || strings.HasPrefix(c.Name, want+"/") {
			found++
			ok, err := show(c.Name, c.On, oracle.Same)
			if err != nil {
				return false, err
			}
			same = same && ok
		}
	}
	apps, err := oracle.AllApps()
	if err != nil {
		return false, err
	}
	for _, a := range apps {
		if a.Name == want {
			found++
			ok, err := show(a.Name, a.On, a.Compare)
			if err != nil {
				return false, err
			}
			same = same && ok
		}
	}
	if found == 0 {
		return false, fmt.Errorf("no case, family or app %q", want)
	}
	return same, nil
}

// show prints one side's answer and how the other's differs.
func show(name string, on func(oracle.Side) (oracle.Result, error), compare func(want, got oracle.Result) string) (same bool, err error) {
	native, err := on(oracle.Native())
	if err != nil {
		return false, err
	}
	fmt.Printf("== %s natively: status %d in %v\n%s", name, native.Status, native.Took.Round(time.Millisecond), native.Stdout)
	if len(native.Stderr) > 0 {
		fmt.Printf("-- stderr\n%s", native.Stderr)
	}
	adyton, err := oracle.Adyton()
	if err != nil {
		fmt.Println("==", err)
		return true, nil
	}
	got, err := on(adyton)
	if err != nil {
		return false, err
	}
	diff := compare(native, got)
	if diff == "" {
		diff = "same\n"
	}
	fmt.Printf("== %s under Adyton: status %d in %v\n%s", name, got.Status, got.Took.Round(time.Millisecond), diff)
	return diff == "same\n", nil
}
