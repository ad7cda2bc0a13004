package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"adyton.dev/adyton/tests/oracle"
)

const tableHead = `# Software that was run

Written by ` + "`make apps-all`" + `; a pattern (` + "`make apps-all A=^git`" + `) runs some lines and leaves the other rows as they are.
Each line runs natively and under Adyton, and what both print must be equal; of a test suite, the tests that pass
natively must pass. Commands are those of ` + "[tests/apps](../tests/apps)" + `, where {file} is one of tests/programs.

| name | version | command | verdict | native | Adyton |
|---|---|---|---|---|---|
`

// table runs the apps that match pattern and puts a row for each into the
// file; rows of others stay.
func table(file, pattern string) error {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	adyton, err := oracle.Adyton()
	if err != nil {
		return err
	}
	apps, err := oracle.AllApps()
	if err != nil {
		return err
	}
	rows, err := readRows(file)
	if err != nil {
		return err
	}
	for _, a := range apps {
		if !match.MatchString(a.Name) {
			continue
		}
		row, err := judge(a, adyton)
		if err != nil {
			return err
		}
		fmt.Println(row)
		rows[a.Name] = row
		// After each, since the whole takes hours.
		if err := writeRows(file, apps, rows); err != nil {
			return err
		}
	}
	return nil
}

// judge runs one app on both sides and makes its row.
func judge(a oracle.App, adyton oracle.Side) (string, error) {
	cells := func(verdict, native, under string) string {
		cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
		return fmt.Sprintf("| %s | %s | `%s` | %s | %s | %s |", a.Name, a.Version(), cell(a.Command), cell(verdict), native, under)
	}
	seconds := func(r oracle.Result) string { return r.Took.Round(10 * time.Millisecond).String() }
	want, err := a.On(oracle.Native())
	if oracle.IsMissing(err) {
		return cells("not run: "+err.Error(), "", ""), nil
	}
	if err != nil {
		return "", err
	}
	if want.TimedOut {
		return cells("not run: takes too long natively", seconds(want), ""), nil
	}
	if a.NoStderr && !a.Golden && want.Status != 0 && len(want.Stdout) == 0 {
		// Nothing is left to compare: two such failures are equal.
		return cells(fmt.Sprintf("not run: natively status %d and no output", want.Status), seconds(want), ""), nil
	}
	got, err := a.On(adyton)
	if err != nil {
		return "", err
	}
	verdict := "equal"
	if diff := a.Compare(want, got); diff != "" {
		verdict = "differs: " + shortened(diff)
		if got.TimedOut {
			verdict = "hangs or is too slow: " + shortened(diff)
		}
	}
	return cells(verdict, seconds(want), seconds(got)), nil
}

func shortened(diff string) string {
	const most = 400
	diff = strings.Join(strings.Fields(diff), " ")
	if len(diff) > most {
		diff = strings.ToValidUTF8(diff[:most], "") + " ..."
	}
	return strings.ReplaceAll(diff, "`", "'")
}

func readRows(file string) (map[string]string, error) {
	rows := map[string]string{}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, table, _ := strings.Cut(string(text), "|---|")
	for _, line := range strings.Split(table, "\n")[1:] {
		if f := strings.SplitN(line, "|", 3); len(f) == 3 {
			rows[strings.TrimSpace(f[1])] = line
		}
	}
	return rows, nil
}

func writeRows(file string, apps []oracle.App, rows map[string]string) error {
	text := tableHead
	for _, a := range apps {
		if row := rows[a.Name]; row != "" {
			text += row + "\n"
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
