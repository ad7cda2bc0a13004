// Command adyton runs unmodified Linux programs on a kernel in user space.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/spf13/cobra"
)

// exitError ends the command with a status of its own; text, if any, has been
// told already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	log.SetOutput(io.Discard) // libraries' own; what an operator must know is told as such
	os.Exit(status(newRoot().Execute()))
}

// status tells an error and gives the exit status that says it.
func status(err error) int {
	var status exitError
	switch {
	case errors.As(err, &status):
		return int(status)
	case err != nil:
		fmt.Fprintf(os.Stderr, "adyton: %v\n", err)
		return 125
	}
	return 0
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "adyton",
		Short: "A Linux-compatible kernel in user space, for trusted execution environments",
		Long: `Adyton is a Linux-compatible kernel in user space. It runs unmodified Linux
programs inside a trusted execution environment: a small core catches their
system calls, pluggable subsystems answer them, and one narrow interface asks
the untrusted host for what only a host can do.`,
		Example: `  # Run a program
  adyton run -- /bin/sh -c 'echo hello'

  # Serve host calls in a process of their own
  adyton host --listen unix:/run/user/1000/adyton.sock

  # Complete commands and flags in this shell
  source <(adyton completion bash)`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newRun(), newCoverage(), newBench(), newFuzz(), newServe(), newPlugin(), newHost(), newVersion(), newMan())
	return root
}
