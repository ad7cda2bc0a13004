package apps

import (
	"flag"
	"path/filepath"
	"testing"

	"adyton.dev/adyton/tests/oracle"
)

var golden = flag.Bool("golden", false, "record testdata/*.golden from the host kernel")

// TestApps runs each line of ci.list natively and under Adyton.
func TestApps(t *testing.T) {
	all, err := oracle.Apps()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel() // oracle.Run lets two run at once
			check(t, a)
		})
	}
}

func check(t *testing.T, a oracle.App) {
	want, err := a.On(oracle.Native())
	if oracle.IsMissing(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if want.TimedOut {
		t.Fatal("native: timed out")
	}
	if a.Golden {
		if *golden {
			if err := a.Record(want); err != nil {
				t.Fatal(err)
			}
		}
		recorded, err := a.Recorded()
		if err != nil {
			t.Fatal(err)
		}
		if diff := oracle.Same(recorded, want); diff != "" {
			t.Fatalf("this machine's own answer is not the recorded one:\n%s", diff)
		}
		want = recorded
	}
	adyton, err := oracle.Adyton()
	if err != nil {
		t.Skip(err)
	}
	got, err := a.On(adyton)
	if err != nil {
		t.Fatal(err)
	}
	oracle.Judge(t, filepath.Join("tests", "apps", "pending.list"), a.Name, a.Compare(want, got))
}

// TestNoGoldenIsLeftOver finds recorded output that no line names any more.
func TestNoGoldenIsLeftOver(t *testing.T) {
	all, err := oracle.AllApps()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, a := range all {
		known[a.Name+".golden"] = a.Golden
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[filepath.Base(f)] {
			t.Errorf("%s: no golden line of ci.list or all.list has that name", f)
		}
	}
}
