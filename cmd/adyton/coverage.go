package main

import (
	"fmt"
	"maps"

	"github.com/spf13/cobra"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/syscalls"
)

func newCoverage() *cobra.Command {
	var format, subsystem string
	cmd := &cobra.Command{
		Use:   "coverage [SYSCALL...]",
		Short: "Say which system calls are answered, how far, and which tests prove it",
		Example: `  adyton coverage
  adyton coverage --format json --subsystem mm
  adyton coverage openat2 io_uring_setup`,
		RunE: func(cmd *cobra.Command, args []string) error {
			list := coverageTable()
			wanted := map[string]bool{}
			for _, a := range args {
				if _, ok := syscalls.Numbers()[a]; !ok {
					return fmt.Errorf("coverage: no system call %q", a)
				}
				wanted[a] = true
			}
			out := list[:0]
			for _, e := range list {
				if (len(wanted) == 0 || wanted[e.Syscall]) && (subsystem == "" || e.Subsystem == subsystem) {
					out = append(out, e)
				}
			}
			if len(out) == 0 {
				return fmt.Errorf("coverage: nothing for subsystem %q: want core, fs, mm, signal or ipc", subsystem)
			}
			return coverage.Write(cmd.OutOrStdout(), format, out)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "table, markdown or json")
	cmd.Flags().StringVar(&subsystem, "subsystem", "", "only that of core, fs, mm, signal or ipc")
	cmd.AddCommand(newCoverageCheck(), newCoverageDiff())
	return cmd
}

func coverageTable() []coverage.Entry {
	owners := map[string]string{}
	for _, r := range syscalls.Rows() {
		owners[r.Name] = r.Owner.String()
	}
	claims := maps.Clone(linkedClaims)
	claims["core"] = syscalls.Claims
	return coverage.Table(syscalls.Numbers(), owners, claims)
}
