package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/tests/fuzz"
)

func newFuzz() *cobra.Command {
	cmd := &cobra.Command{Use: "fuzz", Short: "Look for system calls that are answered wrongly"}
	cmd.AddCommand(newFuzzNative())
	return cmd
}

func newFuzzNative() *cobra.Command {
	cfg := fuzz.Config{}
	var subsystems []string
	cmd := &cobra.Command{
		Use:   "native",
		Short: "Run random programs natively and under Adyton, and show what is answered differently",
		Long: `Run random programs of system calls natively and under Adyton, and print each
call that is answered differently as a short C program for tests/conformance.
Natively they run in namespaces of their own, as ids that own nothing, in a
file system in memory, and make only the calls of the families named. It needs
a C compiler (cc) and root.

The exit status is 1 when there is a difference that tests/fuzz/known.list does
not name.`,
		Example: `  adyton fuzz native --families fs,mm --time 10m
  adyton fuzz native --families net --calls setsockopt,getsockopt
  adyton fuzz native --families fs --seed 1234 --programs 1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM)
			defer stop()
			self, err := os.Executable()
			if err != nil {
				return err
			}
			cfg.Adyton, cfg.Entries, cfg.Out = self, coverageTable(), cmd.OutOrStdout()
			for _, s := range subsystems {
				cfg.Flags = append(cfg.Flags, "--"+s+"=plugin:self")
			}
			if !cmd.Flags().Changed("seed") {
				cfg.Seed = uint64(time.Now().UnixNano()) / 1e6 * 1000
			}
			first := cfg.Seed
			sum, err := fuzz.Run(ctx, &cfg)
			if sum != nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%d programs, %d calls from seed %d: %d differences, %d times one that is known, %d not the same natively\n",
					sum.Programs, sum.Calls, first, len(sum.Found), sum.Known, sum.Unstable)
			}
			if err == nil && len(sum.Found) > 0 {
				err = exitError(1)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&cfg.Seed, "seed", 0, "of the first program; each one after it has the next (default: by the time)")
	f.DurationVar(&cfg.Time, "time", time.Minute, "how long to look")
	f.IntVar(&cfg.Programs, "programs", 0, "how many programs at most (default: no limit)")
	f.StringSliceVar(&cfg.Families, "families", fuzz.Families(), "families of calls: "+strings.Join(fuzz.Families(), ", "))
	f.StringSliceVar(&cfg.Calls, "calls", nil, "only these calls of the families, beside those that programs start with")
	f.StringSliceVar(&subsystems, "plugin", nil, "run these subsystems as plugins")
	f.BoolVarP(&cfg.Verbose, "verbose", "v", false, "name programs that are not the same twice natively")
	return cmd
}
