// Command adyton-host serves host calls and nothing else, so that the untrusted
// side of the enclave boundary holds no part of the kernel.
package main

import (
	"fmt"
	"os"

	"adyton.dev/adyton/cmd/internal/hostcmd"
)

func main() {
	cmd := hostcmd.New("adyton-host", "adyton-host")
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(os.Stderr, "adyton-host: %v\n", err)
		os.Exit(1)
	}
}
