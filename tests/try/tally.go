package main

import (
	"fmt"
	"strings"

	"adyton.dev/adyton/tests/oracle"
)

// score counts the cases of one family.
type score struct {
	right, all int
	wrong      []string
}

// tally runs every case on both sides and prints a line a family: how many
// are equal, and the names of those that are not.
func tally() error {
	adyton, err := oracle.Adyton()
	if err != nil {
		return err
	}
	cases, err := oracle.Cases()
	if err != nil {
		return err
	}
	apps, err := oracle.Apps()
	if err != nil {
		return err
	}
	var total score
	var family string
	var s score
	flush := func() {
		if s.all > 0 {
			fmt.Printf("%-10s %3d of %3d  %s\n", family, s.right, s.all, strings.Join(s.wrong, " "))
		}
		total.right, total.all = total.right+s.right, total.all+s.all
		s = score{}
	}
	one := func(group, name string, on func(oracle.Side) (oracle.Result, error), compare func(want, got oracle.Result) string) error {
		if group != family {
			flush()
			family = group
		}
		want, err := on(oracle.Native())
		if oracle.IsMissing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		got, err := on(adyton)
		if err != nil {
			return err
		}
		s.all++
		if compare(want, got) == "" {
			s.right++
		} else {
			s.wrong = append(s.wrong, name)
		}
		return nil
	}
	for _, c := range cases {
		group, name, _ := strings.Cut(c.Name, "/")
		if err := one(group, name, c.On, oracle.Same); err != nil {
			return err
		}
	}
	for _, a := range apps {
		if err := one("apps", a.Name, a.On, a.Compare); err != nil {
			return err
		}
	}
	flush()
	fmt.Printf("%-10s %3d of %3d\n", "total", total.right, total.all)
	return nil
}
