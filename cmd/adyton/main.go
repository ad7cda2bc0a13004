// Command adyton runs unmodified Linux programs on a kernel in user space.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// exitError ends the command with a status of its own; text, if any, has been
// told already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	err := newRoot().Execute()
	var status exitError
	switch {
	case errors.As(err, &status):
		os.Exit(int(status))
	case err != nil:
		fmt.Fprintf(os.Stderr, "adyton: %v\n", err)
		os.Exit(125)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "adyton",
		Short:         "A Linux-compatible kernel in user space, for trusted execution environments",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newRun())
	return root
}
