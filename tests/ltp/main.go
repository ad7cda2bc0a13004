// Command ltp runs the system call tests of the Linux Test Project, built and
// installed outside the repository, natively and under Adyton.
//
//	go run ./tests/ltp -ltp /opt/ltp -out /tmp/ltp-out [-run REGEXP] [-side adyton]
//
// It reads runtest/syscalls of the installation. A test passes when it exits
// 0 and is not counted where it exits 32 (TCONF: not for this system). The
// table goes to OUT/SIDE.tsv as "name, verdict, seconds", the output of each
// test that does not pass to OUT/SIDE/NAME.log. With both tables there, the
// names that pass natively alone are printed by family.
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

// changesHost are tests that set the machine's clock, so they never run on the
// host kernel itself.
var changesHost = regexp.MustCompile(`^(adjtimex|clock_adjtime|clock_settime|leapsec|settimeofday|stime|reboot|kexec|swapo|(init|delete|finit)_module|sethostname|setdomainname|quotactl|acct|syslog|vhangup)`)

type options struct {
	ltp, out, side string
	run            *regexp.Regexp
	jobs           int
	again          bool
	env            []string
	timeout        time.Duration
}

func main() {
	var o options
	var run string
	flag.StringVar(&o.ltp, "ltp", "/opt/ltp", "`directory` where the Linux Test Project is installed")
	flag.StringVar(&o.out, "out", filepath.Join(os.TempDir(), "adyton-ltp"), "`directory` for tables and logs")
	flag.StringVar(&o.side, "side", "", "native or adyton; both where empty")
	flag.StringVar(&run, "run", ".", "run the tests whose names match this `regexp`")
	flag.BoolVar(&o.again, "again", false, "only tests that have not passed yet")
	flag.Func("env", "set environment variable `K=V` for the tests; may be given again", func(kv string) error {
		o.env = append(o.env, kv)
		return nil
	})
	flag.IntVar(&o.jobs, "j", 2, "tests at once")
	flag.DurationVar(&o.timeout, "timeout", time.Minute, "deadline of one test")
	flag.Parse()
	var err error
	if o.run, err = regexp.Compile(run); err == nil {
		err = o.all()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ltp:", err)
		os.Exit(1)
	}
}

func (o options) all() error {
	tests, err := scenario(filepath.Join(o.ltp, "runtest", "syscalls"))
	if err != nil {
		return err
	}
	sides := []oracle.Side{}
	if o.side != "adyton" {
		sides = append(sides, oracle.Native())
	}
	if o.side != "native" {
		adyton, err := oracle.Adyton()
		if err != nil {
			return err
		}
		sides = append(sides, adyton)
	}
	for _, s := range sides {
		if err := o.one(s, tests); err != nil {
			return err
		}
	}
	return o.compare()
}

// test is a line of a scenario file.
type test struct{ name, command string }

func scenario(path string) ([]test, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("no Linux Test Project there (-ltp names it): %w", err)
	}
	var tests []test
	for line := range strings.Lines(string(data)) {
		name, command, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && !strings.HasPrefix(name, "#") {
			tests = append(tests, test{name, strings.TrimSpace(command)})
		}
	}
	return tests, nil
}

// verdict of one test on one side.
type verdict struct {
	word    string // pass, conf, fail or hang
	seconds float64
}

// one runs the tests on one side and merges their verdicts into its table.
func (o options) one(s oracle.Side, tests []test) error {
	logs := filepath.Join(o.out, s.Name)
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	table, err := o.read(s.Name)
	if err != nil {
		return err
	}
	var mu sync.Mutex // table
	var wg sync.WaitGroup
	next := make(chan test)
	for range o.jobs {
		wg.Go(func() {
			for t := range next {
				v, output := o.try(s, t)
				log := filepath.Join(logs, t.name+".log")
				os.Remove(log)
				if v.word != "pass" {
					os.WriteFile(log, output, 0o644)
				}
				mu.Lock()
				table[t.name] = v
				fmt.Printf("%-8s %-32s %-5s %6.2f s\n", s.Name, t.name, v.word, v.seconds)
				o.write(s.Name, table)
				mu.Unlock()
			}
		})
	}
	for _, t := range tests {
		mu.Lock()
		passed := table[t.name].word == "pass"
		mu.Unlock()
		if !o.run.MatchString(t.name) || o.again && passed || s.Name == "native" && changesHost.MatchString(t.name) {
			continue
		}
		next <- t
	}
	close(next)
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	return o.write(s.Name, table)
}

func (o options) try(s oracle.Side, t test) (verdict, []byte) {
	bin := filepath.Join(o.ltp, "testcases", "bin")
	dir, err := os.MkdirTemp("", "ltp-"+t.name+"-")
	if err != nil {
		return verdict{word: "fail"}, []byte(err.Error())
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o777) // for tests that become somebody else
	r, err := s.Run(oracle.Cmd{
		Argv:    []string{"/bin/sh", "-c", t.command},
		Dir:     dir,
		Timeout: o.timeout,
		Env: append([]string{
			"LTPROOT=" + o.ltp, "TMPDIR=" + dir, "LTP_COLORIZE_OUTPUT=n",
			"PATH=" + bin + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		}, o.env...),
	})
	v := verdict{word: "fail", seconds: r.Took.Seconds()}
	switch {
	case err != nil:
		return v, []byte(err.Error())
	case r.TimedOut:
		v.word = "hang"
	case r.Status == 0:
		v.word = "pass"
	case r.Status == 32:
		v.word = "conf"
	}
	output := slices.Concat(r.Stdout, r.Stderr)
	return v, fmt.Appendf(output, "\nexit status %d\n", r.Status)
}

func (o options) table(side string) string { return filepath.Join(o.out, side+".tsv") }

// read gives an empty table where there is none yet.
func (o options) read(side string) (map[string]verdict, error) {
	table := map[string]verdict{}
	f, err := os.Open(o.table(side))
	if os.IsNotExist(err) {
		return table, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if col := strings.Split(sc.Text(), "\t"); len(col) == 3 {
			seconds, _ := strconv.ParseFloat(col[2], 64)
			table[col[0]] = verdict{col[1], seconds}
		}
	}
	return table, nil
}

func (o options) write(side string, table map[string]verdict) error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(table)) {
		fmt.Fprintf(&b, "%s\t%s\t%.2f\n", name, table[name].word, table[name].seconds)
	}
	return os.WriteFile(o.table(side), []byte(b.String()), 0o644)
}

// compare prints the counts of both tables and what passes natively alone.
func (o options) compare() error {
	native, err := o.read("native")
	if err != nil {
		return err
	}
	adyton, err := o.read("adyton")
	if err != nil {
		return err
	}
	count := func(table map[string]verdict) string {
		n := map[string]int{}
		for _, v := range table {
			n[v.word]++
		}
		return fmt.Sprintf("%d pass, %d conf, %d fail, %d hang", n["pass"], n["conf"], n["fail"], n["hang"])
	}
	fmt.Println("native:", count(native))
	fmt.Println("adyton:", count(adyton))
	families := map[string][]string{}
	lost := 0
	for name, v := range native {
		a, ran := adyton[name]
		if v.word == "pass" && ran && a.word != "pass" {
			family := strings.TrimRight(name, "_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			families[family] = append(families[family], name+" "+a.word)
			lost++
		}
	}
	fmt.Println("pass natively alone:", lost)
	byCount := func(a, b string) int {
		return cmp.Or(len(families[b])-len(families[a]), strings.Compare(a, b))
	}
	for _, family := range slices.SortedFunc(maps.Keys(families), byCount) {
		slices.Sort(families[family])
		fmt.Printf("%-24s %s\n", family, strings.Join(families[family], ", "))
	}
	return nil
}
