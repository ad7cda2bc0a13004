package main

import (
	"github.com/spf13/cobra"

	"adyton.dev/adyton/cmd/internal/hostcmd"
)

// newHost is adyton host; the program adyton-host is the same without the rest.
func newHost() *cobra.Command { return hostcmd.New("host", "adyton host") }
